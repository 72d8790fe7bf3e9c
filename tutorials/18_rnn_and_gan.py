# %% [markdown] i18n="en" key="title"
# # 18 · Beyond MLPs: a small RNN and a small GAN
#
# **One question: what do optimizers meet when a network is a loop, or two networks with opposite wishes?** Document 000
# says that the future lies in joining optimizers with RNNs and GANs. That future is old: RNNs are from the 1980s, GANs
# from 2014. Here are both, small. First a network that reads a sequence: state h, input x, hₜ = tanh(w·xₜ + u·hₜ₋₁).
# Three steps of it are drawn below. How many arrows leave u?

# %% [markdown] i18n="zh" key="title" src="1b825c30"
# # 18 · 不止 MLP：一个小 RNN 和一个小 GAN
#
# **只问一个问题：当网络是一个循环，或者是两个目标相反的网络时，优化器会遇到什么？** 文档 000 说，未来在于把优化策略与
# RNN、GAN 结合。这个“未来”其实早就来了：RNN 出自 1980 年代，GAN 出自 2014 年。这里两样都做一个小的。
# 先看一个读序列的网络：状态 h，输入 x，hₜ = tanh(w·xₜ + u·hₜ₋₁)。下面画出它的三步。从 u 出发的箭头有几条？

# %%
import math

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz import draw

F = nn.functional
sequence = (1.0, -0.5, 0.3)
w = mg.tensor(0.8, requires_grad=True, name="w")
u = mg.tensor(0.9, requires_grad=True, name="u")
h = mg.tensor(0.1, name="h0")
for t, number in enumerate(sequence, start=1):
    x = mg.tensor(number, name=f"x{t}")
    h = mg.tanh(w * x + u * h)  # hₜ = tanh(w·xₜ + u·hₜ₋₁), with the same w and u each time
h.backward(retain_graph=True)
draw(h)

# %% [markdown] i18n="en" key="bptt"
# ## Backpropagation through time
#
# Three arrows leave u, for it is used three times. The graph knows nothing of time: it is a network of three layers
# that share their weights, and `backward()` walks it as always (Rumelhart et al. 1986). Now give each step a u of its
# own, all three 0.9. What will their three gradients have to do with the one above?

# %% [markdown] i18n="zh" key="bptt" src="84e582fe"
# ## 沿时间反向传播（BPTT）
#
# 从 u 出发的箭头有三条，因为它用了三次。计算图并不知道什么是时间：它就是一个三层、各层共享权重的网络，`backward()`
# 照常走一遍（Rumelhart 等，1986）。现在让每一步有自己的 u，三个都是 0.9。它们的三个梯度与上面那一个梯度有什么关系？

# %%
copies = [mg.tensor(0.9, requires_grad=True) for _ in sequence]
state = mg.tensor(0.1)
for number, own_u in zip(sequence, copies, strict=True):
    state = mg.tanh(w.detach() * number + own_u * state)
state.backward()
shares = [own_u.grad.item() for own_u in copies]
print("gradients of the three copies:", [round(share, 5) for share in shares], " sum:", round(sum(shares), 5))
print("gradient of the shared u:     ", round(u.grad.item(), 5))
assert abs(sum(shares) - u.grad.item()) < 1e-6  # ∂h₃/∂u = Σₜ (the share of step t)

# %% [markdown] i18n="en" key="rnn"
# ## The layer: nn.RNN
#
# With vectors in place of numbers this is the network of Elman (1990): hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh).
# `nn.RNN` does it for a whole sequence, of shape (T, N, features): time first, then the batch. It returns all states,
# and the last one. Will a loop of ours give the same?

# %% [markdown] i18n="zh" key="rnn" src="b370df59"
# ## 做成一层：nn.RNN
#
# 把数换成向量，就是 Elman（1990）的网络：hₜ = tanh(W_ih xₜ + b_ih + W_hh hₜ₋₁ + b_hh)。`nn.RNN` 对整个序列做这件事，
# 输入形状为 (T, N, 特征)：先时间，后批。它返回全部状态，以及最后一个状态。我们自己写循环，结果会一样吗？

# %%
mg.manual_seed(0)
rnn = nn.RNN(input_size=1, hidden_size=16)
steps = mg.randn(6, 4, 1)  # 6 steps of 4 sequences of single numbers
states, last = rnn(steps)  # (6, 4, 16) and (1, 4, 16)
h = mg.zeros(4, 16)
for x in steps:
    h = mg.tanh(F.linear(x, rnn.weight_ih_l0, rnn.bias_ih_l0) + F.linear(h, rnn.weight_hh_l0, rnn.bias_hh_l0))
print("states:", states.shape, " last:", last.shape)
assert mg.allclose(h, last[0], atol=1e-6)
assert mg.allclose(h, states[-1], atol=1e-6)

