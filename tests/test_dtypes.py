"""Results have the dtype PyTorch gives them. reference/dtypes.json holds PyTorch's answers (made by make_dtypes.py)."""

import json
import operator
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg

REFERENCE = json.loads((Path(__file__).parent / "reference" / "dtypes.json").read_text(encoding="utf-8"))
NUMBERS = {
    "bool": True,
    "int": 2,
    "float": 2.0,
    "np.int32": np.int32(2),
    "np.float32": np.float32(2),
    "np.float64": np.float64(2),
}
BINARY = {
    "add": operator.add,
    "sub": operator.sub,
    "mul": operator.mul,
    "div": operator.truediv,
    "pow": operator.pow,
    "remainder": operator.mod,
    "floor_divide": operator.floordiv,
    "eq": operator.eq,
    "lt": operator.lt,
    "matmul": operator.matmul,
    "maximum": mg.maximum,
    "cat": lambda x, y: mg.cat([x, y]),
    "where": lambda x, y: mg.where(mg.tensor([True, False]), x, y),
    "logical_and": mg.logical_and,
    "outer": mg.outer,
}


def operand(text):
    """What make_dtypes.py means by text: "float32[2]" is a vector, "float32[]" 0-d, and the rest a number."""
    if "[" not in text:
        return NUMBERS[text]
    dtype, size = text.rstrip("]").split("[")
    return mg.tensor(np.ones((int(size),) if size else (), dtype))


def rows(table):
    return [(op, x) for op, row in REFERENCE[table].items() for x in row]


@pytest.mark.parametrize(("op", "left"), rows("binary"))
def test_two_operands_give_pytorchs_dtype(op, left):
    expected = dict(REFERENCE["binary"][op][left])
    if op == "pow" and "bool" in left:
        expected.pop("bool", None)  # PyTorch makes True ** True a bool, but True squared an int

    found = {right: str(BINARY[op](operand(left), operand(right)).dtype) for right in expected}

    assert found == expected


@pytest.mark.filterwarnings("ignore::RuntimeWarning")  # NumPy warns of the variance of one number
@pytest.mark.parametrize(("op", "x"), rows("unary"))
def test_one_operand_gives_pytorchs_dtype(op, x):
    assert str(getattr(mg, op)(operand(x)).dtype) == REFERENCE["unary"][op][x]


@pytest.mark.parametrize(("text", "expected"), REFERENCE["made"].items())
def test_new_tensors_have_pytorchs_dtype(text, expected):
    made = eval(text, {**vars(mg), "np": np})

    assert str(made.dtype) == expected


def test_the_reference_is_complete():
    assert set(REFERENCE["binary"]) == set(BINARY)
    assert sum(len(right) for op in REFERENCE["binary"].values() for right in op.values()) > 3000


# ---- values that come with the dtypes


