"""Running a model only to look at it: whatever that changes is put back."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import as_tensor, zeros
from minigrad.engine import Variable
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.viz.evaluation import item_dtype, untouched


@contextmanager
def aside(model: Module) -> Iterator[None]:
    """A with block in which model is in evaluation mode and may be called, and even changed, without leaving a trace.

    Afterwards, also after an exception, its modules' attributes (`training` among them), its buffers' numbers, and the
    generators it draws from are what they were.
    """
    attributes = [(module, dict(vars(module))) for module in model.modules()]
    buffers = [(buffer, buffer.array.copy()) for buffer in model.buffers()]
    try:
        with untouched(model):
            yield
    finally:
        for module, before in attributes:
            vars(module).clear()
            vars(module).update(before)
        with no_grad():
            for buffer, numbers in buffers:
                if not np.array_equal(buffer.array, numbers, equal_nan=buffer.array.dtype.kind == "f"):
                    buffer.copy_(numbers)


def arguments(name: str, model: Module, input: Any) -> tuple[Any, ...]:
    """What to call model with: a tensor; floats of an array in the parameters' dtype; zeros of a shape.

    A tuple of anything but integers holds several inputs, which may be such. Raises TypeError and ValueError, which
    begin with name, for what is none of these.
    """
    if isinstance(input, tuple) and not all(isinstance(n, int | np.integer) for n in input):
        return tuple(one for part in input for one in arguments(name, model, part))
    if isinstance(input, Variable):
        return (input,)
    dtype = item_dtype(model)
    if isinstance(input, tuple):
        if any(n < 0 for n in input):
            raise ValueError(f"{name}: sizes must not be negative, but the shape given is {input}")
        return (zeros(*input, dtype=dtype),)
    if not isinstance(input, np.ndarray | list | int | float | np.generic):
        raise TypeError(
            f"{name}: input must be a tensor, an array, a shape such as (64, 784), or a tuple of several inputs, "
            f"but got {type(input).__name__} {input!r:.60}"
        )
    given = as_tensor(input)
    return (given.to(dtype) if given.dtype.kind == "f" else given,)


def checked(name: str, model: Any) -> Module:
    """model, if it is one. Raises TypeError, which begins with name, otherwise."""
    if not isinstance(model, Module):
        hint = f"; write {model.__name__}(…) to make one" if isinstance(model, type) else ""
        given = model.__name__ if isinstance(model, type) else type(model).__name__
        raise TypeError(f"{name}: expected a model, an nn.Module, but got {given}{hint}")
    return model


def tracked(inputs: tuple[Any, ...]) -> tuple[Any, ...]:
    """The floating tensors of inputs anew, so that everything computed from them is recorded."""
    return tuple(
        x.detach().requires_grad_().clone() if isinstance(x, Tensor) and x.dtype.kind == "f" else x for x in inputs
    )
