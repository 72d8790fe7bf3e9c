"""What all losses share: checked inputs, weights, and the way from one loss per sample to one number."""

import numpy as np

from minigrad.creation import as_tensor
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.ops import reduce


def known_reduction(reduction: str) -> str:
    """reduction, checked: ValueError unless it is "mean", "sum" or "none"."""
    if reduction not in ("mean", "sum", "none"):
        raise ValueError(f"reduction: expected 'mean', 'sum' or 'none', but got {reduction!r}")
    return reduction


def refuse_empty_mean(name, losses, reduction):
    """Raise ValueError where reduction is a mean over no losses."""
    if known_reduction(reduction) == "mean" and 0 in losses.shape:
        raise ValueError(f"{name}: the batch is empty (losses of shape {losses.shape}), so there is no mean")


def reduced(name, losses, reduction):
    """losses, summed or averaged as reduction says, or as they are ("none")."""
    refuse_empty_mean(name, losses, reduction)
    return losses if reduction == "none" else (reduce.mean if reduction == "mean" else reduce.sum)(losses)


def array_of(name, what, x):
    """x's numbers. Raises TypeError, naming what it is, for anything but a tensor or an array."""
    if isinstance(x, Variable):
        return x.array
    if isinstance(x, np.ndarray):
        return x
    raise TypeError(f"{name}: {what} must be a tensor, but got {signature_of(x)}; make one with mg.tensor(…)")


def same_shape(name, input, target):
    """The arrays of input and target, which have one shape."""
    x, t = array_of(name, "input", input), array_of(name, "target", target)
    if x.shape == t.shape:
        return x, t
    hint = f"use target.reshape{x.shape}" if x.size == t.size else "give each prediction its own target"
    raise ValueError(
        f"{name}: input is {signature_of(input)} and target {signature_of(target)}, but they must have one shape, or "
        f"predictions would be compared with other samples' targets; {hint}"
    )


def in_unit_interval(name, what, a, hint):
    """Raise ValueError, with a hint, unless every number of a lies in [0, 1]."""
    if 0 not in a.shape and not (np.minimum.reduce(a, axis=None) >= 0 and np.maximum.reduce(a, axis=None) <= 1):
        outside = a[~((a >= 0) & (a <= 1))]
        raise ValueError(f"{name}: every number in {what} must lie in [0, 1], but it holds {outside[0]:g}; {hint}")


def weighted(name, losses, weight):
    """losses times weight, which must broadcast to their shape."""
    weight = as_tensor(weight, losses.dtype)
    if np.broadcast_shapes(weight.shape, losses.shape) != losses.shape:
        raise ValueError(f"{name}: a weight of shape {weight.shape} does not broadcast to {losses.shape}, the losses'")
    return losses * weight
