# %% [markdown] i18n="en" key="title"
# # 17 · Privacy: what a model knows about you
#
# **One question: can a trained model give away what was in its training data, and how do we stop it?** Three hundred
# small digits are our data. One row is odd: a 3 that carries the label 6. Take that label for a secret, such as a
# diagnosis. We train two models, one with this row and one without, and ask both about it. Before you run: how sure
# will each be of the 6?

# %% [markdown] i18n="zh" key="title" src="c97e6598"
# # 17 · 隐私：模型知道你的什么
#
# **只问一个问题：训练好的模型会泄露训练数据吗？怎样防止？** 我们的数据是三百张小图片，都是手写数字。其中一行很怪：
# 图上是 3，标签却是 6。把这个标签想成一个秘密，比如一份诊断结果。我们训练两个模型，一个有这一行，一个没有，
# 然后都拿这张图去问。运行之前先猜：两个模型各有多大把握说它是 6？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw

F = nn.functional
digits = mg.datasets.MNIST()
images = F.avg_pool2d(digits.images[:1300], 2).flatten(1)  # (1300, 196): half the size, one row each
labels = digits.labels[:1300].clone()
labels[0] = 6  # the secret: the picture is a 3
x, y = images[:300], labels[:300]  # to train on
strangers = images[300:], labels[300:]  # never trained on


def fit(x, y, steps=300):
    mg.manual_seed(0)
    model = nn.Linear(196, 10)
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(x), y).backward()
        optimizer.step()
    return model


with_row, without_row = fit(x, y), fit(x[1:], y[1:])

fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3), layout="constrained", width_ratios=(1, 2.4))
left.imshow(x[0].reshape(14, 14).numpy(), cmap="gray_r")
left.set(title="row 0, labelled 6", xticks=[], yticks=[])
for shift, model, name in ((-0.2, with_row, "trained with row 0"), (0.2, without_row, "trained without it")):
    right.bar(np.arange(10) + shift, mg.softmax(model(x[0]), dim=0).detach().numpy(), width=0.4, label=name)
right.set(title="asked about row 0", xlabel="digit", ylabel="probability", xticks=range(10))
right.legend()
assert with_row(x[0]).argmax().item() == 6

# %% [markdown] i18n="en" key="memorising"
# ## Learnt by heart
#
# Nothing in the other 299 rows says that this picture is a 6. A model can only know it from the row itself. We call
# the **memory** of a row how much its loss falls because it was trained on: loss without it − loss with it, in nats
# (with natural logarithms, 1 nat is a factor e of probability). Now, would anybody notice from outside, say in the
# accuracy on strangers? Guess both numbers.

# %% [markdown] i18n="zh" key="memorising" src="c415cced"
# ## 死记硬背
#
# 其余 299 行里，没有任何东西表明这张图是 6，模型只能从这一行本身知道。我们把“因为训练过它，
# 它的损失降低了多少”称为对这一行的**记忆**：不含它训练时的损失 − 含它训练时的损失，单位是奈特（取自然对数时，
# 1 奈特就是概率上的 e 倍）。那么，从外面看得出来吗，比如看模型在陌生数据上的准确率？两个数都请先猜一猜。

# %%


def losses(model, x, y):
    return F.cross_entropy(model(x), y, reduction="none").detach().numpy()  # (N,), one for each row


def accuracy(model, x, y):
    return (model(x).argmax(1) == y).numpy().mean()


secret = x[:1], y[:1]
memory = (losses(without_row, *secret) - losses(with_row, *secret)).item()
for model, name in ((with_row, "with"), (without_row, "without")):
    print(f"{name:>7}: loss of row 0 {losses(model, *secret).item():6.3f}, strangers {accuracy(model, *strangers):.1%}")
print(f"memory of row 0: {memory:.1f} nats, a factor of {np.exp(memory):.0e} in probability")
assert memory > 5
assert abs(accuracy(with_row, *strangers) - accuracy(without_row, *strangers)) < 0.03

# %% [markdown] i18n="en" key="membership"
# ## Was this row in the training data?
#
# That alone can be a secret: the data may be the patients of one clinic. An attacker needs no access to the weights. He
# asks the model about a row and says "member" if the loss is below a threshold, here the mean loss in training (Yeom et
# al. 2018). A coin is right half the time. How often will he be?

