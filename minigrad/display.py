"""How a tensor and a model look in a notebook, tables in HTML; and whether this is one.

Whatever a user may have named is escaped. The HTML has no colours of its own, so it reads in light and in dark
notebooks; its styles stand in the tags, because a notebook has styles for tables too. `import minigrad` loads this
file, so it needs little itself.
"""

import math
import sys
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

__all__ = [
    "Entry",
    "Layer",
    "counts",
    "html_table",
    "layer_table",
    "layers_of",
    "module_html",
    "notebook",
    "printable",
    "tensor_html",
    "totals",
]

MOST_SIDE = 12  # rows or columns of an array that is shown as a table
MOST_NUMBERS = 100  # of an array that is shown whole
MOST_CORNERS = 1000  # numbers, where of a larger one only the ends of each dimension are shown
LINE = "1px solid rgba(128, 128, 128, 0.4)"
FONT = "font-family: monospace; font-size: 90%; line-height: 1.5"
TABLE = "border-collapse: collapse; border: 0; margin: 0"
MARKUP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;"})
SIDES = {"l": "left", "r": "right"}


def notebook() -> Any:
    """The module IPython.display where this runs in a notebook, else None. Loads nothing."""
    ipython: Any = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return ipython.display if getattr(shell, "kernel", None) is not None else None


# ---- tables ---------------------------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """Text on one line: a newline or another control character is spelled out, as Python would."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def html_table(head: list[str], rows: list[list[str]], align: str, notes: list[str] | tuple[str, ...] = ()) -> str:
    """Rows of cells below a heading as HTML, with notes below; wide or long tables scroll.

    align has an "l" or an "r" for each column. Leading blanks of a cell are kept.
    """
    cell = "padding: 0.15em 0.8em; white-space: pre; vertical-align: top; border: 0; text-align"

    def line(tag, texts, style):
        sides = zip(texts, align, strict=True)
        cells = (f'<{tag} style="{cell}: {SIDES[side]}; {style}">{_escaped(text)}</{tag}>' for text, side in sides)
        return f'<tr style="background: none">{"".join(cells)}</tr>'

    body = "".join(line("td", row, "") for row in rows)
    table = f'<table style="{TABLE}; {FONT}"><thead>{line("th", head, _under())}</thead>'
    below = "".join(f"<div>{_escaped(note)}</div>" for note in notes)
    return (
        f'<div style="overflow: auto; max-height: 40em">{table}<tbody>{body}</tbody></table></div>'
        f'<div style="padding: 0.4em 0.7em; opacity: 0.8; {FONT}">{below}</div>'
    )


def _under():
    return f"border-bottom: {LINE}; font-weight: bold"


def _escaped(text):
    return printable(text).translate(MARKUP)


def _lines(text):
    return "\n".join(map(_escaped, text.split("\n")))


# ---- a tensor -------------------------------------------------------------------------------------------------------


def tensor_html(x: Any) -> str:
    """What a notebook shows of a tensor: name, dtype, shape, where it is from, its numbers, and its gradient's."""
    if x.node is not None:
        origin = f"computed by {_escaped(x.node.op.name)}"
    else:
        origin = "a leaf that requires grad" if x.requires_grad else ""
    name = f"<b>{_escaped(x.name)}</b>" if x.name else ""
    facts = [name, *map(_escaped, (type(x).__name__, str(x.array.dtype), str(x.array.shape))), origin]
    parts = [("value", numbers_html(x.array))]
    if x._grad is not None:  # reading .grad would warn where a computed tensor keeps none
        parts.append(("grad", numbers_html(x._grad.array)))
    elif x.requires_grad and x.node is None:
        parts.append(("grad", "none yet"))
    blocks = "".join(f'<div><div style="opacity: 0.7">{word}</div>{shown}</div>' for word, shown in parts)
    return (
        f'<div style="{FONT}"><div>{" &nbsp; ".join(filter(None, facts))}</div>'
        f'<div style="display: flex; flex-wrap: wrap; gap: 0.4em 2em; margin-top: 0.3em">{blocks}</div></div>'
    )


