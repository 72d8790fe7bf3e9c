"""How an operation and its rule are written out: with the names of this expression in them, or with its numbers."""

import ast
import copy
import inspect
import math
import re

import numpy as np
from numpy import ndarray

from minigrad.custom import Custom
from minigrad.ops import elementwise
from minigrad.rules import METADATA
from minigrad.viz.label import SYMBOLS, number, written
from minigrad.viz.names import visible
from minigrad.viz.steps import arguments, rule_of

PRECISION, MOST = 4, 9  # significant digits: as many, or more where the result would not follow from so few
MISS = 0.01  # of the result, by which what is written may miss it


# ---- forward --------------------------------------------------------------------------------------------------------


def computed(vertex, inputs):
    """How vertex was computed, its inputs called as given: "w * x", "sum(x, axis=0)".

    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> computed(minigrad.viz.vertices.trace(-x * x, 9)[-1], ["y", "x"])
    'y * x'
    """
    op, params = visible(vertex.node.op.name), vertex.node.params
    if op == "neg":
        return f"-{inputs[0]}"
    if op in SYMBOLS:
        return f" {SYMBOLS[op]} ".join(inputs)
    if op == "getitem":
        return f"{inputs[0]}[{literal(params['index']) or '…'}]"
    settings = [f"{k}={literal(v) or '…'}" for k, v in params.items() if v is not None and v is not False]
    return f"{op}({', '.join((*inputs, *settings))})"


def computed_with_numbers(vertex, arrays):
    """How a single number was computed, with the numbers put in: "0.5 × 3"."""
    op, params = vertex.node.op, vertex.node.params
    is_pure = op.forward.__module__ == elementwise.__name__  # others may draw random numbers
    precision = enough(lambda *xs: op.forward(*xs, **params), arrays, vertex.array) if is_pure else PRECISION
    return tidy(computed(vertex, [digits(array[()], precision) for array in arrays]))


def shapes(vertex, inputs):
    """What shapes vertex was computed from and which it has: "(3, 4) @ (4, 2) → (3, 2)"."""
    given = [str(shape) for shape in inputs]
    is_infix = vertex.node.op.name in {*SYMBOLS, "getitem"} - {"neg"}
    return f"{computed(vertex, given) if is_infix else ', '.join(given)} → {vertex.array.shape}"


def digits(x, precision=PRECISION) -> str:
    """One number as it stands in a formula: a negative one in parentheses."""
    text = number(x, precision)
    return f"({text})" if text.startswith("-") else text


def enough(compute, arrays, result) -> int:
    """How many digits of each number a formula needs for a reader who computes it to get its result, within 1 %.

    Where numbers nearly cancel, four are too few: 1 - 0.9998 × 0.9998 is 0.0004, but it may stand for 0.0005.
    """
    for precision in range(PRECISION, MOST):
        with np.errstate(all="ignore"):
            given = compute(*(_rounded(array, precision) for array in arrays))
        if np.allclose(given, result, rtol=MISS, atol=0, equal_nan=True):
            return precision
    return MOST


def _rounded(array, precision):
    """The number that is written for array; whole numbers, and arrays, stay as they are."""
    is_rounded = array.ndim == 0 and np.issubdtype(array.dtype, np.floating)
    return np.asarray(float(f"{array.item():.{precision}g}")) if is_rounded else array


def literal(value) -> str:
    """A setting as it would be written in Python; nothing for what is too long to be read."""
    if isinstance(value, slice):
        ends = ["" if end is None else str(end) for end in (value.start, value.stop)]
        return ":".join(ends) + (f":{value.step}" if value.step is not None else "")
    if isinstance(value, tuple) and any(isinstance(part, slice) for part in value):
        return ", ".join(literal(part) for part in value)
    if value is Ellipsis:
        return "..."
    text = str(value) if isinstance(value, np.dtype) else visible(written(value), 41)
    return "" if isinstance(value, ndarray | np.floating) or len(text) > 40 else text


# ---- backward -------------------------------------------------------------------------------------------------------


