"""PyTorch's import path for `minigrad.utils.data`."""

from minigrad.utils import data
