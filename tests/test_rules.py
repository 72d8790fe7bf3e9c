"""A rule's source tells its text and which values it reads, however it was written; without a source, all are read."""

import subprocess
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.rules import rule_ast, rule_text, values_read
from minigrad.table import TABLE

READ = {  # of out and the inputs, by each rule of each row; parameters and g aside
    "astype": [""],
    "add": ["", ""],
    "sub": ["", ""],
    "mul": ["y", "x"],
    "div": ["y", "x y"],
    "neg": [""],
    "power": ["x y", "out x y"],
    "remainder": ["", "x y"],
    "exp": ["out"],
    "expm1": ["x"],
    "log": ["x"],
    "log1p": ["x"],
    "log2": ["x"],
    "log10": ["x"],
    "sqrt": ["out"],
    "square": ["x"],
    "abs": ["x"],
    "sin": ["x"],
    "cos": ["x"],
    "tan": ["out"],
    "asin": ["x"],
    "acos": ["x"],
    "atan": ["x"],
    "sinh": ["x"],
    "cosh": ["x"],
    "erf": ["x"],
    "tanh": ["out"],
    "sigmoid": ["out"],
    "softplus": ["x"],
    "relu": ["out"],
    "maximum": ["x y", "x y"],
    "minimum": ["x y", "x y"],
    "where": ["condition", "condition"],
    "clone": [""],
    "matmul": ["b", "a"],
    "linear": ["weight", "x", ""],
    "einsum": ["xs"],
    "sum": [""],
    "mean": [""],
    "amax": ["out x"],
    "amin": ["out x"],
    "std": ["out x"],
    "prod": ["out x"],
    "cumsum": [""],
    "norm": ["out x"],
    "first_max": ["out x"],
    "convolve": ["weight", "image"],
    "convolve_image": ["weight", "above"],
    "convolve_weight": ["above", "image"],
    "windows": [""],
    "windows_add": [""],
    "logsumexp": ["out x"],
    "softmax": ["out"],
    "log_softmax": ["out"],
    "cross_entropy_from_logits": ["logits"],
    "binary_cross_entropy_from_logits": ["logits target", "logits"],
    "binary_cross_entropy": ["p target", "p"],
    "reshape": [""],
    "transpose": [""],
    "broadcast_to": [""],
    "getitem": [""],
    "setitem_add": [""],
    "take_along_axis": [""],
    "add_along_axis": [""],
    "cat": [""],
}


def rules_of(op):
    return [op.rules.rule] if op.variadic else [rule for rule in op.rules if rule is not None]


@pytest.mark.parametrize("op", [op for op in TABLE.values() if op.rules is not None], ids=lambda op: op.name)
def test_what_the_rules_of_the_table_read(op):
    code = op.forward.__code__
    inputs = {"out", *code.co_varnames[: code.co_argcount], *(["xs"] if op.variadic else [])}

    found = [" ".join(sorted(values_read(rule) & inputs)) for rule in rules_of(op)]

    assert found == READ[op.name]


@pytest.mark.parametrize(
    ("name", "texts"),
    [
        ("add", ["g", "g"]),
        ("mul", ["g * y", "g * x"]),
        ("sigmoid", ["g * out * (1 - out)"]),
        ("matmul", ["g @ b.mT", "a.mT @ g"]),
        ("softmax", ["out * (g - np.sum(g * out, axis=axis, keepdims=True))"]),
        ("reshape", ["np.reshape(g, x.shape)"]),
    ],
)
def test_the_text_of_a_rule_is_its_source(name, texts):
    assert [rule_text(rule) for rule in rules_of(TABLE[name])] == texts


ON_ONE_LINE = (lambda g, out, x, y: g * y, lambda g, out, x, y: g * x)
NESTED = lambda factor: lambda g, out, x: g * factor * x  # noqa: E731
OVER_LINES = lambda g, out, x, y: (  # noqa: E731
    g
    * np.exp(x)
    + y.shape[0]
)  # fmt: skip


