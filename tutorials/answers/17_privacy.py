"""Answers to the exercises of tutorial 17."""

import minigrad as mg
from minigrad import nn, optim

F = nn.functional
digits = mg.datasets.MNIST()
images, labels = F.avg_pool2d(digits.images[:1300], 2).flatten(1), digits.labels[:1300].clone()
labels[0] = 6
x, y = images[:300], labels[:300]
strangers = images[300:], labels[300:]


def losses(model, x, y):
    return F.cross_entropy(model(x), y, reduction="none").detach().numpy()


# %% 1. A row that is there ten times
# Each copy is clipped to C, so that together they may push with 10·C: who owns k rows gets k times the bound.


def clipped_sgd(x, y, bound=1.0, lr=2.0, steps=60):
    mg.manual_seed(0)
    model = nn.Linear(196, 10)
    optimizer = optim.SGD(model.parameters(), lr=lr)
    for _ in range(steps):
        z = model(x)
        z.retain_grad()
        F.cross_entropy(z, y, reduction="sum").backward()
        length = (z.grad.square().sum(1) * (x.square().sum(1) + 1)).sqrt()
        delta = z.grad * (bound / mg.clamp(length, min=bound))[:, None]
        model.weight.grad, model.bias.grad = delta.T @ x / len(x), delta.sum(0) / len(x)
        optimizer.step()
    return model


without = losses(clipped_sgd(x[1:], y[1:]), x[:1], y[:1]).item()
memory = {}
for copies in (1, 10):
    model = clipped_sgd(mg.cat([x[:1]] * copies + [x[1:]]), mg.cat([y[:1]] * copies + [y[1:]]))
    memory[copies] = without - losses(model, x[:1], y[:1]).item()
    print(f"{copies:2} copies: memory {memory[copies]:.2f} nats")
assert memory[10] > 3 * memory[1]

# %% 2. Two layers
# The same trick in each layer: the gradient of its output, times its input.
mg.manual_seed(0)
first, second = nn.Linear(196, 16), nn.Linear(16, 10)
rows, truths = x[:20], y[:20]
z1 = first(rows)
hidden = mg.tanh(z1)
z2 = second(hidden)
z1.retain_grad()
z2.retain_grad()
F.cross_entropy(z2, truths, reduction="sum").backward()
of_first = mg.einsum("no,ni->noi", z1.grad, rows)  # (20, 16, 196)
of_second = mg.einsum("no,ni->noi", z2.grad, hidden.detach())  # (20, 10, 16)
for i in range(20):
    loss = F.cross_entropy(second(mg.tanh(first(rows[i : i + 1]))), truths[i : i + 1])
    g1, g2 = mg.autograd.grad(loss, [first.weight, second.weight])
    assert mg.allclose(of_first[i], g1, atol=1e-6)
    assert mg.allclose(of_second[i], g2, atol=1e-6)
print("both layers agree with the loop on all 20 rows")

# %% 3. Stopping early
# It weakens the attack, because over-fitting is what the attack feeds on. No number bounds what another one finds.
attack = {}
mg.manual_seed(0)
model = nn.Linear(196, 10)
optimizer = optim.Adam(model.parameters(), lr=0.03)
for step in range(1, 301):
    optimizer.zero_grad()
    F.cross_entropy(model(x), y).backward()
    optimizer.step()
    if step in (10, 30, 100, 300):
        members, others = losses(model, x, y), losses(model, *strangers)
        threshold = members.mean()
        attack[step] = ((members < threshold).mean() + (others >= threshold).mean()) / 2
        print(f"{step:3} steps: the attack is right {attack[step]:.1%} of the time")
assert attack[10] < attack[300]
