"""Augmentation: images a little shifted, turned or noisy, so that a model cannot learn them by heart.

The digit stays the same digit, so each epoch sees new images with true labels.  Every transform draws from a
`generator` (default: the global one), first item first, so that the same seed gives the same images; one by one or a
batch at a time makes no difference.
"""

import math

import numpy as np

from minigrad.creation import from_numpy
from minigrad.random import Generator, numpy_generator
from minigrad.tensor import Tensor
from minigrad.transforms.transform import Transform

__all__ = ["GaussianNoise", "RandomRotation", "RandomShift", "rotate", "shift"]


class RandomShift(Transform):
    """Images moved by a random whole number of pixels, up to `pixels` each way, in both directions; zeros move in.

    Takes images (H, W) or (…, H, W), whose leading dimensions, such as the colours, move together.
    Raises ValueError for negative pixels, TypeError for fractions of them, ValueError for an input without H and W.

    >>> RandomShift(2, generator=mg.Generator(0))(mg.ones(1, 28, 28)).shape
    (1, 28, 28)
    """

    def __init__(self, pixels: int, *, generator: Generator | None = None) -> None:
        if not isinstance(pixels, int | np.integer) or isinstance(pixels, bool):
            raise TypeError(f"RandomShift: pixels must be a whole number, given {pixels!r}")
        if pixels < 0:
            raise ValueError(f"RandomShift: pixels must not be negative, given {pixels}")
        numpy_generator(generator)  # raises TypeError now rather than in the first epoch
        self.pixels = pixels
        self.generator = generator

    def batch(self, x: Tensor) -> Tensor:
        """Return images (N, …, H, W), each moved its own way."""
        images = image_array("RandomShift", x, 1)
        places = numpy_generator(self.generator).random((len(images), 2)) * (2 * self.pixels + 1)
        down, right = (np.floor(places).astype(np.intp) - self.pixels).T
        return from_numpy(shifted(images, right, down))


class RandomRotation(Transform):
    """Images turned about their centre by a random angle; corners that come from outside are zero.

    degrees: angles are uniform in [−degrees, degrees], or in [low, high] for a pair; positive turns anticlockwise.
    Takes images (H, W) or (…, H, W) of floats, whose leading dimensions turn together.  Always bilinear, where
    torchvision takes the nearest pixel unless told otherwise.  Raises ValueError for a negative number, a pair out of
    order, or an input without H and W; TypeError for images of integers.
    """

    def __init__(self, degrees: float | tuple[float, float], *, generator: Generator | None = None) -> None:
        try:
            low, high = degrees if isinstance(degrees, tuple | list) else (-degrees, degrees)
            in_order = -math.inf < low <= high < math.inf
        except (TypeError, ValueError):  # words, or other than two
            in_order = False
        if not in_order:
            raise ValueError(
                f"RandomRotation: degrees must be a number that is not negative, or a pair (low, high), both finite, "
                f"given {degrees!r}"
            )
        numpy_generator(generator)
        self.degrees = (low, high)
        self.generator = generator

    def batch(self, x: Tensor) -> Tensor:
        """Return images (N, …, H, W), each turned its own way."""
        images = image_array("RandomRotation", x, 1, floating=True)
        low, high = self.degrees
        return from_numpy(rotated(images, low + (high - low) * numpy_generator(self.generator).random(len(images))))


class GaussianNoise(Transform):
    """x + ε with ε from N(mean, sigma²) for every number of x on its own.

    clip: keep the result in [0, 1], as images are.  Takes floats of any shape.  Names and defaults are those of
    torchvision's v2.  Raises ValueError for a negative sigma, TypeError for an input of integers.
    """

    def __init__(
        self, mean: float = 0.0, sigma: float = 0.1, clip: bool = True, *, generator: Generator | None = None
    ) -> None:
        check_number("GaussianNoise", "mean", mean)
        check_number("GaussianNoise", "sigma", sigma)
        if sigma < 0:
            raise ValueError(f"GaussianNoise: sigma must not be negative, given {sigma}")
        numpy_generator(generator)
        self.mean, self.sigma, self.clip = mean, sigma, clip
        self.generator = generator

    def batch(self, x: Tensor) -> Tensor:
        """Return x (N, …), noisy."""
        check_floating("GaussianNoise", x)
        noise = self.mean + self.sigma * numpy_generator(self.generator).standard_normal(x.shape)
        noisy = x.numpy() + noise.astype(x.dtype)
        return from_numpy(noisy.clip(0, 1) if self.clip else noisy)


def shift(x: Tensor, right: int, down: int) -> Tensor:
    """The image x (…, H, W) moved by whole pixels, right and down (negative: left and up), with zeros moving in.

    Raises TypeError for fractions of pixels, ValueError for an input without H and W.

    >>> shift(mg.tensor([[1, 2], [3, 4]]), right=1, down=0).tolist()
    [[0, 1], [0, 3]]
    """
    for name, pixels in (("right", right), ("down", down)):
        if not isinstance(pixels, int | np.integer):
            raise TypeError(f"shift: {name} must be a whole number of pixels, given {pixels!r}")
    return from_numpy(shifted(image_array("shift", x)[np.newaxis], np.array([right]), np.array([down]))[0])


