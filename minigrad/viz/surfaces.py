"""Surfaces to descend: the test functions of optimization, and any function of two numbers."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.engine import Variable
from minigrad.functions import cos, stack
from minigrad.tensor import Tensor
from minigrad.viz.evaluation import growing, unknown

__all__ = ["SURFACES", "Point", "Surface", "View", "heights_at", "levels_for", "placed", "surface_of"]

Point = tuple[float, float]
View = tuple[Point, Point]  # from and to in x, from and to in y


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


# ---- what was asked for ---------------------------------------------------------------------------------------------


def surface_of(what: str, surface: Any) -> tuple[str, Surface]:
    """The name of a surface and the Surface, given either or a function; for that it has neither start nor view."""
    if isinstance(surface, str):
        if surface not in SURFACES:
            raise ValueError(f"{what}: {unknown('surface', surface, SURFACES)}, or give a function of a tensor (2,)")
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


def placed(what: str, surface: Surface, start: Point | None, view: View | None) -> Surface:
    """The surface with the start and the view that were asked for. Raises ValueError where there is none of these."""
    view = surface.view if view is None else view
    if view is None:
        raise ValueError(f"{what}: a function needs view=((x from, x to), (y from, y to))")
    (x0, x1), (y0, y1) = growing(f"{what}: view", view, (2, 2)).tolist()
    if start is None:
        start = surface.start or (0.9 * x0 + 0.1 * x1, 0.1 * y0 + 0.9 * y1)
    if np.shape(start) != (2,) or not (x0 <= start[0] <= x1 and y0 <= start[1] <= y1):
        raise ValueError(f"{what}: start must be two numbers inside the view {view!r}, but got {start!r}")
    return replace(surface, start=(float(start[0]), float(start[1])), view=((x0, x1), (y0, y1)))


def heights_at(surface: Surface, points: np.ndarray) -> np.ndarray:
    """The heights (…) at points (2, …)."""
    with no_grad(), np.errstate(all="ignore"):
        return np.array(surface.f(Tensor(points, dtype=np.float64)).array)


def levels_for(z: np.ndarray) -> list[float]:
    """Heights for the contour lines of a surface that names none: close together near its lowest point."""
    low, high = float(z.min()), float(z.max())
    return (low + np.geomspace(1e-3, 1, 13)[:-1] * (high - low)).tolist() if high > low else []
