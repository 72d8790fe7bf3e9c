"""Write docs/all_errors.md: every message of minigrad, taken from its source.

python docs/make_errors.py
"""

import ast
import functools
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEAD = """# Every error message

{count} messages, page by page, as they stand in the source: of exceptions, of warnings, and of the lines that the
command prints on standard error. ‹x› is what was given. What to do stands after the semicolon, or is what the message
expected; why it is an error stands above the messages of a page. [The error index](errors.md) explains, in English and
Chinese, those that a learner meets first. This page is made by `python docs/make_errors.py`; a test keeps it current.
"""
WHY = {  # the pages whose paths begin so, the longest first; why what they refuse is refused
    "minigrad/__init__.py": "A name that PyTorch has and minigrad has not is told apart from a typing error.",
    "minigrad/autograd.py": (
        "A derivative needs a record of one computation: outputs that depend on the inputs, shapes that fit, and no "
        "NaN, Inf or overwritten value on the way."
    ),
    "minigrad/backward.py": (
        "The walk back gives the gradient of what was computed, or none: a record that is missing, used up or out of "
        "date would give another number."
    ),
    "minigrad/cli/": (
        "A value that makes no sense would cost you the minutes until it shows; so it is refused before anything is "
        "trained or written."
    ),
    "minigrad/comparison.py": (
        "Two things can be held against each other only if they have numbers, dtypes and shapes that can be compared."
    ),
    "minigrad/creation.py": "A tensor has a shape of whole numbers, and numbers that its dtype can hold.",
    "minigrad/custom.py": (
        "An operation of your own must say how it goes forward and how gradients go back, one gradient for each input."
    ),
    "minigrad/datasets/": (
        "A data set that is incomplete or not the one it is taken for would train a network on something else, "
        "without a word."
    ),
    "minigrad/device.py": "There is the CPU, and nothing else to compute on.",
    "minigrad/dispatch.py": (
        "A NumPy function that the derivative table does not know would give numbers without a record: a gradient cut "
        "off silently."
    ),
    "minigrad/dtypes.py": "Tensors hold bools, integers and floats; only floats have neighbours, and so slopes.",
    "minigrad/engine.py": "An operation is given tensors of shapes and dtypes that go together, each of them once.",
    "minigrad/errors.py": "NumPy could not compute it; the message adds the operation and what it was given.",
    "minigrad/functions/": "These shapes, dims or arguments have no answer, or more than one.",
    "minigrad/generator.py": "Random numbers can be repeated only from a seed or a state that a generator can hold.",
    "minigrad/gradcheck.py": (
        "The rule and the differences disagree, or cannot be compared: differences need float64, inputs that can be "
        "moved one by one, and a function that gives the same twice."
    ),
    "minigrad/inplace.py": (
        "A value that the record needs must not change behind its back, and a value must fit the dtype it is written "
        "into."
    ),
    "minigrad/io.py": (
        "A file that is damaged, or is something else, is refused before any of it is used; what cannot be kept "
        "without running code is not saved."
    ),
    "minigrad/nn/functional/": (
        "A loss or layer of shapes that do not belong together, of targets that are no classes or probabilities, or "
        "of settings out of range would give a number that means nothing."
    ),
    "minigrad/nn/": (
        "A layer is made of sizes and settings that exist, and then called with tensors that have its sizes."
    ),
    "minigrad/ops/": "A row of the derivative table got shapes that its formula has no meaning for.",
    "minigrad/optim/lr_scheduler/": (
        "A schedule is a plan over the steps, so its places and factors must be numbers that come in order, and it "
        "needs an optimizer whose rate it sets."
    ),
    "minigrad/optim/": (
        "An optimizer with options out of range walks in the wrong direction, or to NaN; a state of other parameters "
        "would move the wrong numbers."
    ),
    "minigrad/random.py": "Numbers can be drawn only from a range that is not empty, by a generator of minigrad.",
    "minigrad/table.py": "A row of the table has one rule for each input, and a rule takes what it will be given.",
    "minigrad/tensor.py": "A tensor is one block of numbers of one dtype, and only one number is a number.",
    "minigrad/train/": "A training is refused where it would fail later, or would not be the one that was asked for.",
    "minigrad/transforms/": "A change of images needs images, and settings that keep them images.",
    "minigrad/utils/": "Batches are made of items that have a length, an index, and shapes that can be stacked.",
    "minigrad/viz/": (
        "A picture shows the data it was given; where there is nothing to show, or no program to draw it, that is "
        "said instead."
    ),
}
MADE_ELSEWHERE = {"explain", "_made_of_data", "_unwritten"}  # functions that return an exception to be raised
LIKE = {"kind": "as NumPy's", "type(error)": "OSError"}  # exceptions whose type is that of another one
TELLERS = {  # functions that make up a message for somebody else to raise
    "minigrad/gradcheck.py": ("AssertionError", [
        "_first_problem", "_unfit", "report", "_not_finite", "_kink", "_nothing_arrives", "_not_linear", "_factor",
        "_transposed", "_wrong_operand", "_missing_paths",
    ]),
}  # fmt: skip


