"""Tests of the pictures of what a model has learned: what the artists hold, and that the model is left as it was."""

import io

import matplotlib
import matplotlib.pyplot
import numpy as np
import pytest
from matplotlib.figure import Figure

import minigrad as mg
from minigrad import nn
from minigrad.random import default_generator
from minigrad.utils.data import Subset, TensorDataset
from minigrad.viz import (
    plot_confusion_matrix,
    plot_decision_boundary,
    plot_mistakes,
    plot_regression_fit,
    plot_saliency,
    plot_weight_images,
)
from minigrad.viz.images import confusion

POINTS = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
XOR = np.array([0, 1, 1, 0])


def saved(axes):
    """Draw it, with every warning an error."""
    np.ravel(axes)[0].figure.savefig(io.BytesIO())
    return axes


def linear(weight, bias=0.0):
    """A layer that computes with these numbers, in float64."""
    weight = np.array(weight, dtype=np.float64)
    layer = nn.Linear(weight.shape[1], weight.shape[0])
    layer.weight = nn.Parameter(weight)
    layer.bias = nn.Parameter(np.full(weight.shape[0], bias))
    return layer


def texts(ax):
    return {(int(t.get_position()[0]), int(t.get_position()[1])): t.get_text() for t in ax.texts}


# ---- decision boundary ----------------------------------------------------------------------------------------------


def test_one_logit_is_shaded_with_its_probability():
    ax = plot_decision_boundary(linear([[2.0, -1.0]]), POINTS, XOR, limits=((-1, 1), (0, 2)), resolution=3)

    x, y = np.meshgrid([-1, 0, 1], [0, 1, 2])
    (image,) = ax.images
    np.testing.assert_allclose(image.get_array(), 1 / (1 + np.exp(y - 2 * x)))
    assert image.get_extent() == [-1.5, 1.5, -0.5, 2.5]  # the middles of the pixels are the points computed
    assert (*ax.get_xlim(), *ax.get_ylim()) == (-1, 1, 0, 2)


def test_the_contour_lies_where_the_probability_is_a_half():
    ax = plot_decision_boundary(linear([[2.0, -1.0]], -0.5), POINTS, XOR, limits=((-1, 1), (0, 2)))

    (contour,) = [c for c in ax.collections if hasattr(c, "levels")]
    x, y = np.concatenate([path.vertices for path in contour.get_paths()]).T
    np.testing.assert_allclose(2 * x - y, 0.5, atol=1e-2)


def test_two_logits_are_shaded_with_the_probability_of_the_second():
    model = linear([[0.0, 0.0], [3.0, 0.0]])

    one = plot_decision_boundary(linear([[3.0, 0.0]]), POINTS, XOR).images[0].get_array()
    two = plot_decision_boundary(model, POINTS, XOR).images[0].get_array()

    np.testing.assert_allclose(two, one)


def test_more_logits_are_drawn_as_the_regions_of_the_largest():
    model = linear([[1.0, 0.0], [0.0, 1.0], [-1.0, -1.0]])

    ax = saved(plot_decision_boundary(model, POINTS, [0, 1, 2, 0], limits=((-1, 1), (-1, 1)), resolution=3))

    assert ax.images[0].get_array().tolist() == [[2, 2, 0], [2, 0, 0], [1, 1, 0]]


def test_the_points_are_drawn_class_by_class_with_their_own_markers():
    ax = plot_decision_boundary(linear([[2.0, -1.0]]), POINTS, XOR[:, None].astype(float))

    scatters = {c.get_label(): c for c in ax.collections if c.get_label().startswith("class")}
    assert scatters["class 0"].get_offsets().tolist() == [[0, 0], [1, 1]]
    assert scatters["class 1"].get_offsets().tolist() == [[0, 1], [1, 0]]
    shapes = [s.get_paths()[0].vertices.shape for s in scatters.values()]
    assert shapes[0] != shapes[1]


def test_tensors_arrays_and_lists_draw_the_same():
    model = linear([[2.0, -1.0]])
    given = [(mg.tensor(POINTS), mg.tensor(XOR)), (POINTS, XOR), (POINTS.tolist(), XOR.tolist())]

    arrays = [plot_decision_boundary(model, *data).images[0].get_array() for data in given]

    np.testing.assert_array_equal(arrays[0], arrays[1])
    np.testing.assert_array_equal(arrays[0], arrays[2])


