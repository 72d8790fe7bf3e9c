"""`minigrad draw`: the graph of an expression, with its values and gradients, or the story of its backpropagation."""

import argparse
import re
from pathlib import Path

import numpy as np

from minigrad import viz
from minigrad.cli.arguments import picture_file
from minigrad.cli.messages import DONE, FAILED, MISUSED, complain, is_about_output, reason, say
from minigrad.viz.expression import evaluate, parse_values
from minigrad.viz.files import write_whole

__all__ = ["add_drawing", "draw_expression"]

FORMATS = ("svg", "png", "pdf", "dot", "html")
NO_PROGRAM = "Or see it step by step, without any program: --text."

DRAW_EXAMPLES = """\
examples:
  minigrad draw "tanh(w*x + b)" --at w=0.5,x=3,b=-1
  minigrad draw "(x - 1)**2" --at x=3 -o parabola.png
  minigrad draw "tanh(w*x + b)" --at w=0.5,x=3,b=-1 -o explore.html
  minigrad draw "tanh(w*x + b)" --at w=0.5,x=3,b=-1 --text

The .html steps through the values, and then back through the gradients: open it in a
browser; it needs no network. --text tells the same story here, and needs no Graphviz.
"""


def add_drawing(commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "draw",
        help="draw the graph of an expression, or step through its gradients",
        description="Draw the graph of an expression, with the value and the gradient of every part of it.",
        epilog=DRAW_EXAMPLES,
    )
    add = command.add_argument
    add("expression", type=str.strip, help='such as "tanh(w*x + b)"; quote it')
    add("--at", default="", metavar="NAME=X,...", help="the numbers that its names stand for")
    out = f"ends in .{', .'.join(FORMATS)} (default graph.svg)"
    add("-o", "--out", type=picture_file(FORMATS), metavar="FILE", help=out)
    add("--text", action="store_true", help="print each step; there is a picture as well only with -o")
    command.set_defaults(command=draw_expression)


def draw_expression(arguments: argparse.Namespace) -> int:
    """Tell the story of an expression and its gradients, draw it, or both, and return the exit code."""
    path = arguments.out or (None if arguments.text else Path("graph.svg"))
    try:
        root = evaluate(arguments.expression, parse_values(arguments.at))
        with np.errstate(all="ignore"):  # the slope of log at 0 is worth a picture
            if arguments.text:
                say(str(viz.explore(root)))
            if path is not None:
                write_picture(root, path)
    except (ValueError, OSError) as error:
        if is_about_output(error):
            raise
        complain("minigrad draw", without_function(reason(error)))
        return MISUSED
    except RuntimeError as error:  # there is no program that draws; the ways out take several lines
        keep_text = viz.dot.KEEP_TEXT  # loaded by what has just failed, and not before it is needed
        complain("minigrad draw", f"{without_function(str(error)).replace(keep_text, '-o graph.dot')}\n{NO_PROGRAM}")
        return FAILED
    if path is not None:
        say(f"{arguments.expression} = {root.item():.6g}, drawn in {path}")
    return DONE


def write_picture(root, path):
    """Write the graph of root, or its story as a page, as the ending of path says."""
    kind = path.suffix[1:].lower()
    if kind == "html":
        viz.explore(root).save(path)
        return
    root.backward(retain_graph=True)
    picture = viz.draw(root)
    write_whole(path, picture.source if kind == "dot" else picture.pipe(format=kind))


def without_function(text):
    """An error's text without the name of the Python function that raised it."""
    return re.sub("^(draw|explore|steps): ", "", text)
