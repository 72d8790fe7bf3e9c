"""state_dict: complete, a copy, and loaded whole or not at all."""

import copy
import json

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim import Optimizer, theta

MAKE = {
    "SGD": lambda params: optim.SGD(params, lr=0.1, momentum=0.9),
    "Adam": lambda params: optim.Adam(params, lr=0.1, amsgrad=True),
    "AdamW": lambda params: optim.AdamW(params, lr=0.1),
    "NAdam": lambda params: optim.NAdam(params, lr=0.1),
    "NesterovMomentum": lambda params: optim.NesterovMomentum(params, lr=0.1),
    "Adagrad": lambda params: optim.Adagrad(params, lr=0.1, lr_decay=0.1, initial_accumulator_value=0.1),
    "Adadelta": lambda params: optim.Adadelta(params),
    "RMSprop": lambda params: optim.RMSprop(params, lr=0.1, momentum=0.9, centered=True),
}


def leaves(dtype=np.float64):
    rng = np.random.default_rng(0)
    return [mg.tensor(rng.standard_normal(s).astype(dtype), requires_grad=True) for s in ((3, 2), (4,), ())]


def groups(params):
    return [{"params": params[:2]}, {"params": params[2:], "lr": 0.02}]


def train(params, optimizer, steps, seed, absent=()):
    rng = np.random.default_rng(seed)
    for t in range(steps):
        for i, p in enumerate(params):
            p.grad = None if (t, i) in absent else mg.tensor(rng.standard_normal(p.shape).astype(p.dtype))
        optimizer.step()


def contents(optimizer):
    """The state_dict with lists in place of tensors, to compare."""
    state = optimizer.state_dict()
    tensors = {i: {k: v.tolist() for k, v in entry.items()} for i, entry in state["state"].items()}
    return {**state, "state": tensors}


@pytest.mark.parametrize("name", MAKE)
@pytest.mark.parametrize("chunk", [2**17, 3], ids=["one chunk", "many chunks"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64], ids=["float32", "float64"])
def test_a_resumed_run_ends_on_the_same_bits(name, chunk, dtype, monkeypatch):
    monkeypatch.setattr(theta, "CHUNK", chunk)
    params = leaves(dtype)
    optimizer = MAKE[name](groups(params))
    train(params, optimizer, 4, seed=1, absent={(0, 1), (2, 0)})
    saved, values = optimizer.state_dict(), [p.array.copy() for p in params]
    train(params, optimizer, 4, seed=2, absent={(1, 1)})

    others = leaves(dtype)
    for p, array in zip(others, values, strict=True):
        p.data = array
    other = MAKE[name](groups(others))
    other.load_state_dict(saved)
    train(others, other, 4, seed=2, absent={(1, 1)})

    for p, q in zip(params, others, strict=True):
        np.testing.assert_array_equal(p.array, q.array)
    assert contents(other) == contents(optimizer)


@pytest.mark.parametrize("name", MAKE)
def test_loading_the_own_state_changes_nothing(name):
    params = leaves()
    optimizer = MAKE[name](groups(params))
    train(params, optimizer, 3, seed=1, absent={(1, 1)})
    before = contents(optimizer)

    optimizer.load_state_dict(optimizer.state_dict())

    assert contents(optimizer) == before


def test_a_state_dict_is_a_copy_that_later_steps_do_not_change():
    params = leaves()
    optimizer = MAKE["Adam"](groups(params))
    train(params, optimizer, 2, seed=1)
    saved = optimizer.state_dict()
    before = copy.deepcopy(saved)

    train(params, optimizer, 2, seed=2)
    optimizer.param_groups[0]["lr"] = 7

    assert saved["param_groups"] == before["param_groups"]
    np.testing.assert_array_equal(saved["state"][0]["exp_avg"].array, before["state"][0]["exp_avg"].array)


def test_what_was_loaded_can_be_changed_without_changing_the_optimizer():
    params = leaves()
    optimizer = MAKE["Adam"](groups(params))
    train(params, optimizer, 2, seed=1)
    saved = optimizer.state_dict()
    before = contents(optimizer)

    optimizer.load_state_dict(saved)
    saved["state"][0]["exp_avg"].fill_(7)
    saved["param_groups"][0]["lr"] = 7

    assert contents(optimizer) == before


