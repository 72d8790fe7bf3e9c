"""Data to learn on, small enough to look at: XOR and handwritten digits."""

from minigrad.datasets.mnist import MNIST, load_idx
from minigrad.datasets.xor import XOR

__all__ = ["MNIST", "XOR", "load_idx"]
