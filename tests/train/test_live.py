"""Tests of the training seen while it goes on: as text, in a notebook cell, and as pictures in a folder."""

import io
import itertools
import math
import operator
import os
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import XOR
from minigrad.train import Callback, LivePlot, Progress, TextPlot, Trainer, Watch, text_plot
from minigrad.utils.data import DataLoader


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self):
        return True


def run(callback, epochs=3, losses=(4.0, 2.0, 1.0, 0.5), begin=0):
    """Send the events of a training that learns nothing, and return its trainer."""
    history = [{"epoch": n + 1, "lr": 0.1, "loss": losses[n % len(losses)], "accuracy": 0.5} for n in range(epochs)]
    trainer = SimpleNamespace(epoch=begin, epochs=epochs, history=history[:begin], model=mg.nn.Linear(1, 1))
    for epoch in range(begin + 1, epochs + 1):
        callback.on_epoch_start(trainer)
        trainer.epoch, trainer.history = epoch, history[:epoch]
        callback.on_epoch_end(trainer)
    callback.on_fit_end(trainer)
    return trainer


@pytest.fixture
def always_due(monkeypatch):
    """A clock that leaps further each time it is read, so that the next drawing is always due."""
    ticks = itertools.accumulate(itertools.repeat(10.0), operator.mul)
    monkeypatch.setattr("minigrad.train.live.time.monotonic", lambda: next(ticks))


# ---- a curve as text ------------------------------------------------------------------------------------------------


def test_a_curve_is_drawn_in_eighths_of_a_line():
    text = text_plot([4, 3.5, 3, 2.5, 2, 1.5, 1], width=24, height=6)

    assert text == (
        "4┤████▃▃▃\n"
        " │███████▆▆▆▁▁▁\n"
        " │█████████████▃▃▃\n"
        "1┤████████████████▆▆▆▁▁▁\n"
        " └──────────────────────\n"
        "  1                    7"
    )  # fmt: skip


def test_a_curve_is_drawn_in_ascii():
    text = text_plot([4, 2, 3, 1], width=24, height=5, unicode=False)

    assert text == (
        "4+######\n"
        " |######.....######\n"
        "1+#################.....\n"
        " +----------------------\n"
        "  1                    4"
    )  # fmt: skip


def test_values_over_a_decade_get_a_logarithmic_scale():
    text = text_plot([100, 10, 1], width=27, height=5, unicode=False)

    assert text == (
        "100+########\n"
        "   |########::::::::\n"
        "  1+################.......\n"
        "   +-----------------------\n"
        "    1      log scale      3"
    )  # fmt: skip


@pytest.mark.parametrize("n", [1, 2, 3, 59, 60, 61, 1000])
@pytest.mark.parametrize(("width", "height"), [(20, 4), (60, 10), (133, 7)])
def test_every_line_fits_whatever_the_number_of_values(n, width, height):
    lines = text_plot(np.cos(np.arange(n)), width, height).splitlines()

    assert len(lines) == height
    assert max(map(len, lines)) == width


@pytest.mark.parametrize("n", [2, 10, 1000, 10**5])
@pytest.mark.parametrize("scale", [1, 1e-300, -1e300])
@pytest.mark.parametrize("width", [20, 21, 26])
def test_the_note_on_the_scale_stays_away_where_it_does_not_fit(n, scale, width):
    lines = text_plot(scale * np.geomspace(1, 100, n), width, 4).splitlines()

    assert max(map(len, lines)) == width


def test_values_as_far_apart_as_they_can_be_have_a_scale():
    top, _, bottom, *_ = text_plot([-1.7e308, 0, 1.7e308], width=30, height=5, unicode=False).splitlines()

    assert top == " 1.7e+308+" + " " * 14 + "#" * 6
    assert bottom == "-1.7e+308+" + "." * 7 + "#" * 13


def test_more_values_than_columns_are_averaged():
    top, middle, bottom, *_ = text_plot([0.0, 2.0] * 200, width=22, height=5).splitlines()

    assert (top, middle, bottom) == ("2┤", " │" + "▅" * 20, "0┤" + "█" * 20)


def test_a_nan_and_an_infinity_are_marked_and_leave_the_scale_alone():
    lines = text_plot([1, math.nan, math.inf, 2], width=22, height=5, unicode=False).splitlines()

    assert lines[2] == "1+.....!!!!!!!!!!#####"
    assert lines[0] == "2+               #####"


