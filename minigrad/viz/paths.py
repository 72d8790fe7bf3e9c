"""The ways optimizers take down a surface: who races, at which rates, and the race itself."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from minigrad.optim import SGD, Adadelta, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from minigrad.tensor import Tensor
from minigrad.viz.animation import Animation
from minigrad.viz.evaluation import at_least, unknown
from minigrad.viz.figure import COLORS, as_label, literal, new_axes
from minigrad.viz.surfaces import Point, View, heights_at, levels_for, placed, surface_of

__all__ = ["OPTIMIZERS", "Racer", "animate_race", "follow", "plot_paths"]

Factory = Callable[[list[Tensor]], Optimizer]

GRID, COARSE = 201, 61  # heights along each side; fewer for a function, which is asked point by point
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))  # with markers at the end, to be told apart in grey
FIGURE_SPACE = "\u2007"  # as wide as a digit
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


# ---- who races ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Racer:
    """An optimizer in the race: how it is made from parameters and a learning rate, and the rate on each surface.

    The rates show its character within 500 steps, and none diverges; `elsewhere` is for surfaces not listed.
    """

    make: Callable[[list[Tensor], float], Optimizer]
    rates: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0.01

    def rate_on(self, surface: str) -> float:
        """The learning rate that suits the surface of that name, or one that is none of SURFACES."""
        return self.rates.get(surface, self.elsewhere)


# On Rosenbrock's and Beale's functions the rates are the same with and without momentum, so that the difference seen is
# momentum's. On the bowl 2/50 is the largest at which plain descent survives: just below it zigzags.
PLAIN = {"rosenbrock": 1e-3, "beale": 2e-3, "rastrigin": 2e-3, "bowl": 0.037, "saddle": 0.05}
HEAVY = {"rosenbrock": 1e-3, "beale": 2e-3, "rastrigin": 5e-3, "bowl": 0.01, "saddle": 0.02}
LOOKING_AHEAD = {**HEAVY, "rastrigin": 2e-3}
ADAPTIVE = {"rosenbrock": 0.2, "beale": 0.1, "rastrigin": 0.7, "bowl": 0.2, "saddle": 0.05}
NOT_SLOWED = {"rosenbrock": 0.05, "beale": 0.05, "rastrigin": 0.02, "bowl": 0.05, "saddle": 0.02}
SLOWING_DOWN = {"rosenbrock": 1.0, "beale": 1.0, "rastrigin": 1.0, "bowl": 0.5, "saddle": 0.3}

OPTIMIZERS = {
    "sgd": Racer(lambda params, lr: SGD(params, lr=lr), PLAIN),
    "momentum": Racer(lambda params, lr: SGD(params, lr=lr, momentum=0.9), HEAVY),
    "nesterov": Racer(lambda params, lr: SGD(params, lr=lr, momentum=0.9, nesterov=True), LOOKING_AHEAD),
    "adam": Racer(lambda params, lr: Adam(params, lr=lr), ADAPTIVE, elsewhere=0.1),
    "nadam": Racer(lambda params, lr: NAdam(params, lr=lr), {**ADAPTIVE, "rastrigin": 0.2}, elsewhere=0.1),
    "adagrad": Racer(lambda params, lr: Adagrad(params, lr=lr), SLOWING_DOWN, elsewhere=0.5),
    "rmsprop": Racer(lambda params, lr: RMSprop(params, lr=lr), NOT_SLOWED),
    "adadelta": Racer(lambda params, lr: Adadelta(params, lr=lr), dict.fromkeys(ADAPTIVE, 10.0), elsewhere=10.0),
    "adamw": Racer(lambda params, lr: AdamW(params, lr=lr), ADAPTIVE, elsewhere=0.1),
}


# ---- the race -------------------------------------------------------------------------------------------------------


def follow(surface: Any, optimizer_factory: Factory, steps: int, start: Point | None = None) -> np.ndarray:
    """The points (steps + 1, 2) in float64 that the optimizer visits, from start on.

    surface: a name in SURFACES, a Surface, or a function of a tensor p of shape (2,) that returns one number; the last
    needs start.  optimizer_factory: makes the optimizer from a list of parameters. After the first point that is not
    finite there are only NaNs. Raises ValueError for an unknown surface and for steps that are not positive.

    >>> follow("bowl", lambda params: minigrad.optim.SGD(params, lr=0.01), steps=1).tolist()  # x loses 1 %, y half
    [[-4.0, 1.2], [-3.96, 0.6]]
    """
    steps = at_least(1, "follow: steps", steps)
    surface = surface_of("follow", surface)[1]
    start = surface.start if start is None else start
    if start is None:
        raise ValueError("follow: a function has no start of its own; give start=(x, y)")
    p = Tensor(start, dtype=np.float64, requires_grad=True)
    optimizer = optimizer_factory([p])

    def loss():
        optimizer.zero_grad()
        height = surface.f(p)
        height.backward()
        return height

    path = np.full((steps + 1, 2), np.nan)
    path[0] = p.detach().numpy()
    with np.errstate(all="ignore"):  # to diverge is worth a picture
        for step in range(1, steps + 1):
            optimizer.step(loss)
            path[step] = p.detach().numpy()
            if not np.isfinite(path[step]).all():
                break
    return path


def plot_paths(
    surface: Any = "rosenbrock",
    optimizers: Iterable[str] | Mapping[str, Factory] = ("sgd", "momentum", "adam"),
    *,
    steps: int = 500,
    lr: float | Mapping[str, float] | None = None,
    start: Point | None = None,
    view: View | None = None,
    ax: Any = None,
) -> Any:
    """The Axes with the surface's contour lines and each optimizer's path, with its last loss in the legend.

    surface: a name in SURFACES, a Surface, or a function of a tensor p of shape (2,); the last needs view, and starts
    near its upper left corner unless start is given.  optimizers: names in OPTIMIZERS, or {name: a function that makes
    one from a list of parameters}.  lr: for all, or by name; left out, a rate that suits the surface.  view: ((x from,
    x to), (y from, y to)). A path ends where it leaves the view or is not finite, and the legend says so. Raises
    ValueError for unknown names, for steps that are not positive and for a start outside of the view.
    """
    race = _Race("plot_paths", surface, optimizers, steps, lr, start, view)
    ax = new_axes(ax)
    race.draw(ax, steps)
    ax.set_title(literal(race.title), fontsize="medium")
    return ax


def animate_race(
    surface: Any = "rosenbrock",
    optimizers: Iterable[str] | Mapping[str, Factory] = ("sgd", "momentum", "adam"),
    *,
    steps: int = 500,
    frames: int = 50,
    lr: float | Mapping[str, float] | None = None,
    start: Point | None = None,
    view: View | None = None,
) -> Animation:
    """An Animation of the paths as they grow: `.save("race.gif")`, or .html.

    frames: how many pictures, at equal distances in steps, the first before any step; never more than there are steps
    to show. Everything else as for plot_paths.
    """
    frames = at_least(1, "animate_race: frames", frames)
    race = _Race("animate_race", surface, optimizers, steps, lr, start, view)
    shown = [int(step) for step in np.unique(np.linspace(steps, 0, frames).round())]

    def draw(ax, i):
        race.draw(ax, shown[i], width=8)
        ax.set_title(f"{as_label(race.name)}, step {shown[i]}", fontsize="medium")

    return Animation(draw, [f"step {step}" for step in shown], title=f"{race.name}: {', '.join(race.paths)}")


class _Race:
    """All that a picture shows: the surface as a grid of heights, and each optimizer's path and losses."""

    def __init__(self, what, surface, optimizers, steps, lr, start, view):
        steps = at_least(1, f"{what}: steps", steps)
        points = COARSE if callable(surface) else GRID
        self.name, surface = surface_of(what, surface)
        self.surface = placed(what, surface, start, view)
        self.title = f"{self.name}: {surface.formula}".removesuffix(": ")
        factories = _factories(what, self.name, optimizers, lr)
        self.paths = {name: follow(self.surface, factory, steps) for name, factory in factories.items()}
        self.losses = {name: heights_at(self.surface, path.T) for name, path in self.paths.items()}  # (steps + 1,)
        self.x, self.y = (np.linspace(*side, points) for side in self.surface.view)
        self.z = np.ma.masked_invalid(heights_at(self.surface, np.stack(np.meshgrid(self.x, self.y))))
        if self.z.mask.all():
            raise ValueError(f"{what}: {self.name} is finite nowhere in the view {self.surface.view}")
        own = () if view is not None else self.surface.levels  # chosen for its own view
        self.levels = [h for h in own or levels_for(self.z) if self.z.min() < h < self.z.max()]

    def draw(self, ax, step, width=0):
        """Draw the contour lines, the paths up to a step, and where they begin and ought to end.

        width: of a loss in the legend, in digits; it keeps the legend from growing and shrinking in an animation.
        """
        from matplotlib import colormaps

        if self.levels:  # a plane at one height has none
            shades = colormaps["Greys_r"](np.linspace(0.3, 0.8, len(self.levels)))  # the lower the darker
            ax.contour(self.x, self.y, self.z, levels=self.levels, colors=shades, linewidths=0.8)
        for i, name in enumerate(self.paths):
            look = {"color": COLORS[i % len(COLORS)], "linestyle": STYLES[i % len(STYLES)]}
            points, end = visible(self.paths[name][: step + 1], self.surface.view)
            blank = " " * str(name).startswith("_")  # or the legend would leave it out
            label = f"{blank}{as_label(name)}: {end or f'{self.losses[name][step]:.3g}'.ljust(width, FIGURE_SPACE)}"
            marker = {"marker": MARKERS[i % len(MARKERS)], "markevery": [-1], "markersize": 5}
            ax.plot(*points.T, label=label, linewidth=1.6, **look, **marker)
        ax.plot(*self.surface.start, "x", color="black", label="_start", zorder=2.5)
        for minimum in self.surface.minima:
            ax.plot(*minimum, "*", color="black", markerfacecolor="gold", markersize=11, label="_minimum", zorder=2.2)
        ax.set(xlabel="x", ylabel="y", xlim=self.surface.view[0], ylim=self.surface.view[1])
        ax.locator_params(nbins=5)
        ax.legend(title="loss", loc="upper right", fontsize="small", title_fontsize="small", framealpha=0.9)