def test_the_layout_is_pytorchs():
    params = leaves()
    optimizer = optim.Adam(groups(params), lr=0.5)
    train(params, optimizer, 3, seed=1, absent={(0, 1), (1, 1), (2, 1)})

    state = optimizer.state_dict()

    assert list(state) == ["state", "param_groups"]
    assert list(state["state"]) == [0, 2]
    assert list(state["state"][0]) == ["step", "exp_avg", "exp_avg_sq"]
    assert (state["state"][0]["step"].item(), state["state"][0]["step"].dtype, state["state"][0]["step"].shape) == (
        3, np.float32, (),
    )  # fmt: skip
    assert [group["params"] for group in state["param_groups"]] == [[0, 1], [2]]
    assert list(state["param_groups"][1].items()) == [
        ("lr", 0.02), ("betas", (0.9, 0.999)), ("eps", 1e-8), ("weight_decay", 0), ("amsgrad", False),
        ("maximize", False), ("decoupled_weight_decay", False), ("params", [2]),
    ]  # fmt: skip


def test_sgd_without_momentum_has_no_state():
    params = leaves()
    optimizer = optim.SGD(params, lr=0.1)

    train(params, optimizer, 2, seed=1)

    assert optimizer.state_dict()["state"] == {}


def test_state_is_readable_by_parameter():
    params = leaves()
    optimizer = MAKE["SGD"](params)

    train(params, optimizer, 1, seed=1)

    assert list(optimizer.state) == params
    np.testing.assert_array_equal(optimizer.state[params[0]]["momentum_buffer"].array, params[0].grad.array)


@pytest.mark.parametrize(
    ("edit", "error", "message"),
    [
        (lambda state, p: state.pop(p), AttributeError, "pop"),
        (lambda state, p: state.__setitem__(p, {}), (TypeError, AttributeError), "item"),
        (lambda state, p: state[p].__setitem__("step", 0), (TypeError, AttributeError), "item"),
        (lambda state, p: state[p]["exp_avg"].zero_(), ValueError, "zero_: cannot write .*read-only"),
        (lambda state, p: state[p]["step"].fill_(0), ValueError, "fill_: cannot write .*read-only"),
    ],
    ids=["drop", "replace", "replace an entry", "write", "write a number"],
)
def test_state_is_there_to_read(edit, error, message):
    params = leaves()
    optimizer = MAKE["Adam"](params)
    train(params, optimizer, 1, seed=1)

    with pytest.raises(error, match=message):
        edit(optimizer.state, params[0])

    optimizer.state_dict()["state"][0]["exp_avg"].zero_()  # a copy, which is the caller's


def test_whoever_holds_the_memory_of_a_parameter_sees_the_steps_after_a_state_was_loaded():
    params, others = leaves(), leaves()
    optimizer, other = MAKE["Adam"](groups(params)), MAKE["Adam"](groups(others))
    train(others, other, 3, seed=2, absent={(1, 1)})
    train(params, optimizer, 3, seed=1, absent={(2, 0)})
    held = [p.data for p in params]

    optimizer.load_state_dict(other.state_dict())
    assert contents(optimizer) == contents(other)
    train(params, optimizer, 2, seed=3)

    for p, alias in zip(params, held, strict=True):
        np.testing.assert_array_equal(p.array, alias.array)
        assert np.shares_memory(p.array, alias.array)


def test_a_state_that_went_through_json_as_text_keys_and_lists_can_be_loaded():
    params = leaves()
    optimizer = MAKE["Adam"](groups(params))
    train(params, optimizer, 2, seed=1)
    saved, before = optimizer.state_dict(), contents(optimizer)

    shown = json.loads(json.dumps(saved["param_groups"]))
    optimizer.load_state_dict({"state": {str(i): v for i, v in saved["state"].items()}, "param_groups": shown})

    assert contents(optimizer) == before
    assert optimizer.param_groups[0]["betas"] == (0.9, 0.999)


def test_tensors_take_their_parameters_dtype():
    params, others = leaves(np.float64), leaves(np.float32)
    optimizer, other = MAKE["Adam"](groups(params)), MAKE["Adam"](groups(others))
    train(params, optimizer, 2, seed=1)

    other.load_state_dict(optimizer.state_dict())

    assert {v.dtype.name for entry in other.state.values() for v in entry.values()} == {"float32"}


