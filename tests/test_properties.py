"""Properties that hold for any shape: values as in NumPy, gradients by exact formulas.

Numbers are small integers in float64, so every sum is exact and comparisons are equalities.
"""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

import minigrad as mg
from minigrad import autograd

integers = st.integers(-8, 8).map(float)
shapes = hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3)
filled = hnp.array_shapes(min_dims=1, max_dims=4, min_side=1, max_side=4)


def arrays(shape):
    return hnp.arrays(np.float64, shape, elements=integers)


@st.composite
def broadcasting(draw, count=2):
    """count arrays that broadcast together, and weights of the common shape."""
    found = draw(hnp.mutually_broadcastable_shapes(num_shapes=count, max_dims=3, max_side=3, min_side=0))
    return *(draw(arrays(s)) for s in found.input_shapes), draw(arrays(found.result_shape))


def leaf(array):
    return mg.tensor(array, requires_grad=True)


def summed_to(g, shape):
    """g summed over what broadcasting added to shape: element by element, as the definition says."""
    out = np.zeros(shape)
    where = np.broadcast_to(np.arange(out.size).reshape(shape), g.shape)
    np.add.at(out.reshape(-1), where.reshape(-1), g.reshape(-1))
    return out


def equal(tensor, array):
    assert tensor.shape == np.shape(array)
    assert np.array_equal(tensor.detach().numpy(), array)


# ---- broadcasting


@given(broadcasting())
def test_a_product_broadcasts_as_in_numpy_and_sums_its_gradients_back(case):
    a, b, weights = case
    x, y = leaf(a), leaf(b)

    out = x * y
    out.backward(weights)

    equal(out, a * b)
    equal(x.grad, summed_to(weights * b, a.shape))
    equal(y.grad, summed_to(weights * a, b.shape))


@given(broadcasting())
def test_a_difference_broadcasts_as_in_numpy_and_sums_its_gradients_back(case):
    a, b, weights = case
    x, y = leaf(a), leaf(b)

    out = x - y
    out.backward(weights)

    equal(out, a - b)
    equal(x.grad, summed_to(weights, a.shape))
    equal(y.grad, summed_to(-weights, b.shape))


@given(broadcasting(3))
def test_where_broadcasts_three_ways(case):
    a, b, c, weights = case
    x, y = leaf(a), leaf(b)

    out = mg.where(mg.tensor(c > 0), x, y)
    out.backward(weights)

    equal(out, np.where(c > 0, a, b))
    equal(x.grad, summed_to(np.where(c > 0, weights, 0), a.shape))
    equal(y.grad, summed_to(np.where(c > 0, 0, weights), b.shape))


@given(broadcasting())
def test_the_gradient_of_a_gradient_broadcasts_too(case):
    a, b, weights = case
    x, y, v = leaf(a), leaf(b), leaf(weights)

    (to_x,) = autograd.grad(x * x * y, x, grad_outputs=v, create_graph=True)  # 2xyv
    to_y, to_v = autograd.grad(to_x.sum(), (y, v))

    equal(to_y, summed_to(2 * a * weights, b.shape))
    equal(to_v, np.broadcast_to(2 * a * b, weights.shape))


@given(st.data())
def test_expanding_is_undone_by_summing(data):
    a, weights = data.draw(broadcasting(1))
    x = leaf(a)

    x.broadcast_to(weights.shape).backward(weights)

    equal(x.grad, summed_to(weights, a.shape))


# ---- indexing


@st.composite
def indexed(draw):
    a = draw(filled.flatmap(arrays))
    basic = hnp.basic_indices(a.shape, allow_newaxis=True, max_dims=6)
    rows = hnp.integer_array_indices(a.shape, result_shape=hnp.array_shapes(min_dims=1, max_dims=2, max_side=3))
    mask = hnp.arrays(bool, a.shape[: draw(st.integers(1, a.ndim))])
    index = draw(st.one_of(basic, rows, mask))
    return a, index, draw(arrays(np.shape(a[index])))