def test_a_model_in_float32_takes_points_in_float64_and_a_plain_function_will_do():
    saved(plot_decision_boundary(nn.Linear(2, 1), POINTS, XOR))
    saved(plot_decision_boundary(lambda x: x[:, 0] - x[:, 1], POINTS, XOR))


def test_a_model_that_says_one_thing_everywhere_has_no_contour():
    ax = saved(plot_decision_boundary(linear([[0.0, 0.0]], 3.0), POINTS, XOR))

    assert not [c for c in ax.collections if hasattr(c, "levels")]


def test_a_single_point_has_room_around_it():
    ax = saved(plot_decision_boundary(linear([[2.0, -1.0]]), [[3.0, 4.0]], [1]))

    assert (*ax.get_xlim(), *ax.get_ylim()) == (2.5, 3.5, 3.5, 4.5)


@pytest.mark.parametrize(
    ("points", "labels", "settings", "message"),
    [
        (POINTS[:, :1], XOR, {}, r"x must be \(N, 2\) with N labels in y, given x \(4, 1\) and y \(4,\)"),
        (POINTS, XOR[:3], {}, r"given x \(4, 2\) and y \(3,\)"),
        (POINTS, np.eye(4), {}, r"y must have shape \(N,\) or \(N, 1\), given \(4, 4\)"),
        (POINTS, [0, 1, 2, 0], {}, "y holds class 2, but the model tells only 2 classes apart"),
        (POINTS, [0, 0.5, 1, 0], {}, "y must be class indices 0, 1, 2, …, but holds 0.5"),
        (POINTS, [0, -1, 1, 0], {}, "but holds -1"),
        (POINTS * np.nan, XOR, {}, "x holds 8 NaN or Inf among its 8 numbers"),
        (POINTS[:0], XOR[:0], {}, r"x is empty, of shape \(0, 2\)"),
        (POINTS, XOR, {"limits": (0, 1)}, r"limits must be \(\(x low, x high\), \(y low, y high\)\)"),
        (POINTS, XOR, {"limits": ((1, 0), (0, 1))}, "each growing"),
        (POINTS, XOR, {"resolution": 1}, "resolution, the points along each side, must be an integer of at least 2"),
        (POINTS, XOR, {"resolution": 2.5}, "must be an integer of at least 2, given 2.5"),
        (POINTS, XOR, {"limits": "ab"}, "each growing, given 'ab'"),
    ],
)
def test_points_that_make_no_boundary_are_refused(points, labels, settings, message):
    with pytest.raises(ValueError, match=message):
        plot_decision_boundary(linear([[2.0, -1.0]]), points, labels, **settings)


@pytest.mark.parametrize(
    ("model", "error", "message"),
    [
        (lambda x: x.sum(), ValueError, r"one row for each item, but for inputs \(1000, 2\) it returned \(\)"),
        (lambda x: x[:5], ValueError, r"it returned \(5, 2\)"),
        (
            lambda x: x.reshape(-1, 1, 2),
            ValueError,
            r"logits \(N, C\), \(N, 1\) or \(N,\), but returned \(10000, 1, 2\)",
        ),
        (lambda x: x.detach().numpy(), TypeError, "must return one tensor, but it returned a ndarray"),
        (lambda x: x * np.nan, ValueError, "the model's output holds NaN or Inf; has training diverged"),
        ("model", TypeError, "a Module or a function of a tensor, but got str"),
    ],
)
def test_a_model_whose_output_does_not_fit_is_refused(model, error, message):
    with pytest.raises(error, match=message):
        plot_decision_boundary(model, POINTS, XOR)


def test_words_are_refused():
    with pytest.raises(TypeError, match="y must be numbers in a tensor, an array or even lists, given"):
        plot_decision_boundary(linear([[2.0, -1.0]]), POINTS, ["no", "yes", "yes", "no"])


