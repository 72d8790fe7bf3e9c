"""OneCycleLR, ReduceLROnPlateau and SequentialLR: what they do beside their numbers, and what they refuse."""

import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim.lr_scheduler import (
    ConstantLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    OneCycleLR,
    ReduceLROnPlateau,
    SequentialLR,
)


def an_optimizer(groups=2, cls=optim.SGD):
    return cls([{"params": [mg.zeros(1, requires_grad=True)], "lr": lr} for lr in (0.5, 0.02, 0.3)[:groups]])


def after(optimizer, scheduler, steps):
    """The first group's learning rate at the beginning and after each step."""
    lrs = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps):
        optimizer.step()
        scheduler.step()
        lrs.append(optimizer.param_groups[0]["lr"])
    return lrs


# ---- OneCycleLR -----------------------------------------------------------------------------------------------------


def test_a_cycle_goes_up_and_down_and_momentum_the_other_way():
    optimizer = an_optimizer(1)
    scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=21, pct_start=0.5)

    lrs, momentums = [], []
    for _ in range(20):
        lrs += scheduler.get_last_lr()
        momentums.append(optimizer.param_groups[0]["momentum"])
        optimizer.step()
        scheduler.step()

    assert lrs[0] == pytest.approx(1 / 25)
    assert (np.argmax(lrs), np.argmin(momentums)) == (10, 10) or (np.argmax(lrs), np.argmin(momentums)) == (9, 9)
    assert scheduler.get_last_lr() == pytest.approx([1 / 25 / 1e4])
    assert momentums[0] == 0.95 > min(momentums) >= 0.85


def test_the_other_beta_of_adam_is_left_alone():
    optimizer = an_optimizer(1, optim.Adam)
    scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=10)
    after(optimizer, scheduler, 4)

    assert optimizer.param_groups[0]["betas"][1] == 0.999
    assert optimizer.param_groups[0]["betas"][0] != 0.9


def test_a_step_beyond_the_cycle_raises_and_changes_nothing():
    optimizer = an_optimizer(1)
    scheduler = OneCycleLR(optimizer, max_lr=1.0, total_steps=5)
    after(optimizer, scheduler, 5)
    before, lr = scheduler.state_dict(), optimizer.param_groups[0]["lr"]

    with pytest.raises(ValueError, match="OneCycleLR: all 5 steps of the cycle have been made; give the right total"):
        scheduler.step()

    assert (scheduler.state_dict(), optimizer.param_groups[0]["lr"]) == (before, lr)


@pytest.mark.parametrize("total", [1, 2, 10])
@pytest.mark.parametrize("pct_start", [0, 0.1, 0.5, 1])
def test_phases_without_a_length_are_passed_over(total, pct_start):
    optimizer = an_optimizer(1)

    lrs = after(optimizer, OneCycleLR(optimizer, max_lr=1.0, total_steps=total, pct_start=pct_start), total - 1)

    assert all(0 <= lr <= 1 for lr in lrs)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({}, ValueError, "how many steps will there be"),
        ({"epochs": 3}, ValueError, "give total_steps, or epochs and steps_per_epoch"),
        ({"total_steps": 0}, ValueError, "total_steps must be a whole number of steps, at least 1, but got 0"),
        ({"total_steps": 2.5}, ValueError, "total_steps must be a whole number"),
        ({"epochs": 3, "steps_per_epoch": 0}, ValueError, "steps_per_epoch must be a whole number of steps"),
        ({"epochs": -3, "steps_per_epoch": 2}, ValueError, "epochs must be a whole number of steps"),
        ({"total_steps": 9, "pct_start": 1.5}, ValueError, r"pct_start must be in \[0, 1\], but got 1.5"),
        ({"total_steps": 9, "pct_start": math.nan}, ValueError, "pct_start must be in"),
        ({"total_steps": 9, "anneal_strategy": "cosine"}, ValueError, "anneal_strategy must be 'cos' or 'linear', but"),
        ({"total_steps": 9, "max_lr": [0.1]}, ValueError, "max_lr: got 1 numbers for 2 parameter groups"),
        ({"total_steps": 9, "max_lr": -1}, ValueError, "max_lr must be finite and at least 0, but got"),
        ({"total_steps": 9, "max_lr": "1"}, TypeError, "max_lr must be a number, but got '1'"),
        ({"total_steps": 9, "max_momentum": [0.9] * 3}, ValueError, "max_momentum: got 3 numbers for 2"),
        ({"total_steps": 9, "base_momentum": 1.0}, ValueError, "momentums must be below 1, but got 1.0"),
        ({"total_steps": 9, "div_factor": 0}, ValueError, "div_factor must be above 0"),
        ({"total_steps": 9, "final_div_factor": math.inf}, ValueError, "final_div_factor must be finite"),
    ],
    ids=str,
)
def test_cycles_that_make_no_sense_raise_and_change_nothing(options, error, message):
    optimizer = an_optimizer()
    before = optimizer.state_dict()

    with pytest.raises(error, match=f"OneCycleLR: .*{message}"):
        OneCycleLR(optimizer, **{"max_lr": 1.0, **options})

    assert optimizer.state_dict() == before


