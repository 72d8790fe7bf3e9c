"""What a Tensor is: how it prints, converts, copies and answers questions; and how one is made."""

import copy
import inspect
import operator
import pickle
import pydoc

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import Parameter


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


# ---- repr and format


@pytest.mark.parametrize(
    ("x", "text"),
    [
        (mg.tensor([1.0, 2.5]), "tensor([1. , 2.5], shape=(2,), dtype=float32)"),
        (mg.tensor(3), "tensor(3, shape=(), dtype=int64)"),
        (mg.tensor(True), "tensor(True, shape=(), dtype=bool)"),
        (mg.zeros(0, 3), "tensor([], shape=(0, 3), dtype=float32)"),
        (mg.tensor([[1, 2], [3, 4]]), "tensor([[1, 2],\n        [3, 4]], shape=(2, 2), dtype=int64)"),
        (mg.tensor([1.0], requires_grad=True), "tensor([1.], shape=(1,), dtype=float32, requires_grad=True)"),
        (mg.tensor([1.0], name="w"), "tensor([1.], shape=(1,), dtype=float32, name='w')"),
        (leaf([2.0]).exp(), "tensor([7.3891], shape=(1,), dtype=float64, grad_fn=<exp>)"),
        (leaf([2.0], name="w") * 2, "tensor([4.], shape=(1,), dtype=float64, grad_fn=<mul>)"),
        (mg.tensor([np.nan, np.inf, -0.0]), "tensor([nan, inf, -0.], shape=(3,), dtype=float32)"),
    ],
)
def test_a_tensor_prints_values_shape_dtype_and_how_it_was_made(x, text):
    assert repr(x) == text
    assert str(x) == text


def test_a_large_tensor_prints_only_its_corners():
    text = repr(mg.zeros(1000, 1000))

    assert "..." in text
    assert len(text) < 500
    assert text.endswith("shape=(1000, 1000), dtype=float32)")


def test_printing_has_four_digits_whatever_numpys_options_say():
    with np.printoptions(precision=1):
        text = repr(mg.tensor([1 / 3]))

    assert text.startswith("tensor([0.3333]")


def test_a_single_number_takes_a_format():
    assert f"{mg.tensor(1 / 3):.3f}" == "0.333"
    assert f"{leaf([[2.0]]):>5.1f}" == "  2.0"
    assert f"{mg.tensor(7):03d}" == "007"
    assert f"{mg.tensor([1, 2])}" == "tensor([1, 2], shape=(2,), dtype=int64)"


# ---- numbers out


def test_item_and_tolist_give_python_numbers():
    assert type(mg.tensor([[2.5]]).item()) is float
    assert type(mg.tensor(2).item()) is int
    assert type(mg.tensor(True).item()) is bool
    assert leaf([[1.0, 2.0]]).tolist() == [[1.0, 2.0]]
    assert mg.tensor(5).tolist() == 5


@pytest.mark.parametrize("shape", [(2,), (0,), (1, 2)])
def test_item_needs_exactly_one_number(shape):
    with pytest.raises(ValueError, match=r"item: only a tensor with one number has an item, but this is float32 \("):
        mg.ones(shape).item()


def test_one_number_converts_to_python():
    x = mg.tensor([[2.0]])

    assert (float(x), int(x), bool(x)) == (2.0, 2, True)
    assert not mg.tensor(0.0)
    assert [10, 20, 30][mg.tensor(1)] == 20
    assert list(range(mg.tensor(3))) == [0, 1, 2]
    assert float(leaf(2.0)) == 2.0


@pytest.mark.parametrize(("convert", "name"), [(float, "float"), (int, "int"), (bool, "bool"), (hex, "index")])
@pytest.mark.parametrize("shape", [(2,), (0,)])
def test_several_numbers_or_none_do_not_convert(convert, name, shape):
    with pytest.raises(ValueError, match=rf"{name}: int64 \(.*\) is not one number; use .any\(\) or .all\(\), or pick"):
        convert(mg.zeros(shape, dtype=np.int64))


def test_a_float_is_no_index():
    with pytest.raises(TypeError, match="integer"):
        [1, 2, 3][mg.tensor(1.0)]


# ---- as a sequence


def test_len_iter_and_unpacking_go_over_the_first_dimension():
    x = leaf([[1.0, 2.0], [3.0, 4.0]])

    a, b = x
    (a * 2 + b * 3).sum().backward()

    assert len(x) == 2
    assert [row.tolist() for row in x] == [[1, 2], [3, 4]]
    assert [row.tolist() for row in reversed(x)] == [[3, 4], [1, 2]]
    assert x.grad.tolist() == [[2, 2], [3, 3]]


