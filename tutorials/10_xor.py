# %% [markdown] i18n="en" key="title"
# # 10 · XOR: what a line cannot do
#
# **One question: why do networks need hidden layers, and why do those need a bend?** XOR is true when exactly one of
# two inputs is. Four points are all its data, and document 000 trains on them. A **hidden layer** is one between
# input and output. Below are two models after the same training: on the left a straight line does its best, on the
# right eight bent lines work together. The colour is the probability of "true". Which of the four points does the
# left one get right, and how sure is it?

# %% [markdown] i18n="zh" key="title" src="f58deb2d"
# # 10 · 异或：一条直线做不到的事
#
# **只问一个问题：网络为什么需要隐藏层，隐藏层又为什么需要“弯折”？** 两个输入恰有一个为真时，异或为真。
# 全部数据只有四个点，文档 000 就在它们上面训练。**隐藏层**是输入与输出之间的层。
# 下面是经过同样训练的两个模型：左边一条直线尽其所能，右边八条弯折的线共同工作。颜色是“真”的概率。
# 左边的模型答对了哪几个点？它有多大把握？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw, plot_decision_boundary

F = nn.functional
xor = mg.datasets.XOR()
x, y = xor.inputs, xor.targets  # (4, 2) and (4, 1)


def train(model, steps=300, lr=0.05):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


mg.manual_seed(0)
line = nn.Linear(2, 1)
network = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
loss_of_line, loss_of_network = train(line), train(network)

fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
for ax, model, title in ((axes[0], line, "one line"), (axes[1], network, "eight, bent")):
    plot_decision_boundary(model, x, y, ax=ax).set_title(title)
sure = {"one line": mg.sigmoid(line(x)).flatten(), "eight, bent": mg.sigmoid(network(x)).flatten()}
for name, p in sure.items():
    print(f"{name:<12} p at (0,0), (0,1), (1,0), (1,1): {[round(v, 3) for v in p.tolist()]}")
assert mg.allclose(sure["one line"].detach(), mg.full((4,), 0.5), atol=1e-3)

# %% [markdown] i18n="en" key="documents-model"
# ## What document 000 trains
#
# The line got none of them right: it says ½ everywhere, white in the picture, and where it then draws its boundary is
# chance. It is not the training that failed. Document 000 went the same way: its §4 announces a multilayer perceptron
# (a network with hidden layers), and codes ŷ = Xθ: two weights, no bias, no hidden layer, no bend. Gradient descent,
# 1000 steps. Where will θ end, and what will it answer for the four points?

# %% [markdown] i18n="zh" key="documents-model" src="c4f49513"
# ## 文档 000 训练的是什么
#
# 直线一个点也没有真正答对：它处处都说 ½（图中的白色），黑线画在哪里全凭偶然。这并不是训练失败。
# 文档 000 走的是同一条路：§4 说要讲多层感知机（带隐藏层的网络），代码却是 ŷ = Xθ：两个权重，没有偏置，没有隐藏层，
# 没有非线性。梯度下降 1000 步。θ 会停在哪里？对四个点它会怎样回答？

# %%
theta = mg.zeros(2, 1, requires_grad=True)
for _ in range(1000):
    error = x @ theta - y
    (error.square().mean() / 2).backward()  # ½·MSE: its gradient is Xᵀe/n, the document's line
    with mg.no_grad():
        theta -= 0.1 * theta.grad  # θ ← θ − α·Xᵀe/n
    theta.grad = None
answers = (x @ theta).detach()
print("theta:", theta.tolist(), " answers:", answers.flatten(), " MSE:", F.mse_loss(answers, y).item())
assert mg.allclose(theta.detach(), mg.full((2, 1), 1 / 3), atol=1e-4)
assert abs(F.mse_loss(answers, y).item() - 1 / 3) < 1e-4
assert answers[3].item() == answers.max().item()  # surest where it is wrong: 1 xor 1

