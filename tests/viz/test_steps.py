"""The steps of backpropagation, as data: they are what `backward()` does, to the last bit, and change nothing."""

import importlib

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigrad as mg
from minigrad import nn
from minigrad.engine import mode, primitive
from minigrad.memory import clock, log
from minigrad.table import TABLE
from minigrad.viz.expression import evaluate
from minigrad.viz.steps import Step, stretched, trace_steps
from minigrad.viz.vertices import trace

F = nn.functional
SHAPES = [(), (3,), (2, 3), (2, 1), (1, 3)]


def leaf(value, name=None, dtype=np.float64):
    return mg.tensor(np.asarray(value, dtype), requires_grad=True, name=name)


def passed_back(root, gradient=None):
    return [step for step in trace_steps(root, gradient) if step.kind == "pass back"]


# ---- expressions of every kind --------------------------------------------------------------------------------------

UNARY = [
    mg.tanh, mg.sigmoid, mg.relu, mg.exp, mg.sin, mg.abs, mg.neg, mg.square, mg.clone,
    lambda x: x.sum(), lambda x: x.mean(), lambda x: x.amax(), lambda x: x[..., None], lambda x: x.reshape(-1),
    lambda x: x.T if x.ndim <= 2 else x, lambda x: x.sum(0) if x.ndim else x, lambda x: x.mean(-1, keepdim=True),
    lambda x: x[:1] if x.ndim else x, lambda x: mg.softmax(x, -1) if x.ndim else x, lambda x: x.float().double(),
]  # fmt: skip
BINARY = [
    mg.add, mg.sub, mg.mul, mg.maximum, lambda x, y: x / (y * y + 1.0), lambda x, y: 2.0 * x - y,
    lambda x, y: mg.cat([x.reshape(-1), y.reshape(-1)]), lambda x, y: (x.reshape(-1, 1) @ y.reshape(1, -1)),
    lambda x, y: mg.where(x.detach() > 0, x, y),
]  # fmt: skip


@st.composite
def expressions(draw):
    """(root, leaves): a few leaves of different shapes, then operations on whatever there is, often the same twice."""
    dtype = draw(st.sampled_from([np.float64, np.float32]))
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    leaves = [leaf(rng.normal(size=draw(st.sampled_from(SHAPES))), dtype=dtype) for _ in range(draw(st.integers(1, 3)))]
    values = list(leaves)
    for _ in range(draw(st.integers(1, 8))):
        x, y = (values[draw(st.integers(-3, -1)) % len(values)] for _ in "xy")
        is_unary = draw(st.booleans())
        operation = draw(st.sampled_from(UNARY if is_unary else BINARY))
        try:
            out = operation(x) if is_unary else operation(x, y)
        except (ValueError, TypeError):  # shapes that do not fit, or a dtype that may not be mixed
            continue
        if out.array.size <= 60:
            values.append(out)
    return sum((x.sum() for x in values[-2:]), values[-1].sum() * 0.5)


def totals_of(steps):
    """{vertex: gradient}, added up from the contributions alone, in the order of the steps."""
    totals = {step.vertex: step.upstream for step in steps if step.kind == "seed"}
    for step in [step for step in steps if step.kind == "pass back"]:
        share = step.contribution
        totals[step.source] = share if step.source not in totals else totals[step.source] + share
    return totals


def assert_told_as_backward_does(root, gradient=None):
    steps, vertices = trace_steps(root, gradient), trace(root, 10_000)
    tensors = [vertex.value for vertex in vertices]
    for x in tensors:
        if isinstance(x, mg.Tensor) and x.requires_grad:
            x.retain_grad()
    root.backward(gradient)
    totals = totals_of(steps)

    assert {i for i, vertex in enumerate(vertices) if vertex.grad is not None} == set(totals)
    for i, total in totals.items():
        assert (total.dtype, total.shape) == (vertices[i].grad.dtype, vertices[i].grad.shape)
        assert np.array_equal(total, vertices[i].grad, equal_nan=True)


@settings(max_examples=200, deadline=None)
@given(expressions())
def test_contributions_add_up_to_the_gradients_of_backward_to_the_bit(root):
    assert_told_as_backward_does(root)


