# %% [markdown] i18n="en" key="title"
# # 01 · The chain rule by hand
#
# **One question: how does the chain rule become a program?** We take the smallest network that deserves the name, find
# its gradient with pencil and paper, and then write an engine of some forty lines that finds any gradient. After that
# we write it wrong in the three ways in which everybody writes it wrong first.
#
# The picture shows the network. Every purple number is a gradient; at the end you will be able to work out each of
# them.

# %% [markdown] i18n="zh" key="title" src="a67b4b5c"
# # 01 · 手算链式法则
#
# **只问一个问题：链式法则怎样变成程序？** 我们取一个最小、却已经称得上网络的网络，先用纸笔求它的梯度，
# 再写一个四十来行的引擎，让它能求任何梯度。然后，把人人起初都会犯的三种错误，各犯一遍。
#
# 下图就是这个网络。每个紫色的数都是一个梯度；学完之后，你能亲手算出其中的每一个。
# （代码中 `retain_grad()` 让中间值也留下梯度，`retain_graph=True` 让计算的记录留下来，都是为了画图。）

# %%
import itertools
import math
import sys

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad.viz import draw, explore

x = mg.tensor(2.0, name="x")
y = mg.tensor(0.5, name="y")
w1 = mg.tensor(0.5, requires_grad=True, name="w1")
w2 = mg.tensor(1.5, requires_grad=True, name="w2")

z = w1 * x
h = mg.tanh(z)
y_hat = w2 * h
e = y_hat - y
J = e * e
for value, name in ((z, "z"), (h, "h"), (y_hat, "y_hat"), (e, "e"), (J, "J")):
    value.name = name
    value.retain_grad()  # leaves keep their gradients by themselves; these must be asked to
J.backward(retain_graph=True)  # keep the record: the picture is drawn from it
draw(J)

# %% [markdown] i18n="en" key="layers"
# ## Layers: functions of functions
#
# The first layer makes h = tanh(w1·x), the second makes ŷ = w2·h. Put together, ŷ = w2·tanh(w1·x): a function inside a
# function. *Deep* learning means that there are many of them inside each other, and that there is a bend, such as
# tanh, between any two.
#
# Why the bend? Predict what happens to equal steps of x if we leave the tanh out, and what if we keep it.

# %% [markdown] i18n="zh" key="layers" src="fe9e9988"
# ## 层：函数套函数
#
# 第一层算 h = tanh(w1·x)，第二层算 ŷ = w2·h。合起来就是 ŷ = w2·tanh(w1·x)：函数里面套着函数。
# **深度**学习的“深”，就是这样一层套一层，而且每两层之间都有一个像 tanh 这样的弯（非线性）。
#
# 为什么要有弯？先预测：x 每次增加同样多，去掉 tanh 时输出怎样变化？保留 tanh 时又怎样？
#
# 输出与图中的英文：without / with tanh, each step adds：没有 / 有 tanh 时，每一步各增加多少。

# %%
straight = [1.5 * (0.5 * x) for x in (0, 1, 2, 3)]
bent = [1.5 * math.tanh(0.5 * x) for x in (0, 1, 2, 3)]
print("without tanh, each step adds", [round(b - a, 3) for a, b in itertools.pairwise(straight)])
print("with tanh,    each step adds", [round(b - a, 3) for a, b in itertools.pairwise(bent)])
assert straight == [0.75 * x for x in (0, 1, 2, 3)]  # two layers, but only one line, of slope 1.5 × 0.5
assert bent[1] - bent[0] > bent[2] - bent[1] > bent[3] - bent[2]  # each step adds less than the one before

# %% [markdown] i18n="en" key="forward-pass"
# ## The forward pass
#
# To run the network is to go through it from the input to the loss and to keep every value on the way: the way back
# will need them. In the words of document 002:
#
# | document 002 §3 | here |
# | --- | --- |
# | input x, true label y | `x`, `y` |
# | parameters θ | `w1`, `w2` |
# | prediction ŷ = f(x; θ) | `y_hat` |
# | loss J(θ) = L(y, ŷ), here (ŷ − y)² | `J` |
# | gradient ∇J(θ) | one slope for `w1` and one for `w2` |
# | learning rate η (α in the other documents) | `alpha` |
#
# tanh(1) is 0.76. Is the prediction too large or too small?

