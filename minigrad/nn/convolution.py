"""Layers that look through windows: convolutions and pools."""

import math
from typing import Any

import numpy as np

from minigrad.creation import zeros
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn import init
from minigrad.nn.functional.window import Pair, Single, output_pair, refuse_indices
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor

__all__ = [
    "AdaptiveAvgPool2d",
    "AvgPool1d",
    "AvgPool2d",
    "Conv1d",
    "Conv2d",
    "MaxPool1d",
    "MaxPool2d",
]

# ---- convolutions ---------------------------------------------------------------------------------------------------


class _Convolution(Module):
    """A window that moves over the input: weight (out_channels, in_channels/groups, *kernel_size), and bias."""

    dims = 0

    def __init__(
        self, in_channels: int, out_channels: int, kernel_size: Pair, stride: Pair = 1, padding: Pair | str = 0,
        dilation: Pair = 1, groups: int = 1, bias: bool = True, padding_mode: str = "zeros", device=None, dtype=None,
    ):  # fmt: skip
        name = type(self).__name__
        _check_channels(name, in_channels, out_channels, groups)
        if padding_mode != "zeros":
            raise ValueError(
                f"{name}: padding_mode {padding_mode!r} is not built here, only 'zeros'; "
                f"apply functional.pad(x, …, {padding_mode!r}) before a {name} without padding"
            )
        self.in_channels, self.out_channels, self.groups = in_channels, out_channels, groups
        self.kernel_size = _sizes(name, "kernel_size", kernel_size, self.dims, 1)
        self.stride = _sizes(name, "stride", stride, self.dims, 1)
        self.dilation = _sizes(name, "dilation", dilation, self.dims, 1)
        self.padding = _padding(name, padding, self.stride)
        size = (out_channels, in_channels // groups, *self.kernel_size)
        self.weight = Parameter(zeros(size, dtype=dtype, device=device))
        self.bias = Parameter(zeros(out_channels, dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights from the default generator."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the gain √(2/(1+5)) makes the bound 1/√fan_in
        if self.bias is not None:
            bound = 1 / math.sqrt(math.prod(self.weight.shape[1:]))
            init.uniform_(self.bias, -bound, bound)

    def extra_repr(self) -> str:
        """Return the settings, those with their usual values left out."""
        parts = [f"{self.in_channels}, {self.out_channels}, kernel_size={self.kernel_size}, stride={self.stride}"]
        parts += [f"padding={self.padding}"] if self.padding != (0,) * self.dims else []
        parts += [f"dilation={self.dilation}"] if self.dilation != (1,) * self.dims else []
        parts += [f"groups={self.groups}"] if self.groups != 1 else []
        parts += ["bias=False"] if self.bias is None else []
        return ", ".join(parts)


class Conv2d(_Convolution):
    """(N, in_channels, H, W), or (in_channels, H, W), seen through windows: (N, out_channels, H', W').

    stride: how far a window moves each time.  padding: zeros around the image, "valid" for none, "same" for as many as
    keep its size.  dilation: how far apart the numbers are that it sees.  groups: parts of the channels, which do not
    see each other.  weight (out_channels, in_channels/groups, kH, kW) and bias (out_channels,) start uniform in
    ±1/√(numbers in a window), as in PyTorch.  Raises ValueError for settings that do not fit together.

    >>> Conv2d(3, 8, 3, padding="same")(minigrad.ones(2, 3, 32, 32)).shape
    (2, 8, 32, 32)
    """

    dims = 2

    def forward(self, input: Tensor) -> Tensor:
        """Return what the windows see."""
        return F.conv2d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


class Conv1d(_Convolution):
    """(N, in_channels, L), or (in_channels, L), seen through windows: (N, out_channels, L'). Settings as in Conv2d.

    >>> Conv1d(3, 8, 5, stride=2)(minigrad.ones(2, 3, 32)).shape
    (2, 8, 14)
    """

    dims = 1

    def forward(self, input: Tensor) -> Tensor:
        """Return what the windows see."""
        return F.conv1d(input, self.weight, self.bias, self.stride, self.padding, self.dilation, self.groups)


def _check_channels(name, in_channels, out_channels, groups):
    for what, n in (("in_channels", in_channels), ("out_channels", out_channels), ("groups", groups)):
        if not isinstance(n, int | np.integer) or n < 1:
            raise ValueError(f"{name}: {what} must be a positive integer, but got {n!r}")
    if in_channels % groups or out_channels % groups:
        raise ValueError(
            f"{name}: groups must divide in_channels and out_channels, but {groups} does not divide both "
            f"{in_channels} and {out_channels}"
        )


def _padding(name, padding, stride):
    if not isinstance(padding, str):
        return _sizes(name, "padding", padding, len(stride), 0)
    if padding not in ("same", "valid"):
        raise ValueError(f'{name}: padding must be "same", "valid" or numbers, but got {padding!r}')
    if padding == "same" and set(stride) != {1}:
        raise ValueError(f'{name}: padding="same" needs stride 1, but got {stride}; give the padding in numbers')
    return padding


def _sizes(name, what, value, dims, least):
    """value, one integer or one for each dimension, as a tuple of dims integers, each at least so large."""
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,) * dims
    if len(sizes) != dims or not all(isinstance(n, int | np.integer) and n >= least for n in sizes):
        several = f"an integer, or {dims}," if dims > 1 else "an integer,"
        raise ValueError(f"{name}: {what} must be {several} at least {least}, but got {value!r}")
    return sizes


# ---- pools ----------------------------------------------------------------------------------------------------------


class _Pool(Module):
    """What the pools share: a window, how far it moves (its own size unless given), and the padding around the input.

    padding: at most half the window.  ceil_mode: a last window that begins inside, but reaches out, counts.
    """

    dims = 0

    def _set(self, kernel_size, stride, padding, ceil_mode):
        name = type(self).__name__
        stride = kernel_size if stride is None else stride
        for what, value, least in (("kernel_size", kernel_size, 1), ("stride", stride, 1), ("padding", padding, 0)):
            _sizes(name, what, value, self.dims, least)
        self.kernel_size, self.stride, self.padding, self.ceil_mode = kernel_size, stride, padding, ceil_mode


class _MaxPool(_Pool):
    """The largest number in each window; the padding is never the largest.  dilation: how far apart its numbers are."""

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1,
        return_indices: bool = False, ceil_mode: bool = False,
    ):  # fmt: skip
        name = type(self).__name__
        refuse_indices(name, return_indices)
        self._set(kernel_size, stride, padding, ceil_mode)
        _sizes(name, "dilation", dilation, self.dims, 1)
        self.dilation: Any = dilation

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}, dilation={self.dilation}, "
            f"ceil_mode={self.ceil_mode}"
        )


