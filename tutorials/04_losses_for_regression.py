# %% [markdown] i18n="en" key="title"
# # 04 · Losses for regression
#
# **One question: what should it cost to be wrong by 5?** To predict a number is called **regression**, and such a
# model is never quite right. A loss turns "not quite right" into one number that can be made smaller. Below are four
# answers, each with its slope, which is all that training ever feels of it. In which pictures does one huge error
# pull harder than a large one?

# %% [markdown] i18n="zh" key="title" src="8cb7d9d5"
# # 04 · 回归问题的损失函数
#
# **只问一个问题：预测差了 5，应该付出多大的代价？** 预测一个数值，叫做**回归**；这样的模型永远不会完全准确。
# 损失函数把“不太准”变成一个可以减小的数。下面是四种回答，每幅图都画出了斜率（虚线）——训练时真正起作用的只有它。
# 在哪几幅图里，一个巨大的误差会比一个较大的误差拉得更用力？
#
# 输出与图中的英文：loss 损失，derivative 导数（斜率），at the kink 尖点处；横轴 prediction (target 0) 是预测，目
# 标为 0。

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.gradcheck import gradcheck
from minigrad.viz import draw, plot_loss_function

F = nn.functional  # every loss is there as a function, and in nn as a module with settings

four = {
    "MSE: e²": nn.MSELoss(),
    "MAE or L1: |e|": nn.L1Loss(),
    "Smooth L1, β = 2": nn.SmoothL1Loss(beta=2.0),
    "Huber, δ = 2": nn.HuberLoss(delta=2.0),
}
fig, axes = plt.subplots(2, 2, figsize=(9, 6.4), layout="constrained")
for ax, (title, loss_fn) in zip(axes.flat, four.items(), strict=True):
    plot_loss_function(loss_fn, limits=(-5, 5), ax=ax).set_title(title)

# %% [markdown] i18n="en" key="why-a-loss"
# ## Why a loss at all
#
# Five houses, floor area x in m², price y in units of 10 000 yuan. The model is ŷ = 10 + θ₁·x, and the right θ₁ is
# 0.5. What a buyer cares about is a **metric**, say the share of houses priced within 2 of the truth. Let us improve θ₁
# a little, from 0.30 to 0.31 to 0.32. Will the metric notice? Will the squared error?

# %% [markdown] i18n="zh" key="why-a-loss" src="048bdb61"
# ## 为什么需要损失函数
#
# 有五套房子：面积 x（平方米），价格 y（万元）。模型是 ŷ = 10 + θ₁·x，正确的 θ₁ 是 0.5。
# 买家关心的是一个**指标**（metric），例如“预测价与真实价相差不到 2 万元的房子占多大比例”。
# 现在让 θ₁ 一点点变好：0.30、0.31、0.32。指标会有反应吗？平方误差会有反应吗？
#
# 输出与图中的英文：metric (share within 2) 是指标（相差不到 2 的比例）。

# %%
houses = mg.datasets.Houses()
x, y = houses.inputs, houses.targets  # both (5, 1)


def hits_and_loss(theta_1):
    predictions = 10 + theta_1 * x
    hits = (mg.abs(predictions - y) < 2).float().mean()
    return hits.item(), F.mse_loss(predictions, y).item()


tried = {theta_1: hits_and_loss(theta_1) for theta_1 in (0.30, 0.31, 0.32, 0.50)}
for theta_1, (hits, loss) in tried.items():
    print(f"θ₁ = {theta_1:.2f}   metric (share within 2) = {hits:.0%}   loss (MSE) = {loss:6.1f}")

assert tried[0.30][0] == tried[0.31][0] == tried[0.32][0] == 0  # flat: no slope, no direction
assert tried[0.30][1] > tried[0.31][1] > tried[0.32][1]  # the loss feels every step

# %% [markdown] i18n="en" key="surrogate"
# The metric is a staircase: its slope is 0 almost everywhere, so it cannot say which way to nudge θ₁. The loss can.
# That is why we need one, and why we minimise it: it is a **stand-in** (a surrogate), with a slope, for what we
# really want. A stand-in is not the thing itself, so report the metric as well (`E003-31`: such numbers name mistakes
# in the documents, which tutorial 20 runs one by one).

# %% [markdown] i18n="zh" key="surrogate" src="a8f5cdaf"
# 这个指标像台阶：几乎处处斜率为 0，无法告诉我们 θ₁ 该往哪边调。损失函数可以。这就是为什么需要损失函数，
# 也是为什么要最小化它：它是我们真正想要的东西的一个有斜率的**替身**（surrogate，代理目标）。
# 替身不等于本人，所以报告结果时还要给出指标（`E003-31`；这样的编号是文档的勘误，教程 20 逐条运行）。

# %% [markdown] i18n="en" key="mse"
# ## Mean squared error
#
# Document 002 has a model that is off by 5 for each house and finds MSE = (1/n)·Σ(yᵢ − ŷᵢ)² = 25. Its arithmetic is
# right. But 25 what? The prices are in 10 000 yuan. Say the unit before you run it.

# %% [markdown] i18n="zh" key="mse" src="732b88a6"
# ## 均方误差 MSE
#
# 文档 002 的例子中，模型对每套房子都差 5 万元，算得 MSE = (1/n)·Σ(yᵢ − ŷᵢ)² = 25。算术没有错。
# 可是 25 的单位是什么？价格的单位是万元。先说出答案，再运行。
#
# 输出与图中的英文：yuan 元，10 000 yuan 就是万元。

