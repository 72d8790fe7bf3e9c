# %% [markdown] i18n="en" key="title"
# # 20 · The errata lab
#
# **One question: would you have noticed?** Five documents on losses and optimizers have 91 mistakes; here 51 of them
# happen before your eyes, and next to each the correction works. Start with one sign. Document 003 prints momentum as
# v ← βv − α∇J and then θ ← θ − v. Before you run the cell: which of the two curves below is its rule, and how high
# does it get in 20 steps?

# %% [markdown] i18n="zh" key="title" src="54e372a3"
# # 20 · 勘误实验室
#
# **只问一个问题：换作是你，会发现吗？** 五份讲损失函数与优化器的文档里有 91 处错误；这里让其中 51 处当面发生，
# 旁边就是改正后能用的写法。先看一个符号：文档 003 把动量法写成 v ← βv − α∇J，接着 θ ← θ − v。
# 运行之前先说：下面两条曲线，哪一条是它的？20 步之后它会升到多高？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.cli.concepts import errata
from minigrad.gradcheck import gradcheck
from minigrad.utils.data import DataLoader, TensorDataset
from minigrad.viz import plot_decision_boundary

F = nn.functional
np.set_printoptions(precision=4, suppress=True)  # four decimals are enough


def toy(theta):
    """f(θ) = θ²/2, the toy of most cells: its slope is θ, its minimum is at 0."""
    return theta**2 / 2


def two_valleys(x):
    """J(x) = (x² − 1)² + 0.3x: one valley on the left, one on the right."""
    return (x**2 - 1) ** 2 + 0.3 * x


def descend(optimizer_class, start, steps, f=toy, **settings):
    """The points that one of minigrad's optimizers passes on its way down f."""
    theta = mg.tensor(start, dtype=mg.float64, requires_grad=True)
    optimizer = optimizer_class([theta], **settings)
    path = [start]
    for _ in range(steps):
        optimizer.zero_grad()
        f(theta).backward()
        optimizer.step()
        path.append(theta.item())
    return np.array(path)


def crash(kind, action):
    """Run what must crash, print the error, and return its text."""
    try:
        action()
    except kind as error:
        print(f"{type(error).__name__}: {error}")
        return str(error)
    raise AssertionError("it did not crash")


def document_momentum(steps):
    theta, v, path = 1.0, 0.0, [1.0]
    for _ in range(steps):
        v = 0.9 * v - 0.1 * theta  # v ← βv − α∇J
        theta = theta - v  # θ ← θ − v: the second minus
        path.append(theta)
    return np.array(path)


uphill, downhill = document_momentum(20), descend(optim.SGD, 1.0, 20, lr=0.1, momentum=0.9)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(toy(uphill), ".-", color="tab:red", label="document 003: θ − v")
ax.plot(toy(downhill), ".-", color="tab:blue", label="right: θ + v")
ax.set(xlabel="step", ylabel="f(θ)", yscale="log", title="momentum, with one sign too many", xticks=range(0, 21, 5))
ax.legend()
print(f"after 20 steps from θ = 1: document 003 is at {uphill[-1]:.0f}, right momentum at {downhill[-1]:.2f}")
assert abs(uphill[-1] - 160.3) < 0.1
assert abs(downhill[-1] - 0.345) < 0.001

# %% [markdown] i18n="en" key="about"
# ## How to use this lab
#
# Each section has the number of its erratum, a question, and two cells of code: first the mistake, run as printed; then
# the correction. Answer the question before you run the first; what is wrong, and what is right, stands between the
# two. Sections with **B** are wrong ideas that can be run; the others are severity A: a formula or code that gives
# wrong numbers or crashes. All 91, with sources, are in [the errata](../docs/errata.md). `toy` is f(θ) = θ²/2, whose
# slope is θ. Of the documents only the formula or line in question is quoted. NumPy mostly plays the document's part,
# minigrad the right one. Run a document's part from its heading on, after the first code cell.
#
# Two of the wrong ideas have no wrong numbers to run. Most entries of document 000's list of references do not exist as
# given (E000-17): [tutorial 19](19_reading_the_source.py) lists sources that can be looked up. And document 003 has
# neural networks born in 1986 (E003-01): [tutorial 10](10_xor.py) has the older ones at work.

# %% [markdown] i18n="zh" key="about" src="28853315"
# ## 怎样使用
#
# 每节以勘误编号为名，先提一个问题，后面有两个代码单元：先把错误照原样运行一遍，再运行改正后的写法。请在运行第一个单元之
# 前先回答问题；错在哪里、应当怎样，写在两个单元之间。标题里带 **B** 的是可以运行的错误概念；其余都是 A 级：公式或代码会
# 给出错误的数，或者直接报错。全部 91 条及其出处见[勘误表](../docs/errata.md)。`toy` 是 f(θ) = θ²/2，它的斜率就是 θ。文
# 档里只引用出错的那个公式或那一行。通常由 NumPy 扮演文档，由 minigrad 给出正确的结果。先运行第一个代码单元，然后从某份
# 文档的标题起，依次运行这一部分。
#
# 有两处错误的说法没有错误的数可以运行。文档 000 参考文献中的多数条目并不像所写的那样存在（E000-17）：
# [教程 19](19_reading_the_source.py)列出可以查到的出处。文档 003 说人工神经网络诞生于 1986 年（E003-01）：
# [教程 10](10_xor.py)让更早的神经元动起来。

# %% [markdown] i18n="en" key="find"
# ## Find a mistake
#
# The heading of a section begins with the number of its erratum; search the page for it, or take it from the table of
# contents (in JupyterLab in the bar at the left). The pairs stand in the order of the documents. By theme they are:
#
# | theme | errata |
# | --- | --- |
# | gradient and step | E000-01, E000-02, E001-13, E001-14 |
# | learning rate | E000-04, E001-03, E001-18, E003-24 |
# | momentum, Nesterov | E003-12, E003-14, E003-15, E003-23 |
# | Adam: its formula | E000-05, E000-08, E000-09, E001-05, E001-06, E001-07, E001-08, E004-05 |
# | Adam: its programs | E000-14, E001-15, E001-16 |
# | Adam: what it is | E000-06, E001-04, E004-04 |
# | RMSprop, AdaGrad | E000-07, E000-11, E001-09, E001-10, E003-16 |
# | losses, penalties | E003-07, E003-09, E003-11 |
# | local minima | E001-17, E002-02 |
# | data, batches, shapes | E001-11, E001-12, E003-19, E003-20, E003-21, E003-25, E004-06, E004-08 |
# | networks | E000-12, E003-28 |
# | validation and test | E001-01, E002-10, E003-18, E004-01 |
# | privacy | E003-27 |
#
# If you have only a word, in English or Chinese, put it in below; each line names the tutorial and the cell that run
# it, and what the document says. How many of the 91 have to do with momentum? How many of those are in this lab?

# %% [markdown] i18n="zh" key="find" src="89d54a44"
# ## 找一个错误
#
# 每节的标题都以勘误编号开头，在页面里搜索编号，或从目录里选（JupyterLab 的目录在左边的侧栏里）。
# 各节按文档的顺序排列；按主题分，则是：
#
# | 主题 | 勘误 |
# | --- | --- |
# | 梯度与步子 | E000-01, E000-02, E001-13, E001-14 |
# | 学习率 | E000-04, E001-03, E001-18, E003-24 |
# | 动量、Nesterov | E003-12, E003-14, E003-15, E003-23 |
# | Adam：公式 | E000-05, E000-08, E000-09, E001-05, E001-06, E001-07, E001-08, E004-05 |
# | Adam：程序 | E000-14, E001-15, E001-16 |
# | Adam：它是什么 | E000-06, E001-04, E004-04 |
# | RMSprop、AdaGrad | E000-07, E000-11, E001-09, E001-10, E003-16 |
# | 损失与惩罚 | E003-07, E003-09, E003-11 |
# | 局部极小 | E001-17, E002-02 |
# | 数据、批、形状 | E001-11, E001-12, E003-19, E003-20, E003-21, E003-25, E004-06, E004-08 |
# | 网络 | E000-12, E003-28 |
# | 验证与测试 | E001-01, E002-10, E003-18, E004-01 |
# | 隐私 | E003-27 |
#
# 如果只有一个词，中文、英文都行，就写到下面；每一行会给出运行它的教程与单元，以及文档的说法。
# 91 处里有几处与动量（momentum）有关？其中几处在本课？
#
# 输出中的英文：… of 91 是 91 处里的……处，in this lab 在本课。

# %%
word, found = "momentum", []
for erratum in errata().values():
    told = f"{erratum.says_en} {erratum.says_zh} {erratum.right_en} {erratum.right_zh}"
    if word.lower() in told.lower():
        found.append(erratum.cell)
        print(f"{erratum.id} {erratum.severity} ({erratum.cell}): {erratum.says_en} {erratum.says_zh}")
print(f"{len(found)} of {len(errata())}; {sum(cell.startswith('20_errata_lab') for cell in found)} of them in this lab")

here = [erratum for erratum in errata().values() if erratum.cell == f"20_errata_lab#{erratum.id}"]
assert (len(errata()), len(here)) == (91, 51)

# %% [markdown] i18n="en" key="document-000"
# ---
# # Document 000: strategies of optimization
#
# The step θ ← θ − α∇J is right, and so are the running averages m, v and s. Wrong is what is done with them.

# %% [markdown] i18n="zh" key="document-000" src="5ed0476e"
# ---
# # 文档 000：损失函数优化策略
#
# 更新式 θ ← θ − α∇J 是对的，m、v、s 的滑动平均也是对的；错在怎样使用它们。

# %% [markdown] i18n="en" key="E000-01"
# ## E000-01 · B · Along the gradient, or against it
#
# Document 000 §2.2 and §3.1 say that small steps *in the direction of the gradient* find the minimum. Take the valley
# J(θ) = ½(θ₁² + 4θ₂²) at (1, 1), where J = 2.5, and do what the sentence says, five times, α = 0.1. **Predict**: J
# falls below 1, or rises above 50?

# %% [markdown] i18n="zh" key="E000-01" src="b4ffe0f9"
# ## E000-01 · B · 沿着梯度，还是逆着梯度
#
# 文档 000 §2.2、§3.1 说，“在函数梯度方向上”走小步就能找到最小值。取山谷 J(θ) = ½(θ₁² + 4θ₂²)，从 (1, 1) 出发，此处 J =
# 2.5，照这句话走五步，α = 0.1。**预测**：J 会降到 1 以下，还是升到 50 以上？

# %%
theta = np.array([1.0, 1.0])
for _ in range(5):
    theta = theta + 0.1 * np.array([1, 4]) * theta  # what the words say: along ∇J = (θ₁, 4θ₂)
J = 0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)
print(f"wrong: along +∇J, J goes from 2.5 to {J:.1f}")
assert abs(J - 59.1) < 0.1

# %% [markdown] i18n="en" key="E000-01-why"
# The gradient points to where J rises fastest, so the step goes along −∇J. The document's own formula has that minus;
# only its words lost it. More in [tutorial 06](06_gradient_descent.py).

# %% [markdown] i18n="zh" key="E000-01-why" src="d66fc565"
# 梯度指向 J 上升最快的方向，所以应沿 −∇J 走。文档自己的公式里有这个负号，只是文字把它丢了。详
# 见[教程 06](06_gradient_descent.py)。

# %%
theta = mg.ones(2, requires_grad=True)
for _ in range(5):
    J = 0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)
    theta = (theta - 0.1 * mg.autograd.grad(J, theta)[0]).detach().requires_grad_()  # θ ← θ − α∇J
J = 0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)
print(f"right: along -∇J, J goes from 2.5 to {J.item():.3f}")
assert abs(J.item() - 0.186) < 1e-3

# %% [markdown] i18n="en" key="E000-02"
# ## E000-02 · A number minus a vector
#
# Document 000 §3.1, §3.2 and §3.3 print, as an update of the loss, J(θ_new) = J(θ_old) − α∇J(θ_old). Same valley, J =
# 2.5, ∇J = (1, 4), α = 0.1. **Predict**: does NumPy complain? What J does it say, and what is the true one?

# %% [markdown] i18n="zh" key="E000-02" src="cec91e3c"
# ## E000-02 · 一个数减去一个向量
#
# 文档 000 §3.1、§3.2、§3.3 写了一个“损失的更新式”：J(θ_new) = J(θ_old) − α∇J(θ_old)。还是那个山谷，J = 2.5，∇J = (1,
# 4)，α = 0.1。**预测**：NumPy 会报错吗？它给出的 J 是多少，真正的 J 又是多少？

# %%
J, gradient = 2.5, np.array([1.0, 4.0])
J_new = J - 0.1 * gradient  # J(θ_new) = J(θ_old) − α∇J(θ_old)
print(f"wrong: J_new = {J_new}, two numbers, and no complaint")
assert np.allclose(J_new, [2.4, 2.1])

# %% [markdown] i18n="en" key="E000-02-why"
# On the left is a number, on the right a vector. What is updated is θ. The loss follows, and only for small α by a
# formula: J(θ_new) ≈ J(θ_old) − α‖∇J‖², Taylor's first term.

# %% [markdown] i18n="zh" key="E000-02-why" src="ebaee073"
# 左边是一个数，右边是一个向量。被更新的是 θ；损失只是随之变化，而且只在 α 很小时才近似满足 J(θ_new) ≈ J(θ_old) −
# α‖∇J‖²，这是泰勒展开的一阶项。

# %%
for alpha in (0.1, 0.001):
    theta = mg.ones(2, dtype=mg.float64, requires_grad=True)
    J = 0.5 * (theta[0] ** 2 + 4 * theta[1] ** 2)
    (g,) = mg.autograd.grad(J, theta)
    new = theta - alpha * g  # the update is of θ
    J_new = (0.5 * (new[0] ** 2 + 4 * new[1] ** 2)).item()
    estimate = (J - alpha * (g * g).sum()).item()  # J − α‖∇J‖²
    print(f"right: alpha {alpha}: J_new = {J_new:.4f}, first-order estimate {estimate:.4f}")
    assert alpha != 0.1 or (abs(J_new - 1.125) < 1e-9 and abs(estimate - 0.8) < 1e-9)
assert abs(J_new - estimate) < 1e-4

# %% [markdown] i18n="en" key="E000-04"
# ## E000-04 · B · "Adaptive", but to what?
#
# Document 000 §2.4 and §3.3 promise a rate that follows the training's performance, and print α ← α·η. **Predict**:
# from θ = 1 with α = 0.1 and η = 0.5, where does θ come to rest, however long we wait?

# %% [markdown] i18n="zh" key="E000-04" src="ef491964"
# ## E000-04 · B · “动态”，根据什么？
#
# 文档 000 §2.4、§3.3 说学习率会根据训练表现调整，写出的却是 α ← α·η。**预测**：从 θ = 1 出发，α = 0.1，η = 0.5，无论等
# 多久，θ 最后停在哪里？

# %%
for eta, expected in ((0.5, 0.903), (0.9, 0.398), (0.99, 3.9e-5)):
    theta, alpha = 1.0, 0.1
    for _ in range(3000):
        alpha *= eta  # α ← α·η: the loss is not asked
        theta -= alpha * theta
    print(f"wrong: eta {eta}: theta stops at {theta:.3g}; the minimum is at 0")
    assert abs(theta / expected - 1) < 0.01

# %% [markdown] i18n="en" key="E000-04-why"
# Nothing in α·η looks at the loss: it is exponential decay, a schedule. Σα = α₀·η/(1 − η) is finite, so all steps
# together are bounded, and it may stop anywhere. Robbins & Monro (1951) ask for Σα = ∞. A rate that does look at the
# loss is `ReduceLROnPlateau` ([tutorial 09](09_learning_rates.py)): with 0.1 the loss falls all the time; with 2, θ
# jumps from 1 to −1 and back, and the loss stands still. Which of the two rates will it lower?

# %% [markdown] i18n="zh" key="E000-04-why" src="42d05cd6"
# α·η 根本不看损失：它是指数衰减，是一种预定的调度。所有步长之和有界，因为 Σα = α₀·η/(1 − η) 是有限的，所以它可能停在任
# 何地方。Robbins 与 Monro（1951）要求 Σα = ∞。真正看损失的是 `ReduceLROnPlateau`（[教程 09](09_learning_rates.py)）：α
# = 0.1 时损失一直在降；α = 2 时 θ 在 1 与 −1 之间来回跳，损失纹丝不动。它会降低哪一个？

# %%
for start in (0.1, 2.0):
    theta = mg.tensor(1.0, requires_grad=True)
    optimizer = optim.SGD([theta], lr=start)
    scheduler = optim.lr_scheduler.ReduceLROnPlateau(optimizer, patience=3)
    for _ in range(200):
        optimizer.zero_grad()
        loss = toy(theta)
        loss.backward()
        optimizer.step()
        scheduler.step(loss.item())  # a tenth of the rate, but only when the loss has stopped falling
    rate = optimizer.param_groups[0]["lr"]
    print(f"right: from alpha {start} to {rate:.1f}; theta {theta.item():.0e}")
    assert abs(theta.item()) < 1e-6
    assert abs(rate - (0.1 if start == 0.1 else 0.2)) < 1e-9

# %% [markdown] i18n="en" key="E000-05"
# ## E000-05 · "Repeat steps 2 and 6"
#
# Document 000 §3.4 numbers Adam's steps (2 gradient, 3 m, 4 v, 5 rate, 6 θ) and then says to repeat steps 2 *and* 6;
# §3.3 and §3.5 have the same slip. **Predict**: if m and v never change after the first round, where is θ after 1000
# steps from 1, with α = 0.01, β₁ = 0.9, β₂ = 0.999?

# %% [markdown] i18n="zh" key="E000-05" src="f78040c4"
# ## E000-05 · “重复步骤 2 和步骤 6”
#
# 文档 000 §3.4 给 Adam 的步骤编了号（2 求梯度，3 更新 m，4 更新 v，5 更新学习率，6 更新 θ），然后说重复步骤 2 *和*
# 6；§3.3、§3.5 也犯了同样的错。**预测**：如果 m、v 在第一轮之后再也不变，从 1 出发走 1000 步（α = 0.01，β₁ = 0.9，β₂ =
# 0.999），θ 在哪里？

