"""Answers to the exercises of tutorial 16."""

from itertools import permutations

import numpy as np

import minigrad as mg
from minigrad import nn, optim


def integrated_gradients(f, x, steps=64):
    """The share of each number of x in f(x) − f(0)."""
    t = (mg.arange(float(steps)) + 0.5).reshape(steps, 1) / steps
    way = (t * x).detach().requires_grad_()  # (steps, n)
    (g,) = mg.autograd.grad(f(way).sum(), way)
    return (x * g.mean(dim=0)).numpy()


# %% 1. A product
# IG_a = 2·∫3t dt = 3 and IG_b = 3·∫2t dt = 3: they share the product 6 fairly, whatever the sizes.
shares = integrated_gradients(lambda p: p[:, 0] * p[:, 1], mg.tensor([2.0, 3.0]))
print("integrated gradients of a·b at (2, 3):", shares)
assert np.allclose(shares, (3, 3), atol=1e-4)


# %% 2. Shapley values
def value(present):
    """F with the inputs that are not present set to 0."""
    a, b, c = (number if i in present else 0 for i, number in enumerate((2, 3, 4)))
    return a * b + c


shapley = np.zeros(3)
for order in permutations(range(3)):
    for k, i in enumerate(order):
        shapley[i] += (value(order[: k + 1]) - value(order[:k])) / 6
shares = integrated_gradients(lambda p: p[:, 0] * p[:, 1] + p[:, 2], mg.tensor([2.0, 3.0, 4.0]))
print("Shapley values:", shapley, " integrated gradients:", shares)
assert np.allclose(shapley, (3, 3, 4))
assert np.allclose(shapley.sum(), value((0, 1, 2)))
assert np.allclose(shares, shapley, atol=1e-4)  # here; for a²·b, say, they differ

# %% 3. The arrow turned round
train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)
x, y = train.images[:2000].reshape(2000, 784), train.labels[:2000]
mg.manual_seed(0)
layers = [m for n in (784, 64, 64) for m in (nn.Linear(n, 64), nn.ReLU())]
for layer in layers[::2]:
    nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
model = nn.Sequential(*layers, nn.Linear(64, 10))
optimizer = optim.Adam(model.parameters(), lr=3e-3)
for _ in range(5):
    for rows in mg.randperm(2000).reshape(40, 50):
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(x[rows]), y[rows]).backward()
        optimizer.step()

images, labels = test.images[:100].reshape(100, 784).clone().requires_grad_(), test.labels[:100]
(g,) = mg.autograd.grad(nn.functional.cross_entropy(model(images), labels), images)
with mg.no_grad():
    wrong = {"clean": images, "noise": images + 0.1 * mg.sign(mg.randn(100, 784)), "gradient": images + 0.1 * g.sign()}
    wrong = {name: (model(x).argmax(dim=1) != labels).sum().item() for name, x in wrong.items()}
print("wrong out of 100:", wrong)  # the noise points nowhere in particular; the gradient points where it hurts
assert wrong["gradient"] > 3 * wrong["noise"]
assert wrong["gradient"] > 50
