# %% [markdown] i18n="en" key="title"
# # 06 · Gradient descent: on all the data, and in small batches
#
# **One question: which way is down, and how much of the data must we look at before we take a step?** 104 points lie
# along a line, y = 2 + 3x and some noise. Below, a model that starts at (0, 0) finds the line, once by looking at
# all points before each step, once by looking at eight. Each picture shows the loss as a map: its valley floor is the
# best line. Which path looks drunk, and does it matter?

# %% [markdown] i18n="zh" key="title" src="042c729c"
# # 06 · 梯度下降：全部数据与小批量
#
# **只问一个问题：哪个方向是下坡？迈一步之前，需要看多少数据？** 104 个点散布在直线 y = 2 + 3x 附近，带一点噪声。
# 下图中，模型从 (0, 0) 出发寻找这条直线：一次每步都看全部的点，另一次每步只看八个点。
# 每幅图都把损失画成等高线地图，谷底就是最好的直线。哪条路径走得像喝醉了？这要紧吗？
#
# 输出与图中的英文：all 104 points, 24 steps：全部 104 个点，24 步；8 points at a time, 26 steps：每次 8 个点，26
# 步。

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.utils.data import DataLoader
from minigrad.viz import draw, plot_regression_fit

F = nn.functional
np.set_printoptions(precision=4, suppress=True)  # four decimals are enough
data = mg.datasets.LinearRegression(n=104, theta=(2.0, 3.0), noise=1.0, generator=mg.Generator(0))
x, y = data.inputs, data.targets  # both (104, 1)


def walk(batch_size, epochs, lr=0.1):
    """The points (θ₀, θ₁) that descent passes through, from (0, 0)."""
    theta, shuffle = mg.zeros(2, requires_grad=True), mg.Generator(0)
    path = [theta.tolist()]
    for _ in range(epochs):
        for x_batch, y_batch in DataLoader(data, batch_size, shuffle=True, generator=shuffle):
            J = F.mse_loss(theta[0] + theta[1] * x_batch, y_batch)  # J(θ), on this batch
            (g,) = mg.autograd.grad(J, theta)  # ∇J(θ)
            with mg.no_grad():
                theta -= lr * g  # θ ← θ − α∇J(θ)
            path.append(theta.tolist())
    return np.array(path)


fig, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
side = np.linspace(-0.6, 4.4, 50)
heights = [[F.mse_loss(a + b * x, y).item() for a in side] for b in side]
for ax, batch_size, epochs in zip(axes, (104, 8), (24, 2), strict=True):
    path = walk(batch_size, epochs)
    ax.contour(side, side, heights, levels=[1.1, 1.5, 2.5, 4, 6, 9, 13], colors="0.75", linewidths=0.8)
    ax.plot(*path.T, ".-", markersize=5, linewidth=1)
    ax.set(xlabel="θ₀", ylabel="θ₁", title=f"{batch_size} points at a time, {len(path) - 1} steps")

# %% [markdown] i18n="en" key="gradient"
# ## Which way is down
#
# The gradient ∇J(θ) = ∂J/∂θ holds one slope for each parameter. It points where J **rises** fastest. Take the valley
# J(θ) = ½(θ₁² + 4θ₂²) and start at (1, 1), where J = 2.5. Document 000 says in words that steps "along the gradient"
# reach the minimum. After five steps of 0.1 along +∇J, and five along −∇J: what will J be?

# %% [markdown] i18n="zh" key="gradient" src="222f5fda"
# ## 哪个方向是下坡
#
# 梯度 ∇J(θ) = ∂J/∂θ 对每个参数给出一个斜率，它指向 J **上升**最快的方向。取山谷 J(θ) = ½(θ₁² + 4θ₂²)，
# 从 (1, 1) 出发，此处 J = 2.5。文档 000 用文字说“沿梯度方向”走就能到达最小值。
# 步长 0.1，沿 +∇J 走五步，再重来沿 −∇J 走五步：J 各是多少？
#
# 输出与图中的英文：at the start 起点处，along +gradient 沿 +∇J，along -gradient 沿 −∇J。


