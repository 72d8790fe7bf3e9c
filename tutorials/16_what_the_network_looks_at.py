# %% [markdown] i18n="en" key="title"
# # 16 · What the network looks at
#
# **One question: a network says "7"; which pixels made it say so?** Training asked how the loss changes with the
# weights. The same backward pass also tells how an answer changes with the **input**. We train a small network on 2000
# digits and show it one that it has never seen. Before you look at the right picture: where would *you* look?

# %% [markdown] i18n="zh" key="title" src="537eb824"
# # 16 · 网络在看哪里
#
# **只问一个问题：网络说“这是 7”，是哪些像素让它这么说的？** 训练时问的是损失怎样随权重变化。
# 同样的反向传播也能告诉我们，答案怎样随**输入**变化。我们用 2000 个数字训练一个小网络，再给它看一个从没见过的数字。
# 看右图之前先想一想：换成**你**，会看哪里？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw, plot_saliency

F = nn.functional
train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)
x_train, y_train = train.images[:2000].reshape(2000, 784), train.labels[:2000]
x_test, y_test = test.images.reshape(-1, 784), test.labels  # 0 is paper, 1 is ink


def network(seed):
    """784 → 64 → 64 → 64 → 10, untrained: three hidden layers, so that it is bent enough to be interesting."""
    mg.manual_seed(seed)
    layers = [m for n in (784, 64, 64) for m in (nn.Linear(n, 64), nn.ReLU())]
    for layer in layers[::2]:
        nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
    return nn.Sequential(*layers, nn.Linear(64, 10))


def trained(seed, epochs=5):
    model = network(seed)
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    for _ in range(epochs):
        for rows in mg.randperm(2000).reshape(40, 50):
            optimizer.zero_grad()
            F.cross_entropy(model(x_train[rows]), y_train[rows]).backward()
            optimizer.step()
    return model


model = trained(seed=0)
accuracy = mg.train.accuracy(model(x_test).detach(), y_test)
seven = x_test[(y_test == 7).tolist().index(True)]  # the first 7 of the test digits, (784,)
print(f"right on {accuracy:.1%} of {len(y_test)} test digits")
assert accuracy > 0.85
assert model(seven).argmax().item() == 7
plot_saliency(model, seven)

# %% [markdown] i18n="en" key="saliency"
# ## The gradient by the input
#
# The picture is one line: **S = |∂z₇/∂x|**, where z₇ is the score (logit) of class 7 and x the 784 pixels (Simonyan,
# Vedaldi, Zisserman 2014). Bright means: a little more or less ink **here** would change the score most. Nothing new is
# needed for it, except to track the image. Will three lines of ours give the library's picture?

# %% [markdown] i18n="zh" key="saliency" src="e8d0b189"
# ## 对输入求梯度
#
# 那幅图只是一行公式：**S = |∂z₇/∂x|**，z₇ 是第 7 类的得分（logit），x 是 784 个像素（Simonyan, Vedaldi, Zisserman
# 2014）。亮的意思是：在**这里**多一点或少一点墨，得分变化最大。除了要跟踪图像之外，不需要任何新东西。
# 我们自己写的三行，会得到和库里一样的图吗？

# %%


def input_gradient(model, images, class_):
    """∂z/∂x for each row of images, (N, 784): the slope of one class's score by each pixel."""
    x = images.clone().requires_grad_()
    scores = model(x)[:, class_]  # one per image; each depends on its own image only
    return mg.autograd.grad(scores.sum(), x)[0].numpy()


gradient = input_gradient(model, seven.reshape(1, 784), 7)[0]
drawn = plot_saliency(model, seven)[1].images[0].get_array()  # the numbers behind its second picture
print(f"largest slope {np.abs(gradient).max():.3f}; same as plot_saliency: {np.allclose(abs(gradient), drawn.ravel())}")
assert np.allclose(np.abs(gradient), np.asarray(drawn).ravel(), atol=1e-6)