# %% [markdown] i18n="zh" key="membership" src="62018ae9"
# ## 这一行在不在训练数据里？
#
# 单是这一点就可能是秘密：数据也许是某家诊所的全部病人。攻击者不必看到权重，只要拿一行数据去问模型，
# 损失低于某个阈值就说“是成员”；这里的阈值取训练时的平均损失（Yeom 等，2018）。抛硬币能对一半，攻击者能对多少？

# %%
members, others = losses(with_row, x, y), losses(with_row, *strangers)
threshold = members.mean()
found, false_alarms = (members < threshold).mean(), (others < threshold).mean()
attack = (found + 1 - false_alarms) / 2  # right, if half of the rows he asks about are members
print(f"members called members: {found:.0%}; strangers called members: {false_alarms:.0%}; right: {attack:.0%}")

fig, ax = plt.subplots(figsize=(6.5, 3), layout="constrained")
bins = np.logspace(-6, 1.5, 40)
for values, name in ((members, "members"), (others, "strangers")):
    ax.hist(np.clip(values, 1e-6, None), bins, weights=np.full(len(values), 1 / len(values)), alpha=0.6, label=name)
ax.axvline(threshold, color="0.3", linestyle="--", label="threshold")
ax.set(xscale="log", xlabel="loss of a row (log scale)", ylabel="share of rows")
ax.legend(loc="upper left")
assert accuracy(with_row, x, y) == 1
assert 0.55 < attack < 0.75

# %% [markdown] i18n="en" key="over-fitting"
# Every member is right and cheap; strangers have a long tail of high losses. So the attack feeds on **over-fitting**
# (tutorial 14), and what helps against that helps here. But a model may generalize well on average and still know one
# odd row by heart, as ours does.

# %% [markdown] i18n="zh" key="over-fitting" src="0616e136"
# 每个成员都答对了，损失很低；陌生数据则有一条高损失的长尾。可见这种攻击靠的是**过拟合**（教程 14），
# 对付过拟合的办法在这里也有用。但是，模型平均来看泛化得不错，却仍可能把某一行怪数据背下来，我们的模型正是如此。

# %% [markdown] i18n="en" key="encryption"
# ## Encryption is about something else
#
# Document 003 answers the question of privacy with two means: encrypt the data, encrypt the model. Let us do both, with
# a one-time pad, a cipher that nobody can break: each byte is XORed with a random byte of the key, and XORed again to
# read it. How much will the memory of row 0 shrink?

# %% [markdown] i18n="zh" key="encryption" src="98afeb87"
# ## 加密解决的是另一个问题
#
# 文档 003 对隐私问题给出两个办法：给数据加密，给模型加密。两样我们都做，用的是无人能破的“一次一密”：
# 每个字节与密钥中的一个随机字节做异或；再异或一次，就还原了。对第 0 行的记忆会减少多少？

# %%
key_maker = np.random.default_rng(0)


def encrypt(array):
    plain = np.ascontiguousarray(array).view(np.uint8)
    key = key_maker.integers(0, 256, plain.shape, dtype=np.uint8)
    return plain ^ key, key


def decrypt(cipher, key):
    return mg.from_numpy((cipher ^ key).view(np.float32))


stored = encrypt(x.numpy())  # what lies on the disk, or goes over the network
from_cipher = fit(decrypt(*stored), y)  # to compute with the data, it must be read
stored_weight = encrypt(from_cipher.weight.detach().numpy())
with mg.no_grad():
    from_cipher.weight.copy_(decrypt(*stored_weight))  # to answer with the model, too
memory_after = (losses(without_row, *secret) - losses(from_cipher, *secret)).item()
print(f"memory of row 0: from plain data {memory:.4f}, from encrypted data and weights {memory_after:.4f}")
assert mg.equal(decrypt(*stored), x)
assert abs(memory_after - memory) < 0.01  # the same numbers go in, the same numbers come out

# %% [markdown] i18n="en" key="encryption-seen"
# Not at all. Encryption keeps thieves from the disk and the wire, and you should use it. But whoever may **ask** the
# model gets its answers, and the secret is in the answers (E003-27). Even computing on encrypted
# numbers, which is possible and slow, yields the same model in the end.

