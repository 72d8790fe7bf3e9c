"""A rule of the derivative table as a formula in LaTeX, made from the rule's own source."""

import ast

from minigrad.rules import rule_ast

__all__ = ["latex"]

LOOSE, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)  # how strongly a formula holds together
COMPARISONS = {ast.Eq: "=", ast.NotEq: r"\ne", ast.Lt: "<", ast.LtE: r"\le", ast.Gt: ">", ast.GtE: r"\ge"}
NAMED = {"log", "sin", "cos", "tan", "sinh", "cosh", "tanh"}  # LaTeX has a command for these
SYMBOLS = {"inf": r"\infty", "pi": r"\pi", "eps": r"\epsilon"}
RESHAPING = {"_kept", "_rows", "expand_dims"}  # functions that give the same numbers in another shape


def latex(rule) -> str | None:
    """What a rule says in LaTeX, or None for one that is a function of several lines.

    Comparisons become Iverson brackets: [x > 0] is 1 where that holds, else 0.

    >>> latex(minigrad.tanh.primitive.rules[0])
    'g \\\\cdot \\\\left(1 - \\\\mathrm{out}^{2}\\\\right)'
    """
    tree = rule_ast(rule)
    return _Formula().text(tree.body, LOOSE) if isinstance(tree, ast.Lambda) else None


class _Formula(ast.NodeVisitor):
    """Writes an expression; each visit gives a text, and how strongly that holds together."""

    def text(self, node, least):
        """The LaTeX of node, in parentheses where it holds together less strongly than it must."""
        text, strength = self.visit(node)
        return text if strength >= least else rf"\left({text}\right)"

    def generic_visit(self, node):
        """Python as it stands, for what no formula is known for."""
        code = "".join(rf"\{sign}" if sign in "_{}#$%&" else sign for sign in ast.unparse(node))
        return rf"\texttt{{{code}}}", ATOM

    def visit_BinOp(self, node):
        kind = type(node.op)
        left, right = node.left, node.right
        if kind is ast.Add:
            return f"{self.text(left, SUM)} + {self.text(right, SUM)}", SUM
        if kind is ast.Sub:
            return f"{self.text(left, SUM)} - {self.text(right, PRODUCT)}", SUM
        if kind is ast.Mult:
            return self._product(left, right)
        if kind is ast.MatMult:
            chain = isinstance(left, ast.BinOp) and isinstance(left.op, ast.MatMult)
            least = PRODUCT if chain else POWER  # g x y are three matrices, but (g·x) y has a product of numbers first
            return rf"{self.text(left, least)} \, {self.text(right, POWER)}", PRODUCT
        if kind is ast.Div:
            return self._fraction(left, right), POWER
        if kind is ast.FloorDiv:
            return self._floor(left, right), ATOM
        return self._power(left, right) if kind is ast.Pow else self.generic_visit(node)

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.USub):
            return self.generic_visit(node)
        return f"-{self.text(node.operand, PRODUCT)}", SIGN

    def visit_Compare(self, node):
        return rf"\left[{self.condition(node)}\right]", ATOM

    def condition(self, node):
        """A comparison without brackets around it."""
        if not isinstance(node, ast.Compare) or len(node.ops) > 1:
            return self.text(node, LOOSE)
        sign = COMPARISONS[type(node.ops[0])]
        return f"{self.text(node.left, SUM)} {sign} {self.text(node.comparators[0], SUM)}"

    def visit_Name(self, node):
        if len(node.id) == 1 or node.id in SYMBOLS:
            return SYMBOLS.get(node.id, node.id), ATOM
        return rf"\mathrm{{{_plain(node.id)}}}", ATOM

    def visit_Constant(self, node):
        text = str(node.value)
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            return rf"\text{{{_plain(text)}}}", ATOM
        digits, _, exponent = text.partition("e")
        if not exponent:
            return digits, ATOM
        return rf"{digits} \cdot 10^{{{int(exponent)}}}".removeprefix(r"1 \cdot "), PRODUCT

    def visit_Attribute(self, node):
        if node.attr == "mT":
            return rf"{self.text(node.value, ATOM)}^{{\top}}", POWER
        if node.attr in SYMBOLS:
            return SYMBOLS[node.attr], ATOM
        return rf"\operatorname{{{_plain(node.attr)}}}({self.text(node.value, LOOSE)})", ATOM

    def visit_Tuple(self, node):
        return rf"\left({', '.join(self.text(part, LOOSE) for part in node.elts)}\right)", ATOM

    def visit_Subscript(self, node):
        if isinstance(node.slice, ast.Tuple) and all(ast.unparse(part) in ("...", "None") for part in node.slice.elts):
            return self.visit(node.value)  # the same numbers in another shape, so that they broadcast
        return rf"{self.text(node.value, ATOM)}_{{{self.generic_visit(node.slice)[0]}}}", ATOM

    def visit_Call(self, node):
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        if name in RESHAPING:
            return self.visit(node.args[0])
        special = getattr(self, f"call_{name}", None)
        if special is not None:
            return special(*node.args)
        given = [self.text(part, LOOSE) for part in node.args]
        given += [self._setting(k) for k in node.keywords if k.arg != "keepdims"]  # it only makes axes of size 1
        name = name.lstrip("_")
        called = rf"\{name}" if name in NAMED else rf"\operatorname{{{_plain(name)}}}"
        return rf"{called}\left({', '.join(given)}\right)", ATOM

    def _setting(self, keyword):
        value = self.text(keyword.value, LOOSE)
        name = rf"\mathrm{{{_plain(keyword.arg)}}}"
        return name if value == name else f"{name}={value}"

    def call_where(self, condition, x, y):
        branches = rf"{self.text(x, LOOSE)} & {self.condition(condition)} \\ {self.text(y, LOOSE)} & \text{{otherwise}}"
        return rf"\begin{{cases}} {branches} \end{{cases}}", SUM

    def call_logical_and(self, x, y):
        return rf"{self.condition(x)} \land {self.condition(y)}", LOOSE

    def call_exp(self, x):
        return f"e^{{{self.text(x, LOOSE)}}}", POWER

    def call_sqrt(self, x):
        return rf"\sqrt{{{self.text(x, LOOSE)}}}", ATOM

    def call_abs(self, x):
        return rf"\left|{self.text(x, LOOSE)}\right|", ATOM

    def call_power(self, x, y):
        return self._power(x, y)

    def call_floor_divide(self, x, y):
        return self._floor(x, y), ATOM

    def _product(self, x, y):
        if isinstance(x, ast.Name) and ast.unparse(x) == ast.unparse(y):
            return f"{self.text(x, ATOM)}^{{2}}", POWER
        return rf"{self.text(x, PRODUCT)} \cdot {self.text(y, POWER)}", PRODUCT

    def _power(self, x, y):
        return f"{self.text(x, ATOM)}^{{{self.text(y, LOOSE)}}}", POWER

    def _fraction(self, x, y):
        return rf"\frac{{{self.text(x, LOOSE)}}}{{{self.text(y, LOOSE)}}}"

    def _floor(self, x, y):
        return rf"\left\lfloor {self._fraction(x, y)} \right\rfloor"


def _plain(name):
    return name.replace("_", r"\_")
