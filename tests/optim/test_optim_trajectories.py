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
PYTORCHS_OWN = {"foreach", "fused", "capturable", "differentiable"}  # how, not what


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
    for t, gradients in enumerate(REFERENCE["gradients"], 1):
        give(params, gradients)
        optimizer.step()
        trajectory += [numbers(params)] if t in REFERENCE["kept"] else []

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


@pytest.mark.parametrize(
    ("cls", "paper"),
    [
        (optim.SGD, "Polyak 1964"), (optim.NesterovMomentum, "Sutskever, Martens, Dahl and Hinton (2013)"),
        (optim.Adagrad, "Duchi, Hazan and Singer 2011"), (optim.Adadelta, "Zeiler 2012"),
        (optim.RMSprop, "Tieleman and Hinton 2012"), (optim.Adam, "Kingma and Ba 2015"),
        (optim.AdamW, "Loshchilov and Hutter 2019"), (optim.NAdam, "Dozat 2016"),
        (optim.LBFGS, "Liu and Nocedal (1989)"),
    ],
)  # fmt: skip
def test_the_docstring_has_the_formula_and_its_paper(cls, paper):
    assert "θ ←" in cls.__doc__
    assert paper in cls.__doc__


def test_every_optimizer_has_a_reference():
    covered = {case["optimizer"] for case in CASES.values()}
    classes = {name for name in optim.__all__ if isinstance(getattr(optim, name), type)}

    assert classes - covered == {"Optimizer", "LBFGS", "NesterovMomentum"}  # these two have test files of their own


def test_the_reference_walks_fifty_steps_with_gradients_missing():
    missing = [i for row in REFERENCE["gradients"] for i, g in enumerate(row) if g is None]

    assert len(REFERENCE["gradients"]) == REFERENCE["kept"][-1] == 50
    assert set(missing) == {0, 1, 2}


@pytest.mark.parametrize("late", ["maximize", "decoupled_weight_decay"])
def test_a_state_of_an_older_pytorch_that_lacks_an_option_can_be_loaded(late):
    _, optimizer = made(CASES["NAdam"])
    state = with_tensors(CASES["NAdam"]["state_dict"])
    state["param_groups"][0] = {k: v for k, v in state["param_groups"][0].items() if k != late}

    optimizer.load_state_dict(state)

    assert optimizer.param_groups[0][late] is False


def test_the_momentum_buffer_of_none_that_older_pytorchs_keep_can_be_loaded():
    _, optimizer = made(CASES["SGD"])
    state = {**CASES["SGD"]["state_dict"], "state": {0: {"momentum_buffer": None}}}

    optimizer.load_state_dict(state)

    assert optimizer.state_dict()["state"] == {}


def test_adam_with_decoupled_weight_decay_is_adamw():
    (params, adam), (others, adamw) = made(CASES["Adam decoupled"]), made({**CASES["AdamW"], "options": {}})
    adamw.param_groups[0].update(lr=0.1, weight_decay=0.1)

    for gradients in REFERENCE["gradients"]:
        for tensors, optimizer in ((params, adam), (others, adamw)):
            give(tensors, gradients)
            optimizer.step()

    np.testing.assert_array_equal(numbers(params), numbers(others))


@pytest.mark.parametrize("cls", [optim.Adam, optim.AdamW, optim.NAdam])
def test_betas_of_0_forget_large_gradients_to_the_last_digit(cls):
    w = mg.zeros(1, dtype=mg.float64, requires_grad=True)
    optimizer = cls([w], lr=1.0, betas=(0.0, 0.0), weight_decay=0.0)

    for g in (1e3, 1e-9):
        w.grad = mg.tensor([g], dtype=mg.float64)
        before = w.item()
        optimizer.step()

        assert before - w.item() == pytest.approx(g / (g + 1e-8), rel=1e-6)


def test_centered_rmsprop_stands_gradients_that_never_change():
    w = mg.zeros(200, dtype=mg.float64, requires_grad=True)
    optimizer = optim.RMSprop([w], alpha=0.9, centered=True)
    g = mg.tensor(np.random.default_rng(0).standard_normal(200))  # rounding takes s − ḡ² below 0 for some of them

    for _ in range(500):
        w.grad = g
        optimizer.step()
        optimizer.zero_grad()

    assert np.isfinite(w.array).all()


@pytest.mark.parametrize("cls", [optim.RMSprop, optim.SGD])
def test_momentum_can_be_switched_on_while_training(cls):
    w = mg.ones(3, requires_grad=True)
    optimizer = cls([w], lr=0.1)

    for momentum in (0, 0.9):
        optimizer.param_groups[0]["momentum"] = momentum
        w.grad = mg.ones(3)
        optimizer.step()

    assert "momentum_buffer" in optimizer.state[w]
