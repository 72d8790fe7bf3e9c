# %% [markdown] i18n="en" key="title"
# # 02 · Tensors and the derivative table
#
# **One question: how can a library differentiate any program, when it knows only two pages of derivatives?** The
# engine of tutorial 01 worked on single numbers. Here numbers come in blocks, called tensors; each operation brings
# one rule per input; and one walk back serves them all.
#
# The picture shows one layer at work on a batch of two examples: tanh(X·W + b), and the sum of all its numbers, which
# the picture calls loss. `@` is the **matrix product**: a row of X and a column of W, multiplied number by number and
# added up, make one number of the result. So (2, 3) times (3, 2) makes (2, 2): the sizes in the middle meet, and go.
# Compare the shape of each gradient with the shape of what it belongs to.

# %% [markdown] i18n="zh" key="title" src="c0e9711f"
# # 02 · 张量与导数表
#
# **只问一个问题：一个库只知道两页纸的导数，怎么能对任何程序求导？** 01 课的引擎处理单个的数。
# 这一课里，数成块地出现，叫做张量（tensor）；每个运算对每个输入带一条规则；往回走的过程则为所有运算共用。
#
# 下图是一层网络正在处理一批数据，共两个样本：tanh(X·W + b)，再把所有的数加起来，结果在图中标作 loss。
# `@` 是**矩阵乘法**：X 的一行与 W 的一列，逐个相乘再相加，得到结果中的一个数；所以 (2, 3) 乘 (3, 2) 得 (2, 2)，
# 中间相同的尺寸消失了。请把每个梯度的形状与它所属的量的形状比一比。
#
# 中间值的 grad 是“-”：`backward()` 只保留叶子（直接给出的张量）的梯度，以及事先调用过 `retain_grad()` 的（01
# 课）；图下的小字说的就是这个。

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn
from minigrad.rules import rule_text
from minigrad.table import TABLE
from minigrad.viz import draw, explore

X = mg.tensor([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], name="X")  # N = 2 examples with D = 3 features
W = mg.tensor([[0.1, -0.2], [0.3, 0.0], [0.0, 0.1]], requires_grad=True, name="W")
b = mg.tensor([0.5, -0.5], requires_grad=True, name="b")
out = mg.tanh(X @ W + b).sum()
out.backward(retain_graph=True)  # keep the record: the picture is drawn from it
assert (W.grad.shape, b.grad.shape) == (W.shape, b.shape)
draw(out)

# %% [markdown] i18n="en" key="tensor"
# ## A tensor is a block of numbers
#
# It has a **shape** (how many along each axis) and a **dtype** (what kind of number). A single number has the empty
# shape `()`. In minigrad, as in PyTorch, a tensor may also be *tracked* (`requires_grad=True`): then what is computed
# from it is recorded.
#
# Operations change shapes. Say each shape before you run: `dim=0` sums over the rows, away goes the first size.

# %% [markdown] i18n="zh" key="tensor" src="50533d49"
# ## 张量：一块数
#
# 张量有**形状**（shape，每个轴上有几个数）和 **dtype**（数的类型）。单个的数形状为空：`()`。
# 在 minigrad 里（和 PyTorch 一样），张量还可以被**跟踪**（`requires_grad=True`）：由它算出的一切都会被记录下来。
#
# 运算会改变形状。运行之前，请说出每个结果的形状：`dim=0` 是把各行加起来，第一个尺寸就消失了。

# %%
x = mg.arange(6.0).reshape(2, 3)
shapes = {
    "x": x.shape,
    "x.sum(dim=0)": x.sum(dim=0).shape,
    "x.sum(dim=1, keepdim=True)": x.sum(dim=1, keepdim=True).shape,
    "x.sum()": x.sum().shape,
    "x[0]": x[0].shape,
    "x.T": x.T.shape,
    "x @ mg.ones(3, 4)": (x @ mg.ones(3, 4)).shape,  # the two sizes in the middle meet, and go
}
for expression, shape in shapes.items():
    print(f"{expression:<28}{shape}")
assert list(shapes.values()) == [(2, 3), (3,), (2, 1), (), (3,), (3, 2), (2, 4)]

