"""Writes dtypes.json: the dtype PyTorch gives every operation on every pair of operands. Run it with torch==2.13.0.

{"made": {expression: dtype}, "unary": {op: {operand: dtype}}, "binary": {op: {left: {right: dtype}}}}. An operand is
written "float32[2]" (a vector), "float32[]" (a 0-d tensor), "float" (a Python number) or "np.float64" (a NumPy
scalar). What PyTorch refuses is left out, and so are two of its accidents: np.bool_ counted as a float, and all() and
any() of uint8 as uint8.
"""

import json
import operator
import warnings
from pathlib import Path

import numpy as np
import torch

DTYPES = ["bool", "uint8", "int32", "int64", "float16", "float32", "float64"]
OPERANDS = {
    **{f"{name}[2]": torch.ones(2, dtype=getattr(torch, name)) for name in DTYPES},
    **{f"{name}[]": torch.ones((), dtype=getattr(torch, name)) for name in DTYPES},
    **{"bool": True, "int": 2, "float": 2.0},
    **{"np.int32": np.int32(2), "np.float32": np.float32(2), "np.float64": np.float64(2)},
}
TENSORS = {k: v for k, v in OPERANDS.items() if "[" in k}
BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "remainder": operator.mod,
    "floor_divide": operator.floordiv,
    "eq": operator.eq,
    "lt": operator.lt,
    "matmul": operator.matmul,
    "maximum": torch.maximum,
    "cat": lambda x, y: torch.cat([x, y]),
    "where": lambda x, y: torch.where(torch.tensor([True, False]), x, y),
    "logical_and": torch.logical_and,
    "outer": torch.outer,
}
UNARY = [
    "abs", "acos", "all", "amax", "any", "argmax", "argsort", "asin", "atan", "ceil", "cos", "cosh", "erf", "exp",
    "expm1", "floor", "isfinite", "isnan", "log", "log10", "log1p", "log2", "logical_not", "mean", "neg", "prod",
    "reciprocal", "relu", "round", "rsqrt", "sigmoid", "sign", "sin", "sinh", "sqrt", "square", "std", "sum", "tan",
    "tanh", "trunc", "var",
]  # fmt: skip
MADE = [
    "tensor(1)", "tensor(1.0)", "tensor(True)", "tensor([])", "tensor([1, 2])", "tensor([1, 2.5])", "tensor([True, 2])",
    "tensor([True, 2.5])", "tensor(np.float64(1))", "tensor(np.float32(1))", "tensor(np.int32(1))",
    "tensor(np.ones(2))", "tensor(np.ones(2, np.float32))", "tensor(np.ones(2, np.int16))", "tensor([np.float64(1)])",
    "as_tensor([1.5])", "as_tensor(np.ones(2))", "zeros(2)", "ones(2)", "eye(2)", "full((2,), 1)", "full((2,), 1.0)",
    "full((2,), True)", "arange(3)", "arange(3.0)", "arange(0, 3, 0.5)", "linspace(0, 1, 3)", "linspace(0, 3, 4)",
    "randint(0, 5, (2,))", "randperm(3)", "rand(2)", "randn(2)", "zeros_like(tensor([1]))", "ones_like(tensor([True]))",
    "rand_like(tensor([1.0]))", "randn_like(tensor([1.0]))", "full_like(tensor([1]), 2)",
]  # fmt: skip


def dtypes_of(compute, cases):
    """{case: the name of the dtype of compute(its operands)}, without the cases that PyTorch refuses."""
    found = {}
    for name, operands in cases.items():
        try:
            found[name] = str(compute(*operands).dtype).removeprefix("torch.")
        except (RuntimeError, TypeError, IndexError):
            continue
    return found


def rights_of(left):
    """What may stand right of left: two numbers make no tensor, and a NumPy scalar on the left is NumPy's to answer."""
    return {} if "np." in left else {k: v for k, v in OPERANDS.items() if "[" in left or "[" in k}


def binary_rows(op):
    """{left: {right: dtype}} of one operation."""
    rows = {x: dtypes_of(op, {y: (OPERANDS[x], v) for y, v in rights_of(x).items()}) for x in OPERANDS}
    return {left: row for left, row in rows.items() if row}


def unary_row(op):
    """{operand: dtype} of one function."""
    asked = [k for k in TENSORS if op not in ("all", "any") or "uint8" not in k]
    return dtypes_of(getattr(torch, op), {k: (TENSORS[k],) for k in asked})


def main():
    """Writes the tables beside this script, one row a line."""
    warnings.simplefilter("ignore")
    tables = {
        "made": dtypes_of(lambda text: eval(text, {**vars(torch), "np": np}), {text: (text,) for text in MADE}),
        "unary": {op: unary_row(op) for op in UNARY},
        "binary": {name: binary_rows(op) for name, op in BINARY.items()},
    }
    text = json.dumps(tables).replace("}, ", "},\n") + "\n"
    Path(__file__).with_name("dtypes.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
