"""Tests of the pictures of how training went: what stands in their lines, not their pixels."""

import io
import math

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure

import minigrad as mg
from minigrad.viz import plot_learning_curves, plot_lr_range

HISTORY = [
    {"epoch": n, "lr": 0.1, "loss": 1 / n, "accuracy": 1 - 1 / n, "test_loss": t, "test_accuracy": 1 - t}
    for n, t in enumerate((0.9, 0.7, 0.4, 0.5, 0.8), 1)
]
RATES = np.logspace(-4, 1, 101)
DEEP = 2.0 - np.tanh(3 * (np.log10(RATES) + 2))  # falls from 3 to 1, steepest at a rate of 0.01


def labels(ax):
    return [text.get_text() for text in ax.get_legend().get_texts()]


def named(ax, start):
    """The line whose label begins like this."""
    (line,) = [line for line in ax.lines if str(line.get_label()).startswith(start)]
    return line


def saved(axes):
    """Draw it, with every warning an error."""
    np.ravel(axes)[0].figure.savefig(io.BytesIO())
    return axes


# ---- learning curves ------------------------------------------------------------------------------------------------


def test_there_is_a_panel_for_the_loss_and_one_for_each_metric():
    loss, accuracy = plot_learning_curves(HISTORY)

    assert (loss.get_ylabel(), accuracy.get_ylabel()) == ("loss", "accuracy")
    assert (loss.get_yscale(), accuracy.get_yscale()) == ("log", "linear")
    assert labels(loss)[:2] == labels(accuracy)[:2] == ["training", "test"]


def test_the_lines_are_the_columns_of_the_history():
    _, accuracy = plot_learning_curves(HISTORY)

    assert named(accuracy, "training").get_xdata().tolist() == [1, 2, 3, 4, 5]
    assert named(accuracy, "training").get_ydata().tolist() == [row["accuracy"] for row in HISTORY]
    assert named(accuracy, "test").get_ydata().tolist() == [row["test_accuracy"] for row in HISTORY]


def test_a_dict_of_columns_is_a_history_too():
    columns = {name: [row[name] for row in HISTORY] for name in HISTORY[0]}

    drawn, expected = ([line for ax in plot_learning_curves(each) for line in ax.lines] for each in (columns, HISTORY))

    assert [line.get_ydata().tolist() for line in drawn if "test" in str(line.get_label())] == [
        columns["test_loss"], columns["test_accuracy"]
    ]  # fmt: skip
    assert [line.get_label() for line in drawn] == [line.get_label() for line in expected]


def test_columns_of_unequal_length_are_no_history():
    with pytest.raises(ValueError, match="columns must be equally long, one number an epoch; given loss 2, accuracy 1"):
        plot_learning_curves({"loss": [0.7, 0.5], "accuracy": [0.9]})


def test_training_and_test_are_told_apart_without_colour():
    loss, _ = plot_learning_curves(HISTORY)

    assert named(loss, "training").get_linestyle() != named(loss, "test").get_linestyle()


def test_every_panel_marks_the_epoch_with_the_lowest_test_loss():
    loss, accuracy = plot_learning_curves(HISTORY)

    assert named(loss, "lowest").get_xydata().tolist() == [[3, 0.4]]
    assert named(accuracy, "epoch").get_xydata().tolist() == [[3, 0.6]]
    assert labels(loss)[2] == "lowest, epoch 3: 0.4"


def test_without_test_data_the_lowest_training_loss_is_marked():
    (loss,) = plot_learning_curves([{"loss": value} for value in (0.5, 0.2, 0.3)])

    assert named(loss, "lowest").get_xydata().tolist() == [[2, 0.2]]


def test_a_single_epoch_has_a_point_and_no_best():
    (loss,) = saved(plot_learning_curves([{"epoch": 1, "lr": 0.1, "loss": 0.5}]))

    assert [line.get_xydata().tolist() for line in loss.lines] == [[[1, 0.5]]]


def test_a_loss_of_exactly_0_makes_the_scale_linear():
    (loss,) = saved(plot_learning_curves([{"epoch": n, "loss": 0.0} for n in (1, 2)]))

    assert loss.get_yscale() == "linear"


def test_numbers_missing_or_not_finite_leave_gaps():
    history = [{"loss": 0.5}, {"loss": math.inf, "test_loss": 0.3}, {"loss": 0.2, "test_loss": math.nan}]

    (loss,) = saved(plot_learning_curves(history))

    np.testing.assert_array_equal(named(loss, "training").get_ydata(), [0.5, math.nan, 0.2])
    np.testing.assert_array_equal(named(loss, "test").get_ydata(), [math.nan, 0.3, math.nan])
    assert named(loss, "lowest").get_xydata().tolist() == [[2, 0.3]]


def test_a_metric_that_exists_only_for_the_test_data_has_its_panel():
    panels = plot_learning_curves([{"loss": 0.5, "test_f1": 0.1}, {"loss": 0.4, "test_f1": 0.2}])

    assert [ax.get_ylabel() for ax in panels] == ["loss", "f1"]
    assert labels(panels[1])[0] == "test"


def test_the_axes_given_are_those_returned():
    given = Figure().subplots(2)

    assert plot_learning_curves(HISTORY, axes=given).tolist() == list(given)


@pytest.mark.parametrize(
    ("history", "message"),
    [([], "no epoch yet; train"), ([{"epoch": 1, "lr": 0.1}], "only epoch, lr; add a column")],
)
def test_a_history_without_anything_to_draw_is_refused(history, message):
    with pytest.raises(ValueError, match=message):
        plot_learning_curves(history)