def test_two_lambdas_on_one_line_are_told_apart():
    assert [rule_text(rule) for rule in ON_ONE_LINE] == ["g * y", "g * x"]
    assert [sorted(values_read(rule)) for rule in ON_ONE_LINE] == [["g", "y"], ["g", "x"]]


def test_a_lambda_over_several_lines_is_found_whole():
    assert rule_text(OVER_LINES) == "g * np.exp(x) + y.shape[0]"
    assert values_read(OVER_LINES) == {"g", "x"}


def test_a_lambda_inside_another_is_the_inner_one():
    assert rule_text(NESTED(2)) == "g * factor * x"
    assert rule_text(NESTED) == "lambda g, out, x: g * factor * x"


def test_a_rule_with_a_name_is_read_as_well():
    def slope(g, out, x, y):
        """The docstring names out and y, which does not count."""
        rows = x.shape[0]
        return g * np.cos(y) / rows

    assert rule_text(slope) == "slope"
    assert values_read(slope) == {"g", "y"}


@pytest.mark.parametrize(
    ("rule", "read"),
    [
        (lambda g, out, x: g, {"g"}),
        (lambda g, out, x: g * x.ndim * x.shape[0] + np.zeros(x.shape, x.dtype), {"g"}),
        (lambda g, out, x: g * (x + out).shape[0], {"g", "x", "out"}),
        (lambda g, out, x: g * x.shape[0] * x, {"g", "x"}),
        (lambda g, out, x: g * x.mT, {"g", "x"}),
        (lambda g, out, *xs: [x.shape for x in xs], set()),
        (lambda g, out, *xs: [x * g for x in xs], {"g", "xs"}),
        (lambda g, out, *xs: [x.shape for x in xs if x is not out], {"out", "xs"}),
        (lambda g, out, x, axis=None: np.sum(g, axis=axis), {"g", "axis"}),
        (lambda g, out, x: (lambda y: y * x)(g), {"g", "x"}),
    ],
)
def test_metadata_is_not_a_value(rule, read):
    assert values_read(rule) == read


@pytest.mark.parametrize("rule", [eval("lambda g, out, x: g * x"), np.multiply, "text".join])
def test_without_a_source_everything_counts_as_read(rule):
    assert rule_ast(rule) is None
    assert values_read(rule) is None
    assert isinstance(rule_text(rule), str)


def test_without_column_numbers_everything_counts_as_read():
    program = "from minigrad import ops, rules; print(rules.values_read(ops.elementwise.mul.primitive.rules[0]))"
    command = [sys.executable, "-X", "no_debug_ranges", "-B", "-c", program]

    answer = subprocess.run(command, capture_output=True, text=True, check=True)

    assert answer.stdout == "None\n"


# What is read decides what may be overwritten between forward and backward.


@pytest.mark.usefixtures("table")
def test_parameters_of_a_variadic_rule_are_not_taken_for_inputs():
    @mg.primitive()
    def scaled_product(*xs, scale=1.0):
        return xs[0] * xs[1] * scale

    scaled_product.defvjp(lambda i, g, out, *xs, scale=1.0: g * xs[1 - i])  # scale forgotten, on purpose: not read
    x, y = mg.tensor([3.0], requires_grad=True), mg.tensor([2.0])
    product, joined = scaled_product(x, y), mg.cat([x, y])

    y += 1

    joined.sum().backward()  # cat reads none of its inputs
    with pytest.raises(RuntimeError, match=r"scaled_product needs its input 1 .* overwritten"):
        product.backward()


@pytest.mark.usefixtures("table")
def test_a_rule_without_a_source_protects_all_its_values():
    @mg.primitive()
    def plus(x, y):
        return x + y

    plus.defvjp(*eval("[lambda g, out, x, y: g, lambda g, out, x, y: g]"))
    x, y = mg.tensor([3.0], requires_grad=True), mg.tensor([2.0])
    z = plus(x, y)

    y += 1

    with pytest.raises(RuntimeError, match=r"plus needs its input 1 .* overwritten"):
        z.backward()
