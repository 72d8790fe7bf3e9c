"""What happens around the training loop: a callback is told of every event and looks at the trainer."""

import csv
import errno
import math
import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from minigrad import io
from minigrad.nn.utils import clip_grad_norm_, clip_grad_value_
from minigrad.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from minigrad.tensor import Tensor

__all__ = ["CSVLogger", "Callback", "EarlyStopping", "GradientClipping", "ModelCheckpoint", "Schedule", "write_rows"]


class Callback:
    """Told by `Trainer.fit` what has just happened; override the events you need.

    At each of them but `on_backward_end` the trainer holds whole steps only, so its `state_dict()` may be saved. A
    callback that does so sets `saves`: it is told after all others, which then have taken notice of the event.
    One that must remember something for training to go on exactly returns it from `state_dict`, in a dict that is never
    empty.
    """

    saves = False

    def on_fit_start(self, trainer: Any) -> None:
        """Look at what is about to begin, and raise if it cannot be done: nothing has happened yet."""

    def on_epoch_start(self, trainer: Any) -> None:
        """Act before the first batch of an epoch is drawn, or before the first of those left in a resumed one."""

    def on_backward_end(self, trainer: Any) -> None:
        """Act between a batch's gradients and the optimizer's step from them."""

    def on_step_end(self, trainer: Any) -> None:
        """Act after the parameters have been updated from one batch."""

    def on_epoch_end(self, trainer: Any) -> None:
        """Act after the epoch's row has been added to `trainer.history`."""

    def on_fit_end(self, trainer: Any) -> None:
        """Act when `fit` is left, be it done, interrupted or failed."""

    def state_dict(self) -> dict[str, Any]:
        """Return what training depends on, of which `Trainer.state_dict` becomes a part: here, nothing."""
        return {}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned."""


# ---- looking at a column of the history -----------------------------------------------------------------------------


class Monitor(Callback):
    """What callbacks share that look for the best epoch."""

    def __init__(self, monitor: str, mode: str | None) -> None:
        name = type(self).__name__
        if not isinstance(monitor, str):
            raise TypeError(f"{name}: monitor must be the name of a column of the history, given {monitor!r:.60}")
        if mode is None and monitor.endswith("loss"):
            mode = "min"
        if mode not in ("min", "max"):
            raise ValueError(
                f"{name}: mode must be 'min' or 'max', given {mode!r}; say whether a small or a large {monitor!r} is "
                "good"
            )
        self.monitor, self.mode = monitor, mode

    def on_fit_start(self, trainer: Any) -> None:
        """Refuse a column that the history will not have."""
        check_column(self, trainer)

    def better(self, value: float, best: float | None, by: float = 0.0) -> bool:
        """Whether value is better than best, by more than so much. A NaN never is; all else is better than None."""
        if best is None or math.isnan(value):
            return not math.isnan(value)
        return value < best - by if self.mode == "min" else value > best + by


def check_column(callback: Any, trainer: Any) -> None:
    """Raise ValueError if the rows of the history will not have the column that the callback monitors."""
    if callback.monitor not in trainer.columns:
        advice = "; give fit a test_loader for the others" if "test_loss" not in trainer.columns else ""
        raise ValueError(
            f"{type(callback).__name__}: there is no {callback.monitor!r} to monitor; the columns of this training are "
            f"{', '.join(trainer.columns)}{advice}"
        )


class EarlyStopping(Monitor):
    """Ends training when a number has not become better for `patience` epochs in a row, and goes back to the best.

    monitor: a column of `trainer.history`.  mode: "min" or "max", which is better; "min" unless said for a loss.
    min_delta: better means by more than this.  restore_best: when `fit` is done, stopped early or not, the model gets
    back the parameters and buffers of its best epoch, `best_epoch`, where the number was `best`; the optimizer and the
    history stay as they are. Callbacks listed behind this one are told of the end after that, and draw the best model.
    After a stop another `fit` trains on, with new patience. A NaN is never better.
    Prechelt, Early stopping: but when?, 1998.
    """

    def __init__(
        self,
        monitor: str = "test_loss",
        patience: int = 5,
        min_delta: float = 0.0,
        mode: str | None = None,
        restore_best: bool = True,
    ) -> None:
        super().__init__(monitor, mode)
        if not isinstance(patience, int | np.integer) or isinstance(patience, bool) or patience < 1:
            raise ValueError(f"EarlyStopping: patience is a number of epochs, at least 1, given {patience!r}")
        if not isinstance(min_delta, int | float) or not 0 <= min_delta < math.inf:
            raise ValueError(f"EarlyStopping: min_delta must be a number from 0 on, given {min_delta!r}")
        self.patience, self.min_delta, self.restore_best = patience, min_delta, restore_best
        self.best: float | None = None
        self.best_epoch: int | None = None
        self.bad_epochs = 0
        self.weights: dict[str, Tensor] | None = None

    def on_epoch_end(self, trainer: Any) -> None:
        """Keep the model if it is the best so far; stop when it has not been for too long."""
        value = trainer.history[-1][self.monitor]
        if self.better(value, self.best, by=self.min_delta):
            self.best, self.best_epoch, self.bad_epochs = value, trainer.epoch, 0
            if self.restore_best:
                self.weights = {name: tensor.clone() for name, tensor in trainer.model.state_dict().items()}
            return
        self.bad_epochs += 1
        if self.bad_epochs >= self.patience:
            self.bad_epochs = 0
            trainer.stop()

    def on_fit_end(self, trainer: Any) -> None:
        """Give the model its best weights, unless training was cut off and may go on."""
        if self.weights is not None and trainer.epoch == trainer.epochs:
            trainer.model.load_state_dict(self.weights)

    def state_dict(self) -> dict[str, Any]:
        """Return the best so far, and how long ago that was."""
        names = ("best", "best_epoch", "bad_epochs", "weights")
        return {name: getattr(self, name) for name in names}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there. Raises ValueError for the state of something else."""
        damaged = not isinstance(state, Mapping) or set(state) != set(self.state_dict())
        if damaged or not isinstance(state["weights"], Mapping | None):
            raise ValueError(f"EarlyStopping: expected what state_dict() returned, but got {state!r:.60}")
        weights = state["weights"]
        self.best, self.best_epoch, self.bad_epochs = state["best"], state["best_epoch"], state["bad_epochs"]
        self.weights = None if weights is None else {name: tensor.clone() for name, tensor in weights.items()}


