"""Pictures of the loss functions: what one prediction costs, and the derivative that minigrad finds for it."""

import math
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from minigrad import nn
from minigrad.autograd import enable_grad, grad
from minigrad.creation import tensor, zeros_like
from minigrad.engine import Variable
from minigrad.functions import stack
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.tensor import Tensor
from minigrad.viz.evaluation import growing, unknown
from minigrad.viz.figure import COLORS, GREY, as_label, grid, new_axes, new_panels

__all__ = ["plot_loss_function", "plot_loss_gallery"]

STEPS = 401  # odd: the middle of the range, where the target mostly is, is one of them


def number(x: Tensor, target: float) -> tuple[Tensor, Tensor]:
    """Prediction and target as they are, both (1,)."""
    return x, tensor([target], dtype=x.dtype)


def margin_of_two(x: Tensor, target: float) -> tuple[Tensor, Tensor]:
    """Logits (1, 2) of which the second is ahead by x, and the probabilities of the two classes."""
    return stack([zeros_like(x), x], 1), tensor([[1 - target, target]], dtype=x.dtype)


def true_class(x: Tensor, target: float) -> tuple[Tensor, Tensor]:
    """Log probabilities (1, 2), x for the class of that index; the loss does not look at the other."""
    columns = [zeros_like(x), zeros_like(x)]
    columns[int(target)] = x
    return stack(columns, 1), tensor([int(target)])


class Loss(NamedTuple):
    """How to draw a loss function: what its input means, and over which range."""

    function: Callable[..., Tensor]
    module: type  # the same as a module, drawn with its own settings
    xlabel: str
    low: float  # the range, measured from the target where it is centred there
    high: float
    target: float
    arguments: Callable[[Tensor, float], tuple[Tensor, Tensor]] = number  # of the function, from one number (1,)
    centred: bool = False
    soft: tuple[float, float] = (-math.inf, math.inf)  # between what the target must lie


YES_OR_NO = (0.0, 1.0)

# A loss function that minigrad learns gets its line here, and with it a panel in the gallery.
LOSSES = {
    loss.function.__name__: loss
    for loss in (
        Loss(F.mse_loss, nn.MSELoss, "prediction", -3, 3, 0, centred=True),
        Loss(F.l1_loss, nn.L1Loss, "prediction", -3, 3, 0, centred=True),
        Loss(F.smooth_l1_loss, nn.SmoothL1Loss, "prediction", -3, 3, 0, centred=True),
        Loss(F.huber_loss, nn.HuberLoss, "prediction", -3, 3, 0, centred=True),
        Loss(F.hinge_embedding_loss, nn.HingeEmbeddingLoss, "distance", 0, 3, -1),
        Loss(F.binary_cross_entropy, nn.BCELoss, "probability of yes", 0.02, 0.98, 1, soft=YES_OR_NO),
        Loss(F.binary_cross_entropy_with_logits, nn.BCEWithLogitsLoss, "logit", -5, 5, 1, soft=YES_OR_NO),
        Loss(F.focal_loss, nn.FocalLoss, "logit", -5, 5, 1, soft=YES_OR_NO),
        Loss(F.cross_entropy, nn.CrossEntropyLoss, "logit 1 - logit 0", -5, 5, 1, margin_of_two, soft=YES_OR_NO),
        Loss(F.nll_loss, nn.NLLLoss, "log probability of the true class", -5, 0, 1, true_class, soft=YES_OR_NO),
        Loss(F.kl_div, nn.KLDivLoss, "log probability", -5, 0, 0.5, soft=YES_OR_NO),
    )
}


def plot_loss_function(
    loss: str | Callable[..., Tensor],
    *,
    target: float | None = None,
    limits: tuple[float, float] | None = None,
    ax: Any = None,
) -> Any:
    """Axes with the loss of one prediction and, dashed, its derivative, over a range of predictions.

    loss: the name of a loss function of `nn.functional`, that function, its module with settings of its own, or any
    function of (prediction, target), two tensors (1,), that returns one number.  target: what it is compared with, a
    number, or for losses of classes 0, 1 or a probability between; the label of the x-axis names it.  limits: the range
    of predictions. The derivative is `autograd.grad`'s; where it jumps its line is broken, and a ring shows the slope
    that minigrad takes there. Raises ValueError for an unknown name, a target or limits that do not suit it, and where
    the loss is NaN or Inf.
    """
    shown, function = found(loss)
    target = shown.target if target is None else checked_target(loss, shown, target)
    if limits is None:
        limits = (shown.low + target * shown.centred, shown.high + target * shown.centred)
    low, high = growing("plot_loss_function: limits", limits, (2,)).tolist()
    ax = new_axes(ax)
    draw(ax, *sampled(lambda x: measured(function, *shown.arguments(x, target), x), low, high))
    ax.set_title(as_label(name_of(loss)), fontsize="medium")
    given = f"target {target:g}" if shown.arguments is not true_class else ""
    ax.set_xlabel(f"{shown.xlabel} ({given})" if given else shown.xlabel)
    ax.legend()
    return ax


def plot_loss_gallery(*, axes: Any = None) -> Any:
    """An array of Axes, one for each loss function of `nn.functional`, all drawn alike by `plot_loss_function`."""
    found = new_panels(axes, len(LOSSES), "plot_loss_gallery", size=(3.2, 2.8), columns=3)
    for ax, name in zip(found, LOSSES, strict=True):
        plot_loss_function(name, ax=ax)
    for ax in found[1:]:  # what the lines mean is said once
        ax.get_legend().remove()
    return found


