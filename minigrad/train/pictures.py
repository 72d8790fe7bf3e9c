"""The pictures that `minigrad train TASK --watch` writes into the run's folder."""

import os
from collections.abc import Iterator
from functools import cache, partial
from typing import Any

import numpy as np

from minigrad import viz
from minigrad.autograd import no_grad
from minigrad.functions import cat
from minigrad.train.live import Watch
from minigrad.utils.data import DataLoader, Dataset
from minigrad.viz.aside import snapshot

__all__ = ["WatchBoundary", "WatchDigits"]

FRAMES = 30  # of an animation, at most


class WatchBoundary(Watch):
    """For two numbers in: where a model draws the line between the classes, and in the end how it got there."""

    def __init__(self, folder: str | os.PathLike, data: Dataset, **settings: Any) -> None:
        super().__init__(folder, **settings)
        ((self.inputs, self.targets),) = DataLoader(data, batch_size=len(data))
        self.snapshots: list[tuple[int, dict]] = []

    def on_epoch_start(self, trainer: Any) -> None:
        """Keep the model as it is before it has learned anything, or before it goes on."""
        if not self.snapshots:
            self.keep(trainer)

    def on_epoch_end(self, trainer: Any) -> None:
        """Keep the model of some epochs: of many in the beginning, when much happens in each, and of ever fewer."""
        if trainer.epoch in np.geomspace(1, trainer.epochs, FRAMES).round():
            self.keep(trainer)
        super().on_epoch_end(trainer)

    def keep(self, trainer):
        """Add a frame."""
        self.snapshots.append((trainer.epoch, snapshot(trainer.model)))

    def pictures(self, trainer: Any, last: bool) -> Iterator[tuple[str, Any]]:
        """The boundary as it is now; in the end, the frames in a GIF and in a page with a player."""
        yield from super().pictures(trainer, last)
        yield "boundary.png", partial(viz.plot_decision_boundary, trainer.model, self.inputs, self.targets)
        if last and len(self.snapshots) > 1:
            given = trainer.model, self.snapshots, self.inputs, self.targets
            learned = cache(lambda: viz.animate_decision_boundary(*given))
            yield "boundary.gif", learned
            yield "boundary.html", learned


class WatchDigits(Watch):
    """For images and their classes: what the first layer looks for, what is taken for what, and what is wrong."""

    def __init__(self, folder: str | os.PathLike, data: Dataset, **settings: Any) -> None:
        super().__init__(folder, **settings)
        self.data = data

    def pictures(self, trainer: Any, last: bool) -> Iterator[tuple[str, Any]]:
        """The weights as images, the confusion matrix on the data, and the mistakes it was most sure of."""
        yield from super().pictures(trainer, last)
        yield "weights.png", partial(viz.plot_weight_images, trainer.model)
        yield "confusion.png", lambda: viz.plot_confusion_matrix(*self.predicted(trainer.model))
        yield "mistakes.png", partial(viz.plot_mistakes, trainer.model, self.data)

    def predicted(self, model):
        """The true classes and the predicted ones."""
        targets, predictions = [], []
        with no_grad():
            for inputs, target in DataLoader(self.data, batch_size=1000):
                targets.append(target)
                predictions.append(model(inputs).argmax(dim=1))
        return cat(targets), cat(predictions)
