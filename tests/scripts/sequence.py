"""Waves continued: a recurrent layer learns the next value, then one that carries its state from window to window."""

# ruff: noqa: B007, N812, UP008 (written as such scripts are)

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
import torch.optim as optim

np.random.seed(2)
torch.manual_seed(0)
T, L, N = 10, 50, 6
x = np.empty((N, L), "int64")
x[:] = np.array(range(L)) + np.random.randint(-4 * T, 4 * T, N).reshape(N, 1)
data = np.sin(x / 1.0 / T).astype("float64")


class Sequence(nn.Module):
    def __init__(self):
        super(Sequence, self).__init__()
        self.rnn = nn.RNN(1, 16, batch_first=True)
        self.linear = nn.Linear(16, 1)

    def forward(self, input, future=0):
        outputs = []
        out, h_t = self.rnn(input.unsqueeze(2))
        output = self.linear(out).squeeze(2)
        outputs += [output]
        output = output[:, -1:]
        for i in range(future):
            out, h_t = self.rnn(output.unsqueeze(2), h_t)
            output = self.linear(out).squeeze(2)
            outputs += [output]
        return torch.cat(outputs, dim=1)


input, target = torch.from_numpy(data[2:, :-1]), torch.from_numpy(data[2:, 1:])
test_input, test_target = torch.from_numpy(data[:2, :-1]), torch.from_numpy(data[:2, 1:])
seq = Sequence()
seq.double()
criterion = nn.MSELoss()
optimizer = optim.LBFGS(seq.parameters(), lr=0.5)
test_losses = []
for i in range(3):
    print("STEP: ", i)

    def closure():
        optimizer.zero_grad()
        out = seq(input)
        loss = criterion(out, target)
        loss.backward()
        return loss

    optimizer.step(closure)
    with torch.no_grad():
        future = 10
        pred = seq(test_input, future=future)
        loss = criterion(pred[:, :-future], test_target)
        print("test loss:", loss.item())
        test_losses.append(loss.item())
        y = pred.detach().numpy()

rnn = nn.RNN(input_size=1, hidden_size=16, num_layers=1)
head = nn.Linear(16, 1)
params = list(rnn.parameters()) + list(head.parameters())
optimizer = torch.optim.Adam(params, lr=0.01)
h_state = None
losses = []
for step in range(100):
    steps = np.linspace(step * np.pi, (step + 1) * np.pi, 10, dtype=np.float32, endpoint=False)
    sines = torch.from_numpy(np.sin(steps)[:, np.newaxis, np.newaxis])
    cosines = torch.from_numpy(np.cos(steps)[:, np.newaxis, np.newaxis])
    out, h_state = rnn(sines, h_state)
    h_state = h_state.data  # the next window begins where this one ended, and no gradient goes back into it
    loss = F.mse_loss(head(out), cosines)
    optimizer.zero_grad()
    loss.backward()
    nn.utils.clip_grad_value_(params, 1.0)
    optimizer.step()
    losses.append(loss.item())
