"""Two half moons told apart: weights initialised, gradients clipped, a schedule, a checkpoint to go on from."""

# ruff: noqa: B905, RUF007, UP008 (written as such scripts are)

import copy
import math

import torch
from torch import nn, optim
from torch.nn.utils import clip_grad_norm_, parameters_to_vector
from torch.optim.lr_scheduler import CosineAnnealingLR
from torch.utils.data import DataLoader, Dataset, random_split

torch.manual_seed(0)
torch.backends.cudnn.deterministic = True


class Moons(Dataset):
    def __init__(self, n):
        angle = torch.rand(n) * math.pi
        kind = torch.randint(0, 2, (n,))
        x = torch.where(kind == 0, torch.cos(angle), 1 - torch.cos(angle))
        y = torch.where(kind == 0, torch.sin(angle), 0.5 - torch.sin(angle))
        points = torch.stack([x, y], dim=1)
        points += torch.empty(n, 2).normal_(0, 0.1)
        self.points = (points - points.mean(0)) / points.std(0, unbiased=False)
        self.labels = kind.float()

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, idx):
        return self.points[idx], self.labels[idx]


def init_weights(m):
    if isinstance(m, nn.Linear):
        nn.init.kaiming_normal_(m.weight, nonlinearity="relu")
        m.bias.data.fill_(0.01)


class Classifier(nn.Module):
    def __init__(self, hidden=(16, 16)):
        super(Classifier, self).__init__()
        sizes = [2, *hidden]
        self.layers = nn.ModuleList([nn.Linear(i, o) for i, o in zip(sizes[:-1], sizes[1:])])
        self.norm = nn.BatchNorm1d(sizes[-1])
        self.dropout = nn.Dropout(p=0.1)
        self.head = nn.Sequential(nn.Linear(sizes[-1], 8), nn.LeakyReLU(0.1), nn.Linear(8, 1))
        self.apply(init_weights)

    def forward(self, x):
        for layer in self.layers:
            x = torch.relu(layer(x))
        return self.head(self.dropout(self.norm(x))).squeeze(-1)


def accuracy(model, loader):
    model.eval()
    right = total = 0
    with torch.no_grad():
        for x, y in loader:
            predicted = (torch.sigmoid(model(x)) > 0.5).float()
            right += (predicted == y).sum().item()
            total += y.size(0)
    return right / total


train_set, test_set = random_split(Moons(300), [240, 60])
train_loader = DataLoader(train_set, batch_size=32, shuffle=True, drop_last=True)
test_loader = DataLoader(test_set, batch_size=60)
model = Classifier()
print(model, sum(p.numel() for p in model.parameters() if p.requires_grad))
criterion = nn.BCEWithLogitsLoss()
body = [*model.layers.parameters(), *model.norm.parameters()]
optimizer = optim.AdamW([{"params": body}, {"params": model.head.parameters(), "lr": 0.02}], lr=0.01)
scheduler = CosineAnnealingLR(optimizer, T_max=25)
averaged = copy.deepcopy(model)
best, history, norms, rates = 0.0, [], [], []

for epoch in range(25):
    model.train()
    running_loss = 0.0
    for x, y in train_loader:
        optimizer.zero_grad(set_to_none=True)
        loss = criterion(model(x), y)
        penalty = torch.tensor(0.0)
        for p in model.parameters():
            penalty += p.norm()
        loss = loss + 1e-4 * penalty
        loss.backward()
        norms.append(clip_grad_norm_(model.parameters(), max_norm=1.0).item())
        optimizer.step()
        running_loss += loss.item() * x.size(0)
        with torch.no_grad():
            for mine, theirs in zip(averaged.parameters(), model.parameters()):
                mine.mul_(0.9).add_(theirs, alpha=0.1)
    scheduler.step()
    rates.append(scheduler.get_last_lr()[0])
    history.append(running_loss / len(train_set))
    if accuracy(model, test_loader) > best:
        best = accuracy(model, test_loader)
        torch.save(
            {"epoch": epoch, "model": model.state_dict(), "optimizer": optimizer.state_dict(), "best": best}, "moons.pt"
        )

checkpoint = torch.load("moons.pt")
resumed = Classifier()
resumed.load_state_dict(checkpoint["model"])
optimizer.load_state_dict(checkpoint["optimizer"])
restored = accuracy(resumed, test_loader)
lengths = [parameters_to_vector(m.parameters()).norm().item() for m in (model, averaged)]
