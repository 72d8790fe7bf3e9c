"""What a backward rule says, taken from its own source: its text, and which of its arguments it reads."""

import ast
import functools
import inspect
import linecache

METADATA = frozenset({"shape", "ndim", "dtype"})  # reading these is not reading the values


@functools.cache
def rule_ast(rule):
    """The ast.Lambda or ast.FunctionDef that rule was written as, or None where its source cannot be found."""
    code = getattr(rule, "__code__", None)
    if code is None:
        return None
    tree = _parse(code.co_filename)
    if tree is None:
        return None
    spans = [position for position in code.co_positions() if None not in position]
    inside = [(line, column) for line, _, column, _ in spans if (line, column) != (code.co_firstlineno, 0)]
    found = [n for n in ast.walk(tree) if isinstance(n, ast.Lambda | ast.FunctionDef) and _holds(n, inside, code)]
    return min(found, key=_length, default=None)


@functools.cache
def _parse(filename):
    source = "".join(linecache.getlines(filename))
    try:
        return ast.parse(source) if source else None
    except SyntaxError:
        return None


def _holds(node, places, code):
    names = tuple(a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs))
    count = code.co_argcount + code.co_kwonlyargcount
    start, end = (node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)
    return code.co_varnames[:count] == names and bool(places) and all(start <= place <= end for place in places)


def _length(node):
    return node.end_lineno - node.lineno, node.end_col_offset - node.col_offset


@functools.cache
def rule_text(rule):
    """The rule's right-hand side as written, on one line; for a longer rule, its name."""
    node = rule_ast(rule)
    return ast.unparse(node.body) if isinstance(node, ast.Lambda) else getattr(rule, "__name__", repr(rule))


@functools.cache
def positional(rule):
    """The names of the arguments that rule is given by position."""
    return [p.name for p in inspect.signature(rule).parameters.values() if p.kind is not p.KEYWORD_ONLY]


@functools.cache
def values_read(rule):
    """The names of rule's arguments whose values it uses, or None if that cannot be told (then assume all).

    >>> sorted(values_read(lambda g, out, x, y: g * y + x.shape[0]))
    ['g', 'y']
    """
    node = rule_ast(rule)
    if node is None or (node.args.vararg and len(node.args.args) < 2):  # in (g, *rest) names tell nothing
        return None
    body = node.body if isinstance(node.body, list) else [node.body]
    parts = [n for part in body for n in ast.walk(part)]
    metadata = {id(n.value) for n in parts if isinstance(n, ast.Attribute) and n.attr in METADATA}
    for loop in [n for n in parts if isinstance(n, ast.comprehension) and isinstance(n.target, ast.Name)]:
        uses = [n for n in parts if isinstance(n, ast.Name) and n.id == loop.target.id and n is not loop.target]
        if all(id(n) in metadata for n in uses):  # [x.shape for x in xs] does not read xs
            metadata.add(id(loop.iter))
    read = {n.id for n in parts if isinstance(n, ast.Name) and id(n) not in metadata}
    return frozenset(read & set(inspect.signature(rule).parameters))
