# %% [markdown] i18n="en" key="title"
# # 14 · Overfitting
#
# **One question: how do we know that a model has learned the rule, and not its examples by heart?** Twelve noisy
# points, three polynomials, each fitted as well as its degree allows. Their errors on these points fall from left to
# right, down to zero. Which of the three would you ask about a thirteenth point?

# %% [markdown] i18n="zh" key="title" src="fdaf2311"
# # 14 · 过拟合
#
# **只问一个问题：怎样知道模型学到的是规律，而不是把例子背了下来？** 十二个带噪声的点，三个多项式，
# 每个都在其次数允许的范围内拟合得尽可能好。它们在这些点上的误差从左到右递减，直到零。第十三个点，你会问哪一个？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import EarlyStopping, Trainer, accuracy, collect, correct, f1_score, precision, r2_score, recall
from minigrad.transforms import RandomRotation, Standardize, Transformed
from minigrad.utils.data import DataLoader, Subset, TensorDataset, k_fold
from minigrad.viz import draw, plot_confusion_matrix, plot_learning_curves, plot_regression_fit

F = nn.functional


def sample(n, seed):
    """n points of y = sin 3x + noise of spread 0.2: on many fresh points no error is below 0.2² = 0.04."""
    random = np.random.default_rng(seed)
    x = random.uniform(-1, 1, (n, 1))
    return x, np.sin(3 * x) + 0.2 * random.normal(size=(n, 1))


class Polynomial:
    """ŷ = θ₀ + θ₁x + … + θ_d x^d with the θ of least J̃ = mean (ŷ − y)² + λ·Σθ², which a formula gives at once."""

    def __init__(self, degree, x, y, penalty=0.0):
        powers = x ** np.arange(degree + 1)  # (N, degree + 1)
        if penalty:
            with_penalty = powers.T @ powers / len(x) + penalty * np.eye(degree + 1)
            self.theta = np.linalg.solve(with_penalty, powers.T @ y / len(x))
        else:
            self.theta = np.linalg.lstsq(powers, y, rcond=None)[0]

    def __call__(self, x):
        powers = np.asarray(x, dtype=float) ** np.arange(len(self.theta))
        return mg.tensor(powers @ self.theta, dtype=mg.float64)

    def error(self, x, y):
        return F.mse_loss(self(x), mg.tensor(y)).item()


x, y = sample(12, seed=0)
x_fresh, y_fresh = sample(1000, seed=1)

fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
for ax, degree in zip(axes, (1, 3, 11), strict=True):
    model = Polynomial(degree, x, y)
    plot_regression_fit(model, x, y, ax=ax).get_legend().remove()
    ax.set(ylim=(-2, 2), title=f"degree {degree}: error {model.error(x, y):.2f}")
    ax.label_outer()
assert Polynomial(11, x, y).error(x, y) < 1e-6  # twelve numbers θ for twelve points

# %% [markdown] i18n="en" key="overfitting"
# ## Overfitting
#
# Document 000 defines it well: good on the training data, bad on new data. So we need new data: a thousand fresh points
# from the same source. The training error can only fall when the degree grows. What will the error on the fresh points
# do?

# %% [markdown] i18n="zh" key="overfitting" src="b0d1ec3d"
# ## 过拟合
#
# 文档 000 的定义是对的：在训练数据上好，在新数据上差。所以我们需要新数据：来自同一来源的一千个新点。
# 次数增大时，训练误差只会下降。新点上的误差会怎样变化？

# %%
degrees = range(1, 12)
on_training = {d: Polynomial(d, x, y).error(x, y) for d in degrees}
on_fresh = {d: Polynomial(d, x, y).error(x_fresh, y_fresh) for d in degrees}
best = min(on_fresh, key=on_fresh.get)
fig, ax = plt.subplots(figsize=(6.5, 3.6), layout="constrained")
ax.plot(degrees, [max(v, 1e-5) for v in on_training.values()], "o-", label="the 12 training points")
ax.plot(degrees, on_fresh.values(), "s-", label="1000 fresh points")
ax.axhline(0.04, color="gray", linestyle=":", label="the noise, 0.2²")
ax.set(xlabel="degree", ylabel="mean squared error", yscale="log", ylim=(1e-5, 1e3), xticks=degrees)
ax.legend(loc="lower left")
for d in (1, 3, 6, 11):
    print(f"degree {d:2}: training {on_training[d]:.4f}, fresh {on_fresh[d]:.4f}")
assert 3 <= best <= 5
assert min(on_fresh.values()) > 0.04  # nobody can predict the noise
assert on_training[11] < 1e-3 * on_training[best]
assert on_fresh[11] > 100 * on_fresh[best]

# %% [markdown] i18n="en" key="generalization"
# Too stiff on the left, **underfitting**: both errors are large. Too pliant on the right, **overfitting**: the
# training error falls to nothing, far below the noise, so the model has learned the noise by heart. In between it
# **generalizes**. Therefore the aim is a small error on data that were *not* used for training. Documents 002 and 004
# say in place of it: minimal training loss is optimal, maximal performance on the training data is the goal (E002-10,
# E004-01). By that rule degree 11 wins. What lies between the two curves is the **generalization gap**, J_test −
# J_train. How large is it for the degrees 1, 3 and 11?