# %% [markdown] i18n="en" key="rnn-optimizers"
# ## Something to remember
#
# The first number of a sequence is +1 or −1; noise follows. At the end the network is asked which it was. That is a
# task for a state. The loss is cross-entropy, the loop is the usual one, and the optimizers see parameters, as ever:
# no change for RNNs at all. The sequence has 8 steps, training 80. Which of the three will have learned it? (A coin:
# log 2 = 0.693.)

# %% [markdown] i18n="zh" key="rnn-optimizers" src="86e1d112"
# ## 记住一件事
#
# 序列的第一个数是 +1 或 −1，后面全是噪声，最后问网络第一个是什么。这正需要一个状态。损失是交叉熵，训练循环照旧，
# 优化器看到的照旧是一堆参数：对 RNN 来说什么都不用改。序列长 8 步，训练 80 步。三种优化器中，哪些学得会？
# （抛硬币是 log 2 = 0.693。）

# %%


def remember(length, n=16):
    truth = mg.randint(0, 2, (n,)).float()
    return mg.cat([(2 * truth - 1).reshape(1, n, 1), 0.3 * mg.randn(length - 1, n, 1)]), truth  # (length, n, 1), (n,)


class Memory(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.RNN(1, 16)
        self.head = nn.Linear(16, 1)

    def forward(self, x):
        _, last = self.rnn(x)
        return self.head(last[0])[:, 0]  # (n,), logits


def train(make, length, seed=0, scale=None):
    """The losses of 80 steps, and how long the gradients were before they were clipped."""
    mg.manual_seed(seed)
    model = Memory()
    if scale is not None:
        set_scale(model.rnn, scale)
    optimizer = make(model.parameters())
    curve, lengths = [], []
    for _ in range(80):
        x, truth = remember(length)
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x), truth)
        loss.backward()
        lengths.append(nn.utils.clip_grad_norm_(model.parameters(), max_norm=1.0).item())
        optimizer.step()
        curve.append(loss.item())
    return curve, lengths


def adam(params):
    return optim.Adam(params, lr=0.01)


end = {}
for name, make in (
    ("SGD", lambda params: optim.SGD(params, lr=0.1)),
    ("RMSprop", lambda params: optim.RMSprop(params, lr=0.01)),
    ("Adam", adam),
):
    end[name] = np.mean(train(make, length=8)[0][-10:])
    print(f"{name:8} loss over the last 10 steps: {end[name]:.3f}")
assert end["SGD"] > 0.2
assert end["RMSprop"] < 0.1
assert end["Adam"] < 0.1

# %% [markdown] i18n="en" key="rnn-vanishing"
# ## Slopes fade over time
#
# How much does the first state still matter at the end? Going back one step multiplies the gradient by W_hhᵀ and by the
# slope of tanh, at most 1. After k steps that is k factors, as in a deep network (tutorial 13), only that here it is
# the **same** matrix each time. Take W_hh = s·Q, where Q is orthogonal: it turns vectors and keeps their length. What
# happens to the gradient over 30 steps for s = 0.5, 1 and 1.2?

# %% [markdown] i18n="zh" key="rnn-vanishing" src="f01d86c8"
# ## 梯度随时间衰减
#
# 到了最后，第一个状态还有多大影响？每往回走一步，梯度就乘一次 W_hhᵀ，再乘一次 tanh 的斜率（至多为 1）。
# 走 k 步就是 k 个因子，与深层网络一样（教程 13），只不过这里每次都是**同一个**矩阵。
# 取 W_hh = s·Q，其中 Q 是正交矩阵：它只旋转向量，不改变长度。s = 0.5、1、1.2 时，梯度走过 30 步会怎样？

# %%


def set_scale(rnn, scale):
    q, _ = np.linalg.qr(mg.randn(16, 16).numpy())  # orthogonal
    with mg.no_grad():
        rnn.weight_hh_l0.copy_(mg.from_numpy(scale * q))


fig, ax = plt.subplots(figsize=(6.5, 3.4), layout="constrained")
faded = {}
for scale in (0.5, 1.0, 1.2):
    mg.manual_seed(0)
    rnn = nn.RNN(1, 16, bias=False)
    set_scale(rnn, scale)
    states = [mg.full((16,), 1e-5, requires_grad=True)]  # so small that tanh is a straight line
    for _ in range(30):
        states.append(mg.tanh(F.linear(states[-1], rnn.weight_hh_l0)))
        states[-1].retain_grad()
    states[-1].sum().backward()
    lengths = [state.grad.norm().item() for state in states]
    faded[scale] = lengths[0] / lengths[-1]
    ax.semilogy(lengths, label=f"s = {scale}")
    print(f"s = {scale}: after 30 steps the gradient has {faded[scale]:.2g} of its length; s³⁰ = {scale**30:.2g}")
    assert abs(faded[scale] / scale**30 - 1) < 0.05
