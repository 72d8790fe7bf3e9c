"""Functions that look through windows: convolutions and pools, with PyTorch's names and signatures.

Images are (N, C, H, W), or (C, H, W) for one; sequences have no H. A convolution is the matrix product of its weight
with the image's windows, each window a column; a pool reduces each window to one number.
"""

import math
from typing import Any

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions import contiguous, permute, reshape, squeeze, unsqueeze
from minigrad.ops import linalg, reduce, shape, window
from minigrad.tensor import Tensor

__all__ = [
    "adaptive_avg_pool2d", "avg_pool1d", "avg_pool2d", "conv1d", "conv2d", "max_pool1d", "max_pool2d",
]  # fmt: skip

Pair = int | tuple[int, int]
Single = int | tuple[int]


# ---- convolutions ---------------------------------------------------------------------------------------------------


def conv2d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Pair = 1, padding: Pair | str = 0,
    dilation: Pair = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """input (N, C, H, W) seen through weight (O, C/groups, kH, kW): (N, O, H', W'), plus bias (O,).

    out[n, o, i, j] = Σ weight[o, c, a, b] · input[n, c, i·stride + a·dilation, j·stride + b·dilation], over c, a and b.
    Mathematicians, who turn the window around first, call this cross-correlation. padding: zeros around the image,
    "valid" for none, "same" for as many as keep its size. groups: parts of the channels, which do not see each other.
    Raises ValueError for shapes that do not fit, and for a window larger than the padded image.

    >>> conv2d(minigrad.ones(1, 1, 3, 3), minigrad.ones(1, 1, 2, 2)).tolist()
    [[[[4.0, 4.0], [4.0, 4.0]]]]
    """
    name = "conv2d"
    _need(name, "weight", weight, "(O, C/groups, kH, kW)", (4,))
    _need(name, "input", input, "(N, C, H, W) or (C, H, W)", (3, 4))
    _refuse_channels(name, input, weight, bias, groups)
    return _convolved(name, input, weight, bias, stride, padding, dilation, groups)


def conv1d(
    input: Tensor, weight: Tensor, bias: Tensor | None = None, stride: Single = 1, padding: Single | str = 0,
    dilation: Single = 1, groups: int = 1,
) -> Tensor:  # fmt: skip
    """input (N, C, L) seen through weight (O, C/groups, k): (N, O, L'), plus bias (O,). The rest as in conv2d."""
    name = "conv1d"
    _need(name, "weight", weight, "(O, C/groups, k)", (3,))
    _need(name, "input", input, "(N, C, L) or (C, L)", (2, 3))
    _refuse_channels(name, input, weight, bias, groups)
    settings = [_flat(name, "stride", stride, 1, 1), _flat(name, "dilation", dilation, 1, 1)]
    around = padding if isinstance(padding, str) else _flat(name, "padding", padding, 0, 0)
    image, kernel = unsqueeze(input, -2), unsqueeze(weight, -2)
    return squeeze(_convolved(name, image, kernel, bias, settings[0], around, settings[1], groups), -2)


