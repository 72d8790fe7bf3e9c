"""The error index: each line of code raises the message beside it, and the list of all messages is current."""

import importlib
import re
import sys
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


def test_the_warnings_it_names_are_in_the_source():
    source = "".join(path.read_text(encoding="utf-8") for path in (DOCS.parent / "minigrad").rglob("*.py"))
    source = re.sub(r'"\n\s+f?"', "", source)  # a message may take several lines
    named = [line.split(" | ")[0].strip("| ") for line in TEXT.partition("but warnings")[2].splitlines()[4:]]

    assert len(named) >= 6
    assert [text for text in named if text not in source] == []


def test_there_are_enough_rows():
    assert len(ERRORS) >= 30


def test_the_list_of_all_messages_is_what_the_source_says(monkeypatch):
    monkeypatch.syspath_prepend(str(DOCS))
    sys.modules.pop("make_errors", None)

    page = importlib.import_module("make_errors").page()

    assert page == (DOCS / "all_errors.md").read_text(encoding="utf-8"), "run python docs/make_errors.py"
