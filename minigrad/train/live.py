"""Training, seen while it goes on: curves in a notebook cell or in a terminal, and pictures in a folder."""

import math
import os
import shutil
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from minigrad import viz
from minigrad.display import notebook
from minigrad.train.callbacks import Callback
from minigrad.train.progress import describe
from minigrad.train.terminal import SMALLEST, can_write, check_size, is_terminal, text_plot
from minigrad.viz.aside import aside
from minigrad.viz.evaluation import at_least
from minigrad.viz.files import plot_bytes, write_whole
from minigrad.viz.inside import GradientFlow, examine
from minigrad.viz.table import spelled_out

__all__ = ["LivePlot", "TextPlot", "Watch"]


class Live(Callback):
    """Draws at the ends of epochs, every so many and not more often than once in so many seconds; and at the end."""

    def __init__(self, every: int = 1, seconds: float = 0.0) -> None:
        self.every, self.seconds = at_least(1, f"{type(self).__name__}: every, a number of epochs,", every), seconds
        self.due = 0.0

    def draw(self, trainer: Any, last: bool) -> None:
        """Draw what there is to see after an epoch; last: nothing will follow."""
        raise NotImplementedError

    def on_epoch_end(self, trainer: Any) -> None:
        """Draw, if it is time, and if `on_fit_end` is not about to."""
        began = time.monotonic()
        if trainer.epoch % self.every == 0 and trainer.epoch < trainer.epochs and began >= self.due:
            self.draw(trainer, last=False)
            done = time.monotonic()
            self.due = done + max(self.seconds, 4 * (done - began))  # training keeps four fifths of the time

    def on_fit_end(self, trainer: Any) -> None:
        """Draw how it ended."""
        if trainer.history:
            self.draw(trainer, last=True)


class LivePlot(Live):
    """The learning curves in a notebook cell, redrawn in place while `fit` runs; elsewhere, what `TextPlot` shows.

    every: in epochs.  seconds: at least so much time between two drawings.  IPython is never loaded for this: where it
    is not running already, there is no notebook.
    """

    def __init__(self, every: int = 1, seconds: float = 0.5) -> None:
        super().__init__(every, seconds)
        self.text = TextPlot()
        self.handle: Any = None

    def draw(self, trainer: Any, last: bool) -> None:
        """Show the curves, in the place of those shown before in the same `fit`."""
        display = notebook()
        if display is None:
            self.text.draw(trainer, last)
            return
        picture = display.Image(data=plot_bytes(viz.plot_learning_curves(trainer.history)), format="png")
        if self.handle is None:
            self.handle = display.display(picture, display_id=True)
        else:
            self.handle.update(picture)
        if last:
            self.handle = None  # the next fit may be in another cell


class TextPlot(Live):
    """A curve of the history as text: redrawn in place on a terminal, printed once at the end anywhere else.

    Takes the place of `Progress`, whose lines it would overwrite. height, width: of the whole text, in characters; less
    where the terminal is smaller.  name: a column of `trainer.history`.  stream: default sys.stdout.
    """

    def __init__(
        self, height: int = 10, width: int = 60, *, name: str = "loss", every: int = 1, stream: TextIO | None = None
    ) -> None:
        super().__init__(every, seconds=0.1)
        check_size(width, height)
        self.height, self.width, self.name, self.stream = height, width, name, stream
        self.lines = 0  # of the drawing that stands on the terminal

    def draw(self, trainer: Any, last: bool) -> None:
        """Write the curve over the one written before."""
        stream = self.stream or sys.stdout
        moves = is_terminal(stream)
        if stream is None or not (moves or last):
            return
        rows = trainer.history
        if self.name not in rows[-1]:
            raise ValueError(f"TextPlot: the history has no {self.name!r}; it has {', '.join(rows[-1])}")
        columns, lines = shutil.get_terminal_size() if moves else (self.width + 1, self.height + 2)
        width, height = min(self.width, columns - 1), min(self.height, lines - 2)
        curve = self.curve([row.get(self.name, math.nan) for row in rows], width, height, stream)
        means = describe({name: value for name, value in rows[-1].items() if name not in ("epoch", "lr")})
        title = f"epoch {trainer.epoch}/{trainer.epochs}  {means}"
        back = f"\x1b[{self.lines}F\x1b[J" if self.lines else ""
        stream.write(f"{back}{spelled_out(title, stream)[:width]}\n{curve}\n")
        stream.flush()
        self.lines = 0 if last or not moves else curve.count("\n") + 2

    def curve(self, values, width, height, stream):
        """The values drawn, or, as long as there is nothing to draw, a line that says so."""
        if not np.isfinite(values).any():
            return spelled_out(f"no {self.name} is finite yet", stream)[:width]
        return text_plot(values, max(width, SMALLEST[0]), max(height, SMALLEST[1]), unicode=can_write(stream))