def rotate(x: Tensor, degrees: float) -> Tensor:
    """The image x (…, H, W) turned anticlockwise about its centre, bilinear, with zeros outside.

    Raises ValueError for degrees that are no finite number and for an input without H and W, TypeError for integers.

    >>> rotate(mg.tensor([[1.0, 2.0], [3.0, 4.0]]), 90).tolist()
    [[2.0, 4.0], [1.0, 3.0]]
    """
    check_number("rotate", "degrees", degrees)
    return from_numpy(rotated(image_array("rotate", x, floating=True)[np.newaxis], np.array([degrees]))[0])


def shifted(images: np.ndarray, right: np.ndarray, down: np.ndarray) -> np.ndarray:
    """Images (N, …, H, W), each moved by its own right (N,) and down (N,)."""
    height, width = images.shape[-2:]
    rows = np.arange(height) - down[:, np.newaxis]  # (N, H): the row that each row comes from
    columns = np.arange(width) - right[:, np.newaxis]  # (N, W)
    inside = in_range(rows, height)[:, np.newaxis, :, np.newaxis] & in_range(columns, width)[:, np.newaxis, np.newaxis]
    source = with_one_leading(images)  # (N, L, H, W)
    source = np.take_along_axis(source, rows.clip(0, height - 1)[:, np.newaxis, :, np.newaxis], axis=2)
    source = np.take_along_axis(source, columns.clip(0, width - 1)[:, np.newaxis, np.newaxis], axis=3)
    return np.where(inside, source, images.dtype.type(0)).reshape(images.shape)


def rotated(images: np.ndarray, degrees: np.ndarray) -> np.ndarray:
    """Images (N, …, H, W), each turned anticlockwise by its own degrees (N,)."""
    height, width = images.shape[-2:]
    angle = np.deg2rad(degrees)[:, np.newaxis, np.newaxis]  # (N, 1, 1)
    right = np.arange(width) - (width - 1) / 2  # (W,), from the centre
    up = ((height - 1) / 2 - np.arange(height))[:, np.newaxis]  # (H, 1)
    # Each pixel of the result looks back, clockwise, for the place it comes from.
    columns = (width - 1) / 2 + right * np.cos(angle) + up * np.sin(angle)  # (N, H, W)
    rows = (height - 1) / 2 - up * np.cos(angle) + right * np.sin(angle)  # (N, H, W)
    return bilinear(with_one_leading(images), rows, columns).reshape(images.shape)


def bilinear(images: np.ndarray, rows: np.ndarray, columns: np.ndarray) -> np.ndarray:
    """Images (N, L, H, W) read at fractional rows and columns (N, H, W), as if surrounded by zeros."""
    n, channels, height, width = images.shape
    framed = np.pad(images, ((0, 0), (0, 0), (1, 1), (1, 1)))
    framed = framed.reshape(n, channels, (height + 2) * (width + 2))  # (N, L, (H+2)·(W+2))
    rows, columns = rows.clip(-1, height) + 1, columns.clip(-1, width) + 1  # in the frame; beyond it all is zero too
    top, left = np.minimum(rows.astype(np.intp), height), np.minimum(columns.astype(np.intp), width)
    below, beside = ((x - near).astype(images.dtype)[:, np.newaxis] for x, near in ((rows, top), (columns, left)))
    corner = (top * (width + 2) + left).reshape(n, 1, height * width)

    def read(offset):
        return np.take_along_axis(framed, corner + offset, axis=2).reshape(images.shape)  # (N, L, H, W)

    upper = read(0) * (1 - beside) + read(1) * beside
    lower = read(width + 2) * (1 - beside) + read(width + 3) * beside
    return upper * (1 - below) + lower * below


def with_one_leading(images: np.ndarray) -> np.ndarray:
    """Images (N, …, H, W) as (N, L, H, W)."""
    return images.reshape(len(images), math.prod(images.shape[1:-2]), *images.shape[-2:])


def in_range(index: np.ndarray, size: int) -> np.ndarray:
    """Where 0 ≤ index < size."""
    return (index >= 0) & (index < size)


def image_array(name: str, x: Tensor, leading: int = 0, *, floating: bool = False) -> np.ndarray:
    """The numbers of x: (…, H, W) after `leading` other dimensions.  Raises where they are not images."""
    if not isinstance(x, Tensor):
        raise TypeError(f"{name}: expected a tensor, given {type(x).__name__}; wrap it in mg.tensor(…)")
    shape = x.shape[leading:]
    if len(shape) < 2 or 0 in shape:
        raise ValueError(f"{name}: an image has a height and a width, (…, H, W), none of them 0, given shape {shape}")
    if floating:
        check_floating(name, x)
    return x.numpy()


def check_number(name: str, what: str, value: float) -> None:
    """Raise ValueError unless value is a finite number."""
    if not isinstance(value, int | float | np.integer | np.floating) or not math.isfinite(value):
        raise ValueError(f"{name}: {what} must be a finite number, given {value!r}")


def check_floating(name: str, x: Tensor) -> None:
    """Raise TypeError unless x is a tensor of floats."""
    if not isinstance(x, Tensor) or x.dtype.kind != "f":
        given = x.dtype if isinstance(x, Tensor) else type(x).__name__
        raise TypeError(f"{name}: expected a tensor of floats, given {given}; images as floats are in [0, 1]")
