"""`minigrad ops`: a row of the derivative table, with its formula, and its gradient checked on the spot."""

import argparse
import ast
import difflib
import inspect
import textwrap
import unicodedata
from pathlib import Path

import numpy as np

from minigrad import functions, nn
from minigrad.cli.messages import DONE, FAILED, MISUSED, complain, reason, say
from minigrad.creation import from_numpy
from minigrad.engine import call
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.rules import rule_ast, rule_text
from minigrad.table import TABLE
from minigrad.viz.latex import latex

__all__ = ["add_ops"]

OPS_EXAMPLES = """\
examples:
  minigrad ops
  minigrad ops tanh
  minigrad ops matmul
  minigrad ops huber_loss
"""
NO_SOURCE = "(its source cannot be found)"
ADVICE = "to check it, give minigrad.gradcheck.gradcheck inputs that suit it, or add some to EXAMPLES in this command"
SHAPE = (2, 3)
STEP = {"stride": (1, 1), "dilation": (1, 1)}
INDICES = {"indices": np.array([[0, 0], [2, 1]]), "axis": 1}
# What an operation is tried on if numbers in one shape, and no settings, make no sense for it: by input a shape or an
# array, and the settings.
EXAMPLES: dict[str, tuple] = {
    "astype": ([SHAPE], {"dtype": np.float64}),
    "where": ([np.array([True, False, True]), SHAPE, SHAPE], {}),
    "cumsum": ([SHAPE], {"axis": 1}),
    "first_max": ([SHAPE], {"axis": 1}),
    "softmax": ([SHAPE], {"axis": 1}),
    "log_softmax": ([SHAPE], {"axis": 1}),
    "reshape": ([SHAPE], {"shape": (3, 2)}),
    "transpose": ([SHAPE], {"axes": (1, 0)}),
    "broadcast_to": ([(3,)], {"shape": SHAPE}),
    "getitem": ([SHAPE], {"index": (slice(None), np.array([0, 0, 2]))}),
    "setitem_add": ([(2,)], {"shape": (3,), "index": np.array([0, 0])}),
    "take_along_axis": ([SHAPE], INDICES),
    "add_along_axis": ([(2, 2)], {"shape": SHAPE, **INDICES}),
    "cat": ([SHAPE, (1, 3)], {}),
    "matmul": ([SHAPE, (3, 4)], {}),
    "linear": ([SHAPE, (4, 3), (4,)], {}),
    "einsum": ([SHAPE, (3, 4)], {"inputs": ("ij", "jk"), "output": "ik"}),
    "windows": ([(4, 1, 4, 2)], {"kernel": (2, 2), **STEP}),
    "windows_add": ([(3, 1, 2, 2, 3, 2)], {"size": (4, 4), **STEP}),
    "convolve": ([(4, 1, 4, 2), (1, 2, 1, 2, 2)], STEP),
    "convolve_image": ([(3, 2, 3, 2), (1, 2, 2, 2, 2)], {"size": (4, 4), **STEP}),
    "convolve_weight": ([(4, 2, 4, 2), (3, 2, 3, 2)], {"kernel": (2, 2), "groups": 1, **STEP}),
    "binary_cross_entropy": ([np.array([0.2, 0.5, 0.9]), np.array([0.1, 0.6, 1.0])], {}),
    "cross_entropy_from_logits": ([SHAPE], {"target": np.array([2, 0])}),
}


def add_ops(commands) -> None:
    """Add the command."""
    command = commands.add_parser(
        "ops",
        help="show the derivative table, or one row of it",
        description="List every operation that has a row in the derivative table; or show one: its forward,\n"
        "its rules, the same as formulas in LaTeX, and a gradcheck made now.",
        epilog=OPS_EXAMPLES,
    )
    command.add_argument("name", nargs="?", help="such as tanh; left out, all are listed")
    command.set_defaults(command=show_ops)


def show_ops(arguments: argparse.Namespace) -> int:
    """Print the table, or one operation, and return the exit code."""
    if arguments.name is None:
        return list_rows()
    named = TABLE | compositions()
    name = unicodedata.normalize("NFKC", arguments.name).strip()
    name = name if name in named else name.rpartition(".")[2].lower()  # minigrad.tanh and TANH are tanh, too
    if name not in named:
        near = difflib.get_close_matches(name, named, n=3, cutoff=0.5)
        hint = f"the nearest are {', '.join(near)}" if near else "minigrad ops lists all"
        complain("minigrad ops", f"there is no operation {arguments.name!r}; {hint}")
        return MISUSED
    row = getattr(named[name], "primitive", named[name])  # pow is another name of power
    return show_row(row) if row in TABLE.values() else show_composition(name, row)


def compositions():
    """{name: function} of what is made of rows of the table, in nn.functional and in minigrad itself."""
    found = {name: getattr(nn.functional, name) for name in nn.functional.__all__}
    found |= {name: getattr(functions, name) for name in functions.__all__}
    return {name: function for name, function in found.items() if name not in TABLE and inspect.isfunction(function)}


def list_rows() -> int:
    """Print one line for each row, page by page."""
    page = None
    for row in TABLE.values():
        if row.forward.__module__ != page:
            page = row.forward.__module__
            say(f"\n{page}")
        mark, what = "-" if row.constant else " ", said_of(row.forward).partition("\n")[0]
        say(f"  {mark} {row.name:<33}{what}".rstrip())
    say("\n-: constant almost everywhere, no derivative.  minigrad ops NAME shows one row.")
    return DONE


