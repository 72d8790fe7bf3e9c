"""Schedules: what all of them share, and what the curves refuse. Their numbers: test_lr_scheduler_reference.py."""

import json
import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.optim.lr_scheduler import (
    ConstantLR,
    CosineAnnealingLR,
    ExponentialLR,
    LambdaLR,
    LinearLR,
    LRScheduler,
    MultiStepLR,
    StepLR,
)


def an_optimizer(groups=2):
    lrs = (0.5, 0.02, 0.3)
    return optim.SGD([{"params": [mg.zeros(1, requires_grad=True)], "lr": lr} for lr in lrs[:groups]])


def test_a_schedule_can_be_made_again_after_last_epoch():
    optimizer = an_optimizer()
    scheduler = LambdaLR(optimizer, lambda t: 0.95**t)
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
    state = LambdaLR(an_optimizer(), lambda t: 0.95**t).state_dict()

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
    optimizer.param_groups[0]["params"][0].grad = mg.zeros(1)
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


@pytest.mark.parametrize("bad", [None, 0.5, [lambda t: 1, 0.5], "ab"], ids=["None", "number", "list", "text"])
def test_what_is_no_function_raises(bad):
    with pytest.raises(TypeError, match="LambdaLR: lr_lambda must be a function of the step, or a list"):
        LambdaLR(an_optimizer(), bad)


@pytest.mark.parametrize("answer", [None, "0.5"], ids=str)
def test_a_function_that_returns_no_number_raises_and_changes_nothing(answer):
    optimizer = an_optimizer(1)

    with pytest.raises(TypeError, match="LambdaLR: lr_lambda must return a number, but for 0 gave"):
        LambdaLR(optimizer, lambda t: answer)

    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("length", [0, -3, float("nan"), float("inf"), "10", None], ids=str)
def test_a_cosine_of_no_length_raises(length):
    with pytest.raises(ValueError, match="T_max must be a positive number of steps, but got"):
        CosineAnnealingLR(an_optimizer(), T_max=length)


@pytest.mark.parametrize("bad", [-2, 0.5, "3", None], ids=str)
def test_going_on_after_a_step_that_is_none_raises(bad):
    optimizer = an_optimizer()
    StepLR(optimizer, 3)

    with pytest.raises(ValueError, match="StepLR: last_epoch must be a whole number of steps, at least -1, but got"):
        StepLR(optimizer, 3, last_epoch=bad)


def test_a_refused_schedule_leaves_no_initial_lr_behind():
    optimizer = an_optimizer(1)

    with pytest.raises(ValueError, match="LambdaLR: got 2 functions for 1 parameter groups"):
        LambdaLR(optimizer, [lambda t: 1, lambda t: 1])

    assert "initial_lr" not in optimizer.param_groups[0]


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
        (lambda: None, r"expected what state_dict\(\) returned, but got None"),
    ],
    ids=["another schedule", "other groups", "an extra", "nothing"],
)
def test_the_state_of_another_schedule_raises_and_changes_nothing(state, message):
    scheduler = CosineAnnealingLR(an_optimizer(), T_max=10)
    before = scheduler.state_dict()

    with pytest.raises(ValueError, match=message):
        scheduler.load_state_dict(state())

    assert scheduler.state_dict() == before


def test_a_get_lr_that_raises_leaves_the_schedule_as_it_was():
    def failing(t):
        return 1 / (2 - t)

    optimizer = an_optimizer(1)
    scheduler = LambdaLR(optimizer, failing)
    optimizer.step()
    scheduler.step()
    before = scheduler.state_dict()

    with pytest.raises(ZeroDivisionError):
        scheduler.step()

    assert (scheduler.state_dict(), optimizer.param_groups[0]["lr"]) == (before, 0.5)


def test_chained_schedules_multiply():
    optimizer = an_optimizer(1)
    both = ExponentialLR(optimizer, gamma=0.5), StepLR(optimizer, step_size=2, gamma=0.1)

    lrs = []
    for _ in range(4):
        optimizer.step()
        for scheduler in both:
            scheduler.step()
        lrs.append(optimizer.param_groups[0]["lr"])

    assert lrs == pytest.approx([0.25, 0.0125, 0.00625, 0.0003125], rel=1e-14)