def test_a_single_number_has_no_length_and_no_elements():
    with pytest.raises(TypeError, match=r"len: a 0-d tensor has no length; use .item\(\)"):
        len(mg.tensor(1.0))
    with pytest.raises(TypeError, match=r"iter: a 0-d tensor cannot be iterated over; use .item\(\)"):
        list(mg.tensor(1.0))


def test_in_asks_whether_a_number_occurs():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])

    assert 3 in x
    assert 5.0 not in x
    assert mg.tensor(2.0) in x


@pytest.mark.parametrize("value", [None, "a"])
def test_what_is_no_number_is_in_no_tensor(value):
    assert value not in mg.tensor([1.0, 2.0])


# ---- equality and hashing


def test_comparison_is_elementwise_and_untracked():
    x = leaf([1.0, 2.0])

    assert (x == 1).tolist() == [True, False]
    assert (x != np.array([1.0, 3.0])).tolist() == [False, True]
    assert (2 > x).tolist() == [True, False]  # noqa: SIM300
    assert not (x <= mg.tensor([2.0, 1.0])).requires_grad


@pytest.mark.parametrize("other", [None, "a", [1.0, 2.0], object()])
def test_a_tensor_equals_nothing_that_is_no_number(other):
    x = mg.tensor([1.0, 2.0])

    assert (x == other) is False
    assert (x != other) is True


def test_order_against_what_is_no_number_is_refused():
    with pytest.raises(TypeError, match="not supported between instances"):
        operator.lt(mg.ones(2), None)


def test_tensors_are_hashed_by_identity():
    a, b = mg.ones(2), mg.ones(2)

    assert len({a, b, a}) == 2
    assert {a: 1}[a] == 1
    assert b not in {a: 1}


# ---- attributes


def test_a_misspelt_attribute_cannot_be_set():
    x = mg.ones(2)

    with pytest.raises(AttributeError, match="requires_gradd"):
        x.requires_gradd = True
    with pytest.raises(AttributeError, match="shape"):
        x.shape = (1, 2)


def test_tensors_have_no_dict():
    assert not hasattr(mg.ones(2), "__dict__")
    assert mg.Tensor.__slots__ == ()


def test_shape_size_dim_and_numel_say_how_large_it_is():
    x = mg.zeros(2, 3)

    assert (x.shape, x.ndim, x.dim(), x.size(), x.size(1), x.size(-1), x.numel()) == ((2, 3), 2, 2, (2, 3), 3, 3, 6)


def test_a_leaf_and_a_result_know_where_they_come_from():
    x = leaf([1.0])
    y = x * 2

    assert (x.is_leaf, x.grad_fn, x.requires_grad) == (True, None, True)
    assert (y.is_leaf, y.grad_fn.op.name, y.requires_grad) == (False, "mul", True)
    assert (mg.ones(1) * 2).is_leaf


def test_a_result_cannot_stop_requiring_grad():
    y = leaf([1.0]) * 2

    with pytest.raises(RuntimeError, match=r"computed from others and cannot be switched off; use .detach\(\)"):
        y.requires_grad = False


def test_detach_and_data_share_memory_without_history():
    x = leaf([1.0, 2.0])
    y = x * 1

    assert [t.requires_grad for t in (y.detach(), y.data)] == [False, False]
    assert np.shares_memory(y.detach().array, y.array)
    assert np.shares_memory(x.data.array, x.array)


def test_requires_grad_can_be_switched_on_a_leaf_and_chained():
    x = mg.ones(2).requires_grad_()

    assert x.requires_grad
    assert not x.requires_grad_(False).requires_grad


# ---- operators

