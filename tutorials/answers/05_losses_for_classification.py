"""Answers to the exercises of tutorial 05, losses for classification."""

import math

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck import gradcheck

F = nn.functional

# %% 1. Squared error of a sigmoid: the surer the mistake, the less it teaches
# 答：平方误差的斜率带着 p(1 − p)，在 z = −8 处几乎为 0；BCE 的斜率接近 −1，大一千多倍。错得越自信，平方误差教得越
# 少。
z = mg.tensor([-8.0], requires_grad=True)  # p = 0.0003, and it is spam
(of_squares,) = mg.autograd.grad(F.mse_loss(mg.sigmoid(z), mg.ones(1)), z)
(of_bce,) = mg.autograd.grad(F.binary_cross_entropy_with_logits(z, mg.ones(1)), z)
print(f"slope at z = −8: squared error {of_squares.item():.1e}, BCE {of_bce.item():.3f}")
p = 1 / (1 + math.exp(8))
assert abs(of_squares.item() - 2 * (p - 1) * p * (1 - p)) < 1e-8
assert of_bce.item() / of_squares.item() > 1000  # BCE pulls more than a thousand times harder


# %% 2. Cross-entropy from logits, by log-sum-exp
# 答：每一行先减去最大的 logit（m 取任何数结果都一样，所以它不需要梯度），指数就不会溢出。
def cross_entropy(logits, labels):
    top = logits.max(1, keepdim=True)[0].detach()  # (N, 1); any m gives the same value, so it needs no gradient
    shifted = logits - top  # at most 0: e^shifted cannot overflow
    log_q = shifted - mg.log(mg.exp(shifted).sum(1, keepdim=True))
    return -(F.one_hot(labels, logits.shape[1]) * log_q).sum(1).mean()  # over the classes, then over the samples


labels = mg.tensor([0, 2])
moderate = mg.tensor([[1.0, -2.0, 0.5], [0.0, 3.0, 1.0]], dtype=mg.float64, requires_grad=True)
extreme = mg.tensor([[1e4, -1e4, 0.0], [1e4, 0.0, -1e4]])
print(f"moderate {cross_entropy(moderate, labels).item():.4f}, extreme {cross_entropy(extreme, labels).item():g}")
assert abs(cross_entropy(moderate, labels).item() - F.cross_entropy(moderate, labels).item()) < 1e-9
assert cross_entropy(extreme, labels).item() == F.cross_entropy(extreme, labels).item() == 10_000  # (0 + 20 000) / 2
assert gradcheck(lambda logits: cross_entropy(logits, labels), moderate)


# %% 3. The log loss is lowest for the true frequency
# 答：总说 0.9 的那位更低：对数损失在 p 等于真实频率时最小。准确率分不出这两位。
def expected(p):
    return 0.9 * -math.log(p) + 0.1 * -math.log(1 - p)


print(f"always 0.99: {expected(0.99):.3f},  always 0.9: {expected(0.9):.3f}")
assert expected(0.9) < expected(0.99)
candidates = [i / 1000 for i in range(1, 1000)]
assert min(candidates, key=expected) == 0.9  # honesty is the best policy; accuracy cannot tell the two apart
