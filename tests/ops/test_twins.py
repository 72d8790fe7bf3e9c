"""What is fused for speed or for exactness equals what it is made of: forward, first and second derivative."""

import functools
import math

import numpy as np
import pytest
from samples import ROWS

import minigrad as mg
from minigrad.autograd import grad
from minigrad.engine import call
from minigrad.table import TABLE

ELEMENTARY = {  # nothing simpler to compare with: these the twins are made of
    "acos", "add", "add_along_axis", "asin", "astype", "atan", "broadcast_to", "cat", "cos", "erf", "exp",
    "getitem", "log", "mul", "power", "remainder", "reshape", "setitem_add", "sin", "sum", "take_along_axis",
    "transpose", "where", "windows", "windows_add",
}  # fmt: skip


def n_of(x, axis):
    """How many numbers a reduction over axis makes one."""
    axes = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return int(np.prod([x.shape[a] for a in axes]))


def extreme(x, numpy_extreme, axis, keepdims):
    chosen = x.detach().numpy() == numpy_extreme(x.detach().numpy(), axis=axis, keepdims=True)
    return mg.sum(x * mg.tensor(chosen), axis=axis, keepdims=keepdims)


def std(x, axis=None, correction=1, keepdims=False):
    squares = (x - mg.sum(x, axis=axis, keepdims=True) / n_of(x, axis)) ** 2
    return (mg.sum(squares, axis=axis, keepdims=keepdims) / (n_of(x, axis) - correction)) ** 0.5


def prod(x, axis=None, keepdims=False):
    axes = tuple(range(x.ndim)) if axis is None else tuple(a % x.ndim for a in np.atleast_1d(axis))
    out = x
    for a in axes:
        out = functools.reduce(mg.mul, [mg.split(out, 1, a)[i] for i in range(out.shape[a])])
    return out if keepdims else mg.squeeze(out, axes)


def cumsum(x, axis):
    slices = mg.split(x, 1, axis)
    return mg.cat([functools.reduce(mg.add, slices[: i + 1]) for i in range(len(slices))], axis)


def softmax(x, axis):
    return mg.exp(x) / mg.sum(mg.exp(x), axis=axis, keepdims=True)


def cross_entropy(logits, target):
    chosen = mg.tensor(target[..., None] == np.arange(logits.shape[-1]))
    return -mg.log(mg.sum(softmax(logits, -1) * chosen, axis=-1))


def binary_cross_entropy(p, target):
    return target * mg.log(p) * -1 + (target - 1) * mg.log(1 + p * -1)


def sigmoid(x):
    return 1 / (1 + mg.exp(-x))


def matmul(a, b):
    return mg.sum(mg.unsqueeze(a, -1) * mg.unsqueeze(b, -3), axis=-2)


def einsum(*xs, inputs, output):
    letters = sorted({*"".join(inputs)})
    aligned = []
    for x, part in zip(xs, inputs, strict=True):
        x = mg.permute(x, *(part.index(c) for c in letters if c in part)) if part else x
        aligned.append(x[tuple(slice(None) if c in part else None for c in letters)] if letters else x)
    whole = functools.reduce(mg.mul, aligned)
    gone = tuple(i for i, c in enumerate(letters) if c not in output)
    kept = [c for c in letters if c in output]
    whole = mg.sum(whole, axis=gone) if gone else whole
    return mg.permute(whole, *(kept.index(c) for c in output)) if output else whole