def network():
    mg.manual_seed(0)
    return nn.Sequential(nn.Linear(2, 3), nn.Tanh(), nn.Linear(3, 1))


INPUTS = np.array([[0.0, 0], [0, 1], [1, 0], [1, 1]], np.float32)


def xor():
    return F.binary_cross_entropy_with_logits(network()(mg.tensor(INPUTS)), mg.tensor([[0.0], [1], [1], [0]]))


def classes():
    scores = leaf([[1.0, 2, 3], [0, 1, -1]]) * leaf([1.0, 0.5, 2])
    return F.cross_entropy(scores, mg.tensor([2, 0])) + scores[0, 1] * scores.std() + mg.logsumexp(scores, 1).sum()


def products():
    a, b = leaf([[1.0, 2], [3, 4]]), leaf([0.5, -1])
    return mg.einsum("ij,j,i->", a, b, a @ b) + mg.stack([b, b * 2]).amax() + a[[0, 0, 1]].sum() + a.mT.softmax(1)[0, 1]


def nested():
    x = leaf(0.3)
    for _ in range(6):
        x = x * x + x
    return x


@pytest.mark.parametrize("expression", [xor, classes, products, nested])
def test_contributions_of_networks_and_losses_add_up_to_the_bit(expression):
    assert_told_as_backward_does(expression())


def test_a_root_of_several_numbers_starts_with_the_gradient_given():
    gradient = mg.tensor([[1.0, -2], [0.5, 3]], dtype=np.float64)
    x = leaf([[1.0, 2], [3, 4]])

    seed = trace_steps(mg.tanh(x) * x, gradient)[3]

    assert seed.kind == "seed"
    assert np.array_equal(seed.total, gradient.numpy())
    assert_told_as_backward_does(mg.tanh(x) * x, gradient)


def test_every_total_is_what_was_there_before_plus_the_contribution():
    so_far = {}
    for step in passed_back(classes()):
        before = so_far.get(step.source)
        assert (step.before is None) == (before is None)
        assert before is None or np.array_equal(step.before, before)
        assert np.array_equal(step.total, step.contribution if before is None else before + step.contribution)
        so_far[step.source] = step.total


def test_each_step_passes_back_the_whole_gradient_of_its_vertex():
    steps = passed_back(classes())
    root = max(step.vertex for step in steps)
    final = {step.source: step.total for step in steps} | {root: 1.0}

    assert all(np.array_equal(step.upstream, final[step.vertex]) for step in steps)


def test_the_order_is_that_of_the_walk(monkeypatch):
    walked = []

    class Watcher:
        def called(self, result):
            pass

        def visited(self, out):
            pass

        def passed_back(self, out, i, gx):
            walked.append((id(out), i))

    root = classes()
    vertices = trace(root, 1000)
    told = [(id(vertices[step.vertex].value), step.place) for step in passed_back(root)]
    monkeypatch.setattr(mode, "watcher", Watcher())
    root.backward()

    assert told == walked


# ---- what a step holds ----------------------------------------------------------------------------------------------


def test_the_steps_of_a_neuron():
    y = evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1})

    steps = trace_steps(y)

    assert [(s.kind, s.vertex, s.op, s.inputs, s.source, s.place, s.rule) for s in steps] == [
        ("given", 0, "", (), None, None, ""),
        ("given", 1, "", (), None, None, ""),
        ("compute", 2, "mul", (0, 1), None, None, ""),
        ("given", 3, "", (), None, None, ""),
        ("compute", 4, "add", (2, 3), None, None, ""),
        ("compute", 5, "tanh", (4,), None, None, ""),
        ("seed", 5, "", (), None, None, ""),
        ("pass back", 5, "tanh", (4,), 4, 0, "g * (1 - out * out)"),
        ("pass back", 4, "add", (2, 3), 2, 0, "g"),
        ("pass back", 4, "add", (2, 3), 3, 1, "g"),
        ("pass back", 2, "mul", (0, 1), 0, 0, "g * y"),
        ("pass back", 2, "mul", (0, 1), 1, 1, "g * x"),
    ]
    assert [step.value.item() for step in steps[:6]] == [0.5, 3, 1.5, -1, 0.5, np.tanh(0.5)]


