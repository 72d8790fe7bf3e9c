"""A value that a rule will read must not change between forward and backward; any other value may."""

import gc
import itertools

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import minigrad as mg
from minigrad import autograd
from minigrad.inplace import write
from minigrad.memory import MOST_SPANS, WriteLog, log

STALE = "as it was in the forward pass, but it has been overwritten since"


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


def array(values):
    return mg.tensor(values, dtype=np.float64)


# ---- every way of writing


def in_no_grad(change):
    """change(w) inside no_grad."""

    def changed(w):
        with mg.no_grad():
            change(w)

    return changed


def set_item(w):
    w[1] = 9.0


def add_in_place(w):
    w += 1


def divide_in_place(w):
    w /= 2


def subtract_from_data(w):
    w.data -= 1


def set_item_of_data(w):
    w.data[0] = 7.0


def replace_data(w):
    w.data = array([7.0, 8.0, 9.0])


def set_slice_of_detached(w):
    w.detach()[1:] = array([5.0, 6.0])


def set_with_mask(w):
    w.detach()[w.detach() > 2] = 0.0


def fill_view_of_view(w):
    w.detach()[1:][:1].fill_(7.0)


def fill_reshaped(w):
    w.detach().reshape(3, 1).zero_()


def fill_transposed(w):
    w.detach().reshape(1, 3).T.mul_(2.0)


def fill_reversed(w):
    w.detach()[::-1].fill_(4.0)


def write_like_an_optimizer(w):
    write(w, np.zeros(3), "step")


def copy_into(w):
    w.detach().copy_(array([7.0, 8.0, 9.0]))


WRITES = {
    "x[i] = v": in_no_grad(set_item),
    "x += y": in_no_grad(add_in_place),
    "x /= y": in_no_grad(divide_in_place),
    "x.data -= y": subtract_from_data,
    "x.data[i] = v": set_item_of_data,
    "x.data = y": replace_data,
    "detached slice": set_slice_of_detached,
    "detached mask": set_with_mask,
    "view of a view": fill_view_of_view,
    "reshaped view": fill_reshaped,
    "transposed view": fill_transposed,
    "reversed view": fill_reversed,
    "an optimizer's write": write_like_an_optimizer,
    "copy_": copy_into,
    "add_": in_no_grad(lambda w: w.add_(1.0)),
    "sub_": in_no_grad(lambda w: w.sub_(1.0)),
    "mul_": in_no_grad(lambda w: w.mul_(2.0)),
    "div_": in_no_grad(lambda w: w.div_(2.0)),
    "clamp_": in_no_grad(lambda w: w.clamp_(max=2.0)),
    "fill_": in_no_grad(lambda w: w.fill_(2.0)),
    "zero_": in_no_grad(lambda w: w.zero_()),
}


@pytest.mark.parametrize("change", WRITES.values(), ids=WRITES)
def test_a_value_that_was_read_and_then_written_is_refused_before_any_gradient_changes(change):
    x, w = leaf([1.0, 1.0, 1.0]), leaf([1.0, 2.0, 3.0], name="w")
    (x * 2 + w).sum().backward()
    loss = (x * w).sum()

    change(w)

    with pytest.raises(RuntimeError, match=f"mul needs its input 1 .*{STALE}"):
        loss.backward()
    assert (x.grad.tolist(), w.grad.tolist()) == ([2, 2, 2], [1, 1, 1])


@pytest.mark.parametrize("change", WRITES.values(), ids=WRITES)
def test_a_value_that_no_rule_reads_may_be_written(change):
    x, w = leaf([1.0, 1.0, 1.0]), leaf([1.0, 2.0, 3.0])
    loss = (x * 2 + w).sum()

    change(w)
    loss.backward()

    assert (x.grad.tolist(), w.grad.tolist()) == ([2, 2, 2], [1, 1, 1])


@pytest.mark.parametrize("change", WRITES.values(), ids=WRITES)
def test_a_write_before_the_forward_pass_is_just_a_value(change):
    x, w = leaf([1.0, 1.0, 1.0]), leaf([1.0, 2.0, 3.0])

    change(w)
    now = w.tolist()
    (x * w).sum().backward()

    assert x.grad.tolist() == now


