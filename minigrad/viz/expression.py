"""Reading an expression such as `tanh(w*x + b)` into tensors, without ever running it as code.

Python's own parser makes the tree; what is not arithmetic in it is refused before anything is computed. Nothing here
calls itself, so that depth is no danger, and numbers are floats, so that 9**9**9 is not a year's work.
"""

import ast
import inspect
import keyword
import operator
import re
import sys
import unicodedata

import numpy as np

from minigrad import functions
from minigrad.ops import elementwise
from minigrad.table import TABLE
from minigrad.tensor import Tensor

LONGEST = 1000  # characters
OPERATORS = {
    ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Div: operator.truediv,
    ast.Pow: operator.pow, ast.USub: operator.neg,
}  # fmt: skip


def _functions():
    """{name: function} of everything that may be called: the table's rows of one number with a rule, and a few more."""
    rows = [row for row in TABLE.values() if row.forward.__module__ == elementwise.__name__ and row.rules]
    single = [row.name for row in rows if len(inspect.signature(row.forward).parameters) == 1 and row.name != "clone"]
    found = {name: getattr(elementwise, name) for name in single}
    found |= {name: getattr(functions, name) for name in ("reciprocal", "rsqrt", "maximum", "minimum")}
    return found | {"max": functions.maximum, "min": functions.minimum}


FUNCTIONS = dict(sorted(_functions().items()))
OF_TWO = ("max", "maximum", "min", "minimum")
ALLOWED = (
    "allowed are numbers, the variables given, + - * / ** (power), parentheses, "
    f"and the functions {', '.join(FUNCTIONS)}"
)

NUMBER_THEN_NAME = re.compile(r"(?<![\w.])((?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*([^\W\d]\w*)")


def evaluate(text: str, values: dict[str, float]) -> Tensor:
    """The tensor that text, an expression in the variables of values, computes to; its graph is the expression.

    Every variable becomes a float64 leaf of that name that requires grad; results keep their gradient too, as after
    `retain_grad()`. Raises ValueError, naming the piece, for whatever is not arithmetic, for a variable without a value
    or a value without a variable, and for numbers that are not finite.

    >>> y = evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1})
    >>> y.backward()
    >>> round(y.item(), 4)
    0.4621
    """
    variables = {name: _leaf(name, value) for name, value in ((_name(n), v) for n, v in values.items())}
    text = text.strip()
    tree = _parse(text)
    _refuse_code(tree, variables, text)
    results: dict[ast.AST, Tensor] = {}
    with np.errstate(all="ignore"):  # log(0) is worth a picture
        for node in reversed([*ast.walk(tree.body)]):  # whatever a node needs comes after it in the walk
            if isinstance(node, ast.expr):
                results[node] = _compute(node, results, variables)
    out = results[tree.body]
    if not isinstance(out, Tensor):
        raise ValueError(f"expression: {text!r} has no variables, so it has no gradients; name some and give values")
    return out


def parse_values(text: str) -> dict[str, float]:
    """{name: number} of a text such as "w=2,x=3,b=1".

    Raises ValueError, naming the piece, where there is no "=", no number, or a name twice.
    """
    values = {}
    for piece in text.split(",") if text.strip() else ():
        name, equals, number = piece.partition("=")
        if not equals:
            raise ValueError(f"values: {piece.strip()!r} has no '='; write name=number, as in w=2,x=3,b=1")
        name = _name(name.strip())
        if name in values:
            raise ValueError(f"values: {name} is given twice; give it once")
        try:
            values[name] = float(number)
        except ValueError:
            raise ValueError(f"values: {piece.strip()!r} does not give a number; write name=number") from None
    return values


def _name(name):
    """name as Python's parser spells it, checked."""
    if not (isinstance(name, str) and name.isidentifier()) or keyword.iskeyword(name) or name.startswith("__"):
        raise ValueError(f"values: {name!r} cannot be a variable; use a letter, then letters, digits or _")
    if name in FUNCTIONS:
        raise ValueError(f"values: {name!r} is a function, so it cannot be a variable; choose another name")
    return unicodedata.normalize("NFKC", name)


