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
# small number α is the **learning rate**: how far to step. (`no_grad`: the step itself is not to be recorded.)

# %% [markdown] i18n="zh" key="descend" src="bc643aee"
# ## 一步，再一步
#
# **损失** J 是一个数，说明我们离目标还有多远；这里是 y 与 0.9 之差的平方。θ 代表全部参数，这里是 w 和 b。
# J 对各个参数的斜率合在一起，就是它的**梯度** ∇J(θ)，指向上坡的方向。要让损失变小，就朝反方向走：
# **θ ← θ − α·∇J(θ)**，每本教材里都有这个公式。小的正数 α 叫**学习率**，决定一步走多远。
# （`no_grad`：更新这一步本身不需要记录。）

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
# layers one after the other.) Nothing else changes: the same loss, the same chain rule, the same step.

# %% [markdown] i18n="zh" key="bend" src="50aafb10"
# ## 把直线折弯
#
# 在中间放八个神经元，每个画一条自己的直线，最后一个把它们组合起来。（`nn.Sequential` 把各层依次接起来。）
# 其余都不变：同样的损失，同样的链式法则，同样的更新。

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
# 1. Take the `nn.Tanh()` out. Two linear layers in a row are one linear layer: the loss goes back to log 2.
# 2. Leave out `optimizer.zero_grad()`. Gradients pile up from step to step, and minigrad warns you once.
# 3. Write `x.data[...] = 3.0` between computing `y` and `y.backward()`. The new x would be multiplied by a slope taken
#    at the old one, which is the gradient of no function; you get an error in its place.

# %% [markdown] i18n="zh" key="break" src="d2753554"
# ## 把它弄坏
#
# 1. 去掉 `nn.Tanh()`。两个直接相连的线性层等价于一个线性层：损失回到 log 2。
# 2. 不写 `optimizer.zero_grad()`。梯度一步步累积，minigrad 会警告你一次。
# 3. 在算出 `y` 之后、`y.backward()` 之前写 `x.data[...] = 3.0`。否则，新的 x 会乘上在旧 x 处求得的斜率，
#    得到的不是任何函数的梯度；所以这里报错，而不是给出错误的梯度。

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
