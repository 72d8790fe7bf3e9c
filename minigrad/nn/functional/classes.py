"""Losses of classes: from scores, one for each class, and the true class or its probabilities."""

import math
from numbers import Integral

import numpy as np

from minigrad.creation import as_tensor
from minigrad.errors import signature_of
from minigrad.functions import log_softmax, permute, where
from minigrad.nn.functional.activation import probability
from minigrad.nn.functional.reduction import array_of, in_unit_interval, reduced, refuse_empty_mean, weighted_mean
from minigrad.ops import loss, reduce, shape
from minigrad.tensor import Tensor

__all__ = ["cross_entropy", "nll_loss"]


def cross_entropy(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean",
    label_smoothing: float = 0.0,
) -> Tensor:  # fmt: skip
    """-log softmax(input)[target], reduced: the surprise at the true class, in nats, from raw scores.

    input: logits (N, C), any real numbers; or (C,), or (N, C, d1, …).  target: class indices in [0, C), of shape (N,),
    () or (N, d1, …); or probabilities, in the shape of input.  log C is what a uniform guess costs.
    weight: (C,), how much each class counts; the mean is then weighted.  Targets equal to ignore_index do not count.
    label_smoothing: moves that share of the target evenly to all classes (Szegedy et al. 2016).
    Raises TypeError for float indices, ValueError for those out of range and for shapes that do not fit.

    >>> cross_entropy(minigrad.zeros(2, 4), minigrad.tensor([0, 3])).item()     # log 4
    1.3862943649291992
    """
    known_class(ignore_index)
    probability("label_smoothing", label_smoothing)
    x, t = array_of("cross_entropy", "input", input), array_of("cross_entropy", "target", target)
    logits = input if x.ndim <= 2 else classes_last(input)  # (…, C)
    if x.dtype.kind == t.dtype.kind == "f" and t.shape == x.shape:
        return _cross_entropy_of_probabilities(logits, target, weight, ignore_index, reduction, label_smoothing)
    indices, counted = class_indices("cross_entropy", x, t, ignore_index)  # (…)
    if weight is None and counted is None and not label_smoothing:
        refuse_empty_mean("cross_entropy", indices, reduction)
        return loss.cross_entropy_from_logits(logits, target=indices, reduction=reduction)
    losses = loss.cross_entropy_from_logits(logits, target=indices)
    weight = class_weights("cross_entropy", weight, logits)
    row_weights = weight[indices]
    losses = losses * row_weights
    if label_smoothing:
        spread = reduce.mean(-log_softmax(logits, -1) * weight, axis=-1)  # every class as the target, on average
        losses = (1 - label_smoothing) * losses + label_smoothing * spread
    return reduced_rows("cross_entropy", losses, row_weights, counted, reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """-input[target], reduced: cross_entropy for scores that are log probabilities already (log_softmax).

    input: (N, C), (C,) or (N, C, d1, …).  target: class indices in [0, C), of shape (N,), () or (N, d1, …).  The rest
    as in cross_entropy.
    """
    known_class(ignore_index)
    x, t = array_of("nll_loss", "input", input), array_of("nll_loss", "target", target)
    logs = classes_last(input)  # (…, C)
    indices, counted = class_indices("nll_loss", x, t, ignore_index)  # (…)
    losses = -shape.take_along_axis(logs, indices=indices[..., None], axis=-1)[..., 0]  # (…)
    if weight is None and counted is None:
        return reduced("nll_loss", losses, reduction)
    row_weights = class_weights("nll_loss", weight, logs)[indices]
    return reduced_rows("nll_loss", losses * row_weights, row_weights, counted, reduction)


def _cross_entropy_of_probabilities(logits, target, weight, ignore_index, reduction, label_smoothing):
    name = "cross_entropy"
    if ignore_index >= 0:
        raise ValueError(f"{name}: ignore_index names a class, so it needs class indices, not probabilities")
    in_unit_interval(name, "target", array_of(name, "target", target), "floats like input are taken for probabilities")
    target = classes_last(target)  # (…, C)
    target = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    losses = -log_softmax(logits, -1) * target * class_weights(name, weight, logits)
    return reduced(name, reduce.sum(losses, axis=-1), reduction)


def known_class(ignore_index: int) -> int:
    """ignore_index, checked: TypeError unless it is an integer."""
    if not isinstance(ignore_index, Integral):
        raise TypeError(f"ignore_index: expected an integer, but got {ignore_index!r}; -100, the default, is no class")
    return ignore_index


def classes_last(input):
    """(N, C, d1, …) as (N, d1, …, C); one or two dimensions as they are."""
    return input if input.ndim <= 2 else permute(input, 0, *range(2, input.ndim), 1)


def class_indices(name, x, indices, ignore_index=None):
    """indices, checked against input x; and if some are ignored (they are 0 then), which ones count, else None."""
    _check_classes(name, x, indices)
    n_classes = x.shape[1] if x.ndim > 1 else x.shape[0]
    if 0 in indices.shape:
        return indices, None
    low, high = np.minimum.reduce(indices, axis=None), np.maximum.reduce(indices, axis=None)
    if low >= 0 and high < n_classes and (ignore_index is None or not 0 <= ignore_index < n_classes):
        return indices, None
    counted = indices != ignore_index  # every index differs from None
    outside = counted & ((indices < 0) | (indices >= n_classes))
    if outside.any():
        row = tuple(np.argwhere(outside)[0].tolist())
        raise ValueError(
            f"{name}: target holds class {indices[row]} at row {row[0] if len(row) == 1 else row}, but input has "
            f"{n_classes} classes ({signature_of(x)}), so indices must lie in [0, {n_classes})"
        )
    return np.where(counted, indices, 0), None if counted.all() else counted


def _check_classes(name, x, indices):
    expected = x.shape[:1] + x.shape[2:] if x.ndim > 1 else ()
    if indices.shape == expected and indices.dtype.kind in "iu" and x.ndim and x.dtype.kind == "f":
        return
    if x.ndim == 0:
        raise ValueError(f"{name}: input must have a dimension of classes, but it is {signature_of(x)}")
    given = f"input is {signature_of(x)} and target {signature_of(indices)}"
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: {given}, but predictions must be floats; convert the input with .float()")
    if indices.shape == expected:
        raise TypeError(f"{name}: class indices must be integers, but {given}; convert the target with .long()")
    hint = "classes are dimension 1 of input, and the target has one index for each of the rest"
    if indices.shape == x.shape:
        hint = "use target.argmax(1) if it is one-hot"
        hint += ", or target.float() if it holds probabilities" if name == "cross_entropy" else ""
    elif indices.size == math.prod(expected):
        hint = f"use target.reshape{expected}"
    raise ValueError(f"{name}: target must have shape {expected}, but {given}; {hint}")


def class_weights(name, weight, like, what="weight"):
    """The weight of each class, (C,), in the dtype of like, whose last dimension are the classes."""
    n_classes = like.shape[-1]
    if weight is None:
        return as_tensor(np.ones(n_classes, like.dtype))
    weight = as_tensor(weight, like.dtype)
    if weight.shape != (n_classes,):
        raise ValueError(f"{name}: {what} needs one number per class, shape ({n_classes},), but is {weight.shape}")
    return weight


def reduced_rows(name, losses, row_weights, counted, reduction):
    """losses, each already multiplied by its row's weight, reduced; the mean is over what the weights add up to."""
    if counted is not None:
        losses, row_weights = where(counted, losses, 0.0), where(counted, row_weights, 0.0)
    if reduction != "mean":
        return reduced(name, losses, reduction)
    return weighted_mean(name, losses, row_weights)
