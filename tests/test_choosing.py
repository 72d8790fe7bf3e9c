"""Choosing by index, mask and order, reshaping and multiplying: what is refused, and in which words."""

import numpy as np
import pytest

import minigrad as mg

X = mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
INTS = mg.tensor([0, 1])


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: mg.gather(X, 1, X), TypeError, r"gather: index must hold integers, but is .*float32.*\.long\(\)"),
        (lambda: mg.gather(X, 1, mg.tensor([[0, 3]])), IndexError, r"gather: index 3 is out of range; .*\[0, 2\]"),
        (lambda: mg.gather(X, 0, mg.tensor([[-1]])), IndexError, r"gather: index -1 is out of range"),
        (lambda: mg.gather(X, 0, INTS), ValueError, r"gather: index .* must have as many dims as input"),
        (lambda: mg.gather(X, 0, mg.zeros(1, 4).long()), ValueError, r"gather: .* in none but dim 0 be larger"),
        (lambda: mg.gather(X, 2, INTS), IndexError, r"gather: dim 2 is out of range"),
        (lambda: mg.scatter_add(X, 1, INTS.reshape(1, 2), X[:, :1]), ValueError, r"scatter_add: .* as large as index"),
        (lambda: mg.index_select(X, 0, mg.tensor([2])), IndexError, r"index_select: index 2 is out of range"),
        (lambda: mg.index_select(X, 0, mg.tensor([[0]])), ValueError, r"index_select: index must be a vector.*gather"),
        (lambda: mg.masked_fill(X, X, 0.0), TypeError, r"masked_fill: mask must hold bools, but is .*float32"),
        (lambda: mg.masked_fill(X, X > 0, [1.0, 2.0, 3.0]), ValueError, r"masked_fill: value must be one number"),
        (lambda: mg.masked_select(X, [True]), TypeError, r"masked_select: mask must hold bools"),
        (lambda: mg.masked_select(X, mg.tensor([True, False])), ValueError, r"broadcast"),
        (lambda: mg.diagonal(X, 0, 1, -1), ValueError, r"diagonal: expected two different dims"),
        (lambda: mg.tril(X[0]), ValueError, r"tril: expected matrices.*\(3,\)"),
        (lambda: mg.triu(X[0]), ValueError, r"triu: expected matrices"),
        (lambda: mg.topk(X, 4), ValueError, r"topk: k must be in \[0, 3\], the size of dim -1, but got 4"),
        (lambda: mg.topk(X, -1), ValueError, r"topk: k must be in \[0, 3\]"),
        (lambda: mg.sort(X, 2), IndexError, r"argsort: dim 2 is out of range"),
        (lambda: mg.cumsum(X, 2), IndexError, r"cumsum: dim 2 is out of range"),
        (lambda: mg.norm(X, p="nuc"), ValueError, r"norm: p must be a number, or \"fro\""),
        (lambda: mg.norm(INTS), TypeError, r"norm: .*convert it first with \.float\(\)"),
        (lambda: mg.chunk(X, 0), ValueError, r"chunk: the number of pieces must be at least 1, but got 0"),
        (lambda: mg.unbind(mg.tensor(1.0)), ValueError, r"unbind: .* has no dimension to take apart"),
        (lambda: mg.narrow(X, 1, 2, 2), IndexError, r"narrow: from 2 on there are not 2 of the 3 along dim 1"),
        (lambda: mg.narrow(X, 1, -4, 1), IndexError, r"narrow: .*start must be in \[-3, 3\]"),
        (lambda: mg.flip(X, 0, -2), ValueError, r"flip: a dim occurs twice"),
        (lambda: X.repeat(2), ValueError, r"repeat: .* needs at least 2 numbers"),
        (lambda: X.repeat(2, -1), ValueError, r"repeat: .*none of them negative"),
        (lambda: mg.movedim(X, 0, (0, 1)), ValueError, r"movedim: 0 and \(0, 1\) must name equally many dims"),
        (lambda: mg.movedim(X, (0, 0), (0, 1)), ValueError, r"movedim: a dim occurs twice"),
        (lambda: mg.mv(X, X), ValueError, r"mv: expected a matrix and a vector"),
        (lambda: mg.bmm(X, X), ValueError, r"bmm: expected \(b, n, m\) and \(b, m, p\).*matmul\(\) broadcasts"),
        (lambda: mg.outer(X, X), ValueError, r"outer: expected two vectors"),
        (lambda: mg.addmm(X, X, X), ValueError, r"matmul: the last size of the left"),
        (lambda: mg.trace(X[0]), ValueError, r"trace: expected a matrix"),
        (lambda: np.linalg.norm(X, ord=1), TypeError, r"np\.linalg\.norm: matrix norms other than the Frobenius"),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_with_the_way_out(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_index_changed_later_does_not_change_the_gradient():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    index = np.array([0, 0, 2])
    y = mg.gather(x, 0, index).sum() + mg.index_select(x, 0, index).sum()

    index[:] = 1
    y.backward()

    assert x.grad.tolist() == [4.0, 0.0, 2.0]


def test_a_mask_changed_later_does_not_change_the_gradient():
    x = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)
    mask = np.array([True, False, True])
    y = mg.masked_select(x, mask).sum()

    mask[:] = False
    y.backward()

    assert x.grad.tolist() == [1.0, 0.0, 1.0]


@pytest.mark.parametrize("descending", [False, True])
def test_sorting_is_stable_in_both_directions(descending):
    x = mg.tensor([2.0, 1.0, 2.0, 1.0])

    assert mg.sort(x, descending=descending).indices.tolist() == ([0, 2, 1, 3] if descending else [1, 3, 0, 2])


def test_nan_counts_as_the_largest_number():
    x = mg.tensor([1.0, float("nan"), 2.0])

    assert mg.argsort(x).tolist() == [0, 2, 1]
    assert mg.argsort(x, descending=True).tolist() == [1, 2, 0]


def test_the_length_of_huge_and_of_tiny_vectors_is_exact():
    x = mg.tensor([[3e30, 4e30], [3e-30, 4e-30], [0.0, 0.0]])

    np.testing.assert_allclose(mg.norm(x, dim=1).tolist(), [5e30, 5e-30, 0.0], rtol=1e-6)


@pytest.mark.parametrize("name", ["floor", "ceil", "trunc", "round"])
@pytest.mark.parametrize("dtype", [mg.int64, mg.uint8])
def test_rounding_leaves_integers_as_they_are(name, dtype):
    x = mg.tensor([1, 2, 3], dtype=dtype)

    y = getattr(mg, name)(x)

    assert (y.dtype, y.tolist()) == (dtype, [1, 2, 3])


@pytest.mark.parametrize("name", ["erf", "log2", "sinh", "atan"])
def test_functions_of_integers_compute_in_the_default_dtype(name):
    assert getattr(mg, name)(mg.tensor([1, 2])).dtype == mg.float32


@pytest.mark.parametrize("name", ["prod", "cumsum"])
@pytest.mark.parametrize("dtype", [mg.bool, mg.uint8, mg.int32])
def test_products_and_running_sums_of_integers_are_int64(name, dtype):
    assert getattr(mg, name)(mg.tensor([1, 1], dtype=dtype), 0).dtype == mg.int64
