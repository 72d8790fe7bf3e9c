# %% [markdown] i18n="en" key="title"
# # 13 · Vanishing and exploding gradients
#
# **One question: why do gradients die or blow up on their way back through many layers, and what helps?** Below, four
# networks of 30 layers, fresh from their random start (gain: how large the random weights are). A gradient of size 1
# arrives at layer 30 and walks back to layer 0, from right to left. Which two of them will learn, and what will happen
# to the other two in their first step?

# %% [markdown] i18n="zh" key="title" src="95f01f32"
# # 13 · 梯度消失与梯度爆炸
#
# **只问一个问题：梯度往回穿过许多层时，为什么会消失或爆炸？怎样补救？** 下面是四个 30 层的网络，刚刚随机初始化
# （gain，增益：随机权重有多大）。大小为 1 的梯度到达第 30 层，然后从右往左走回第 0 层。哪两个能学会东西？
# 另外两个在第一步更新时会怎样？

# %%
import math

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import GradientClipping, Trainer
from minigrad.utils.data import DataLoader
from minigrad.viz import draw, health, plot_activations, plot_gradient_flow

F = nn.functional


def way_back(layer, gain, depth=30, width=64):
    """Mean |∂out/∂h| of each h, first to last, where h ← layer(h, W) and the weights W have spread gain/√width."""
    mg.manual_seed(0)
    hidden = [mg.randn(32, width, dtype=mg.float64, requires_grad=True)]  # 32 items
    for _ in range(depth):
        weight = gain / math.sqrt(width) * mg.randn(width, width, dtype=mg.float64)
        hidden.append(layer(hidden[-1], weight))
        hidden[-1].retain_grad()  # keep the gradient here, too, as leaves do by themselves
    hidden[-1].sum().backward()  # every number of the last layer gets the gradient 1
    return [h.grad.abs().mean().item() for h in hidden]


def dense(f):
    """An ordinary layer: f of a weighted sum."""
    return lambda h, weight: f(h @ weight)


fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
for name, f, gain in (
    ("ReLU, gain 2", mg.relu, 2),
    ("ReLU, gain √2", mg.relu, math.sqrt(2)),
    ("tanh, gain 1", mg.tanh, 1),
    ("sigmoid, gain 1", mg.sigmoid, 1),
):
    sizes = way_back(dense(f), gain)
    ax.plot(range(31), sizes, label=name)
    print(f"{name:15}: {sizes[0]:.1e} of the gradient 1 arrives at layer 0")
ax.set(xlabel="layer (the gradient walks from right to left)", ylabel="mean |gradient|", yscale="log")
ax.legend(loc="lower right")
assert way_back(dense(mg.sigmoid), 1)[0] < 1e-15
assert way_back(dense(mg.relu), 2)[0] > 1e3

# %% [markdown] i18n="en" key="product"
# ## Why slopes multiply
#
# Take one neuron per layer: h ← σ(w·h), four times. By the chain rule (tutorial 01) the slope of the end in x is the
# product of all slopes on the way: w·σ′(z) for each layer, and σ′ is never larger than ¼. With w = 1, how large
# can the product of four be at most? Of twenty?

# %% [markdown] i18n="zh" key="product" src="9677a799"
# ## 斜率为什么相乘
#
# 每层只放一个神经元：h ← σ(w·h)，重复四次。按照链式法则（教程 01），终点对 x 的斜率是一路上所有斜率的乘积：
# 每层贡献 w·σ′(z)，而 σ′ 永远不超过 ¼。若 w = 1，四层的乘积最大能有多大？二十层呢？

# %%
x = mg.tensor(0.5, requires_grad=True, name="x")
h, slopes = x, []
for _ in range(4):
    h = mg.sigmoid(h)  # w = 1
    h.retain_grad()
    slopes.append(h.item() * (1 - h.item()))  # σ′(z) = σ(z)·(1 − σ(z))
h.backward(retain_graph=True)
print("slopes:", [round(s, 3) for s in slopes], f" product {math.prod(slopes):.5f}  x.grad {x.grad.item():.5f}")
assert abs(x.grad.item() - math.prod(slopes)) < 1e-7
assert math.prod(slopes) < 0.25**4 < 0.004
print(f"twenty layers: less than {0.25**20:.0e}")
draw(h)

# %% [markdown] i18n="en" key="vanishing"
# ## Vanishing
#
# A product of many factors below 1 goes to 0 like a power: that is the **vanishing gradient**. With 64 neurons a layer
# the factor is some average slope, but it is a factor all the same. Document 000 names the problem rightly. Here is a
# sigmoid network of 12 layers of 32 after its first `backward()`. A row of the picture is named by its layer's place in
# `nn.Sequential`; the odd places are the activations, which have no weights. By which factor will the bars shrink from
# layer to layer?

# %% [markdown] i18n="zh" key="vanishing" src="8e0e2674"
# ## 梯度消失
#
# 许多小于 1 的因子相乘，会像幂一样趋于 0：这就是**梯度消失**。每层 64 个神经元时，因子是某种平均斜率，
# 但它仍然是因子。文档 000 对这个问题的说法是对的。下面是一个 12 层、
# 每层 32 个神经元的 sigmoid 网络第一次 `backward()` 之后的样子。图中每一行的名字是该层在 `nn.Sequential` 中的位置；
# 奇数位置是激活函数，没有权重。从一层到前一层，条形会缩短多少倍？

# %%
moons = mg.datasets.Moons(128, noise=0.1, generator=mg.Generator(0))
points, labels = moons.points, moons.labels  # (128, 2) and (128,)


