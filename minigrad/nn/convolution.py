"""Layers that look through windows with weights that they learn: convolutions."""

import math

import numpy as np

from minigrad.creation import zeros
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn import init
from minigrad.nn.functional.window import Pair, window_sizes
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor

__all__ = ["Conv1d", "Conv2d"]


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
        self.kernel_size = window_sizes(name, "kernel_size", kernel_size, self.dims, 1)
        self.stride = window_sizes(name, "stride", stride, self.dims, 1)
        self.dilation = window_sizes(name, "dilation", dilation, self.dims, 1)
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
        return window_sizes(name, "padding", padding, len(stride), 0)
    if padding not in ("same", "valid"):
        raise ValueError(f'{name}: padding must be "same", "valid" or numbers, but got {padding!r}')
    if padding == "same" and set(stride) != {1}:
        raise ValueError(f'{name}: padding="same" needs stride 1, but got {stride}; give the padding in numbers')
    return padding
