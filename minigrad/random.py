"""Tensors of random numbers, drawn from the default generator or from one that is given."""

from __future__ import annotations

import numpy as np

from minigrad.creation import make, size_of
from minigrad.dtypes import Default, known
from minigrad.functions.arguments import need_tensor
from minigrad.generator import Generator, default_generator, manual_seed, numpy_generator
from minigrad.tensor import Tensor

__all__ = [
    "Generator", "default_generator", "manual_seed", "normal", "numpy_generator", "rand", "rand_like", "randint",
    "randn", "randn_like", "randperm",
]  # fmt: skip


def rand(
    *sizes, size=None, generator: Generator | None = None, dtype=None, requires_grad: bool = False, device=None
) -> Tensor:
    """Uniform numbers in [0, 1)."""
    size, source = size_of(sizes, size), numpy_generator(generator)
    if known(dtype or Default.dtype) == np.float16:  # rounded from float32, one in 4096 would be 1
        return make(np.asarray(source.integers(2048, size=size) / 2048, np.float16), requires_grad, device)
    return make(_drawn("rand", source.random, size, dtype), requires_grad, device)


def randn(
    *sizes, size=None, generator: Generator | None = None, dtype=None, requires_grad: bool = False, device=None
) -> Tensor:
    """Normal numbers with mean 0 and standard deviation 1."""
    draw = numpy_generator(generator).standard_normal
    return make(_drawn("randn", draw, size_of(sizes, size), dtype), requires_grad, device)


def _drawn(name, draw, size, dtype):
    dtype = known(dtype or Default.dtype)
    if dtype.kind != "f":
        raise TypeError(f"{name}: expected a floating dtype, but got {dtype}; randint() draws integers")
    precision = dtype if dtype in (np.float32, np.float64) else np.float32  # NumPy draws in these two
    return np.asarray(draw(size, dtype=precision)).astype(dtype, copy=False)


def normal(
    mean=0.0,
    std=1.0,
    size=None,
    *,
    generator: Generator | None = None,
    dtype=None,
    requires_grad: bool = False,
    device=None,
) -> Tensor:
    """Normal numbers with this mean and standard deviation: of size for two numbers, else one for each of a tensor's.

    Tensors are read as constants. Raises ValueError for a negative std, and for two numbers without a size.
    """
    if size is None and not isinstance(mean, Tensor) and not isinstance(std, Tensor):
        raise ValueError("normal: mean and std are numbers, so there is no telling how many to draw; give size=(…)")
    dtype = dtype or getattr(mean, "dtype", None) or getattr(std, "dtype", None)
    mean, std = (np.asarray(x.array if isinstance(x, Tensor) else x) for x in (mean, std))
    if not np.all(std >= 0):
        raise ValueError(f"normal: std must hold numbers from 0 up, but got {std}")
    shape = np.broadcast_shapes(mean.shape, std.shape) if size is None else size_of((size,))
    drawn = _drawn("normal", numpy_generator(generator).standard_normal, shape, dtype)
    return make((mean + std * drawn).astype(drawn.dtype, copy=False), requires_grad, device)


def randint(
    low: int, high: int | None = None, size=(), *, generator: Generator | None = None, dtype=None, device=None
) -> Tensor:
    """Integers (int64) from low (0 if only one bound is given) up to but not including high.

    Raises ValueError when there is no integer between them, or when dtype cannot hold them.
    """
    if isinstance(high, tuple | list):
        high, size = None, high
    low, high = (0, low) if high is None else (low, high)
    if not isinstance(low, int | np.integer) or not isinstance(high, int | np.integer):
        raise TypeError(f"randint: low and high must be integers, but got {low!r} and {high!r}")
    if low >= high:
        raise ValueError(f"randint: there is no integer in [{low}, {high}); low must be less than high")
    dtype = known(dtype or np.int64)
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= low < high <= np.iinfo(dtype).max + 1:
        raise ValueError(f"randint: {dtype} cannot hold all integers in [{low}, {high})")
    numbers = numpy_generator(generator).integers(low, high, size_of((size,)), dtype=np.int64)
    return make(np.asarray(numbers, dtype=dtype), False, device)


def randperm(n: int, *, generator: Generator | None = None, device=None) -> Tensor:
    """The integers 0 to n - 1 (int64) in random order."""
    (n,) = size_of((n,))
    return make(numpy_generator(generator).permutation(n).astype(np.int64), False, device)


def rand_like(input, *, generator: Generator | None = None, dtype=None, device=None) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of input."""
    need_tensor("rand_like", input)
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype, device=device)


def randn_like(input, *, generator: Generator | None = None, dtype=None, device=None) -> Tensor:
    """Standard normal numbers in the shape and dtype of input."""
    need_tensor("randn_like", input)
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype, device=device)
