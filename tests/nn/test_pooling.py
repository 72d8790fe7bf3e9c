import pytest

import minigrad as mg
from minigrad import nn


@pytest.mark.parametrize("layer", [nn.MaxPool1d, nn.MaxPool2d, nn.AvgPool1d, nn.AvgPool2d])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"kernel_size": -2}, "kernel_size must be an integer, .*at least 1, but got -2"),
        ({"kernel_size": 2, "stride": 0}, "stride must be an integer, .*at least 1, but got 0"),
        ({"kernel_size": 2, "padding": -1}, "padding must be an integer, .*at least 0, but got -1"),
    ],
)
def test_a_pool_refuses_settings_that_make_no_sense(layer, settings, message):
    with pytest.raises(ValueError, match=f"{layer.__name__}: {message}"):
        layer(**settings)


@pytest.mark.parametrize("layer", [nn.MaxPool1d, nn.MaxPool2d])
def test_where_the_largest_numbers_are_is_not_built(layer):
    with pytest.raises(ValueError, match="return_indices is not built here"):
        layer(2, return_indices=True)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.MaxPool2d(3)(mg.zeros(1, 1, 2, 2)), r"max_pool2d: the window of \(3, 3\) is larger than the input"),
        (lambda: nn.AvgPool1d(3)(mg.zeros(1, 1, 2)), "avg_pool1d: the window of .* is larger than the input"),
        (lambda: nn.MaxPool1d(2)(mg.zeros(4)), r"max_pool1d: input must have shape \(N, C, L\) or \(C, L\)"),
        (lambda: nn.AvgPool2d(2)(mg.zeros(4, 4)), r"avg_pool2d: input must have shape \(N, C, H, W\)"),
        (lambda: nn.MaxPool2d(3, padding=2)(mg.zeros(1, 1, 4, 4)), "padding must be at most half of kernel_size"),
        (lambda: nn.AvgPool2d(2, divisor_override=0)(mg.zeros(1, 2, 2)), "divisor_override must be an integer, at"),
        (lambda: nn.AdaptiveAvgPool2d((2, 0)), "AdaptiveAvgPool2d: output_size must be one or two positive integers"),
        (lambda: nn.AdaptiveAvgPool2d("2"), "AdaptiveAvgPool2d: output_size must be .* but got '2'"),
        (lambda: nn.AdaptiveAvgPool2d(1)(mg.zeros(4, 4)), r"adaptive_avg_pool2d: input must have shape"),
    ],
)
def test_input_that_a_pool_cannot_take_raises(call, message):
    with pytest.raises(ValueError, match=message):
        call()
