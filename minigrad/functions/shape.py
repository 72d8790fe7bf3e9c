"""Functions that move numbers without changing them: shapes, dims, joining and cutting."""

from __future__ import annotations

import builtins
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions.arguments import Dims, as_size, counted, numpy_words
from minigrad.ops import shape
from minigrad.ops.shape import clone

__all__ = [
    "broadcast_to", "cat", "chunk", "clone", "contiguous", "expand", "flatten", "flip", "movedim", "narrow",
    "permute", "repeat", "reshape", "reshape_as", "split", "squeeze", "stack", "t", "transpose", "unbind",
    "unsqueeze", "view", "view_as",
]  # fmt: skip

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


def reshape(input: Tensor, *shape_: Any) -> Tensor:
    """The same numbers in another shape; one size may be -1, to be worked out. A view wherever NumPy can give one."""
    return shape.reshape(input, shape=as_size(shape_))


def contiguous(input: Tensor) -> Tensor:
    """input itself if its numbers lie in memory row after row, else a copy that does, of which `view` is possible."""
    return input if input.array.flags.c_contiguous else shape.clone(input, order="C")


def view(input: Tensor, *shape_: Any) -> Tensor:
    """reshape, but only if it needs no copy. Raises ValueError otherwise, as PyTorch does."""
    out = reshape(input, *shape_)
    if out.array.size and not np.may_share_memory(out.array, input.array):
        raise ValueError(
            f"view: {signature_of(input)} does not lie in memory in that order, so it cannot become "
            f"{out.array.shape} without a copy; use reshape()"
        )
    return out


def view_as(input: Tensor, other: Tensor) -> Tensor:
    """view in the shape of other."""
    return view(input, other.shape)


def reshape_as(input: Tensor, other: Tensor) -> Tensor:
    """reshape to the shape of other."""
    return reshape(input, other.shape)


@numpy_words
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions start_dim to end_dim, both included, made one."""
    first, last = counted(input, start_dim, "flatten"), counted(input, end_dim, "flatten")
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} lies behind end_dim {end_dim} of {signature_of(input)}")
    sizes = input.shape or (1,)
    return reshape(input, (*sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :]))


def permute(input: Tensor, *order: Any, dims: Sequence[int] | None = None) -> Tensor:
    """The dimensions in another order: permute(x, 2, 0, 1) puts the last one first; also permute(x, dims=(2, 0, 1))."""
    return shape.transpose(input, axes=as_size(order, dims))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions swapped."""
    a, b = counted(input, dim0, "transpose"), counted(input, dim1, "transpose")
    return shape.transpose(input, axes=tuple(b if i == a else a if i == b else i for i in range(input.ndim)))


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or scalar stays as it is."""
    if input.ndim > 2:
        raise ValueError(f"t: expected at most two dimensions, but got {signature_of(input)}; use permute() or .mT")
    return shape.transpose(input, axes=tuple(range(input.ndim))[::-1])


@numpy_words
def squeeze(input: Tensor, dim: Dims = None) -> Tensor:
    """Without the dimensions of size 1, or without those of them named by dim."""
    dims = range(input.ndim) if dim is None else dim if isinstance(dim, tuple | list) else (dim,)
    gone = {counted(input, d, "squeeze") for d in dims}
    return reshape(input, tuple(n for i, n in enumerate(input.shape) if i not in gone or n != 1))


@numpy_words
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at dim."""
    at = counted(input, dim, "unsqueeze", extra=1)
    return reshape(input, (*input.shape[:at], 1, *input.shape[at:]))


def expand(input: Tensor, *size: Any) -> Tensor:
    """input repeated, without copying, along new leading dimensions and those of size 1; -1 keeps a size as it is."""
    size = as_size(size)
    new = len(size) - input.ndim
    if builtins.any(n < 0 for n in size[: builtins.max(new, 0)]):
        raise ValueError(f"expand: -1 keeps a size that {signature_of(input)} has, but it has none there in {size}")
    kept = tuple(input.shape[i - new] if n == -1 else n for i, n in enumerate(size))
    return shape.broadcast_to(input, shape=kept)


broadcast_to = expand


@numpy_words
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along an existing dimension. Raises ValueError for an empty list."""
    return shape.cat(*_several("cat", tensors), axis=dim)


@numpy_words
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension. Raises ValueError for an empty list."""
    tensors = _several("stack", tensors)
    if len({np.shape(x) for x in tensors}) > 1:
        raise ValueError(f"stack: all tensors must have one shape, but got {', '.join(map(signature_of, tensors))}")
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def _several(name, tensors):
    if isinstance(tensors, Variable):
        raise TypeError(f"{name}: expected a list of tensors, but got one; write {name}([a, b])")
    tensors = list(tensors)
    if not tensors:
        raise ValueError(f"{name}: expected at least one tensor, but got an empty list")
    return tensors