class Watch(Live):
    """Pictures of the training in a folder, written while it goes on: the learning curves and the layers' gradients.

    Override `pictures` for more. Each file is replaced in one piece, so it can be looked at at any time. Drawing leaves
    the training alone: it ends on the same bits as one that nobody watched. A picture that cannot be drawn, because a
    number in it is NaN, or cannot be written, because the disk is full, costs the training nothing either: `missed` is
    called with its name and the ValueError or OSError, and warns unless it is replaced.  finish: whether `fit`, when it
    is done, ends with the last pictures; else call `draw(trainer, last=True)` when it suits.
    """

    def __init__(self, folder: str | os.PathLike, every: int = 1, seconds: float = 5.0, *, finish: bool = True) -> None:
        super().__init__(every, seconds)
        self.folder, self.finish = Path(folder), finish
        self.due = time.monotonic() + seconds  # what is over sooner is drawn once
        self.flow: GradientFlow | None = None
        self.missed: Callable[[str, Exception], None] = warn_of

    def pictures(self, trainer: Any, last: bool) -> Iterator[tuple[str, Any]]:
        """Pairs of a file's name and what is to be in it: a plot, an animation or a text, or a function that makes it.

        With a function, what cannot be drawn does not keep the next from being drawn.  last: training is over.
        """
        yield "curves.png", partial(viz.plot_learning_curves, trainer.history)
        if self.flow is not None:
            yield "gradients.png", partial(gradients_by_epoch, self.flow)
            yield "health.txt", partial(health_table, trainer)

    def draw(self, trainer: Any, last: bool) -> None:
        """Write the pictures."""
        with aside(trainer.model), self.spared("pictures"):
            for name, content in self.pictures(trainer, last):
                with self.spared(name):
                    write_whole(self.folder / name, content() if callable(content) else content)

    @contextmanager
    def spared(self, name: str) -> Iterator[None]:
        """A block that goes on after it where a picture cannot be drawn or written."""
        try:
            yield
        except (ValueError, OSError) as error:
            self.missed(name, error)

    def on_epoch_end(self, trainer: Any) -> None:
        """Note the gradients of the epoch's last batch, and draw if it is time."""
        if any(p.grad is not None for p in trainer.model.parameters()):
            self.flow = self.flow or late_flow(trainer)
            self.flow.record()
        super().on_epoch_end(trainer)

    def on_fit_end(self, trainer: Any) -> None:
        """Write the last pictures, unless the training was cut off: then those of a moment ago will do."""
        if self.finish and trainer.epoch == trainer.epochs:
            super().on_fit_end(trainer)


# ---- what is drawn, and where ----------------------------------------------------------------------------------------


def warn_of(name, error):
    """Warn that a picture is missing."""
    warnings.warn(f"Watch: {name} is not drawn: {error}", RuntimeWarning, stacklevel=1)


def gradients_by_epoch(flow):
    """The gradients that a Watch noted, one record an epoch."""
    axes = viz.plot_gradient_flow(flow)
    axes.set_xlabel("epoch")
    return axes


def late_flow(trainer):
    """A GradientFlow that knows nothing of the epochs before this one, in which nobody watched."""
    flow = GradientFlow(trainer.model)
    nothing = [math.nan] * len(flow.layers)
    flow.means, flow.maxima = ([nothing] * (trainer.epoch - 1) for _ in range(2))
    return flow


def health_table(trainer):
    """The gradients' health as text, at the learning rate of the epoch that is over: a schedule may have ended at 0."""
    group = trainer.optimizer.param_groups[0]
    rate, group["lr"] = group["lr"], trainer.history[-1]["lr"]
    try:
        return f"{examine(trainer.model, trainer.optimizer)}\n"
    finally:
        group["lr"] = rate
