"""How the functions read what they are given: dims, sizes, and NumPy's words for them."""

from __future__ import annotations

import builtins
import functools
import operator
from collections.abc import Sequence

import numpy as np

from minigrad.dtypes import as_dtype
from minigrad.engine import Variable, astype
from minigrad.errors import signature_of

Dims = int | Sequence[int] | None


def numpy_words(function):
    """Let function also be called with NumPy's `axis=` and `keepdims=` for `dim=` and `keepdim=`."""

    @functools.wraps(function)
    def translated(*args, **kwargs):
        for theirs, ours in (("axis", "dim"), ("keepdims", "keepdim")):
            if theirs in kwargs:
                if ours in kwargs:
                    raise TypeError(f"{function.__name__}: got both {ours}= and {theirs}=, which mean the same")
                kwargs[ours] = kwargs.pop(theirs)
        return function(*args, **kwargs)

    return translated


def need_tensor(name, input):
    """Raise TypeError unless input is a tensor, or an array."""
    if not isinstance(input, Variable | np.ndarray):
        raise TypeError(f"{name}: expected a tensor, but got {signature_of(input)}; make one with mg.tensor(…)")


def integer(value, name, what="dim"):
    """value as an int. Raises TypeError for what is none, such as 1.5, None and (0, 1)."""
    try:
        return operator.index(value)
    except TypeError:
        raise TypeError(f"{name}: {what} must be an integer, but got {value!r:.60}") from None


def axes(input, dim):
    """dim as primitives take it: None for everything, an int, or a tuple of ints."""
    if isinstance(dim, list | tuple):
        if not dim:
            raise ValueError("dim: an empty one means everything in PyTorch and nothing in NumPy; give None, or some")
        dim = tuple(dim)
    is_number = getattr(input, "ndim", 1) == 0  # which has one dimension, PyTorch says
    return None if is_number and dim in (0, -1, (0,), (-1,)) else dim


def need_floats(name, input):
    """Raise TypeError unless input holds floats, as PyTorch does."""
    need_tensor(name, input)
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: the result for {signature_of(input)} is no integer; convert it first with .float()")


def as_size(given, named=None):
    """Sizes, or dims, given one by one, as one tuple, or as that tuple by name."""
    if named is not None:
        if given:
            raise TypeError(f"size: got {given} and, by name, {named}, which mean the same; give one of them")
        given = (named,)
    return tuple(given[0]) if len(given) == 1 and isinstance(given[0], tuple | list) else given


def converted(input, dtype):
    """input in dtype, or as it is for None."""
    return input if dtype is None or input.dtype == dtype else astype(input, dtype=as_dtype(dtype))


def counted(input, dim, name, extra=0):
    """dim counted from the front, checked; a number counts as having one dimension, as in PyTorch."""
    need_tensor(name, input)
    dim, n = integer(dim, name), builtins.max(input.ndim + extra, 1)
    if not -n <= dim < n:
        raise IndexError(f"{name}: dim {dim} is out of range for {signature_of(input)}; it must be in [{-n}, {n - 1}]")
    return dim % n
