"""PyTorch's functions: edge values, and what they refuse. Their derivatives are in tests/ops."""

import numpy as np
import pytest

import minigrad as mg

INF, NAN = float("inf"), float("nan")
MATRIX = mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
NUMBER, VECTOR, CUBE = mg.tensor(3.0), mg.tensor([1.0, 2.0, 3.0]), mg.zeros(2, 3, 4)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: mg.sum(MATRIX, dim=0, axis=0), TypeError, r"sum: got both dim= and axis=, which mean the same"),
        (lambda: mg.sum(MATRIX, keepdim=True, keepdims=True), TypeError, r"sum: got both keepdim= and keepdims="),
        (lambda: mg.sum(MATRIX, ()), ValueError, r"dim: an empty one means everything in PyTorch and nothing in NumPy"),
        (lambda: mg.sum(MATRIX, 2), IndexError, r"sum: axis 2 is out of bounds .* given float32 \(2, 3\)"),
        (lambda: mg.mean(mg.tensor([1, 2])), TypeError, r"mean: the result for int64 \(2,\) is no integer; .*float"),
        (lambda: mg.std(mg.tensor([1, 2])), TypeError, r"std: the result for int64 \(2,\) is no integer"),
        (lambda: mg.var(mg.tensor([1, 2])), TypeError, r"var: the result for int64 \(2,\) is no integer"),
        (lambda: mg.softmax(mg.tensor([1, 2]), 0), TypeError, r"softmax: the result for int64 \(2,\) is no integer"),
        (lambda: mg.log_softmax(mg.tensor([True]), 0), TypeError, r"log_softmax: the result for bool"),
        (lambda: mg.max(NUMBER, 1), IndexError, r"max: dim 1 is out of range .* \[-1, 0\]"),
        (lambda: mg.sum([1.0, 2.0]), TypeError, r"sum: expected a tensor, but got list; make one with mg\.tensor"),
        (lambda: mg.mean(None), TypeError, r"mean: expected a tensor, but got NoneType"),
        (lambda: mg.unsqueeze(None, 0), TypeError, r"unsqueeze: expected a tensor, but got NoneType"),
        (lambda: mg.unsqueeze(VECTOR, 0.5), TypeError, r"unsqueeze: dim must be an integer, but got 0\.5"),
        (lambda: mg.max(MATRIX, (0, 1)), TypeError, r"max: dim must be an integer, but got \(0, 1\)"),
        (lambda: mg.max(MATRIX, 2), IndexError, r"max: dim 2 is out of range for float32 \(2, 3\)"),
        (lambda: mg.min(MATRIX[:, :0], 1), ValueError, r"min: float32 \(2, 0\) has nothing to choose from along dim 1"),
        (lambda: mg.amax(MATRIX[:0]), ValueError, r"amax: float32 \(0, 3\) has nothing to choose from along dim 0"),
        (lambda: mg.argmin(VECTOR[:0]), ValueError, r"argmin: float32 \(0,\) has nothing to choose from along dim 0"),
        (lambda: mg.softmax(MATRIX, None), TypeError, r"softmax: dim must be an integer, but got None"),
        (lambda: mg.var(MATRIX, correction="one"), TypeError, r"var: correction must be a number, but got 'one'"),
        (lambda: mg.clamp(VECTOR, "low"), TypeError, r"lt: cannot compute with a str"),
        (lambda: mg.permute(MATRIX, 0), ValueError, r"permute: \(0,\) must name each dim of float32 \(2, 3\) once"),
        (lambda: mg.permute(MATRIX, 0, -2), ValueError, r"permute: \(0, -2\) must name each dim"),
        (lambda: mg.expand(VECTOR, 2.0), TypeError, r"expand: each size must be an integer, but got 2\.0"),
        (lambda: mg.cat(3), TypeError, r"cat: expected a list of tensors, but got int 3"),
        (lambda: mg.cat([VECTOR], None), TypeError, r"cat: dim must be an integer, but got None"),
        (lambda: mg.stack([VECTOR, VECTOR], 2), IndexError, r"stack: dim 2 is out of range for float32 \(3,\)"),
        (lambda: mg.split(VECTOR, [1.5, 1.5]), TypeError, r"split: each size must be an integer, but got 1\.5"),
        (lambda: mg.split(VECTOR, None), TypeError, r"split: the size of a piece must be an integer, but got None"),
        (lambda: mg.mm(MATRIX, None), ValueError, r"mm: expected two matrices, but got float32 \(2, 3\) and NoneType"),
        (lambda: mg.einsum(MATRIX, MATRIX), TypeError, r"einsum: the equation, .* must come first, but got float32"),
        (lambda: mg.einsum("ij,jk", MATRIX, None), TypeError, r"einsum: expected a tensor, but got NoneType"),
        (lambda: mg.clamp(VECTOR), ValueError, r"clamp: give at least one of min and max"),
        (lambda: mg.view(MATRIX.T, 6), ValueError, r"view: float32 \(3, 2\) does not lie in memory in that order"),
        (lambda: mg.reshape(MATRIX, 4), ValueError, r"reshape: cannot reshape array of size 6 into shape \(4"),
        (lambda: mg.flatten(CUBE, 2, 1), ValueError, r"flatten: start_dim 2 lies behind end_dim 1 of float32"),
        (lambda: mg.flatten(NUMBER, 1), IndexError, r"flatten: dim 1 is out of range for float32 \(\)"),
        (lambda: mg.transpose(MATRIX, 0, 2), IndexError, r"transpose: dim 2 is out of range for float32 \(2, 3\)"),
        (lambda: mg.squeeze(MATRIX, -3), IndexError, r"squeeze: dim -3 is out of range .* \[-2, 1\]"),
        (lambda: mg.unsqueeze(MATRIX, 3), IndexError, r"unsqueeze: dim 3 is out of range .* \[-3, 2\]"),
        (lambda: mg.t(CUBE), ValueError, r"t: expected at most two dimensions, but got float32 \(2, 3, 4\)"),
        (lambda: mg.expand(VECTOR, -1, 3), ValueError, r"expand: -1 keeps a size .* none there in \(-1, 3\)"),
        (lambda: mg.expand(VECTOR, 2), ValueError, r"expand: float32 \(3,\) cannot become \(2,\); .*or stretch a 1"),
        (lambda: mg.stack([VECTOR, MATRIX]), ValueError, r"stack: all tensors must have one shape, .* \(3,\)"),
        (lambda: mg.stack([]), ValueError, r"stack: expected at least one tensor, but got an empty list"),
        (lambda: mg.cat([]), ValueError, r"cat: expected at least one tensor, but got an empty list"),
        (lambda: mg.cat([VECTOR, MATRIX]), ValueError, r"cat: .* given float32 \(3,\), float32 \(2, 3\)"),
        (lambda: mg.split(NUMBER, 1), ValueError, r"split: float32 \(\) has no dimension to cut along"),
        (lambda: mg.split(VECTOR, 0), ValueError, r"split: the size of a piece must be at least 1, but got 0"),
        (lambda: mg.split(VECTOR, [1, 1]), ValueError, r"split: the sizes \[1, 1\] must be at least 0 and add up to 3"),
        (lambda: mg.split(VECTOR, [-1, 4]), ValueError, r"split: the sizes \[-1, 4\] must be at least 0"),
        (lambda: mg.matmul(NUMBER, VECTOR), ValueError, r"matmul: expected vectors or matrices, but got float32 \(\)"),
        (lambda: mg.matmul(MATRIX, MATRIX), ValueError, r"matmul: .* but 3 is not 2; given float32 \(2, 3\)"),
        (lambda: mg.mm(MATRIX, VECTOR), ValueError, r"mm: expected two matrices, but got float32 \(2, 3\) and float32"),
        (lambda: mg.dot(MATRIX, VECTOR), ValueError, r"dot: expected two vectors, but got float32 \(2, 3\)"),
        (lambda: mg.linear(VECTOR, mg.ones(2, 2)), ValueError, r"matmul: the last size of the left must equal"),
        (lambda: mg.linear(VECTOR, MATRIX, mg.ones(3)), ValueError, r"linear: .* bias \(out_features,\); given"),
        (lambda: mg.einsum("ij,jk", MATRIX), ValueError, r"einsum: 'ij,jk' names 2 operands, but 1 were given"),
        (lambda: mg.einsum("ijk->i", MATRIX), ValueError, r"einsum: 'ijk' has 3 letters, but its operand is float32"),
        (lambda: mg.einsum("ii->i", MATRIX), ValueError, r"einsum: 'i' is repeated, but stands for different sizes of"),
        (lambda: mg.einsum("ij,jk->ik", MATRIX, MATRIX), ValueError, r"einsum: .* given float32 \(2, 3\), float32"),
    ],
)  # fmt: skip
def test_what_cannot_be_meant_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call()


