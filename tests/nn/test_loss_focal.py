"""focal_loss against its formula (Lin et al. 2017), written by hand in float64: PyTorch has none to compare with."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812

REDUCTIONS = {"mean": np.mean, "sum": np.sum, "none": lambda losses: losses}
YES = np.array([[1.0, 0.0, 1.0], [0.0, 0.0, 1.0]])
CLASSES = np.array([0, 2, 1, 2])
GAMMAS = [0.0, 0.5, 1.0, 2.0, 5.0]


def logits(*size, seed=0):
    """Normal float64 numbers, twice as wide, that require a gradient."""
    x = 2 * mg.randn(*size, dtype=mg.float64, generator=mg.Generator(seed))
    return x.requires_grad_()


def focal(p, alpha, gamma):
    """The loss where what is true has probability p, and its derivative with respect to p, from the paper's line."""
    loss = -alpha * (1 - p) ** gamma * np.log(p)
    slope = alpha * (gamma * (1 - p) ** (gamma - 1) * np.log(p) - (1 - p) ** gamma / p)
    return loss, slope


# The formula.


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("alpha", [None, 0.25, 1.0])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_of_yes_or_no_it_is_the_formula_of_the_paper(gamma, alpha, reduction):
    x = logits(2, 3)
    p = 1 / (1 + np.exp(-x.detach().numpy()))
    weight = 1.0 if alpha is None else np.where(YES == 1, alpha, 1 - alpha)
    losses, slope = focal(np.where(YES == 1, p, 1 - p), weight, gamma)

    out = F.focal_loss(x, mg.tensor(YES), alpha, gamma, reduction=reduction)
    (g,) = grad(out.sum(), x)

    share = 1 / 6 if reduction == "mean" else 1
    np.testing.assert_allclose(out.detach().numpy(), REDUCTIONS[reduction](losses), rtol=1e-12)
    np.testing.assert_allclose(g.numpy(), share * slope * np.where(YES == 1, 1, -1) * p * (1 - p), rtol=1e-10)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("alpha", [None, [0.5, 2.0, 1.5]])
@pytest.mark.parametrize("gamma", GAMMAS)
def test_of_classes_it_is_the_formula_of_the_paper(gamma, alpha, reduction):
    x = logits(4, 3)
    p = np.exp(x.detach().numpy())
    p /= p.sum(1, keepdims=True)
    rows = np.arange(4)
    weight = np.ones(4) if alpha is None else np.array(alpha)[CLASSES]
    losses, slope = focal(p[rows, CLASSES], weight, gamma)
    expected_g = slope[:, None] * p[rows, CLASSES][:, None] * (np.eye(3)[CLASSES] - p)

    out = F.focal_loss(x, mg.tensor(CLASSES), alpha and mg.tensor(np.array(alpha)), gamma, reduction=reduction)
    (g,) = grad(out.sum(), x)

    share = 1 / weight.sum() if reduction == "mean" else 1
    expected = share * losses.sum() if reduction == "mean" else REDUCTIONS[reduction](losses)
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-12)
    np.testing.assert_allclose(g.numpy(), share * expected_g, rtol=1e-10, atol=1e-15)


def test_the_example_of_the_paper_what_is_almost_sure_is_a_hundred_times_lighter():
    x = mg.tensor([math.log(0.9 / 0.1)], dtype=mg.float64)  # p = 0.9: "100 × lower loss" at γ = 2

    ratio = F.focal_loss(x, mg.tensor([1]), gamma=0.0) / F.focal_loss(x, mg.tensor([1]))

    assert ratio.item() == pytest.approx(100)


# What it is without its two settings.


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("target", [YES, np.array([[0.1, 0.9, 0.5], [1.0, 0.0, 0.7]])], ids=["labels", "probabilities"])
def test_with_gamma_0_of_yes_or_no_it_is_binary_cross_entropy(target, reduction):
    x, target = logits(2, 3), mg.tensor(target)

    a = F.focal_loss(x, target, gamma=0.0, reduction=reduction)
    b = F.binary_cross_entropy_with_logits(x, target, reduction=reduction)

    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-14)
    np.testing.assert_allclose(grad(a.sum(), x)[0].numpy(), grad(b.sum(), x)[0].numpy(), rtol=1e-13)


