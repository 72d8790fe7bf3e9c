"""What a card of a graph picture shows: numbers, names, and what users ask for or add."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from picture_text import below, kind, statement, words

import minigrad as mg
from minigrad.engine import primitive
from minigrad.table import TABLE
from minigrad.viz import draw, explore
from minigrad.viz.label import MID, numbers

NOT_YET = "no gradients yet: backward() has not been called"
KEPT = "backward() keeps the gradients of leaves, and of what called retain_grad() before"


def number(value, name=None):
    return mg.tensor(value, dtype=np.float64, requires_grad=True, name=name)


# ---- values ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "lines"),
    [
        (2.0, ["2"]),
        (-0.0, ["0"]),
        (1 / 3, ["0.3333"]),
        (123456.0, ["1.235e+05"]),
        (1e-7, ["1e-07"]),
        (np.nan, ["NaN"]),
        (np.inf, ["Inf"]),
        (-np.inf, ["-Inf"]),
        (np.int64(123456), ["123456"]),
        (np.int64(-(2**63)), ["-9.223e+18"]),
        (True, ["True"]),
        ([1.0, 2.5], ["[1, 2.5]"]),
        ([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], ["[1, 2, 3]", "[4, 5, 6]"]),
        ([[1], [2]], ["[1]", "[2]"]),
        (np.ones((1, 2, 3)), ["[1, 1, 1]", "[1, 1, 1]"]),
        ([], ["empty"]),
        (np.zeros((0, 3)), ["empty"]),
        (np.zeros(7), ["all 0"]),
        (np.arange(7), ["mean 3, std 2", "0 to 6"]),
        (np.arange(8) < 2, ["mean 0.25, std 0.433", "False to True"]),
        ([0.0, 1.0, 2.0, 3.0, 4.0, np.nan, np.inf], ["mean 2, std 1.414", "0 to 4", "2 of 7 NaN or Inf"]),
        ([np.nan] * 7, ["7 of 7 NaN or Inf"]),
        (np.array([-1, 1] * 4) * 1e308, ["mean 0, std Inf", "-1e+308 to 1e+308"]),
    ],
)
def test_few_numbers_are_shown_and_many_are_summarised(value, lines):
    assert numbers(np.asarray(value), 4) == lines


def test_precision_is_the_number_of_significant_digits():
    assert words(draw(number(1 / 3), precision=8), "n0")[2] == "0.33333333"


@pytest.mark.parametrize("precision", [0, 18, 2.5, "4"])
def test_a_precision_that_makes_no_sense_is_an_error(precision):
    with pytest.raises(ValueError, match="precision is a number of significant digits, 1 to 17, but got"):
        draw(number(1.0), precision=precision)


# ---- what is shown, and what users add ------------------------------------------------------------------------------


def some_computation():
    w = mg.tensor([1.0, 2.0], requires_grad=True, name="w")
    return (w * 3).sum()


def test_values_gradients_and_shapes_can_be_left_out():
    y = some_computation()

    assert words(draw(y, values=False), "n0") == ["w", "float32 (2,)", "grad", "-"]
    assert words(draw(y, grads=False), "n0") == ["w", "float32 (2,)", "value", "[1, 2]"]
    assert words(draw(y, shapes=False), "n0") == ["w", "value", "[1, 2]", "grad", "-"]


def test_with_all_left_out_a_card_shows_its_name_or_its_kind_and_a_number_itself(only_the_wheel, capfd):
    picture = draw(some_computation(), values=False, grads=False, shapes=False)

    picture.pipe()

    assert [words(picture, f"n{i}") for i in range(4)] == [["w"], ["3"], ["intermediate"], ["loss"]]
    assert capfd.readouterr() == ("", "")


def test_without_gradients_nothing_is_said_about_them():
    y = some_computation()

    assert NOT_YET not in below(draw(y, grads=False))
    y.backward(retain_graph=True)
    assert KEPT not in below(draw(y, grads=False))
    assert "grad" not in words(draw(y, grads=False), "n0")
    assert KEPT in below(draw(y))


@pytest.mark.parametrize("name", ["values", "grads", "shapes"])
@pytest.mark.parametrize("switch", [0, None, "no", [True]])
def test_a_switch_that_is_neither_true_nor_false_is_an_error(name, switch):
    with pytest.raises(TypeError, match=rf"draw: {name} says whether cards show them, True or False, but got"):
        draw(number(1.0), **{name: switch})


def test_a_label_callback_adds_lines_to_the_cards_it_has_something_to_say_about(only_the_wheel, capfd):
    picture = draw(some_computation(), label=lambda vertex: f"<{vertex.array.nbytes}>\n字" if vertex.name else None)

    picture.pipe()

    assert words(picture, "n0") == ["w", "float32 (2,)", "value", "[1, 2]", "grad", "-", "<8>", r"\\u5b57"]
    assert words(picture, "n2") == ["float32 (2,)", "value", "[3, 6]", "grad", "-"]
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("colour", ["gold", "#12aBef", "gray90"])
def test_a_color_callback_chooses_the_fill_of_the_cards_it_wants(colour):
    picture = draw(some_computation(), color=lambda vertex: colour if vertex.kind == "loss" else None)

    assert f'BGCOLOR="{colour}"' in statement(picture, r"n3 \[")
    assert kind(picture, "n0") == "parameter"


def test_callbacks_are_given_every_value_that_is_drawn_and_the_operation_it_comes_from():
    seen = []

    draw(some_computation(), label=lambda vertex: seen.append((vertex.kind, vertex.node and vertex.node.op.name)))

    assert seen == [("parameter", None), ("constant", None), ("intermediate", "mul"), ("loss", "sum")]


@pytest.mark.parametrize("name", ["label", "color"])
@pytest.mark.parametrize("callback", ["red", 3, {"w": "red"}])
def test_a_callback_that_cannot_be_called_is_an_error(name, callback):
    with pytest.raises(
        TypeError, match=rf"draw: {name} must be a function of a vertex, but got .*; write {name}=lambda"
    ):
        draw(number(1.0), **{name: callback})


@pytest.mark.parametrize("name", ["label", "color"])
def test_a_callback_that_returns_no_text_is_an_error(name):
    with pytest.raises(TypeError, match=rf"draw: {name} must return a text or None, but returned 3 for x: parameter"):
        draw(number(1.0, "x"), **{name: lambda vertex: 3})


@pytest.mark.parametrize(
    "colour",
    ["", "#fff", "notacolor", "gold5", "gray101", "lightbluish", 'red" HREF="javascript:alert(1)', "12", "a b"],
)
def test_a_colour_that_is_none_is_an_error(colour):
    with pytest.raises(
        ValueError, match=r'draw: color returned .* for x: parameter.*; a colour is "#rrggbb" or a name'
    ):
        draw(number(1.0, "x"), color=lambda vertex: colour)


@pytest.mark.parametrize("colour", ["Gold", "gold3", "gray0", "GREY100", "lightgoldenrod", "transparent", "#A0b1C2"])
def test_colours_that_graphviz_knows_can_be_chosen(colour):
    assert f'BGCOLOR="{colour}"' in draw(number(1.0, "x"), color=lambda vertex: colour).source


# ---- operations and their parameters --------------------------------------------------------------------------------


class Unspeakable:
    def __repr__(self):
        raise RuntimeError("no words")


class Counted(list):
    """A list that notes how many of its items are looked at."""

    looked = 0

    def __iter__(self):
        for x in super().__iter__():
            Counted.looked += 1
            yield x


@primitive()
def with_setting_for_cards(x, *, setting):
    return x * 1.0


with_setting_for_cards.defvjp(lambda g, out, x, setting: g)
del TABLE["with_setting_for_cards"]  # it works without being in it, where other tests would look for its samples


@pytest.mark.parametrize(
    ("setting", "text"),
    [
        (Unspeakable, "setting=<Unspeakable>"),
        (lambda: [Unspeakable()], "setting=<list>"),
        (lambda: (1, 2), "setting=(1, 2)"),
        (lambda: "ab", "setting='ab'"),
        (lambda: 10**5000, "setting=<int>"),
        (lambda: list(range(10**6)), "setting=[0, 1, 2, 3, ..."),
    ],
)
def test_a_parameter_is_shown_as_far_as_it_can_be(setting, text):
    y = with_setting_for_cards(number(1.0, "x"), setting=setting())

    assert text in draw(y).source
    assert "with_setting_for_cards(x" in str(explore(y))


def test_of_a_long_parameter_only_the_beginning_is_looked_at():
    y = with_setting_for_cards(number(1.0, "x"), setting=Counted(range(10**5)))
    Counted.looked = 0

    draw(y)

    assert Counted.looked < 1000


@pytest.mark.parametrize("name", ["", "  ", "_"])
def test_an_operation_without_a_name_is_drawn_and_told_too(name, monkeypatch, only_the_wheel, capfd):
    y = with_setting_for_cards(number(1.0, "x"), setting=None)
    monkeypatch.setattr(y.node.op, "name", name)

    assert "<svg" in draw(y).pipe(encoding="utf-8")
    assert ('label="?"' in draw(y).source) == (not name.strip())
    assert "passes its gradient back to x" in str(explore(y))
    assert capfd.readouterr().err == ""


# ---- names -----------------------------------------------------------------------------------------------------------

NAMES = [
    '"', "'", "<b>", "</TD>", "<>", "-->", "]", "&lt;", "&", "a\nb", "\0", "\ud800", "\\", "a\\", "\\N", "\\\\N", "\\n",
    "权重", "é", "<script>alert(1)</script>",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_name_is_drawn_as_it_is_in_ascii_and_whole_in_the_tooltip(name, only_the_wheel, capfd):
    shown = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in name)
    shown = shown if len(shown) <= 24 else f"{shown[:21]}..."
    whole = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in name)

    picture = draw(number(2.0, name).exp())
    svg = ElementTree.fromstring(picture.pipe())

    assert shown in [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    tooltips = [a.get("{http://www.w3.org/1999/xlink}title") for a in svg.iter("{http://www.w3.org/2000/svg}a")]
    assert f"{whole.replace(chr(10), ' ')}: parameter, float64 ()" in [t.replace("\n", " ") for t in tooltips]
    assert not [tag for tag in svg.iter() if "script" in tag.tag]
    assert capfd.readouterr() == ("", "")  # the renderer did not complain of a character either


@pytest.mark.parametrize("name", NAMES)
def test_labels_are_ascii(name):
    picture = draw(number(2.0, name).exp())

    assert re.sub(r'tooltip=".*?(?<!\\)"', "", picture.source, flags=re.S).isascii()


def test_a_name_of_nothing_but_brackets_is_spelled_as_old_versions_of_graphviz_need_it():
    assert "<B>&#93;&#93;</B>" in draw(number(2.0, "]]").exp()).source


def test_a_long_name_is_cut_in_the_label_only():
    picture = draw(number(2.0, "n" * 1000).exp())

    assert words(picture, "n0")[0] == "n" * 21 + "..."
    assert "n" * 1000 in picture.source


def test_a_name_that_is_no_text_is_shown_too():
    assert words(draw(number(2.0, 7)), "n0")[0] == "7"


def test_the_font_is_the_one_the_renderers_measure():
    fonts = set(re.findall(r"fontname=([^\s\]]+)", draw(number(1.0).tanh()).source))

    assert fonts == {"Helvetica"}


def test_every_cell_with_text_has_a_width():
    x = number(3.0, "x")
    picture = draw(x * x)

    cells = re.findall(r"<TD([^>]*)>(?:<[^T/][^>]*>)*[^<\s]", picture.source)

    assert len(cells) == 5 + 5 + 3 + 1  # two cards, the legend, a note
    assert all("WIDTH=" in cell for cell in cells)


def test_what_is_outside_the_cards_can_be_read_on_white_and_on_black():
    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    grey = luminance(MID) + 0.05

    assert 1.05 / grey > 4
    assert grey / (luminance("#0d1117") + 0.05) > 4
