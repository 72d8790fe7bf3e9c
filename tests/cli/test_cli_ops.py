"""Tests of `minigrad ops`: every row shows its forward, rules and formulas, and is checked on the spot."""

import numpy as np
import pytest

from minigrad.cli import main, ops
from minigrad.engine import TABLE, primitive
from minigrad.viz.latex import latex

WITH_RULES = [name for name, row in TABLE.items() if row.rules is not None]
CONSTANT = [name for name, row in TABLE.items() if row.rules is None]


@pytest.mark.parametrize("name", WITH_RULES)
def test_a_row_is_checked_to_second_order(name, capsys):
    assert main(["ops", name]) == 0

    said = capsys.readouterr().out
    assert "\nforward\n" in said
    assert r"\frac{\partial L}{\partial " in said
    assert said.endswith("  first order: right\n  second order: right\n")


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


def test_a_wrong_rule_is_told_and_fails(capsys):
    @primitive()
    def wrong(x):
        """x squared, with a rule that forgot the 2."""
        return x * x

    wrong.defvjp(lambda g, out, x: g * x)
    try:
        assert main(["ops", "wrong"]) == 1
    finally:
        del TABLE["wrong"]

    assert "  first order: WRONG. gradcheck: " in capsys.readouterr().out


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
    "an index": (lambda g, out, x: g[..., None], r"g_{\texttt{(..., None)}}"),
}  # fmt: skip


@pytest.mark.parametrize("case", RULES)
def test_a_rule_becomes_a_formula(case):
    rule, formula = RULES[case]

    assert latex(rule) == formula


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
