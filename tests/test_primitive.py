"""One row of the table: what a forward function may return, what its rules are given, and what it refuses."""

import functools
import inspect

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd
from minigrad.engine import primitive
from minigrad.ops import elementwise
from minigrad.table import TABLE


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


pytestmark = pytest.mark.usefixtures("table")


def test_a_learner_adds_an_operation_in_four_lines():
    @primitive()
    def cube(x):
        return x**3

    cube.defvjp(lambda g, out, x: g * 3 * x**2)
    x = leaf([1.0, 2.0])

    (slope,) = autograd.grad(cube(x).sum(), x, create_graph=True)
    (curvature,) = autograd.grad(slope.sum(), x)

    assert cube(x).tolist() == [1, 8]
    assert slope.tolist() == [3, 12]
    assert curvature.tolist() == [6, 12]


def test_a_primitive_is_in_the_table_under_its_own_name_and_last():
    @primitive()
    def quadruple(x):
        """4 x."""
        return 4 * x

    assert list(TABLE)[-1] == "quadruple"
    assert TABLE["quadruple"] is quadruple.primitive
    assert repr(quadruple.primitive) == "<primitive quadruple>"
    assert (quadruple.__name__, quadruple.__doc__) == ("quadruple", "4 x.")
    assert str(inspect.signature(quadruple)) == "(x)"


def test_a_primitive_registered_for_a_numpy_function_is_what_numpy_calls():
    @primitive(np.cbrt)
    def cbrt(x):
        return np.cbrt(x)

    cbrt.defvjp(lambda g, out, x: g / (3 * out**2))
    x = leaf([8.0, 27.0])

    np.cbrt(x).sum().backward()

    assert x.grad.tolist() == [1 / 12, 1 / 27]


def test_called_with_plain_arrays_a_primitive_just_computes():
    out = elementwise.mul(np.ones(2), 3.0)

    assert type(out) is np.ndarray
    assert out.tolist() == [3, 3]


@pytest.mark.parametrize(
    ("forward", "expected"),
    [
        (lambda x: x[:1], [1.0]),  # a view
        (lambda x: x, [1.0, 2.0]),  # the very array
        (lambda x: x.T, [1.0, 2.0]),
        (lambda x: x[0], 1.0),  # a NumPy scalar
        (lambda x: float(x[0]), 1.0),  # a Python number
        (lambda x: np.array([5.0]), [5.0]),
    ],
)
def test_a_forward_function_may_return_a_view_or_a_scalar(forward, expected):
    forward.__name__ = "forward"
    op = primitive()(forward)
    op.defvjp(lambda g, out, x: np.sum(g) * np.ones(x.shape))
    x = mg.tensor([1.0, 2.0], requires_grad=True)

    out = op(x)
    out.sum().backward()

    assert type(out) is mg.Tensor
    assert (out.dtype, out.tolist()) == (np.float32, expected)
    assert type(out.array) is np.ndarray
    assert x.grad.dtype == np.float32


def test_the_first_order_rules_get_arrays_and_the_recorded_ones_get_tensors():
    seen = []

    @primitive()
    def spied(x, y):
        return x * y

    spied.defvjp(lambda g, out, x, y: seen.append([type(v) for v in (g, out, x, y)]) or g * y, None)
    x, y = leaf([1.0]), np.array([2.0])

    autograd.grad(spied(x, y), x)
    autograd.grad(spied(x, y), x, create_graph=True)

    assert seen == [[np.ndarray] * 4, [mg.Tensor, mg.Tensor, mg.Tensor, np.ndarray]]


def test_parameters_reach_the_forward_function_and_the_rules_by_name():
    @primitive()
    def scaled(x, *, by=2.0):
        return x * by

    scaled.defvjp(lambda g, out, x, by=2.0: g * by)
    x = leaf([1.0])

    (scaled(x) + scaled(x, by=5.0)).sum().backward()

    assert x.grad.tolist() == [7]