@pytest.mark.parametrize("total_iters", [5, 10, 49])
def test_a_line_down_to_0_ends_on_0_and_training_goes_on(total_iters):
    optimizer = an_optimizer()
    scheduler = LinearLR(optimizer, start_factor=0.1, end_factor=0.0, total_iters=total_iters)

    for _ in range(total_iters + 3):
        optimizer.step()
        scheduler.step()

    assert min(scheduler.get_last_lr()) >= 0
    assert scheduler.get_last_lr() == pytest.approx([0, 0], abs=1e-15)


def test_a_constant_factor_of_0_ends_on_the_base_learning_rate():
    optimizer = an_optimizer(1)
    scheduler = ConstantLR(optimizer, factor=0, total_iters=2)

    lrs = scheduler.get_last_lr()
    for _ in range(3):
        optimizer.step()
        scheduler.step()
        lrs += scheduler.get_last_lr()

    assert lrs == [0, 0, 0.5, 0.5]


def test_milestones_that_went_through_json_are_numbers_again():
    optimizer = an_optimizer(1)
    scheduler = MultiStepLR(optimizer, [1, 1, 3], gamma=0.5)

    scheduler.load_state_dict(json.loads(json.dumps(scheduler.state_dict())))
    optimizer.step()
    scheduler.step()

    assert scheduler.get_last_lr() == [0.125]


@pytest.mark.parametrize("bad", [0, -3, 2.5, math.nan, "3", None], ids=str)
@pytest.mark.parametrize(
    ("cls", "name"), [(StepLR, "step_size"), (ConstantLR, "total_iters"), (LinearLR, "total_iters")]
)
def test_numbers_of_steps_that_are_none_raise(cls, name, bad):
    optimizer = an_optimizer(1)

    with pytest.raises(ValueError, match=f"{cls.__name__}: {name} must be a whole number of steps, at least 1, but"):
        cls(optimizer, **{name: bad})

    assert optimizer.param_groups[0]["lr"] == 0.5


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf], ids=str)
@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda o, x: StepLR(o, 3, gamma=x), "StepLR: gamma"),
        (lambda o, x: MultiStepLR(o, [3], gamma=x), "MultiStepLR: gamma"),
        (lambda o, x: ExponentialLR(o, x), "ExponentialLR: gamma"),
        (lambda o, x: ConstantLR(o, factor=x), "ConstantLR: factor"),
        (lambda o, x: LinearLR(o, start_factor=x), "LinearLR: start_factor"),
        (lambda o, x: LinearLR(o, end_factor=x), "LinearLR: end_factor"),
        (lambda o, x: CosineAnnealingLR(o, 10, eta_min=x), "CosineAnnealingLR: eta_min"),
    ],
    ids=["step", "multi", "exponential", "constant", "start", "end", "eta_min"],
)
def test_factors_that_make_no_sense_raise(make, name, bad):
    optimizer = an_optimizer(1)

    with pytest.raises(ValueError, match=rf"{name} must be (in \[0, 1\]|finite and at least 0), but got {bad}"):
        make(optimizer, bad)

    assert optimizer.param_groups[0]["lr"] == 0.5


def test_a_factor_that_is_no_number_raises():
    with pytest.raises(TypeError, match=r"ExponentialLR: gamma must be a number, but got '0\.9'"):
        ExponentialLR(an_optimizer(1), gamma="0.9")


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"factor": 1.5}, r"ConstantLR: factor must be in \[0, 1\], but got 1.5"),
        ({"start_factor": 1.5}, r"LinearLR: start_factor must be in \[0, 1\], but got 1.5"),
        ({"end_factor": 1.5}, r"LinearLR: end_factor must be in \[0, 1\], but got 1.5"),
        ({"start_factor": 0}, "LinearLR: start_factor must be above 0, but got 0"),
    ],
    ids=str,
)
def test_factors_above_1_and_a_start_from_0_raise(options, message):
    with pytest.raises(ValueError, match=message):
        (ConstantLR if "factor" in options else LinearLR)(an_optimizer(1), **options)


@pytest.mark.parametrize(
    ("milestones", "message"),
    [
        ([30, 10], r"MultiStepLR: milestones must not fall, but got \[30, 10\]; sort them"),
        ([-1, 10], "MultiStepLR: a milestone must be a whole number of steps, at least 0, but got -1"),
        ([2.5], "MultiStepLR: a milestone must be a whole number of steps, at least 0, but got 2.5"),
        (30, "MultiStepLR: milestones must be a list, but got 30"),
    ],
    ids=str,
)
def test_milestones_that_make_no_sense_raise(milestones, message):
    with pytest.raises((TypeError, ValueError), match=message):
        MultiStepLR(an_optimizer(1), milestones)