# %%
mse = F.mse_loss(houses.predictions, y)
by_hand = ((y - houses.predictions) ** 2).mean()  # MSE = (1/n)·Σ(yᵢ − ŷᵢ)²
rmse = mg.sqrt(mse)  # RMSE = √MSE
print(f"MSE = {mse.item():g} (10 000 yuan)²,   RMSE = {rmse.item():g} (10 000 yuan)")
assert mse.item() == by_hand.item() == 25
assert rmse.item() == 5

# %% [markdown] i18n="en" key="rmse"
# The unit is squared, (10 000 yuan)². Its root, the **RMSE**, is in the unit of the prices: 5, a typical error. Both
# are smallest at the same θ, so train with MSE and report RMSE.

# %% [markdown] i18n="zh" key="rmse" src="a0b3f790"
# 单位被平方了，是“(万元)²”。开方得到**均方根误差 RMSE**，单位与价格相同：5 万元，可以看作典型的误差。
# 两者在同一个 θ 处最小，所以训练用 MSE，报告用 RMSE。

# %% [markdown] i18n="en" key="loss-and-cost"
# ## Loss and cost
#
# Many books use *loss* and *cost* for the same thing. A useful custom keeps them apart: the **loss** L(ŷᵢ, yᵢ) belongs
# to one sample, the **cost** J(θ) is the mean over all of them (`E003-04`: document 003 says the words differ by field
# only). In minigrad, as in PyTorch, `reduction` chooses: `"none"` gives the losses, `"mean"` the cost. Here the
# predictions are off by 1, 1, 1, 1 and 21. How large is the cost?

# %% [markdown] i18n="zh" key="loss-and-cost" src="9345cace"
# ## 损失与代价
#
# 许多教材把“损失”（loss）与“代价”（cost）当作同义词。区分开来更好用：**损失** L(ŷᵢ, yᵢ) 属于一个样本，
# **代价** J(θ) 是全体样本的平均（`E003-04`：文档 003 只说两者是不同领域的叫法）。在 minigrad 里（与 PyTorch 一样），
# 由 `reduction` 选择：`"none"` 给出每个样本的损失，`"mean"` 给出代价。
# 这里的预测分别差 1、1、1、1 和 21，代价有多大？

# %%
off = mg.tensor([[1.0], [1.0], [1.0], [1.0], [21.0]])
losses = F.mse_loss(y + off, y, reduction="none")  # L(ŷᵢ, yᵢ), one per house
cost = F.mse_loss(y + off, y)  # J = (1/n)·Σ L(ŷᵢ, yᵢ)
print(f"losses = {losses.flatten().tolist()}   cost = {cost.item():g}")
assert cost.item() == losses.mean().item() == 89

# %% [markdown] i18n="en" key="objective"
# ## Objective and penalty
#
# The **objective** is whatever is optimised. It may be the cost alone, or the cost plus a **penalty** that keeps the
# parameters small: J̃(θ) = J(θ) + λ·Ω(θ), here with Ω(θ) = Σθ². An objective may even be maximised (a likelihood, the
# probability of the data: tutorial 05), so it is not another word for loss (`E003-05`). Document 003 also calls loss
# and penalty the same concept. If they were, the penalty would change with the data. Halve all prices: which of the
# two gradients changes?

# %% [markdown] i18n="zh" key="objective" src="96875f91"
# ## 目标函数与惩罚项
#
# **目标函数**（objective）就是被优化的那个量。它可以只是代价，也可以是代价加上让参数保持较小的**惩罚项**（正则项）：
# J̃(θ) = J(θ) + λ·Ω(θ)，这里 Ω(θ) = Σθ²。目标函数甚至可以是要最大化的（例如似然，即数据出现的概率，见教程 05），
# 所以它并不是损失的另一个名字（`E003-05`）。文档 003 还说损失函数与惩罚项是同一个概念。
# 果真如此，惩罚项就应当随数据而变。把所有价格减半：两个梯度中，哪一个会变？
#
# 输出与图中的英文：true prices 真实价格，half prices 减半的价格。

# %%
lam = 0.1  # λ
theta = mg.tensor([10.0, 0.4], requires_grad=True)
gradients = {}
for name, prices in {"true prices": y, "half prices": y / 2}.items():
    cost = F.mse_loss(theta[0] + theta[1] * x, prices)  # J(θ)
    penalty = F.l2_penalty(theta, lam)  # λ·Ω(θ) = λ·Σθ²
    objective = cost + penalty  # J̃ = J + λΩ
    gradients[name] = [mg.autograd.grad(part, theta, retain_graph=True)[0] for part in (cost, penalty, objective)]
    print(f"{name}: ∇J = {gradients[name][0].tolist()}   ∇(λΩ) = {gradients[name][1].tolist()}")

assert not mg.allclose(gradients["true prices"][0], gradients["half prices"][0])
for of_cost, of_penalty, of_objective in gradients.values():
    assert mg.allclose(of_penalty, 2 * lam * theta.detach())  # ∂(λΣθ²)/∂θ = 2λθ, whatever the data
    assert mg.allclose(of_cost + of_penalty, of_objective)

# %% [markdown] i18n="en" key="penalty"
# The penalty never sees the data (`E003-07`). It is a wish about θ, weighed against the data by λ. What such a wish is
# good for comes in tutorial 14.

# %% [markdown] i18n="zh" key="penalty" src="922f7db2"
# 惩罚项根本看不到数据（`E003-07`）。它表达的是对 θ 的一种期望，由 λ 决定它与数据相比有多重要。
# 这种期望有什么用，见教程 14。