def _leaf(name, value):
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"values: {name} must be a number, but got {value!r:.60}") from None
    if not np.isfinite(number):
        raise ValueError(f"values: {name} must be finite, but got {number}")
    return Tensor(number, dtype=np.float64, requires_grad=True, name=name)


def _parse(text):
    if not text:
        raise ValueError("expression: it is empty; write one such as tanh(w*x + b)")
    if len(text) > LONGEST:
        raise ValueError(f"expression: it has {len(text)} characters, but at most {LONGEST} are read; shorten it")
    try:
        tree = ast.parse(text, mode="eval")
    except (SyntaxError, ValueError) as error:
        said = error.msg if isinstance(error, SyntaxError) else error
        raise ValueError(f"expression: cannot read {text!r:.80}: {said}{_hint_of_product(text)}; {ALLOWED}") from None
    except (RecursionError, MemoryError):
        raise ValueError(f"expression: {text!r:.40} is nested too deeply; write it in fewer levels") from None
    return tree


def _hint_of_product(text):
    """How to write a product, if text has one such as 2x, which mathematics allows and Python does not."""
    for number, name in NUMBER_THEN_NAME.findall(text):
        if not keyword.iskeyword(name):
            return f": a product is written *, as in {number}*{name:.40}"
    return ""


def _refuse_code(tree, variables, text):
    """Raise ValueError for the first piece that is not arithmetic in variables, from the outside in."""
    called = {node.func for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree.body):
        problem = None if node in called else _problem(node, variables)
        if problem:
            raise ValueError(f"expression: {ast.get_source_segment(text, node)!r:.80} {problem}")
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    unused = [name for name in variables if name not in names]
    if unused:
        raise ValueError(f"values: the expression does not use {', '.join(unused)}; leave it out")


def _problem(node, variables):
    """What is wrong with this node alone, or None."""
    match node:
        case ast.Name() if node.id in FUNCTIONS:
            return f"is a function; give it something to work on, as in {node.id}(x)"
        case ast.Name() if node.id not in variables:
            return f"has no value; given are: {', '.join(variables) or 'none'}"
        case ast.Constant() if type(node.value) not in (int, float):
            return f"is not a number; {ALLOWED}"
        case ast.Constant() if abs(node.value) > sys.float_info.max:
            return "is too large for a float64"
        case ast.Call():
            return _problem_of_call(node, variables)
        case ast.BinOp(op=ast.BitXor()):
            return f"uses an operator that is not allowed: a power is written **, as in x**2; {ALLOWED}"
        case ast.BinOp() | ast.UnaryOp():
            return None if type(node.op) in OPERATORS else f"uses an operator that is not allowed; {ALLOWED}"
        case ast.Name() | ast.Constant() | ast.operator() | ast.unaryop() | ast.expr_context():
            return None
    return f"is not arithmetic; {ALLOWED}"


def _problem_of_call(node, variables):
    if not (isinstance(node.func, ast.Name) and node.func.id in FUNCTIONS):
        is_factor = getattr(node.func, "id", None) in variables or isinstance(node.func, ast.Constant | ast.BinOp)
        hint = ": a product is written *, as in 2*(x)" if is_factor else ""
        return f"calls what is not a function here{hint}; {ALLOWED}"
    expected = 2 if node.func.id in OF_TWO else 1
    if node.keywords or len(node.args) != expected:
        return f"is not how {node.func.id} is called: with {expected} argument{'s' * (expected > 1)}, by position"
    return None


def _compute(node, results, variables):
    """What an expression whose parts are in results comes to: a Tensor, or a NumPy float where no variable is in it."""
    match node:
        case ast.Name():
            return variables.get(node.id)  # None for the name of a function
        case ast.Constant():
            return np.float64(node.value)
        case ast.BinOp():
            out = OPERATORS[type(node.op)](results[node.left], results[node.right])
        case ast.UnaryOp():
            out = OPERATORS[type(node.op)](results[node.operand])
        case ast.Call():
            out = FUNCTIONS[node.func.id](*(results[argument] for argument in node.args))
    if isinstance(out, Tensor) and out.requires_grad:
        out.retain_grad()
    return out
