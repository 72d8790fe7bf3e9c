"""The learning curves of a training run, as a figure to be saved."""

from collections.abc import Mapping, Sequence
from typing import Any

from minigrad.viz.curves import plot_learning_curves

__all__ = ["learning_curves"]


def learning_curves(history: Sequence[Mapping[str, float]]) -> Any:
    """Return the matplotlib Figure on which `viz.plot_learning_curves` draws the history; `savefig` writes it.

    It belongs to no window and to no pyplot state. Raises ValueError for a history without an epoch.
    """
    return plot_learning_curves(history)[0].figure