ax.set(xlabel="time step t", ylabel="length of ∂J/∂hₜ")
legend = ax.legend()

# %% [markdown] i18n="en" key="rnn-start"
# ## And what that does to learning
#
# The same task with 30 steps in place of 8, the same Adam. Once W_hh starts as 0.5·Q, once as Q. Adam divides each
# gradient by its own size, so do small gradients matter to it at all? Say what you expect for each.

# %% [markdown] i18n="zh" key="rnn-start" src="fd9e7146"
# ## 这对学习有什么影响
#
# 同一个任务，8 步换成 30 步，同样用 Adam。一次 W_hh 从 0.5·Q 开始，一次从 Q 开始。Adam 会把梯度除以它自身的大小，
# 那么梯度小对它还有影响吗？两种情况各说一个预测。

# %%
late, lengths_of = {}, {}
for scale in (0.5, 1.0):
    curve, lengths_of[scale] = train(adam, length=30, seed=1, scale=scale)
    late[scale] = np.mean(curve[-10:])
    print(f"W_hh = {scale}·Q: last losses {late[scale]:.3f}; longest gradient {max(lengths_of[scale]):.1f}")
assert late[0.5] > 0.5  # still a coin
assert late[1.0] < 0.1

# %% [markdown] i18n="en" key="rnn-start-seen"
# No optimizer brings back what is lost. The share of the first step is about 10⁻⁹ of the whole gradient, the noise of
# the later steps is the rest, and Adam enlarges both alike. What helps is what keeps the factors near 1: the start
# (Q), and gates that carry the state over nearly unchanged (LSTM, GRU), or no recurrence at all (attention).

# %% [markdown] i18n="zh" key="rnn-start-seen" src="f0b5f4fb"
# 丢掉的东西，任何优化器都找不回来。第一步的那一份只占整个梯度的约 10⁻⁹，其余都来自后面各步的噪声，Adam 把两者一样放大。
# 有用的是让每个因子接近 1 的办法：好的初始值（Q）；能把状态几乎原样传下去的门控单元（LSTM、GRU）；
# 或者干脆不用循环（注意力）。

# %% [markdown] i18n="en" key="rnn-clipping"
# ## Slopes explode: clip them
#
# The other side: factors above 1. The smallest case is a state that is multiplied by u twenty times and should end at
# 0.5: J(u) = (u²⁰ − 0.5)². It is a plain with a cliff (Pascanu et al. 2013). Start at u = 1.2, α = 0.005. Where does
# one step lead? And the same with the gradient clipped to length 1, which is the line in `train` above?

# %% [markdown] i18n="zh" key="rnn-clipping" src="48b7fded"
# ## 梯度爆炸：裁剪它
#
# 再看另一面：因子大于 1。最小的例子是：状态连乘 20 次 u，希望最后得到 0.5，即 J(u) = (u²⁰ − 0.5)²。
# 它是一片平原加一道悬崖（Pascanu 等，2013）。从 u = 1.2 出发，α = 0.005，一步会走到哪里？
# 若把梯度裁剪到长度 1（就是上面 `train` 里的那一行），又会怎样？

# %%


def cliff(u):
    state = 1.0
    for _ in range(20):
        state = u * state
    return (state - 0.5) ** 2


landed = {}
for clipped, count in ((False, 1), (True, 80)):
    u = mg.tensor(1.2, dtype=mg.float64, requires_grad=True)
    optimizer = optim.SGD([u], lr=0.005)
    for _ in range(count):
        optimizer.zero_grad()
        cliff(u).backward()
        if clipped:
            nn.utils.clip_grad_norm_([u], max_norm=1.0)
        optimizer.step()
    landed[clipped] = u.item()
print(f"without clipping, after 1 step: u = {landed[False]:.0f}, where the loss is {cliff(landed[False]):.0e}")
print(f"clipped, after 80 steps: u = {landed[True]:.4f}; the solution is {0.5 ** (1 / 20):.4f}")
assert landed[False] < -100
assert abs(landed[True] - 0.5 ** (1 / 20)) < 1e-3
assert max(lengths_of[1.0]) > 1  # in the training above clipping was at work, too

