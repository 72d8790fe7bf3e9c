"""Functions that move numbers without changing them: shapes, dims, joining and cutting."""

from __future__ import annotations

import builtins
import itertools
import math
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions.arguments import Dims, as_size, counted, integer, need_tensor, numpy_words
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
    given = as_size(order, dims)
    axes = tuple(counted(input, dim, "permute") for dim in given)
    if sorted(axes) != list(range(input.ndim)):
        raise ValueError(f"permute: {given} must name each dim of {signature_of(input)} once")
    return shape.transpose(input, axes=axes)


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions swapped."""
    a, b = counted(input, dim0, "transpose"), counted(input, dim1, "transpose")
    return shape.transpose(input, axes=tuple(b if i == a else a if i == b else i for i in range(input.ndim)))


def t(input: Tensor) -> Tensor:
    """The transpose of a matrix; a vector or scalar stays as it is."""
    need_tensor("t", input)
    if input.ndim > 2:
        raise ValueError(f"t: expected at most two dimensions, but got {signature_of(input)}; use permute() or .mT")
    return shape.transpose(input, axes=tuple(range(input.ndim))[::-1])


@numpy_words
def squeeze(input: Tensor, dim: Dims = None) -> Tensor:
    """Without the dimensions of size 1, or without those of them named by dim."""
    need_tensor("squeeze", input)
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
    need_tensor("expand", input)
    size = tuple(integer(n, "expand", "each size") for n in as_size(size))
    new = len(size) - input.ndim
    if builtins.any(n < 0 for n in size[: builtins.max(new, 0)]):
        raise ValueError(f"expand: -1 keeps a size that {signature_of(input)} has, but it has none there in {size}")
    kept = tuple(input.shape[i - new] if n == -1 else n for i, n in enumerate(size))
    if new < 0 or builtins.any(m not in (1, n) for m, n in zip(input.shape, kept[new:], strict=True)):
        raise ValueError(
            f"expand: {signature_of(input)} cannot become {size}; counted from the right, each size must stay or "
            "stretch a 1"
        )
    return shape.broadcast_to(input, shape=kept)


broadcast_to = expand


@numpy_words
def cat(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors one after the other along an existing dimension. Raises ValueError for an empty list."""
    return shape.cat(*_several("cat", tensors), axis=integer(dim, "cat"))


@numpy_words
def stack(tensors: Sequence[Tensor], dim: int = 0) -> Tensor:
    """The tensors, all of one shape, side by side along a new dimension. Raises ValueError for an empty list."""
    tensors = _several("stack", tensors)
    counted(tensors[0], dim, "stack", extra=1)
    if len({np.shape(x) for x in tensors}) > 1:
        raise ValueError(f"stack: all tensors must have one shape, but got {', '.join(map(signature_of, tensors))}")
    return cat([unsqueeze(x, dim) for x in tensors], dim)


def _several(name, tensors):
    if isinstance(tensors, Variable):
        raise TypeError(f"{name}: expected a list of tensors, but got one; write {name}([a, b])")
    if not isinstance(tensors, Iterable):
        raise TypeError(f"{name}: expected a list of tensors, but got {signature_of(tensors)}")
    tensors = list(tensors)
    if not tensors:
        raise ValueError(f"{name}: expected at least one tensor, but got an empty list")
    return tensors


def _cut_along(name, tensor, dim):
    """dim counted from the front, checked; there is nothing to cut along in a number."""
    dim = counted(tensor, dim, name)
    if tensor.ndim == 0:
        raise ValueError(f"{name}: {signature_of(tensor)} has no dimension to cut along; reshape(1) gives it one")
    return dim


