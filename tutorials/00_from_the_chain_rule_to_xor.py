# %% [markdown] i18n="en" key="title"
# # 00 · From the chain rule to XOR
#
# **One question: how can a program find out which way to nudge a number?** We answer it by hand for one neuron, let
# minigrad answer it, and use the answer until a small network has learned XOR. Run each cell; before you do, say
# aloud what you expect.

# %% [markdown] i18n="zh" key="title" src="2dbe3df4"
# # 00 · 从链式法则到异或
#
# **只问一个问题：程序怎样知道一个数该往哪个方向调？** 我们先对一个神经元手算，再让 minigrad 来算，
# 然后反复使用这个答案，直到一个小网络学会异或。运行每个单元之前，请先说出你的预测。

# %%
import math

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw

w = mg.tensor(0.5, requires_grad=True, name="w")
x = mg.tensor(2.0, requires_grad=True, name="x")
b = mg.tensor(-0.5, requires_grad=True, name="b")
y = mg.tanh(w * x + b)
picture = draw(y)  # in a notebook, write `picture` on a line of its own to see it
print(y)

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
# A gradient points uphill. To make a loss smaller, step the other way: **θ ← θ − α·∇J(θ)**, the formula of
# every textbook. Here the loss J is how far y is from 0.9, squared. (`no_grad`: the step itself is not to be
# recorded.)

# %% [markdown] i18n="zh" key="descend" src="db58821b"
# ## 一步，再一步
#
# 梯度指向上坡的方向。要让损失变小，就朝反方向走：**θ ← θ − α·∇J(θ)**，每本教材里都有这个公式。
# 这里的损失 J 是 y 与 0.9 之差的平方。（`no_grad`：更新这一步本身不需要记录。）

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

# %% [markdown] i18n="zh" key="line" src="f931c3fd"
# ## 一个神经元做不到的事
#
# 两个输入恰好有一个为真时，异或为真。一个神经元只能用一条直线切开平面。请试着把 (0,1)、(1,0) 放在一侧，
# 把 (0,0)、(1,1) 放在另一侧。再让梯度下降去试。你预计损失会停在哪里？

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
# Put eight neurons in between. Each draws a line of its own; the last one combines them. Nothing else changes: the
# same loss, the same chain rule, the same step.

# %% [markdown] i18n="zh" key="bend" src="0b2af61a"
# ## 把直线折弯
#
# 在中间放八个神经元，每个画一条自己的直线，最后一个把它们组合起来。其余都不变：同样的损失，
# 同样的链式法则，同样的更新。

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
# 3. 在算出 `y` 之后、`y.backward()` 之前写 `x.data[...] = 3.0`。否则，新的 x 会乘上在旧 x 处
#    求得的斜率，得到的不是任何函数的梯度；所以这里报错，而不是给出错误的梯度。

# %%
mg.manual_seed(0)
loss_without_tanh = train(nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 1)))
print(f"without the tanh: {loss_without_tanh:.4f}")
assert abs(loss_without_tanh - math.log(2)) < 1e-3

y = mg.tanh(w * x + b)
x.data[...] = 3.0
try:
    y.backward()
except RuntimeError as error:
    print(f"RuntimeError: {error}")
else:
    raise AssertionError("a stale value was not noticed")
