# %% [markdown] i18n="en" key="title"
# # 09 · Learning rates
#
# **One question: how long should a step be, now and later?** Below, gradient descent walks in the valley
# J(θ) = ½(θ₁² + 10θ₂²) with three learning rates α. Nothing else differs. Before you look: which one arrives, which one
# falls asleep, which one leaves the picture?

# %% [markdown] i18n="zh" key="title" src="22b747f4"
# # 09 · 学习率
#
# **只问一个问题：一步该迈多大，现在多大，以后多大？** 下图中，梯度下降在山谷 J(θ) = ½(θ₁² + 10θ₂²) 里行走，
# 用了三种学习率 α，其余完全相同。看图之前先猜：哪个能到达，哪个走着走着像睡着了，哪个会冲出画面？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.optim import lr_scheduler
from minigrad.utils.data import DataLoader, random_split
from minigrad.viz import plot_paths

F = nn.functional


def valley(theta):
    return 0.5 * (theta[0] ** 2 + 10 * theta[1] ** 2)  # J(θ) = ½(θ₁² + 10θ₂²)


fig, axes = plt.subplots(1, 3, figsize=(11, 3.4), layout="constrained", sharey=True)
for ax, alpha in zip(axes, (0.01, 0.18, 0.21), strict=True):
    descent = {"SGD": lambda params, alpha=alpha: optim.SGD(params, lr=alpha)}
    plot_paths(valley, descent, steps=25, start=(-4.0, 1.0), view=((-5, 3), (-2.2, 2.2)), ax=ax)
    ax.set(title=f"α = {alpha}", xlabel="θ₁", ylabel="θ₂")

# %% [markdown] i18n="en" key="too-large-too-small"
# ## Too small, too large
#
# Along one direction with curvature c, where J = ½cθ², a step multiplies the distance by (1 − αc). Below 1/c it
# creeps in from one side; between 1/c and 2/c it jumps across the valley and back, ever less: **oscillation**; above
# 2/c each jump is larger than the last. Document 004 says: lower the rate when the loss oscillates. Right. Here c is
# at most 10. Where is the border, and what does the loss do on either side of it?
#
# | documents | here |
# | --- | --- |
# | α (000, 001, 003, 004), η (002) | `lr` |
# | η in 000 §3.3, the factor of the decay | `gamma` of `ExponentialLR` (not 002's γ, which is momentum) |
# | θ, J(θ) | `theta`, `J` or `loss` |

# %% [markdown] i18n="zh" key="too-large-too-small" src="ccc2575e"
# ## 太小，太大
#
# 沿曲率为 c 的方向（在这个方向上 J = ½cθ²），一步把距离乘以 (1 − αc)。α 小于 1/c 时从一侧慢慢靠近；
# 在 1/c 与 2/c 之间时来回跨过谷底，越跳越小，这就是**震荡**；大于 2/c 时越跳越远。文档 004 说损失震荡时应减小学习率，
# 说得对。这里 c 最大是 10。分界线在哪里？两侧的损失各会怎样？
#
# | 文档 | 这里 |
# | --- | --- |
# | α（000、001、003、004）、η（002） | `lr` |
# | 000 §3.3 的 η，即衰减因子 | `ExponentialLR` 的 `gamma`（不是 002 的 γ，那是动量系数） |
# | θ、J(θ) | `theta`、`J` 或 `loss` |
#
# 输出与图中的英文：J at the 60th step 第 60 步的 J。


# %%
def walk(alpha, steps=60):
    """The points that gradient descent passes through, and J at each."""
    theta = mg.tensor([-4.0, 1.0], requires_grad=True)
    optimizer = optim.SGD([theta], lr=alpha)
    path, heights = [], []
    for _ in range(steps):
        J = valley(theta)
        path.append(theta.tolist())
        heights.append(J.item())
        optimizer.zero_grad()
        J.backward()
        optimizer.step()  # θ ← θ − α∇J(θ)
    return np.array(path), heights


