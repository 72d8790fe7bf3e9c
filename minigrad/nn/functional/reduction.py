"""What all losses share: checked inputs and settings, weights, and the way from one loss per sample to one number."""

import math
from numbers import Real

import numpy as np

from minigrad.creation import as_tensor
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.ops import reduce


def known_reduction(reduction: str, *also: str) -> str:
    """reduction, checked: ValueError unless it is "mean", "sum", "none" or one of also."""
    if reduction in ("mean", "sum", "none") or reduction in also:
        return reduction
    known = ", ".join(map(repr, ("mean", "sum", *also)))
    raise ValueError(f"reduction: expected {known} or 'none', but got {reduction!r}")


def refuse_empty_mean(name, losses, reduction):
    """Raise ValueError where reduction is a mean over no losses."""
    if known_reduction(reduction) == "mean" and 0 in losses.shape:
        raise ValueError(f"{name}: the batch is empty (losses of shape {losses.shape}), so there is no mean")


def reduced(name, losses, reduction):
    """losses, summed or averaged as reduction says, or as they are ("none")."""
    refuse_empty_mean(name, losses, reduction)
    return losses if reduction == "none" else (reduce.mean if reduction == "mean" else reduce.sum)(losses)


def weighted_mean(name, losses, weights):
    """losses, each already multiplied by its weight, over what the weights add up to."""
    refuse_empty_mean(name, losses, "mean")
    total = reduce.sum(weights)
    if not total.item():
        raise ValueError(f"{name}: the weights add up to 0 (is every row ignored?), so there is no mean")
    return reduce.sum(losses) / total


def at_least_zero(what: str, value: float) -> float:
    """value, checked: ValueError, naming what it is, unless it is a finite number and not negative."""
    if not (isinstance(value, Real) and 0 <= value < math.inf):
        raise ValueError(f"{what}: expected a number of at least 0, but got {value!r}")
    return value


def positive(what: str, value: float) -> float:
    """value, checked: ValueError, naming what it is, unless it is a number above 0."""
    if not (isinstance(value, Real) and value > 0):
        raise ValueError(f"{what}: expected a number above 0, but got {value!r}")
    return value


def finite(what: str, value: float) -> float:
    """value, checked: ValueError, naming what it is, unless it is a finite number."""
    if not (isinstance(value, Real) and math.isfinite(value)):
        raise ValueError(f"{what}: expected a finite number, but got {value!r}")
    return value


def array_of(name, what, x):
    """x's numbers. Raises TypeError, naming what it is, for anything but a tensor or an array."""
    if isinstance(x, Variable):
        return x.array
    if isinstance(x, np.ndarray):
        return x
    raise TypeError(f"{name}: {what} must be a tensor, but got {signature_of(x)}; make one with mg.tensor(…)")


def same_shape(name, input, target):
    """The arrays of input and target, which have one shape, and at least one of which holds floats."""
    x = input.array if isinstance(input, Variable) else array_of(name, "input", input)
    t = target.array if isinstance(target, Variable) else array_of(name, "target", target)
    if x.shape == t.shape:
        if x.dtype.kind == "f" or t.dtype.kind == "f":
            return x, t
        raise TypeError(
            f"{name}: input is {signature_of(input)} and target {signature_of(target)}, but predictions must be "
            "floats; convert the input with .float()"
        )
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


def weight_of_each(name, weight, losses):
    """weight as a tensor of the losses' dtype; it must have their shape."""
    weight = as_tensor(weight, losses.dtype)
    if weight.shape != losses.shape:
        raise ValueError(f"{name}: weight needs one number per loss, shape {losses.shape}, but is {weight.shape}")
    return weight


def weighted(name, losses, weight):
    """losses times weight, which must broadcast to their shape."""
    weight = as_tensor(weight, losses.dtype)
    of_each = zip(reversed(weight.shape), reversed(losses.shape), strict=False)
    if weight.ndim > losses.ndim or any(n not in (1, m) for n, m in of_each):
        raise ValueError(f"{name}: a weight of shape {weight.shape} does not broadcast to {losses.shape}, the losses'")
    return losses * weight
