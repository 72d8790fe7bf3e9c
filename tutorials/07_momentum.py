# %% [markdown] i18n="en" key="title"
# # 07 · Momentum and Nesterov
#
# **One question: why should a step remember the steps before it?** The map below is a long valley, fifty times as
# steep across it (up and down in the picture) as along it. Plain descent (`sgd`) starts at the cross and takes 60
# steps. So does a ball that rolls (`momentum`). Both look at the same slopes. One shivers, one swings. Which one is
# nearer to the star, the minimum, and why does it first run past it? (x and y in the picture are θ₁ and θ₂ below; the
# legend gives the loss at the end.)

# %% [markdown] i18n="zh" key="title" src="59980ee5"
# # 07 · 动量与 Nesterov 动量
#
# **只问一个问题：迈这一步时，为什么要记得前面的步子？** 下图是一条狭长的山谷：横穿山谷（图中的上下方向）的陡峭程度，
# 是顺着山谷（左右方向）的五十倍。普通的梯度下降（`sgd`）从叉号处出发走 60 步；一个会滚动的球（`momentum`，动量）
# 也走 60 步。两者看到的坡度（也就是梯度）一样：一个在抖，一个在摆。谁离星号（最低点）更近？它又为什么会先冲过头？
# （图中的 x、y 就是下文的 θ₁、θ₂；图例里的数是走完之后的损失。）

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.utils.data import DataLoader, TensorDataset
from minigrad.viz import animate_race, plot_paths

F = nn.functional
plot_paths("bowl", ("sgd", "momentum"), steps=60)

# %% [markdown] i18n="en" key="valley"
# ## What holds plain descent back
#
# The valley is J(θ) = ½(θ₁² + 50θ₂²); its gradient is (θ₁, 50θ₂). One step of plain descent multiplies θ₁ by 1 − α
# and θ₂ by 1 − 50α. So α must stay below 2/50 = 0.04, or θ₂ explodes (tutorial 06, exercise 1); and with such an α,
# θ₁ creeps. The steepest direction sets the limit, the flattest has to wait. 1 and 50 are the **curvatures** (how
# fast the slope changes); their ratio, 50, is the **condition number**. With α = 2/51 both directions shrink equally
# fast: 1 − α = 50α − 1. How many steps until J < 0.001, at the best of the four α below?

# %% [markdown] i18n="zh" key="valley" src="ba429d3d"
# ## 普通梯度下降被什么拖住了
#
# 这条山谷是 J(θ) = ½(θ₁² + 50θ₂²)，梯度是 (θ₁, 50θ₂)。普通梯度下降走一步，θ₁ 乘以 1 − α，θ₂ 乘以 1 − 50α。
# 所以 α 必须小于 2/50 = 0.04，否则 θ₂ 会爆炸（教程 06 练习 1）；而这样小的 α，又让 θ₁ 只能慢慢爬。最陡的方向定下上限，
# 最平的方向只好等待。1 和 50 是两个方向的**曲率**（坡度变化得有多快），两者之比 50 叫作**条件数**。α = 2/51 时，
# 两个方向缩得一样快：1 − α = 50α − 1。下面试四种 α，用其中最好的，走多少步才能使 J < 0.001？
#
# 输出与图中的英文：J after 60 steps 60 步之后的 J，steps until J < 0.001：走多少步才使 J < 0.001。

# %%
CURVATURE = np.array([1.0, 50.0])


def height(path):
    return 0.5 * (CURVATURE * path**2).sum(-1)  # J(θ) = ½(θ₁² + 50θ₂²)


def valley(theta):
    return 0.5 * (mg.tensor(CURVATURE) * theta**2).sum()  # the same, of a tensor


def walk(make, steps=400, start=(-4.0, 1.2), surface=valley):
    """The points (steps + 1, 2) that an optimizer passes through."""
    theta = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    optimizer = make([theta])
    path = [theta.tolist()]
    for _ in range(steps):
        optimizer.zero_grad()
        surface(theta).backward()
        optimizer.step()
        path.append(theta.tolist())
    return np.array(path)


def steps_needed(path):
    """How many steps until J stays below 0.001."""
    high = np.flatnonzero(height(path) >= 1e-3)
    return int(high[-1]) + 1


plain = {lr: walk(lambda params, lr=lr: optim.SGD(params, lr=lr), steps=500) for lr in (0.01, 0.02, 0.037, 2 / 51)}
for lr, path in plain.items():
    print(f"lr {lr:.4f}: J after 60 steps {height(path)[60]:.4f}; steps until J < 0.001: {steps_needed(path)}")
assert 100 < min(map(steps_needed, plain.values())) < 150
assert steps_needed(plain[0.01]) > 3 * steps_needed(plain[0.037])

# %% [markdown] i18n="en" key="momentum"
# ## Momentum
#
# Let a vector v remember. It keeps a share γ of itself and takes in the new slope; θ moves by v, not by the slope. That
# is how document 002 prints it, and it is right:
#
# **v ← γv + η∇J(θ);  θ ← θ − v**  (Polyak 1964, the "heavy ball")
#
# | documents | here |
# | --- | --- |
# | v | `v`, in the optimizer's state `momentum_buffer` |
# | γ (002), β (003) | `momentum`, μ in our formulas |
# | η (002), α (003) | `lr` |
#
# v starts at 0. We write the two lines in NumPy and let `optim.SGD(momentum=0.9)` walk beside them. Will the paths be
# the same? And how many steps until J < 0.001?

