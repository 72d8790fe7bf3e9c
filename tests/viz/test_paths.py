"""Optimizer paths on surfaces of two numbers: the numbers that are drawn, and what is said where there are none."""

import io
import re

import numpy as np
import pytest

import minigrad as mg
from minigrad import optim
from minigrad.viz.paths import FIGURE_SPACE, OPTIMIZERS, animate_race, follow, plot_paths, visible
from minigrad.viz.surfaces import SURFACES, Surface

# Written down once more by hand: the gradients of the surfaces.
SLOPES = {
    "rosenbrock": lambda x, y: (-2 * (1 - x) - 400 * x * (y - x**2), 200 * (y - x**2)),
    "beale": lambda x, y: (
        2 * (1.5 - x + x * y) * (y - 1)
        + 2 * (2.25 - x + x * y**2) * (y**2 - 1)
        + 2 * (2.625 - x + x * y**3) * (y**3 - 1),
        2 * (1.5 - x + x * y) * x + 4 * (2.25 - x + x * y**2) * x * y + 6 * (2.625 - x + x * y**3) * x * y**2,
    ),
    "rastrigin": lambda x, y: (2 * x + 20 * np.pi * np.sin(2 * np.pi * x), 2 * y + 20 * np.pi * np.sin(2 * np.pi * y)),
    "bowl": lambda x, y: (x, 50 * y),
    "saddle": lambda x, y: (x, y**3 - y),
}


def sgd(slope, p, lr, momentum=0.0):
    v = np.zeros(2)
    while True:
        v = momentum * v + np.array(slope(*p))
        p = p - lr * v
        yield p


def adam(slope, p, lr, betas=(0.9, 0.999)):
    m, v, t = np.zeros(2), np.zeros(2), 0
    while True:
        g, t = np.array(slope(*p)), t + 1
        m, v = betas[0] * m + (1 - betas[0]) * g, betas[1] * v + (1 - betas[1]) * g**2
        p = p - lr * (m / (1 - betas[0] ** t)) / (np.sqrt(v / (1 - betas[1] ** t)) + 1e-8)
        yield p


BY_HAND = {"sgd": sgd, "momentum": lambda *given: sgd(*given, momentum=0.9), "adam": adam}


def line(ax, name):
    """The line whose label begins with name."""
    return next(found for found in ax.get_lines() if found.get_label().startswith(f"{name}:"))


def valley(p):
    return (p[0] - 1) ** 2 + 4 * p[1] ** 2


VIEW = ((-2, 2), (-2, 2))


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", BY_HAND)
def test_the_path_is_the_one_computed_by_hand(surface, name):
    racer, steps = OPTIMIZERS[name], 30

    path = follow(surface, lambda params: racer.make(params, racer.rates[surface]), steps)

    by_hand = BY_HAND[name](SLOPES[surface], np.array(SURFACES[surface].start), racer.rates[surface])
    expected = [SURFACES[surface].start, *(next(by_hand) for _ in range(steps))]
    np.testing.assert_allclose(path, expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SURFACES)
def test_no_slope_is_left_at_a_minimum_and_everything_around_it_is_higher(name):
    surface = SURFACES[name]
    around = np.random.default_rng(0).normal(0, 0.05, (2, 50))
    for minimum in surface.minima:
        here = surface.f(mg.tensor(np.array(minimum, float))).item()
        there = surface.f(mg.tensor(np.array(minimum, float)[:, None] + around)).numpy()

        assert np.allclose(SLOPES[name](*minimum), 0, atol=1e-12)
        assert (there > here).all()


