"""The concept map: no row is empty, every link leads somewhere, and every grave mistake can be run."""

import csv
import importlib
import re
import sys
from pathlib import Path

import pytest

import minigrad  # noqa: F401 - what the map's paths begin with
from minigrad.cli.concepts import HERE, concepts, errata

ROOT = Path(__file__).parent.parent
CONCEPTS, ERRATA = concepts(), errata()


def raw(name):
    with open(HERE / name, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def cell_of(place):
    """Whether a script and the key of one of its cells are there."""
    script, _, key = place.partition("#")
    path = ROOT / "tutorials" / f"{script}.py"
    return path.exists() and f' key="{key}"' in path.read_text(encoding="utf-8")


def resolve(path):
    """What a dotted path names."""
    parts = path.split(".")
    for end in range(len(parts), 0, -1):
        try:
            found = importlib.import_module(".".join(parts[:end]))
        except ModuleNotFoundError:
            continue
        for name in parts[end:]:
            found = getattr(found, name)
        return found
    raise ModuleNotFoundError(path)


def test_the_map_has_every_concept_and_every_mistake():
    assert len(CONCEPTS) == 166
    assert len(ERRATA) == 91
    assert len({concept.id for concept in CONCEPTS}) == 166


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_no_row_is_empty(concept):
    may_be_empty = {"formula", "errata"}

    assert [k for k, value in vars(concept).items() if not value and k not in may_be_empty] == []
    assert re.search("[一-鿿]", concept.says_zh)


@pytest.mark.parametrize("concept", CONCEPTS, ids=lambda c: c.id)
def test_every_link_of_a_row_resolves(concept):
    file, _, function = concept.test.partition("::")

    assert cell_of(concept.tutorial), concept.tutorial
    assert all(id in ERRATA and id[1:4] == concept.document for id in concept.errata)
    assert function in (ROOT / file).read_text(encoding="utf-8")
    assert (f"def {function}(" in (ROOT / file).read_text(encoding="utf-8")) or not function
    for path in concept.code:
        assert path.startswith("minigrad.")
        assert resolve(path) is not None


@pytest.mark.parametrize("erratum", ERRATA.values(), ids=lambda e: e.id)
def test_a_mistake_is_told_in_both_languages_and_a_grave_one_can_be_run(erratum):
    assert erratum.severity in "ABC"
    for text in (erratum.section, erratum.says_en, erratum.right_en, erratum.source):
        assert text
    for text in (erratum.says_zh, erratum.right_zh):
        assert re.search("[一-鿿]", text)
    if erratum.severity == "A":
        assert erratum.cell == f"20_errata_lab#{erratum.id}"
    assert not erratum.cell or cell_of(erratum.cell), erratum.cell


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


def test_the_glossary_names_things_that_exist_in_the_order_of_the_english_words():
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    rows = [line.strip("| ").split(" | ") for line in text.splitlines() if line.startswith("| ")][2:]

    assert len(rows) >= 80
    assert [row[0].casefold() for row in rows] == sorted(row[0].casefold() for row in rows)
    for english, chinese, meaning, path in rows:
        assert resolve(path.strip("`")) is not None
        assert re.search("[一-鿿]", chinese + meaning), english
