"""LBFGS: PyTorch's path (tests/reference/make_lbfgs.py), its memory, and what it refuses."""

import copy
import json
import math
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import io, nn, optim
from minigrad.optim.line_search import Point, strong_wolfe

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "lbfgs.json").read_text(encoding="utf-8"))
CASES = REFERENCE["cases"]
SEARCH = {"line_search_fn": "strong_wolfe"}


def valley(a, b, c):
    x = mg.cat([a.reshape(-1), b])
    return (5 * (x[1:] - x[:-1] ** 2) ** 2).sum() + ((1 - x[:-1]) ** 2).sum() + (c - 0.5) ** 4


def bowl(a, b, c):
    return mg.exp(a).sum() - a.sum() + (10 * b * b).sum() + (a.sum() - b.sum()) ** 2


def leaves():
    return [mg.tensor(np.array(p), requires_grad=True) for p in REFERENCE["parameters"]]


def made(case):
    """The parameters, the optimizer and the closure of a case."""
    params = leaves()
    optimizer = optim.LBFGS(params, **case["options"])
    return params, optimizer, closure_of(optimizer, params, {"valley": valley, "bowl": bowl}[case["loss"]])


def closure_of(optimizer, params, loss):
    def closure():
        optimizer.zero_grad()
        value = loss(*params)
        value.backward()
        return value

    return closure


def numbers(params):
    return np.concatenate([p.array.reshape(-1) for p in params])


def with_tensors(state_dict):
    """A state_dict read from JSON with tensors in place of lists of numbers."""

    def tensor(value):
        if isinstance(value, list) and value and isinstance(value[0], float):
            return mg.tensor(np.array(value))
        return [tensor(v) for v in value] if isinstance(value, list) else value

    state = {
        i: {k: v if k == "ro" else tensor(v) for k, v in entry.items()} for i, entry in state_dict["state"].items()
    }
    return {**state_dict, "state": state}


# ---- the path -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", CASES)
def test_the_trajectory_is_pytorchs(name):
    params, optimizer, closure = made(CASES[name])

    trajectory, losses = [], []
    for t in range(1, 51):
        losses.append(optimizer.step(closure).item())
        trajectory += [numbers(params)] if t in REFERENCE["kept"] else []

    np.testing.assert_allclose(trajectory, CASES[name]["trajectory"], rtol=1e-10, atol=1e-10)
    expected = CASES[name]["losses"]
    np.testing.assert_allclose(losses[: len(expected)], expected, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_the_state_dict_is_pytorchs_in_keys_shapes_and_numbers(name):
    _, optimizer, closure = made(CASES[name])
    for _ in range(REFERENCE["saved_after"]):
        optimizer.step(closure)

    found, expected = optimizer.state_dict(), CASES[name]["state_dict"]

    assert found["param_groups"] == expected["param_groups"]
    assert list(found["state"]) == [0]
    state, reference = found["state"][0], expected["state"]["0"]
    assert set(state) == set(reference)
    for key in ("func_evals", "n_iter"):
        assert state[key] == reference[key]
    for key in ("d", "prev_flat_grad"):
        assert state[key].shape == np.shape(reference[key])
        np.testing.assert_allclose(state[key].array, reference[key], rtol=1e-4, atol=1e-8)
    for key in ("old_dirs", "old_stps"):
        assert [v.shape for v in state[key]] == [np.shape(v) for v in reference[key]]
    for key in ("t", "H_diag", "prev_loss"):
        assert state[key] == pytest.approx(reference[key], rel=1e-4, abs=1e-10)
    assert len(state["ro"]) == len(reference["ro"])


@pytest.mark.parametrize("name", CASES)
def test_a_state_of_pytorch_can_be_loaded_and_gone_on_from(name):
    case, after = CASES[name], REFERENCE["saved_after"]
    params, optimizer, closure = made(case)
    start = case["trajectory"][REFERENCE["kept"].index(after)]
    for p, values in zip(params, np.split(np.array(start), [6, 10]), strict=True):
        p.data = mg.tensor(values.reshape(p.shape))

    optimizer.load_state_dict(with_tensors(case["state_dict"]))
    trajectory = []
    for t in range(after + 1, 51):
        optimizer.step(closure)
        trajectory += [numbers(params)] if t in REFERENCE["kept"] else []

    np.testing.assert_allclose(trajectory, case["trajectory"][-len(trajectory) :], rtol=1e-10, atol=1e-10)


def test_second_order_needs_fewer_looks_than_gradient_descent():
    def steep(w):
        return (w * w * mg.tensor(np.array([1.0, 1000.0]))).sum()

    w = mg.tensor(np.array([3.0, -2.0]), requires_grad=True)
    optimizer = optim.LBFGS([w], **SEARCH)
    optimizer.step(closure_of(optimizer, [w], steep))
    v = mg.tensor(np.array([3.0, -2.0]), requires_grad=True)
    descent = optim.SGD([v], lr=9e-4)
    for _ in range(500):
        descent.step(closure_of(descent, [v], steep))

    assert optimizer.state[w]["func_evals"] < 30
    assert steep(w).item() < 1e-10 < 1 < steep(v).item()


def test_it_trains_a_module_in_float32():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    x, y = mg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), mg.tensor([[0.0], [1.0], [1.0], [0.0]])
    optimizer = optim.LBFGS(model.parameters(), **SEARCH)

    def closure():
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        return loss

    for _ in range(5):
        optimizer.step(closure)

    assert closure().item() < 0.01
    assert {p.dtype for p in model.parameters()} == {mg.float32}


