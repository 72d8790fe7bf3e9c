import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn.utils import clip_grad_norm_, clip_grad_value_


def parameter(gradient):
    """A parameter with that gradient."""
    p = nn.Parameter(np.zeros(np.shape(gradient)))
    p.grad = None if gradient is None else mg.tensor(np.array(gradient, np.float64))
    return p


def test_gradients_longer_than_max_norm_are_scaled_down_together():
    a, b = parameter([3.0, 0.0]), parameter([[4.0]])

    norm = clip_grad_norm_([a, b], 1.0)

    assert norm.item() == 5
    np.testing.assert_allclose([*a.grad.tolist(), b.grad.item()], [0.6, 0.0, 0.8], rtol=1e-6)


def test_shorter_gradients_stay_as_they_are():
    p = parameter([0.3, 0.4])

    assert clip_grad_norm_(p, 1.0).item() == 0.5
    assert p.grad.tolist() == [0.3, 0.4]


def test_parameters_without_gradient_are_passed_over():
    assert clip_grad_norm_([nn.Parameter([1.0])], 1.0).item() == 0
    assert clip_grad_norm_(iter([parameter([2.0]), nn.Parameter([1.0])]), 1.0).item() == 2


def test_clipping_happens_in_place_and_is_noted():
    p = parameter([3.0, 4.0])
    gradient = p.grad
    product = (gradient.requires_grad_() ** 2).sum()

    clip_grad_norm_(p, 1.0)

    assert p.grad is gradient
    with pytest.raises(RuntimeError, match="overwritten since"):
        product.backward()


def test_norm_that_is_not_finite_raises_on_request_and_nothing_was_scaled():
    p = parameter([np.inf, 1.0])

    with pytest.raises(RuntimeError, match="the norm of the gradients is inf, and nothing was scaled; detect_anomaly"):
        clip_grad_norm_(p, 1.0, error_if_nonfinite=True)

    assert p.grad.tolist() == [np.inf, 1.0]


def test_nan_spreads_to_all_gradients_as_in_pytorch():
    a, b = parameter([np.nan]), parameter([1.0])

    assert np.isnan(clip_grad_norm_([a, b], 1.0).item())
    assert np.isnan(b.grad.item())


def test_values_are_cut_off_on_both_sides():
    p = parameter([-3.0, 0.5, 2.0])

    clip_grad_value_([p, nn.Parameter([1.0])], 1.0)

    assert p.grad.tolist() == [-1, 0.5, 1]


def test_an_order_may_be_the_word_inf_as_in_pytorch():
    assert clip_grad_norm_(parameter([3.0, -4.0]), 1.0, "inf").item() == 4


@pytest.mark.parametrize("order", ["two", None, float("nan")], ids=str)
def test_an_order_that_is_no_number_raises_and_nothing_was_scaled(order):
    p = parameter([3.0, 4.0])

    with pytest.raises(ValueError, match=r"clip_grad_norm_: norm_type must be a number, such as 2.0 or inf, but got"):
        clip_grad_norm_(p, 1.0, order)

    assert p.grad.tolist() == [3, 4]


@pytest.mark.parametrize("clip", [clip_grad_norm_, clip_grad_value_], ids=lambda f: f.__name__)
@pytest.mark.parametrize("given", [None, "abc", nn.Linear(2, 1), [np.ones(2)]], ids=lambda x: type(x).__name__)
def test_what_are_no_parameters_raises(clip, given):
    p = parameter([3.0, 4.0])

    with pytest.raises(TypeError, match=rf"{clip.__name__}: expected tensors, but got a .*; give model.parameters\(\)"):
        clip([p, *given] if isinstance(given, list) else given, 1.0)

    assert p.grad.tolist() == [3, 4]


@pytest.mark.parametrize("bound", [-1.0, float("nan"), "low", None], ids=str)
def test_bounds_below_zero_raise(bound):
    with pytest.raises(ValueError, match="clip_grad_norm_: max_norm must be at least 0, but got"):
        clip_grad_norm_(parameter([1.0]), bound)
    with pytest.raises(ValueError, match="clip_grad_value_: clip_value must be at least 0, but got"):
        clip_grad_value_(parameter([1.0]), bound)
