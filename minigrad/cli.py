"""The command `minigrad`: train a small network, draw the graph of an expression."""

import argparse
import difflib
import math
import os
import re
import shlex
import shutil
import sys
import time
from pathlib import Path

import numpy as np

from minigrad.train.interrupt import Interrupted
from minigrad.train.progress import Progress
from minigrad.train.runs import Run, Settings, latest_folder
from minigrad.train.tasks import OPTIMIZERS, TASKS
from minigrad.viz import draw
from minigrad.viz.dot import KEEP_TEXT
from minigrad.viz.expression import evaluate, parse_values

__all__ = ["main"]

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 128 + 2, 128 + 13  # what a shell makes of SIGINT and SIGPIPE
FORMATS = ("svg", "png", "pdf", "dot")
SHIPPED = "leave root out for the digits shipped with minigrad"  # what MNIST advises, in the words of Python


def main(argv: list[str] | None = None) -> int:
    """Run the command with these arguments (default: the process's) and return its exit code.

    0 done, 1 failed on the way, 2 a value that makes no sense, 130 stopped by Ctrl-C, 141 nobody reads the output.
    """
    try:
        arguments = parser().parse_args(joined(sys.argv[1:] if argv is None else argv))
        code = arguments.command(arguments)
        say(end="")  # flushes: a closed pipe shows itself here rather than when Python exits
        return code
    except SystemExit as stop:  # argparse, after --help or a bad value
        return int(stop.code or DONE)
    except KeyboardInterrupt:
        complain("minigrad", "stopped")
        return INTERRUPTED
    except OSError as error:  # standard output is a full disk, or, as in `minigrad train mnist | head`, a closed pipe
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # else Python would try once more at its exit
        if isinstance(error, BrokenPipeError):
            return PIPE_CLOSED
        complain("minigrad", reason(error))
        return FAILED


# ---- the command line -----------------------------------------------------------------------------------------------

EXAMPLES = """\
examples:
  minigrad train mnist
  minigrad train xor --seed 3
  minigrad draw "tanh(w*x + b)" --at w=2,x=3,b=1
"""

TRAIN_EXAMPLES = """\
examples:
  minigrad train {task}
  minigrad train {task} --epochs {more} --optimizer sgd --out runs/sgd
  minigrad train {task} --resume
{full}
The run folder gets checkpoint.safetensors, history.csv and curves.png. Ctrl-C saves
the run as well; --resume goes on from there, and ends on the very same numbers as a
run that was never stopped.
"""

DRAW_EXAMPLES = """\
examples:
  minigrad draw "tanh(w*x + b)" --at w=2,x=3,b=1
  minigrad draw "(x - 1)**2" --at x=3 -o parabola.png
"""