class MaxPool2d(_MaxPool):
    """The largest number in each window: (N, C, H, W), or (C, H, W), becomes (N, C, H', W').

    stride: kernel_size unless given.  padding: at most half the window, and never the largest.  dilation: how far apart
    the numbers of a window are.  ceil_mode: a last window that begins inside, but reaches out, counts.
    """

    dims = 2

    def forward(self, input: Tensor) -> Tensor:
        """Return the largest numbers."""
        return F.max_pool2d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class MaxPool1d(_MaxPool):
    """The largest number in each window: (N, C, L), or (C, L), becomes (N, C, L'). Settings as in MaxPool2d."""

    dims = 1

    def forward(self, input: Tensor) -> Tensor:
        """Return the largest numbers."""
        return F.max_pool1d(input, self.kernel_size, self.stride, self.padding, self.dilation, self.ceil_mode)


class AvgPool2d(_Pool):
    """The average of each window: (N, C, H, W), or (C, H, W), becomes (N, C, H', W').

    stride: kernel_size unless given.  padding: zeros, at most half the window; they count unless count_include_pad is
    False.  divisor_override: divides the sums by this instead of by how many count.
    """

    dims = 2

    def __init__(
        self, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False,
        count_include_pad: bool = True, divisor_override: int | None = None,
    ):  # fmt: skip
        self._set(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad
        self.divisor_override = divisor_override

    def forward(self, input: Tensor) -> Tensor:
        """Return the averages."""
        window = self.kernel_size, self.stride, self.padding
        return F.avg_pool2d(input, *window, self.ceil_mode, self.count_include_pad, self.divisor_override)

    def extra_repr(self) -> str:
        """Return the window."""
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class AvgPool1d(_Pool):
    """The average of each window: (N, C, L), or (C, L), becomes (N, C, L'). Settings as in AvgPool2d."""

    dims = 1

    def __init__(
        self, kernel_size: Single, stride: Single | None = None, padding: Single = 0, ceil_mode: bool = False,
        count_include_pad: bool = True,
    ):  # fmt: skip
        self._set(kernel_size, stride, padding, ceil_mode)
        self.count_include_pad = count_include_pad

    def forward(self, input: Tensor) -> Tensor:
        """Return the averages."""
        window = self.kernel_size, self.stride, self.padding
        return F.avg_pool1d(input, *window, self.ceil_mode, self.count_include_pad)

    def extra_repr(self) -> str:
        """Return the window, in tuples."""
        window = ("kernel_size", self.kernel_size), ("stride", self.stride), ("padding", self.padding)
        return ", ".join(f"{what}={_sizes('AvgPool1d', what, n, 1, 0)}" for what, n in window)


class AdaptiveAvgPool2d(Module):
    """(N, C, H, W), or (C, H, W), averaged down to (N, C, *output_size): one integer or two; None keeps a size."""

    def __init__(self, output_size: int | tuple[int | None, int | None]):
        output_pair("AdaptiveAvgPool2d", output_size)
        self.output_size = output_size

    def forward(self, input: Tensor) -> Tensor:
        """Return the averages over parts of nearly equal size."""
        return F.adaptive_avg_pool2d(input, self.output_size)

    def extra_repr(self) -> str:
        """Return the size."""
        return f"output_size={self.output_size}"
