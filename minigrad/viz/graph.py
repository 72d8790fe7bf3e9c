"""The expression behind a tensor as a picture: every value a card, every operation a node between them."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from minigrad.engine import Variable
from minigrad.viz import label as labels
from minigrad.viz.calls import Call
from minigrad.viz.dot import Picture
from minigrad.viz.folding import Box, Plan, counted, plan
from minigrad.viz.vertices import Vertex, is_count, rule_said, trace

DIRECTIONS = ("LR", "TB", "RL", "BT")
SYMMETRIC = ("add", "mul", "maximum", "minimum")  # elsewhere it matters which input is which, so they are numbered
STRAIGHT = "8"  # the weight of the edges between what was computed: leaves stand aside of the main road
WORK = 30_000  # steps in which the places of a large picture's nodes are improved: see _effort
COLOR = re.compile(r"#[0-9a-fA-F]{6}|gr[ae]y(\d\d?|100)|([a-z]+)[1-4]?", re.IGNORECASE)


@dataclass(frozen=True)
class Look:
    """What a card shows."""

    values: bool
    grads: bool
    shapes: bool
    precision: int
    label: Callable[[Vertex], str | None] | None
    color: Callable[[Vertex], str | None] | None


def draw(
    roots: Variable | Sequence[Variable],
    *,
    depth: int | None = None,
    max_nodes: int = 200,
    rankdir: str = "LR",
    values: bool = True,
    grads: bool = True,
    shapes: bool = True,
    precision: int = 4,
    label: Callable[[Vertex], str | None] | None = None,
    color: Callable[[Vertex], str | None] | None = None,
) -> Picture:
    """The expression that roots, a tensor or several, were computed by, as a graphviz.Digraph.

    Values show name, dtype, shape, numbers and gradient, which is "-" as long as `backward()` has left none; what has
    NaN or Inf in it, or a gradient of nothing but zeros, is outlined in red. `.source` is the DOT text,
    `.render("graph")` writes graph.svg, and a notebook shows the picture. The colours tell inputs, parameters (whatever
    requires a gradient), constants, intermediates, operations, folded modules, outputs, and losses, roots that make one
    number of many; the legend names those that are there.

    depth: how many levels of modules are opened; the calls of modules below are one node each, and equal ones in a row
    one node with a count. 0 folds every model into one node; None opens all. What is open stands in a frame.
    max_nodes: with more cards and folded modules than that, more is folded, and if that is not enough only what was
    computed last is drawn; the picture says so.  rankdir: the way the computation flows, LR, TB, RL or BT.
    values, grads, shapes: whether cards show them.  precision: significant digits.
    label, color: called with the `Vertex` of each value that is drawn (its `.value`, the tensor itself, `.name`,
    `.kind`, `.array`, `.grad`, and `.node`, the record of the operation, with `.op.name`); return a text to add to the
    card and a light colour to fill it with, "#rrggbb" or a name that Graphviz knows, or None.

    In the SVG the card of value i has the id n{i}, its operation op{i}, the edge between them e{i}, and the edge from
    value s into the operation's input k (from 0) e{s}_{i}_{k}; values are numbered as in the picture's text. Raises
    TypeError for what is not a tensor, and TypeError or ValueError for settings that make no sense.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> draw(x * x).source.count("n0 -> op1")       # both edges of the square
    2
    """
    _check(depth, max_nodes, rankdir, precision)
    _check_switches(values=values, grads=grads, shapes=shapes)
    _check_callbacks(label=label, color=color)
    vertices = trace(roots)
    asked = {id(root) for root in ([roots] if isinstance(roots, Variable) else roots)}
    found = frozenset(i for i, vertex in enumerate(vertices) if id(vertex.value) in asked)
    drawn = plan(vertices, found, depth, max_nodes)
    picture = _empty(rankdir)
    _add_nodes(picture, drawn, Look(values, grads, shapes, precision, label, color))
    _add_edges(picture, drawn)
    alarms = [vertices[i].is_alarming for i in sorted(drawn.shown)] + [_is_alarming(b, drawn) for b in drawn.boxes]
    notes = [*_notes_on_folding(drawn, depth, max_nodes), *_notes_on_gradients(drawn, grads)]
    notes += _notes_on_writes(drawn) if values else []
    notes += ["red: NaN or Inf, or a gradient of nothing but zeros"] if any(alarms) else []
    picture.attr(label=labels.legend(_kinds(drawn), notes), nslimit=_effort(drawn.size))
    return picture


def _empty(rankdir):
    return Picture(
        graph_attr={"rankdir": rankdir, "bgcolor": "transparent", "fontname": labels.FONT, "labelloc": "b",
                    "nodesep": "0.15", "ranksep": "0.3"},
        node_attr={"fontname": labels.FONT, "fontsize": "12", "fontcolor": labels.INK, "shape": "plain"},
        edge_attr={"color": labels.MID, "arrowsize": "0.6", "labelfontname": labels.FONT, "labelfontsize": "9",
                   "labelfontcolor": labels.MID, "labeldistance": "1.6", "labelangle": "-22"},
    )  # fmt: skip


def _effort(cards):
    """How often Graphviz may improve the places of the nodes, as a multiple of their number; None for no limit.

    Without one, a leaf that 150 operations read keeps it busy for minutes, over differences that nobody sees. Each time
    takes it longer the more nodes there are, hence the square.
    """
    return None if cards <= 30 else f"{WORK / cards**2:.2f}"


# ---- settings -------------------------------------------------------------------------------------------------------


def _check(depth, max_nodes, rankdir, precision):
    if rankdir not in DIRECTIONS:
        raise ValueError(f"draw: rankdir must be one of {', '.join(DIRECTIONS)}, but got {rankdir!r}")
    if not (is_count(precision) and 1 <= precision <= 17):
        raise ValueError(f"draw: precision is a number of significant digits, 1 to 17, but got {precision!r}")
    if not (depth is None or (is_count(depth) and depth >= 0)):
        raise ValueError(f"draw: depth is how many levels of modules are opened, 0 or more or None, but got {depth!r}")
    if not (is_count(max_nodes) and max_nodes >= 1):
        raise ValueError(f"draw: max_nodes is a number of nodes, 1 or more, but got {max_nodes!r}")


def _check_switches(**switches):
    for name, switch in switches.items():
        if not isinstance(switch, bool):
            raise TypeError(f"draw: {name} says whether cards show them, True or False, but got {switch!r:.60}")


def _check_callbacks(**callbacks):
    for name, callback in callbacks.items():
        if not (callback is None or callable(callback)):
            raise TypeError(
                f"draw: {name} must be a function of a vertex, but got {callback!r:.60}; "
                f"write {name}=lambda vertex: …, and return a text or None"
            )


def _asked(name, callback, vertex):
    """What the callback says of a vertex: a text, or None."""
    said = None if callback is None else callback(vertex)
    if not (said is None or isinstance(said, str)):
        raise TypeError(f"draw: {name} must return a text or None, but returned {said!r:.60} for {_described(vertex)}")
    if name == "color" and said is not None and not _is_color(said):
        raise ValueError(
            f"draw: color returned {said!r:.60} for {_described(vertex)}; "
            'a colour is "#rrggbb" or a name that Graphviz knows, such as "gold"'
        )
    return said


def _is_color(said):
    found = COLOR.fullmatch(said)
    return found is not None and (found[2] is None or found[2].lower() in labels.COLORS)


# ---- nodes, in the frames of their modules --------------------------------------------------------------------------


def _add_nodes(picture, drawn: Plan, look):
    """Every node in the frame of the call it belongs to, frames where their first node would be."""
    inside: dict[Call | None, list] = {None: []}  # by call: what its frame holds, functions that add a node, or calls
    for call, add in _nodes(drawn, look):
        _held_by(call, inside).append(add)
    calls = sorted(filter(None, inside), key=lambda call: call.began)
    frames = {call: Picture(f"cluster_{n}", graph_attr=_frame(call, n)) for n, call in enumerate(calls)}
    for call in [*reversed(calls), None]:  # a frame must be whole before it is put into the one around it
        frame = picture if call is None else frames[call]
        for held in inside[call]:
            frame.subgraph(frames[held]) if isinstance(held, Call) else held(frame)


def _held_by(call, inside):
    """The list of what the frame of a call holds; a frame that is not there yet is put into the one around it."""
    missing = []
    while call not in inside:
        missing.append(call)
        call = call.parent
    for inner in reversed(missing):
        inside[call].append(inner)
        inside[inner] = []
        call = inner
    return inside[call]


def _nodes(drawn, look):
    """(the call it belongs to, a function that adds it to a frame) for every node, in order."""
    box_at = {box.members[-1]: box for box in drawn.boxes}
    if drawn.left_out:
        yield None, lambda frame: frame.node("more", labels.plain(f"... {drawn.left_out}"), **labels.MISSING)
    for i, vertex in enumerate(drawn.vertices):
        if box := box_at.get(i):
            yield box.calls[0].parent, lambda frame, box=box: _add_box(frame, box, drawn, look)
        if i in drawn.shown:
            call = drawn.homes[i] if drawn.owner[i] is None else drawn.owner[i].calls[0].parent
            yield call, lambda frame, i=i, v=vertex: _add_vertex(frame, i, v, look, alone=drawn.owner[i] is not None)


def _frame(call, number):
    title = labels.cluster(labels.ascii_of(call.path), labels.ascii_of(call.class_name))
    return {**labels.CLUSTER, "label": title, "tooltip": labels.tooltip(_called(call)), "id": f"cluster{number}"}


def _called(call):
    """The path and the class of a call's module, whole, in any language."""
    return f"{call.path}: {call.class_name}" if call.path else call.class_name