def columns_of(image, kernel, groups, **steps):
    """The windows of an image as columns: (rows, groups, C/groups·kH·kW, columns·N)."""
    seen = call(TABLE["windows"], (image,), {"kernel": kernel, **steps})
    rows, channels, height, width, columns, n = seen.shape
    return mg.reshape(seen, rows, groups, channels // groups * height * width, columns * n)


def convolve(image, weight, **steps):
    groups, per_group, _, *kernel = weight.shape
    out = mg.reshape(weight, groups, per_group, -1) @ columns_of(image, tuple(kernel), groups, **steps)
    return mg.reshape(out, out.shape[0], groups * per_group, -1, image.shape[-1])


def convolve_image(above, weight, size, **steps):
    groups, per_group, _, *kernel = weight.shape
    rows, _, columns, n = above.shape
    weight = mg.transpose(mg.reshape(weight, groups, per_group, -1), 1, 2)
    shares = mg.reshape(weight @ mg.reshape(above, rows, groups, per_group, -1), rows, -1, *kernel, columns, n)
    return call(TABLE["windows_add"], (shares,), {"size": size, **steps})


def convolve_weight(image, above, kernel, groups, **steps):
    rows, channels, *_ = above.shape
    columns = mg.transpose(columns_of(image, kernel, groups, **steps), -1, -2)
    out = mg.sum(mg.reshape(above, rows, groups, channels // groups, -1) @ columns, 0)
    return mg.reshape(out, groups, channels // groups, -1, *kernel)


TWINS = {
    "convolve": convolve,
    "convolve_image": convolve_image,
    "convolve_weight": convolve_weight,
    "sub": lambda x, y: x + -1 * y,
    "div": lambda x, y: x * y**-1.0,
    "neg": lambda x: x * -1,
    "expm1": lambda x: mg.exp(x) + -1,
    "log1p": lambda x: mg.log(1 + x),
    "log2": lambda x: mg.log(x) / math.log(2),
    "log10": lambda x: mg.log(x) / math.log(10),
    "tan": lambda x: mg.sin(x) / mg.cos(x),
    "sinh": lambda x: (mg.exp(x) - mg.exp(-x)) / 2,
    "cosh": lambda x: (mg.exp(x) + mg.exp(-x)) / 2,
    "prod": prod,
    "cumsum": cumsum,
    "norm": lambda x, axis=None, keepdims=False: mg.sum(x * x, axis=axis, keepdims=keepdims) ** 0.5,
    "sqrt": lambda x: x**0.5,
    "square": lambda x: x * x,
    "abs": lambda x: mg.where(x > 0, x, x * -1),
    "tanh": lambda x: (mg.exp(x) - mg.exp(-x)) / (mg.exp(x) + mg.exp(-x)),
    "sigmoid": sigmoid,
    "softplus": lambda x: mg.log(1 + mg.exp(x)),
    "relu": lambda x: mg.where(x > 0, x, 0),
    "maximum": lambda x, y: mg.where(x > y, x, y),
    "minimum": lambda x, y: mg.where(x > y, y, x),
    "clone": lambda x: x * 1,
    "matmul": matmul,
    "linear": lambda x, weight, bias: mg.sum(mg.unsqueeze(x, -2) * weight, axis=-1) + bias,
    "einsum": einsum,
    "mean": lambda x, axis=None, keepdims=False: mg.sum(x, axis=axis, keepdims=keepdims) / n_of(x, axis),
    "amax": lambda x, axis=None, keepdims=False: extreme(x, np.max, axis, keepdims),
    "first_max": lambda x, axis: extreme(x, np.max, axis, False),
    "amin": lambda x, axis=None, keepdims=False: extreme(x, np.min, axis, keepdims),
    "std": std,
    "logsumexp": lambda x, axis=None, keepdims=False: mg.log(mg.sum(mg.exp(x), axis=axis, keepdims=keepdims)),
    "softmax": softmax,
    "log_softmax": lambda x, axis: x - mg.log(mg.sum(mg.exp(x), axis=axis, keepdims=True)),
    "cross_entropy_from_logits": cross_entropy,
    "binary_cross_entropy_from_logits": lambda logits, target: binary_cross_entropy(sigmoid(logits), target),
    "binary_cross_entropy": binary_cross_entropy,
}


def derivatives(function, sample):
    """What function gives, its gradients, and the gradients of those, by inputs and cotangents, as arrays."""
    draw = mg.Generator().manual_seed(5)
    xs = sample.tensors()
    wanted = [x for x in xs if x.requires_grad]
    y = sample.of(function)(*xs)
    v = mg.randn(y.shape, generator=draw, dtype=np.float64, requires_grad=True)
    first = grad(y, wanted, v, create_graph=True)
    w = [mg.randn(x.shape, generator=draw, dtype=np.float64) for x in wanted]
    second = grad(first, [*wanted, v], w, allow_unused=True)
    zeros = [np.zeros(x.shape) for x in [*wanted, v]]
    return [
        y.detach().numpy(),
        *(g.detach().numpy() for g in first),
        *(z if g is None else g.numpy() for g, z in zip(second, zeros, strict=True)),
    ]


def test_every_row_is_elementary_or_has_a_twin():
    assert sorted([*ELEMENTARY, *TWINS]) == sorted(ROWS)


def is_tame(sample):
    """Whether twins can compute it: on large numbers they overflow, and they divide by the number of nothing."""
    return all(a.size and np.abs(a).max() < 100 for a in sample.arrays)


@pytest.mark.parametrize(
    ("name", "sample"),
    [pytest.param(name, s, id=f"{name} {i}") for name in TWINS for i, s in enumerate(ROWS[name]) if is_tame(s)],
)
def test_a_fused_operation_equals_its_twin_to_second_order(name, sample):
    def fused(*inputs, **params):
        return call(TABLE[name], inputs, params)

    for ours, twins in zip(derivatives(fused, sample), derivatives(TWINS[name], sample), strict=True):
        np.testing.assert_allclose(ours, twins, rtol=1e-9, atol=1e-12)