@pytest.mark.parametrize("surface", SURFACES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_no_default_leaves_the_view_or_ends_higher_than_it_began(surface, name):
    racer, f = OPTIMIZERS[name], SURFACES[surface].f

    path = follow(surface, lambda params: racer.make(params, racer.rates[surface]), 500)

    assert visible(path, SURFACES[surface].view)[1] == ""
    assert f(mg.tensor(path[-1])).item() < f(mg.tensor(path[0])).item()


def test_the_bowl_is_fifty_times_steeper_one_way_than_the_other():
    hessian = mg.autograd.hessian(SURFACES["bowl"].f, mg.tensor([0.3, -0.2], dtype=mg.float64))

    assert np.linalg.cond(hessian.numpy()) == pytest.approx(50)


def test_the_picture_holds_paths_start_minimum_and_last_losses():
    ax = plot_paths("beale", ["momentum", "adam"], steps=40, lr={"adam": 0.05})

    path = follow("beale", lambda params: optim.Adam(params, lr=0.05), 40)
    loss = SURFACES["beale"].f(mg.tensor(path[-1])).item()
    np.testing.assert_array_equal(line(ax, "adam").get_xydata(), path)
    assert [text.get_text() for text in ax.get_legend().get_texts()][1] == f"adam: {loss:.3g}"
    marks = {found.get_label(): found.get_xydata()[0].tolist() for found in ax.get_lines()}
    assert marks["_start"] == [1, 1.5]
    assert marks["_minimum"] == [3, 0.5]
    assert (ax.get_xlim(), ax.get_ylim()) == SURFACES["beale"].view


@pytest.mark.parametrize(
    ("name", "curvature"), [("rosenbrock", 6000), ("beale", 60000), ("rastrigin", 400), ("bowl", 50), ("saddle", 7)]
)
def test_the_contour_lines_run_where_the_surface_has_their_height(name, curvature):
    ax = plot_paths(name, ["sgd"], steps=1)

    (contours,) = ax.collections
    assert len(contours.levels) >= 7
    step = (SURFACES[name].view[0][1] - SURFACES[name].view[0][0]) / 200  # of the grid; straight lines in between
    for level, way in zip(contours.levels, contours.get_paths(), strict=True):
        assert len(way.vertices)
        np.testing.assert_allclose(
            SURFACES[name].f(mg.tensor(way.vertices.T)).numpy(), level, rtol=0, atol=curvature * step**2 / 8
        )


def test_paths_are_told_apart_without_colour():
    ax = plot_paths("bowl", [*OPTIMIZERS], steps=3)

    looks = [(str(line(ax, name)._dash_pattern), line(ax, name).get_marker()) for name in OPTIMIZERS]
    assert len(set(looks)) == len(OPTIMIZERS)
    assert [line(ax, name).get_markevery() for name in OPTIMIZERS] == [[-1]] * len(OPTIMIZERS)


def test_another_view_gets_contour_lines_of_its_own():
    ax = plot_paths("rosenbrock", ["adam"], steps=2, start=(0.9, 0.9), view=np.array([[0.8, 1.2], [0.8, 1.2]]))

    (contours,) = ax.collections
    assert len(contours.levels) >= 8
    assert max(contours.levels) < SURFACES["rosenbrock"].f(mg.tensor([1.2, 0.8])).item()


def test_a_path_ends_where_it_leaves_the_view_and_the_legend_says_so():
    ax = plot_paths("bowl", ["sgd"], steps=50, lr=0.08)

    path = follow("bowl", lambda params: optim.SGD(params, lr=0.08), 50)
    outside = int(np.argmax((path[:, 1] < -1.8) | (path[:, 1] > 2.6)))
    assert 0 < outside < 10
    assert line(ax, "sgd").get_label() == f"sgd: left the view at step {outside}"
    np.testing.assert_array_equal(line(ax, "sgd").get_xydata()[:-1], path[:outside])
    assert not -1.8 <= line(ax, "sgd").get_ydata()[-1] <= 2.6


def test_what_overflows_is_followed_to_its_end_without_a_warning():
    path = follow("rosenbrock", lambda params: optim.SGD(params, lr=10.0), 20)

    gone = int(np.argmin(np.isfinite(path).all(axis=1)))
    assert 2 < gone < 20
    assert np.isnan(path[gone + 1 :]).all()
    points, end = visible(path, ((-1e300, 1e300), (-1e300, 1e300)))
    assert end == f"not finite at step {gone}" or end.startswith("left the view")
    assert np.isfinite(points).all()


def test_a_nan_ends_the_path_before_it():
    points, end = visible(np.array([[0.0, 0.0], [0.5, 0.5], [np.nan, 0.5], [np.nan, np.nan]]), VIEW)

    assert points.tolist() == [[0, 0], [0.5, 0.5]]
    assert end == "not finite at step 2"


def test_a_jump_to_the_end_of_the_numbers_is_drawn_to_just_outside():
    points, end = visible(np.array([[0.0, 0.0], [1e308, -1e307]]), VIEW)

    np.testing.assert_allclose(points[1], [4, -0.4])
    assert end == "left the view at step 1"


def test_a_function_of_ones_own_is_drawn_from_the_upper_left():
    ax = plot_paths(valley, ["adam"], steps=150, view=VIEW)

    assert ax.get_title() == "valley"
    path = line(ax, "adam").get_xydata()
    np.testing.assert_allclose(path[0], [-1.6, 1.6])
    np.testing.assert_allclose(path[-1], [1, 0], atol=0.1)
    (contours,) = ax.collections
    heights = [valley(mg.tensor(way.vertices[0])).item() for way in contours.get_paths()]
    np.testing.assert_allclose(heights, contours.levels, rtol=0.3)


def test_a_function_may_do_with_its_two_numbers_what_it_likes():
    matrix = mg.tensor([[2.0, 0.5], [0.5, 1.0]], dtype=mg.float64)

    ax = plot_paths(lambda p: p @ matrix @ p, ["sgd"], steps=2, lr=0.1, start=(1, 1), view=VIEW)

    expected = np.array([1, 1]) - 0.1 * 2 * matrix.numpy() @ [1, 1]
    np.testing.assert_allclose(line(ax, "sgd").get_xydata()[1], expected)


def test_a_plane_has_no_contour_lines():
    ax = plot_paths(lambda p: 0 * p.sum(), ["sgd"], steps=2, view=VIEW)

    assert len(ax.collections) == 0


def test_a_surface_of_ones_own_and_an_optimizer_of_ones_own():
    cup = Surface("x² + y²", lambda p: (p**2).sum(0), ((0, 0),), (1.0, 1.0), VIEW, (1.0,))

    ax = plot_paths(cup, {"mine": lambda params: optim.SGD(params, lr=0.25)}, steps=2)

    assert line(ax, "mine").get_xydata().tolist() == [[1, 1], [0.5, 0.5], [0.25, 0.25]]
    assert ax.get_title() == "surface: x² + y²"


def test_the_given_axes_are_drawn_on():
    from minigrad.viz.figure import new_axes

    ax = new_axes()

    assert plot_paths("bowl", steps=1, ax=ax) is ax


def test_the_race_is_shown_at_equal_distances_and_ends_at_the_last_step():
    from minigrad.viz.figure import new_axes

    race = animate_race("bowl", ["sgd", "adam"], steps=90, frames=10)
    ax = new_axes()
    race.draw(ax, 3)

    assert race.labels == [f"step {10 * i}" for i in range(10)]
    path = follow("bowl", lambda params: optim.SGD(params, lr=0.037), 30)
    np.testing.assert_array_equal(line(ax, "sgd").get_xydata(), path)
    assert ax.get_title() == "bowl, step 30"
    loss = SURFACES["bowl"].f(mg.tensor(path[-1])).item()
    assert line(ax, "sgd").get_label().rstrip(FIGURE_SPACE) == f"sgd: {loss:.3g}"


def test_no_step_is_shown_twice():
    assert animate_race("bowl", ["sgd"], steps=2, frames=50).labels == ["step 0", "step 1", "step 2"]
    assert animate_race("bowl", ["sgd"], steps=7, frames=1).labels == ["step 7"]


@pytest.mark.parametrize("draw", [plot_paths, animate_race])
@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        (
            ("rosenbrok",),
            {},
            ValueError,
            "no surface 'rosenbrok'; did you mean 'rosenbrock'. There are rosenbrock, beale",
        ),
        (("mountain",), {}, ValueError, "no surface 'mountain'; there are rosenbrock"),
        ((3.5,), {}, TypeError, "a name, a Surface or a function, but got 3.5"),
        (("bowl", ["adma"]), {}, ValueError, "no optimizer 'adma'; did you mean 'adam'. There are sgd, momentum"),
        (("bowl", []), {}, ValueError, "nobody races; name optimizers out of sgd"),
        (("bowl", ["sgd"]), {"lr": {"adamm": 1}}, ValueError, "no optimizer 'adamm'; did you mean 'adam"),
        (("bowl", {"mine": 0.1}), {}, TypeError, "'mine' must be a function of a list of parameters, but got 0.1"),
        (("bowl", {"mine": optim.SGD}), {"lr": 1}, ValueError, "lr is for optimizers by name"),
        (("bowl", ["sgd"]), {"lr": -1}, ValueError, "lr"),
        (("bowl",), {"steps": 0}, ValueError, "steps must be an integer of at least 1, given 0"),
        (("bowl",), {"steps": 2.5}, ValueError, "steps must be an integer of at least 1, given 2.5"),
        (("bowl",), {"start": (9, 0)}, ValueError, r"start must be two numbers inside the view .*got \(9, 0\)"),
        (("bowl",), {"start": 1.0}, ValueError, "start must be two numbers inside the view"),
        (("bowl",), {"view": ((1, 0), (0, 1))}, ValueError, "view must be .* each growing, given"),
        (("bowl",), {"view": "ab"}, ValueError, "view must be .* each growing, given 'ab'"),
        ((valley,), {}, ValueError, "a function needs view="),
        ((lambda p: p,), {"view": VIEW}, ValueError, r"one number for p \(2,\), but got shape \(2,\)"),
        ((lambda p: 3.0,), {"view": VIEW}, ValueError, "one number for p .* but got a float"),
        ((lambda p: p.sum() * np.nan,), {"view": VIEW}, ValueError, "finite nowhere in the view"),
    ],
)
def test_what_makes_no_sense_is_refused(draw, given, options, error, message):
    with pytest.raises(error, match=message):
        draw(*given, **options)


