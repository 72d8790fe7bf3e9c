"""What the values of an expression are called where text speaks of them."""

import numpy as np

from minigrad.display import printable
from minigrad.engine import Variable
from minigrad.viz.label import LONGEST, number
from minigrad.viz.vertices import Vertex

SHORT = {  # of operations, for the names of their results
    "binary_cross_entropy": "bce",
    "binary_cross_entropy_from_logits": "bce",
    "cross_entropy_from_logits": "cross_entropy",
}


def names_of(vertices: list[Vertex]) -> list[str]:
    """A short name for each vertex: its own, a number's digits, or the operation that computed it with a number.

    No two values share a name, except equal numbers. Characters that a terminal would obey are spelled out.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> names_of(minigrad.viz.vertices.trace(x * x * 2, 10))
    ['x', 'mul1', '2', 'mul2']
    """
    given = [visible(vertex.name) for vertex in vertices]
    taken, names = {name for name in given if name}, []
    used: set[str] = set()
    for vertex, name in zip(vertices, given, strict=True):
        if name:
            name = name if name not in used else _free(f"{name}#", taken, start=2)
        elif is_number(vertex):
            name = number(vertex.array[()], 4)
        else:
            name = _free(_stem(vertex), taken)
        used.add(name)
        taken.add(name)
        names.append(name)
    return names


def visible(text: str, longest: int = LONGEST) -> str:
    """text on one line, with what is not printable spelled out as Python would, and cut if it is long."""
    spelled = printable(text)
    return spelled if len(spelled) <= longest else f"{spelled[: longest - 1]}…"


def is_number(vertex: Vertex) -> bool:
    """Whether vertex is a constant of one number, which needs no name."""
    return vertex.node is None and not isinstance(vertex.value, Variable) and np.ndim(vertex.array) == 0


def _stem(vertex):
    if vertex.node is not None:
        op = vertex.node.op.name
        return SHORT.get(op, visible(op)) or "op"
    if isinstance(vertex.value, Variable):
        return "leaf" if vertex.value.requires_grad else "input"
    return "array"


def _free(stem, taken, start=1):
    """stem with the first number behind it that makes a name nobody has."""
    i = start
    while f"{stem}{i}" in taken:
        i += 1
    return f"{stem}{i}"
