"""Writes schedulers.json: what PyTorch's schedules do to two groups. Run it with torch==2.13.0.

{"metrics": [what ReduceLROnPlateau is given],
 "cases": {name: {"optimizer", "schedules": [{"schedule", "options"}, …] on the one optimizer,
                  "lrs": [at the beginning and after each step, one for each group],
                  "momentums": the same of momentum or β₁, where they change,
                  "states": [the state_dict of each schedule after step SAVED_AFTER], "groups": the optimizer's then}},
 "again": {name: {"schedule", "options", "lrs"}: made again after last_epoch, on learning rates 0.5 and 0.02},
 "saved_after": SAVED_AFTER}

The options of a SequentialLR hold schedules in turn; a "lambda" is the name of a function.
"""

import json
import warnings
from pathlib import Path

import torch

STEPS = 55
SAVED_AFTER = 17
LAMBDAS = {"0.95 ** t": lambda t: 0.95**t, "1 / (1 + t)": lambda t: 1 / (1 + t)}
METRICS = [  # falls, stays, falls by little, grows, falls again: and once it is not a number
    *(1 - 0.1 * t for t in range(6)), *(0.5 for _ in range(8)), *(0.5 - 1e-5 * t for t in range(8)), float("nan"),
    *(0.5 + 0.02 * t for t in range(8)), *(0.4 - 0.02 * t for t in range(5)), *(0.3 for _ in range(STEPS)),
][:STEPS]  # fmt: skip


def one(schedule, **options):
    """A schedule to be made."""
    return {"schedule": schedule, "options": options}


CASES = {
    "LambdaLR": [one("LambdaLR", lr_lambda="0.95 ** t")],
    "LambdaLR for each group": [one("LambdaLR", lr_lambda=["0.95 ** t", "1 / (1 + t)"])],
    "StepLR": [one("StepLR", step_size=7)],
    "StepLR gamma": [one("StepLR", step_size=1, gamma=0.9)],
    "MultiStepLR": [one("MultiStepLR", milestones=[3, 20, 40])],
    "MultiStepLR twice": [one("MultiStepLR", milestones=[0, 5, 5, 30], gamma=0.5)],
    "ConstantLR": [one("ConstantLR")],
    "ConstantLR options": [one("ConstantLR", factor=0.7, total_iters=20)],
    "LinearLR": [one("LinearLR")],
    "LinearLR down": [one("LinearLR", start_factor=1.0, end_factor=0.0, total_iters=40)],
    "LinearLR options": [one("LinearLR", start_factor=0.01, end_factor=0.8, total_iters=23)],
    "ExponentialLR": [one("ExponentialLR", gamma=0.93)],
    "CosineAnnealingLR": [one("CosineAnnealingLR", T_max=50)],
    "CosineAnnealingLR beyond T_max": [one("CosineAnnealingLR", T_max=12, eta_min=0.01)],
    "OneCycleLR": [one("OneCycleLR", max_lr=0.7, total_steps=55)],
    "OneCycleLR by epochs": [one("OneCycleLR", max_lr=[0.7, 0.1], epochs=11, steps_per_epoch=5, pct_start=0.5)],
    "OneCycleLR linear": [
        one("OneCycleLR", max_lr=0.7, total_steps=60, anneal_strategy="linear", div_factor=10, final_div_factor=100)
    ],
    "OneCycleLR three phases": [
        one("OneCycleLR", max_lr=0.7, total_steps=55, three_phase=True, base_momentum=[0.5, 0.6], max_momentum=0.99)
    ],
    "OneCycleLR without momentum": [one("OneCycleLR", max_lr=0.7, total_steps=55, cycle_momentum=False)],
    "OneCycleLR of Adam": [one("OneCycleLR", max_lr=0.7, total_steps=55)],
    "ReduceLROnPlateau": [one("ReduceLROnPlateau", patience=3)],
    "ReduceLROnPlateau at once": [one("ReduceLROnPlateau", patience=0, factor=0.5, threshold=0.05)],
    "ReduceLROnPlateau abs": [one("ReduceLROnPlateau", patience=2, threshold_mode="abs", threshold=0.04, factor=0.3)],
    "ReduceLROnPlateau max": [one("ReduceLROnPlateau", mode="max", patience=4, factor=0.5)],
    "ReduceLROnPlateau max abs": [
        one("ReduceLROnPlateau", mode="max", threshold_mode="abs", patience=1, factor=0.5, threshold=0.1)
    ],
    "ReduceLROnPlateau cooldown": [one("ReduceLROnPlateau", patience=1, cooldown=5, min_lr=[0.04, 0.001])],
    "ReduceLROnPlateau min_lr": [one("ReduceLROnPlateau", patience=1, min_lr=0.015, eps=0.006)],
    "SequentialLR": [
        one(
            "SequentialLR",
            milestones=[5, 30],
            schedulers=[
                one("LinearLR", start_factor=0.1),
                one("CosineAnnealingLR", T_max=25),
                one("ExponentialLR", gamma=0.9),
            ],
        )
    ],
    "SequentialLR of all": [
        one(
            "SequentialLR",
            milestones=[6, 12, 18, 24, 30],
            schedulers=[
                one("ConstantLR", factor=0.5, total_iters=3),
                one("StepLR", step_size=2, gamma=0.5),
                one("MultiStepLR", milestones=[0, 2, 4], gamma=0.3),
                one("LambdaLR", lr_lambda="0.95 ** t"),
                one("LinearLR", total_iters=4),
                one("ConstantLR", factor=0.2, total_iters=9),
            ],
        )
    ],
    "SequentialLR ends in a cycle": [
        one(
            "SequentialLR",
            milestones=[8],
            schedulers=[one("ConstantLR", total_iters=50), one("OneCycleLR", max_lr=0.9, total_steps=50)],
        )
    ],
    "SequentialLR alone": [one("SequentialLR", milestones=[], schedulers=[one("ExponentialLR", gamma=0.9)])],
    "chained": [one("ExponentialLR", gamma=0.95), one("MultiStepLR", milestones=[10, 30], gamma=0.5)],
    "chained warm-up": [one("LinearLR", start_factor=0.1, total_iters=10), one("CosineAnnealingLR", T_max=50)],
}
AGAIN = {
    f"{spec['schedule']} after {t}": (spec, t)
    for spec in (
        one("LambdaLR", lr_lambda="0.95 ** t"), one("StepLR", step_size=4), one("MultiStepLR", milestones=[4, 9]),
        one("ConstantLR"), one("LinearLR"), one("ExponentialLR", gamma=0.9), one("CosineAnnealingLR", T_max=10),
    )
    for t in (0, 3, 9)
}  # fmt: skip


