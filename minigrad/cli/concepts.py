"""`minigrad concepts`: what a concept of the five documents is, in either language, and where it is taught."""

import argparse
import csv
import difflib
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from minigrad.cli.messages import DONE, MISUSED, complain, say

__all__ = ["Concept", "Erratum", "add_concepts", "concepts", "errata", "found"]

CONCEPTS_EXAMPLES = """\
examples:
  minigrad concepts
  minigrad concepts momentum
  minigrad concepts 交叉熵
  minigrad concepts S002-09
  minigrad concepts E003-12
"""
HERE = Path(__file__).parent
NOWHERE = 5  # the rank of a concept that does not have the word
DOCUMENTS = {
    "000": "loss functions and how they are optimized · 损失函数的优化策略",
    "001": "tuning, with NumPy · 调参技巧",
    "002": "loss functions and optimizers · 损失函数与优化器",
    "003": "understanding loss functions · 理解损失函数",
    "004": "optimization and losses in PyTorch · PyTorch 的优化与损失函数",
}


@dataclass(frozen=True)
class Concept:
    """A row of the concept map: one thing that one of the documents names."""

    id: str  # S002-09: document 002, the ninth
    section: str  # of the document, such as "2.1.3"
    kind: str  # concept, loss, optimizer, formula, code, …
    en: str
    zh: str
    formula: str  # the right one, where the document's is wrong
    says_en: str  # what it is, in a sentence
    says_zh: str
    code: tuple[str, ...]  # importable: minigrad.nn.HuberLoss
    tutorial: str  # 04_losses_for_regression#huber: a script and the key of one of its cells
    test: str  # a file in tests, or file::function
    errata: tuple[str, ...]  # the ids of the mistakes that the document makes here

    @property
    def document(self) -> str:
        """000 to 004."""
        return self.id[1:4]


@dataclass(frozen=True)
class Erratum:
    """A mistake in one of the documents."""

    id: str  # E003-12
    severity: str  # A: wrong formula or code, B: wrong concept, C: imprecise
    section: str
    says_en: str  # what stands in the document
    says_zh: str
    right_en: str  # what is right, and why
    right_zh: str
    source: str  # where that can be read
    cell: str  # 20_errata_lab#E003-12, or the cell of another tutorial


