"""The checker is checked: rules that are right pass, every planted mistake is rejected and called by its name."""

import functools
from dataclasses import dataclass

import numpy as np
import pytest

import minigrad as mg
from minigrad.engine import call
from minigrad.gradcheck import gradcheck, gradgradcheck
from minigrad.table import Primitive


def plant(forward, *rules):
    """An operation with these rules that stays out of the derivative table."""
    row = Primitive(forward)
    row.defvjp(*rules)
    return functools.update_wrapper(lambda *inputs: call(row, inputs, {}), forward)


def tracked(*shape, seed=7):
    """A float64 tensor of numbers between 0.5 and 1.5 that requires grad."""
    return mg.rand(shape, generator=mg.Generator().manual_seed(seed), dtype=np.float64).add(0.5).requires_grad_()


def inputs_of(shapes):
    return tuple(tracked(*shape, seed=i) for i, shape in enumerate(shapes))


# ---- planted mistakes -----------------------------------------------------------------------------------------------


@dataclass
class Mistake:
    """A function, its right rules, the same with a mistake, where to look, and what the checker should say."""

    forward: object
    right: tuple
    wrong: tuple
    shapes: tuple
    diagnosis: str


def cube(x):
    return x**3


def by_exp(x):
    return x * np.exp(x)


def product(x, y):
    return x * y


def total(x):
    return np.sum(x)


def batch_mean(x):
    return np.sum(x, axis=0) / x.shape[0]


def plus(x, y):
    return x + y


def doubled_rows(x):
    return x[np.array([0, 0, 1])]


def matrices(a, b):
    return a @ b


def turned(x):
    return x.T


def softened(x):
    return np.exp(x) / np.sum(np.exp(x))


CUBE = (lambda g, out, x: g * 3 * x**2,)
BY_EXP = (lambda g, out, x: g * (np.exp(x) + x * np.exp(x)),)
PRODUCT = (lambda g, out, x, y: g * y, lambda g, out, x, y: g * x)
TOTAL = (lambda g, out, x: np.broadcast_to(g, x.shape),)
BATCH_MEAN = (lambda g, out, x: np.broadcast_to(g / x.shape[0], x.shape),)
PLUS = (lambda g, out, x, y: g, lambda g, out, x, y: g)
DOUBLED_ROWS = (lambda g, out, x: np.stack([g[0] + g[1], g[2]]),)
MATRICES = (lambda g, out, a, b: g @ b.mT, lambda g, out, a, b: a.mT @ g)
TURNED = (lambda g, out, x: g.mT,)
SOFTENED = (lambda g, out, x: out * (g - np.sum(g * out)),)