def test_a_cycle_of_momentum_needs_one():
    with pytest.raises(ValueError, match="Adagrad has neither momentum nor betas to cycle; give cycle_momentum=False"):
        OneCycleLR(an_optimizer(cls=optim.Adagrad), max_lr=1.0, total_steps=9)

    OneCycleLR(an_optimizer(cls=optim.Adagrad), max_lr=1.0, total_steps=9, cycle_momentum=False)


def test_a_cycle_needs_an_optimizer():
    with pytest.raises(TypeError, match="OneCycleLR: expected an optimizer, but got a list"):
        OneCycleLR([], max_lr=1.0, total_steps=9)


# ---- ReduceLROnPlateau ----------------------------------------------------------------------------------------------


def test_a_plateau_is_waited_for_and_tensors_are_metrics_too():
    optimizer = an_optimizer(1)
    scheduler = ReduceLROnPlateau(optimizer, patience=2, factor=0.5)

    lrs = []
    for metric in (1.0, 0.5, 0.5, 0.5, 0.5, 0.5):
        scheduler.step(mg.tensor(metric))
        lrs += scheduler.get_last_lr()

    assert lrs == [0.5, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_a_metric_of_nan_is_never_better():
    optimizer = an_optimizer(1)
    scheduler = ReduceLROnPlateau(optimizer, patience=0, factor=0.5)

    for metric in (math.nan, math.nan, 1.0, math.nan):
        scheduler.step(metric)

    assert (scheduler.best, scheduler.get_last_lr()) == (1.0, [0.5 / 8])


@pytest.mark.parametrize("metric", [None, "low", [0.5]], ids=str)
def test_a_metric_that_is_no_number_raises_and_changes_nothing(metric):
    scheduler = ReduceLROnPlateau(an_optimizer(1))
    before = scheduler.state_dict()

    with pytest.raises(TypeError, match=r"step needs a metric, such as scheduler.step\(loss\), but got"):
        scheduler.step(metric)

    assert scheduler.state_dict() == before


def test_a_step_without_a_metric_says_what_to_give():
    with pytest.raises(TypeError, match=r"step needs a metric, such as scheduler.step\(loss\), but got None"):
        ReduceLROnPlateau(an_optimizer()).step()


def test_groups_added_later_get_the_min_lr_that_was_given_for_all():
    optimizer = an_optimizer(1)
    scheduler = ReduceLROnPlateau(optimizer, patience=0, factor=0.1, min_lr=0.2)
    optimizer.add_param_group({"params": [mg.zeros(1, requires_grad=True)], "lr": 0.3})

    scheduler.step(math.nan)

    assert scheduler.get_last_lr() == [0.2, 0.2]


def test_groups_added_later_raise_when_there_was_a_min_lr_for_each():
    optimizer = an_optimizer(1)
    scheduler = ReduceLROnPlateau(optimizer, min_lr=[0.2])
    optimizer.add_param_group({"params": [mg.zeros(1, requires_grad=True)]})
    before = scheduler.state_dict()

    with pytest.raises(ValueError, match="ReduceLROnPlateau: it has 1 min_lrs, but the optimizer has 2 parameter"):
        scheduler.step(1.0)

    assert scheduler.state_dict() == before


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"mode": "mim"}, ValueError, "mode must be 'min' or 'max', but got 'mim'"),
        ({"threshold_mode": "relative"}, ValueError, "threshold_mode must be 'rel' or 'abs', but got 'relative'"),
        ({"factor": 1.0}, ValueError, "factor must be below 1, or nothing is reduced, but got 1"),
        ({"factor": 1.5}, ValueError, r"factor must be in \[0, 1\], but got 1.5"),
        ({"factor": -0.1}, ValueError, "factor must be in"),
        ({"factor": math.nan}, ValueError, "factor must be in"),
        ({"patience": -1}, ValueError, "patience must be a whole number of steps, at least 0, but got -1"),
        ({"cooldown": 1.5}, ValueError, "cooldown must be a whole number of steps, at least 0, but got 1.5"),
        ({"threshold": -1}, ValueError, "threshold must be finite and at least 0, but got"),
        ({"eps": math.nan}, ValueError, "eps must be finite and at least 0, but got"),
        ({"min_lr": [0.1]}, ValueError, "min_lr: got 1 numbers for 2 parameter groups"),
        ({"min_lr": -1}, ValueError, "min_lr must be finite and at least 0, but got"),
        ({"min_lr": "low"}, TypeError, "min_lr must be a number, but got 'low'"),
    ],
    ids=str,
)
def test_plateaus_that_make_no_sense_raise(options, error, message):
    with pytest.raises(error, match=f"ReduceLROnPlateau: {message}"):
        ReduceLROnPlateau(an_optimizer(), **options)


