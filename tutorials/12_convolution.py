# %% [markdown] i18n="en" key="title"
# # 12 · Convolution: looking through a window
#
# **One question: why should a network look at an image through a small window, and carry the window around?** To the
# network of tutorial 11 an image is 784 numbers in no order: shuffle the pixels, and it learns as well. For us, a
# pixel means something beside its neighbours. Below is a digit, and what three windows of 3 by 3 weights make of it:
# three **feature maps**. Purple is where a window says yes, orange where it says the opposite. What does each of the
# three look for?

# %% [markdown] i18n="zh" key="title" src="28979dae"
# # 12 · 卷积：透过一个窗口看
#
# **只问一个问题：网络为什么要透过一个小窗口看图像，还要把窗口移来移去？** 对教程 11 的网络来说，
# 图像只是 784 个没有顺序的数：把像素打乱，它照样能学。而对我们来说，一个像素要和它的邻居放在一起才有意义。
# 下面是一个数字，以及三个 3×3 权重窗口看到的结果；这样的结果叫**特征图**（feature map）。
# 图题依次是：右 − 左，下 − 上，中间 − 四周。紫色处结果为正（窗口说“是”），橙色处为负（窗口说“恰恰相反”）。
# 三个窗口各在找什么？

# %%
import numpy as np
from matplotlib import pyplot as plt

import minigrad as mg
from minigrad import nn, optim
from minigrad.transforms import shift
from minigrad.utils.data import DataLoader, TensorDataset
from minigrad.viz import draw, plot_weight_images

F = nn.functional
train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)
digit = test.images[:1]  # (1, 1, 28, 28): one example, one channel

windows = mg.tensor(
    [
        [[-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0], [-1.0, 0.0, 1.0]],  # left against right
        [[-1.0, -1.0, -1.0], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0]],  # above against below
        [[-1.0, -1.0, -1.0], [-1.0, 8.0, -1.0], [-1.0, -1.0, -1.0]],  # the middle against its neighbours
    ]
)[:, None]  # (3, 1, 3, 3): three windows, one channel each
seen = F.conv2d(digit, windows)  # (1, 3, 26, 26): three images, the feature maps

fig, axes = plt.subplots(1, 4, figsize=(10, 2.8), layout="constrained")
axes[0].imshow(digit[0, 0].numpy(), cmap="gray_r")
titles = "right − left", "below − above", "middle − around"
for ax, image, title in zip(axes[1:], seen[0].numpy(), titles, strict=True):
    ax.imshow(image, cmap="PuOr", vmin=-abs(image).max(), vmax=abs(image).max())
    ax.set_title(title)
for ax in axes:
    ax.set(xticks=[], yticks=[])
whole = mg.ones(1, 1, 5, 5)
right_half, lower_half = whole.clone(), whole.clone()
right_half[..., :2], lower_half[..., :2, :] = 0, 0
assert (F.conv2d(right_half, windows)[0, :, 1, 0] > 0).tolist() == [True, False, False]  # ink on the right
assert (F.conv2d(lower_half, windows)[0, :, 0, 1] > 0).tolist() == [False, True, False]  # ink below
assert F.conv2d(whole, windows).abs().max().item() == 0  # where all is alike, all three say nothing

# %% [markdown] i18n="en" key="by-hand"
# ## By hand
#
# Lay the window over a corner of the image, multiply each weight with the pixel under it, add up. One number. Move the
# window, which is also called the **kernel** or filter, by one pixel, and again:
#
# > out[i, j] = b + Σₘ Σₙ w[m, n]·x[i + m, j + n]
#
# Below is a stroke, two pixels wide, and the window "right − left" of 3 by 3. What will the five numbers in a row of
# the result be? And where is the result 0?
#
# (Mathematicians flip the window before they call it a convolution; what all deep learning libraries compute is
# strictly a cross-correlation. As the weights are learned, nobody misses the flip.)

# %% [markdown] i18n="zh" key="by-hand" src="3d148153"
# ## 手算
#
# 把窗口盖在图像的一角，每个权重乘以它下面的像素，全部相加，得到一个数。窗口（教材里叫**卷积核**，kernel）移动一个像素，
# 再来一次：
#
# > out[i, j] = b + Σₘ Σₙ w[m, n]·x[i + m, j + n]
#
# 下面是两个像素宽的一笔，以及 3×3 的窗口“右 − 左”。结果的一行有五个数，会是哪五个？结果在哪里是 0？
#
# （数学家要先把窗口翻转才叫卷积；各种深度学习库算的严格说来是互相关。权重反正是学出来的，没有人在意这一翻转。）

