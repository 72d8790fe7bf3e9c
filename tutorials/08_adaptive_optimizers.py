# %% [markdown] i18n="en" key="title"
# # 08 · AdaGrad, RMSprop, Adam
#
# **One question: how can every parameter get a step size of its own, when we choose only one?** The valley of tutorial
# 07 again, fifty times as steep across as along. Plain descent zigzags. The other three divide each slope by the size
# that this slope usually has. What shape will their paths have, if steep and flat directions are treated alike?

# %% [markdown] i18n="zh" key="title" src="784223b1"
# # 08 · AdaGrad、RMSprop、Adam
#
# **只问一个问题：学习率我们只选一个，怎样让每个参数都有自己的步长？** 还是教程 07 的山谷，
# 横穿山谷的坡度是顺着山谷的五十倍。普通的梯度下降走之字形。另外三种方法把每个坡度（梯度的一个分量）除以它平常的大小。
# 如果陡的方向和平的方向一视同仁，它们的路径会是什么形状？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import plot_paths

F = nn.functional
plot_paths("bowl", ("sgd", "adagrad", "rmsprop", "adam"), steps=80)

# %% [markdown] i18n="en" key="adaptive-lr"
# ## One learning rate is too few
#
# In the picture none of the three zigzags: both coordinates take steps of about the same size, so they set out on a
# slant. Now a steeper case: J(θ) = ½(100θ₁² + 0.01θ₂²), from (1, 1). SGD must keep α below 2/100 for θ₁; then θ₂
# hardly moves. An **adaptive** method divides each slope by a memory of its own size: θ ← θ − α·g/(√s + ε), where s
# remembers g². So each parameter has a rate of its own, α/(√s + ε); that is what "adaptive (or dynamic) learning
# rate" means. The simplest memory is the present slope, s = g². Then every step is α·g/|g| = ±α. Guess: where is θ₂
# after 100 steps of each?
#
# | documents | here |
# | --- | --- |
# | α (000, 001, 003, 004), η (002) | `lr` |
# | β (RMSprop) | `alpha` in `optim.RMSprop`, the share that is kept; no step size |
# | β₁, β₂ | `betas` |
# | β, γ (003 §3.2.7) | what β₁ and β₂ are; in 002's momentum γ was the share of v |
# | m; ∇θ (001) | `exp_avg` |
# | v (Adam), s (RMSprop) | `exp_avg_sq`, `square_avg`; AdaGrad's is `sum` |
# | g, ∇J(θ); ∇θᵢ (001) | `g`, `theta.grad` |
# | ε | `eps` |

# %% [markdown] i18n="zh" key="adaptive-lr" src="41b7308b"
# ## 只有一个学习率不够用
#
# 图中后三条路都不走之字：两个坐标迈着差不多大的步子，所以一开始就斜着走。再看一个更极端的山谷：
# J(θ) = ½(100θ₁² + 0.01θ₂²)，从 (1, 1) 出发。为了 θ₁，SGD 的 α 必须小于 2/100；
# 这样 θ₂ 几乎不动。**自适应**方法把每个坡度除以对它自身大小的记忆：θ ← θ − α·g/(√s + ε)，s 记住 g²。
# 于是每个参数有自己的学习率 α/(√s + ε)；“自适应（动态）学习率”就是这个意思。最简单的记忆就是眼前的坡度 s = g²，
# 那么每一步都是 α·g/|g| = ±α。猜一猜：各走 100 步之后，θ₂ 在哪里？
#
# | 文档 | 这里 |
# | --- | --- |
# | α（000、001、003、004）、η（002） | `lr` |
# | β（RMSprop） | `optim.RMSprop` 的 `alpha`：保留的比例，不是步长 |
# | β₁、β₂ | `betas` |
# | β、γ（003 §3.2.7） | 相当于 β₁、β₂；在 002 的动量里，γ 是 v 保留的比例 |
# | m；∇θ（001） | `exp_avg` |
# | v（Adam）、s（RMSprop） | `exp_avg_sq`、`square_avg`；AdaGrad 的叫 `sum` |
# | g、∇J(θ)；∇θᵢ（001） | `g`、`theta.grad` |
# | ε | `eps` |
#
# 输出与图中的英文：divided by its size 除以自身的大小。

# %%
CURVATURE = np.array([100.0, 0.01])
sgd, adaptive = np.ones(2), np.ones(2)
for _ in range(100):
    sgd = sgd - 0.015 * CURVATURE * sgd
    g = CURVATURE * adaptive
    s = g**2
    adaptive = adaptive - 0.01 * g / (np.sqrt(s) + 1e-8)  # θ ← θ − α·g/(√s + ε)
print("after 100 steps: SGD", sgd.round(4), " divided by its size:", adaptive.round(4))
assert sgd[1] > 0.98
assert np.abs(adaptive).max() < 0.02

# %% [markdown] i18n="en" key="by-gradients"
# Document 001 says that such methods follow "the loss values". They never see them: only slopes. If that is so, what
# happens to Adam's path when we add 100 to the loss?

# %% [markdown] i18n="zh" key="by-gradients" src="1721d7c7"
# 文档 001 说这类方法“根据损失值”调整学习率。其实它们从来看不到损失值，只看到梯度。果真如此的话，给损失加上 100，
# Adam 的路径会怎样变化？
#
# 输出与图中的英文：farthest apart 相差最大时。


# %%
def path_of(make, loss, steps=50, start=(1.0, 1.0)):
    theta = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    optimizer = make([theta])
    path = []
    for _ in range(steps):
        optimizer.zero_grad()
        loss(theta).backward()
        optimizer.step()
        path.append(theta.tolist())
    return np.array(path)


def small(theta):
    return (mg.tensor(CURVATURE) * theta**2).sum() / 2


def adam_01(params):
    return optim.Adam(params, lr=0.01)


low, high = path_of(adam_01, small), path_of(adam_01, lambda theta: small(theta) + 100)
print("loss and loss + 100, farthest apart:", np.abs(low - high).max())
assert np.array_equal(low, high)

# %% [markdown] i18n="en" key="adagrad"
# ## AdaGrad
#
# The first of the family (Duchi, Hazan & Singer 2011); document 002 only names it. Its memory is the **sum** of all
# squared slopes: s ← s + g². We write each optimizer from its paper and let minigrad's walk beside it, on slopes of
# the sizes 100, 1 and 0.01; after every step both must hold the same θ. Each formula is given θ, the slope g, the
# number t of the step and its memory, and gives back the new θ and memory. Since s never shrinks, what becomes of the
# steps?

# %% [markdown] i18n="zh" key="adagrad" src="cbea15ab"
# ## AdaGrad
#
# 这个家族的第一个（Duchi、Hazan、Singer 2011），文档 002 只提到了名字。它的记忆是所有坡度平方之**和**：s ← s + g²。
# 我们照论文写出每种优化器，让 minigrad 的在旁边一起走，坡度大小分别是 100、1 和 0.01；每一步之后，两边的 θ 必须相同。
# 每个公式收到 θ、坡度 g、步数 t 和自己的记忆，交回新的 θ 和记忆。既然 s 从不变小，步子会变成什么样？
#
# 输出与图中的英文：equal in each of 200 steps 200 步中每一步都相等，mean step 平均步长，first ten / last ten 前十
# 步 / 后十步。


