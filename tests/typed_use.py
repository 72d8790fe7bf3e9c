"""How a user with a type checker writes: mypy reads this file, nothing runs it."""

import numpy as np

import minigrad as mg
from minigrad import nn, optim
from minigrad.autograd import grad, hessian, no_grad
from minigrad.gradcheck import gradcheck
from minigrad.io import load, save
from minigrad.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x: mg.Tensor) -> mg.Tensor:
        hidden: mg.Tensor = mg.relu(self.fc1(mg.flatten(x, 1)))
        scores: mg.Tensor = self.fc2(hidden)
        return scores


def train(images: mg.Tensor, labels: mg.Tensor) -> float:
    net = Net()
    optimizer = optim.Adam(net.parameters(), lr=1e-3)
    schedule = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=10)
    loader = DataLoader(TensorDataset(images, labels), batch_size=64, shuffle=True)
    total = 0.0
    for inputs, targets in loader:
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(net(inputs), targets)
        loss.backward()
        optimizer.step()
        total += loss.item()
    schedule.step()
    save(net.state_dict(), "net.safetensors")
    net.load_state_dict(load("net.safetensors"))
    return total / len(loader)


def derivatives() -> tuple[mg.Tensor, np.ndarray, bool]:
    x = mg.tensor([1.0, 2.0], dtype=mg.float64, requires_grad=True)
    y: mg.Tensor = (x * x).sum()
    (slope,) = grad(y, x, create_graph=True)
    with no_grad():
        values: np.ndarray = slope.detach().numpy()
    return hessian(lambda t: (t**3).sum(), x), values, gradcheck(mg.tanh, x)
