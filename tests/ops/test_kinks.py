"""Where a function has no slope, or an infinite one, the gradient is a convention: PyTorch's, held here by value."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)

ZEROS = np.array([-1.0, -0.0, 0.0, 1.0])
TIES = np.array([3.0, 1.0, 3.0])
KINKS = [  # (name, function, x, slope at each number of x), as PyTorch 2.13 has them
    ("relu", mg.relu, ZEROS, [0, 0, 0, 1]),
    ("leaky_relu", lambda x: mg.leaky_relu(x, 0.1), ZEROS, [0.1, 0.1, 0.1, 1]),
    ("abs", mg.abs, ZEROS, [-1, 0, 0, 1]),
    ("l1_loss", lambda x: F.l1_loss(x, mg.zeros(4, dtype=np.float64), reduction="none"), ZEROS, [-1, 0, 0, 1]),
    ("clamp", lambda x: mg.clamp(x, -1, 1), np.array([-2.0, -1.0, 0.0, 1.0, 2.0]), [0, 1, 1, 1, 0]),
    ("clamp to nothing", lambda x: mg.clamp(x, 1, -1), np.array([-2.0, 0.0, 1.0, 2.0]), [0, 0, 0, 0]),
    ("maximum, left", lambda x: mg.maximum(x, mg.tensor([3.0, 0.0, 4.0])), TIES, [0.5, 1, 0]),
    ("maximum, right", lambda x: mg.maximum(mg.tensor([3.0, 0.0, 4.0]), x), TIES, [0.5, 1, 0]),
    ("minimum, left", lambda x: mg.minimum(x, mg.tensor([3.0, 0.0, 4.0])), TIES, [0.5, 0, 1]),
    ("minimum, right", lambda x: mg.minimum(mg.tensor([3.0, 0.0, 4.0]), x), TIES, [0.5, 0, 1]),
    ("amax", mg.amax, TIES, [0.5, 0, 0.5]),
    ("amax over a dim", lambda x: mg.amax(x, 0), TIES, [0.5, 0, 0.5]),
    ("amin", mg.amin, -TIES, [0.5, 0, 0.5]),
    ("max", mg.max, TIES, [0.5, 0, 0.5]),
    ("max over a dim", lambda x: mg.max(x, 0).values, TIES, [1, 0, 0]),
    ("min over a dim", lambda x: mg.min(x, 0).values, -TIES, [1, 0, 0]),
    ("x² at 0", lambda x: x**2, ZEROS, [-2, 0, 0, 2]),
    ("x¹ at 0", lambda x: x**1, ZEROS, [1, 1, 1, 1]),
    ("x⁰ at 0", lambda x: x**0, ZEROS, [0, 0, 0, 0]),
    ("x⁰ at 0, the 0 an array", lambda x: x ** mg.zeros(4, dtype=np.float64), ZEROS, [0, 0, 0, 0]),
    ("0 to the power of x", lambda x: 0.0**x, np.array([0.0, 1.0, 2.0]), [0, 0, 0]),
    ("std of equal numbers", mg.std, np.array([2.0, 2.0, 2.0]), [0, 0, 0]),
    ("var of equal numbers", mg.var, np.array([2.0, 2.0, 2.0]), [0, 0, 0]),
    ("remainder at a multiple", lambda x: x % 2, np.array([-2.0, 0.0, 4.0]), [1, 1, 1]),
    ("sqrt at 0", mg.sqrt, np.array([0.0, 4.0]), [np.inf, 0.25]),
    ("log at 0", mg.log, np.array([0.0, 4.0]), [np.inf, 0.25]),
    (
        "binary_cross_entropy at 0 and 1",
        lambda p: F.binary_cross_entropy(p, mg.tensor(np.array([0.0, 1.0, 0.0, 1.0])), reduction="none"),
        np.array([0.0, 0.0, 1.0, 1.0]),
        [0, -1e12, 1e12, 0],
    ),
]


@pytest.mark.parametrize(("function", "x", "slopes"), [kink[1:] for kink in KINKS], ids=[kink[0] for kink in KINKS])
@pytest.mark.parametrize("create_graph", [False, True])
@pytest.mark.filterwarnings("ignore:divide by zero:RuntimeWarning")
def test_the_slope_at_a_kink_is_that_of_pytorch(function, x, slopes, create_graph):
    x = mg.tensor(x, requires_grad=True)
    y = function(x)
    v = -1.5 * np.arange(1, y.numel() + 1).reshape(y.shape)

    (g,) = grad(y, x, mg.tensor(v), create_graph=create_graph)

    np.testing.assert_allclose(g.detach().numpy(), np.array(slopes) * v, rtol=1e-12)


@pytest.mark.parametrize("function", [mg.std, mg.relu, mg.abs, mg.amax, lambda x: mg.maximum(x, 0.0)])
def test_the_second_derivative_at_a_kink_is_0(function):
    x = mg.tensor([0.0, 0.0, 0.0], dtype=np.float64, requires_grad=True)
    (g,) = grad(function(x).sum(), x, create_graph=True)

    (second,) = grad((g * mg.tensor([1.0, -2.0, 4.0]) + x).sum(), x)  # + x: so that there is a path

    assert second.tolist() == [1.0, 1.0, 1.0]
