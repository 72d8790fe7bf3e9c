"""The explorer as a person uses it: opened from disk in a real browser, with mouse, keys and fingers."""

import numpy as np
import pytest

import minigrad as mg
from minigrad.viz import explore

pytestmark = pytest.mark.browser

ATTACKS = [
    "</script><script>alert(1)</script>",
    '"><img src=x onerror=alert(2)>',
    "<!-- <script>",
    "' onclick='alert(3)",
]


@pytest.fixture
def visit(chromium, tmp_path):
    """Open the explorer of a tensor; afterwards nothing must have gone wrong on the page, nor been asked of others."""
    contexts, requests, complaints = [], [], []

    def open_page(root, *, frame=False, late=None, **settings):
        picture = explore(root)
        path = tmp_path / f"page{len(contexts)}.html"
        inside = picture._repr_html_() if late is None else f'<div style="{late}">{picture._repr_html_()}</div>'
        path.write_text(f"<!doctype html>{inside}" if frame else picture.html, encoding="utf-8")
        context = chromium.new_context(**({"viewport": {"width": 1280, "height": 800}} | settings))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.on("request", lambda request: requests.append(request.url))
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("dialog", lambda dialog: (complaints.append(f"dialog {dialog.message}"), dialog.dismiss()))
        page.goto(path.as_uri())
        (page.frame_locator("iframe") if frame else page).locator("#count:not(:empty)").wait_for(state="attached")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert [url for url in requests if not url.startswith(("file:", "data:", "about:"))] == []
    assert complaints == []


def leaf(value, name):
    return mg.tensor(np.asarray(value, dtype=np.float64), requires_grad=True, name=name)


def neuron():
    w, x, b = leaf(0.5, "w"), leaf(3.0, "x"), leaf(-1.0, "b")
    return mg.tanh(w * x + b)  # the vertices are w, x, mul1, b, add1, tanh1; there are 12 steps, the seed is the 7th


def square():
    x = leaf(3.0, "x")
    return x * x + x  # x, mul1, add1; 8 steps: 3 forward, the seed, and four contributions


def layer():
    x = mg.tensor(np.arange(6.0).reshape(3, 2), name="x")
    w, b = leaf([[0.5, -1.0], [2.0, 0.25]], "w"), leaf([0.1, -0.2], "b")
    return ((x @ w + b) ** 2).mean()


def go(page, step):
    """To a step, counted from 1, by the slider."""
    page.locator("#slider").fill(str(step - 1))


def count(page):
    return page.locator("#count").text_content()


def card(page, vertex, line="value"):
    return page.locator(f"#n{vertex} .{line}").all_text_contents()


def terms(page, place="#equation"):
    """[(caption, number)] of the terms there."""
    figures = page.locator(f"{place} figure").all()
    return [(f.locator("figcaption").text_content(), f.locator("output").text_content()) for f in figures]


# ---- the story -------------------------------------------------------------------------------------------------------


def test_it_begins_with_the_first_given_value_and_nothing_else(visit):
    page = visit(neuron())

    assert count(page) == "Step 1 of 12"
    assert [card(page, i) for i in range(6)] == [["0.5"], [""], [""], [""], [""], [""]]
    assert page.locator("#first").is_disabled()
    assert page.locator("#previous").is_disabled()
    assert page.locator("#title").text_content() == "w"


def test_next_computes_forward_and_then_passes_back(visit):
    page = visit(neuron())

    for _ in range(2):
        page.click("#next")
    assert page.locator("#title").text_content() == "mul1 = w * x"
    assert terms(page) == [("w", "0.5"), ("x", "3"), ("mul1", "1.5")]
    assert card(page, 2) == ["1.5"]
    for _ in range(5):
        page.click("#next")

    assert page.locator("#phase").text_content() == "Backward · a gradient is passed back"
    assert terms(page) == [("upstream gradient", "1"), ("local derivative", "0.7864"), ("contribution", "0.7864")]
    assert "g * (1 - out * out)" in page.locator("dd.rule").text_content()
    assert page.locator("dd.here").text_content() == "add1.grad += g * (1 - tanh1 * tanh1), where g = tanh1.grad"


