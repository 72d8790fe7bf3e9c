"""Moving pictures: what is in the GIF and in the page, frame by frame, and a boundary that learns."""

import base64
import io
import json
import re
from html import unescape
from types import SimpleNamespace

import numpy as np
import pytest
from PIL import Image

import minigrad as mg
from minigrad import nn
from minigrad.viz.animation import Animation, animate_decision_boundary
from minigrad.viz.aside import snapshot
from minigrad.viz.figure import new_axes
from minigrad.viz.paths import animate_race
from minigrad.viz.player import page

X = np.array([[0.0, 0.0], [1.0, 1.0], [0.0, 1.0], [1.0, 0.0]])
Y = np.array([0, 0, 1, 1])


def bar(ax, i):
    """A bar of height i on an otherwise empty picture."""
    ax.bar([0], [i], color="#d55e00")
    ax.set(xlim=(-1, 1), ylim=(0, 4), title=f"bar {i}")


@pytest.fixture(scope="module")
def bars():
    return Animation(bar, ["none", "low", "high"], title="three bars", seconds=0.2, hold=1)


@pytest.fixture(scope="module")
def gif(bars):
    return bars.gif()


@pytest.fixture(scope="module")
def html(bars):
    return bars.html()


def contents(html):
    """What a page holds as data: its frames as RGBA images, labels and durations."""
    data = json.loads(re.search(r'<script type="application/json" id="data">(.*?)</script>', html, re.S)[1])
    pictures = [base64.b64decode(frame.removeprefix("data:image/png;base64,")) for frame in data["frames"]]
    images = [Image.open(io.BytesIO(picture)).convert("RGBA") for picture in pictures]
    return SimpleNamespace(images=images, labels=data["labels"], durations=data["durations"])


def share_of_orange(image):
    return np.mean(np.all(abs(np.asarray(image.convert("RGB")).astype(int) - [0xD5, 0x5E, 0]) < 12, axis=-1))


def test_a_gif_has_every_frame_with_its_time_and_repeats(gif):
    gif = Image.open(io.BytesIO(gif))
    frames = []
    for i in range(gif.n_frames):
        gif.seek(i)
        frames.append((gif.info["duration"], round(share_of_orange(gif) / 0.076)))
    assert gif.size == (480, 360)
    assert gif.info["loop"] == 0
    assert frames == [(200, 0), (200, 1), (1000, 2)]


def test_the_same_frames_are_the_same_bytes(bars, gif, tmp_path):
    path = Animation(bar, bars.labels, seconds=0.2, hold=1).save(tmp_path / "bars.gif")

    assert path.read_bytes() == gif


def test_paper_is_white_and_ink_black(gif):
    pixels = np.asarray(Image.open(io.BytesIO(gif)).convert("RGB"))

    assert pixels[0, 0].tolist() == [255, 255, 255]
    assert pixels.min() < 8


def test_shades_are_no_stripes():
    levels = np.linspace(0, 1, 200)
    shades = Animation(lambda ax, i: ax.imshow(levels[None], cmap="Blues", aspect="auto"), ["shades"])

    (drawn,) = shades.images()
    shown = Image.open(io.BytesIO(shades.gif())).convert("RGB")

    assert np.abs(np.asarray(drawn, int) - np.asarray(shown, int)).max() <= 4


def test_a_race_fits_on_a_readme(tmp_path):
    path = animate_race("rosenbrock", steps=200, frames=6).save(tmp_path / "race.gif")

    assert Image.open(io.BytesIO(path.read_bytes())).n_frames == 6
    assert path.stat().st_size < 6 * 30_000  # and so fifty frames less than 1.5 MB


def test_the_page_lays_each_frame_over_the_first(html):
    held = contents(html)

    first = held.images[0]
    whole = [Image.alpha_composite(first, image) for image in held.images]
    assert first.size == (960, 720)
    assert [round(share_of_orange(image) / 0.076) for image in whole] == [0, 1, 2]
    assert np.asarray(whole[2])[..., 3].min() == 255
    assert np.mean(np.asarray(held.images[1])[..., 3] == 0) > 0.5  # most of it is as in the first
    assert held.labels == ["none", "low", "high"]
    assert held.durations == [200, 200, 1000]


