"""The story of a gradient in words, in English and Chinese: what each step says, and all of it as text."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy import ndarray

from minigrad.custom import Custom
from minigrad.engine import Variable
from minigrad.viz import formula, label
from minigrad.viz.names import names_of, visible
from minigrad.viz.phrases import LANGUAGES, SUMMARY, WORDS, meaning
from minigrad.viz.steps import Step, stretched
from minigrad.viz.table import columns_of
from minigrad.viz.vertices import Vertex
from minigrad.viz.wrong import Way

COLUMNS = 100  # of the terminal
FEW = 12  # as many numbers are written out, if they fit; fewer where three arrays stand in a line
WIDEST = 84  # columns of such an array
MOST_NAMES = 4  # of values with hooks
NUDGE = 0.001
PIECE = re.compile(  # a row of an array; a Chinese character; a word; each with what may not begin a line; or blanks
    r"\[+[^\[\]]*\]+[,;]?|[\u2e80-\uffff][，。：；、）？]*|[^\s\u2e80-\uffff\[]+[，。：；、）？]*|\s+|."
)


@dataclass(frozen=True)
class Panel:
    """What a step says: a title, and rows of (what it is, what it says), in one language."""

    title: str
    rows: tuple[tuple[str, str], ...]
    kinds: tuple[str, ...]  # of the rows, whatever the language: the keys of phrases.WORDS, or ""
    colon: str

    @property
    def lines(self) -> tuple[str, ...]:
        """The rows as lines of text."""
        return tuple(f"{what}{self.colon}{said}" if what else said for what, said in self.rows)


def text(steps: list[Step], vertices: list[Vertex], language: str = "en", ways: dict[str, Way] | None = None) -> str:
    """The whole story as text of at most 100 columns, in English ("en") or Chinese ("zh"); vertices as trace has them.

    Numbered steps, forward and then backward, then the gradients of the leaves, then what the common mistakes would
    have given where that is something else. Raises ValueError for another language.
    """
    _refuse_other(language)
    names = names_of(vertices)
    parts = [
        _headline(WORDS[language]["title"].format(root=names[-1])),
        _forward_text(steps, vertices, language, names),
        _backward_text(steps, vertices, language, names),
        _leaves_text(steps, vertices, language, names),
        _wrong_text(ways or {}, vertices, language, names),
    ]
    return "\n\n".join(filter(None, parts))


def panel(step: Step, vertices: list[Vertex], language: str = "en", names: list[str] | None = None) -> Panel:
    """What one step says. names: as `names_of(vertices)` gives them, where there are many steps to be told."""
    _refuse_other(language)
    names = names_of(vertices) if names is None else names
    title, rows = TELLERS[step.kind](step, vertices, language, names)
    kinds = tuple(kind for kind, _ in rows)
    return Panel(title, tuple((WORDS[language].get(kind, ""), said) for kind, said in rows), kinds, _colon(language))


def values(array: ndarray, language: str = "en") -> str:
    """An array in one line: its numbers when they are few, else its shape, mean, spread and range."""
    written = _nested(array) if 0 < array.size <= FEW else ""
    if written and (array.size <= label.FEW or len(written) <= WIDEST):
        return written
    said = label.numbers(array, formula.PRECISION)
    if language == "zh":
        said = [_in_chinese(line) for line in said]
    return f"{array.shape}{_colon(language)}{'; '.join(said) if language == 'en' else '；'.join(said)}"


def _nested(array):
    if array.ndim == 0:
        return label.number(array[()], formula.PRECISION)
    return f"[{', '.join(map(_nested, array))}]"


def _in_chinese(line):
    for pattern, said in SUMMARY:
        line = re.sub(pattern, said, line)
    return line


def _colon(language):
    return "：" if language == "zh" else ": "


def _refuse_other(language):
    if language not in LANGUAGES:
        raise ValueError(f"story: language must be one of {', '.join(LANGUAGES)}, but got {language!r}")


# ---- what a step says -----------------------------------------------------------------------------------------------


def _given(step, vertices, language, names):
    value = vertices[step.vertex].value
    wants = isinstance(value, Variable) and value.requires_grad
    said = WORDS[language]["wants" if wants else "given"]
    return names[step.vertex], [("value", values(step.value, language)), ("", said)]


def _how(step, vertices, names):
    return formula.computed(vertices[step.vertex], [names[i] for i in step.inputs])


def _compute(step, vertices, language, names):
    title = f"{names[step.vertex]} = {_how(step, vertices, names)}"
    arrays = [vertices[i].array for i in step.inputs]
    if all(a.ndim == 0 for a in (step.value, *arrays)):
        numbers = formula.computed_with_numbers(vertices[step.vertex], arrays)
        return title, [("numbers", f"{numbers} = {values(step.value)}")]
    shapes = formula.shapes(vertices[step.vertex], [a.shape for a in arrays])
    return title, [("shapes", shapes), ("value", values(step.value, language))]


def _seed(step, vertices, language, names):
    said = WORDS[language]["seed" if _is_plain([step]) else "seed given"].format(root=names[step.vertex])
    hooked = _hooked(vertices, names)
    hooks = [("", WORDS[language]["hooks"].format(names=hooked))] if hooked else []
    return f"{names[step.vertex]}.grad = {values(step.total, language)}", [("", said), *hooks]


def _hooked(vertices, names):
    """The names of the values with hooks, which would be called on the way back; nothing where there are none."""
    all_hooks = [getattr(vertex.value, "hooks", None) or {} for vertex in vertices]
    hooked = [name for name, hooks in zip(names, all_hooks, strict=True) if any(h is not None for h in hooks.values())]
    return ", ".join([*hooked[:MOST_NAMES], "…"] if len(hooked) > MOST_NAMES else hooked)


def _pass_back(step, vertices, language, names):
    words = WORDS[language]
    name = names[step.source]
    if step.inputs.count(step.source) > 1:
        name = words["as input"].format(name=name, place=step.place + 1)
    title = words["pass back"].format(result=names[step.vertex], how=_how(step, vertices, names), name=name)
    rows = [("why", meaning(step.op, step.place, language))]
    rows += _rule_rows(step, vertices, language, names)
    rows += _product_rows(step, language)
    rows += [("undone", _undone(step, language))]
    rows += _sum_rows(step, language, names[step.source])
    return title, [(what, said) for what, said in rows if said]


def _rule_rows(step, vertices, language, names):
    """The rule, the rule with this expression's names in it, and, where that says more, with its numbers or shapes."""
    words = WORDS[language]
    op, place = formula.signature(step, vertices, names)
    tree = formula.textbook(step, vertices)
    if tree is None:
        is_call = isinstance(vertices[step.vertex].node.op, Custom)
        written = visible(step.rule, 160) if is_call else f"{step.rule}({', '.join(step.numbers)})"
        return [("rule", words["table"].format(op=op, input=place, formula=written))]
    here = f"{names[step.source]}.grad += {formula.with_names(step, tree, vertices, names)}"
    rows = [
        ("rule", words["table"].format(op=op, input=place, formula=formula.plain(tree))),
        ("here", here if "g" in names else words["where"].format(formula=here, upstream=names[step.vertex])),
    ]
    if step.raw.ndim == 0 and all(x.ndim == 0 for x in step.numbers.values()):
        numbers, product = formula.with_numbers(step, tree, vertices), _product(step, language)
        said = f"{numbers} = {values(step.raw)}"
        return rows if set(step.numbers) == {"g"} or said == product else [*rows, ("numbers", said)]
    return [*rows, ("shapes", formula.shapes_of_product(step, tree))]


