"""Gradient descent and its momentum."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, ClassVar

import numpy as np

from minigrad.autograd import no_grad
from minigrad.optim.optimizer import Optimizer

__all__ = ["SGD", "NesterovMomentum"]


class SGD(Optimizer):
    """θ ← θ − lr·g; with momentum, v ← μv + (1 − dampening)·g;  θ ← θ − lr·v   (Polyak 1964).

    The first v is g itself. nesterov steps along g + μv instead (Sutskever et al. 2013). weight_decay λ adds λθ to g:
    the gradient of λ/2·|θ|². maximize climbs. What makes it stochastic (Robbins and Monro 1951) is the batch that g
    was computed from. State: momentum_buffer, if there is momentum.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        momentum: float = 0,
        dampening: float = 0,
        weight_decay: float = 0,
        nesterov: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params, lr=lr, momentum=momentum, dampening=dampening, weight_decay=weight_decay, nesterov=nesterov,
            maximize=maximize,
        )  # fmt: skip

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise for options that make no sense: nesterov needs momentum, undampened."""
        super().check(options)
        if options["nesterov"] and (options["momentum"] == 0 or options["dampening"] != 0):
            raise ValueError(
                "SGD: nesterov needs momentum > 0 and dampening = 0, but got "
                f"momentum={options['momentum']}, dampening={options['dampening']}"
            )

    def update(self, theta, g, state, *, lr, momentum, dampening, weight_decay, nesterov):
        """Change theta in place, against the gradient g."""
        if weight_decay:
            g += weight_decay * theta
        if momentum:
            if "momentum_buffer" not in state:
                v = state["momentum_buffer"] = g.copy()
            else:
                v = state["momentum_buffer"]
                v *= momentum
                v += (1 - dampening) * g
            g = (g + momentum * v) if nesterov else v
        theta -= lr * g


class NesterovMomentum(Optimizer):
    """v ← μv − lr·g(θ + μv);  θ ← θ + v: the gradient is taken where the momentum is about to carry θ.

    Nesterov (1983), as Sutskever, Martens, Dahl and Hinton (2013) write it. Between steps the parameters hold that
    look-ahead point θ + μv, so that an ordinary `backward()` finds the gradient there; `look_back()` shows θ itself.
    State: ahead, which is μv.

    SGD(nesterov=True) is the same walk seen from the look-ahead point, p = θ + μv: its step, p ← p − lr·(g + μw) with
    w ← μw + g, is this one with v = −lr·w. So both give the same parameters as long as lr and momentum stay as they
    are. When lr changes, here the speed v carries on, while there lr scales all of w, the past included. A changed
    momentum counts from the next look-ahead on. weight_decay and maximize act on g, as in SGD.
    """

    ranges: ClassVar = {**Optimizer.ranges, "momentum": (0, 1)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        momentum: float = 0.9,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay, maximize=maximize)

    def update(self, theta, g, state, *, lr, momentum, weight_decay):
        """Change theta in place, against the gradient g at the look-ahead point that theta holds."""
        if weight_decay:
            g += weight_decay * theta
        if "ahead" not in state:
            state["ahead"] = np.zeros_like(theta)
        v = state["ahead"]  # μv
        theta -= v  # back to θ
        v -= lr * g  # v ← μv − lr·g
        theta += v  # θ ← θ + v
        v *= momentum
        theta += v  # and on to the next look-ahead point

    @contextmanager
    def look_back(self) -> Iterator[None]:
        """Within this context the parameters hold θ, to evaluate or to save; after it, the look-ahead point again.

        What is written to the parameters meanwhile is lost.
        """
        held: dict[Any, np.ndarray] = {p: p.array.copy() for p in self._states()}
        with no_grad():
            for p, state in self._states().items():
                p.sub_(state["ahead"])
        try:
            yield
        finally:
            with no_grad():
                for p, array in held.items():
                    p[...] = array