def show_composition(name, function) -> int:
    """Print a function that needs no rule, because all it calls has one."""
    say(f"{name}{inspect.signature(function)}    {place(function)}\n")
    say(textwrap.indent(said_of(function), "  "))
    say("\nno row of the table, but made of rows, so that its gradient follows from theirs")
    say(textwrap.indent(body(function), "  "))
    return DONE


def show_row(row) -> int:
    """Print one row of the table, check its gradients, and return the exit code."""
    say(f"{row.name}{inspect.signature(row.forward)}    {place(row.forward)}\n")
    if said_of(row.forward):
        say(textwrap.indent(said_of(row.forward), "  ") + "\n")
    say(f"forward\n{textwrap.indent(body(row.forward), '  ')}")
    if row.constant:
        say("\nno rules: it is constant almost everywhere, so there is no gradient to pass back")
        return DONE
    if row.rules is None:
        say(f"\nno rules yet: give it one per input, with {row.name}.defvjp(...)")
        return DONE
    rules = named_rules(row)
    say("\nrules; g is the gradient that arrives, ∂L/∂out")
    for name, rule in rules:
        say(f"  ∂L/∂{name} = {'none: not differentiable' if rule is None else right_side(rule)}")
    short = short_functions(rule for _, rule in rules)
    if short:
        say("\nwhere\n" + textwrap.indent("\n".join(short), "  "))
    say("\nthe same in LaTeX")
    for name, rule in rules:
        if rule is not None:
            say(rf"  \frac{{\partial L}}{{\partial {latex_name(name)}}} = {latex(rule) or in_words(rule)}")
    return show_check(row)


def named_rules(row):
    """(input, rule) for each input of a row; all inputs of a variadic one share a rule."""
    names = [p.name for p in inspect.signature(row.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    return [(f"{names[0]}[i]", row.rules.rule)] if row.variadic else list(zip(names, row.rules, strict=True))


def right_side(rule):
    """What a rule says; of one that has several lines, or no source, the call."""
    text = rule_text(rule)
    return text if isinstance(rule_ast(rule), ast.Lambda) else f"{text}{inspect.signature(rule)}"


def short_functions(rules) -> list[str]:
    """The source of what has several lines: rules, and functions that rules call by a name with an underscore."""
    found = []
    for rule in rules:
        tree = rule_ast(rule)
        called = [node.id for node in ast.walk(tree) if isinstance(node, ast.Name)] if tree else []
        found += [rule] if isinstance(tree, ast.FunctionDef) else []
        found += [rule.__globals__[name] for name in called if name.startswith("_") and name in rule.__globals__]
    return [textwrap.dedent(inspect.getsource(function)).rstrip() for function in dict.fromkeys(found)]


def latex_name(name):
    """An input in a formula: one letter as it is, a word upright."""
    return name if len(name) == 1 else rf"\mathrm{{{name}}}"


def in_words(rule):
    """In the place of the formula of a rule that has several lines."""
    name = rule_text(rule).replace("_", r"\_")
    return rf"\texttt{{{name}}}(g, \ldots)"


def said_of(function) -> str:
    """The docstring of a function."""
    return inspect.getdoc(function) or ""


def place(function):
    """The page and line of a function; if it is minigrad's, from the folder that minigrad lies in."""
    try:
        path, line = Path(inspect.getsourcefile(function) or ""), inspect.getsourcelines(function)[1]
    except OSError:
        return NO_SOURCE
    home = Path(__file__).parents[2]
    return f"{(path.relative_to(home) if path.is_relative_to(home) else path).as_posix()}, line {line}"


def body(function):
    """The source of a function below its docstring."""
    try:
        source = textwrap.dedent(inspect.getsource(function))
    except OSError:
        return NO_SOURCE
    statements = ast.parse(source).body[0].body
    if function.__doc__ is not None and len(statements) > 1:
        statements = statements[1:]
    return textwrap.dedent("\n".join(source.splitlines()[statements[0].lineno - 1 :]))


def example(row):
    """Tensors and settings that a row makes sense for, the same each time: of both signs, unless that gives NaN."""
    inputs, params = EXAMPLES.get(row.name) or ([SHAPE] * len(named_rules(row)), {})
    source = np.random.default_rng(14)  # gives every input both signs

    def drawn(shape):
        return source.uniform(0.1, 0.9, shape) * source.choice([-1, 1], shape)

    arrays = [x if isinstance(x, np.ndarray) else drawn(x) for x in inputs]
    with np.errstate(all="ignore"):
        if not np.all(np.isfinite(row.forward(*arrays, **params))):
            arrays = [np.abs(x) for x in arrays]
    return [from_numpy(x).requires_grad_(x.dtype.kind == "f") for x in arrays], params


def show_check(row) -> int:
    """Check a row's rules, and the rules' own derivatives, against small differences, and return the exit code."""
    try:
        tensors, params = example(row)
    except Exception as error:  # whatever an operation that is new here raises on numbers that it was not made for
        say(f"\nnot checked: on numbers of shape {SHAPE} it says: {reason(error)}\n  {ADVICE}")
        return FAILED

    def applied(*tensors):
        return call(row, tensors, params)

    shapes = ", ".join(str(tuple(x.shape)) for x in tensors)
    say(f"\nchecked now, against small differences, on float64 of shape {shapes}")
    for order, check in (("first", gradcheck), ("second", gradgradcheck)):
        try:
            check(applied, tuple(tensors))
        except AssertionError as error:
            say(f"  {order} order: WRONG. {error}")
            return FAILED
        except Exception as error:
            say(f"  {order} order: not checked. {reason(error)}\n  {ADVICE}")
            return FAILED
        say(f"  {order} order: right")
    return DONE