# %% [markdown] i18n="en" key="dtype"
# ## The kind of number
#
# `[1, 2]` are whole numbers (int64), `[1.0, 2.0]` real ones in short form (float32). Mixed, the real ones win; a
# Python number never widens a tensor. A slope needs numbers that can move a little, so only real tensors can be
# tracked.
#
# float32 has 24 binary digits, float64 has 53. Is that enough to *measure* a slope, as we did in tutorial 01? x² at 3
# has slope 6. Predict: how many digits of it will be right in float32, with δ = 10⁻⁶?

# %% [markdown] i18n="zh" key="dtype" src="712d0d28"
# ## 数的类型
#
# `[1, 2]` 是整数（int64），`[1.0, 2.0]` 是 32 位的小数，即浮点数（float32）。两者混合运算，结果是浮点数；
# 张量与普通的 Python 数混合运算，位数也不会变多。求斜率需要数能挪动一点点，所以只有浮点张量可以被跟踪。
#
# float32 的有效数字是 24 位二进制数，float64 是 53 位。像 01 课那样去**测**一个斜率，够不够用？x² 在 3 处的斜率是 6。
# 先预测：取 δ = 10⁻⁶，用 float32 能测对几位？
#
# 输出与图中的英文：whole 整数，real 小数，slope of x² at 3, measured in …：用……测得的 x² 在 3 处的斜率。

# %%
whole, real = mg.tensor([1, 2]), mg.tensor([1.0, 2.0])
for name, value in {"whole": whole, "real": real, "whole + real": whole + real, "whole / 2": whole / 2}.items():
    print(f"{name:<14}{value.dtype}")
assert whole.dtype == mg.int64
assert (whole + real).dtype == (whole / 2).dtype == real.dtype == (real * 2.5).dtype == mg.float32

measured = {}
for dtype in (mg.float32, mg.float64):
    x = mg.tensor(3.0, dtype=dtype)
    measured[dtype] = (((x + 1e-6) ** 2 - (x - 1e-6) ** 2) / 2e-6).item()
    print(f"slope of x² at 3, measured in {dtype}: {measured[dtype]:.9f}")
assert abs(measured[mg.float32] - 6) > 0.001  # the numbers near 9 are 0.000001 apart: too coarse a ruler
assert abs(measured[mg.float64] - 6) < 1e-8

# %% [markdown] i18n="en" key="too-coarse"
# Hardly one digit. Near 9 the numbers of float32 are 0.000001 apart, as far as the step itself: too coarse a ruler.
# That is why slopes are measured in float64.

# %% [markdown] i18n="zh" key="too-coarse" src="b6948e24"
# 连一位都很勉强。在 9 附近，float32 相邻的两个数相差约 0.000001，与挪动的步子一样大：尺子太粗了。所以测斜率要用
# float64。

# %% [markdown] i18n="en" key="broadcasting"
# ## Broadcasting: small meets large
#
# Two shapes are compared **from the right**. Sizes must be equal, or one of them 1; what is 1 or missing is stretched,
# as if it were repeated. One of these four pairs does not fit. Which? And how large do the others become?

# %% [markdown] i18n="zh" key="broadcasting" src="04263705"
# ## 广播：小的遇到大的
#
# 两个形状**从右边起**逐个比较：尺寸要么相等，要么其中一个是 1；是 1 的或缺少的那个被拉伸，好像重复了若干次。
# 下面四对中有一对不合适，是哪一对？其余的结果有多大？
#
# 输出与图中的英文：do not broadcast 不能广播，counted from the right 从右边数起，dimension 1 is … against … 第 1
# 维是……对……。

# %%
results = []
for left, right in (((2, 3), (3,)), ((2, 3), (2, 1)), ((3, 1), (4,)), ((2, 3), (2,))):
    try:
        results.append((mg.zeros(left) + mg.zeros(right)).shape)
        print(left, "+", right, "→", results[-1])
    except ValueError as error:
        results.append("does not fit")
        print(left, "+", right, "→ ValueError:", error)
assert results == [(2, 3), (2, 3), (3, 4), "does not fit"]

# %% [markdown] i18n="en" key="broadcasting-trap"
# ## When it stretches what you did not mean
#
# Document 003 §4.1 makes test data for a line: 100 places on the x axis, and noise. It adds shape (100,) to shape
# (100, 1). How many numbers come out?
#
# The same slip in a loss is worse, because a loss is a single number and hides the shape. Three perfect predictions,
# but one is a row and the other a column: what will the mean squared error (the mean of the squared differences) be?

