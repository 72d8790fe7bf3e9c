"""Answers to the exercises of tutorial 15."""

import numpy as np

import minigrad as mg

# %% 1. Valley or saddle
# H = [[2, c], [c, 2]] has the eigenvalues 2 + c along (1, 1) and 2 − c along (1, −1): a valley for −2 < c < 2.
for c in (1.0, 2.0, 3.0):
    H = mg.autograd.hessian(lambda p, c=c: p[0] ** 2 + p[1] ** 2 + c * p[0] * p[1], mg.zeros(2, dtype=mg.float64))
    bends = np.linalg.eigvalsh(H.numpy())
    print(f"c = {c}: eigenvalues {bends}")
    assert np.allclose(bends, (2 - c, 2 + c))  # at c = 2 one direction is flat: a trough

# %% 2. Random curvature
# Each further dimension is one more chance to bend down; and eigenvalues repel each other, so it is worse than ½ⁿ.
random, shares = np.random.default_rng(0), []
for n in range(1, 6):
    A = random.normal(size=(2000, n, n))
    bends = np.linalg.eigvalsh((A + A.transpose(0, 2, 1)) / 2)
    shares.append((bends > 0).all(axis=1).mean())
    print(f"n = {n}: all positive in {shares[-1]:.2%}, ½ⁿ would be {0.5**n:.2%}")
assert abs(shares[0] - 0.5) < 0.05
assert abs(shares[1] - (2 - 2**0.5) / 4) < 0.03  # the exact share for n = 2
assert shares[4] < 0.005

# %% 3. Momentum jumps, both ways
starts = np.linspace(-1.8, 1.8, 121)
ends = {}
for momentum in (0.0, 0.9):
    x, v = mg.tensor(starts, requires_grad=True), np.zeros(121)
    for _ in range(600):
        (g,) = mg.autograd.grad(((x**2 - 1) ** 2 + 0.3 * x).sum(), x)
        v = momentum * v + g.numpy()  # v ← μv + g
        with mg.no_grad():
            x -= 0.02 * mg.tensor(v)  # x ← x − lr·v
    ends[momentum] = x.detach().numpy().copy()
escaped = starts[(ends[0.0] > 0) & (ends[0.9] < 0)]
fell = starts[(ends[0.0] < 0) & (ends[0.9] > 0)]
print(f"into the deep valley: {len(escaped)} starts, such as {escaped[0]:.2f}")
print(f"out of the deep valley: {len(fell)} starts, such as {fell[0]:.2f}")
assert len(escaped) > 0
assert len(fell) > 0
