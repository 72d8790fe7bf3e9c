"""Layers that reduce each window to one number, and learn nothing: pools."""

from typing import Any

from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn.functional.window import Pair, Single, output_pair, refuse_indices, window_sizes
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

__all__ = ["AdaptiveAvgPool2d", "AvgPool1d", "AvgPool2d", "MaxPool1d", "MaxPool2d"]


class _Pool(Module):
    """What the pools share: a window, how far it moves (its own size unless given), and the padding around the input.

    padding: at most half the window.  ceil_mode: a last window that begins inside, but reaches out, counts.
    """

    dims = 0

    def _set(self, kernel_size, stride, padding, ceil_mode):
        name = type(self).__name__
        stride = kernel_size if stride is None else stride
        for what, value, least in (("kernel_size", kernel_size, 1), ("stride", stride, 1), ("padding", padding, 0)):
            window_sizes(name, what, value, self.dims, least)
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
        window_sizes(name, "dilation", dilation, self.dims, 1)
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
        return ", ".join(f"{what}={window_sizes('AvgPool1d', what, n, 1, 0)}" for what, n in window)


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
