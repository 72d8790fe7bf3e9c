"""A model as a tree: what is in it, the shapes that come out of each part, and how many numbers it learns."""

from dataclasses import dataclass
from typing import Any

from minigrad import display
from minigrad.autograd import no_grad
from minigrad.engine import Variable
from minigrad.nn import Module
from minigrad.viz.aside import aside
from minigrad.viz.evaluation import arguments, checked
from minigrad.viz.table import text_table


@dataclass(frozen=True)
class Summary:
    """A model's tree; `print` it, or let a notebook show it.

    layers: one for each module, outermost first.  outputs: for each of them what it returned, in words, empty if no
    input was given.
    """

    layers: tuple[display.Layer, ...]
    outputs: tuple[str, ...] = ()

    @property
    def trainable(self) -> int:
        """How many numbers are learned; shared parameters count once."""
        return display.counts(self.layers)[0]

    @property
    def frozen(self) -> int:
        """How many numbers of parameters are not learned."""
        return display.counts(self.layers)[1]

    def _table(self):
        head, rows, align = display.layer_table(self.layers, self.outputs)
        classes = [type(layer.module).__name__ for layer in self.layers]  # their settings would take half of the line
        return head, [[row[0], kind, *row[2:]] for row, kind in zip(rows, classes, strict=True)], align

    def __str__(self):
        return f"{text_table(*self._table())}\n{display.totals(self.layers)}"

    def __repr__(self):
        return f"<Summary of {self.layers[0].kind}: {display.totals(self.layers)}>"

    def _repr_html_(self):
        return display.html_table(*self._table(), [display.totals(self.layers)])


def summary(model: Module, input: Any = None) -> Summary:
    """The tree of model as a table: path, class, parameters and their count; `print` it, or let a notebook show it.

    input: what the model takes: a tensor, an array, a shape (zeros are put in), or a tuple of several. Then each row
    also has the shape that came out of it, "-" if it was not called. The model is run for that in evaluation mode and
    without recording; its modes, buffers and random generators are afterwards what they were before.
    Raises TypeError for what is no module or no input, and whatever the model raises, with a note of where.

    >>> print(summary(mg.nn.Sequential(mg.nn.Linear(2, 3), mg.nn.Tanh()), (4, 2)))
    layer    class       output  parameters                count
    ------------------------------------------------------------
    (model)  Sequential  (4, 3)
      0      Linear      (4, 3)  weight (3, 2), bias (3,)      9
      1      Tanh        (4, 3)
    9 parameters: 9 trainable, 0 frozen
    """
    layers = tuple(display.layers_of(checked("summary", model)))
    if input is None:
        return Summary(layers)
    returned = _returned(model, arguments("summary", model, input))
    return Summary(layers, tuple(_words(returned.get(layer.module, [])) for layer in layers))


def _returned(model, inputs):
    """{module: what each of its calls returned}, when model is called with inputs."""
    returned = {}
    with aside(model), no_grad():  # which takes the watched forwards away again, with all that was changed
        for path, module in model.named_modules():
            vars(module)["forward"] = _watched(path, module, module.forward, returned)
        model(*inputs)
    return returned


def _watched(path, module, forward, returned):
    """forward, which also notes what it returns."""

    def watched(*args, **kwargs):
        try:
            out = forward(*args, **kwargs)
        except Exception as error:
            if not getattr(error, "__notes__", ()):  # the innermost module says it
                error.add_note(f"summary: raised in {path or 'the model'}, {module!r:.100}")
            raise
        returned.setdefault(module, []).append(_shapes(out))
        return out

    return watched


def _shapes(out):
    """A result in words: the shape of a tensor, the shapes of several, the class of anything else."""
    if isinstance(out, Variable):
        return str(out.array.shape)
    if isinstance(out, tuple | list):
        return f"[{', '.join(map(_shapes, out))}]"
    if isinstance(out, dict):
        return f"{{{', '.join(f'{key}: {_shapes(value)}' for key, value in out.items())}}}"
    return type(out).__name__


def _words(calls):
    """The results of all calls of one module: each once, and how many there were."""
    several = f", {len(calls)} calls" if len(calls) > 1 else ""
    return " or ".join(dict.fromkeys(calls)) + several if calls else "-"
