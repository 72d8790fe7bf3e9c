import copy

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


class Net(nn.Module):
    """Two layers, a bare parameter between them, and a buffer."""

    def __init__(self):
        super().__init__()
        self.first = nn.Linear(3, 2)
        self.scale = nn.Parameter([2.0])
        self.last = nn.Linear(2, 1, bias=False)
        self.register_buffer("count", mg.tensor(0))

    def forward(self, x):
        return self.last(mg.tanh(self.first(x)) * self.scale)


class Tied(nn.Module):
    """One weight under two names, and one module under two."""

    def __init__(self):
        self.encoder = nn.Linear(2, 2, bias=False)
        self.decoder = nn.Linear(2, 2, bias=False)
        self.decoder.weight = self.encoder.weight
        self.again = self.encoder


def names(pairs):
    return [name for name, _ in pairs]


# Parameters.


def test_parameter_requires_grad_and_what_is_computed_from_it_is_a_plain_tensor():
    p = nn.Parameter([1.0, 2.0])

    assert p.requires_grad
    assert type(p * 2) is type(p.detach()) is type(p.data) is mg.Tensor
    assert isinstance(p, mg.Tensor)


def test_parameter_can_be_made_frozen():
    assert not nn.Parameter([1.0], requires_grad=False).requires_grad


def test_parameter_of_integers_raises():
    with pytest.raises(TypeError, match="only floating tensors can require gradients"):
        nn.Parameter([1, 2])


def test_parameter_copies_its_data():
    data = mg.zeros(2)

    p = nn.Parameter(data)
    data[0] = 5

    assert p.tolist() == [0, 0]


def test_parameter_prints_what_it_is():
    assert repr(nn.Parameter([1.0])).startswith("Parameter containing:\ntensor([1.]")


def test_gradient_of_a_parameter_is_a_plain_tensor():
    p = nn.Parameter([1.0])

    (p * 3).sum().backward()

    assert type(p.grad) is mg.Tensor


# What a module finds in itself.


def test_parameters_come_own_ones_first_then_the_childrens_in_order_of_definition():
    assert names(Net().named_parameters()) == ["scale", "first.weight", "first.bias", "last.weight"]


def test_named_parameters_takes_a_prefix_and_can_stay_on_top():
    assert names(Net().named_parameters(prefix="net", recurse=False)) == ["net.scale"]


def test_modules_come_outermost_first():
    net = nn.Sequential(Net(), nn.ReLU())

    assert names(net.named_modules()) == ["", "0", "0.first", "0.last", "1"]
    assert names(net.named_modules("net")) == ["net", "net.0", "net.0.first", "net.0.last", "net.1"]
    assert next(net.modules()) is net
    assert names(net.named_children()) == ["0", "1"]
    assert [type(child) for child in net.children()] == [Net, nn.ReLU]


def test_buffers_are_found_but_are_no_parameters():
    net = nn.Sequential(Net())

    assert names(net.named_buffers()) == ["0.count"]
    assert [buffer.item() for buffer in net.buffers()] == [0]
    assert "0.count" not in names(net.named_parameters())


def test_shared_parameters_and_modules_come_once_but_stand_in_the_state_under_each_name():
    tied = Tied()

    assert names(tied.named_parameters()) == ["encoder.weight"]
    assert names(tied.named_children()) == ["encoder", "decoder"]
    assert list(tied.state_dict()) == ["encoder.weight", "decoder.weight", "again.weight"]


def test_sequential_applies_a_module_that_occurs_twice_twice():
    double = nn.Linear(1, 1, bias=False)
    nn.init.constant_(double.weight, 2.0)

    assert nn.Sequential(double, double)(mg.ones(1, 1)).item() == 4


def test_subclass_needs_no_super_init():
    class Bare(nn.Module):
        def __init__(self):
            self.weight = nn.Parameter([1.0])

    assert names(Bare().named_parameters()) == ["weight"]
    assert Bare().training