# %% [markdown] i18n="zh" key="forward-pass" src="e7234711"
# ## 前向传播
#
# 运行网络，就是从输入一路算到损失，并把途中的每个值都留下：往回走的时候要用到它们。用文档 002 的记号：
#
# | 文档 002 §3 | 这里 |
# | --- | --- |
# | 输入 x，真实标签 y | `x`、`y` |
# | 参数 θ | `w1`、`w2` |
# | 预测 ŷ = f(x; θ) | `y_hat` |
# | 损失 J(θ) = L(y, ŷ)，这里是 (ŷ − y)² | `J` |
# | 梯度 ∇J(θ) | `w1` 和 `w2` 各有一个斜率 |
# | 学习率 η（其他文档记作 α） | `alpha` |
#
# tanh(1) 约为 0.76。预测值偏大还是偏小？


# %%
def forward(w1, w2, x=2.0, y=0.5):
    z = w1 * x
    h = math.tanh(z)
    y_hat = w2 * h  # ŷ = f(x; θ)
    e = y_hat - y
    J = e * e  # J(θ) = (ŷ − y)²
    return z, h, y_hat, e, J


z, h, y_hat, e, J = forward(0.5, 1.5)
print(f"z = {z:.4f}   h = {h:.4f}   ŷ = {y_hat:.4f}   e = {e:.4f}   J = {J:.4f}")
assert y_hat > 0.5

# %% [markdown] i18n="en" key="gradient"
# ## What a gradient is
#
# The prediction is too large. Which way to turn each weight? Ask the function itself: nudge one weight by a tiny δ in
# both directions, and divide how far J moves by how far the weight moved. That is the slope ∂J/∂w (written with a
# round ∂, because the other weights stay as they are). The slopes by all parameters together are the **gradient ∇J(θ)
# = ∂J(θ)/∂θ**: it has one number for each number in θ.
#
# It points to where J *grows*. Two questions before you run: what are the signs of the two slopes? And which step
# makes J smaller, θ + α·∇J(θ) or θ − α·∇J(θ)?

# %% [markdown] i18n="zh" key="gradient" src="bed0be33"
# ## 什么是梯度
#
# 预测值偏大。每个权重该往哪边调？直接问函数本身：把一个权重朝两个方向各挪动极小的 δ，
# 用 J 的变化量除以权重的变化量，就得到斜率 ∂J/∂w（∂ 读作“偏”：只有 w 在变，其余的数都不动）。对所有参数的斜率合在一起，
# 就是**梯度 ∇J(θ) = ∂J(θ)/∂θ**：θ 里有几个数，梯度里就有几个数。
#
# 梯度指向 J **增大**的方向。运行之前先回答两个问题：两个斜率各是正是负？
# θ + α·∇J(θ) 和 θ − α·∇J(θ)，哪一步让 J 变小？
#
# 输出与图中的英文：measured 测得，J here 此处的 J，after 走一步之后。


# %%
def loss(w1, w2):
    return forward(w1, w2)[-1]


delta = 1e-6
measured_w1 = (loss(0.5 + delta, 1.5) - loss(0.5 - delta, 1.5)) / (2 * delta)
measured_w2 = (loss(0.5, 1.5 + delta) - loss(0.5, 1.5 - delta)) / (2 * delta)
print(f"measured: ∂J/∂w1 = {measured_w1:.4f}   ∂J/∂w2 = {measured_w2:.4f}")

alpha = 0.05
along = loss(0.5 + alpha * measured_w1, 1.5 + alpha * measured_w2)
against = loss(0.5 - alpha * measured_w1, 1.5 - alpha * measured_w2)
print(f"J here = {J:.4f}   after θ + α·∇J = {along:.4f}   after θ − α·∇J = {against:.4f}")
assert against < J < along

