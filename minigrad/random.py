"""Random numbers from generators that can be seeded, saved and restored; NumPy's global state is never touched."""

from __future__ import annotations

import functools

import numpy as np

from minigrad.creation import make, size_of
from minigrad.dtypes import Default
from minigrad.tensor import Tensor


class Generator:
    """A source of random numbers (PCG64). Functions that draw take one as `generator=`.

    Without a seed it starts from the operating system's entropy.
    """

    def __init__(self, seed: int | None = None):
        if seed is not None:
            self.manual_seed(seed)

    @functools.cached_property
    def numpy(self) -> np.random.Generator:
        """NumPy's generator inside; made when it is first needed, because loading numpy.random takes its time."""
        return np.random.Generator(np.random.PCG64())

    def manual_seed(self, seed: int) -> Generator:
        """Start again from seed, a non-negative integer; returns the generator."""
        if not isinstance(seed, int | np.integer) or isinstance(seed, bool) or seed < 0:
            raise ValueError(f"manual_seed: expected a non-negative integer, but got {seed!r}")
        self.numpy.bit_generator.state = np.random.PCG64(seed).state
        return self

    def get_state(self) -> dict:
        """Where the stream is: a dict that fits into JSON."""
        return dict(self.numpy.bit_generator.state)

    def set_state(self, state: dict) -> None:
        """Go on from a state that `get_state()` returned. Raises ValueError for anything else."""
        try:
            self.numpy.bit_generator.state = state
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"set_state: expected what get_state() returned, but got {state!r:.80}") from error


default_generator = Generator()


def manual_seed(seed: int) -> Generator:
    """Seed the default generator, so that what follows is the same to the bit in every run on one machine."""
    return default_generator.manual_seed(seed)


def numpy_generator(generator: Generator | None = None) -> np.random.Generator:
    """NumPy's generator inside the one given, or inside the default one."""
    if generator is not None and not isinstance(generator, Generator):
        raise TypeError(f"generator: expected a minigrad.Generator or None, but got {type(generator).__name__}")
    return (generator or default_generator).numpy


def rand(*size, generator: Generator | None = None, dtype=None, requires_grad: bool = False) -> Tensor:
    """Uniform numbers in [0, 1)."""
    source = numpy_generator(generator)
    if np.dtype(dtype or Default.dtype) == np.float16:  # rounded from float32, one in 4096 would be 1
        return make(np.asarray(source.integers(2048, size=size_of(size)) / 2048, np.float16), requires_grad)
    return make(_drawn("rand", source.random, size, dtype), requires_grad)


def randn(*size, generator: Generator | None = None, dtype=None, requires_grad: bool = False) -> Tensor:
    """Normal numbers with mean 0 and standard deviation 1."""
    return make(_drawn("randn", numpy_generator(generator).standard_normal, size, dtype), requires_grad)


def _drawn(name, draw, size, dtype):
    dtype = np.dtype(dtype or Default.dtype)
    if dtype.kind != "f":
        raise TypeError(f"{name}: expected a floating dtype, but got {dtype}; randint() draws integers")
    precision = dtype if dtype in (np.float32, np.float64) else np.float32  # NumPy draws in these two
    return np.asarray(draw(size_of(size), dtype=precision)).astype(dtype, copy=False)


def randint(low: int, high: int | None = None, size=(), *, generator: Generator | None = None, dtype=None) -> Tensor:
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
    dtype = np.dtype(dtype or np.int64)
    if dtype.kind in "iu" and not np.iinfo(dtype).min <= low < high <= np.iinfo(dtype).max + 1:
        raise ValueError(f"randint: {dtype} cannot hold all integers in [{low}, {high})")
    numbers = numpy_generator(generator).integers(low, high, size_of((size,)), dtype=np.int64)
    return make(np.asarray(numbers, dtype=dtype), False)


def randperm(n: int, *, generator: Generator | None = None) -> Tensor:
    """The integers 0 to n - 1 (int64) in random order."""
    (n,) = size_of((n,))
    return make(numpy_generator(generator).permutation(n).astype(np.int64), False)


def rand_like(input, *, generator: Generator | None = None, dtype=None) -> Tensor:
    """Uniform numbers in [0, 1) in the shape and dtype of input."""
    return rand(input.shape, generator=generator, dtype=dtype or input.dtype)


def randn_like(input, *, generator: Generator | None = None, dtype=None) -> Tensor:
    """Standard normal numbers in the shape and dtype of input."""
    return randn(input.shape, generator=generator, dtype=dtype or input.dtype)