# %% [markdown] i18n="en" key="error-function"
# ## Error, and "error function"
#
# The **error** e = ŷ − y is a signed number, one per sample. Document 003 says a loss can be "simplified" to an error
# function, which tells you nothing (`E003-06`). The words have two real meanings: in older papers *error function* is a
# synonym of cost (the E of Rumelhart et al. 1986), and in mathematics it is erf(x), the area under a bell curve, which
# has nothing to do with losses. Can errors as such be a cost? Add up those of the document's model.

# %% [markdown] i18n="zh" key="error-function" src="68124876"
# ## 误差与“误差函数”
#
# **误差** e = ŷ − y 是带正负号的数，每个样本一个。文档 003 说损失函数可以“简化”为误差函数，
# 这句话没有内容（`E003-06`）。这个词有两个真正的含义：
# 在较早的论文里它是代价的同义词（Rumelhart et al. 1986 中的 E）；在数学里它是 erf(x)，即钟形曲线下的面积，
# 与损失无关。误差本身能当代价吗？把文档那个模型的误差加起来看看。
#
# 输出与图中的英文：their mean 它们的平均，something else altogether 完全是另一回事。

# %%
errors = houses.predictions - y  # e = ŷ − y
print(f"errors = {errors.flatten().tolist()}   their mean = {errors.mean().item():g}")
print(f"erf(1) = {mg.erf(mg.tensor(1.0)).item():.4f}, something else altogether")
assert errors.mean().item() == 1  # −5 and +5 cancel: a model that is always wrong by 5 looks nearly perfect
assert abs(mg.erf(mg.tensor(1.0)).item() - 0.8427) < 1e-4

# %% [markdown] i18n="en" key="mse-gradient"
# ## The gradient of MSE, and a missing 2
#
# With ŷ = θ₀ + θ₁·x and e = ŷ − y, the chain rule gives ∂J/∂θ₁ = **(2/n)**·Σ xᵢ·eᵢ, and the same without xᵢ for θ₀.
# Document 000 computes Xᵀe/n. Follow the graph from right to left: which card brings in the 2, and which the 1/n? How
# large is the document's gradient, compared with backward's?

# %% [markdown] i18n="zh" key="mse-gradient" src="8d657754"
# ## MSE 的梯度，以及漏掉的 2
#
# 设 ŷ = θ₀ + θ₁·x，e = ŷ − y，链式法则给出 ∂J/∂θ₁ = **(2/n)**·Σ xᵢ·eᵢ；对 θ₀ 则没有 xᵢ 这个因子。
# 文档 000 计算的是 Xᵀe/n。请从右往左看这张图：2 来自哪个运算？1/n 来自哪个运算？
# 文档的梯度与 backward 的结果相比是多大？
#
# 输出与图中的英文：formula 公式，document 000 文档 000。

# %%
theta_0 = mg.tensor(10.0, requires_grad=True, name="theta_0")
theta_1 = mg.tensor(0.4, requires_grad=True, name="theta_1")
predictions = theta_0 + theta_1 * x
loss = F.mse_loss(predictions, y)
loss.backward(retain_graph=True)

n, e = len(houses), (predictions - y).detach()
formula = (2 / n * (x * e).sum()).item()  # ∂J/∂θ₁ = (2/n)·Σ xᵢ·eᵢ
document_000 = ((x * e).sum() / n).item()  # Xᵀe/n
print(f"backward {theta_1.grad.item():.1f}, formula {formula:.1f}, document 000 {document_000:.1f}")
assert abs(theta_1.grad.item() - formula) < 1e-2
assert abs(theta_1.grad.item() / document_000 - 2) < 1e-5
draw(loss)

# %% [markdown] i18n="en" key="half-mse"
# The 2 comes from `square`, the 1/n from `mean`. The document's gradient is exactly half: it is the gradient of
# **½·MSE** (`E000-13`). Both point the same way, so training still works, with half the learning rate; but a reader who
# checks it against the MSE finds a factor of 2. If you want no 2, write the ½ into the loss.

# %% [markdown] i18n="zh" key="half-mse" src="12f95fca"
# 2 来自 `square`（平方），1/n 来自 `mean`（平均）。文档的梯度恰好是一半：它是 **½·MSE** 的梯度（`E000-13`）。
# 两者方向相同，训练仍能进行，只是相当于学习率减半；但拿它与 MSE 核对的读者会发现差一个因子 2。如果不想要这个 2，
# 就把 ½ 写进损失里。

# %% [markdown] i18n="en" key="outliers"
# ## One outlier
#
# Document 002 says MSE is sensitive to outliers. True, but its example cannot show it: all five errors have the same
# size (`E002-05`). Compare with errors of 1, 1, 1, 1 and 21. The mean |error| is 5 in both. How large is each MSE, and
# what share of the second comes from a single house?

# %% [markdown] i18n="zh" key="outliers" src="0cef4b85"
# ## 一个异常值
#
# 文档 002 说 MSE 对异常值敏感。这是对的，但它的例子看不出来：五个误差一样大（`E002-05`）。
# 换成误差 1、1、1、1、21 来比较。两组的平均绝对误差都是 5。
# 两个 MSE 各是多少？第二个 MSE 中，有多大比例来自同一套房子？
#
# 输出与图中的英文：the last house makes …% of the second MSE：最后一套房子占第二个 MSE 的百分之……。

