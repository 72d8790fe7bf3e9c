"""What a notebook shows of a tensor and of a module, and the tables behind it."""

import re
from html.parser import HTMLParser

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.display import html_table, layers_of, totals
from minigrad.viz.table import columns_of, text_table


class Shown(HTMLParser):
    """What a browser would make of HTML: the text, the rows of each table, and every tag with its attributes."""

    def __init__(self, source):
        super().__init__()
        self.text, self.tables, self.tags, self.open = "", [], [], []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        self.open.append(tag)
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag, "tags are closed in the order in which they were opened"

    def handle_data(self, data):
        self.text += data
        if "td" in self.open or "th" in self.open:
            self.tables[-1][-1][-1] += data


def shown(x):
    page = Shown(x._repr_html_())
    assert page.open == []
    return page


def cells(table):
    return [[cell.strip() for cell in row] for row in table]


# ---- tensors --------------------------------------------------------------------------------------------------------


def test_a_small_matrix_is_a_table_of_its_numbers():
    x = mg.tensor([[1.0, -2.5], [0.25, 3.0]])

    assert cells(shown(x).tables[0]) == [["1.", "-2.5"], ["0.25", "3."]]


@pytest.mark.parametrize(
    ("data", "rows"),
    [(3, [["3"]]), ([1, 20], [["1", "20"]]), ([[True, False]], [["True", "False"]]), ([np.nan], [["nan"]])],
)
def test_numbers_vectors_and_bools_are_tables_too(data, rows):
    assert cells(shown(mg.tensor(data)).tables[0]) == rows


def test_the_decimal_points_of_a_table_stand_below_each_other():
    column = [row[0] for row in shown(mg.tensor([[1.0], [-22.25]])).tables[0]]

    assert [text.index(".") for text in column] == [column[0].index(".")] * 2
    assert len(set(map(len, column))) == 1


@pytest.mark.parametrize("shape", [(13, 2), (2, 13), (2, 2, 2), (0, 3), (101,), (100, 100)])
def test_other_shapes_are_shown_as_numpy_prints_them(shape):
    x = mg.zeros(*shape)
    page = shown(x)

    assert page.tables == []
    assert np.array2string(x.array, separator=", ", threshold=100) in page.text


def test_a_large_array_is_summarised():
    assert len(mg.zeros(1000, 1000)._repr_html_()) < 2000


@pytest.mark.parametrize("shape", [(2,) * 16, (7,) * 6, (1, 3) * 9])
def test_an_array_of_many_dimensions_is_summarised_as_one_row(shape):
    html = mg.zeros(*shape)._repr_html_()

    assert len(html) < 2000
    assert "all in one row: [0., 0., 0., ..., 0., 0., 0.]" in html
    assert str(shape) in html


def test_shape_dtype_and_name_are_said():
    x = mg.Tensor([1.0, 2.0], name="speed")

    assert all(word in shown(x).text for word in ("speed", "Tensor", "float32", "(2,)"))


EVIL = "<img src=x onerror=alert(1)>&"


def test_a_class_and_an_operation_of_any_name_are_escaped():
    class Double(mg.autograd.Function):
        @staticmethod
        def forward(ctx, x):
            return x * 2

    Double.__name__ = EVIL
    y = Double.apply(type(EVIL, (mg.Tensor,), {})([1.0], requires_grad=True))

    assert "img" not in [tag for tag, _ in shown(y).tags]
    assert f"computed by {EVIL}" in shown(y).text


def test_a_class_of_any_name_is_escaped():
    page = shown(type(EVIL, (mg.Tensor,), {})([1.0]))

    assert "img" not in [tag for tag, _ in page.tags]
    assert EVIL in page.text


def test_a_result_names_the_operation_that_made_it():
    x = mg.tensor([1.0], requires_grad=True)

    assert "computed by tanh" in shown(x.tanh()).text
    assert "a leaf that requires grad" in shown(x).text


def test_the_gradient_is_none_yet_and_after_backward_a_table():
    x = mg.tensor([1.0, 2.0], requires_grad=True)
    assert "none yet" in shown(x).text

    (x * x).sum().backward()

    page = shown(x)
    assert cells(page.tables[1]) == [["2.", "4."]]
    assert "none yet" not in page.text


def test_looking_at_a_computed_tensor_warns_of_nothing_and_says_nothing_of_a_gradient():
    y = mg.tensor([1.0], requires_grad=True) * 2

    assert "grad" not in shown(y).text


def test_a_gradient_that_was_retained_is_shown():
    x = mg.tensor([1.0], requires_grad=True)
    y = x * 2
    y.retain_grad()
    (y * 3).backward()

    assert cells(shown(y).tables[1]) == [["3."]]


def test_a_tensor_that_is_not_tracked_says_nothing_of_gradients():
    assert "grad" not in shown(mg.tensor([1.0])).text


def test_a_parameter_says_that_it_is_one():
    layer = nn.Linear(2, 3)

    assert "Parameter" in shown(layer.weight).text
    assert "weight" in shown(layer.weight).text


