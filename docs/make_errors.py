"""Write docs/all_errors.md: every message that minigrad raises, taken from its source.

python docs/make_errors.py
"""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = """# Every error message

{count} messages, page by page, as they stand in the source; ‹x› is what was given. What stands after the semicolon is
what to do. [The error index](errors.md) explains those that a learner meets first. This page is made by
`python docs/make_errors.py`; a test keeps it current.
"""


def messages() -> list[tuple[str, str, str]]:
    """(page, type, text) of every exception with a text of its own that minigrad raises."""
    found = []
    for path in sorted((ROOT / "minigrad").rglob("*.py")):
        page = path.relative_to(ROOT).as_posix()
        raised = [
            node.exc for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(node, ast.Raise)
        ]
        for call in raised:
            if isinstance(call, ast.Call) and call.args and isinstance(call.args[-1], ast.Constant | ast.JoinedStr):
                text = written(call.args[-1])
                if " " in text:
                    found.append((page, ast.unparse(call.func).rpartition(".")[2], text))
    return list(dict.fromkeys(found))


def written(node) -> str:
    """A literal or an f-string as text, with ‹x› in the place of what is put in."""
    if isinstance(node, ast.Constant):
        return str(node.value)
    parts = [p.value if isinstance(p, ast.Constant) else f"‹{name(p.value)}›" for p in node.values]
    return " ".join("".join(parts).split())


def name(node) -> str:
    """What is put into a message, in short: the variable that it is made of."""
    names = [
        n.attr if isinstance(n, ast.Attribute) else n.id
        for n in ast.walk(node)
        if isinstance(n, ast.Name | ast.Attribute)
    ]
    functions = {n.func.id for n in ast.walk(node) if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)}
    kept = [n for n in names if n not in functions]
    return kept[0] if kept else "…"


def page() -> str:
    """The page as Markdown."""
    everything = messages()
    parts, last = [HEAD.format(count=len(everything))], None
    for path, kind, text in everything:
        if path != last:
            parts.append(f"\n## [{path}](../{path})\n\n| type | message |\n| --- | --- |")
            last = path
        parts.append(f"| {kind} | {escaped(text)} |")
    return "\n".join(parts) + "\n"


def escaped(text):
    """Text in a cell of a table, where nothing of it is Markdown."""
    return re.sub(r"([|*_<\[`])", r"\\\1", text)


if __name__ == "__main__":
    (Path(__file__).parent / "all_errors.md").write_text(page(), encoding="utf-8")
