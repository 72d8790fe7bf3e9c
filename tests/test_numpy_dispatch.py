"""NumPy's functions on tensors: recorded with the right gradient, or refused; never a cut graph or an object array."""

import operator

import numpy as np
import pytest

import minigrad as mg

X = np.array([[0.5, -1.0, 2.0], [3.0, 0.25, -0.75]])
C = np.array([[2.0, 3.0, 5.0], [7.0, 11.0, 13.0]])


def leaf(values):
    return mg.tensor(values, dtype=np.float64, requires_grad=True)


def numeric_gradient(f, x, weights):
    """d(f(x)·weights)/dx by central differences, with plain NumPy."""
    g = np.zeros_like(x)
    for i in np.ndindex(x.shape):
        up, down = x.copy(), x.copy()
        up[i] += 1e-6
        down[i] -= 1e-6
        g[i] = (np.sum(f(up) * weights) - np.sum(f(down) * weights)) / 2e-6
    return g


RECORDED = {
    "exp": np.exp,
    "expm1": np.expm1,
    "log": lambda x: np.log(x * x),
    "log1p": lambda x: np.log1p(x * x),
    "sqrt": lambda x: np.sqrt(x * x),
    "square": np.square,
    "abs": np.abs,
    "absolute": np.absolute,
    "fabs spelled as builtin": abs,
    "sin": np.sin,
    "cos": np.cos,
    "tanh": np.tanh,
    "negative": np.negative,
    "reciprocal": np.reciprocal,
    "add": lambda x: np.add(C, x),
    "subtract": lambda x: np.subtract(C, x),
    "multiply": lambda x: np.multiply(C, x),
    "divide": lambda x: np.divide(C, x),
    "power": lambda x: np.power(x, 3),
    "remainder": lambda x: np.remainder(x, 0.7),
    "maximum": lambda x: np.maximum(x, 0.3),
    "minimum": lambda x: np.minimum(C / 10, x),
    "where": lambda x: np.where(C > 4, x, -x),
    "sum": np.sum,
    "sum over an axis": lambda x: np.sum(x, axis=0, keepdims=True),
    "sum over two axes": lambda x: np.sum(x, axis=(0, 1)),
    "mean": np.mean,
    "mean over an axis": lambda x: np.mean(x, axis=1),
    "max": np.max,
    "max over an axis": lambda x: np.max(x, axis=1, keepdims=True),
    "min": np.min,
    "var": np.var,
    "var of a sample": lambda x: np.var(x, axis=1, ddof=1),
    "std": np.std,
    "std of a sample": lambda x: np.std(x, axis=0, ddof=1, keepdims=True),
    "concatenate": lambda x: np.concatenate([x, C, x], axis=1),
    "stack": lambda x: np.stack([C, x], axis=-1),
    "split": lambda x: np.split(x, 3, axis=1)[1],
    "array_split": lambda x: np.array_split(x, 2, axis=1)[0],
    "split at places": lambda x: np.split(x, [1], axis=1)[1],
    "clip": lambda x: np.clip(x, -0.8, 1.0),
    "clip from below": lambda x: np.clip(x, -0.8, None),
    "clip by name": lambda x: np.clip(x, a_min=-0.8, a_max=1.0),
    "transpose": np.transpose,
    "transpose with axes": lambda x: np.transpose(x, (1, 0)),
    "swapaxes": lambda x: np.swapaxes(x, 0, 1),
    "reshape": lambda x: np.reshape(x, (3, 2)),
    "reshape to one": lambda x: np.reshape(x, -1),
    "ravel": np.ravel,
    "expand_dims": lambda x: np.expand_dims(x, 1),
    "squeeze": lambda x: np.squeeze(np.expand_dims(x, 1)),
    "broadcast_to": lambda x: np.broadcast_to(x, (4, 2, 3)),
    "copy": np.copy,
    "matmul": lambda x: np.matmul(x, C.T),
    "dot": lambda x: np.dot(C.T, x),
    "dot of vectors": lambda x: np.dot(x[0], C[1]),
    "dot with a number": lambda x: np.dot(x, 3.0),
    "einsum": lambda x: np.einsum("ij,kj->ik", x, C),
    "einsum without arrow": lambda x: np.einsum("ij,ij", C, x),
    "ndarray + tensor": lambda x: C + x,
    "ndarray - tensor": lambda x: C - x,
    "ndarray * tensor": lambda x: C * x,
    "ndarray / tensor": lambda x: C / x,
    "tensor / ndarray": lambda x: x / C,
    "ndarray ** tensor": lambda x: C**x,
    "tensor ** ndarray": lambda x: (x * x) ** (C / 10),
    "ndarray % tensor": lambda x: C % (x + 1.37),
    "ndarray @ tensor": lambda x: C.T @ x,
    "tensor @ ndarray": lambda x: x @ C.T,
    "scalar * tensor": lambda x: np.float64(2) * x,
    "scalar - tensor": lambda x: np.float32(2) - x,
    "scalar / tensor": lambda x: np.int64(2) / x,
    "scalar ** tensor": lambda x: np.float64(2) ** x,
    "0-d array * tensor": lambda x: np.array(2.0) * x,
    "row + tensor": lambda x: C[0] + x,
}