# %% [markdown] i18n="en" key="backpropagation"
# ## Backpropagation, by hand
#
# Nudging costs two forward passes for each weight. A network with a million weights cannot afford it; it needs all
# slopes from one walk. So start at the end. J moves exactly as much as J does: its slope is 1. Then go back, one
# operation at a time, and at each of them multiply:
#
# **slope of the input = slope of the result (upstream) × derivative of this operation alone (local)**
#
# Take care at J = e·e: e goes in twice. Each of the two ways in gives one share, and the shares **add up**. Cover the
# code and do it on paper; it is no more than a handful of products.

# %% [markdown] i18n="zh" key="backpropagation" src="cd574927"
# ## 手算反向传播
#
# 靠挪动来测，每个权重都要做两次前向传播。一百万个权重的网络付不起这个代价：它需要走一遍就得到全部斜率。
# 所以从终点出发：J 对它自己的斜率是 1。然后往回走，一次一个运算，每到一处都相乘：
#
# **输入的斜率 = 结果的斜率（上游） × 这个运算自己的导数（局部）**
#
# 注意 J = e·e：e 进去了两次。两个入口各给出一份，两份要**相加**。请盖住代码，在纸上算一遍；只需要几次乘法。

# %%
d_loss = 1.0
d_e = d_loss * e + d_loss * e  # J = e · e: two ways in, two shares
d_y_hat = d_e * 1.0  # e = ŷ − y
d_w2 = d_y_hat * h  # ŷ = w2 · h
d_h = d_y_hat * 1.5
d_z = d_h * (1 - h * h)  # h = tanh(z), whose slope is 1 − tanh²
d_w1 = d_z * 2.0  # z = w1 · x
print(f"by hand:  ∂J/∂w1 = {d_w1:.4f}   ∂J/∂w2 = {d_w2:.4f}")
assert (round(d_w1, 4), round(d_w2, 4)) == (1.6187, 0.9785)
assert abs(d_w1 - measured_w1) < 1e-6
assert abs(d_w2 - measured_w2) < 1e-6
assert abs(d_w1 - w1.grad.item()) < 1e-5  # and the purple numbers of the picture

# %% [markdown] i18n="en" key="record"
# ## An engine, part 1: values that remember
#
# What did we need? The order of the operations, who went into each, and the local slope at each entrance. So let a
# value remember just that: its number, its inputs, the local slope for each, and a ticket from a clock that says when
# it was made. Each method is one formula and its derivative side by side.

# %% [markdown] i18n="zh" key="record" src="3364e091"
# ## 引擎（一）：记得来历的值
#
# 刚才我们用到了什么？运算的先后，每个运算有哪些输入，以及每个入口处的局部斜率。那就让每个值恰好记住这些：
# 它的数值、它的输入、对每个输入的局部斜率，还有一个时钟发的号码，说明它是第几个做出来的。
# 每个方法都是一条公式，旁边就是它的导数。（`__add__`、`__sub__`、`__mul__` 是 Python 遇到 +、−、* 时自动调用的方法。）

# %%
clock = itertools.count()


