"""Tests of what training says about itself."""

import io
from types import SimpleNamespace

import pytest

from minigrad.train import Progress
from minigrad.train.progress import describe
from minigrad.train.trainer import Means


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def run(progress, epochs, steps=4, begin=(0, 0)):
    """Send the events of a training that learns nothing."""
    trainer = SimpleNamespace(epoch=begin[0], step=begin[1], epochs=epochs, steps_per_epoch=steps, history=[])
    while trainer.epoch < epochs:
        trainer.running = Means({"loss": 2.0, "accuracy": 3.0}, items=4)
        progress.on_epoch_start(trainer)
        while trainer.step < steps:
            trainer.step += 1
            progress.on_step_end(trainer)
        trainer.epoch, trainer.step = trainer.epoch + 1, 0
        trainer.history.append({"epoch": trainer.epoch, "lr": 0.1, "loss": 0.5, "accuracy": 0.75, "test_loss": 0.25})
        progress.on_epoch_end(trainer)
    progress.on_fit_end(trainer)


def test_without_a_terminal_each_epoch_is_one_plain_line():
    stream = io.StringIO()

    run(Progress(stream=stream), epochs=10)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 10
    assert lines[2] == "epoch  3/10  loss 0.5  accuracy 75.0%  test loss 0.25"
    assert "\r" not in stream.getvalue()


def test_on_a_terminal_each_epoch_is_one_bar_that_ends_full_with_loss_and_accuracy():
    stream = Terminal()

    run(Progress(stream=stream), epochs=3)

    bars = [line.split("\r")[-1] for line in stream.getvalue().split("\n")[:-1]]
    assert [bar.split()[1] for bar in bars] == ["1/3", "2/3", "3/3"]
    assert all("loss 0.5  accuracy 75.0%" in bar for bar in bars)


def test_short_epochs_can_share_a_line():
    stream = io.StringIO()

    run(Progress(every=4, stream=stream), epochs=10)

    assert [line.split()[1] for line in stream.getvalue().splitlines()] == ["4/10", "8/10", "10/10"]


def test_a_resumed_epoch_begins_its_bar_where_it_was_stopped():
    progress, totals = Progress(stream=Terminal()), []
    progress.on_step_end = lambda trainer: totals.append((progress.bar.initial, progress.bar.total))

    run(progress, epochs=2, begin=(0, 3))

    assert totals == [(3, 4), *[(0, 4)] * 4]


def test_the_standard_output_of_the_moment_is_the_default(capsys):
    run(Progress(), epochs=1)

    assert capsys.readouterr().out.startswith("epoch 1/1  loss 0.5")


def test_an_interrupted_bar_is_closed():
    progress = Progress(stream=Terminal())
    progress.on_epoch_start(SimpleNamespace(epoch=0, step=0, epochs=1, steps_per_epoch=2))
    bar = progress.bar

    progress.on_fit_end(None)

    assert bar.disable
    assert progress.bar is None


def test_every_must_be_at_least_1():
    with pytest.raises(ValueError, match="at least 1, given 0"):
        Progress(every=0)


def test_test_stands_once_for_all_that_follows_it():
    means = {"loss": 0.5, "accuracy": 0.875, "test_loss": 1e-7, "test_accuracy": 1.0}

    assert describe(means) == "loss 0.5  accuracy 87.5%  test loss 1e-07  accuracy 100.0%"


@pytest.mark.parametrize("terminal", [False, True])
def test_a_name_that_the_encoding_does_not_have_is_spelled_out(terminal):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    stream.isatty = lambda: terminal
    trainer = SimpleNamespace(epoch=0, step=0, epochs=1, steps_per_epoch=1, running=Means({"误差": 2.0}, items=1))
    progress = Progress(stream=stream)

    progress.on_epoch_start(trainer)
    progress.on_step_end(trainer)
    trainer.epoch, trainer.history = 1, [{"epoch": 1, "误差": 0.5}]
    progress.on_epoch_end(trainer)

    stream.seek(0)
    assert "\\u8bef\\u5dee 0.5" in stream.read()