for pixel in np.abs(gradient).argsort()[[-1, 10]]:  # is it a slope? nudge one strong and one weak pixel, and look
    nudged = seven.clone()
    nudged[int(pixel)] += 0.01
    measured = (model(nudged)[7] - model(seven)[7]).item() / 0.01
    print(f"pixel {pixel}: slope {gradient[pixel]:.3f}, measured {measured:.3f}")
    assert abs(measured - gradient[pixel]) < 0.05

# %% [markdown] i18n="en" key="graph"
# ## One walk back gives both
#
# Here is the graph of that score. `backward()` from it fills the gradient of the image as well as those of the weights:
# to the engine, both are leaves. Where on the way back is part of the gradient lost?

# %% [markdown] i18n="zh" key="graph" src="aa085f7b"
# ## 一次回溯，两种梯度
#
# 这是那个得分的计算图。从它调用 `backward()`，图像的梯度和权重的梯度都会填好：在引擎看来，它们都是叶子。
# 往回走的路上，哪里会丢掉一部分梯度？

# %%
image = seven.clone().requires_grad_()
score = model(image)[7]
image.name, score.name = "image", "score of 7"
model.zero_grad()
score.backward(retain_graph=True)  # at each relu, only what belongs to positive inputs passes
assert np.allclose(image.grad.numpy(), gradient, atol=1e-6)
draw(score, rankdir="TB")

# %% [markdown] i18n="en" key="which-score"
# ## Whose slope: the score's or the probability's?
#
# It is tempting to differentiate the probability p₇ = softmax(z)₇, since that is what one reads. Its slope is p₇ times
# (∂z₇/∂x minus the p-weighted mean of all ∂z/∂x). What becomes of it when the network is sure? Make it surer and surer:
# multiply its scores by 1, 3 and 10. The ranking of classes stays the same.

# %% [markdown] i18n="zh" key="which-score" src="fffaea83"
# ## 谁的斜率：得分的，还是概率的？
#
# 人们读到的是概率 p₇ = softmax(z)₇，所以很容易想到对它求导。它的斜率是 p₇ 乘以（∂z₇/∂x 减去以 p 加权的各 ∂z/∂x 的
# 平均）。网络很有把握时，它会怎样？让网络越来越有把握：把得分乘以 1、3、10，各类的名次不变。

# %%
strength = {}
for sharpness in (1, 3, 10):
    image = seven.clone().requires_grad_()
    p7 = mg.softmax(sharpness * model(image), dim=0)[7]
    (g,) = mg.autograd.grad(p7, image)
    strength[sharpness] = g.abs().max().item()
    if sharpness == 1:
        p = mg.softmax(model(seven), dim=0).detach().numpy()  # (10,)
        of_scores = np.stack([input_gradient(model, seven.reshape(1, 784), k)[0] for k in range(10)])  # (10, 784)
        assert np.allclose(g.numpy(), p[7] * (of_scores[7] - p @ of_scores), atol=1e-6)  # p₇·(∂z₇ − Σₖ pₖ·∂zₖ)
    print(f"scores times {sharpness}: p7 = {p7.item():.6f}, largest slope of p7 {strength[sharpness]:.1e}")
assert strength[10] < 1e-3 * strength[1]  # sure of everything, it seems to look nowhere

# %% [markdown] i18n="en" key="noise"
# ## It is noisy
#
# The picture is speckled, with bright dots on empty paper. Three experiments. **One:** add a little noise to the digit,
# too little to make the network doubt; a ReLU network is made of flat pieces, and the slope jumps from piece to piece.
# **Two:** average over 64 noisy copies (SmoothGrad: Smilkov et al. 2017). **Three:** train a second network from
# another seed, on the same data. How alike will the maps be, 1 for the same picture, 0 for nothing in common?