def numbers_html(array: np.ndarray) -> str:
    """An array of at most two dimensions and a few rows and columns as a table; others as NumPy prints them, cut.

    Of many dimensions NumPy would print too much even so: such an array is shown as one row.
    """
    if array.ndim > 2 or not array.size or max(array.shape, default=1) > MOST_SIDE:
        corners = math.prod(min(n, 2 * np.get_printoptions()["edgeitems"]) for n in array.shape)
        many = array.size > MOST_NUMBERS and corners > MOST_CORNERS  # nothing is cut from a dimension of 2
        row = array.reshape(-1) if many else array
        text = np.array2string(row, precision=4, separator=", ", threshold=MOST_NUMBERS)
        text = f"all in one row: {text}" if many else text
        return f'<pre style="margin: 0; background: none; color: inherit; font: inherit">{_lines(text)}</pre>'
    lines = np.array2string(array.reshape(-1, 1), precision=4, threshold=array.size + 1).splitlines()
    style = f"border: {LINE}; padding: 0.1em 0.6em; text-align: right; white-space: pre; background: none"
    cells = [
        f'<td style="{style}">{_escaped(line.strip().strip("[]"))}</td>' for line in lines
    ]  # each as wide as the widest
    columns = array.shape[-1] if array.ndim else 1
    rows = ["".join(cells[i : i + columns]) for i in range(0, len(cells), columns)]
    body = "".join(f'<tr style="background: none">{row}</tr>' for row in rows)
    return f'<table style="{TABLE}; font: inherit"><tbody>{body}</tbody></table>'


# ---- a model --------------------------------------------------------------------------------------------------------


class Entry(NamedTuple):
    """One parameter of a layer."""

    name: str
    shape: tuple[int, ...]
    trainable: bool
    shared: str | None = None  # the path under which it was met, and counted, before

    @property
    def size(self) -> int:
        """How many numbers it adds to the model."""
        return 0 if self.shared else int(np.prod(self.shape, dtype=np.int64))

    def __str__(self):
        marks = (f" = {self.shared}" if self.shared else "") + ("" if self.trainable else " frozen")
        return f"{self.name} {self.shape}{marks}"


class Layer(NamedTuple):
    """One line of a model's tree: a module, where it is, and the parameters that are its own."""

    path: str  # as in named_modules: the model's own is empty
    depth: int
    module: Any
    parameters: tuple[Entry, ...]
    same_as: str | None = None  # the path of the same module, met before

    @property
    def size(self) -> int:
        """How many numbers its own parameters add to the model."""
        return sum(entry.size for entry in self.parameters)

    @property
    def name(self) -> str:
        """Its place in the tree, indented."""
        return "  " * self.depth + (self.path.rpartition(".")[2] or "(model)")

    @property
    def kind(self) -> str:
        """Its class, and its settings where no parameter's shape tells them."""
        settings = "" if self.parameters or self.same_as else self.module.extra_repr()
        return type(self.module).__name__ + (f"({settings})" if settings else "")

    @property
    def contents(self) -> str:
        """Its own parameters, in words."""
        return f"same as {self.same_as}" if self.same_as else ", ".join(map(str, self.parameters))


def layers_of(module: Any) -> list[Layer]:
    """A module and all inside it as a tree, outermost first; what is met a second time refers to the first."""
    found: list[Layer] = []
    paths: dict[Any, str] = {}  # of the modules and the parameters met
    ahead = [("", 0, module)]
    while ahead:
        path, depth, here = ahead.pop()
        if here in paths:
            found.append(Layer(path, depth, here, (), same_as=paths[here] or "(model)"))
            continue
        paths[here] = path
        found.append(Layer(path, depth, here, tuple(_entries(path, here, paths))))
        children = [*here.named_children()]
        ahead += [(_join(path, name), depth + 1, child) for name, child in reversed(children)]
    return found


def _entries(path, module, paths):
    for name, parameter in module.named_parameters(recurse=False):
        shared = paths.get(parameter)
        paths.setdefault(parameter, _join(path, name))
        yield Entry(name, parameter.shape, parameter.requires_grad, shared)


def _join(path, name):
    return f"{path}.{name}" if path else name


def counts(layers: Iterable[Layer]) -> tuple[int, int]:
    """How many numbers of parameters are trained, and how many are frozen; shared ones count once."""
    entries = [entry for layer in layers for entry in layer.parameters]
    trainable = sum(entry.size for entry in entries if entry.trainable)
    return trainable, sum(entry.size for entry in entries) - trainable


def totals(layers: Iterable[Layer]) -> str:
    """How many parameters there are, and how many of them are trained, in words."""
    trainable, frozen = counts(layers)
    return f"{trainable + frozen:,} parameters: {trainable:,} trainable, {frozen:,} frozen"


def layer_table(layers: Iterable[Layer], outputs: Sequence[str] = ()) -> tuple[list[str], list[list[str]], str]:
    """(heading, rows, alignment) of a model's tree, as html_table takes them; outputs: what each layer returned."""
    rows = [[x.name, x.kind, x.contents, f"{x.size:,}" if x.parameters else ""] for x in layers]
    if not outputs:
        return ["layer", "class", "parameters", "count"], rows, "lllr"
    rows = [[*row[:2], output, *row[2:]] for row, output in zip(rows, outputs, strict=True)]
    return ["layer", "class", "output", "parameters", "count"], rows, "llllr"


def module_html(module: Any) -> str:
    """What a notebook shows of a module: its tree, with the parameters' shapes and counts."""
    layers = layers_of(module)
    return html_table(*layer_table(layers), [totals(layers)])
