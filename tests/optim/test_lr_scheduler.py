"""Schedules: PyTorch's numbers, resumed exactly, and what they refuse."""

import json
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim import lr_scheduler
from minigrad.optim.lr_scheduler import CosineAnnealingLR, LambdaLR, LRScheduler

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "optim.json").read_text(encoding="utf-8"))
LAMBDAS = {"0.95 ** t": lambda t: 0.95**t, "1 / (1 + t)": lambda t: 1 / (1 + t)}


def an_optimizer(groups=2):
    lrs = (0.5, 0.02, 0.3)
    return optim.SGD([{"params": [mg.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs[:groups]])


def made(name, optimizer):
    case = REFERENCE["schedules"][name]
    options = dict(case["options"])
    if "lr_lambda" in options:
        names = options["lr_lambda"]
        options["lr_lambda"] = LAMBDAS[names] if isinstance(names, str) else [LAMBDAS[n] for n in names]
    return getattr(lr_scheduler, case["schedule"])(optimizer, **options)


@pytest.mark.parametrize("name", REFERENCE["schedules"])
def test_the_learning_rates_are_pytorchs(name):
    optimizer = an_optimizer()
    scheduler = made(name, optimizer)

    lrs, in_groups = [scheduler.get_last_lr()], [[group["lr"] for group in optimizer.param_groups]]
    for _ in range(50):
        optimizer.step()
        scheduler.step()
        lrs.append(scheduler.get_last_lr())
        in_groups.append([group["lr"] for group in optimizer.param_groups])

    np.testing.assert_allclose(lrs, REFERENCE["schedules"][name]["lrs"], rtol=0, atol=1e-12)
    assert in_groups == lrs


@pytest.mark.parametrize("name", REFERENCE["schedules"])
def test_a_resumed_schedule_goes_on_where_it_was(name):
    optimizer = an_optimizer()
    scheduler = made(name, optimizer)
    for _ in range(7):
        optimizer.step()
        scheduler.step()
    saved = json.loads(json.dumps([optimizer.state_dict(), scheduler.state_dict()]))

    other = an_optimizer()
    resumed = made(name, other)
    other.load_state_dict(saved[0])
    resumed.load_state_dict(saved[1])

    assert resumed.get_last_lr() == scheduler.get_last_lr()
    for _ in range(5):
        scheduler.step()
        resumed.step()
        assert [g["lr"] for g in other.param_groups] == [g["lr"] for g in optimizer.param_groups]


def test_a_schedule_can_be_made_again_after_last_epoch():
    optimizer = an_optimizer()
    scheduler = made("LambdaLR", optimizer)
    for _ in range(3):
        optimizer.step()
        scheduler.step()

    again = LambdaLR(optimizer, lambda t: 0.95**t, last_epoch=3)

    assert again.get_last_lr() == [0.5 * 0.95**4, 0.02 * 0.95**4]


def test_a_second_schedule_knows_the_first_learning_rates_and_starts_from_those_of_now():
    optimizer = an_optimizer()
    LambdaLR(optimizer, lambda t: 0.5)

    second = CosineAnnealingLR(optimizer, T_max=10)

    assert (second.base_lrs, second.get_last_lr()) == ([0.5, 0.02], [0.25, 0.01])


def test_a_cosine_keeps_what_else_changes_the_learning_rate():
    optimizer, plain = an_optimizer(1), an_optimizer(1)
    scheduler, other = CosineAnnealingLR(optimizer, T_max=10), CosineAnnealingLR(plain, T_max=10)
    optimizer.param_groups[0]["lr"] /= 10
    optimizer.step()
    plain.step()

    for _ in range(9):
        scheduler.step()
        other.step()

        assert scheduler.get_last_lr() == pytest.approx([other.get_last_lr()[0] / 10], rel=1e-12)


@pytest.mark.parametrize("t", [0, 3, 9, 10, 14])
def test_a_cosine_made_again_after_last_epoch_is_on_the_curve(t):
    optimizer = an_optimizer(1)
    optimizer.param_groups[0]["initial_lr"] = 0.5

    again = CosineAnnealingLR(optimizer, T_max=10, eta_min=0.1, last_epoch=t)

    assert again.get_last_lr() == pytest.approx([0.1 + 0.4 * (1 + np.cos(np.pi * (t + 1) / 10)) / 2], rel=1e-12)


def test_a_schedule_of_ones_own_is_a_function_of_the_step():
    class Halving(LRScheduler):
        def get_lr(self):
            return [base / 2**self.last_epoch for base in self.base_lrs]

    optimizer = an_optimizer(1)
    scheduler = Halving(optimizer)
    lrs = []
    for _ in range(3):
        lrs += scheduler.get_last_lr()
        optimizer.step()
        scheduler.step()

    assert lrs == [0.5, 0.25, 0.125]


def test_numpy_numbers_of_a_function_become_pythons():
    optimizer = an_optimizer(1)

    LambdaLR(optimizer, lambda t: np.float64(0.5))

    assert type(optimizer.param_groups[0]["lr"]) is float


def test_functions_are_not_saved():
    state = made("LambdaLR", an_optimizer()).state_dict()

    assert json.loads(json.dumps(state)) == {
        "base_lrs": [0.5, 0.02], "last_epoch": 0, "_step_count": 1, "_last_lr": [0.5, 0.02],
    }  # fmt: skip


def test_a_state_dict_is_a_copy():
    scheduler = CosineAnnealingLR(an_optimizer(), T_max=10)

    scheduler.state_dict()["base_lrs"][0] = 7
    scheduler.get_last_lr()[0] = 7

    assert (scheduler.base_lrs, scheduler.get_last_lr()) == ([0.5, 0.02], [0.5, 0.02])


def test_a_step_before_the_optimizers_warns():
    scheduler = CosineAnnealingLR(an_optimizer(), T_max=10)

    with pytest.warns(UserWarning, match=r"scheduler.step\(\) before optimizer.step\(\)"):
        scheduler.step()


def test_a_step_after_an_optimizers_state_was_loaded_does_not_warn():
    optimizer, other = an_optimizer(), an_optimizer()
    optimizer.step()
    scheduler = CosineAnnealingLR(other, T_max=10)
    other.load_state_dict(optimizer.state_dict() | {"param_groups": other.state_dict()["param_groups"]})

    scheduler.step()

    assert scheduler.last_epoch == 1


def test_a_learning_rate_that_makes_no_sense_is_refused_by_the_step_that_would_use_it():
    optimizer = an_optimizer(1)
    LambdaLR(optimizer, lambda t: -1)

    with pytest.raises(ValueError, match="lr must be a number in"):
        optimizer.step()


def test_a_schedule_needs_an_optimizer():
    with pytest.raises(TypeError, match="CosineAnnealingLR: expected an optimizer, but got a Tensor"):
        CosineAnnealingLR(mg.zeros(2), T_max=3)


def test_functions_for_other_groups_raise():
    with pytest.raises(ValueError, match="LambdaLR: got 1 functions for 2 parameter groups"):
        LambdaLR(an_optimizer(), [lambda t: 1])


@pytest.mark.parametrize("length", [0, -3, float("nan")])
def test_a_cosine_of_no_length_raises(length):
    with pytest.raises(ValueError, match="T_max must be a positive number of steps, but got"):
        CosineAnnealingLR(an_optimizer(), T_max=length)


def test_going_on_without_initial_lr_raises():
    with pytest.raises(KeyError, match="group 0 has no initial_lr to go on from after last_epoch=3"):
        CosineAnnealingLR(an_optimizer(), T_max=10, last_epoch=3)


def test_a_group_added_later_raises():
    optimizer = an_optimizer()
    scheduler = CosineAnnealingLR(optimizer, T_max=10)
    optimizer.add_param_group({"params": [mg.zeros(1, requires_grad=True)]})
    optimizer.step()

    with pytest.raises(ValueError, match="made for 2 parameter groups, but the optimizer has 3 now"):
        scheduler.step()


def test_a_schedule_without_get_lr_says_so():
    with pytest.raises(NotImplementedError, match="LRScheduler has no get_lr"):
        LRScheduler(an_optimizer())


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (lambda: LambdaLR(an_optimizer(), lambda t: 1).state_dict(), r"not the state of a CosineAnn.* lacks \['T_max'"),
        (lambda: CosineAnnealingLR(an_optimizer(3), 10).state_dict(), "is for 3 parameter groups, but there are 2"),
        (lambda: {**CosineAnnealingLR(an_optimizer(), 10).state_dict(), "gamma": 1}, r"has \['gamma'\]"),
    ],
    ids=["another schedule", "other groups", "an extra"],
)
def test_the_state_of_another_schedule_raises_and_changes_nothing(state, message):
    scheduler = CosineAnnealingLR(an_optimizer(), T_max=10)
    before = scheduler.state_dict()

    with pytest.raises(ValueError, match=message):
        scheduler.load_state_dict(state())

    assert scheduler.state_dict() == before
