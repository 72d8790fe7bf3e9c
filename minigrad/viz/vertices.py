"""What there is to draw: the values behind a tensor, each with the node that computed it and what from."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.custom import Custom
from minigrad.engine import FREED, Node, Variable
from minigrad.memory import log
from minigrad.nn.module import Module
from minigrad.ops import loss, reduce
from minigrad.rules import rule_text

TENSORS = (Variable, np.ndarray)  # what keeps its identity wherever it is used
TO_ONE_NUMBER = (loss.__name__, reduce.__name__)  # where the operations live that end in a loss


@dataclass(eq=False)
class Vertex:
    """One value of an expression: what it is, and by which node it was computed from which earlier vertices."""

    value: object  # a Variable, an array or a Python number
    kind: str  # a word of label.FILLS
    node: Node | None = None
    sources: tuple[int, ...] | None = ()  # where its inputs are in the list of vertices; None when the graph was freed

    @property
    def name(self):
        """What the user called it, or nothing."""
        return str(getattr(self.value, "name", None) or "")

    @property
    def array(self):
        """Its numbers."""
        return np.asarray(getattr(self.value, "array", self.value))

    @property
    def grad(self):
        """The numbers of its gradient, or None."""
        grad = getattr(self.value, "_grad", None)  # reading .grad would warn where a computed tensor keeps none
        return None if grad is None else grad.array

    @functools.cached_property
    def is_alarming(self):
        """Whether it has NaN or Inf in it, or in its gradient, or a gradient of nothing but zeros."""
        grad = self.grad
        if grad is not None and not (np.isfinite(grad).all() and (grad.size == 0 or grad.any())):
            return True
        return not np.isfinite(self.array).all()

    @property
    def overwritten(self):
        """Which of the values that it was computed from or with is not what it was: "result", "input 0"; or nothing."""
        node = self.node
        if node is None or node.inputs is None or node.arrays is None or node.tick == FREED:
            return ""
        known = [("result", self.array, self.array)]
        known += [
            (f"input {i}", getattr(x, "array", a), a)
            for i, (x, a) in enumerate(zip(node.inputs, node.arrays, strict=True))
        ]
        for what, now, then in known:
            is_same = now is then or np.array_equal(now, then, equal_nan=True)  # an optimizer gathers its parameters
            if not is_same or log.written_since(np.asarray(then), node.tick):
                return what
        return ""


@dataclass(frozen=True, eq=False)
class Number:
    """A Python number at one place of an expression."""

    value: float


def trace(roots: Variable | Sequence[Variable], max_nodes: int | None = None) -> list[Vertex]:
    """The values behind roots, each after everything it was computed from, in reading order.

    A number has a vertex at every place it stands; a tensor or an array has one, however often it is used. A computed
    root is an output; if it is one number that was made of many, a loss. Raises TypeError for what is not a tensor,
    ValueError for more than max_nodes values.
    """
    listed = _checked(roots)
    asked = {id(root) for root in listed}
    opened: dict[int, tuple] = {}  # id → (value, its node, its inputs), met on the way down; alive, so ids stay unique
    position = {}  # id → where in vertices: placed on the way up
    vertices: list[Vertex] = []
    stack = listed[::-1]
    while stack:
        x = stack.pop()
        if id(x) in position:
            continue
        if id(x) in opened:
            position[id(x)] = len(vertices)
            value, node, inputs = opened[id(x)]
            vertices.append(_vertex(value, node, inputs, position, is_root=id(x) in asked))
            continue
        if len(opened) == max_nodes:
            raise ValueError(
                f"trace: there are more than {max_nodes} values in this graph; take a smaller one, or raise max_nodes"
            )
        node = getattr(x, "node", None)
        inputs = _inputs(node)
        opened[id(x)] = x, node, inputs
        stack += [x, *(inputs or ())[::-1]]
    for i in {position[id(root)] for root in listed}:
        if _is_loss(vertices[i], vertices):
            vertices[i].kind = "loss"
    return vertices


def is_count(x: object) -> bool:
    """Whether x is a whole number, and not a truth value."""
    return isinstance(x, int | np.integer) and not isinstance(x, bool)


def rule_said(op, rule):
    """A rule of op as text: as the derivative table has it, or, of an autograd.Function, the call of its backward."""
    if isinstance(op, Custom):
        return f"{op.name}.backward(ctx, {'g' if len(op.shapes) == 1 else '*g'})"
    return rule_text(rule)


def _checked(roots):
    if isinstance(roots, Variable):
        return [roots]
    if isinstance(roots, list | tuple) and roots and all(isinstance(root, Variable) for root in roots):
        return list(roots)
    given = roots[0] if isinstance(roots, list | tuple) and roots else roots
    hint = "model(x)" if isinstance(given, Module) else "the loss"
    raise TypeError(
        f"draw: expected a tensor or a list of tensors, but got {type(roots).__name__} {roots!r:.60}; "
        f"give what was computed, such as {hint}"
    )


def _inputs(node):
    """What node was computed from, numbers wrapped; None if the graph was freed."""
    inputs = () if node is None else node.inputs
    return inputs and [x if isinstance(x, TENSORS) else Number(x) for x in inputs]


def _is_loss(vertex, vertices):
    """Whether a root is one number made of many; a number made of a few numbers is just what was computed."""
    if vertex.node is None or vertex.array.ndim:
        return False
    return vertex.node.op.forward.__module__ in TO_ONE_NUMBER or any(other.array.ndim for other in vertices)


def _vertex(x, node, inputs, position, *, is_root):
    if node is not None:
        sources = None if inputs is None else tuple([position[id(source)] for source in inputs])
        return Vertex(x, "output" if is_root else "intermediate", node, sources)
    if isinstance(x, Variable):
        return Vertex(x, "parameter" if x.requires_grad else "input")
    return Vertex(x.value if isinstance(x, Number) else x, "constant")
