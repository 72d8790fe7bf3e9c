"""What all plots share: where they draw when no Axes is given, how a notebook shows them, and their colours."""

import functools
import math
from typing import Any

import numpy as np

from minigrad.display import printable
from minigrad.viz.files import plot_bytes

# To be told apart by everyone, and in grey by their lightness (after Okabe and Ito 2008).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")
GREY = "#64748b"
LONGEST = 32  # characters of a label; of a path the end says most


def new_axes(ax: Any = None, *, size: tuple[float, float] = (4.5, 3.5), shape: tuple[int, int] | None = None) -> Any:
    """ax itself, or, when it is None, Axes on a new figure that belongs to no window and to no pyplot state.

    The new ones show their figure where a notebook's cell ends with them.
    size: of the figure, in inches.  shape: (rows, columns) for an array of Axes instead of one.
    """
    if ax is not None:
        if shape is None and not hasattr(ax, "plot"):
            raise TypeError(f"ax: expected one matplotlib Axes, or None for a new one, but got {type(ax).__name__}")
        return ax
    # matplotlib takes longer to load than XOR to learn: it comes when it is needed.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory, so that no display is needed
    if shape is not None:
        return figure.subplots(*shape, squeeze=False).view(Panels)
    ax = figure.subplots()
    ax._repr_png_ = functools.partial(plot_bytes, ax)  # what notebooks ask an object for
    return ax


class Panels(np.ndarray):
    """An array of Axes on one figure, which a notebook shows."""

    def _repr_png_(self):
        return plot_bytes(self) if self.size else None


def new_panels(axes: Any, count: int, what: str, *, size: tuple[float, float] = (4.5, 3.5), columns: int = 0) -> Any:
    """An array of count Axes, (count,): those given, checked, or, when axes is None, new ones on one figure.

    what: whose panels they are, for the message.  size: of each panel, in inches.  columns: how many side by side; 0
    for as many as make the figure about square.  Raises ValueError for another number of Axes.
    """
    if axes is None:
        columns = min(count, columns or math.ceil(math.sqrt(count)))
        rows = math.ceil(count / columns)
        found = new_axes(size=(size[0] * columns, size[1] * rows), shape=(rows, columns)).ravel()
        for ax in found[count:]:
            ax.remove()
        return found[:count]
    found = np.array(axes, dtype=object).ravel()
    if len(found) != count:
        raise ValueError(
            f"{what}: there are {count} panels to draw, but axes holds {len(found)}; give one Axes for each"
        )
    for ax in found:
        new_axes(ax)  # raises for what is no Axes
    return found


def as_label(name: Any) -> str:
    """A name, or the end of a long one, on one line, as matplotlib should write it."""
    text = printable(str(name))
    return literal(text if len(text) <= LONGEST else f"…{text[1 - LONGEST :]}")


def literal(text: str) -> str:
    """Text as matplotlib should write it: what stands between two dollars it would take for mathematics."""
    return text.replace("$", r"\$")


def grid(ax: Any) -> None:
    """Thin lines behind the data, and no frame around it but the two axes."""
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)


def legend_on_top(ax: Any) -> None:
    """A legend in one row at the top, and the room for it: of a full picture it hides nothing, nor a title above it."""
    low, high = ax.get_ylim()
    ax.set_ylim(low, high + 0.15 * (high - low))
    ax.legend(loc="upper center", ncols=4, frameon=False, fontsize="small", columnspacing=1.2)
