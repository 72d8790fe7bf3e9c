"""What the pages say is run: Python blocks, docstring examples, links, and the generated op table."""

import doctest
import importlib
import pkgutil
import re
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import minigrad

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
MODULES = sorted(m.name for m in pkgutil.walk_packages(minigrad.__path__, "minigrad.") if "__main__" not in m.name)


def python_blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text(encoding="utf-8"), re.M | re.S)


RUN_BY_CI = "gallery.md"  # .ci/run makes its pictures with the functions whose source the page shows


@pytest.mark.parametrize("page", [p for p in PAGES if python_blocks(p) and p.name != RUN_BY_CI], ids=lambda p: p.name)
def test_the_python_blocks_of_a_page_run_from_top_to_bottom(page, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    before = dict(minigrad.engine.TABLE), dict(minigrad.engine.NUMPY)
    namespace = {"__name__": page.stem}
    source = ""  # each block keeps its place, so that tracebacks show the lines of the page
    text = page.read_text(encoding="utf-8")
    for match in re.finditer(r"^```python\n(.*?)^```", text, re.M | re.S):
        source += "\n" * (text[: match.start(1)].count("\n") - source.count("\n")) + match[1]

    try:
        exec(compile(source, str(page), "exec"), namespace)
    finally:
        for table, old in zip((minigrad.engine.TABLE, minigrad.engine.NUMPY), before, strict=True):
            table.clear()
            table.update(old)


@pytest.mark.parametrize("name", MODULES)
def test_docstring_examples_give_what_they_show(name):
    module = importlib.import_module(name)
    before = dict(minigrad.engine.TABLE), dict(minigrad.engine.NUMPY)

    try:
        result = doctest.testmod(module, extraglobs={"mg": minigrad, "minigrad": minigrad, "np": np})
    finally:
        for table, old in zip((minigrad.engine.TABLE, minigrad.engine.NUMPY), before, strict=True):
            table.clear()
            table.update(old)

    assert result.failed == 0


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.name)
def test_links_to_files_lead_somewhere(page):
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#]+)[^)]*\)", text) + re.findall(r'src="([^"]+)"', text)

    missing = [t for t in targets if "://" not in t and not (page.parent / t).exists()]

    assert missing == []


def test_the_op_table_page_is_what_the_table_says(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    sys.modules.pop("make_ops", None)

    page = importlib.import_module("make_ops").page()

    assert page == (ROOT / "docs" / "ops.md").read_text(encoding="utf-8"), "run python docs/make_ops.py"


def test_the_vocabulary_is_what_the_packages_hold(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    sys.modules.pop("make_vocabulary", None)
    vocabulary = importlib.import_module("make_vocabulary")
    held = [
        (package.__name__, name)
        for package in {package for _, package, _ in vocabulary.GROUPS}
        for name in package.__all__
        if not isinstance(getattr(package, name), ModuleType)
    ]

    page = vocabulary.page()
    sections = re.findall(r"^## [^\n]+: `([\w.]+)`$(.*?)(?=^## |\Z)", page, re.M | re.S)
    listed = [(package, name) for package, rows in sections for name in re.findall(r"^\| \[`(\w+)`\]", rows, re.M)]

    assert page == (ROOT / "docs" / "vocabulary.md").read_text(encoding="utf-8"), "run python docs/make_vocabulary.py"
    assert sorted(listed) == sorted(held)


def test_the_gallery_shows_the_code_that_made_its_pictures(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "docs"))
    sys.modules.pop("make_gallery", None)
    gallery = importlib.import_module("make_gallery")

    assert gallery.page() == (ROOT / "docs" / "gallery.md").read_text(encoding="utf-8"), "run docs/make_gallery.py"
    assert {name for name, _, _ in gallery.PICTURES} == {path.name for path in (ROOT / "docs" / "images").iterdir()}


def test_the_readme_has_exactly_the_two_commands():
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / "README.md").read_text(encoding="utf-8"), re.M | re.S)

    assert [len(block.splitlines()) for block in blocks] == [1, 1]
    assert all(block.startswith("python3 -m venv .venv && .venv/bin/pip install ") for block in blocks)


def test_every_test_that_the_promises_name_exists():
    text = (ROOT / "docs" / "promises.md").read_text(encoding="utf-8")
    named = re.findall(r"`((?:tests/|docs/|test_)[\w/.]+)`", text)
    functions = set()
    for path in (ROOT / "tests").rglob("test_*.py"):
        functions |= set(re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.M))

    missing = [name for name in named if not ((ROOT / name).exists() if "/" in name else name in functions)]

    assert len(named) > 60
    assert missing == []
