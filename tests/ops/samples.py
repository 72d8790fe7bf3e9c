"""One table of samples: what every row of the derivative table, and every function composed of rows, is checked on.

A sample is arrays and how to call a function with them; its float arrays are differentiated by. Between them the
samples of a function meet broadcasting, 0-d and empty arrays, and memory that runs backwards or in another order.
Points where differences mean nothing are elsewhere, in test_kinks.py.
"""

from dataclasses import dataclass, field

import numpy as np
from numpy.lib.array_utils import byte_bounds

import minigrad as mg

rng = np.random.default_rng(20)


def numbers(*shape):
    """Between 0.2 and 1.5, of either sign: away from 0, where many functions have a kink."""
    return rng.uniform(0.2, 1.5, shape) * rng.choice([-1.0, 1.0], shape)


def positive(*shape):
    """Between 0.5 and 2."""
    return rng.uniform(0.5, 2.0, shape)


def unit(*shape):
    """Probabilities, away from 0 and 1."""
    return rng.uniform(0.1, 0.9, shape)


def turned(array):
    """The same numbers, in memory column by column."""
    return np.asfortranarray(array)


def backwards(array):
    """The same numbers, in memory from the last to the first."""
    return np.flip(np.flip(array).copy())


def gapped(array):
    """The same numbers, in memory with gaps between them."""
    return np.repeat(array, 2, axis=-1)[..., ::2]


def relaid(array):
    """A copy that lies in memory as array does."""
    low, high = byte_bounds(array)
    start = array.__array_interface__["data"][0] - low
    copy = np.ndarray(array.shape, array.dtype, np.empty(high - low, np.uint8), start, array.strides)
    copy[...] = array
    return copy


@dataclass(frozen=True)
class Sample:
    """Arrays, and how a function is called with them: call(function, *tensors, **params)."""

    arrays: tuple
    params: dict = field(default_factory=dict)
    call: object = lambda function, *xs, **params: function(*xs, **params)

    def tensors(self):
        """The arrays as tensors that share nothing with them; those of floats require grad."""
        return tuple(mg.from_numpy(relaid(a)).requires_grad_(a.dtype.kind == "f") for a in self.arrays)

    def of(self, function):
        """The function of the tensors alone that function is, called as the sample says."""
        return lambda *xs: self.call(function, *xs, **self.params)


def sample(*arrays, call=None, **params):
    """A sample for function(*arrays, **params), or for call(function, *arrays, **params)."""
    return Sample(tuple(map(np.asarray, arrays)), params, *([call] if call else []))


def unary(draw):
    """Samples for a function of one array that works number by number."""
    return [sample(a) for a in (draw(), backwards(draw(2, 3)), turned(draw(3, 2)), gapped(draw(3)), draw(0, 3))]


SHAPES = [((), ()), ((2, 3), ()), ((), (3,)), ((3, 1), (2, 3, 4)), ((2, 1), (1, 3)), ((0, 3), (3,)), ((1,), (0, 2))]


def binary(draw_x, draw_y):
    """Samples for a function of two arrays that broadcasts."""
    return [
        *(sample(draw_x(*x), draw_y(*y)) for x, y in SHAPES),
        sample(backwards(draw_x(2, 3)), turned(draw_y(2, 3))),
    ]


def reductions(draw, **params):
    """Samples for a primitive that reduces axes."""
    return [
        sample(draw(2, 3, 4), **params),
        sample(draw(2, 3, 4), axis=1, **params),
        sample(backwards(draw(2, 3, 4)), axis=(0, -1), **params),
        sample(turned(draw(3, 4)), axis=-1, keepdims=True, **params),
        sample(draw(3, 1, 4), axis=(1, 2), keepdims=True, **params),
        sample(draw(0, 3), axis=1, **params),
    ]


def along_one(draw):
    """Samples for a primitive that works along one axis."""
    return [
        sample(draw(4), axis=0),
        sample(draw(2, 3), axis=0),
        sample(backwards(draw(2, 3)), axis=-1),
        sample(turned(draw(2, 3, 2)), axis=1),
        sample(draw(), axis=0),
        sample(draw(0, 3), axis=1),
        sample(draw(2, 0), axis=1),
    ]


INDICES = [
    1,
    -1,
    slice(None, None, -2),
    (slice(None), 1),
    (..., 0),
    (None, 1, ..., None),
    (slice(3, 0, -1), slice(0, 2)),
    slice(2, 2),
    np.array([0, 0, -1, 2, 0]),  # repeated: the gradients add up
    (np.array([[0, 1], [1, 0]]), np.array([1, 1])),
    (slice(None), np.array([2, 2, 0])),
    (np.array([1, 1]), slice(0, 2)),
    (np.array([3, 0]), None, np.array([0, 0])),
    np.array([True, False, True, True]),
    np.arange(12).reshape(4, 3) % 5 == 0,
    (np.array([True, False, False, True]), np.array([2, 0])),
    np.array([], dtype=np.int64),
    (),
    True,
]
ALONG = np.array([[0, 0, 1], [2, 4, 4], [1, 1, 1], [3, 0, 3]])  # with repetitions

WITH_ZEROS = [  # the slope of a product in a factor of 0 is the product of the others
    sample(np.array([[2.0, 0.0, -1.5], [0.5, 3.0, -2.0]]), axis=1),
    sample(np.array([[0.0, 3.0], [0.0, 1.5]]), axis=0, keepdims=True),
    sample(np.array([[[0.0], [3.0]], [[0.7], [1.5]]]), axis=(0, 2)),
    sample(np.array([0.0, 2.0, 3.0])),
    sample(np.array(0.0)),
]

