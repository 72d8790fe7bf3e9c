"""What goes on inside a model while it learns: the gradients that reach each layer, now and over time."""

import copy
import sys
from dataclasses import dataclass
from itertools import cycle
from typing import Any

import numpy as np

from minigrad.autograd import enable_grad
from minigrad.display import html_table, notebook
from minigrad.engine import Variable
from minigrad.nn import Module
from minigrad.optim import LBFGS, Optimizer
from minigrad.viz.activations import FLAT_SIGMOID, FLAT_TANH, activations
from minigrad.viz.aside import aside
from minigrad.viz.evaluation import arguments, checked, tracked
from minigrad.viz.figure import COLORS, GREY, as_label, grid, new_axes
from minigrad.viz.table import spelled_out, text_table

__all__ = ["GradientFlow", "Health", "LayerHealth", "examine", "health", "plot_gradient_flow"]

VANISHING = 1e-3  # mean |g| of a layer, as a multiple of that of the last layer
EXPLODING = 1e3  # the same; and as a multiple of the layer's own mean |weight|
NO_STEP = 1e-7  # mean |g| over mean |weight|: with lr = 1, float32 would round such a step away
DEAD = 0.8  # share of a layer's units that get no gradient; deep ReLU networks begin with up to half of them so
SATURATED = 0.5  # share of the activations behind a layer that are saturated
MOST_LINES = 6  # layers; more are drawn as a heat map

THRESHOLDS = (
    f"vanishing: mean |g| below {VANISHING:g} x the last layer's, or below {NO_STEP:g} x its own mean |weight|",
    f"exploding: mean |g| above {EXPLODING:g} x the last layer's, or {EXPLODING:g} x its own mean |weight|, or NaN",
    f"dead: a gradient of nothing but 0, for the whole layer or for at least {DEAD:.0%} of its units",
    f"saturated (give input=): at least {SATURATED:.0%} of tanh's outputs beyond {FLAT_TANH} or -{FLAT_TANH}, "
    f"or of sigmoid's within {FLAT_SIGMOID} of 0 or 1",
    "update/weight (give the optimizer): the step it would take now, beside the weights; about 1e-3 is usual",
)


# ---- gradients ------------------------------------------------------------------------------------------------------


def _layers(model):
    """{path: parameters} of the modules with parameters of their own; a model's own path is its class in brackets."""
    named = (
        (path, [p for _, p in m.named_parameters(recurse=False) if p.array.size], m)
        for path, m in model.named_modules()
    )
    return {path or f"({type(m).__name__})": parameters for path, parameters, m in named if parameters}


def _gradients(parameters):
    """The arrays of the gradients that there are."""
    return [p.grad.array for p in parameters if p.grad is not None]


def _mean(arrays, power=1):
    """The mean of |x|**power over all numbers of arrays, NaN if there are none, without overflow in float16."""
    with np.errstate(all="ignore"):
        totals = [(np.abs(a.astype(np.float64)) ** power).sum() for a in arrays]
        count = sum(a.size for a in arrays)
        return float(sum(totals) / count) if count else float("nan")


@dataclass(frozen=True)
class LayerHealth:
    """One row of `health`: a layer with parameters of its own. None stands for what cannot be known."""

    path: str
    mean: float | None  # of |g|
    update: float | None  # root mean square of the next step over that of the weights
    zeros: float | None  # share of the gradient's numbers that are exactly 0
    dead: float | None  # share of its units that get no gradient
    saturated: float | None  # share of the activations it feeds that are
    words: tuple[str, ...]

    def cells(self) -> list[str]:
        """The row as text."""
        shares = ["-" if x is None else f"{x:.0%}" for x in (self.zeros, self.dead, self.saturated)]
        numbers = ["-" if x is None else f"{x:.1e}" for x in (self.mean, self.update)]
        return [self.path, *numbers, *shares, ", ".join(self.words)]


