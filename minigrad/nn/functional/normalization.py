"""Functions that give numbers mean 0 and variance 1, over a batch or within each sample."""

import math
from collections.abc import Sequence
from numbers import Real

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions import reshape, rsqrt, square
from minigrad.inplace import write
from minigrad.ops import reduce
from minigrad.tensor import Tensor

__all__ = ["batch_norm", "layer_norm"]


def batch_norm(
    input: Tensor, running_mean: Tensor | None, running_var: Tensor | None, weight: Tensor | None = None,
    bias: Tensor | None = None, training: bool = False, momentum: float = 0.1, eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """(input - mean) / √(variance + eps) · weight + bias, channel by channel (Ioffe, Szegedy 2015).

    input: (N, C) or (N, C, …), floats; the other four: (C,) or None.  In training mean and variance are those of this
    batch, and the running ones, where given, move by momentum towards them; else the running ones are used. The
    variance divides by n, as it stands for this batch; but the one that runs, an estimate for others, by n - 1.
    Raises ValueError for shapes that do not fit, and in training for a batch of less than two numbers a channel.
    """
    name = "batch_norm"
    others = {"running_mean": running_mean, "running_var": running_var, "weight": weight, "bias": bias}
    _need_floats(name, input, **others)
    _check_channels(name, input, **others)
    check_eps(name, eps)
    if training:
        check_momentum(name, momentum)
        axis = (0, *range(2, input.ndim))  # everything but the channels
        n = _count(name, input, axis)
        mean = reduce.mean(input, axis=axis, keepdims=True)  # (1, C, 1, …)
        centered = input - mean
        variance = reduce.mean(square(centered), axis=axis, keepdims=True)
        _move(running_mean, mean.array, momentum)
        _move(running_var, variance.array * (n / (n - 1)), momentum)
    else:
        if running_mean is None or running_var is None:
            raise ValueError(f"{name}: without running_mean and running_var there is only training=True")
        centered = input - _as_channels(running_mean, input)
        variance = _as_channels(running_var, input)
    scale = rsqrt(variance + eps)  # as small as weight is: together first, so that only one product is large
    out = centered * (scale if weight is None else scale * _as_channels(weight, input))
    return out if bias is None else out + _as_channels(bias, input)


def layer_norm(
    input: Tensor, normalized_shape: int | Sequence[int], weight: Tensor | None = None, bias: Tensor | None = None,
    eps: float = 1e-5,
) -> Tensor:  # fmt: skip
    """(input - mean) / √(variance + eps) · weight + bias, each sample by itself (Ba, Kiros, Hinton 2016).

    mean and variance are over the last dimensions of input, which must be of normalized_shape, as must weight and bias.

    >>> layer_norm(minigrad.tensor([[1.0, 3.0], [-8.0, 8.0]]), (2,), eps=0).tolist()
    [[-1.0, 1.0], [-1.0, 1.0]]
    """
    name = "layer_norm"
    size = shape_of(name, normalized_shape)
    _need_floats(name, input, weight=weight, bias=bias)
    check_eps(name, eps)
    if input.shape[-len(size) :] != size:
        raise ValueError(f"{name}: the last sizes of input {signature_of(input)} must be normalized_shape {size}")
    for what, x in (("weight", weight), ("bias", bias)):
        if x is not None and x.shape != size:
            raise ValueError(f"{name}: {what} must have shape {size}, but is {signature_of(x)}")
    last = tuple(range(-len(size), 0))
    centered = input - reduce.mean(input, axis=last, keepdims=True)
    out = centered * rsqrt(reduce.mean(square(centered), axis=last, keepdims=True) + eps)
    out = out if weight is None else out * weight
    return out if bias is None else out + bias


# ---- what they share ------------------------------------------------------------------------------------------------


def _as_channels(x, input):
    """x (C,) so that it broadcasts along the channels of input (N, C, …)."""
    return reshape(x, (-1, *(1,) * (input.ndim - 2)))


def _move(running, now, momentum):
    """Let running, if there is one, come closer to now."""
    if running is not None:
        write(running, (1 - momentum) * running.array + momentum * now.reshape(-1), "batch_norm")


def _count(name, input, axis):
    n = math.prod(input.shape[i] for i in axis)
    if n < 2:
        raise ValueError(
            f"{name}: training needs more than one number per channel, but input is {signature_of(input)}; give a "
            "larger batch, or use eval() to normalise by the running statistics"
        )
    return n


def _need_floats(name, input, **others):
    """Raise TypeError unless input is a tensor of floats, and each of the others, where given, one of its dtype."""
    given = {"input": input} | {what: x for what, x in others.items() if x is not None}
    for what, x in given.items():
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: {what} must be a tensor, but got {signature_of(x)}; make one with mg.tensor(…)")
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: expected floats, but got {signature_of(input)}; convert it with .float()")
    for what, x in given.items():
        if x.dtype != input.dtype:
            raise TypeError(
                f"{name}: input is {signature_of(input)}, but {what} is {signature_of(x)}; convert one of them, for "
                "instance with .float()"
            )


def _check_channels(name, input, **given):
    if input.ndim < 2:
        raise ValueError(f"{name}: input must have shape (N, C) or (N, C, …), but is {signature_of(input)}")
    for what, x in given.items():
        if x is not None and x.shape != input.shape[1:2]:
            raise ValueError(
                f"{name}: input {signature_of(input)} has {input.shape[1]} channels, in dimension 1, but {what} is "
                f"{signature_of(x)}; it must hold one number for each"
            )


def check_eps(name: str, eps: float) -> float:
    """eps, checked: ValueError unless it is at least 0."""
    if not (isinstance(eps, Real) and eps >= 0):
        raise ValueError(f"{name}: eps must be at least 0, as it keeps the divisor away from it, but got {eps!r}")
    return eps


def check_momentum(name: str, momentum: float) -> float:
    """momentum, checked: ValueError unless it lies in [0, 1]."""
    if not (isinstance(momentum, Real) and 0 <= momentum <= 1):
        raise ValueError(
            f"{name}: momentum, the share of the newest batch in the running statistics, must lie in [0, 1], but got "
            f"{momentum!r}"
        )
    return momentum


def shape_of(name: str, normalized_shape: int | Sequence[int]) -> tuple[int, ...]:
    """normalized_shape as a tuple, checked: ValueError unless it holds non-negative integers, at least one."""
    size = tuple(normalized_shape) if isinstance(normalized_shape, Sequence) else (normalized_shape,)
    if not size or not all(isinstance(n, int | np.integer) and n >= 0 for n in size):
        raise ValueError(
            f"{name}: normalized_shape must be an integer or several, none of them negative, but got "
            f"{normalized_shape!r}"
        )
    return size
