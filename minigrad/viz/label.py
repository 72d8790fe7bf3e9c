"""What a picture says in words and numbers: about a tensor, in a card; about an operation; about the colours used.

All of it is ASCII, because renderers measure other characters wrongly; what a name really is goes into its tooltip.
Widths are given to every cell, so that a viewer with a wider font than the renderer's does not spill over.
"""

import html
import reprlib
import textwrap

import graphviz
import numpy as np

from minigrad.display import printable

FEW = 6  # as many numbers are shown one by one
LONGEST = 24  # characters of a name or a parameter
FONT, SMALL = "Helvetica", 10
WORD = 36  # points for "value" and "grad"
INK, GREY, VIOLET, RED = "#0f172a", "#64748b", "#6d28d9", "#dc2626"
PALE = "#ffffff"  # on the dark fills
MID = "#718096"  # outside the cards: to be read on white and on black
FILLS = {  # the vocabulary: kind → (fill, outline); every picture speaks it
    "input": ("#dbeafe", "#7ba7e0"),
    "parameter": ("#ffedd0", "#dba55a"),
    "constant": ("#e2e8f0", "#a3afbf"),
    "intermediate": ("#ffffff", "#94a3b8"),
    "operation": ("#334155", "#718096"),
    "module": ("#4338ca", "#8b83ea"),
    "output": ("#d3f2dd", "#5fae7d"),
    "loss": ("#fbd5e5", "#d6709f"),
}
CLUSTER = {"style": "rounded,filled", "color": "#71809699", "fillcolor": "#71809618", "labelloc": "t", "labeljust": "l"}
MISSING = {"shape": "box", "style": "dashed,rounded", "color": MID, "fontcolor": MID, "height": "0.3"}
COLORS = frozenset(  # the names that Graphviz knows; many of them also with a number from 1 to 4 behind them
    """aliceblue antiquewhite aqua aquamarine azure beige bisque black blanchedalmond blue blueviolet brown burlywood
    cadetblue chartreuse chocolate coral cornflowerblue cornsilk crimson cyan darkblue darkcyan darkgoldenrod darkgray
    darkgreen darkgrey darkkhaki darkmagenta darkolivegreen darkorange darkorchid darkred darksalmon darkseagreen
    darkslateblue darkslategray darkslategrey darkturquoise darkviolet deeppink deepskyblue dimgray dimgrey dodgerblue
    firebrick floralwhite forestgreen fuchsia gainsboro ghostwhite gold goldenrod gray green greenyellow grey honeydew
    hotpink indianred indigo ivory khaki lavender lavenderblush lawngreen lemonchiffon lightblue lightcoral lightcyan
    lightgoldenrod lightgoldenrodyellow lightgray lightgreen lightgrey lightpink lightsalmon lightseagreen lightskyblue
    lightslateblue lightslategray lightslategrey lightsteelblue lightyellow lime limegreen linen magenta maroon
    mediumaquamarine mediumblue mediumorchid mediumpurple mediumseagreen mediumslateblue mediumspringgreen
    mediumturquoise mediumvioletred midnightblue mintcream mistyrose moccasin navajowhite navy navyblue oldlace olive
    olivedrab orange orangered orchid palegoldenrod palegreen paleturquoise palevioletred papayawhip peachpuff peru pink
    plum powderblue purple red rosybrown royalblue saddlebrown salmon sandybrown seagreen seashell sienna silver skyblue
    slateblue slategray slategrey snow springgreen steelblue tan teal thistle tomato transparent turquoise violet
    violetred wheat white whitesmoke yellow yellowgreen""".split()  # noqa: SIM905 - a list of so many words in quotes is no easier to read
)
SYMBOLS = {"add": "+", "sub": "-", "neg": "-", "mul": "*", "div": "/", "power": "**", "matmul": "@", "remainder": "%"}


def ascii_of(text, longest=LONGEST):
    """text with all but printable ASCII spelled out, as Python would (a newline as \\n), and cut if it is long."""
    spelled = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in text)
    return spelled if len(spelled) <= longest else f"{spelled[: longest - 3]}..."


def escape(text):
    """text as it may stand between the tags of a DOT label."""
    escaped = html.escape(text).replace("\\", "\\\\")  # \N and its like stand for things, there too
    return escaped.replace("]", "&#93;") if escaped.startswith("]") else escaped  # Graphviz 2.43 fails on a bare ]