heights = {alpha: walk(alpha)[1] for alpha in (0.01, 0.09, 0.19, 0.199, 0.201, 0.21)}
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for alpha, J in heights.items():
    ax.semilogy(J, label=f"α = {alpha}")
ax.set(xlabel="step", ylabel="J")
ax.legend(ncols=2)
print("J at the 60th step:", {alpha: float(f"{J[-1]:.2g}") for alpha, J in heights.items()})
assert heights[0.199][-1] < heights[0.199][0] < heights[0.201][-1]  # 2/c = 0.2
assert heights[0.01][-1] > 1 > heights[0.09][-1]  # asleep, and awake
across = {alpha: walk(alpha, 10)[0][:, 1] for alpha in (0.09, 0.18, 0.21)}  # θ₂, where c = 10
assert (across[0.09] > 0).all()  # below 1/c: from one side
assert (across[0.18][1:] * across[0.18][:-1] < 0).all()  # above: to and fro, every step,
assert abs(across[0.18][-1]) < 1 < abs(across[0.21][-1])  # ever less, or ever more
assert walk(0.18)[1][-1] < 0.01 < 1 < walk(0.01)[1][-1] < walk(0.21)[1][-1]  # it arrives, sleeps, leaves
assert np.allclose(across[0.18][1:] / across[0.18][:-1], 1 - 0.18 * 10, rtol=1e-4)  # a step multiplies by 1 − αc

# %% [markdown] i18n="en" key="not-overfitting"
# ## Is that over-fitting?
#
# Document 001 says that a large learning rate leads to over-fitting. Over-fitting means: good on the training data,
# bad on others. 200 noisy points are split at random into two halves (`random_split`); a line is fitted to one, the
# training half, with four rates: what will the loss on the training half be when α is too large, and on the other
# half?

# %% [markdown] i18n="zh" key="not-overfitting" src="fdf749e2"
# ## 这是过拟合吗？
#
# 文档 001 说学习率过大会导致过拟合。过拟合的意思是：训练数据上好，别的数据上差。
# 把 200 个带噪声的点随机分成两半（`random_split`），只用其中一半训练一条直线，试四种学习率：α 过大时，
# 训练那一半的损失会是多少？另一半呢？
#
# 输出与图中的英文：training 训练的那一半，test 另一半。

# %%
data = mg.datasets.LinearRegression(n=200, theta=(2.0, 3.0), noise=0.1, generator=mg.Generator(0))
halves = random_split(data, [100, 100], generator=mg.Generator(0))
(x_train, y_train), (x_test, y_test) = (next(iter(DataLoader(half, batch_size=100))) for half in halves)

table = {}
for alpha in (0.001, 0.1, 0.5, 1.5):
    model = nn.Linear(1, 1)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = optim.SGD(model.parameters(), lr=alpha)
    for _ in range(40):
        optimizer.zero_grad()
        F.mse_loss(model(x_train), y_train).backward()
        optimizer.step()
    table[alpha] = F.mse_loss(model(x_train), y_train).item(), F.mse_loss(model(x_test), y_test).item()
    print(f"alpha {alpha}: training {table[alpha][0]:.3g}, test {table[alpha][1]:.3g}")
assert table[1.5][0] > 1e6  # it explodes where it was trained, too: this is divergence
assert table[1.5][1] > 1e6
assert max(table[0.1]) < 0.02
assert min(table[0.001]) > 1  # not yet there

# %% [markdown] i18n="en" key="divergence"
# It explodes on both halves. That is **divergence**, not over-fitting: the line is bad even where it was trained. With
# α = 0.001 it has simply not arrived yet.

# %% [markdown] i18n="zh" key="divergence" src="2ff7d6fc"
# 两半都爆炸了。这是**发散**，不是过拟合：连训练过的那一半也很差。α = 0.001 则只是还没有走到。