# %%
def five_steps(sign):
    theta = mg.tensor([1.0, 1.0], requires_grad=True)
    for _ in range(5):
        J = 0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)
        (g,) = mg.autograd.grad(J, theta)  # ∇J(θ)
        with mg.no_grad():
            theta += sign * 0.1 * g
    return (0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)).item()


uphill, downhill = five_steps(+1), five_steps(-1)
print(f"J = 2.5 at the start; along +gradient: {uphill:.2f}; along -gradient: {downhill:.2f}")
assert uphill > 50
assert downhill < 0.2

# %% [markdown] i18n="en" key="descent"
# ## Gradient descent
#
# So the step is **θ ← θ − α∇J(θ)**: a vector, minus a small number times a vector. All five documents print this
# formula, and it is right in each. α, called η in document 002, is the learning rate: `lr` in code.
#
# | documents | here |
# | --- | --- |
# | θ | `model.parameters()`, `theta` |
# | J(θ), L | `loss` |
# | x_i, y_i (003), x_i (004) | a row of `x` and of `y`; a batch of rows is `x_batch`, `y_batch` |
# | ∇J(θ) | `theta.grad`, after `loss.backward()` |
# | α, η | `lr` |
#
# `optim.SGD` is this one line, for every parameter of a model. Will it arrive where our own loop did?

# %% [markdown] i18n="zh" key="descent" src="8e8cb300"
# ## 梯度下降
#
# 所以一步就是 **θ ← θ − α∇J(θ)**：一个向量，减去一个小数乘以一个向量。五份文档都写了这个公式，而且都写对了。
# α（文档 002 里记作 η）就是学习率，代码里叫 `lr`。
#
# | 文档 | 这里 |
# | --- | --- |
# | θ | `model.parameters()`、`theta` |
# | J(θ)、L | `loss` |
# | x_i、y_i（003），x_i（004） | `x` 和 `y` 的一行；一批就是 `x_batch`、`y_batch` |
# | ∇J(θ) | `loss.backward()` 之后的 `theta.grad` |
# | α、η | `lr` |
#
# `optim.SGD` 就是对模型的每个参数执行这一行。它会走到我们自己写的循环所到的地方吗？
#
# 输出与图中的英文：ours 我们自己写的循环。

# %%
theta = mg.zeros(2, requires_grad=True)
optimizer = optim.SGD([theta], lr=0.1)
for _ in range(24):
    optimizer.zero_grad()
    J = F.mse_loss(theta[0] + theta[1] * x, y)
    J.backward()
    optimizer.step()
print("ours:", walk(batch_size=104, epochs=24)[-1], " optim.SGD:", np.array(theta.tolist()))
assert np.allclose(walk(batch_size=104, epochs=24)[-1], theta.tolist(), rtol=1e-4)

# %% [markdown] i18n="en" key="loss-update"
# ## What the loss itself does
#
# Document 000 also prints an "update of the loss": J(θ_new) = J(θ_old) − α∇J(θ_old). The left side is one number. What
# is the right side, a number minus a vector? What really holds, for a small α, is J(θ_new) ≈ J(θ_old) − α‖∇J‖²,
# where ‖∇J‖² is the sum of the squared slopes. Guess: how good is that "≈" for α = 0.001, and for α = 0.1?

# %% [markdown] i18n="zh" key="loss-update" src="9c3c66ea"
# ## 损失本身怎样变化
#
# 文档 000 还写了一个“损失的更新式”：J(θ_new) = J(θ_old) − α∇J(θ_old)。左边是一个数；右边是一个数减去一个向量，
# 那是什么？当 α 很小时，真正成立的是 J(θ_new) ≈ J(θ_old) − α‖∇J‖²，
# 其中 ‖∇J‖² 是各个斜率的平方和。猜一猜：α = 0.001 时这个“≈”有多准？α = 0.1 时呢？
#
# 输出与图中的英文：right side 等号右边，which is not one number 它不是一个数；J falls from … to … 是 J 从……降
# 到……，predicted 是公式的预测。