# %% [markdown] i18n="en" key="gan"
# ## Two networks that disagree
#
# A generative adversarial network (Goodfellow et al. 2014) makes new data that look like given data. The **generator**
# G turns noise z into a point. The **critic** D, also called discriminator, says how probable it is that a point is
# real. D wants to be right, G wants D to be wrong: min over G, max over D of E[log D(x)] + E[log(1 − D(G(z)))].
#
# | paper | here |
# | --- | --- |
# | D(x), a probability | `sigmoid(D(x))`: our D gives logits |
# | −E[log D(x)] − E[log(1 − D(G(z)))], what D minimizes | `critic_loss` |
# | z | `mg.randn(n, 2)` |
#
# First hold G still. Real points come from N(1, 1), false ones from N(−1, 1). Of all critics, the best is D*(x) =
# p(x)/(p(x) + q(x)), with p and q the densities of the two. Here that is sigmoid(2x). Will a trained D find it?

# %% [markdown] i18n="zh" key="gan" src="76afd86d"
# ## 两个唱反调的网络
#
# 生成对抗网络（GAN，Goodfellow 等，2014）生成与给定数据相像的新数据。**生成器** G 把噪声 z 变成一个点；
# **判别器** D 说出一个点为真的概率。D 想判对，G 想让 D 判错：对 G 取最小、对 D 取最大
# E[log D(x)] + E[log(1 − D(G(z)))]。
#
# | 论文 | 这里 |
# | --- | --- |
# | D(x)，概率 | `sigmoid(D(x))`：我们的 D 输出 logit |
# | −E[log D(x)] − E[log(1 − D(G(z)))]，D 要最小化的 | `critic_loss` |
# | z | `mg.randn(n, 2)` |
#
# 先让 G 不动。真点来自 N(1, 1)，假点来自 N(−1, 1)。在所有判别器中，最好的是 D*(x) = p(x)/(p(x) + q(x))，
# p、q 是两者的密度；此处就是 sigmoid(2x)。训练出来的 D 会找到它吗？

# %%
bce = F.binary_cross_entropy_with_logits


def critic_loss(critic, real, fake):
    yes, no = critic(real), critic(fake)
    return bce(yes, mg.ones_like(yes)) + bce(no, mg.zeros_like(no))  # −E[log D(x)] − E[log(1 − D(G(z)))]


mg.manual_seed(0)
D = nn.Linear(1, 1)
optimizer = optim.Adam(D.parameters(), lr=0.05)
for _ in range(200):
    optimizer.zero_grad()
    critic_loss(D, mg.randn(256, 1) + 1, mg.randn(256, 1) - 1).backward()
    optimizer.step()
print(f"the trained critic: sigmoid({D.weight.item():.2f}·x + {D.bias.item():.2f}); the best: sigmoid(2·x + 0)")
assert abs(D.weight.item() - 2) < 0.4
assert abs(D.bias.item()) < 0.3

# %% [markdown] i18n="en" key="gan-equilibrium"
# ## What the losses are when G has won
#
# If G's points cannot be told from the real ones, p = q and the best critic says 1/2 everywhere. Its loss is then
# −log ½ − log ½ = log 4 = 1.386, and that of a G that minimizes −E[log D(G(z))] is log 2. So a **perfect** GAN has
# losses that are not 0. Train the critic again, on real points against real points. What will its answers be?

# %% [markdown] i18n="zh" key="gan-equilibrium" src="e1f58e89"
# ## G 赢了的时候，损失是多少
#
# 如果 G 的点与真点无法区分，则 p = q，最好的判别器处处回答 1/2。此时它的损失是 −log ½ − log ½ = log 4 = 1.386，
# 而最小化 −E[log D(G(z))] 的 G，损失是 log 2。所以一个**完美的** GAN，损失并不是 0。
# 用真点对真点再训练一次判别器，它会怎样回答？

# %%
for _ in range(200):
    optimizer.zero_grad()
    loss = critic_loss(D, mg.randn(256, 1) + 1, mg.randn(256, 1) + 1)
    loss.backward()
    optimizer.step()
answer = mg.sigmoid(D(mg.tensor([[0.0], [1.0], [2.0]]))).flatten().detach()
print(f"critic's loss {loss.item():.3f}, log 4 = {math.log(4):.3f}; its answers at 0, 1, 2:", answer)
assert abs(loss.item() - math.log(4)) < 0.05
assert (answer - 0.5).abs().max().item() < 0.15

# %% [markdown] i18n="en" key="gan-saturation"
# ## A wish that can be heard
#
# By the formula, G should minimize E[log(1 − D(G(z)))]. The paper itself advises against it: minimize −E[log D(G(z))].
# Both want D(G(z)) up. At the start D is sure: D(G(z)) = 0.001. Which of the two slopes, taken at D's logit, is
# larger, and by how much?

# %% [markdown] i18n="zh" key="gan-saturation" src="0c33103f"
# ## 让 G 的愿望有梯度可走
#
# 按公式，G 应当最小化 E[log(1 − D(G(z)))]；论文自己却建议改为最小化 −E[log D(G(z))]。两者都希望 D(G(z)) 变大。
# 训练之初 D 很有把握：D(G(z)) = 0.001。在 D 的 logit 处求导，两个斜率哪个大，大多少？