ROWS = {  # by name in minigrad.engine.TABLE, called with NumPy's words
    "astype": [sample(numbers(2, 3), dtype=np.float64), sample(numbers(), dtype=np.float64)],
    "add": binary(numbers, numbers),
    "sub": binary(numbers, numbers),
    "mul": binary(numbers, numbers),
    "div": binary(numbers, numbers),
    "neg": unary(numbers),
    "power": [
        *binary(positive, numbers),
        sample(numbers(2, 3), call=lambda power, x: power(x, 2)),
        sample(numbers(3), call=lambda power, x: power(x, -1.0)),
        sample(numbers(3), np.array([0, 1, 3])),
        sample(numbers(3), call=lambda power, x: power(2.0, x)),
        sample(np.array([0.7, 1.3]), np.array([0.0, 0.0])),
    ],
    "remainder": [
        sample(np.array([5.3, -4.1, 7.7]), np.array([[2.0], [-3.0]])),
        sample(np.array(-5.3), np.array(2.0)),
        sample(np.zeros((0, 3)), np.array(2.0)),
    ],
    "exp": unary(numbers),
    "expm1": unary(numbers),
    "log": unary(positive),
    "log1p": unary(positive),
    "log2": unary(positive),
    "log10": unary(positive),
    "sqrt": unary(positive),
    "square": unary(numbers),
    "abs": unary(numbers),
    "sin": unary(numbers),
    "cos": unary(numbers),
    "tan": unary(unit),
    "asin": unary(lambda *shape: numbers(*shape) / 2),
    "acos": unary(lambda *shape: numbers(*shape) / 2),
    "atan": unary(numbers),
    "sinh": unary(numbers),
    "cosh": unary(numbers),
    "tanh": unary(numbers),
    "sigmoid": unary(numbers),
    "softplus": unary(numbers),
    "erf": unary(numbers),
    "relu": unary(numbers),
    "maximum": binary(numbers, numbers),
    "minimum": binary(numbers, numbers),
    "where": [
        sample(np.array([True, False, True]), numbers(2, 3), numbers(3)),
        sample(np.array([[True], [False]]), numbers(2, 3), numbers()),
        sample(np.array(False), numbers(2), numbers(2)),
        sample(np.array([True, False]), numbers(2), call=lambda where, c, x: where(c, x, 0)),
        sample(np.zeros((0, 3), bool), numbers(3), numbers(1, 1)),
    ],
    "clone": unary(numbers),
    "matmul": [
        sample(numbers(2, 3), numbers(3, 4)),
        sample(turned(numbers(2, 3)), backwards(numbers(3, 2))),
        sample(numbers(2, 2, 3), numbers(3, 2)),
        sample(numbers(1, 2, 3), numbers(2, 3, 1)),
        sample(numbers(2, 3), numbers(2, 1, 3, 2)),
        sample(numbers(0, 3), numbers(3, 2)),
        sample(numbers(2, 0), numbers(0, 3)),
    ],
    "linear": [
        sample(numbers(4, 3), numbers(2, 3), numbers(2)),
        sample(numbers(3), numbers(2, 3), numbers(2)),
        sample(backwards(numbers(2, 2, 3)), turned(numbers(2, 3)), numbers(2)),
        sample(numbers(0, 3), numbers(2, 3), numbers(2)),
        sample(numbers(2, 2, 3), numbers(0, 3), numbers(0)),
        sample(numbers(2, 0), numbers(3, 0), numbers(3)),
    ],
    "einsum": [
        sample(numbers(2, 3), numbers(3, 2), inputs=("ij", "jk"), output="ik"),
        sample(backwards(numbers(2, 3)), inputs=("ij",), output="ji"),
        sample(numbers(2, 3), inputs=("ij",), output="j"),
        sample(numbers(2, 3), inputs=("ij",), output=""),
        sample(numbers(3), numbers(2), inputs=("i", "j"), output="ij"),
        sample(numbers(2, 3), numbers(3), numbers(2), inputs=("ij", "j", "i"), output=""),
        sample(numbers(2, 1), numbers(3, 2), inputs=("ij", "jk"), output="ik"),  # sizes of 1 stretch
        sample(numbers(1, 3), numbers(2, 1), inputs=("ij", "ij"), output="i"),
        sample(numbers(), numbers(3), inputs=("", "i"), output="i"),
        sample(numbers(0, 2), numbers(2), inputs=("ij", "j"), output="i"),
        sample(numbers(2, 0), inputs=("ij",), output="i"),
    ],
    "sum": [*reductions(numbers), sample(numbers()), sample(numbers(0, 3), axis=0), sample(numbers(2, 0))],
    "mean": [*reductions(numbers), sample(numbers()), sample(numbers(0, 3), axis=0), sample(numbers(2, 0))],
    "prod": [*reductions(numbers), sample(numbers()), *WITH_ZEROS],
    "cumsum": [
        sample(numbers(4), axis=0),
        sample(backwards(numbers(2, 3)), axis=0),
        sample(turned(numbers(2, 3, 2)), axis=-2),
        sample(numbers(0, 3), axis=0),
    ],
    "norm": [*reductions(numbers), sample(numbers()), sample(1e200 * numbers(2, 3) / 1e200, axis=1)],
    "amax": [*reductions(numbers), sample(numbers())],
    "amin": [*reductions(numbers), sample(numbers())],
    "first_max": [s for s in along_one(numbers) if s.arrays[0].ndim and s.arrays[0].shape[s.params["axis"]]],
    "std": [*reductions(numbers), *reductions(numbers, correction=0)[1:4]],
    "logsumexp": [*reductions(numbers), sample(numbers()), sample(1000 * numbers(2, 3), axis=1)],
    "softmax": along_one(numbers),
    "log_softmax": along_one(numbers),
    "cross_entropy_from_logits": [
        sample(numbers(4, 3), target=np.array([0, 2, 1, 2])),
        sample(backwards(numbers(2, 3)), target=np.array([2, 2])),
        sample(turned(numbers(2, 2, 3)), target=np.array([[0, 1], [2, 0]])),
        sample(numbers(3), target=np.array(1)),
        sample(numbers(0, 3), target=np.zeros(0, np.int64)),
        sample(numbers(2, 1), target=np.array([0, 0])),
    ],
    "binary_cross_entropy_from_logits": binary(numbers, unit),
    "binary_cross_entropy": binary(unit, unit),
    "reshape": [
        sample(numbers(2, 3), shape=(3, 2)),
        sample(turned(numbers(2, 3)), shape=(-1,)),
        sample(backwards(numbers(4)), shape=(2, 1, 2)),
        sample(numbers(), shape=(1, 1)),
        sample(numbers(0, 3), shape=(2, 0)),
        sample(numbers(1), shape=()),
    ],
    "transpose": [
        sample(numbers(2, 3), axes=(1, 0)),
        sample(backwards(numbers(2, 3, 4)), axes=(2, 0, 1)),
        sample(numbers(2, 3, 1), axes=(-1, -3, -2)),
        sample(numbers(), axes=()),
        sample(numbers(0, 3), axes=(1, 0)),
    ],
    "broadcast_to": [
        sample(numbers(3), shape=(2, 3)),
        sample(backwards(numbers(2, 1)), shape=(2, 3)),
        sample(numbers(), shape=(2, 2)),
        sample(numbers(2, 1, 3), shape=(2, 2, 2, 3)),
        sample(numbers(1), shape=(0,)),
        sample(numbers(0, 1), shape=(2, 0, 3)),
    ],
    "getitem": [
        *(sample(numbers(4, 3), index=index) for index in INDICES),
        sample(backwards(numbers(4, 3)), index=(np.array([0, 0]), slice(None))),
        sample(numbers(), index=()),
        sample(numbers(0, 3), index=(slice(None), np.array([1, 1]))),
    ],
    "setitem_add": [
        *(sample(numbers(*np.zeros((4, 3))[index].shape), shape=(4, 3), index=index) for index in INDICES),
        sample(turned(numbers(2, 3)), shape=(4, 3), index=np.array([1, 1])),
    ],
    "take_along_axis": [
        sample(numbers(4, 5), indices=ALONG, axis=1),
        sample(backwards(numbers(5, 3)), indices=ALONG, axis=-2),
        sample(numbers(4, 5), indices=ALONG[:, :0], axis=-1),
    ],
    "add_along_axis": [
        sample(numbers(4, 3), shape=(4, 5), indices=ALONG, axis=1),
        sample(backwards(numbers(4, 3)), shape=(5, 3), indices=ALONG, axis=-2),
        sample(numbers(4, 0), shape=(4, 5), indices=ALONG[:, :0], axis=-1),
    ],
    "windows": [
        sample(numbers(4, 2, 5, 3), kernel=(2, 3), stride=(1, 1), dilation=(1, 1)),
        sample(backwards(numbers(5, 1, 6, 2)), kernel=(2, 2), stride=(2, 1), dilation=(1, 2)),
        sample(turned(numbers(3, 2, 3, 1)), kernel=(3, 3), stride=(1, 2), dilation=(1, 1)),
        sample(numbers(2, 3, 2, 0), kernel=(1, 2), stride=(1, 1), dilation=(1, 1)),
    ],
    "windows_add": [
        sample(numbers(3, 2, 2, 3, 3, 2), size=(4, 5), stride=(1, 1), dilation=(1, 1)),
        sample(backwards(numbers(2, 1, 2, 2, 4, 2)), size=(5, 6), stride=(2, 1), dilation=(1, 2)),
        sample(numbers(2, 1, 2, 2, 2, 1), size=(3, 3), stride=(1, 1), dilation=(1, 1)),
        sample(numbers(2, 1, 1, 2, 1, 0), size=(2, 2), stride=(1, 1), dilation=(1, 1)),
    ],
    "convolve": [
        sample(numbers(4, 2, 5, 3), numbers(1, 3, 2, 2, 3), stride=(1, 1), dilation=(1, 1)),
        sample(backwards(numbers(5, 4, 4, 1)), turned(numbers(2, 1, 2, 2, 2)), stride=(2, 1), dilation=(1, 2)),
        sample(numbers(2, 1, 2, 0), numbers(1, 1, 1, 2, 1), stride=(1, 1), dilation=(1, 1)),
    ],
    "convolve_image": [
        sample(numbers(3, 3, 3, 2), numbers(1, 3, 2, 2, 3), size=(4, 5), stride=(1, 1), dilation=(1, 1)),
        sample(turned(numbers(2, 2, 2, 1)), numbers(2, 1, 1, 2, 2), size=(5, 4), stride=(2, 1), dilation=(1, 2)),
        sample(numbers(1, 1, 2, 0), numbers(1, 1, 1, 2, 1), size=(2, 2), stride=(1, 1), dilation=(1, 1)),
    ],
    "convolve_weight": [
        sample(numbers(4, 2, 5, 2), numbers(3, 3, 3, 2), kernel=(2, 3), groups=1, stride=(1, 1), dilation=(1, 1)),
        sample(
            numbers(5, 2, 4, 1), turned(numbers(2, 2, 2, 1)), kernel=(2, 2), groups=2, stride=(2, 1), dilation=(1, 2)
        ),
        sample(numbers(3, 1, 3, 1), numbers(2, 2, 2, 1), kernel=(2, 2), groups=1, stride=(1, 1), dilation=(1, 1)),
        sample(numbers(2, 1, 2, 0), numbers(1, 1, 2, 0), kernel=(2, 1), groups=1, stride=(1, 1), dilation=(1, 1)),
    ],
    "cat": [
        sample(numbers(2, 3), numbers(1, 3)),
        sample(backwards(numbers(2, 1)), turned(numbers(2, 3)), numbers(2, 2), axis=-1),
        sample(numbers(2, 3, 1), numbers(2, 1, 1), axis=1),
        sample(numbers(0, 3), numbers(2, 3), axis=0),
        sample(numbers(3)),
        sample(numbers(3), call=lambda cat, x: cat(x, x)),
    ],
}