# %% [markdown] i18n="en" key="range-test"
# ## How to choose: a range test
#
# Raise α in every step, a hundred times from tiny to huge, and watch the loss (Smith 2017). It falls, then bursts.
# Begin with the α where it falls fastest (the dot), or a third of the one where it bursts (the dashed line).
# `lr_range_test` does it, here on the half moons of tutorial 08, and leaves the model as it was. Early stopping (to
# stop training when the loss on other data no longer falls), which document 001 suggests, chooses the number of
# epochs and not α; what chooses α in the end is the loss on a validation set (data kept aside to choose by), after
# training with each candidate (tutorial 14). Before you look: between 10⁻⁴ and 100, where will the loss begin to
# fall, and where will it burst?

# %% [markdown] i18n="zh" key="range-test" src="a201384b"
# ## 怎样选：范围测试
#
# 让 α 每一步都增大，从极小到极大共一百步，看损失怎样变化（Smith 2017）。它先下降，然后爆炸。
# 可以取下降最快处的 α（图中圆点，steepest），或者爆炸处（虚线，blows up）的三分之一。`lr_range_test` 会做这件事，
# 并让模型保持原样；这里用的是教程 08 的半月形数据。文档 001 建议用早停（别的数据上的损失不再下降，就停止训练）来选，
# 但早停选的是轮数，不是 α；最终决定 α 的，是用每个候选值训练之后，在验证集（专门留出来做选择的数据）
# 上的损失（教程 14）。看图之前先猜：从 10⁻⁴ 到 100，损失从哪里开始下降，又在哪里爆炸？
#
# 图例中的 moving average 是损失的滑动平均，learning rate 是学习率；输出中 lowest 是最低的损失。

# %%
moons = mg.datasets.Moons(n=400, noise=0.2, generator=mg.Generator(0))
loader = DataLoader(moons, batch_size=50, shuffle=True, generator=mg.Generator(0))
mg.manual_seed(0)
model = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
before = [parameter.tolist() for parameter in model.parameters()]
optimizer = optim.SGD(model.parameters(), lr=0.1)
rates, losses = mg.train.lr_range_test(model, nn.CrossEntropyLoss(), optimizer, loader, low=1e-4, high=100.0)
assert before == [parameter.tolist() for parameter in model.parameters()]
lowest = int(np.argmin(losses))
print(f"loss {losses[0]:.2f} at first, {losses[lowest]:.2f} at α = {rates[lowest]:.2g}, {losses[-1]:.0f} at α = 100")
assert max(losses[:40]) < 1.2 * losses[0]  # below 0.01 hardly anything happens,
assert losses[lowest] < 0.5 * losses[0]  # then it falls,
assert min(losses[-10:]) > 5 * losses[0]  # and bursts
mg.viz.plot_lr_range(rates, losses)

# %% [markdown] i18n="en" key="decay"
# ## Decay: long steps first
#
# α ← α·η after every epoch, with η below 1. Document 000 calls this an "adaptive" rate, adjusted "by performance".
# Read the formula again: does performance occur in it? It is a **schedule**, a plan made beforehand: exponential decay,
# `ExponentialLR(gamma=η)`. Its algorithm also says to repeat "steps 2 and 4", which skips the decay itself. One more
# trap: all steps together are at most α(1 + η + η² + …) = α/(1 − η) times the largest gradient. On J = |θ − 10|
# (slope ±1), with α = 1 and η = 0.8: how far from 0 can it ever get?

# %% [markdown] i18n="zh" key="decay" src="a49363a4"
# ## 衰减：先大步，后小步
#
# 每轮之后 α ← α·η，η 小于 1。文档 000 称之为“自适应”学习率，说它“根据训练性能”调整。再读一遍公式：里面有性能吗？
# 这是一个**调度**（schedule，事先定好的学习率计划）：指数衰减，即 `ExponentialLR(gamma=η)`。
# 文档的算法还写着重复“步骤 2 和 4”，恰好跳过了衰减本身。还有一个陷阱：
# 所有步长加起来至多是 α(1 + η + η² + …) = α/(1 − η) 乘以最大的梯度。在 J = |θ − 10|（斜率 ±1）上，取 α = 1、η = 0.8：
# 它从 0 出发最远能走到哪里？
#
# 输出与图中的英文：after 200 steps 200 步之后，the minimum is at 10 最小值在 10 处。

