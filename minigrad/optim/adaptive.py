"""Optimizers that give each parameter a step size of its own, from the gradients it has seen."""

import math
from collections.abc import Iterable

import numpy as np

from minigrad.optim.optimizer import Optimizer

__all__ = ["Adam", "AdamW"]


class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  θ ← θ − lr·m̂/(√v̂ + ε)   (Kingma and Ba 2015)

    m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ) undo that m and v start at 0. weight_decay λ adds λθ to g. amsgrad divides by the
    largest v so far (Reddi, Kale and Kumar 2018). State: step (t), exp_avg (m), exp_avg_sq (v), max_exp_avg_sq.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize
        )

    def update(self, theta, g, state, *, lr, betas, eps, weight_decay, amsgrad):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(theta), exp_avg_sq=np.zeros_like(theta))
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = betas
        if weight_decay:
            g += weight_decay * theta
        g2 = g * g
        _follow(m, g, 1 - beta1)
        _follow(v, g2, 1 - beta2)
        if amsgrad:
            if "max_exp_avg_sq" not in state:
                state["max_exp_avg_sq"] = np.zeros_like(theta)
            v = np.maximum(v, state["max_exp_avg_sq"], out=state["max_exp_avg_sq"])
        # θ ← θ − lr·m̂/(√v̂ + ε), in place and with both corrections taken out of the vectors (their section 2)
        c1, c2 = 1 - beta1**t, math.sqrt(1 - beta2**t)
        step = np.sqrt(v, out=g)  # g has done its work: its memory is free
        step += eps * c2
        np.divide(m, step, out=step)
        step *= lr * c2 / c1
        theta -= step


class AdamW(Adam):
    """θ ← θ − lr·λθ, then Adam's step: weight decay that m and v never see   (Loshchilov and Hutter 2019)

    Adam with an added λθ in g divides the decay by √v̂ too, so that weights with large gradients hardly decay.
    """

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 1e-2,
        amsgrad: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize)

    def update(self, theta, g, state, *, lr, weight_decay, **options):
        """Change theta in place, against the gradient g."""
        theta *= 1 - lr * weight_decay
        super().update(theta, g, state, lr=lr, weight_decay=0, **options)


def _follow(average, value, share):
    """average ← average + share·(value − average): it goes a share of the way. Overwrites value."""
    value -= average
    value *= share
    average += value
