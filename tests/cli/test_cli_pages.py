"""What the pages type at a prompt is typed here: the ```console blocks of the READMEs and of docs/*.md.

A line after `$ ` is a command; the lines under it are what it prints, where … stands for anything in a line, and a line
of … for any number of lines. What takes long runs with the options in QUICKER added, and the full MNIST is a few easy
digits. What needs a network or never ends is looked at, but not run.
"""

import importlib
import re
import shlex
import sys
import tomllib
from pathlib import Path

import pytest

from minigrad.cli import main, training
from minigrad.train import pictures

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
QUICKER = {
    "minigrad train xor --watch": ["--epochs", "4"],
    "minigrad race rosenbrock": ["--steps", "4"],
    ".venv/bin/python tutorials/make_notebooks.py": [str(ROOT / "tutorials" / "00_from_the_chain_rule_to_xor.py")],
}


def blocks(language):
    """(page, text) of each fenced block in a language; a test of it is named after its page and line."""
    found = []
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for block in re.finditer(rf"^```{language}\n(.*?)^```", text, re.M | re.S):
            line = text[: block.start(1)].count("\n") + 1
            found.append(pytest.param(page.name, block[1], id=f"{page.name}:{line}"))
    return found


def commands(text):
    """(command, what it is to print) of each prompt in a block; what is printed is None where nothing is shown."""
    for part in re.split(r"^\$ ", text, flags=re.M)[1:]:
        command, _, shown = part.partition("\n")
        yield command, shown or None


def fits(shown, printed):
    """Whether a command printed what is shown, but for … and blanks at the end of lines."""
    shown, printed = ("\n".join(map(str.rstrip, text.strip("\n").split("\n"))) for text in (shown, printed))
    lines = ["(.*\n)*" if line == "…" else re.escape(line).replace("…", ".*") + "\n" for line in shown.split("\n")]
    return re.fullmatch("".join(lines), printed + "\n") is not None


def typed_once():
    """The blocks with prompts, without the commands that stand in an earlier one: the READMEs are twins."""
    seen, kept = [], []
    for block in blocks("console"):
        new = []
        for command, shown in commands(block.values[1]):
            typed = (shlex.split(command, comments=True), shown)
            if typed not in seen:
                seen.append(typed)
                new.append((command, shown))
        if new:
            kept.append(pytest.param(block.values[0], new, id=block.id))
    return kept


# ---- the ways to run a command ---------------------------------------------------------------------------------------


def minigrad(words):
    assert main(words) == 0


def installed(words):
    """pip install, not run: the extras exist. .ci/run and the README's own commands install most of them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    wanted = re.findall(r"\.\[([\w,]+)\]", " ".join(words))
    assert wanted
    assert set(",".join(wanted).split(",")) <= set(project["optional-dependencies"])


def python(words, monkeypatch):
    """A script of this repository, called in this process; tests/benchmarks needs PyTorch and JAX, and is compiled."""
    script = ROOT / words[0]
    if script.parent.name == "benchmarks":
        compile(script.read_text(encoding="utf-8"), str(script), "exec")
        return
    monkeypatch.syspath_prepend(str(script.parent))
    monkeypatch.setattr(sys, "argv", [str(script), *words[1:]])
    sys.modules.pop(script.stem, None)
    assert importlib.import_module(script.stem).main() == 0


def jupyter(words):
    """A server never ends, so it is not run; it is given no folder, since links of the notebooks lead out of it."""
    assert words == ["lab"]
    assert list(Path("notebooks").glob("*.ipynb"))


def run(command, monkeypatch):
    """Run one command of a page, all of whose parts between && must succeed."""
    words = shlex.split(command, comments=True)
    words += next((extra for start, extra in QUICKER.items() if command.startswith(start)), [])
    while words:
        end = words.index("&&") if "&&" in words else len(words)
        program, given, words = words[0].removeprefix(".venv/bin/"), words[1:end], words[end + 1 :]
        if program in ("python3", "pytest"):  # the two lines of the README, which .ci/run types
            assert f"```sh\n{command}\n```" in (ROOT / "README.md").read_text(encoding="utf-8")
            return
        if program == "minigrad":
            minigrad(given)
        elif program == "pip":
            installed(given)
        elif program == "jupyter":
            jupyter(given)
        elif program == "python":
            python(given, monkeypatch)
        else:
            raise AssertionError(f"nobody knows how to run {command}")


# ---- the tests -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("page", "typed"), typed_once())
def test_what_a_page_types_works_and_prints_what_is_shown(page, typed, few_digits, monkeypatch, capsys):
    monkeypatch.setattr(training, "fetch_mnist", lambda progressbar: few_digits)
    monkeypatch.setattr(pictures, "FRAMES", 3)

    for command, shown in typed:
        run(command, monkeypatch)
        printed = capsys.readouterr().out
        assert shown is None or fits(shown, printed), f"{page}: {command} printed\n{printed}"


def test_every_block_of_a_page_is_in_a_language_that_some_test_runs():
    languages = {
        (page.name, language)
        for page in PAGES
        for language in re.findall(r"^ *```(.*)\n(?s:.*?)^ *```", page.read_text(encoding="utf-8"), re.M)
    }
    run_here = {"console", "powershell"}
    run_elsewhere = {"python", "sh", "py"}  # tests/test_docs.py, .ci/run, tests/test_docs.py

    assert {language for _, language in languages} == run_here | run_elsewhere
    assert {name for name, language in languages if language == "sh"} == {"README.md"}  # which .ci/run reads


@pytest.mark.parametrize(("page", "text"), blocks("powershell"))
def test_the_lines_for_windows_are_the_two_commands_in_the_words_of_powershell(page, text):
    two = "".join(block for name, block in (block.values for block in blocks("sh")) if name == "README.md")
    for here, there in (("python3 -m", "py -3.11 -m"), (" &&", ";"), (".venv/bin/", ".venv\\Scripts\\")):
        two = two.replace(here, there)

    assert text == two


@pytest.mark.parametrize(
    ("shown", "printed", "same"),
    [
        ("a\nb\n", "a\nb\n", True),
        ("a\n", "a\nb\n", False),
        ("a … s\nb\n", "a 0.3 s\nb\n", True),
        ("a … s\nb\n", "a 0.3\ns\nb\n", False),
        ("a\n…\n", "a\nb\n\nc\n", True),
        ("a\n…\n", "c\nb\n", False),
        ("a\n…\nd\n", "a\nb\nc\nd\n", True),
        ("a\n…\nd\n", "a\nb\nc\n", False),
        ("1.5\n", "1x5\n", False),
    ],
)
def test_what_is_shown_is_compared_but_for_the_dots(shown, printed, same):
    assert fits(shown, printed) is same


def test_a_command_that_fails_or_that_nobody_knows_is_noticed(monkeypatch, capsys):
    for command in ("minigrad train xor --epoch", "minigrad ops tahn", "minigrat ops", '.venv/bin/pip install ".[no]"'):
        with pytest.raises(AssertionError):
            run(command, monkeypatch)
    with pytest.raises(AssertionError):
        run(".venv/bin/jupyter lab", monkeypatch)
    capsys.readouterr()
