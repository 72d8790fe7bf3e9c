"""Arrows between modules point down only, nothing is imported late, and `import minigrad` loads NumPy and no more."""

import ast
import importlib
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import minigrad

ROOT = Path(minigrad.__file__).parent
LEVELS = [  # whoever stands in a line may import from the lines above it
    {"accelerator", "backends", "cuda", "device", "display", "dtypes", "errors", "generator", "memory", "rules"},
    {"table"},
    {"engine"},
    {"backward", "ops"},
    {"functions"},
    {"dispatch", "inplace", "methods"},
    {"tensor"},
    {"comparison", "creation"},
    {"custom"},
    {"autograd", "io", "random"},
    {"gradcheck", "nn", "optim", "utils"},
    {"datasets", "transforms", "viz"},
    {"train"},  # its tasks name the data they train on
    {"cli"},
    {"__main__"},
]
LATE = {
    "PIL",
    "difflib",
    "graphviz",
    "graphviz_pure",
    "matplotlib",
    "pooch",
    "requests",
    "safetensors",
    "tqdm",
}  # may come late
HEAVY = {"PIL", "graphviz", "graphviz_pure", "matplotlib", "pooch", "requests", "safetensors", "scipy", "tqdm"}


def name_of(path):
    """A file as Python names it: minigrad.nn.functional."""
    parts = path.relative_to(ROOT.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = [path for path in sorted(ROOT.rglob("*.py")) if path.parent != ROOT / "datasets" / "data"]  # a script there
MODULES = {name_of(path): path for path in FILES}


TYPES_ONLY = "TYPE_CHECKING"  # what is imported there never runs


@cache
def tree_of(module):
    tree = ast.parse(MODULES[module].read_text())
    tree.body = [node for node in tree.body if not (isinstance(node, ast.If) and ast.unparse(node.test) == TYPES_ONLY)]
    return tree


def imported(module):
    """The modules of minigrad that module imports."""
    found = set()
    for node in ast.walk(tree_of(module)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: imports are absolute"
            inner = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= {name if name in MODULES else node.module for name in inner}
    return {name for name in found if name in MODULES}


def level_of(module):
    part = module.split(".")[1]
    return next(i for i, names in enumerate(LEVELS) if part in names)


def test_every_module_has_its_level():
    placed = set().union(*LEVELS)

    assert {module.split(".")[1] for module in MODULES if module != "minigrad"} <= placed


@pytest.mark.parametrize("module", [module for module in MODULES if module != "minigrad"])
def test_arrows_point_down_only(module):
    up = {
        other
        for other in imported(module)
        if other == "minigrad" or (other.split(".")[1] != module.split(".")[1] and level_of(other) >= level_of(module))
    }

    assert up == set()


def test_there_is_no_circle():
    graph = {m: {o for o in imported(m) if not m.startswith(f"{o}.")} for m in MODULES}  # a package loads its parts

    assert [*TopologicalSorter(graph).static_order()]


@pytest.mark.parametrize("module", MODULES)
def test_nothing_is_imported_late_but_what_is_heavy_or_optional(module):
    functions = [n for n in ast.walk(tree_of(module)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    late = {
        (alias.name if isinstance(node, ast.Import) else node.module).partition(".")[0]
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    }

    assert late - LATE == set()


@pytest.mark.parametrize("module", [module for module in MODULES if module not in ("minigrad", "minigrad.viz")])
def test_only_the_package_itself_and_its_pictures_load_parts_by_name(module):
    names = {getattr(node, "attr", getattr(node, "id", None)) for node in ast.walk(tree_of(module))}

    assert names.isdisjoint({"import_module", "__import__"})


def loaded_by(statement):
    """The top-level modules from outside the standard library that a fresh Python has loaded after statement."""
    program = f"import sys; {statement}; print(*{{name.partition('.')[0] for name in sys.modules}})"
    answer = subprocess.run([sys.executable, "-I", "-c", program], capture_output=True, text=True, check=True)
    return {name for name in answer.stdout.split() if name not in sys.stdlib_module_names and name[0] != "_"}


def test_importing_minigrad_loads_numpy_and_nothing_else():
    before = loaded_by("import numpy.random")  # and what site-packages may load by itself

    assert loaded_by("import minigrad") - before == {"minigrad"}


@pytest.mark.parametrize(
    "part", ["nn", "optim", "utils.data", "datasets", "transforms", "gradcheck", "autograd", "viz"]
)
def test_nothing_that_learns_needs_a_heavy_package(part):
    assert loaded_by(f"import minigrad.{part}") & HEAVY == set()


@pytest.mark.parametrize("module", [module for module in MODULES if not module.endswith("__main__")])
def test_all_is_sorted_and_holds_what_there_is(module):
    loaded = importlib.import_module(module)
    names = getattr(loaded, "__all__", [])

    assert list(names) == sorted(set(names), key=lambda name: (not name.isupper(), not name[0].isupper(), name))
    assert [name for name in names if not hasattr(loaded, name)] == []
