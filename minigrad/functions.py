"""PyTorch's functions: its names and signatures over the primitives, and everything composed from them.

A composition has no rule; its derivative follows from the rows it is made of. NumPy's words `axis` and `keepdims` are
accepted wherever PyTorch says `dim` and `keepdim`; `numpy_words` translates them.
"""

from __future__ import annotations

import builtins
import functools
import math
import string
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from minigrad.dtypes import get_default_dtype
from minigrad.engine import Variable, astype
from minigrad.errors import signature_of
from minigrad.ops import linalg, reduce, shape
from minigrad.ops.elementwise import (
    abs,
    add,
    cos,
    div,
    eq,
    exp,
    expm1,
    floor_divide,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    log,
    log1p,
    logical_and,
    logical_not,
    logical_or,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    power,
    relu,
    remainder,
    sigmoid,
    sign,
    sin,
    sqrt,
    square,
    sub,
    tanh,
    where,
)

__all__ = [
    "abs", "add", "all", "amax", "amin", "any", "argmax", "argmin", "broadcast_to", "cat", "clamp", "clip", "clone",
    "cos", "div", "dot", "einsum", "eq", "exp", "expand", "expm1", "flatten", "floor_divide", "ge", "gt", "isfinite",
    "isnan", "le", "leaky_relu", "linear", "log", "log1p", "log_softmax", "logical_and", "logical_not", "logical_or",
    "logsumexp", "lt", "matmul", "max", "maximum", "mean", "min", "minimum", "mm", "mul", "multiply", "ne", "neg",
    "permute", "pow", "reciprocal", "relu", "remainder", "reshape", "rsqrt", "sigmoid", "sign", "sin", "softmax",
    "split", "sqrt", "square", "squeeze", "stack", "std", "sub", "subtract", "sum", "t", "tanh", "transpose",
    "unsqueeze", "var", "view", "where",
]  # fmt: skip

if TYPE_CHECKING:
    from collections.abc import Sequence

    from minigrad.tensor import Tensor

    Dims = int | Sequence[int] | None

multiply, subtract, pow = mul, sub, power
clone = shape.clone


def numpy_words(function):
    """Let function also be called with NumPy's `axis=` and `keepdims=` for `dim=` and `keepdim=`."""

    @functools.wraps(function)
    def translated(*args, **kwargs):
        for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
            if theirs in kwargs:
                if ours in kwargs:
                    raise TypeError(f"{function.__name__}: got both {ours}= and {theirs}=, which mean the same")
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return translated


def _axes(input, dim):
    """dim as primitives take it: None for everything, an int, or a tuple of ints."""
    if isinstance(dim, list | tuple):
        if not dim:
            raise ValueError("dim: an empty one means everything in PyTorch and nothing in NumPy; give None, or some")
        dim = tuple(dim)
    return None if input.ndim == 0 and dim in (0, -1, (0,), (-1,)) else dim  # PyTorch lets a number have one dimension


def _need_floats(name, input):
    """Raise TypeError unless input holds floats, as PyTorch does."""
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: the result for {signature_of(input)} is no integer; convert it first with .float()")


# ---- elementwise ----------------------------------------------------------------------------------------------------


