"""Modules in graph pictures: frames around what they computed, one node for a folded one, and pictures of too much."""

import re
from xml.etree import ElementTree

import numpy as np
import pytest
from picture_text import below, edges, is_red, kind, statement, words

import minigrad as mg
from minigrad import nn
from minigrad.viz import draw
from minigrad.viz.calls import homes_of, users_of
from minigrad.viz.vertices import trace


class Block(nn.Module):
    """x + fc(x), as in a residual network."""

    def __init__(self, d=3):
        super().__init__()
        self.fc = nn.Linear(d, d)

    def forward(self, x):
        return x + self.fc(x).tanh()


class Net(nn.Module):
    """An outer module with a chain of blocks between two layers."""

    def __init__(self, *blocks):
        super().__init__()
        self.first = nn.Linear(2, 3)
        self.blocks = nn.Sequential(*blocks)
        self.head = nn.Linear(3, 1)

    def forward(self, x):
        return self.head(self.blocks(self.first(x)))


class Function(nn.Module):
    """Any function of one or more tensors as a module."""

    def __init__(self, function):
        super().__init__()
        self.function = function

    def forward(self, *inputs):
        return self.function(*inputs)


def tracked(*shape, name=None):
    x = mg.ones(*shape, requires_grad=True)
    x.name = name
    return x


def frames(picture):
    """{words of the frame: {nodes and frames directly inside}} for every cluster."""
    found, path = {}, [set()]
    for line in picture.source.splitlines():
        if line.strip().startswith("subgraph"):
            path.append(set())
        elif path[1:] and (title := re.match(r"\t+graph \[.*label=<(.*?)>> label", line)):
            name = " ".join(re.findall(r">([^<>]+)<", title[1])).strip()
            path[-2].add(name)
            found[name] = path[-1]
        elif line.strip() == "}" and path[1:]:
            path.pop()
        elif node := re.match(r"\t+(\w+) \[", line):
            path[-1].add(node[1])
    return found


def modules(picture):
    """{node: words} of the folded modules."""
    nodes = re.findall(r"^\t+(m\d+) \[", picture.source, re.M)
    return {node: words(picture, node) for node in nodes}


# ---- which call an operation belongs to ------------------------------------------------------------------------------


def test_what_a_module_computed_and_its_parameters_stand_in_its_frame():
    model = nn.Sequential(nn.Linear(2, 1), nn.Tanh())

    picture = draw(model(mg.ones(1, 2)) * 2)

    assert frames(picture) == {
        "Sequential": {"0   Linear", "1   Tanh"},
        "0   Linear": {"n1", "n2", "n3", "op3"},
        "1   Tanh": {"n4", "op4"},
    }


def test_without_modules_there_is_no_frame():
    assert frames(draw(tracked(2) * 2)) == {}


def test_what_was_computed_before_a_call_does_not_belong_to_it():
    layer = nn.Linear(2, 2)
    x = tracked(1, 2) * 3

    picture = draw(layer(x))

    assert frames(picture) == {"Linear": {"n3", "n4", "n5", "op5"}}


def test_several_calls_of_one_module_are_several_frames_and_their_parameters_stand_around_them():
    layer = nn.Linear(2, 2)
    model = Function(lambda x: layer(layer(x)))
    model.layer = layer

    vertices = trace(model(mg.ones(1, 2)))
    homes = homes_of(vertices, users_of(vertices))

    assert [home and home.class_name for home in homes] == [
        None, "Function", "Function", "Linear", "Linear",
    ]  # fmt: skip
    assert homes[3] is not homes[4]
    assert homes[3].parent is homes[4].parent is homes[1]


def test_calls_with_several_results_are_one_frame():
    both = Function(lambda x: (x * 2, x * 3))
    a, b = both(tracked(2))

    vertices = trace([a, b])
    homes = [home for home in homes_of(vertices, users_of(vertices)) if home]

    assert len(set(homes)) == 1


def call_of(vertices, i):
    """The innermost call around what computed vertex i, outer calls first, by class."""
    call, found = homes_of(vertices, users_of(vertices))[i], []
    while call is not None:
        found.insert(0, call.class_name)
        call = call.parent
    return found


