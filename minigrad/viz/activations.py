"""What the activations of a model do: found in the graph behind its output, so that no layer needs a hook."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.engine import Variable
from minigrad.nn import Parameter, activation
from minigrad.viz.figure import COLORS, as_label, grid, new_panels

__all__ = ["Activation", "activations", "plot_activations"]

FLAT_TANH = 0.97  # beyond it, on both sides, the slope of tanh is below 6 % of its largest
FLAT_SIGMOID = 0.03  # below it, or as near to 1, the slope of sigmoid is below 12 % of its largest
MOST_PANELS = 48


@dataclass(eq=False)
class Activation:
    """All results of one kind of activation behind one layer."""

    layer: str  # the path of the layer that feeds it, or the name of another tensor that does; empty if there is none
    op: str
    leaf: Any = None  # the parameter by which the layer was recognised
    arrays: list[np.ndarray] = field(default_factory=list)

    @property
    def title(self) -> str:
        """layer → operation."""
        return f"{self.layer} → {self.op}" if self.layer else self.op

    @property
    def saturated(self) -> float | None:
        """The share of numbers where tanh or sigmoid is flat; None for other operations."""
        if self.op not in ("tanh", "sigmoid") or not self.numbers.size:
            return None
        y = self.numbers
        flat = np.abs(y) > FLAT_TANH if self.op == "tanh" else np.minimum(y, 1 - y) < FLAT_SIGMOID
        return float(flat.mean())

    @property
    def dead(self) -> float | None:
        """The share of units that were 0 throughout; None for what is no relu.

        A unit is a channel of (N, C, H, W), and a place on the last axis of anything else.
        """
        if self.op != "relu" or not self.numbers.size:
            return None
        alive = [_by_unit(a).any(axis=1) for a in self.arrays]
        return float(1 - np.logical_or.reduce(alive).mean())

    @property
    def numbers(self) -> np.ndarray:
        """All of them, in one row."""
        return np.concatenate([a.ravel() for a in self.arrays])


def _by_unit(array):
    """(units, all their numbers)"""
    units = np.moveaxis(np.atleast_1d(array), 1 if array.ndim == 4 else -1, 0)
    return units.reshape(len(units), -1)


def activations(root: Variable) -> list[Activation]:
    """The activations in the graph behind root, in the order they were computed; repeated calls are put together.

    Found are the results of relu, tanh and sigmoid, however they were called, and those of nn's other activation
    modules. Needs no hook: the graph holds the numbers as long as `backward()` has not freed it.
    """
    found: dict[tuple, Activation] = {}
    for result in _computed(root):
        op = _activation(result.node)
        if op:
            leaf = _nearest_leaf(result)
            name = "" if leaf is None else str(leaf.name)
            layer = name.rpartition(".")[0] or name
            one = found.setdefault((layer, op, len(_by_unit(result.array))), Activation(layer, op, leaf))
            one.arrays.append(result.array)
    return [*found.values()]


def _computed(root):
    """Everything computed on the way to root, oldest first."""
    if not isinstance(root, Variable):
        raise TypeError(
            f"plot_activations: expected what a model returned, a tensor, but got {type(root).__name__}; "
            "give model(x), or the loss before backward()"
        )
    met, ahead = {}, [root]
    while ahead:
        x = ahead.pop()
        if isinstance(x, Variable) and x.node is not None and id(x) not in met:
            met[id(x)] = x
            if x.node.inputs is None:
                raise RuntimeError(
                    "plot_activations: backward() has freed the graph, and the activations with it; "
                    "plot before backward(), or call backward(retain_graph=True)"
                )
            ahead += x.node.inputs
    return sorted(met.values(), key=lambda x: x.node.tick)


def _activation(node):
    """What kind of activation node computed, or None."""
    if node.op.name in ("relu", "tanh", "sigmoid"):
        return node.op.name
    module = node.scope and _innermost(node.scope)
    if type(module).__module__ == activation.__name__ and "Softmax" not in type(module).__name__:
        return type(module).__name__
    return None


def _innermost(scope):
    while scope[-1] is not None:
        scope = scope[-1]
    return scope[0]()


def _nearest_leaf(result):
    """The leaf with a name that fewest operations lie behind result, such as a weight or a bias; None without any."""
    ahead, met = [result], set()
    while ahead:
        inputs = [x for y in ahead for x in y.node.inputs if isinstance(x, Variable) and id(x) not in met]
        leaves = [x for x in inputs if x.node is None and x.name]
        if leaves:
            return next((x for x in leaves if isinstance(x, Parameter)), leaves[0])
        met |= {id(x) for x in inputs}
        ahead = [x for x in {id(x): x for x in inputs}.values() if x.node is not None]
    return None


def plot_activations(root: Variable, *, axes: Any = None) -> Any:
    """An array of Axes with a histogram for each kind of activation behind each layer, in the order of computation.

    root: what a model returned, or its loss, before `backward()` frees the graph: plot_activations(model(x)). A title
    says which layer feeds which operation, and the share of tanh and sigmoid outputs that are saturated (hatched), or
    of relu units that are dead: 0 for the whole batch.
    axes: one for each. Raises TypeError for what is no tensor, RuntimeError for a freed graph, and ValueError where
    there are no activations, or too many.
    """
    found = activations(root)
    if not found:
        raise ValueError(
            "plot_activations: found no relu, tanh or sigmoid in the graph behind this tensor; "
            "give what a model returned, computed while gradients are recorded"
        )
    if len(found) > MOST_PANELS:
        raise ValueError(
            f"plot_activations: there are {len(found)} activations, more than the {MOST_PANELS} that can be read; "
            "give the output of a part of the model"
        )
    axes = new_panels(axes, len(found), "plot_activations", size=(3.0, 2.6), columns=3)
    for ax, one in zip(axes, found, strict=True):
        _draw_histogram(ax, one)
    return axes


def _draw_histogram(ax, one):
    numbers = one.numbers.astype(np.float64)
    if not numbers.size:
        raise ValueError(
            f"plot_activations: {one.title} has computed no numbers, shape {one.arrays[0].shape}; "
            "give the model a batch with at least one item"
        )
    finite = numbers[np.isfinite(numbers)]
    edges = _edges(one.op, finite)
    counts, _ = np.histogram(finite, edges)
    bars = ax.bar(edges[:-1], counts / max(1, numbers.size), np.diff(edges), align="edge", color=COLORS[0])
    flat = {"tanh": (bars[0], bars[-1]), "sigmoid": (bars[0], bars[-1])}.get(one.op, ())
    for bar in flat:
        bar.set(facecolor=COLORS[1], hatch="////", edgecolor="white", linewidth=0)
    shares = {"saturated": one.saturated, "dead units": one.dead}
    said = [f"{share:.0%} {word}" for word, share in shares.items() if share is not None]
    said += [f"{numbers.size - finite.size} NaN or Inf"] if finite.size < numbers.size else []
    ax.set_title("\n".join([as_label(one.title), *said]), fontsize="medium")
    ax.set_xlabel("output")
    ax.set_ylabel("share")
    grid(ax)


def _edges(op, numbers):
    """The edges of a histogram's bins; for tanh and sigmoid the outermost bins hold just what is saturated."""
    if op not in ("tanh", "sigmoid"):
        limits = (0, numbers.max(initial=0) or 1) if op == "relu" else None
        return np.histogram_bin_edges(numbers, bins=40, range=limits)
    low, flat = (-1, 1 - FLAT_TANH) if op == "tanh" else (0, FLAT_SIGMOID)
    n = round((1 - low) / flat) - 2  # of about the same width
    return np.array([low, *np.linspace(low + flat, 1 - flat, n + 1), 1])
