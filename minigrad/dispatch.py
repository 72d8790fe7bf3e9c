"""What NumPy's functions do with a Tensor: they call ours, or refuse; the graph is never silently cut."""

import itertools

import numpy as np

from minigrad import functions as F  # noqa: N812 (PyTorch's users write F)
from minigrad.table import NUMPY


def dispatch(function, args, kwargs):
    """The result of a NumPy function on tensors. Raises TypeError, naming near misses, for one without a rule."""
    ours = NUMPY.get(function)
    if ours is None:
        import difflib  # two milliseconds of every import, for this message only

        near = difflib.get_close_matches(function.__name__, [f.__name__ for f in NUMPY], n=3)
        hint = f"the nearest that have are {', '.join(f'np.{n}' for n in near)}; " if near else ""
        raise TypeError(
            f"np.{function.__name__} has no rule for tensors; {hint}"
            "compute on .detach().numpy() if no gradient is needed"
        )
    return ours(*args, **kwargs)


# Where NumPy's signature or meaning differs from PyTorch's, NumPy's function keeps NumPy's.


def _split(ary, indices_or_sections, axis=0):
    n = ary.shape[axis]
    if isinstance(indices_or_sections, int | np.integer):
        if n % indices_or_sections:
            raise ValueError(f"split: {n} cannot be cut into {indices_or_sections} equal pieces along axis {axis}")
        return list(F.split(ary, n // indices_or_sections, axis))
    ends = [0, *indices_or_sections, n]
    return list(F.split(ary, [b - a for a, b in itertools.pairwise(ends)], axis))


def _array_split(ary, indices_or_sections, axis=0):
    if not isinstance(indices_or_sections, int | np.integer):
        return _split(ary, indices_or_sections, axis)
    if indices_or_sections < 1:
        raise ValueError(f"array_split: the number of pieces must be positive, but is {indices_or_sections}")
    size, longer = divmod(ary.shape[axis], int(indices_or_sections))  # so many pieces are one longer: the first ones
    return list(F.split(ary, [size + (i < longer) for i in range(indices_or_sections)], axis))


def _unstack(x, /, *, axis=0):
    return F.unbind(x, axis)


def _var(a, axis=None, *, ddof=0, keepdims=False):
    return F.var(a, axis, correction=ddof, keepdim=keepdims)


def _std(a, axis=None, *, ddof=0, keepdims=False):
    return F.std(a, axis, correction=ddof, keepdim=keepdims)


def _transpose(a, axes=None):
    return F.permute(a, tuple(range(a.ndim))[::-1] if axes is None else tuple(axes))


def _dot(a, b):
    if np.ndim(b) > 2:
        raise TypeError(
            "np.dot sums over other axes than a matrix product when the right side has more than two; use @"
        )
    return F.mul(a, b) if 0 in (np.ndim(a), np.ndim(b)) else F.matmul(a, b)


def _clip(a, a_min=None, a_max=None, *, min=None, max=None):
    return F.clamp(a, a_min if min is None else min, a_max if max is None else max)


def _reshape(a, shape, order="C"):
    if order != "C":
        raise TypeError(f"reshape: only C order is recorded, but got order={order!r}; permute() first")
    return F.reshape(a, shape)


def _flip(m, axis=None):
    return F.flip(m, tuple(range(m.ndim)) if axis is None else axis if isinstance(axis, tuple) else (axis,))


def _cumsum(a, axis=None):
    return F.cumsum(F.flatten(a), 0) if axis is None else F.cumsum(a, axis)


def _sort(a, axis=-1):
    return F.sort(F.flatten(a), 0).values if axis is None else F.sort(a, axis).values


def _argsort(a, axis=-1):
    return F.argsort(F.flatten(a), 0) if axis is None else F.argsort(a, axis)


def _norm(x, ord=None, axis=None, keepdims=False):
    if x.ndim > 1 and ord is not None and isinstance(axis, tuple | None):
        raise TypeError("np.linalg.norm: matrix norms other than the Frobenius norm have no rule for tensors")
    return F.norm(x, 2 if ord is None else ord, axis, keepdims)


def _outer(a, b):
    return F.outer(F.flatten(a), F.flatten(b))


def _tile(A, reps):  # noqa: N803 (NumPy's name)
    reps = reps if isinstance(reps, tuple | list) else (reps,)
    return F.repeat(A, (*(1,) * (A.ndim - len(reps)), *reps))


def _diagonal(a, offset=0, axis1=0, axis2=1):
    return F.diagonal(a, offset, axis1, axis2)


def _trace(a, offset=0, axis1=0, axis2=1):
    return F.sum(F.diagonal(a, offset, axis1, axis2), -1)


def _take(a, indices, axis=None):
    a, axis = (F.flatten(a), 0) if axis is None else (a, axis)
    return a[(*(slice(None),) * (axis % a.ndim), np.asarray(indices))]


def _take_along_axis(arr, indices, axis=-1):
    arr, axis = (F.flatten(arr), 0) if axis is None else (arr, axis % arr.ndim)
    places = np.asarray(indices)
    one = [(*x.shape[:axis], 1, *x.shape[axis + 1 :]) for x in (arr, places)]
    sizes = np.broadcast_shapes(*one)
    before, after = sizes[:axis], sizes[axis + 1 :]
    arr = F.expand(arr, (*before, arr.shape[axis], *after))
    places = np.broadcast_to(places, (*before, places.shape[axis], *after))
    return F.gather(arr, axis, np.where(places < 0, places + arr.shape[axis], places))


def _tril(m, k=0):
    return F.tril(m, k)


def _triu(m, k=0):
    return F.triu(m, k)


def _round(a, decimals=0):
    return F.round(a, decimals=decimals)


NUMPY |= {
    np.all: F.all,
    np.amax: F.amax,
    np.amin: F.amin,
    np.any: F.any,
    np.argmax: F.argmax,
    np.argmin: F.argmin,
    np.argsort: _argsort,
    np.around: _round,
    np.array_split: _array_split,
    np.broadcast_to: F.broadcast_to,
    np.clip: _clip,
    np.concatenate: F.cat,
    np.cumsum: _cumsum,
    np.diagonal: _diagonal,
    np.dot: _dot,
    np.einsum: F.einsum,
    np.expand_dims: F.unsqueeze,
    np.flip: _flip,
    np.linalg.norm: _norm,
    np.matmul: F.matmul,
    np.max: F.amax,
    np.mean: F.mean,
    np.min: F.amin,
    np.moveaxis: F.movedim,
    np.ndim: lambda a: a.ndim,
    np.outer: _outer,
    np.prod: F.prod,
    np.ravel: F.flatten,
    np.reciprocal: F.reciprocal,
    np.reshape: _reshape,
    np.rint: _round,
    np.round: _round,
    np.shape: lambda a: a.shape,
    np.size: lambda a: a.array.size,
    np.sort: _sort,
    np.split: _split,
    np.squeeze: F.squeeze,
    np.stack: F.stack,
    np.std: _std,
    np.sum: F.sum,
    np.swapaxes: F.transpose,
    np.take: _take,
    np.take_along_axis: _take_along_axis,
    np.tile: _tile,
    np.trace: _trace,
    np.transpose: _transpose,
    np.tril: _tril,
    np.triu: _triu,
    np.var: _var,
}

if hasattr(np, "unstack"):  # from NumPy 2.1 on
    NUMPY[np.unstack] = _unstack