def test_parameters_of_two_dtypes_make_one_theta():
    a = mg.tensor([3.0, 1.0], requires_grad=True)
    b = mg.tensor(np.array([2.0]), requires_grad=True)
    optimizer = optim.LBFGS([a, b], **SEARCH)

    optimizer.step(closure_of(optimizer, [a, b], lambda a, b: ((a - 1) ** 2).sum() + ((b + a.sum()) ** 2).sum()))

    np.testing.assert_allclose([*a.array, *b.array], [1, 1, -2], atol=1e-3)
    assert (a.dtype, b.dtype) == (mg.float32, mg.float64)


def test_the_closure_is_called_with_gradients_on_and_its_first_answer_returned():
    w = mg.tensor(np.array([3.0]), requires_grad=True)
    optimizer = optim.LBFGS([w])

    with mg.no_grad():
        loss = optimizer.step(closure_of(optimizer, [w], lambda w: (w * w).sum()))

    assert loss.item() == 9
    assert abs(w.item()) < 1e-6


def test_a_scheduler_knows_that_it_has_stepped():
    w = mg.tensor(np.array([3.0]), requires_grad=True)
    optimizer = optim.LBFGS([w])
    scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.5)

    optimizer.step(closure_of(optimizer, [w], lambda w: (w * w).sum()))
    scheduler.step()

    assert optimizer.param_groups[0]["lr"] == 0.5