# %% [markdown] i18n="en" key="half-of-mse"
# θ = (1/3, 1/3), and the highest answer goes to (1, 1), where the truth is 0. That loss, 1/3, is **worse** than always
# saying 0.5, which scores 1/4: without a bias, it cannot even say that. One more thing: Xᵀe/n is the gradient of half
# the mean squared error, not of the error itself, which has 2/n. Only the scale of α hides in that. Adam will end at
# the same θ, as document 000 shows without noticing. What is missing is not a better optimizer.

# %% [markdown] i18n="zh" key="half-of-mse" src="8aea8d3a"
# θ = (1/3, 1/3)，最高的回答给了 (1, 1)，而那里的真值是 0。损失 1/3 比永远回答 0.5（损失 1/4）还**差**：没有偏置，
# 它连“0.5”都说不出来。另外，Xᵀe/n 是均方误差的一半的梯度，均方误差本身的梯度带 2/n；差别只是藏在 α 的尺度里。
# 换成 Adam 也会停在同一个 θ，文档 000 其实展示了这一点，却没有指出。缺的并不是更好的优化器。

# %% [markdown] i18n="en" key="not-separable"
# ## Why no line can
#
# A line says yes where w₁x₁ + w₂x₂ + b > 0. XOR asks for b ≤ 0, w₁ + b > 0, w₂ + b > 0 and w₁ + w₂ + b ≤ 0. Add the
# two in the middle: w₁ + w₂ + 2b > 0. What do the other two say about that sum? Then try a hundred thousand lines.

# %% [markdown] i18n="zh" key="not-separable" src="da9bb355"
# ## 为什么任何直线都不行
#
# 直线在 w₁x₁ + w₂x₂ + b > 0 处回答“是”。异或要求 b ≤ 0，w₁ + b > 0，w₂ + b > 0，以及 w₁ + w₂ + b ≤ 0。
# 把中间两式相加：w₁ + w₂ + 2b > 0。另外两式对这个和说了什么？然后试十万条直线。

# %%
random = np.random.default_rng(0)
w, b = random.normal(size=(100_000, 2)), random.normal(size=(100_000, 1))
says = w @ x.numpy().T + b > 0  # (100000, 4)
right = (says == (y.numpy()[:, 0] > 0.5)).sum(1)
print("points a line gets right, and how many lines do:", {k: int((right == k).sum()) for k in range(5)})
assert right.max() == 3

# %% [markdown] i18n="en" key="contradiction"
# Added up, the other two say w₁ + w₂ + 2b ≤ 0: the opposite. So there is no such line, and the best ones get three
# points right.

# %% [markdown] i18n="zh" key="contradiction" src="ec01649d"
# 另外两式相加，得 w₁ + w₂ + 2b ≤ 0，正好矛盾。所以这样的直线不存在，最好的直线也只能答对三个点。

# %% [markdown] i18n="en" key="bend"
# ## Depth alone does not help
#
# Two linear layers in a row: W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂), and so for three, as below. More parameters,
# more layers, "deep". What will its loss be? A coin would get log 2 = 0.693.

# %% [markdown] i18n="zh" key="bend" src="b713072c"
# ## 单靠加深没有用
#
# 两个线性层相连：W₂(W₁x + b₁) + b₂ = (W₂W₁)x + (W₂b₁ + b₂)；下面的三层也是如此。参数更多，层数更多，“深”了。
# 它的损失会是多少？抛硬币能得到 log 2 = 0.693。

# %%
mg.manual_seed(0)
straight = nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 8), nn.Linear(8, 1))
loss_of_straight = train(straight)
print(f"one line {loss_of_line:.3f}; three linear layers {loss_of_straight:.3f}; with a tanh {loss_of_network:.3f}")
assert abs(loss_of_line - np.log(2)) < 1e-2
assert abs(loss_of_straight - np.log(2)) < 1e-2
assert loss_of_network < 0.05