# %%
theta, m, v = 1.0, 0.0, 0.0
g = theta
m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2  # steps 3 and 4, once
for _ in range(1000):
    g = theta  # step 2: found, and never used again
    theta -= 0.01 * m / (np.sqrt(v) + 1e-8)  # step 6
print(f"wrong: theta walks straight through the minimum to {theta:.1f}")
assert abs(theta + 30.6) < 0.1

# %% [markdown] i18n="en" key="E000-05-why"
# With m and v frozen, each step is the same, whatever the gradient says. Right: repeat 2 *to* 6 (Kingma & Ba 2015,
# Algorithm 1). A loop is part of the formula.

# %% [markdown] i18n="zh" key="E000-05-why" src="8b98ac62"
# m、v 不变，每一步就都一样，梯度说什么都没用。应为重复步骤 2 *到* 6（Kingma 与 Ba 2015，算法 1）。循环也是公式的一部
# 分。

# %%
path = descend(optim.Adam, 1.0, 1000, lr=0.01)  # all steps, in every round
print(f"right: theta = {path[-1]:.1e}")
assert abs(path[-1]) < 1e-2

# %% [markdown] i18n="en" key="E000-06"
# ## E000-06 · B · What Adam does not adjust
#
# Document 000 §2.5 and §3.4 say that Adam adjusts the learning rate and the momentum by itself. Then it should not
# matter what we set: start it with α = 10⁻⁵ and no momentum at all, β₁ = 0. **Predict** θ after 1000 steps from 1, and
# what α and β₁ are then.

# %% [markdown] i18n="zh" key="E000-06" src="3b55f0db"
# ## E000-06 · B · Adam 不会调整什么
#
# 文档 000 §2.5、§3.4 说 Adam 会自动调整学习率和 momentum。照这么说，怎么设都无所谓：那就取 α = 10⁻⁵，完全不要动量，β₁ =
# 0。**预测**：从 1 出发走 1000 步，θ 在哪里？那时 α、β₁ 各是多少？

# %%
theta = mg.tensor(1.0, dtype=mg.float64, requires_grad=True)
optimizer = optim.Adam([theta], lr=1e-5, betas=(0.0, 0.999))  # "it will adjust them"
for _ in range(1000):
    optimizer.zero_grad()
    toy(theta).backward()
    optimizer.step()
rate, beta_1 = optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["betas"][0]
print(f"wrong: theta is still {theta.item():.3f} after 1000 steps; alpha is still {rate}, beta_1 still {beta_1}")
assert abs(theta.item() - 0.99) < 1e-3
assert (rate, beta_1) == (1e-5, 0.0)

# %% [markdown] i18n="en" key="E000-06-why"
# α and β₁ stay what they were. What adapts is the step of each coordinate, m̂/√v̂ times that fixed α: whether a slope
# is 100 or 0.01, the first step is α (Kingma & Ba 2015). Choosing α is left to you. See [tutorial
# 08](08_adaptive_optimizers.py).

# %% [markdown] i18n="zh" key="E000-06-why" src="3ab8f9ef"
# α 和 β₁ 都还是原来的值。会随梯度变化的是每个坐标的步长，即这个固定的 α 乘以 m̂/√v̂：斜率是 100 也好，0.01 也好，第一步
# 都是 α （Kingma 与 Ba 2015）。α 仍要由你来选。见[教程 08](08_adaptive_optimizers.py)。

# %%
slopes, firsts = mg.tensor([100.0, 0.01], dtype=mg.float64), {}
for method in (optim.SGD, optim.Adam):
    theta = mg.zeros(2, dtype=mg.float64, requires_grad=True)
    optimizer = method([theta], lr=0.01)
    (slopes * theta).sum().backward()
    optimizer.step()
    firsts[method.__name__] = -theta.detach().numpy()
    print(f"right: slopes 100 and 0.01: first steps of {method.__name__} {firsts[method.__name__]}")
assert np.allclose(firsts["SGD"], [1, 1e-4])
assert np.allclose(firsts["Adam"], [0.01, 0.01], rtol=1e-5)  # scaled, each by its own slope

# %% [markdown] i18n="en" key="E000-07"
# ## E000-07 · B · The root mean square of what?
#
# Document 000 §2.6 and §3.5 explain the RMS in RMSprop as the *RMSE*, the error of the predictions, and call s its
# vector. Its formula squares gradients, though. **Predict**: fit a line to points with noise 1 until the gradient is
# gone: what is the RMSE then, and what is √s?

# %% [markdown] i18n="zh" key="E000-07" src="7f7d3faf"
# ## E000-07 · B · 什么的均方根？
#
# 文档 000 §2.6、§3.5 把 RMSprop 里的 RMS 说成*根均方误差*（RMSE），即预测的误差，并称 s 是它的向量；可它的公式里平方的
# 是梯度。**预测**：对噪声为 1 的点拟合直线，直到梯度消失：此时 RMSE 是多少，√s 又是多少？

# %%
random = np.random.default_rng(0)
x = np.stack([np.ones(200), random.normal(size=200)], axis=1)
y = x @ [2.0, 3.0] + random.normal(size=200)
theta, s = np.zeros(2), np.zeros(2)
for _ in range(1000):
    gradient = 2 * x.T @ (x @ theta - y) / 200
    s = 0.9 * s + 0.1 * gradient**2
    theta -= 0.1 * gradient
rmse = np.sqrt(np.mean((x @ theta - y) ** 2))
print(f"wrong: if √s were the RMSE, {np.sqrt(s)} would be {rmse:.2f}")
assert 0.8 < rmse < 1.2
assert np.sqrt(s).max() < 1e-6

# %% [markdown] i18n="en" key="E000-07-why"
# s averages the squares of the **gradients**, one number for each parameter, and knows nothing of the error of a
# prediction. s itself is the mean square; √s is the RMS.

# %% [markdown] i18n="zh" key="E000-07-why" src="31582372"
# s 是**梯度**平方的滑动平均，每个参数一个数；s 本身是均方，√s 才是均方根。它与预测误差是两回事。

# %%
theta = mg.tensor(5.0, dtype=mg.float64, requires_grad=True)
optimizer = optim.RMSprop([theta], lr=0.01, alpha=0.9)
squares = []
for _ in range(10):
    optimizer.zero_grad()
    toy(theta).backward()
    squares.append(theta.grad.item() ** 2)
    optimizer.step()
s = sum(0.1 * 0.9 ** (9 - i) * g2 for i, g2 in enumerate(squares))  # the moving average, written out
print(f"right: s = {optimizer.state[theta]['square_avg'].item():.6f}; mean square of the gradients = {s:.6f}")
assert abs(optimizer.state[theta]["square_avg"].item() - s) < 1e-9

# %% [markdown] i18n="en" key="E000-08"
# ## E000-08 · Adam's rate that eats itself
#
# Document 000 §3.4 has α ← α·(1 − β₁)ᵗ/(1 − β₁)^t₀. **Predict** α after four steps, from 0.001 with β₁ = 0.9 and t₀ =
# 0.

# %% [markdown] i18n="zh" key="E000-08" src="7de12350"
# ## E000-08 · 自己吃掉自己的学习率
#
# 文档 000 §3.4 写道 α ← α·(1 − β₁)ᵗ/(1 − β₁)^t₀。取 α = 0.001，β₁ = 0.9，t₀ = 0，**预测**四步之后的 α。

# %%
alpha, rates = 0.001, []
for t in range(1, 5):
    alpha = alpha * (1 - 0.9) ** t / (1 - 0.9) ** 0
    rates.append(alpha)
print("wrong: alpha =", ", ".join(f"{rate:.0e}" for rate in rates))
assert np.allclose(rates, [1e-4, 1e-6, 1e-9, 1e-13], atol=0)

# %% [markdown] i18n="en" key="E000-08-why"
# Two things went wrong with a formula that exists: 1 − βᵗ became (1 − β)ᵗ, and the result overwrites α, so that it
# shrinks more each time. Kingma & Ba (2015, section 2) write α_t = α·√(1 − β₂ᵗ)/(1 − β₁ᵗ), always from the first α: it
# is bias correction in another form, and it returns to α.

# %% [markdown] i18n="zh" key="E000-08-why" src="3bd8ffac"
# 原本有这样一个公式，这里错了两处：1 − βᵗ 变成了 (1 − β)ᵗ；结果又覆盖了 α，于是一次比一次小。Kingma 与 Ba（2015，第 2
# 节）写的是 α_t = α·√(1 − β₂ᵗ)/(1 − β₁ᵗ)，每次都从最初的 α 算起：它是偏差修正的另一种写法，最后回到 α。

# %%
rates = [0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) for t in (1, 2, 3, 10_000)]
print("right: alpha_t =", ", ".join(f"{rate:.1e}" for rate in rates), "for t = 1, 2, 3, 10000")
assert np.allclose(rates, [3.2e-4, 2.4e-4, 2.0e-4, 1e-3], rtol=0.03)

m = v = theta = 0.0
for t in range(1, 11):  # with these rates, uncorrected m and v walk exactly as Adam does
    m, v = 0.9 * m + 0.1 * 1, 0.999 * v + 0.001 * 1
    theta -= 0.001 * np.sqrt(1 - 0.999**t) / (1 - 0.9**t) * m / np.sqrt(v)
assert np.isclose(theta, descend(optim.Adam, 0.0, 10, f=lambda theta: theta * 1.0, lr=0.001)[-1], rtol=1e-6)

# %% [markdown] i18n="en" key="E000-09"
# ## E000-09 · Averages that start at zero
#
# Document 000 §3.4 steps with m/(√v + ε) as they are. **Predict**: the gradient is 1 every time, so each step should be
# α. How long is the first with β₁ = 0.9, β₂ = 0.999, and how long the longest?

# %% [markdown] i18n="zh" key="E000-09" src="fbd27b37"
# ## E000-09 · 从零开始的平均
#
# 文档 000 §3.4 直接用 m/(√v + ε) 更新。**预测**：梯度每次都是 1，每步本该是 α。β₁ = 0.9，β₂ = 0.999 时，第一步有多长？
# 最长的一步有多长？

# %%
m = v = 0.0
steps = []
for _ in range(100):
    m, v = 0.9 * m + 0.1 * 1, 0.999 * v + 0.001 * 1**2
    steps.append(m / (np.sqrt(v) + 1e-8))
print(f"wrong: first step {steps[0]:.2f} alpha, longest {max(steps):.2f} alpha in step {np.argmax(steps) + 1}")
assert abs(steps[0] - 3.16) < 0.01
assert abs(max(steps) - 6.57) < 0.01

# %% [markdown] i18n="en" key="E000-09-why"
# m and v begin at 0 and are too small at first, v by much more than m: the quotient is too large. Dividing by 1 − βᵗ, t
# counted from 1, mends both (Kingma & Ba 2015). (Or leave m and v, and correct α by the formula of E000-08: one of the
# two, not both.)

# %% [markdown] i18n="zh" key="E000-09-why" src="2602f4cd"
# m 和 v 从 0 开始，起初都偏小，而 v 偏小得多得多，所以商太大。分别除以 1 − βᵗ（t 从 1 数起）就把两者都修正了（Kingma 与
# Ba 2015）。（也可以不动 m、v，改用 E000-08 的公式修正 α：两种办法选一种，不要都用。）

# %%
steps = -np.diff(descend(optim.Adam, 0.0, 100, f=lambda theta: theta * 1.0, lr=0.01)) / 0.01
print(f"right: first step {steps[0]:.2f} alpha, longest {steps.max():.2f} alpha")
assert np.allclose(steps, 1, rtol=1e-6)

# %% [markdown] i18n="en" key="E000-11"
# ## E000-11 · RMSprop that overwrites its own rate
#
# Document 000 §3.5: α ← α/(√s + ε), and then θ ← θ − α∇J. **Predict**, from θ = 0.5 with α = 0.01 and β = 0.9: does θ
# creep, arrive, or fly away?

# %% [markdown] i18n="zh" key="E000-11" src="a40136d8"
# ## E000-11 · 覆盖自己学习率的 RMSprop
#
# 文档 000 §3.5：α ← α/(√s + ε)，然后 θ ← θ − α∇J。从 θ = 0.5 出发，α = 0.01，β = 0.9，**预测**：θ 会慢慢挪、到达，还是
# 飞走？

# %%
theta, s, alpha, wrong = 0.5, 0.0, 0.01, [0.5]
rates = []
for _ in range(300):
    s = 0.9 * s + 0.1 * theta**2
    alpha = alpha / (np.sqrt(s) + 1e-8)  # α ← α/(√s + ε)
    theta = theta - alpha * theta
    wrong.append(theta)
    rates.append(alpha)
print(f"wrong: alpha grows to {max(rates):.1f}; theta jumps to {max(wrong):.1f} and is stuck at {theta:.1f}")
assert abs(max(rates) - 22.7) < 0.1
assert abs(max(wrong) - 59.4) < 0.1
assert abs(theta - 40.5) < 0.1

# %% [markdown] i18n="en" key="E000-11-why"
# While √s is below 1, α is divided by it again and again and grows; θ is thrown out; now √s is large, α shrinks to
# nothing, and θ freezes where it is. Right: θ ← θ − α·g/(√s + ε), with α never changed. (Near the minimum RMSprop
# dithers by about α/2: that is its nature.)

# %% [markdown] i18n="zh" key="E000-11-why" src="86b08a7e"
# √s 小于 1 时，α 一次次除以它，越来越大，θ 被甩出去；这时 √s 变得很大，α 又缩到几乎为零，θ 就冻结在那里。应为 θ ← θ −
# α·g/(√s + ε)，α 始终不变。（在最小值附近，RMSprop 会以约 α/2 的幅度来回摆动，这是它的本性。）

# %%
right = descend(optim.RMSprop, 0.5, 300, lr=0.01, alpha=0.9)
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(wrong[:81], color="tab:red", label="document 000: α overwritten")
ax.plot(right[:81], color="tab:blue", label="RMSprop: α kept")
ax.set(xlabel="step", ylabel="θ", title="one jump, then frozen")
ax.legend()
print(f"right: theta = {right[-1]:.4f}")
assert abs(right[-1]) < 0.006

# %% [markdown] i18n="en" key="E000-12"
# ## E000-12 · A "multilayer perceptron" without a layer
#
# Document 000 §4 announces a multilayer perceptron and gives it XOR. Its model is `X.dot(theta)`. **Predict** the four
# answers it ends with.

# %% [markdown] i18n="zh" key="E000-12" src="d606586e"
# ## E000-12 · 没有“层”的“多层感知机”
#
# 文档 000 §4 说要用多层感知机来学异或，可它的模型是 `X.dot(theta)`。**预测**它最后给出的四个答案。

# %%
X, y = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), np.array([0, 1, 1, 0])
theta = np.zeros(2)
for _ in range(1000):
    theta -= 0.01 * X.T.dot(X.dot(theta) - y) / len(y)
p = X.dot(theta)
print(f"wrong: answers {p.round(2)}, MSE {np.mean((p - y) ** 2):.3f}, right in {np.mean((p > 0.5) == y):.0%}")
assert np.allclose(p, [0, 1 / 3, 1 / 3, 2 / 3], atol=1e-3)
assert np.mean((p > 0.5) == y) == 0.25
with_bias = np.column_stack([X, np.ones(4)])
assert np.allclose(with_bias @ np.linalg.lstsq(with_bias, y, rcond=None)[0], 0.5)

# %% [markdown] i18n="en" key="E000-12-why"
# `X.dot(theta)` is a linear regression, without a bias, a hidden layer or a bend; no line separates XOR (Minsky &
# Papert 1969), and a bias would only make all four answers ½. A perceptron is one neuron with a threshold; a
# *multilayer* one needs a bend between two layers (Goodfellow, Bengio, Courville 2016, §6.1). See [tutorial
# 10](10_xor.py).

# %% [markdown] i18n="zh" key="E000-12-why" src="3fcd0c80"
# `X.dot(theta)` 只是线性回归：没有偏置，没有隐藏层，也没有非线性。没有直线能分开异或（Minsky 与 Papert 1969），加上偏置
# 也只会让四个答案都变成 ½。感知机是一个带阈值的神经元；*多层*感知机的两层之间需要非线性（Goodfellow、Bengio、Courville
# 2016，§6.1）。见[教程 10](10_xor.py)。

# %%
mg.manual_seed(0)
xor = mg.datasets.XOR()
network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
optimizer = optim.Adam(network.parameters(), lr=0.05)
for _ in range(300):
    optimizer.zero_grad()
    F.binary_cross_entropy_with_logits(network(xor.inputs), xor.targets).backward()
    optimizer.step()

fig, axes = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
line = mg.tensor(theta, dtype=mg.float32)
plot_decision_boundary(lambda points: points @ line - 0.5, xor.inputs, xor.targets, ax=axes[0])
plot_decision_boundary(network, xor.inputs, xor.targets, ax=axes[1])
axes[0].set_title("document 000: a line")
axes[1].set_title("a hidden layer and a bend")
p = mg.sigmoid(network(xor.inputs)).detach().numpy()[:, 0]
print(f"right: answers {p.round(2)}, right in {np.mean((p > 0.5) == y):.0%}")
assert np.abs(p - y).max() < 0.1

# %% [markdown] i18n="en" key="E000-14"
# ## E000-14 · The right answer by wrong steps
#
# Document 000 §4.2 corrects the bias with `1 - beta1 ** iterations`, where `iterations` is 1000 all the time.
# **Predict**: is the θ it prints at the end wrong? And the first steps?

# %% [markdown] i18n="zh" key="E000-14" src="c691efa3"
# ## E000-14 · 步步走错，答案却对
#
# 文档 000 §4.2 做偏差修正时写的是 `1 - beta1 ** iterations`，而 `iterations` 一直是 1000。**预测**：它最后打印的 θ 是错
# 的吗？最初几步呢？


