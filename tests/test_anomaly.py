"""detect_anomaly names the operation, the user's file and the line."""

import inspect
import re
import threading

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.autograd import detect_anomaly
from minigrad.engine import primitive


@pytest.fixture(autouse=True)
def numpy_does_not_warn():
    """NumPy warns of the same things; here only the framework's own words are tested."""
    with np.errstate(all="ignore"):
        yield


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


HERE = re.escape(__file__)


def line_above():
    """The number of the line before the caller's."""
    return inspect.currentframe().f_back.f_lineno - 1


# ---- forward


@pytest.mark.parametrize(
    ("f", "op", "what"),
    [
        (lambda x: x.log(), "log", "NaN"),
        (lambda x: x.sqrt(), "sqrt", "NaN"),
        (lambda x: (x + 1).log(), "log", "Inf"),
        (lambda x: 1 / (x + 1), "div", "Inf"),
        (lambda x: (x * -1000).exp(), "exp", "Inf"),
        (lambda x: np.exp(x * -1000), "exp", "Inf"),
        (lambda x: mg.log(x), "log", "NaN"),
        (lambda x: x**0.5, "power", "NaN"),
    ],
)
def test_the_operation_that_makes_a_nan_or_inf_is_named_with_its_file(f, op, what):
    x = leaf([-1.0, 2.0], name="x")

    with (
        detect_anomaly(),
        pytest.raises(FloatingPointError, match=rf"^{op}: made {what} out of finite .*{HERE}:"),
    ):
        f(x)


def test_the_line_is_that_of_the_users_call():
    x = leaf([-1.0], name="x")
    with detect_anomaly(), pytest.raises(FloatingPointError) as caught:
        x.log()
    line = line_above()

    assert str(caught.value) == (
        f"log: made NaN out of finite numbers ('x' float64 (1,)); it was called at {__file__}:{line}"
    )


def test_the_line_is_the_users_also_through_numpy_and_methods_of_ours():
    x = leaf([[-1.0, 2.0]])
    with detect_anomaly():
        with pytest.raises(FloatingPointError) as through_numpy:
            np.log(x)
        first = line_above()
        with pytest.raises(FloatingPointError) as through_composition:
            mg.rsqrt(x)
        second = line_above()

    assert str(through_numpy.value).endswith(f"{__file__}:{first}")
    assert str(through_composition.value).endswith(f"{__file__}:{second}")


def test_only_the_first_place_is_named():
    x = leaf([np.nan, 1.0])

    with detect_anomaly():
        y = (x * 2 + 1).exp()  # a NaN that came in is not made here

    assert np.isnan(y.tolist()[0])


def test_a_nan_made_of_infinities_is_named():
    x = leaf([np.inf])

    with detect_anomaly(), pytest.raises(FloatingPointError, match="sub: made NaN out of Inf"):
        x - x


def test_finite_numbers_pass():
    x = leaf([1.0, 2.0])

    with detect_anomaly():
        (x.log() * x.exp()).sum().backward()

    assert x.grad.tolist() == pytest.approx([np.e * (1 / 1 + np.log(1)), np.e**2 * (1 / 2 + np.log(2))])


def test_integers_and_constants_are_not_watched():
    with detect_anomaly():
        y = mg.tensor([-1.0]).log()

    assert np.isnan(y.item())


# ---- backward


def test_a_nan_gradient_names_the_operation_and_the_line_of_its_call():
    x = leaf([0.0, 1.0])
    with detect_anomaly():
        y = x.sqrt()
        line = line_above()

        with pytest.raises(FloatingPointError, match=rf"gradient of sqrt for its input 0 has NaN; .*{HERE}:{line}$"):
            (y * 0.0).sum().backward()  # 0 · ∞

    assert x.grad is None


def test_an_infinite_gradient_is_named():
    x = leaf([0.0])

    with detect_anomaly(), pytest.raises(FloatingPointError, match=rf"of sqrt for its input 0 has Inf.*{HERE}"):
        x.sqrt().sum().backward()


def test_a_graph_made_outside_is_checked_too_but_its_place_is_unknown():
    x = leaf([0.0])
    y = x.sqrt().sum()

    with detect_anomaly(), pytest.raises(FloatingPointError, match=r"the gradient of sqrt for its input 0 has Inf$"):
        y.backward()