# ---- regression fit -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
@pytest.mark.parametrize("model", [linear([[2.0]], 1.0), lambda x: 2 * x[:, 0] + 1])
def test_the_data_the_curve_and_the_residuals_are_drawn(model, shape):
    x, y = np.array([0.0, 1.0, 2.0, 3.0]), np.array([1.5, 3.0, 4.0, 7.0])

    ax = saved(plot_regression_fit(model, x.reshape(shape), mg.tensor(y.reshape(shape))))

    lines = {line.get_label(): line for line in ax.lines}
    np.testing.assert_allclose(lines["data"].get_xydata(), np.stack([x, y], axis=1))
    along, curve = lines["model"].get_data()
    np.testing.assert_allclose(curve, 2 * along + 1, rtol=1e-6)
    assert along[0] < 0 < 3 < along[-1]
    (residuals,) = ax.collections
    ends = [[[a, 2 * a + 1], [a, b]] for a, b in zip(x, y, strict=True)]
    np.testing.assert_allclose(residuals.get_segments(), ends, rtol=1e-6)
    assert residuals.get_label() == "residuals (MSE 0.312)"


@pytest.mark.parametrize(
    ("x", "y", "message"),
    [
        (np.ones((3, 2)), np.ones(3), r"x must have shape \(N,\) or \(N, 1\), given \(3, 2\)"),
        (np.ones(3), np.ones(()), r"y must have shape \(N,\) or \(N, 1\), given \(\)"),
        (np.ones(3), np.ones(4), "x and y must be equally many, given 3 and 4"),
        ([], [], r"x is empty, of shape \(0,\)"),
        ([1.0, 2.0], [1.0, np.inf], "y holds 1 NaN or Inf among its 2 numbers"),
    ],
)
def test_data_that_make_no_fit_are_refused(x, y, message):
    with pytest.raises(ValueError, match=message):
        plot_regression_fit(linear([[2.0]]), x, y)


def test_a_model_with_two_outputs_has_no_fit():
    with pytest.raises(ValueError, match=r"must return one number for each item, but returned \(302, 2\)"):
        plot_regression_fit(linear([[2.0], [1.0]]), [1.0, 2.0], [1.0, 2.0])


# ---- weights --------------------------------------------------------------------------------------------------------


def test_the_rows_of_the_first_layer_are_images_on_one_scale_around_0():
    weight = np.random.default_rng(0).normal(size=(3, 784))
    model = nn.Sequential(nn.Flatten(), linear(weight), nn.ReLU(), nn.Linear(3, 2))

    panels = saved(plot_weight_images(model))

    images = [ax.images[0] for ax in panels]
    np.testing.assert_array_equal([image.get_array() for image in images], weight.reshape(3, 28, 28))
    assert {image.get_clim() for image in images} == {(-np.abs(weight).max(), np.abs(weight).max())}


def test_one_colorbar_says_what_the_colours_mean_and_how_many_units_are_shown():
    figure = plot_weight_images(np.ones((9, 4)), limit=4)[0].figure

    assert [ax.get_ylabel() for ax in figure.axes] == ["", "", "", "", "weight, units 0 to 3 of 9"]


def test_the_shape_may_be_said():
    panels = plot_weight_images(mg.tensor([[1.0, 2.0, 3.0]]), shape=(1, 3))

    assert panels[0].images[0].get_array().tolist() == [[1, 2, 3]]


def test_of_the_weight_of_a_convolution_the_channels_are_averaged():
    weight = np.random.default_rng(0).normal(size=(2, 3, 5, 4))

    panels = plot_weight_images(weight)

    np.testing.assert_allclose(panels[1].images[0].get_array(), weight[1].mean(axis=0))


def test_a_weight_of_zeros_is_drawn():
    saved(plot_weight_images(np.zeros((2, 9))))


@pytest.mark.parametrize(
    ("weight", "settings", "message"),
    [
        (np.ones((2, 7)), {}, r"7 pixels do not make a square; say which shape=\(H, W\)"),
        (np.ones((2, 4)), {"shape": (2, 3)}, r"4 pixels do not make an image of shape \(2, 3\)"),
        (np.ones(4), {}, r"must be \(units, pixels\) or \(units, channels, H, W\), given \(4,\)"),
        (np.ones((2, 4)), {"limit": 0}, "limit must be an integer of at least 1, given 0"),
        (np.ones((2, 4)), {"limit": "a"}, "limit must be an integer of at least 1, given 'a'"),
        (np.full((2, 4), np.nan), {}, "weight holds 8 NaN or Inf"),
        (np.ones((0, 4)), {}, "weight is empty"),
        (np.ones((2, 4)), {"axes": Figure().subplots(3)}, "there are 2 panels to draw, but axes holds 3"),
        (nn.Sequential(nn.ReLU()), {}, "this Sequential has no weight"),
    ],
)
def test_weights_that_make_no_images_are_refused(weight, settings, message):
    with pytest.raises(ValueError, match=message):
        plot_weight_images(weight, **settings)


