"""Tests of the pictures that `minigrad train --watch` writes, and that training does not notice them."""

import os
import signal
from pathlib import Path

import pytest
from PIL import Image

from minigrad.cli import main, training
from minigrad.train import live, pictures

XOR = ["train", "xor", "--epochs", "40", "--quiet"]
OF_EVERY_RUN = {"checkpoint.safetensors", "history.csv", "curves.png", "gradients.png", "health.txt"}


@pytest.fixture
def few_frames(monkeypatch):
    monkeypatch.setattr(pictures, "FRAMES", 3)


@pytest.fixture
def written(monkeypatch):
    """The names of the pictures in the order in which they are written; none is drawn."""
    names = []
    monkeypatch.setattr(live, "write_whole", lambda path, content: names.append(path.name))
    return names


@pytest.fixture
def always_due(monkeypatch):
    """Nothing takes time, so every epoch is drawn."""
    monkeypatch.setattr(live.time, "monotonic", lambda: 1e9)
    monkeypatch.setattr(live.Watch, "__init__", watch_without_pause)


def watch_without_pause(watch, folder, every=1, seconds=0.0, *, finish=True, init=live.Watch.__init__):
    init(watch, folder, every, seconds, finish=finish)


def test_watching_xor_leaves_the_boundary_the_curves_and_the_gradients(few_frames, capsys):
    assert main(["train", "xor", "--epochs", "40", "--watch", "--out", "here"]) == 0

    assert set(os.listdir("here")) == OF_EVERY_RUN | {"boundary.png", "boundary.gif", "boundary.html"}
    assert "layer  mean |g|" in Path("here/health.txt").read_text()
    assert "layer  mean |g|" not in capsys.readouterr().out
    with Image.open("here/boundary.gif") as frames:
        assert frames.n_frames == 4  # before the first epoch, after it, in the middle, and in the end
    assert Path("here/boundary.html").read_text().lower().startswith("<!doctype html>")


def test_watching_digits_leaves_weights_confusion_and_mistakes(few_digits):
    assert (
        main(["train", "mnist", "--full", "--data", str(few_digits), "--epochs", "1", "--watch", "--out", "here"]) == 0
    )

    assert set(os.listdir("here")) == OF_EVERY_RUN | {"weights.png", "confusion.png", "mistakes.png"}


def test_frames_are_many_in_the_beginning_where_much_happens():
    watch = pictures.WatchBoundary("here", training.TASKS["xor"].data(None)[0])
    trainer = training.Run(training.Settings("xor", 100, 4, 0.2, "adam", 0)).trainer
    watch.on_epoch_start(trainer)
    trainer.epochs, trainer.history = 100, [{"lr": 0.1}]
    watch.draw = lambda *arguments: None
    for p in trainer.model.parameters():
        p.grad = p.detach().clone()

    for trainer.epoch in range(1, 101):
        watch.on_epoch_end(trainer)

    epochs = [epoch for epoch, _ in watch.snapshots]
    assert epochs[:6] == [0, 1, 2, 3, 4, 5]
    assert len(epochs) <= pictures.FRAMES + 1
    assert epochs[-1] == 100


@pytest.mark.parametrize("task", ["xor", "mnist"])
def test_training_ends_on_the_same_bits_watched_or_not(task, few_digits, written, always_due):
    data = ["--full", "--data", str(few_digits)] if task == "mnist" else []
    command = ["train", task, *data, "--epochs", "4", "--batch-size", "3", "--quiet", "--out"]
    main([*command, "alone"])
    assert written == []

    main([*command, "watched", "--watch"])

    assert written.count("health.txt") == 4
    for name in ("checkpoint.safetensors", "history.csv"):
        assert Path("watched", name).read_bytes() == Path("alone", name).read_bytes()


def test_ctrl_c_stops_a_watched_run_which_goes_on_watched_to_the_same_bits(monkeypatch, written, always_due, capsys):
    main([*XOR, "--out", "alone"])

    class CtrlC(training.Progress):
        def on_epoch_end(self, trainer):
            if trainer.epoch == 17:
                signal.raise_signal(signal.SIGINT)

    with monkeypatch.context() as patch:
        patch.setattr(training, "Progress", CtrlC)
        assert main(["train", "xor", "--epochs", "40", "--watch", "--out", "stopped"]) == 130
    assert capsys.readouterr().err.endswith(" train xor --resume stopped --watch\n")
    assert written.count("curves.png") == 17  # none more for the sake of being stopped
    assert "boundary.gif" not in written
    assert main(["train", "xor", "--resume", "stopped", "--watch"]) == 0

    assert written[-2:] == ["boundary.gif", "boundary.html"]
    for name in ("checkpoint.safetensors", "history.csv"):
        assert Path("stopped", name).read_bytes() == Path("alone", name).read_bytes()


def test_a_run_that_is_complete_can_still_be_drawn(written):
    main([*XOR, "--out", "here"])

    assert main(["train", "xor", "--resume", "here", "--watch", "--quiet"]) == 0
    assert written == ["curves.png", "boundary.png"]  # there is no gradient to show, and only one frame


def test_ctrl_c_while_the_last_pictures_are_drawn_loses_nothing(monkeypatch, capsys):
    def interrupted(*arguments):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(live, "write_whole", interrupted)
        assert main([*XOR, "--watch", "--out", "here"]) == 130

    assert "stopped at once; the last save is in here" in capsys.readouterr().err
    main([*XOR, "--out", "alone"])
    assert Path("here/checkpoint.safetensors").read_bytes() == Path("alone/checkpoint.safetensors").read_bytes()


def test_a_full_disk_while_drawing_is_one_line(monkeypatch, capsys):
    def full(path, content):
        raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(live, "write_whole", full)

    assert main([*XOR, "--watch", "--out", "here"]) == 1
    err = capsys.readouterr().err
    assert "curves.png: No space left on device; what was saved last is in here" in err
    assert err.count("\n") == 1


def test_a_picture_that_cannot_be_drawn_is_one_line_and_the_others_are_drawn(capsys):
    assert (
        main(["train", "xor", "--watch", "--lr", "1e39", "--optimizer", "sgd", "--epochs", "1", "--out", "here"]) == 0
    )

    said = capsys.readouterr().err.splitlines()
    assert [line.split(" is not drawn: ")[0] for line in said] == [
        f"minigrad train xor: boundary.{kind}" for kind in ("png", "gif", "html")
    ]
    assert set(os.listdir("here")) == OF_EVERY_RUN


def test_a_full_disk_on_the_way_is_said_once_and_costs_the_training_nothing(monkeypatch, capsys, always_due):
    asked = []

    def full_for_two_epochs(path, content):
        asked.append(path.name)
        if asked.count(path.name) <= 2:
            raise OSError(28, "No space left on device", str(path))

    monkeypatch.setattr(live, "write_whole", full_for_two_epochs)
    monkeypatch.setattr(pictures, "FRAMES", 0)

    assert main(["train", "xor", "--watch", "--quiet", "--epochs", "4", "--out", "here"]) == 0
    assert capsys.readouterr().err.splitlines() == [
        f"minigrad train xor: {name} is not drawn: {Path('here', name)}: No space left on device"
        for name in ("curves.png", "gradients.png", "health.txt", "boundary.png")
    ]
