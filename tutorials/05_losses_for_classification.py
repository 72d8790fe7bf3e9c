# %% [markdown] i18n="en" key="title"
# # 05 · Losses for classification
#
# **One question: what should a probability cost, once the truth is known?** A classifier does not say "spam"; it says
# "spam, with probability 0.9". The loss is how surprised it is by the truth. Left and middle: the price of saying p.
# Right: the same price over the raw score, the **logit**. Where does the dashed slope run away, and where does it not?

# %% [markdown] i18n="zh" key="title" src="cf95770c"
# # 05 · 分类问题的损失函数
#
# **只问一个问题：真相揭晓之后，一个概率应该付出多大的代价？** 分类器并不直接说“是垃圾邮件”，
# 而是说“是垃圾邮件的概率为 0.9”。损失就是它面对真相时的“惊讶程度”。左图与中图：说出概率 p 的代价。右图：同一代价，
# 横轴换成原始得分 **logit**。哪里的斜率（虚线）会失控？哪里不会？
#
# 输出与图中的英文：it is spam 是垃圾邮件，it is not 不是，over the logit 横轴是 logit，derivative 导数（斜率）。

# %%
import math

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import explore, plot_loss_function, plot_loss_gallery

F = nn.functional

fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained")
plot_loss_function("binary_cross_entropy", target=1, ax=axes[0]).set_title("it is spam (y = 1)")
plot_loss_function("binary_cross_entropy", target=0, ax=axes[1]).set_title("it is not (y = 0)")
plot_loss_function("binary_cross_entropy_with_logits", target=1, ax=axes[2]).set_title("y = 1, over the logit")
for ax in axes[:2]:
    ax.set_xlabel("probability of spam, p")

# %% [markdown] i18n="en" key="likelihood"
# ## Four e-mails, and how likely the truth was
#
# Document 002 breaks off after the head of this table (`E002-07`), so the rows are ours. The **likelihood** is the
# probability that the model gave to all that really happened: p where it was spam, 1 − p where it was not, multiplied.
# Work it out before you run it. With a thousand mails, what would become of such a product?

# %% [markdown] i18n="zh" key="likelihood" src="59f9d17a"
# ## 四封邮件：真相有多“可能”
#
# 文档 002 写到这张表的表头就中断了（`E002-07`），所以表中的数据由我们给出。
# **似然**（likelihood）是模型给“全部实际发生的事”的概率：是垃圾邮件取 p，不是则取 1 − p，全部相乘。
# 先自己算出来，再运行。如果有一千封邮件，这样的乘积会变成什么样？
#
# 输出与图中的英文：mail 邮件，label 标签，predicted p 预测的 p，probability of the truth 给真相的概率，surprise
# 惊讶程度，of 250 times as many mails 邮件有 250 倍那么多时。

# %%
spam = mg.datasets.Spam()
y, p = spam.targets, spam.predictions  # labels and probabilities, both (4, 1)
of_truth = mg.where(y == 1, p, 1 - p)  # what the model gave to what really happened

print("mail   label y   predicted p   probability of the truth   surprise −log")
for i in range(4):
    print(f"{i + 1:4}   {y[i].item():7.0f}   {p[i].item():11.1f}   {of_truth[i].item():24.1f}", end="")
    print(f"   {-math.log(of_truth[i].item()):13.3f}")
likelihood = of_truth.prod().item()
print(f"likelihood = 0.9 · 0.8 · 0.6 · 0.9 = {likelihood:.4f};   of 250 times as many mails: {likelihood**250:.1e}")
assert abs(likelihood - 0.3888) < 1e-4

# %% [markdown] i18n="en" key="bce"
# ## Binary cross-entropy
#
# A product of many probabilities runs into 0. So take the logarithm, which makes a sum of it; change the sign, so that
# small is good; divide by n. That is binary cross-entropy (BCE), and document 002's formula for it is right:
#
# > CE = −(1/n)·Σ [yᵢ·log ŷᵢ + (1 − yᵢ)·log(1 − ŷᵢ)]
#
# Each label switches on one half: y = 1 the first, y = 0 the second. log is the natural one, the unit is called nat.
# What does a coin cost, which always says ½?

# %% [markdown] i18n="zh" key="bce" src="8650643f"
# ## 二元交叉熵 BCE
#
# 许多概率相乘会趋于 0。于是取对数，把积变成和；变号，使得越小越好；再除以 n。这就是二元交叉熵（BCE），
# 文档 002 给出的公式是正确的：
#
# > CE = −(1/n)·Σ [yᵢ·log ŷᵢ + (1 − yᵢ)·log(1 − ŷᵢ)]
#
# 每个标签只打开其中一半：y = 1 打开前一半，y = 0 打开后一半。log 是自然对数，单位叫奈特（nat）。
# 一枚总是说 ½ 的硬币，损失是多少？
#
# 输出与图中的英文：by hand 手算，a coin 硬币。

# %%
bce = F.binary_cross_entropy(p, y)
by_hand = -(y * mg.log(p) + (1 - y) * mg.log(1 - p)).mean()  # −(1/n)·Σ [y·log ŷ + (1 − y)·log(1 − ŷ)]
coin = F.binary_cross_entropy(mg.full((4, 1), 0.5), y)
print(f"BCE = {bce.item():.4f},  by hand {by_hand.item():.4f},  −log(likelihood)/4 = {-math.log(likelihood) / 4:.4f}")
print(f"a coin: {coin.item():.4f} = log 2")
assert abs(bce.item() - 0.2362) < 1e-4
assert abs(by_hand.item() - bce.item()) < 1e-6
assert abs(coin.item() - math.log(2)) < 1e-6

# %% [markdown] i18n="en" key="log-loss"
# ## Log loss needs both halves
#
# Document 003 writes log loss as −(1/n)·Σ yᵢ·log ŷᵢ. The second half is missing (`E003-09`): what is *not* spam costs
# nothing, whatever the model says. Which model will be the best one under this formula? Train one neuron with each.
# It sees two numbers of a mail: how many links it has, and how many exclamation marks.

# %% [markdown] i18n="zh" key="log-loss" src="013b6eb8"
# ## 对数损失缺一半都不行
#
# 文档 003 把对数损失写成 −(1/n)·Σ yᵢ·log ŷᵢ。后一半漏掉了（`E003-09`）：对于*不是*垃圾邮件的邮件，
# 模型怎么说都不用付代价。按照这个公式，什么样的模型最好？用两个公式各训练一个神经元试试；
# 它的两个输入是邮件中链接的个数和感叹号的个数。
#
# 输出与图中的英文：both halves 两半都有，labels 标签，always 0.999 总是说 0.999，true log loss 真正的对数损失。


# %%
def half_log_loss(logits, y):
    """What document 003 writes: −(1/n)·Σ y·log ŷ."""
    return -(y * F.logsigmoid(logits)).mean()


def train(model, loss_fn, inputs, targets, steps=300, lr=0.5):
    optimizer = optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = loss_fn(model(inputs), targets)
        loss.backward()
        optimizer.step()
    return loss.item()