# %%
theta = mg.zeros(2, requires_grad=True)
J = F.mse_loss(theta[0] + theta[1] * x, y)
(g,) = mg.autograd.grad(J, theta)
as_printed = J - 0.001 * g  # broadcasting makes two numbers of it, and says nothing
print(f"document 000's right side: {as_printed.detach()}, which is not one number")
assert as_printed.shape == (2,)

errors = {}
for alpha in (0.001, 0.1):
    new = theta.detach() - alpha * g
    J_new = F.mse_loss(new[0] + new[1] * x, y).item()
    predicted = (J - alpha * (g * g).sum()).item()
    errors[alpha] = abs(J_new - predicted) / (J.item() - J_new)
    print(f"alpha {alpha}: J falls from {J.item():.4f} to {J_new:.4f}; predicted {predicted:.4f}")
assert errors[0.001] < 0.01 < errors[0.1]

# %% [markdown] i18n="en" key="five-steps"
# ## The loop, step by step
#
# Initialize, predict, measure the loss, get the gradient, update; again. Documents 001 and 002 list these steps
# rightly, and document 004 writes them in PyTorch's words. This is the loop of all training, here and everywhere. The
# graph shows steps 2 to 4 once more, for four of the points: where do you expect gradients to appear?

# %% [markdown] i18n="zh" key="five-steps" src="c919d9ab"
# ## 训练循环，一步一步
#
# 初始化、预测、算损失、求梯度、更新；再来一遍。文档 001 和 002 把这几步列对了，文档 004 用 PyTorch 的写法写了出来。
# 这就是所有训练的循环，这里如此，别处也如此。下图用其中四个点，
# 把第 2 至 4 步再画一遍（bias 是偏置 b，weight 是权重 w）：你预计梯度会出现在哪里？
#
# 输出与图中的英文：learned 学到的，the truth 真实的，noise 噪声。

# %%
mg.manual_seed(0)
model = nn.Linear(1, 1)  # 1. initialize: ŷ = b + w·x, a little off zero
optimizer = optim.SGD(model.parameters(), lr=0.1)
for _ in range(100):
    optimizer.zero_grad()  # forget the slopes of the last round
    predictions = model(x)  # 2. predict
    loss = F.mse_loss(predictions, y)  # 3. measure
    loss.backward()  # 4. ∇J(θ)
    optimizer.step()  # 5. θ ← θ − α∇J(θ)
w, b = model.weight.item(), model.bias.item()
print(f"learned: y = {b:.2f} + {w:.2f} x, loss {loss.item():.3f}; the truth: y = 2 + 3 x, noise 1")
assert abs(w - 3) < 0.3
assert abs(b - 2) < 0.3
assert 0.7 < loss.item() < 1  # a little below the variance of the noise

optimizer.zero_grad()
four = F.mse_loss(model(x[:4]), y[:4])
four.backward(retain_graph=True)  # keep the record: the picture is drawn from it
draw(four)

# %% [markdown] i18n="en" key="fit"
# ## Look at the result
#
# A line and its points, so that you see at once whether the number above means anything. Document 003 plots its result,
# too, but calls the noisy test points "true": the truth is the line 3x, without noise. How far below 1 can the loss
# fall, if the noise has variance 1? (The line has been fitted to these very points, and so a little to their noise.)

# %% [markdown] i18n="zh" key="fit" src="c33a0a45"
# ## 看一看结果
#
# 把直线和点画在一起，一眼就能看出上面的数字有没有意义。文档 003 也画了结果，但把带噪声的测试点叫作“真实值”：
# 真正的关系是不带噪声的直线 3x。
# 噪声的方差是 1，所以损失应在 1 附近；会比 1 低多少呢？（直线是照着这些点拟合的，因此也迁就了一点它们的噪声。）
# 图例中 residuals 是残差，即每个点到直线的竖直距离；model 是学到的直线，data 是数据。

# %%
plot_regression_fit(model, x, y)

# %% [markdown] i18n="en" key="stochastic"
# ## A random part of the data
#
# Stochastic gradient descent, SGD, is the same formula on a random batch B: θ ← θ − α∇J_B(θ). Documents 000, 001
# and 002 print the formula of gradient descent for it, so that nothing tells the two apart; 004 writes x of one
# sample into it, 003 both x and y. Does a gradient of 8 points have anything to do with that of all 104? Draw 2000
# batches and average.

