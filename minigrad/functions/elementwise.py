"""Functions that work number by number. The rows of the table are their own functions; the rest is composed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from minigrad.ops.elementwise import (
    abs,
    acos,
    add,
    asin,
    atan,
    ceil,
    cos,
    cosh,
    div,
    eq,
    erf,
    exp,
    expm1,
    floor,
    floor_divide,
    ge,
    gt,
    isfinite,
    isnan,
    le,
    log,
    log1p,
    log2,
    log10,
    logical_and,
    logical_not,
    logical_or,
    lt,
    maximum,
    minimum,
    mul,
    ne,
    neg,
    power,
    relu,
    remainder,
    round,
    sigmoid,
    sign,
    sin,
    sinh,
    sqrt,
    square,
    sub,
    tan,
    tanh,
    trunc,
    where,
)

__all__ = [
    "abs", "acos", "add", "asin", "atan", "ceil", "clamp", "clip", "cos", "cosh", "div", "eq", "erf", "exp",
    "expm1", "floor", "floor_divide", "ge", "gt", "isfinite", "isnan", "le", "leaky_relu", "log", "log10", "log1p",
    "log2", "logical_and", "logical_not", "logical_or", "lt", "maximum", "minimum", "mul", "multiply", "ne", "neg",
    "pow", "reciprocal", "relu", "remainder", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square",
    "sub", "subtract", "tan", "tanh", "trunc", "where",
]  # fmt: skip

if TYPE_CHECKING:
    from minigrad.tensor import Tensor

multiply, subtract, pow = mul, sub, power


def reciprocal(input: Tensor) -> Tensor:
    """1 / input, elementwise."""
    return 1 / input


def rsqrt(input: Tensor) -> Tensor:
    """1 / sqrt(input), elementwise."""
    return 1 / sqrt(input)


def clamp(input: Tensor, min: Tensor | float | None = None, max: Tensor | float | None = None) -> Tensor:
    """input cut off below min and above max, which are numbers or tensors; at the bounds the slope is still 1.

    Raises ValueError when neither bound is given.
    """
    if min is None and max is None:
        raise ValueError("clamp: give at least one of min and max")
    if min is not None:
        input = where(lt(input, min), min, input)
    return input if max is None else where(gt(input, max), max, input)


clip = clamp


def leaky_relu(input: Tensor, negative_slope: float = 0.01) -> Tensor:
    """input where it is positive, else negative_slope · input (Maas, Hannun, Ng 2013)."""
    return where(input > 0, input, input * negative_slope)
