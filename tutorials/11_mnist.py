# %% [markdown] i18n="en" key="title"
# # 11 · MNIST: a network learns to read
#
# **One question: how do 784 grey pixels become one of ten answers?** Below are sixteen digits that people wrote by
# hand, and what they meant. No rule for a 7 has ever been written down that holds for all of them. We take the
# network of document 004, 784-128-10 (784 inputs, 128 hidden neurons, 10 outputs), give its code what is missing, and
# let it find the rules itself. How many of a hundred digits that it has never seen will it read correctly in the end?

# %% [markdown] i18n="zh" key="title" src="1c40512a"
# # 11 · MNIST：让网络学会认数字
#
# **只问一个问题：784 个灰度像素怎样变成十个答案中的一个？** 下面是十六个手写数字，以及书写者的本意。
# 从来没有人写得出一条对所有 7 都成立的规则。我们采用文档 004 的网络 784-128-10（784 个输入，128 个隐藏神经元，
# 10 个输出），补上它的代码所缺的部分，让网络自己去找规则。最后，一百个它从没见过的数字里，它能认对几个？

# %%
import math
import tempfile
import warnings
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Trainer
from minigrad.utils.data import DataLoader
from minigrad.viz import draw, plot_confusion_matrix, plot_learning_curves, plot_mistakes, plot_weight_images

F = nn.functional
train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)  # they come with minigrad

fig, axes = plt.subplots(2, 8, figsize=(9, 2.9), layout="constrained")
for ax, (image, label) in zip(axes.flat, train, strict=False):
    ax.imshow(image[0].numpy(), cmap="gray_r")
    ax.set(xticks=[], yticks=[], title=f"{label}")

# %% [markdown] i18n="en" key="pixels"
# ## A digit is a table of numbers
#
# Each digit is a table of 28 by 28 numbers: 0 is paper, 1 is ink. There are 10 000 to learn from and 2000 others to be
# tested on, each digit equally often. (LeCun, Cortes & Burges published 70 000 such digits; these ship with minigrad.)
# Guess: what share of all the pixels is exactly 0? And are there pixels where nobody ever put ink?

# %% [markdown] i18n="zh" key="pixels" src="e7622fa7"
# ## 一个数字就是一张数表
#
# 每个数字是 28×28 的一张数表：0 是纸，1 是墨。有 10 000 个用来学，另外 2000 个用来考，十种数字各占一样多。
# （LeCun、Cortes 与 Burges 发布的有 70 000 个；这里用的随 minigrad 一起提供。）猜一猜：所有像素中恰好为 0 的占多少？
# 有没有谁都没写到过的像素？
#
# 输出与图中的英文：as we see it 我们看到的，its middle, as the network sees it 网络看到的（中间一块）；to be
# tested on 用来考的，pixels that are 0 为 0 的像素，places that no digit ever touches 谁都没写到过的位置。

# %%
image, label = train[0]
crop = image[0, 8:18, 9:19].numpy()  # ten rows and columns from the middle
fig, axes = plt.subplots(1, 2, figsize=(8.5, 3.9), layout="constrained")
axes[0].imshow(image[0].numpy(), cmap="gray_r")
axes[0].add_patch(plt.Rectangle((8.5, 7.5), 10, 10, fill=False, edgecolor="tab:orange", linewidth=2))
axes[0].set(title=f"a {label}, as we see it", xticks=[], yticks=[])
axes[1].imshow(crop, cmap="gray_r", vmin=0, vmax=1)
axes[1].set(title="its middle, as the network sees it", xticks=[], yticks=[])
for (row, column), value in np.ndenumerate(crop):
    color = "white" if value > 0.5 else "black"
    axes[1].text(column, row, f"{value:.1f}", ha="center", va="center", color=color, fontsize=8)

blank = (train.images == 0).float().mean().item()
never = (train.images.numpy() == 0).all(axis=(0, 1)).ravel()  # (784,): pixels that no digit touches
print(f"images {train.images.shape}, labels {train.labels.shape}; to be tested on: {len(test)}")
print(f"pixels that are 0: {blank:.0%}; places that no digit ever touches: {never.sum()} of 784")
assert train.images.shape == (10000, 1, 28, 28)
assert np.bincount(train.labels.numpy()).tolist() == [1000] * 10  # so a guess is right in 10 % of all cases
assert 0.78 < blank < 0.83
assert never.sum() > 50

# %% [markdown] i18n="en" key="flatten"
# ## Flatten
#
# A linear layer wants each example in one row. A batch of 64 digits has the shape (64, 1, 28, 28): example, channel
# (grey has one, colour has three), row, column. `flatten(x, 1)` leaves axis 0 alone and puts all the others in line,
# as document 004 writes it, rightly. What shape will come out? And what if the 1 is forgotten?

# %% [markdown] i18n="zh" key="flatten" src="0aba7212"
# ## 展平 flatten
#
# 线性层要求每个样本是一行。一批 64 个数字的形状是 (64, 1, 28, 28)：样本、通道（灰度图一个，彩色图三个）、行、列。
# `flatten(x, 1)` 不动第 0 轴，把其余各轴排成一行；文档 004 就是这样写的，写对了。结果是什么形状？如果忘了写 1 呢？