# %% [markdown] i18n="zh" key="stochastic" src="9734f4b9"
# ## 数据的随机一部分
#
# 随机梯度下降（SGD）是同一个公式，只是用随机的一批 B：θ ← θ − α∇J_B(θ)。文档 000、001、002 给它写的就是梯度下降的公式，
# 看不出区别；文档 004 把一个样本的 x 写进了公式，文档 003 把 x 和 y 都写了进去。
# 8 个点的梯度和全部 104 个点的梯度有关系吗？抽 2000 批，求平均。
#
# 输出与图中的英文：whole gradient 全部数据的梯度，mean of 2000 batches 2000 批的平均，one batch 其中一批，spread
# of batches 各批的波动（标准差）。

# %%
theta = mg.zeros(2, requires_grad=True)
source = mg.Generator(1)


def gradient_of(rows):
    J_B = F.mse_loss(theta[0] + theta[1] * x[rows], y[rows])
    return mg.autograd.grad(J_B, theta)[0].numpy()


whole = gradient_of(slice(None))
single = np.array([gradient_of(mg.randperm(104, generator=source)[:8]) for _ in range(2000)])
print("whole gradient:      ", whole)
print("mean of 2000 batches:", single.mean(0), " one batch:", single[0])
print("spread of batches:   ", single.std(0))
assert np.abs(single.mean(0) - whole).max() < 0.2  # unbiased: E[∇J_B] = ∇J
assert single.std(0).min() > 0.5

# %% [markdown] i18n="en" key="batch-size"
# ## How large a batch
#
# On average, a batch gradient is the gradient of all the data (it is **unbiased**); a single one is some way off. A
# batch of B points has a gradient whose spread shrinks like 1/√B, while its cost grows like B: four times the work
# for half the noise. That is why small batches are fast, and why their loss trembles. Same number of epochs, four
# sizes: which curve will be lowest after 20 epochs, and which the smoothest?

# %% [markdown] i18n="zh" key="batch-size" src="38d36e9c"
# ## 一批该有多大
#
# 许多批的梯度平均起来，就是全部数据的梯度（称为**无偏**）；单独一批则偏离不少。一批 B 个点，梯度的波动按 1/√B 缩小，
# 代价却按 B 增长：四倍的计算，只换来一半的噪声。所以小批量快，也所以它的损失会抖动。同样的轮数，四种大小：
# 20 轮之后哪条曲线最低？哪条最平滑？
#
# 输出与图中的英文：batch size (steps per epoch) 批的大小（每轮步数），loss on all points 所有点上的损失，the best
# line has …：最好的直线的损失是……。

# %%
histories = {}
for batch_size in (1, 8, 32, 104):
    mg.manual_seed(0)
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.02)
    shuffle = mg.Generator(2)
    histories[batch_size] = losses = []
    for _ in range(20):
        for x_batch, y_batch in DataLoader(data, batch_size, shuffle=True, generator=shuffle):
            loss = F.mse_loss(model(x_batch), y_batch)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        losses.append(F.mse_loss(model(x), y).item())  # on everything, after the epoch

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
for batch_size, losses in histories.items():
    ax.plot(range(1, 21), losses, ".-", label=f"{batch_size} ({-(-104 // batch_size)})")
ax.set(xlabel="epoch", ylabel="loss on all points", yscale="log", xticks=range(0, 21, 5))
ax.set_yticks([1, 2, 4, 8], ["1", "2", "4", "8"])
ax.set_yticks([], minor=True)
ax.legend(title="batch size (steps per epoch)")
best = F.mse_loss(mg.tensor(np.polynomial.Polynomial.fit(x.numpy()[:, 0], y.numpy()[:, 0], 1)(x.numpy())), y).item()
print(f"after 20 epochs: { ({k: round(v[-1], 3) for k, v in histories.items()}) }; the best line has {best:.3f}")
assert histories[8][-1] < 1.05 * best  # small batches: many steps, soon there
assert histories[104][-1] > 1.5 * best  # one step an epoch: still on its way
assert np.ptp(histories[1][-10:]) > 3 * np.ptp(histories[8][-10:])  # single points: it never comes to rest

