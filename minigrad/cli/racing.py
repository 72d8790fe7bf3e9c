"""`minigrad race`: optimizers side by side down a surface, as an animation and as a table of how far each came."""

import argparse
import math

import numpy as np

from minigrad import viz
from minigrad.autograd import no_grad
from minigrad.cli.arguments import one_of, picture_file, positive_integer, positive_number, some_of
from minigrad.cli.messages import DONE, MISUSED, complain, is_about_output, reason, say
from minigrad.creation import as_tensor
from minigrad.viz.files import write_whole
from minigrad.viz.paths import OPTIMIZERS, follow
from minigrad.viz.surfaces import SURFACES

__all__ = ["add_race", "race"]

NEAR = 0.1  # a minimum, in the units of the surface's plane
GONE = "gone to infinity; try a smaller --lr"
MOVING, STILL = ("gif", "html"), ("png", "svg", "pdf")
FORMATS = MOVING + STILL

RACE_EXAMPLES = """\
examples:
  minigrad race rosenbrock
  minigrad race bowl --optimizers sgd,momentum,nesterov --steps 80 -o bowl.html
  minigrad race rastrigin --optimizers adam --lr 0.5 -o adam.png

surfaces:
{surfaces}

A .gif moves, a .html is a page with a player, and the others show the whole paths. It
also says how low each optimizer came, how near a minimum, and from which step on.
"""


def add_race(commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "race",
        help="let optimizers race down a surface",
        description="Let optimizers race down a surface in two dimensions, and draw the paths they take.",
        epilog=RACE_EXAMPLES.format(surfaces="\n".join(f"  {name:<11} {way(name)}" for name in SURFACES)),
    )
    add = command.add_argument
    add("surface", type=one_of(SURFACES), metavar="SURFACE", help=f"one of {', '.join(SURFACES)}")
    names = f"of {', '.join(OPTIMIZERS)} (default %(default)s)"
    add("--optimizers", type=some_of(OPTIMIZERS), default="sgd,momentum,adam", metavar="NAME,...", help=names)
    add("--steps", type=positive_integer, default=500, metavar="N", help="steps that each may take (default 500)")
    add("--lr", type=positive_number, metavar="X", help="one learning rate for all (default: what suits each here)")
    out = f"ends in .{', .'.join(FORMATS)} (default race.gif)"
    add("-o", "--out", type=picture_file(FORMATS), default="race.gif", metavar="FILE", help=out)
    command.set_defaults(command=race)


def way(name):
    """From where to where the race goes on the surface of that name."""
    surface = SURFACES[name]
    points = [f"({x:g}, {y:g})" for x, y in (surface.start, *surface.minima)]
    return f"from {points[0]} to {' or '.join(points[1:])}"


def race(arguments: argparse.Namespace) -> int:
    """Run the race, write its picture, say how it ended, and return the exit code."""
    path, moving = arguments.out, arguments.out.suffix[1:].lower() in MOVING
    draw = viz.animate_race if moving else viz.plot_paths
    try:
        say(table(arguments))
        if moving:
            say(f"drawing {path} ...")  # frame after frame, which takes seconds
        write_whole(path, draw(arguments.surface, arguments.optimizers, steps=arguments.steps, lr=arguments.lr))
    except (ValueError, OSError) as error:
        if is_about_output(error):
            raise
        complain("minigrad race", reason(error))
        return MISUSED
    say(f"drawn in {path}")
    return DONE


def table(arguments):
    """Who came how far: the lowest first, and those that left for infinity last."""
    surface = SURFACES[arguments.surface]
    rows = [(name, *run(surface, name, arguments)) for name in arguments.optimizers]
    rows.sort(key=lambda row: row[2] if math.isfinite(row[2]) else math.inf)
    lines = [
        f"{arguments.surface} {way(arguments.surface)}, {arguments.steps} steps",
        f"optimizer       lr       value  to a minimum  within {NEAR} from",
    ]
    for name, lr, value, distance, near in rows:
        end = f"{value:>10.3g}  {distance:>12.3g}  {near:>15}"
        lines.append(f"{name:<9}  {lr:>7.4g}  {end if math.isfinite(value) else GONE}")
    return "\n".join(lines)


def run(surface, name, arguments):
    """The learning rate, the last value and its distance to a minimum, and the step from which on it is near one."""
    racer = OPTIMIZERS[name]
    lr = arguments.lr or racer.rate_on(arguments.surface)
    path = follow(surface, lambda params: racer.make(params, lr), arguments.steps)  # (steps + 1, 2)
    distances = np.min([np.hypot(*(path - minimum).T) for minimum in surface.minima], axis=0)
    with no_grad():
        value = surface.f(as_tensor(path[-1])).item()
    away = np.flatnonzero(~(distances <= NEAR))  # NaN is away, too
    near = away[-1] + 1 if away.size else 0
    return lr, value, distances[-1], f"step {near}" if near <= arguments.steps else "-"
