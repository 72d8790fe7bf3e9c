"""The same training step in each framework: forward, loss, backward, Adam, gradients cleared.

Each function takes a Task and returns a step() without arguments, ready to be timed. Every contender is written the way
its own documentation does it, trains in float32 where it can, and starts from the same weights.
"""

import math
from dataclasses import dataclass, field

import numpy as np

LR, BETA1, BETA2, EPS = 1e-3, 0.9, 0.999, 1e-8


@dataclass
class Task:
    """A two-layer net, its activation and loss, and one batch."""

    sizes: tuple
    activation: str  # "tanh" or "relu"
    loss: str  # "bce" (from logits) or "cross_entropy"
    x: np.ndarray
    y: np.ndarray
    weights: list = field(init=False)

    def __post_init__(self):
        draw = np.random.default_rng(0)
        self.weights = []
        for n, m in zip(self.sizes, self.sizes[1:], strict=False):
            bound = 1 / math.sqrt(n)
            self.weights.append(draw.uniform(-bound, bound, (m, n)).astype(np.float32))
            self.weights.append(draw.uniform(-bound, bound, m).astype(np.float32))


def xor_task():
    """2-8-1, tanh, binary cross-entropy from logits, the four rows."""
    x = np.array([[0, 0], [0, 1], [1, 0], [1, 1]], np.float32)
    return Task((2, 8, 1), "tanh", "bce", x, np.array([[0], [1], [1], [0]], np.float32))


def mnist_task(batch=64):
    """784-128-10, ReLU, cross-entropy, one batch of noise: the cost of a step does not depend on the pixels."""
    draw = np.random.default_rng(1)
    return Task((784, 128, 10), "relu", "cross_entropy", draw.random((batch, 784), np.float32),
                draw.integers(0, 10, batch))  # fmt: skip


def cnn_step(library, from_numpy, batch=64):
    """The small convolutional network (two convolutions, three linear layers) on 3×32×32 noise, for either library."""
    nn, F = library.nn, library.nn.functional
    draw = np.random.default_rng(2)
    x = from_numpy(draw.random((batch, 3, 32, 32), np.float32))
    y = from_numpy(draw.integers(0, 10, batch))

    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.conv1, self.conv2 = nn.Conv2d(3, 6, 5), nn.Conv2d(6, 16, 5)
            self.pool = nn.MaxPool2d(2, 2)
            self.fc1, self.fc2, self.fc3 = nn.Linear(16 * 5 * 5, 120), nn.Linear(120, 84), nn.Linear(84, 10)

        def forward(self, x):
            x = self.pool(F.relu(self.conv1(x)))
            x = self.pool(F.relu(self.conv2(x)))
            x = x.view(-1, 16 * 5 * 5)
            return self.fc3(F.relu(self.fc2(F.relu(self.fc1(x)))))

    model, loss_function = Net(), nn.CrossEntropyLoss()
    optimizer = library.optim.Adam(model.parameters(), lr=LR)

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def _pytorchs_way(task, library, from_numpy):
    """The same lines for PyTorch and for minigrad, which has PyTorch's interface."""
    nn = library.nn
    n, hidden, out = task.sizes
    model = nn.Sequential(
        nn.Linear(n, hidden), nn.Tanh() if task.activation == "tanh" else nn.ReLU(), nn.Linear(hidden, out)
    )
    with library.no_grad():
        for p, w in zip(model.parameters(), task.weights, strict=True):
            p.copy_(from_numpy(w))
    loss_function = nn.BCEWithLogitsLoss() if task.loss == "bce" else nn.CrossEntropyLoss()
    optimizer = library.optim.Adam(model.parameters(), lr=LR)
    x, y = from_numpy(task.x), from_numpy(task.y)

    def step():
        optimizer.zero_grad()
        loss = loss_function(model(x), y)
        loss.backward()
        optimizer.step()
        return loss

    return step


def minigrad(task):
    """minigrad, as its README does it."""
    import minigrad

    return _pytorchs_way(task, minigrad, minigrad.from_numpy)


def pytorch(task):
    """PyTorch, eager, on one thread."""
    import torch

    torch.set_num_threads(1)
    return _pytorchs_way(task, torch, torch.from_numpy)


