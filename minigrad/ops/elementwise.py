"""Rows of the table that work number by number: arithmetic, comparisons, functions of one variable."""

import math

import numpy as np

from minigrad.engine import primitive

# ---- arithmetic -----------------------------------------------------------------------------------------------------


@primitive(np.add)
def add(x, y):
    """x + y, elementwise, with broadcasting."""
    return np.add(x, y)


add.defvjp(lambda g, out, x, y: g,
           lambda g, out, x, y: g)  # fmt: skip


@primitive(np.subtract)
def sub(x, y):
    """x - y, elementwise, with broadcasting."""
    return np.subtract(x, y)


sub.defvjp(lambda g, out, x, y: g,
           lambda g, out, x, y: -g)  # fmt: skip


@primitive(np.multiply)
def mul(x, y):
    """x * y, elementwise, with broadcasting."""
    return np.multiply(x, y)


mul.defvjp(lambda g, out, x, y: g * y,
           lambda g, out, x, y: g * x)  # fmt: skip


@primitive(np.true_divide)
def div(x, y):
    """x / y, elementwise, with broadcasting."""
    return np.true_divide(x, y)


div.defvjp(lambda g, out, x, y: g / y,
           lambda g, out, x, y: -g * (x / y) / y)  # fmt: skip


@primitive(np.negative)
def neg(x):
    """-x."""
    return np.negative(x)


neg.defvjp(lambda g, out, x: -g)


@primitive(np.power)
def power(x, y):
    """x to the power y, elementwise. At x = 0 the slope in x for y = 0 is 0, and so is the slope in y for y ≥ 0."""
    return np.power(x, y)


power.defvjp(lambda g, out, x, y: g * y * np.power(np.where(np.logical_and(x == 0, y == 0), 1, x), y - 1),
             lambda g, out, x, y: g * out * np.log(np.where(np.logical_and(x == 0, y >= 0), 1, x)))  # fmt: skip


@primitive(np.remainder)
def remainder(x, y):
    """x modulo y, with the sign of y, as Python's % does."""
    return np.remainder(x, y)


remainder.defvjp(lambda g, out, x, y: g,
                 lambda g, out, x, y: -g * np.floor_divide(x, y))  # fmt: skip

# ---- functions of one variable --------------------------------------------------------------------------------------


@primitive(np.exp)
def exp(x):
    """e to the power x."""
    return np.exp(x)


exp.defvjp(lambda g, out, x: g * out)


@primitive(np.expm1)
def expm1(x):
    """exp(x) - 1, exact for small x."""
    return np.expm1(x)


expm1.defvjp(lambda g, out, x: g * np.exp(x))  # out + 1 would lose what is left of it at -20


@primitive(np.log)
def log(x):
    """The natural logarithm of x."""
    return np.log(x)


log.defvjp(lambda g, out, x: g / x)


@primitive(np.log1p)
def log1p(x):
    """log(1 + x), exact for small x."""
    return np.log1p(x)


log1p.defvjp(lambda g, out, x: g / (1 + x))


@primitive(np.log2)
def log2(x):
    """The logarithm of x to base 2."""
    return np.log2(x)


log2.defvjp(lambda g, out, x: g / (x * math.log(2)))


@primitive(np.log10)
def log10(x):
    """The logarithm of x to base 10."""
    return np.log10(x)


log10.defvjp(lambda g, out, x: g / (x * math.log(10)))


@primitive(np.sqrt)
def sqrt(x):
    """The square root of x; its slope at 0 is infinite."""
    return np.sqrt(x)


sqrt.defvjp(lambda g, out, x: g / (2 * out))


@primitive(np.square)
def square(x):
    """x squared."""
    return np.square(x)


square.defvjp(lambda g, out, x: g * 2 * x)


@primitive(np.abs)
def abs(x):
    """The absolute value of x; its slope at 0 is 0."""
    return np.abs(x)


abs.defvjp(lambda g, out, x: g * np.sign(x))


@primitive(np.sin)
def sin(x):
    """The sine of x, in radians."""
    return np.sin(x)


sin.defvjp(lambda g, out, x: g * np.cos(x))


@primitive(np.cos)
def cos(x):
    """The cosine of x, in radians."""
    return np.cos(x)


cos.defvjp(lambda g, out, x: -g * np.sin(x))


@primitive(np.tan)
def tan(x):
    """The tangent of x, in radians."""
    return np.tan(x)


tan.defvjp(lambda g, out, x: g * (1 + out * out))


@primitive(np.arcsin)
def asin(x):
    """The angle in [-π/2, π/2] whose sine is x, in radians; NaN where |x| > 1."""
    return np.arcsin(x)


asin.defvjp(lambda g, out, x: g / np.sqrt(1 - x * x))


@primitive(np.arccos)
def acos(x):
    """The angle in [0, π] whose cosine is x, in radians; NaN where |x| > 1."""
    return np.arccos(x)


acos.defvjp(lambda g, out, x: -g / np.sqrt(1 - x * x))


@primitive(np.arctan)
def atan(x):
    """The angle in (-π/2, π/2) whose tangent is x, in radians."""
    return np.arctan(x)


atan.defvjp(lambda g, out, x: g / (1 + x * x))


@primitive(np.sinh)
def sinh(x):
    """The hyperbolic sine of x."""
    return np.sinh(x)


sinh.defvjp(lambda g, out, x: g * np.cosh(x))


@primitive(np.cosh)
def cosh(x):
    """The hyperbolic cosine of x."""
    return np.cosh(x)