# %% [markdown] i18n="zh" key="broadcasting-trap" src="e2a365de"
# ## 拉伸了不该拉伸的
#
# 文档 003 §4.1 为一条直线造测试数据：x 轴上 100 个点，加上噪声。它把形状 (100,) 与 (100, 1) 相加。会得到多少个数？
#
# 在损失里犯同样的错更糟，因为损失只是一个数，看不出形状。三个预测完全正确，只是一个是行、一个是列：
# 均方误差（差的平方的平均）会是多少？
#
# 输出与图中的英文：mended 改正之后，perfect predictions 完全正确的预测，mean squared error 均方误差。

# %%
X_test = np.linspace(-2, 2, 100)
y_test = 3 * X_test + np.random.default_rng(0).normal(size=(100, 1))  # the document's line: no error, no warning
mended = 3 * X_test.reshape(-1, 1) + np.random.default_rng(0).normal(size=(100, 1))
print("document 003:", y_test.shape, "  mended:", mended.shape)
assert y_test.shape == (100, 100)
assert mended.shape == (100, 1)

prediction, target = mg.tensor([1.0, 2.0, 3.0]), mg.tensor([[1.0], [2.0], [3.0]])
error = prediction - target  # (3,) − (3, 1) → (3, 3): each prediction against everybody's target
print(f"perfect predictions, mean squared error {(error**2).mean().item():.3f}")
assert error.shape == (3, 3)
assert abs((error**2).mean().item() - 4 / 3) < 1e-6
try:
    nn.functional.mse_loss(prediction, target)
except ValueError as refused:
    print(f"ValueError: {refused}")
else:
    raise AssertionError("mse_loss compared a row with a column")

# %% [markdown] i18n="en" key="everybody"
# A row minus a column makes a (3, 3) block: each prediction was compared with everybody's target, and perfect
# predictions cost 1.333. No error, in NumPy. minigrad's losses refuse two shapes that differ, and say what to do.

# %% [markdown] i18n="zh" key="everybody" src="665f2ca7"
# 行减去列，得到 (3, 3) 的一块：每个预测都与所有样本的目标比了一遍，于是完全正确的预测也有 1.333 的误差。
# NumPy 不会报错；minigrad 的损失函数遇到形状不同的两个张量就拒绝计算，并说明该怎么办。

# %% [markdown] i18n="en" key="derivative-table"
# ## The derivative table
#
# Everything that minigrad can differentiate is composed of the rows of one table. A row has a forward function and,
# for each input, one **rule**: g is the gradient that arrives from above (upstream), `out` the result, and the rule
# returns g times the local derivative. It is the line from the textbook. [The whole table](../docs/ops.md).
#
# Cover the output and say the rules of mul, exp and tanh. Which of them can be written without x? (In the last row
# `.mT` turns a matrix on its side: rows become columns. In text that is Aᵀ.)

# %% [markdown] i18n="zh" key="derivative-table" src="f62da706"
# ## 导数表
#
# minigrad 能求导的一切，都由同一张表里的行组合而成。每一行有一个前向函数，并且对每个输入有一条**规则**：
# g 是从上游传来的梯度，`out` 是结果，规则返回 g 乘以局部导数，也就是教科书里的那一行。[整张表](../docs/ops.md)。
#
# 遮住输出，说出 mul（乘）、exp、tanh 的规则。其中哪些不用 x 也能写出来？（最后一行的 `.mT` 是矩阵的**转置**：
# 行变成列；在文字里写作 Aᵀ。）
#
# 输出与图中的英文：最后一行的 rows 是行，without a derivative 是没有导数的（如取整：处处是平的台阶）。

# %%
for name in ("add", "mul", "div", "exp", "tanh", "relu", "maximum", "matmul"):
    print(f"{name:<9}", "   |   ".join(rule_text(rule) for rule in TABLE[name].rules))
constant = [name for name, row in TABLE.items() if row.constant]
print(f"{len(TABLE)} rows, {len(constant)} of them without a derivative, such as {', '.join(constant[:6])}")
assert rule_text(TABLE["mul"].rules[0]) == "g * y"
assert rule_text(TABLE["exp"].rules[0]) == "g * out"  # this one and the next do without x
assert rule_text(TABLE["tanh"].rules[0]) == "g * (1 - out * out)"
assert TABLE["floor"].rules is None

