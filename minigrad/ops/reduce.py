"""Rows of the table that summarise axes: sums, means, extremes, and the softmax family."""

import math

import numpy as np

from minigrad.engine import primitive


def _reduced(shape, axis):
    """The axes of shape that axis means, counted from the front."""
    if axis is None:
        return range(len(shape))
    return [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]


def _kept(g, shape, axis, keepdims):
    """g with the reduced axes put back as size 1, so that it broadcasts against an input of that shape."""
    if keepdims or axis is None:
        return g
    gone = _reduced(shape, axis)
    return np.reshape(g, tuple(1 if i in gone else n for i, n in enumerate(shape)))


def _count(shape, axis):
    """How many numbers are reduced into one."""
    return math.prod(shape[a] for a in _reduced(shape, axis))


@primitive()
def sum(x, *, axis=None, keepdims=False):
    """The sum over axis, or over everything; int64 for integers and bools."""
    return np.add.reduce(x, axis=axis, keepdims=keepdims, dtype=None if x.dtype.kind == "f" else np.int64)


sum.defvjp(lambda g, out, x, axis=None, keepdims=False: _kept(g, x.shape, axis, keepdims))


@primitive()
def mean(x, *, axis=None, keepdims=False):
    """The average over axis, or over everything; NaN of nothing."""
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / (_count(x.shape, axis) or math.nan)


mean.defvjp(lambda g, out, x, axis=None, keepdims=False:
            _kept(g, x.shape, axis, keepdims) / (_count(x.shape, axis) or 1))  # fmt: skip


@primitive()
def prod(x, *, axis=None, keepdims=False):
    """The product over axis, or of everything; int64 for integers and bools."""
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims, dtype=None if x.dtype.kind == "f" else np.int64)


prod.defvjp(lambda g, out, x, axis=None, keepdims=False:
            _kept(g, x.shape, axis, keepdims) * _others(x, _kept(out, x.shape, axis, keepdims), axis))  # fmt: skip


def _others(x, out, axis):
    """For each number the product of those it is multiplied with."""
    if np.all(x != 0):
        return out / x
    axes = tuple(_reduced(x.shape, axis))  # out / x says nothing where x is 0: leave each number out in its turn
    kept = tuple(i for i in range(x.ndim) if i not in axes)
    rows = np.reshape(np.transpose(x, (*kept, *axes)), (*(x.shape[i] for i in kept), 1, _count(x.shape, axis)))
    others = np.prod(np.where(np.eye(rows.shape[-1], dtype=bool), 1, rows), axis=-1)
    return np.transpose(np.reshape(others, tuple(x.shape[i] for i in (*kept, *axes))), np.argsort((*kept, *axes)))


@primitive()
def cumsum(x, *, axis):
    """The sums of the first 1, 2, 3, … numbers along axis; int64 for integers and bools."""
    return np.add.accumulate(x, axis=axis, dtype=None if x.dtype.kind == "f" else np.int64)


cumsum.defvjp(lambda g, out, x, axis: np.flip(np.cumsum(np.flip(g, axis), axis), axis))


@primitive()
def norm(x, *, axis=None, keepdims=False):
    """The length of the vectors along axis, √Σx², without overflow; its slope is taken as 0 where it is 0."""
    top = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    top = np.where(np.isfinite(top) & (top > 0), top, 1).astype(x.dtype)
    out = np.sqrt(np.add.reduce(np.square(x / top), axis=axis, keepdims=True)) * top
    return out if keepdims else np.squeeze(out, axis=axis)


norm.defvjp(lambda g, out, x, axis=None, keepdims=False:
            _kept(g / np.where(out == 0, np.inf, out), x.shape, axis, keepdims) * x)  # fmt: skip


@primitive()
def amax(x, *, axis=None, keepdims=False):
    """The largest value over axis; equal largest ones share the gradient evenly."""
    return np.max(x, axis=axis, keepdims=keepdims)


amax.defvjp(lambda g, out, x, axis=None, keepdims=False:
            _shared(_kept(g, x.shape, axis, keepdims), x == _kept(out, x.shape, axis, keepdims), axis))  # fmt: skip


@primitive()
def first_max(x, *, axis):
    """The largest value along axis; the gradient goes to the first of equal ones."""
    return np.maximum.reduce(x, axis=axis)


first_max.defvjp(lambda g, out, x, axis:
                 np.expand_dims(g, axis) * first(x == np.expand_dims(out, axis), axis=axis))  # fmt: skip