said = {}
for name, loss_fn in {"both halves": nn.BCEWithLogitsLoss(), "document 003": half_log_loss}.items():
    mg.manual_seed(0)
    neuron = nn.Linear(2, 1)
    train(neuron, loss_fn, spam.inputs, y)
    said[name] = mg.sigmoid(neuron(spam.inputs)).detach().flatten()
    print(f"{name:12}: p = {[round(v, 3) for v in said[name].tolist()]}   labels {y.flatten().tolist()}")

assert ((said["both halves"] > 0.5) == (y.flatten() == 1)).all()
assert (said["document 003"] > 0.5).all()  # everything is spam
always_yes = mg.full((4, 1), 0.999)
print(f'"always 0.999": document 003 says {-(y * mg.log(always_yes)).mean().item():.4f}', end=", ")
print(f"true log loss {F.binary_cross_entropy(always_yes, y).item():.2f}")
assert F.binary_cross_entropy(always_yes, y).item() > 3 > 0.001 > -(y * mg.log(always_yes)).mean().item()

# %% [markdown] i18n="en" key="logits"
# ## From logits: predicted minus true
#
# A network gives a logit z, any real number, and ŷ = σ(z) = 1/(1 + e⁻ᶻ) turns it into a probability. Here p = 0.047,
# and the mail is spam: sure, and wrong. On its way back the gradient meets two extremes: the slope of BCE in p is
# −1/p, huge here; the slope of the sigmoid is p(1 − p), tiny here. Multiply them. What remains of ∂loss/∂z? The two
# lines are upstream × local = contribution; below, the page lets you step through them.

# %% [markdown] i18n="zh" key="logits" src="b57d466d"
# ## 从 logit 出发：预测减真实
#
# 网络输出的是 logit z，可以是任意实数；ŷ = σ(z) = 1/(1 + e⁻ᶻ) 把它变成概率。这里 p = 0.047，而邮件是垃圾邮件：
# 很有把握，却错了。梯度在返回的路上遇到两个极端：BCE 对 p 的斜率是 −1/p，在这里极大；
# sigmoid 的斜率是 p(1 − p)，在这里极小。把二者相乘，∂loss/∂z 还剩下什么？
# 打印的两行是“上游 × 局部 = 贡献”；下面的页面可以一步步地走（右上角可切换成中文）。

# %%
z = mg.tensor([-3.0], requires_grad=True, name="z")  # p = 0.047, and it is spam
loss = F.binary_cross_entropy(mg.sigmoid(z), mg.tensor([1.0]))
loss.backward(retain_graph=True)
page = explore(loss)
print(*(line for line in str(page).splitlines() if "chain rule" in line), sep="\n")
assert abs(z.grad.item() - (mg.sigmoid(z).item() - 1)) < 1e-6  # ∂loss/∂z = ŷ − y
many = mg.linspace(-50, 50, 101).requires_grad_()
(slopes,) = mg.autograd.grad(F.binary_cross_entropy_with_logits(many, mg.ones(101), reduction="sum"), many)
assert mg.allclose(slopes, mg.sigmoid(many).detach() - 1, atol=1e-6)
assert mg.abs(slopes).max().item() <= 1
page

# %% [markdown] i18n="en" key="predicted-minus-true"
# **ŷ − y**: the prediction minus the truth. The two extremes cancel, and no slope in a logit is ever larger than 1.
# That is why the right picture at the top is so calm, and why this pair, sigmoid and BCE, belongs together. (Exercise
# 1: what if one takes squared error instead?)

# %% [markdown] i18n="zh" key="predicted-minus-true" src="bbf5d610"
# 剩下 **ŷ − y**：预测减去真实。两个极端互相抵消，对 logit 的斜率绝不会超过 1。开头的右图之所以那么平缓，
# sigmoid 与 BCE 之所以是一对，原因就在这里。（练习 1：如果换成平方误差呢？）

# %% [markdown] i18n="en" key="stability"
# ## log 0, and sigmoid(800)
#
# On paper the formula is right; in floating point it is not defined at 0 and 1 (`E002-06`). Try the two perfect
# predictions 0 and 1. And a logit of 800 for a mail that is not spam: what should it cost? What will the formula say?

# %% [markdown] i18n="zh" key="stability" src="eaede967"
# ## log 0 与 sigmoid(800)
#
# 公式在纸上是对的；用浮点数来算，它在 0 和 1 处没有定义（`E002-06`）。试试 0 和 1 这两个完全正确的预测。
# 再试一封正常邮件，logit 却是 800：应该付出多大代价？公式会说多少？
#
# 输出与图中的英文：perfect predictions 完全正确的预测，textbook formula 课本上的公式，rounds to 1 舍入成 1，from
# the logits 从 logit 算，slopes 斜率。

# %%
truth = mg.tensor([0.0, 1.0])
with np.errstate(all="ignore"):  # NumPy would warn, as it should
    naive = -(truth * mg.log(truth) + (1 - truth) * mg.log(1 - truth))  # perfect predictions: ŷ = y
    naive_800 = -mg.log(1 - mg.sigmoid(mg.tensor(800.0)))
print(f"perfect predictions, textbook formula: {naive.tolist()}   (0 · log 0 = 0 · −∞ = nan)")
print(f"logit 800, y = 0, textbook formula: {naive_800.item()}   (sigmoid(800) rounds to 1)")
assert mg.isnan(naive).all()
assert naive_800.item() == math.inf

z = mg.tensor([800.0, 1e4, -1e4], requires_grad=True)
y_far = mg.tensor([0.0, 0.0, 1.0])
stable = mg.clamp(z, min=0) - z * y_far + mg.log1p(mg.exp(-mg.abs(z)))  # max(z, 0) − z·y + log(1 + e^−|z|)
losses = F.binary_cross_entropy_with_logits(z, y_far, reduction="none")
losses.sum().backward()
print(f"from the logits: {losses.tolist()}   slopes {z.grad.tolist()}")
assert losses.tolist() == stable.tolist() == [800.0, 1e4, 1e4]
assert z.grad.tolist() == [1.0, 1.0, -1.0]

# %% [markdown] i18n="en" key="clipping"
# Some libraries rescue the formula by cutting the logarithm off; `F.binary_cross_entropy` does so at −100, as PyTorch
# does. The number is finite then. And the slope?

# %% [markdown] i18n="zh" key="clipping" src="4dfca197"
# 有些库用截断对数的办法来补救；`F.binary_cross_entropy` 与 PyTorch 一样截断在 −100。数值因此是有限的。斜率呢？
#
# 输出与图中的英文：sigmoid, then BCE with the cut：先 sigmoid，再用带截断的 BCE。

# %%
z = mg.tensor([800.0], requires_grad=True)
rescued = F.binary_cross_entropy(mg.sigmoid(z), mg.tensor([0.0]))
rescued.backward()
print(f"sigmoid, then BCE with the cut: loss {rescued.item():g}, slope {z.grad.item():g}")
assert rescued.item() == 100
assert z.grad.item() == 0  # as wrong as can be, and nothing to learn from it: give the logits to the loss

