"""The concept map, the errata and the glossary: no row is empty, and every link leads somewhere."""

import ast
import csv
import importlib
import re
import sys
from collections import Counter
from functools import cache
from pathlib import Path

import pytest

import minigrad  # noqa: F401 - what the map's paths begin with
from minigrad.cli.concepts import HERE, concepts, errata

ROOT = Path(__file__).parent.parent
CONCEPTS, ERRATA = concepts(), errata()
KINDS = {
    "application", "code", "concept", "example", "faq", "formula", "history", "loss", "optimizer", "procedure",
    "reference", "trend", "trick",
}  # fmt: skip
SECTION = r"\d+(\.\d+)*(-\d+(\.\d+)*)?"
CHINESE = "[一-鿿]"


def raw(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@cache
def cells_of(script):
    """The cells of a tutorial as text, each with the line of its marker."""
    path = ROOT / "tutorials" / f"{script}.py"
    return re.split(r"^(?=# %%)", path.read_text(encoding="utf-8"), flags=re.M) if path.exists() else []


def cell_of(place):
    """Whether a tutorial has this cell, in English and in Chinese."""
    script, _, key = place.partition("#")
    marks = [cell.partition("\n")[0] for cell in cells_of(script)]
    return [mark.split('"')[1] for mark in marks if f' key="{key}"' in mark] == ["en", "zh"]


def code_below(place):
    """The cells of code that follow a cell of prose, up to the next heading."""
    script, _, key = place.partition("#")
    found, within = [], False
    for cell in cells_of(script):
        mark, _, text = cell.partition("\n")
        if f' key="{key}"' in mark:
            within = True
        elif "[markdown]" in mark:
            within = within and not re.search("^# #", text, re.M)
        elif within:
            found.append(cell)
    return found


@cache
def names_of_tests(file):
    """The names of the tests in a file."""
    tree = ast.parse((ROOT / file).read_text(encoding="utf-8"))
    return {node.name for node in tree.body if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def resolve(path):
    """What a dotted path names: a module, or something that its module's `__all__` offers."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        assert parts[end:] == [] or parts[end] in found.__all__, path
        for name in parts[end:]:
            assert not name.startswith("_"), path
            found = getattr(found, name)
        return found
    raise ModuleNotFoundError(path)


def numbered(letter, counts):
    """S000-01, S000-02, …: so many of each document."""
    return [f"{letter}{document}-{i:02}" for document, count in counts.items() for i in range(1, count + 1)]


def test_the_map_has_every_concept_and_every_mistake():
    assert [c.id for c in CONCEPTS] == numbered("S", {"000": 33, "001": 29, "002": 28, "003": 50, "004": 26})
    assert list(ERRATA) == numbered("E", {"000": 17, "001": 21, "002": 10, "003": 31, "004": 12})
    assert (len(CONCEPTS), len(ERRATA)) == (166, 91)
    assert Counter(erratum.severity for erratum in ERRATA.values()) == {"A": 31, "B": 22, "C": 38}


@pytest.mark.parametrize("name", ["concepts.csv", "errata.csv"])
def test_no_field_has_blanks_around_it_and_no_list_an_empty_place(name):
    for row in raw(name):
        assert [k for k, value in row.items() if value != " ".join(value.split()).strip("; ") and k != "formula"] == []


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_no_row_is_empty(concept):
    may_be_empty = {"errata"} if concept.kind in {"code", "formula", "loss", "optimizer"} else {"errata", "formula"}
    if concept.id == "S003-29":  # Python itself has no formula
        may_be_empty.add("formula")

    assert [k for k, value in vars(concept).items() if not value and k not in may_be_empty] == []
    assert concept.kind in KINDS
    assert re.fullmatch(f"{SECTION}(; {SECTION})*", concept.section)


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_a_row_explains_in_both_languages(concept):
    assert len(concept.says_en) > 60
    assert len(concept.says_zh) > 20
    assert not re.search(CHINESE, concept.en + concept.says_en)
    assert re.search(CHINESE, concept.zh) or concept.zh in {"AdaGrad", "RMSProp"}
    assert len(re.findall(CHINESE, concept.says_zh)) > len(concept.says_zh) / 4
    others = [other for other in CONCEPTS if other is not concept]
    assert concept.says_en not in {other.says_en for other in others}
    assert concept.says_zh not in {other.says_zh for other in others}


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_every_link_of_a_row_resolves(concept):
    file, _, function = concept.test.partition("::")

    assert cell_of(concept.tutorial), concept.tutorial
    assert len(set(concept.errata)) == len(concept.errata)
    assert all(id in ERRATA and id[1:4] == concept.document for id in concept.errata)
    assert re.fullmatch(r"tests/(\w+/)?test_\w+\.py", file)
    assert function in names_of_tests(file)
    for path in concept.code:
        assert path.startswith("minigrad.")
        assert resolve(path) is not None


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_what_a_row_teaches_can_be_run_below_its_cell(concept):
    assert code_below(concept.tutorial), concept.tutorial


@pytest.mark.parametrize("erratum", ERRATA.values(), ids=lambda e: e.id)
def test_a_mistake_is_told_in_both_languages_and_run_in_a_cell_unless_it_is_small(erratum):
    for text in (erratum.section, erratum.says_en, erratum.right_en, erratum.source):
        assert text
    for text in (erratum.says_zh, erratum.right_zh):
        assert re.search(CHINESE, text)
    assert cell_of(erratum.cell) or (erratum.severity == "C" and not erratum.cell), erratum.cell


def test_every_mistake_belongs_to_a_concept():
    named = {id for concept in CONCEPTS for id in concept.errata}

    assert ERRATA.keys() - named == set()


def test_there_is_a_column_for_everything_and_nothing_else():
    assert all(
        None not in row and None not in row.values() for name in ("concepts.csv", "errata.csv") for row in raw(name)
    )


@pytest.mark.parametrize("name", ["concepts.md", "errata.md"])
def test_the_pages_are_what_the_data_says(name, monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    sys.modules.pop("make_concepts", None)

    page = importlib.import_module("make_concepts").PAGES[name]()

    assert page == (ROOT / "docs" / name).read_text(encoding="utf-8"), "run python docs/make_concepts.py"


def glossary():
    """The rows of the glossary, (English, Chinese, meaning, name in minigrad)."""
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    return [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]


def test_the_glossary_has_each_word_once_in_the_order_of_the_english_ones():
    english, chinese = ([row[column] for row in glossary()] for column in (0, 1))

    assert 80 <= len(english) <= 100
    assert english == sorted(set(english), key=str.casefold)
    assert len(set(chinese)) == len(chinese)


@pytest.mark.parametrize("row", glossary(), ids=lambda row: row[0])
def test_the_glossary_explains_a_word_in_both_languages_and_names_something_that_exists(row):
    _, _, meaning, path = row

    english, chinese = meaning.split("<br>")

    assert re.fullmatch(r"[^一-鿿]{8,}\.", english)
    assert re.fullmatch(r".*[一-鿿].*。", chinese)
    assert resolve(path.strip("`")) is not None
