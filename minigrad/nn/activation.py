"""Activation functions as modules: the functions of `functional`, with their settings.

PyTorch's `inplace` is accepted wherever PyTorch has it and changes nothing here: the result is always a new tensor.
"""

from numbers import Real

from minigrad import functions
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn.functional.reduction import finite
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

__all__ = [
    "ELU",
    "GELU",
    "SELU",
    "Hardtanh",
    "LeakyReLU",
    "LogSigmoid",
    "LogSoftmax",
    "ReLU",
    "ReLU6",
    "SiLU",
    "Sigmoid",
    "Softmax",
    "Softplus",
    "Softsign",
    "Tanh",
]

# ---- straight pieces ------------------------------------------------------------------------------------------------


class ReLU(Module):
    """max(0, x), elementwise (Nair, Hinton 2010)."""

    def __init__(self, inplace: bool = False):
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return functions.relu(input)


class LeakyReLU(Module):
    """x where it is positive, else negative_slope · x (Maas, Hannun, Ng 2013)."""

    def __init__(self, negative_slope: float = 0.01, inplace: bool = False):
        self.negative_slope = finite("LeakyReLU's negative_slope", negative_slope)

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.leaky_relu(input, self.negative_slope)

    def extra_repr(self) -> str:
        """Return the slope."""
        return f"negative_slope={self.negative_slope}"


class Hardtanh(Module):
    """x cut off below min_val and above max_val, elementwise."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False):
        for bound in (min_val, max_val):
            if not isinstance(bound, Real):
                raise ValueError(f"Hardtanh: min_val and max_val must be numbers, but got {bound!r:.60}")
        if not min_val < max_val:
            raise ValueError(f"Hardtanh: min_val must be below max_val, but got {min_val} and {max_val}")
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.hardtanh(input, self.min_val, self.max_val)

    def extra_repr(self) -> str:
        """Return the bounds."""
        return f"min_val={self.min_val}, max_val={self.max_val}"


class ReLU6(Hardtanh):
    """x cut off below 0 and above 6, elementwise (Howard et al. 2017)."""

    def __init__(self, inplace: bool = False):
        super().__init__(0.0, 6.0)

    def extra_repr(self) -> str:
        """Return nothing: the bounds are in the name."""
        return ""


# ---- curves ---------------------------------------------------------------------------------------------------------


class ELU(Module):
    """x where it is positive, else alpha · (exp(x) - 1) (Clevert, Unterthiner, Hochreiter 2016)."""

    def __init__(self, alpha: float = 1.0, inplace: bool = False):
        self.alpha = finite("ELU's alpha", alpha)

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.elu(input, self.alpha)

    def extra_repr(self) -> str:
        """Return what negative numbers tend to, with its sign turned."""
        return f"alpha={self.alpha}"


class SELU(Module):
    """ELU, stretched so that layer after layer tends to mean 0 and variance 1 (Klambauer et al. 2017)."""

    def __init__(self, inplace: bool = False):
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.selu(input)


class GELU(Module):
    """x · Φ(x), with the normal distribution's Φ, or approximate="tanh" for it (Hendrycks, Gimpel 2016)."""

    def __init__(self, approximate: str = "none"):
        if approximate not in ("none", "tanh"):
            raise ValueError(f"GELU: approximate must be 'none' or 'tanh', but got {approximate!r}")
        self.approximate = approximate

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.gelu(input, self.approximate)

    def extra_repr(self) -> str:
        """Return how Φ is computed."""
        return f"approximate={self.approximate!r}"


class SiLU(Module):
    """x · sigmoid(x), also called swish (Elfwing, Uchibe, Doya 2018)."""

    def __init__(self, inplace: bool = False):
        pass

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.silu(input)


class Softplus(Module):
    """log(1 + exp(beta · x)) / beta: ReLU with a round corner; where beta · x > threshold, x itself."""

    def __init__(self, beta: float = 1.0, threshold: float = 20.0):
        if not beta:
            raise ValueError("Softplus: beta must not be 0, because the result is divided by it")
        self.beta = finite("Softplus's beta", beta)
        self.threshold = threshold

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.softplus(input, self.beta, self.threshold)

    def extra_repr(self) -> str:
        """Return how sharp the corner is, and where it ends."""
        return f"beta={self.beta}, threshold={self.threshold}"


class LogSigmoid(Module):
    """log of the sigmoid, in nats, exact where the sigmoid itself would round to 0."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.logsigmoid(input)


class Softsign(Module):
    """x / (1 + |x|), elementwise, in (-1, 1)."""

    def forward(self, input: Tensor) -> Tensor:
        """Return the result, in the shape of input."""
        return F.softsign(input)


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


# ---- along a dimension ----------------------------------------------------------------------------------------------


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
