"""Writes optim.json: what PyTorch's optimizers do, in float64. Run it with torch==2.13.0.

{"parameters": [starting values], "gradients": [for each step, one for each parameter or null],
 "kept": [numbers of the steps after which parameters are kept],
 "cases": {name: {"optimizer", "options", "groups", "trajectory": [for each kept step, all parameters end to end],
                  "state_dict": of the last step, tensors as lists}}}
"""

import json
from pathlib import Path

import torch

STEPS = 50
KEPT = [1, 2, 3, 4, 5, 6, 8, 10, 15, 20, 25, 30, 40, 50]
SHAPES = [(3, 2), (4,), ()]
ABSENT = {  # (step, parameter) without a gradient
    (0, 1), (3, 1), (3, 2), (4, 1), (5, 0), *((t, 2) for t in range(20, 25)), *((t, t % 3) for t in range(30, 50, 4)),
}  # fmt: skip

ONE_GROUP = [{"params": [0, 1, 2]}]
TWO_GROUPS = [{"params": [0, 1]}, {"params": [2], "lr": 0.003, "weight_decay": 0.2}]
BETAS = [{"params": [0, 1]}, {"params": [2], "lr": 0.02, "betas": [0.5, 0.9], "weight_decay": 0.1, "eps": 1e-3}]
ALPHAS = [{"params": [0, 1]}, {"params": [2], "alpha": 0.5, "centered": True, "momentum": 0.7, "weight_decay": 0.2}]

CASES = {
    "SGD": ("SGD", {}, ONE_GROUP),
    "SGD weight_decay": ("SGD", {"lr": 0.1, "weight_decay": 0.05}, ONE_GROUP),
    "SGD momentum": ("SGD", {"lr": 0.1, "momentum": 0.9}, ONE_GROUP),
    "SGD dampening": ("SGD", {"lr": 0.1, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.1}, ONE_GROUP),
    "SGD nesterov": ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "weight_decay": 0.1}, ONE_GROUP),
    "SGD maximize": ("SGD", {"lr": 0.1, "momentum": 0.9, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "SGD groups": ("SGD", {"lr": 0.1, "momentum": 0.9}, TWO_GROUPS),
    "Adagrad": ("Adagrad", {}, ONE_GROUP),
    "Adagrad lr_decay": ("Adagrad", {"lr": 0.1, "lr_decay": 0.05}, ONE_GROUP),
    "Adagrad start": ("Adagrad", {"lr": 0.1, "initial_accumulator_value": 0.3, "eps": 0.01}, ONE_GROUP),
    "Adagrad maximize": ("Adagrad", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "Adagrad groups": ("Adagrad", {"lr": 0.1}, [TWO_GROUPS[0], {**TWO_GROUPS[1], "lr_decay": 0.1, "eps": 1e-3}]),
    "Adadelta": ("Adadelta", {}, ONE_GROUP),
    "Adadelta options": ("Adadelta", {"lr": 0.5, "rho": 0.6, "eps": 1e-3, "weight_decay": 0.1}, ONE_GROUP),
    "Adadelta maximize": ("Adadelta", {"maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "Adadelta groups": ("Adadelta", {}, [TWO_GROUPS[0], {**TWO_GROUPS[1], "rho": 0.5}]),
    "RMSprop": ("RMSprop", {}, ONE_GROUP),
    "RMSprop options": ("RMSprop", {"lr": 0.1, "alpha": 0.7, "eps": 1e-3, "weight_decay": 0.1}, ONE_GROUP),
    "RMSprop momentum": ("RMSprop", {"momentum": 0.9}, ONE_GROUP),
    "RMSprop centered": ("RMSprop", {"alpha": 0.9, "centered": True}, ONE_GROUP),
    "RMSprop all": ("RMSprop", {"momentum": 0.5, "centered": True, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "RMSprop groups": ("RMSprop", {}, ALPHAS),
    "Adam": ("Adam", {}, ONE_GROUP),
    "Adam options": ("Adam", {"lr": 0.1, "betas": [0.7, 0.95], "eps": 0.01, "weight_decay": 0.1}, ONE_GROUP),
    "Adam amsgrad": ("Adam", {"lr": 0.1, "amsgrad": True}, ONE_GROUP),
    "Adam maximize": ("Adam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "Adam decoupled": ("Adam", {"lr": 0.1, "decoupled_weight_decay": True, "weight_decay": 0.1}, ONE_GROUP),
    "Adam groups": ("Adam", {"lr": 0.1}, BETAS),
    "AdamW": ("AdamW", {}, ONE_GROUP),
    "AdamW options": ("AdamW", {"lr": 0.1, "weight_decay": 0.3, "amsgrad": True, "maximize": True}, ONE_GROUP),
    "AdamW groups": ("AdamW", {"lr": 0.1}, BETAS),
    "NAdam": ("NAdam", {}, ONE_GROUP),
    "NAdam options": ("NAdam", {"lr": 0.1, "betas": [0.7, 0.95], "eps": 0.01, "momentum_decay": 0.3}, ONE_GROUP),
    "NAdam weight_decay": ("NAdam", {"lr": 0.1, "weight_decay": 0.1}, ONE_GROUP),
    "NAdam decoupled": ("NAdam", {"lr": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}, ONE_GROUP),
    "NAdam maximize": ("NAdam", {"lr": 0.1, "maximize": True, "weight_decay": 0.1}, ONE_GROUP),
    "NAdam groups": ("NAdam", {}, [BETAS[0], {**BETAS[1], "momentum_decay": 0.01}]),
}


def listed(value):
    """value with lists in place of tensors."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {k: listed(v) for k, v in value.items()}
    return [listed(v) for v in value] if isinstance(value, list | tuple) else value


def run(optimizer, options, groups, start, gradients):
    """The kept part of the trajectory and the last state_dict of one optimizer."""
    params = [torch.nn.Parameter(p.clone()) for p in start]
    groups = [{**group, "params": [params[i] for i in group["params"]]} for group in groups]
    stepper = getattr(torch.optim, optimizer)(groups, **options)
    trajectory = []
    for t, row in enumerate(gradients, 1):
        for p, g in zip(params, row, strict=True):
            p.grad = None if g is None else g.clone()
        stepper.step()
        if t in KEPT:
            trajectory.append([x for p in params for x in p.detach().reshape(-1).tolist()])
    return {"trajectory": trajectory, "state_dict": listed(stepper.state_dict())}


def main():
    """Writes the file beside this script, one case a line."""
    torch.set_default_dtype(torch.float64)  # NAdam keeps the product of its momentums in the default dtype
    generator = torch.Generator().manual_seed(0)
    draw = [[torch.randn(shape, generator=generator) for shape in SHAPES] for _ in range(STEPS + 1)]
    start = draw[0]
    gradients = [[None if (t, i) in ABSENT else g for i, g in enumerate(row)] for t, row in enumerate(draw[1:])]
    cases = {
        name: {"optimizer": case[0], "options": case[1], "groups": case[2], **run(*case, start, gradients)}
        for name, case in CASES.items()
    }
    parts = {"parameters": listed(start), "gradients": listed(gradients), "kept": KEPT, "cases": cases}
    text = json.dumps(parts).replace('}, "', '},\n"').replace('], "', '],\n"') + "\n"
    Path(__file__).with_name("optim.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
