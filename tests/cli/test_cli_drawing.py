"""Tests of `minigrad draw`: the pictures, the page, the text, and how it answers bad values."""

import os
import re
from pathlib import Path

import numpy as np
import pytest

from minigrad.cli import main
from minigrad.viz import explore
from minigrad.viz.expression import evaluate


def test_draw_writes_a_picture_with_values_and_gradients(capsys):
    pytest.importorskip("graphviz")

    assert main(["draw", "w*x + b", "--at", "w=2,x=3,b=1"]) == 0

    picture = Path("graph.svg").read_text()
    assert "<svg" in picture
    assert capsys.readouterr().out == "w*x + b = 7, drawn in graph.svg\n"


@pytest.mark.parametrize("name", ["a.svg", "a.PNG", "a.dot", "a.html"])
def test_the_ending_decides_the_format(name):
    first = {"a.svg": b"<?xml", "a.PNG": b"\x89PNG", "a.dot": b"digraph", "a.html": b"<!doctype html>"}[name]

    assert main(["draw", "x*x", "--at", "x=-3", "-o", name]) == 0
    assert Path(name).read_bytes().startswith(first)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["x*y", "--at", "x=1"], "y"),
        (["__import__('os').system('ls')"], "import"),
        (["x +", "--at", "x=1"], "cannot read"),
        (["x", "--at", "x"], "write name=number"),
        (["x", "--at", "x=one"], "'x=one' does not give a number"),
        (
            ["x", "--at", "x=1", "-o", "x.gif"],
            r"the ending of 'x\.gif' must be one of \.svg, \.png, \.pdf, \.dot, \.html",
        ),
        (["x", "--at", "x=1", "-o", "x"], "the ending of 'x' must be"),
        (["x", "--at", "x=1", "-o", ""], "the ending of '' must be"),
        (["x", "--at", "x=1", "-o", "no/x.svg"], "there is no folder no; make it"),
        (["x", "--at", "x=1", "-o", "no/x.html"], "there is no folder no; make it"),
        (["x", "--at", "x=1", "-o", "x.html"], "a leaf"),
        (["x", "--at", "x=1", "--text"], "a leaf"),
    ],
)
def test_draw_answers_a_bad_value_with_one_line_and_code_2(arguments, message, capsys):
    assert main(["draw", *arguments]) == 2

    err = capsys.readouterr().err
    assert re.match(f"minigrad draw: .*{message}", err)
    assert err.count("\n") == 1


def test_the_dot_text_needs_no_program_that_draws(monkeypatch):
    monkeypatch.setenv("MINIGRAD_DOT", "no-such-program")

    assert main(["draw", "x*x", "--at", "x=3", "-o", "graph.dot"]) == 0


def test_the_story_is_printed_instead_of_drawn_and_needs_no_program(monkeypatch, capsys):
    monkeypatch.setenv("MINIGRAD_DOT", "no-such-program")
    with np.errstate(all="ignore"):
        root = evaluate("w*x + log(b)", {"w": 2, "x": 3, "b": 0})
        story = str(explore(root))

    assert main(["draw", "w*x + log(b)", "--at", "w=2,x=3,b=0", "--text"]) == 0

    assert capsys.readouterr().out == f"{story}\n"
    assert os.listdir() == []


def test_the_story_can_be_printed_and_drawn(capsys):
    assert main(["draw", "x*x", "--at", "x=3", "--text", "-o", "graph.dot"]) == 0

    assert capsys.readouterr().out.endswith("x*x = 9, drawn in graph.dot\n")
    assert os.listdir() == ["graph.dot"]


@pytest.mark.parametrize("name", ["graph.svg", "page.html"])
def test_draw_says_what_to_do_where_nothing_can_draw(name, monkeypatch, capsys):
    monkeypatch.setenv("MINIGRAD_DOT", "no-such-program")

    assert main(["draw", "x*x", "--at", "x=1", "-o", name]) == 1

    err = capsys.readouterr().err
    assert "no-such-program" in err
    assert err.endswith("--text.\n")
    assert os.listdir() == []


@pytest.mark.skipif(os.name == "nt", reason="a script is not a program there")
@pytest.mark.parametrize("name", ["a.svg", "a.png", "a.html"])
def test_a_program_that_draws_nothing_is_a_failure_and_leaves_no_file(name, tmp_path, monkeypatch, capsys):
    program = tmp_path / "dot"
    program.write_text("#!/bin/sh\necho garbage\n")
    program.chmod(0o755)
    monkeypatch.setenv("MINIGRAD_DOT", str(program))

    assert main(["draw", "x*x", "--at", "x=1", "-o", name]) == 1

    captured = capsys.readouterr()
    assert re.match(r"minigrad draw: .*dot wrote no (svg|png), but b'garbage", captured.err)
    assert captured.out == ""
    assert os.listdir() == ["dot"]


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize("name", ["a.dot", "a.svg", "a.html"])
def test_a_full_disk_is_one_line_that_names_the_file(name, capsys):
    os.symlink("/dev/full", name)

    assert main(["draw", "x*x", "--at", "x=1", "-o", name]) == 2

    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", f"minigrad draw: {name}: No space left on device\n")
    assert os.readlink(name) == "/dev/full"


def test_a_folder_in_the_place_of_the_page_is_one_line(capsys):
    os.mkdir("a.html")

    assert main(["draw", "x*x", "--at", "x=1", "-o", "a.html"]) == 2
    assert capsys.readouterr().err == (
        "minigrad draw: a.html is a folder; give the name of a file in it, such as page.html\n"
    )


def test_where_nothing_can_draw_the_way_out_without_a_program_is_an_option(monkeypatch, capsys):
    monkeypatch.delenv("MINIGRAD_DOT", raising=False)
    monkeypatch.setattr("minigrad.viz.dot.shutil.which", lambda *program, path=None: None)

    assert main(["draw", "x", "--at", "x=1"]) == 1

    err = capsys.readouterr().err
    assert "  3. keep the DOT text, -o graph.dot, for another viewer; some are online\n" in err
    assert "picture." not in err


@pytest.mark.parametrize(
    "arguments",
    [
        ["-x+3", "--at", "x=1"],
        ["--at", "x=1", "-x+3"],
        ["-o", "graph.svg", "-x+3", "--at=x=1"],
        ["--at", "x=1", "--", "-x+3"],
    ],
)
def test_an_expression_may_begin_with_a_minus(arguments, capsys):
    assert main(["draw", *arguments]) == 0
    assert capsys.readouterr().out == "-x+3 = 2, drawn in graph.svg\n"


@pytest.mark.parametrize(("expression", "result"), [("-.5*x", "-0.5"), ("-h*2", "-2"), ("-(x)", "-1"), ("-a", "-1")])
def test_a_minus_in_front_is_an_option_only_where_there_is_such_an_option(expression, result, capsys):
    name = re.search("[a-z]", expression)[0]

    assert main(["draw", expression, "--at", f"{name}=1"]) == 0
    assert capsys.readouterr().out == f"{expression} = {result}, drawn in graph.svg\n"


@pytest.mark.parametrize("option", ["-o", "--out", "--ou"])
def test_a_file_name_that_looks_like_an_option_is_still_refused(option, capsys):
    assert main(["draw", "x", "--at", "x=1", option, "-a.svg"]) == 2
    assert "-o/--out: expected one argument" in capsys.readouterr().err
    assert os.listdir() == []
