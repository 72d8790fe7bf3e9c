"""Which values a rule reads, and so which may be overwritten: decided from the rule's own source."""

import copy
import functools

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import primitive

STALE = "as it was in the forward pass, but it has been overwritten since"


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


def array(values):
    return mg.tensor(values, dtype=np.float64)


@pytest.mark.parametrize(
    "f",
    [
        lambda x, w: x + w,
        lambda x, w: x - w,
        lambda x, w: -w + x,
        lambda x, w: w.exp() + x,
        lambda x, w: w.sqrt() + x,
        lambda x, w: w.tanh() + x,
        lambda x, w: w.sum() + x,
        lambda x, w: w.mean() + x,
        lambda x, w: w.reshape(1, 3)[0] * x.detach() + x,
        lambda x, w: w.expand(2, 3).sum(0) + x,
        lambda x, w: w[1:].sum() + w[[0, 0]].sum() + x,
        lambda x, w: mg.cat([x, w]),
        lambda x, w: mg.cat([w, x, w]),
        lambda x, w: mg.stack([x, w]),
        lambda x, w: w.to(np.float32) + x,
        lambda x, w: w.clone() * x.detach() + x,
        lambda x, w: w * 2 + x,
        lambda x, w: w / 2 + x,
        lambda x, w: mg.where(mg.tensor([True, False, True]), x, w),
        lambda x, w: w.relu() + x,
        lambda x, w: w.softmax(0) + x,
        lambda x, w: w.sigmoid() + x,
        lambda x, w: (x > w) * x,
    ],
)
def test_ops_whose_rules_do_not_read_a_value_let_it_be_written(f):
    x, w = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    f(x, w).sum().backward()
    expected, x.grad = x.grad, None
    loss = f(x, w).sum()

    with mg.no_grad():
        w.fill_(77.0)
    loss.backward()

    assert x.grad.tolist() == expected.tolist()


READERS = {
    "mul": lambda x, w: x * w,
    "div": lambda x, w: x / w,
    "pow": lambda x, w: x**w,
    "sin": lambda x, w: w.sin() + x,
    "log": lambda x, w: w.log() + x,
    "abs": lambda x, w: w.abs() + x,
    "square": lambda x, w: mg.square(w) + x,
    "maximum": lambda x, w: mg.maximum(x, w),
    "matmul": lambda x, w: x.reshape(3, 1) @ w.reshape(1, 3),
    "linear": lambda x, w: mg.linear(x.reshape(3, 1), w.reshape(3, 1)),
    "einsum": lambda x, w: mg.einsum("i,i->", x, w),
    "einsum of three": lambda x, w: mg.einsum("i,i,i->", x, x.detach(), w),
    "where's condition": lambda x, w: mg.where(w, x, 0.0) if not w.requires_grad else mg.where(w.detach(), x, 0.0),
    "max": lambda x, w: w.max() + x,
    "logsumexp": lambda x, w: w.logsumexp(0) + x,
    "std": lambda x, w: w.std() + x,
}


@pytest.mark.parametrize("f", READERS.values(), ids=READERS)
def test_ops_whose_rules_read_a_value_refuse_when_it_was_written(f):
    x, w = leaf([1.0, 2.0, 3.0]), leaf([4.0, 5.0, 6.0])
    loss = f(x, w).sum()

    with mg.no_grad():
        w.fill_(77.0)

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()
    assert (x.grad, w.grad) == (None, None)


def test_only_the_rules_that_will_run_count_as_readers():
    x, constant = leaf([1.0, 2.0]), array([3.0, 4.0])
    loss = (x * constant).sum()  # the rule of constant reads x, but constant needs no gradient

    with mg.no_grad():
        x.zero_()
    loss.backward()

    assert x.grad.tolist() == [3, 4]


@np.errstate(all="ignore")
def decorated(g, out, x, y):
    return g * y


