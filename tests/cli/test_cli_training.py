"""Tests of `minigrad train`: what it trains, how it is stopped and goes on, and how it answers bad values."""

import io
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from minigrad.cli import main, training

XOR = ["train", "xor", "--epochs", "40"]
INTERRUPTIBLE = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); "
RUN_MAIN = "from minigrad.cli import main; sys.exit(main(sys.argv[1:]))"
DRAW_CURVES = training.Run.draw_curves


def test_mnist_reaches_95_percent_of_the_test_digits_in_10_epochs(monkeypatch, capsys):
    monkeypatch.setattr(training.Run, "draw_curves", DRAW_CURVES)

    assert main(["train", "mnist"]) == 0

    out = capsys.readouterr().out
    epochs = re.findall(
        r"^epoch +(\d+)/10  loss [\d.]+  accuracy [\d.]+%  test loss [\d.]+  accuracy [\d.]+%$", out, re.M
    )
    assert epochs == [str(n) for n in range(1, 11)]
    assert float(re.search(r"^test accuracy ([\d.]+)% after 10 epochs$", out, re.M)[1]) >= 95
    assert sorted(os.listdir("runs/mnist")) == ["checkpoint.safetensors", "curves.png", "history.csv"]


def test_xor_is_learned_and_its_truth_table_printed(capsys):
    assert main(["train", "xor"]) == 0

    out = capsys.readouterr().out
    rows = re.findall(r"^ ([01])   ([01])       ([01])      ([\d.]+)$", out, re.M)
    assert [(a, b, y) for a, b, y, _ in rows] == [("0", "0", "0"), ("0", "1", "1"), ("1", "0", "1"), ("1", "1", "0")]
    assert all(abs(float(y) - float(p)) < 0.01 for _, _, y, p in rows)
    assert float(re.search(r"^loss ([\d.e-]+) after", out, re.M)[1]) < 1e-3


@pytest.mark.parametrize("seed", range(1, 6))
def test_xor_is_learned_from_any_seed(seed, capsys):
    assert main(["train", "xor", "--quiet", "--seed", str(seed)]) == 0

    assert float(re.search(r"^loss ([\d.e-]+) after", capsys.readouterr().out, re.M)[1]) < 1e-3


def test_the_full_data_set_is_read_from_a_folder(few_digits, capsys):
    assert main(["train", "mnist", "--full", "--data", str(few_digits), "--epochs", "5"]) == 0

    out = capsys.readouterr().out
    assert "trained on 200 items, tested on 50" in out
    assert "test accuracy 100.00% after 5 epochs" in out


def test_without_a_folder_the_full_data_set_is_fetched_and_a_resumed_run_finds_it_again(
    few_digits, monkeypatch, capsys
):
    asked = []
    monkeypatch.setattr(training, "fetch_mnist", lambda progressbar: asked.append(progressbar) or few_digits)

    assert main(["train", "mnist", "--full", "--epochs", "1", "--out", "here"]) == 0
    assert main(["train", "mnist", "--full", "--resume", "here"]) == 0

    assert "trained on 200 items, tested on 50" in capsys.readouterr().out
    assert asked == [False]  # once; and no bar where standard error is no terminal


@pytest.mark.parametrize("error", [OSError("fetch_mnist: no mirror gave it"), ImportError("fetch_mnist: needs pooch")])
def test_a_data_set_that_cannot_be_had_gets_one_line_and_code_1(error, monkeypatch, capsys):
    def refuse(progressbar):
        raise error

    monkeypatch.setattr(training, "fetch_mnist", refuse)

    assert main(["train", "mnist", "--full"]) == 1
    assert capsys.readouterr().err == f"minigrad train mnist: {error}\n"
    assert os.listdir() == []


def test_a_small_cnn_learns_digits_and_a_resumed_run_is_of_the_same_model(few_digits, capsys):
    command = [
        "train",
        "mnist",
        "--model",
        "cnn",
        "--full",
        "--data",
        str(few_digits),
        "--epochs",
        "8",
        "--out",
        "here",
    ]

    assert main([*command, "--batch-size", "16"]) == 0
    assert main(["train", "mnist", "--resume", "here"]) == 0

    out = capsys.readouterr().out
    assert out.count("mnist cnn: 20522 parameters, trained on 200 items") == 2
    assert float(re.search(r"^test accuracy ([\d.]+)% after 8 epochs$", out, re.M)[1]) >= 90
    assert main(["train", "mnist", "--resume", "here", "--model", "mlp"]) == 2
    assert "the run in here has --model cnn, not mlp; leave it out" in capsys.readouterr().err