# %%
logit = mg.tensor(math.log(0.001 / 0.999), dtype=mg.float64, requires_grad=True)  # sigmoid(logit) = 0.001
saturating = mg.autograd.grad(mg.log(1 - mg.sigmoid(logit)), logit)[0].item()  # −D
heard = mg.autograd.grad(-mg.log(mg.sigmoid(logit)), logit)[0].item()  # −(1 − D)
print(f"slope of log(1 − D): {saturating:.4f}; slope of −log D: {heard:.4f}")
assert abs(saturating + 0.001) < 1e-6
assert abs(heard + 0.999) < 1e-6

# %% [markdown] i18n="en" key="gan-detach"
# ## Whose turn is it: detach
#
# Two networks, two optimizers, and turns. When D learns, G's points are mere data: `G(z).detach()`, the same numbers
# without their history. When G learns, the gradient must pass **through** D to reach G, so nothing is detached, but
# only G's optimizer steps. The picture is D's turn. Will you find G in it?

# %% [markdown] i18n="zh" key="gan-detach" src="c40edcb6"
# ## 轮到谁了：detach
#
# 两个网络，两个优化器，轮流更新。D 学习时，G 的点只是数据：`G(z).detach()`，同样的数，不带历史。G 学习时，
# 梯度必须**穿过** D 才能到 G，所以什么都不分离，但只有 G 的优化器走一步。下图是轮到 D 的时候，你在图里找得到 G 吗？

# %%
mg.manual_seed(0)
G, D = nn.Linear(2, 2), nn.Linear(2, 1)
real, z = mg.randn(4, 2), mg.randn(4, 2)
with_history = critic_loss(D, real, G(z))
with_history.backward()
print("without detach, D's turn leaves in G's gradient:", G.weight.grad.norm().item())
assert G.weight.grad.norm().item() > 0

G.zero_grad()
D.zero_grad()
loss = critic_loss(D, real, G(z).detach())
loss.backward(retain_graph=True)
print("with detach:", G.weight.grad)
assert G.weight.grad is None
draw(loss, values=False)

# %% [markdown] i18n="en" key="gan-turns"
# ## Not downhill: round in circles
#
# Each optimizer goes down, but on a loss that the other moves. The smallest game: a wants a·b small, b wants it large.
# At (0, 0) nobody can win anything. From (1, 0), both step at once with α = 0.1: what will happen to the distance from
# (0, 0)? And if they take turns?

# %% [markdown] i18n="zh" key="gan-turns" src="c92b8979"
# ## 不是下坡，而是转圈
#
# 两个优化器各自下坡，脚下的损失却被对方移动。最小的博弈：a 想让 a·b 变小，b 想让它变大。在 (0, 0) 处谁也占不到便宜。
# 从 (1, 0) 出发，α = 0.1，两人同时走：到 (0, 0) 的距离会怎样？轮流走呢？

# %%


def play(in_turns, rounds=100):
    a, b = mg.tensor(1.0, requires_grad=True), mg.tensor(0.0, requires_grad=True)
    of_a, of_b = optim.SGD([a], lr=0.1), optim.SGD([b], lr=0.1, maximize=True)  # maximize: uphill
    path = [(1.0, 0.0)]
    for _ in range(rounds):
        of_a.zero_grad()
        of_b.zero_grad()
        (a * b).backward()
        of_a.step()  # a ← a − α·b
        if in_turns:
            of_b.zero_grad()
            (a * b).backward()  # b sees where a has gone
        of_b.step()  # b ← b + α·a
        path.append((a.item(), b.item()))
    return np.array(path)


fig, ax = plt.subplots(figsize=(4, 4), layout="constrained")
for in_turns, name in ((False, "at once"), (True, "in turns")):
    path = play(in_turns)
    ax.plot(*path.T, ".-", markersize=4, linewidth=0.8, label=name)
    distance = np.hypot(*path[-1])
    print(f"{name}: after 100 rounds the distance from (0, 0) is {distance:.3f}")
    assert distance > 1.5 if not in_turns else abs(distance - 1) < 0.1
assert abs(np.hypot(*play(False)[-1]) - (1 + 0.1**2) ** 50) < 1e-3  # each step makes it √(1 + α²) longer
ax.set(xlabel="a", ylabel="b", aspect="equal")
legend = ax.legend()

# %% [markdown] i18n="en" key="gan-training"
# ## A GAN on a ring
#
# Eight small clouds of points on a ring. G is a network from 2 noise numbers to 2 coordinates, D one from 2 coordinates
# to a logit, both with 32·32 hidden units. Two trainings of 500 rounds, both with Adam. "Usual": β₁ = 0.9 and the same
# learning rate for both. "Tuned": β₁ = 0.5, a common choice for GANs since Radford et al. (2016), and a critic that
# learns faster than G. (Try one of the two changes alone: β₁ helps a little, the faster critic hardly.
# Together they do, and from other seeds, too.) After the game in circles: which do you expect to come to rest?

