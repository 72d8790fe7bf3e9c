"""The functions behind the modules: activations, dropout and losses, with PyTorch's names and signatures.

Every loss takes (input, target), in this order, and a `reduction`: "mean" (over the batch), "sum", or "none" (one loss
per sample). Shapes that would broadcast by accident are refused, and so are targets that cannot be meant.
"""

import math

import numpy as np

from minigrad.creation import as_tensor
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions import (
    abs,
    leaky_relu,
    linear,
    log_softmax,
    permute,
    relu,
    sigmoid,
    softmax,
    square,
    tanh,
    where,
)
from minigrad.ops import loss, reduce, shape
from minigrad.random import Generator, rand_like
from minigrad.tensor import Tensor

__all__ = [
    "binary_cross_entropy",
    "binary_cross_entropy_with_logits",
    "cross_entropy",
    "dropout",
    "l1_loss",
    "leaky_relu",
    "linear",
    "log_softmax",
    "mse_loss",
    "nll_loss",
    "relu",
    "sigmoid",
    "softmax",
    "tanh",
]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Tensor:
    """input with each number set to 0 with probability p and else divided by 1 - p; not in training, input itself.

    Raises ValueError for p outside [0, 1], TypeError for integers.  Srivastava et al. 2014.
    """
    probability("dropout", p)
    if not training or p == 0:
        return input
    if input.dtype.kind != "f":
        raise TypeError(f"dropout: expected floats, but got {signature_of(input)}; convert it with .float()")
    kept = rand_like(input, generator=generator).array >= p
    return input * (kept * input.dtype.type(1 / (1 - p) if p < 1 else 0))


def probability(what: str, p: float) -> float:
    """p, checked: ValueError, naming what it is for, unless it lies in [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"{what}: a probability must lie in [0, 1], but got {p}")
    return p


# ---- losses of numbers ----------------------------------------------------------------------------------------------


def mse_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """(input - target)², reduced. input and target have one shape, any.

    >>> mse_loss(minigrad.tensor([1.0, 2.0]), minigrad.tensor([1.0, 4.0])).item()
    2.0
    """
    _same_shape("mse_loss", input, target)
    return _reduced("mse_loss", square(input - target), reduction)


def l1_loss(input: Tensor, target: Tensor, *, reduction: str = "mean") -> Tensor:
    """|input - target|, reduced; its slope where they are equal is 0. input and target have one shape, any."""
    _same_shape("l1_loss", input, target)
    return _reduced("l1_loss", abs(input - target), reduction)


# ---- losses of probabilities of yes ---------------------------------------------------------------------------------


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
    x, t = _same_shape(name, input, target)
    _in_unit_interval(name, "input", x, f"apply sigmoid first, or give the raw scores to {name}_with_logits")
    _in_unit_interval(name, "target", t, "the labels are 0 and 1, or probabilities between them")
    losses = loss.binary_cross_entropy(input, target)
    if weight is not None:
        losses = _weighted(name, losses, weight)
    return _reduced(name, losses, reduction)


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
    _same_shape(name, input, target)
    if pos_weight is None and weight is None:
        _refuse_empty_mean(name, input, reduction)
        return loss.binary_cross_entropy_from_logits(input, target, reduction=reduction)
    if pos_weight is None:
        losses = loss.binary_cross_entropy_from_logits(input, target)
    else:  # the two halves of the loss: sigmoid(-x) is 1 - sigmoid(x), so "yes" to x is "no" to -x
        if_yes = loss.binary_cross_entropy_from_logits(-input, 0.0)
        if_no = loss.binary_cross_entropy_from_logits(input, 0.0)
        losses = _weighted(name, target * if_yes, pos_weight) + (1.0 - target) * if_no
    if weight is not None:
        losses = _weighted(name, losses, weight)
    return _reduced(name, losses, reduction)


def _in_unit_interval(name, what, a, hint):
    if 0 not in a.shape and not (np.minimum.reduce(a, axis=None) >= 0 and np.maximum.reduce(a, axis=None) <= 1):
        outside = a[~((a >= 0) & (a <= 1))]
        raise ValueError(f"{name}: every number in {what} must lie in [0, 1], but it holds {outside[0]:g}; {hint}")


def _weighted(name, losses, weight):
    weight = as_tensor(weight, losses.dtype)
    if np.broadcast_shapes(weight.shape, losses.shape) != losses.shape:
        raise ValueError(f"{name}: a weight of shape {weight.shape} does not broadcast to {losses.shape}, the losses'")
    return losses * weight


# ---- losses of classes ----------------------------------------------------------------------------------------------


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
    if label_smoothing:
        probability("label_smoothing", label_smoothing)
    x, t = _array("cross_entropy", "input", input), _array("cross_entropy", "target", target)
    logits = input if x.ndim <= 2 else _classes_last(input)  # (…, C)
    if t.dtype.kind == "f" and t.shape == x.shape:
        return _cross_entropy_of_probabilities(logits, target, weight, ignore_index, reduction, label_smoothing)
    indices, counted = _class_indices("cross_entropy", x, t, ignore_index)  # (…)
    if weight is None and counted is None and not label_smoothing:
        _refuse_empty_mean("cross_entropy", indices, reduction)
        return loss.cross_entropy_from_logits(logits, target=indices, reduction=reduction)
    losses = loss.cross_entropy_from_logits(logits, target=indices)
    weight = _class_weights("cross_entropy", weight, logits)
    row_weights = weight[indices]
    losses = losses * row_weights
    if label_smoothing:
        spread = reduce.mean(-log_softmax(logits, -1) * weight, axis=-1)  # every class as the target, on average
        losses = (1 - label_smoothing) * losses + label_smoothing * spread
    return _reduced_rows("cross_entropy", losses, row_weights, counted, reduction)


def nll_loss(
    input: Tensor, target: Tensor, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"
) -> Tensor:
    """-input[target], reduced: cross_entropy for scores that are log probabilities already (log_softmax).

    input: (N, C), (C,) or (N, C, d1, …).  target: class indices in [0, C), of shape (N,), () or (N, d1, …).  The rest
    as in cross_entropy.
    """
    x, t = _array("nll_loss", "input", input), _array("nll_loss", "target", target)
    logs = _classes_last(input)  # (…, C)
    indices, counted = _class_indices("nll_loss", x, t, ignore_index)  # (…)
    losses = -shape.take_along_axis(logs, indices=indices[..., None], axis=-1)[..., 0]  # (…)
    if weight is None and counted is None:
        return _reduced("nll_loss", losses, reduction)
    row_weights = _class_weights("nll_loss", weight, logs)[indices]
    return _reduced_rows("nll_loss", losses * row_weights, row_weights, counted, reduction)


def _cross_entropy_of_probabilities(logits, target, weight, ignore_index, reduction, label_smoothing):
    name = "cross_entropy"
    if ignore_index >= 0:
        raise ValueError(f"{name}: ignore_index names a class, so it needs class indices, not probabilities")
    _in_unit_interval(name, "target", _array(name, "target", target), "floats like input are taken for probabilities")
    target = _classes_last(target)  # (…, C)
    target = (1 - label_smoothing) * target + label_smoothing / logits.shape[-1]
    losses = -log_softmax(logits, -1) * target * _class_weights(name, weight, logits)
    return _reduced(name, reduce.sum(losses, axis=-1), reduction)


def _classes_last(input):
    """(N, C, d1, …) as (N, d1, …, C); one or two dimensions as they are."""
    return input if input.ndim <= 2 else permute(input, 0, *range(2, input.ndim), 1)


def _class_indices(name, x, indices, ignore_index):
    """indices, checked against input x; and if some are ignored (they are 0 then), which ones count, else None."""
    _check_classes(name, x, indices)
    n_classes = x.shape[1] if x.ndim > 1 else x.shape[0]
    if 0 in indices.shape:
        return indices, None
    low, high = np.minimum.reduce(indices, axis=None), np.maximum.reduce(indices, axis=None)
    if low >= 0 and high < n_classes and not 0 <= ignore_index < n_classes:
        return indices, None
    counted = indices != ignore_index
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
    if indices.shape == expected and indices.dtype.kind in "iu" and x.ndim:
        return
    if x.ndim == 0:
        raise ValueError(f"{name}: input must have a dimension of classes, but it is {signature_of(x)}")
    given = f"input is {signature_of(x)} and target {signature_of(indices)}"
    if indices.shape == expected:
        raise TypeError(f"{name}: class indices must be integers, but {given}; convert the target with .long()")
    hint = "classes are dimension 1 of input, and the target has one index for each of the rest"
    if indices.shape == x.shape:
        hint = "use target.argmax(1) if it is one-hot, or target.float() if it holds probabilities"
    elif indices.size == math.prod(expected):
        hint = f"use target.reshape{expected}"
    raise ValueError(f"{name}: target must have shape {expected}, but {given}; {hint}")


def _class_weights(name, weight, like):
    """The weight of each class, (C,), in the dtype of like, whose last dimension are the classes."""
    n_classes = like.shape[-1]
    if weight is None:
        return as_tensor(np.ones(n_classes, like.dtype))
    weight = as_tensor(weight, like.dtype)
    if weight.shape != (n_classes,):
        raise ValueError(f"{name}: weight needs one number per class, shape ({n_classes},), but is {weight.shape}")
    return weight


# ---- from one loss per sample to one ---------------------------------------------------------------------------------


def known_reduction(reduction: str) -> str:
    """reduction, checked: ValueError unless it is "mean", "sum" or "none"."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', but got {reduction!r}")
    return reduction


