"""Answers to the exercises of tutorial 13, vanishing and exploding gradients."""

import math

import minigrad as mg
from minigrad import nn

F = nn.functional


def way_back(f, gain, depth, width=64):
    """Mean |∂out/∂h| at the first layer, where h ← f(h @ W) with weights of spread gain/√width; and the last h."""
    mg.manual_seed(0)
    x = h = mg.randn(32, width, dtype=mg.float64, requires_grad=True)
    for _ in range(depth):
        h = f(h @ (gain / math.sqrt(width) * mg.randn(width, width, dtype=mg.float64)))
    h.sum().backward()
    return x.grad.abs().mean().item(), h.detach()


# %% 1. Linear layers: gain 1, as nothing is cut off
arrives = {gain: way_back(lambda z: z, gain, depth=50)[0] for gain in (0.5, 1.0, math.sqrt(2))}
for gain, size in arrives.items():
    print(f"50 linear layers, gain {gain:.3f}: {size:.1e}")
assert 0.1 < arrives[1.0] < 10  # Var(z) = n·σ²·mean(a²), so σ² = 1/n; ReLU's √2 is there for the half it throws away
assert arrives[0.5] < 1e-10
assert arrives[math.sqrt(2)] > 1e6

# %% 2. Sigmoid: some gain does save the size of the gradient, at the price of saturation
arrives, flat = {}, {}
for gain in (1, 3, 10, 30):
    arrives[gain], h = way_back(mg.sigmoid, gain, depth=30)
    flat[gain] = ((h < 0.03) | (h > 0.97)).double().mean().item()
    print(f"30 sigmoid layers, gain {gain:2}: {arrives[gain]:.1e} arrives; {flat[gain]:.0%} of outputs are saturated")
assert arrives[1] < arrives[3] < 1e-3 < arrives[10] < 1e3 < arrives[30]
assert flat[1] == 0
assert flat[10] > 0.5  # a few units between 0 and 1 carry all of the gradient: they hang on the knife's edge


# %% 3. Clipping by norm, in four lines
def clip(parameters, max_norm):
    grads = [p.grad for p in parameters]
    total = math.sqrt(sum(g.square().sum().item() for g in grads))  # √Σ‖gᵢ‖²
    for g in grads:
        g.mul_(min(1, max_norm / total))
    return total


def gradients(clip):
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 2))
    F.cross_entropy(100 * model(mg.randn(16, 2)), mg.tensor([0, 1] * 8)).backward()
    total = clip(model.parameters(), 1.0)
    return float(total), [p.grad for p in model.parameters()]


(ours, our_grads), (theirs, their_grads) = gradients(clip), gradients(nn.utils.clip_grad_norm_)
print(f"norm before: {ours:.3f} by hand, {theirs:.3f} by minigrad")
assert ours > 1
assert abs(ours - theirs) < 1e-3 * ours
for g, other in zip(our_grads, their_grads, strict=True):
    assert mg.allclose(g, other, atol=1e-5)