class Parser(argparse.ArgumentParser):
    """An ArgumentParser that answers a bad value in one line, without the usage in front of it."""

    def __init__(self, **settings):
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **settings)

    def parse_known_args(self, args=None, namespace=None):
        """Parse, and refuse what is not known here: the parser above would point to its own help."""
        known, unknown = super().parse_known_args(args, namespace)
        if unknown:
            self.error(f"unrecognized arguments: {' '.join(map(str.strip, unknown))}")
        return known, unknown

    def error(self, message):
        """Say what is wrong, and exit with 2."""
        self.exit(MISUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="minigrad",
        description="Train a small network, or draw the graph of an expression with its values and gradients.",
        epilog=EXAMPLES,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND", title="commands")
    training = commands.add_parser("train", help="train a network on digits or on XOR", epilog=EXAMPLES)
    tasks = training.add_subparsers(required=True, metavar="TASK", dest="task", title="tasks")
    for name, task in TASKS.items():
        add_training_options(tasks, name, task)
    add_drawing_options(commands)
    return top


def add_training_options(tasks, name, task):
    """Add the subcommand that trains a task."""
    full = f"  minigrad train {name} --full --data FOLDER\n" if task.takes_folder else ""
    command = tasks.add_parser(
        name,
        help=task.about,
        description=f"Train {task.about}.",
        epilog=TRAIN_EXAMPLES.format(task=name, more=2 * task.epochs, full=full),
    )
    rates = ", ".join(f"{lr:g} with {optimizer}" for optimizer, lr in task.lr.items())
    add = command.add_argument
    add("--epochs", type=positive_integer, metavar="N", help=f"passes through the data (default {task.epochs})")
    add("--batch-size", type=positive_integer, metavar="N", help=f"items in a step (default {task.batch_size})")
    add("--lr", type=positive_number, metavar="X", help=f"learning rate of the first epoch (default {rates})")
    add("--optimizer", type=optimizer_name, metavar="NAME", help=f"{', '.join(OPTIMIZERS)} (default adam)")
    add("--seed", type=natural_number, metavar="N", help="where the random numbers begin (default 0)")
    out = f"the run folder (default runs/{name}, then runs/{name}-2, ...)"
    add("--out", type=path_name, metavar="FOLDER", help=out)
    resume = "go on with the run there (default: the latest in runs/)"
    add("--resume", type=path_name, nargs="?", const=False, metavar="FOLDER", help=resume)
    add("--quiet", action="store_true", help="say nothing but the result")
    if task.takes_folder:
        add("--full", action="store_true", help="use all 60000 + 10000 digits, from the IDX files in --data FOLDER")
        add("--data", type=folder_name, metavar="FOLDER", help="holds the four IDX files of MNIST, gzipped or not")
    command.set_defaults(command=train, full=False, data=None)


def add_drawing_options(commands):
    """Add the subcommand that draws."""
    command = commands.add_parser(
        "draw",
        help="draw the graph of an expression",
        description="Draw the graph of an expression, with the value and the gradient of every part of it.",
        epilog=DRAW_EXAMPLES,
    )
    add = command.add_argument
    add("expression", type=str.strip, help='such as "tanh(w*x + b)"; quote it')
    add("--at", default="", metavar="NAME=X,...", help="the numbers that its names stand for")
    add(
        "-o", "--out", default="graph.svg", metavar="FILE", help=f"ends in .{', .'.join(FORMATS)} (default %(default)s)"
    )
    command.set_defaults(command=draw_expression)


# ---- minigrad train -------------------------------------------------------------------------------------------------


def train(arguments: argparse.Namespace) -> int:
    """Train what the arguments say, or go on with it, and return the exit code."""
    command = f"minigrad train {arguments.task}"
    try:
        run = new_run(arguments) if arguments.resume is None else resumed_run(arguments)
    except (ValueError, OSError) as error:
        leave_out = "leave out --full and --data for the digits shipped with minigrad"
        advice = leave_out if arguments.resume is None else "say with --data where they are now"
        complain(command, reason(error).replace(SHIPPED, advice))
        return MISUSED
    try:
        train_aloud(run, arguments.quiet)
    except KeyboardInterrupt as stop:
        where = f"{position(run)}; saved" if isinstance(stop, Interrupted) else "at once; the last save is"
        complain(command, f"stopped {where} in {run.folder}")
        complain(command, f"to go on: {program()} train {arguments.task} --resume {shlex.quote(str(run.folder))}")
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
    if arguments.full and arguments.data is None:
        raise ValueError("--full needs --data FOLDER, which holds the four IDX files of MNIST, gzipped or not")
    if arguments.data is not None and not arguments.full:
        raise ValueError("--data goes with --full, which trains on all the digits there; give both or neither")
    settings = Settings(
        task=arguments.task,
        epochs=arguments.epochs or task.epochs,
        batch_size=arguments.batch_size or task.batch_size,
        lr=arguments.lr or task.lr[optimizer],
        optimizer=optimizer,
        seed=arguments.seed or 0,
        data=arguments.data,
    )
    run = Run(settings)
    run.claim_folder(arguments.out)
    return run


def resumed_run(arguments):
    """The run to go on with. Raises ValueError where an argument contradicts its settings."""
    folder = arguments.resume or arguments.out or latest_folder(arguments.task)
    if arguments.out is not None and Path(arguments.out) != Path(folder):
        raise ValueError(f"a run goes on in its own folder, {folder}; leave out --out")
    run = Run.resume(folder, arguments.task, data=arguments.data)
    if (arguments.full or arguments.data) and run.settings.data is None:
        raise ValueError(f"the run in {folder} is on the shipped digits; leave out --full and --data, or start anew")
    for name in ("epochs", "batch_size", "lr", "optimizer", "seed"):
        asked, has = getattr(arguments, name), getattr(run.settings, name)
        if asked not in (None, has):
            option = f"--{name.replace('_', '-')}"
            raise ValueError(f"the run in {folder} has {option} {has}, not {asked}; leave it out, or start anew")
    run.save()  # where that fails it had better fail now than after hours
    return run


def train_aloud(run, quiet):
    """Train the run, say how it goes unless quiet, and say the result."""
    reports = run.task.reports or run.settings.epochs
    progress = [] if quiet else [Progress(every=max(1, run.settings.epochs // reports))]
    if not quiet:
        introduce(run)
    began = time.perf_counter()
    # Numbers that overflow make the loss infinite or NaN, and of that the trainer speaks more clearly than NumPy.
    with np.errstate(all="ignore"):
        run.train(*progress)
    seconds = time.perf_counter() - began
    say(run.task.result(run.trainer))
    run.draw_curves()
    if not quiet:
        say(f"{seconds:.1f} s of training; {run.folder} has {', '.join(sorted(os.listdir(run.folder)))}")


def introduce(run):
    """Say what is about to be trained, and from where on."""
    parameters = sum(p.numel() for p in run.trainer.model.parameters())
    tested = f", tested on {len(run.test_set)}" if run.test_set is not None else ""
    say(f"{run.settings.task}: {parameters} parameters, trained on {len(run.train_set)} items{tested}; {run.folder}")
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


# ---- minigrad draw --------------------------------------------------------------------------------------------------


def draw_expression(arguments: argparse.Namespace) -> int:
    """Write the picture of an expression and its gradients, and return the exit code."""
    path = Path(arguments.out)
    kind = path.suffix[1:].lower()
    try:
        if kind not in FORMATS:
            raise ValueError(f"the ending of {path} must be one of .{', .'.join(FORMATS)}; it decides the format")
        root = evaluate(arguments.expression, parse_values(arguments.at))
        with np.errstate(all="ignore"):  # the slope of log at 0 is worth a picture
            root.backward(retain_graph=True)
        picture = draw(root)
        path.write_bytes(picture.source.encode() if kind == "dot" else picture.pipe(format=kind))
    except (ValueError, OSError) as error:
        complain("minigrad draw", reason(error).removeprefix("draw: "))
        return MISUSED
    except RuntimeError as error:  # there is no program that draws; the ways out take several lines
        complain("minigrad draw", str(error).removeprefix("draw: ").replace(KEEP_TEXT, "-o graph.dot"))
        return FAILED
    say(f"{arguments.expression} = {root.item():.6g}, drawn in {path}")
    return DONE


# ---- words and values -----------------------------------------------------------------------------------------------


def say(text="", end="\n"):
    """Print on standard output, spelling out what its encoding does not have."""
    if sys.stdout is None:  # closed from the start, as in `minigrad train xor >&-`
        return
    encoding = sys.stdout.encoding or "utf-8"
    print(text.encode(encoding, "backslashreplace").decode(encoding), end=end, flush=True)


def complain(command, text):
    """Print one line on standard error."""
    print(f"{command}: {text}", file=sys.stderr)


def reason(error):
    """What an exception says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())


def joined(argv):
    """The arguments with `--lr -1e-3` as `--lr=-1e-3` and `draw -x+3` as `draw " -x+3"`, options to argparse."""
    words = []
    for word in argv:
        negative = word.startswith("-") and not word.startswith("--") and is_number(word)
        if negative and words and words[-1].startswith("--") and "=" not in words[-1]:
            words[-1] += f"={word}"
        else:
            words.append(word)
    return spaced(words) if words[:1] == ["draw"] else words


def spaced(words):
    """The arguments of draw with a space before an expression that begins with a minus."""
    takes_value = [re.fullmatch("-o|--[a-z]+", before) for before in ["", *words]]
    is_expression = re.compile(r"-(?!-|o|h$).")  # neither --at nor -o nor -h
    return [
        f" {word}" if is_expression.match(word) and not value else word
        for word, value in zip(words, takes_value, strict=False)
    ]


def is_number(text):
    """Whether Python reads text as a number."""
    try:
        float(text)
    except ValueError:
        return False
    return True


def positive_number(text):
    """A finite number above zero."""
    if not (is_number(text) and 0 < float(text) < math.inf):
        raise argparse.ArgumentTypeError(f"must be a positive number, given {text!r}")
    return float(text)


def natural_number(text, least=0):
    """A whole number, at least 0."""
    try:
        number = int(text)
    except ValueError:
        number = -1
    if number < least:
        raise argparse.ArgumentTypeError(f"must be a whole number, at least {least}, given {text!r}")
    return number


def positive_integer(text):
    """A whole number, at least 1."""
    return natural_number(text, least=1)


def optimizer_name(text):
    """The name of an optimizer, in small letters."""
    if text.lower() not in OPTIMIZERS:
        near = difflib.get_close_matches(text.lower(), OPTIMIZERS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise argparse.ArgumentTypeError(f"must be one of {', '.join(OPTIMIZERS)}, given {text!r}{hint}")
    return text.lower()


def path_name(text):
    """The name of a folder, which may be yet to be made."""
    if not text:
        raise argparse.ArgumentTypeError(f"must name a folder, given {text!r}")
    return text


def folder_name(text):
    """The absolute path of a folder that exists."""
    if not os.path.isdir(text):
        raise argparse.ArgumentTypeError(f"there is no folder {text}")
    return os.path.abspath(text)
