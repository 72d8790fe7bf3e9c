"""Writes optim.json: what PyTorch's optimizers and schedules do, in float64. Run it with torch==2.13.0.

{"parameters": [starting values], "gradients": [for each step, one for each parameter or null],
 "cases": {name: {"optimizer", "options", "groups", "trajectory": [for each step, all parameters end to end],
                  "state_dict": of the last step, tensors as lists}},
 "schedules": {name: {"schedule", "options", "lrs": [for each step, one for each group]}}}
"""

import json
from pathlib import Path

import torch

STEPS = 8
SHAPES = [(3, 2), (4,), ()]
ABSENT = {(0, 1), (3, 1), (3, 2), (4, 1), (5, 0)}  # (step, parameter) without a gradient

TWO_GROUPS = [{"params": [0, 1]}, {"params": [2], "lr": 0.003, "weight_decay": 0.2}]
ONE_GROUP = [{"params": [0, 1, 2]}]
CASES = {
    "SGD": ("SGD", {}, ONE_GROUP),
    "SGD weight_decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}, ONE_GROUP),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, ONE_GROUP),
    "SGD dampening": ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}, ONE_GROUP),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, ONE_GROUP),
    "SGD maximize": ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "SGD groups": ("SGD", {"lr": 0.1, "momentum": 0.9}, TWO_GROUPS),
    "Adam": ("Adam", {}, ONE_GROUP),
    "Adam options": ("Adam", {"lr": 0.1, "betas": [0.7, 0.95], "eps": 0.01, "weight_decay": 0.1}, ONE_GROUP),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True}, ONE_GROUP),
    "Adam maximize": ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "Adam groups": ("Adam", {"lr": 0.1}, TWO_GROUPS),
    "AdamW": ("AdamW", {}, ONE_GROUP),
    "AdamW options": ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}, ONE_GROUP),
    "AdamW groups": ("AdamW", {"lr": 0.1}, TWO_GROUPS),
}
LAMBDAS = {"0.95 ** t": lambda t: 0.95**t, "1 / (1 + t)": lambda t: 1 / (1 + t)}
SCHEDULES = {
    "LambdaLR": ("LambdaLR", {"lr_lambda": "0.95 ** t"}),
    "LambdaLR for each group": ("LambdaLR", {"lr_lambda": ["0.95 ** t", "1 / (1 + t)"]}),
    "CosineAnnealingLR": ("CosineAnnealingLR", {"T_max": 50}),
    "CosineAnnealingLR beyond T_max": ("CosineAnnealingLR", {"T_max": 12, "eta_min": 0.01}),
}


def listed(value):
    """value with lists in place of tensors."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {k: listed(v) for k, v in value.items()}
    return [listed(v) for v in value] if isinstance(value, list | tuple) else value


def run(optimizer, options, groups, start, gradients):
    """The trajectory and the last state_dict of one optimizer."""
    params = [torch.nn.Parameter(p.clone()) for p in start]
    groups = [{**group, "params": [params[i] for i in group["params"]]} for group in groups]
    stepper = getattr(torch.optim, optimizer)(groups, **options)
    trajectory = []
    for row in gradients:
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else g.clone()
        stepper.step()
        trajectory.append([x for p in params for x in p.detach().reshape(-1).tolist()])
    return {"trajectory": trajectory, "state_dict": listed(stepper.state_dict())}


def rates(schedule, options):
    """The learning rates of two groups over 50 steps."""
    groups = [{"params": [torch.nn.Parameter(torch.zeros(1))], "lr": lr} for lr in (0.5, 0.02)]
    optimizer = torch.optim.SGD(groups)
    options = dict(options)
    if "lr_lambda" in options:
        names = options["lr_lambda"]
        options["lr_lambda"] = LAMBDAS[names] if isinstance(names, str) else [LAMBDAS[name] for name in names]
    scheduler = getattr(torch.optim.lr_scheduler, schedule)(optimizer, **options)
    lrs = [scheduler.get_last_lr()]
    for _ in range(50):
        optimizer.step()
        scheduler.step()
        lrs.append(scheduler.get_last_lr())
    return lrs


def main():
    """Writes the file beside this script, one case a line."""
    generator = torch.Generator().manual_seed(0)
    draw = [
        [torch.randn(shape, dtype=torch.float64, generator=generator) for shape in SHAPES] for _ in range(STEPS + 1)
    ]
    start = draw[0]
    gradients = [[None if (t, i) in ABSENT else g for i, g in enumerate(row)] for t, row in enumerate(draw[1:])]
    cases = {
        name: {"optimizer": case[0], "options": case[1], "groups": case[2], **run(*case, start, gradients)}
        for name, case in CASES.items()
    }
    schedules = {
        name: {"schedule": case[0], "options": case[1], "lrs": rates(*case)} for name, case in SCHEDULES.items()
    }
    parts = {"parameters": listed(start), "gradients": listed(gradients), "cases": cases, "schedules": schedules}
    text = json.dumps(parts).replace('}, "', '},\n"').replace('], "', '],\n"') + "\n"
    Path(__file__).with_name("optim.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
