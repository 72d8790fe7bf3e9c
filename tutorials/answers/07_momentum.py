"""Answers to the exercises of tutorial 07."""

import numpy as np

CURVATURE = np.array([1.0, 50.0])  # of J(θ) = ½(θ₁² + 50θ₂²)


def steps_needed(gamma, lr=0.01, stop_uphill=False, steps=2000):
    """How many steps until J stays below 0.001."""
    theta, v, last = np.array([-4.0, 1.2]), np.zeros(2), 0
    for step in range(1, steps + 1):
        g = CURVATURE * theta
        if stop_uphill and g @ v < 0:
            v = np.zeros(2)
        v = gamma * v + lr * g  # v ← γv + η∇J(θ)
        theta = theta - v  # θ ← θ − v
        if 0.5 * (CURVATURE * theta**2).sum() >= 1e-3:
            last = step
    return last + 1


# %% 1. The best γ
# 答：每个方向各自摆动：γ 小于 (1 − √(αλ))² 时它在爬，大于时在摆，每步缩小为 √γ。慢的是平缓的方向（λ = 1），最适合
# 它的是 0.81。
# Each direction is a swing of its own. Below γ = (1 − √(αλ))² it creeps, above it swings, and then shrinks by √γ a
# step. The flat direction, λ = 1, is the one that waits: γ = (1 − √0.01)² = 0.81 suits it best.
needed = {gamma: steps_needed(gamma) for gamma in np.round(np.arange(0.5, 0.96, 0.01), 2)}
best = min(needed, key=needed.get)
print(f"fewest steps, {needed[best]}, at γ = {best:.2f}; (1 − √(αλ))² = 0.81; γ = 0.9 needs {needed[0.9]}")
assert abs(best - 0.81) < 0.06
assert needed[best] < needed[0.9]

# %% 2. No rolling uphill
# 答：γ = 0.97 时，上坡就停的球先到。
for gamma in (0.9, 0.97):
    print(f"γ = {gamma}: {steps_needed(gamma)} steps; stopped when uphill: {steps_needed(gamma, stop_uphill=True)}")
assert steps_needed(0.97, stop_uphill=True) < steps_needed(0.97)

# %% 3. Where each of them explodes
# 答：理论值：看脚下 α < 2(1 + β)，往前看 α < 2(1 + β)/(1 + 2β)，往后看 α < 1 − β。文档 003 的写法能用的学习率最
# 小。
# Theory for J = ½θ²: here α < 2(1 + β), ahead α < 2(1 + β)/(1 + 2β), behind α < 1 − β.


def end(where, alpha, beta=0.9, steps=3000):
    theta = before = 1.0
    v = 0.0
    for _ in range(steps):
        at = {"ahead": theta + beta * v, "here": theta, "behind": before}[where]
        before = theta
        v = beta * v - alpha * at
        theta += v
        if abs(theta) > 1e6:
            break
    return abs(theta)


def limit(where):
    low, high = 0.01, 5.0
    for _ in range(12):
        middle = (low + high) / 2
        low, high = (middle, high) if end(where, middle) < 1 else (low, middle)
    return low


limits = {where: limit(where) for where in ("ahead", "here", "behind")}
print("largest α:", {where: round(alpha, 3) for where, alpha in limits.items()})
for where, theory in (("ahead", 3.8 / 2.8), ("here", 3.8), ("behind", 0.1)):
    assert abs(limits[where] - theory) < 0.01
