"""The ways optimizers take down a surface: test functions of two numbers, who races on them, and the race itself."""

import difflib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.engine import Variable
from minigrad.functions import cos, stack
from minigrad.optim import SGD, Adadelta, Adagrad, Adam, AdamW, NAdam, Optimizer, RMSprop
from minigrad.tensor import Tensor
from minigrad.viz.animation import Animation
from minigrad.viz.evaluation import at_least, growing
from minigrad.viz.figure import COLORS, as_label, literal, new_axes

__all__ = ["OPTIMIZERS", "SURFACES", "Racer", "Surface", "animate_race", "follow", "plot_paths"]

Point = tuple[float, float]
View = tuple[Point, Point]  # from and to in x, from and to in y
Factory = Callable[[list[Tensor]], Optimizer]

GRID, COARSE = 201, 61  # heights along each side; fewer for a function, which is asked point by point
STYLES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)))  # with markers at the end, to be told apart in grey
FIGURE_SPACE = "\u2007"  # as wide as a digit
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")


# ---- where they race ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Surface:
    """A function of two numbers, and how to look at it.

    f: takes a tensor p of shape (2, …), whose parts are x and y, and returns one of shape (…).  levels: the heights of
    the contour lines.  source: who first descended it, where that is certain.
    """

    formula: str
    f: Callable[[Tensor], Tensor]
    minima: tuple[Point, ...]
    start: Point | None
    view: View | None
    levels: tuple[float, ...]
    source: str = ""


