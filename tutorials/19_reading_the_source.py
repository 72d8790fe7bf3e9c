# %% [markdown] i18n="en" key="title"
# # 19 · Reading minigrad's source in an afternoon
#
# **One question: what ran when you wrote `y.backward()`?** By now you have used every part of minigrad. This tutorial
# takes one line of yours and follows it through the source, page by page, with a debugger's eyes. Below: the house, a
# bar for each of its main rooms, in the order in which they may know of each other; a page imports only from the
# rooms above it. Guess before you look: how many lines are the engine and the walk back together?

# %% [markdown] i18n="zh" key="title" src="1ec22c3b"
# # 19 · 一个下午读完 minigrad 的源代码
#
# **只问一个问题：你写下 `y.backward()` 的时候，究竟运行了什么？** 到现在为止，你已经用过 minigrad 的每个部分。
# 这一篇取你写的一行代码，像用调试器一样，一页一页地跟着它走遍源代码。下图是这座“房子”：每个主要的房间一根条，
# 按照谁可以知道谁的次序排列；一页代码只能从它上面的房间导入。先猜一猜：引擎加上反向遍历，一共多少行？

# %%
import ast
import inspect
import re
from pathlib import Path

import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import backward, dispatch, memory, nn, ops, optim, rules
from minigrad.table import TABLE
from minigrad.train import Trainer
from minigrad.utils.data import DataLoader
from minigrad.viz import draw, health, plot_learning_curves

HOUSE = Path(mg.__file__).parent
ROOMS = [
    "table.py",
    "engine.py",
    "backward.py",
    "ops",
    "functions",
    "tensor.py",
    "autograd.py",
    "nn",
    "optim",
    "viz",
    "train",
    "cli",
]


def text_of(room):
    """A page, or all pages of a folder."""
    pages = [HOUSE / room] if room.endswith(".py") else (HOUSE / room).rglob("*.py")
    return "\n".join(page.read_text(encoding="utf-8") for page in pages)


counts = {room: len(text_of(room).splitlines()) for room in ROOMS}
for i, room in enumerate(ROOMS):
    imports = [line for line in ast.parse(text_of(room)).body if isinstance(line, ast.ImportFrom)]
    asked = [f"{line.module}.{alias.name}".split(".") for line in imports for alias in line.names]
    below = {later.removesuffix(".py") for later in ROOMS[i + 1 :]}
    assert not below & {name for house, name, *_ in asked if house == "minigrad"}  # nobody looks down
fig, ax = plt.subplots(figsize=(7, 3.4), layout="constrained")
bars = ax.barh(ROOMS, counts.values())
ax.bar_label(bars, padding=3)
ax.set(xlabel="lines", xlim=(0, 1.15 * max(counts.values())))
ax.invert_yaxis()
core = counts["table.py"] + counts["engine.py"] + counts["backward.py"]
print(f"a row of the table, engine and walk back: {core} lines")
assert core < 900

# %% [markdown] i18n="en" key="row"
# ## A row of the derivative table
#
# Open `minigrad/ops/elementwise.py`. `mul` is a NumPy line, and under it two more: what x gets, what y gets. That is
# all minigrad knows about multiplication. Which of the names in a rule are arrays?

# %% [markdown] i18n="zh" key="row" src="50cad623"
# ## 导数表的一行
#
# 打开 `minigrad/ops/elementwise.py`。`mul` 是一行 NumPy，下面还有两行：x 得到什么，y 得到什么。
# minigrad 对乘法的全部了解就是这些。规则里的名字，哪些是数组？

# %%
row = TABLE["mul"]
print(inspect.getsource(row.forward))
for name, rule in zip("xy", row.rules, strict=True):
    print(f"what {name} gets: {rules.rule_text(rule)}")
g, out, x, y = np.array(1.0), np.array(6.0), np.array(2.0), np.array(3.0)
assert row.rules[0](g, out, x, y) == 3.0  # ∂(x·y)/∂x = y: a rule is a plain function of arrays
assert row.rules[1](g, out, x, y) == 2.0