def test_a_variadic_primitive_has_one_rule_that_is_told_which_input_is_meant():
    @primitive()
    def weighted(*xs, weights):
        return sum(w * x for w, x in zip(weights, xs, strict=True))

    weighted.defvjp(lambda i, g, out, *xs, weights: g * weights[i])
    a, b, c = leaf([1.0]), leaf([2.0]), leaf([3.0])

    weighted(a, b, a, c.detach(), weights=(2, 3, 5, 7)).sum().backward()

    assert (a.grad.item(), b.grad.item(), c.grad) == (7, 3, None)


def test_a_constant_primitive_makes_constants():
    @primitive(constant=True)
    def rounded(x):
        return np.round(x)

    out = rounded(leaf([1.4]))

    assert (out.tolist(), out.requires_grad) == ([1], False)


def test_a_primitive_whose_rules_were_forgotten_refuses_a_tracked_tensor():
    @primitive()
    def forgotten(x):
        return x * 2

    with pytest.raises(
        TypeError, match=r"forgotten: it has no rules, so the gradient of 'w' float64 \(1,\) would be lost"
    ):
        forgotten(leaf([1.0], name="w"))
    assert forgotten(mg.ones(1)).tolist() == [2]


@pytest.mark.parametrize(
    "call",
    [
        lambda x, y: mg.mul(x, y=y),
        lambda x, y: mg.mul(x, other=y),
        lambda x, y: mg.mul(input=x, other=y),
        lambda x, y: mg.where(condition=mg.tensor([True, True]), input=x * y, other=y),
        lambda x, y: x.mul(other=y),
    ],
)
def test_an_input_may_be_given_by_name_and_is_recorded(call):
    x, y = leaf([1.0, 2.0]), leaf([3.0, 4.0])

    out = call(x, y)
    out.sum().backward()

    assert out.tolist() == [3.0, 8.0]
    assert x.grad.tolist() == [3.0, 4.0]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda x: mg.exp(), r"exp: expected a tensor, but got nothing"),
        (lambda x: mg.exp(foo=x), r"exp: takes \(x\), but got \(foo=\); give each input once"),
        (lambda x: mg.mul(x, x, other=x), r"mul: takes \(x, y\), but got \(.*, other=\); give each input once"),
        (lambda x: mg.mul(other=x), r"mul: takes \(x, y\), but got \(other=\)"),
    ],
)
def test_inputs_that_are_missing_given_twice_or_unknown_are_told(call, message):
    with pytest.raises(TypeError, match=message):
        call(leaf([1.0]))


def test_a_setting_that_is_a_tensor_is_refused(table):
    @primitive()
    def scaled(x, *, factor):
        return x * factor

    scaled.defvjp(lambda g, out, x, factor: g * factor)
    with pytest.raises(TypeError, match=r"scaled: give tensors by position, not by name; factor= is float64 \(1,\)"):
        scaled(leaf([1.0]), factor=leaf([2.0]))


def test_an_input_without_a_derivative_refuses_a_tracked_tensor_at_the_call():
    x, condition = leaf([1.0, 2.0]), leaf([0.0, 1.0], name="mask")

    with pytest.raises(
        TypeError, match=r"where: input 0 \('mask' float64 \(2,\)\) requires grad, but where has no deriv"
    ):
        mg.where(condition, x, 0.0)
    assert mg.where(condition.detach(), x, 0.0).tolist() == [0, 2]


def test_an_input_without_a_derivative_may_be_tracked_while_nothing_is_recorded():
    condition = leaf([0.0, 1.0])

    with mg.no_grad():
        out = mg.where(condition, 5.0, 0.0)

    assert out.tolist() == [0, 5]


def test_an_input_without_a_derivative_keeps_its_dtype():
    x = mg.ones(2, requires_grad=True)

    out = mg.where(mg.tensor(np.array([0.0, 1.0])), x, 0.0)

    assert out.dtype == np.float32


@pytest.mark.parametrize("count", [0, 1, 3])
def test_there_must_be_one_rule_for_each_input(count):
    @primitive()
    def product(x, y, *, axis=None):
        return x * y

    with pytest.raises(
        TypeError, match=rf"product takes 2 array inputs \(x, y\), so it needs 2 rules, but got {count}"
    ):
        product.defvjp(*[lambda g, out, x, y: g] * count)