@pytest.mark.parametrize(
    "hidden", [[nn.ReLU()], (nn.Parameter([1.0]),), {"a": nn.ReLU()}], ids=["list", "tuple", "dict"]
)
def test_parameters_warns_of_modules_in_a_plain_container(hidden):
    net = Net()
    net.layers = hidden

    with pytest.warns(UserWarning, match=r"Net.layers is a \w+, so .* neither trained nor saved; use nn.ModuleList"):
        list(net.parameters())


def test_replacing_a_parameter_by_a_tensor_raises_and_keeps_it():
    net = Net()
    scale = net.scale

    with pytest.raises(TypeError, match=r"Net.scale is a Parameter, and a Tensor cannot take its place; .*copy_"):
        net.scale = net.scale * 2

    assert net.scale is scale


def test_replacing_a_module_or_buffer_by_something_else_raises():
    net = Net()

    with pytest.raises(TypeError, match="first is a Module, and a int cannot"):
        net.first = 3
    with pytest.raises(TypeError, match="count is a Tensor, and a int cannot"):
        net.count = 3


def test_a_parameter_can_be_replaced_by_another_or_by_none():
    net = Net()

    net.scale = nn.Parameter([3.0])
    net.first.bias = None

    assert names(net.named_parameters()) == ["scale", "first.weight", "last.weight"]
    assert net.scale.item() == 3


def test_in_place_update_of_a_parameter_without_recording_is_no_replacement():
    net = Net()

    with mg.no_grad():
        net.scale -= 0.5

    assert net.scale.item() == 1.5
    assert isinstance(net.scale, nn.Parameter)


def test_buffer_can_be_assigned_a_new_tensor():
    net = Net()

    net.count = net.count + 1

    assert net.state_dict()["count"].item() == 1


def test_buffer_that_is_not_persistent_stays_out_of_the_state():
    net = Net()
    net.register_buffer("cache", mg.zeros(1), persistent=False)
    net.register_buffer("later", None)

    assert names(net.named_buffers()) == ["count", "cache"]
    assert "cache" not in net.state_dict()
    assert "later" not in net.state_dict()


def test_buffers_of_one_module_are_not_those_of_another():
    one, other = nn.ReLU(), nn.ReLU()

    one.register_buffer("x", mg.zeros(1))

    assert names(one.named_buffers()) == ["x"]
    assert names(other.named_buffers()) == []


def test_register_buffer_refuses_parameters_arrays_and_taken_names():
    net = Net()

    with pytest.raises(TypeError, match=r"'p' must be a Tensor or None, but got a Parameter; .*simply assigned"):
        net.register_buffer("p", nn.Parameter([1.0]))
    with pytest.raises(TypeError, match="must be a Tensor or None, but got a ndarray"):
        net.register_buffer("a", np.zeros(1))
    with pytest.raises(ValueError, match="Net has an attribute 'scale' already"):
        net.register_buffer("scale", mg.zeros(1))


# Names in messages.


def test_parameters_are_named_by_their_path_from_the_outermost_module():
    net = nn.Sequential(nn.Sequential(nn.Linear(3, 2)))

    assert [p.name for p in net.parameters()] == ["0.0.weight", "0.0.bias"]


def test_error_in_a_layer_names_its_weight():
    class Classifier(nn.Module):
        def __init__(self):
            self.fc1 = nn.Linear(784, 128)

        def forward(self, x):
            return self.fc1(x)

    with pytest.raises(ValueError, match=r"'fc1.weight' float32 \(128, 784\)"):
        Classifier()(mg.zeros(2, 28))


# Calling, modes, gradients.


def test_module_without_forward_says_so_when_called():
    class Empty(nn.Module):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no forward: define"):
        Empty()(1)


def test_call_passes_positional_and_keyword_arguments():
    class Scaled(nn.Module):
        def forward(self, x, *, by):
            return x * by

    assert Scaled()(2, by=3) == 6