def found(loss: str | Callable[..., Tensor]) -> tuple[Loss, Callable[..., Tensor]]:
    """How to draw a loss, and the function that computes it."""
    if isinstance(loss, str):
        if loss not in LOSSES:
            raise ValueError(f"plot_loss_function: {unknown('loss function', loss, LOSSES)}")
        return LOSSES[loss], LOSSES[loss].function
    if not callable(loss):
        raise TypeError(f"plot_loss_function: expected a name or a function, but got a {type(loss).__name__}")
    for known in LOSSES.values():
        if loss is known.function or type(loss) is known.module:
            return known, loss
    return Loss(loss, type(loss), "prediction", -3, 3, 0, centred=True), loss


def name_of(loss: Any) -> str:
    """What a picture of a loss is called."""
    name = loss if isinstance(loss, str) else getattr(loss, "__name__", type(loss).__name__)
    return "loss" if name == "<lambda>" else name


def checked_target(loss: Any, shown: Loss, target: Any) -> float:
    """target as a number. Raises ValueError for one that this loss does not take."""
    try:
        number = float(target)
    except (TypeError, ValueError):
        number = math.nan
    if not math.isfinite(number):
        raise ValueError(f"plot_loss_function: the target must be a finite number, given {target!r:.60}")
    if not shown.soft[0] <= number <= shown.soft[1]:
        raise ValueError(f"plot_loss_function: the target of {name_of(loss)} must lie in [0, 1], given {number:g}")
    if shown.arguments is true_class and number not in (0, 1):
        raise ValueError(f"plot_loss_function: the target of {name_of(loss)} is a class, 0 or 1, given {number:g}")
    return number


def measured(function: Callable[..., Tensor], input: Tensor, target: Tensor, x: Tensor) -> tuple[float, float]:
    """The loss of one prediction, and its derivative with respect to x, from which input was made."""
    loss = function(input, target)
    if not isinstance(loss, Variable) or loss.numel() != 1:
        given = loss.shape if isinstance(loss, Variable) else type(loss).__name__
        raise TypeError(f"plot_loss_function: the loss of one prediction must be a tensor of one number, given {given}")
    loss = loss.sum()
    if not loss.requires_grad:  # it does not depend on the prediction here
        return loss.item(), 0.0
    (slope,) = grad(loss, x, allow_unused=True)
    return loss.item(), 0.0 if slope is None else slope.item()


# ---- drawing a function whose derivative may jump -------------------------------------------------------------------


def sampled(of: Callable[[Tensor], tuple[float, float]], low: float, high: float) -> tuple[np.ndarray, ...]:
    """The predictions at which to draw, the loss and slope that `of` returns for each, and where the slope jumps."""

    def at(points):
        with enable_grad():
            pairs = np.array([of(tensor([point], dtype=np.float64, requires_grad=True)) for point in points])
        if not np.isfinite(pairs).all():
            raise ValueError(f"plot_loss_function: the loss or its slope is NaN or Inf between {low:g} and {high:g}")
        return pairs.T

    x = np.linspace(low, high, STEPS)
    loss, slope = at(x)
    kinks = np.array(jumps(lambda point: at([point])[1][0], x, slope))
    if len(kinks):  # the lines run up to each kink from both sides
        gap = 1e-6 * (high - low)
        far = np.abs(x[:, None] - kinks).min(axis=1) > gap
        x = np.unique(np.concatenate([x[far], kinks, kinks - gap, kinks + gap]))
        loss, slope = at(x)
    return x, loss, slope, np.isin(x, kinks)


def draw(ax: Any, x: np.ndarray, loss: np.ndarray, slope: np.ndarray, kink: np.ndarray) -> None:
    """Draw the loss and the slope over x; the slope with a gap at every kink, and there what it was taken for."""
    ax.axhline(0, color=GREY, linewidth=0.8)
    ax.plot(x, loss, color=COLORS[0], linewidth=2, label="loss")
    ax.plot(x, np.where(kink, math.nan, slope), "--", color=COLORS[1], linewidth=2, label="derivative")
    if kink.any():
        ring = {"color": COLORS[1], "markersize": 9, "fillstyle": "none", "markeredgewidth": 2}
        ax.plot(x[kink], slope[kink], "o", label="at the kink", **ring)
        ax.plot(x[kink], loss[kink], "o", color=COLORS[0], markersize=5)
    reach = 1.25 * np.abs(loss).max() or 1.0  # a derivative that runs away must not flatten the loss
    bottom, top = max(min(loss.min(), slope.min()), -reach), min(max(loss.max(), slope.max()), reach)
    margin = 0.06 * (top - bottom) or 1.0
    ax.set_ylim(bottom - margin, top + margin)
    ax.set_ylabel("loss, derivative")
    grid(ax)


def jumps(slope_at: Callable[[float], float], x: np.ndarray, slope: np.ndarray) -> list[float]:
    """Where the slope jumps, found by halving each interval over which it changes much: a jump does not get smaller."""
    much = 0.02 * (slope.max() - slope.min())
    digits = 7 - math.ceil(math.log10(x[-1] - x[0]))
    kinks: list[float] = []
    for i in np.flatnonzero(np.abs(np.diff(slope)) > max(much, 1e-9)):
        (a, at_a), (b, at_b) = (x[i], slope[i]), (x[i + 1], slope[i + 1])
        change = abs(at_b - at_a)
        while abs(at_b - at_a) > 0.6 * change and b - a > 1e-9 * (x[-1] - x[0]):
            middle = (a + b) / 2
            at_middle = slope_at(middle)
            if abs(at_middle - at_a) > abs(at_b - at_middle):
                b, at_b = middle, at_middle
            else:
                a, at_a = middle, at_middle
        kink = (
            round((a + b) / 2, digits) + 0.0
        )  # kinks lie at round numbers, where minigrad's own choice of slope shows
        if abs(at_b - at_a) > 0.6 * change and kink not in kinks:
            kinks.append(kink)
    return kinks
