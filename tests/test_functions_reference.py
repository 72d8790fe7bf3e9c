"""Functions against PyTorch: values, first and second derivatives (made by tests/reference/make_functions.py)."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import grad

CASES = json.loads((Path(__file__).parent / "reference" / "functions.json").read_text())


@pytest.fixture(autouse=True)
def double_precision(default_dtype):
    default_dtype(mg.float64)


def leaf(values):
    x = mg.tensor(values)
    return x.requires_grad_(x.dtype.kind == "f")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["call"])
def test_a_function_and_its_derivatives_are_those_of_pytorch(case):
    inputs = {name: leaf(values) for name, values in case["tensors"].items()}
    wanted = [x for x in inputs.values() if x.requires_grad]
    output = eval(case["call"], {**vars(mg), "leaky": mg.nn.functional.leaky_relu, "inf": math.inf}, inputs)

    np.testing.assert_allclose(output.detach().numpy(), case["output"], rtol=1e-12, atol=1e-14)
    if not output.requires_grad:  # a constant: PyTorch's gradient, if it has one, is 0
        assert not np.any(np.asarray(case.get("first", 0)))
        return

    first = grad(output, wanted, mg.tensor(case["cotangent"]), create_graph=True, allow_unused=True)
    first = [mg.zeros_like(x) if g is None else g for x, g in zip(wanted, first, strict=True)]
    for g, expected in zip(first, case["first"], strict=True):
        np.testing.assert_allclose(g.detach().numpy(), expected, rtol=1e-10, atol=1e-12)
    again = [mg.tensor(np.cos(np.arange(x.numel()) + 1.0).reshape(x.shape)) for x in wanted]
    total = sum((g * a).sum() for g, a in zip(first, again, strict=True))
    second = grad(total, wanted, allow_unused=True) if total.requires_grad else [None] * len(wanted)
    for x, g, expected in zip(wanted, second, case["second"], strict=True):
        slope, theirs = np.zeros(x.shape) if g is None else g.numpy(), np.asarray(expected)
        finite = np.isfinite(theirs)  # in a kink, such as the norm of nothing but zeros, theirs is NaN
        np.testing.assert_allclose(slope[finite], theirs[finite], rtol=1e-10, atol=1e-10)
