"""Whether two tensors are the same, or nearly: one answer for all their numbers, Python's True or False."""

from __future__ import annotations

from typing import Any, TypeGuard

import numpy as np

from minigrad.errors import signature_of
from minigrad.tensor import Tensor

__all__ = ["allclose", "equal", "is_tensor"]


def equal(input: Tensor, other: Tensor) -> bool:
    """Whether both have one shape and the same numbers. NaN equals nothing; `==` and `eq` compare number by number."""
    _need_tensors("equal", input, other)
    return input.shape == other.shape and bool(np.all(input.array == other.array))


def allclose(input: Tensor, other: Tensor, rtol: float = 1e-05, atol: float = 1e-08, equal_nan: bool = False) -> bool:
    """Whether |input - other| ≤ atol + rtol·|other| everywhere, the two broadcast to one shape.

    Raises ValueError if that cannot be done, TypeError for tensors of two dtypes, as PyTorch does.

    >>> allclose(minigrad.tensor([0.1]) * 3, minigrad.tensor([0.3]))
    True
    """
    _need_tensors("allclose", input, other)
    if input.dtype != other.dtype:
        raise TypeError(
            f"allclose: expected tensors of one dtype, but got {signature_of(input)} and {signature_of(other)}; "
            "convert one of them, as in x.to(y.dtype)"
        )
    try:
        return bool(np.allclose(input.array, other.array, rtol=rtol, atol=atol, equal_nan=equal_nan))
    except ValueError as error:
        raise ValueError(f"allclose: {error}; given {signature_of(input)} and {signature_of(other)}") from None


def is_tensor(obj: Any) -> TypeGuard[Tensor]:
    """Whether obj is a tensor."""
    return isinstance(obj, Tensor)


def _need_tensors(name, *given):
    for x in given:
        if not isinstance(x, Tensor):
            raise TypeError(f"{name}: expected tensors, but got {signature_of(x)}; wrap it in mg.tensor(…)")
