"""θ: parameters laid end to end in flat vectors, so that an optimizer is its formula on one vector.

A block is a vector of neighbouring parameters of one dtype and one history. It is updated in chunks small enough for
θ, the gradient and two moments to stay in the processor's caches: at 10⁶ parameters that is worth more than calling
NumPy less often.
"""

from itertools import accumulate, groupby, islice, pairwise
from operator import is_, itemgetter

import numpy as np
from numpy.lib.array_utils import byte_bounds

from minigrad.errors import signature_of
from minigrad.memory import log

CHUNK = 2**17  # numbers


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
        answer = formula(self.theta, self.g, self.state, **options)
        if answer is not None:
            raise TypeError(
                f"{formula.__qualname__}: update must change theta in place (theta -= …), but it returned a "
                f"{type(answer).__name__}; return nothing"
            )
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

    members: (parameter, its view of theta) for each.
    states: for each parameter a dict of numbers and of arrays of its shape; alike but for the arrays' values.
    """

    def __init__(self, theta, members, states):
        self.theta = theta
        self.members = members
        self.params = [p for p, _ in members]
        self.views = [view for _, view in members]
        ends = [0, *accumulate(view.size for view in self.views)]
        self.spans = [*pairwise(ends)]
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
    """Where the parameters of one group lie: vectors, which stay where they are, and blocks, which are parts of them.

    A block is divided when only some of its parameters have a gradient; from then on their histories differ.
    """

    def __init__(self, params):
        self.params = list(params)
        self.vectors = [_vector(list(run)) for _, run in groupby(params, lambda p: p.array.dtype)]
        self.blocks = []
        self.given = None  # the group's options when they were last looked at, and what `update` gets of them
        self.options = {}
        self.maximize = False
        self.load([{} for _ in params])

    def load(self, states):
        """Give each parameter its state. Neighbours whose numbers are the same come into one block."""
        states, self.blocks = iter(states), []
        for theta, members in self.vectors:
            own = [*islice(states, len(members))]
            numbers = [{k: None if isinstance(v, np.ndarray) else v for k, v in state.items()} for state in own]
            self.blocks += _blocks(theta, members, own, numbers)

    def refuse_others(self, params, name):
        """Raise ValueError unless params, the group's list, are the parameters that were laid out."""
        if len(params) != len(self.params) or not all(map(is_, params, self.params)):
            raise ValueError(
                f"{name}: the parameters of a group were exchanged, it had {len(self.params)} and has {len(params)}, "
                "not all of them the same; make a new optimizer, or use add_param_group"
            )

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


def refuse_shared(params):
    """Raise ValueError if two of params lie in the same memory: in θ, each has its own."""
    reach = None  # of those that begin further down, the one that goes up furthest: (end, number, parameter)
    for (low, high), i, p in sorted(((byte_bounds(p.array), i, p) for i, p in enumerate(params)), key=itemgetter(0, 1)):
        if reach and low < reach[0] and np.shares_memory(p.array, reach[2].array):
            raise ValueError(
                f"step: parameters {min(i, reach[1])} and {max(i, reach[1])} share memory; assign the same Parameter "
                "in both places"
            )
        if reach is None or high > reach[0]:
            reach = high, i, p


def _vector(params):
    """(θ, [(parameter, its view of θ)]): room for parameters of one dtype, end to end."""
    ends = [0, *accumulate(p.array.size for p in params)]
    theta = np.empty(ends[-1], params[0].array.dtype)
    spans = zip(params, pairwise(ends), strict=True)
    return theta, [(p, theta[a:b].reshape(p.array.shape)) for p, (a, b) in spans]


def _blocks(theta, members, states, kinds):
    """The members of theta in blocks: neighbours of one kind together, each block a part of theta where it lies."""
    blocks, low = [], 0
    for _, run in groupby(zip(kinds, members, states, strict=True), itemgetter(0)):
        _, own, histories = zip(*run, strict=True)
        high = low + sum(view.size for _, view in own)
        part = theta[low:high] if high - low < theta.size else theta  # the vector itself is noted fastest
        blocks.append(Block(part, own, histories))
        low = high
    return blocks


def _divided(block):
    """Its parameters in several blocks: neighbours that have a gradient, neighbours that have none, and so on."""
    missing = [p.grad is None for p in block.params]
    if all(missing) or not any(missing):
        return [block]
    return _blocks(block.theta, block.members, block.states(), missing)


def _joined(values):
    """One vector of arrays end to end; of numbers, which are all the same, the first."""
    return np.concatenate([v.reshape(-1) for v in values]) if isinstance(values[0], np.ndarray) else values[0]