# %% [markdown] i18n="en" key="no-slope"
# 0: as wrong as can be, and nothing to learn from it. So give the loss the *logits*.

# %% [markdown] i18n="zh" key="no-slope" src="6c979fea"
# 斜率是 0：错得不能再错，却什么也学不到。所以要把 **logit** 直接交给损失函数。

# %% [markdown] i18n="en" key="cross-entropy"
# ## More than two classes
#
# Now each mail is work (0), private (1) or spam (2): three logits per mail, and softmax, qⱼ = e^zⱼ / Σₖ e^zₖ, turns
# them into three probabilities. The cross-entropy of a prediction q when the truth is p is
#
# > H(p, q) = −Σⱼ pⱼ·log qⱼ, the sum over the **classes** j.
#
# If the truth is certain, p is 1 for one class and 0 for the others. How many terms of the sum are not 0?

# %% [markdown] i18n="zh" key="cross-entropy" src="d12a6976"
# ## 两个以上的类别
#
# 现在每封邮件是工作（0）、私人（1）或垃圾（2）邮件：每封邮件三个 logit，softmax，即 qⱼ = e^zⱼ / Σₖ e^zₖ，
# 把它们变成三个概率。真实分布为 p、预测分布为 q 时，交叉熵是
#
# > H(p, q) = −Σⱼ pⱼ·log qⱼ，对**类别** j 求和。
#
# 如果真相是确定的，p 对一个类别为 1，对其余类别为 0。求和中有几项不为 0？

# %%
z = mg.tensor([[2.0, 0.5, -1.0]])  # one mail, three classes
q = mg.softmax(z, dim=1)
truth = mg.tensor([[1.0, 0.0, 0.0]])  # it is work
h = -(truth * mg.log(q)).sum()  # H(p, q) = −Σⱼ pⱼ·log qⱼ
print(f"q = {[round(v, 3) for v in q[0].tolist()]}   H(p, q) = {h.item():.4f} = −log {q[0, 0].item():.3f}")
assert abs(q.sum().item() - 1) < 1e-6
assert abs(h.item() + math.log(q[0, 0].item())) < 1e-6  # one term: the surprise at the true class
assert abs(F.cross_entropy(z, mg.tensor([0])).item() - h.item()) < 1e-6  # logits and a class number, no softmax

# %% [markdown] i18n="en" key="one-hot"
# ## One-hot labels
#
# Document 002 writes the cost of n mails as CE = −(1/n)·Σᵢ Σⱼ yᵢⱼ·log ŷᵢⱼ, and it is right. Here yᵢⱼ is 1 if mail i is
# of class j, else 0: a **one-hot** label, a row with a single 1. `cross_entropy` takes class numbers in their place, or
# such rows as probabilities. By analogy with ŷ − y, what will the gradient in the logits be?

# %% [markdown] i18n="zh" key="one-hot" src="1f49f2c0"
# ## one-hot 标签（独热标签）
#
# 文档 002 把 n 封邮件的代价写成 CE = −(1/n)·Σᵢ Σⱼ yᵢⱼ·log ŷᵢⱼ，这是正确的。其中 yᵢⱼ 在邮件 i 属于类别 j 时为 1，
# 否则为 0：这就是 **one-hot（独热）标签**，一行中只有一个 1。`cross_entropy` 接受类别编号，也接受作为概率的这种行。
# 与 ŷ − y 类比，对 logit 的梯度会是什么？
#
# 输出与图中的英文：of the first mail 第一封邮件的。四封邮件求了平均，所以每封的梯度都带着 ¼；乘回 4 再与 ŷ − y 比
# 较。

# %%
logits = mg.tensor(
    [[2.0, 0.5, -1.0], [0.0, 1.0, 0.5], [-1.0, 0.0, 3.0], [1.0, 1.2, 0.0]], requires_grad=True, name="logits"
)  # (4 mails, 3 classes)
labels = mg.tensor([0, 1, 2, 0])
one_hot = F.one_hot(labels, 3)  # (4,) → (4, 3)
print(f"labels {labels.tolist()} as one-hot: {one_hot.tolist()}")

y_hat = mg.softmax(logits, dim=1)
by_hand = -(one_hot * mg.log(y_hat)).sum(1).mean()  # −(1/n)·Σᵢ Σⱼ yᵢⱼ·log ŷᵢⱼ
ce = F.cross_entropy(logits, labels)
same = F.cross_entropy(logits, one_hot.float())
print(f"by hand {by_hand.item():.4f},  from class numbers {ce.item():.4f},  from one-hot rows {same.item():.4f}")
assert abs(by_hand.item() - ce.item()) < 1e-6
assert abs(same.item() - ce.item()) < 1e-6

ce.backward()
print(f"of the first mail: 4 · gradient = {[round(4 * v, 3) for v in logits.grad[0].tolist()]}", end=",  ")
print(f"ŷ − y = {[round(v, 3) for v in (y_hat[0] - one_hot[0]).tolist()]}")
assert mg.allclose(logits.grad, (y_hat.detach() - one_hot) / 4, atol=1e-6)  # predicted minus true, again; over n

# %% [markdown] i18n="en" key="mean-over-samples"
# ## Classes inside, samples outside
#
# Document 003 writes −Σᵢ₌₁ⁿ pᵢ·log qᵢ and does not say what n is; in its other formulas it is the number of samples
# (`E003-08`). But the sum in H(p, q) runs over the **classes**, and over the samples one takes the mean. If one adds
# up the samples in its place, what does a coin cost on 10 mails, and on 1000? And what does that do to the gradient,
# and so to the steps?

# %% [markdown] i18n="zh" key="mean-over-samples" src="78f8935d"
# ## 内层对类别求和，外层对样本求平均
#
# 文档 003 写的是 −Σᵢ₌₁ⁿ pᵢ·log qᵢ，没有说明 n 是什么；在它的其他公式里，n 是样本数（`E003-08`）。
# 但 H(p, q) 中的求和是对**类别**进行的，对样本则取平均。
# 如果改成对样本求和，硬币在 10 封邮件上的损失是多少？在 1000 封上呢？梯度，以及每一步的步长，又会怎样？
#
# 输出与图中的英文：sum 求和，mean 平均，size of the gradient 梯度的大小（求和的与平均的）。