# %% [markdown] i18n="en" key="batch-size-myths"
# The smoothest is the one that looks at everything, and it is the highest: one step an epoch. Batches of 8 end lowest,
# with thirteen steps for the same work. Single points are there after one epoch, but never come to rest. Small batches
# are taken for speed and memory first; that their noise also helps generalization (being right on data not seen) is an
# observation, not a law.
#
# Does SGD therefore "lower the quality", as document 001 has it? Single points again: 20 000 drawn at random from the
# 104, with three learning rates. And beside them **online** learning, which document 001 takes for the same. It is
# something else: data that arrive once, as a stream; here the 104 points, once each, with the smallest of the rates.
# Which of the four ends nearest to the best line, and which farthest?

# %% [markdown] i18n="zh" key="batch-size-myths" src="f22a6149"
# 最平滑的是每步看全部数据的那条，它也最高：每轮只走一步。8 个一批的最后最低，同样的计算量走了十三步。
# 每次只看一个点，一轮之后就到了附近，却始终停不下来。用小批量首先是为了速度和内存；
# 说它的噪声还能帮助泛化（在没见过的数据上也准），只是经验观察，不是定律。
#
# 那么，SGD 是不是像文档 001 说的那样“降低模型质量”？再来每次只看一个点：从 104 个点中随机抽 20 000 次，
# 用三种学习率各走一遍。旁边放上**在线**学习：文档 001 把两者当成一回事，其实不然，它的数据像水流一样只来一次；
# 这里是 104 个点，每个只来一次，用三种学习率中最小的那个。这四种走法，哪一种最后离最好的直线最近？哪一种最远？
#
# 输出与图中的英文：drawn at random 随机抽取，mean distance of the last 5000 steps 最后 5000 步的平均距离，a
# stream of 104 points 104 个点的水流，from the best line 离最好的直线。

# %%
rows, heights = np.column_stack([np.ones(104), x.numpy()[:, 0]]), y.numpy()[:, 0]  # (104, 2) and (104,)
best_theta = np.linalg.lstsq(rows, heights, rcond=None)[0]


def one_by_one(order, lr):
    """How far θ is from the best line after each step; a step looks at one row."""
    theta, far = np.zeros(2), []
    for i in order:
        theta = theta - lr * 2 * (rows[i] @ theta - heights[i]) * rows[i]  # θ ← θ − α∇J_B(θ), B a single point
        far.append(np.abs(theta - best_theta).max())
    return np.array(far)


drawn = np.random.default_rng(0).integers(0, 104, 20_000)  # SGD: from data that are there, again and again
floor = {lr: one_by_one(drawn, lr)[-5000:].mean() for lr in (0.05, 0.01, 0.002)}
stream = one_by_one(range(104), 0.002)[-1]  # online: each point once, and the data are gone
print("drawn at random, mean distance of the last 5000 steps:", {lr: round(float(d), 3) for lr, d in floor.items()})
print(f"a stream of 104 points, lr 0.002: {stream:.3f} from the best line")
assert floor[0.05] > 1.5 * floor[0.01] > 1.5**2 * floor[0.002]  # the floor sinks with the rate
assert stream > 1  # too few points for such small steps

# %% [markdown] i18n="en" key="noise-floor"
# The noise has a floor, and the floor sinks with the rate: with a falling rate SGD comes as close as you like (Robbins
# & Monro 1951; exercise 3 and tutorial 09). So the quality is a matter of the rate, not of SGD. The stream is farthest:
# it ran dry before such small steps had led anywhere.

# %% [markdown] i18n="zh" key="noise-floor" src="4a02fb9b"
# 噪声有一个下限，学习率越小，下限越低：让学习率逐渐减小，SGD 可以要多近有多近
# （Robbins & Monro 1951；练习 3，教程 09）。所以质量好坏取决于学习率，不取决于 SGD。
# 水流离得最远：步子这么小，还没走到，数据就用完了。

