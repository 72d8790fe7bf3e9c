"""Checks of the arguments that all made-up data sets have in common."""

import math

import numpy as np

__all__ = ["check_noise", "check_number", "check_size"]


def check_size(name: str, n: int) -> None:
    """Raise TypeError unless n is an integer, ValueError unless it is at least 1."""
    if not isinstance(n, int | np.integer) or isinstance(n, bool):
        raise TypeError(f"{name}: n, the number of items, must be an integer, given {n!r}")
    if n < 1:
        raise ValueError(f"{name}: n, the number of items, must be at least 1, given {n}")


def check_number(name: str, what: str, value: float, advice: str = "") -> None:
    """Raise TypeError, which ends with the advice, unless value is a number."""
    if not isinstance(value, int | float | np.integer | np.floating) or isinstance(value, bool):
        raise TypeError(f"{name}: {what} must be a number, given {value!r}{advice}")


def check_noise(name: str, noise: float) -> None:
    """Raise TypeError unless noise is a number, ValueError unless it can be a standard deviation."""
    check_number(name, "noise", noise, "; randomness is chosen by generator=…")
    if not 0 <= noise < math.inf:
        raise ValueError(f"{name}: noise is a standard deviation, finite and not negative, given {noise}")
