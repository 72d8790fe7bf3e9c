"""Answers to the exercises of tutorial 18."""

import numpy as np

import minigrad as mg
from minigrad import nn, optim

F = nn.functional

# %% 1. The best critic
# D* = p/(p + q) has the logit log p − log q. For N(±1, 1) that is −(x − 1)²/2 + (x + 1)²/2 = 2x. For N(1, 1) against
# N(−1, 2²) it is −(x − 1)²/2 + (x + 1)²/8 + log 2 = −(3/8)·x² + (5/4)·x − 3/8 + log 2.
mg.manual_seed(0)
D = nn.Linear(2, 1)
optimizer = optim.Adam(D.parameters(), lr=0.03)
for _ in range(600):
    real, fake = mg.randn(512, 1) + 1, 2 * mg.randn(512, 1) - 1
    yes, no = D(mg.cat([real, real**2], dim=1)), D(mg.cat([fake, fake**2], dim=1))
    optimizer.zero_grad()
    loss = F.binary_cross_entropy_with_logits(yes, mg.ones_like(yes))
    loss = loss + F.binary_cross_entropy_with_logits(no, mg.zeros_like(no))
    loss.backward()
    optimizer.step()
found = np.array([*D.weight[0].tolist(), D.bias.item()])
best = np.array([5 / 4, -3 / 8, np.log(2) - 3 / 8])
print("logit = a·x + b·x² + c; found:", found.round(2), " best:", best.round(2))
assert np.abs(found - best).max() < 0.25

# %% 2. A sine that goes on by itself
mg.manual_seed(0)
rnn, head = nn.RNN(1, 16), nn.Linear(16, 1)
optimizer = optim.Adam([*rnn.parameters(), *head.parameters()], lr=0.01)


def sines(n, steps):
    phase = mg.rand(1, n) * 6.2832
    values = mg.sin(phase + 0.4 * mg.arange(steps + 1)[:, None].float())[:, :, None]  # (steps + 1, n, 1)
    return values[:-1], values[1:]


for _ in range(150):
    x, y = sines(16, 20)
    optimizer.zero_grad()
    states, _ = rnn(x)
    loss = F.mse_loss(head(states), y)
    loss.backward()
    optimizer.step()

x, y = sines(1, 40)
with mg.no_grad():
    states, state = rnn(x[:20])
    answer, own = head(states[-1:]), []
    for _ in range(20):
        own.append(answer.item())
        states, state = rnn(answer, state)  # its own answer is the next input
        answer = head(states)
error = np.abs(np.array(own) - y[19:39, 0, 0].numpy()).mean()
print(f"training loss {loss.item():.4f}; mean error of 20 steps on its own {error:.3f}")
assert loss.item() < 0.03
assert error < 0.4

# %% 3. Looking ahead at the other
a, b = 1.0, 0.0
for _ in range(500):
    ahead_a, ahead_b = a - 0.1 * b, b + 0.1 * a
    a, b = a - 0.1 * ahead_b, b + 0.1 * ahead_a
print(f"after 500 rounds the distance from (0, 0) is {np.hypot(a, b):.3f}")
assert np.hypot(a, b) < 0.2  # a step of α along, and α² inwards: this is called the extragradient method