def network(activation, depth, init=None, norm=None, width=32):
    """depth hidden layers, each Linear, perhaps a normalization, and an activation; then one for the 2 classes."""
    mg.manual_seed(0)
    modules = []
    for i in range(depth):
        linear = nn.Linear(width if i else 2, width)
        if init is not None:
            init(linear.weight)
            nn.init.zeros_(linear.bias)
        modules += [linear, activation()] if norm is None else [linear, norm(width), activation()]
    return nn.Sequential(*modules, nn.Linear(width, 2))


deep_sigmoid = network(nn.Sigmoid, depth=12, init=nn.init.xavier_normal_)
F.cross_entropy(deep_sigmoid(points), labels).backward()
first, last = (layer.weight.grad.abs().mean().item() for layer in (deep_sigmoid[0], deep_sigmoid[-1]))
print(f"mean |gradient|: first layer {first:.0e}, last layer {last:.0e}; a factor of {(first / last) ** (1 / 12):.2f}")
assert first < 1e-5 * last
assert 0.2 < (first / last) ** (1 / 12) < 0.25  # about the slope of a sigmoid in its middle, ¼
plot_gradient_flow(deep_sigmoid)

# %% [markdown] i18n="en" key="vanishing-seen"
# The first layer sees the data first and learns last: with any learning rate that suits the last layer, it stands
# still. The loss then looks "converged", at log 2 = 0.693 for two classes, and nothing is reported as wrong.

# %% [markdown] i18n="zh" key="vanishing-seen" src="950591a6"
# 第一层最先看到数据，却最后才学到东西：凡是适合最后一层的学习率，第一层都几乎不动。损失看起来“收敛”了，
# 停在两类问题的 log 2 = 0.693，而且没有任何报错。

# %% [markdown] i18n="en" key="exploding"
# ## Exploding
#
# Factors above 1 do the opposite: the **exploding gradient**. A factor need not be far from 1: 0.9⁵⁰ is 0.005, and
# 1.1⁵⁰ is 117. ReLU layers whose weights have spread 2/√n have a factor of about √2. Guess the gradient after 10, 30
# and 50 layers, then run.

# %% [markdown] i18n="zh" key="exploding" src="c5d588d2"
# ## 梯度爆炸
#
# 大于 1 的因子则相反：**梯度爆炸**。因子不必离 1 很远：0.9⁵⁰ 是 0.005，1.1⁵⁰ 是 117。
# 权重的标准差为 2/√n 的 ReLU 层，因子大约是 √2。先猜 10、30、50 层之后的梯度，再运行。

# %%
for depth in (10, 30, 50):
    vanishing, exploding = way_back(dense(mg.sigmoid), 1, depth)[0], way_back(dense(mg.relu), 2, depth)[0]
    said = f"{depth} layers: sigmoid {vanishing:.0e}, ReLU with gain 2 {exploding:.0e}"
    print(f"{said}, √2^{depth} = {math.sqrt(2) ** depth:.0e}")
    assert 0.1 < exploding / math.sqrt(2) ** depth < 10
    assert vanishing < 0.25**depth

# %% [markdown] i18n="en" key="initialization"
# ## How large should the first weights be?
#
# Document 002 says "small random values". Random, yes: equal ones would stay equal (tutorial 10). But how small? A
# neuron adds up n inputs (its **fan-in**): z = Σ wᵢ·aᵢ, and variances add up if the weights are independent: Var(z) =
# n·σ²·mean(a²). So the right σ depends on n (E002-08). ReLU then throws half of it away. Ten ReLU layers of 64, three
# choices of σ: which one keeps the gradient alive on its way back? (The signal on its way forward meets the same
# factors.)

# %% [markdown] i18n="zh" key="initialization" src="eceffbb9"
# ## 初始权重应该多大？
#
# 文档 002 说用“小的随机值”。随机是对的：相同的权重会一直相同（教程 10）。但要多小？
# 一个神经元把 n 个输入（它的**扇入** fan-in）加起来：z = Σ wᵢ·aᵢ，权重相互独立时方差可以相加：
# Var(z) = n·σ²·mean(a²)。所以合适的 σ 取决于 n（E002-08）。随后 ReLU 又丢掉一半。十个 64 宽的 ReLU 层，三种 σ：
# 哪一种能让梯度传得回来？（信号向前传时，遇到的是同样的因子。）

# %%
arrives = {}
for name, sigma in (("0.01", 0.01), ("√(2/64)", math.sqrt(2 / 64)), ("0.5", 0.5)):
    arrives[name] = way_back(dense(mg.relu), sigma * math.sqrt(64), depth=10)[0]
    print(f"σ = {name:8}: the gradient that arrives is {arrives[name]:.0e}")
assert arrives["0.01"] < 1e-9  # "small" is too small
assert 0.1 < arrives["√(2/64)"] < 30
assert arrives["0.5"] > 1e3

# %% [markdown] i18n="en" key="xavier-kaiming"
# ## Xavier and Kaiming
#
# Two rules make the factor 1. **Xavier** (Glorot & Bengio 2010): σ² = 2/(n_in + n_out), a compromise between the way
# forward (1/n_in) and the way back (1/n_out); for tanh and sigmoid. **Kaiming** (He et al. 2015): σ² = 2/n_in, where
# the 2 makes up for the half that ReLU cuts off. What if one takes the wrong rule for 30 ReLU layers? Each layer then
# misses a factor of √½.

