"""The error index: each line of code gives the message beside it; the list of all messages is whole and current."""

import ast
import importlib
import re
import warnings
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TEXT = (DOCS / "errors.md").read_text(encoding="utf-8")
SETUP = re.search(r"^```python\n(.*?)^```", TEXT, re.M | re.S)[1]


def rows(text):
    """(code, message, why) for each row of the tables."""
    return re.findall(r"^\| `(.+?)` \| (.+?) \| (.+) \|$", text, re.M)


def told(message):
    """A pattern for a message, in which ‹…› stands for anything."""
    return "(?s:.*)".join(map(re.escape, message.split("‹…›")))


ERRORS, WARNINGS = map(rows, TEXT.split("## Not errors, but warnings"))


@pytest.fixture
def space():
    """The names that the lines of code use."""
    names = {}
    exec(SETUP, names)
    return names


@pytest.mark.parametrize(("code", "message"), [row[:2] for row in ERRORS], ids=range(len(ERRORS)))
def test_the_code_raises_the_message_beside_it(code, message, space):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception, match=told(message)):
            exec(code, space)


@pytest.mark.parametrize(("code", "message"), [row[:2] for row in WARNINGS], ids=range(len(WARNINGS)))
def test_the_code_warns_with_the_message_beside_it(code, message, space):
    with pytest.warns(UserWarning, match=told(message)):
        exec(code, space)


def test_every_row_is_one_of_many_and_says_why_in_both_languages():
    everything = ERRORS + WARNINGS
    lines = [line for line in TEXT.splitlines() if "<br>" in line]

    assert len(everything) == len(lines) == len({code for code, _, _ in everything})
    assert len(ERRORS) >= 45
    assert len(WARNINGS) >= 7
    for _, _, why in everything:
        english, chinese = why.split("<br>")
        assert len(english) > 15
        assert re.search("[一-鿿]", chinese)


@pytest.fixture
def make_errors(monkeypatch):
    """The script that makes the list of all messages."""
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("make_errors")


def test_the_list_of_all_messages_is_what_the_source_says(make_errors):
    page = make_errors.page()

    assert page == (DOCS / "all_errors.md").read_text(encoding="utf-8"), "run python docs/make_errors.py"


PASSED_ON = {  # what another line of the list, or the system, has said
    "complain('minigrad', 'stopped')",
    "complain('minigrad', reason(error))",
    "complain('minigrad draw', without_function(reason(error)))",
    "complain('minigrad race', reason(error))",
    "complain(command, reason(error))",
    "complain(command, reason(error).replace(SHIPPED, advice))",
    "raise DownloadError(reason(error)) from error",
    "raise AssertionError(problem)",
    "raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))",
    "raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from None",
}


def test_no_place_that_raises_warns_or_complains_is_missing_from_the_list(make_errors):
    places = make_errors.places(make_errors.ROOT)
    found = {source for _, _, _, source in places}
    raised = {
        ast.unparse(node)
        for path in (DOCS.parent / "minigrad").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)
    }
    made_elsewhere = {x for x in raised if re.match(rf"raise ({'|'.join(make_errors.MADE_ELSEWHERE)})\(", x)}

    assert {source for _, _, texts, source in places if not texts} == PASSED_ON
    assert raised - made_elsewhere - found == set()
    assert len(make_errors.messages()) > 700


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("def f(x):\n    raise ValueError(f'f: no {x}; give y')", [("ValueError", "f: no ‹x›; give y")]),
        ("def f(x):\n    text = 'f: so not'\n    raise OSError(5, text, 'p')", [("OSError", "f: so not")]),
        ("def f(x):\n    raise TypeError(g(x))\ndef g(x):\n    return f'not {x}'", [("TypeError", "not ‹x›")]),
        (
            "def f(x):\n    raise _made_of_data(x)\ndef _made_of_data(x):\n    return KeyError('a b')",
            [("KeyError", "a b")],
        ),
        ("def f(x):\n    warnings.warn('take care', stacklevel=2)", [("UserWarning", "take care")]),
        ("def f(x):\n    complain('minigrad', f'{x} is bad')", [("printed", "‹x› is bad")]),
        ("WHY = 'for no reason'\ndef f(x):\n    raise ValueError(f'f: {WHY}')", [("ValueError", "f: for no reason")]),
    ],
)
def test_a_message_is_found_however_it_is_made(source, expected, make_errors, tmp_path, monkeypatch):
    (tmp_path / "minigrad").mkdir()
    (tmp_path / "minigrad" / "page.py").write_text(source, encoding="utf-8")
    monkeypatch.setattr(make_errors, "ROOT", tmp_path)

    assert [(kind, text) for _, kind, text in make_errors.messages()] == expected


def test_each_page_of_the_list_says_why(make_errors):
    pages = {page for page, _, _ in make_errors.messages()}
    used = {make_errors.why(page) for page in pages}

    assert used == set(make_errors.WHY.values())