# %% [markdown] i18n="zh" key="momentum" src="270cff79"
# ## 动量
#
# 让一个向量 v 来记忆。它保留自己的 γ 倍，再加进新的坡度；θ 按 v 移动，而不是按坡度移动。
# 文档 002 就是这样写的，写得对：
#
# **v ← γv + η∇J(θ)；θ ← θ − v** （Polyak 1964，“重球法”）
#
# | 文档 | 这里 |
# | --- | --- |
# | v | `v`，优化器状态里的 `momentum_buffer` |
# | γ（002）、β（003） | `momentum`，公式里记作 μ |
# | η（002）、α（003） | `lr` |
#
# v 从 0 开始。我们用 NumPy 写出这两行，让 `optim.SGD(momentum=0.9)` 在旁边一起走。两条路会一样吗？
# 走多少步才能使 J < 0.001？
#
# 输出与图中的英文：farthest apart 相差最大时，plain at its best 最好的普通下降。


# %%
def heavy_ball(steps=400, lr=0.01, gamma=0.9):
    theta, v = np.array([-4.0, 1.2]), np.zeros(2)
    path = [theta]
    for _ in range(steps):
        v = gamma * v + lr * CURVATURE * theta  # v ← γv + η∇J(θ)
        theta = theta - v  # θ ← θ − v
        path.append(theta)
    return np.array(path)


rolling = walk(lambda params: optim.SGD(params, lr=0.01, momentum=0.9))
print("farthest apart in 400 steps:", np.abs(heavy_ball() - rolling).max())
print(f"steps until J < 0.001: plain at its best {min(map(steps_needed, plain.values()))}, ", end="")
print(f"momentum {steps_needed(rolling)}")
assert np.allclose(heavy_ball(), rolling, atol=1e-12)
assert steps_needed(rolling) < min(map(steps_needed, plain.values()))

# %% [markdown] i18n="en" key="averaging"
# ## Across it cancels, along it adds up
#
# v is a sum of past slopes, older ones counting less. Across the valley the slope changes its sign again and again:
# such terms cancel. Along the valley it keeps its sign: such terms add up. Below, both coordinates and the loss, step
# by step. Say before you look: which of the two walkers crosses 0 in θ₁, the gentle direction, and can a walker's
# loss go **up**?

# %% [markdown] i18n="zh" key="averaging" src="183713f1"
# ## 横向抵消，纵向累加
#
# v 是过去各步坡度之和，越早的分量越轻。横穿山谷，坡度的符号反复变化，这些项互相抵消；顺着山谷，坡度的符号不变，
# 这些项累加起来。下图逐步画出两个坐标（along：顺着，across：横穿）和损失。先说出你的预测：在平缓的 θ₁ 方向上，
# 谁会越过 0？走着走着，损失会**上升**吗？
#
# 输出与图中的英文：plain 普通下降，steps out of 80 in which the loss rose：80 步里损失上升的步数。

# %%
fig, axes = plt.subplots(1, 3, figsize=(11, 3.2), layout="constrained")
for label, path in (("plain, lr 0.037", plain[0.037]), ("momentum 0.9, lr 0.01", rolling)):
    axes[0].plot(path[:81, 0], label=label)
    axes[1].plot(path[:81, 1])
    axes[2].plot(height(path[:81]))
axes[0].set(xlabel="step", title="θ₁, along the valley")
axes[1].set(xlabel="step", title="θ₂, across it")
axes[2].set(xlabel="step", title="loss J", yscale="log")
axes[0].legend()


def rises(path):
    return int((np.diff(height(path[:81])) > 0).sum())


print(f"steps out of 80 in which the loss rose: plain {rises(plain[0.037])}, momentum {rises(rolling)}")
assert plain[0.037][:, 0].max() < 0 < rolling[:, 0].max()  # the ball overshoots, plain descent never does
assert rises(plain[0.037]) == 0
assert rises(rolling) > 10

# %% [markdown] i18n="en" key="past-slopes"
# The record shows what "older ones counting less" means. Three slopes g₁, g₂, g₃ go into v one after the other; the
# gradient of v by each is its weight. Which is the largest, and what are the other two?

# %% [markdown] i18n="zh" key="past-slopes" src="3c37e1c0"
# 计算图能说明什么叫“越早的分量越轻”。三个坡度 g₁、g₂、g₃ 先后进入 v；v 对每一个的梯度就是它的权重。
# 哪个最大？另外两个是多少？
#
# 输出与图中的英文：weights of g1, g2, g3 in v：三个坡度在 v 里的权重。

# %%
slopes = [mg.tensor(value, requires_grad=True, name=f"g{i}") for i, value in enumerate((1.0, -2.0, 3.0), start=1)]
v = mg.tensor(0.0, name="v0")
for g in slopes:
    v = 0.9 * v + g  # v ← γv + g
v.backward(retain_graph=True)
weights = [g.grad.item() for g in slopes]
print("weights of g1, g2, g3 in v:", [round(weight, 4) for weight in weights])
assert np.allclose(weights, [0.9**2, 0.9, 1.0])
mg.viz.draw(v)

# %% [markdown] i18n="en" key="acceleration"
# What was seen: the ball runs past the minimum and comes back (**overshoot**), its loss rises in many steps, and it
# still arrives first. The gain is larger in longer valleys. With condition number κ, the best plain descent shrinks the
# distance by (κ − 1)/(κ + 1) in a step, the best momentum by (√κ − 1)/(√κ + 1) (Polyak 1964): for κ = 50 that is 0.96
# against 0.75. And the noise of small batches, does momentum average it away? Plain descent with lr 0.1, and a ball
# with lr 0.01 and γ = 0.9, both on the slope of ½θ² with noise added: which one trembles more widely around the
# minimum, and whose single steps are longer?

# %% [markdown] i18n="zh" key="acceleration" src="f091b820"
# 看到的是：球冲过最低点又滚回来（**过冲**），它的损失在许多步里是上升的，但它还是先到。山谷越狭长，好处越大。
# 条件数为 κ 时，最好的普通梯度下降每步把距离缩小为原来的 (κ − 1)/(κ + 1)，最好的动量法缩小为 (√κ − 1)/(√κ + 1)
# （Polyak 1964）：κ = 50 时，是 0.96 对 0.75。那么小批量的噪声呢，动量能把它平均掉吗？学习率 0.1 的普通下降，
# 和学习率 0.01、γ = 0.9 的球，都走在 ½θ² 的坡上，坡度里加了噪声：哪个在最低点附近抖动的幅度更大？哪个的单步更长？
#
# 输出与图中的英文：spread around the minimum 在最小值周围的波动；plain 是普通下降，ball 是球，后面的数是学习率。