# %% [markdown] i18n="zh" key="xavier-kaiming" src="b7595430"
# ## Xavier 与 Kaiming
#
# 两条规则使因子等于 1。**Xavier**（Glorot & Bengio 2010）：σ² = 2/(n_in + n_out)，是前向（1/n_in）与
# 反向（1/n_out）之间的折中，用于 tanh 与 sigmoid。**Kaiming**（He et al. 2015）：σ² = 2/n_in，其中的 2 补偿 ReLU
# 砍掉的那一半。若 30 个 ReLU 层用错了规则会怎样？每层都会缺一个因子 √½。

# %%
mg.manual_seed(0)
weight = mg.empty(100, 400)  # n_out = 100, n_in = 400
nn.init.xavier_normal_(weight)
print(f"Xavier:  σ = {weight.std().item():.4f}, √(2/500) = {math.sqrt(2 / 500):.4f}")
assert abs(weight.std().item() / math.sqrt(2 / 500) - 1) < 0.03  # σ² = 2/(n_in + n_out)
nn.init.kaiming_normal_(weight, nonlinearity="relu")
print(f"Kaiming: σ = {weight.std().item():.4f}, √(2/400) = {math.sqrt(2 / 400):.4f}")
assert abs(weight.std().item() / math.sqrt(2 / 400) - 1) < 0.03  # σ² = 2/n_in

with_kaiming, with_xavier = way_back(dense(mg.relu), math.sqrt(2))[0], way_back(dense(mg.relu), 1)[0]
print(f"30 ReLU layers: Kaiming {with_kaiming:.1f}, Xavier {with_xavier:.0e}; √½^30 = {math.sqrt(0.5) ** 30:.0e}")
assert 0.1 < with_xavier / with_kaiming / math.sqrt(0.5) ** 30 < 10

# %% [markdown] i18n="en" key="default"
# And if one does nothing? `nn.Linear` starts, as PyTorch's does, uniform in ±1/√n_in: σ² = 1/(3n_in), a sixth of
# Kaiming's. Shallow networks do not mind. Twenty layers?

# %% [markdown] i18n="zh" key="default" src="c89e36d5"
# 如果什么都不做呢？`nn.Linear` 和 PyTorch 一样，从 ±1/√n_in 的均匀分布开始：σ² = 1/(3n_in)，是 Kaiming 的六分之一。
# 浅的网络无所谓。二十层呢？


# %%
def train(model, lr=0.02, steps=60, max_norm=None):
    """Full-batch descent on the moons; the losses."""
    optimizer, losses = optim.SGD(model.parameters(), lr=lr), []
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.cross_entropy(model(points), labels)
        loss.backward()
        if max_norm is not None:
            nn.utils.clip_grad_norm_(model.parameters(), max_norm)
        optimizer.step()
        losses.append(loss.item())
    return losses


def kaiming(weight):
    return nn.init.kaiming_normal_(weight, nonlinearity="relu")


losses_default, losses_kaiming = train(network(nn.ReLU, 20)), train(network(nn.ReLU, 20, kaiming))
print(f"20 ReLU layers, 60 steps: default start {losses_default[-1]:.3f}, Kaiming {min(losses_kaiming[-10:]):.3f}")
assert abs(losses_default[-1] - math.log(2)) < 0.01  # has learned nothing
assert min(losses_kaiming[-10:]) < 0.6

# %% [markdown] i18n="en" key="saturation"
# ## Saturation
#
# Large weights make ReLU explode. In tanh and sigmoid they do something else, too: they push z far out, where the curve
# is flat. The unit is **saturated**: a tanh then answers ±1 to everything (a sigmoid 0 or 1), and its slope 1 − y² is
# nearly 0. Hatched bars show the share of outputs beyond ±0.97. Will it be a tenth, or half?

# %% [markdown] i18n="zh" key="saturation" src="18182c7c"
# ## 饱和
#
# 权重过大会使 ReLU 爆炸；对 tanh 和 sigmoid 还有另一个后果：z 被推到很远的地方，那里曲线是平的。
# 这样的单元**饱和**了，tanh 对什么输入都回答 ±1（sigmoid 回答 0 或 1），斜率 1 − y² 几乎为 0。
# 画斜线的条形是超出 ±0.97 的输出所占的份额；会是十分之一，还是一半？


# %%
def too_large(weight):
    return nn.init.normal_(weight, std=4 / math.sqrt(weight.shape[1]))


saturated = network(nn.Tanh, depth=3, init=too_large)
outputs = saturated(points)
plot_activations(outputs)

# %% [markdown] i18n="en" key="health"
# `health` reads the same off a model after `backward()`, in a table: mean |g| of each layer, units that get no
# gradient, saturated units, and a verdict in plain words. Give it `input=` so that it can run the model. Here are the
# 12 sigmoid layers from above. Which word will stand beside the first?

# %% [markdown] i18n="zh" key="health" src="a84350f0"
# `health` 在 `backward()` 之后从模型读出同样的信息，列成表：每层的 mean |g|、得不到梯度的单元、饱和的单元，
# 以及一个直白的结论。给出 `input=`，它就能运行模型。下面是前面那 12 层 sigmoid。第一层旁边会写哪个词？

# %%
flat = [(saturated[: 2 * i](points).abs() > 0.97).float().mean().item() for i in (1, 2, 3)]
print("share of saturated outputs, layer by layer:", [f"{share:.0%}" for share in flat])
assert 0.35 < min(flat[1:]) < max(flat) < 0.65
health(deep_sigmoid, input=points)

