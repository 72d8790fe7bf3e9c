"""The backprop explorer: the story of an expression's gradients as one HTML file, to be stepped through.

All that there is to tell is worked out here, once, and put into the page as data; the page (`page/explorer.js`) shows
it. Only the page needs a program that draws graphs; the story as text does not.
"""

import base64
import functools
import html
import json
import os
import re
import zlib
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np
from numpy import ndarray

from minigrad.engine import Variable
from minigrad.viz import label, story
from minigrad.viz.files import write_whole
from minigrad.viz.graph import draw
from minigrad.viz.inline import inline
from minigrad.viz.names import is_number, names_of
from minigrad.viz.phrases import LANGUAGES, WORDS
from minigrad.viz.steps import trace_steps
from minigrad.viz.vertices import trace
from minigrad.viz.wrong import wrong_ways

__all__ = ["Explorer", "explore"]

PRECISION = 4  # significant digits
FEW = 12  # as many numbers are shown one by one; more are a heat map
MOST_ROWS = 4  # of them in a card
LEVELS, ZERO = 99, 300  # of size in a heat map, on either side of 0, and which character stands for 0
HEIGHT = 760  # of the frame in a notebook, in pixels
NOT_TRUSTED = "Run this cell to see the explorer. 运行此单元即可看到反向传播演示。"  # where frames are taken out
COMMENT = re.compile(r"(^|\s\s+)(// .*|/\*.*\*/)$")  # on a line of its own, or, after two blanks, at the end of one
ROWS = ("rule", "here", "shapes", "numbers", "undone")  # of a step's words; the page shows the numbers otherwise


def explore(
    root: Variable, gradient: Any = None, *, language: str | None = None, rankdir: str = "LR", max_nodes: int = 200
) -> "Explorer":
    """The story of root's gradients, step by step: a page to save, a frame in a notebook, or text when printed.

    Nothing is changed: no `.grad`, and no graph is freed. gradient: as for `backward()`. language: "en" or "zh"; left
    out, the page opens in the browser's, if it is one of these, and the text is English; the page can switch. rankdir:
    the way the graph is drawn, LR, TB, RL or BT. Raises TypeError for what is not a tensor, ValueError for a leaf and
    for more than max_nodes values, RuntimeError where `backward()` would, and also where the story would be untrue: any
    value was overwritten since. The backward of an `autograd.Function` is called more than once, with the right
    gradients and with those of the common mistakes; it should return the same for the same.

    Hooks are not called; where there are some, the story says so.

    On a stream that has no ×, such as one of ASCII, print() fails; `minigrad draw --text` spells it out.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> explore(x * x)
    <Explorer of 5 steps: .save("page.html") writes the page, print() tells the story, notebooks show it>
    """
    if language is not None and language not in LANGUAGES:
        raise ValueError(f"explore: language must be one of {', '.join(LANGUAGES)}, but got {language!r}")
    return Explorer(root, gradient, language, rankdir, max_nodes)