# %%
equal, outlier = mg.full((5,), 5.0), mg.tensor([1.0, 1.0, 1.0, 1.0, 21.0])
zeros = mg.zeros(5)
for name, errors in {"5, 5, 5, 5, 5": equal, "1, 1, 1, 1, 21": outlier}.items():
    mae, mse = F.l1_loss(errors, zeros).item(), F.mse_loss(errors, zeros).item()
    huber = F.huber_loss(errors, zeros).item()
    print(f"errors {name:14}   MAE = {mae:g}   MSE = {mse:g}   RMSE = {mse**0.5:.2f}   Huber (δ = 1) = {huber:g}")

assert F.l1_loss(equal, zeros).item() == F.l1_loss(outlier, zeros).item() == 5
assert F.mse_loss(equal, zeros).item() == 25
assert F.mse_loss(outlier, zeros).item() == 89
assert F.huber_loss(equal, zeros).item() == F.huber_loss(outlier, zeros).item() == 4.5  # like MAE, it does not mind
print(f"the last house makes {21**2 / (5 * 89):.0%} of the second MSE")

# %% [markdown] i18n="en" key="mae"
# ## MAE, or L1
#
# MAE = (1/n)·Σ|ŷᵢ − yᵢ|. Its slope is +1 or −1 however large the error is: an outlier pulls no harder than anybody
# else. (Of the four pictures at the top, only that of MSE has a slope that keeps growing.) There is a price. Descend
# from an error of 1 with a learning rate of 0.3, once with e² and once with |e|. Where do you expect each after 20
# steps?

# %% [markdown] i18n="zh" key="mae" src="18364e9e"
# ## 平均绝对误差 MAE（L1 损失）
#
# MAE = (1/n)·Σ|ŷᵢ − yᵢ|。不论误差多大，它的斜率都是 +1 或 −1：异常值并不比别人拉得更用力。（开头的四幅图中，只有 MSE
# 的斜率一直增大。）但这是有代价的。从误差 1 出发，学习率 0.3，一次用 e²，一次用 |e|。20 步之后，你预计各自停在哪里？
#
# 输出与图中的英文：slope at 4 and at 40：在 4 处和 40 处的斜率。


# %%
def descend(loss_fn, start=1.0, lr=0.3, steps=20):
    e = mg.tensor([start], requires_grad=True)
    optimizer, path = optim.SGD([e], lr=lr), [start]
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(e, mg.zeros(1)).backward()
        optimizer.step()  # e ← e − lr·slope
        path.append(e.item())
    return path


squares, absolutes = descend(F.mse_loss), descend(F.l1_loss)
print("with e² :", "  ".join(f"{e:8.1e}" for e in squares[-5:]))
print("with |e|:", "  ".join(f"{e:8.1e}" for e in absolutes[-5:]))
assert abs(squares[-1]) < 1e-6
assert min(abs(e) for e in absolutes) > 0.09  # 0.1, −0.2, 0.1, −0.2, … for ever
assert max(abs(e) for e in absolutes[-5:]) < 0.21

pulls = {}  # the slope at a large error and at a huge one, in each of the four pictures
for title, loss_fn in four.items():
    errors = mg.tensor([4.0, 40.0], requires_grad=True)
    (2 * loss_fn(errors, mg.zeros(2))).backward()  # the 2 undoes the mean over the two
    pulls[title] = errors.grad.tolist()
print("slope at 4 and at 40:", pulls)
assert list(pulls.values()) == [[8.0, 80.0], [1.0, 1.0], [1.0, 1.0], [2.0, 2.0]]

# %% [markdown] i18n="en" key="smooth-l1"
# ## Smooth L1: round the corner
#
# |e| does not come to rest: its slope is ±1 however small e is, so every step is 0.3 long, to and fro between 0.1 and
# −0.2. Near 0 we would like the square, whose slope fades; far away |e|, whose slope is bounded. **Smooth L1** joins
# them at
# |e| = β (Girshick 2015):
#
# > e²/(2β) if |e| < β, and |e| − β/2 otherwise.
#
# Document 003 gives it for β = 1, and correctly; but it calls it "L1", calls the error y and forgets to average
# (`E003-10`). What does it become as β goes to 0?

# %% [markdown] i18n="zh" key="smooth-l1" src="79154b0a"
# ## 平滑 L1：把尖角磨圆
#
# |e| 停不下来：e 再小，斜率也是 ±1，每一步都走 0.3，就在 0.1 与 −0.2 之间来回跳。
# 在 0 附近，我们想要平方，因为它的斜率逐渐变小；在远处，我们想要 |e|，因为它的斜率有界。
# **平滑 L1**（Smooth L1）在 |e| = β 处把二者接起来（Girshick 2015）：
#
# > 若 |e| < β，为 e²/(2β)；否则为 |e| − β/2。
#
# 文档 003 给出了 β = 1 的情形，公式正确；只是它把名字写成 L1，把误差写成 y，又忘了求平均（`E003-10`）。
# 当 β 趋于 0 时，它变成什么？

# %%
e = mg.linspace(-3, 3, 301)
fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for beta in (2.0, 1.0, 0.5, 0.0):
    ax.plot(e.numpy(), F.smooth_l1_loss(e, mg.zeros(301), beta=beta, reduction="none").numpy(), label=f"β = {beta:g}")
ax.set(xlabel="error e", ylabel="loss", title="Smooth L1")
ax.legend()

by_hand = mg.where(mg.abs(e) < 2, e * e / (2 * 2), mg.abs(e) - 2 / 2)  # with β = 2
assert mg.allclose(F.smooth_l1_loss(e, mg.zeros(301), beta=2.0, reduction="none"), by_hand, atol=1e-6)
assert mg.allclose(F.smooth_l1_loss(e, mg.zeros(301), beta=0.0), F.l1_loss(e, mg.zeros(301)))  # β → 0: L1
assert abs(descend(F.smooth_l1_loss)[-1]) < 1e-3  # it comes to rest, where |e| did not

