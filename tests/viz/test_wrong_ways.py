"""Three wrong ways back: each gives what code with that mistake would, beside what is right."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz import wrong
from minigrad.viz.expression import evaluate
from minigrad.viz.vertices import trace
from minigrad.viz.wrong import MOST_CALLS, wrong_ways

NAMES = ["naive recursion", "overwriting", "broadcasting not undone"]


def leaf(value, name=None):
    return mg.tensor(np.asarray(value, np.float64), requires_grad=True, name=name)


def shared():
    """h is used three times, x only through it: h² + h with h = 2x."""
    h = leaf(1.5, "x") * 2.0
    h.name = "h"
    return h * h + h


def doubling(times):
    """A value that is used twice, times times in a row: 2 ** times paths."""
    y = leaf(1.0, "x")
    for _ in range(times):
        y = y + y
    return y


def layer():
    x, w, b = mg.tensor(np.ones((4, 2))), leaf([[1.0, 2], [3, 4]], "w"), leaf([0.5, -1], "b")
    return (x.double() @ w + b).sum()


def stretched_in_front():
    """(4, 1) + (2,): the matrix product behind the sum gets a gradient of a shape that it cannot take."""
    a, v, b = leaf(np.ones((4, 3)), "a"), leaf(np.ones((3, 1)), "v"), leaf([0.5, -1], "b")
    return (a @ v + b).sum()


def gradients_of(root):
    """{vertex: gradient} of `backward()` itself."""
    vertices = trace(root, 1000)
    for vertex in vertices:
        if isinstance(vertex.value, mg.Tensor) and vertex.value.requires_grad:
            vertex.value.retain_grad()
    root.backward()
    return {i: vertex.grad for i, vertex in enumerate(vertices) if vertex.grad is not None}


def recursive(vertices, i, g, gradients, calls):
    """The mistake itself, as it is written first: add, then pass on all there is, at once."""
    gradients[i] = gradients.get(i, 0) + g
    node = vertices[i].node
    for place in node.needs if node else ():
        calls.append(i)
        share = node.op.rules[place](gradients[i], vertices[i].array, *node.arrays, **node.params)
        recursive(vertices, vertices[i].sources[place], share, gradients, calls)


# ---- the right numbers beside them ----------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", [shared, layer, stretched_in_front, lambda: doubling(5)])
def test_beside_each_wrong_way_stand_the_gradients_of_backward(expression):
    root = expression()
    ways = wrong_ways(root)
    expected = gradients_of(root)

    assert list(ways) == NAMES
    for way in ways.values():
        assert way.right.keys() == expected.keys()
        assert all(np.array_equal(way.right[i], expected[i]) for i in expected)


def test_the_wrong_ways_change_nothing():
    y = shared()
    before = wrong_ways(y)
    y.backward(retain_graph=True)

    assert all(before[name].gradients == wrong_ways(y)[name].gradients for name in NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_on_a_chain_every_wrong_way_is_right(name):
    way = wrong_ways(evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1}))[name]

    assert not way.differs
    assert way.calls == way.calls_needed == way.right_calls == 5
    assert way.said["en"].startswith("Makes no difference here")
    assert way.said["zh"].startswith("在这里没有影响")


def test_a_root_of_several_numbers_takes_a_gradient():
    way = wrong_ways(leaf([1.0, 2]) * 3.0, gradient=np.array([1.0, 10]))["overwriting"]

    assert way.right[0].tolist() == [3, 30]


def test_what_has_no_steps_has_no_wrong_ways_either():
    with pytest.raises(ValueError, match="is a leaf"):
        wrong_ways(leaf(1.0))


# ---- naive recursion ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("expression", [shared, lambda: doubling(6), lambda: evaluate("x*x + x", {"x": 3})])
def test_naive_recursion_gives_what_the_recursive_code_gives(expression):
    root = expression()
    vertices, gradients, calls = trace(root, 1000), {}, []
    recursive(vertices, len(vertices) - 1, np.ones(()), gradients, calls)

    way = wrong_ways(root)["naive recursion"]

    assert {i: g.item() for i, g in way.gradients.items()} == {i: float(gradients[i]) for i in way.right}
    assert way.calls == way.calls_needed == len(calls)


def test_naive_recursion_counts_what_it_had_passed_on_again():
    way = wrong_ways(shared())["naive recursion"]

    assert (way.right[0].item(), way.gradients[0].item()) == (14, 32)
    assert (way.calls, way.right_calls) == (7, 5)
    assert "h passes on all it has so far each time something arrives, 3 times" in way.said["en"]
    assert "h 每收到一份梯度" in way.said["zh"]


def test_a_leaf_used_twice_does_no_harm_to_naive_recursion():
    assert not wrong_ways(evaluate("x*x + x", {"x": 3}))["naive recursion"].differs


def test_naive_recursion_is_stopped_and_says_how_long_it_would_have_gone_on():
    way = wrong_ways(doubling(60))["naive recursion"]

    assert (way.calls, way.right_calls) == (MOST_CALLS, 120)
    assert way.calls_needed == 2 * (2**60 - 1)
    assert way.differs
    assert "Stopped after 10,000 of 10^18 rule calls, where 120 are enough" in way.said["en"]
    assert "10,000 次后被中止" in way.said["zh"]


def blocks(times, size):
    """Residual blocks, y = tanh(y) + y, of so many numbers each."""
    y = leaf(np.full(size, 0.1), "x")
    for _ in range(times):
        y = mg.tanh(y) + y
    return y.sum()


def test_naive_recursion_is_stopped_sooner_where_each_call_takes_long():
    few, many = (wrong_ways(blocks(10, size))["naive recursion"] for size in (10, 100_000))

    assert few.calls == few.calls_needed == many.calls_needed > 3000
    assert many.calls < 100
    assert many.differs
    assert f"Stopped after {many.calls} of {many.calls_needed:,} rule calls" in many.said["en"]


def test_naive_recursion_of_large_arrays_is_not_stopped_before_the_right_way_would_be_done(monkeypatch):
    monkeypatch.setattr(wrong, "MOST_NUMBERS", 1)
    y = leaf(np.ones(100))
    for _ in range(50):
        y = mg.tanh(y)

    way = wrong_ways(y.sum())["naive recursion"]

    assert (way.calls, way.differs) == (51, False)


def test_naive_recursion_of_a_deep_chain_is_no_danger():
    y = leaf(1.0)
    for _ in range(1500):
        y = y * 1.0

    assert wrong_ways(y, max_nodes=10_000)["naive recursion"].calls == 1500


# ---- rules that cannot be asked twice ----


class Unsteady(mg.autograd.Function):
    """The identity; its backward counts how often it was asked."""

    asked = itertools.count(1)

    @staticmethod
    def forward(ctx, x):
        return x.clone()

    @staticmethod
    def backward(ctx, g):
        return g * float(next(Unsteady.asked))


class Greedy(mg.autograd.Function):
    """2x; its backward writes into the gradient that it is given."""

    @staticmethod
    def forward(ctx, x):
        return x * 2.0

    @staticmethod
    def backward(ctx, g):
        return g.mul_(2.0)


@pytest.mark.parametrize("name", NAMES)
def test_of_a_backward_that_answers_otherwise_each_time_nothing_is_claimed(name):
    way = wrong_ways(Unsteady.apply(leaf(3.0, "x")))[name]

    assert way.differs
    assert way.said["en"].startswith("Nothing can be compared here: some rule answers something else each time")
    assert way.said["zh"].startswith("在这里无法比较")


@pytest.mark.parametrize("name", NAMES)
def test_a_backward_that_writes_into_its_gradient_leaves_the_others_theirs(name):
    way = wrong_ways(Greedy.apply(leaf(3.0, "x")) * 5.0)[name]

    assert not way.differs
    assert (way.right[0].item(), way.right[1].item()) == (10, 5)


# ---- overwriting ----------------------------------------------------------------------------------------------------


def test_overwriting_keeps_the_last_contribution():
    way = wrong_ways(evaluate("x*x + x", {"x": 3}))["overwriting"]

    assert (way.right[0].item(), way.gradients[0].item(), way.wrong) == (7, 3, (0,))
    assert way.said["en"].startswith("x is used 3 times and receives 3 contributions; with = in place of +=")
    assert way.said["zh"].startswith("x 被用到 3 次，收到 3 份贡献")


def test_overwriting_loses_what_lies_behind_the_shared_value_too():
    way = wrong_ways(shared())["overwriting"]

    assert (way.gradients[2].item(), way.gradients[0].item()) == (3, 6)
    assert way.wrong == (0, 2)


# ---- broadcasting not undone ----------------------------------------------------------------------------------------


def test_broadcasting_kept_leaves_the_gradient_in_the_shape_of_the_result():
    way = wrong_ways(layer())["broadcasting not undone"]
    b = next(i for i, vertex in enumerate(trace(layer(), 100)) if vertex.name == "b")

    assert way.wrong == (b,)
    assert way.gradients[b].tolist() == [[1, 1]] * 4
    assert way.right[b].tolist() == [4, 4]
    assert "b.grad keeps the stretched shape (4, 2), but b is (2,)" in way.said["en"]
    assert "non-broadcastable output operand with shape (2,)" in way.said["en"]
    assert "b.grad 保留了广播后的形状 (4, 2)" in way.said["zh"]


def test_broadcasting_kept_goes_on_with_the_wrong_shape_as_long_as_numpy_lets_it():
    way = wrong_ways((np.ones((4, 2)) + mg.tanh(leaf([0.5, -1], "b"))).sum())["broadcasting not undone"]
    slope = 1 - np.tanh([0.5, -1]) ** 2

    np.testing.assert_allclose(way.gradients[1], [slope] * 4)
    np.testing.assert_allclose(way.right[1], 4 * slope)


def test_broadcasting_kept_says_where_it_cannot_go_on():
    way = wrong_ways(stretched_in_front())["broadcasting not undone"]

    assert {0, 1} <= set(way.wrong)
    assert way.gradients.keys().isdisjoint({0, 1})
    assert way.calls < way.calls_needed
    assert "Further back the rule of matmul cannot go on at all: matmul: " in way.said["en"]
    assert "matmul 的规则根本无法继续：matmul: " in way.said["zh"]


def test_two_stretched_contributions_may_add_up_to_nonsense_without_an_error():
    b = leaf([1.0, 2], "b")
    way = wrong_ways((mg.tensor(np.ones((3, 2))) * b).sum() + (b * b).sum())["broadcasting not undone"]
    i = next(i for i in way.wrong if way.right[i].shape == (2,))

    assert way.right[i].tolist() == [5, 7]
    assert way.gradients[i].tolist() == [[3, 5]] * 3


def test_rounding_in_another_order_is_no_mistake():
    x = leaf(1.0)
    way = wrong_ways(x * 0.1 + x * 0.2 + x * 0.3)["naive recursion"]

    assert way.gradients[0] != way.right[0]  # (0.1 + 0.2) + 0.3 is not (0.3 + 0.2) + 0.1
    assert not way.differs


def test_a_network_without_sharing_is_only_hurt_by_broadcasting():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))
    ways = wrong_ways(model(mg.randn(4, 2)).square().mean())

    assert [name for name in NAMES if ways[name].differs] == ["broadcasting not undone"]


def test_nan_is_as_wrong_as_right_where_both_have_it():
    x = leaf([0.0, 1])
    with np.errstate(all="ignore"):
        y = (mg.log(x) * x).sum()

    assert not wrong_ways(y)["naive recursion"].differs