# %%
stroke = mg.tensor([[0.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0]] * 5)  # (5, 7)
w = windows[0, 0]  # (3, 3): right − left
out = np.zeros((3, 5))
for i in range(3):
    for j in range(5):
        out[i, j] = (w * stroke[i : i + 3, j : j + 3]).sum().item()  # Σₘ Σₙ w[m, n]·x[i + m, j + n]
print("a row of the image: ", stroke[0].tolist())
print("a row of the result:", out[0].tolist())
assert out.tolist() == [[0.0, 3.0, 3.0, -3.0, -3.0]] * 3
assert F.conv2d(stroke[None, None], w[None, None])[0, 0].tolist() == out.tolist()

# %% [markdown] i18n="en" key="shared-weights"
# ## One weight, many places
#
# The same nine weights are used at every place. So the chain rule adds up: each weight receives a contribution from
# each place where it was used. With a 4 by 4 image and a 3 by 3 window there are 4 places. If the result is summed up,
# what is the slope in the upper left weight? (In the graph, `reshape` and `transpose` only put the axes into the order
# in which `convolve` wants them.)

# %% [markdown] i18n="zh" key="shared-weights" src="53f98a7a"
# ## 一个权重，许多位置
#
# 每个位置用的都是同样的九个权重。所以链式法则要求相加：每个权重从用到它的每个位置各得到一份贡献。
# 4×4 的图像、3×3 的窗口，共有 4 个位置。如果把结果全部加起来，对左上角那个权重的斜率是多少？
# （图中的 `reshape` 和 `transpose` 只是把各轴排成 `convolve` 需要的顺序。）

# %%
x = mg.arange(16).float().reshape(1, 1, 4, 4)
w = mg.tensor([[[[1.0] * 3] * 3]], requires_grad=True, name="w")  # (1, 1, 3, 3), all ones
total = F.conv2d(x, w).sum()
total.backward(retain_graph=True)  # kept, so that it can be drawn
print(f"upper left weight: slope {w.grad[0, 0, 0, 0].item():g}; it met 0, 1, 4 and 5, which makes {0 + 1 + 4 + 5}")
assert w.grad[0, 0, 0, 0].item() == 0 + 1 + 4 + 5
assert w.grad[0, 0, 2, 2].item() == 10 + 11 + 14 + 15
draw(total)

# %% [markdown] i18n="en" key="conv2d"
# ## nn.Conv2d: stride, padding, and the size of the result
#
# `nn.Conv2d(in_channels, out_channels, k)` is a layer of such windows. Each looks through **all** input channels at
# once, so a weight has the shape (out, in, k, k). A window of size k fits H − k + 1 times into H pixels. With p rows
# of zeros around the image (`padding`) and steps of s pixels (`stride`):
#
# > H′ = ⌊(H + 2p − k) / s⌋ + 1
#
# (⌊ ⌋ rounds down.) Work out the four sizes below before you run it. Which setting keeps 28 at 28?

# %% [markdown] i18n="zh" key="conv2d" src="6ec5ca1b"
# ## nn.Conv2d：步幅、填充，以及结果的大小
#
# `nn.Conv2d(in_channels, out_channels, k)` 就是由这种窗口组成的一层。每个窗口同时看**所有**输入通道，
# 所以权重的形状是 (out, in, k, k)。大小为 k 的窗口在 H 个像素里能放 H − k + 1 处。
# 如果在图像四周补 p 圈零（填充 `padding`），每次移动 s 个像素（步幅 `stride`）：
#
# > H′ = ⌊(H + 2p − k) / s⌋ + 1
#
# （⌊ ⌋ 表示向下取整。）运行之前先算出下面四种设置的大小。哪种能让 28 仍是 28？

# %%
sizes = {}
for k, s, p in ((5, 1, 0), (3, 1, 1), (3, 2, 1), (5, 3, 0)):
    layer = nn.Conv2d(1, 6, k, stride=s, padding=p)
    sizes[k, s, p] = layer(digit).shape[-1]
    print(f"window {k}, stride {s}, padding {p}: weight {layer.weight.shape}, 28 → {sizes[k, s, p]}")
    assert sizes[k, s, p] == (28 + 2 * p - k) // s + 1
