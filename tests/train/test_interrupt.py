"""Tests of holding Ctrl-C back until a moment at which it does no harm."""

import signal
import threading

import pytest

from minigrad.train.interrupt import HeldBack, Interrupted


@pytest.fixture(autouse=True)
def python_handles_ctrl_c():
    """Also where the tests run in the background, with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def ctrl_c():
    signal.raise_signal(signal.SIGINT)


def two_steps(reached, *, first=(), second=()):
    """Two steps with a check between them, and what happens in each of them."""
    with HeldBack() as interrupt:
        for event in first:
            event()
        reached.append("the end of the first step")
        interrupt.check()
        for event in second:
            event()
        reached.append("the end of the second step")


def test_the_first_ctrl_c_waits_for_the_check():
    reached = []

    with pytest.raises(Interrupted):
        two_steps(reached, first=[ctrl_c])

    assert reached == ["the end of the first step"]


def test_the_second_ctrl_c_interrupts_at_once():
    reached = []

    with pytest.raises(KeyboardInterrupt) as caught:
        two_steps(reached, first=[ctrl_c, ctrl_c])

    assert reached == []
    assert not isinstance(caught.value, Interrupted)


def test_a_ctrl_c_after_the_last_check_is_not_swallowed():
    reached = []

    with pytest.raises(Interrupted):
        two_steps(reached, second=[ctrl_c])

    assert reached == ["the end of the first step", "the end of the second step"]


def test_an_error_is_not_replaced_by_the_interrupt():
    with pytest.raises(ZeroDivisionError):
        two_steps([], first=[ctrl_c, lambda: 1 / 0])


def test_without_ctrl_c_nothing_happens_and_the_handler_is_back():
    with HeldBack() as interrupt:
        interrupt.check()
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_the_handler_is_back_after_an_interrupt():
    with pytest.raises(Interrupted):
        two_steps([], first=[ctrl_c])

    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


@pytest.mark.parametrize("theirs", [signal.SIG_IGN, lambda signum, frame: None])
def test_somebody_elses_handler_stays(theirs):
    signal.signal(signal.SIGINT, theirs)

    with HeldBack():
        assert signal.getsignal(signal.SIGINT) is theirs

    assert signal.getsignal(signal.SIGINT) is theirs


def test_another_thread_leaves_signals_alone():
    seen = []

    def work():
        with HeldBack():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()

    assert seen == [signal.default_int_handler]
