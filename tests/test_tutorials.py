"""Every tutorial runs, teaches in two languages, and keeps to one form; so do the answers to its exercises."""

import ast
import importlib
import io
import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

from minigrad.cli.concepts import concepts, errata

FOLDER = Path(__file__).parent.parent / "tutorials"
SCRIPTS = sorted(FOLDER.glob("[0-9][0-9]_*.py"))
LESSONS = [script for script in SCRIPTS if "01" <= script.name[:2] <= "19"]
ANSWERS = sorted((FOLDER / "answers").glob("[0-9]*.py"))
OF_AXES = {"annotate", "axhline", "axis", "imshow", "legend", "plot", "set", "set_title", "set_xlabel", "set_ylabel"}
PICTURES = re.compile(r"\b(draw|explore|plot_\w+|animate_\w+|subplots|summary)\(")


def names(path):
    return path.stem


@pytest.fixture
def notebooks(monkeypatch):
    """The page that makes the notebooks."""
    monkeypatch.syspath_prepend(str(FOLDER))
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


@pytest.mark.parametrize("script", SCRIPTS, ids=names)
def test_no_cell_ends_with_a_value_that_a_notebook_would_print_below_the_picture(script, notebooks):
    code = [cell.source for cell in notebooks.cells(script) if cell.cell_type == "code"]
    last = [ast.parse(source).body[-1] for source in code]
    calls = [node.value.func for node in last if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)]

    assert not [ast.unparse(call) for call in calls if isinstance(call, ast.Attribute) and call.attr in OF_AXES]


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


def places(text):
    """(document, section) of each place in the documents that a text names: "000 §2.2 and §3.1" are two."""
    found, document = set(), None
    for number, first, last in re.findall(r"(?<!\d)(00[0-4])(?=\s§)|§([\d.]*\d)(?:(?:–| to §| 至 §)([\d.]*\d))?", text):
        document = number or document
        if first:
            before, _, end = (last or first).rpartition(".")
            start = int(first.rpartition(".")[2])
            found |= {(document, f"{before}.{i}".lstrip(".")) for i in range(start, int(end) + 1)}
    return found


def numbers_of_errata(text):
    """The mistakes that a text names, those within "E003-04 to E003-07" among them."""
    found = set()
    for document, first, last in re.findall(r"(E00\d)-(\d\d)(?:\s?(?:to|至)\s?\1-(\d\d))?", text):
        found |= {f"{document}-{i:02}" for i in range(int(first), int(last or first) + 1)}
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_the_tutorial_names_the_sections_and_mistakes_that_it_teaches(script, language, notebooks):
    (text,) = (
        cell.source
        for cell in notebooks.cells(script)
        if (cell.metadata.get("i18n"), cell.metadata.get("key")) == (language, "sections")
    )
    taught = [concept for concept in concepts() if concept.tutorial.startswith(f"{script.stem}#")]
    sections = {(c.document, end) for c in taught for part in c.section.split("; ") for end in part.split("-")}
    named = places(text)

    missing = {
        (document, section)
        for document, section in sections
        if not any(d == document and f"{section}.".startswith(f"{s}.") for d, s in named)  # §8 has §8.1 in it
    }
    assert missing == set()
    assert {e.id for e in errata().values() if e.cell.startswith(f"{script.stem}#")} <= numbers_of_errata(text)


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_each_exercise_has_an_answer_that_asserts_something(script, notebooks):
    answers = script.parent / "answers" / script.name
    parts = re.split(r"^# %% (\d)\. ", answers.read_text(encoding="utf-8"), flags=re.M)

    assert parts[1::2] == ["1", "2", "3"]
    assert all("assert " in part for part in parts[2::2])


@pytest.mark.parametrize("script", [script for script in ANSWERS if script.name[:2] <= "11"], ids=names)
def test_on_the_way_from_00_to_11_an_answer_also_says_in_chinese_what_comes_out(script):
    parts = re.split(r"^# %% (\d)\. ", script.read_text(encoding="utf-8"), flags=re.M)

    assert all(re.match(r".*\n# 答：.*[\u4e00-\u9fff]", part) for part in parts[2::2])


@pytest.mark.parametrize("script", LESSONS, ids=names)
def test_code_that_would_push_the_first_picture_off_the_screen_is_folded(script, notebooks):
    first, *others = [cell for cell in notebooks.notebook(script, "en").cells if cell.cell_type == "code"]
    is_long = len(first.source.splitlines()) > 25

    assert first.metadata.get("jupyter", {}).get("source_hidden", False) is is_long
    assert not any(cell.metadata for cell in others)