# %% [markdown] i18n="en" key="relu"
# ## What ReLU really does
#
# **ReLU**(z) = max(z, 0), in code `mg.relu`, `F.relu` or `nn.ReLU`, has slope 1 where z > 0 and 0 elsewhere. Slopes of
# 1 do not shrink in a product: against vanishing it helps, and documents 003 and 004 are right to use it. But "helps"
# is not "suffices". On the left the three functions and, dashed, their slopes. On the right four times 20 layers, all
# with the learning rate 0.02; two of them you know already. Which will learn?

# %% [markdown] i18n="zh" key="relu" src="4e53df53"
# ## ReLU 真正的作用
#
# **ReLU**(z) = max(z, 0)，代码里是 `mg.relu`、`F.relu` 或 `nn.ReLU`；z > 0 处斜率为 1，其余为 0。
# 斜率 1 相乘不会变小：它对梯度消失有帮助，文档 003 与 004 用它是对的。但“有帮助”不等于“足够”。
# 左图是三个函数，虚线是它们的斜率。右图是四个 20 层网络，学习率都是 0.02，其中两个前面已经见过。哪些能学会？

# %%
curves = {
    "sigmoid, Xavier": train(network(nn.Sigmoid, 20, nn.init.xavier_normal_)),
    "tanh, Xavier": train(network(nn.Tanh, 20, nn.init.xavier_normal_)),
    "ReLU, Kaiming": losses_kaiming,
    "ReLU, default": losses_default,
}
fig, (shapes, ax) = plt.subplots(1, 2, figsize=(10, 3.6), layout="constrained")
z, steepest = mg.linspace(-3, 3, 121), {}
z.requires_grad_()
for i, f in enumerate((mg.sigmoid, mg.tanh, mg.relu)):
    (slope,) = mg.autograd.grad(f(z).sum(), z)
    shapes.plot(z.detach().numpy(), f(z).detach().numpy(), f"C{i}", label=f.__name__)
    shapes.plot(z.detach().numpy(), slope.numpy(), f"C{i}--")
    steepest[f.__name__] = slope.max().item()
shapes.set(xlabel="z", ylim=(-1.1, 2))
shapes.legend()
for (name, losses), style in zip(curves.items(), ("-", "-", "-", "--"), strict=True):
    ax.plot(range(1, 61), losses, style, label=name)
ax.set(xlabel="step", ylabel="cross-entropy, 20 layers")
ax.legend()
print("steepest slope:", {name: round(slope, 2) for name, slope in steepest.items()})
assert abs(steepest["sigmoid"] - 0.25) < 1e-3
assert steepest["relu"] == 1
assert abs(curves["sigmoid, Xavier"][-1] - math.log(2)) < 0.01
assert min(curves["tanh, Xavier"][-10:]) < 0.6

# %% [markdown] i18n="en" key="relu-seen"
# A good start and a suitable activation, together: two learn. The sigmoid network and the default start stay at log 2.
# ReLU learns fast, and its spikes are small explosions: a step makes weights larger, and nothing in ReLU holds the next
# gradient back. That is the next section.

# %% [markdown] i18n="zh" key="relu-seen" src="55f1e424"
# 合适的初始化加上合适的激活函数，两者兼备的才学得会；sigmoid 网络与默认初始化停在 log 2。
# ReLU 学得快，而那些尖峰就是小小的爆炸：一步更新使权重变大，而 ReLU 里没有什么能拦住下一个梯度。这正是下一节的内容。

# %% [markdown] i18n="en" key="relu-exploding"
# ## ReLU does not cure exploding
#
# Document 003 recommends ReLU against exploding gradients (E003-28), and document 004 "a suitable activation". 50
# layers, weights of spread 2/√64: whose gradient will be larger, tanh's or ReLU's? And what does the right start do?

# %% [markdown] i18n="zh" key="relu-exploding" src="3e8af1d8"
# ## ReLU 治不了梯度爆炸
#
# 文档 003 建议用 ReLU 对付梯度爆炸（E003-28），文档 004 建议用“合适的激活函数”。50 层，权重标准差 2/√64：
# tanh 与 ReLU，谁的梯度更大？换成合适的初始化又如何？

# %%
relu, tanh = way_back(dense(mg.relu), 2, depth=50)[0], way_back(dense(mg.tanh), 2, depth=50)[0]
he = way_back(dense(mg.relu), math.sqrt(2), depth=50)[0]
print(f"50 layers: ReLU {relu:.0e}, tanh {tanh:.0e}; ReLU with Kaiming's weights {he:.1f}")
assert relu > 1000 * tanh > 1000  # both explode, ReLU by far the more
assert 0.1 < he < 30  # the start is what helps

# %% [markdown] i18n="en" key="relu-exploding-seen"
# A slope of 1 has no brake: whatever the weights multiply, ReLU passes on. tanh at least has slopes below 1. Started
# right, ReLU does not explode in the first place.

# %% [markdown] i18n="zh" key="relu-exploding-seen" src="5be3ea9c"
# 斜率 1 没有刹车：权重放大多少，ReLU 就原样传下去多少。tanh 的斜率至少小于 1。
# 初始化合适，ReLU 本来就不会爆炸。

# %% [markdown] i18n="en" key="l2-exploding"
# ## Nor does a penalty
#
# Document 004 also recommends regularization. An L2 penalty λ·Σw² adds 2λw to each gradient, **after** the product has
# been formed; the product itself is not bounded by it (E004-11). It can make weights smaller over many steps, if there
# are many steps. What will λ = 0.01 do to this exploded gradient?

