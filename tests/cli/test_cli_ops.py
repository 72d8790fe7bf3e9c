"""Tests of `minigrad ops`: every row shows its forward, rules and formulas, and is checked on the spot."""

from pathlib import Path

import numpy as np
import pytest

from minigrad.cli import main, ops
from minigrad.engine import primitive
from minigrad.table import TABLE
from minigrad.viz.latex import latex

WITH_RULES = [name for name, row in TABLE.items() if row.rules is not None]
CONSTANT = [name for name, row in TABLE.items() if row.rules is None]


@pytest.fixture
def new_rows():
    """Rows that a test adds to the table are taken out again."""
    before = dict(TABLE)
    yield
    TABLE.clear()
    TABLE.update(before)


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_row_is_checked_to_second_order(name, capsys):
    assert main(["ops", name]) == 0

    said = capsys.readouterr().out
    assert "\nforward\n" in said
    assert r"\frac{\partial L}{\partial " in said
    assert said.endswith("  first order: right\n  second order: right\n")


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_row_is_tried_on_numbers_of_both_signs_where_it_can_be(name):
    tensors, _ = ops.example(TABLE[name])

    for x in tensors:
        if x.requires_grad and x.numel() > 1:
            assert (x > 0).any()
            assert (x < 0).any() != (name in {"power", "log", "log2", "log10", "sqrt", "binary_cross_entropy"})


@pytest.mark.parametrize("name", CONSTANT)
def test_a_row_without_rules_says_so(name, capsys):
    assert main(["ops", name]) == 0

    assert capsys.readouterr().out.endswith(
        "no rules: it is constant almost everywhere, so there is no gradient to pass back\n"
    )


