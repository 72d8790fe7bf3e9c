"""The plots of gradients and activations, by what is in their artists."""

import itertools
import warnings

import numpy as np
import pytest
from matplotlib.colors import LogNorm
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F  # noqa: N812
from minigrad.viz.activations import MOST_PANELS, activations, plot_activations
from minigrad.viz.inside import MOST_LINES, GradientFlow, plot_gradient_flow


def axes(*shape):
    return Figure().subplots(*shape)


def titles(root):
    return [one.title for one in activations(root)]


def with_gradients(*grads):
    """A model of one-number layers with these gradients, None for one without."""
    model = nn.Sequential(*(nn.Linear(1, 2, bias=False, dtype=np.float64) for _ in grads))
    for layer, g in zip(model, grads, strict=True):
        layer.weight.grad = None if g is None else mg.tensor(np.array(g).reshape(2, 1))
    return model


# ---- finding activations --------------------------------------------------------------------------------------------


def test_modules_functions_and_methods_are_found_with_the_layer_that_feeds_them():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1, self.fc2, self.fc3 = nn.Linear(3, 4), nn.Linear(4, 5), nn.Linear(5, 6)
            self.act = nn.Tanh()

        def forward(self, x):
            return self.fc3(F.relu(self.fc2(self.act(self.fc1(x))))).sigmoid()

    assert titles(Net()(mg.ones(2, 3))) == ["fc1 → tanh", "fc2 → relu", "fc3 → sigmoid"]


def test_the_numbers_are_those_that_were_computed():
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x = mg.ones(2, 3)

    (one,) = activations(model(x).sum())

    np.testing.assert_array_equal(one.numbers, model[1](model[0](x)).detach().numpy().ravel())


def test_nested_layers_have_their_whole_path():
    model = nn.Sequential(nn.Sequential(nn.Linear(2, 2), nn.ReLU()))

    assert titles(model(mg.ones(1, 2))) == ["0.0 → relu"]


def test_other_activation_modules_are_found_by_their_class():
    model = nn.Sequential(nn.Linear(2, 2), nn.LeakyReLU(), nn.Linear(2, 2), nn.Softmax(1))

    assert titles(model(mg.ones(1, 2))) == ["0 → LeakyReLU"]


def test_raw_tensors_give_their_names():
    w = mg.Tensor([1.0, 2.0], requires_grad=True, name="w")

    assert titles((w * 2).tanh() + mg.tensor([1.0], requires_grad=True).relu()) == ["w → tanh", "relu"]


def test_a_weight_names_the_layer_even_if_the_input_has_a_name():
    x = mg.Tensor([[1.0, 2.0]], requires_grad=True, name="x")

    assert titles(nn.Sequential(nn.Linear(2, 2), nn.Tanh())(x)) == ["0 → tanh"]


def test_repeated_calls_of_a_layer_are_one_activation():
    model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())

    (one,) = activations(model(model(mg.ones(3, 2))))

    assert one.numbers.size == 12


def test_a_deep_chain_is_no_recursion():
    x = mg.ones(1, requires_grad=True)
    for _ in range(20_000):
        x = x + 1.0

    assert titles(x.tanh()) == ["tanh"]


def activation(op, values):
    x = mg.tensor(np.array(values), requires_grad=True)
    return activations(getattr(x, op)())[0]


def test_tanh_is_saturated_beyond_97_percent():
    assert activation("tanh", np.arctanh([0.96, -0.96, 0.98, -0.98, 0.0])).saturated == pytest.approx(2 / 5)


def test_sigmoid_is_saturated_within_3_percent_of_0_and_1():
    y = np.array([0.02, 0.04, 0.5, 0.96, 0.98])

    assert activation("sigmoid", np.log(y / (1 - y))).saturated == pytest.approx(2 / 5)


def test_relu_is_dead_where_a_unit_is_0_for_the_whole_batch():
    one = activation("relu", [[-1.0, 1.0, -1.0, 0.0], [-2.0, -1.0, 1.0, -1.0]])

    assert (one.dead, one.saturated) == (0.5, None)