@primitive()
def amin(x, *, axis=None, keepdims=False):
    """The smallest value over axis; equal smallest ones share the gradient evenly."""
    return np.min(x, axis=axis, keepdims=keepdims)


amin.defvjp(lambda g, out, x, axis=None, keepdims=False:
            _shared(_kept(g, x.shape, axis, keepdims), x == _kept(out, x.shape, axis, keepdims), axis))  # fmt: skip


def _shared(g, chosen, axis):
    """g, divided evenly among the numbers that were chosen."""
    chosen = np.asarray(chosen, g.dtype)
    return g * chosen / np.sum(chosen, axis=axis, keepdims=True)


@primitive()
def std(x, *, axis=None, correction=1, keepdims=False):
    """The standard deviation over axis, dividing by n - correction; its slope is taken as 0 where it is 0."""
    return np.std(x, axis=axis, ddof=correction, keepdims=keepdims)


std.defvjp(lambda g, out, x, axis=None, correction=1, keepdims=False:
           _kept(g / np.where(out == 0, np.inf, out), x.shape, axis, keepdims)
           * (x - np.mean(x, axis=axis, keepdims=True)) / (_count(x.shape, axis) - correction))  # fmt: skip


@primitive()
def logsumexp(x, *, axis=None, keepdims=False):
    """log of the sum of exp(x) over axis, without overflow."""
    top = np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    top = np.where(np.isfinite(top), top, 0).astype(x.dtype)
    total = np.sum(np.exp(x - top), axis=axis, keepdims=True)
    out = np.log(total, where=total != 0, out=np.full_like(total, -np.inf)) + top
    return out if keepdims else np.squeeze(out, axis=axis)


logsumexp.defvjp(lambda g, out, x, axis=None, keepdims=False:
                 _kept(g, x.shape, axis, keepdims) * np.exp(x - _kept(out, x.shape, axis, keepdims)))  # fmt: skip


@primitive()
def softmax(x, *, axis):
    """exp(x) / sum(exp(x)) along axis: positive numbers that sum to 1."""
    e = np.exp(x - np.max(x, axis=axis, keepdims=True, initial=-np.inf))
    return e / np.add.reduce(e, axis=axis, keepdims=True)


softmax.defvjp(lambda g, out, x, axis: out * (g - np.sum(g * out, axis=axis, keepdims=True)))


@primitive()
def log_softmax(x, *, axis):
    """log of softmax(x) along axis, exact where softmax itself would round to 0."""
    x = x - np.max(x, axis=axis, keepdims=True, initial=-np.inf)
    total = np.add.reduce(np.exp(x), axis=axis, keepdims=True)
    return x - np.log(np.maximum(total, 1))  # the largest adds exp(0): only the sum of nothing is below 1


log_softmax.defvjp(lambda g, out, x, axis: g - np.exp(out) * np.sum(g, axis=axis, keepdims=True))

# ---- constants: integers and truth values have no derivative ---------------------------------------------------------


@primitive(constant=True)
def argmax(x, *, axis=None, keepdims=False):
    """The index of the first largest value along axis, or in the flattened array."""
    return np.argmax(x, axis=axis, keepdims=keepdims)


@primitive(constant=True)
def argmin(x, *, axis=None, keepdims=False):
    """The index of the first smallest value along axis, or in the flattened array."""
    return np.argmin(x, axis=axis, keepdims=keepdims)


@primitive(constant=True)
def argsort(x, *, axis=-1, descending=False):
    """The indices that put the numbers along axis in order; equal ones stay in theirs."""
    order = np.argsort(np.flip(x, axis) if descending else x, axis=axis, kind="stable")
    return np.flip(x.shape[axis] - 1 - order, axis) if descending else order


@primitive(constant=True)
def first(x, *, axis):
    """Whether each truth value is the first true one along axis."""
    out = np.array(x)
    before, *others = np.moveaxis(out, axis, 0)
    seen = np.array(before)
    for each in others:
        each &= ~seen
        seen |= each
    return out


@primitive(constant=True)
def all(x, *, axis=None, keepdims=False):
    """Whether everything along axis is true (non-zero)."""
    return np.all(x, axis=axis, keepdims=keepdims)


@primitive(constant=True)
def any(x, *, axis=None, keepdims=False):
    """Whether something along axis is true (non-zero)."""
    return np.any(x, axis=axis, keepdims=keepdims)
