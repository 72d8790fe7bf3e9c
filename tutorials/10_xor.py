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
#
# 输出与图中的英文：one line 一条直线，eight, bent 八条弯折的线，probability of class 1 是类别 1（即“真”）的概率。

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
#
# 输出与图中的英文：answers 对四个点的回答。

# %%
theta = mg.zeros(2, 1, requires_grad=True)
for _ in range(1000):
    error = x @ theta - y
    (error.square().mean() / 2).backward()  # ½·MSE: its gradient is Xᵀe/n, the document's line
    with mg.no_grad():
        assert mg.allclose(theta.grad, x.T @ error / 4, atol=1e-6)  # Xᵀe/n
        theta -= 0.1 * theta.grad  # θ ← θ − α·Xᵀe/n
    theta.grad = None
answers = (x @ theta).detach()
theta_ends, answered = ([round(v, 4) for v in t.flatten().tolist()] for t in (theta, answers))
print(f"theta: {theta_ends}  answers: {answered}  MSE: {F.mse_loss(answers, y).item():.4f}")
assert mg.allclose(theta.detach(), mg.full((2, 1), 1 / 3), atol=1e-4)
assert abs(F.mse_loss(answers, y).item() - 1 / 3) < 1e-4
assert answers[3].item() == answers.max().item()  # surest where it is wrong: 1 xor 1

# %% [markdown] i18n="en" key="half-of-mse"
# θ = (1/3, 1/3), and the highest answer goes to (1, 1), where the truth is 0. That loss, 1/3, is **worse** than always
# saying 0.5, which scores 1/4: without a bias, it cannot even say that. One more thing: Xᵀe/n is the gradient of half
# the mean squared error, not of the error itself, which has 2/n. Only the scale of α hides in that. Document 000's
# second program takes Adam instead. Will it find a better θ?

# %% [markdown] i18n="zh" key="half-of-mse" src="6495807e"
# θ = (1/3, 1/3)，最高的回答给了 (1, 1)，而那里的真值是 0。损失 1/3 比永远回答 0.5（损失 1/4）还**差**：没有偏置，
# 它连“0.5”都说不出来。另外，Xᵀe/n 是均方误差的一半的梯度，均方误差本身的梯度带 2/n；差别只是藏在 α 的尺度里。
# 文档 000 的第二段程序换用 Adam。它会找到更好的 θ 吗？

# %%
by_adam = mg.zeros(2, 1, requires_grad=True)
optimizer = optim.Adam([by_adam], lr=0.05)
for _ in range(500):
    optimizer.zero_grad()
    F.mse_loss(x @ by_adam, y).backward()
    optimizer.step()
always_half = F.mse_loss(mg.full((4, 1), 0.5), y).item()
theta_ends = [round(v, 4) for v in by_adam.flatten().tolist()]
print(f"theta from Adam: {theta_ends}  MSE of always saying 0.5: {always_half}")
assert mg.allclose(by_adam.detach(), theta.detach(), atol=1e-3)
assert always_half == 1 / 4

# %% [markdown] i18n="en" key="adam-too"
# The same θ; document 000 shows it, too, without noticing. What is missing is not a better optimizer.

# %% [markdown] i18n="zh" key="adam-too" src="bcc1fc8c"
# 还是同一个 θ；文档 000 其实也展示了这一点，却没有指出。缺的并不是更好的优化器。

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
#
# 输出与图中的英文：points a line gets right, and how many lines do：一条直线答对的点数，以及有多少条直线如此。

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
#
# 输出与图中的英文：three linear layers 三个线性层，with a tanh 带 tanh 的，the three as one matrix 三层合成的一个
# 矩阵。

# %%
mg.manual_seed(0)
straight = nn.Sequential(nn.Linear(2, 8), nn.Linear(8, 8), nn.Linear(8, 1))
loss_of_straight = train(straight)
print(f"one line {loss_of_line:.3f}; three linear layers {loss_of_straight:.3f}; with a tanh {loss_of_network:.3f}")
assert abs(loss_of_line - np.log(2)) < 1e-2
assert abs(loss_of_straight - np.log(2)) < 1e-2
assert loss_of_network < 0.05

