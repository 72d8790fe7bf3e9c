"""Layers that read a sequence step by step, carrying a state along."""

import math
import warnings
from collections.abc import Iterator

import numpy as np

from minigrad.creation import zeros
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.functions import cat, linear, relu, squeeze, stack, tanh, transpose, unbind, unsqueeze
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn import init
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor

__all__ = ["RNN"]

ACTIVATIONS = {"tanh": tanh, "relu": relu}


class RNN(Module):
    """h ← tanh(W_ih x + b_ih + W_hh h + b_hh), step by step through a sequence (Elman 1990).

    nonlinearity: "tanh" or "relu".  num_layers: each further layer reads the states of the one before.  bias: whether
    there are b_ih and b_hh.  batch_first: whether batches come as (N, T, …) instead of (T, N, …).  dropout: between the
    layers, in training.  bidirectional: a second state of each layer reads from the end, and the next layer reads both.

    Parameters: weight_ih_l0 (hidden_size, input_size), weight_hh_l0 (hidden_size, hidden_size), bias_ih_l0, bias_hh_l0,
    and the like with l1, … and with _reverse; they start uniform in ±1/√hidden_size, as in PyTorch.

    >>> output, last = RNN(3, 5, num_layers=2)(minigrad.ones(7, 4, 3))  # 7 steps of 4 sequences
    >>> output.shape, last.shape
    ((7, 4, 5), (2, 4, 5))
    """

    def __init__(
        self, input_size: int, hidden_size: int, num_layers: int = 1, nonlinearity: str = "tanh", bias: bool = True,
        batch_first: bool = False, dropout: float = 0.0, bidirectional: bool = False, device=None, dtype=None,
    ):  # fmt: skip
        for name, n in (("input_size", input_size), ("hidden_size", hidden_size), ("num_layers", num_layers)):
            if not isinstance(n, int | np.integer) or n < 1:
                raise ValueError(f"RNN: {name} must be a positive integer, but got {n!r}")
        if nonlinearity not in ACTIVATIONS:
            raise ValueError(f"RNN: nonlinearity must be 'tanh' or 'relu', but got {nonlinearity!r}")
        if F.probability("RNN", dropout) and num_layers == 1:
            warnings.warn(f"RNN: dropout={dropout} acts between layers, but there is only one", stacklevel=2)
        self.input_size = input_size
        self.hidden_size = hidden_size
        self.num_layers = num_layers
        self.nonlinearity = nonlinearity
        self.batch_first = batch_first
        self.dropout = dropout
        self.bidirectional = bidirectional
        for layer, end in self._passes():
            size = input_size if layer == 0 else hidden_size * (1 + bidirectional)
            given = {"ih": (hidden_size, size), "hh": (hidden_size, hidden_size)}
            for name, shape in given.items():
                setattr(self, f"weight_{name}_{end}", Parameter(zeros(shape, dtype=dtype, device=device)))
            for name in given:
                no = zeros(hidden_size, dtype=dtype, device=device)
                setattr(self, f"bias_{name}_{end}", Parameter(no) if bias else None)
        self.reset_parameters()

    def _passes(self) -> Iterator[tuple[int, str]]:
        """(layer, how its parameters' names end) for each pass over the sequence, in order."""
        for layer in range(self.num_layers):
            yield layer, f"l{layer}"
            if self.bidirectional:
                yield layer, f"l{layer}_reverse"

    def reset_parameters(self) -> None:
        """Draw new weights from the default generator."""
        bound = 1 / math.sqrt(self.hidden_size)
        for parameter in self.parameters():
            init.uniform_(parameter, -bound, bound)

    def forward(self, input: Tensor, hx: Tensor | None = None) -> tuple[Tensor, Tensor]:
        """Return the last layer's states at every step (T, N, D·hidden_size), and every pass's last state (D·L, N, …).

        input: (T, N, input_size), or (N, T, input_size) if batch_first, or (T, input_size) for one sequence; results
        are alike.  hx: the states to begin with, (D·L, N, hidden_size), or without N; zeros unless given.  D is 2 if
        bidirectional and else 1, L is num_layers.
        """
        hx = self._checked(input, hx)
        alone = input.ndim == 2
        swapped = self.batch_first and not alone
        if alone:
            input, hx = unsqueeze(input, 1), unsqueeze(hx, 1)
        elif swapped:
            input = transpose(input, 0, 1)  # (T, N, input_size)
        steps, last = self._layers(unbind(input), hx)
        output = stack(steps)  # (T, N, D·hidden_size)
        if alone:
            return squeeze(output, 1), squeeze(last, 1)
        return transpose(output, 0, 1) if swapped else output, last

    def _layers(self, steps, hx):
        """The states of the last layer, step by step, and the last state of every pass."""
        last, seen = [], []
        for i, (layer, end) in enumerate(self._passes()):
            if layer and not end.endswith("_reverse"):  # a new layer reads what the one before has put together
                steps, seen = self._dropped(_together(seen)), []
            backwards = end.endswith("_reverse")
            states = self._read(steps[::-1] if backwards else steps, hx[i], end)
            last.append(states[-1])
            seen.append(states[::-1] if backwards else states)
        return _together(seen), stack(last)

    def _read(self, steps, h, end):
        """The state after each step."""
        activation = ACTIVATIONS[self.nonlinearity]
        w_ih, w_hh = getattr(self, f"weight_ih_{end}"), getattr(self, f"weight_hh_{end}")
        b_ih, b_hh = getattr(self, f"bias_ih_{end}"), getattr(self, f"bias_hh_{end}")
        states = []
        for x in steps:
            h = activation(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh))
            states.append(h)
        return states

    def _dropped(self, steps):
        return [F.dropout(x, self.dropout, self.training) for x in steps]

    def _checked(self, input, hx):
        """hx, or zeros for it, if both it and input have a shape that fits."""
        shapes = ("(N, T, input_size)" if self.batch_first else "(T, N, input_size)") + " or (T, input_size)"
        if not isinstance(input, Variable) or input.ndim not in (2, 3) or input.shape[-1] != self.input_size:
            raise ValueError(
                f"RNN: input must have shape {shapes} with input_size {self.input_size}, but is {signature_of(input)}"
            )
        swapped = self.batch_first and input.ndim == 3
        if not input.shape[swapped]:
            raise ValueError(f"RNN: the sequence has no steps (input {signature_of(input)}); give it at least one")
        batch = input.shape[1 - swapped : 2 - swapped] if input.ndim == 3 else ()
        expected = (self.num_layers * (1 + self.bidirectional), *batch, self.hidden_size)
        if hx is None:
            return zeros(expected, dtype=input.dtype)
        if not isinstance(hx, Variable) or hx.shape != expected:
            raise ValueError(f"RNN: hx must have shape {expected} for this input, but is {signature_of(hx)}")
        return hx

    def extra_repr(self) -> str:
        """Return the sizes, and the settings that are not the usual ones."""
        parts = [f"{self.input_size}, {self.hidden_size}"]
        parts += [f"num_layers={self.num_layers}"] if self.num_layers != 1 else []
        parts += ["bias=False"] if getattr(self, "bias_ih_l0", None) is None else []
        parts += ["batch_first=True"] if self.batch_first else []
        parts += [f"dropout={self.dropout}"] if self.dropout else []
        parts += ["bidirectional=True"] if self.bidirectional else []
        return ", ".join(parts)


def _together(passes):
    """For each step the states of all passes in one, (N, D·hidden_size)."""
    return [states[0] if len(states) == 1 else cat(states, -1) for states in zip(*passes, strict=True)]
