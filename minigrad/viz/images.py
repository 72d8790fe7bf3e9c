"""What a model makes of images: what its units look for, which classes it confuses, its mistakes, where it looks."""

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from minigrad.autograd import enable_grad, grad
from minigrad.creation import tensor
from minigrad.nn.module import Module
from minigrad.utils.data import DataLoader
from minigrad.viz.aside import aside
from minigrad.viz.evaluation import at_least, integers, item_dtype, numbers, outputs, probabilities
from minigrad.viz.figure import as_label, new_axes, new_panels

__all__ = ["plot_confusion_matrix", "plot_mistakes", "plot_saliency", "plot_weight_images"]

MOST_CLASSES = 1000  # of a confusion matrix: more are no cells that can be seen, but much memory


# ---- images ---------------------------------------------------------------------------------------------------------


def plot_weight_images(
    weight_or_model: Any, *, shape: tuple[int, int] | None = None, limit: int = 25, axes: Any = None
) -> Any:
    """An array of Axes with the first rows of a weight as images: what each unit adds up, and what it subtracts.

    weight_or_model: a weight (units, pixels) or (units, channels, H, W), of which channels are averaged; or a model,
    for the weight of its first layer.  shape: (H, W) of an image; guessed if the pixels make a square.  limit: how
    many rows. All share one scale with 0 in the middle. Raises ValueError for pixels that do not make the shape.
    """
    name = "plot_weight_images"
    weight = numbers(f"{name}: weight", first_weight(weight_or_model))
    if weight.ndim not in (2, 4):
        raise ValueError(f"{name}: the weight must be (units, pixels) or (units, channels, H, W), given {weight.shape}")
    rows = weight[: at_least(1, f"{name}: limit", limit)]
    images = [image_of(name, row, shape) for row in rows]
    side = math.ceil(math.sqrt(len(images)))
    panels = new_panels(axes, len(images), name, size=(max(0.95, 4.5 / side), max(0.75, 3.5 / side)))
    most = max(np.abs(image).max() for image in images) or 1.0
    for ax, image in zip(panels, images, strict=True):
        drawn = ax.imshow(image, cmap="PuOr", vmin=-most, vmax=most)
        bare(ax)
    label = "weight" if len(rows) == len(weight) else f"weight, units 0 to {len(rows) - 1} of {len(weight)}"
    panels[0].figure.colorbar(drawn, ax=list(panels), label=label)
    return panels


def first_weight(weight_or_model):
    """A weight as it is; of a model, the first parameter that is a matrix or has more dimensions."""
    if not isinstance(weight_or_model, Module):
        return weight_or_model
    for parameter in weight_or_model.parameters():
        if parameter.ndim > 1:
            return parameter
    kind = type(weight_or_model).__name__
    raise ValueError(f"plot_weight_images: this {kind} has no weight, a parameter with two or more dimensions")


def image_of(name, item, shape=None):
    """One item as something to look at, (H, W): a square of its pixels, or the mean over its channels."""
    if shape is not None:
        if item.size != math.prod(shape):
            raise ValueError(f"{name}: {item.size} pixels do not make an image of shape {shape}")
        return item.reshape(shape)
    if item.ndim == 3:
        return item.mean(axis=0)
    side = math.isqrt(item.size)
    if item.ndim == 1 and side * side != item.size:
        raise ValueError(f"{name}: {item.size} pixels do not make a square; say which shape=(H, W) they have")
    return item if item.ndim == 2 else item.reshape(side, side)


def bare(ax):
    """No ticks: the pixels of an image are not counted."""
    ax.set(xticks=[], yticks=[])


