"""How far to go along a direction: a line search for the strong Wolfe conditions."""

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

__all__ = ["Point", "strong_wolfe"]

C1, C2 = 1e-4, 0.9  # Nocedal and Wright's choice for quasi-Newton methods: any decrease, a slope not much flatter


class Point(NamedTuple):
    """A point on the line x + t·d: how far along it lies, the loss and the gradient there, and its slope g·d."""

    t: float
    loss: float
    g: np.ndarray
    slope: float


def strong_wolfe(
    at: Callable[[float], Point], start: Point, t: float, most: int, shortest: float
) -> tuple[Point, bool]:
    """A point where the loss has come down and the slope has flattened, and whether it really is one.

        loss(t) ≤ loss(0) + c₁·t·slope(0)   and   |slope(t)| ≤ c₂·|slope(0)|

    at: evaluates a t.  start: t = 0, where the slope is negative.  t: tried first; after it, at most `most` others.
    shortest: an interval of t that is not worth dividing. With no such point found it is the lowest of the interval's
    two ends. Nocedal and Wright (2006), algorithms 3.5 and 3.6.
    """
    ends, tried = _bracket(at, start, t, most)
    if len(ends) == 1:
        return ends[0], True
    return _zoom(at, start, ends, most - tried, shortest)


def _low_enough(point, start):
    return point.loss <= start.loss + C1 * point.t * start.slope


def _flat_enough(point, start):
    return abs(point.slope) <= -C2 * start.slope


def _bracket(at, start, t, most):
    """([a point that fulfils both conditions], or [two points that have one between them], points tried after t)."""
    before, now = start, at(t)
    for i in range(most):
        if not _low_enough(now, start) or (i > 1 and now.loss >= before.loss):  # the book has i > 0, PyTorch this
            return [before, now], i
        if _flat_enough(now, start):
            return [now], i
        if now.slope >= 0:
            return [before, now], i
        bounds = now.t + 0.01 * (now.t - before.t), 10 * now.t  # still downhill: go on, a little at least
        before, now = now, at(_lowest(before, now, bounds))
    return [start, now], most


def _zoom(at, start, ends, most, shortest):
    """(the best point found between two ends, whether it fulfils both conditions)"""
    low = _lower(ends)
    stuck = False
    for _ in range(most):
        if abs(ends[1].t - ends[0].t) < shortest:
            break
        t, stuck = _inside(ends, stuck)
        new = at(t)
        if not _low_enough(new, start) or new.loss >= ends[low].loss:
            ends[1 - low] = new
            low = _lower(ends)
            continue
        if _flat_enough(new, start):
            return new, True
        if new.slope * (ends[1 - low].t - ends[low].t) >= 0:  # it rises towards the other end: the valley lies behind
            ends[1 - low] = ends[low]
        ends[low] = new
    return ends[low], False


def _lower(ends):
    return 0 if ends[0].loss <= ends[1].loss else 1


def _inside(ends, stuck):
    """(the next t to try, whether it came close to an end): close twice in a row, it moves a tenth inwards instead."""
    left, right = sorted(point.t for point in ends)
    t = _lowest(*ends, (left, right))
    margin = 0.1 * (right - left)
    close = min(right - t, t - left) < margin
    if close and (stuck or not left < t < right):
        return (right - margin if abs(t - right) < abs(t - left) else left + margin), False
    return t, close


def _lowest(p, q, bounds):
    """The t within bounds where the cubic through two points, losses and slopes, has its minimum; or their middle."""
    p, q = sorted((p, q), key=lambda point: point.t)
    low, high = bounds
    if q.t > p.t:
        a = p.slope + q.slope - 3 * (p.loss - q.loss) / (p.t - q.t)
        square = a * a - p.slope * q.slope
        if 0 <= square < math.inf:
            root = math.sqrt(square)
            divisor = q.slope - p.slope + 2 * root
            if divisor != 0:
                return min(max(q.t - (q.t - p.t) * ((q.slope + root - a) / divisor), low), high)
    return (low + high) / 2