# %% [markdown] i18n="en" key="epochs"
# ## Epochs, and the last, short batch
#
# One pass through the data is an epoch; `DataLoader` shuffles and cuts. 104 points in batches of 32 leave a last batch
# of 8. Document 004 prints the mean of the batches' means as the loss of the epoch. Is that the mean over the points?

# %% [markdown] i18n="zh" key="epochs" src="87dcd894"
# ## 轮，以及最后那个较小的批
#
# 把数据过一遍叫一轮（epoch）；`DataLoader` 负责打乱和切分。104 个点按 32 一批切，最后剩下 8 个。
# 文档 004 把各批均值的平均当作这一轮的损失。它等于所有点上的平均吗？
#
# 输出与图中的英文：mean of batch means 各批均值的平均，mean over points 所有点上的平均。

# %%
of_batches, of_points, count = [], 0.0, 0
for _, y_batch in DataLoader(data, batch_size=32):
    loss = F.mse_loss(mg.zeros_like(y_batch), y_batch).item()  # of a model that always says 0
    of_batches.append(loss)
    of_points += loss * len(y_batch)  # weigh each batch by its size
    count += len(y_batch)
print(f"mean of batch means {np.mean(of_batches):.4f}, mean over points {of_points / count:.4f}")
assert count == 104
assert abs(of_points / count - F.mse_loss(mg.zeros_like(y), y).item()) < 1e-4
assert abs(np.mean(of_batches) - of_points / count) > 0.01

# %% [markdown] i18n="en" key="last-batch"
# It is not: the last batch has 8 points and counts as much as those of 32. Weigh each batch by its size.

# %% [markdown] i18n="zh" key="last-batch" src="0db78018"
# 不等于：最后一批只有 8 个点，却与 32 个点的批算得一样重。应当按每批的点数加权。

# %% [markdown] i18n="en" key="convergence"
# ## "Until it converges"
#
# Descent stops moving where the gradient is zero. Is that the minimum? J(x) = (x² − 1)² + 0.3x has two valleys. We
# start at 1.5 with four learning rates, and once at −1.5. Document 003 hopes that the right rate avoids the shallower
# valley. Which of the five walks will end in the deeper one?

# %% [markdown] i18n="zh" key="convergence" src="47bcd267"
# ## “直到收敛”
#
# 梯度为零处，下降就停住了。那里是最小值吗？J(x) = (x² − 1)² + 0.3x 有两个谷。我们用四种学习率从 1.5 出发，
# 再从 −1.5 出发一次。文档 003 希望合适的学习率能避开较浅的那个谷。五次之中，哪几次会停在较深的谷里？
#
# 输出与图中的英文：from 从……出发，stops at … after … steps 走……步之后停在……。


# %%
def valley(start, lr):
    at = mg.tensor(start, requires_grad=True)
    for step in range(5000):
        J = (at**2 - 1) ** 2 + 0.3 * at
        (g,) = mg.autograd.grad(J, at)
        if abs(g.item()) < 1e-5:  # a stopping rule: the documents give none
            return at.item(), J.item(), step
        with mg.no_grad():
            at -= lr * g
    return at.item(), J.item(), step


for start, lr in ((1.5, 0.003), (1.5, 0.01), (1.5, 0.05), (1.5, 0.1), (-1.5, 0.05)):
    at, J, steps = valley(start, lr)
    print(f"from {start:4}, lr {lr}: stops at {at:.3f} after {steps} steps, J = {J:.3f}")
    assert abs(at - (0.960 if start > 0 else -1.036)) < 1e-2
    assert abs(J - (0.294 if start > 0 else -0.305)) < 1e-2

# %% [markdown] i18n="en" key="two-valleys"
# From 1.5, all four learning rates stop in the shallower valley (J = 0.29); from −1.5, descent finds the deeper one
# (J = −0.31). Where it started decided, not the rate. A gradient of zero says only that it is flat here.

# %% [markdown] i18n="zh" key="two-valleys" src="8e8e5b84"
# 从 1.5 出发，四种学习率都停在较浅的谷里（J = 0.29）；从 −1.5 出发，才到了较深的谷（J = −0.31）。
# 这里起决定作用的是起点，而不是学习率。梯度为零只说明这个地方是平的。