def plot_mistakes(
    model: Callable[..., Any], data: Any, *, shape: tuple[int, int] | None = None, limit: int = 16, axes: Any = None
) -> Any:
    """An array of Axes with the images that a model gets wrong, those it was most sure of first.

    Each is titled with its true class → the class predicted, and the probability that the model gave to that.
    model: from (N, …) to logits (N, C), or to one logit.  data: a data set of (image, class), or a pair (x, y).
    shape: (H, W) of an image, if it is neither that nor a square already; channels are averaged.
    axes: `limit` of them; those without a mistake to show are left empty. Without any mistake the first says so.
    """
    name = "plot_mistakes"
    x, y = whole(name, data)
    shares = probabilities(name, outputs(name, model, x))  # (N, C)
    if y.max() >= shares.shape[1]:
        raise ValueError(f"{name}: y holds class {y.max()}, but the model tells only {shares.shape[1]} classes apart")
    predicted, sure = shares.argmax(axis=1), shares.max(axis=1)
    wrong = np.flatnonzero(predicted != y)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")][: at_least(1, f"{name}: limit", limit)]
    panels = new_panels(axes, limit if axes is not None else max(1, len(wrong)), name, size=(1.1, 1.3))
    for ax, i in zip(panels, wrong, strict=False):
        ax.imshow(image_of(name, x[i], shape), cmap="gray_r")
        ax.set_title(f"{y[i]} → {predicted[i]}  {percent(sure[i])}", fontsize=9)
        bare(ax)
    for ax in panels[len(wrong) :]:
        ax.set_axis_off()
    if not len(wrong):
        panels[0].text(0.5, 0.5, f"no mistakes\namong {len(y)}", ha="center", va="center")
    return panels


def whole(name, data):
    """All of a data set, or of a pair: x (N, …) and class indices y (N,)."""
    if isinstance(data, tuple | list) and len(data) == 2 and not isinstance(data[0], tuple):
        batches = [data]
    else:
        try:
            batches = [(x, y) for x, y in DataLoader(data, batch_size=1000)]
        except TypeError as error:
            raise TypeError(f"{name}: expected a data set of (image, class), or a pair (x, y): {error}") from error
    x = np.concatenate([np.atleast_1d(numbers(f"{name}: x", x)) for x, _ in batches])
    y = np.concatenate([integers(f"{name}: y", y) for _, y in batches])
    if len(x) != len(y):
        raise ValueError(f"{name}: x and y must be equally many, given {len(x)} and {len(y)}")
    return x, y


def percent(share):
    """A share to be read at a glance, that says 100 % or 0 % only where it is."""
    if 0.99 < share < 1:
        return ">99 %"
    return "<1 %" if 0 < share < 0.01 else f"{100 * share:.0f} %"


def plot_saliency(
    model: Callable[..., Any],
    image: Any,
    target: int | None = None,
    *,
    shape: tuple[int, int] | None = None,
    axes: Any = None,
) -> Any:
    """An array of two Axes: an image, and how much each of its pixels counts, |∂ logit / ∂ pixel|.

    model: from (N, …) to logits (N, C), or to one logit.  image: one item, such as (1, 28, 28); of channels, the
    largest counts.  target: the class whose logit is meant; the one predicted if None.  shape: (H, W), for pixels in
    a row that make no square. Neither the image nor any gradient of the model is changed. Raises ValueError when the
    logit does not depend on the image.
    Simonyan, Vedaldi, Zisserman 2014.
    """
    name = "plot_saliency"
    item = numbers(f"{name}: image", image)
    if item.ndim not in (1, 2, 3):
        raise ValueError(f"{name}: image must be one item, (H, W) or (channels, H, W), given {item.shape}")
    logits, class_, gradient = pixel_gradient(name, model, item, target)
    panels = new_panels(axes, 2, name, size=(2.6, 2.8))
    sure = probabilities(name, logits)[0, class_]
    panels[0].imshow(image_of(name, item, shape), cmap="gray_r")
    panels[0].set_title(f"class {class_}: {percent(sure)}", fontsize="medium")
    saliency = np.abs(gradient)
    saliency = image_of(name, saliency.max(axis=0) if saliency.ndim == 3 else saliency, shape)
    drawn = panels[1].imshow(saliency, cmap="magma", vmin=0, vmax=saliency.max() or 1.0)
    panels[1].set_title("where it looks", fontsize="medium")
    panels[1].figure.colorbar(drawn, ax=panels[1], label=f"|∂ logit {class_} / ∂ pixel|", shrink=0.8)
    for ax in panels:
        bare(ax)
    return panels


