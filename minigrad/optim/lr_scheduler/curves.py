"""Schedules that follow a curve which is known beforehand.

Most are written as PyTorch's are, as a factor from one step to the next: then two schedules on one optimizer multiply,
and what else changes the learning rate is kept.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from numbers import Real
from typing import SupportsFloat

from minigrad.optim.lr_scheduler.scheduler import LRScheduler, check_count, check_number, listed, optimizer_of
from minigrad.optim.optimizer import Optimizer

__all__ = ["ConstantLR", "CosineAnnealingLR", "ExponentialLR", "LambdaLR", "LinearLR", "MultiStepLR", "StepLR"]


class LambdaLR(LRScheduler):
    """lr = base_lr · lr_lambda(t), where t counts the steps from 0.

    lr_lambda: a function of t, or a list of one for each group. Functions are not part of the state_dict.
    """

    not_saved = ("optimizer", "lr_lambdas")

    def __init__(
        self,
        optimizer: Optimizer,
        lr_lambda: Callable[[int], float] | Sequence[Callable[[int], float]],
        last_epoch: int = -1,
    ):
        groups = len(optimizer_of(self, optimizer).param_groups)
        self.lr_lambdas = list(lr_lambda) if isinstance(lr_lambda, list | tuple) else [lr_lambda] * groups
        if len(self.lr_lambdas) != groups:
            raise ValueError(
                f"LambdaLR: got {len(self.lr_lambdas)} functions for {groups} parameter groups; give one for each, "
                "or one for all"
            )
        for function in self.lr_lambdas:
            if not callable(function):
                raise TypeError(
                    "LambdaLR: lr_lambda must be a function of the step, or a list of one for each group, but got "
                    f"{function!r:.60}"
                )
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        return [base * self._factor(function) for base, function in zip(self.base_lrs, self.lr_lambdas, strict=True)]

    def _factor(self, function):
        factor = function(self.last_epoch)
        if not isinstance(factor, SupportsFloat):
            raise TypeError(f"LambdaLR: lr_lambda must return a number, but for {self.last_epoch} gave {factor!r:.60}")
        return factor


class StepLR(LRScheduler):
    """lr = base_lr · γ^⌊t/step_size⌋: times gamma (γ) after every step_size steps."""

    def __init__(self, optimizer: Optimizer, step_size: int, gamma: float = 0.1, last_epoch: int = -1):
        check_count("StepLR: step_size", step_size)
        check_number("StepLR: gamma", gamma)
        self.step_size = step_size
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        due = self.last_epoch > 0 and self.last_epoch % self.step_size == 0
        return self._scaled(self.gamma if due else 1.0)


class MultiStepLR(LRScheduler):
    """lr = base_lr · γⁿ, where n is how many milestones have been reached: times gamma (γ) at each of them.

    milestones: numbers of steps, in rising order; one that is there twice counts twice.
    """

    def __init__(self, optimizer: Optimizer, milestones: Iterable[int], gamma: float = 0.1, last_epoch: int = -1):
        milestones = listed("MultiStepLR: milestones", milestones)
        for milestone in milestones:
            check_count("MultiStepLR: a milestone", milestone, least=0)
        if milestones != sorted(milestones):
            raise ValueError(f"MultiStepLR: milestones must not fall, but got {milestones}; sort them")
        check_number("MultiStepLR: gamma", gamma)
        self.milestones = Counter(milestones)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        return self._scaled(self.gamma ** self.milestones[self.last_epoch])

    def _fitting(self, state_dict):
        state = super()._fitting(state_dict)
        return {**state, "milestones": Counter({int(k): n for k, n in state["milestones"].items()})}  # text in JSON


class ConstantLR(LRScheduler):
    """lr = base_lr · factor for the first total_iters steps, then base_lr. factor: in [0, 1]."""

    def __init__(self, optimizer: Optimizer, factor: float = 1 / 3, total_iters: int = 5, last_epoch: int = -1):
        check_number("ConstantLR: factor", factor, high=1)
        check_count("ConstantLR: total_iters", total_iters)
        self.factor = factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        if self.last_epoch == 0:
            return self._scaled(self.factor)
        if self.last_epoch != self.total_iters:
            return self._scaled()
        return self._scaled(1 / self.factor) if self.factor else list(self.base_lrs)  # 0 cannot be scaled up


class LinearLR(LRScheduler):
    """lr = base_lr · (start_factor + (end_factor − start_factor)·t/total_iters): a warm-up. After total_iters it stays.

    start_factor: in (0, 1].  end_factor: in [0, 1].
    """

    def __init__(
        self,
        optimizer: Optimizer,
        start_factor: float = 1 / 3,
        end_factor: float = 1.0,
        total_iters: int = 5,
        last_epoch: int = -1,
    ):
        check_number("LinearLR: start_factor", start_factor, high=1)
        check_number("LinearLR: end_factor", end_factor, high=1)
        check_count("LinearLR: total_iters", total_iters)
        if start_factor == 0:
            raise ValueError("LinearLR: start_factor must be above 0, but got 0; start from a small one, such as 1e-3")
        self.start_factor = start_factor
        self.end_factor = end_factor
        self.total_iters = total_iters
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        if self.last_epoch == 0:
            return self._scaled(self.start_factor)
        if self._is_first or self.last_epoch > self.total_iters:
            return self._scaled()
        rise = self.end_factor - self.start_factor
        factor = 1 + rise / (self.total_iters * self.start_factor + (self.last_epoch - 1) * rise)
        return self._scaled(max(0.0, factor))  # on the way down to 0, rounding may end a little below


class ExponentialLR(LRScheduler):
    """lr = base_lr · γᵗ: times gamma (γ) after every step."""

    def __init__(self, optimizer: Optimizer, gamma: float, last_epoch: int = -1):
        check_number("ExponentialLR: gamma", gamma)
        self.gamma = gamma
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        return self._scaled(1.0 if self._is_first else self.gamma)


class CosineAnnealingLR(LRScheduler):
    """lr = η + (base_lr − η)·(1 + cos(π·t/T))/2, from base_lr at t = 0 to η at t = T   (Loshchilov and Hutter 2017)

    T_max: T, in steps.  eta_min: η.  After T the cosine goes up again. As PyTorch's, each step scales the group's own
    lr − η from this curve's last value to its next, so what else changes lr is kept.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):  # noqa: N803
        _refuse_length(T_max)
        check_number("CosineAnnealingLR: eta_min", eta_min)
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        lrs = self._scaled()
        if self._is_first:
            return lrs
        now, before = (1 + math.cos(math.pi * t / self.T_max) for t in (self.last_epoch, self.last_epoch - 1))
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # up from η, where there is nothing to scale
            return [lr + (base - self.eta_min) * now / 2 for lr, base in zip(lrs, self.base_lrs, strict=True)]
        return [self.eta_min + (lr - self.eta_min) * now / before for lr in lrs]


def _refuse_length(length):
    if not (isinstance(length, Real) and 0 < length < math.inf):
        raise ValueError(f"CosineAnnealingLR: T_max must be a positive number of steps, but got {length!r:.60}")
