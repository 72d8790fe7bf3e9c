"""What .grad is: a tensor like its owner, in memory of its own."""

import itertools

import numpy as np
import pytest

import minigrad as mg


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


VIEWS_AND_REUSES = {
    "add": lambda x, c: (x + c).sum(),
    "add of itself": lambda x, c: (x + x).sum(),
    "sub": lambda x, c: (c - x).sum(),
    "mul": lambda x, c: (x * c).sum(),
    "mul of itself": lambda x, c: (x * x).sum(),
    "sum over one dim": lambda x, c: x.sum(0).sum(),
    "mean": lambda x, c: x.mean(),
    "reshape": lambda x, c: x.reshape(3, 2).sum(),
    "reshape of all weight": lambda x, c: (x.reshape(6) * c.reshape(6)).sum(),
    "transpose": lambda x, c: (x.T * c.T).sum(),
    "permute": lambda x, c: x.permute(1, 0).sum(),
    "expand": lambda x, c: (x.unsqueeze(0).expand(4, 2, 3) * c).sum(),
    "broadcast_to": lambda x, c: x.broadcast_to(5, 2, 3).sum(),
    "indexing": lambda x, c: x[1:].sum() + x[0, 0],
    "cat": lambda x, c: mg.cat([x, x]).sum(),
    "stack": lambda x, c: (mg.stack([x, c]) * 2).sum(),
    "split": lambda x, c: x.split(1)[0].sum(),
    "clone": lambda x, c: x.clone().sum(),
    "where": lambda x, c: mg.where(c > 1, x, 0.0).sum(),
    "exp": lambda x, c: x.exp().sum(),
    "relu": lambda x, c: x.relu().sum(),
    "max": lambda x, c: x.max(),
    "matmul": lambda x, c: (x @ c.T).sum(),
    "linear": lambda x, c: mg.linear(c, x, mg.zeros(2, dtype=np.float64)).sum(),
    "einsum": lambda x, c: mg.einsum("ij->ji", x).sum(),
    "einsum of two": lambda x, c: mg.einsum("ij,ij->", x, c),
    "astype": lambda x, c: x.to(np.float32).sum(),
    "softmax": lambda x, c: (x.softmax(1) * c).sum(),
    "through a hook that returns a constant": lambda x, c: hooked(x, c).sum(),
}


def hooked(x, constant):
    x.register_hook(lambda g: constant)
    return x * 2


@pytest.mark.parametrize("f", VIEWS_AND_REUSES.values(), ids=VIEWS_AND_REUSES)
def test_grad_owns_its_memory_and_shares_it_with_nothing(f):
    x, c = leaf(np.arange(1.0, 7).reshape(2, 3)), mg.tensor(np.arange(2.0, 8).reshape(2, 3))

    f(x, c).backward()
    g = x.grad.array

    assert type(x.grad) is mg.Tensor
    assert (g.shape, g.dtype, x.grad.requires_grad) == (x.shape, x.dtype, False)
    assert g.base is None
    assert g.flags.owndata
    assert g.flags.writeable
    assert not np.shares_memory(g, x.array)
    assert not np.shares_memory(g, c.array)


def test_leaves_whose_gradients_are_equal_do_not_share_them():
    a, b = leaf([1.0, 2.0]), leaf([3.0, 4.0])

    (a + b).sum().backward()
    a.grad.zero_()

    assert b.grad.tolist() == [1, 1]


def test_the_gradient_argument_can_be_changed_afterwards_without_harm():
    x, given = leaf([1.0, 2.0]), mg.tensor([3.0, 4.0], dtype=np.float64)

    x.backward(given)  # the root is the leaf itself
    (x + 0).backward(given)
    given.zero_()

    assert x.grad.tolist() == [6, 8]


def test_a_leaf_that_is_its_own_root_gets_ones():
    x = leaf([[5.0]])

    x.backward()

    assert x.grad.tolist() == [[1]]


def test_a_gradient_recorded_by_create_graph_owns_its_memory_too():
    x = leaf([1.0, 2.0])

    with pytest.warns(UserWarning, match="reference cycle"):
        (x + 0).sum().backward(create_graph=True)

    assert x.grad.array.base is None
    assert x.grad.array.flags.writeable
    x.grad = None


def test_whoever_holds_grad_sees_the_sum_grow():
    x = leaf(1.0)
    (x * 2).backward()
    held = x.grad

    (x * 3).backward()

    assert held is x.grad
    assert held.item() == 5


def test_a_leaf_keeps_its_dtype_when_the_graph_is_wider():
    x = mg.tensor([1.0, 2.0], requires_grad=True)  # float32

    (x * mg.tensor(np.array([3.0, 4.0]))).sum().backward()

    assert x.grad.dtype == np.float32
    assert x.grad.tolist() == [3, 4]


@pytest.mark.parametrize("wrong", [mg.zeros(2), mg.zeros(3, dtype=np.float64), np.zeros(3), 1.0])
def test_grad_can_only_be_set_to_a_tensor_like_its_owner(wrong):
    x = mg.zeros(3, requires_grad=True)

    with pytest.raises(TypeError, match=r"grad: expected None or a tensor like the one it belongs to, float32 \(3,\)"):
        x.grad = wrong

    assert x.grad is None


def test_gradients_of_intermediates_asked_for_own_their_memory_too():
    x = leaf([1.0, 2.0])
    h = x + 0
    k = h + 0

    k.sum().backward(inputs=[k, h, x])
    grads = [t.grad.array for t in (k, h, x)]

    assert [g.tolist() for g in grads] == [[1, 1]] * 3
    assert all(g.base is None and g.flags.writeable for g in grads)
    assert not any(np.shares_memory(a, b) for a, b in itertools.combinations(grads, 2))