W1, W2, W3 = (layer.weight.detach() for layer in straight)
print("the three as one matrix:", W3 @ W2 @ W1)

# %% [markdown] i18n="en" key="hidden"
# ## What the hidden layer sees
#
# The tanh layer moves the four points to a new place, where one line suffices. Two hidden units (neurons of the
# hidden layer) can be looked at: here are the points as the hidden layer sees them. Which two have been brought
# together?

# %% [markdown] i18n="zh" key="hidden" src="8af491d0"
# ## 隐藏层看到了什么
#
# tanh 层把四个点搬到新的位置，在那里一条直线就够了。两个隐藏单元（隐藏层的神经元）可以画出来：
# 下面是隐藏层眼中的四个点。哪两个点被搬到了一起？

# %%
mg.manual_seed(0)
small = nn.Sequential(nn.Linear(2, 2), nn.Tanh(), nn.Linear(2, 1))
loss_of_small = train(small, steps=600)
hidden = small[1](small[0](x)).detach()  # (4, 2)
fig, axes = plt.subplots(1, 2, figsize=(9, 3.8), layout="constrained")
plot_decision_boundary(small, x, y, ax=axes[0]).set_title("the inputs")
plot_decision_boundary(small[2], hidden, y, ax=axes[1])  # the last layer alone: a line
axes[1].set(title="as the hidden layer sees them", xlabel="hidden unit 1", ylabel="hidden unit 2")
print(f"loss {loss_of_small:.4f}; the hidden layer moves the points to\n{hidden}")
assert loss_of_small < 0.05

# %% [markdown] i18n="en" key="graph"
# ## The same as a graph
#
# Every step of this small network on one point, and the gradients of its 9 parameters. Follow the one path from x to
# the loss that goes through a bend.

# %% [markdown] i18n="zh" key="graph" src="104fc824"
# ## 画成计算图
#
# 这个小网络对一个点的每一步，以及 9 个参数的梯度。沿着从 x 到损失、经过弯折的那条路走一遍。

# %%
loss = F.binary_cross_entropy_with_logits(small(x[1:2]), y[1:2])
loss.backward(retain_graph=True)
assert sum(p.numel() for p in small.parameters()) == 9
draw(loss)

# %% [markdown] i18n="en" key="how-many"
# ## How many hidden units
#
# (0, 1) and (1, 0) came together, and one line is enough. So two units suffice, as the picture shows. But does
# training **find** them? Ten starts each with 1, 2, 4 and 8 units. Say a number for each before you run it.

# %% [markdown] i18n="zh" key="how-many" src="b14afca7"
# ## 需要多少隐藏单元
#
# (0, 1) 与 (1, 0) 被搬到了一起，于是一条直线就够了。图中可见，两个单元就够。但训练**找得到**吗？
# 1、2、4、8 个单元各从十个起点训练。运行之前，先为每种说一个数。

# %%
found = {}
for units in (1, 2, 4, 8):
    found[units] = 0
    for seed in range(10):
        mg.manual_seed(seed)
        model = nn.Sequential(nn.Linear(2, units), nn.Tanh(), nn.Linear(units, 1))
        train(model, steps=250)
        found[units] += ((model(x) > 0) == (y > 0.5)).all().item()
print("starts out of 10 that end with all four points right:", found)
assert found[1] == 0  # one unit bends, but its level lines are still parallel lines
assert 0 < found[2] < 10  # enough to express it, not always enough to find it
assert found[8] >= 9

# %% [markdown] i18n="en" key="capacity"
# That is the difference between what a model can **express** and what training **finds**. A few units too many make the
# landscape easier. On real data too many let it learn the noise by heart (tutorial 14): fewer layers or units are one
# cure among several, not the first.