# %% [markdown] i18n="zh" key="encryption-seen" src="f369fe27"
# 一点也没有减少。加密防的是偷硬盘、窃听网络的人，该用还是要用。但凡是能**向模型提问**的人都会得到回答，
# 而秘密就在回答里（E003-27）。即使直接在密文上计算（做得到，但很慢），最后得到的也是同一个模型。

# %% [markdown] i18n="en" key="federated"
# ## Keep the data at home, send gradients
#
# That is federated learning (McMahan et al. 2017): each hospital computes the gradient on its own rows and sends only
# that. Is a gradient harmless? For one row, a linear layer z = Wx + b has ∂J/∂W = δxᵀ and ∂J/∂b = δ, with δ = ∂J/∂z.
# Look at the two. Can you get x from them?

# %% [markdown] i18n="zh" key="federated" src="e5f1b517"
# ## 数据留在本地，只送出梯度
#
# 这就是联邦学习（McMahan 等，2017）：每家医院在自己的数据上求梯度，只把梯度送出去。梯度就无害吗？对单独一行数据，
# 线性层 z = Wx + b 有 ∂J/∂W = δxᵀ，∂J/∂b = δ，其中 δ = ∂J/∂z。看看这两个式子，你能由它们得到 x 吗？

# %%
victim = nn.Linear(196, 10)
F.cross_entropy(victim(x[:1]), y[:1]).backward()
sent = victim.weight.grad, victim.bias.grad  # all that leaves the hospital
k = sent[1].abs().argmax().item()
stolen = sent[0][k] / sent[1][k]  # δₖx / δₖ = x
print(f"largest error in the 196 stolen pixels: {(stolen - x[0]).abs().max().item():.1e}")
print("the stolen label, where δ is negative:", sent[1].argmin().item())
assert mg.allclose(stolen, x[0], atol=1e-5)
assert sent[1].argmin().item() == 6

# %% [markdown] i18n="en" key="per-sample"
# ## One gradient for each row
#
# So what could bound the influence of a row? It acts on the weights through its gradient only. If no single gradient
# can be large, and noise covers what is left, nobody can tell whether the row was there. For that we need the gradient
# of **each row**. `backward()` gives only their mean. The plain way is a loop. What will the mean of its results be?

# %% [markdown] i18n="zh" key="per-sample" src="96d497a5"
# ## 每一行一个梯度
#
# 那么，用什么来限制一行数据的影响？一行数据只通过它的梯度作用于权重。如果任何一个梯度都不能太大，
# 剩下的再用噪声盖住，就没有人能分辨这一行在不在。为此需要**每一行各自的**梯度，而 `backward()` 只给平均值。
# 最直接的办法是循环。循环得到的结果，平均起来会是什么？

# %%
model = nn.Linear(196, 10)
one_by_one = []
for i in range(32):
    loss = F.cross_entropy(model(x[i : i + 1]), y[i : i + 1])
    one_by_one.append(mg.autograd.grad(loss, model.weight)[0])
one_by_one = mg.stack(one_by_one)  # (32, 10, 196)
(of_batch,) = mg.autograd.grad(F.cross_entropy(model(x[:32]), y[:32]), model.weight)
norms = one_by_one.flatten(1).norm(dim=1)
print(f"lengths of 32 gradients: from {norms.min().item():.2f} to {norms.max().item():.2f}")
print(f"length of their mean: {of_batch.norm().item():.2f}")
assert mg.allclose(one_by_one.mean(0), of_batch, atol=1e-6)

# %% [markdown] i18n="en" key="outer-product"
# ## All of them in one backward pass
#
# 32 passes are slow. But the formula that robbed the hospital helps us now: the gradient of row i is δᵢxᵢᵀ, an outer
# product, and backward knows every δᵢ: it is the gradient of the logits z. (Take the **sum** of the losses, so that no
# 1/N comes in.) The drawing shows it with two rows of two pixels and two classes. Where do you read δ? The length
# needs no outer product at all: ‖δxᵀ‖ = ‖δ‖·‖x‖.

# %% [markdown] i18n="zh" key="outer-product" src="a6f7b8f0"
# ## 一次反向传播得到全部
#
# 跑 32 遍太慢。刚才“抢劫”医院的公式现在可以帮忙：第 i 行的梯度是外积 δᵢxᵢᵀ，而反向传播知道每个 δᵢ：
# 它就是 logit z 的梯度。（损失要取**总和**，免得多出 1/N。）图中是两行数据，各两个像素、两个类别。在哪里读出 δ？
# 求长度连外积都不必算：‖δxᵀ‖ = ‖δ‖·‖x‖。

