# %% [markdown] i18n="en" key="title"
# # 15 · Valleys, saddles and curvature
#
# **One question: where does descent stop, and what does the shape of the ground tell about it?** The curve J(x) =
# (x² − 1)² + 0.3x has two valleys. Nine walkers start at the rings and do what all training does, x ← x − α·J′(x).
# Document 000 says that this finds "the minimum of the function". How many of the nine do? Say a number, then run.

# %% [markdown] i18n="zh" key="title" src="eec198c6"
# # 15 · 山谷、鞍点与曲率
#
# **只问一个问题：下降会停在哪里？地面的形状能告诉我们什么？** 曲线 J(x) = (x² − 1)² + 0.3x 有两个谷。
# 九个行人从空心圆处出发，做一切训练都在做的事：x ← x − α·J′(x)。文档 000 说这样能“找到函数的最小值”。
# 九个人里有几个找到了？先说一个数，再运行。

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw, plot_landscape, plot_trajectory_landscape

F = nn.functional


def two_valleys(x):
    return (x**2 - 1) ** 2 + 0.3 * x


def descend(f, starts, lr, steps):
    """All the places on the way, (steps + 1, …): each start walks by itself."""
    x = mg.tensor(starts, dtype=mg.float64, requires_grad=True)
    path = [x.detach().numpy().copy()]
    for _ in range(steps):
        (g,) = mg.autograd.grad(f(x).sum(), x)  # a sum of independent terms: each x gets its own slope
        with mg.no_grad():
            x -= lr * g  # x ← x − α·J′(x)
        path.append(x.detach().numpy().copy())
    return np.array(path)


starts = np.linspace(-1.6, 1.6, 9)
ends = descend(two_valleys, starts, lr=0.05, steps=300)[-1]
found = ends < 0

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
side = np.linspace(-1.7, 1.7, 200)
ax.plot(side, two_valleys(side), color="0.7")
for here, color, label in ((found, "C0", "ends in the deep valley"), (~found, "C1", "ends in the other")):
    ax.plot(starts[here], two_valleys(starts[here]), "o", color=color, markerfacecolor="white", label=label)
    ax.plot(ends[here], two_valleys(ends[here]), "*", color=color, markersize=14)
ax.set(xlabel="x", ylabel="J(x)")
ax.legend(loc="upper center")
print(f"found the minimum: {found.sum()} of 9; ends: {np.round(ends, 3)}")
assert found.sum() == 5
assert np.allclose(ends, np.where(found, -1.0356, 0.9601), atol=1e-3)

# %% [markdown] i18n="en" key="local-information"
# ## Why it gets stuck
#
# Document 001 asks this in §6.1 and answers: because the start is random. It adds, rightly, that a step looks at the
# slope where it stands and nowhere else. Is it the chance or the looking? Here nothing is random: each walk starts at
# 1.5. And we dig a pit: left of 0.5 the second curve goes far deeper. Will the walker on it notice?

# %% [markdown] i18n="zh" key="local-information" src="2a362bce"
# ## 为什么会陷进去
#
# 文档 001 §6.1 问了这个问题，答道：因为起点是随机的。它接着说，每一步只看脚下的梯度，不看别处，这句是对的。
# 到底是因为随机，还是因为只看脚下？这里没有任何随机：每次都从 1.5 出发。我们再挖一个坑：第二条曲线在 0.5 左边深得多。
# 走在上面的人会发觉吗？

# %%


def with_a_pit(x):
    return two_valleys(x) - 5 * mg.relu(0.5 - x) ** 2  # right of 0.5 the two curves are the same


one, other = (descend(f, [1.5], lr=0.05, steps=300) for f in (two_valleys, with_a_pit))
deepest = mg.linspace(-2.5, 2, 1000)
print(f"lowest J: {two_valleys(deepest).min().item():.2f} without the pit, {with_a_pit(deepest).min().item():.2f} with")
print(f"the walkers end at {one[-1].item():.4f} and {other[-1].item():.4f}")
assert np.array_equal(one, other)  # the same path, although the ground elsewhere is another
assert with_a_pit(deepest).min().item() < two_valleys(deepest).min().item() - 5

# %% [markdown] i18n="en" key="convex"
# ## A problem without traps
#
# So the causes are two: a ground with several valleys, and a view of one step. Chance only decides which valley. Where
# there is one valley, chance decides nothing. A function is **convex** if the straight line between two of its points
# never runs below it; it has one valley. Linear regression, the very example of document 001, is convex in θ. A hundred
# random starts, far apart: how many different ends?

# %% [markdown] i18n="zh" key="convex" src="9b0c0f69"
# ## 没有陷阱的问题
#
# 所以原因有两个：地面有好几个谷；眼界只有一步。随机只决定落进哪个谷。如果只有一个谷，随机就什么也决定不了。
# 若曲线上任意两点的连线都不低于曲线，这个函数就叫**凸函数**；它只有一个谷。文档 001 自己用的例子，线性回归，
# 关于 θ 就是凸的。一百个相距很远的随机起点：会有几个不同的终点？

# %%
line = mg.datasets.LinearRegression(n=100, theta=(2.0, 3.0), noise=1.0, generator=mg.Generator(0))
x_line, y_line = line.inputs.double().reshape(1, -1), line.targets.double().reshape(1, -1)  # (1, N)


