"""autograd.Function: operations written as PyTorch's are, with `ctx`."""

import gc
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad.autograd import Function, grad
from minigrad.gradcheck import gradcheck, gradgradcheck


class Cube(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x**3

    @staticmethod
    def backward(ctx, g):
        (x,) = ctx.saved_tensors
        return g * 3 * x**2


class Exp(Function):
    """Saves its result, as PyTorch's own example does."""

    @staticmethod
    def forward(ctx, x):
        result = x.exp()
        ctx.save_for_backward(result)
        return result

    @staticmethod
    def backward(ctx, g):
        (result,) = ctx.saved_tensors
        return g * result


class Scaled(Function):
    """Takes what is no tensor, and keeps it as an attribute."""

    @staticmethod
    def forward(ctx, x, factor, y=None):
        ctx.factor = factor
        return x * factor if y is None else x * factor + y

    @staticmethod
    def backward(ctx, g):
        return (g * ctx.factor, None, g)[: len(ctx.needs_input_grad)]


class SinCos(Function):
    @staticmethod
    def forward(ctx, x):
        ctx.save_for_backward(x)
        return x.sin(), x.cos().sum()

    @staticmethod
    def backward(ctx, g_sin, g_cos):
        (x,) = ctx.saved_tensors
        return g_sin * x.cos() - g_cos * x.sin()


def leaf(*size):
    return mg.randn(*size, generator=mg.Generator(3), dtype=np.float64, requires_grad=True)


@pytest.mark.parametrize(
    "function",
    [
        Cube.apply,
        Exp.apply,
        lambda x: Scaled.apply(x, 2.5),
        lambda x: Scaled.apply(x, 2.5, x),
        lambda x: SinCos.apply(x)[0] * SinCos.apply(x)[1],
        lambda x: Cube.apply(x.T).sum(0),
    ],
)
def test_gradients_agree_with_differences_to_second_order(function):
    assert gradcheck(function, leaf(2, 3))
    assert gradgradcheck(function, leaf(2, 3))


def test_backward_is_asked_once_for_all_inputs():
    asked = []

    class Product(Function):
        @staticmethod
        def forward(ctx, x, y):
            ctx.save_for_backward(x, y)
            return x * y

        @staticmethod
        def backward(ctx, g):
            asked.append(ctx.needs_input_grad)
            x, y = ctx.saved_tensors
            return g * y, g * x

    x, y = leaf(3), leaf(3)
    Product.apply(x, y).sum().backward()

    assert asked == [(True, True)]
    np.testing.assert_array_equal(x.grad.numpy(), y.detach().numpy())


def test_nothing_is_recorded_for_inputs_that_need_no_gradient():
    y = Cube.apply(mg.tensor(2.0))

    assert (y.item(), y.requires_grad) == (8.0, False)


def test_nothing_is_recorded_under_no_grad():
    with mg.no_grad():
        y = Cube.apply(leaf(2))

    assert not y.requires_grad


def test_grad_mode_is_right_again_after_forward_has_failed():
    class Broken(Function):
        @staticmethod
        def forward(ctx, x):
            raise KeyError("no")

    with pytest.raises(KeyError):
        Broken.apply(leaf(2))

    assert mg.is_grad_enabled()


def test_none_counts_as_a_gradient_of_zeros():
    class Constant(Function):
        @staticmethod
        def forward(ctx, x):
            return x * 0 + 1

        @staticmethod
        def backward(ctx, g):
            return None

    x = leaf(2)
    Constant.apply(x).sum().backward()

    assert x.grad.tolist() == [0.0, 0.0]


def returning(answer):
    class Wrong(Function):
        @staticmethod
        def forward(ctx, x, factor):
            return x * factor

        @staticmethod
        def backward(ctx, g):
            return answer(g)

    return Wrong


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        (lambda g: g, r"Wrong: backward must return a gradient for each of the 2 inputs of forward, .* returned 1"),
        (lambda g: (g, None, g), r"each of the 2 inputs of forward, .* returned 3"),
        (lambda g: (g.numpy(), None), r"the gradient of input 0 must be a tensor of shape \(3,\).* returned ndarray"),
        (lambda g: (g.sum(), None), r"the gradient of input 0 must be a tensor of shape \(3,\), or None, but .*\(\)"),
        (lambda g: (1.0, None), r"the gradient of input 0 must be a tensor of shape \(3,\), or None, but backward"),
        (lambda g: (g, g), r"the gradient of input 1 must be None, as it is no tensor"),
    ],
)
def test_gradients_of_the_wrong_number_or_shape_are_refused_and_nothing_changes(answer, message):
    x = leaf(3)

    with pytest.raises(ValueError, match=message):
        returning(answer).apply(x, 2.0).sum().backward()

    assert x.grad is None


def test_gradients_beyond_the_inputs_may_be_none():
    """An input that has a default may be left out, and backward need not know."""
    x = leaf(3)

    returning(lambda g: (g * 2, None, None)).apply(x, 2.0).sum().backward()

    assert x.grad.tolist() == [2.0, 2.0, 2.0]