# %%
x = train.images[:64]  # (64, 1, 28, 28)
rows = mg.flatten(x, 1)  # (64, 784)
print(f"{x.shape} → flatten(x, 1): {rows.shape};  flatten(x): {mg.flatten(x).shape}")
assert rows.shape == (64, 784)
assert mg.flatten(x).shape == (64 * 784,)  # one long row, in which the digits are no longer told apart
assert rows[0, 28 * 10 + 13].item() == x[0, 0, 10, 13].item()  # row 10, column 13: number 10·28 + 13

# %% [markdown] i18n="en" key="module"
# ## nn.Module
#
# A network is a class: `__init__` says what it is made of, `forward` what it does. Whatever layer is stored as an
# attribute of an `nn.Module` is found by `parameters()`, which is how the optimizer learns what it may change. This is
# document 004's network, with `mg` for `torch`. Count before you run: how many parameters has 784-128-10?

# %% [markdown] i18n="zh" key="module" src="c7d5864c"
# ## nn.Module
#
# 网络是一个类：`__init__` 说明它由什么组成，`forward` 说明它做什么。凡是作为属性存进 `nn.Module` 的层，
# `parameters()` 都能找到；优化器就是这样知道自己可以改哪些数。下面是文档 004 的网络，只是把 `torch` 换成了 `mg`。
# 运行之前先数一数：784-128-10 有多少个参数？
#
# 输出与图中的英文：together 合计。


# %%
class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc1 = nn.Linear(784, 128)  # 128 neurons, each with a weight for every pixel
        self.fc2 = nn.Linear(128, 10)  # ten scores, one for each digit

    def forward(self, x):
        x = mg.flatten(x, 1)  # (N, 784)
        x = mg.relu(self.fc1(x))  # (N, 128)
        return self.fc2(x)  # (N, 10): logits


mg.manual_seed(0)
net = Net()
for name, parameter in net.named_parameters():
    print(f"{name:10} {parameter.shape!s:12} {parameter.numel():7,}")
total = sum(parameter.numel() for parameter in net.parameters())
print(f"together {total:,}")
assert total == 784 * 128 + 128 + 128 * 10 + 10 == 101_770

# %% [markdown] i18n="en" key="functions-and-classes"
# ## Functions, and classes of nn
#
# Document 004 says that `torch.optim` and `torch.nn.functional` provide the optimizers and the losses; its code then
# uses the **classes** of `torch.nn` (E004-02). Both exist, here as there. A function gets all it needs with each call.
# A class is a module: it keeps settings, and parameters if it has any.
#
# | PyTorch | here | what is in it |
# | --- | --- | --- |
# | `torch.nn.functional` | `mg.nn.functional`, our `F` | functions: `F.relu(x)`, `F.cross_entropy(z, y)` |
# | `torch.nn` | `mg.nn` | classes: `nn.Linear(784, 128)`, `nn.CrossEntropyLoss()` |
# | `torch.optim` | `mg.optim` | optimizers: `optim.Adam(net.parameters(), lr=0.001)` |
#
# Will the function and the class give the same loss, to the last digit?

# %% [markdown] i18n="zh" key="functions-and-classes" src="7c767b15"
# ## 函数，以及 nn 的类
#
# 文档 004 说，优化器和损失函数由 `torch.optim` 与 `torch.nn.functional` 提供；而它的代码用的却是 `torch.nn` 的
# **类**（E004-02）。两者都有，在这里也一样。函数每次调用时都要把所需的一切交给它；
# 类则是一个模块，自己保存设置，有参数的话也保存参数。
#
# | PyTorch | 这里 | 里面有什么 |
# | --- | --- | --- |
# | `torch.nn.functional` | `mg.nn.functional`，简写 `F` | 函数：`F.relu(x)`、`F.cross_entropy(z, y)` |
# | `torch.nn` | `mg.nn` | 类：`nn.Linear(784, 128)`、`nn.CrossEntropyLoss()` |
# | `torch.optim` | `mg.optim` | 优化器：`optim.Adam(net.parameters(), lr=0.001)` |
#
# 函数和类算出的损失会完全一样，连最后一位数字也不差吗？

# %%
criterion = nn.CrossEntropyLoss()
outputs = net(x)
by_class, by_function = criterion(outputs, train.labels[:64]), F.cross_entropy(outputs, train.labels[:64])
print(f"nn.CrossEntropyLoss()(z, y) = {by_class.item():.6f},  F.cross_entropy(z, y) = {by_function.item():.6f}")
assert by_class.item() == by_function.item()  # the class calls the function
assert not hasattr(F, "CrossEntropyLoss")
assert list(nn.ReLU().parameters()) == list(criterion.parameters()) == []  # these classes have nothing to learn

# %% [markdown] i18n="en" key="logits"
# ## Logits into CrossEntropyLoss
#
# The network ends in `fc2`, without softmax, and that is right: softmax is inside `CrossEntropyLoss` (tutorial 05). An
# untrained network knows nothing, so its ten scores are nearly equal. What should its loss be? And if one did add a
# softmax, where would the loss of a perfect network get stuck? (The graph below is the whole network, and its first
# gradients; of many numbers it gives the mean, the standard deviation `std` and the range.)

