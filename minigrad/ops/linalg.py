"""Rows of the table that multiply matrices."""

import numpy as np

from minigrad.engine import primitive


@primitive(same_dtype=True)
def matmul(a, b):
    """The matrix product a @ b, batched over leading axes; both have at least two axes."""
    return np.matmul(a, b)


matmul.defvjp(lambda g, out, a, b: g @ b.mT,
              lambda g, out, a, b: a.mT @ g)  # fmt: skip


@primitive(same_dtype=True)
def linear(x, weight, bias):
    """x @ weight.T + bias: one layer of a network, in one step. x (…, in), weight (out, in), bias (out,)."""
    out = np.matmul(x, weight.T)
    out += bias
    return out


linear.defvjp(lambda g, out, x, weight, bias: g @ weight,
              lambda g, out, x, weight, bias: _rows(g).mT @ _rows(x),
              lambda g, out, x, weight, bias: g)  # fmt: skip


def _rows(x):
    return x if x.ndim == 2 else np.reshape(x, (-1, x.shape[-1]))


@primitive(same_dtype=True)
def einsum(*xs, subscripts):
    """Einstein's summation. subscripts is explicit ("ij,jk->ik"), and no operand repeats a letter."""
    return np.einsum(subscripts, *xs)


einsum.defvjp(lambda i, g, out, *xs, subscripts: _other_way(i, g, xs, subscripts))


def _other_way(i, g, xs, subscripts):
    """The einsum that leads from the result and the other operands back to operand i."""
    inputs, output = subscripts.split("->")
    letters = inputs.split(",")
    others = [x for j, x in enumerate(xs) if j != i]
    sources = [output, *(s for j, s in enumerate(letters) if j != i)]
    lost = [c for c in letters[i] if all(c not in s for s in sources)]  # summed within operand i: spread evenly
    spread = [np.ones(xs[i].shape[letters[i].index(c)], xs[i].dtype) for c in lost]
    return einsum(g, *others, *spread, subscripts=f"{','.join([*sources, *lost])}->{letters[i]}")
