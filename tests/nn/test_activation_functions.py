import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812

STEEP = ["elu", "gelu", "hardtanh", "leaky_relu", "logsigmoid", "relu", "relu6", "selu", "sigmoid", "silu", "softplus",
         "softsign", "tanh"]  # fmt: skip
WITH_INPLACE = [nn.ReLU, nn.LeakyReLU, nn.ELU, nn.SELU, nn.SiLU, nn.Hardtanh, nn.ReLU6, nn.Dropout]


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("name", STEEP)
def test_an_activation_of_huge_numbers_and_its_derivatives_are_finite(name, dtype):
    x = mg.tensor(np.array([-1e4, -1000, -100, 100, 1000, 1e4], dtype), requires_grad=True)

    y = getattr(F, name)(x)
    (slope,) = grad(y.sum(), x, create_graph=True)

    assert y.dtype == slope.dtype == dtype
    assert y.isfinite().all()
    assert slope.isfinite().all()
    if slope.requires_grad:
        assert grad(slope.sum(), x)[0].isfinite().all()


@pytest.mark.parametrize("name", STEEP)
def test_nan_stays_nan_and_keeps_to_itself(name):
    y = getattr(F, name)(mg.tensor([float("nan"), 0.5]))

    assert y.isnan().tolist() == [True, False]


def test_small_probabilities_keep_their_logarithm():
    x = mg.tensor([-1000.0, -50.0], requires_grad=True)

    y = F.logsigmoid(x)
    y.sum().backward()

    assert y.tolist() == [-1000, -50]
    assert x.grad.tolist() == [1, 1]


def test_softplus_and_logsigmoid_keep_slopes_that_sigmoid_would_round():
    x = mg.tensor([20.0], requires_grad=True)

    assert grad(F.logsigmoid(x), x)[0].item() == pytest.approx(np.exp(-20), rel=1e-6)
    assert grad(F.softplus(-x), x)[0].item() == pytest.approx(-np.exp(-20), rel=1e-6)


def test_the_slope_of_hardtanh_at_its_bounds_is_zero():
    x = mg.tensor([-1.0, 0.0, 1.0], requires_grad=True)

    F.hardtanh(x).sum().backward()

    assert x.grad.tolist() == [0, 1, 0]


@pytest.mark.parametrize(
    ("function", "values", "slopes"),
    [(F.softplus, [math.inf, 0], [1, 0]), (F.logsigmoid, [0, -math.inf], [0, 1])],
    ids=["softplus", "logsigmoid"],
)
def test_infinite_numbers_have_the_value_and_the_slope_of_the_limit(function, values, slopes):
    x = mg.tensor([math.inf, -math.inf], requires_grad=True)

    y = function(x)
    y.sum().backward()

    assert y.tolist() == values
    assert x.grad.tolist() == slopes


@pytest.mark.parametrize("name", [*STEEP, "dropout"])
def test_an_activation_of_what_is_no_tensor_says_so(name):
    with pytest.raises(TypeError, match="expected a tensor, but got NoneType; make one"):
        getattr(F, name)(None)


@pytest.mark.parametrize("function", [F.relu, F.relu6, F.hardtanh])
def test_integers_cut_off_stay_integers(function):
    y = function(mg.tensor([0, 9]))

    assert y.dtype == mg.int64
    assert y.tolist() == [0, {F.relu: 9, F.relu6: 6, F.hardtanh: 1}[function]]


@pytest.mark.parametrize("module", WITH_INPLACE)
def test_inplace_is_accepted_and_leaves_the_input_alone(module):
    x = mg.tensor([-8.0, 8.0])

    y = module(inplace=True)(x)

    assert y is not x
    assert x.tolist() == [-8, 8]


@pytest.mark.parametrize("name", ["relu", "leaky_relu", "elu", "selu", "silu", "hardtanh", "relu6", "dropout"])
def test_functions_take_inplace_too(name):
    x = mg.tensor([-8.0, 8.0])

    getattr(F, name)(x, inplace=True)

    assert x.tolist() == [-8, 8]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.GELU("sigmoid"), "GELU: approximate must be 'none' or 'tanh', but got 'sigmoid'"),
        (lambda: F.gelu(mg.ones(2), "erf"), "gelu: approximate must be 'none' or 'tanh', but got 'erf'"),
        (lambda: nn.Softplus(0), "Softplus: beta must not be 0"),
        (lambda: nn.Softplus("a"), "Softplus's beta: expected a finite number, but got 'a'"),
        (lambda: nn.LeakyReLU("a"), "LeakyReLU's negative_slope: expected a finite number, but got 'a'"),
        (lambda: nn.ELU(alpha=math.nan), "ELU's alpha: expected a finite number, but got nan"),
        (lambda: nn.Hardtanh("a", 1), "Hardtanh: min_val and max_val must be numbers, but got 'a'"),
        (lambda: nn.Hardtanh(0, math.nan), "Hardtanh: min_val must be below max_val, but got 0 and nan"),
        (lambda: F.softplus(mg.ones(2), 0), "softplus: beta must not be 0"),
        (lambda: nn.Hardtanh(1.0, -1.0), r"Hardtanh: min_val must be below max_val, but got 1.0 and -1.0"),
        (lambda: F.hardtanh(mg.ones(2), 2.0, 1.0), "hardtanh: min_val must not be above max_val, but got 2.0 and 1.0"),
        (lambda: F.hardtanh(mg.ones(2), float("nan")), "hardtanh: min_val must not be above max_val, but got nan"),
    ],
)
def test_settings_that_an_activation_cannot_have_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()
