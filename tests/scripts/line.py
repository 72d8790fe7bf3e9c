"""A line through noisy points, from nothing but tensors, then as a module: the first week of a course."""

# ruff: noqa: E741 (written as such scripts are)

import random

import torch
from torch import nn

torch.manual_seed(42)
torch.cuda.manual_seed_all(42)
random.seed(42)
device = "cuda" if torch.cuda.is_available() else "cpu"
print("version", torch.__version__)


def synthetic_data(w, b, num_examples):
    X = torch.normal(0, 1, (num_examples, len(w)))
    y = torch.matmul(X, w) + b
    y += torch.normal(0, 0.01, y.shape)
    return X, y.reshape((-1, 1))


def data_iter(batch_size, features, labels):
    indices = list(range(len(features)))
    random.shuffle(indices)
    for i in range(0, len(features), batch_size):
        batch = torch.tensor(indices[i : min(i + batch_size, len(features))])
        yield features[batch], labels[batch]


def squared_loss(y_hat, y):
    return (y_hat - y.reshape(y_hat.shape)) ** 2 / 2


def sgd(params, lr, batch_size):
    with torch.no_grad():
        for param in params:
            param -= lr * param.grad / batch_size
            param.grad.zero_()


true_w, true_b = torch.tensor([2, -3.4]), 4.2
features, labels = synthetic_data(true_w, true_b, 1000)
w = torch.normal(0, 0.01, size=(2, 1), requires_grad=True)
b = torch.zeros(1, requires_grad=True)
for epoch in range(3):
    for X, y in data_iter(10, features, labels):
        l = squared_loss(torch.matmul(X, w) + b, y)
        l.sum().backward()
        sgd([w, b], 0.03, 10)
    with torch.no_grad():
        train_l = squared_loss(torch.matmul(features, w) + b, labels)
        print(f"epoch {epoch + 1}, loss {float(train_l.mean()):f}")
error = (true_w - w.reshape(true_w.shape)).abs().max().item(), (true_b - b).item()


class Line(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(1, requires_grad=True, dtype=torch.float))
        self.bias = nn.Parameter(torch.randn(1, requires_grad=True, dtype=torch.float))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weights * x + self.bias


X = torch.arange(0, 1, 0.02).unsqueeze(dim=1).to(device)
y = 0.7 * X + 0.3
train_split = int(0.8 * len(X))
X_train, y_train, X_test, y_test = X[:train_split], y[:train_split], X[train_split:], y[train_split:]

model_0 = Line()
model_0.to(device)
assert next(model_0.parameters()).device.type == device
loss_fn = nn.L1Loss()
optimizer = torch.optim.SGD(params=model_0.parameters(), lr=0.01)
epoch_count, train_loss_values, test_loss_values = [], [], []
for epoch in range(300):
    model_0.train()
    y_pred = model_0(X_train)
    loss = loss_fn(y_pred, y_train)
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    model_0.eval()
    with torch.inference_mode():
        test_pred = model_0(X_test)
        test_loss = loss_fn(test_pred, y_test.type(torch.float))
    if epoch % 20 == 0:
        epoch_count.append(epoch)
        train_loss_values.append(loss.detach().cpu().numpy())
        test_loss_values.append(test_loss.item())
        print(f"Epoch: {epoch} | loss: {loss:.5f} | test loss: {test_loss:.5f}")

torch.save(obj=model_0.state_dict(), f="line.pth")
loaded = Line()
loaded.load_state_dict(torch.load(f="line.pth"))
loaded.eval()
with torch.inference_mode():
    same = torch.equal(loaded(X_test), model_0(X_test)) and torch.allclose(loaded(X_test), test_pred, atol=0.02)