class ModelCheckpoint(Monitor):
    """Saves the training to one file: after each epoch that is the best of the history, or after every one.

    path: replaced in one piece each time; its folder is made.  monitor, mode: as in `EarlyStopping`; looked at with
    save_best_only alone. To go on training: `trainer.load_state_dict(mg.io.load(path))`; to use the model:
    `model.load_state_dict(mg.io.load(path)["model"])`. Raises OSError, out of `fit`, when it cannot be written.
    """

    saves = True

    def __init__(
        self,
        path: str | os.PathLike,
        monitor: str = "test_loss",
        save_best_only: bool = True,
        mode: str | None = None,
    ) -> None:
        super().__init__(monitor, mode if save_best_only else "min")
        self.path, self.save_best_only = _path_of(self, path), save_best_only

    def on_fit_start(self, trainer: Any) -> None:
        """Make the folder, and refuse a column that the history will not have."""
        if self.save_best_only:
            super().on_fit_start(trainer)
        make_room_for(self.path)

    def on_epoch_end(self, trainer: Any) -> None:
        """Save, if it is the best epoch so far or if all are saved."""
        if not self.save_best_only or self.is_best(trainer.history):
            io.save(trainer.state_dict(), self.path)

    def is_best(self, history: Sequence[Mapping[str, float]]) -> bool:
        """Whether the last epoch is better than all before it. To see that, nothing need be remembered."""
        best = None
        for row in history:
            value = row.get(self.monitor, math.nan)  # an earlier fit may have been without it
            last_is_best = self.better(value, best)
            best = value if last_is_best else best
        return last_is_best


