"""Classes of points in the plane that no straight line separates: moons, circles, spirals."""

import math

import numpy as np

from minigrad.creation import from_numpy, tensor
from minigrad.datasets.arguments import check_noise, check_number, check_size
from minigrad.dtypes import Default
from minigrad.random import Generator, numpy_generator
from minigrad.utils.data import TensorDataset

__all__ = ["Circles", "Moons", "Spirals"]


class Curves(TensorDataset):
    """Noisy points on one curve per class; a subclass says where the curves run.

    `points` (n, 2), x and y, are of the default dtype, float32; `labels` (n,) are int64; item i is the pair of their
    rows i.  Item i is of class i mod C, at a random place of its curve, so that any stretch of the data is a fair
    sample.  noise: the standard deviation of what is added to x and y, in the units of the plane.
    """

    classes = 2

    def __init__(self, n: int, noise: float, generator: Generator | None) -> None:
        check_size(type(self).__name__, n)
        check_noise(type(self).__name__, noise)
        random = numpy_generator(generator)
        labels = np.arange(n) % self.classes
        x, y = self.curve(random.random(n), labels)
        self.points = tensor(np.stack([x, y], 1) + noise * random.standard_normal((n, 2)), dtype=Default.dtype)
        self.labels = from_numpy(labels.astype(np.int64))
        super().__init__(self.points, self.labels)

    def curve(self, t: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y (n,) of the places t (n,), 0 at the beginning and 1 at the end of each label's curve."""
        raise NotImplementedError(f"{type(self).__name__} has no curve: define it to return x and y of the places t")


class Moons(Curves):
    """Two half circles of radius 1 that reach into each other: class 0 bends up, class 1 down.

    Class 0 is (cos πt, sin πt) and class 1 is (1 − cos πt, ½ − sin πt), with t uniform in [0, 1).
    `points` (n, 2) float32 and `labels` (n,) int64; noise: a standard deviation in units of the radius.
    Raises ValueError for n below 1 and a negative noise.

    >>> point, label = Moons(noise=0)[0]
    >>> point.shape, label.item(), round(point.norm().item(), 3)
    ((2,), 0, 1.0)
    """

    def __init__(self, n: int = 200, noise: float = 0.1, generator: Generator | None = None) -> None:
        super().__init__(n, noise, generator)

    def curve(self, t: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of the half circles."""
        x, y = np.cos(math.pi * t), np.sin(math.pi * t)
        return np.where(labels == 0, x, 1 - x), np.where(labels == 0, y, 0.5 - y)


class Circles(Curves):
    """Two circles around the origin: class 0 of radius 1, class 1 of radius `factor`, inside it.

    `points` (n, 2) float32 and `labels` (n,) int64; noise: a standard deviation in units of the outer radius.
    x² + y² as a third feature would make the classes separable by a plane.
    Raises ValueError for n below 1, a negative noise, and a factor outside (0, 1); TypeError for what are no numbers.

    >>> point, label = Circles(noise=0)[1]
    >>> label.item(), round(point.norm().item(), 3)
    (1, 0.5)
    """

    def __init__(
        self, n: int = 200, noise: float = 0.05, factor: float = 0.5, generator: Generator | None = None
    ) -> None:
        check_number("Circles", "factor", factor)
        if not 0 < factor < 1:
            raise ValueError(
                f"Circles: factor, the radius of the inner circle, must be between 0 and 1, given {factor}"
            )
        self.factor = factor
        super().__init__(n, noise, generator)

    def curve(self, t: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of the circles."""
        radius = np.where(labels == 0, 1, self.factor)
        return radius * np.cos(2 * math.pi * t), radius * np.sin(2 * math.pi * t)


class Spirals(Curves):
    """Arms that wind around the origin, a class each, and end at radius 1.

    Arm c of C is r (cos φ, sin φ), where r is uniform in [0.1, 1) and φ = 2π (turns · r + c / C).
    `points` (n, 2) float32 and `labels` (n,) int64 in [0, arms); noise: a standard deviation in units of the radius.
    Neighbouring arms are 1 / (turns · arms) apart, so noise should stay well below that.
    Raises ValueError for n below 1, a negative noise, fewer than two arms, and turns that are not positive.

    >>> spirals = Spirals(arms=3)
    >>> spirals.labels[:4].tolist()
    [0, 1, 2, 0]
    """

    def __init__(
        self,
        n: int = 200,
        noise: float = 0.02,
        arms: int = 2,
        turns: float = 1.5,
        generator: Generator | None = None,
    ) -> None:
        if not isinstance(arms, int | np.integer) or isinstance(arms, bool) or arms < 2:
            raise ValueError(f"Spirals: arms, the number of classes, must be an integer of at least 2, given {arms!r}")
        check_number("Spirals", "turns", turns)
        if not 0 < turns < math.inf:
            raise ValueError(f"Spirals: turns must be positive and finite, given {turns}")
        self.classes, self.turns = int(arms), turns
        super().__init__(n, noise, generator)

    def curve(self, t: np.ndarray, labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return x and y of the arms."""
        radius = 0.1 + 0.9 * t
        angle = 2 * math.pi * (self.turns * radius + labels / self.classes)
        return radius * np.cos(angle), radius * np.sin(angle)