# %% [markdown] i18n="zh" key="noise" src="3873681a"
# ## 它有噪声
#
# 图上满是斑点，空白的纸上也有亮点。做三个实验。**一**：给数字加一点噪声，少到网络不会动摇；
# ReLU 网络由一块块平面拼成，斜率在块与块之间跳变。**二**：对 64 份加了噪声的副本求平均（SmoothGrad：Smilkov 等 2017）。
# **三**：用同样的数据、另一个随机种子再训练一个网络。前后的图会有多像？1 是完全一样，0 是毫无共同之处。

# %%
random = np.random.default_rng(0)


def noisy(image, size, copies):
    """Copies of an image, each with a noise of its own, (copies, 784)."""
    return mg.tensor(image.numpy() + size * random.normal(size=(copies, 784)).astype(np.float32))


def smooth(image, class_):
    """SmoothGrad: the mean of the gradients at 64 noisy copies, (784,)."""
    return input_gradient(model, noisy(image, 0.3, 64), class_).mean(0)


def alike(a, b):
    """The correlation of two maps: 1 for the same picture, 0 for nothing in common."""
    return np.corrcoef(np.ravel(a), np.ravel(b))[0, 1]


def show(maps, image=seven):
    """The image, and next to it each map: red speaks for the class, blue against it."""
    _, axes = plt.subplots(1, len(maps) + 1, figsize=(2.3 * (len(maps) + 1), 2.5), layout="constrained")
    axes[0].imshow(image.numpy().reshape(28, 28), cmap="gray_r")
    axes[0].set_title("the image", fontsize="medium")
    for ax, (name, values) in zip(axes[1:], maps.items(), strict=True):
        most = np.abs(values).max()
        ax.imshow(values.reshape(28, 28), cmap="RdBu_r", vmin=-most, vmax=most)
        ax.set_title(name, fontsize="medium")
    for ax in axes:
        ax.set(xticks=[], yticks=[])


second, unmoved = trained(seed=1), 0
maps = {"after a little noise": [], "the same, smoothed": [], "of a second network": []}
for image, class_ in zip(x_test[:20], y_test[:20].tolist(), strict=True):
    other = noisy(image, 0.2, 1)
    unmoved += model(other).argmax().item() == model(image).argmax().item()
    own = input_gradient(model, image.reshape(1, 784), class_)
    maps["after a little noise"].append(alike(own, input_gradient(model, other, class_)))
    maps["the same, smoothed"].append(alike(smooth(image, class_), smooth(other[0], class_)))
    maps["of a second network"].append(alike(own, input_gradient(second, image.reshape(1, 784), class_)))
print(f"with noise, the same answer for {unmoved} of 20 digits")
kept = {name: float(np.mean(values)) for name, values in maps.items()}
for name, value in kept.items():
    print(f"gradient {name}: correlation {value:.2f}")

never = (x_train.max(dim=0).values == 0).numpy()  # pixels without ink in all 2000 digits
before, after = network(seed=0)[0].weight.detach().numpy(), model[0].weight.detach().numpy()
print(f"{never.sum()} pixels never had ink; their weights moved by {np.abs(before - after)[:, never].max()}")
second_seven = input_gradient(second, seven.reshape(1, 784), 7)[0]
show({"gradient": gradient, "smoothed": smooth(seven, 7), "second network": second_seven})
assert unmoved >= 17
assert kept["after a little noise"] < kept["the same, smoothed"]
assert kept["of a second network"] < 0.8
assert (before == after)[:, never].all()

# %% [markdown] i18n="en" key="noise-seen"
# Noise on the input shakes the map a little, and averaging steadies it. But the largest part of the speckle is of
# another kind: two networks that answer alike have learned different weights, and at pixels that never had ink they
# have learned **nothing**. What shines there are the dice of the initialization. They are true slopes of this network,
# and no property of sevens.

# %% [markdown] i18n="zh" key="noise-seen" src="c772aac0"
# 输入上的噪声会让图略有抖动，求平均能让它稳定下来。但斑点的大部分另有来源：两个回答相同的网络学到的权重并不相同，
# 而在从来没有墨的像素上，它们**什么也没学到**，那里发亮的只是初始化时掷的骰子。
# 它们确实是这个网络的斜率，却不是“7”的什么性质。