def test_the_last_step_shows_every_value_and_gradient(visit):
    page = visit(neuron())

    page.click("#last")

    assert count(page) == "Step 12 of 12"
    assert page.locator("#next").is_disabled()
    assert [card(page, i, "grad") for i in range(6)] == [
        ["2.359"],
        ["0.3932"],
        ["0.7864"],
        ["0.7864"],
        ["0.7864"],
        ["1"],
    ]
    page.click("#first")
    assert count(page) == "Step 1 of 12"
    assert [card(page, i, "grad") for i in range(6)] == [["-"]] * 6


def test_a_gradient_grows_where_paths_meet(visit):
    page = visit(square())
    seen = []

    for step in range(4, 9):
        go(page, step)
        seen.append(card(page, 0, "grad")[0])

    assert seen == ["-", "-", "1", "4", "7"]
    assert terms(page, "#sum") == [("gradient so far", "4"), ("contribution", "3"), ("gradient now", "7")]
    assert "x accumulates" in page.locator(".accumulates").text_content()


def test_the_first_contribution_is_no_sum(visit):
    page = visit(square())

    go(page, 6)

    assert terms(page, "#sum") == []


def test_the_operation_and_its_edges_light_up_forward(visit):
    page = visit(neuron())

    go(page, 3)

    lit = page.locator("#graph .on").evaluate_all("all => all.map((e) => e.id)")
    assert sorted(lit) == ["e0_2_0", "e1_2_1", "e2", "op2"]
    assert page.locator("#n2.to").count() == 1
    assert page.locator(".flag").text_content() == "now"
    assert page.locator("#e0_2_0 path").evaluate("e => getComputedStyle(e).strokeDasharray") == "none"


def test_backward_the_edges_are_dashed_and_one_leads_to_the_receiver(visit):
    page = visit(square())

    go(page, 7)  # mul1 passes its gradient back to its first input

    lit = page.locator("#graph .on").evaluate_all("all => all.map((e) => e.id)")
    assert sorted(lit) == ["e0_1_0", "e1", "op1"]
    assert page.locator("#e0_1_0 path").evaluate("e => getComputedStyle(e).strokeDasharray") != "none"
    assert "back-now" in page.locator("#e0_1_0 path").evaluate("e => getComputedStyle(e).markerStart")
    assert page.locator(".parcel").text_content() == "+3"


def test_what_is_not_known_yet_is_pale(visit):
    page = visit(neuron())

    go(page, 3)

    pale = page.locator("#graph .unknown").evaluate_all("all => all.map((e) => e.id)")
    assert {"n3", "n4", "n5", "op4", "op5", "e4", "e5", "e2_4_0", "e3_4_1", "e4_5_0"} == set(pale)


def test_a_matrix_step_shows_rule_shapes_and_numbers(visit):
    page = visit(layer())

    page.click("#last")

    assert page.locator("dd.here").text_content() == "w.grad += x.mT @ g, where g = matmul1.grad"
    assert page.locator("dd.shapes").text_content() == "(2, 3) @ (3, 2) → (2, 2)"
    assert page.locator("#equation figcaption").all_text_contents()[-1] == "contribution (2, 2)"
    cells = page.locator("#equation figure").last.locator("td").all_text_contents()
    x, g = np.arange(6.0).reshape(3, 2), None
    g = 2 * (x @ [[0.5, -1.0], [2.0, 0.25]] + [0.1, -0.2]) / 6
    assert cells == [f"{value:.4g}".replace("-", "−") for value in (x.T @ g).ravel()]


def test_broadcasting_undone_is_said_and_shown(visit):
    page = visit(layer())

    go(page, 13)

    assert page.locator("#title").text_content() == "add1 = matmul1 + b passes its gradient back to b"
    assert "summed over axis 0: broadcasting undone" in page.locator("#equation .note").text_content()
    captions = page.locator("#equation figcaption").all_text_contents()
    assert captions[2:] == ["what the rule gives (3, 2)", "contribution (2,)"]


def test_many_numbers_are_squares_filled_or_hollow_by_their_sign(visit):
    x = leaf(np.linspace(-1, 1, 15).reshape(3, 5), "x")
    page = visit((x * 2).sum())

    go(page, 1)

    squares = page.locator("#equation figure svg rect")
    kinds = squares.evaluate_all("all => all.map((e) => e.classList[0])")
    assert kinds == ["minus"] * 7 + ["plus"] * 7  # and nothing where there is a 0
    widths = squares.evaluate_all("all => all.map((e) => e.getBoundingClientRect().width)")
    assert widths[0] > widths[5] > 0
    assert page.locator("#equation .range").text_content() == "-1 … 1"
    assert squares.first.evaluate("e => getComputedStyle(e).fill") == "none"