assert list(sizes.values()) == [24, 28, 14, 8]

# %% [markdown] i18n="en" key="pooling"
# ## Max pooling
#
# `MaxPool2d(2, 2)` keeps the largest of each 2 by 2 patch: "is there a stroke here, somewhere?" The image shrinks to
# half in both directions. There is nothing to learn in it. On the way back, what do the three smaller ones in a patch
# receive?

# %% [markdown] i18n="zh" key="pooling" src="3b4a8afc"
# ## 最大池化
#
# `MaxPool2d(2, 2)` 在每个 2×2 小块里只留最大的一个：“这一带有没有笔画？”图像的长宽各缩小一半。它没有要学的参数。
# 反向传播时，小块里较小的那三个数会得到什么？

# %%
x = mg.tensor([[1.0, 2.0, 0.0, 7.0], [3.0, 4.0, 6.0, 5.0], [9.0, 8.0, 1.0, 2.0], [7.0, 6.0, 4.0, 3.0]])
x = x[None, None].requires_grad_()  # (1, 1, 4, 4)
pooled = nn.MaxPool2d(2, 2)(x)
pooled.sum().backward()
print(f"kept: {pooled[0, 0].tolist()}")
print(f"slopes: {x.grad[0, 0].tolist()}")
assert pooled[0, 0].tolist() == [[4.0, 7.0], [9.0, 4.0]]
assert x.grad.sum().item() == 4  # one winner in each patch, which receives everything

# %% [markdown] i18n="en" key="translation"
# ## Move the digit
#
# What a window finds in one place it finds in every place: move the digit, and the map moves with it. Two pixels to
# the right before a pooling are exactly one pixel after it. And one pixel, which is half a patch? Then the pixels do
# not fit their patches any more. Which will change most: the image, the maps, or the pooled maps?

# %% [markdown] i18n="zh" key="translation" src="e883f321"
# ## 移动数字
#
# 窗口在一处能找到的，在别处也能找到：数字移动，特征图跟着移动。池化之前向右两个像素，恰好是池化之后的一个像素。
# 如果只移动一个像素，即半个小块呢？这时像素和小块就对不齐了。哪个变化最大：图像、特征图，还是池化后的图？

# %%


def look(image):
    return F.max_pool2d(F.relu(F.conv2d(image, windows)), 2)  # (N, 3, 13, 13)


def change(before, after):
    return ((after - before).norm() / before.norm()).item()


assert mg.allclose(F.conv2d(shift(digit, right=2, down=0), windows), shift(F.conv2d(digit, windows), right=2, down=0))
assert mg.allclose(look(shift(digit, right=2, down=0)), shift(look(digit), right=1, down=0))
some = test.images[:200]
moved = shift(some, right=1, down=0)
changes = {
    "image": change(some, moved),
    "maps": change(F.relu(F.conv2d(some, windows)), F.relu(F.conv2d(moved, windows))),
    "pooled maps": change(look(some), look(moved)),
}
for name, value in changes.items():
    print(f"200 digits, moved by one pixel: change of the {name} {value:.0%}")
assert changes["pooled maps"] < changes["maps"] - 0.1  # fine edges change a lot; pooling softens that, no more

# %% [markdown] i18n="en" key="translation-seen"
# The maps change most: an edge is thin, and one pixel is enough to move it off itself. Pooling softens that; it does
# not remove it.

# %% [markdown] i18n="zh" key="translation-seen" src="64116102"
# 变化最大的是特征图：边缘很细，移一个像素就和原来的错开了。池化把这种变化减轻一些，但没有消除。

# %% [markdown] i18n="en" key="sizes"
# ## 3 → 6 → 16, and where 16·5·5 comes from
#
# Document 004's network has two rounds of convolution, ReLU and pooling, then three linear layers, the first of which
# takes `16 * 5 * 5` numbers. That is right for **one** size of image: 3 channels of 32 by 32 (E004-07). Follow the
# formula: 32 → 28 → 14 → 10 → 5. For MNIST, 1 channel of 28 by 28, what must stand in the two places?