# %% [markdown] i18n="en" key="gradient-times-input"
# ## Gradient × input: from slopes to shares
#
# A slope says what **would** change. What one wants is a share of the score: how much did this pixel contribute? For a
# linear model z = w·x + b the answer is plain: wᵢ·xᵢ, and the shares add up to z − b. So take xᵢ·∂z/∂xᵢ for any model.
# Empty paper gets exactly 0: the speckles are gone. For one linear layer the sum will be right; for ours, with its
# ReLU? (It is measured against the score of empty paper.)

# %% [markdown] i18n="zh" key="gradient-times-input" src="a591dbe2"
# ## 梯度 × 输入：从斜率到份额
#
# 斜率说的是“**如果**改一点，会变多少”。人们想要的是得分的份额：这个像素贡献了多少？对线性模型 z = w·x + b，
# 答案很简单：wᵢ·xᵢ，而且各份加起来等于 z − b。那么对任何模型都取 xᵢ·∂z/∂xᵢ。空白的纸恰好得 0：斑点没有了。
# 对单个线性层，总和一定正确；对我们这个带 ReLU 的网络呢？（与空白纸的得分相比。）

# %%
mg.manual_seed(0)
linear = nn.Linear(784, 10)
paper = mg.zeros(784)
for name, m in {"one linear layer": linear, "our network": model}.items():
    shares = seven.numpy() * input_gradient(m, seven.reshape(1, 784), 7)[0]
    gained = (m(seven)[7] - m(paper)[7]).item()
    print(f"{name}: shares add up to {shares.sum():.3f}; the score rose by {gained:.3f}")
    assert (abs(shares.sum() - gained) < 1e-4) == (m is linear)

# %% [markdown] i18n="en" key="break"
# ## Break it: saturation
#
# Why does it not add up? Take the smallest example there is (Sundararajan, Taly, Yan 2017): F(x) = 1 − relu(1 − x). It
# rises from 0 to 1 and then stays. At x = 2 the input has made **all** of the output: without it, F would be 0. What
# are the gradient and gradient × input there?

# %% [markdown] i18n="zh" key="break" src="d6c7c43d"
# ## 把它弄坏：饱和
#
# 为什么加起来不对？看一个最小的例子（Sundararajan, Taly, Yan 2017）：F(x) = 1 − relu(1 − x)。它从 0 升到 1，
# 然后不再变。在 x = 2 处，**全部**输出都归功于输入：没有它，F 就是 0。那里的梯度是多少？梯度 × 输入呢？

# %%


def saturating(x):
    return 1 - mg.relu(1 - x)


x = mg.tensor(2.0, requires_grad=True)
(slope,) = mg.autograd.grad(saturating(x), x)
print(f"F(0) = {saturating(mg.tensor(0.0)).item()}, F(2) = {saturating(x).item()}; slope at 2: {slope.item()}")
assert saturating(x).item() == 1
assert slope.item() == 0  # "x does not matter"

t = mg.linspace(0, 2, 101, requires_grad=True)
F_t = saturating(t)
(slopes,) = mg.autograd.grad(F_t.sum(), t)
fig, ax = plt.subplots(figsize=(5.5, 2.8), layout="constrained")
ax.plot(t.detach(), F_t.detach(), label="F")
ax.plot(t.detach(), slopes, label="its slope")
ax.fill_between(t.tolist(), slopes.tolist(), color="C1", alpha=0.2)
ax.set(xlabel="x", ylim=(-0.1, 1.3))
ax.legend(loc="center right")
area = slopes.mean().item() * 2
print(f"the area under the slope: {area:.2f}")
assert abs(area - 1) < 0.03

