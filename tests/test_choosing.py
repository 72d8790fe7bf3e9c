"""Choosing by index, mask and order, reshaping and multiplying: what is refused, and in which words."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.table import TABLE

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
        (lambda: mg.masked_fill(X, X > 0, None), ValueError, r"masked_fill: value must be one number, but is NoneType"),
        (lambda: mg.masked_fill(INTS, INTS > 0, 1.5), TypeError, r"masked_fill: int64 \(2,\) cannot hold 1\.5; conver"),
        (lambda: mg.masked_fill(INTS, INTS > 0, np.nan), TypeError, r"masked_fill: int64 \(2,\) cannot hold nan"),
        (lambda: mg.masked_fill(INTS.to(mg.uint8), INTS > 0, -1), TypeError, r"masked_fill: uint8 .* cannot hold -1"),
        (lambda: mg.masked_fill(X, INTS > 0, 0.0), ValueError, r"masked_fill: mask bool \(2,\) does not broadcast wit"),
        (lambda: mg.masked_select(X, mg.tensor([True, False])), ValueError, r"masked_select: mask .* does not broadca"),
        (lambda: mg.index_select(mg.tensor(1.0), 0, INTS * 0), ValueError, r"index_select: from a number only one can"),
        (lambda: mg.scatter_add(X, 0, INTS.reshape(1, 2), X.double()), TypeError, r"scatter_add: .* must have one dty"),
        (lambda: mg.scatter_add(X, 0, INTS.reshape(1, 2), 1.0), TypeError, r"scatter_add: expected a tensor, but got "),
        (lambda: mg.diagonal(X, 1.5), TypeError, r"diagonal: offset must be an integer, but got 1\.5"),
        (lambda: mg.tril(X, 1.5), TypeError, r"tril: diagonal must be an integer, but got 1\.5"),
        (lambda: mg.diagonal(X, 0, 1, -1), ValueError, r"diagonal: expected two different dims"),
        (lambda: mg.tril(X[0]), ValueError, r"tril: expected matrices.*\(3,\)"),
        (lambda: mg.triu(X[0]), ValueError, r"triu: expected matrices"),
        (lambda: mg.topk(X, 4), ValueError, r"topk: k must be in \[0, 3\], the size of dim -1, but got 4"),
        (lambda: mg.topk(X, -1), ValueError, r"topk: k must be in \[0, 3\]"),
        (lambda: mg.topk(X, 1.5), TypeError, r"topk: k must be an integer, but got 1\.5"),
        (lambda: mg.sort(X, None), TypeError, r"sort: dim must be an integer, but got None"),
        (lambda: mg.sort(mg.tensor(1.0), 1), IndexError, r"sort: dim 1 is out of range for float32 \(\)"),
        (lambda: mg.cumsum(mg.tensor(1.0), 1), IndexError, r"cumsum: dim 1 is out of range for float32 \(\)"),
        (lambda: mg.sort(X, 2), IndexError, r"sort: dim 2 is out of range"),
        (lambda: mg.cumsum(X, 2), IndexError, r"cumsum: dim 2 is out of range"),
        (lambda: mg.norm(X, p="nuc"), ValueError, r"norm: p must be a number, or \"fro\""),
        (lambda: mg.norm(INTS), TypeError, r"norm: .*convert it first with \.float\(\)"),
        (lambda: mg.norm(X[:, :0], p=-1, dim=1), ValueError, r"norm: float32 \(2, 0\) has nothing to choose from alon"),
        (lambda: mg.chunk(X, 1.5), TypeError, r"chunk: the number of pieces must be an integer, but got 1\.5"),
        (lambda: mg.chunk(mg.tensor(1.0), 2), ValueError, r"chunk: float32 \(\) has no dimension to cut along; reshap"),
        (lambda: mg.narrow(X, 0, 0.5, 1), TypeError, r"narrow: start must be an integer, but got 0\.5"),
        (lambda: mg.flip(X, None), TypeError, r"flip: dim must be an integer, but got None"),
        (lambda: X.repeat(2, 1.5), TypeError, r"repeat: each number must be an integer, but got 1\.5"),
        (lambda: mg.movedim(X, None, None), TypeError, r"movedim: dim must be an integer, but got None"),
        (lambda: mg.mv(X, None), ValueError, r"mv: expected a matrix and a vector, but got float32 \(2, 3\) and NoneT"),
        (lambda: mg.addmm(X[0].double(), X, X.T), TypeError, r"addmm: all inputs must have one dtype, .*float64 and f"),
        (lambda: mg.addmm(INTS, INTS[None], INTS[:, None], beta=0.5), TypeError, r"addmm: beta and alpha must be inte"),
        (lambda: mg.chunk(X, 0), ValueError, r"chunk: the number of pieces must be at least 1, but got 0"),
        (lambda: mg.unbind(mg.tensor(1.0)), ValueError, r"unbind: .* has no dimension to cut along"),
        (lambda: mg.narrow(X, 1, 2, 2), IndexError, r"narrow: from 2 on there are not 2 of the 3 along dim 1"),
        (lambda: mg.narrow(X, 1, -4, 1), IndexError, r"narrow: .*start must be in \[-3, 3\]"),
        (lambda: mg.flip(X, 0, -2), ValueError, r"flip: a dim occurs twice"),
        (lambda: X.repeat(2), ValueError, r"repeat: .* needs at least 2 numbers"),
        (lambda: X.repeat(2, -1), ValueError, r"repeat: .*none of them negative"),
        (lambda: mg.movedim(X, 0, (0, 1)), ValueError, r"movedim: 0 and \(0, 1\) must name equally many dims"),
        (lambda: mg.movedim(X, (0, 0), (0, 1)), ValueError, r"movedim: a dim occurs twice"),
        (lambda: mg.mv(X, X), ValueError, r"mv: expected a matrix and a vector"),
        (lambda: mg.bmm(X, X), ValueError, r"bmm: expected \(b, n, m\) and \(b, m, p\), but got"),
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


def test_a_negative_norm_of_infinities_is_infinite():
    assert mg.norm(mg.tensor([[np.inf, np.inf], [np.inf, 2.0]]), p=-2, dim=1).tolist() == [np.inf, 2.0]


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


@pytest.mark.parametrize("value", [0, 7, 2.0, True, mg.tensor(3), np.float64(4)])
def test_masked_fill_keeps_the_dtype_and_takes_what_it_can_hold(value):
    y = mg.masked_fill(INTS, INTS > 0, value)

    assert (y.dtype, y.tolist()) == (mg.int64, [0, int(value)])


def test_masked_fill_passes_gradients_to_input_and_value():
    x = mg.tensor([[1.0], [2.0]], requires_grad=True)
    value = mg.tensor(3.0, dtype=mg.float64, requires_grad=True)

    y = mg.masked_fill(x, mg.tensor([True, False, True]), value)
    y.sum().backward()

    assert (y.dtype, y.tolist()) == (mg.float32, [[3.0, 1.0, 3.0], [3.0, 2.0, 3.0]])
    assert (x.grad.tolist(), value.grad.item()) == ([[1.0], [1.0]], 4.0)


def test_what_lies_beside_the_diagonal_does_not_matter_to_it():
    x = mg.tensor([[1.0, float("inf")], [float("nan"), 2.0]], requires_grad=True)

    total = mg.einsum("ii", x)
    total.backward()

    assert total.item() == 3.0
    assert x.grad.tolist() == [[1.0, 0.0], [0.0, 1.0]]


CUT = {"unbind": mg.unbind, "split": lambda x: mg.split(x, 1), "iteration": list}


@pytest.mark.parametrize("cut", CUT.values(), ids=CUT)
def test_the_gradients_of_many_pieces_cost_little_more_than_the_whole(cut, monkeypatch):
    sizes = []
    row = TABLE["setitem_add"]
    forward = row.forward
    monkeypatch.setattr(row, "forward", lambda x, **how: sizes.append(np.prod(how["shape"])) or forward(x, **how))
    x = mg.ones(256, 3, requires_grad=True)

    sum((piece.sum() * i for i, piece in enumerate(cut(x))), start=0.0).backward()

    assert x.grad[:, 1].tolist() == list(range(256))
    assert sum(sizes) <= 2 * 8 * x.numel()  # of each piece alone: 256 times x