def _add_vertex(frame, i, vertex, look, *, alone):
    """The card of a value, and beside it the operation that computed it, unless that is folded: then it is alone."""
    frame.node(f"n{i}", _card(vertex, look), tooltip=labels.tooltip(_described(vertex)), id=f"n{i}")
    if vertex.node is None or alone:
        return
    op = vertex.node.op
    tooltip = labels.tooltip(_rules(op))
    frame.node(f"op{i}", **labels.operation(op.name, vertex.node.params), tooltip=tooltip, ordering="in", id=f"op{i}")
    if vertex.sources is None:
        frame.node(f"freed{i}", "freed", **labels.MISSING)


def _card(vertex, look):
    rows = []
    is_tensor = isinstance(vertex.value, Variable | np.ndarray)
    if look.values or not is_tensor:
        rows.append(("value" if is_tensor else "", labels.numbers(vertex.array, look.precision)))
    if look.grads and vertex.grad is not None:
        rows.append(("grad", labels.numbers(vertex.grad, look.precision)))
    elif look.grads and isinstance(vertex.value, Variable) and vertex.value.requires_grad:
        rows.append(("grad", ["-"]))
    said = _asked("label", look.label, vertex)
    if said:
        rows.append((" ", [labels.ascii_of(line, 40) for line in said.splitlines()]))
    name = labels.ascii_of(vertex.name) or ("loss" if vertex.kind == "loss" else "")
    signature = _signature(vertex.array) if look.shapes and is_tensor else ""
    signature = signature if name or signature or rows else vertex.kind  # a card must show something
    fill = _asked("color", look.color, vertex)
    return labels.card(vertex.kind, name, signature, rows, alarming=vertex.is_alarming, fill=fill)