@pytest.mark.parametrize(
    ("result", "expected"),
    [
        (mg.sum(NUMBER, 0), 3.0),
        (mg.mean(NUMBER, -1), 3.0),
        (mg.amax(NUMBER, (0,)), 3.0),
        (mg.logsumexp(NUMBER, 0), 3.0),
        (mg.max(NUMBER, 0).values, 3.0),
        (mg.softmax(NUMBER, 0), 1.0),
        (mg.squeeze(NUMBER, -1), 3.0),
        (mg.transpose(NUMBER, 0, -1), 3.0),
        (mg.flatten(NUMBER, -1, 0), [3.0]),
    ],
)
def test_a_number_counts_as_having_one_dimension(result, expected):
    assert result.tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int32, np.int64, np.bool_])
def test_integers_and_bools_add_up_as_int64(dtype):
    total = mg.sum(mg.ones(300, dtype=dtype))

    assert (total.item(), total.dtype) == (300, np.int64)


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.bool_])
def test_sigmoid_and_logsumexp_of_integers_are_floats(dtype):
    x = mg.ones(2, dtype=dtype)

    assert mg.sigmoid(x).dtype == mg.logsumexp(x, 0).dtype == np.float32
    np.testing.assert_allclose(mg.sigmoid(x).numpy(), [0.7310586, 0.7310586], rtol=1e-6)
    np.testing.assert_allclose(mg.logsumexp(x, 0).numpy(), 1.6931472, rtol=1e-6)


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        ([1000.0, 1000.0], 1000 + np.log(2)),
        ([-1000.0, -1000.0], -1000 + np.log(2)),
        ([-INF, 2.0], 2.0),
        ([-INF, -INF], -INF),
        ([INF, 2.0], INF),
        ([NAN, 2.0], NAN),
        ([], -INF),
    ],
)
def test_logsumexp_neither_overflows_nor_hides_nan(x, expected):
    np.testing.assert_allclose(mg.logsumexp(mg.tensor(x, dtype=np.float64), 0).numpy(), expected, rtol=1e-14)