# ---- getting about ---------------------------------------------------------------------------------------------------


def test_arrow_keys_step_and_home_and_end_jump(visit):
    page = visit(neuron())

    counts = []
    for key in ("ArrowRight", "ArrowDown", "ArrowLeft", "End", "ArrowUp", "Home"):
        page.keyboard.press(key)
        counts.append(count(page).split()[1])

    assert counts == ["2", "3", "2", "12", "11", "1"]


def test_on_the_slider_an_arrow_key_is_one_step_too(visit):
    page = visit(neuron())

    page.focus("#slider")
    page.keyboard.press("ArrowRight")

    assert count(page) == "Step 2 of 12"


def test_keys_at_the_ends_go_no_further(visit):
    page = visit(neuron())

    page.keyboard.press("ArrowLeft")
    assert count(page) == "Step 1 of 12"
    page.keyboard.press("End")
    page.keyboard.press("ArrowRight")
    assert count(page) == "Step 12 of 12"


def test_the_slider_goes_to_any_step(visit):
    page = visit(neuron())
    box = page.locator("#slider").bounding_box()

    page.mouse.click(box["x"] + box["width"] - 2, box["y"] + box["height"] / 2)

    assert count(page) == "Step 12 of 12"
    assert page.get_attribute("#slider", "aria-valuetext") == "Step 12 of 12"


def test_a_click_on_a_card_goes_where_it_is_computed_or_its_gradient_is_complete(visit):
    page = visit(square())

    page.click("#n1")
    assert page.locator("#title").text_content() == "mul1 = x * x"
    go(page, 4)
    page.click("#n0")
    assert count(page) == "Step 8 of 8"


def test_a_click_on_an_operation_goes_where_it_computes_or_passes_back(visit):
    page = visit(square())

    page.click("#op2")
    assert page.locator("#title").text_content() == "add1 = mul1 + x"
    page.click("#last")
    page.click("#op2")
    assert page.locator("#title").text_content() == "add1 = mul1 + x passes its gradient back to mul1"


def test_a_card_can_be_reached_and_opened_by_keys(visit):
    page = visit(neuron())

    page.focus("#n4")
    page.keyboard.press("Enter")

    assert page.locator("#title").text_content() == "add1 = mul1 + b"
    assert page.locator("#n4").evaluate("e => e.getAttribute('aria-label')").startswith("intermediate")


# ---- quiz ------------------------------------------------------------------------------------------------------------


def test_the_quiz_hides_the_next_number_until_asked(visit):
    page = visit(neuron())
    page.check("#quiz")

    go(page, 3)
    assert card(page, 2) == ["?"]
    assert terms(page)[-1] == ("mul1", "?")
    assert "1.5" not in page.locator("#panel").inner_text()
    page.click("#reveal")

    assert card(page, 2) == ["1.5"]
    assert terms(page)[-1] == ("mul1", "1.5")
    assert page.locator("#guess").is_hidden()
    page.click("#next")
    page.click("#previous")
    assert terms(page)[-1] == ("mul1", "1.5")  # what was asked for stays


def test_on_the_way_back_the_quiz_hides_contribution_and_sum(visit):
    page = visit(square())
    page.check("#quiz")

    go(page, 8)

    assert card(page, 0, "grad") == ["4"]
    assert [number for _, number in terms(page, "#sum")] == ["4", "?", "?"]
    assert page.locator(".parcel").count() == 0
    assert "7" not in page.locator("#panel").inner_text()


def test_enter_reveals(visit):
    page = visit(neuron())
    page.check("#quiz")
    go(page, 3)
    page.locator("#title").click()

    page.keyboard.press("Enter")

    assert card(page, 2) == ["1.5"]


@pytest.mark.parametrize(("guess", "right"), [("0.79", True), ("0,7864", True), ("7.9e-1", True), ("0.75", False)])
def test_a_guess_is_right_to_two_digits(visit, guess, right):
    page = visit(neuron())
    page.check("#quiz")
    go(page, 8)

    page.fill("#answer", guess)
    page.keyboard.press("Enter")

    assert page.locator("#verdict").get_attribute("data-right") == ("yes" if right else "no")
    assert terms(page)[-1] == ("contribution", "0.7864" if right else "?")


