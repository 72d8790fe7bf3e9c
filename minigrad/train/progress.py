"""How training is going: a bar per epoch on a terminal, a plain line per epoch in a pipe, a file or a log."""

import sys
from typing import Any, TextIO

from tqdm import tqdm  # type: ignore[import-untyped]

from minigrad.train.callbacks import Callback
from minigrad.viz.evaluation import at_least
from minigrad.viz.table import spelled_out

__all__ = ["Progress", "describe"]


class Progress(Callback):
    """One tqdm bar per epoch where the stream is a terminal, else one line, with the loss and the metrics so far.

    every: how many epochs share a bar, or a line, when each takes only a blink.  stream: default sys.stdout.
    """

    def __init__(self, every: int = 1, stream: TextIO | None = None) -> None:
        self.every = at_least(1, "Progress: every, a number of epochs,", every)
        self.stream = stream
        self.bar: Any = None

    def on_epoch_start(self, trainer: Any) -> None:
        """Begin a bar, unless this epoch shares one that was begun before."""
        if self.bar is not None:
            return
        stream = self.stream or sys.stdout
        last = min((trainer.epoch // self.every + 1) * self.every, trainer.epochs)
        self.title = f"epoch {last:{len(str(trainer.epochs))}}/{trainer.epochs}"
        self.bar = tqdm(
            total=(last - trainer.epoch) * trainer.steps_per_epoch,
            initial=trainer.step,
            bar_format=f"{self.title} {{bar}} {{desc}}",
            file=stream,
            dynamic_ncols=True,
            disable=stream is None or not stream.isatty(),
        )

    def on_step_end(self, trainer: Any) -> None:
        """Move the bar on."""
        if self.bar.update():  # true when it was redrawn, ten times a second: the text need not be newer than that
            self.bar.set_description_str(self.written(trainer.running.means()), refresh=False)

    def on_epoch_end(self, trainer: Any) -> None:
        """Complete the bar, or print the line."""
        if trainer.epoch % self.every and trainer.epoch < trainer.epochs:
            return
        text = self.written({name: value for name, value in trainer.history[-1].items() if name not in ("epoch", "lr")})
        self.bar.set_description_str(text)
        if self.bar.disable:
            print(f"{self.title}  {text}", file=self.stream or sys.stdout, flush=True)
        self.on_fit_end(trainer)

    def written(self, means):
        """The means in words, as the stream can write them: a metric may have any name."""
        return spelled_out(describe(means), self.stream or sys.stdout)

    def on_fit_end(self, trainer: Any) -> None:
        """Leave the bar as it stands."""
        if self.bar is not None:
            self.bar.close()
        self.bar = None


def describe(means: dict[str, float]) -> str:
    """Return "loss 0.4353  accuracy 87.5%  test loss 0.2403  accuracy 92.9%": "test" stands for all that follows it."""
    words = [f"{name.replace('_', ' ')} {_number(name, value)}" for name, value in means.items()]
    first = next((i for i, word in enumerate(words) if word.startswith("test ")), len(words))
    return "  ".join(words[: first + 1] + [word.removeprefix("test ") for word in words[first + 1 :]])


def _number(name, value):
    return f"{value:.1%}" if name.endswith("accuracy") else f"{value:.4g}"
