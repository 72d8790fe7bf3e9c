"""What `draw` says about a computation, read from its DOT text and from the SVG the wheel makes of it."""

import importlib
import re
import sys
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from picture_text import below, edges, is_red, kind, words

import minigrad as mg
from minigrad import nn
from minigrad.viz import draw
from minigrad.viz.expression import evaluate
from minigrad.viz.label import FILLS, RED

HERE = Path(__file__).parent
DOCS = HERE.parent.parent / "docs"
FREED = "freed by backward(): draw first, or backward(retain_graph=True)"
NOT_YET = "no gradients yet: backward() has not been called"
KEPT = "backward() keeps the gradients of leaves, and of what called retain_grad() before"
ALARM = "red: NaN or Inf, or a gradient of nothing but zeros"


def number(value, name=None):
    return mg.tensor(value, dtype=np.float64, requires_grad=True, name=name)


CHANGED = "some values were overwritten since they were used"


# ---- golden texts ----------------------------------------------------------------------------------------------------


def neuron():
    y = evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1})
    y.backward(retain_graph=True)
    return draw(y)


def square():
    x = number(3.0, "x")
    return draw(x * x)


def layers():
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh())
    return draw(model(mg.ones(1, 2)), values=False, grads=False)


def folded():
    model = nn.Sequential(*[nn.Sequential(nn.Linear(2, 2), nn.Tanh()) for _ in range(3)])
    return draw(model(mg.ones(1, 2)).sum(), values=False, grads=False, depth=1)


@pytest.mark.parametrize("picture", [neuron, square, layers, folded])
def test_the_dot_text_is_the_one_that_was_agreed_on(picture):
    assert picture().source == (HERE / f"{picture.__name__}.gv").read_text()


def test_the_picture_in_the_readme_is_the_neuron(monkeypatch, only_the_wheel):
    monkeypatch.syspath_prepend(str(DOCS))
    sys.modules.pop("make_gallery", None)
    script = importlib.import_module("make_gallery")

    committed = ElementTree.parse(DOCS / "images" / "neuron.svg").getroot()
    made = ElementTree.fromstring(script.neuron().pipe())

    assert script.neuron().source == neuron().source
    assert ["".join(t.itertext()) for t in committed.iter()] == ["".join(t.itertext()) for t in made.iter()]


# ---- nodes and edges -------------------------------------------------------------------------------------------------


def test_nodes_are_numbered_in_the_order_in_which_the_expression_is_read():
    picture = draw(evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1}))

    assert [words(picture, node)[0] for node in ("n0", "n1", "n3")] == ["w", "x", "b"]
    assert edges(picture) == [
        ("n0", "op2"), ("n1", "op2"), ("op2", "n2"), ("n2", "op4"), ("n3", "op4"), ("op4", "n4"), ("n4", "op5"),
        ("op5", "n5"),
    ]  # fmt: skip


def test_the_same_expression_gives_the_same_text():
    assert neuron().source == neuron().source


def test_a_tensor_used_twice_has_one_node_and_two_edges(only_the_wheel):
    picture = square()

    svg = ElementTree.fromstring(picture.pipe())

    assert edges(picture) == [("n0", "op1"), ("n0", "op1"), ("op1", "n1")]
    assert len([g for g in svg.iter() if g.get("class") == "edge"]) == 3


def test_shared_parts_of_several_roots_are_drawn_once():
    x = number(2.0)
    y = x.exp()
    a, b = y.sin(), y.cos()

    picture = draw([a, b, a])

    assert edges(picture) == [("n0", "op1"), ("op1", "n1"), ("n1", "op2"), ("op2", "n2"), ("n1", "op3"), ("op3", "n3")]
    assert [kind(picture, f"n{i}") for i in range(4)] == ["parameter", "intermediate", "output", "output"]


def test_a_root_that_another_root_was_computed_from_is_an_output_too():
    x = number(2.0)
    y = x.exp()

    picture = draw((y.sin(), y))

    assert [kind(picture, f"n{i}") for i in range(3)] == ["parameter", "output", "output"]


