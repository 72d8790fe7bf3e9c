"""`minigrad train`: train a small network, or go on with a run that was stopped."""

import argparse
import os
import shlex
import shutil
import sys
import time
from pathlib import Path

import numpy as np

from minigrad.cli.arguments import folder_name, natural_number, one_of, path_name, positive_integer, positive_number
from minigrad.cli.messages import DONE, FAILED, INTERRUPTED, MISUSED, complain, reason, say
from minigrad.datasets import fetch_mnist
from minigrad.train.interrupt import Interrupted
from minigrad.train.progress import Progress
from minigrad.train.runs import Run, Settings, latest_folder
from minigrad.train.tasks import OPTIMIZERS, TASKS

__all__ = ["add_training", "train"]

SHIPPED = "leave root out for the digits shipped with minigrad"  # what MNIST advises, in the words of Python

EXAMPLES = """\
examples:
  minigrad train mnist
  minigrad train xor --seed 3
"""

TRAIN_EXAMPLES = """\
examples:
  minigrad train {task}
  minigrad train {task} --epochs {more} --optimizer sgd --out runs/sgd
  minigrad train {task} --resume
  minigrad train {task} --watch
{full}
The run folder gets checkpoint.safetensors, history.csv and curves.png. Ctrl-C saves
the run as well; --resume goes on from there, and ends on the very same numbers as a
run that was never stopped. --watch adds gradients.png, health.txt,
{pictures}. They are drawn again every few seconds,
in at most a fifth of the time; the numbers are the same with and without.
"""


def add_training(commands) -> None:
    """Add the command, with a subcommand for each task."""
    training = commands.add_parser("train", help="train a network on digits or on XOR", epilog=EXAMPLES)
    tasks = training.add_subparsers(required=True, metavar="TASK", dest="task", title="tasks")
    for name, task in TASKS.items():
        add_training_options(tasks, name, task)


def add_training_options(tasks, name, task):
    """Add the subcommand that trains a task."""
    full = f"  minigrad train {name} --full --model cnn\n" if task.takes_folder else ""
    command = tasks.add_parser(
        name,
        help=task.about,
        description=f"Train {task.about}.",
        epilog=TRAIN_EXAMPLES.format(task=name, more=2 * task.epochs, full=full, pictures=task.pictures),
    )
    rates = ", ".join(f"{lr:g} with {optimizer}" for optimizer, lr in task.lr.items())
    add = command.add_argument
    if len(task.models) > 1:
        models = ", ".join(task.models)
        add("--model", type=one_of(task.models), metavar="NAME", help=f"{models} (default {next(iter(task.models))})")
    add("--epochs", type=positive_integer, metavar="N", help=f"passes through the data (default {task.epochs})")
    add("--batch-size", type=positive_integer, metavar="N", help=f"items in a step (default {task.batch_size})")
    add("--lr", type=positive_number, metavar="X", help=f"learning rate of the first epoch (default {rates})")
    add("--optimizer", type=one_of(OPTIMIZERS), metavar="NAME", help=f"{', '.join(OPTIMIZERS)} (default adam)")
    add("--seed", type=natural_number, metavar="N", help="where the random numbers begin (default 0)")
    out = f"the run folder (default runs/{name}, then runs/{name}-2, ...)"
    add("--out", type=path_name, metavar="FOLDER", help=out)
    resume = "go on with the run there (default: the latest in runs/)"
    add("--resume", type=path_name, nargs="?", const=False, metavar="FOLDER", help=resume)
    add("--watch", action="store_true", help="write pictures of what it learns into the run folder on the way")
    add("--quiet", action="store_true", help="say nothing but the result")
    if task.takes_folder:
        add("--full", action="store_true", help="use all 60000 + 10000 digits; downloaded once, without --data")
        add("--data", type=folder_name, metavar="FOLDER", help="has the four IDX files of MNIST, gzipped or not")
    command.set_defaults(command=train, full=False, data=None, model=None)


def train(arguments: argparse.Namespace) -> int:
    """Train what the arguments say, or go on with it, and return the exit code."""
    command = f"minigrad train {arguments.task}"
    try:
        run = new_run(arguments) if arguments.resume is None else resumed_run(arguments)
    except DownloadError as error:
        complain(command, reason(error))
        return FAILED
    except (ValueError, OSError) as error:
        leave_out = "leave out --full and --data for the digits shipped with minigrad"
        advice = leave_out if arguments.resume is None else "say with --data where they are now"
        complain(command, reason(error).replace(SHIPPED, advice))
        return MISUSED
    try:
        train_aloud(run, arguments.quiet, arguments.watch)
    except KeyboardInterrupt as stop:
        where = f"{position(run)}; saved" if isinstance(stop, Interrupted) else "at once; the last save is"
        complain(command, f"stopped {where} in {run.folder}")
        watch = " --watch" if arguments.watch else ""
        go_on = f"{program()} train {arguments.task} --resume {shlex.quote(str(run.folder))}{watch}"
        complain(command, f"to go on: {go_on}")
        return INTERRUPTED
    except BrokenPipeError:
        raise
    except (FloatingPointError, OSError) as error:
        complain(command, f"{reason(error)}; what was saved last is in {run.folder}")
        return FAILED
    return DONE