MISTAKES = {
    "sign": Mistake(cube, CUBE, (lambda g, out, x: -g * 3 * x**2,), [(3,)], r"wrong sign\.$"),
    "factor 2": Mistake(cube, CUBE, (lambda g, out, x: g * 6 * x**2,), [(3,)], r"constant factor 2\.$"),
    "factor 1/2": Mistake(cube, CUBE, (lambda g, out, x: g * 1.5 * x**2,), [(3,)], r"constant factor 0\.5"),
    "sign and factor": Mistake(
        cube, CUBE, (lambda g, out, x: -g * 6 * x**2,), [(3,)], r"wrong sign, and constant factor 2\.$"
    ),
    "0.1 % too much": Mistake(
        cube, CUBE, (lambda g, out, x: g * 3.003 * x**2,), [(2, 3)], r"constant factor 1\.001"
    ),
    "0.1 % too little": Mistake(
        cube, CUBE, (lambda g, out, x: g * 2.997 * x**2,), [()], r"constant factor 0\.999; but a single number"
    ),
    "missing term": Mistake(by_exp, BY_EXP, (lambda g, out, x: g * np.exp(x),), [(2, 3)], "no known pattern; a term"),
    "extra term": Mistake(
        by_exp, BY_EXP, (lambda g, out, x: g * (np.exp(x) + x * np.exp(x) + x),), [(3,)], "no known pattern; a term"
    ),
    "zero": Mistake(cube, CUBE, (lambda g, out, x: g * 0 * x,), [(2, 2)], "zero: no gradient arrives"),
    "g forgotten": Mistake(
        cube, CUBE, (lambda g, out, x: 3 * x**2,), [(3,)], "not proportional to the incoming gradient"
    ),
    "g twice": Mistake(
        cube, CUBE, (lambda g, out, x: g * g * 3 * x**2,), [(3,)], "not proportional to the incoming gradient"
    ),
    "NaN": Mistake(
        cube, CUBE, (lambda g, out, x: g * 3 * x**2 * np.where(x > 1, np.nan, 1.0),), [(3,)], "NaN or Inf in a rule"
    ),
    "wrong operand": Mistake(
        product, PRODUCT, (lambda g, out, x, y: g * x, lambda g, out, x, y: g * x), [(3,), (3,)], "wrong operand"
    ),
    "transposed matrix": Mistake(
        matrices, MATRICES, (lambda g, out, a, b: g @ b, MATRICES[1]), [(3, 3), (3, 3)],
        "transposed: a rule multiplies by J where it should by Jᵀ",
    ),
    "transposed result": Mistake(
        turned, TURNED, (lambda g, out, x: g,), [(3, 3)], r"transposed: it is the right gradient .* order \(1, 0\)"
    ),
    "not summed": Mistake(
        plus, PLUS, (lambda g, out, x, y: g, lambda g, out, x, y: g[0]), [(2, 3), (3,)],
        "not summed over a broadcast axis",
    ),
    "repeated rows overwrite": Mistake(
        doubled_rows, DOUBLED_ROWS, (lambda g, out, x: np.stack([g[1], g[2]]),), [(2, 3)],
        "the gradient of some outputs is lost",
    ),
    "1/n forgotten": Mistake(
        batch_mean, BATCH_MEAN, (lambda g, out, x: np.broadcast_to(g, x.shape),), [(4, 3)],
        r"constant factor 4 \(n = 4, dimension 0 of the input: is 1/n forgotten\?\)",
    ),
    "1/n too much": Mistake(
        total, TOTAL, (lambda g, out, x: np.broadcast_to(g / 6, x.shape),), [(2, 3)],
        r"constant factor 0.166667 \(1/n for n = 6, all of the input\?\)",
    ),
    "averaged over a broadcast axis": Mistake(
        plus, PLUS, (lambda g, out, x, y: g, lambda g, out, x, y: g / 4), [(4, 3), (3,)],
        r"constant factor 0.25 \(1/n for n = 4, dimension 0 of the output\?\)",
    ),
    "blind to ones": Mistake(  # with a cotangent of ones, the right gradient of softmax is 0 as well
        softened, SOFTENED, (lambda g, out, x: g * 0,), [(4,)], "zero: no gradient arrives"
    ),
}  # fmt: skip
EACH = pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES.keys())


def mistaken_in_second_order(mistake):
    """(z, *xs) → Σ z · forward(*xs) as one operation, and inputs for it.

    Its gradients are all right. But the one by z, g · forward(*xs), is computed by the mistaken operation, so that its
    own derivative has the mistake.
    """
    good, bad = plant(mistake.forward, *mistake.right), plant(mistake.forward, *mistake.wrong)

    def weighted(*inputs):
        z, *xs = inputs
        return np.sum(z * mistake.forward(*xs))

    def rule(i, g, out, z, *xs):
        return g * bad(*xs) if i == 0 else mistake.right[i - 1](g * z, good(*xs), *xs)

    xs = inputs_of(mistake.shapes)
    return plant(weighted, rule), (tracked(*good(*xs).shape, seed=9), *xs)


@EACH
def test_right_rules_pass_to_second_order(mistake):
    op, inputs = plant(mistake.forward, *mistake.right), inputs_of(mistake.shapes)

    assert gradcheck(op, inputs)
    assert gradgradcheck(op, inputs)


