"""Sources of random numbers that can be seeded, saved and restored; NumPy's global state is never touched."""

from __future__ import annotations

import functools

import numpy as np


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
