"""A convolutional net on small pictures of ten kinds: options, train(), test(), a schedule, the state in a file."""

# ruff: noqa: N812, UP032 (written as such scripts are)

import argparse

import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim
from torch.optim.lr_scheduler import StepLR
from torch.utils.data import DataLoader, TensorDataset


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 8, 3, 1)
        self.conv2 = nn.Conv2d(8, 16, 3, 1)
        self.dropout1 = nn.Dropout(0.1)
        self.dropout2 = nn.Dropout(0.1)
        self.fc1 = nn.Linear(16 * 4 * 4, 32)
        self.fc2 = nn.Linear(32, 10)

    def forward(self, x):
        x = F.relu(self.conv1(x))
        x = F.relu(self.conv2(x))
        x = self.dropout1(F.max_pool2d(x, 2))
        x = torch.flatten(x, 1)
        x = self.dropout2(F.relu(self.fc1(x)))
        return F.log_softmax(self.fc2(x), dim=1)


def train(args, model, device, loader, optimizer, epoch):
    model.train()
    for batch_idx, (data, target) in enumerate(loader):
        data, target = data.to(device), target.to(device)
        optimizer.zero_grad()
        output = model(data)
        loss = F.nll_loss(output, target)
        loss.backward()
        optimizer.step()
        if batch_idx % args.log_interval == 0:
            done, share = batch_idx * len(data), 100.0 * batch_idx / len(loader)
            print(f"epoch {epoch} [{done}/{len(loader.dataset)} ({share:.0f}%)]\tloss: {loss.item():.6f}")


def test(model, device, loader):
    model.eval()
    loss = correct = 0
    with torch.no_grad():
        for data, target in loader:
            data, target = data.to(device), target.to(device)
            output = model(data)
            loss += F.nll_loss(output, target, reduction="sum").item()
            pred = output.argmax(dim=1, keepdim=True)
            correct += pred.eq(target.view_as(pred)).sum().item()
    loss /= len(loader.dataset)
    print("test: average loss {:.4f}, accuracy {}/{}".format(loss, correct, len(loader.dataset)))
    return loss, correct / len(loader.dataset)


def pictures(n):
    labels = torch.arange(n) % 10
    return TensorDataset(PATTERNS[labels] + 0.3 * torch.randn(n, 1, 12, 12), labels)


parser = argparse.ArgumentParser()
parser.add_argument("--batch-size", type=int, default=20)
parser.add_argument("--epochs", type=int, default=3)
parser.add_argument("--lr", type=float, default=1.0)
parser.add_argument("--gamma", type=float, default=0.7)
parser.add_argument("--seed", type=int, default=1)
parser.add_argument("--log-interval", type=int, default=5)
parser.add_argument("--file", default="digits.pt")
args = parser.parse_args([])

use_accelerator = torch.accelerator.is_available() or torch.cuda.is_available() or torch.backends.mps.is_available()
torch.manual_seed(args.seed)
device = torch.device("cuda" if use_accelerator else "cpu")

PATTERNS = torch.rand(10, 1, 12, 12)
train_loader = DataLoader(pictures(400), batch_size=args.batch_size, shuffle=True, num_workers=0)
test_loader = DataLoader(pictures(100), batch_size=50)

model = Net().to(device)
optimizer = optim.Adadelta(model.parameters(), lr=args.lr)
scheduler = StepLR(optimizer, step_size=1, gamma=args.gamma)
history = [test(model, device, test_loader)]
for epoch in range(1, args.epochs + 1):
    train(args, model, device, train_loader, optimizer, epoch)
    history.append(test(model, device, test_loader))
    scheduler.step()

torch.save(model.state_dict(), args.file)
again = Net()
again.load_state_dict(torch.load(args.file, map_location=device, weights_only=True))
reloaded = test(again.to(device), device, test_loader)