@given(indexed())
def test_indexing_is_numpys_and_its_gradient_adds_to_what_was_taken(case):
    a, index, weights = case
    x, expected = leaf(a), np.zeros_like(a)
    np.add.at(expected, index, weights)

    out = x[index]
    out.backward(weights)

    equal(out, a[index])
    equal(x.grad, expected)


@given(indexed())
def test_the_gradient_of_indexing_is_linear_in_the_weights(case):
    a, index, weights = case
    x, v = leaf(a), leaf(weights)

    (g,) = autograd.grad(x[index], x, grad_outputs=v, create_graph=True)
    (to_v,) = autograd.grad(g, v, grad_outputs=mg.tensor(a))

    equal(to_v, a[index])


@given(indexed())
def test_assigning_is_numpys(case):
    a, index, values = case
    x, expected = mg.tensor(a), a.copy()

    x[index] = values
    expected[index] = values

    equal(x, expected)


# ---- reductions


@st.composite
def reduced(draw, side=0):
    a = draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=side, max_side=3).flatmap(arrays))
    one_or_more = st.integers(-a.ndim, a.ndim - 1) | hnp.valid_tuple_axes(a.ndim, min_size=1) if a.ndim else st.none()
    axis, keep = draw(st.none() | one_or_more), draw(st.booleans())
    return a, axis, keep, draw(arrays(np.sum(a, axis, keepdims=keep).shape))


@given(reduced())
def test_a_sum_passes_its_gradient_to_all_that_it_summed(case):
    a, axis, keep, weights = case
    x = leaf(a)
    expected = np.zeros_like(a) + (weights if keep or axis is None else np.expand_dims(weights, axis))

    out = x.sum(axis, keepdim=keep)
    out.backward(weights)

    equal(out, np.sum(a, axis, keepdims=keep))
    equal(x.grad, expected)


@given(reduced(side=1))
def test_a_maximum_shares_its_gradient_among_ties(case):
    a, axis, keep, weights = case
    x = leaf(a)
    chosen = a == np.max(a, axis, keepdims=True)
    spread = weights.reshape(np.max(a, axis, keepdims=True).shape)

    out = x.amax(axis, keepdim=keep)
    out.backward(weights)

    equal(out, np.max(a, axis, keepdims=keep))
    np.testing.assert_allclose(x.grad.numpy(), spread * chosen / chosen.sum(axis, keepdims=True), rtol=1e-14)