RESULT_WRITES = {k: v for k, v in WRITES.items() if k not in ("x.data = y",)}


@pytest.mark.parametrize("change", RESULT_WRITES.values(), ids=RESULT_WRITES)
def test_a_result_that_its_own_rule_reads_is_refused_when_written(change):
    x = leaf([0.0, 1.0, 2.0])
    y = x.exp()
    loss = y.sum()

    change(y)

    with pytest.raises(RuntimeError, match=f"exp needs its result .*{STALE}"):
        loss.backward()
    assert x.grad is None


def test_a_result_whose_data_was_replaced_is_refused():
    x = leaf([0.0, 1.0, 2.0])
    y = x.exp()
    loss = y.sum()

    replace_data(y)

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()


def test_a_gradient_that_grows_is_a_write_too():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    (w * 5).sum().backward()
    loss = (x * w.grad).sum()

    (w * 7).sum().backward()  # adds to w.grad, in place

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()
    assert x.grad is None


def test_two_tensors_over_one_array_of_the_users_are_one_memory():
    memory = np.array([1.0, 2.0, 3.0])
    a, b = mg.from_numpy(memory), mg.from_numpy(memory[1:])
    x = leaf([1.0, 1.0, 1.0])
    loss = (x * a).sum()

    b.zero_()

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()


def test_windows_and_memoryviews_show_the_memory_they_were_made_of():
    memory = np.arange(4.0)
    x, whole = leaf(np.ones((3, 2))), mg.from_numpy(memory)
    windows = mg.from_numpy(sliding_window_view(memory, 2))
    loss = (x * windows).sum()
    other = (x[0] * mg.from_numpy(np.asarray(memoryview(memory)))[:2]).sum()

    whole[1] = 9.0

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()
    with pytest.raises(RuntimeError, match=STALE):
        other.backward()


# ---- where


def test_a_write_beside_what_was_read_is_fine():
    x, buffer = leaf([1.0, 1.0]), array([1.0, 2.0, 3.0, 4.0])
    loss = (x * buffer[:2]).sum()

    buffer[2:].zero_()
    loss.backward()

    assert x.grad.tolist() == [1, 2]


@pytest.mark.parametrize("index", [2, slice(2, None), (slice(2, 4),), -1, (..., 3)])
def test_setting_an_item_beside_what_was_read_is_fine(index):
    x, buffer = leaf([1.0, 1.0]), array([1.0, 2.0, 3.0, 4.0])
    loss = (x * buffer[:2]).sum()

    buffer[index] = 9.0
    loss.backward()

    assert x.grad.tolist() == [1, 2]


def test_a_sequence_may_be_written_into_one_buffer_while_it_is_read():
    w, states = leaf(2.0), mg.ones(4, 1, dtype=np.float64)
    loss = 0
    for t in range(3):
        loss = loss + w * states[t]
        states[t + 1] = (w * states[t]).detach()

    loss.sum().backward()

    assert w.grad.item() == 1 + 2 + 4


def test_a_write_to_part_of_what_was_read_is_refused():
    x, buffer = leaf([1.0, 1.0]), array([1.0, 2.0, 3.0, 4.0])
    loss = (x * buffer[1:3]).sum()

    buffer[2:].zero_()

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_an_empty_value_cannot_be_overwritten(shape):
    x, buffer = leaf(np.ones(shape)), array(np.ones((4, 4)))
    empty = buffer.reshape(-1)[5:5].reshape(shape)
    loss = (x * empty).sum()

    buffer.zero_()
    loss.backward()

    assert x.grad.shape == shape


def test_another_tensor_may_be_written_at_will():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * x).sum()

    with mg.no_grad():
        w -= 1
    loss.backward()

    assert x.grad.tolist() == [2, 4]


def test_an_intermediate_written_in_no_grad_is_noticed():
    x = leaf([1.0, 2.0])
    h = x * 3
    loss = (h * h).sum()

    with mg.no_grad():
        h += 1

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()


