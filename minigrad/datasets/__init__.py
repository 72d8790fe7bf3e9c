"""Data to learn on: lines, tables and points small enough to look at, and handwritten digits."""

from minigrad.datasets.download import fetch_mnist
from minigrad.datasets.mnist import MNIST, load_idx
from minigrad.datasets.plane import Circles, Moons, Spirals
from minigrad.datasets.regression import LinearRegression
from minigrad.datasets.tables import Houses, Spam
from minigrad.datasets.xor import XOR

__all__ = [
    "MNIST", "XOR", "Circles", "Houses", "LinearRegression", "Moons", "Spam", "Spirals", "fetch_mnist", "load_idx",
]  # fmt: skip