def test_a_changed_original_is_noticed(notebooks, tmp_path):
    script = tmp_path / "00_x.py"
    text = SCRIPTS[0].read_text(encoding="utf-8")
    script.write_text(text.replace("Run each cell", "Run all cells", 1), encoding="utf-8")

    assert "Run all cells" in script.read_text(encoding="utf-8")
    assert [problem[:44] for problem in notebooks.problems(script)] == ["the English of title has changed since it wa"]

    notebooks.stamp(script)

    assert notebooks.problems(script) == []


@pytest.fixture
def written(notebooks, tmp_path):
    """A function that writes a tutorial of one cell of prose in both languages, and what stands around it."""

    def write(en="One", zh="一", header='i18n="zh" key="a"', before="", after=""):
        path = tmp_path / "00_x.py"
        text = f'{before}# %% [markdown] i18n="en" key="a"\n# {en}\n\n# %% [markdown] {header}\n# {zh}\n{after}'
        path.write_bytes(text.replace(header, f'{header} src="{notebooks.fingerprint(en)}"', 1).encode())
        return path

    return write


def test_what_goes_together_is_let_be(notebooks, written):
    assert notebooks.problems(written()) == []


SAYS_LESS = {
    "nothing": ("One", "", "the Chinese of a says nothing in Chinese"),
    "English": ("One", "One", "the Chinese of a says nothing in Chinese"),
    "another link": ("[a](b.md)", "[一](c.md)", "the links of a differ: b.md, c.md"),
    "a formula less": ("$x$ and $y$", "$x$ 和 y", "the formulas of a differ: $y$"),
}


@pytest.mark.parametrize("case", SAYS_LESS)
def test_chinese_that_says_something_else_is_noticed(case, notebooks, written):
    en, zh, problem = SAYS_LESS[case]

    assert notebooks.problems(written(en, zh)) == [problem]


def test_prose_that_jupytext_does_not_take_for_prose_is_noticed(notebooks, written):
    script = written()
    script.write_bytes(script.read_bytes().replace(b"[markdown] ", b"[markdown]\t", 1))

    assert notebooks.problems(script) == ['line 1 is no heading of a cell: write # %% [markdown] i18n="en" key="…"']


def test_two_cells_of_one_name_are_noticed(notebooks, written):
    code = "# %%\nx = 1\n\n"
    prose = written(after=f"\n{code}").read_text(encoding="utf-8")

    script = written(before=prose.replace('key="a"', 'key="b"'), after=f"\n{code}")
    assert notebooks.problems(script) == []

    script = written(before=prose.replace('key="a"', 'key="a-1"'), after=f"\n{code}")
    assert notebooks.problems(script) == ["two cells would be named a-1: choose another key"]


def test_a_mark_that_windows_sets_before_a_file_does_not_matter(notebooks, written):
    assert notebooks.problems(written(before="\ufeff")) == []


def test_stamping_keeps_the_ends_of_lines_and_leaves_alone_what_has_no_original(notebooks, written):
    script = written(after='\n# %% [markdown] i18n="zh" key="z"\n# 二\n')
    text = script.read_bytes().replace(b"\n", b"\r\n")
    script.write_bytes(text.replace(b"# One", b"# Two"))

    notebooks.stamp(script)

    right = notebooks.fingerprint("Two").encode()
    assert script.read_bytes() == text.replace(b"# One", b"# Two").replace(text.split(b'"')[9], right)


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
    prose = [notebooks.INSIDE.sub("", notebooks.relinked(text, FOLDER)) for text in prose]
    code = [cell.source for cell in notebooks.cells(script) if cell.cell_type == "code"]

    made = notebooks.notebook(script, language)

    assert [cell.source for cell in made.cells if cell.cell_type == "markdown"] == prose
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