def test_a_stopped_cnn_goes_on_and_ends_on_the_bits_of_one_that_was_watched(few_digits, monkeypatch):
    command = ["train", "mnist", "--model", "cnn", "--full", "--data", str(few_digits), "--epochs", "18", "--quiet"]
    command += ["--batch-size", "100"]
    main([*command, "--watch", "--out", "reference"])
    with monkeypatch.context() as patch:
        patch.setattr(training, "Progress", CtrlC)
        assert main([word for word in command if word != "--quiet"] + ["--out", "stopped"]) == 130

    assert main(["train", "mnist", "--resume", "stopped", "--quiet"]) == 0

    for name in ("checkpoint.safetensors", "history.csv"):
        assert Path(f"stopped/{name}").read_bytes() == Path(f"reference/{name}").read_bytes()


def test_every_setting_can_be_chosen(capsys):
    settings = [
        "--epochs",
        "7",
        "--batch-size",
        "2",
        "--lr",
        "0.5",
        "--optimizer",
        "SGD",
        "--seed",
        "3",
        "--out",
        "here",
    ]

    assert main(["train", "xor", *settings]) == 0

    history = Path("here/history.csv").read_text().splitlines()
    assert len(history) == 8
    assert history[1].startswith("1,0.5,")
    assert "33 parameters, trained on 4 items; here" in capsys.readouterr().out


def test_the_same_seed_gives_the_same_run_and_another_seed_another():
    for seed, folder in ((1, "a"), (1, "b"), (2, "c")):
        main([*XOR, "--seed", str(seed), "--out", folder, "--quiet"])

    a, b, c = (Path(f"{folder}/history.csv").read_text() for folder in "abc")
    assert a == b != c


def test_quiet_says_nothing_but_the_result(capsys):
    main([*XOR, "--quiet"])

    captured = capsys.readouterr()
    assert captured.out.startswith("x1  x2  target  prediction\n")
    assert captured.out.splitlines()[-1].startswith("loss ")
    assert captured.err == ""


def test_on_a_terminal_there_is_one_bar_per_epoch(few_digits, monkeypatch):
    class Terminal(io.StringIO):
        encoding = "utf-8"

        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    main(["train", "mnist", "--full", "--data", str(few_digits), "--epochs", "3"])

    bars = [line.split("\r")[-1] for line in sys.stdout.getvalue().split("\n") if "\r" in line]
    assert [re.match(r"epoch (\d)/3 .*loss .* accuracy .* test loss .* accuracy .*%", bar)[1] for bar in bars] == list(
        "123"
    )


# ---- stopping and going on ------------------------------------------------------------------------------------------


def test_a_run_stopped_by_ctrl_c_says_how_to_go_on_and_ends_on_the_same_bits(few_digits):
    arguments = ["train", "mnist", "--full", "--data", str(few_digits), "--epochs", "60", "--batch-size", "8", "--out"]
    main([*arguments, "reference", "--quiet"])
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE + RUN_MAIN, *arguments, "stopped one"],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    while not process.stdout.readline().startswith("epoch  2/60"):
        pass
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)

    assert process.returncode == 130
    stopped, hint = err.splitlines()
    assert re.fullmatch(r"minigrad train mnist: stopped .*epoch \d+ of 60.*; saved in stopped one", stopped)
    assert hint == "minigrad train mnist: to go on: minigrad train mnist --resume 'stopped one'"
    assert main(["train", "mnist", "--resume", "stopped one"]) == 0
    for name in ("checkpoint.safetensors", "history.csv"):
        assert Path("stopped one", name).read_bytes() == Path("reference", name).read_bytes()


def test_resumed_in_another_process_a_run_ends_on_the_same_bits(monkeypatch):
    main([*XOR, "--out", "reference", "--quiet"])
    with monkeypatch.context() as patch:
        patch.setattr(training, "Progress", CtrlC)
        assert main([*XOR, "--out", "stopped"]) == 130

    command = [sys.executable, "-m", "minigrad", "train", "xor", "--resume", "stopped"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)

    assert done.returncode == 0, done.stderr
    assert "going on after epoch 17 of 40\n" in done.stdout
    for name in ("checkpoint.safetensors", "history.csv"):
        assert Path(f"stopped/{name}").read_bytes() == Path(f"reference/{name}").read_bytes()


class CtrlC(training.Progress):
    """Presses Ctrl-C in epoch 17."""

    presses = 1

    def on_epoch_end(self, trainer):
        for _ in range(self.presses if trainer.epoch == 17 else 0):
            signal.raise_signal(signal.SIGINT)


class CtrlCTwice(CtrlC):
    presses = 2