# %%
def first_weight(steps, power):
    """θ₁ after each step of document 000 §4.2, with its bias correction to the power of `power(i)`."""
    theta, m, v, path = np.zeros(2), np.zeros(2), np.zeros(2), [0.0]
    for i in range(steps):
        gradient = X.T.dot(X.dot(theta) - y) / len(y)
        m, v = 0.9 * m + 0.1 * gradient, 0.99 * v + 0.01 * gradient**2
        m_hat, v_hat = m / (1 - 0.9 ** power(i)), v / (1 - 0.99 ** power(i))
        theta = theta - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)
        path.append(theta[0])
    return np.array(path)


wrong = first_weight(1000, lambda i: 1000)
steps = np.diff(wrong) / 0.01
print(f"wrong: the end is {wrong[-1]:.4f}, as it should be; steps 1, 2, 5, 10 / alpha = {steps[[0, 1, 4, 9]].round(2)}")
assert abs(wrong[-1] - 1 / 3) < 1e-4
assert np.allclose(steps[[0, 1, 4, 9]], [1.00, 1.35, 1.83, 1.96], atol=0.01)

# %% [markdown] i18n="en" key="E000-14-why"
# 0.9¹⁰⁰⁰ is about 10⁻⁴⁶, so nothing is corrected; t must be the number of *this* step, `i + 1`. With the document's β₂
# = 0.99 even the very first step is right, by accident: 0.1/√0.01 = 1. Neither a test of the result nor of one step
# finds it; one of steps 1 to 10 does.

# %% [markdown] i18n="zh" key="E000-14-why" src="ab65cd13"
# 0.9¹⁰⁰⁰ 约为 10⁻⁴⁶，等于什么也没修正；t 应是*这一步*的序号 `i + 1`。文档取 β₂ = 0.99，于是连第一步也碰巧是对
# 的：0.1/√0.01 = 1。只测最后结果、或只测一步，都发现不了；测第 1 到第 10 步就能发现。

# %%
theta = mg.zeros(2, dtype=mg.float64, requires_grad=True)
optimizer = optim.Adam([theta], lr=0.01, betas=(0.9, 0.99))
right = [0.0]
for _ in range(30):
    optimizer.zero_grad()
    loss = ((mg.tensor(X, dtype=mg.float64) @ theta - mg.tensor(y, dtype=mg.float64)) ** 2).mean() / 2
    loss.backward()
    optimizer.step()
    right.append(theta[0].item())
steps_right = np.diff(right) / 0.01
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(range(1, 31), steps[:30], ".-", color="tab:red", label="document 000: t = 1000")
ax.plot(range(1, 31), steps_right, ".-", color="tab:blue", label="t = 1, 2, 3 …")
ax.set(xlabel="step", ylabel="step / α", ylim=(0, 2.2), title="Adam's first steps on XOR")
ax.legend()
print(f"right: steps 1, 2, 5, 10 / alpha = {steps_right[[0, 1, 4, 9]].round(2)}")
assert np.allclose(steps_right[[0, 1, 4, 9]], [1.00, 1.00, 0.99, 0.97], atol=0.01)
assert np.allclose(right, first_weight(30, lambda i: i + 1), rtol=1e-6)  # the document's code, with i + 1

# %% [markdown] i18n="en" key="document-001"
# ---
# # Document 001: tuning
#
# Gradient descent is right. The recipes for Adam and RMSprop are not those algorithms, and none of the three programs
# runs. Its data, with the seed fixed so that the numbers below are yours, too:

# %% [markdown] i18n="zh" key="document-001" src="d1bb7011"
# ---
# # 文档 001：调参技巧
#
# 梯度下降是对的。Adam 与 RMSprop 的步骤却不是这两个算法，三段程序也没有一段能运行。
# 下面是它的数据；随机种子已固定，所以你会得到同样的数：

# %%
random = np.random.default_rng(0)
points, noise = random.normal(0, 1, 100), random.normal(0, 0.1, 100)
targets = 2 + 3 * points + noise  # E001-11 says why not 0 + 0·x
x_mg, y_mg = mg.tensor(points, dtype=mg.float64), mg.tensor(targets, dtype=mg.float64)


def line_loss(theta_0, theta_1):
    """J(θ₀, θ₁), the mean squared error of a line, recorded by minigrad."""
    return F.mse_loss(theta_0 + theta_1 * x_mg, y_mg)


def two_zeros():
    return [mg.zeros((), dtype=mg.float64, requires_grad=True) for _ in range(2)]


# %% [markdown] i18n="en" key="E001-01"
# ## E001-01 · B · Training is not tuning
#
# Document 001 §1 and §2 call it tuning to change a model's parameters by the value of the loss, and list gradient
# descent as a trick of tuning. If the two were one thing, the weight λ of a penalty could be found as θ is: by
# descending on J(θ) + λ‖θ‖². **Predict** where λ goes, starting at 1.

# %% [markdown] i18n="zh" key="E001-01" src="7241450e"
# ## E001-01 · B · 训练不是调参
#
# 文档 001 §1、§2 把“根据损失值调整模型参数”叫作调参，还把梯度下降列为调参技巧。如果两者是一回事，惩罚项的系数 λ 就可以
# 像 θ 那样求出来：沿 J(θ) + λ‖θ‖² 下降。**预测**：从 1 出发，λ 会走到哪里？

# %%
seeded = np.random.default_rng(0)
weights = seeded.normal(0, 0.5, 20)
rows = {name: seeded.normal(size=(n, 20)) for name, n in (("training", 30), ("validation", 100), ("test", 500))}
replies = {name: table @ weights + seeded.normal(0, 2, len(table)) for name, table in rows.items()}
theta, lam = np.zeros(20), 1.0
for _ in range(1000):
    slope_of_lam = theta @ theta  # ∂/∂λ of J(θ) + λ‖θ‖²
    r = rows["training"] @ theta - replies["training"]
    theta = theta - 0.05 * (2 * rows["training"].T @ r / 30 + 2 * lam * theta)
    lam = max(0.0, lam - 0.05 * slope_of_lam)  # λ "tuned" as θ is trained
wrong = {name: np.mean((rows[name] @ theta - replies[name]) ** 2) for name in rows}
print(f"wrong: lambda = {lam}; training loss {wrong['training']:.1f}, test loss {wrong['test']:.1f}")
assert lam == 0
assert abs(wrong["training"] - 1.33) < 0.01
assert abs(wrong["test"] - 10.8) < 0.1

# %% [markdown] i18n="en" key="E001-01-why"
# The slope along λ is ‖θ‖², never negative, so λ only falls, until there is no penalty left. Descent on the training
# data finds **parameters**. **Hyper-parameters** (λ, α, batch size, epochs) are chosen by comparing whole trainings on
# *validation* data. See [tutorial 14](14_overfitting.py).

# %% [markdown] i18n="zh" key="E001-01-why" src="4ba3e411"
# 沿 λ 的斜率是 ‖θ‖²，从不为负，所以 λ 只会减小，直到惩罚完全消失。在训练数据上下降，求得的
# 是**参数**；**超参数**（λ、α、批大小、轮数）要靠在*验证*数据上比较一次次完整的训练来选定。
# 见[教程 14](14_overfitting.py)。