class Keeper(nn.Module):
    """2 exp(x), keeping exp(x)."""

    def forward(self, x):
        self.kept = x.exp()
        return self.kept * 2


@pytest.mark.parametrize("order", [1, -1])
def test_an_intermediate_that_is_used_outside_too_belongs_to_the_call_that_computed_it(order):
    keeper = Keeper()
    y = keeper(tracked(2))

    vertices = trace([y, keeper.kept.sin()][::order])

    assert [call_of(vertices, i) for i, v in enumerate(vertices) if v.node and v.node.op.name == "exp"] == [["Keeper"]]


@pytest.mark.parametrize("order", [1, -1])
def test_a_call_with_several_results_is_inside_another_even_if_one_of_them_left_it(order):
    both = Function(lambda x: (x * 2, x * 3))
    left = []

    class Outer(nn.Module):
        def forward(self, x):
            a, b = both(x)
            left.append(b)
            return a.exp()

    outer = Outer()
    vertices = trace([outer(tracked(2)), *left][::order])

    assert {tuple(call_of(vertices, i)) for i, v in enumerate(vertices) if v.node and v.node.op.name == "mul"} == {
        ("Outer", "Function")
    }


def test_a_result_that_an_inner_call_kept_belongs_to_both_calls():
    keeper, inner_results = Keeper(), []
    model = Function(lambda x: inner_results.append(keeper(x)) or keeper.kept)

    vertices = trace([model(tracked(2)), *inner_results])

    assert call_of(vertices, 1) == ["Function", "Keeper"]


def test_a_module_deep_inside_goes_by_its_whole_path():
    net = Net(Block())

    picture = draw(net(mg.ones(1, 2)))

    assert frames(picture).keys() == {
        "Net", "first   Linear", "blocks   Sequential", "blocks.0   Block", "blocks.0.fc   Linear", "head   Linear",
    }  # fmt: skip


def test_of_a_model_that_is_gone_the_classes_are_known_and_the_picture_says_why_no_more():
    picture = draw(nn.Sequential(nn.Linear(2, 2))(mg.ones(1, 2)))

    assert frames(picture).keys() == {"Sequential", "Linear"}
    assert "some modules are gone, and their paths with them: keep the model in a variable" in below(picture)


def test_a_loss_made_for_one_call_is_named_and_nothing_needs_saying():
    model, x, y = nn.Linear(2, 1), mg.ones(3, 2), mg.ones(3, 1)

    picture = draw(nn.MSELoss()(model(x), y))

    assert "MSELoss" in frames(picture)
    assert not any("gone" in note for note in below(picture))


def test_the_same_model_gives_the_same_text():
    net, x = Net(Block(), Block()), mg.ones(1, 2)

    assert draw(net(x)).source == draw(net(x)).source


def test_an_empty_model_hands_its_input_on_so_there_is_one_card_and_a_reason():
    picture = draw(nn.Sequential()(tracked(2, name="x")), depth=0)

    assert edges(picture) == []
    assert words(picture, "n0")[0] == "x"
    assert any("nothing recorded: a leaf" in note for note in below(picture))


# ---- folding ---------------------------------------------------------------------------------------------------------


def test_depth_0_folds_the_whole_model_into_one_node():
    net, x = Net(Block()), mg.ones(1, 2)
    x.name = "x"

    picture = draw(net(x), depth=0)

    assert modules(picture) == {"m11": ["Net", "25 parameters", "float32 (1, 1)"]}
    assert edges(picture) == [("n0", "m11"), ("m11", "n11")]
    assert frames(picture) == {}
    assert below(picture)[:3] == ["input", "module", "output"]


def test_depth_1_opens_the_model_and_folds_what_is_in_it():
    net = Net(Block())

    picture = draw(net(mg.ones(1, 2)), depth=1)

    assert modules(picture) == {
        "m3": ["first", "Linear", "9 parameters", "float32 (1, 3)"],
        "m8": ["blocks", "Sequential", "12 parameters", "float32 (1, 3)"],
        "m11": ["head", "Linear", "4 parameters", "float32 (1, 1)"],
    }
    assert edges(picture) == [("n0", "m3"), ("m3", "m8"), ("m8", "m11"), ("m11", "n11")]
    assert frames(picture) == {"Net": {"m3", "m8", "m11", "n11"}}


