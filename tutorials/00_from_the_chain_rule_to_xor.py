# %% [markdown] i18n="en" key="title"
# # 00 · From the chain rule to XOR
#
# **One question: how can a program find out which way to nudge a number?** We answer it by hand for one neuron, let
# minigrad answer it, and use the answer until a small network has learned XOR. Run each cell; before you do, say
# aloud what you expect.
#
# A neuron multiplies its input x by a **weight** w, adds a **bias** b and squeezes the sum between −1 and 1 with
# tanh, a curve in the shape of an S: tanh z = (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ). The first cell draws one as a graph, from its
# inputs to its output. `mg.tensor` holds a number (or many), and `requires_grad=True` says that we shall ask for its
# slope.

# %% [markdown] i18n="zh" key="title" src="9389fe88"
# # 00 · 从链式法则到异或
#
# **只问一个问题：程序怎样知道一个数该往哪个方向调？** 我们先对一个神经元手算，再让 minigrad 来算，
# 然后反复使用这个答案，直到一个小网络学会异或。运行每个单元格之前，请先说出你的预测。
#
# 神经元把输入 x 乘以**权重** w，加上**偏置** b，再用 tanh 把和压到 −1 与 1 之间；tanh 是一条 S 形曲线：
# tanh z = (eᶻ − e⁻ᶻ)/(eᶻ + e⁻ᶻ)。第一个单元格把一个神经元画成**计算图**，从输入画到输出。
# `mg.tensor` 存放一个数（或许多数），`requires_grad=True` 表示以后要问它的斜率。
#
# 图中的英文：input 输入，parameter 参数（要求斜率的数），intermediate 中间值，operation 运算，output 输出，loss 损失；
# value 是值，grad 是梯度（gradient），“-”表示还没有；float32 是数的类型，() 表示单独一个数。
#
# 图下的小字是说：还没有梯度，因为还没有调用 `backward()`。

# %%
import math
import warnings

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw

w = mg.tensor(0.5, requires_grad=True, name="w")
x = mg.tensor(2.0, requires_grad=True, name="x")
b = mg.tensor(-0.5, requires_grad=True, name="b")
y = mg.tanh(w * x + b)
print(y)
draw(y)  # a notebook shows what stands last in a cell; in a script, write draw(y).render("neuron")

# %% [markdown] i18n="en" key="by-hand"
# ## By hand
#
# The neuron is y = tanh(z) with z = w·x + b. If w grows by a little δ, z grows by x·δ; if z grows by a little ε, y
# grows by (1 − y²)·ε, because that is the slope of tanh. One after the other: y grows by (1 − y²)·x·δ. **Multiplying
# the slopes along the way is the chain rule**, and all of backpropagation is doing it without getting lost. Which of
# the three slopes will be the largest, that in w, in x or in b?

# %% [markdown] i18n="zh" key="by-hand" src="22aa5636"
# ## 手算
#
# 这个神经元是 y = tanh(z)，其中 z = w·x + b。w 增加一点 δ，z 就增加 x·δ；z 增加一点 ε，y 就增加 (1 − y²)·ε，
# 因为这正是 tanh 的斜率。连起来：y 增加 (1 − y²)·x·δ。**把一路上的斜率相乘，就是链式法则**；
# 反向传播所做的，不过是有条不紊地做这件事。对 w、x、b 的三个斜率中，哪一个会最大？

# %%
z_value = 0.5 * 2.0 + -0.5
y_value = math.tanh(z_value)
slope_of_tanh = 1 - y_value**2
by_hand = {"w": slope_of_tanh * 2.0, "x": slope_of_tanh * 0.5, "b": slope_of_tanh * 1.0}
print(by_hand)

# Is it true? Nudge w a little and look.
nudge = 1e-6
measured = (math.tanh((0.5 + nudge) * 2.0 - 0.5) - math.tanh((0.5 - nudge) * 2.0 - 0.5)) / (2 * nudge)
assert abs(measured - by_hand["w"]) < 1e-8

# %% [markdown] i18n="en" key="by-record"
# ## By the record
#
# `y` remembers that it is the tanh of a product plus b. `backward()` walks that memory from the newest operation to the
# oldest and multiplies as we did. Will the numbers be the same?

# %% [markdown] i18n="zh" key="by-record" src="68273d71"
# ## 由记录来算
#
# `y` 记得自己是“一个乘积与 b 之和的 tanh”。`backward()` 沿着这份记录，从最新的运算走到最早的运算，
# 像我们手算那样一路相乘。得到的数会和手算的一样吗？

# %%
y.backward()
for leaf in (w, x, b):
    print(f"d y / d {leaf.name} = {leaf.grad.item():.4f}")
    assert abs(leaf.grad.item() - by_hand[leaf.name]) < 1e-6

# %% [markdown] i18n="en" key="descend"
# ## Nudge, and nudge again
#
# A **loss** J is a number that says how far we are from what we want; here it is how far y is from 0.9, squared. θ
# stands for all parameters, here w and b. The slopes of J by each of them together are its **gradient** ∇J(θ), and it
# points uphill. To make the loss smaller, step the other way: **θ ← θ − α·∇J(θ)**, the formula of every textbook. The
# small number α is the **learning rate**: how far to step. (`no_grad`: the step itself is not to be recorded.) How
# small will the loss be after 60 steps?

