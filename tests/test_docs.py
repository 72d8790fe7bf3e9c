"""What the pages say is run: Python blocks, docstring examples, links, and the pages made from the source.

What they type at a prompt is typed in tests/cli/test_cli_pages.py.
"""

import doctest
import functools
import importlib
import os
import pkgutil
import re
import shlex
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

import minigrad

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
LINKING = [*PAGES, ROOT / "minigrad" / "datasets" / "data" / "README.md"]
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

    shown = Path(module.__file__).read_text(encoding="utf-8")
    assert result.failed == 0
    assert result.attempted == len(re.findall(r"^ *>>> ", shown, re.M))  # none hides where doctest does not look


def test_a_script_for_pytorch_runs_untouched_by_the_lines_on_the_page(tmp_path):
    (block,) = re.findall(
        r"^```py\n(.*?)^```", (ROOT / "docs/coming_from_pytorch.md").read_text(encoding="utf-8"), re.M | re.S
    )
    lines = ["import torch", "from torch.optim import lr_scheduler", "from torch.utils.data import DataLoader"]
    lines += ["import torch.nn.functional as F", "print(torch.__name__, F.relu(torch.tensor([-1.0, 2.0])).tolist())"]
    (tmp_path / "script.py").write_text("\n".join(lines), encoding="utf-8")

    done = subprocess.run([sys.executable, "-c", block], cwd=tmp_path, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})  # fmt: skip

    assert (done.stdout, done.stderr) == ("minigrad [0.0, 2.0]\n", "")


def targets(page):
    """Where the links and pictures of a page lead, without the code in it."""
    text = re.sub(r"^```.*?^```|`[^`\n]*`", "`", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    return re.findall(r"\]\(([^)\s]+)\)", text) + re.findall(r'(?:src|href)="([^"]+)"', text)


@functools.cache
def anchors(page):
    """The names in a page that a link may lead to: its headings, as GitHub spells them, and what it names itself."""
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^#+ (.+)$", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M)
    headings = [re.sub(r"\[([^]]*)\]\([^)]*\)", r"\1", heading).lower() for heading in headings]
    spelled = {re.sub(r"[^\w\- ]", "", heading).replace(" ", "-") for heading in headings}
    return spelled | set(re.findall(r'<a id="([^"]+)"', text))


@pytest.mark.parametrize("page", LINKING, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_links_lead_somewhere_and_their_anchors_are_there(page):
    missing = []
    for target in dict.fromkeys(targets(page)):
        path, _, anchor = target.partition("#")
        if "://" in target:
            continue
        there = page.parent / path if path else page
        if not there.exists() or (anchor and anchor not in anchors(there)):
            missing.append(target)

    assert missing == []


def test_every_page_can_be_reached_from_each_readme():
    for start in (ROOT / "README.md", ROOT / "docs" / "README.zh.md"):
        seen, ahead = set(), [start]
        while ahead:
            page = ahead.pop()
            if page not in seen:
                seen.add(page)
                paths = [(page.parent / target.partition("#")[0]).resolve() for target in targets(page)]
                ahead += [path for path in paths if path.suffix == ".md"]

        assert set(LINKING) - seen == set()


# ---- the README in two languages -------------------------------------------------------------------------------------

CHINESE = {"--language zh": "--language en", "concepts 动量": "concepts momentum"}  # typed otherwise, on purpose


def code_of(page):
    """Python as it runs, without comments and docstrings, and commands without comments, in the order of their text."""
    text = page.read_text(encoding="utf-8")
    python = [
        "\n".join(re.sub(r"(  #| *\"\"\").*", "", line) for line in block.splitlines()) for block in python_blocks(page)
    ]
    typed = re.findall(r"^```(?:console|sh)\n(.*?)^```", text, re.M | re.S)
    lines = [re.sub(r"^\$ ", "", line) for block in typed for line in block.splitlines()]
    lines = [functools.reduce(lambda x, pair: x.replace(*pair), CHINESE.items(), line) for line in lines]
    windows = re.findall(r"^```powershell\n(.*?)^```", text, re.M | re.S)
    return python, sorted(shlex.split(line, comments=True, posix=False) for line in lines), windows


def test_both_readmes_have_the_same_code_and_the_same_commands():
    assert code_of(ROOT / "README.md") == code_of(ROOT / "docs" / "README.zh.md")


def test_both_readmes_lead_to_the_same_places():
    english, chinese = (
        {(page.parent / target).resolve() for target in targets(page) if "://" not in target}
        for page in (ROOT / "README.md", ROOT / "docs" / "README.zh.md")
    )
    tutorials = {path for path in chinese if path.parent.name == "tutorials"}  # which the Chinese one lists one by one
    own = {ROOT / "README.md", ROOT / "docs" / "README.zh.md"}

    assert english - own == chinese - own - (tutorials - english)


def test_both_readmes_make_the_same_points():
    english, chinese = ((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "docs/README.zh.md"))
    count = {pattern: len(re.findall(pattern, english, re.M)) for pattern in (r"^## ", r"^\* \*\*", r"^!\[|^<img")}

    assert count == {pattern: len(re.findall(pattern, chinese, re.M)) for pattern in count}
    assert set(re.findall(r"\d+(?: \d{3})+|99 %", english)) == set(re.findall(r"\d+(?: \d{3})+|99 %", chinese))


# ---- pages made from the source --------------------------------------------------------------------------------------


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