def test_the_state_of_another_plateau_raises_and_changes_nothing():
    scheduler = ReduceLROnPlateau(an_optimizer(2))
    before = scheduler.state_dict()

    with pytest.raises(ValueError, match="is for 3 parameter groups, but there are 2"):
        scheduler.load_state_dict(ReduceLROnPlateau(an_optimizer(3)).state_dict())
    with pytest.raises(ValueError, match="this is not the state of a ReduceLROnPlateau"):
        scheduler.load_state_dict(ExponentialLR(an_optimizer(2), 0.9).state_dict())

    assert scheduler.state_dict() == before


# ---- SequentialLR ---------------------------------------------------------------------------------------------------


def test_each_schedule_begins_at_its_own_step_0_from_the_base_learning_rate():
    optimizer = an_optimizer(1)
    parts = [ConstantLR(optimizer, factor=0.1, total_iters=9), ExponentialLR(optimizer, gamma=0.5)]

    lrs = after(optimizer, SequentialLR(optimizer, parts, milestones=[2]), 4)

    assert lrs == pytest.approx([0.05, 0.05, 0.5, 0.25, 0.125], rel=1e-14)


def test_a_sequence_can_be_part_of_a_sequence():
    optimizer = an_optimizer(1)
    inner = SequentialLR(
        optimizer, [ConstantLR(optimizer, 0.1, 9), LambdaLR(optimizer, lambda t: 0.5**t)], milestones=[2]
    )
    outer = SequentialLR(optimizer, [LinearLR(optimizer, 0.5, total_iters=2), inner], milestones=[3])

    lrs = after(optimizer, outer, 7)
    saved = outer.state_dict()
    outer.load_state_dict(saved)

    assert lrs == pytest.approx([0.25, 0.375, 0.5, 0.05, 0.05, 0.5, 0.25, 0.125], rel=1e-14)
    assert outer.state_dict() == saved


