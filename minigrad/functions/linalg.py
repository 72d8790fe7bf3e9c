"""Functions that multiply vectors and matrices."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import numpy as np

from minigrad.engine import astype
from minigrad.errors import signature_of
from minigrad.functions.arguments import need_tensor
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
    _need("mm", "two matrices", (input, 2), (mat2, 2))
    return matmul(input, mat2)


def dot(input: Tensor, other: Tensor) -> Tensor:
    """The scalar product of two vectors of one length. Raises ValueError for anything but one dimension."""
    _need("dot", "two vectors", (input, 1), (other, 1))
    return matmul(input, other)


def mv(input: Tensor, vec: Tensor) -> Tensor:
    """The product of a matrix and a vector. Raises ValueError for other numbers of dimensions."""
    _need("mv", "a matrix and a vector", (input, 2), (vec, 1))
    return matmul(input, vec)


def bmm(input: Tensor, mat2: Tensor) -> Tensor:
    """The products of two batches of equally many matrices, (b, n, m) and (b, m, p), without broadcasting."""
    _need("bmm", "(b, n, m) and (b, m, p)", (input, 3), (mat2, 3))
    if input.shape[0] != mat2.shape[0]:
        raise ValueError(
            f"bmm: expected (b, n, m) and (b, m, p), but got {signature_of(input)} and {signature_of(mat2)}; "
            "matmul() broadcasts over the batch"
        )
    return matmul(input, mat2)


def outer(input: Tensor, vec2: Tensor) -> Tensor:
    """Every number of one vector times every number of another: (n,) and (m,) become (n, m)."""
    _need("outer", "two vectors", (input, 1), (vec2, 1))
    return reshape(input, (-1, 1)) * vec2


def addmm(input: Tensor, mat1: Tensor, mat2: Tensor, *, beta: float = 1, alpha: float = 1) -> Tensor:
    """beta · input + alpha · (mat1 @ mat2); input is broadcast to the product's shape, and not read if beta is 0."""
    need_tensor("addmm", input)
    product = mm(mat1, mat2)
    if input.dtype != product.dtype:
        raise TypeError(f"addmm: all inputs must have one dtype, but got {input.dtype} and {product.dtype}")
    if input.dtype.kind != "f" and not (isinstance(beta, int) and isinstance(alpha, int)):
        raise TypeError(
            f"addmm: beta and alpha must be integers where the matrices hold them, but got {beta!r} and {alpha!r}"
        )
    added = expand(input, product.shape)
    return product * alpha if beta == 0 else added * beta + product * alpha


def trace(input: Tensor) -> Tensor:
    """The sum of a matrix' diagonal."""
    _need("trace", "a matrix", (input, 2))
    return sum(diagonal(input))


def _need(name, what, *pairs):
    """Raise ValueError unless each input has the number of dims that it is paired with."""
    if builtins.any(getattr(x, "ndim", None) != n for x, n in pairs):
        given = " and ".join(signature_of(x) for x, _ in pairs)
        raise ValueError(f"{name}: expected {what}, but got {given}")


def linear(input: Tensor, weight: Tensor, bias: Tensor | None = None) -> Tensor:
    """input @ weight.T + bias. input (…, in_features), weight (out_features, in_features), bias (out_features,)."""
    return matmul(input, t(weight)) if bias is None else linalg.linear(input, weight, bias)


def einsum(equation: str, *operands: Any) -> Tensor:
    """Einstein's summation: "ij,jk->ik" is a matrix product. Letters missing after -> are summed over.

    Also without ->, with … as "...", and with repeated letters ("ii->i" is the diagonal).
    """
    if not isinstance(equation, str):
        raise TypeError(f'einsum: the equation, such as "ij,jk->ik", must come first, but got {signature_of(equation)}')
    operands = tuple(operands[0]) if len(operands) == 1 and isinstance(operands[0], list | tuple) else operands
    inputs, output = _spell_out(equation.replace(" ", ""), operands)
    if len(operands) == 1 and operands[0].dtype.kind != "f" and set(inputs[0]) - set(output):
        operands = (astype(operands[0], dtype=np.int64),)  # as sum() adds integers and bools
    xs, inputs = zip(*map(_without_repeats, operands, inputs), strict=True)
    return linalg.einsum(*xs, inputs=inputs, output=output)


def _without_repeats(x, letters):
    """x and its letters, each only once: where one is repeated, as in "ii", the diagonal is taken."""
    for c in sorted(set(letters)):
        while letters.count(c) > 1:
            i, j = letters.index(c), letters.rindex(c)
            if x.shape[i] != x.shape[j]:
                raise ValueError(f"einsum: {c!r} is repeated, but stands for different sizes of {signature_of(x)}")
            x = diagonal(x, 0, i, j)
            letters = letters[:i] + letters[i + 1 : j] + letters[j + 1 :] + c
    return x, letters


def _spell_out(equation, operands):
    """The subscripts of each operand and of the result, with "..." written out in letters of its own."""
    for x in operands:
        need_tensor("einsum", x)
    left, arrow, output = equation.partition("->")
    inputs = left.split(",")
    if len(inputs) != len(operands):
        raise ValueError(f"einsum: {equation!r} names {len(inputs)} operands, but {len(operands)} were given")
    for part, x in zip(inputs, operands, strict=True):
        n = len(part.replace("...", ""))
        if n != x.ndim and not ("..." in part and n < x.ndim):
            raise ValueError(f"einsum: {part!r} has {n} letters, but its operand is {signature_of(x)}")
    free = "".join(c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ" if c not in equation)
    widths = [x.ndim - len(part.replace("...", "")) for part, x in zip(inputs, operands, strict=True)]
    dots = free[: builtins.max(widths)]
    if not arrow:
        once = sorted(c for c in set(left) - {",", "."} if left.count(c) == 1)
        output = "..." * ("..." in left) + "".join(once)
    inputs = [part.replace("...", dots[len(dots) - w :]) for part, w in zip(inputs, widths, strict=True)]
    return inputs, output.replace("...", dots)
