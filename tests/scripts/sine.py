"""y = sin(x) by a cubic, four times: gradients by hand, autograd, a Function of one's own, modules and optim."""

# ruff: noqa: B007 (written as such scripts are)

import math

import torch

torch.manual_seed(0)
device = torch.device("cpu")
x = torch.linspace(-math.pi, math.pi, 200, device=device, dtype=torch.float)
y = torch.sin(x)
losses = {}

# The gradients worked out on paper.
a, b, c, d = (torch.randn((), device=device) for _ in range(4))
for step in range(400):
    y_pred = a + b * x + c * x**2 + d * x**3
    loss = (y_pred - y).pow(2).sum().item()
    grad_y_pred = 2.0 * (y_pred - y)
    a -= 2e-5 * grad_y_pred.sum()
    b -= 2e-5 * (grad_y_pred * x).sum()
    c -= 2e-5 * (grad_y_pred * x**2).sum()
    d -= 2e-5 * (grad_y_pred * x**3).sum()
losses["by hand"] = loss

# The same from backward().
weights = [torch.randn((), dtype=torch.float, requires_grad=True) for _ in range(4)]
for step in range(400):
    y_pred = sum(w * x**i for i, w in enumerate(weights))
    loss = (y_pred - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for w in weights:
            w -= 2e-5 * w.grad
        weights[0].grad = None
        for w in weights[1:]:
            w.grad.zero_()
losses["autograd"] = loss.item()


class Legendre(torch.autograd.Function):
    """(5x³ − 3x)/2"""

    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)

    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)


a = torch.full((), 0.0, device=device, requires_grad=True)
b = torch.full((), -1.0, device=device, requires_grad=True)
c = torch.full((), 0.0, device=device, requires_grad=True)
d = torch.full((), 0.3, device=device, requires_grad=True)
for step in range(400):
    P3 = Legendre.apply
    loss = (a + b * P3(c + d * x) - y).pow(2).sum()
    loss.backward()
    with torch.no_grad():
        for w in (a, b, c, d):
            w -= 5e-5 * w.grad
            w.grad = None
losses["Function"] = loss.item()

# Modules, and an optimizer.
xx = x.unsqueeze(-1).pow(torch.tensor([1, 2, 3]))
model = torch.nn.Sequential(torch.nn.Linear(3, 1), torch.nn.Flatten(0, 1))
loss_fn = torch.nn.MSELoss(reduction="sum")
optimizer = torch.optim.RMSprop(model.parameters(), lr=0.01)
for step in range(400):
    loss = loss_fn(model(xx), y)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    optimizer.step()
linear_layer = model[0]
print(f"y = {linear_layer.bias.item()} + {linear_layer.weight[:, 0].item()} x + {linear_layer.weight[:, 2].item()} x^3")
losses["optim"] = loss.item()
