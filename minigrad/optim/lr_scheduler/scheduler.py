"""What all schedules share: the learning rate as a function of how many steps have been made."""

import copy
import math
import sys
import warnings
from collections.abc import Iterable, Mapping, Sequence
from numbers import Integral, Real
from typing import Any

from minigrad.optim.optimizer import Optimizer

__all__ = ["LRScheduler"]


class LRScheduler:
    """What all schedules share. A subclass writes `get_lr()`: a learning rate for each group, at `self.last_epoch`.

    Making one sets the learning rates for step 0; each `step()` sets those of the next. `base_lrs` are the learning
    rates that the groups came with. To go on after last_epoch, the groups need their "initial_lr". Several schedules
    may share an optimizer: those that scale what they find, as most here do, multiply.
    """

    not_saved: tuple[str, ...] = ("optimizer",)

    def __init__(self, optimizer: Optimizer, last_epoch: int = -1):
        self.optimizer = optimizer_of(self, optimizer)
        check_count(f"{type(self).__name__}: last_epoch", last_epoch, least=-1)
        for i, group in enumerate(optimizer.param_groups):
            if last_epoch == -1:
                group.setdefault("initial_lr", group["lr"])
            elif "initial_lr" not in group:
                raise KeyError(
                    f"{type(self).__name__}: group {i} has no initial_lr to go on from after last_epoch={last_epoch}; "
                    "load the optimizer's state_dict first"
                )
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
        """Set the next learning rates. Call it after `optimizer.step()`. If get_lr raises, nothing has changed."""
        if len(self.optimizer.param_groups) != len(self.base_lrs):
            raise ValueError(
                f"{type(self).__name__}: it was made for {len(self.base_lrs)} parameter groups, but the optimizer has "
                f"{len(self.optimizer.param_groups)} now; make a new schedule after adding groups"
            )
        if self._step_count == 1:
            warn_if_early(self.optimizer)
        self._step_count += 1
        self.last_epoch += 1
        try:
            self._set_lrs()
        except BaseException:
            self._step_count -= 1
            self.last_epoch -= 1
            raise

    def _set_lrs(self):
        self._last_lr = [float(lr) for lr in self.get_lr()]
        for group, lr in zip(self.optimizer.param_groups, self._last_lr, strict=True):
            group["lr"] = lr

    # ---- for subclasses ---------------------------------------------------------------------------------------------

    def _scaled(self, factor=1.0):
        """The learning rates of now, times factor. So what else changes them is kept."""
        return [group["lr"] * factor for group in self.optimizer.param_groups]

    @property
    def _is_first(self):
        """Whether the learning rates of the groups are those to begin with: at step 0, or going on after last_epoch."""
        return self.last_epoch == 0 or self._step_count == 1

    def _begin(self):
        """Set the learning rates of step 0, from those of now."""
        self.last_epoch = 0
        self._set_lrs()

    def _restart(self):
        """Set the learning rates of step 0, from the base ones."""
        for group, lr in zip(self.optimizer.param_groups, self.base_lrs, strict=True):
            group["lr"] = lr
        self._begin()

    # ---- state ------------------------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that the next steps depend on, but the optimizer and functions: numbers, and lists of them."""
        return copy.deepcopy({k: v for k, v in vars(self).items() if k not in self.not_saved})

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned. The learning rates themselves are in the optimizer's state_dict.

        Raises ValueError, having changed nothing, for the state of another schedule or of other groups.
        """
        vars(self).update(self._fitting(state_dict))

    def _fitting(self, state_dict):
        """A copy of the entries of state_dict that this schedule has. Raises ValueError if it is not its state."""
        if not isinstance(state_dict, Mapping):
            raise ValueError(f"load_state_dict: expected what state_dict() returned, but got {state_dict!r:.60}")
        own = self.state_dict()
        missing = [k for k in own if k not in state_dict]
        extra = [k for k in state_dict if k not in own and k not in self.not_saved and k[0] != "_"]
        if missing or extra:
            raise ValueError(
                f"load_state_dict: this is not the state of a {type(self).__name__}: it lacks {missing} and has {extra}"
            )
        if "base_lrs" in own and len(state_dict["base_lrs"]) != len(self.base_lrs):
            raise ValueError(
                f"load_state_dict: the state is for {len(state_dict['base_lrs'])} parameter groups, but there are "
                f"{len(self.base_lrs)}; make the optimizer with the same groups"
            )
        return copy.deepcopy({k: v for k, v in state_dict.items() if k in own})


# ---- what schedules warn of and refuse ------------------------------------------------------------------------------


def warn_if_early(optimizer: Optimizer) -> None:
    """Warn, where the schedule was called, if it makes its first step before the optimizer does."""
    if optimizer.last_step is None:
        frame, level = sys._getframe(1), 2
        while frame.f_back and frame.f_globals.get("__name__", "").startswith(__package__):
            frame, level = frame.f_back, level + 1
        warnings.warn(
            "scheduler.step() before optimizer.step(): the first learning rate is skipped; call them in the other "
            "order",
            stacklevel=level,
        )


def optimizer_of(scheduler: Any, optimizer: Any) -> Optimizer:
    """optimizer. Raises TypeError if it is none."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{type(scheduler).__name__}: expected an optimizer, but got a {type(optimizer).__name__}")
    return optimizer


def check_number(name: str, value: Any, low: float = 0, high: float = math.inf) -> None:
    """Raise TypeError for what is no number, ValueError for one that is not in [low, high] or not finite."""
    if not isinstance(value, Real):
        raise TypeError(f"{name} must be a number, but got {value!r:.60}")
    if not low <= float(value) <= high or math.isinf(value):
        must = f"in [{low}, {high}]" if high < math.inf else f"finite and at least {low}"
        raise ValueError(f"{name} must be {must}, but got {value!r}")


def check_count(name: str, value: Any, least: int = 1) -> None:
    """Raise ValueError for what is no whole number from least on."""
    if not isinstance(value, Integral) or value < least:
        raise ValueError(f"{name} must be a whole number of steps, at least {least}, but got {value!r:.60}")


def listed(name: str, value: Any) -> list[Any]:
    """value as a list. Raises TypeError if it is none."""
    if not isinstance(value, Iterable):
        raise TypeError(f"{name} must be a list, but got {value!r:.60}")
    return list(value)


def check_word(name: str, value: Any, words: Sequence[str]) -> None:
    """Raise ValueError for what is none of words."""
    if value not in words:
        raise ValueError(f"{name} must be {' or '.join(map(repr, words))}, but got {value!r:.60}")


def one_for_each_group(name: str, value: Any, optimizer: Optimizer) -> list[float]:
    """value as a list of finite numbers from 0 on, one for each group. Raises ValueError if there are not as many."""
    groups = len(optimizer.param_groups)
    values = list(value) if isinstance(value, list | tuple) else [value] * groups
    if len(values) != groups:
        raise ValueError(
            f"{name}: got {len(values)} numbers for {groups} parameter groups; give one for each, or one for all"
        )
    for each in values:
        check_number(name, each)
    return values