@EACH
def test_a_mistake_is_rejected_and_named(mistake):
    op = plant(mistake.forward, *mistake.wrong)

    with pytest.raises(AssertionError, match=f"^gradcheck: .* Likely cause: {mistake.diagnosis}"):
        gradcheck(op, inputs_of(mistake.shapes))


def test_a_gradient_of_another_shape_is_refused_with_both_shapes():
    op = plant(turned, lambda g, out, x: g)

    with pytest.raises(ValueError, match=r"turned: .* gradient of shape \(3, 2\) for an input of shape \(2, 3\)"):
        gradcheck(op, tracked(2, 3))


@EACH
def test_a_mistake_that_only_the_second_order_sees_is_rejected_and_named(mistake):
    op, inputs = mistaken_in_second_order(mistake)

    assert gradcheck(op, inputs)
    with pytest.raises(AssertionError, match=f"^gradgradcheck: .* Likely cause: {mistake.diagnosis}"):
        gradgradcheck(op, inputs)


def values(x):
    """x without its history, whether it is a tensor or an array."""
    return getattr(x, "array", x)


@pytest.mark.parametrize(
    ("rule", "where", "diagnosis"),
    [
        (lambda g, out, x: g * 3 * values(x) ** 2, "input 0", "zero: no gradient arrives"),
        (lambda g, out, x: g * 3 * x * values(x), "input 0", r"constant factor 0\.5"),
        (lambda g, out, x: g * (4 * x**2 - values(x) ** 2), "input 0", "constant factor 1.33333"),
        (lambda g, out, x: values(g) * 3 * x**2, "the cotangent of output 0", "zero: no gradient arrives"),
        (lambda g, out, x: (g + values(g)) * 1.5 * x**2, "the cotangent of output 0", r"constant factor 0\.5"),
    ],
)
def test_values_without_their_history_are_seen_by_the_second_order_only(rule, where, diagnosis):
    op = plant(cube, rule)

    assert gradcheck(op, tracked(2, 3))
    with pytest.raises(AssertionError, match=f"with respect to {where} .* Likely cause: {diagnosis}"):
        gradgradcheck(op, tracked(2, 3))


def test_a_rule_that_leaves_the_record_altogether_is_rejected():
    op = plant(cube, lambda g, out, x: values(g) * 3 * values(x) ** 2)

    with pytest.raises(AssertionError, match=r"^gradgradcheck: no output of func requires grad"):
        gradgradcheck(op, tracked(3))


def test_with_the_tolerance_of_pytorch_a_tenth_of_a_percent_would_pass():
    op = plant(cube, lambda g, out, x: g * 3.003 * x**2)

    assert gradcheck(op, tracked(3), atol=1e-5, rtol=1e-3)
    assert not gradcheck(op, tracked(3), raise_exception=False)


# ---- the message ----------------------------------------------------------------------------------------------------


def test_the_message_names_input_element_and_both_numbers():
    def scaled(x, weight):
        return x * weight

    op = plant(scaled, lambda g, out, x, weight: g * weight, lambda g, out, x, weight: g * x * np.array([1.0, -1.0]))
    x = mg.tensor([3.0, 2.0], dtype=np.float64, name="data", requires_grad=True)
    weight = mg.tensor([1.0, 1.0], dtype=np.float64, requires_grad=True)

    with pytest.raises(AssertionError) as error:
        gradcheck(op, (x, weight))

    text = str(error.value)
    v = float(text.split("numeric ")[1].split(". ")[0]) / 2  # the cotangent at [1], times x[1]
    assert 0.5 < abs(v) < 1.5
    assert text == (
        "gradcheck: the gradient of output 0 with respect to input 1 (weight, float64 (2,)) is wrong in 1 of 2 "
        f"numbers, most at [1]: analytic {-2 * v:.6g}, numeric {2 * v:.6g}. "
        "Likely cause: no known pattern; a term that is missing, or one too many."
    )