# %% [markdown] i18n="zh" key="descend" src="9ff004cd"
# ## 一步，再一步
#
# **损失** J 是一个数，说明我们离目标还有多远；这里是 y 与 0.9 之差的平方。θ 代表全部参数，这里是 w 和 b。
# J 对各个参数的斜率合在一起，就是它的**梯度** ∇J(θ)，指向上坡的方向。要让损失变小，就朝反方向走：
# **θ ← θ − α·∇J(θ)**，每本教材里都有这个公式。小的正数 α 叫**学习率**，决定一步走多远。
# （`no_grad`：更新这一步本身不需要记录。）走 60 步之后，损失会有多小？
#
# 输出与图中的英文：at the start 开始时，after 60 steps 60 步之后。

# %%
losses = []
for _ in range(60):
    loss = (mg.tanh(w * x + b) - 0.9) ** 2
    w.grad = b.grad = None  # forget the old slopes: backward() adds to what is there
    loss.backward()
    with mg.no_grad():
        w -= 0.5 * w.grad  # θ ← θ − α·∇J(θ), with α = 0.5
        b -= 0.5 * b.grad
    losses.append(loss.item())
print(f"loss: {losses[0]:.4f} at the start, {losses[-1]:.2e} after {len(losses)} steps")
assert losses[-1] < 1e-4

# %% [markdown] i18n="en" key="line"
# ## What one neuron cannot do
#
# XOR is true when exactly one of two inputs is. One neuron cuts the plane with a straight line. Try to put (0,1) and
# (1,0) on one side, (0,0) and (1,1) on the other. Then let gradient descent try. Which loss do you expect?
#
# `nn.Linear(2, 1)` is w₁x₁ + w₂x₂ + b, a neuron of two inputs without the tanh. The score that comes out is called a
# **logit**, and the sigmoid function turns it into a probability between 0 and 1. The loss, `BCEWithLogitsLoss`, is how
# surprised the model is by the truth: −log of the probability that it gave to it, averaged over the four rows
# (tutorial 05; log is the natural logarithm). `optim.SGD` takes the step that we wrote by hand, for every parameter.

# %% [markdown] i18n="zh" key="line" src="13a4420e"
# ## 一个神经元做不到的事
#
# 两个输入恰好有一个为真时，异或为真。一个神经元只能用一条直线切开平面。请试着把 (0,1)、(1,0) 放在一侧，
# 把 (0,0)、(1,1) 放在另一侧。再让梯度下降去试。你预计损失会停在哪里？
#
# `nn.Linear(2, 1)` 就是 w₁x₁ + w₂x₂ + b：有两个输入、不带 tanh 的神经元。它给出的得分叫 **logit**，
# sigmoid 函数把它变成 0 与 1 之间的概率。损失 `BCEWithLogitsLoss` 衡量模型对真相有多“惊讶”：
# 取它给真实答案的概率，求 −log，再对四行取平均（见教程 05；本教程里 log 都是自然对数，即 ln）。
# `optim.SGD` 对每个参数走我们刚才手写的那一步。`manual_seed` 固定随机数，使每次运行的结果相同。
#
# 输出与图中的英文：one neuron 一个神经元，a coin would get 抛硬币（总是说 ½）会得到。

# %%
inputs = mg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
targets = mg.tensor([[0.0], [1.0], [1.0], [0.0]])
loss_fn = nn.BCEWithLogitsLoss()  # how surprised the model is by the truth; its raw scores are called logits


def train(model, steps=400, lr=1.0):
    optimizer = optim.SGD(model.parameters(), lr=lr)  # θ ← θ − α·∇J(θ), for every parameter of the model
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return loss.item()


mg.manual_seed(0)
one_neuron = nn.Linear(2, 1)
loss_of_a_line = train(one_neuron)
print(f"one neuron: {loss_of_a_line:.4f}; a coin would get log 2 = {math.log(2):.4f}")
assert abs(loss_of_a_line - math.log(2)) < 1e-3

# %% [markdown] i18n="en" key="bend"
# ## Bend the line
#
# Put eight neurons in between. Each draws a line of its own; the last one combines them. (`nn.Sequential` runs its
# layers one after the other.) Nothing else changes: the same loss, the same chain rule, the same step. Where will the
# loss end now?

# %% [markdown] i18n="zh" key="bend" src="359e8919"
# ## 把直线折弯
#
# 在中间放八个神经元，每个画一条自己的直线，最后一个把它们组合起来。（`nn.Sequential` 把各层依次接起来。）
# 其余都不变：同样的损失，同样的链式法则，同样的更新。这一次损失会降到哪里？