# %% [markdown] i18n="zh" key="sizes" src="a60ff99c"
# ## 3 → 6 → 16，以及 16·5·5 从何而来
#
# 文档 004 的网络有两组“卷积、ReLU、池化”，然后是三个线性层，其中第一个接收 `16 * 5 * 5` 个数。
# 这只对**一种**图像大小成立：3 个通道、32×32（E004-07）。按公式走一遍：32 → 28 → 14 → 10 → 5。
# 对于 MNIST，即 1 个通道、28×28，这两处应该写什么？


# %%
class CNN(nn.Module):
    def __init__(self, channels=1, size=28):
        super().__init__()
        side = ((size - 4) // 2 - 4) // 2  # convolution, pool, convolution, pool: 28 → 24 → 12 → 8 → 4
        self.conv1 = nn.Conv2d(channels, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * side * side, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))  # (N, 6, 12, 12)
        x = self.pool(F.relu(self.conv2(x)))  # (N, 16, 4, 4)
        x = mg.flatten(x, 1)  # (N, 256)
        x = F.relu(self.fc1(x))  # (N, 120)
        x = F.relu(self.fc2(x))  # (N, 84)
        return self.fc3(x)  # (N, 10): logits


as_printed, ours = CNN(channels=3, size=32), CNN()
print(f"3 × 32 × 32: fc1 takes {as_printed.fc1.in_features} = 16·5·5;  1 × 28 × 28: {ours.fc1.in_features} = 16·4·4")
assert as_printed.fc1.in_features == 16 * 5 * 5
assert ours.fc1.in_features == 16 * 4 * 4
assert as_printed(mg.zeros(2, 3, 32, 32)).shape == ours(mg.zeros(2, 1, 28, 28)).shape == (2, 10)
try:
    as_printed(digit)
except ValueError as error:
    print(f"ValueError: {error}")
else:
    raise AssertionError("one channel went through a layer for three")

# %% [markdown] i18n="en" key="lenet"
# The numbers 6, 16, 120, 84, 10 are old: they are those of LeNet-5 (LeCun, Bottou, Bengio & Haffner 1998), which read
# digits in images of 32 by 32, one channel. Document 004's version replaces its scaled tanh by ReLU, its learned
# averages by max pooling, and its last layer by a linear one.

# %% [markdown] i18n="zh" key="lenet" src="a7886d3b"
# 6、16、120、84、10 这些数字由来已久：它们出自 LeNet-5（LeCun, Bottou, Bengio & Haffner 1998），它识别 32×32、
# 单通道图像中的数字。文档 004 的版本用 ReLU 代替了它的缩放 tanh，用最大池化代替了它的可学习的平均，
# 最后一层也换成了线性层。

# %% [markdown] i18n="en" key="parameters"
# ## Fewer parameters
#
# The MLP (multi-layer perceptron: linear layers with bends between them) of tutorial 11 has 101 770 parameters, and
# its first layer alone 100 480. Six windows of 5 by 5 and six biases: how many are those? A linear layer that
# produces as many numbers as `conv1`, 6·24·24, would need how many?

# %% [markdown] i18n="zh" key="parameters" src="466c51bc"
# ## 参数更少
#
# 教程 11 的 MLP（多层感知机：线性层，中间夹着 ReLU 之类的弯）有 101 770 个参数，光第一层就有 100 480 个。
# 六个 5×5 的窗口加六个偏置，一共多少个？如果用线性层产生与 `conv1` 同样多的数，即 6·24·24 个，又需要多少个参数？

# %%
for name, layer in ours.named_children():
    print(f"{name:6} {sum(p.numel() for p in layer.parameters()):7,}")
count = sum(p.numel() for p in ours.parameters())
dense = 784 * (6 * 24 * 24) + 6 * 24 * 24
print(f"together {count:,}, where the MLP has 101,770; a linear layer in place of conv1: {dense:,}")
assert sum(p.numel() for p in ours.conv1.parameters()) == 6 * 5 * 5 + 6 == 156
assert count == 44_426
assert dense == 2_712_960

# %% [markdown] i18n="en" key="view"
# ## view(-1, 400) against flatten(x, 1)
#
# Document 004 flattens with `x.view(-1, 16 * 5 * 5)` ([E004-08](20_errata_lab.py)). The −1 says "as many rows as it
# takes", in the one place that must not be negotiable: the number of examples. Give it colour images of 28 by 28, so
# that each example brings 16·4·4 = 256 numbers. What will happen to a batch of 32? And to a batch of 25?