def test_a_second_ctrl_c_stops_at_once_and_the_last_save_stands(monkeypatch, capsys):
    with monkeypatch.context() as patch:
        patch.setattr(training, "Progress", CtrlCTwice)
        assert main([*XOR, "--out", "stopped"]) == 130

    assert "stopped at once; the last save is in stopped" in capsys.readouterr().err
    assert main(["train", "xor", "--resume", "stopped"]) == 0


def test_ctrl_c_before_there_is_anything_to_save_is_one_line(monkeypatch, capsys):
    monkeypatch.setattr(training, "Run", lambda settings: signal.raise_signal(signal.SIGINT))

    assert main(XOR) == 130
    assert capsys.readouterr().err == "minigrad: stopped\n"


def test_resume_without_a_folder_takes_the_latest_run(capsys):
    for seed in ("1", "2"):
        main([*XOR, "--seed", seed])
        time.sleep(0.02)  # file times are no finer than this on some systems

    assert main(["train", "xor", "--resume"]) == 0
    assert "; runs/xor-2\n" in capsys.readouterr().out.replace("\\", "/")


def test_resume_without_a_folder_finds_a_run_that_was_given_a_folder_of_its_own_in_runs(capsys):
    main([*XOR, "--quiet"])
    time.sleep(0.02)
    main([*XOR, "--quiet", "--out", "runs/sgd"])

    assert main(["train", "xor", "--resume"]) == 0
    assert "; runs/sgd\n" in capsys.readouterr().out.replace("\\", "/")


def test_the_command_can_be_repeated_with_resume_added(capsys):
    assert main([*XOR, "--out", "here"]) == 0
    assert main([*XOR, "--out", "here", "--resume"]) == 0
    assert "going on after epoch 40 of 40" in capsys.readouterr().out


def test_a_full_run_finds_its_data_again_even_after_a_move(few_digits, capsys):
    command = ["train", "mnist", "--full", "--epochs", "1", "--out", "here"]
    assert main([*command, "--data", str(few_digits)]) == 0
    assert main(["train", "mnist", "--resume", "here"]) == 0

    moved = few_digits.rename(few_digits.with_name("moved"))

    assert main(["train", "mnist", "--resume", "here"]) == 2
    err = capsys.readouterr().err
    assert "no train-images-idx3-ubyte" in err
    assert "put the four original files there, or say with --data where they are now" in err
    assert main(["train", "mnist", "--resume", "here", "--data", str(moved)]) == 0
    assert main(["train", "mnist", "--resume", "here"]) == 0


# ---- bad values -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("train xor --lr -1", "--lr: must be a positive number, given '-1'"),
        ("train xor --lr -1e-3", "--lr: must be a positive number, given '-1e-3'"),
        ("train xor --lr nan", "--lr: must be a positive number, given 'nan'"),
        ("train xor --lr -inf", "--lr: must be a positive number, given '-inf'"),
        ("train xor --lr 0", "--lr: must be a positive number, given '0'"),
        ("train xor --lr fast", "--lr: must be a positive number, given 'fast'"),
        ("train xor --lr", "--lr: expected one argument"),
        ("train xor --batch-size 0", "--batch-size: must be a whole number, at least 1, given '0'"),
        ("train xor --epochs 0", "--epochs: must be a whole number, at least 1, given '0'"),
        ("train xor --epochs 1.5", "--epochs: must be a whole number, at least 1, given '1.5'"),
        ("train xor --seed -1", "--seed: must be a whole number, at least 0, given '-1'"),
        ("train xor --optimizer adan", "must be one of adam, adamw, sgd, given 'adan'; did you mean adam"),
        ("train xor --optimizer lbfgs", "must be one of adam, adamw, sgd, given 'lbfgs'; see"),
        ("train xor --full", "unrecognized arguments: --full; see minigrad train xor --help"),
        ("draw x --att x=1", "unrecognized arguments: --att x=1; see minigrad draw --help"),
        ("train mnist --model tree", "--model: must be one of mlp, cnn, given 'tree'; see minigrad train mnist --help"),
        ("train xor --model mlp", "unrecognized arguments: --model mlp; see minigrad train xor --help"),
        ("train mnist --data .", "--data goes with --full"),
        ("train mnist --full --data nowhere", "there is no folder nowhere"),
        ("train mnist --full --data .", "no train-images-idx3-ubyte"),
        ("train mnist --full --data .", "or leave out --full and --data for the digits shipped with minigrad"),
        ("train xor --resume", "no run of xor in the folder runs yet"),
        ("train xor --resume nowhere", "there is no run to resume in nowhere"),
        ("train xor --out file", "file: cannot be the run folder"),
        ("train cifar", "invalid choice: 'cifar' (choose from 'mnist', 'xor')"),
        ("train", "the following arguments are required: TASK"),
        ("", "the following arguments are required: COMMAND"),
    ],
)
def test_a_bad_value_gets_one_line_and_code_2(arguments, message, capsys):
    with open("file", "w") as file:
        file.write("in the way of a folder")

    assert main(arguments.split()) == 2

    captured = capsys.readouterr()
    assert captured.err.startswith("minigrad")
    assert message in captured.err.replace("choose from mnist, xor", "choose from 'mnist', 'xor'")
    assert captured.err.count("\n") == 1
    assert captured.out == ""
    assert os.listdir() == ["file"]