# %%
table, reply = (mg.tensor(part["training"], dtype=mg.float64) for part in (rows, replies))
found = {}
for lam in (0, 0.03, 0.1, 0.3, 1):
    theta = mg.zeros(20, dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([theta], lr=0.1)
    for _ in range(150):  # a whole training for each λ
        optimizer.zero_grad()
        (F.mse_loss(table @ theta, reply) + lam * (theta**2).sum()).backward()
        optimizer.step()
    found[lam] = {name: np.mean((rows[name] @ theta.detach().numpy() - replies[name]) ** 2) for name in rows}
chosen = min(found, key=lambda lam: found[lam]["validation"])
print(f"right: chosen on validation data: lambda = {chosen}; test loss {found[chosen]['test']:.1f}")
assert chosen == 0.1
assert abs(found[chosen]["test"] - 6.22) < 0.1
assert min(found, key=lambda lam: found[lam]["training"]) == 0  # the training loss would always say: no penalty

# %% [markdown] i18n="en" key="E001-03"
# ## E001-03 · B · Adam never sees the loss
#
# Document 001 §3.3 says that dynamic rates such as Adam's adapt to the *value of the loss*. Below is a rate that does:
# α = 0.1·J. **Predict**: we add 1000 to the loss, which changes no gradient. What happens to that rule, and what to
# Adam?

# %% [markdown] i18n="zh" key="E001-03" src="1d6a4056"
# ## E001-03 · B · Adam 从来不看损失
#
# 文档 001 §3.3 说，Adam 这类动态学习率是根据“损失值”调整的。下面就写一个真这么做的：α = 0.1·J。**预测**：给损失加上
# 1000，梯度一点不变。这个规则会怎样？Adam 又会怎样？

# %%
ends = {}
for constant in (0, 1000):
    theta = 1.0
    for _ in range(4):
        theta -= 0.1 * (toy(theta) + constant) * theta  # a rate that follows the value of the loss
    ends[constant] = theta
    print(f"wrong: f + {constant}: theta = {theta:.3g}")
assert 0 < ends[0] < 1
assert abs(ends[1000]) > 1e6

# %% [markdown] i18n="en" key="E001-03-why"
# Adam and RMSprop know nothing but gradients (Kingma & Ba 2015). What looks at the loss is `ReduceLROnPlateau`, and it
# only compares.

# %% [markdown] i18n="zh" key="E001-03-why" src="1892d726"
# Adam 和 RMSprop 只知道梯度（Kingma 与 Ba 2015）。会看损失的是 `ReduceLROnPlateau`，而且它只比较大小。

# %%
plain = descend(optim.Adam, 1.0, 50, lr=0.1)
lifted = descend(optim.Adam, 1.0, 50, f=lambda theta: toy(theta) + 1000, lr=0.1)
print(f"right: Adam on f ends at {plain[-1]:.6f}, on f + 1000 at {lifted[-1]:.6f}")
assert (plain == lifted).all()

# %% [markdown] i18n="en" key="E001-04"
# ## E001-04 · B · Adam clips nothing
#
# Document 001 §3.3.1 says that Adam joins a dynamic rate and gradient *clipping*. Clipping has a threshold: a gradient
# above it is cut, one below it is not. **Predict**: multiply the loss by 1000. Does clipped descent walk the same path?
# Does Adam?

# %% [markdown] i18n="zh" key="E001-04" src="7b9ba984"
# ## E001-04 · B · Adam 什么也没有裁剪
#
# 文档 001 §3.3.1 说 Adam 结合了动态学习率和*梯度裁剪*。裁剪有一个阈值：超过的才截短，没超过的不动。**预测**：把损失乘以
# 1000。带裁剪的下降还会走同一条路吗？Adam 呢？

# %%
ends = []
for factor in (1, 1000):
    theta = mg.tensor(0.5, dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([theta], lr=0.1)
    for _ in range(3):
        optimizer.zero_grad()
        (factor * toy(theta)).backward()
        nn.utils.clip_grad_norm_([theta], max_norm=1.0)  # this is clipping
        optimizer.step()
    ends.append(theta.item())
print(f"wrong: clipped descent goes from 0.5 to {ends[0]:.3f}, with 1000 times the loss to {ends[1]:.3f}")
assert np.allclose(ends, [0.5 * 0.9**3, 0.5 - 3 * 0.1])  # never cut; cut to 1 in each of the three steps

# %% [markdown] i18n="en" key="E001-04-why"
# Adam divides by the size of the gradients, so a constant factor cancels; there is no threshold. It joins RMSprop's
# scaling with momentum. Clipping is a tool of its own (Pascanu et al. 2013).

# %% [markdown] i18n="zh" key="E001-04-why" src="688207b0"
# Adam 除以梯度自身的大小，常数因子就约掉了，根本没有阈值。它结合的是 RMSprop 的缩放与动量。裁剪是另一件工具（Pascanu 等
# 2013）。

# %%
once = descend(optim.Adam, 0.5, 50, lr=0.01)
thousand = descend(optim.Adam, 0.5, 50, f=lambda theta: 1000 * toy(theta), lr=0.01)
print(f"right: Adam goes from 0.5 to {once[-1]:.6f}, with 1000 times the loss to {thousand[-1]:.6f}")
assert np.allclose(once, thousand, atol=1e-6)

# %% [markdown] i18n="en" key="E001-05"
# ## E001-05 · A start without a state
#
# Document 001 §3.3.1, step 1, starts Adam with θ and "its gradient ∇θ". Later steps need a t that nobody set.
# **Predict**: what does Python say to a program that follows the recipe? And if you take that gradient as the first m
# and correct it as Adam does, how much too large is m̂?

# %% [markdown] i18n="zh" key="E001-05" src="2a8f41a7"
# ## E001-05 · 没有状态的开头
#
# 文档 001 §3.3.1 的第 1 步，用 θ 和“其梯度 ∇θ”来初始化 Adam。后面的步骤用到了 t，却没有人给它赋过值。**预测**：照这个步
# 骤写的程序，Python 会说什么？如果把这个梯度当作最初的 m，再按 Adam 修正，m̂ 会大多少倍？

# %%
known = {"average": 1.0, "beta_2": 0.999}  # all that step 5 has; the recipe says nothing of t
message = crash(NameError, lambda: exec("rms = average / (1 - beta_2**t) ** 0.5", known))
assert "'t'" in message

g = 1.0
m = 0.9 * g + 0.1 * g  # started at the gradient, not at 0
m_hat = m / (1 - 0.9**1)
print(f"wrong: m_hat = {m_hat:.1f} for a gradient of 1")
assert abs(m_hat - 10) < 1e-9

# %% [markdown] i18n="en" key="E001-05-why"
# Right: m = 0, v = 0, t = 0, and t grows by 1 before it is used; only an average that started at 0 may be divided by 1
# − β₁ᵗ (Kingma & Ba 2015).

# %% [markdown] i18n="zh" key="E001-05-why" src="4ca22003"
# 应为 m = 0，v = 0，t = 0，使用之前先令 t 加 1；只有从 0 开始的平均，才可以除以 1 − β₁ᵗ（Kingma 与 Ba 2015）。

# %%
theta = mg.tensor(1.0, dtype=mg.float64, requires_grad=True)
optimizer = optim.Adam([theta], lr=0.01)  # m = 0, v = 0, t = 0
toy(theta).backward()
optimizer.step()
state = optimizer.state[theta]
t = int(state["step"].item())
m_hat = state["exp_avg"].item() / (1 - 0.9**t)
print(f"right: after one step t = {t}, m_hat = {m_hat:.1f}")
assert t == 1
assert abs(m_hat - 1) < 1e-9

# %% [markdown] i18n="en" key="E001-06"
# ## E001-06 · The step comes first, and is plain
#
# In document 001 §3.3.1, step 3 is θ ← θ − α∇θᵢ: θ moves along the raw gradient, before any average exists.
# **Predict**: multiply the gradient by 100; how much longer is the first step?

# %% [markdown] i18n="zh" key="E001-06" src="22e42c36"
# ## E001-06 · 先更新，而且是最普通的更新
#
# 文档 001 §3.3.1 的第 3 步是 θ ← θ − α∇θᵢ：还没有任何平均，θ 就先沿原始梯度走了。**预测**：把梯度乘以 100，第一步会长多
# 少？

# %%
alpha, firsts = 0.01, []
for scale in (1, 100):
    theta, g = 1.0, scale * 1.0
    theta -= alpha * g  # step 3, before steps 4 to 6
    firsts.append(1.0 - theta)
sgd = 1.0 - descend(optim.SGD, 1.0, 1, lr=0.01)[1]
print(f"wrong: first steps {firsts[0]:.2f} and {firsts[1]:.2f}; SGD's is {sgd:.2f}")
assert abs(firsts[0] - sgd) < 1e-12
assert abs(firsts[1] / firsts[0] - 100) < 1e-9

# %% [markdown] i18n="en" key="E001-06-why"
# Step 3 is SGD's step; the averages of the later lines reach θ only through α, never the direction. Adam's order is g,
# m, v, m̂, v̂ and then θ, and its first step is α, whatever the gradient's size (Kingma & Ba 2015).

# %% [markdown] i18n="zh" key="E001-06-why" src="5e361793"
# 第 3 步就是 SGD 的一步；后面几行的平均只能通过 α 影响 θ，从不影响方向。Adam 的次序是 g、m、v、m̂、v̂，最后才是 θ；不管
# 梯度多大，它的第一步都是 α（Kingma 与 Ba 2015）。

# %%
firsts = [1.0 - descend(optim.Adam, 1.0, 1, f=lambda t, k=scale: k * toy(t), lr=0.01)[1] for scale in (1, 100)]
print(f"right: first steps {firsts[0]:.4f} and {firsts[1]:.4f}")
assert np.allclose(firsts, 0.01, rtol=1e-6)

# %% [markdown] i18n="en" key="E001-07"
# ## E001-07 · A root mean square without squares
#
# Document 001 §3.3.1, step 5: ∇θ_rms ← ∇θ/√(1 − β₂ᵗ), where ∇θ is the running *mean*. **Predict**: gradients of −1, 1,
# −1, 1 … have a root mean square of 1. What does that formula give after 99 and after 100 of them?

# %% [markdown] i18n="zh" key="E001-07" src="cd96c6bf"
# ## E001-07 · 没有平方的均方根
#
# 文档 001 §3.3.1 第 5 步：∇θ_rms ← ∇θ/√(1 − β₂ᵗ)，其中 ∇θ 是滑动*平均*。**预测**：梯度依次为 −1、1、−1、1……，均方根是
# 1。看过 99 个、100 个之后，这个公式分别给出什么？

# %%
average, found = 0.0, {}
for t in range(1, 101):
    average = 0.9 * average + 0.1 * (-1) ** t
    found[t] = average / np.sqrt(1 - 0.999**t)  # step 5
print(f"wrong: the 'RMS' is {found[99]:.2f} after 99 gradients, {found[100]:.2f} after 100")
assert found[99] < 0
assert 0.16 < found[100] < 0.18

# %% [markdown] i18n="en" key="E001-07-why"
# A mean, divided by something, is still a mean: it cancels, and it has a sign. Adam keeps a second average, of squares:
# v ← β₂v + (1 − β₂)g², v̂ = v/(1 − β₂ᵗ), and √v̂ is the RMS (Kingma & Ba 2015).

# %% [markdown] i18n="zh" key="E001-07-why" src="c82840bf"
# 平均除以一个数，仍然是平均：会正负抵消，还会带符号。Adam 另有一个平方的平均：v ← β₂v + (1 − β₂)g²，v̂ = v/(1 −
# β₂ᵗ)，√v̂ 才是均方根（Kingma 与 Ba 2015）。

# %%
v = 0.0
for t in range(1, 101):
    v = 0.999 * v + 0.001 * ((-1) ** t) ** 2  # v ← β₂v + (1 − β₂)g²
rms = np.sqrt(v / (1 - 0.999**100))
print(f"right: sqrt(v_hat) = {rms:.6f}")
assert abs(rms - 1) < 1e-9

# %% [markdown] i18n="en" key="E001-08"
# ## E001-08 · The safety constant as a learning rate
#
# Document 001 §3.3.1, step 6: α ← ε/√(∇θ_rms² + ε), and then θ ← θ − α∇J. **Predict** θ after one step from 1 with α =
# 0.01, and after a thousand, for ε = 10⁻⁸.

# %% [markdown] i18n="zh" key="E001-08" src="8160efa2"
# ## E001-08 · 把保险用的小常数当成学习率
#
# 文档 001 §3.3.1 第 6 步：α ← ε/√(∇θ_rms² + ε)，然后 θ ← θ − α∇J。ε = 10⁻⁸，α = 0.01，从 1 出发，**预测**一步之后的 θ，
# 以及一千步之后的 θ。

# %%
theta, alpha, average, epsilon = 1.0, 0.01, 0.0, 1e-8
for t in range(1, 1001):
    g = theta
    theta -= alpha * g
    average = 0.9 * average + 0.1 * g
    rms = average / np.sqrt(1 - 0.999**t)
    alpha = epsilon / np.sqrt(rms**2 + epsilon)  # step 6
    if t in (1, 1000):
        print(f"wrong: after {t} steps theta = {theta:.6f}, alpha = {alpha:.0e}")
assert abs(theta - 0.98999) < 1e-4

# %% [markdown] i18n="en" key="E001-08-why"
# The ε that keeps a denominator from 0 has landed in the numerator and replaced the rate: after the first step nothing
# moves any more. Right: θ ← θ − α·m̂/(√v̂ + ε), α untouched (Kingma & Ba 2015).

# %% [markdown] i18n="zh" key="E001-08-why" src="127a1d78"
# 本来用来防止分母为 0 的 ε 跑到了分子上，还取代了学习率：第一步之后就再也不动了。应为 θ ← θ − α·m̂/(√v̂ + ε)，α 不变
# （Kingma 与 Ba 2015）。

# %%
path = descend(optim.Adam, 1.0, 1000, lr=0.01)
print(f"right: after 1 step theta = {path[1]:.6f}, after 1000 {abs(path[1000]):.6f}")
assert abs(path[1000]) < 1e-2

# %% [markdown] i18n="en" key="E001-09"
# ## E001-09 · RMSprop with a line too many
#
# Document 001 §3.3.2 describes RMSprop by "the mean and the sum of squares" of the gradients; step 4 keeps the mean.
# **Predict**: leave step 4 out; where does θ go then?

# %% [markdown] i18n="zh" key="E001-09" src="c8eb1057"
# ## E001-09 · 多出一行的 RMSprop
#
# 文档 001 §3.3.2 说 RMSprop 用的是梯度的“平均值和平方和”，第 4 步就是更新这个平均值。**预测**：删掉第 4 步，θ 会走到哪
# 里？


# %%
def rmsprop_001(step_4):
    theta, alpha, average, s, path = 1.0, 0.01, 0.0, 0.0, []
    for _ in range(50):
        g = theta
        theta -= alpha * g
        if step_4:
            average = 0.9 * average + 0.1 * g
        s = 0.9 * s + 0.1 * g**2
        alpha = 1e-8 / (np.sqrt(s) + 1e-8)
        path.append(theta)
    return path


print("wrong: the path is the same without step 4:", rmsprop_001(True) == rmsprop_001(False))
assert rmsprop_001(True) == rmsprop_001(False)

# %% [markdown] i18n="en" key="E001-09-why"
# Nothing reads the mean of step 4. And s is no sum: a sum, as in AdaGrad (Duchi et al. 2011), only grows; RMSprop's
# average of squares forgets. A mean is used in one variant, *centered* RMSprop, which divides by √(s − ḡ²).

# %% [markdown] i18n="zh" key="E001-09-why" src="4870be3f"
# 没有任何地方读第 4 步的平均值。s 也不是“和”：像 AdaGrad（Duchi 等 2011）那样的和只增不减，而 RMSprop 的平方平均会遗
# 忘。只有一个变体用到平均值，即*中心化*的 RMSprop，它除以 √(s − ḡ²)。

# %%
slope_of_1 = {"f": lambda theta: theta * 1.0, "start": 0.0, "steps": 100, "lr": 0.01}
forgetting = -np.diff(descend(optim.RMSprop, alpha=0.9, **slope_of_1))  # an average: s tends to 1
summing = -np.diff(descend(optim.Adagrad, **slope_of_1))  # a sum: s is 100 after 100 steps
print(f"right: step 100 for a gradient of 1 every time: RMSprop {forgetting[-1]:.4f}, AdaGrad {summing[-1]:.4f}")
assert abs(forgetting[-1] - 0.01) < 1e-4
assert abs(summing[-1] - 0.001) < 1e-5
theta, g = [mg.tensor([1.0, 1.0], requires_grad=True) for _ in range(2)], mg.tensor([1.0, -2.0])
for parameter, centered in zip(theta, (False, True), strict=True):
    optimizer = optim.RMSprop([parameter], lr=0.01, centered=centered)
    for _ in range(3):
        optimizer.zero_grad()
        (g * parameter).sum().backward()
        optimizer.step()
assert not mg.allclose(*theta)  # here the mean is used

# %% [markdown] i18n="en" key="E001-10"
# ## E001-10 · The same ε again
#
# Document 001 §3.3.2, step 6: α ← ε/(√s + ε). **Predict**, knowing E001-08: where is θ after 1000 steps from 1?

# %% [markdown] i18n="zh" key="E001-10" src="dc0f179b"
# ## E001-10 · 又是那个 ε
#
# 文档 001 §3.3.2 第 6 步：α ← ε/(√s + ε)。看过 E001-08，请**预测**：从 1 出发，1000 步之后 θ 在哪里？

# %%
theta, alpha, s = 1.0, 0.01, 0.0
for _ in range(1000):
    g = theta
    theta -= alpha * g
    s = 0.9 * s + 0.1 * g**2
    alpha = 1e-8 / (np.sqrt(s) + 1e-8)  # step 6
print(f"wrong: theta = {theta:.5f} after 1000 steps, alpha = {alpha:.0e}")
assert abs(theta - 0.98999) < 1e-4

# %% [markdown] i18n="en" key="E001-10-why"
# The numerator must be α, the rate you chose: θ ← θ − α·g/(√s + ε). A quick test for any such formula: put in a
# constant gradient and ask how long a step is. RMSprop's must come out as α.

# %% [markdown] i18n="zh" key="E001-10-why" src="3b5f6904"
# 分子应是你选定的学习率 α：θ ← θ − α·g/(√s + ε)。检查这类公式有个快办法：代入一个恒定的梯度，问一步有多长。RMSprop 的答
# 案应当是 α。

# %%
path = descend(optim.RMSprop, 1.0, 1000, lr=0.01, alpha=0.9)
print(f"right: theta = {abs(path[-1]):.4f} after 1000 steps")
assert abs(path[-1]) < 0.006

# %% [markdown] i18n="en" key="E001-11"
# ## E001-11 · Data with nothing in it
#
# Document 001 §4.2 to §4.4 makes its data with `y = theta_0 + theta_1 * x + …` right after `theta_0 = 0` and `theta_1 =
# 0`. **Predict** the correlation of x and y.

# %% [markdown] i18n="zh" key="E001-11" src="b0f1da2d"
# ## E001-11 · 什么也没有的数据
#
# 文档 001 §4.2 至 §4.4 在 `theta_0 = 0`、`theta_1 = 0` 之后，紧接着用 `y = theta_0 + theta_1 * x + …` 生成数
# 据。**预测** x 与 y 的相关系数。

# %%
theta_0 = theta_1 = 0
y = theta_0 + theta_1 * points + noise
print(f"wrong: correlation of x and y {np.corrcoef(points, y)[0, 1]:.2f}, variance of y {y.var():.4f}")
assert abs(np.corrcoef(points, y)[0, 1]) < 0.3
assert y.var() < 0.02

# %% [markdown] i18n="en" key="E001-11-why"
# The names of the guess were used for the truth: y is noise alone, and the best line is, up to that noise, the one the
# program starts from. So a broken program *looks* as if it worked. Data for a test need a truth of their own, such as
# (2, 3).

# %% [markdown] i18n="zh" key="E001-11-why" src="ce1241e5"
# 文档把“初始猜测”的变量当成了“真实参数”：y 只有噪声，最好的直线除了这点噪声，就是程序的起点。于是坏掉的程序*看上去*也像
# 成功了。用来检验的数据要有自己的真实参数，例如 (2, 3)。

# %%
data = mg.datasets.LinearRegression(n=100, theta=(2.0, 3.0), noise=0.1, generator=mg.Generator(0))
correlation = np.corrcoef(data.inputs.numpy()[:, 0], data.targets.numpy()[:, 0])[0, 1]
print(f"right: correlation of x and y {correlation:.3f}")
assert correlation > 0.99

# %% [markdown] i18n="en" key="E001-12"
# ## E001-12 · One number for two names
#
# In all three programs of document 001 §4, `grad` returns one number, and the loop writes `grad_theta_0, grad_theta_1 =
# grad(theta_0, theta_1)`. **Predict** the error.

# %% [markdown] i18n="zh" key="E001-12" src="ac0e5dbe"
# ## E001-12 · 一个数，两个名字
#
# 文档 001 §4 的三段程序里，`grad` 只返回一个数，而循环里写的是
# `grad_theta_0, grad_theta_1 = grad(theta_0, theta_1)`。**预测**报什么错。


# %%
def grad(theta_0, theta_1):
    return (1 / 100) * np.sum((-2 * (targets - (theta_0 + theta_1 * points))) * (-points))


def unpack():
    grad_theta_0, grad_theta_1 = grad(0, 0)
    return grad_theta_0, grad_theta_1


assert "cannot unpack" in crash(TypeError, unpack)

# %% [markdown] i18n="en" key="E001-12-why"
# A gradient has one slope for each parameter; the formula given is (but for its sign, E001-13) that for θ₁, and the one
# for θ₀ is missing: ∂J/∂θ₀ = mean(−2r), ∂J/∂θ₁ = mean(−2r·x), with r = y − (θ₀ + θ₁x).

# %% [markdown] i18n="zh" key="E001-12-why" src="e1dc7672"
# 梯度对每个参数各有一个斜率；它给的公式是对 θ₁ 的（符号还反了，见 E001-13），对 θ₀ 的缺失了：∂J/∂θ₀ = mean(−2r)，∂J/∂θ₁
# = mean(−2r·x)，其中 r = y − (θ₀ + θ₁x)。

# %%
theta = two_zeros()
slopes = [g.item() for g in mg.autograd.grad(line_loss(*theta), theta)]
print(f"right: dJ/dtheta_0 = {slopes[0]:.3f}, dJ/dtheta_1 = {slopes[1]:.3f}")
assert np.allclose(slopes, [np.mean(-2 * targets), np.mean(-2 * targets * points)])

# %% [markdown] i18n="en" key="E001-13"
# ## E001-13 · One minus too many
#
# The same `grad` multiplies −2(y − ŷ) by −x. The derivative of ŷ = θ₀ + θ₁x by θ₁ is +x; the minus is already in the
# −2. **Predict**: where does descent with this slope go? A gradient check of one line finds it, and minigrad's even
# names the cause: below, the document's formula is given to minigrad as a rule.

# %% [markdown] i18n="zh" key="E001-13" src="9f050edd"
# ## E001-13 · 多了一个负号
#
# 还是这个 `grad`：它把 −2(y − ŷ) 乘以 −x。ŷ = θ₀ + θ₁x 对 θ₁ 的导数是 +x，负号已经在 −2 里了。**预测**：用这个斜率下
# 降，会走到哪里？一行梯度检验就能发现，minigrad 还会说出原因：下面把文档的公式当作求导规则交给它。

# %%


@mg.primitive()
def loss_001(theta_1):
    """J(0, θ₁)."""
    return np.mean((targets - theta_1 * points) ** 2)


loss_001.defvjp(lambda g, out, theta_1: g * grad(0, theta_1))  # document 001's slope
at_zero = mg.zeros((), dtype=mg.float64, requires_grad=True)
assert "wrong sign" in crash(AssertionError, lambda: gradcheck(loss_001, at_zero))

theta_1, step = 0.0, 0
while abs(theta_1) < 1e6:
    theta_1, step = theta_1 - 0.01 * grad(0, theta_1), step + 1
print(f"wrong: |theta_1| passes a million in step {step}")
assert step < 1000

# %% [markdown] i18n="en" key="E001-13-why"
# Both slopes, right, find (2, 3). [Tutorial 03](03_your_own_op.py) explains the check.

# %% [markdown] i18n="zh" key="E001-13-why" src="d8241964"
# 用两个正确的斜率，就能找到 (2, 3)。梯度检验见[教程 03](03_your_own_op.py)。

# %%
theta = two_zeros()
assert gradcheck(line_loss, tuple(theta))
optimizer = optim.SGD(theta, lr=0.1)
for _ in range(200):
    optimizer.zero_grad()
    line_loss(*theta).backward()
    optimizer.step()
print(f"right: theta = ({theta[0].item():.3f}, {theta[1].item():.3f})")
assert abs(theta[0].item() - 2) < 0.05
assert abs(theta[1].item() - 3) < 0.05

# %% [markdown] i18n="en" key="E001-14"
# ## E001-14 · The sample that nobody looks at
#
# Document 001 §4.3 is to be SGD: the loop draws `idx = np.random.randint(0, 100)`. But `grad` takes no index.
# **Predict**: how do its results differ from those of §4.2 on the same data? (Both below have the slopes mended, so
# that they run.)

# %% [markdown] i18n="zh" key="E001-14" src="5d6a8852"
# ## E001-14 · 抽了样本，却没有人看
#
# 文档 001 §4.3 本应是 SGD：循环里抽了 `idx = np.random.randint(0, 100)`，可是 `grad` 并不接收下标。**预测**：在同一份数
# 据上，它的结果与 §4.2 有什么不同？（下面两段都改好了斜率，否则运行不了。）


# %%
def fit(draw):
    theta = np.zeros(2)
    for _ in range(1000):
        if draw:
            idx = random.integers(0, 100)  # noqa: F841 - drawn, and never used
        r = targets - (theta[0] + theta[1] * points)
        theta -= 0.01 * np.array([np.mean(-2 * r), np.mean(-2 * r * points)])
    return theta


print(f"wrong: gradient descent {fit(draw=False)}, 'SGD' {fit(draw=True)}")
assert (fit(draw=False) == fit(draw=True)).all()

# %% [markdown] i18n="en" key="E001-14-why"
# Drawing a sample is not using it: the gradient must be that of `x[idx]`, `y[idx]`. A variable that is set and never
# read is worth a second look; a linter finds it.

# %% [markdown] i18n="zh" key="E001-14-why" src="4f05f296"
# 抽样不等于用样本：梯度必须由 `x[idx]`、`y[idx]` 算出。一个只赋值、从不读取的变量值得再看一眼；代码检查工具能找到它。

# %%
theta = two_zeros()
optimizer = optim.SGD(theta, lr=0.01)
for _ in range(1000):
    idx = random.integers(0, 100)
    optimizer.zero_grad()
    ((theta[0] + theta[1] * x_mg[idx] - y_mg[idx]) ** 2).backward()  # one sample, and it is used
    optimizer.step()
end = np.array([theta[0].item(), theta[1].item()])
print(f"right: SGD {end}, near (2, 3), but another path")
assert np.abs(end - [2, 3]).max() < 0.2
assert not np.allclose(end, fit(draw=False), atol=1e-6)

# %% [markdown] i18n="en" key="E001-15"
# ## E001-15 · A vector for a number
#
# Document 001 §4.4: `theta_0 -= alpha * m_hat / (np.sqrt(v_hat) + epsilon)`, where `m_hat` holds the averages of both
# parameters. **Predict**: in which line does it crash, this one or a later one?

# %% [markdown] i18n="zh" key="E001-15" src="7ba16a07"
# ## E001-15 · 把向量当成一个数
#
# 文档 001 §4.4：`theta_0 -= alpha * m_hat / (np.sqrt(v_hat) + epsilon)`，而 `m_hat` 里装着两个参数的平均。**预测**：会
# 在这一行报错，还是在后面？

# %%
m_hat, v_hat = np.array([-4.5, -5.9]), np.array([20.0, 35.0])
theta_0 = 0
theta_0 = theta_0 - 0.01 * m_hat / (np.sqrt(v_hat) + 1e-8)
print(f"wrong: theta_0 is now {theta_0}; then")
assert "(2,) (100,)" in crash(ValueError, lambda: grad(theta_0, 0.0))

# %% [markdown] i18n="en" key="E001-15-why"
# θ₀ silently becomes a vector of two numbers; the crash comes in the next round, in `grad`. Right: `m_hat[0]` and
# `v_hat[0]`. Better still: one vector θ, or an optimizer that keeps a state for each parameter.

# %% [markdown] i18n="zh" key="E001-15-why" src="e75dc04e"
# θ₀ 悄悄变成了两个数的向量，到下一轮的 `grad` 里才报错。应为 `m_hat[0]`、`v_hat[0]`。更好的写法：把 θ 写成一个向量，或
# 者用能为每个参数分别保存状态的优化器。

# %%
theta = two_zeros()
optimizer = optim.Adam(theta, lr=0.05)
for _ in range(400):
    optimizer.zero_grad()
    line_loss(*theta).backward()
    optimizer.step()
print(f"right: theta = ({theta[0].item():.3f}, {theta[1].item():.3f}), shapes {theta[0].shape} and {theta[1].shape}")
assert np.allclose([theta[0].item(), theta[1].item()], [2, 3], atol=0.05)
assert theta[0].shape == ()

# %% [markdown] i18n="en" key="E001-16"
# ## E001-16 · One parameter corrected, the other not
#
# The next line of document 001 §4.4 is `theta_1 -= alpha * m[1] / (np.sqrt(v[1]) + epsilon)`: θ₀ gets m̂ and v̂, θ₁ the
# raw m and v. **Predict** the first step of each, in units of α. Both slopes are right here, so the only difference is
# the correction.

# %% [markdown] i18n="zh" key="E001-16" src="b6e3c237"
# ## E001-16 · 一个参数修正了，另一个没有
#
# 文档 001 §4.4 的下一行是 `theta_1 -= alpha * m[1] / (np.sqrt(v[1]) + epsilon)`：θ₀ 用的是 m̂、v̂，θ₁ 用的却是没有修正
# 的 m、v。**预测**两者第一步各是 α 的几倍。这里两个斜率都是对的，差别只在修正。

# %%
theta, m, v, path = np.zeros(2), np.zeros(2), np.zeros(2), [np.zeros(2)]
for t in range(1, 31):
    r = targets - (theta[0] + theta[1] * points)
    g = np.array([np.mean(-2 * r), np.mean(-2 * r * points)])
    m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
    m_hat, v_hat = m / (1 - 0.9**t), v / (1 - 0.999**t)
    theta = theta - 0.01 * np.array([m_hat[0] / (np.sqrt(v_hat[0]) + 1e-8), m[1] / (np.sqrt(v[1]) + 1e-8)])
    path.append(theta)
steps = np.diff(path, axis=0) / 0.01
print(f"wrong: first steps {steps[0].round(2)} alpha, longest {steps.max(axis=0).round(2)} alpha")
assert np.allclose(steps[0], [1, 3.16], atol=0.01)
assert steps[:, 1].max() > 6

# %% [markdown] i18n="en" key="E001-16-why"
# With the raw averages the first steps are too long, as in E000-09. Copying a line and changing some of its names is
# how this happens; a vector θ has one line.

# %% [markdown] i18n="zh" key="E001-16-why" src="ee23d772"
# 不修正，最初几步就太长，和 E000-09 一样。复制一行再改几个名字，就容易这样；把 θ 写成向量，只需要一行。

# %%
theta = two_zeros()
optimizer = optim.Adam(theta, lr=0.01)
path = [np.zeros(2)]
for _ in range(30):
    optimizer.zero_grad()
    line_loss(*theta).backward()
    optimizer.step()
    path.append(np.array([theta[0].item(), theta[1].item()]))
steps = np.diff(path, axis=0) / 0.01
print(f"right: first steps {steps[0].round(2)} alpha, longest {steps.max(axis=0).round(2)} alpha")
assert steps.max() < 1.01

# %% [markdown] i18n="en" key="E001-17"
# ## E001-17 · B · What makes local minima
#
# Document 001 §6.1 gives the *random start* as a reason for ending in a local minimum. If so, starts must matter for
# any model. **Predict**: 100 random starts of the document's own linear regression; how many different ends? And of (x²
# − 1)² + 0.3x?

# %% [markdown] i18n="zh" key="E001-17" src="a3bae5d3"
# ## E001-17 · B · 局部最优从何而来
#
# 文档 001 §6.1 把*随机初始化*说成陷入局部最优的原因。果真如此，那么对任何模型，起点都该有影响。**预测**：文档自己的线性
# 回归，100 个随机起点，有几个不同的终点？换成 (x² − 1)² + 0.3x 呢？

# %%
ends = random.uniform(-5, 5, (100, 2))  # 100 random starts of the line, walked at once
for _ in range(300):
    r = targets - (ends[:, :1] + ends[:, 1:] * points)  # (100 starts, 100 points)
    ends += 0.1 * 2 * np.stack([r.mean(1), (r * points).mean(1)], axis=1)
print(f"wrong: random starts, and yet one end: {ends[0].round(3)}, spread {np.ptp(ends, axis=0).max():.0e}")
assert np.ptp(ends, axis=0).max() < 1e-9

# %% [markdown] i18n="en" key="E001-17-why"
# The start only chooses among the valleys there are. A convex loss has one; two come from the shape of J, together with
# a method that sees only the slope where it stands (Goodfellow, Bengio, Courville 2016, §8.2).

# %% [markdown] i18n="zh" key="E001-17-why" src="a60de931"
# 起点只是在已有的谷里选一个。凸的损失只有一个谷；有两个谷是 J 的形状造成的，再加上只看脚下斜率的方法
# （Goodfellow、Bengio、Courville 2016，§8.2）。

# %%
x = mg.tensor(random.uniform(-1.5, 1.5, 100), dtype=mg.float64, requires_grad=True)
optimizer = optim.SGD([x], lr=0.02)
for _ in range(1000):
    optimizer.zero_grad()
    two_valleys(x).sum().backward()  # 100 walks: each x has only its own slope
    optimizer.step()
valleys = np.unique(x.detach().numpy().round(3))
print(f"right: two valleys, two ends: {valleys}")
assert np.allclose(valleys, [-1.036, 0.960], atol=2e-3)

# %% [markdown] i18n="en" key="E001-18"
# ## E001-18 · B · A large rate is not overfitting
#
# Document 001 §6.2 says a large learning rate may lead to overfitting. Overfitting is a *small* training loss with a
# large test loss. **Predict** both for the line with α = 0.01, 0.1, 0.5 and 1.5: at which rate are they far apart, as
# they would be if the document were right?

# %% [markdown] i18n="zh" key="E001-18" src="04b07f48"
# ## E001-18 · B · 学习率太大不是过拟合
#
# 文档 001 §6.2 说学习率较大可能导致过拟合。过拟合是训练损失*小*而测试损失大。**预测** α 取 0.01、0.1、0.5、1.5 时直线的
# 两个损失：如果文档说得对，在哪个学习率下两者会相差悬殊？

# %%
x_test = random.normal(0, 1, 100)
y_test = 2 + 3 * x_test + random.normal(0, 0.1, 100)
for alpha in (0.01, 0.1, 0.5, 1.5):
    theta = np.zeros(2)
    for _ in range(100):
        r = targets - (theta[0] + theta[1] * points)
        theta += alpha * 2 * np.array([r.mean(), (r * points).mean()])
    train, test = (np.mean((b - theta[0] - theta[1] * a) ** 2) for a, b in ((points, targets), (x_test, y_test)))
    print(f"wrong: alpha {alpha}: training loss {train:.1e}, test loss {test:.1e}")
    assert 0.5 < test / train < 2  # never small on one and large on the other
assert min(train, test) > 1e30  # with 1.5 both exploded

# %% [markdown] i18n="en" key="E001-18-why"
# What a rate that is too large does is overshoot: each step makes the error larger, on all data alike. The remedy is a
# smaller rate, not less model; how to find one is the question of [tutorial 09](09_learning_rates.py).

# %% [markdown] i18n="zh" key="E001-18-why" src="03dfc445"
# 学习率太大，实际后果是越过谷底：每一步都让误差更大，在所有数据上都一样。办法是减小学习率，而不是缩小模型；怎样找到合适
# 的学习率，见[教程 09](09_learning_rates.py)。

# %%
theta = two_zeros()
optimizer = optim.SGD(theta, lr=0.1)
for _ in range(100):
    optimizer.zero_grad()
    line_loss(*theta).backward()
    optimizer.step()
train, test = line_loss(*theta).item(), np.mean((y_test - theta[0].item() - theta[1].item() * x_test) ** 2)
print(f"right: alpha 0.1: training loss {train:.4f}, test loss {test:.4f}; the noise has variance 0.01")
assert max(train, test) < 0.02

# %% [markdown] i18n="en" key="document-002"
# ---
# # Document 002: loss and optimizer
#
# No formula in it is wrong: MSE, cross-entropy, momentum and Adam can be copied from here. Two ideas can be run.

# %% [markdown] i18n="zh" key="document-002" src="e150474c"
# ---
# # 文档 002：损失函数与优化器
#
# 它的公式没有一个是错的：MSE、交叉熵、动量、Adam 都可以照抄。有两个概念可以拿来运行。

# %% [markdown] i18n="en" key="E002-02"
# ## E002-02 · B · Is it SGD that gets stuck?
#
# Document 002 §1.3 and §2.2.1 count it among the flaws of SGD that it easily gets stuck in local optima. Then another
# optimizer would be the cure. Take J(x) = (x² − 1)² + 0.3x from 1.5: the nearer valley, at 0.96, is the worse one.
# **Predict** where momentum, RMSprop and Adam end; and 100 walks of true SGD, each step from one sample drawn out of 20
# whose mean is J: do more of them stay, or fewer?

# %% [markdown] i18n="zh" key="E002-02" src="d3412f99"
# ## E002-02 · B · 陷进去的是 SGD 吗
#
# 文档 002 §1.3、§2.2.1 把“容易陷入局部最优”算作 SGD 的缺点。果真如此，换一种优化器就好了。取 J(x) = (x² − 1)² + 0.3x，
# 从 1.5 出发：较近的谷在 0.96，是较差的那个。**预测**：动量、RMSprop、Adam 各停在哪里？再走 100 次真正的 SGD，20 个样本
# 的平均正是 J，每步随机抽一个：留在谷里的会更多，还是更少？

# %%
for name, method, settings in (
    ("momentum", optim.SGD, {"momentum": 0.9}),
    ("RMSprop", optim.RMSprop, {}),
    ("Adam", optim.Adam, {}),
):
    end = descend(method, 1.5, 500, f=two_valleys, lr=0.01, **settings)[-1]
    print(f"wrong: another optimizer is no cure: {name} ends at {end:.2f}")
    assert abs(end - 0.96) < 0.01

# %% [markdown] i18n="en" key="E002-02-why"
# It is following the slope that keeps them there, in whatever steps (Goodfellow, Bengio, Courville 2016, §8.2). The
# noise of the samples throws some out, without a promise. See [tutorial 15](15_curvature.py).

# %% [markdown] i18n="zh" key="E002-02-why" src="c46264b0"
# 困住它们的是“沿斜率走”本身，与步子怎么算无关（Goodfellow、Bengio、Courville 2016，§8.2）。反倒是样本的噪声，会把一部分
# 甩出去，但并无保证。见[教程 15](15_curvature.py)。

# %%
random = np.random.default_rng(0)
tilts = random.normal(0, 6, 20)
tilts -= tilts.mean()  # sample i is J + tiltᵢ·x, and the mean of the samples is J
x = mg.full((100,), 1.5, dtype=mg.float64).requires_grad_()
optimizer = optim.SGD([x], lr=0.05)
scheduler = optim.lr_scheduler.ExponentialLR(optimizer, gamma=0.99)
for _ in range(600):
    optimizer.zero_grad()
    drawn = mg.tensor(tilts[random.integers(0, 20, 100)], dtype=mg.float64)  # one sample for each of 100 walks
    (two_valleys(x) + drawn * x).sum().backward()
    optimizer.step()
    scheduler.step()
crossed = (x < 0).sum().item()
quiet = descend(optim.SGD, 1.5, 600, f=two_valleys, lr=0.05)[-1]  # all 20 samples in each step: no noise
print(f"right: of 100 walks of SGD, {crossed} end in the better valley; without noise the walk ends at {quiet:.2f}")
assert 20 < crossed < 60
assert abs(quiet - 0.96) < 0.01

# %% [markdown] i18n="en" key="E002-10"
# ## E002-10 · B · The smallest training loss
#
# Document 002 §1.1 calls those parameters optimal that make the loss smallest, and means the training loss. Eight noisy
# points of a sine wave; a polynomial of degree 7 goes through all of them. **Predict**: its training loss is almost 0;
# and on 200 fresh points?

# %% [markdown] i18n="zh" key="E002-10" src="b35b0068"
# ## E002-10 · B · 训练损失最小
#
# 文档 002 §1.1 把使损失最小的参数称为最优参数，而它指的是训练损失。取正弦曲线上八个带噪声的点；七次多项式能穿过所有的
# 点。**预测**：它的训练损失几乎为 0；在 200 个新的点上呢？

# %%
random = np.random.default_rng(1)
x_few, x_fresh = np.linspace(-1, 1, 8), np.linspace(-1, 1, 200)
y_few = np.sin(3 * x_few) + random.normal(0, 0.3, 8)
y_fresh = np.sin(3 * x_fresh) + random.normal(0, 0.3, 200)
losses = {}
for degree in range(8):
    polynomial = np.polynomial.Polynomial.fit(x_few, y_few, degree)
    losses[degree] = [np.mean((polynomial(a) - b) ** 2) for a, b in ((x_few, y_few), (x_fresh, y_fresh))]
by_training = min(losses, key=lambda degree: losses[degree][0])
train, fresh = losses[by_training]
print(f"wrong: smallest training loss: degree {by_training}, {train:.0e}; on fresh points {fresh:.3f}")
assert by_training == 7
assert train < 1e-9

# %% [markdown] i18n="en" key="E002-10-why"
# Parameters are good if they are good on data they have not seen, so compare losses on held-out data (Goodfellow,
# Bengio, Courville 2016, §5.2). [Tutorial 04](04_losses_for_regression.py) has begun this.

# %% [markdown] i18n="zh" key="E002-10-why" src="7868c551"
# 参数好不好，要看没见过的数据，所以应比较留出数据上的损失（Goodfellow、Bengio、Courville
# 2016，§5.2）。[教程 04](04_losses_for_regression.py) 已开了头。

# %%
by_fresh = min(losses, key=lambda degree: losses[degree][1])  # its loss is flattered a little now: see E003-18
print(f"right: smallest held-out loss: degree {by_fresh}, {losses[by_fresh][1]:.3f}")
assert by_fresh < 7
assert losses[by_fresh][1] < 0.8 * fresh

# %% [markdown] i18n="en" key="document-003"
# ---
# # Document 003: understanding loss functions
#
# MSE, smooth L1 and the gradient of its program are right. Wrong are two losses, the momentum family, and how the
# program draws its batches and its test data.

# %% [markdown] i18n="zh" key="document-003" src="055b5099"
# ---
# # 文档 003：损失函数的理解
#
# MSE、平滑 L1 以及程序里的梯度是对的。错的是两个损失、动量这一族公式，以及程序抽取小批量和生成测试数据的方式。

# %% [markdown] i18n="en" key="E003-07"
# ## E003-07 · B · A penalty is not a loss
#
# Document 003 §2.5 says that loss and penalty are the same concept. **Predict**: two data sets, one with slope 3, one
# with slope −1, the same θ. Which of the two slopes, of the loss or of the penalty Ω = θ², differs between them? And if
# they were the same, you could minimize Ω alone: which θ would you get?

# %% [markdown] i18n="zh" key="E003-07" src="78895d66"
# ## E003-07 · B · 惩罚项不是损失
#
# 文档 003 §2.5 说损失函数和惩罚项是相同的概念。**预测**：两份数据，一份斜率为 3，一份为 −1，θ 相同。损失的斜率与惩罚项
# Ω = θ² 的斜率，哪一个会随数据不同？假如两者真的相同，单独最小化 Ω 就够了：那会得到怎样的 θ？

# %%
x = mg.tensor(np.linspace(-1, 1, 50), dtype=mg.float64)
found = []
for slope in (3.0, -1.0):
    theta = mg.tensor([0.5], dtype=mg.float64, requires_grad=True)
    (of_loss,) = mg.autograd.grad(F.mse_loss(theta * x, slope * x), theta)
    (of_penalty,) = mg.autograd.grad((theta**2).sum(), theta)
    found.append((of_loss.item(), of_penalty.item()))
    print(f"wrong: data with slope {slope}: slope of the loss {found[-1][0]:.2f}, of the penalty {found[-1][1]:.2f}")
assert found[0][0] * found[1][0] < 0  # the losses pull in opposite directions
assert found[0][1] == found[1][1]  # the penalty pulls to 0 in any case
alone = descend(optim.SGD, 0.5, 100, f=lambda theta: theta**2, lr=0.1)[-1]
print(f"wrong: minimizing the penalty alone gives theta = {alone:.0e}, whatever the data")
assert abs(alone) < 1e-6

# %% [markdown] i18n="en" key="E003-07-why"
# A penalty never sees the data. What is minimized is the sum J + λΩ (Goodfellow, Bengio, Courville 2016, §7.1). The
# document's next sentence says so, too. More in [tutorial 04](04_losses_for_regression.py).

# %% [markdown] i18n="zh" key="E003-07-why" src="7b25652c"
# 惩罚项从不看数据。被最小化的是两者之和 J + λΩ（Goodfellow、Bengio、Courville 2016，§7.1）；文档的下一句话其实也是这么
# 说的。详见[教程 04](04_losses_for_regression.py)。

# %%
ends = [
    descend(optim.SGD, 0.5, 200, f=lambda theta, k=lam: F.mse_loss(theta * x, 3 * x) + k * theta**2, lr=0.3)[-1]
    for lam in (0, 0.1, 1)
]
print(f"right: loss + lambda * penalty: theta = {np.round(ends, 2)} for lambda = 0, 0.1, 1")
assert abs(ends[0] - 3) < 1e-6
assert ends[0] > ends[1] > ends[2] > 0

# %% [markdown] i18n="en" key="E003-09"
# ## E003-09 · The log loss that loves yes
#
# Document 003 §3.1 and §3.3.3 print LL = −(1/n)Σ y·log ŷ. Five mails, two of them spam. One model is honest, the other
# says "spam, almost surely" to all. **Predict**: which has the smaller LL?

# %% [markdown] i18n="zh" key="E003-09" src="3019d148"
# ## E003-09 · 偏爱“是”的对数损失
#
# 文档 003 §3.1、§3.3.3 写的是 LL = −(1/n)Σ y·log ŷ。五封邮件，其中两封是垃圾邮件。一个模型如实回答，另一个对每一封都说
# “几乎肯定是垃圾”。**预测**：谁的 LL 更小？

# %%
spam = np.array([1, 0, 0, 1, 0])
honest, always = np.array([0.9, 0.1, 0.2, 0.8, 0.1]), np.full(5, 0.999999)


def half_log_loss(p):
    return -np.mean(spam * np.log(p))  # document 003


print(f"wrong: honest {half_log_loss(honest):.3f}, always yes {half_log_loss(always):.0e}: always yes wins")
assert half_log_loss(always) < 1e-6 < half_log_loss(honest)

# %% [markdown] i18n="en" key="E003-09-why"
# Where y = 0 the formula is 0 whatever ŷ is, so saying yes costs nothing. The missing half is (1 − y)·log(1 − ŷ): with
# it, of all constant answers the best is the share of spam, 0.4. [Tutorial 05](05_losses_for_classification.py) goes on
# from there.

# %% [markdown] i18n="zh" key="E003-09-why" src="1f83f7d9"
# y = 0 时，无论 ŷ 是多少，这个公式都是 0，所以一律答“是”不用付任何代价。漏掉的一半是 (1 − y)·log(1 − ŷ)：补上之后，在所
# 有固定的回答中，最好的正是垃圾邮件的比例 0.4。后续见[教程 05](05_losses_for_classification.py)。


# %%
def log_loss(p):
    return F.binary_cross_entropy(mg.tensor(p, dtype=mg.float64), mg.tensor(spam, dtype=mg.float64)).item()


constant = np.linspace(0.01, 0.99, 99)
halves, wholes = [half_log_loss(np.full(5, p)) for p in constant], [log_loss(np.full(5, p)) for p in constant]
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
ax.plot(constant, halves, color="tab:red", label="document 003: Σ y·log ŷ")
ax.plot(constant, wholes, color="tab:blue", label="with (1 − y)·log(1 − ŷ)")
ax.plot(0.4, log_loss(np.full(5, 0.4)), "o", color="tab:blue")
ax.set(xlabel="ŷ, the same for all five mails", ylabel="log loss", ylim=(0, 3), title="which answer is best?")
ax.legend(loc="upper center")
best = constant[np.argmin(wholes)]
print(f"right: honest {log_loss(honest):.3f}, always yes {log_loss(always):.2f}; best constant answer {best:.2f}")
assert log_loss(honest) < 0.2 < 8 < log_loss(always)
assert abs(best - 0.4) < 1e-9
assert np.argmin(halves) == 98  # the document's best constant answer is the largest

# %% [markdown] i18n="en" key="E003-11"
# ## E003-11 · A cliff in the loss
#
# Document 003 §3.1 and §3.3.5 define a "SmoothL2": 0.5y² for |y| ≤ 1, beyond that |y| − 1. **Predict** the loss of an
# error of 1, of 1.0001 and of 0.1.

# %% [markdown] i18n="zh" key="E003-11" src="40b69008"
# ## E003-11 · 损失里的悬崖
#
# 文档 003 §3.1、§3.3.5 定义了“平滑 L2”：|y| ≤ 1 时为 0.5y²，否则为 |y| − 1。**预测**误差为 1、1.0001、0.1 时的损失。


# %%
def smooth_l2(y):
    return np.where(np.abs(y) <= 1, 0.5 * y**2, np.abs(y) - 1)


at = {error: float(smooth_l2(np.array(error))) for error in (0.1, 1.0, 1.0001)}
print("wrong:", ", ".join(f"error {error} costs {cost:.4f}" for error, cost in at.items()))
assert at[1.0001] < at[0.1] < at[1.0]
jump = (smooth_l2(np.array(1 + 1e-4)) - smooth_l2(np.array(1 - 1e-4))) / 2e-4
print(f"wrong: its difference quotient at 1 is {jump:.0f}")
assert abs(jump + 2499) < 1

# %% [markdown] i18n="en" key="E003-11-why"
# No such loss is in use, and it is not smooth: at 1 it falls from ½ to 0, so a larger error is cheaper, and its slope
# says nothing of that. For pieces that meet, the second is |y| − ½: Huber's loss (1964) with δ = 1. [Tutorial
# 04](04_losses_for_regression.py) looks closely at its slope.

# %% [markdown] i18n="zh" key="E003-11-why" src="0093b617"
# 通行的损失里没有这一个，而且它并不平滑：在 1 处从 ½ 掉到 0，误差更大反而更便宜，斜率对此却毫无表示。要让两段接上，第二
# 段应是 |y| − ½，也就是 δ = 1 的 Huber 损失（1964）。[教程 04](04_losses_for_regression.py) 仔细看了它的斜率。

# %%
errors = np.linspace(-2.5, 2.5, 1001)
huber = F.huber_loss(mg.tensor(errors), mg.zeros(1001), reduction="none").numpy()
fig, ax = plt.subplots(figsize=(7, 3.2), layout="constrained")
inside = np.abs(errors) <= 1
ax.plot(errors, huber, color="tab:blue", label="Huber, δ = 1")
for piece in (inside, errors > 1, errors < -1):
    label = "document 003: SmoothL2" if piece is inside else None
    ax.plot(errors[piece], smooth_l2(errors[piece]), "--", color="tab:red", label=label)
ax.set(xlabel="error", ylabel="loss", title="two cliffs at ±1")
ax.legend(loc="upper center")
pieces = F.huber_loss(mg.tensor([0.1, 1.0, 1.0001]), mg.zeros(3), reduction="none").tolist()
print("right:", ", ".join(f"error {e} costs {c:.4f}" for e, c in zip((0.1, 1.0, 1.0001), pieces, strict=True)))
assert pieces == sorted(pieces)
at_one = mg.ones(1, dtype=mg.float64, requires_grad=True)
assert gradcheck(lambda e: F.huber_loss(e, mg.zeros_like(e)), at_one)  # also where the two pieces meet

# %% [markdown] i18n="en" key="E003-12"
# ## E003-12 · Momentum uphill
#
# The picture at the top. Document 003 §3.2, item 3: v ← βv − α∇J, θ ← θ − v. v already points downhill, and the second
# minus turns it round. **Predict**: is one of the two minuses enough to change, or must both?

# %% [markdown] i18n="zh" key="E003-12" src="c577c236"
# ## E003-12 · 往上坡走的动量
#
# 就是开头的那幅图。文档 003 §3.2 第 3 条：v ← βv − α∇J，θ ← θ − v。v 已经指向下坡，第二个负号又把它掉了个头。**预测**：
# 两个负号改一个就够，还是都要改？

# %%
wrong = document_momentum(200)
print(f"wrong: |theta| = {abs(wrong[20]):.0f} after 20 steps, {abs(wrong[200]):.0e} after 200")
assert abs(abs(wrong[20]) - 160.3) < 0.1
assert abs(wrong[200]) > 1e20

# %% [markdown] i18n="en" key="E003-12-why"
# Changing either minus will do: v ← βv − α∇J with θ ← θ + v (Sutskever et al. 2013), or v ← βv + α∇J with θ ← θ − v.
# minigrad and PyTorch keep α out of v; with a constant α that is the same walk ([tutorial 07](07_momentum.py)).

# %% [markdown] i18n="zh" key="E003-12-why" src="fefee670"
# 两个负号，改哪一个都行：v ← βv − α∇J 配 θ ← θ + v（Sutskever 等 2013），或者 v ← βv + α∇J 配 θ ← θ − v。minigrad 和
# PyTorch 不把 α 放进 v；α 不变时，走的是同一条路（[教程 07](07_momentum.py)）。

# %%
ends = {}
for name, sign in (("v = βv − α∇J, θ + v", -1), ("v = βv + α∇J, θ − v", +1)):
    theta, v = 1.0, 0.0
    for _ in range(200):
        v = 0.9 * v + sign * 0.1 * theta
        theta = theta - sign * v
    ends[name] = theta
ends["optim.SGD"] = descend(optim.SGD, 1.0, 200, lr=0.1, momentum=0.9)[-1]
for name, end in ends.items():
    print(f"right: {name}: theta = {end:.2e} after 200 steps")
    assert abs(end - 1.39e-6) < 1e-8

# %% [markdown] i18n="en" key="E003-14"
# ## E003-14 · Momentum uphill, batch by batch
#
# Document 003 §3.2, item 5, is the same pair of lines with ∇J(θ, xᵢ, yᵢ), the gradient of a sample. **Predict**: does
# the noise of random samples hide the wrong sign?

# %% [markdown] i18n="zh" key="E003-14" src="8743ba30"
# ## E003-14 · 一批一批地往上坡走
#
# 文档 003 §3.2 第 5 条还是那两行，只是梯度换成单个样本的 ∇J(θ, xᵢ, yᵢ)。**预测**：随机样本的噪声会把错误的符号掩盖住
# 吗？

# %%
random = np.random.default_rng(0)
x_line = random.normal(size=100)
y_line = 3 * x_line + random.normal(size=100)
theta, v, losses = 0.0, 0.0, []
for _ in range(50):
    i = random.integers(0, 100)
    v = 0.9 * v - 0.01 * 2 * (theta * x_line[i] - y_line[i]) * x_line[i]
    theta = theta - v
    losses.append(np.mean((theta * x_line - y_line) ** 2))
print(f"wrong: loss {losses[0]:.0f}, {losses[24]:.0f}, {losses[49]:.0f} after 1, 25, 50 samples")
assert losses[49] > 10 * losses[0]

# %% [markdown] i18n="en" key="E003-14-why"
# Noise has no direction of its own; the sign of the mean decides. The loss on all points shows it within a few steps,
# so print the loss: document 001 never calls its J, document 003 has none.

# %% [markdown] i18n="zh" key="E003-14-why" src="3b273bb5"
# 噪声没有自己的方向，起决定作用的是平均的符号。把全部数据上的损失打印出来，几步之内就能看见。所以要打印损失：文档 001
# 定义了 J 却从不调用，文档 003 根本没有。

# %%
theta = mg.zeros((), dtype=mg.float64, requires_grad=True)
optimizer = optim.SGD([theta], lr=0.01, momentum=0.9)
losses = []
for _ in range(100):
    i = random.integers(0, 100)
    optimizer.zero_grad()
    ((theta * x_line[i] - y_line[i]) ** 2).backward()
    optimizer.step()
    losses.append(np.mean((theta.item() * x_line - y_line) ** 2))
print(f"right: loss {losses[0]:.1f}, {losses[24]:.1f}, {losses[99]:.1f} after 1, 25, 100 samples; noise alone: 1")
assert losses[99] < 4

# %% [markdown] i18n="en" key="E003-15"
# ## E003-15 · Nesterov looks ahead, not back
#
# Document 003 §3.2, item 6, takes Nesterov's gradient at θ_{t−1}, where we were one step *ago* (and keeps the double
# minus). We mend the sign. **Predict**: old gradient, present gradient (plain momentum), or the gradient ahead: which
# is nearest to 0 after 200 steps, and which farthest?

# %% [markdown] i18n="zh" key="E003-15" src="d1966520"
# ## E003-15 · Nesterov 看的是前方，不是过去
#
# 文档 003 §3.2 第 6 条把 Nesterov 的梯度取在 θ_{t−1}，也就是一步*之前*的位置（还保留了双重负号）。符号我们先改
# 好。**预测**：用过去的梯度、现在的梯度（普通动量）、前方的梯度，200 步之后谁离 0 最近，谁最远？

# %%
theta, before, v, wrong = 1.0, 1.0, 0.0, [1.0]
for _ in range(200):
    v = 0.9 * v - 0.1 * before  # ∇J(θ_{t−1})
    before, theta = theta, theta + v  # the sign is mended here
    wrong.append(theta)
print(f"wrong: theta = {theta:.2f} after 200 steps, with the sign mended")
assert abs(theta - 0.677) < 0.001

# %% [markdown] i18n="en" key="E003-15-why"
# Right: v ← βv − α∇J(θ + βv), θ ← θ + v (Nesterov 1983, as in Sutskever et al. 2013). Old news makes the swing worse; a
# look ahead damps it. It is no free gift: with α = 1.5 momentum still converges here, and true Nesterov explodes.
# [Tutorial 07](07_momentum.py) has the race.

# %% [markdown] i18n="zh" key="E003-15-why" src="3833fb67"
# 应为 v ← βv − α∇J(θ + βv)，θ ← θ + v（Nesterov 1983，写法依 Sutskever 等 2013）。旧消息使摆动更厉害，向前看则能减小摆
# 动。但天下没有免费的好处：这里取 α = 1.5 时，普通动量仍然收敛，真正的 Nesterov 却会发散。见[教程 07](07_momentum.py)。


# %%
def nesterov(steps, lr):
    theta = mg.ones((), dtype=mg.float64, requires_grad=True)
    optimizer = optim.NesterovMomentum([theta], lr=lr, momentum=0.9)
    for _ in range(steps):
        optimizer.zero_grad()
        toy(theta).backward()  # here theta holds the point ahead, θ + βv
        optimizer.step()
    with optimizer.look_back():
        return theta.item()


plain = descend(optim.SGD, 1.0, 200, lr=0.1, momentum=0.9)[-1]
print(f"right: momentum {plain:.1e}, Nesterov {nesterov(200, lr=0.1):.1e} after 200 steps")
assert abs(plain - 1.39e-6) < 1e-8
assert abs(nesterov(200, lr=0.1) - 6.2e-10) < 1e-11
far = descend(optim.SGD, 1.0, 200, lr=1.5, momentum=0.9)[-1], nesterov(200, lr=1.5)
print(f"right: with alpha 1.5: momentum {far[0]:.1e}, Nesterov {far[1]:.1e}")
assert abs(far[0]) < 1e-3
assert abs(far[1]) > 1e10

# %% [markdown] i18n="en" key="E003-16"
# ## E003-16 · Neither AdaGrad nor Adam
#
# Document 003 §3.2, items 7 and 8, "adaptive gradient": m is an average of g, v an average of **m²**, then θ ← θ −
# m/(√v + ε). **Predict**, with β = γ = 0.9 from θ = 5: does it settle? And on pure noise, where every step is in vain,
# how long is it?

# %% [markdown] i18n="zh" key="E003-16" src="004d398c"
# ## E003-16 · 既不是 AdaGrad，也不是 Adam
#
# 文档 003 §3.2 第 7、8 条“自适应梯度”：m 是 g 的平均，v 是 **m²** 的平均，然后 θ ← θ − m/(√v + ε)。**预测**：β = γ =
# 0.9，从 θ = 5 出发，它会静下来吗？梯度若是纯噪声，每一步都是白走，步子有多长？


# %%
def document_step(g, m, v):
    m = 0.9 * m + 0.1 * g
    v = 0.9 * v + 0.1 * m**2
    return m / (np.sqrt(v) + 1e-8), m, v


theta, m, v, path = 5.0, 0.0, 0.0, []
for _ in range(200):
    step, m, v = document_step(theta, m, v)
    theta -= step
    path.append(theta)
random, m, v, lengths = np.random.default_rng(0), 0.0, 0.0, []
for _ in range(2000):
    step, m, v = document_step(random.normal(), m, v)
    lengths.append(abs(step))
swing = np.abs(path[-50:]).max()
print(f"wrong: after 200 steps it still swings by {swing:.2f}; mean step on noise {np.mean(lengths):.2f}")
assert swing > 0.5
assert 0.75 < np.mean(lengths) < 0.9

# %% [markdown] i18n="en" key="E003-16-why"
# There is no learning rate, and m/√v has the size of 1 however noisy m is: the denominator follows the numerator.
# AdaGrad: G ← G + g², θ ← θ − α·g/(√G + ε) (Duchi et al. 2011). Adam: v from **g²**, which is large when g is noisy, so
# that steps become small.

# %% [markdown] i18n="zh" key="E003-16-why" src="695bb8f5"
# 公式里没有学习率；而且不管 m 有多嘈杂，m/√v 总在 1 上下，因为分母跟着分子变。AdaGrad 是 G ← G + g²，θ ← θ − α·g/(√G +
# ε)（Duchi 等 2011）。Adam 的 v 取自 **g²**，g 嘈杂时它就大，步子于是变小。

# %%
end = descend(optim.Adagrad, 5.0, 200, lr=1.0)[-1]
random = np.random.default_rng(0)
lengths = np.abs(np.diff(descend(optim.Adam, 0.0, 1000, f=lambda theta: theta * random.normal(), lr=1.0)))
print(f"right: AdaGrad is at {end:.1e} after 200 steps; mean step of Adam on noise {lengths.mean():.2f}")
assert abs(end) < 1e-8
assert abs(lengths.mean() - 0.18) < 0.02

# %% [markdown] i18n="en" key="E003-18"
# ## E003-18 · B · Tuning on the test set
#
# Document 003 §3.4, steps 7 to 9: judge on the validation *or test* set, adjust, repeat until satisfied. 200 models are
# coins: they answer 100 test questions by chance. **Predict**: what does the best of them score? And on fresh
# questions?

# %% [markdown] i18n="zh" key="E003-18" src="70d0e938"
# ## E003-18 · B · 用测试集来调参
#
# 文档 003 §3.4 第 7 至 9 步：在验证集*或测试集*上评估，调整，重复，直到满意。200 个“模型”都是硬币：靠运气回答 100 道测
# 试题。**预测**：其中最好的得多少分？换一批新题呢？

# %%
random = np.random.default_rng(0)
answers, truth = random.integers(0, 2, (200, 100)), random.integers(0, 2, 100)
scores = (answers == truth).mean(axis=1)
print(f"wrong: the best of 200 coins is right in {scores.max():.0%} of the set it was chosen on")
assert 0.58 < scores.max() < 0.7

# %% [markdown] i18n="en" key="E003-18-why"
# Choosing by a set uses that set up; its number is then a record, not a measurement. Choose on the validation set, and
# use the test set once (Goodfellow, Bengio, Courville 2016, §5.3).

# %% [markdown] i18n="zh" key="E003-18-why" src="39aaee03"
# 用一个集合来挑选，就把它用掉了；此后它的分数只是“纪录”，不是测量。应在验证集上挑选，测试集只用一次
# （Goodfellow、Bengio、Courville 2016，§5.3）。

# %%
fresh = (random.integers(0, 2, 10_000) == random.integers(0, 2, 10_000)).mean()  # a coin again, on new questions
print(f"right: on questions that did not choose it: {fresh:.0%}")
assert abs(fresh - 0.5) < 0.03

# %% [markdown] i18n="en" key="E003-19"
# ## E003-19 · X from here, y from there
#
# Document 003 §4.1 draws a batch with two calls: `X[np.random.choice(…)]` and `y[np.random.choice(…)]`. The data are y
# = 3x and noise. **Predict** the slope it learns, and the error message.

# %% [markdown] i18n="zh" key="E003-19" src="9405857d"
# ## E003-19 · X 从这里取，y 从那里取
#
# 文档 003 §4.1 抽小批量时调用了两次：`X[np.random.choice(…)]` 和 `y[np.random.choice(…)]`。数据是 y = 3x 加噪
# 声。**预测**它学到的斜率，以及报错信息。

# %%
random = np.random.RandomState(0)  # the document's seed
X = random.randn(100, 1)
y = 3 * X + random.randn(100, 1)
apart = np.zeros((1, 1))
for _ in range(1000):
    X_batch = X[random.choice(100, 10)]
    y_batch = y[random.choice(100, 10)]  # other rows
    apart = apart - 0.01 * 2 / 10 * X_batch.T.dot(X_batch.dot(apart) - y_batch)
print(f"wrong: theta = {apart.item():.2f}, and no error; the truth is 3")
assert abs(apart.item() + 0.096) < 0.001

# %% [markdown] i18n="en" key="E003-19-why"
# No message came. The rows of X and y no longer belong together, and the best slope for strangers is 0. One draw of
# the indices, used for both, mends it; a `DataLoader` keeps the pairs for you.

# %% [markdown] i18n="zh" key="E003-19-why" src="77430607"
# 果然没有报错信息。X 的行与 y 的行不再配对，而互不相干的数据，最好的斜率是 0。只抽一次下标，两边共用，就对
# 了；`DataLoader` 会替你保持配对。

# %%
data = TensorDataset(mg.tensor(X), mg.tensor(y))
model = nn.Linear(1, 1, bias=False, dtype=mg.float64)
optimizer = optim.SGD(model.parameters(), lr=0.01)
for _ in range(30):
    for X_batch, y_batch in DataLoader(data, batch_size=10, shuffle=True, generator=mg.Generator(0)):
        optimizer.zero_grad()
        F.mse_loss(model(X_batch), y_batch).backward()
        optimizer.step()
together = model.weight.item()

fig, ax = plt.subplots(figsize=(6, 3.6), layout="constrained")
ax.plot(X, y, ".", color="0.6")
ends = np.array([-2.6, 2.4])
ax.plot(ends, apart.item() * ends, color="tab:red", label="document 003: two draws")
ax.plot(ends, together * ends, color="tab:blue", label="one draw")
ax.set(xlabel="x", ylabel="y", title="the price of strangers")
ax.legend()
print(f"right: theta = {together:.2f}")
assert abs(together - 3) < 0.25

# %% [markdown] i18n="en" key="E003-20"
# ## E003-20 · A row that should be a column
#
# Document 003 §4.1: `X_test = np.linspace(-2, 2, 100)`, then `X_test.dot(theta)` with a θ of shape (1, 1). **Predict**
# the message.

# %% [markdown] i18n="zh" key="E003-20" src="e73991d0"
# ## E003-20 · 该是一列，却成了一行
#
# 文档 003 §4.1：`X_test = np.linspace(-2, 2, 100)`，然后 `X_test.dot(theta)`，而 θ 的形状是 (1, 1)。**预测**报错信息。

# %%
X_test = np.linspace(-2, 2, 100)
theta = np.array([[3.0]])
assert "(100,)" in crash(ValueError, lambda: X_test.dot(theta))  # NumPy names the shapes

# %% [markdown] i18n="en" key="E003-20-why"
# A hundred examples with one feature each are a table of shape (100, 1); `linspace` gives (100,), a hundred numbers and
# no features. `reshape(-1, 1)` makes the column. The training data had it right: `randn(100, 1)`.

# %% [markdown] i18n="zh" key="E003-20-why" src="b1acee2b"
# 一百个样本，每个一个特征，应是形状为 (100, 1) 的表；`linspace` 给出的是 (100,)，只有一百个数，没有“特征”这根轴。用
# `reshape(-1, 1)` 变成一列。训练数据倒是对的：`randn(100, 1)`。

# %%
y_pred = model(mg.tensor(X_test).reshape(-1, 1))
print(f"right: predictions of shape {y_pred.shape}")
assert y_pred.shape == (100, 1)

# %% [markdown] i18n="en" key="E003-21"
# ## E003-21 · A hundred targets become ten thousand
#
# The line before: `y_test = 3 * X_test + np.random.randn(100, 1)`, with the same X_test of shape (100,). **Predict**
# the shape of y_test.

# %% [markdown] i18n="zh" key="E003-21" src="4fde8bcb"
# ## E003-21 · 一百个目标变成一万个
#
# 再看它的前一行：`y_test = 3 * X_test + np.random.randn(100, 1)`，X_test 的形状还是 (100,)。**预测** y_test 的形状。

# %%
y_test = 3 * X_test + random.randn(100, 1)
print(f"wrong: y_test has the shape {y_test.shape}")
assert y_test.shape == (100, 100)

# %% [markdown] i18n="en" key="E003-21-why"
# NumPy stretches (100,) and (100, 1) to (100, 100): every point with every noise, and no word of it. A loss on that is
# a number, too, and means nothing. Assert shapes where data are made. [Tutorial
# 02](02_tensors_and_the_derivative_table.py) has the rules of broadcasting.

# %% [markdown] i18n="zh" key="E003-21-why" src="01b011fa"
# NumPy 把 (100,) 和 (100, 1) 拉伸成 (100, 100)：每个点配上每个噪声，而且一声不吭。拿它算损失也能得到一个数，只是毫无意
# 义。在生成数据的地方就断言形状。广播规则见[教程 02](02_tensors_and_the_derivative_table.py)。

# %%
X_test = X_test.reshape(-1, 1)
y_test = 3 * X_test + random.randn(100, 1)
print(f"right: y_test has the shape {y_test.shape}")
assert y_test.shape == X_test.shape == (100, 1)

# %% [markdown] i18n="en" key="E003-23"
# ## E003-23 · B · Momentum: who has it, and what it costs
#
# Document 003 §6.6 lets adaptive gradients use momentum, and §6.5 says that momentum costs extra computation. Let the
# slope be 1 for ten steps and then 0. Whatever has momentum rolls on. **Predict**: how far does AdaGrad move in the
# next ten steps, and how far SGD with momentum 0.9 (α = 0.1)?

# %% [markdown] i18n="zh" key="E003-23" src="efc31b7f"
# ## E003-23 · B · 动量：谁有，代价是什么
#
# 文档 003 §6.6 说自适应梯度使用动量，§6.5 说动量法需要额外的计算成本。让斜率前十步为 1，之后为 0：有动量的会继续滑
# 行。**预测**：之后的十步里 AdaGrad 会走多远？动量 0.9 的 SGD 呢（α = 0.1）？


# %%
def coasting(method, **settings):
    """How far θ moves in ten steps without a slope, after ten steps with slope 1."""
    slopes = iter([1.0] * 10 + [0.0] * 10)
    path = descend(method, 0.0, 20, f=lambda theta: theta * next(slopes), lr=0.1, **settings)
    return abs(path[20] - path[10])


theta = mg.ones(3, requires_grad=True)
optimizer = optim.Adagrad([theta], lr=0.1)
toy(theta).sum().backward()
optimizer.step()
print(f"wrong: AdaGrad keeps {list(optimizer.state[theta])}, and rolls on by {coasting(optim.Adagrad)}")
assert set(optimizer.state[theta]) == {"step", "sum"}  # nothing that could be a momentum
assert coasting(optim.Adagrad) == 0

# %% [markdown] i18n="en" key="E003-23-why"
# AdaGrad (Duchi et al. 2011) keeps a sum of squares, and no velocity. (The document's formula for it has an m, but is
# not AdaGrad: E003-16.) The price of momentum is *memory*, one number more per parameter; its arithmetic is nothing
# beside the gradient. See [tutorial 07](07_momentum.py).

# %% [markdown] i18n="zh" key="E003-23-why" src="3f75dfb5"
# AdaGrad（Duchi 等 2011）只保存平方和，没有速度。（文档给它写的公式里有 m，但那不是 AdaGrad，见 E003-16。）动量的代价
# 是*内存*：每个参数多存一个数；与求梯度相比，它的计算微不足道。见[教程 07](07_momentum.py)。

# %%
rolled = coasting(optim.SGD, momentum=0.9)
v = (1 - 0.9**10) / (1 - 0.9)  # v after ten steps with slope 1
print(f"right: SGD with momentum rolls on by {rolled:.2f}")
assert abs(rolled - 0.1 * v * 0.9 * (1 - 0.9**10) / (1 - 0.9)) < 1e-9

optimizer = optim.SGD([theta], lr=0.1, momentum=0.9)
optimizer.step()
(buffer,) = (value for value in optimizer.state[theta].values() if getattr(value, "shape", ()) == theta.shape)
extra, gradient_cost = 2, 6 * 50  # operations for each weight: μv + g; forward 2 and backward 4, for each of 50 rows
print(
    f"right: it keeps {buffer.numel()} numbers for {theta.numel()}; its arithmetic is {extra / gradient_cost:.1%} more"
)
assert buffer.numel() == theta.numel()
assert extra / gradient_cost < 0.01

# %% [markdown] i18n="en" key="E003-24"
# ## E003-24 · B · A rate that avoids local minima
#
# Document 003 §6.7: with a suitable learning rate we avoid local minima. The two valleys again, J(x) = (x² − 1)² +
# 0.3x; the one at 0.96 is the worse. **Predict** where descent from 1.5 ends, for α = 0.003, 0.01, 0.03 and 0.1. And
# for 0.2: is that the suitable rate?

# %% [markdown] i18n="zh" key="E003-24" src="9e337dec"
# ## E003-24 · B · 能避开局部最小值的学习率
#
# 文档 003 §6.7 说，设置合适的学习率，就能避免陷入局部最小值。还是那两个谷：J(x) = (x² − 1)² + 0.3x，0.96 处是较差的那
# 个。**预测**：从 1.5 出发，α 取 0.003、0.01、0.03、0.1，各停在哪里？取 0.2 呢，它就是那个“合适的”学习率吗？


# %%
def walk(x, alpha):
    """The ends of 2000 steps down (x² − 1)² + 0.3x."""
    for _ in range(2000):
        x = x - alpha * (4 * x * (x**2 - 1) + 0.3)
    return x


for alpha in (0.003, 0.01, 0.03, 0.1):
    print(f"wrong: alpha {alpha}: from 1.5 to {walk(1.5, alpha):.2f}")
    assert abs(walk(1.5, alpha) - 0.96) < 0.01
print(f"wrong: alpha 0.2: from 1.5 to {walk(1.5, 0.2):.2f}, but from -1.8 to {walk(-1.8, 0.2):.2f}")
assert abs(walk(1.5, 0.2) + 1.04) < 0.01
assert abs(walk(-1.8, 0.2) - 0.96) < 0.01
assert abs(walk(-1.8, 0.1) + 1.04) < 0.01  # where a smaller rate ended well

# %% [markdown] i18n="en" key="E003-24-why"
# At the bottom of any valley the slope is 0, and α·0 takes you nowhere (Goodfellow, Bengio, Courville 2016, §8.2). A
# rate of 0.2 leaps over the hump from 1.5, and just so from −1.8 into the wrong valley. What helps is to start from
# many places and to keep the lowest end; nothing promises that it is the lowest of all. See [tutorial
# 15](15_curvature.py).

# %% [markdown] i18n="zh" key="E003-24-why" src="b89d7979"
# 任何一个谷底的斜率都是 0，α·0 哪里也去不了（Goodfellow、Bengio、Courville 2016，§8.2）。0.2 从 1.5 能一步跨过中间的
# 坡，从 −1.8 却同样会跨进错误的谷。管用的办法是从许多地方出发，留下最低的终点；不过也不保证它就是最低的。
# 见[教程 15](15_curvature.py)。

# %%
x = mg.linspace(-1.8, 1.8, 20, dtype=mg.float64, requires_grad=True)  # twenty starts, walked at once
optimizer = optim.SGD([x], lr=0.05)
for _ in range(500):
    optimizer.zero_grad()
    two_valleys(x).sum().backward()
    optimizer.step()
ends, heights = x.detach().numpy(), two_valleys(x).detach().numpy()
lowest = ends[heights.argmin()]
print(f"right: of 20 starts {(ends > 0).sum()} end in the worse valley; the lowest end is {lowest:.2f}")
assert abs(lowest + 1.0356) < 1e-3
assert np.allclose(np.unique(ends.round(2)), [-1.04, 0.96])  # where you start decides, so keep the lowest

# %% [markdown] i18n="en" key="E003-25"
# ## E003-25 · B · Batches that shrink
#
# Document 003 §6.13 names "batch size decay" as a usual way to set the batch size (and §6.14 a decay of the number of
# iterations, of which we know no more than the name). Halve the batch six times, from 64 down to 1, while SGD fits a
# line. **Predict**: does θ end nearer to the best line than with batches that *grow* from 1 to 64, or farther away?

# %% [markdown] i18n="zh" key="E003-25" src="d105aeaa"
# ## E003-25 · B · 越来越小的批
#
# 文档 003 §6.13 把“批次大小衰减”列为设置批大小的常用方法（§6.14 又有“迭代次数衰减”，我们除了名字一无所知）。用 SGD 拟合
# 直线，让批大小六次减半，从 64 直到 1。**预测**：与批大小从 1 *增大*到 64 相比，θ 最后离最好的直线更近还是更远？

# %%
random = np.random.default_rng(0)
x_line = random.normal(size=200)
y_line = 3 * x_line + random.normal(size=200)
best = x_line @ y_line / (x_line @ x_line)  # least squares


def distance(sizes, rates):
    """How far from the best θ SGD ends, root mean square of 50 runs, after 64 steps with each size and rate."""
    theta = np.zeros(50)
    for size, alpha in zip(sizes, rates, strict=True):
        for _ in range(64):
            i = random.integers(0, 200, (50, size))  # a batch for each of the 50 runs
            theta = theta - alpha * 2 * ((theta[:, None] * x_line[i] - y_line[i]) * x_line[i]).mean(axis=1)
    return np.sqrt(np.mean((theta - best) ** 2))


sizes = [64, 32, 16, 8, 4, 2, 1]
shrinking = distance(sizes, [0.05] * 7)
print(f"wrong: batches from 64 down to 1: {shrinking:.3f} from the best line")
assert 0.2 < shrinking < 0.4

# %% [markdown] i18n="en" key="E003-25-why"
# The noise of a mean over B rows falls with 1/√B: a small batch at the end shakes θ when it should come to rest.
# Growing batches calm it, much as a falling learning rate does. The number of epochs comes from early stopping
# ([tutorial 14](14_overfitting.py)).

# %% [markdown] i18n="zh" key="E003-25-why" src="39b3b526"
# 对 B 行取平均，噪声按 1/√B 下降：到最后用小批，正该静下来的时候，θ 却被晃得最厉害。增大批能让它静下来，作用很像减小学
# 习率。轮数则由早停决定（[教程 14](14_overfitting.py)）。

# %%
growing = distance(sizes[::-1], [0.05] * 7)
falling = distance([8] * 7, [0.05 / 2**k for k in range(7)])
print(f"right: from 1 up to 64: {growing:.3f}; batches of 8, rate halved each time: {falling:.3f}")
assert growing < shrinking / 4
assert falling < shrinking / 4

# %% [markdown] i18n="en" key="E003-27"
# ## E003-27 · B · A lock does not make a model forget
#
# Document 003 §6.24 answers the question of privacy by encrypting the data or the model. Here is the smallest model
# there is, the mean of 20 salaries. It is locked with a random key and unlocked again to be used. Nineteen colleagues
# put their numbers together. **Predict**: how well can they guess the twentieth salary?

# %% [markdown] i18n="zh" key="E003-27" src="5de1b800"
# ## E003-27 · B · 上了锁的模型照样记得
#
# 文档 003 §6.24 对隐私问题的回答是加密数据或加密模型。这里是最小的模型：20 个人工资的平均。用随机密钥把它锁上，使用时再
# 打开。其中 19 位同事把各自的数凑在一起。**预测**：他们能把第 20 个人的工资猜得多准？

# %%
random = np.random.default_rng(0)
salaries = random.normal(5000, 800, 20).round()
secret, others = salaries[-1], salaries[:-1].sum()
mean = np.array([salaries.mean()])
key = random.integers(0, 256, 8, dtype=np.uint8)  # used once: no one without the key can read this
locked = mean.view(np.uint8) ^ key
unlocked = (locked ^ key).view(np.float64)
guess = 20 * unlocked[0] - others
print(f"wrong: the salary is {secret:.0f}; guessed from the encrypted model: {guess:.0f}")
assert (locked != mean.view(np.uint8)).any()
assert abs(guess - secret) < 1e-6

# %% [markdown] i18n="en" key="E003-27-why"
# Encryption keeps strangers out; whoever may use the model has the numbers, and what they remember. DP-SGD (Abadi et
# al. 2016) bounds what one person can do, by clipping each gradient, and hides the rest in noise. See [tutorial
# 17](17_privacy.py).

# %% [markdown] i18n="zh" key="E003-27-why" src="e19906fe"
# 加密防的是外人；能使用模型的人，就得到了这些数，以及数里记住的东西。DP-SGD（Abadi 等 2016）通过裁剪每个人的梯度来限制
# 一个人的影响，再用噪声把剩下的盖住。见[教程 17](17_privacy.py)。

# %%
guesses, means = [], []
generator, bound = mg.Generator(0), 2000.0
for _ in range(200):  # one step of DP-SGD from 5000, two hundred times over
    theta = mg.tensor([5000.0], dtype=mg.float64)
    gradients = theta - mg.tensor(salaries)  # of ½(θ − sᵢ)², one for each person
    clipped = mg.clamp(gradients, min=-bound, max=bound).sum()
    noise = bound * mg.randn(1, generator=generator, dtype=mg.float64)  # σ = 1
    theta = theta - (clipped + noise) / 20
    means.append(theta.item())
    guesses.append(20 * theta.item() - others)
print(f"right: the guess is off by {np.std(guesses):.0f}, the mean only by {np.std(means):.0f}, of {mean[0]:.0f}")
assert 1700 < np.std(guesses) < 2300
assert np.std(means) < 0.03 * mean[0]
assert abs(np.mean(means) - mean[0]) < 30

# %% [markdown] i18n="en" key="E003-28"
# ## E003-28 · B · ReLU does not stop an explosion
#
# Document 003 §6.26 recommends ReLU against *exploding* gradients. Fifty layers of 64, weights with a spread of 2/√64.
# **Predict**: with ReLU or with tanh, which gradient at the first layer is larger?

# %% [markdown] i18n="zh" key="E003-28" src="9bb1bb79"
# ## E003-28 · B · ReLU 挡不住梯度爆炸
#
# 文档 003 §6.26 建议用 ReLU 对付梯度*爆炸*。五十层，每层 64 个单元，权重的标准差为 2/√64。**预测**：用 ReLU 和用 tanh，
# 哪一个在第一层的梯度更大？


# %%
def deep(activation, gain):
    """Fifty layers' weights with their gradients, and the norm of the gradient that arrives at each layer."""
    generator = mg.Generator(0)
    h, weights, between = mg.randn(32, 64, generator=generator), [], []
    for _ in range(50):
        weights.append((gain / 8 * mg.randn(64, 64, generator=generator)).requires_grad_())  # √64 = 8
        h = activation(h @ weights[-1])
        h.retain_grad()
        between.append(h)
    h.sum().backward()
    return weights, np.array([h.grad.norm().item() for h in between])


_, relu = deep(mg.relu, 2)
_, tanh = deep(mg.tanh, 2)
print(f"wrong: gradient at the first layer: ReLU {relu[0]:.0e}, tanh {tanh[0]:.0e}")
assert relu[0] > 1e6
assert relu[0] > 100 * tanh[0]

# %% [markdown] i18n="en" key="E003-28-why"
# Where ReLU is on, its slope is 1, and its output has no bound, so nothing holds the product of fifty matrices back;
# tanh at least saturates. ReLU helps against *vanishing*. Against exploding: a spread of √2/√64 (He et al. 2015), and
# clipping the norm (Pascanu et al. 2013), which makes the step safe. [Tutorial
# 13](13_vanishing_and_exploding_gradients.py) is about this.

# %% [markdown] i18n="zh" key="E003-28-why" src="c7ff794e"
# ReLU 在激活处斜率为 1，输出没有上界，五十个矩阵的乘积无从约束；tanh 至少会饱和。ReLU 有助于对付*消失*。对付爆炸，要用
# 标准差 √2/√64 的初始化（He 等 2015），以及梯度范数裁剪（Pascanu 等 2013），后者保证每一步不会太
# 大。[教程 13](13_vanishing_and_exploding_gradients.py) 专讲这个问题。

# %%
weights, he = deep(mg.relu, np.sqrt(2))
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
for name, norms, color in (
    ("ReLU, 2/√n", relu, "tab:red"),
    ("tanh, 2/√n", tanh, "tab:orange"),
    ("ReLU, √(2/n)", he, "tab:blue"),
):
    ax.plot(range(1, 51), norms, color=color, label=name)
ax.set(xlabel="layer", ylabel="norm of the gradient", yscale="log", title="fifty layers, from the loss (right) back")
ax.legend()
nn.utils.clip_grad_norm_(weights, max_norm=1.0)
clipped = np.sqrt(sum((p.grad**2).sum().item() for p in weights))
print(f"right: He's initialization {he[0]:.0f} at the first layer; norm of all gradients after clipping {clipped:.2f}")
assert he[0] < 1e3
assert he[0] < relu[0] / 1e4
assert clipped < 1.001

# %% [markdown] i18n="en" key="document-004"
# ---
# # Document 004: losses and optimizers in PyTorch
#
# The order of the training loop and "logits into CrossEntropyLoss" are right. Adam lacks an ε, and the programs lack
# their data.

# %% [markdown] i18n="zh" key="document-004" src="e0f76139"
# ---
# # 文档 004：PyTorch 中的优化与损失函数
#
# 训练循环的次序、“把 logits 直接交给 CrossEntropyLoss”都是对的。Adam 少了 ε，程序少了数据。

# %% [markdown] i18n="en" key="E004-01"
# ## E004-01 · B · Best on the training data
#
# Document 004 §1, §2.1 and §8 name the goal: the best performance on *training* data. Then labels drawn by a coin
# should be as good a task as any. **Predict**: 60 rows, 60 features, labels by a coin: what accuracy does a linear
# model reach in training, and what on new rows? Now labels that do depend on the features: is the training accuracy
# higher?

# %% [markdown] i18n="zh" key="E004-01" src="ef77a0e9"
# ## E004-01 · B · 训练数据上的最好
#
# 文档 004 §1、§2.1、§8 说，目标是让模型在*训练*数据上的性能最好。照这么说，用抛硬币定的标签也是个好任务。**预测**：60
# 行数据，60 个特征，标签由硬币决定：线性模型在训练数据上的准确率能到多少，在新数据上呢？再换成真与特征有关的标签，训练
# 准确率会更高吗？


# %%
def accuracies(label):
    """Of a linear model, on 60 training rows and on 1000 fresh ones."""
    generator = mg.Generator(0)
    rows, fresh = mg.randn(60, 60, generator=generator), mg.randn(1000, 60, generator=generator)
    truth, fresh_truth = label(rows, generator), label(fresh, generator)
    weight = mg.zeros(60, requires_grad=True)
    optimizer = optim.Adam([weight], lr=0.05)
    for _ in range(300):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(rows @ weight, truth).backward()
        optimizer.step()
    return [((x @ weight > 0) == (t > 0.5)).float().mean().item() for x, t in ((rows, truth), (fresh, fresh_truth))]


train, held_out = accuracies(lambda rows, generator: (mg.rand(len(rows), generator=generator) > 0.5).float())
print(f"wrong: labels by a coin: right in {train:.0%} of the training rows")
assert train == 1.0

# %% [markdown] i18n="en" key="E004-01-why"
# Only held-out data tell learning from learning by heart: the goal is a small *expected* loss (Goodfellow, Bengio,
# Courville 2016, §8.1).

# %% [markdown] i18n="zh" key="E004-01-why" src="db0d417d"
# 只有留出的数据能分清“学会”和“背下来”：目标是*期望*损失小（Goodfellow、Bengio、Courville 2016，§8.1）。

# %%
real_train, real_held_out = accuracies(lambda rows, generator: (rows.sum(1) > 0).float())
print(
    f"right: look at new rows: coin {held_out:.0%}, real labels {real_held_out:.0%}; in training both {real_train:.0%}"
)
assert real_train == 1.0
assert held_out < 0.56 < 0.65 < real_held_out

# %% [markdown] i18n="en" key="E004-04"
# ## E004-04 · B · What Adam is made of
#
# Document 004 §3.3 says that Adam joins the merits of gradient descent and SGD, and learns its learning rate. If α were
# learned, it would not matter where it starts. **Predict** θ after 200 steps from 1, for α = 10⁻⁵, 10⁻³ and 10⁻¹.

# %% [markdown] i18n="zh" key="E004-04" src="ffb64391"
# ## E004-04 · B · Adam 由什么组成
#
# 文档 004 §3.3 说 Adam 结合了梯度下降和随机梯度下降的优点，并且会学习学习率。如果 α 是学来的，那么从多大开始都一
# 样。**预测**：从 1 出发走 200 步，α 取 10⁻⁵、10⁻³、10⁻¹，θ 各在哪里？

# %%
ends = {alpha: descend(optim.Adam, 1.0, 200, lr=alpha)[-1] for alpha in (1e-5, 1e-3, 1e-1)}
print("wrong: nothing learned:", ", ".join(f"alpha {alpha} ends at {end:.3f}" for alpha, end in ends.items()))
assert np.allclose(list(ends.values()), [0.998, 0.808, 0.000], atol=1e-3)

# %% [markdown] i18n="en" key="E004-04-why"
# Nothing is learned. And what is joined? GD and SGD are one rule with different gradients; Adam joins *momentum* and
# *RMSprop* (Kingma & Ba 2015). Without its momentum, β₁ = 0, what is left? Once the start is forgotten, step for step
# RMSprop. See [tutorial 08](08_adaptive_optimizers.py).

# %% [markdown] i18n="zh" key="E004-04-why" src="6e3bb6cf"
# 什么也没有学到。结合的又是什么？GD 和 SGD 是同一个公式，只是梯度不同；Adam 结合的是*动量*和 *RMSprop*（Kingma 与 Ba
# 2015）。去掉动量，令 β₁ = 0，还剩下什么？等开头的影响过去之后，每一步都与 RMSprop 相同。
# 见[教程 08](08_adaptive_optimizers.py)。

# %%
random = np.random.default_rng(0)
slopes = random.normal(size=300)


def steps_of(method, **settings):
    """The steps of an optimizer that is given these slopes, one after another."""
    given = iter(slopes)
    return np.diff(descend(method, 0.0, 300, f=lambda theta: theta * float(next(given)), lr=0.01, **settings))


adam, rmsprop = steps_of(optim.Adam, betas=(0.0, 0.9)), steps_of(optim.RMSprop, alpha=0.9)
print(f"right: last step of Adam without momentum {adam[-1]:.6f}, of RMSprop {rmsprop[-1]:.6f}")
assert np.allclose(adam[200:], rmsprop[200:], rtol=1e-5)
assert not np.allclose(adam[:10], rmsprop[:10], rtol=0.01)  # at first only Adam corrects the bias

slopes = np.sign(slopes)  # √v̂ is 1 now, and what is left of Adam is momentum, a moving average of slopes
adam, momentum = steps_of(optim.Adam), steps_of(optim.SGD, momentum=0.9, dampening=0.9)
print(f"right: on slopes of size 1: last step of Adam {adam[-1]:.6f}, of momentum {momentum[-1]:.6f}")
assert np.allclose(adam[200:], momentum[200:], atol=1e-8)

# %% [markdown] i18n="en" key="E004-05"
# ## E004-05 · One dead pixel
#
# Document 004 §3.3 divides Adam's step by √(v/(1 − β₂ᵗ)), without ε. **Predict**: a pixel at the border is 0 in every
# image, so its weight always has the gradient 0. What is its step, and how many weights are still numbers after the
# second step?

# %% [markdown] i18n="zh" key="E004-05" src="bb73470f"
# ## E004-05 · 一个死像素
#
# 文档 004 §3.3 用 √(v/(1 − β₂ᵗ)) 去除 Adam 的步长，没有 ε。**预测**：图像边缘的一个像素在所有图里都是 0，它的权重的梯度
# 就总是 0。它的这一步是多少？走完第二步，还有几个权重是正常的数？

# %%
pixels = np.array([[0.0, 0.3, 0.9], [0.0, 0.8, 0.1]])  # two images; their first pixel is never lit
labels = np.array([1.0, -1.0])
weight, m, v = np.zeros(3), np.zeros(3), np.zeros(3)
with np.errstate(invalid="ignore"):  # NumPy would warn; a long training log hides that, too
    for t in (1, 2):
        g = pixels.T @ (pixels @ weight - labels)
        m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        weight = weight - 0.01 * m / (1 - 0.9**t) / np.sqrt(v / (1 - 0.999**t))  # no ε
        print(f"wrong: after step {t}: {weight}")
        assert np.isnan(weight).sum() == (1 if t == 1 else 3)

# %% [markdown] i18n="en" key="E004-05-why"
# 0/0 is NaN, not a number; it passes into the prediction, from there into every gradient. + ε in the denominator, 10⁻⁸,
# is all it takes (Kingma & Ba 2015).

# %% [markdown] i18n="zh" key="E004-05-why" src="2d4f403b"
# 0/0 是 NaN（不是数）；它先进入预测，再从那里进入每一个梯度。分母里加上 ε，即 10⁻⁸，就够了（Kingma 与 Ba 2015）。

# %%
weight = mg.zeros(3, requires_grad=True)
optimizer = optim.Adam([weight], lr=0.01)  # eps=1e-8
for _ in range(2):
    optimizer.zero_grad()
    ((mg.tensor(pixels, dtype=mg.float32) @ weight - mg.tensor(labels, dtype=mg.float32)) ** 2).sum().backward()
    optimizer.step()
print(f"right: {weight.detach().numpy()}")
assert weight[0].item() == 0
assert np.isfinite(weight.detach().numpy()).all()

# %% [markdown] i18n="en" key="E004-06"
# ## E004-06 · A training loop without data
#
# Both programs of document 004 §4 begin `for i, data in enumerate(trainloader, 0)`. **Predict** what Python says.

# %% [markdown] i18n="zh" key="E004-06" src="b96baa70"
# ## E004-06 · 没有数据的训练循环
#
# 文档 004 §4 的两段程序都以 `for i, data in enumerate(trainloader, 0)` 开始循环。**预测** Python 会说什么。

# %%
program = """
for i, data in enumerate(trainloader, 0):
    inputs, labels = data
"""
assert "trainloader" in crash(NameError, lambda: exec(program, {}))

# %% [markdown] i18n="en" key="E004-06-why"
# Nowhere is a trainloader made; nor is there a seed, an evaluation, or a look at held-out images, so that even with
# data nobody would know what was learned. The loop itself is right, line by line. Below it is whole, on 1000 digits of
# MNIST (LeCun et al. 1998); [tutorial 11](11_mnist.py) takes its time over it.

# %% [markdown] i18n="zh" key="E004-06-why" src="9af24375"
# 全文没有任何地方创建过 trainloader；也没有随机种子，没有评估，没有看过留出的图像，所以即使有了数据，也没人知道学到了什
# 么。循环本身每一行都是对的。下面把它补全，用 1000 个 MNIST 数字（LeCun 等 1998）；[教程 11](11_mnist.py) 会细讲。

# %%
mg.manual_seed(0)
digits, unseen = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)
trainloader = DataLoader(TensorDataset(digits.images[:1000], digits.labels[:1000]), batch_size=50, shuffle=True)
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.001)
for _ in range(5):
    net.train()
    for inputs, labels in trainloader:
        optimizer.zero_grad()
        loss = criterion(net(inputs), labels)
        loss.backward()
        optimizer.step()