# %% [markdown] i18n="en" key="integrated-gradients"
# ## Integrated gradients
#
# The cure is in the picture. The slope where we stand is 0; the **area** under the slope, on the way from nothing to
# the input, is all that F has gained. In many dimensions: choose a baseline x′ (here empty paper), walk straight to x,
# and collect each pixel's slope on the way:
#
# **IGᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂F(x′ + t·(x − x′))/∂xᵢ dt**
#
# The integral is a mean over 64 places on the way, which are one batch. Do the shares now add up to F(x) − F(x′)?

# %% [markdown] i18n="zh" key="integrated-gradients" src="55114b45"
# ## 积分梯度
#
# 药方就在图里。脚下的斜率是 0；但从“什么都没有”走到输入，一路上斜率下面的**面积**，正是 F 的全部所得。
# 多维时：选一个基线 x′（这里是空白纸），沿直线走到 x，一路收集每个像素的斜率：
#
# **IGᵢ = (xᵢ − x′ᵢ) · ∫₀¹ ∂F(x′ + t·(x − x′))/∂xᵢ dt**
#
# 积分就是沿途 64 个位置上的平均值，这些位置正好组成一批。现在各份加起来等于 F(x) − F(x′) 吗？

# %%


def integrated_gradients(model, image, class_, baseline=paper, steps=64):
    """The share of each pixel in the score's rise from baseline to image, (784,)."""
    t = (mg.arange(float(steps)) + 0.5).reshape(steps, 1) / steps  # the middles of 64 pieces of [0, 1]
    way = baseline + t * (image - baseline)  # (steps, 784)
    return (image - baseline).numpy() * input_gradient(model, way, class_).mean(0)


ig = integrated_gradients(model, seven, 7)
gained = (model(seven)[7] - model(paper)[7]).item()
print(f"shares add up to {ig.sum():.4f}; the score rose by {gained:.4f}")
show({"gradient": gradient, "gradient × input": seven.numpy() * gradient, "integrated gradients": ig})
assert abs(ig.sum() - gained) < 0.01 * gained

# %% [markdown] i18n="en" key="completeness"
# ## Completeness: a check that can fail
#
# That the shares add up is the **completeness** axiom. It follows from the chain rule along the way, so it holds for
# any differentiable model (a few kinks do no harm) and any x, and it tells when there are too few steps. Test it on 25
# digits. From how many steps on is the average gap below 1 %? With one step, in the middle of the way, it is a guess.

# %% [markdown] i18n="zh" key="completeness" src="085cbc65"
# ## 完备性：一个可能失败的检查
#
# 各份之和等于得分的变化，这叫**完备性**公理。它由沿途的链式法则推出，所以对任何可微的模型（有几个折点也无妨）、
# 任何 x 都成立；它还能告诉你步数是否太少。在 25 个数字上检验。从多少步起，平均差距小于 1%？
# 只用一步（路的中点）不过是猜一猜。

# %%
gaps = {}
for steps in (1, 4, 16, 64):
    found = []
    for image in x_test[:25]:
        class_ = model(image).argmax().item()
        gained = (model(image)[class_] - model(paper)[class_]).item()
        found.append(abs(integrated_gradients(model, image, class_, steps=steps).sum() - gained) / abs(gained))
    gaps[steps] = np.mean(found)
    print(f"{steps} steps: shares and score differ by {gaps[steps]:.2%} on average")
assert gaps[64] < 0.01 < gaps[1]

# %% [markdown] i18n="en" key="baseline"
# ## Compared with what?
#
# "Why 7?" always means "why 7, rather than …?". The baseline is that comparison, and it is a choice. A pixel that
# equals the baseline gets exactly 0. With black paper as the baseline, x′ = 1, who gets the shares: the ink or the
# paper?

# %% [markdown] i18n="zh" key="baseline" src="1c093bc1"
# ## 与什么相比？
#
# “为什么是 7？”总是在问“为什么是 7，而不是……？”基线就是这个比较对象，而它是人选的。与基线相等的像素恰好得 0。
# 以涂黑的纸为基线，x′ = 1，份额归谁：墨，还是纸？