def test_the_units_of_images_are_channels():
    images = np.zeros((2, 4, 3, 3))
    images[1, 2, 0, 0] = 1

    assert activation("relu", images).dead == 0.75


def test_a_unit_is_alive_if_one_of_several_calls_woke_it():
    layer = nn.Linear(1, 2)
    nn.init.zeros_(layer.bias)
    with mg.no_grad():
        layer.weight.copy_(mg.tensor([[1.0], [-1.0]]))

    (one,) = activations(F.relu(layer(mg.ones(3, 1))) + F.relu(layer(-mg.ones(3, 1))))

    assert one.dead == 0


def test_an_empty_batch_has_no_shares():
    one = activation("relu", np.zeros((0, 3)))

    assert (one.dead, one.numbers.size) == (None, 0)


# ---- plotting them --------------------------------------------------------------------------------------------------


def mlp():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1), nn.Sigmoid())
    nn.init.normal_(model[0].weight, 0, 3)
    return model


def test_there_is_a_panel_for_each_activation_with_its_shares_in_the_title():
    out = mlp()(mg.randn(50, 3))
    found = activations(out)

    panels = plot_activations(out)

    assert panels.shape == (3,)
    assert [ax.get_title() for ax in panels] == [
        f"0 → tanh\n{found[0].saturated:.0%} saturated",
        f"2 → relu\n{found[1].dead:.0%} dead units",
        f"4 → sigmoid\n{found[2].saturated:.0%} saturated",
    ]


def test_the_bars_are_shares_and_add_up_to_1():
    panels = plot_activations(mlp()(mg.randn(50, 3)))

    assert [sum(bar.get_height() for bar in ax.patches) for ax in panels] == pytest.approx([1, 1, 1])


def test_the_hatched_bars_of_tanh_are_what_is_saturated():
    out = mlp()(mg.randn(50, 3))
    ax = plot_activations(out)[0]

    hatched = [bar for bar in ax.patches if bar.get_hatch()]

    assert sum(bar.get_height() for bar in hatched) == pytest.approx(activations(out)[0].saturated)
    assert [bar.get_x() for bar in hatched] == pytest.approx([-1, 0.97])


def test_nothing_is_hatched_for_relu():
    assert not any(bar.get_hatch() for bar in plot_activations(mlp()(mg.randn(50, 3)))[1].patches)


def test_a_relu_that_is_dead_altogether_is_one_bar_at_0():
    (ax,) = plot_activations((mg.ones(4, 3, requires_grad=True) * -1).relu())

    assert ax.get_title() == "relu\n100% dead units"
    assert [(bar.get_x(), bar.get_height()) for bar in ax.patches if bar.get_height()] == [(0, 1)]


def test_numbers_that_are_not_finite_are_said():
    (ax,) = plot_activations(mg.tensor([np.nan, 1.0, np.inf], requires_grad=True).relu())

    assert "2 NaN or Inf" in ax.get_title()


def test_given_axes_are_drawn_into():
    given = axes(1, 3)

    assert list(plot_activations(mlp()(mg.randn(5, 3)), axes=given)) == list(given)


def test_too_few_axes_are_refused():
    with pytest.raises(ValueError, match="plot_activations: there are 3 panels to draw, but axes holds 2"):
        plot_activations(mlp()(mg.randn(5, 3)), axes=axes(1, 2))


def test_a_freed_graph_is_refused_with_the_way_out():
    loss = mlp()(mg.randn(5, 3)).sum()
    loss.backward()

    with pytest.raises(
        RuntimeError, match=r"backward\(\) has freed the graph, and the activations with it; plot before"
    ):
        plot_activations(loss)


def test_what_has_no_activations_is_refused():
    with pytest.raises(ValueError, match="found no relu, tanh or sigmoid in the graph behind this tensor"):
        plot_activations(nn.Linear(2, 1)(mg.ones(1, 2)))


def test_what_was_not_recorded_has_none():
    with mg.no_grad(), pytest.raises(ValueError, match="computed while gradients are recorded"):
        plot_activations(mlp()(mg.randn(5, 3)))