def test_the_message_uses_the_tensors_name():
    x = mg.tensor([0.5], dtype=np.float64, name="bias", requires_grad=True)

    with pytest.raises(AssertionError, match=r"input 0 \(x, 'bias' float64 \(1,\)\)"):
        gradcheck(plant(cube, lambda g, out, x: g), x)


def test_the_message_of_the_second_order_names_both_steps():
    op = plant(cube, lambda g, out, x: g * 3 * values(x) ** 2)

    with pytest.raises(AssertionError, match=r"the gradient of the gradient by input 0 \(.*\) with respect to input 0"):
        gradgradcheck(op, tracked(3))


def test_only_the_wrong_one_of_several_outputs_is_blamed():
    wrong = plant(cube, lambda g, out, x: -g * 3 * x**2)

    with pytest.raises(AssertionError, match=r"the gradient of output 1 with respect to input 0 .* wrong sign"):
        gradcheck(lambda x: (x * 2, wrong(x)), tracked(3))


def test_a_kink_is_told_from_a_mistake():
    with pytest.raises(AssertionError, match=r"a kink or jump of func there \(slope -?0 below, -?\d"):
        gradcheck(mg.relu, mg.tensor([0.0, 1.0], dtype=np.float64, requires_grad=True))


def test_a_function_that_is_nan_nearby_is_told_from_a_mistake():
    x = mg.tensor([0.0, 1.0], dtype=np.float64, requires_grad=True)

    with np.errstate(all="ignore"), pytest.raises(AssertionError, match="NaN or Inf in the differences too"):
        gradcheck(mg.sqrt, x)


def test_no_exception_on_request():
    op = plant(cube, lambda g, out, x: g * values(x))

    assert gradcheck(op, tracked(3), raise_exception=False) is False
    assert gradgradcheck(op, tracked(3), raise_exception=False) is False
    assert gradgradcheck(lambda x: x.detach(), tracked(3), raise_exception=False) is False


