"""Tests of run folders: what is in them, which one is taken, and going on with the run in one."""

import csv
import os
from dataclasses import asdict

import pytest

import minigrad as mg
from minigrad import io
from minigrad.train import Callback, Interrupted
from minigrad.train.runs import Autosave, Run, Settings, latest_folder

SETTINGS = Settings(task="xor", epochs=3, batch_size=2, lr=0.1, optimizer="adam", seed=5)


class StopAt(Callback):
    """Interrupts after a number of steps."""

    def __init__(self, at):
        self.left = at

    def on_step_end(self, trainer):
        self.left -= 1
        if self.left == 0:
            raise Interrupted


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def xor():
    return Run(SETTINGS)


def test_a_run_leaves_a_checkpoint_a_history_and_the_learning_curves(tmp_path):
    run = xor()

    run.claim_folder()
    run.train()
    run.draw_curves()

    folder = tmp_path / "runs" / "xor"
    assert sorted(os.listdir(folder)) == ["checkpoint.safetensors", "curves.png", "history.csv"]
    assert (folder / "curves.png").read_bytes().startswith(b"\x89PNG")
    with open(folder / "history.csv", newline="") as file:
        rows = [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]
    assert rows == run.trainer.history


def test_new_runs_get_numbered_folders_and_the_latest_is_the_one_saved_last(tmp_path):
    for _ in range(3):
        xor().claim_folder()
    newest = max(os.stat(path / "checkpoint.safetensors").st_mtime_ns for path in tmp_path.glob("runs/*"))
    os.utime("runs/xor-2/checkpoint.safetensors", ns=(newest + 1, newest + 1))

    assert sorted(os.listdir("runs")) == ["xor", "xor-2", "xor-3"]
    assert latest_folder("xor").name == "xor-2"


def saved_at(folder, second, task="xor"):
    """Make a run's checkpoint in folder that looks as if it had been saved in that second."""
    content = {"format": "minigrad run", "settings": {"task": task}, "model": {"weight": mg.zeros(2)}}
    os.makedirs(folder)
    io.save(content, f"{folder}/checkpoint.safetensors")
    os.utime(f"{folder}/checkpoint.safetensors", (second, second))


def test_the_latest_run_is_told_by_its_checkpoint_whatever_its_folder_is_called():
    saved_at("runs/xor", 1)
    saved_at("runs/sgd", 2)
    saved_at("runs/xor-9", 3, task="mnist")

    assert latest_folder("xor").name == "sgd"
    assert latest_folder("mnist").name == "xor-9"


@pytest.mark.parametrize(
    "content", [b"", b"1234", b"\xff" * 100, b"\x02" + bytes(7) + b"[]", b"\x02" + bytes(7) + b"{}"]
)
def test_a_file_whose_header_says_no_task_is_not_the_latest_run(content):
    saved_at("runs/xor", 1)
    os.mkdir("runs/other")
    with open("runs/other/checkpoint.safetensors", "wb") as file:
        file.write(content)

    assert latest_folder("xor").name == "xor"


def test_a_latest_run_that_is_damaged_is_not_passed_over_for_an_older_one():
    saved_at("runs/xor", 1)
    saved_at("runs/sgd", 2)
    with open("runs/sgd/checkpoint.safetensors", "r+b") as file:
        file.truncate(os.path.getsize(file.name) - 1)  # the numbers lie behind the header

    with pytest.raises(ValueError, match="cannot read"):
        Run.resume(latest_folder("xor"), "xor")


def test_without_any_run_there_is_no_latest_folder():
    with pytest.raises(FileNotFoundError, match="no run of xor in the folder runs yet"):
        latest_folder("xor")


def test_a_folder_that_holds_a_run_is_not_taken_for_another():
    xor().claim_folder("here")

    with pytest.raises(FileExistsError, match="here already holds a run; resume that one, or choose another folder"):
        xor().claim_folder("here")


@pytest.mark.parametrize("folder", ["file", "file/below", None])
def test_a_folder_that_cannot_be_made_is_an_error_before_training(folder):
    name = "runs" if folder is None else "file"
    with open(name, "w") as file:
        file.write("in the way")

    with pytest.raises(OSError, match="cannot be the run folder"):
        xor().claim_folder(folder)


