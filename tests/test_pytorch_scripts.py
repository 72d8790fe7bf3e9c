"""Scripts written for PyTorch run with `torch` read as minigrad."""

import importlib
import sys

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import DataLoader, TensorDataset

CLASSIFIER = """
import torch
import torch.nn as nn
import torch.optim as optim


class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        return self.fc2(x)


net = Net()
criterion = nn.CrossEntropyLoss()
optimizer = optim.Adam(net.parameters(), lr=0.001)

losses = []
for epoch in range(10):
    running_loss = 0.0
    for i, (inputs, labels) in enumerate(trainloader, 0):
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    losses.append(running_loss / len(trainloader))
    print(f"Epoch {epoch + 1}, loss: {losses[-1]}")

net.eval()
with torch.no_grad():
    accuracy = sum((net(x).argmax(1) == y).float().mean().item() for x, y in trainloader) / len(trainloader)
"""


@pytest.fixture
def torch_is_minigrad(monkeypatch):
    """Let `import torch`, `torch.nn` and so on find minigrad."""
    monkeypatch.setitem(sys.modules, "torch", mg)
    for name in ("nn", "nn.functional", "optim", "utils", "utils.data"):
        monkeypatch.setitem(sys.modules, f"torch.{name}", importlib.import_module(f"minigrad.{name}"))


@pytest.fixture
def trainloader():
    """200 images (1, 28, 28) of ten kinds: noise around ten patterns, in batches of 20."""
    mg.manual_seed(0)
    generator = np.random.default_rng(0)
    patterns = generator.random((10, 1, 28, 28))
    labels = np.arange(200) % 10
    images = (patterns[labels] + 0.5 * generator.standard_normal((200, 1, 28, 28))).astype(np.float32)
    return DataLoader(TensorDataset(mg.tensor(images), mg.tensor(labels)), batch_size=20, shuffle=True)


@pytest.mark.usefixtures("torch_is_minigrad")
def test_a_pytorch_script_runs_and_learns_with_torch_read_as_minigrad(trainloader, capsys):
    script = {"trainloader": trainloader}

    exec(CLASSIFIER, script)

    assert script["losses"][-1] < 0.1 < 1 < script["losses"][0]
    assert script["accuracy"] > 0.99
    assert capsys.readouterr().out.count("Epoch") == 10
    assert [p.name for p in script["net"].parameters()] == ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"]
