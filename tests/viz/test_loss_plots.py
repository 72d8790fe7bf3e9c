"""Tests of the pictures of loss functions: the derivative drawn is that of the loss drawn."""

import io

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F  # noqa: N812
from minigrad.viz import losses, plot_loss_function, plot_loss_gallery

SHOWN = sorted(losses.LOSSES)


def named(ax, label):
    """The x and the y of the line with this label."""
    (line,) = [line for line in ax.lines if line.get_label() == label]
    return line.get_xdata(), line.get_ydata()


def hinge(prediction, target):
    return F.relu(1 - target * prediction)


def test_the_gallery_shows_every_loss_function_there_is():
    others = {"dropout", "leaky_relu", "linear", "log_softmax", "relu", "sigmoid", "softmax", "tanh"}

    assert set(SHOWN) == {name for name in F.__all__ if name.endswith(("_loss", "entropy", "_logits", "_div"))}
    assert set(SHOWN).isdisjoint(others)
    assert [ax.get_title() for ax in plot_loss_gallery()] == list(losses.LOSSES)


@pytest.mark.parametrize("loss", [*SHOWN, hinge, lambda p, y: ((p - y) ** 3).abs().mean()])
@pytest.mark.parametrize("no_or_yes", [0.0, 1.0])
def test_the_derivative_drawn_is_the_slope_of_the_loss_drawn(loss, no_or_yes):
    target = 2 * no_or_yes - 1 if loss == "hinge_embedding_loss" else no_or_yes
    ax = plot_loss_function(loss, target=target)

    x, y = named(ax, "loss")
    _, slope = named(ax, "derivative")
    smooth = np.isfinite(slope[2:]) & np.isfinite(slope[1:-1]) & np.isfinite(slope[:-2])
    finite_differences = (y[2:] - y[:-2]) / (x[2:] - x[:-2])  # of a parabola exact, else to the third order
    even = np.isclose(x[2:] - x[1:-1], x[1:-1] - x[:-2]) & smooth
    assert even.sum() > 350
    np.testing.assert_allclose(slope[1:-1][even], finite_differences[even], rtol=2e-2, atol=2e-3)


@pytest.mark.parametrize(
    ("name", "target", "x", "expected", "slope"),
    [
        ("mse_loss", 2.0, 3.5, 2.25, 3.0),
        ("l1_loss", 2.0, 3.5, 1.5, 1.0),
        ("binary_cross_entropy", 1.0, 0.5, np.log(2), -2.0),
        ("binary_cross_entropy_with_logits", 0.0, 0.0, np.log(2), 0.5),
        ("cross_entropy", 1.0, 0.0, np.log(2), -0.5),
        ("cross_entropy", 0.0, 5.0, np.log1p(np.exp(-5)) + 5, 1 / (1 + np.exp(-5))),
        ("nll_loss", 1.0, -3.0, 3.0, -1.0),
        ("smooth_l1_loss", 0.0, -3.0, 2.5, -1.0),
        ("huber_loss", 0.0, 0.3, 0.045, 0.3),
        ("hinge_embedding_loss", -1.0, 0.3, 0.7, -1.0),
        ("focal_loss", 1.0, 0.0, np.log(2) / 4, -(0.5 + np.log(2)) / 4),
        ("kl_div", 0.5, -1.0, (1 - np.log(2)) / 2, -0.5),
    ],
)
def test_the_curves_pass_through_points_known_by_hand(name, target, x, expected, slope):
    ax = plot_loss_function(name, target=target)

    xs, ys = named(ax, "loss")
    i = np.argmin(np.abs(xs - x))
    assert xs[i] == pytest.approx(x, abs=1e-9)
    assert ys[i] == pytest.approx(expected)
    assert named(ax, "derivative")[1][i] == pytest.approx(slope)


def test_both_curves_are_told_apart_without_colour():
    lines = {line.get_label(): line.get_linestyle() for line in plot_loss_function("mse_loss").lines}

    assert lines["loss"] != lines["derivative"]


def test_a_kink_breaks_the_derivative_and_shows_the_slope_taken_there():
    ax = plot_loss_function("l1_loss", target=0.3)

    x, slope = named(ax, "derivative")
    (at,) = np.flatnonzero(np.isnan(slope))
    assert x[at] == pytest.approx(0.3, abs=1e-6)
    assert slope[[at - 1, at + 1]].tolist() == [-1, 1]
    assert [v.tolist() for v in named(ax, "at the kink")] == [[pytest.approx(0.3)], [0]]


def test_every_kink_is_found_also_between_the_points_drawn():
    def two_kinks(p, y):
        return (p - 0.12345).abs() + (p + 1.5).abs()

    x, slope = named(plot_loss_function(two_kinks), "at the kink")

    np.testing.assert_allclose(x, [-1.5, 0.12345], atol=1e-6)
    assert slope.tolist() == [-1, 1]


def test_a_kink_is_found_in_a_narrow_range_too():
    ax = plot_loss_function("l1_loss", target=0.12345678, limits=(0.12345, 0.12348))

    x, slope = named(ax, "at the kink")
    assert (x.tolist(), slope.tolist()) == ([0.12345678], [0])


