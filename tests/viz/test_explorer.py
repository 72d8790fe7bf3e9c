import base64
import json
import os
import re
import subprocess
import sys
import zlib
from html.parser import HTMLParser

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz import Explorer, explore
from minigrad.viz import dot as renderers
from minigrad.viz.phrases import LANGUAGES, WORDS

ATTACK = "</script><script>alert(1)</script><!-- \"><img src=x onerror=alert(2)> \u2028' \\"


def leaf(value, name):
    return mg.tensor(np.asarray(value, dtype=np.float64), requires_grad=True, name=name)


def neuron():
    w, x, b = leaf(0.5, "w"), leaf(3.0, "x"), leaf(-1.0, "b")
    return mg.tanh(w * x + b)


def zipped(page):
    return re.search(r'id="story">(.*?)</script>', page, re.S)[1]


def unzipped(text):
    return zlib.decompress(base64.b64decode(text, validate=True)).decode()


def data(page):
    """What the page has been told, read from it as a browser would."""
    told = json.loads(unzipped(zipped(page)))
    for step in told["steps"]:
        step["said"] = {
            language: {kind: text(told, places[n]) for kind, places in step["said"].items()}
            for n, language in enumerate(["en", "zh"])
        }
    return told


def text(told, place):
    return [told["texts"][each] for each in place] if isinstance(place, list) else told["texts"][place]


def accumulating():
    """29 numbers, all but two of which are used more than once."""
    q, z = leaf(0.5, "q"), leaf(0.7, "z")
    for _ in range(9):
        q = mg.tanh(q * z) + q
    return q


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture
def no_renderer(only_the_wheel, monkeypatch):
    monkeypatch.setattr(renderers, "_script_folders", list)


# ---- the page --------------------------------------------------------------------------------------------------------