def test_plain_repr_is_what_it_was():
    assert repr(mg.tensor([1.0, 2.0])) == "tensor([1., 2.], shape=(2,), dtype=float32)"


HOSTILE = ["<script>alert(1)</script>", 'a" onload="x', "&amp;", "权重", "two\nlines", "]]>", "<!--"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_never_becomes_markup(name):
    page = shown(mg.Tensor([1.0], name=name))

    assert {tag for tag, _ in page.tags} <= {"div", "b", "table", "tbody", "tr", "td"}
    assert all(set(attributes) <= {"style"} for _, attributes in page.tags)
    assert name.replace("\n", "\\n") in page.text


# ---- modules --------------------------------------------------------------------------------------------------------


class Tied(nn.Module):
    def __init__(self):
        super().__init__()
        self.encoder = nn.Linear(3, 2)
        self.decoder = nn.Linear(2, 3)
        self.decoder.bias = self.encoder.weight  # any two places of one parameter will do
        self.again = nn.Sequential(self.encoder)


def test_a_module_is_its_tree_with_shapes_and_counts():
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    page = shown(model)

    assert page.tables[0] == [
        ["layer", "class", "parameters", "count"],
        ["(model)", "Sequential", "", ""],
        ["  0", "Linear", "weight (8, 2), bias (8,)", "24"],
        ["  1", "Tanh", "", ""],
        ["  2", "Linear", "weight (1, 8), bias (1,)", "9"],
    ]
    assert "33 parameters: 33 trainable, 0 frozen" in page.text


def test_settings_are_shown_where_no_parameter_tells_them():
    rows = shown(nn.Sequential(nn.Dropout(0.25), nn.Linear(2, 1))).tables[0]

    assert [row[1] for row in rows[2:]] == ["Dropout(p=0.25)", "Linear"]


def test_nested_modules_are_indented_by_their_depth():
    model = nn.Sequential(nn.Sequential(nn.Sequential()), nn.Tanh())

    assert [(layer.path, layer.depth) for layer in layers_of(model)] == [("", 0), ("0", 1), ("0.0", 2), ("1", 1)]
    assert [row[0] for row in shown(model).tables[0]] == ["layer", "(model)", "  0", "    0", "  1"]


def test_shared_parameters_and_modules_are_counted_once_and_refer_to_the_first():
    rows = shown(Tied()).tables[0]

    assert rows[3] == ["  decoder", "Linear", "weight (3, 2), bias (2, 3) = encoder.weight", "6"]
    assert rows[5] == ["    0", "Linear", "same as encoder", ""]
    assert totals(layers_of(Tied())) == "14 parameters: 14 trainable, 0 frozen"


def test_frozen_parameters_are_marked_and_counted_apart():
    layer = nn.Linear(3, 2)
    layer.bias.requires_grad_(False)

    assert "bias (2,) frozen" in shown(layer).text
    assert "8 parameters: 6 trainable, 2 frozen" in shown(layer).text


def test_a_module_inside_itself_ends_the_tree():
    loop = nn.Sequential(nn.Tanh())
    loop.itself = loop

    assert [layer.contents for layer in layers_of(loop)] == ["", "", "same as (model)"]


def test_an_empty_model_is_one_row():
    page = shown(nn.Sequential())

    assert page.tables[0][1:] == [["(model)", "Sequential", "", ""]]
    assert "0 parameters" in page.text


@pytest.mark.parametrize("name", HOSTILE)
def test_the_name_of_a_module_never_becomes_markup(name):
    page = shown(nn.Sequential({name: nn.Linear(1, 1)}))

    assert {tag for tag, _ in page.tags} <= {"div", "table", "thead", "tbody", "tr", "th", "td"}
    assert page.tables[0][2][0].strip() == name.replace("\n", "\\n")


def test_ten_thousand_levels_are_no_recursion():
    model = inner = nn.Sequential()
    for _ in range(10_000):
        inner.next = nn.Sequential.__new__(nn.Sequential)  # without naming parameters, which takes longer
        inner = inner.next

    assert layers_of(model)[-1].depth == 10_000


# ---- tables ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("html", [mg.tensor([[1.0]], requires_grad=True)._repr_html_(), nn.Linear(1, 1)._repr_html_()])
def test_the_colours_are_the_notebooks(html):
    assert "color:" not in html.replace("color: inherit", "")
    assert set(re.findall(r"background[^;\"]*", html)) == {"background: none"}
    assert "#" not in html


def test_text_columns_line_up_also_below_chinese():
    table = text_table(["name", "n"], [["权重", "1"], ["a", "22"]], "lr")

    assert table == "name   n\n--------\n权重   1\na     22"
    assert len({columns_of(line) for line in table.splitlines()}) == 1


def test_a_line_break_in_a_cell_is_spelled_out():
    assert text_table(["name"], [["two\nlines"]], "l").splitlines()[2:] == ["two\\nlines"]


def test_notes_stand_below_an_html_table():
    page = Shown(html_table(["a"], [["1"]], "l", ["1 < 2"]))

    assert page.text == "a11 < 2"
