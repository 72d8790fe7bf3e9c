"""Files are written in one piece: what fails leaves the old one, and what is no plain file stays what it is."""

import os
import stat
import subprocess
import sys
import threading

import pytest

import minigrad as mg
from minigrad.viz import draw, explore
from minigrad.viz.animation import Animation
from minigrad.viz.figure import new_axes
from minigrad.viz.files import write_whole

posix = pytest.mark.skipif(os.name == "nt", reason="links, modes and pipes are others there")


def square():
    x = mg.tensor(3.0, requires_grad=True, name="x")
    return x * x


# ---- what is written -------------------------------------------------------------------------------------------------


def plot():
    ax = new_axes()
    ax.plot([1, 2])
    return ax


def animation():
    return Animation(lambda ax, i: ax.plot([i, 1]), ["a", "b"])


@pytest.mark.parametrize(
    ("name", "content", "first"),
    [
        ("a.txt", b"\x00\xff", b"\x00\xff"),
        ("a.txt", "数字\n", "数字\n".encode()),
        ("a.PNG", plot, b"\x89PNG"),
        ("a.svg", plot, b"<?xml"),
        ("a.gif", animation, b"GIF8"),
        ("a.html", lambda: explore(square()), b"<!doctype html>"),
        ("a.gv", lambda: draw(square()), b"digraph"),
    ],
)
def test_bytes_texts_plots_and_what_can_save_itself_are_written(tmp_path, name, content, first):
    write_whole(str(tmp_path / name), content() if callable(content) else content)

    assert (tmp_path / name).read_bytes().startswith(first)
    assert os.listdir(tmp_path) == [name]


@posix
def test_a_new_file_gets_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "other").touch()

    write_whole(tmp_path / "a", "new")

    assert (tmp_path / "a").stat().st_mode == (tmp_path / "other").stat().st_mode


# ---- what is there already -------------------------------------------------------------------------------------------


@posix
def test_a_file_keeps_its_rights(tmp_path):
    path = tmp_path / "a"
    path.write_text("old")
    path.chmod(0o600)

    write_whole(path, "new")

    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("new", 0o600)


@posix
@pytest.mark.parametrize("is_there", [True, False])
def test_a_link_goes_on_pointing_to_the_file(tmp_path, is_there):
    (tmp_path / "folder").mkdir()
    target, link = tmp_path / "folder" / "target", tmp_path / "link"
    link.symlink_to(target)
    if is_there:
        target.write_text("old")

    write_whole(link, "new")

    assert link.is_symlink()
    assert target.read_text() == "new"
    assert os.listdir(tmp_path / "folder") == ["target"]


@posix
def test_a_pipe_is_written_to_and_stays_one(tmp_path):
    path, read = tmp_path / "pipe", []
    os.mkfifo(path)
    reader = threading.Thread(target=lambda: read.append(path.read_bytes()), daemon=True)
    reader.start()

    write_whole(path, "new")

    reader.join(10)
    assert read == [b"new"]
    assert stat.S_ISFIFO(path.stat().st_mode)


def test_a_name_as_long_as_names_may_be_can_be_written(tmp_path):
    name = "a" * 251 + ".txt"

    write_whole(tmp_path / name, "new")

    assert os.listdir(tmp_path) == [name]


def test_several_threads_can_write_into_one_folder(tmp_path):
    texts = [str(i) * 100_000 for i in range(8)]
    threads = [threading.Thread(target=write_whole, args=(tmp_path / f"{i}", text)) for i, text in enumerate(texts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(os.listdir(tmp_path)) == list("01234567")
    assert [(tmp_path / f"{i}").read_text() for i in range(8)] == texts


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_folder_in_the_place_is_an_error_that_names_it(tmp_path):
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(tmp_path, "new")

    assert caught.value.filename == str(tmp_path)


def test_a_missing_folder_is_an_error_that_names_the_file_that_was_asked_for(tmp_path):
    with pytest.raises(FileNotFoundError) as caught:
        write_whole(tmp_path / "no" / "a", "new")

    assert caught.value.filename == str(tmp_path / "no" / "a")
    assert ".part" not in str(caught.value)


FULL = """
import resource, sys
import minigrad as mg
from minigrad.viz.animation import Animation
from minigrad.viz.files import write_whole
x = mg.tensor(3.0, requires_grad=True, name="x")
picture = mg.viz.draw(x * x)
animation = Animation(lambda ax, i: ax.plot([i, 1]), ["a", "b"])
ways = {
    "a.txt": lambda: write_whole("a.txt", "x" * 5000),
    "a.gif": lambda: animation.save("a.gif"),
    "a.html": lambda: mg.viz.explore(x * x).save("a.html"),
    "a.gv": lambda: picture.save("a.gv"),
    "a.svg": lambda: picture.render(outfile="a.svg", filename="b.gv", quiet=True),
}
resource.setrlimit(resource.RLIMIT_FSIZE, (500, 500))
try:
    ways[sys.argv[1]]()
except OSError as error:
    print(type(error).__name__, error, sep=": ")
"""


@posix
@pytest.mark.parametrize("name", ["a.txt", "a.gif", "a.html", "a.gv", "a.svg"])
def test_a_full_disk_leaves_the_old_picture_and_the_error_names_the_file(tmp_path, name):
    (tmp_path / name).write_text("old")
    (tmp_path / "b.gv").write_text("old")

    command = [sys.executable, "-B", "-c", FULL, name]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, timeout=60)

    assert done.stdout.startswith("OSError: "), done.stderr
    assert "File too large" in done.stdout
    assert name in done.stdout or "b.gv" in done.stdout
    assert "None" not in done.stdout
    assert sorted(os.listdir(tmp_path)) == sorted({name, "b.gv"})
    assert {(tmp_path / each).read_text() for each in (name, "b.gv")} == {"old"}


def test_a_stop_in_the_middle_leaves_no_part(tmp_path, monkeypatch):
    def stop(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", stop)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "a", "new")

    assert os.listdir(tmp_path) == []