def new_run(arguments):
    """A run with the settings asked for, its folder made."""
    task = TASKS[arguments.task]
    optimizer = arguments.optimizer or "adam"
    if arguments.data is not None and not arguments.full:
        raise ValueError("--data goes with --full, which trains on all the digits there; give both or neither")
    settings = Settings(
        task=arguments.task,
        epochs=arguments.epochs or task.epochs,
        batch_size=arguments.batch_size or task.batch_size,
        lr=arguments.lr or task.lr[optimizer],
        optimizer=optimizer,
        seed=arguments.seed or 0,
        data=fetched(arguments.quiet) if arguments.full and arguments.data is None else arguments.data,
        model=arguments.model or next(iter(task.models)),
    )
    run = Run(settings)
    run.claim_folder(arguments.out)
    return run


class DownloadError(Exception):
    """The full data set is neither in the cache nor to be had."""


def fetched(quiet):
    """The folder of the full data set: in the cache, after a download if need be. Raises DownloadError."""
    try:
        return os.fspath(fetch_mnist(progressbar=not quiet and sys.stderr is not None and sys.stderr.isatty()))
    except (ImportError, OSError) as error:
        raise DownloadError(reason(error)) from error


def resumed_run(arguments):
    """The run to go on with. Raises ValueError where an argument contradicts its settings."""
    folder = arguments.resume or arguments.out or latest_folder(arguments.task)
    if arguments.out is not None and Path(arguments.out) != Path(folder):
        raise ValueError(f"a run goes on in its own folder, {folder}; leave out --out")
    run = Run.resume(folder, arguments.task, data=arguments.data)
    if (arguments.full or arguments.data) and run.settings.data is None:
        raise ValueError(f"the run in {folder} is on the shipped digits; leave out --full and --data, or start anew")
    for name in ("model", "epochs", "batch_size", "lr", "optimizer", "seed"):
        asked, has = getattr(arguments, name), getattr(run.settings, name)
        if asked not in (None, has):
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"the run in {folder} has {option} {has}, not {asked}; leave it out, or start anew")
    run.save()  # where that fails it had better fail now than after hours
    return run


def train_aloud(run, quiet, watched):
    """Train the run, say how it goes unless quiet, say the result, and draw."""
    reports = run.task.reports or run.settings.epochs
    progress = [] if quiet else [Progress(every=max(1, run.settings.epochs // reports))]
    watch = run.watch() if watched else None
    if watch:
        watch.missed = one_line_each(run)
    if not quiet:
        introduce(run)
    began = time.perf_counter()
    # Numbers that overflow make the loss infinite or NaN, and of that the trainer speaks more clearly than NumPy.
    with np.errstate(all="ignore"):
        run.train(*progress, *([watch] if watch else []))
        seconds = time.perf_counter() - began
        say(run.task.result(run.trainer))
        if watch and not quiet:
            say("drawing ...")
        watch.draw(run.trainer, last=True) if watch else run.draw_curves()
    if not quiet:
        say(f"{seconds:.1f} s of training; {run.folder} has {', '.join(sorted(os.listdir(run.folder)))}")


def one_line_each(run):
    """A function that says which picture is missing, once; when training is over, a full disk is an error instead."""
    said = set()

    def missed(name, error):
        if isinstance(error, OSError) and run.trainer.epoch == run.settings.epochs:
            raise error
        if name not in said:
            said.add(name)
            complain(f"minigrad train {run.settings.task}", f"{name} is not drawn: {reason(error)}")

    return missed


def introduce(run):
    """Say what is about to be trained, and from where on."""
    parameters = sum(p.numel() for p in run.trainer.model.parameters())
    tested = f", tested on {len(run.test_set)}" if run.test_set is not None else ""
    model = f" {run.settings.model}" if len(run.task.models) > 1 else ""
    name = f"{run.settings.task}{model}"
    say(f"{name}: {parameters} parameters, trained on {len(run.train_set)} items{tested}; {run.folder}")
    if run.trainer.epoch or run.trainer.step:
        say(f"going on {position(run)}")


def position(run):
    """Where a run is: "in epoch 3 of 10, after step 57 of 157"."""
    trainer, epochs = run.trainer, run.settings.epochs
    if trainer.step == 0:
        return f"after epoch {trainer.epoch} of {epochs}"
    return f"in epoch {trainer.epoch + 1} of {epochs}, after step {trainer.step} of {trainer.steps_per_epoch}"


def program():
    """How this command was called, so that a suggestion can be copied."""
    called = sys.argv[0]
    if Path(called).name == "__main__.py":
        return shlex.join([sys.executable, "-m", "minigrad"])
    if Path(called).stem != "minigrad" or called == shutil.which("minigrad"):
        return "minigrad"
    return shlex.quote(called)
