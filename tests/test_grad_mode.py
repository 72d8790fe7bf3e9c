"""Whether operations are recorded: per block, per function, per thread, and right again however a block ends."""

import contextlib
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd


@pytest.fixture(autouse=True)
def recording_at_both_ends():
    assert mg.is_grad_enabled()
    yield
    left_on = mg.is_grad_enabled()
    mg.set_grad_enabled(True)
    assert left_on


def recorded():
    """Whether an operation on a tracked tensor is recorded here and now."""
    return (mg.ones(1, requires_grad=True) * 2).requires_grad


def test_no_grad_records_nothing_and_ends_with_its_block():
    with mg.no_grad():
        inside = recorded(), mg.is_grad_enabled()

    assert inside == (False, False)
    assert (recorded(), mg.is_grad_enabled()) == (True, True)


def test_modes_nest():
    seen = []

    with mg.no_grad():
        seen.append(recorded())
        with mg.enable_grad():
            seen.append(recorded())
            with mg.no_grad():
                seen.append(recorded())
            seen.append(recorded())
        seen.append(recorded())

    assert seen == [False, True, False, True, False]
    assert recorded()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit, GeneratorExit])
def test_the_mode_is_right_again_after_a_block_that_raised(error):
    with pytest.raises(error), mg.no_grad():
        raise error

    assert recorded()


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt])
def test_the_mode_is_right_again_after_a_decorated_function_that_raised(error):
    @mg.no_grad()
    def interrupted():
        raise error

    with pytest.raises(error):
        interrupted()

    assert recorded()


def test_one_block_object_can_be_entered_again_and_within_itself():
    block, seen = mg.no_grad(), []

    with block:
        with block:
            seen.append(recorded())
        seen.append(recorded())
    seen.append(recorded())
    with block:
        seen.append(recorded())

    assert seen == [False, False, True, False]


@pytest.mark.parametrize("decorator", [mg.no_grad, mg.no_grad(), mg.set_grad_enabled(True) and mg.no_grad()])
def test_no_grad_decorates_with_and_without_parentheses(decorator):
    @decorator
    def inside(x):
        """The docstring."""
        return recorded(), x

    assert inside(5) == (False, 5)
    assert (inside.__name__, inside.__doc__) == ("inside", "The docstring.")
    assert recorded()


@pytest.mark.parametrize("decorator", [mg.enable_grad, mg.enable_grad()])
def test_enable_grad_decorates_with_and_without_parentheses(decorator):
    @decorator
    def inside():
        return recorded()

    with mg.no_grad():
        assert inside()
        assert not recorded()


def test_a_decorated_function_may_call_itself():
    @mg.no_grad()
    def depth(n):
        below = depth(n - 1) if n else 0
        assert not mg.is_grad_enabled()
        return below + 1

    assert depth(5) == 6
    assert recorded()


def test_a_decorated_method_gets_its_self():
    class Model:
        @mg.no_grad()
        def predict(self, x):
            return self, x, recorded()

    model = Model()

    assert model.predict(3) == (model, 3, False)


def test_a_decorated_generator_switches_while_it_runs_and_not_in_between():
    @mg.no_grad()
    def steps():
        for i in range(3):
            yield i, recorded()

    seen = [(i, inside, recorded()) for i, inside in steps()]

    assert seen == [(i, False, True) for i in range(3)]


def test_a_decorated_generator_can_be_sent_values_returns_and_raises():
    @mg.no_grad
    def echo():
        received = yield "start"
        assert not mg.is_grad_enabled()
        if received == "stop":
            raise KeyError("planted")
        return received

    running = echo()
    assert next(running) == "start"
    with pytest.raises(StopIteration) as end:
        running.send("value")
    assert end.value.value == "value"

    running = echo()
    next(running)
    with pytest.raises(KeyError, match="planted"):
        running.send("stop")
    assert recorded()


def test_a_decorated_generator_left_early_is_cleaned_up():
    closed = []

    @mg.no_grad()
    def steps():
        try:
            yield 1
            yield 2
        finally:
            closed.append(True)

    with contextlib.closing(steps()) as running:
        assert next(running) == 1
    del running

    assert closed == [True]
    assert recorded()


