"""kl_div: the divergence of distributions, right also where probabilities are exactly 0 and 1."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812


def logits(*size, seed=0):
    """Normal float64 numbers that require a gradient."""
    return mg.randn(*size, dtype=mg.float64, generator=mg.Generator(seed), requires_grad=True)


def test_it_is_the_textbook_sum():
    p = np.array([[0.5, 0.25, 0.25], [0.1, 0.2, 0.7]])
    q = np.array([[0.3, 0.3, 0.4], [0.6, 0.3, 0.1]])

    out = F.kl_div(mg.tensor(np.log(q)), mg.tensor(p), reduction="batchmean")

    assert out.item() == pytest.approx((p * np.log(p / q)).sum() / 2, rel=1e-14)


def test_a_distribution_is_at_distance_0_from_itself_and_every_other_further():
    x, y = logits(4, 3).log_softmax(1), logits(4, 3, seed=1).log_softmax(1)

    assert F.kl_div(x, x.exp(), reduction="batchmean").item() == pytest.approx(0, abs=1e-15)
    assert F.kl_div(x, y.exp(), reduction="batchmean").item() > 0.1


def test_of_certain_targets_it_is_cross_entropy():
    x = logits(4, 3)
    one_hot = mg.eye(3, dtype=mg.float64)[mg.tensor([0, 2, 1, 2])]

    a, b = F.kl_div(x.log_softmax(1), one_hot, reduction="batchmean"), F.cross_entropy(x, mg.tensor([0, 2, 1, 2]))

    assert a.item() == pytest.approx(b.item(), rel=1e-14)
    np.testing.assert_allclose(grad(a, x)[0].numpy(), grad(b, x)[0].numpy(), rtol=1e-12, atol=1e-15)


def test_log_target_takes_the_logs_of_the_same_target():
    x, y = logits(4, 3), logits(4, 3, seed=1)
    of_logs = F.kl_div(x.log_softmax(1), y.log_softmax(1), reduction="sum", log_target=True)
    of_probabilities = F.kl_div(x.log_softmax(1), y.softmax(1), reduction="sum")

    assert of_logs.item() == pytest.approx(of_probabilities.item(), rel=1e-13)
    for a, b in zip(grad(of_logs, [x, y]), grad(of_probabilities, [x, y]), strict=True):
        np.testing.assert_allclose(a.numpy(), b.numpy(), rtol=1e-10, atol=1e-14)


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("log_target", [False, True])
def test_probabilities_of_exactly_0_and_1_are_finite_with_the_right_slopes(log_target, dtype):
    p = np.array([0.0, 0.0, 1.0, 1.0], dtype)
    x = mg.tensor(np.array([-math.inf, -1e4, 0.0, -1e4], dtype), requires_grad=True)
    with np.errstate(divide="ignore"):
        target = mg.tensor(np.log(p) if log_target else p)

    out = F.kl_div(x, target, reduction="none", log_target=log_target)
    out.sum().backward()

    assert out.tolist() == [0, 0, 0, 1e4]
    assert x.grad.tolist() == [0, 0, -1, -1]


@pytest.mark.parametrize("log_target", [False, True])
def test_a_target_of_probability_0_gets_a_finite_slope(log_target):
    target = mg.tensor([-math.inf, 0.0] if log_target else [0.0, 1.0], requires_grad=True)

    F.kl_div(mg.tensor([-1.0, -1.0]), target, reduction="sum", log_target=log_target).backward()

    assert target.grad.tolist() == [0, 2]


def test_what_is_held_for_impossible_and_happens_costs_infinitely_much():
    assert F.kl_div(mg.tensor([-math.inf]), mg.tensor([0.5])).item() == math.inf


def test_nan_comes_out_as_nan():
    assert math.isnan(F.kl_div(mg.tensor([math.nan]), mg.tensor([0.5])).item())


def test_batchmean_of_one_number_is_that_number():
    assert F.kl_div(mg.tensor(-1.0), mg.tensor(1.0), reduction="batchmean").item() == 1


# Bad input.


@pytest.mark.parametrize("loss", [F.kl_div, nn.KLDivLoss()], ids=["function", "module"])
def test_the_mean_warns_that_it_is_not_the_divergence(loss):
    with pytest.warns(UserWarning, match=r"divides by all 6 numbers, not by the 2 samples.*reduction='batchmean'"):
        out = loss(mg.full((2, 3), -1.0), mg.full((2, 3), 1.0))

    assert out.item() == 1


def test_batchmean_over_an_empty_batch_raises():
    with pytest.raises(ValueError, match="kl_div: the batch is empty"):
        F.kl_div(mg.zeros(0, 3), mg.zeros(0, 3), reduction="batchmean")


@pytest.mark.parametrize(
    ("x", "target", "log_target", "message"),
    [
        (0.5, 0.5, False, "every number in input must be a log probability, .* holds 0.5; apply log_softmax"),
        (-1.0, 1.5, False, r"every number in target must lie in \[0, 1\], but it holds 1.5; .*log_target=True"),
        (-1.0, -0.7, False, r"every number in target must lie in \[0, 1\], but it holds -0.7; .*log_target=True"),
        (-1.0, math.nan, False, r"every number in target must lie in \[0, 1\], but it holds nan"),
        (-1.0, 0.5, True, "every number in target must be a log probability, .* holds 0.5; .*without log_target"),
    ],
)
def test_what_is_no_log_probability_or_no_probability_raises(x, target, log_target, message):
    with pytest.raises(ValueError, match=f"kl_div: {message}"):
        F.kl_div(mg.tensor([-1.0, x]), mg.tensor([0.0, target]), log_target=log_target)


def test_a_log_probability_may_be_rounded_to_a_little_above_0():
    assert F.kl_div(mg.tensor([1e-6]), mg.tensor([1e-6]), log_target=True).item() == 0
