"""Answers to the exercises of tutorial 04, losses for regression."""

import numpy as np

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck import gradcheck

F = nn.functional


# %% 1. Pseudo-Huber: smooth everywhere, and its slope stays below δ
# 答：伪 Huber 处处光滑，斜率不超过 δ；在 0 附近它近似于 e²/2。
def pseudo_huber(e, delta=2.0):
    return delta**2 * (mg.sqrt(1 + (e / delta) ** 2) - 1)


e = mg.linspace(-50, 50, 201, dtype=mg.float64)
e.requires_grad_()
(slope,) = mg.autograd.grad(pseudo_huber(e).sum(), e)
print(f"largest slope {mg.abs(slope).max().item():.4f}, δ = 2")
assert mg.abs(slope).max().item() < 2
assert gradcheck(pseudo_huber, mg.tensor([-3.0, 0.0, 0.5, 2.0], dtype=mg.float64, requires_grad=True))
# near 0 it is e²/2, as Huber is
assert abs(pseudo_huber(mg.tensor(0.01, dtype=mg.float64)).item() - 0.01**2 / 2) < 1e-8


# %% 2. Too cheap costs three times as much: the best constant is the 75 % quantile
# 答：估价太低时斜率是 3，太高时是 1。在最佳常数处，¾ 的价格在它下面，所以答案是 75% 分位数：65。
def lopsided(prediction, price):
    too_cheap = price - prediction
    return mg.where(too_cheap > 0, 3 * too_cheap, -too_cheap).mean()  # slope 3 on one side, 1 on the other


prices = mg.tensor([50.0, 60.0, 170.0, 55.0, 65.0])
candidates = np.arange(40, 180, 0.5)
costs = [lopsided(mg.full((5,), c), prices).item() for c in candidates]
best = candidates[int(np.argmin(costs))]
print(f"best constant {best:g}; with equal slopes it would be the median, 60")
# At the best constant 3 · (how many are dearer) crosses (how many are cheaper): ¾ of the prices lie below.
assert best == 65 == np.quantile(prices.numpy(), 0.75)

# %% 3. ½δ² = δ·δ − a gives a = δ²/2: it is Huber's loss
# 答：令 ½δ² = δ·δ − a，得 a = δ²/2。这正是 Huber 损失。
delta = 2.0
a = delta**2 / 2


def mended(e):
    return mg.where(mg.abs(e) <= delta, 0.5 * e * e, delta * mg.abs(e) - a)


e = mg.linspace(-5, 5, 101)
inside, outside = mended(mg.tensor([delta, delta + 1e-4])).tolist()
print(f"a = {a:g}; at the joint {inside:.4f}, just behind it {outside:.4f}")
assert mg.allclose(mended(e), F.huber_loss(e, mg.zeros(101), delta=delta, reduction="none"), atol=1e-6)
assert gradcheck(mended, mg.tensor([delta], dtype=mg.float64, requires_grad=True))
