import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import init


def weight():
    """A weight of 200 outputs and 50 inputs."""
    return nn.Parameter(mg.zeros(200, 50))


@pytest.mark.parametrize(
    ("fill", "bound"),
    [
        (lambda w, g: init.uniform_(w, -2, 2, generator=g), 2),
        (lambda w, g: init.xavier_uniform_(w, gain=3, generator=g), 3 * math.sqrt(6 / 250)),
        (lambda w, g: init.kaiming_uniform_(w, nonlinearity="relu", generator=g), math.sqrt(6 / 50)),
        (lambda w, g: init.kaiming_uniform_(w, a=math.sqrt(5), mode="fan_out", generator=g), math.sqrt(1 / 200)),
    ],
    ids=["uniform", "xavier", "kaiming", "kaiming fan_out"],
)
def test_uniform_initialisers_fill_their_interval(fill, bound):
    w = weight()

    assert fill(w, mg.Generator(0)) is w

    assert 0.99 * bound < w.abs().max().item() <= bound * (1 + 1e-6)
    assert w.std().item() == pytest.approx(bound / math.sqrt(3), rel=0.03)


@pytest.mark.parametrize(
    ("fill", "mean", "std"),
    [
        (lambda w, g: init.normal_(w, 2, 0.5, generator=g), 2, 0.5),
        (lambda w, g: init.xavier_normal_(w, generator=g), 0, math.sqrt(2 / 250)),
        (lambda w, g: init.kaiming_normal_(w, generator=g), 0, math.sqrt(2 / 50)),
    ],
    ids=["normal", "xavier", "kaiming"],
)
def test_normal_initialisers_have_their_mean_and_spread(fill, mean, std):
    w = weight()

    assert fill(w, mg.Generator(0)) is w

    assert w.mean().item() == pytest.approx(mean, abs=0.05 * std)
    assert w.std().item() == pytest.approx(std, rel=0.03)


def test_fans_of_a_convolution_count_its_window():
    w = mg.zeros(8, 4, 3, 3)

    init.kaiming_uniform_(w, a=1, generator=mg.Generator(0))

    assert 0.9 < w.abs().max().item() * math.sqrt(4 * 9 / 3) <= 1 + 1e-6


@pytest.mark.parametrize(("fill", "value"), [(init.zeros_, 0), (init.ones_, 1), (lambda w: init.constant_(w, 7), 7)])
def test_constant_initialisers_fill_with_one_number(fill, value):
    w = nn.Parameter([3.0, 4.0])

    assert fill(w) is w
    assert w.tolist() == [value, value]


def test_same_generator_gives_the_same_numbers_and_the_default_one_is_left_alone():
    state = mg.manual_seed(0).get_state()

    one, other = init.normal_(weight(), generator=mg.Generator(5)), init.normal_(weight(), generator=mg.Generator(5))

    assert (one == other).all()
    assert mg.manual_seed(0).get_state() == state


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.float64])
def test_initialising_keeps_dtype_and_memory(dtype):
    w = mg.zeros(3, 2, dtype=dtype)
    memory = w.array

    init.xavier_uniform_(w)

    assert w.array is memory
    assert w.dtype == dtype
    assert w.all()


def test_initialising_marks_the_old_numbers_as_overwritten():
    layer = nn.Linear(2, 1)
    x = mg.ones(1, 2, requires_grad=True)
    loss = layer(x).sum()

    layer.reset_parameters()

    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: init.kaiming_uniform_(mg.zeros(3)), r"need a weight of shape \(out, in, …\), but got \(3,\)"),
        (lambda: init.xavier_uniform_(mg.zeros(3, 0)), r"need a weight of shape \(out, in, …\), but got \(3, 0\)"),
        (lambda: init.kaiming_normal_(mg.zeros(3, 2), mode="fan"), "mode must be 'fan_in' or 'fan_out', but got 'fan'"),
        (lambda: init.calculate_gain("swish"), "expected one of linear, .* but got 'swish'"),
        (lambda: init.uniform_(mg.zeros(3), 1, 0), "the bounds must be finite and in order, but got a=1, b=0"),
        (lambda: init.uniform_(mg.zeros(3), 0, math.inf), "the bounds must be finite and in order, .* b=inf"),
        (lambda: init.uniform_(mg.zeros(3), "a", "b"), "uniform_: the bounds must be numbers, but got a='a', b='b'"),
        (
            lambda: init.xavier_uniform_(mg.zeros(3, 2), math.nan),
            "xavier_uniform_: gain must be a finite .* but got nan",
        ),
        (lambda: init.xavier_uniform_(mg.zeros(3, 2), "a"), "xavier_uniform_: gain must be a finite .* but got 'a'"),
        (lambda: init.xavier_normal_(mg.zeros(3, 2), -1), "xavier_normal_: gain must be .* at least 0, but got -1"),
        (lambda: init.normal_(mg.zeros(3), "a"), "normal_: the mean must be a finite number, but got mean='a'"),
        (lambda: init.normal_(mg.zeros(3), math.nan), "normal_: the mean must be a finite number, but got mean=nan"),
        (lambda: init.normal_(mg.zeros(3), std=-1), "a standard deviation is finite and not negative, .* std=-1"),
        (lambda: init.normal_(mg.zeros(3), std="1"), "a standard deviation is finite and not negative, .* std='1'"),
        (lambda: init.calculate_gain("leaky_relu", "a"), "param, the slope of leaky_relu, must be .* but got 'a'"),
    ],
)
def test_settings_that_make_no_sense_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize("value", ["a", None, [1.0, 2.0]])
def test_a_constant_that_is_no_number_raises_and_changes_nothing(value):
    w = mg.ones(2)

    with pytest.raises(TypeError, match="constant_: val must be a number, but got"):
        init.constant_(w, value)

    assert w.tolist() == [1, 1]


@pytest.mark.parametrize("name", [name for name in init.__all__ if name.endswith("_")])
@pytest.mark.parametrize("given", [None, [[1.0]], np.ones((2, 2))], ids=["None", "list", "array"])
def test_only_tensors_are_filled(name, given):
    arguments = [1.0] if name == "constant_" else []

    with pytest.raises(TypeError, match="_: only a tensor can be filled, but got"):
        getattr(init, name)(given, *arguments)


def test_linear_gain_of_root_five_gives_pytorchs_bound():
    gain = init.calculate_gain("leaky_relu", math.sqrt(5))

    np.testing.assert_allclose(math.sqrt(3) * gain, 1)