# %% [markdown] i18n="en" key="huber"
# ## Huber
#
# Huber (1964) has the same idea, with δ for the place of the joint. Document 002 only names it:
#
# > e²/2 if |e| ≤ δ, and δ·(|e| − δ/2) otherwise.
#
# Two families, one shape: **Huber with δ = δ · Smooth L1 with β = δ**. They agree at 1. For Smooth L1 the slope far
# away is 1 and the bottom gets sharper; for Huber the bottom stays e²/2 and the largest slope is δ. So what is the
# slope of Huber, in one word, in terms of e? (Look at the first picture.)

# %% [markdown] i18n="zh" key="huber" src="2197bffb"
# ## Huber 损失
#
# Huber（1964）是同样的想法，用 δ 表示接点的位置。文档 002 只提到它的名字：
#
# > 若 |e| ≤ δ，为 e²/2；否则为 δ·(|e| − δ/2)。
#
# 两个家族，同一种形状：**Huber(δ) = δ · SmoothL1(β = δ)**，等于 1 时二者相同。β 变小时，平滑 L1 的远处斜率总是 1，
# 底部越来越尖；δ 变小时，Huber 的底部总是 e²/2，最大斜率是 δ。
# 那么，Huber 的斜率与误差 e 是什么关系？请用一个词说出来。（看开头的图。）

# %%
delta = 2.0
e = mg.linspace(-5, 5, 101)
e.requires_grad_()
huber = F.huber_loss(e, mg.zeros(101), delta=delta, reduction="sum")
huber.backward()
assert mg.allclose(e.grad, mg.clamp(e.detach(), -delta, delta))  # the slope is the error, clipped at ±δ
assert mg.allclose(huber, delta * F.smooth_l1_loss(e, mg.zeros(101), beta=delta, reduction="sum"))
assert mg.allclose(F.huber_loss(e, mg.zeros(101), delta=100.0), F.mse_loss(e, mg.zeros(101)) / 2)  # δ large: ½·MSE
print("slope of Huber (δ = 2) at e = -5, 0, 1, 5:", [e.grad[i].item() for i in (0, 50, 60, 100)])

# %% [markdown] i18n="en" key="clipped-error"
# It is the error, **clipped**: e itself between −δ and δ, and beyond that ±δ. An outlier pulls with at most δ.

# %% [markdown] i18n="zh" key="clipped-error" src="a8e8eaf1"
# 它就是误差本身，再**截断**：在 −δ 与 δ 之间是 e，超出之后是 ±δ。一个异常值的拉力至多是 δ。

# %% [markdown] i18n="en" key="fit"
# ## Three lines through five houses
#
# Somebody typed 170 for 70. Each loss fits a line ŷ = θ₀ + θ₁·x to the five prices (x now runs from −1 to 1, so that
# one learning rate suits both parameters). The true line is 60 + 10·x. Which loss will be fooled, and how badly?

# %% [markdown] i18n="zh" key="fit" src="77031ae9"
# ## 五套房子，三条直线
#
# 有人把 70 误录成 170。用每种损失给这五个价格拟合一条直线 ŷ = θ₀ + θ₁·x（x 已变换到 −1 至 1，
# 这样两个参数可以用同一个学习率）。真实的直线是 60 + 10·x。哪种损失会上当？错得有多离谱？
#
# 输出与图中的英文：prices, one mistyped 价格，其中一个录错；area 面积，price (10 000 yuan) 价格（万元）。

# %%
area = (x - 100) / 20
typed = mg.tensor([[50.0], [60.0], [170.0], [55.0], [65.0]])


