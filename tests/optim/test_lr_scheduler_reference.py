"""Schedules go through PyTorch's learning rates and momentums: tests/reference/make_schedulers.py wrote them down."""

import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import io, optim
from minigrad.optim import lr_scheduler

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "schedulers.json").read_text(encoding="utf-8"))
CASES, AGAIN, METRICS = REFERENCE["cases"], REFERENCE["again"], REFERENCE["metrics"]
LAMBDAS = {"0.95 ** t": lambda t: 0.95**t, "1 / (1 + t)": lambda t: 1 / (1 + t)}


def an_optimizer(name):
    groups = [{"params": [mg.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.5, 0.02)]
    for group in groups:
        group["params"][0].grad = mg.zeros(1)  # at rest, since a first step that finds no gradient warns
    return optim.Adam(groups) if name == "Adam" else optim.SGD(groups, momentum=0.9)


def made(spec, optimizer, **more):
    """The schedule of a spec of the reference."""
    options = {**spec["options"], **more}
    if "lr_lambda" in options:
        names = options["lr_lambda"]
        options["lr_lambda"] = LAMBDAS[names] if isinstance(names, str) else [LAMBDAS[name] for name in names]
    if "schedulers" in options:
        options["schedulers"] = [made(inner, optimizer) for inner in options["schedulers"]]
    return getattr(lr_scheduler, spec["schedule"])(optimizer, **options)


def momentums(optimizer):
    return [group["betas"][0] if "betas" in group else group["momentum"] for group in optimizer.param_groups]


def start(name):
    """The optimizer and the schedules of a case."""
    optimizer = an_optimizer(CASES[name]["optimizer"])
    return optimizer, [made(spec, optimizer) for spec in CASES[name]["schedules"]]


def go(optimizer, schedules, steps):
    """The learning rates and the momentums after each of steps."""
    lrs, cycled = [], []
    for t in steps:
        optimizer.step()
        for schedule in schedules:
            metric = isinstance(schedule, lr_scheduler.ReduceLROnPlateau)
            schedule.step(*([METRICS[t - 1]] if metric else []))
        lrs.append([group["lr"] for group in optimizer.param_groups])
        cycled.append(momentums(optimizer))
        assert schedules[-1].get_last_lr() == lrs[-1]
    return lrs, cycled


def steps_of(name):
    return range(1, len(CASES[name]["lrs"]))


def test_every_schedule_has_a_reference():
    text = json.dumps([case["schedules"] for case in CASES.values()])

    assert [name for name in lr_scheduler.__all__ if name not in text] == ["LRScheduler"]


@pytest.mark.parametrize("name", CASES)
def test_the_learning_rates_are_pytorchs(name):
    optimizer, schedules = start(name)
    first = [group["lr"] for group in optimizer.param_groups]

    lrs, _ = go(optimizer, schedules, steps_of(name))

    assert len(lrs) >= 50
    np.testing.assert_allclose([first, *lrs], CASES[name]["lrs"], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if "momentums" in case])
def test_the_momentums_are_pytorchs(name):
    optimizer, schedules = start(name)
    first = momentums(optimizer)

    _, cycled = go(optimizer, schedules, steps_of(name))

    np.testing.assert_allclose([first, *cycled], CASES[name]["momentums"], rtol=1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_resumed_schedule_goes_on_to_the_same_bits_through_a_file(name, tmp_path):
    optimizer, schedules = start(name)
    go(optimizer, schedules, range(1, 21))
    state = {"optimizer": optimizer.state_dict(), "schedules": [schedule.state_dict() for schedule in schedules]}
    io.save(state, tmp_path / "run.safetensors")

    saved = io.load(tmp_path / "run.safetensors")
    other, resumed = start(name)
    other.load_state_dict(saved["optimizer"])
    for schedule, inner in zip(resumed, saved["schedules"], strict=True):
        schedule.load_state_dict(inner)

    rest = range(21, 51)
    assert [schedule.get_last_lr() for schedule in resumed] == [schedule.get_last_lr() for schedule in schedules]
    assert go(other, resumed, rest) == go(optimizer, schedules, rest)


@pytest.mark.parametrize("name", CASES)
def test_a_state_of_pytorch_can_be_loaded_and_gone_on_from(name):
    case, after = CASES[name], REFERENCE["saved_after"]
    optimizer, schedules = start(name)

    groups = [{**group, "params": [i]} for i, group in enumerate(case["groups"])]
    optimizer.load_state_dict({"state": {}, "param_groups": groups})
    for schedule, state in zip(schedules, case["states"], strict=True):
        schedule.load_state_dict(state)
    lrs, _ = go(optimizer, schedules, range(after + 1, len(case["lrs"])))

    np.testing.assert_allclose(lrs, case["lrs"][after + 1 :], rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("name", CASES)
def test_the_state_has_what_pytorchs_has(name):
    optimizer, schedules = start(name)
    go(optimizer, schedules, range(1, REFERENCE["saved_after"] + 1))

    def agree(found, expected):
        assert set(found) <= set(expected)
        assert set(expected) - set(found) <= {"_is_initial", "_get_lr_called_within_step", "lr_lambdas"}
        for key, value in found.items():
            if key == "_schedulers":
                for pair in zip(value, expected[key], strict=True):
                    agree(*pair)
            elif key in ("last_epoch", "_step_count", "num_bad_epochs", "cooldown_counter", "best"):
                assert value == expected[key] or (value, expected[key]) == (0, -1)  # one whose turn has not come

    for schedule, expected in zip(schedules, CASES[name]["states"], strict=True):
        agree(schedule.state_dict(), expected)


@pytest.mark.parametrize("name", AGAIN)
def test_a_schedule_made_again_after_last_epoch_goes_on_as_pytorchs_does(name):
    optimizer = an_optimizer("SGD")
    for group in optimizer.param_groups:
        group["initial_lr"] = 2 * group["lr"]

    schedule = made(AGAIN[name], optimizer, last_epoch=AGAIN[name]["last_epoch"])
    lrs, _ = go(optimizer, [schedule], range(10))

    expected = AGAIN[name]["lrs"]
    np.testing.assert_allclose(lrs, expected[1:], rtol=1e-12, atol=1e-15)