# %% [markdown] i18n="zh" key="generalization" src="95cdeb2f"
# 左边太僵硬，**欠拟合**：两个误差都大。右边太灵活，**过拟合**：训练误差降到零，远远低于噪声，
# 说明模型把噪声也背了下来。中间的才有**泛化**能力。所以目标是：在*没有*用于训练的数据上误差小。文档 002 和 004 却说：
# 训练损失最小就是最优，目标是训练数据上的性能最大（E002-10、E004-01）。按这个规则，胜出的是 11 次多项式。
# 两条曲线之差叫作**泛化差距**：J_test − J_train。次数为 1、3、11 时，它各有多大？

# %%
gap = {d: on_fresh[d] - on_training[d] for d in (1, 3, 11)}  # J_test − J_train
print("gap:", {d: round(float(width), 3) for d, width in gap.items()})
by_training = min(on_training, key=on_training.get)
print(f"smallest training error: degree {by_training}; smallest error on new data: degree {best}")
assert gap[3] < gap[1] < gap[11]
assert by_training == 11
assert on_fresh[by_training] > 100 * on_fresh[best]  # the rule of the documents chooses the worst

# %% [markdown] i18n="en" key="smaller-loss"
# ## Is a smaller loss a better model?
#
# Document 004 says so. It holds on held-out data and **with the same loss** (E004-12). Here are the same predictions
# under four losses. Which number is the smallest, and does it mean anything?

# %% [markdown] i18n="zh" key="smaller-loss" src="fcfddbb7"
# ## 损失越小，模型就越好吗？
#
# 文档 004 这样说。它成立的条件是：在留出的数据上，而且**用同一个损失**（E004-12）。下面是同一组预测在四种损失下的值。
# 哪个数最小？它说明什么吗？

# %%
cubic = Polynomial(3, x, y)
predicted, truth = cubic(x_fresh), mg.tensor(y_fresh)
same_model = {
    "MSE": F.mse_loss(predicted, truth),
    "half of MSE": F.mse_loss(predicted, truth) / 2,
    "MAE": F.l1_loss(predicted, truth),
    "MSE, y in units of 100": F.mse_loss(predicted / 100, truth / 100),
}
for name, value in same_model.items():
    print(f"{name:23} {value.item():.7f}")
assert same_model["half of MSE"].item() == same_model["MSE"].item() / 2
assert same_model["MSE, y in units of 100"] < 1e-3 * same_model["MSE"]  # ten thousand times smaller, and no better

# %% [markdown] i18n="en" key="split"
# ## Three parts: training, validation, test
#
# In real life nobody sends a thousand fresh points. So we put some away. The **training** part sets θ. The
# **validation** part chooses among models: degree, λ, epochs. The **test** part is opened once, at the end, to report.
# Why is the validation error of the chosen model not good enough for the report?

# %% [markdown] i18n="zh" key="split" src="9dc5acd6"
# ## 三份数据：训练、验证、测试
#
# 现实中没有人会送来一千个新点，所以要预先留出一些。**训练集**决定 θ；**验证集**用来在模型之间选择：次数、λ、轮数；
# **测试集**只在最后打开一次，用于报告。为什么不能直接报告所选模型的验证误差？

# %%
digits, test = (
    TensorDataset(F.avg_pool2d(part.images, 2), part.labels)  # (N, 1, 14, 14): half the size, to be quick
    for part in (mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False))
)
few, validation = Subset(digits, range(200)), Subset(digits, range(200, 600))  # they lie in random order already
assert not set(few.indices.tolist()) & set(validation.indices.tolist())  # no item in two parts
print(f"digits: {len(few)} for training, {len(validation)} for validation, {len(test)} for the test")

# %% [markdown] i18n="en" key="test-leak"
# ## Why the test set is used once
#
# Document 003 tunes "on the validation or test set" and repeats until satisfied. Try it with models that cannot know
# anything: 200 of them, each tosses a coin for each of 100 test rows. What will the best of them score? And what on
# fresh rows?

# %% [markdown] i18n="zh" key="test-leak" src="3d8903d6"
# ## 测试集为什么只能用一次
#
# 文档 003 “在验证集或测试集上”调参，重复到满意为止。用一些不可能知道任何事情的模型试试：200 个，
# 每个都对 100 行测试数据逐行抛硬币。其中最好的能得多少分？在新数据上呢？

# %%
random = np.random.default_rng(0)
truth_100, models = random.random(100) < 0.5, random.random((200, 100)) < 0.5
scores = (models == truth_100).mean(axis=1)
again = [((random.random(100) < 0.5) == (random.random(100) < 0.5)).mean() for _ in range(200)]
print(f"200 coins on the test set: mean {scores.mean():.1%}, best {scores.max():.0%}; fresh rows: {np.mean(again):.1%}")
assert scores.max() >= 0.58  # far above 50 %, out of nothing
assert abs(np.mean(again) - 0.5) < 0.03

# %% [markdown] i18n="en" key="test-leak-seen"
# Nobody cheated: the choice alone has used up the test set (E003-18). The same happens, to a lesser degree, to a
# validation part from which one chooses. That is why its number is for choosing, and the report needs a part that has
# never chosen anything.

# %% [markdown] i18n="zh" key="test-leak-seen" src="86b74a7b"
# 没有人作弊：光是“挑选”就把测试集用掉了（E003-18）。用来做选择的验证集也会这样，只是程度轻一些。
# 所以验证集上的数用来选择；要报告，就需要一份从未参与过选择的数据。

# %% [markdown] i18n="en" key="parameters"
# ## Parameters and hyper-parameters
#
# **Parameters** θ are what training finds, by the gradient. **Hyper-parameters** are what we choose before: learning
# rate, batch size, epochs, layers, degree, λ. No gradient of the training loss finds them; validation does. Document
# 001 calls gradient descent "tuning of the loss" and so mixes the two (E001-01). In this cell, which numbers are
# which?

