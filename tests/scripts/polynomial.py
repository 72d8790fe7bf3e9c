"""One linear layer learns the coefficients of a polynomial, with the update written out on `.data`."""

# ruff: noqa: N812, UP032 (written as such scripts are)

from itertools import count

import torch
import torch.nn.functional as F

torch.manual_seed(0)
DEGREE = 4
W_TARGET = torch.randn(DEGREE, 1) * 5
B_TARGET = torch.randn(1) * 5


def make_features(x):
    x = x.unsqueeze(1)
    return torch.cat([x**i for i in range(1, DEGREE + 1)], 1)


def f(x):
    return x.mm(W_TARGET) + B_TARGET.item()


def describe(weights, bias):
    terms = ["{:+.2f} x^{}".format(w, i + 1) for i, w in enumerate(weights)]
    return "y = " + " ".join(reversed(terms)) + " {:+.2f}".format(bias[0])


def get_batch(batch_size=32):
    x = make_features(torch.randn(batch_size))
    return x, f(x)


fc = torch.nn.Linear(W_TARGET.size(0), 1)
losses = []
for batch_idx in count(1):
    batch_x, batch_y = get_batch()
    fc.zero_grad()
    output = F.smooth_l1_loss(fc(batch_x), batch_y)
    loss = output.item()
    losses.append(loss)
    output.backward()
    for param in fc.parameters():
        param.data.add_(-0.1 * param.grad)
    if loss < 1e-3 or batch_idx == 3000:
        break

print(f"loss: {loss:.6f} after {batch_idx} batches")
print("learned:\t" + describe(fc.weight.view(-1), fc.bias))
print("true:\t\t" + describe(W_TARGET.view(-1), B_TARGET))
distance = (fc.weight.detach().view(-1) - W_TARGET.view(-1)).abs().max().item()
