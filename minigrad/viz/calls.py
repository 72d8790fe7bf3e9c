"""Which operations belong to which call of a module.

A call is known by the tick at which it began. `Module.__call__` notes that on what it returned; what lies behind that
result and is younger was computed by the call. Nothing here calls itself, so that depth is no danger.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from minigrad.engine import Variable
from minigrad.nn.module import Module, Parameter
from minigrad.viz.vertices import Vertex


@dataclass(frozen=True, eq=False)
class Contents:
    """What is in a module; all its calls share it."""

    module: Module | None  # None when it is no longer there: a result does not keep its module alive

    @functools.cached_property
    def paths(self) -> dict[int, str]:
        """{id: path} of all modules inside, itself included."""
        return {} if self.module is None else {id(module): path for path, module in self.module.named_modules()}

    @functools.cached_property
    def parameters(self) -> list[Parameter]:
        """Of all modules inside. `Module.parameters` would warn of modules in lists, which is not our task."""
        modules = () if self.module is None else self.module.modules()
        return [x for module in modules for x in vars(module).values() if isinstance(x, Parameter)]

    @functools.cached_property
    def shapes(self) -> tuple[tuple[int, ...], ...]:
        """Those of the parameters."""
        return tuple(parameter.array.shape for parameter in self.parameters)

    @functools.cached_property
    def state(self) -> frozenset[int]:
        """The ids of its parameters and buffers."""
        buffers = () if self.module is None else self.module.buffers()
        return frozenset(map(id, [*self.parameters, *buffers]))

    def owns(self, value: object) -> bool:
        """Whether a leaf that was used inside is the module's own, not something that it was given."""
        if not isinstance(value, Variable):
            return True  # a number or an array, written in its code
        return id(value) in self.state if self.module is not None else isinstance(value, Parameter)


@dataclass(eq=False)
class Call:
    """One call of a module: which one, when it began, inside which other call, and how deep that is."""

    inside: Contents
    kind: type  # its class, which is still known when the module is gone
    began: int
    parent: Call | None = None
    level: int = 0  # 0 for a call inside no other

    @property
    def class_name(self) -> str:
        """The class of its module."""
        return self.kind.__name__

    @property
    def path(self) -> str:
        """The path of its module from the outermost module that was called, such as `blocks.0.fc1`; may be empty."""
        outermost = self
        while outermost.parent is not None:
            outermost = outermost.parent
        return outermost.inside.paths.get(id(self.inside.module), "")


def homes_of(vertices: Sequence[Vertex], users: list[list[int]]) -> list[Call | None]:
    """For every vertex the innermost call it belongs to, or None.

    An operation belongs to the calls during which it was computed, a parameter or a number to the innermost call
    around all its uses; other leaves are given to the modules from outside.
    """
    homes = _homes_of_operations(vertices)
    for i, vertex in enumerate(vertices):
        if vertex.node is None and users[i]:
            around = functools.reduce(_around_both, (homes[user] for user in users[i]))
            homes[i] = around if around is not None and around.inside.owns(vertex.value) else None
    return homes


def _homes_of_operations(vertices):
    calls = {}  # by when they began
    contents = {}  # by the id of the weak reference, which its module has only one of
    homes = [None] * len(vertices)
    for i in range(len(vertices) - 1, -1, -1):  # users come before what they use: they hand their calls on
        vertex = vertices[i]
        if vertex.node is None:
            continue
        homes[i] = call = _with_ended(homes[i], vertex.node.scope, calls, contents)
        for source in vertex.sources or ():
            if vertices[source].node is not None:
                homes[source] = _later(homes[source], _open_at(call, vertices[source].node.tick))
    for call in sorted(calls.values(), key=lambda call: call.began):
        call.level = 0 if call.parent is None else call.parent.level + 1
    return homes


def _with_ended(home, scope, calls, contents):
    """The innermost of home and the calls that ended here, outermost first in scope; each learns its parent."""
    while scope is not None:
        reference, kind, began, scope = scope
        if id(reference) not in contents:  # a dead module's reference has no hash
            contents[id(reference)] = Contents(reference())
        call = calls.setdefault(began, Call(contents[id(reference)], kind, began))
        inner, outer = (home, call) if home is not None and home.began > began else (call, home)
        if inner is not outer:
            inner.parent = _later(inner.parent, outer)
        home = inner
    return home


def _later(one, other):
    """The call that began later, which is the inner one of two around the same operation."""
    if one is None or other is None:
        return one or other
    return one if one.began >= other.began else other


def _open_at(call, tick):
    """The innermost call around this one that had begun by then."""
    while call is not None and call.began >= tick:
        call = call.parent
    return call


def _around_both(one, other):
    """The innermost call that both are, or are inside."""
    while one is not other:
        if one is None or other is None:
            return None
        if one.level >= other.level:
            one = one.parent
        else:
            other = other.parent
    return one


def users_of(vertices: Sequence[Vertex]) -> list[list[int]]:
    """For every vertex the vertices computed from it, once for each use."""
    users: list[list[int]] = [[] for _ in vertices]
    for i, vertex in enumerate(vertices):
        for source in vertex.sources or ():
            users[source].append(i)
    return users