# %% [markdown] i18n="zh" key="gan-training" src="1480b475"
# ## 环上的 GAN
#
# 环上有八小团点。G 是从 2 个噪声数到 2 个坐标的网络，D 是从 2 个坐标到一个 logit 的网络，隐藏层都是 32·32。两次训练，
# 各 500 轮，都用 Adam。“usual”是平常的设置：β₁ = 0.9，两边学习率相同。“tuned”是调过的：
# β₁ = 0.5（自 Radford 等 2016 年起 GAN 常用的选择），并且判别器比 G 学得快。（可以试试只改一处：只改 β₁ 略有帮助，
# 只让判别器学得快几乎没有；两处一起改才行，换别的随机种子也一样。）想想刚才的转圈：你预计哪一次会安定下来？

# %%
angles = 2 * np.pi * np.arange(8) / 8
centres = mg.tensor(2 * np.stack([np.cos(angles), np.sin(angles)], 1)).float()  # (8, 2)


def real_points(n):
    return centres[mg.randint(0, 8, (n,))] + 0.1 * mg.randn(n, 2)


def network(outputs):
    return nn.Sequential(nn.Linear(2, 32), nn.ReLU(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, outputs))


def train_gan(d_lr, g_lr, betas, seed, rounds=500, n=64):
    """Both losses in each round, and G's points after every 125 rounds."""
    mg.manual_seed(seed)
    G, D = network(2), network(1)
    g_optimizer = optim.Adam(G.parameters(), lr=g_lr, betas=betas)
    d_optimizer = optim.Adam(D.parameters(), lr=d_lr, betas=betas)
    curves, points = [], []
    for t in range(1, rounds + 1):
        d_optimizer.zero_grad()
        d_loss = critic_loss(D, real_points(n), G(mg.randn(n, 2)).detach())  # D's turn
        d_loss.backward()
        d_optimizer.step()

        g_optimizer.zero_grad()
        g_loss = bce(D(G(mg.randn(n, 2))), mg.ones(n, 1))  # G's turn: −E[log D(G(z))]
        g_loss.backward()
        g_optimizer.step()

        curves.append((d_loss.item(), g_loss.item()))
        if t % 125 == 0:
            points.append(G(mg.randn(400, 2)).detach().numpy())
    return np.array(curves), points


def clouds_hit(points):
    """How many of the eight clouds have at least 2 % of the points near them."""
    distance = np.linalg.norm(points[:, None] - centres.numpy(), axis=2)  # (400, 8)
    return int(((distance < 0.4).mean(0) >= 0.02).sum())


tuned_curves, tuned = train_gan(d_lr=5e-3, g_lr=2e-3, betas=(0.5, 0.999), seed=1)
usual_curves, usual = train_gan(d_lr=2e-3, g_lr=2e-3, betas=(0.9, 0.999), seed=2)

fig, axes = plt.subplots(2, 4, figsize=(10, 5.2), layout="constrained", sharex=True, sharey=True)
for row, snapshots, name in ((0, tuned, "tuned"), (1, usual, "usual")):
    for k, (ax, points) in enumerate(zip(axes[row], snapshots, strict=True), start=1):
        ax.plot(*centres.numpy().T, "o", color="0.8", markersize=14)
        ax.plot(*points.T, ".", markersize=2)
        ax.set(title=f"{name}, round {125 * k}", aspect="equal", xlim=(-3.5, 3.5), ylim=(-3.5, 3.5))
print("clouds hit, after each 125 rounds: tuned:", [clouds_hit(p) for p in tuned], end="; ")
print("usual:", [clouds_hit(p) for p in usual])
assert clouds_hit(tuned[-1]) >= 6
assert np.mean([clouds_hit(p) for p in usual]) < 4

# %% [markdown] i18n="en" key="mode-collapse"
# ## Mode collapse
#
# The first generator has drawn the ring, if not yet the gaps. The second crowds its points in one place. That fools
# the critic for a moment; the critic learns to mistrust the place, and the whole crowd moves on. The data have eight
# modes, G shows one at most: **mode collapse**. Nothing in G's loss asks for variety within a batch. But surely the
# loss shows it? In the good run, points got better from round 125 to 500. How will G's loss have changed in that
# time?

