"""Tests of the figure of the learning curves that a run leaves behind."""

import io

import pytest

from minigrad.train.curves import learning_curves
from minigrad.viz import plot_learning_curves

HISTORY = [
    {"epoch": n, "lr": 0.1, "loss": 1 / n, "accuracy": 1 - 1 / n, "test_loss": 2 / n, "test_accuracy": 1 - 2 / n}
    for n in range(1, 6)
]


def data(axes):
    return [[list(line.get_ydata()) for line in ax.lines] for ax in axes]


def test_the_figure_holds_the_panels_that_the_plot_draws():
    figure = learning_curves(HISTORY)

    assert data(figure.axes) == data(plot_learning_curves(HISTORY))
    assert len(figure.axes) == 2


def test_the_figure_is_saved_without_a_display():
    file = io.BytesIO()

    learning_curves(HISTORY).savefig(file)

    assert file.getvalue().startswith(b"\x89PNG")


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="no epoch yet"):
        learning_curves([])
