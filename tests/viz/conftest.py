"""Which program draws in a test, and the browser in which pages are opened."""

import os
import shutil
import sys

import pytest


@pytest.fixture
def only_the_wheel(tmp_path, monkeypatch):
    """An empty PATH: what is left is the wheel's program, beside Python."""
    folder = tmp_path / "empty"
    folder.mkdir()
    monkeypatch.delenv("MINIGRAD_DOT", raising=False)
    monkeypatch.setenv("PATH", str(folder))


@pytest.fixture
def program(tmp_path):
    """Write a Python script as an executable file of that name, in a folder of its own, and return its path."""
    if os.name == "nt":
        pytest.skip("a script is not a program on Windows")

    def write(name, script):
        folder = tmp_path / f"has_{name}"
        folder.mkdir()
        path = folder / name
        path.write_text(f"#!{sys.executable}\n{script}")
        path.chmod(0o755)
        return path

    return write


@pytest.fixture(scope="module")
def chromium():
    """A headless Chromium; where there is none, tests that ask for it fail."""
    from playwright.sync_api import sync_playwright

    names = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")  # the first is twice as fast
    found = next(filter(None, map(shutil.which, names)), None)
    assert found, "the browser tests need Chromium on PATH; .ci/run installs it"
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--no-first-run", "--disable-sync"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=flags)
        yield browser
        browser.close()
