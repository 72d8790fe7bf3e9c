"""Rows of the table that look at images through windows: convolutions, and what pools are made of.

Here an image batch is (H, C, W, N): rows outermost, so that one row of windows fits into the cache, and the batch
innermost, so that NumPy always works on long runs of memory.
"""

import numpy as np

from minigrad.engine import primitive

# The C library on Linux gives large blocks back to the system as soon as they are freed, and fetching their memory
# again page by page can cost more than the convolution. It keeps blocks up to the size of the largest freed so far, at
# most 32 MiB: this frees one, untouched. Elsewhere it does nothing.
np.empty(2**25 - 2**16, np.uint8)


def _view(x, kernel, stride, dilation):
    """Every window of x (H, C, W, N): (rows, C, *kernel, columns, N), without copying."""
    reach = tuple(d * (k - 1) + 1 for k, d in zip(kernel, dilation, strict=True))
    every = np.lib.stride_tricks.sliding_window_view(x, reach, axis=(0, 2))  # (rows, C, columns, N, *reach)
    chosen = every[:: stride[0], :, :: stride[1], :, :: dilation[0], :: dilation[1]]
    return np.transpose(chosen, (0, 1, 4, 5, 2, 3))


def _reached(i, j, shape, stride, dilation):
    """The index of the numbers of an image that element (i, j) of each window sees; shape is (rows, …, columns, N)."""
    top, left, rows, columns = i * dilation[0], j * dilation[1], shape[0], shape[-2]
    down = slice(top, top + stride[0] * (rows - 1) + 1, stride[0])
    return down, slice(None), slice(left, left + stride[1] * (columns - 1) + 1, stride[1])


# ---- windows themselves ---------------------------------------------------------------------------------------------


@primitive()
def windows(x, *, kernel, stride, dilation):
    """Every window of x (H, C, W, N): (rows, C, *kernel, columns, N), a view. All three parameters are pairs."""
    return _view(x, kernel, stride, dilation)


windows.defvjp(lambda g, out, x, kernel, stride, dilation:
               windows_add(g, size=(x.shape[0], x.shape[2]), stride=stride, dilation=dilation))  # fmt: skip


@primitive()
def windows_add(x, *, size, stride, dilation):
    """Windows (rows, C, *kernel, columns, N) laid over zeros (H, C, W, N) and added up where they overlap."""
    out = np.zeros((size[0], x.shape[1], size[1], x.shape[-1]), x.dtype)
    for i, j in np.ndindex(x.shape[2:4]):
        out[_reached(i, j, x.shape, stride, dilation)] += x[:, :, i, j]
    return out


windows_add.defvjp(lambda g, out, x, size, stride, dilation:
                   windows(g, kernel=x.shape[2:4], stride=stride, dilation=dilation))  # fmt: skip

# ---- the convolution, and its two other sides -----------------------------------------------------------------------
# out = image * weight is linear in both, so that each of the three can be asked for from the other two, and their
# derivatives are one another. Weights are (groups, O/groups, C/groups, kH, kW); groups do not see each other.


@primitive(same_dtype=True)
def convolve(image, weight, *, stride, dilation):
    """image (H, C, W, N) seen through weight: (rows, O, columns, N). Each row is a product of matrices."""
    seen = _view(image, weight.shape[3:], stride, dilation)
    rows, _, _, _, columns, n = seen.shape
    groups, per_group = weight.shape[:2]
    out = np.empty((rows, groups * per_group, columns, n), image.dtype)
    flat = out.reshape(rows, groups, per_group, columns * n)
    for i, row in enumerate(_rows_of_columns(seen, groups)):
        np.matmul(weight.reshape(groups, per_group, -1), row, out=flat[i])
    return out


@primitive(same_dtype=True)
def convolve_image(above, weight, *, size, stride, dilation):
    """What an image of that (H, W) gets from above (rows, O, columns, N) through weight: (H, C, W, N)."""
    groups, per_group, channels = weight.shape[:3]
    out = np.zeros((size[0], groups * channels, size[1], above.shape[-1]), above.dtype)
    grouped = above.reshape(above.shape[0], groups, per_group, above.shape[2] * above.shape[3])
    for i, j in np.ndindex(weight.shape[3:]):
        share = np.matmul(weight[..., i, j].mT, grouped)  # (rows, groups, C/groups, columns·N)
        out[_reached(i, j, above.shape, stride, dilation)] += share.reshape(
            above.shape[0], groups * channels, *above.shape[2:]
        )
    return out


@primitive(same_dtype=True)
def convolve_weight(image, above, *, kernel, groups, stride, dilation):
    """What a weight of that kernel gets from image and above (rows, O, columns, N): (groups, O/groups, C/groups, …)."""
    seen = _view(image, kernel, stride, dilation)
    rows, out_channels, columns, n = above.shape
    grouped = above.reshape(rows, groups, out_channels // groups, columns * n)
    size = groups, out_channels // groups, image.shape[1] // groups
    out = np.zeros((*size[:2], size[2] * kernel[0] * kernel[1]), above.dtype)
    for i, row in enumerate(_rows_of_columns(seen, groups)):
        out += np.matmul(grouped[i], row.mT)
    return out.reshape(*size, *kernel)


def _rows_of_columns(seen, groups):
    """For each row of windows a matrix of them: (groups, C/groups·kH·kW, columns·N), always in the same memory."""
    _, channels, height, width, across, n = seen.shape
    columns = np.empty(seen.shape[1:], seen.dtype)
    matrix = columns.reshape(groups, channels // groups * height * width, across * n)
    for row in seen:
        columns[...] = row
        yield matrix


convolve.defvjp(
    lambda g, out, image, weight, stride, dilation: convolve_image(
        g, weight, size=(image.shape[0], image.shape[2]), stride=stride, dilation=dilation
    ),
    lambda g, out, image, weight, stride, dilation: convolve_weight(
        image, g, kernel=weight.shape[3:], groups=weight.shape[0], stride=stride, dilation=dilation
    ),
)
convolve_image.defvjp(
    lambda g, out, above, weight, size, stride, dilation: convolve(g, weight, stride=stride, dilation=dilation),
    lambda g, out, above, weight, size, stride, dilation: convolve_weight(
        g, above, kernel=weight.shape[3:], groups=weight.shape[0], stride=stride, dilation=dilation
    ),
)
convolve_weight.defvjp(
    lambda g, out, image, above, kernel, groups, stride, dilation: convolve_image(
        above, g, size=(image.shape[0], image.shape[2]), stride=stride, dilation=dilation
    ),
    lambda g, out, image, above, kernel, groups, stride, dilation: convolve(image, g, stride=stride, dilation=dilation),
)
