"""Writes lbfgs.json: the paths of PyTorch's LBFGS down two losses, in float64. Run it with torch==2.13.0.

The losses are in tests/optim/test_lbfgs.py too: a "valley" (Rosenbrock's, of 11 numbers, and not too steep) and "bowl".
Near a minimum, differences of gradients are mostly rounding, and so is the path: some cases stop before it.

{"parameters": [starting values],
 "cases": {name: {"loss", "options", "trajectory": [for each kept step, all parameters end to end],
                  "losses": [what each of the first steps returned],
                  "state_dict": of step 6, tensors as lists}},
 "kept": [numbers of the steps], "saved_after": 6,
 "searches": [{"line", "first", "most", "tried": [t, …], "found": t}]: its line search, along lines of the same file}
"""

import json
import math
from pathlib import Path

import torch
from torch.optim.lbfgs import _strong_wolfe

KEPT = [1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50]
SAVED_AFTER = 6
SHAPES = [(3, 2), (4,), ()]
WOLFE = {"line_search_fn": "strong_wolfe"}
CASES = {
    "fixed step": ("valley", {"lr": 0.2, "max_iter": 5}),
    "small step": ("valley", {"lr": 0.3, "max_iter": 1}),
    "two moves a step": ("valley", {"lr": 0.05, "max_iter": 2}),
    "short history": ("bowl", {"lr": 0.5, "max_iter": 3, "history_size": 2, "tolerance_grad": 1e-2}),
    "line search": ("valley", WOLFE),
    "line search, one move a step": ("valley", {**WOLFE, "max_iter": 1, "max_eval": 25}),
    "line search, from far": ("valley", {**WOLFE, "lr": 8, "max_iter": 2, "max_eval": 20}),
    "line search, from near": ("valley", {**WOLFE, "lr": 0.01, "max_iter": 1, "max_eval": 25}),
    "line search, cut short": ("bowl", {**WOLFE, "lr": 0.1, "max_iter": 2, "max_eval": 3, "tolerance_grad": 1e-2}),
    "line search, short history": ("bowl", {**WOLFE, "max_iter": 2, "history_size": 3}),
    "too small a move to go on": ("valley", {"lr": 1e-3, "max_iter": 5, "tolerance_change": 1e-3}),
    "tolerances": ("bowl", {**WOLFE, "tolerance_grad": 1e-2, "tolerance_change": 1e-4}),
}


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
FIRSTS = (1e-3, 0.03, 0.3, 0.5, 0.8, 1.7, 3.0, 9.0, 40.0)


def search(line, first, most):
    """What PyTorch's line search tries along a line, and what it finds."""
    loss, slope = LINES[line]
    direction, tried = torch.ones(1), []

    def look(_x, t, _d):
        tried.append(float(t))
        return loss(float(t)), torch.tensor([slope(float(t))])

    start = loss(0.0), torch.tensor([slope(0.0)]), torch.tensor(slope(0.0))
    found = _strong_wolfe(look, None, first, direction, *start, max_ls=most)
    return {"line": line, "first": first, "most": most, "tried": tried, "found": float(found[2])}


def valley(a, b, c):
    """Rosenbrock's curved valley; and a quartic, so that the last parameter is not left out."""
    x = torch.cat([a.reshape(-1), b])
    return (5 * (x[1:] - x[:-1] ** 2) ** 2).sum() + ((1 - x[:-1]) ** 2).sum() + (c - 0.5) ** 4


def bowl(a, b, c):
    """Convex, and steep in b; without a gradient for c."""
    return torch.exp(a).sum() - a.sum() + (10 * b * b).sum() + (a.sum() - b.sum()) ** 2


def listed(value):
    """value with lists in place of tensors."""
    if isinstance(value, torch.Tensor):
        return value.tolist()
    if isinstance(value, dict):
        return {k: listed(v) for k, v in value.items() if k != "al"}  # room to compute in, not state
    return [listed(v) for v in value] if isinstance(value, list | tuple) else value


def run(loss, options, start):
    """The kept part of the trajectory, and a state_dict from its midst."""
    params = [torch.nn.Parameter(p.clone()) for p in start]
    optimizer = torch.optim.LBFGS(params, **options)

    def closure():
        optimizer.zero_grad()
        value = globals()[loss](*params)
        value.backward()
        return value

    case = {"loss": loss, "options": options, "trajectory": [], "losses": []}
    for t in range(1, max(KEPT) + 1):
        case["losses"] += [optimizer.step(closure).item()] if t <= SAVED_AFTER else []
        if t > SAVED_AFTER:
            optimizer.step(closure)
        if t == SAVED_AFTER:
            case["state_dict"] = listed(optimizer.state_dict())
        if t in KEPT:
            case["trajectory"].append([x for p in params for x in p.detach().reshape(-1).tolist()])
    return case


def main():
    """Writes the file beside this script, one case a line."""
    torch.set_default_dtype(torch.float64)
    generator = torch.Generator().manual_seed(0)
    start = [torch.randn(shape, generator=generator) for shape in SHAPES]
    cases = {name: run(*case, start) for name, case in CASES.items()}
    parts = {"parameters": listed(start), "kept": KEPT, "saved_after": SAVED_AFTER, "cases": cases}
    parts["searches"] = [search(line, first, most) for line in LINES for first in FIRSTS for most in (4, 12)]
    text = json.dumps(parts).replace('}, "', '},\n"').replace('], "', '],\n"') + "\n"
    Path(__file__).with_name("lbfgs.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
