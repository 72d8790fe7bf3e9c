"""l1_penalty and l2_penalty: they see parameters and never the data."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F  # noqa: N812

PENALTIES = [F.l1_penalty, F.l2_penalty]


@pytest.fixture
def model(default_dtype):
    """A small model in float64."""
    default_dtype(mg.float64)
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))


def flat(model):
    """All parameters of a model in one array."""
    return np.concatenate([p.detach().numpy().ravel() for p in model.parameters()])


def test_they_are_their_formulas_over_all_parameters(model):
    theta = flat(model)

    assert F.l1_penalty(model, 0.3).item() == pytest.approx(0.3 * np.abs(theta).sum(), rel=1e-14)
    assert F.l2_penalty(model, 0.3).item() == pytest.approx(0.3 * (theta**2).sum(), rel=1e-14)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_module_its_parameters_a_generator_and_one_tensor_are_all_understood(penalty, model):
    theta = mg.tensor(flat(model))

    given = [model, list(model.parameters()), model.parameters(), theta, [theta], tuple(model.parameters())]

    assert [penalty(parameters, 0.5).item() for parameters in given] == pytest.approx(6 * [penalty(theta, 0.5).item()])


def test_slopes_are_the_sign_and_twice_the_number():
    theta = mg.tensor([2.0, -3.0, 0.0, 1e4, -1e4], requires_grad=True)

    F.l1_penalty(theta, 0.5).backward()
    l1, theta.grad = theta.grad, None
    F.l2_penalty(theta, 0.5).backward()

    assert l1.tolist() == [0.5, -0.5, 0, 0.5, -0.5]
    assert theta.grad.tolist() == [2, -3, 0, 1e4, -1e4]


def test_strength_is_1_unless_told_otherwise_and_0_changes_nothing(model):
    assert F.l2_penalty(model).item() == F.l2_penalty(model, 1).item() > 0
    assert F.l2_penalty(model, 0).item() == 0


@pytest.mark.parametrize("make", [optim.SGD, optim.Adam])
def test_l2_penalty_is_weight_decay_of_twice_its_strength(make, model):
    x, y = mg.randn(8, 3), mg.randn(8, 1)
    start = {name: p.clone() for name, p in model.state_dict().items()}

    def trained(strength, weight_decay):
        model.load_state_dict(start)
        optimizer = make(model.parameters(), lr=0.05, weight_decay=weight_decay)
        for _ in range(5):
            optimizer.zero_grad()
            (F.mse_loss(model(x), y) + F.l2_penalty(model, strength)).backward()
            optimizer.step()
        return flat(model)

    np.testing.assert_allclose(trained(0.1, 0.0), trained(0.0, 0.2), rtol=1e-10)


def test_a_parameter_used_twice_in_a_module_counts_once():
    layer = nn.Linear(2, 2, bias=False)

    assert F.l2_penalty(nn.Sequential(layer, layer)).item() == F.l2_penalty(layer).item()


# Bad input.


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize("strength", [-1e-4, math.nan, math.inf, None])
def test_strength_out_of_range_raises(penalty, strength):
    with pytest.raises(ValueError, match="strength: expected a number of at least 0, but got"):
        penalty(mg.ones(2), strength)


@pytest.mark.parametrize("penalty", PENALTIES)
@pytest.mark.parametrize(
    ("given", "named"),
    [
        (3.0, "a float"),
        ([1.0, 2.0], "a float"),
        ({"weight": mg.ones(2)}, "a str"),
        ([("weight", mg.ones(2))], "a tuple"),
        (mg.tensor([1, 2]), r"int64 \(2,\)"),
        ([nn.Linear(1, 1)], "a Linear"),
    ],
)
def test_what_is_no_tensor_of_floats_raises(penalty, given, named):
    with pytest.raises(TypeError, match=rf"_penalty: expected a module or tensors of floats, but got {named}; .*param"):
        penalty(given)


@pytest.mark.parametrize("penalty", PENALTIES)
def test_a_generator_that_is_used_up_raises(penalty, model):
    parameters = model.parameters()
    penalty(parameters)

    with pytest.raises(ValueError, match=r"_penalty: there are no parameters to penalise; a generator .* model"):
        penalty(parameters)