def test_equal_values_are_a_full_line_with_one_number():
    assert text_plot(
        [3, 3], width=20, height=4
    ) == "3┤██████████████████\n │██████████████████\n └──────────────────\n" + ("  1                2")


@pytest.mark.parametrize(
    ("values", "settings", "message"),
    [
        ([], {}, r"one of them finite, given shape \(0,\)"),
        ([math.nan], {}, "one of them finite"),
        ([[1, 2], [3, 4]], {}, r"numbers in a row, one of them finite, given shape \(2, 2\)"),
        ([1, 0], {"log": True}, "a logarithmic scale has no place for 0; leave out log"),
        ([1], {"width": 19}, "20 characters wide and 4 lines high, given 19 and 10"),
        ([1], {"height": 3}, "given 60 and 3"),
    ],
)
def test_what_cannot_be_drawn_as_text_is_refused(values, settings, message):
    with pytest.raises(ValueError, match=message):
        text_plot(values, **settings)


@pytest.mark.parametrize("height", ["a", 5.5, True, None])
def test_a_height_that_is_no_number_of_lines_is_refused(height):
    with pytest.raises(TypeError, match=f"text_plot: height must be an integer, given {height!r}"):
        TextPlot(height=height)


@pytest.mark.parametrize("every", [math.nan, 1.5, "a", True])
@pytest.mark.parametrize("callback", [LivePlot, TextPlot, Progress, lambda every: Watch("folder", every)])
def test_every_is_a_whole_number_of_epochs(callback, every):
    with pytest.raises(
        ValueError, match=f"every, a number of epochs, must be an integer of at least 1, given {every!r}"
    ):
        callback(every=every)


# ---- on a terminal --------------------------------------------------------------------------------------------------


def test_in_a_pipe_the_curve_is_printed_once_without_escape_codes(always_due):
    stream = io.StringIO()

    run(TextPlot(5, 24, stream=stream), epochs=3)

    title, *curve = stream.getvalue().splitlines()
    assert title == "epoch 3/3  loss 1  accur"
    assert "\n".join(curve) == text_plot([4, 2, 1], width=24, height=5)
    assert "\x1b" not in stream.getvalue()


