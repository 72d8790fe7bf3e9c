# %% [markdown] i18n="en" key="title"
# # 03 · Your own op
#
# **One question: how do you teach a library a new function, and how do you know that you got its derivative right?**
# The first half takes four lines. The second half is what most people leave out; we plant eight mistakes and see what
# a checker says of each.
#
# The function is log cosh, with cosh x = (eˣ + e⁻ˣ)/2 and the natural logarithm: near 0 it is nearly x²/2, far away
# nearly |x| − log 2. As a loss it forgives **outliers** (single numbers far from the others), as Huber's of tutorial 04
# does, but is one formula without a joint. The dashed line is its slope, measured. Which function do you recognise in
# it?

# %% [markdown] i18n="zh" key="title" src="6522ea1c"
# # 03 · 自己写一个运算
#
# **只问一个问题：怎样教一个库认识新的函数？又怎么知道自己的导数没有写错？** 前一半只要四行。
# 后一半是多数人略过的：我们埋下八个错误，看检查器分别怎么说。
#
# 这个函数是 log cosh，其中 cosh x = (eˣ + e⁻ˣ)/2，log 是自然对数（ln）：在 0 附近它近似于 x²/2，
# 远处近似于 |x| − log 2。作为损失，它像 04 课的 Huber 损失那样能容忍**异常值**（离其他数据很远的个别数据），
# 但只有一条公式，不是两段拼成的。虚线是测出来的斜率。你认得出它是哪个函数吗？
#
# 输出与图中的英文：slope, measured 测得的斜率；图题的意思是：minigrad 不认识的一个函数。

# %%
import math

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import optim, primitive
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.table import TABLE
from minigrad.viz import draw, explore, plot_loss_function


def plain_log_cosh(x):
    """log(cosh(x)), without overflow: cosh(1000) would be too large a number."""
    return np.abs(x) + np.log1p(np.exp(-2 * np.abs(x))) - math.log(2)


xs = np.linspace(-4, 4, 161)
fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ax.plot(xs, plain_log_cosh(xs), label="log cosh x")
ax.plot(xs, (plain_log_cosh(xs + 1e-6) - plain_log_cosh(xs - 1e-6)) / 2e-6, "--", label="slope, measured")
ax.set(title="a function that minigrad does not know", xlabel="x")
ax.legend()
assert abs(plain_log_cosh(1000.0) - (1000 - math.log(2))) < 1e-9

# %% [markdown] i18n="en" key="four-lines"
# ## Four lines
#
# The slope is the tanh: (log cosh x)′ = sinh x / cosh x, where sinh x = (eˣ − e⁻ˣ)/2 is the derivative of cosh. A row
# of the derivative table is a NumPy function and a rule. The rule reads: *upstream gradient g times local
# derivative*; `out`, the result, is there in case it helps. `defvjp` enters the rule (vjp, vector–Jacobian product,
# is what mathematics calls g times the derivative).
#
# Will `backward()` work at once? On which shapes?

# %% [markdown] i18n="zh" key="four-lines" src="61986ac7"
# ## 四行
#
# 斜率就是 tanh：(log cosh x)′ = sinh x / cosh x，其中 sinh x = (eˣ − e⁻ˣ)/2 是 cosh 的导数。导数表的一行由一个 NumPy
# 函数和一条规则组成。规则读作：**上游梯度 g 乘以局部导数**；结果 `out` 也交给规则，以备使用。`defvjp` 登记规则（vjp
# 即 vector–Jacobian product，数学上对“g 乘以导数”的叫法）。
#
# `backward()` 马上就能用吗？对哪些形状能用？


# %%
@primitive()
def log_cosh(x):
    return plain_log_cosh(x)


log_cosh.defvjp(lambda g, out, x: g * np.tanh(x))  # ∂L/∂x = g · tanh x


x = mg.tensor([-1.0, 0.0, 2.0], requires_grad=True, name="x")
log_cosh(x).sum().backward()
print("x.grad =", x.grad, "  tanh x =", mg.tanh(x).detach())
assert mg.allclose(x.grad, mg.tanh(x).detach())