# ---- the line search ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("first", [1e-3, 0.1, 1.0, 3.0, 50.0])
@pytest.mark.parametrize(
    ("loss", "slope"),
    [
        (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
        (lambda t: -t / (1 + t * t), lambda t: (t * t - 1) / (1 + t * t) ** 2),
        (lambda t: math.cosh(t - 2), lambda t: math.sinh(t - 2)),
        (lambda t: t**4 - 3 * t**3 + 2 * t * t - t, lambda t: 4 * t**3 - 9 * t * t + 4 * t - 1),
    ],
    ids=["parabola", "flat far out", "cosh", "bumpy"],
)
def test_the_line_search_finds_a_point_that_fulfils_both_conditions(loss, slope, first):
    start = Point(0.0, loss(0.0), np.zeros(1), slope(0.0))

    found, good = strong_wolfe(lambda t: Point(t, loss(t), np.zeros(1), slope(t)), start, first, 50, 1e-9)

    assert good
    assert found.loss <= start.loss + 1e-4 * found.t * start.slope
    assert abs(slope(found.t)) <= 0.9 * abs(start.slope)


LINES = {  # loss and slope as functions of t
    "parabola": (lambda t: (t - 1) ** 2, lambda t: 2 * (t - 1)),
    "flat far out": (lambda t: -t * math.exp(-t), lambda t: (t - 1) * math.exp(-t)),
    "cosh": (lambda t: math.cosh(t - 2), lambda t: math.sinh(t - 2)),
    "waves": (lambda t: math.cos(5 * t) - t + 0.2 * t * t, lambda t: -5 * math.sin(5 * t) - 1 + 0.4 * t),
    "long way down": (
        lambda t: -t + 1e-4 * t**3 * math.cos(t),
        lambda t: -1 + 3e-4 * t * t * math.cos(t) - 1e-4 * t**3 * math.sin(t),
    ),
    "uneven kink": (
        lambda t: max(0.7 - t + 0.05 * t * t, 0.05 * (t - 0.7)),
        lambda t: 0.1 * t - 1 if 0.7 - t + 0.05 * t * t > 0.05 * (t - 0.7) else 0.05,
    ),
}


@pytest.mark.parametrize(
    "case", REFERENCE["searches"], ids=lambda case: f"{case['line']} from {case['first']}, at most {case['most']}"
)
def test_the_line_search_tries_what_pytorchs_tries(case):
    (loss, slope), tried = LINES[case["line"]], []

    def at(t):
        tried.append(t)
        return Point(t, loss(t), np.zeros(1), slope(t))

    start = Point(0.0, loss(0.0), np.zeros(1), slope(0.0))
    found, _ = strong_wolfe(at, start, case["first"], case["most"], 1e-9)

    np.testing.assert_allclose(tried, case["tried"], rtol=1e-9)
    assert found.t == pytest.approx(case["found"], rel=1e-9)


def test_the_line_search_comes_back_from_where_the_loss_is_not_finite():
    def at(t):
        return Point(t, (t - 1) ** 2 if t < 5 else math.inf, np.zeros(1), 2 * (t - 1))

    found, good = strong_wolfe(at, at(0.0), 100.0, 25, 1e-9)

    assert good
    assert 0 < found.t < 2


def test_a_line_search_without_a_try_left_takes_the_better_end():
    def at(t):
        return Point(t, (t - 1) ** 2, np.zeros(1), 2 * (t - 1))

    assert strong_wolfe(at, at(0.0), 10.0, 0, 1e-9) == (at(0.0), False)
    assert strong_wolfe(at, at(0.0), 1.5, 0, 1e-9)[0] == at(1.5)


# ---- state ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [{"max_iter": 3, "history_size": 4}, {**SEARCH, "max_iter": 2}], ids=str)
def test_a_resumed_run_ends_on_the_same_bits_through_a_file(options, tmp_path):
    case = {"loss": "valley", "options": options}
    params, optimizer, closure = made(case)
    for _ in range(4):
        optimizer.step(closure)
    io.save({"theta": [p.detach() for p in params], "optimizer": optimizer.state_dict()}, tmp_path / "run.safetensors")
    for _ in range(4):
        optimizer.step(closure)

    saved = io.load(tmp_path / "run.safetensors")
    others, other, again = made(case)
    for p, values in zip(others, saved["theta"], strict=True):
        p.data = values
    other.load_state_dict(saved["optimizer"])
    for _ in range(4):
        other.step(again)

    np.testing.assert_array_equal(numbers(others), numbers(params))


def test_a_state_dict_is_a_copy():
    params, optimizer, closure = made({"loss": "valley", "options": {"max_iter": 3}})
    optimizer.step(closure)
    saved = optimizer.state_dict()
    before = saved["state"][0]["old_dirs"][0].tolist()

    saved["state"][0]["d"].fill_(7)
    saved["state"][0]["old_dirs"].append(7)
    optimizer.step(closure)

    assert saved["state"][0]["old_dirs"][0].tolist() == before
    assert 7 not in optimizer.state[params[0]]["d"].tolist()


def test_a_deep_copy_trains_the_copied_parameters():
    params, optimizer, closure = made({"loss": "valley", "options": {"max_iter": 3}})
    optimizer.step(closure)
    copied = copy.deepcopy(optimizer)
    others, before = copied.param_groups[0]["params"], numbers(params)

    copied.step(closure_of(copied, others, valley))
    np.testing.assert_array_equal(numbers(params), before)
    optimizer.step(closure)

    np.testing.assert_array_equal(numbers(others), numbers(params))


def test_before_the_first_step_there_is_no_state():
    optimizer = optim.LBFGS(leaves())

    optimizer.load_state_dict(optimizer.state_dict())

    assert optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state.pop("old_stps"), "lacks 'old_stps', which LBFGS needs"),
        (lambda state: state.update(d=mg.zeros(3)), r"LBFGS remembers vectors of \(3,\), but the parameters have 11"),
    ],
)
def test_a_state_that_does_not_fit_raises_and_changes_nothing(change, message):
    params, optimizer, closure = made({"loss": "valley", "options": {"max_iter": 3}})
    optimizer.step(closure)
    saved = optimizer.state_dict()
    optimizer.step(closure)
    before = optimizer.state[params[0]]["d"].tolist()
    change(saved["state"][0])

    with pytest.raises(ValueError, match=message):
        optimizer.load_state_dict(saved)

    assert optimizer.state[params[0]]["d"].tolist() == before


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("closure", [None, 3])
def test_a_step_without_a_closure_says_how_to_write_one(closure):
    with pytest.raises(
        TypeError, match=r"LBFGS: step needs a closure, but got .*; write def closure\(\): .*return loss"
    ):
        optim.LBFGS(leaves()).step(closure)


