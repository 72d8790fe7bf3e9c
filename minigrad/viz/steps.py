"""Backpropagation as data: every step from the values that were given to the gradients of the leaves.

The steps do what `backward()` does, with the same rules, in the same order, to the last bit; but they write nothing
down anywhere else, so that a graph can be told about before it is walked, instead, or after one that retained it.
"""

import inspect
from dataclasses import dataclass, field

import numpy as np
from numpy import ndarray

from minigrad.autograd import no_grad
from minigrad.backward import fit, seed, values_needed
from minigrad.custom import Custom
from minigrad.engine import FREED, Variable, astype
from minigrad.errors import signature_of
from minigrad.memory import log
from minigrad.ops import elementwise
from minigrad.ops.loss import binary_cross_entropy
from minigrad.ops.shape import clone
from minigrad.rules import values_read
from minigrad.viz.vertices import is_count, rule_said, trace

NUMBER_BY_NUMBER = [row.primitive for row in (astype, clone, binary_cross_entropy)]  # and all of ops/elementwise.py


@dataclass(frozen=True, eq=False)
class Step:
    """One step of the story; what a kind has no use for is left at its default.

    A value is given, or computed by an operation; the root's gradient is seeded; an operation passes its gradient back
    to one of its inputs: raw = rule(g = upstream), contribution = raw in the receiver's shape, total = before +
    contribution.
    """

    kind: str  # "given", "compute", "seed" or "pass back"
    vertex: int  # whose value is given or computed; whose gradient is seeded or passed back
    value: ndarray  # the value of that vertex
    op: str = ""  # compute, pass back: the operation
    inputs: tuple[int, ...] = ()  # compute, pass back: the vertices it was computed from, in order
    source: int | None = None  # pass back: the vertex that receives
    place: int | None = None  # pass back: which input of the operation that is
    rule: str = ""  # pass back: the rule, as the derivative table writes it
    numbers: dict[str, ndarray] = field(default_factory=dict)  # pass back: what the rule reads, by its name there
    upstream: ndarray | None = None  # seed, pass back: the gradient of vertex
    local: ndarray | None = None  # pass back: where raw = upstream × local, number by number; None for others
    raw: ndarray | None = None  # pass back: what the rule gave
    undone: str = ""  # pass back: how raw was brought into the receiver's shape, if it had another
    contribution: ndarray | None = None  # pass back: what is added to the receiver's gradient
    before: ndarray | None = None  # pass back: the receiver's gradient so far; None at the first contribution
    total: ndarray | None = None  # seed, pass back: the receiver's gradient now


def trace_steps(root: Variable, gradient=None, *, max_nodes: int = 200) -> list[Step]:
    """Every step from the given values to root, and from root's gradient back to the leaves, as data.

    First the values in the order of `minigrad.viz.vertices.trace(root, max_nodes)`, whose positions are the vertices;
    then the seed; then what `backward()` would do, in its order and to the last bit, but without hooks. Nothing is
    changed: no `.grad`, and no graph is freed. gradient: as for `backward()`. Raises TypeError for what is not a
    tensor, ValueError for a leaf and for more than max_nodes values, RuntimeError where `backward()` would, and where
    any value has been overwritten since: the numbers would not add up. The backward of an `autograd.Function` is called
    for each of its inputs; it should answer the same each time.

    >>> x = minigrad.tensor(3.0, requires_grad=True, name="x")
    >>> [step.kind for step in trace_steps(x * x)]
    ['given', 'compute', 'seed', 'pass back', 'pass back']
    >>> trace_steps(x * x)[-1].total.item()
    6.0
    """
    vertices, start = prepare(root, gradient, max_nodes)
    values = [np.array(vertex.array) for vertex in vertices]
    steps = [_forward(i, vertex, values) for i, vertex in enumerate(vertices)]
    last = len(vertices) - 1
    steps.append(Step("seed", last, values[last], upstream=start, total=start))
    totals = {last: start}
    for i in newest_first(vertices):
        for place in tracked_places(vertices[i]) if i in totals else ():
            step = _pass_back(i, place, vertices, values, totals)
            totals[step.source] = step.total
            steps.append(step)
    return steps


# ---- the graph ------------------------------------------------------------------------------------------------------


def prepare(root, gradient, max_nodes):
    """The vertices behind root, the last of them, and the gradient that it starts with; refuses what has no steps."""
    if not isinstance(root, Variable):
        raise TypeError(
            f"steps: expected one tensor, but got {type(root).__name__} {root!r:.60}; "
            "give what was computed, such as the loss"
        )
    if not (is_count(max_nodes) and max_nodes >= 1):
        raise ValueError(f"steps: max_nodes is how many values are told about, 1 or more, but got {max_nodes!r:.60}")
    start = seed(root, gradient, False)
    if root.node is None:
        raise ValueError(
            f"steps: {signature_of(root)} is a leaf, nothing was computed, so there are no steps; "
            "give what was computed from it, such as the loss"
        )
    try:
        vertices = trace(root, max_nodes)
    except ValueError:
        raise ValueError(
            f"steps: there are more than {max_nodes} values behind {signature_of(root)}, too many to step "
            "through; take a part of it or a smaller example, or raise max_nodes"
        ) from None
    for vertex in vertices:
        if vertex.node is not None:
            _refuse_freed_or_stale(vertex)
    return vertices, start


def _refuse_freed_or_stale(vertex):
    """Raise RuntimeError where the values that the rules will read are no longer there, or no longer the same."""
    node = vertex.node
    if node.tick == FREED or vertex.sources is None:
        raise RuntimeError(
            f"steps: the graph behind {node.op.name} has been freed by backward(); "
            "trace it before, or call backward(retain_graph=True)"
        )
    needed = (what for what, _, array in values_needed(vertex.value) if log.written_since(array, node.tick))
    what = next(needed, vertex.overwritten)
    if what:
        raise RuntimeError(
            f"steps: {node.op.name} needs its {what} as it was in the forward pass, but it has been "
            "overwritten since; trace before writing to it (optimizer.step() writes, too), or compute again"
        )


