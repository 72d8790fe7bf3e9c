"""Making tensors: from data, from patterns, and what is refused."""

import numpy as np
import pytest

import minigrad as mg


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


# ---- from data


def test_tensor_copies_arrays_and_tensors():
    array = np.array([1.0, 2.0])
    source = mg.tensor(array)

    copies = [mg.tensor(array), mg.tensor(source), mg.Tensor(array)]
    array[0] = 9.0
    source[1] = 9.0

    assert [t.tolist() for t in copies] == [[1, 2]] * 3


def test_nested_lists_may_hold_numbers_arrays_and_tensors():
    made = mg.tensor([[1.0, mg.tensor(2.0)], np.array([3.0, 4.0]), mg.tensor([5.0, 6.0]), (7, 8)])

    assert made.tolist() == [[1, 2], [3, 4], [5, 6], [7, 8]]


def test_lists_of_tracked_tensors_are_refused():
    with pytest.raises(
        ValueError, match=r"tensor: a list of tensors that require grad would lose their history; use mg"
    ):
        mg.tensor([leaf(1.0), leaf(2.0)])


def test_a_range_and_an_empty_list_are_lists():
    assert mg.tensor(range(3)).tolist() == [0, 1, 2]
    assert mg.tensor([]).shape == (0,)
    assert mg.tensor([[], []]).shape == (2, 0)


@pytest.mark.parametrize("ragged", [[[1, 2], [3]], [1, [2]], [[1.0], 2.0], [mg.ones(2), mg.ones(3)], [[], [1]]])
def test_ragged_lists_are_refused(ragged):
    with pytest.raises(ValueError, match="tensor: the lists are ragged, so there is no shape for them"):
        mg.tensor(ragged)


@pytest.mark.parametrize(
    "data",
    ["abc", ["a", "b"], None, [None], [1, None], {}, {1: 2}, object(), 1j, [1 + 2j], b"abc", np.array([1j]), 2**70,
     np.array([1, None]), np.array(["2020-01-01"], "datetime64[D]"), np.zeros(2, "i4,f4"), {1, 2}, print, ...],
    ids=lambda data: type(data).__name__,
)  # fmt: skip
def test_what_is_no_number_makes_no_tensor(data):
    with pytest.raises(TypeError, match="tensor: expected bools, integers or floats, but got"):
        mg.tensor(data)


@pytest.mark.parametrize("dtype", [complex, str, object, "datetime64[s]"])
def test_a_dtype_that_holds_no_numbers_of_ours_is_refused(dtype):
    with pytest.raises((TypeError, ValueError), match="tensor: "):
        mg.tensor([1.0, 2.0], dtype=dtype)


@pytest.mark.parametrize("data", ["one", [1.0, "b"]])
def test_data_that_cannot_become_the_dtype_asked_for_is_refused(data):
    with pytest.raises(ValueError, match="tensor: cannot make an array of"):
        mg.tensor(data, dtype=np.float32)


def test_big_endian_data_becomes_native():
    made = mg.tensor(np.array([1, 2], ">i4"))

    assert made.dtype == np.int32
    assert made.dtype.isnative
    assert made.tolist() == [1, 2]


@pytest.mark.parametrize("data", [[2**63], [-1, 2**63]])
def test_integers_beyond_int64_are_refused(data):
    with pytest.raises((OverflowError, ValueError), match="tensor"):
        mg.tensor(data)


def test_name_and_requires_grad_are_kept():
    made = mg.tensor([1.0], requires_grad=True, name="w")

    assert (made.requires_grad, made.name, made.is_leaf, made.grad) == (True, "w", True, None)


def test_tensor_called_without_data_is_empty():
    assert mg.Tensor().shape == (0,)


# ---- sharing memory


def test_from_numpy_shares_memory_both_ways():
    array = np.array([1.0, 2.0])
    x = mg.from_numpy(array)

    array[0] = 5.0
    x[1] = 6.0

    assert x.tolist() == [5, 6]
    assert array.tolist() == [5, 6]


@pytest.mark.parametrize(
    "given", [[1.0], 1.0, np.float64(1), np.array([1j]), np.array(["a"]), np.array([1], ">i4"), mg.ones(1), None]
)
def test_from_numpy_takes_only_native_arrays_of_numbers(given):
    with pytest.raises(TypeError, match="from_numpy: expected an array of native bools, integers or floats, but got"):
        mg.from_numpy(given)