# %%
for n in (10, 1000):
    coin, classes = mg.zeros(n, 2, requires_grad=True), mg.tensor([0, 1] * (n // 2))
    summed, mean = F.cross_entropy(coin, classes, reduction="sum"), F.cross_entropy(coin, classes)
    sizes = [mg.abs(mg.autograd.grad(cost, coin)[0]).sum().item() for cost in (summed, mean)]  # Σ|∂cost/∂logit|
    print(f"n = {n:4}: sum = {summed.item():6.2f}   mean = {mean.item():.4f}", end="   ")
    print(f"size of the gradient: {sizes[0]:g} and {sizes[1]:g}")
    assert abs(sizes[0] / sizes[1] - n) < 1e-3 * n
    assert abs(summed.item() / n - math.log(2)) < 1e-4  # grows with n, and so does the gradient, hence every step
    assert abs(mean.item() - math.log(2)) < 1e-4  # log 2, always; for C classes log C

# %% [markdown] i18n="en" key="same-number"
# ## Log loss, BCE, cross-entropy: one number
#
# Document 003 lists cross-entropy and log loss as different metrics. For labels of 0 and 1 they are the same
# (`E003-26`). A single logit z is the same as two logits, 0 and z; and NLL (`nll_loss`, negative log-likelihood) is
# cross-entropy for scores that are logarithms of probabilities already. Will all four agree on the spam table?

# %% [markdown] i18n="zh" key="same-number" src="156aa187"
# ## 对数损失、BCE、交叉熵：同一个数
#
# 文档 003 把交叉熵与对数损失当作不同的指标列出。对于 0/1 标签，它们是同一个数（`E003-26`）。
# 一个 logit z 等价于两个 logit：0 和 z；NLL（`nll_loss`，负对数似然）则是输入已经是概率的对数时的交叉熵。
# 在垃圾邮件表上，下面四个结果会一致吗？

# %%
z = mg.log(p / (1 - p))  # (4, 1): the logit of p, the inverse of the sigmoid
two_logits, classes = mg.cat([mg.zeros(4, 1), z], 1), y.flatten().long()  # (4, 2) and (4,)
four_ways = {
    "log loss, BCE from p": F.binary_cross_entropy(p, y),
    "BCE from the logit": F.binary_cross_entropy_with_logits(z, y),
    "cross-entropy of (0, z)": F.cross_entropy(two_logits, classes),
    "NLL of log(1−p), log p": F.nll_loss(mg.log(mg.cat([1 - p, p], 1)), classes),
}
for name, value in four_ways.items():
    print(f"{name:24} {value.item():.6f}")
    assert abs(value.item() - bce.item()) < 1e-6

# %% [markdown] i18n="en" key="double-softmax"
# ## The double softmax
#
# Document 004 gives the logits straight to `CrossEntropyLoss`, and that is right: softmax is inside. A frequent
# mistake is to put one more at the end of the network. There is no error message. What is the smallest loss such a
# network can reach with three classes? (Its "logits" lie between 0 and 1.) Will its accuracy, the share of right
# answers, give it away?

# %% [markdown] i18n="zh" key="double-softmax" src="a1e8c9d3"
# ## 多了一次 softmax
#
# 文档 004 把 logit 直接交给 `CrossEntropyLoss`，这是对的：softmax 已经在里面了。
# 一个常见错误是在网络末尾再加一次 softmax。不会有任何报错。三个类别时，这样的网络最小能达到多大的损失？
# （它的“logit”都在 0 和 1 之间。）从准确率（答对的比例）能看出问题吗？
#
# 输出与图中的英文：softmax once too often 多做了一次 softmax，no loss below … is possible 损失不可能低于……。

# %%
generator = mg.Generator(0)
centres = mg.tensor([[0.0, 1.6], [-1.4, -0.8], [1.4, -0.8]])
kinds = mg.arange(150) % 3
points = centres[kinds] + 0.45 * mg.randn(150, 2, generator=generator)

results = {}
for name in ("logits", "softmax once too often"):
    mg.manual_seed(0)
    layers = [nn.Linear(2, 3)] + ([nn.Softmax(dim=1)] if name != "logits" else [])
    model = nn.Sequential(*layers)
    loss = train(model, nn.CrossEntropyLoss(), points, kinds, steps=150)
    results[name] = loss, mg.train.accuracy(model(points), kinds)
    print(f"{name:22}: loss {results[name][0]:.3f}, accuracy {results[name][1]:.0%}")

floor = -math.log(math.e / (math.e + 2))  # logits (1, 0, 0): the best that it can say
print(f"no loss below {floor:.4f} is possible with the second softmax")
assert abs(floor - 0.55) < 0.01
assert abs(-math.log(math.e / (math.e + 9)) - 1.46) < 0.01  # with ten classes
assert results["softmax once too often"][0] > floor > 3 * results["logits"][0]
assert min(accuracy for _, accuracy in results.values()) > 0.9  # it learns, so that nobody notices

# %% [markdown] i18n="en" key="double-softmax-slope"
# So it learns, here, and the accuracy says nothing; only a loss that gets stuck near 0.55 (with ten classes near 1.46)
# gives it away. There is worse: what does a mistake teach, if the network is sure of it?

# %% [markdown] i18n="zh" key="double-softmax-slope" src="86db7745"
# 在这里它学会了，准确率看不出任何问题；露出马脚的只有损失：它卡在 0.55 附近（十个类别时是 1.46 附近）。
# 更糟的是：如果网络对一个错误很有把握，它能从中学到什么？
#
# 图题的意思是“两边都是平的”，横轴是真实类别的 logit 减去其余的，no lower than 是不会低于。输出中的 slope
# where the network is surely wrong：网络很有把握却错了的地方，斜率各是多少。

# %%
margins = mg.linspace(-8, 8, 161)
margins.requires_grad_()
ahead = mg.stack([margins, mg.zeros(161), mg.zeros(161)], 1)  # (161, 3): class 0 is ahead by the margin, and true
truth = mg.zeros(161).long()
once = F.cross_entropy(ahead, truth, reduction="none")
twice = F.cross_entropy(mg.softmax(ahead, dim=1), truth, reduction="none")

fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
ax.plot(margins.detach().numpy(), once.detach().numpy(), label="logits")
ax.plot(margins.detach().numpy(), twice.detach().numpy(), "--", label="softmax once too often")
ax.axhline(floor, color="grey", linewidth=0.8, label=f"no lower than {floor:.2f}")
ax.set(xlabel="logit of the true class, minus the others", ylabel="cross-entropy", title="Flat on both sides")
ax.legend()

(slope_once,) = mg.autograd.grad(once.sum(), margins, retain_graph=True)  # both share the stack
(slope_twice,) = mg.autograd.grad(twice.sum(), margins)
print(f"slope where the network is surely wrong: {slope_once[0].item():.4f} and {slope_twice[0].item():.4f}")
assert slope_once[0].item() < -0.99
assert -0.001 < slope_twice[0].item() < 0

# %% [markdown] i18n="en" key="weights"
# ## Rare classes: weights
#
# Two spam mails in twenty. Let a model say one logit for all of them. The best it can say with BCE is the share of
# spam, p = 0.1. `pos_weight=9` lets each spam mail count nine times. Which p is best then?

# %% [markdown] i18n="zh" key="weights" src="dacfa046"
# ## 稀少的类别：加权
#
# 二十封邮件里有两封垃圾邮件。让模型对所有邮件只说一个 logit。用 BCE 时，最好的回答是垃圾邮件所占的比例 p = 0.1。
# `pos_weight=9` 让每封垃圾邮件算作九封。这时最好的 p 是多少？
#
# 输出与图中的英文：best p 最好的 p，without weights 不加权。

# %%
rare = mg.tensor([[1.0]] * 2 + [[0.0]] * 18)


def best_p(loss_fn):
    z = mg.zeros(1, requires_grad=True)
    optimizer = optim.SGD([z], lr=1.0)
    for _ in range(300):
        optimizer.zero_grad()
        loss_fn(mg.broadcast_to(z, (20, 1)), rare).backward()
        optimizer.step()
    return mg.sigmoid(z).item()


plain, weighted = best_p(nn.BCEWithLogitsLoss()), best_p(nn.BCEWithLogitsLoss(pos_weight=mg.tensor([9.0])))
print(f"best p: {plain:.3f} without weights, {weighted:.3f} with pos_weight = 9")
assert abs(plain - 0.1) < 1e-3
assert abs(weighted - 9 * 2 / (9 * 2 + 18)) < 1e-3  # as if there were 18 of each

z20, classes = mg.full((20, 1), 0.3), rare.flatten().long()
of_bce = F.binary_cross_entropy_with_logits(z20, rare, pos_weight=mg.tensor([9.0]))
of_ce = F.cross_entropy(mg.cat([mg.zeros(20, 1), z20], 1), classes, weight=mg.tensor([1.0, 9.0]))
assert abs(of_bce.item() * 20 - of_ce.item() * 36) < 1e-3  # BCE divides by n, weighted CE by what the weights add up to

# %% [markdown] i18n="en" key="weights-price"
# Weights buy attention and pay with honesty: 0.5 is no longer the probability of spam. Use them when missing the rare
# class is expensive, and do not read the outputs as probabilities afterwards.

# %% [markdown] i18n="zh" key="weights-price" src="59858d3d"
# 加权让模型重视了稀少的类别，代价是输出不再如实：0.5 已经不是垃圾邮件的概率。当漏掉稀少类别的代价很高时可以用它，
# 但之后不要再把输出当作概率来读。
#
# 另外，两种损失求平均的方式不同：加权的 BCE 除以样本数 n，加权的 `cross_entropy` 除以权重之和；所以上面的断言里一
# 个乘 20，一个乘 36。

# %% [markdown] i18n="en" key="label-smoothing"
# ## Label smoothing
#
# With hard labels (1 for the true class, 0 for the others) the loss is never quite 0, so the logits grow for ever.
# Label smoothing (Szegedy et al. 2016) takes a share ε from the true class and hands it out evenly to all: with ε =
# 0.1 and three classes the target is (0.933, 0.033, 0.033). One logit is ahead of the two others by m. Which m is
# best, now that too sure is wrong, too?

# %% [markdown] i18n="zh" key="label-smoothing" src="82388fb0"
# ## 标签平滑
#
# 用硬标签（真实类别为 1，其余为 0）时，损失永远到不了 0，于是 logit 会无止境地增大。
# 标签平滑（Szegedy et al. 2016）从真实类别拿走份额 ε，平均分给所有类别：ε = 0.1、三个类别时，
# 目标是 (0.933, 0.033, 0.033)。设一个 logit 比另外两个大 m。现在过分自信也算错了，哪个 m 最好？
#
# 输出与图中的英文：best margin 最好的 m；as large as possible with hard labels 用硬标签时越大越好，with smoothing
# 平滑时。

# %%
margins = mg.linspace(0, 10, 201)
ahead = mg.stack([margins, mg.zeros(201), mg.zeros(201)], 1)  # (201, 3)
first = mg.zeros(201).long()
hard = F.cross_entropy(ahead, first, reduction="none")
smoothed = F.cross_entropy(ahead, first, reduction="none", label_smoothing=0.1)
best = margins[smoothed.argmin().item()].item()
print(f"best margin: as large as possible with hard labels, {best:.2f} with smoothing")
assert hard.argmin().item() == 200  # the end of the range
assert abs(best - math.log((1 - 0.1 + 0.1 / 3) / (0.1 / 3))) < 0.05  # log(0.933 / 0.033) = 3.33

# %% [markdown] i18n="en" key="focal"
# ## Focal loss
#
# Document 002 only names it. Lin et al. (2017) looked for objects in images with up to a hundred thousand candidate
# boxes, nearly all of them background: so many easy cases that their small losses drown the few hard ones. Their loss
# multiplies by a factor that fades: FL = −(1 − pₜ)^γ·log pₜ, where pₜ is the probability of the truth. (They also
# weight the two classes, by α; that is the section on weights.) A thousand easy mails (pₜ = 0.9) and ten hard ones
# (pₜ = 0.1): which share of the total loss is the easy ones', with γ = 0 and with γ = 2?

# %% [markdown] i18n="zh" key="focal" src="815d418b"
# ## Focal Loss（焦点损失）
#
# 文档 002 只提到它的名字。Lin et al.（2017）在图像中寻找物体，一幅图有多达十万个候选框，几乎全是背景：简单样本太多，
# 它们各自微小的损失淹没了少数困难样本。他们的损失乘上一个逐渐消失的因子：FL = −(1 − pₜ)^γ·log pₜ，
# 其中 pₜ 是模型给真实类别的概率。（他们还用 α 给两个类别加权，即前面“加权”一节的内容。）
# 一千封简单的邮件（pₜ = 0.9）和十封困难的（pₜ = 0.1）：γ = 0 和 γ = 2 时，简单邮件各占总损失的多大比例？
#
# 输出与图中的英文：the … easy mails make …% of the loss：……封简单的邮件占损失的百分之……；横轴 probability of the
# truth 是给真实类别的概率。

# %%
probability = mg.linspace(0.02, 0.98, 97)
z = mg.log(probability / (1 - probability))
fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for gamma in (0.0, 0.5, 2.0, 5.0):
    losses = F.focal_loss(z, mg.ones(97), gamma=gamma, reduction="none")
    ax.plot(probability.numpy(), losses.numpy(), label=f"γ = {gamma:g}" + (" (cross-entropy)" if gamma == 0 else ""))
ax.set(xlabel="probability of the truth", ylabel="loss", title="Focal loss")
ax.legend()

mixed = mg.tensor([0.9] * 1000 + [0.1] * 10)
logit = mg.log(mixed / (1 - mixed))
share = {}
for gamma in (0.0, 2.0):
    losses = F.focal_loss(logit, mg.ones(1010), gamma=gamma, reduction="none")
    assert mg.allclose(losses, -((1 - mixed) ** gamma) * mg.log(mixed), atol=1e-5)  # −(1 − pₜ)^γ·log pₜ
    share[gamma] = (losses[:1000].sum() / losses.sum()).item()
    print(f"γ = {gamma:g}: the 1000 easy mails make {share[gamma]:.0%} of the loss")
assert share[0.0] > 0.8
assert share[2.0] < 0.06
bce_of_mixed = F.binary_cross_entropy_with_logits(logit, mg.ones(1010))
assert mg.allclose(F.focal_loss(logit, mg.ones(1010), gamma=0.0), bce_of_mixed)  # γ = 0: BCE

# %% [markdown] i18n="en" key="multi-label"
# ## Several labels at once
#
# Document 003 breaks off where it would have answered this (`E003-30`). A mail can be urgent *and* from a customer, or
# neither. Softmax cannot say so: its probabilities add up to 1. The natural answer is **one BCE per label**: C logits,
# C independent questions of yes or no. Here points have the labels "on the right" and "above". How many of them will
# softmax, cut at ½, get wrong?

# %% [markdown] i18n="zh" key="multi-label" src="5e1ec118"
# ## 多标签：同时有几个标签
#
# 文档 003 正好在要回答这个问题的地方中断（`E003-30`）。一封邮件可以既紧急*又*来自客户，也可以都不是。
# softmax 说不出这样的话：它的概率之和是 1。自然的做法是**每个标签一个 BCE**：C 个 logit，C 个互不排斥的是非题。
# 这里的点有两个标签：“在右边”和“在上边”。用 softmax 并以 ½ 为界，会错多少？
#
# 输出与图中的英文：both labels right 两个标签都对，with a sigmoid each 每个标签一个 sigmoid，points with exactly
# one label 恰有一个标签的点。

# %%
places = mg.rand(200, 2, generator=generator) * 2 - 1  # (200, 2) in the square from −1 to 1
tags = (places > 0).float()  # (200, 2): right? above?
mg.manual_seed(0)
tagger = nn.Linear(2, 2)
train(tagger, nn.BCEWithLogitsLoss(), places, tags, steps=300, lr=5.0)
z = tagger(places).detach()


def all_right(probabilities):
    return ((probabilities > 0.5) == (tags == 1)).all(1).float().mean().item()


one_tag = (tags.sum(1) == 1).float().mean().item()
by_sigmoid, by_softmax = all_right(mg.sigmoid(z)), all_right(mg.softmax(z, dim=1))
print(f"both labels right: {by_sigmoid:.0%} with a sigmoid each, {by_softmax:.0%} with a softmax")
print(f"points with exactly one label: {one_tag:.0%}")
assert by_sigmoid > 0.95
assert by_softmax <= one_tag < 0.6  # "both" and "neither" are out of its reach
per_label = F.binary_cross_entropy_with_logits(z, tags, reduction="none").mean(0)  # (2,): one BCE per label
assert mg.allclose(per_label.mean(), F.binary_cross_entropy_with_logits(z, tags))

# %% [markdown] i18n="en" key="kl"
# ## Kullback–Leibler divergence
#
# Cross-entropy is not 0 even for a perfect prediction, if the truth itself is uncertain. Subtract that rest, the
# **entropy** H(p) = −Σⱼ pⱼ·log pⱼ of the truth, and you have KL(p‖q) = H(p, q) − H(p): 0 exactly when q = p. Do the
# two have different gradients in the logits?

# %% [markdown] i18n="zh" key="kl" src="4edf4367"
# ## KL 散度
#
# 如果真相本身就不确定，那么即使预测完全正确，交叉熵也不为 0。减去这个余量，即真实分布的**熵** H(p) = −Σⱼ pⱼ·log pⱼ，
# 就得到 KL(p‖q) = H(p, q) − H(p)：当且仅当 q = p 时为 0。两者对 logit 的梯度会不同吗？
#
# 注意 `F.kl_div` 的次序：先给 log q，再给 p。输出中的英文：gradients in the logits 对 logit 的梯度，not a
# distance, the order matters 不是距离，次序要紧。

# %%
truth = mg.tensor([[0.7, 0.2, 0.1]])  # p
z = mg.tensor([[1.0, 0.0, 0.0]], requires_grad=True)
log_q = mg.log_softmax(z, dim=1)
cross, entropy = F.cross_entropy(z, truth), -(truth * mg.log(truth)).sum()
kl = F.kl_div(log_q, truth, reduction="batchmean")  # note the order: log q first, then p
(of_cross,), (of_kl,) = (mg.autograd.grad(loss, z, retain_graph=True) for loss in (cross, kl))
other_way = F.kl_div(mg.log(truth), mg.exp(log_q), reduction="batchmean")
print(f"H(p, q) = {cross.item():.4f}   H(p) = {entropy.item():.4f}   KL(p‖q) = {kl.item():.4f}")
print("gradients in the logits:", *([round(v, 4) for v in slope[0].tolist()] for slope in (of_cross, of_kl)))
print(f"KL(q‖p) = {other_way.item():.4f}: not a distance, the order matters")
assert abs(kl.item() - (cross.item() - entropy.item())) < 1e-6
assert mg.allclose(of_cross, of_kl, atol=1e-6)  # H(p) does not depend on z: to minimise one is to minimise the other
assert abs(kl.item() - other_way.item()) > 1e-3

# %% [markdown] i18n="en" key="hinge"
# ## Hinge, in passing
#
# Support vector machines, another kind of classifier, use no probabilities. With labels t = ±1 the hinge loss is
# max(0, 1 − t·z): once a mail is on the right side with a margin of 1, it costs nothing and teaches nothing. What do
# hinge and BCE do with a logit of 3 that is right?

# %% [markdown] i18n="zh" key="hinge" src="1a2f0b94"
# ## 顺便一提：合页损失（hinge）
#
# 支持向量机（另一种分类器）不使用概率。标签取 t = ±1，合页损失是 max(0, 1 − t·z)：一旦样本落在正确一侧且间隔达到 1，
# 它就不再有损失，也不再教给模型任何东西。对于一个正确的、等于 3 的 logit，合页损失和 BCE 各会怎样？
#
# 输出与图中的英文：slope 斜率，never quite 0 从不恰好为 0。

# %%
z = mg.tensor([3.0], requires_grad=True)
hinge = mg.clamp(1 - 1 * z, min=0).mean()  # max(0, 1 − t·z) with t = +1
(slope_of_hinge,) = mg.autograd.grad(hinge, z)
(slope_of_bce,) = mg.autograd.grad(F.binary_cross_entropy_with_logits(z, mg.ones(1)), z)
print(f"hinge: loss {hinge.item():g}, slope {abs(slope_of_hinge.item()):g}")
print(f"BCE: slope {slope_of_bce.item():.3f}, never quite 0")
assert hinge.item() == slope_of_hinge.item() == 0
assert -0.05 < slope_of_bce.item() < 0

# %% [markdown] i18n="en" key="not-the-metric"
# ## The loss may rise while accuracy rises
#
# The loss is a stand-in (`E003-31`). Below are the probabilities of the true class for four mails, before and after an
# epoch. Three became right, one became wrong, and sure of it. Which way does each of the two numbers go?

# %% [markdown] i18n="zh" key="not-the-metric" src="bbdfea58"
# ## 损失上升，准确率也可以上升
#
# 损失只是替身（`E003-31`）。下面是四封邮件的真实类别概率，训练一轮之前和之后。三封变对了，一封变错了，而且错得很自信。
# 两个数各往哪边走？
#
# 输出与图中的英文：before 之前，after 之后，accuracy 准确率。

# %%
before, after = mg.tensor([0.45, 0.45, 0.45, 0.90]), mg.tensor([0.55, 0.55, 0.55, 0.001])
measured = {}
for name, of_truth in {"before": before, "after": after}.items():
    measured[name] = (-mg.log(of_truth)).mean().item(), (of_truth > 0.5).float().mean().item()
    print(f"{name:6}: cross-entropy {measured[name][0]:.3f}, accuracy {measured[name][1]:.0%}")
assert measured["after"][0] > measured["before"][0]  # the loss is worse
assert measured["after"][1] > measured["before"][1]  # the accuracy is better

# %% [markdown] i18n="en" key="choosing"
# ## Choosing
#
# | the question | outputs | loss |
# | --- | --- | --- |
# | yes or no | one logit | `BCEWithLogitsLoss` |
# | one of C | C logits | `CrossEntropyLoss` |
# | any of C labels | C logits | `BCEWithLogitsLoss`, one per label |
# | the rare class matters more | the same | the same with `pos_weight` or `weight` |
# | easy cases drown the hard ones | the same | `FocalLoss` |
# | the target is a distribution | C logits | `CrossEntropyLoss` with probabilities (or `KLDivLoss`, from log q) |
#
# Give the loss **logits**, let it do the rest, and report accuracy beside it; for a rare class precision (how much of
# what it calls spam is spam) and recall (how much of the spam it finds).
#
# Twelve mails, and four questions about them: a number (MSE, tutorial 04), yes or no, one of three, any of three
# labels. What does a model pay that answers 0 to everything, before it has learned anything? Two of the four pay the
# same. Below the numbers: every loss that minigrad has, with its slope. Which of them are for numbers, which for
# classes?

# %% [markdown] i18n="zh" key="choosing" src="251c3bd7"
# ## 怎样选择
#
# | 问题 | 输出 | 损失 |
# | --- | --- | --- |
# | 是或否 | 一个 logit | `BCEWithLogitsLoss` |
# | C 类之一 | C 个 logit | `CrossEntropyLoss` |
# | C 个标签，可有多个 | C 个 logit | `BCEWithLogitsLoss`，每个标签一个 |
# | 稀少的类别更重要 | 同上 | 同上，加 `pos_weight` 或 `weight` |
# | 简单样本淹没困难样本 | 同上 | `FocalLoss` |
# | 目标是一个分布 | C 个 logit | 以概率为目标的 `CrossEntropyLoss`（或 `KLDivLoss`，输入 log q） |
#
# 把 **logit** 交给损失函数，其余由它完成；同时报告准确率；类别稀少时，还要报告精确率（判为垃圾的邮件里，有多少确实是）
# 与召回率（真正的垃圾邮件里，找出了多少）。
#
# 十二封邮件，四个问题：预测数值（MSE，教程 04）、是或否、三选一、三个标签可有多个。
# 一个还什么都没学、对一切都回答 0 的模型，损失各是多少？四个里有两个相同。
# 数字下面画出 minigrad 的全部损失及其斜率：哪些用于数值，哪些用于分类？
#
# 输出中的英文：how long is it 有多长，is it spam 是垃圾邮件吗，which of three 三类中的哪一类，any of three labels
# 三个标签各有没有；outputs 输出个数，targets 目标的形状，before 训练前的损失，after 训练后的损失。

# %%
mails = mg.randn(12, 4, generator=generator)  # four numbers about each mail
rule = mails @ mg.randn(4, 3, generator=generator)  # (12, 3): what there is to be learned
questions = {
    "how long is it?": (1, rule[:, :1], nn.MSELoss()),
    "is it spam?": (1, (rule[:, :1] > 0).float(), nn.BCEWithLogitsLoss()),
    "which of three?": (3, rule.argmax(1), nn.CrossEntropyLoss()),
    "any of three labels?": (3, (rule > 0).float(), nn.BCEWithLogitsLoss()),
}
paid = {}
for question, (outputs, targets, loss_fn) in questions.items():
    model = nn.Linear(4, outputs)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)  # so that it answers 0 to everything
    before = loss_fn(model(mails), targets).item()
    paid[question] = before, train(model, loss_fn, mails, targets)
    said = f"{type(loss_fn).__name__:17}  before {before:.3f}, after {paid[question][1]:.3f}"
    print(f"{question:20}  outputs {outputs}, targets {targets.shape!s:7}  {said}")
    assert paid[question][1] < 0.3 * before
assert abs(paid["is it spam?"][0] - math.log(2)) < 1e-6  # a logit of 0 is a probability of ½
assert abs(paid["any of three labels?"][0] - math.log(2)) < 1e-6
assert abs(paid["which of three?"][0] - math.log(3)) < 1e-6  # three equal logits: ⅓ each
plot_loss_gallery()

# %% [markdown] i18n="en" key="gallery"
# The first four are for numbers: the difference from the target is what they see. The fifth, `hinge_embedding_loss`, is
# for pairs: it draws like ones together and pushes unlike ones apart, until they are 1 away. The rest are for classes:
# they see a probability, its logarithm or a logit. `kl_div` dips below 0 because one term of its sum is drawn here; all
# the terms together never do.

# %% [markdown] i18n="zh" key="gallery" src="c28f4098"
# 前四个用于数值：它们看的是与目标之差。第五个 `hinge_embedding_loss` 用于成对的样本：相似的拉近，不相似的推开，
# 直到相距为 1。其余用于分类：它们看的是概率、概率的对数或 logit。`kl_div` 的曲线降到 0 以下，
# 因为这里只画了和式中的一项；所有的项加起来不会小于 0。

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# Five wrong calls. Four raise an error that says what to do; one goes through in silence. Which one?

# %% [markdown] i18n="zh" key="break" src="05cae647"
# ## 把它弄坏
#
# 五种错误的调用。四种会报错并说明该怎么办；一种悄无声息地通过。是哪一种？依次是：
# 类别编号写成了小数；独热标签写成了整数；类别不存在；该给概率，却给了 logit；该给 logit，却给了概率。

# %%
z = mg.log(p / (1 - p))  # (4, 1), the logits of the spam table
wrong_calls = {
    "class numbers as floats": lambda: F.cross_entropy(logits, labels.float()),
    "one-hot labels as integers": lambda: F.cross_entropy(logits, one_hot),
    "a class that does not exist": lambda: F.cross_entropy(logits, labels + 1),
    "logits where probabilities belong": lambda: F.binary_cross_entropy(z, y),
    "probabilities where logits belong": lambda: F.binary_cross_entropy_with_logits(p, y),
}
silent = {}
for name, call in wrong_calls.items():
    try:
        silent[name] = call().item()
        print(f"{name}:\n    no error, loss {silent[name]:.4f} in place of {bce.item():.4f}")
    except (TypeError, ValueError) as error:
        print(f"{name}:\n    {type(error).__name__}: {error}")

assert list(silent) == ["probabilities where logits belong"]
perfect = F.binary_cross_entropy_with_logits(y, y).item()  # even p = y: sigmoid turns 0 into ½ and 1 into 0.73
print(f"that mistake gives perfect probabilities a loss of {perfect:.4f}")
assert abs(perfect - (math.log(2) + math.log(1 + math.exp(-1))) / 2) < 1e-4

# %% [markdown] i18n="en" key="silent"
# Probabilities where logits belong: that one is silent. The loss applies the sigmoid once more, which turns 0 into ½
# and 1 into 0.73, so that even perfect probabilities cost 0.50.

# %% [markdown] i18n="zh" key="silent" src="63355720"
# 悄无声息的是最后一种：该给 logit，却给了概率。损失函数又做了一次 sigmoid，把 0 变成 ½，把 1 变成 0.73，
# 于是连完全正确的概率也有 0.50 的损失。
#
# 前四条报错的大意：类别编号必须是整数，用 `.long()` 转换；目标的形状应当是 (4,)，独热标签用 `target.argmax(1)`，
# 概率则用 `target.float()`；只有 3 个类别，编号必须是 0、1、2；输入的每个数都必须在 0 与 1 之间，请先做 sigmoid，
# 或者把原始得分交给 `binary_cross_entropy_with_logits`。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# | here | documents |
# | --- | --- |
# | BCE (formula right, log 0 not mentioned), one-hot, cross-entropy of C classes (right) | 002 §2.1.2 |
# | cross-entropy (named only) | 000 §2.1, 001 §2 |
# | focal loss (named only); choosing | 002 §2.1.3, 002 §1.3, 003 §6.10 and §6.11 |
# | the spam table (cut off) | 002 §4.2 |
# | H(p, q) with the wrong index; log loss without its second half | 003 §3.1, 003 §3.3.2, 003 §3.3.3 |
# | metrics | 003 §2.1, 003 §6.16 |
# | several labels (cut off) | 003 §6.30 |
# | logits into `CrossEntropyLoss` (right) | 004 §2.2, 004 §4.1, 004 §4.2 |
#
# Errata: [E002-06](../docs/errata.md), [E002-07](../docs/errata.md), [E003-08](../docs/errata.md),
# [E003-09](20_errata_lab.py), [E003-26](../docs/errata.md), [E003-30](../docs/errata.md), [E003-31](../docs/errata.md).
# Every concept and where it is taught: [the concept map](../docs/concepts.md).
#
# | symbol | here |
# | --- | --- |
# | y, yᵢⱼ | `target`: 0 or 1, a class number, or probabilities |
# | ŷ (002), q (003) | a predicted probability: what σ or softmax makes of the logits |
# | p in H(p, q) (003) | the truth, `target`; everywhere else here p is the predicted probability of spam |
# | n, C; n in 003 §3.3.2 | `N` mails, `C` classes; there it must be the classes |
# | z | `input` of the losses "with logits" |
# | γ, α, ε | `gamma` and `alpha` of focal loss, `label_smoothing` |

# %% [markdown] i18n="zh" key="sections" src="6d70a7ed"
# ## 在文档中的位置
#
# | 本教程 | 文档 |
# | --- | --- |
# | BCE（公式正确，未提 log 0）、one-hot、C 类交叉熵（正确） | 002 §2.1.2 |
# | 交叉熵（只有名字） | 000 §2.1，001 §2 |
# | Focal Loss（只有名字）；怎样选择 | 002 §2.1.3，002 §1.3，003 §6.10、§6.11 |
# | 垃圾邮件表（原文中断） | 002 §4.2 |
# | 下标写错的 H(p, q)；缺了后一半的对数损失 | 003 §3.1，003 §3.3.2，003 §3.3.3 |
# | 指标 | 003 §2.1，003 §6.16 |
# | 多标签（原文中断） | 003 §6.30 |
# | 把 logit 交给 `CrossEntropyLoss`（正确） | 004 §2.2，004 §4.1，004 §4.2 |
#
# 勘误：[E002-06](../docs/errata.md)、[E002-07](../docs/errata.md)、[E003-08](../docs/errata.md)、
# [E003-09](20_errata_lab.py)、[E003-26](../docs/errata.md)、[E003-30](../docs/errata.md)、
# [E003-31](../docs/errata.md)。
# 全部概念及其讲解位置：[概念地图](../docs/concepts.md)。
#
# | 符号 | 这里 |
# | --- | --- |
# | y、yᵢⱼ | `target`：0 或 1、类别编号，或概率 |
# | ŷ（002）、q（003） | 预测的概率：σ 或 softmax 由 logit 得到的结果 |
# | H(p, q) 里的 p（003） | 真实分布，即 `target`；本教程其他地方的 p 是预测的垃圾邮件概率 |
# | n、C；003 §3.3.2 里的 n | 邮件数 `N`、类别数 `C`；那里的 n 应当是类别数 |
# | z | 名字带“with logits”的损失的 `input` |
# | γ、α、ε | Focal Loss 的 `gamma` 与 `alpha`、`label_smoothing` |

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Take squared error of σ(z) as the loss of a mail that is spam. How steep is it in z at z = −8, and how steep is
#    BCE? Which one would you rather learn from? *Hint: the sigmoid's slope p(1 − p) is no longer cancelled.*
# 2. Write cross-entropy from logits by yourself, for (N, C) logits and class numbers, so that it survives logits of
#    ±10 000, and check its gradient. *Hint: log Σ e^z = m + log Σ e^(z − m), for any m.*
# 3. Two forecasters are right nine times in ten. One always says 0.99, the other 0.9. Who has the lower log loss? Which
#    p would be best? *Hint: 0.9·(−log p) + 0.1·(−log(1 − p)).*
#
# The [answers](answers/05_losses_for_classification.py) run.

# %% [markdown] i18n="zh" key="exercises" src="aa771963"
# ## 练习
#
# 1. 对一封垃圾邮件，用 σ(z) 的平方误差作损失。在 z = −8 处，它对 z 的斜率有多大？BCE 呢？你更愿意从哪一个学习？
#    *提示：sigmoid 的斜率 p(1 − p) 不再被抵消。*
# 2. 自己写出由 logit 计算的交叉熵，输入是 (N, C) 的 logit 和类别编号，要能经受 ±10 000 的 logit，并核对它的梯度。
#    *提示：对任意 m，log Σ e^z = m + log Σ e^(z − m)。*
# 3. 两位预报员都是十次说对九次。一位总说 0.99，另一位总说 0.9。谁的对数损失更低？说哪个 p 最好？
#    *提示：0.9·(−log p) + 0.1·(−log(1 − p))。*
#
# [答案](answers/05_losses_for_classification.py)可以直接运行。
