"""Running a model only to look at it leaves no trace, whatever it does and whoever looks at the same time."""

import threading
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz import (
    plot_decision_boundary,
    plot_landscape,
    plot_mistakes,
    plot_regression_fit,
    plot_saliency,
    summary,
)
from minigrad.viz.aside import aside, moved_aside


class Busy(nn.Module):
    """Draws from generators of any name, counts in an attribute and in a buffer, and registers one more."""

    def __init__(self, features=2):
        super().__init__()
        self.dense = nn.Linear(features, 2)
        self.noise, self.other = mg.Generator(1), mg.Generator(2)
        self.calls = 0
        self.register_buffer("total", mg.zeros(1))

    def forward(self, x):
        self.calls += 1
        self.total.add_(1)
        self.register_buffer("last", mg.zeros(1))
        for generator in (None, self.noise, self.other):
            mg.rand(1, generator=generator)
        return self.dense(x)


def state(model):
    generators = [mg.random.default_generator, model.noise, model.other]
    numbers = {name: value.numpy().tolist() for name, value in model.state_dict().items()}
    return numbers, model.calls, [g.get_state() for g in generators], [m.training for m in model.modules()]


def error(out, y):
    return ((out - y) ** 2).mean()


X = np.random.default_rng(0).normal(size=(6, 2))
X32 = X.astype(np.float32)
PLOTS = {
    "summary": lambda model: summary(model, (3, 2)),
    "boundary": lambda model: plot_decision_boundary(model, X, [0, 1] * 3, resolution=3),
    "mistakes": lambda model: plot_mistakes(model, (X, [0, 1] * 3), shape=(1, 2)),
    "saliency": lambda model: plot_saliency(model, X[0], shape=(1, 2)),
    "landscape": lambda model: plot_landscape(model, error, X32, X32, steps=2, generator=mg.Generator(3)),
}


@pytest.mark.parametrize("name", PLOTS)
def test_a_picture_leaves_buffers_attributes_and_generators_as_they_were(name):
    model = Busy()
    before = state(model)

    PLOTS[name](model)

    assert state(model) == before


def test_a_buffer_whose_array_was_exchanged_has_its_own_back():
    model = Busy()
    array = model.total.array

    with aside(model):
        model.total.array = np.ones(3)

    assert model.total.array is array


def test_a_function_will_do():
    state = mg.random.default_generator.get_state()

    plot_regression_fit(lambda x: x + 0 * mg.rand(len(x), 1), [1.0, 2.0], [1.0, 2.0])

    assert mg.random.default_generator.get_state() == state


def test_aside_can_be_nested():
    model = Busy()

    with aside(model), aside(model), moved_aside(model):
        assert not model.training

    assert model.training


@pytest.mark.parametrize("block", [aside, moved_aside])
def test_a_second_thread_waits_until_the_model_is_itself_again(block):
    model, entered, over, found = Busy(), threading.Event(), [], []

    def second():
        entered.wait()
        with block(model):
            found.append(len(over))

    thread = threading.Thread(target=second)
    thread.start()
    weight = model.dense.weight.array
    with block(model):
        entered.set()
        time.sleep(0.05)  # time enough to come in, if it could
        over.append(True)
    thread.join()

    assert found == [1]
    assert model.training
    assert model.dense.weight.array is weight


def test_threads_that_look_at_the_same_model_leave_it_whole():
    model = nn.Sequential(nn.Linear(2, 4), nn.Dropout(), nn.Linear(4, 1))
    shapes = []

    def look():
        for _ in range(5):
            shapes.append(summary(model, (3, 2)).outputs)

    threads = [threading.Thread(target=look) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert shapes == [("(3, 1)", "(3, 4)", "(3, 4)", "(3, 1)")] * 20
    assert all(module.training and "forward" not in vars(module) for module in model.modules())
