"""Threads: one graph is walked once, gradients from several graphs add up, and modes stay at home."""

import itertools
import sys
import threading
import time

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd, backward, memory
from minigrad.memory import WriteLog


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


@pytest.fixture(autouse=True)
def threads_switch_often():
    """A thread may be interrupted between almost any two bytecodes, so that races show."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def at_once(*works):
    """The outcomes of all works (a result or the exception), started together in threads of their own."""
    gate, outcomes = threading.Barrier(len(works)), [None] * len(works)

    def run(i, work):
        gate.wait()
        try:
            outcomes[i] = work()
        except Exception as error:
            outcomes[i] = error

    threads = [threading.Thread(target=run, args=(i, work)) for i, work in enumerate(works)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)
    return outcomes


def giving_way(function):
    """function, after every other call of which all other threads may run: what a race needs to show."""
    turns = itertools.cycle((50, 0))

    def slow(*args):
        result = function(*args)
        for _ in range(next(turns)):
            time.sleep(0)
        return result

    return slow


def branched(x, n=30):
    y = x
    for _ in range(n):
        y = (y + y * 1.0) * 0.5
    return y


@pytest.mark.parametrize("n", [0, 1, 30, 1000, 1001, 1002])
def test_of_two_threads_on_one_graph_one_succeeds_and_one_is_told_it_was_freed(n):
    x = leaf([1.0, 2.0])
    loss = branched(x, n).sum()

    outcomes = at_once(loss.backward, loss.backward)

    errors = [e for e in outcomes if e is not None]
    assert [type(e) for e in errors] == [RuntimeError]
    assert "has been freed by an earlier backward" in str(errors[0])
    assert x.grad.tolist() == [1, 1]


@pytest.mark.parametrize("repetition", range(20))
def test_of_two_threads_whose_graphs_share_a_part_one_succeeds(repetition):
    x, a, b = leaf(2.0), leaf(3.0), leaf(5.0)
    shared = branched(x * x)
    first, second = branched(shared * a), branched(shared * b)

    outcomes = at_once(first.backward, second.backward)

    errors = [e for e in outcomes if e is not None]
    assert [type(e) for e in errors] == [RuntimeError]
    assert x.grad.item() in (4 * 3, 4 * 5)
    assert (a.grad is None) != (b.grad is None)


@pytest.mark.parametrize("repetition", range(10))
def test_a_retained_graph_may_be_walked_by_several_threads_at_once(repetition):
    x = leaf([1.0, 2.0])
    loss = branched(x * x).sum()

    outcomes = at_once(*[lambda: loss.backward(retain_graph=True)] * 4)

    assert outcomes == [None] * 4
    assert x.grad.tolist() == [8, 16]


def test_gradients_of_separate_graphs_with_shared_parameters_add_up_exactly():
    w, rounds = leaf([1.0, 2.0, 4.0]), 100

    def work():
        for i in range(rounds):
            (w * float(i)).sum().backward()

    outcomes = at_once(work, work, work)

    assert outcomes == [None] * 3
    assert w.grad.tolist() == [3.0 * sum(range(rounds))] * 3


def test_threads_that_give_a_leaf_its_first_gradient_do_not_lose_one(monkeypatch):
    w = leaf([1.0, 2.0])
    losses = [(w * 1.0).sum() for _ in range(4)]
    monkeypatch.setattr("minigrad.backward.wrap", giving_way(backward.wrap))

    outcomes = at_once(*[loss.backward for loss in losses])

    assert outcomes == [None] * 4
    assert w.grad.tolist() == [4, 4]


def test_a_thread_that_frees_a_graph_under_a_walk_leaves_a_clear_error():
    x = leaf(2.0)
    h = x * x
    y = h * 3
    inside, freed = threading.Event(), threading.Event()

    def wait(g):
        inside.set()
        freed.wait(10)

    handle = y.register_hook(wait)

    def free():
        inside.wait(10)
        handle.remove()
        autograd.grad(h, x)
        freed.set()

    retained, freeing = at_once(lambda: y.backward(retain_graph=True), free)

    assert freeing is None
    assert isinstance(retained, RuntimeError), retained
    assert "has been freed" in str(retained)
    assert x.grad is None


def test_modes_do_not_leak_between_threads_that_run_together():
    x, seen = leaf(1.0), {"off": set(), "on": set()}

    def off():
        for _ in range(200):
            with mg.no_grad():
                seen["off"].add((x * 2).requires_grad)

    def on():
        for _ in range(200):
            seen["on"].add((x * 2).requires_grad)

    at_once(off, on, off, on)

    assert seen == {"off": {False}, "on": {True}}


def test_a_walk_in_one_thread_does_not_stop_another_from_recording():
    x, seen = leaf(np.ones(3)), set()

    def walk():
        for _ in range(50):
            branched(x).sum().backward()

    def record():
        for _ in range(500):
            seen.add((x * 2).requires_grad)

    at_once(walk, record)

    assert seen == {True}


def test_a_decorated_function_running_in_two_threads_gives_each_its_own_mode_back():
    first_is_in, second_is_in, first_is_out = (threading.Event() for _ in range(3))

    @mg.no_grad()
    def meet(arrived, wait_for):
        arrived.set()
        wait_for.wait(10)

    def first():
        meet(first_is_in, second_is_in)
        first_is_out.set()
        return mg.is_grad_enabled()

    def second():
        with mg.no_grad():
            first_is_in.wait(10)
            meet(second_is_in, first_is_out)
            return mg.is_grad_enabled()

    assert at_once(first, second) == [True, False]


def test_the_clock_of_the_write_log_never_goes_back(monkeypatch):
    log, arrays = WriteLog(), [np.zeros(4) for _ in range(4)]
    monkeypatch.setattr("minigrad.memory.clock", giving_way(memory.clock))

    at_once(*[lambda array=array: [log.note(array) for _ in range(25)] for array in arrays])

    assert log.last == max(tick for _, spans in log.owners.values() for tick in spans.values())


def test_writes_of_several_threads_are_all_seen():
    memories = [mg.ones(50, 2, dtype=np.float64) for _ in range(3)]
    x = leaf([1.0, 1.0])

    def write(memory):
        for i in range(50):
            memory[i].zero_()

    rows = [(memory, i, x * memory[i]) for memory in memories for i in range(50)]
    at_once(*[lambda memory=memory: write(memory) for memory in memories] * 2)

    for _, _, product in rows:
        with pytest.raises(RuntimeError, match="has been overwritten since"):
            product.sum().backward()


def test_results_of_threads_that_draw_from_one_generator_are_all_drawn():
    generator, drawn = mg.Generator(0), []

    at_once(*[lambda: drawn.append(mg.rand(1000, generator=generator).tolist())] * 4)

    expected = mg.rand(4000, generator=mg.Generator(0)).tolist()
    assert sorted(number for numbers in drawn for number in numbers) == sorted(expected)