def test_every_kind_has_its_colour_and_the_legend_names_those_that_are_there():
    x, w = mg.tensor([1.0, 2.0], name="x"), mg.tensor([3.0, 4.0], requires_grad=True, name="w")
    picture = draw((w * x - 2).sum())

    kinds = [kind(picture, f"n{i}") for i in range(6)]

    assert kinds == ["parameter", "input", "intermediate", "constant", "intermediate", "loss"]
    assert [kind(picture, f"op{i}") for i in (2, 4, 5)] == ["operation"] * 3
    assert below(picture)[:-1] == ["input", "parameter", "constant", "intermediate", "operation", "loss"]
    assert below(square())[:-1] == ["parameter", "operation", "output"]
    assert list(FILLS) == [
        "input", "parameter", "constant", "intermediate", "operation", "module", "output", "loss",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (lambda w: (w * 2).sum(), "loss"),
        (lambda w: w.square().mean() + 0.1 * w.abs().sum(), "loss"),
        (lambda w: nn.functional.cross_entropy(w.reshape(1, 2), mg.tensor([0])), "loss"),
        (lambda w: nn.functional.binary_cross_entropy_with_logits(w[0], mg.tensor(1.0)), "loss"),
        (lambda w: w * 2, "output"),
        (lambda w: w.sum(dim=0, keepdim=True), "output"),
    ],
)
def test_a_root_that_is_one_number_made_of_many_is_a_loss(function, expected):
    y = function(mg.tensor([1.0, 2.0], requires_grad=True))
    picture = draw(y)
    last = f"n{max(int(i) for i in re.findall(r'op([0-9]+) .label', picture.source))}"

    assert kind(picture, last) == expected
    assert (words(picture, last)[0] == "loss") == (expected == "loss")  # to be read without colour, too


def test_a_number_made_of_numbers_is_an_output_and_a_loss_keeps_the_name_it_has():
    x, y = number(2.0), mg.tensor([1.0, 2.0], requires_grad=True).sum()
    y.name = "energy"

    assert kind(draw(x * x + 1), "n3") == "output"
    assert words(draw(y), "n1")[0] == "energy"


def test_of_a_freed_loss_it_is_still_known_that_it_is_one():
    y = mg.tensor([1.0, 2.0], requires_grad=True).mean()
    y.backward()

    assert kind(draw(y), "n0") == "loss"


def test_nodes_and_edges_have_ids_in_the_svg(only_the_wheel):
    a, b = number(1.0), number(2.0)

    svg = ElementTree.fromstring(draw(a * a - b).pipe())

    ids = [tag.get("id") for tag in svg.iter() if tag.get("class") in ("node", "edge")]
    assert sorted(ids) == ["e0_1_0", "e0_1_1", "e1", "e1_3_0", "e2_3_1", "e3", "n0", "n1", "n2", "n3", "op1", "op3"]


def test_all_fills_differ():
    assert len({fill for fill, _ in FILLS.values()}) == len(FILLS)


def test_numbers_and_arrays_are_constants_a_number_wherever_it_stands_an_array_once():
    x, ones = mg.tensor([1.0, 2.0], requires_grad=True), np.ones(2, np.float32)
    picture = draw(x * 2 + x * 2 + x * ones * ones)

    constants = [words(picture, f"n{i}") for i in range(12) if f"\tn{i} [" in picture.source]

    assert constants.count(["2"]) == 2
    assert constants.count(["float32 (2,)", "value", "[1, 1]"]) == 1


def test_the_inputs_are_numbered_where_their_order_matters():
    a, b = number(1.0), number(2.0)

    assert "n0 -> op2 [headlabel=1 id=e0_2_0]\n\tn1 -> op2 [headlabel=2 id=e1_2_1]" in draw(a - b).source
    assert "headlabel" not in draw(a + b).source
    assert "headlabel" not in draw(a.exp()).source


