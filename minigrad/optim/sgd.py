"""Gradient descent and its momentum."""

from collections.abc import Iterable, Mapping
from typing import Any

from minigrad.optim.optimizer import Optimizer

__all__ = ["SGD"]


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
