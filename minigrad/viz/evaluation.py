"""What pictures ask of their arguments: numbers that can be drawn, a model, and outputs got without leaving a trace."""

import difflib
import operator
from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.creation import as_tensor, tensor, zeros
from minigrad.dtypes import Default
from minigrad.engine import Variable
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.viz.aside import aside

__all__ = [
    "arguments",
    "at_least",
    "checked",
    "growing",
    "integers",
    "item_dtype",
    "numbers",
    "outputs",
    "probabilities",
    "tracked",
    "unknown",
]

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


def at_least(least: int, what: str, value: Any) -> int:
    """value as an int, NumPy's integers too. Raises ValueError for what is no integer, or less than least."""
    try:
        found = least - 1 if isinstance(value, bool) else operator.index(value)
    except TypeError:
        found = least - 1
    if found < least:
        raise ValueError(f"{what} must be an integer of at least {least}, given {value!r:.60}")
    return found


RANGES = {(2,): "(low, high), growing", (2, 2): "((x low, x high), (y low, y high)), each growing"}


def growing(what: str, limits: Any, shape: tuple[int, ...]) -> np.ndarray:
    """limits as a float64 array of that shape, (2,) or (2, 2). Raises ValueError for pairs that do not grow."""
    try:
        found = np.array(limits, dtype=np.float64)
    except (TypeError, ValueError):
        found = np.empty(0)
    if found.shape != shape or not np.isfinite(found).all() or (found[..., 0] >= found[..., 1]).any():
        raise ValueError(f"{what} must be {RANGES[shape]}, given {limits!r:.80}")
    return found


def unknown(kind: str, name: Any, known: Iterable[str]) -> str:
    """The sentence that refuses a name that is not among those known, and says which is meant perhaps."""
    known = [*known]
    near = difflib.get_close_matches(str(name).lower(), known, n=1)
    hint = f"did you mean {near[0]!r}? There" if near else "there"
    return f"there is no {kind} {name!r}; {hint} are {', '.join(known)}"


# ---- models ---------------------------------------------------------------------------------------------------------


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


def outputs(what: str, model: Callable[..., Any], x: np.ndarray) -> np.ndarray:
    """What a model returns for the items x (N, …), float64 (N, …), in eval mode and without recording.

    Raises TypeError when that is no tensor, ValueError when it is not finite or not one row for each item.
    """
    dtype, found = item_dtype(model), []
    with aside(model), no_grad(), np.errstate(all="ignore"):  # what is not finite is refused below
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