def test_one_row_in_full(capsys):
    assert main(["ops", "tanh"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("tanh(x)    minigrad/ops/elementwise.py, line ")
    assert said.partition("\n")[2] == (
        "\n"
        "  The hyperbolic tangent of x, in (-1, 1).\n"
        "\n"
        "forward\n"
        "  return np.tanh(x)\n"
        "\n"
        "rules; g is the gradient that arrives, ∂L/∂out\n"
        "  ∂L/∂x = g * (1 - out * out)\n"
        "\n"
        "the same in LaTeX\n"
        "  \\frac{\\partial L}{\\partial x} = g \\cdot \\left(1 - \\mathrm{out}^{2}\\right)\n"
        "\n"
        "checked now, against small differences, on float64 of shape (2, 3)\n"
        "  first order: right\n"
        "  second order: right\n"
    )


def test_a_wrong_rule_is_told_and_fails(new_rows, capsys):
    @primitive()
    def wrong(x):
        """x squared, with a rule that forgot the 2."""
        return x * x

    wrong.defvjp(lambda g, out, x: g * x)

    assert main(["ops", "wrong"]) == 1
    assert "  first order: WRONG. gradcheck: " in capsys.readouterr().out


def test_an_op_without_a_docstring_is_shown_whole(new_rows, capsys):
    @primitive()
    def doubled(x):
        two = 2
        return two * x

    doubled.defvjp(lambda g, out, x: 2 * g)

    assert main(["ops", "doubled"]) == 0
    assert "\n\nforward\n  two = 2\n  return two * x\n\nrules" in capsys.readouterr().out


def test_a_rule_that_cannot_be_tried_says_how_to_check_it(new_rows, capsys):
    @primitive()
    def trace(a):
        return np.trace(a)

    trace.defvjp(lambda g, out, a: g * np.eye(a.shape[0]))

    assert main(["ops", "trace"]) == 1
    assert "  first order: not checked. trace: a rule returned a gradient of shape (2, 2)" in capsys.readouterr().out


def test_a_rule_that_is_right_for_positive_numbers_only_is_told(new_rows, capsys):
    @primitive()
    def size(x):
        return np.abs(x)

    size.defvjp(lambda g, out, x: g)

    assert main(["ops", "size"]) == 1
    assert "  first order: WRONG. gradcheck: " in capsys.readouterr().out


def user_op(tmp_path, source):
    """What somebody writes in a file of their own, or, without a folder, at Python's prompt."""
    path = tmp_path / "mine.py" if tmp_path else Path("<stdin>")
    if tmp_path:
        path.write_text(source, encoding="utf-8")
    exec(compile(source, str(path), "exec"), {"primitive": primitive, "np": np})


CUBE = """
@primitive()
def cube(x):
    return x * x * x

def slope(g, out, x):
    three = 3
    return g * three * x * x

cube.defvjp(slope)
"""


def test_an_op_in_a_file_of_ones_own_is_shown_and_checked(new_rows, tmp_path, capsys):
    user_op(tmp_path, CUBE)

    assert main(["ops", "cube"]) == 0

    said = capsys.readouterr().out
    assert said.startswith(f"cube(x)    {(tmp_path / 'mine.py').as_posix()}, line 2\n")
    assert "  ∂L/∂x = slope(g, out, x)\n" in said
    assert "\nwhere\n  def slope(g, out, x):\n      three = 3\n      return g * three * x * x\n" in said
    assert said.endswith("  second order: right\n")


def test_an_op_whose_source_is_nowhere_is_checked_all_the_same(new_rows, capsys):
    user_op(None, CUBE)

    assert main(["ops", "cube"]) == 0

    said = capsys.readouterr().out
    assert said.startswith("cube(x)    (its source cannot be found)\n")
    assert said.endswith("  second order: right\n")


def test_an_op_that_cannot_be_tried_as_it_is_says_how_to_check_it(new_rows, capsys):
    @primitive()
    def scaled(x, *, factor):
        return x * factor

    scaled.defvjp(lambda g, out, x, factor: g * factor)

    assert main(["ops", "scaled"]) == 1

    said = capsys.readouterr().out
    assert "\nnot checked: " in said
    assert "'factor'" in said
    assert "minigrad.gradcheck" in said


def test_an_op_without_rules_is_not_called_constant(new_rows, capsys):
    @primitive()
    def unfinished(x):
        return x * x

    assert main(["ops", "unfinished"]) == 0
    assert "no rules yet: give it one per input, with unfinished.defvjp(...)" in capsys.readouterr().out

    assert main(["ops"]) == 0
    assert "  - unfinished" not in capsys.readouterr().out


def test_the_short_functions_that_a_rule_calls_are_shown(capsys):
    assert main(["ops", "amax"]) == 0

    said = capsys.readouterr().out
    where = said.partition("\nwhere\n")[2]
    assert "  def _shared(g, chosen, axis):\n" in where
    assert where.count("  def _kept(") == 1


@pytest.mark.parametrize(
    "name", ["pow", "TANH", " tanh ", "mg.tanh", "minigrad.nn.functional.relu", "nn.Linear", "ｔａｎｈ"]
)
def test_another_name_of_a_row_shows_the_row(name, capsys):
    assert main(["ops", name]) == 0

    assert "\nchecked now" in capsys.readouterr().out


def test_a_composition_is_shown_where_it_is_made_and_not_where_it_is_passed_on(capsys):
    assert main(["ops", "leaky_relu"]) == 0

    assert "functions.leaky_relu(" not in capsys.readouterr().out


def test_without_a_name_all_rows_are_listed(capsys):
    assert main(["ops"]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert [line[4:].split()[0] for line in lines if line.startswith("  ")] == list(TABLE)
    assert "  - sign " in "\n".join(lines)


def test_a_composition_shows_what_it_is_made_of(capsys):
    assert main(["ops", "huber_loss"]) == 0

    said = capsys.readouterr().out
    assert "no row of the table, but made of rows" in said
    assert "within = clamp(error, -delta, delta)" in said


@pytest.mark.parametrize(
    ("name", "hint"), [("tahn", "the nearest are tan, tanh, atan"), ("zzzzzz", "minigrad ops lists all")]
)
def test_an_unknown_operation_gets_the_nearest_names(name, hint, capsys):
    assert main(["ops", name]) == 2

    assert capsys.readouterr().err == f"minigrad ops: there is no operation {name!r}; {hint}\n"


def test_examples_are_kept_only_for_rows_that_need_them():
    assert ops.EXAMPLES.keys() <= set(WITH_RULES)


RULES = {
    "two names": (lambda g, out, x, y: g * y - x / (y + 1), r"g \cdot y - \frac{x}{y + 1}"),
    "a nested difference": (lambda g, out, x: g - (x - out), r"g - \left(x - \mathrm{out}\right)"),
    "a negative factor": (lambda g, out, x: g * -x, r"g \cdot \left(-x\right)"),
    "a quotient to a power": (lambda g, out, x: (g / x) ** 2, r"\left(\frac{g}{x}\right)^{2}"),
    "a product of a quotient": (lambda g, out, x: g / x * out, r"\frac{g}{x} \cdot \mathrm{out}"),
    "a square": (lambda g, out, x: x * x * g, r"x^{2} \cdot g"),
    "matrices": (lambda g, out, a, b: (g + a) @ b.mT, r"\left(g + a\right) \, b^{\top}"),
    "a comparison": (lambda g, out, x: g * (x >= 0), r"g \cdot \left[x \ge 0\right]"),
    "cases": (
        lambda g, out, x: np.where(x != 0, g, -1e-9),
        r"\begin{cases} g & x \ne 0 \\ -10^{-9} & \text{otherwise} \end{cases}",
    ),
    "functions": (lambda g, out, x: np.exp(-x) + np.log(x) + np.sqrt(x), r"e^{-x} + \log\left(x\right) + \sqrt{x}"),
    "a setting": (lambda g, out, x, axis: np.sum(g, axis=0), r"\operatorname{sum}\left(g, \mathrm{axis}=0\right)"),
    "a setting of its own name": (
        lambda g, out, x, axis: np.sum(g, axis=axis, keepdims=True),
        r"\operatorname{sum}\left(g, \mathrm{axis}\right)",
    ),
    "axes of size 1": (lambda g, out, x, axis: np.expand_dims(g, axis) + g[..., None], "g + g"),
    "a product of numbers and then of matrices": (lambda g, out, a, b: g * a @ b, r"\left(g \cdot a\right) \, b"),
    "three matrices": (lambda g, out, a, b: g @ a @ b, r"g \, a \, b"),
    "an index": (lambda g, out, x: g[0, 1:], r"g_{\texttt{(0, 1:)}}"),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_a_rule_becomes_a_formula(case):
    rule, formula = RULES[case]

    assert latex(rule) == formula


@pytest.mark.parametrize(
    ("name", "formulas"), [("sum", ["g"]), ("linear", [r"g \, \mathrm{weight}", r"g^{\top} \, x", "g"])]
)
def test_another_shape_of_the_same_numbers_does_not_show_in_a_formula(name, formulas):
    assert [latex(rule) for rule in TABLE[name].rules] == formulas


def test_a_rule_of_several_lines_is_no_formula():
    def rule(g, out, x):
        return g

    assert latex(rule) is None


@pytest.mark.parametrize("name", WITH_RULES)
def test_the_braces_of_every_formula_are_balanced(name):
    row = TABLE[name]
    for rule in [row.rules.rule] if row.variadic else row.rules:
        formula = (latex(rule) if rule else None) or ""
        depth = 0
        for before, sign in zip(" " + formula, formula, strict=False):
            depth += {"{": 1, "}": -1}.get(sign, 0) if before != "\\" else 0
            assert depth >= 0
        assert depth == 0
        assert formula.count(r"\left") - formula.count(r"\leftarrow") == formula.count(r"\right")