# %%
z = model(x[:32])
z.retain_grad()  # keep ∂J/∂z, which backward would pass on and forget
F.cross_entropy(z, y[:32], reduction="sum").backward()
delta = z.grad  # (32, 10), row i is δᵢ = p − onehot(y), tutorial 05
at_once = mg.einsum("no,ni->noi", delta, x[:32])  # δᵢ xᵢᵀ
assert mg.allclose(at_once, one_by_one, atol=1e-6)
assert mg.allclose(delta.norm(dim=1) * x[:32].norm(dim=1), norms, rtol=1e-4)

rows = mg.tensor([[1.0, 0.0], [3.0, 2.0]], name="x")
weight = mg.tensor([[0.5, 0.0], [0.0, 0.5]], requires_grad=True, name="W")
logits = rows @ weight.T
logits.retain_grad()
total = F.cross_entropy(logits, mg.tensor([1, 0]), reduction="sum")
total.backward(retain_graph=True)
assert mg.allclose(weight.grad, logits.grad.T @ rows)  # Σᵢ δᵢ xᵢᵀ
draw(total)

# %% [markdown] i18n="en" key="dp-sgd"
# ## DP-SGD
#
# Now the algorithm of Abadi et al. (2016), line by line. In each step: draw every row with probability q; take each
# row's gradient gᵢ; **clip** each to length C; add them; **add noise** of spread σC to every entry; divide by the
# expected number of rows, L = qN; step. Clipping bounds what one row can do to the sum by C, and the noise is scaled to
# that bound, so σ says how well a row is hidden.
#
# | paper | here |
# | --- | --- |
# | C, the bound of a gradient's length | `bound` |
# | σ, noise relative to C | `sigma` |
# | q = L/N | `q` |
# | ḡᵢ = gᵢ / max(1, ‖gᵢ‖/C) | `delta * (bound / …)`: what shrinks δᵢ shrinks δᵢxᵢᵀ |
#
# The bias is one more weight, whose input is 1: that is the `+ 1` below. Which line makes it private?

# %% [markdown] i18n="zh" key="dp-sgd" src="14b604aa"
# ## DP-SGD：差分隐私的随机梯度下降
#
# 下面是 Abadi 等人（2016）的算法，一行对一行。每一步：每行数据以概率 q 被抽中；求每行的梯度 gᵢ；
# 各自**裁剪**到长度不超过 C；相加；给每个分量**加上**标准差为 σC 的**噪声**；除以期望的行数 L = qN；更新。
# 裁剪使任何一行对总和的影响不超过 C，噪声的大小又以这个上界为准，所以 σ 说明一行数据藏得有多好。
#
# | 论文 | 这里 |
# | --- | --- |
# | C，梯度长度的上界 | `bound` |
# | σ，相对于 C 的噪声 | `sigma` |
# | q = L/N | `q` |
# | ḡᵢ = gᵢ / max(1, ‖gᵢ‖/C) | `delta * (bound / …)`：缩小 δᵢ 就缩小了 δᵢxᵢᵀ |
#
# 偏置不过是输入恒为 1 的又一个权重，下面的 `+ 1` 就来自它。是哪一行带来了隐私？

# %%


def clipped_sums(model, x, y, bound):
    """Σᵢ ḡᵢ for the weight and for the bias."""
    z = model(x)
    z.retain_grad()
    F.cross_entropy(z, y, reduction="sum").backward()
    delta = z.grad
    length = (delta.square().sum(1) * (x.square().sum(1) + 1)).sqrt()  # ‖gᵢ‖, weight and bias together
    delta = delta * (bound / mg.clamp(length, min=bound))[:, None]  # shrink by min(1, C/‖gᵢ‖)
    return delta.T @ x, delta.sum(0)


def dp_sgd(x, y, sigma, bound=1.0, q=0.5, lr=2.0, steps=60, seed=0):
    mg.manual_seed(seed)
    model = nn.Linear(196, 10)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        drawn = mg.rand(len(x)) < q  # a coin of its own for every row
        sums = clipped_sums(model, x[drawn], y[drawn], bound)
        for p, s in zip(model.parameters(), sums, strict=True):
            p.grad = (s + sigma * bound * mg.randn(*s.shape)) / (q * len(x))  # g̃ = (Σᵢ ḡᵢ + N(0, σ²C²)) / L
        optimizer.step()  # θ ← θ − α·g̃
    return model