@pytest.mark.parametrize("f", RECORDED.values(), ids=RECORDED)
def test_numpys_function_gives_numpys_value_and_the_right_gradient(f):
    x = leaf(X)
    expected = np.asarray(f(X))
    weights = np.random.default_rng(0).normal(size=expected.shape)

    out = f(x)
    out.backward(weights)

    assert type(out) is mg.Tensor
    assert out.dtype == np.float64
    np.testing.assert_allclose(out.detach().numpy(), expected, rtol=1e-13)
    np.testing.assert_allclose(x.grad.numpy(), numeric_gradient(f, X, weights), rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name", ["a_min", "a_max"])
def test_clip_takes_numpys_names(name):
    x = leaf(X)

    out = np.clip(x, **{"a_min": None, "a_max": None, name: 0.3})

    assert out.tolist() == np.clip(X, **{"a_min": None, "a_max": None, name: 0.3}).tolist()


@pytest.mark.parametrize(("a", "b"), [((2, 3, 4), (2, 4, 5)), ((3, 4), (2, 4, 5)), ((1, 3, 4), (2, 4, 5))])
def test_dot_refuses_a_right_side_of_higher_dimensions_where_it_is_no_matrix_product(a, b):
    with pytest.raises(TypeError, match=r"np.dot sums over other axes than a matrix product .*; use @"):
        np.dot(leaf(np.ones(a)), np.ones(b))


@pytest.mark.parametrize(("a", "b"), [((2, 3, 4), (4, 5)), ((2, 3, 4), (4,)), ((4,), (4, 5)), ((), (2, 3))])
def test_dot_of_the_other_dimensions_is_numpys(a, b):
    a, b = np.arange(np.prod(a, dtype=float)).reshape(a), np.arange(np.prod(b, dtype=float)).reshape(b)

    assert np.dot(leaf(a), b).tolist() == np.dot(a, b).tolist()


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.equal(x, 0.5),
        lambda x: np.not_equal(x, 0.5),
        lambda x: np.less(x, C),
        lambda x: np.less_equal(C, x),
        lambda x: operator.gt(C, x),
        lambda x: operator.ge(C, x),
        lambda x: operator.eq(C, x),
        lambda x: np.logical_and(x, x > 0),
        lambda x: np.logical_or(x > 0, x < -0.8),
        lambda x: np.logical_not(x),
        lambda x: np.isfinite(x),
        lambda x: np.isnan(x),
        lambda x: np.sign(x),
        lambda x: np.floor_divide(C, x),
        lambda x: C // x,
        lambda x: np.argmax(x, axis=1),
        lambda x: np.argmin(x),
        lambda x: np.all(x > -9, axis=0),
        lambda x: np.any(x > 9),
        lambda x: np.zeros_like(x),
        lambda x: np.ones_like(x),
        lambda x: np.full_like(x, 7.0),
    ],
)
def test_functions_without_a_derivative_give_untracked_tensors(f):
    out, expected = f(leaf(X)), np.asarray(f(X))

    assert type(out) is mg.Tensor
    assert not out.requires_grad
    assert (out.dtype, out.tolist()) == (expected.dtype, expected.tolist())


