"""A straight line with noise, whose true parameters are known."""

from collections.abc import Sequence

import numpy as np

from minigrad.creation import tensor
from minigrad.datasets.arguments import check_noise, check_size
from minigrad.dtypes import Default
from minigrad.random import Generator, numpy_generator
from minigrad.utils.data import TensorDataset

__all__ = ["LinearRegression"]


class LinearRegression(TensorDataset):
    """y = θ₀ + θ₁x₁ + … + θ_D x_D + ε, with every x drawn from N(0, 1) and ε from N(0, noise²).

    `inputs` (n, D) and `targets` (n, 1) are of the default dtype, float32; item i is the pair of their rows i.
    theta: the truth, first the intercept θ₀, then a slope for each of the D features; `theta` and `noise` keep it, so
    that what was learnt can be compared.  The default is the regression of document 001 (docs/concepts.md), 100 points
    with ε from N(0, 0.1²), but with true parameters of our own: there they are 0, where its training begins, so that
    nothing is left to learn.  `theta=(0, 3), noise=1` is the y = 3x + ε of document 003, `noise=0` puts the points
    exactly on the line.  On fresh data no model's mean squared error is below noise².
    Raises ValueError for n below 1, a negative noise, and a theta without a slope.

    >>> x, y = LinearRegression(noise=0)[0]
    >>> abs(y.item() - (2 + 3 * x.item())) < 1e-5
    True
    """

    def __init__(
        self,
        n: int = 100,
        theta: Sequence[float] = (2.0, 3.0),
        noise: float = 0.1,
        generator: Generator | None = None,
    ) -> None:
        check_size("LinearRegression", n)
        check_noise("LinearRegression", noise)
        try:
            truth = np.asarray(theta, np.float64)
        except (TypeError, ValueError):
            truth = np.array(np.nan)  # words, or rows of different lengths
        if truth.ndim != 1 or len(truth) < 2 or not np.isfinite(truth).all():
            raise ValueError(
                f"LinearRegression: theta must be an intercept and at least one slope, all finite, given {theta!r}"
            )
        draw = numpy_generator(generator).standard_normal
        x, epsilon = draw((n, len(truth) - 1)), noise * draw((n, 1))
        self.theta = tuple(truth.tolist())
        self.noise = float(noise)
        self.inputs = tensor(x, dtype=Default.dtype)
        self.targets = tensor(truth[0] + x @ truth[1:, np.newaxis] + epsilon, dtype=Default.dtype)  # (n, 1)
        super().__init__(self.inputs, self.targets)