# %%
from_black = integrated_gradients(model, seven, 7, baseline=mg.ones(784))
from_mean = integrated_gradients(model, seven, 7, baseline=x_train.mean(dim=0))
show({"from white paper": ig, "from black paper": from_black, "from the mean digit": from_mean})
empty = seven.numpy() == 0
print(f"share of empty pixels in all |shares|: white {np.abs(ig[empty]).sum() / np.abs(ig).sum():.0%}, ", end="")
print(f"black {np.abs(from_black[empty]).sum() / np.abs(from_black).sum():.0%}")
assert np.abs(ig[empty]).max() == 0
assert np.abs(from_black[empty]).sum() > 0.5 * np.abs(from_black).sum()

# %% [markdown] i18n="en" key="erase"
# ## Is it true? Erase what it points at
#
# A map that looks good to us may be wrong about the network. So test it: erase the 15 pixels with the largest shares
# and look at the accuracy on 200 digits the network gets right. Candidates: 15 random pixels with ink, the 15 largest
# |gradients|, the 15 largest integrated gradients. Rank them before you run.

# %% [markdown] i18n="zh" key="erase" src="790d4d34"
# ## 是真的吗？擦掉它所指的地方
#
# 在我们看来漂亮的图，对网络来说可能是错的。所以要检验：擦掉份额最大的 15 个像素，看网络原本答对的 200 个数字里还剩多少
# 能答对。候选：随机的 15 个有墨像素、|梯度| 最大的 15 个、积分梯度最大的 15 个。运行之前，请排个名次。

# %%
right = (model(x_test).argmax(dim=1) == y_test).numpy().nonzero()[0][:200]
still, on_paper = {"random ink": 0, "|gradient|": 0, "integrated gradients": 0}, []
for row in right.tolist():
    image, class_ = x_test[row], y_test[row].item()
    candidates = {
        "random ink": random.permutation(784) * (image.numpy() > 0),
        "|gradient|": np.abs(input_gradient(model, image.reshape(1, 784), class_)[0]),
        "integrated gradients": integrated_gradients(model, image, class_, steps=16),
    }
    on_paper.append((image.numpy()[np.argsort(candidates["|gradient|"])[-15:]] == 0).mean())
    for name, values in candidates.items():
        erased = image.numpy().copy()
        erased[np.argsort(values)[-15:]] = 0  # back to paper
        still[name] += model(mg.tensor(erased)).argmax().item() == class_
print("of 200 digits, still right after erasing 15 pixels:", still)
print(f"of the 15 largest |gradients|, {np.mean(on_paper):.0%} lie on empty paper")
assert np.mean(on_paper) > 0.5
assert still["integrated gradients"] < still["|gradient|"] - 20
assert still["integrated gradients"] < still["random ink"] - 20

# %% [markdown] i18n="en" key="erase-seen"
# The largest slopes lie mostly on empty paper, where there is nothing to erase: a slope answers "what would change the
# score", a share "what has made it". Neither is wrong; they are answers to different questions.

# %% [markdown] i18n="zh" key="erase-seen" src="2307bc81"
# 最大的斜率大多落在空白纸上，那里没有什么可擦：斜率回答的是“改哪里会改变得分”，份额回答的是“得分是由什么造成的”。
# 两者都没有错，只是回答的问题不同。

# %% [markdown] i18n="en" key="sanity"
# ## A sanity check: forget everything
#
# Does a map show what the **network has learned**, or only what the image looks like? Replace the weights by fresh
# random ones (Adebayo et al. 2018). A map that stays the same has explained nothing. We compare, for 50 digits, the
# maps of the trained and of the random network: gradients, integrated gradients, and the latter without their signs.
# Which of the three will stay most alike? (Where on the image can a share be at all?)

