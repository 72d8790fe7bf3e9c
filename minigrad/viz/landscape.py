"""The loss around a model: over a plane through its parameters, which is drawn at random or laid through a training."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import as_tensor
from minigrad.engine import Variable
from minigrad.nn.module import Module
from minigrad.random import Generator, numpy_generator
from minigrad.tensor import Tensor
from minigrad.viz.aside import aside, moved_aside
from minigrad.viz.evaluation import at_least, checked
from minigrad.viz.figure import new_axes

__all__ = ["filter_normalised", "plot_landscape", "plot_trajectory_landscape", "principal_plane"]

LEVELS = 20
STEEP = 30  # from this ratio of the highest loss to the lowest on, the levels are logarithmic
MARGIN = 0.25  # of a trajectory's extent, left around it
PATH = {"color": "white", "markeredgecolor": "black", "zorder": 3}


# ---- two directions at random ---------------------------------------------------------------------------------------


def plot_landscape(
    model: Module,
    loss_fn: Callable[[Any, Any], Tensor],
    x: Any,
    y: Any,
    *,
    span: float = 1.0,
    steps: int = 25,
    generator: Generator | None = None,
    ax: Any = None,
) -> Any:
    """The Axes with the loss at θ + αd₁ + βd₂, for α and β from −span to span in so many steps.

    d₁ and d₂ are random, with each filter (a row of a weight) as long as the model's own, so that 1 means "as far as
    the weights are from 0" whatever their scale; biases and other vectors stay (Li, Xu, Taylor, Studer, Goldstein
    2018). loss_fn(model(x), y) is computed in eval mode. Where it is not finite the picture is empty. The model and its
    memory are not written to. Raises ValueError for a model without weights, and where its own loss is not finite.
    """
    steps = _check(model, "plot_landscape", steps)
    if not isinstance(span, float | int | np.floating | np.integer) or not 0 < span < np.inf:
        raise ValueError(f"plot_landscape: span must be a positive number, but got {span!r:.60}")
    parameters = list(model.parameters())
    if all(p.ndim < 2 for p in parameters):
        raise ValueError(
            f"plot_landscape: {type(model).__name__} has no weight of two or more dimensions, and biases stay; "
            "there is no direction to go"
        )
    directions = [filter_normalised(parameters, generator) for _ in range(2)]
    theta = [np.array(p.array, dtype=np.float64) for p in parameters]
    sides = np.linspace(-span, span, steps), np.linspace(-span, span, steps)
    losses = _losses(model, _loss_of(model, loss_fn, x, y), theta, directions, sides, "plot_landscape")
    ax = _draw(ax, sides, losses)
    ax.plot([0], [0], "o", label="the model", **PATH)
    ax.set_title("loss along two random directions", fontsize="medium")
    ax.set_xlabel("α  (1 = the length of each filter)")
    ax.set_ylabel("β  (1 = the length of each filter)")
    return ax


def filter_normalised(parameters: Sequence[Tensor], generator: Generator | None = None) -> list[np.ndarray]:
    """A random direction: for each parameter an array of its shape, each row as long as the parameter's row there.

    A row is what belongs to one output: a neuron's weights, or a filter. Vectors, such as biases, get zeros.
    """
    source = numpy_generator(generator)
    return [_rows_as_long_as(np.asarray(p.array, np.float64), source.standard_normal(p.shape)) for p in parameters]


def _rows_as_long_as(weight, direction):
    if weight.ndim < 2:
        return np.zeros(weight.shape)
    inner = tuple(range(1, weight.ndim))
    lengths = [np.sqrt((a * a).sum(axis=inner, keepdims=True)) for a in (weight, direction)]  # (rows, 1, …)
    return direction * (lengths[0] / np.where(lengths[1] == 0, 1, lengths[1]))


# ---- the plane of a trajectory --------------------------------------------------------------------------------------


def plot_trajectory_landscape(
    model: Module,
    loss_fn: Callable[[Any, Any], Tensor],
    x: Any,
    y: Any,
    trajectory: Sequence[Any],
    *,
    steps: int = 25,
    ax: Any = None,
) -> Any:
    """The Axes with the path of a training through parameter space, on the loss in the plane that shows most of it.

    trajectory: at least 3 points in order, each a `snapshot(model)`, a (label, snapshot) pair or a vector of all
    parameters, (D,), in the order of `model.parameters()`. The plane goes through the last point along the first two
    principal components; the share of the variance that each explains stands at its axis. The path is projected, so the
    plane's loss at a point of it is not the training's, except at its end (Li et al. 2018). Model, mode and errors as
    plot_landscape; ValueError also for a trajectory that is too short, of the wrong size, not finite or standing still.
    """
    name = "plot_trajectory_landscape"
    steps = _check(model, name, steps)
    points = np.array([_vector(model, point, i) for i, point in _numbered(trajectory)])  # (T, D)
    plane, shares = principal_plane(points)
    path = (points - points[-1]) @ plane.T  # (T, 2)
    shapes = [p.shape for p in model.parameters()]
    theta, *directions = (_split(vector, shapes) for vector in (points[-1], *plane))
    sides = _around(path, steps)
    losses = _losses(model, _loss_of(model, loss_fn, x, y), theta, directions, sides, name)
    ax = _draw(ax, sides, losses)
    ax.plot(*path.T, ".-", label="path", **PATH)
    ax.plot(*path[0], "s", label="start", **PATH)
    ax.plot(*path[-1], "*", markersize=12, label="end", **PATH)
    ax.legend()
    ax.set_title("the path of training and its loss", fontsize="medium")
    ax.set_xlabel(f"first component ({shares[0]:.0%} of the variance)")
    ax.set_ylabel(f"second component ({shares[1]:.0%} of the variance)")
    return ax


def principal_plane(points: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Two orthogonal unit vectors (2, D) along which points (T, D) vary most, and each one's share of the variance.

    The signs are such that the way from the first point to the last goes right and up. Raises ValueError for fewer than
    3 points, for numbers that are not finite, and for points that are all the same.
    """
    if len(points) < 3:
        raise ValueError(f"principal_plane: a plane needs at least 3 points, but the trajectory has {len(points)}")
    if not np.isfinite(points).all():
        first = int(np.argmin(np.isfinite(points).all(axis=1)))
        raise ValueError(f"principal_plane: point {first} of the trajectory is not finite; leave out what diverged")
    _, lengths, axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)
    if points.shape[1] < 2 or not lengths[0] > 0:
        what = "has one parameter only" if points.shape[1] < 2 else "does not move: all its points are the same"
        raise ValueError(f"principal_plane: the trajectory {what}, so there is no plane through it")
    plane = axes[:2]
    signs = np.where(plane @ (points[-1] - points[0]) < 0, -1.0, 1.0)
    return plane * signs[:, None], (lengths**2 / (lengths**2).sum())[:2]


