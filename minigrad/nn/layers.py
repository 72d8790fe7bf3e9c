"""Layers without windows, statistics or memory: Linear, Embedding, Flatten, Dropout, Identity."""

import math

import numpy as np

from minigrad.creation import zeros
from minigrad.functions import flatten
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn import init
from minigrad.nn.functional.vector import row_of
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor

__all__ = ["Dropout", "Embedding", "Flatten", "Identity", "Linear"]


class Linear(Module):
    """x @ weight.T + bias: (…, in_features) becomes (…, out_features).

    weight (out_features, in_features) and bias (out_features,) start uniform in ±1/√in_features, as in PyTorch.

    >>> Linear(3, 2)(minigrad.ones(5, 3)).shape
    (5, 2)
    """

    def __init__(self, in_features: int, out_features: int, bias: bool = True, device=None, dtype=None):
        for name, n in (("in_features", in_features), ("out_features", out_features)):
            if not isinstance(n, int | np.integer) or n < 1:
                raise ValueError(f"Linear: {name} must be a positive integer, but got {n!r}")
        self.in_features = in_features
        self.out_features = out_features
        self.weight = Parameter(zeros(out_features, in_features, dtype=dtype, device=device))
        self.bias = Parameter(zeros(out_features, dtype=dtype, device=device)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights from the default generator."""
        init.kaiming_uniform_(self.weight, a=math.sqrt(5))  # the gain √(2/(1+5)) makes the bound 1/√in_features
        if self.bias is not None:
            bound = 1 / math.sqrt(self.in_features)
            init.uniform_(self.bias, -bound, bound)

    def forward(self, input: Tensor) -> Tensor:
        """Return input @ weight.T + bias."""
        return F.linear(input, self.weight, self.bias)

    def extra_repr(self) -> str:
        """Return the sizes."""
        return f"in_features={self.in_features}, out_features={self.out_features}, bias={self.bias is not None}"


class Embedding(Module):
    """A vector for each integer in [0, num_embeddings): (…,) becomes (…, embedding_dim).

    weight (num_embeddings, embedding_dim) holds them and starts normal, as in PyTorch. padding_idx: the row of what is
    no word; it starts as 0 and is not learned. Raises IndexError for other integers, TypeError for floats.

    >>> Embedding(10, 3)(minigrad.tensor([[1, 2, 4, 5], [4, 3, 2, 9]])).shape
    (2, 4, 3)
    """

    def __init__(
        self, num_embeddings: int, embedding_dim: int, padding_idx: int | None = None, *, device=None, dtype=None
    ):
        for name, n in (("num_embeddings", num_embeddings), ("embedding_dim", embedding_dim)):
            if not isinstance(n, int | np.integer) or n < 1:
                raise ValueError(f"Embedding: {name} must be a positive integer, but got {n!r}")
        self.num_embeddings = num_embeddings
        self.embedding_dim = embedding_dim
        self.padding_idx = None if padding_idx is None else row_of("Embedding", padding_idx, num_embeddings)
        self.weight = Parameter(zeros(num_embeddings, embedding_dim, dtype=dtype, device=device))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new vectors from the default generator; that of padding_idx is 0."""
        init.normal_(self.weight)
        if self.padding_idx is not None:
            self.weight.data[self.padding_idx] = 0

    def forward(self, input: Tensor) -> Tensor:
        """Return the vectors of the integers in input."""
        return F.embedding(input, self.weight, self.padding_idx)

    def extra_repr(self) -> str:
        """Return the sizes."""
        padding = "" if self.padding_idx is None else f", padding_idx={self.padding_idx}"
        return f"{self.num_embeddings}, {self.embedding_dim}{padding}"


class Flatten(Module):
    """The dimensions start_dim to end_dim made one: by default (N, C, H, W) becomes (N, C·H·W)."""

    def __init__(self, start_dim: int = 1, end_dim: int = -1):
        self.start_dim = start_dim
        self.end_dim = end_dim

    def forward(self, input: Tensor) -> Tensor:
        """Return the reshaped input."""
        return flatten(input, self.start_dim, self.end_dim)

    def extra_repr(self) -> str:
        """Return the dimensions."""
        return f"start_dim={self.start_dim}, end_dim={self.end_dim}"


class Dropout(Module):
    """In training, each number is 0 with probability p and else divided by 1 - p; in evaluation, input itself.

    Its expected value is therefore the input in both (Srivastava et al. 2014). inplace is accepted, but the result is
    always a new tensor.
    """

    def __init__(self, p: float = 0.5, inplace: bool = False):
        self.p = F.probability("Dropout", p)

    def forward(self, input: Tensor) -> Tensor:
        """Return the thinned input, drawing from the default generator."""
        return F.dropout(input, self.p, self.training)

    def extra_repr(self) -> str:
        """Return the probability."""
        return f"p={self.p}"


class Identity(Module):
    """The input itself: a placeholder. Arguments to the constructor are ignored, as in PyTorch."""

    def __init__(self, *args, **kwargs):
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Return input."""
        return input