def regression(theta):
    """The mean squared error of each row (θ₀, θ₁): (starts,)."""
    return ((theta[:, :1] + theta[:, 1:] * x_line - y_line) ** 2).mean(dim=1)


ends = descend(regression, np.random.default_rng(0).normal(size=(100, 2)) * 20, lr=0.1, steps=400)[-1]
print(f"100 starts end around {ends.mean(0)}, at most {np.ptp(ends, axis=0).max():.1e} apart")
assert np.ptp(ends, axis=0).max() < 1e-6

# %% [markdown] i18n="en" key="learning-rate"
# ## Can the right learning rate avoid the trap?
#
# Document 003 §6.7 says so. Ask all of them: 60 learning rates from 0.005 to 0.3, from 91 starts each. Before you run:
# will there be a row (a learning rate) with blue in it, but without orange? And here is a hint that needs no computer:
# at the bottom of the wrong valley the slope is 0; how far does α·0 take you?

# %% [markdown] i18n="zh" key="learning-rate" src="91685ba1"
# ## 合适的学习率能避开陷阱吗？
#
# 文档 003 §6.7 说能。那就全都试一遍：从 0.005 到 0.3 的 60 种学习率，每种 91 个起点。运行之前想一想：
# 会不会有哪一行（一种学习率）有蓝色而没有橙色？还有一个不用计算机的提示：在错误的谷底，斜率是 0；α·0 能带你走多远？

# %%
rates, starts = np.linspace(0.005, 0.3, 60), np.linspace(-1.8, 1.8, 91)
s, lr = np.meshgrid(starts, rates)
with np.errstate(all="ignore"):  # a rate that is too large explodes: that is part of the picture
    *_, before, last = descend(two_valleys, s, mg.tensor(lr), steps=600)
    rests = np.abs(last - before) < 1e-4
result = np.where(rests, np.where(last < 0, 2, 1), 0)  # 2: the deep valley, 1: the other, 0: never comes to rest

fig, ax = plt.subplots(figsize=(7, 3.6), layout="constrained")
ax.pcolormesh(starts, rates, result, cmap=plt.matplotlib.colors.ListedColormap(["0.9", "C1", "C0"]), vmin=0, vmax=2)
for color, label in (("C0", "ends in the deep valley"), ("C1", "ends in the other"), ("0.9", "never comes to rest")):
    ax.plot([], [], "s", color=color, label=label)
ax.set(xlabel="start", ylabel="learning rate", ylim=(0, 0.3))
fig.legend(*ax.get_legend_handles_labels(), loc="outside upper center", ncols=3, frameon=False)
for rate in (0.01, 0.1, 0.2, 0.25):
    row = result[np.abs(rates - rate).argmin()]
    print(f"lr {rate}: of 91 starts {(row == 2).sum()} end deep, {(row == 1).sum()} end in the other valley")
for kind, valley, curvature in ((2, -1.0356, 8.9), (1, 0.9601, 7.1)):
    assert abs(12 * valley**2 - 4 - curvature) < 0.05  # J″(x) = 12x² − 4 at the bottom of either valley
    assert abs(rates[(result == kind).any(axis=1)].max() - 2 / curvature) < 0.006  # held up to α = 2/J″
assert ((result == 1).sum(axis=1)[rates < 0.28] > 30).all()  # no rate at which one can rest is free of the trap
assert not (result == 2)[(rates > 0.23) & (rates < 0.28)].any()

# %% [markdown] i18n="en" key="learning-rate-seen"
# Where there is blue, there is orange. A large rate jumps out of the trap from some starts and into it from others; and
# from about 0.225 on, it is only the **wrong** valley in which one can rest. Why? A step near the bottom multiplies the
# distance by 1 − αJ″. That shrinks only while α < 2/J″. The deep valley is the more curved one, J″ = 8.9, so it stops
# holding at 2/8.9; the other has J″ = 7.1 and holds up to 2/7.1 = 0.283. Large steps prefer **flat** valleys, not low
# ones. The second derivative decides; let us get to know it.

# %% [markdown] i18n="zh" key="learning-rate-seen" src="0236eae9"
# 有蓝色的地方就有橙色。学习率大，能从某些起点跳出陷阱，也会从另一些起点跳进去；而且大约从 0.225 起，
# 只有在**错误**的谷里才停得住。为什么？在谷底附近走一步，到谷底的距离乘以 1 − αJ″，只有 α < 2/J″ 时才会缩小。
# 深谷弯得更厉害，J″ = 8.9，到 2/8.9 就留不住人了；另一个谷 J″ = 7.1，能坚持到 2/7.1 = 0.283。
# 大步偏爱**平**的谷，而不是低的谷。起决定作用的是二阶导数；下面就来认识它。

# %% [markdown] i18n="en" key="restarts"
# ## Search wider: restarts
#
# What does help is to look in more places. Start often, keep the best: the simplest **global optimization**, the
# research that document 001 §5 asks for. (Others: simulated annealing, evolution, Bayesian optimization.) Rastrigin's
# function is an egg box, Σ (10 + pᵢ² − 10 cos 2πpᵢ), with its minimum at 0 and a valley about every whole number. From
# −3 to 3 one start in six falls into the right valley. With two variables? And with ten?