# %% [markdown] i18n="zh" key="view" src="f7afd370"
# ## view(-1, 400) 与 flatten(x, 1)
#
# 文档 004 用 `x.view(-1, 16 * 5 * 5)` 来展平（[E004-08](20_errata_lab.py)）。−1 的意思是“需要几行就几行”，
# 可它偏偏放在唯一不容商量的地方：样本数。给它 28×28 的彩色图像，每个样本就带来 16·4·4 = 256 个数。
# 一批 32 个会怎样？一批 25 个呢？


# %%
class WithView(CNN):
    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(F.relu(self.conv2(x)))
        x = x.view(-1, 16 * 5 * 5)  # document 004: as many rows as it takes
        return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))


def report(model, batch):
    try:
        shape = model(mg.zeros(batch, 3, 28, 28)).shape
    except ValueError as error:
        print(f"{type(model).__name__:8} batch of {batch}: ValueError: {error}")
        return None
    print(f"{type(model).__name__:8} batch of {batch}: answers of shape {shape}")
    return shape


with_view = WithView(channels=3, size=32)
assert report(with_view, 32) is None
assert report(with_view, 25) == (16, 10)  # 25 · 256 = 16 · 400: 16 answers for 25 images, and no word about it
assert report(as_printed, 25) is None  # flatten(x, 1) keeps the examples apart, so that the next layer notices

# %% [markdown] i18n="en" key="view-seen"
# 32 images: 32·256 = 8192 numbers cannot be cut into rows of 400. 25 images: 25·256 = 16·400, so 25 images get 16
# answers, each mixed from two or three images, and nobody says a word. With `flatten(x, 1)` the next layer notices at
# once that a row has 256 numbers and not 400.

# %% [markdown] i18n="zh" key="view-seen" src="27abc239"
# 32 张图：32·256 = 8192 个数，切不成每行 400 个，所以报错。25 张图：25·256 = 16·400，于是 25 张图得到 16 个回答，
# 每个回答都混了两三张图，却没有任何提示。用 `flatten(x, 1)`，下一层立刻发现每行是 256 个数而不是 400 个。

# %% [markdown] i18n="en" key="training"
# ## Train it, beside the MLP
#
# 2000 digits and three epochs must do here. The loop is that of tutorial 11. Both networks get the same digits in the
# same batches. The CNN has less than half of the parameters. Which will read more of the 2000 test digits, and by how
# much?

# %% [markdown] i18n="zh" key="training" src="70730f43"
# ## 训练，和 MLP 比一比
#
# 这里只用 2000 个数字训练三轮。循环就是教程 11 的循环。两个网络得到同样的数字、同样的批。
# CNN 的参数不到 MLP 的一半。2000 个测试数字里，谁认对的多？多多少？


# %%
def fit(model, images, labels, epochs=3):
    optimizer = optim.Adam(model.parameters(), lr=0.003)
    shuffle = mg.Generator(0)
    for _ in range(epochs):
        for x, y in DataLoader(TensorDataset(images, labels), batch_size=32, shuffle=True, generator=shuffle):
            optimizer.zero_grad()
            F.cross_entropy(model(x), y).backward()
            optimizer.step()
    return model


def accuracy(model, images):
    model.eval()
    with mg.no_grad():
        return mg.train.accuracy(model(images), test.labels)


def new_mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


images, labels = train.images[:2000], train.labels[:2000]
mg.manual_seed(0)
cnn, mlp = fit(CNN(), images, labels), fit(new_mlp(), images, labels)
of_cnn, of_mlp = accuracy(cnn, test.images), accuracy(mlp, test.images)
print(f"test accuracy: CNN {of_cnn:.1%}, MLP {of_mlp:.1%}")
assert of_cnn > 0.88
assert of_cnn > of_mlp

# %% [markdown] i18n="en" key="filters"
# ## What the windows have become
#
# Nobody told them what to look for. Here are the six windows of `conv1` after training (purple is positive, orange
# negative; 2000 digits leave them a little noisy), and below them what they see in a 7, behind the ReLU, and what
# `conv2` makes of it. Dark is much. Which maps answer to the bar of the 7, which to its slanting stroke?