# %% [markdown] i18n="zh" key="l2-exploding" src="e37b3208"
# ## 惩罚项也不行
#
# 文档 004 还建议用正则化。L2 惩罚 λ·Σw² 给每个梯度加上 2λw，而这时乘积**已经**形成；它并不能给乘积设上界（E004-11）。
# 它能在许多步之后把权重变小，前提是还走得了许多步。λ = 0.01 对下面这个爆炸的梯度有什么作用？


# %%
def twice(weight):
    return nn.init.normal_(weight, std=2 / math.sqrt(weight.shape[1]))


def first_gradient(init, penalty):
    """The length of the first layer's gradient, 20 ReLU layers from the end."""
    model = network(nn.ReLU, 20, init)
    loss = F.cross_entropy(model(points), labels)
    loss = loss + penalty * sum(p.square().sum() for p in model.parameters())  # J̃ = J + λ·Σw²
    loss.backward()
    return model[0].weight.grad.norm().item()


exploded, penalized, healthy = first_gradient(twice, 0), first_gradient(twice, 0.01), first_gradient(kaiming, 0)
print(f"length of the first layer's gradient: {exploded:.2f}; with λ = 0.01 {penalized:.2f}")
print(f"with Kaiming's weights, and no penalty: {healthy:.3f}")
assert exploded > 100 * healthy
assert abs(penalized / exploded - 1) < 0.01

# %% [markdown] i18n="en" key="dead-relu"
# ## Dead ReLUs
#
# ReLU has its own way to vanish. A unit whose z is negative for every item passes nothing on, gets no gradient, and so
# hardly ever comes back: it is **dead**. One step that is too large suffices to throw units there. Two ReLU layers, 30
# steps with lr 0.1 and with lr 10: how many of 32 units will be dead?

# %% [markdown] i18n="zh" key="dead-relu" src="14d35dcb"
# ## 死亡的 ReLU
#
# ReLU 有它自己的消失方式。如果一个单元对所有样本 z 都为负，它什么也不传递，得不到梯度，于是几乎再也回不来：它**死了**。
# 一次过大的更新就足以把单元扔到那里。两个 ReLU 层，分别用学习率 0.1 和 10 走 30 步：32 个单元中会死掉多少？

# %%
dead = {}
for lr in (0.1, 10):
    model = network(nn.ReLU, 2, kaiming)
    losses = train(model, lr, steps=30)
    never = (model[:4](points) <= 0).all(0)  # (32,): whether a unit of layer 2 is 0 for all items
    dead[lr] = never.float().mean().item()
    print(f"lr {lr}: {dead[lr]:.0%} of the units in layer 2 are dead, loss {losses[-1]:.3f}")
assert dead[0.1] < 0.4
assert dead[10] > 0.7

model.zero_grad()
F.cross_entropy(model(points), labels).backward()
health(model)

# %% [markdown] i18n="en" key="leaky"
# `nn.LeakyReLU` keeps a small slope, 0.01, on the left, so that a unit can come back. A smaller learning rate keeps it
# from getting there. Both are better than hoping. What are its slopes at −3 and at 2?

# %% [markdown] i18n="zh" key="leaky" src="98c663dc"
# `nn.LeakyReLU` 在左侧保留一个小斜率 0.01，单元因此还能回来；较小的学习率则让它不至于走到那里。两者都胜过听天由命。
# 它在 −3 与 2 处的斜率各是多少？

# %%
z = mg.tensor([-3.0, 2.0], requires_grad=True)
F.leaky_relu(z, 0.01).sum().backward()
print("slope of LeakyReLU at −3 and 2:", z.grad)
assert mg.allclose(z.grad, mg.tensor([0.01, 1.0]))

# %% [markdown] i18n="en" key="batch-normalization"
# ## Batch normalization
#
# **BatchNorm** (Ioffe & Szegedy 2015) subtracts from each unit its mean over the batch and divides by its spread:
#
# > ẑ = (z − μ_B)/√(σ_B² + ε), y = γ·ẑ + β with learned γ and β
#
# Multiply all weights by 100, and ẑ stays what it was, but for ε. So what will the size of the first weights matter
# now?

# %% [markdown] i18n="zh" key="batch-normalization" src="1acdcf57"
# ## 批归一化
#
# **批归一化** BatchNorm（Ioffe & Szegedy 2015）让每个单元减去它在这一批上的均值，再除以标准差：
#
# > ẑ = (z − μ_B)/√(σ_B² + ε)，y = γ·ẑ + β，γ 与 β 由学习得到
#
# 把所有权重乘以 100，除了 ε 的影响，ẑ 不变。那么初始权重的大小现在还有多大影响？


# %%
def batch_normed(h, weight):
    z = h @ weight
    z = (z - z.mean(0)) / (z.var(0, correction=0) + 1e-5).sqrt()  # ẑ = (z − μ_B)/√(σ_B² + ε), over the batch
    return mg.relu(z)


after = {gain: way_back(batch_normed, gain, depth=20)[0] for gain in (0.1, 1, 10)}
print("20 ReLU layers with batch normalization, gain 0.1, 1, 10:", [f"{size:.0f}" for size in after.values()])
print("without:", [f"{way_back(dense(mg.relu), gain, depth=20)[0]:.0e}" for gain in after])
assert max(after.values()) < 1.2 * min(after.values())
assert 1.1 < after[1] ** (1 / 20) < 1.2  # by which it grows in each layer

losses = train(network(nn.ReLU, 20, lambda w: nn.init.normal_(w, std=0.01), nn.BatchNorm1d), steps=15)
print(f"weights of 0.01, which were far too small: loss {losses[0]:.2f} → {losses[-1]:.2f} in 15 steps")
assert losses[-1] < 0.6