@pytest.mark.parametrize("depth", [4, 1000, np.int64(4)])
def test_a_depth_beyond_the_innermost_module_folds_nothing(depth):
    net = Net(Block())
    y = net(mg.ones(1, 2))

    assert draw(y, depth=depth).source == draw(y).source
    assert modules(draw(y, depth=3)).keys() == {"m6"}  # the layer in the block


def test_a_module_without_parameters_does_not_count_them():
    act = nn.Tanh()

    assert list(modules(draw(act(tracked(2)), depth=0)).values()) == [["Tanh", "float32 (2,)"]]


def test_one_parameter_is_not_called_parameters():
    layer = nn.Linear(1, 1, bias=False)

    assert next(iter(modules(draw(layer(mg.ones(1, 1)), depth=0)).values()))[1] == "1 parameter"


def test_numbers_and_buffers_of_a_folded_module_are_inside_and_what_it_was_given_is_not():
    class Scale(nn.Module):
        def __init__(self):
            super().__init__()
            self.register_buffer("factor", mg.ones(2))

        def forward(self, x):
            return x * self.factor * 2 + np.ones(2, np.float32)

    scale = Scale()

    picture = draw(scale(tracked(2, name="x")), depth=0)

    assert [source for source, _ in edges(picture)] == ["n0", "m6"]
    assert words(picture, "n0")[0] == "x"


def test_a_parameter_that_others_use_too_keeps_its_card():
    layer = nn.Linear(2, 2)
    layer.weight.name = "shared"

    y = layer(mg.ones(1, 2)).sum() + layer.weight.sum()
    picture = draw(y, depth=0)

    card = next(f"n{i}" for i in range(9) if f"\tn{i} [" in picture.source and "shared" in words(picture, f"n{i}"))
    assert [end for start, end in edges(picture) if start == card] == ["m3", "op5"]


def test_a_parameter_that_was_asked_for_keeps_its_card():
    layer = nn.Linear(2, 2)

    picture = draw([layer(mg.ones(1, 2)), layer.bias], depth=0)

    assert edges(picture) == [("n0", "m3"), ("n2", "m3"), ("m3", "n3")]
    assert words(picture, "n2")[0] == "bias"


def test_parameters_that_are_one_under_two_names_count_once():
    layer = nn.Linear(2, 2)
    model = nn.Sequential(layer, Function(lambda x: x @ layer.weight))
    model[1].weight = layer.weight

    assert list(modules(draw(model(mg.ones(1, 2)), depth=0)).values()) == [
        ["Sequential", "6 parameters", "float32 (1, 2)"]
    ]


def test_modules_in_a_list_are_nothing_to_warn_of_here():
    model = Function(lambda x: x * 2)
    model.layers = [nn.Linear(2, 2)]

    draw(model(tracked(2)), depth=0)  # warnings are errors


def test_an_inner_result_that_was_asked_for_comes_out_of_the_folded_module():
    kept = []
    model = Function(lambda x: kept.append(x.exp()) or kept[0].tanh())
    y = model(tracked(2, name="x"))

    picture = draw([y, kept[0]], depth=0)

    assert edges(picture) == [("n0", "m2"), ("m2", "n1"), ("m2", "n2")]
    assert kind(picture, "n1") == kind(picture, "n2") == "output"


def test_a_value_that_goes_into_a_folded_module_twice_has_one_edge():
    square = Function(lambda x: x * x)

    assert edges(draw(square(tracked(2)), depth=0)) == [("n0", "m1"), ("m1", "n1")]


def test_results_of_several_shapes_are_all_named():
    model = Function(lambda x: (x * 2, x.sum(), x.exp()))
    results = model(tracked(2))

    assert list(modules(draw(list(results), depth=0)).values()) == [["Function", "float32 (2,)", "float32 ()"]]


