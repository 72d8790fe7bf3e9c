"""Running a model only to look at it: whatever that changes is put back."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import as_tensor, zeros
from minigrad.dtypes import Default
from minigrad.engine import Variable
from minigrad.nn import Module
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor

__all__ = ["arguments", "aside", "checked", "item_dtype", "one_at_a_time", "tracked"]

# Held while a model is not itself: a second thread would take that for what it has to put back.
one_at_a_time = threading.RLock()


@contextmanager
def aside(model: Callable[..., Any]) -> Iterator[None]:
    """A with block in which model is in evaluation mode and may be called, and even changed, without leaving a trace.

    Afterwards, also after an exception, its modules' attributes (`training` among them), its buffers' numbers, and the
    generators that are such attributes, or the default one, are what they were; what a list or a dict among the
    attributes holds is not looked at. Only one thread at a time gets into such a block. A function of tensors will do
    as well; it has no attributes. Raises TypeError for what cannot be called.
    """
    if not callable(model):
        raise TypeError(f"expected a model, a Module or a function of a tensor, but got {type(model).__name__}")
    with one_at_a_time:
        modules = list(model.modules()) if isinstance(model, Module) else []
        attributes = [(module, dict(vars(module))) for module in modules]
        buffers = [(b, b.array, b.array.copy()) for b in (model.buffers() if isinstance(model, Module) else ())]
        states = [(generator, generator.get_state()) for generator in _generators(attributes)]
        try:
            for module in modules:
                module.training = False
            yield
        finally:
            for module, before in attributes:
                _put_back(vars(module), before)
            for buffer, array, numbers in buffers:
                _put_back_numbers(buffer, array, numbers)
            for generator, state in states:
                generator.set_state(state)


def _generators(attributes):
    """All that a forward may draw from, even in evaluation mode: the run that comes after must not notice."""
    own = [value for _, values in attributes for value in values.values() if isinstance(value, Generator)]
    return {id(generator): generator for generator in (default_generator, *own)}.values()


def _put_back(attributes, before):
    if list(attributes) == list(before):
        attributes.update(before)  # without a moment in which another thread finds none
        return
    attributes.clear()
    attributes.update(before)


def _put_back_numbers(buffer, array, numbers):
    if buffer.array is not array:
        buffer.array = array
    if not np.array_equal(array, numbers, equal_nan=array.dtype.kind == "f"):
        with no_grad():
            buffer.copy_(numbers)


def item_dtype(model: Any) -> np.dtype:
    """The dtype in which a model computes: that of its first parameter, or the default dtype."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    return np.dtype(next((p.dtype for p in parameters), Default.dtype))


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