@pytest.mark.parametrize(("function", "text"), [
    (lambda x: x + 1, "+"), (lambda x: 1 - x, "-"), (lambda x: -x, "-"), (lambda x: x * 2, "*"), (lambda x: x / 2, "/"),
    (lambda x: x**2, "**"), (lambda x: x.mm(x), "@"), (lambda x: x.tanh(), "tanh"),
    (lambda x: x.sum(dim=0), r"sum\naxis=0"),
    (lambda x: x.reshape(4), r"reshape\nshape=(4,)"), (lambda x: x.double(), r"astype\ndtype=float64"),
    (lambda x: x[mg.arange(1000) % 2], r"getitem\nindex=array([0, 1, 0,..."),
])  # fmt: skip
def test_an_operation_shows_its_symbol_or_name_and_its_parameters(function, text):
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]], requires_grad=True)

    label = re.search(r'^\top\d+ \[label=("?)(.*?)\1 color', draw(function(x)).source, re.M)[2]

    assert label == text


def test_the_long_name_of_an_operation_is_broken_behind_underscores(table):
    @mg.primitive()
    def a_very_long_name_for_an_operation(x):
        """x."""
        return x

    a_very_long_name_for_an_operation.defvjp(lambda g, out, x: g)

    picture = draw(a_very_long_name_for_an_operation(number(1.0)))

    assert r'label="a_very_long_\nname_for_an_\noperation"' in picture.source


def test_an_operation_tells_its_rules_in_the_tooltip():
    x, y = number(1.0), number(2.0)

    assert 'tooltip="mul(x, y)\ngradient of x: g * y\ngradient of y: g * x"' in draw(x * y).source
    assert 'tooltip="cat(xs)\ngradient of xs: ' in draw(mg.stack([x, y])).source
    assert "gradient of condition" not in draw(mg.where(mg.tensor(True), x, y)).source


def test_parameters_carry_their_path_in_the_model():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            self.fc1 = nn.Linear(2, 1)

        def forward(self, x):
            return self.fc1(x)

    picture = draw(Net()(mg.ones(1, 2)))

    assert {"fc1.weight", "fc1.bias"} <= {words(picture, f"n{i}")[0] for i in range(4)}


# ---- gradients -------------------------------------------------------------------------------------------------------


def test_before_backward_the_gradients_are_a_dash_and_the_picture_says_why():
    picture = square()

    assert words(picture, "n0") == ["x", "float64 ()", "value", "3", "grad", "-"]
    assert words(picture, "n1") == ["float64 ()", "value", "9", "grad", "-"]
    assert NOT_YET in below(picture)


def test_after_backward_leaves_have_gradients_and_the_picture_says_why_others_have_none():
    x = number(3.0, "x")
    y = x * x
    y.backward(retain_graph=True)

    picture = draw(y)

    assert words(picture, "n0")[-1] == "6"
    assert words(picture, "n1")[-1] == "-"
    assert below(picture)[-1] == KEPT


def test_a_picture_of_what_keeps_no_gradient_warns_nobody(recwarn):
    x = number(3.0)
    y = (2 * x).tanh()
    y.backward(retain_graph=True)

    draw(y)

    assert [str(warning.message) for warning in recwarn] == []


def test_what_retained_its_gradient_shows_it_and_nothing_needs_to_be_said():
    picture = neuron()

    grads = [words(picture, f"n{i}")[-1] for i in range(6)]

    assert grads == ["2.359", "0.3932", "0.7864", "0.7864", "0.7864", "1"]
    assert below(picture) == ["parameter", "intermediate", "operation", "output"]


def test_an_input_that_requires_no_gradient_has_no_line_for_one():
    picture = draw(mg.tensor([1.0, 2.0], name="x") * number(2.0))

    assert words(picture, "n0")[0:2] == ["x", "float32 (2,)"]
    assert "grad" not in words(picture, "n0")


@pytest.mark.parametrize("grad", [np.nan, np.inf, -np.inf, 0.0])
def test_a_gradient_of_nan_inf_or_zeros_only_is_outlined_in_red(grad):
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    x.grad = mg.tensor([grad, 0.0])

    picture = draw(x.exp())

    assert is_red(picture, "n0")
    assert not is_red(picture, "n1")
    assert ALARM in below(picture)