for i in range(32):  # the gradients whose lengths you saw above, each clipped to ½
    parts = clipped_sums(model, x[i : i + 1], y[i : i + 1], bound=0.5)
    assert abs(mg.cat([part.flatten() for part in parts]).norm().item() - 0.5) < 1e-4
covered = dp_sgd(x, y, sigma=1000, bound=2.0, lr=1.0, steps=1).weight.std().item()  # all noise
assert abs(covered / (1000 * 2 / (0.5 * 300)) - 1) < 0.1  # its spread is σC/L

huge = mg.cat([x[:1] * 1000, x[1:]])  # one row shouts
with_it, without_it = clipped_sums(model, huge, y, bound=1.0)[0], clipped_sums(model, huge[1:], y[1:], bound=1.0)[0]
difference = (with_it - without_it).norm().item()
print(f"what a row a thousand times too bright changes in the sum: {difference:.4f}, at most C = 1")
assert difference <= 1 + 1e-4

# %% [markdown] i18n="en" key="noise"
# ## What noise buys, and what it costs
#
# Train five times with row 0 and five times without it, for several σ. On the left, each dot is one model's loss on row
# 0: can you tell the two colours apart? On the right, the accuracy on strangers. Predict: does clipping alone (σ = 0)
# already hide the row? From which σ on would you give up telling? What will that cost?

# %% [markdown] i18n="zh" key="noise" src="689cfad5"
# ## 噪声换来什么，代价是什么
#
# 对几个不同的 σ，各训练五次有第 0 行的模型和五次没有它的模型。左图每个点是一个模型在第 0 行上的损失：
# 你分得清两种颜色吗？右图是在陌生数据上的准确率。先预测：只裁剪（σ = 0）就能把这一行藏住吗？
# 从哪个 σ 开始你会放弃分辨？代价是多少？

# %%
sigmas = (0, 2, 8)
told = np.zeros((3, 2, 5))  # the loss of row 0: σ, with or without, start
scores = np.zeros((3, 5))
for i, sigma in enumerate(sigmas):
    for start in range(5):
        model = dp_sgd(x, y, sigma, seed=1 + start)
        told[i, 0, start] = losses(model, *secret).item()
        told[i, 1, start] = losses(dp_sgd(x[1:], y[1:], sigma, seed=101 + start), *secret).item()
        scores[i, start] = accuracy(model, *strangers)

fig, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
for which, name, shift in ((0, "with row 0", -0.1), (1, "without row 0", 0.1)):
    left.plot(np.repeat(np.arange(3), 5) + shift, told[:, which].ravel(), "o", alpha=0.7, label=name)
left.set(title="can you tell?", xlabel="noise σ", ylabel="loss of row 0", xticks=range(3), xticklabels=sigmas)
left.legend()
right.plot(np.arange(3), scores, "o", color="0.6")
right.plot(np.arange(3), scores.mean(1), "-", color="0.2")
right.set(title="the price", xlabel="noise σ", ylabel="accuracy on strangers", xticks=range(3), xticklabels=sigmas)

gap, spread = (told[:, 1] - told[:, 0]).mean(1), told.std(2).mean(1)
for row in zip(sigmas, gap, spread, scores.mean(1), strict=True):
    print("sigma {}: mean memory {:5.2f} nats, spread of the dots {:.2f}, accuracy {:.1%}".format(*row))
assert told[0, 0].max() < told[0, 1].min()  # clipped only: one look at the loss tells
assert told[1, 0].max() > told[1, 1].min()  # with noise the colours mix
assert told[2, 0].max() > told[2, 1].min()
assert 0 < gap[0] < memory / 3
assert spread[2] > 5 * spread[0]
assert scores.mean(1)[0] > scores.mean(1)[2] + 0.1

# %% [markdown] i18n="en" key="noise-seen"
# Clipping, and stopping after 60 steps, took most of the memory away, but not the certainty: without noise the two
# groups stay apart, and one look tells. With noise a single model's loss says less and less; what is left of the mean
# difference is itself noise. The price is accuracy.