def reciprocal(input: Tensor) -> Tensor:
    """1 / input, elementwise."""
    return 1 / input


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input), elementwise."""
    return 1 / sqrt(input)


def clamp(input: Tensor, min: Tensor | float | None = None, max: Tensor | float | None = None) -> Tensor:
    """input cut off below min and above max, which are numbers or tensors; at the bounds the slope is still 1.

    Raises ValueError when neither bound is given.
    """
    if min is None and max is None:
        raise ValueError("clamp: give at least one of min and max")
    if min is not None:
        input = where(input < min, min, input)
    return input if max is None else where(input > max, max, input)


clip = clamp


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """input where it is positive, else negative_slope · input (Maas, Hannun, Ng 2013)."""
    return where(input > 0, input, input * negative_slope)


# ---- reductions -----------------------------------------------------------------------------------------------------


class ValuesAndIndices(NamedTuple):
    """What `max`, `min` over one dim return: the extreme values, and where they are."""

    values: Variable
    indices: Variable


@numpy_words
def sum(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The sum over dim (an int or several), or over everything. Integers and bools add up as int64."""
    return reduce.sum(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def mean(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The average over dim (an int or several), or over everything. Raises TypeError for integers, as PyTorch does."""
    _need_floats("mean", input)
    return reduce.mean(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def amax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The largest value over dim (an int or several), or over everything; ties share the gradient evenly."""
    return reduce.amax(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def amin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The smallest value over dim (an int or several), or over everything; ties share the gradient evenly."""
    return reduce.amin(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def max(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """The largest value of all; with an int dim the pair (values, indices); with a tensor the elementwise maximum.

    Over one dim the gradient goes to the index returned, the first of equals; over everything ties share it evenly.
    """
    return _extreme(input, dim, keepdim, maximum, reduce.amax, reduce.argmax)


@numpy_words
def min(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Any:
    """The smallest value of all; with an int dim the pair (values, indices); with a tensor the elementwise minimum."""
    return _extreme(input, dim, keepdim, minimum, reduce.amin, reduce.argmin)


def _extreme(input, dim, keepdim, elementwise_extreme, amost, argmost):
    if isinstance(dim, Variable | np.ndarray):
        return elementwise_extreme(input, dim)
    if dim is None:
        return amost(input, keepdims=keepdim)
    if input.ndim == 0:
        _dim(input, dim, amost.__name__[1:])
        return ValuesAndIndices(clone(input), argmost(input))
    indices = argmost(input, axis=dim, keepdims=True)
    values = shape.take_along_axis(input, indices=indices.array, axis=dim)
    return ValuesAndIndices(*(x if keepdim else squeeze(x, dim) for x in (values, indices)))


@numpy_words
def var(input: Tensor, dim: Dims = None, *, correction: int = 1, keepdim: bool = False) -> Tensor:
    """The variance over dim, or over everything: squared deviations divided by n - correction."""
    _need_floats("var", input)
    center = mean(input, dim, keepdim=True)
    n = input.array.size // builtins.max(1, center.array.size)
    return sum(square(input - center), dim, keepdim) / builtins.max(0, n - correction)


@numpy_words
def std(input: Tensor, dim: Dims = None, *, correction: int = 1, keepdim: bool = False) -> Tensor:
    """The standard deviation over dim, or over everything; its slope is taken as 0 where it is 0."""
    _need_floats("std", input)
    return reduce.std(input, axis=_axes(input, dim), correction=correction, keepdims=keepdim)


@numpy_words
def logsumexp(input: Tensor, dim: Dims, keepdim: bool = False) -> Tensor:
    """log of the sum of exp(input) over dim (an int or several), without overflow."""
    if input.dtype.kind != "f":
        input = astype(input, dtype=get_default_dtype())
    return reduce.logsumexp(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def softmax(input: Tensor, dim: int) -> Tensor:
    """exp(input) / sum(exp(input)) along dim: positive numbers that sum to 1.

    >>> softmax(minigrad.tensor([0.0, math.log(3.0)]), dim=0)
    tensor([0.25, 0.75], shape=(2,), dtype=float32)
    """
    _need_floats("softmax", input)
    return reduce.softmax(input, axis=dim)


@numpy_words
def log_softmax(input: Tensor, dim: int) -> Tensor:
    """log of softmax(input) along dim, in nats, exact where softmax itself would round to 0."""
    _need_floats("log_softmax", input)
    return reduce.log_softmax(input, axis=dim)


@numpy_words
def argmax(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the first largest value along dim, or in the flattened tensor."""
    return reduce.argmax(input, axis=dim, keepdims=keepdim)


@numpy_words
def argmin(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """The index (int64) of the first smallest value along dim, or in the flattened tensor."""
    return reduce.argmin(input, axis=dim, keepdims=keepdim)


@numpy_words
def all(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether everything along dim is true (non-zero)."""
    return reduce.all(input, axis=_axes(input, dim), keepdims=keepdim)


@numpy_words
def any(input: Tensor, dim: Dims = None, keepdim: bool = False) -> Tensor:
    """Whether something along dim is true (non-zero)."""
    return reduce.any(input, axis=_axes(input, dim), keepdims=keepdim)


# ---- shapes ---------------------------------------------------------------------------------------------------------


def as_size(given):
    """Sizes given one by one or as one tuple."""
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], tuple | list) else given


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
    first, last = _dim(input, start_dim, "flatten"), _dim(input, end_dim, "flatten")
    if first > last:
        raise ValueError(f"flatten: start_dim {start_dim} lies behind end_dim {end_dim} of {signature_of(input)}")
    sizes = input.shape or (1,)
    return reshape(input, (*sizes[:first], math.prod(sizes[first : last + 1]), *sizes[last + 1 :]))


def _dim(input, dim, name, extra=0):
    """dim counted from the front, checked; a number counts as having one dimension, as in PyTorch."""
    n = builtins.max(input.ndim + extra, 1)
    if not -n <= dim < n:
        raise IndexError(f"{name}: dim {dim} is out of range for {signature_of(input)}; it must be in [{-n}, {n - 1}]")
    return dim % n


def permute(input: Tensor, *dims: Any) -> Tensor:
    """The dimensions in another order: permute(x, 2, 0, 1) puts the last one first."""
    return shape.transpose(input, axes=as_size(dims))


def transpose(input: Tensor, dim0: int, dim1: int) -> Tensor:
    """Two dimensions swapped."""
    a, b = _dim(input, dim0, "transpose"), _dim(input, dim1, "transpose")
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
    gone = {_dim(input, d, "squeeze") for d in dims}
    return reshape(input, tuple(n for i, n in enumerate(input.shape) if i not in gone or n != 1))


@numpy_words
def unsqueeze(input: Tensor, dim: int) -> Tensor:
    """With a new dimension of size 1 at dim."""
    at = _dim(input, dim, "unsqueeze", extra=1)
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
    dim = _dim(tensor, dim, "split")
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


# ---- matrices -------------------------------------------------------------------------------------------------------


def matmul(input: Tensor, other: Tensor) -> Tensor:
    """The matrix product, batched over leading dimensions; a vector is a row on the left, a column on the right."""
    if not getattr(input, "ndim", 0) or not getattr(other, "ndim", 0):
        raise ValueError(f"matmul: expected vectors or matrices, but got {signature_of(input)}, {signature_of(other)}")
    a = input if input.ndim > 1 else reshape(input, (1, -1))
    b = other if other.ndim > 1 else reshape(other, (-1, 1))
    if a.shape[-1] != b.shape[-2]:
        raise ValueError(
            f"matmul: the last size of the left must equal the second to last of the right, but {a.shape[-1]} is not "
            f"{b.shape[-2]}; given {signature_of(input)} and {signature_of(other)}"
        )
    out = linalg.matmul(a, b)
    gone = [d for d, x in ((-2, input), (-1, other)) if x.ndim == 1]
    return squeeze(out, gone) if gone else out


def mm(input: Tensor, mat2: Tensor) -> Tensor:
    """The product of two matrices, without broadcasting. Raises ValueError for anything but two dimensions."""
    if input.ndim != 2 or mat2.ndim != 2:
        raise ValueError(f"mm: expected two matrices, but got {signature_of(input)} and {signature_of(mat2)}")
    return matmul(input, mat2)


def dot(input: Tensor, other: Tensor) -> Tensor:
    """The scalar product of two vectors of one length. Raises ValueError for anything but one dimension."""
    if input.ndim != 1 or other.ndim != 1:
        raise ValueError(f"dot: expected two vectors, but got {signature_of(input)} and {signature_of(other)}")
    return matmul(input, other)


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias. input (…, in_features), weight (out_features, in_features), bias (out_features,)."""
    return matmul(input, t(weight)) if bias is None else linalg.linear(input, weight, bias)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Einstein's summation: "ij,jk->ik" is a matrix product. Letters missing after -> are summed over.

    Also without ->, with … as "...", and with repeated letters ("ii->i" is the diagonal).
    """
    operands = tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    inputs, output = _spell_out(equation.replace(" ", ""), operands)
    free = [c for c in string.ascii_letters if c not in equation and c not in "".join(inputs)]
    xs, letters = list(operands), []
    for i, part in enumerate(inputs):
        for c in [c for c in sorted(set(part)) if part.count(c) > 1]:
            while part.count(c) > 1:  # x_ii is x_ij where i = j
                new, at = free.pop(), part.rindex(c)
                xs.append(_identity(xs[i], part.index(c), at, c))
                part = part[:at] + new + part[at + 1 :]
                letters.append(c + new)
        inputs[i] = part
    return linalg.einsum(*xs, inputs=(*inputs, *letters), output=output)


def _identity(x, first, last, letter):
    if x.shape[first] != x.shape[last]:
        raise ValueError(f"einsum: {letter!r} is repeated, but stands for different sizes of {signature_of(x)}")
    return np.eye(x.shape[first], dtype=x.dtype)


def _spell_out(equation, operands):
    """The subscripts of each operand and of the result, with "..." written out in letters of its own."""
    left, arrow, output = equation.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ValueError(f"einsum: {equation!r} names {len(inputs)} operands, but {len(operands)} were given")
    for part, x in zip(inputs, operands, strict=True):
        n = len(part.replace("...", ""))
        if n != x.ndim and not ("..." in part and n < x.ndim):
            raise ValueError(f"einsum: {part!r} has {n} letters, but its operand is {signature_of(x)}")
    free = "".join(c for c in string.ascii_uppercase if c not in equation)
    widths = [x.ndim - len(part.replace("...", "")) for part, x in zip(inputs, operands, strict=True)]
    dots = free[: builtins.max(widths)]
    if not arrow:
        once = sorted(c for c in set(left) - {",", "."} if left.count(c) == 1)
        output = "..." * ("..." in left) + "".join(once)
    inputs = [part.replace("...", dots[len(dots) - w :]) for part, w in zip(inputs, widths, strict=True)]
    return inputs, output.replace("...", dots)