class Explorer:
    """The steps of one backward pass, as data (`steps`), as a page (`html`, `save`) and as text (`str`)."""

    def __init__(self, root, gradient, language, rankdir, max_nodes):
        self.steps = trace_steps(root, gradient, max_nodes=max_nodes)
        vertices, ways = trace(root, max_nodes), wrong_ways(root, gradient, max_nodes=max_nodes)
        self._text = story.text(self.steps, vertices, language or LANGUAGES[0], ways)
        self._story = _zipped({"language": language} | _told(self.steps, vertices, ways))
        self._room = _room(vertices, self.steps)
        self._picture = _picture(root, rankdir, vertices, self._room)  # DOT text; it is drawn when the page is made

    @functools.cached_property
    def html(self) -> str:
        """The page, which asks nothing of any other address. Raises RuntimeError where no program draws the graph."""
        rows = {f"n{i}": [(word, len(lines)) for word, lines in room] for i, room in enumerate(self._room)}
        parts = {
            "style": _page("explorer.css"),
            "graph": inline(self._picture.pipe("svg"), rows),
            "story": self._story,
            "words": _page("explorer_words.js"),
            "script": _page("explorer_zoom.js") + "\n" + _page("explorer.js"),
        }
        pieces = _page("explorer.html").split("{{")  # nothing that is put in is looked through again
        filled = [parts[name] + rest for name, rest in (piece.split("}}", 1) for piece in pieces[1:])]
        return pieces[0] + "".join(filled)

    def save(self, path: str | os.PathLike) -> Path:
        """Write the page into the file path, all of it or nothing, and return path.

        Raises FileNotFoundError for a folder that is not there, OSError, naming path, for what cannot be written, and
        RuntimeError as `html` does.
        """
        path = Path(path)
        if not path.parent.is_dir():
            raise FileNotFoundError(f"explore: there is no folder {path.parent}; make it first, or save elsewhere")
        if path.is_dir():
            raise IsADirectoryError(f"explore: {path} is a folder; give the name of a file in it, such as page.html")
        write_whole(path, self.html)
        return path

    def __str__(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return (
            f'<Explorer of {len(self.steps)} steps: .save("page.html") writes the page, print() tells the story, '
            "notebooks show it>"
        )

    def _repr_html_(self) -> str:
        """The page, in a frame that reaches nothing outside it; where nothing draws it, the ways out and the text."""
        try:
            page = self.html
        except RuntimeError as error:
            return f"<pre>{html.escape(str(error))}\n\n{html.escape(str(self))}</pre>"
        return (
            f'<iframe sandbox="allow-scripts" srcdoc="{html.escape(page)}" title="minigrad: backprop, step by step" '
            f'style="width: 100%; height: {HEIGHT}px; border: 0">{NOT_TRUSTED}</iframe>'
        )


def _page(name):
    """A part of the page, without indentation and comments, which only those who work on it need."""
    lines = (resources.files("minigrad.viz") / "page" / name).read_text(encoding="utf-8").splitlines()
    return "\n".join(filter(None, (COMMENT.sub("", line.strip()) for line in lines)))


# ---- the data -------------------------------------------------------------------------------------------------------


class _Texts:
    """Every text of the story once: most are said of many steps, which name them by their places in `known`."""

    def __init__(self) -> None:
        self.known: dict[str, int] = {}

    def place(self, said: str) -> int:
        """Where said is."""
        return self.known.setdefault(said, len(self.known))


class _Numbers:
    """Every array of the story once, as the page shows it; steps name it by its place in `described`."""

    def __init__(self) -> None:
        self.described: list[dict] = []
        self._places: dict[tuple, int] = {}

    def place(self, array: ndarray) -> int:
        """Where array is described."""
        array = np.asarray(array)
        key = array.shape, array.dtype.str, array.tobytes()
        if key not in self._places:
            self._places[key] = len(self.described)
            self.described.append(_described(array))
        return self._places[key]


def _described(array):
    """Shape, the lines that say it in a card, and its numbers in rows of so many columns; a single one is no row.

    Of many numbers only some, evenly spaced, and only how large they are, a character each: chr(ZERO + n) is n units.
    """
    rows = array.reshape(-1, array.shape[-1] if array.ndim else 1) if array.size else array.reshape(0, 1)
    said = {"lines": _said(array)}
    if array.ndim == 0:
        return said | {"values": [_short(array.item(), PRECISION)]}
    said["shape"] = array.shape
    if array.size <= FEW:
        return said | {"columns": rows.shape[1], "values": [_short(x, PRECISION) for x in rows.ravel().tolist()]}
    most = 16 if min(rows.shape) <= 4 else 8  # 64 in all: of a page with many arrays they are the largest part
    some = rows[np.ix_(*(np.linspace(0, n - 1, min(n, most)).astype(int) for n in rows.shape))].astype(float)
    unit = float(np.max(np.abs(some), initial=0, where=np.isfinite(some))) / LEVELS or 1.0
    words = {"NaN": "?", "Inf": "+", "-Inf": "-"}
    sizes = [words.get(label.number(x, 1)) or chr(ZERO + round(x / unit)) for x in some.ravel().tolist()]
    said |= {"some": array.size} if some.size < array.size else {}
    return said | {"columns": some.shape[1], "sizes": "".join(sizes), "unit": _short(unit, 3)}


def _said(array):
    """The lines that say array in a card: a few short rows of numbers are written out."""
    if label.FEW < array.size <= FEW and array.ndim > 1 and array.size // array.shape[-1] <= MOST_ROWS:
        return [label.numbers(row, PRECISION)[0] for row in array.reshape(-1, array.shape[-1])]
    return label.numbers(array, PRECISION if array.size <= label.FEW else PRECISION - 1)


def _short(x, digits):
    """x as JSON can say it, with no more than digits; what is not finite becomes a word."""
    if not np.isfinite(x):
        return label.number(x, digits)
    return x if isinstance(x, bool) else float(f"{x:.{digits}g}")


def _told(steps, vertices, ways):
    """Everything that the page tells, as it reads it."""
    numbers, texts = _Numbers(), _Texts()
    names, kinds = names_of(vertices), {vertex.kind for vertex in vertices}
    return {
        "vertices": names,
        "labels": {language: {word: WORDS[language][word] for word in (*ROWS, *ways)} for language in LANGUAGES},
        "steps": [_step(step, vertices, names, numbers, texts) for step in steps],
        "texts": list(texts.known),  # all of which the steps have put there by now
        "ways": {name: _compared(way, numbers) for name, way in ways.items()},
        "numbers": numbers.described,
        "fills": {kind: fill for kind, fill in label.FILLS.items() if kind in kinds},
    }


def _step(step, vertices, names, numbers, texts):
    """One step as the page reads it; what the page has no use for is left out."""
    arrays = ["upstream", "local", "contribution", "before", "total"]
    arrays += ["value"] if step.kind in ("given", "compute") else []
    arrays += ["raw"] if step.undone else []
    told = {"kind": step.kind, "vertex": step.vertex, "source": step.source, "place": step.place}
    if step.kind == "compute":
        told |= {"op": label.SYMBOLS.get(step.op, step.op), "inputs": step.inputs}
    if step.local is None:
        told["numbers"] = {name: numbers.place(array) for name, array in step.numbers.items()}
    told["said"] = _in_all_languages(step, vertices, names, texts)
    told |= {name: numbers.place(array) for name in arrays if (array := getattr(step, name)) is not None}
    return {name: value for name, value in told.items() if value not in (None, "", (), {})}


def _in_all_languages(step, vertices, names, texts):
    """{what is said: where it is among the texts, for each language in order}; a list of places for several texts."""
    said = [_words(story.panel(step, vertices, language, names)) for language in LANGUAGES]
    return {kind: [_places(words[kind], texts) for words in said] for kind in said[0]}


def _places(said, texts):
    return texts.place(said) if isinstance(said, str) else [texts.place(each) for each in said]


def _words(panel):
    """What a step says, as the page reads it: {"title", "text", and each of ROWS that it has}."""
    said = list(zip(panel.kinds, (text for _, text in panel.rows), strict=True))
    texts = [text for kind, text in said if kind in ("", "why")]
    return {"title": panel.title, "text": texts} | {kind: text for kind, text in said if kind in ROWS}


def _compared(way, numbers):
    """What a wrong way gives, as the page reads it."""
    wrong = {i: numbers.place(way.gradients[i]) for i in way.wrong if i in way.gradients}
    right = {i: numbers.place(way.right[i]) for i in way.wrong}
    return {"said": way.said, "wrong": way.wrong, "gradients": wrong, "right": right}


def _zipped(told):
    """told as JSON, deflated and in base64, so that nothing in it can be read as markup."""
    text = json.dumps(told, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    # half a surrogate pair, which UTF-8 has not, becomes \udxxx, which JSON reads back
    return base64.b64encode(zlib.compress(text.encode(errors="backslashreplace"), 9)).decode()


# ---- the graph ------------------------------------------------------------------------------------------------------


def _picture(root, rankdir, vertices, room):
    """The graph as `draw` has it, with the cards of the explorer: every value has a name, and room for its gradient."""
    picture = draw(root, rankdir=rankdir, max_nodes=len(vertices))
    for i, (vertex, name, rows) in enumerate(zip(vertices, names_of(vertices), room, strict=True)):
        title = "" if is_number(vertex) else label.ascii_of(name)
        signature = str(vertex.array.shape) if vertex.array.ndim else ""
        alarming = not np.isfinite(vertex.array).all()
        picture.node(f"n{i}", label.card(vertex.kind, title, signature, rows, alarming=alarming))  # replaces draw's
    picture.attr(label="", nodesep="0.3", ranksep="0.4")
    return picture


def _room(vertices, steps):
    """For each vertex the rows of its card: its value and, if it gets one, its gradient, with the room it needs."""
    totals = {}
    for step in steps:
        if step.total is not None:
            totals.setdefault(step.vertex if step.source is None else step.source, []).append(step.total)
    rows = [{"value": [vertex.array], "grad": totals.get(i, ())} for i, vertex in enumerate(vertices)]
    return [[(word, _lines(arrays)) for word, arrays in row.items() if arrays] for row in rows]


def _lines(arrays):
    """As many lines as any of arrays takes, each as wide as the widest."""
    lines = [_said(array) for array in arrays]
    widest = max((line for some in lines for line in some), key=len, default="")
    return [widest] * max(map(len, lines), default=0)
