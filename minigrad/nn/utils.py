"""What loops do with parameters: keep their gradients in bounds before `step()`, and see them as one vector θ."""

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

    norm_type: 2 for the length, inf for the largest entry.  Raises ValueError for a negative or NaN max_norm,
    RuntimeError for a norm that is not finite if error_if_nonfinite.  Pascanu, Mikolov, Bengio 2013.
    """
    if not max_norm >= 0:
        raise ValueError(f"clip_grad_norm_: max_norm must be at least 0, but got {max_norm}")
    grads = _gradients(parameters)
    norms = [np.linalg.norm(g.array.reshape(-1), norm_type) for g in grads]
    total = np.linalg.norm(norms, norm_type) if norms else np.float32(0)
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
    if not clip_value >= 0:
        raise ValueError(f"clip_grad_value_: clip_value must be at least 0, but got {clip_value}")
    with no_grad():
        for g in _gradients(parameters):
            g.clamp_(-clip_value, clip_value)


def _gradients(parameters):
    parameters = [parameters] if isinstance(parameters, Variable) else parameters
    return [p.grad for p in parameters if p.grad is not None]


def parameters_to_vector(parameters: Iterable[Tensor]) -> Tensor:
    """θ: the numbers of all parameters one after the other, in a vector that knows where they came from.

    >>> parameters_to_vector([minigrad.ones(2, 2), minigrad.zeros(1)]).tolist()
    [1.0, 1.0, 1.0, 1.0, 0.0]
    """
    return cat([reshape(p, -1) for p in parameters])


def vector_to_parameters(vec: Tensor, parameters: Iterable[Tensor]) -> None:
    """Write the numbers of vec into parameters, one after the other, the way back from `parameters_to_vector`.

    Unlike PyTorch's, the parameters keep their own memory. Raises ValueError, having written nothing, unless vec is a
    vector with just as many numbers as they hold.
    """
    parameters = list(parameters)
    sizes = [p.numel() for p in parameters]
    if not isinstance(vec, Variable) or vec.shape != (sum(sizes),):
        raise ValueError(
            f"vector_to_parameters: the parameters hold {sum(sizes)} numbers, but the vector is {signature_of(vec)}"
        )
    parts = np.split(vec.array, np.cumsum(sizes)[:-1])
    for p, part in zip(parameters, parts, strict=True):
        write(p, part.reshape(p.shape), "vector_to_parameters")