@pytest.mark.parametrize("error", [ValueError, TypeError, IndexError, OverflowError])
def test_an_error_in_a_forward_function_keeps_its_type_and_names_op_inputs_and_parameters(error):
    @primitive()
    def picky(x, *, mode):
        raise error("no thanks")

    with pytest.raises(error, match=r"^picky: no thanks; given 'w' float32 \(2,\), mode='a{56}\.\.\.$"):
        picky(mg.tensor([1.0, 2.0], name="w"), mode="a" * 100)


def test_an_error_that_mentions_broadcasting_keeps_its_words_where_the_shapes_agree():
    @primitive()
    def picky(x, y):
        raise ValueError("I do not broadcast today")

    with pytest.raises(ValueError, match="picky: I do not broadcast today; given float32"):
        picky(mg.ones(2), mg.ones(2))


def test_other_errors_pass_unchanged():
    @primitive()
    def broken(x):
        raise ZeroDivisionError("planted")

    with pytest.raises(ZeroDivisionError, match="planted"):
        broken(mg.ones(2))


def test_same_dtype_refuses_to_promote_but_takes_numbers():
    @primitive(same_dtype=True)
    def strict(x, y):
        return x * y

    with pytest.raises(
        TypeError, match=r"strict: all inputs must have one dtype, but got float32 \(2,\), float64 \(2,\)"
    ):
        strict(mg.ones(2), np.ones(2))
    assert strict(mg.ones(2), 3.0).dtype == np.float32


def test_one_tracked_input_is_enough_to_record_and_none_records_nothing():
    x, c = leaf([1.0]), mg.tensor([2.0], dtype=np.float64)

    assert (x * c).requires_grad
    assert (c * x).requires_grad
    assert (c * c).grad_fn is None


def test_the_same_tensor_twice_counts_twice():
    x = leaf([3.0])

    elementwise.mul(x, x).backward()

    assert x.grad.item() == 6


def test_a_forward_function_may_be_wrapped():
    def scaled(x, *, times=2):
        return x * times

    @functools.wraps(scaled)
    def wrapped(*arrays, **params):
        return scaled(*arrays, **params)

    row = primitive()(wrapped).primitive

    assert (list(row.takes), set(row.settings), row.variadic) == (["x"], {"times"}, False)


@pytest.mark.parametrize("rule", [lambda g, x: g, lambda out: out, lambda g, out, x, y: g])
def test_a_rule_that_takes_other_arguments_is_refused_when_it_is_given(rule):
    @primitive()
    def doubled(x, *, times=2):
        return x * times

    with pytest.raises(
        TypeError, match=r"defvjp: a rule of doubled is called as rule\(g, out, x, times=2\), but takes"
    ):
        doubled.defvjp(rule)


@pytest.mark.parametrize("given", [1.0, [1.0, 2.0], "a", None])
def test_what_is_neither_tensor_nor_array_is_refused(given):
    with pytest.raises(TypeError, match=r"exp: expected a tensor, but got .*; make one with mg.tensor"):
        mg.exp(given)


def test_a_name_that_another_row_has_is_refused_and_the_row_stays():
    row = TABLE["square"]

    with pytest.raises(
        ValueError, match=r"'square' is taken by a row of the table, square in minigrad\.ops\.elementwise; give"
    ):

        @primitive()
        def square(x):
            return x * x

    assert TABLE["square"] is row


def test_a_numpy_function_that_another_row_has_is_refused(table):
    with pytest.raises(ValueError, match=r"np\.exp is taken by a row of the table, exp in minigrad"):

        @primitive(np.exp)
        def exponential(x):
            return np.exp(x)

    assert "exponential" not in table


def test_a_cell_that_defines_a_row_may_be_run_again(table):
    for factor in (2.0, 3.0):

        @primitive()
        def times(x, factor=factor):
            return x * factor

    assert list(table).count("times") == 1
