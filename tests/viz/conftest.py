"""Which program draws in a test."""

import os
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
