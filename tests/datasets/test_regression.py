import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import LinearRegression


def seeded(seed=0):
    return mg.Generator().manual_seed(seed)


def least_squares(data):
    """The parameters that fit the data best, intercept first."""
    x, y = data.inputs.numpy().astype(float), data.targets.numpy().astype(float)
    return np.linalg.lstsq(np.hstack([np.ones((len(x), 1)), x]), y, rcond=None)[0][:, 0]


@pytest.mark.parametrize("theta", [(2.0, 3.0), (0, 3), (-1.0, 0.5, 4.0)])
def test_the_best_fit_to_much_data_is_the_truth_that_the_set_keeps(theta):
    data = LinearRegression(20_000, theta, noise=0.5, generator=seeded())

    assert data.theta == theta
    np.testing.assert_allclose(least_squares(data), theta, atol=0.02)


def test_the_noise_has_the_standard_deviation_asked_for():
    data = LinearRegression(20_000, (2, 3), noise=0.5, generator=seeded())

    error = data.targets.numpy() - 2 - 3 * data.inputs.numpy()

    assert data.noise == 0.5
    assert abs(error.std() - 0.5) < 0.01
    assert abs(error.mean()) < 0.02


def test_the_inputs_are_standard_normal():
    x = LinearRegression(20_000, generator=seeded()).inputs.numpy()

    assert abs(x.mean()) < 0.03
    assert abs(x.std() - 1) < 0.03


def test_the_default_is_document_001s_hundred_points_with_a_truth_that_is_not_zero():
    data = LinearRegression()

    assert (len(data), data.theta, data.noise) == (100, (2.0, 3.0), 0.1)


def test_without_noise_the_points_lie_on_the_line():
    data = LinearRegression(50, (1, 2, -3), noise=0, generator=seeded())
    x = data.inputs.numpy()

    np.testing.assert_allclose(data.targets.numpy()[:, 0], 1 + 2 * x[:, 0] - 3 * x[:, 1], atol=1e-5)


def test_items_are_float32_rows():
    x, y = LinearRegression(5, (1, 2, 3), generator=seeded())[-1]

    assert (x.shape, y.shape) == ((2,), (1,))
    assert (x.dtype, y.dtype) == (np.float32, np.float32)


def test_the_default_dtype_is_followed(default_dtype):
    default_dtype(mg.float64)

    data = LinearRegression(5)

    assert (data.inputs.dtype, data.targets.dtype) == (np.float64, np.float64)


def test_the_same_seed_gives_the_same_data():
    once, again, other = (LinearRegression(generator=seeded(seed)).targets.tolist() for seed in [1, 1, 2])

    assert once == again
    assert once != other


def test_the_global_seed_decides_without_a_generator():
    before = mg.random.default_generator.get_state()
    try:
        once, again = (mg.manual_seed(4) and LinearRegression().targets.tolist() for _ in range(2))
    finally:
        mg.random.default_generator.set_state(before)

    assert once == again


@pytest.mark.parametrize("theta", [(2.0,), (), 3.0, (1, float("nan")), [[1, 2]], "ab", None, [[1], [2, 3]]])
def test_a_theta_without_a_slope_or_not_finite_raises(theta):
    with pytest.raises(
        ValueError, match=re.escape(f"an intercept and at least one slope, all finite, given {theta!r}")
    ):
        LinearRegression(theta=theta)
