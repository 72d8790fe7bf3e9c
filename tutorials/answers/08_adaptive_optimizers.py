"""Answers to the exercises of tutorial 08."""

import numpy as np

import minigrad as mg
from minigrad import optim

# %% 1. Frozen moments
# 答：m 和 v 不变，每一步都是 0.01·0.1/√0.001 ≈ 0.0316，方向也不变：它笔直地越过最小值，一去不回。
# m = 0.1·g and v = 0.001·g² of the first slope for ever: each step is 0.01·0.1/√0.001 ≈ 0.0316, always the same way.
theta = first = 1.0
m, v = 0.1 * first, 0.001 * first**2
for _ in range(1000):
    theta -= 0.01 * m / (np.sqrt(v) + 1e-8)
print(f"m and v frozen: theta = {theta:.1f} after 1000 steps, in a straight line past the minimum")
assert abs(theta + 30.6) < 0.1

# %% 2. RMSprop out of Adam
# 答：第 1 步相差最大（修正只作用于 v），之后按 β₂ᵗ 消退，第 300 步已经看不出差别。
slopes = np.random.default_rng(0).normal(size=(300, 4))
steps = {}
for name, make in (
    ("RMSprop", lambda params: optim.RMSprop(params, lr=0.01, alpha=0.9)),
    ("Adam", lambda params: optim.Adam(params, lr=0.01, betas=(0.0, 0.9))),
):
    w = mg.zeros(4, dtype=mg.float64, requires_grad=True)
    optimizer, path = make([w]), [np.zeros(4)]
    for g in slopes:
        w.grad = mg.tensor(g)
        optimizer.step()
        path.append(w.detach().numpy().copy())
    steps[name] = np.diff(path, axis=0)
apart = np.abs(steps["Adam"] / steps["RMSprop"] - 1).max(1)
print(f"steps differ by {apart[0]:.0%} in step 1, {apart[19]:.0%} in step 20, {apart[-1]:.0e} in step 300")
assert np.isclose(apart[0], 1 - 0.1**0.5, atol=1e-3)  # the hat on v alone: √(1 − 0.9)
assert apart[-1] < 1e-6

# %% 3. Momentum in the documents' form
# 答：学习率不变时两者完全相同；改变学习率之后就分开了：一个的 lr 在 v 里面，另一个的在外面。


class HeavyBall(optim.Optimizer):
    """v ← γv + η∇J;  θ ← θ − v"""

    def update(self, theta, g, state, *, lr, momentum=0.9):
        v = state.setdefault("velocity", np.zeros_like(theta))
        v *= momentum
        v += lr * g
        theta -= v


ours = mg.ones(4, dtype=mg.float64, requires_grad=True)
theirs = mg.ones(4, dtype=mg.float64, requires_grad=True)
pair = ((ours, HeavyBall([ours], lr=0.1)), (theirs, optim.SGD([theirs], lr=0.1, momentum=0.9)))
for g in slopes[:50]:
    for w, optimizer in pair:
        w.grad = mg.tensor(g)
        optimizer.step()
print("HeavyBall:", ours.detach().numpy().round(4), " SGD:", theirs.detach().numpy().round(4))
assert mg.allclose(ours, theirs)
for g, lr in zip(slopes[50:60], [0.1] * 5 + [0.01] * 5, strict=True):
    for w, optimizer in pair:
        optimizer.param_groups[0]["lr"] = lr
        w.grad = mg.tensor(g)
        optimizer.step()
assert not mg.allclose(ours, theirs)  # once lr has changed, they part
