"""The loss around a model: the numbers in the picture, and that looking leaves no trace on the model."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.viz.aside import moved_aside, snapshot
from minigrad.viz.figure import new_axes
from minigrad.viz.landscape import (
    filter_normalised,
    plot_landscape,
    plot_trajectory_landscape,
    principal_plane,
)

loss_fn = nn.MSELoss()


@pytest.fixture
def model():
    mg.manual_seed(3)
    return nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1))


@pytest.fixture
def data():
    generator = mg.Generator(4)
    return mg.randn(20, 2, generator=generator), mg.randn(20, 1, generator=generator)


@pytest.fixture
def trajectory(model, data):
    """Snapshots of a training, and the model at its end."""
    x, y = data
    optimizer = optim.SGD(model.parameters(), lr=0.1)
    found = [snapshot(model)]
    for _ in range(8):
        optimizer.zero_grad()
        loss_fn(model(x), y).backward()
        optimizer.step()
        found.append(snapshot(model))
    return found


def vector(state):
    return np.concatenate([value.numpy().ravel() for value in state.values()]).astype(np.float64)


def loss_at(model, theta, x, y):
    """The loss of a model in eval mode with the numbers theta, got by other means: load_state_dict."""
    twin = nn.Sequential(nn.Linear(2, 4), nn.Tanh(), nn.Dropout(0.5), nn.Linear(4, 1)).eval()
    ends = np.cumsum([p.numel() for p in twin.parameters()])[:-1]
    parts = zip(twin.state_dict().items(), np.split(theta, ends), strict=True)
    twin.load_state_dict({name: part.reshape(p.shape).astype(np.float32) for (name, p), part in parts})
    return loss_fn(twin(x), y).item()


def test_each_row_of_a_direction_is_as_long_as_the_row_of_the_weight():
    weight, filters, bias = mg.randn(5, 3, generator=mg.Generator(0)), mg.rand(4, 2, 3, 3), mg.rand(5)

    d, e, f = filter_normalised([weight, filters, bias], mg.Generator(1))

    np.testing.assert_allclose(np.linalg.norm(d, axis=1), np.linalg.norm(weight.numpy(), axis=1), rtol=1e-6)
    lengths = [np.linalg.norm(np.reshape(a, (4, -1)), axis=1) for a in (e, filters.numpy())]
    np.testing.assert_allclose(*lengths, rtol=1e-6)
    assert f.tolist() == [0] * 5
    assert abs(np.corrcoef(d.ravel(), weight.numpy().ravel())[0, 1]) < 0.9


def test_a_filter_of_zeros_stays():
    (direction,) = filter_normalised([mg.zeros(2, 3)], mg.Generator(0))

    assert direction.tolist() == [[0, 0, 0], [0, 0, 0]]


def test_the_picture_shows_the_loss_at_each_point_of_the_plane(model, data):
    ax = plot_landscape(model, loss_fn, *data, span=0.5, steps=41, generator=mg.Generator(7))

    generator = mg.Generator(7)
    d, e = (filter_normalised(list(model.parameters()), generator) for _ in range(2))
    d, e = (np.concatenate([part.ravel() for part in direction]) for direction in (d, e))
    filled = ax.collections[0]
    assert len(filled.levels) == 20
    edges = [(level, way) for level, way in zip(filled.levels, filled.get_paths(), strict=False) if len(way.vertices)]
    for level, way in edges[2::4]:  # each is filled from its level on
        inside = way.vertices[(abs(way.vertices) < 0.499).all(axis=1)][:: len(way.vertices) // 5 + 1]
        losses = [loss_at(model, vector(snapshot(model)) + a * d + b * e, *data) for a, b in inside]
        above = filled.levels[np.searchsorted(filled.levels, level) + 1]
        distance = np.minimum(abs(np.array(losses) - level), abs(np.array(losses) - above))
        assert np.all(distance < 0.05 * (above - level))
    assert (ax.get_xlim(), ax.get_ylim()) == ((-0.5, 0.5), (-0.5, 0.5))
    assert ax.figure.axes[1].get_ylabel() == "loss"


def test_the_lowest_and_the_highest_level_are_the_lowest_and_the_highest_loss(data):
    line = nn.Linear(2, 1, bias=False)
    with mg.no_grad():
        line.weight.copy_(mg.zeros(1, 2) + 1)

    ax = plot_landscape(line, lambda out, y: (line.weight**2).sum(), *data, steps=3, generator=mg.Generator(0))

    d, e = (filter_normalised([line.weight], source)[0] for source in [mg.Generator(0)] for _ in range(2))
    sides = (-1, 0, 1)
    losses = [((1 + a * d + b * e) ** 2).sum() for a in sides for b in sides]
    np.testing.assert_allclose(ax.collections[0].levels[[0, -1]], [min(losses), max(losses)], rtol=1e-5)


def test_the_same_generator_gives_the_same_picture(model, data):
    levels = [
        plot_landscape(model, loss_fn, *data, steps=4, generator=mg.Generator(seed)).collections[0].levels.tolist()
        for seed in (1, 1, 2)
    ]

    assert levels[0] == levels[1] != levels[2]


def everything_of(model):
    arrays = [t.array for t in [*model.parameters(), *model.buffers()]]
    return [id(a) for a in arrays], [a.tobytes() for a in arrays], [m.training for m in model.modules()]


class Counting(nn.Module):
    """It counts its calls in a buffer, in whatever mode."""

    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(2, 1)
        self.register_buffer("calls", mg.zeros(1))

    def forward(self, x):
        with mg.no_grad():
            self.calls += 1
        return self.layer(x)


def test_the_model_has_its_very_memory_bits_and_modes_afterwards(model, data, trajectory):
    model.train()
    model[0].eval()
    before = everything_of(model)

    plot_landscape(model, loss_fn, *data, steps=3)
    plot_trajectory_landscape(model, loss_fn, *data, trajectory, steps=3)

    assert everything_of(model) == before


def test_buffers_are_as_they_were(data):
    model = Counting()
    before = everything_of(model)

    plot_landscape(model, loss_fn, *data, steps=3)

    assert everything_of(model) == before
    assert model.calls.item() == 0


def test_the_model_is_put_back_when_the_loss_fails_on_the_way(model, data):
    before, calls = everything_of(model), []

    def failing(out, y):
        calls.append(out)
        if len(calls) == 5:
            raise RuntimeError("no more")
        return loss_fn(out, y)

    with pytest.raises(RuntimeError, match="no more"):
        plot_landscape(model, failing, *data, steps=3)
    assert everything_of(model) == before


def test_a_graph_recorded_before_can_still_be_walked_back(model, data):
    x, y = data
    model.eval()
    loss_fn(model(x), y).backward()
    expected = [p.grad.tolist() for p in model.parameters()]
    model.zero_grad()
    loss = loss_fn(model(x), y)

    plot_landscape(model, loss_fn, x, y, steps=3)
    loss.backward()

    assert [p.grad.tolist() for p in model.parameters()] == expected


def test_training_goes_on_as_if_nobody_had_looked(model, data, trajectory):
    x, y = data
    ends = []
    for look in (False, True):
        model.load_state_dict(trajectory[0])
        mg.manual_seed(0)
        optimizer = optim.Adam(model.parameters(), lr=0.1)
        for _ in range(3):
            optimizer.zero_grad()
            loss_fn(model(x), y).backward()
            optimizer.step()
            if look:
                plot_landscape(model, loss_fn, x, y, steps=2, generator=mg.Generator(0))
        ends.append(vector(snapshot(model)))

    np.testing.assert_array_equal(*ends)


def test_moved_aside_gives_copies():
    line = nn.Linear(2, 1)
    before = line.weight.tolist()

    with moved_aside(line), mg.no_grad():
        line.weight.zero_()

    assert line.weight.tolist() == before


def test_where_the_loss_is_not_finite_the_picture_is_empty(data):
    line = nn.Linear(2, 1)

    def logarithm(out, y):
        return mg.log((line.weight**2).sum() - 0.1 * (line.weight.detach() ** 2).max())

    ax = plot_landscape(line, logarithm, *data, steps=9, generator=mg.Generator(0))

    assert np.isfinite(ax.collections[0].levels).all()


def test_a_flat_loss_is_drawn_too(model, data):
    ax = plot_landscape(model, lambda out, y: 0 * out.sum() + 3, *data, steps=3)

    assert ax.collections[0].levels[0] < 3 < ax.collections[0].levels[-1]


def test_the_plane_is_the_one_of_a_singular_value_decomposition():
    points = np.random.default_rng(0).normal(size=(9, 5)) * [5, 1, 3, 0.5, 0.1]

    plane, shares = principal_plane(points)

    variances, axes = np.linalg.eigh(np.cov(points.T))
    np.testing.assert_allclose(shares, (variances / variances.sum())[[-1, -2]])
    assert shares.sum() <= 1
    np.testing.assert_allclose(abs(plane @ axes[:, [-1, -2]]), np.eye(2), atol=1e-12)
    assert (plane @ (points[-1] - points[0]) >= 0).all()


def test_points_in_a_plane_have_all_their_variance_there():
    rng = np.random.default_rng(0)
    points = rng.normal(size=(6, 2)) @ rng.normal(size=(2, 7))

    assert principal_plane(points)[1].sum() == pytest.approx(1)


def test_the_path_is_drawn_in_its_plane_with_the_shares_at_the_axes(model, data, trajectory):
    ax = plot_trajectory_landscape(model, loss_fn, *data, trajectory, steps=5)

    points = np.stack([vector(state) for state in trajectory])
    plane, shares = principal_plane(points)
    path, start, end = ax.get_lines()
    np.testing.assert_allclose(path.get_xydata(), (points - points[-1]) @ plane.T)
    assert start.get_xydata()[0].tolist() == path.get_xydata()[0].tolist()
    assert end.get_xydata().tolist() == [[0, 0]]
    assert ax.get_xlabel() == f"first component ({shares[0]:.0%} of the variance)"
    assert ax.get_ylabel() == f"second component ({shares[1]:.0%} of the variance)"
    (left, right), (bottom, top) = ax.get_xlim(), ax.get_ylim()
    x, y = path.get_xydata().T
    assert left < x.min() < x.max() < right
    assert bottom < y.min() < y.max() < top


def test_the_loss_of_the_plane_is_that_of_the_parameters_there(model, data, trajectory):
    ax = plot_trajectory_landscape(model, loss_fn, *data, trajectory, steps=2)

    points = np.stack([vector(state) for state in trajectory])
    plane, _ = principal_plane(points)
    corners = [points[-1] + np.array([a, b]) @ plane for a in ax.get_xlim() for b in ax.get_ylim()]
    losses = [loss_at(model, corner, *data) for corner in corners]
    np.testing.assert_allclose(ax.collections[0].levels[[0, -1]], [min(losses), max(losses)], rtol=1e-5)


@pytest.mark.parametrize("kind", [vector, mg.tensor, lambda point: ("epoch", point)], ids=["array", "tensor", "pair"])
def test_vectors_and_pairs_are_points_as_well(model, data, trajectory, kind):
    points = [kind(vector(state) if kind is mg.tensor else state) for state in trajectory]

    ax = plot_trajectory_landscape(model, loss_fn, *data, points, steps=2)

    twin = plot_trajectory_landscape(model, loss_fn, *data, trajectory, steps=2)
    np.testing.assert_array_equal(ax.get_lines()[0].get_xydata(), twin.get_lines()[0].get_xydata())


def test_a_path_along_a_line_still_gets_a_plane(data):
    line = nn.Linear(2, 1)
    points = [np.array([1.0, 2.0, 3.0]) * t for t in range(4)]

    ax = plot_trajectory_landscape(line, loss_fn, *data, points, steps=3)

    assert ax.get_xlabel() == "first component (100% of the variance)"
    assert ax.get_ylim()[1] - ax.get_ylim()[0] > 1


def test_a_snapshot_does_not_change_when_training_goes_on():
    line = nn.Linear(2, 1)
    kept, before = snapshot(line), line.weight.tolist()

    with mg.no_grad():
        line.weight.zero_()

    assert kept["weight"].tolist() == before


def test_the_given_axes_are_drawn_on(model, data, trajectory):
    ax, other = new_axes(), new_axes()

    assert plot_landscape(model, loss_fn, *data, steps=2, ax=ax) is ax
    assert plot_trajectory_landscape(model, loss_fn, *data, trajectory, steps=2, ax=other) is other


@pytest.mark.parametrize(
    ("given", "options", "error", "message"),
    [
        ((nn.Tanh(), loss_fn), {}, ValueError, "Tanh has no parameters, so its loss has no landscape"),
        ((nn.Sequential(), loss_fn), {}, ValueError, "Sequential has no parameters"),
        ((len, loss_fn), {}, TypeError, "expected a model, an nn.Module, but got builtin"),
        ((nn.Linear(2, 1), loss_fn), {"steps": 0}, ValueError, "steps must be an integer of at least 2, given 0"),
        ((nn.Linear(2, 1), loss_fn), {"steps": 2.0}, ValueError, "steps must be an integer of at least 2, given 2.0"),
        ((nn.Linear(2, 1), loss_fn), {"span": 0}, ValueError, "span must be a positive number, but got 0"),
        ((nn.Linear(2, 1), loss_fn), {"span": "a"}, ValueError, "span must be a positive number, but got 'a'"),
        ((nn.Linear(2, 1), loss_fn), {"span": np.nan}, ValueError, "span must be a positive number, but got nan"),
        (
            (nn.Linear(2, 1), lambda out, y: out - y),
            {},
            ValueError,
            r"one number, but got shape \(20, 1\); take its mean",
        ),
        ((nn.Linear(2, 1), lambda out, y: 3.0), {}, ValueError, "one number, but got a float"),
        (
            (nn.Linear(2, 1), lambda out, y: out.sum() * np.inf),
            {},
            ValueError,
            "loss of the model itself is -?(inf|nan)",
        ),
    ],
)
def test_what_has_no_landscape_is_refused(data, given, options, error, message):
    with pytest.raises(error, match=message):
        plot_landscape(*given, *data, **options)


class OnlyABias(nn.Module):
    def __init__(self):
        super().__init__()
        self.bias = nn.Parameter([1.0])

    def forward(self, x):
        return x + self.bias


def test_a_model_of_biases_has_no_random_direction(data):
    with pytest.raises(ValueError, match="no weight of two or more dimensions, and biases stay"):
        plot_landscape(OnlyABias(), loss_fn, *data)


@pytest.mark.parametrize(
    ("trajectory", "error", "message"),
    [
        ([], ValueError, "at least 3 points, but the trajectory has 0"),
        ([np.zeros(3), np.ones(3)], ValueError, "at least 3 points, but the trajectory has 2"),
        ([np.ones(3)] * 4, ValueError, "does not move: all its points are the same"),
        ([np.zeros(3), np.ones(3), np.full(3, np.nan)], ValueError, "point 2 of the trajectory is not finite"),
        ([np.zeros(3), np.ones(4)], ValueError, r"point 1 has shape \(4,\), but Linear has 3 parameters"),
        ([{"weight": np.zeros((1, 2))}], ValueError, "point 0 has no 'bias'; it must be a snapshot of the same model"),
        ({"weight": np.zeros((1, 2))}, TypeError, "a list of snapshots or vectors, but got a dict"),
        (3, TypeError, "a list of snapshots or vectors, but got a int"),
    ],
)
def test_what_is_no_trajectory_is_refused(data, trajectory, error, message):
    with pytest.raises(error, match=message):
        plot_trajectory_landscape(nn.Linear(2, 1), loss_fn, *data, trajectory)


def test_one_parameter_makes_no_plane(data):
    with pytest.raises(ValueError, match="has one parameter only, so there is no plane"):
        plot_trajectory_landscape(OnlyABias(), loss_fn, *data, [[0.0], [1.0], [3.0]])
