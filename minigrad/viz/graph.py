"""The expression behind a tensor as a picture: every value a card, every operation a node between them."""

import inspect
from dataclasses import dataclass

import numpy as np

from minigrad.engine import Node, Variable
from minigrad.rules import rule_text
from minigrad.viz import label
from minigrad.viz.dot import Picture

DIRECTIONS = ("LR", "TB", "RL", "BT")
SYMMETRIC = ("add", "mul", "maximum", "minimum")  # elsewhere it matters which input is which, so they are numbered


def draw(
    roots: Variable | list[Variable] | tuple[Variable, ...],
    *,
    rankdir: str = "LR",
    precision: int = 4,
    max_nodes: int = 200,
) -> Picture:
    """The expression that roots, a tensor or several, were computed by, as a graphviz.Digraph.

    Values show name, dtype, shape, numbers and gradient, which is "-" as long as `backward()` has left none; what has
    NaN or Inf in it, or a gradient of nothing but zeros, is outlined in red. `.source` is the DOT text,
    `.render("graph")` writes graph.svg, and a notebook shows the picture. rankdir: the way the computation flows, LR,
    TB, RL or BT. precision: significant digits. Raises TypeError for what is not a tensor, ValueError for more than
    max_nodes values.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> draw(x * x).source.count("n0 -> op1")       # both edges of the square
    2
    """
    if rankdir not in DIRECTIONS:
        raise ValueError(f"draw: rankdir must be one of {', '.join(DIRECTIONS)}, but got {rankdir!r}")
    if not (isinstance(precision, int) and 1 <= precision <= 17):
        raise ValueError(f"draw: precision is a number of significant digits, 1 to 17, but got {precision!r}")
    vertices = trace(roots, max_nodes)
    picture = Picture(
        graph_attr={"rankdir": rankdir, "bgcolor": "transparent", "fontname": label.FONT, "labelloc": "b",
                    "nodesep": "0.15", "ranksep": "0.3"},
        node_attr={"fontname": label.FONT, "fontsize": "12", "fontcolor": label.INK, "shape": "plain"},
        edge_attr={"color": label.MID, "arrowsize": "0.6", "labelfontname": label.FONT, "labelfontsize": "9",
                   "labelfontcolor": label.MID, "labeldistance": "1.6", "labelangle": "-22"},
    )  # fmt: skip
    for i, vertex in enumerate(vertices):
        picture.node(f"n{i}", _card(vertex, precision), tooltip=label.tooltip(_described(vertex)))
        if vertex.node is not None:
            _add_operation(picture, i, vertex)
    kinds = {vertex.kind for vertex in vertices} | {"operation" for vertex in vertices if vertex.node is not None}
    picture.attr(label=label.legend(kinds, _notes(vertices)))
    return picture


# ---- what there is to draw ------------------------------------------------------------------------------------------


@dataclass(frozen=True)
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

    @property
    def is_alarming(self):
        """Whether it has NaN or Inf in it, or in its gradient, or a gradient of nothing but zeros."""
        broken = any(a is not None and not np.isfinite(a).all() for a in (self.array, self.grad))
        return broken or (self.grad is not None and self.grad.size > 0 and not self.grad.any())


@dataclass(frozen=True, eq=False)
class Number:
    """A Python number at one place of an expression."""

    value: float


def trace(roots, max_nodes: int) -> list[Vertex]:
    """The values behind roots, each after everything it was computed from, in reading order.

    A number has a vertex at every place it stands; a tensor or an array has one, however often it is used.
    """
    roots = _checked(roots)
    asked = {id(root) for root in roots}
    opened: dict[int, tuple] = {}  # id → (value, its node, its inputs), met on the way down; alive, so ids stay unique
    position = {}  # id → where in vertices: placed on the way up
    vertices: list[Vertex] = []
    stack = roots[::-1]
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
                f"draw: there are more than {max_nodes} values in this graph, too many for a readable picture; "
                "draw a part of it or a smaller example, or raise max_nodes"
            )
        node = getattr(x, "node", None)
        inputs = _inputs(node)
        opened[id(x)] = x, node, inputs
        stack += [x, *(inputs or ())[::-1]]
    return vertices