def _signature(array):
    return f"{array.dtype} {array.shape}"


def _described(vertex):
    """The tooltip of a value: its whole name, which may be in any language, and what it is."""
    what = f"{vertex.kind}, {_signature(vertex.array)}"
    return f"{vertex.name}: {what}" if vertex.name else what


def _rules(op):
    """The tooltip of an operation: its row of the derivative table."""
    names = [p.name for p in inspect.signature(op.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    rules = [op.rules.rule] if op.variadic else op.rules
    given = [(x, rule) for x, rule in zip(names, rules, strict=True) if rule is not None]
    lines = [f"gradient of {x}: {rule_said(op, rule)}" for x, rule in given]
    return "\n".join([f"{op.name}({', '.join(names)})", *lines])


def _add_box(frame, box: Box, drawn, look):
    """The node of a folded module, or of several alike: name, class, number of parameters, shape of the result."""
    first, last = box.calls[0], box.calls[-1]
    paths = list(dict.fromkeys(filter(None, (first.path, last.path))))
    times = f"{len(box.calls):,} x " if len(box.calls) > 1 else ""
    count = sum({id(p): p.array.size for call in box.calls for p in call.inside.parameters}.values())
    lines = [counted(count, "parameter")] if count else []
    if look.shapes:
        shapes = dict.fromkeys(_signature(drawn.vertices[i].array) for i in box.outputs or box.members[-1:])
        lines += [*list(shapes)[:3], *(["..."] if len(shapes) > 3 else [])]
    name, kind = labels.ascii_of(" to ".join(paths)), times + labels.ascii_of(first.class_name)
    title = labels.module(name, kind, lines, alarming=_is_alarming(box, drawn))
    said = "\n".join(
        [*map(_called, box.calls[:1] + box.calls[1:][-1:]), counted(len(box.members), "operation"), *lines]
    )
    frame.node(box.name, title, tooltip=labels.tooltip(said), id=box.name)
    if any(drawn.vertices[i].sources is None for i in box.members):
        frame.node(f"freed_{box.name}", "freed", **labels.MISSING)


def _is_alarming(box, drawn):
    """Whether a value or a gradient in a folded module is as bad as those that cards are outlined in red for."""
    inside = [drawn.vertices[i] for i in box.members]
    return any(vertex.is_alarming for vertex in [*inside, *_parameters_in(box, drawn)])


def _parameters_in(box, drawn):
    used = dict.fromkeys(s for i in box.members for s in drawn.vertices[i].sources or ())
    return [drawn.vertices[s] for s in used if drawn.vertices[s].node is None]


# ---- edges ----------------------------------------------------------------------------------------------------------


def _add_edges(picture, drawn: Plan):
    box_at = {box.members[-1]: box for box in drawn.boxes}
    for i, vertex in enumerate(drawn.vertices):
        if box := box_at.get(i):
            _add_edges_of_box(picture, box, drawn)
        if i in drawn.shown and drawn.owner[i] is None and vertex.node is not None:
            _add_edges_of_operation(picture, i, vertex, drawn)


def _add_edges_of_operation(picture, i, vertex, drawn):
    """An edge into the operation that computed vertex i for each of its inputs, and the edge out."""
    if vertex.sources is None:
        picture.edge(f"freed{i}", f"op{i}", style="dashed")
    for place, source in enumerate(vertex.sources or ()):
        if start := drawn.stands_for(source):
            which = str(place + 1) if len(vertex.sources) > 1 and vertex.node.op.name not in SYMMETRIC else None
            weight = None if drawn.vertices[source].node is None else STRAIGHT
            picture.edge(start, f"op{i}", headlabel=which, id=f"e{source}_{i}_{place}", weight=weight)
    if not all(map(drawn.stands_for, vertex.sources or ())):
        picture.edge("more", f"op{i}", style="dashed")
    picture.edge(f"op{i}", f"n{i}", id=f"e{i}", weight=STRAIGHT)


def _add_edges_of_box(picture, box, drawn):
    """An edge into a folded module for each value that it was given, and one to each result that has a card."""
    starts = [drawn.stands_for(source) for source in box.inputs]
    for start in dict.fromkeys(filter(None, starts)):
        picture.edge(start, box.name, id=f"e_{start}_{box.name}")
    if None in starts:
        picture.edge("more", box.name, style="dashed")
    if any(drawn.vertices[i].sources is None for i in box.members):
        picture.edge(f"freed_{box.name}", box.name, style="dashed")
    for i in box.outputs:
        if i in drawn.shown:
            picture.edge(box.name, f"n{i}", id=f"e{i}")


# ---- what is said below the picture ---------------------------------------------------------------------------------


def _kinds(drawn):
    """The words of the vocabulary that the picture uses."""
    cards = [drawn.vertices[i] for i in drawn.shown]
    operations = any(drawn.owner[i] is None and drawn.vertices[i].node is not None for i in drawn.shown)
    more = ["operation"] * operations + ["module"] * bool(drawn.boxes)
    return {vertex.kind for vertex in cards}.union(more)


def _notes_on_folding(drawn, depth, max_nodes):
    """What was folded or left out without being asked for, so that nobody takes the picture for the whole."""
    calls = {call for call in drawn.homes if call is not None}
    notes = []
    if drawn.depth is not None and drawn.depth != depth:
        notes.append(f"folded to depth={drawn.depth}: opened further it has more than max_nodes={max_nodes:,} nodes")
    if drawn.left_out:
        notes.append(f"only what was computed last: the whole has more than max_nodes={max_nodes:,} nodes")
    if depth is not None and not calls and all(vertex.sources is not None for vertex in drawn.vertices):
        notes.append("nothing to fold: no module returned a tensor of this graph")
    homes = zip(drawn.vertices, drawn.homes, strict=True)
    if any(home is not None and home.inside.module is None and vertex.kind == "parameter" for vertex, home in homes):
        notes.append("some modules are gone, and their paths with them: keep the model in a variable")
    return notes


def _notes_on_writes(drawn):
    """That the numbers do not add up: cards show what is in the tensors now."""
    changed = any(drawn.vertices[i].overwritten for i in drawn.shown)
    return ["some values were overwritten since they were used"] if changed else []


def _notes_on_gradients(drawn, grads):
    """Why something is missing, or has no gradient."""
    vertices = drawn.vertices
    computed = [vertex for vertex in vertices if vertex.node is not None]
    if not computed:
        return ["nothing recorded: a leaf, or computed under no_grad() or from tensors without requires_grad"]
    if any(vertex.sources is None for vertex in computed):
        return ["freed by backward(): draw first, or backward(retain_graph=True)"]
    if grads and all(vertex.grad is None for vertex in vertices):
        return ["no gradients yet: backward() has not been called"]
    if grads and any(vertices[i].grad is None and vertices[i].node is not None for i in drawn.shown):
        return ["backward() keeps the gradients of leaves, and of what called retain_grad() before"]
    return []
