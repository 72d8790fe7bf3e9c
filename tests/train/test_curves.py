"""Tests of the figure of the learning curves."""

import io

import matplotlib
import pytest

from minigrad.train.curves import learning_curves

HISTORY = [
    {"epoch": n, "lr": 0.1, "loss": 1 / n, "accuracy": 1 - 1 / n, "test_loss": 2 / n, "test_accuracy": 1 - 2 / n}
    for n in range(1, 6)
]


def test_there_is_a_panel_for_the_loss_and_one_for_each_metric():
    loss, accuracy = learning_curves(HISTORY).axes

    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert [text.get_text() for text in loss.get_legend().get_texts()] == ["training", "test"]


def test_the_lines_are_the_columns_of_the_history():
    _, accuracy = learning_curves(HISTORY).axes

    assert [line.get_xdata().tolist() for line in accuracy.lines] == [[1, 2, 3, 4, 5]] * 2
    assert accuracy.lines[1].get_ydata().tolist() == [row["test_accuracy"] for row in HISTORY]


def test_a_run_without_test_data_has_one_line_per_panel():
    history = [{"epoch": 1, "lr": 0.1, "loss": 0.5}]

    (loss,) = learning_curves(history).axes

    assert len(loss.lines) == 1


def test_it_draws_without_a_display_and_leaves_the_settings_of_matplotlib_alone():
    before = dict(matplotlib.rcParams)
    file = io.BytesIO()

    learning_curves(HISTORY).savefig(file)

    assert file.getvalue().startswith(b"\x89PNG")
    assert dict(matplotlib.rcParams) == before


def test_a_loss_of_exactly_0_is_drawn_too():
    history = [{"epoch": n, "lr": 0.1, "loss": 0.0} for n in (1, 2)]

    learning_curves(history).savefig(io.BytesIO())


def test_an_empty_history_is_refused():
    with pytest.raises(ValueError, match="no epoch yet"):
        learning_curves([])
