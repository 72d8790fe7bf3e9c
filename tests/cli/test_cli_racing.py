"""Tests of `minigrad race`: its pictures, its table, and how it answers bad values."""

import os
import re
from pathlib import Path

import pytest

from minigrad.cli import main, racing
from minigrad.viz.paths import OPTIMIZERS
from minigrad.viz.surfaces import SURFACES


@pytest.fixture
def no_picture(monkeypatch):
    """What the race was asked to draw, drawn by nobody: the table is all there is."""
    asked = []
    monkeypatch.setattr(racing, "write_whole", lambda path, picture: asked.append((str(path), picture)))
    return asked


@pytest.mark.parametrize(("name", "first"), [("a.gif", b"GIF8"), ("a.html", b"<!doctype html>"), ("a.PNG", b"\x89PNG")])
def test_the_ending_decides_whether_the_picture_moves(name, first, capsys):
    assert main(["race", "bowl", "--optimizers", "sgd", "--steps", "1", "-o", name]) == 0

    assert Path(name).read_bytes().lower().startswith(first.lower())
    assert capsys.readouterr().out.endswith(f"drawn in {name}\n")
    assert os.listdir() == [name]


def test_the_table_says_who_came_how_far_the_lowest_first(no_picture, capsys):
    assert main(["race", "bowl", "--optimizers", "sgd,adam", "--steps", "100", "--lr", "0.01", "-o", "a.png"]) == 0

    assert capsys.readouterr().out == (
        "bowl from (-4, 1.2) to (0, 0), 100 steps\n"
        "optimizer       lr       value  to a minimum  within 0.1 from\n"
        "sgd           0.01        1.07          1.46                -\n"
        "adam          0.01        8.24          3.07                -\n"
        "drawn in a.png\n"
    )


def test_the_table_says_from_which_step_on_an_optimizer_is_near_the_minimum(no_picture, capsys):
    # y is 0 from the first step on, and x shrinks to 0.98 of itself in each
    main(["race", "bowl", "--optimizers", "sgd", "--steps", "60", "--lr", "0.02", "-o", "a.png"])
    slow = capsys.readouterr().out.splitlines()[2]
    main(["race", "bowl", "--optimizers", "sgd", "--steps", "200", "--lr", "0.02", "-o", "a.png"])
    done = capsys.readouterr().out.splitlines()[2]

    assert slow.endswith(" -")
    assert done.endswith(" step 183")  # 4 · 0.98^183 = 0.0992


def test_whoever_leaves_for_infinity_comes_last_and_is_told_why(no_picture, capsys):
    assert main(["race", "bowl", "--optimizers", "sgd,adam", "--steps", "2000", "--lr", "1", "-o", "a.png"]) == 0

    *_, adam, sgd, _ = capsys.readouterr().out.splitlines()
    assert adam.startswith("adam ")
    assert re.fullmatch("sgd +1  gone to infinity; try a smaller --lr", sgd)


@pytest.mark.parametrize("surface", SURFACES)
def test_every_surface_can_be_raced_on_by_all(surface, no_picture, capsys):
    assert main(["race", surface.upper(), "--optimizers", ",".join(OPTIMIZERS), "--steps", "3"]) == 0

    table = capsys.readouterr().out.splitlines()[2:-2]
    assert sorted(line.split()[0] for line in table) == sorted(OPTIMIZERS)
    assert no_picture[0][0] == "race.gif"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("rosenbrok", "must be one of rosenbrock, beale, .*, given 'rosenbrok'; did you mean rosenbrock?"),
        ("bowl --optimizers sgd,adm", "must be one of sgd, .*, given 'adm'; did you mean adam?"),
        ("bowl --optimizers sgd,,adam", "must be one of sgd, .*, given ''"),
        ("bowl --optimizers sgd,adam,SGD", "sgd is given twice; give it once"),
        ("bowl --steps 0", "must be a whole number, at least 1, given '0'"),
        ("bowl --lr -1", "must be a positive number, given '-1'"),
        ("bowl -o race.mp4", r"the ending of 'race\.mp4' must be one of \.gif, \.html, \.png, \.svg, \.pdf"),
        ("bowl -o no/race.gif", "there is no folder no; make it"),
        ("", "the following arguments are required: SURFACE"),
    ],
)
def test_race_answers_a_bad_value_with_one_line_and_code_2(arguments, message, capsys):
    assert main(["race", *arguments.split()]) == 2

    captured = capsys.readouterr()
    assert re.match(f"minigrad race: .*{message}", captured.err)
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert os.listdir() == []


def test_a_picture_that_cannot_be_written_is_one_line(capsys):
    os.mkdir("a.png")

    assert main(["race", "bowl", "--steps", "1", "-o", "a.png"]) == 2

    err = capsys.readouterr().err
    assert err == "minigrad race: a.png: Is a directory\n"
