"""Every tutorial runs, teaches in two languages, and keeps to one form; so do the answers to its exercises."""

import ast
import importlib
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent / "tutorials"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
LESSONS = [script for script in SCRIPTS if "01" <= script.name[:2] <= "19"]
ANSWERS = sorted((FOLDER / "answers").glob("[0-9]*.py"))
PICTURES = re.compile(r"\b(draw|explore|plot_\w+|animate_\w+|subplots|summary)\(")


def names(path):
    return path.stem


@pytest.fixture
def notebooks(monkeypatch):
    """The page that makes the notebooks."""
    monkeypatch.syspath_prepend(str(FOLDER))
    sys.modules.pop("make_notebooks", None)
    return importlib.import_module("make_notebooks")


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """An empty folder to run in, and figures that nobody shows."""
    from matplotlib import pyplot

    monkeypatch.chdir(tmp_path)
    pyplot.switch_backend("agg")
    yield tmp_path
    pyplot.close("all")


@pytest.mark.parametrize("script", SCRIPTS, ids=names)
def test_the_tutorial_runs_from_top_to_bottom(script, elsewhere):
    runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize("script", ANSWERS, ids=names)
def test_the_answers_run_from_top_to_bottom(script, elsewhere):
    runpy.run_path(str(script), run_name="__main__")


@pytest.mark.parametrize("script", SCRIPTS, ids=names)
def test_english_and_chinese_go_together(script, notebooks):
    assert notebooks.problems(script) == []


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_a_picture_stands_on_the_first_screen(script, notebooks):
    code = [cell.source for cell in notebooks.cells(script) if cell.cell_type == "code"]

    assert PICTURES.search(code[0])


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_what_the_tutorial_teaches_is_asserted(script):
    found = [node for node in ast.walk(ast.parse(script.read_text(encoding="utf-8"))) if isinstance(node, ast.Assert)]

    assert len(found) >= 5


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_the_tutorial_says_what_it_covers_and_ends_with_three_exercises(script, notebooks):
    prose = {
        (cell.metadata["key"], cell.metadata["i18n"]): cell.source
        for cell in notebooks.cells(script)
        if cell.cell_type == "markdown"
    }

    assert notebooks.keys(script)[-2:] == ["sections", "exercises"]
    for language in ("en", "zh"):
        assert re.search(r"00[0-4] §\d", prose["sections", language])
        assert re.findall(r"^(\d)\. ", prose["exercises", language], re.M) == ["1", "2", "3"]
        assert f"answers/{script.name}" in prose["exercises", language]


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_each_exercise_has_an_answer_that_asserts_something(script, notebooks):
    answers = script.parent / "answers" / script.name
    parts = re.split(r"^# %% (\d)\. ", answers.read_text(encoding="utf-8"), flags=re.M)

    assert parts[1::2] == ["1", "2", "3"]
    assert all("assert " in part for part in parts[2::2])


def test_a_changed_original_is_noticed(notebooks, tmp_path):
    script = tmp_path / "00_x.py"
    text = SCRIPTS[0].read_text(encoding="utf-8")
    script.write_text(text.replace("Run each cell", "Run all cells", 1), encoding="utf-8")

    assert "Run all cells" in script.read_text(encoding="utf-8")
    assert [problem[:44] for problem in notebooks.problems(script)] == ["the English of title has changed since it wa"]

    notebooks.stamp(script)

    assert notebooks.problems(script) == []


def test_a_missing_translation_is_noticed(notebooks, tmp_path):
    script = tmp_path / "00_x.py"
    script.write_text('# %% [markdown] i18n="en" key="a"\n# One\n', encoding="utf-8")

    assert notebooks.problems(script) == [
        "every English cell of prose must be followed by the Chinese one with the same key"
    ]


def test_a_cell_without_language_or_key_is_noticed(notebooks, tmp_path):
    script = tmp_path / "00_x.py"
    script.write_text('# %% [markdown] key="a"\n# One\n', encoding="utf-8")

    assert "needs i18n" in notebooks.problems(script)[0]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_notebook_has_the_prose_of_one_language_and_all_of_the_code(notebooks, language):
    script = SCRIPTS[0]
    prose = [cell.source for cell in notebooks.cells(script) if cell.metadata.get("i18n") == language]
    prose = [notebooks.INSIDE.sub("", text) for text in prose]
    code = [cell.source for cell in notebooks.cells(script) if cell.cell_type == "code"]

    made = notebooks.notebook(script, language)

    assert [cell.source for cell in made.cells if cell.cell_type == "markdown"] == prose  # this one has no links
    assert [cell.source for cell in made.cells if cell.cell_type == "code"] == code


def test_a_line_that_ends_within_chinese_goes_on_without_a_blank(notebooks):
    assert (
        notebooks.INSIDE.sub("", "# 标题\n\n一步，\n两步。\n`x` 是\n数\n| 表 |")
        == "# 标题\n\n一步，两步。\n`x` 是数\n| 表 |"
    )


def test_links_lead_on_from_the_folder_of_the_notebooks(notebooks, tmp_path):
    text = "[a](06_gradient_descent.py) [b](answers/10_xor.py) [c](../docs/errata.md#e000-01) [d](https://x.org/y.py)"

    relinked = notebooks.relinked(text, FOLDER.parent / "notebooks")

    assert relinked == (
        "[a](06_gradient_descent.ipynb) [b](../tutorials/answers/10_xor.py) [c](../docs/errata.md#e000-01) "
        "[d](https://x.org/y.py)"
    )


@pytest.mark.parametrize("script", SCRIPTS, ids=names)
def test_links_of_a_tutorial_lead_somewhere(script, notebooks):
    prose = " ".join(cell.source for cell in notebooks.cells(script) if cell.cell_type == "markdown")
    targets = re.findall(r"\]\(([^)#\s]+)", prose)

    assert [target for target in targets if "://" not in target and not (FOLDER / target).exists()] == []


def test_notebooks_are_the_same_bytes_each_time(tmp_path):
    for name in ("one", "two"):
        command = [sys.executable, FOLDER / "make_notebooks.py", "--language", "zh", "--out", tmp_path / name]
        subprocess.run(command, check=True, capture_output=True)
    made = sorted((tmp_path / "one").iterdir())

    assert [path.stem for path in made] == [script.stem for script in SCRIPTS]
    for path in made:
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)


def test_without_jupytext_it_says_what_to_install(tmp_path):
    program = f"import sys; sys.modules['jupytext'] = None; sys.path.insert(0, {str(FOLDER)!r}); import make_notebooks"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.strip().startswith("make_notebooks: jupytext is not installed; pip install -e")
