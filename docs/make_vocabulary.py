"""Write docs/vocabulary.md: every loss, layer, optimizer and so on, with its signature and what it is, from the source.

python docs/make_vocabulary.py
"""

import inspect
import re
from pathlib import Path

from minigrad import datasets, nn, optim, train, transforms
from minigrad.nn import functional, init
from minigrad.optim import lr_scheduler
from minigrad.utils import data

ROOT = Path(__file__).parent.parent
HEAD = """# The vocabulary

Every loss, layer, activation, optimizer, schedule, metric, dataset and transform, with its signature and what it is. A
name leads to its source, `help(name)` tells the rest, and what has PyTorch's name has PyTorch's meaning. This page is
made from the source by `python docs/make_vocabulary.py`; a test keeps it current.
"""
GROUPS = [  # title, the package whose names are listed, and which of its files, all that no other group names if none
    ("Losses", nn, ["loss"]),
    ("Losses as functions", functional, ["loss", "classes", "focal", "divergence", "penalty"]),
    ("Layers", nn, ["layers", "convolution", "pooling", "normalization", "recurrent"]),
    ("What layers are put together with", nn, []),
    ("Activations", nn, ["activation"]),
    ("Activations as functions", functional, ["activation"]),
    ("Other functions", functional, []),
    ("How weights start", init, []),
    ("Gradients and parameters, all at once", nn.utils, []),
    ("Optimizers", optim, []),
    ("Schedules of the learning rate", lr_scheduler, []),
    ("Metrics", train, ["metrics"]),
    ("The training loop, and what goes along with it", train, []),
    ("Datasets", datasets, []),
    ("Data in batches", data, []),
    ("Transforms", transforms, []),
]
LONGEST = 40  # letters of a default value that is shown


def page() -> str:
    """The page as Markdown."""
    parts = [HEAD]
    for title, package, files in GROUPS:
        others = [file for _, other, named in GROUPS if other is package for file in named]
        things = [(name, getattr(package, name)) for name in package.__all__]
        things = [(name, thing) for name, thing in things if not inspect.ismodule(thing)]
        homes = [_file(package, name, thing) for name, thing in things]
        rows = [x for x, home in zip(things, homes, strict=True) if (home in files if files else home not in others)]
        parts.append(f"\n## {title}: `{package.__name__}`\n\n| name | signature | what it is |\n| --- | --- | --- |")
        parts += [_line(name, thing) for name, thing in sorted(rows, key=lambda row: row[0].lower())]
    return "\n".join(parts) + "\n"


def _file(package, name, thing):
    """The file in a package that offers a thing: the one it is written in, if no other has it in its __all__."""
    offering = [page.__name__ for page in getattr(package, "PAGES", ()) if name in page.__all__]
    return [thing.__module__, *offering][-1].rpartition(".")[2]


def _line(name, thing):
    text = " ".join(inspect.getdoc(thing).splitlines()[0].split())
    source = Path(inspect.getsourcefile(inspect.unwrap(thing))).relative_to(ROOT).as_posix()
    return f"| [`{name}`](../{source}) | {_signature(name, thing)} | {_escaped(text)} |"


def _signature(name, thing):
    """The arguments without their types, which would hide them."""
    if inspect.isclass(thing) and issubclass(thing, BaseException):
        return "an exception"
    signature = inspect.signature(thing)
    parameters = [p.replace(annotation=p.empty, default=_short(p.default)) for p in signature.parameters.values()]
    return f"`{name}{inspect.Signature(parameters)}`".replace("|", "\\|")


class _Dots:
    """A default value that is too long to be shown."""

    def __repr__(self):
        return "…"


def _short(default):
    return _Dots() if default is not inspect.Parameter.empty and len(repr(default)) > LONGEST else default


def _escaped(text):
    """Text in a cell of a table; what stands between backticks is code."""
    parts = [part if i % 2 else re.sub(r"([*<])", r"\\\1", part) for i, part in enumerate(text.split("`"))]
    return "`".join(parts).replace("|", "\\|")


if __name__ == "__main__":
    (Path(__file__).parent / "vocabulary.md").write_text(page(), encoding="utf-8")
