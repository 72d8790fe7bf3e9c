"""Tests of the command line as a whole: its help, its streams, and their encodings."""

import io
import os
import re
import subprocess
import sys

import pytest

from minigrad.cli import main

XOR = ["train", "xor", "--epochs", "40"]


@pytest.mark.parametrize("command", ["", "train", "train mnist", "train xor", "draw", "race", "ops", "concepts"])
def test_help_is_plain_text_with_examples(command, capsys):
    assert main([*command.split(), "--help"]) == 0

    out = capsys.readouterr().out
    assert out.isascii() or command == "concepts"  # which are looked up in Chinese, too
    assert "examples:\n  minigrad " in out
    assert max(map(len, out.splitlines())) <= 100


def test_help_in_chinese_is_spelled_out_where_the_terminal_has_no_such_letters(monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)

    assert main(["concepts", "--help"]) == 0

    stream.flush()
    assert rb"minigrad concepts \u4ea4\u53c9\u71b5" in stream.buffer.getvalue()


def test_help_names_every_flag_and_the_defaults(capsys):
    main(["train", "mnist", "--help"])

    out = " ".join(capsys.readouterr().out.split())
    flags = [
        "--epochs",
        "--batch-size",
        "--lr",
        "--optimizer",
        "--seed",
        "--out",
        "--resume",
        "--watch",
        "--quiet",
        "--full",
        "--data",
    ]
    assert all(flag in out for flag in flags)
    assert "(default: the latest in runs/)" in out
    assert "0.003 with adam" in out
    assert "(default 10)" in out


def test_python_m_minigrad_is_the_command_and_gives_an_ascii_stream_ascii():
    command = [sys.executable, "-m", "minigrad", *XOR, "--out", "数字"]
    settings = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}

    done = subprocess.run(command, capture_output=True, timeout=60, env=settings)

    assert done.returncode == 0, done.stderr
    assert rb"; \u6570\u5b57" in done.stdout
    assert b"x1  x2  target  prediction" in done.stdout
    assert sorted(os.listdir("数字")) == ["checkpoint.safetensors", "curves.png", "history.csv"]


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
def test_a_reader_that_has_seen_enough_ends_the_command_quietly():
    command = [sys.executable, "-m", "minigrad", "train", "xor", "--epochs", "10000"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    process.stdout.readline()
    process.stdout.close()

    # the run can be resumed, as after Ctrl-C, but nobody is there to be told
    assert process.wait(timeout=60) == 141
    assert process.stderr.read() == b""
    process.stderr.close()


@pytest.mark.skipif(os.name == "nt", reason="a closed pipe is another error there")
@pytest.mark.parametrize(
    "arguments",
    [
        ["race", "bowl", "--steps", "1"],
        ["draw", "x*x", "--at", "x=1", "--text"],
        ["draw", "x*x", "--at", "x=1", "-o", "a.dot"],
    ],
)
def test_a_reader_that_has_gone_away_ends_every_command_quietly(arguments):
    read, write = os.pipe()
    os.close(read)
    command = [sys.executable, "-m", "minigrad", *arguments]
    done = subprocess.run(command, stdout=write, stderr=subprocess.PIPE, timeout=60)
    os.close(write)

    assert (done.returncode, done.stderr) == (141, b"")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs a device that is always full")
@pytest.mark.parametrize(
    "arguments",
    [
        ["train", "xor", "--quiet", "--epochs", "1"],
        ["train", "xor", "--epochs", "1"],
        ["race", "bowl", "--steps", "1"],
        ["draw", "x*x", "--at", "x=1", "--text"],
    ],
)
def test_output_that_cannot_be_written_is_one_line_without_a_traceback(arguments):
    command = [sys.executable, "-m", "minigrad", *arguments]
    with open("/dev/full", "w") as full:
        done = subprocess.run(command, stdout=full, stderr=subprocess.PIPE, text=True, timeout=60)

    assert done.returncode == 1
    assert re.fullmatch(r"minigrad.*: No space left on device.*\n", done.stderr)


@pytest.mark.parametrize(
    ("arguments", "needless"),
    [
        (["--help"], {"matplotlib", "PIL", "graphviz"}),
        (["race", "--help"], {"matplotlib", "PIL", "graphviz"}),
        (["draw", "x*x", "--at", "x=1", "--text"], {"matplotlib", "PIL"}),
    ],
)
def test_nothing_heavy_is_loaded_before_it_is_needed(arguments, needless):
    program = "import sys; from minigrad.cli import main; main(sys.argv[1:]); print(*sys.modules)"

    done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert needless.isdisjoint(done.stdout.split())