def plain(text):
    """text as a DOT string, in any language: nothing in it is taken for markup or for an escape sequence."""
    lines = "\n".join(map(printable, text.split("\n")))
    return graphviz.escape(lines.replace("&", "&amp;"))


def tooltip(text):
    """text as a DOT tooltip, in which renderers look for escape sequences twice."""
    return plain(text.replace("\\", "\\\\"))


class _Short(reprlib.Repr):
    """Writes containers of any length in no time, and leaves everything else to its own __repr__."""

    def __init__(self):
        super().__init__()
        self.maxlist = self.maxtuple = self.maxdict = self.maxset = self.maxfrozenset = self.maxarray = 50
        self.maxstring = self.maxlong = self.maxother = 500

    def repr_instance(self, x, level):
        return repr(x)


def written(value):
    """value as Python would write it, if that is short and can be had; what follows is cut sooner than it ends."""
    try:
        return _Short().repr(value)
    except Exception:  # of a __repr__ that somebody else wrote
        return f"<{type(value).__name__}>"


# ---- numbers --------------------------------------------------------------------------------------------------------


def number(x, precision):
    """One number with at most that many significant digits; 2.0 reads as 2."""
    if isinstance(x, bool | np.bool_) or (isinstance(x, int | np.integer) and abs(int(x)) < 10**6):
        return str(x)
    if not np.isfinite(x):
        return "NaN" if np.isnan(x) else "Inf" if x > 0 else "-Inf"
    return f"{float(x) + 0.0:.{precision}g}"  # + 0.0 turns -0 into 0


def numbers(array, precision):
    """The lines that describe array: its numbers, a row a line, when they are few; else mean, spread and range."""
    if array.size == 0:
        return ["empty"]
    if array.ndim == 0:
        return [number(array[()], precision)]
    if array.size <= FEW:
        rows = array.reshape(-1, array.shape[-1])
        return [f"[{', '.join(number(x, precision) for x in row)}]" for row in rows]
    return _summary(array, precision)


def _summary(array, precision):
    finite = array[np.isfinite(array)]
    missing = [f"{array.size - finite.size} of {array.size} NaN or Inf"] if finite.size < array.size else []
    if not finite.size:
        return missing
    low, high = finite.min(), finite.max()
    if low == high and not missing:
        return [f"all {number(low, precision)}"]
    with np.errstate(over="ignore", invalid="ignore"):
        mean, std = finite.mean(dtype=np.float64), finite.std(dtype=np.float64)
    spread = f"mean {number(mean, precision)}, std {number(std, precision)}"
    return [spread, f"{number(low, precision)} to {number(high, precision)}", *missing]


# ---- cards ----------------------------------------------------------------------------------------------------------


def card(kind, title, signature, rows, *, alarming=False, fill=None):
    """The DOT label of a value: title and signature, then a line or more for each (word, lines) in rows.

    fill takes the place of the kind's own colour.
    """
    table = _table(kind, alarming, fill)
    heading = "  ".join(filter(None, (f"<B>{escape(title)}</B>" if title else "", _small(signature))))
    needed = [_width(line) for _, lines in rows for line in lines]
    needed += [_width(title) + _width(signature, SMALL) - WORD] if heading else []
    width = max(*needed, 0) + 6
    body = f'<TR><TD COLSPAN="2" ALIGN="LEFT" WIDTH="{WORD + width}">{heading}</TD></TR>' if heading else ""
    return f"<<TABLE {table}>{body}{''.join(_row(word, lines, width) for word, lines in rows)}</TABLE>>"


def _table(kind, alarming, fill=None):
    """The attributes of a card's table."""
    own, outline = FILLS[kind]
    border = f'BORDER="2" COLOR="{RED}"' if alarming else f'BORDER="1" COLOR="{outline}"'
    return f'{border} CELLBORDER="0" CELLSPACING="0" CELLPADDING="3" STYLE="ROUNDED" BGCOLOR="{fill or own}"'


def module(name, class_name, lines, *, alarming=False):
    """The DOT label of a folded module: its name and class, then small lines, such as its number of parameters."""
    heading = _name_and_class(name, class_name, PALE)
    width = max(_width(f"{name}  {class_name}"), *(_width(line, SMALL) for line in lines), 0) + 6
    body = "".join(f'<TR><TD WIDTH="{width}">{text}</TD></TR>' for text in [heading, *(_small(x, PALE) for x in lines)])
    return f"<<TABLE {_table('module', alarming)}>{body}</TABLE>>"