def test_after_a_right_guess_there_is_nothing_left_to_ask(visit):
    page = visit(neuron())
    page.check("#quiz")
    go(page, 8)

    page.fill("#answer", "0.7864")
    page.keyboard.press("Enter")

    assert page.locator("#verdict").text_content() == "Right!"
    assert not any(page.locator(part).is_visible() for part in ("#answer", "#check", "#reveal"))


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_the_verdict_can_be_seen_at_once(visit, width, height):
    x = leaf(0.5, "x")
    page = visit(mg.tanh(x * x + x), viewport={"width": width, "height": height})
    page.check("#quiz")

    for step in (2, 3, 4, 6, 7, 8, 9, 10):
        go(page, step)
        page.fill("#answer", "77")
        page.click("#check")
        box = page.locator("#verdict").bounding_box()
        for y in (box["y"] + 2, box["y"] + box["height"] - 2):
            assert page.evaluate("([x, y]) => document.elementFromPoint(x, y)?.id", [box["x"] + 9, y]) == "verdict", (
                step
            )


@pytest.mark.parametrize(("step", "question"), [(3, "What comes out?"), (8, "What is the contribution?")])
def test_the_quiz_says_which_number_it_asks_for(visit, step, question):
    page = visit(neuron())
    page.check("#quiz")

    go(page, step)

    assert page.locator("#question").text_content() == question


def test_the_quiz_keeps_the_right_numbers_of_a_wrong_way_back(visit):
    x = mg.tensor(3.0, requires_grad=True, name="x")
    page = visit(x * x + x)
    page.select_option("#way", "overwriting")
    assert page.locator("#wrong table").count() == 1

    page.check("#quiz")

    assert page.locator("#wrong table").count() == 0
    assert page.locator("#wrong p").text_content() != ""


def test_a_guess_that_is_no_number_is_said_to_be_none(visit):
    page = visit(neuron())
    page.check("#quiz")
    go(page, 8)

    page.fill("#answer", "many")
    page.click("#check")

    assert page.locator("#verdict").text_content() == "Please type a number."
    assert terms(page)[-1] == ("contribution", "?")


def test_arrow_keys_in_the_answer_do_not_step(visit):
    page = visit(neuron())
    page.check("#quiz")
    go(page, 8)

    page.fill("#answer", "12")
    page.keyboard.press("ArrowLeft")

    assert count(page) == "Step 8 of 12"


def test_given_values_are_no_question(visit):
    page = visit(neuron())

    page.check("#quiz")

    assert card(page, 0) == ["0.5"]
    assert page.locator("#guess").is_hidden()


# ---- languages and wrong ways ----------------------------------------------------------------------------------------


def test_the_language_changes_everything_but_the_names(visit):
    page = visit(neuron())
    go(page, 8)

    page.click("#language")

    assert page.locator("html").get_attribute("lang") == "zh-CN"
    assert count(page) == "第 8 步，共 12 步"
    assert page.locator("#title").text_content() == "tanh1 = tanh(add1) 把梯度传回 add1"
    assert terms(page)[0] == ("上游梯度", "1")
    assert page.locator("#next").get_attribute("aria-label") == "下一步"
    assert page.locator("#n0 [data-say=value]").text_content() == "值"
    page.click("#language")
    assert count(page) == "Step 8 of 12"


@pytest.mark.parametrize(("locale", "button"), [("zh-CN", "English"), ("en-US", "中文"), ("fr-FR", "中文")])
def test_the_page_opens_in_the_language_of_the_browser(chromium, tmp_path, locale, button):
    explore(neuron()).save(tmp_path / "page.html")
    context = chromium.new_context(locale=locale)
    page = context.new_page()

    page.goto((tmp_path / "page.html").as_uri())
    page.locator("#count:not(:empty)").wait_for()

    assert page.text_content("#language") == button
    context.close()