@pytest.mark.parametrize("subclass", [np.matrix, np.ma.MaskedArray, np.memmap])
def test_a_subclass_of_ndarray_is_taken_as_a_plain_array(subclass):
    x = mg.from_numpy(np.ones((2, 2)).view(subclass))

    assert type(x.array) is np.ndarray
    assert (x * x).tolist() == [[1, 1], [1, 1]]


def test_as_tensor_copies_only_when_it_must():
    array, x = np.array([1.0, 2.0]), leaf([1.0])

    assert np.shares_memory(mg.as_tensor(array).array, array)
    assert np.shares_memory(mg.as_tensor(array, dtype=np.float64).array, array)
    assert not np.shares_memory(mg.as_tensor(array, dtype=np.float32).array, array)
    assert mg.as_tensor(x) is x
    assert mg.as_tensor(x, dtype=np.float64) is x
    assert mg.as_tensor(x, dtype=np.float32).dtype == np.float32
    assert mg.as_tensor([1, 2]).tolist() == [1, 2]


# ---- from patterns


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (lambda: mg.zeros(2, 3), np.zeros((2, 3))),
        (lambda: mg.zeros((2, 3)), np.zeros((2, 3))),
        (lambda: mg.ones([2]), np.ones(2)),
        (lambda: mg.ones(), np.ones(())),
        (lambda: mg.zeros(()), np.zeros(())),
        (lambda: mg.zeros(0, 3), np.zeros((0, 3))),
        (lambda: mg.full((2,), 7), [7, 7]),
        (lambda: mg.full(2, 7.5), [7.5, 7.5]),
        (lambda: mg.full((), True), True),
        (lambda: mg.eye(2), np.eye(2)),
        (lambda: mg.eye(2, 3), np.eye(2, 3)),
        (lambda: mg.arange(3), [0, 1, 2]),
        (lambda: mg.arange(1, 4), [1, 2, 3]),
        (lambda: mg.arange(1, 7, 2), [1, 3, 5]),
        (lambda: mg.arange(3, 0, -1), [3, 2, 1]),
        (lambda: mg.arange(0, 1, 0.25), [0, 0.25, 0.5, 0.75]),
        (lambda: mg.arange(2.5), [0, 1, 2]),
        (lambda: mg.arange(0), []),
        (lambda: mg.linspace(0, 1, 5), [0, 0.25, 0.5, 0.75, 1]),
        (lambda: mg.linspace(2, 2, 1), [2]),
        (lambda: mg.linspace(0, 1, 0), []),
        (lambda: mg.zeros_like(mg.ones(2, 3)), np.zeros((2, 3))),
        (lambda: mg.ones_like(mg.tensor([5, 6])), [1, 1]),
        (lambda: mg.full_like(mg.ones(2), 3), [3, 3]),
        (lambda: mg.full_like(mg.tensor([1]), 3, dtype=np.float64), [3]),
    ],
)
def test_patterns_have_their_values_and_shape(made, expected):
    assert made().shape == np.shape(expected)
    assert made().tolist() == np.asarray(expected).tolist()


MAKERS = [
    lambda **kwargs: mg.zeros(2, **kwargs),
    lambda **kwargs: mg.ones(2, **kwargs),
    lambda **kwargs: mg.full((2,), 3, **kwargs),
    lambda **kwargs: mg.eye(2, **kwargs),
    lambda **kwargs: mg.arange(2, **kwargs),
    lambda **kwargs: mg.linspace(0, 1, 2, **kwargs),
    lambda **kwargs: mg.zeros_like(mg.ones(2), **kwargs),
    lambda **kwargs: mg.ones_like(mg.ones(2), **kwargs),
    lambda **kwargs: mg.full_like(mg.ones(2), 3, **kwargs),
]


@pytest.mark.parametrize("make", MAKERS)
def test_patterns_take_dtype_and_requires_grad(make):
    made = make(dtype=np.float16, requires_grad=True)

    assert (made.dtype, made.requires_grad, made.is_leaf) == (np.float16, True, True)
    with pytest.raises(TypeError, match="only floating tensors can require gradients"):
        make(dtype=np.int32, requires_grad=True)


@pytest.mark.parametrize("make", MAKERS)
@pytest.mark.parametrize("dtype", [complex, str, object])
def test_patterns_refuse_a_dtype_that_a_tensor_cannot_hold(make, dtype):
    with pytest.raises(TypeError, match="holds bools, integers or floats"):
        make(dtype=dtype)


