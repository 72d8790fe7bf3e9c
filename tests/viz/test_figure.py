"""What a notebook shows of a plot."""

import numpy as np
from matplotlib.figure import Figure

from minigrad.viz import plot_learning_curves, plot_loss_function
from minigrad.viz.figure import Panels, new_axes, new_panels

PNG = b"\x89PNG\r\n\x1a\n"


def test_a_notebook_shows_the_figure_of_a_plot():
    ax = plot_loss_function("mse_loss")

    assert ax._repr_png_().startswith(PNG)


def test_it_shows_what_was_added_later():
    ax = new_axes()
    before = ax._repr_png_()

    ax.set_title("later")

    assert ax._repr_png_() != before


def test_it_shows_the_figure_of_several_panels():
    panels = plot_learning_curves(
        [{"epoch": 1, "loss": 2.0, "accuracy": 0.5}, {"epoch": 2, "loss": 1.0, "accuracy": 0.6}]
    )

    assert isinstance(panels, np.ndarray)
    assert panels._repr_png_().startswith(PNG)
    assert new_panels(None, 3, "three")[:2]._repr_png_().startswith(PNG)
    assert Panels((0,), object)._repr_png_() is None


def test_axes_that_were_given_belong_to_whoever_gave_them():
    ax = Figure().subplots()

    assert new_axes(ax) is ax
    assert not hasattr(ax, "_repr_png_")