def _refuse_empty_mean(name, losses, reduction):
    if known_reduction(reduction) == "mean" and 0 in losses.shape:
        raise ValueError(f"{name}: the batch is empty (losses of shape {losses.shape}), so there is no mean")


def _reduced(name, losses, reduction):
    _refuse_empty_mean(name, losses, reduction)
    return losses if reduction == "none" else (reduce.mean if reduction == "mean" else reduce.sum)(losses)


def _reduced_rows(name, losses, row_weights, counted, reduction):
    """losses, each already multiplied by its row's weight, reduced; the mean is over what the weights add up to."""
    if counted is not None:
        losses, row_weights = where(counted, losses, 0.0), where(counted, row_weights, 0.0)
    if reduction != "mean":
        return _reduced(name, losses, reduction)
    total = reduce.sum(row_weights)
    if not total.item():
        raise ValueError(f"{name}: the weights of all rows add up to 0 (are all ignored?), so there is no mean")
    return reduce.sum(losses) / total


def _array(name, what, x):
    if isinstance(x, Variable):
        return x.array
    if isinstance(x, np.ndarray):
        return x
    raise TypeError(f"{name}: {what} must be a tensor, but got {signature_of(x)}; make one with mg.tensor(…)")


def _same_shape(name, input, target):
    """The arrays of input and target, which have one shape."""
    x, t = _array(name, "input", input), _array(name, "target", target)
    if x.shape == t.shape:
        return x, t
    hint = f"use target.reshape{x.shape}" if x.size == t.size else "give each prediction its own target"
    raise ValueError(
        f"{name}: input is {signature_of(input)} and target {signature_of(target)}, but they must have one shape, or "
        f"predictions would be compared with other samples' targets; {hint}"
    )
