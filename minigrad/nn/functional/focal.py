"""Cross-entropy that looks away from what is easy."""

import math

import numpy as np

from minigrad.creation import as_tensor
from minigrad.errors import signature_of
from minigrad.functions import exp, logsumexp, where
from minigrad.nn.functional.activation import logsigmoid
from minigrad.nn.functional.classes import class_indices, class_weights, classes_last, reduced_rows
from minigrad.nn.functional.reduction import array_of, at_least_zero, in_unit_interval, reduced, same_shape, weighted
from minigrad.ops import shape
from minigrad.tensor import Tensor

__all__ = ["focal_loss"]


def focal_loss(
    input: Tensor, target: Tensor, alpha: Tensor | float | None = None, gamma: float = 2.0, *, reduction: str = "mean"
) -> Tensor:
    """-α(1 - p)^γ log p, reduced, where p is the probability of what is true: the surer, the lighter (Lin et al. 2017).

    Of yes or no: input: logits, of any shape.  target: 0 or 1, or a probability, in the same shape (for N samples of C
    labels that do not exclude each other, (N, C)).  alpha: what yes counts, in [0, 1]; no counts 1 - alpha.
    Of classes: input: logits (N, C, d1, …) or (C,).  target: class indices in [0, C), (N, d1, …) or ().  alpha: (C,),
    what each class counts; the mean is then weighted.
    gamma: at least 0. With 0 it is binary_cross_entropy_with_logits, or cross_entropy with alpha as its weight.
    The paper found alpha = 0.25 and gamma = 2 best; without alpha nothing is weighted.  Finite for any finite logits.

    >>> focal_loss(minigrad.zeros(2), minigrad.tensor([0, 1])).item()     # p = ½ costs ¼ of log 2
    0.1732867956161499
    """
    at_least_zero("gamma", gamma)
    x, t = array_of("focal_loss", "input", input), array_of("focal_loss", "target", target)
    if t.ndim == x.ndim - 1:
        return _of_classes(input, x, t, alpha, gamma, reduction)
    same_shape("focal_loss", input, target)
    in_unit_interval("focal_loss", "target", t, "the labels are 0 and 1, or probabilities between them")
    if_yes, if_no = target * _cost(input, gamma), (1.0 - target) * _cost(-input, gamma)
    if alpha is None:
        return reduced("focal_loss", if_yes + if_no, reduction)
    alpha = as_tensor(alpha, if_yes.dtype)
    in_unit_interval("focal_loss", "alpha", alpha.array, "it is what yes counts, and 1 - alpha what no counts")
    losses = weighted("focal_loss", if_yes, alpha) + weighted("focal_loss", if_no, 1 - alpha)
    return reduced("focal_loss", losses, reduction)


def _of_classes(input, x, t, alpha, gamma, reduction):
    """The true class against all the others is a question of yes or no as well, with this logit."""
    logits = classes_last(input)  # (…, C)
    if logits.shape[-1] == 1:
        raise ValueError(
            f"focal_loss: with one class there is nothing to choose (input is {signature_of(x)} and target "
            f"{signature_of(t)}); for yes or no use input.reshape{t.shape}, the shape of the target"
        )
    indices, _ = class_indices("focal_loss", x, t)  # (…)
    chosen = shape.take_along_axis(logits, indices=indices[..., None], axis=-1)[..., 0]  # (…)
    is_chosen = indices[..., None] == np.arange(logits.shape[-1])  # (…, C)
    others = logsumexp(where(is_chosen, -math.inf, logits), -1)  # (…)
    losses = _cost(chosen - others, gamma)
    if alpha is None:
        return reduced("focal_loss", losses, reduction)
    row_weights = class_weights("focal_loss", alpha, logits, "alpha")[indices]
    return reduced_rows("focal_loss", losses * row_weights, row_weights, None, reduction)


def _cost(logit, gamma):
    """-(1 - p)^γ log p of p = sigmoid(logit); the power as exp(γ log(1 - p)), whose slope is finite at p = 1."""
    return -exp(gamma * logsigmoid(-logit)) * logsigmoid(logit)