net.eval()
with mg.no_grad():
    accuracy = (net(unseen.images[:500]).argmax(1) == unseen.labels[:500]).float().mean().item()
print(f"right: loss of the last batch {loss.item():.2f}; right in {accuracy:.0%} of 500 unseen digits")
assert accuracy > 0.7

# %% [markdown] i18n="en" key="E004-08"
# ## E004-08 · Twenty-five images become sixteen
#
# Document 004 §4.2 flattens with `x.view(-1, 16 * 5 * 5)`. That fits images of 32 × 32. **Predict**: 25 images of 28 ×
# 28, where the map is 16·4·4 = 256 numbers: is there an error? And with 32 images?

# %% [markdown] i18n="zh" key="E004-08" src="27eecce3"
# ## E004-08 · 二十五张图变成十六张
#
# 文档 004 §4.2 用 `x.view(-1, 16 * 5 * 5)` 展平，这只适合 32 × 32 的图像。**预测**：换成 25 张 28 × 28 的图，特征图是
# 16·4·4 = 256 个数，会报错吗？32 张呢？

# %%
mg.manual_seed(0)
maps = nn.Sequential(
    nn.Conv2d(3, 6, 5), nn.ReLU(), nn.MaxPool2d(2, 2), nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2, 2)
)
with mg.no_grad():
    few, many = maps(mg.randn(25, 3, 28, 28)), maps(mg.randn(32, 3, 28, 28))