def _rosenbrock(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


def _beale(p):
    x, y = p
    return (1.5 - x + x * y) ** 2 + (2.25 - x + x * y**2) ** 2 + (2.625 - x + x * y**3) ** 2


def _rastrigin(p):
    x, y = p
    return 20 + x**2 - 10 * cos(2 * np.pi * x) + y**2 - 10 * cos(2 * np.pi * y)


def _bowl(p):
    x, y = p
    return (x**2 + 50 * y**2) / 2


def _saddle(p):
    x, y = p
    return x**2 / 2 - y**2 / 2 + y**4 / 4


def _up(low, high, count):
    return tuple(np.geomspace(low, high, count).tolist())


SURFACES = {
    "rosenbrock": Surface(
        formula="(1 − x)² + 100(y − x²)²", f=_rosenbrock, minima=((1, 1),), start=(-1.2, 1.0),
        view=((-2, 2), (-1, 3)), levels=_up(0.3, 3000, 13),
        source="H. H. Rosenbrock, An automatic method for finding the greatest or least value of a function, 1960",
    ),
    "beale": Surface(
        formula="(1.5 − x + xy)² + (2.25 − x + xy²)²\n+ (2.625 − x + xy³)²", f=_beale, minima=((3, 0.5),),
        start=(1.0, 1.5), view=((-0.5, 4.5), (-2, 3)), levels=_up(0.03, 30000, 13),
        source="E. M. L. Beale, On an iterative method for finding a local minimum of a function of more than one "
        "variable, 1958",
    ),
    "rastrigin": Surface(
        formula="20 + x² − 10 cos 2πx + y² − 10 cos 2πy", f=_rastrigin, minima=((0, 0),), start=(-2.2, 2.4),
        view=((-3, 3), (-3, 3)), levels=tuple(range(0, 64, 7)),
        source="L. A. Rastrigin, Systems of extremal control, 1974",
    ),
    "bowl": Surface(
        formula="(x² + 50y²)/2", f=_bowl, minima=((0, 0),), start=(-4.0, 1.2),
        view=((-4.5, 3.5), (-1.8, 2.6)), levels=_up(0.1, 110, 12),
    ),
    "saddle": Surface(
        formula="x²/2 − y²/2 + y⁴/4", f=_saddle, minima=((0, 1), (0, -1)), start=(-1.5, 0.001),
        view=((-2, 2.6), (-1.6, 1.6)), levels=tuple(np.linspace(-0.25, 4, 26).tolist()),
    ),
}  # fmt: skip


# ---- who races ------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Racer:
    """An optimizer in the race: how it is made from parameters and a learning rate, and the rate on each surface.

    The rates show its character within 200 steps, and none diverges; `elsewhere` is for surfaces not listed.
    """

    make: Callable[[list[Tensor], float], Optimizer]
    rates: Mapping[str, float] = field(default_factory=dict)
    elsewhere: float = 0.01


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
    surface = _surface("follow", surface)[1]
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
    steps: int = 200,
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
    steps: int = 200,
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
        self.name, surface = _surface(what, surface)
        self.surface = _placed(what, surface, start, view)
        self.title = f"{self.name}: {surface.formula}".removesuffix(": ")
        factories = _factories(what, self.name, optimizers, lr)
        self.paths = {name: follow(self.surface, factory, steps) for name, factory in factories.items()}
        self.losses = {name: _heights(self.surface, path.T) for name, path in self.paths.items()}  # (steps + 1,)
        self.x, self.y = (np.linspace(*side, points) for side in self.surface.view)
        self.z = np.ma.masked_invalid(_heights(self.surface, np.stack(np.meshgrid(self.x, self.y))))
        if self.z.mask.all():
            raise ValueError(f"{what}: {self.name} is finite nowhere in the view {self.surface.view}")
        own = () if view is not None else self.surface.levels  # chosen for its own view
        self.levels = [h for h in own or _levels(self.z) if self.z.min() < h < self.z.max()]

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


def _surface(what, surface):
    """Its name and the Surface; one without start and view for a function."""
    if isinstance(surface, str):
        if surface not in SURFACES:
            raise ValueError(f"{what}: {_unknown('surface', surface, SURFACES)}, or give a function of a tensor (2,)")
        return surface, SURFACES[surface]
    if isinstance(surface, Surface):
        return "surface", surface
    if not callable(surface):
        raise TypeError(f"{what}: the surface must be a name, a Surface or a function, but got {surface!r:.60}")
    name = getattr(surface, "__name__", "surface").strip("<>")
    return name, Surface(formula="", f=_point_by_point(what, surface), minima=(), start=None, view=None, levels=())


def _point_by_point(what, f):
    """f, a function of two numbers, for p of shape (2, …) too, whatever f does with the dimensions of p."""

    def heights(p):
        if p.ndim > 1:
            flat = p.reshape(2, -1)
            return stack([heights(flat[:, i]) for i in range(flat.shape[1])]).reshape(p.shape[1:])
        height = f(p)
        if not isinstance(height, Variable) or height.array.size != 1:
            given = f"shape {height.shape}" if isinstance(height, Variable) else f"a {type(height).__name__}"
            raise ValueError(f"{what}: the function must return a tensor with one number for p (2,), but got {given}")
        return height.reshape(())

    return heights


def _placed(what, surface, start, view):
    """The surface with the start and the view that were asked for, checked."""
    view = surface.view if view is None else view
    if view is None:
        raise ValueError(f"{what}: a function needs view=((x from, x to), (y from, y to))")
    (x0, x1), (y0, y1) = growing(f"{what}: view", view, (2, 2)).tolist()
    if start is None:
        start = surface.start or (0.9 * x0 + 0.1 * x1, 0.1 * y0 + 0.9 * y1)
    if np.shape(start) != (2,) or not (x0 <= start[0] <= x1 and y0 <= start[1] <= y1):
        raise ValueError(f"{what}: start must be two numbers inside the view {view!r}, but got {start!r}")
    return replace(surface, start=(float(start[0]), float(start[1])), view=((x0, x1), (y0, y1)))


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
            raise ValueError(f"{what}: {_unknown('optimizer', name, OPTIMIZERS)}")

    def factory(name):
        racer = OPTIMIZERS[name]
        rate = rates.get(name, racer.rates.get(surface, racer.elsewhere))
        return lambda params: racer.make(params, rate)

    return {name: factory(name) for name in names}


def _unknown(kind, name, known):
    near = difflib.get_close_matches(str(name).lower(), known, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    return f"there is no {kind} {name!r}; {hint}There are {', '.join(known)}"


def _heights(surface, points):
    """The heights (…) at points (2, …)."""
    with no_grad(), np.errstate(all="ignore"):
        return np.array(surface.f(Tensor(points, dtype=np.float64)).array)


def _levels(z):
    """Heights for the contour lines of a surface that names none: close together near its lowest point."""
    low, high = float(z.min()), float(z.max())
    return (low + np.geomspace(1e-3, 1, 13)[:-1] * (high - low)).tolist() if high > low else []