def _convolved(name, input, weight, bias, stride, padding, dilation, groups):
    if input.ndim == 3:
        return _convolved(name, unsqueeze(input, 0), weight, bias, stride, padding, dilation, groups)[0]
    stride, dilation = _pair(name, "stride", stride, 1), _pair(name, "dilation", dilation, 1)
    edges = _edges(name, padding, weight.shape[2:], stride, dilation)
    image = _padded(name, input, weight.shape[2:], edges, dilation)
    grouped = reshape(weight, (groups, weight.shape[0] // groups, *weight.shape[1:]))
    out = window.convolve(image, grouped, stride=stride, dilation=dilation)  # (H, O, W, N)
    return _image(out if bias is None else out + reshape(bias, (-1, 1, 1)))


def _refuse_channels(name, input, weight, bias, groups):
    """Raise ValueError or TypeError unless the four fit together; weight is (O, C/groups, …), input has one C."""
    dim = input.ndim - weight.ndim + 1  # of the channels: 1, or 0 without a batch
    channels, made = input.shape[dim], weight.shape[0]
    if 0 in weight.shape:
        raise ValueError(f"{name}: weight {signature_of(weight)} holds no numbers; each of its sizes must be positive")
    if not isinstance(groups, int | np.integer) or groups < 1 or channels % groups or made % groups:
        raise ValueError(
            f"{name}: groups must divide both numbers of channels, {channels} in and {made} out, but is {groups!r}"
        )
    if channels != weight.shape[1] * groups:
        raise ValueError(
            f"{name}: weight {signature_of(weight)} with groups={groups} takes {weight.shape[1] * groups} channels, "
            f"but input {signature_of(input)} has {channels}, in dimension {dim}"
        )
    if bias is not None and (not isinstance(bias, Variable) or bias.shape != (made,)):
        raise ValueError(
            f"{name}: bias must have shape {(made,)}, one number for each channel, but is {signature_of(bias)}"
        )
    dtypes = {x.dtype for x in (input, weight, bias) if x is not None}
    if len(dtypes) > 1:
        raise TypeError(
            f"{name}: all inputs must have one dtype, but input is {signature_of(input)} and weight "
            f"{signature_of(weight)}{'' if bias is None else f', bias {signature_of(bias)}'}; convert one of them, for "
            "instance with .float()"
        )


# ---- pools ----------------------------------------------------------------------------------------------------------


def max_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, dilation: Pair = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    """The largest number in each window of input (N, C, H, W): (N, C, H', W'); the first of equals gets the gradient.

    stride: kernel_size unless given.  padding: at most half the window, and never the largest.  ceil_mode: a last
    window that begins inside, but reaches out, counts.
    """
    refuse_indices("max_pool2d", return_indices)
    return _max_pooled("max_pool2d", input, kernel_size, stride, padding, dilation, ceil_mode)


def max_pool1d(
    input: Tensor, kernel_size: Single, stride: Single | None = None, padding: Single = 0, dilation: Single = 1,
    ceil_mode: bool = False, return_indices: bool = False,
) -> Tensor:  # fmt: skip
    """The largest number in each window of input (N, C, L): (N, C, L'). The rest as in max_pool2d."""
    name = "max_pool1d"
    refuse_indices(name, return_indices)
    _need(name, "input", input, "(N, C, L) or (C, L)", (2, 3))
    kernel = _flat(name, "kernel_size", kernel_size, 1, 1)
    moved = None if stride is None else _flat(name, "stride", stride, 1, 1)
    around, apart = _flat(name, "padding", padding, 0, 0), _flat(name, "dilation", dilation, 1, 1)
    return squeeze(_max_pooled(name, unsqueeze(input, -2), kernel, moved, around, apart, ceil_mode), -2)


def _max_pooled(name, input, kernel_size, stride, padding, dilation, ceil_mode):
    dilation = _pair(name, "dilation", dilation, 1)
    kernel, stride, edges = _pool(name, input, kernel_size, stride, padding, dilation, ceil_mode)
    if input.ndim == 3:
        return _max_pooled(name, unsqueeze(input, 0), kernel_size, stride, padding, dilation, ceil_mode)[0]
    seen = _windows(name, input, kernel, stride, edges, dilation, outside=-np.inf)
    rows, channels, _, _, width, n = seen.shape
    return _image(reduce.first_max(reshape(seen, (rows, channels, math.prod(kernel), width, n)), axis=2))


def refuse_indices(name: str, return_indices: bool) -> None:
    """Raise ValueError if return_indices was asked for."""
    if return_indices:
        raise ValueError(f"{name}: return_indices is not built here; argmax() over a window says where it is")


def avg_pool2d(
    input: Tensor, kernel_size: Pair, stride: Pair | None = None, padding: Pair = 0, ceil_mode: bool = False,
    count_include_pad: bool = True, divisor_override: int | None = None,
) -> Tensor:  # fmt: skip
    """The average of each window of input (N, C, H, W): (N, C, H', W').

    stride: kernel_size unless given.  padding: zeros, at most half the window; they count unless count_include_pad is
    False.  divisor_override: divides the sums by this instead of by how many count.
    """
    name = "avg_pool2d"
    divisor = divisor_override
    if divisor is not None and (not isinstance(divisor, int | np.integer) or divisor < 1):
        raise ValueError(f"{name}: divisor_override must be an integer, at least 1, or None, but got {divisor!r}")
    return _avg_pooled(name, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor)


def avg_pool1d(
    input: Tensor, kernel_size: Single, stride: Single | None = None, padding: Single = 0, ceil_mode: bool = False,
    count_include_pad: bool = True,
) -> Tensor:  # fmt: skip
    """The average of each window of input (N, C, L): (N, C, L'). The rest as in avg_pool2d."""
    name = "avg_pool1d"
    _need(name, "input", input, "(N, C, L) or (C, L)", (2, 3))
    kernel = _flat(name, "kernel_size", kernel_size, 1, 1)
    moved = None if stride is None else _flat(name, "stride", stride, 1, 1)
    around = _flat(name, "padding", padding, 0, 0)
    return squeeze(_avg_pooled(name, unsqueeze(input, -2), kernel, moved, around, ceil_mode, count_include_pad), -2)


def _avg_pooled(name, input, kernel_size, stride, padding, ceil_mode, count_include_pad, divisor=None):
    kernel, stride, edges = _pool(name, input, kernel_size, stride, padding, (1, 1), ceil_mode)
    if input.ndim == 3:
        return _avg_pooled(
            name, unsqueeze(input, 0), kernel_size, stride, padding, ceil_mode, count_include_pad, divisor
        )[0]
    total = reduce.sum(_windows(name, input, kernel, stride, edges, (1, 1)), axis=(2, 3))
    if divisor is None:
        divisor = _counted(input, kernel, stride, edges, _pair(name, "padding", padding, 0), count_include_pad)
    return _image(total / divisor)


def _counted(input, kernel, stride, edges, padding, count_include_pad):
    """How many numbers count in each window, (rows, 1, columns, 1)."""
    counts = []
    for size, k, s, (before, after), pad in zip(input.shape[2:], kernel, stride, edges, padding, strict=True):
        inside = np.zeros(before + size + after, input.dtype)  # beyond the padding lies what only ceil_mode reaches
        inside[: size + 2 * pad if count_include_pad else 0] = 1
        inside[before : before + size] = 1
        counts.append(np.lib.stride_tricks.sliding_window_view(inside, k)[::s].sum(-1))
    return counts[0][:, None, None, None] * counts[1][:, None]


def adaptive_avg_pool2d(input: Tensor, output_size: int | tuple[int | None, int | None]) -> Tensor:
    """input (N, C, H, W) averaged down to (N, C, *output_size), over parts of nearly equal size; None keeps a size.

    Part i of n reaches from ⌊i·H/n⌋ to ⌈(i + 1)·H/n⌉.  What is not finite makes other parts of its channel NaN: the
    averages are a product with matrices (many times faster than part by part), and 0 · ∞ is NaN.
    """
    name = "adaptive_avg_pool2d"
    wanted = output_pair(name, output_size)
    _need(name, "input", input, "(N, C, H, W) or (C, H, W)", (3, 4))
    down, right = (
        _averaging(size, size if n is None else n, input.dtype)
        for size, n in zip(input.shape[-2:], wanted, strict=True)
    )
    return linalg.matmul(linalg.matmul(down, input), right.T.copy())


def _averaging(size, n, dtype):
    """The matrix (n, size) that averages each of n parts."""
    out = np.zeros((n, size), dtype)
    for i in range(n):
        low, high = i * size // n, -(-(i + 1) * size // n)
        out[i, low:high] = 1 / (high - low)
    return out


def output_pair(name: str, output_size: int | tuple[int | None, int | None]) -> tuple[int | None, int | None]:
    """output_size as (rows, columns), checked: ValueError unless it is one or two positive integers, or None."""
    wanted = tuple(output_size) if isinstance(output_size, tuple | list) else (output_size, output_size)
    if len(wanted) != 2 or any(n is not None and (not isinstance(n, int | np.integer) or n < 1) for n in wanted):
        raise ValueError(f"{name}: output_size must be one or two positive integers, or None, but got {output_size!r}")
    return wanted


# ---- what they share ------------------------------------------------------------------------------------------------


def _windows(name, input, kernel, stride, edges, dilation, outside=0.0):
    """The windows of input (N, C, H, W), with so much of `outside` around it: (rows, C, *kernel, columns, N)."""
    image = _padded(name, input, kernel, edges, dilation, outside)
    return window.windows(image, kernel=tuple(kernel), stride=stride, dilation=dilation)


def _padded(name, input, kernel, edges, dilation, outside=0.0):
    """input (N, C, H, W) as (H, C, W, N), with so much of `outside` around it; large enough for a window."""
    size = [n + before + after for n, (before, after) in zip(input.shape[2:], edges, strict=True)]
    reach = [d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True)]
    if any(r > n for r, n in zip(reach, size, strict=True)):
        raise ValueError(
            f"{name}: the window of {_said(name, reach)} is larger than the input, {_said(name, size)} with its "
            "padding; use a smaller kernel_size or dilation, or more padding"
        )
    # (H, C, W, N): the copy pays off below, where rows are read again and again
    x = contiguous(permute(input, 2, 1, 3, 0))
    if any(before or after for before, after in edges):
        (top, _), (left, _) = edges
        inside = slice(top, top + x.shape[0]), slice(None), slice(left, left + x.shape[2])
        x = shape.setitem_add(x, shape=(size[0], x.shape[1], size[1], x.shape[3]), index=inside)
        if outside:
            border = np.full(x.shape, outside, x.dtype)
            border[inside] = 0
            x = x + border
    return x


def _image(x):
    """(H, C, W, N) as (N, C, H, W), laid out so that `view` works as in PyTorch."""
    return contiguous(permute(x, 3, 1, 0, 2))


def _edges(name, padding, kernel, stride, dilation):
    """((top, bottom), (left, right)): how much is added around the image."""
    if padding == "valid":
        return ((0, 0), (0, 0))
    if padding == "same":
        if tuple(stride) != (1, 1):
            raise ValueError(f'{name}: padding="same" needs stride 1, but got {stride}; give the padding in numbers')
        added = [d * (k - 1) for k, d in zip(kernel, dilation, strict=True)]
        return tuple((n // 2, n - n // 2) for n in added)
    if isinstance(padding, str):
        raise ValueError(f'{name}: padding must be "same", "valid" or numbers, but got {padding!r}')
    return tuple((p, p) for p in _pair(name, "padding", padding, 0))


def _pool(name, input, kernel_size, stride, padding, dilation, ceil_mode):
    """kernel, stride and edges of a pool, checked."""
    _need(name, "input", input, "(N, C, H, W) or (C, H, W)", (3, 4))
    kernel = _pair(name, "kernel_size", kernel_size, 1)
    stride = kernel if stride is None else _pair(name, "stride", stride, 1)
    around = _pair(name, "padding", padding, 0)
    if any(2 * p > k for p, k in zip(around, kernel, strict=True)):
        raise ValueError(
            f"{name}: padding must be at most half of kernel_size {_said(name, kernel)}, but got {_said(name, around)}"
        )
    edges = []
    for size, k, s, p, d in zip(input.shape[-2:], kernel, stride, around, dilation, strict=True):
        last, beyond = divmod(size + 2 * p - d * (k - 1) - 1, s)  # the last whole window, and what is left behind it
        one_more = ceil_mode and beyond and (last + 1) * s < size + p  # it begins in the image, not behind it
        edges.append((p, p + (s - beyond if one_more else 0)))
    return kernel, stride, tuple(edges)


def _need(name, what, x, expected, dims):
    """Raise an error unless x is a tensor of floats with so many dims, and not without extent in the last ones."""
    if not isinstance(x, Variable):
        raise TypeError(f"{name}: {what} must be a tensor, but got {signature_of(x)}; make one with mg.tensor(…)")
    extent = x.shape[2 - max(dims) :]
    if x.ndim not in dims or 0 in extent:
        none = ", none of the last sizes 0" if x.ndim in dims else ""
        raise ValueError(f"{name}: {what} must have shape {expected}{none}, but got {signature_of(x)}")
    if x.dtype.kind != "f":
        raise TypeError(f"{name}: expected floats, but {what} is {signature_of(x)}; convert it with .float()")


def window_sizes(name: str, what: str, value: int | tuple[int, ...], dims: int, least: int) -> Any:
    """value, one integer or one for each dimension, as a tuple. Raises ValueError unless all are least or more."""
    sizes = tuple(value) if isinstance(value, tuple | list) else (value,) * dims
    if len(sizes) != dims or not all(isinstance(n, int | np.integer) and n >= least for n in sizes):
        several = f"an integer, or {dims}," if dims > 1 else "an integer,"
        raise ValueError(f"{name}: {what} must be {several} at least {least}, but got {value!r}")
    return sizes


def _pair(name, what, value, least):
    pair = tuple(value) if isinstance(value, tuple | list) else (value, value)
    if len(pair) != 2 or not all(isinstance(n, int | np.integer) and n >= least for n in pair):
        raise ValueError(f"{name}: {what} must be one or two integers, at least {least}, but got {value!r}")
    return pair


def _said(name, pair):
    """A pair as the caller knows it: in a sequence, which is an image of one row, only the second number."""
    return pair[1] if name.endswith("1d") else tuple(pair)


def _flat(name, what, value, least, beside):
    """A setting of a sequence as the pair for an image of one row."""
    number = value[0] if isinstance(value, tuple | list) and len(value) == 1 else value
    if not isinstance(number, int | np.integer) or number < least:
        raise ValueError(f"{name}: {what} must be an integer, at least {least}, but got {value!r}")
    return beside, number