# %% [markdown] i18n="en" key="works-at-once"
# ## What you get for nothing
#
# Broadcasting, dtypes, adding up, second derivatives, the graph, the story: they are done by the engine, once, for
# every row. In the picture, your function stands beside the built-in ones. What will its second derivative at 0 be?

# %% [markdown] i18n="zh" key="works-at-once" src="ad1f5167"
# ## 白得的东西
#
# 广播、dtype、累加、二阶导数、计算图、逐步讲解：这些由引擎为所有的行统一完成。在图里，你的函数与内置的运算没有两样。
# 它在 0 处的二阶导数会是多少？
#
# 输出与图中的英文：second derivative at 0：在 0 处的二阶导数。

# %%
theta = mg.tensor(0.0, requires_grad=True, name="theta")
(slope,) = mg.autograd.grad(log_cosh(theta), theta, create_graph=True)
(bend,) = mg.autograd.grad(slope, theta)
print("second derivative at 0:", bend.item())
assert bend.item() == 1  # as of x²/2

data = mg.tensor([0.0, 0.0, 0.0, 0.0, 10.0], name="data")
loss = log_cosh(theta - data).mean()
draw(loss)

# %% [markdown] i18n="en" key="gradcheck"
# ## Is the rule right?
#
# You know how to find out: nudge and measure (tutorial 01). `gradcheck` does it for every number of every input, in
# float64 (tutorial 02 showed why), and compares with `backward`. `gradgradcheck` does the same with the gradient, as a
# function.
#
# Here is the check by hand for one number, and then the two calls.

# %% [markdown] i18n="zh" key="gradcheck" src="feace807"
# ## 规则对不对？
#
# 你知道怎么查：挪一点，测一测（01 课）。`gradcheck` 用 float64（原因见 02 课）对每个输入的每个数都这样做，
# 再与 `backward` 比较。`gradgradcheck` 则把梯度本身当作函数，再检查一遍。
#
# 先对一个数手工检查，再调用这两个函数。
#
# 输出与图中的英文：measured 测得的，rule 规则给出的。

# %%
measured = (plain_log_cosh(0.7 + 1e-6) - plain_log_cosh(0.7 - 1e-6)) / 2e-6
print(f"at 0.7: measured {measured:.8f}, rule {np.tanh(0.7):.8f}")
assert abs(measured - np.tanh(0.7)) < 1e-8

x = mg.tensor([[0.5, -1.2, 2.0], [-0.3, 0.8, 1.7]], dtype=mg.float64, requires_grad=True)
assert gradcheck(log_cosh, x)
assert gradgradcheck(log_cosh, x)

# %% [markdown] i18n="en" key="random-weights"
# ## A check that cannot fail
#
# An obvious check is: sum the outputs, call `backward()`, compare with differences of the sum. Try it on softmax,
# with a rule that is as wrong as can be: it always returns 0. Will the sum notice? (Softmax, yⱼ = e^xⱼ / Σₖ e^xₖ,
# makes numbers that add up to 1.)
#
# `gradcheck` does not sum; it weights the outputs with random numbers.

# %% [markdown] i18n="zh" key="random-weights" src="b60b8f51"
# ## 一种永远不会失败的检查
#
# 最容易想到的检查是：把输出加起来，调用 `backward()`，再与“和”的差分比较。拿 softmax 试试，
# 规则错得不能再错：永远返回 0。求和能发现吗？（softmax 就是 yⱼ = e^xⱼ / Σₖ e^xₖ，给出的数加起来等于 1。）
#
# `gradcheck` 不是简单求和，而是用随机数给各个输出加权。
#
# 输出与图中的英文：the sum: backward says …, measured … 求和的检查：反向传播说……，测得……；no difference 没有差
# 别。第二行是 `gradcheck` 的回答：analytic 是规则给出的，numeric 是测得的，Likely cause 是可能的原因：没有梯度传
# 来（zero: no gradient arrives）。


# %%
@primitive()
def my_softmax(x):
    powers = np.exp(x - np.max(x, axis=-1, keepdims=True))
    return powers / np.sum(powers, axis=-1, keepdims=True)