# %% [markdown] i18n="en" key="layer-normalization"
# So document 003 is right about BatchNorm, for both troubles; not as a miracle: at the start the gradient still
# grows, to 16 after 20 layers, 1.15 times per layer (1.15²⁰ ≈ 16), whatever the weights. Two things to remember. In
# training it uses the batch, in evaluation running averages: call `model.train()` and `model.eval()`. And it needs a
# batch. **LayerNorm** takes mean and spread within each item, and does the same in both modes. What will each of
# the two do with a batch of one?

# %% [markdown] i18n="zh" key="layer-normalization" src="a9f30357"
# 所以文档 003 对批归一化的说法是对的，两种毛病它都有帮助；但它不是奇迹：刚开始时，无论权重多大，梯度仍会增大，
# 每过一层乘以 1.15，20 层之后是 16（1.15²⁰ ≈ 16）。记住两点。训练时它用这一批的统计量，评估时用滑动平均：
# 要调用 `model.train()` 与 `model.eval()`。而且它需要一批数据。**层归一化** LayerNorm 在每个样本内部求均值和标准差，
# 两种模式下做的事相同。如果一批只有一个样本，两者各会怎样？

# %%
one_item = mg.tensor([[1.0, 2.0, 3.0, 6.0]])
print("LayerNorm of one item:", nn.LayerNorm(4)(one_item).detach())
assert abs(nn.LayerNorm(4)(one_item).mean().item()) < 1e-6
try:
    nn.BatchNorm1d(4)(one_item)
except ValueError as error:
    print(f"ValueError: {error}")
else:
    raise AssertionError("a batch of one has no spread")

# %% [markdown] i18n="en" key="residual"
# ## Residual connections
#
# Let a layer add to its input in place of replacing it: h ← h + f(h) (He et al. 2016). Its slope is 1 + f′, and so the
# product has a term in which every factor is 1. Remember the sigmoid network, of whose gradient nothing arrived. What
# will the same 50 layers do with the addition?

# %% [markdown] i18n="zh" key="residual" src="0f2759ca"
# ## 残差连接
#
# 让一层在输入上做加法，而不是取代它：h ← h + f(h)（He et al. 2016）。它的斜率是 1 + f′，于是乘积里有一项，
# 每个因子都是 1。还记得那个梯度几乎到不了的 sigmoid 网络吧。同样的 50 层，加上这个加法会怎样？


# %%
def residual(h, weight):
    return h + mg.sigmoid(h @ weight)  # slope 1 + f′


plain, with_skips = way_back(dense(mg.sigmoid), 1, depth=50)[0], way_back(residual, 1, depth=50)[0]
print(f"50 sigmoid layers: {plain:.0e}; each added to its input: {with_skips:.2f}")
assert plain < 1e-25
assert 0.1 < with_skips < 100


class Block(nn.Module):
    """x + layer(x)."""

    def __init__(self, n):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(n, n), nn.Sigmoid())

    def forward(self, x):
        return x + self.layer(x)


blocks = nn.Sequential(Block(8), Block(8))
draw(blocks(mg.randn(4, 8)), depth=2)

# %% [markdown] i18n="en" key="clipping"
# ## Gradient clipping
#
# If a gradient is too long all the same, cut it before the step (Pascanu et al. 2013). **By norm**, all
# parameters together as one vector: g ← g·min(1, c/‖g‖). **By value**: each entry to [−c, c]. Take g = (30, 0.4) and
# c = 1. Which of the two keeps the direction?

# %% [markdown] i18n="zh" key="clipping" src="87a4c0d6"
# ## 梯度裁剪
#
# 如果梯度还是太长，就在更新之前裁短（Pascanu et al. 2013）。**按范数**：g ← g·min(1, c/‖g‖)，
# 把所有参数看成一个向量。**按值**：每个分量限制在 [−c, c]。取 g = (30, 0.4)、c = 1。哪一种保持方向不变？

# %%
theta = mg.zeros(2, requires_grad=True)
for name, clip in (("norm", nn.utils.clip_grad_norm_), ("value", nn.utils.clip_grad_value_)):
    theta.grad = mg.tensor([30.0, 0.4])
    clip([theta], 1.0)
    print(f"by {name:5}: {theta.grad}   slope g₂/g₁ = {(theta.grad[1] / theta.grad[0]).item():.4f}")
    if name == "norm":
        assert abs(theta.grad.norm().item() - 1) < 1e-4
        assert abs((theta.grad[1] / theta.grad[0]).item() - 0.4 / 30) < 1e-6  # same direction
assert mg.allclose(theta.grad, mg.tensor([1.0, 0.4]))  # by value: turned

# %% [markdown] i18n="en" key="adam-clips-nothing"
# Document 001 says that Adam contains gradient clipping. It does not (E001-04): clipping has a threshold c; Adam
# divides by the usual size of g, whatever that is. Multiply every gradient by 1000: where would a threshold show, and
# what will Adam's path do?

# %% [markdown] i18n="zh" key="adam-clips-nothing" src="15a29eda"
# 文档 001 说 Adam 包含梯度裁剪。并不包含（E001-04）：裁剪有一个阈值 c；而 Adam 是除以 g 平时的大小，不管它有多大。
# 把所有梯度乘以 1000：如果有阈值，会在哪里显出来？Adam 的路径会怎样？