def test_softmax_and_log_softmax_stay_exact_where_exp_does_not():
    x = mg.tensor([0.0, 1000.0, -1000.0], dtype=np.float64)

    assert mg.softmax(x, 0).tolist() == [0.0, 1.0, 0.0]
    assert mg.log_softmax(x, 0).tolist() == [-1000.0, 0.0, -2000.0]


@pytest.mark.parametrize("function", [mg.softmax, mg.log_softmax])
@pytest.mark.parametrize("dim", [0, 1])
def test_softmax_of_nothing_is_nothing(function, dim):
    assert function(mg.zeros(0, 3), dim).shape == (0, 3)


def test_sigmoid_neither_overflows_nor_rounds_to_0_early():
    y = mg.sigmoid(mg.tensor([-INF, -1e4, -700.0, 0.0, 700.0, INF], dtype=np.float64))

    np.testing.assert_allclose(y.numpy(), [0, 0, np.exp(-700), 0.5, 1, 1], rtol=1e-14)


def test_the_mean_of_nothing_is_nan_and_passes_back_nothing():
    x = mg.zeros(0, 3, requires_grad=True)
    y = mg.mean(x)

    y.backward()

    assert np.isnan(y.item())
    assert x.grad.shape == (0, 3)


def test_division_by_large_numbers_has_a_gradient():
    y = mg.tensor(1e30, requires_grad=True)

    (mg.tensor(1e35) / y).backward()

    assert y.grad.item() == pytest.approx(-1e-25)


def test_broadcast_to_keeps_a_size_given_as_minus_1():
    assert mg.broadcast_to(VECTOR, 2, -1).tolist() == [[1, 2, 3], [1, 2, 3]]
    assert mg.broadcast_to(VECTOR, (2, 3)).shape == (2, 3)


@pytest.mark.parametrize(("sections", "sizes"), [(2, [2, 2, 1]), (9, [5]), ([0, 5], [0, 5]), ((1, 3, 1), [1, 3, 1])])
def test_split_cuts_into_pieces_of_one_size_or_of_given_sizes(sections, sizes):
    pieces = mg.split(mg.arange(5), sections)

    assert [len(piece) for piece in pieces] == sizes
    assert mg.cat(pieces).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("function", "index"), [(mg.max, 1), (mg.min, 0)])