DIMS = [  # (shape, dim) for functions that take PyTorch's dim
    ((2, 3, 2), None),
    ((2, 3, 2), 1),
    ((2, 3, 2), (0, -1)),
    ((2, 3), [1]),
    ((), 0),
    ((0, 3), -1),
]


def over_dims(dims=DIMS, draw=numbers, **params):
    """Samples for a function with dim and keepdim."""
    return [
        *(sample(draw(*shape), dim=dim, **params) for shape, dim in dims),
        sample(backwards(draw(2, 3)), dim=1, keepdim=True, **params),
        sample(turned(draw(2, 3)), axis=0, keepdims=True, **params),  # NumPy's words
    ]


ONE_DIM = [((2, 3), 0), ((2, 3, 2), -2), ((), -1), ((0, 3), 1)]
ALONG_ONE = [sample(numbers(*shape), dim=dim) for shape, dim in ONE_DIM]
EXPANDED = [
    sample(numbers(3, 1), call=lambda f, x: f(x, 2, 3, 4)),
    sample(numbers(3, 1), call=lambda f, x: f(x, (-1, 2))),
    sample(numbers(), call=lambda f, x: f(x, (2,))),
    sample(numbers(1, 2), call=lambda f, x: f(x, 0, -1)),
]
RESHAPED = [
    sample(numbers(2, 3), call=lambda f, x: f(x, 3, -1)),
    sample(numbers(0, 3), call=lambda f, x: f(x, (3, 0))),
    sample(numbers(), call=lambda f, x: f(x, 1, 1)),
]
CLAMPED = [
    sample(numbers(2, 3), min=-0.5, max=0.5),
    sample(backwards(numbers(2, 3)), min=0.1),
    sample(numbers(3), max=0),
    sample(numbers(2, 3), numbers(3), call=lambda f, x, low: f(x, low)),
    sample(numbers(2, 3), -unit(3), unit(2, 1), call=lambda f, x, low, high: f(x, min=low, max=high)),
    sample(numbers(0, 3), min=0.0),
]


