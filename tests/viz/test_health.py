"""What `health` says of models that were made to vanish, to explode, to die, to saturate, and of sound ones."""

import copy
import io
import math
import sys
from types import SimpleNamespace

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.nn import functional as F  # noqa: N812
from minigrad.viz.inside import DEAD, EXPLODING, NO_STEP, SATURATED, VANISHING, GradientFlow, examine, health


def deep(activation, spread, depth=20, width=32):
    """depth layers of one width, weights normal with a standard deviation of spread/√width, biases 0."""
    generator = mg.Generator(0)
    layers = []
    for _ in range(depth):
        linear = nn.Linear(width, width, dtype=np.float64)
        nn.init.normal_(linear.weight, 0, spread / math.sqrt(width), generator=generator)
        nn.init.zeros_(linear.bias)
        layers += [linear, activation()]
    return nn.Sequential(*layers, nn.Linear(width, 4, dtype=np.float64))


def batch(width=32, n=64):
    generator = mg.Generator(1)
    return mg.randn(n, width, generator=generator).double(), mg.randint(0, 4, (n,), generator=generator)


def after_backward(model, x=None, target=None):
    x, target = batch() if x is None else (x, target)
    F.cross_entropy(model(x), target).backward()
    return model


def words(found):
    return {row.path: row.words for row in found.rows}


# ---- the words ------------------------------------------------------------------------------------------------------


def test_twenty_sigmoid_layers_vanish_towards_the_input():
    found = health(after_backward(deep(nn.Sigmoid, 1.0)))

    said = [row.words for row in found.rows]
    assert said[:10] == [("vanishing",)] * 10
    assert said[-1] == ("fine",)


def test_weights_of_large_spread_explode():
    found = health(after_backward(deep(nn.ReLU, 4.0)))

    assert all("exploding" in row.words for row in found.rows)


def test_a_gradient_that_grows_towards_the_input_explodes_where_the_last_layers_does_not():
    found = health(after_backward(deep(nn.Tanh, 6.0)))

    assert "exploding" in found.rows[0].words
    assert found.rows[-1].words == ("fine",)


@pytest.mark.parametrize(("activation", "spread"), [(nn.ReLU, math.sqrt(2)), (nn.Tanh, 1.0)])
def test_twenty_layers_of_the_right_spread_are_fine(activation, spread):
    found = health(after_backward(deep(activation, spread)))

    assert {row.words for row in found.rows} == {("fine",)}


def test_a_very_negative_bias_kills_a_relu_and_all_before_it():
    model = deep(nn.ReLU, math.sqrt(2), depth=3)
    nn.init.constant_(model[2].bias, -100)

    found = health(after_backward(model))

    assert words(found) == {"0": ("dead",), "2": ("dead",), "4": ("dead",), "6": ("fine",)}
    assert [row.zeros for row in found.rows[:2]] == [1.0, 1.0]
    assert found.rows[3].dead == 0


def test_a_layer_most_of_whose_units_are_dead_is_dead():
    model = deep(nn.ReLU, math.sqrt(2), depth=2)
    with mg.no_grad():
        model[2].bias[:28] = -100.0

    row = health(after_backward(model)).rows[1]

    assert row.dead == pytest.approx(28 / 32)
    assert row.zeros >= 28 / 32
    assert row.words == ("dead",)


def test_a_layer_with_fewer_dead_units_is_fine_but_they_are_counted():
    model = deep(nn.ReLU, math.sqrt(2), depth=2)
    with mg.no_grad():
        model[2].bias[:8] = -100.0

    row = health(after_backward(model)).rows[1]

    assert (row.dead, row.words) == (pytest.approx(0.25), ("fine",))


def test_without_a_bias_units_are_not_told_apart():
    model = nn.Sequential(nn.Linear(32, 4, bias=False, dtype=np.float64))

    assert health(after_backward(model)).rows[0].dead is None


def test_saturated_units_are_found_with_an_input():
    x, target = batch()
    model = after_backward(deep(nn.Tanh, 20.0, depth=1), x, target)

    row = health(model, input=x).rows[0]

    y = np.tanh(x.array @ model[0].weight.array.T)
    assert row.saturated == pytest.approx((np.abs(y) > 0.97).mean())
    assert row.words == ("saturated",)


