"""Result dtypes as PyTorch gives them. NumPy would send float32 + int64 to float64; PyTorch keeps float32."""

import builtins

import numpy as np

float16, float32, float64 = np.dtype(np.float16), np.dtype(np.float32), np.dtype(np.float64)
half, float, double = float16, float32, float64
int8, int16, int32, int64 = np.dtype(np.int8), np.dtype(np.int16), np.dtype(np.int32), np.dtype(np.int64)
short, int, long, uint8, bool = int16, int32, int64, np.dtype(np.uint8), np.dtype(np.bool_)

KINDS = "biuf"  # bool, integers, floats: what a tensor may hold
RANK = {"b": 0, "u": 1, "i": 1, "f": 2}
NUMBERS = {builtins.bool: bool, builtins.int: int64, builtins.float: None}  # None stands for the default dtype


class Default:
    """The dtype that Python floats become."""

    dtype = float32


def get_default_dtype() -> np.dtype:
    """The dtype that Python floats become when a tensor is made of them: float32 unless it was changed."""
    return Default.dtype


def set_default_dtype(dtype) -> None:
    """Let Python floats become dtype from now on. Raises TypeError unless it is a floating dtype.

    >>> set_default_dtype(np.float64)
    >>> set_default_dtype(np.float32)
    """
    dtype = known(dtype)
    if dtype.kind != "f":
        raise TypeError(f"set_default_dtype: expected a floating dtype such as float32 or float64, but got {dtype}")
    Default.dtype = dtype


def result_type(operands):
    """The common dtype of arrays and Python numbers, by PyTorch's rule.

    Kinds are ordered bool < integer < float. Within the highest kind, arrays with dimensions decide, then 0-d arrays,
    then numbers: a number never widens an array, and neither does a 0-d array of the same kind.
    """
    ranked = [[], [], []]  # dtypes of arrays with dimensions, of 0-d arrays, of numbers
    for x in operands:
        if type(x) in NUMBERS:
            ranked[2].append(NUMBERS[type(x)] or Default.dtype)
        else:
            ranked[0 if x.ndim else 1].append(x.dtype)
    result = None
    for dtypes in ranked:
        for dtype in dtypes[1:]:
            dtypes[0] = _promote(dtypes[0], dtype)
        if dtypes and (result is None or RANK[dtypes[0].kind] > RANK[result.kind]):
            result = dtypes[0]
    return result


def _promote(a, b):
    if RANK[a.kind] != RANK[b.kind]:
        return a if RANK[a.kind] > RANK[b.kind] else b
    common = np.promote_types(a, b)
    return common if common.kind in (a.kind, b.kind) else int64  # NumPy sends uint64 and int64 to float64


def known(dtype):
    """What is given as a dtype, as NumPy's. Raises TypeError for what is none."""
    try:
        return np.dtype(dtype)
    except TypeError:
        raise TypeError(f"dtype: {dtype!r:.60} is none; give one such as mg.float32 or mg.int64") from None


def as_dtype(dtype):
    """dtype as NumPy's, or the default one for None. Raises TypeError for one that a tensor cannot hold."""
    if dtype is None:
        return Default.dtype
    dtype = known(dtype)
    if dtype.kind not in KINDS:
        raise TypeError(f"dtype: a tensor holds bools, integers or floats, not {dtype}")
    return dtype


def settle(op, out, arrays, params, dtype):
    """out in the dtype PyTorch would give it, where NumPy's choice differs from the inputs' common dtype."""
    if out.dtype == int8 and dtype == bool:
        return out.astype(int64)  # NumPy computes with bools in int8
    if out.dtype.kind != "f" or any(type(a) is np.ndarray and a.dtype == out.dtype for a in arrays):
        return out
    if dtype is not None and dtype.kind == "f":
        return out.astype(dtype)
    floats = [a.astype(Default.dtype) if getattr(a, "dtype", None) is not None else a for a in arrays]
    return np.asarray(op.forward(*floats, **params))  # an op that leaves the integers computes in the default dtype
