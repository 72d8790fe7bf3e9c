"""grad, vjp, jvp, jacobian, hessian and hvp against formulas worked out by hand."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import autograd

rng = np.random.default_rng(0)
A, B = rng.normal(size=(3, 2)), rng.normal(size=(3, 3))
SYMMETRIC = B + B.T


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


def array(values):
    return mg.tensor(values, dtype=np.float64)


def close(tensor, expected):
    assert tensor.shape == np.shape(expected)
    np.testing.assert_allclose(tensor.detach().numpy(), expected, rtol=1e-12, atol=1e-13)


def quadratic(x):
    """xᵀ S x / 2 with S symmetric: gradient S x, Hessian S."""
    return x @ (array(SYMMETRIC) @ x) / 2


# ---- grad


def test_grad_returns_a_tuple_and_leaves_grad_alone():
    x, w = leaf(2.0), leaf(3.0)

    result = autograd.grad(x * x * w, (x, w))

    assert isinstance(result, tuple)
    assert [g.item() for g in result] == [12, 4]
    assert (x.grad, w.grad) == (None, None)


def test_grad_of_several_outputs_is_that_of_their_weighted_sum():
    x = leaf([1.0, 2.0])

    (g,) = autograd.grad([x * 3, (x * x).sum()], x, grad_outputs=[array([1.0, 10.0]), None])

    assert g.tolist() == [3 + 2, 30 + 4]


@pytest.mark.parametrize("v", [array([1.0, 10.0]), np.array([1.0, 10.0]), [array([1.0, 10.0])], ([1.0, 10.0],)])
def test_grad_outputs_may_be_a_tensor_an_array_or_a_list_of_them(v):
    x = leaf([1.0, 2.0])

    (g,) = autograd.grad(x * 3, x, grad_outputs=v)

    assert g.tolist() == [3, 30]


def test_grad_reaches_intermediates():
    x = leaf(2.0)
    h = x * x
    y = h * h

    to_h, to_x = autograd.grad(y, (h, x))

    assert (to_h.item(), to_x.item()) == (8, 32)


def test_grad_of_an_output_by_itself_is_one():
    x = leaf([2.0])
    y = x * 3

    assert [g.tolist() for g in autograd.grad(y, (y, x))] == [[1], [3]]
    assert autograd.grad(x, x)[0].tolist() == [1]


def test_the_same_input_may_be_asked_for_twice_and_the_answers_share_nothing():
    x = leaf([2.0, 3.0])

    a, b = autograd.grad((x + 0).sum(), (x, x))
    a.zero_()

    assert b.tolist() == [1, 1]


def test_an_unused_input_raises_unless_allowed():
    x, unused = leaf(2.0), leaf([1.0, 2.0], name="bias")

    with pytest.raises(RuntimeError, match=r"do not depend on input 'bias' float64 \(2,\); give allow_unused=True"):
        autograd.grad(x * x, (x, unused))
    assert autograd.grad(x * x, (x, unused), allow_unused=True)[1] is None


@pytest.mark.parametrize("bad", [np.ones(2), 3.0, None, [np.ones(2)]])
def test_outputs_and_inputs_must_be_tensors(bad):
    x = leaf([1.0, 2.0])

    with pytest.raises(TypeError, match="grad: expected a tensor or a tuple of tensors, but got"):
        autograd.grad(x.sum(), bad)
    with pytest.raises(TypeError, match="grad: expected a tensor or a tuple of tensors, but got"):
        autograd.grad(bad, x)


def test_inputs_must_require_grad():
    x = leaf(1.0)

    with pytest.raises(RuntimeError, match=r"grad: input float32 \(2,\) does not require grad"):
        autograd.grad(x * 2, mg.ones(2))


def test_outputs_must_be_tracked():
    with pytest.raises(RuntimeError, match="does not require grad and was not computed from one that does"):
        autograd.grad(mg.ones(()), leaf(1.0))


def test_there_must_be_one_grad_output_for_each_output():
    x = leaf([1.0, 2.0])

    with pytest.raises(ValueError, match="grad: got 2 outputs but 1 grad_outputs; give one for each"):
        autograd.grad([x.sum(), x.sum()], x, grad_outputs=[None])


def test_grad_outputs_of_another_shape_are_refused():
    x = leaf([1.0, 2.0])

    with pytest.raises(ValueError, match=r"gradient has shape \(3,\), but the tensor has \(2,\)"):
        autograd.grad(x * 2, x, grad_outputs=array([1.0, 2.0, 3.0]))


# ---- any order


def test_the_derivatives_of_a_power_to_the_fifth_order():
    x = leaf(2.0)
    y, found = x**5, []

    for _ in range(6):
        (y,) = autograd.grad(y, x, create_graph=True)
        found.append(y.item())

    assert found == [5 * 2**4, 20 * 2**3, 60 * 2**2, 120 * 2, 120, 0]


def test_tanh_to_the_fourth_order():
    x = leaf(0.3)
    y, found, t = mg.tanh(x), [], np.tanh(0.3)

    for _ in range(4):
        (y,) = autograd.grad(y, x, create_graph=True)
        found.append(y.item())

    first = 1 - t**2
    expected = [first, -2 * t * first, -2 * first * (1 - 3 * t**2), 8 * t * first * (2 - 3 * t**2)]
    assert found == pytest.approx(expected, rel=1e-12)


def test_backward_with_create_graph_leaves_a_gradient_that_can_be_differentiated():
    x = leaf(2.0)
    with pytest.warns(UserWarning, match="reference cycle"):
        (x**3).backward(create_graph=True)
    slope, x.grad = x.grad, None

    slope.backward()

    assert (slope.item(), x.grad.item()) == (12, 12)


def test_recorded_gradients_accumulate_as_recorded():
    x = leaf(2.0)
    with pytest.warns(UserWarning, match="reference cycle"):
        (x**3).backward(create_graph=True)
    with pytest.warns(UserWarning, match="reference cycle"):
        (x**2).backward(create_graph=True)
    slope, x.grad = x.grad, None

    (curvature,) = autograd.grad(slope, x)

    assert (slope.item(), curvature.item()) == (12 + 4, 12 + 2)


def test_a_plain_backward_after_a_recorded_one_does_not_write_into_the_record():
    x = leaf(2.0)
    with pytest.warns(UserWarning, match="reference cycle"):
        (x**3).backward(create_graph=True)
    slope = x.grad

    (x * 7).backward()

    assert (slope.item(), x.grad.item()) == (12, 19)
    x.grad = None


def test_a_gradient_can_be_part_of_a_loss():
    x, w = leaf([1.0, 2.0]), leaf([3.0, 4.0])

    (slope,) = autograd.grad((w * x * x).sum(), x, create_graph=True)  # 2wx
    (slope * slope).sum().backward()  # Σ 4w²x²

    assert w.grad.tolist() == [8 * 3 * 1, 8 * 4 * 4]
    assert x.grad.tolist() == [8 * 9 * 1, 8 * 16 * 2]


def test_the_weights_of_the_outputs_can_be_differentiated_too():
    x, v = leaf([1.0, 2.0]), leaf([5.0, 7.0])

    (g,) = autograd.grad(x * x, x, grad_outputs=v, create_graph=True)  # 2xv
    to_x, to_v = autograd.grad(g.sum(), (x, v))

    assert (to_x.tolist(), to_v.tolist()) == ([10, 14], [2, 4])


def test_gradients_are_not_recorded_without_create_graph():
    x = leaf(2.0)

    (g,) = autograd.grad(x**3, x)

    assert (g.requires_grad, g.is_leaf) == (False, True)


# ---- vjp and jvp


def test_vjp_weights_the_rows_of_the_jacobian():
    x, v = array([0.5, -1.0]), array([2.0, 3.0, 5.0])

    out, g = autograd.vjp(lambda x: mg.sin(array(A) @ x), x, v)

    close(out, np.sin(A @ x.numpy()))
    close(g, (v.numpy() * np.cos(A @ x.numpy())) @ A)


def test_vjp_of_a_single_number_needs_no_v():
    out, g = autograd.vjp(quadratic, array([1.0, 2.0, 3.0]))

    close(g, SYMMETRIC @ [1, 2, 3])
    assert out.requires_grad is False


def test_jvp_weights_the_columns_of_the_jacobian():
    x, v = array([0.5, -1.0]), array([2.0, 3.0])

    out, along = autograd.jvp(lambda x: mg.sin(array(A) @ x), x, v)

    close(out, np.sin(A @ x.numpy()))
    close(along, np.cos(A @ x.numpy()) * (A @ v.numpy()))


def test_vjp_and_jvp_take_several_inputs_of_several_shapes():
    a, b = array(2.0), array([3.0, 5.0])
    u = (array(0.5), array([1.0, -1.0]))

    _, (to_a, to_b) = autograd.vjp(lambda a, b: a * a * b, (a, b), array([1.0, 10.0]))
    _, along = autograd.jvp(lambda a, b: a * a * b, (a, b), u)

    close(to_a, 2 * 2 * (3 + 50))
    close(to_b, [4, 40])
    close(along, [2 * 2 * 3 * 0.5 + 4, 2 * 2 * 5 * 0.5 - 4])


def test_inputs_of_two_dtypes_keep_their_own():
    a, b = mg.tensor([1.0, 2.0]), array([3.0, 4.0])

    out, (to_a, to_b) = autograd.vjp(lambda a, b: (a * b).sum(), (a, b))

    assert [t.dtype for t in (out, to_a, to_b)] == [np.float64, np.float32, np.float64]
    assert autograd.jvp(lambda a, b: a * b, (a, b), (a, b))[1].tolist() == [6, 16]


def test_the_functions_do_not_touch_their_inputs():
    x = leaf([1.0, 2.0, 3.0])

    autograd.vjp(quadratic, x)
    autograd.hessian(quadratic, x)
    autograd.hvp(quadratic, x, array([1.0, 0.0, 0.0]))

    assert x.grad is None
    assert x.is_leaf


# ---- jacobian and hessian


def test_the_jacobian_of_a_linear_map_is_its_matrix():
    close(autograd.jacobian(lambda x: array(A) @ x, array([1.0, 2.0])), A)


def test_the_jacobian_has_the_outputs_shape_then_the_inputs():
    x = array(rng.normal(size=(2, 3)))

    j = autograd.jacobian(lambda x: x.T.exp(), x)

    expected = np.einsum("il,jk,kl->ijkl", np.eye(3), np.eye(2), np.exp(x.numpy()))  # ∂ e^x[j,i] / ∂ x[k,l]
    close(j, expected)


def test_the_jacobian_of_several_inputs_is_one_for_each():
    a, b = array([1.0, 2.0]), array(3.0)

    to_a, to_b = autograd.jacobian(lambda a, b: a * a * b, (a, b))

    close(to_a, np.diag([6.0, 12.0]))
    close(to_b, [1, 4])


def test_a_tuple_of_one_input_gives_a_tuple_of_one():
    result = autograd.jacobian(lambda x: x * 2, (array([1.0]),))

    assert isinstance(result, tuple)
    close(result[0], [[2]])


def test_the_hessian_of_a_quadratic_form_is_its_matrix():
    close(autograd.hessian(quadratic, array([1.0, 2.0, 3.0])), SYMMETRIC)


def test_the_hessian_of_two_inputs_is_two_by_two_blocks():
    a, b = array([1.0, 2.0]), array([3.0, 5.0])

    rows = autograd.hessian(lambda a, b: (a * a * b).sum(), (a, b))

    close(rows[0][0], np.diag([6.0, 10.0]))
    close(rows[0][1], np.diag([2.0, 4.0]))
    close(rows[1][0], np.diag([2.0, 4.0]))
    close(rows[1][1], np.zeros((2, 2)))


def test_the_hessian_of_logsumexp_is_the_covariance_of_softmax():
    x = array([0.1, -0.4, 0.7])
    p = np.exp(x.numpy()) / np.exp(x.numpy()).sum()

    close(autograd.hessian(lambda x: mg.logsumexp(x, 0), x), np.diag(p) - np.outer(p, p))


def test_hvp_is_the_hessian_times_v():
    x, v = array([1.0, 2.0, 3.0]), array([0.5, -1.0, 2.0])

    out, product = autograd.hvp(quadratic, x, v)

    close(out, quadratic(x).item())
    close(product, SYMMETRIC @ v.numpy())


def test_hvp_of_several_inputs_mixes_them():
    a, b = array([1.0, 2.0]), array([3.0, 5.0])
    va, vb = array([1.0, 10.0]), array([100.0, 1000.0])

    _, (to_a, to_b) = autograd.hvp(lambda a, b: (a * a * b).sum(), (a, b), (va, vb))

    close(to_a, [2 * 3 * 1 + 2 * 1 * 100, 2 * 5 * 10 + 2 * 2 * 1000])
    close(to_b, [2 * 1 * 1, 2 * 2 * 10])


def test_a_function_may_use_grad_inside():
    def slope_squared(x):
        (g,) = autograd.grad((x**3).sum(), x, create_graph=True)  # 3x²
        return (g * g).sum()  # Σ 9x⁴

    x = array([1.0, 2.0])

    close(autograd.hessian(slope_squared, x), np.diag([108.0, 108 * 4]))


def test_derivatives_nest():
    x = leaf([1.0, 2.0])

    h = autograd.hessian(lambda x: (x**4).sum(), x, create_graph=True)  # diag 12x²
    (third,) = autograd.grad(h.sum(), x)

    assert third.tolist() == [24, 48]


@pytest.mark.parametrize(
    ("derivative", "expected"),
    [
        (lambda x: autograd.vjp(lambda x: (x**3).sum(), x, create_graph=True)[1], [6, 12]),
        (lambda x: autograd.jvp(lambda x: x**3, x, array([1.0, 1.0]), create_graph=True)[1], [6, 12]),
        (lambda x: autograd.jacobian(lambda x: x**3, x, create_graph=True), [6, 12]),
        (lambda x: autograd.hvp(lambda x: (x**3).sum(), x, array([1.0, 1.0]), create_graph=True)[1], [6, 6]),
    ],
)
def test_with_create_graph_each_can_be_differentiated_again(derivative, expected):
    x = leaf([1.0, 2.0])

    (g,) = autograd.grad(derivative(x).sum(), x)

    assert g.tolist() == expected


def test_with_create_graph_what_func_takes_from_outside_is_differentiated_too():
    w = leaf(3.0)

    h = autograd.hessian(lambda x: (w * x**3).sum(), array([1.0, 2.0]), create_graph=True)

    assert autograd.grad(h.sum(), w)[0].item() == 6 * 3  # diag 6wx


# ---- functions that ignore, forget or return nothing much


def test_an_input_that_is_ignored_has_zero_derivatives():
    a, b = array([1.0, 2.0]), array([[3.0]])

    _, (_, to_b) = autograd.vjp(lambda a, b: (a * a).sum(), (a, b))
    jacobian = autograd.jacobian(lambda a, b: a * a, (a, b))[1]
    hessian = autograd.hessian(lambda a, b: (a * a).sum(), (a, b))

    close(to_b, [[0]])
    close(jacobian, np.zeros((2, 1, 1)))
    close(hessian[1][1], np.zeros((1, 1, 1, 1)))
    close(hessian[0][1], np.zeros((2, 1, 1)))


@pytest.mark.parametrize("f", [lambda x: array([4.0, 5.0]), lambda x: x.detach() * 2, lambda x: x > 0])
def test_a_constant_function_has_zero_derivatives(f):
    x = array([1.0, 2.0])

    assert autograd.vjp(f, x, array([1.0, 1.0]))[1].tolist() == [0, 0]
    assert autograd.jvp(f, x, array([1.0, 1.0]))[1].tolist() == [0, 0]
    assert autograd.jacobian(f, x).tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize("f", [lambda x: x.sum() * 3, lambda x: array(5.0)])
def test_a_function_that_is_linear_or_constant_has_a_zero_hessian(f):
    x = array([1.0, 2.0])

    assert autograd.hessian(f, x).tolist() == [[0, 0], [0, 0]]
    assert autograd.hvp(f, x, x)[1].tolist() == [0, 0]


def test_the_identity_has_the_unit_matrix():
    x = array([1.0, 2.0])

    close(autograd.jacobian(lambda x: x, x), np.eye(2))
    close(autograd.vjp(lambda x: x, x, x)[1], [1, 2])


@pytest.mark.parametrize("shape", [(0,), (0, 3), (2, 0)])
def test_an_output_or_input_without_numbers_has_an_empty_jacobian(shape):
    x, empty = array([1.0, 2.0]), array(np.zeros(shape))

    assert autograd.jacobian(lambda x: x.sum() * empty, x).shape == (*shape, 2)
    assert autograd.jacobian(lambda e: x * e.sum(), empty).shape == (2, *shape)


def test_a_value_behind_a_kink_has_the_slope_of_its_side():
    close(autograd.jacobian(mg.relu, array([-1.0, 0.0, 2.0])), np.diag([0.0, 0, 1]))


@pytest.mark.parametrize("name", ["vjp", "jacobian", "hessian"])
@pytest.mark.parametrize("answer", [3.0, None, (1, 2), np.ones(2)])
def test_func_must_return_one_tensor(name, answer):
    with pytest.raises(TypeError, match=f"{name}: func must return one tensor, but it returned a"):
        getattr(autograd, name)(lambda x: answer, array([1.0]))


@pytest.mark.parametrize("name", ["jvp", "hvp"])
def test_func_must_return_one_tensor_also_when_a_direction_is_given(name):
    x = array([1.0])

    with pytest.raises(TypeError, match=f"{name}: func must return one tensor, but it returned a tuple"):
        getattr(autograd, name)(lambda x: (x, x), x, x)


@pytest.mark.parametrize("name", ["jvp", "hvp"])
@pytest.mark.parametrize("v", [array([1.0]), array(1.0), array([[1.0, 2.0]]), (array([1.0, 2.0]), array([1.0, 2.0]))])
def test_a_direction_must_have_its_inputs_shape(name, v):
    with pytest.raises(ValueError, match=rf"{name}: v must be one tensor per input, of its shape.* inputs .*\(2,\)"):
        getattr(autograd, name)(lambda x: (x * x).sum(), array([1.0, 2.0]), v)


@pytest.mark.parametrize("name", ["vjp", "jacobian", "hessian"])
def test_inputs_of_the_derivative_functions_must_be_tensors(name):
    with pytest.raises(TypeError, match=rf"{name}: expected a tensor or a tuple of tensors, but got float64 \(2,\)"):
        getattr(autograd, name)(lambda x: x, np.ones(2))


def test_integer_inputs_are_refused():
    with pytest.raises(TypeError, match="only floating tensors can require gradients, but this one is int64"):
        autograd.jacobian(lambda x: x * 2.0, mg.tensor([1, 2]))


def test_the_hessian_needs_a_single_number():
    with pytest.raises(RuntimeError, match=r"hessian: func must return one number, but it returned float64 \(2,\)"):
        autograd.hessian(lambda x: x * x, array([1.0, 2.0]))


def test_hvp_needs_a_single_number():
    x = array([1.0, 2.0])

    with pytest.raises(RuntimeError, match=r"only a scalar .*float64 \(2,\)"):
        autograd.hvp(lambda x: x * x, x, x)