def test_notebooks_are_the_same_bytes_each_time_from_any_folder_in_any_locale(notebooks, tmp_path):
    made = notebooks.write(SCRIPTS, "zh", tmp_path / "one")
    plain = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "TZ": "Asia/Tokyo"}
    command = [sys.executable, FOLDER / "make_notebooks.py", "--language", "zh", "--out", "two", *SCRIPTS[:4]]
    subprocess.run(command, check=True, capture_output=True, cwd=tmp_path, env={**os.environ, **plain})

    assert [path.stem for path in made] == [script.stem for script in SCRIPTS]
    assert sorted(path.name for path in (tmp_path / "two").iterdir()) == [path.name for path in made[:4]]
    for path in (tmp_path / "two").iterdir():
        assert path.read_bytes() == (tmp_path / "one" / path.name).read_bytes()
    for path in made:
        assert b"\r" not in path.read_bytes()
        cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
        assert len({cell["id"] for cell in cells}) == len(cells)


@pytest.fixture
def make(notebooks, monkeypatch):
    """The command: its exit code, or what it says on its way out."""

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["make_notebooks.py", *map(str, arguments)])
        try:
            return notebooks.main()
        except SystemExit as stop:
            return stop.code

    return run


def test_a_script_with_windows_line_ends_makes_the_same_notebook(notebooks, tmp_path):
    script = tmp_path / LESSONS[0].name
    script.write_bytes(LESSONS[0].read_bytes().replace(b"\n", b"\r\n"))

    assert notebooks.notebook(script, "zh") == notebooks.notebook(LESSONS[0], "zh")


def test_links_lead_to_another_drive(notebooks, monkeypatch, tmp_path):
    def on_another_drive(path, start):
        raise ValueError("path is on mount 'C:', start on mount 'D:'")

    monkeypatch.setattr(os.path, "relpath", on_another_drive)

    errata = (FOLDER.parent / "docs" / "errata.md").resolve()
    assert notebooks.relinked("[c](../docs/errata.md#e)", tmp_path) == f"[c]({errata.as_uri()}#e)"


def test_a_notebook_somebody_worked_in_is_not_overwritten(make, tmp_path):
    script = LESSONS[0]
    path = tmp_path / f"{script.stem}.ipynb"
    assert make("--out", tmp_path, script) == 0
    assert make("--out", tmp_path, script) == 0
    path.write_text("mine", encoding="utf-8")

    assert make("--language", "zh", "--out", tmp_path, script) == (
        f"make_notebooks: somebody may have worked in what is already there: {path}; "
        "choose another --out, or add --force to overwrite"
    )
    assert path.read_text(encoding="utf-8") == "mine"

    assert make("--language", "zh", "--out", tmp_path, "--force", script) == 0
    assert path.read_text(encoding="utf-8").startswith("{")


def test_a_write_that_breaks_off_leaves_the_notebook_before_it(notebooks, tmp_path, monkeypatch):
    path = tmp_path / "a.ipynb"
    path.write_bytes(b"whole")

    def full(self, data):
        with open(self, "wb") as file:
            file.write(data[:1])
        raise OSError(28, "No space left on device", str(self))

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(OSError, match="No space"):
        notebooks.put(path, "other")

    assert path.read_bytes() == b"whole"


WRONG = {
    "no such script": (["none.py"], "none.py: No such file or directory"),
    "a folder": (["."], ".: Is a directory"),
    "not UTF-8": (["latin.py"], "latin.py is not text in UTF-8"),
    "a file as folder": (["--out", "latin.py", LESSONS[0]], "latin.py: File exists"),
    "a folder below a file": (["--out", "latin.py/a", LESSONS[0]], "latin.py/a: Not a directory"),
}


@pytest.mark.skipif(os.name == "nt", reason="the system words it otherwise")
@pytest.mark.parametrize("case", WRONG)
def test_what_cannot_be_read_or_written_is_said_in_a_line(case, make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("latin.py").write_bytes(b"# caf\xe9\n")
    arguments, said = WRONG[case]

    assert make(*arguments) == f"make_notebooks: {said}"


def test_what_is_wrong_is_told_on_a_terminal_without_chinese(make, written, monkeypatch):
    script = written(before="# %%  [markdown]\n")
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)

    assert make("--check", script) == 1

    stream.flush()
    assert rb'write # %% [markdown] i18n="en" key="\u2026"' in stream.buffer.getvalue()


def test_without_jupytext_it_says_what_to_install(tmp_path):
    program = f"import sys; sys.modules['jupytext'] = None; sys.path.insert(0, {str(FOLDER)!r}); import make_notebooks"

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.returncode == 1
    assert done.stderr.strip().startswith("make_notebooks: jupytext is not installed; pip install -e")
