"""What stands between the layers: activations, and dropout.

PyTorch's `inplace` is accepted wherever PyTorch has it and changes nothing here: the result is always a new tensor, as
the rules want to read the old one.
"""

import math
from numbers import Real

from minigrad import functions
from minigrad.errors import signature_of
from minigrad.functions import abs, clamp, erf, expm1, log_softmax, sigmoid, softmax, tanh, where
from minigrad.functions.arguments import need_tensor
from minigrad.ops import elementwise
from minigrad.random import Generator, rand_like
from minigrad.tensor import Tensor

__all__ = [
    "dropout", "elu", "gelu", "hardtanh", "leaky_relu", "log_softmax", "logsigmoid", "relu", "relu6", "selu", "sigmoid",
    "silu", "softmax", "softplus", "softsign", "tanh",
]  # fmt: skip

SELU_ALPHA = 1.6732632423543772848170429916717  # with these two, mean 0 and variance 1 stay what they are
SELU_SCALE = 1.0507009873554804934193349852946

# ---- straight pieces ------------------------------------------------------------------------------------------------


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """input where it is positive, else 0; its slope at 0 is 0 (Nair, Hinton 2010)."""
    return functions.relu(input)


def leaky_relu(input: Tensor, negative_slope: float = 0.01, inplace: bool = False) -> Tensor:
    """input where it is positive, else negative_slope · input (Maas, Hannun, Ng 2013)."""
    need_tensor("leaky_relu", input)
    return functions.leaky_relu(input, negative_slope)


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """input cut off below min_val and above max_val; unlike that of `clamp`, its slope at the bounds is 0."""
    if not min_val <= max_val:
        raise ValueError(f"hardtanh: min_val must not be above max_val, but got {min_val} and {max_val}")
    need_tensor("hardtanh", input)
    low, high = input.dtype.type(min_val), input.dtype.type(max_val)  # so that integers stay integers
    return where(input <= low, low, where(input >= high, high, input))


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """input cut off below 0 and above 6 (Howard et al. 2017)."""
    return hardtanh(input, 0.0, 6.0)


# ---- curves ---------------------------------------------------------------------------------------------------------


def elu(input: Tensor, alpha: float = 1.0, inplace: bool = False) -> Tensor:
    """input where it is positive, else alpha · (exp(input) - 1) (Clevert, Unterthiner, Hochreiter 2016)."""
    need_tensor("elu", input)
    return where(input > 0, input, alpha * expm1(clamp(input, max=0)))  # clamp: exp(1e4) would be infinite


def selu(input: Tensor, inplace: bool = False) -> Tensor:
    """1.0507 · elu(input, 1.6733): layer after layer tends to mean 0 and variance 1 (Klambauer et al. 2017)."""
    return SELU_SCALE * elu(input, SELU_ALPHA)


def gelu(input: Tensor, approximate: str = "none") -> Tensor:
    """input · Φ(input), where Φ(x) is the chance that a standard normal number is below x (Hendrycks, Gimpel 2016).

    approximate: "tanh" takes ½(1 + tanh(√(2/π)(x + 0.044715 x³))) for Φ(x), which is off by less than 0.001.
    """
    need_tensor("gelu", input)
    if approximate == "none":
        return 0.5 * input * (1 + erf(input / math.sqrt(2)))
    if approximate == "tanh":
        return 0.5 * input * (1 + tanh(math.sqrt(2 / math.pi) * (input + 0.044715 * input**3)))
    raise ValueError(f"gelu: approximate must be 'none' or 'tanh', but got {approximate!r}")


def silu(input: Tensor, inplace: bool = False) -> Tensor:
    """input · sigmoid(input), also called swish (Elfwing, Uchibe, Doya 2018)."""
    return input * sigmoid(input)


def softplus(input: Tensor, beta: float = 1.0, threshold: float = 20.0) -> Tensor:
    """log(1 + exp(beta · input)) / beta: relu with a round corner; where beta · input > threshold, input itself.

    >>> softplus(minigrad.tensor([0.0, 1000.0])).tolist()
    [0.6931471824645996, 1000.0]
    """
    if not beta:
        raise ValueError("softplus: beta must not be 0, because the result is divided by it")
    need_tensor("softplus", input)
    scaled = beta * input
    return where(scaled > threshold, input, elementwise.softplus(scaled) / beta)


def logsigmoid(input: Tensor) -> Tensor:
    """log of sigmoid(input), in nats, exact where sigmoid itself would round to 0."""
    need_tensor("logsigmoid", input)
    return -elementwise.softplus(-input)


def softsign(input: Tensor) -> Tensor:
    """input / (1 + |input|), in (-1, 1)."""
    return input / (1 + abs(input))


# ---- chance ---------------------------------------------------------------------------------------------------------


def dropout(
    input: Tensor, p: float = 0.5, training: bool = True, inplace: bool = False, *, generator: Generator | None = None
) -> Tensor:
    """input with each number set to 0 with probability p and else divided by 1 - p; not in training, input itself.

    Raises ValueError for p outside [0, 1], TypeError for integers.  Srivastava et al. 2014.
    """
    probability("dropout", p)
    need_tensor("dropout", input)
    if not training or p == 0:
        return input
    if input.dtype.kind != "f":
        raise TypeError(f"dropout: expected floats, but got {signature_of(input)}; convert it with .float()")
    kept = rand_like(input, generator=generator).array >= p
    return input * (kept * input.dtype.type(1 / (1 - p) if p < 1 else 0))


def probability(what: str, p: float) -> float:
    """p, checked: ValueError, naming what it is for, unless it lies in [0, 1]."""
    if not (isinstance(p, Real) and 0 <= p <= 1):
        raise ValueError(f"{what}: a probability must lie in [0, 1], but got {p!r}")
    return p