my_softmax.defvjp(lambda g, out, x: 0 * g)  # wrong

my_softmax(x).sum().backward()
nudged = x.detach() + mg.tensor([[1e-6, 0.0, 0.0], [0.0, 0.0, 0.0]])
measured = (my_softmax(nudged) - my_softmax(x.detach())).sum().item() / 1e-6
print(f"the sum: backward says {x.grad[0, 0].item():.6f}, measured {measured:.6f}: no difference")
assert abs(measured) < 1e-6


def complaint(function, inputs):
    """What gradcheck says of a function that it refuses."""
    try:
        gradcheck(function, inputs)
    except AssertionError as error:
        return str(error)
    return "nothing found"


said = complaint(my_softmax, x)
print(said)
assert "no gradient arrives" in said

my_softmax.defvjp(lambda g, out, x: out * (g - np.sum(g * out, axis=-1, keepdims=True)))  # right
assert gradcheck(my_softmax, x)

# %% [markdown] i18n="en" key="planted-mistakes"
# ## Eight planted mistakes
#
# When rule and measurement disagree, `gradcheck` says where, by how much, and which mistake looks like that. Before
# you run, go through the rules and name the mistake in each; the last one is right. Which mistake will get no name?

# %% [markdown] i18n="zh" key="planted-mistakes" src="abdb6811"
# ## 埋下八个错误
#
# 当规则与测量不符时，`gradcheck` 会说出在哪里、差多少，以及哪种错误看起来是这样。运行之前，
# 请逐条看这些规则，说出各自错在哪里（最后一条是对的）。哪一个错误，检查器会叫不出名字？


# %%
def my_square(x):
    return x * x


def my_product(x, y):
    return x * y


def my_matrix_product(a, b):
    return a @ b


def my_average(x):
    return np.mean(x, axis=0)


def diagnosis(forward, inputs, *rules):
    """What gradcheck says of these rules. The row is taken out of the table again."""
    op = primitive()(forward)
    op.defvjp(*rules)
    said = complaint(op, inputs)
    del TABLE[forward.__name__]
    return said.split("Likely cause: ")[-1]


rng = np.random.default_rng(0)
a, b, y = (mg.tensor(rng.normal(size=s), dtype=mg.float64, requires_grad=True) for s in ((3, 3), (3, 3), (2, 3)))
row = mg.tensor([2.0, 3.0, 4.0], dtype=mg.float64, requires_grad=True)
said = {  # function: the slope that its rule claims
    "x·x: x": diagnosis(my_square, x, lambda g, out, x: g * x),
    "x·x: −2x": diagnosis(my_square, x, lambda g, out, x: g * -2 * x),
    "x·x: no g": diagnosis(my_square, x, lambda g, out, x: 2 * x),
    "x·x: 2x + 1": diagnosis(my_square, x, lambda g, out, x: g * (2 * x + 1)),
    "x·y: x, y": diagnosis(my_product, (x, y), lambda g, out, x, y: g * x, lambda g, out, x, y: g * y),
    "a@b: b not turned": diagnosis(
        my_matrix_product, (a, b), lambda g, out, a, b: g @ b, lambda g, out, a, b: a.mT @ g
    ),
    "mean: no 1/n": diagnosis(my_average, x, lambda g, out, x: g),
    "row: only one used": diagnosis(my_product, (x, row), lambda g, out, x, y: g * y, lambda g, out, x, y: (g * x)[0]),
    "row: right": diagnosis(my_product, (x, row), lambda g, out, x, y: g * y, lambda g, out, x, y: g * x),
}
for rules, cause in said.items():
    print(f"{rules:<18} → {cause}")
expected = ("factor 0.5", "wrong sign", "forgets g", "no known pattern", "wrong operand", "transposed", "1/n forgotten",
            "broadcast axis", "nothing found")  # fmt: skip
assert all(words in cause for words, cause in zip(expected, said.values(), strict=True))

# %% [markdown] i18n="en" key="names-of-mistakes"
# Seven of the eight have a name; 2x + 1 looks like none of the common mistakes, and is found all the same. A name is a
# guess: "factor 0.5" may be a forgotten 1/n, but here it is a forgotten 2.