@pytest.mark.parametrize("root", [None, np.zeros(3), nn.Tanh()])
def test_what_is_no_tensor_is_refused(root):
    with pytest.raises(TypeError, match="plot_activations: expected what a model returned, a tensor, but got"):
        plot_activations(root)


def test_a_batch_without_an_item_is_refused():
    model = nn.Sequential(nn.Linear(2, 3), nn.Tanh())

    with pytest.raises(ValueError, match=r"0 → tanh has computed no numbers, shape \(0, 3\); give the model a batch"):
        plot_activations(model(mg.zeros(0, 2)))


def test_more_panels_than_can_be_read_are_refused():
    layers = [layer for _ in range(MOST_PANELS + 1) for layer in (nn.Linear(1, 1), nn.Tanh())]

    with pytest.raises(ValueError, match=f"there are {MOST_PANELS + 1} activations, more than the {MOST_PANELS} that"):
        plot_activations(nn.Sequential(*layers)(mg.ones(1, 1)))


def test_dollars_in_a_name_are_no_mathematics(tmp_path):
    model = nn.Sequential({"$x_{": nn.Linear(1, 1), "act": nn.Tanh()})

    (ax,) = plot_activations(model(mg.ones(1, 1)))
    ax.figure.savefig(tmp_path / "picture.png")

    assert ax.get_title().startswith(r"\$x_{ → tanh")


def test_long_names_show_their_end_and_line_breaks_are_spelled_out():
    model = nn.Sequential({"x" * 100: nn.Sequential({"last\n": nn.Linear(1, 1)})})
    model(mg.ones(1, 1)).sum().backward()

    (label,) = plot_gradient_flow(model).get_yticklabels()

    assert label.get_text() == "…" + "x" * 24 + ".last\\n"


# ---- gradients now --------------------------------------------------------------------------------------------------


def test_the_bars_are_means_and_the_points_largest_gradients():
    ax = plot_gradient_flow(with_gradients([1.0, -3.0], [0.5, 0.5]))

    assert [bar.get_width() for bar in ax.patches] == [2.0, 0.5]
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [3.0, 0.5])
    assert ax.get_xscale() == "log"
    assert [label.get_text() for label in ax.get_yticklabels()] == ["0", "1"]


def test_the_first_layer_is_on_top():
    low, high = plot_gradient_flow(with_gradients([1.0, 1.0], [1.0, 1.0])).get_ylim()

    assert low > high


def test_layers_that_cannot_be_drawn_are_marked():
    ax = plot_gradient_flow(with_gradients([0.0, 0.0], [1.0, 1.0], None, [np.nan, 1.0], [np.inf, 1.0]))

    marks = {round(text.xy[1]): text.get_text() for text in ax.texts}
    assert marks == {0: "0", 2: "none", 3: "NaN or Inf", 4: "NaN or Inf"}
    assert [bar.get_y() + bar.get_height() / 2 for bar in ax.patches] == pytest.approx([1])


def test_gradients_of_nothing_but_zeros_are_a_picture_too(tmp_path):
    ax = plot_gradient_flow(with_gradients([0.0, 0.0]))
    ax.figure.savefig(tmp_path / "picture.png")

    assert [text.get_text() for text in ax.texts] == ["0"]


def test_a_given_axes_is_drawn_into_and_returned():
    ax = axes()

    assert plot_gradient_flow(with_gradients([1.0, 1.0]), ax=ax) is ax


def test_a_model_without_gradients_is_refused():
    with pytest.raises(RuntimeError, match="no parameter has a gradient"):
        plot_gradient_flow(nn.Linear(2, 1))


@pytest.mark.parametrize("given", [None, [1.0], mg.ones(2)])
def test_what_is_neither_model_nor_flow_is_refused(given):
    with pytest.raises(TypeError, match="plot_gradient_flow: expected a model"):
        plot_gradient_flow(given)


# ---- gradients over time --------------------------------------------------------------------------------------------