def test_shape_ndim_and_size_are_plain_numbers():
    x = leaf(X)

    assert (np.shape(x), np.ndim(x), np.size(x)) == ((2, 3), 2, 6)


@pytest.mark.parametrize(
    ("f", "name", "near"),
    [
        (lambda x: np.median(x), "median", "mean"),
        (lambda x: np.fmax(x, 1), "fmax", "max"),
        (lambda x: np.vstack([x, x]), "vstack", "stack"),
        (lambda x: np.hstack([x, x]), "hstack", "stack"),
        (lambda x: np.nanmax(x), "nanmax", "amax"),
        (lambda x: np.nansum(x), "nansum", "sum"),
        (lambda x: np.exp2(x), "exp2", "exp"),
        (lambda x: np.dsplit(x, 2), "dsplit", "split"),
    ],
)
def test_a_function_that_is_not_in_the_table_is_refused_and_near_misses_named(f, name, near):
    with pytest.raises(TypeError, match=rf"np.{name} has no rule for tensors.*the nearest that have are .*np.{near}\b"):
        f(leaf(X))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.linalg.inv(x @ x.T),
        lambda x: np.linalg.matmul(x, C.T),
        lambda x: np.fft.fft(x),
        lambda x: np.fft.rfft2(x),
        lambda x: np.unique(x),
        lambda x: np.roll(x, 1),
        lambda x: np.kron(x, C),
        lambda x: np.tensordot(x, C),
        lambda x: np.allclose(x, C),
        lambda x: np.interp(x, [0, 1], [0, 1]),
        lambda x: np.savetxt("never", x),
        lambda x: np.where(x),
        lambda x: np.modf(x),
        lambda x: np.divmod(x, 2),
        lambda x: divmod(C, x),
        lambda x: np.copyto(C.copy(), x),
        lambda x: np.put(C.copy(), [0], x),
    ],
)
@pytest.mark.parametrize("tracked", [True, False])
def test_every_other_function_raises_type_error(f, tracked):
    x = leaf(X)

    with pytest.raises(TypeError):
        f(x if tracked else x.detach())


@pytest.mark.parametrize(
    ("f", "text"),
    [
        (lambda x: np.add.reduce(x), "np.add.reduce has no rule for tensors"),
        (lambda x: np.add.accumulate(x), "np.add.accumulate has no rule for tensors"),
        (lambda x: np.multiply.outer(x, C), "np.multiply.outer has no rule for tensors"),
        (lambda x: np.add.at(x, 0, 1.0), "np.add.at has no rule for tensors"),
        (lambda x: np.add.at(C.copy(), 0, x), "np.add.at has no rule for tensors"),
        (lambda x: np.add.reduceat(x, [0]), "np.add.reduceat has no rule for tensors"),
    ],
)
def test_methods_of_ufuncs_are_refused(f, text):
    with pytest.raises(TypeError, match=text):
        f(leaf(X))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.add(x, x, out=np.empty((2, 3))),
        lambda x: np.add(C, C, out=x),
        lambda x: np.exp(x, out=x),
        lambda x: np.sum(x, out=np.empty(())),
        lambda x: np.sum(C, axis=0, out=x[0]),
        lambda x: np.exp(x, where=C > 3),
        lambda x: np.exp(x, dtype=np.float32),
        lambda x: np.max(x, initial=0.0),
        lambda x: np.concatenate([x, x], out=np.empty((4, 3))),
    ],
)
def test_arguments_that_cannot_be_recorded_are_refused(f):
    x = leaf(X)

    with pytest.raises(TypeError):
        f(x)

    assert x.tolist() == X.tolist()