def test_the_page_is_one_file_that_asks_nothing_of_any_address():
    tags = Tags(explore(neuron()).html).found

    addresses = {name: value for _, attributes in tags for name, value in attributes.items() if name in ("src", "href")}
    policy = next(a["content"] for _, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert addresses == {"href": "data:,"}  # the icon, so that browsers do not ask for one
    assert policy == "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:"


def test_the_page_names_no_address_that_could_be_fetched():
    page = explore(neuron()).html
    page = page.replace(zipped(page), unzipped(zipped(page)))

    known = "http://www.w3.org/2000/svg"  # a name, which nobody fetches
    assert [
        line for line in page.replace(known, "").splitlines() if re.search(r"https?:|//\w|@import|url\((?!#)", line)
    ] == []


def test_the_page_tells_every_step_of_the_trace():
    picture = explore(neuron())

    told = data(picture.html)

    assert [step["kind"] for step in told["steps"]] == [step.kind for step in picture.steps]
    assert told["vertices"] == ["w", "x", "mul1", "b", "add1", "tanh1"]
    last = told["steps"][-1]
    assert told["numbers"][last["contribution"]]["lines"] == ["0.3932"]
    assert last["said"]["en"]["here"] == "x.grad += g * w, where g = mul1.grad"
    assert "把梯度传回 x" in last["said"]["zh"]["title"]
    assert last["said"]["en"]["text"] == ["in a product each factor gets the gradient times the other factor"]


def test_every_text_is_in_the_page_once_however_many_steps_say_it():
    told = data(explore(accumulating()).html)

    said = [row for step in told["steps"] for words in step["said"].values() for row in words.values()]
    everything = [each for row in said for each in (row if isinstance(row, list) else [row])]
    assert sorted(told["texts"]) == sorted(set(everything))
    assert len(everything) > 1.5 * len(told["texts"])


@pytest.mark.parametrize("root", [lambda: accumulating(), lambda: mg.softmax(leaf([[1.0, 2.0]], "x") * 2, -1).sum()])
def test_each_step_says_the_same_things_in_both_languages(root):
    for step in data(explore(root()).html)["steps"]:
        assert list(step["said"]["en"]) == list(step["said"]["zh"])
        assert len(step["said"]["en"]["text"]) == len(step["said"]["zh"]["text"])


def test_every_number_is_in_the_page_once():
    x = leaf(3.0, "x")

    told = data(explore(x * x + x).html)

    lines = [tuple(array["lines"]) for array in told["numbers"]]
    assert sorted(lines) == sorted(set(lines))


def test_the_page_gives_each_wrong_way_beside_the_right_gradients():
    x = leaf(3.0, "x")

    told = data(explore(x * x + x).html)

    way = told["ways"]["overwriting"]
    assert told["numbers"][way["right"]["0"]]["lines"] == ["7"]
    assert told["numbers"][way["gradients"]["0"]]["lines"] == ["3"]
    assert list(told["ways"]) == ["naive recursion", "overwriting", "broadcasting not undone"]


def test_every_part_that_a_step_lights_up_is_in_the_graph():
    x, w = leaf([[1.0, 2.0]], "x"), leaf([[0.5], [0.25]], "w")
    picture = explore((mg.tanh(x @ w) * 2 + x.sum()).sum())

    ids = {attributes["id"] for _, attributes in Tags(picture.html).found if "id" in attributes}

    wanted = {f"n{step.vertex}" for step in picture.steps}
    wanted |= {f"op{step.vertex}" for step in picture.steps if step.op}
    wanted |= {f"e{s}_{step.vertex}_{k}" for step in picture.steps for k, s in enumerate(step.inputs)}
    assert wanted <= ids


def test_cards_have_a_line_for_the_value_and_for_the_gradient_and_show_neither_yet():
    page = explore(neuron()).html

    card = re.search(r'<g id="n0" class="node">.*?</g>', page, re.S)[0]

    assert re.findall(r'data-say="(\w+)"', card) == ["value", "grad"]
    assert re.findall(r'<text class="(\w+)" x="[^"]*" y="[^"]*"/>', card) == ["value", "grad"]
    assert "0.5" not in re.sub(r'"[^"]*"', "", card)


def test_a_small_table_of_numbers_is_written_out_in_its_card():
    x = mg.tensor([[0, 0], [0, 1], [1, 0], [1, 1]], dtype=np.float64, name="x")
    weight = leaf([[0.5, -1.5]], "w")

    page = explore((x @ weight.mT).sum()).html

    assert data(page)["numbers"][0]["lines"] == ["[0, 0]", "[0, 1]", "[1, 0]", "[1, 1]"]
    card = re.search(r'<g id="n0" class="node">.*?</g>', page, re.S)[0]
    assert card.count('class="value"') == 4


@pytest.mark.parametrize("language", LANGUAGES)
def test_page_and_text_call_the_wrong_ways_by_one_name(language):
    told = data(explore(neuron()).html)

    assert len(told["ways"]) == 3
    assert all(told["labels"][language][way] == WORDS[language][way] for way in told["ways"])


def test_the_page_has_the_scripts_without_their_comments():
    page = explore(neuron()).html

    assert "// " not in re.sub(r"<svg.*?</svg>", "", page, flags=re.S)
    assert "/*" not in page


def test_a_module_has_a_blank_between_its_name_and_its_class():
    model = nn.Sequential(nn.Linear(1, 1), nn.Tanh())
    page = explore(model(mg.ones(1, 1)).sum()).html

    assert re.search(r">1</text><text [^>]*>\N{NO-BREAK SPACE}+Tanh</text>", page)


def test_a_value_without_gradient_has_no_line_for_one():
    x = leaf(3.0, "x")

    page = explore(x * 2).html

    constant = re.search(r'<g id="n1" class="node">.*?</g>', page, re.S)[0]
    assert re.findall(r'data-say="(\w+)"', constant) == ["value"]


def test_thirty_nodes_take_less_than_100_kilobytes():
    xs = [leaf(0.1 * i + 0.1, f"x{i}") for i in range(8)]
    y = xs[0]
    for i in range(1, 12):
        y = mg.tanh(y) if i % 3 == 0 else y * xs[i % 8] + xs[i % 5]
    picture = explore(y)

    assert len({step.vertex for step in picture.steps}) >= 26
    assert len(picture.html.encode()) < 100_000


def test_thirty_nodes_whose_gradients_accumulate_take_less_than_100_kilobytes():
    picture = explore(accumulating())

    assert len({step.vertex for step in picture.steps}) == 29
    assert len(picture.html.encode()) < 100_000


def test_a_network_of_thirty_nodes_takes_less_than_100_kilobytes():
    generator = mg.Generator().manual_seed(0)
    x = mg.randn(64, 20, generator=generator)
    for i, width in enumerate([30, 40, 30, 20, 10]):
        weight = mg.tensor(mg.randn(width, x.shape[1], generator=generator).numpy(), requires_grad=True, name=f"w{i}")
        x = mg.tanh(nn.functional.linear(x, weight))
    picture = explore(x.square().mean())

    assert len({step.vertex for step in picture.steps}) + sum(step.kind == "compute" for step in picture.steps) >= 30
    assert len(picture.html.encode()) < 100_000


def repeated(layer, times):
    """A loss of what a layer makes of 16 × 16 numbers, so many times over."""
    generator = mg.Generator().manual_seed(0)
    h, numbers = (mg.randn(16, 16, generator=generator) for _ in range(2))
    w, b = (mg.tensor(x, requires_grad=True) for x in (numbers.numpy(), numbers.numpy()[0]))
    for _ in range(times):
        h = layer(h, w, b)
    return h.square().mean()


@pytest.mark.parametrize(
    ("layer", "times"),
    [
        (lambda h, w, b: mg.tanh(h @ w), 10),
        (lambda h, w, b: mg.softmax(h @ w, -1) * h + w, 7),
        (lambda h, w, b: mg.tanh(h @ w + b), 9),
    ],
)
def test_thirty_matrices_take_less_than_100_kilobytes(layer, times):
    assert len(explore(repeated(layer, times)).html.encode()) < 100_000


def test_of_many_numbers_only_some_are_in_the_page_and_it_says_so():
    x = leaf(np.linspace(-1, 1, 3000).reshape(60, 50), "x")

    numbers = data(explore((x * x).sum()).html)["numbers"]

    first = numbers[0]
    assert (first["shape"], first["some"], first["columns"], len(first["sizes"])) == ([60, 50], 3000, 8, 64)
    assert (ord(first["sizes"][0]), ord(first["sizes"][-1])) == (300 - 99, 300 + 99)
    assert first["unit"] == pytest.approx(1 / 99, rel=0.02)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_what_is_no_number_is_a_word_in_the_page(value):
    x = leaf([value, 1.0], "x")

    numbers = data(explore((x * 2).sum()).html)["numbers"]

    assert numbers[0]["values"] == [{"nan": "NaN", "inf": "Inf", "-inf": "-Inf"}[str(value)], 1]


def test_empty_arrays_are_told_too():
    x = leaf(np.zeros((0, 3)), "x")

    numbers = data(explore(x.sum()).html)["numbers"]

    assert (numbers[0]["shape"], numbers[0]["lines"], numbers[0]["values"]) == ([0, 3], ["empty"], [])


@pytest.mark.parametrize("rankdir", ["TB", "RL"])
def test_rankdir_turns_the_graph(rankdir):
    assert explore(neuron(), rankdir=rankdir).html != explore(neuron()).html


def test_the_page_begins_in_the_language_asked_for():
    assert data(explore(neuron(), language="zh").html)["language"] == "zh"
    assert data(explore(neuron()).html)["language"] is None  # the browser's


def test_a_gradient_can_be_given_for_what_is_no_scalar():
    x = leaf([1.0, 2.0], "x")

    picture = explore(x * x, [1.0, 10.0])

    np.testing.assert_array_equal(picture.steps[-1].total, [2.0, 40.0])


def test_two_hundred_values_can_be_stepped_through():
    y = leaf(1.0, "x")
    for _ in range(190):
        y = mg.tanh(y)

    assert len(data(explore(y).html)["vertices"]) == 191


# ---- names -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", [ATTACK, "<b>", "权重", "two\nlines", '{{script}} "', "\ud800", "&amp;", "]]>"])
def test_no_name_can_break_out_of_the_page(name):
    ordinary = Tags(explore(leaf(1.0, "x") * 2).html).found

    tags = Tags(explore(leaf(1.0, name) * 2).html).found

    assert [tag for tag, _ in tags] == [tag for tag, _ in ordinary]
    assert not any(key.startswith("on") for _, attributes in tags for key in attributes)


@pytest.mark.parametrize("name", ['权重 <b> "q"', "\U0001f600 x", "</script>"])
def test_a_name_comes_through_whole(name):
    told = data(explore(leaf(1.0, name) * 2).html)

    assert told["vertices"][0] == name


# ---- text ------------------------------------------------------------------------------------------------------------


def test_printed_it_is_the_story(no_renderer):
    text = str(explore(neuron()))

    assert text.startswith("How tanh1 was computed, and how its gradients come back\n")
    assert "x.grad = 0.3932" in text


def test_printed_in_chinese(no_renderer):
    assert "把梯度传回 x" in str(explore(neuron(), language="zh"))


def test_the_text_also_says_what_mistakes_would_have_given(no_renderer):
    x = leaf(3.0, "x")

    assert "x.grad = 3   instead of 7" in str(explore(x * x + x))


def test_the_repr_says_what_to_do(no_renderer):
    said = repr(explore(neuron()))

    assert said.startswith("<Explorer of 12 steps: ")
    assert '.save("page.html")' in said
    assert "print()" in said


def test_steps_are_those_of_the_time_of_the_call():
    x = leaf(3.0, "x")
    y = x * x
    picture = explore(y)
    before = str(picture)

    y.backward()
    x.data.fill_(100.0)

    assert str(picture) == before
    assert data(picture.html)["numbers"][0]["lines"] == ["3"]
    assert "100" not in re.sub(r"<(style|script>).*?</", "", picture.html.split("<svg")[1].split("</svg>")[0])


def test_exploring_changes_nothing():
    x = leaf(3.0, "x")
    y = x * x

    _ = explore(y).html

    assert x.grad is None
    y.backward()
    assert x.grad.item() == 6


# ---- no renderer -----------------------------------------------------------------------------------------------------


def test_without_any_renderer_the_page_says_the_ways_out(no_renderer, tmp_path):
    picture = explore(neuron())

    with pytest.raises(RuntimeError, match="found no program that draws"):
        _ = picture.html
    with pytest.raises(RuntimeError, match="found no program that draws"):
        picture.save(tmp_path / "page.html")
    assert os.listdir(tmp_path) == ["empty"]


BARE = "http://www.w3.org/2000/svg"
NODES = "".join(f'<g id="n{i}" class="node"><path d="M0,0 1,1"/></g>' for i in range(6))


@pytest.mark.parametrize(
    ("drawing", "message"),
    [
        ("<svg", "but something else .*not well-formed|but something else .*unclosed"),
        ("<svg/>", "but none with a graph in it: b'<svg/>"),
        (f"<svg xmlns='{BARE}'><g/></svg>", "but none with a graph in it"),
        (f"<svg xmlns='{BARE}'><g>{NODES}</g></svg>", "but left out what some cards say"),
    ],
)
def test_a_drawing_that_is_not_graphviz_own_is_a_clear_error(program, monkeypatch, tmp_path, drawing, message):
    monkeypatch.setenv("MINIGRAD_DOT", str(program("dot", f"print({drawing!r})")))

    with pytest.raises(RuntimeError, match=rf"draw: the program that draws wrote no SVG .*({message}).*MINIGRAD_DOT"):
        explore(neuron()).save(tmp_path / "page.html")

    assert not (tmp_path / "page.html").exists()


def test_without_any_renderer_a_notebook_shows_the_ways_out_and_the_text(no_renderer):
    x = leaf(3.0, "<x>")

    shown = explore(x * x)._repr_html_()

    assert shown.startswith("<pre>")
    assert "install Graphviz itself" in shown
    assert "&lt;x&gt;.grad" in shown
    assert "<x>" not in shown


# ---- saving and showing ----------------------------------------------------------------------------------------------


def test_save_writes_the_page_and_nothing_else(tmp_path):
    picture = explore(neuron())

    path = picture.save(tmp_path / "page.html")

    assert path == tmp_path / "page.html"
    assert path.read_text(encoding="utf-8") == picture.html
    assert os.listdir(tmp_path) == ["page.html"]


def test_save_replaces_an_older_page_and_gives_it_the_rights_of_any_new_file(tmp_path):
    (tmp_path / "other").write_text("")
    (tmp_path / "page.html").write_text("old")

    explore(neuron()).save(str(tmp_path / "page.html"))

    assert (tmp_path / "page.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    assert (tmp_path / "page.html").stat().st_mode == (tmp_path / "other").stat().st_mode


def test_a_save_that_fails_leaves_the_older_page(tmp_path, monkeypatch):
    (tmp_path / "page.html").write_text("old")
    picture = explore(neuron())

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        picture.save(tmp_path / "page.html")

    assert os.listdir(tmp_path) == ["page.html"]
    assert (tmp_path / "page.html").read_text() == "old"


def test_a_missing_folder_is_a_clear_error(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"explore: there is no folder .*nowhere; make it first"):
        explore(neuron()).save(tmp_path / "nowhere" / "page.html")


def test_a_folder_is_no_file(tmp_path):
    with pytest.raises(IsADirectoryError, match=r"explore: .* is a folder; give the name of a file in it"):
        explore(neuron()).save(tmp_path)


def test_where_a_notebook_takes_frames_out_a_sentence_says_what_to_do():
    shown = explore(neuron())._repr_html_()

    left = re.sub("<.*?>", "", shown, flags=re.S)
    assert left == "Run this cell to see the explorer. 运行此单元即可看到反向传播演示。"


def test_a_notebook_shows_the_page_in_a_sandbox():
    picture = explore(leaf(1.0, '"> & <x>') * 2)

    (tag, attributes), *rest = Tags(picture._repr_html_()).found

    assert (tag, attributes["sandbox"], rest) == ("iframe", "allow-scripts", [])
    assert attributes["srcdoc"] == picture.html
    assert "src" not in attributes


# ---- what cannot be explored -----------------------------------------------------------------------------------------


def freed():
    y = neuron()
    y.backward()
    return y


def long():
    y = leaf(1.0, "x")
    for _ in range(300):
        y = y * 1.01
    return y


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda: np.ones(3), TypeError, "expected one tensor, but got ndarray"),
        (lambda: [neuron()], TypeError, "expected one tensor, but got list"),
        (lambda: leaf(1.0, "x"), ValueError, "is a leaf, nothing was computed"),
        (lambda: leaf([1.0, 2.0], "x") * 2, RuntimeError, "only a scalar has a gradient without being told more"),
        (lambda: mg.tensor(1.0) * 2, RuntimeError, "does not require grad"),
        (freed, RuntimeError, "has been freed"),
        (long, ValueError, "there are more than 200 values"),
    ],
)
def test_what_has_no_steps_is_refused_at_the_call(make, error, message):
    with pytest.raises(error, match=message):
        explore(make())


def test_an_unknown_language_is_refused():
    with pytest.raises(ValueError, match="explore: language must be one of en, zh, but got 'fr'"):
        explore(neuron(), language="fr")


def test_an_unknown_direction_is_refused_at_the_call():
    with pytest.raises(ValueError, match="rankdir must be one of LR, TB, RL, BT, but got 'up'"):
        explore(neuron(), rankdir="up")


# ---- what is loaded --------------------------------------------------------------------------------------------------


def test_the_explorer_loads_no_matplotlib():
    code = "import sys, minigrad; minigrad.viz.explore; print('matplotlib' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split() == [
        "False"
    ]


def test_explore_returns_an_explorer():
    assert isinstance(explore(neuron()), Explorer)
