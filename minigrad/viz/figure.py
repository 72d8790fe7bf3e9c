"""What all plots share: where they draw when no Axes is given, and their colours."""

from typing import Any

# To be told apart by everyone, and in grey by their lightness (after Okabe and Ito 2008).
COLORS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d")
GREY = "#64748b"


def new_axes(ax: Any = None, *, size: tuple[float, float] = (4.5, 3.5), shape: tuple[int, int] | None = None) -> Any:
    """ax itself, or, when it is None, Axes on a new figure that belongs to no window and to no pyplot state.

    size: of the figure, in inches.  shape: (rows, columns) for an array of Axes instead of one.
    """
    if ax is not None:
        return ax
    # matplotlib takes longer to load than XOR to learn: it comes when it is needed.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory, so that no display is needed
    return figure.subplots() if shape is None else figure.subplots(*shape, squeeze=False)


def grid(ax: Any) -> None:
    """Thin lines behind the data, and no frame around it but the two axes."""
    ax.grid(alpha=0.3)
    ax.set_axisbelow(True)
    ax.spines[["top", "right"]].set_visible(False)
