"""Writing into tensors: when it is allowed, what `x += y` means, and the note in the write log."""

import math

import numpy as np

from minigrad.dtypes import RANK
from minigrad.engine import Variable, mode
from minigrad.errors import signature_of
from minigrad.generator import numpy_generator
from minigrad.memory import log
from minigrad.ops.shape import take

FRESH = {"zero_", "fill_", "copy_", "normal_", "uniform_", "setitem"}  # writes that do not look at what was there


def in_place(function):
    """x += y: writes when nothing is tracked; otherwise x becomes x + y, unless x is a leaf the user made."""

    def update(self, other):
        if not mode.recording or not (self.tracked or (isinstance(other, Variable) and other.tracked)):
            write(self, function(self, other), function.__name__)
            return self
        if self.tracked and self.node is None:
            raise RuntimeError(
                f"{function.__name__}: {signature_of(self)} is a leaf that requires grad, so it cannot change in place "
                "while operations are recorded; update it inside no_grad(), or compute a new tensor"
            )
        return function(self, other)

    update.__name__ = function.__name__
    update.__doc__ = f"In place when nothing is tracked; on a computed tensor, self = {function.__name__}(self, other)."
    return update


def scaled(function):
    """function(self, other · alpha), as add_ and sub_ take it in PyTorch: p.data.add_(p.grad, alpha=-lr)."""

    def of_scaled(self, other, *, alpha=1):
        return function(self, other if alpha == 1 else other * alpha)

    of_scaled.__qualname__ = f"{function.__name__}_"  # in Python's own messages
    return of_scaled


def zero(self):
    """Zeros, which False is in every dtype."""
    return False


def fill(self, value):
    """One number everywhere."""
    if np.ndim(value.array if isinstance(value, Variable) else value):
        raise ValueError(f"fill_: value must be one number, but is {signature_of(value)}; copy_() writes several")
    return value


def copy(self, other, non_blocking=False):
    """The numbers of another tensor. non_blocking is without effect: nothing waits on a CPU."""
    return other


def normal(self, mean=0.0, std=1.0, *, generator=None):
    """Normal numbers with this mean and standard deviation, drawn into this tensor."""
    mean, std = _settings(self, "normal_", mean=mean, std=std)
    if not std >= 0:
        raise ValueError(f"normal_: std must be a number from 0 up, but got {std!r}")
    return mean + std * numpy_generator(generator).standard_normal(self.array.shape, _precision(self))


def uniform(self, from_=0.0, to=1.0, *, generator=None):
    """Uniform numbers in [from_, to), drawn into this tensor."""
    from_, to = _settings(self, "uniform_", from_=from_, to=to)
    if not -math.inf < from_ <= to < math.inf:
        raise ValueError(f"uniform_: the bounds must be finite, the lower first, but got {from_!r} and {to!r}")
    drawn = from_ + (to - from_) * numpy_generator(generator).random(self.array.shape, _precision(self))
    drawn = drawn.astype(self.array.dtype)
    return np.where(drawn < drawn.dtype.type(to), drawn, drawn.dtype.type(from_))  # not rounded up to the upper bound


def _settings(x, name, **numbers):
    """The numbers as floats, before anything is drawn for x."""
    if x.array.dtype.kind != "f":
        raise TypeError(f"{name}: {signature_of(x)} cannot hold what is drawn; it must hold floats")
    for key, value in numbers.items():
        if not isinstance(value, int | float | np.number):
            raise TypeError(f"{name}: {key} must be a number, but got {signature_of(value)}")
    return map(float, numbers.values())


def _precision(x):
    return x.array.dtype if x.array.dtype in (np.float32, np.float64) else np.float32  # NumPy draws in these two


def underscore(name, function):
    """A PyTorch method that writes: add_, zero_, … It refuses while what it touches is being tracked."""

    def method(self, *args, **kwargs):
        refuse_tracked_write(name, self, *args, *kwargs.values())
        write(self, function(self, *args, **kwargs), name)
        return self

    method.__name__, method.__doc__ = name, f"{name[:-1]}, written into this tensor. Raises RuntimeError when tracked."
    return method


def refuse_tracked_write(name, *tensors):
    """Raise RuntimeError if one of tensors is tracked and operations are being recorded."""
    for x in tensors:
        if mode.recording and isinstance(x, Variable) and x.tracked:
            raise RuntimeError(
                f"{name}: writing would change {signature_of(x)} behind the record, because it requires grad; "
                "do it inside no_grad(), or use an operation that returns a new tensor"
            )


def write(x, values, name, index=...):
    """Overwrite x's numbers, or those at index, and say so in the log."""
    values = values.array if isinstance(values, Variable) else np.asarray(values)
    if RANK.get(values.dtype.kind, 9) > RANK[x.array.dtype.kind]:
        raise TypeError(f"{name}: {signature_of(x)} cannot hold {values.dtype} values; convert one of them first")
    try:
        x.array[index] = values
    except (ValueError, IndexError) as error:
        kind = IndexError if isinstance(error, IndexError) else ValueError
        raise kind(f"{name}: cannot write {signature_of(values)} into {signature_of(x)}: {error}") from None
    written = x.array if index is ... else take(x.array, index)
    if np.may_share_memory(written, x.array):
        log.note(written, fresh=name in FRESH and written.size == x.array.size)
    else:
        log.note(x.array)