def textbook(step, vertices):
    """The rule of a step as a formula: settings and sizes put in, guards against special cases left out.

    None where the rule is no formula, but a function with a name.
    """
    rule = rule_of(vertices[step.vertex].node.op, step.place)
    if isinstance(vertices[step.vertex].node.op, Custom):
        return None
    try:
        tree = ast.parse(step.rule, mode="eval").body
    except SyntaxError:
        return None
    if isinstance(tree, ast.Name) and tree.id not in step.numbers:
        return None
    return _Textbook(getattr(rule, "__globals__", {}), _scope(step, vertices)).visit(tree)


def _scope(step, vertices):
    """What the names in the rule stand for; arrays that it does not read are there for their shapes."""
    node = vertices[step.vertex].node
    parameters = inspect.signature(rule_of(node.op, step.place)).parameters.values()
    defaults = {p.name: p.default for p in parameters if p.default is not p.empty}
    inputs = [vertices[i].array for i in step.inputs]
    given = arguments(node.op, step.place, step.upstream, step.value, inputs)
    read = {name: x for name, x in step.numbers.items() if name in given and name != "i"}
    return {**defaults, **given, **node.params, **read}


class _Textbook(ast.NodeTransformer):
    """Rewrites a rule: what does not depend on any number in it becomes what it is here; np. and math. go."""

    def __init__(self, module, scope):
        self.scope = {**module, **scope}
        self.own = set(scope)  # the rule's arguments

    def visit(self, node):
        if isinstance(node, ast.expr) and not isinstance(node, ast.Constant) and self._is_setting(node):
            text = self._literal(node)
            if text:
                return ast.Name(text)
        return super().visit(node)

    def _is_setting(self, node):
        """Whether node depends on sizes and settings of this call alone, and on some."""
        parts = list(ast.walk(node))
        sizes = {id(n.value) for n in parts if isinstance(n, ast.Attribute) and n.attr in METADATA}
        names = [n for n in parts if isinstance(n, ast.Name) and n.id in self.own]
        numeric = {n.id for n in names if id(n) not in sizes and isinstance(self.scope[n.id], ndarray | list)}
        loops = [n for n in parts if isinstance(n, ast.comprehension)]
        return bool(names) and (not numeric or (bool(loops) and not numeric & {"g", "out"}))

    def _literal(self, node):
        try:
            return literal(self._value(node))
        except Exception:  # whatever cannot be worked out here stays as it is written
            return ""

    def _value(self, node):
        code = compile(ast.fix_missing_locations(ast.Expression(node)), "<rule>", "eval")
        with np.errstate(all="ignore"):
            return eval(code, dict(self.scope))  # a part of a rule that has just been run as a whole

    def visit_Call(self, node):
        name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
        if name in ("_kept", "_rows"):
            return self._shaped(node)
        if name == "_share":
            return self._share(*node.args)
        if name == "where":
            chosen = self._chosen(node)
            if chosen is not None:
                return self.visit(chosen)
        node = self.generic_visit(node)
        if name == "power":
            return ast.BinOp(node.args[0], ast.Pow(), node.args[1])
        if name == "setitem_add":
            shape, index = (ast.unparse(keyword.value) for keyword in node.keywords)
            return ast.Name(f"zeros({shape}).at[{index}].add({ast.unparse(node.args[0])})")
        if isinstance(node.func, ast.Name):
            node.func = ast.Name(node.func.id.lstrip("_"))
        return _without_defaults(node)

    def visit_Attribute(self, node):
        is_module = isinstance(node.value, ast.Name) and node.value.id in ("math", "np")
        return ast.Name(node.attr) if is_module else self.generic_visit(node)

    def _shaped(self, call):
        """What the table's helpers give another shape, and how: g[:, None], or g alone where broadcasting does it."""
        out = self.visit(call.args[0])
        if call.func.id == "_rows":
            return out if self._value(call.args[0]).ndim == 2 else ast.Call(ast.Name("rows"), [out], [])
        shape, axis, keepdims = map(self._value, call.args[1:])
        if keepdims or axis is None:
            return out
        gone = [a % len(shape) for a in (axis if isinstance(axis, tuple) else (axis,))]
        if sorted(gone) == list(range(len(gone))):
            return out
        return ast.Subscript(out, ast.Name(", ".join("None" if i in gone else ":" for i in range(len(shape)))))

    def _share(self, g, shape, reduction):
        """What ops/loss.py gives each of several losses: g, divided by their number if they were averaged."""
        count = math.prod(self._value(shape)) if self._value(reduction) == "mean" else 1
        return g if count == 1 else ast.BinOp(g, ast.Div(), ast.Constant(count))

    def _chosen(self, call):
        """The branch of np.where that every number takes, or None."""
        try:
            condition = np.asarray(self._value(call.args[0]))
        except Exception:  # as above
            return None
        if condition.size == 0 or condition.any() != condition.all():
            return None
        return call.args[1 if condition.all() else 2]