def test_the_page_asks_nobody_for_anything(html):
    assert "<title>three bars</title>" in html
    assert set(re.findall(r"https?://[^\s\"'<]*", html)) == set()
    assert re.findall(r"""(?:src|href)=["'](?!data:)""", html) == []
    assert "default-src 'none'" in html


def test_titles_and_labels_cannot_write_into_the_page():
    nasty = '</script><script>alert(1)</script> {{data}} " 中'

    html = page([b"", b""], [nasty, "<!--"], [100, 100], nasty)

    assert html.count("<script") == 2
    assert "alert(1)</script>" not in html
    assert contents_of_title(html) == nasty
    data = json.loads(re.search(r'id="data">(.*?)</script>', html, re.S)[1])
    assert data["labels"] == [nasty, "<!--"]


def contents_of_title(html):
    return unescape(re.search(r"<title>(.*?)</title>", html)[1])


def test_a_notebook_shows_the_page_in_a_frame_that_reaches_nothing(bars):
    frame = bars._repr_html_()

    assert frame.startswith('<iframe sandbox="allow-scripts" ')
    held = contents(unescape(re.search(r'srcdoc="([^"]*)"', frame)[1]))
    assert held.labels == ["none", "low", "high"]
    assert held.images[0].size == (480, 360)


def test_an_animation_says_how_to_write_it(bars):
    assert repr(bars) == 'Animation(\'three bars\', 3 frames); .save("name.gif") or .save("name.html") writes it'
    assert len(bars) == 3


def test_what_stands_beside_the_axes_stays_in_its_place():
    def draw(ax, i):
        image = ax.imshow([[0, 1], [1, i]], vmin=0, vmax=2)
        ax.figure.colorbar(image, ax=ax, label="height")
        ax.set_title("same")

    first, last = Animation(draw, ["a", "b"]).images()

    different = (np.asarray(first) != np.asarray(last)).any(axis=-1)
    rows, columns = np.nonzero(different)
    assert len(rows)
    assert columns.max() - columns.min() < 200  # one of the four squares


@pytest.mark.parametrize("name", ["bars.mp4", "bars", "bars.png"])
def test_an_unknown_ending_is_refused_before_anything_is_drawn(name, tmp_path):
    never = Animation(lambda ax, i: pytest.fail("it was drawn"), ["a"])

    with pytest.raises(ValueError, match=f"cannot write '{name}'; the name must end in .gif or .html"):
        never.save(tmp_path / name)


def test_a_missing_folder_is_refused_before_anything_is_drawn(tmp_path):
    never = Animation(lambda ax, i: pytest.fail("it was drawn"), ["a"])

    with pytest.raises(FileNotFoundError, match=r"no folder '.*nowhere' for 'a\.gif'; make it first"):
        never.save(tmp_path / "nowhere" / "a.gif")


@pytest.mark.parametrize(
    ("labels", "options", "message"),
    [
        ([], {}, "there are no frames; give a label for each"),
        (["a"], {"seconds": 0}, "a frame takes from 0.02 to 60 seconds, given seconds=0"),
        (["a"], {"hold": -1}, "a frame takes from 0.02 to 60 seconds, given seconds=0.08, hold=-1"),
    ],
)
def test_an_animation_without_frames_or_time_is_refused(labels, options, message):
    with pytest.raises(ValueError, match=message):
        Animation(bar, labels, **options)


# ---- a boundary that learns -----------------------------------------------------------------------------------------


@pytest.fixture
def line():
    """A model that decides by the first coordinate alone: class 1 where it is above its offset."""
    model = nn.Linear(2, 1)
    model.load_state_dict({"weight": np.array([[4.0, 0.0]]), "bias": np.array([-2.0])})
    return model


def moved(model, offset):
    state = snapshot(model)
    with mg.no_grad():
        state["bias"].fill_(-4.0 * offset)
    return state


