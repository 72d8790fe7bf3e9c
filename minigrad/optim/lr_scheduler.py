"""Schedules: the learning rate as a function of how many steps have been made."""

import math
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from minigrad.optim.optimizer import Optimizer

__all__ = ["CosineAnnealingLR", "LRScheduler", "LambdaLR"]


class LRScheduler:
    """What all schedules share. A subclass writes `get_lr()`: a learning rate for each group, at `self.last_epoch`.

    Making one sets the learning rates for step 0; each `step()` sets those of the next. `base_lrs` are the learning
    rates that the groups came with. To go on after last_epoch, the groups need their "initial_lr".
    """

    not_saved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        if not isinstance(optimizer, Optimizer):
            raise TypeError(f"{type(self).__name__}: expected an optimizer, but got a {type(optimizer).__name__}")
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: group {i} has no initial_lr to go on from after last_epoch={last_epoch}; "
                    "load the optimizer's state_dict first"
                )
        self.optimizer = optimizer
        self.base_lrs = [group["initial_lr"] for group in optimizer.param_groups]
        self.last_epoch = last_epoch
        self._step_count = 0
        self.step()

    def get_lr(self) -> Sequence[float]:
        """The learning rates at `self.last_epoch`, one for each group. The subclass must say how."""
        raise NotImplementedError(f"{type(self).__name__} has no get_lr: define it to return a learning rate per group")

    def get_last_lr(self) -> list[float]:
        """The learning rates that were last set, one for each group."""
        return list(self._last_lr)

    def step(self) -> None:
        """Set the next learning rates. Call it after `optimizer.step()`."""
        groups = self.optimizer.param_groups
        if len(groups) != len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}: it was made for {len(self.base_lrs)} parameter groups, but the optimizer has "
                f"{len(groups)} now; make a new schedule after adding groups"
            )
        if self._step_count == 1 and self.optimizer.last_step is None:
            warnings.warn(
                "scheduler.step() before optimizer.step(): the first learning rate is skipped; call them in the other "
                "order",
                stacklevel=2,
            )
        self._step_count += 1
        self.last_epoch += 1
        self._last_lr = [float(lr) for lr in self.get_lr()]
        for group, lr in zip(groups, self._last_lr, strict=True):
            group["lr"] = lr

    def state_dict(self) -> dict[str, Any]:
        """All that the next steps depend on, but the optimizer and functions: numbers and lists of them."""
        kept = {k: v for k, v in vars(self).items() if k not in self.not_saved}
        return {k: list(v) if isinstance(v, list) else v for k, v in kept.items()}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned. The learning rates themselves are in the optimizer's state_dict.

        Raises ValueError, having changed nothing, for the state of another schedule or of other groups.
        """
        own = self.state_dict()
        missing = [k for k in own if k not in state_dict]
        extra = [k for k in state_dict if k not in own and k not in self.not_saved and k[0] != "_"]
        if missing or extra:
            raise ValueError(
                f"load_state_dict: this is not the state of a {type(self).__name__}: it lacks {missing} and has {extra}"
            )
        if len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"load_state_dict: the state is for {len(state_dict['base_lrs'])} parameter groups, but there are "
                f"{len(self.base_lrs)}; make the optimizer with the same groups"
            )
        vars(self).update({k: list(v) if isinstance(v, list) else v for k, v in state_dict.items() if k in own})


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
        self.lr_lambdas = lr_lambda
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        groups = len(self.base_lrs)
        factors = [self.lr_lambdas] * groups if callable(self.lr_lambdas) else self.lr_lambdas
        if len(factors) != groups:
            raise ValueError(
                f"LambdaLR: got {len(factors)} functions for {groups} parameter groups; give one for each, "
                "or one for all"
            )
        return [base * factor(self.last_epoch) for base, factor in zip(self.base_lrs, factors, strict=True)]


class CosineAnnealingLR(LRScheduler):
    """lr = η + (base_lr − η)·(1 + cos(π·t/T))/2, from base_lr at t = 0 to η at t = T   (Loshchilov and Hutter 2017)

    T_max: T, in steps.  eta_min: η.  After T the cosine goes up again. As PyTorch's, each step scales the group's own
    lr − η from this curve's last value to its next, so what else changes lr is kept.
    """

    def __init__(self, optimizer: Optimizer, T_max: int, eta_min: float = 0.0, last_epoch: int = -1):  # noqa: N803
        if not T_max > 0:
            raise ValueError(f"CosineAnnealingLR: T_max must be a positive number of steps, but got {T_max}")
        self.T_max = T_max
        self.eta_min = eta_min
        super().__init__(optimizer, last_epoch)

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        now, before = (1 + math.cos(math.pi * t / self.T_max) for t in (self.last_epoch, self.last_epoch - 1))
        lrs = [group["lr"] for group in self.optimizer.param_groups]
        if self.last_epoch == 0:
            return lrs
        if self._step_count == 1:  # going on from last_epoch
            return [self.eta_min + (base - self.eta_min) * now / 2 for base in self.base_lrs]
        if (self.last_epoch - 1 - self.T_max) % (2 * self.T_max) == 0:  # up from η, where there is nothing to scale
            return [lr + (base - self.eta_min) * now / 2 for lr, base in zip(lrs, self.base_lrs, strict=True)]
        return [self.eta_min + (lr - self.eta_min) * now / before for lr in lrs]