@pytest.mark.parametrize("option", ["--out", "--resume"])
def test_a_folder_without_a_name_gets_one_line_and_code_2(option, capsys):
    assert main([*XOR, option, ""]) == 2

    err = capsys.readouterr().err
    assert (
        err == f"minigrad train xor: argument {option}: must name a folder, given ''; see minigrad train xor --help\n"
    )
    assert os.listdir() == []


@pytest.mark.parametrize("name", ["train-images-idx3-ubyte", "t10k-images-idx3-ubyte.gz"])
def test_a_truncated_idx_file_gets_one_line_and_code_2(name, few_digits, capsys):
    content = (few_digits / name).read_bytes()
    (few_digits / name).write_bytes(content[: len(content) // 2])

    assert main(["train", "mnist", "--full", "--data", str(few_digits)]) == 2

    err = capsys.readouterr().err
    assert re.match(rf"minigrad train mnist: .*{name} is (truncated|damaged)", err)
    assert err.count("\n") == 1


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        ("--lr 0.5", "has --lr 0.2, not 0.5; leave it out, or start anew"),
        ("--epochs 41", "has --epochs 40, not 41"),
        ("--batch-size 2", "has --batch-size 4, not 2"),
        ("--optimizer sgd", "has --optimizer adam, not sgd"),
        ("--seed 1", "has --seed 0, not 1"),
        ("--out elsewhere", "a run goes on in its own folder, here; leave out --out"),
    ],
)
def test_a_resumed_run_keeps_its_settings(extra, message, capsys):
    main([*XOR, "--out", "here", "--quiet"])

    assert main(["train", "xor", "--resume", "here", *extra.split()]) == 2

    err = capsys.readouterr().err
    assert message in err
    assert err.count("\n") == 1


def test_a_run_on_the_shipped_digits_cannot_go_on_with_others(few_digits, capsys):
    main(["train", "mnist", "--epochs", "1", "--batch-size", "5000", "--out", "here", "--quiet"])

    assert main(["train", "mnist", "--resume", "here", "--full", "--data", str(few_digits)]) == 2
    assert "is on the shipped digits; leave out --full and --data" in capsys.readouterr().err


def test_a_corrupt_checkpoint_and_another_tasks_get_one_line_and_code_2(capsys):
    main([*XOR, "--out", "here", "--quiet"])

    assert main(["train", "mnist", "--resume", "here"]) == 2
    with open("here/checkpoint.safetensors", "r+b") as file:
        file.truncate(1000)
    assert main(["train", "xor", "--resume", "here"]) == 2

    other, corrupt = capsys.readouterr().err.splitlines()
    assert "is of a run of xor, not of mnist" in other
    assert "cannot read" in corrupt


def test_an_explicit_folder_that_holds_a_run_is_left_alone(capsys):
    main([*XOR, "--out", "here", "--quiet"])
    before = Path("here/checkpoint.safetensors").read_bytes()

    assert main([*XOR, "--out", "here"]) == 2

    assert "here already holds a run" in capsys.readouterr().err
    assert Path("here/checkpoint.safetensors").read_bytes() == before


def test_a_loss_that_explodes_is_explained_in_one_line(capsys):
    assert main(["train", "mnist", "--lr", "1e30", "--optimizer", "sgd", "--epochs", "1"]) == 1

    err = capsys.readouterr().err
    assert re.match(r"minigrad train mnist: fit: the loss became (nan|inf) in step \d+ of epoch 1; try a smaller", err)
    assert err.count("\n") == 1


def test_a_full_disk_during_training_is_explained_and_the_last_save_stands(monkeypatch, capsys):
    save, saves = training.Run.save, []

    def full_disk(run):
        saves.append(run)
        if len(saves) > 1:
            raise OSError(28, "save: No space left on device", "checkpoint.safetensors")
        save(run)

    monkeypatch.setattr(training.Run, "save", full_disk)
    assert main([*XOR, "--out", "here"]) == 1

    err = capsys.readouterr().err
    assert "checkpoint.safetensors: save: No space left on device; what was saved last is in here" in err
    assert os.listdir("here") == ["checkpoint.safetensors"]
