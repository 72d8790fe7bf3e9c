"""NumPy's functions, called with tensors: the same numbers as with arrays, recorded, and right to second order."""

import numpy as np
import pytest
from samples import CONSTANTS, ROWS, numbers, positive, sample

import minigrad as mg
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.table import NUMPY

CALLS = {  # where the signature is not that of a row
    np.all: [sample(numbers(2, 3), axis=1)],
    np.amax: [sample(numbers(2, 3), axis=1, keepdims=True)],
    np.amin: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=0)],
    np.any: [sample(numbers(2, 3), axis=(0, 1), keepdims=True)],
    np.argmax: [sample(numbers(2, 3), axis=1), sample(numbers(2, 3))],
    np.argmin: [sample(numbers(2, 3), axis=-1), sample(numbers(2, 3))],
    np.argsort: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=0), sample(numbers(2, 3), axis=None)],
    np.around: [sample(numbers(2, 3), decimals=1)],
    np.array_split: [
        sample(numbers(5, 2), call=lambda f, x: f(x, 3)),
        sample(numbers(2, 3), call=lambda f, x: f(x, np.int64(5), axis=1)),
        sample(numbers(2, 5), call=lambda f, x: f(x, [1, 3], axis=1)),
    ],
    np.broadcast_to: [sample(numbers(3), shape=(2, 3), call=lambda f, x, shape: f(x, shape))],
    np.clip: [sample(numbers(2, 3), call=lambda f, x: f(x, -0.5, 0.5))],
    np.concatenate: [sample(numbers(2, 3), numbers(2, 1), call=lambda f, x, y: f([x, y], axis=1))],
    np.cumsum: [sample(numbers(2, 3), axis=1), sample(numbers(2, 3))],
    np.diagonal: [sample(numbers(3, 4)), sample(numbers(2, 3, 3), offset=1, axis1=1, axis2=2)],
    np.dot: [
        sample(numbers(3), numbers(3)),
        sample(numbers(2, 3), numbers(3, 2)),
        sample(numbers(2, 3), call=lambda f, x: f(x, 2.0)),
    ],
    np.einsum: [sample(numbers(2, 3), numbers(3, 2), call=lambda f, x, y: f("ij,jk->ki", x, y))],
    np.expand_dims: [sample(numbers(2, 3), axis=1)],
    np.flip: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=1), sample(numbers(2, 3), axis=(0, 1))],
    np.linalg.norm: [
        sample(numbers(2, 3)),
        sample(numbers(3), ord=1),
        sample(numbers(2, 3), ord=np.inf, axis=1, keepdims=True),
    ],
    np.matmul: [sample(numbers(2, 3), numbers(3)), sample(numbers(2, 2, 3), numbers(3, 2))],
    np.max: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=1), sample(numbers(2, 3), axis=(0, 1), keepdims=True)],
    np.mean: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=(0, 1)), sample(numbers(2, 3), axis=1, keepdims=True)],
    np.min: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=0)],
    np.moveaxis: [sample(numbers(2, 3, 4), source=0, destination=2)],
    np.outer: [sample(numbers(2), numbers(3)), sample(numbers(2, 2), numbers(3))],
    np.prod: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=1, keepdims=True)],
    np.ravel: [sample(numbers(2, 3))],
    np.reciprocal: [sample(numbers(2, 3))],
    np.reshape: [sample(numbers(2, 3), call=lambda f, x: f(x, (3, -1)))],
    np.rint: [sample(numbers(2, 3)), sample(np.array([-1.5, -0.5, 0.5, 1.5, 2.5]))],
    np.round: [sample(numbers(2, 3)), sample(numbers(2, 3), decimals=1)],
    np.sort: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=0), sample(numbers(2, 3), axis=None)],
    np.split: [
        sample(numbers(4, 3), call=lambda f, x: f(x, 2)),
        sample(numbers(4, 3), call=lambda f, x: f(x, np.int64(2))),
        sample(numbers(2, 5), call=lambda f, x: f(x, [1, 3], axis=1)),
    ],
    np.squeeze: [sample(numbers(1, 3, 1)), sample(numbers(1, 3, 1), axis=2)],
    np.stack: [sample(numbers(2, 3), numbers(2, 3), call=lambda f, x, y: f([x, y], axis=1))],
    np.std: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=1, ddof=1, keepdims=True)],
    np.sum: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=(0, 1)), sample(numbers(2, 3), axis=0, keepdims=True)],
    np.swapaxes: [sample(numbers(2, 3, 4), call=lambda f, x: f(x, 0, 2))],
    np.take: [
        sample(numbers(2, 3), indices=np.array([[2, 0], [-1, 2]]), axis=1),
        sample(numbers(2, 3), indices=[5, 0, 0]),
        sample(numbers(2, 3), indices=1, axis=-1),
    ],
    np.take_along_axis: [
        sample(numbers(2, 3), indices=np.array([[2, 0], [-1, 2]]), axis=1),
        sample(numbers(2, 3), indices=np.array([[1], [0]]), axis=-1),
        sample(numbers(2, 3), indices=np.array([[1, 1, 0]]), axis=0),
        sample(numbers(1, 3), indices=np.array([[2, 0], [1, 2]]), axis=1),
        sample(numbers(2, 3), indices=np.array([5, 0, 0]), axis=None),
    ],
    np.tile: [sample(numbers(2, 3), reps=2), sample(numbers(3), reps=(2, 2))],
    np.trace: [sample(numbers(3, 3)), sample(numbers(2, 3, 3), offset=1, axis1=1, axis2=2)],
    np.transpose: [sample(numbers(2, 3, 4)), sample(numbers(2, 3, 4), call=lambda f, x: f(x, (1, 2, 0)))],
    np.tril: [sample(numbers(3, 3)), sample(numbers(3, 4), k=1)],
    np.triu: [sample(numbers(3, 3)), sample(numbers(3, 4), k=-1)],
    np.var: [sample(numbers(2, 3)), sample(numbers(2, 3), axis=0, ddof=1)],
    np.where: [sample(np.array([True, False, True]), numbers(2, 3), numbers(3))],
}
if hasattr(np, "unstack"):  # from NumPy 2.1 on
    CALLS[np.unstack] = [sample(numbers(2, 3)), sample(numbers(2, 3), axis=-1)]