OPERATORS = {
    "+": (lambda x, y: x + y, np.add),
    "-": (lambda x, y: x - y, np.subtract),
    "*": (lambda x, y: x * y, np.multiply),
    "/": (lambda x, y: x / y, np.divide),
    "**": (lambda x, y: x**y, np.power),
    "%": (lambda x, y: x % y, np.remainder),
    "//": (lambda x, y: x // y, np.floor_divide),
}


@pytest.mark.parametrize(("op", "numpys"), OPERATORS.values(), ids=OPERATORS)
def test_operators_take_tensors_and_numbers_on_either_side(op, numpys):
    a, b = np.array([2.0, 3.0]), np.array([1.5, 0.5])
    x, y = mg.tensor(a), mg.tensor(b)

    assert op(x, y).tolist() == numpys(a, b).tolist()
    assert op(x, 2).tolist() == numpys(a, 2).tolist()
    assert op(2.5, y).tolist() == numpys(2.5, b).tolist()
    assert op(a, y).tolist() == numpys(a, b).tolist()


def test_matrix_products_work_from_either_side():
    a = np.arange(6.0).reshape(2, 3)

    assert (mg.tensor(a) @ a.T).tolist() == (a @ a.T).tolist()
    assert (a.T @ mg.tensor(a)).tolist() == (a.T @ a).tolist()


@pytest.mark.parametrize(
    "other",
    [2.0, None, [1.0, 2.0]],
)
def test_a_matrix_product_with_no_matrix_is_refused(other):
    with pytest.raises((TypeError, ValueError), match="matmul"):
        mg.ones(2, 2) @ other
    with pytest.raises((TypeError, ValueError), match="matmul"):
        other @ mg.ones(2, 2)


def test_unary_operators():
    x = mg.tensor([-1.0, 2.0])

    assert (-x).tolist() == [1, -2]
    assert (+x).tolist() == [-1, 2]
    assert abs(x).tolist() == [1, 2]
    assert (~(x > 0)).tolist() == [True, False]


def test_and_or_and_not_combine_bools():
    x = mg.tensor([1.0, 2.0, 3.0])

    assert ((x > 1) & (x < 3)).tolist() == [False, True, False]
    assert ((x < 2) | np.array([False, False, True])).tolist() == [True, False, True]
    assert (True & (x > 1)).tolist() == [False, True, True]


def test_bool_operators_refuse_numbers():
    with pytest.raises(TypeError, match=r"&: both sides must be bool tensors, but one is float32 \(2,\)"):
        mg.ones(2) & mg.ones(2)
    with pytest.raises(TypeError, match=r"\|: both sides must be bool tensors, but one is int 1"):
        (mg.ones(2) > 0) | 1
    with pytest.raises(TypeError, match=r"~: only a bool tensor can be inverted, but this is float32 \(2,\)"):
        ~mg.ones(2)


@pytest.mark.parametrize(("a", "b", "text"), [
    ((2, 3), (4,), r"shapes \(2, 3\) and \(4,\) do not broadcast: counted from the right, dimension 1 is 3 against 4"),
    ((2, 3), (3, 3), r"dimension 2 is 2 against 3, and sizes must be equal or 1"),
])  # fmt: skip
def test_shapes_that_do_not_broadcast_are_named_with_op_and_tensors(a, b, text):
    x, y = mg.tensor(np.ones(a), name="x"), mg.tensor(np.ones(b), name="bias")

    with pytest.raises(ValueError, match=rf"^add: .*{text}.*given 'x' float64 .*, 'bias' float64"):
        x + y


def test_three_shapes_that_do_not_broadcast_are_all_named():
    with pytest.raises(ValueError, match=r"where: shapes \(2,\) and \(3,\) and \(\) do not broadcast: .* 2 against 3"):
        mg.where(mg.ones(2) > 0, mg.ones(3), 0.0)


def test_other_errors_of_numpy_keep_their_type_and_gain_op_and_arguments():
    x = mg.tensor(np.ones((2, 3)), name="x")

    with pytest.raises(IndexError, match=r"getitem: index 5 is out of bounds .*given 'x' float64 \(2, 3\), index=5"):
        x[5]
    with pytest.raises(ValueError, match=r"reshape: cannot reshape array .* given 'x' float64 \(2, 3\), shape="):
        x.reshape(4, 2)
    with pytest.raises(IndexError, match=r"sum: axis 2 is out of bounds .* given 'x' float64 \(2, 3\), axis=2"):
        x.sum(2)


# ---- indexing


@pytest.mark.parametrize(
    "index",
    [
        0, -1, slice(1, None), slice(None, None, -1), ..., None, (0, 1), (slice(None), 1), (..., 0),
        (None, 0, ..., None),
        (np.array(1), slice(None)),
        [0, 0, 1], ([0, 1], [2, 0]), (slice(None), [2, 2]), np.array([1, 0]), np.array([[0, 1], [1, 1]]),
        np.array([True, False]), (np.array([True, False]), 1), [True, False], (0, slice(0, 2)), slice(0, 0), [], True,
        np.int64(1), ([1], ...), (slice(None), None, [0]),
    ],
    ids=str,
)  # fmt: skip
def test_indexing_is_numpys_and_repeated_elements_add_up(index):
    a = np.arange(1.0, 7).reshape(2, 3)
    x = leaf(a)
    expected = np.zeros_like(a)
    weights = np.random.default_rng(0).normal(size=a[index].shape)
    np.add.at(expected, index, weights)

    out = x[index]
    out.backward(weights)

    assert out.tolist() == a[index].tolist()
    np.testing.assert_allclose(x.grad.numpy(), expected, rtol=1e-15)


def test_tensors_can_be_indices():
    x = mg.tensor([[1.0, 2.0], [3.0, 4.0]])

    assert x[mg.tensor(1)].tolist() == [3, 4]
    assert x[mg.tensor([1, 0]), mg.tensor([0, 0])].tolist() == [3, 1]
    assert x[x > 2].tolist() == [3, 4]
    assert x[mg.tensor(0) : mg.tensor(1)].tolist() == [[1, 2]]
    assert x[[mg.tensor(1), mg.tensor(1)]].tolist() == [[3, 4], [3, 4]]


def test_an_index_must_be_integers_or_bools():
    x = mg.ones(3)

    with pytest.raises(IndexError, match="index: a tensor used as an index must hold integers or bools, not float32"):
        x[mg.tensor([0.0, 1.0])]
    with pytest.raises(IndexError, match=r"getitem: .*given float32 \(3,\), index="):
        x[1.5]
    with pytest.raises(IndexError, match="too many indices"):
        x[0, 0]
    with pytest.raises(IndexError, match="boolean index did not match"):
        x[[True, False]]


# ---- copies


def test_deepcopy_copies_a_leaf_with_its_state():
    x = Parameter(mg.tensor([1.0, 2.0]))
    (x * 3).sum().backward()

    y = copy.deepcopy(x)
    x.grad.zero_()
    x.data.zero_()

    assert type(y) is Parameter
    assert (y.tolist(), y.requires_grad, y.grad.tolist()) == ([1, 2], True, [3, 3])


def test_deepcopy_keeps_names_and_sharing():
    x = leaf([1.0], name="w")

    a, b = copy.deepcopy([x, x])

    assert a is b
    assert a is not x
    assert a.name == "w"


def test_a_result_cannot_be_deep_copied():
    with pytest.raises(RuntimeError, match=r"deepcopy: only leaves can be copied.*use .detach\(\).clone"):
        copy.deepcopy(leaf([1.0]) * 2)


@pytest.mark.parametrize("protocol", [0, 2, pickle.HIGHEST_PROTOCOL])
def test_tensors_are_not_pickled(protocol):
    with pytest.raises(TypeError, match=r"pickle: tensors are not pickled.*use minigrad.io.save"):
        pickle.dumps(mg.ones(2), protocol)


def test_clone_has_memory_of_its_own_and_history():
    x = leaf([1.0, 2.0])

    y = x.clone()
    with mg.no_grad():
        y.zero_()

    assert x.tolist() == [1, 2]
    assert y.grad_fn.op.name == "clone"


# ---- help and completion


def test_dir_lists_the_methods_for_completion():
    names = set(dir(mg.ones(2)))

    assert {"sum", "reshape", "backward", "grad", "shape", "T", "add_", "register_hook", "softmax", "numpy"} <= names


METHODS = [name for name in dir(mg.Tensor) if name[0] != "_" and callable(getattr(mg.Tensor, name))]


@pytest.mark.parametrize("name", METHODS)
def test_every_method_has_a_docstring_and_a_signature_that_says_something(name):
    method = getattr(mg.Tensor, name)
    parameters = inspect.signature(method).parameters.values()

    assert (method.__doc__ or "").strip()
    assert [p.name for p in parameters][:1] != ["args"]
    assert not any(p.kind is p.VAR_KEYWORD for p in parameters) or name.endswith("_")


def test_help_shows_methods_with_their_signatures():
    text = pydoc.render_doc(mg.Tensor, renderer=pydoc.plaintext)

    assert "sum(input: 'Tensor', dim: 'Dims' = None, keepdim: 'bool' = False, *, dtype: 'Any' = None)" in text
    assert "backward(self, gradient=None, retain_graph=None, create_graph: bool = False, inputs=None)" in text
    assert "mul(x, y)" in text


# ---- properties that are easily forgotten


def test_names_are_shown_in_messages():
    w = mg.tensor([1.0, 2.0], name="w")

    with pytest.raises(ValueError, match="'w' float32"):
        w + mg.ones(3)


def test_subclasses_make_plain_tensors():
    w = Parameter(mg.ones(2))

    assert type(w * 2) is mg.Tensor
    assert type(w.detach()) is mg.Tensor
    assert type(w[0]) is mg.Tensor


def test_a_shallow_copy_is_a_tensor_of_its_own():
    x = mg.tensor([1.0, 2.0], requires_grad=True, name="x")

    twin = copy.copy(x)
    derived = copy.copy(x * 2)

    assert (twin.tolist(), twin.name, twin.is_leaf, twin.requires_grad) == ([1, 2], "x", True, True)
    assert not np.shares_memory(twin.array, x.array)
    assert derived.requires_grad
    assert not derived.is_leaf


def test_the_package_completes_to_its_public_names():
    assert {"tensor", "nn", "optim", "viz", "no_grad"} <= set(dir(mg))


def test_a_uint8_tensor_as_an_index_is_refused_because_it_could_mean_two_things():
    x, bits = mg.arange(3), mg.tensor([1, 0, 1], dtype=mg.uint8)

    with pytest.raises(IndexError, match=r"index: uint8 is a mask in PyTorch .* by \.bool\(\) or \.long\(\)"):
        x[bits]

    assert x[bits.bool()].tolist() == [0, 2]
    assert x[bits.long()].tolist() == [1, 0, 1]