# %% [markdown] i18n="zh" key="mode-collapse" src="ff2bb0c2"
# ## 模式坍缩
#
# 第一个生成器画出了圆环，虽然还没有分出间隙。第二个把所有的点挤在一处。判别器暂时被骗住，随后学会不信任那里，
# 于是整群点又搬到别处。数据有八个模式，G 至多给出一个：这就是**模式坍缩**（mode collapse）。
# G 的损失里没有任何东西要求一批之内要多样。但损失总该看得出来吧？在好的那次训练里，从第 125 轮到第 500 轮，点越来越好，
# G 的损失会怎样变化？

# %%
fig, axes = plt.subplots(1, 2, figsize=(9, 3.2), layout="constrained", sharey=True)
for ax, curves, name in ((axes[0], tuned_curves, "tuned"), (axes[1], usual_curves, "usual")):
    ax.plot(curves[:, 0], linewidth=0.8, label="critic")
    ax.plot(curves[:, 1], linewidth=0.8, label="generator")
    ax.axhline(math.log(4), color="0.5", linestyle="--", linewidth=0.8, label="log 4")
    ax.axhline(math.log(2), color="0.5", linestyle=":", linewidth=0.8, label="log 2")
    ax.set(title=name, xlabel="round", ylim=(0, 4))
    ax.legend(ncols=2)
blob, ring = tuned_curves[100:150, 1].mean(), tuned_curves[450:, 1].mean()
close = np.mean(np.abs(usual_curves[:, 1] - ring) < 0.2)
print(f"tuned: G's mean loss around round 125, a blob: {blob:.2f}; at the end, a ring: {ring:.2f}")
print(f"usual: in {close:.0%} of all rounds G's loss is within 0.2 of that, with one cloud or none")
assert ring > blob - 0.2  # the points got better all the time, the loss did not
assert close > 0.05

# %% [markdown] i18n="en" key="gan-loss-curve"
# ## The perfect loss, the wrong points
#
# It gets worse. Real numbers from N(2, 0.5²), a small G and a small critic. The losses settle at log 4 and log 2, to
# the second digit: the equilibrium of a perfect generator. Is it one? Say which spread G's numbers will have.

# %% [markdown] i18n="zh" key="gan-loss-curve" src="f9492d46"
# ## 损失完美，点却不对
#
# 还有更糟的。真数来自 N(2, 0.5²)，G 和判别器都很小。损失稳稳停在 log 4 和 log 2，准到小数点后两位：
# 正是完美生成器的平衡点。它真的完美吗？说说看，G 产生的数标准差会是多少。

# %%
mg.manual_seed(0)
G = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
D = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
g_optimizer, d_optimizer = (optim.Adam(model.parameters(), lr=0.01, betas=(0.5, 0.99)) for model in (G, D))
curves = []
for _ in range(300):
    d_optimizer.zero_grad()
    d_loss = critic_loss(D, 0.5 * mg.randn(64, 1) + 2, G(mg.randn(64, 1)).detach())
    d_loss.backward()
    d_optimizer.step()
    g_optimizer.zero_grad()
    g_loss = bce(D(G(mg.randn(64, 1))), mg.ones(64, 1))
    g_loss.backward()
    g_optimizer.step()
    curves.append((d_loss.item(), g_loss.item()))
d_mean, g_mean = np.mean(curves[-50:], axis=0)
made = G(mg.randn(1000, 1)).detach()
print(f"critic's loss {d_mean:.3f} (log 4 = {math.log(4):.3f}), generator's {g_mean:.3f} (log 2 = {math.log(2):.3f})")
print(f"but the spread of G's numbers is {made.std().item():.2f}, that of the real ones 0.5")
assert abs(d_mean - math.log(4)) < 0.05
assert abs(g_mean - math.log(2)) < 0.05
assert made.std().item() < 0.35

# %% [markdown] i18n="en" key="gan-loss-curve-seen"
# The losses say that **this critic, now,** sees no difference. That is all a GAN's loss ever says. Look at the points,
# and measure what you care about on them.

# %% [markdown] i18n="zh" key="gan-loss-curve-seen" src="cc9b63f4"
# 这样的损失只说明：**这个判别器，此刻，**看不出区别。GAN 的损失能说的从来只有这些。
# 要去看生成的点，并在点上测量你关心的东西。

# %% [markdown] i18n="en" key="trends"
# ## Trends
#
# The documents close with wishes: more efficient and more adaptive optimizers, joined with RNNs and GANs (000 §5);
# losses that fit the task, rates that adapt, global optima (001 §5); better generalization with few resources (004 §7).
# They are fair wishes. One is no trend: rates "driven by the loss" are not what adaptive methods do (tutorial 08). And
# this page adds what they leave out: what an optimizer needs depends on the **model**. Which settings, usual
# elsewhere, did the ring not bear, and what did the RNN need that no optimizer has? Here are both answers as numbers.

