"""Hooks, kept gradients, and how often a graph can be walked."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


# ---- register_hook


def test_a_hook_on_a_leaf_sees_the_finished_gradient_once():
    x, seen = leaf([1.0, 2.0]), []
    x.register_hook(lambda g: seen.append(g.tolist()))

    (x * 3 + x * x).sum().backward()

    assert seen == [[5, 7]]
    assert x.grad.tolist() == [5, 7]


def test_a_hook_on_an_intermediate_sees_its_finished_gradient_once():
    x, seen = leaf(2.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(g.item()))

    (h * 3 + h * 4).backward()

    assert seen == [7]
    assert x.grad.item() == 28


def test_a_hook_on_the_root_sees_where_the_walk_starts():
    x, seen = leaf(2.0), []
    y = x * 5
    y.register_hook(lambda g: seen.append(g.item()))

    y.backward(mg.tensor(3.0, dtype=np.float64))

    assert seen == [3]


@pytest.mark.parametrize("at_leaf", [True, False])
def test_what_a_hook_returns_takes_the_gradients_place(at_leaf):
    x = leaf([1.0, 2.0])
    h = x * 1
    (x if at_leaf else h).register_hook(lambda g: g * 10)

    h.sum().backward()

    assert x.grad.tolist() == [10, 10]


def test_hooks_run_in_the_order_of_registration_each_on_the_answer_before():
    x = leaf(1.0)
    x.register_hook(lambda g: g + 1)
    x.register_hook(lambda g: g * 10)

    (x * 2).backward()

    assert x.grad.item() == 30


def test_a_hook_that_changes_the_gradient_in_place_changes_nothing():
    x = leaf([1.0, 2.0])
    h = x * 1

    def erase(g):
        g.zero_()

    h.register_hook(erase)

    h.sum().backward()

    assert x.grad.tolist() == [1, 1]


def test_a_removed_hook_is_not_called_and_removing_twice_is_harmless():
    x, seen = leaf(1.0), []
    handle = x.register_hook(lambda g: seen.append("removed"))
    x.register_hook(lambda g: seen.append("kept"))

    handle.remove()
    handle.remove()
    (x * 2).backward()

    assert seen == ["kept"]


def test_a_hook_may_remove_itself_while_it_runs():
    x, seen = leaf(1.0), []
    handle = x.register_hook(lambda g: (seen.append(g.item()), handle.remove())[1])

    (x * 2).backward()
    (x * 2).backward()

    assert seen == [2]


def test_a_hook_may_outlive_its_tensor_and_still_be_removed():
    x = leaf(1.0)
    handle = x.register_hook(lambda g: None)

    del x

    handle.remove()


def test_a_hook_runs_in_every_walk_that_passes():
    x, seen = leaf(2.0), []
    h = x * x
    h.register_hook(lambda g: seen.append(g.item()))

    h.backward(retain_graph=True)
    autograd.grad(h, x)

    assert seen == [1, 1]


def test_nothing_is_recorded_inside_a_hook_unless_the_walk_is_recorded():
    x, recorded = leaf(2.0), []
    x.register_hook(lambda g: recorded.append((mg.is_grad_enabled(), (g * x).requires_grad)))

    (x * x).backward()
    autograd.grad(x * x, x, create_graph=True)

    assert recorded == [(False, False), (True, True)]


def test_a_hooks_answer_is_part_of_a_recorded_gradient():
    x = leaf(3.0)
    h = x * 1
    handle = h.register_hook(lambda g: g * x)

    (slope,) = autograd.grad(h * h, x, create_graph=True)  # 2x · x
    handle.remove()  # or it would act on the second walk too, which passes h again
    (curvature,) = autograd.grad(slope, x)

    assert (slope.item(), curvature.item()) == (18, 12)


@pytest.mark.parametrize("answer", [mg.ones(2), mg.ones(3, 1), "zero", 1.0, np.ones(3)])
def test_a_hook_must_return_a_tensor_of_the_gradients_shape(answer):
    x = leaf([1.0, 2.0, 3.0])
    x.register_hook(lambda g: answer)

    with pytest.raises(ValueError, match=r"hook: it must return None or a gradient of shape \(3,\), but returned"):
        x.sum().backward()

    assert x.grad is None


@pytest.mark.parametrize(
    "create_graph",
    [False, True],
)
def test_a_hooks_answer_in_another_dtype_is_converted(create_graph):
    x = leaf([1.0, 2.0])
    x.register_hook(lambda g: mg.tensor([3, 4]).float())

    (g,) = autograd.grad((x * 2).sum(), x, create_graph=create_graph)

    assert (g.dtype, g.tolist()) == (np.float64, [3, 4])


def test_a_tensor_that_requires_no_grad_has_no_hook():
    with pytest.raises(RuntimeError, match="register_hook: this tensor does not require grad"):
        mg.ones(2).register_hook(print)


# ---- retain_grad


def test_retain_grad_keeps_the_gradient_of_an_intermediate():
    x = leaf([1.0, 2.0])
    h = x * x
    h.retain_grad()

    (h * 3).sum().backward()

    assert h.grad.tolist() == [3, 3]
    assert h.retains_grad
    assert h.grad.array.base is None


def test_without_retain_grad_an_intermediate_keeps_none_and_says_so():
    x = leaf([1.0, 2.0])
    h = x * x

    (h * 3).sum().backward()

    with pytest.warns(UserWarning, match="grad: this tensor was computed by mul, .* or call retain_grad"):
        assert h.grad is None
    assert not h.retains_grad


def test_a_retained_gradient_accumulates_and_is_shared_with_nothing():
    x = leaf([1.0])
    h = x + 0
    h.retain_grad()
    y = (h + 0).sum()

    y.backward(retain_graph=True)
    y.backward()

    assert h.grad.tolist() == [2]
    assert not np.shares_memory(h.grad.array, x.grad.array)


def test_the_root_can_retain_its_own_gradient():
    y = leaf(2.0) * 3
    y.retain_grad()

    y.backward()

    assert y.grad.item() == 1


def test_a_retained_gradient_is_what_the_hooks_made_of_it():
    h = leaf(1.0) * 1
    h.retain_grad()
    h.register_hook(lambda g: g * 7)

    h.backward()

    assert h.grad.item() == 7


def test_retain_grad_on_a_leaf_changes_nothing():
    x = leaf(1.0)
    x.retain_grad()

    (x * 2).backward()

    assert x.grad.item() == 2
    assert not x.retains_grad


def test_retain_grad_needs_a_tensor_that_requires_grad():
    with pytest.raises(RuntimeError, match="retain_grad: this tensor does not require grad"):
        mg.ones(2).retain_grad()


def test_grad_does_not_touch_a_retained_gradient():
    x = leaf(2.0)
    h = x * x
    h.retain_grad()

    autograd.grad(h * 3, x)

    assert (h.grad, x.grad) == (None, None)


# ---- retain_graph and freeing


def test_backward_twice_raises_before_any_gradient_changes():
    x = leaf(2.0)
    y = x.exp()
    y.backward()
    before = x.grad.item()

    with pytest.raises(RuntimeError, match=r"the graph behind exp has been freed .*retain_graph=True to walk it twice"):
        y.backward()

    assert x.grad.item() == before


def test_a_freed_part_refuses_a_walk_that_comes_in_from_elsewhere():
    x, w = leaf(2.0), leaf(5.0)
    h = x * x
    (h * 3).backward()

    with pytest.raises(RuntimeError, match="the graph behind mul has been freed"):
        (h * w).backward()

    assert (x.grad.item(), w.grad) == (12, None)


def test_retain_graph_lets_a_graph_be_walked_again():
    x = leaf(2.0)
    y = x * x * x

    y.backward(retain_graph=True)
    y.backward(retain_graph=True)
    y.backward()

    assert x.grad.item() == 36


def test_create_graph_retains_the_graph_unless_told_otherwise():
    x = leaf(2.0)
    y = x * x

    autograd.grad(y, x, create_graph=True)
    autograd.grad(y, x, create_graph=True, retain_graph=False)

    with pytest.raises(RuntimeError, match="has been freed"):
        autograd.grad(y, x)


def test_grad_frees_the_graph_it_walked_and_only_that():
    x, w = leaf(2.0), leaf(3.0)
    a, b = x * x, w * w
    y = a + b

    autograd.grad(y, x)

    with pytest.raises(RuntimeError, match="has been freed"):
        autograd.grad(a, x)
    assert autograd.grad(b, w)[0].item() == 6


def test_a_walk_that_raised_has_used_up_the_graph():
    x = leaf(2.0)
    h = x * 1
    handle = h.register_hook(lambda g: 1 / 0)
    y = h * h
    with pytest.raises(ZeroDivisionError):
        y.backward()
    handle.remove()

    with pytest.raises(RuntimeError, match="has been freed"):
        y.backward()

    assert x.grad is None


def test_a_walk_that_raised_with_retain_graph_can_be_repeated():
    x = leaf(2.0)
    h = x * 1
    handle = h.register_hook(lambda g: 1 / 0)
    y = h * h
    with pytest.raises(ZeroDivisionError):
        y.backward(retain_graph=True)
    handle.remove()

    y.backward()

    assert x.grad.item() == 4