def test_integers_divide_to_floats_and_keep_their_value():
    assert (mg.tensor([1, 2, 3]) / 2).tolist() == [0.5, 1, 1.5]
    assert (mg.tensor([7, -7]) // 2).tolist() == [3, -4]
    assert (1 / mg.tensor([4])).tolist() == [0.25]


def test_functions_of_integers_compute_in_the_default_dtype_not_less():
    out = mg.tensor(np.array([1, 2], np.int8)).exp()

    assert out.dtype == np.float32
    assert out.tolist() == pytest.approx([np.e, np.e**2], rel=1e-6)


def test_the_sum_of_small_integers_does_not_wrap():
    assert mg.tensor(np.full(1000, 200, np.uint8)).sum().item() == 200_000
    assert mg.tensor([True] * 300).sum().item() == 300


def test_the_mean_of_integers_is_refused():
    with pytest.raises(TypeError, match=r"mean: .*int64 \(2,\) .*convert it first with .float\(\)"):
        mg.tensor([1, 2]).mean()


def test_a_number_does_not_widen_a_tensor():
    x = mg.ones(2)

    assert [(x * v).dtype for v in (2, 2.0, np.float64(2), np.array(2.0), mg.tensor(np.float64(2)))] == [np.float32] * 5


def test_float16_stays_and_its_gradient_too():
    x = mg.tensor([1.0, 2.0], dtype=np.float16, requires_grad=True)

    y = (x * 2.0 + 1).tanh().sum()
    y.backward()

    assert (y.dtype, x.grad.dtype) == (np.float16, np.float16)


def test_a_big_endian_array_counts_as_its_native_dtype():
    out = mg.ones(2) * np.array([1.0, 2.0], ">f4")

    assert out.dtype == np.dtype("=f4")
    assert out.tolist() == [1, 2]


@pytest.mark.parametrize("value", [300, -1])
@pytest.mark.parametrize("compare", [operator.eq, operator.lt, operator.gt])
def test_a_number_beyond_the_tensors_dtype_can_be_compared(value, compare):
    x = np.array([1, 44, 255], np.uint8)

    assert compare(mg.tensor(x), value).tolist() == compare(x.astype(int), value).tolist()


@pytest.mark.parametrize("value", [300, -1])
def test_a_number_beyond_the_tensors_dtype_cannot_be_added(value):
    with pytest.raises(OverflowError, match=rf"add: {value} does not fit into uint8; convert the tensor first"):
        mg.tensor(np.array([1], np.uint8)) + value


def test_two_integers_never_make_a_float():
    out = mg.tensor(np.array([1], np.uint64)) + mg.tensor([1])

    assert out.dtype.kind in "iu"


# ---- mixing


@pytest.mark.parametrize(
    "product",
    [
        lambda a, b: a @ b,
        lambda a, b: mg.mm(a, b),
        lambda a, b: mg.linear(a, b),
        lambda a, b: mg.linear(a, a, b[0]),
        lambda a, b: mg.einsum("ij,jk->ik", a, b),
        lambda a, b: mg.dot(a[0], b[0]),
    ],
)
def test_matrix_products_refuse_to_mix_dtypes(product):
    with pytest.raises(TypeError, match=r"all inputs must have one dtype, but got float32 .*float64.*with .float\(\)"):
        product(mg.ones(2, 2), mg.ones(2, 2, dtype=np.float64))


def test_gradients_come_back_in_each_leafs_own_dtype():
    half, single = (mg.ones(2, dtype=d, requires_grad=True) for d in (np.float16, np.float32))
    double, integer = mg.ones((), dtype=np.float64, requires_grad=True), mg.tensor([2, 3])

    out = half * single * double * integer
    out.sum().backward()

    assert out.dtype == np.float32
    assert [t.grad.dtype for t in (half, single, double)] == [np.float16, np.float32, np.float64]
    assert [t.grad.tolist() for t in (half, single, double)] == [[2, 3], [2, 3], 5]


def test_joining_dtypes_splits_the_gradient_again():
    a, b = mg.ones(2, requires_grad=True), mg.ones(1, dtype=np.float64, requires_grad=True)

    (mg.cat([a, b]) * mg.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert (a.grad.dtype, a.grad.tolist()) == (np.float32, [1, 2])
    assert (b.grad.dtype, b.grad.tolist()) == (np.float64, [3])


@pytest.mark.parametrize("other", ["two", None, 1j, np.array([1j]), [1.0, 2.0], object(), np.array(["a"])])
def test_what_is_no_number_is_refused_with_its_type(other):
    with pytest.raises(TypeError, match=r"add: cannot compute with a .*; make a tensor of it with mg.tensor"):
        mg.ones(2) + other


# ---- the default dtype


def test_the_default_dtype_decides_what_python_floats_become(default_dtype):
    default_dtype(np.float64)

    made = [mg.tensor(1.5), mg.tensor([1, 2.5]), mg.zeros(2), mg.arange(0, 1, 0.5), mg.rand(2), mg.tensor([1]) / 2]

    assert mg.get_default_dtype() == np.float64
    assert [t.dtype for t in made] == [np.float64] * 6
    assert mg.tensor([1]).dtype == np.int64


def test_the_default_dtype_may_be_given_by_name_and_reaches_integers_functions(default_dtype):
    default_dtype("float16")

    assert [t.dtype for t in (mg.tensor([1, 2]).exp(), mg.tensor([1]) * 2.0, mg.randn(2))] == [np.float16] * 3


@pytest.mark.parametrize("dtype", [np.int64, bool, complex, "int32"])
def test_the_default_dtype_must_be_floating(dtype):
    with pytest.raises(TypeError, match="set_default_dtype: expected a floating dtype such as float32 or float64, but"):
        mg.set_default_dtype(dtype)

    assert mg.get_default_dtype() == np.float32


# ---- only floats have gradients


@pytest.mark.parametrize("values", [1, [1, 2], True, [True, False], np.ones(2, np.uint8)])
def test_only_floating_tensors_can_require_grad(values):
    with pytest.raises(TypeError, match=r"only floating tensors can require gradients, but this one is .*\.float\(\)"):
        mg.tensor(values, requires_grad=True)
    with pytest.raises(TypeError, match="only floating tensors can require gradients"):
        mg.tensor(values).requires_grad_()


def test_integer_and_bool_results_of_tracked_tensors_are_constants():
    x = mg.ones(2, requires_grad=True)

    assert not any(t.requires_grad for t in (x.long(), x > 0, x.bool(), x.argmax(), x.to(np.int8)))


def test_a_cast_between_floats_is_recorded():
    x = mg.ones(2, requires_grad=True)

    x.double().half().sum().backward()

    assert (x.grad.dtype, x.grad.tolist()) == (np.float32, [1, 1])


@pytest.mark.parametrize(
    ("method", "dtype"),
    [
        ("float", "float32"),
        ("double", "float64"),
        ("half", "float16"),
        ("int", "int32"),
        ("long", "int64"),
        ("bool", "bool"),
    ],
)
def test_casting_methods_give_their_dtype_and_the_same_tensor_when_it_has_it(method, dtype):
    x = getattr(mg.tensor([0.0, 1.7, -1.7]), method)()

    assert x.dtype == np.dtype(dtype)
    assert getattr(x, method)() is x


def test_casts_round_towards_zero_and_ask_whether_it_is_zero():
    x = mg.tensor([0.0, 1.7, -1.7])

    assert x.int().tolist() == [0, 1, -1]
    assert x.bool().tolist() == [False, True, True]


@pytest.mark.parametrize("dtype", [complex, object, str, "datetime64[s]"])
def test_a_tensor_cannot_be_cast_to_what_it_cannot_hold(dtype):
    with pytest.raises(TypeError, match="to: a tensor holds bools, integers or floats, not"):
        mg.ones(2).to(dtype=dtype)


@pytest.mark.parametrize(
    "call",
    [
        lambda: mg.zeros(2, dtype="x"),
        lambda: mg.zeros(2).to(3),
        lambda: mg.set_default_dtype("none"),
        lambda: mg.rand(2, dtype="x"),
    ],
)
def test_what_is_no_dtype_is_refused_by_name(call):
    with pytest.raises((TypeError, ValueError), match=r"is none; give one such as mg.float32|to: "):
        call()
