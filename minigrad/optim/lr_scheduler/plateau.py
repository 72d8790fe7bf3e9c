"""A schedule that looks at how training goes."""

import math
from typing import Any, SupportsFloat

from minigrad.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_count,
    check_number,
    check_word,
    one_for_each_group,
    optimizer_of,
)
from minigrad.optim.optimizer import Optimizer

__all__ = ["ReduceLROnPlateau"]


class ReduceLROnPlateau(LRScheduler):
    """lr ← max(lr·factor, min_lr) when a metric has not become better for more than `patience` steps in a row.

    mode: "min" for a loss, "max" for an accuracy.  Better than the best so far means by more than threshold: with
    threshold_mode "rel", of its value; with "abs", as it is.  After lr has been reduced, the next `cooldown` steps are
    not counted as bad.  min_lr: a number, or a list of one for each group.  A reduction by less than eps is not made.
    A metric of NaN is never better.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        mode: str = "min",
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        threshold_mode: str = "rel",
        cooldown: int = 0,
        min_lr: list[float] | float = 0,
        eps: float = 1e-8,
    ):
        optimizer_of(self, optimizer)
        check_word("ReduceLROnPlateau: mode", mode, ("min", "max"))
        check_word("ReduceLROnPlateau: threshold_mode", threshold_mode, ("rel", "abs"))
        check_number("ReduceLROnPlateau: factor", factor, high=1)
        if factor == 1:
            raise ValueError("ReduceLROnPlateau: factor must be below 1, or nothing is reduced, but got 1")
        check_count("ReduceLROnPlateau: patience", patience, least=0)
        check_count("ReduceLROnPlateau: cooldown", cooldown, least=0)
        check_number("ReduceLROnPlateau: threshold", threshold)
        check_number("ReduceLROnPlateau: eps", eps)
        self.min_lrs = one_for_each_group("ReduceLROnPlateau: min_lr", min_lr, optimizer)
        self.default_min_lr = None if isinstance(min_lr, list | tuple) else min_lr
        self.optimizer = optimizer
        self.mode, self.threshold_mode, self.threshold, self.eps = mode, threshold_mode, threshold, eps
        self.factor, self.patience, self.cooldown = factor, patience, cooldown
        self.mode_worse = math.inf if mode == "min" else -math.inf
        self.best = self.mode_worse
        self.last_epoch = self.num_bad_epochs = self.cooldown_counter = 0
        self._last_lr = self._scaled()

    @property
    def in_cooldown(self) -> bool:
        """Whether bad steps are not counted now."""
        return self.cooldown_counter > 0

    def step(self, metrics: SupportsFloat | None = None) -> None:
        """Look at the metric of this epoch, which must be given, and reduce the learning rates if it is time to."""
        if not isinstance(metrics, SupportsFloat):
            raise TypeError(
                f"ReduceLROnPlateau: step needs a metric, such as scheduler.step(loss), but got {metrics!r:.60}"
            )
        current = float(metrics)
        self._refuse_new_groups()
        self.last_epoch += 1
        if self._is_better(current):
            self.best, self.num_bad_epochs = current, 0
        else:
            self.num_bad_epochs += 1
        if self.in_cooldown:
            self.cooldown_counter -= 1
            self.num_bad_epochs = 0
        if self.num_bad_epochs > self.patience:
            self._reduce()
            self.cooldown_counter, self.num_bad_epochs = self.cooldown, 0
        self._last_lr = self._scaled()

    def _is_better(self, current):
        margin = self.threshold
        if self.mode == "min":
            return current < (self.best * (1 - margin) if self.threshold_mode == "rel" else self.best - margin)
        return current > (self.best * (1 + margin) if self.threshold_mode == "rel" else self.best + margin)

    def _reduce(self):
        for group, least in zip(self.optimizer.param_groups, self.min_lrs, strict=True):
            lr = max(group["lr"] * self.factor, least)
            if group["lr"] - lr > self.eps:
                group["lr"] = lr

    def _refuse_new_groups(self):
        """Give new groups the min_lr that was given for all. Raises ValueError if there was one for each."""
        groups = len(self.optimizer.param_groups)
        if groups != len(self.min_lrs):
            if self.default_min_lr is None:
                raise ValueError(
                    f"ReduceLROnPlateau: it has {len(self.min_lrs)} min_lrs, but the optimizer has {groups} parameter "
                    "groups now; make a new schedule after adding groups"
                )
            self.min_lrs = [self.default_min_lr] * groups

    def _fitting(self, state_dict: Any) -> dict[str, Any]:
        state = super()._fitting(state_dict)
        if len(state["min_lrs"]) != len(self.min_lrs):
            raise ValueError(
                f"load_state_dict: the state is for {len(state['min_lrs'])} parameter groups, but there are "
                f"{len(self.min_lrs)}; make the optimizer with the same groups"
            )
        return state
