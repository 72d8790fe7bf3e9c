"""Whether two tensors are the same, or nearly: one Python bool for all their numbers."""

import numpy as np
import pytest

import minigrad as mg

NAN = float("nan")


@pytest.mark.parametrize(
    ("x", "y", "expected"),
    [
        ([1.0, 2.0], [1.0, 2.0], True),
        ([1.0, 2.0], [1.0, 2.1], False),
        ([1.0, 1.0], [1.0], False),  # other shapes are not broadcast
        ([NAN], [NAN], False),
        ([], [], True),
        ([1, 2], [1.0, 2.0], True),
    ],
)
def test_equal_means_one_shape_and_the_same_numbers(x, y, expected):
    assert mg.equal(mg.tensor(x), mg.tensor(y)) is expected


@pytest.mark.parametrize(
    ("x", "y", "options", "expected"),
    [
        ([1.0], [1.0 + 1e-6], {}, True),
        ([1.0], [1.0 + 1e-4], {}, False),
        ([0.0], [1e-7], {}, False),
        ([0.0], [1e-3], {"atol": 1e-2}, True),
        ([100.0], [101.0], {"rtol": 0.01}, True),
        ([1.01], [1.0], {"rtol": 0.0, "atol": 0.02}, True),
        ([1.0, 1.0], [1.0], {}, True),
        ([NAN], [NAN], {}, False),
        ([NAN], [NAN], {"equal_nan": True}, True),
    ],
)
def test_allclose_allows_atol_and_rtol_of_the_other(x, y, options, expected):
    x, y = (mg.tensor(numbers, dtype=np.float64) for numbers in (x, y))

    assert mg.allclose(x, y, **options) is expected


def test_tracked_tensors_may_be_compared():
    w = mg.ones(2, requires_grad=True)

    assert mg.equal(w, w * 1)
    assert mg.allclose(w, w + 1e-9)


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda x: mg.equal(x, [1.0]), TypeError, r"equal: expected tensors, but got .*wrap it in mg\.tensor"),
        (lambda x: mg.allclose(np.ones(2), x), TypeError, r"allclose: expected tensors, but got .*float64 \(2,\)"),
        (lambda x: mg.allclose(x, x.double()), TypeError, r"allclose: .* one dtype, but got float32 .* float64 .*\.to"),
        (lambda x: mg.allclose(x, mg.ones(3)), ValueError, r"allclose: .*given float32 \(2,\) and float32 \(3,\)"),
    ],
)
def test_what_cannot_be_compared_is_refused(call, kind, message):
    with pytest.raises(kind, match=message):
        call(mg.ones(2))


def test_is_tensor_knows_tensors_and_parameters():
    assert mg.is_tensor(mg.ones(1))
    assert mg.is_tensor(mg.nn.Linear(1, 1).weight)
    assert not mg.is_tensor(np.ones(1))
