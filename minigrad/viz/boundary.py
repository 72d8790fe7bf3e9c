"""What a model has learned, as a function of one or two numbers: its decision boundary, and its regression fit."""

from collections.abc import Callable
from typing import Any

import numpy as np

from minigrad.viz.evaluation import at_least, growing, integers, numbers, outputs, probabilities
from minigrad.viz.figure import COLORS, GREY, grid, legend_on_top, new_axes

__all__ = ["plot_decision_boundary", "plot_regression_fit"]

MARKERS = "osD^vP*X<>"
POINT = {"edgecolors": "white", "linewidths": 0.7, "s": 36, "zorder": 3}


def plot_decision_boundary(
    model: Callable[..., Any], x: Any, y: Any, *, limits: Any = None, resolution: int = 100, ax: Any = None
) -> Any:
    """Axes with what a model decides at each point of the plane, where it changes its mind, and the data.

    model: from (N, 2) to one logit, (N,) or (N, 1), or to two, drawn as the probability of class 1 with its contour at
    0.5; or to more, (N, C), drawn as the region of the largest.  x (N, 2), y (N,) or (N, 1): points and their classes.
    limits: ((x low, x high), (y low, y high)); the data and a margin if None.  resolution: points along each side.
    Raises ValueError for other shapes, for classes that the model does not have, and for NaN or Inf.
    """
    name = "plot_decision_boundary"
    points, labels = numbers(f"{name}: x", x), integers(f"{name}: y", y)
    if points.ndim != 2 or points.shape[1] != 2 or len(points) != len(labels):
        raise ValueError(f"{name}: x must be (N, 2) with N labels in y, given x {points.shape} and y {labels.shape}")
    resolution = at_least(2, f"{name}: resolution, the points along each side,", resolution)
    sides = [np.linspace(low, high, resolution) for low, high in plane(name, points, limits)]
    where = np.stack(np.meshgrid(*sides), axis=-1)  # (rows, columns, 2)
    shares = probabilities(name, outputs(name, model, where.reshape(-1, 2)))  # (rows·columns, C)
    classes = shares.shape[1]
    if labels.max() >= classes:
        raise ValueError(f"{name}: y holds class {labels.max()}, but the model tells only {classes} classes apart")
    ax = new_axes(ax)
    shares = shares.reshape(*where.shape[:2], classes)
    key = (draw_probability if classes == 2 else draw_regions)(ax, sides, shares)
    for k in range(classes):
        look = {"color": class_color(k), "marker": MARKERS[k % len(MARKERS)], **POINT}
        ax.scatter(*points[labels == k].T, label=f"class {k}", **look)
        key.scatter(0.5, k, clip_on=False, **look)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", xlim=sides[0][[0, -1]], ylim=sides[1][[0, -1]])
    return ax


def plane(name: str, points: np.ndarray, limits: Any) -> np.ndarray:
    """The limits of the picture, checked, ((x low, x high), (y low, y high)); or the data and a margin."""
    if limits is None:
        low, high = points.min(axis=0), points.max(axis=0)
        margin = np.where(high > low, 0.15 * (high - low), 0.5)
        return np.stack([low - margin, high + margin], axis=1)
    return growing(f"{name}: limits", limits, (2, 2))


def draw_probability(ax, sides, shares):
    """Shade the probability of class 1, from class 0's colour over white to class 1's; the Axes of the key to it."""
    from matplotlib.colors import LinearSegmentedColormap

    between = LinearSegmentedColormap.from_list("classes", [class_color(0), "white", class_color(1)])
    image = ax.imshow(shares[..., 1], cmap=between, vmin=0, vmax=1, alpha=0.6, **placed(sides))
    draw_contour(ax, sides, shares[..., 1] - 0.5)
    return ax.figure.colorbar(image, ax=ax, label="probability of class 1").ax


def draw_regions(ax, sides, shares):
    """Shade at each point the class with the largest logit, draw where that changes; the Axes of the key to it."""
    from matplotlib.colors import ListedColormap

    classes = shares.shape[-1]
    colors = ListedColormap([class_color(k) for k in range(classes)])
    look = {"vmin": -0.5, "vmax": classes - 0.5, "alpha": 0.3, "interpolation": "nearest"}
    image = ax.imshow(shares.argmax(axis=-1), cmap=colors, **{**placed(sides), **look})
    for k in range(classes):
        draw_contour(ax, sides, shares[..., k] - np.delete(shares, k, axis=-1).max(axis=-1))
    return ax.figure.colorbar(image, ax=ax, label="class", ticks=range(classes)).ax


def draw_contour(ax, sides, height):
    """Draw the line on which height is 0, if it crosses the picture: matplotlib warns of one that does not."""
    if height.min() < 0 < height.max():
        ax.contour(*sides, height, levels=[0], colors="black", linewidths=1.2)


def placed(sides):
    """How imshow puts the middle of each pixel at the point that was computed."""
    (left, right), (bottom, top) = ((s[0] - (s[1] - s[0]) / 2, s[-1] + (s[1] - s[0]) / 2) for s in sides)
    return {"extent": (left, right, bottom, top), "origin": "lower", "aspect": "auto", "interpolation": "bilinear"}


def class_color(k):
    """The colour of class number k; after seven they come again, with other markers."""
    return COLORS[k % len(COLORS)]


def plot_regression_fit(model: Callable[..., Any], x: Any, y: Any, *, ax: Any = None) -> Any:
    """Axes with the data, the curve that a model draws through them, and the residuals from one to the other.

    model: from (N, 1) to (N, 1) or (N,).  x and y: (N,) or (N, 1). Raises ValueError for other shapes, NaN or Inf.
    """
    name = "plot_regression_fit"
    xs, ys = (column(f"{name}: {what}", values) for what, values in (("x", x), ("y", y)))
    if len(xs) != len(ys):
        raise ValueError(f"{name}: x and y must be equally many, given {len(xs)} and {len(ys)}")
    margin = 0.05 * (xs.max() - xs.min()) or 0.5
    line = np.linspace(xs.min() - margin, xs.max() + margin, 300)
    predicted = outputs(name, model, np.concatenate([line, xs])[:, None])
    if predicted.size != len(predicted):
        raise ValueError(f"{name}: the model must return one number for each item, but returned {predicted.shape}")
    curve, at_data = np.split(predicted.ravel(), [len(line)])
    ax = new_axes(ax)
    error = np.mean((ys - at_data) ** 2)
    ax.vlines(xs, at_data, ys, color=GREY, linewidth=1, label=f"residuals (MSE {error:.3g})")
    ax.plot(line, curve, color=COLORS[1], linewidth=2, label="model")
    ax.plot(xs, ys, "o", color=COLORS[0], markersize=5, label="data")
    ax.set(xlabel="x", ylabel="y")
    grid(ax)
    legend_on_top(ax)
    return ax


def column(what, values):
    """values, (N,) or (N, 1), as an array (N,)."""
    a = numbers(what, values)
    if a.ndim not in (1, 2) or (a.ndim == 2 and a.shape[1] != 1):
        raise ValueError(f"{what} must have shape (N,) or (N, 1), given {a.shape}; one number for each item")
    return a.ravel()