class Value:
    """A number that remembers what it was computed from, and its slope in each of these."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.inputs, self.slopes = data, inputs, slopes
        self.grad = 0.0
        self.tick = next(clock)  # whoever is computed from it gets a later one

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))  # ∂(a + b)/∂a = ∂(a + b)/∂b = 1

    def __sub__(self, other):
        return Value(self.data - other.data, (self, other), (1.0, -1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))  # ∂(a·b)/∂a = b

    def tanh(self):
        out = np.tanh(self.data)
        return Value(out, (self,), (1 - out * out,))  # tanh' = 1 − tanh²


# %% [markdown] i18n="en" key="walk-back"
# ## An engine, part 2: the walk back
#
# A value may pass its slope on only when it is complete: when everybody who used it has sent a share. Whoever used it
# was made later. So **newest first** is an order in which no one is asked too early, and the clock gives it to us for
# free. Any order in which users come before what they use will do; it is called a *topological order*.
#
# `backward` is then the one line that we applied again and again by hand. Will the engine find 1.6187 and 0.9785?

# %% [markdown] i18n="zh" key="walk-back" src="ecdfef9d"
# ## 引擎（二）：往回走
#
# 一个值只有等到自己的斜率齐了，才能往回传：也就是每个用过它的值都已经送来自己的那一份。
# 用它的值一定比它晚产生。所以**从新到旧**就是一个谁也不会被过早问到的顺序，而时钟顺带就把它给了我们。
# 凡是“使用者排在被使用者之前”的顺序都可以，它叫做**拓扑序**（topological order）。
#
# 于是 `backward` 就只是我们手算时反复用的那一行。引擎会算出 1.6187 和 0.9785 吗？


# %%
def newest_first(root):
    """Every value that root was computed from, and root: each before those it was computed from."""
    found, stack = {root}, [root]
    while stack:
        for x in stack.pop().inputs:
            if x not in found:
                found.add(x)
                stack.append(x)
    return sorted(found, key=lambda value: value.tick, reverse=True)


def backward(root):
    """Leave ∂root/∂value in .grad of every value that root was computed from."""
    root.grad = 1.0
    for value in newest_first(root):
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad += value.grad * slope  # upstream × local, and shares add up


w1, w2, label = Value(0.5), Value(1.5), Value(0.5)
e = w2 * (w1 * Value(2.0)).tanh() - label
J = e * e
backward(J)
print(f"engine:   ∂J/∂w1 = {w1.grad:.4f}   ∂J/∂w2 = {w2.grad:.4f}")
assert math.isclose(w1.grad, d_w1)
assert math.isclose(w2.grad, d_w2)
assert math.isclose(label.grad, -d_e)  # e = ŷ − y: the other sign

# %% [markdown] i18n="en" key="no-order"
# ## Wrong way 1: no order
#
# That is the whole engine, and the order is its only subtle part. Does it matter? Take a value that is used more than
# once before the end: a = x·x and y = a + a·a. At x = 3 the slope is (1 + 2a)·2x = 19 · 6 = **114**.
#
# * `recurse`, what most people write first: whoever receives a share passes on at once all it has, and so on down.
# * `too_early`: each value once, but in the order in which we come across them from y.
# * `by_paths`: passes on only what is new. That is right. What does it cost?
#
# Follow the arrows in the picture and say which of the three will miss 114, and whether by too much or too little.

# %% [markdown] i18n="zh" key="no-order" src="68ccb8f2"
# ## 错误一：不讲顺序
#
# 引擎到这里就完整了，唯一微妙的地方就是顺序。顺序真的要紧吗？取一个在结尾之前被用了不止一次的值：
# a = x·x，y = a + a·a。在 x = 3 处，斜率是 (1 + 2a)·2x = 19 · 6 = **114**。
#
# * `recurse`，多数人最先写出来的：谁收到一份，就立刻把目前累积的全部往回传，一层层递归下去。
# * `too_early`：每个值只走一次，但按照从 y 出发碰到它们的次序。
# * `by_paths`：只传新到的那一份。结果是对的，那么代价呢？
#
# 沿着图中的箭头走一走，说说三种写法里哪些得不到 114，是偏大还是偏小。

# %%
x = mg.tensor(3.0, requires_grad=True, name="x")
a = x * x
a.name = "a"
y = a + a * a
y.name = "y"
draw(y, grads=False)


# %%
def recurse(value):
    for x, slope in zip(value.inputs, value.slopes, strict=True):
        x.grad += value.grad * slope
        recurse(x)  # wrong: what x had before is passed on again


def too_early(root):
    queue = [root]
    for value in queue:  # wrong: a is asked before a·a has sent its shares
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad += value.grad * slope
            if x not in queue:
                queue.append(x)


def by_paths(value, share=1.0):
    """Right; returns how many calls it took."""
    value.grad += share
    return 1 + sum(by_paths(x, share * slope) for x, slope in zip(value.inputs, value.slopes, strict=True))


def slope_at_3(way, swapped=False):
    """∂y/∂x by some way back through y = a + a·a, or a·a + a, with a = x·x, at x = 3."""
    x = Value(3.0)
    a = x * x
    y = a * a + a if swapped else a + a * a
    y.grad = 0.0 if way is by_paths else 1.0
    way(y)
    return x.grad


for way in (backward, recurse, too_early, by_paths):
    print(f"{way.__name__:>9}   a + a·a: {slope_at_3(way):5.0f}   a·a + a: {slope_at_3(way, swapped=True):5.0f}")
assert [slope_at_3(way) for way in (backward, recurse, too_early, by_paths)] == [114, 180, 6, 114]
assert slope_at_3(too_early, swapped=True) == 114

# %% [markdown] i18n="en" key="too-many-paths"
# ## What the paths cost
#
# Recursion counts what a had before again: 180. Asking too early loses what comes late: 6. Look at the last column,
# too: write the same sum the other way round, and `too_early` is right. Such mistakes pass the first test and wait.
#
# `by_paths` is right, but it walks every path by itself. Double a number n times, v = v + v. How many calls will it
# make for n = 16, and how many values does the right way visit?

# %% [markdown] i18n="zh" key="too-many-paths" src="23c01f48"
# ## 路径的代价
#
# 递归把 a 先前已有的部分又算了一遍：180。问得太早则丢掉了后到的部分：6。再看最后一列：
# 同一个和式换个次序写，`too_early` 就对了。这种错误能通过第一个测试，然后潜伏下来。
#
# `by_paths` 是对的，但它把每条路径都单独走一遍。把一个数加倍 n 次，v = v + v。
# n = 16 时它要调用多少次？正确的做法又要访问多少个值？
#
# 输出与图中的英文：doubled 4 times 加倍 4 次，calls by paths 是 `by_paths` 的调用次数，values newest first 是从新
# 到旧要访问的值的个数。最后一行说的是另一种代价：两万个和连成的链，递归一层套一层，超出了 Python 允许的层
# 数；`backward` 用的是循环，所以不受影响。


# %%
def doubled(times):
    v = Value(1.0)
    for _ in range(times):
        v = v + v
    return v


for times in (4, 8, 16):
    y = doubled(times)
    print(f"doubled {times:2} times: {by_paths(y):7,} calls by paths, {len(newest_first(y)):2} values newest first")
assert by_paths(doubled(16)) == 2**17 - 1
assert len(newest_first(doubled(16))) == 17


def chain(length):
    """v + v + … + v, and v: deep, as the graph of a long training run is."""
    y = v = Value(1.0)
    for _ in range(length):
        y = y + v
    return y, v


y, v = chain(20_000)
backward(y)
assert v.grad == 20_001
try:
    by_paths(chain(20_000)[0])
except RecursionError:
    print(f"a chain of 20,000 sums: RecursionError; Python allows {sys.getrecursionlimit():,} calls inside each other")
else:
    raise AssertionError("20,000 calls inside each other, and nobody complained")

# %% [markdown] i18n="en" key="overwrite"
# ## Wrong way 2: overwrite
#
# Write `=` in place of `+=`. On a chain, where everything is used once, nothing changes. What will it give for J of
# our network, where only e is used twice? And for a + a·a, where it was 114?

# %% [markdown] i18n="zh" key="overwrite" src="4b4985ca"
# ## 错误二：覆盖而不是累加
#
# 把 `+=` 写成 `=`。在每个值都只用一次的链上，结果完全一样。那么对我们网络的 J（只有 e 用了两次）会得到什么？
# 对斜率本是 114 的 a + a·a 又会得到什么？
#
# 输出与图中的英文：in place of 本应是。


# %%
def overwrite(root):
    root.grad = 1.0
    for value in newest_first(root):
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad = value.grad * slope  # wrong: the last share wins


w1, w2 = Value(0.5), Value(1.5)
e = w2 * (w1 * Value(2.0)).tanh() - Value(0.5)
overwrite(e * e)
print(f"network: ∂J/∂w1 = {w1.grad:.4f} in place of {d_w1:.4f}")
print(f"a + a·a: ∂y/∂x  = {slope_at_3(overwrite):.0f} in place of 114")
assert math.isclose(w1.grad, d_w1 / 2)
assert slope_at_3(overwrite) == 27  # 9 · 3: the last of a's three shares, times the last of x's two slopes

# %% [markdown] i18n="en" key="broadcast"
# ## Wrong way 3: forget what broadcasting did
#
# Nothing in `Value` says that its data is one number. Give it NumPy arrays, and each operation works number by number.
# But NumPy also *stretches*: a row b of 2 numbers, added to a batch of 3 rows, is used three times. The loss is the
# sum of all numbers of (X + b)².
#
# b has shape (2,). What shape will its gradient come back in? And what does one step of descent make of b?

# %% [markdown] i18n="zh" key="broadcast" src="f2fbfb5b"
# ## 错误三：忘了广播做过什么
#
# `Value` 并没有规定它的数据只能是一个数。给它 NumPy 数组，每个运算就逐个元素地算。可是 NumPy 还会**拉伸**
# （即广播，broadcasting）：含 2 个数的一行 b，加到 3 行的一批数据上，就被用了三次。损失是 (X + b)² 的所有元素之和。
#
# b 的形状是 (2,)。它的梯度回来时是什么形状？梯度下降走一步之后，b 会变成什么样？
#
# 输出与图中的英文：shapes 形状，its gradient 它的梯度，b after a step 走一步之后的 b。


# %%
def squares():
    """Σ (X + b)², number by number, and b; nothing is walked back yet."""
    X, b = Value(np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])), Value(np.array([0.5, -0.5]))
    shifted = X + b
    return shifted * shifted, b


J, b = squares()
backward(J)
after_a_step = b.data - 0.1 * b.grad
print(f"shapes: b {b.data.shape}, its gradient {b.grad.shape}, b after a step {after_a_step.shape}")
assert b.grad.shape == (3, 2)  # wrong, and nobody complained

# %% [markdown] i18n="en" key="undo-broadcasting"
# ## Undo it
#
# After the step there would be one bias (what is added: b) per example: no longer the same model, and no error to
# tell you. What to do is nothing new. b was used three times, so three shares come back, and **shares add up**: sum
# over the axes along which the array was stretched. The line is inserted once, in `backward`, and every operation is
# right. (minigrad does it in one place as well.)
#
# Check on paper: the gradient of the first number of b is 2·(1.5 + 3.5 + 5.5).

# %% [markdown] i18n="zh" key="undo-broadcasting" src="9d54b82a"
# ## 撤销广播
#
# 走了那一步之后，每个样本都有了自己的偏置（加上去的那个 b）：模型已经不是原来的模型，却没有任何报错。
# 解决办法并不新鲜：b 被用了三次，就有三份梯度回来，而**各份要相加**：沿着数组被拉伸的那些轴求和。
# 这一行只需在 `backward` 里写一次，所有运算就都对了。（minigrad 也只在一个地方做这件事。）
#
# 请在纸上验证：b 的第一个数的梯度是 2·(1.5 + 3.5 + 5.5)。


# %%
def undo_broadcasting(share, shape):
    """share, summed over the axes along which an array of this shape was stretched."""
    share = share.sum(axis=tuple(range(share.ndim - len(shape))))  # axes that were added in front
    stretched = tuple(i for i, n in enumerate(shape) if n == 1 and share.shape[i] != 1)
    return share.sum(axis=stretched, keepdims=True)  # and axes that were 1 wide


def backward(root):
    """Leave the gradient of the sum of root's numbers in .grad of every value that root was computed from."""
    root.grad = np.ones_like(root.data)
    for value in newest_first(root):
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad = x.grad + undo_broadcasting(value.grad * slope, np.shape(x.data))


