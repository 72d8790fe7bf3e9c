"""Answers to the exercises of tutorial 01: the chain rule by hand."""

# %% 1. exp, reciprocal, and the slope of the sigmoid
# 答：(eᵃ)′ = eᵃ，(1/a)′ = −1/a²，两者都可以用结果 `out` 写出来。sigmoid 在 0 处的值是 ½，斜率是 ¼。
import itertools
import math
from dataclasses import dataclass

clock = itertools.count()


class Value:
    """The tutorial's Value, for single numbers."""

    def __init__(self, data, inputs=(), slopes=()):
        self.data, self.inputs, self.slopes = data, inputs, slopes
        self.grad = 0.0
        self.tick = next(clock)

    def __add__(self, other):
        return Value(self.data + other.data, (self, other), (1.0, 1.0))

    def __mul__(self, other):
        return Value(self.data * other.data, (self, other), (other.data, self.data))

    def exp(self):
        out = math.exp(self.data)
        return Value(out, (self,), (out,))  # (eᵃ)' = eᵃ

    def reciprocal(self):
        out = 1 / self.data
        return Value(out, (self,), (-out * out,))  # (1/a)' = −1/a²


def newest_first(root):
    found, stack = {root}, [root]
    while stack:
        for x in stack.pop().inputs:
            if x not in found:
                found.add(x)
                stack.append(x)
    return sorted(found, key=lambda value: value.tick, reverse=True)


def backward(root):
    root.grad = 1.0
    for value in newest_first(root):
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad += value.grad * slope


x = Value(0.0)
sigmoid = (Value(1.0) + (x * Value(-1.0)).exp()).reciprocal()
backward(sigmoid)
print(f"1. sigmoid(0) = {sigmoid.data}, slope {x.grad}")
assert (sigmoid.data, x.grad) == (0.5, 0.25)


# %% 2. twice is twice
# 答：叶子保留原有的梯度；算出来的值（`inputs` 不为空）先清零，免得把上一遍的份额再传一次。两遍得到 228。
def backward_adding_up(root):
    """Leaves keep what they had; what was computed starts from 0, so that nothing is passed on twice."""
    values = newest_first(root)
    for value in values:
        if value.inputs:
            value.grad = 0.0
    root.grad = 1.0
    for value in values:
        for x, slope in zip(value.inputs, value.slopes, strict=True):
            x.grad += value.grad * slope


x = Value(3.0)
a = x * x
y = a + a * a
backward_adding_up(y)
backward_adding_up(y)
print(f"2. backward twice: {x.grad:.0f}")
assert x.grad == 2 * 114


# %% 3. forward, with a slope in the other hand
# 答：让每个数带着自己对某一个输入的斜率往前走。一遍只得到对一个输入的斜率，所以一百万个权重要走一百万遍；反向传播
# 只要一遍。
@dataclass
class Dual:
    """A number and its slope by one chosen input."""

    data: float
    slope: float

    def __add__(self, other):
        return Dual(self.data + other.data, self.slope + other.slope)

    def __mul__(self, other):
        return Dual(self.data * other.data, self.slope * other.data + self.data * other.slope)


x = Dual(3.0, 1.0)  # ∂x/∂x = 1
a = x * x
y = a + a * a
print(f"3. forward: {y.slope:.0f}; one pass for each input, a million for a million weights. Backward needs one.")
assert y.slope == 114

w1, w2 = Dual(2.0, 1.0), Dual(5.0, 0.0)  # of two inputs, this pass knows only the first: ∂(w1·w2)/∂w1
assert (w1 * w2).slope == 5.0