# ---- confusion ------------------------------------------------------------------------------------------------------

TRUE, TAKEN = [0, 0, 0, 0, 1, 1, 2], [0, 0, 0, 1, 1, 1, 1]


def test_cells_hold_counts_and_their_colour_the_share_of_the_row():
    ax = saved(plot_confusion_matrix(TRUE, TAKEN))

    assert ax.images[0].get_array().tolist() == [[0.75, 0.25, 0], [0, 1, 0], [0, 1, 0]]
    assert texts(ax) == {(0, 0): "3\n75 %", (1, 0): "1\n25 %", (1, 1): "2\n100 %", (1, 2): "1\n100 %"}
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted class", "true class")


def test_the_text_is_dark_on_light_cells_and_light_on_dark_ones():
    colors = [text.get_color() for text in plot_confusion_matrix(TRUE, TAKEN).texts]

    assert colors == ["white", "black", "white", "white"]


def test_logits_are_taken_by_their_largest_and_name_classes_that_nobody_predicts():
    logits = np.eye(4)[TAKEN]

    ax = plot_confusion_matrix(mg.tensor(TRUE), mg.tensor(logits))

    assert ax.images[0].get_array().shape == (4, 4)
    assert texts(ax)[0, 0] == "3\n75 %"


def test_classes_have_their_names():
    ax = saved(plot_confusion_matrix(TRUE, TAKEN, classes=["a long name", "another long name", "c"]))

    assert [t.get_text() for t in ax.get_xticklabels()] == ["a long name", "another long name", "c"]
    assert [t.get_text() for t in ax.get_yticklabels()] == ["a long name", "another long name", "c"]


def test_small_cells_hold_the_count_alone():
    ax = plot_confusion_matrix(range(20), range(20), ax=Figure(figsize=(4.5, 3.5)).subplots())

    assert set(texts(ax).values()) == {"1"}


def test_dollars_in_the_name_of_a_class_are_no_mathematics():
    ax = saved(plot_confusion_matrix([0, 1], [0, 1], classes=["$0 - $10", "$a_$"]))

    assert [label.get_text() for label in ax.get_xticklabels()] == [r"\$0 - \$10", r"\$a_\$"]


def test_the_limit_of_a_matrix_is_on_its_classes():
    classes = np.arange(1000)

    assert len(confusion("plot", classes, classes, None)) == 1000


def test_a_share_that_rounds_to_all_or_nothing_does_not_say_so():
    ax = plot_confusion_matrix([0] * 300, [0] * 299 + [1])

    assert texts(ax) == {(0, 0): "299\n>99 %", (1, 0): "1\n<1 %"}


@pytest.mark.parametrize(
    ("targets", "predictions", "settings", "message"),
    [
        ([0, 1], [0], {}, "must be equally many, given 2 and 1"),
        ([0, 1], [0.2, 0.9], {}, "predictions must be class indices 0, 1, 2, …, but holds 0.2; round probabilities"),
        ([0, -1], [0, 1], {}, "targets must be class indices"),
        ([], [], {}, "targets is empty"),
        ([0, np.nan], [0, 1], {}, "targets holds 1 NaN or Inf"),
        ([0, 2], [0, 1], {"classes": ["a", "b"]}, "there are 3 classes, but classes names only 2"),
        ([0, 10**9], [0, 1], {}, "there are 1000000001 classes, more than the 1000 that a matrix can show"),
        ([0, 1], [0, 1], {"classes": range(1001)}, "there are 1001 classes, more than the 1000"),
        (np.eye(2), [0, 1], {}, r"targets must have shape \(N,\) or \(N, 1\), given \(2, 2\)"),
    ],
)
def test_classes_that_cannot_be_counted_are_refused(targets, predictions, settings, message):
    with pytest.raises(ValueError, match=message):
        plot_confusion_matrix(targets, predictions, **settings)


# ---- mistakes -------------------------------------------------------------------------------------------------------