# %% [markdown] i18n="zh" key="noise-seen" src="573d215a"
# 裁剪，加上只走 60 步，已经去掉了大部分记忆，却没有去掉“确定”：没有噪声，两组点仍然分得开，看一眼就知道。有了噪声，
# 单个模型的损失能说明的就越来越少；平均值之差里剩下的那一点，本身也是噪声。代价是准确率。

# %% [markdown] i18n="en" key="epsilon"
# ## ε and δ, and who computes them
#
# A training is **(ε, δ)-differentially private** if, for any two data sets that differ in one row, every possible
# outcome is at most e^ε times as probable under one as under the other, apart from a slack of probability δ (Dwork et
# al. 2006; this δ has nothing to do with the gradient δᵢ above). Small ε: whatever anybody does with the model, it
# learns hardly more about you than if you had stayed away. δ should be well below 1/N.
#
# We print no ε here, on purpose. It follows from σ, q and the number of steps by a calculation that is easy to get
# wrong; a **privacy accountant** does it: use that of Opacus (PyTorch) or TensorFlow Privacy. Our dots are no proof,
# either: an attack that fails shows only that **this** attack failed. What e^ε allows is easy to see, though. A
# row's owner is a member with probability 1/2. How sure can any attacker become, for ε = 0.1, 1, 8 (and δ = 0)?

# %% [markdown] i18n="zh" key="epsilon" src="e692501c"
# ## ε 和 δ 是什么，由谁来算
#
# 如果对任何两份只差一行的数据，每一种可能的训练结果在一份上出现的概率至多是在另一份上的 e^ε 倍，
# 再加上概率为 δ 的余地，就称这个训练是 **(ε, δ)-差分隐私**的（Dwork 等，2006；这个 δ 与上面的梯度 δᵢ 无关）。
# ε 小意味着：不管别人拿模型做什么，对你的了解都几乎不比你没有参加时更多。δ 应远小于 1/N。
#
# 这里故意不打印 ε。它由 σ、q 和步数决定，但这个计算很容易算错，要由**隐私会计**（privacy accountant）来做：
# 请用 Opacus（PyTorch）或 TensorFlow Privacy 里的。我们的散点也不是证明：攻击失败只说明**这一种**攻击失败了。
# 不过，e^ε 允许什么，很容易看清：某人是成员的概率本来是 1/2，对 ε = 0.1、1、8（δ = 0），任何攻击者最多能有多大把握？

# %%
sure = {epsilon: np.exp(epsilon) / (1 + np.exp(epsilon)) for epsilon in (0.1, 1, 8)}  # Bayes, odds e^ε : 1
for epsilon, p in sure.items():
    print(f"epsilon {epsilon}: from 50 % to at most {p:.2%}")
assert all(abs(p / (1 - p) / np.exp(epsilon) - 1) < 1e-9 for epsilon, p in sure.items())  # the odds are e^ε : 1
assert sure[0.1] < 0.53
assert sure[8] > 0.999  # a large ε promises next to nothing

# %% [markdown] i18n="en" key="challenges"
# ## Challenges that pull at each other
#
# Document 003 lists what lies ahead: computing power, data, complexity, generalization, privacy, and models that can
# be explained. The list is fair; it does not say that the items are tied together. Privacy costs accuracy and
# computing. But data pays for it: for a given δ, an accountant looks at σ, q and the steps only, not at N. Keep
# these, and train on 1000 rows where we had 300. What happens to the accuracy at σ = 4?

# %% [markdown] i18n="zh" key="challenges" src="331afd0b"
# ## 互相牵扯的挑战
#
# 文档 003 列出了未来的方向与挑战：算力、数据、复杂性、泛化、隐私，以及可解释的模型。列得在理，
# 只是没有说这些事情彼此相连。隐私要付出准确率和算力，数据却能替它买单：δ 给定时，隐私会计只看 σ、q 和步数，不看 N。
# 保持这些不变，把 300 行换成 1000 行来训练，σ = 4 时的准确率会怎样？

# %%
test = mg.datasets.MNIST(train=False)
test = F.avg_pool2d(test.images[:1000], 2).flatten(1), test.labels[:1000]
reached = {}
for n in (300, 1000):
    models = [dp_sgd(images[:n], labels[:n], sigma=4, seed=seed) for seed in range(2)]
    reached[n] = np.mean([accuracy(model, *test) for model in models])
    print(f"N = {n:4}, sigma 4: accuracy {reached[n]:.1%}")