def test_every_text_of_the_page_is_there_in_both_languages(visit):
    page = visit(layer())

    missing = page.evaluate("Object.keys(WORDS.en).filter((word) => !(word in WORDS.zh))")
    asked = "[...document.querySelectorAll('[data-say], [data-label]')].map((e) => e.dataset.say ?? e.dataset.label)"
    unknown = page.evaluate(f"{asked}.filter((word) => !(word in WORDS.en))")

    assert (missing, unknown) == ([], [])
    assert page.evaluate("Object.keys(WORDS.zh).length === Object.keys(WORDS.en).length")


def test_a_wrong_way_is_shown_beside_the_right_one(visit):
    page = visit(square())
    page.click("#last")

    page.select_option("#way", "overwriting")

    assert "only the last of them is left" in page.locator("#wrong p").text_content()
    assert page.locator("#wrong tbody tr").all_inner_texts() == ["x\t7\t✗ 3"]
    assert page.locator(".wrong-number").all_text_contents() == ["✗ 3"]
    assert card(page, 0, "grad") == ["7"]
    page.select_option("#way", "")
    assert page.locator("#wrong").is_hidden()
    assert page.locator(".wrong-number").count() == 0


def test_a_wrong_number_waits_for_the_whole_right_one(visit):
    page = visit(square())
    page.select_option("#way", "overwriting")

    go(page, 7)

    assert page.locator(".wrong-number").count() == 0


def test_a_way_that_makes_no_difference_says_so(visit):
    page = visit(neuron())

    page.select_option("#way", "broadcasting not undone")

    assert "Makes no difference here" in page.locator("#wrong").text_content()
    assert page.locator("#wrong table").count() == 0


def test_forgetting_to_undo_broadcasting_shows_the_stretched_gradient(visit):
    page = visit(layer())
    page.click("#last")

    page.select_option("#way", "broadcasting not undone")

    assert "b.grad keeps the stretched shape (3, 2)" in page.locator("#wrong").text_content()
    assert page.locator("#wrong tbody th").all_text_contents() == ["b"]


# ---- zoom and pan ----------------------------------------------------------------------------------------------------


def view(page):
    return [float(n) for n in page.locator("#graph > svg").get_attribute("viewBox").split()]


def middle(page, selector="#graph > svg"):
    box = page.locator(selector).bounding_box()
    return box["x"] + box["width"] / 2, box["y"] + box["height"] / 2


def test_all_of_a_small_graph_is_seen_at_first(visit):
    page = visit(neuron())
    frame = page.locator("#graph").bounding_box()

    boxes = [page.locator(f"#n{i} .box").bounding_box() for i in range(6)]

    assert all(frame["x"] < box["x"] and box["x"] + box["width"] < frame["x"] + frame["width"] for box in boxes)
    assert all(frame["y"] < box["y"] and box["y"] + box["height"] < frame["y"] + frame["height"] for box in boxes)


def test_buttons_zoom_and_show_all_again(visit):
    page = visit(neuron())
    whole = view(page)

    page.click("#zoom-in")
    assert view(page)[2] == pytest.approx(whole[2] / 1.25)
    page.click("#zoom-out")
    page.click("#zoom-out")
    assert view(page)[2] == pytest.approx(whole[2] * 1.25)
    page.click("#zoom-fit")
    assert view(page) == pytest.approx(whole)


def test_the_wheel_zooms_where_the_mouse_is(visit):
    page = visit(neuron())
    before = page.locator("#n5 .box").bounding_box()
    point = before["x"] + before["width"] / 2, before["y"] + before["height"] / 2

    page.mouse.move(*point)
    page.mouse.wheel(0, -60)
    page.wait_for_function("width => document.querySelector('#n5 .box').getBoundingClientRect().width > width",
                           arg=before["width"] + 1)  # fmt: skip

    assert middle(page, "#n5 .box") == pytest.approx(point, abs=1.5)


def test_dragging_moves_the_graph_and_is_no_click(visit):
    page = visit(neuron())
    x, y = middle(page, "#n5 .box")

    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x - 30, y + 10)
    page.mouse.move(x - 60, y + 20)
    page.mouse.up()

    assert middle(page, "#n5 .box") == pytest.approx((x - 60, y + 20), abs=6)
    assert count(page) == "Step 1 of 12"


