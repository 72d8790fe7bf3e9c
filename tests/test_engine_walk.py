"""The walk back: what it costs, what it leaves in .grad, and that it changes everything or nothing."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.backward import backward
from minigrad.engine import primitive

DEEP = 100_000


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


def chain(x, n):
    for _ in range(n):
        x = x + 1
    return x


def fail_in_its_rule(x):
    """x, through a primitive whose rule raises. Needs the fixture `table`."""

    @primitive()
    def fragile(x):
        return x + 0

    def rule(g, out, x):
        raise ZeroDivisionError("planted")

    fragile.defvjp(rule)
    return fragile(x)


def copies_counted(calls):
    """A primitive x → x that appends its input's shape to calls whenever its rule runs. Needs the fixture `table`."""

    @primitive()
    def counted(x):
        return x + 0

    def rule(g, out, x):
        calls.append(x.shape)
        return g

    counted.defvjp(rule)
    return counted


# ---- accumulation and cost


def test_backward_adds_to_what_is_already_in_grad():
    x = leaf(3.0)

    (x**3).backward()
    (x**3).backward()

    assert x.grad.item() == 54


def test_losses_on_one_leaf_add_up():
    x = leaf(2.0)

    (x * 5).backward()
    (x * 7).backward()

    assert x.grad.item() == 12


def test_four_million_paths_are_walked_as_twenty_two_nodes(table):
    calls = []
    counted = copies_counted(calls)
    x = leaf(1.0)
    y = x
    for _ in range(22):
        y = counted(y)
        y = y + y

    y.backward()

    assert x.grad.item() == 2**22
    assert len(calls) == 22


def test_a_node_reached_by_long_and_short_paths_is_visited_once_and_last(table):
    calls = []
    x = leaf(2.0)
    shared = copies_counted(calls)(x * x)

    (shared + chain(shared, 50) * shared).backward()

    assert calls == [()]
    assert x.grad.item() == (1 + 2 * 4 + 50) * 4  # d(s + (s + 50)s)/ds · 2x, with s = x² = 4


def test_a_chain_of_a_hundred_thousand_operations_goes_forward_and_back():
    x = leaf([1.0, 2.0])

    chain(x, DEEP).sum().backward()

    assert x.grad.tolist() == [1, 1]


def test_a_deep_graph_that_nobody_walked_can_be_thrown_away():
    x = leaf([1.0])
    y = chain(x, DEEP)

    del y

    assert x.grad is None