# %%
theta = mg.zeros(1, requires_grad=True)
optimizer = optim.SGD([theta], lr=1.0)
scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.8)  # α ← α·η
for _ in range(200):
    optimizer.zero_grad()
    (theta - 10).abs().sum().backward()
    optimizer.step()
    scheduler.step()
print(f"after 200 steps: theta = {theta.item():.4f}, alpha = {scheduler.get_last_lr()[0]:.2g}; the minimum is at 10")
assert abs(theta.item() - 5) < 1e-3  # α/(1 − η) = 5, and no farther

# %% [markdown] i18n="en" key="noise-floor"
# ## Why decay at all
#
# With small batches the gradient is noisy, and a fixed α keeps the parameters trembling. A falling α lets them
# settle. Classic condition (Robbins & Monro 1951): Σα = ∞, to get anywhere, and Σα² < ∞, to come to rest. α/t
# satisfies both. `LambdaLR` multiplies the first α by any function of the epoch. Which of the three below will end
# nearest to the best line?

# %% [markdown] i18n="zh" key="noise-floor" src="f7bcb25a"
# ## 为什么要衰减
#
# 小批量的梯度带噪声，固定的 α 会让参数一直抖动；逐渐减小的 α 让它们安定下来。经典条件（Robbins & Monro 1951）：Σα = ∞，
# 才能走到任何地方；Σα² < ∞，才能停下来。α/t 两者都满足。`LambdaLR` 把最初的 α 乘以你给的、关于轮数的函数。
# 下面三种里（fixed 固定不变，exponential 指数衰减，1/t），哪种最后离最好的直线最近？
#
# 输出与图中的英文：distance to the best line 到最好的直线的距离。

# %%
noisy = mg.datasets.LinearRegression(n=200, theta=(2.0, 3.0), noise=2.0, generator=mg.Generator(1))
best = np.polynomial.Polynomial.fit(noisy.inputs.numpy()[:, 0], noisy.targets.numpy()[:, 0], 1).convert().coef
plans = {
    "fixed": lambda epoch: 1.0,
    "exponential, η = 0.5": lambda epoch: 0.5**epoch,
    "1/t": lambda epoch: 1 / (1 + epoch),
}
distances = {}
for name, plan in plans.items():
    model = nn.Linear(1, 1)
    for parameter in model.parameters():
        nn.init.zeros_(parameter)
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    scheduler = lr_scheduler.LambdaLR(optimizer, plan)
    batches = DataLoader(noisy, batch_size=10, shuffle=True, generator=mg.Generator(1))
    distances[name] = []
    for _ in range(30):
        for inputs, targets in batches:
            optimizer.zero_grad()
            F.mse_loss(model(inputs), targets).backward()
            optimizer.step()
        scheduler.step()
        at = np.array([model.bias.item(), model.weight.item()])
        distances[name].append(np.linalg.norm(at - best))
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for name, values in distances.items():
    ax.semilogy(range(1, 31), values, label=name)
ax.set(xlabel="epoch", ylabel="distance to the best line", ylim=(1e-3, 2))
ax.legend(ncols=3, loc="upper right")
last = {name: np.mean(values[-10:]) for name, values in distances.items()}
print({name: round(float(value), 4) for name, value in last.items()})
assert last["1/t"] < last["fixed"] / 3
assert last["1/t"] < last["exponential, η = 0.5"]

# %% [markdown] i18n="en" key="noise-floor-seen"
# The fixed rate trembles for ever. The exponential one comes to rest, but too early: its steps add up to too little.
# 1/t falls slowly enough to get nearer and nearer. One can also keep α and let the batch *grow*, which lowers the
# noise as well (Smith et al. 2018; exercise 3 shows what batch and rate have to do with each other). The "batch size
# decay" of document 003 §6.13 would do the opposite.