def _rows(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        yield from csv.DictReader(file)


def _several(text):
    return tuple(filter(None, map(str.strip, text.split(";"))))


def concepts() -> list[Concept]:
    """The whole concept map, document by document."""
    several = ("code", "errata")
    return [Concept(**{k: _several(v) if k in several else v for k, v in row.items()}) for row in _rows("concepts.csv")]


def errata() -> dict[str, Erratum]:
    """All mistakes, by their id."""
    return {row["id"]: Erratum(**row) for row in _rows("errata.csv")}


def add_concepts(commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "concepts",
        help="find a concept, in English or Chinese",
        description="Find a concept of the five documents, in English or Chinese: what it is, its formula,\n"
        "the code that does it, where it is taught, and what the document gets wrong. 用中文或英文查找概念。",
        epilog=CONCEPTS_EXAMPLES,
    )
    command.add_argument("word", nargs="*", help="such as momentum, 动量, S002-09, E003-12; left out, all are listed")
    command.set_defaults(command=show_concepts)


def show_concepts(arguments: argparse.Namespace) -> int:
    """Print what was asked for, and return the exit code."""
    word = " ".join(arguments.word).strip()
    everything = concepts()
    if not word:
        list_all(everything)
        return DONE
    matches = found(word, everything)
    if not matches:
        names = "; ".join(f"{concept.en} · {concept.zh}" for concept in nearest(word, everything))
        near = f"the nearest are: {names}; " if names else ""
        complain("minigrad concepts", f"there is no concept {word!r}; {near}minigrad concepts lists all")
        return MISUSED
    show(matches[0], errata())
    if len(matches) > 1:
        say("\nalso · 另见")
        say_lines(matches[1:])
    return DONE


def found(word: str, among: Iterable[Concept]) -> list[Concept]:
    """The concepts that have the word in their id, name, code, mistakes or formula; whose name it is before the others.

    Where there are none: those that have it in their description, section or tutorial.
    """
    letters, among = _letters(word), list(among)
    if not letters:
        return []
    ranks = {concept.id: _rank(letters, concept) for concept in among}
    named = [concept for concept in among if ranks[concept.id] < NOWHERE]
    if named:
        return sorted(named, key=lambda concept: ranks[concept.id])
    return [concept for concept in among if _plain(word) in _plain(_text(concept))]


def _rank(word, concept):
    """Where the concept has the word: from 0, as a name of it, to 4, in its formula; or NOWHERE."""
    names = [_letters(name) for name in (concept.id, concept.en, concept.zh)]
    parts = [part for name in (concept.en, concept.zh) for part in re.split("[()（）]", name)[:2]]
    if word in names or word in map(_letters, parts):  # "Mean squared error (MSE)" has two names
        return 0
    if any(name.startswith(word) for name in names):
        return 1
    if any(word in name for name in names):
        return 2
    if any(word in _letters(name) for name in (*concept.code, *concept.errata)):
        return 3
    return 4 if word in _letters(concept.formula) else NOWHERE


def _plain(text):
    """Small letters of ordinary width: Ｍ₁ is m1."""
    return unicodedata.normalize("NFKC", text).casefold()


def _letters(text):
    """The same without blanks, hyphens in words, underscores and quotation marks, which everybody sets differently."""
    return re.sub(r"[\s_\"“”']|[-‐‑–](?!\d)", "", _plain(text))


def _text(concept):
    return f"{concept.document} §{concept.section}\n{concept.says_en}\n{concept.says_zh}\n{concept.tutorial}"


def nearest(word: str, among: Iterable[Concept]) -> list[Concept]:
    """The three concepts whose names, or words of whose names, look most like the word; none, if nothing does."""

    def likeness(concept):
        names = [concept.zh, concept.en, *concept.en.split()]
        return max(difflib.SequenceMatcher(None, word.casefold(), name.casefold()).ratio() for name in names)

    first = {concept.en: concept for concept in sorted(among, key=likeness)}  # one of each name
    return [concept for concept in sorted(first.values(), key=likeness, reverse=True)[:3] if likeness(concept) > 0]


def list_all(everything):
    """Every concept in a line, below its document."""
    for document, title in DOCUMENTS.items():
        say(f"\ndocument {document}: {title}")
        say_lines(concept for concept in everything if concept.document == document)


def say_lines(lines):
    """Concepts in a line each."""
    for concept in lines:
        say(f"  {concept.id}  {concept.en} · {concept.zh}  (§{concept.section})")


def show(concept: Concept, mistakes: dict[str, Erratum]) -> None:
    """Print one concept with everything that is known of it."""
    say(f"{concept.en} · {concept.zh}    {concept.id}, document {concept.document} §{concept.section}")
    say(f"  {concept.says_en}\n  {concept.says_zh}")
    lines = [("formula", concept.formula), ("code", ", ".join(concept.code))]
    lines += [("taught in", cell_of(concept.tutorial)), ("tested in", concept.test)]
    for name, text in lines:
        if text:
            say(f"  {name:<11}{text}")
    for id in concept.errata:
        show_mistake(mistakes[id])


def show_mistake(mistake: Erratum) -> None:
    """Print what a document gets wrong, and what is right."""
    lines = [f"the document says: {mistake.says_en}", f"→ {mistake.right_en}"]
    lines += [f"文档写道：{mistake.says_zh}", f"→ {mistake.right_zh}"]
    say(f"  {mistake.id}    " + f"\n  {'':<11}".join(lines))
    if mistake.cell:
        say(f"  {'':<11}run in {cell_of(mistake.cell)}")


def cell_of(place: str) -> str:
    """Where a cell stands, for somebody who is to open it."""
    script, _, key = place.partition("#")
    return f"tutorials/{script}.py, cell {key}"