# %% [markdown] i18n="zh" key="filters" src="33e622e1"
# ## 窗口学成了什么样
#
# 没有人告诉它们要找什么。先是训练之后 `conv1` 的六个窗口（紫色为正，橙色为负；只有 2000 个数字，所以有些杂乱）；
# 下面是它们在一个 7 上看到的东西，经过了 ReLU，以及 `conv2` 由此得到的结果。在这些特征图里，颜色越深，数值越大。
# 哪些图对 7 的横有反应，哪些对它的斜笔画有反应？

# %%
plot_weight_images(cnn)

# %%
with mg.no_grad():
    maps = F.relu(cnn.conv1(digit))  # (1, 6, 24, 24)
    deeper = F.relu(cnn.conv2(cnn.pool(maps)))  # (1, 16, 8, 8)
fig, axes = plt.subplots(3, 8, figsize=(9, 3.8), layout="constrained")
for ax in axes.flat:
    ax.set(xticks=[], yticks=[])
axes[0, 7].set_axis_off()
axes[0, 0].imshow(digit[0, 0].numpy(), cmap="gray_r")
for i in range(6):
    axes[0, i + 1].imshow(maps[0, i].numpy(), cmap="gray_r", vmin=0, vmax=maps.max().item())
    axes[0, i + 1].set_title(f"conv1, {i}", fontsize=9)