# %% [markdown] i18n="zh" key="logits" src="c84cc8bc"
# ## 把 logit 直接交给 CrossEntropyLoss
#
# 网络以 `fc2` 结尾，没有 softmax，这是对的：softmax 已经在 `CrossEntropyLoss` 里面了（教程 05）。
# 没训练过的网络什么都不知道，十个得分差不多相等。它的损失应该是多少？如果真的多加一次 softmax，
# 一个完美的网络的损失会卡在哪里？（下图是整个网络的计算图，带着它的第一批梯度；数太多时，只写平均值 mean、
# 标准差 std 和从最小到最大的范围。）
#
# 输出与图中的英文：untrained 没训练过的，ten equal scores 十个相等的得分，a perfect network 完美的网络，with a
# softmax too many 多了一次 softmax。

# %%
perfect = 50 * F.one_hot(mg.arange(10), 10).float()  # (10, 10): logits that are sure and right
once, twice = (criterion(z, mg.arange(10)).item() for z in (perfect, mg.softmax(perfect, dim=1)))
print(f"untrained: {by_class.item():.3f}; ten equal scores: log 10 = {math.log(10):.3f}")
print(f"a perfect network: {once:.3f} from logits, {twice:.3f} with a softmax too many")
assert abs(by_class.item() - math.log(10)) < 0.1
assert once < 1e-6
assert abs(twice - math.log((math.e + 9) / math.e)) < 1e-4  # 1.461, and nothing says why
by_class.backward(retain_graph=True)  # kept, so that it can be drawn
draw(by_class)

# %% [markdown] i18n="en" key="loader"
# ## Batches, epochs, and a missing trainloader
#
# Document 004's loop runs over `trainloader`, a name that it never defines. Nor does it set a seed or ever look at a
# digit that was not trained on ([E004-06](20_errata_lab.py)). So the code cannot run as printed; run one line of it
# and see. What is missing is a `DataLoader`, which shuffles the data and deals out mini-batches; once through all of
# them is an epoch. How many batches of 64 do 10 000 digits make, and how large is the last?

# %% [markdown] i18n="zh" key="loader" src="ea655e02"
# ## 批、轮，以及不存在的 trainloader
#
# 文档 004 的循环遍历 `trainloader`，却从没定义过它；也没有设随机种子，更没有看过一个没训练过的数字
# （[E004-06](20_errata_lab.py)）。所以那段代码照抄是跑不起来的：运行其中一行就知道。缺的是 `DataLoader`：
# 它打乱数据，一批一批地发出来；全部发完一遍就是一轮（epoch）。10 000 个数字按 64 一批，一共几批？最后一批有几个？
#
# 输出与图中的英文：is not defined 没有定义；batches in an epoch 是一轮的批数，the first of … digits, the last of
# … 第一批有……个，最后一批有……个。

# %%
try:
    for data in trainloader:
        inputs, labels = data
except NameError as error:
    print(f"NameError: {error}")
else:
    raise AssertionError("somebody has defined it")

loader = DataLoader(train, batch_size=64, shuffle=True)
sizes = [len(labels) for _, labels in loader]
print(f"{len(loader)} batches in an epoch, the first of {sizes[0]} digits, the last of {sizes[-1]}")
assert len(sizes) == len(loader) == 157
assert sizes[-1] == 10_000 - 156 * 64

# %% [markdown] i18n="en" key="loop"
# ## The training loop
#
# Five lines, as document 004 has them, in the right order: forget the old gradients, forward, loss, backward, step.
# Ten epochs, Adam, α = `lr` = 0.001, all as printed. New are the seed and `measure`: after every epoch it looks at
# digits that were not trained on, with `eval()` (layers such as dropout behave differently in training; ours has none,
# but the habit is cheap) and `no_grad()` (nothing is recorded). After which epoch will it read 93 of 100 test digits?

# %% [markdown] i18n="zh" key="loop" src="f05349fe"
# ## 训练循环
#
# 五行，和文档 004 一样，顺序也对：清除旧梯度、前向、损失、反向、更新。十轮，Adam，α 即 `lr` = 0.001，全部照原文。
# 新加的是随机种子和 `measure`：每轮之后，它去看没训练过的数字；其中 `eval()` 切换到评估模式
# （dropout，即随机失活，教程 14，这类层在训练时行为不同；我们的网络里没有，但这个习惯不费事），
# `no_grad()` 表示不做记录。第几轮之后，它能在 100 个测试数字里认对 93 个？
#
# 输出与图中的英文：running loss 见下一节，test loss 测试损失，test accuracy 测试准确率。


# %%
def measure(model, data):
    """The mean loss on all of the data, and the share of right answers."""
    model.eval()
    with mg.no_grad():
        outputs = model(data.images)
    model.train()
    assert not outputs.requires_grad  # no record, so no way back
    return criterion(outputs, data.labels).item(), mg.train.accuracy(outputs, data.labels)