def _product_rows(step, language):
    if step.local is None:
        return []
    text = WORDS[language]["product" if step.local.ndim == 0 else "by number"]
    return [("chain", text.format(text=_product(step, language)))]


def _product(step, language):
    """ "upstream × local = contribution", in numbers, or in shapes where there are many."""
    if step.local is None:
        return ""
    if step.local.ndim == 0:
        return f"{formula.digits(step.upstream[()])} × {formula.digits(step.local[()])} = {values(step.raw)}"
    if step.local.size > label.FEW:
        return f"{step.upstream.shape} × {step.local.shape} → {step.local.shape}"
    product = np.broadcast_to(step.raw, step.local.shape)
    return f"{values(step.upstream, language)} × {values(step.local, language)} = {values(product, language)}"


def _undone(step, language):
    words = WORDS[language]
    raw, wanted = step.raw, step.contribution
    axes, spread = stretched(raw.shape, wanted.shape)
    said = []
    if axes:
        which = words["axis" if len(axes) == 1 else "axes"] + words["and"].join(map(str, axes))
        said.append(words["summed"].format(axes=which, given=raw.shape, wanted=wanted.shape))
    if spread:
        said.append(words["spread"].format(wanted=wanted.shape))
    if raw.dtype != wanted.dtype:
        said.append(words["cast"].format(dtype=wanted.dtype))
    return ("，" if language == "zh" else ", ").join(said)


def _sum_rows(step, language, name):
    words = WORDS[language]
    now = ("gradient", f"{name}.grad = {values(step.total, language)}")
    if step.before is None:
        return [now]
    share = ("contribution", values(step.contribution, language)) if step.local is None or step.undone else ("", "")
    if step.total.size > label.FEW // 2:
        return [share, ("accumulates", words["added"].format(name=name)), now]
    parts = step.before, step.contribution
    precision = formula.enough(np.add, parts, step.total)
    before, contribution = (formula.digits(x[()], precision) if x.ndim == 0 else values(x) for x in parts)
    total = values(step.total)
    return [("accumulates", words["sum"].format(name=name, before=before, contribution=contribution, total=total))]


TELLERS = {"given": _given, "compute": _compute, "seed": _seed, "pass back": _pass_back}

# ---- the whole story ------------------------------------------------------------------------------------------------


def _headline(line):
    return "\n".join(_wrapped(line, COLUMNS)) + "\n" + "=" * min(columns_of(line), COLUMNS)


