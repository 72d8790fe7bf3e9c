"""The error index: each line of code raises the message beside it; the list of all messages is whole and current."""

import ast
import importlib
import re
import warnings
from pathlib import Path

import pytest

DOCS = Path(__file__).parent.parent / "docs"
TEXT = (DOCS / "errors.md").read_text(encoding="utf-8")
SETUP = re.search(r"^```python\n(.*?)^```", TEXT, re.M | re.S)[1]
ROWS = [re.fullmatch(r"\| `(.+?)` \| (.+?) \| (.+) \|", line) for line in TEXT.splitlines() if line.startswith("| `")]
ERRORS = [row.groups() for row in ROWS if row]


@pytest.mark.parametrize(("code", "message", "why"), ERRORS, ids=range(len(ERRORS)))
def test_the_code_raises_the_message_beside_it(code, message, why):
    space = {}
    exec(SETUP, space)
    pattern = "(?s:.*)".join(map(re.escape, re.split("‹…›", message)))

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with pytest.raises(Exception, match=pattern):
            exec(code, space)
    assert len(why) > 20
    assert re.search("<br>.*[一-鿿]", why), "why and what to do, in Chinese, too"


def test_the_warnings_it_names_are_in_the_source():
    source = "".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "minigrad").rglob("*.py"))
    source = re.sub(r'"\n\s+f?"', "", source)  # a message may take several lines
    named = [
        line.split(" | ")[0].strip("| ") for line in TEXT.partition("but warnings")[2].splitlines() if "<br>" in line
    ]

    assert len(named) >= 7
    assert [text for text in named if text not in source] == []


def test_there_are_enough_rows():
    assert len(ERRORS) >= 45


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