def boundary(ax):
    """Where on the horizontal axis the only contour line runs."""
    (found,) = [
        way.vertices for contours in ax.collections if hasattr(contours, "levels") for way in contours.get_paths()
    ]
    return found[:, 0].mean()


def test_each_frame_is_drawn_from_its_own_snapshot(line):
    animation = animate_decision_boundary(line, [(0, moved(line, 0.25)), ("last", moved(line, 0.75))], X, Y)

    axes = [new_axes(), new_axes()]
    for i, ax in enumerate(axes):
        animation.draw(ax, i)
    assert [boundary(ax) for ax in axes] == pytest.approx([0.25, 0.75], abs=0.02)
    assert [ax.get_title() for ax in axes] == animation.labels == ["epoch 0", "last"]


def test_dollars_in_the_label_of_a_snapshot_are_no_mathematics(line):
    animation = animate_decision_boundary(line, [("lr $0.1$", snapshot(line))], X, Y)
    ax = new_axes()

    animation.draw(ax, 0)

    assert ax.get_title() == r"lr \$0.1\$"
    assert animation.labels == ["lr $0.1$"]


def test_the_model_is_put_back_after_each_frame(line):
    line.train()
    before = id(line.weight.array), id(line.bias.array), line.bias.tolist()

    animation = animate_decision_boundary(line, [(0, moved(line, 0.25)), (1, moved(line, 0.75))], X, Y)
    animation.draw(new_axes(), 1)

    assert (id(line.weight.array), id(line.bias.array), line.bias.tolist()) == before
    assert line.training


def test_columns_of_labels_limits_and_resolution_are_passed_on(line):
    animation = animate_decision_boundary(
        line, [(0, snapshot(line))], mg.tensor(X), mg.tensor(Y[:, None]), limits=((-1, 3), (-2, 2)), resolution=5
    )
    ax = new_axes()
    animation.draw(ax, 0)

    assert (ax.get_xlim(), ax.get_ylim()) == ((-1, 3), (-2, 2))


def test_a_boundary_is_written_as_a_gif(line, tmp_path):
    states = [(epoch, moved(line, epoch / 4)) for epoch in range(1, 4)]

    path = animate_decision_boundary(line, states, X, Y, resolution=20).save(tmp_path / "boundary.gif")

    assert Image.open(io.BytesIO(path.read_bytes())).n_frames == 3
    assert path.stat().st_size < 3 * 30_000


@pytest.mark.parametrize(
    ("snapshots", "x", "error", "message"),
    [
        ([], X, ValueError, r"there are no snapshots; in the training loop, do snapshots.append\("),
        ([{"weight": 1}], X, TypeError, r"snapshot 0 is no \(label, state\) pair"),
        ([(0, {"weight": np.zeros((1, 2))})], X, RuntimeError, "missing: 'bias'"),
        ([(0, {"weight": np.zeros((1, 3)), "bias": np.zeros(1)})], X, RuntimeError, "misshapen: 'weight'"),
        ([(0, {"weight": np.zeros((1, 2)), "bias": np.zeros(1)})], X[:, :1], ValueError, r"x must be \(N, 2\)"),
        (
            [(0, {"weight": np.zeros((1, 2)), "bias": np.zeros(1)})],
            X[:3],
            ValueError,
            r"x must be \(N, 2\) with N labels",
        ),
        ([(0, {"weight": np.full((1, 2), np.nan), "bias": np.zeros(1)})], X, ValueError, "NaN or Inf"),
    ],
)
def test_what_makes_no_boundary_is_refused_at_once(line, snapshots, x, error, message):
    with pytest.raises(error, match=message):
        animate_decision_boundary(line, snapshots, x, Y)


def test_a_state_that_training_goes_on_changing_is_refused(line):
    with pytest.raises(ValueError, match=r"snapshot 1 is the model's own memory.*keep snapshot\(model\)"):
        animate_decision_boundary(line, [(0, snapshot(line)), (1, line.state_dict())], X, Y)


def test_a_function_has_no_states_to_go_through():
    with pytest.raises(TypeError, match=r"animate_decision_boundary: expected a model, an nn\.Module, but got"):
        animate_decision_boundary(lambda x: x, [(0, {})], X, Y)
