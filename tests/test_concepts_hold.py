"""Concepts of the documents that no test of a single module shows: what the concept map says of them, computed."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.datasets import XOR, LinearRegression
from minigrad.utils.data import DataLoader

F = nn.functional
VALLEYS = ((1.5, 0.9601), (-1.5, -1.0356))  # where a walk starts, and the minimum of J of that side


@pytest.fixture(autouse=True)
def double_precision(default_dtype):
    default_dtype(mg.float64)


def tensor(values, **settings):
    return mg.tensor(np.array(values, float), **settings)


def two_valleys(x):
    return (x**2 - 1) ** 2 + 0.3 * x


def line(n=64):
    """Points around y = 2 + 3x, and their (n, 2) matrix of ones and x."""
    data = LinearRegression(n, (2.0, 3.0), noise=1.0, generator=mg.Generator(0))
    return data, np.column_stack([np.ones(n), data.inputs.numpy()[:, 0]])


def slopes_of_batches(data, batch_size, epochs=1):
    """∇J_B at θ = (0, 0) for each batch, (batches, 2)."""
    theta, found = mg.zeros(2, requires_grad=True), []
    loader = DataLoader(data, batch_size, shuffle=True, generator=mg.Generator(0))
    for x, y in [batch for _ in range(epochs) for batch in loader]:
        found.append(mg.autograd.grad(F.mse_loss(theta[0] + theta[1] * x, y), theta)[0].numpy())
    return np.array(found)


def walk(make, loss, start, steps):
    """Where an optimizer comes through from start, (steps + 1, …)."""
    theta = tensor(start, requires_grad=True)
    optimizer, path = make([theta]), [theta.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        loss(theta).backward()
        optimizer.step()
        path.append(theta.tolist())
    return np.array(path)


def learn(model, x, y, loss_fn, steps, lr):
    """The loss on x, y after so many steps of Adam."""
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
    return loss_fn(model(x), y).item()


def test_mean_squared_error_is_its_formula_and_its_gradient_has_the_two_and_the_n():
    truth, predicted = np.array([1.0, -2.0, 0.5]), tensor([0.0, 2.0, 0.0], requires_grad=True)

    loss = nn.MSELoss()(predicted, tensor(truth))
    loss.backward()

    assert loss.item() == (1 + 16 + 0.25) / 3
    np.testing.assert_allclose(predicted.grad.numpy(), 2 * (predicted.detach().numpy() - truth) / 3, rtol=1e-15)


def test_one_large_error_outweighs_many_small_ones_in_squares_but_not_in_absolute_values():
    equal, outlier = tensor([5, 5, 5, 5, 5]), tensor([1, 1, 1, 1, 21], requires_grad=True)

    F.mse_loss(outlier, mg.zeros(5)).backward()

    assert [F.l1_loss(errors, mg.zeros(5)).item() for errors in (equal, outlier)] == [5, 5]
    assert [F.mse_loss(errors, mg.zeros(5)).item() for errors in (equal, outlier)] == [25, 89]
    np.testing.assert_allclose(outlier.grad.numpy(), [0.4, 0.4, 0.4, 0.4, 8.4], rtol=1e-15)


@pytest.mark.parametrize(
    ("loss_fn", "best"), [(nn.MSELoss(), 80.0), (nn.L1Loss(), 60.0), (nn.HuberLoss(delta=20.0), 62.5)]
)
def test_which_constant_is_best_is_decided_by_the_loss(loss_fn, best):
    prices = tensor([50, 55, 60, 65, 170])
    candidates = np.linspace(40, 180, 561)

    costs = [loss_fn(mg.full((5,), c), prices).item() for c in candidates.tolist()]

    assert candidates[np.argmin(costs)] == best  # the mean, the median, and between the two


def test_cross_entropy_with_one_hot_labels_is_the_double_sum_of_the_documents():
    logits, labels = tensor([[2, 0.5, -1], [0, 1, 0.5]]), mg.tensor([0, 2])
    y, y_hat = np.array([[1, 0, 0], [0, 0, 1]]), np.exp(logits.numpy())
    y_hat /= y_hat.sum(1, keepdims=True)

    one_hot = F.one_hot(labels, 3)

    assert one_hot.tolist() == y.tolist()
    for target in (labels, one_hot.double()):
        assert F.cross_entropy(logits, target).item() == pytest.approx(-(y * np.log(y_hat)).sum() / 2, rel=1e-14)


def test_without_bends_any_number_of_layers_is_worth_one():
    mg.manual_seed(0)
    straight = nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 8), nn.Linear(8, 1))
    x, y = XOR().inputs.double(), XOR().targets.double()

    (W1, b1), (W2, b2), (W3, b3) = ([p.detach().numpy() for p in layer.parameters()] for layer in straight)
    bias = W3 @ (W2 @ b1 + b2) + b3

    np.testing.assert_allclose(straight(x).detach().numpy(), x.numpy() @ (W3 @ W2 @ W1).T + bias, rtol=1e-12)
    assert learn(straight, x, y, nn.MSELoss(), 300, lr=0.02) == pytest.approx(1 / 4, abs=1e-3)  # ½ everywhere


def test_with_a_bend_the_same_layers_learn_xor():
    mg.manual_seed(0)
    bent = nn.Sequential(nn.Linear(2, 8), nn.ReLU(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    x, y = XOR().inputs.double(), XOR().targets.double()

    assert learn(bent, x, y, nn.MSELoss(), 300, lr=0.02) < 1e-3


def test_the_forward_pass_is_one_layer_after_the_other_and_is_recorded():
    mg.manual_seed(0)
    model, x = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1)), tensor([[1, -2], [0.5, 3]])
    W1, b1, W2, b2 = (p.detach().numpy() for p in model.parameters())

    y_hat = model(x)

    np.testing.assert_allclose(y_hat.detach().numpy(), np.tanh(x.numpy() @ W1.T + b1) @ W2.T + b2, rtol=1e-14)
    y_hat.sum().backward()
    np.testing.assert_allclose(model[2].bias.grad.numpy(), [2], rtol=1e-15)


def test_for_a_small_rate_the_loss_falls_by_the_rate_times_the_squared_length_of_the_gradient():
    data, _ = line()
    theta = mg.zeros(2, requires_grad=True)
    optimizer = optim.SGD([theta], lr=1e-5)

    def loss():
        return F.mse_loss(theta[0] + theta[1] * data.inputs.double(), data.targets.double())

    before = loss()
    before.backward()
    optimizer.step()

    fall = 1e-5 * (theta.grad.numpy() ** 2).sum()
    assert before.item() - loss().item() == pytest.approx(fall, rel=1e-4)


def test_on_a_parabola_each_step_multiplies_the_distance_and_above_two_over_the_curvature_it_grows():
    def parabola(theta):
        return 5 * theta**2  # ½cθ², c = 10

    for lr in (0.01, 0.15, 0.199, 0.201):
        path = walk(lambda params, lr=lr: optim.SGD(params, lr=lr), parabola, 1.0, 100)

        np.testing.assert_allclose(path, (1 - 10 * lr) ** np.arange(101), rtol=1e-10)
        assert (abs(path[-1]) < 1) == (lr < 2 / 10)


@pytest.mark.parametrize(("start", "minimum"), VALLEYS)
@pytest.mark.parametrize("lr", [0.02, 0.1])
def test_descent_comes_to_rest_at_the_minimum_of_the_valley_it_starts_in(start, minimum, lr):
    end = walk(lambda params: optim.SGD(params, lr=lr), two_valleys, start, 300)[-1]

    theta = tensor(end, requires_grad=True)
    slope = mg.autograd.grad(two_valleys(theta), theta)[0].item()
    assert end == pytest.approx(minimum, abs=1e-3)
    assert abs(slope) < 1e-8


def test_gradient_descent_finds_the_line_of_least_squares():
    data, ones_and_x = line()
    x, y = data.inputs.double(), data.targets.double()

    end = walk(lambda params: optim.SGD(params, lr=0.1), lambda t: F.mse_loss(t[0] + t[1] * x, y), [0, 0], 400)[-1]

    np.testing.assert_allclose(end, np.linalg.lstsq(ones_and_x, y.numpy()[:, 0], rcond=None)[0], rtol=1e-6)


def test_the_gradient_of_a_random_batch_is_right_on_average():
    data, ones_and_x = line()
    whole = -2 * ones_and_x.T @ data.targets.numpy()[:, 0] / 64  # ∇J(0) by its formula, 2/n · Xᵀ(Xθ − y)

    single, eight = slopes_of_batches(data, 1), slopes_of_batches(data, 8)

    assert (len(single), len(eight)) == (64, 8)
    np.testing.assert_allclose(single.mean(0), whole, rtol=1e-5)
    np.testing.assert_allclose(eight.mean(0), whole, rtol=1e-5)
    assert single.std(0).min() > eight.std(0).max() > 0.3


def test_the_noise_of_a_batch_shrinks_like_one_over_the_root_of_its_size():
    data, _ = line(1024)

    spread = {size: slopes_of_batches(data, size, epochs).std(0) for size, epochs in ((4, 1), (64, 8))}

    np.testing.assert_allclose(spread[4] / spread[64], math.sqrt(64 / 4), rtol=0.15)


def test_single_samples_come_to_rest_at_the_optimum_only_if_the_rate_falls():
    data, ones_and_x = line()
    y = data.targets.numpy()[:, 0]
    best = np.linalg.lstsq(ones_and_x, y, rcond=None)[0]
    drawn = np.random.default_rng(0).integers(0, 64, 1000)

    far = {}
    for falls in (False, True):
        theta = mg.zeros(2, requires_grad=True)
        optimizer, far[falls] = optim.SGD([theta], lr=0.1), []
        for t, i in enumerate(drawn.tolist()):
            optimizer.param_groups[0]["lr"] = 0.1 / (1 + 0.05 * t) if falls else 0.1
            optimizer.zero_grad()
            F.mse_loss((theta * tensor(ones_and_x[i])).sum(), tensor(y[i])).backward()
            optimizer.step()
            far[falls].append(np.abs(theta.detach().numpy() - best).max())

    assert max(far[True][-300:]) < 0.15
    assert max(far[False][-300:]) > 0.5


def test_on_a_constant_slope_momentum_goes_up_to_a_speed_of_the_rate_over_one_minus_gamma():
    path = walk(lambda params: optim.SGD(params, lr=0.01, momentum=0.9), lambda theta: theta * 1, 0.0, 300)

    speed = -np.diff(path)
    np.testing.assert_allclose(speed, 0.01 * (1 - 0.9 ** np.arange(1, 301)) / (1 - 0.9), rtol=1e-8)
    assert speed[-1] == pytest.approx(0.1)


@pytest.mark.parametrize("cls", [optim.Adam, optim.RMSprop, optim.Adagrad])
def test_adaptive_optimizers_see_the_gradients_and_not_the_loss(cls):
    def bowl(theta):
        return (tensor([1, 10]) * theta**2).sum()

    low, high = (walk(lambda params: cls(params, lr=0.01), lambda t, c=c: bowl(t) + c, [1, 1], 30) for c in (0, 100))

    np.testing.assert_array_equal(low, high)
    assert not np.array_equal(low[-1], [1, 1])


@pytest.mark.parametrize("cls", [optim.Adam, optim.AdamW, optim.RMSprop, optim.Adagrad])
def test_epsilon_keeps_a_parameter_without_slope_from_becoming_nan(cls):
    def only_the_first(theta):
        return 2 * theta[0]

    ends = {}
    for eps in (0.0, 1e-8):
        with np.errstate(invalid="ignore"):
            ends[eps] = walk(lambda p, eps=eps: cls(p, lr=0.1, eps=eps), only_the_first, [1.0, 1.0], 3)[-1]

    assert np.isnan(ends[0.0][1])
    assert np.isfinite(ends[1e-8]).all()
    assert ends[1e-8][0] < 1


def test_a_network_learns_random_answers_by_heart_and_is_no_better_than_a_coin_on_new_ones():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 64), nn.Tanh(), nn.Linear(64, 64), nn.Tanh(), nn.Linear(64, 2))
    x, y, x_new, y_new = mg.randn(24, 2), mg.randint(0, 2, (24,)), mg.randn(500, 2), mg.randint(0, 2, (500,))

    on_training = learn(model, x, y, nn.CrossEntropyLoss(), 400, lr=0.02)

    assert on_training < 0.05
    assert F.cross_entropy(model(x_new), y_new).item() > 1  # always answering ½ would cost log 2, 0.69
