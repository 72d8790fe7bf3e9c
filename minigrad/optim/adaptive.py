"""Optimizers that give each parameter a step size of its own, from the gradients it has seen."""

import math
from collections.abc import Iterable
from typing import ClassVar

import numpy as np

from minigrad.optim.optimizer import Optimizer

__all__ = ["Adadelta", "Adagrad", "Adam", "AdamW", "NAdam", "RMSprop"]


class Adagrad(Optimizer):
    """s ← s + g²;  θ ← θ − lr·g/(√s + ε)   (Duchi, Hazan and Singer 2011)

    What has moved much moves less: good for rare features, but s only grows, so in the end all steps vanish. s starts
    at initial_accumulator_value. lr_decay makes lr smaller on top: lr/(1 + (t−1)·lr_decay) in step t. weight_decay λ
    adds λθ to g. State: step (t), sum (s).
    """

    ranges: ClassVar = {**Optimizer.ranges, "lr_decay": (0, math.inf), "initial_accumulator_value": (0, math.inf)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-2,
        lr_decay: float = 0,
        weight_decay: float = 0,
        initial_accumulator_value: float = 0,
        eps: float = 1e-10,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params, lr=lr, lr_decay=lr_decay, eps=eps, weight_decay=weight_decay,
            initial_accumulator_value=initial_accumulator_value, maximize=maximize,
        )  # fmt: skip

    def update(self, theta, g, state, *, lr, lr_decay, eps, weight_decay, initial_accumulator_value):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, sum=np.full_like(theta, initial_accumulator_value))
        t = state["step"] = state["step"] + 1
        s = state["sum"]
        if weight_decay:
            g += weight_decay * theta
        s += g * g
        theta -= lr / (1 + (t - 1) * lr_decay) * g / (np.sqrt(s) + eps)


class Adadelta(Optimizer):
    """s ← ρs + (1−ρ)g²;  Δ = √(u + ε)/√(s + ε)·g;  u ← ρu + (1−ρ)Δ²;  θ ← θ − lr·Δ   (Zeiler 2012)

    s and u are the mean squares of recent gradients and steps. Their ratio has the units of θ/g, so that no
    learning rate is needed: lr = 1. weight_decay λ adds λθ to g. State: step, square_avg (s), acc_delta (u).
    """

    ranges: ClassVar = {**Optimizer.ranges, "rho": (0, 1)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 1.0,
        rho: float = 0.9,
        eps: float = 1e-6,
        weight_decay: float = 0,
        *,
        maximize: bool = False,
    ):
        super().__init__(params, lr=lr, rho=rho, eps=eps, weight_decay=weight_decay, maximize=maximize)

    def update(self, theta, g, state, *, lr, rho, eps, weight_decay):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, square_avg=np.zeros_like(theta), acc_delta=np.zeros_like(theta))
        state["step"] += 1
        s, u = state["square_avg"], state["acc_delta"]
        if weight_decay:
            g += weight_decay * theta
        s *= rho
        s += (1 - rho) * g * g
        delta = np.sqrt(u + eps) / np.sqrt(s + eps) * g
        u *= rho
        u += (1 - rho) * delta * delta
        theta -= lr * delta


class RMSprop(Optimizer):
    """s ← αs + (1−α)g²;  θ ← θ − lr·g/(√s + ε)   (Tieleman and Hinton 2012)

    Adagrad that forgets: s is the mean square of recent gradients. centered divides by their deviation, √(s − ḡ²), with
    ḡ their mean (Graves 2013). With momentum μ, v ← μv + g/(√s + ε);  θ ← θ − lr·v. weight_decay λ adds λθ to g.
    State: step, square_avg (s), momentum_buffer (v), grad_avg (ḡ). α is the share that is kept, not a step size.
    """

    ranges: ClassVar = {**Optimizer.ranges, "alpha": (0, 1)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 1e-2,
        alpha: float = 0.99,
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum: float = 0,
        centered: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params, lr=lr, momentum=momentum, alpha=alpha, eps=eps, centered=centered, weight_decay=weight_decay,
            maximize=maximize,
        )  # fmt: skip

    def update(self, theta, g, state, *, lr, momentum, alpha, eps, centered, weight_decay):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, square_avg=np.zeros_like(theta))
        for name, wanted in (("momentum_buffer", momentum), ("grad_avg", centered)):
            if wanted and name not in state:
                state[name] = np.zeros_like(theta)
        state["step"] += 1
        s = state["square_avg"]
        if weight_decay:
            g += weight_decay * theta
        s *= alpha
        s += (1 - alpha) * g * g
        if centered:
            mean = state["grad_avg"]
            mean *= alpha
            mean += (1 - alpha) * g
            s = np.maximum(s - mean * mean, 0)  # rounding makes it negative when g stays the same for long
        g /= np.sqrt(s) + eps
        if momentum:
            v = state["momentum_buffer"]
            v *= momentum
            v += g
            g = v
        theta -= lr * g


