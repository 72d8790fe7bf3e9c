"""Nothing outlives its use: no reference cycles, values freed on the way back, flat memory in a training loop."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.engine import Node, Variable


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


@pytest.fixture
def collector_off():
    """The cyclic collector switched off, so that what only it could free stays to be counted.

    It then sees only what comes after; to look through all that a test run holds would take it half a second each time.
    """
    gc.freeze()
    gc.disable()
    yield
    gc.enable()
    gc.unfreeze()


def recorded():
    """How many Variables and Nodes are alive."""
    return sum(isinstance(x, Variable | Node) for x in gc.get_objects())


def mlp_loss(x):
    w, b = leaf(np.ones((3, 3))), leaf(np.zeros(3))
    h = mg.tanh(mg.linear(x, w, b))
    return mg.logsumexp(h.reshape(-1)[[0, 0, 1]], 0) + mg.cat([h, h]).mean() + mg.einsum("ij,jk->", h, w)


def walk_back():
    mlp_loss(leaf(np.ones((2, 3)))).backward()


def throw_away():
    mlp_loss(leaf(np.ones((2, 3))))


def walk_twice():
    loss = mlp_loss(leaf(np.ones((2, 3))))
    loss.backward(retain_graph=True)
    loss.backward()


def differentiate_twice():
    x = leaf(np.ones((2, 3)))
    (slope,) = autograd.grad(mlp_loss(x), x, create_graph=True)
    autograd.grad(slope.sum(), x)


def take_derivatives():
    x = leaf([1.0, 2.0])
    autograd.vjp(lambda x: (x * x).sum(), x)
    autograd.jvp(lambda x: x * x, x, x.detach())
    autograd.hessian(lambda x: (x**3).sum(), x)
    autograd.hvp(lambda x: (x**3).sum(), x, x.detach())


def keep_intermediates():
    x = leaf([1.0, 2.0])
    h = x * x
    h.retain_grad()
    h.sum().backward()


def update_in_place():
    w = leaf([1.0, 2.0])
    (w * w).sum().backward()
    with mg.no_grad():
        w -= w.grad
    w[0].item()


def fail():
    with pytest.raises(ValueError, match="do not broadcast"):
        leaf([1.0, 2.0]) * leaf([1.0, 2.0, 3.0])
    with pytest.raises(RuntimeError, match="only a scalar"):
        (leaf([1.0, 2.0]) * 2).backward()


def look_for_anomalies():
    with autograd.detect_anomaly():
        mlp_loss(leaf(np.ones((2, 3)))).backward()


def through_numpy():
    np.exp(np.ones(2) * leaf([1.0, 2.0])).sum().backward()


def hook():
    x = leaf([1.0, 2.0])
    h = x * x
    h.register_hook(lambda g: g * 2)
    x.register_hook(lambda g: None)
    h.sum().backward()


CYCLE_FREE = [
    walk_back, throw_away, walk_twice, differentiate_twice, take_derivatives, keep_intermediates, update_in_place,
    look_for_anomalies, through_numpy,
    hook,
]  # fmt: skip


@pytest.mark.parametrize("work", CYCLE_FREE)
def test_no_graph_keeps_a_reference_cycle_alive(work, collector_off):
    work()
    gc.collect()
    before = recorded()

    work()

    assert recorded() == before
    assert gc.collect() == 0


def test_a_call_that_raised_leaves_no_tensor_behind(collector_off):
    fail()
    gc.collect()
    before = recorded()

    fail()
    gc.collect()  # pytest.raises and the traceback make a cycle of their own

    assert recorded() == before


def test_backward_with_create_graph_makes_the_one_cycle_and_warns_of_it(collector_off):
    x = leaf(3.0)

    with pytest.warns(UserWarning, match=r"create_graph=True\) makes a reference cycle.*use autograd.grad"):
        (x**3).backward(create_graph=True)
    alive = weakref.ref(x)
    del x

    assert alive() is not None
    gc.collect()
    assert alive() is None


def test_the_warning_names_the_users_line():
    x = leaf(3.0)

    with pytest.warns(UserWarning, match="reference cycle") as caught:
        (x**3).backward(create_graph=True)

    assert caught[0].filename == __file__
    x.grad = None


def test_backward_lets_go_of_intermediates_while_the_loss_lives():
    x = leaf(np.ones(3))
    h = x.exp()
    loss = h.sum()
    alive = weakref.ref(h.array)
    del h

    loss.backward()

    assert alive() is None
    assert loss.item() == pytest.approx(3 * np.e)


def test_the_walk_lets_go_of_values_as_it_passes_them():
    x = leaf(np.ones(3))
    h = x * 2
    late = h.exp()
    values, alive = weakref.ref(late.array), []
    h.register_hook(lambda g: alive.append(values() is not None))
    loss = late.sum()
    del late, h

    loss.backward()

    assert alive == [False]


def test_retain_graph_keeps_intermediates():
    x = leaf(np.ones(3))
    loss = x.exp().sum()
    alive = weakref.ref(loss.node.inputs[0])

    loss.backward(retain_graph=True)

    assert alive() is not None


def test_nothing_is_kept_of_what_is_computed_under_no_grad():
    x = leaf(np.ones(3))
    with mg.no_grad():
        h = x.exp()
        loss = h.sum()
    alive = weakref.ref(h)

    del h

    assert alive() is None
    assert not loss.requires_grad


def test_an_untracked_computation_keeps_nothing_of_its_inputs():
    h = mg.ones(3).exp()
    loss = h.sum()
    alive = weakref.ref(h)

    del h

    assert alive() is None
    assert loss.is_leaf


def test_memory_is_flat_over_ten_thousand_training_steps_with_the_collector_off(collector_off):
    x, y = mg.tensor([[0.0, 1.0]], dtype=np.float64), mg.tensor([[1.0]], dtype=np.float64)
    w = leaf([[0.3, -0.2]])

    def step():
        error = (x @ w.T).tanh() - y
        (error * error).sum().backward()
        with mg.no_grad():
            w.data -= 0.01 * w.grad
        w.grad = None

    for _ in range(10):
        step()
    before = recorded(), len(gc.get_objects())
    for _ in range(10_000):
        step()

    assert recorded() == before[0]
    assert len(gc.get_objects()) <= before[1] + 10
    assert gc.collect() == 0