# %% [markdown] i18n="zh" key="capacity" src="d6d9dc34"
# 这就是模型**能表达**什么与训练**找得到**什么之间的差别。多几个单元，损失曲面会更好走。
# 在真实数据上，单元太多会把噪声背下来（教程 14）：减少层数或神经元是几种药方之一，而不是首选。

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# Start all weights at zero. Nothing crashes and every gradient is right. What will the hidden units do?

# %% [markdown] i18n="zh" key="break" src="dcdceee5"
# ## 把它弄坏
#
# 所有权重从零开始。程序不会报错，每个梯度也都是对的。隐藏单元会怎样？

# %%
model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
for parameter in model.parameters():
    nn.init.zeros_(parameter)
loss_from_zero = train(model)
print(f"from zero: loss {loss_from_zero:.3f}; weights {model[0].weight.abs().max().item():.3g}")
assert abs(loss_from_zero - np.log(2)) < 1e-3  # the last layer is 0, so no slope reaches the first, and so it stays

# %% [markdown] i18n="en" key="from-zero"
# Nothing at all. Every hidden unit is tanh 0 = 0, so the last weights get no slope; they are 0, so no slope gets past
# them to the first; and the bias is right already, at ½. Random starts make the units differ, and so they can learn.

# %% [markdown] i18n="zh" key="from-zero" src="f02e2bc0"
# 什么也不做。每个隐藏单元都是 tanh 0 = 0，所以最后一层的权重得不到斜率；而这些权重又都是 0，斜率也就传不到第一层；
# 偏置已经给出 ½，也不用再调。随机的起点让各个单元互不相同，它们才学得起来。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 000 §1 (why many layers), 000 §4.1 and §4.2 (the XOR data and the code that trains a line on them), 003 §6.23 (fewer
# layers and units), 002 §3 (small random starts). The data set is right. Wrong: that the code is a multilayer
# perceptron ([E000-12](20_errata_lab.py)); imprecise: which loss Xᵀe/n belongs to ([E000-13](../docs/errata.md)).
# All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="4af0f2ca"
# ## 在文档中的位置
#
# 000 §1（为何要多层）、000 §4.1 与 §4.2（异或数据，以及在其上训练一条直线的代码）、003 §6.23（减少层数与神经元）、
# 002 §3（小随机值初始化）。数据集是对的。错的：那段代码不是多层感知机（[E000-12](20_errata_lab.py)）；
# 不准确的：Xᵀe/n 是哪个损失的梯度（[E000-13](../docs/errata.md)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Write down, by hand, weights for two ReLU units that solve XOR exactly. Hint: relu(x₁ + x₂) − 2·relu(x₁ + x₂ − 1).
# 2. Give the line one more input, x₁·x₂, and train it alone. Hint: `mg.cat([x, x[:, :1] * x[:, 1:]], dim=1)`; what does
#    the hidden layer have to invent that you have just given away?
# 3. XOR of three inputs is true when an odd number of them is. Train a network on all 8 rows. Hint: 8 hidden units and
#    1000 steps of Adam at 0.05 are plenty; build the inputs with `np.indices((2, 2, 2)).reshape(3, 8).T`.
#
# [Answers](answers/10_xor.py)

# %% [markdown] i18n="zh" key="exercises" src="913a79b7"
# ## 练习
#
# 1. 手写两个 ReLU 单元的权重，使其精确实现异或。提示：relu(x₁ + x₂) − 2·relu(x₁ + x₂ − 1)。
# 2. 给直线多一个输入 x₁·x₂，只训练它自己。提示：`mg.cat([x, x[:, :1] * x[:, 1:]], dim=1)`；
#    隐藏层本来要自己发明的东西，你刚刚送给了它，那是什么？
# 3. 三个输入的异或：奇数个为真时为真。用全部 8 行训练一个网络。提示：8 个隐藏单元、学习率 0.05 的 Adam、
#    1000 步绰绰有余；输入用 `np.indices((2, 2, 2)).reshape(3, 8).T` 来造。
#
# [答案](answers/10_xor.py)