# %% [markdown] i18n="en" key="rules-by-hand"
# ## A rule is plain NumPy
#
# A rule is an ordinary function on arrays, called with g, the result and the inputs; you can call it yourself. So let
# us do `backward` with our own hands for tanh(w·x), summed: start with g = 1 for every number, ask the rule of tanh,
# hand its answer to the rule of mul. Will it be the same as `w.grad`?

# %% [markdown] i18n="zh" key="rules-by-hand" src="1f5f59fe"
# ## 规则就是普通的 NumPy
#
# 规则是作用在数组上的普通函数，参数依次是 g、结果、各个输入；你可以自己调用。我们就亲手替 tanh(w·x)（再求和）做一遍
# `backward`：从每个数的 g = 1 开始，先问 tanh 的规则，再把答案交给 mul 的规则。结果会与 `w.grad` 相同吗？

# %%
w = mg.tensor([0.5, -1.0, 2.0], requires_grad=True)
x = mg.tensor([1.0, 2.0, 3.0])
mg.tanh(w * x).sum().backward()

w_, x_ = w.detach().numpy(), x.numpy()
z_ = w_ * x_
g = np.ones(3, np.float32)  # of the sum: each number counts once
g = TABLE["tanh"].rules[0](g, np.tanh(z_), z_)  # g · (1 − out²)
g = TABLE["mul"].rules[0](g, z_, w_, x_)  # g · y, with y the other factor
print("by hand: ", g)
print("backward:", w.grad.numpy())
assert np.allclose(g, w.grad.numpy(), rtol=1e-5)

# %% [markdown] i18n="en" key="matmul-rule"
# ## The rule of the matrix product, and two formulas from the documents
#
# For predictions Xθ with X (N, D) and θ (D, 1), a gradient g of shape (N, 1) arrives. The gradient of θ must be (D,
# 1), and there is only one product of X and g that has this shape: **Xᵀg**. (The shape does not prove the rule, but it
# is how one remembers it.)
#
# With the mean squared error, g = 2/N·(Xθ − y). So document 003 §4.1, `2 / batch_size * X.T.dot(X.dot(theta) - y)`, is
# right. Document 000 §4 writes Xᵀ(Xθ − y)/n, without the 2. Of which loss is that the gradient?
#
# | documents | here |
# | --- | --- |
# | θ, ∇J(θ) | `theta`, `theta.grad` |
# | n (`len(y)` in 000, `batch_size` in 003) | N, `len(X)` |
# | predictions Xθ, `X.dot(theta)` | `X @ theta` |

# %% [markdown] i18n="zh" key="matmul-rule" src="5a5e417f"
# ## 矩阵乘法的规则，以及文档里的两个公式
#
# 预测是 Xθ，其中 X 是 (N, D)，θ 是 (D, 1)；传来的梯度 g 是 (N, 1)。θ 的梯度必须是 (D, 1)，
# 而 X 与 g 的乘积中只有一个是这个形状：**Xᵀg**。（形状并不能证明规则，但可以帮你记住它。）
#
# 用均方误差时，g = 2/N·(Xθ − y)。所以文档 003 §4.1 的 `2 / batch_size * X.T.dot(X.dot(theta) - y)` 是对的。
# 文档 000 §4 写的是 Xᵀ(Xθ − y)/n，少了 2。那是哪个损失的梯度？
#
# | 文档 | 这里 |
# | --- | --- |
# | θ、∇J(θ) | `theta`、`theta.grad` |
# | n（000 写作 `len(y)`，003 写作 `batch_size`） | N，即 `len(X)` |
# | 预测 Xθ，写作 `X.dot(theta)` | `X @ theta` |
#
# 输出与图中的英文：which is half 恰好一半，the gradient of …：……的梯度。

# %%
X = mg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
y = mg.tensor([[0.0], [1.0], [1.0], [0.0]])
theta = mg.tensor([[0.3], [-0.2]], requires_grad=True)
nn.functional.mse_loss(X @ theta, y).backward()  # J(θ) = 1/N · Σ (Xθ − y)²

residual = (X @ theta).detach() - y
document_003 = 2 / len(X) * X.T @ residual
document_000 = X.T @ residual / len(X)
print("backward:    ", theta.grad.flatten())
print("document 003:", document_003.flatten())
print("document 000:", document_000.flatten(), "which is half: the gradient of ½·MSE")
assert mg.allclose(theta.grad, document_003)
assert mg.allclose(theta.grad, 2 * document_000)

