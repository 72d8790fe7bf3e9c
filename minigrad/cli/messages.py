"""What a command says, and the code it ends with."""

import sys

from minigrad.viz.table import spelled_out

__all__ = ["DONE", "FAILED", "INTERRUPTED", "MISUSED", "PIPE_CLOSED", "complain", "is_about_output", "reason", "say"]

DONE, FAILED, MISUSED = 0, 1, 2
INTERRUPTED, PIPE_CLOSED = 128 + 2, 128 + 13  # what a shell makes of SIGINT and SIGPIPE


def say(text="", end="\n"):
    """Print on standard output, spelling out what its encoding does not have."""
    if sys.stdout is None:  # closed from the start, as in `minigrad train xor >&-`
        return
    print(spelled_out(text, sys.stdout), end=end, flush=True)


def complain(command, text):
    """Print one line on standard error."""
    print(f"{command}: {text}", file=sys.stderr)


def is_about_output(error):
    """Whether an exception says that standard output cannot be written: the system's errors about files name them."""
    return isinstance(error, OSError) and error.errno is not None and error.filename is None


def reason(error):
    """What an exception says, in one line."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return " ".join(str(error).split())
