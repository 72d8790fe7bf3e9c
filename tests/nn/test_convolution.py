import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck import gradgradcheck
from minigrad.nn import functional as F  # noqa: N812


@pytest.mark.parametrize(
    ("layer", "n_seen"), [(nn.Conv2d(40, 60, (3, 5)), 40 * 15), (nn.Conv1d(120, 90, 4, groups=3), 40 * 4)]
)
def test_a_convolution_starts_uniform_within_one_over_the_root_of_what_it_sees(layer, n_seen):
    bound = 1 / math.sqrt(n_seen)

    assert 0.99 * bound < layer.weight.abs().max().item() <= bound * (1 + 1e-6)
    assert layer.weight.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.03)
    assert 0.9 * bound < layer.bias.abs().max().item() <= bound * (1 + 1e-6)


def test_a_convolution_can_be_made_in_another_dtype():
    layer = nn.Conv1d(1, 1, 2, dtype=mg.float64)

    assert layer.weight.dtype == layer.bias.dtype == layer(mg.ones(1, 1, 3, dtype=mg.float64)).dtype == mg.float64


def test_an_empty_batch_gives_an_empty_result_and_no_slope():
    layer = nn.Sequential(nn.Conv2d(2, 3, 2), nn.MaxPool2d(2), nn.AvgPool2d(1), nn.AdaptiveAvgPool2d(1))

    out = layer(mg.zeros(0, 2, 5, 5))
    out.sum().backward()

    assert out.shape == (0, 3, 1, 1)
    assert not layer[0].weight.grad.any()


@pytest.mark.parametrize(
    ("layer", "size"),
    [
        (nn.Conv2d(1, 1, 2), (1, 1, 3, 3)),
        (nn.MaxPool2d(2, 1), (1, 1, 3, 3)),
        (nn.AvgPool2d(2, 1), (1, 1, 3, 3)),
    ],
)
def test_nan_reaches_only_the_windows_that_see_it(layer, size):
    x = np.ones(size, np.float32)
    x[..., 0, 0] = np.nan

    assert layer(mg.tensor(x)).isnan().tolist() == [[[[True, False], [False, False]]]]


def test_a_network_of_convolutions_has_the_second_derivative_that_differences_show():
    x = mg.randn(1, 1, 4, 4, generator=mg.Generator(0), dtype=mg.float64, requires_grad=True)
    net = nn.Sequential(nn.Conv2d(1, 2, 2, dtype=mg.float64), nn.Tanh(), nn.AvgPool2d(2, 1))

    assert gradgradcheck(net, (x,))


@pytest.mark.parametrize("layer", [nn.Conv1d, nn.Conv2d])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"in_channels": 0}, "in_channels must be a positive integer, but got 0"),
        ({"out_channels": 2.0}, "out_channels must be a positive integer, but got 2.0"),
        ({"groups": 0}, "groups must be a positive integer, but got 0"),
        ({"groups": 3}, "groups must divide in_channels and out_channels, but 3 does not divide both 4 and 6"),
        ({"groups": 4}, "groups must divide in_channels and out_channels, but 4 does not divide both 4 and 6"),
        ({"kernel_size": 0}, "kernel_size must be an integer, .*at least 1, but got 0"),
        ({"kernel_size": (1, 2, 3)}, r"kernel_size must be an integer, .*at least 1, but got \(1, 2, 3\)"),
        ({"stride": -1}, "stride must be an integer, .*at least 1, but got -1"),
        ({"dilation": 1.5}, "dilation must be an integer, .*at least 1, but got 1.5"),
        ({"padding": -1}, "padding must be an integer, .*at least 0, but got -1"),
        ({"padding": "full"}, 'padding must be "same", "valid" or numbers, but got \'full\''),
        ({"padding": "same", "stride": 2}, 'padding="same" needs stride 1, but got'),
        ({"padding_mode": "reflect"}, r"padding_mode 'reflect' is not built here, only 'zeros'; apply functional.pad"),
    ],
)
def test_a_convolution_refuses_settings_that_do_not_fit(layer, settings, message):
    with pytest.raises(ValueError, match=f"{layer.__name__}: {message}"):
        layer(**{"in_channels": 4, "out_channels": 6, "kernel_size": 3, **settings})


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Conv2d(3, 2, 2)(mg.zeros(3, 4)), r"conv2d: input must have shape \(N, C, H, W\) or \(C, H, W\)"),
        (lambda: nn.Conv1d(3, 2, 2)(mg.zeros(1, 1, 3, 4)), r"conv1d: input must have shape \(N, C, L\) or \(C, L\)"),
        (lambda: nn.Conv2d(3, 2, 2)(mg.zeros(1, 4, 5, 5)), r"takes 3 channels, but input float32 \(1, 4, 5, 5\) has 4"),
        (lambda: nn.Conv1d(4, 2, 2, groups=2)(mg.zeros(1, 6, 5)), "with groups=2 takes 4 channels, .* has 6"),
        (
            lambda: nn.Conv2d(1, 1, 4)(mg.zeros(1, 1, 3, 5)),
            r"window of \(4, 4\) is larger than the input, \(3, 5\)",
        ),
        (lambda: nn.Conv1d(1, 1, 2, dilation=5)(mg.zeros(1, 1, 5)), "the window of 6 is larger than the input, 5 with"),
    ],
)
def test_input_that_does_not_fit_raises(call, message):
    with pytest.raises(ValueError, match=message):
        call()


def test_groups_that_do_not_divide_the_channels_raise():
    with pytest.raises(ValueError, match="conv2d: groups must divide both numbers of channels, 3 in and 2 out"):
        F.conv2d(mg.zeros(1, 3, 4, 4), mg.zeros(2, 1, 2, 2), groups=2)


def test_a_convolution_of_another_dtype_than_its_weight_says_so():
    with pytest.raises(TypeError, match="all inputs must have one dtype"):
        nn.Conv2d(1, 1, 2)(mg.zeros(1, 1, 3, 3, dtype=mg.float64))
