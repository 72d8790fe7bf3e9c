"""Answers to the exercises of tutorial 06."""

import numpy as np

import minigrad as mg

F = mg.nn.functional
data = mg.datasets.LinearRegression(n=104, theta=(2.0, 3.0), noise=1.0, generator=mg.Generator(0))
x, y = data.inputs, data.targets

# %% 1. The largest learning rate
# 答：一步把 θ₂ 乘以 1 − 4α，α > ½ 时它小于 −1，于是爆炸；只看 θ₁ 的话，α 可以大到 2。
# A step multiplies θ₂ by 1 − 4α, which is below −1 as soon as α > 1/2; θ₁ alone would bear α up to 2.


def far(lr):
    theta = mg.tensor([1.0, 1.0], requires_grad=True)
    for _ in range(200):
        (g,) = mg.autograd.grad(0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2), theta)
        with mg.no_grad():
            theta -= lr * g
    return theta.abs().max().item()


for lr in (0.45, 0.49, 0.51, 0.55):
    print(f"lr {lr}: after 200 steps the farther coordinate is {far(lr):.2g}")
assert far(0.49) < 1 < far(0.51)

# %% 2. The spread of a batch gradient
# 答：B 从 4 变到 16，波动减半：√(16/4) = 2。
theta = mg.zeros(2, requires_grad=True)
source = mg.Generator(4)


def spread(size):
    found = []
    for _ in range(1500):
        rows = mg.randint(0, 104, (size,), generator=source)
        J_B = F.mse_loss(theta[0] + theta[1] * x[rows], y[rows])
        found.append(mg.autograd.grad(J_B, theta)[0].numpy())
    return np.std(found, axis=0)


ratio = spread(4) / spread(16)
print("spread at B = 4 over that at B = 16:", ratio, "; √(16/4) = 2")
assert np.abs(ratio - 2).max() < 0.25

# %% 3. Coming to rest on single points
# 答：α = 1/(t + 20) 时终点离最好的直线不到 0.1，比固定的 α = 0.05 更近。
best = np.polynomial.Polynomial.fit(x.numpy()[:, 0], y.numpy()[:, 0], 1).convert().coef


def distance(rate, steps=4000):
    theta = mg.zeros(2, requires_grad=True)
    rows = np.random.default_rng(5).integers(0, 104, steps)
    for t, i in enumerate(rows.tolist()):
        (g,) = mg.autograd.grad((theta[0] + theta[1] * x[i, 0] - y[i, 0]) ** 2, theta)
        with mg.no_grad():
            theta -= rate(t) * g
    return np.linalg.norm(theta.detach().numpy() - best)


falling, fixed = distance(lambda t: 1 / (t + 20)), distance(lambda t: 0.05)
print(f"distance to the best line: α = 1/(t + 20): {falling:.3f}; α = 0.05: {fixed:.3f}")
assert falling < 0.1
assert falling < fixed