def test_the_message_names_the_tensor_op_and_what_to_do():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (x * w).sum()

    w.data.zero_()

    with pytest.raises(
        RuntimeError,
        match=r"backward: mul needs its input 1 \(float64 \(2,\)\) as it was in the forward pass, but it has been "
        r"overwritten since; write to it .* after backward\(\), or compute the loss again",
    ):
        loss.backward()


def test_grad_and_the_second_order_refuse_too():
    x = leaf([1.0, 2.0])
    loss = (x * x * x).sum()
    (slope,) = autograd.grad(loss, x, create_graph=True)

    x.data.zero_()

    with pytest.raises(RuntimeError, match=STALE):
        autograd.grad(loss, x)
    with pytest.raises(RuntimeError, match=STALE):
        autograd.grad(slope.sum(), x)


def test_a_refused_graph_is_not_freed():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    h = x * x
    loss = (h * w).sum()
    w.data.zero_()
    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()

    h.sum().backward()

    assert x.grad.tolist() == [2, 4]


# ---- the log itself


def test_ten_thousand_writes_leave_few_entries():
    x = array(np.zeros(64))
    before = len(log.owners)

    for step, i in itertools.product(range(100), range(64)):
        x[i] = float(step)
    for _ in range(3_600):
        x += 1

    assert len(log.owners) == before + 1
    assert sum(len(spans) for _, spans in log.owners.values()) <= sum(1 for _ in log.owners) + 128


def test_a_write_to_everything_replaces_the_entries_before_it():
    own, memory = WriteLog(), np.zeros(10)
    for i in range(10):
        own.note(memory[i : i + 1])

    own.note(memory)

    [(_, spans)] = own.owners.values()
    assert len(spans) == 1
    assert own.written_since(memory[3:4], 0)


@pytest.mark.parametrize(
    ("fresh", "replaced"),
    [
        (lambda m: m, True),
        (lambda m: m[1:3], True),
        (lambda m: m[:2], False),
        (lambda m: m[::3], False),  # from the first byte to the last, with gaps
    ],
    ids=["all", "exactly", "half", "gaps"],
)
def test_only_a_write_to_all_of_a_value_leaves_nothing_older_in_it(fresh, replaced):
    own, memory = WriteLog(), np.zeros(4)
    own.note(memory)
    first = own.last

    own.note(fresh(memory), fresh=True)
    own.note(memory)

    assert own.replaced_since(memory[1:3], first) is replaced
    assert not own.replaced_since(memory[1:3], own.last)


def test_an_entry_dies_with_its_owner():
    gc.collect()
    before = len(log.owners), len(log.replaced)
    x = array([1.0, 2.0])
    x.zero_()
    assert len(log.replaced) == before[1] + 1
    del x
    assert (len(log.owners), len(log.replaced)) == before

    before = before[0]
    x = array([1.0, 2.0])
    view = x[:1]
    x.zero_()
    view.zero_()
    assert len(log.owners) == before + 1

    del x
    assert len(log.owners) == before + 1  # the view still shows the memory
    del view

    assert len(log.owners) == before


def test_the_clock_orders_writes_and_reads():
    own, memory = WriteLog(), np.zeros(4)

    own.note(memory[:2])
    first = own.last
    own.note(memory[2:])

    assert own.written_since(memory[:2], first - 1)
    assert not own.written_since(memory[:2], first)
    assert own.written_since(memory[1:3], first)
    assert not own.written_since(memory, own.last)


def test_strides_and_directions_do_not_hide_a_write():
    own, memory = WriteLog(), np.zeros((4, 4))
    start = own.last

    own.note(memory[::-1, 2][:2])  # rows 3 and 2 of column 2

    assert own.written_since(memory.T[2], start)
    assert own.written_since(memory[2:], start)
    assert not own.written_since(memory[:2], start)


def test_a_large_buffer_filled_number_by_number_keeps_the_log_small():
    buffer = mg.zeros(10_000)

    for i in range(10_000):
        buffer[i] = 1.0

    assert len(log.owners[id(buffer.array)][1]) <= MOST_SPANS + 1