def test_two_groups_raise():
    a, b, c = leaves()

    with pytest.raises(ValueError, match="LBFGS: it takes one parameter group, but was given a second"):
        optim.LBFGS([{"params": [a]}, {"params": [b, c]}])
    optimizer = optim.LBFGS([a, b])
    with pytest.raises(ValueError, match="give them in one list"):
        optimizer.add_param_group({"params": [c]})
    assert len(optimizer.param_groups) == 1


@pytest.mark.parametrize("name", ["max_iter", "max_eval", "history_size"])
@pytest.mark.parametrize("bad", [0, -1, 2.5, math.nan, "many"], ids=str)
def test_counts_that_are_none_raise(name, bad):
    options = {"max_eval": 5, name: bad}

    with pytest.raises(ValueError, match=f"LBFGS: {name} must be a whole number from 1, but got {bad!r}"):
        optim.LBFGS(leaves(), **options)


def test_an_unknown_line_search_raises():
    with pytest.raises(ValueError, match="line_search_fn must be 'strong_wolfe' or None, but got 'wolfe'"):
        optim.LBFGS(leaves(), line_search_fn="wolfe")


@pytest.mark.parametrize(
    ("loss", "error", "message"),
    [
        (lambda w: (w * math.nan).sum(), ValueError, "must be finite where a step begins, but the loss is nan"),
        (lambda w: (w - 3).sqrt().sum(), ValueError, "must be finite where a step begins"),
        (lambda w: (w * math.inf).sum(), ValueError, "must be finite where a step begins, but the loss is inf"),
    ],
    ids=["nan", "an infinite slope", "inf"],
)
def test_a_step_from_where_the_loss_is_not_finite_raises_and_changes_nothing(loss, error, message):
    w = mg.tensor(np.array([3.0, 3.0]), requires_grad=True)
    optimizer = optim.LBFGS([w])

    with np.errstate(all="ignore"), pytest.raises(error, match=message):
        optimizer.step(closure_of(optimizer, [w], loss))

    assert w.tolist() == [3, 3]
    assert optimizer.state_dict()["state"] == {}


@pytest.mark.parametrize(
    ("answer", "backward", "error", "message"),
    [
        (lambda loss: None, True, TypeError, "the closure must return the loss, but it returned None"),
        (lambda loss: "loss", True, TypeError, "the closure must return the loss, but it returned 'loss'"),
        (
            lambda loss: loss,
            False,
            ValueError,
            r"no parameter has a gradient after the closure; call loss.backward\(\)",
        ),
    ],
    ids=["no answer", "no number", "no backward"],
)
def test_a_closure_that_forgets_something_raises(answer, backward, error, message):
    w = mg.tensor(np.array([3.0]), requires_grad=True)
    optimizer = optim.LBFGS([w])

    def closure():
        loss = (w * w).sum()
        if backward:
            loss.backward()
        return answer(loss)

    with pytest.raises(error, match=message):
        optimizer.step(closure)


@pytest.mark.parametrize("options", [{}, SEARCH], ids=["fixed", "search"])
def test_a_closure_that_raises_midway_leaves_parameters_and_memory(options):
    params, optimizer, closure = made({"loss": "valley", "options": {"max_iter": 4, **options}})
    optimizer.step(closure)
    before, memory, looks = numbers(params), optimizer.state[params[0]]["d"].tolist(), iter(range(3))

    def failing():
        next(looks)
        return closure()

    with pytest.raises(StopIteration):
        optimizer.step(failing)

    np.testing.assert_array_equal(numbers(params), before)
    assert optimizer.state[params[0]]["d"].tolist() == memory


def test_an_option_that_was_changed_for_the_worse_raises_before_anything_changes():
    params, optimizer, closure = made({"loss": "valley", "options": {}})
    optimizer.param_groups[0]["line_search_fn"] = "none"

    with pytest.raises(ValueError, match="line_search_fn must be"):
        optimizer.step(closure)

    np.testing.assert_array_equal(numbers(params), numbers(leaves()))