IMAGES = np.arange(5 * 4, dtype=np.float64).reshape(5, 1, 2, 2)
LABELS = np.array([0, 1, 0, 1, 1])
LOGITS = np.array([[0.0, 1.0], [0.0, 5.0], [0.0, 3.0], [2.0, 0.0], [0.0, 1.0]])  # items 0, 2 and 3 are wrong


def knows(images):
    """A model that has learned the LOGITS of IMAGES by heart."""
    return mg.tensor(LOGITS[(images[:, 0, 0, 0] / 4).numpy().astype(int)])


def test_mistakes_come_with_the_surest_first_and_say_what_was_taken_for_what():
    panels = saved(plot_mistakes(knows, (IMAGES, LABELS)))

    assert [ax.get_title() for ax in panels] == ["0 → 1  95 %", "1 → 0  88 %", "0 → 1  73 %"]
    assert [ax.images[0].get_array().tolist() for ax in panels] == IMAGES[[2, 3, 0], 0].tolist()


@pytest.mark.parametrize(
    "data",
    [
        TensorDataset(mg.tensor(IMAGES), mg.tensor(LABELS)),
        Subset(TensorDataset(mg.tensor(IMAGES), mg.tensor(LABELS)), range(5)),
        [mg.tensor(IMAGES), mg.tensor(LABELS)],
        [(mg.tensor(image), int(label)) for image, label in zip(IMAGES, LABELS, strict=True)],
    ],
    ids=["data set", "subset", "a batch of a loader", "list of items"],
)
def test_data_come_as_a_data_set_or_a_pair(data):
    assert [ax.get_title()[:5] for ax in plot_mistakes(knows, data)] == ["0 → 1", "1 → 0", "0 → 1"]


def test_a_list_of_two_items_is_a_data_set():
    items = [(mg.tensor(IMAGES[i]), int(LABELS[i])) for i in (0, 1)]

    assert [ax.get_title() for ax in plot_mistakes(knows, items)] == ["0 → 1  73 %"]


def test_limit_keeps_the_surest():
    (ax,) = plot_mistakes(knows, (IMAGES, LABELS), limit=1)

    assert ax.get_title() == "0 → 1  95 %"


def test_axes_without_a_mistake_are_left_empty():
    panels = plot_mistakes(knows, (IMAGES, LABELS), limit=4, axes=Figure().subplots(2, 2))

    assert [len(ax.images) for ax in panels] == [1, 1, 1, 0]
    assert not panels[3].axison


def test_without_any_mistake_the_picture_says_so():
    panels = saved(plot_mistakes(knows, (IMAGES, LOGITS.argmax(axis=1))))

    assert [text.get_text() for ax in panels for text in ax.texts] == ["no mistakes\namong 5"]


def test_one_logit_tells_two_classes_apart():
    (ax,) = plot_mistakes(lambda x: x[:, :1] * 0 - 1, (np.ones((2, 4)), [[0.0], [1.0]]))

    assert ax.get_title() == "1 → 0  73 %"
    assert ax.images[0].get_array().shape == (2, 2)


@pytest.mark.parametrize(
    ("data", "settings", "error", "message"),
    [
        ((IMAGES, LABELS[:3]), {}, ValueError, "x and y must be equally many, given 5 and 3"),
        ((IMAGES, LABELS + 1), {}, ValueError, "y holds class 2, but the model tells only 2 classes apart"),
        ((IMAGES[:0], LABELS[:0]), {}, ValueError, "x is empty"),
        ((IMAGES * np.nan, LABELS), {}, ValueError, "x holds 20 NaN or Inf"),
        ((IMAGES, LABELS), {"limit": 0}, ValueError, "limit must be an integer of at least 1"),
        ((IMAGES, LABELS), {"axes": Figure().subplots(3)}, ValueError, "16 panels to draw, but axes holds 3"),
        ((IMAGES, LABELS), {"shape": (3, 3)}, ValueError, r"4 pixels do not make an image of shape \(3, 3\)"),
        (3, {}, TypeError, r"expected a data set of \(image, class\), or a pair"),
        ([], {}, ValueError, "the list is empty"),
    ],
)
def test_data_without_images_and_classes_are_refused(data, settings, error, message):
    with pytest.raises(error, match=message):
        plot_mistakes(knows, data, **settings)


# ---- saliency -------------------------------------------------------------------------------------------------------


