"""A model as a tree with the shapes that come out of it, found without leaving a trace."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F  # noqa: N812
from minigrad.viz.aside import aside
from minigrad.viz.tree import summary


class Counting(nn.Module):
    """Draws random numbers, counts its calls in a buffer, keeps its input, and knows its mode."""

    def __init__(self):
        super().__init__()
        self.register_buffer("calls", mg.zeros(1))
        self.generator = mg.Generator(1)
        self.modes = ()

    def forward(self, x):
        self.calls.add_(1)
        self.kept = x * 2
        self.modes = (*self.modes, self.training)
        return x + mg.rand(*x.shape) + mg.rand(*x.shape, generator=self.generator)


class Failing(nn.Module):
    def forward(self, x):
        raise ArithmeticError("no")


class Residual(nn.Module):
    """Uses one layer twice, a function, and a layer that is never called."""

    def __init__(self):
        super().__init__()
        self.inner = nn.Linear(3, 3)
        self.unused = nn.Linear(3, 3)

    def forward(self, x):
        return x + F.relu(self.inner(self.inner(x)))


def column(found, name):
    head, rows, _ = found._table()
    return [row[head.index(name)] for row in rows]


def mlp():
    return nn.Sequential(nn.Flatten(), nn.Linear(6, 4), nn.Tanh(), nn.Dropout(), nn.Linear(4, 2))


# ---- shapes ---------------------------------------------------------------------------------------------------------


def test_without_an_input_there_are_no_shapes_of_outputs():
    found = summary(mlp())

    assert found.outputs == ()
    assert "output" not in str(found)


def test_every_module_has_the_shape_that_came_out_of_it_also_one_that_hands_its_input_on():
    shapes = ["(5, 2)", "(5, 6)", "(5, 4)", "(5, 4)", "(5, 4)", "(5, 2)"]

    assert column(summary(mlp(), (5, 2, 3)), "output") == shapes


@pytest.mark.parametrize(
    "input", [(5, 6), np.zeros((5, 6)), np.zeros((5, 6), np.float32), mg.zeros(5, 6), [[0.0] * 6] * 5]
)
def test_an_input_is_a_shape_an_array_lists_or_a_tensor(input):
    assert summary(mlp(), input).outputs[-1] == "(5, 2)"


def test_a_shape_becomes_zeros_in_the_parameters_dtype():
    layer = nn.Linear(3, 2, dtype=np.float64)
    seen = []
    layer.forward = lambda x: seen.append(x) or x

    summary(layer, (4, 3))

    assert seen[0].dtype == np.float64
    assert not seen[0].array.any()


def test_several_inputs_come_as_a_tuple():
    class Both(nn.Module):
        def forward(self, a, b):
            return a @ b, {"sum": a.sum()}, None

    assert summary(Both(), ((2, 3), mg.zeros(3, 4))).outputs == ("[(2, 4), {sum: ()}, NoneType]",)


def test_integers_are_not_made_floats():
    class Look(nn.Module):
        def __init__(self):
            super().__init__()
            self.table = nn.Parameter(np.zeros((10, 3)))

        def forward(self, i):
            return self.table[i]

    assert summary(Look(), np.array([1, 2])).outputs == ("(2, 3)",)


def test_calls_are_counted_and_what_was_not_called_has_a_dash():
    assert column(summary(Residual(), (4, 3)), "output") == ["(4, 3)", "(4, 3), 2 calls", "-"]


def test_different_shapes_of_one_module_are_all_said():
    class Twice(nn.Module):
        def __init__(self):
            super().__init__()
            self.act = nn.Tanh()

        def forward(self, x):
            return self.act(self.act(x)[0])

    assert summary(Twice(), (4, 3)).outputs == ("(3,)", "(4, 3) or (3,), 2 calls")


# ---- numbers --------------------------------------------------------------------------------------------------------


def test_counts_add_up_and_shared_parameters_count_once():
    model = nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3))
    model[1].weight = model[0].weight
    model[1].bias.requires_grad_(False)

    found = summary(model)

    assert (found.trainable, found.frozen) == (12, 3)
    assert column(found, "count") == ["", "12", "3"]
    assert str(found).endswith("15 parameters: 12 trainable, 3 frozen")


def test_the_text_lines_up_and_counts_have_separators():
    text = str(summary(nn.Sequential(nn.Linear(784, 128), nn.ReLU()), (64, 784)))

    assert text.splitlines()[2:] == [
        "(model)  Sequential  (64, 128)",
        "  0      Linear      (64, 128)  weight (128, 784), bias (128,)  100,480",
        "  1      ReLU        (64, 128)",
        "100,480 parameters: 100,480 trainable, 0 frozen",
    ]


def test_a_model_without_parameters_and_an_empty_one_have_a_summary():
    assert "0 parameters" in str(summary(nn.Tanh(), (2, 2)))
    assert summary(nn.Sequential(), (2, 2)).outputs == ("(2, 2)",)


def test_a_name_is_escaped_in_html_and_whole_in_text():
    found = summary(nn.Sequential({"<b>权重": nn.Tanh()}), (2,))

    assert "&lt;b&gt;权重" in found._repr_html_()
    assert "<b>权重" not in found._repr_html_()
    assert "<b>权重" in str(found)


def test_the_repr_is_one_line():
    assert repr(summary(nn.Linear(2, 1))) == "<Summary of Linear: 3 parameters: 3 trainable, 0 frozen>"


# ---- no trace -------------------------------------------------------------------------------------------------------


def states(model):
    values = [(dict(vars(m)), list(vars(m))) for m in model.modules()]
    return values, [b.array.copy() for b in model.buffers()], mg.random.default_generator.get_state()


def assert_untouched(model, before):
    values, buffers, generator = before
    after = states(model)
    for (old, order), (new, new_order) in zip(values, after[0], strict=True):
        assert order == new_order
        assert all(new[name] is old[name] for name in old)
    np.testing.assert_equal(after[1], buffers)
    assert after[2] == generator


def test_modes_attributes_buffers_and_generators_are_what_they_were():
    model = nn.Sequential(Counting(), mlp())
    model[1].eval()
    own = model[0].generator.get_state()
    before = states(model)

    summary(model, (5, 6))

    assert_untouched(model, before)
    assert model[0].generator.get_state() == own
    assert (model.training, model[1].training, model[1][3].training) == (True, False, False)


def test_also_after_an_exception():
    model = nn.Sequential(Counting(), Failing())
    before = states(model)

    with pytest.raises(ArithmeticError):
        summary(model, (5, 6))

    assert_untouched(model, before)


def test_a_buffer_that_was_replaced_comes_back():
    class Replacing(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("mean", mg.zeros(2))

        def forward(self, x):
            self.mean = x.mean(0)
            return x

    model = Replacing()
    before = model.mean

    summary(model, mg.ones(3, 2))

    assert model.mean is before


def test_the_model_is_run_in_evaluation_mode():
    model, seen = Counting(), []
    with aside(model):
        model(mg.zeros(2))
        seen += model.modes

    assert seen == [False]
    assert model.modes == ()


def test_an_instance_with_a_forward_of_its_own_keeps_it():
    layer = nn.Linear(2, 2)
    own = layer.forward = lambda x: x[0]

    assert summary(layer, (3, 2)).outputs == ("(2,)",)
    assert layer.forward is own


def test_a_graph_recorded_before_can_still_be_walked_back():
    model = nn.Sequential(Counting(), nn.Linear(2, 1))
    loss = model(mg.ones(3, 2)).sum()

    summary(model, (5, 2))
    loss.backward()

    assert model[1].weight.grad is not None


def test_nothing_is_recorded():
    layer = nn.Linear(2, 2)
    seen = []
    layer.forward = lambda x: seen.append(F.linear(x, layer.weight)) or x

    summary(layer, mg.ones(3, 2, requires_grad=True))

    assert not seen[0].requires_grad


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("model", "said"), [(None, "got NoneType"), (nn.Tanh, r"got Tanh; write Tanh\(…\)")])
def test_what_is_no_module_is_refused(model, said):
    with pytest.raises(TypeError, match=f"summary: expected a model, an nn.Module, but {said}"):
        summary(model)


@pytest.mark.parametrize("input", ["x", {1: 2}, object(), (3, "x")])
def test_what_is_no_input_is_refused(input):
    with pytest.raises(TypeError, match="summary: input must be a tensor, an array, a shape such as"):
        summary(nn.Tanh(), input)


def test_a_negative_size_is_refused():
    with pytest.raises(ValueError, match=r"summary: sizes must not be negative, but the shape given is \(-1, 2\)"):
        summary(nn.Tanh(), (-1, 2))


def test_an_error_of_the_model_says_in_which_module_it_was_raised():
    model = nn.Sequential(nn.Linear(4, 3), nn.Linear(4, 2))

    with pytest.raises(ValueError, match="linear") as caught:
        summary(model, (5, 4))

    assert caught.value.__notes__ == ["summary: raised in 1, Linear(in_features=4, out_features=2, bias=True)"]


def test_a_convolutional_network_fits_into_100_columns():
    model = nn.Sequential(nn.Conv2d(1, 8, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten(), nn.Linear(8 * 13 * 13, 10))

    lines = str(summary(model, (1, 1, 28, 28))).splitlines()

    assert max(map(len, lines)) <= 100
    assert lines[5].split()[:2] == ["2", "MaxPool2d"]
