import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck import gradgradcheck
from minigrad.nn import functional as F  # noqa: N812


def draw(*size, seed=0):
    """Normal numbers of mean 3 and standard deviation 2."""
    return mg.randn(size, generator=mg.Generator(seed), dtype=mg.float64) * 2 + 3


def state(module):
    return {name: x.tolist() for name, x in module.state_dict().items()}


@pytest.mark.parametrize(("make", "size"), [(nn.BatchNorm1d, (20, 3)), (nn.BatchNorm2d, (5, 3, 2, 2))])
def test_in_training_each_channel_has_mean_0_and_biased_variance_1(make, size):
    y = make(3, eps=0, dtype=mg.float64)(draw(*size)).detach().numpy()

    others = tuple(i for i in range(y.ndim) if i != 1)
    np.testing.assert_allclose(y.mean(others), 0, atol=1e-14)
    np.testing.assert_allclose(y.var(others), 1)


def test_the_running_variance_is_the_unbiased_one_and_moves_by_momentum():
    layer, x = nn.BatchNorm1d(2, momentum=0.25, dtype=mg.float64), draw(4, 2)

    layer(x)

    np.testing.assert_allclose(layer.running_mean.numpy(), 0.25 * x.numpy().mean(0))
    np.testing.assert_allclose(layer.running_var.numpy(), 0.75 + 0.25 * x.numpy().var(0, ddof=1))
    assert layer.num_batches_tracked.item() == 1


def test_without_momentum_the_running_statistics_are_the_averages_of_all_batches():
    layer, batches = nn.BatchNorm1d(2, momentum=None, dtype=mg.float64), [draw(4, 2, seed=i) for i in range(3)]

    for x in batches:
        layer(x)

    np.testing.assert_allclose(layer.running_mean.numpy(), np.mean([x.numpy().mean(0) for x in batches], 0))
    np.testing.assert_allclose(layer.running_var.numpy(), np.mean([x.numpy().var(0, ddof=1) for x in batches], 0))


def test_evaluation_uses_the_running_statistics_and_leaves_them_alone():
    layer = nn.BatchNorm1d(2)
    layer(mg.rand(8, 2, generator=mg.Generator(0)))
    before = state(layer)

    one, two = layer.eval()(mg.ones(1, 2)), layer(mg.stack([mg.ones(2), mg.zeros(2)]))

    assert one[0].tolist() == two[0].tolist()
    assert state(layer) == before


def test_without_tracking_evaluation_does_what_training_does():
    layer, x = nn.BatchNorm1d(2, track_running_stats=False), mg.rand(4, 2, generator=mg.Generator(0))

    assert layer(x).tolist() == layer.eval()(x).tolist()


def test_reset_forgets_what_was_seen_and_learned():
    layer = nn.BatchNorm1d(2)
    fresh = state(layer)
    layer(mg.rand(4, 2, generator=mg.Generator(0)))
    layer.weight.data.mul_(3)
    layer.bias.data.add_(1)

    layer.reset_parameters()

    assert state(layer) == fresh


def test_moving_the_running_statistics_is_noted_in_the_write_log():
    layer, x = nn.BatchNorm1d(2), mg.ones(3, 2, requires_grad=True)
    loss = (layer.running_mean * x).sum()

    layer(mg.rand(3, 2, generator=mg.Generator(0)))

    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


def test_what_was_evaluated_before_more_training_still_has_its_gradient():
    layer, x = nn.BatchNorm1d(2, eps=0), mg.ones(3, 2, requires_grad=True)
    loss = layer.eval()(x).sum()

    layer.train()(mg.rand(3, 2, generator=mg.Generator(0)))
    loss.backward()

    assert x.grad.tolist() == [[1, 1]] * 3


def test_nan_in_one_channel_stays_in_it():
    x = mg.tensor([[np.nan, 1.0], [0.0, 2.0]])
    layer = nn.BatchNorm1d(2)

    assert layer(x).isnan().tolist() == [[True, False], [True, False]]
    assert layer.running_mean.isnan().tolist() == [True, False]
    assert nn.LayerNorm(2)(x).isnan().tolist() == [[True, True], [False, False]]


@pytest.mark.parametrize("size", [(1, 3), (0, 3), (1, 3, 1)])
def test_training_on_less_than_two_numbers_a_channel_raises_and_changes_nothing(size):
    layer = nn.BatchNorm1d(3)
    before = state(layer)

    with pytest.raises(ValueError, match=r"batch_norm: training needs more than one number per channel, .*use eval"):
        layer(mg.zeros(size))

    assert state(layer) == before


def test_an_empty_batch_can_be_evaluated():
    assert nn.BatchNorm2d(3).eval()(mg.zeros(0, 3, 2, 2)).shape == (0, 3, 2, 2)
    assert nn.LayerNorm(3)(mg.zeros(0, 3)).shape == (0, 3)