# %% [markdown] i18n="en" key="sums-undo-broadcasting"
# ## Sums undo broadcasting, and broadcasting undoes sums
#
# No rule in the table mentions broadcasting. After each rule, the engine looks at the shape: what was stretched on the
# way there is summed on the way back, as in tutorial 01. And the rule of `sum`? Every number that was added gets the
# same g: g is stretched. The two are mirror images.
#
# A row of 3 and a column of 2 make a (2, 3) product. Each number of the column is used three times, each of the row
# twice. Say the two gradients, then read the story: it names the place where the shape changes.

# %% [markdown] i18n="zh" key="sums-undo-broadcasting" src="366323cd"
# ## 求和撤销广播，广播撤销求和
#
# 表里没有一条规则提到广播。每用完一条规则，引擎都看一眼形状：去的路上拉伸过的，回来的路上就求和，和 01 课一样。
# 那么 `sum` 的规则呢？被加起来的每个数都得到同样的 g：g 被拉伸了。两者互为镜像。
#
# 一行 3 个数和一列 2 个数相乘，得到 (2, 3)。列里的每个数用了三次，行里的每个数用了两次。
# 先说出两个梯度，再读下面的讲解：它会指出形状在哪里变化。
#
# 输出与图中的英文：passes its gradient back to 把梯度传回给，shape 形状，spread over 拉伸到，summed over axis 0
# 沿轴 0 求和，broadcasting undone 撤销广播。

# %%
row = mg.tensor([1.0, 2.0, 3.0], requires_grad=True, name="row")
column = mg.tensor([[10.0], [20.0]], requires_grad=True, name="column")
total = (row * column).sum()
page = explore(total)
story = str(page).split("Common mistakes")[0].splitlines()
print(*(line for line in story if "passes its gradient" in line or "shape  " in line), sep="\n")
total.backward()
print("row.grad =", row.grad.tolist(), "  column.grad =", column.grad.tolist())
assert row.grad.tolist() == [30.0, 30.0, 30.0]  # 10 + 20
assert column.grad.tolist() == [[6.0], [6.0]]  # 1 + 2 + 3
page

# %% [markdown] i18n="en" key="accumulate"
# ## .grad adds up
#
# Shares of one walk add up; so do walks. `backward()` *adds* to `.grad`. That is a trap in a training loop (hence
# `zero_grad()`), and useful when a batch is too large for the memory: take it in parts and let the gradients add up.
#
# x² has slope 6 at x = 3. After two calls without clearing: 6 or 12? And can two half batches give exactly the
# gradient of the whole one?

# %% [markdown] i18n="zh" key="accumulate" src="a9ea1932"
# ## .grad 是累加的
#
# 一次反向传播中的各份相加，几次反向传播之间也相加：`backward()` 把结果**加到** `.grad` 上。
# 在训练循环里这是个陷阱（所以要 `zero_grad()`）；当一批数据太大、内存放不下时，它又很有用：分几份来算，
# 让梯度自己加起来。
#
# x² 在 x = 3 处的斜率是 6。不清零，调用两次：6 还是 12？分成两个半批，能恰好得到整批的梯度吗？
#
# 输出与图中的英文：two calls 两次调用，two halves 两个半批，whole 整批。

# %%
x = mg.tensor(3.0, requires_grad=True)
(x * x).backward()
(x * x).backward()
print("two calls:", x.grad.item())
assert x.grad.item() == 12

theta.grad = None
for half in (slice(0, 2), slice(2, 4)):
    (nn.functional.mse_loss(X[half] @ theta, y[half]) / 2).backward()  # each half is half of the mean
print("two halves:", theta.grad.flatten(), "  whole:", document_003.flatten())
assert mg.allclose(theta.grad, document_003)

# %% [markdown] i18n="en" key="no-grad"
# ## Not recording: no_grad and detach
#
# `with mg.no_grad():` records nothing in the block: for updates, and for tests. `x.detach()` is the same numbers
# without their history: the walk back stops there, as at a constant. A tensor that was made, not computed from others,
# is called a **leaf**; it is the leaves that keep a `.grad`.
#
# y = x·x has slope 6 at x = 3. What is the slope of x·x.detach()?

