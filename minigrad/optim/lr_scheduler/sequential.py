"""Several schedules, one after the other."""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from minigrad.optim.lr_scheduler.plateau import ReduceLROnPlateau
from minigrad.optim.lr_scheduler.scheduler import LRScheduler, check_count, listed, optimizer_of, warn_if_early
from minigrad.optim.optimizer import Optimizer

__all__ = ["SequentialLR"]


class SequentialLR(LRScheduler):
    """The first of schedulers until step milestones[0], then the second until milestones[1], and so on.

    Each begins at its own step 0, from its base learning rates, when its turn comes. milestones: one fewer than there
    are schedulers, rising.
    """

    not_saved = ("optimizer", "_schedulers")

    def __init__(
        self,
        optimizer: Optimizer,
        schedulers: Sequence[LRScheduler],
        milestones: Sequence[int],
        last_epoch: int = -1,
    ):
        self.optimizer = optimizer_of(self, optimizer)
        self._schedulers = listed("SequentialLR: schedulers", schedulers)
        self._milestones = listed("SequentialLR: milestones", milestones)
        _refuse_unfit(self._schedulers, optimizer)
        _refuse_unordered(self._milestones, len(self._schedulers))
        for group in optimizer.param_groups:
            group["lr"] = group["initial_lr"]  # making the schedules has changed it
        self._begin()
        self.last_epoch = last_epoch + 1

    def step(self) -> None:
        """Set the next learning rates. Call it after `optimizer.step()`."""
        turn = bisect_right(self._milestones, self.last_epoch + 1)
        scheduler = self._schedulers[turn]
        if turn > 0 and self._milestones[turn - 1] == self.last_epoch + 1:
            if self.last_epoch == 0:
                warn_if_early(self.optimizer)  # else scheduler.step() does
            scheduler._restart()
        else:
            scheduler.step()
        self.last_epoch += 1
        self._last_lr = scheduler.get_last_lr()

    def _begin(self):
        self._start_with(self._schedulers[0]._begin)

    def _restart(self):
        self._start_with(self._schedulers[0]._restart)

    def _start_with(self, start):
        self.last_epoch = 0
        start()
        self._last_lr = self._schedulers[0].get_last_lr()

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that the next steps depend on, the states of the schedulers included."""
        return {**super().state_dict(), "_schedulers": [scheduler.state_dict() for scheduler in self._schedulers]}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned. Raises ValueError, having changed nothing, when it does not fit."""
        for scheduler, state in self._fitting(state_dict):
            vars(scheduler).update(state)

    def _fitting(self, state_dict):
        """[(a schedule, its new entries)], those of the schedulers in it included."""
        own = super()._fitting(state_dict)
        states = own.pop("_schedulers")
        if len(states) != len(self._schedulers):
            raise ValueError(
                f"load_state_dict: the state is of {len(states)} schedules in sequence, but there are "
                f"{len(self._schedulers)}; make the SequentialLR with the same schedules"
            )
        fitting = [(self, own)]
        for scheduler, state in zip(self._schedulers, states, strict=True):
            inner = scheduler._fitting(state)
            fitting += inner if isinstance(scheduler, SequentialLR) else [(scheduler, inner)]
        return fitting


def _refuse_unfit(schedulers, optimizer):
    if not schedulers:
        raise ValueError("SequentialLR: there are no schedulers; give at least one")
    for i, scheduler in enumerate(schedulers):
        if not isinstance(scheduler, LRScheduler):
            raise TypeError(f"SequentialLR: scheduler {i} must be a schedule, but is a {type(scheduler).__name__}")
        if isinstance(scheduler, ReduceLROnPlateau):
            raise ValueError(
                f"SequentialLR: scheduler {i} is a ReduceLROnPlateau, whose step needs a metric; step it by itself"
            )
        if scheduler.optimizer is not optimizer:
            raise ValueError(
                f"SequentialLR: scheduler {i}, a {type(scheduler).__name__}, has another optimizer; make it "
                "with this one"
            )


def _refuse_unordered(milestones, schedulers):
    if len(milestones) != schedulers - 1:
        raise ValueError(
            f"SequentialLR: {schedulers} schedulers need {schedulers - 1} milestones, one between each two, but got "
            f"{len(milestones)}"
        )
    for milestone in milestones:
        check_count("SequentialLR: a milestone", milestone)
    if any(a >= b for a, b in pairwise(milestones)):
        raise ValueError(f"SequentialLR: milestones must rise, but got {milestones}; sort them")