@given(reduced(side=1))
def test_a_mean_is_a_sum_divided_by_the_count(case):
    a, axis, keep, weights = case
    x, y = leaf(a), leaf(a)
    count = a.size // max(1, np.sum(a, axis).size)

    out = x.mean(axis, keepdim=keep)
    out.backward(weights)
    y.sum(axis, keepdim=keep).backward(weights / count)

    np.testing.assert_allclose(out.detach().numpy(), np.mean(a, axis, keepdims=keep), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(x.grad.numpy(), y.grad.numpy(), rtol=1e-13)


@given(reduced(side=1))
def test_logsumexp_passes_back_the_softmax(case):
    a, axis, keep, weights = case
    x, e = leaf(a), np.exp(a)
    spread = weights.reshape(np.sum(a, axis, keepdims=True).shape)

    out = x.logsumexp(axis, keepdim=keep)
    out.backward(weights)

    np.testing.assert_allclose(out.detach().numpy(), np.log(e.sum(axis, keepdims=keep)), rtol=1e-13, atol=1e-13)
    np.testing.assert_allclose(x.grad.numpy(), spread * e / e.sum(axis, keepdims=True), rtol=1e-12, atol=1e-15)


# ---- shapes


@st.composite
def reshaped(draw):
    a = draw(shapes.flatmap(arrays))
    sizes, rest = [], a.size
    while rest > 1 and draw(st.booleans()):
        sizes.append(draw(st.sampled_from([n for n in range(1, rest + 1) if rest % n == 0])))
        rest //= sizes[-1]
    return a, (*sizes, rest)


@given(reshaped())
def test_reshaping_moves_numbers_and_gradients_without_changing_them(case):
    a, shape = case
    x = leaf(a)

    out = x.reshape(shape)
    out.backward(out.detach())

    equal(out, a.reshape(shape))
    equal(x.grad, a)


@given(shapes.flatmap(arrays), st.randoms(use_true_random=False))
def test_permuting_is_numpys_transpose_and_its_gradient_finds_the_way_back(a, random):
    dims = list(range(a.ndim))
    random.shuffle(dims)
    signed = [d - a.ndim if random.random() < 0.5 else d for d in dims]
    x = leaf(a)

    out = x.permute(signed)
    out.backward(out.detach())

    equal(out, np.transpose(a, dims))
    equal(x.grad, a)


@given(st.data(), filled)
def test_what_is_split_and_joined_again_is_the_same(data, shape):
    a, dim = data.draw(arrays(shape)), data.draw(st.integers(-len(shape), len(shape) - 1))
    size = data.draw(st.integers(1, shape[dim]))
    x = leaf(a)

    out = mg.cat(x.split(size, dim), dim)
    out.backward(out.detach())

    equal(out, a)
    equal(x.grad, a)


@given(st.data(), shapes)
def test_stacking_and_taking_apart_gives_each_its_own_gradient(data, shape):
    parts = [data.draw(arrays(shape)) for _ in range(data.draw(st.integers(1, 3)))]
    dim = data.draw(st.integers(-len(shape) - 1, len(shape)))
    xs = [leaf(a) for a in parts]

    out = mg.stack(xs, dim)
    out.backward(out.detach())

    equal(out, np.stack(parts, dim))
    for x, a in zip(xs, parts, strict=True):
        equal(x.grad, a)


@given(st.data(), shapes)
def test_squeezing_what_was_unsqueezed_is_the_identity(data, shape):
    a, dim = data.draw(arrays(shape)), data.draw(st.integers(-len(shape) - 1, len(shape)))
    x = leaf(a)

    out = x.unsqueeze(dim).squeeze(dim)
    out.backward(out.detach())

    equal(x.unsqueeze(dim), np.expand_dims(a, dim))
    equal(out, a)
    equal(x.grad, a)


# ---- matrices


@st.composite
def products(draw):
    """Two arrays whose matrix product exists, and weights of its shape."""
    found = draw(hnp.mutually_broadcastable_shapes(signature=np.matmul.signature, max_dims=2, max_side=3, min_side=0))
    return *(draw(arrays(s)) for s in found.input_shapes), draw(arrays(found.result_shape))


@given(products())
def test_a_matrix_product_is_numpys_also_batched_and_with_vectors(case):
    a, b, weights = case
    x, y = leaf(a), leaf(b)
    rows, columns = (a[None] if a.ndim == 1 else a), (b[:, None] if b.ndim == 1 else b)
    g = weights[..., None] if b.ndim == 1 else weights
    g = np.expand_dims(g, -2) if a.ndim == 1 else g

    out = x @ y
    out.backward(weights)

    equal(out, a @ b)
    equal(x.grad, summed_to(g @ np.swapaxes(columns, -1, -2), rows.shape).reshape(a.shape))
    equal(y.grad, summed_to(np.swapaxes(rows, -1, -2) @ g, columns.shape).reshape(b.shape))


@given(products())
def test_matmul_and_einsum_agree(case):
    a, b, weights = case
    left, right = ("...ij" if a.ndim > 1 else "j"), ("...jk" if b.ndim > 1 else "j")
    out = "..." * (a.ndim > 2 or b.ndim > 2) + "i" * (a.ndim > 1) + "k" * (b.ndim > 1)
    out = out if out.startswith("...") or (a.ndim < 2 and b.ndim < 2) else "..." + out
    (x, y), (u, v) = (leaf(a), leaf(b)), (leaf(a), leaf(b))

    (x @ y).backward(weights)
    mg.einsum(f"{left},{right}->{out}", u, v).backward(weights)

    equal(u.grad, x.grad.numpy())
    equal(v.grad, y.grad.numpy())