def test_a_step_holds_the_numbers_that_its_rule_reads_and_no_others():
    w, x = leaf(2.0, "w"), leaf(5.0, "x")

    to_w, to_x = passed_back(w * x)

    assert {name: value.item() for name, value in to_w.numbers.items()} == {"g": 1, "y": 5}
    assert {name: value.item() for name, value in to_x.numbers.items()} == {"g": 1, "x": 2}


def test_the_numbers_of_a_variadic_rule_are_those_of_each_input():
    a, b = leaf([1.0, 2]), leaf([3.0, 4])

    step = passed_back(mg.einsum("i,i->", a, b))[1]

    assert {name: value.tolist() for name, value in step.numbers.items()} == {
        "i": 1, "g": 1, "xs[0]": [1, 2], "xs[1]": [3, 4],
    }  # fmt: skip


def test_an_array_among_the_parameters_is_a_number_too():
    step = passed_back(F.cross_entropy(leaf([[1.0, 2, 3]]), mg.tensor([2])))[0]

    assert step.numbers["target"].tolist() == [2]


def samples_of_elementwise_rows():
    rows = [row for row in TABLE.values() if row.forward.__module__ == "minigrad.ops.elementwise" and row.rules]
    places = [(row, place) for row in rows for place, rule in enumerate(row.rules) if rule is not None]
    return [pytest.param(row, place, id=f"{row.name}-{place}") for row, place in places]


@pytest.mark.parametrize(("row", "place"), samples_of_elementwise_rows())
def test_upstream_times_local_is_what_an_elementwise_rule_gives(row, place):
    rng = np.random.default_rng(0)
    inputs = [rng.uniform(0.2, 0.9, (2, 3)) for _ in row.rules]
    inputs[place] = leaf(inputs[place])
    function = getattr(importlib.import_module("minigrad.ops.elementwise"), row.name)

    step = passed_back(function(*inputs), rng.normal(size=(2, 3)))[0]

    np.testing.assert_allclose(step.upstream * step.local, step.raw, rtol=1e-14)
    assert step.local.shape == (2, 3)


def test_the_local_derivative_of_a_stretched_input_has_the_shape_of_the_result():
    step = passed_back((leaf([[1.0], [2]]) * np.array([[3.0, 4, 5]])).sum())[1]

    assert step.local.tolist() == [[3, 4, 5], [3, 4, 5]]
    assert step.contribution.tolist() == [[12], [12]]


@pytest.mark.parametrize(
    "root",
    [
        leaf([[2.0]]) @ mg.tensor([[3.0]], dtype=np.float64),
        leaf([1.0, 2]).sum(),
        leaf([1.0, 2]).softmax(0)[0],
        mg.cat([leaf([1.0]), leaf([2.0])]).sum(),
        leaf([1.0])[0],
    ],
)
def test_rules_that_mix_or_move_numbers_have_no_local_derivative(root):
    assert all(step.local is None for step in passed_back(root))


@primitive()
def cube_for_steps(x):
    return x**3


cube_for_steps.defvjp(lambda g, out, x: g * 3 * x**2)


@primitive()
def wrong_cube_for_steps(x):
    return x**3


wrong_cube_for_steps.defvjp(lambda g, out, x: 3 * x**2)  # forgets g

for name in ("cube_for_steps", "wrong_cube_for_steps"):
    del TABLE[name]  # they work without being in it, where other tests would look for their samples


def test_between_two_numbers_there_is_a_local_derivative_whatever_the_operation():
    assert passed_back(cube_for_steps(leaf(2.0)))[0].local == 12
    assert passed_back(cube_for_steps(leaf([2.0])).sum())[1].local is None  # nobody knows whether it is elementwise


def test_a_rule_that_forgets_the_upstream_gradient_is_not_told_as_a_product():
    step = passed_back(wrong_cube_for_steps(leaf(2.0)) * 5.0)[1]

    assert (step.local, step.contribution) == (None, 12)