def fit(loss_fn, lr=0.1, steps=600):
    theta = mg.tensor([60.0, 0.0], requires_grad=True)
    optimizer = optim.SGD([theta], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss_fn(theta[0] + theta[1] * area, typed).backward()
        optimizer.step()
    return theta.tolist()


lines = {"MSE": fit(F.mse_loss), "Huber, δ = 1": fit(F.huber_loss), "MAE": fit(F.l1_loss)}
fig, ax = plt.subplots(figsize=(6.4, 4), layout="constrained")
ax.plot(area.flatten().numpy(), typed.flatten().numpy(), "ko", label="prices, one mistyped")
ends = np.array([-1.1, 1.1])
for (name, (bias, slope)), style in zip(lines.items(), ("-", "--", ":"), strict=True):
    ax.plot(ends, bias + slope * ends, style, linewidth=2, label=f"{name}: {bias:.1f} + {slope:.1f}·x")
ax.set(xlabel="area, (m² − 100) / 20", ylabel="price (10 000 yuan)", title="One mistyped price")
ax.legend()

assert np.allclose(lines["MSE"], [80, 50], atol=0.1)  # pulled far away by a single house
assert np.allclose(lines["Huber, δ = 1"], [60.5, 11], atol=0.1)  # the outlier pulls, but no harder than δ
assert np.allclose(lines["MAE"], [60, 10], atol=0.3)  # on the four others, up to the trembling of the last steps

# %% [markdown] i18n="en" key="choosing"
# ## Choosing
#
# | what you know about the errors | loss | what its best constant is |
# | --- | --- | --- |
# | all matter, large ones much more; no wrong entries | MSE | the mean |
# | some targets are plainly wrong | MAE | the median |
# | a bit of both; you know how large an honest error may be | Huber with that δ, Smooth L1 | between the two |
#
# The last column is worth remembering: **the loss decides what the best answer is**. If a model may say only one number
# for all five prices (50, 55, 60, 65 and the mistyped 170), what should it say? There is no answer without a loss.

# %% [markdown] i18n="zh" key="choosing" src="e07f810a"
# ## 怎样选择
#
# | 对误差了解多少 | 损失 | 它的最佳常数是 |
# | --- | --- | --- |
# | 每个误差都要紧，大误差尤其要紧；没有录错的数据 | MSE | 平均数 |
# | 有些目标值明显是错的 | MAE | 中位数 |
# | 两者都有一点；知道正常误差有多大 | 用这个大小作 δ 的 Huber，或平滑 L1 | 介于二者之间 |
#
# 最后一列值得记住：**什么是最佳答案，由损失决定**。
# 假如模型只能用一个数来回答全部五个价格（50、55、60、65 和录错的 170），它应当说多少？不指定损失，这个问题就没有答案。
#
# 输出与图中的英文：best constant 最佳常数。

# %%
candidates = mg.linspace(40, 180, 281)  # every half


def best_constant(loss_fn):
    costs = [loss_fn(mg.full((5, 1), c), typed).item() for c in candidates.tolist()]
    return candidates[int(np.argmin(costs))].item()


choices = {"MSE": F.mse_loss, "Huber, δ = 20": nn.HuberLoss(delta=20.0), "MAE": F.l1_loss}
best = {name: best_constant(loss_fn) for name, loss_fn in choices.items()}
print("best constant:", best)
assert best["MSE"] == typed.mean().item() == 80
assert best["MAE"] == np.median(typed.numpy()) == 60
assert best["MAE"] < best["Huber, δ = 20"] < best["MSE"]

# %% [markdown] i18n="en" key="smooth-l2"
# ## "Smooth L2" does not exist
#
# Document 003 lists one more: ½·e² if |e| ≤ 1, and |e| − 1 otherwise. There is no such loss. Look at the joint: what
# does an error of exactly 1 cost, and one of 1.0001? Which is better under it, five errors of 1.01 or five of 0.5?

# %% [markdown] i18n="zh" key="smooth-l2" src="bed58c6c"
# ## “平滑 L2”并不存在
#
# 文档 003 还列了一个：若 |e| ≤ 1，为 ½·e²；否则为 |e| − 1。没有这样的损失函数。看看接点：误差恰好为 1 时付多少？
# 1.0001 时付多少？按照它，五个 1.01 的误差和五个 0.5 的误差，哪个更好？


# %%
def smooth_l2(e):
    """What document 003 writes."""
    return mg.where(mg.abs(e) <= 1, 0.5 * e * e, mg.abs(e) - 1)


def mended(e):
    """The same with the offset that makes the two pieces meet: Huber with δ = 1."""
    return mg.where(mg.abs(e) <= 1, 0.5 * e * e, mg.abs(e) - 0.5)


fig, ax = plt.subplots(figsize=(6.4, 3.8), layout="constrained")
for low, high in ((-2.5, -1.0001), (-1, 1), (1.0001, 2.5)):
    e = mg.linspace(low, high, 101)
    ax.plot(e.numpy(), smooth_l2(e).numpy(), "C3", linewidth=2, label='"Smooth L2"' if low == -1 else None)
e = mg.linspace(-2.5, 2.5, 301)
ax.plot(e.numpy(), mended(e).numpy(), "C0--", linewidth=2, label="Huber, δ = 1")
ax.set(xlabel="error e", ylabel="loss", title="A cliff at |e| = 1")
ax.legend(loc="upper center")

costs = {e: smooth_l2(mg.tensor(e, dtype=mg.float64)).item() for e in (0.5, 1.0, 1.0001, 1.01)}
print(costs)
assert costs[1.0] == 0.5
assert abs(costs[1.0001] - 0.0001) < 1e-9  # a worse prediction, 5 000 times cheaper
assert costs[1.01] < costs[0.5]

# %% [markdown] i18n="en" key="smooth-l2-gradient"
# A cliff in the loss, and `backward()` says nothing: the slope is 1 just before the joint and 1 just behind it. Only
# the value jumps. Tutorial 03 had a tool that compares a slope with differences of values. What will it say at e = 1?
# (Across a cliff, the smaller the nudge, the larger the slope that one measures.)

# %% [markdown] i18n="zh" key="smooth-l2-gradient" src="966fc064"
# 损失里有一道悬崖，`backward()` 却毫无察觉：接点前一点斜率是 1，后一点斜率也是 1，跳的只是函数值。
# 教程 03 里有一个工具，用函数值之差来核对斜率。在 e = 1 处，它会怎么说？（跨过悬崖来测，挪得越小，测出的斜率越大。）
#
# 输出与图中的英文：measured: slope 测得的斜率。报错是说：规则给出的（analytic）与测得的（numeric）不符，可能的原
# 因是这里有尖点或跳跃（a kink or jump），差分在这里说明不了什么；报错中的数都乘过一个随机数。

# %%
at_the_joint = mg.tensor([1.0], dtype=mg.float64, requires_grad=True)
(slope,) = mg.autograd.grad(smooth_l2(at_the_joint).sum(), at_the_joint)
print(f"backward: slope {slope.item():g}")
h = 1e-4
central = (smooth_l2(at_the_joint + h) - smooth_l2(at_the_joint - h)).item() / (2 * h)
print(f"measured: slope {central:.0f}")
try:
    gradcheck(smooth_l2, at_the_joint)
except AssertionError as error:
    print(f"AssertionError: {error}")
else:
    raise AssertionError("the cliff was not noticed")

assert slope.item() == 1
assert abs(central + 2499) < 1
assert gradcheck(mended, at_the_joint)  # with ½ in place of 1 the pieces meet, in value and in slope
assert mg.allclose(mended(e), F.huber_loss(e, mg.zeros(301), reduction="none"), atol=1e-6)

# %% [markdown] i18n="en" key="training-loss"
# ## What a small training loss does not say
#
# Document 002 calls the parameters with the smallest training loss the best ones; document 004 says that a smaller
# loss means a better model. Let us see. The five prices get some noise on top, as real ones have. A polynomial of
# degree 4 has five coefficients, a line has two. Which one has the smaller loss on the five houses? Which one on nine
# others?

# %% [markdown] i18n="zh" key="training-loss" src="42e08c52"
# ## 训练损失小，并不说明什么
#
# 文档 002 把训练损失最小的参数称为最优参数；文档 004 说损失越小，模型越好。我们来看看。给五个价格加上一点噪声，
# 就像真实数据那样。四次多项式有五个系数，直线有两个。在这五套房子上，哪一个的损失更小？在另外九套房子上呢？
#
# 输出与图中的英文：degree 多项式的次数，training MSE 训练数据上的 MSE，MSE on new houses 新房子上的 MSE。

# %%
seen = area.flatten().numpy().astype(float)
prices = 60 + 10 * seen + np.array([3.0, -4.0, 2.0, -3.0, 4.0])
unseen = np.linspace(-1.2, 1.2, 9)  # fresh houses, on the true line
found = {}
for degree in (1, 4):
    coefficients = np.polyfit(seen, prices, degree)
    train = np.mean((np.polyval(coefficients, seen) - prices) ** 2)
    test = np.mean((np.polyval(coefficients, unseen) - (60 + 10 * unseen)) ** 2)
    found[degree] = train, test
    print(f"degree {degree}: training MSE = {train:5.2f}   MSE on new houses = {test:6.2f}")

assert found[4][0] < 1e-9 < found[1][0]  # through every point
assert found[4][1] > 10 * found[1][1]  # and far off in between

# %% [markdown] i18n="en" key="held-out"
# A training loss of 0, and much the worse model: it has learned the noise. A smaller loss means a better model only on
# **held-out data**, and only if both are measured with the same loss: an MSE of 25 and an MAE of 5 were the same model
# (`E002-10`, `E004-12`). Tutorial 14 goes on from here.

# %% [markdown] i18n="zh" key="held-out" src="d71e0e5b"
# 训练损失为 0，模型却差得多：它把噪声也学进去了。只有在**没有参与训练的数据**上，并且用同一种损失来量，
# 损失更小才说明模型更好：MSE 为 25 与 MAE 为 5，说的可以是同一个模型（`E002-10`、`E004-12`）。教程 14 会接着讲。

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# 1. Compare predictions of shape (5,) with targets of shape (5, 1). The predictions below are **perfect**. Which MSE
#    will NumPy find? What will minigrad say?
# 2. Add up rather than average (`reduction="sum"`), with the same learning rate. What happens to the step?

# %% [markdown] i18n="zh" key="break" src="11ba2fbc"
# ## 把它弄坏
#
# 1. 拿形状 (5,) 的预测与形状 (5, 1) 的目标比较。下面的预测是**完全正确**的。NumPy 会算出多大的 MSE？minigrad 会怎么说？
# 2. 用求和代替平均（`reduction="sum"`），学习率不变。每一步会怎样？
#
# 输出与图中的英文：without a word 一声不响，the constant is off by … with the mean, by … with the sum：用平均时常
# 数差……，用求和时差……。

# %%
perfect = y.flatten()  # (5,)
in_numpy = np.mean((perfect.numpy() - y.numpy()) ** 2)  # (5,) − (5, 1) → (5, 5): everybody with everybody
print(f"NumPy, without a word: MSE = {in_numpy:g}")
try:
    F.mse_loss(perfect, y)
except ValueError as error:
    print(f"ValueError: {error}")
else:
    raise AssertionError("the shapes were not compared")
assert in_numpy == 100


def error_of_a_constant(reduction, lr=0.3, steps=10):
    c = mg.tensor(0.0, requires_grad=True)
    optimizer = optim.SGD([c], lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        F.mse_loss(mg.broadcast_to(c, (5, 1)), y, reduction=reduction).backward()
        optimizer.step()
    return abs(c.item() - 60)  # 60 is the mean price


of_mean, of_sum = error_of_a_constant("mean"), error_of_a_constant("sum")
print(f"after 10 steps the constant is off by {of_mean:.3f} with the mean, by {of_sum:.0f} with the sum")
assert of_mean < 0.01
assert of_sum > 10_000  # the gradient is n times as large: each step overshoots, and the next one more

# %% [markdown] i18n="en" key="overshoot"
# The gradient of the sum is n = 5 times as large: each step goes past the goal, and the next one past it by more.

# %% [markdown] i18n="zh" key="overshoot" src="dbe0cce6"
# 和的梯度是平均的 n = 5 倍：每一步都冲过了头，而且一步比一步冲得更远。这叫做**发散**。
#
# 输出与图中的英文：第一问的报错是说：预测与目标的形状必须相同，否则预测会与别的样本的目标相比；请写
# `target.reshape(5,)`。而 NumPy 一声不响（without a word）就算出了 100。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# | here | documents |
# | --- | --- |
# | what a loss is for | 000 §1 and §2.1, 002 §1 and §1.1, 003 §2.1, 003 §6.1, 003 §6.3, 004 §2.2 |
# | loss, cost, objective, error function, penalty | 003 §2.2–2.5, 003 §6.2 |
# | MSE (named only) | 000 §2.1, 001 §2 |
# | MSE (right in both) and the five houses | 002 §2.1.1, 002 §4.1, 003 §3.3.1 |
# | Huber (named only), Smooth L1 (right for β = 1), "Smooth L2" (wrong) | 002 §2.1.3, 003 §3.3.4, 003 §3.3.5 |
# | choosing | 002 §1.3 and §2.3, 003 §3.1, 003 §6.10 |
# | the gradient of MSE: right in 003 §4.1, halved in 000 | 000 §4.1, 003 §4.1 |
#
# Errata: [E000-13](../docs/errata.md), [E002-05](../docs/errata.md), [E002-10](20_errata_lab.py),
# [E003-04 to E003-07](20_errata_lab.py), [E003-10](../docs/errata.md), [E003-11](20_errata_lab.py),
# [E003-31](../docs/errata.md), [E004-12](../docs/errata.md).
# Every concept and where it is taught: [the concept map](../docs/concepts.md).
#
# | symbol | here |
# | --- | --- |
# | y, ŷ, e = ŷ − y | `target`, `input` (the prediction), their difference |
# | y in 003 §3.3.4 and §3.3.5 | the error e |
# | n | the number of samples, `len(houses)` |
# | L, J, J̃ | `reduction="none"`, `reduction="mean"`, what you add a penalty to |
# | θ, λ, Ω | parameters, `strength`, `F.l2_penalty` |
# | β, δ | `beta` of Smooth L1, `delta` of Huber |

# %% [markdown] i18n="zh" key="sections" src="c7476ee4"
# ## 在文档中的位置
#
# | 本教程 | 文档 |
# | --- | --- |
# | 损失函数的作用 | 000 §1、§2.1，002 §1、§1.1，003 §2.1，003 §6.1，003 §6.3，004 §2.2 |
# | 损失、代价、目标函数、误差函数、惩罚项 | 003 §2.2–2.5，003 §6.2 |
# | MSE（只有名字） | 000 §2.1，001 §2 |
# | MSE（两处都正确）与五套房子 | 002 §2.1.1，002 §4.1，003 §3.3.1 |
# | Huber（只有名字）、平滑 L1（β = 1 时正确）、“平滑 L2”（错误） | 002 §2.1.3，003 §3.3.4，003 §3.3.5 |
# | 怎样选择 | 002 §1.3、§2.3，003 §3.1，003 §6.10 |
# | MSE 的梯度：003 §4.1 正确，000 少一半 | 000 §4.1，003 §4.1 |
#
# 勘误：[E000-13](../docs/errata.md)、[E002-05](../docs/errata.md)、[E002-10](20_errata_lab.py)、
# [E003-04 至 E003-07](20_errata_lab.py)、[E003-10](../docs/errata.md)、[E003-11](20_errata_lab.py)、
# [E003-31](../docs/errata.md)、[E004-12](../docs/errata.md)。
# 全部概念及其讲解位置：[概念地图](../docs/concepts.md)。
#
# | 符号 | 这里 |
# | --- | --- |
# | y、ŷ、e = ŷ − y | `target`、`input`（预测）、二者之差 |
# | 003 §3.3.4 和 §3.3.5 里的 y | 误差 e |
# | n | 样本数，即 `len(houses)` |
# | L、J、J̃ | `reduction="none"`、`reduction="mean"`、加上惩罚项之后 |
# | θ、λ、Ω | 参数、`strength`、`F.l2_penalty` |
# | β、δ | 平滑 L1 的 `beta`、Huber 的 `delta` |

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Write the pseudo-Huber loss δ²·(√(1 + (e/δ)²) − 1) with minigrad's functions. Show that its slope never exceeds δ,
#    and check its gradient. *Hint: `gradcheck`; far away √(1 + t²) is nearly |t|.*
# 2. Selling a house too cheap costs you three times as much as asking too much. Invent a loss for that, and find its
#    best constant for the prices 50, 60, 170, 55, 65. *Hint: two slopes, one on each side of 0; sort the prices.*
# 3. Mend "Smooth L2" for any joint δ: the outer piece is δ·|e| − a. Which a makes the pieces meet? Which loss is it?
#    *Hint: set both pieces equal at |e| = δ.*
#
# The [answers](answers/04_losses_for_regression.py) run.

# %% [markdown] i18n="zh" key="exercises" src="4f62a66d"
# ## 练习
#
# 1. 用 minigrad 的函数写出伪 Huber 损失 δ²·(√(1 + (e/δ)²) − 1)。说明它的斜率从不超过 δ，并核对它的梯度。
#    *提示：用 `gradcheck`；在远处 √(1 + t²) 近似于 |t|。*
# 2. 卖得太便宜的损失，是要价太高的三倍。为此设计一个损失，并求出它对价格 50、60、170、55、65 的最佳常数。
#    *提示：0 的两侧各有一个斜率；把价格排序。*
# 3. 对任意接点 δ 修正“平滑 L2”：外段是 δ·|e| − a。a 取多少，两段才能接上？得到的是哪个损失？
#    *提示：令两段在 |e| = δ 处相等。*
#
# [答案](answers/04_losses_for_regression.py)可以直接运行。
