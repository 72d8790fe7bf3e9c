"""The learning curves of a training run: what the loss and the metrics did from epoch to epoch."""

from typing import Any

__all__ = ["learning_curves"]


def learning_curves(history: list[dict[str, float]]) -> Any:
    """Return a matplotlib Figure with a panel for the loss, logarithmic if it can be, and one for each metric.

    history: as `Trainer.history`; a column test_NAME is drawn into the panel of NAME. The figure belongs to no window
    and to no pyplot state; `savefig` writes it. Raises ValueError for a history without an epoch.
    """
    # matplotlib takes longer to load than XOR to learn: it comes when it is needed.
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    if not history:
        raise ValueError("learning_curves: the history has no epoch yet; train for at least one")
    panels = [name for name in history[0] if name not in ("epoch", "lr") and not name.startswith("test_")]
    figure = Figure(figsize=(4.5 * len(panels), 3.5), layout="constrained")
    FigureCanvasAgg(figure)  # draws into memory, so that no display is needed
    for axes, name in zip(figure.subplots(1, len(panels), squeeze=False)[0], panels, strict=True):
        draw_panel(axes, name, history)
    return figure


def draw_panel(axes, name, history):
    """Draw the column called name, and the one called test_name if there is one, over the epochs."""
    epochs = [row["epoch"] for row in history]
    columns = [column for column in (name, f"test_{name}") if column in history[0]]
    for column, label in zip(columns, ("training", "test"), strict=False):
        axes.plot(epochs, [row[column] for row in history], label=label, marker="." if len(epochs) < 50 else "")
    if name == "loss" and all(row[column] > 0 for row in history for column in columns):
        axes.set_yscale("log")
    axes.xaxis.get_major_locator().set_params(integer=True)
    axes.set_xlabel("epoch")
    axes.set_ylabel(name)
    axes.grid(alpha=0.3)
    axes.legend()