class Largest(Function):
    @staticmethod
    def forward(ctx, x):
        values, indices = x.max(0)
        rest = x.sum(0) - values
        ctx.mark_non_differentiable(indices, rest)
        ctx.set_materialize_grads(False)
        ctx.save_for_backward(indices)
        ctx.shape = x.shape
        return indices, values, rest

    @staticmethod
    def backward(ctx, no_g, g, g_of_rest):
        assert (no_g.dtype, no_g.tolist(), g_of_rest.tolist()) == (mg.int64, [0, 0], [0.0, 0.0])
        (indices,) = ctx.saved_tensors
        return mg.zeros(ctx.shape, dtype=g.dtype).scatter_add(0, indices.reshape(1, -1), g.reshape(1, -1))


def test_integers_and_what_is_marked_are_constants_among_the_results():
    x = mg.tensor([[1.0, 5.0], [4.0, 2.0]], requires_grad=True)

    indices, values, rest = Largest.apply(x)
    (values * mg.tensor([2.0, 3.0])).sum().backward()

    assert [y.requires_grad for y in (indices, values, rest)] == [False, True, False]
    assert (indices.tolist(), values.tolist(), rest.tolist()) == ([1, 0], [4.0, 5.0], [1.0, 2.0])
    assert x.grad.tolist() == [[0.0, 3.0], [2.0, 0.0]]


def test_a_result_of_integers_is_not_recorded():
    class Place(Function):
        @staticmethod
        def forward(ctx, x):
            return x.argmax()

    place = Place.apply(leaf(3))

    assert (place.dtype, place.requires_grad, place.is_leaf) == (mg.int64, False, True)


def test_what_the_context_does_not_have_is_said():
    class Dirty(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.mark_dirty(x)

    with pytest.raises(AttributeError, match=r"ctx: it has no 'mark_dirty'; in forward, ctx\.mark_dirty = … keeps"):
        Dirty.apply(leaf(3))


def test_a_saved_tensor_overwritten_since_is_noticed():
    x = leaf(3)
    y = Cube.apply(x)
    with mg.no_grad():
        x += 1

    with pytest.raises(RuntimeError, match=r"Cube needs its saved tensor 0 .* overwritten since"):
        y.sum().backward()


def test_a_second_backward_finds_the_graph_freed():
    y = Cube.apply(leaf(3)).sum()
    y.backward()

    with pytest.raises(RuntimeError, match="freed"):
        y.backward()


def test_forward_must_return_tensors():
    class Array(Function):
        @staticmethod
        def forward(ctx, x):
            return x.numpy()

    with pytest.raises(TypeError, match="Array: forward must return tensors"):
        Array.apply(mg.tensor(1.0))


def test_forward_must_return_one_dtype():
    class Two(Function):
        @staticmethod
        def forward(ctx, x):
            return x.float(), x.double()

    with pytest.raises(TypeError, match="Two: forward must return floats of one dtype"):
        Two.apply(leaf(2))


def test_only_tensors_are_saved():
    class Saver(Function):
        @staticmethod
        def forward(ctx, x):
            ctx.save_for_backward(x, 3)

    with pytest.raises(TypeError, match=r"save_for_backward: expected tensors, .*ctx\.name"):
        Saver.apply(leaf(2))


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_what_is_not_written_is_said(method):
    with pytest.raises(NotImplementedError, match=f"define @staticmethod {method}"):
        getattr(Function, method)(None)


def test_it_makes_no_reference_cycle():
    gc.collect()
    gc.disable()
    try:
        x = leaf(3)
        y = Exp.apply(x)
        (g,) = grad(y.sum(), x, create_graph=True)
        gone = [weakref.ref(x), weakref.ref(y), weakref.ref(g)]
        del x, y, g
        assert [ref() for ref in gone] == [None, None, None]
    finally:
        gc.enable()


def test_it_can_be_drawn():
    x = mg.tensor(2.0, requires_grad=True, name="x")

    assert "Cube" in mg.viz.draw(Cube.apply(x)).source


class Powered(Function):
    """PyTorch's newer way: forward knows no ctx, and setup_context fills it."""

    @staticmethod
    def forward(x, exponent):
        return x**exponent

    @staticmethod
    def setup_context(ctx, inputs, output):
        x, ctx.exponent = inputs
        ctx.save_for_backward(x, output)

    @staticmethod
    def backward(ctx, g):
        x, output = ctx.saved_tensors
        return g * ctx.exponent * output / x, None


def test_a_function_may_set_up_its_context_apart_from_forward():
    x = mg.tensor([2.0, 3.0], dtype=np.float64, requires_grad=True)

    assert gradcheck(lambda x: Powered.apply(x, 3), x)
    assert gradgradcheck(lambda x: Powered.apply(x, 3), x)
    assert Powered.apply(mg.tensor(2.0), 2).item() == 4