# %% [markdown] i18n="zh" key="parameters" src="34379ad8"
# ## 参数与超参数
#
# **参数** θ 由训练求得，靠的是梯度。**超参数**由我们事先选定：学习率、批大小、轮数、层数、次数、λ。
# 训练损失的梯度找不到它们，要靠验证。文档 001 把梯度下降叫作“损失函数的调参”，混淆了两者（E001-01）。
# 下面这个单元里，哪些数是参数，哪些是超参数？


# %%
def learn(data, *, dropout=0.0, weight_decay=0.0, lr=0.01, epochs=20, units=32, callbacks=()):
    """A two-layer network trained on data; the history, whose test_… columns are of the validation part."""
    mg.manual_seed(0)
    drop = nn.Dropout(dropout)
    model = nn.Sequential(nn.Flatten(), nn.Linear(196, units), nn.ReLU(), drop, nn.Linear(units, 10))
    optimizer = optim.AdamW(model.parameters(), lr=lr, weight_decay=weight_decay)
    metrics = {"accuracy": correct}
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics=metrics, callbacks=callbacks)
    loader = DataLoader(data, batch_size=40, shuffle=True)
    return model, trainer.fit(loader, DataLoader(validation, batch_size=40), epochs=epochs)


plain, history = learn(few, epochs=40)
print("parameters, found by training:", sum(p.numel() for p in plain.parameters()))
print("hyper-parameters, chosen by us: lr 0.01, batch size 40, epochs 40, units 32, dropout 0, weight decay 0")
assert sum(p.numel() for p in plain.parameters()) == 196 * 32 + 32 + 32 * 10 + 10

# %% [markdown] i18n="en" key="early-stopping"
# ## Early stopping
#
# 6634 parameters and 200 digits. Watch the loss on both parts: at first both fall; then the network begins to learn
# by heart. In which epoch would you stop? The picture marks the lowest loss on the validation part (`test_loss`).

# %% [markdown] i18n="zh" key="early-stopping" src="b01edc1a"
# ## 早停
#
# 6634 个参数，200 个数字。观察两份数据上的损失：开始时都下降，后来网络开始死记硬背。你会在哪一轮停下？
# 图中标出了验证集上（`test_loss`）损失最低的一轮。

# %%
lowest = min(history, key=lambda row: row["test_loss"])
print(f"epoch {lowest['epoch']}: validation loss {lowest['test_loss']:.3f}", end="; ")
print(f"epoch 40: training {history[-1]['loss']:.3f}, validation {history[-1]['test_loss']:.3f}")
assert lowest["epoch"] < 20
assert history[-1]["loss"] < 0.05 < 1.1 * lowest["test_loss"] < history[-1]["test_loss"]
plot_learning_curves(history)

# %% [markdown] i18n="en" key="early-stopping-lr"
# `EarlyStopping` waits for `patience` epochs without a new best, then stops and puts the best weights back. It chooses
# the number of **epochs**. Document 001 wants to choose the learning rate by it (E001-19): that needs a comparison of
# several rates on the validation part, each of which may well be stopped early. Which of three will win?

# %% [markdown] i18n="zh" key="early-stopping-lr" src="567f7b24"
# `EarlyStopping` 在连续 `patience` 轮没有新的最好成绩之后停止，并把最好的权重放回去。它选择的是**轮数**。
# 文档 001 想用它来选学习率（E001-19）：那需要在验证集上比较几个学习率，而其中每一次训练都可以早停。三个之中谁会胜出？

# %%
by_rate = {}
for lr in (0.001, 0.01, 0.1):
    stop = EarlyStopping(patience=4)
    _, rows = learn(few, lr=lr, epochs=30, callbacks=[stop])
    by_rate[lr] = stop.best
    print(f"lr {lr:6}: ended after {len(rows):2} epochs, best {stop.best_epoch:2}, validation loss {stop.best:.3f}")
    if lr == 0.01:
        assert len(rows) < 30
print("chosen by validation: lr", min(by_rate, key=by_rate.get))
assert max(by_rate.values()) > 1.02 * min(by_rate.values())  # stopping early does not make all rates equal

# %% [markdown] i18n="en" key="penalty"
# ## A penalty is not a loss
#
# Another cure: keep θ small. J̃(θ) = J(θ) + λ·Ω(θ), with Ω = Σθ² (**L2**) or Σ|θ| (**L1**). Document 003 says that loss
# and penalty are the same concept, and takes it back in its next sentence (E003-07). Look at the graph: one of the two
# branches never meets the data. Which slope will therefore be the same for any data whatsoever?

# %% [markdown] i18n="zh" key="penalty" src="c155d5b9"
# ## 惩罚项不是损失
#
# 另一种药方：让 θ 保持较小。J̃(θ) = J(θ) + λ·Ω(θ)，其中 Ω = Σθ²（**L2**）或 Σ|θ|（**L1**）。
# 文档 003 说损失函数和惩罚项是相同的概念，下一句又自己否定了（E003-07）。看计算图：两个分支之一从不接触数据。
# 因此，哪个斜率对任何数据都一样？