@pytest.mark.parametrize("reduction", REDUCTIONS)
@pytest.mark.parametrize("weight", [None, mg.tensor([0.5, 2.0, 1.5])], ids=["unweighted", "weighted"])
@pytest.mark.parametrize(
    ("size", "target"), [((4, 3), CLASSES), ((2, 3, 2), CLASSES.reshape(2, 2)), ((3,), np.array(1)), ((1, 2), [1])]
)
def test_with_gamma_0_of_classes_it_is_cross_entropy_with_alpha_as_its_weight(size, target, weight, reduction):
    x, target = logits(*size), mg.tensor(np.array(target))
    weight = None if weight is None or size == (1, 2) else weight.double()

    a = F.focal_loss(x, target, weight, 0.0, reduction=reduction)
    b = F.cross_entropy(x, target, weight, reduction=reduction)

    np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-13)
    np.testing.assert_allclose(grad(a.sum(), x)[0].numpy(), grad(b.sum(), x)[0].numpy(), rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("gamma", GAMMAS)
def test_two_classes_are_a_question_of_yes_or_no(gamma):
    x = logits(4, 2)
    target = mg.tensor([0, 1, 1, 0])

    of_classes = F.focal_loss(x, target, None, gamma, reduction="none")
    yes_or_no = F.focal_loss(x[:, 1] - x[:, 0], target.double(), None, gamma, reduction="none")

    np.testing.assert_allclose(of_classes.detach().numpy(), yes_or_no.detach().numpy(), rtol=1e-13)


# Extremes.


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 100.0])
def test_huge_logits_of_yes_or_no_are_exact_with_the_right_slopes(gamma, dtype):
    x = mg.tensor(np.array([1e4, 1e4, -1e4, -1e4], dtype), requires_grad=True)

    out = F.focal_loss(x, mg.tensor([1, 0, 1, 0]), gamma=gamma, reduction="none")
    (g,) = grad(out.sum(), x, create_graph=True)
    (curvature,) = grad(g.sum(), x)

    assert out.tolist() == [0, 1e4, 1e4, 0]
    assert g.tolist() == [0, 1, -1, 0]
    assert curvature.tolist() == [0, 0, 0, 0]


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("gamma", [0.0, 0.5, 1.0, 2.0, 100.0])
def test_huge_logits_of_classes_are_exact_with_the_right_slopes(gamma, dtype):
    x = mg.tensor(np.array([[1e4, -1e4, 0], [1e4, -1e4, 0]], dtype), requires_grad=True)

    out = F.focal_loss(x, mg.tensor([0, 1]), gamma=gamma, reduction="none")
    out.sum().backward()

    assert out.tolist() == [0, 2e4]
    assert x.grad.tolist() == [[0, 0, 0], [1, -1, 0]]


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_extreme_alphas_count_one_side_only(alpha):
    x = mg.tensor([1e4, -1e4], requires_grad=True)

    out = F.focal_loss(x, mg.tensor([0, 1]), alpha, reduction="none")
    out.sum().backward()

    assert out.tolist() == [1e4 * (1 - alpha), 1e4 * alpha]
    assert x.grad.tolist() == [1 - alpha, -alpha]


def test_tiny_losses_are_not_rounded_to_nothing():
    x = mg.tensor([[30.0, 0.0]])

    assert F.focal_loss(x, mg.tensor([0]), gamma=0.0).item() == pytest.approx(math.exp(-30), rel=1e-5, abs=0)


@pytest.mark.parametrize("target", [mg.tensor([1, 0]), mg.tensor([True, False])])
def test_loss_of_float32_stays_float32_whatever_the_labels(target):
    assert F.focal_loss(mg.zeros(2), target, 0.25).dtype == mg.float32


