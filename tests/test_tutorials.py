"""Every tutorial runs as a script, with its own assertions."""

import runpy
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parent.parent / "tutorials").glob("[0-9]*.py"))


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda p: p.stem)
def test_the_tutorial_runs_from_top_to_bottom(script, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    runpy.run_path(str(script), run_name="__main__")


def test_there_is_a_tutorial():
    assert SCRIPTS
