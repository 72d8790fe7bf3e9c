"""Pictures of graphs that are too large for one: what is folded or left out, and that the picture says so."""

import re

import pytest
from picture_text import below, edges, words

import minigrad as mg
from minigrad import nn
from minigrad.viz import draw


def blocks(n):
    """The result of a model of n equal blocks, each two layers, between two other layers; and the model."""
    inside = [nn.Sequential(nn.Linear(3, 3), nn.Tanh()) for _ in range(n)]
    model = nn.Sequential(nn.Linear(2, 3), nn.Sequential(*inside), nn.Linear(3, 1))
    return model(mg.ones(1, 2)), model


def modules(picture):
    """What each folded module says."""
    return [words(picture, node) for node in re.findall(r"^\t+(m\d+) \[", picture.source, re.M)]


@pytest.mark.parametrize(("max_nodes", "depth"), [(20, 3), (18, 2), (8, 2), (7, 1), (5, 1), (4, 0), (3, 0)])
def test_above_max_nodes_as_much_is_folded_as_is_needed_and_the_picture_says_so(max_nodes, depth):
    y, _model = blocks(6)

    picture, asked = draw(y, max_nodes=max_nodes), draw(y, depth=depth)

    assert f"folded to depth={depth}: opened further it has more than max_nodes={max_nodes} nodes" in below(picture)
    assert picture.source.split("\tlabel=")[0] == asked.source.split("\tlabel=")[0]
    assert "folded to" not in " ".join(below(draw(y, depth=depth, max_nodes=max_nodes)))


def test_a_depth_that_was_asked_for_gives_way_to_max_nodes_too():
    y, _model = blocks(1)

    assert any(note.startswith("folded to depth=0") for note in below(draw(y, depth=1, max_nodes=3)))


def chain(n):
    y = mg.tensor(1.0, requires_grad=True, name="x")
    for _ in range(n):
        y = y.tanh()
    return y


def test_without_modules_only_what_was_computed_last_is_drawn_and_the_picture_says_so():
    picture = draw(chain(10), max_nodes=3)

    assert edges(picture) == [
        ("more", "op8"), ("op8", "n8"), ("n8", "op9"), ("op9", "n9"), ("n9", "op10"), ("op10", "n10"),
    ]  # fmt: skip
    assert 'more [label="... 7 more operations"' in picture.source
    assert "only what was computed last: the whole has more than max_nodes=3 nodes" in below(picture)


def test_of_several_branches_the_newest_operations_of_each_are_drawn():
    a = b = mg.tensor(1.0, requires_grad=True)
    for _ in range(5):
        a, b = a.tanh(), b.sin()

    picture = draw(a + b, max_nodes=5)

    assert [start for start, _ in edges(picture)].count("more") == 2
    assert picture.source.count("[label=tanh") == picture.source.count("[label=sin") == 2


def test_what_was_computed_comes_before_leaves_that_were_asked_for():
    leaves = [mg.ones(1, requires_grad=True) for _ in range(10)]

    picture = draw([*leaves, chain(5)], max_nodes=3)

    assert picture.source.count("[label=tanh") == 3


def test_as_many_nodes_as_max_nodes_are_all_drawn():
    assert "more" not in draw(chain(4), max_nodes=5).source
    assert 'more [label="... 1 more value"' in draw(chain(4), max_nodes=4).source
    assert 'more [label="... 1 more operation"' in draw(chain(4), max_nodes=3).source


def test_of_too_many_leaves_some_are_drawn():
    leaves = [mg.ones(1, requires_grad=True) for _ in range(1000)]

    picture = draw(mg.cat(leaves), max_nodes=4)

    assert 'more [label="... 997 more values"' in picture.source
    assert edges(picture)[-2:] == [("more", "op1000"), ("op1000", "n1000")]
    assert len(edges(picture)) == 5


def test_too_many_roots_are_no_error_either():
    x = mg.ones(1, requires_grad=True)

    picture = draw([x * i for i in range(300)])

    assert "more [" in picture.source
    assert len(re.findall(r"^\tn\d+ \[", picture.source, re.M)) == 200


def test_too_many_leaves_that_were_asked_for_are_no_error_either():
    picture = draw([mg.ones(1, requires_grad=True) for _ in range(300)])

    assert 'more [label="... 100 more values"' in picture.source


def test_too_many_calls_of_modules_are_cut_off_too():
    class Cell(nn.Module):
        def forward(self, h, x):
            return (h + x).tanh()

    cell = Cell()
    h = mg.ones(2, requires_grad=True)
    for _ in range(50):
        h = cell(h, mg.ones(2))

    picture = draw(h, max_nodes=7)

    assert len(modules(picture)) == 3
    assert 'more [label="... 94 more operations"' in picture.source
    assert [start for start, end in edges(picture) if end.startswith("m")].count("more") == 1


def test_a_leaf_that_a_hundred_operations_read_does_not_keep_the_renderer_busy_for_minutes():
    x, y = mg.ones(1, requires_grad=True), mg.ones(1)
    for _ in range(60):
        y = mg.tanh(y + x)

    picture = draw(y)

    assert "nslimit=2.02" in picture.source  # 30 000 over the square of 122 cards
    assert (
        picture.pipe("svg").count(b'class="node"') == 122 + 120
    )  # cards and operations; without the limit: in a minute


def test_the_places_in_small_pictures_are_improved_without_end():
    assert "nslimit" not in draw(chain(10)).source


def test_a_graph_of_a_hundred_thousand_nodes_is_a_folded_picture():
    y = chain(100_000)

    picture = draw(y)

    assert 'more [label="... 99,800 more operations"' in picture.source
    assert len(picture.source) < 500_000


def test_many_thousand_operations_in_modules_are_a_folded_picture():
    layer = nn.Tanh()
    y = mg.ones(1, requires_grad=True)
    for _ in range(10_000):
        y = layer(y)

    assert modules(draw(y)) == [["10,000 x Tanh", "float32 (1,)"]]
