"""Forward hooks: they see what a module is given and gives, and may put something else in its place."""

import copy
import gc
import weakref

import pytest

import minigrad as mg
from minigrad import nn


class Scaled(nn.Module):
    """x · by"""

    def forward(self, x, by=2):
        return x * by


def test_a_forward_hook_sees_the_module_what_it_was_given_and_its_output():
    layer, seen = Scaled(), []

    layer.register_forward_hook(lambda *args: seen.append(args))

    assert layer(3) == 6
    assert seen == [(layer, (3,), 6)]


def test_a_pre_hook_sees_the_module_and_what_it_is_given():
    layer, seen = Scaled(), []

    layer.register_forward_pre_hook(lambda *args: seen.append(args))

    assert layer(3, 5) == 15
    assert seen == [(layer, (3, 5))]


def test_what_a_forward_hook_returns_takes_the_place_of_the_output():
    layer = Scaled()

    layer.register_forward_hook(lambda module, args, output: output + 1)
    layer.register_forward_hook(lambda module, args, output: output * 10)

    assert layer(3) == 70


@pytest.mark.parametrize("given", [4, (4,)])
def test_what_a_pre_hook_returns_takes_the_place_of_the_arguments(given):
    layer = Scaled()

    layer.register_forward_pre_hook(lambda module, args: given)

    assert layer(3) == 8


def test_hooks_come_in_the_order_in_which_they_were_registered():
    layer, order = Scaled(), []

    layer.register_forward_hook(lambda *_: order.append("first after"))
    layer.register_forward_pre_hook(lambda *_: order.append("first before"))
    layer.register_forward_hook(lambda *_: order.append("second after"))
    layer.register_forward_pre_hook(lambda *_: order.append("second before"))
    layer(1)

    assert order == ["first before", "second before", "first after", "second after"]


def test_arguments_by_name_pass_the_hooks_by():
    layer, seen = Scaled(), []

    layer.register_forward_pre_hook(lambda module, args: seen.append(args))

    assert layer(3, by=4) == 12
    assert seen == [(3,)]


def test_a_removed_hook_is_not_called_and_removing_it_twice_does_no_harm():
    layer, seen = Scaled(), []
    handle = layer.register_forward_hook(lambda *_: seen.append(1))
    layer.register_forward_hook(lambda *_: seen.append(2))

    handle.remove()
    handle.remove()
    layer(1)

    assert seen == [2]


def test_a_hook_may_remove_itself():
    layer, seen = Scaled(), []
    handle = layer.register_forward_hook(lambda *_: (seen.append(1), handle.remove())[2:] or None)

    layer(1)
    layer(1)

    assert seen == [1]


def test_hooks_of_one_module_are_not_those_of_another():
    one, other, seen = Scaled(), Scaled(), []

    one.register_forward_hook(lambda *_: seen.append(1))
    other(1)

    assert seen == []


def test_hooks_of_inner_modules_are_called_from_the_outer_one():
    net, shapes = nn.Sequential(nn.Linear(2, 3), nn.ReLU()), []
    for layer in net:
        layer.register_forward_hook(lambda module, args, output: shapes.append((type(module).__name__, output.shape)))

    net(mg.ones(4, 2))

    assert shapes == [("Linear", (4, 3)), ("ReLU", (4, 3))]


def test_gradients_flow_through_what_a_hook_puts_in_the_place_of_the_output():
    layer, x = Scaled(), mg.ones(2, requires_grad=True)
    layer.register_forward_hook(lambda module, args, output: output * 5)

    y = layer(x)
    y.sum().backward()

    assert x.grad.tolist() == [10, 10]
    assert y.sum().node is not None


def test_an_error_in_a_hook_reaches_the_caller():
    layer = Scaled()
    layer.register_forward_hook(lambda *_: 1 / 0)

    with pytest.raises(ZeroDivisionError):
        layer(1)


def test_hooks_are_no_part_of_the_state_and_leave_the_parameters_alone():
    layer = nn.Linear(1, 1)
    before = list(layer.state_dict())

    layer.register_forward_hook(nn.ReLU())  # a module can be called, so it can be a hook

    assert list(layer.state_dict()) == before
    assert [name for name, _ in layer.named_modules()] == [""]
    assert len(list(layer.parameters())) == 2


def test_a_copy_has_the_hooks_but_removing_one_there_is_of_no_consequence_here():
    layer, seen = Scaled(), []
    handle = layer.register_forward_hook(lambda module, args, output: seen.append(module))

    twin = copy.deepcopy(layer)
    handle.remove()
    layer(1)
    twin(1)

    assert seen == [twin]


@pytest.mark.parametrize("register", ["register_forward_hook", "register_forward_pre_hook"])
def test_a_hook_that_cannot_be_called_is_refused(register):
    with pytest.raises(TypeError, match=f"{register}: a hook is something to call, but got 3"):
        getattr(Scaled(), register)(3)


def test_a_module_with_hooks_goes_when_nobody_holds_it_though_its_handle_stays():
    gc.collect()
    gc.disable()
    try:
        layer = Scaled()
        handle = layer.register_forward_hook(lambda *_: None)
        layer(mg.ones(2, requires_grad=True))
        gone = weakref.ref(layer)
        del layer
        assert gone() is None
        handle.remove()
    finally:
        gc.enable()