def test_train_and_eval_reach_every_module_and_return_self():
    net = nn.Sequential(nn.Dropout(0.5), nn.Sequential(nn.Dropout(0.5)))

    assert net.eval() is net
    assert not any(module.training for module in net.modules())
    assert net.train() is net
    assert all(module.training for module in net.modules())


def test_train_with_something_else_than_a_bool_raises():
    with pytest.raises(ValueError, match=r"train: mode must be True or False, but got 10; to train on data"):
        Net().train(10)


def test_zero_grad_forgets_gradients_or_sets_new_zeros():
    net = Net()
    net(mg.ones(1, 3)).sum().backward()
    before = net.scale.grad

    net.zero_grad(set_to_none=False)

    assert net.scale.grad.item() == 0 != before.item()
    net.zero_grad()
    assert all(p.grad is None for p in net.parameters())
    net.zero_grad(set_to_none=False)  # nothing to do, nothing raised


def test_requires_grad_freezes_all_parameters():
    net = Net()

    assert net.requires_grad_(False) is net
    assert not any(p.requires_grad for p in net.parameters())
    assert not net(mg.ones(1, 3)).requires_grad


def test_apply_visits_children_before_their_parent():
    visited = []

    net = nn.Sequential(nn.Sequential(nn.ReLU()), nn.Tanh())

    assert net.apply(lambda module: visited.append(type(module).__name__)) is net
    assert visited == ["ReLU", "Sequential", "Tanh", "Sequential"]


def test_deep_copy_shares_nothing_with_the_original_but_keeps_sharing_within():
    tied = Tied()

    twin = copy.deepcopy(tied)
    with mg.no_grad():
        twin.encoder.weight.zero_()

    assert twin.decoder.weight is twin.encoder.weight
    assert tied.encoder.weight.any()
    assert names(twin.named_parameters()) == ["encoder.weight"]
    assert isinstance(twin.encoder.weight, nn.Parameter)


def test_extra_repr_and_children_are_printed_nested():
    class Shown(nn.Module):
        def __init__(self):
            self.inner = nn.Sequential(nn.ReLU())

        def extra_repr(self):
            return "n=1"

    assert repr(Shown()) == "Shown(\n  n=1\n  (inner): Sequential(\n    (0): ReLU()\n  )\n)"
    assert repr(nn.Sequential()) == "Sequential()"


# State.


def test_state_dict_holds_the_modules_memory_without_history():
    net = Net()

    state = net.state_dict()

    assert list(state) == ["scale", "count", "first.weight", "first.bias", "last.weight"]
    assert not any(x.requires_grad for x in state.values())
    state["scale"][0] = 9
    assert net.scale.item() == 9


def test_load_state_dict_writes_into_the_same_objects_and_memory():
    net, other = Net(), Net()
    before = dict(net.named_parameters())
    memory = net.scale.array

    result = net.load_state_dict(other.state_dict())

    assert result == ([], [])
    assert all(p is before[name] for name, p in net.named_parameters())
    assert net.scale.array is memory
    assert all((a == b).all() for a, b in zip(net.parameters(), other.parameters(), strict=True))


def test_load_state_dict_takes_arrays_and_casts_to_the_dtype_it_finds():
    net = Net()
    state = {name: x.numpy().astype(np.float64) for name, x in net.state_dict().items() if name != "count"}

    net.load_state_dict({**state, "scale": [0.5], "count": np.int32(7)})

    assert net.scale.dtype == mg.float32
    assert (net.scale.item(), net.count.item()) == (0.5, 7)


