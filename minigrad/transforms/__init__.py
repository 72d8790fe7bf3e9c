"""Changes to the inputs of a data set: augmentation of images, standardisation (torchvision's import path)."""

from minigrad.transforms.image import GaussianNoise, RandomRotation, RandomShift, rotate, shift
from minigrad.transforms.standardize import Standardize
from minigrad.transforms.transform import Compose, Transform, Transformed

__all__ = [
    "Compose", "GaussianNoise", "RandomRotation", "RandomShift", "Standardize", "Transform", "Transformed", "rotate",
    "shift",
]  # fmt: skip
