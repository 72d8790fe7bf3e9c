"""Filling parameters with their first numbers, in place. Names and formulas are PyTorch's.

fan_in is how many numbers flow into one output of a layer, fan_out how many outputs one input flows into: for a weight
(out, in, …) they are in·… and out·….
"""

import math
from numbers import Real

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.inplace import write
from minigrad.random import Generator, numpy_generator
from minigrad.tensor import Tensor

__all__ = [
    "calculate_gain",
    "constant_",
    "kaiming_normal_",
    "kaiming_uniform_",
    "normal_",
    "ones_",
    "uniform_",
    "xavier_normal_",
    "xavier_uniform_",
    "zeros_",
]


def constant_(tensor: Tensor, val: float) -> Tensor:
    """tensor, every number set to val."""
    _need_tensor("constant_", tensor)
    if not isinstance(val, Real):
        raise TypeError(f"constant_: val must be a number, but got {signature_of(val)}; tensor.copy_(…) takes several")
    write(tensor, np.asarray(val, tensor.dtype), "constant_")
    return tensor


def zeros_(tensor: Tensor) -> Tensor:
    """tensor, every number set to 0."""
    return constant_(tensor, 0)


def ones_(tensor: Tensor) -> Tensor:
    """tensor, every number set to 1."""
    return constant_(tensor, 1)


def uniform_(tensor: Tensor, a: float = 0.0, b: float = 1.0, generator: Generator | None = None) -> Tensor:
    """tensor, filled with uniform numbers from [a, b)."""
    _need_tensor("uniform_", tensor)
    if not (isinstance(a, Real) and isinstance(b, Real)):
        raise ValueError(f"uniform_: the bounds must be numbers, but got a={a!r:.60}, b={b!r:.60}")
    if not -math.inf < a <= b < math.inf:
        raise ValueError(f"uniform_: the bounds must be finite and in order, but got a={a}, b={b}")
    drawn = numpy_generator(generator).random(tensor.shape, dtype=_drawable(tensor))
    write(tensor, a + (b - a) * drawn, "uniform_")
    return tensor


def normal_(tensor: Tensor, mean: float = 0.0, std: float = 1.0, generator: Generator | None = None) -> Tensor:
    """tensor, filled with normal numbers of that mean and standard deviation."""
    _need_tensor("normal_", tensor)
    if not (isinstance(mean, Real) and math.isfinite(mean)):
        raise ValueError(f"normal_: the mean must be a finite number, but got mean={mean!r:.60}")
    if not (isinstance(std, Real) and 0 <= std < math.inf):
        raise ValueError(f"normal_: a standard deviation is finite and not negative, but got std={std!r}")
    drawn = numpy_generator(generator).standard_normal(tensor.shape, dtype=_drawable(tensor))
    write(tensor, mean + std * drawn, "normal_")
    return tensor


def _need_tensor(name, tensor):
    if not isinstance(tensor, Variable):
        raise TypeError(f"{name}: only a tensor can be filled, but got {signature_of(tensor)}")


def _drawable(tensor):
    return tensor.dtype if tensor.dtype in (np.float32, np.float64) else np.float32


def xavier_uniform_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """tensor, uniform in ±gain·√(6 / (fan_in + fan_out)): keeps variances both ways (Glorot, Bengio 2010)."""
    bound = _known_gain("xavier_uniform_", gain) * math.sqrt(6 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(tensor: Tensor, gain: float = 1.0, generator: Generator | None = None) -> Tensor:
    """tensor, normal with standard deviation gain·√(2 / (fan_in + fan_out)) (Glorot, Bengio 2010)."""
    std = _known_gain("xavier_normal_", gain) * math.sqrt(2 / sum(_fans("xavier_normal_", tensor)))
    return normal_(tensor, 0, std, generator)


def _known_gain(name, gain):
    if not (isinstance(gain, Real) and 0 <= gain < math.inf):
        raise ValueError(f"{name}: gain must be a finite number, at least 0, but got {gain!r:.60}")
    return gain


def kaiming_uniform_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """tensor, uniform in ±gain·√(3 / fan), for layers followed by nonlinearity (He et al. 2015). a: leaky_relu's slope.

    mode: "fan_in" keeps variances on the way forward, "fan_out" on the way back.
    """
    bound = math.sqrt(3) * _kaiming("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: Tensor, a: float = 0, mode: str = "fan_in", nonlinearity: str = "leaky_relu",
    generator: Generator | None = None,
) -> Tensor:  # fmt: skip
    """tensor, normal with standard deviation gain / √fan (He et al. 2015). Arguments as in kaiming_uniform_."""
    return normal_(tensor, 0, _kaiming("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def _kaiming(name, tensor, a, mode, nonlinearity):
    """The standard deviation that keeps variances equal from layer to layer."""
    fans = dict(zip(("fan_in", "fan_out"), _fans(name, tensor), strict=True))
    if mode not in fans:
        raise ValueError(f"{name}: mode must be 'fan_in' or 'fan_out', but got {mode!r}")
    return calculate_gain(nonlinearity, a) / math.sqrt(fans[mode])


def _fans(name, tensor):
    _need_tensor(name, tensor)
    if tensor.ndim < 2 or 0 in tensor.shape:
        raise ValueError(f"{name}: fan_in and fan_out need a weight of shape (out, in, …), but got {tensor.shape}")
    n_out, n_in, *window = tensor.shape
    return n_in * math.prod(window), n_out * math.prod(window)


def calculate_gain(nonlinearity: str, param: float | None = None) -> float:
    """The factor that undoes what a nonlinearity does to the spread of normal numbers. param: leaky_relu's slope."""
    slope = 0.01 if param is None else param
    if not isinstance(slope, Real):
        raise ValueError(f"calculate_gain: param, the slope of leaky_relu, must be a number, but got {param!r}")
    gains = {
        "linear": 1.0, "conv1d": 1.0, "conv2d": 1.0, "conv3d": 1.0, "sigmoid": 1.0, "tanh": 5 / 3,
        "relu": math.sqrt(2), "leaky_relu": math.sqrt(2 / (1 + slope**2)), "selu": 3 / 4,
    }  # fmt: skip
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain: expected one of {', '.join(gains)}, but got {nonlinearity!r}")
    return gains[nonlinearity]