def test_a_gradient_with_a_zero_in_it_is_not_outlined():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    x.grad = mg.tensor([0.0, 1.0])

    picture = draw(x.exp())

    assert RED not in picture.source
    assert ALARM not in below(picture)


def test_a_value_of_nan_is_outlined_in_red():
    x = mg.tensor([1.0, np.nan], requires_grad=True)

    picture = draw(x * np.inf)

    assert [is_red(picture, node) for node in ("n0", "n1", "n2")] == [True, True, True]


def test_an_empty_gradient_is_nothing_to_worry_about():
    x = mg.zeros(0, requires_grad=True)
    x.sum().backward()

    assert RED not in draw(x).source


# ---- what is missing -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("write", [lambda x, y: x.add_(5.0), lambda x, y: y.data.fill_(7.0)])
def test_the_picture_says_that_its_numbers_do_not_add_up_once_a_value_is_overwritten(write):
    x = number(3.0, "x")
    y = x + 1.0
    before = below(draw(y))
    with mg.no_grad():
        write(x, y)

    assert CHANGED not in before
    assert CHANGED in below(draw(y))
    assert CHANGED not in below(draw(y, values=False))


def test_of_a_freed_graph_the_picture_says_what_is_missing():
    x = number(3.0, "x")
    y = x * x
    y.backward()

    picture = draw(y)

    assert edges(picture) == [("freed0", "op0"), ("op0", "n0")]
    assert words(picture, "n0")[2] == "9"
    assert below(picture)[-1] == FREED


def test_a_partly_freed_graph_is_drawn_as_far_as_it_goes():
    x = number(3.0, "x")
    y = x * x
    z = y + x
    y.backward()

    picture = draw(z)

    assert edges(picture) == [("freed0", "op0"), ("op0", "n0"), ("n0", "op2"), ("n1", "op2"), ("op2", "n2")]
    assert FREED in below(picture)


@pytest.mark.parametrize("requires_grad", [True, False])
def test_a_tensor_without_history_is_one_card_and_a_reason(requires_grad):
    x = mg.tensor(2.0, requires_grad=requires_grad, name="x")

    picture = draw(x)

    assert edges(picture) == []
    assert kind(picture, "n0") == ("parameter" if requires_grad else "input")
    assert below(picture)[-1].startswith("nothing recorded: a leaf, or computed under no_grad()")


@pytest.mark.parametrize("given", [np.ones(2), 2.0, None, [], (), [np.ones(2)], "x", {}])
def test_only_tensors_can_be_drawn(given):
    with pytest.raises(TypeError, match=r"draw: expected a tensor or a list of tensors, but got .*; give what was"):
        draw(given)


def test_a_module_is_no_tensor_and_the_error_says_what_to_draw_instead():
    with pytest.raises(TypeError, match=r"but got Linear .*; give what was computed, such as model\(x\)"):
        draw(nn.Linear(1, 1))


@pytest.mark.parametrize("rankdir", ["lr", "", "down", None])
def test_an_unknown_direction_is_an_error(rankdir):
    with pytest.raises(ValueError, match="rankdir must be one of LR, TB, RL, BT, but got"):
        draw(number(1.0), rankdir=rankdir)


def test_the_direction_is_graphviz_own():
    assert "rankdir=TB" in draw(number(1.0), rankdir="TB").source


def test_a_graph_deeper_than_pythons_stack_is_drawn():
    y = number(1.0)
    for _ in range(sys.getrecursionlimit() + 1):
        y = y.tanh()

    assert len(edges(draw(y, max_nodes=10**6))) == 2 * (sys.getrecursionlimit() + 1)


def test_five_hundred_nodes_are_drawn_in_one_go(only_the_wheel):
    y = number(1.0)
    for _ in range(166):
        y = y * 1.001

    svg = ElementTree.fromstring(draw(y, max_nodes=500).pipe())

    assert len([g for g in svg.iter() if g.get("class") == "node"]) == 1 + 3 * 166
