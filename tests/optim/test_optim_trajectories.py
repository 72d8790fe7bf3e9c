"""Optimizers walk PyTorch's path: tests/reference/make_optim.py made the reference values."""

import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim import theta

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "optim.json").read_text(encoding="utf-8"))
CASES = REFERENCE["cases"]
PYTORCHS_OWN = {"foreach", "fused", "capturable", "differentiable", "decoupled_weight_decay"}  # how, not what


def made(case):
    """The parameters and the optimizer of a case."""
    params = [mg.tensor(np.array(p), requires_grad=True) for p in REFERENCE["parameters"]]
    groups = [{**group, "params": [params[i] for i in group["params"]]} for group in case["groups"]]
    return params, getattr(optim, case["optimizer"])(groups, **case["options"])


def with_tensors(state_dict):
    """A state_dict read from JSON with tensors in place of lists."""
    state = {i: {k: mg.tensor(np.array(v)) for k, v in entry.items()} for i, entry in state_dict["state"].items()}
    return {**state_dict, "state": state}


def give(params, gradients):
    for p, g in zip(params, gradients, strict=True):
        p.grad = None if g is None else mg.tensor(np.array(g))


def numbers(params):
    return np.concatenate([p.array.reshape(-1) for p in params])


@pytest.mark.parametrize("chunk", [2**17, 4, 1], ids=lambda n: f"chunks of {n}")
@pytest.mark.parametrize("name", CASES)
def test_the_trajectory_is_pytorchs(name, chunk, monkeypatch):
    monkeypatch.setattr(theta, "CHUNK", chunk)
    case = CASES[name]
    params, optimizer = made(case)

    trajectory = []
    for gradients in REFERENCE["gradients"]:
        give(params, gradients)
        optimizer.step()
        trajectory.append(numbers(params))

    np.testing.assert_allclose(trajectory, case["trajectory"], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("chunk", [2**17, 4], ids=lambda n: f"chunks of {n}")
@pytest.mark.parametrize("name", CASES)
def test_the_state_dict_is_pytorchs_in_keys_shapes_and_numbers(name, chunk, monkeypatch):
    monkeypatch.setattr(theta, "CHUNK", chunk)
    case = CASES[name]
    params, optimizer = made(case)
    for gradients in REFERENCE["gradients"]:
        give(params, gradients)
        optimizer.step()

    found, expected = optimizer.state_dict(), case["state_dict"]

    assert {str(i): list(state) for i, state in found["state"].items()} == {
        i: list(state) for i, state in expected["state"].items()
    }
    for i, state in found["state"].items():
        for key, value in state.items():
            np.testing.assert_allclose(value.array, expected["state"][str(i)][key], rtol=1e-12, atol=1e-14)
            assert value.shape == np.shape(expected["state"][str(i)][key])
    for group, reference in zip(found["param_groups"], expected["param_groups"], strict=True):
        listed = {k: list(v) if isinstance(v, tuple) else v for k, v in group.items()}
        assert listed == {k: v for k, v in reference.items() if k not in PYTORCHS_OWN}


@pytest.mark.parametrize("name", CASES)
def test_a_state_of_pytorch_can_be_loaded_and_gone_on_from(name):
    case, gradients = CASES[name], REFERENCE["gradients"]
    params, optimizer = made(case)
    for row in gradients:
        give(params, row)
        optimizer.step()
    others, other = made(case)
    for p, q in zip(others, params, strict=True):
        p.data = q.detach().clone()

    other.load_state_dict(with_tensors(case["state_dict"]))
    for row in gradients:
        for tensors, stepper in ((params, optimizer), (others, other)):
            give(tensors, row)
            stepper.step()

    np.testing.assert_allclose(numbers(others), numbers(params), rtol=1e-12, atol=1e-14)


def test_pytorchs_fused_and_foreach_are_ignored_because_they_change_no_number():
    _, optimizer = made(CASES["Adam"])
    state = with_tensors(CASES["Adam"]["state_dict"])
    state["param_groups"][0]["fused"] = True

    optimizer.load_state_dict(state)

    assert optimizer.param_groups[0]["lr"] == 1e-3


@pytest.mark.parametrize("cls", [optim.SGD, optim.Adam, optim.AdamW])
def test_the_formula_in_the_docstring_names_its_paper(cls):
    assert "θ ←" in cls.__doc__
    assert any(year in cls.__doc__ for year in ("1964", "2015", "2019"))