def equation(text, *shapes):
    """A sample for einsum."""
    return sample(*(numbers(*shape) for shape in shapes), call=lambda f, *xs: f(text, *xs))


TRIANGLES = [
    sample(numbers(3, 4)),
    sample(backwards(numbers(4, 3)), diagonal=1),
    sample(turned(numbers(2, 3, 3)), diagonal=-2),
    sample(numbers(0, 3)),
]
MASK = np.array([[True, False, True], [False, False, True]])

FUNCTIONS = {  # by name in minigrad.functions: what is composed of rows or gives a row PyTorch's signature
    "addmm": [
        sample(numbers(2, 4), numbers(2, 3), numbers(3, 4)),
        sample(numbers(4), numbers(2, 3), numbers(3, 4), beta=0.5, alpha=-2.0),
        sample(numbers(), numbers(2, 0), numbers(0, 3)),
    ],
    "amax": over_dims(),
    "amin": over_dims(),
    "bmm": [sample(numbers(2, 3, 4), numbers(2, 4, 1)), sample(numbers(0, 2, 3), numbers(0, 3, 2))],
    "broadcast_to": EXPANDED,
    "cat": [
        sample(numbers(2, 3), numbers(1, 3), call=lambda f, x, y: f([x, y])),
        sample(numbers(2, 3), numbers(2, 1), call=lambda f, x, y: f((x, y, x), dim=-1)),
    ],
    "chunk": [
        sample(numbers(5, 2), chunks=3),
        sample(numbers(2, 3), chunks=5, dim=-1),
        sample(numbers(0, 2), chunks=2),
    ],
    "clamp": CLAMPED,
    "clip": CLAMPED,
    "cumsum": [sample(numbers(2, 3), dim=-1), sample(numbers(2, 3), axis=0), sample(numbers(), dim=0)],
    "diagonal": [
        sample(numbers(3, 4)),
        sample(numbers(3, 4), offset=2),
        sample(backwards(numbers(4, 3)), offset=-1),
        sample(numbers(2, 3, 3), dim1=-1, dim2=-2),
        sample(turned(numbers(2, 3, 4)), offset=1, dim1=2, dim2=0),
        sample(numbers(2, 3), offset=5),
    ],
    "contiguous": [sample(numbers(2, 3)), sample(turned(numbers(2, 3))), sample(backwards(numbers(4)))],
    "dot": [sample(numbers(3), numbers(3)), sample(numbers(0), numbers(0)), sample(backwards(numbers(3)), numbers(3))],
    "einsum": [
        equation("ij,jk", (2, 3), (3, 2)),
        equation("ba", (2, 3)),
        equation("ii->i", (3, 3)),
        equation("ii", (3, 3)),
        equation("iij->j", (2, 2, 3)),
        equation("iii->i", (2, 2, 2)),
        equation("...ij,...jk->...ik", (2, 2, 3), (3, 2)),
        equation("...ij,...jk", (1, 2, 2), (3, 2, 1)),
        equation("i...,i...->...", (2, 3), (2, 1)),
        equation("...ij->...", (2, 3, 2)),
        equation("...,...->", (2, 3), (3,)),
        equation("ij,ij->j", (3, 2), (1, 2)),
        equation(" i , -> i ", (3,), ()),
        equation("ij,j->i", (0, 3), (3,)),
        equation("ij,ij,ij->i", (2, 3), (2, 3), (2, 3)),
    ],
    "expand": EXPANDED,
    "flatten": [
        sample(numbers(2, 3, 2)),
        sample(numbers(2, 3, 2), start_dim=1),
        sample(numbers(2, 3, 2), end_dim=-2),
        sample(numbers()),
        sample(numbers(2, 0), start_dim=0),
    ],
    "flip": [
        sample(numbers(2, 3), call=lambda f, x: f(x, 0)),
        sample(numbers(2, 3, 2), call=lambda f, x: f(x, (0, -1))),
        sample(turned(numbers(2, 3)), call=lambda f, x: f(x, 1, 0)),
        sample(numbers(0, 2), call=lambda f, x: f(x, 0)),
    ],
    "gather": [
        sample(numbers(4, 5), call=lambda f, x: f(x, 1, mg.tensor(ALONG))),
        sample(backwards(numbers(5, 4)), call=lambda f, x: f(x, -2, mg.tensor(ALONG))),
        sample(numbers(2, 3), call=lambda f, x: f(x, 0, mg.tensor([[1, 0]]))),
        sample(numbers(3), call=lambda f, x: f(x, 0, mg.tensor([2, 2, 0, 1]))),
    ],
    "index_select": [
        sample(numbers(4, 3), call=lambda f, x: f(x, 0, mg.tensor([2, 0, 2]))),
        sample(turned(numbers(2, 3)), call=lambda f, x: f(x, -1, mg.tensor([1]))),
        sample(numbers(2, 3), call=lambda f, x: f(x, 1, mg.tensor(2))),
        sample(numbers(2, 3), call=lambda f, x: f(x, 1, np.array([], np.int64))),
    ],
    "leaky_relu": [*unary(numbers), sample(numbers(2, 3), negative_slope=0.3)],
    "linear": [
        sample(numbers(4, 3), numbers(2, 3), numbers(2)),
        sample(numbers(4, 3), numbers(2, 3)),
        sample(numbers(3), numbers(2, 3)),
        sample(numbers(2, 1, 3), numbers(2, 3)),
    ],
    "log_softmax": ALONG_ONE,
    "logsumexp": over_dims(DIMS[1:]),
    "matmul": [
        sample(numbers(3), numbers(3)),
        sample(numbers(3), numbers(3, 2)),
        sample(numbers(2, 3), numbers(3)),
        sample(numbers(2, 2, 3), numbers(3)),
        sample(numbers(3), numbers(2, 3, 2)),
        sample(turned(numbers(2, 3)), numbers(2, 3, 2)),
        sample(numbers(0), numbers(0)),
        sample(numbers(2, 0), numbers(0)),
    ],
    "masked_fill": [
        sample(numbers(2, 3), call=lambda f, x: f(x, mg.tensor(MASK), -2.0)),
        sample(numbers(2, 3), numbers(), call=lambda f, x, v: f(x, mg.tensor(MASK[0]), v)),
        sample(numbers(), call=lambda f, x: f(x, mg.tensor(True), 0)),
    ],
    "masked_select": [
        sample(numbers(2, 3), call=lambda f, x: f(x, mg.tensor(MASK))),
        sample(numbers(3), call=lambda f, x: f(x, mg.tensor(MASK))),
        sample(backwards(numbers(2, 3)), call=lambda f, x: f(x, mg.tensor([[True], [False]]))),
        sample(numbers(2, 3), call=lambda f, x: f(x, mg.tensor(False))),
    ],
    "max": [*over_dims([((2, 3), None), *ONE_DIM[:3]]), sample(numbers(2, 3), numbers(3))],
    "mean": over_dims(),
    "min": [*over_dims([((2, 3), None), *ONE_DIM[:3]]), sample(numbers(2, 3), numbers(3))],
    "mm": [sample(numbers(2, 3), numbers(3, 2)), sample(numbers(0, 3), numbers(3, 2))],
    "movedim": [
        sample(numbers(2, 3, 4), source=0, destination=-1),
        sample(numbers(2, 3, 4), source=(0, 1), destination=(-1, 0)),
    ],
    "mv": [sample(numbers(2, 3), numbers(3)), sample(numbers(2, 0), numbers(0))],
    "narrow": [
        sample(numbers(4, 3), dim=0, start=1, length=2),
        sample(backwards(numbers(2, 5)), dim=-1, start=-3, length=2),
        sample(numbers(3), dim=0, start=3, length=0),
    ],
    "norm": [
        *over_dims(),
        *over_dims(DIMS[:4], p=1),
        *over_dims(DIMS[:4], p=3),
        *over_dims(DIMS[:4], p=0.5),
        *over_dims(DIMS[:4], p=float("inf")),
        *over_dims(DIMS[:4], p=-float("inf")),
        sample(numbers(2, 3), p="fro"),
    ],
    "outer": [
        sample(numbers(2), numbers(3)),
        sample(backwards(numbers(3)), numbers(1)),
        sample(numbers(0), numbers(2)),
    ],
    "permute": [
        sample(numbers(2, 3, 4), call=lambda f, x: f(x, 2, 0, 1)),
        sample(numbers(2, 3), call=lambda f, x: f(x, (-1, 0))),
        sample(numbers(), call=lambda f, x: f(x, ())),
    ],
    "prod": over_dims(),
    "reciprocal": unary(numbers),
    "repeat": [
        sample(numbers(2, 3), call=lambda f, x: f(x, 2, 3)),
        sample(backwards(numbers(3)), call=lambda f, x: f(x, (2, 1, 2))),
        sample(numbers(), call=lambda f, x: f(x, 3)),
        sample(numbers(2), call=lambda f, x: f(x, 0)),
    ],
    "reshape": RESHAPED,
    "reshape_as": [sample(numbers(2, 3), call=lambda f, x: f(x, mg.zeros(3, 2)))],
    "rsqrt": unary(positive),
    "scatter_add": [
        sample(numbers(4, 5), numbers(4, 3), call=lambda f, x, s: f(x, 1, mg.tensor(ALONG), s)),
        sample(backwards(numbers(5, 4)), numbers(5, 4), call=lambda f, x, s: f(x, 0, mg.tensor(ALONG), s)),
        sample(numbers(3), numbers(4), call=lambda f, x, s: f(x, 0, mg.tensor([2, 2, 0]), s)),
    ],
    "softmax": ALONG_ONE,
    "sort": [
        sample(numbers(2, 3)),
        sample(turned(numbers(3, 2)), dim=0, descending=True),
        sample(numbers(), dim=0),
        sample(numbers(0, 3), dim=0),
    ],
    "split": [
        sample(numbers(5, 2), split_size_or_sections=2),
        sample(numbers(2, 5), split_size_or_sections=[1, 0, 4], dim=-1),
        sample(numbers(0, 2), split_size_or_sections=2),
    ],
    "squeeze": [
        sample(numbers(1, 3, 1)),
        sample(numbers(1, 3, 1), dim=-1),
        sample(numbers(1, 3, 1), dim=(0, 1)),
        sample(numbers(), dim=0),
    ],
    "stack": [
        sample(numbers(2, 3), numbers(2, 3), call=lambda f, x, y: f([x, y])),
        sample(numbers(2, 3), numbers(2, 3), call=lambda f, x, y: f([x, y, x], dim=-1)),
        sample(numbers(), numbers(), call=lambda f, x, y: f((x, y))),
        sample(numbers(0, 2), call=lambda f, x: f([x, x], 1)),
    ],
    "std": [*over_dims(DIMS[:4]), *over_dims(DIMS[:4], correction=0)],
    "sum": over_dims(),
    "t": [sample(numbers(2, 3)), sample(numbers(3)), sample(numbers())],
    "topk": [
        sample(numbers(2, 4), k=2),
        sample(backwards(numbers(4, 2)), k=3, dim=0, largest=False),
        sample(numbers(2, 3), k=0),
        sample(numbers(), k=1),
    ],
    "trace": [sample(numbers(3, 3)), sample(turned(numbers(2, 4))), sample(numbers(0, 3))],
    "transpose": [
        sample(numbers(2, 3), dim0=0, dim1=1),
        sample(numbers(2, 3, 4), dim0=-1, dim1=0),
        sample(numbers(2, 3), dim0=1, dim1=-1),
        sample(numbers(), dim0=0, dim1=-1),
    ],
    "tril": TRIANGLES,
    "triu": TRIANGLES,
    "unbind": [sample(numbers(2, 3)), sample(backwards(numbers(2, 3)), dim=-1), sample(numbers(2, 0))],
    "unsqueeze": [sample(numbers(2, 3), dim=-1), sample(numbers(2, 3), dim=0), sample(numbers(), dim=0)],
    "var": [*over_dims(DIMS[:4]), *over_dims(DIMS[:4], correction=0)],
    "view": RESHAPED,
    "view_as": [sample(numbers(2, 3), call=lambda f, x: f(x, mg.zeros(3, 2)))],
}  # fmt: skip
CONSTANTS = {  # no derivative: their results do not require grad
    "all", "any", "argmax", "argmin", "argsort", "ceil", "eq", "floor", "floor_divide", "ge", "gt", "isfinite", "isnan",
    "le", "logical_and", "logical_not", "logical_or", "lt", "ne", "round", "sign", "trunc",
}  # fmt: skip

