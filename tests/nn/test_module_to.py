"""Modules in another dtype, and on the one device there is."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim


def model():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3), nn.Linear(3, 1))


@pytest.mark.parametrize(
    "move",
    [
        lambda m: m.to("cpu"),
        lambda m: m.to(mg.device("cpu")),
        lambda m: m.to(device="cpu", non_blocking=True),
        lambda m: m.cpu(),
        lambda m: m.float(),
    ],
)
def test_a_model_on_the_cpu_stays_what_it_is(move):
    net = model()
    before = [(p, p.array) for p in net.parameters()]

    assert move(net) is net
    assert all(p.array is array for p, array in before)


@pytest.mark.parametrize(
    "convert",
    [
        lambda m: m.double(),
        lambda m: m.to(mg.float64),
        lambda m: m.to(dtype=np.float64),
        lambda m: m.to("cpu", mg.double),
        lambda m: m.to(mg.zeros(1).double()),
    ],
)
def test_parameters_buffers_and_gradients_take_the_new_dtype_and_stay_the_same_objects(convert):
    net = model()
    net(mg.ones(4, 2)).sum().backward()
    before = {name: (p, p.tolist()) for name, p in net.named_parameters()}
    gradients = [p.grad.tolist() for p in net.parameters()]

    assert convert(net) is net

    assert {name: (p, p.tolist()) for name, p in net.named_parameters()} == before
    assert [p.grad.tolist() for p in net.parameters()] == gradients
    assert {p.grad.dtype for p in net.parameters()} == {mg.float64}
    assert {b.dtype for _, b in net.named_buffers()} == {mg.float64, mg.int64}  # counts stay counts
    assert net(mg.ones(4, 2).double()).dtype == mg.float64


def test_a_converted_model_learns():
    net = model().double()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    before = net[0].weight.tolist()

    net(mg.randn(4, 2, dtype=mg.float64)).square().sum().backward()
    optimizer.step()

    assert net[0].weight.tolist() != before


def test_a_graph_recorded_before_the_conversion_is_refused():
    net = model()
    loss = net(mg.ones(4, 2)).square().sum()

    net.double()

    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


def test_an_optimizer_that_has_stepped_before_the_conversion_says_so():
    net = model()
    optimizer = optim.SGD(net.parameters(), lr=0.1)
    net(mg.ones(4, 2)).sum().backward()
    optimizer.step()
    net.double()

    with pytest.raises(ValueError, match=r"step: a parameter that was float32 .* make a new optimizer after changing"):
        optimizer.step()


@pytest.mark.parametrize(
    ("target", "kind", "message"),
    [
        (mg.int64, TypeError, "to: Sequential holds weights to be learned, so it cannot become int64"),
        (mg.bool, TypeError, "to: Sequential holds weights to be learned, so it cannot become bool"),
        (complex, TypeError, "to: a tensor holds bools, integers or floats, not complex128"),
        ("cuda", ValueError, "computes on the CPU only"),
    ],
)
def test_what_a_model_cannot_become_is_refused_and_nothing_changes(target, kind, message):
    net = model()

    with pytest.raises(kind, match=message):
        net.to(target)

    assert {p.dtype for p in net.parameters()} == {mg.float32}
