"""Activation functions as modules."""

from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

__all__ = ["LeakyReLU", "LogSoftmax", "ReLU", "Sigmoid", "Softmax", "Tanh"]


class ReLU(Module):
    """max(0, x), elementwise."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.relu(input)


class LeakyReLU(Module):
    """x where it is positive, else negative_slope · x (Maas, Hannun, Ng 2013)."""

    def __init__(self, negative_slope: float = 0.01):
        self.negative_slope = negative_slope

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope."""
        return f"negative_slope={self.negative_slope}"


class Tanh(Module):
    """The hyperbolic tangent, elementwise, in (-1, 1)."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.tanh(input)


class Sigmoid(Module):
    """1 / (1 + exp(-x)), elementwise, in (0, 1)."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.sigmoid(input)


class Softmax(Module):
    """exp(x) / sum(exp(x)) along dim: positive numbers that sum to 1."""

    def __init__(self, dim: int):
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"


class LogSoftmax(Module):
    """log of softmax along dim, in nats, exact where softmax itself would round to 0."""

    def __init__(self, dim: int):
        self.dim = dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.log_softmax(input, self.dim)

    def extra_repr(self) -> str:
        """Return the dimension."""
        return f"dim={self.dim}"