# %%
theta = mg.tensor(-2.0, requires_grad=True, name="theta")
slopes = {}
for data in ([1.0, 2.0, 3.0], [0.5, -1.0, 2.5]):  # two data sets that have nothing to do with each other
    inputs, targets = mg.tensor(data, name="x"), mg.tensor([2.0, 1.0, 0.0], name="y")
    J = F.mse_loss(theta * inputs, targets)
    omega = theta.square()  # Ω(θ) = Σθ²; there is only one θ here
    of_loss, of_penalty = (mg.autograd.grad(part, theta, retain_graph=True)[0].item() for part in (J, omega))
    slopes[tuple(data)] = of_loss, of_penalty
    print(f"x = {data}: ∂J/∂θ = {of_loss:.3f}, ∂Ω/∂θ = {of_penalty:.3f}")
(first_loss, first_penalty), (second_loss, second_penalty) = slopes.values()
assert abs(first_loss - second_loss) > 1
assert first_penalty == second_penalty == 2 * theta.item()  # ∂Ω/∂θ = 2θ; for L1 it is the sign of θ
draw(J + 0.1 * omega)  # J̃ = J + λ·Ω

# %% [markdown] i18n="en" key="weight-decay"
# ## How large a penalty? Weight decay
#
# Degree 11 again, the twelve points again; only λ changes. λ = 0 overfits. What will a huge λ do? In an optimizer the
# same thing is called `weight_decay`: SGD adds λθ, the slope of ½λΣθ², to each gradient. (For Adam take AdamW, as
# tutorial 08 explains: Loshchilov & Hutter 2019.)

# %% [markdown] i18n="zh" key="weight-decay" src="cdcd1100"
# ## 惩罚多大合适？权重衰减
#
# 还是 11 次多项式，还是那十二个点，只改变 λ。λ = 0 过拟合。λ 极大时会怎样？在优化器里这叫 `weight_decay`（权重衰减）：
# SGD 给每个梯度加上 λθ，即 ½λΣθ² 的斜率。（Adam 要用 AdamW，见教程 08：Loshchilov & Hutter 2019。）

# %%
fig, axes = plt.subplots(1, 3, figsize=(11, 3.6), layout="constrained", sharey=True)
by_penalty = {}
for ax, penalty in zip(axes, (0, 1e-3, 10), strict=True):
    model = Polynomial(11, x, y, penalty)
    by_penalty[penalty] = model.error(x_fresh, y_fresh)
    print(f"λ = {penalty:5}: largest |θ| {abs(model.theta).max():8.2f}, error on fresh data {by_penalty[penalty]:.3f}")
    plot_regression_fit(model, x, y, ax=ax).get_legend().remove()
    ax.set(ylim=(-2, 2), title=f"degree 11, λ = {penalty}")
    ax.label_outer()
assert by_penalty[1e-3] < 0.2 < by_penalty[10] < by_penalty[0]  # in between is best

w = mg.tensor([2.0], requires_grad=True)
sgd = optim.SGD([w], lr=0.1, weight_decay=0.5)
(0 * w).sum().backward()  # the data have nothing to say
sgd.step()
assert abs(w.item() - (2 - 0.1 * 0.5 * 2)) < 1e-6  # θ ← θ − α·(∇J + λθ)

# %% [markdown] i18n="en" key="dropout"
# ## Dropout
#
# In each training step, switch each hidden unit off with probability p and divide the rest by 1 − p (Srivastava et al.
# 2014): no unit can rely on a certain other one. In evaluation all are on. So the same input gives which outputs in
# `train()` mode, and which in `eval()` mode?

# %% [markdown] i18n="zh" key="dropout" src="9c2ae78a"
# ## Dropout（随机失活）
#
# 每一步训练中，以概率 p 关掉每个隐藏单元，其余的除以 1 − p（Srivastava et al. 2014）：
# 任何单元都不能依赖某个特定的伙伴。评估时全部打开。那么同一个输入，在 `train()` 模式下输出什么？在 `eval()` 模式下呢？

# %%
mg.manual_seed(0)
layer = nn.Dropout(0.5)
print("train():", layer(mg.ones(8)).tolist(), "\neval(): ", layer.eval()(mg.ones(8)).tolist())
assert abs(layer.train()(mg.ones(10_000)).mean().item() - 1) < 0.05  # divided by 1 − p, the mean stays
assert (layer.eval()(mg.ones(8)) == 1).all()

# %% [markdown] i18n="en" key="augmentation"
# ## More data, real or made
#
# Nothing helps like more data; document 003 says so, rightly. If there are none, make some: a digit turned by a few
# degrees is the same digit. **Augmentation** changes each training image a little, anew in every epoch. It has to leave
# the label true: a digit upside down would be another one. Put these in order before you run: plain, weight decay,
# dropout, augmentation, five times the data.

# %% [markdown] i18n="zh" key="augmentation" src="68b26f98"
# ## 更多数据：真实的，或造出来的
#
# 什么都不如更多的数据；文档 003 这样说，是对的。没有，就造一些：一个数字转动几度，还是那个数字。
# **数据增强**在每一轮都重新把每张训练图像稍作改变。前提是标签仍然正确：数字上下颠倒，可能就成了另一个数字。
# 运行之前先排个序：什么都不做、权重衰减、dropout、数据增强、五倍的数据。

# %%
more = Subset(digits, [*few.indices, *range(600, 1400)])
cures = {
    "nothing": learn(few),
    "weight decay 0.5": learn(few, weight_decay=0.5),
    "dropout 0.3": learn(few, dropout=0.3),
    "turned by up to 15°": learn(Transformed(few, RandomRotation(15))),
    "1000 digits": learn(more, epochs=4),  # as many steps as the others
}
for name, (_, rows) in cures.items():
    print(f"{name:19}: loss {rows[-1]['loss']:.3f} in training, {rows[-1]['test_loss']:.3f} in validation", end=", ")
    print(f"accuracy {rows[-1]['test_accuracy']:.1%}")