def newest_first(vertices):
    """The computed vertices, in the order in which `backward()` visits them."""
    computed = [i for i, vertex in enumerate(vertices) if vertex.node is not None]
    return sorted(computed, key=lambda i: vertices[i].node.tick, reverse=True)


def tracked_places(vertex):
    """Which inputs of what vertex was computed from get a gradient from it; a leaf may have been frozen since."""
    node = vertex.node
    return [] if node is None else [place for place in node.needs if node.inputs[place].tracked]


def apply_rule(vertex, place, g):
    """What the derivative table's rule for that input of vertex gives for the upstream gradient g."""
    node = vertex.node
    own = np.array(g)  # the backward of an autograd.Function may write into what it is given
    with no_grad(), np.errstate(all="ignore"):  # a division by zero is worth a step
        return np.asarray(node.op.rules[place](own, vertex.value.array, *node.arrays, **node.params))


def into_shape(raw, vertex, place):
    """What a rule gave, brought into the shape and dtype of that input by the engine itself."""
    return np.asarray(fit(raw, vertex.node.arrays[place], vertex.node.op))


def stretched(given: tuple[int, ...], wanted: tuple[int, ...]) -> tuple[tuple[int, ...], bool]:
    """The axes over which a gradient of shape given is summed for an input of shape wanted, and whether it is spread.

    >>> stretched((4, 3), (3,)), stretched((), (4, 3))
    (((0,), False), ((), True))
    """
    added = len(given) - len(wanted)
    ones = [i for i, n in enumerate(wanted, added) if n == 1 and i >= 0 and given[i] != 1]
    left = tuple(1 if i in ones else n for i, n in enumerate(given))[max(added, 0) :]
    return (*range(added), *ones), left != wanted


# ---- the steps ------------------------------------------------------------------------------------------------------


def _forward(i, vertex, values):
    if vertex.node is None:
        return Step("given", i, values[i])
    return Step("compute", i, values[i], op=vertex.node.op.name, inputs=vertex.sources)


def _pass_back(i, place, vertices, values, totals):
    """Vertex i passes the gradient it has back to the input at place."""
    vertex, g = vertices[i], totals[i]
    op, source = vertex.node.op, vertex.sources[place]
    raw = apply_rule(vertex, place, g)
    contribution = into_shape(raw, vertex, place)
    before = totals.get(source)
    with np.errstate(all="ignore"):
        total = contribution if before is None else np.asarray(before + contribution)
    return Step(
        "pass back", i, values[i], op=op.name, inputs=vertex.sources, source=source, place=place,
        rule=rule_said(op, rule_of(op, place)), numbers=_numbers(vertex, place, g), upstream=g,
        local=_local(vertex, place, g, raw), raw=raw, undone=_undone(raw, contribution), contribution=contribution,
        before=before, total=total,
    )  # fmt: skip


def rule_of(op, place):
    """The rule of the derivative table for that input of op."""
    return op.rules.rule if op.variadic else op.rules[place]


def arguments(op, place, g, out, inputs):
    """{name in the rule: what it is given there}; the inputs of a variadic rule are one list."""
    names = list(inspect.signature(rule_of(op, place)).parameters)
    if op.variadic:
        return dict(zip(names, [place, g, out, list(inputs)], strict=False))
    return dict(zip(names, [g, out, *inputs], strict=False))


def _numbers(vertex, place, g):
    """{name in the rule: numbers} of what the rule reads; a variadic rule's inputs are xs[0], xs[1], …"""
    node = vertex.node
    if isinstance(node.op, Custom):  # what it has saved, only its backward knows
        return {"g": np.array(g)}
    known = arguments(node.op, place, g, vertex.value.array, node.arrays)
    known |= {name: value for name, value in node.params.items() if isinstance(value, ndarray)}
    read = values_read(rule_of(node.op, place))
    known = {name: value for name, value in known.items() if read is None or name in read}
    lists = {k: value for k, value in known.items() if isinstance(value, list)}
    single = {k: np.array(value) for k, value in known.items() if k not in lists}
    return single | {f"{k}[{i}]": np.array(x) for k, xs in lists.items() for i, x in enumerate(xs)}


def _local(vertex, place, g, raw):
    """The derivative of the operation alone, where its result depends number by number on that input; else None.

    A rule is linear in g, so it gives the derivative itself when g is 1; for one that is not, there is no such number.
    """
    node, out = vertex.node, vertex.value.array
    single = out.ndim == 0 and node.arrays[place].ndim == 0  # between two numbers there is one derivative
    if not (single or node.op.forward.__module__ == elementwise.__name__ or node.op in NUMBER_BY_NUMBER):
        return None
    local = np.array(np.broadcast_to(apply_rule(vertex, place, np.ones_like(out)), out.shape))
    with np.errstate(all="ignore"):
        is_linear = np.allclose(g * local, raw, rtol=64 * np.finfo(out.dtype).eps, atol=0, equal_nan=True)
    return local if is_linear else None


def _undone(raw, contribution):
    axes, spread = stretched(raw.shape, contribution.shape)
    said = []
    if axes:
        which = f"axis {axes[0]}" if len(axes) == 1 else f"axes {', '.join(map(str, axes))}"
        said.append(f"summed over {which}: broadcasting undone")
    if spread:
        said.append(f"spread over {contribution.shape}")
    if raw.dtype != contribution.dtype:
        said.append(f"cast to {contribution.dtype}")
    return ", ".join(said)