@pytest.mark.parametrize("size", [(-1,), (2, -3), (1.5,), ("2",), (None,), (True,), ((2, "a"),), ([[2]],)])
@pytest.mark.parametrize("make", [mg.zeros, mg.ones, mg.rand, mg.randn])
def test_a_size_must_be_non_negative_integers(make, size):
    with pytest.raises(ValueError, match="size: expected non-negative integers, but got"):
        make(*size)


def test_likes_follow_shape_and_dtype_not_memory_or_history():
    x = leaf([[1.0, 2.0]])

    made = mg.zeros_like(x)

    assert (made.shape, made.dtype, made.requires_grad) == ((1, 2), np.float64, False)
    assert not np.shares_memory(made.array, x.array)


def test_arange_is_as_exact_as_its_dtype():
    exact = np.arange(1000, 1001, 0.001)

    np.testing.assert_allclose(mg.arange(1000, 1001, 0.001).numpy(), exact, rtol=1e-7)


def test_linspace_ends_exactly():
    assert mg.linspace(0, 0.3, 7)[-1].item() == np.float32(0.3)


def test_arange_with_a_step_of_zero_is_refused():
    with pytest.raises(ValueError, match="arange"):
        mg.arange(0, 1, 0)


def test_full_takes_a_0d_tensor():
    assert mg.full((2,), mg.tensor(3.0)).tolist() == [3, 3]


# ---- PyTorch's other ways to say it


@pytest.mark.parametrize("make", [mg.zeros, mg.ones, mg.empty, mg.rand, mg.randn])
def test_a_size_may_be_given_by_name(make):
    assert make(size=(2, 3)).shape == make((2, 3)).shape == make(2, 3).shape == (2, 3)
    with pytest.raises(TypeError, match=r"size: got \(2, 3\) and, by name, \(4,\), which mean the same; give one"):
        make(2, 3, size=(4,))


def test_an_empty_tensor_shows_what_was_forgotten():
    assert np.isnan(mg.empty(2, 3).numpy()).all()
    assert mg.empty(2, dtype=mg.int16).tolist() == [32767, 32767]
    assert mg.empty(1, dtype=mg.bool).tolist() == [True]
    assert mg.empty(2, requires_grad=True).requires_grad


@pytest.mark.parametrize("data", [[1, 2], (1, 2), [True, 2], range(1, 3), [mg.tensor(1), 2]])
def test_the_class_makes_floats_of_integers_as_pytorchs_does(data):
    made = mg.Tensor(data)

    assert (made.dtype, made.tolist()) == (mg.float32, [1.0, 2.0])
    assert mg.tensor(data).dtype == mg.int64


@pytest.mark.parametrize("data", [np.array([1, 2]), mg.tensor([1, 2])])
def test_the_class_keeps_the_dtype_of_arrays_and_tensors(data):
    assert mg.Tensor(data).dtype == mg.int64
    assert mg.Tensor([1, 2], dtype=mg.int32).dtype == mg.int32


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: mg.eye(-1), ValueError, r"size: expected non-negative integers, but got \(-1, -1\)"),
        (lambda: mg.eye(2, 2.5), ValueError, r"size: expected non-negative integers, but got \(2, 2\.5\)"),
        (lambda: mg.arange("a"), TypeError, r"arange: end must be a number, but got str"),
        (lambda: mg.arange(None), TypeError, r"arange: end must be a number, but got NoneType"),
        (lambda: mg.arange(0, float("inf")), ValueError, r"arange: end must be finite, but got inf"),
        (lambda: mg.linspace(0, 1, -1), ValueError, r"size: expected non-negative integers, but got \(-1,\)"),
        (lambda: mg.linspace("a", 1, 2), TypeError, r"linspace: start must be a number, but got str"),
        (lambda: mg.zeros_like([1, 2]), TypeError, r"zeros_like: expected a tensor, but got list; make one with"),
        (lambda: mg.ones_like(3), TypeError, r"ones_like: expected a tensor, but got int 3"),
        (lambda: mg.full_like(None, 1), TypeError, r"full_like: expected a tensor, but got NoneType"),
        (lambda: mg.rand_like(None), TypeError, r"rand_like: expected a tensor, but got NoneType"),
        (lambda: mg.randn_like([1]), TypeError, r"randn_like: expected a tensor, but got list"),
    ],
)
def test_what_no_tensor_can_be_made_of_is_refused_by_name(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_ranges_may_be_given_by_tensors_of_one_number():
    assert mg.arange(mg.tensor(3)).tolist() == [0, 1, 2]
    assert mg.linspace(mg.tensor(0.0), mg.tensor(1.0), 3).tolist() == [0, 0.5, 1]