# %%
def side_by_side(formula, memories, make, steps=200):
    """Our lines and minigrad's optimizer on the same slopes; equal in every step, or it stops."""
    random = np.random.default_rng(0)
    theta, state = np.ones(3), [np.zeros(3)] * memories  # all memories start at 0
    w = mg.ones(3, dtype=mg.float64, requires_grad=True)
    optimizer = make([w])
    path = [theta]
    for t in range(1, steps + 1):
        g = random.normal(0.5, 1.0, 3) * [100.0, 1.0, 0.01]  # steep, ordinary, flat
        theta, *state = formula(theta, g, t, *state)
        w.grad = mg.tensor(g)
        optimizer.step()
        assert np.allclose(w.detach().numpy(), theta, rtol=1e-9, atol=1e-12), f"they part in step {t}"
        path.append(theta)
    print(f"{formula.__name__} and optim.{type(optimizer).__name__}: equal in each of {steps} steps")
    return np.array(path)


def adagrad(theta, g, t, s, lr=0.1, eps=1e-10):
    s = s + g**2  # s ← s + g²
    theta = theta - lr * g / (np.sqrt(s) + eps)  # θ ← θ − α·g/(√s + ε)
    return theta, s


path = side_by_side(adagrad, 1, lambda params: optim.Adagrad(params, lr=0.1))
lengths = np.abs(np.diff(path, axis=0))  # (steps, 3)
print("mean step, first ten:", lengths[:10].mean(0).round(4), " last ten:", lengths[-10:].mean(0).round(4))
assert lengths[-10:].mean() < 0.3 * lengths[:10].mean()  # like 1/√t
assert np.ptp(lengths.mean(0)) < 0.5 * lengths.mean()  # and of one size, although the slopes are not

# %% [markdown] i18n="en" key="adagrad-rare"
# The steps shrink like 1/√t, whether one is there or not. For **rare** features that is a gift: a word seen once in
# fifty sentences keeps a small s, so that its weight still makes long steps when the word appears. AdaGrad has no
# momentum, whatever document 003 §6.6 says. By step 500, one word has been seen 500 times, another 10 times, with
# slopes of 1 each time. How many times as long will the step of the rare one be?

# %% [markdown] i18n="zh" key="adagrad-rare" src="14d2b5c0"
# 步长按 1/√t 缩小，不管是否已经走到。这对**稀有**特征是件好事：五十句话里才出现一次的词，s 一直很小，
# 等它出现时，它的权重仍然迈大步。AdaGrad 没有动量，文档 003 §6.6 的说法不对。到第 500 步，一个词出现过 500 次，
# 另一个只出现过 10 次，每次的坡度都是 1。稀有词的这一步，是常见词的几倍长？
#
# 输出与图中的英文：the common weight 常见词的权重，the rare one 稀有词的权重，moves by 移动了。

# %%
w = mg.zeros(2, requires_grad=True)
optimizer = optim.Adagrad([w], lr=0.1)
for step in range(1, 501):
    w.grad = mg.tensor([1.0, 1.0 if step % 50 == 0 else 0.0])  # a common and a rare word
    before = w.tolist()
    optimizer.step()
common, rare = (b - a for b, a in zip(before, w.tolist(), strict=True))
print(f"step 500: the common weight moves by {common:.4f}, the rare one by {rare:.4f}")
assert 6 < rare / common < 8  # √(500/10) ≈ 7.1

# %% [markdown] i18n="en" key="adaptive-gradient-003"
# ## What document 003 prints in its place
#
# §3.2.7, "adaptive gradient": m ← βm + (1−β)g, v ← γv + (1−γ)**m²**, θ ← θ − m/(√v + ε); §3.2.8 prints it again. That
# is not AdaGrad: there is no sum, there is no α, and what is squared is m, not g. On J = ½θ² from θ = 5 with β = 0.9:
# how long will its first step be? And on slopes that are nothing but noise, which method stands still, more or less?

# %% [markdown] i18n="zh" key="adaptive-gradient-003" src="2fcaacad"
# ## 文档 003 写成了什么
#
# §3.2.7 的“自适应梯度”：m ← βm + (1−β)g，v ← γv + (1−γ)**m²**，θ ← θ − m/(√v + ε)；§3.2.8 又原样写了一遍。
# 这不是 AdaGrad：没有求和，没有 α，被平方的是 m 而不是 g。在 J = ½θ² 上从 θ = 5 出发，β = 0.9：它的第一步有多长？
# 在纯噪声的坡度上，哪种方法会大致停在原地？
#
# 输出与图中的英文：first step 第一步，last 50 within … 最后 50 步都在……以内，at the end 最后；pure noise 纯噪
# 声，mean step 平均步长，divided by 除以。


# %%
def document_003(theta, g, t, m, v, gamma=0.9):
    m = 0.9 * m + 0.1 * g
    v = gamma * v + (1 - gamma) * m**2
    return theta - m / (np.sqrt(v) + 1e-8), m, v


def descend(formula, memories, theta, steps=200, **options):
    state, path = [0.0] * memories, [theta]
    for t in range(1, steps + 1):
        theta, *state = formula(theta, theta, t, *state, **options)  # the slope of ½θ² is θ
        path.append(theta)
    return np.array(path)


for gamma in (0.9, 0.999):
    path = descend(document_003, 2, 5.0, gamma=gamma)
    print(
        f"document 003, gamma {gamma}: first step {abs(path[1] - 5):5.2f}, last 50 within {abs(path[-50:]).max():.3f}"
    )
    assert abs(abs(path[1] - 5) - 1 / np.sqrt(1 - gamma)) < 1e-3  # whatever the slope: nobody chose it
path = descend(adagrad, 1, 5.0, lr=1.0)
print(f"AdaGrad, lr 1:            first step {abs(path[1] - 5):5.2f}, at the end {path[-1]:.1e}")
assert abs(path[-1]) < 1e-8
assert abs(descend(document_003, 2, 5.0)[-50:]).max() > 0.5  # γ = 0.9: still bouncing

noise = np.random.default_rng(0).normal(size=5000)
m = m_squared = g_squared = 0.0
by_m, by_g = [], []
for g in noise:
    m = 0.9 * m + 0.1 * g
    m_squared = 0.99 * m_squared + 0.01 * m**2
    g_squared = 0.99 * g_squared + 0.01 * g**2
    by_m.append(abs(m) / np.sqrt(m_squared))
    by_g.append(abs(m) / np.sqrt(g_squared))
print(f"pure noise: mean step {np.mean(by_m[200:]):.2f} when divided by √(m²), {np.mean(by_g[200:]):.2f} by √(g²)")
assert np.mean(by_g[200:]) < 0.25 < 0.7 < np.mean(by_m[200:])

# %% [markdown] i18n="en" key="adaptive-gradient-seen"
# Its first step is 1/√(1 − γ), which is 3.16 for γ = 0.9, whatever the slope: nobody chose it. With that γ it is still
# bouncing in the end. On pure noise, dividing by √(m²) gives steps of about 0.8 all the same; dividing by √(g²) gives
# 0.18: it nearly stands still.

# %% [markdown] i18n="zh" key="adaptive-gradient-seen" src="21e3a204"
# 它的第一步是 1/√(1 − γ)，γ = 0.9 时为 3.16，与坡度无关：谁也没有选过这个步长。γ = 0.9 时，走到最后还在来回跳。
# 在纯噪声上，除以 √(m²) 的步子照样有 0.8 左右；除以 √(g²) 的只有 0.18，大致停在原地。

