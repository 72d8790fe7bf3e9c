"""What plots ask of data and of a model: numbers that can be drawn, and outputs got without leaving a trace."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import tensor
from minigrad.dtypes import Default
from minigrad.nn.module import Module
from minigrad.random import Generator, default_generator
from minigrad.tensor import Tensor

__all__ = ["integers", "item_dtype", "numbers", "outputs", "probabilities", "untouched"]

BATCH = 1000  # items that go through a model at once: enough to be fast, few enough for the memory


def numbers(what: str, values: Any) -> np.ndarray:
    """values (a tensor, an array, lists of numbers or of tensors) as an array of floats of its own.

    Raises TypeError for what is not numbers, ValueError, naming what they are, for none at all and for NaN or Inf.
    """
    a = _array(what, values)
    if not a.size:
        raise ValueError(f"{what} is empty, of shape {a.shape}; there is nothing to draw")
    if not np.isfinite(a).all():
        count = np.count_nonzero(~np.isfinite(a))
        raise ValueError(f"{what} holds {count} NaN or Inf among its {a.size} numbers; drop those items first")
    return a


def _array(what, values):
    try:
        if isinstance(values, list | tuple):
            values = [getattr(value, "array", value) for value in values]
        a = np.array(getattr(values, "array", values))
        return a if a.dtype == np.float32 else a.astype(np.float64)  # images come in float32, and there are many
    except (TypeError, ValueError):
        raise TypeError(f"{what} must be numbers in a tensor, an array or even lists, given {values!r:.60}") from None


def integers(what: str, values: Any) -> np.ndarray:
    """Class indices as an int64 array (N,), from (N,) or (N, 1); bools and whole floats count as integers.

    Raises ValueError for other shapes, for fractions and for negative numbers.
    """
    a = numbers(what, values)
    if a.ndim == 2 and a.shape[1] == 1:
        a = a[:, 0]  # (N,)
    if a.ndim != 1:
        raise ValueError(f"{what} must have shape (N,) or (N, 1), given {a.shape}; one class index for each item")
    if (a != np.floor(a)).any() or (a < 0).any():
        wrong = a[(a != np.floor(a)) | (a < 0)][0]
        raise ValueError(f"{what} must be class indices 0, 1, 2, …, but holds {wrong:g}; round probabilities first")
    return a.astype(np.int64)


@contextmanager
def untouched(model: Callable[..., Any]) -> Iterator[None]:
    """A block in which a model is in eval mode; afterwards modes and random generators are as they were.

    Any callable will do; one that is no Module has no mode. Raises TypeError for what cannot be called.
    """
    if not callable(model):
        raise TypeError(f"expected a model, a Module or a function of a tensor, but got {type(model).__name__}")
    modules = list(model.modules()) if isinstance(model, Module) else []
    modes = [module.training for module in modules]
    # A forward may draw random numbers even in eval mode; the run that comes after must not notice.
    own = [getattr(module, "generator", None) for module in modules]
    generators = [default_generator, *(g for g in own if isinstance(g, Generator))]
    states = [generator.get_state() for generator in generators]
    try:
        for module in modules:
            module.training = False
        yield
    finally:
        for module, training in zip(modules, modes, strict=True):
            module.training = training
        for generator, state in zip(generators, states, strict=True):
            generator.set_state(state)


def item_dtype(model: Any) -> np.dtype:
    """The dtype in which a model computes: that of its first parameter, or the default dtype."""
    parameters = model.parameters() if isinstance(model, Module) else ()
    return np.dtype(next((p.dtype for p in parameters), Default.dtype))


def outputs(what: str, model: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """What a model returns for the items x (N, …), float64 (N, …), in eval mode and without recording.

    Raises TypeError when that is no tensor, ValueError when it is not finite or not one row for each item.
    """
    dtype, found = item_dtype(model), []
    with untouched(model), no_grad():
        for start in range(0, len(x), BATCH):
            batch = x[start : start + BATCH]
            out = model(tensor(batch.astype(dtype)))
            if not isinstance(out, Tensor):
                raise TypeError(f"{what}: the model must return one tensor, but it returned a {type(out).__name__}")
            if out.ndim == 0 or len(out.array) != len(batch):
                raise ValueError(
                    f"{what}: the model must return one row for each item, but for inputs {batch.shape} it returned "
                    f"{out.shape}"
                )
            found.append(np.array(out.array, dtype=np.float64))
    result = np.concatenate(found)
    if not np.isfinite(result).all():
        raise ValueError(f"{what}: the model's output holds NaN or Inf; has training diverged? See detect_anomaly()")
    return result


def probabilities(what: str, logits: np.ndarray) -> np.ndarray:
    """The probabilities of C classes, (N, C), that logits (N, C) stand for; (N,) or (N, 1) are logits of class 1 of 2.

    Raises ValueError for other shapes.
    """
    if logits.ndim == 2 and logits.shape[1] > 1:
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)
    if logits.size != len(logits):
        raise ValueError(f"{what}: the model must return logits (N, C), (N, 1) or (N,), but returned {logits.shape}")
    one = logits.reshape(-1)
    return np.exp(-np.logaddexp(0, np.stack([one, -one], axis=1)))  # (N, 2): sigmoid(-z), sigmoid(z)