(W1, b1), (W2, b2), (W3, b3) = ((layer.weight.detach(), layer.bias.detach()) for layer in straight)
print("the three as one matrix:", W3 @ W2 @ W1)
as_one = x @ (W3 @ W2 @ W1).T + (W3 @ (W2 @ b1 + b2) + b3)
assert mg.allclose(as_one, straight(x).detach(), atol=1e-5)  # the three are one line

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
#
# 输出与图中的英文：the inputs 输入，as the hidden layer sees them 隐藏层看到的样子，hidden unit 隐藏单元，moves
# the points to 把四个点搬到。

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
# the loss that goes through a bend. Which parameters does the walk back reach first?

# %% [markdown] i18n="zh" key="graph" src="b666a9ae"
# ## 画成计算图
#
# 这个小网络对一个点的每一步，以及 9 个参数的梯度。沿着从 x 到损失、经过弯折的那条路走一遍。
# 反向传播往回走时，最先到达哪些参数？

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
#
# 输出与图中的英文：starts out of 10 that end with all four points right：十个起点中，最后四个点全对的有几个。

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
# One unit never does: where its output takes one value, the points form a line, with the bend as without it. Two can
# **express** XOR, yet training does not always **find** it. A few units too many make the landscape easier. On real
# data too many let it learn the noise by heart (tutorial 14): fewer layers or units are one cure among several, not the
# first.

# %% [markdown] i18n="zh" key="capacity" src="2ebd7774"
# 一个单元永远不行：使它取同一个值的点排成一条直线，有弯折也一样，所以它和一条直线一样无能为力。两个单元
# **能表达**异或，训练却未必**找得到**。多几个单元，损失曲面会更好走。
# 在真实数据上，单元太多会把噪声背下来（教程 14）：减少层数或神经元是几种药方之一，而不是首选。

# %% [markdown] i18n="en" key="history"
# ## A short history, replayed
#
# Document 003 begins with dates: neural networks born in 1986, support vector machines in 1998, deep learning in 2006
# (E003-01, E003-02). The neuron is much older, and the story is one of XOR. **1943**, McCulloch and Pitts: a neuron
# fires if its weighted sum reaches a threshold; the weights are set by hand. **1958**, Rosenblatt's perceptron
# **learns** them: w ← w + (y − ŷ)·x after each answer, which changes nothing if the answer was right. **1969**, Minsky
# and Papert: one such neuron cannot do XOR. **1986**, Rumelhart, Hinton and Williams make backpropagation known, which
# trains hidden layers. Three generations, three tables: which of the nine will come out right?

# %% [markdown] i18n="zh" key="history" src="4508d09d"
# ## 重演一段简史
#
# 文档 003 一开头就列年份：神经网络诞生于 1986 年，支持向量机 1998 年，深度学习 2006 年（E003-01、E003-02）。
# 其实神经元要早得多，而这段历史正好可以用异或来讲。**1943 年**，McCulloch 与 Pitts：加权和达到阈值，神经元就发放；
# 权重由人来定。**1958 年**，Rosenblatt 的感知机会自己**学**权重：每回答一次就做 w ← w + (y − ŷ)·x，答对了则不变。
# **1969 年**，Minsky 与 Papert：单个这样的神经元做不了异或。**1986 年**，Rumelhart、Hinton 与 Williams
# 使反向传播广为人知，隐藏层从此可以训练。三代方法，三张真值表：这九格里哪些会是对的？
#
# 输出与图中的英文：by hand 由人定权重（1943 年）；True 是整列都对，False 是没有全对。时间轴上：neuron 神经
# 元，perceptron 感知机，no XOR 做不了异或，backpropagation 反向传播，SVM 支持向量机，pre-training 预训练。


# %%
corners = x.numpy()
tables = {"AND": [0, 0, 0, 1], "OR": [0, 1, 1, 1], "XOR": [0, 1, 1, 0]}


def fires(inputs, weights, threshold):
    """1943: does the weighted sum reach the threshold?"""
    return (inputs @ np.array(weights) >= threshold).astype(int)


def perceptron(truth, rounds=100):
    """1958: the same neuron, and a rule that finds the weights."""
    w, b = np.zeros(2), 0.0
    for _ in range(rounds):
        for corner, wanted in zip(corners, truth, strict=True):
            wrong_by = wanted - int(w @ corner + b > 0)  # y − ŷ: 1, 0 or −1
            w, b = w + wrong_by * corner, b + wrong_by  # w ← w + (y − ŷ)·x
    return (corners @ w + b > 0).astype(int)


