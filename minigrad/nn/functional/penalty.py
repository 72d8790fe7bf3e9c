"""Penalties: what is added to a loss to keep parameters small. They see the parameters, never the data."""

from collections.abc import Iterable

from minigrad.functions import abs, square
from minigrad.nn.functional.reduction import at_least_zero
from minigrad.nn.module import Module
from minigrad.ops import reduce
from minigrad.tensor import Tensor

__all__ = ["l1_penalty", "l2_penalty"]


def l1_penalty(parameters: Module | Tensor | Iterable[Tensor], strength: float = 1.0) -> Tensor:
    """strength · Σ|θ|, one number: draws parameters to exactly 0 (the lasso, Tibshirani 1996).

    parameters, strength and errors as in l2_penalty.  The slope is ±strength, and 0 where a parameter is 0 already.

    >>> l1_penalty(minigrad.tensor([3.0, -4.0]), 0.5).item()
    3.5
    """
    return _summed("l1_penalty", abs, parameters, strength)


def l2_penalty(parameters: Module | Tensor | Iterable[Tensor], strength: float = 1.0) -> Tensor:
    """strength · Σθ², one number, without a factor ½: draws parameters towards 0 (ridge, Hoerl, Kennard 1970).

    parameters: a module, of which all count, or a tensor or tensors; to leave out biases give the weights alone.
    strength: λ, at least 0.  Add it to the loss: loss = criterion(output, target) + l2_penalty(model, 1e-4).
    The slope is 2·strength·θ, so for SGD and Adam it is the same as weight_decay=2 * strength; AdamW's decay is no
    penalty at all, as it never passes through the moments (Loshchilov, Hutter 2019).
    Raises TypeError for what is no tensor of floats, ValueError if there is none.

    >>> l2_penalty(minigrad.tensor([3.0, -4.0]), 0.5).item()
    12.5
    """
    return _summed("l2_penalty", square, parameters, strength)


def _summed(name, function, parameters, strength):
    """strength times the sum of function over all numbers in parameters."""
    at_least_zero("strength", strength)
    total, *others = (reduce.sum(function(theta)) for theta in _tensors(name, parameters))
    return strength * sum(others, start=total)


def _tensors(name, parameters):
    """What is penalised, as a list of at least one tensor."""
    if isinstance(parameters, Module):
        parameters = parameters.parameters()
    elif isinstance(parameters, Tensor) or not isinstance(parameters, Iterable):
        parameters = [parameters]
    tensors = list(parameters)
    for theta in tensors:
        if not isinstance(theta, Tensor) or theta.dtype.kind != "f":
            given = f"{theta.dtype} {theta.shape}" if isinstance(theta, Tensor) else f"a {type(theta).__name__}"
            raise TypeError(f"{name}: expected a module or tensors of floats, but got {given}; give model.parameters()")
    if not tensors:
        raise ValueError(
            f"{name}: there are no parameters to penalise; a generator such as model.parameters() is empty after its "
            "first use, so give the model itself, or a list"
        )
    return tensors