# %% [markdown] i18n="zh" key="noise-floor-seen" src="4599bfa5"
# 固定的学习率一直在抖。指数衰减安定下来了，但停得太早：所有步长加起来还是太少。1/t 降得够慢，于是越来越近。
# 也可以不动 α，而让批逐渐*增大*，这同样能压低噪声（Smith et al. 2018；批大小与学习率的关系见练习 3）。
# 文档 003 §6.13 的“批次大小衰减”则适得其反。

# %% [markdown] i18n="en" key="schedules"
# ## Schedules
#
# Each is such a plan for α, made before training begins: `StepLR` drops it every so often, `CosineAnnealingLR` lets
# it glide to 0, `OneCycleLR` warms up first (α rises from small to large), because the first gradients are the
# wildest. Only one listens to the loss: see below. Draw the six and say which you would take for 100 epochs.

# %% [markdown] i18n="zh" key="schedules" src="8511f50f"
# ## 各种调度
#
# 每一种都是训练开始之前就定好的计划：`StepLR` 隔一段降一次，`CosineAnnealingLR` 让它平滑降到 0，
# `OneCycleLR` 先升温（warm-up，α 由小变大），因为最初的梯度最不稳定。只有一种会看损失，见下一节。把六种画出来：
# 训练 100 轮，你会选哪个？
#
# 输出与图中的英文：then constant 之后保持不变。

# %%
makers = {
    "StepLR": lambda o: lr_scheduler.StepLR(o, step_size=30, gamma=0.3),
    "MultiStepLR": lambda o: lr_scheduler.MultiStepLR(o, milestones=[50, 80], gamma=0.1),
    "ExponentialLR": lambda o: lr_scheduler.ExponentialLR(o, gamma=0.96),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=100),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, max_lr=1.0, total_steps=101),
    "LinearLR, then constant": lambda o: lr_scheduler.LinearLR(o, start_factor=0.1, total_iters=20),
}
plans = {}
for name, make in makers.items():
    optimizer = optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
    scheduler, plans[name] = make(optimizer), []
    for _ in range(100):
        plans[name].append(scheduler.get_last_lr()[0])
        optimizer.step()
        scheduler.step()
fig, axes = plt.subplots(2, 3, figsize=(9, 4.2), layout="constrained", sharex=True, sharey=True)
for ax, (name, values) in zip(axes.flat, plans.items(), strict=True):
    ax.plot(values)
    ax.set_title(name)
fig.supxlabel("epoch")
fig.supylabel("α")
assert abs(plans["CosineAnnealingLR"][50] - 0.5) < 1e-9  # half way, half of it: ½(1 + cos(π/2))
assert abs(plans["ExponentialLR"][10] - 0.96**10) < 1e-12
assert 0.99 < max(plans["OneCycleLR"]) <= 1
assert plans["OneCycleLR"][0] < 0.05  # the warm-up begins at max_lr/25
assert np.allclose([plans["StepLR"][epoch] for epoch in (29, 30, 60)], [1, 0.3, 0.09])
assert np.allclose([plans["MultiStepLR"][epoch] for epoch in (49, 50, 80)], [1, 0.1, 0.01])
assert np.allclose([plans["LinearLR, then constant"][epoch] for epoch in (0, 10, 20, 99)], [0.1, 0.55, 1, 1])

# %% [markdown] i18n="en" key="plateau"
# ## The one that listens: plateaus
#
# `ReduceLROnPlateau` lowers α when a loss you give it has not improved for some epochs: it stands on a plateau. This
# is what "adapting to performance" would mean. It is not what Adam or RMSprop do: they look at gradients only. Add
# 1000 to the loss: will Adam's steps change? Will the plateau rule still notice improvements, which it counts in
# relation to the loss?