# %%
noise = np.random.default_rng(0).normal(size=40_000)


def trembling(lr, gamma):
    theta = v = 0.0
    path = []
    for e in noise.tolist():
        v = gamma * v + lr * (theta + e)  # the slope of ½θ², and noise
        theta -= v
        path.append(theta)
    return np.std(path), np.std(np.diff(path))


tremble = {name: trembling(*how) for name, how in {"plain 0.1": (0.1, 0), "ball 0.01": (0.01, 0.9)}.items()}
for name, (spread, step_size) in tremble.items():
    print(f"{name:9}: spread around the minimum {spread:.3f}, size of a step {step_size:.3f}")
assert 0.9 < tremble["ball 0.01"][0] / tremble["plain 0.1"][0] < 1.1
assert tremble["ball 0.01"][1] < 0.3 * tremble["plain 0.1"][1]

root = np.sqrt(50)  # √κ; the best momentum has α = 4/(√κ + 1)² and γ = ((√κ − 1)/(√κ + 1))² here (Polyak 1964)
best = heavy_ball(400, lr=4 / (root + 1) ** 2, gamma=((root - 1) / (root + 1)) ** 2)
for name, path, formula in (("plain", plain[2 / 51], 49 / 51), ("momentum", best, (root - 1) / (root + 1))):
    distance = np.linalg.norm(path, axis=1)
    per_step = (distance[400] / distance[200]) ** (1 / 200)
    print(f"{name:9}: distance × {per_step:.3f} in a step; formula {formula:.3f}")
    assert abs(per_step - formula) < 0.01

# %% [markdown] i18n="en" key="no-calmer"
# Both tremble equally widely. The ball's steps are a quarter as long, so that its path looks smoother, but on its own
# momentum does **not** lower the noise for good: only a smaller reach (next section) or a falling lr does.

# %% [markdown] i18n="zh" key="no-calmer" src="d965d5e8"
# 两者抖动的幅度一样大。球的单步只有四分之一长左右，路径看起来更平滑；但动量本身**并不能**长久地压低噪声：
# 要靠更小的有效步长（见下一节），或者逐渐减小的学习率。

# %% [markdown] i18n="en" key="coefficient"
# ## The coefficient γ = 0.9
#
# Document 002 says that γ is usually 0.9; that is so. What does the number mean? Let the slope be 1 everywhere. Then
# the speed grows as η(1 + γ + γ² + …), up to η/(1 − γ). How many times faster than plain descent does the ball become
# with γ = 0.9, and with 0.99? And after how many steps does it have half of that speed?

# %% [markdown] i18n="zh" key="coefficient" src="ec1517e8"
# ## 动量系数 γ = 0.9
#
# 文档 002 说 γ 通常取 0.9，确实如此。这个数是什么意思？设坡度处处为 1，速度就按 η(1 + γ + γ² + …) 增长，
# 最多到 η/(1 − γ)。γ = 0.9 时，球最终比普通下降快多少倍？γ = 0.99 呢？要走多少步，才有最终速度的一半？
#
# 输出与图中的英文：on a constant slope 坡度恒定时，speed 速度，up to 最多到，steps to half of it 达到一半所需的步
# 数。

# %%
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
speeds = {}
for gamma in (0.0, 0.5, 0.9, 0.99):
    v, speeds[gamma] = 0.0, []
    for _ in range(500):
        v = gamma * v + 1.0  # v ← γv + η∇J, with η = ∇J = 1
        speeds[gamma].append(v)
    ax.plot(range(1, 501), speeds[gamma], label=f"γ = {gamma}: up to {1 / (1 - gamma):.0f}")
ax.set(xlabel="step", ylabel="speed", xscale="log", yscale="log", title="on a constant slope")
ax.legend()
print("speed after 500 steps:", {gamma: round(v[-1], 1) for gamma, v in speeds.items()})
half = {gamma: int(np.argmax(np.array(v) > 0.5 * v[-1])) + 1 for gamma, v in speeds.items()}
print("steps to half of it:  ", half)
assert abs(speeds[0.9][-1] - 10) < 1e-6
assert speeds[0.99][-1] > 99
assert half[0.9] == 7
assert half[0.99] > 60

# %% [markdown] i18n="en" key="coefficient-lr"
# So γ is a memory of about 1/(1 − γ) steps, and on straight stretches momentum multiplies the learning rate by as much:
# its **reach** is lr/(1 − γ). Whoever switches 0.9 on should divide lr by about ten. Document 002 is right, too, that
# both still have to be chosen by hand.

# %% [markdown] i18n="zh" key="coefficient-lr" src="621a095c"
# 所以 γ 相当于大约 1/(1 − γ) 步的记忆；在坡度不变的路段，动量把学习率放大同样的倍数：
# **有效步长**是 lr/(1 − γ)。打开 0.9 的动量时，学习率应当除以十左右。文档 002 还说两者仍需手动调整，这也对。

# %% [markdown] i18n="en" key="two-forms"
# ## Is the learning rate inside v or outside?
#
# Document 002 multiplies by η on the way **into** v. PyTorch, and `optim.SGD` here, multiplies on the way **out**:
#
# inside: v ← γv + η∇J;  θ ← θ − v    outside: v ← μv + ∇J;  θ ← θ − lr·v
#
# As long as η stays the same, the first v is η times the second, and θ cannot tell. After step 20 we divide the
# learning rate by ten (an optimizer keeps it in `param_groups[0]["lr"]`). Which ball feels it at once, and which one
# rolls on?