def made(spec, optimizer, **more):
    """The schedule of a spec."""
    options = {**spec["options"], **more}
    if "lr_lambda" in options:
        names = options["lr_lambda"]
        options["lr_lambda"] = LAMBDAS[names] if isinstance(names, str) else [LAMBDAS[name] for name in names]
    if "schedulers" in options:
        options["schedulers"] = [made(inner, optimizer) for inner in options["schedulers"]]
    return getattr(torch.optim.lr_scheduler, spec["schedule"])(optimizer, **options)


def an_optimizer(name):
    """Two groups with a parameter each, and learning rates 0.5 and 0.02."""
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.5, 0.02)]
    return torch.optim.Adam(groups) if name == "Adam" else torch.optim.SGD(groups, momentum=0.9)


def momentums(optimizer):
    """Momentum or β₁ of each group."""
    return [group["betas"][0] if "betas" in group else group["momentum"] for group in optimizer.param_groups]


def plain(value):
    """value with what JSON has in place of Counters and tuples; functions and what says how, not what, left out."""
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in value.items() if k not in ("params", "foreach", "fused", "capturable")}
    return [plain(v) for v in value] if isinstance(value, list | tuple) else value


def run(name, specs):
    """What one case does in STEPS steps."""
    optimizer = an_optimizer("Adam" if "Adam" in name else "SGD")
    schedules = [made(spec, optimizer) for spec in specs]
    case = {"optimizer": type(optimizer).__name__, "schedules": specs}
    lrs, cycled = [[group["lr"] for group in optimizer.param_groups]], [momentums(optimizer)]
    for t in range(1, STEPS + 1):
        optimizer.step()
        for schedule in schedules:
            schedule.step(*([METRICS[t - 1]] if "Plateau" in name else []))
        lrs.append([group["lr"] for group in optimizer.param_groups])
        cycled.append(momentums(optimizer))
        if t == SAVED_AFTER:
            case["states"] = [plain(schedule.state_dict()) for schedule in schedules]
            case["groups"] = plain(optimizer.state_dict()["param_groups"])
    return {**case, "lrs": lrs, **({"momentums": cycled} if cycled[0] != cycled[-1] or "Cycle" in name else {})}


def again(spec, last_epoch):
    """The learning rates of a schedule that was made again, and of ten steps more."""
    optimizer = an_optimizer("SGD")
    for group in optimizer.param_groups:
        group["initial_lr"] = 2 * group["lr"]
    schedule = made(spec, optimizer, last_epoch=last_epoch)
    lrs = [schedule.get_last_lr()]
    for _ in range(10):
        optimizer.step()
        schedule.step()
        lrs.append(schedule.get_last_lr())
    return {**spec, "last_epoch": last_epoch, "lrs": lrs}


def main():
    """Writes the file beside this script, one case a line."""
    warnings.simplefilter("ignore")
    parts = {
        "metrics": METRICS,
        "saved_after": SAVED_AFTER,
        "again": {name: again(*case) for name, case in AGAIN.items()},
        "cases": {name: run(name, specs) for name, specs in CASES.items()},
    }
    text = json.dumps(parts).replace('}, "', '},\n"').replace(']], "', ']],\n"') + "\n"
    Path(__file__).with_name("schedulers.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
