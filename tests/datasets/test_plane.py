import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import Circles, LinearRegression, Moons, Spirals
from minigrad.utils.data import DataLoader

SETS = [Moons, Circles, Spirals]


def seeded(seed=0):
    return mg.Generator().manual_seed(seed)


def polar(points):
    """Radius and angle in turns of points (n, 2)."""
    x, y = points.T
    return np.hypot(x, y), np.arctan2(y, x) / (2 * np.pi)


@pytest.mark.parametrize("kind", SETS)
@pytest.mark.parametrize("n", [1, 2, 7, 200])
def test_points_are_float32_pairs_and_labels_int64(kind, n):
    data = kind(n)

    assert len(data) == n
    assert (data.points.shape, data.points.dtype) == ((n, 2), np.float32)
    assert (data.labels.shape, data.labels.dtype) == ((n,), np.int64)


@pytest.mark.parametrize(("data", "counts"), [
    (Moons(7), [4, 3]),
    (Circles(8), [4, 4]),
    (Spirals(10, arms=3), [4, 3, 3]),
])  # fmt: skip
def test_the_classes_are_equally_many_give_or_take_one_in_every_stretch(data, counts):
    assert np.bincount(data.labels.numpy()).tolist() == counts
    assert data.labels.tolist() == [i % len(counts) for i in range(len(data))]


def test_moons_without_noise_are_two_half_circles():
    moons = Moons(500, noise=0, generator=seeded())
    x, y = moons.points.numpy().astype(float).T
    up = moons.labels.numpy() == 0

    np.testing.assert_allclose(np.hypot(x, y)[up], 1, atol=1e-6)
    np.testing.assert_allclose(np.hypot(x - 1, y - 0.5)[~up], 1, atol=1e-6)
    assert (y[up] >= 0).all()
    assert (y[~up] <= 0.5).all()
    assert {(x[up] < 0).any(), (x[up] > 0).any(), (x[~up] < 1).any(), (x[~up] > 1).any()} == {True}  # whole halves


@pytest.mark.parametrize("factor", [0.5, 0.2])
def test_circles_without_noise_have_the_radii_1_and_factor(factor):
    circles = Circles(500, noise=0, factor=factor, generator=seeded())
    radius, angle = polar(circles.points.numpy().astype(float))
    outer = circles.labels.numpy() == 0

    np.testing.assert_allclose(radius, np.where(outer, 1, factor), atol=1e-6)
    assert np.histogram(angle, bins=4, range=(-0.5, 0.5))[0].min() > 90  # all the way round


@pytest.mark.parametrize(("arms", "turns"), [(2, 1.5), (3, 0.75), (5, 2)])
def test_spirals_without_noise_wind_evenly_from_a_tenth_to_radius_1(arms, turns):
    spirals = Spirals(600, noise=0, arms=arms, turns=turns, generator=seeded())
    radius, angle = polar(spirals.points.numpy().astype(float))
    off = angle - turns * radius - spirals.labels.numpy() / arms

    np.testing.assert_allclose(off, off.round(), atol=1e-5)  # a whole number of turns
    assert 0.1 - 1e-6 <= radius.min() < 0.12
    assert 0.98 < radius.max() <= 1 + 1e-6


@pytest.mark.parametrize("kind", SETS)
def test_noise_is_a_standard_deviation_in_both_coordinates(kind):
    clean, noisy = (kind(20_000, noise=noise, generator=seeded()).points.numpy() for noise in [0, 0.3])

    np.testing.assert_allclose((noisy - clean).std(0), 0.3, atol=0.01)
    np.testing.assert_allclose((noisy - clean).mean(0), 0, atol=0.01)


@pytest.mark.parametrize("kind", SETS)
def test_the_same_seed_gives_the_same_points(kind):
    once, again, other = (kind(generator=seeded(seed)).points.tolist() for seed in [1, 1, 2])

    assert once == again
    assert once != other


@pytest.mark.parametrize("kind", SETS)
def test_no_straight_line_separates_the_classes(kind):
    data = kind(300, generator=seeded())
    x, y = data.points.numpy(), data.labels.numpy() == 1
    angles = np.linspace(0, 2 * np.pi, 91)
    along = x @ np.stack([np.cos(angles), np.sin(angles)])  # (n, 91)

    right = max(((along > offset) == y[:, None]).mean(0).max() for offset in np.linspace(-2, 2, 81))

    assert 0.5 < right < 0.95


def test_a_loader_deals_out_points_with_their_labels():
    moons = Moons(6)

    [[points, labels]] = DataLoader(moons, batch_size=6)

    assert points.tolist() == moons.points.tolist()
    assert labels.tolist() == moons.labels.tolist()


# What they refuse.


@pytest.mark.parametrize("kind", [*SETS, LinearRegression])
@pytest.mark.parametrize("n", [0, -5])
def test_fewer_than_one_item_raises(kind, n):
    with pytest.raises(ValueError, match=f"{kind.__name__}: n, the number of items, must be at least 1, given {n}"):
        kind(n)


@pytest.mark.parametrize("kind", [*SETS, LinearRegression])
@pytest.mark.parametrize("n", [2.0, "10", None, True])
def test_a_number_of_items_that_is_not_an_integer_raises(kind, n):
    with pytest.raises(TypeError, match=re.escape(f"n, the number of items, must be an integer, given {n!r}")):
        kind(n)


@pytest.mark.parametrize("kind", [*SETS, LinearRegression])
@pytest.mark.parametrize("noise", [-0.1, float("nan"), float("inf")])
def test_noise_that_is_no_standard_deviation_raises_and_nothing_is_drawn(kind, noise):
    generator = seeded()

    with pytest.raises(ValueError, match=f"noise is a standard deviation, finite and not negative, given {noise}"):
        kind(noise=noise, generator=generator)
    assert generator.get_state() == seeded().get_state()


@pytest.mark.parametrize("kind", [*SETS, LinearRegression])
@pytest.mark.parametrize("noise", ["0.1", None, True])
def test_noise_that_is_no_number_raises(kind, noise):
    with pytest.raises(TypeError, match=re.escape(f"noise must be a number, given {noise!r}")):
        kind(noise=noise)


@pytest.mark.parametrize("kind", [*SETS, LinearRegression])
def test_a_generator_of_another_kind_raises(kind):
    with pytest.raises(TypeError, match=r"expected a minigrad\.Generator or None, but got int"):
        kind(generator=0)


@pytest.mark.parametrize("factor", [0, 1, -0.5, 2, float("nan")])
def test_an_inner_circle_that_is_not_inside_raises(factor):
    with pytest.raises(ValueError, match=f"must be between 0 and 1, given {factor}"):
        Circles(factor=factor)


@pytest.mark.parametrize("arms", [1, 0, 2.0, True, "3"])
def test_spirals_with_fewer_than_two_arms_raise(arms):
    with pytest.raises(ValueError, match=f"must be an integer of at least 2, given {arms!r}"):
        Spirals(arms=arms)


@pytest.mark.parametrize("turns", [0, -1, float("inf"), float("nan")])
def test_spirals_that_do_not_turn_raise(turns):
    with pytest.raises(ValueError, match=f"turns must be positive and finite, given {turns}"):
        Spirals(turns=turns)


@pytest.mark.parametrize("value", ["a", None, True])
@pytest.mark.parametrize(("kind", "name"), [(Circles, "factor"), (Spirals, "turns")])
def test_what_is_no_number_raises(kind, name, value):
    with pytest.raises(TypeError, match=f"{kind.__name__}: {name} must be a number, given {value!r}"):
        kind(**{name: value})
