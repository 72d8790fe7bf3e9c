"""Write docs/ops.md: the derivative table as one page, each rule taken from its own source.

python docs/make_ops.py
"""

import inspect
from pathlib import Path

from minigrad import ops
from minigrad.rules import rule_text
from minigrad.table import TABLE

HEAD = """# The derivative table

Every primitive, with one rule per input; a constant one has no derivative. `g` is the gradient that arrives from above,
∂L/∂out; each rule gives ∂L/∂input = g × local derivative. The engine sums over axes that broadcasting stretched.
Names with an underscore are short functions in the same file. This page is made from the source by
`python docs/make_ops.py`; a test keeps it current.
"""


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for module in (None, ops.elementwise, ops.reduce, ops.shape, ops.linalg, ops.window, ops.loss):
        rows = [row for row in TABLE.values() if row.forward.__module__ == (module or astype_home).__name__]
        if module:
            title = inspect.getdoc(module).splitlines()[0].removeprefix("Rows of the table that ").rstrip(".")
            parts.append(f"\n## [`{module.__name__.rpartition('.')[2]}`](../minigrad/ops/"
                         f"{module.__name__.rpartition('.')[2]}.py): {title}\n")  # fmt: skip
        else:
            parts.append("\n## In the engine\n")
        parts.append("| op | what it gives | rules |\n| --- | --- | --- |")
        parts += [_line(row) for row in rows]
    return "\n".join(parts) + "\n"


def _line(row):
    signature = str(inspect.signature(row.forward))
    text = inspect.getdoc(row.forward).splitlines()[0]
    return f"| `{row.name}{signature}` | {_escaped(text)} | {_rules(row)} |"


def _rules(row):
    if row.rules is None:
        return "constant: no derivative"
    inputs = [p.name for p in inspect.signature(row.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
    rules = [row.rules.rule] if row.variadic else row.rules
    lines = [f"{name}: {'none' if rule is None else _code(rule)}" for name, rule in zip(inputs, rules, strict=True)]
    return "<br>".join(lines)


def _code(rule):
    return f"`{_escaped(rule_text(rule))}`"


def _escaped(text):
    return text.replace("|", "\\|")


astype_home = inspect.getmodule(TABLE["astype"].forward)

if __name__ == "__main__":
    (Path(__file__).parent / "ops.md").write_text(page(), encoding="utf-8")