J, b = squares()
backward(J)
print(f"shapes: b {b.data.shape}, its gradient {b.grad.shape}: {b.grad}")
assert b.grad.tolist() == [2 * (1.5 + 3.5 + 5.5), 2 * (1.5 + 3.5 + 5.5)]
assert slope_at_3(backward) == 114  # single numbers still work

column, row = Value(np.ones((3, 1))), Value(np.array([[1.0, 2.0]]))  # (3, 1) · (1, 2): both are stretched, to (3, 2)
backward(column * row)
assert column.grad.tolist() == [[3.0], [3.0], [3.0]]  # 1 + 2
assert row.grad.tolist() == [[3.0, 3.0]]  # 1 + 1 + 1

# %% [markdown] i18n="en" key="explorer"
# ## The same in minigrad
#
# `mg.viz.explore` tells a backward pass step by step: in a notebook as a page to click through (press *next*), as text
# with `print(page)`. It knows the same wrong ways: the page has a switch for them, and the text ends with them. Here
# is the end of the text. Which of our numbers will you find again?

# %% [markdown] i18n="zh" key="explorer" src="d89dced5"
# ## 在 minigrad 里再看一遍
#
# `mg.viz.explore` 把反向传播一步一步讲给你看：在笔记本里是一个可以点着走的页面，用 `print(page)` 则是文字。
# 页面右上角的“中文”按钮切换语言；写 `explore(y, language="zh")`，页面和文字一开始就是中文。它也认识这几种错误：
# 页面上有切换它们的开关，文字的最后一段就是它们。下面打印的是这最后一段（naive recursion 是错误一的递归，
# overwriting 是错误二的覆盖；instead of 114：本应是 114）。你能在里面找到我们的哪些数？
#
# mul1 就是这里没有起名字的 a；passes on all it has so far each time something arrives：每收到一份，就把目前累积的
# 全部往下传；only the last of them is left：三份里只剩下最后一份。

