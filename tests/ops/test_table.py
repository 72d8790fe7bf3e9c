"""Every row of the derivative table and every function composed of rows, on every sample, to second order."""

import numpy as np
import pytest
from samples import CONSTANTS, FUNCTIONS, INNER_CONSTANTS, LOSSES, ROWS, Sample

import minigrad as mg
from minigrad import functions
from minigrad.autograd import grad
from minigrad.engine import call
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.nn import functional
from minigrad.table import TABLE, EveryInput


def row(name):
    """The operation of a row of the table."""
    return lambda *inputs, **params: call(TABLE[name], inputs, params)


CHECKED = [
    *((f"{name} (row)", row(name), samples) for name, samples in ROWS.items()),
    *((name, getattr(functions, name), samples) for name, samples in FUNCTIONS.items()),
    *((f"functional.{name}", getattr(functional, name), samples) for name, samples in LOSSES.items()),
]
EACH = pytest.mark.parametrize(
    ("function", "sample"),
    [pytest.param(f, s, id=f"{name} {i}") for name, f, samples in CHECKED for i, s in enumerate(samples)],
)


def behind(module, name):
    """The name under which a public function must have samples: its row's, if it is one itself."""
    function = getattr(module, name)
    return getattr(function, "primitive", None) and function.primitive.name


def test_every_row_with_rules_has_samples():
    assert {name for name, op in TABLE.items() if op.rules is not None} == ROWS.keys()


def test_every_row_without_rules_is_declared_constant():
    assert {name for name, op in TABLE.items() if op.rules is None} == CONSTANTS | INNER_CONSTANTS


@pytest.mark.parametrize("name", functions.__all__)
def test_every_public_function_has_samples_or_is_constant(name):
    assert behind(functions, name) in ROWS or name in FUNCTIONS or (behind(functions, name) or name) in CONSTANTS


@pytest.mark.parametrize("name", functional.__all__)
def test_every_function_of_nn_has_samples(name):
    assert behind(functional, name) in ROWS or name in FUNCTIONS or name in LOSSES


@EACH
def test_the_gradient_agrees_with_differences(function, sample):
    assert gradcheck(sample.of(function), sample.tensors())


@EACH
def test_the_gradient_of_the_gradient_agrees_with_differences(function, sample):
    assert gradgradcheck(sample.of(function), sample.tensors())


@pytest.mark.parametrize("name", ROWS)
def test_the_third_derivative_agrees_with_differences(name):
    sample = next(s for s in ROWS[name] if 0 < sum(a.size for a in s.arrays) <= 20)

    def slope_of_squares(*xs):
        tracked = [x for x in xs if x.requires_grad]
        return grad((sample.of(row(name))(*xs) ** 2).sum(), tracked, create_graph=True)

    assert gradgradcheck(slope_of_squares, sample.tensors())


@EACH
def test_rules_give_the_same_numbers_on_arrays_and_on_tensors(function, sample):
    xs = sample.tensors()
    wanted = [x for x in xs if x.requires_grad]
    results = sample.of(function)(*xs)
    tracked = [y for y in (results if isinstance(results, tuple) else (results,)) if y.requires_grad]
    draw = mg.Generator().manual_seed(1)
    v = [mg.randn(y.shape, generator=draw, dtype=np.float64) for y in tracked]

    on_arrays = grad(tracked, wanted, v, retain_graph=True, allow_unused=True)
    on_tensors = grad(tracked, wanted, v, create_graph=True, allow_unused=True)

    for x, a, b in zip(wanted, on_arrays, on_tensors, strict=True):
        assert a.shape == x.shape
        assert a.dtype == x.dtype
        np.testing.assert_allclose(a.numpy(), b.detach().numpy(), rtol=1e-13, atol=1e-15)


BY_ROW = [pytest.param(name, s, id=f"{name} {i}") for name, samples in ROWS.items() for i, s in enumerate(samples)]


@pytest.mark.parametrize(("name", "sample"), BY_ROW)
def test_rules_compute_in_the_dtype_that_they_are_given(name, sample):
    xs = [x.detach().float().requires_grad_() if x.requires_grad else x for x in sample.tensors()]
    params = {"dtype": np.float32} if name == "astype" else sample.params
    y = Sample((), params, sample.call).of(row(name))(*xs)
    node, out = y.grad_fn, y.detach().numpy()
    wanted = [i for i, x in enumerate(node.inputs) if isinstance(x, mg.Tensor) and x.requires_grad]

    results = [node.op.rules[i](np.ones_like(out), out, *node.arrays, **node.params) for i in wanted]

    assert {result.dtype for result in results} == {np.dtype(np.float32)}


def with_mistake(rule, mistake):
    return None if rule is None else lambda *args, **params: mistake(rule(*args, **params))


@pytest.mark.parametrize("mistake", [lambda g: -g, lambda g: g * 1.001, lambda g: g * 0], ids=["sign", "0.1 %", "zero"])
@pytest.mark.parametrize("name", ROWS)
def test_the_samples_of_a_row_would_notice_a_mistake_in_any_rule(name, mistake, monkeypatch):
    op = TABLE[name]
    rules = [op.rules.rule] if op.variadic else op.rules

    for i in [i for i, rule in enumerate(rules) if rule is not None]:
        wrong = [with_mistake(rule, mistake) if j == i else rule for j, rule in enumerate(rules)]
        monkeypatch.setattr(op, "rules", EveryInput(wrong[0]) if op.variadic else wrong)

        assert not all(gradcheck(s.of(row(name)), s.tensors(), raise_exception=False) for s in ROWS[name])


CONSTANT_FUNCTIONS = [getattr(functions, name) for name in sorted(CONSTANTS)]


@pytest.mark.parametrize("function", CONSTANT_FUNCTIONS, ids=sorted(CONSTANTS))
def test_the_result_of_a_constant_does_not_require_grad(function):
    x = mg.tensor([[0.5, -1.0], [2.0, 3.0]], requires_grad=True)
    binary = function in {getattr(functions, n) for n in ("eq", "floor_divide", "ge", "gt", "le", "lt", "ne")}
    binary |= function in {functions.logical_and, functions.logical_or}

    result = function(x, x.T) if binary else function(x)

    assert not result.requires_grad
    assert result.is_leaf