def jax_jit(task):
    """JAX, the whole step under jit, the parameters donated to it."""
    import jax
    import jax.numpy as jnp

    def loss(p, x, y):
        h = x @ p[0].T + p[1]
        z = (jnp.tanh(h) if task.activation == "tanh" else jax.nn.relu(h)) @ p[2].T + p[3]
        if task.loss == "bce":
            return jnp.mean(jnp.maximum(z, 0) - z * y + jnp.log1p(jnp.exp(-jnp.abs(z))))
        return -jnp.mean(jnp.take_along_axis(jax.nn.log_softmax(z), y[:, None], axis=1))

    def update(p, m, v, t, x, y):
        value, g = jax.value_and_grad(loss)(p, x, y)
        m = [BETA1 * m + (1 - BETA1) * g for m, g in zip(m, g, strict=True)]
        v = [BETA2 * v + (1 - BETA2) * g * g for v, g in zip(v, g, strict=True)]
        c1, c2 = 1 - BETA1**t, 1 - BETA2**t
        p = [p - LR * (m / c1) / (jnp.sqrt(v / c2) + EPS) for p, m, v in zip(p, m, v, strict=True)]
        return p, m, v, value

    compiled = jax.jit(update, donate_argnums=(0, 1, 2))
    p = [jnp.asarray(w) for w in task.weights]
    state = [p, [jnp.zeros_like(w) for w in p], [jnp.zeros_like(w) for w in p], 0.0]
    x, y = jnp.asarray(task.x), jnp.asarray(task.y)

    def step():
        state[3] += 1.0
        *state[:3], value = compiled(*state, x, y)
        return value.block_until_ready()

    return step


def _numpy_adam(parameters):
    """Adam over a list of arrays, in place: what the NumPy-based contenders use."""
    ms, vs, t = [np.zeros_like(p) for p in parameters], [np.zeros_like(p) for p in parameters], [0]

    def update(gradients):
        t[0] += 1
        rate, c2 = LR / (1 - BETA1 ** t[0]), math.sqrt(1 - BETA2 ** t[0])
        for p, g, m, v in zip(parameters, gradients, ms, vs, strict=True):
            m *= BETA1
            m += (1 - BETA1) * g
            v *= BETA2
            v += (1 - BETA2) * (g * g)
            p -= rate * m / (np.sqrt(v) / c2 + EPS)

    return update


def hips_autograd(task):
    """HIPS autograd, with Adam in NumPy."""
    import autograd.numpy as anp
    from autograd import value_and_grad

    def loss(p, x, y):
        h = anp.dot(x, p[0].T) + p[1]
        z = anp.dot(anp.tanh(h) if task.activation == "tanh" else anp.maximum(h, 0), p[2].T) + p[3]
        if task.loss == "bce":
            return anp.mean(anp.maximum(z, 0) - z * y + anp.log1p(anp.exp(-anp.abs(z))))
        top = anp.max(z, axis=1, keepdims=True)
        log_p = z - top - anp.log(anp.sum(anp.exp(z - top), axis=1, keepdims=True))
        return -anp.mean(log_p[anp.arange(len(y)), y])

    slope, p = value_and_grad(loss), [w.copy() for w in task.weights]
    adam = _numpy_adam(p)

    def step():
        value, g = slope(p, task.x, task.y)
        adam(g)
        return value

    return step


def mygrad(task):
    """MyGrad, with Adam in NumPy."""
    import mygrad as mg
    from mygrad.nnet.losses import softmax_crossentropy

    p = [mg.tensor(w.copy()) for w in task.weights]
    arrays = [q.data for q in p]
    adam = _numpy_adam(arrays)

    def step():
        h = mg.matmul(task.x, p[0].T) + p[1]
        z = mg.matmul(mg.tanh(h) if task.activation == "tanh" else mg.maximum(h, 0), p[2].T) + p[3]
        if task.loss == "bce":
            loss = mg.mean(mg.maximum(z, 0) - z * task.y + mg.log1p(mg.exp(-mg.abs(z))))
        else:
            loss = softmax_crossentropy(z, task.y)
        loss.backward()
        gradients = [q.grad for q in p]
        loss.clear_graph()
        adam(gradients)
        for q in p:
            q.null_grad()
        return loss

    return step


def numpy_floor(task):
    """What no framework on NumPy can beat: the matrix products by hand and an in-place Adam, nothing recorded."""
    w1, b1, w2, b2 = p = [w.copy() for w in task.weights]
    adam, x, y, n = _numpy_adam(p), task.x, task.y, len(task.x)
    rows = np.arange(n)

    def step():
        h = x @ w1.T + b1
        a = np.tanh(h) if task.activation == "tanh" else np.maximum(h, 0)
        z = a @ w2.T + b2
        if task.loss == "bce":
            value = np.mean(np.maximum(z, 0) - z * y + np.log1p(np.exp(-np.abs(z))))
            gz = (1 / (1 + np.exp(-z)) - y) / n
        else:
            e = np.exp(z - z.max(axis=1, keepdims=True))
            gz = e / e.sum(axis=1, keepdims=True)
            value = -np.log(gz[rows, y]).mean()
            gz[rows, y] -= 1
            gz /= n
        gh = gz @ w2
        gh *= 1 - a * a if task.activation == "tanh" else a > 0
        adam([gh.T @ x, gh.sum(axis=0), gz.T @ a, gz.sum(axis=0)])
        return value

    return step


ALL = {
    "minigrad": minigrad, "PyTorch": pytorch, "JAX jit": jax_jit, "MyGrad": mygrad, "HIPS autograd": hips_autograd,
    "NumPy by hand": numpy_floor,
}  # fmt: skip