def by_backpropagation(truth):
    """1986: hidden units, trained."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer, wanted = optim.Adam(model.parameters(), lr=0.1), mg.tensor(truth).reshape(4, 1).float()
    for _ in range(100):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(x), wanted).backward()
        optimizer.step()
    return (model(x) > 0).flatten().numpy().astype(int)


either, both = fires(corners, [1, 1], 1), fires(corners, [1, 1], 2)
by_hand = {"AND": both, "OR": either, "XOR": fires(np.stack([either, both], 1), [1, -1], 1)}  # "or", but not "and"
right = {}
for name, truth in tables.items():
    answers = {"1943, by hand": by_hand[name], "1958": perceptron(truth), "1986": by_backpropagation(truth)}
    right[name] = {who: answer.tolist() == truth for who, answer in answers.items()}
    print(f"{name:4}", right[name])
assert all(right["AND"].values())
assert all(right["OR"].values())
assert list(right["XOR"].values()) == [True, False, True]

dates = {1943: "neuron", 1958: "perceptron", 1969: '"no XOR"', 1986: "backpropagation", 1992: "SVM"}
dates |= {1998: "LeNet-5", 2006: "pre-training", 2012: "AlexNet"}
fig, ax = plt.subplots(figsize=(9, 1.9), layout="constrained")
ax.plot(list(dates), [0] * len(dates), "o-")
for i, (year, what) in enumerate(dates.items()):
    place = {"xytext": (0, 9 if i % 2 else -9), "va": "bottom" if i % 2 else "top"}  # in turn above and below
    ax.annotate(f"{year}\n{what}", (year, 0), textcoords="offset points", ha="center", fontsize=9, **place)
ax.set(ylim=(-1, 1), xlim=(1938, 2017))
ax.set_axis_off()

# %% [markdown] i18n="en" key="history-seen"
# Eight of nine, and the surprise is the first column: by hand, three neurons in two layers could do XOR in 1943.
# Nobody could **train** such layers; that is what came in 1986. (The support vector machine, SVM, is of 1992 to 1995,
# LeNet-5 is in tutorial 12, 2006 brought pre-training, layer by layer, and in 2012 AlexNet, a deep network, won a
# contest in recognising photographs by a wide margin.)

# %% [markdown] i18n="zh" key="history-seen" src="1db01863"
# 九格中对了八格，而意外的是第一列：权重由人来定，1943 年的三个神经元排成两层就能做异或。
# 那时没有人会**训练**这样的层；1986 年带来的正是这个。（支持向量机 SVM 出现在 1992 至 1995 年；LeNet-5 见教程 12；
# 2006 年带来的是逐层预训练；2012 年，深层网络 AlexNet 在照片识别的比赛中大幅领先。）

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# Start all weights at zero. Nothing crashes and every gradient is right. What will the hidden units do?

# %% [markdown] i18n="zh" key="break" src="dcdceee5"
# ## 把它弄坏
#
# 所有权重从零开始。程序不会报错，每个梯度也都是对的。隐藏单元会怎样？
#
# 输出与图中的英文：from zero 从零开始，weights 权重的最大值。

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
# 000 §1 (why many layers), 000 §4, that is §4.1 and §4.2 (the XOR data and the code that trains a line on them), 003
# §6.23 (fewer layers and units), 002 §3 (small random starts), 003 §1 (the history). The data set is right. Wrong: that
# the code is a multilayer perceptron ([E000-12](20_errata_lab.py)), the dates ([E003-01, E003-02](../docs/errata.md));
# imprecise: which loss Xᵀe/n belongs to ([E000-13](../docs/errata.md)). All of it, line by line: [the concept
# map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="efe57333"
# ## 在文档中的位置
#
# 000 §1（为何要多层）、000 §4，即 §4.1 与 §4.2（异或数据，以及在其上训练一条直线的代码）、
# 003 §6.23（减少层数与神经元）、002 §3（小随机值初始化）、003 §1（历史）。数据集是对的。
# 错的：那段代码不是多层感知机（[E000-12](20_errata_lab.py)）；
# 那些年份（[E003-01、E003-02](../docs/errata.md)）。不准确的：Xᵀe/n 是哪个损失的梯度（[E000-13](../docs/errata.md)）。
# 逐条对照见[概念地图](../docs/concepts.md)。

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