# %% [markdown] i18n="en" key="call"
# ## The call that records
#
# `w * x` is `mul(w, x)`: `Tensor.__mul__` is that function itself. It goes to `engine.call`, which does four things:
# take the arrays out of the tensors, run the forward, ask whether anyone needs a gradient, and if so leave a
# **Node**. Look at the node: what would you need to walk back, and is anything missing?

# %% [markdown] i18n="zh" key="call" src="6f4d13a2"
# ## 做记录的调用
#
# `w * x` 就是 `mul(w, x)`：`Tensor.__mul__` 正是这个函数本身。它进入 `engine.call`，做四件事：从张量里取出数组，
# 运行前向，问一问有没有谁需要梯度，有的话就留下一个**节点**（Node）。看看这个节点：要往回走需要什么？缺了什么吗？

# %%
w = mg.tensor(0.5, requires_grad=True, name="w")
x = mg.tensor(3.0, name="x")
b = mg.tensor(-1.0, requires_grad=True, name="b")
product = w * x
node = product.node
print("op:", node.op.name)
print("inputs:", [v.name for v in node.inputs], " their arrays:", [a.tolist() for a in node.arrays])
print("who needs a gradient:", list(node.needs), " when:", node.tick)
assert mg.Tensor.__mul__ is mg.mul
assert node.op is row
assert node.inputs[0] is w
assert list(node.needs) == [0]  # x asked for none: its rule will never be called

# %% [markdown] i18n="en" key="order"
# ## Time is the order
#
# Every recorded call takes a tick of one clock. Whoever uses a result was called later than whoever made it, so
# "newest first" **is** a topological order: no sorting by dependency, no recursion. Will the ticks below grow from
# inside to outside?

# %% [markdown] i18n="zh" key="order" src="e57496fe"
# ## 时间就是次序
#
# 每次被记录的调用都从同一个时钟取一个刻度。使用结果的人，一定比产生结果的人更晚被调用；所以“从新到旧”**就是**拓扑序：
# 不需要按依赖关系排序，也不需要递归。下面的刻度会由里到外递增吗？

# %%
total = product + b
result = mg.tanh(total)
ticks = [v.node.tick for v in (product, total, result)]
print("ticks:", ticks)
assert ticks == sorted(ticks)
draw(result)

# %% [markdown] i18n="en" key="walk"
# ## The walk back, written again
#
# `backward.py` walks the record. Here is its heart in a dozen lines, on the very nodes from above. What it leaves out:
# freeing, hooks, threads, errors. Will it agree with `backward()` to the last bit?

# %% [markdown] i18n="zh" key="walk" src="d4e0c10e"
# ## 把反向遍历再写一遍
#
# `backward.py` 沿着记录走。下面用十几行写出它的核心，用的就是上面那些节点。略去了：释放、钩子、线程、报错。
# 它会和 `backward()` 一位不差吗？


# %%
def walk(root):
    """The gradients of a root by its leaves: {leaf: gradient}."""
    pending, leaves = {root: np.ones_like(root.array)}, {}
    while pending:
        newest = max(pending, key=lambda v: v.node.tick if v.node else -1)
        g, node = pending.pop(newest), newest.node
        if node is None:  # a leaf: nothing lies behind it
            leaves[newest] = g
            continue
        for i in node.needs:
            gradient = node.op.rules[i](g, newest.array, *node.arrays, **node.params)  # the rule, on arrays
            pending[node.inputs[i]] = pending.get(node.inputs[i], 0) + gradient  # paths that meet are added
    return leaves


ours = walk(result)
result.backward(retain_graph=True)
for leaf in (w, b):
    print(f"{leaf.name}: ours {ours[leaf]:.6f}, backward {leaf.grad.item():.6f}")
    assert ours[leaf] == leaf.grad.item()
tangled = mg.exp(product) * product - w * b  # what was made early is used early and late
ours = walk(tangled)
for leaf, g in zip((w, b), mg.autograd.grad(tangled, (w, b), retain_graph=True), strict=True):
    assert abs(ours[leaf] - g.item()) < 1e-5
print(inspect.getsource(backward._pass_back))  # the inner loop, with what we left out; the outer is backward.walk