INNER_CONSTANTS = {"first"}  # rows that only other rows' rules call

TARGETS = np.array([2, 0, 1, 2])
REDUCTIONS = ("mean", "sum", "none")
OF_NUMBERS = [sample(numbers(2, 3), numbers(2, 3), reduction=reduction) for reduction in REDUCTIONS]
WEIGHTED = [
    sample(numbers(2, 3), numbers(2, 3), positive(2, 3), call=lambda f, x, t, w, **how: f(x, t, weight=w, **how), **how)
    for how in ({}, {"reduction": "sum"}, {"reduction": "none"})
]
ERRORS = np.array([[-2.0, -0.6, -0.2], [0.1, 0.7, 1.6]])  # not near 0.4 or 1, where a bend begins
TOGETHER = np.array([[1, -1, 1], [-1, -1, 1]])


def clipped(bend):
    """Samples for a loss of numbers whose slope bends where the option of that name says."""
    return [
        *(sample(np.full((2, 3), 0.3), 0.3 + ERRORS, reduction=reduction) for reduction in REDUCTIONS),
        sample(backwards(ERRORS), np.zeros((2, 3)), **{bend: 0.4}),
        sample(np.array(0.2), np.array(0.1), **{bend: 0.4}),
        sample(numbers(0, 3), numbers(0, 3), reduction="sum"),
    ]


