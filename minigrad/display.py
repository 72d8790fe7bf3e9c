"""How a tensor and a model look as text and in a notebook: tables, plain or HTML.

Whatever a user may have named is escaped. The HTML has no colours of its own, so it reads in light and in dark
notebooks; its styles stand in the tags, because a notebook has styles for tables too.
"""

import html
import unicodedata
from dataclasses import dataclass
from typing import Any

import numpy as np

__all__ = ["Entry", "Layer", "html_table", "layers_of", "module_html", "tensor_html", "text_table", "totals"]

MOST_SIDE = 12  # rows or columns of an array that is shown as a table
MOST_NUMBERS = 100  # of an array that is shown whole
LINE = "1px solid rgba(128, 128, 128, 0.4)"
FONT = "font-family: monospace; font-size: 90%; line-height: 1.5"
SIDES = {"l": "left", "r": "right"}


# ---- tables ---------------------------------------------------------------------------------------------------------


def printable(text: str) -> str:
    """Text on one line: a newline or another control character is spelled out, as Python would."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


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


def html_table(head: list[str], rows: list[list[str]], align: str, notes: list[str] | tuple[str, ...] = ()) -> str:
    """The same as HTML, with notes below it; wide or long tables scroll."""
    cell = "padding: 0.15em 0.8em; white-space: pre; vertical-align: top; border: 0; text-align"

    def line(tag, texts, style):
        sides = zip(texts, align, strict=True)
        cells = (f'<{tag} style="{cell}: {SIDES[side]}; {style}">{_escaped(text)}</{tag}>' for text, side in sides)
        return f'<tr style="background: none">{"".join(cells)}</tr>'

    body = "".join(line("td", row, "") for row in rows)
    table = f'<table style="border-collapse: collapse; margin: 0; {FONT}"><thead>{line("th", head, _under())}</thead>'
    below = "".join(f"<div>{_escaped(note)}</div>" for note in notes)
    return (
        f'<div style="overflow: auto; max-height: 40em">{table}<tbody>{body}</tbody></table></div>'
        f'<div style="padding: 0.4em 0.7em; opacity: 0.8; {FONT}">{below}</div>'
    )


def _under():
    return f"border-bottom: {LINE}; font-weight: bold"


def _escaped(text):
    return html.escape(printable(text))


# ---- a tensor -------------------------------------------------------------------------------------------------------


def tensor_html(x: Any) -> str:
    """What a notebook shows of a tensor: name, dtype, shape, where it is from, its numbers, and its gradient's."""
    if x.node is not None:
        origin = f"computed by {x.node.op.name}"
    else:
        origin = "a leaf that requires grad" if x.requires_grad else ""
    name = f"<b>{_escaped(x.name)}</b>" if x.name else ""
    facts = [name, type(x).__name__, str(x.array.dtype), str(x.array.shape), html.escape(origin)]
    parts = [("value", numbers_html(x.array))]
    if x._grad is not None:  # reading .grad would warn where a computed tensor keeps none
        parts.append(("grad", numbers_html(x._grad.array)))
    elif x.requires_grad and x.node is None:
        parts.append(("grad", "none yet"))
    blocks = "".join(f'<div><div style="opacity: 0.7">{word}</div>{shown}</div>' for word, shown in parts)
    return (
        f'<div style="{FONT}"><div>{" &nbsp; ".join(filter(None, facts))}</div>'
        f'<div style="display: flex; flex-wrap: wrap; gap: 0.4em 2em; margin-top: 0.3em">{blocks}</div></div>'
    )