# %% [markdown] i18n="en" key="ema"
# ## A mean that forgets
#
# AdaGrad cannot forget. The cure is an **exponential moving average**, EMA: m ← βm + (1−β)x. It takes 1−β of the new
# value and keeps β of the old mean, so it remembers about 1/(1−β) values. Documents 000 and 004 print it rightly, for
# slopes (m) and for squared slopes (v, s). It starts at 0. Values near 1, dropping to −1 in the middle: which β follows
# fast, which is smooth, and which is wrong for a long time at the **start**?

# %% [markdown] i18n="zh" key="ema" src="47bbf759"
# ## 会遗忘的平均
#
# AdaGrad 不会遗忘。解决办法是**指数滑动平均**（又叫指数移动平均，EMA）：m ← βm + (1−β)x。
# 它取新值的 1−β 倍，保留旧平均的 β 倍，所以大约记得 1/(1−β) 个值。
# 文档 000 和 004 对梯度（m）和梯度平方（v、s）都写对了。它从 0 开始。
# 下面的数值在 1 附近，中途降到 −1：哪个 β 跟得快？哪个平滑？哪个在**开头**很久都不对？
#
# 输出与图中的英文：values 数值；its weights add up to …, not 1：它的权重之和是……，不是 1。

# %%
values = np.where(np.arange(300) < 150, 1.0, -1.0) + np.random.default_rng(1).normal(0, 0.5, 300)
fig, ax = plt.subplots(figsize=(8, 3.4), layout="constrained")
ax.plot(values, ".", color="0.8", markersize=4, label="values")
averages = {}
for beta in (0.5, 0.9, 0.99):
    m, averages[beta] = 0.0, []
    for x in values:
        m = beta * m + (1 - beta) * x  # m ← βm + (1−β)x
        averages[beta].append(m)
    ax.plot(averages[beta], label=f"β = {beta}")
ax.set(xlabel="step", title="exponential moving averages, all from 0")
ax.legend(loc="lower left")
weights = 0.01 * 0.99 ** np.arange(20)  # what β = 0.99 gives to the last 20 values
print(f"after 20 values β = 0.99 stands at {averages[0.99][19]:.2f}; its weights add up to {weights.sum():.2f}, not 1")
assert np.isclose(averages[0.99][19], (weights[::-1] * values[:20]).sum())
assert np.isclose(weights.sum(), 1 - 0.99**20)  # 1 − βᵗ: remember it

# %% [markdown] i18n="en" key="ema-weights"
# The same as a graph: three values go into m, and the gradient of m by each is its weight, (1−β)βᵏ for a value k steps
# old. With β = 0.5, what do the three weights add up to?

# %% [markdown] i18n="zh" key="ema-weights" src="28cf6a4b"
# 画成计算图：三个值先后进入 m，m 对每个值的梯度就是它的权重；k 步之前的值，权重是 (1−β)βᵏ。
# 取 β = 0.5，三个权重之和是多少？
#
# 输出与图中的英文：weights 权重，their sum 它们的和。

# %%
given = [mg.tensor(value, requires_grad=True, name=f"x{i}") for i, value in enumerate((1.0, 2.0, 3.0), start=1)]
m = mg.tensor(0.0, name="m0")
for x in given:
    m = 0.5 * m + 0.5 * x  # m ← βm + (1−β)x
m.backward(retain_graph=True)
shares = [x.grad.item() for x in given]
print("weights of x1, x2, x3 in m:", shares, " their sum:", sum(shares))
assert shares == [0.125, 0.25, 0.5]  # they add up to 1 − β³, not to 1
mg.viz.draw(m)

# %% [markdown] i18n="en" key="rmsprop"
# ## RMSprop
#
# AdaGrad with an EMA for the sum, from a lecture by Hinton (Tieleman & Hinton 2012): s ← βs + (1−β)g². Document 000
# prints this line rightly, but calls s a "root mean square **error**": √s is the root mean square of **slopes**. The
# error of the predictions is another number. How far apart will they be, on a regression?

# %% [markdown] i18n="zh" key="rmsprop" src="0c4ca1ad"
# ## RMSprop
#
# 把 AdaGrad 的和换成 EMA，出自 Hinton 的课程（Tieleman、Hinton 2012）：s ← βs + (1−β)g²。文档 000 这一行写对了，
# 但把 s 叫作“均方根**误差**”：√s 是**梯度**的均方根。预测的误差是另一个数。在一个回归问题上，两者相差多远？
#
# 输出与图中的英文：root mean square of slopes 坡度的均方根，root mean square error 预测的均方根误差。


# %%
def rmsprop(theta, g, t, s, lr=0.01, beta=0.99, eps=1e-8):
    s = beta * s + (1 - beta) * g**2  # s ← βs + (1−β)g²
    theta = theta - lr * g / (np.sqrt(s) + eps)  # θ ← θ − α·g/(√s + ε)
    return theta, s


side_by_side(rmsprop, 1, lambda params: optim.RMSprop(params, lr=0.01, alpha=0.99))

line = mg.datasets.LinearRegression(n=100, theta=(2.0, 3.0), noise=0.1, generator=mg.Generator(0))
theta = mg.zeros(2, requires_grad=True)
optimizer = optim.RMSprop([theta], lr=0.01, alpha=0.9)
for _ in range(100):
    loss = F.mse_loss(theta[0] + theta[1] * line.inputs, line.targets)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
root_s = np.sqrt(optimizer.state_dict()["state"][0]["square_avg"].numpy())
print(f"root mean square of slopes √s: {root_s}; root mean square error: {loss.item() ** 0.5:.3f}")
assert np.abs(root_s - loss.item() ** 0.5).min() > 0.2

# %% [markdown] i18n="en" key="rmsprop-recipes"
# ## Two recipes that stop
#
# Document 000 goes on: α ← α/(√s + ε), then θ ← θ − αg. It overwrites the α that the next step divides again. Document
# 001 has α ← ε/(√s + ε), and keeps a mean of the slopes that nothing ever reads. Both want to reach 0 on J = ½θ² with α
# = 0.01. What becomes of α in each? (The right formula ends within 0.005.)

# %% [markdown] i18n="zh" key="rmsprop-recipes" src="a886eb57"
# ## 两个会停住的配方
#
# 文档 000 接着写：α ← α/(√s + ε)，然后 θ ← θ − αg。它把 α 覆盖掉，下一步又在它上面再除一次。
# 文档 001 写的是 α ← ε/(√s + ε)，还保存了一个谁也不读的梯度平均。两者都想在 J = ½θ² 上走到 0，α = 0.01。
# 它们的 α 各会变成什么？（正确的公式最后停在 0.005 以内。）
#
# 输出与图中的英文：from 从……出发，ends at 停在，with alpha 此时的 α 是，was at 最远到过，right 正确的公式。


# %%
def recipe(document, theta, steps=1000, lr=0.01, beta=0.9, eps=1e-8):
    s, farthest = 0.0, theta
    for _ in range(steps):
        g = theta
        if document == 1:
            theta = theta - lr * g  # 001 steps first
        s = beta * s + (1 - beta) * g**2
        if document == 0:
            lr = lr / (np.sqrt(s) + eps)
            theta = theta - lr * g
        if document == 1:
            lr = eps / (np.sqrt(s) + eps)
        farthest = max(farthest, abs(theta))
    return theta, lr, farthest


for document, start in ((0, 0.5), (0, 5.0), (1, 1.0)):
    end, lr, farthest = recipe(document, start)
    print(f"document 00{document}, from {start}: ends at {end:.4f} with alpha {lr:.0e}; was at {farthest:.1f}")
    assert lr < 1e-7
    assert end > 0.9