def test_two_fingers_pinch(visit):
    page = visit(neuron(), has_touch=True)
    before = view(page)
    x, y = middle(page)

    session = page.context.new_cdp_session(page)
    for kind, span in (("touchStart", 40), ("touchMove", 60), ("touchMove", 80)):
        points = [{"x": x - span, "y": y, "id": 0}, {"x": x + span, "y": y, "id": 1}]
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": points})
    session.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})

    assert view(page)[2] == pytest.approx(before[2] / 2, rel=0.1)


def test_what_is_lit_comes_into_view(visit):
    y = leaf(0.5, "x")
    for _ in range(40):
        y = mg.tanh(y)
    page = visit(y)
    frame = page.locator("#graph").bounding_box()

    go(page, 41)

    x, y = middle(page, "#n40 .box")
    assert frame["x"] < x < frame["x"] + frame["width"]
    assert frame["y"] < y < frame["y"] + frame["height"]


def test_where_not_all_that_is_lit_has_room_the_operation_does(visit):
    x = leaf(0.5, "x")
    y = x
    for _ in range(30):
        y = mg.tanh(y) * x
    page = visit(y)
    frame = page.locator("#graph").bounding_box()

    page.click("#last")
    go(page, 64)  # the first contribution to x, which lies at the other end

    assert page.locator("#title").text_content() == "mul30 = tanh30 * x passes its gradient back to x"
    x, y = middle(page, "#op60 .box")
    assert frame["x"] < x < frame["x"] + frame["width"]
    assert frame["y"] < y < frame["y"] + frame["height"]


def is_drawn(frame):
    """Whether the graph is there, large enough to be read, and its lit frames lie around their cards."""
    width, height = (float(n) for n in frame.locator("#graph > svg").get_attribute("viewBox").split()[2:])
    box, around = (frame.locator(f"#n0 .{part}").bounding_box() for part in ("box", "frame"))
    return min(width, height) > 0 and box["width"] > 30 and box["width"] < around["width"] < 2 * box["width"]


@pytest.mark.parametrize("hidden", ["display: none", "width: 0", "height: 0"])
def test_a_frame_may_get_its_size_late(visit, hidden):
    page = visit(square(), frame=True, late=hidden)
    page.wait_for_timeout(100)  # the page in the frame has run by now

    page.evaluate("document.querySelector('div').style = ''")
    page.wait_for_function("document.querySelector('iframe').getBoundingClientRect().height > 700")
    page.wait_for_timeout(100)

    frame = page.frame_locator("iframe")
    assert is_drawn(frame)
    frame.locator("#last").click()
    assert frame.locator("#n0 .grad").text_content() == "7"


def test_a_folded_cell_keeps_the_view(visit):
    page = visit(square(), frame=True, late="")
    frame = page.frame_locator("iframe")
    frame.locator("#zoom-in").click()
    before = frame.locator("#graph > svg").get_attribute("viewBox")

    for style in ("display: none", ""):
        page.evaluate("style => { document.querySelector('div').style = style; }", style)
        page.wait_for_timeout(100)

    assert frame.locator("#graph > svg").get_attribute("viewBox") == before


def test_a_lower_window_keeps_what_was_zoomed_to(visit):
    page = visit(neuron(), viewport={"width": 390, "height": 844})
    page.click("#zoom-in")
    page.click("#zoom-in")
    before = view(page)

    page.set_viewport_size({"width": 390, "height": 700})
    page.wait_for_function("height => document.querySelector('#graph > svg').viewBox.baseVal.height < height - 1",
                           arg=before[3])  # fmt: skip

    assert view(page)[:3] == pytest.approx(before[:3])


@pytest.mark.parametrize(("width", "height", "is_zoomed"), [(1000, 800, True), (1000, 800, False), (1280, 700, False)])
def test_another_width_shows_all_again_and_another_height_where_nothing_was_moved(visit, width, height, is_zoomed):
    page = visit(neuron(), viewport={"width": 1280, "height": 800})
    if is_zoomed:
        page.click("#zoom-in")

    page.set_viewport_size({"width": width, "height": height})
    page.wait_for_timeout(100)
    after = view(page)

    page.click("#zoom-fit")
    assert view(page) == pytest.approx(after)


# ---- where it is seen ------------------------------------------------------------------------------------------------