@pytest.mark.parametrize("name", ["mse_loss", "binary_cross_entropy", "cross_entropy"])
def test_a_smooth_loss_has_no_kink(name):
    assert "at the kink" not in [line.get_label() for line in plot_loss_function(name).lines]


def test_a_derivative_that_runs_away_does_not_flatten_the_loss():
    ax = plot_loss_function("binary_cross_entropy")

    assert named(ax, "derivative")[1].min() < -40
    assert -10 < ax.get_ylim()[0] < ax.get_ylim()[1] < 10


@pytest.mark.parametrize("loss", ["l1_loss", F.l1_loss, nn.L1Loss(), nn.L1Loss(reduction="none")])
def test_a_name_a_function_and_a_module_draw_the_same(loss):
    x, y = named(plot_loss_function(loss, target=1.0), "loss")

    np.testing.assert_allclose(y, np.abs(x - 1))


def test_a_module_is_drawn_with_its_own_settings():
    smoothed = plot_loss_function(nn.CrossEntropyLoss(label_smoothing=0.2))

    x, y = named(smoothed, "loss")
    np.testing.assert_allclose(y, np.log1p(np.exp(-x)) + 0.1 * x, rtol=1e-6)


def test_limits_are_the_range_of_predictions():
    x, _ = named(plot_loss_function("mse_loss", limits=(-1, 2)), "loss")

    assert (x[0], x[-1]) == (-1, 2)


def test_a_loss_that_does_not_depend_on_the_prediction_has_slope_0():
    _, slope = named(plot_loss_function(lambda p, y: y * 2), "derivative")

    assert not slope.any()


def test_derivatives_are_found_inside_no_grad_too():
    with mg.no_grad():
        _, slope = named(plot_loss_function("mse_loss"), "derivative")

    assert slope[-1] == 6


def test_the_label_says_what_is_on_the_axis_and_which_target():
    ax = plot_loss_function("binary_cross_entropy_with_logits", target=0)

    assert ax.get_xlabel() == "logit (target 0)"


@pytest.mark.parametrize(
    ("error", "message", "call"),
    [
        (
            ValueError,
            "there is no loss function 'mse'; there are mse_loss, l1_loss",
            lambda: plot_loss_function("mse"),
        ),
        (TypeError, "expected a name or a function, but got a int", lambda: plot_loss_function(3)),
        (
            ValueError,
            r"the target of cross_entropy must lie in \[0, 1\], given 2",
            lambda: plot_loss_function("cross_entropy", target=2),
        ),
        (
            ValueError,
            "limits must be .low, high., growing, given",
            lambda: plot_loss_function("l1_loss", limits=(2, 1)),
        ),
        (ValueError, "limits must be", lambda: plot_loss_function("l1_loss", limits=(0, np.inf))),
        (ValueError, "limits must be .* given .1,.", lambda: plot_loss_function("l1_loss", limits=(1,))),
        (ValueError, "limits must be .* given 'ab'", lambda: plot_loss_function("l1_loss", limits="ab")),
        (ValueError, "must be a finite number, given nan", lambda: plot_loss_function("mse_loss", target=np.nan)),
        (ValueError, "must be a finite number, given 'a'", lambda: plot_loss_function("mse_loss", target="a")),
        (
            ValueError,
            "the target of nll_loss is a class, 0 or 1, given 0.5",
            lambda: plot_loss_function("nll_loss", target=0.5),
        ),
        (TypeError, "must be a tensor of one number, given float", lambda: plot_loss_function(lambda p, y: 1.0)),
        (
            TypeError,
            r"must be a tensor of one number, given \(2,\)",
            lambda: plot_loss_function(lambda p, y: mg.cat([p, y])),
        ),
        (ValueError, "NaN or Inf between -3 and 3", lambda: plot_loss_function(lambda p, y: p / (p * 0))),
        (
            ValueError,
            f"{len(SHOWN)} panels to draw, but axes holds 2",
            lambda: plot_loss_gallery(axes=Figure().subplots(2)),
        ),
    ],
)
@pytest.mark.filterwarnings("ignore:.*encountered:RuntimeWarning")
def test_what_cannot_be_drawn_is_refused(error, message, call):
    with pytest.raises(error, match=message):
        call()


def test_the_axes_given_are_those_returned():
    ax, axes = Figure().subplots(), Figure().subplots(1, len(SHOWN))

    assert plot_loss_function("mse_loss", ax=ax) is ax
    assert plot_loss_gallery(axes=axes).tolist() == axes.ravel().tolist()


def test_no_window_is_opened_and_no_setting_changed():
    before = dict(matplotlib.rcParams)

    plot_loss_gallery()[0].figure.savefig(io.BytesIO())

    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


def test_dollars_in_the_name_of_a_function_are_no_mathematics():
    def loss(p, y):
        return (p - y).abs()

    loss.__name__ = "$a_$"

    ax = plot_loss_function(loss)

    ax.figure.savefig(io.BytesIO())
    assert ax.get_title() == r"\$a_\$"