# %% [markdown] i18n="zh" key="trends" src="7589501f"
# ## 趋势
#
# 几份文档都以愿望结尾：更高效、更自适应、与 RNN 和 GAN 结合的优化策略（000 §5）；适合任务的损失、自适应的学习率、
# 全局最优（001 §5）；资源有限时更好的泛化（004 §7）。这些愿望都在理，只有一条不是趋势：自适应方法并不“根据损失值”
# 调学习率（教程 08）。而这一页补上了它们没有说的：优化器需要什么，取决于**模型**。环上的 GAN 受不了哪些别处常用的设置？
# RNN 需要的什么，是任何优化器都没有的？两个答案的数字都在下面。

# %%
print(f"GAN, Adam's usual settings: clouds hit {clouds_hit(usual[-1])} of 8; tuned: {clouds_hit(tuned[-1])} of 8")
print(f"RNN, the same Adam: loss {late[0.5]:.2f} from a start that forgets, {late[1.0]:.3f} from one that does not")
assert clouds_hit(usual[-1]) < clouds_hit(tuned[-1])

# %% [markdown] i18n="en" key="break"
# ## Break it
#
# 1. Detach in G's turn, too: `D(G(z).detach())`. What will G learn?
# 2. Carry a state from one batch to the next, and forget to detach it. What will the second `backward()` say?

# %% [markdown] i18n="zh" key="break" src="67a0eb66"
# ## 把它弄坏
#
# 1. 轮到 G 时也 detach：`D(G(z).detach())`。G 能学到什么？
# 2. 把状态从一批带到下一批，却忘了 detach。第二次 `backward()` 会怎么说？

# %%
G, D = network(2), network(1)
bce(D(G(mg.randn(8, 2)).detach()), mg.ones(8, 1)).backward()
print("G's gradients after its turn:", {p.grad for p in G.parameters()})
assert all(p.grad is None for p in G.parameters())  # nothing arrives; D's gradients are there, for nobody

rnn = nn.RNN(1, 4)
state = None
try:
    for _ in range(2):
        output, state = rnn(mg.randn(5, 1, 1), state)  # mend it: state.detach() before the next batch
        output.square().mean().backward()
except RuntimeError as error:
    print("RuntimeError:", error)
else:
    raise AssertionError("the freed graph was walked twice")

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# Trends and challenges: 000 §5, 001 §5, 004 §7. Right: vanishing and exploding gradients as problems of depth (000
# §5). Imprecise: that joining them is a thing of the future. Wrong: a rate driven by the loss as the idea of adaptive
# methods ([E001-03](20_errata_lab.py), tutorial 08). All of it, line by line: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="b6ad5355"
# ## 在文档中的位置
#
# 趋势与挑战：000 §5、001 §5、004 §7。对的：梯度消失与爆炸是深度带来的问题（000 §5）。不够准确的：
# 把两者的结合当作未来的事。错的：认为自适应方法就是根据损失调学习率（[E001-03](20_errata_lab.py)，教程 08）。
# 逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. The best critic between N(1, 1) and N(−1, 1) is sigmoid(2x). Show it, and find it for N(1, 1) and N(−1, 2²). Hint:
#    its logit is log p(x) − log q(x); for the second pair give D the inputs x and x².
# 2. Let an RNN predict a sine: input sin(0.4t + φ), target the next value. Then feed it its own answers for 20 steps.
#    Hint: 16 hidden units, Adam at 0.01, 150 steps of T = 20; `rnn(x, state)` goes on from a state.
# 3. In the game a·b, let both look ahead: each takes the gradient at the place where the other would be after a step.
#    Does it come to rest now? Hint: a' = a − α·b and b' = b + α·a first, then a ← a − α·b' and b ← b + α·a'.
#
# [Answers](answers/18_rnn_and_gan.py)

# %% [markdown] i18n="zh" key="exercises" src="0d0ab0cd"
# ## 练习
#
# 1. N(1, 1) 与 N(−1, 1) 之间最好的判别器是 sigmoid(2x)。请证明，并求 N(1, 1) 与 N(−1, 2²) 之间的。
#    提示：它的 logit 是 log p(x) − log q(x)；对第二对，给 D 两个输入 x 和 x²。
# 2. 让 RNN 预测正弦：输入 sin(0.4t + φ)，目标是下一个值。然后把它自己的回答喂给它 20 步。
#    提示：16 个隐藏单元，Adam 学习率 0.01，T = 20，训练 150 步；`rnn(x, state)` 从一个状态接着走。
# 3. 在 a·b 的博弈里，让双方都往前看：各自在“对方走一步之后的位置”求梯度。现在会安定下来吗？
#    提示：先算 a' = a − α·b，b' = b + α·a，再 a ← a − α·b'，b ← b + α·a'。
#
# [答案](answers/18_rnn_and_gan.py)