def test_a_run_can_be_resumed_even_from_its_very_beginning():
    reference = xor()
    reference.claim_folder("reference")
    reference.train()
    xor().claim_folder("killed")

    run = Run.resume("killed", "xor")
    run.train()

    assert run.trainer.history == reference.trainer.history


def test_an_interrupted_run_is_saved_and_resumed_to_the_same_file():
    reference = xor()
    reference.claim_folder("reference")
    reference.train()
    run = xor()
    run.claim_folder("stopped")
    with pytest.raises(Interrupted):
        run.train(StopAt(3))

    mg.manual_seed(99)
    run = Run.resume("stopped", "xor")
    assert (run.trainer.epoch, run.trainer.step) == (1, 1)
    run.train()

    with open("reference/checkpoint.safetensors", "rb") as a, open("stopped/checkpoint.safetensors", "rb") as b:
        assert a.read() == b.read()


def test_a_run_that_is_killed_has_lost_little():
    run = xor()
    run.claim_folder("killed")
    run.trainer.callbacks = [Autosave(run, seconds=0), StopAt(5)]
    with pytest.raises(Interrupted):
        run.trainer.fit(mg.utils.data.DataLoader(run.train_set, batch_size=2, shuffle=True), epochs=3)

    assert Run.resume("killed", "xor").trainer.epoch == 2


def test_a_finished_run_resumes_to_nothing_left_to_do():
    run = xor()
    run.claim_folder("done")
    run.train()

    again = Run.resume("done", "xor")
    again.train()

    assert again.trainer.history == run.trainer.history


def test_the_weights_in_a_checkpoint_have_the_names_of_a_state_dict():
    run = xor()
    run.claim_folder("here")

    assert [*io.load("here/checkpoint.safetensors")["model"]] == ["0.weight", "0.bias", "2.weight", "2.bias"]


def test_a_folder_without_a_checkpoint_cannot_be_resumed():
    with pytest.raises(FileNotFoundError, match=r"no run to resume in nowhere: it has no checkpoint\.safetensors"):
        Run.resume("nowhere", "xor")


def test_the_checkpoint_itself_stands_for_its_folder():
    xor().claim_folder("here")

    assert str(Run.resume("here/checkpoint.safetensors", "xor").folder) == "here"


@pytest.mark.parametrize("length", [0, 7, 100, -1])
def test_a_truncated_checkpoint_is_refused(length):
    xor().claim_folder("here")
    with open("here/checkpoint.safetensors", "rb") as file:
        content = file.read()
    with open("here/checkpoint.safetensors", "wb") as file:
        file.write(content[:length])

    with pytest.raises(ValueError, match=r"cannot read '.*checkpoint\.safetensors'"):
        Run.resume("here", "xor")


@pytest.mark.parametrize(
    "content",
    [
        {"weight": mg.zeros(2)},
        {"format": "minigrad run"},
        {"format": "minigrad run", "settings": {"task": "xor"}},
        {"format": "minigrad run", "settings": dict.fromkeys(asdict(SETTINGS), "go")},
        [1, 2],
    ],
)
def test_a_file_that_is_no_run_is_refused(content, tmp_path):
    io.save(content, tmp_path / "checkpoint.safetensors")

    with pytest.raises(ValueError, match="is not the checkpoint of a run"):
        Run.resume(tmp_path, "xor")


def test_the_run_of_another_task_is_refused():
    xor().claim_folder("here")

    with pytest.raises(ValueError, match="is of a run of xor, not of mnist"):
        Run.resume("here", "mnist")


def test_a_checkpoint_with_another_models_weights_is_refused():
    run = xor()
    run.claim_folder("here")
    content = io.load("here/checkpoint.safetensors")
    content["model"]["0.weight"] = mg.zeros(3, 2)
    io.save(content, "here/checkpoint.safetensors")

    with pytest.raises(ValueError, match=r"(?s)does not fit the xor model: .*0\.weight"):
        Run.resume("here", "xor")