def visible(path: np.ndarray, view: View) -> tuple[np.ndarray, str]:
    """The points (N, 2) of path that are drawn, and why it ends there: "" if it does not end before its last point.

    When it leaves the view it is drawn to a point just outside, however far it has jumped.
    """
    low, high = np.array(view, dtype=np.float64).T  # (2,)
    finite = np.isfinite(path).all(axis=1)
    inside = finite & (path >= low).all(axis=1) & (path <= high).all(axis=1)
    if inside.all():
        return path, ""
    gone = int(np.argmin(inside))
    if not finite[gone]:
        return path[:gone], f"not finite at step {gone}"
    jump = path[gone] - path[gone - 1]
    outside = path[gone - 1] + jump * min(1, np.min((high - low) / np.maximum(abs(jump), 1e-300)))
    return np.vstack([path[:gone], outside]), f"left the view at step {gone}"


# ---- what was asked for ---------------------------------------------------------------------------------------------


def _factories(what, surface, optimizers, lr):
    """{name: a function that makes the optimizer}, with the learning rates asked for."""
    if isinstance(optimizers, Mapping) and lr is not None:
        raise ValueError(f"{what}: lr is for optimizers by name; functions that make them choose their own")
    names = [optimizers] if isinstance(optimizers, str) else list(optimizers)
    if isinstance(optimizers, Mapping) and names:
        for name, factory in optimizers.items():
            if not callable(factory):
                raise TypeError(f"{what}: {name!r} must be a function of a list of parameters, but got {factory!r:.60}")
        return dict(optimizers)
    if not names:
        raise ValueError(f"{what}: nobody races; name optimizers out of {', '.join(OPTIMIZERS)}")
    rates = lr if isinstance(lr, Mapping) else {} if lr is None else dict.fromkeys(names, lr)
    for name in [*names, *rates]:
        if name not in OPTIMIZERS:
            raise ValueError(f"{what}: {unknown('optimizer', name, OPTIMIZERS)}")

    def factory(name):
        racer = OPTIMIZERS[name]
        rate = rates.get(name, racer.rate_on(surface))
        return lambda params: racer.make(params, rate)

    return {name: factory(name) for name in names}
