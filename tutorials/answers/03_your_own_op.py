"""Answers to the exercises of tutorial 03: your own op."""

# %% 1. softsign
# 答：softsign 在 0 处没有尖点：两侧的斜率都是 1。但它的斜率在 0 处有尖点，所以检查二阶导数时要避开 0。
import numpy as np

import minigrad as mg
from minigrad import optim, primitive
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.table import TABLE


@primitive()
def softsign(x):
    return x / (1 + np.abs(x))


softsign.defvjp(lambda g, out, x: g / (1 + np.abs(x)) ** 2)

x = mg.tensor([-2.0, -0.5, 0.0, 0.3, 4.0], dtype=mg.float64, requires_grad=True)
assert gradcheck(softsign, x)  # no kink at 0: the slope is 1 on both sides
away_from_0 = mg.tensor([-2.0, -0.7, 0.3, 4.0], dtype=mg.float64, requires_grad=True)
assert gradgradcheck(softsign, away_from_0)  # but the slope itself has one there
print("1. softsign passes both checks")


# %% 2. the pinball loss finds a quantile
# 答：θ 停在 90 附近：十分之九的数在它下面。q = 0.9 的损失找到的是 0.9 分位数。
@primitive()
def pinball(e, *, q):
    return np.where(e > 0, q * e, (q - 1) * e)


pinball.defvjp(lambda g, out, e, q: g * np.where(e > 0, q, q - 1))

assert gradcheck(lambda e: pinball(e, q=0.9), away_from_0)
numbers = mg.arange(1.0, 101.0)
theta = mg.tensor(50.0, requires_grad=True)
optimizer = optim.SGD([theta], lr=1.0)
for _ in range(2000):
    optimizer.zero_grad()
    pinball(numbers - theta, q=0.9).mean().backward()
    optimizer.step()
print(f"2. θ = {theta.item():.2f}: nine tenths of the numbers are below")
assert 89.5 < theta.item() < 91.5


# %% 3. straight through a step
# 答：取整后的 w 学到了 3。`gradcheck` 不接受它，这也没错：1 并不是取整的导数，而是一个有用的选择。
class StraightThrough(mg.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        return mg.round(x)

    @staticmethod
    def backward(ctx, g):
        return g


w = mg.tensor(0.2, requires_grad=True)
optimizer = optim.SGD([w], lr=0.1)
for _ in range(100):
    optimizer.zero_grad()
    ((StraightThrough.apply(w) - 3.0) ** 2).backward()
    optimizer.step()
print(f"3. w = {w.item():.2f} rounds to {round(w.item())}")
assert round(w.item()) == 3

# gradcheck refuses it, and is right: 1 is not the derivative of rounding. It is a choice, and a useful one.
assert not gradcheck(StraightThrough.apply, away_from_0, raise_exception=False)

for name in ("softsign", "pinball"):
    TABLE.pop(name, None)  # the table is one for the whole program