def test_load_state_dict_names_everything_that_does_not_fit_and_changes_nothing():
    net = Net()
    before = {name: x.clone() for name, x in net.state_dict().items()}
    state = {name: x + 1 for name, x in before.items()}
    del state["scale"]
    state |= {"extra": mg.zeros(1), "first.bias": mg.zeros(3), "count": mg.tensor(0.5), "last.weight": np.array("text")}

    with pytest.raises(RuntimeError, match="does not fit this Net, and nothing was changed") as raised:
        net.load_state_dict(state)

    text = str(raised.value)
    assert "missing: 'scale'" in text
    assert "unexpected: 'extra'" in text
    assert "'first.bias' is float32 (3,) but must be float32 (2,)" in text
    assert "'count' is float32 ()" in text
    assert "'last.weight' is <U4 ()" in text
    assert all((x == before[name]).all() for name, x in net.state_dict().items())


def test_load_state_dict_without_strict_reports_what_it_passed_over():
    net = Net()

    result = net.load_state_dict({"scale": mg.tensor([5.0]), "extra": mg.zeros(1)}, strict=False)

    assert net.scale.item() == 5
    assert result.missing_keys == ["count", "first.weight", "first.bias", "last.weight"]
    assert result.unexpected_keys == ["extra"]


def test_load_state_dict_without_strict_still_refuses_wrong_shapes():
    net = Net()

    with pytest.raises(RuntimeError, match=r"misshapen: 'scale' is float32 \(2,\)"):
        net.load_state_dict({"scale": mg.zeros(2), "first.bias": mg.zeros(2)}, strict=False)

    assert net.first.bias.any()


def test_load_state_dict_that_fails_in_a_cast_has_changed_nothing():
    net = Net()
    state = {name: x.numpy() + 1.0 for name, x in net.state_dict().items() if name != "count"}
    state["last.weight"] = np.full((1, 2), 1e300)

    with pytest.raises(RuntimeWarning, match="overflow"):  # warnings are errors here
        net.load_state_dict(state, strict=False)

    assert net.scale.item() == 2


def test_load_state_dict_of_a_path_raises():
    with pytest.raises(TypeError, match=r"expected a dict of names and tensors, but got a str; .*minigrad.io.load"):
        Net().load_state_dict("model.safetensors")


def test_backward_after_loading_over_used_weights_raises():
    net = Net()
    loss = net(mg.ones(1, 3)).sum()

    net.load_state_dict(Net().state_dict())

    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


# Containers.


def test_sequential_counts_indexes_slices_and_grows():
    net = nn.Sequential(nn.Linear(1, 2), nn.ReLU())

    assert net.append(nn.Linear(2, 1)) is net
    assert len(net) == 3
    assert net[-1] is list(net)[2]
    assert names(net[1:].named_children()) == ["1", "2"]
    assert net[1:](mg.ones(1, 2)).shape == (1, 1)


def test_sequential_takes_names():
    net = nn.Sequential({"flat": nn.Flatten(), "out": nn.Linear(4, 1)})

    assert names(net.named_parameters()) == ["out.weight", "out.bias"]
    assert net(mg.ones(3, 2, 2)).shape == (3, 1)


@pytest.mark.parametrize("name", ["a.b", "", "forward"])
def test_sequential_refuses_names_that_cannot_be_attributes(name):
    with pytest.raises(ValueError, match=f"Sequential: '{name}' cannot name a module"):
        nn.Sequential({name: nn.ReLU()})


def test_sequential_of_a_class_in_place_of_a_module_says_what_to_write():
    with pytest.raises(TypeError, match=r"Sequential: '1' must be a Module, .*write ReLU\(…\) to make one"):
        nn.Sequential(nn.Linear(1, 1), nn.ReLU)


def test_module_list_holds_modules_that_are_found():
    net = nn.ModuleList([nn.Linear(1, 1)])
    net.append(nn.Linear(1, 1, bias=False))

    assert names(net.named_parameters()) == ["0.weight", "0.bias", "1.weight"]
    assert len(net[:1]) == 1
    assert [type(module) for module in net] == [nn.Linear, nn.Linear]


def test_module_list_is_not_a_function():
    with pytest.raises(NotImplementedError, match="ModuleList has no forward"):
        nn.ModuleList()(1)