def test_a_folded_module_with_something_alarming_inside_is_outlined_in_red():
    model = nn.Sequential(nn.Linear(2, 2), nn.ReLU(), nn.Linear(2, 1))
    with mg.no_grad():
        model[0].bias.copy_(mg.tensor([-100.0, -100.0]))
    y = model(mg.ones(1, 2)).sum()
    y.backward(retain_graph=True)

    picture = draw(y, depth=1)

    assert [is_red(picture, node) for node in modules(picture)] == [True, False, True]  # no gradient passes the ReLU
    assert "red: NaN or Inf, or a gradient of nothing but zeros" in below(picture)
    assert "red" not in " ".join(below(draw(nn.Tanh()(tracked(2)), depth=0)))


def test_a_folded_module_shows_no_shape_if_none_are_asked_for():
    layer = nn.Linear(2, 2)

    assert list(modules(draw(layer(mg.ones(1, 2)), depth=0, shapes=False)).values()) == [["Linear", "6 parameters"]]


def test_a_freed_module_is_folded_with_what_is_left_and_says_so():
    layer = nn.Linear(2, 2)
    y = layer(mg.ones(1, 2))
    y.sum().backward()

    picture = draw(y, depth=0)

    assert edges(picture) == [("freed_m0", "m0"), ("m0", "n0")]
    assert modules(picture)["m0"][:2] == ["Linear", "6 parameters"]
    assert "freed by backward(): draw first, or backward(retain_graph=True)" in below(picture)


def test_where_no_module_was_called_depth_says_that_there_is_nothing_to_fold():
    picture = draw(tracked(2) * 2, depth=0)

    assert edges(picture) == [("n0", "op2"), ("n1", "op2"), ("op2", "n2")]
    assert "nothing to fold: no module returned a tensor of this graph" in below(picture)
    assert "nothing to fold: no module returned a tensor of this graph" not in below(draw(tracked(2) * 2))


# ---- repeated blocks -------------------------------------------------------------------------------------------------


def test_equal_blocks_in_a_row_are_one_node_with_a_count():
    net = Net(*[Block() for _ in range(6)])

    picture = draw(net(mg.ones(1, 2)), depth=2)

    folded = [node for node, said in modules(picture).items() if "6 x Block" in said]
    assert [modules(picture)[node] for node in folded] == [
        ["blocks.0 to blocks.5", "6 x Block", "72 parameters", "float32 (1, 3)"]
    ]
    assert len(frames(picture)["blocks   Sequential"]) == 1


def test_a_block_used_again_counts_its_parameters_once():
    block = Block()
    model = nn.Sequential(block, block, block)

    picture = draw(model(mg.ones(1, 3)), depth=1)

    assert list(modules(picture).values()) == [["0", "3 x Block", "12 parameters", "float32 (1, 3)"]]


def wider():
    return nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 4))


def without_a_bias():
    return nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3, bias=False))


def of_another_class():
    return nn.Sequential(nn.Linear(3, 3), nn.Linear(3, 3), Block())


def used_in_between():
    a, b, c = nn.Linear(3, 3), nn.Linear(3, 3), nn.Linear(3, 3)

    def forward(x):
        h = b(a(x))
        return c(h) + h

    model = Function(forward)
    model.a, model.b, model.c = a, b, c
    return model


@pytest.mark.parametrize("make", [wider, without_a_bias, of_another_class, used_in_between])
def test_only_blocks_that_are_alike_and_follow_one_another_are_counted_together(make):
    model = make()

    counts = [said[1] for said in modules(draw(model(mg.ones(1, 3)), depth=1)).values()]

    assert counts[0] == "2 x Linear"
    assert len(counts) == 2


def test_blocks_of_other_shapes_are_not_counted_together():
    model = nn.Sequential(*[Function(lambda x: x[:-1]) for _ in range(3)])

    said = list(modules(draw(model(tracked(4)), depth=1)).values())

    assert [words[-1] for words in said] == ["float32 (3,)", "float32 (2,)", "float32 (1,)"]


def test_equal_blocks_in_different_frames_are_not_counted_together():
    model = nn.Sequential(nn.Sequential(nn.Linear(3, 3)), nn.Sequential(nn.Linear(3, 3)))

    picture = draw(model(mg.ones(1, 3)), depth=2)

    assert frames(picture) == {
        "Sequential": {"0   Sequential", "1   Sequential"}, "0   Sequential": {"m3"}, "1   Sequential": {"m6", "n6"},
    }  # fmt: skip


