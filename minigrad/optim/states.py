"""The values in an optimizer's state: PyTorch's tensors in `state_dict()`, numbers and arrays for `update`."""

import copy

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.tensor import Tensor

__all__ = ["loaded_value", "shown_value", "unpacked"]

NUMBERS = {"step": (int, np.float32), "mu_product": (float, np.float64)}  # what PyTorch keeps in tensors of shape ()


def shown_value(key, value):
    """A copy of a state's entry, for the user: PyTorch counts steps in a float tensor."""
    if key in NUMBERS:
        return Tensor(value, dtype=NUMBERS[key][1])
    return Tensor(value) if isinstance(value, np.ndarray) else value


def unpacked(state_dict):
    """(groups, {parameter's number: state}) out of what `state_dict()` returned."""
    try:
        groups = [{**group, "params": [*group["params"]]} for group in copy.deepcopy(state_dict["param_groups"])]
        states = {int(i): dict(state) for i, state in state_dict["state"].items()}  # JSON has made strings of numbers
    except (KeyError, TypeError, ValueError, AttributeError):
        raise ValueError(
            f"load_state_dict: expected what state_dict() returned, but got a {type(state_dict).__name__}, "
            f"{state_dict!r:.80}"
        ) from None
    return groups, states


def loaded_value(key, value, i, p):
    """A copy of a state's entry, for `update`: a number or an array in the shape and dtype of parameter i, p."""
    array = np.asarray(value.array if isinstance(value, Variable) else value)
    if array.dtype.kind in "biuf":
        if array.ndim == 0 and (key in NUMBERS or p.array.ndim or isinstance(value, int | float)):
            return NUMBERS[key][0](array) if key in NUMBERS else array.item()
        if array.shape == p.array.shape:
            return array.astype(p.array.dtype)
    raise ValueError(
        f"load_state_dict: {key!r} of parameter {i} is {signature_of(array)}, but the parameter is {signature_of(p)}; "
        "is it the state of another model?"
    )