# %% [markdown] i18n="zh" key="sanity" src="b52b28fd"
# ## 合理性检查：把学到的全忘掉
#
# 一幅图显示的是**网络学到了什么**，还是只是图像长什么样？把权重换成新的随机数（Adebayo 等 2018）。如果图还是老样子，
# 它就什么也没有解释。对 50 个数字，比较训练过的网络与随机网络的图：梯度、积分梯度、去掉正负号的积分梯度。
# 三种图里哪一种最不变？（想一想：份额只可能出现在图像的什么地方？）

# %%
forgotten = network(seed=2)
pairs = {"gradient": [], "integrated gradients": [], "|integrated gradients|": []}
for image, label in zip(x_test[:50], y_test[:50].tolist(), strict=True):
    a, b = (input_gradient(m, image.reshape(1, 784), label)[0] for m in (model, forgotten))
    c, d = (integrated_gradients(m, image, label, steps=16) for m in (model, forgotten))
    for name, values in zip(pairs, ((a, b), (c, d), (np.abs(c), np.abs(d))), strict=True):
        pairs[name].append(alike(*values))
agreement = {name: float(np.mean(values)) for name, values in pairs.items()}
for name, value in agreement.items():
    print(f"trained against random weights, {name}: correlation {value:.2f}")
assert abs(agreement["gradient"]) < 0.15
assert abs(agreement["integrated gradients"]) < 0.2
assert agreement["|integrated gradients|"] > 0.4

# %% [markdown] i18n="en" key="sanity-seen"
# With their signs, the maps pass: nothing is left of them when the network has forgotten. Without signs, the map of an
# untrained network looks much like that of a trained one: the **digit itself** shines through, because only ink can
# have a share. It looks convincing, and says nothing. Distrust a map that you would have believed from a random
# network.

# %% [markdown] i18n="zh" key="sanity-seen" src="91773505"
# 带正负号的图通过了检查：网络忘掉之后，图也就没了。去掉正负号，未经训练的网络的图与训练过的很像：
# 透出来的是**数字本身**，因为只有墨才可能得到份额。
# 它看上去令人信服，其实什么也没说。如果随机网络画出的图你也会信，就不要相信这种图。

# %% [markdown] i18n="en" key="lime-shap"
# ## LIME and SHAP
#
# Document 003 §6.29 names two libraries. Both ask the model questions instead of differentiating it, so they work for
# any model, also for one without gradients. **LIME** (`lime`; Ribeiro, Singh, Guestrin 2016) fits a small linear model
# to the answers for many damaged copies of one input. **SHAP** (`shap`; Lundberg & Lee 2017) estimates Shapley values:
# what a feature adds on average, over all orders in which the features can be put in; these are complete, too. LIME's
# idea takes ten lines: 49 tiles of 4 × 4 pixels, 600 copies with half the tiles erased. Will it agree with integrated
# gradients, summed by tile?

# %% [markdown] i18n="zh" key="lime-shap" src="11bcfa81"
# ## LIME 与 SHAP
#
# 文档 003 §6.29 提到两个库。它们都是向模型提问，而不是求导，所以对任何模型都能用，没有梯度的也行。
# **LIME**（`lime`；Ribeiro, Singh, Guestrin 2016）把一个输入弄坏成许多份，用一个小的线性模型去拟合这些回答。
# **SHAP**（`shap`；Lundberg & Lee 2017）估计 Shapley 值：按所有可能的先后次序放入各特征，一个特征平均带来多少；
# 它同样满足完备性。LIME 的想法只要十行：49 块 4 × 4 像素的小方块，600 份副本，每份擦掉一半方块。
# 它会与按方块求和的积分梯度一致吗？

# %%
kept_tiles = random.integers(0, 2, size=(600, 49)).astype(np.float32)  # 1: kept, 0: erased
masks = kept_tiles.reshape(600, 7, 7).repeat(4, axis=1).repeat(4, axis=2).reshape(600, 784)
with mg.no_grad():
    answers = model(mg.tensor(masks) * seven)[:, 7].numpy()
