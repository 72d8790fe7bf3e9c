"""PyTorch's import path for `minigrad.utils.data`."""
