"""Answers to the exercises of tutorial 09."""

import minigrad as mg
from minigrad import optim
from minigrad.optim import lr_scheduler

F = mg.nn.functional
steepness = mg.tensor([1.0, 10.0])


# %% 1. The fastest rate
# 答：α = 2/11 时 |1 − α| = |1 − 10α| = 9/11，两个方向缩得一样快；换别的 α，总有一个方向变慢。
# |1 − α| = |1 − 10α| at α = 2/11: both directions shrink by 9/11 a step. Any other α slows one of them down.


def height(alpha, steps=60):
    theta = mg.tensor([-4.0, 1.0], requires_grad=True)
    optimizer = optim.SGD([theta], lr=alpha)
    for _ in range(steps):
        optimizer.zero_grad()
        (0.5 * (steepness * theta**2).sum()).backward()
        optimizer.step()
    return (0.5 * (steepness * theta**2).sum()).item()


for alpha in (0.16, 2 / 11, 0.195):
    print(f"alpha {alpha:.4f}: J = {height(alpha):.2g}")
assert height(2 / 11) < min(height(0.16), height(0.195))

# %% 2. Warm-up, then cosine
# 答：开始时 0.1，第 5 轮升到 1，第 25 轮降到 0。
optimizer = optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
warm_up = lr_scheduler.LinearLR(optimizer, start_factor=0.1, total_iters=5)
glide = lr_scheduler.CosineAnnealingLR(optimizer, T_max=20)
scheduler = lr_scheduler.SequentialLR(optimizer, [warm_up, glide], milestones=[5])
rates = []
for _ in range(26):
    rates.append(scheduler.get_last_lr()[0])
    optimizer.step()
    scheduler.step()
print("start, epoch 5, end:", rates[0], rates[5], rates[25])
assert abs(rates[0] - 0.1) < 1e-12
assert rates[5] == 1.0
assert abs(rates[25]) < 1e-12

# %% 3. Twice the batch, twice the rate
# 答：批和 α 同时加倍，终点相差不到 0.05；只把批加倍，就差得远了，因为步数只有一半。
data = mg.datasets.LinearRegression(n=400, theta=(2.0, 3.0), noise=1.0, generator=mg.Generator(0))


def end(batch, alpha):
    theta = mg.zeros(2, requires_grad=True)
    optimizer = optim.SGD([theta], lr=alpha)
    for start in range(0, 400, batch):
        rows = slice(start, start + batch)
        optimizer.zero_grad()
        F.mse_loss(theta[0] + theta[1] * data.inputs[rows], data.targets[rows]).backward()
        optimizer.step()
    return theta.detach()


small, double, same = end(10, 0.01), end(20, 0.02), end(20, 0.01)
print("B = 10, α = 0.01:", small, " doubled both:", double, " doubled only B:", same)
assert (small - double).abs().max().item() < 0.05
assert (small - same).abs().max().item() > 0.3
