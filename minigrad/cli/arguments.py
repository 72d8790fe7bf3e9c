"""Reading the command line: its parser, the kinds of values an option takes, and numbers that begin with a minus."""

import argparse
import difflib
import math
import os
import re
import sys
from pathlib import Path

from minigrad.cli.messages import MISUSED
from minigrad.viz.table import spelled_out

__all__ = [
    "Parser", "folder_name", "joined", "natural_number", "one_of", "path_name", "picture_file", "positive_integer",
    "positive_number", "some_of",
]  # fmt: skip


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

    def _print_message(self, message, file=None):
        """Print help, spelling out what the stream's encoding does not have."""
        file = file or sys.stderr
        super()._print_message(spelled_out(message, file), file)

    def error(self, message):
        """Say what is wrong, and exit with 2."""
        self.exit(MISUSED, f"{self.prog}: {message}; see {self.prog} --help\n")


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


def one_of(names):
    """The type of an argument that is one of these names, in small or capital letters."""

    def name(text):
        text = text.strip()
        if text.lower() not in names:
            near = difflib.get_close_matches(text.lower(), names, n=1)
            hint = f"; did you mean {near[0]}?" if near else ""
            raise argparse.ArgumentTypeError(f"must be one of {', '.join(names)}, given {text!r}{hint}")
        return text.lower()

    return name


def some_of(names):
    """The type of an argument that is a list of these names with commas between them, each at most once."""
    name = one_of(names)

    def listed(text):
        found = [name(piece) for piece in text.split(",")]
        twice = next((piece for piece in found if found.count(piece) > 1), None)
        if twice:
            raise argparse.ArgumentTypeError(f"{twice} is given twice; give it once")
        return found

    return listed


def picture_file(formats):
    """The type of an argument that names a picture to be written: in one of these formats, in a folder that exists."""

    def path(text):
        path = Path(text)
        if path.suffix[1:].lower() not in formats:
            known = ", .".join(formats)
            raise argparse.ArgumentTypeError(f"the ending of {text!r} must be one of .{known}; it decides the format")
        if not path.parent.is_dir():
            raise argparse.ArgumentTypeError(
                f"there is no folder {path.parent}; make it, or write {path.name} elsewhere"
            )
        return path

    return path


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