final = {name: rows[-1]["test_loss"] for name, (_, rows) in cures.items()}
assert min(cures, key=lambda name: cures[name][1][-1]["loss"]) == "nothing"  # the best in training
assert max(final, key=final.get) == "nothing"  # and the worst in validation
assert min(final, key=final.get) == "1000 digits"

# %% [markdown] i18n="en" key="cures-seen"
# Each cure makes the training loss **worse** and the validation loss better: that is what a cure for overfitting looks
# like. (Accuracy cannot tell the first four apart: on 400 digits it wavers by two points.) They can be combined.
# Document 003 lists penalties, fewer layers and units, and more data; dropout and early stopping are missing from its
# lists (E003-29).

# %% [markdown] i18n="zh" key="cures-seen" src="6d9c33a4"
# 每种药方都使训练损失**变差**、验证损失变好：治疗过拟合就该是这个样子。
# （准确率分不出前四种的高下：在 400 个数字上，它本来就有两个百分点的波动。）它们可以合用。
# 文档 003 列出了惩罚项、减少层数与神经元、增加数据；它的清单里缺少 dropout 和早停（E003-29）。

# %% [markdown] i18n="en" key="fewer-units"
# ## Fewer layers, fewer units
#
# A smaller model has less room to learn by heart: a polynomial of degree 3 in place of 11, or a network of fewer units.
# The same twelve points, tanh networks with two hidden layers. 1 unit, 4 units, 64 units: which errors do you expect?

# %% [markdown] i18n="zh" key="fewer-units" src="74fc20b3"
# ## 更少的层，更少的单元
#
# 模型小，死记硬背的余地就小：用 3 次多项式代替 11 次，或者用单元更少的网络。还是那十二个点，
# 两个隐藏层的 tanh 网络。1 个、4 个、64 个单元：你预计误差各是多少？

