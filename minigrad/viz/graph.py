"""The expression behind a tensor as a picture: every value a card, every operation a node between them."""

import inspect

import numpy as np

from minigrad.engine import Variable
from minigrad.rules import rule_text
from minigrad.viz import label
from minigrad.viz.dot import Picture
from minigrad.viz.vertices import trace

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