# %% [markdown] i18n="zh" key="names-of-mistakes" src="255ffab2"
# 八个错误中有七个叫得出名字，依次是：差一个常数因子 0.5，符号反了，忘了乘 g，（没有认出，）乘错了输入，矩阵没有转置，
# 忘了 1/n，没有沿被广播的轴求和。没有认出的是 2x + 1：它不像任何一种常见的错误，但照样被发现了。
# 名字只是猜测：“因子 0.5”可能是多了 1/n，而这里其实是漏了 2。

# %% [markdown] i18n="en" key="kinks"
# ## Where there is no slope
#
# ReLU has slope 0 on the left of 0 and 1 on the right. At 0 itself there is no derivative; a rule must choose one, and
# minigrad (like PyTorch) takes 0. What will a measurement find at 0? So whom do you believe?

# %% [markdown] i18n="zh" key="kinks" src="8eecff87"
# ## 没有斜率的地方
#
# ReLU 在 0 的左边斜率为 0，右边斜率为 1。恰在 0 处没有导数；规则只能选一个，minigrad（和 PyTorch 一样）取 0。
# 在 0 处测量会得到什么？那么该相信谁？

# %%
said = complaint(mg.relu, mg.tensor([-1.0, 0.0, 1.0], dtype=mg.float64, requires_grad=True))
print(said)
assert "a kink or jump" in said
at_0 = mg.tensor(0.0, dtype=mg.float64, requires_grad=True)
mg.relu(at_0).backward()
h = 1e-6
assert at_0.grad.item() == 0  # the choice
assert ((mg.relu(at_0 + h) - mg.relu(at_0 - h)) / (2 * h)).item() == 0.5  # the mean of 0 and 1
assert gradcheck(mg.relu, mg.tensor([-1.0, 0.1, 1.0], dtype=mg.float64, requires_grad=True))  # mended: check beside it

# %% [markdown] i18n="en" key="beside-the-kink"
# The slope is 0 below, but not 1 above: `gradcheck` has multiplied the output by a random number ("A check that
# cannot fail"), and that number is what you see. The measurement finds the mean of both sides, half of it. Neither
# rule nor measurement is wrong. At a kink a difference of values says nothing, so check beside it.

# %% [markdown] i18n="zh" key="beside-the-kink" src="9907f4bc"
# 左边（below）的斜率是 0，右边（above）却不是 1：`gradcheck` 给输出乘了一个随机数（见“一种永远不会失败的检查”），
# 显示的就是这个数。测得的（numeric）是左右两边的平均，即它的一半。规则和测量都没有错；
# 只是在尖点处，差分说明不了什么，所以应当在它旁边检查。

# %% [markdown] i18n="en" key="a-printed-gradient"
# ## Check a gradient that you have read
#
# The checker does not care where a rule comes from. Document 001 §4.2 fits a line and prints its gradient as
# (1/n)·Σ(−2r)·(−x), where r = y − (θ₀ + θ₁x). Make the document's loss a row of the table, with the document's line as
# the rule of θ₁. (`None` says that an input has no rule; x and y are data.) What will the checker say?
#
# | document 001 §4.2 | here |
# | --- | --- |
# | θ₀, θ₁ | `theta_0`, `theta_1` |
# | J(θ₀, θ₁) | `line_loss`, and its result `out` |
# | `grad(theta_0, theta_1)` | the rules, without `g *` |

# %% [markdown] i18n="zh" key="a-printed-gradient" src="aeb16f55"
# ## 检查书上印的梯度
#
# 检查器不管规则从哪里来。文档 001 §4.2 拟合一条直线，印出的梯度是 (1/n)·Σ(−2r)·(−x)，其中 r = y − (θ₀ + θ₁x)。
# 把文档的损失做成表里的一行，用文档的那一行作为 θ₁ 的规则。（`None` 表示该输入没有规则；x 和 y 是数据。）
# 检查器会怎么说？
#
# | 文档 001 §4.2 | 这里 |
# | --- | --- |
# | θ₀、θ₁ | `theta_0`、`theta_1` |
# | J(θ₀, θ₁) | `line_loss`，其结果是 `out` |
# | `grad(theta_0, theta_1)` | 两条规则，去掉 `g *` |
#
# 输出与图中的英文：analytic 规则给出的，numeric 测得的；Likely cause 之后是它猜测的原因，用词与上面八条相同。


