"""What loops do with parameters: keep their gradients in bounds before `step()`, and see them as one vector θ."""

import math
from collections.abc import Iterable

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import tensor
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions import cat, reshape
from minigrad.inplace import write
from minigrad.tensor import Tensor

__all__ = ["clip_grad_norm_", "clip_grad_value_", "parameters_to_vector", "vector_to_parameters"]


def clip_grad_norm_(
    parameters: Tensor | Iterable[Tensor], max_norm: float, norm_type: float = 2.0, error_if_nonfinite: bool = False
) -> Tensor:
    """The norm of all gradients together, as one vector, before they were scaled down in place to at most max_norm.

    norm_type: 2 for the length, inf for the largest entry.  Raises ValueError for a negative or NaN max_norm, TypeError
    for what are no tensors, RuntimeError for a norm that is not finite if error_if_nonfinite.  Pascanu, Mikolov, Bengio
    2013.
    """
    max_norm, order = _bound("clip_grad_norm_: max_norm", max_norm), _float(norm_type)
    if math.isnan(order):
        raise ValueError(f"clip_grad_norm_: norm_type must be a number, such as 2.0 or inf, but got {norm_type!r:.60}")
    grads = _gradients("clip_grad_norm_", parameters)
    norms = [np.linalg.norm(g.array.reshape(-1), order) for g in grads]
    total = np.linalg.norm(norms, order) if norms else np.float32(0)
    if error_if_nonfinite and not np.isfinite(total):
        raise RuntimeError(
            f"clip_grad_norm_: the norm of the gradients is {total}, and nothing was scaled; "
            "detect_anomaly() names the operation it comes from"
        )
    factor = np.minimum(1.0, max_norm / (total + 1e-6)).item()  # PyTorch's 1e-6, against division by zero
    with no_grad():
        for g in grads:
            g.mul_(factor)
    return tensor(np.asarray(total, grads[0].dtype if grads else None))


def clip_grad_value_(parameters: Tensor | Iterable[Tensor], clip_value: float) -> None:
    """Cut every entry of every gradient off at ±clip_value, in place. Raises ValueError for a negative or NaN one."""
    clip_value = _bound("clip_grad_value_: clip_value", clip_value)
    with no_grad():
        for g in _gradients("clip_grad_value_", parameters):
            g.clamp_(-clip_value, clip_value)


def _bound(what, value):
    number = _float(value)
    if not number >= 0:
        raise ValueError(f"{what} must be at least 0, but got {value!r:.60}")
    return number


def _float(value):
    """value as a float, NaN for what is no number. "inf" is one, as in PyTorch."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


def _gradients(name, parameters):
    return [p.grad for p in _tensors(name, parameters) if p.grad is not None]


def _tensors(name, parameters):
    """parameters as a list. Raises TypeError, before anything has changed, unless all of them are tensors."""
    if isinstance(parameters, Variable):
        return [parameters]
    tensors = list(parameters) if isinstance(parameters, Iterable) else [parameters]
    for p in tensors:
        if not isinstance(p, Variable):
            raise TypeError(f"{name}: expected tensors, but got a {type(p).__name__}; give model.parameters()")
    return tensors


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """θ: the numbers of all parameters one after the other, in a vector that knows where they came from.

    >>> parameters_to_vector([minigrad.ones(2, 2), minigrad.zeros(1)]).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """
    tensors = _tensors("parameters_to_vector", parameters)
    if not tensors:
        raise ValueError("parameters_to_vector: there are no parameters; a generator is empty after its first use")
    return cat([reshape(p, -1) for p in tensors])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the numbers of vec into parameters, one after the other, the way back from `parameters_to_vector`.

    Unlike PyTorch's, the parameters keep their own memory. Raises ValueError, having written nothing, unless vec is a
    vector with just as many numbers as they hold.
    """
    parameters = _tensors("vector_to_parameters", parameters)
    sizes = [p.numel() for p in parameters]
    if not isinstance(vec, Variable) or vec.shape != (sum(sizes),):
        raise ValueError(
            f"vector_to_parameters: the parameters hold {sum(sizes)} numbers, but the vector is {signature_of(vec)}"
        )
    ends = np.cumsum(sizes)
    for p, end in zip(parameters, ends, strict=True):
        write(p, vec.array[end - p.numel() : end].reshape(p.shape), "vector_to_parameters")
