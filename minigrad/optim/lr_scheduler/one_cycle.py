"""One long rise and a longer fall: the 1cycle policy."""

import math

from minigrad.optim.lr_scheduler.scheduler import (
    LRScheduler,
    check_count,
    check_number,
    check_word,
    one_for_each_group,
    optimizer_of,
)
from minigrad.optim.optimizer import Optimizer

__all__ = ["OneCycleLR"]

UP = {"start_lr": "initial_lr", "end_lr": "max_lr", "start_momentum": "max_momentum", "end_momentum": "base_momentum"}
DOWN = {"start_lr": "max_lr", "end_lr": "min_lr", "start_momentum": "base_momentum", "end_momentum": "max_momentum"}
BACK = {**DOWN, "end_lr": "initial_lr"}
OUT = {**DOWN, "start_lr": "initial_lr", "start_momentum": "max_momentum"}


class OneCycleLR(LRScheduler):
    """lr from max_lr/div_factor up to max_lr, then down to max_lr/div_factor/final_div_factor   (Smith and Topin 2018)

    Momentum (for Adam and its kin β₁) goes the other way: from max_momentum to base_momentum and back. Call `step()`
    after every batch. The rise takes pct_start of total_steps, or of epochs·steps_per_epoch. anneal_strategy: "cos" or
    "linear". three_phase: down as slowly as up, then on to the end. max_lr and both momentums: numbers, or lists of one
    for each group. Raises ValueError from `step()` when there have been more than total_steps.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        max_lr: float | list[float],
        total_steps: int | None = None,
        epochs: int | None = None,
        steps_per_epoch: int | None = None,
        pct_start: float = 0.3,
        anneal_strategy: str = "cos",
        cycle_momentum: bool = True,
        base_momentum: float | list[float] = 0.85,
        max_momentum: float | list[float] = 0.95,
        div_factor: float = 25.0,
        final_div_factor: float = 1e4,
        three_phase: bool = False,
        last_epoch: int = -1,
    ):
        self.total_steps = _total(total_steps, epochs, steps_per_epoch)
        check_number("OneCycleLR: pct_start", pct_start, high=1)
        check_word("OneCycleLR: anneal_strategy", anneal_strategy, ("cos", "linear"))
        for name, value in (("div_factor", div_factor), ("final_div_factor", final_div_factor)):
            check_number(f"OneCycleLR: {name}", value)
            if value == 0:
                raise ValueError(f"OneCycleLR: {name} must be above 0, but got 0")
        self._schedule_phases = _phases(pct_start, self.total_steps, three_phase)
        self._anneal_func_type = anneal_strategy
        self.cycle_momentum = cycle_momentum
        goals = _goals(optimizer_of(self, optimizer), max_lr, div_factor, final_div_factor)
        if cycle_momentum:
            self.use_beta1 = "betas" in optimizer.defaults
            _add_momentums(goals, optimizer, base_momentum, max_momentum)
        if last_epoch == -1:
            for group, goal in zip(optimizer.param_groups, goals, strict=True):
                group.update(goal)
        super().__init__(optimizer, last_epoch)

    def step(self) -> None:
        """Set the next learning rates and momentums. Call it after `optimizer.step()`, for every batch."""
        if self.last_epoch >= self.total_steps:
            raise ValueError(
                f"OneCycleLR: all {self.total_steps} steps of the cycle have been made; give the right total_steps, "
                "and call step() once for each batch"
            )
        super().step()

    def get_lr(self) -> list[float]:
        """The learning rates at `self.last_epoch`, one for each group."""
        return [self._now(group, "lr") for group in self.optimizer.param_groups]

    def _set_lrs(self):
        super()._set_lrs()
        if self.cycle_momentum:
            for group in self.optimizer.param_groups:
                momentum = self._now(group, "momentum")
                group.update({"betas": (momentum, *group["betas"][1:])} if self.use_beta1 else {"momentum": momentum})

    def _now(self, group, what):
        """The group's lr or momentum at `self.last_epoch`."""
        phases, start = self._schedule_phases, 0.0
        phase = next((phase for phase in phases[:-1] if self.last_epoch <= phase["end_step"]), phases[-1])
        if phase is not phases[0]:
            start = phases[phases.index(phase) - 1]["end_step"]
        length = phase["end_step"] - start
        share = (self.last_epoch - start) / length if length else 1.0
        low, high = group[phase[f"start_{what}"]], group[phase[f"end_{what}"]]
        if self._anneal_func_type == "linear":
            return (high - low) * share + low
        return high + (low - high) / 2 * (math.cos(math.pi * share) + 1)


def _total(total_steps, epochs, steps_per_epoch):
    """How many steps there will be."""
    if total_steps is not None:
        check_count("OneCycleLR: total_steps", total_steps)
        return total_steps
    if epochs is None or steps_per_epoch is None:
        raise ValueError("OneCycleLR: how many steps will there be? give total_steps, or epochs and steps_per_epoch")
    check_count("OneCycleLR: epochs", epochs)
    check_count("OneCycleLR: steps_per_epoch", steps_per_epoch)
    return epochs * steps_per_epoch


def _phases(pct_start, total, three_phase):
    """[{"end_step", and the names of what lr and momentum start from and end on}], as PyTorch's state_dict has them."""
    first, last = {"end_step": float(pct_start * total) - 1, **UP}, total - 1
    if not three_phase:
        return [first, {"end_step": last, **DOWN}]
    return [first, {"end_step": float(2 * pct_start * total) - 2, **BACK}, {"end_step": last, **OUT}]


def _goals(optimizer, max_lr, div_factor, final_div_factor):
    """What the phases' names stand for, for each group."""
    goals = []
    for high in one_for_each_group("OneCycleLR: max_lr", max_lr, optimizer):
        initial = high / div_factor
        goals.append({"initial_lr": initial, "max_lr": high, "min_lr": initial / final_div_factor})
    return goals


def _add_momentums(goals, optimizer, base_momentum, max_momentum):
    if not optimizer.defaults.keys() & {"betas", "momentum"}:
        raise ValueError(
            f"OneCycleLR: {type(optimizer).__name__} has neither momentum nor betas to cycle; give cycle_momentum=False"
        )
    highs = one_for_each_group("OneCycleLR: max_momentum", max_momentum, optimizer)
    lows = one_for_each_group("OneCycleLR: base_momentum", base_momentum, optimizer)
    for goal, low, high in zip(goals, lows, highs, strict=True):
        if max(low, high) >= 1:
            raise ValueError(f"OneCycleLR: momentums must be below 1, but got {max(low, high)}")
        goal.update(max_momentum=high, base_momentum=low)