def recorded(layers, steps):
    """A flow whose layer i has in step t the mean gradient (i + 1)·10⁻ᵗ."""
    model = with_gradients(*([1.0, 1.0] for _ in range(layers)))
    flow = GradientFlow(model)
    for t in range(steps):
        for i, layer in enumerate(model):
            layer.weight.grad = mg.full((2, 1), (i + 1) * 10.0**-t, dtype=np.float64)
        flow.record()
    return flow


def test_few_layers_are_a_line_each():
    ax = plot_gradient_flow(recorded(3, steps=4))

    assert [line.get_label() for line in ax.lines] == ["0", "1", "2"]
    np.testing.assert_allclose([line.get_ydata() for line in ax.lines], np.outer([1, 2, 3], 10.0 ** -np.arange(4)))
    np.testing.assert_array_equal(ax.lines[0].get_xdata(), [1, 2, 3, 4])
    assert ax.get_yscale() == "log"


def test_lines_differ_in_more_than_colour():
    lines = plot_gradient_flow(recorded(MOST_LINES, steps=30)).lines

    assert len({line.get_color() for line in lines}) == MOST_LINES
    assert all(a.get_linestyle() != b.get_linestyle() for a, b in itertools.pairwise(lines))


def test_a_line_has_a_gap_where_the_gradient_is_zero_or_missing():
    model = with_gradients([1.0, 1.0], [0.0, 0.0], None)
    flow = GradientFlow(model)
    flow.record()

    ax = plot_gradient_flow(flow)

    np.testing.assert_array_equal([line.get_ydata() for line in ax.lines], [[1.0], [np.nan], [np.nan]])


def test_many_layers_are_a_heat_map_with_a_colour_bar():
    ax = plot_gradient_flow(recorded(MOST_LINES + 1, steps=4))

    (image,) = ax.images
    expected = np.outer(np.arange(1, MOST_LINES + 2), 10.0 ** -np.arange(4))
    np.testing.assert_allclose(image.get_array(), expected)
    assert isinstance(image.norm, LogNorm)
    assert [label.get_text() for label in ax.get_yticklabels()] == [str(i) for i in range(MOST_LINES + 1)]
    assert len(ax.figure.axes) == 2
    assert image.get_extent() == [0.5, 4.5, MOST_LINES + 0.5, -0.5]


def test_a_heat_map_is_blank_where_there_is_nothing(tmp_path):
    grads = [[0.0, 0.0], None, [np.nan, 1.0], *([1.0, 1.0] for _ in range(MOST_LINES))]
    flow = GradientFlow(with_gradients(*grads))
    flow.record()

    ax = plot_gradient_flow(flow)
    ax.figure.savefig(tmp_path / "picture.png")

    assert ax.images[0].get_array().mask[:4, 0].tolist() == [True, True, True, False]


def test_a_heat_map_of_zeros_is_a_picture_too(tmp_path):
    flow = GradientFlow(with_gradients(*([0.0, 0.0] for _ in range(MOST_LINES + 1))))
    flow.record()

    ax = plot_gradient_flow(flow)
    ax.figure.savefig(tmp_path / "picture.png")

    assert ax.images[0].get_array().mask.all()


def test_the_rows_of_a_heat_map_of_many_layers_are_not_all_named():
    ax = plot_gradient_flow(recorded(100, steps=2))

    assert len(ax.get_yticks()) <= 24


def test_a_flow_without_a_record_is_refused():
    with pytest.raises(ValueError, match=r"nothing is recorded yet; call record\(\) after each backward"):
        plot_gradient_flow(GradientFlow(nn.Linear(2, 1)))


# ---- all plots ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "plot",
    [
        lambda: plot_activations(mlp()(mg.randn(5, 3)))[0],
        lambda: plot_gradient_flow(with_gradients([1.0, 1.0])),
        lambda: plot_gradient_flow(recorded(3, steps=3)),
        lambda: plot_gradient_flow(recorded(10, steps=3)),
    ],
)
def test_axes_are_labelled_and_no_window_is_left_open(plot):
    from matplotlib import pyplot, rcParams

    before = dict(rcParams)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        ax = plot()
        ax.figure.canvas.draw()

    assert ax.get_xlabel()
    assert ax.get_ylabel()
    assert dict(rcParams) == before
    assert pyplot.get_fignums() == []