# %%
def path(scale, max_norm=None):
    """Five steps on scale·(θ₁² + 10·θ₂²): with Adam, or with clipped SGD if there is a max_norm."""
    theta = mg.tensor([0.5, 0.02], dtype=mg.float64, requires_grad=True)
    optimizer = optim.Adam([theta], lr=0.01) if max_norm is None else optim.SGD([theta], lr=0.01)
    for _ in range(5):
        optimizer.zero_grad()
        (scale * (theta[0] ** 2 + 10 * theta[1] ** 2)).backward()
        if max_norm is not None:
            nn.utils.clip_grad_norm_([theta], max_norm)
        optimizer.step()
    return theta.detach()


print("Adam,        gradients ·1 and ·1000:", path(1), path(1000))
print("clipped SGD, gradients ·1 and ·1000:", path(1, max_norm=2.0), path(1000, max_norm=2.0))
assert mg.allclose(path(1), path(1000), atol=1e-6)  # no threshold: the scale cancels
assert not mg.allclose(path(1, 2.0), path(1000, 2.0), atol=1e-3)

# %% [markdown] i18n="en" key="break"
# ## Break it: a learning rate that is too large
#
# A good start does not save you from a bad step: one that is too long makes the weights large, and large weights make
# the next gradient explode. The same healthy network of 20 layers as above, with lr 1 in place of 0.02. `Trainer` looks
# at each loss before it steps; what will it say? And clipped? Then no step is longer than lr·c. Two ways to make that
# 0.02: the old rate with c = 1, and the rate that has just exploded with c = 0.02. Will they learn?

# %% [markdown] i18n="zh" key="break" src="9fc855ef"
# ## 把它弄坏：过大的学习率
#
# 好的初始化挡不住坏的一步：步子太长会让权重变大，大的权重又让下一个梯度爆炸。还是上面那个健康的 20 层网络，
# 学习率从 0.02 换成 1。`Trainer` 每次更新之前都会检查损失；它会说什么？加上裁剪呢？裁剪之后，一步不会长过 lr·c。
# 使它等于 0.02 有两种办法：原来的学习率配 c = 1；刚刚爆炸的学习率配 c = 0.02。它们学得会吗？

# %%
loader = DataLoader(moons, batch_size=128)
model = network(nn.ReLU, 20, kaiming)
trainer = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=1.0))
with np.errstate(all="ignore"):  # NumPy would warn of the overflow, as it should
    try:
        trainer.fit(loader, epochs=20)
    except FloatingPointError as error:
        print(f"FloatingPointError: {error}")
    else:
        raise AssertionError("an exploded loss was not noticed")
print("losses until then:", [f"{row['loss']:.3g}" for row in trainer.history])

print(f"lr 0.02, not clipped: {losses_kaiming[0]:.3f} → {losses_kaiming[-1]:.3f}; the worst {max(losses_kaiming):.3f}")
for lr, c in ((0.02, 1.0), (1.0, 0.02)):
    model = network(nn.ReLU, 20, kaiming)
    optimizer, clip = optim.SGD(model.parameters(), lr=lr), GradientClipping(max_norm=c)
    rows = Trainer(model, nn.CrossEntropyLoss(), optimizer, callbacks=[clip]).fit(loader, epochs=60)
    losses = [row["loss"] for row in rows]
    print(f"lr {lr}, clipped to {c}: {losses[0]:.3f} → {losses[-1]:.3f}; the worst on the way {max(losses):.3f}")
    assert min(losses[-10:]) < 0.6

# %% [markdown] i18n="en" key="cures"
# ## What to do, in this order
#
# The documents name ReLU and batch normalization (003), regularization, structure and activation (004). What is missing
# there (E003-29): the start, residual connections and clipping, the first things to try.
#
# | you see | vanishing | exploding |
# | --- | --- | --- |
# | first | Kaiming for ReLU, Xavier for tanh | the same start; a smaller learning rate, warm-up |
# | then | ReLU or its relatives in place of sigmoid | clipping by norm |
# | deep networks | residual connections, normalization | normalization |
# | does not help | a larger learning rate: the last layer explodes first | ReLU by itself; an L2 penalty |
#
# And look before you guess: `health(model)`, `plot_gradient_flow`, `plot_activations`.
#
# The exploding network of above, 20 layers with weights √2 times too large, once as it is and once with each remedy of
# the right column. Some only keep it from breaking, others let it learn. Which is which?

# %% [markdown] i18n="zh" key="cures" src="1e8a8d67"
# ## 按这个顺序补救
#
# 文档提到 ReLU 与批归一化（003），以及正则化、结构与激活函数（004）。其中缺少的（E003-29）正是最先该试的：
# 初始化、残差连接和梯度裁剪。
#
# | 现象 | 梯度消失 | 梯度爆炸 |
# | --- | --- | --- |
# | 首先 | ReLU 用 Kaiming，tanh 用 Xavier | 同样的初始化；减小学习率、学习率预热 |
# | 然后 | 用 ReLU 一类代替 sigmoid | 按范数裁剪 |
# | 很深的网络 | 残差连接、归一化 | 归一化 |
# | 无效 | 加大学习率：最后一层先爆炸 | 只换 ReLU；L2 惩罚 |
#
# 还有：先看，再猜。用 `health(model)`、`plot_gradient_flow`、`plot_activations`。
#
# 取前面那个爆炸的网络：20 层，权重是应有的 √2 倍。一次原样训练，其余各用右栏的一种办法。有的只是不让它崩溃，
# 有的能让它学会。哪些是哪些？
#
# 输出与图中的英文：as it is 原样，lr 1000 times smaller 学习率小一千倍，clipped to 1 裁剪到 1，batch norm 批归一化，
# Kaiming, clipped 用 Kaiming 初始化并裁剪，a coin 抛硬币；lowest of the last ten losses 最后十个损失中最低的，
# nan 不是数。