right = descend(rmsprop, 1, 0.5, steps=1000, beta=0.9)[-1]
print(f"right,        from 0.5: ends at {right:.4f}")
assert abs(right) < 0.006

# %% [markdown] i18n="en" key="adam"
# ## Adam, line by line
#
# Momentum above, RMSprop below, and both corrected for their start at 0 (Kingma & Ba 2015, Algorithm 1). m, the mean
# slope, is called the **first moment**, v, the mean square, the **second**. Document 002 prints all five lines
# **correctly**; use it as your reference. Count what is remembered for each parameter: how many numbers more than
# with SGD?

# %% [markdown] i18n="zh" key="adam" src="f463bc00"
# ## Adam，一行一行来
#
# 分子是动量，分母是 RMSprop，两者都对“从 0 开始”做了修正（Kingma、Ba 2015，算法 1）。
# m 是坡度的平均，叫作**一阶矩**（first moment）；v 是坡度平方的平均，叫作**二阶矩**（second moment）。
# 文档 002 的五行公式**全部正确**，可以作为参照。数一数每个参数要记住几个数：比 SGD 多几个？
#
# 输出与图中的英文：the first step 第一步，for slopes of size … 坡度大小为……时。


# %%
def adam(theta, g, t, m, v, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g  # m ← β₁m + (1−β₁)g          first moment: the mean slope
    v = beta2 * v + (1 - beta2) * g**2  # v ← β₂v + (1−β₂)g²      second moment: the mean square
    m_hat = m / (1 - beta1**t)  # m̂ = m/(1−β₁ᵗ)                   t = 1 in the first step
    v_hat = v / (1 - beta2**t)  # v̂ = v/(1−β₂ᵗ)
    theta = theta - lr * m_hat / (np.sqrt(v_hat) + eps)  # θ ← θ − α·m̂/(√v̂ + ε)
    return theta, m, v


path = side_by_side(adam, 2, optim.Adam)
print("the first step:", np.diff(path, axis=0)[0], "for slopes of size 100, 1 and 0.01")
assert np.allclose(np.abs(np.diff(path, axis=0)[0]), 0.001, rtol=1e-4)  # ±lr

# %% [markdown] i18n="en" key="bias-correction"
# ## Why the hats
#
# (Two numbers more for each parameter, m and v.) The EMA's weights add up to 1 − βᵗ, so m and v are too small at
# first: m after one step is 0.1·g, v is 0.001·g². Dividing by 1 − βᵗ mends it. Document 000 leaves the hats out of
# its formulas. Its code has them, but with the total 1000 in place of t: 1 − β¹⁰⁰⁰ ≈ 1, which corrects nothing.
# Document 001's code corrects one parameter and not the other. Let the slope be 1 in every step, so that a step
# should be α. How large will the steps be without hats?

# %% [markdown] i18n="zh" key="bias-correction" src="9da426e8"
# ## 为什么要“戴帽子”（偏差修正）
#
# （每个参数多记两个数，m 和 v。）EMA 的权重之和是 1 − βᵗ，所以 m 和 v 起初都偏小：一步之后 m 是 0.1·g，v 是 0.001·g²。
# 除以 1 − βᵗ 就修正了。文档 000 的公式没有这个修正。它的代码里有，却把 t 写成总步数 1000：1 − β¹⁰⁰⁰ ≈ 1，等于没修正。
# 文档 001 的代码只修正一个参数，另一个不修正。设每一步的坡度都是 1，那么一步应该正好是 α。
# 不修正时（图中的 no correction），步长会有多大？
#
# 输出与图中的英文：slope 1 in every step 每一步的坡度都是 1，largest … in step … 最大的是第……步的……，with 1000
# for t 把 t 写成 1000。


# %%
def steps_over_lr(correction, beta2=0.999, steps=60):
    m = v = 0.0
    lengths = []
    for t in range(1, steps + 1):
        m, v = 0.9 * m + 0.1, beta2 * v + (1 - beta2)
        power = {"t": t, "none": np.inf, "total": 1000}[correction]
        lengths.append(m / (1 - 0.9**power) / np.sqrt(v / (1 - beta2**power)))
    return np.array(lengths)


fig, ax = plt.subplots(figsize=(7.5, 3.4), layout="constrained")
for label, lengths in (
    ("no correction, β₂ = 0.999", steps_over_lr("none")),
    ("1 − β¹⁰⁰⁰, β₂ = 0.99 (document 000)", steps_over_lr("total", 0.99)),
    ("1 − βᵗ", steps_over_lr("t")),
):
    ax.plot(range(1, 61), lengths, ".-", markersize=4, label=label)
ax.set(xlabel="step t", ylabel="step / α", title="slope 1 in every step", ylim=(0, 7))
ax.legend()
bare = steps_over_lr("none")
print(f"no correction: first {bare[0]:.2f}α, largest {bare.max():.2f}α in step {bare.argmax() + 1}")
print("with 1000 for t:", steps_over_lr("total", 0.99)[[0, 1, 4, 9]].round(2), "in steps 1, 2, 5, 10")
assert np.allclose(steps_over_lr("t"), 1)
assert np.allclose([bare[0], bare.max()], [3.16, 6.57], atol=0.01)
assert np.allclose(steps_over_lr("total", 0.99)[[0, 1, 4, 9]], [1.00, 1.35, 1.85, 2.11], atol=0.01)

# %% [markdown] i18n="en" key="constant-t"
# The bug with the constant t is well hidden: with β₂ = 0.99 the **first** step is right by accident (0.1/√0.01 = 1).
# And the end? Here is document 000's Adam on its four XOR points, once with 1000 and once with t.

# %% [markdown] i18n="zh" key="constant-t" src="4b760795"
# 把 t 写成常数，这个错误藏得很深：β₂ = 0.99 时，**第一步**碰巧是对的（0.1/√0.01 = 1）。最后的结果呢？
# 下面是文档 000 的 Adam，在它的四个异或点上跑两次：一次用 1000，一次用 t。
#
# 输出与图中的英文：theta after 1, 5, 10 steps：1、5、10 步之后的 θ。

# %%
X, y = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0.0, 1, 1, 0])
paths = {}
for name in ("1000", "t"):
    theta, m, v, paths[name] = np.zeros(2), np.zeros(2), np.zeros(2), []
    for i in range(1000):
        g = X.T @ (X @ theta - y) / 4
        m, v = 0.9 * m + 0.1 * g, 0.99 * v + 0.01 * g**2
        power = 1000 if name == "1000" else i + 1
        theta = theta - 0.01 * (m / (1 - 0.9**power)) / (np.sqrt(v / (1 - 0.99**power)) + 1e-8)
        paths[name].append(theta[0])
    print(f"with {name:4}: theta after 1, 5, 10 steps {np.round([paths[name][i] for i in (0, 4, 9)], 4)}, ", end="")
    print(f"after 1000 {theta.round(4)}")
assert abs(paths["1000"][0] - paths["t"][0]) < 1e-5  # the first step agrees,
assert paths["1000"][9] > 1.4 * paths["t"][9]  # the tenth does not,
assert abs(paths["1000"][-1] - paths["t"][-1]) < 1e-3  # and the last one does again