# ---- what can be checked --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("check", [gradcheck, gradgradcheck])
class TestInputs:
    """What both checks take, and refuse."""

    def test_float32_is_refused(self, check):
        with pytest.raises(TypeError, match=rf"^{check.__name__}: input 0 is float32 \(2,\), .* float64"):
            check(mg.exp, mg.ones(2, requires_grad=True))

    def test_inputs_without_requires_grad_are_refused(self, check):
        with pytest.raises(ValueError, match=f"^{check.__name__}: none of the inputs requires grad"):
            check(mg.exp, mg.ones(2, dtype=np.float64))

    @pytest.mark.parametrize("array", [np.broadcast_to(1.0, (2, 3)), np.broadcast_to(np.ones(3), (2, 3))])
    def test_numbers_that_cannot_be_moved_one_by_one_are_refused(self, check, array):
        with pytest.raises(ValueError, match=r"input 0, float64 \(2, 3\), cannot be moved one by one"):
            check(mg.exp, mg.from_numpy(array).requires_grad_())

    def test_a_function_must_return_tensors(self, check):
        with pytest.raises(TypeError, match="func must return a tensor or several, but it returned float"):
            check(lambda x: x.sum().item(), tracked(3))

    @pytest.mark.parametrize("cut", [mg.Tensor.detach, lambda x: x > 1, lambda x: mg.tensor(x.detach())])
    def test_an_untracked_output_is_reported(self, check, cut):
        with pytest.raises(AssertionError, match=f"^{check.__name__}: no output of func requires grad"):
            check(cut, tracked(3))

    def test_constants_and_settings_are_passed_on(self, check):
        assert check(lambda x, c, dim: (x * c).sum(dim), (tracked(2, 3), mg.tensor([2, 3, 4]), 1))

    def test_integer_outputs_are_left_out(self, check):
        assert check(lambda x: mg.max(x, 1), tracked(2, 3))

    @pytest.mark.parametrize("shape", [(), (0,), (0, 3), (1,)])
    def test_numbers_and_empty_tensors_are_checked(self, check, shape):
        assert check(lambda x: (mg.exp(x), (x * x).sum()), tracked(*shape))

    @pytest.mark.parametrize(
        "view", [lambda a: a.T, lambda a: a[::-1, ::-1], lambda a: a[:, ::2], lambda a: a[1:, None, :2]]
    )
    def test_inputs_in_any_memory_order_are_checked_and_put_back(self, check, view):
        array = tracked(4, 4).detach().numpy().copy()
        before = array.copy()

        assert check(mg.tanh, mg.from_numpy(view(array)).requires_grad_())
        np.testing.assert_array_equal(array, before)

    def test_inputs_are_put_back_when_func_raises(self, check):
        x = tracked(3)
        before = x.tolist()

        def fussy(x):
            if x.tolist() != before:
                raise ZeroDivisionError
            return x * 2

        with pytest.raises(ZeroDivisionError):
            check(fussy, x)
        assert x.tolist() == before

    def test_one_tensor_may_be_given_twice(self, check):
        x = tracked(3)

        assert check(mg.mul, (x, x))

    def test_a_tensor_that_func_closes_over_counts(self, check):
        x = tracked(3)

        assert check(lambda _: x * x * x, x)

    def test_computed_tensors_may_be_inputs(self, check):
        assert check(mg.exp, tracked(3) * 0.5)

    def test_it_also_works_inside_no_grad(self, check):
        with mg.no_grad():
            assert check(mg.exp, tracked(3))

    def test_no_grad_is_left_behind(self, check):
        x = tracked(3)

        check(mg.exp, x)
        assert x.grad is None

    def test_chance_is_reported(self, check):
        def noisy(x):
            return x * mg.rand(3, generator=generator, dtype=np.float64)

        generator = mg.Generator().manual_seed(0)
        with pytest.raises(AssertionError, match="changed between two calls with the same inputs; func must"):
            check(noisy, tracked(3))

    def test_the_same_numbers_are_drawn_every_time(self, check):
        op = plant(cube, lambda g, out, x: np.array([1.0, 1.0, 1.001]) * g * 3 * x * values(x))
        texts = []
        for _ in range(2):
            with pytest.raises(AssertionError) as error:
                check(op, tracked(3))
            texts.append(str(error.value))

        assert texts[0] == texts[1]


def test_a_float32_output_is_reported():
    with pytest.raises(AssertionError, match="output 0 is float32, but differences are exact enough only in float64"):
        gradcheck(lambda x: x.float(), tracked(3))


def test_an_output_that_is_cut_off_in_part_is_reported():
    with pytest.raises(AssertionError, match=r"the gradient of output 1 .* zero: no gradient arrives"):
        gradcheck(lambda x: (x * 2, x.detach() * 2), tracked(3))


def test_a_rule_that_draws_is_reported_unless_within_nondet_tol():
    draw = np.random.default_rng(0)
    op = plant(cube, lambda g, out, x: g * 3 * x**2 * (1 + 1e-9 * draw.random()))

    with pytest.raises(AssertionError, match="output 0 has a gradient that changed between two calls"):
        gradcheck(op, tracked(3))
    assert gradcheck(op, tracked(3), nondet_tol=1e-6)


def test_grad_outputs_can_be_given():
    given = [mg.ones(3, dtype=np.float64)]

    assert gradgradcheck(mg.exp, tracked(3), given)
    assert given[0].requires_grad is False


def test_the_generator_decides_the_cotangents():
    def message(seed):
        with pytest.raises(AssertionError) as error:
            gradcheck(plant(cube, lambda g, out, x: g), tracked(3), generator=mg.Generator().manual_seed(seed))
        return str(error.value)

    assert message(1) == message(1) != message(2)


@pytest.mark.usefixtures("table")
def test_a_learners_operation_is_checked_in_one_line():
    @mg.primitive()
    def fourth(x):
        return x**4

    fourth.defvjp(lambda g, out, x: g * 4 * x**3)

    assert gradcheck(fourth, tracked(2, 2))
    assert gradgradcheck(fourth, tracked(2, 2))