def test_another_number_of_axes_is_refused():
    with pytest.raises(ValueError, match="there are 2 panels to draw, but axes holds 3"):
        plot_learning_curves(HISTORY, axes=Figure().subplots(3))


def test_what_is_no_axes_is_refused():
    with pytest.raises(TypeError, match="expected one matplotlib Axes, or None for a new one, but got str"):
        plot_learning_curves(HISTORY, axes=["a", "b"])


# ---- learning-rate range --------------------------------------------------------------------------------------------


def test_the_loss_is_drawn_over_a_logarithmic_rate():
    ax = plot_lr_range(RATES, DEEP)

    assert ax.get_xscale() == "log"
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("learning rate", "loss")
    np.testing.assert_array_equal(named(ax, "loss").get_xydata(), np.stack([RATES, DEEP], axis=1))


def test_the_moving_average_keeps_what_is_constant_and_calms_what_is_not():
    noise = np.random.default_rng(0).normal(size=101)

    flat = named(plot_lr_range(RATES, np.full(101, 2.0)), "moving").get_ydata()
    calm = named(plot_lr_range(RATES, 3 + noise), "moving").get_ydata()

    np.testing.assert_allclose(flat, 2.0)
    assert calm.std() < 0.5 * noise.std()


def test_the_steepest_descent_per_decade_is_marked():
    ((rate, loss),) = named(plot_lr_range(RATES, DEEP), "steepest").get_xydata()

    assert rate == pytest.approx(0.01)
    assert loss == pytest.approx(2.0)


def test_the_blow_up_is_where_the_loss_is_back_at_its_beginning():
    valley = 1 + np.abs(np.log10(RATES) + 2)  # from 3 down to 1 at a rate of 0.01, and at a rate of 1 back at 3

    ax = plot_lr_range(RATES, valley)

    assert named(ax, "blows up").get_xdata()[0] == pytest.approx(1, rel=0.15)


def test_the_explosion_does_not_flatten_what_came_before():
    explosion = DEEP + np.where(RATES > 1, 1e6 * (RATES - 1), 0)

    ax = saved(plot_lr_range(RATES, explosion))

    assert 0.5 < named(ax, "blows up").get_xdata()[0] < 1.5
    assert ax.get_ylim()[1] < 5


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_ends_the_lines_and_is_the_blow_up(value):
    losses = [*DEEP[:80], value, *DEEP[81:]]

    ax = saved(plot_lr_range(RATES, losses))

    assert named(ax, "blows up").get_xdata()[0] == RATES[80]
    assert len(named(ax, "moving").get_xdata()) == 80


def test_a_loss_that_only_falls_does_not_blow_up():
    assert [label.partition(" at ")[0] for label in labels(plot_lr_range(RATES, DEEP))] == [
        "loss",
        "moving average",
        "steepest",
    ]


def test_a_loss_that_only_grows_has_no_steepest_descent():
    assert not any("steepest" in label for label in labels(plot_lr_range(RATES, RATES + 1)))


def test_tensors_and_lists_of_tensors_are_taken_too():
    rates, losses = mg.tensor(RATES), [mg.tensor(loss) for loss in DEEP]

    np.testing.assert_array_equal(named(plot_lr_range(rates, losses), "loss").get_ydata(), DEEP)


@pytest.mark.parametrize(
    ("rates", "losses", "message"),
    [
        (RATES, DEEP[:-1], r"must both be \(T,\), given \(101,\) and \(100,\)"),
        (RATES[::-1], DEEP, "must be positive and growing"),
        (RATES - 1, DEEP, "must be positive and growing"),
        (RATES[:4], DEEP[:4], "at least 5 steps with a finite loss, given 4"),
        (RATES, np.full(101, math.nan), "at least 5 steps with a finite loss, given 0"),
        ([], [], "rates is empty"),
        ([math.nan] * 9, DEEP[:9], "rates holds 9 NaN or Inf"),
        (np.ones((2, 3)), DEEP[:2], r"given \(2, 3\) and \(2,\)"),
    ],
)
def test_what_is_no_range_test_is_refused(rates, losses, message):
    with pytest.raises(ValueError, match=message):
        plot_lr_range(rates, losses)


def test_words_are_refused():
    with pytest.raises(TypeError, match="rates must be numbers in a tensor, an array or even lists, given"):
        plot_lr_range(["slow", "fast"], [1, 2])


def test_an_array_where_one_axes_belongs_is_refused():
    with pytest.raises(TypeError, match="expected one matplotlib Axes"):
        plot_lr_range(RATES, DEEP, ax=Figure().subplots(2))


# ---- both -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("draw", [lambda: plot_learning_curves(HISTORY), lambda: plot_lr_range(RATES, DEEP)])
def test_no_window_is_opened_and_no_setting_changed(draw):
    before = dict(matplotlib.rcParams)

    saved(draw())

    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_one_axes_is_used_and_returned():
    ax = Figure().subplots()

    assert plot_lr_range(RATES, DEEP, ax=ax) is ax


@pytest.mark.parametrize("history", [None, 3, [1, 2], "abc", {"loss": 0.5}])
def test_what_is_no_history_is_refused(history):
    with pytest.raises(TypeError, match=r"a list with a dict for each epoch, but got .*; give trainer\.history"):
        plot_learning_curves(history)


def test_dollars_in_the_name_of_a_metric_are_no_mathematics():
    (ax,) = plot_learning_curves([{"epoch": 1, "$a_$": 0.5, "test_$a_$": 0.25}])

    ax.figure.savefig(io.BytesIO())

    assert ax.get_ylabel() == r"\$a_\$"