UNUSUAL = {
    "without source": eval("lambda g, out, x, y: g"),
    "all in one tuple": lambda *arguments: arguments[0] * arguments[3],
    "the rest in one tuple": lambda g, *rest: g * rest[2],
    "a partial": functools.partial(lambda factor, g, out, x, y: factor * g * y, 1.0),
    "decorated": decorated,
}


@pytest.mark.parametrize("rule", UNUSUAL.values(), ids=UNUSUAL)
def test_a_rule_written_in_an_unusual_way_is_read_for_what_it_is_or_taken_to_read_everything(rule, table):
    @primitive()
    def times(x, y):
        return x * y

    times.defvjp(rule, lambda g, out, x, y: g)
    x, w = leaf([1.0]), leaf([2.0])
    loss = times(x, w).sum()

    with mg.no_grad():
        w.zero_()

    with pytest.raises(RuntimeError, match=STALE):
        loss.backward()


def test_shape_and_dtype_are_not_values(table):
    @primitive()
    def doubled(x):
        return x * 2

    doubled.defvjp(lambda g, out, x: g * np.full(x.shape, 2, x.dtype) * out.ndim)
    x = leaf([1.0, 2.0])
    h = x * 1
    loss = doubled(h).sum()

    with mg.no_grad():
        h.zero_()
    loss.backward()

    assert x.grad.tolist() == [2, 2]


# ---- parameters of a call


def test_an_index_tensor_written_after_the_call_does_not_move_the_gradient():
    x, index = leaf([1.0, 2.0, 3.0]), mg.tensor([0, 0])
    loss = x[index].sum()

    index.fill_(2)
    loss.backward()

    assert x.grad.tolist() == [2, 0, 0]


@pytest.mark.parametrize("index", [np.array([0, 0]), [0, 0], np.array([True, True, False])])
def test_an_index_array_or_list_changed_after_the_call_does_not_move_the_gradient(index):
    x = leaf([1.0, 2.0, 3.0])
    before = np.zeros(3)
    np.add.at(before, copy.copy(index), 1)
    loss = x[index].sum()

    index[0], index[1] = 1, 1
    loss.backward()

    assert x.grad.tolist() == before.tolist()


def test_an_index_inside_a_tuple_changed_after_the_call_does_not_move_the_gradient():
    x, rows = leaf(np.ones((3, 2))), mg.tensor([0, 1])
    loss = x[rows, 1].sum()

    rows += 1
    loss.backward()

    assert x.grad.tolist() == [[0, 1], [0, 1], [0, 0]]


def test_a_slice_bound_that_is_a_tensor_may_move_on():
    x, i = leaf([1.0, 2.0, 3.0]), mg.tensor(0)
    loss = x[i : i + 1].sum()

    i += 1
    loss.backward()

    assert x.grad.tolist() == [1, 0, 0]


def test_the_indices_that_max_returns_are_copied_or_watched():
    x = leaf([[1.0, 5.0], [7.0, 2.0]])
    values, indices = x.max(dim=1, keepdim=True)
    loss = values.sum()

    indices.zero_()

    try:
        loss.backward()
    except RuntimeError as error:
        assert "overwritten" in str(error)  # noqa: PT017 (either answer is right, a wrong gradient is not)
    else:
        assert x.grad.tolist() == [[0, 1], [1, 0]]


def test_class_targets_changed_after_the_loss_are_copied_or_watched():
    logits, target = leaf([[1.0, 2.0], [3.0, 5.0]]), mg.tensor([0, 1])
    mg.nn.functional.cross_entropy(logits, target).backward()
    expected, logits.grad = logits.grad.tolist(), None
    loss = mg.nn.functional.cross_entropy(logits, target)

    target.fill_(0)

    try:
        loss.backward()
    except RuntimeError as error:
        assert "overwritten" in str(error)  # noqa: PT017 (either answer is right, a wrong gradient is not)
    else:
        assert logits.grad.tolist() == expected