# %% [markdown] i18n="zh" key="plateau" src="6c79a81b"
# ## 会看损失的那一种：平台
#
# 如果你给它的损失连续几轮没有改善，也就是到了“平台”（plateau），`ReduceLROnPlateau` 就减小 α。“根据性能调整”
# 指的应该是这个。Adam 和 RMSprop 做的不是这件事：它们只看梯度。把损失加上 1000：Adam 的步子会变吗？
# 平台规则按改善占损失的比例来判断（这里至少 1% 才算），它还看得见改善吗？
#
# 输出与图中的英文：without / with 1000 added to the loss 损失不加 / 加上 1000。

# %%

first, later = mg.tensor([5.0], requires_grad=True), mg.tensor([5.0], requires_grad=True)
for theta, offset in ((first, 0.0), (later, 1000.0)):
    optimizer = optim.Adam([theta], lr=0.1)
    for _ in range(40):
        optimizer.zero_grad()
        ((theta**2).sum() + offset).backward()
        optimizer.step()

theta = mg.tensor([5.0], requires_grad=True)
optimizer = optim.Adam([theta], lr=0.1)
scheduler = lr_scheduler.ReduceLROnPlateau(optimizer, patience=3, threshold=1e-2)  # 1 % is an improvement
seen = []
for _ in range(40):
    optimizer.zero_grad()
    loss = (theta**2).sum() + 1000
    loss.backward()
    optimizer.step()
    scheduler.step(loss.item())
    seen.append(loss.item())
lowered = scheduler.get_last_lr()[0]
print(f"Adam: {first.item():.6f} without, {later.item():.6f} with 1000 added to the loss")
print(f"ReduceLROnPlateau: loss {seen[0]:.0f} → {seen[-1]:.0f}, alpha 0.1 → {lowered:.0e}")
assert first.item() == later.item()
assert lowered < 1e-4
assert seen[-1] > 1015  # stopped far from the minimum; Adam alone is at 1002 by then

# %% [markdown] i18n="en" key="plateau-seen"
# Adam notices nothing. The plateau rule saw no improvement, because none was as large as 1 % of a loss above 1000. It
# lowered α again and again, until the parameter stood still, far from the minimum.

# %% [markdown] i18n="zh" key="plateau-seen" src="b05cc245"
# Adam 毫无察觉。平台规则却看不见改善：损失在 1000 以上，每次的改善都不到它的 1%。于是它把 α 一降再降，
# 参数就停在了离最小值还很远的地方。

# %% [markdown] i18n="en" key="graph"
# ## What a schedule cannot touch
#
# `optimizer.step()` multiplies gradients that are already computed by α. Here is the graph of one loss, from which the
# gradient comes. Where in it will you find α? And if α is changed, does the gradient at this θ change?

# %% [markdown] i18n="zh" key="graph" src="d3123427"
# ## 调度碰不到的东西
#
# `optimizer.step()` 用 α 去乘已经算好的梯度。下面是一个损失的计算图，梯度就是由它算出来的。α 在图中的哪里？
# 如果改变 α，同一个 θ 处的梯度会变吗？

# %%
theta = mg.tensor([5.0], requires_grad=True, name="theta")
optimizer = optim.SGD([theta], lr=0.1)
loss = (theta**2).sum()
loss.backward(retain_graph=True)
optimizer.param_groups[0]["lr"] = 100.0
assert theta.grad.item() == 10.0  # 2θ, whatever α is
mg.viz.draw(loss)

# %% [markdown] i18n="en" key="outside-the-graph"
# Nowhere: α stands outside the graph. A schedule changes how far one goes, never which slope one finds at a place.

# %% [markdown] i18n="zh" key="outside-the-graph" src="da438501"
# 哪里也没有：α 在计算图之外。调度改变的是走多远，从不改变某一处的梯度。

# %% [markdown] i18n="en" key="break"
# ## Break it: the wrong order
#
# `scheduler.step()` before `optimizer.step()` would skip the first value of the plan. What will happen here: an
# error, a warning, or nothing?