def test_modules_that_are_gone_are_not_known_to_be_alike():
    picture = draw(nn.Sequential(nn.Tanh(), nn.Tanh())(tracked(3)), depth=1)

    assert [said[0] for said in modules(picture).values()] == ["Tanh", "Tanh"]


def test_blocks_that_all_take_one_more_value_are_counted_together():
    blocks = [Function(lambda x, mask: x * mask) for _ in range(4)]

    def forward(x, mask):
        for block in blocks:
            x = block(x, mask)
        return x

    model = Function(forward)
    picture = draw(model(tracked(2), mg.ones(2)), depth=1)

    assert [said[0] for said in modules(picture).values()] == ["4 x Function"]
    assert [edge for edge in edges(picture) if edge[1].startswith("m")] == [("n0", "m5"), ("n1", "m5")]


def test_blocks_side_by_side_are_not_counted_together():
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    x = tracked(1, 2)

    assert len(modules(draw(a(x) + b(x), depth=0))) == 2


def test_a_block_whose_result_was_asked_for_ends_the_row():
    blocks = [Block() for _ in range(4)]
    results = [mg.ones(1, 3)]
    for block in blocks:
        results.append(block(results[-1]))

    picture = draw([results[2], results[4]], depth=0)

    assert [said[0] for said in modules(picture).values()] == ["2 x Block", "2 x Block"]


# ---- settings and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("depth", [-1, 1.0, "1", True])
def test_a_depth_that_makes_no_sense_is_an_error(depth):
    with pytest.raises(ValueError, match="depth is how many levels of modules are opened, 0 or more or None, but got"):
        draw(tracked(1), depth=depth)


@pytest.mark.parametrize("max_nodes", [0, -5, 2.5, None, True])
def test_a_number_of_nodes_that_makes_no_sense_is_an_error(max_nodes):
    with pytest.raises(ValueError, match="max_nodes is a number of nodes, 1 or more, but got"):
        draw(tracked(1), max_nodes=max_nodes)


NAMES = ['"', "'", "<b>", "</TD>", "]", "&lt;", "&", "a\nb", "\0", "\\", "\\N", "权重", "<script>alert(1)</script>"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("depth", [None, 1])
def test_any_name_of_a_module_is_drawn_in_ascii_and_whole_in_the_tooltip(name, depth, only_the_wheel, capfd):
    shown = "".join(c if " " <= c <= "~" else c.encode("unicode_escape").decode() for c in name)
    whole = "".join(c if c.isprintable() or c == "\n" else c.encode("unicode_escape").decode() for c in name)
    model = nn.Sequential({name: type(name, (nn.Tanh,), {})() if "\0" not in name else nn.Tanh()})

    picture = draw(model(tracked(1)), depth=depth)
    svg = ElementTree.fromstring(picture.pipe())

    texts = [text.text for text in svg.iter("{http://www.w3.org/2000/svg}text")]
    assert (shown if len(shown) <= 24 else f"{shown[:21]}...") in texts
    tooltips = [a.get("{http://www.w3.org/1999/xlink}title") for a in svg.iter("{http://www.w3.org/2000/svg}a")]
    assert any(tip.replace("\n", " ").startswith(f"{whole.replace(chr(10), ' ')}: ") for tip in tooltips)
    assert not [tag for tag in svg.iter() if "script" in tag.tag]
    assert re.sub(r'tooltip=(?:".*?(?<!\\)"|[^ \]]*)', "", picture.source, flags=re.S).isascii()
    assert capfd.readouterr() == ("", "")


def test_folded_modules_and_frames_have_ids_in_the_svg(only_the_wheel):
    net = Net(Block())

    svg = ElementTree.fromstring(draw(net(mg.ones(1, 2)), depth=1).pipe())

    ids = {tag.get("id") for tag in svg.iter() if tag.get("class") in ("node", "edge", "cluster")}
    assert ids == {"cluster0", "n0", "m3", "m8", "m11", "n11", "e_n0_m3", "e_m3_m8", "e_m8_m11", "e11"}


def test_a_frame_is_named_at_its_top_though_the_legend_is_at_the_bottom():
    layer = nn.Linear(1, 1)

    assert "labeljust=l labelloc=t" in statement(draw(layer(mg.ones(1, 1))), "graph .color")
