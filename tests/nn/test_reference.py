"""Functions and modules of minigrad.nn against what PyTorch computed (tests/reference/make_nn.py, make_losses.py)."""

import inspect
import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn

CASES, LOSSES = (
    json.loads((Path(__file__).parents[1] / "reference" / name).read_text()) for name in ("nn.json", "losses.json")
)
FUNCTIONS = CASES["functions"] + LOSSES["functions"]
MODULES = CASES["modules"] + LOSSES["modules"]


@pytest.fixture(autouse=True)
def double_precision(default_dtype):
    default_dtype(mg.float64)


def leaves(case):
    """The tensors of a case; those that PyTorch gave a gradient require one."""
    return {
        name: mg.tensor(values, requires_grad=name in case["gradients"]) for name, values in case["tensors"].items()
    }


def check(output, inputs, case, rtol=1e-10):
    np.testing.assert_allclose(output.detach().numpy(), case["output"], rtol=1e-12, atol=1e-12)

    output.backward(mg.tensor(case["cotangent"]))

    gradients = {name: x.grad for name, x in inputs.items() if x.requires_grad}
    assert gradients.keys() == case["gradients"].keys()
    for name, g in gradients.items():
        np.testing.assert_allclose(g.numpy(), case["gradients"][name], rtol=rtol, atol=1e-12, err_msg=name)


@pytest.mark.filterwarnings("ignore:kl_div. the mean divides by all")
@pytest.mark.parametrize("case", FUNCTIONS, ids=lambda case: case["call"])
def test_function_and_its_gradients_are_those_of_pytorch(case):
    inputs = leaves(case)

    output = eval(case["call"], dict(vars(nn.functional)), inputs)

    # At probabilities of 0 and 1 the slope is cut off at 10¹², which PyTorch writes down in single precision.
    check(output, inputs, case, rtol=1e-8 if "labels" in case["tensors"] else 1e-10)


@pytest.mark.parametrize("case", MODULES, ids=lambda case: case["make"])
def test_module_with_pytorchs_state_computes_what_pytorch_does(case):
    module, inputs = eval(case["make"], {**vars(nn), "tensor": mg.tensor}), leaves(case)

    module.load_state_dict({name: np.array(values) for name, values in case["state"].items()})

    check(module(*inputs.values()), {**inputs, **dict(module.named_parameters())}, case)


@pytest.mark.parametrize("case", MODULES, ids=lambda case: case["make"])
def test_state_dict_has_the_names_order_and_shapes_of_pytorch(case):
    module = eval(case["make"], {**vars(nn), "tensor": mg.tensor})

    state = [(name, x.shape) for name, x in module.state_dict().items()]

    assert state == [(name, np.shape(values)) for name, values in case["state"].items()]


@pytest.mark.parametrize("case", MODULES, ids=lambda case: case["make"])
def test_a_module_prints_as_in_pytorch(case):
    module = eval(case["make"], {**vars(nn), "tensor": mg.tensor})

    assert repr(module) == case["repr"].replace(", inplace=False", "")  # there is no in-place variant here


@pytest.mark.parametrize(("name", "arguments"), LOSSES["signatures"], ids=lambda x: x if isinstance(x, str) else "")
def test_a_loss_takes_the_arguments_of_pytorch_in_its_order_with_its_defaults(name, arguments):
    parameters = inspect.signature(getattr(nn, name, None) or getattr(nn.functional, name)).parameters.values()

    assert [[p.name, "required" if p.default is p.empty else p.default] for p in parameters] == arguments


@pytest.mark.parametrize(("nonlinearity", "slope", "gain"), CASES["gains"])
def test_gain_is_that_of_pytorch(nonlinearity, slope, gain):
    assert nn.init.calculate_gain(nonlinearity, slope) == pytest.approx(gain, rel=1e-15)


@pytest.mark.parametrize("case", CASES["clipping"], ids=lambda case: f"norm {case['norm_type']}")
def test_clipped_gradients_are_those_of_pytorch(case):
    parameters = [nn.Parameter(np.zeros(np.shape(g))) for g in case["before"]]
    for p, g in zip(parameters, case["before"], strict=True):
        p.grad = mg.tensor(g)

    norm = nn.utils.clip_grad_norm_(parameters, 0.7, case["norm_type"])

    assert norm.item() == pytest.approx(case["norm"], rel=1e-12)
    for p, g in zip(parameters, case["after"], strict=True):
        np.testing.assert_allclose(p.grad.numpy(), g, rtol=1e-12)