# %% [markdown] i18n="zh" key="break" src="6352ac33"
# ## 把它弄坏：顺序错了
#
# 在 `optimizer.step()` 之前调用 `scheduler.step()`，会跳过计划的第一个值。这里会怎样：报错，警告，还是什么也不说？
#
# 输出与图中的英文：the first learning rate is skipped 第一个学习率被跳过了，call them in the other order 请把两者
# 的次序对调。

# %%
import warnings

optimizer = optim.SGD([mg.zeros(1, requires_grad=True)], lr=1.0)
scheduler = lr_scheduler.ExponentialLR(optimizer, gamma=0.5)
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter("always")
    scheduler.step()  # too early
print(caught[0].category.__name__, "-", caught[0].message)
assert "before" in str(caught[0].message)

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# The rate α: 000 §3.1. Too large, too small, how to choose: 001 §6.2, 003 §3.4 and §6.7, 004 §8.4 (right). Decay: 000
# §2.4 and §3.3, 002 §3, 003 §6.12. Batch and rate: 003 §6.13. Adaptive rates: 001 §3.3, 002 §2.2.3. Wrong: decay taken
# for adaptation, and the loop that skips it ([E000-04, E000-05](20_errata_lab.py)), large rates as over-fitting
# ([E001-18](20_errata_lab.py)), early stopping to choose α ([E001-19](../docs/errata.md)), rates driven by the loss
# ([E001-03](20_errata_lab.py)), "batch size decay" as a usual method ([E003-25](20_errata_lab.py)). All of it, line by
# line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="627edce1"
# ## 在文档中的位置
#
# 学习率 α：000 §3.1。过大、过小、怎样选：001 §6.2，003 §3.4、§6.7，004 §8.4（说得对）。衰减：000 §2.4、§3.3，002 §3，
# 003 §6.12。批大小与学习率：003 §6.13。自适应学习率：001 §3.3，002 §2.2.3。错的：把衰减当作自适应、跳过衰减的循环
# （[E000-04、E000-05](20_errata_lab.py)）、把学习率过大说成过拟合（[E001-18](20_errata_lab.py)）、
# 用早停选 α（[E001-19](../docs/errata.md)）、由损失驱动的学习率（[E001-03](20_errata_lab.py)）、
# 把“批次大小衰减”当作常用方法（[E003-25](20_errata_lab.py)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Which α brings the valley above down fastest? Hint: it must serve c = 1 and c = 10 alike, so make |1 − α| and
#    |1 − 10α| equal; then check α = 2/11 against its neighbours after 60 steps.
# 2. Warm up by hand: join a `LinearLR` over 5 epochs and a `CosineAnnealingLR` over 20 with `SequentialLR`, and assert
#    the rate at the start, at epoch 5 and at the end. Hint: milestones=[5].
# 3. Double the batch and double α: do the parameters stay close? Hint: one step on 2B points at 2α does about what two
#    steps on B points at α do, as long as α is small.
#
# [Answers](answers/09_learning_rates.py)

# %% [markdown] i18n="zh" key="exercises" src="b63bfa26"
# ## 练习
#
# 1. 上面的山谷用哪个 α 下降最快？提示：它要同时照顾 c = 1 和 c = 10，所以令 |1 − α| 与 |1 − 10α| 相等；
#    再用 60 步之后的 J 验证 α = 2/11 胜过左右邻居。
# 2. 手工升温：用 `SequentialLR` 把 5 轮的 `LinearLR` 和 20 轮的 `CosineAnnealingLR` 接起来，
#    断言开始时、第 5 轮、结束时的学习率。提示：milestones=[5]。
# 3. 批加倍，α 也加倍：参数还接近吗？提示：只要 α 小，在 2B 个点上以 2α 走一步，约等于在 B 个点上以 α 走两步。
#
# [答案](answers/09_learning_rates.py)