# The module.


def test_the_module_is_the_function_with_its_settings():
    x, alpha = logits(4, 3), mg.tensor([0.5, 2.0, 1.5])

    out = nn.FocalLoss(alpha, 1.5, reduction="sum")(x, mg.tensor(CLASSES))

    assert out.item() == F.focal_loss(x, mg.tensor(CLASSES), alpha, 1.5, reduction="sum").item()


def test_alphas_of_classes_are_a_buffer_and_a_number_is_a_setting():
    assert list(nn.FocalLoss(mg.ones(3)).state_dict()) == ["alpha"]
    assert nn.FocalLoss(0.1).alpha == 0.1
    assert not nn.FocalLoss(0.1).state_dict()


# Bad input.


@pytest.mark.parametrize("gamma", [-0.5, math.nan, math.inf, "2"])
def test_gamma_out_of_range_raises(gamma):
    with pytest.raises(ValueError, match="gamma: expected a number of at least 0, but got"):
        F.focal_loss(mg.zeros(2), mg.ones(2), gamma=gamma)
    with pytest.raises(ValueError, match="gamma: expected a number of at least 0, but got"):
        nn.FocalLoss(gamma=gamma)


@pytest.mark.parametrize("alpha", [-0.1, 1.5])
def test_alpha_of_yes_or_no_out_of_range_raises(alpha):
    with pytest.raises(ValueError, match=rf"number in alpha must lie in \[0, 1\], but it holds {alpha}; .*1 - alpha"):
        F.focal_loss(mg.zeros(2), mg.ones(2), alpha)
    with pytest.raises(ValueError, match=rf"alpha: a probability must lie in \[0, 1\], but got {alpha}"):
        nn.FocalLoss(alpha)


@pytest.mark.parametrize("alpha", [0.25, mg.ones(4), mg.ones(1, 3)], ids=["number", "too many", "two dimensions"])
def test_classes_need_one_alpha_each(alpha):
    with pytest.raises(ValueError, match=r"focal_loss: alpha needs one number per class, shape \(3,\), but is \("):
        F.focal_loss(mg.zeros(4, 3), mg.tensor(CLASSES), alpha)


@pytest.mark.parametrize(
    ("size", "target", "error", "message"),
    [
        ((2,), [0.0, 2.0], ValueError, r"every number in target must lie in \[0, 1\], but it holds 2; the labels"),
        ((2, 1), [0, 1], ValueError, r"with one class there is nothing to choose .* use input.reshape\(2,\)"),
        ((2,), [[0.0], [1.0]], ValueError, "they must have one shape"),
        ((2, 3), [0, 3], ValueError, r"holds class 3 at row 1, but input has 3 classes .* must lie in \[0, 3\)"),
        ((2, 3), [-100, 0], ValueError, "holds class -100 at row 0"),
        ((2, 3), [0.0, 1.0], TypeError, r"class indices must be integers, but .*\.long\(\)"),
        ((2, 3), [0, 1, 2], ValueError, r"target must have shape \(2,\)"),
    ],
)
def test_targets_that_do_not_fit_raise(size, target, error, message):
    with pytest.raises(error, match=f"focal_loss: .*{message}"):
        F.focal_loss(mg.zeros(size), mg.tensor(target))


@pytest.mark.parametrize("alpha", [None, mg.ones(3)], ids=["unweighted", "weighted"])
def test_the_mean_over_no_rows_of_classes_raises(alpha):
    with pytest.raises(ValueError, match="focal_loss: the batch is empty"):
        F.focal_loss(mg.zeros(0, 3), mg.zeros(0, dtype=mg.int64), alpha)


@pytest.mark.parametrize("kind", [np.float32, np.float64, float])
def test_alpha_may_be_a_number_of_any_kind(kind):
    x, y = mg.zeros(2), mg.tensor([0.0, 1.0])

    assert nn.FocalLoss(alpha=kind(0.25))(x, y).item() == F.focal_loss(x, y, 0.25).item()