def test_a_second_derivative_is_watched_as_it_is_recorded():
    x = leaf([0.0])

    with detect_anomaly():
        (slope,) = autograd.grad((x**1.5).sum(), x, create_graph=True)
        with pytest.raises(FloatingPointError, match="has Inf"):
            autograd.grad(slope.sum(), x)


# ---- values that changed


def test_a_write_behind_the_librarys_back_is_named_with_file_and_line():
    memory = np.array([3.0, 4.0])
    x, w = leaf([1.0, 2.0]), mg.from_numpy(memory)
    with detect_anomaly():
        loss = (x * w).sum()
        line = line_above()

        memory[0] = 99.0

        with pytest.raises(
            RuntimeError,
            match=r"the input 1 \(float64 \(2,\)\) of mul was overwritten in memory without minigrad's knowledge"
            rf".*{HERE}:{line}; change a copy instead",
        ):
            loss.backward()

    assert x.grad is None


def test_a_raw_array_given_to_an_operation_is_watched_too():
    x, data = leaf([1.0, 2.0]), np.array([3.0, 4.0])

    with detect_anomaly():
        loss = (x * data).sum()
        data *= 2

        with pytest.raises(RuntimeError, match=r"the input 1 .* of mul was overwritten in memory"):
            loss.backward()


def test_a_result_changed_through_its_base_is_noticed():
    x = leaf([1.0, 2.0])

    with detect_anomaly():
        y = x.exp()
        y.detach().numpy().base[0] = 0.0

        with pytest.raises(RuntimeError, match=r"the result .* of exp was overwritten in memory"):
            y.sum().backward()


def test_what_no_rule_reads_may_change():
    memory = np.array([3.0, 4.0])
    x = leaf([1.0, 2.0])

    with detect_anomaly():
        loss = (x + mg.from_numpy(memory)).sum()
        memory[0] = 99.0
        loss.backward()

    assert x.grad.tolist() == [1, 1]


def test_outside_the_block_a_write_behind_the_back_stays_unseen():
    memory = np.array([3.0, 4.0])
    x = leaf([1.0, 2.0])
    loss = (x * mg.from_numpy(memory)).sum()

    memory[0] = 99.0
    loss.backward()

    assert x.grad.tolist() == [99, 4]  # documented: from_numpy shares memory, prefer tensor()


def test_a_stale_value_is_named_with_file_and_line():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])
    with detect_anomaly():
        loss = (x * w).sum()
        line = line_above()

        w.data.zero_()

        with pytest.raises(RuntimeError, match=rf"mul needs its input 1 .* overwritten since.*{HERE}:{line}"):
            loss.backward()


@pytest.mark.parametrize(
    "values", [np.zeros((0, 3)), np.float64(2.0), np.arange(12.0).reshape(3, 4)[::-1, ::2], np.ones((2, 1), np.float16)]
)
def test_values_of_every_layout_are_watched(values):
    x = mg.tensor(1.0, requires_grad=True)

    with detect_anomaly():
        (x * mg.as_tensor(np.asarray(values))).sum().backward()

    assert x.grad.item() == pytest.approx(float(values.sum()))


# ---- the block


def test_the_watch_ends_with_the_block_also_after_an_error():
    with pytest.raises(ZeroDivisionError), detect_anomaly():
        raise ZeroDivisionError

    assert np.isnan(leaf([-1.0]).log().item())


def test_blocks_nest_and_mix_with_no_grad():
    x = leaf([-1.0])

    with detect_anomaly():
        with detect_anomaly():
            pass
        with mg.no_grad():
            x.log()  # nothing is recorded, so nothing is watched
            with mg.enable_grad(), pytest.raises(FloatingPointError):
                x.log()
        with pytest.raises(FloatingPointError):
            x.log()

    assert x.log().requires_grad


def test_inside_no_grad_the_block_records_nothing():
    with mg.no_grad(), detect_anomaly():
        y = leaf([-1.0]).log()

    assert not y.requires_grad


def test_another_thread_is_not_watched():
    made = []

    def work():
        with np.errstate(all="ignore"):
            made.append(leaf([-1.0]).log())

    with detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert np.isnan(made[0].item())


def test_a_rule_that_returns_nan_is_named(table):
    @primitive()
    def broken(x):
        return x * 1

    broken.defvjp(lambda g, out, x: g * np.nan)

    with detect_anomaly(), pytest.raises(FloatingPointError, match="the gradient of broken for its input 0 has NaN"):
        broken(leaf([1.0])).sum().backward()