mg.manual_seed(0)  # the same start and the same shuffles each time
net = Net()
initial = net.fc1.weight.detach().clone()  # to be compared with later
optimizer = optim.Adam(net.parameters(), lr=0.001)
history, printed = [], []
for epoch in range(1, 11):
    running_loss = 0.0
    for inputs, labels in loader:
        optimizer.zero_grad()  # forget the gradients of the last batch
        outputs = net(inputs)  # forward
        loss = criterion(outputs, labels)
        loss.backward()  # ∇J(θ), on this batch
        optimizer.step()  # θ ← θ − α·m̂ / (√v̂ + ε)
        running_loss += loss.item()
    printed.append(running_loss / len(loader))  # what document 004 prints
    row = {"epoch": epoch}
    row["loss"], row["accuracy"] = measure(net, train)
    row["test_loss"], row["test_accuracy"] = measure(net, test)
    history.append(row)
    print(f"epoch {epoch:2}: running loss {printed[-1]:.3f}, test loss {row['test_loss']:.3f}", end=", ")
    print(f"test accuracy {row['test_accuracy']:.1%}")
assert max(row["test_accuracy"] for row in history[:7]) > 0.93
assert history[-1]["test_accuracy"] > 0.93

# %% [markdown] i18n="en" key="running-loss"
# ## What a running loss is, and is not
#
# `running_loss / len(trainloader)` is not quite "the loss after this epoch". First, it gives the short last batch the
# weight of a whole one (E004-09): take the numbers 0 to 9 in batches of 4. Second, the network changed 157 times while
# it was added up. In the first epoch, will it be larger or smaller than the loss on the same digits afterwards?

# %% [markdown] i18n="zh" key="running-loss" src="ddfd4677"
# ## running loss 是什么，不是什么
#
# `running_loss / len(trainloader)` 并不就是“这一轮之后的损失”。第一，它给较小的最后一批和整批同样的权重
# （E004-09）：拿 0 到 9 这十个数按 4 个一批试试。第二，累加的过程中网络已经变了 157 次。
# 第一轮里，它比这一轮结束后在同样数字上的损失大还是小？
#
# 输出与图中的英文：mean of the means 各批平均的平均，the same digits afterwards 这一轮之后，在同样的数字上。

# %%
batches = [mg.arange(10).float()[start : start + 4] for start in (0, 4, 8)]  # 4, 4 and 2 numbers
of_means = sum(batch.mean().item() for batch in batches) / len(batches)
of_items = sum(batch.mean().item() * len(batch) for batch in batches) / 10  # each batch weighed by its size
print(f"0 to 9 in batches of 4: mean of the means {of_means:.2f}, mean {of_items:.2f}")
assert abs(of_means - 5.1667) < 1e-3
assert of_items == 4.5

print(f"first epoch: running loss {printed[0]:.3f}, the same digits afterwards {history[0]['loss']:.3f}")
print(f"last epoch:  running loss {printed[-1]:.3f}, the same digits afterwards {history[-1]['loss']:.3f}")
assert abs(printed[-1] - history[-1]["loss"]) < 0.05  # late in training the two are nearly the same
assert printed[0] > 1.5 * history[0]["loss"]  # it remembers the beginner that the network was

# %% [markdown] i18n="en" key="overfitting"
# ## Learning curves
#
# The solid line is the digits it learns from, the dashed one digits it has never seen. What happens to the gap between
# them? And if training went on for fifty epochs, which of the two losses would go to 0?

# %% [markdown] i18n="zh" key="overfitting" src="598bfdf6"
# ## 学习曲线
#
# 实线是它学过的数字，虚线是它没见过的数字。两者之间的差距会怎样变化？如果训练五十轮，哪个损失会趋于 0？
#
# 输出与图中的英文：training digits 训练用的数字，test digits 测试用的数字，lowest 最低。

# %%
last = history[-1]
print(f"epoch 10, training digits: loss {last['loss']:.3f}, accuracy {last['accuracy']:.1%}")
print(f"epoch 10, test digits:     loss {last['test_loss']:.3f}, accuracy {last['test_accuracy']:.1%}")
assert abs(history[0]["test_loss"] - history[0]["loss"]) < 0.05  # at first, what it learns holds for all digits
assert last["test_loss"] > 1.5 * last["loss"]  # in the end part of it holds only for these
plot_learning_curves(history)

# %% [markdown] i18n="en" key="overfitting-seen"
# That gap is over-fitting. After fifty epochs (try it) the solid line would be near 0, the dashed one about where it
# is now. What counts is the dashed line: the goal is not to do best on the training data, as document 004 says
# ([E004-01](20_errata_lab.py)), but on digits yet unseen. Tutorial 14 works against the gap, and there it keeps a
# third part of the data to choose by: whoever stops at the best *test* epoch (the star) has peeked.

# %% [markdown] i18n="zh" key="overfitting-seen" src="d4cfffc3"
# 这个差距就是过拟合。训练到五十轮（可以自己试试），实线会趋近 0，虚线却还在现在的高度附近。要紧的是虚线：
# 目标不是像文档 004 说的那样在训练数据上做到最好（[E004-01](20_errata_lab.py)），而是在没见过的数字上做好。
# 教程 14 会设法缩小这个差距，并另留一份数据来做选择：谁要是停在*测试*结果最好的那一轮（图中的星号），谁就偷看了答案。

