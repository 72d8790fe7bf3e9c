"""Tables as text, for terminals."""

import unicodedata
from typing import TextIO

from minigrad.display import printable

__all__ = ["columns_of", "spelled_out", "text_table"]


def columns_of(text: str) -> int:
    """How many columns of a terminal text takes: Chinese characters take two each."""
    wide = sum(unicodedata.east_asian_width(c) in "WF" for c in text)
    return len(text) + wide - sum(unicodedata.combining(c) != 0 for c in text)


def text_table(head: list[str], rows: list[list[str]], align: str) -> str:
    """Rows of cells below a heading, in aligned columns; align has an "l" or an "r" for each column."""
    table = [[printable(cell) for cell in row] for row in (head, *rows)]
    widths = [max(map(columns_of, column)) for column in zip(*table, strict=True)]
    lines = []
    for row in table:
        blanks = [" " * (width - columns_of(cell)) for cell, width in zip(row, widths, strict=True)]
        cells = [b + cell if side == "r" else cell + b for cell, b, side in zip(row, blanks, align, strict=True)]
        lines.append("  ".join(cells).rstrip())
    return "\n".join([lines[0], "-" * (sum(widths) + 2 * len(widths) - 2), *lines[1:]])


def spelled_out(text: str, stream: TextIO | None) -> str:
    r"""text as stream can write it: a character that its encoding does not have is spelled out, as in \u5c42."""
    encoding = getattr(stream, "encoding", None) or "utf-8"
    return text.encode(encoding, "backslashreplace").decode(encoding)
