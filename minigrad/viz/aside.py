"""Looking at a model without leaving a trace: whatever that changes is put back. And what it is now, to be kept."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.nn import Module
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor

__all__ = ["aside", "moved_aside", "snapshot"]

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


def snapshot(model: Module) -> dict[str, Tensor]:
    """{name: tensor} of all parameters and buffers, copied, so that training does not change it any more.

    >>> model = minigrad.nn.Linear(2, 1)
    >>> trajectory = [snapshot(model)]
    >>> list(trajectory[0])
    ['weight', 'bias']
    """
    return {name: value.clone() for name, value in model.state_dict().items()}


@contextmanager
def moved_aside(model: Module) -> Iterator[None]:
    """A block in which the parameters and buffers of model are copies, to be written to or exchanged at will.

    Afterwards, whatever happens, they have their own arrays back, to which not a number was written: neither a graph
    recorded before nor an optimizer can notice.
    """
    with one_at_a_time:
        own = [(t, t.array) for t in [*model.parameters(), *model.buffers()]]
        try:
            for t, array in own:
                t.array = array.copy()
            yield
        finally:
            for t, array in own:
                t.array = array


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
