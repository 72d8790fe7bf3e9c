"""The page that plays an animation, in a real browser: it runs by itself, and obeys buttons, slider and keys."""

import io

import numpy as np
import pytest
from PIL import Image

from minigrad.viz.animation import Animation

pytestmark = pytest.mark.browser
GREYS = [0, 60, 120, 180, 240]


def flat(ax, i):
    """A picture of one grey, which tells the frame."""
    ax.imshow(np.full((2, 2), GREYS[i]), cmap="gray", vmin=0, vmax=255, aspect="auto")


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    labels = [f"grey {grey}" for grey in GREYS]
    path = tmp_path_factory.mktemp("player") / "greys.html"
    return Animation(flat, labels, title="five <greys>", seconds=0.1, hold=0.3).save(path)


@pytest.fixture
def opened(chromium, file):
    """Open the page, playing unless it is to stand still; no console message and no request to elsewhere is allowed."""
    contexts, messages, requests = [], [], []

    def open_page(still=True, **settings):
        contexts.append(chromium.new_context(reduced_motion="reduce" if still else "no-preference", **settings))
        page = contexts[-1].new_page()
        page.on("console", lambda message: messages.append(message.text))
        page.on("pageerror", lambda error: messages.append(str(error)))
        page.on("request", lambda request: requests.append(request.url))
        page.goto(file.as_uri())
        page.locator("#slider[aria-valuetext]").wait_for()
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert messages == []
    assert [url for url in requests if not url.startswith(("file:", "data:"))] == []


def state(page):
    """Which frame slider and label tell, and which one the middle of the picture shows."""
    box = page.locator("#picture").bounding_box()
    middle = {"x": box["x"] + box["width"] / 2, "y": box["y"] + box["height"] / 2, "width": 1, "height": 1}
    pixel = Image.open(io.BytesIO(page.screenshot(clip=middle))).convert("L").getpixel((0, 0))
    shown = int(np.argmin([abs(pixel - grey) for grey in GREYS]))
    told = int(page.locator("#slider").input_value())
    assert page.locator("#label").text_content() == f"grey {GREYS[told]}"
    return told, shown


def wait_for(page, frame):
    page.locator(f"#slider[aria-valuetext='grey {GREYS[frame]}']").wait_for(timeout=10_000)


def test_it_plays_by_itself_and_begins_again(opened):
    page = opened(still=False)

    wait_for(page, 4)
    wait_for(page, 1)
    assert page.locator("#play").get_attribute("aria-label") == "pause"


def test_it_stands_still_for_who_wants_less_motion(opened):
    page = opened()

    page.wait_for_timeout(400)
    assert state(page) == (0, 0)
    assert page.locator("#play").get_attribute("aria-label") == "play"


def test_play_and_pause(opened):
    page = opened()

    page.locator("#play").click()
    wait_for(page, 2)
    page.locator("#play").click()
    before = state(page)
    page.wait_for_timeout(500)

    assert state(page) == before
    assert page.locator("#play").get_attribute("aria-label") == "play"


def test_buttons_go_one_frame_and_stop_at_the_ends(opened):
    page = opened()

    page.locator("#back").click()
    assert state(page) == (0, 0)
    for expected in (1, 2, 3, 4, 4):
        page.locator("#forward").click()
        assert state(page) == (expected, expected)
    page.locator("#back").click()
    assert state(page) == (3, 3)


def test_the_slider_goes_anywhere_and_stops_the_playing(opened):
    page = opened(still=False)

    page.locator("#slider").fill("3")
    page.wait_for_timeout(400)

    assert state(page) == (3, 3)


@pytest.mark.parametrize("focus", [None, "#slider", "#play"])
def test_keys_do_what_they_say_and_once_wherever_the_focus_is(opened, focus):
    page = opened()
    if focus:
        page.locator(focus).focus()

    for key, expected in [("End", 4), ("ArrowRight", 4), ("ArrowLeft", 3), ("Home", 0), ("ArrowRight", 1)]:
        page.keyboard.press(key)
        assert state(page) == (expected, expected)
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "pause"
    page.keyboard.press("Space")
    assert page.locator("#play").get_attribute("aria-label") == "play"


def test_speed_is_chosen_or_changed_by_key(opened):
    page = opened()

    page.keyboard.press("+")
    assert page.locator("#speed").input_value() == "2"
    page.locator("#speed").select_option("0.25")
    page.keyboard.press("Home")
    page.locator("#play").click()
    page.wait_for_timeout(250)  # a frame takes 0.1 s, and a quarter of the speed makes it 0.4
    assert int(page.locator("#slider").input_value()) <= 1


@pytest.mark.parametrize("viewport", [(390, 760), (520, 510), (1280, 720)], ids=["phone", "notebook cell", "slide"])
def test_everything_fits_into_the_window(opened, viewport):
    page = opened(viewport={"width": viewport[0], "height": viewport[1]})

    for name in ("#picture", "#play", "#slider", "#label", "#speed"):
        box = page.locator(name).bounding_box()
        assert 0 <= box["x"] <= box["x"] + box["width"] <= viewport[0]
        assert 0 <= box["y"] <= box["y"] + box["height"] <= viewport[1]


@pytest.mark.parametrize(("scheme", "dark"), [("light", False), ("dark", True)])
def test_the_page_is_dark_where_the_reader_wants_it_dark(opened, scheme, dark):
    page = opened(color_scheme=scheme)

    color = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red = int(color.removeprefix("rgb(").split(",")[0])
    assert (red < 60) == dark


def test_the_title_is_text(opened):
    page = opened()

    assert page.title() == "five <greys>"
    assert page.locator("#picture").get_attribute("aria-label") == "five <greys>"


def test_in_a_notebooks_frame_it_plays_too(chromium):
    frame = Animation(flat, ["a", "b", "c"], seconds=0.1)._repr_html_()
    page = chromium.new_page()

    page.set_content(frame)
    page.frame_locator("iframe").locator("#slider[aria-valuetext=c]").wait_for(timeout=10_000)
    page.close()


def test_where_it_cannot_run_a_sentence_says_so(chromium, file):
    context = chromium.new_context(java_script_enabled=False, viewport={"width": 320, "height": 640})
    page = context.new_page()

    page.goto(file.as_uri())
    page.wait_for_timeout(1500)

    assert page.locator("#asleep").is_visible()
    context.close()


def test_where_it_runs_that_sentence_is_gone(opened):
    assert opened().locator("#asleep").count() == 0