@pytest.mark.parametrize(
    ("root", "undone"),
    [
        (lambda: (np.ones((4, 3)) + leaf([1.0, 2, 3])).sum(), "summed over axis 0: broadcasting undone"),
        (lambda: (np.ones((2, 4, 3)) * leaf([[1.0, 2, 3]])).sum(), "summed over axes 0, 1: broadcasting undone"),
        (lambda: (np.ones((4, 3)) - leaf(1.0)).sum(), "summed over axes 0, 1: broadcasting undone"),
        (lambda: leaf(np.ones((4, 3))).sum(), "spread over (4, 3)"),
        (lambda: leaf(np.ones((4, 3))).mean(0), "spread over (4, 3)"),
        (lambda: leaf(1.0).float(), "cast to float64"),
        (lambda: leaf(np.ones((4, 3))) * 2.0, ""),
    ],
)
def test_a_step_says_how_the_shape_was_brought_back(root, undone):
    root = root()

    step = passed_back(root, np.ones(root.shape, root.dtype))[-1]

    assert step.undone == undone


@settings(max_examples=100, deadline=None)
@given(st.sampled_from(SHAPES), st.sampled_from(SHAPES))
def test_a_stretched_shape_comes_back_by_summing(small, large):
    whole = np.broadcast_shapes(small, large)

    axes, spread = stretched(whole, small)

    assert not spread
    assert np.ones(whole).sum(axis=axes, keepdims=True).size == np.ones(small).size


# ---- nothing is changed ---------------------------------------------------------------------------------------------


def test_tracing_changes_nothing():
    x = leaf(3.0)
    called = []
    x.register_hook(called.append)
    y = x * x
    y.retain_grad()
    written, tick = log.last, clock()

    trace_steps(y)

    assert clock() == tick + 1
    assert (log.last, x.grad, y.grad, called) == (written, None, None, [])
    y.backward()
    assert x.grad.item() == 6


def test_after_a_backward_that_keeps_the_graph_the_steps_are_the_same():
    y = nested()
    before = [step.total for step in passed_back(y)]

    y.backward(retain_graph=True)

    assert np.array_equal(before, [step.total for step in passed_back(y)])


def test_steps_keep_their_numbers_when_the_tensors_change():
    w = leaf([1.0, 2])
    steps = trace_steps((w * w).sum())
    before = [step.value.tolist() for step in steps], [v.tolist() for step in steps for v in step.numbers.values()]

    with mg.no_grad():
        w -= 10.0

    assert before == ([s.value.tolist() for s in steps], [v.tolist() for s in steps for v in s.numbers.values()])


def test_a_leaf_that_was_frozen_since_receives_nothing():
    w, b = leaf(2.0), leaf(1.0)
    y = w * 3.0 + b
    w.requires_grad = False

    assert [step.source for step in passed_back(y)] == [2, 3]


def test_a_division_by_zero_is_a_step_and_no_warning():
    x = leaf(0.0)
    with np.errstate(all="ignore"):
        y = mg.log(x) * x

    assert np.isnan(passed_back(y)[-1].total)


def test_a_chain_of_many_operations_needs_no_recursion():
    y = leaf(1.0)
    for _ in range(1500):
        y = y * 1.0001

    assert len(trace_steps(y, max_nodes=20_000)) == 4502


# ---- refusals -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("given", [np.ones(3), 3.0, None, [leaf(1.0) * 2.0]])
def test_what_is_not_a_tensor_is_refused(given):
    with pytest.raises(TypeError, match=r"steps: expected one tensor, but got .*such as the loss"):
        trace_steps(given)


def test_a_leaf_has_no_steps():
    with pytest.raises(ValueError, match=r"steps: 'w' float64 \(\) is a leaf, nothing was computed"):
        trace_steps(leaf(1.0, "w"))


def test_what_does_not_require_grad_is_refused_as_by_backward():
    with pytest.raises(RuntimeError, match="does not require grad and was not computed from one that does"):
        trace_steps(mg.tensor(1.0) * 2)


def test_several_numbers_need_a_gradient_as_in_backward():
    with pytest.raises(RuntimeError, match="only a scalar has a gradient without being told more"):
        trace_steps(leaf([1.0, 2]) * 2)