def test_the_saliency_of_a_linear_model_is_the_size_of_its_weights():
    weight = np.random.default_rng(0).normal(size=(3, 4))
    image = np.random.default_rng(1).normal(size=(1, 2, 2))

    left, right = saved(plot_saliency(nn.Sequential(nn.Flatten(), linear(weight)), image, target=1))

    np.testing.assert_array_equal(left.images[0].get_array(), image[0])
    np.testing.assert_allclose(right.images[0].get_array(), np.abs(weight[1]).reshape(2, 2))
    assert right.images[0].get_clim() == (0, np.abs(weight[1]).max())


def test_without_a_target_the_class_predicted_is_meant():
    weight = np.array([[1.0, 1.0, 1.0, 1.0], [2.0, 3.0, 4.0, 5.0]])

    left, right = plot_saliency(linear(weight), np.ones(4))

    assert left.get_title() == "class 1: >99 %"
    assert right.images[0].get_array().ravel().tolist() == [2, 3, 4, 5]


def test_of_several_channels_the_largest_counts():
    weight = np.array([[1.0, -2.0, 3.0, 4.0, -5.0, 0.5, 0.0, 1.0]])

    _, right = plot_saliency(nn.Sequential(nn.Flatten(), linear(weight)), np.ones((2, 2, 2)))

    assert right.images[0].get_array().tolist() == [[5, 2], [3, 4]]


def test_inside_no_grad_the_gradient_is_found_all_the_same():
    with mg.no_grad():
        _, right = plot_saliency(linear([[1.0, 2.0, 3.0, 4.0]]), np.ones(4))

    assert right.images[0].get_array().tolist() == [[1, 2], [3, 4]]


def test_the_image_is_not_changed():
    image = mg.tensor(np.ones(4))

    def model(x):
        copy = x * 1
        with mg.no_grad():
            x.detach().zero_()
        return copy

    plot_saliency(model, image)

    assert image.tolist() == [1, 1, 1, 1]
    assert not image.requires_grad
    assert image.grad is None


@pytest.mark.parametrize("target", [np.int64(1), np.array(1), mg.tensor(1)])
def test_a_target_may_be_any_integer(target):
    image, _ = plot_saliency(linear(np.ones((2, 4))), np.ones(4), target)

    assert image.get_title().startswith("class 1")


@pytest.mark.parametrize(
    ("model", "image", "settings", "message"),
    [
        (linear(np.ones((2, 4))), np.ones((1, 1, 2, 2)), {}, r"image must be one item, .* given \(1, 1, 2, 2\)"),
        (linear(np.ones((2, 4))), np.ones(()), {}, r"given \(\)"),
        (linear(np.ones((2, 4))), np.full(4, np.inf), {}, "image holds 4 NaN or Inf"),
        (linear(np.ones((2, 4))), [], {}, "image is empty"),
        (linear(np.ones((2, 4))), np.ones(4), {"target": 2}, r"target must be a class in \[0, 2\), given 2"),
        (linear(np.ones((2, 4))), np.ones(4), {"target": -1}, "given -1"),
        (linear(np.ones((2, 4))), np.ones(4), {"target": "a"}, "target must be a class in .*, given 'a'"),
        (linear(np.ones((2, 4))), np.ones(4), {"target": 1.7}, "target must be a class in .*, given 1.7"),
        (lambda x: x.detach() * 2, np.ones(4), {}, "the logit does not depend on the image"),
        (linear(np.ones((2, 3))), np.ones(3), {}, "3 pixels do not make a square"),
        (linear(np.ones((2, 4))), np.ones(4), {"axes": Figure().subplots(3)}, "2 panels to draw, but axes holds 3"),
    ],
)
def test_what_has_no_saliency_is_refused(model, image, settings, message):
    with pytest.raises(ValueError, match=message):
        plot_saliency(model, image, **settings)


# ---- all of them ----------------------------------------------------------------------------------------------------


class Restless(nn.Module):
    """A model that draws random numbers even in eval mode, from two generators, and looks at its input alone."""

    def __init__(self, inputs, outputs):
        self.body = nn.Sequential(nn.Linear(inputs, 8), nn.Dropout(0.5), nn.Linear(8, outputs))
        self.body[1].eval()
        self.generator = mg.Generator(3)
        self.loss = (self.body(mg.ones(1, inputs)) ** 2).sum()
        self.loss.backward()

    def forward(self, x):
        noise = mg.rand(1).item() + mg.rand(1, generator=self.generator).item()
        return self.body(x.reshape(x.shape[0], -1)) + 0.01 * noise


