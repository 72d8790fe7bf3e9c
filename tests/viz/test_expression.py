import math
import re
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz import expression
from minigrad.viz.expression import FUNCTIONS, LONGEST, evaluate, parse_values


@pytest.mark.parametrize(
    ("text", "values", "expected"),
    [
        ("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1}, math.tanh(0.5)),
        ("x - y / 2", {"x": 5, "y": 3}, 3.5),
        ("-x**2", {"x": 3}, -9),
        ("2**-1 * x", {"x": 3}, 1.5),
        ("max(x, y) - min(x, 2)", {"x": 3, "y": 7}, 5),
        ("maximum(x, y) - minimum(2, x)", {"x": 3, "y": 7}, 5),
        ("  sqrt(abs(x))", {"x": -16}, 4),
        ("reciprocal(x) + rsqrt(x) + square(x)", {"x": 4}, 16.75),
        ("exp(log(2)) * x", {"x": 1.5}, 3),
        ("权 * μ", {"权": 2, "µ": 3}, 6),  # Python reads the micro sign as a mu, and so does minigrad
        ("x", {"x": 1e-300}, 1e-300),
    ],
)
def test_an_expression_computes_what_it_says(text, values, expected):
    assert evaluate(text, values).item() == pytest.approx(expected, rel=1e-14)


@pytest.mark.parametrize("name", [name for name in FUNCTIONS if name not in expression.OF_TWO])
def test_a_function_of_one_number_is_minigrads_own(name):
    x = mg.tensor(0.75, dtype=np.float64)

    y = evaluate(f"{name}(x)", {"x": 0.75})

    assert y.item() == FUNCTIONS[name](x).item()


def test_variables_are_float64_leaves_with_their_names_and_gradients():
    y = evaluate("w*x + w", {"w": 2, "x": 3})
    product, w = y.node.inputs
    also_w, x = product.node.inputs

    y.backward(retain_graph=True)

    assert also_w is w
    assert [(t.name, t.dtype, t.is_leaf, t.item(), t.grad.item()) for t in (w, x)] == [
        ("w", np.float64, True, 2.0, 4.0),
        ("x", np.float64, True, 3.0, 2.0),
    ]


def test_every_result_keeps_its_gradient():
    y = evaluate("tanh(2 * x)", {"x": 0.25})
    doubled = y.node.inputs[0]

    y.backward(retain_graph=True)

    assert y.grad.item() == 1
    assert doubled.grad.item() == 1 - math.tanh(0.5) ** 2


def test_nothing_is_recorded_under_no_grad():
    with mg.no_grad():
        y = evaluate("2*x", {"x": 3})

    assert not y.requires_grad


@pytest.mark.parametrize(
    ("text", "expected"), [("log(0*x)", -math.inf), ("1/(x - 2)", math.inf), ("log(-x)", math.nan)]
)
def test_an_infinite_result_is_a_result_and_warns_nobody(text, expected):
    assert evaluate(text, {"x": 2}).item() == pytest.approx(expected, nan_ok=True)


CODE = [
    "__import__('os').system('true')",
    "print(x)",
    "(lambda: x)()",
    "tanh(tanh)(x)",
    "x.__class__",
    "x.array",
    "x[0]",
    "[x for x in x]",
    "{x: x}",
    "{x}",
    "(x, x)",
    "'x'",
    "b'x'",
    "f'{x}'",
    "True",
    "None",
    "...",
    "3j",
    "x if x else x",
    "x == x",
    "x < 1",
    "x and x",
    "not x",
    "~x",
    "+x",
    "x // 2",
    "x % 2",
    "x @ x",
    "x ^ 2",
    "x << 9",
    "(x := 2)",
    "await x",
    "tanh(*x)",
]


@pytest.mark.parametrize("text", CODE)
def test_whatever_is_not_arithmetic_is_refused_with_what_is_allowed(text):
    with pytest.raises(ValueError, match=r"^expression: .*; allowed are numbers, the variables given, .*tanh$"):
        evaluate(f"x + {text}", {"x": 2})


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("1 + x.real * 2", "'x.real' is not arithmetic"),
        ("1 + open('f')", "\"open('f')\" calls what is not a function here"),
        ("1 + x ^ 2", "'1 + x ^ 2' uses an operator that is not allowed"),
        ("x * 'a'", "\"'a'\" is not a number"),
        ("x + tanh", "'tanh' is a function; give it something to work on, as in tanh(x)"),
        ("1 + tanh(x, x)", "'tanh(x, x)' is not how tanh is called: with 1 argument, by position"),
        ("tanh()", "'tanh()' is not how tanh is called"),
        ("max(x)", "'max(x)' is not how max is called: with 2 arguments, by position"),
        ("tanh(x, out=x)", "'tanh(x, out=x)' is not how tanh is called"),
        ("x + q", "'q' has no value; given are: x"),
        ("x + __name__", "'__name__' has no value"),
        ("1e999 * x", "'1e999' is too large for a float64"),
        ("9" * 400 + "*x", f"'{'9' * 79} is too large for a float64"),
    ],
)
def test_an_error_names_the_piece_that_was_wrong(text, piece):
    with pytest.raises(ValueError, match=re.escape(f"expression: {piece}")):
        evaluate(text, {"x": 2})