# %% [markdown] i18n="zh" key="restarts" src="9c162630"
# ## 撒开网找：多次重启
#
# 真正有用的是多找几个地方：多次出发，留下最好的。这是最简单的**全局优化**，也就是文档 001 §5 所说的研究方向。
# （其他办法：模拟退火、进化算法、贝叶斯优化。）Rastrigin 函数像个鸡蛋盒，Σ (10 + pᵢ² − 10 cos 2πpᵢ)，最小值在 0，
# 几乎每个整数附近都有一个谷。在 −3 到 3 之间，六个起点里有一个落进正确的谷。两个变量呢？十个呢？

# %%


def egg_box(p):
    """For rows p, (starts, n): one height each."""
    return (10 + p**2 - 10 * mg.cos(2 * np.pi * p)).sum(dim=1)


random = np.random.default_rng(0)
for n in (1, 2, 3):
    ends = descend(egg_box, random.uniform(-3, 3, size=(2400, n)), lr=0.002, steps=60)[-1]
    heights = egg_box(mg.tensor(ends)).numpy()
    share = (heights < 1e-3).mean()
    print(f"n = {n}: {share:.1%} of the starts find 0 (1/6 to the power {n} is {6.0**-n:.1%}); ", end="")
    print("best of 1, 10, 100:", [round(float(heights[:k].min()), 2) for k in (1, 10, 100)])
    assert 0.4 * 6.0**-n < share < 1.8 * 6.0**-n
print(f"n = 10: about one start in {6**10:,}")

# %% [markdown] i18n="en" key="hessian"
# ## The Hessian: how the ground bends
#
# In one dimension J″ tells a valley from a hilltop. In n dimensions there is a second derivative for each pair of
# parameters, the **Hessian** H = ∂²J/∂θᵢ∂θⱼ, and near a place
#
# J(θ + δ) ≈ J + ∇Jᵀδ + ½ δᵀHδ.
#
# Its **eigenvectors** are the directions v that H only stretches, Hv = λv: along them nothing mixes. Its
# **eigenvalues** λ tell how much the ground bends there: up if positive. All positive: a valley. All negative: a top.
# Both signs: a **saddle**. J(x, y) = ½x² − ½y² + ¼y⁴ is flat at three places, (0, 0) and (0, ±1). Which is what? And
# a walker who starts at (−1.5, 0) exactly: where will it stop?

# %% [markdown] i18n="zh" key="hessian" src="00bbc980"
# ## Hessian 矩阵：地面怎样弯曲
#
# 一维时，J″ 能区分谷与峰。n 维时，每一对参数都有一个二阶导数，合起来就是 **Hessian 矩阵** H = ∂²J/∂θᵢ∂θⱼ，
# 在一个点附近
#
# J(θ + δ) ≈ J + ∇Jᵀδ + ½ δᵀHδ。
#
# 它的**特征向量**是被 H 只拉伸、不转向的方向 v，即 Hv = λv，这些方向互不牵连；**特征值** λ 是地面沿这些方向弯多少：
# 正的向上弯。全正：谷。全负：峰。有正有负：**鞍点**。J(x, y) = ½x² − ½y² + ¼y⁴ 在三处是平的：(0, 0) 和 (0, ±1)。
# 各是什么？恰好从 (−1.5, 0) 出发的人，会停在哪里？

# %%


def saddle(p):
    x, y = p[..., 0], p[..., 1]
    return x**2 / 2 - y**2 / 2 + y**4 / 4