# %% [markdown] i18n="en" key="parallel"
# ## Two workers, one path
#
# Document 003 asks for clouds and clusters. Data-parallel training is this: each worker takes a part of the batch, and
# the gradients are averaged before the step. Here two threads are the workers; `backward()` may run in both at once,
# and adds up what they find. Will the path differ from that of one worker with the whole batch?

# %% [markdown] i18n="zh" key="parallel" src="eb9d714c"
# ## 两个工作者，一条路
#
# 文档 003 谈到云计算与分布式计算。数据并行训练就是：每个工作者（worker，例如一台机器）拿一批数据的一部分，
# 更新之前先把梯度平均。这里用两个线程当工作者；`backward()` 可以在两个线程里同时运行，找到的梯度会加在一起。
# 这条路会和一个工作者看整批数据走出的路不同吗？
#
# 输出与图中的英文：one worker 一个工作者，two workers 两个工作者。

# %%
from threading import Thread


def train(parts):
    theta = mg.zeros(2, dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([theta], lr=0.1)

    def work(rows):
        loss = F.mse_loss(theta[0] + theta[1] * x[rows].double(), y[rows].double())
        (loss / len(parts)).backward()  # the mean over the workers is the mean over the batch

    for _ in range(30):
        optimizer.zero_grad()
        workers = [Thread(target=work, args=(rows,)) for rows in parts]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        optimizer.step()
    return theta.detach()


alone, together = train([slice(0, 104)]), train([slice(0, 52), slice(52, 104)])
print("one worker:", alone, " two workers:", together)
assert mg.allclose(alone, together, rtol=1e-10)

# %% [markdown] i18n="en" key="break"
# ## Break it: shuffle x and y apart
#
# Document 003 draws its mini-batches with two calls, one for the rows of X and one for the rows of Y. Nothing crashes.
# Which slope will it learn, if the truth is 3?

# %% [markdown] i18n="zh" key="break" src="a2e4ed39"
# ## 把它弄坏：把 x 和 y 分开打乱
#
# 文档 003 抽小批量时调用了两次随机函数：一次选 X 的行，一次选 Y 的行。程序不会报错。
# 真实斜率是 3，它会学到多少？
#
# 输出与图中的英文：two draws 抽两次，one draw 抽一次，slope 学到的斜率，the truth 真值。

# %%
line = mg.datasets.LinearRegression(n=100, theta=(0.0, 3.0), noise=1.0, generator=mg.Generator(3))
random = np.random.default_rng(3)


def learn(apart):
    slope = mg.zeros(1, requires_grad=True)
    optimizer = optim.SGD([slope], lr=0.05)
    for _ in range(400):
        rows = random.choice(100, 10)
        other = random.choice(100, 10) if apart else rows  # the mistake: y no longer belongs to x
        loss = F.mse_loss(slope * line.inputs[rows], line.targets[other])
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return slope.item()


slope_apart, slope_together = learn(apart=True), learn(apart=False)
print(f"two draws: slope {slope_apart:.2f}; one draw: slope {slope_together:.2f}; the truth: 3")
assert abs(slope_apart) < 1.5
assert abs(slope_together - 3) < 0.4

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Gradient descent: 000 §2.2 and §3.1, 001 §3.1, 003 §3.2.1, 004 §3.1. SGD: 000 §2.3 and §3.2, 001 §3.2 and §6.3, 002
# §2.2.1, 003 §3.2.2, 004 §3.2. What an optimizer does: 002 §1.2. The loop: 001 §3.1, 002 §3, 004 §4.1. Batches and
# epochs: 002 §3, 003 §3.4, §6.8 and §6.13, 004 §4.1. The "update of the loss": 000 §3.1 to §3.3. Where it stops: 000
# §2.2, 003 §6.7. GD and SGD compared: 003 §6.4. The NumPy programs and their plot: 001 §4.2 to §4.4, 003 §4.1, §6.19.
# Clusters: 003 §6.21. Right everywhere: the update of θ. Wrong: the direction in words
# ([E000-01](20_errata_lab.py)), the "update of the loss" ([E000-02](20_errata_lab.py)), y of pure noise and the
# sign of its gradient ([E001-11 to E001-14](20_errata_lab.py)), X and Y drawn apart ([E003-19](20_errata_lab.py)), a
# rate that avoids local minima ([E003-24](20_errata_lab.py)). Imprecise: SGD printed as GD
# ([E000-03, E001-02, E002-01, E004-03](../docs/errata.md)), "converged" for "at the minimum"
# ([E000-16](../docs/errata.md)), what SGD and small batches do to the quality
# ([E001-20, E002-09](../docs/errata.md)), noisy points called true ([E003-22](../docs/errata.md)), the mean of batch
# means ([E004-09](../docs/errata.md)). All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="e08eaa35"
# ## 在文档中的位置
#
# 梯度下降：000 §2.2、§3.1，001 §3.1，003 §3.2.1，004 §3.1。SGD：000 §2.3、§3.2，001 §3.2、§6.3，002 §2.2.1，
# 003 §3.2.2，004 §3.2。优化器的作用：002 §1.2。训练循环：001 §3.1，002 §3，004 §4.1。
# 批与轮：002 §3，003 §3.4、§6.8、§6.13，004 §4.1。“损失的更新式”：000 §3.1 至 §3.3。
# 停在哪里：000 §2.2，003 §6.7。梯度下降与 SGD 的比较：003 §6.4。
# NumPy 程序及其绘图：001 §4.2 至 §4.4，003 §4.1、§6.19。
# 分布式：003 §6.21。处处都对的：θ 的更新式。
# 错的：文字里的方向（[E000-01](20_errata_lab.py)）、“损失的更新式”（[E000-02](20_errata_lab.py)）、
# 纯噪声的 y 及其梯度的符号（[E001-11 至 E001-14](20_errata_lab.py)）、
# 分开抽取的 X 与 Y（[E003-19](20_errata_lab.py)）、能避开局部最小值的学习率（[E003-24](20_errata_lab.py)）。
# 不够准确的：把 SGD 写得和梯度下降一样（[E000-03、E001-02、E002-01、E004-03](../docs/errata.md)）、
# 把“收敛”当作“到达最小值”（[E000-16](../docs/errata.md)）、
# SGD 和小批量对模型质量的影响（[E001-20、E002-09](../docs/errata.md)）、
# 把带噪声的点叫作“真实值”（[E003-22](../docs/errata.md)）、各批均值的平均（[E004-09](../docs/errata.md)）。
# 逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. At which learning rate does descent on the valley ½(θ₁² + 4θ₂²) begin to explode? Find it by trying, then by
#    thought. Hint: one step multiplies θ₂ by 1 − 4α; when is that larger than 1 in size?
# 2. Show that the spread of a batch gradient shrinks like 1/√B: measure it for B = 4 and for B = 16. Hint: draw the
#    rows **with** replacement, `mg.randint(0, 104, (B,))`, and compare two standard deviations.
# 3. Write SGD so that it comes to rest although it sees one point at a time. Hint: let α fall like 1/t, that is
#    α = 1/(t + 20), and measure how far the end is from the best line.
#
# [Answers](answers/06_gradient_descent.py)

# %% [markdown] i18n="zh" key="exercises" src="d78947fc"
# ## 练习
#
# 1. 在山谷 ½(θ₁² + 4θ₂²) 上，学习率多大时下降开始爆炸？先试出来，再想明白。提示：一步把 θ₂ 乘以 1 − 4α；
#    它的绝对值何时大于 1？
# 2. 证明一批的梯度的波动按 1/√B 缩小：对 B = 4 和 B = 16 各测一次。提示：**有放回**地抽行，
#    `mg.randint(0, 104, (B,))`，再比较两个标准差。
# 3. 写一个每次只看一个点、却能停下来的 SGD。提示：让 α 像 1/t 那样下降，即 α = 1/(t + 20)，
#    再量一量终点离最好的直线有多远。
#
# [答案](answers/06_gradient_descent.py)