# %%
x = mg.tensor(3.0, requires_grad=True, name="x")
a = x * x
page = explore(a + a * a)
story = str(page)
print(story[story.index("Common mistakes") :])
assert "x.grad = 180   instead of 114" in story
assert "x.grad = 27   instead of 114" in story
page

# %% [markdown] i18n="en" key="learn"
# ## It learns
#
# An engine is only worth something if one can train with it. Forty points of a curve ŷ = w2·tanh(w1·x + b) with w1 =
# 1.5, b = −0.5, w2 = 2 are given; the engine starts elsewhere and repeats what document 002 §3 lists: forward, loss,
# backward, update. b is one number and is stretched over forty points: without the last section this would go wrong at
# once. Will it find the three numbers?

# %% [markdown] i18n="zh" key="learn" src="f6e0853b"
# ## 它会学习
#
# 引擎能用来训练，才算有用。已知曲线 ŷ = w2·tanh(w1·x + b) 上的四十个点，其中 w1 = 1.5，b = −0.5，w2 = 2；
# 引擎从别处出发，反复做文档 002 §3 列出的几步：前向传播、算损失、反向传播、更新参数。
# b 是一个数，要拉伸到四十个点上：没有上一节，这里立刻就会出错。它能找回这三个数吗？
#
# 输出与图中的英文：at first 开始时，at last 最后；图中 given 是给定的点，learned 是学到的曲线。

