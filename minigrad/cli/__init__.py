"""The command `minigrad`: train, draw, race, and look up an operation or a concept."""

import argparse
import os
import sys

from minigrad.cli.arguments import Parser, joined
from minigrad.cli.concepts import add_concepts
from minigrad.cli.drawing import add_drawing
from minigrad.cli.messages import DONE, FAILED, INTERRUPTED, PIPE_CLOSED, complain, reason, say
from minigrad.cli.ops import add_ops
from minigrad.cli.racing import add_race
from minigrad.cli.training import add_training

__all__ = ["main", "parser"]

EXAMPLES = """\
examples:
  minigrad train mnist
  minigrad train xor --watch
  minigrad draw "tanh(w*x + b)" --at w=0.5,x=3,b=-1
  minigrad draw "tanh(w*x + b)" --at w=0.5,x=3,b=-1 -o explore.html
  minigrad race rosenbrock --optimizers sgd,momentum,adam
  minigrad ops tanh
  minigrad concepts momentum
"""


def main(argv: list[str] | None = None) -> int:
    """Run the command with these arguments (default: the process's) and return its exit code.

    0 done, 1 failed on the way, 2 a value that makes no sense, 130 stopped by Ctrl-C, 141 nobody reads the output.
    """
    code = DONE
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
        if code == DONE:  # else the command has complained of it
            complain("minigrad", reason(error))
        return code or FAILED


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = Parser(
        prog="minigrad",
        description="Train a small network, draw an expression with its gradients, let optimizers race,\n"
        "or look up an operation or a concept.",
        epilog=EXAMPLES,
    )
    commands = top.add_subparsers(required=True, metavar="COMMAND", title="commands")
    add_training(commands)
    add_drawing(commands)
    add_race(commands)
    add_ops(commands)
    add_concepts(commands)
    return top