@dataclass(frozen=True)
class Health:
    """What `health` found: rows, one for each layer, and the thresholds behind its words. `print` it."""

    rows: tuple[LayerHealth, ...]
    thresholds: tuple[str, ...] = THRESHOLDS

    HEAD = ("layer", "mean |g|", "update/weight", "zeros", "dead", "saturated", "verdict")

    def _table(self):
        return [*self.HEAD], [row.cells() for row in self.rows], "lrrrrrl"

    def __str__(self):
        return "\n".join([text_table(*self._table()), *(f"  {line}" for line in self.thresholds)])

    def __repr__(self):
        words = "; ".join(f"{row.path} {', '.join(row.words)}" for row in self.rows)
        return f"<Health of {len(self.rows)} layers: {words}>"

    def _repr_html_(self):
        return html_table(*self._table(), self.thresholds)


def health(model: Module, optimizer: Optimizer | None = None, *, input: Any = None) -> Health:
    """A table of what the last `backward()` left in each layer of model, which is also printed. Call it before `step`.

    In a notebook it is not printed: there the cell shows what it returns; `print` it in the middle of one.
    For each module with parameters of its own, taken together: mean |g|; the share of its gradient that is exactly 0;
    the share of dead units, which no number of the gradient reaches; and in plain words whether that is fine, or
    vanishing, exploding, dead or saturated, by the thresholds printed below. "The last layer" is the last in the order
    of definition that has a gradient. Units are the entries of a bias, each with its slice of the weight; without a
    bias they are not told apart.
    optimizer: the one that trains model; update/weight is then the step that it would take next, tried on a copy, so
    that momentum, Adam's moments, weight decay and rounding are in it: its root mean square over that of the weights.
    The rule of thumb of 1e-3 is in Stanford's CS231n notes.
    input: what the model takes, as for `summary`; model is run on it, without a trace, to see what share of the tanh
    and sigmoid outputs behind each layer is saturated.
    Raises TypeError for what is no module or no optimizer, ValueError for an optimizer of another model.
    """
    found = examine(model, optimizer, input=input)
    if notebook() is None:
        print(spelled_out(str(found), sys.stdout))
    return found


def examine(model: Module, optimizer: Optimizer | None = None, *, input: Any = None) -> Health:
    """The table that `health` prints, of the same arguments, and nothing printed."""
    layers = _layers(checked("health", model))
    steps = {} if optimizer is None else _steps_ahead(optimizer)
    if steps and not any(id(p) in steps for parameters in layers.values() for p in parameters):
        raise ValueError(
            "health: this optimizer trains none of the model's parameters; give the one made with model.parameters()"
        )
    flat = {} if input is None else _saturation(model, input)
    means = [_mean(grads) for grads in map(_gradients, layers.values()) if grads]
    last = next((m for m in reversed(means) if 0 < m < np.inf), None)
    return Health(tuple(_row(path, p, steps, flat, last) for path, p in layers.items()))


def _row(path, parameters, steps, flat, last):
    grads = _gradients(parameters)
    weights = [p.array for p in parameters]
    mean = _mean(grads) if grads else None
    zeros = sum(int((g == 0).sum()) for g in grads) / sum(g.size for g in grads) if grads else None
    size = _mean(weights, 2) ** 0.5
    moved = [steps[id(p)] for p in parameters if id(p) in steps]
    update = _mean(moved, 2) ** 0.5 / size if moved and grads and size else None
    dead = _dead_units(parameters) if grads else None
    saturated = next((flat[id(p)] for p in parameters if id(p) in flat), None)
    if not grads:
        words = ["frozen" if not any(p.requires_grad for p in parameters) else "no gradient yet"]
    else:
        words = _gradient_words(mean, _mean(weights), last, dead)
    words += ["saturated"] if saturated is not None and saturated >= SATURATED else []
    return LayerHealth(path, mean, update, zeros, dead, saturated, tuple(words) or ("fine",))