def test_on_a_phone_the_panel_is_below_the_graph_and_buttons_are_large_enough(visit):
    page = visit(layer(), viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    go(page, 13)

    graph, panel = (page.locator(part).bounding_box() for part in ("#graph", "#panel"))
    buttons = [button.bounding_box() for button in page.locator("button:visible").all()]
    assert panel["y"] >= graph["y"] + graph["height"]
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert min(min(box["width"], box["height"]) for box in buttons) >= 40
    page.tap("#next")
    assert count(page) == "Step 14 of 14"


def test_nothing_is_wider_than_the_window(visit):
    page = visit(layer(), viewport={"width": 900, "height": 760})

    for step in range(1, 15):
        go(page, step)
        assert page.evaluate("document.documentElement.scrollWidth") == 900
        assert page.evaluate(
            "document.getElementById('panel').scrollWidth <= document.getElementById('panel').clientWidth"
        )


def test_no_contribution_is_cut_off(visit):
    x = leaf(np.linspace(-1, 1, 12).reshape(4, 3), "X")
    w, b = leaf(np.linspace(-2, 2, 6).reshape(3, 2), "W"), leaf([0.1, -0.2], "b")
    page = visit(((x @ w + b) ** 2).sum())

    for step in range(1, 16):
        go(page, step)
        assert page.locator("#panel").evaluate("e => e.scrollHeight - e.clientHeight") <= 0, step


def test_in_the_dark_the_page_is_dark(visit):
    page = visit(neuron(), color_scheme="dark")

    assert page.locator("body").evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(13, 19, 29)"


def test_in_a_notebooks_frame_it_works_without_rights(visit):
    page = visit(square(), frame=True)
    frame = page.frame_locator("iframe")

    frame.locator("#last").click()

    assert frame.locator("#count").text_content() == "Step 8 of 8"
    assert frame.locator("#n0 .grad").text_content() == "7"
    assert frame.locator("body").evaluate("() => self.origin") == "null"


@pytest.mark.parametrize("how", ["Enter", "button"])
def test_in_a_notebooks_frame_the_quiz_can_be_answered(visit, how):
    """Such a frame may submit no form."""
    frame = visit(square(), frame=True).frame_locator("iframe")
    frame.locator("#quiz").check()
    frame.locator("#slider").fill("5")
    frame.locator("#answer").fill("1")

    frame.locator("#answer").press("Enter") if how == "Enter" else frame.locator("#check").click()

    assert frame.locator("#verdict").text_content() == "Right!"


OLD = "delete window.DecompressionStream"  # a browser of 2022


@pytest.mark.parametrize("settings", [{}, {"java_script_enabled": False}])
def test_where_the_page_cannot_run_a_sentence_says_so(chromium, tmp_path, settings):
    context = chromium.new_context(**settings)
    context.add_init_script(OLD)
    page = context.new_page()

    page.goto(explore(neuron()).save(tmp_path / "page.html").as_uri())
    page.wait_for_timeout(1500)

    said = page.locator("#asleep")
    assert said.is_visible()
    assert "JavaScript" in said.text_content()
    context.close()


def test_where_it_runs_that_sentence_is_gone(visit):
    assert visit(neuron()).locator("#asleep").count() == 0


@pytest.mark.parametrize("name", ATTACKS)
def test_a_name_is_only_ever_text(visit, name):
    x = leaf(3.0, name)
    page = visit(x * x)

    page.keyboard.press("End")
    page.select_option("#way", "overwriting")
    page.click("#language")

    assert name[:20] in page.locator("#wrong").text_content()  # long names are cut
    assert page.locator("script").count() == 3
    assert page.locator("img").count() == 0


@pytest.mark.parametrize(("name", "said"), [("权重", "权重"), ("a\u202eb", "a\\u202eb"), ("権" * 30, "権" * 11 + "…")])
def test_cards_say_names_of_any_script_but_nothing_unseen(visit, name, said):
    x = leaf(3.0, name)
    page = visit(x * 2.0)

    heading = page.locator("#n0 text").first

    assert heading.text_content() == said
    box, text = page.locator("#n0 .box").bounding_box(), heading.bounding_box()
    assert text["x"] + text["width"] <= box["x"] + box["width"] + 1


def test_nan_and_infinity_are_shown_as_such(visit):
    x = leaf(0.0, "x")
    with np.errstate(all="ignore"):
        y = x.log() * x
    page = visit(y)

    page.click("#last")

    assert card(page, 1) == ["-Inf"]
    assert card(page, 0, "grad") == ["NaN"]
