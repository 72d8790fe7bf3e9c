"""Functions that multiply vectors and matrices."""

from __future__ import annotations

import builtins
import string
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.errors import signature_of
from minigrad.functions.index import diagonal
from minigrad.functions.reduce import sum
from minigrad.functions.shape import expand, reshape, squeeze, t
from minigrad.ops import linalg

__all__ = ["addmm", "bmm", "dot", "einsum", "linear", "matmul", "mm", "mv", "outer", "trace"]

if TYPE_CHECKING:
    from minigrad.tensor import Tensor


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


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector. Raises ValueError for other numbers of dimensions."""
    if input.ndim != 2 or vec.ndim != 1:
        raise ValueError(f"mv: expected a matrix and a vector, but got {signature_of(input)} and {signature_of(vec)}")
    return matmul(input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of equally many matrices, (b, n, m) and (b, m, p), without broadcasting."""
    if input.ndim != 3 or mat2.ndim != 3 or input.shape[0] != mat2.shape[0]:
        raise ValueError(
            f"bmm: expected (b, n, m) and (b, m, p), but got {signature_of(input)} and {signature_of(mat2)}; "
            "matmul() broadcasts over the batch"
        )
    return matmul(input, mat2)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Every number of one vector times every number of another: (n,) and (m,) become (n, m)."""
    if input.ndim != 1 or vec2.ndim != 1:
        raise ValueError(f"outer: expected two vectors, but got {signature_of(input)} and {signature_of(vec2)}")
    return reshape(input, (-1, 1)) * vec2


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta · input + alpha · (mat1 @ mat2); input is broadcast to the product's shape."""
    product = mm(mat1, mat2)
    return expand(input, product.shape) * beta + product * alpha


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix' diagonal."""
    if input.ndim != 2:
        raise ValueError(f"trace: expected a matrix, but got {signature_of(input)}")
    return sum(diagonal(input))


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