# %%
remedies = {
    "as it is": lambda: train(network(nn.ReLU, 20, twice)),
    "lr 1000 times smaller": lambda: train(network(nn.ReLU, 20, twice), lr=2e-5),
    "clipped to 1": lambda: train(network(nn.ReLU, 20, twice), max_norm=1.0),
    "batch norm": lambda: train(network(nn.ReLU, 20, twice, nn.BatchNorm1d)),
    "Kaiming": lambda: train(network(nn.ReLU, 20, kaiming)),
    "Kaiming, clipped": lambda: train(network(nn.ReLU, 20, kaiming), max_norm=1.0),
}
fig, ax = plt.subplots(figsize=(7.5, 3.8), layout="constrained")
ends = {}
for name, run in remedies.items():
    with np.errstate(all="ignore"):  # the first one overflows
        losses = run()
    ends[name] = min(losses[-10:]) if math.isfinite(losses[-1]) else math.nan
    ax.plot(range(1, 61), losses, label=name)
    print(f"{name:22}: lowest of the last ten losses {ends[name]:.2f}")
ax.set(xlabel="step", ylabel="cross-entropy", yscale="log", ylim=(0.2, 1e4))
ax.axhline(math.log(2), color="0.6", linewidth=0.8, label="a coin: log 2")
ax.legend(loc="upper right", ncols=2)
assert math.isnan(ends["as it is"])
assert min(ends["lr 1000 times smaller"], ends["clipped to 1"]) > math.log(2)  # alive, and worse than a coin
assert max(ends["batch norm"], ends["Kaiming"], ends["Kaiming, clipped"]) < 0.6  # these learn

# %% [markdown] i18n="en" key="cures-seen"
# A smaller rate and clipping are brakes: they act on the step, and the network stays as bad as it was born. A better
# start and normalization act on the factors themselves. That is why the start comes first in the table, and a brake
# goes well with it: the last curve has no spikes.

# %% [markdown] i18n="zh" key="cures-seen" src="b2aba86b"
# 减小学习率与裁剪是刹车：它们只管步长，网络生来有多糟，还是多糟。更好的初始化与归一化改变的是那些因子本身。
# 所以表里初始化排在第一，而刹车可以和它配合使用：最后一条曲线没有尖峰。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 000 §5 (vanishing and exploding gradients: right), 001 §3.3.1 (clipping), 002 §3 (small random values), 003 §6.25
# (ReLU and batch normalization against vanishing: right, but short), 003 §6.26 (against exploding), 004 §4.1 and §4.2
# (ReLU), 004 §8 (question 5). Wrong: ReLU against exploding gradients ([E003-28](20_errata_lab.py)), a penalty against
# them ([E004-11](../docs/errata.md)), clipping as a part of Adam ([E001-04](20_errata_lab.py)); too short: "small"
# weights ([E002-08](../docs/errata.md)) and the lists of cures ([E003-29](../docs/errata.md)).
# All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="1453cbc7"
# ## 在文档中的位置
#
# 000 §5（梯度消失与爆炸：正确）、001 §3.3.1（裁剪）、002 §3（小的随机值）、003 §6.25（用 ReLU 与批归一化对付消失：
# 正确，但太短）、003 §6.26（对付爆炸）、004 §4.1 与 §4.2（ReLU）、004 §8（问题 5）。错的：用 ReLU 治梯度爆炸
# （[E003-28](20_errata_lab.py)）、用惩罚项治梯度爆炸（[E004-11](../docs/errata.md)）、说裁剪是 Adam 的一部分
# （[E001-04](20_errata_lab.py)）；太简略的：“小的”权重（[E002-08](../docs/errata.md)）和各种补救清单
# （[E003-29](../docs/errata.md)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Which gain keeps the gradient of 50 **linear** layers at its size? Find it with `way_back`, then say why it is not
#    √2. Hint: `dense(lambda z: z)`; nothing is cut off.
# 2. With sigmoid, can a larger gain save 30 layers? Try 1, 3, 10 and 30, and look at what it costs: the share of the
#    last layer's outputs within 0.03 of 0 or 1. Hint: let your copy of `way_back` return `hidden[-1]`, too; the
#    factor w grows, and so does saturation.
# 3. Write `clip_grad_norm_` yourself in four lines and compare it with minigrad's on a network. Hint: the norm of all
#    gradients together is √Σ‖gᵢ‖², and one factor serves all parameters.
#
# [Answers](answers/13_vanishing_and_exploding_gradients.py)

# %% [markdown] i18n="zh" key="exercises" src="9ed1267c"
# ## 练习
#
# 1. 多大的增益（gain）能使 50 个**线性**层的梯度保持大小不变？用 `way_back` 找出来，再说明为什么不是 √2。
#    提示：`dense(lambda z: z)`；这里没有砍掉任何东西。
# 2. 对 sigmoid，更大的增益能救活 30 层吗？试试 1、3、10、30，并看看代价：最后一层的输出中，离 0 或 1 不到 0.03 的
#    占多少。提示：抄一份 `way_back`，让它也返回 `hidden[-1]`；因子 w 变大，饱和也随之加重。
# 3. 自己用四行写出 `clip_grad_norm_`，在一个网络上与 minigrad 的比较。提示：全部梯度合在一起的范数是 √Σ‖gᵢ‖²，
#    同一个因子用于所有参数。
#
# [答案](answers/13_vanishing_and_exploding_gradients.py)