cosh.defvjp(lambda g, out, x: g * np.sinh(x))


@primitive(np.tanh)
def tanh(x):
    """The hyperbolic tangent of x, in (-1, 1)."""
    return np.tanh(x)


tanh.defvjp(lambda g, out, x: g * (1 - out * out))


@primitive()
def sigmoid(x):
    """1 / (1 + exp(-x)), in (0, 1), without overflow: only exp of negative numbers is taken."""
    return np.exp(np.minimum(x, 0)) / (1 + np.exp(0.0 - np.abs(x)))  # 0.0 -: unsigned integers have no negative


sigmoid.defvjp(lambda g, out, x: g * out * (1 - out))


@primitive()
def softplus(x):
    """log(1 + exp(x)), without overflow; softplus(-x) is -log of sigmoid(x), exact where sigmoid rounds to 0 or 1."""
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


softplus.defvjp(lambda g, out, x: g * sigmoid(x))


@primitive()
def erf(x):
    """The error function, 2/√π · ∫₀ˣ exp(-t²) dt, in (-1, 1)."""
    out = np.fromiter(map(math.erf, x.reshape(-1).tolist()), np.float64, x.size)  # NumPy has none, C's is exact
    return out.reshape(x.shape).astype(x.dtype if x.dtype.kind == "f" else np.float64)


erf.defvjp(lambda g, out, x: g * np.exp(-x * x) * (2 / math.sqrt(math.pi)))


@primitive()
def relu(x):
    """x where it is positive, else 0; its slope at 0 is 0."""
    return np.maximum(x, 0)


relu.defvjp(lambda g, out, x: g * (out > 0))

# ---- choices --------------------------------------------------------------------------------------------------------


@primitive(np.maximum)
def maximum(x, y):
    """The larger of x and y; where they are equal each gets half of the gradient."""
    return np.maximum(x, y)


maximum.defvjp(lambda g, out, x, y: np.where(x == y, g / 2, g * (x > y)),
               lambda g, out, x, y: np.where(x == y, g / 2, g * (x < y)))  # fmt: skip


@primitive(np.minimum)
def minimum(x, y):
    """The smaller of x and y; where they are equal each gets half of the gradient."""
    return np.minimum(x, y)


minimum.defvjp(lambda g, out, x, y: np.where(x == y, g / 2, g * (x < y)),
               lambda g, out, x, y: np.where(x == y, g / 2, g * (x > y)))  # fmt: skip


@primitive(np.where)
def where(condition, x, y):
    """x where condition is true, else y."""
    return np.where(condition, x, y)


where.defvjp(None,
             lambda g, out, condition, x, y: np.where(condition, g, 0),
             lambda g, out, condition, x, y: np.where(condition, 0, g))  # fmt: skip

# ---- constants: flat almost everywhere, so they have no derivative ---------------------------------------------------


@primitive(np.sign, constant=True)
def sign(x):
    """-1, 0 or 1. Constant almost everywhere: no derivative."""
    return x if x.dtype == bool else np.sign(x)


@primitive(np.floor, constant=True)
def floor(x):
    """The largest integer not above x. No derivative."""
    return x if x.dtype.kind != "f" else np.floor(x)


@primitive(np.ceil, constant=True)
def ceil(x):
    """The smallest integer not below x. No derivative."""
    return x if x.dtype.kind != "f" else np.ceil(x)


@primitive(np.trunc, constant=True)
def trunc(x):
    """x without its fraction: rounded towards 0. No derivative."""
    return x if x.dtype.kind != "f" else np.trunc(x)


@primitive(constant=True)
def round(x, *, decimals=0):
    """x rounded to so many decimals, halves to the even neighbour. No derivative."""
    return np.round(x, decimals)


@primitive(np.floor_divide, constant=True)
def floor_divide(x, y):
    """The largest integer not above x / y. No derivative."""
    return np.floor_divide(x, y)


@primitive(np.equal, constant=True)
def eq(x, y):
    """Whether x equals y, elementwise."""
    return np.equal(x, y)


@primitive(np.not_equal, constant=True)
def ne(x, y):
    """Whether x differs from y, elementwise."""
    return np.not_equal(x, y)


@primitive(np.less, constant=True)
def lt(x, y):
    """Whether x is less than y, elementwise."""
    return np.less(x, y)


@primitive(np.less_equal, constant=True)
def le(x, y):
    """Whether x is at most y, elementwise."""
    return np.less_equal(x, y)


@primitive(np.greater, constant=True)
def gt(x, y):
    """Whether x is greater than y, elementwise."""
    return np.greater(x, y)


@primitive(np.greater_equal, constant=True)
def ge(x, y):
    """Whether x is at least y, elementwise."""
    return np.greater_equal(x, y)


@primitive(np.logical_and, constant=True)
def logical_and(x, y):
    """Whether x and y are both true (non-zero), elementwise."""
    return np.logical_and(x, y)


@primitive(np.logical_or, constant=True)
def logical_or(x, y):
    """Whether x or y is true (non-zero), elementwise."""
    return np.logical_or(x, y)


@primitive(np.logical_not, constant=True)
def logical_not(x):
    """Whether x is false (zero), elementwise."""
    return np.logical_not(x)


@primitive(np.isfinite, constant=True)
def isfinite(x):
    """Whether x is neither infinite nor NaN, elementwise."""
    return np.isfinite(x)


@primitive(np.isnan, constant=True)
def isnan(x):
    """Whether x is NaN, elementwise."""
    return np.isnan(x)