# %% [markdown] i18n="zh" key="two-forms" src="1f3cc85c"
# ## 学习率在 v 里面，还是在外面？
#
# 文档 002 在坡度**进入** v 时乘 η；PyTorch 和这里的 `optim.SGD` 在**出来**时才乘：
#
# 里面：v ← γv + η∇J；θ ← θ − v    外面：v ← μv + ∇J；θ ← θ − lr·v
#
# 只要 η 不变，前一个 v 就是后一个的 η 倍，θ 看不出区别。第 20 步之后，
# 我们把学习率除以十（优化器把它存在 `param_groups[0]["lr"]` 里）。哪个球立刻感觉到，哪个照样往前滚？
#
# 输出与图中的英文：lr 10 times smaller 学习率小了十倍，inside / outside moves by …：“里面”/“外面”的那个移动了……。

# %%
outside = mg.tensor([-4.0, 1.2], dtype=mg.float64, requires_grad=True)
optimizer = optim.SGD([outside], lr=0.01, momentum=0.9)
inside, v = np.array([-4.0, 1.2]), np.zeros(2)
for step in range(1, 22):
    lr = optimizer.param_groups[0]["lr"] = 0.01 if step <= 20 else 0.001
    before = inside, outside.detach().numpy().copy()
    v = 0.9 * v + lr * CURVATURE * inside  # v ← γv + η∇J(θ)
    inside = inside - v  # θ ← θ − v
    optimizer.zero_grad()
    valley(outside).backward()
    optimizer.step()  # v ← μv + g;  θ ← θ − lr·v
    if step == 20:
        print("step 20:", inside, outside.detach().numpy())
        assert np.allclose(inside, outside.detach().numpy())
moved = [float(np.linalg.norm(after - b)) for after, b in zip((inside, outside.detach().numpy()), before, strict=True)]
print(f"step 21, lr 10 times smaller: inside moves by {moved[0]:.3f}, outside by {moved[1]:.3f}")
assert moved[0] > 7 * moved[1]

# %% [markdown] i18n="en" key="momentum-sign"
# ## The double minus
#
# Document 003 §3.2.3 prints v = βv − α∇J and then θ = θ − v. Count the minus signs. What will happen on J = ½θ², from
# θ = 1 with α = 0.1 and β = 0.9?

# %% [markdown] i18n="zh" key="momentum-sign" src="f06e6a0f"
# ## 负负得正
#
# 文档 003 §3.2.3 写的是 v = βv − α∇J，接着 θ = θ − v。数一数有几个负号。在 J = ½θ² 上，
# 从 θ = 1 出发，α = 0.1，β = 0.9，会发生什么？
#
# 输出与图中的英文：and climbing 还在往上爬，right 正确的写法。


# %%
def roll(sign, steps):
    theta, v = 1.0, 0.0
    for _ in range(steps):
        v = 0.9 * v - 0.1 * theta  # v ← βv − α∇J(θ): it points downhill
        theta = theta + sign * v
    return theta


print(f"theta - v (document 003): theta = {roll(-1, 20):.1f} after 20 steps, and climbing")
print(f"theta + v (right):        theta = {roll(+1, 200):.1e} after 200 steps")
assert abs(roll(-1, 20)) > 150
assert abs(roll(+1, 200)) < 1e-5

# %% [markdown] i18n="en" key="momentum-sign-right"
# Two minus signs make a plus: it climbs. Either form with **one** minus is right: v ← βv − α∇J with θ ← θ + v, or
# v ← γv + η∇J with θ ← θ − v as in document 002. Document 003 §3.2.5 and §3.2.6 repeat the mistake.

# %% [markdown] i18n="zh" key="momentum-sign-right" src="b7fa61b6"
# 负负得正，它在往上爬。**只有一个**负号的写法都对：v ← βv − α∇J 配 θ ← θ + v，或者像文档 002 那样，
# v ← γv + η∇J 配 θ ← θ − v。文档 003 的 §3.2.5 和 §3.2.6 重复了同样的错误。

# %% [markdown] i18n="en" key="gd-with-sgd"
# ## One name too many
#
# Document 003 §3.2.4 lists "gradient descent with SGD". That is not an algorithm: its formula is that of SGD in
# §3.2.2, sign for sign. What lies between gradient descent and SGD is a batch size, nothing else, as in the function
# below. The second feature (column of x) is seven times as large as the first, so the loss is about 49 times as steep
# that way. With the same lr and the same number of epochs, which batch size will be lowest?

# %% [markdown] i18n="zh" key="gd-with-sgd" src="04f06138"
# ## 多余的名字
#
# 文档 003 §3.2.4 列出了“梯度下降随机梯度下降”。它不是一种算法：它的公式和 §3.2.2 的 SGD 一个符号都不差。
# 在梯度下降与 SGD 之间，变的只是批的大小，别无其他，就像下面这个函数。第二个特征（x 的第二列）是第一个的七倍大，
# 所以损失在那个方向陡 49 倍左右。学习率相同、轮数相同时，哪种批大小的损失会最低？
#
# 输出与图中的英文：batch size 批的大小，steps per epoch 每轮的步数，loss after 3 epochs 3 轮之后的损失。

# %%
x = mg.randn(200, 2, generator=mg.Generator(0)) * mg.tensor([1.0, 7.0])
y = x @ mg.tensor([[3.0], [-2.0]]) + 0.1 * mg.randn(200, 1, generator=mg.Generator(1))
data = TensorDataset(x, y)


def train(batch_size, epochs=12, **options):
    """Loss on all points after every epoch. batch_size 200 is gradient descent, 1 is SGD row by row."""
    theta = mg.zeros(2, 1, requires_grad=True)
    optimizer = optim.SGD([theta], **options)
    losses, shuffle = [], mg.Generator(2)
    for _ in range(epochs):
        for x_batch, y_batch in DataLoader(data, batch_size, shuffle=True, generator=shuffle):
            optimizer.zero_grad()
            F.mse_loss(x_batch @ theta, y_batch).backward()
            optimizer.step()
        losses.append(F.mse_loss(x @ theta, y).item())
    return losses