def test_a_deep_graph_can_be_thrown_away_after_a_rule_has_raised_midway(table):
    x = leaf([1.0])
    y = chain(fail_in_its_rule(chain(x, DEEP // 4)), DEEP // 4)

    with pytest.raises(ZeroDivisionError, match="planted"):
        y.backward()
    del y

    assert x.grad is None


def test_a_deep_retained_graph_can_be_walked_twice_and_thrown_away():
    x = leaf([1.0])
    y = chain(x, DEEP // 4)

    y.backward(retain_graph=True)
    y.backward()
    del y

    assert x.grad.item() == 2


def test_a_deep_graph_of_recorded_gradients_can_be_thrown_away():
    x = leaf(1.5)
    y = x
    for _ in range(5_000):
        y = y * 1.0001

    (slope,) = autograd.grad(y, x, create_graph=True)
    expected = 1.0001**5_000
    del y

    assert slope.item() == pytest.approx(expected, rel=1e-12)


# ---- only what is needed


def test_the_rule_of_an_input_that_needs_no_gradient_is_not_called(table):
    @primitive()
    def product(x, y):
        return x * y

    def forbidden(g, out, x, y):
        raise AssertionError("the data needs no gradient")

    product.defvjp(forbidden, lambda g, out, x, y: g * x)
    data, w = mg.ones(3, dtype=np.float64), leaf([1.0, 2.0, 3.0])

    product(data, w).sum().backward()

    assert w.grad.tolist() == [1, 1, 1]


def test_rules_that_lead_away_from_the_inputs_asked_for_are_not_called(table):
    w, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    loss = (w * 2 + fail_in_its_rule(b) * w).sum()

    (g,) = autograd.grad(loss, w)

    assert g.tolist() == [5, 6]


def test_grad_with_respect_to_an_intermediate_leaves_the_graph_below_it_usable():
    x = leaf(2.0)
    h = x * x
    loss = h * 3

    (g,) = autograd.grad(loss, h)
    h.backward()

    assert (g.item(), x.grad.item()) == (3, 4)


def test_inputs_limits_which_leaves_receive_a_gradient():
    x, w, h = leaf(2.0), leaf(3.0), None
    h = x * w

    (h * h).backward(inputs=[w])

    assert x.grad is None
    assert w.grad.item() == 24  # 2·xw·x


def test_inputs_may_be_a_single_intermediate_tensor():
    x = leaf(2.0)
    h = x * 3

    (h * h).backward(inputs=h)

    assert (h.grad.item(), x.grad) == (12, None)


@pytest.mark.parametrize("inputs", [[], [mg.ones(2)], [3], "x"])
def test_inputs_that_cannot_receive_a_gradient_are_refused(inputs):
    x = leaf([1.0, 2.0])

    with pytest.raises((RuntimeError, TypeError, ValueError), match="backward: inputs"):
        (x * 2).sum().backward(inputs=inputs)


# ---- all or nothing


def test_a_rule_that_raises_midway_leaves_every_grad_as_it_was(table):
    a, b = leaf([1.0]), leaf([2.0])
    (a * 5 + b * 7).sum().backward()

    with pytest.raises(ZeroDivisionError):
        (a * 2 + fail_in_its_rule(b * 1)).sum().backward()

    assert (a.grad.tolist(), b.grad.tolist()) == ([5], [7])


def test_a_hook_that_raises_midway_leaves_every_grad_as_it_was():
    a, b = leaf([1.0]), leaf([2.0])
    h = b * 1
    h.register_hook(lambda g: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        (a * 2 + h).sum().backward()

    assert (a.grad, b.grad) == (None, None)


def test_recording_is_on_again_after_a_backward_that_raised(table):
    x = leaf([1.0])

    with pytest.raises(ZeroDivisionError):
        fail_in_its_rule(x).backward()

    assert mg.is_grad_enabled()
    assert (x * 2).requires_grad


# ---- roots


def test_two_roots_are_walked_as_their_weighted_sum():
    x = leaf([1.0, 2.0])
    a, b = x * 3, (x * x).sum()

    backward([a, b], [np.array([1.0, 10.0]), None])

    assert x.grad.tolist() == [3 + 2, 30 + 4]


def test_a_root_inside_the_graph_of_another_counts_once_for_each():
    x = leaf(2.0)
    h = x * x
    y = h * 5

    backward([y, h, h], [None, None, None])

    assert x.grad.item() == 5 * 4 + 4 + 4


def test_a_root_with_several_numbers_needs_a_gradient():
    x = leaf([1.0, 2.0], name="x")

    with pytest.raises(RuntimeError, match=r"only a scalar has a gradient.*float64 \(2,\); reduce it with .sum\(\)"):
        (x * 2).backward()

    assert x.grad is None


def test_a_gradient_of_another_shape_is_refused():
    x = leaf([1.0, 2.0])

    with pytest.raises(ValueError, match=r"gradient has shape \(2, 1\), but the tensor has \(2,\); they must agree"):
        (x * 2).backward(np.ones((2, 1)))

    assert x.grad is None


def test_a_gradient_of_another_dtype_is_converted():
    x = leaf([1.0, 2.0])

    (x * 2).backward(mg.tensor([1, 3]))

    assert (x.grad.dtype, x.grad.tolist()) == (np.float64, [2, 6])


@pytest.mark.parametrize("gradient", [[None, None], np.array([1j, 2.0]), [[1.0], [1.0, 2.0]], ["1", "2"]])
def test_a_gradient_that_holds_no_real_numbers_is_refused(gradient):
    x = leaf([1.0, 2.0])

    with pytest.raises((TypeError, ValueError), match="backward: gradient"):
        (x * 2).backward(gradient)

    assert x.grad is None


def test_a_root_that_is_not_tracked_is_refused():
    with pytest.raises(RuntimeError, match=r"does not require grad.*requires_grad=True, and compute outside no_grad"):
        (mg.ones(()) * 2).backward()


def test_an_empty_root_gives_an_empty_gradient():
    x = leaf(np.zeros((0, 3)))

    x.sum().backward()

    assert x.grad.shape == (0, 3)


# ---- tracked at the call


def test_a_tensor_unfrozen_after_the_call_receives_no_gradient_from_it():
    x, frozen = leaf([2.0]), mg.tensor([3.0], dtype=np.float64)
    loss = (x * frozen).sum()

    frozen.requires_grad_()
    loss.backward()

    assert (x.grad.item(), frozen.grad) == (3, None)


def test_a_leaf_frozen_after_the_call_receives_no_gradient():
    x, w = leaf([2.0]), leaf([3.0])
    loss = (x * w).sum()

    x.requires_grad_(False)
    loss.backward()

    assert (x.grad, w.grad.item()) == (None, 2)


def test_a_condition_that_is_tracked_after_the_call_does_not_break_the_walk():
    x, condition = leaf([2.0, 3.0]), mg.tensor([0.0, 1.0], dtype=np.float64)
    loss = mg.where(condition, x, 0.0).sum()

    condition.requires_grad_()
    loss.backward()

    assert x.grad.tolist() == [0, 1]


# ---- rules that return what they should not


def planted(rule, table):
    @primitive()
    def crooked(x):
        return x * 1

    crooked.defvjp(rule)
    return crooked


@pytest.mark.parametrize("answer", [None, 2.0, [1.0, 1.0], "one"])
@pytest.mark.parametrize("create_graph", [False, True])
def test_a_rule_that_returns_no_array_is_named(table, answer, create_graph):
    crooked = planted(lambda g, out, x: answer, table)
    x = leaf([1.0, 2.0])

    with pytest.raises(
        TypeError, match=r"crooked: the rule of input 0 returned .*; it must return an array, or a tensor"
    ):
        autograd.grad(crooked(x).sum(), x, create_graph=create_graph)


@pytest.mark.parametrize("shape", [(3,), (2, 3), (4, 3)])
def test_a_rule_whose_gradient_does_not_fit_its_input_is_named(table, shape):
    crooked = planted(lambda g, out, x: np.ones(shape), table)

    with pytest.raises(ValueError, match=r"crooked: a rule returned a gradient of shape \(3,\) for .* shape \(2,\)"):
        crooked(leaf([1.0, 2.0])).sum().backward()


@pytest.mark.parametrize(
    ("shape", "expected"), [((), [[1, 1]]), ((2,), [[1, 1]]), ((1, 1), [[1, 1]]), ((4, 3, 2), [[12, 12]])]
)
def test_a_rule_may_return_any_shape_that_broadcasting_could_have_made_or_undone(table, shape, expected):
    crooked = planted(lambda g, out, x: np.ones(shape, np.float32), table)
    x = leaf([[1.0, 2.0]])

    crooked(x).sum().backward()

    assert (x.grad.dtype, x.grad.tolist()) == (np.float64, expected)
    assert x.grad.array.flags.writeable