# %% [markdown] i18n="en" key="fit"
# ## One place undoes broadcasting
#
# No rule of `+` or `*` mentions a shape. `backward.fit` sums a gradient over the axes that the forward stretched,
# once, for every op. A (3,) bias was added to a (2, 3) batch: what shape arrives, and what shape must leave?

# %% [markdown] i18n="zh" key="fit" src="aff025b8"
# ## 只在一处还原广播
#
# `+` 和 `*` 这些运算的规则都不提形状。`backward.fit` 对前向时被拉伸的轴求和，为所有运算统一做这一件事。
# 形状 (3,) 的偏置加到 (2, 3) 的一批上：到达的梯度是什么形状？离开时必须是什么形状？

# %%
arrived = np.array([[1.0, 2.0, 3.0], [10.0, 20.0, 30.0]])
left = backward.fit(arrived, np.zeros(3), TABLE["add"])
print("arrived", arrived.shape, " left", left.shape, left)
assert left.tolist() == [11.0, 22.0, 33.0]

# %% [markdown] i18n="en" key="never-wrong"
# ## The log that makes it safe
#
# A rule reads values of the forward. What if they were overwritten in between? Every write through the library goes
# into `memory.log` with the same clock. A node older than the last write looks closer: does the range that was
# written touch an array that one of **its** rules reads? `+` reads nothing, `*` reads its inputs. Which of these two
# will raise?

# %% [markdown] i18n="zh" key="never-wrong" src="1dcd5c42"
# ## 保证安全的日志
#
# 规则会读前向时的值。如果中途被改写了呢？通过本库进行的每次写入都记进 `memory.log`，用的是同一个时钟。
# 比最近一次写入更早的节点会仔细检查：写入的范围碰到了**它的**规则要读的数组吗？`+` 什么都不读，`*` 要读它的输入。
# 下面两个，哪个会报错？

# %%
print("mul's rules read:", [sorted(rules.values_read(rule)) for rule in row.rules])
print("add's rules read:", [sorted(rules.values_read(rule)) for rule in TABLE["add"].rules])
a = mg.tensor([1.0, 2.0], requires_grad=True)
outcome = {}
for name, op in (("a + a", mg.add), ("a * a", mg.mul)):
    value = op(a, a).sum()
    clock = memory.log.last
    a.data[0] = 9.0
    assert memory.log.last > clock  # the write was noted
    try:
        value.backward()
        outcome[name] = "right"
    except RuntimeError as error:
        outcome[name] = "refused"
        print(f"{name}: {error}")
assert outcome == {"a + a": "right", "a * a": "refused"}

# %% [markdown] i18n="en" key="twice"
# ## The same rule, recorded
#
# A rule cannot tell arrays from tensors. Given tensors, its multiplications are recorded like yours: that is all there
# is to second derivatives. We call tanh's rule ourselves. What will the result know that an array does not?

# %% [markdown] i18n="zh" key="twice" src="1738e036"
# ## 同一条规则，被记录下来
#
# 规则分不清自己拿到的是数组还是张量。给它张量，它的乘法就像你写的一样被记录：二阶导数的全部秘密就是这个。
# 我们亲自调用 tanh 的规则。结果会知道哪些数组所不知道的事？

# %%
t = mg.tensor(0.3, requires_grad=True, dtype=mg.float64)
value = mg.tanh(t)
slope = TABLE["tanh"].rules[0](mg.tensor(1.0, dtype=mg.float64), value, t)  # 1 − tanh², as a Tensor
(second,) = mg.autograd.grad(slope, t)
by_hand = -2 * np.tanh(0.3) * (1 - np.tanh(0.3) ** 2)
print(
    f"slope {slope.item():.6f}, made by {slope.node.op.name}; its own slope {second.item():.6f}, by hand {by_hand:.6f}"
)
assert abs(second.item() - by_hand) < 1e-12

# %% [markdown] i18n="en" key="numpy"
# ## NumPy comes in, too
#
# `np.exp(t)` asks t first: `__array_ufunc__` looks the function up in the table (`dispatch.py`). What is not there is
# refused, because a silently cut graph is worse than an error. Which of these three is refused?

