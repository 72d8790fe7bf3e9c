"""What happens around the training loop: a callback is told of every event and looks at the trainer."""

from typing import Any

__all__ = ["Callback"]


class Callback:
    """Told by `Trainer.fit` what has just happened; override the events you need.

    At each of them the trainer holds whole steps only, so its `state_dict()` may be saved.
    """

    def on_epoch_start(self, trainer: Any) -> None:
        """Act before the first batch of an epoch is drawn, or before the first of those left in a resumed one."""

    def on_step_end(self, trainer: Any) -> None:
        """Act after the parameters have been updated from one batch."""

    def on_epoch_end(self, trainer: Any) -> None:
        """Act after the epoch's row has been added to `trainer.history`."""

    def on_fit_end(self, trainer: Any) -> None:
        """Act when `fit` is left, be it done, interrupted or failed."""