def pixel_gradient(name, model, item, target):
    """The logits (1, C) for one item, the class asked for or predicted, and the gradient of its logit, as the item."""
    x = tensor(item[None].astype(item_dtype(model)), requires_grad=True)
    outputs(name, model, item[None])  # raises for what is no model of one row per item
    with aside(model), enable_grad():
        out = model(x)
        logits = out.reshape(1, -1)
        classes = probabilities(name, logits.array).shape[1]
        class_ = int(probabilities(name, logits.array).argmax()) if target is None else wanted(name, target, classes)
        score = logits[0, min(class_, logits.shape[1] - 1)]  # one logit speaks for both classes, but for its sign
        gradient = grad(score, x, allow_unused=True)[0] if score.requires_grad else None
    if gradient is None:
        raise ValueError(f"{name}: the logit does not depend on the image; does forward use .detach() or argmax?")
    return np.array(logits.array, dtype=np.float64), class_, np.array(gradient.array[0], dtype=np.float64)


def wanted(name, target, classes):
    """target, a class index, as an int; a tensor or an array with one integer will do."""
    try:
        found = operator.index(getattr(target, "array", target))
    except TypeError:
        found = -1
    if not 0 <= found < classes:
        raise ValueError(f"{name}: target must be a class in [0, {classes}), given {target!r:.60}")
    return found


# ---- a table --------------------------------------------------------------------------------------------------------


def plot_confusion_matrix(
    targets: Any, predictions: Any, *, classes: Sequence[str] | None = None, ax: Any = None
) -> Any:
    """Axes with how many items of each true class (row) were taken for each class (column).

    targets (N,): class indices.  predictions: class indices (N,), or logits (N, C), of which the largest counts.
    classes: their names. Cells say counts, and shares of the row where there is room; their colour is that share.
    Raises ValueError for other shapes, for an index that has no name, and for more than MOST_CLASSES classes.
    """
    name = "plot_confusion_matrix"
    counts = confusion(name, targets, predictions, classes)
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    n = len(counts)
    ax = new_axes(ax, size=(max(4.5, 0.46 * n + 1.2), max(3.5, 0.4 * n + 0.8)))
    image = ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    ax.figure.colorbar(image, ax=ax, label="share of the true class")
    points = ax.get_window_extent().height / ax.figure.dpi * 72 / n  # the height of a cell
    two_lines = points > 22
    size = float(np.clip((0.32 if two_lines else 0.45) * points, 4, 10))
    for (i, j), count in np.ndenumerate(counts):
        if count:
            text = f"{count}\n{percent(shares[i, j])}" if two_lines else str(count)
            color = "white" if shares[i, j] > 0.5 else "black"
            ax.text(j, i, text, ha="center", va="center", color=color, fontsize=size, linespacing=1.0)
    names = [str(k) for k in range(n)] if classes is None else [as_label(c) for c in classes]
    turn = 45 if max(map(len, names)) * n > 40 else 0
    ax.set_xticks(range(n), names, rotation=turn, ha="right" if turn else "center", rotation_mode="anchor")
    ax.set_yticks(range(n), names)
    ax.set(xlabel="predicted class", ylabel="true class")
    return ax


def confusion(name, targets, predictions, classes):
    """How many items of each true class (row) were taken for each class (column), (C, C)."""
    true, given = integers(f"{name}: targets", targets), numbers(f"{name}: predictions", predictions)
    if given.ndim == 2 and given.shape[1] > 1:
        taken, known = given.argmax(axis=1), given.shape[1]
    else:
        taken, known = integers(f"{name}: predictions", given), 0
    if len(true) != len(taken):
        raise ValueError(f"{name}: targets and predictions must be equally many, given {len(true)} and {len(taken)}")
    n = max(true.max() + 1, taken.max() + 1, known)
    if classes is not None and len(classes) < n:
        raise ValueError(f"{name}: there are {n} classes, but classes names only {len(classes)}")
    n = n if classes is None else len(classes)
    if n > MOST_CLASSES:
        raise ValueError(f"{name}: there are {n} classes, more than the {MOST_CLASSES} that a matrix can show")
    return np.bincount(true * n + taken, minlength=n * n).reshape(n, n)