# %% [markdown] i18n="zh" key="numpy" src="9488dcbe"
# ## NumPy 也走这条路
#
# `np.exp(t)` 会先问 t：`__array_ufunc__` 到表里查这个函数（`dispatch.py`）。表里没有的就拒绝，
# 因为悄悄断掉的计算图比报错更糟。下面三个，哪个会被拒绝？

# %%
print(len(inspect.getsource(dispatch).splitlines()), "lines of dispatch")
assert np.exp(t).node.op.name == "exp"
assert (np.float64(2.0) * t).node.op.name == "mul"
try:
    np.spacing(t)
except TypeError as error:
    print("refused:", error)
else:
    raise AssertionError("a function without a rule was let through")

# %% [markdown] i18n="en" key="modules"
# ## Layers and optimizers are thin
#
# `nn.Linear` is two parameters and one call of `linear`. `optim.SGD` is one formula: the base class lays the parameters
# side by side in flat vectors θ, and `update` is written for those. After the first step, where does a weight live?

# %% [markdown] i18n="zh" key="modules" src="8c1438fa"
# ## 层和优化器都很薄
#
# `nn.Linear` 就是两个参数加一次 `linear` 调用。`optim.SGD` 就是一个公式：基类把参数首尾相接排成扁平的向量 θ，
# `update` 是为 θ 而写的。走过第一步之后，权重住在哪里？

# %%
print(inspect.getsource(nn.Linear.forward))
print(inspect.getsource(optim.SGD.update))
model = nn.Linear(2, 3)
optimizer = optim.SGD(model.parameters(), lr=0.1)
model(mg.ones(1, 2)).sum().backward()
optimizer.step()
shared = model.weight.array.base
print("weight and bias are views of one vector of", shared.size, "numbers")
assert shared is model.bias.array.base
assert shared.size == 2 * 3 + 3

# %% [markdown] i18n="en" key="numbers"
# ## How it knows that it is right
#
# A test goes through the whole table: every row with a rule must have samples, and on each sample the rule is held
# against small differences, twice. You can do the same to any row: `minigrad ops tanh` on the command line. How many
# rows are there, and how many of them have no derivative on purpose?

# %% [markdown] i18n="zh" key="numbers" src="92eca7a4"
# ## 它怎样知道自己是对的
#
# 有一个测试走遍整张表：每个有规则的行都必须有样本，在每个样本上把规则与微小差分对照，一阶、二阶都查。
# 你可以对任何一行做同样的事：命令行 `minigrad ops tanh`。表里有多少行？其中多少行是故意没有导数的？

# %%
with_rules = [row for row in TABLE.values() if row.rules is not None]
print(f"{len(TABLE)} rows, {len(TABLE) - len(with_rules)} of them constant almost everywhere")
check = mg.gradcheck.gradcheck(mg.tanh, t)
assert check
assert TABLE["sign"].rules is None
assert all(row.forward.__module__.startswith(("minigrad.ops", "minigrad.engine")) for row in TABLE.values())
assert len(list(Path(ops.__file__).parent.glob("*.py"))) < 10

# %% [markdown] i18n="en" key="break"
# ## Break it: forget the +
#
# In our walk, paths that meet are added. Overwrite instead, as a beginner's engine would, and give it x·x at 3. Which
# wrong number comes out, and would a test with one path only have noticed?

# %% [markdown] i18n="zh" key="break" src="f8a9041b"
# ## 把它弄坏：忘了加
#
# 在我们的遍历里，交汇的路径会相加。改成覆盖，像初学者的引擎那样，再给它 3 处的 x·x。会得到哪个错误的数？
# 只有一条路径的测试会发现吗？

# %%
forgetful = {}
three = mg.tensor(3.0, requires_grad=True)
square = three * three
for i in square.node.needs:
    forgetful[three] = square.node.op.rules[i](np.array(1.0), square.array, *square.node.arrays)  # no sum
print(f"forgetful: {forgetful[three]}, ours: {walk(square)[three]}; d(x²)/dx at 3 is 6")
assert forgetful[three] == 3.0
assert walk(square)[three] == 6.0