def test_a_gradient_of_another_shape_is_refused():
    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), but the tensor has \(2,\)"):
        trace_steps(leaf([1.0, 2]) * 2, np.ones(3))


def test_a_freed_graph_is_refused():
    y = mg.tanh(leaf(1.0))
    y.backward()

    with pytest.raises(RuntimeError, match=r"the graph behind tanh has been freed by backward.*retain_graph=True"):
        trace_steps(y)


def test_a_graph_freed_in_its_middle_is_refused():
    h = leaf(1.0) * 2
    y = h * h
    h.backward()

    with pytest.raises(RuntimeError, match="the graph behind mul has been freed"):
        trace_steps(y)


def test_a_value_overwritten_since_is_refused():
    w = leaf([1.0, 2])
    y = (w * w).sum()
    with mg.no_grad():
        w -= 1.0

    with pytest.raises(
        RuntimeError, match=r"mul needs its input \d as it was in the forward pass, but it has been over"
    ):
        trace_steps(y)


def rewritten_input():
    x = leaf(3.0)
    y = x + 1.0
    with mg.no_grad():
        x += 5.0
    return y


def rewritten_result():
    y = leaf([1.0, 2.0]) + 1.0
    z = y.sum()
    y.data[0] = 100
    return z


def rebound_input():
    x = leaf(3.0)
    y = x + 1.0
    x.data = mg.tensor(8.0, dtype=mg.float64)
    return y


def rebound_behind_the_log():
    x = leaf(3.0)
    y = x + 1.0
    x.array = np.array(8.0)
    return y


def rewritten_root():
    y = leaf(3.0) + 1.0
    y.data.fill_(7.0)
    return y


def loaded_since():
    model = nn.Linear(2, 1)
    y = model(mg.ones(2))
    model.load_state_dict(nn.Linear(2, 1).state_dict())
    return y.sum()


def stepped_since():
    model = nn.Linear(2, 1)
    loss = (model.weight + 1.0).sum()
    loss.backward(retain_graph=True)
    mg.optim.SGD([model.weight], lr=0.1).step()
    return loss


@pytest.mark.parametrize(
    "make",
    [
        rewritten_input,
        rewritten_result,
        rebound_input,
        rebound_behind_the_log,
        rewritten_root,
        loaded_since,
        stepped_since,
    ],
)
def test_a_value_that_no_rule_reads_is_refused_too_once_it_is_overwritten(make):
    with pytest.raises(RuntimeError, match=r"needs its (input 0|input 1|result) as it was in the forward pass"):
        trace_steps(make())


def test_numbers_that_only_moved_elsewhere_are_not_taken_for_overwritten():
    x = leaf([3.0, np.nan])
    y = (x + 1.0).sum()
    x.array = x.array.copy()

    assert len(passed_back(y)) == 2


def test_what_was_written_before_the_call_does_no_harm():
    x = leaf(3.0)
    with mg.no_grad():
        x += 5.0

    assert passed_back(x + 1.0)[0].total == 1


def test_a_cast_input_is_not_taken_for_a_rebound_one():
    assert len(passed_back(leaf(3.0, dtype=np.float32) * leaf(2.0))) == 3


def test_too_many_values_are_refused():
    x = leaf(1.0)
    for _ in range(100):
        x = x * 2.0

    with pytest.raises(ValueError, match=r"steps: there are more than 200 values behind .*max_nodes"):
        trace_steps(x)


@pytest.mark.parametrize("count", ["a", -1, 0, 2.5, None, True])
def test_a_number_of_values_that_makes_no_sense_is_refused(count):
    with pytest.raises(ValueError, match=rf"steps: max_nodes is how many .*, 1 or more, but got {count!r}"):
        trace_steps(leaf(1.0) * 2.0, max_nodes=count)


def test_a_number_of_values_may_be_numpys():
    assert len(trace_steps(leaf(1.0) * 2.0, max_nodes=np.int64(3))) == 5


def test_a_step_is_frozen():
    with pytest.raises(AttributeError, match="cannot assign"):
        Step("given", 0, np.ones(1)).kind = "seed"
