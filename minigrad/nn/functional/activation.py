"""What stands between the layers: activations, and dropout."""

from minigrad.errors import signature_of
from minigrad.functions import leaky_relu, log_softmax, relu, sigmoid, softmax, tanh
from minigrad.random import Generator, rand_like
from minigrad.tensor import Tensor

__all__ = ["dropout", "leaky_relu", "log_softmax", "relu", "sigmoid", "softmax", "tanh"]


def dropout(input: Tensor, p: float = 0.5, training: bool = True, *, generator: Generator | None = None) -> Tensor:
    """input with each number set to 0 with probability p and else divided by 1 - p; not in training, input itself.

    Raises ValueError for p outside [0, 1], TypeError for integers.  Srivastava et al. 2014.
    """
    probability("dropout", p)
    if not training or p == 0:
        return input
    if input.dtype.kind != "f":
        raise TypeError(f"dropout: expected floats, but got {signature_of(input)}; convert it with .float()")
    kept = rand_like(input, generator=generator).array >= p
    return input * (kept * input.dtype.type(1 / (1 - p) if p < 1 else 0))


def probability(what: str, p: float) -> float:
    """p, checked: ValueError, naming what it is for, unless it lies in [0, 1]."""
    if not 0 <= p <= 1:
        raise ValueError(f"{what}: a probability must lie in [0, 1], but got {p}")
    return p
