"""NesterovMomentum: the gradient at the look-ahead point, as its papers write it; and SGD(nesterov=True)."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim

STEEP = np.array([1.0, 4.0, 20.0])  # the loss is ½·Σ aθ² − Σ θ, with these a
START = np.array([2.0, -3.0, 1.0])


def gradient(theta):
    return STEEP * theta - 1


def descend(optimizer, w, steps, lrs=None):
    """Where the parameters are after each step."""
    path = []
    for t in range(steps):
        if lrs is not None:
            optimizer.param_groups[0]["lr"] = lrs[t]
        optimizer.zero_grad()
        (0.5 * (mg.tensor(STEEP) * w * w).sum() - w.sum()).backward()
        optimizer.step()
        path.append(w.array.copy())
    return np.array(path)


def as_written(steps, lrs, momentums):
    """v ← μv − lr·g(θ + μv); θ ← θ + v, line by line: all θ, and all v."""
    theta, v, thetas, speeds = START.copy(), np.zeros(3), [], []
    for t in range(steps):
        v = momentums[t] * v - lrs[t] * gradient(theta + momentums[t] * v)
        theta = theta + v
        thetas.append(theta)
        speeds.append(v)
    return np.array(thetas), np.array(speeds)


def a_leaf():
    return mg.tensor(START.copy(), requires_grad=True)


def test_looking_back_shows_the_theta_of_the_papers():
    w, found = a_leaf(), []
    optimizer = optim.NesterovMomentum([w], lr=0.03, momentum=0.9)

    for _ in range(50):
        descend(optimizer, w, 1)
        with optimizer.look_back():
            found.append(w.array.copy())

    np.testing.assert_allclose(found, as_written(50, [0.03] * 50, [0.9] * 50)[0], rtol=1e-10, atol=1e-12)


def test_between_steps_the_parameters_hold_the_look_ahead_point():
    w = a_leaf()
    optimizer = optim.NesterovMomentum([w], lr=0.03, momentum=0.9)

    path = descend(optimizer, w, 50)

    thetas, speeds = as_written(50, [0.03] * 50, [0.9] * 50)
    np.testing.assert_allclose(path, thetas + 0.9 * speeds, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(optimizer.state[w]["ahead"].array, 0.9 * speeds[-1], rtol=1e-10, atol=1e-12)


def test_with_a_constant_lr_it_is_sgd_with_nesterov():
    w, v = a_leaf(), a_leaf()

    path = descend(optim.NesterovMomentum([w], lr=0.03, momentum=0.9, weight_decay=0.1), w, 50)
    other = descend(optim.SGD([v], lr=0.03, momentum=0.9, weight_decay=0.1, nesterov=True), v, 50)

    np.testing.assert_allclose(path, other, rtol=1e-10, atol=1e-12)


def test_with_a_changing_lr_it_stays_with_the_papers_and_sgd_does_not():
    lrs = [0.03] * 10 + [0.003] * 10
    w, v = a_leaf(), a_leaf()
    optimizer = optim.NesterovMomentum([w], lr=0.03, momentum=0.9)

    path = descend(optimizer, w, 20, lrs)
    other = descend(optim.SGD([v], lr=0.03, momentum=0.9, nesterov=True), v, 20, lrs)

    thetas, speeds = as_written(20, lrs, [0.9] * 20)
    np.testing.assert_allclose(path, thetas + 0.9 * speeds, rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(path[:10], other[:10], rtol=1e-10, atol=1e-12)
    assert np.abs(path[10:] - other[10:]).max() > 0.01


def test_a_changed_momentum_counts_from_the_next_look_ahead_on():
    momentums = [0.5] * 6 + [0.9] * 6
    w = a_leaf()
    optimizer = optim.NesterovMomentum([w], lr=0.03, momentum=0.5)

    descend(optimizer, w, 5)
    optimizer.param_groups[0]["momentum"] = 0.9  # before the sixth step, which ends at its look-ahead
    path = descend(optimizer, w, 7)

    thetas, speeds = as_written(12, [0.03] * 12, momentums)
    np.testing.assert_allclose(path, (thetas + 0.9 * speeds)[5:], rtol=1e-10, atol=1e-12)


def test_looking_back_ends_on_the_same_bits_even_when_an_error_ends_it():
    w = a_leaf()
    optimizer = optim.NesterovMomentum([w], lr=0.03)
    before = descend(optimizer, w, 5)[-1]

    with pytest.raises(ZeroDivisionError), optimizer.look_back():
        1 / np.array_equal(w.array, before).__int__()

    np.testing.assert_array_equal(w.array, before)


def test_before_the_first_step_there_is_nothing_to_look_back_to():
    w = a_leaf()

    with optim.NesterovMomentum([w]).look_back():
        np.testing.assert_array_equal(w.array, START)


def test_a_parameter_without_a_gradient_stays_where_it_is():
    w, v = a_leaf(), a_leaf()
    optimizer = optim.NesterovMomentum([w, v], lr=0.03)
    descend(optimizer, w, 3)

    assert list(optimizer.state) == [w]
    np.testing.assert_array_equal(v.array, START)


def test_maximize_climbs():
    w, v = a_leaf(), a_leaf()
    climbing = optim.NesterovMomentum([w], lr=0.1, maximize=True)
    falling = optim.NesterovMomentum([v], lr=0.1)

    for _ in range(3):
        w.grad, v.grad = mg.tensor(np.ones(3)), mg.tensor(-np.ones(3))
        climbing.step()
        falling.step()

    np.testing.assert_array_equal(w.array, v.array)
    assert (w.array > START).all()
