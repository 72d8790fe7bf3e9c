"""Training: the loop, what it reports, and how a run is stopped and resumed to the same bits."""

from minigrad.train.callbacks import Callback
from minigrad.train.interrupt import Interrupted
from minigrad.train.live import LivePlot, TextPlot, Watch
from minigrad.train.metrics import correct
from minigrad.train.progress import Progress
from minigrad.train.terminal import text_plot
from minigrad.train.trainer import Trainer

__all__ = [
    "Callback", "Interrupted", "LivePlot", "Progress", "TextPlot", "Trainer", "Watch", "correct", "text_plot",
]  # fmt: skip
