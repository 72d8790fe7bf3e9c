"""What is left to draw when calls of modules are folded: one box for each, or for several alike in a row."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from minigrad.viz.calls import Call, homes_of, users_of
from minigrad.viz.vertices import Vertex


@dataclass(eq=False)
class Box:
    """A call, or several alike that follow one another, folded into one node."""

    calls: list[Call]
    members: list[int] = field(default_factory=list)  # the vertices computed inside
    inputs: list[int] = field(default_factory=list)  # the vertices from outside that they were computed from
    outputs: list[int] = field(default_factory=list)  # the members that are used outside, or asked for

    @property
    def name(self) -> str:
        """Its node id in the DOT text."""
        return f"m{self.members[-1]}"


@dataclass
class Plan:
    """What is drawn: a card for each vertex in shown, with its operation if no box has it, and the boxes."""

    vertices: Sequence[Vertex]
    homes: list[Call | None]
    roots: frozenset[int]  # the vertices asked for
    owner: list[Box | None]  # by vertex: the box it is folded into
    boxes: list[Box]
    shown: set[int]
    depth: int | None = None  # calls of this level are folded; None: none are
    left_out: str = ""  # how much is behind what is drawn, in words

    @property
    def size(self) -> int:
        """How many cards and boxes are drawn."""
        return len(self.shown) + len(self.boxes)

    def stands_for(self, i: int) -> str | None:
        """The node of the picture from which the value of vertex i comes; None if that was left out."""
        box = self.owner[i]
        return f"n{i}" if i in self.shown else box.name if box in self.boxes_kept else None

    @functools.cached_property
    def boxes_kept(self) -> frozenset[Box]:
        """The boxes, to look one up."""
        return frozenset(self.boxes)


def plan(vertices: Sequence[Vertex], roots: frozenset[int], depth: int | None, max_nodes: int) -> Plan:
    """What to draw: calls at that depth folded; deeper ones first if there are more than max_nodes nodes.

    Where even the outermost calls folded leave too many, only what was computed last is kept.
    """
    users = users_of(vertices)
    homes = homes_of(vertices, users)
    deepest = max((call.level for call in homes if call is not None), default=-1)
    wanted = None if depth is None or depth > deepest else depth
    whole = fold(vertices, homes, users, roots, wanted)
    if whole.size <= max_nodes:
        return whole
    best = whole if deepest < 0 else fold(vertices, homes, users, roots, 0)
    if best.size > max_nodes:
        return newest(best, max_nodes)
    low, high = 0, deepest if wanted is None else wanted - 1
    while low < high:  # the largest depth that fits, by halves
        middle = (low + high + 1) // 2
        folded = fold(vertices, homes, users, roots, middle)
        if folded.size <= max_nodes:
            low, best = middle, folded
        else:
            high = middle - 1
    return best


def fold(
    vertices: Sequence[Vertex],
    homes: list[Call | None],
    users: list[list[int]],
    roots: frozenset[int],
    depth: int | None,
) -> Plan:
    """Every call of that level as one box, equal boxes that follow one another as one; what is outside as it is."""
    boxes = {} if depth is None else _boxes_at(depth, vertices, homes)
    owner: list[Box | None] = [None] * len(vertices)
    for box in boxes.values():
        for i in box.members:
            owner[i] = box
    for i, vertex in enumerate(vertices if boxes else ()):
        if vertex.node is None and users[i] and i not in roots:
            owner[i] = _owner_of_leaf(vertex, [owner[user] for user in users[i]])
    for box in boxes.values():
        _connect(box, vertices, roots, owner, users)
    kept = _merged(sorted(boxes.values(), key=lambda box: box.members[-1]), vertices, roots, owner, users)
    shown = {i for i in range(len(vertices)) if owner[i] is None or i in roots}
    return Plan(vertices, homes, roots, owner, kept, shown, depth)


def _boxes_at(depth, vertices, homes):
    """{call: box} for the calls of that level, with what was computed in them."""
    boxes = {}
    for i, call in enumerate(homes):
        while call is not None and call.level > depth:
            call = call.parent
        if vertices[i].node is not None and call is not None and call.level == depth:
            if call not in boxes:
                boxes[call] = Box([call])
            boxes[call].members.append(i)
    return boxes


def _owner_of_leaf(vertex, around):
    """One of the boxes around all uses of a leaf, if it is their own; else None."""
    is_inside = all(box is not None and box.calls[0].inside.owns(vertex.value) for box in around)
    return around[0] if is_inside else None


def _connect(box, vertices, roots, owner, users):
    """Find out what goes into a box and what comes out of it."""
    sources = dict.fromkeys(s for i in box.members for s in vertices[i].sources or () if owner[s] is not box)
    box.inputs = [s for s in sources if owner[s] is None or vertices[s].node is not None]  # others are inside a box
    box.outputs = [i for i in box.members if i in roots or any(owner[user] is not box for user in users[i])]


# ---- repeated blocks ------------------------------------------------------------------------------------------------


def _merged(boxes, vertices, roots, owner, users):
    """The boxes, those that repeat the one before them taken into it."""
    kept, looks = [], {}
    for box in boxes:
        looks[box] = _look(box, vertices)
        before = _box_before(box, roots, owner, users)
        if before is None or looks[before] != looks[box]:
            kept.append(box)
            continue
        before.calls += box.calls
        before.members += box.members
        before.outputs = box.outputs
        for i in box.members:
            owner[i] = before
    return sorted(kept, key=lambda box: box.members[-1])


def _look(box, vertices):
    """What two boxes must have in common to be drawn as one."""
    call = box.calls[0]
    given, made = ([vertices[i].array.shape for i in side] for side in (box.inputs, box.outputs))
    unknown = call if call.inside.module is None else None  # like no other
    return type(call.inside.module), unknown, call.parent, call.inside.shapes, sorted(given), sorted(made)


def _box_before(box, roots, owner, users):
    """The box whose results this one, and nothing else, takes, beside what that box itself was given; or None."""
    for before in dict.fromkeys([owner[i] for i in box.inputs]):
        if before is None or not roots.isdisjoint(before.outputs):
            continue
        takers = [owner[user] for i in before.outputs for user in users[i]]
        if all(taker is box or taker is before for taker in takers) and all(
            i in before.outputs or i in before.inputs for i in box.inputs
        ):
            return before
    return None


# ---- too many -------------------------------------------------------------------------------------------------------


def newest(whole: Plan, max_nodes: int) -> Plan:
    """The plan with no more than max_nodes nodes: what was computed last, and the leaves that went into that."""
    shown: set[int] = set()
    boxes: list[Box] = []
    for i, box in _newest_first(whole):
        room = max_nodes - len(shown) - len(boxes)
        if room <= 0:
            break
        if box is not None:
            boxes.append(box)
            room -= 1
        shown.update(_cards_at(i, box, whole)[:room])
    part = replace(whole, shown=shown, boxes=boxes[::-1])
    return replace(part, left_out=_left_out(part, len(whole.shown)))


def _cards_at(i, box, whole):
    """The cards that belong to the operation of vertex i, or to a box: of results, then of leaves that went in."""
    inputs = (whole.vertices[i].sources or ()) if box is None else box.inputs
    results = [i] if box is None else [o for o in box.outputs if o in whole.roots]
    leaves = [s for s in inputs if whole.vertices[s].node is None and s in whole.shown]
    return list(dict.fromkeys([*results, *leaves]))


def _left_out(part, cards):
    """How many operations are not drawn, or, where all of them are, how many of so many cards."""
    drawn = {i for i in part.shown if part.owner[i] is None}.union(*(box.members for box in part.boxes))
    count = sum(vertex.node is not None and i not in drawn for i, vertex in enumerate(part.vertices))
    return counted(count, "more operation") if count else counted(cards - len(part.shown), "more value")


def counted(count: int, what: str) -> str:
    """The number and what it counts, as in 1 value, 2 values."""
    return f"{count:,} {what}{'s' * (count != 1)}"


def _newest_first(whole):
    """(vertex, its box or None) for all that was computed, and for leaves that were asked for, newest first."""
    own = [(i, None) for i in whole.shown if whole.owner[i] is None]
    own = [(i, box) for i, box in own if whole.vertices[i].node is not None or i in whole.roots]
    units = own + [(box.members[-1], box) for box in whole.boxes]
    return sorted(units, key=lambda unit: (_tick(whole.vertices[unit[0]]), unit[0]), reverse=True)


def _tick(vertex):
    return -2 if vertex.node is None else vertex.node.tick  # behind the freed ones, whose tick is -1
