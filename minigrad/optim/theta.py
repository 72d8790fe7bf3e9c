"""θ: parameters laid end to end in flat vectors, so that an optimizer is its formula on one vector.

A block is a vector of neighbouring parameters of one dtype and one history. It is updated in chunks small enough for
θ, the gradient and two moments to stay in the processor's second-level cache: at 10⁶ parameters that is worth more
than calling NumPy less often.
"""

from itertools import accumulate, groupby, pairwise

import numpy as np

from minigrad.errors import signature_of
from minigrad.memory import log

CHUNK = 2**15  # numbers


class Chunk:
    """At most CHUNK neighbouring numbers of a block: theta, a view; g, where their gradient is put; and their state."""

    __slots__ = ("g", "parts", "state", "theta")

    def __init__(self, theta, g, parts, state):
        self.theta = theta
        self.g = g
        self.parts = parts  # (i, view of g, slice): where which part of parameter i's gradient goes; None: all of it
        self.state = state

    def update(self, formula, gradients, maximize, options):
        """Gather the gradient and let formula change theta and state."""
        for i, view, piece in self.parts:
            view[...] = gradients[i] if piece is None else gradients[i][piece]
        if maximize:
            np.negative(self.g, out=self.g)
        known = len(self.state)
        formula(self.theta, self.g, self.state, **options)
        if len(self.state) != known:
            self._refuse_foreign_state(formula)

    def _refuse_foreign_state(self, formula):
        for key, value in self.state.items():
            where = f"{formula.__qualname__}: state[{key!r}]"
            if not isinstance(value, np.ndarray):
                if not isinstance(value, np.generic | int | float):
                    raise TypeError(f"{where} must be a number or an array like theta, but is a {type(value).__name__}")
            elif value.shape != self.theta.shape:
                raise ValueError(
                    f"{where} must have a value for each of theta, {self.theta.shape}, but is {value.shape}"
                )
            elif np.may_share_memory(value, self.g) or np.may_share_memory(value, self.theta):
                raise ValueError(f"{where} is the memory of g or theta itself, which will change; store a .copy()")


class Block:
    """Neighbouring parameters of one dtype and one history, end to end in one vector theta.

    states: for each parameter a dict of numbers and of arrays of its shape; alike but for the arrays' values.
    """

    def __init__(self, params, states):
        ends = [0, *accumulate(p.array.size for p in params)]
        self.params = params
        self.spans = [*pairwise(ends)]
        self.theta = np.empty(ends[-1], params[0].array.dtype)
        self.views = [self.theta[a:b].reshape(p.array.shape) for (a, b), p in zip(self.spans, params, strict=True)]
        self.members = [*zip(params, self.views, strict=True)]
        self.cut = {i for i, (a, b) in enumerate(self.spans) if a // CHUNK != max(a, b - 1) // CHUNK}
        g = np.empty(min(CHUNK, ends[-1]), self.theta.dtype)
        state = {k: _joined([s[k] for s in states]) for k in states[0]}
        self.chunks = [self._chunk(low, g, state) for low in range(0, max(1, ends[-1]), CHUNK)]

    def _chunk(self, low, g, state):
        theta = self.theta[low : low + CHUNK]
        high = low + len(theta)
        parts = []
        for i, (a, b) in enumerate(self.spans):
            if low <= a <= b <= high:
                parts.append((i, g[a - low : b - low].reshape(self.views[i].shape), None))
            elif a < high and low < b:
                start, stop = max(a, low), min(b, high)
                parts.append((i, g[start - low : stop - low], slice(start - a, stop - a)))
        own = {k: v[low:high] if isinstance(v, np.ndarray) else v for k, v in state.items()}
        return Chunk(theta, g[: len(theta)], parts, own)

    def gradients(self):
        """The array of each parameter's gradient. Raises AttributeError if one has none."""
        return [p._grad.array for p in self.params]

    def moved(self):
        """(parameter, view) for each parameter that no longer lives in theta. Raises ValueError if one does not fit."""
        moved = [(p, view) for p, view in self.members if p.array is not view]
        for p, view in moved:
            if (p.array.shape, p.array.dtype) != (view.shape, view.dtype):
                raise ValueError(
                    f"step: a parameter that was {signature_of(view)} when the optimizer first met it is now "
                    f"{signature_of(p)}; make a new optimizer after changing shapes or dtypes"
                )
        return moved

    def update(self, formula, gradients, maximize, options):
        """One step of all chunks."""
        if self.cut:  # pieces are taken from the flat gradient
            gradients = [g.reshape(-1) if i in self.cut else g for i, g in enumerate(gradients)]
        try:
            for chunk in self.chunks:
                chunk.update(formula, gradients, maximize, options)
        finally:
            log.note(self.theta)  # also when formula raised: part of θ has changed

    def states(self):
        """A state for each parameter, copied together from the chunks: numbers, and arrays of its shape."""
        chunks = [chunk.state for chunk in self.chunks]
        whole = {k: _joined([state[k] for state in chunks]) for k in chunks[0]}
        return [
            {k: v[a:b].reshape(view.shape) if isinstance(v, np.ndarray) else v for k, v in whole.items()}
            for (a, b), view in zip(self.spans, self.views, strict=True)
        ]


class Layout:
    """Where the parameters of one group lie: its blocks.

    A block is divided when only some of its parameters have a gradient; from then on their histories differ.
    """

    def __init__(self, params, states):
        self.count = len(params)
        self.blocks = _blocks(params, states)
        self.given = None  # the group's options when they were last looked at, and what `update` gets of them
        self.options = {}
        self.maximize = False

    def ready(self):
        """[(block, gradients)] of what can be updated."""
        try:
            return [(block, block.gradients()) for block in self.blocks]
        except AttributeError:  # some parameter has no gradient: rare, so it is not looked for beforehand
            self.blocks = [part for block in self.blocks for part in _divided(block)]
            return [(block, block.gradients()) for block in self.blocks if block.params[0].grad is not None]


def adopt(moved):
    """Copy parameters that live elsewhere into their views of θ, and point them there.

    To whoever recorded the old memory this is a write: the values they saw are about to be updated.
    """
    values = [p.array.copy() for p, _ in moved]  # all at once: two parameters may have changed places
    for (p, view), array in zip(moved, values, strict=True):
        log.note(p.array)
        view[...] = array
        p.array = view


def _blocks(params, states):
    def kind(pair):
        p, state = pair
        return p.array.dtype, {k: None if isinstance(v, np.ndarray) else v for k, v in state.items()}

    runs = [zip(*run, strict=True) for _, run in groupby(zip(params, states, strict=True), kind)]
    return [Block(list(params), list(states)) for params, states in runs]


def _divided(block):
    """Its parameters in several blocks: neighbours that have a gradient, neighbours that have none, and so on."""
    missing = [p.grad is None for p in block.params]
    if all(missing) or not any(missing):
        return [block]
    members = zip(missing, block.params, block.states(), strict=True)
    runs = [zip(*run, strict=True) for _, run in groupby(members, lambda member: member[0])]
    return [Block(list(params), list(states)) for _, params, states in runs]


def _joined(values):
    """One vector of arrays end to end; of numbers, which are all the same, the first."""
    return np.concatenate([v.reshape(-1) for v in values]) if isinstance(values[0], np.ndarray) else values[0]