# %% [markdown] i18n="en" key="tools"
# ## Tools, and where to read on
#
# Document 004 §6 announces tools and resources, and is empty (E004-10). We would put these there. **Tools**, one line
# each, in the order in which to reach for them: the graph (`draw`, or `explore` to step through it), the derivative
# checked (`gradcheck`), the layers after `backward()` (`health`), the curves (`plot_learning_curves`). **To read**:
# Goodfellow, Bengio & Courville, *Deep Learning* (2016); Zhang, Lipton, Li & Smola, *Dive into Deep Learning*, in
# English and in Chinese (d2l.ai, zh.d2l.ai); the notes of Stanford's course CS231n (cs231n.github.io); Baydin and
# others, "Automatic differentiation in machine learning: a survey" (2018); and the papers that the optimizers'
# docstrings name. Look them up: document 000's list shows what an unchecked list is worth.
#
# Below is a network that will not learn. Which of the four tools says why?

# %% [markdown] i18n="zh" key="tools" src="d68877d9"
# ## 工具，以及接下来读什么
#
# 文档 004 §6 的标题是工具和资源，内容却是空的（E004-10）。我们会写上这些。**工具**，每样一行代码，按该用的先后排列：
# 计算图（`draw`，或用 `explore` 一步步走），检验导数（`gradcheck`），看 `backward()` 之后的各层（`health`），
# 看曲线（`plot_learning_curves`）。**读物**：Goodfellow、Bengio、Courville 的《深度学习》（2016）；
# Zhang、Lipton、Li、Smola 的《动手学深度学习》，有中英文两版（zh.d2l.ai、d2l.ai）；斯坦福课程 CS231n 的讲义
# （cs231n.github.io）；Baydin 等人的综述 Automatic differentiation in machine learning: a survey（2018）；
# 还有各优化器文档字符串里写明的论文。请自己去查：没有核对过的书单值多少，看看文档 000 的就知道了。
#
# 下面是一个学不动的网络。四样工具里，哪一样能说出原因？
#
# 输出中的英文：dead 死的（没有梯度），fine 正常，verdict 结论，layer 层。

# %%
mg.manual_seed(0)
moons = mg.datasets.Moons(200, noise=0.1, generator=mg.Generator(0))
stuck = nn.Sequential(nn.Linear(2, 16), nn.ReLU(), nn.Linear(16, 2))
nn.init.constant_(stuck[0].bias, -10.0)  # the fault
first = nn.functional.cross_entropy(stuck(moons.points), moons.labels)
first.backward(retain_graph=True)
draw(first)

# %%
fine = mg.gradcheck.gradcheck(mg.relu, mg.tensor([-1.0, 0.5, 2.0], dtype=mg.float64, requires_grad=True))
trainer = Trainer(stuck, nn.CrossEntropyLoss(), optim.SGD(stuck.parameters(), lr=0.5))
history = trainer.fit(DataLoader(moons, batch_size=50, shuffle=True), epochs=5)
print(f"gradcheck of relu: {fine}; loss {history[0]['loss']:.3f} → {history[-1]['loss']:.3f}, and log 2 is 0.693")
assert fine
assert abs(history[-1]["loss"] - np.log(2)) < 0.02
panels = plot_learning_curves(history)
panels[0].set(yscale="linear", ylim=(0, 1))  # from 0 on: by itself the picture enlarges the trembling
panels

# %%
table = health(stuck)
assert "dead" in table.rows[0].words  # no unit of the first layer ever fires
table

# %% [markdown] i18n="en" key="tools-seen"
# The derivative is right, and the curve says only *that* nothing happens. `health` says why, in a word: the first layer
# is dead. A bias of −10 lets none of its units fire (tutorial 13). The graph knows it, too: ReLU's output is "all 0",
# and the gradients behind it are framed in red. Among fifty layers nobody would find that place; the table does.

# %% [markdown] i18n="zh" key="tools-seen" src="b8590d5f"
# 导数没有问题，曲线只说明**没有**进展。一个词就说出原因的是 `health`：第一层是死的（dead）。偏置为 −10，
# 它的单元一个也不会激活（教程 13）。计算图里其实也看得出来：ReLU 的输出是 all 0（全为 0），它背后的梯度加了红框。
# 换成五十层的网络，谁也找不到那个地方，表格却可以。

