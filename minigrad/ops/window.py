"""Rows of the table that look at images through windows: with them a convolution is a matrix product.

Here an image batch is (H, C, W, N): rows outermost, so that one row's windows fit into the cache, and the batch
innermost, so that NumPy always works on long runs of memory.
"""

import numpy as np

from minigrad.engine import primitive


@primitive()
def windows(x, *, kernel, stride, dilation):
    """Every window of x (H, C, W, N): (rows, C, *kernel, columns, N), a view. All three parameters are pairs."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    every = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(0, 2))  # (rows, C, columns, N, *reach)
    chosen = every[:: stride[0], :, :: stride[1], :, :: dilation[0], :: dilation[1]]
    return np.transpose(chosen, (0, 1, 4, 5, 2, 3))


windows.defvjp(lambda g, out, x, kernel, stride, dilation:
               windows_add(g, size=(x.shape[0], x.shape[2]), stride=stride, dilation=dilation))  # fmt: skip


@primitive()
def windows_add(x, *, size, stride, dilation):
    """Windows (rows, C, *kernel, columns, N) laid over zeros (H, C, W, N) and added up where they overlap."""
    rows, channels, *kernel, columns, n = x.shape
    out = np.zeros((size[0], channels, size[1], n), x.dtype)
    for i, j in np.ndindex(*kernel):
        top, left = i * dilation[0], j * dilation[1]
        down = slice(top, top + stride[0] * (rows - 1) + 1, stride[0])
        right = slice(left, left + stride[1] * (columns - 1) + 1, stride[1])
        out[down, :, right] += x[:, :, i, j]
    return out


windows_add.defvjp(lambda g, out, x, size, stride, dilation:
                   windows(g, kernel=x.shape[2:4], stride=stride, dilation=dilation))  # fmt: skip
