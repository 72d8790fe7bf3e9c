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
    "broadcast_to", "cat", "clone", "expand", "flatten", "permute", "reshape", "split", "squeeze", "stack", "t",
    "transpose", "unsqueeze", "view",
]  # fmt: skip

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


def reshape(input: Tensor, *shape_: Any) -> Tensor:
    """The same numbers in another shape; one size may be -1, to be worked out. A view wherever NumPy can give one."""
    return shape.reshape(input, shape=as_size(shape_))


def view(input: Tensor, *shape_: Any) -> Tensor:
    """reshape, but only if it needs no copy. Raises ValueError otherwise, as PyTorch does."""
    out = reshape(input, *shape_)
    if out.array.size and not np.may_share_memory(out.array, input.array):
        raise ValueError(
            f"view: {signature_of(input)} does not lie in memory in that order, so it cannot become "
            f"{out.array.shape} without a copy; use reshape()"
        )
    return out


@numpy_words
def flatten(input: Tensor, start_dim: int = 0, end_dim: int = -1) -> Tensor:
    """The dimensions start_dim to end_dim, both included, made one."""
    first, last = counted(input, start_dim, "flatten"), counted(input, end_dim, "flatten")
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} lies behind end_dim {end_dim} of {signature_of(input)}")
    sizes = input.shape or (1,)
    return reshape(input, (*sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :]))


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: permute(x, 2, 0, 1) puts the last one first."""
    return shape.transpose(input, axes=as_size(dims))


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