by_size = {size: train(size, epochs=3, lr=0.001)[-1] for size in (200, 20, 1)}
for size, loss in by_size.items():
    print(f"batch size {size:3}: {200 // size:3} steps per epoch, loss after 3 epochs {loss:.3f}")
assert by_size[200] > by_size[20] > by_size[1]

# %% [markdown] i18n="en" key="sgd-momentum"
# ## SGD with momentum
#
# Document 003 §3.2.5, with the sign mended: the two lines of momentum, and the gradient of a random batch. Plain SGD
# runs with lr 0.01. Momentum 0.9 runs with the same reach, lr 0.001, and with three times the reach, 0.003. What is
# gained each time? And plain SGD with 0.03?

# %% [markdown] i18n="zh" key="sgd-momentum" src="6871bb48"
# ## 带动量的 SGD
#
# 文档 003 §3.2.5，改正符号之后就是：动量的那两行，加上随机一批的梯度。普通 SGD 的学习率是 0.01；
# 0.9 的动量跑两次：一次有效步长相同（学习率 0.001），一次有效步长是三倍（0.003）。两次各有什么好处？
# 普通 SGD 用 0.03 呢？

# %%
runs = {
    "plain, lr 0.01": train(20, lr=0.01),
    "momentum 0.9, lr 0.001": train(20, lr=0.001, momentum=0.9),
    "momentum 0.9, lr 0.003": train(20, lr=0.003, momentum=0.9),
}
for name, losses in runs.items():
    print(f"{name:24} loss after 12 epochs: {losses[-1]:.4f}")
by_plain, same_reach, three_times = (losses[-1] for losses in runs.values())
assert 0.4 < same_reach / by_plain < 2.5
assert three_times < 0.3 * by_plain
exploded = train(20, lr=0.03, epochs=2)[-1]
print(f"plain, lr 0.03           loss after  2 epochs: {exploded:.1e}")
assert exploded > 1e6

# %% [markdown] i18n="en" key="momentum-cost"
# ## What it costs
#
# With the same reach little is gained. The gain is that momentum **bears** more of it: on this valley plain descent
# explodes long before. And what does it cost? Document 003 §6.5 says "additional computation", and §6.6 gives the
# adaptive methods (tutorial 08) a momentum that AdaGrad, the first of them, does not have. Look at what the optimizer
# keeps. How many numbers will be in its state, for a network with 101 770 parameters?

# %% [markdown] i18n="zh" key="momentum-cost" src="7fced507"
# ## 它的代价
#
# 有效步长相同时，没有多少好处。好处在于动量**经得起**更大的步长：在这条山谷里，普通下降早就爆炸了。那么代价呢？
# 文档 003 §6.5 说要“额外的计算”；§6.6 还说自适应方法（教程 08）用到动量，可是其中最早的 AdaGrad 就没有动量。
# 看看优化器记住了什么。一个有 101 770 个参数的网络，它的状态里会有多少个数？
#
# 输出与图中的英文：parameters 参数的个数，numbers kept, by momentum 各种 momentum 下记住的数的个数。