def test_set_grad_enabled_as_a_function_lasts():
    mg.set_grad_enabled(False)
    off = recorded()
    mg.set_grad_enabled(True)

    assert not off
    assert recorded()


@pytest.mark.parametrize("enabled", [True, False])
def test_set_grad_enabled_as_a_block_ends_with_it(enabled):
    with mg.set_grad_enabled(enabled):
        inside = recorded()

    assert inside is enabled
    assert recorded()


def test_set_grad_enabled_as_a_decorator_switches_only_while_the_function_runs():
    @mg.set_grad_enabled(False)
    def inside():
        return recorded()

    assert recorded()  # decorating alone switched nothing
    assert not inside()
    assert recorded()


def test_set_grad_enabled_blocks_nest_and_come_back_after_errors():
    seen = []

    with contextlib.suppress(ZeroDivisionError), mg.set_grad_enabled(False):
        with mg.set_grad_enabled(True):
            seen.append(recorded())
        seen.append(recorded())
        raise ZeroDivisionError

    assert seen == [True, False]
    assert recorded()


def test_the_mode_belongs_to_its_thread():
    seen = {}

    def work():
        seen["new thread"] = recorded()
        with mg.no_grad():
            seen["its block"] = recorded()

    with mg.no_grad():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        seen["the block here"] = recorded()

    assert seen == {"new thread": True, "its block": False, "the block here": False}
    assert recorded()


def test_results_made_under_no_grad_are_leaves_without_history():
    w = mg.ones(2, requires_grad=True)

    with mg.no_grad():
        y = w * 2

    assert (y.requires_grad, y.is_leaf, y.grad_fn) == (False, True, None)


def test_leaves_made_under_no_grad_may_require_grad():
    with mg.no_grad():
        w = mg.ones(2, requires_grad=True)

    (w * 2).sum().backward()

    assert w.grad.tolist() == [2, 2]


def test_backward_works_inside_no_grad_on_a_graph_made_outside():
    w = mg.ones(2, requires_grad=True)
    loss = (w * 2).sum()

    with mg.no_grad():
        loss.backward()
        inside = mg.is_grad_enabled()

    assert w.grad.tolist() == [2, 2]
    assert not inside


def test_grad_with_create_graph_records_also_inside_no_grad():
    x = mg.tensor(3.0, dtype=np.float64, requires_grad=True)
    y = x**3

    with mg.no_grad():
        (slope,) = autograd.grad(y, x, create_graph=True)
        inside = recorded()

    assert slope.requires_grad
    assert autograd.grad(slope, x)[0].item() == 18
    assert not inside


def test_derivative_functions_record_for_themselves_inside_no_grad():
    x = mg.tensor([1.0, 2.0], dtype=np.float64)

    with mg.no_grad():
        h = autograd.hessian(lambda x: (x**3).sum(), x)
        inside = recorded()

    assert h.tolist() == [[6, 0], [0, 12]]
    assert (h.requires_grad, inside) == (False, False)


def test_an_interrupt_during_the_walk_leaves_mode_and_gradients_as_they_were():
    w = mg.ones(2, requires_grad=True)
    h = w * 2

    def interrupt(g):
        raise KeyboardInterrupt

    h.register_hook(interrupt)

    with pytest.raises(KeyboardInterrupt):
        h.sum().backward()

    assert recorded()
    assert w.grad is None


def test_inference_mode_records_nothing_and_with_false_everything():
    x = mg.ones(1, requires_grad=True)

    @mg.inference_mode()
    def doubled(x):
        return x * 2

    @mg.inference_mode
    def tripled(x):
        return x * 3

    with mg.inference_mode():
        assert not (x * 2).requires_grad
        with mg.inference_mode(False):
            assert (x * 2).requires_grad
        assert not (x * 2).requires_grad
    assert not doubled(x).requires_grad
    assert not tripled(x).requires_grad