# %%
@primitive()
def line_loss(theta_0, theta_1, x, y):
    return np.mean((y - (theta_0 + theta_1 * x)) ** 2)


line_loss.defvjp(
    lambda g, out, theta_0, theta_1, x, y: g * np.mean(-2 * (y - (theta_0 + theta_1 * x))),
    lambda g, out, theta_0, theta_1, x, y: g * np.mean(-2 * (y - (theta_0 + theta_1 * x)) * -x),  # as printed
    None,
    None,
)
points = rng.normal(size=100)
heights = 2 + 3 * points + 0.1 * rng.normal(size=100)
line = [mg.tensor(0.0, dtype=mg.float64, requires_grad=True) for _ in range(2)]
said = complaint(line_loss, (*line, mg.tensor(points), mg.tensor(heights)))
print(said)
assert "theta_1" in said
assert "wrong sign" in said

# %% [markdown] i18n="en" key="composition"
# ## Often you need no rule at all
#
# log cosh x can also be written with rows that are in the table already: `mg.log(mg.cosh(x))`. The chain rule does the
# rest. It agrees with ours at 1. What about x = 1000?

# %% [markdown] i18n="zh" key="composition" src="afe945fe"
# ## 常常根本不需要规则
#
# log cosh x 也可以用表里已有的行写出来：`mg.log(mg.cosh(x))`，其余的交给链式法则。在 1 处它与我们的结果一致。
# 在 x = 1000 处呢？
#
# 输出与图中的英文：operations 前面的数是运算的个数，values 值，slopes 斜率；inf 是无穷大，nan 是“不是数”。


# %%
def composed(x):
    return mg.log(mg.cosh(x))


def composed_stably(x):
    return abs(x) + mg.log1p(mg.exp(-2 * abs(x))) - math.log(2)


counts = []
with np.errstate(all="ignore"):  # NumPy would warn of the overflow
    for function in (composed, composed_stably, log_cosh):
        x = mg.tensor([1.0, 1000.0], requires_grad=True)
        out = function(x)
        operations = sum(step.kind == "compute" for step in explore(out, mg.ones(2)).steps)
        counts.append(operations)
        out.backward(gradient=mg.ones(2))
        print(f"{function.__name__:<16}{operations} operations, values {out.tolist()}, slopes {x.grad.tolist()}")
        assert np.isfinite(x.grad.numpy()).all() == (function is not composed)
assert counts == [2, 7, 1]
assert gradcheck(composed_stably, mg.tensor([-0.7, 0.3, 50.0], dtype=mg.float64, requires_grad=True))

# %% [markdown] i18n="en" key="when-a-rule"
# ## So when is a rule worth it?
#
# cosh(1000) is too large for a float: infinity, and then ∞/∞ is not a number (nan). The second way avoids that and
# needs no rule. So **compose first**. Write a row of your own if no composition is stable, if the slope is to be
# something else than the derivative (exercise 3), or if one operation in place of seven matters for time and memory.
#
# Then keep the composition as a test: two ways to one number. Here is our op as a loss, beside Huber's.

# %% [markdown] i18n="zh" key="when-a-rule" src="bd706d61"
# ## 那么什么时候值得写规则？
#
# cosh(1000) 大得浮点数装不下，成了无穷大，接着 ∞/∞ 不是数（nan）。第二种写法避开了这一点，也不需要规则。
# 所以**先考虑组合**。只有在这些情况下才自己写一行：没有数值稳定的组合；想要的斜率不是真正的导数（练习 3）；
# 或者一个运算代替七个，省下的时间和内存确实要紧。
#
# 写了规则之后，把组合的写法留作测试：两种算法应当得到同一个数。下面是我们的运算作为损失，旁边是 Huber 损失。
#
# 输出与图中的英文：loss 损失，derivative 导数；横轴 prediction (target 0) 是预测，目标为 0。

