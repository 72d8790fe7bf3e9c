"""Rows of the table that multiply matrices."""

import math

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
    if x.shape[-1:] != weight.shape[1:] or bias.shape != weight.shape[:1]:
        _refuse_misfit(x.shape, weight.shape)
    out = x.dot(weight.T) if x.ndim == 2 else np.matmul(x, weight.T)  # dot has less to do before it multiplies
    out += bias
    return out


linear.defvjp(lambda g, out, x, weight, bias: g @ weight,
              lambda g, out, x, weight, bias: _rows(g).mT @ _rows(x),
              lambda g, out, x, weight, bias: g)  # fmt: skip


def _refuse_misfit(x, weight):
    """Say what is wrong with the shapes of a layer's input and weight."""
    if x and len(weight) == 2 and x[-1] != weight[1]:
        raise ValueError(
            f"input has {x[-1]} features, but weight takes {weight[1]}; reshape it, or make the layer for {x[-1]}"
        )
    raise ValueError(
        "the sizes must be input (…, in_features), weight (out_features, in_features) and bias (out_features,)"
    )


def _rows(x):
    return x if x.ndim == 2 else np.reshape(x, (math.prod(x.shape[:-1]), x.shape[-1]))


@primitive(same_dtype=True)
def einsum(*xs, inputs, output):
    """Einstein's summation of inputs ("ij", "jk") to output "ik"; no operand repeats a letter."""
    return np.einsum(f"{','.join(inputs)}->{output}", *xs)


einsum.defvjp(lambda i, g, out, *xs, inputs, output: _other_way(i, g, xs, inputs, output))


def _other_way(i, g, xs, inputs, output):
    """The einsum that leads from the result and the other operands back to operand i."""
    given = [(output, g), *((s, x) for j, (s, x) in enumerate(zip(inputs, xs, strict=True)) if j != i)]
    sizes = [pair for s, x in given for pair in zip(s, x.shape, strict=True)]
    lost = [pair for pair in zip(inputs[i], xs[i].shape, strict=True) if pair not in sizes]
    even = [(c, np.ones(n, xs[i].dtype)) for c, n in lost]  # what was summed over, or stretched, gets it evenly
    names, values = zip(*given, *even, strict=True)
    return einsum(*values, inputs=names, output=inputs[i])