def _checked(roots):
    if isinstance(roots, Variable):
        return [roots]
    if isinstance(roots, list | tuple) and roots and all(isinstance(root, Variable) for root in roots):
        return list(roots)
    raise TypeError(
        f"draw: expected a tensor or a list of tensors, but got {type(roots).__name__} {roots!r:.60}; "
        "give what was computed, such as the loss"
    )


def _inputs(node):
    """What node was computed from, numbers wrapped; None if the graph was freed."""
    inputs = () if node is None else node.inputs
    return inputs and [x if isinstance(x, Variable | np.ndarray) else Number(x) for x in inputs]


def _vertex(x, node, inputs, position, *, is_root):
    if node is not None:
        sources = None if inputs is None else tuple(position[id(source)] for source in inputs)
        return Vertex(x, "output" if is_root else "intermediate", node, sources)
    if isinstance(x, Variable):
        return Vertex(x, "parameter" if x.requires_grad else "input")
    return Vertex(x.value if isinstance(x, Number) else x, "constant")


# ---- how it is drawn ------------------------------------------------------------------------------------------------


def _card(vertex, precision):
    value = label.numbers(vertex.array, precision)
    if not isinstance(vertex.value, Variable | np.ndarray):
        return label.card(vertex.kind, "", "", [("", value)], alarming=vertex.is_alarming)
    rows = [("value", value)]
    if vertex.grad is not None:
        rows.append(("grad", label.numbers(vertex.grad, precision)))
    elif isinstance(vertex.value, Variable) and vertex.value.requires_grad:
        rows.append(("grad", ["-"]))
    name = label.ascii_of(vertex.name)
    return label.card(vertex.kind, name, _signature(vertex.array), rows, alarming=vertex.is_alarming)


def _signature(array):
    return f"{array.dtype} {array.shape}"


def _described(vertex):
    """The tooltip of a value: its whole name, which may be in any language, and what it is."""
    what = f"{vertex.kind}, {_signature(vertex.array)}"
    return f"{vertex.name}: {what}" if vertex.name else what


def _add_operation(picture, i, vertex):
    """The node of the operation that computed vertex i, an edge into it for each of its inputs, and the edge out."""
    op = vertex.node.op
    tooltip = label.tooltip(_rules(op))
    picture.node(f"op{i}", **label.operation(op.name, vertex.node.params), tooltip=tooltip, ordering="in")
    if vertex.sources is None:
        picture.node(f"freed{i}", **label.FREED)
        picture.edge(f"freed{i}", f"op{i}", style="dashed")
    for place, source in enumerate(vertex.sources or (), start=1):
        which = str(place) if len(vertex.sources) > 1 and op.name not in SYMMETRIC else None
        picture.edge(f"n{source}", f"op{i}", headlabel=which)
    picture.edge(f"op{i}", f"n{i}")


def _rules(op):
    """The tooltip of an operation: its row of the derivative table."""
    names = [p.name for p in inspect.signature(op.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    rules = [op.rules.rule] if op.variadic else op.rules
    lines = [f"gradient of {x}: {rule_text(rule)}" for x, rule in zip(names, rules, strict=True) if rule is not None]
    return "\n".join([f"{op.name}({', '.join(names)})", *lines])


def _notes(vertices):
    """What should be said below the picture, so that nobody wonders about what is not in it."""
    computed = [vertex for vertex in vertices if vertex.node is not None]
    notes = []
    if not computed:
        notes.append("nothing recorded: a leaf, or computed under no_grad() or from tensors without requires_grad")
    elif any(vertex.sources is None for vertex in computed):
        notes.append("freed by backward(): draw first, or backward(retain_graph=True)")
    elif all(vertex.grad is None for vertex in vertices):
        notes.append("no gradients yet: backward() has not been called")
    elif any(vertex.grad is None for vertex in computed):
        notes.append("backward() keeps the gradients of leaves, and of what called retain_grad() before")
    if any(vertex.is_alarming for vertex in vertices):
        notes.append("red: NaN or Inf, or a gradient of nothing but zeros")
    return notes