@pytest.mark.parametrize("milestone", [1, 2])
def test_a_step_of_a_sequence_before_the_optimizers_warns_where_it_is_made(milestone):
    optimizer = an_optimizer(1)
    parts = [ExponentialLR(optimizer, gamma=0.5) for _ in range(2)]
    scheduler = SequentialLR(optimizer, parts, milestones=[milestone])

    with pytest.warns(UserWarning, match=r"scheduler.step\(\) before optimizer.step\(\)") as caught:
        scheduler.step()

    assert [warning.filename for warning in caught] == [__file__]


def test_a_sequence_warns_of_no_step_after_the_first(recwarn):
    optimizer = an_optimizer(1)
    parts = [ExponentialLR(optimizer, gamma=0.5) for _ in range(2)]

    after(optimizer, SequentialLR(optimizer, parts, milestones=[1]), 3)

    assert not recwarn.list


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([], "3 schedulers need 2 milestones, one between each two, but got 0"),
        ([3, 6, 9], "3 schedulers need 2 milestones, one between each two, but got 3"),
        ([6, 3], r"milestones must rise, but got \[6, 3\]; sort them"),
        ([3, 3], r"milestones must rise, but got \[3, 3\]"),
        ([0, 3], "a milestone must be a whole number of steps, at least 1, but got 0"),
        ([3, 4.5], "a milestone must be a whole number of steps, at least 1, but got 4.5"),
    ],
    ids=str,
)
def test_milestones_that_make_no_sense_raise_and_change_nothing(milestones, message):
    optimizer = an_optimizer(1)
    parts = [ExponentialLR(optimizer, gamma=0.5) for _ in range(3)]
    optimizer.param_groups[0]["lr"] = 0.123

    with pytest.raises(ValueError, match=f"SequentialLR: {message}"):
        SequentialLR(optimizer, parts, milestones=milestones)

    assert optimizer.param_groups[0]["lr"] == 0.123


@pytest.mark.parametrize(
    ("parts", "error", "message"),
    [
        (lambda o: [], ValueError, "there are no schedulers; give at least one"),
        (lambda o: None, TypeError, "schedulers must be a list, but got None"),
        (lambda o: [o], TypeError, "scheduler 0 must be a schedule, but is a SGD"),
        (lambda o: [ReduceLROnPlateau(o)], ValueError, "scheduler 0 is a ReduceLROnPlateau, whose step needs a metric"),
        (lambda o: [ExponentialLR(an_optimizer(1), 0.5)], ValueError, "an? ExponentialLR, has another optimizer"),
    ],
    ids=["none", "no list", "an optimizer", "a plateau", "another optimizer"],
)
def test_parts_of_a_sequence_that_make_no_sense_raise(parts, error, message):
    optimizer = an_optimizer(1)

    with pytest.raises(error, match=f"SequentialLR: .*{message}"):
        SequentialLR(optimizer, parts(optimizer), milestones=[])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda state: state["_schedulers"].pop(), "of 1 schedules in sequence, but there are 2"),
        (lambda state: state["_schedulers"][1].pop("gamma"), r"not the state of a ExponentialLR: it lacks \['gamma'\]"),
        (lambda state: state.pop("_milestones"), r"not the state of a SequentialLR: it lacks \['_milestones'\]"),
    ],
    ids=["a part", "in a part", "milestones"],
)
def test_the_state_of_another_sequence_raises_and_changes_nothing(change, message):
    optimizer = an_optimizer(1)
    parts = [ConstantLR(optimizer), ExponentialLR(optimizer, gamma=0.5)]
    scheduler = SequentialLR(optimizer, parts, milestones=[3])
    before = scheduler.state_dict()
    after(optimizer, scheduler, 4)
    now = scheduler.state_dict()
    change(before)

    with pytest.raises(ValueError, match=message):
        scheduler.load_state_dict(before)

    assert scheduler.state_dict() == now
