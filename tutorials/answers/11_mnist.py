"""Answers to the exercises of tutorial 11."""

import minigrad as mg
from minigrad import nn, optim
from minigrad.utils.data import DataLoader, TensorDataset

F = nn.functional
train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)


def network():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))


def fit(model, data, epochs, lr=0.003):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(epochs):
        for inputs, labels in DataLoader(data, batch_size=64, shuffle=True):
            optimizer.zero_grad()
            F.cross_entropy(model(inputs), labels).backward()
            optimizer.step()
    return model.eval()


def logits_of(model, images):
    with mg.no_grad():
        return model(images)


# %% 1. Shuffled pixels
# 答：几乎不差：线性层把输入加起来，而和与次序无关。对这个网络来说，像素相邻与否没有意义。
# A linear layer adds up its inputs, and a sum does not care for the order: to this network, neighbours mean nothing.
order = mg.randperm(784, generator=mg.Generator(0))
shuffled = TensorDataset(train.images.flatten(1)[:, order], train.labels)
accuracy = {}
for name, data, images in (
    ("as they are", train, test.images),
    ("shuffled", shuffled, test.images.flatten(1)[:, order]),
):
    mg.manual_seed(0)
    accuracy[name] = mg.train.accuracy(logits_of(fit(network(), data, epochs=1), images), test.labels)
    print(f"pixels {name}: {accuracy[name]:.1%}")
assert abs(accuracy["as they are"] - accuracy["shuffled"]) < 0.03

# %% 2. "I do not know"
# 答：它拒答的占一小部分；其余的准确率比全部的高出两个百分点以上。
mg.manual_seed(0)
logits = logits_of(fit(network(), train, epochs=3), test.images)
sure = mg.softmax(logits, dim=1).max(dim=1).values >= 0.9
right = mg.train.correct(logits, test.labels)
of_all, of_sure = right.float().mean().item(), right[sure].float().mean().item()
print(f"refuses {1 - sure.float().mean().item():.0%}; right: {of_all:.1%} of all, {of_sure:.1%} of those it answers")
assert of_sure > of_all + 0.02
assert 0.05 < 1 - sure.float().mean().item() < 0.35

# %% 3. Without a hidden layer
# 答：一个线性层也能认对不少，但比有 128 个隐藏神经元的网络差。
mg.manual_seed(0)
line = fit(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)), train, epochs=3)
of_line = mg.train.accuracy(logits_of(line, test.images), test.labels)
print(f"one linear layer: {of_line:.1%}; with 128 hidden units: {of_all:.1%}")
assert 0.85 < of_line < of_all - 0.01