def messages() -> list[tuple[str, str, str]]:
    """(page, type, text) of every message of its own with which minigrad raises, warns or complains."""
    return list(dict.fromkeys((page, kind, text) for page, kind, texts, _ in places(ROOT) for text in texts))


@functools.cache
def places(root: Path) -> list[tuple[str, str, list[str], str]]:
    """(page, type, texts, source) of every place that raises, warns or complains; no texts where none is found."""
    found = []
    for path in sorted((root / "minigrad").rglob("*.py")):
        page, tree = path.relative_to(root).as_posix(), ast.parse(path.read_text(encoding="utf-8"))
        functions = {node.name: node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)}
        for node, function in within(tree, None):
            kind, given = telling(node)
            if kind:
                texts = [text for x in given for text in told(x, function, functions)]
                found.append((page, kind, [filled(text, tree) for text in texts], ast.unparse(node)))
        kind, names = TELLERS.get(page, ("", ()))
        found += [(page, kind, [filled(x, tree) for x in returned(functions[name])], name) for name in names]
    return found


def filled(text, tree):
    """A text with the constants of its page in their places."""
    for node in tree.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant | ast.JoinedStr):
            text = text.replace(f"‹{ast.unparse(node.targets[0])}›", " ".join(written(node.value).split()))
    return text


def within(node, function):
    """Every node of a syntax tree, with the innermost function around it."""
    for child in ast.iter_child_nodes(node):
        yield child, function
        yield from within(child, child if isinstance(child, ast.FunctionDef) else function)


def telling(node):
    """(type, arguments) if here something is raised, made to be raised, warned or complained of; ("", []) if not."""
    call = node.exc if isinstance(node, ast.Raise) else node.value if isinstance(node, ast.Return) else None
    if isinstance(call, ast.Call):
        kind = ast.unparse(call.func).rpartition(".")[2]
        if kind in MADE_ELSEWHERE:  # this function returns the exception, and there its text is found
            return "", []
        if isinstance(node, ast.Raise) or kind.endswith("Error") or kind in LIKE:
            return LIKE.get(kind, kind), call.args
    if isinstance(node, ast.Call):
        called = getattr(node.func, "id", "") or getattr(node.func, "attr", "")
        if called == "warn":
            return (ast.unparse(node.args[1]) if len(node.args) > 1 else "UserWarning"), node.args[:1]
        if called in ("complain", "error"):
            return "printed", node.args[-1:]
    return "", []


def told(node, function, functions):
    """The texts that an argument may be: written here, in a variable, or returned by a function of the page."""
    if isinstance(node, ast.Constant | ast.JoinedStr):
        text = written(node)
        return [text] if " " in text else []
    if isinstance(node, ast.Name) and function:
        puts = [x for x in ast.walk(function) if isinstance(x, ast.Assign) and ast.unparse(x.targets[0]) == node.id]
        values = [put.value for put in puts if not isinstance(put.value, ast.Name)]
        return [text for value in values for text in told(value, function, functions)]
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in functions:
        return returned(functions[node.func.id])
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):  # f"…".replace(…)
        return told(node.func.value, function, functions)
    return []


def returned(function):
    """The texts that stand in a function, but for its docstring and for pieces of an f-string."""
    texts, ahead = [], function.body[1:] if ast.get_docstring(function) else function.body[:]
    while ahead:
        node = ahead.pop(0)
        if isinstance(node, ast.JoinedStr) or (isinstance(node, ast.Constant) and isinstance(node.value, str)):
            text = written(node).strip()
            texts += [text] if " " in text and text[0] not in ",;(" else []
        else:
            ahead = [*ast.iter_child_nodes(node), *ahead]
    return texts


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
            parts.append(f"\n## [{path}](../{path})\n\n{why(path)}\n\n| type | message |\n| --- | --- |")
            last = path
        parts.append(f"| {kind} | {escaped(text)} |")
    return "\n".join(parts) + "\n"


def why(path):
    """Why the messages of a page are errors."""
    return WHY[max((start for start in WHY if path.startswith(start)), key=len)]


def escaped(text):
    """Text in a cell of a table, where nothing of it is Markdown."""
    return re.sub(r"([|*_<\[`])", r"\\\1", text)


if __name__ == "__main__":
    (Path(__file__).parent / "all_errors.md").write_text(page(), encoding="utf-8")