# %% [markdown] i18n="en" key="mistakes"
# ## What it gets wrong
#
# An accuracy is one number; mistakes have a pattern. In the table each row is a true digit, each column an answer.
# Which two digits will be confused most? Then look at the mistakes of which it was most sure (above each: the truth →
# the answer, and its probability): would you have read them?

# %% [markdown] i18n="zh" key="mistakes" src="61a783f4"
# ## 它错在哪里
#
# 准确率只是一个数；错误却有规律。下面的表叫**混淆矩阵**：每一行是真实的数字（true class），
# 每一列是网络的回答（predicted class），百分比是占这一行的比例。
# 哪两个数字最容易混淆？然后看看它最有把握的那些错误（每张图上方：真实 → 回答，
# 以及它给这个回答的概率）：换了你，认得出来吗？
#
# 输出与图中的英文：a … taken for a … 把……认成……；颜色 share of the true class 是占该真实类别的比例。

# %%
with mg.no_grad():
    logits = net(test.images)  # (2000, 10)
counts = mg.train.confusion_matrix(logits, test.labels)  # (10, 10)
wrong = counts - np.diag(np.diag(counts))
for place in np.argsort(-wrong, axis=None)[:3]:
    truth, answer = divmod(int(place), 10)
    print(f"a {truth} taken for a {answer}: {wrong[truth, answer]} of {counts[truth].sum()}")
assert abs(np.diag(counts).sum() / 2000 - last["test_accuracy"]) < 1e-9  # the diagonal is the accuracy
plot_confusion_matrix(test.labels, logits)

# %%
plot_mistakes(net, test, limit=12)

# %% [markdown] i18n="en" key="weights"
# ## What the first layer looks for
#
# Each neuron of the first layer has a weight for every pixel, so its weights are a picture: purple says "ink here
# speaks for me", orange "against me". The rim looks like fine noise. Remember the places where no digit ever has ink.
# How far have their weights moved in ten epochs?

# %% [markdown] i18n="zh" key="weights" src="9ee7607c"
# ## 第一层在找什么
#
# 第一层的每个神经元对每个像素有一个权重，所以它的权重就是一幅图：紫色表示“这里有墨就支持我”，橙色表示“反对我”。
# 边缘看上去像细碎的噪声。还记得那些谁都没写到过的像素吗？十轮训练之后，它们的权重移动了多少？
#
# 输出与图中的英文：where ink never is 从来没有墨的地方，moved by at most 最多移动，elsewhere by up to 别处最
# 多；units 0 to 15 of 128 是 128 个神经元中的前 16 个。

# %%
moved = (net.fc1.weight.detach() - initial).abs().max(dim=0).values  # (784,): the largest over the neurons
unused, used = moved.numpy()[never], moved.numpy()[~never]
print(f"where ink never is: moved by at most {unused.max():g}; elsewhere by up to {used.max():.3f}")
assert unused.max() == 0  # ∂loss/∂w = (…)·x, and x is always 0
assert used.max() > 0.05
plot_weight_images(net, limit=16)

# %% [markdown] i18n="en" key="zero-gradient"
# They have not moved at all: their gradient is exactly 0 in every step. Here the ε in Adam's step, θ ← θ − α·m̂ / (√v̂
# + ε), is no ornament. Document 004 leaves it out ([E004-05](20_errata_lab.py)). What would be the step of these
# weights then, in the very first batch?

# %% [markdown] i18n="zh" key="zero-gradient" src="60f30497"
# 一点都没有移动：每一步它们的梯度都恰好是 0。所以 Adam 的更新式 θ ← θ − α·m̂ / (√v̂ + ε) 里的 ε 不是装饰。
# 文档 004 漏掉了它（[E004-05](20_errata_lab.py)）。那样的话，第一批里这些权重的一步会是多少？
#
# 输出与图中的英文：step without ε 没有 ε 的一步，with ε 有 ε 的。

# %%
with np.errstate(invalid="ignore"):  # NumPy would warn, as it should
    without_eps = np.float32(0) / np.sqrt(np.float32(0))
print(f"step without ε: {without_eps}; with ε: {np.float32(0) / (np.sqrt(np.float32(0)) + np.float32(1e-8))}")
assert np.isnan(without_eps)  # 0/0 is not a number, and so are these weights from then on

# %% [markdown] i18n="en" key="save"
# ## Save it
#
# What was learned is 101 770 numbers with names, the `state_dict`. Save them, make a new network from another seed,
# load them. How many test answers will differ? (In a folder of your own the file would of course stay.)

# %% [markdown] i18n="zh" key="save" src="e325665a"
# ## 把它存下来
#
# 学到的东西就是 101 770 个带名字的数，即 `state_dict`。存下来，用另一个随机种子新建一个网络，再读进去。
# 会有几个测试答案不同？（存在你自己的文件夹里，文件当然会留下来；这里用的是临时文件夹。）
#
# 输出与图中的英文：a new network 新网络，with what the other has learned 读入另一个学到的东西之后，answers that
# differ 不同的答案数。

