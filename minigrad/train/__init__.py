"""Training: the loop, what it reports, and how a run is stopped and resumed to the same bits."""

from minigrad.train.callbacks import (
    Callback,
    CSVLogger,
    EarlyStopping,
    GradientClipping,
    ModelCheckpoint,
    Schedule,
)
from minigrad.train.evaluation import collect
from minigrad.train.interrupt import Interrupted
from minigrad.train.live import LivePlot, TextPlot, Watch
from minigrad.train.lr_range import lr_range_test
from minigrad.train.metrics import (
    accuracy,
    confusion_matrix,
    correct,
    f1_score,
    precision,
    r2_score,
    recall,
    top_k_accuracy,
    top_k_correct,
)
from minigrad.train.progress import Progress
from minigrad.train.terminal import text_plot
from minigrad.train.trainer import Trainer

__all__ = [
    "CSVLogger", "Callback", "EarlyStopping", "GradientClipping", "Interrupted", "LivePlot", "ModelCheckpoint",
    "Progress", "Schedule", "TextPlot", "Trainer", "Watch", "accuracy", "collect", "confusion_matrix", "correct",
    "f1_score", "lr_range_test", "precision", "r2_score", "recall", "text_plot", "top_k_accuracy", "top_k_correct",
]  # fmt: skip