for i in range(16):
    axes[1 + i // 8, i % 8].imshow(deeper[0, i].numpy(), cmap="gray_r", vmin=0, vmax=deeper.max().item())
    axes[1 + i // 8, i % 8].set_title(f"conv2, {i}", fontsize=9)
assert maps.shape == (1, 6, 24, 24)
assert deeper.shape == (1, 16, 8, 8)

# %% [markdown] i18n="en" key="shifted"
# ## The test digits, shifted
#
# Neither network has been trained on shifted digits. We push the test digits to the right by 0 to 3 pixels. How much
# will each lose at 3? Will the CNN, whose maps move along, lose anything at all?

# %% [markdown] i18n="zh" key="shifted" src="ccecdbe5"
# ## 把测试数字移一移
#
# 两个网络都没用移动过的数字训练过。我们把测试数字向右移 0 到 3 个像素。移 3 个像素时，两者的准确率各会下降多少？
# CNN 的特征图会跟着移动，它的准确率也会下降吗？

# %%
pixels = range(4)
by_shift = {
    name: [accuracy(model, shift(test.images, right=n, down=0)) for n in pixels]
    for name, model in (("CNN", cnn), ("MLP", mlp))
}
fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")
for (name, values), style in zip(by_shift.items(), ("o-", "s--"), strict=True):
    ax.plot(pixels, values, style, label=name)
    print(f"{name}: " + ", ".join(f"{value:.1%} at {n}" for n, value in zip(pixels, values, strict=True)))
ax.set(xlabel="pixels to the right", ylabel="test accuracy", xticks=pixels, ylim=(0, 1))
ax.legend()
assert by_shift["CNN"][3] > by_shift["MLP"][3] + 0.05  # better than the MLP
assert by_shift["CNN"][3] < by_shift["CNN"][0] - 0.15  # but far from immune

# %% [markdown] i18n="en" key="shifted-seen"
# Better, and yet not immune: behind the windows stand three linear layers, which learned *where* on the map to expect
# what. What convolution gives is that the map moves along, not that the answer stays. Training on shifted digits (data
# augmentation, tutorial 14) does the rest.

# %% [markdown] i18n="zh" key="shifted-seen" src="a088addc"
# 好一些，但并非不受影响：窗口后面还有三个线性层，它们学会了*在特征图的哪个位置*期待什么。
# 卷积保证的是特征图跟着移动，而不是答案不变。其余的要靠用移动过的数字来训练（数据增强，教程 14）。

# %% [markdown] i18n="en" key="break"
# ## Break it: shuffle the pixels
#
# The same shuffle for all digits, in training and in the test. To the MLP the inputs have only changed their seats.
# What will become of the CNN, for whom neighbours are neighbours no more?

# %% [markdown] i18n="zh" key="break" src="161f3663"
# ## 把它弄坏：打乱像素
#
# 所有数字用同一种打乱方式，训练和测试都一样。对 MLP 来说，输入只是换了座位。对 CNN 来说，邻居不再是邻居，它会怎样？

# %%
order = mg.randperm(784, generator=mg.Generator(0))


def shuffled(images):
    return images.flatten(1)[:, order].reshape(-1, 1, 28, 28)  # (N, 784), then (N, 1, 28, 28) again


mg.manual_seed(0)
lost = fit(CNN(), shuffled(images), labels), fit(new_mlp(), shuffled(images), labels)
cnn_lost, mlp_lost = (accuracy(model, shuffled(test.images)) for model in lost)
print(f"pixels shuffled: CNN {cnn_lost:.1%} (was {of_cnn:.1%}), MLP {mlp_lost:.1%} (was {of_mlp:.1%})")
assert cnn_lost < of_cnn - 0.08
assert abs(mlp_lost - of_mlp) < 0.04

# %% [markdown] i18n="en" key="prior"
# So the window is a bet (an **inductive bias**), built into the network before it has seen any data: that what
# matters is local, and the same everywhere. For images the bet is good. For a table of house prices, whose columns
# have no neighbours, it is not.

# %% [markdown] i18n="zh" key="prior" src="a4dfc416"
# 所以窗口是一个赌注（术语是**归纳偏置**，inductive bias），在网络看到任何数据之前就写进了结构：要紧的东西是局部的，
# 而且处处相同。对图像来说，这个赌注下得好。对房价表来说，各列之间没有邻居可言，就不好。

# %% [markdown] i18n="en" key="sections"
# ## Where this is in the documents
#
# 004 §4.2: the small CNN, `Conv2d`, `MaxPool2d`, ReLU, the flattening. Right: the order of the layers, ReLU after each
# convolution, logits without softmax, the loop (tutorial 11). Only for one size of image: 3 → 6 → 16 and 16·5·5
# (E004-07). Wrong: `view(-1, …)`, which lets examples run together ([E004-08](20_errata_lab.py)). Missing, as in §4.1:
# data, seed and evaluation ([E004-06](20_errata_lab.py)). All of it, line by line: [the concept
# map](../docs/concepts.md).

# %% [markdown] i18n="zh" key="sections" src="90d1a80f"
# ## 在文档中的位置
#
# 004 §4.2：小型 CNN、`Conv2d`、`MaxPool2d`、ReLU、展平。对的：各层的顺序、每个卷积之后的 ReLU、不加 softmax 的 logit、
# 训练循环（教程 11）。只对一种图像大小成立的：3 → 6 → 16 与 16·5·5（E004-07）。
# 错的：`view(-1, …)`，它会把不同样本混在一起（[E004-08](20_errata_lab.py)）。和 §4.1 一样缺少的：
# 数据、随机种子与评估（[E004-06](20_errata_lab.py)）。逐条对照见[概念地图](../docs/concepts.md)。

# %% [markdown] i18n="en" key="exercises"
# ## Exercises
#
# 1. Change one setting of `conv1`, so that document 004's 16·5·5 becomes right for MNIST. Hint: zeros around a 28 by
#    28 digit make it 32 by 32.
# 2. Write max pooling without `max_pool2d`, and compare. Hint: `x.reshape(N, C, H // 2, 2, W // 2, 2)`, then the
#    largest over two axes with `amax`.
# 3. How many pixels does one number behind two 3 by 3 convolutions depend on, and is one 5 by 5 window cheaper? Hint:
#    all weights 1, call `backward()` on a number in the middle, and look where the image's gradient is not 0.
#
# [Answers](answers/12_convolution.py)

# %% [markdown] i18n="zh" key="exercises" src="58c6034c"
# ## 练习
#
# 1. 只改 `conv1` 的一个设置，使文档 004 的 16·5·5 对 MNIST 成立。提示：28×28 的数字四周补零，就成了 32×32。
# 2. 不用 `max_pool2d` 写出最大池化，并作比较。提示：`x.reshape(N, C, H // 2, 2, W // 2, 2)`，
#    再用 `amax` 对两个轴取最大。
# 3. 经过两个 3×3 卷积之后，一个数依赖多少个像素？换成一个 5×5 窗口更便宜吗？提示：权重全设为 1，
#    对中间的一个数调用 `backward()`，看图像的梯度在哪里不为 0。
#
# [答案](answers/12_convolution.py)