# %%
points = np.linspace(-2, 2, 40)
truth = 2.0 * np.tanh(1.5 * points - 0.5)
theta = {"w1": 0.5, "b": 0.5, "w2": 0.5}
losses = []
for _ in range(600):
    w1, b, w2 = (Value(number) for number in theta.values())
    y_hat = w2 * (w1 * Value(points) + b).tanh()  # forward: ŷ = f(x; θ)
    e = y_hat - Value(truth)
    J = e * e * Value(1 / 40)  # J(θ): its forty numbers add up to the mean of the squares
    backward(J)
    theta = {name: v.data - 0.3 * v.grad for name, v in zip(theta, (w1, b, w2), strict=True)}  # θ ← θ − α·∇J(θ)
    losses.append(J.data.sum())
print(f"loss: {losses[0]:.3f} at first, {losses[-1]:.1e} at last;", {k: round(float(v), 4) for k, v in theta.items()})

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
left.semilogy(losses)
left.set(title="loss J", xlabel="step")
right.plot(points, truth, "o", label="given")
right.plot(points, y_hat.data, label="ŷ, learned")
right.set(title="what the engine learned", xlabel="x")
right.legend()
assert np.allclose(list(theta.values()), [1.5, -0.5, 2.0], atol=1e-3)

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# Call `backward` twice on the same y = a + a·a. Two walks, two times 114: will x.grad be 228? It will not, and the
# reason is the first mistake again: a·a and a still have what arrived on the first walk, and pass it on a second time.
# Write down your number before you run it. minigrad refuses the second walk in place of giving you a number.