# %%
with tempfile.TemporaryDirectory() as folder:
    path = Path(folder) / "digits.safetensors"
    mg.save(net.state_dict(), path)
    print(f"{list(net.state_dict())}: {path.stat().st_size / 1024:.0f} KiB")
    mg.manual_seed(1)
    reader = Net()
    before = measure(reader, test)[1]
    reader.load_state_dict(mg.load(path))
after = measure(reader, test)[1]
with mg.no_grad():
    differ = (reader(test.images).argmax(dim=1) != logits.argmax(dim=1)).sum().item()
print(f"a new network: {before:.1%}; with what the other has learned: {after:.1%}; answers that differ: {differ}")
assert before < 0.3
assert after == last["test_accuracy"]
assert differ == 0

# %% [markdown] i18n="en" key="trainer"
# ## The short way
#
# Now that you know what is in the loop, you need not write it each time: `Trainer` is these lines, with the epoch's
# mean taken over digits. On the command line, `minigrad train mnist` is all of it, with a progress bar and
# checkpoints (what is saved on the way). Three epochs with a larger step, lr = 0.003: will they do for 93 %?

# %% [markdown] i18n="zh" key="trainer" src="dc734041"
# ## 简短的写法
#
# 既然知道了循环里有什么，就不必每次都写：`Trainer` 就是这几行，并且每轮的平均是对数字取的，而不是对批取的。在命令行里，
# `minigrad train mnist` 就是全部，还带进度条和检查点（checkpoint，训练中途的存档）。步子大一些，lr = 0.003，训练三轮：
# 够到 93% 吗？

# %%
mg.manual_seed(0)
model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))  # the same network
optimizer = optim.Adam(model.parameters(), lr=0.003)
trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": mg.train.correct})
for row in trainer.fit(DataLoader(train, batch_size=64, shuffle=True), DataLoader(test, batch_size=500), epochs=3):
    print(f"epoch {row['epoch']}: loss {row['loss']:.3f}, test accuracy {row['test_accuracy']:.1%}")
assert row["test_accuracy"] > 0.92

# %% [markdown] i18n="en" key="applications"
# ## Where else
#
# Documents 003 and 004 list applications: images, language, speech, recommendations, games. You have just done the
# first of them; for the others the data, the network and the loss change, the five lines do not. Document 003 adds
# that deep learning needs no human work (E003-03). Somebody did choose 784-128-10, and did label 12 000 digits by hand.
# And it counts speech *synthesis* as a part of speech *recognition*; they are two tasks.
#
# Below, three of the others in miniature (in games the answers come from play): the next letter of a text, high and
# low tones, stars for films. New is `nn.Embedding(n, d)`: a table of n rows of d numbers, all of them to be learned;
# given whole numbers, it returns those rows. Which letter can be guessed best from the one before it? And can the
# stars that nobody gave be told from those that were given?

# %% [markdown] i18n="zh" key="applications" src="59f4153a"
# ## 还能用在哪里
#
# 文档 003 和 004 列举了应用：图像、语言、语音、推荐、游戏。你刚刚做了第一项；换成别的，要换的是数据、网络和损失，
# 那五行不变。文档 003 还说深度学习无需人工（E003-03）：784-128-10 是有人选定的，12 000 个数字的标签也是人写的。
# 它又把语音*合成*算作语音*识别*的一部分，其实是两件事。
#
# 下面是另外三项的微缩版（游戏里，答案来自对局）：文本的下一个字母，高音与低音，给电影打的分。
# 新出现的是 `nn.Embedding(n, d)`：一张 n 行 d 列的表，里面的数都要学；给它整数，它就返回相应的行。
# 知道前一个字母，哪个字母之后最容易猜？没有人打过的分，能从打过的分推出来吗？
#
# 输出与图中的英文：language 语言，if all … letters are equally likely 假如每个字母同样可能；sound 声音，were told
# apart 区分开的比例；recommendation 推荐，on the stars that nobody had given 在没有人打过的分上，R² 为 1 是完美，
# 为 0 等于只会说平均数；图中是哪个字母（letter）后面跟着哪个（next letter），_ 是空格。