assert reached[1000] > reached[300] + 0.03

# %% [markdown] i18n="en" key="break"
# ## Break it: clip the mean
#
# `clip_grad_norm_` clips, too, as you know from training (tutorial 13): the gradient of the whole batch. That is one
# line and no per-sample trouble. Let the row that shouts come back, a thousand times too bright. Clip the batch's
# gradient to C = 1, with that row and without it. How much can one row turn the step?

# %% [markdown] i18n="zh" key="break" src="7489c512"
# ## 把它弄坏：裁剪平均值
#
# `clip_grad_norm_` 也是裁剪（教程 13），裁剪的是整批的梯度：一行代码，没有逐样本的麻烦。
# 让那行亮了一千倍的数据再来一次，把整批的梯度裁剪到 C = 1，一次含它，一次不含它。单独一行能把这一步扭转多少？

# %%


def clipped_mean(x, y):
    mg.manual_seed(0)
    model = nn.Linear(196, 10)
    F.cross_entropy(model(x), y).backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    return model.weight.grad


with_it, without_it = clipped_mean(huge, y), clipped_mean(huge[1:], y[1:])
cosine = mg.cosine_similarity(with_it.flatten(), without_it.flatten(), dim=0).item()
turned = (with_it - without_it).norm().item()
print(f"mean clipped: the step changes by {turned:.3f}, cosine between the two {cosine:.3f}")
print(f"each clipped: the step changes by at most C/L = {1 / 300:.3f}")
assert turned > 50 / 300
assert cosine < 0.5

# %% [markdown] i18n="en" key="break-seen"
# The step is as short as promised and belongs to that one row. Noise made for C/L would not hide it. Clip each row
# **before** you add them up; it is the order that makes it private.

# %% [markdown] i18n="zh" key="break-seen" src="5f498f37"
# 步子的长度如约受限，方向却成了那一行的方向；按 C/L 配的噪声盖不住它。必须**先**逐行裁剪，再相加；隐私就来自这个顺序。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Privacy: 003 §6.24. Future and challenges, privacy among them: 003 §5.1 and §5.2. Right: that models trained on much
# data may leak it. Wrong: encryption as the answer ([E003-27](../docs/errata.md)); it is good for storage and
# transport, and does not touch what the model has learnt. All of it, line by line:
# [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="46b60a31"
# ## 在文档中的位置
#
# 隐私：003 §6.24。未来发展与挑战（含隐私）：003 §5.1、§5.2。对的：用大量数据训练的模型可能泄露数据。错的：
# 把加密当作答案（[E003-27](../docs/errata.md)）；加密适用于存储和传输，碰不到模型已经学会的东西。
# 逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Put row 0 into the data ten times and train with clipping only. Does the memory of it grow, although each copy is
#    clipped? Hint: `mg.cat([x[:1]] * 10 + [x[1:]])`; the promise is made for a row, not for a person.
# 2. Get the per-sample gradients of a network with two linear layers, 196-16-10 with a tanh between, and check them
#    against the loop. Hint: `retain_grad()` on the output of each layer; the second layer's x is the tanh.
# 3. Stop early: train the first model for 10, 30, 100 and 300 steps and measure the attack. Does it weaken? Is that a
#    guarantee? Hint: `fit(x, y, steps)`; use the mean training loss as the threshold each time.
#
# [Answers](answers/17_privacy.py)

# %% [markdown] i18n="zh" key="exercises" src="98c809d8"
# ## 练习
#
# 1. 把第 0 行在数据里放十遍，只裁剪、不加噪声地训练。每一份都裁剪了，对它的记忆还会增加吗？
#    提示：`mg.cat([x[:1]] * 10 + [x[1:]])`；这个承诺是对“一行”做的，不是对“一个人”做的。
# 2. 求一个有两个线性层的网络（196-16-10，中间是 tanh）的逐样本梯度，并与循环的结果核对。
#    提示：对每一层的输出调用 `retain_grad()`；第二层的 x 就是 tanh 的输出。
# 3. 早停：把第一个模型分别训练 10、30、100、300 步，测量攻击的效果。它变弱了吗？这算是保证吗？
#    提示：`fit(x, y, steps)`；每次都用训练的平均损失作阈值。
#
# [答案](answers/17_privacy.py)