# %% [markdown] i18n="en" key="lr-correction"
# ## A correction that kills
#
# Document 000 §3.4 corrects α in place of m and v: α ← α·(1−β₁)ᵗ/(1−β₁)^t₀. The idea exists: the paper's section 2
# puts both hats into the learning rate, α_t = α·√(1−β₂ᵗ)/(1−β₁ᵗ), always from the **original** α. The power stands in
# another place. What is α after four steps, from 0.001, in each?

# %% [markdown] i18n="zh" key="lr-correction" src="c93278f3"
# ## 致命的“修正”
#
# 文档 000 §3.4 不修正 m 和 v，而去修正 α：α ← α·(1−β₁)ᵗ/(1−β₁)^t₀。这个想法确实有：论文第 2 节把两个修正并进学习率，
# α_t = α·√(1−β₂ᵗ)/(1−β₁ᵗ)，每次都从**原来的** α 算起。两者的乘方位置不同。从 0.001 出发，四步之后 α 各是多少？

# %%
printed, as_printed, right = 0.001, [], []
for t in range(1, 5):
    printed = printed * (1 - 0.9) ** t  # t₀ = 0
    as_printed.append(printed)
    right.append(0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t))
print("document 000:", " ".join(f"{a:.0e}" for a in as_printed))
print("right:       ", " ".join(f"{a:.1e}" for a in right), " …", f"{0.001 * np.sqrt(1 - 0.999**9999):.1e}")
assert as_printed[-1] < 1e-12
assert np.allclose(right[0], 0.001 * 0.316, rtol=1e-3)

# %% [markdown] i18n="en" key="adam-001"
# ## Document 001's Adam
#
# Step 3 walks along the bare slope, before anything is averaged: that is SGD. There is no second moment: step 5 divides
# the mean slope by √(1−β₂ᵗ). Step 6 sets α ← ε/√(…² + ε). (The form of its mean, β₁∇θ + (1−β₁)∇θᵢ, is right.) On J =
# ½θ² from θ = 1 with α = 0.01: where is it after 1 step, and after 1000?

# %% [markdown] i18n="zh" key="adam-001" src="7b00cc1a"
# ## 文档 001 的 Adam
#
# 第 3 步在求平均之前就沿原始梯度走：那是 SGD。没有二阶矩：第 5 步只是把平均梯度除以 √(1−β₂ᵗ)。
# 第 6 步令 α ← ε/√(…² + ε)。（它的平均 β₁∇θ + (1−β₁)∇θᵢ 形式是对的。）在 J = ½θ² 上从 θ = 1 出发，α = 0.01：
# 1 步之后在哪里？1000 步之后呢？
#
# 输出与图中的英文：after 1 step 1 步之后，alpha is now 现在的 α。

# %%
theta, mean, lr, visited = 1.0, 1.0, 0.01, []  # it starts the mean at the gradient
for t in range(1, 1001):
    g = theta
    theta = theta - lr * g
    mean = 0.9 * mean + 0.1 * g
    rms = mean / np.sqrt(1 - 0.999**t)
    lr = 1e-8 / np.sqrt(rms**2 + 1e-8)
    visited.append(theta)
right = descend(adam, 2, 1.0, steps=1000, lr=0.01)
print(f"document 001: {visited[0]:.4f} after 1 step, {visited[-1]:.4f} after 1000, alpha is now {lr:.0e}")
print(f"Adam:         {right[1]:.4f} after 1 step, {right[-1]:.4f} after 1000")
assert visited[-1] > 0.98
assert 7.9e-9 < lr < 8.2e-9  # ε/(0.99/√(1 − 0.999¹⁰⁰⁰)): no α is left in it
assert abs(right[-1]) < 0.01

# %% [markdown] i18n="en" key="epsilon"
# ## ε, or a dead pixel
#
# ε keeps the division alive when v is 0. It is no "regularization term" (document 000): it penalizes nothing. Document
# 004's Adam, otherwise right, leaves it out. Now think of a pixel at the border of an image, black in every picture:
# the slope of its weights is exactly 0 for ever. What is 0/√0?

# %% [markdown] i18n="zh" key="epsilon" src="d9f33de5"
# ## ε，或者说一个永远黑着的像素
#
# ε 使得 v 为 0 时除法仍能进行。它不是“正则化项”（文档 000）：它什么也不惩罚。文档 004 的 Adam 其余都对，偏偏漏了 ε。
# 设想图像边缘的一个像素，每张图里都是黑的：它的权重的梯度永远恰好是 0。0/√0 是多少？

# %%
random = np.random.default_rng(0)
images, wanted = random.normal(size=(20, 3)) * [1, 1, 0], random.normal(size=20)  # pixel 3 is always black
for eps in (0.0, 1e-8):
    theta, m, v = np.zeros(3), np.zeros(3), np.zeros(3)
    with np.errstate(invalid="ignore"):  # NumPy would warn: invalid value in divide
        for t in (1, 2):
            g = images.T @ (images @ theta - wanted) / 20
            theta, m, v = adam(theta, g, t, m, v, eps=eps)
            print(f"eps {eps:.0e}, step {t}: weights {theta}")
    assert np.isnan(theta).all() == (eps == 0)

# %% [markdown] i18n="en" key="epsilon-spreads"
# One dead pixel: after the first step its weight is `nan`, after the second all are, since `nan · 0` is `nan` and every
# prediction adds it up.

# %% [markdown] i18n="zh" key="epsilon-spreads" src="c7228550"
# 一个坏像素就够了：第一步之后它的权重是 `nan`，第二步之后全部都是，因为 `nan · 0` 还是 `nan`，
# 而每个预测都要把它加进去。

# %% [markdown] i18n="en" key="defaults"
# ## Defaults, and a base rate that matters
#
# The paper proposes α = 0.001, β₁ = 0.9, β₂ = 0.999, ε = 10⁻⁸. Document 004 takes this α; documents 000 and 001 take
# 0.01. Document 001's other three are the paper's, document 000 has β₂ = 0.99 (allowed; not the default). Document
# 002 says that adaptive methods solve the trouble of choosing α by hand. Two half moons of points (to which one does
# a point belong?), a small network, 100 steps of Adam. Will 10⁻⁵, 10⁻³, 10⁻¹ and 10 give the same?

# %% [markdown] i18n="zh" key="defaults" src="1cb19a09"
# ## 默认值，以及仍然要紧的基础学习率
#
# 论文建议 α = 0.001、β₁ = 0.9、β₂ = 0.999、ε = 10⁻⁸。α，文档 004 照此取值，文档 000 和 001 取 0.01；
# 其余三个，文档 001 与论文一致，文档 000 用的是 β₂ = 0.99（可以用，但不是默认值）。
# 文档 002 说自适应方法解决了手动选 α 的麻烦。数据是互相咬合的两个半月形点群，任务是判断一个点属于哪一个；
# 一个小网络，Adam 走 100 步。α 取 10⁻⁵、10⁻³、10⁻¹ 和 10，结果会一样吗？

# %%
moons = mg.datasets.Moons(200, generator=mg.Generator(0))
points, labels = moons.points, moons.labels.float()