# %% [markdown] i18n="zh" key="break" src="fc4b8d38"
# ## 把它弄坏
#
# 对同一个 y = a + a·a 调用两次 `backward`。走两遍，两个 114：x.grad 会是 228 吗？不会，原因还是第一种错误：
# a·a 和 a 身上还留着第一遍收到的份额，第二遍又把它传了一次。运行之前先写下你的数。minigrad 会拒绝走第二遍，
# 而不是给出一个错的数。
#
# 输出与图中的英文：ours, backward twice 我们的引擎走两遍，which is neither … nor … 既不是……也不是……。minigrad 的
# 报错是说：这张图已经被前一次 `backward()` 释放；若要走两遍，第一遍就写上 `retain_graph=True`，或者重新计算损失。

# %%
x = Value(3.0)
a = x * x
y = a + a * a
backward(y)
backward(y)
print(f"ours, backward twice: {x.grad:.0f}, which is neither 114 nor 228")
assert a.grad == 19 + 1 + 2 * (9 + 9)  # left from the first walk; from y; from a·a, which has 2 in place of 1
assert x.grad == 114 + a.grad * 6

x = mg.tensor(3.0, requires_grad=True)
a = x * x
y = a + a * a
y.backward()
try:
    y.backward()
except RuntimeError as error:
    print(f"minigrad: RuntimeError: {error}")
else:
    raise AssertionError("a second walk through a freed graph")
assert x.grad.item() == 114

# %% [markdown] i18n="en" key="sections"
# ## What this covers
#
# Document 000 §1 (deep learning learns non-linear relations with many layers: right, if there are bends between them)
# and 000 §3.1 (the definition of the gradient: right); document 002 §3 (forward pass, loss, backpropagation, update:
# right). See [the concept map](../docs/concepts.md).
#
# Two errata on the way. Document 000 §2.2 and §3.1 say that the steps go *along* the gradient; you have seen J grow
# there ([E000-01](20_errata_lab.py)). Document 003 §1 has neural networks born in 1986; that year Rumelhart, Hinton
# and Williams made backpropagation known, while neural networks are decades older ([E003-01](../docs/errata.md)).

# %% [markdown] i18n="zh" key="sections" src="bc416b9c"
# ## 本课涵盖
#
# 文档 000 §1（深度学习用多层网络学习非线性关系：正确，前提是层与层之间有非线性）和 000 §3.1（梯度的定义：正确）；
# 文档 002 §3（前向传播、损失、反向传播、更新：正确）。见[概念地图](../docs/concepts.md)。
#
# 途中遇到两处勘误。文档 000 §2.2 和 §3.1 说每一步**沿着**梯度方向走；你已经看到，
# 那样 J 会增大（[E000-01](20_errata_lab.py)）。文档 003 §1 说人工神经网络诞生于 1986 年；那一年 Rumelhart、
# Hinton 和 Williams 让反向传播广为人知，而神经网络还要早几十年（[E003-01](../docs/errata.md)）。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Teach `Value` two more operations, `exp` and `reciprocal` (1/a), and find the slope of 1/(1 + e⁻ˣ) at 0. *Hint:
#    write each derivative with `out`. The answer is ¼.*
# 2. Mend `backward` so that calling it twice gives 228, as if two losses had been added up. *Hint: which values may
#    keep what they had, and which must start from 0? Ask `value.inputs`.*
# 3. Go the other way: carry ∂v/∂x *forward* along with each value, from x to y, and get 114 again. How many passes
#    would it take for a gradient by a million weights? *Hint: a pair (value, slope), with rules for + and ·.*
#
# [Answers](answers/01_the_chain_rule_by_hand.py)

# %% [markdown] i18n="zh" key="exercises" src="be1e386c"
# ## 练习
#
# 1. 教会 `Value` 两个新运算 `exp` 和 `reciprocal`（1/a），并求 1/(1 + e⁻ˣ) 在 0 处的斜率。*提示：
#    用 `out` 来写导数。答案是 ¼。*
# 2. 修改 `backward`，使调用两次得到 228，就像把两个损失加起来一样。*提示：哪些值可以保留原有的梯度，
#    哪些必须从 0 开始？看看 `value.inputs`。*
# 3. 反过来走：从 x 到 y，让每个值**向前**带着 ∂v/∂x，再次得到 114。若要对一百万个权重求梯度，要走多少遍？
#    *提示：用一对数（值，斜率），为 + 和 · 各写一条规则。*
#
# [答案](answers/01_the_chain_rule_by_hand.py)