def test_a_race_needs_a_frame():
    with pytest.raises(ValueError, match="frames must be an integer of at least 1, given 0"):
        animate_race("bowl", frames=0)


def test_following_a_function_needs_a_start():
    with pytest.raises(ValueError, match=re.escape("give start=(x, y)")):
        follow(valley, lambda params: optim.SGD(params, lr=0.1), 3)


def test_the_number_of_steps_may_be_numpys():
    assert len(follow("bowl", lambda params: optim.SGD(params, lr=0.01), np.int64(5))) == 6
    plot_paths("bowl", steps=np.int64(2))


@pytest.mark.parametrize("name", ["$a_$", "_hidden", "a$b_$"])
def test_any_name_of_an_optimizer_or_a_surface_can_be_drawn_and_is_in_the_legend(name):
    ax = plot_paths(
        Surface(formula=r"$x_$", f=valley, minima=(), start=(0.0, 0.0), view=VIEW, levels=()),
        {name: lambda params: optim.SGD(params, lr=0.1)},
        steps=2,
    )

    ax.figure.savefig(io.BytesIO())

    assert name.replace("$", r"\$") in ax.get_legend().get_texts()[0].get_text()
    assert ax.get_title() == r"surface: \$x_\$"


def test_the_path_itself_is_public():
    path = mg.viz.follow("bowl", lambda params: optim.SGD(params, lr=0.01), steps=3)

    assert path.shape == (4, 2)
