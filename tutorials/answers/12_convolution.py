"""Answers to the exercises of tutorial 12."""

import minigrad as mg
from minigrad import nn

F = nn.functional

# %% 1. 16·5·5 for MNIST
# Two zeros on each side: 28 + 4 = 32, and from there on it goes as for 32 by 32. LeNet-5 had such a frame, too.
conv1, conv2, pool = nn.Conv2d(1, 6, 5, padding=2), nn.Conv2d(6, 16, 5), nn.MaxPool2d(2, 2)
digits = mg.datasets.MNIST(train=False).images[:8]
maps = pool(F.relu(conv2(pool(F.relu(conv1(digits))))))
print(f"with padding=2: {digits.shape} → {maps.shape}")
assert maps.shape == (8, 16, 5, 5)
assert mg.flatten(maps, 1).shape == (8, 16 * 5 * 5)

# %% 2. Max pooling by hand
x = mg.randn(2, 3, 8, 6, generator=mg.Generator(0), requires_grad=True)
N, C, H, W = x.shape
by_hand = x.reshape(N, C, H // 2, 2, W // 2, 2).amax((3, 5))  # the axes inside a patch: (N, C, H/2, W/2)
library = F.max_pool2d(x, 2)
g = mg.randn(*library.shape, generator=mg.Generator(1))
(of_hand,), (of_library,) = (mg.autograd.grad((out * g).sum(), x) for out in (by_hand, library))
print(f"largest difference: {(by_hand - library).abs().max().item():g}")
assert mg.equal(by_hand.detach(), library.detach())
assert mg.allclose(of_hand, of_library)

# %% 3. What two windows see
# The second window sees 3 by 3 numbers, each of which sees 3 by 3 pixels: together 5 by 5.
image = mg.zeros(1, 1, 9, 9, requires_grad=True)
window = mg.ones(1, 1, 3, 3)
out = F.conv2d(F.conv2d(image, window), window)  # (1, 1, 5, 5)
out[0, 0, 2, 2].backward()
touched = (image.grad[0, 0] != 0).long()
print(f"one number depends on {touched.sum().item()} pixels, in this square:\n{touched}")
assert touched.sum().item() == 25
assert touched[2:7, 2:7].sum().item() == 25

channels = 16
two, one = 2 * 9 * channels**2, 25 * channels**2
print(f"weights for {channels} channels: {two:,} in two windows of 3 by 3, {one:,} in one of 5 by 5")
assert two < one