def _without_defaults(call):
    """A call without the settings that are None or False: they are the ones not made."""
    off = ("None", "False")
    while call.args and ast.unparse(call.args[-1]) in off:
        call.args.pop()
    call.keywords = [keyword for keyword in call.keywords if ast.unparse(keyword.value) not in off]
    return call


class _Renamed(ast.NodeTransformer):
    """Puts other texts in the place of some names."""

    def __init__(self, texts):
        self.texts = texts

    def visit_Name(self, node):
        return ast.Name(self.texts.get(node.id, node.id))


def with_names(step, tree, vertices, names):
    """The formula with the names of this expression in the place of the rule's own: "g @ x.mT".

    Only g stays, unless something in this expression has that name: then it is what g stands for, "z.grad".
    """
    op = vertices[step.vertex].node.op
    called = arguments(op, step.place, None, names[step.vertex], [names[i] for i in step.inputs])
    called["g"] = f"{names[step.vertex]}.grad" if "g" in names else "g"
    texts = {name: text for name, text in called.items() if isinstance(text, str)}
    texts = {name: f"({text})" if text.startswith("-") else text for name, text in texts.items()}
    return ast.unparse(_Renamed(texts).visit(copy.deepcopy(tree)))


def with_numbers(step, tree, vertices):
    """The formula of single numbers with the numbers put in: "1 × (1 - 0.4621 × 0.4621)"."""
    node = vertices[step.vertex].node
    arrays = [step.upstream, step.value, *node.arrays]
    precision = enough(lambda *xs: node.op.rules[step.place](*xs, **node.params), arrays, step.raw)
    texts = {name: digits(x[()], precision) for name, x in step.numbers.items() if x.ndim == 0}
    return tidy(ast.unparse(_Renamed(texts).visit(copy.deepcopy(tree))))


def signature(step, vertices, names):
    """The operation as the derivative table writes it, and what it calls the input that receives: "mul(x, y)", "x".

    Where the table's x is not the x of this expression, it says which is which: "mul(x=w, y=x)".
    """
    op = vertices[step.vertex].node.op
    own = [p.name for p in inspect.signature(op.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    called = visible(op.name)
    if op.variadic:
        return f"{called}(*{own[0]})", f"{own[0]}[{step.place}]"
    given = [names[i] for i in step.inputs]
    if any(name in names and name != other for name, other in zip(own, given, strict=False)):
        said = [f"{name}={other}" for name, other in zip(own, given, strict=False)]
    else:
        said = own
    return f"{called}({', '.join(said)})", own[step.place]


def plain(tree: ast.expr) -> str:
    """The formula as text, in the rule's own names."""
    return ast.unparse(tree)


def tidy(text: str) -> str:
    """A formula of numbers as it is written by hand: × for *, and no parentheses twice."""
    return re.sub(r"\(\(([^()]*)\)\)", r"(\1)", text).replace(" * ", " × ")


def shapes_of_product(step, tree):
    """ "(3, 4) @ (4, 2) → (3, 2)" for a rule that is one matrix product; else nothing."""
    if not (isinstance(tree, ast.BinOp) and isinstance(tree.op, ast.MatMult)):
        return ""
    shapes = []
    for side in (tree.left, tree.right):
        turned = isinstance(side, ast.Attribute) and side.attr == "mT"
        name = side.value if turned else side
        if not isinstance(name, ast.Name) or name.id not in step.numbers:
            return ""
        shape = step.numbers[name.id].shape
        shapes.append((*shape[:-2], shape[-1], shape[-2]) if turned else shape)
    return f"{shapes[0]} @ {shapes[1]} → {step.raw.shape}"