# %%
fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained")
plot_loss_function(lambda prediction, target: log_cosh(prediction - target).sum(), ax=left).set_title("log cosh")
plot_loss_function("huber_loss", ax=right)
some = mg.linspace(-6, 6, 25)
assert mg.allclose(log_cosh(some), composed_stably(some), atol=1e-6)

# %% [markdown] i18n="en" key="function"
# ## The same in PyTorch's form
#
# PyTorch has no table that you could add to; there one writes a class with `forward` and `backward`. minigrad has that
# as well, so that such classes can be taken over.
#
# | | `@primitive` | `autograd.Function` |
# | --- | --- | --- |
# | written on | NumPy arrays | tensors |
# | what backward may use | g, the result, the inputs | g, and whatever `ctx` has kept |
# | broadcasting undone by | the engine | you |
# | one gradient per input | one rule per input | one tuple |
#
# Same number? And what if the gradient has the wrong shape?

# %% [markdown] i18n="zh" key="function" src="b6bd4187"
# ## 用 PyTorch 的形式来写
#
# PyTorch 没有可供添加的表，要写一个带 `forward` 和 `backward` 的类。minigrad 也支持这种形式，现成的类可以直接搬来用。
#
# | | `@primitive` | `autograd.Function` |
# | --- | --- | --- |
# | 用什么写 | NumPy 数组 | 张量 |
# | 往回走时能用 | g、结果、输入 | g，以及 `ctx` 保存的任何东西 |
# | 谁来撤销广播 | 引擎 | 你自己 |
# | 各输入的梯度 | 每个输入一条规则 | 一个元组 |
#
# 数值相同吗？如果梯度的形状不对呢？
#
# 输出与图中的英文：must be a tensor of shape … 必须是形状为……的张量，but backward returned … 而 `backward` 返回的
# 却是……。