print(f"wrong: {len(few)} images become {len(few.view(-1, 16 * 5 * 5))} rows")
assert few.view(-1, 16 * 5 * 5).shape == (16, 400)
assert "reshape" in crash((RuntimeError, ValueError), lambda: many.view(-1, 16 * 5 * 5))

# %% [markdown] i18n="en" key="E004-08-why"
# −1 says "as many rows as it takes": 25·256 numbers make 16 rows of 400, each cut from several images, and no word of
# it. 32 images do not divide evenly and crash. `flatten(x, 1)` never touches the batch, so the next layer complains at
# once.

# %% [markdown] i18n="zh" key="E004-08-why" src="fe7f5bd6"
# −1 的意思是“行数按需要来定”：25·256 个数凑成 16 行、每行 400 个，每行都由几张图拼成，而且一声不吭。32 张除不尽，才会报
# 错。`flatten(x, 1)` 从不碰批这根轴，所以下一层马上就会报错。

# %%
print(f"right: flatten gives {mg.flatten(few, 1).shape}; then the next layer says:")
assert mg.flatten(few, 1).shape == (25, 256)
assert "400" in crash((RuntimeError, ValueError), lambda: nn.Linear(400, 120)(mg.flatten(few, 1)))
print("right: with Linear(256, 120):", nn.Linear(16 * 4 * 4, 120)(mg.flatten(few, 1)).shape)

# %% [markdown] i18n="en" key="after"
# ## What finds such mistakes
#
# Few of the 51 crash. What found the others: asserting shapes where data are made; a gradient check; printing the loss
# and looking at it; a constant gradient put into an optimizer's formula; the first ten steps against a reference, and
# not only the last; data whose answer you know; a set that you look at once. Each takes a minute. All the errata:
# [the list](../docs/errata.md); which line of a document is taught where: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="after" src="999c5ae0"
# ## 怎样发现这样的错误
#
# 51 处里没有几处会报错。其余的是这样发现的：在生成数据的地方断言形状；做梯度检验；把损失打印出来并且看它；
# 把恒定的梯度代入优化器公式；拿前十步而不只是最后一步与参考结果对照；用知道答案的数据；留一份只看一次的数据。
# 每一样只要一分钟。全部勘误见[列表](../docs/errata.md)；文档的哪一行在哪里讲，见[概念地图](../docs/concepts.md)。