# %% [markdown] i18n="en" key="references"
# ## References
#
# A reference must lead to something. Most of the 53 in document 000 do not: many are about routing in networks, one
# series of them runs on to the year 2032, and known papers have other people's names on them (E000-17). Each optimizer
# here names its paper in its docstring, so that you can put the formula beside the code. Which is the oldest idea, and
# how much older is it than Adam?

# %% [markdown] i18n="zh" key="references" src="5daa2da2"
# ## 参考文献
#
# 参考文献总要能查到。文档 000 的 53 条多半查不到：许多讲的是网络路由，其中一串的年份一直排到 2032，知名论文署了别人的
# 名字（E000-17）。这里每个优化器都在文档字符串里写明论文，可以拿公式与代码对照。
# 哪个优化器的想法最老？比 Adam 早多少年？
#
# 输出中的英文：the oldest 最老的，… years before Adam 比 Adam 早……年。

# %%
papers = {}
for name in optim.__all__:
    if name not in ("Optimizer", "lr_scheduler"):
        papers[name] = re.findall(r"[A-Z][\w., ]*\(?(?:19|20)\d\d", getattr(optim, name).__doc__)
        print(f"{name:<18}{'; '.join(papers[name]).replace('(', '')}")
years = {name: min(int(paper[-4:]) for paper in told) for name, told in papers.items()}
oldest = min(years, key=years.get)
print(f"the oldest: {oldest}, {years[oldest]}, {years['Adam'] - years[oldest]} years before Adam")
assert max(years.values()) <= 2019  # and nothing from the future
assert (oldest, years["Adam"]) == ("SGD", 2015)

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 002 §3 names forward and backward pass in a sentence each; 004 §4.1 uses `Module` and `parameters()`. How either
# works inside, none of the documents says. 004 §6 (tools and resources) is empty ([E004-10](../docs/errata.md)), 000 §7
# is the list of references ([E000-17](../docs/errata.md)). `docs/design.md` says why the house is built this way, and
# `docs/promises.md` which test holds each promise. All concepts: [the concept map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="8ecd75aa"
# ## 在文档中的位置
#
# 002 §3 各用一句话提到前向传播和反向传播；004 §4.1 使用了 `Module` 和 `parameters()`。它们内部怎样工作，五份文档都没
# 有讲。004 §6（工具和资源）是空的（[E004-10](../docs/errata.md)）；000 §7 是参考文献列表
# （[E000-17](../docs/errata.md)）。房子为什么这样建，见 `docs/design.md`；
# 每个承诺由哪个测试守着，见 `docs/promises.md`。全部概念见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Make `walk` collect the gradients of **all** values, not only of leaves, and check them against `retain_grad()`.
#    Hint: note g before you ask whether the node is None.
# 2. Which row of the table has the longest rule, and which is used by the most other rules? Hint: `rules.rule_text`
#    gives a rule's text; count names of rows in it.
# 3. Show that a graph keeps its values alive until it is walked: watch an intermediate array with `weakref.ref` before
#    and after `backward()`. Hint: `weakref.ref(product.node.arrays[0])`, and do not keep `product`.
#
# [Answers](answers/19_reading_the_source.py)

# %% [markdown] i18n="zh" key="exercises" src="42bd8203"
# ## 练习
#
# 1. 让 `walk` 收集**所有**值的梯度，而不仅是叶子的，并与 `retain_grad()` 对照。提示：在问节点是否为 None 之前就记下 g。
# 2. 表中哪一行的规则最长？哪一行被最多其他规则用到？提示：`rules.rule_text` 给出规则的文本；数一数其中出现的行名。
# 3. 证明计算图会让值一直活着，直到被走过：用 `weakref.ref` 观察一个中间数组在 `backward()` 前后的情况。
#    提示：`weakref.ref(product.node.arrays[0])`，并且不要留住 `product`。
#
# [答案](answers/19_reading_the_source.py)