@pytest.mark.parametrize("text", ["w*x +", "2x", "x x", "x = 2", "(x", "x;x", "x\n+x", "yield x", "x\0", "\ud800", ")"])
def test_what_python_cannot_read_is_an_error_that_shows_it(text):
    with pytest.raises(ValueError, match=r"^expression: cannot read '.*'.*; allowed are"):
        evaluate(text, {"x": 2})


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("x^2", "'x^2' uses an operator that is not allowed: a power is written **, as in x**2; allowed"),
        ("x + 2x", "cannot read 'x + 2x': invalid decimal literal: a product is written *, as in 2*x; allowed"),
        ("2 tanh(x)", "a product is written *, as in 2*tanh; allowed"),
        ("1.5e3x", "a product is written *, as in 1.5e3*x; allowed"),
        (".5x", r"a product is written *, as in .5*x; allowed"),
        ("2(x + 1)", "calls what is not a function here: a product is written *, as in 2*(x); allowed"),
        ("(x + 1)(x - 1)", "calls what is not a function here: a product is written *, as in 2*(x); allowed"),
        ("x(x + 1)", "calls what is not a function here: a product is written *, as in 2*(x); allowed"),
    ],
)
def test_mathematics_that_python_writes_otherwise_is_answered_with_how(text, hint):
    with pytest.raises(ValueError, match=re.escape(hint)):
        evaluate(text, {"x": 2})


@pytest.mark.parametrize("text", ["x % 2", "x +", "x2 x", "print(x)", "x.real(2)"])
def test_no_hint_is_given_where_none_fits(text):
    with pytest.raises(ValueError, match=r"^((?!is written).)*$"):
        evaluate(text, {"x": 2})


@pytest.mark.parametrize("text", ["", "  "])
def test_an_empty_expression_is_an_error(text):
    with pytest.raises(ValueError, match="it is empty; write one such as tanh"):
        evaluate(text, {})


def test_an_expression_without_variables_has_nothing_to_differentiate():
    with pytest.raises(ValueError, match=r"'2 \* 3' has no variables, so it has no gradients"):
        evaluate("2 * 3", {})


def test_a_tower_of_powers_is_infinite_at_once():
    assert evaluate("x * 9**9**9**9", {"x": 1}).item() == math.inf


def test_a_constant_that_would_be_complex_is_not_a_number():
    assert math.isnan(evaluate("x * (-8)**0.5", {"x": 1}).item())


@pytest.mark.parametrize(
    ("text", "expected"),
    [("x" + "+x" * 499, 500), ("-" * 999 + "x", -1), ("x" + "**x" * 333, 1), ("abs(" * 190 + "x" + ")" * 190, 1)],
)
def test_depth_is_no_danger_up_to_the_longest_expression(text, expected):
    assert evaluate(text, {"x": 1}).item() == expected


def test_an_overlong_expression_is_not_even_parsed():
    with pytest.raises(ValueError, match=f"it has {LONGEST + 1} characters, but at most {LONGEST} are read"):
        evaluate("x" * (LONGEST + 1), {"x": 1})


def test_an_expression_too_deep_for_python_is_an_error_like_any_other(monkeypatch):
    monkeypatch.setattr(expression, "LONGEST", sys.maxsize)

    with pytest.raises(ValueError, match="is nested too deeply"):
        evaluate("-" * 200_000 + "x", {"x": 1})


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_value_must_be_finite(value):
    with pytest.raises(ValueError, match="values: x must be finite, but got"):
        evaluate("x", {"x": value})


@pytest.mark.parametrize("value", ["a", None, [1.0], 10**400, 1j])
def test_a_value_must_be_a_number(value):
    with pytest.raises(ValueError, match="values: x must be a number, but got"):
        evaluate("x", {"x": value})


@pytest.mark.parametrize("name", ["__class__", "if", "None", "w x", "1", "", "a.b", "a\n", 3])
def test_a_name_that_cannot_be_a_variable_is_refused(name):
    with pytest.raises(ValueError, match="cannot be a variable; use a letter"):
        evaluate("x", {"x": 1, name: 2})


@pytest.mark.parametrize("name", ["tanh", "max"])
def test_a_variable_cannot_have_the_name_of_a_function(name):
    with pytest.raises(ValueError, match=f"'{name}' is a function, so it cannot be a variable"):
        evaluate("x", {"x": 1, name: 2})


def test_a_value_that_is_not_used_is_an_error():
    with pytest.raises(ValueError, match="the expression does not use y, z; leave it out"):
        evaluate("x", {"x": 1, "y": 2, "z": 3})


def test_values_are_read_from_text():
    assert parse_values(" w = 2, x=3e-1 ,b=-1") == {"w": 2.0, "x": 0.3, "b": -1.0}
    assert parse_values("") == {}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("w", "'w' has no '='; write name=number, as in w=2,x=3,b=1"),
        ("w=2,", "'' has no '='"),
        ("w=", "'w=' does not give a number"),
        ("w=1/2", "'w=1/2' does not give a number"),
        ("w=1=2", "'w=1=2' does not give a number"),
        ("w=1, w=2", "w is given twice"),
        ("=2", "'' cannot be a variable"),
        ("__w__=2", "'__w__' cannot be a variable"),
        ("tanh=2", "'tanh' is a function"),
    ],
)
def test_values_that_cannot_be_read_are_errors_that_name_the_piece(text, message):
    with pytest.raises(ValueError, match=f"^values: {message}"):
        parse_values(text)
