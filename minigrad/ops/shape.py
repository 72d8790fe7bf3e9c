"""Rows of the table that move numbers without changing them: shapes, axes, indexing, joining."""

import numpy as np

from minigrad.engine import primitive


@primitive(np.copy)
def clone(x, *, order="K"):
    """A copy of x in memory of its own; order "C" lays its last axis out first, "K" keeps what it was."""
    return np.copy(x, order=order)


clone.defvjp(lambda g, out, x, order="K": g)


@primitive()
def reshape(x, *, shape):
    """The same numbers in another shape."""
    return np.reshape(x, shape)


reshape.defvjp(lambda g, out, x, shape: np.reshape(g, x.shape))


@primitive()
def transpose(x, *, axes):
    """Axes in another order: axis i of the result is axis axes[i] of x."""
    return np.transpose(x, axes)


transpose.defvjp(lambda g, out, x, axes: np.transpose(g, _inverse(axes)))


def _inverse(axes):
    return tuple(int(i) for i in np.argsort([a % len(axes) for a in axes]))


@primitive()
def broadcast_to(x, *, shape):
    """x repeated along new axes and axes of size 1, without copying."""
    return np.broadcast_to(x, shape)


broadcast_to.defvjp(lambda g, out, x, shape: g)  # the engine sums over the axes that were stretched


@primitive()
def getitem(x, *, index):
    """x[index], with everything NumPy's indexing can do."""
    return take(x, index)


getitem.defvjp(lambda g, out, x, index: setitem_add(g, shape=x.shape, index=index))


def take(x, index):
    """x[index] of an array, as a view also where a single number is meant."""
    out = x[index]
    if isinstance(out, np.ndarray) or not _is_basic(index):
        return out
    return x[(*index, ...) if isinstance(index, tuple) else (index, ...)]


@primitive()
def setitem_add(x, *, shape, index):
    """Zeros of the given shape with x added at index; an index that occurs twice is added to twice."""
    out = np.zeros(shape, x.dtype)
    if _is_basic(index):
        out[index] = x
    else:
        np.add.at(out, index, x)
    return out


setitem_add.defvjp(lambda g, out, x, shape, index: g[index])


def _is_basic(index):
    parts = index if isinstance(index, tuple) else (index,)
    return all(p is None or p is Ellipsis or isinstance(p, int | np.integer | slice) for p in parts)


@primitive()
def take_along_axis(x, *, indices, axis):
    """Along axis, the numbers at indices, which has the shape of the result and is in no other axis larger than x."""
    return x[_along(indices, axis)]


take_along_axis.defvjp(lambda g, out, x, indices, axis: add_along_axis(g, shape=x.shape, indices=indices, axis=axis))


def _along(indices, axis):
    """The index that means the numbers at indices along axis, and in every other axis each its own place."""
    places = list(np.indices(indices.shape, sparse=True))
    places[axis] = indices
    return tuple(places)


@primitive()
def add_along_axis(x, *, shape, indices, axis):
    """Zeros of the given shape with x added along axis at indices; an index that occurs twice is added to twice."""
    out = np.zeros(shape, x.dtype)
    np.add.at(out, _along(indices, axis), x)
    return out


add_along_axis.defvjp(lambda g, out, x, shape, indices, axis: take_along_axis(g, indices=indices, axis=axis))


@primitive()
def cat(*xs, axis=0):
    """Arrays one after the other along an existing axis."""
    return np.concatenate(xs, axis=axis)


cat.defvjp(lambda i, g, out, *xs, axis=0: g[_slot(i, [x.shape for x in xs], axis)])


def _slot(i, shapes, axis):
    """The part of the result along axis that came from input i."""
    start = sum(shape[axis] for shape in shapes[:i])
    return (slice(None),) * (axis % len(shapes[i])) + (slice(start, start + shapes[i][axis]),)