# %%
class LogCosh(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return composed_stably(x)

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * mg.tanh(x)


class Scaled(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x, scale):
        ctx.save_for_backward(x, scale)
        return x * scale

    @staticmethod
    def backward(ctx, g):
        x, scale = ctx.saved_tensors
        return g * scale, g * x  # the second lacks a sum: scale is one number, x has six


x = mg.tensor([[0.5, -1.2, 2.0], [-0.3, 0.8, 1.7]], dtype=mg.float64, requires_grad=True)
assert gradcheck(LogCosh.apply, x)
assert mg.allclose(LogCosh.apply(x), log_cosh(x))
try:
    Scaled.apply(x, mg.tensor(2.0, dtype=mg.float64, requires_grad=True)).sum().backward()
except ValueError as error:
    print(f"ValueError: {error}")
else:
    raise AssertionError("a gradient of another shape was taken")

# %% [markdown] i18n="en" key="break"
# ## Break it: a wrong rule learns, too
#
# Why all this care? Give log cosh the slope x, that of x²/2, and train: which θ is in the middle of 0, 0, 0, 0, 10?
# Right, the outlier pulls with at most 1 against four times tanh θ, so tanh θ = ¼ and θ = 0.255. Where will the wrong
# rule end? And will you see it in the loss?

# %% [markdown] i18n="zh" key="break" src="45117036"
# ## 把它弄坏：规则错了，照样“学习”
#
# 为什么要这么小心？给 log cosh 配上斜率 x（那是 x²/2 的斜率），再来训练 θ，求 0、0、0、0、10 的“中间”在哪里。
# 规则正确时，异常值的拉力至多是 1，另一边是四个 tanh θ，所以 tanh θ = ¼，θ = 0.255。错误的规则会停在哪里？
# 从损失上看得出来吗？


# %%
@primitive()
def wrong_log_cosh(x):
    return plain_log_cosh(x)


wrong_log_cosh.defvjp(lambda g, out, x: g * x)  # wrong


def middle(op):
    """Where θ ends, and the losses on the way."""
    theta = mg.tensor(5.0, requires_grad=True)
    optimizer = optim.SGD([theta], lr=0.5)
    losses = []
    for _ in range(100):
        optimizer.zero_grad()
        loss = op(theta - data).mean()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return theta.item(), losses


fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
ends = {}
for op in (log_cosh, wrong_log_cosh):
    ends[op], losses = middle(op)
    print(f"{op.__name__:<15} θ = {ends[op]:.3f}   loss {losses[0]:.2f} → {losses[-1]:.2f}")
    assert losses[-1] < losses[0] - 1  # both look like learning
    ax.plot(losses, label=op.__name__)
ax.set(title="both fall", xlabel="step", ylabel="loss")
ax.legend()
assert abs(ends[log_cosh] - np.arctanh(0.25)) < 1e-3
assert abs(ends[wrong_log_cosh] - 2.0) < 1e-3  # the mean: it has minimised the squares

for name in ("log_cosh", "wrong_log_cosh", "my_softmax", "line_loss"):
    TABLE.pop(name, None)  # the table is one for the whole program, so a tutorial tidies up; you would keep your row

# %% [markdown] i18n="en" key="sections"
# ## What this covers
#
# Documents 002 §2.1.3 and 003 §3.1 name losses besides MSE and cross-entropy; now you can add any of them. Document
# 001 §4.2 to §4.4 prints the gradient of a line fit with the wrong sign ([E001-13](20_errata_lab.py)); a check of one
# line finds it. Document 002 §3 (backpropagation). See [the concept map](../docs/concepts.md), and [adding an
# op](../docs/add_an_op.md) for all that a rule may do.

# %% [markdown] i18n="zh" key="sections" src="a883d14e"
# ## 本课涵盖
#
# 文档 002 §2.1.3 和 003 §3.1 提到 MSE 与交叉熵之外的损失；现在你可以自己添加其中任何一个。
# 文档 001 §4.2 至 §4.4 印出的直线拟合梯度符号错了（[E001-13](20_errata_lab.py)），一行检查就能发现。
# 文档 002 §3（反向传播）。见[概念地图](../docs/concepts.md)；
# 规则可以做的一切见[添加一个运算](../docs/add_an_op.md)（英文）。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Add softsign, x/(1 + |x|), with its rule, and check it twice (`gradcheck`, `gradgradcheck`). *Hint: its slope is
#    1/(1 + |x|)². Is there a kink at 0?*
# 2. Add the pinball loss with a parameter q: q·e for e > 0, otherwise (q − 1)·e, where e = y − θ. Train θ with q = 0.9
#    on the numbers 1 to 100. Which number comes out? *Hint: parameters are keyword-only, and each rule takes them,
#    too: `lambda g, out, e, q: …`.*
# 3. Rounding has slope 0, so nothing behind it learns. Write a `Function` that rounds and hands g back unchanged (a
#    "straight-through" gradient), and train a weight w through it until it rounds to 3. What does gradcheck say, and
#    is it right? *Hint: `forward` returns `mg.round(x)`.*
#
# [Answers](answers/03_your_own_op.py)

# %% [markdown] i18n="zh" key="exercises" src="8ecae5eb"
# ## 练习
#
# 1. 添加 softsign，即 x/(1 + |x|)，连同它的规则，并检查两遍（`gradcheck`、`gradgradcheck`）。
#    *提示：斜率是 1/(1 + |x|)²。0 处有尖点吗？*
# 2. 添加带参数 q 的分位数损失（pinball loss）：e > 0 时为 q·e，否则为 (q − 1)·e，其中 e = y − θ。
#    取 q = 0.9，在 1 到 100 这些数上训练 θ。会得到哪个数？*提示：参数只能按名字传，每条规则也要接收它：
#    `lambda g, out, e, q: …`。*
# 3. 取整的斜率是 0，所以它后面的东西都学不到。写一个 `Function`，前向取整，往回时把 g 原样传回（“直通”梯度），
#    并穿过它训练一个权重，例如让取整后的 w 等于 3。gradcheck 怎么说？它说得对吗？*提示：`forward` 返回 `mg.round(x)`。*
#
# [答案](answers/03_your_own_op.py)