def test_reshape_in_fortran_order_is_refused():
    with pytest.raises(TypeError, match=r"reshape: only C order is recorded, but got order='F'; permute\(\) first"):
        np.reshape(leaf(X), (3, 2), order="F")


def test_split_into_unequal_pieces_is_refused_as_by_numpy():
    with pytest.raises(ValueError, match="split: 3 cannot be cut into 2 equal pieces along axis 1"):
        np.split(leaf(X), 2, axis=1)


@pytest.mark.parametrize("n", [0, -1])
def test_array_split_into_no_pieces_is_refused_as_by_numpy(n):
    with pytest.raises(ValueError, match=f"array_split: the number of pieces must be positive, but is {n}"):
        np.array_split(leaf(X), n)


def test_an_array_cannot_be_updated_in_place_by_a_tensor():
    a, x = C.copy(), leaf(X)

    with pytest.raises(TypeError, match="out"):
        a += x

    assert a.tolist() == C.tolist()


# ---- arrays out of tensors


@pytest.mark.parametrize(
    "convert",
    [
        np.asarray,
        np.array,
        np.ascontiguousarray,
        lambda x: np.array([x, x]),
        lambda x: np.array([x[0, 0], x[0, 1]]),
        lambda x: np.array([[x[0, 0], 1.0]]),
        lambda x: np.array(x, dtype=object),
        lambda x: np.sum([x, x]),
        lambda x: np.empty((2, 3)).__setitem__(0, x[0]),
        lambda x: np.vectorize(lambda v: v)(x),
        lambda x: x.numpy(),
        lambda x: x.__array__(),
    ],
)
def test_a_tracked_tensor_does_not_become_an_array(convert):
    with pytest.raises(RuntimeError, match=r"numpy: float64 .* requires grad.*use .detach\(\).numpy\(\)"):
        convert(leaf(X))


@pytest.mark.parametrize(
    "make",
    [
        lambda x: C * x,
        lambda x: np.array([1.0, 2.0]) * x[0, 0],
        lambda x: np.array([x, x]),
        lambda x: np.array([x[0, 0], x[0, 1]]),
        lambda x: np.asarray(x),
        lambda x: np.stack([x, x]),
        lambda x: np.sum([x[0, 0], x[0, 1]]),
    ],
)
def test_an_untracked_tensor_never_makes_an_object_array(make):
    out = make(mg.tensor(X))

    assert out.dtype == np.float64


def test_an_array_of_objects_is_refused():
    with pytest.raises(TypeError, match=r"mul: cannot compute with a object \(2,\); make a tensor"):
        np.array([1, None]) * mg.ones(2)


def test_numpy_gives_a_read_only_view_of_the_same_memory():
    x = mg.tensor([1.0, 2.0])
    view = x.numpy()

    x[0] = 5.0

    assert view.tolist() == [5, 2]
    assert not view.flags.writeable
    assert not np.asarray(x).flags.writeable
    with pytest.raises(ValueError, match="read-only"):
        view[0] = 1.0


def test_array_and_a_dtype_make_copies():
    x = mg.tensor([1.0, 2.0])

    copied, converted = np.array(x), np.asarray(x, dtype=np.int64)
    copied[0] = 9.0

    assert x.tolist() == [1, 2]
    assert (converted.dtype, converted.tolist()) == (np.int64, [1, 2])
    assert np.asarray(x, copy=True).flags.writeable


def test_a_conversion_that_must_copy_is_refused_when_copying_is_forbidden():
    with pytest.raises(ValueError, match="copy"):
        np.asarray(mg.tensor([1.0, 2.0]), dtype=np.int64, copy=False)


# ---- subclasses of ndarray


def test_a_matrix_is_an_array_like_any_other():
    x, a = leaf(X[:, :2]), C[:, :2].view(np.matrix)

    (x * a).sum().backward()

    assert x.grad.tolist() == C[:, :2].tolist()


def test_a_tensor_cannot_be_added_into_an_array():
    total = np.zeros(2)

    with pytest.raises(
        TypeError, match=r"np.add: the result of tensors cannot be written into out= .*write x = x \+ y"
    ):
        total += mg.ones(2)