# %% [markdown] i18n="zh" key="no-grad" src="f1743ece"
# ## 不记录：no_grad 与 detach
#
# `with mg.no_grad():` 的块里什么都不记录：用于更新参数，也用于测试。`x.detach()` 是同样的数，但没有历史：
# 往回走到它就停，和遇到常数一样。直接造出来、不是由别的张量算出来的张量叫**叶子**（leaf），`.grad` 就留在叶子上。
#
# y = x·x 在 x = 3 处的斜率是 6。x·x.detach() 的斜率是多少？
#
# 输出与图中的英文：slope of 斜率；最后的报错是说：被跟踪的叶子不能就地修改，更新要放在 `no_grad()` 里，或者算出一
# 个新的张量。

# %%
x = mg.tensor(3.0, requires_grad=True)
(x * x.detach()).backward()
print("slope of x · x.detach():", x.grad.item())
assert x.grad.item() == 3

with mg.no_grad():
    x -= 0.1 * x.grad  # an update: changes x itself and leaves no trace in any record
assert x.is_leaf
try:
    x -= 0.1 * x.grad  # outside, it would be one more operation to differentiate
except RuntimeError as error:
    print(f"RuntimeError: {error}")
else:
    raise AssertionError("a tracked leaf was changed in place")

# %% [markdown] i18n="en" key="second-derivatives"
# ## Slopes of slopes
#
# A rule is made of operations: multiply, subtract. With `create_graph=True` these are recorded too, and so the slope
# has a graph of its own, through which one can walk back again. In the picture you can read the rule of tanh, `g * (1
# - out * out)`, operation by operation. (g is 1 here, and the clone at the end is the copy that you are given.)
#
# Before you look at the curves: where is the slope of tanh largest, and what is its second derivative there?

# %% [markdown] i18n="zh" key="second-derivatives" src="7236b445"
# ## 斜率的斜率
#
# 规则本身也由运算组成：乘法、减法。加上 `create_graph=True`，这些运算也被记录，于是斜率有了自己的计算图，
# 可以沿着它再走一遍。在图里你可以逐个运算地读出 tanh 的规则 `g * (1 - out * out)`。（这里 g 是 1，
# 末尾的 clone 是交给你的那份副本。）
#
# 看曲线之前先回答：tanh 的斜率在哪里最大？那里的二阶导数是多少？
#
# 输出与图中的英文：第二幅图的图例：its slope 它的斜率，the slope of its slope 斜率的斜率。

# %%
x = mg.tensor(0.5, requires_grad=True, name="x")
(slope,) = mg.autograd.grad(mg.tanh(x), x, create_graph=True)
draw(slope, grads=False)

# %%
x = mg.linspace(-3, 3, 121, dtype=mg.float64).requires_grad_()
f = mg.tanh(x)
(slope,) = mg.autograd.grad(f.sum(), x, create_graph=True)  # each number of f depends on its own x only
(bend,) = mg.autograd.grad(slope.sum(), x)

fig, ax = plt.subplots(figsize=(6, 3.2), layout="constrained")
for name, curve in (("tanh", f), ("its slope", slope), ("the slope of its slope", bend)):
    ax.plot(x.detach(), curve.detach(), label=name)
ax.set(title="tanh, differentiated twice", xlabel="x")
ax.legend(fontsize="small")
assert mg.allclose(bend, (-2 * f * (1 - f * f)).detach())  # by hand: (1 − tanh²)' = −2·tanh·(1 − tanh²)
assert slope.argmax().item() == 60  # the middle, x = 0: steepest there,
assert abs(bend[60].item()) < 1e-12  # and the second derivative is 0

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# Four requests that cannot be met. Say for each *why* not, before you read the message. Each message has the same
# three parts: what was wrong, what was given, what to do.
#
# 1. A whole number that wants a gradient.
# 2. `backward()` from a tensor of six numbers: whose slope?
# 3. A matrix product whose inner sizes do not meet.
# 4. `backward()` through `.item()`, which makes a plain Python number of a tensor.

# %% [markdown] i18n="zh" key="break" src="fd00e744"
# ## 把它弄坏
#
# 四个无法满足的要求。读报错之前，先说说**为什么**办不到。每条报错都有同样的三部分：哪里错了，给了什么，该怎么办。
#
# 1. 要对整数求梯度。
# 2. 从一个含六个数的张量调用 `backward()`：求谁的斜率？
# 3. 矩阵乘法，内侧的两个尺寸对不上。
# 4. 穿过 `.item()` 做 `backward()`，而 `.item()` 把张量变成了普通的 Python 数。