ONLY_SHAPES = [np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.full_like]

BY_ROW = {function: ours.primitive.name for function, ours in NUMPY.items() if hasattr(ours, "primitive")}
ANY_NUMBERS = {1: [sample(numbers(2, 3))], 2: [sample(positive(2, 3), numbers(3))]}
SAMPLES = {
    **{f: ROWS[name][:4] if name in ROWS else ANY_NUMBERS[f.nin] for f, name in BY_ROW.items()},
    **CALLS,
}


def is_constant(function):
    return (BY_ROW.get(function) or NUMPY[function].__name__.removeprefix("_")) in CONSTANTS


def each(functions):
    """For each sample of each function."""
    params = [pytest.param(f, s, id=f"np.{f.__name__} {i}") for f in functions for i, s in enumerate(SAMPLES[f])]
    return pytest.mark.parametrize(("function", "sample"), params)


def several(result):
    return list(result) if isinstance(result, tuple | list) else [result]


def test_every_numpy_function_that_is_known_has_samples():
    assert SAMPLES.keys() | set(ONLY_SHAPES) == NUMPY.keys()


@each(SAMPLES)
def test_numpy_gives_tensors_the_numbers_that_it_gives_arrays(function, sample):
    expected = several(sample.of(function)(*sample.arrays))

    found = several(sample.of(function)(*sample.tensors()))

    assert all(isinstance(y, mg.Tensor) for y in found)
    for y, array in zip(found, expected, strict=True):
        assert y.shape == np.shape(array)
        np.testing.assert_allclose(y.detach().numpy(), array, rtol=1e-14)


@each(SAMPLES)
def test_numpy_records_what_it_is_given(function, sample):
    found = several(sample.of(function)(*sample.tensors()))

    assert [y.requires_grad for y in found] == [not is_constant(function)] * len(found)


@each(f for f in SAMPLES if not is_constant(f))
def test_gradients_through_numpy_agree_with_differences_to_second_order(function, sample):
    assert gradcheck(sample.of(function), sample.tensors())
    assert gradgradcheck(sample.of(function), sample.tensors())


@pytest.mark.parametrize("function", ONLY_SHAPES, ids=lambda f: f.__name__)
def test_what_asks_only_for_shapes_is_answered_without_gradient(function):
    x = mg.tensor([[1.0, 2.0, 3.0]], requires_grad=True)
    more = (7.0,) if function is np.full_like else ()

    answer, expected = function(x, *more), function(x.detach().numpy(), *more)

    np.testing.assert_array_equal(np.asarray(answer), expected)
    assert not getattr(answer, "requires_grad", False)
