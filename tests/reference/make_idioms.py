"""Make idioms.json: what PyTorch gives for the lines that beginners type.

    pip install torch==2.13.0
    python tests/reference/make_idioms.py

An idiom is some lines that leave `result`: a tensor, a Python value, or a list of these. tests/test_pytorch_scripts.py
runs the same lines with `torch` read as minigrad.
"""

import json
from pathlib import Path

import numpy as np
import torch

IDIOMS = """
x = torch.ones(2, 2, requires_grad=True)
out = ((x + 2) * (x + 2) * 3).mean()
out.backward()
result = [x.grad, out.item(), x.is_leaf, out.is_leaf, out.requires_grad]

x = torch.tensor([1.0, 2.0, 3.0], requires_grad=True)
y = x * 2
while y.data.norm() < 1000:
    y = y * 2
y.backward(torch.tensor([0.1, 1.0, 0.0001]))
result = [y, x.grad]

n, m = torch.zeros(3, 4).size()
x = torch.zeros(3, 4)
result = [n, m, x.size(0), x.size(-1), x.shape[1], x.dim(), x.numel(), len(x), x.shape == torch.Size([3, 4])]

result = [torch.tensor([1, 2]), torch.tensor([1.0, 2]), torch.tensor(True), torch.tensor([1, 2], dtype=torch.float)]

result = [torch.Tensor([1, 2, 3]), torch.Tensor([[0, 0], [0, 1]]), torch.Tensor([0.5])]

result = [torch.zeros(2, 3), torch.zeros((2, 3)), torch.ones([2]), torch.zeros(size=(2,)), torch.full((2, 2), 7)]

result = [torch.full((2,), 7.0), torch.full_like(torch.ones(2), 3), torch.zeros_like(torch.ones(2), dtype=torch.long)]

result = [torch.arange(0, 10, 2), torch.arange(0.0, 1.0, 0.25), torch.arange(3), torch.linspace(0, 1, steps=3)]

result = [torch.arange(16).view(-1, 8), torch.arange(6).reshape(2, 3)[1, 2].item(), torch.arange(6).reshape(2, 3).T]

torch.manual_seed(0)
a = torch.rand(2)
torch.manual_seed(0)
result = [torch.equal(a, torch.rand(2)), torch.equal(a, a[:1]), torch.rand(size=(2, 3)).size(0), torch.is_tensor(a)]

result = [list(torch.randn(size=(2, 3)).shape), list(torch.normal(0, 1, size=(2, 3)).shape),
    torch.empty(2).dtype.itemsize]

torch.manual_seed(0)
mean = torch.arange(3.0)
result = [torch.normal(mean, torch.zeros(3)), torch.normal(mean, 0.0), torch.normal(5.0, torch.zeros(2))]

y = torch.ones(3)
y.add_(torch.ones(3)).sub_(0.5).mul_(4).div_(3).clamp_(max=1.5)
result = y

p, g = torch.ones(3), torch.arange(3.0)
p.add_(g, alpha=-0.5).sub_(g, alpha=2)
result = p

p = torch.zeros(3)
p.copy_(torch.arange(3)).fill_(2.5)
p[0] = 7
p[p > 5] = 0
result = [p, p.zero_()]

w = torch.tensor([1.0, 2.0], requires_grad=True)
(w * w).sum().backward()
w.data -= 0.1 * w.grad.data
w.grad.data.zero_()
result = [w, w.grad]

w = torch.tensor([1.0, 2.0], requires_grad=True)
(w * w).sum().backward()
with torch.no_grad():
    w -= 0.1 * w.grad
    w.sub_(0.1 * w.grad)
    w.grad = None
result = [w, w.grad is None, w.requires_grad]

@torch.no_grad()
def f(x):
    return x * 2
x = torch.ones(1, requires_grad=True)
with torch.inference_mode():
    y = x * 2
with torch.set_grad_enabled(False):
    z = x * 2
result = [f(x).requires_grad, y.requires_grad, z.requires_grad, torch.is_grad_enabled()]

x = torch.ones(2, requires_grad=True)
result = [x.detach().numpy().tolist(), x.detach().cpu().numpy().mean().item(), [v.item() for v in x], x.tolist()]

a = np.ones(3)
b = torch.from_numpy(a)
np.add(a, 1, out=a)
result = [b, torch.from_numpy(np.arange(3)).float(), torch.as_tensor(a), np.float64(2.0) * torch.ones(2)]

out, labels = torch.tensor([[1.0, 5.0], [7.0, 2.0]]), torch.tensor([1, 1])
_, predicted = torch.max(out.data, 1)
pred = out.argmax(dim=1, keepdim=True)
right = pred.eq(labels.view_as(pred)).sum().item()
result = [predicted, (predicted == labels).sum().item() / labels.size(0), right,
    (out.argmax(1) == labels).float().mean()]

m = torch.tensor([[1.0, 5.0], [7.0, 2.0]]).max(dim=1)
values, indices = torch.topk(torch.tensor([1.0, 4.0, 2.0]), 2)
result = [m.values, m.indices, m[0], values, indices, torch.tensor([3.0, 9.0]).argmax().item()]

correct = (torch.tensor([1, 0]) == torch.tensor([1, 1])).type(torch.float).sum().item()
result = [correct, torch.tensor([1, 2]).to(torch.float32), torch.tensor([1]).to("cpu", torch.double),
    torch.ones(1).long()]

x = torch.arange(6.0).reshape(2, 3)
result = [x.sum(0), x.sum(dim=1, keepdim=True), x.mean(1), x.std(dim=0), x.std(0, unbiased=False),
    x.var(unbiased=False)]

x = torch.tensor([True, False])
result = [x.sum(), x.sum(dtype=torch.float32), torch.mean(torch.tensor([1, 2]), dtype=torch.float64), x.int(), ~x]

x = torch.arange(12.0).reshape(4, 3)
result = [(x - x.mean(0)) / x.std(0), x[:, :-1], x[:, -1:], x[[0, 2]], x[torch.tensor([0, 2])], x[::2, None].shape[1]]

x = torch.tensor([-1.0, 0.5, 2.0])
result = [x.clamp(0, 1), x.clamp(min=0), torch.clamp(x, max=1.0), x[x > 0], torch.where(x > 0, x, torch.zeros_like(x))]

x = torch.tensor([1, 2, 3])
result = [(x > 1) & (x < 3), ~(x > 1), (x > 1) | (x == 1), (x > 1).any(), (x > 1).all().item(), x // 2, x % 2, x / 2,
    x**2]

a = torch.arange(6.0).reshape(2, 3)
result = [a @ a.T, a.matmul(a.t()), torch.mm(a, a.t()), torch.einsum("ij,kj->ik", a, a), 1 - a, 2**a, -a]

x = torch.zeros(2, 3, 4)
shapes = [x.view(x.size(0), -1), torch.flatten(x, 1), x.permute(2, 0, 1), torch.permute(x, dims=(2, 0, 1)),
    x.transpose(0, 1)]
result = [list(y.shape) for y in shapes] + [torch.flip(torch.arange(3), dims=(0,)),
    torch.unsqueeze(torch.ones(2), dim=1)]

a = torch.ones(2, 3)
joined = [torch.cat((a, a), dim=1), torch.stack([a, a]), torch.stack((a, a), dim=-1),
    *torch.split(torch.ones(10, 2), 4)]
result = [list(x.shape) for x in joined] + [torch.arange(2).repeat(2, 1), torch.ones(1, 2).expand(3, -1)]

result = [torch.tensor([1]) + 1.5, torch.tensor(1) + torch.tensor([1.0]), torch.ones(2) * torch.tensor([True, False])]

x = torch.tensor(1.23456)
result = [f"{x:.2f} {x.item():.3f}", "{:.4f}".format(x), "%.2f" % x, int(x), float(x) > 1, bool(x > 1),
    round(x.item(), 1)]

classes, labels = ("cat", "dog"), torch.tensor([0, 1])
result = " ".join(f"{classes[labels[j]]:5s}" for j in range(2))

result = [F.one_hot(torch.tensor([0, 2]), num_classes=3), F.one_hot(torch.tensor([0, 2]), 3).float()]

x = torch.tensor([[1.0, 2.0]])
result = [F.softmax(x, dim=1), torch.softmax(x, 1), x.softmax(-1), F.log_softmax(x, dim=1), nn.Softmax(dim=1)(x)]

x = torch.tensor([-1.0, 2.0])
result = [F.relu(x, inplace=False), nn.ReLU(inplace=True)(x.clone()), F.leaky_relu(x, 0.1), F.gelu(x), F.silu(x),
    F.elu(x)]

x, t = torch.tensor([0.1, 0.7]), torch.tensor([0.0, 1.0])
result = [F.mse_loss(x, t), F.l1_loss(x, t), F.binary_cross_entropy(x, t), nn.BCEWithLogitsLoss()(x, t),
    F.huber_loss(x, t)]

lp, t = F.log_softmax(torch.tensor([[1.0, 2.0], [0.0, 3.0]]), dim=1), torch.tensor([1, 0])
result = [F.nll_loss(lp, t), F.nll_loss(lp, t, reduction="sum").item(), nn.NLLLoss()(lp, t),
    nn.CrossEntropyLoss()(lp, t)]

logits, t = torch.zeros(2, 3), torch.tensor([0, 1])
weight = torch.tensor([1.0, 2.0, 3.0])
result = [F.cross_entropy(logits, t, weight=weight, label_smoothing=0.1),
    nn.CrossEntropyLoss(reduction="none")(logits, t)]

m = nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 1))
sizes = [(k, list(v.size())) for k, v in m.state_dict().items()]
result = [sizes, sum(p.numel() for p in m.parameters() if p.requires_grad), list(m(torch.ones(4, 2)).shape), str(m)]

from collections import OrderedDict
m = nn.Sequential(OrderedDict([("fc1", nn.Linear(2, 3)), ("act", nn.ReLU())]))
result = [[n for n, _ in m.named_parameters()], m.fc1.in_features, [type(c).__name__ for c in m.children()], len(m)]

def init(m):
    if isinstance(m, nn.Linear):
        torch.nn.init.xavier_uniform_(m.weight)
        m.bias.data.fill_(0.01)
net = nn.Sequential(nn.Linear(2, 2))
net.apply(init)
result = net[0].bias

m = nn.Linear(2, 3)
nn.init.normal_(m.weight, mean=0, std=0.01)
nn.init.kaiming_uniform_(m.weight, a=5**0.5)
nn.init.constant_(m.weight, 0.1)
nn.init.zeros_(m.bias)
m.weight.data.clamp_(0, 0.05)
result = [m.weight, m.bias, m(torch.ones(1, 2)), nn.init.calculate_gain("relu")]

m = nn.Linear(2, 3).to("cpu").to(torch.device("cpu")).to(torch.float64)
x = torch.ones(1, 2, dtype=torch.float64)
same = nn.Linear(1, 1)
result = [m(x).dtype == torch.float64, m.weight.device.type, m.float().bias.dtype == torch.float32, same.cpu() is same]

m = nn.BatchNorm1d(3).double()
result = [m.running_mean, m.num_batches_tracked, m.weight]

class M(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = nn.Parameter(torch.zeros(()))
        self.register_buffer("b", torch.ones(2))
    def forward(self, x):
        return self.a + self.b * x
m = M()
result = [[n for n, _ in m.named_parameters()], list(m.state_dict()), m(torch.ones(2)), m.eval().training]

p = [torch.ones(1, requires_grad=True)]
many = [optim.SGD(p, lr=0.1, momentum=0.9, weight_decay=1e-4, nesterov=True), optim.Adam(p), optim.AdamW(p, lr=1e-3)]
for o in (*many, optim.RMSprop(p, lr=0.01, alpha=0.99), optim.Adagrad(p), optim.Adadelta(p, lr=1.0), optim.NAdam(p)):
    o.zero_grad(set_to_none=True)
    (p[0] ** 2).sum().backward()
    o.step()
result = p[0]

w = torch.ones(1, requires_grad=True)
o = optim.SGD([w], lr=1.0)
for group in o.param_groups:
    group["lr"] *= 0.5
s = optim.lr_scheduler.StepLR(o, step_size=1, gamma=0.1)
o.step()
s.step()
result = [o.param_groups[0]["lr"], s.get_last_lr()]

w = torch.ones(1, requires_grad=True)
o = optim.SGD([w], lr=1.0)
s = optim.lr_scheduler.ReduceLROnPlateau(o, mode="min", factor=0.1, patience=0)
for loss in (1.0, 2.0, 3.0):
    s.step(loss)
result = o.param_groups[0]["lr"]

w = torch.tensor([2.0], requires_grad=True)
o = optim.LBFGS([w], lr=1)
def closure():
    o.zero_grad()
    loss = ((w - 1) ** 2).sum()
    loss.backward()
    return loss
o.step(closure)
result = w

w = torch.ones(2, requires_grad=True)
(w * 10).sum().backward()
norm = nn.utils.clip_grad_norm_([w], 1.0)
result = [norm, w.grad.clone(), nn.utils.clip_grad_value_([w], 0.1), w.grad]

x = torch.tensor(2.0, requires_grad=True)
(g,) = torch.autograd.grad(x**3, x, create_graph=True)
result = [g, torch.autograd.grad(g, x)[0]]

x = torch.tensor(2.0, requires_grad=True)
y = x**2
y.backward(retain_graph=True)
y.backward()
result = x.grad

x = torch.tensor(2.0, requires_grad=True)
seen = []
y = x * 3
y.retain_grad()
y.register_hook(lambda g: seen.append(g.item()))
(y * 2).backward()
result = [seen, y.grad, x.grad]

class Cubic(torch.autograd.Function):
    @staticmethod
    def forward(ctx, input):
        ctx.save_for_backward(input)
        return 0.5 * (5 * input**3 - 3 * input)
    @staticmethod
    def backward(ctx, grad_output):
        (input,) = ctx.saved_tensors
        return grad_output * 1.5 * (5 * input**2 - 1)
x = torch.linspace(-1, 1, 5, requires_grad=True)
Cubic.apply(x).sum().backward()
result = x.grad

class Relu(torch.autograd.Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.clamp(min=0)
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        grad = g.clone()
        grad[x < 0] = 0
        return grad
x = torch.tensor([-1.0, 2.0], requires_grad=True)
Relu.apply(x).sum().backward()
result = x.grad

class Squared(torch.autograd.Function):
    @staticmethod
    def forward(x, factor):
        return x * x * factor
    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.factor = inputs
        ctx.save_for_backward(x)
    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return 2 * g * x * ctx.factor, None
x = torch.tensor([-1.0, 2.0], requires_grad=True)
Squared.apply(x, 3.0).sum().backward()
result = x.grad

from torch.utils.data import DataLoader, Dataset
class Numbers(Dataset):
    def __len__(self):
        return 4
    def __getitem__(self, i):
        return torch.tensor([float(i)]), i
loader = DataLoader(Numbers(), batch_size=3, shuffle=False, num_workers=0)
x, y = next(iter(loader))
result = [[batch for batch in loader], x, y, len(loader), len(loader.dataset)]

x = torch.ones(2, requires_grad=True)
loss = 0
for i in range(3):
    loss += (x * i).sum()
loss.backward()
result = [x.grad, loss.item()]

x = torch.ones(2, requires_grad=True)
y = x * 2
y += 1
y.sum().backward()
result = [x.grad, y]

a = nn.Linear(1, 1)
penalty = torch.tensor(0.0)
for p in a.parameters():
    penalty += torch.norm(p)
penalty.backward()
result = [list(p.grad.shape) for p in a.parameters()] + [sum(p.pow(2.0).sum() for p in a.parameters()).item() > 0]

a, b = nn.Linear(1, 1), nn.Linear(1, 1)
with torch.no_grad():
    a.weight.copy_(b.weight)
    a.bias[0] = 3.0
b.weight = nn.Parameter(torch.ones(1, 1))
result = [a.bias, b.weight, isinstance(b.weight, torch.Tensor), torch.allclose(a.weight, a.weight + 1e-9)]

w, b = torch.zeros(1, requires_grad=True), torch.zeros(1, requires_grad=True)
x = torch.tensor([[1.0], [2.0], [3.0]])
y = 2 * x + 1
o = torch.optim.SGD([w, b], lr=0.1)
for _ in range(300):
    cost = torch.mean((x * w + b - y) ** 2)
    o.zero_grad()
    cost.backward()
    o.step()
result = [round(w.item(), 1), round(b.item(), 1)]

e = nn.Embedding(10, 3)
r = nn.RNN(4, 5, batch_first=True)
o, h = r(torch.ones(2, 3, 4))
x = torch.ones(2, 1, 28, 28)
shapes = [e(torch.tensor([[1, 2], [3, 4]])), o, h, F.max_pool2d(F.relu(nn.Conv2d(1, 4, 3, 1)(x)), 2),
    F.avg_pool2d(x, 2)]
result = [list(y.shape) for y in shapes]

device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
x = torch.ones(2, device=device).to(device, non_blocking=True)
result = [str(device), device.type, x.device == device, x.device.type]

x = torch.ones(2, requires_grad=True)
y = x.clone().detach().requires_grad_(True)
result = [y.requires_grad, y.is_leaf, sum(torch.ones(3)), max(torch.tensor([1.0, 3.0])), 1.0 in torch.ones(2)]

a = torch.tensor([3.0, 1.0, 2.0])
result = [a.min(), torch.argsort(a), torch.sort(a, descending=True).values, torch.cumsum(a, dim=0), torch.pi, torch.inf]
"""


def split(text):
    """The idioms: between them lies an empty line."""
    return text.strip("\n").split("\n\n")


def plain(x):
    """A result as JSON can hold it: a tensor as dtype and numbers."""
    if isinstance(x, torch.Tensor):
        return [str(x.dtype), x.detach().tolist()]
    return [plain(each) for each in x] if isinstance(x, list | tuple) else x


def case(lines):
    names = {"torch": torch, "nn": torch.nn, "F": torch.nn.functional, "optim": torch.optim, "np": np}
    exec(lines, names)
    return {"lines": lines, "result": plain(names["result"])}


if __name__ == "__main__":
    rows = ",\n".join(json.dumps(case(lines)) for lines in split(IDIOMS))
    Path(__file__).with_name("idioms.json").write_text(f"[\n{rows}\n]\n")
