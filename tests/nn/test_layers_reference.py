"""Every layer and its options against what PyTorch computed (tests/reference/make_layers.py)."""

import inspect
import json
import math
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn.utils import parameters_to_vector, vector_to_parameters

CASES = json.loads((Path(__file__).parents[1] / "reference" / "layers.json").read_text())


@pytest.fixture(autouse=True)
def double_precision(default_dtype):
    default_dtype(mg.float64)


def wave(size, phase=0.0):
    """The numbers that the script takes: different ones between -2 and 2."""
    return mg.tensor((2 * np.sin(1.7 * np.arange(math.prod(size)) + phase)).reshape(size))


def made(make):
    module = eval(make, dict(vars(nn)))
    parameters = dict(module.named_parameters())
    for i, p in enumerate(parameters.values()):
        p.data.copy_(wave(p.shape, 0.5 * i + 1))
    return module, parameters


def check(outputs, inputs, expected):
    """Outputs, and gradients for cotangents that are waves, are those expected."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    for y, theirs in zip(outputs, expected["outputs"], strict=True):
        np.testing.assert_allclose(y.detach().numpy(), theirs, rtol=1e-10, atol=1e-13)
    found = [None] * len(inputs)
    if any(y.requires_grad for y in outputs):
        cotangents = [wave(y.shape, i + 0.25) for i, y in enumerate(outputs)]
        found = grad(outputs, list(inputs.values()), cotangents, allow_unused=True)
    assert inputs.keys() == expected["gradients"].keys()
    for (name, x), g in zip(inputs.items(), found, strict=True):
        g = np.zeros(x.shape) if g is None else g.numpy()
        np.testing.assert_allclose(g, expected["gradients"][name], rtol=1e-10, atol=1e-13, err_msg=name)


def name_of(case):
    return f"{case['make']} on {case.get('size', case.get('indices'))}"


@pytest.mark.parametrize("case", CASES["layers"], ids=name_of)
def test_a_layer_in_training_and_in_evaluation_is_that_of_pytorch(case):
    module, parameters = made(case["make"])
    batches = [wave(case["size"], 0.1 * i).requires_grad_() for i in range(3)]

    results = [module(x) for x in batches]

    check(results[-1], {"input": batches[-1], **parameters}, case["train"])
    assert dict(module.named_buffers()).keys() == case["buffers"].keys()
    for name, buffer in module.named_buffers():
        np.testing.assert_allclose(buffer.numpy(), case["buffers"][name], rtol=1e-12, err_msg=name)
    again = module.eval()(batches[-1])
    check(again, {"input": batches[-1], **parameters}, case.get("eval", case["train"]))


@pytest.mark.parametrize("case", CASES["layers"], ids=name_of)
def test_the_state_of_a_layer_has_the_names_order_and_shapes_of_pytorch(case):
    module, _ = made(case["make"])

    assert [(name, list(x.shape)) for name, x in module.state_dict().items()] == list(case["state"].items())


@pytest.mark.parametrize("case", CASES["layers"] + CASES["embeddings"], ids=name_of)
def test_a_layer_prints_as_in_pytorch(case):
    module, _ = made(case["make"])

    assert repr(module) == case["repr"].replace(", inplace=False", "")  # there is no in-place variant here


@pytest.mark.parametrize("case", CASES["embeddings"], ids=name_of)
def test_an_embedding_is_that_of_pytorch(case):
    module, parameters = made(case["make"])

    check(module(mg.tensor(case["indices"])), parameters, case)


@pytest.mark.parametrize("case", CASES["started"], ids=name_of)
def test_an_rnn_that_begins_with_given_states_is_that_of_pytorch(case):
    module, parameters = made(case["make"])
    inputs = {"input": wave(case["size"]).requires_grad_(), "hx": wave(case["start"], 0.3).requires_grad_()}

    check(module(*inputs.values()), {**inputs, **parameters}, case)


@pytest.mark.parametrize("case", CASES["functions"], ids=lambda case: case["call"])
def test_a_function_and_its_derivatives_are_those_of_pytorch(case):
    xs = [mg.tensor(g) if np.ndim(g) > 1 or "." in str(g) else wave(g, 0.5 * i) for i, g in enumerate(case["given"])]
    inputs = dict(zip("xyz", [x.requires_grad_() for x in xs], strict=False))

    output = eval(case["call"], {**vars(nn.functional), "tensor": mg.tensor}, inputs)
    first = grad(output, xs, wave(output.shape, 0.25), create_graph=True)
    total = sum((g * wave(g.shape, 0.75)).sum() for g in first)
    second = grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)

    close = {"rtol": 1e-10, "atol": 1e-12}
    np.testing.assert_allclose(output.detach().numpy(), case["output"], **close)
    for x, slope, theirs, curve, curved in zip(xs, first, case["first"], second, case["second"], strict=True):
        np.testing.assert_allclose(slope.detach().numpy(), theirs, **close)
        curve = np.zeros(x.shape) if curve is None else curve.numpy()
        away = x.detach().numpy() != 0  # in a kink PyTorch takes the second derivative from the other side, or has NaN
        np.testing.assert_allclose(curve[away], np.array(curved)[away], **close)


@pytest.mark.parametrize("case", CASES["vectors"])
def test_parameters_as_a_vector_and_back_are_those_of_pytorch(case):
    parameters = [wave((2, 3)), wave((2,), 1.0)]

    vector = parameters_to_vector(parameters)
    vector_to_parameters(wave((8,), 2.0), parameters)

    np.testing.assert_allclose(vector.numpy(), case["vector"], rtol=1e-12)
    for p, after in zip(parameters, case["after"], strict=True):
        np.testing.assert_allclose(p.numpy(), after, rtol=1e-12)


def layer_classes():
    """The modules that are no losses and hold no others."""
    others = {nn.Module, nn.ModuleList, nn.Parameter, nn.Sequential}
    classes = {getattr(nn, name) for name in nn.__all__ if inspect.isclass(getattr(nn, name))}
    return sorted(c.__name__ for c in classes - others if not c.__name__.endswith("Loss"))


@pytest.mark.parametrize("name", layer_classes())
def test_every_layer_is_held_against_pytorch(name):
    assert any(f"{name}(" in case["make"] for case in CASES["layers"] + CASES["embeddings"])
