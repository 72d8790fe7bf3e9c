"""How training went: learning curves over the epochs, and the loss over growing learning rates."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.viz.evaluation import numbers
from minigrad.viz.figure import COLORS, GREY, as_label, grid, new_axes, new_panels

__all__ = ["plot_learning_curves", "plot_lr_range"]

# ---- over the epochs ------------------------------------------------------------------------------------------------


def plot_learning_curves(
    history: Sequence[Mapping[str, float]] | Mapping[str, Sequence[float]], *, axes: Any = None
) -> Any:
    """An array of Axes: a panel for the loss, logarithmic if it can be, and one for each metric.

    history: a dict for each epoch, as `Trainer.history`, or a dict of columns, such as {"loss": [0.7, 0.5]}; a column
    test_NAME is drawn into the panel of NAME. All panels mark the epoch with the lowest loss, on the test data if there
    are any. Where a number is missing or not finite its line has a gap. Raises TypeError for what is neither,
    ValueError for one without an epoch or without a column to draw, and for columns of unequal length.
    """
    rows = rows_of(history)
    if not rows:
        raise ValueError("plot_learning_curves: the history has no epoch yet; train for at least one")
    columns = dict.fromkeys(name for row in rows for name in row if name not in ("epoch", "lr"))
    panels = list(dict.fromkeys(name.removeprefix("test_") for name in columns))
    if not panels:
        raise ValueError(f"plot_learning_curves: the rows hold only {', '.join(rows[0])}; add a column such as loss")
    epochs = [row.get("epoch", i) for i, row in enumerate(rows, 1)]
    table = {name: np.array([row.get(name, math.nan) for row in rows], dtype=np.float64) for name in columns}
    best = best_row(table)
    found = new_panels(axes, len(panels), "plot_learning_curves", columns=len(panels))
    for ax, name in zip(found, panels, strict=True):
        draw_panel(ax, name, epochs, table, best)
    return found


def rows_of(history: Any) -> list[dict[str, float]]:
    """A dict for each epoch, given these or a dict of columns."""
    try:
        if not isinstance(history, Mapping):
            return [dict(row) for row in history]
        lengths = {name: len(column) for name, column in history.items()}
        rows = [dict(zip(history, row, strict=True)) for row in zip(*history.values(), strict=False)]
    except (TypeError, ValueError):
        raise TypeError(
            f"plot_learning_curves: expected a list with a dict for each epoch, but got {history!r:.60}; "
            "give trainer.history"
        ) from None
    if len(set(lengths.values())) > 1:
        said = ", ".join(f"{name} {length}" for name, length in lengths.items())
        raise ValueError(f"plot_learning_curves: the columns must be equally long, one number an epoch; given {said}")
    return rows


def best_row(table: Mapping[str, np.ndarray]) -> int | None:
    """The index of the lowest test loss, or training loss if there is none; None without any finite one."""
    for name in ("test_loss", "loss"):
        if name in table and np.isfinite(table[name]).any():
            return int(np.nanargmin(np.where(np.isfinite(table[name]), table[name], math.nan)))
    return None


def draw_panel(ax, name, epochs, table, best):
    """Draw the columns called name and test_name over the epochs, and mark the row called best."""
    looks = {name: ("training", "-", "o"), f"test_{name}": ("test", "--", "s")}
    looks = {column: look for column, look in looks.items() if column in table}
    for color, (column, (label, style, marker)) in zip(COLORS, looks.items(), strict=False):
        few = marker if len(epochs) < 30 else ""
        y = np.where(np.isfinite(table[column]), table[column], math.nan)
        ax.plot(epochs, y, style, color=color, marker=few, markersize=4, label=label)
        shown = y  # the last one drawn is the test data's, if there are any
    if len(epochs) > 1 and best is not None and math.isfinite(shown[best]):
        which = "lowest, epoch" if name == "loss" else "epoch"
        ax.axvline(epochs[best], color=GREY, linewidth=0.8, linestyle=":")
        label = f"{which} {epochs[best]:g}: {shown[best]:.4g}"
        ax.plot(epochs[best], shown[best], "*", color="black", markersize=10, linestyle="none", label=label, zorder=3)
    if name == "loss" and all((table[column][np.isfinite(table[column])] > 0).all() for column in looks):
        ax.set_yscale("log")
    ax.xaxis.get_major_locator().set_params(integer=True)
    ax.set_xlabel("epoch")
    ax.set_ylabel(as_label(name))
    grid(ax)
    ax.legend()


# ---- over learning rates --------------------------------------------------------------------------------------------


def plot_lr_range(rates: Any, losses: Any, *, ax: Any = None) -> Any:
    """Axes with the loss of each step of a learning-rate range test over the rate, on a logarithmic axis.

    rates (T,): positive and growing.  losses (T,): the loss met at each; NaN and Inf are where training blew up.
    Drawn are the losses, a moving average of them (over a twentieth of the steps), the rate of its steepest descent
    per decade, a good one to begin with, and the rate from which on the loss is above where it started, or not
    finite. Raises ValueError for fewer than five steps or other shapes.  Smith 2017.
    """
    rates, losses = checked_range(rates, losses)
    whole = len(losses) if np.isfinite(losses).all() else int(np.argmin(np.isfinite(losses)))
    if whole < 5:
        raise ValueError(f"plot_lr_range: needs at least 5 steps with a finite loss, given {whole}; start lower")
    smooth = moving_average(losses[:whole])
    steepest, blow_up = landmarks(rates, smooth)
    ax = new_axes(ax)
    ax.semilogx(rates[:whole], losses[:whole], color=GREY, linewidth=0.8, alpha=0.5, label="loss")
    ax.semilogx(rates[:whole], smooth, color=COLORS[0], linewidth=2, label="moving average")
    if steepest is not None:
        label = f"steepest at {rates[steepest]:.2g}"
        ax.plot(rates[steepest], smooth[steepest], "o", color=COLORS[1], markersize=8, label=label, zorder=3)
    if blow_up is not None:
        ax.axvline(rates[blow_up], color="black", linestyle="--", label=f"blows up at {rates[blow_up]:.2g}")
        low, high = losses[:blow_up].min(), max(smooth[0], losses[0])
        margin = 0.15 * (high - low) or 1.0
        ax.set_ylim(low - margin, high + 2 * margin)  # the explosion itself would flatten all that came before
        ax.set_xlim(right=min(3 * rates[blow_up], rates[-1]))
    ax.set_xlabel("learning rate")
    ax.set_ylabel("loss")
    grid(ax)
    ax.legend()
    return ax


def checked_range(rates: Any, losses: Any) -> tuple[np.ndarray, np.ndarray]:
    """rates and losses as arrays of one length, the rates positive and growing."""
    rates = numbers("plot_lr_range: rates", rates)
    losses = np.array([float(loss) for loss in losses])
    if rates.ndim != 1 or rates.shape != losses.shape:
        raise ValueError(
            f"plot_lr_range: rates and losses must both be (T,), given {rates.shape} and {losses.shape}; one loss per "
            "rate"
        )
    if rates[0] <= 0 or (np.diff(rates) <= 0).any():
        raise ValueError("plot_lr_range: the rates must be positive and growing, as the test raises them step by step")
    return rates, losses


def moving_average(y: np.ndarray) -> np.ndarray:
    """y (T,) averaged over a centred bell about a twentieth of it wide; near the ends over what there is of it."""
    bell = np.hanning(2 * max(1, len(y) // 20) + 3)[1:-1]
    return np.convolve(y, bell, mode="same") / np.convolve(np.ones_like(y), bell, mode="same")


def landmarks(rates: np.ndarray, smooth: np.ndarray) -> tuple[int | None, int | None]:
    """Where the smoothed loss falls fastest per decade of the rate, and where it blows up; None where it does not."""
    lowest = int(np.argmin(smooth))
    slope = np.gradient(smooth, np.log10(rates[: len(smooth)]))[: lowest + 1]
    steepest = int(np.argmin(slope)) if slope.min() < 0 else None
    above = np.flatnonzero(smooth[lowest:] > smooth[0])
    if len(above):
        return steepest, lowest + int(above[0])
    return steepest, len(smooth) if len(smooth) < len(rates) else None
