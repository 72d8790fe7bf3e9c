"""Functions that choose: by index, by mask, by place on a diagonal, by order."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.dtypes import KINDS
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions.arguments import converted, counted, integer, need_tensor, numpy_words
from minigrad.functions.reduce import ValuesAndIndices
from minigrad.functions.shape import broadcast_to, movedim, narrow
from minigrad.ops import reduce, shape
from minigrad.ops.elementwise import add, where

__all__ = [
    "argsort", "diagonal", "gather", "index_select", "masked_fill", "masked_select", "scatter_add", "sort", "topk",
    "tril", "triu",
]  # fmt: skip

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


# ---- by index -------------------------------------------------------------------------------------------------------


@numpy_words
def index_select(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """The slices of input along dim at the integers of index, a vector; a slice may be taken more than once."""
    dim = counted(input, dim, "index_select")
    n = input.shape[dim] if input.ndim else 1
    places = _places("index_select", index, n)
    if places.ndim > 1:
        raise ValueError(f"index_select: index must be a vector, but is {signature_of(index)}; gather() takes more")
    if not input.ndim and places.size != 1:
        raise ValueError(f"index_select: from a number only one can be taken, but index is {signature_of(index)}")
    return shape.getitem(input, index=(*(slice(None),) * dim, places.reshape(-1))) if input.ndim else input


@numpy_words
def gather(input: Tensor, dim: int, index: Tensor) -> Tensor:
    """Along dim, the numbers at index: out[i][j] = input[index[i][j]][j] for dim 0. The result has index' shape.

    index: integers in [0, size of dim), with as many dims as input, in none but dim larger than it.

    >>> gather(minigrad.tensor([[1.0, 2.0], [3.0, 4.0]]), 1, minigrad.tensor([[1], [0]])).tolist()
    [[2.0], [3.0]]
    """
    dim, places = _aligned("gather", input, dim, index)
    return shape.take_along_axis(input, indices=places, axis=dim)


@numpy_words
def scatter_add(input: Tensor, dim: int, index: Tensor, src: Tensor) -> Tensor:
    """input with the numbers of src added along dim at index: what `gather` took is put back, and adds up."""
    dim, places = _aligned("scatter_add", input, dim, index)
    need_tensor("scatter_add", src)
    if src.dtype != input.dtype:
        raise TypeError(
            f"scatter_add: input and src must have one dtype, but are {signature_of(input)} and {signature_of(src)}"
        )
    if src.ndim != places.ndim or any(n > m for n, m in zip(places.shape, src.shape, strict=True)):
        raise ValueError(f"scatter_add: src {signature_of(src)} must be at least as large as index {places.shape}")
    added = shape.getitem(src, index=tuple(slice(n) for n in places.shape))
    return add(input, shape.add_along_axis(added, shape=input.shape, indices=places, axis=dim))


def _places(name, index, n):
    """index as an array of its own, checked: integers in [0, n)."""
    places = np.array(getattr(index, "array", index))
    if places.dtype.kind not in "iu":
        raise TypeError(f"{name}: index must hold integers, but is {signature_of(index)}; convert it with .long()")
    if places.size and not (places.min() >= 0 and places.max() < n):
        wrong = places[(places < 0) | (places >= n)].flat[0]
        raise IndexError(f"{name}: index {wrong} is out of range; along this dim they must be in [0, {n - 1}]")
    return places


def _aligned(name, input, dim, index):
    """dim counted from the front, and index as an array, checked to lie within input in every other dim."""
    dim = counted(input, dim, name)
    places = _places(name, index, input.shape[dim] if input.ndim else 1)
    fits = places.ndim == input.ndim and all(
        n <= m or i == dim for i, (n, m) in enumerate(zip(places.shape, input.shape, strict=True))
    )
    if not fits or not input.ndim:
        raise ValueError(
            f"{name}: index {signature_of(index)} must have as many dims as input {signature_of(input)}, at least one, "
            f"and in none but dim {dim} be larger"
        )
    return dim, places


# ---- by mask --------------------------------------------------------------------------------------------------------


def masked_fill(input: Tensor, mask: Tensor, value: Any) -> Tensor:
    """input with value, a number or 0-d tensor, wherever mask is true; the two are broadcast to one shape.

    The dtype is input's. Raises TypeError for a value that it cannot hold, such as 1.5 among integers.
    """
    need_tensor("masked_fill", input)
    number = np.asarray(getattr(value, "array", value))
    if number.ndim or number.dtype.kind not in KINDS:
        raise ValueError(f"masked_fill: value must be one number, but is {signature_of(value)}; use where()")
    with np.errstate(all="ignore"):
        held = number.astype(input.dtype)
    if input.dtype.kind != "f" and held != number:
        raise TypeError(f"masked_fill: {signature_of(input)} cannot hold {number}; convert it first, as with .float()")
    _together("masked_fill", input, mask)
    return where(mask, converted(value, input.dtype) if isinstance(value, Variable) else held, input)


def masked_select(input: Tensor, mask: Tensor) -> Tensor:
    """The numbers of input where mask is true, as a vector; the two are broadcast to one shape."""
    size = _together("masked_select", input, mask)
    chosen = np.array(getattr(mask, "array", mask))
    return shape.getitem(broadcast_to(input, size), index=np.broadcast_to(chosen, size))


def _together(name, input, mask):
    """The shape that input and mask broadcast to; mask is checked to hold bools."""
    need_tensor(name, input)
    if getattr(getattr(mask, "dtype", None), "kind", None) != "b":
        raise TypeError(f"{name}: mask must hold bools, but is {signature_of(mask)}; compare, as in x > 0")
    try:
        return np.broadcast_shapes(input.shape, mask.shape)
    except ValueError:
        raise ValueError(
            f"{name}: mask {signature_of(mask)} does not broadcast with input {signature_of(input)}; counted from the "
            "right, their sizes must be equal or 1"
        ) from None


# ---- by place on a diagonal -----------------------------------------------------------------------------------------


def diagonal(input: Tensor, offset: int = 0, dim1: int = 0, dim2: int = 1) -> Tensor:
    """The diagonal of dim1 and dim2 as a new last dim; offset > 0 lies above it, < 0 below."""
    if counted(input, dim1, "diagonal") == counted(input, dim2, "diagonal") or input.ndim < 2:
        raise ValueError(f"diagonal: expected two different dims of {signature_of(input)}, but got {dim1} and {dim2}")
    offset = integer(offset, "diagonal", "offset")
    matrices = movedim(input, (dim1, dim2), (-2, -1))
    n, m = matrices.shape[-2:]
    rows = np.arange(max(0, -offset), max(0, -offset, min(n, m - offset)))
    return shape.getitem(matrices, index=(..., rows, rows + offset))


def tril(input: Tensor, diagonal: int = 0) -> Tensor:
    """The lower triangle of the matrices, the diagonal included, and 0 above it."""
    return where(_below("tril", input, diagonal), input, False)


def triu(input: Tensor, diagonal: int = 0) -> Tensor:
    """The upper triangle of the matrices, the diagonal included, and 0 below it."""
    return where(_below("triu", input, diagonal, -1), False, input)


def _below(name, input, diagonal, shift=0):
    """Whether each place of a matrix lies on the diagonal, shifted, or below it."""
    need_tensor(name, input)
    if input.ndim < 2:
        raise ValueError(f"{name}: expected matrices, so at least two dimensions, but got {signature_of(input)}")
    return np.tri(*input.shape[-2:], k=integer(diagonal, name, "diagonal") + shift, dtype=bool)


# ---- by order -------------------------------------------------------------------------------------------------------


@numpy_words
def argsort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = True) -> Tensor:
    """The indices (int64) that put the numbers along dim in order; equal ones stay in theirs, and NaN is largest."""
    dim = counted(input, dim, "argsort")
    return reduce.argsort(input, axis=dim, descending=descending) if input.ndim else reduce.argmax(input)


@numpy_words
def sort(input: Tensor, dim: int = -1, descending: bool = False, *, stable: bool = True) -> ValuesAndIndices:
    """The pair (values, indices): the numbers along dim in order, and where they were. The order is always stable."""
    dim = counted(input, dim, "sort")
    indices = argsort(input, dim, descending)
    if not input.ndim:
        return ValuesAndIndices(shape.clone(input), indices)
    values = shape.take_along_axis(input, indices=indices.array, axis=dim)
    return ValuesAndIndices(values, indices)


@numpy_words
def topk(input: Tensor, k: int, dim: int = -1, largest: bool = True, sorted: bool = True) -> ValuesAndIndices:
    """The pair (values, indices) of the k largest, or smallest, along dim, in order."""
    at, k = counted(input, dim, "topk"), integer(k, "topk", "k")
    n = input.shape[at] if input.ndim else 1
    if not 0 <= k <= n:
        raise ValueError(f"topk: k must be in [0, {n}], the size of dim {dim}, but got {k}")
    values, indices = sort(input, at, descending=largest)
    return ValuesAndIndices(*(narrow(x, at, 0, k) if input.ndim else x for x in (values, indices)))