def cluster(name, class_name):
    """The DOT label of an unfolded module."""
    width = _width(f"{name}  {class_name}", SMALL) + 6
    text = _name_and_class(name, class_name, MID)
    cell = f'<TD ALIGN="LEFT" WIDTH="{width}"><FONT POINT-SIZE="{SMALL}">{text}</FONT></TD>'
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>{cell}</TR></TABLE>>'


def _name_and_class(name, class_name, color):
    first = f"<B>{escape(name)}</B>  " if name else ""
    return f'<FONT COLOR="{color}">{first}{escape(class_name)}</FONT>'


def _row(word, lines, width):
    """A word, such as grad, and what there is to say to it; gradients are violet."""
    text = '<BR ALIGN="LEFT"/>'.join([*map(escape, lines), ""] if len(lines) > 1 else map(escape, lines))
    if not word:
        return f'<TR><TD COLSPAN="2" BALIGN="LEFT" WIDTH="{width}">{text}</TD></TR>'
    text = f'<FONT COLOR="{VIOLET}">{text}</FONT>' if word == "grad" else text
    first = f'<TD ALIGN="LEFT" VALIGN="TOP" WIDTH="{WORD}">{_small(word)}</TD>'
    return f'<TR>{first}<TD ALIGN="LEFT" BALIGN="LEFT" WIDTH="{width}">{text}</TD></TR>'


def operation(name, params):
    """The DOT attributes of an operation: its symbol or name, and below it the parameters that say something."""
    fill, outline = FILLS["operation"]
    said = {k: v for k, v in params.items() if v is not None and v is not False}
    settings = [f"{k}={v}" if isinstance(v, np.dtype) else f"{k}={written(v)}" for k, v in said.items()]
    title = SYMBOLS.get(name, name).replace("_", "_ ")  # a line breaks behind an underscore
    words = textwrap.wrap(title, 18) or ["?"]
    lines = [ascii_of(line) for line in (*(line.replace(" ", "") for line in words), *settings)]
    return {
        "label": "\\n".join(map(plain, lines)),
        "fontsize": "15" if name in SYMBOLS else "12",
        "fontcolor": "white",
        "fillcolor": fill,
        "color": outline,
        "shape": "box",
        "style": "rounded,filled",
        "height": "0.3",
        "width": f"{(max(map(_width, lines)) + 12) / 72:.2f}",
        "margin": "0.09,0.04",
    }


def legend(kinds, notes):
    """The DOT label of the whole picture: which colour is what, and what should be said about this one."""
    cells = ""
    for kind in [kind for kind in FILLS if kind in kinds]:
        fill, outline = FILLS[kind]
        swatch = f'BORDER="1" BGCOLOR="{fill}" COLOR="{outline}" FIXEDSIZE="TRUE" WIDTH="14" HEIGHT="10"'
        cells += f'<TD><TABLE CELLBORDER="0" {swatch}><TR><TD></TD></TR></TABLE></TD>'
        cells += f'<TD ALIGN="LEFT" WIDTH="{_width(kind, SMALL) + 8}">{_small(kind, MID)}</TD>'
    width = sum(_width(kind, SMALL) + 28 for kind in FILLS if kind in kinds)  # fixed, or long notes would stretch it
    size = f'FIXEDSIZE="TRUE" WIDTH="{width}" HEIGHT="22"'
    key = f'<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="3" {size}><TR>{cells}</TR></TABLE>'
    said = "".join(f'<TR><TD WIDTH="{_width(note, SMALL)}">{_small(note, MID)}</TD></TR>' for note in notes)
    return f'<<TABLE BORDER="0" CELLSPACING="0" CELLPADDING="1"><TR><TD>{key}</TD></TR>{said}</TABLE>>'


def _small(text, color=GREY):
    return f'<FONT POINT-SIZE="{SMALL}" COLOR="{color}">{escape(text)}</FONT>' if text else ""


def _width(text, size=12):
    """Points that text takes in Helvetica, and in fonts a little wider: at 12 point a digit is 6.67."""
    return round(7 * len(text) * size / 12)
