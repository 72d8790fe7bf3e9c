"""The picture as a person sees it: opened from disk in a real browser, without any request to elsewhere."""

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.viz import draw

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium):
    page = chromium.new_page()
    yield page
    page.close()


def test_the_neurons_picture_shows_names_values_and_gradients(page, tmp_path):
    w, x, b = (mg.tensor(v, requires_grad=True, name=n) for n, v in {"w": 0.5, "x": 3.0, "b": -1.0}.items())
    y = mg.tanh(w * x + b)
    y.backward(retain_graph=True)
    picture = tmp_path / "neuron.svg"
    picture.write_bytes(draw(y).pipe(format="svg"))
    requests, errors = [], []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: errors.append(message.text))

    page.goto(picture.as_uri())

    texts = page.locator("svg text").all_text_contents()
    assert {"w", "x", "b", "tanh"} <= set(texts)
    assert {"0.4621", "2.359", "0.3932", "0.7864"} <= set(texts)  # y, and its slopes in w, x and b
    assert page.locator("svg").bounding_box()["width"] > 300
    assert [url for url in requests if not url.startswith("file:")] == []
    assert errors == []


def test_a_models_picture_has_its_modules_in_frames_and_runs_nothing_that_is_in_a_name(page, tmp_path):
    model = nn.Sequential({"<script>alert(1)</script>": nn.Linear(2, 2), "权重": nn.Tanh()})
    picture = tmp_path / "model.svg"
    picture.write_bytes(draw(model(mg.ones(1, 2)).sum()).pipe(format="svg"))
    dialogs, errors = [], []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message))
    page.on("console", lambda message: errors.append(message.text))

    page.goto(picture.as_uri())

    frames = [page.locator(f"#cluster{i}").bounding_box() for i in range(3)]
    assert all(frames[0]["width"] > inner["width"] > 0 for inner in frames[1:])
    card, frame = page.locator("#n3").bounding_box(), frames[1]
    assert frame["x"] < card["x"] < card["x"] + card["width"] < frame["x"] + frame["width"]
    assert page.locator("#a_cluster2 a").first.get_attribute("xlink:title") == "权重: Tanh"
    assert dialogs == errors == []