# %%
inputs, targets = mg.tensor(x, dtype=mg.float32), mg.tensor(y, dtype=mg.float32)
new_inputs, new_targets = mg.tensor(x_fresh, dtype=mg.float32), mg.tensor(y_fresh, dtype=mg.float32)
by_units = {}
for units in (1, 4, 64):
    mg.manual_seed(0)
    hidden = [nn.Linear(1, units), nn.Tanh(), nn.Linear(units, units), nn.Tanh()]
    model = nn.Sequential(*hidden, nn.Linear(units, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.02)
    for _ in range(600):
        optimizer.zero_grad()
        loss = F.mse_loss(model(inputs), targets)
        loss.backward()
        optimizer.step()
    by_units[units] = F.mse_loss(model(new_inputs), new_targets).item()
    print(f"{units:2} units: training {loss.item():.4f}, fresh {by_units[units]:.4f}")
assert by_units[4] < by_units[1]
assert by_units[4] < by_units[64]

# %% [markdown] i18n="en" key="fewer-units-last"
# A model that is too small cannot learn the rule either. With a penalty or early stopping a large network often does as
# well as the right small one, and nobody has to guess the right size: so this is not the first thing to try.

# %% [markdown] i18n="zh" key="fewer-units-last" src="0655cc75"
# 太小的模型同样学不到规律。大网络配上惩罚项或早停，往往不输给大小刚好的小网络，而且不用去猜多大才刚好：
# 所以这不是首选的办法。

# %% [markdown] i18n="en" key="preprocessing"
# ## Preprocessing, fitted on the training part
#
# Inputs of very different sizes make a long, narrow valley (tutorial 06), so one standardizes: (x − mean)/std. The
# mean and the std are numbers learned from data, like θ: take them from the **training part only**. Taken from all
# data, they tell the model about the test. And if one standardizes the test part by itself? Here every new house is
# larger by 100.

# %% [markdown] i18n="zh" key="preprocessing" src="4c54e5ec"
# ## 预处理：只在训练集上拟合
#
# 各输入大小悬殊，会形成狭长的山谷（教程 06），所以要标准化：(x − 均值)/标准差。均值和标准差也是从数据中学来的数，
# 和 θ 一样：**只能取自训练集**。取自全部数据，就把测试集的信息泄露给了模型。
# 如果对测试集单独标准化呢？下面每套新房子的面积都大 100。

# %%
areas = mg.tensor([[60.0], [80.0], [100.0], [120.0]])
new_areas = areas + 100
scale = Standardize().fit(areas)  # on the training part only
right, wrong = scale(new_areas), Standardize().fit(new_areas)(new_areas)
print("training:             ", scale(areas).flatten().numpy().round(2))
print("new, right:           ", right.flatten().numpy().round(2), "  (larger houses stay larger)")
print("new, fitted on itself:", wrong.flatten().numpy().round(2))
assert right.min() > scale(areas).max()
assert mg.allclose(wrong, scale(areas))  # the model cannot see any difference

# %% [markdown] i18n="en" key="cross-validation"
# ## Cross-validation
#
# With 30 points one cannot spare many for validation, and with few the choice is a matter of luck. So take turns: cut
# the data into k = 5 parts, train five times on four of them, validate on the fifth, and average. `k_fold` gives the
# five pairs. How often is each point used for validation?

# %% [markdown] i18n="zh" key="cross-validation" src="ab276916"
# ## 交叉验证
#
# 只有 30 个点，留不出多少来做验证；留得太少，选择就全凭运气。那就轮流来：把数据切成 k = 5 份，训练五次，
# 每次用其中四份训练、第五份验证，再取平均。`k_fold` 给出这五对。每个点有几次用于验证？

# %%
x30, y30 = sample(30, seed=2)
folds = k_fold(range(30), k=5, generator=mg.Generator(0))


def cross_validated(degree, penalty=0.0):
    """The mean validation error over the five folds."""
    errors = []
    for train_part, validation_part in folds:
        rows, others = train_part.indices, validation_part.indices
        errors.append(Polynomial(degree, x30[rows], y30[rows], penalty).error(x30[others], y30[others]))
    return np.mean(errors)


times = np.bincount(np.concatenate([validation_part.indices for _, validation_part in folds]))
print("how often each point is used for validation:", set(times.tolist()))
estimates = {d: cross_validated(d) for d in (1, 3, 11)}
for d, estimate in estimates.items():
    fresh = Polynomial(d, x30, y30).error(x_fresh, y_fresh)
    print(f"degree {d:2}: cross-validation says {estimate:.3f}, 1000 fresh points say {fresh:.3f}")
assert (times == 1).all()
assert min(estimates, key=estimates.get) == 3

# %% [markdown] i18n="en" key="grid-search"
# ## Grid search
#
# Two hyper-parameters, degree and λ: try every pair, and let cross-validation judge. Where in the table do you expect
# the small numbers? And what does a grid over five hyper-parameters with ten values each cost?

# %% [markdown] i18n="zh" key="grid-search" src="8ffa8cd4"
# ## 网格搜索
#
# 两个超参数：次数和 λ。每一对都试，由交叉验证来评判。你预计表中哪里的数小？
# 五个超参数、每个十个值的网格，代价是多少？

# %%
penalties = (0.0, 1e-4, 1e-3, 1e-2, 1e-1, 1.0)
grid = {(d, penalty): cross_validated(d, penalty) for d in (1, 3, 5, 7, 9, 11) for penalty in penalties}
print("degree   " + "".join(f"λ = {penalty:<7g}" for penalty in penalties))
for d in (1, 3, 5, 7, 9, 11):
    print(f"{d:6}   " + "".join(f"{grid[d, penalty]:<11.3f}" for penalty in penalties))
degree, penalty = min(grid, key=grid.get)
fresh = Polynomial(degree, x30, y30, penalty).error(x_fresh, y_fresh)  # now train on all 30, and test once
print(f"chosen: degree {degree}, λ = {penalty:g}; on fresh points {fresh:.3f}, the noise is 0.040")
print(f"five hyper-parameters with ten values: {10**5:,} trainings, times five folds")
assert 3 <= degree <= 7
assert fresh < 0.08
assert grid[11, 1e-3] < 0.5 * grid[11, 0.0]  # a small penalty tames a pliant model

# %% [markdown] i18n="en" key="metrics"
# ## What to measure
#
# The loss is what the gradient needs; a **metric** is what we want to know. Document 003 lists MSE, cross-entropy and
# log loss as metrics; the last two are one number (E003-26, tutorial 05), and accuracy and F1 are missing. Here 95 of
# 100 mails are honest, and a model says "honest" to every one. How high is its accuracy? What does it find? (In the
# table, TP counts the spam that it found, FP the honest mail that it accused, FN the spam that it missed; P and R are
# precision and recall.)
#
# | metric | formula | asks |
# | --- | --- | --- |
# | accuracy | right / all | how often is it right? |
# | precision | TP / (TP + FP) | of those it called spam, how many are? |
# | recall | TP / (TP + FN) | of the spam, how much did it find? |
# | F1 | 2·P·R / (P + R) | both at once |
# | R² | 1 − Σ(y − ŷ)² / Σ(y − ȳ)² | how much better than always guessing the mean? |

# %% [markdown] i18n="zh" key="metrics" src="f3a41c86"
# ## 该量什么
#
# 损失是梯度需要的；**指标**是我们想知道的。文档 003 把均方误差、交叉熵和对数损失列为指标；后两个是同一个数（E003-26，
# 教程 05），却漏了准确率和 F1。这里 100 封邮件中有 95 封正常，而模型对每一封都说“正常”。它的准确率有多高？
# 它找到了什么？（表中 TP 是找出的垃圾邮件数，FP 是被冤枉的正常邮件数，FN 是漏掉的垃圾邮件数；
# P 与 R 即精确率与召回率。）
#
# | 指标 | 公式 | 问的是 |
# | --- | --- | --- |
# | 准确率 accuracy | 正确数 / 总数 | 多大比例答对？ |
# | 精确率 precision | TP / (TP + FP) | 它说是垃圾邮件的，有多少真是？ |
# | 召回率 recall | TP / (TP + FN) | 真正的垃圾邮件，它找到了多少？ |
# | F1 | 2·P·R / (P + R) | 两者兼顾 |
# | R² | 1 − Σ(y − ŷ)² / Σ(y − ȳ)² | 比总是猜均值好多少？ |

# %%
is_spam = (mg.arange(100) < 5).long()
lazy = mg.tensor([[1.0, 0.0]] * 100)  # logits: always class 0, honest
useful = mg.tensor([[0.0, 1.0]] * 4 + [[1.0, 0.0]] * 90 + [[0.0, 1.0]] * 6)  # finds 4 of 5, and accuses 6 wrongly
for name, logits in (("lazy", lazy), ("useful", useful)):
    of_spam = [metric(logits, is_spam, average=None)[1] for metric in (precision, recall, f1_score)]
    print(f"{name:6}: accuracy {accuracy(logits, is_spam):.2f}", end=", ")
    print("of spam: precision {:.2f}, recall {:.2f}, F1 {:.2f}".format(*of_spam))
assert accuracy(lazy, is_spam) == 0.95 > accuracy(useful, is_spam)  # accuracy prefers the one that finds nothing
assert recall(lazy, is_spam, average=None)[1] == 0
assert abs(precision(useful, is_spam, average=None)[1] - 4 / (4 + 6)) < 1e-9  # TP / (TP + FP)
assert abs(recall(useful, is_spam, average=None)[1] - 4 / (4 + 1)) < 1e-9  # TP / (TP + FN)
assert abs(f1_score(useful, is_spam, average=None)[1] - 2 * 0.4 * 0.8 / (0.4 + 0.8)) < 1e-9  # 2·P·R / (P + R)
print(f"R² of the cubic on fresh points: {r2_score(cubic(x_fresh), mg.tensor(y_fresh)):.3f}")
by_formula = 1 - ((y_fresh - cubic(x_fresh).numpy()) ** 2).sum() / ((y_fresh - y_fresh.mean()) ** 2).sum()
assert abs(r2_score(cubic(x_fresh), mg.tensor(y_fresh)) - by_formula) < 1e-9
assert by_formula > 0.8

# %% [markdown] i18n="en" key="confusion-matrix"
# The confusion matrix shows every kind of mistake: rows are the truth, columns the answers. Here is, at last, the
# test set, opened once, for the network with augmentation: of those that saw 200 digits, it had the lowest validation
# loss. Which digits will be taken for each other?

# %% [markdown] i18n="zh" key="confusion-matrix" src="04a71a71"
# 混淆矩阵显示每一种错误：行是真相，列是回答。现在终于打开测试集，只此一次，用于带数据增强的那个网络：
# 在只见过 200 个数字的几个之中，它的验证损失最低。哪些数字会被互相认错？

# %%
model, rows = cures["turned by up to 15°"]
logits, truth = collect(model, DataLoader(test, batch_size=40))
print(f"validation accuracy {rows[-1]['test_accuracy']:.1%}, test accuracy {accuracy(logits, truth):.1%}")
assert accuracy(logits, truth) > 0.65
plot_confusion_matrix(truth, logits)

# %% [markdown] i18n="en" key="workflow"
# ## The whole procedure
#
# Document 003 has nine steps: choose a loss, an optimizer, a learning rate, a batch size, a number of iterations;
# train; evaluate; adjust; repeat. The order is right. Three things to mend:
#
# 1. **Before** step 1: split the data, and put the test part away. Step 7 uses the validation part, never the other.
# 2. Steps 8 and 9: change one thing at a time, compare on the validation part or by cross-validation, write it down.
# 3. **After** step 9: test once and report that number, whatever it is.
#
# It also calls "batch size decay" and "iteration decay" usual methods (E003-25). They are not. The learning rate is
# what decays (tutorial 09); the number of epochs comes from early stopping, the batch size from speed and memory
# (tutorial 06). Below, the procedure in ten lines, for the polynomial. What is chosen, and what is reported?

# %% [markdown] i18n="zh" key="workflow" src="b7370c8f"
# ## 完整流程
#
# 文档 003 有九步：选损失函数、优化方法、学习率、批大小、迭代次数；训练；评估；调整；重复。顺序是对的，要改三处：
#
# 1. 第 1 步**之前**：先划分数据，把测试集收好。第 7 步用验证集，绝不用测试集。
# 2. 第 8、9 步：一次只改一样，在验证集上或用交叉验证比较，并记录下来。
# 3. 第 9 步**之后**：测试一次，是多少就报告多少。
#
# 它还把“批次大小衰减”“迭代次数衰减”说成常用方法（E003-25），其实并非如此。会衰减的是学习率（教程 09）；
# 轮数由早停决定，批大小取决于速度与内存（教程 06）。下面用十行代码对多项式走一遍流程。选出的是什么？报告的是什么？

# %%
x_all, y_all = sample(120, seed=3)
order = np.random.default_rng(3).permutation(120)
training, held_out, put_away = order[:60], order[60:90], order[90:]  # split first
validation_errors = {}
for degree in (1, 2, 3, 5, 8, 11):  # one thing at a time
    candidate = Polynomial(degree, x_all[training], y_all[training])
    validation_errors[degree] = candidate.error(x_all[held_out], y_all[held_out])
chosen = min(validation_errors, key=validation_errors.get)
test_error = Polynomial(chosen, x_all[training], y_all[training]).error(x_all[put_away], y_all[put_away])  # once
print(f"chosen: degree {chosen}; validation {validation_errors[chosen]:.3f}; reported, from the test: {test_error:.3f}")
assert chosen >= 3
assert test_error < 0.1

# %% [markdown] i18n="en" key="break"
# ## Break it: look first, split later
#
# 50 people, 1000 measurements each, and a label tossed by a coin: there is nothing to be learned. Choose the ten
# measurements that go best with the label, then cross-validate a simple classifier on these ten. What accuracy do you
# expect? Nothing in the cross-validation itself is wrong.

# %% [markdown] i18n="zh" key="break" src="1a78452a"
# ## 把它弄坏：先看数据，后划分
#
# 50 个人，每人 1000 项测量值，标签由抛硬币决定：没有任何东西可学。先选出与标签最相符的十项测量，
# 再用这十项对一个简单的分类器做交叉验证。你预计准确率是多少？交叉验证本身没有任何错误。


# %%
def ten_best(measured, label):
    """The ten columns whose means differ most between the two classes."""
    return np.argsort(-abs(measured[label == 0].mean(0) - measured[label == 1].mean(0)))[:10]


def nearest_mean(measured, label, rows, others):
    """Share of the others that lie nearer to the mean of their own class, as found in rows."""
    means = [measured[rows][label[rows] == k].mean(0) for k in (0, 1)]
    far = [((measured[others] - mean) ** 2).sum(1) for mean in means]
    return ((far[0] > far[1]) == (label[others] == 1)).mean()


leaky, honest = [], []
for seed in range(5):
    random = np.random.default_rng(seed)
    measured, label = random.normal(size=(50, 1000)), random.permutation(np.arange(50) % 2)
    chosen = ten_best(measured, label)  # the mistake: the labels of the validation part have been looked at
    for train_part, validation_part in k_fold(range(50), k=5, generator=mg.Generator(seed), labels=label):
        rows, others = train_part.indices, validation_part.indices
        leaky.append(nearest_mean(measured[:, chosen], label, rows, others))
        inside = ten_best(measured[rows], label[rows])  # right: choose within each fold
        honest.append(nearest_mean(measured[:, inside], label, rows, others))
print(f"chosen before the split: accuracy {np.mean(leaky):.0%}; chosen within each fold: {np.mean(honest):.0%}")
assert np.mean(leaky) > 0.75
assert abs(np.mean(honest) - 0.5) < 0.15

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 000 §5 (overfitting: right), 001 §1 and §2 (tuning), 001 §6.2 (cross-validation: right; early stopping), 002 §1 and
# §2.3 (generalization), 002 §3 (early stopping: right), 003 §2.5 (penalty), 003 §3.4 (nine steps), 003 §6.9, §6.13,
# §6.14, §6.16, §6.20, §6.22, §6.23, §6.27 and §6.28, 004 §1, §2.1 to §2.3 and §8 (question 2). Wrong: the goal is
# performance on the training data ([E004-01](20_errata_lab.py), [E002-10](20_errata_lab.py)), a smaller loss is a
# better model ([E004-12](../docs/errata.md)), tuning on the test set ([E003-18](20_errata_lab.py)), loss and penalty
# are the same ([E003-07](20_errata_lab.py)), "batch size decay" ([E003-25](../docs/errata.md)), tuning is training
# ([E001-01](../docs/errata.md)), the learning rate by early stopping ([E001-19](../docs/errata.md)); too short: the
# metrics ([E003-26](../docs/errata.md)) and the cures ([E003-29](../docs/errata.md)). All of it, line by line: [the
# concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="4106aec6"
# ## 在文档中的位置
#
# 000 §5（过拟合：正确）、001 §1 与 §2（调参）、001 §6.2（交叉验证：正确；早停）、002 §1 与 §2.3（泛化）、
# 002 §3（早停：正确）、003 §2.5（惩罚项）、003 §3.4（九个步骤）、
# 003 §6.9、§6.13、§6.14、§6.16、§6.20、§6.22、§6.23、§6.27、§6.28，004 §1、§2.1 至 §2.3、§8（问题 2）。
# 错的：目标是训练数据上的性能（[E004-01](20_errata_lab.py)、[E002-10](20_errata_lab.py)）、损失越
# 小模型越好（[E004-12](../docs/errata.md)）、在测试集上调参（[E003-18](20_errata_lab.py)）、损失与惩罚项相同（
# [E003-07](20_errata_lab.py)）、“批次大小衰减”（[E003-25](../docs/errata.md)）、调参就是训练（
# [E001-01](../docs/errata.md)）、用早停选学习率（[E001-19](../docs/errata.md)）；太简略的：指标（
# [E003-26](../docs/errata.md)）与药方（[E003-29](../docs/errata.md)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Repeat the 200 coins with test sets of 100, 1000 and 10 000 rows. How does the best score shrink towards 50 %?
#    Hint: the scores of coins spread by 0.5/√n.
# 2. Fit degree 11 with an L1 penalty, by descent. How many of the twelve θ become exactly 0? Hint: |θ| has no slope at
#    0, so step by the data alone, then pull each θ towards 0 by lr·λ, and no further than to 0:
#    `mg.sign(theta) * mg.clamp(mg.abs(theta) - lr * penalty, min=0)`.
# 3. Take cross-validation to its end: k = n, "leave one out", on the twelve points. Which degree from 1 to 7 wins?
#    Hint: `k_fold(range(12), k=12)`.
#
# [Answers](answers/14_overfitting.py)

# %% [markdown] i18n="zh" key="exercises" src="66af9f10"
# ## 练习
#
# 1. 用 100、1000、10 000 行的测试集重做 200 枚硬币的实验。最高分怎样向 50 % 收缩？提示：硬币得分的标准差是 0.5/√n。
# 2. 用下降法拟合带 L1 惩罚的 11 次多项式。十二个 θ 中有多少个恰好变成 0？提示：|θ| 在 0 处没有斜率，
#    所以先只按数据走一步，再把每个 θ 朝 0 拉近 lr·λ，但不越过 0：
#    `mg.sign(theta) * mg.clamp(mg.abs(theta) - lr * penalty, min=0)`。
# 3. 把交叉验证做到底：k = n，即“留一法”，用那十二个点。次数从 1 到 7，谁胜出？提示：`k_fold(range(12), k=12)`。
#
# [答案](answers/14_overfitting.py)