def numbers_html(array: np.ndarray) -> str:
    """An array of at most two dimensions and a few rows and columns as a table; others as NumPy prints them, cut."""
    if array.ndim > 2 or not array.size or max(array.shape, default=1) > MOST_SIDE:
        text = np.array2string(array, precision=4, separator=", ", threshold=MOST_NUMBERS)
        return f'<pre style="margin: 0; background: none; color: inherit; {FONT}">{html.escape(text)}</pre>'
    style = f"border: {LINE}; padding: 0.1em 0.6em; text-align: right; background: none"
    cells = [[f'<td style="{style}">{_number(x)}</td>' for x in row] for row in np.atleast_2d(array)]
    rows = "".join(f"<tr>{''.join(row)}</tr>" for row in cells)
    return f'<table style="border-collapse: collapse; margin: 0; {FONT}"><tbody>{rows}</tbody></table>'


def _number(x):
    return f"{x:.4g}" if isinstance(x, np.floating) else str(x)


# ---- a model --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Entry:
    """One parameter of a layer."""

    name: str
    shape: tuple[int, ...]
    trainable: bool
    shared: str | None = None  # the path under which it was met, and counted, before

    @property
    def count(self) -> int:
        """How many numbers it adds to the model."""
        return 0 if self.shared else int(np.prod(self.shape, dtype=np.int64))

    def __str__(self):
        marks = (f" = {self.shared}" if self.shared else "") + ("" if self.trainable else " frozen")
        return f"{self.name} {self.shape}{marks}"


@dataclass(frozen=True)
class Layer:
    """One line of a model's tree: a module, where it is, and the parameters that are its own."""

    path: str  # as in named_modules: the model's own is empty
    depth: int
    module: Any
    parameters: tuple[Entry, ...]
    same_as: str | None = None  # the path of the same module, met before

    @property
    def count(self) -> int:
        """How many numbers its own parameters add to the model."""
        return sum(entry.count for entry in self.parameters)

    @property
    def name(self) -> str:
        """Its place in the tree, indented."""
        return "  " * self.depth + (self.path.rpartition(".")[2] or "(model)")

    @property
    def kind(self) -> str:
        """Its class, and its settings where no parameter's shape tells them."""
        settings = "" if self.parameters or self.same_as else self.module.extra_repr()
        return type(self.module).__name__ + (f"({settings})" if settings else "")

    @property
    def contents(self) -> str:
        """Its own parameters, in words."""
        return f"same as {self.same_as}" if self.same_as else ", ".join(map(str, self.parameters))


def layers_of(module: Any) -> list[Layer]:
    """A module and all inside it as a tree, outermost first; what is met a second time refers to the first."""
    found: list[Layer] = []
    paths: dict[Any, str] = {}  # of the modules and the parameters met
    ahead = [("", 0, module)]
    while ahead:
        path, depth, here = ahead.pop()
        if here in paths:
            found.append(Layer(path, depth, here, (), same_as=paths[here] or "(model)"))
            continue
        paths[here] = path
        found.append(Layer(path, depth, here, tuple(_entries(path, here, paths))))
        children = [*here.named_children()]
        ahead += [(_join(path, name), depth + 1, child) for name, child in reversed(children)]
    return found


def _entries(path, module, paths):
    for name, parameter in module.named_parameters(recurse=False):
        shared = paths.get(parameter)
        paths.setdefault(parameter, _join(path, name))
        yield Entry(name, parameter.shape, parameter.requires_grad, shared)


def _join(path, name):
    return f"{path}.{name}" if path else name


def totals(layers: list[Layer]) -> str:
    """How many parameters there are, each counted once, and how many of them are trained."""
    entries = [entry for layer in layers for entry in layer.parameters]
    trainable = sum(entry.count for entry in entries if entry.trainable)
    frozen = sum(entry.count for entry in entries) - trainable
    return f"{trainable + frozen:,} parameters: {trainable:,} trainable, {frozen:,} frozen"


def module_html(module: Any) -> str:
    """What a notebook shows of a module: its tree, with the parameters' shapes and counts."""
    layers = layers_of(module)
    rows = [[x.name, x.kind, x.contents, f"{x.count:,}" if x.parameters else ""] for x in layers]
    return html_table(["layer", "class", "parameters", "count"], rows, "lllr", [totals(layers)])