class Schedule(Callback):
    """Steps a schedule of the learning rate: after every epoch, or with per="step" after every step.

    scheduler: of `minigrad.optim.lr_scheduler`, made for the trainer's optimizer.  monitor: the column of the history
    that `ReduceLROnPlateau`, and it alone, is shown after every epoch. The lr in a row of the history is that of the
    epoch's last moment, before a step of the schedule that comes after the epoch.
    """

    def __init__(self, scheduler: Any, per: str = "epoch", monitor: str | None = None) -> None:
        if not isinstance(scheduler, LRScheduler):
            given = " ".join(repr(scheduler).split())[:60]  # an optimizer's takes several lines
            raise TypeError(f"Schedule: expected a scheduler such as StepLR(optimizer, 10), given {given}")
        if per not in ("epoch", "step"):
            raise ValueError(f"Schedule: per must be 'epoch' or 'step', given {per!r}")
        looks = isinstance(scheduler, ReduceLROnPlateau)
        if looks and (monitor is None or per == "step"):
            raise ValueError(
                "Schedule: ReduceLROnPlateau looks at a number of each epoch; say at which, as in "
                "Schedule(scheduler, monitor='test_loss')"
            )
        if monitor is not None and not looks:
            raise ValueError(
                f"Schedule: {type(scheduler).__name__} looks at no number, as ReduceLROnPlateau does; leave out monitor"
            )
        self.scheduler, self.per, self.monitor = scheduler, per, monitor

    def on_fit_start(self, trainer: Any) -> None:
        """Refuse a column that there will not be, and a scheduler that would do nothing here, or all twice."""
        if self.monitor is not None:
            check_column(self, trainer)
        if self.scheduler.optimizer is not trainer.optimizer:
            raise ValueError("Schedule: its scheduler changes another optimizer; make it with the trainer's own")
        if trainer.scheduler is self.scheduler:
            raise ValueError("Schedule: the trainer steps this scheduler already; give it in one of the two places")

    def on_step_end(self, trainer: Any) -> None:
        """Step, if it is to be done so often."""
        if self.per == "step":
            self.scheduler.step()

    def on_epoch_end(self, trainer: Any) -> None:
        """Step, if it is to be done now."""
        if self.per == "epoch":
            self.scheduler.step(*([] if self.monitor is None else [trainer.history[-1][self.monitor]]))

    def state_dict(self) -> dict[str, Any]:
        """Return the scheduler's state."""
        return self.scheduler.state_dict()

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Go on from there."""
        self.scheduler.load_state_dict(state)


# ---- gradients, and a log -------------------------------------------------------------------------------------------


class GradientClipping(Callback):
    """Keeps the gradients in bounds before each step: all together to a length of max_norm, or each to ±clip_value.

    norm_type: of max_norm; 2 for the length, inf for the largest entry. With max_norm a gradient that is not finite
    raises RuntimeError, before the step.  `clip_grad_norm_` and `clip_grad_value_` do it.
    """

    def __init__(self, max_norm: float | None = None, clip_value: float | None = None, norm_type: float = 2.0) -> None:
        if (max_norm is None) == (clip_value is None):
            raise ValueError(
                f"GradientClipping: give max_norm or clip_value, one of them; given max_norm={max_norm}, "
                f"clip_value={clip_value}"
            )
        bound = clip_value if max_norm is None else max_norm
        if not isinstance(bound, int | float) or not bound > 0:
            raise ValueError(f"GradientClipping: the bound must be a positive number, given {bound!r}")
        if not isinstance(norm_type, int | float) or not norm_type > 0:
            raise ValueError(f"GradientClipping: norm_type must be a positive number or inf, given {norm_type!r}")
        self.max_norm, self.clip_value, self.norm_type = max_norm, clip_value, norm_type

    def on_backward_end(self, trainer: Any) -> None:
        """Clip the gradients that the optimizer is about to follow."""
        parameters = [p for group in trainer.optimizer.param_groups for p in group["params"]]
        if self.max_norm is not None:
            clip_grad_norm_(parameters, self.max_norm, self.norm_type, error_if_nonfinite=True)
        elif self.clip_value is not None:
            clip_grad_value_(parameters, self.clip_value)


class CSVLogger(Callback):
    """Writes the history to a CSV file: a line for each epoch as it ends, below a line with the names of the columns.

    path: replaced when the first epoch of a `fit` has ended, with all of the history: a training that was resumed
    leaves the very same file. Its folder is made. Numbers are written so that they read back to the bit.
    """

    def __init__(self, path: str | os.PathLike) -> None:
        self.path = _path_of(self, path)
        self.file: TextIO | None = None

    def on_fit_start(self, trainer: Any) -> None:
        """Make the folder."""
        make_room_for(self.path)

    def on_epoch_end(self, trainer: Any) -> None:
        """Write the epoch's row."""
        if self.file is None:
            self.file = open(self.path, "w", newline="", encoding="utf-8")  # noqa: SIM115 (until fit ends)
            self.names = write_rows(self.file, trainer.history)
        else:
            csv.DictWriter(self.file, self.names, lineterminator="\n").writerow(trainer.history[-1])
        self.file.flush()

    def on_fit_end(self, trainer: Any) -> None:
        """Close the file."""
        if self.file is not None:
            self.file.close()
        self.file = None


def _path_of(callback, path):
    if not isinstance(path, str | os.PathLike):
        raise TypeError(f"{type(callback).__name__}: path must be the name of a file, given {path!r:.60}")
    return Path(path)


def make_room_for(path: Path) -> None:
    """Make the folder of a file. Raises IsADirectoryError where the file is to be: now, not after the first epoch."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, "is a folder; give the name of a file in it", os.fspath(path))


def write_rows(file: TextIO, rows: Iterable[Mapping[str, float]]) -> list[str]:
    """Write rows as CSV, below the names of all their columns, and return these names."""
    rows = list(rows)
    names = list(dict.fromkeys(name for row in rows for name in row))
    table = csv.DictWriter(file, names, lineterminator="\n")
    table.writeheader()
    table.writerows(rows)
    return names