LOSSES = {  # by name in minigrad.nn.functional, where they are not those of FUNCTIONS or ROWS
    "adaptive_avg_pool2d": [
        sample(numbers(1, 2, 5, 4), output_size=(2, 3)),
        sample(backwards(numbers(2, 3, 3)), output_size=1),
        sample(numbers(1, 1, 2, 3), output_size=(None, 5)),
    ],
    "avg_pool1d": [sample(numbers(2, 2, 5), kernel_size=2), sample(numbers(2, 4), kernel_size=3, stride=1, padding=1)],
    "avg_pool2d": [
        sample(numbers(2, 1, 4, 5), kernel_size=2),
        sample(turned(numbers(1, 2, 4, 4)), kernel_size=3, stride=2, padding=1, count_include_pad=False),
        sample(numbers(1, 5, 5), kernel_size=2, stride=2, ceil_mode=True),
    ],
    "conv1d": [
        sample(numbers(2, 2, 5), numbers(3, 2, 2), numbers(3)),
        sample(numbers(2, 6), numbers(2, 1, 3), stride=2, padding=1, groups=2),
    ],
    "conv2d": [
        sample(numbers(2, 2, 4, 4), numbers(3, 2, 2, 3), numbers(3)),
        sample(backwards(numbers(1, 2, 5, 4)), numbers(2, 1, 2, 2), stride=(2, 1), dilation=(1, 2), groups=2),
        sample(numbers(1, 3, 4), numbers(1, 1, 2, 2), padding="same"),
        sample(numbers(0, 1, 3, 3), numbers(2, 1, 2, 2), numbers(2)),
    ],
    "batch_norm": [
        sample(numbers(4, 2), positive(2), numbers(2), call=lambda f, x, w, b: f(x, None, None, w, b, True)),
        sample(turned(numbers(2, 2, 3)), call=lambda f, x: f(x, None, None, training=True, eps=0.1)),
        sample(numbers(2, 2, 2, 2), positive(2), call=lambda f, x, w: f(x, None, None, w, training=True)),
        sample(backwards(numbers(3, 2)), numbers(2), positive(2)),
    ],
    "cosine_similarity": [
        sample(numbers(2, 3), numbers(2, 3)),
        sample(numbers(3), backwards(numbers(2, 3)), dim=-1),
        sample(numbers(2, 0), numbers(2, 0)),
    ],
    "elu": [*unary(numbers), sample(numbers(2, 3), alpha=0.5)],
    "embedding": [
        sample(numbers(4, 2), call=lambda f, w: f(mg.tensor([[1, 1], [3, 0]]), w)),
        sample(turned(numbers(4, 2)), call=lambda f, w: f(mg.tensor([1, 1, 3]), w, 0)),
        sample(numbers(4, 2), call=lambda f, w: f(mg.tensor(2), w)),
        sample(numbers(2, 2), call=lambda f, w: f(np.zeros((0, 3), int), w)),
    ],
    "gelu": [*unary(numbers), sample(numbers(2, 3), approximate="tanh")],
    "hardtanh": [*unary(lambda *shape: numbers(*shape) * 0.6), sample(numbers(2, 3), min_val=-0.1, max_val=2.0)],
    "layer_norm": [
        sample(numbers(3, 4), numbers(4), numbers(4), call=lambda f, x, w, b: f(x, 4, w, b)),
        sample(turned(numbers(2, 2, 3)), numbers(2, 3), call=lambda f, x, w: f(x, (2, 3), w, eps=0.1)),
        sample(backwards(numbers(2, 3)), normalized_shape=[3]),
        sample(numbers(0, 3), normalized_shape=3),
    ],
    "leaky_relu": [*unary(numbers), sample(numbers(2, 3), negative_slope=0.3, inplace=True)],
    "logsigmoid": unary(numbers),
    "normalize": [
        sample(numbers(2, 3)),
        sample(backwards(numbers(2, 3)), p=1, dim=0),
        sample(numbers(2, 3, 2), p=3.0, dim=-1),
        sample(numbers(2, 3), eps=10.0),
        sample(numbers(2, 0)),
    ],
    "one_hot": [
        sample(numbers(2, 3), call=lambda f, x: f(mg.tensor([0, 2])) * x),
        sample(numbers(3), call=lambda f, x: x @ f(mg.tensor([1, 1, 0]), 4).double()),
    ],
    "pad": [
        sample(numbers(2, 3), pad=(1, 2), value=0.5),
        sample(backwards(numbers(2, 3)), pad=(-1, 1, 0, 2)),
        sample(turned(numbers(1, 3, 4)), pad=(2, 1, 1, 2), mode="reflect"),
        sample(numbers(1, 2, 3), pad=(3, -1), mode="replicate"),
        sample(numbers(2, 3), pad=(2, 3, 1, 0), mode="circular"),
        sample(numbers(0, 2), pad=(1, 1)),
    ],
    "relu": unary(numbers),
    "relu6": [*unary(numbers), sample(8 * numbers(2, 3))],
    "selu": unary(numbers),
    "silu": unary(numbers),
    "softplus": [*unary(numbers), sample(numbers(2, 3), beta=2.0, threshold=0.1)],
    "softsign": unary(numbers),
    "max_pool1d": [sample(numbers(2, 2, 5), kernel_size=2), sample(numbers(1, 6), kernel_size=3, stride=1, padding=1)],
    "max_pool2d": [
        sample(numbers(2, 1, 4, 5), kernel_size=2),
        sample(turned(numbers(1, 2, 4, 4)), kernel_size=3, stride=2, padding=1, ceil_mode=True),
        sample(numbers(1, 5, 5), kernel_size=2, stride=1, dilation=2),
    ],
    "binary_cross_entropy": [
        *(sample(unit(2, 3), unit(2, 3), reduction=reduction) for reduction in ("mean", "sum", "none")),
        sample(unit(4), np.array([0, 1, 1, 0])),
        sample(unit(2, 3), unit(2, 3), positive(3)),
        sample(unit(), unit()),
    ],
    "binary_cross_entropy_with_logits": [
        *(sample(numbers(2, 3), unit(2, 3), reduction=reduction) for reduction in ("mean", "sum", "none")),
        sample(backwards(numbers(4)), np.array([0, 1, 1, 0])),
        sample(numbers(2, 3), unit(2, 3), positive(3), pos_weight=mg.tensor([0.5, 1.0, 3.0])),
        sample(numbers(), unit()),
    ],
    "cross_entropy": [
        *(sample(numbers(4, 3), TARGETS, reduction=reduction) for reduction in ("mean", "sum", "none")),
        sample(turned(numbers(4, 3)), TARGETS, label_smoothing=0.1),
        sample(numbers(4, 3), TARGETS, ignore_index=0),
        sample(numbers(4, 3), TARGETS, positive(3)),
        sample(numbers(2, 3, 2), np.array([[0, 1], [2, 2]])),
        sample(numbers(3), np.array(1)),
        sample(numbers(2, 3), unit(2, 3)),
        sample(numbers(0, 3), TARGETS[:0], reduction="sum"),
    ],
    "dropout": [
        sample(numbers(3, 4), call=lambda f, x: f(x, 0.5, generator=mg.Generator(0))),
        sample(numbers(3), training=False),
        sample(numbers(0, 3)),
    ],
    "l1_loss": OF_NUMBERS + WEIGHTED,
    "mse_loss": OF_NUMBERS + WEIGHTED,
    "nll_loss": [
        *(sample(numbers(4, 3), TARGETS, reduction=reduction) for reduction in ("mean", "sum", "none")),
        sample(numbers(4, 3), TARGETS, positive(3), ignore_index=2),
        sample(numbers(2, 3, 2), np.array([[0, 1], [2, 2]])),
        sample(numbers(3), np.array(1)),
    ],
    "smooth_l1_loss": [*clipped("beta"), sample(0.3 + ERRORS, np.full((2, 3), 0.3), beta=0)],
    "huber_loss": [
        *clipped("delta"),
        sample(ERRORS, np.zeros((2, 3)), positive(2, 3), call=lambda f, x, t, w: f(x, t, weight=w)),
    ],
    "hinge_embedding_loss": [
        *(sample(ERRORS + 0.5, TOGETHER, reduction=reduction) for reduction in REDUCTIONS),
        sample(backwards(ERRORS), TOGETHER, margin=0.4),
    ],
    "kl_div": [
        *(sample(-positive(2, 3), unit(2, 3), reduction=reduction) for reduction in ("batchmean", "sum", "none")),
        sample(turned(-positive(2, 3)), -positive(2, 3), reduction="batchmean", log_target=True),
        sample(-positive(2, 1), unit(2, 1)),
        sample(-positive(3), call=lambda f, x: f(x, mg.tensor([0.0, 1.0, 0.0]), reduction="sum")),
        sample(-positive(), unit(), reduction="batchmean"),
    ],
    "focal_loss": [
        *(sample(numbers(2, 3), unit(2, 3), reduction=reduction) for reduction in REDUCTIONS),
        sample(backwards(numbers(2, 3)), unit(2, 3), alpha=0.25, gamma=0.5),
        sample(numbers(2, 3), np.array([[0, 1, 1], [1, 0, 0]]), unit(3), gamma=0.0),
        sample(1e3 * numbers(3), np.array([0, 1, 1])),
        *(sample(numbers(4, 3), TARGETS, reduction=reduction) for reduction in REDUCTIONS),
        sample(turned(numbers(4, 3)), TARGETS, positive(3), gamma=0.5),
        sample(numbers(2, 3, 2), np.array([[0, 1], [2, 2]]), gamma=3.0),
        sample(numbers(3), np.array(1)),
        sample(numbers(0, 3), TARGETS[:0], reduction="sum"),
    ],
    "l1_penalty": [
        sample(numbers(2, 3), numbers(2), numbers(), call=lambda f, *thetas: f(thetas, 0.3)),
        sample(numbers(2, 3)),
    ],
    "l2_penalty": [
        sample(numbers(2, 3), numbers(2), numbers(), call=lambda f, *thetas: f(thetas, 0.3)),
        sample(backwards(numbers(2, 3))),
    ],
}