# %%
def learn(parameters, loss_of, steps=150, lr=0.03):
    """The five lines, for any network, any loss and any data."""
    optimizer = optim.Adam(parameters, lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_of()
        loss.backward()
        optimizer.step()
    return loss.item()


mg.manual_seed(0)
text = "the cat sat on the mat and the rat sat on the cat and that was that "
letters = sorted(set(text))
codes = mg.tensor([letters.index(letter) for letter in text])
follows = nn.Embedding(len(letters), len(letters))  # for each letter the logits of the one that follows
language = learn(follows.parameters(), lambda: F.cross_entropy(follows(codes[:-1]), codes[1:]))
print(f"language: loss {language:.2f}; if all {len(letters)} letters are equally likely, {math.log(len(letters)):.2f}")
assert language < 0.6 * math.log(len(letters))

pitch, time = mg.arange(300) % 2, mg.arange(64) / 64
begin = 2 * math.pi * mg.rand(300, 1)
tones = mg.sin(2 * math.pi * (3 + 2 * pitch[:, None]) * time + begin) + 0.5 * mg.randn(300, 64)  # (300, 64)
ear = nn.Sequential(nn.Linear(64, 32), nn.ReLU(), nn.Linear(32, 2))
learn(ear.parameters(), lambda: F.cross_entropy(ear(tones[:200]), pitch[:200]))
heard = mg.train.accuracy(ear(tones[200:]), pitch[200:])
print(f"sound: of 100 new tones {heard:.0%} were told apart, high from low")
assert heard > 0.9

stars = mg.randn(30, 2) @ mg.randn(2, 20)  # (30, 20): what each person would give each film
given = mg.rand(30, 20) < 0.7  # the others nobody has seen yet
people, films = nn.Embedding(30, 2), nn.Embedding(20, 2)
both = [people.weight, films.weight]
learn(both, lambda: (people.weight @ films.weight.T - stars)[given].square().mean())
r2 = mg.train.r2_score((people.weight @ films.weight.T)[~given], stars[~given])
print(f"recommendation: R² = {r2:.2f} on the stars that nobody had given (1 is perfect, 0 is to say the mean)")

fig, ax = plt.subplots(figsize=(4.2, 3.6), layout="constrained")
ax.imshow(mg.softmax(follows.weight.detach(), dim=1).numpy(), cmap="gray_r")
names = ["_" if letter == " " else letter for letter in letters]
ax.set(xticks=range(len(names)), xticklabels=names, yticks=range(len(names)), yticklabels=names)
ax.set(xlabel="next letter", ylabel="letter", title="what follows what")
assert r2 > 0.8

# %% [markdown] i18n="en" key="small-table"
# An o is always followed by an n; the rows with a single black square are the sure ones. And of the stars not given,
# nearly all can be told. Is deep learning then, as document 003 has it, far better than classical methods (E003-03)?
# One more miniature: a table of 20 rows, y = 2 + 3x and noise. A network of 10 401 parameters meets least squares
# (Legendre 1805), which has two. Which of them comes nearer to the truth?

# %% [markdown] i18n="zh" key="small-table" src="4c8fe2de"
# 字母 o 后面总是 n；只有一个黑格的那些行最有把握。没有打过的分，也几乎都能推出来。那么，深度学习真像文档 003 说的那样，
# 远胜传统方法吗（E003-03）？再来一个微缩的例子：一张只有 20 行的表，y = 2 + 3x 加噪声。
# 一个有 10 401 个参数的网络，遇上只有两个参数的最小二乘法（Legendre 1805）。谁更接近真实的直线？
#
# 输出与图中的英文：20 rows 是 20 行的表，off the truth by 与真值相差，least squares 最小二乘法，the truth 真实的直线。

# %%
mg.manual_seed(0)
inputs = 2 * mg.rand(20, 1) - 1  # 20 rows, y = 2 + 3x and noise
targets = 2 + 3 * inputs + mg.randn(20, 1)
places = mg.linspace(-1, 1, 101)[:, None]
wide = nn.Sequential(nn.Linear(1, 100), nn.ReLU(), nn.Linear(100, 100), nn.ReLU(), nn.Linear(100, 1))
learn(wide.parameters(), lambda: F.mse_loss(wide(inputs), targets), steps=400, lr=0.01)
line = np.polynomial.Polynomial.fit(inputs.numpy()[:, 0], targets.numpy()[:, 0], 1)(places.numpy())
of_line = F.mse_loss(mg.tensor(line), 2 + 3 * places).item()
of_network = F.mse_loss(wide(places), 2 + 3 * places).item()

fig, ax = plt.subplots(figsize=(6.4, 3.6), layout="constrained")
ax.plot(inputs.numpy(), targets.numpy(), "k.", label="20 rows")
ax.plot(places.numpy(), wide(places).detach().numpy(), label="network")
ax.plot(places.numpy(), line, label="least squares")
ax.plot(places.numpy(), 2 + 3 * places.numpy(), "k:", label="the truth")
ax.set(xlabel="x", ylabel="y", title="a small table", xticks=(-1, -0.5, 0, 0.5, 1))
ax.legend()
print(f"20 rows: off the truth by {of_network:.2f} (network) and {of_line:.2f} (least squares), as MSE")
assert of_network > 1.5 * of_line

# %% [markdown] i18n="en" key="applications-seen"
# The line. The network bends around the noise of 20 rows, as it is free to: on small tables of numbers older methods
# often win. On images the same freedom is what lets it find strokes that nobody had to describe. Four tasks, one loop.

# %% [markdown] i18n="zh" key="applications-seen" src="b9a70332"
# 是直线。网络自由度大，就跟着 20 行数据里的噪声弯来弯去：在小规模的表格数据上，较老的方法常常更好。
# 在图像上，同样的自由度却让网络自己找到笔画，不必由人描述。四个任务，同一个循环。

# %% [markdown] i18n="en" key="break"
# ## Break it: the order of the five lines
#
# Three orders, one epoch each. Forgetting `zero_grad()` adds every batch's gradient to all earlier ones; minigrad
# warns. Calling it *after* `backward()` throws away what was just found. Which of the two is worse? Then ask the
# network from above to read white ink on black paper, 1 − x: any human can.

# %% [markdown] i18n="zh" key="break" src="b620dc8b"
# ## 把它弄坏：五行的顺序
#
# 三种顺序，各训练一轮。忘了 `zero_grad()`，每一批的梯度就会和以前所有的加在一起，minigrad 会警告。
# 在 `backward()` *之后*才调用它，刚求出的梯度就被丢掉了。两者哪个更糟？
# 然后让上面训练好的网络认黑纸白字，即 1 − x：任何人都认得出来。
#
# 输出与图中的英文：warnings 警告的次数，white ink on black paper 黑纸白字，where a guess gets 10 % 瞎猜能得 10%。
# 警告有两种：一种在教程 00 里见过；no parameter has a gradient 是说没有一个参数有梯度，所以什么都没有变。


# %%
def one_epoch(order):
    mg.manual_seed(0)
    model = Net()
    optimizer = optim.Adam(model.parameters(), lr=0.001)
    for inputs, labels in loader:
        for line in order:
            if line == "zero_grad":
                optimizer.zero_grad()
            elif line == "backward":
                criterion(model(inputs), labels).backward()
            else:
                optimizer.step()
    return measure(model, test)[1]


mg.manual_seed(0)
untrained = measure(Net(), test)[1]
reached = {}
for order in (("zero_grad", "backward", "step"), ("backward", "step"), ("backward", "zero_grad", "step")):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        reached[order] = one_epoch(order)
    print(f"{', '.join(order):26}: test accuracy {reached[order]:.1%}; warnings: {len(caught)}")
    for warning in caught:
        print(f"    {warning.message}")
right, added_up, thrown_away = reached.values()
assert right > 0.85
assert added_up < right - 0.05
assert thrown_away == untrained  # without a gradient, step() leaves a parameter as it is: nothing was ever learned

with mg.no_grad():
    inverted = mg.train.accuracy(net(1 - test.images), test.labels)
print(f"white ink on black paper: {inverted:.1%}, where a guess gets 10 %")
assert inverted < 0.2  # a test accuracy is a promise about digits like those of the test set, and no others

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 004 §1 (optim and functional), 004 §4.1 (the network, flatten, logits, the loop, epochs, the running loss; the loop of
# 004 §4.2 is the same), 004 §5 and 003 §1 (applications), 003 §6.15, §6.17 and §6.18 (train, tune, repeat). Right: the
# network, flatten, logits without softmax, the order of the five lines. Missing: data, seed and evaluation
# ([E004-06](20_errata_lab.py)). Imprecise: where the losses live (E004-02), the mean of batch means (E004-09). Wrong:
# the goal ([E004-01](20_errata_lab.py)), Adam without ε ([E004-05](20_errata_lab.py)), the praise of deep learning
# (E003-03). All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="f48d6b6b"
# ## 在文档中的位置
#
# 004 §1（optim 与 functional）、004 §4.1（网络、展平、logit、循环、轮、running loss；004 §4.2 的循环
# 与它相同）、004 §5 与 003 §1（应用）、
# 003 §6.15、§6.17 与 §6.18（训练、调参、重复训练）。
# 对的：网络、flatten、不加 softmax 的 logit、五行的顺序。缺的：数据、随机种子与评估（[E004-06](20_errata_lab.py)）。
# 不准确的：损失函数在哪里（E004-02）、各批均值的平均（E004-09）。错的：目标（[E004-01](20_errata_lab.py)）、
# 没有 ε 的 Adam（[E004-05](20_errata_lab.py)）、对深度学习的过誉（E003-03）。
# 逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Shuffle the 784 pixels, in the same way for all digits, so that nobody can read them. Train one epoch. How much
#    worse is the network? Hint: `order = mg.randperm(784)`, then `images.flatten(1)[:, order]`.
# 2. Let the network say "I do not know" when its largest probability is below 0.9. What share does it refuse, and how
#    accurate is the rest? Hint: `mg.softmax(logits, dim=1)`, then the largest of each row.
# 3. What is the hidden layer worth? Train `nn.Linear(784, 10)` alone, as long as the network. Hint: three epochs of
#    Adam with lr 0.003, and compare with the `Trainer` above.
#
# [Answers](answers/11_mnist.py)

# %% [markdown] i18n="zh" key="exercises" src="e4a208a2"
# ## 练习
#
# 1. 把 784 个像素打乱，所有数字用同一种打乱方式，使谁都认不出来。训练一轮。网络会差多少？
#    提示：`order = mg.randperm(784)`，然后 `images.flatten(1)[:, order]`。
# 2. 最大概率低于 0.9 时，让网络回答“不知道”。它拒答的占多少？其余的准确率是多少？
#    提示：`mg.softmax(logits, dim=1)`，再取每行的最大值。
# 3. 隐藏层值多少？只用 `nn.Linear(784, 10)`，训练同样长的时间。提示：Adam，lr 0.003，三轮，与上面的 `Trainer` 比较。
#
# [答案](answers/11_mnist.py)
