"""Losses of numbers, and of probabilities of yes."""

from minigrad.functions import abs, square
from minigrad.nn.functional.reduction import in_unit_interval, reduced, refuse_empty_mean, same_shape, weighted
from minigrad.ops import loss
from minigrad.tensor import Tensor

__all__ = ["binary_cross_entropy", "binary_cross_entropy_with_logits", "l1_loss", "mse_loss"]

# ---- of numbers -----------------------------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(input - target)², reduced. input and target have one shape, any.

    >>> mse_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0])).item()
    2.0
    """
    same_shape("mse_loss", input, target)
    return reduced("mse_loss", square(input - target), reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|input - target|, reduced; its slope where they are equal is 0. input and target have one shape, any."""
    same_shape("l1_loss", input, target)
    return reduced("l1_loss", abs(input - target), reduction)


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

    input: raw scores, of any shape.  target: 0 or 1, or a probability (unchecked, as in PyTorch), in the same shape.
    weight: broadcast to that shape, multiplies each loss.  pos_weight: likewise, but only the positive class's part.

    >>> binary_cross_entropy_with_logits(minigrad.tensor([-1000.0]), minigrad.tensor([1.0])).item()
    1000.0
    """
    name = "binary_cross_entropy_with_logits"
    same_shape(name, input, target)
    if pos_weight is None and weight is None:
        refuse_empty_mean(name, input, reduction)
        return loss.binary_cross_entropy_from_logits(input, target, reduction=reduction)
    if pos_weight is None:
        losses = loss.binary_cross_entropy_from_logits(input, target)
    else:  # the two halves of the loss: sigmoid(-x) is 1 - sigmoid(x), so "yes" to x is "no" to -x
        if_yes = loss.binary_cross_entropy_from_logits(-input, 0.0)
        if_no = loss.binary_cross_entropy_from_logits(input, 0.0)
        losses = weighted(name, target * if_yes, pos_weight) + (1.0 - target) * if_no
    if weight is not None:
        losses = weighted(name, losses, weight)
    return reduced(name, losses, reduction)