# %%
network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
loss_of_a_network = train(network)
predictions = mg.sigmoid(network(inputs)).detach()
for row, truth, p in zip(inputs.tolist(), targets.tolist(), predictions.tolist(), strict=True):
    print(f"{row[0]:.0f} xor {row[1]:.0f} = {truth[0]:.0f}, predicted {p[0]:.3f}")
assert loss_of_a_network < 0.05
assert ((predictions > 0.5) == (targets > 0.5)).all()

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# 1. Take the `nn.Tanh()` out. Two linear layers in a row are one linear layer: what will the loss be?
# 2. Leave out `optimizer.zero_grad()`. Gradients pile up from step to step. How many warnings will 40 steps bring?
# 3. Write `x.data[...] = 3.0` between computing `y` and `y.backward()`. The new x would be multiplied by a slope taken
#    at the old one, which is the gradient of no function. What will you get in its place?

# %% [markdown] i18n="zh" key="break" src="66a176b9"
# ## 把它弄坏
#
# 1. 去掉 `nn.Tanh()`。两个直接相连的线性层等价于一个线性层：损失会是多少？
# 2. 不写 `optimizer.zero_grad()`。梯度一步步累积。40 步里，minigrad 会警告几次？
# 3. 在算出 `y` 之后、`y.backward()` 之前写 `x.data[...] = 3.0`。照算下去，新的 x 会乘上在旧 x 处求得的斜率，
#    得到的不是任何函数的梯度。那么你会得到什么？

# %%
mg.manual_seed(0)
loss_without_tanh = train(nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 1)))
print(f"without the tanh: {loss_without_tanh:.4f}")
assert abs(loss_without_tanh - math.log(2)) < 1e-3

careless = nn.Linear(2, 1)
optimizer = optim.SGD(careless.parameters(), lr=1.0)
with warnings.catch_warnings(record=True) as caught:  # keep the warnings, so that we can print them
    warnings.simplefilter("always")
    for _ in range(40):
        loss_fn(careless(inputs), targets).backward()
        optimizer.step()  # and no zero_grad() before the next backward()
print(f"{len(caught)} warning in 40 steps: {caught[0].message}")
assert len(caught) == 1

y = mg.tanh(w * x + b)
x.data[...] = 3.0
try:
    y.backward()
except RuntimeError as error:
    print(f"RuntimeError: {error}")
else:
    raise AssertionError("a stale value was not noticed")

# %% [markdown] i18n="en" key="next"
# ## Where to go on
#
# Tutorial [01](01_the_chain_rule_by_hand.py) writes the engine that found these slopes: backpropagation, in some forty
# lines. The [glossary](../docs/glossary.md) has the words, in English and Chinese; the
# [error index](../docs/errors.md) says of the messages why they come and what to do; and the
# [concept map](../docs/concepts.md) says where each concept of the five documents is taught.

# %% [markdown] i18n="zh" key="next" src="a4fe7e27"
# 上面的输出依次是：去掉 tanh 之后（without the tanh）的损失，又回到了 log 2；只有一次的警告，意思是
# “`weight` 的梯度就是上一步用过的那个，又加上了新的；如果每一步只想要自己的梯度，请在 `backward()` 之前调用
# `zero_grad()`”；以及报错，意思是“乘法 mul 需要前向传播时的 x，可它已经被改写了；请在 `backward()` 之后再改，
# 或者重新计算损失”。minigrad 宁可报错，也不给出错误的梯度。
#
# ## 接下来
#
# 教程 [01](01_the_chain_rule_by_hand.py) 动手写出求这些斜率的引擎：四十来行的反向传播。
# [术语表](../docs/glossary.md)中英对照；[错误信息索引](../docs/errors.md)说明报错为什么出现、该怎么办；
# [概念地图](../docs/concepts.md)列出五份文档里的每个概念在哪里讲。
#
# 各篇教程的代码只写一份，所以其中的注释、打印的文字和图中的标注是英文。注释（`#` 之后）可以跳过，要紧的意思正文里都有。
# 反复出现的词只有这些，先认一认；其余的，各篇会在单元格前说明：
#
# | 英文 | 中文 |
# | --- | --- |
# | loss, error, metric, accuracy | 损失，误差，指标，准确率 |
# | slope, derivative, gradient, value | 斜率，导数，梯度，值 |
# | weight, bias, parameter | 权重，偏置，参数 |
# | input, target, truth, label, prediction (predicted) | 输入，目标，真值，标签，预测 |
# | step, batch, epoch, learning rate (lr, alpha) | 步，批，轮，学习率 |
# | training, test, noise, seed | 训练，测试，噪声，随机种子 |
# | by hand, measured, backward | 手算，测得，反向传播给出的 |
# | mean, sum, spread | 平均，和，分散程度（标准差） |
# | at first (first), at last (last), before, after | 开始时（第一个），最后，之前，之后 |
# | with, without, from, in place of (instead of) | 有，没有，从，本应是 |
# | right, wrong, mended, document 000 | 正确的，错误的，改正之后的，文档 000 |
#
# 报错和警告也是英文，但 minigrad 的每一条都按同样的次序说三件事：哪里错了，收到了什么，该怎么办（多在分号之后）。