def test_a_number_of_a_formula_comes_back_exactly():
    class Warm(Optimizer):
        def update(self, theta, g, state, *, lr):
            state["product"] = state.get("product", 1.0) * 0.9999999999
            theta -= lr * state["product"] * g

    params = leaves()
    optimizer, other = Warm(params, lr=0.1), Warm(leaves(), lr=0.1)
    train(params, optimizer, 3, seed=1)

    other.load_state_dict(optimizer.state_dict())

    assert {entry["product"] for entry in other.state.values()} == {0.9999999999**3}


def test_extra_entries_of_a_group_such_as_a_schedules_are_kept():
    params = leaves()
    optimizer = optim.SGD(params, lr=0.1)
    optimizer.param_groups[0]["initial_lr"] = 0.5
    other = optim.SGD(leaves(), lr=0.1)

    other.load_state_dict(optimizer.state_dict())

    assert other.param_groups[0]["initial_lr"] == 0.5


def test_names_are_copied_and_those_of_a_state_without_names_are_kept():
    def named():
        return optim.SGD(zip("abc", leaves(), strict=True), lr=0.1)

    optimizer, other = named(), named()
    saved = optimizer.state_dict()
    other.load_state_dict(saved)
    saved["param_groups"][0]["param_names"].append("d")
    unnamed = named()
    unnamed.load_state_dict(optim.SGD(leaves(), lr=0.5).state_dict())

    for each in (optimizer, other, unnamed):
        assert each.param_groups[0]["param_names"] == ["a", "b", "c"]
    assert unnamed.param_groups[0]["lr"] == 0.5


def drop(*path):
    def change(state):
        inside = state
        for key in path[:-1]:
            inside = inside[key]
        del inside[path[-1]]

    return change


def put(value, *path):
    def change(state):
        inside = state
        for key in path[:-1]:
            inside = inside[key]
        inside[path[-1]] = value

    return change


WRONG = {
    "no state": (drop("state"), "expected what state_dict"),
    "no groups": (drop("param_groups"), "expected what state_dict"),
    "groups are numbers": (put([3, 4], "param_groups"), "expected what state_dict"),
    "state is a list": (put([1], "state"), "expected what state_dict"),
    "a group too few": (drop("param_groups", 1), r"groups of \[2\] parameters, but this optimizer has \[2, 1\]"),
    "a parameter too few": (put([0], "param_groups", 0, "params"), r"groups of \[1, 1\] parameters, but this"),
    "an option too few": (drop("param_groups", 1, "betas"), "a group lacks betas; is it the state of another"),
    "an option out of range": (put(-1, "param_groups", 1, "lr"), "lr must be a number in"),
    "an option of another type": (put("1", "param_groups", 1, "lr"), "lr must be a number, but got '1'"),
    "an array too few": (drop("state", 2, "exp_avg_sq"), "state of parameter 2 lacks 'exp_avg_sq', which Adam needs"),
    "an array of another shape": (
        put(mg.zeros(2, 3), "state", 0, "exp_avg"),
        r"'exp_avg' of parameter 0 is float32 \(2, 3\), but the parameter is float64 \(3, 2\)",
    ),
    "an array of text": (put(np.array(["a"] * 4), "state", 1, "exp_avg"), "'exp_avg' of parameter 1 is <U1"),
    "steps of a shape": (put(mg.zeros(3), "state", 1, "step"), r"'step' of parameter 1 is float32 \(3,\)"),
    "a parameter too many": (put({"step": 1}, "state", 9), r"there is state for parameters \[9\], which are in no"),
}


@pytest.mark.parametrize("name", WRONG)
def test_a_state_that_does_not_fit_raises_and_changes_nothing(name):
    change, message = WRONG[name]
    params = leaves()
    optimizer = MAKE["Adam"](groups(params))
    train(params, optimizer, 2, seed=1)
    before = contents(optimizer)
    train(params, optimizer, 2, seed=2)
    saved = optimizer.state_dict()
    after = contents(optimizer)
    change(saved)

    with pytest.raises((ValueError, TypeError), match=message):
        optimizer.load_state_dict(saved)

    assert contents(optimizer) == after != before


def test_the_state_of_another_optimizer_raises():
    params = leaves()
    sgd, adam = MAKE["SGD"](params), MAKE["Adam"](leaves())
    train(params, sgd, 2, seed=1)

    with pytest.raises(ValueError, match="a group lacks betas, eps, amsgrad; is it the state of another optimizer"):
        adam.load_state_dict(sgd.state_dict())