def test_max_and_min_over_a_dim_name_the_first_of_equals(function, index):
    values, indices = function(mg.tensor([[1, 3, 3], [1, 1, 0]] if function is mg.max else [[1, 1, 3], [0, 1, 0]]), 1)

    assert values.dtype == indices.dtype == np.int64
    assert indices.tolist()[0] == index
    assert function(MATRIX, dim=0, keepdim=True).values.shape == (1, 3)


def test_clamp_takes_tensors_as_bounds_and_leaves_nan():
    x = mg.tensor([-5.0, 0.0, 5.0, NAN])

    np.testing.assert_array_equal(mg.clamp(x, mg.tensor(-1.0), 2).numpy(), [-1, 0, 2, NAN])


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ba", [(2, 3)]),
        ("Ba", [(2, 3)]),
        ("ii", [(3, 3)]),
        ("iij->ji", [(2, 2, 3)]),
        ("...ij,...jk", [(2, 1, 2, 3), (4, 3, 2)]),
        ("b...a", [(2, 3, 4)]),
        ("...,...", [(2, 3), (3,)]),
        (",->", [(), ()]),
    ],
)
def test_einsum_reads_equations_as_numpy_does(equation, shapes):
    draw = np.random.default_rng(1)
    arrays = [draw.standard_normal(shape) for shape in shapes]

    result = mg.einsum(equation, *map(mg.tensor, arrays))

    np.testing.assert_allclose(result.numpy(), np.einsum(equation, *arrays), rtol=1e-12)


def test_einsum_sums_over_an_ellipsis_that_the_result_leaves_out():
    assert mg.einsum("...i->i", MATRIX).tolist() == [5.0, 7.0, 9.0]  # as PyTorch; NumPy refuses it


@pytest.mark.parametrize("join", [mg.cat, mg.stack])
def test_tensors_to_be_joined_come_in_a_list(join):
    with pytest.raises(
        TypeError, match=rf"{join.__name__}: expected a list of tensors, .*; write {join.__name__}\(\[a"
    ):
        join(mg.ones(2), mg.ones(2))


BITS = mg.tensor([True, False, True])


@pytest.mark.parametrize(
    ("result", "dtype", "numbers"),
    [
        (mg.sum(BITS, dtype=mg.float32), mg.float32, 2),
        (mg.tensor([1, 2]).mean(dtype=mg.float64), mg.float64, 1.5),
        (mg.prod(mg.tensor([2, 3]), dtype=mg.float64), mg.float64, 6),
        (mg.cumsum(BITS, 0, dtype=mg.float32), mg.float32, [1, 1, 2]),
        (mg.softmax(mg.tensor([1, 1]), 0, dtype=mg.float32), mg.float32, [0.5, 0.5]),
        (mg.log_softmax(mg.zeros(1), 0, dtype=mg.float64), mg.float64, [0]),
        (np.sum(mg.tensor([1.5, 2.5]), dtype=np.float64), mg.float64, 4),
    ],
)
def test_dtype_is_taken_before_anything_is_computed(result, dtype, numbers):
    assert (result.dtype, result.tolist()) == (dtype, numbers)


def test_dtype_lets_the_gradient_through_in_the_inputs_own():
    x = mg.ones(2, requires_grad=True)

    mg.sum(x, dtype=mg.float64).backward()

    assert (x.grad.dtype, x.grad.tolist()) == (mg.float32, [1, 1])


@pytest.mark.parametrize("name", ["std", "var"])
def test_unbiased_is_the_older_word_for_a_correction_of_one(name):
    x = mg.tensor([[1.0, 2.0, 4.0], [3.0, 8.0, 1.0]])
    function = getattr(mg, name)

    assert function(x, unbiased=True).item() == function(x).item()
    assert function(x, 0, unbiased=False).tolist() == function(x, 0, correction=0).tolist()


def test_dims_may_be_given_by_name_to_flip_and_permute():
    assert mg.flip(MATRIX, dims=(1,)).tolist() == mg.flip(MATRIX, 1).tolist() == [[3, 2, 1], [6, 5, 4]]
    assert mg.permute(CUBE, dims=(2, 0, 1)).shape == CUBE.permute(dims=[2, 0, 1]).shape == (4, 2, 3)


def test_no_correction_means_that_of_a_sample():
    assert mg.var(VECTOR, correction=None).item() == mg.var(VECTOR).item() == 1.0


def test_norm_takes_a_dtype_first():
    length = mg.norm(mg.tensor([3, 4]), dtype=mg.float64)

    assert (length.dtype, length.item()) == (mg.float64, 5.0)
