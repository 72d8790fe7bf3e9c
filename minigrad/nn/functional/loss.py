"""Losses of numbers, of distances, and of probabilities of yes.

Those of classes are in classes.py, of distributions in divergence.py; focal_loss, of both kinds, is in focal.py.
"""

from minigrad.functions import abs, clamp, square, where
from minigrad.nn.functional.reduction import (
    at_least_zero,
    finite,
    in_unit_interval,
    positive,
    reduced,
    refuse_empty_mean,
    same_shape,
    weight_of_each,
    weighted,
    weighted_mean,
)
from minigrad.ops import elementwise, loss
from minigrad.tensor import Tensor

__all__ = [
    "binary_cross_entropy", "binary_cross_entropy_with_logits", "hinge_embedding_loss", "huber_loss", "l1_loss",
    "mse_loss", "smooth_l1_loss",
]  # fmt: skip

# ---- of numbers -----------------------------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """(input - target)², reduced. input and target have one shape, any.

    weight: one number per loss, in the same shape; the mean is then over what the weights add up to.

    >>> mse_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0])).item()
    2.0
    """
    same_shape("mse_loss", input, target)
    return _of_numbers("mse_loss", square(input - target), reduction, weight)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", weight: Tensor | None = None) -> Tensor:
    """|input - target|, reduced; its slope where they are equal is 0. The rest as in mse_loss."""
    same_shape("l1_loss", input, target)
    return _of_numbers("l1_loss", abs(input - target), reduction, weight)


def smooth_l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean", beta: float = 1.0) -> Tensor:
    """|error| - beta/2, or error² / (2 beta) where |error| < beta, reduced: l1_loss with a round corner.

    Girshick 2015.  error is input - target, which have one shape, any.  beta: at least 0; with 0 it is l1_loss.
    It is huber_loss / beta: far from the target the slope is ±1 whatever beta is.

    >>> smooth_l1_loss(minigrad.tensor([0.0, 0.5, 3.0]), minigrad.zeros(3), reduction="none").tolist()
    [0.0, 0.125, 2.5]
    """
    same_shape("smooth_l1_loss", input, target)
    at_least_zero("beta", beta)
    error = input - target
    if error.dtype.type(beta) == 0:
        losses = abs(error)
    else:
        within = clamp(error, -beta, beta)
        losses = within / beta * (error - within / 2)
    return reduced("smooth_l1_loss", losses, reduction)


def huber_loss(
    input: Tensor, target: Tensor, reduction: str = "mean", delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """error² / 2, but delta·(|error| - delta/2) where |error| ≥ delta, reduced: no outlier pulls harder than delta.

    Huber 1964.  error is input - target, which have one shape, any.  delta: above 0; it is the largest slope.
    weight: one number per loss, in the same shape; the mean stays that over all of them, unlike mse_loss's, as in
    PyTorch.

    >>> huber_loss(minigrad.tensor([0.0, 1.0, 10.0]), minigrad.zeros(3), delta=2.0, reduction="none").tolist()
    [0.0, 0.5, 18.0]
    """
    same_shape("huber_loss", input, target)
    positive("delta", delta)
    error = input - target
    within = clamp(error, -delta, delta)  # it is the slope of the loss: error, clipped
    losses = within * (error - within / 2)
    if weight is not None:
        losses = losses * weight_of_each("huber_loss", weight, losses)
    return reduced("huber_loss", losses, reduction)


def _of_numbers(name, losses, reduction, weight):
    """losses, weighted if there are weights, and reduced."""
    if weight is None:
        return reduced(name, losses, reduction)
    weight = weight_of_each(name, weight, losses)
    losses = losses * weight
    return weighted_mean(name, losses, weight) if reduction == "mean" else reduced(name, losses, reduction)


# ---- of distances ---------------------------------------------------------------------------------------------------


def hinge_embedding_loss(input: Tensor, target: Tensor, margin: float = 1.0, *, reduction: str = "mean") -> Tensor:
    """input for pairs that belong together, max(0, margin - input) for pairs that do not, reduced.

    input: how far the two of each pair are apart, of any shape.  target: 1 (together) or -1 (apart), in the same shape;
    anything else raises ValueError, where PyTorch would silently add up both halves.  margin: pairs that are apart by
    more cost nothing.

    >>> apart = minigrad.tensor([0.3, 0.3, 2.0])
    >>> hinge_embedding_loss(apart, minigrad.tensor([1, -1, -1]), reduction="sum").item()     # 0.3 + 0.7 + 0
    1.0
    """
    name = "hinge_embedding_loss"
    _, t = same_shape(name, input, target)
    finite("margin", margin)
    together = t == 1
    if not (together | (t == -1)).all():
        wrong = t[~together & (t != -1)][0]
        raise ValueError(
            f"{name}: every number in target must be 1 or -1, but it holds {float(wrong):g}; labels of 0 and 1 "
            "become these by 2 * target - 1"
        )
    return reduced(name, where(together, input, clamp(margin - input, min=0)), reduction)


# ---- of probabilities of yes ----------------------------------------------------------------------------------------


def binary_cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean"
) -> Tensor:
    """-target·log(input) - (1 - target)·log(1 - input), reduced, in nats; each log is cut off at -100.

    input: probabilities in [0, 1], of any shape.  target: 0 or 1, or a probability, in the same shape.
    weight: broadcast to that shape, multiplies each loss.  Raises ValueError for numbers outside [0, 1].

    >>> binary_cross_entropy(minigrad.tensor([0.5]), minigrad.tensor([1.0])).item()     # log 2
    0.6931471824645996
    """
    name = "binary_cross_entropy"
    x, t = same_shape(name, input, target)
    in_unit_interval(name, "input", x, f"apply sigmoid first, or give the raw scores to {name}_with_logits")
    in_unit_interval(name, "target", t, "the labels are 0 and 1, or probabilities between them")
    losses = loss.binary_cross_entropy(input, target)
    if weight is not None:
        losses = weighted(name, losses, weight)
    return reduced(name, losses, reduction)


def binary_cross_entropy_with_logits(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, reduction: str = "mean",
    pos_weight: Tensor | None = None,
) -> Tensor:  # fmt: skip
    """binary_cross_entropy of sigmoid(input), finite also where sigmoid rounds to 0 or 1.

    input: raw scores, of any shape; an infinite one that is right costs NaN, as in PyTorch, but its slope is 0.
    target: 0 or 1, or a probability, in the same shape; anything else raises ValueError, where PyTorch would go on
    to losses below 0.
    weight: broadcast to that shape, multiplies each loss.  pos_weight: likewise, but only the positive class's part.

    >>> binary_cross_entropy_with_logits(minigrad.tensor([-1000.0]), minigrad.tensor([1.0])).item()
    1000.0
    """
    name = "binary_cross_entropy_with_logits"
    _, t = same_shape(name, input, target)
    in_unit_interval(name, "target", t, "the labels are 0 and 1, or probabilities between them")
    if pos_weight is None and weight is None:
        refuse_empty_mean(name, t, reduction)
        return loss.binary_cross_entropy_from_logits(input, target, reduction=reduction)
    if pos_weight is None:
        losses = loss.binary_cross_entropy_from_logits(input, target)
    else:  # the two halves of the loss: -log sigmoid(x), and -log(1 - sigmoid(x)) = -log sigmoid(-x)
        if_yes, if_no = elementwise.softplus(-input), elementwise.softplus(input)
        losses = weighted(name, target * if_yes, pos_weight) + (1.0 - target) * if_no
    if weight is not None:
        losses = weighted(name, losses, weight)
    return reduced(name, losses, reduction)