class Adam(Optimizer):
    """m ← β₁m + (1−β₁)g;  v ← β₂v + (1−β₂)g²;  θ ← θ − lr·m̂/(√v̂ + ε)   (Kingma and Ba 2015)

    m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ) undo that m and v start at 0. weight_decay λ adds λθ to g; with
    decoupled_weight_decay it acts as in AdamW. amsgrad divides by the largest v so far (Reddi, Kale and Kumar 2018).
    State: step (t), exp_avg (m), exp_avg_sq (v), max_exp_avg_sq.
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
        decoupled_weight_decay: bool = False,
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, amsgrad=amsgrad, maximize=maximize,
            decoupled_weight_decay=decoupled_weight_decay,
        )  # fmt: skip

    def update(self, theta, g, state, *, lr, betas, eps, weight_decay, amsgrad, decoupled_weight_decay):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(theta), exp_avg_sq=np.zeros_like(theta))
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = betas
        if weight_decay:
            _decay(theta, g, lr, weight_decay, decoupled_weight_decay)
        g2 = g * g
        _follow(m, g, beta1)
        _follow(v, g2, beta2)
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
        super().__init__(
            params, lr, betas, eps, weight_decay, amsgrad, maximize=maximize, decoupled_weight_decay=True
        )  # fmt: skip

    def update(self, theta, g, state, *, lr, weight_decay, **options):
        """Change theta in place, against the gradient g."""
        theta *= 1 - lr * weight_decay
        super().update(theta, g, state, lr=lr, weight_decay=0, **options)


class NAdam(Optimizer):
    """Adam with Nesterov's momentum: θ ← θ − lr·m̄/(√v̂ + ε), m and v as in Adam   (Dozat 2016)

    m̄ = (1−μₜ)·g/(1−μ₁⋯μₜ) + μₜ₊₁·m/(1−μ₁⋯μₜ₊₁) looks one step ahead: it has the momentum of the next step and the
    gradient of this one. μₜ = β₁(1 − 0.96^(t·momentum_decay)/2) rises from about β₁/2 to β₁. weight_decay λ adds λθ to
    g; with decoupled_weight_decay, θ ← θ − lr·λθ instead. State: step (t), mu_product (μ₁⋯μₜ), exp_avg, exp_avg_sq.
    """

    ranges: ClassVar = {**Optimizer.ranges, "momentum_decay": (0, math.inf)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 2e-3,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-8,
        weight_decay: float = 0,
        momentum_decay: float = 4e-3,
        decoupled_weight_decay: bool = False,
        *,
        maximize: bool = False,
    ):
        super().__init__(
            params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay, momentum_decay=momentum_decay,
            decoupled_weight_decay=decoupled_weight_decay, maximize=maximize,
        )  # fmt: skip

    def update(self, theta, g, state, *, lr, betas, eps, weight_decay, momentum_decay, decoupled_weight_decay):
        """Change theta in place, against the gradient g."""
        if not state:
            state.update(step=0, mu_product=1.0, exp_avg=np.zeros_like(theta), exp_avg_sq=np.zeros_like(theta))
        t = state["step"] = state["step"] + 1
        m, v = state["exp_avg"], state["exp_avg_sq"]
        beta1, beta2 = betas
        mu, mu_next = (beta1 * (1 - 0.5 * 0.96 ** (k * momentum_decay)) for k in (t, t + 1))
        product = state["mu_product"] = state["mu_product"] * mu
        if weight_decay:
            _decay(theta, g, lr, weight_decay, decoupled_weight_decay)
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * g * g
        ahead = (1 - mu) / (1 - product) * g + mu_next / (1 - product * mu_next) * m
        theta -= lr * ahead / (np.sqrt(v / (1 - beta2**t)) + eps)


def _decay(theta, g, lr, weight_decay, decoupled):
    """Weight decay λ: θ ← θ − lr·λθ if decoupled; otherwise g ← g + λθ, the gradient of λ/2·|θ|² added."""
    if decoupled:
        theta *= 1 - lr * weight_decay
    else:
        g += weight_decay * theta


def _follow(average, value, beta):
    """average ← β·average + (1−β)·value, in place. Overwrites value."""
    average *= beta
    value *= 1 - beta
    average += value
