"""Answers to the exercises of tutorial 10."""

import numpy as np

import minigrad as mg
from minigrad import nn, optim

F = nn.functional
xor = mg.datasets.XOR()
x, y = xor.inputs, xor.targets


def train(model, x, y, steps, lr=0.05):
    optimizer = optim.Adam(model.parameters(), lr=lr)
    for _ in range(steps):
        optimizer.zero_grad()
        loss = F.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        optimizer.step()
    return loss.item()


# %% 1. By hand
# 答：两个单元看到的都是 x₁ + x₂；第二个只看超过 1 的部分，乘以 −2 之后，正好把 (1, 1) 压回 0。
model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
with mg.no_grad():
    model[0].weight.copy_(mg.ones(2, 2))  # both units see x₁ + x₂
    model[0].bias.copy_(mg.tensor([0.0, -1.0]))  # the second only what is above 1
    model[2].weight.copy_(mg.tensor([[1.0, -2.0]]))
    model[2].bias.zero_()
print("answers:", model(x).detach().flatten())
assert mg.equal(model(x).detach(), y)

# %% 2. One more input
# 答：缺的正是乘积这个特征：x₁ + x₂ − 2·x₁·x₂ 就是异或，在三个输入的空间里是一个平面。
# The product is exactly the feature that is missing: x₁ + x₂ − 2·x₁·x₂ is XOR, a straight plane in three inputs.
wider = mg.cat([x, x[:, :1] * x[:, 1:]], dim=1)
mg.manual_seed(0)
plane = nn.Linear(3, 1)
loss = train(plane, wider, y, steps=1500)
print(f"loss {loss:.4f}, weights {plane.weight.detach()}")
assert ((plane(wider) > 0) == (y > 0.5)).all()

# %% 3. Three inputs
# 答：八行全对。
rows = mg.tensor(np.indices((2, 2, 2)).reshape(3, 8).T, dtype=mg.float32)
odd = (rows.sum(dim=1, keepdim=True) % 2).detach()
mg.manual_seed(0)
network = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))
loss = train(network, rows, odd, steps=1000)
print(f"loss {loss:.4f}")
assert ((network(rows) > 0) == (odd > 0.5)).all()
