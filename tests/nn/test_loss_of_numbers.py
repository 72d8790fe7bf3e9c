"""smooth_l1_loss, huber_loss, hinge_embedding_loss, and the weights of mse_loss, l1_loss and huber_loss."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812

ERRORS = [-1e4, -2.0, -1.0, -0.25, 0.0, 0.5, 1.0, 3.0, 1e4]


def slopes(function, x, **options):
    """The losses of predictions x for targets of 0, their first and their second derivatives."""
    x = mg.tensor(np.array(x, np.float64), requires_grad=True)
    out = function(x, mg.zeros(x.shape, dtype=mg.float64), reduction="none", **options)
    (first,) = grad(out.sum(), x, create_graph=True)
    (second,) = grad(first.sum(), x)
    return out.detach().numpy(), first.detach().numpy(), second.numpy()


# The formulas.


def test_smooth_l1_is_that_of_document_003():
    out, slope, _ = slopes(F.smooth_l1_loss, ERRORS)

    assert out.tolist() == [0.5 * y * y if abs(y) <= 1 else abs(y) - 0.5 for y in ERRORS]
    assert slope.tolist() == [max(-1, min(y, 1)) for y in ERRORS]


@pytest.mark.parametrize("delta", [0.5, 1.0, 2.5])
def test_huber_is_its_textbook_formula(delta):
    out, slope, _ = slopes(F.huber_loss, ERRORS, delta=delta)

    assert out.tolist() == [y * y / 2 if abs(y) <= delta else delta * (abs(y) - delta / 2) for y in ERRORS]
    assert slope.tolist() == [max(-delta, min(y, delta)) for y in ERRORS]


def test_the_curvature_at_a_perfect_fit_is_that_of_the_parabola():
    _, _, huber = slopes(F.huber_loss, [0.0, 0.1, 5.0], delta=2.0)
    _, _, smooth = slopes(F.smooth_l1_loss, [0.0, 0.1, 5.0], beta=2.0)

    assert huber.tolist() == [1, 1, 0]
    assert smooth.tolist() == [0.5, 0.5, 0]


@pytest.mark.parametrize("delta", [0.1, 1.0, 3.0])
def test_huber_is_smooth_l1_times_delta(delta):
    huber, smooth = slopes(F.huber_loss, ERRORS, delta=delta), slopes(F.smooth_l1_loss, ERRORS, beta=delta)

    for a, b in zip(huber, smooth, strict=True):
        np.testing.assert_allclose(a, delta * b, rtol=1e-12)


def test_huber_without_a_bound_is_half_the_squared_error():
    out, slope, _ = slopes(F.huber_loss, ERRORS, delta=math.inf)

    assert out.tolist() == [y * y / 2 for y in ERRORS]
    assert slope.tolist() == ERRORS


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("beta", [0, 0.0, 1e-60])
def test_smooth_l1_without_a_round_part_is_l1(beta, dtype):
    x, target = mg.tensor([-2.0, 0.0, 1e-3], dtype=dtype), mg.zeros(3, dtype=dtype)

    out = F.smooth_l1_loss(x, target, reduction="none", beta=beta)

    assert out.tolist() == F.l1_loss(x, target, reduction="none").tolist()


@pytest.mark.parametrize("function", [F.smooth_l1_loss, F.huber_loss])
def test_an_error_too_large_to_square_costs_and_pulls_like_any_outlier(function):
    x = mg.tensor([1e30, -1e30], requires_grad=True)

    out = function(x, mg.zeros(2), reduction="sum")
    out.backward()

    assert out.item() == pytest.approx(2e30)
    assert x.grad.tolist() == [1, -1]


def test_hinge_of_pairs_is_the_distance_or_what_lacks_to_the_margin():
    x = mg.tensor([0.25, 0.25, 1.0, 1e4, 1e4, -1e4], requires_grad=True)

    out = F.hinge_embedding_loss(x, mg.tensor([1, -1, -1, -1, 1, -1]), 0.5, reduction="none")
    out.sum().backward()

    assert out.tolist() == [0.25, 0.25, 0, 0, 1e4, 10000.5]
    assert x.grad.tolist() == [1, -1, 0, 0, 1, -1]


# Weights.


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss])
def test_a_weighted_mean_is_over_what_the_weights_add_up_to(function):
    x, weight = mg.tensor([1.0, 1.0, 5.0]), mg.tensor([1.0, 3.0, 0.0])

    assert function(x, mg.zeros(3), weight=weight).item() == 1
    assert function(x, mg.zeros(3), weight=weight, reduction="sum").item() == 4


def test_a_weighted_mean_of_huber_is_over_all_of_them():
    out = F.huber_loss(mg.tensor([1.0, 1.0, 5.0]), mg.zeros(3), weight=mg.tensor([1.0, 3.0, 0.0]))

    assert out.item() == pytest.approx(2 / 3)


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss, F.huber_loss])
@pytest.mark.parametrize("scale", [1e-30, 1e30])
def test_extreme_weights_give_finite_losses_and_slopes(function, scale):
    x = mg.tensor([2.0, -3.0], requires_grad=True)

    out = function(x, mg.zeros(2), weight=mg.tensor([scale, scale]))
    out.backward()

    factor = scale if function is F.huber_loss else 1
    plain = grad(function(x, mg.zeros(2)), x)[0]
    assert out.item() == pytest.approx(factor * function(x, mg.zeros(2)).item(), rel=1e-6)
    np.testing.assert_allclose(x.grad.numpy(), factor * plain.numpy(), rtol=1e-6)


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss])
def test_weights_are_differentiated_in_the_mean_as_well(function):
    weight = mg.tensor([1.0, 3.0], requires_grad=True)

    function(mg.tensor([1.0, 2.0]), mg.tensor([0.0, 2.0]), weight=weight).backward()

    np.testing.assert_allclose(weight.grad.numpy(), [0.1875, -0.0625])  # (1·4 - 1)/16, (0·4 - 1)/16


# Bad input.


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss, F.huber_loss])
@pytest.mark.parametrize("size", [(3,), (2, 1), (1,), ()])
def test_weights_of_another_shape_raise(function, size):
    with pytest.raises(ValueError, match=r"_loss: weight needs one number per loss, shape \(2, 3\), but is \("):
        function(mg.zeros(2, 3), mg.zeros(2, 3), weight=mg.ones(size))


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss])
def test_a_mean_by_weights_of_0_raises(function):
    with pytest.raises(ValueError, match="_loss: the weights add up to 0"):
        function(mg.zeros(2), mg.zeros(2), weight=mg.zeros(2))


@pytest.mark.parametrize("function", [F.mse_loss, F.l1_loss, F.huber_loss])
def test_a_weighted_mean_over_an_empty_batch_raises(function):
    with pytest.raises(ValueError, match="_loss: the batch is empty"):
        function(mg.zeros(0), mg.zeros(0), weight=mg.zeros(0))


@pytest.mark.parametrize(
    ("function", "module", "setting", "wrong", "message"),
    [
        (F.smooth_l1_loss, nn.SmoothL1Loss, "beta", -0.1, "beta: expected a number of at least 0, but got -0.1"),
        (F.smooth_l1_loss, nn.SmoothL1Loss, "beta", math.nan, "beta: expected .* but got nan"),
        (F.smooth_l1_loss, nn.SmoothL1Loss, "beta", "1", "beta: expected .* but got '1'"),
        (F.huber_loss, nn.HuberLoss, "delta", 0, "delta: expected a number above 0, but got 0"),
        (F.huber_loss, nn.HuberLoss, "delta", -1.0, "delta: expected a number above 0, but got -1.0"),
        (F.huber_loss, nn.HuberLoss, "delta", math.nan, "delta: expected .* but got nan"),
        (F.huber_loss, nn.HuberLoss, "delta", None, "delta: expected .* but got None"),
        (F.hinge_embedding_loss, nn.HingeEmbeddingLoss, "margin", math.nan, "margin: expected a finite number, .* nan"),
        (F.hinge_embedding_loss, nn.HingeEmbeddingLoss, "margin", math.inf, "margin: expected a finite number, .* inf"),
    ],
)
def test_settings_out_of_range_raise_in_the_function_and_where_the_module_is_made(
    function, module, setting, wrong, message
):
    with pytest.raises(ValueError, match=message):
        function(mg.zeros(2), mg.ones(2), **{setting: wrong})
    with pytest.raises(ValueError, match=message):
        module(**{setting: wrong})


@pytest.mark.parametrize(
    ("target", "named"),
    [([1.0, 0.0], "0"), ([2, -1], "2"), ([True, False], "0"), ([-1.0, math.nan], "nan"), ([0.5, 1.0], "0.5")],
)
def test_pairs_are_labelled_1_or_minus_1_and_nothing_else(target, named):
    with pytest.raises(ValueError, match=rf"target must be 1 or -1, but it holds {named}; labels .* 2 \* target - 1"):
        F.hinge_embedding_loss(mg.ones(2), mg.tensor(target))
