"""Answers to the exercises of tutorial 02: tensors and the derivative table."""

# %% 1. Shapes
# 答：从右边起对齐，1 与缺少的轴被拉伸；`x.grad` 的形状总与 x 相同。
import numpy as np

import minigrad as mg
from minigrad.table import TABLE

x = mg.ones(4, 1, 3, requires_grad=True)
(x * mg.zeros(5, 3)).sum().backward()
shapes = [
    (x + mg.zeros(2, 3)).shape,
    x.sum(dim=0).shape,
    x.mean(dim=-1, keepdim=True).shape,
    (x - x.reshape(4, 3)).shape,  # (4, 1, 3) − (4, 3): the 1 meets the 4
    x.grad.shape,  # always that of x
]
print("1.", shapes)
assert shapes == [(4, 2, 3), (1, 3), (4, 1, 1), (4, 4, 3), (4, 1, 3)]

# %% 2. The layer, walked back with the rules alone
# 答：从 g = 1 出发，依次用 tanh、add、matmul 的规则。b 被两个样本用过，所以多一行：把两份加起来（sum(axis=0)）。
X = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
W = np.array([[0.1, -0.2], [0.3, 0.0], [0.0, 0.1]])
b = np.array([0.5, -0.5])

product = X @ W
z = product + b
h = np.tanh(z)
g = np.ones_like(h)  # sum
g = TABLE["tanh"].rules[0](g, h, z)
by_bias = TABLE["add"].rules[1](g, z, product, b).sum(axis=0)  # the one more line: b was used by both examples
by_product = TABLE["add"].rules[0](g, z, product, b)
by_weight = TABLE["matmul"].rules[1](by_product, product, X, W)

tracked = [mg.tensor(a, dtype=mg.float64, requires_grad=True) for a in (W, b)]
mg.tanh(mg.tensor(X, dtype=mg.float64) @ tracked[0] + tracked[1]).sum().backward()
print("2. by b:", by_bias)
assert np.allclose(by_weight, tracked[0].grad.numpy())
assert np.allclose(by_bias, tracked[1].grad.numpy())

# %% 3. Newton's step
# 答：第一个导数带着自己的计算图，才能再求一次。从 2 出发，5 步之后与 1 相差不到百万分之一。
x = mg.tensor(2.0, dtype=mg.float64, requires_grad=True)
steps = 0
while abs(x.item() - 1) > 1e-6:
    (slope,) = mg.autograd.grad(x**4 - 4 * x, x, create_graph=True)
    (bend,) = mg.autograd.grad(slope, x)
    with mg.no_grad():
        x -= slope / bend
    steps += 1
print(f"3. x = {x.item():.9f} after {steps} steps")
assert steps == 5