# %%
x = mg.ones(2, 3, requires_grad=True)
requests = {
    TypeError: lambda: mg.tensor([1, 2, 3], requires_grad=True),
    RuntimeError: lambda: (2 * x).backward(),
    ValueError: lambda: x @ x,
}
for kind, request in requests.items():
    try:
        request()
    except kind as error:
        print(f"{kind.__name__}: {error}\n")
    else:
        raise AssertionError(f"no {kind.__name__}")

try:
    mg.tensor(2 * x.sum().item()).backward()
except RuntimeError as error:
    print(f"RuntimeError: {error}")
else:
    raise AssertionError("a gradient came through .item()")

(2 * x).backward(gradient=mg.ones(2, 3))  # 2 mended: the slope of the numbers' sum, each counted once
assert x.grad.tolist() == [[2.0] * 3] * 2

# %% [markdown] i18n="en" key="sections"
# ## What this covers
#
# Document 000 §3.1 (a gradient has the shape of its parameters: right), the gradient in 000 §4.1 and §4.2, which is
# that of half the MSE ([E000-13](../docs/errata.md)); document 003 §4.1: its gradient 2/B·Xᵀ(Xθ − y) is right, its test
# data have the shape (100, 100) ([E003-21](20_errata_lab.py)); document 002 §3 (backpropagation). See [the concept
# map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="360acb16"
# 上面四条报错的大意：1. 只有浮点张量能要求梯度，先用 `.float()` 转换；2. 不另加说明时，只有单独一个数才有梯度，先
# `.sum()` 或 `.mean()`，或者给出 `gradient=`；3. 左边的最后一个尺寸必须等于右边的倒数第二个，而 3 不等于 2；4. 这
# 个张量没有被跟踪，也不是由被跟踪的张量算出来的。
#
# ## 本课涵盖
#
# 文档 000 §3.1（梯度与参数形状相同：正确）；
# 000 §4.1 和 §4.2 里的梯度其实是 MSE 一半的梯度（[E000-13](../docs/errata.md)）；文档 003 §4.1：
# 梯度 2/B·Xᵀ(Xθ − y) 是对的，但测试数据的形状成了 (100, 100)（[E003-21](20_errata_lab.py)）；文档 002 §3（反向传播）。
# 见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. x has shape (4, 1, 3). Say the shapes of x + zeros(2, 3), x.sum(dim=0), x.mean(dim=-1, keepdim=True), x −
#    x.reshape(4, 3), and the shape of x.grad after backward from the sum of x·zeros(5, 3). *Hint: from the right.*
# 2. Compute the gradients of Σ tanh(X·W + b) by W and b with NumPy and the rules in `TABLE` alone, and compare with
#    the picture at the top. *Hint: sum, tanh, add, matmul, from the end; b needs one more line.*
# 3. Find where x⁴ − 4x is smallest with Newton's step x ← x − f′(x)/f″(x), both from `mg.autograd.grad`. How many
#    steps from x = 2 to six digits? *Hint: `create_graph=True` for the first one.*
#
# [Answers](answers/02_tensors_and_the_derivative_table.py)

# %% [markdown] i18n="zh" key="exercises" src="9173107d"
# ## 练习
#
# 1. x 的形状是 (4, 1, 3)。说出 x + zeros(2, 3)、x.sum(dim=0)、x.mean(dim=-1, keepdim=True)、
#    x − x.reshape(4, 3) 的形状，
#    以及从 x·zeros(5, 3) 之和调用 backward 后 x.grad 的形状。*提示：从右边起。*
# 2. 只用 NumPy 和 `TABLE` 里的规则，求 Σ tanh(X·W + b) 对 W 和 b 的梯度，与开头的图比较。
#    *提示：从结尾起依次是 sum、tanh、add、matmul；b 还需要多写一行。*
# 3. 用牛顿步 x ← x − f′(x)/f″(x) 找出 x⁴ − 4x 最小的位置，两个导数都由 `mg.autograd.grad` 给出。
#    从 x = 2 出发，几步能精确到六位？*提示：求第一个导数时用 `create_graph=True`。*
#
# [答案](answers/02_tensors_and_the_derivative_table.py)