@numpy_words
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor cut along dim into pieces of one size (the last may be smaller), or of the sizes given."""
    if tensor.ndim == 0:
        raise ValueError(f"split: {signature_of(tensor)} has no dimension to cut along; reshape(1) gives it one")
    dim = counted(tensor, dim, "split")
    n = tensor.shape[dim]
    sizes = split_size_or_sections
    if isinstance(sizes, int):
        if sizes < 1:
            raise ValueError(f"split: the size of a piece must be at least 1, but got {sizes}")
        sizes = [builtins.min(sizes, n - i) for i in range(0, builtins.max(n, 1), sizes)]
    if builtins.sum(sizes) != n or builtins.any(size < 0 for size in sizes):
        raise ValueError(f"split: the sizes {list(sizes)} must be at least 0 and add up to {n}, the size of dim {dim}")
    ends = np.cumsum(sizes).tolist()
    before = (slice(None),) * dim
    return tuple(tensor[(*before, slice(end - size, end))] for size, end in zip(sizes, ends, strict=True))


@numpy_words
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor cut along dim into at most so many pieces, of one size but for the last, which may be smaller."""
    if chunks < 1:
        raise ValueError(f"chunk: the number of pieces must be at least 1, but got {chunks}")
    n = input.shape[counted(input, dim, "chunk")] if input.ndim else 1
    return split(input, builtins.max(1, math.ceil(n / chunks)), dim)


@numpy_words
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, each without it."""
    if input.ndim == 0:
        raise ValueError(f"unbind: {signature_of(input)} has no dimension to take apart")
    before = (slice(None),) * counted(input, dim, "unbind")
    return tuple(input[(*before, i)] for i in range(input.shape[len(before)]))


@numpy_words
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The part of input from start on, of that length, along dim; without copying."""
    dim = counted(input, dim, "narrow")
    n = input.shape[dim] if input.ndim else 0
    first = start + n if start < 0 else start
    if not (0 <= first <= n and 0 <= length <= n - first):
        raise IndexError(
            f"narrow: from {start} on there are not {length} of the {n} along dim {dim} of {signature_of(input)}; "
            f"start must be in [{-n}, {n}], and start + length at most {n}"
        )
    return input[(*(slice(None),) * dim, slice(first, first + length))]


def flip(input: Tensor, *along: Any, dims: Sequence[int] | None = None) -> Tensor:
    """The same numbers in reverse order along dims, given one by one, as a tuple, or by name."""
    given = as_size(along, dims)
    turned = [counted(input, dim, "flip") for dim in given]
    if len(set(turned)) < len(turned):
        raise ValueError(f"flip: a dim occurs twice in {given}; give each once")
    return input[tuple(slice(None, None, -1 if i in turned else None) for i in range(input.ndim))]


def repeat(input: Tensor, *repeats: Any) -> Tensor:
    """input laid side by side so many times along each dim; more numbers than dims add dims in front.

    >>> repeat(minigrad.tensor([1, 2]), 2, 2)
    tensor([[1, 2, 1, 2],
            [1, 2, 1, 2]], shape=(2, 4), dtype=int64)
    """
    times = as_size(repeats)
    if len(times) < input.ndim or builtins.any(n < 0 for n in times):
        raise ValueError(
            f"repeat: {signature_of(input)} needs at least {input.ndim} numbers, none of them negative, but got {times}"
        )
    sizes = (*(1,) * (len(times) - input.ndim), *input.shape)
    apart = reshape(input, [size for n in sizes for size in (1, n)])
    spread = expand(apart, [size for pair in zip(times, sizes, strict=True) for size in pair])
    return reshape(spread, [k * n for k, n in zip(times, sizes, strict=True)])


def movedim(input: Tensor, source: Dims, destination: Dims) -> Tensor:
    """The dims in source moved to the places in destination; the others keep their order."""
    dims = [[x] if isinstance(x, int) else list(x or ()) for x in (source, destination)]
    if len(dims[0]) != len(dims[1]):
        raise ValueError(f"movedim: {source} and {destination} must name equally many dims")
    old, new = ([counted(input, dim, "movedim") for dim in side] for side in dims)
    if len(set(old)) < len(old) or len(set(new)) < len(new):
        raise ValueError(f"movedim: a dim occurs twice in {source} or in {destination}; name each once")
    order = [i for i in range(input.ndim) if i not in old]
    for place, dim in sorted(zip(new, old, strict=True)):
        order.insert(place, dim)
    return permute(input, order)