def test_on_a_terminal_each_curve_replaces_the_one_before(always_due, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    stream = Terminal()

    run(TextPlot(5, 24, stream=stream), epochs=3)

    drawings = stream.getvalue().split("\x1b[6F\x1b[J")  # six lines up, and all below is deleted
    assert [drawing.split("  ")[0] for drawing in drawings] == ["epoch 1/3", "epoch 2/3", "epoch 3/3"]
    assert [drawing.count("\n") for drawing in drawings] == [6, 6, 6]


def test_a_second_fit_draws_below_the_first(always_due, monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    stream = Terminal()
    plot = TextPlot(5, 24, stream=stream)

    run(plot, epochs=2)
    length = len(stream.getvalue())
    run(plot, epochs=2)

    assert stream.getvalue()[length:].startswith("epoch 1/2")


def test_a_terminal_that_cannot_move_its_cursor_gets_the_curve_once(monkeypatch):
    monkeypatch.setenv("TERM", "dumb")
    stream = Terminal()

    run(TextPlot(stream=stream), epochs=3)

    assert stream.getvalue().startswith("epoch 3/3")
    assert "\x1b" not in stream.getvalue()


def test_the_curve_fits_into_a_small_terminal(monkeypatch):
    monkeypatch.delenv("TERM", raising=False)
    monkeypatch.setenv("COLUMNS", "40")
    monkeypatch.setenv("LINES", "9")
    stream = Terminal()

    run(TextPlot(height=30, width=100, stream=stream), epochs=1)

    lines = stream.getvalue().splitlines()
    assert len(lines) == 8  # with the cursor below them: one line more, and the terminal would scroll
    assert max(map(len, lines)) == 39


def test_an_encoding_without_blocks_gets_ascii():
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")

    run(TextPlot(stream=stream), epochs=2)

    stream.seek(0)
    assert "+---" in stream.read()


@pytest.mark.parametrize("name", ["误差", "loss"])
@pytest.mark.parametrize("value", [math.nan, 2.0])
def test_a_name_that_the_encoding_does_not_have_is_spelled_out(name, value):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    plot = TextPlot(name=name, stream=stream)

    plot.draw(SimpleNamespace(epoch=1, epochs=1, history=[{"epoch": 1, "loss": 1.0, "误差": 1.0, name: value}]), True)

    stream.seek(0)
    assert "\\u8bef\\u5dee" in stream.read()


def test_as_long_as_there_is_no_finite_value_it_says_so():
    stream = io.StringIO()

    run(TextPlot(5, 24, stream=stream), epochs=2, losses=(math.nan, math.inf))

    assert stream.getvalue().splitlines()[1:] == ["no loss is finite yet"]


def test_another_column_can_be_drawn_and_an_unknown_one_is_named():
    stream = io.StringIO()

    run(TextPlot(5, 24, name="accuracy", stream=stream), epochs=2)

    assert stream.getvalue().splitlines()[1] == "0.5┤" + "█" * 20
    with pytest.raises(ValueError, match="history has no 'precision'; it has epoch, lr, loss, accuracy"):
        run(TextPlot(name="precision", stream=stream), epochs=1)


def test_without_standard_output_nothing_is_drawn(monkeypatch):
    monkeypatch.setattr(sys, "stdout", None)

    run(TextPlot(), epochs=2)


def test_a_fit_without_an_epoch_draws_nothing():
    stream = io.StringIO()

    run(TextPlot(stream=stream), epochs=0)

    assert stream.getvalue() == ""


@pytest.mark.parametrize("make", [LivePlot, TextPlot, lambda every: Watch("folder", every=every)])
def test_every_no_epoch_is_refused(make):
    with pytest.raises(ValueError, match="every, a number of epochs, must be an integer of at least 1, given 0"):
        make(every=0)


# ---- in a notebook --------------------------------------------------------------------------------------------------


class Notebook:
    """What LivePlot and matplotlib use of IPython, noting what is shown in which cell."""

    version_info = (9, 0)

    def __init__(self, shell):
        self.shown = []
        self.get_ipython = lambda: shell
        self.display = SimpleNamespace(Image=lambda data, format: (format, data), display=self.show)

    def show(self, picture, display_id):
        assert display_id is True
        place = len(self.shown)
        self.shown.append([picture])
        return SimpleNamespace(update=lambda picture: self.shown[place].append(picture))


@pytest.fixture
def notebook(monkeypatch):
    ipython = Notebook(SimpleNamespace(kernel="python3"))
    monkeypatch.setitem(sys.modules, "IPython", ipython)
    return ipython


def test_in_a_notebook_the_curves_are_drawn_in_place(notebook, always_due):
    plot = LivePlot()

    run(plot, epochs=3)

    (pictures,) = notebook.shown
    assert [(kind, data[:4]) for kind, data in pictures] == [("png", b"\x89PNG")] * 3
    assert len({data for _, data in pictures}) == 3


def test_each_fit_has_a_picture_of_its_own(notebook, always_due):
    plot = LivePlot(every=2)

    run(plot, epochs=3)
    run(plot, epochs=5)

    assert [len(pictures) for pictures in notebook.shown] == [2, 3]


def test_drawing_takes_no_more_than_a_fifth_of_the_time(notebook, monkeypatch):
    now = [0.0]
    monkeypatch.setattr("minigrad.train.live.time.monotonic", lambda: now[0])
    drawn = []

    class Slow(LivePlot):
        def draw(self, trainer, last):
            drawn.append(trainer.epoch)
            now[0] += 10  # each drawing takes ten seconds, each epoch one

        def on_epoch_start(self, trainer):
            now[0] += 1

    run(Slow(), epochs=100)

    assert drawn == [1, 41, 81, 100]


@pytest.mark.parametrize("shell", [None, SimpleNamespace()], ids=["only loaded", "in a terminal"])
def test_where_there_is_no_notebook_the_curve_is_text(shell, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "IPython", Notebook(shell))

    run(LivePlot(), epochs=3)

    assert capsys.readouterr().out.startswith("epoch 3/3  loss 1")


def test_ipython_is_never_loaded(monkeypatch, capsys):
    monkeypatch.delitem(sys.modules, "IPython", raising=False)

    run(LivePlot(), epochs=1)

    assert "IPython" not in sys.modules
    assert capsys.readouterr().out.startswith("epoch 1/1")


# ---- in a folder ----------------------------------------------------------------------------------------------------


class Noted(Watch):
    """Writes a text that says which epoch it saw."""

    def pictures(self, trainer, last):
        yield "epoch.txt", f"{trainer.epoch} {last}"


def test_the_pictures_are_there_while_training_goes_on(tmp_path, always_due):
    seen = []

    class Look(Callback):
        def on_epoch_end(self, trainer):
            seen.append((tmp_path / "epoch.txt").read_text())

    trained(Noted(tmp_path), Look())

    assert seen == ["1 False", "2 False", "3 False", "4 False", "4 False"]  # the last is drawn when fit ends


def test_the_last_pictures_show_the_end(tmp_path):
    run(Noted(tmp_path), epochs=3)

    assert (tmp_path / "epoch.txt").read_text() == "3 True"


class Breaks(Noted):
    def __init__(self, folder, error):
        super().__init__(folder)
        self.error = error

    def pictures(self, trainer, last):
        yield from super().pictures(trainer, last)
        yield "curve.svg", self.fail
        yield "after.txt", "the next one"

    def fail(self):
        raise self.error


def test_a_picture_that_cannot_be_drawn_or_written_costs_the_training_nothing(tmp_path):
    (tmp_path / "curve.svg").write_text("the old one")

    with pytest.warns(RuntimeWarning, match=r"Watch: curve.svg is not drawn: .*No space left on device"):
        run(Breaks(tmp_path, OSError(28, "No space left on device")), epochs=1)

    assert sorted(os.listdir(tmp_path)) == ["after.txt", "curve.svg", "epoch.txt"]
    assert (tmp_path / "curve.svg").read_text() == "the old one"


def test_a_folder_that_cannot_be_written_to_costs_the_training_nothing(tmp_path):
    with pytest.warns(RuntimeWarning, match=r"Watch: epoch.txt is not drawn: .*gone"):
        run(Noted(tmp_path / "gone"), epochs=2)


def test_pictures_that_cannot_be_made_cost_the_training_nothing(tmp_path):
    class Wrong(Noted):
        def pictures(self, trainer, last):
            yield from super().pictures(trainer, last)
            raise ValueError("it is NaN")

    with pytest.warns(RuntimeWarning, match="Watch: pictures is not drawn: it is NaN"):
        run(Wrong(tmp_path), epochs=1)

    assert os.listdir(tmp_path) == ["epoch.txt"]


def test_what_to_do_about_a_missing_picture_can_be_chosen(tmp_path):
    watch, missed = Breaks(tmp_path, ValueError("it is NaN")), []
    watch.missed = lambda name, error: missed.append((name, str(error)))

    run(watch, epochs=1)

    assert missed == [("curve.svg", "it is NaN")]


@pytest.mark.parametrize("error", [KeyboardInterrupt, AssertionError])
def test_an_interrupt_or_a_mistake_in_a_picture_ends_the_training(tmp_path, error):
    with pytest.raises(error):
        run(Breaks(tmp_path, error()), epochs=1)


class Meddles(Watch):
    """Does to the model whatever a picture might."""

    def pictures(self, trainer, last):
        trainer.model.eval()
        mg.rand(3)
        trainer.model(mg.rand(5, 2))
        yield "drawn.txt", "drawn"


def trained(*callbacks):
    mg.manual_seed(5)
    model = mg.nn.Sequential(mg.nn.Linear(2, 4), mg.nn.Tanh(), mg.nn.Dropout(0.2), mg.nn.Linear(4, 1))
    optimizer = mg.optim.Adam(model.parameters(), lr=0.1)
    trainer = Trainer(model, mg.nn.BCEWithLogitsLoss(), optimizer, callbacks=callbacks)
    trainer.fit(DataLoader(XOR(), batch_size=2, shuffle=True), epochs=5)
    return [p.detach().numpy().tobytes() for p in model.parameters()], trainer.history


def test_training_does_not_notice_that_it_is_watched(tmp_path, always_due):
    alone = trained()

    assert trained(Meddles(tmp_path)) == alone
    assert (tmp_path / "drawn.txt").read_text() == "drawn"