for place in ((0.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
    p = mg.tensor(place, dtype=mg.float64, requires_grad=True)
    (g,) = mg.autograd.grad(saddle(p), p)
    H = mg.autograd.hessian(saddle, p)  # (2, 2)
    bends = np.linalg.eigvalsh(H.numpy())
    kind = "valley" if (bends > 0).all() else "saddle"
    print(f"{place}: slope {g.tolist()}, H = {H.tolist()}, eigenvalues {bends} → {kind}")
    assert g.abs().max().item() == 0
    assert (kind == "saddle") == (place == (0.0, 0.0))

here, delta = mg.tensor([0.5, 0.8], dtype=mg.float64, requires_grad=True), mg.tensor([0.01, -0.02], dtype=mg.float64)
(g,) = mg.autograd.grad(saddle(here), here)
guess = saddle(here) + g @ delta + delta @ mg.autograd.hessian(saddle, here) @ delta / 2  # J + ∇Jᵀδ + ½ δᵀHδ
print(f"J(θ + δ) = {saddle(here + delta).item():.6f}, by slope and curvature {guess.item():.6f}")
assert abs(saddle(here + delta).item() - guess.item()) < 1e-5

path = descend(saddle, [[-1.5, 0.0], [-1.5, 0.001]], lr=0.1, steps=200)  # (201, 2 walkers, 2)
a, b = np.meshgrid(np.linspace(-1.8, 1, 80), np.linspace(-1.4, 1.6, 80))
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
axes[0].contour(a, b, saddle(np.stack([a, b], -1)), levels=20, cmap="Greys_r", linewidths=0.8)
for k, label in enumerate(("from y = 0", "from y = 0.001")):
    axes[0].plot(*path[:, k].T, color=f"C{k}", linewidth=5 - 3 * k, label=label)
    axes[0].plot(*path[-1, k], "X", color=f"C{k}", markersize=11)
    axes[1].plot(saddle(path[:, k]), color=f"C{k}")
axes[0].set(xlabel="x", ylabel="y", title="two walks")
axes[0].legend(loc="upper left")
axes[1].set(xlabel="step", ylabel="J", title="a long flat stretch, then down")
assert np.allclose(path[-1, 0], (0, 0), atol=1e-6)  # it stops, but at no minimum
assert np.allclose(path[-1, 1], (0, 1), atol=1e-6)

# %% [markdown] i18n="en" key="hessian-seen"
# "Until it converges", then, promises a place without slope, not a minimum: here it was a saddle. But a thousandth
# beside the ridge is enough to leave, slowly at first and then faster: a saddle slows you, it seldom holds you. On a
# loss curve this looks like a plateau, so a flat curve is no proof that training is done.

# %% [markdown] i18n="zh" key="hessian-seen" src="6eef3d80"
# 可见“直到收敛”只保证停在没有斜率的地方，并不保证是最小值：这里停在了鞍点。不过，只要偏离山脊千分之一就足以离开，
# 先慢后快：鞍点会拖慢你，但很少留得住你。在损失曲线上这看起来像一段平台；所以曲线变平，并不证明训练已经完成。

# %% [markdown] i18n="en" key="saddles-dominate"
# ## Many dimensions: saddles are the rule
#
# J = Σ (pᵢ² − 1)², in n variables. Each of them is flat at −1, 0 and 1, so there are 3ⁿ flat places. For n = 3, that
# makes 27. Valleys need all three to be valleys. How many of the 27 are saddles? And what becomes of the share of
# valleys when n = 20?

# %% [markdown] i18n="zh" key="saddles-dominate" src="688735ff"
# ## 维数一高，鞍点才是常态
#
# J = Σ (pᵢ² − 1)²，有 n 个变量。每个变量在 −1、0、1 处是平的，所以平的地方有 3ⁿ 个；n = 3 时有 27 个。
# 要成为谷，三个变量都得在谷里。27 个里有几个是鞍点？n = 20 时，谷占的比例会变成多少？

# %%
kinds = {"valley": 0, "top": 0, "saddle": 0}
for place in np.stack(np.meshgrid(*[[-1.0, 0.0, 1.0]] * 3), -1).reshape(-1, 3):
    H = mg.autograd.hessian(lambda p: ((p**2 - 1) ** 2).sum(), mg.tensor(place))
    bends = np.linalg.eigvalsh(H.numpy())
    kinds["valley" if (bends > 0).all() else "top" if (bends < 0).all() else "saddle"] += 1
print("n = 3:", kinds)
print("share of valleys, (2/3)ⁿ:", {n: f"{(2 / 3) ** n:.1e}" for n in (1, 3, 20, 1000)})
assert kinds == {"valley": 8, "top": 1, "saddle": 18}

# %% [markdown] i18n="en" key="zero-weights"
# In networks the count is not so simple, but experiments say the same: flat places with a high loss are nearly always
# saddles, and valleys have losses close to the lowest (Dauphin et al. 2014). Here is one in a network you know from
# tutorial 10: all weights zero. 1 → 10 → 1 with a tanh, 31 parameters in one vector θ, to learn sin 2x. The gradient
# there is 0. Is it a valley?

# %% [markdown] i18n="zh" key="zero-weights" src="21191304"
# 网络里没有这么容易数，但实验结果一致：损失很高的平坦点几乎都是鞍点，而谷底的损失都接近最低（Dauphin 等 2014）。
# 教程 10 里就见过一个：所有权重为零。网络 1 → 10 → 1，带 tanh，31 个参数排成一个向量 θ，学习 sin 2x。
# 那里的梯度是 0。它是谷吗？

# %%
x = mg.linspace(-3, 3, 60, dtype=mg.float64).reshape(60, 1)
y = mg.sin(2 * x)


def loss_of(theta):
    """The mean squared error of the network whose weights and biases lie in theta (31,), one after the other."""
    units = len(theta) // 3
    w1, b1, w2 = (theta[k * units : (k + 1) * units] for k in range(3))
    hidden = mg.tanh(x * w1 + b1)  # (60, 1) · (units,) + (units,) → (60, units)
    return ((hidden @ w2.reshape(units, 1) + theta[-1] - y) ** 2).mean()


zero = mg.zeros(31, dtype=mg.float64, requires_grad=True)
(g,) = mg.autograd.grad(loss_of(zero), zero)
bends = np.linalg.eigvalsh(mg.autograd.hessian(loss_of, zero).numpy())
print(f"at θ = 0: largest slope {g.abs().max().item():.1e}, eigenvalues from {bends[0]:.2f} to {bends[-1]:.2f};")
print(f"{(bends < -1e-6).sum()} directions go down, {(bends > 1e-6).sum()} up, the rest are flat")
assert g.abs().max().item() < 1e-12
assert (bends < -1e-6).sum() == 10

# %% [markdown] i18n="en" key="hvp"
# ## H times a vector, without H
#
# 31 parameters make 31² second derivatives. A million parameters make 10¹², which no memory holds. But the **product**
# H·v costs about as much as two gradients: take the gradient, multiply it by v, add up, and take the gradient of that.
# The picture is that computation for J = x²·y with v = (1, 2): `along` is the slope of J in the direction v, and its
# gradient is H·v. (The nameless 1 is what the first walk back starts from.) Work H·v out at (2, 3) by hand. H = [[2y,
# 2x], [2x, 0]].

# %% [markdown] i18n="zh" key="hvp" src="445c730a"
# ## 不写出 H，求 H 乘以向量
#
# 31 个参数有 31² 个二阶导数；一百万个参数有 10¹² 个，什么内存都放不下。但**乘积** H·v 的代价只相当于两次求梯度：
# 先求梯度，与 v 相乘再求和，然后对它再求一次梯度。下图就是 J = x²·y、v = (1, 2) 时的这个计算：`along` 是 J 沿
# 方向 v 的斜率，它的梯度就是 H·v。（图中没有名字的 1，是第一次往回走的起点。）请手算 (2, 3) 处的 H·v，
# 其中 H = [[2y, 2x], [2x, 0]]。

# %%
u = mg.tensor(2.0, requires_grad=True, name="x")
w = mg.tensor(3.0, requires_grad=True, name="y")
gx, gy = mg.autograd.grad(u * u * w, (u, w), create_graph=True)  # 2xy and x²
along = 1 * gx + 2 * gy  # ∇J · v
along.backward(retain_graph=True)
print(f"H·v = ({u.grad.item()}, {w.grad.item()})")
assert (u.grad.item(), w.grad.item()) == (14.0, 4.0)  # 2y·1 + 2x·2 and 2x·1 + 0·2
draw(along)

# %% [markdown] i18n="en" key="largest-eigenvalue"
# `mg.autograd.hvp` does that for any function. Multiply a vector by H again and again, and what remains is the
# direction that bends most; so the largest eigenvalue, and with it the largest learning rate 2/λ that does not explode
# nearby, is known without H. How many products will it take to come within 2 %?

# %% [markdown] i18n="zh" key="largest-eigenvalue" src="dd9e2202"
# `mg.autograd.hvp` 对任何函数都能做这件事。反复用 H 乘一个向量，最后剩下的就是弯得最厉害的方向；
# 于是不用写出 H 就知道了最大特征值，从而知道附近不会爆炸的最大学习率 2/λ。误差要小于 2%，需要乘多少次？

# %%
theta = mg.tensor(np.random.default_rng(1).normal(size=31))
bends = np.linalg.eigvalsh(mg.autograd.hessian(loss_of, theta).numpy())
v = mg.ones(31, dtype=mg.float64) / 31**0.5
for product in range(1, 41):
    _, Hv = mg.autograd.hvp(loss_of, theta, v)
    largest = Hv.norm().item()  # v has length 1
    v = Hv / largest
    if product in (1, 3, 10, 40):
        print(f"after {product} products: {largest:.4f}")
print(f"from the whole H: {bends[-1]:.4f}; learning rate below {2 / largest:.3f}")
assert abs(largest - bends[-1]) < 0.02 * largest  # from below, and slowly if two eigenvalues are close

wide = mg.tensor(np.random.default_rng(2).normal(size=30_001) / 100)  # H would have 900 million numbers
_, Hv = mg.autograd.hvp(loss_of, wide, mg.ones_like(wide))
print("30001 parameters, H·v of shape", Hv.shape)

# %% [markdown] i18n="en" key="condition-number"
# ## The condition number makes the zigzag
#
# In tutorial 07 a valley was fifty times as steep across as along, and descent zigzagged; the 50 was its condition
# number. Now you can compute one for any ground: κ = λ_max/λ_min, the **condition number** of H. Where does a κ come
# from? Fit a line to points with x between 1 and 5. The picture shows 30 steps at the best rate, 2/(λ_max + λ_min),
# and beside it the same data after x ← (x − mean)/std. How many steps will that need?

# %% [markdown] i18n="zh" key="condition-number" src="cce4f3e0"
# ## 条件数造成之字形
#
# 教程 07 里的山谷，横向比纵向陡五十倍，梯度下降走成了之字形。那个 50 就是它的条件数。现在对任何地形都能算出来：
# κ = λ_max/λ_min，H 的**条件数**。κ 从哪里来？给 x 在 1 到 5 之间的点拟合一条直线。
# 图中是用最佳学习率 2/(λ_max + λ_min) 走的 30 步，旁边是同样的数据做了 x ← (x − 均值)/标准差 之后。那时需要多少步？

# %%
raw = np.linspace(1, 5, 40)
outcome = 1 + 2 * raw + np.random.default_rng(0).normal(size=40)
kappa, excess = {}, {}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, name, feature in ((axes[0], "x as it is", raw), (axes[1], "x standardized", (raw - raw.mean()) / raw.std())):
    column, target = mg.tensor(feature).reshape(1, -1), mg.tensor(outcome).reshape(1, -1)

    def error(theta, column=column, target=target):
        return ((theta[..., :1] + theta[..., 1:] * column - target) ** 2).mean(dim=-1)

    H = mg.autograd.hessian(lambda theta, error=error: error(theta).sum(), mg.zeros(2, dtype=mg.float64)).numpy()
    low, high = np.linalg.eigvalsh(H)
    path = descend(error, [4.0, 2.5], lr=2 / (low + high), steps=30)
    best = np.polynomial.polynomial.polyfit(feature, outcome, 1)
    kappa[name], excess[name] = high / low, np.linalg.norm(path - best, axis=1) / np.linalg.norm(path[0] - best)
    reach = 1.3 * np.abs(path - best).max()
    a, b = np.meshgrid(best[0] + np.linspace(-reach, reach, 60), best[1] + np.linspace(-reach, reach, 60))
    heights = error(mg.tensor(np.stack([a, b], -1)[..., None, :])).numpy()[..., 0]
    ax.contour(a, b, heights, levels=np.geomspace(heights.min() * 1.2, heights.max(), 10), colors="0.8")
    ax.plot(*path.T, ".-", markersize=5, linewidth=1)
    ax.plot(*best, "*", color="black", markerfacecolor="gold", markersize=12)
    ax.set(xlabel="θ₀", ylabel="θ₁", title=f"{name}: κ = {high / low:.0f}", aspect="equal")
    left = excess[name]
    print(f"{name}: κ = {high / low:.1f}; share of the way left after 1 step {left[1]:.2f}, after 30 {left[30]:.2g}")
assert kappa["x as it is"] > 50
assert abs(kappa["x standardized"] - 1) < 1e-9
assert excess["x as it is"][30] > 0.1
assert excess["x standardized"][1] < 1e-9  # H is a multiple of the identity: down is straight to the star

# %% [markdown] i18n="en" key="newton"
# ## Newton's method: divide by the curvature
#
# Descent uses one α for all directions. Newton's step takes in each direction what its curvature allows:
# **θ ← θ − H⁻¹∇J**. On a quadratic, J + ∇Jᵀδ + ½δᵀHδ is no approximation: how many steps for the line above, κ and all?
# And on Rosenbrock's curved valley, (1 − x)² + 100(y − x²)², from (−1.2, 1)? Will its loss fall at each step?

# %% [markdown] i18n="zh" key="newton" src="057c512b"
# ## 牛顿法：除以曲率
#
# 梯度下降对所有方向用同一个 α。牛顿步在每个方向上都走曲率所允许的那么远：**θ ← θ − H⁻¹∇J**。
# 对二次函数，J + ∇Jᵀδ + ½δᵀHδ 不是近似：上面那条直线，不管 κ 多大，要几步？
# 在 Rosenbrock 的弯谷 (1 − x)² + 100(y − x²)² 上，从 (−1.2, 1) 出发呢？每一步损失都会下降吗？

# %%


def newton(f, start, steps, curvature=lambda hessian: hessian):
    """The places on the way of θ ← θ − H⁻¹∇J, (steps + 1, n)."""
    theta = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    path = [theta.detach().numpy().copy()]
    for _ in range(steps):
        (g,) = mg.autograd.grad(f(theta), theta)
        H = curvature(mg.autograd.hessian(f, theta).numpy())
        with mg.no_grad():
            theta -= mg.tensor(np.linalg.solve(H, g.numpy()))  # H⁻¹∇J, without inverting H
        path.append(theta.detach().numpy().copy())
    return np.array(path)


def line_loss(theta):
    return ((theta[0] + theta[1] * mg.tensor(raw) - mg.tensor(outcome)) ** 2).mean()


def rosenbrock(p):
    return (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2


(_, one_step) = newton(line_loss, [0.0, 0.0], steps=1)
print("the line after one step:", one_step, " the best line:", np.polynomial.polynomial.polyfit(raw, outcome, 1))
assert np.allclose(one_step, np.polynomial.polynomial.polyfit(raw, outcome, 1))

path = newton(rosenbrock, [-1.2, 1.0], steps=7)
print("Rosenbrock, loss after each step:", *(f"{rosenbrock(p):.2g}" for p in path))
assert rosenbrock(path[2]) > 1000  # a full step overshoots where the ground is no quadratic
assert rosenbrock(path[7]) < 1e-20  # and near the end each step doubles the number of right digits

# %% [markdown] i18n="en" key="lbfgs"
# ## L-BFGS: curvature from memory
#
# For n parameters Newton needs n² numbers and n³ work. L-BFGS (Nocedal 1980; Liu & Nocedal 1989) builds an estimate
# of −H⁻¹∇J from the last few changes of θ and of the gradient: the slope changed *that* much when we went *there*.
# The strong Wolfe line search tries step lengths until the loss has gone down enough and the slope has flattened
# enough, so it never jumps up as Newton did. It looks at the loss several times in one `step`, hence the **closure**.
# To be fair we count looks (one loss and one gradient), not steps. Rank plain descent, Adam and L-BFGS on Rosenbrock,
# and on the network.

# %% [markdown] i18n="zh" key="lbfgs" src="ba0bb235"
# ## L-BFGS：凭记忆得到曲率
#
# n 个参数，牛顿法要存 n² 个数，做 n³ 的计算。L-BFGS（Nocedal 1980；Liu & Nocedal 1989）
# 用 θ 和梯度最近几次的变化拼出 −H⁻¹∇J 的近似：往**那边**走时，斜率变了**那么多**。强 Wolfe 线搜索会尝试不同的步长，
# 直到损失降得够多、斜率也变得够平，所以不会像牛顿法那样跳上去。它在一次 `step` 里要看好几次损失，
# 因此需要一个 **closure**（闭包）。为了公平，我们数的是看了几次（一次损失加一次梯度），而不是走了几步。
# 在 Rosenbrock 函数上和在网络上，普通梯度下降、Adam、L-BFGS 会排出怎样的名次？

# %%


def race(f, start, make, looks):
    """The lowest loss so far, after each look at loss and gradient."""
    theta = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    optimizer, losses = make([theta]), []

    def closure():
        optimizer.zero_grad()
        loss = f(theta)
        loss.backward()
        losses.append(loss.item())
        return loss

    while len(losses) < looks:
        before = len(losses)
        optimizer.step(closure)
        if len(losses) == before + 1 and isinstance(optimizer, optim.LBFGS):
            break  # one look and no move: it is done
    return np.minimum.accumulate(losses)


def lbfgs(params):
    return optim.LBFGS(params, line_search_fn="strong_wolfe")


rows = {
    "Rosenbrock": (rosenbrock, (-1.2, 1.0), 0.004, 1.0),  # the rates: the best of a dozen that we tried
    "network": (loss_of, np.random.default_rng(1).normal(size=31), 0.1, 0.5),
}
fig, axes = plt.subplots(1, 2, figsize=(9, 3.6), layout="constrained")
lowest = {}
for ax, (name, (f, start, lr_sgd, lr_adam)) in zip(axes, rows.items(), strict=True):
    makers = {
        f"SGD, lr {lr_sgd}": lambda params, lr=lr_sgd: optim.SGD(params, lr=lr),
        f"Adam, lr {lr_adam}": lambda params, lr=lr_adam: optim.Adam(params, lr=lr),
        "L-BFGS": lbfgs,
    }
    for label, make in makers.items():
        losses = race(f, start, make, looks=300)
        lowest[name, label.split(",")[0]] = losses[-1]
        ax.plot(losses, label=label)
        print(f"{name}, {label}: {losses[-1]:.1e} after {len(losses)} looks")
    ax.set(title=name, xlabel="looks at loss and gradient", ylabel="lowest loss so far", yscale="log")
axes[0].legend()
axes[1].legend()
assert lowest["Rosenbrock", "L-BFGS"] < 1e-6 < lowest["Rosenbrock", "Adam"]
assert lowest["network", "L-BFGS"] < 0.1 * lowest["network", "Adam"]  # here 1/130, with room for other machines

# %% [markdown] i18n="en" key="lbfgs-limits"
# Why, then, is not everything trained by L-BFGS? It compares gradients of the **same** loss. On mini-batches the
# gradient changes also because the batch changed, and what it takes for curvature is noise. Small problem and all data
# at once: L-BFGS. Millions of parameters and mini-batches: SGD with momentum, or Adam.

# %% [markdown] i18n="zh" key="lbfgs-limits" src="d72d209b"
# 那为什么不用 L-BFGS 训练一切呢？它比较的必须是**同一个**损失的梯度。用小批量时，梯度变了也可能只是因为换了一批数据，
# 它当作曲率的其实是噪声。问题小、能一次用上全部数据：用 L-BFGS。参数上百万、用小批量：用带动量的 SGD 或 Adam。

# %% [markdown] i18n="en" key="landscape"
# ## Pictures of a landscape with 31 dimensions
#
# A picture has two. `plot_landscape` walks from the model in two random directions, where a step of 1 is as long as
# each unit's own weights (its "filter"); `plot_trajectory_landscape` takes the two in which training moved most. Both
# are honest slices, and slices hide. The network is trained by Adam for 300 steps. On the left you will see a valley.
# Does that mean that no direction goes down from here?

# %% [markdown] i18n="zh" key="landscape" src="ea8b4931"
# ## 给 31 维的地形画像
#
# 一幅图只有两维。`plot_landscape` 从模型出发，沿两个随机方向走，步长 1 相当于每个单元自身权重（图中叫 filter）
# 的长度；`plot_trajectory_landscape` 选训练中移动最多的两个方向。两者都是真实的切片，但切片会遮住东西。
# 网络用 Adam 训练了 300 步。左图会看到一个谷。这是否说明，从这里已经没有下坡的方向了？

# %%
mg.manual_seed(1)
model = nn.Sequential(nn.Linear(1, 10), nn.Tanh(), nn.Linear(10, 1))
optimizer = optim.Adam(model.parameters(), lr=0.03)
inputs, targets, trail = x.float(), y.float(), [mg.viz.snapshot(model)]
for step in range(1, 301):
    optimizer.zero_grad()
    F.mse_loss(model(inputs), targets).backward()
    optimizer.step()
    if step % 10 == 0:
        trail.append(mg.viz.snapshot(model))

fig, axes = plt.subplots(1, 2, figsize=(10, 4), layout="constrained")
plot_landscape(model, F.mse_loss, inputs, targets, steps=21, generator=mg.Generator(0), ax=axes[0])
plot_trajectory_landscape(model, F.mse_loss, inputs, targets, trail, steps=21, ax=axes[1])

theta = nn.utils.parameters_to_vector(model.parameters()).detach().double()  # in the order of loss_of
H = mg.autograd.hessian(loss_of, theta).numpy()
bends = np.linalg.eigvalsh(H)
directions = np.random.default_rng(0).normal(size=(500, 31))
along = np.einsum("ki,ij,kj->k", directions, H, directions) / (directions**2).sum(1)  # vᵀHv/vᵀv
print(f"eigenvalues from {bends[0]:.4f} to {bends[-1]:.1f}; {(bends < -1e-4).sum()} of 31 directions bend down;")
print(f"of 500 random directions, {(along > 0).mean():.0%} bend up")
assert abs(loss_of(theta).item() - F.mse_loss(model(inputs), targets).item()) < 1e-5
assert bends[0] < -1e-4
assert (along > 0).mean() > 0.95  # a few steep directions outshout the many flat ones

# %% [markdown] i18n="en" key="break"
# ## Break it: Newton looks for flat places, not for low ones
#
# H⁻¹∇J divides by the curvature, and by its **sign**. Where the ground bends down, the step turns round and goes
# uphill. Start at (−1.5, 0.4) on the saddle; its valleys are at (0, ±1). Where does descent go, and where does Newton?
# Then the cure of Dauphin et al. (2014): keep the eigenvectors and take the eigenvalues' absolute values.

# %% [markdown] i18n="zh" key="break" src="f39b5776"
# ## 把它弄坏：牛顿法找的是平处，不是低处
#
# H⁻¹∇J 除以曲率，也除以曲率的**符号**。在向下弯的地方，这一步会掉过头来往上走。
# 在鞍面上从 (−1.5, 0.4) 出发，谷在 (0, ±1)。梯度下降会去哪里？牛顿法呢？
# 然后看 Dauphin 等（2014）的疗法：保留特征向量，特征值取绝对值。

# %%


def absolute(hessian):
    values, vectors = np.linalg.eigh(hessian)
    return vectors @ np.diag(np.abs(values)) @ vectors.T  # |H|


start = [-1.5, 0.4]
walks = {
    "descent": descend(saddle, start, lr=0.1, steps=200),
    "Newton": newton(saddle, start, steps=10),
    "Newton with |H|": newton(saddle, start, steps=10, curvature=absolute),
}
for name, path in walks.items():
    print(f"{name}: from J = {saddle(path[0]):.3f} to {np.round(path[-1], 4) + 0.0}, J = {saddle(path[-1]):.3f}")
assert np.allclose(walks["descent"][-1], (0, 1), atol=1e-3)
assert np.allclose(walks["Newton"][-1], (0, 0), atol=1e-3)  # converged, quickly, to the saddle
assert np.allclose(walks["Newton with |H|"][-1], (0, 1), atol=1e-3)

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Local minima and global optimization: 001 §5 and §6.1, 002 §1.3 and §2.2.2. "The minimum", "until it converges": 000
# §2.2 and §3.1 to §3.5. Right: that descent may end in a local minimum because each step sees the local gradient only
# (001 §6.1). Wrong: that the random start is the cause ([E001-17](20_errata_lab.py)); that a proper learning rate
# avoids local minima, 003 §6.7 ([E003-24](../docs/errata.md), shown here); that descent finds the minimum
# ([E000-16](../docs/errata.md), shown here). The documents do not mention saddles, curvature or second-order methods.
# All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="5f18c756"
# ## 在文档中的位置
#
# 局部最优与全局优化：001 §5、§6.1，002 §1.3、§2.2.2。“最小值”与“直到收敛”：000 §2.2、§3.1 至 §3.5。对的：
# 下降会停在局部最小值，因为每一步只看局部梯度（001 §6.1）。错的：说原因是随机的起点（[E001-17](20_errata_lab.py)）；
# 说合适的学习率能避开局部最小值，003 §6.7（[E003-24](../docs/errata.md)，本课已演示）；
# 说下降能找到最小值（[E000-16](../docs/errata.md)，本课已演示）。文档没有提到鞍点、曲率和二阶方法。
# 逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. J(x, y) = x² + y² + c·xy has a flat place at (0, 0). For which c is it a valley, for which a saddle? Hint: the
#    eigenvalues of `mg.autograd.hessian` for c = 1, 2 and 3; then by hand.
# 2. Draw 2000 random symmetric matrices (A + Aᵀ)/2 for n = 1 to 5, A normal. How often are all eigenvalues positive?
#    Hint: `np.linalg.eigvalsh` takes a whole stack (2000, n, n).
# 3. Document 002 hopes that momentum jumps out of local minima. On the two valleys, with lr 0.02 and momentum 0.9, find
#    a start from which it escapes into the deep valley, and one from which it leaves the deep valley for the other.
#    Hint: v ← 0.9v + g; x ← x − 0.02v, for 121 starts from −1.8 to 1.8 at once.
#
# [Answers](answers/15_curvature.py)

# %% [markdown] i18n="zh" key="exercises" src="010080c7"
# ## 练习
#
# 1. J(x, y) = x² + y² + c·xy 在 (0, 0) 处是平的。c 取何值时是谷，取何值时是鞍点？提示：对 c = 1、2、3 求
#    `mg.autograd.hessian` 的特征值；再手算。
# 2. 对 n = 1 到 5，各抽 2000 个随机对称矩阵 (A + Aᵀ)/2，A 服从正态分布。特征值全为正的情况有多常见？
#    提示：`np.linalg.eigvalsh` 可以一次处理整摞矩阵 (2000, n, n)。
# 3. 文档 002 希望动量能跳出局部最小值。在两个谷的曲线上，取 lr 0.02、动量 0.9，找一个能跳进深谷的起点，
#    再找一个从深谷跳到另一个谷的起点。提示：v ← 0.9v + g；x ← x − 0.02v，从 −1.8 到 1.8 取 121 个起点一起走。
#
# [答案](answers/15_curvature.py)