def train(make, steps=100):
    """The losses of a small network; make gets its parameters."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer, losses = make(model.parameters()), []
    for _ in range(steps):
        loss = F.binary_cross_entropy_with_logits(model(points)[:, 0], labels)
        losses.append(loss.item())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return losses


print(optim.Adam([mg.zeros(1, requires_grad=True)]))
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
ends = {}
for lr in (1e-5, 1e-3, 1e-1, 10.0):
    losses = train(lambda params, lr=lr: optim.Adam(params, lr=lr))
    ends[lr] = losses[-1]
    ax.plot(losses, label=f"lr {lr:g}: {losses[-1]:.3g}")
ax.set(xlabel="step", ylabel="loss", yscale="log", title="Adam")
ax.legend(loc="lower left")
assert ends[1e-1] < 0.1 < 0.5 < ends[1e-5]
assert ends[10.0] > 2 * ends[1e-1]
assert optim.Adam([mg.zeros(1, requires_grad=True)]).defaults["betas"] == (0.9, 0.999)

# %% [markdown] i18n="en" key="nothing-learned"
# ## Nothing is learned, nothing is clipped
#
# Document 004 lets Adam "learn" its learning rate, and joins GD and SGD in it; document 000 lets it adjust the momentum
# as well. In truth α, β₁, β₂ stay what they were; only the slopes are divided. What is joined is momentum and RMSprop.
# Document 001 finds gradient clipping in it: there is no threshold anywhere. Multiply all slopes by 1000: what happens
# to the path of Adam, and to that of SGD with clipping (slopes cut to a length of at most 1)?

# %% [markdown] i18n="zh" key="nothing-learned" src="34067d3f"
# ## 什么也没学，什么也没裁
#
# 文档 004 说 Adam 会“学习”学习率，还说它结合了 GD 和 SGD；文档 000 说它连动量也会调整。其实 α、β₁、β₂ 始终不变，
# 变的只是梯度被除了多少；它结合的是动量和 RMSprop。文档 001 说里面有梯度裁剪：其实哪里都没有阈值。
# 把所有梯度乘以 1000：Adam 的路径会怎样？带裁剪（梯度长度最多为 1）的 SGD 呢？
#
# 输出与图中的英文：before / after 之前 / 之后，slopes × 1000 坡度乘以 1000，with clipping 带裁剪。

# %%
theta = mg.ones(2, dtype=mg.float64, requires_grad=True)
optimizer = optim.Adam([theta], lr=0.01)
before = {name: optimizer.param_groups[0][name] for name in ("lr", "betas", "eps")}
for _ in range(100):
    optimizer.zero_grad()
    small(theta).backward()
    optimizer.step()
after = {name: optimizer.param_groups[0][name] for name in before}
print("before:         ", before)
print("after 100 steps:", after)
assert after == before


def clipped(scale):
    theta = mg.ones(2, dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([theta], lr=0.01)
    for _ in range(50):
        optimizer.zero_grad()
        (scale * 0.1 * theta**2).sum().backward()
        nn.utils.clip_grad_norm_([theta], 1.0)  # g ← g·min(1, 1/‖g‖)
        optimizer.step()
    return theta.detach().numpy()


once, thousand = path_of(adam_01, small), path_of(adam_01, lambda theta: 1000 * small(theta))
print("Adam, slopes × 1000: farthest apart", np.abs(once - thousand).max())
print("SGD with clipping, slopes × 1 and × 1000:", clipped(1), clipped(1000))
assert np.allclose(once, thousand, atol=1e-4)  # but for ε
assert np.abs(clipped(1) - clipped(1000)).max() > 0.05

# %% [markdown] i18n="en" key="nothing-clipped"
# Adam's path is the same, but for ε: the factor cancels in the division. The path with clipping is another one: slopes
# shorter than 1 passed as they were; 1000 times as long, they were all cut to 1. That is how a threshold shows.

# %% [markdown] i18n="zh" key="nothing-clipped" src="82a67724"
# Adam 的路径没有变（只差 ε 的影响）：因子 1000 在相除时约掉了。带裁剪的路径变了：原来的梯度短于 1，原样通过；
# 乘以 1000 之后，全都被截到长度 1。有阈值，就会这样显出来。

# %% [markdown] i18n="en" key="amsgrad"
# ## AMSGrad: where Adam goes the wrong way
#
# A slope of +4 every third step, −1 in between; θ is kept within [−1, 1]. On average the slope is +⅔, so the best θ is
# −1. Adam with a short memory (β₁ = 0, β₂ = 1/17) divides the 4 by about 4 and each −1 by about 1: one step down, two
# steps up. Reddi, Kale & Kumar (2018) built this example, with a rate of α/√t. Their cure: divide by the largest v so
# far. Where will each end?

# %% [markdown] i18n="zh" key="amsgrad" src="aba7ac71"
# ## AMSGrad：Adam 走错方向的时候
#
# 坡度每三步有一次 +4，其余是 −1；θ 限制在 [−1, 1] 之内。平均坡度是 +⅔，所以最好的 θ 是 −1。
# 记忆很短的 Adam（β₁ = 0，β₂ = 1/17）把 4 除以大约 4，把每个 −1 除以大约 1：一步向下，两步向上。
# 这个例子来自 Reddi、Kale、Kumar（2018），学习率按 α/√t 下降。他们的办法：除以迄今最大的 v。两者各停在哪里？
#
# 输出与图中的英文：the best θ is −1：最好的 θ 是 −1。


# %%
def amsgrad(theta, g, t, m, v, largest, lr=0.001, beta1=0.9, beta2=0.999, eps=1e-8):
    m = beta1 * m + (1 - beta1) * g
    v = beta2 * v + (1 - beta2) * g**2
    largest = np.maximum(largest, v)  # the only new line
    theta = theta - lr * (m / (1 - beta1**t)) / (np.sqrt(largest / (1 - beta2**t)) + eps)  # PyTorch's; paper: no hats
    return theta, m, v, largest


side_by_side(amsgrad, 3, lambda params: optim.Adam(params, amsgrad=True))

walks = {}
for name in ("Adam", "AMSGrad"):
    theta = mg.zeros(1, dtype=mg.float64, requires_grad=True)
    optimizer = optim.Adam([theta], lr=0.5, betas=(0.0, 1 / 17), amsgrad=name == "AMSGrad")
    walks[name] = []
    for t in range(1, 1001):
        optimizer.param_groups[0]["lr"] = 0.5 / t**0.5
        theta.grad = mg.tensor([4.0 if t % 3 == 1 else -1.0], dtype=mg.float64)
        optimizer.step()
        with mg.no_grad():
            theta.clamp_(-1, 1)
        walks[name].append(theta.item())
fig, ax = plt.subplots(figsize=(7, 3), layout="constrained")
for name, walk in walks.items():
    ax.plot(range(1, 1001), walk, label=name, linewidth=1)
ax.set(xlabel="step", ylabel="θ", xscale="log", title="the best θ is −1")
ax.legend(loc="center right")
print({name: round(walk[-1], 3) for name, walk in walks.items()})
assert walks["Adam"][-1] > 0.9
assert walks["AMSGrad"][-1] < -0.9

# %% [markdown] i18n="en" key="adamw"
# ## AdamW: decay that is not divided
#
# Weight decay pulls weights towards 0. In SGD it is the same as an L2 penalty: adding λθ to the slope. In Adam it is
# not: the added λθ is divided by √v̂ like everything else (Loshchilov & Hutter 2019). AdamW keeps it out: θ ← θ − α·λθ,
# then Adam's step. 1000 weights with slopes of size 10, 1000 with 0.1, all of them pure noise, so that nothing but the
# decay pulls. All start at 1; α·λ·steps = 0.1. How much will each of the two groups shrink?

# %% [markdown] i18n="zh" key="adamw" src="5704e558"
# ## AdamW：不被除的衰减
#
# 权重衰减把权重拉向 0。在 SGD 里它等同于 L2 惩罚：把 λθ 加到梯度上。在 Adam 里就不同了：加进去的 λθ 和别的一样被 √v̂ 除
# （Loshchilov、Hutter 2019）。AdamW 把它留在外面：θ ← θ − α·λθ，然后才走 Adam 的一步。
# 1000 个权重的梯度大小是 10，另外 1000 个是 0.1，全是纯噪声，所以只有衰减在拉。全部从 1 出发，α·λ·步数 = 0.1。
# 两组权重各会缩小多少？
#
# 输出与图中的英文：mean weight 平均的权重，slopes of size 坡度的大小。


# %%
def adamw(theta, g, t, m, v, lr=0.001, decay=0.1):
    theta = theta - lr * decay * theta  # θ ← θ − α·λθ
    return adam(theta, g, t, m, v, lr=lr)


side_by_side(adamw, 2, lambda params: optim.AdamW(params, weight_decay=0.1))

shrunk = {}
for make in (optim.Adam, optim.AdamW):
    random = np.random.default_rng(0)
    weights = mg.ones(2, 1000, dtype=mg.float64, requires_grad=True)
    optimizer = make([weights], lr=1e-3, weight_decay=0.1)
    for _ in range(1000):
        weights.grad = mg.tensor(random.normal(size=(2, 1000)) * [[10], [0.1]])
        optimizer.step()
    shrunk[make.__name__] = weights.detach().numpy().mean(1)
    print(f"{make.__name__:5}: mean weight {shrunk[make.__name__].round(3)} (slopes of size 10, and 0.1)")
assert shrunk["Adam"][0] > 0.97  # large slopes: hardly any decay
assert shrunk["Adam"][1] < 0.6  # small slopes: five times too much
assert np.allclose(shrunk["AdamW"], (1 - 1e-4) ** 1000, atol=0.01)  # 0.905, both

# %% [markdown] i18n="en" key="choosing"
# ## Choosing
#
# Two relatives in a sentence each: **NAdam** is Adam with Nesterov's look-ahead (Dozat 2016); **Adadelta** is RMSprop
# whose steps are scaled by the root mean square of past steps, so that lr may stay 1 (Zeiler 2012). Loss and optimizer
# are two choices (document 002 §2.3): the loss says where the valley is, the optimizer how one gets there; a steeper
# loss only wants another lr. Adaptive against SGD (document 003 §6.6): a memory of squared slopes, not "momentum". Now
# five optimizers on the moons, four learning rates each. Which optimizer wins? And if you may look at one column only?

# %% [markdown] i18n="zh" key="choosing" src="78c90b3e"
# ## 怎样选择
#
# 先各用一句话介绍两个亲戚：**NAdam** 是带 Nesterov 前瞻的 Adam（Dozat 2016）；**Adadelta** 是 RMSprop，
# 但步长再乘以过去步长的均方根，所以 lr 可以一直是 1（Zeiler 2012）。损失函数和优化器是两个选择（文档 002 §2.3）：
# 损失决定山谷在哪里，优化器决定怎么走过去；损失陡一些，只是要换个学习率。自适应方法与 SGD 的区别（文档 003 §6.6）
# 在于记住了梯度的平方，而不是“动量”。下面让五种优化器学半月数据，各用四个学习率。谁赢？如果只许看一列呢？
#
# 输出与图中的英文：loss after 100 steps 100 步之后的损失；每一列是一个学习率。

# %%
contestants = {
    "SGD": lambda params, lr: optim.SGD(params, lr=lr),
    "momentum": lambda params, lr: optim.SGD(params, lr=lr, momentum=0.9),
    "Adagrad": lambda params, lr: optim.Adagrad(params, lr=lr),
    "RMSprop": lambda params, lr: optim.RMSprop(params, lr=lr),
    "Adam": lambda params, lr: optim.Adam(params, lr=lr),
}
print(f"{'loss after 100 steps':20}" + "".join(f"  lr {lr:<6g}" for lr in (0.01, 0.1, 1, 10)))
table = {}
for name, make in contestants.items():
    table[name] = [train(lambda params, make=make, lr=lr: make(params, lr))[-1] for lr in (0.01, 0.1, 1, 10)]
    print(f"{name:20}" + "".join(f"  {loss:<9.4f}" for loss in table[name]))
assert all(min(losses) < 0.1 for losses in table.values())  # with its own lr, each of them does well
assert all(max(losses) > 4 * min(losses) for losses in table.values())  # and with the wrong one, none

# %% [markdown] i18n="en" key="choosing-rule"
# A way to begin: **Adam (or AdamW, if weights shall decay) with lr 0.001** and a few other rates around it. SGD with
# momentum 0.9 when you have the time to tune its lr: it often ends as well, with half the memory. AdaGrad where
# features are rare. Compare two optimizers only after each got its own learning rate, and on data that was not trained
# on (tutorial 14).

# %% [markdown] i18n="zh" key="choosing-rule" src="4f07e048"
# 可以这样开始：**Adam（需要权重衰减就用 AdamW），学习率 0.001**，再在它附近试几个。有时间调学习率时，
# 用动量 0.9 的 SGD：最后往往一样好，额外的内存只要一半。特征稀有时用 AdaGrad。
# 比较两种优化器之前，先给它们各自调好学习率，而且要在没有训练过的数据上比（教程 14）。

# %% [markdown] i18n="en" key="own-optimizer"
# ## Your own, in ten lines
#
# `update` is the paper's line on NumPy vectors; options, groups (parameters with options of their own), schedules
# (tutorial 09) and saving come by themselves ([how to add an optimizer](../docs/add_an_optimizer.md)). Adamax stands
# in Adam's paper, too (section 7.1): in place of a mean square it keeps the largest slope, slowly forgotten. How long
# can one of its steps be at most?

# %% [markdown] i18n="zh" key="own-optimizer" src="d3f34623"
# ## 十行写一个自己的优化器
#
# `update` 就是论文里的公式，写在 NumPy 向量上；选项、参数组（各组参数可以有自己的选项）、学习率调度（教程 09）
# 和保存都会自动具备（[如何添加优化器](../docs/add_an_optimizer.md)，英文）。Adamax 也出自 Adam 的论文（第 7.1 节）：
# 它记住的不是均方，而是最大的坡度，并慢慢遗忘。它的一步最长能有多长？
#
# 输出与图中的英文：on the moons 在半月数据上，longest step in the valley 在山谷里最长的一步（单位是 lr）。


# %%
class Adamax(optim.Optimizer):
    """m ← β₁m + (1−β₁)g;  u ← max(β₂u, |g|);  θ ← θ − α/(1−β₁ᵗ)·m/u   (Kingma & Ba 2015)"""

    def update(self, theta, g, state, *, lr=0.002, betas=(0.9, 0.999), eps=1e-8):
        if not state:
            state.update(step=0, exp_avg=np.zeros_like(theta), exp_inf=np.zeros_like(theta))
        t = state["step"] = state["step"] + 1
        state["exp_avg"] = betas[0] * state["exp_avg"] + (1 - betas[0]) * g
        state["exp_inf"] = np.maximum(betas[1] * state["exp_inf"], np.abs(g) + eps)
        theta -= lr / (1 - betas[0] ** t) * state["exp_avg"] / state["exp_inf"]  # in place


losses = train(lambda params: Adamax(params, lr=0.1))
path = path_of(lambda params: Adamax(params, lr=0.1), small)
longest = np.abs(np.diff(path, axis=0)).max()
print(
    f"Adamax on the moons: loss {losses[0]:.3f} → {losses[-1]:.4f}; longest step in the valley {longest / 0.1:.3f} lr"
)
assert losses[-1] < 0.2
assert longest < 1.01 * 0.1  # never more than about lr
plot_paths("bowl", {"Adam": lambda params: optim.Adam(params, lr=0.2), "Adamax": lambda params: Adamax(params, lr=0.2)})

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# 1. Make a new Adam inside the loop. Its memory is empty in every step, so each step is a first step. How long is
#    the 201st, in the steep direction and in the flat one? Can it come to rest?
# 2. Start 0.001 from the minimum, with lr 1. Where is Adam after one step?
# 3. β₂ = 1: nothing new ever comes into v, and 1 − β₂ᵗ is 0. What will be said?

# %% [markdown] i18n="zh" key="break" src="829656ed"
# ## 把它弄坏
#
# 1. 在循环里面新建 Adam。它的记忆每步都是空的，所以每一步都是第一步。第 201 步在陡的方向和平的方向各走多长？
#    它停得下来吗？
# 2. 从离最小值 0.001 的地方出发，学习率取 1。Adam 走一步之后在哪里？
# 3. β₂ = 1：v 永远收不到新的东西，而 1 − β₂ᵗ 是 0。会报什么错？
#
# 输出与图中的英文：a new Adam in each step 每一步新建一个 Adam，starting 0.001 from the minimum 从离最小值 0.001
# 处出发。

# %%
theta = mg.ones(2, dtype=mg.float64, requires_grad=True)
for _ in range(201):
    before = theta.detach().clone()
    optimizer = optim.Adam([theta], lr=0.03)  # the mistake: it belongs before the loop
    optimizer.zero_grad()
    small(theta).backward()
    optimizer.step()
print("a new Adam in each step: the 201st step is", (theta.detach() - before).tolist())
assert np.allclose(np.abs((theta.detach() - before).numpy()), 0.03, rtol=1e-3)

far = path_of(lambda params: optim.Adam(params, lr=1.0), small, steps=5, start=(0.001, 0.001))
print("Adam with lr 1, starting 0.001 from the minimum: after one step", far[0])
assert np.allclose(far[0], 0.001 - 1, atol=1e-3)

try:
    optim.Adam([theta], betas=(0.9, 1.0))
except ValueError as error:
    print("ValueError:", error)
else:
    raise AssertionError("it went through")

# %% [markdown] i18n="en" key="first-steps"
# A first step is ±lr for every parameter, however steep or flat the slope, near the minimum or far away. So the new
# Adam never comes to rest, and Adam with lr 1 jumps from 0.001 to −0.999.

# %% [markdown] i18n="zh" key="first-steps" src="8eaa6a95"
# 不论坡陡坡缓，也不论离最小值远近，每个参数的第一步都是 ±lr。所以每步都新建的 Adam 永远停不下来；
# 学习率为 1 的 Adam 从 0.001 一下跳到 −0.999。报错是说：`betas` 必须是 [0, 1) 之内的两个数。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# AdaGrad: 002 §2.2.3, 003 §3.2.7, §3.2.8 and §6.6. RMSprop: 000 §2.6 and §3.5, 001 §3.3.2, 002 §2.2.3. Adam: 000 §2.5,
# §3.4 and §4.2, 001 §3.3.1 and §4.4, 002 §2.2.3, 004 §3.3. Dynamic rates: 001 §3.3 and §5. Choosing: 002 §1.3 and §2.3,
# 003 §6.10 and §6.11, 004 §8 (questions 1 to 3). Right: all of 002's Adam; the averages of 000 and 004; 004's
# correction; 001's β₁, β₂ and ε. Wrong:
# Adam in 000 ([E000-06, E000-08, E000-09, E000-14](20_errata_lab.py), [E000-10, E000-15](../docs/errata.md)), in 001
# ([E001-03 to E001-08, E001-16](20_errata_lab.py)) and in 004 ([E004-04, E004-05](20_errata_lab.py)); RMSprop in 000
# ([E000-07, E000-11](20_errata_lab.py)) and 001 ([E001-09, E001-10](20_errata_lab.py)); "adaptive gradient" in 003
# ([E003-16, E003-23](20_errata_lab.py), [E003-17](../docs/errata.md)); "no lr to choose" in 002
# ([E002-04](../docs/errata.md)). All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="67030dfc"
# ## 在文档中的位置
#
# AdaGrad：002 §2.2.3，003 §3.2.7、§3.2.8、§6.6。RMSprop：000 §2.6、§3.5，001 §3.3.2，002 §2.2.3。
# Adam：000 §2.5、§3.4、§4.2，001 §3.3.1、§4.4，002 §2.2.3，004 §3.3。动态学习率：001 §3.3、§5。
# 选择：002 §1.3、§2.3，003 §6.10、§6.11，004 §8（问题 1 至 3）。
# 对的：002 的整个 Adam；000 和 004 的滑动平均；004 的偏差修正；001 的 β₁、β₂ 和 ε。
# 错的：000 的 Adam（[E000-06、E000-08、E000-09、E000-14](20_errata_lab.py)，[E000-10、E000-15](../docs/errata.md)），
# 001 的 Adam（[E001-03 至 E001-08、E001-16](20_errata_lab.py)），004 的 Adam（[E004-04、E004-05](20_errata_lab.py)）；
# 000 的 RMSprop（[E000-07、E000-11](20_errata_lab.py)）和 001 的（[E001-09、E001-10](20_errata_lab.py)）；
# 003 的“自适应梯度”（[E003-16、E003-23](20_errata_lab.py)、[E003-17](../docs/errata.md)）；
# 002 的“不必选学习率”（[E002-04](../docs/errata.md)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Document 000 §3.4 repeats only "steps 2 and 6", so that m and v stay what they were after the first step. Write
#    that loop on J = ½θ² from θ = 1, with lr 0.01 and no hats. Hint: if m and v never change, how long is a step?
# 2. RMSprop is Adam without momentum and without hats. Make `optim.Adam` and `optim.RMSprop` agree from some step on.
#    Hint: β₁ = 0, the same β₂ = `alpha`; the hats fade like β₂ᵗ, so compare single steps, not θ.
# 3. Write momentum as a subclass of `optim.Optimizer` in the documents' form, lr inside v, and compare it with `SGD`.
#    Hint: `state` holds v; let it start as zeros.
#
# [Answers](answers/08_adaptive_optimizers.py)

# %% [markdown] i18n="zh" key="exercises" src="6000f1fa"
# ## 练习
#
# 1. 文档 000 §3.4 只重复“第 2 步和第 6 步”，于是 m 和 v 一直停在第一步之后的值。在 J = ½θ² 上从 θ = 1 出发，
#    写出这个循环，学习率 0.01，不做修正。提示：m 和 v 不变的话，一步有多长？
# 2. RMSprop 就是没有动量、没有偏差修正的 Adam。让 `optim.Adam` 和 `optim.RMSprop` 从某一步起一致。
#    提示：β₁ = 0，β₂ 与 `alpha` 相同；修正按 β₂ᵗ 消退，所以比较单步，不要比较 θ。
# 3. 用文档的写法（lr 在 v 里面）把动量写成 `optim.Optimizer` 的子类，再和 `SGD` 比较。
#    提示：v 放在 `state` 里，从零开始。
#
# [答案](answers/08_adaptive_optimizers.py)