def test_without_an_input_or_without_tanh_saturation_is_not_known():
    x, target = batch()
    model = after_backward(deep(nn.ReLU, 1.4, depth=1), x, target)

    assert health(model).rows[0].saturated is None
    assert health(model, input=x).rows[0].saturated is None


def test_a_frozen_layer_has_its_own_saturation():
    x, target = batch()
    model = deep(nn.Tanh, 20.0, depth=2)
    model[0].requires_grad_(False)
    nn.init.zeros_(model[2].weight)

    found = health(after_backward(model, x, target), input=x)

    assert words(found)["0"] == ("frozen", "saturated")
    assert [row.saturated > 0.5 for row in found.rows[:2]] == [True, False]


@pytest.mark.parametrize("flat_first", [True, False])
def test_a_layer_that_feeds_two_activations_is_as_saturated_as_the_worse_one(flat_first):
    class Gate(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc = nn.Linear(1, 1)
            nn.init.ones_(self.fc.weight)

        def forward(self, x):
            y = self.fc(x)
            return y.tanh() * (y * 0).sigmoid() if flat_first else (y * 0).sigmoid() * y.tanh()

    assert health(Gate(), input=mg.full((3, 1), 9.0)).rows[0].saturated == 1


def test_the_input_leaves_no_trace():
    model = nn.Sequential(nn.Linear(32, 4), nn.Dropout(), nn.Tanh())
    state = mg.random.default_generator.get_state()

    health(model, input=(3, 32))

    assert mg.random.default_generator.get_state() == state
    assert all(module.training for module in model.modules())
    assert all(p.grad is None for p in model.parameters())


def test_before_backward_there_is_no_gradient_yet():
    row = health(nn.Linear(2, 1)).rows[0]

    assert row.words == ("no gradient yet",)
    assert (row.mean, row.update, row.zeros, row.dead) == (None, None, None, None)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_gradient_that_is_not_finite_explodes(bad):
    layer = nn.Linear(2, 1)
    layer.weight.grad = mg.tensor([[bad, 1.0]])

    assert health(layer, optim.Adam(layer.parameters())).rows[0].words == ("exploding",)


def one_weight(weight, grad, last_grad=None):
    """A layer with one number and, if last_grad is given, another one behind it."""
    model = nn.Sequential(nn.Linear(1, 1, bias=False, dtype=np.float64), nn.Linear(1, 1, bias=False, dtype=np.float64))
    for layer, g in zip(model, (grad, last_grad), strict=True):
        nn.init.constant_(layer.weight, weight)
        layer.weight.grad = None if g is None else mg.tensor(np.array([[g]]))
    return health(model).rows[0].words


@pytest.mark.parametrize(
    ("grad", "said"),
    [
        (VANISHING * 0.9, "vanishing"),
        (VANISHING * 1.1, "fine"),
        (EXPLODING * 0.9, "fine"),
        (EXPLODING * 1.1, "exploding"),
    ],
)
def test_gradients_are_compared_with_the_last_layers(grad, said):
    assert one_weight(100.0, grad, last_grad=1.0) == (said,)


@pytest.mark.parametrize(
    ("grad", "said"),
    [
        (NO_STEP * 0.9, "vanishing"),
        (NO_STEP * 1.1, "fine"),
        (EXPLODING * 0.9, "fine"),
        (EXPLODING * 1.1, "exploding"),
    ],
)
def test_gradients_are_compared_with_the_weights(grad, said):
    assert one_weight(1.0, grad) == (said,)


def test_weights_of_zero_say_nothing():
    assert one_weight(0.0, 1.0) == ("fine",)


# ---- the numbers ----------------------------------------------------------------------------------------------------


def test_the_mean_is_that_of_all_numbers_of_the_layer():
    layer = nn.Linear(2, 1)
    layer.weight.grad, layer.bias.grad = mg.tensor([[1.0, -2.0]]), mg.tensor([0.0])

    row = health(layer).rows[0]

    assert (row.path, row.mean, row.zeros) == ("(Linear)", 1.0, pytest.approx(1 / 3))


OPTIMIZERS = {
    "sgd": lambda p: optim.SGD(p, lr=0.1),
    "momentum": lambda p: optim.SGD(p, lr=0.1, momentum=0.9),
    "adam": lambda p: optim.Adam(p, lr=0.01),
    "nadam": lambda p: optim.NAdam(p, lr=0.01),
    "adamw": lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.1),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
@pytest.mark.parametrize("steps", [0, 3])
def test_the_update_is_exactly_what_the_optimizer_then_does(name, steps):
    model = deep(nn.Tanh, 1.0, depth=2)
    optimizer = OPTIMIZERS[name](model.parameters())
    for _ in range(steps):
        optimizer.zero_grad()
        after_backward(model)
        optimizer.step()
    optimizer.zero_grad()
    after_backward(model)
    before = [[p.array.copy() for p in layer.parameters()] for layer in (model[0], model[2], model[4])]

    found = health(model, optimizer)
    optimizer.step()

    for row, layer, old in zip(found.rows, (model[0], model[2], model[4]), before, strict=True):
        moved = np.concatenate([(p.array - a).ravel() for p, a in zip(layer.parameters(), old, strict=True)])
        size = np.concatenate([a.ravel() for a in old])
        assert row.update == pytest.approx(np.linalg.norm(moved) / np.linalg.norm(size))


def test_looking_changes_neither_model_nor_optimizer():
    model = after_backward(deep(nn.Tanh, 1.0, depth=1))
    optimizer = optim.Adam(model.parameters())
    optimizer.step()
    after_backward(model)  # added to the gradient that the step used: only step itself may warn of that
    before = copy.deepcopy(optimizer.state_dict())
    values = [(p.array, p.array.copy(), p.grad, p.grad.array.copy()) for p in model.parameters()]

    health(model, optimizer)

    np.testing.assert_equal(
        {k: {n: v.array for n, v in s.items()} for k, s in optimizer.state_dict()["state"].items()},
        {k: {n: v.array for n, v in s.items()} for k, s in before["state"].items()},
    )
    for p, (array, copied, grad, grads) in zip(model.parameters(), values, strict=True):
        assert p.array is array
        assert p.grad is grad
        np.testing.assert_array_equal(array, copied)
        np.testing.assert_array_equal(grad.array, grads)


def test_a_layer_that_the_optimizer_does_not_train_has_no_update():
    model = after_backward(deep(nn.Tanh, 1.0, depth=1))

    found = health(model, optim.SGD(model[2].parameters(), lr=0.1))

    assert found.rows[0].update is None
    assert found.rows[1].update > 0


def test_float16_gradients_do_not_overflow_in_the_mean():
    layer = nn.Linear(300, 300, bias=False, dtype=np.float16)
    layer.weight.grad = mg.full((300, 300), 100.0, dtype=np.float16)

    assert health(layer).rows[0].mean == 100.0


def test_shared_layers_have_one_row():
    model = nn.Sequential(nn.Linear(4, 4), nn.Tanh())
    model.again = model[0]

    assert [row.path for row in health(model).rows] == ["0"]


# ---- how it is shown ------------------------------------------------------------------------------------------------


def test_the_table_is_printed_and_returned(capsys):
    found = health(after_backward(deep(nn.Tanh, 1.0, depth=1)))

    assert capsys.readouterr().out == f"{found}\n"


def test_in_a_notebook_the_cell_shows_the_table_and_nothing_is_printed(capsys, monkeypatch):
    shell = SimpleNamespace(kernel="python3")
    ipython = SimpleNamespace(get_ipython=lambda: shell, display="IPython.display")
    monkeypatch.setitem(sys.modules, "IPython", ipython)

    found = health(after_backward(deep(nn.Tanh, 1.0, depth=1)))

    assert capsys.readouterr().out == ""
    assert "mean |g|" in found._repr_html_()


def test_the_table_can_be_had_without_printing(capsys):
    model = after_backward(deep(nn.Tanh, 1.0, depth=1))

    found = examine(model)

    assert capsys.readouterr().out == ""
    assert found == health(model)


def test_the_table_has_a_row_for_each_layer_and_the_thresholds_below():
    layer = nn.Linear(2, 1)
    layer.weight.grad, layer.bias.grad = mg.tensor([[1.0, -2.0]]), mg.tensor([0.0])

    lines = str(health(layer)).splitlines()

    assert lines[0].split() == ["layer", "mean", "|g|", "update/weight", "zeros", "dead", "saturated", "verdict"]
    assert lines[2].split() == ["(Linear)", "1.0e+00", "-", "33%", "0%", "-", "fine"]
    footer = "\n".join(lines[3:])
    assert all(f"{word}" in footer for word in ("vanishing:", "exploding:", "dead:", "saturated", "update/weight"))
    assert all(f"{x:g}" in footer for x in (VANISHING, EXPLODING, NO_STEP))
    assert f"{DEAD:.0%}" in footer
    assert f"{SATURATED:.0%}" in footer


def test_the_text_is_ascii_for_ascii_names():
    assert str(health(nn.Linear(2, 1))).isascii()


def test_the_html_has_the_same_rows_and_escapes_names():
    html = health(nn.Sequential({"<i>": nn.Linear(2, 1)}))._repr_html_()

    assert "&lt;i&gt;" in html
    assert "<i>" not in html
    assert "no gradient yet" in html
    assert "vanishing:" in html


def test_the_repr_is_short():
    assert repr(health(nn.Linear(2, 1))) == "<Health of 1 layers: (Linear) no gradient yet>"


def test_a_model_without_parameters_has_an_empty_table():
    assert health(nn.Sequential(nn.Tanh())).rows == ()


def test_a_layer_without_a_single_number_has_no_row():
    model = nn.Sequential(nn.Linear(1, 1))
    model.nothing = nn.Parameter(np.zeros((0, 3)))

    assert [row.path for row in health(model).rows] == ["0"]


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("model", [None, mg.zeros(2), [nn.Linear(2, 1)]])
def test_what_is_no_module_is_refused(model):
    with pytest.raises(TypeError, match=r"health: expected a model, an nn\.Module, but got"):
        health(model)


def test_a_class_in_place_of_a_module_gets_a_hint():
    with pytest.raises(TypeError, match=r"but got Linear; write Linear\(…\) to make one"):
        health(nn.Linear)


def test_a_learning_rate_in_place_of_the_optimizer_is_refused():
    with pytest.raises(TypeError, match="health: optimizer must be an Optimizer, which knows the next step, but got f"):
        health(nn.Linear(2, 1), 0.1)


def test_an_optimizer_that_needs_a_closure_is_refused():
    layer = nn.Linear(2, 1)

    with pytest.raises(TypeError, match=r"a step of LBFGS is a search .* leave the optimizer out"):
        health(layer, optim.LBFGS(layer.parameters()))


def test_the_optimizer_of_another_model_is_refused():
    with pytest.raises(ValueError, match="this optimizer trains none of the model's parameters"):
        health(nn.Linear(2, 1), optim.SGD(nn.Linear(2, 1).parameters(), lr=0.1))


# ---- over time ------------------------------------------------------------------------------------------------------


def test_a_flow_records_mean_and_largest_gradient_of_each_layer():
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh(), nn.Linear(1, 1))
    flow = GradientFlow(model)
    model[0].weight.grad, model[0].bias.grad = mg.tensor([[1.0, -2.0]]), mg.tensor([0.0])

    flow.record()

    assert flow.layers == ["0", "2"]
    np.testing.assert_array_equal(flow.means, [[1.0, np.nan]])
    np.testing.assert_array_equal(flow.maxima, [[2.0, np.nan]])


def test_recording_without_gradients_is_refused():
    with pytest.raises(RuntimeError, match=r"no parameter has a gradient; look after loss\.backward"):
        GradientFlow(nn.Linear(2, 1)).record()


def test_a_flow_of_a_model_without_parameters_is_refused():
    with pytest.raises(ValueError, match="this model has no parameters"):
        GradientFlow(nn.Tanh())


def test_a_flow_of_no_model_is_refused():
    with pytest.raises(TypeError, match="GradientFlow: expected a model"):
        GradientFlow(3)


def test_a_name_that_the_terminal_cannot_write_is_spelled_out(monkeypatch):
    model = nn.Sequential()
    model.层 = nn.Linear(1, 1)
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)

    found = health(model)

    stream.seek(0)
    assert "\\u5c42" in stream.read()
    assert found.rows[0].path == "层"