table = np.column_stack([kept_tiles, np.ones(600)])
weights, *_ = np.linalg.lstsq(table, answers, rcond=None)  # score ≈ Σ wⱼ·keptⱼ + b
lime = weights[:49].reshape(7, 7).repeat(4, axis=0).repeat(4, axis=1)
tiles = ig.reshape(7, 4, 7, 4).sum(axis=(1, 3))  # (7, 7)
show({"LIME's idea": lime, "IG by tile": tiles.repeat(4, axis=0).repeat(4, axis=1)})
print(f"correlation of the two over 49 tiles: {alike(weights[:49], tiles):.2f}; 600 questions against 64 slopes")
assert alike(weights[:49], tiles) > 0.7

# %% [markdown] i18n="en" key="limits"
# What all of them explain is **the model**, on one input and against one baseline. They do not say whether the model is
# right, nor what causes what in the world. They are good for finding mistakes: a network that reads the date in the
# corner of an X-ray instead of the lung is caught at a glance.

# %% [markdown] i18n="zh" key="limits" src="6c03a7f8"
# 它们解释的都是**模型**：在一个输入上，相对于一个基线。它们不说模型对不对，也不说现实中什么是因、什么是果。
# 它们适合用来找错：如果网络看的是 X 光片角上的日期而不是肺，一眼就能发现。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Interpretability: 000 §5 (models are hard to explain, and should not be), 003 §5 and §6.29 (LIME, SHAP). What they say
# is right, but they only name it; no erratum. Neither document mentions that the gradient, their own subject, is also
# the first tool of explanation. All of it, line by line: [the concept map](../docs/concepts.md); all mistakes:
# [the errata lab](20_errata_lab.py).

# %% [markdown] i18n="zh" key="sections" src="86276b3e"
# ## 在文档中的位置
#
# 模型解释性：000 §5（模型很难解释，需要改进），003 §5、§6.29（LIME、SHAP）。说法是对的，但只是提了名字；没有勘误。
# 两份文档都没有提到：它们自己的主题，梯度，也正是解释模型的第一件工具。
# 逐条对照见[概念地图](../docs/concepts.md)；全部错误见[勘误实验室](20_errata_lab.py)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. F(a, b) = a·b at (2, 3), from the baseline (0, 0). Work out both integrated gradients by hand, then by the machine.
#    Hint: on the way a = 2t and b = 3t; the slope by a is b = 3t.
# 2. Compute the Shapley values of F(a, b, c) = a·b + c at (2, 3, 4): average over all 6 orders what each input adds
#    when it is put in. Hint: `itertools.permutations`. Do they add up to F? Do they agree with integrated gradients?
# 3. Turn the arrow round: change the image a little, along the sign of the gradient, until the network is wrong
#    (Goodfellow, Shlens, Szegedy 2015). For how many of 100 digits do steps of 0.1 per pixel suffice, and for how many
#    does the same amount of random noise? Hint: x + 0.1·sign(∂ loss/∂x).
#
# [Answers](answers/16_what_the_network_looks_at.py)

# %% [markdown] i18n="zh" key="exercises" src="2a883338"
# ## 练习
#
# 1. F(a, b) = a·b，在 (2, 3) 处，基线 (0, 0)。先手算两个积分梯度，再让机器算。提示：沿途 a = 2t，b = 3t；
#    对 a 的斜率是 b = 3t。
# 2. 求 F(a, b, c) = a·b + c 在 (2, 3, 4) 处的 Shapley 值：对全部 6 种次序，求每个输入放进去时带来的增量的平均。
#    提示：`itertools.permutations`。它们加起来等于 F 吗？与积分梯度一致吗？
# 3. 把箭头反过来：沿梯度的符号把图像改动一点点，直到网络出错（Goodfellow, Shlens, Szegedy 2015）。
#    100 个数字里，每个像素改动 0.1 能让多少个出错？同样大小的随机噪声呢？提示：x + 0.1·sign(∂ loss/∂x)。
#
# [答案](answers/16_what_the_network_looks_at.py)
