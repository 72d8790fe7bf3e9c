"""A rule uses only what arrays and tensors share, and writes to nothing: that is how one rule can serve both.

Allowed are operators, indexing, `.shape .ndim .dtype .mT`, functions of NumPy, primitives, and private functions of the
same module, which must be as plain. Arrays and tensors disagree on methods, and on attributes such as `.size` and `.T`.
"""

import ast
import builtins
import math
import types

import numpy as np
import pytest

import minigrad as mg
from minigrad.rules import rule_ast
from minigrad.table import TABLE

ATTRIBUTES = {"shape", "ndim", "dtype", "mT"}
WRITERS = {"add.at", "copyto", "put", "place", "putmask", "put_along_axis", "fill_diagonal"}
FOR_SHAPES = {any, all, enumerate, int, len, list, max, range, slice, sum, tuple, zip}  # Python's, not ours
WRITING = ast.AugAssign | ast.Delete | ast.Global | ast.Nonlocal


def rules_of(op):
    return [op.rules.rule] if op.variadic else [rule for rule in op.rules if rule is not None]


def objections(function, seen=()):
    """What in function's source is not plain NumPy, as (what, how it is written), private functions included."""
    node = rule_ast(function)
    if node is None:
        return [("no source", repr(function))]
    found = []
    for part in ast.walk(node):
        found += [(what, ast.unparse(part)) for what in _objections_to(part, function.__globals__)]
    for name in _called(node):
        inner = function.__globals__.get(name)
        if isinstance(inner, types.FunctionType) and not hasattr(inner, "primitive") and inner not in seen:
            found += objections(inner, (*seen, function, inner))
    return found


def _called(node):
    return {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}


def _objections_to(part, known):
    if isinstance(part, WRITING):
        yield "writes"
    if isinstance(part, ast.Subscript | ast.Attribute) and not isinstance(part.ctx, ast.Load):
        yield "writes"
    if isinstance(part, ast.keyword) and part.arg == "out":
        yield "writes"
    if isinstance(part, ast.Attribute) and part.attr not in ATTRIBUTES:
        path = ast.unparse(part).split(".")
        if known.get(path[0]) not in (np, math):
            yield "attribute or method"
        elif ".".join(path[1:]) in WRITERS:
            yield "writes"
    if isinstance(part, ast.Call) and isinstance(part.func, ast.Name):
        function = known.get(part.func.id, getattr(builtins, part.func.id, None))
        private = isinstance(function, types.FunctionType) and part.func.id.startswith("_")
        asks_for_tuple = function is isinstance and ast.unparse(part.args[1]) == "tuple"
        if not (private or asks_for_tuple or hasattr(function, "primitive") or function in FOR_SHAPES):
            yield "calls something unknown"


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.rules is not None], ids=lambda op: op.name)
def test_the_rules_of_a_row_are_plain_numpy(op):
    assert [objection for rule in rules_of(op) for objection in objections(rule)] == []


# The same reading must find what is not plain.


def _in_place(g):
    g += 1
    return g


def _by_index(g):
    g[0] = 0
    return g


def _through_another(g):
    return _in_place(g)


@pytest.mark.parametrize(
    ("rule", "objection"),
    [
        (lambda g, out, x: g * x.sum(), ("attribute or method", "x.sum")),
        (lambda g, out, x: g / x.size, ("attribute or method", "x.size")),
        (lambda g, out, x: x.T @ g, ("attribute or method", "x.T")),
        (lambda g, out, x: (g * x).reshape(x.shape), ("attribute or method", "(g * x).reshape")),
        (lambda g, out, x: np.multiply(g, x, out=g), ("writes", "out=g")),
        (lambda g, out, x: np.add.at(g, 0, x), ("writes", "np.add.at")),
        (lambda g, out, x: np.copyto(g, x), ("writes", "np.copyto")),
        (lambda g, out, x: mg.tensor(g), ("attribute or method", "mg.tensor")),
        (lambda g, out, x: g * 2 if isinstance(x, mg.Tensor) else g, ("calls something unknown", "isinstance(x")),
        (lambda g, out, x: rules_of(g), ("calls something unknown", "rules_of(g)")),
        (lambda g, out, x: float(g), ("calls something unknown", "float(g)")),
        (lambda g, out, x: _in_place(g), ("writes", "g += 1")),
        (lambda g, out, x: _by_index(g), ("writes", "g[0]")),
        (lambda g, out, x: _through_another(g), ("writes", "g += 1")),
        (eval("lambda g, out, x: g"), ("no source", "function")),
    ],
)
def test_what_is_not_plain_numpy_is_found(rule, objection):
    assert any(what == objection[0] and objection[1] in text for what, text in objections(rule))