def _gradient_words(mean, weight, last, dead):
    """What a layer's mean |g| says, beside its mean |weight| and the last layer's mean |g|."""
    if mean == 0:
        return ["dead"]
    words = []
    if not mean < EXPLODING * min(last or np.inf, weight or np.inf):  # NaN is not less either
        words.append("exploding")
    elif mean < VANISHING * (last or 0) or mean < NO_STEP * weight:
        words.append("vanishing")
    if dead is not None and dead >= DEAD:
        words.append("dead")
    return words


def _dead_units(parameters):
    """The share of units whose gradient is all zeros, or None where it cannot be seen which numbers are one unit's.

    It can where a bias, or another vector, has one number for each unit, and the other parameters one slice each.
    """
    sizes = {p.shape[0] if p.ndim else 0 for p in parameters}
    if len(sizes) != 1 or sizes == {0} or min(p.ndim for p in parameters) != 1:
        return None
    alive = [(g != 0).reshape(len(g), -1).any(axis=1) for g in _gradients(parameters)]
    return float(1 - np.logical_or.reduce(alive).mean())


def _steps_ahead(optimizer):
    """{id(parameter): what the optimizer's next step would add to it}, tried on a copy of both."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"health: optimizer must be an Optimizer, which knows the next step, but got {type(optimizer).__name__}; "
            "give it as health(model, optimizer)"
        )
    if isinstance(optimizer, LBFGS):
        raise TypeError(
            "health: a step of LBFGS is a search that calls a closure many times, so it cannot be tried; "
            "leave the optimizer out"
        )
    twin = copy.deepcopy(optimizer)
    with np.errstate(all="ignore"):  # where gradients are not finite, the table says so
        twin.step()
        groups = zip(optimizer.param_groups, twin.param_groups, strict=True)
        pairs = [pair for group, twins in groups for pair in zip(group["params"], twins["params"], strict=True)]
        return {id(p): moved.array - p.array for p, moved in pairs}


def _saturation(model, input):
    """{id(one of a layer's parameters): share of the outputs behind it that are saturated}, with model run on input."""
    inputs = tracked(arguments("health", model, input))
    with aside(model), enable_grad():
        out = model(*inputs)
    roots = [x for x in (out if isinstance(out, tuple | list) else (out,)) if isinstance(x, Variable)]
    shares = {}
    for one in (one for root in roots for one in activations(root)):
        if one.saturated is not None and one.leaf is not None:
            shares[id(one.leaf)] = max(one.saturated, shares.get(id(one.leaf), 0.0))
    return shares


# ---- gradients over time --------------------------------------------------------------------------------------------


class GradientFlow:
    """A recorder of each layer's gradients over time: call `record()` in every step between `backward()` and `step()`.

    layers: their paths.  means, maxima: of |g|, a row for each `record()`, with a number for each layer: NaN for one
    without a gradient. `plot_gradient_flow` draws it.
    """

    def __init__(self, model: Module):
        self._parameters = _layers(checked("GradientFlow", model))
        if not self._parameters:
            raise ValueError("gradient flow: this model has no parameters, so there are no gradients to look at")
        self.layers = [*self._parameters]
        self.means: list[list[float]] = []
        self.maxima: list[list[float]] = []

    def has_gradient(self, i: int) -> bool:
        """Whether layer i has a gradient now."""
        return bool(_gradients(self._parameters[self.layers[i]]))

    def record(self) -> None:
        """Add what the last `backward()` left. Raises RuntimeError if there are no gradients at all."""
        grads = [_gradients(parameters) for parameters in self._parameters.values()]
        if not any(grads):
            raise RuntimeError(
                "gradient flow: no parameter has a gradient; look after loss.backward() and before zero_grad()"
            )
        self.means.append([_mean(arrays) for arrays in grads])
        self.maxima.append([float(max((np.abs(g).max(initial=0) for g in arrays), default=np.nan)) for arrays in grads])


def plot_gradient_flow(model_or_flow: Module | GradientFlow, *, ax: Any = None) -> Any:
    """Axes with the gradient that reaches each layer: of a model now, of a GradientFlow over the steps it recorded.

    Now: mean and largest |g| of each layer, the first layer on top. Over the steps: mean |g| as a line for each layer,
    or, for more than MOST_LINES layers, as a heat map, the first layer on top. All are logarithmic; "0" and "none"
    stand for a gradient of zeros and for no gradient. Raises ValueError for a model without parameters and for a flow
    without a record, RuntimeError for a model without gradients.
    """
    if isinstance(model_or_flow, GradientFlow):
        return _plot_over_steps(model_or_flow, ax)
    flow = GradientFlow(checked("plot_gradient_flow", model_or_flow))
    flow.record()
    return _plot_now(flow, ax)


def _plot_now(flow, ax):
    ax = new_axes(ax, size=(4.5, max(2.2, min(12.0, 1.1 + 0.28 * len(flow.layers)))))
    means, maxima = np.array(flow.means[-1]), np.array(flow.maxima[-1])
    places = np.arange(len(means))
    drawn = np.isfinite(means) & (means > 0)
    bars = ax.barh(places[drawn], means[drawn], height=0.6, color=COLORS[5], edgecolor=COLORS[0], label="mean |g|")
    points = ax.plot(maxima[drawn], places[drawn], "D", color=COLORS[1], markersize=4, label="largest |g|")
    ax.set_xscale("log")
    low = means[drawn].min(initial=1.0) if drawn.any() else 1e-3
    ax.set_xlim(left=low / 10)
    for i in places[~drawn]:
        word = "0" if means[i] == 0 else "NaN or Inf" if flow.has_gradient(i) else "none"
        ax.annotate(word, (0.01, i), xycoords=("axes fraction", "data"), va="center", color=GREY)
    ax.set_yticks(places, [as_label(name) for name in flow.layers])
    ax.set_ylim(len(means) - 0.5, -0.5)
    ax.set_xlabel("|gradient|")
    ax.set_ylabel("layer")
    ax.legend(handles=[bars, *points], loc="lower center", bbox_to_anchor=(0.5, 1), ncols=2, frameon=False)
    grid(ax)
    return ax


def _plot_over_steps(flow, ax):
    if not flow.means:
        raise ValueError("plot_gradient_flow: nothing is recorded yet; call record() after each backward()")
    ax = new_axes(ax)
    means = np.array(flow.means).T  # (layers, steps)
    steps = np.arange(1, means.shape[1] + 1)
    if len(means) > MOST_LINES:
        _draw_heat_map(ax, means, flow.layers)
    else:
        styles = cycle(("-", "--", "-.", ":"))
        for name, row, color, style in zip(flow.layers, means, COLORS, styles, strict=False):
            marker = "o" if len(steps) < 20 else ""
            ax.plot(steps, np.where(row > 0, row, np.nan), style, color=color, marker=marker, label=as_label(name))
        ax.set_yscale("log")
        ax.set_ylabel("mean |gradient|")
        ax.legend(title="layer")
        grid(ax)
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("step")
    return ax


def _draw_heat_map(ax, means, layers):
    from matplotlib.colors import LogNorm

    shown = np.ma.masked_invalid(np.where(means > 0, means, np.nan))
    norm = LogNorm(shown.min(), shown.max()) if shown.count() else None
    extent = (0.5, means.shape[1] + 0.5, len(means) - 0.5, -0.5)
    image = ax.imshow(shown, norm=norm, aspect="auto", interpolation="nearest", extent=extent, cmap="viridis")
    ax.set_facecolor("0.85")  # where there is no gradient, or 0
    places = range(0, len(layers), -(-len(layers) // 24))
    ax.set_yticks(places, [as_label(layers[i]) for i in places])
    ax.set_ylabel("layer")
    ax.figure.colorbar(image, ax=ax, label="mean |gradient|")
