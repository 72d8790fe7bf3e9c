"""Answers to the exercises of tutorial 14, overfitting."""

import math

import numpy as np

import minigrad as mg
from minigrad import nn
from minigrad.utils.data import k_fold

F = nn.functional
random = np.random.default_rng(0)
x = random.uniform(-1, 1, (12, 1))
y = np.sin(3 * x) + 0.2 * random.normal(size=(12, 1))  # the twelve points of the tutorial

# %% 1. The leak shrinks like 1/√n
random = np.random.default_rng(0)
above = {}
for n in (100, 1000, 10_000):
    best = random.binomial(n, 0.5, size=200).max() / n  # the number of rows that each coin gets right
    above[n] = best - 0.5
    print(f"{n:6} rows: the best of 200 coins gets {best:.1%}; one spread is {0.5 / math.sqrt(n):.1%}")
    assert 1.5 < above[n] / (0.5 / math.sqrt(n)) < 5  # the best of 200 lies some three spreads above the mean
assert above[10_000] < above[100] / 4

# %% 2. L1 sets many θ to exactly 0
powers, targets = mg.tensor(x ** np.arange(12)), mg.tensor(y)  # (12, 12) and (12, 1), float64
zeros = {}
for penalty in (0.0, 0.01, 0.1):
    theta, lr = mg.zeros(12, 1, dtype=mg.float64, requires_grad=True), 0.1
    for _ in range(1000):
        (gradient,) = mg.autograd.grad(F.mse_loss(powers @ theta, targets), theta)
        with mg.no_grad():
            theta -= lr * gradient  # the data's step
            theta.copy_(mg.sign(theta) * mg.clamp(mg.abs(theta) - lr * penalty, min=0))  # the penalty's
    zeros[penalty] = int((theta == 0).sum().item())
    print(f"λ = {penalty}: {zeros[penalty]} of 12 are 0: {[round(v, 2) for v in theta.flatten().tolist()]}")
assert zeros[0.0] == 0
assert zeros[0.1] >= zeros[0.01] >= 4  # few powers of x are enough: L1 chooses, L2 only shrinks


# %% 3. Leave one out
def error(degree, rows, others):
    theta = np.linalg.lstsq(x[rows] ** np.arange(degree + 1), y[rows], rcond=None)[0]
    return ((x[others] ** np.arange(degree + 1) @ theta - y[others]) ** 2).mean()


folds = k_fold(range(12), k=12)
assert {len(one) for _, one in folds} == {1}
errors = {d: np.mean([error(d, rest.indices, one.indices) for rest, one in folds]) for d in range(1, 8)}
for d, mean in errors.items():
    print(f"degree {d}: {mean:.3f}")
assert min(errors, key=errors.get) in (3, 4)  # it finds the degree that a thousand fresh points found