def state_of(model):
    return {
        "numbers": {name: t.tolist() for name, t in model.state_dict().items()},
        "gradients": {name: p.grad.tolist() for name, p in model.named_parameters()},
        "requires_grad": [p.requires_grad for p in model.parameters()],
        "modes": [m.training for m in model.modules()],
        "random": [default_generator.get_state(), model.generator.get_state()],
        "recording": mg.is_grad_enabled(),
    }


DRAWN = {
    "boundary": (2, 2, lambda model: plot_decision_boundary(model, POINTS, XOR)),
    "fit": (1, 1, lambda model: plot_regression_fit(model, [1.0, 2.0], [0.0, 1.0])),
    "weights": (4, 2, plot_weight_images),
    "mistakes": (4, 2, lambda model: plot_mistakes(model, (IMAGES, LABELS))),
    "saliency": (4, 2, lambda model: plot_saliency(model, IMAGES[0])),
}


@pytest.mark.parametrize("name", DRAWN)
def test_the_model_and_the_random_numbers_to_come_are_left_as_they_were(name):
    inputs, outputs, draw = DRAWN[name]
    model = Restless(inputs, outputs)
    before = state_of(model)

    draw(model)

    assert state_of(model) == before


@pytest.mark.parametrize("name", DRAWN)
def test_dropout_is_switched_off_for_the_picture(name):
    inputs, outputs, draw = DRAWN[name]
    modes = []
    model = Restless(inputs, outputs)
    body = model.body
    model.body = None

    class Spy(nn.Module):
        def __init__(self):
            self.body = body

        def forward(self, x):
            modes.extend(m.training for m in self.modules())
            return self.body(x.reshape(x.shape[0], -1))

    draw(Spy())

    assert not any(modes)
    assert modes or name == "weights"


def test_the_modes_are_restored_when_the_model_fails():
    model = nn.Sequential(nn.Dropout(), nn.Linear(3, 1))
    model[0].eval()

    with pytest.raises(ValueError, match="linear"):
        plot_decision_boundary(model, POINTS, XOR)

    assert [m.training for m in model.modules()] == [True, False, True]


def test_a_model_that_writes_into_its_input_does_not_reach_the_data():
    points = mg.tensor(POINTS)

    plot_regression_fit(lambda x: x.zero_(), points[:, 0], points[:, 1])
    plot_mistakes(lambda x: x.zero_(), (points, mg.tensor(XOR)), shape=(1, 2))

    assert points.tolist() == POINTS.tolist()


@pytest.mark.parametrize("name", DRAWN)
def test_no_window_is_opened_and_no_setting_changed(name):
    before = dict(matplotlib.rcParams)
    inputs, outputs, draw = DRAWN[name]

    saved(draw(Restless(inputs, outputs)))

    assert matplotlib.pyplot.get_fignums() == []
    assert dict(matplotlib.rcParams) == before


@pytest.mark.parametrize(
    "draw",
    [
        lambda ax: plot_decision_boundary(linear([[1.0, 2.0]]), POINTS, XOR, ax=ax),
        lambda ax: plot_regression_fit(linear([[1.0]]), [1.0, 2.0], [1.0, 2.0], ax=ax),
        lambda ax: plot_confusion_matrix(TRUE, TAKEN, ax=ax),
    ],
)
def test_the_axes_given_are_drawn_into_and_returned(draw):
    ax = Figure().subplots()

    assert draw(ax) is ax
    with pytest.raises(TypeError, match="expected one matplotlib Axes, or None for a new one, but got Figure"):
        draw(Figure())


@pytest.mark.parametrize(
    ("draw", "count"),
    [
        (lambda axes: plot_weight_images(np.ones((3, 4)), axes=axes), 3),
        (lambda axes: plot_mistakes(knows, (IMAGES, LABELS), limit=2, axes=axes), 2),
        (lambda axes: plot_saliency(linear(np.ones((2, 4))), np.ones(4), axes=axes), 2),
    ],
)
def test_the_panels_given_are_drawn_into_and_returned(draw, count):
    axes = Figure().subplots(count)

    assert draw(list(axes)).tolist() == axes.tolist()
    assert all(ax.images for ax in axes)
