"""A curve as text: for a terminal, a log, or a mail."""

import itertools
import math
import os
from collections.abc import Sequence

import numpy as np

__all__ = ["SMALLEST", "can_write", "check_size", "is_terminal", "text_plot"]

BLOCKS = " ▁▂▃▄▅▆▇█", ("│", "┤", "└", "─")  # from an empty cell to a full one; the axis, with a number, corner, foot
ASCII = " .:#", ("|", "+", "+", "-")
SMALLEST = 20, 4  # characters and lines


def text_plot(
    values: Sequence[float], width: int = 60, height: int = 10, *, log: bool | None = None, unicode: bool = True
) -> str:
    """The values as a curve of so many characters and lines, the axes included; without a newline at the end.

    Where there are more values than columns, a column shows their mean. log: a logarithmic scale; None for where all
    are positive and the largest is ten times the smallest.  unicode: drawn in eighths of a line, else in ASCII.
    A column with a NaN or an infinity in it is marked with an exclamation mark.

    >>> print(text_plot([4, 2, 3, 1], width=24, height=5, unicode=False))
    4+######
     |######.....######
    1+#################.....
     +----------------------
      1                    4
    """
    check_size(width, height)
    glyphs, (bar, tick, corner, foot) = BLOCKS if unicode else ASCII
    heights, low, high, log = scaled(np.asarray(values, dtype=float), log)
    rows = height - 2  # above the foot and the numbers below it
    labels = {rows - 1: f"{high:.3g}", 0: f"{low:.3g}"} if low < high else {rows - 1: f"{high:.3g}"}
    margin = max(map(len, labels.values()))
    inside = width - margin - 1
    cells = [filled(column, rows, glyphs) for column in binned(heights, inside)]
    lines = []
    for row in reversed(range(rows)):
        label, line = labels.get(row, ""), "".join(column[row] for column in cells)
        lines.append(f"{label:>{margin}}{tick if label else bar}{line}".rstrip())
    lines.append(" " * margin + corner + foot * inside)
    last = f"{len(values)}"
    room = inside - 1 - len(last)
    note = "log scale" if log and room >= len("log scale") + 2 else ""
    lines.append(f"{' ' * margin} 1{note:^{room}}{last}")
    return "\n".join(lines)


def filled(height, rows, glyphs):
    """The characters of a column that is filled up to height, 0 to 1, from the lowest row up; "!" for a NaN."""
    if not math.isfinite(height):
        return "!".ljust(rows)
    full = len(glyphs) - 1
    parts = 1 + round(height * (rows * full - 1))  # at least one, so that the lowest value can be seen as well
    return [glyphs[min(max(parts - row * full, 0), full)] for row in range(rows)]


def scaled(values, log):
    """The values from 0 for the lowest to 1 for the highest, these two, and whether the scale is logarithmic."""
    finite = values[np.isfinite(values)]
    if values.ndim != 1 or not finite.size:
        raise ValueError(f"text_plot: values must be numbers in a row, one of them finite, given shape {values.shape}")
    low, high = float(finite.min()), float(finite.max())
    log = (low > 0 and high >= 10 * low) if log is None else log
    if log and low <= 0:
        raise ValueError(f"text_plot: a logarithmic scale has no place for {low:g}; leave out log")
    values = np.where(np.isfinite(values), values, np.nan)
    if low == high:
        return 1 + 0 * values, low, high, log
    a, b, values = (math.log(low), math.log(high), np.log(values)) if log else (low, high, values)
    if math.isinf(b - a):
        a, b, values = a / 4, b / 4, values / 4
    return (values - a) / (b - a), low, high, log


def binned(values, columns):
    """The mean of the values in each of so many columns, or the value itself where it takes several."""
    n = len(values)
    edges = np.arange(columns + 1) * n // columns
    return np.array([values[a : max(b, a + 1)].mean() for a, b in itertools.pairwise(edges)])


def check_size(width, height):
    """Raise TypeError for what is no size, ValueError for a drawing in which nothing could be seen."""
    for name, size in (("width", width), ("height", height)):
        if not isinstance(size, int | np.integer) or isinstance(size, bool):
            raise TypeError(f"text_plot: {name} must be an integer, given {size!r:.60}")
    if width < SMALLEST[0] or height < SMALLEST[1]:
        raise ValueError(
            f"text_plot: the smallest is {SMALLEST[0]} characters wide and {SMALLEST[1]} lines high, "
            f"given {width} and {height}"
        )


def is_terminal(stream):
    """Whether a drawing on stream can be replaced by the next one."""
    return stream is not None and stream.isatty() and os.environ.get("TERM") != "dumb"


def can_write(stream):
    """Whether the stream's encoding has the characters of the drawing."""
    try:
        f"{BLOCKS[0]}{''.join(BLOCKS[1])}".encode(getattr(stream, "encoding", None) or "utf-8")
    except UnicodeEncodeError:
        return False
    return True