@pytest.mark.parametrize(
    ("layer", "size", "message"),
    [
        (nn.BatchNorm1d(3), (2, 4), r"input float32 \(2, 4\) has 4 channels, in dimension 1, but running_mean is"),
        (nn.BatchNorm1d(3), (3,), r"BatchNorm1d: input must have shape \(N, C\) or \(N, C, L\), but is float32 \(3,\)"),
        (nn.BatchNorm1d(3), (2, 3, 1, 1), r"BatchNorm1d: input must have shape"),
        (nn.BatchNorm2d(3), (2, 3), r"BatchNorm2d: input must have shape \(N, C, H, W\), but is float32 \(2, 3\)"),
        (nn.LayerNorm(3), (3, 2), r"last sizes of input float32 \(3, 2\) must be normalized_shape \(3,\)"),
        (nn.LayerNorm((2, 3)), (3,), r"last sizes of input float32 \(3,\) must be normalized_shape \(2, 3\)"),
    ],
)
def test_input_of_another_shape_raises_and_changes_nothing(layer, size, message):
    before = state(layer)

    with pytest.raises(ValueError, match=message):
        layer(mg.zeros(size))

    assert state(layer) == before


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(2), nn.LayerNorm(2)])
def test_integers_are_refused(layer):
    with pytest.raises(TypeError, match=r"_norm: expected floats, but got int64 \(3, 2\); convert it with .float"):
        layer(mg.ones(3, 2, dtype=mg.int64))


@pytest.mark.parametrize("layer", [nn.BatchNorm1d(2), nn.LayerNorm(2)])
@pytest.mark.parametrize(
    ("input", "message"),
    [
        (None, "_norm: input must be a tensor, but got NoneType"),
        (np.ones((3, 2), np.float32), r"input must be a tensor, but got float32 \(3, 2\); make one with mg.tensor"),
        (mg.ones(3, 2).double(), r"_norm: input is float64 \(3, 2\), but \w+ is .*float32 \(2,\); convert one of them"),
    ],
)
def test_what_is_no_tensor_or_of_another_dtype_is_refused_and_changes_nothing(layer, input, message):
    before = state(layer)

    with pytest.raises(TypeError, match=message):
        layer(input)

    assert state(layer) == before


def test_running_statistics_that_cannot_both_be_written_are_both_left_alone():
    mean, variance = mg.zeros(2), mg.ones(2).long()

    with pytest.raises(TypeError, match=r"batch_norm: input is float32 \(3, 2\), but running_var is int64 \(2,\)"):
        F.batch_norm(mg.ones(3, 2), mean, variance, training=True)

    assert mean.tolist() == [0, 0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.BatchNorm1d(2, eps="small"), "BatchNorm1d: eps must be at least 0, .* but got 'small'"),
        (lambda: nn.LayerNorm(2, eps=None), "LayerNorm: eps must be at least 0, .* but got None"),
        (lambda: nn.BatchNorm1d(2, momentum="0.1"), "BatchNorm1d: momentum, .* but got '0.1'"),
        (
            lambda: F.batch_norm(mg.ones(2, 3), mg.ones(3), mg.ones(3), training=True, momentum=None),
            "batch_norm: momentum, .* but got None",
        ),
        (lambda: nn.BatchNorm1d(0), "BatchNorm1d: num_features must be a positive integer, but got 0"),
        (lambda: nn.BatchNorm2d(2.0), "BatchNorm2d: num_features must be a positive integer, but got 2.0"),
        (lambda: nn.BatchNorm1d(2, eps=-1e-5), "BatchNorm1d: eps must be at least 0, .* but got -1e-05"),
        (lambda: nn.LayerNorm(2, eps=float("nan")), "LayerNorm: eps must be at least 0, .* but got nan"),
        (lambda: nn.BatchNorm1d(2, momentum=1.1), r"BatchNorm1d: momentum, .*, must lie in \[0, 1\], but got 1.1"),
        (lambda: nn.LayerNorm(()), r"LayerNorm: normalized_shape must be an integer or several, .* but got \(\)"),
        (lambda: nn.LayerNorm((2, -1)), r"LayerNorm: normalized_shape must .* but got \(2, -1\)"),
        (lambda: F.layer_norm(mg.ones(2, 3), 2.0), r"layer_norm: normalized_shape must .* but got 2.0"),
        (lambda: F.layer_norm(mg.ones(2, 3), 3, mg.ones(2)), r"layer_norm: weight must have shape \(3,\), but is"),
        (lambda: F.layer_norm(mg.ones(2, 3), 3, None, mg.ones(2)), r"layer_norm: bias must have shape \(3,\), but is"),
        (lambda: F.batch_norm(mg.ones(2), None, None), r"batch_norm: input must have shape \(N, C\) or \(N, C, …\)"),
        (
            lambda: F.batch_norm(mg.ones(2, 3), None, None),
            "without running_mean and running_var there is only",
        ),
        (lambda: F.batch_norm(mg.ones(2, 3), None, None, mg.ones(2), training=True), "but weight is float32"),
        (lambda: F.batch_norm(mg.ones(2, 3), None, None, training=True, momentum=-1), "batch_norm: momentum"),
    ],
)
def test_settings_that_make_no_sense_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("make", "size"),
    [
        (lambda: nn.BatchNorm1d(2, dtype=mg.float64), (3, 2)),
        (lambda: nn.BatchNorm2d(1, dtype=mg.float64).eval(), (2, 1, 2, 1)),
        (lambda: nn.LayerNorm(3, dtype=mg.float64), (2, 3)),
    ],
)
def test_the_second_derivative_agrees_with_differences(make, size):
    layer, x = make(), draw(*size).requires_grad_()

    def with_parameters(x, weight, bias):
        layer.__dict__.update(weight=weight, bias=bias)
        return layer(x)

    assert gradgradcheck(with_parameters, (x, layer.weight, layer.bias))