# %%
model = nn.Sequential(nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
kept = {}
for momentum in (0, 0.9):
    optimizer = optim.SGD(model.parameters(), lr=0.01, momentum=momentum)
    model(mg.ones(1, 784)).sum().backward()
    optimizer.step()
    optimizer.zero_grad()
    kept[momentum] = sum(own["momentum_buffer"].numel() for own in optimizer.state_dict()["state"].values() if own)
print(f"parameters: {sum(p.numel() for p in model.parameters())}; numbers kept, by momentum: {kept}")
assert kept == {0: 0, 0.9: 784 * 128 + 128 + 128 * 10 + 10}

# %% [markdown] i18n="en" key="momentum-cost-memory"
# One more vector, as long as θ. The work, two multiplications per parameter, is next to nothing beside `backward()`.

# %% [markdown] i18n="zh" key="momentum-cost-memory" src="ff7302a0"
# 只多一个和 θ 一样长的向量。计算量是每个参数两次乘法，与 `backward()` 相比微不足道。

# %% [markdown] i18n="en" key="dampening"
# ## Dampening
#
# PyTorch's full line is v ← μv + (1 − dampening)·g. With dampening = μ, v is a true average of slopes, not a sum: on
# a slope of 1 the speed limit is 1 and not 10. Only the very first v is g itself, undamped. On the valley, with
# dampening = 0.9 and lr 0.01: as fast as momentum, or as plain descent?

# %% [markdown] i18n="zh" key="dampening" src="f6c31a81"
# ## 阻尼
#
# PyTorch 的完整公式是 v ← μv + (1 − dampening)·g。dampening = μ 时，v 是坡度的平均，而不是总和：坡度恒为 1 时，
# 速度的上限是 1 而不是 10。只有第一个 v 例外，它就是 g 本身，不打折扣。在山谷里取 dampening = 0.9、学习率 0.01：
# 它会像动量一样快，还是像普通下降一样慢？
#
# 输出与图中的英文：plain 普通下降，dampened 带阻尼，J after 200 steps 200 步之后的 J。

# %%
damped = walk(lambda params: optim.SGD(params, lr=0.01, momentum=0.9, dampening=0.9))
for name, path in (("plain", plain[0.01]), ("dampened", damped), ("momentum", rolling)):
    print(f"{name:9} lr 0.01: J after 200 steps = {height(path)[200]:.2e}")
assert 0.3 < height(damped)[200] / height(plain[0.01])[200] < 3
assert height(rolling)[200] < 1e-6

# %% [markdown] i18n="en" key="escape"
# ## Does it escape from local minima?
#
# Document 002 says that momentum helps to leave local optima. Take the double well of tutorial 06: J(x) = (x² − 1)² +
# 0.3x, a shallow valley at 0.96 and a deep one at −1.04. A ball starts at 1.5. It has to roll over the hill between.
# Which of these will end in the deep valley: γ = 0, 0.9, 0.95, 0.99, each with α = 0.01 and with α = 0.005?

# %% [markdown] i18n="zh" key="escape" src="69d461c6"
# ## 它能跳出局部最小值吗？
#
# 文档 002 说动量有助于跳出局部最优。取教程 06 的双谷函数 J(x) = (x² − 1)² + 0.3x：浅谷在 0.96，深谷在 −1.04。
# 球从 1.5 出发，必须滚过中间的山丘。γ = 0、0.9、0.95、0.99，各配 α = 0.01 和 α = 0.005，哪些会停在深谷里？
#
# 输出与图中的英文：ends at 停在，has been as far as 最远到过；图题：深谷在 −1.04，浅谷在 0.96。


# %%
def double_well(gamma, lr, steps=4000):
    x, v, path = 1.5, 0.0, [1.5]
    for _ in range(steps):
        v = gamma * v + lr * (4 * x * (x * x - 1) + 0.3)  # v ← γv + η∇J(x)
        x -= v
        path.append(x)
    return np.array(path)


ends = {(gamma, lr): double_well(gamma, lr) for lr in (0.01, 0.005) for gamma in (0, 0.9, 0.95, 0.99)}
for (gamma, lr), path in ends.items():
    print(f"lr {lr}, gamma {gamma}: ends at {path[-1]:6.3f}, has been as far as {path.min():6.3f}")
fig, ax = plt.subplots(figsize=(8, 3.2), layout="constrained")
for gamma, lr in ((0.9, 0.01), (0.95, 0.01), (0.99, 0.005)):
    ax.plot(ends[gamma, lr][:401], label=f"γ = {gamma}, lr {lr}")
ax.axhline(0, color="0.7", linewidth=0.8)
ax.set(xlabel="step", ylabel="x", title="deep valley at −1.04, shallow one at 0.96")
ax.legend(loc="center right")
assert all(abs(ends[gamma, 0.01][-1] - 0.960) < 1e-2 for gamma in (0, 0.9))  # it stays where it was
assert abs(ends[0.95, 0.01][-1] + 1.036) < 1e-2  # it crosses
assert ends[0.99, 0.005].min() < -1.036 < 0.95 < ends[0.99, 0.005][-1]  # it was there, and left again

# %% [markdown] i18n="en" key="escape-luck"
# Sometimes. And a ball fast enough to leave the worse valley is fast enough to leave the better one, as the last run
# did. So it is possible, not promised; what is certain about momentum is the acceleration.

# %% [markdown] i18n="zh" key="escape-luck" src="95668041"
# 有时能。可是快到能离开坏谷的球，也快到能离开好谷，最后一次就是如此。所以这是“可能”，不是“保证”；动量确定的好处是加速。

# %% [markdown] i18n="en" key="nesterov"
# ## Nesterov: look where you will be
#
# The ball knows that μv will carry it forward in any case. So why measure the slope here? Measure it there:
#
# **v ← μv − α∇J(θ + μv);  θ ← θ + v**  (Nesterov 1983, in the form of Sutskever et al. 2013)
#
# If the ball is about to overshoot, the slope over there says so one step earlier. Below, both kinds of step from one
# place (blue and orange add up to black): where will the look-ahead step end, nearer to the valley floor or farther
# from it?

# %% [markdown] i18n="zh" key="nesterov" src="aab4cbf9"
# ## Nesterov：看看将要到达的地方
#
# 球知道 μv 反正会把它往前带。那为什么还在原地量坡度？到前面去量：
#
# **v ← μv − α∇J(θ + μv)；θ ← θ + v** （Nesterov 1983，写法依照 Sutskever 等 2013）
#
# 如果球正要冲过头，前方的坡度会提前一步告诉它。下图从同一点出发画出两种步子（蓝箭头加橙箭头，等于黑箭头，
# 即这一步 the step）：往前看的那一步，终点离谷底更近还是更远？
#
# 输出与图中的英文：heavy ball 重球；theta_2 after the step 走完这一步后的 θ₂，the floor is at 0 谷底在 0。

# %%
theta, v = np.array([-3.0, 0.35]), np.array([0.9, -0.65])
fig, axes = plt.subplots(1, 2, figsize=(10, 3.4), layout="constrained", sharey=True)
ends = {}
for ax, name, where in zip(axes, ("heavy ball", "Nesterov"), (theta, theta + 0.9 * v), strict=True):
    a, b = np.meshgrid(np.linspace(-3.6, -1.2, 80), np.linspace(-0.75, 0.75, 80))
    ax.contour(a, b, 0.5 * (a**2 + 50 * b**2), levels=[1, 2, 3, 4, 6, 8, 11, 15], colors="0.8", linewidths=0.8)
    end = ends[name] = theta + 0.9 * v - 0.01 * CURVATURE * where  # ∇J here, or at θ + μv
    for start, stop, color, label in (
        (theta, theta + 0.9 * v, "tab:blue", "μv"),
        (where, where - 0.01 * CURVATURE * where, "tab:orange", "−α∇J"),
        (theta, end, "black", "the step"),
    ):
        ax.annotate("", stop, start, arrowprops={"arrowstyle": "->", "color": color, "linewidth": 1.8})
        ax.plot([], [], color=color, label=label)
    ax.plot(*theta, "o", color="black")
    ax.set(title=name, xlabel="θ₁")
axes[0].set(ylabel="θ₂")
axes[0].legend(fontsize="small", loc="upper right")
print("theta_2 after the step:", {name: round(float(end[1]), 3) for name, end in ends.items()}, "; the floor is at 0")
assert abs(ends["Nesterov"][1]) < abs(ends["heavy ball"][1])

# %% [markdown] i18n="en" key="nesterov-past"
# ## Not behind you
#
# Document 003 §3.2.6 names this method, but measures the slope at θ_{t−1}, where the ball has been; and it has the
# double minus. We mend the sign and leave the past. On J = ½θ², from θ = 1 with β = 0.9 and α = 0.1: how far from 0
# will each be after 200 steps: looking ahead, here, behind?

# %% [markdown] i18n="zh" key="nesterov-past" src="f0089d3b"
# ## 不要往后看
#
# 文档 003 §3.2.6 写了这个方法的名字，却在 θ_{t−1}，也就是球刚才待过的地方量坡度；符号也是负负得正。我们只改正符号，
# 保留“往后看”。在 J = ½θ² 上，从 θ = 1 出发，β = 0.9，α = 0.1：往前看（ahead）、看脚下（here）、往后看（behind），
# 200 步之后各离 0 多远？


# %%
def look(where, alpha, beta=0.9, steps=200):
    theta = before = 1.0
    v = 0.0
    for _ in range(steps):
        at = {"ahead": theta + beta * v, "here": theta, "behind": before}[where]
        before = theta
        v = beta * v - alpha * at  # ∇J(at) = at
        theta += v
    return theta


for where in ("ahead", "here", "behind"):
    print(f"{where:6}: alpha 0.1: {look(where, 0.1):9.1e}   alpha 0.2: {look(where, 0.2):9.1e}")
assert abs(look("ahead", 0.1)) < 1e-8 < abs(look("here", 0.1)) < 1e-5
assert abs(look("behind", 0.1)) > 0.5  # it circles for ever
assert abs(look("behind", 0.2)) > 1e3  # and with a larger rate it explodes

# %% [markdown] i18n="en" key="nesterov-class"
# ## Two optimizers, one walk
#
# `backward()` gives the slope where the parameters **are**. To get it at θ + μv, `optim.NesterovMomentum` lets the
# parameters live at that look-ahead point p between steps; `look_back()` shows θ. `optim.SGD(nesterov=True)`, as in
# PyTorch, has another formula: w ← μw + g, p ← p − lr·(g + μw). Put v = −lr·w into the first and you get the second.
# Three walkers: our lines from the paper, and both optimizers. Which two will hold the same numbers?

# %% [markdown] i18n="zh" key="nesterov-class" src="9d2d1f26"
# ## 两个优化器，同一条路
#
# `backward()` 给出的是参数**所在之处**的坡度。为了得到 θ + μv 处的坡度，`optim.NesterovMomentum` 在两步之间让参数
# 停在前瞻点 p = θ + μv；`look_back()` 给出 θ。`optim.SGD(nesterov=True)` 和 PyTorch 一样，用的是另一个公式：
# w ← μw + g，p ← p − lr·(g + μw)。把 v = −lr·w 代入前者，就得到后者。
# 三个行者：照论文写的几行，和这两个优化器。哪两个的数会相同？
#
# 输出与图中的英文：the paper's theta 照论文算出的 θ，NesterovMomentum holds 是优化器里参数停留的位置。

# %%
theta, v = np.array([-4.0, 1.2]), np.zeros(2)  # the paper
starts = [mg.tensor(theta, requires_grad=True) for _ in range(2)]
ahead, torch_form = starts
both = [optim.NesterovMomentum([ahead], lr=0.01, momentum=0.9)]
both += [optim.SGD([torch_form], lr=0.01, momentum=0.9, nesterov=True)]
for _ in range(50):
    v = 0.9 * v - 0.01 * CURVATURE * (theta + 0.9 * v)  # v ← μv − α∇J(θ + μv)
    theta = theta + v  # θ ← θ + v
    for p, optimizer in zip(starts, both, strict=True):
        optimizer.zero_grad()
        valley(p).backward()  # ∇J(p), and p is θ + μv
        optimizer.step()
    with both[0].look_back():
        assert np.allclose(ahead.detach().numpy(), theta)  # θ, in every step
    assert np.allclose(ahead.detach().numpy(), torch_form.detach().numpy())  # p, in every step
print("the paper's theta:     ", theta)
print("NesterovMomentum holds:", ahead.detach().numpy(), " theta + mu·v:", theta + 0.9 * v)
print("SGD(nesterov=True):    ", torch_form.detach().numpy())

# %% [markdown] i18n="en" key="nesterov-class-lr"
# They hold the same numbers as long as lr stays the same. When it changes, they part as above: NesterovMomentum has the
# learning rate inside v and rolls on, SGD has it outside.

# %% [markdown] i18n="zh" key="nesterov-class-lr" src="39ff02c9"
# 只要学习率不变，它们的数就相同。学习率一变，就像前面那样分道扬镳：NesterovMomentum 的学习率在 v 里面，照样往前滚；
# SGD 的在外面。

# %% [markdown] i18n="en" key="race"
# ## The race
#
# Rosenbrock's banana: a bent valley, easy to find and hard to follow. All three get the same learning rate and 500
# steps. Who will be last, and does Nesterov beat the heavy ball? To see them run, write `race` on a line of its own, or
# `race.save("race.gif")`; that takes a few seconds.

# %% [markdown] i18n="zh" key="race" src="f0667b80"
# ## 赛跑
#
# Rosenbrock 的香蕉形山谷：弯曲，好找，难走。三者学习率相同，各走 500 步。谁会是最后一名？Nesterov 会胜过重球吗？
# 想看它们跑起来，可以单独写一行 `race`，或者 `race.save("race.gif")`，要等几秒钟。
#
# 输出与图中的英文：loss after 500 steps 500 步之后的损失。

# %%


def rosenbrock(p):
    x, y = p
    return (1 - x) ** 2 + 100 * (y - x**2) ** 2


runners = {
    "sgd": lambda params: optim.SGD(params, lr=0.001),
    "momentum": lambda params: optim.SGD(params, lr=0.001, momentum=0.9),
    "nesterov": lambda params: optim.NesterovMomentum(params, lr=0.001, momentum=0.9),
}
paths = {name: walk(make, 500, (-1.2, 1.0), rosenbrock) for name, make in runners.items()}
losses = {name: rosenbrock(mg.tensor(path[-1])).item() for name, path in paths.items()}
print("loss after 500 steps:", {name: round(loss, 4) for name, loss in losses.items()})
assert losses["sgd"] > 100 * max(losses["momentum"], losses["nesterov"])
race = animate_race("rosenbrock", runners, steps=500, frames=12)
plot_paths("rosenbrock", runners, steps=500)

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# 1. γ = 1: a ball without friction. Where does it come to rest?
# 2. Nesterov with a step too large: α = 1.5 on J = ½θ², where the heavy ball still converges. Looking ahead is often
#    better, not always.
# 3. `SGD(nesterov=True)` without momentum: there is nothing to look ahead with.

# %% [markdown] i18n="zh" key="break" src="fbc9d7e7"
# ## 把它弄坏
#
# 1. γ = 1：没有摩擦的球。它会停在哪里？
# 2. 步长过大的 Nesterov：在 J = ½θ² 上取 α = 1.5，重球仍能收敛。往前看常常更好，并非总是更好。
# 3. 没有动量的 `SGD(nesterov=True)`：没有 v，也就无从往前看。
#
# 输出与图中的英文：swings between … and … 在……与……之间摆动，looking ahead 往前看，here 看脚下。两条报错依次是
# 说：`nesterov` 要求 momentum 大于 0、dampening 等于 0；momentum 必须在 [0, 1) 之内。

# %%
frictionless = walk(lambda params: optim.SGD(params, lr=0.01, momentum=1.0), steps=1000)
print(f"gamma 1: theta_1 swings between {frictionless[-200:, 0].min():.2f} and {frictionless[-200:, 0].max():.2f}")
assert frictionless[-200:, 0].max() > 3.9

print(f"alpha 1.5, 200 steps: looking ahead {look('ahead', 1.5):.1e}, here {look('here', 1.5):.1e}")
assert abs(look("ahead", 1.5)) > 1e6
assert abs(look("here", 1.5)) < 1e-3

for make, options in ((optim.SGD, {"nesterov": True}), (optim.NesterovMomentum, {"momentum": 1.0})):
    try:
        make([mg.zeros(1, requires_grad=True)], lr=0.1, **options)
    except ValueError as error:
        print("ValueError:", error)
    else:
        raise AssertionError("it went through")

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Momentum: 002 §2.2.2, 003 §3.2.3 and §3.2.5. "GD with SGD": 003 §3.2.4. Nesterov: 003 §3.2.6. Momentum against SGD:
# 003 §6.5 and §6.6. Right: document 002's formula and its γ ≈ 0.9. Imprecise: that momentum leaves local optima
# ([E002-03](../docs/errata.md)). Wrong: the double minus ([E003-12](20_errata_lab.py), [E003-14](20_errata_lab.py)), an
# algorithm that is none ([E003-13](../docs/errata.md)), Nesterov's slope taken in the past
# ([E003-15](20_errata_lab.py)), what momentum costs and who has it ([E003-23](20_errata_lab.py)). All of it, line by
# line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="93ee19f8"
# ## 在文档中的位置
#
# 动量：002 §2.2.2，003 §3.2.3、§3.2.5。“梯度下降随机梯度下降”：003 §3.2.4。Nesterov：003 §3.2.6。
# 动量与 SGD 的比较：003 §6.5、§6.6。对的：文档 002 的公式，以及 γ ≈ 0.9。不够准确的：说动量能跳出局部最优
# （[E002-03](../docs/errata.md)）。错的：负负得正（[E003-12](20_errata_lab.py)、[E003-14](20_errata_lab.py)），
# 并非算法的“算法”（[E003-13](../docs/errata.md)），在过去的位置量坡度的 Nesterov（[E003-15](20_errata_lab.py)），
# 动量的代价和谁用了动量（[E003-23](20_errata_lab.py)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. In the valley with lr 0.01, which γ needs the fewest steps? Find it by trying, then by thought. Hint: too little
#    creeps, too much swings; on a slope of curvature λ the border between the two is γ = (1 − √(αλ))².
# 2. Stop the ball whenever it rolls uphill: set v to 0 when the slope and v disagree. Hint: with v ← γv + η∇J, it rolls
#    uphill when ∇J·v < 0. Does it arrive sooner than the ball that is never stopped?
# 3. Find the largest α for which each of ahead, here and behind converges on J = ½θ² with β = 0.9. Hint: halve an
#    interval again and again. One answer is 1 − β; it says what document 003's form is worth.
#
# [Answers](answers/07_momentum.py)

# %% [markdown] i18n="zh" key="exercises" src="28a26e07"
# ## 练习
#
# 1. 在那条山谷里，学习率 0.01，哪个 γ 需要的步数最少？先试出来，再想明白。提示：太小会爬，太大会摆；
#    在曲率为 λ 的坡上，两者的分界是 γ = (1 − √(αλ))²。
# 2. 球一旦往上坡滚，就让它停下：坡度与 v 方向不合时，把 v 置零。提示：按 v ← γv + η∇J 的写法，∇J·v < 0 时是在上坡。
#    它会比从不叫停的球先到吗？
# 3. 在 J = ½θ² 上取 β = 0.9，求“往前看”“看脚下”“往后看”各自能收敛的最大 α。提示：反复把区间对半分。
#    其中一个答案是 1 − β，由此可知文档 003 的写法价值几何。
#
# [答案](answers/07_momentum.py)
