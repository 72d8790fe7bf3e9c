"""Training, seen while it goes on: curves in a notebook cell or in a terminal, and pictures in a folder."""

import errno
import math
import os
import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stdout
from io import BytesIO, StringIO
from pathlib import Path
from typing import Any, TextIO

import numpy as np

from minigrad import viz
from minigrad.train.callbacks import Callback
from minigrad.train.progress import describe
from minigrad.train.terminal import SMALLEST, can_write, check_size, is_terminal, text_plot
from minigrad.viz.evaluation import untouched
from minigrad.viz.inside import GradientFlow

__all__ = ["LivePlot", "TextPlot", "Watch", "write_whole"]


class Live(Callback):
    """Draws at the ends of epochs, every so many and not more often than once in so many seconds; and at the end."""

    def __init__(self, every: int = 1, seconds: float = 0.0) -> None:
        if every < 1:
            raise ValueError(f"{type(self).__name__}: every is a number of epochs, at least 1, given {every}")
        self.every, self.seconds = every, seconds
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
        display = notebook_display()
        if display is None:
            self.text.draw(trainer, last)
            return
        picture = display.Image(data=png(viz.plot_learning_curves(trainer.history)), format="png")
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
        values = [row[self.name] for row in rows]
        curve = text_plot(values, max(width, SMALLEST[0]), max(height, SMALLEST[1]), unicode=can_write(stream))
        means = describe({name: value for name, value in rows[-1].items() if name not in ("epoch", "lr")})
        title = f"epoch {trainer.epoch}/{trainer.epochs}  {means}"[:width]
        back = f"\x1b[{self.lines}F\x1b[J" if self.lines else ""
        stream.write(f"{back}{title}\n{curve}\n")
        stream.flush()
        self.lines = 0 if last or not moves else curve.count("\n") + 2


class Watch(Live):
    """Pictures of the training in a folder, written while it goes on: the learning curves and the layers' gradients.

    Override `pictures` for more. Each file is replaced in one piece, so it can be looked at at any time. Drawing leaves
    the training alone: it ends on the same bits as one that nobody watched. finish: whether `fit`, when it is done,
    ends with the last pictures; else call `draw(trainer, last=True)` when it suits.
    """

    def __init__(self, folder: str | os.PathLike, every: int = 1, seconds: float = 5.0, *, finish: bool = True) -> None:
        super().__init__(every, seconds)
        self.folder, self.finish = Path(folder), finish
        self.due = time.monotonic() + seconds  # what is over sooner is drawn once
        self.flow: GradientFlow | None = None

    def pictures(self, trainer: Any, last: bool) -> Iterator[tuple[str, Any]]:
        """Pairs of a file's name and what is to be in it: a plot, an animation or a text. last: training is over."""
        yield "curves.png", viz.plot_learning_curves(trainer.history)
        if self.flow is not None:
            axes = viz.plot_gradient_flow(self.flow)
            axes.set_xlabel("epoch")
            yield "gradients.png", axes
            yield "health.txt", health_table(trainer)

    def draw(self, trainer: Any, last: bool) -> None:
        """Write the pictures."""
        with untouched(trainer.model):
            for name, content in self.pictures(trainer, last):
                write_whole(self.folder / name, content)

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


def notebook_display():
    """The module IPython.display where this runs in a notebook, else None. Loads nothing."""
    ipython = sys.modules.get("IPython")
    shell = ipython.get_ipython() if ipython is not None else None
    return ipython.display if getattr(shell, "kernel", None) is not None else None


def png(plot):
    """A plot, as the functions of minigrad.viz return it, as the bytes of a PNG."""
    buffer = BytesIO()
    figure_of(plot).savefig(buffer, format="png", dpi=100)
    return buffer.getvalue()


def figure_of(plot):
    """The figure of an Axes or of an array of them."""
    return np.ravel(plot)[0].figure


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
        with redirect_stdout(StringIO()):  # where it would be printed
            return f"{viz.health(trainer.model, trainer.optimizer)}\n"
    finally:
        group["lr"] = rate


def write_whole(path, content):
    """Write a plot, an animation or a text so that the file is the old one or the new one, never a part of it."""
    if path.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    part = path.with_name(f".{path.stem}.part{path.suffix}")  # the same ending, which decides the format
    try:
        if isinstance(content, str):
            part.write_text(content, encoding="utf-8")
        elif hasattr(content, "save"):
            content.save(part)
        else:
            figure_of(content).savefig(part, dpi=120)
        os.replace(part, path)
    except BaseException as error:
        part.unlink(missing_ok=True)
        if isinstance(error, OSError):
            error.filename = os.fspath(path)  # the one that was asked for
        raise