def _forward_text(steps, vertices, language, names):
    told = [(step, panel(step, vertices, language, names)) for step in steps if step.kind in ("given", "compute")]
    margin = len(str(len(steps))) + 4
    first = min(max(columns_of(said.title) for _, said in told), 28)
    values_wide = max((columns_of(said.rows[0][1]) for step, said in told if step.kind == "given"), default=0)
    lines = _wrapped(WORDS[language]["forward"], COLUMNS)
    for n, (step, said) in enumerate(told, start=1):
        right = [text for _, text in said.rows]
        if step.kind == "given":
            right[0] += " " * (min(values_wide, 12) - columns_of(right[0]))
        lines += _beside(f"{n:>{margin - 2}}  {said.title}", "   ".join(right), margin + first + 3)
    return "\n".join(lines)


def _is_plain(steps):
    """Whether the way back starts with one 1, so that the gradients are those of the root itself."""
    seed = next(step for step in steps if step.kind == "seed")
    return seed.total.size == 1 and seed.total.item() == 1


def _backward_text(steps, vertices, language, names):
    what = names[-1] if _is_plain(steps) else f"sum({names[-1]} * gradient)"
    lines = _wrapped(WORDS[language]["backward"].format(what=what), COLUMNS)
    margin = len(str(len(steps))) + 4
    back = [(n, step) for n, step in enumerate(steps, start=1) if step.kind in ("seed", "pass back")]
    panels = [(n, panel(step, vertices, language, names)) for n, step in back]
    widest = max(columns_of(what) for _, said in panels for what, _ in said.rows)
    for n, said in panels:
        lines += _beside(f"{n:>{margin - 2}}", said.title, margin)
        for what, row in said.rows:
            left = " " * (margin + 2) + what
            lines += _beside(left, row, margin + 2 + (widest + 2 if what else 0))
    return "\n".join(lines)


def _leaves_text(steps, vertices, language, names):
    totals = {step.source: step.total for step in steps if step.kind == "pass back"}
    leaves = [i for i in sorted(totals) if vertices[i].node is None]
    kind = "leaves hooked" if _hooked(vertices, names) else "leaves"
    lines = _wrapped(WORDS[language][kind], COLUMNS)
    shown = {i: f"  {names[i]}.grad = {values(totals[i], language)}" for i in leaves}
    first = min(max(map(columns_of, shown.values()), default=0), 40)
    for i in leaves:
        said = _nudged(i, totals[i], language, names) if _is_plain(steps) else ""
        lines += _beside(shown[i], said, first + 3)
    return "\n".join(lines)


def _nudged(i, grad, language, names):
    """What the gradient of a single number means: a leaf a little larger, and what that does to the root."""
    if grad.ndim or not np.isfinite(grad):
        return ""
    change = label.number(grad * NUDGE, formula.PRECISION)
    return WORDS[language]["nudge"].format(name=names[i], root=names[-1], change=change)


def _wrong_text(ways, vertices, language, names):
    differing = [way for way in ways.values() if way.differs]
    if not differing:
        return ""
    words = WORDS[language]
    lines = _wrapped(words["wrong"], COLUMNS)
    for way in differing:
        lines += _beside("  ", words[way.name], 2)
        lines += _beside("      ", way.said[language], 6)
        leaves = [i for i in way.wrong if vertices[i].node is None] or way.wrong
        for i in leaves:
            lines += _beside("      ", f"{names[i]}.grad = {_instead(way, i, language)}", 8)
    return "\n".join(lines)


def _instead(way, i, language):
    words = WORDS[language]
    got = values(way.gradients[i], language) if i in way.gradients else words["missing"]
    return f"{got}{words['instead']}{values(way.right[i], language)}"


# ---- lines ----------------------------------------------------------------------------------------------------------


def _beside(left, right, column) -> list[str]:
    """left, and right beside it from that column on, in as many lines as it needs."""
    if not right:
        return _wrapped_at(left, 4)
    lines = _wrapped(right, COLUMNS - column)
    if columns_of(left) > column - 1 and left.strip():
        return [*_wrapped_at(left, 4), *(" " * column + line for line in lines)]
    return [left + " " * (column - columns_of(left)) + lines[0], *(" " * column + line for line in lines[1:])]


def _wrapped_at(left, indent):
    first, *others = _wrapped(left.strip(), COLUMNS - indent - 4)
    lead = left[: len(left) - len(left.lstrip())]
    return [lead + first, *(lead + " " * indent + line for line in others)]


def _wrapped(text, columns) -> list[str]:
    """text in lines of at most that many columns, broken at spaces, between Chinese characters, or where it must be."""
    lines = [""]
    for piece in _pieces(text, columns):
        if columns_of(lines[-1] + piece.rstrip()) > columns:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece.lstrip() if not lines[-1] else piece
    return [line.rstrip() for line in lines]


def _pieces(text, columns) -> Iterator[str]:
    """The pieces between which a line may end; no line begins with a Chinese comma."""
    for piece in PIECE.findall(text):
        while columns_of(piece) > columns:
            yield piece[: columns // 2]
            piece = piece[columns // 2 :]
        yield piece
