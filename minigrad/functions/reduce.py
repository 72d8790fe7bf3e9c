"""Functions that summarise dims: sums, means, extremes, and the softmax family."""

from __future__ import annotations

import builtins
import math
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.dtypes import get_default_dtype
from minigrad.engine import Variable, astype
from minigrad.errors import signature_of
from minigrad.functions.arguments import Dims, axes, converted, counted, integer, need_floats, need_tensor, numpy_words
from minigrad.functions.shape import squeeze
from minigrad.ops import reduce, shape
from minigrad.ops.elementwise import abs, maximum, minimum, ne, square, where
from minigrad.ops.shape import clone

__all__ = [
    "all", "amax", "amin", "any", "argmax", "argmin", "cumsum", "log_softmax", "logsumexp", "max", "mean", "min",
    "norm", "prod", "softmax", "std", "sum", "var",
]  # fmt: skip

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


class ValuesAndIndices(NamedTuple):
    """What `max`, `min` over one dim return: the extreme values, and where they are."""

    values: Variable
    indices: Variable


@numpy_words
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The sum over dim (an int or several), or over everything. Integers and bools add up as int64.

    dtype, here and below: converted to before anything is computed.
    """
    return reduce.sum(converted(input, dtype), axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The average over dim (an int or several), or over everything. Raises TypeError for integers, as PyTorch does."""
    input = converted(input, dtype)
    need_floats("mean", input)
    return reduce.mean(input, axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def prod(input: Tensor, dim: Dims = None, keepdim: bool = False, *, dtype: Any = None) -> Tensor:
    """The product over dim (an int or several), or of everything. Integers and bools multiply as int64."""
    return reduce.prod(converted(input, dtype), axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def cumsum(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """The sums of the first 1, 2, 3, … numbers along dim. Integers and bools add up as int64."""
    dim = counted(input, dim, "cumsum")
    input = converted(input, dtype)
    return reduce.cumsum(input, axis=dim) if input.ndim else sum(input)


@numpy_words
def norm(
    input: Tensor, p: float | str = "fro", dim: Dims = None, keepdim: bool = False, *, dtype: Any = None
) -> Tensor:
    """(Σ|x|ᵖ)^(1/p) over dim (an int or several), or over everything; its slope is taken as 0 where it is 0.

    p: 2 or "fro" for the length, 1, 0 (how many are not 0), ±math.inf (the largest or smallest |x|), or another number.
    """
    input = converted(input, dtype)
    need_floats("norm", input)
    if p in (2, "fro"):
        return reduce.norm(input, axis=axes(input, dim), keepdims=keepdim)
    if not isinstance(p, int | float) or math.isnan(p):
        raise ValueError(f'norm: p must be a number, or "fro" for 2, but got {p!r}')
    if math.isinf(p):
        return (amax if p > 0 else amin)(abs(input), dim, keepdim)
    if p == 0:
        return astype(sum(ne(input, 0), dim, keepdim), dtype=input.dtype)
    if p < 0:
        _need_some("norm", input, dim)
    total = sum(abs(input) ** p if p >= 1 else _flat_at_zero(abs(input), p), dim, keepdim)
    return total if p == 1 else _flat_at_zero(total, 1 / p)


def _flat_at_zero(x, p):
    """xᵖ for p that make its slope at 0 infinite: there it is taken as 0, as PyTorch does."""
    some = ne(x, 0)
    return where(some, where(some, x, 1.0) ** p, 0.0 if p > 0 else math.inf)


@numpy_words
def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest value over dim (an int or several), or over everything; ties share the gradient evenly."""
    _need_some("amax", input, dim)
    return reduce.amax(input, axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest value over dim (an int or several), or over everything; ties share the gradient evenly."""
    _need_some("amin", input, dim)
    return reduce.amin(input, axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def max(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest value of all; with an int dim the pair (values, indices); with a tensor the elementwise maximum.

    Over one dim the gradient goes to the index returned, the first of equals; over everything ties share it evenly.
    """
    return _extreme("max", input, dim, keepdim, maximum, reduce.amax, reduce.argmax)


@numpy_words
def min(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest value of all; with an int dim the pair (values, indices); with a tensor the elementwise minimum."""
    return _extreme("min", input, dim, keepdim, minimum, reduce.amin, reduce.argmin)


def _extreme(name, input, dim, keepdim, elementwise_extreme, amost, argmost):
    if isinstance(dim, Variable | np.ndarray):
        return elementwise_extreme(input, dim)
    _need_some(name, input, dim)
    if dim is None:
        return amost(input, keepdims=keepdim)
    dim = counted(input, dim, name)
    if input.ndim == 0:
        return ValuesAndIndices(clone(input), argmost(input))
    indices = argmost(input, axis=dim, keepdims=True)
    values = shape.take_along_axis(input, indices=indices.array, axis=dim)
    return ValuesAndIndices(*(x if keepdim else squeeze(x, dim) for x in (values, indices)))


def _need_some(name, input, dim):
    """Raise ValueError where an extreme of nothing is asked for."""
    need_tensor(name, input)
    if 0 not in input.shape:
        return
    for d in range(input.ndim) if dim is None else dim if isinstance(dim, tuple | list) else (dim,):
        if input.shape[counted(input, d, name)] == 0:
            raise ValueError(f"{name}: {signature_of(input)} has nothing to choose from along dim {d}")


@numpy_words
def var(
    input: Tensor, dim: Dims = None, *, correction: int = 1, keepdim: bool = False, unbiased: bool | None = None
) -> Tensor:
    """The variance over dim, or over everything: squared deviations divided by n - correction.

    unbiased, here and below: PyTorch's older word, True for a correction of 1 and False for 0.
    """
    need_floats("var", input)
    center = mean(input, dim, keepdim=True)
    n = input.array.size // builtins.max(1, center.array.size)
    return sum(square(input - center), dim, keepdim) / builtins.max(0, n - _correction("var", correction, unbiased))


@numpy_words
def std(
    input: Tensor, dim: Dims = None, *, correction: int = 1, keepdim: bool = False, unbiased: bool | None = None
) -> Tensor:
    """The standard deviation over dim, or over everything; its slope is taken as 0 where it is 0."""
    need_floats("std", input)
    return reduce.std(
        input, axis=axes(input, dim), correction=_correction("std", correction, unbiased), keepdims=keepdim
    )


def _correction(name, correction, unbiased):
    if unbiased is not None or correction is None:
        return 1 if unbiased is None else int(unbiased)
    if not isinstance(correction, int | float):
        raise TypeError(f"{name}: correction must be a number, but got {correction!r:.60}")
    return correction


@numpy_words
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """log of the sum of exp(input) over dim (an int or several), without overflow."""
    need_tensor("logsumexp", input)
    if input.dtype.kind != "f":
        input = astype(input, dtype=get_default_dtype())
    return reduce.logsumexp(input, axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """exp(input) / sum(exp(input)) along dim: positive numbers that sum to 1.

    >>> softmax(minigrad.tensor([0.0, 1.0986123]), dim=0)  # log 3
    tensor([0.25, 0.75], shape=(2,), dtype=float32)
    """
    input = converted(input, dtype)
    need_floats("softmax", input)
    return reduce.softmax(input, axis=integer(dim, "softmax"))


@numpy_words
def log_softmax(input: Tensor, dim: int, *, dtype: Any = None) -> Tensor:
    """log of softmax(input) along dim, in nats, exact where softmax itself would round to 0."""
    input = converted(input, dtype)
    need_floats("log_softmax", input)
    return reduce.log_softmax(input, axis=integer(dim, "log_softmax"))


@numpy_words
def argmax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the first largest value along dim, or in the flattened tensor."""
    _need_some("argmax", input, dim)
    return reduce.argmax(input, axis=dim, keepdims=keepdim)


@numpy_words
def argmin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the first smallest value along dim, or in the flattened tensor."""
    _need_some("argmin", input, dim)
    return reduce.argmin(input, axis=dim, keepdims=keepdim)


@numpy_words
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether everything along dim is true (non-zero)."""
    return reduce.all(input, axis=axes(input, dim), keepdims=keepdim)


@numpy_words
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether something along dim is true (non-zero)."""
    return reduce.any(input, axis=axes(input, dim), keepdims=keepdim)