def _numbered(trajectory):
    if isinstance(trajectory, Mapping) or not hasattr(trajectory, "__len__"):
        raise TypeError(
            f"trajectory: expected a list of snapshots or vectors, but got a {type(trajectory).__name__}; "
            "append snapshot(model) to a list in the training loop"
        )
    return enumerate(trajectory)


def _vector(model, point, i):
    """One point of a trajectory as a vector (D,)."""
    if isinstance(point, tuple) and len(point) == 2:  # (label, snapshot)
        point = point[1]
    named = dict(model.named_parameters())
    if isinstance(point, Mapping):
        missing = [name for name in named if name not in point]
        if missing:
            raise ValueError(f"trajectory: point {i} has no {missing[0]!r}; it must be a snapshot of the same model")
        point = np.concatenate([np.ravel(getattr(point[name], "array", point[name])) for name in named])
    vector = np.asarray(getattr(point, "array", point), dtype=np.float64)
    size = sum(p.numel() for p in named.values())
    if vector.shape != (size,):
        raise ValueError(
            f"trajectory: point {i} has shape {vector.shape}, but {type(model).__name__} has {size} parameters; "
            f"give vectors ({size},) or snapshots of the same model"
        )
    return vector


def _split(vector, shapes):
    ends = np.cumsum([np.prod(shape, dtype=int) for shape in shapes])
    return [part.reshape(shape) for part, shape in zip(np.split(vector, ends[:-1]), shapes, strict=True)]


def _around(path, steps):
    """The sides of a rectangle around path (T, 2); one that the path hardly leaves is widened to half the other."""
    low, high = path.min(axis=0), path.max(axis=0)
    extent = np.maximum(high - low, (high - low).max() / 2)
    middle = (low + high) / 2
    reach = extent * (0.5 + MARGIN)
    return tuple(np.linspace(m - r, m + r, steps) for m, r in zip(middle, reach, strict=True))


# ---- the loss over a plane ------------------------------------------------------------------------------------------


def _check(model, name, steps):
    """steps as an int. Raises for what cannot be drawn."""
    if not any(p.numel() for p in checked(name, model).parameters()):
        raise ValueError(f"{name}: {type(model).__name__} has no parameters, so its loss has no landscape")
    return at_least(2, f"{name}: steps", steps)


def _loss_of(model, loss_fn, x, y):
    """A function without arguments: the loss of the model as it is."""
    x, y = (value if isinstance(value, Variable) else as_tensor(value) for value in (x, y))

    def loss():
        value = loss_fn(model(x), y)
        if not isinstance(value, Variable) or value.array.size != 1:
            what = f"shape {value.shape}" if isinstance(value, Variable) else f"a {type(value).__name__}"
            raise ValueError(f"loss_fn must return a tensor with one number, but got {what}; take its mean()")
        return float(value.array.reshape(()))

    return loss


def _losses(model, loss, theta, directions, sides, name):
    """The losses (len(sides[1]), len(sides[0])) at theta + α·directions[0] + β·directions[1]."""
    parameters = list(model.parameters())

    def at(alpha, beta):
        for p, t, d, e in zip(parameters, theta, *directions, strict=True):
            p.array = (t + alpha * d + beta * e).astype(p.dtype)
        return loss()

    with aside(model), moved_aside(model), no_grad(), np.errstate(all="ignore"):
        here = at(0, 0)
        if not np.isfinite(here):
            raise ValueError(f"{name}: the loss of the model itself is {here}, so there is no landscape around it")
        return np.array([[at(alpha, beta) for alpha in sides[0]] for beta in sides[1]])


def _draw(ax, sides, losses):
    """Axes with the losses as filled contours, and what the colours mean."""
    from matplotlib.colors import LogNorm

    ax = new_axes(ax)
    heights = np.ma.masked_invalid(losses)
    low, high = heights.min(), heights.max()
    steep = low > 0 and high > STEEP * low
    space = np.geomspace if steep else np.linspace
    levels = space(low, high, LEVELS) if high > low else [low - 0.5, low + 0.5]
    filled = ax.contourf(*sides, heights, levels=levels, norm=LogNorm() if steep else None, cmap="viridis")
    ax.figure.colorbar(filled, ax=ax, label="loss", format="%.2g")
    return ax