@numpy_words
def split(tensor: Tensor, split_size_or_sections: int | Sequence[int], dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor cut along dim into pieces of one size (the last may be smaller), or of the sizes given."""
    dim = _cut_along("split", tensor, dim)
    n = tensor.shape[dim]
    if isinstance(split_size_or_sections, list | tuple):
        sizes = [integer(size, "split", "each size") for size in split_size_or_sections]
    else:
        size = integer(split_size_or_sections, "split", "the size of a piece")
        if size < 1:
            raise ValueError(f"split: the size of a piece must be at least 1, but got {size}")
        sizes = [builtins.min(size, n - i) for i in range(0, builtins.max(n, 1), size)]
    if builtins.sum(sizes) != n or builtins.any(size < 0 for size in sizes):
        raise ValueError(f"split: the sizes {sizes} must be at least 0 and add up to {n}, the size of dim {dim}")
    return tuple(_pieces(tensor, dim, sizes, lambda start, end: slice(start, end)))


@numpy_words
def chunk(input: Tensor, chunks: int, dim: int = 0) -> tuple[Tensor, ...]:
    """The tensor cut along dim into at most so many pieces, of one size but for the last, which may be smaller."""
    dim, chunks = _cut_along("chunk", input, dim), integer(chunks, "chunk", "the number of pieces")
    if chunks < 1:
        raise ValueError(f"chunk: the number of pieces must be at least 1, but got {chunks}")
    n = input.shape[dim]
    return split(input, math.ceil(n / chunks) if n else [0] * chunks, dim)


@numpy_words
def unbind(input: Tensor, dim: int = 0) -> tuple[Tensor, ...]:
    """The slices along dim, each without it."""
    dim = _cut_along("unbind", input, dim)
    return tuple(_pieces(input, dim, [1] * input.shape[dim], lambda start, end: start))


def _pieces(x, dim, sizes, part):
    """x cut along dim into pieces of those sizes; part(start, end) is the index of one.

    Many are cut from halves of x, and these from their halves: the gradient of what is cut from x is as large as x.
    """
    before = (slice(None),) * dim
    if len(sizes) <= 4:
        ends = itertools.accumulate(sizes)
        return [x[(*before, part(end - size, end))] for size, end in zip(sizes, ends, strict=True)]
    middle = len(sizes) // 2
    cut = builtins.sum(sizes[:middle])
    first, second = x[(*before, slice(cut))], x[(*before, slice(cut, None))]
    return _pieces(first, dim, sizes[:middle], part) + _pieces(second, dim, sizes[middle:], part)


@numpy_words
def narrow(input: Tensor, dim: int, start: int, length: int) -> Tensor:
    """The part of input from start on, of that length, along dim; without copying."""
    dim = _cut_along("narrow", input, dim)
    start, length = integer(start, "narrow", "start"), integer(length, "narrow", "length")
    n = input.shape[dim]
    first = start + n if start < 0 else start
    if not (0 <= first <= n and 0 <= length <= n - first):
        raise IndexError(
            f"narrow: from {start} on there are not {length} of the {n} along dim {dim} of {signature_of(input)}; "
            f"start must be in [{-n}, {n}], and start + length at most {n}"
        )
    return input[(*(slice(None),) * dim, slice(first, first + length))]


def flip(input: Tensor, *along: Any, dims: Sequence[int] | None = None) -> Tensor:
    """The same numbers in reverse order along dims, given one by one, as a tuple, or by name."""
    need_tensor("flip", input)
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
    need_tensor("repeat", input)
    times = tuple(integer(n, "repeat", "each number") for n in as_size(repeats))
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
    dims = [list(x) if isinstance(x, list | tuple) else [x] for x in (source, destination)]
    if len(dims[0]) != len(dims[1]):
        raise ValueError(f"movedim: {source} and {destination} must name equally many dims")
    old, new = ([counted(input, dim, "movedim") for dim in side] for side in dims)
    if len(set(old)) < len(old) or len(set(new)) < len(new):
        raise ValueError(f"movedim: a dim occurs twice in {source} or in {destination}; name each once")
    order = [i for i in range(input.ndim) if i not in old]
    for place, dim in sorted(zip(new, old, strict=True)):
        order.insert(place, dim)
    return permute(input, order)
