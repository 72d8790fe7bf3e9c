"""What the base class promises: θ and its chunks, gradients that are missing, closures, groups, bad input."""

import copy
import math
import warnings
import weakref

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn, optim
from minigrad.memory import log
from minigrad.optim import Optimizer, theta


class Momentum(Optimizer):
    """v ← μv + g;  θ ← θ − lr·v   (Polyak 1964)"""

    def update(self, theta, g, state, *, lr, momentum=0.9):
        v = state.setdefault("momentum_buffer", np.zeros_like(theta))
        v *= momentum
        v += g
        theta -= lr * v


def leaf(shape=(3,), seed=0, dtype=np.float64, **kwargs):
    return mg.tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype), requires_grad=True, **kwargs)


def give(params, seed=1):
    rng = np.random.default_rng(seed)
    for p in params:
        p.grad = mg.tensor(rng.standard_normal(p.shape).astype(p.dtype))


# ---- a subclass is its formula --------------------------------------------------------------------------------------


def test_an_update_is_the_whole_of_a_subclass():
    w = leaf()
    start, optimizer = w.array.copy(), Momentum([w], lr=0.1)

    for _ in range(2):
        w.grad = mg.tensor([1.0, 2.0, 3.0], dtype=np.float64)
        optimizer.step()

    np.testing.assert_allclose(w.array, start - 0.1 * (1 + 1.9) * np.array([1, 2, 3]), rtol=1e-14)
    assert optimizer.defaults == {"lr": 0.1, "momentum": 0.9, "maximize": False}


def test_pytorchs_way_of_giving_defaults_works_too():
    optimizer = Momentum([leaf()], {"lr": 0.1, "momentum": 0.5})

    assert (optimizer.param_groups[0]["lr"], optimizer.param_groups[0]["momentum"]) == (0.1, 0.5)


def test_maximize_climbs_with_any_formula():
    w = leaf()
    start, optimizer = w.array.copy(), Momentum([w], lr=0.1, maximize=True)

    w.grad = mg.ones_like(w)
    optimizer.step()

    np.testing.assert_allclose(w.array, start + 0.1, rtol=1e-14)


def test_an_option_without_a_value_is_asked_for():
    with pytest.raises(TypeError, match="no value for lr; give it by keyword"):
        Momentum([leaf()])


def test_an_unknown_option_is_refused_with_a_near_miss():
    with pytest.raises(TypeError, match="no option 'momentun', did you mean 'momentum'; the options are lr, momentum"):
        Momentum([leaf()], lr=0.1, momentun=0.9)


def test_an_optimizer_without_a_formula_says_so_and_changes_nothing():
    w = leaf()
    start, optimizer = w.array.copy(), Optimizer([w])
    give([w])

    with pytest.raises(NotImplementedError, match="Optimizer has no formula: define `def update"):
        optimizer.step()

    np.testing.assert_array_equal(w.array, start)


def test_an_update_that_returns_the_new_theta_is_told_to_write_it():
    class Returning(Optimizer):
        def update(self, theta, g, state, *, lr):
            return theta - lr * g

    w = leaf()
    give([w])

    with pytest.raises(TypeError, match=r"update must change theta in place \(theta -= …\), but it returned a"):
        Returning([w], lr=0.1).step()


@pytest.mark.parametrize("second", [0.5, 0, [0.5]], ids=str)
def test_an_option_without_its_name_is_refused(second):
    with pytest.raises(TypeError, match=r"Momentum: give options by keyword: lr=0.5, but got .*0.* without a name"):
        Momentum([leaf()], second)


@pytest.mark.parametrize(
    ("keep", "error", "message"),
    [
        (lambda theta, g: g, ValueError, r"state\['kept'\] is the memory of g or theta itself"),
        (lambda theta, g: theta[:], ValueError, r"state\['kept'\] is the memory of g or theta itself"),
        (lambda theta, g: np.zeros(theta.size + 1), ValueError, r"a value for each of theta, \(3,\), but is \(4,\)"),
        (lambda theta, g: [1, 2], TypeError, r"must be a number or an array like theta, but is a list"),
    ],
    ids=["g", "theta", "shape", "list"],
)
def test_a_state_that_could_not_be_kept_is_refused(keep, error, message):
    class Keeper(Optimizer):
        def update(self, theta, g, state):
            state["kept"] = keep(theta, g)

    w = leaf()
    give([w])

    with pytest.raises(error, match=message):
        Keeper([w]).step()


def test_the_gradient_a_formula_overwrites_is_a_copy():
    class Wasteful(Optimizer):
        def update(self, theta, g, state):
            g *= 0

    w = leaf((5,))
    give([w])
    before = w.grad.array.copy()

    Wasteful([w]).step()

    np.testing.assert_array_equal(w.grad.array, before)


# ---- θ --------------------------------------------------------------------------------------------------------------


def test_a_formula_sees_chunks_of_at_most_131072_numbers():
    sizes = []

    class Spy(Optimizer):
        def update(self, theta, g, state):
            sizes.append(theta.size)

    params = [leaf((400, 300)), leaf((7,)), leaf((600, 400)), leaf((2,))]
    give(params)

    Spy(params).step()

    assert sizes == [2**17, 2**17, 120_000 + 7 + 240_000 + 2 - 2**18]


@pytest.mark.parametrize("chunk", [1, 2, 3, 5, 7, 64])
def test_chunks_of_any_size_give_the_same_bits(chunk, monkeypatch):
    shapes = [(2, 3), (), (4,), (0,), (3, 1, 2), (1,)]
    params, others = ([leaf(shape, seed) for seed, shape in enumerate(shapes)] for _ in range(2))
    whole = optim.Adam(params, lr=0.1)
    give(params)
    whole.step()
    monkeypatch.setattr(theta, "CHUNK", chunk)
    pieces = optim.Adam(others, lr=0.1)
    give(others)
    pieces.step()

    for p, q in zip(params, others, strict=True):
        np.testing.assert_array_equal(p.array, q.array)
    a, b = whole.state_dict()["state"], pieces.state_dict()["state"]
    for i in range(len(shapes)):
        np.testing.assert_array_equal(a[i]["exp_avg_sq"].array, b[i]["exp_avg_sq"].array)


def test_a_parameter_without_numbers_is_no_obstacle():
    w = leaf((0, 3))
    optimizer, other = optim.Adam([w]), optim.Adam([leaf((0, 3))])
    give([w])

    optimizer.step()
    other.load_state_dict(optimizer.state_dict())

    assert [state["exp_avg"].shape for state in other.state.values()] == [(0, 3)]


@pytest.mark.parametrize("chunk", [4, 64])
def test_a_gradient_in_another_memory_order_goes_where_it_belongs(chunk, monkeypatch):
    monkeypatch.setattr(theta, "CHUNK", chunk)
    w = leaf((3, 4))
    start, g = w.array.copy(), np.arange(12.0).reshape(4, 3).T
    w.grad = mg.from_numpy(g)
    assert not w.grad.array.flags.c_contiguous

    optim.SGD([w], lr=1.0).step()

    np.testing.assert_array_equal(w.array, start - g)


def test_parameters_keep_shape_and_dtype_and_lie_in_one_memory_after_the_first_step():
    params = [leaf((2, 3), dtype=np.float32), leaf((), dtype=np.float32), leaf((4,), dtype=np.float32)]
    give(params)

    optim.SGD(params, lr=0.1).step()

    assert [(p.shape, p.dtype.name) for p in params] == [((2, 3), "float32"), ((), "float32"), ((4,), "float32")]
    assert len({id(p.array.base) for p in params}) == 1
    assert all(p.array.flags.c_contiguous and p.array.flags.writeable for p in params)


def test_parameters_of_several_dtypes_each_keep_their_own():
    params = [leaf((2,), dtype=d) for d in (np.float32, np.float64, np.float64, np.float32, np.float16)]
    give(params)

    optim.Adam(params, lr=0.1, eps=1e-3).step()

    assert [p.dtype.name for p in params] == ["float32", "float64", "float64", "float32", "float16"]


def test_dtypes_may_change_between_construction_and_the_first_step():
    w = leaf(dtype=np.float32)
    optimizer = optim.SGD([w], lr=0.1)
    w.array = w.array.astype(np.float64)
    give([w])

    optimizer.step()

    assert w.dtype == np.float64


@pytest.mark.parametrize("change", [lambda a: a.astype(np.float32), lambda a: a[:2].copy()], ids=["dtype", "shape"])
def test_a_parameter_that_changed_shape_or_dtype_raises_before_any_other_changes(change):
    params = [leaf(), leaf(seed=1)]
    optimizer = optim.SGD(params, lr=0.1)
    give(params)
    optimizer.step()
    params[1].array = change(params[1].array)
    give(params)
    before = params[0].array.copy()

    with pytest.raises(ValueError, match=r"was float64 \(3,\) when the optimizer first met it is now .*make a new"):
        optimizer.step()

    np.testing.assert_array_equal(params[0].array, before)


def test_a_graph_recorded_before_the_optimizer_was_made_stays_valid():
    w = leaf()
    loss = (w * w).sum()

    optimizer = optim.SGD([w], lr=0.1)
    loss.backward()
    optimizer.step()

    np.testing.assert_allclose(w.grad.array, 2 * leaf().array)


def test_a_graph_recorded_before_a_step_is_stale_after_it():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    for _ in range(3):  # the first step moves w, later ones write it in place
        loss = (w * w).sum()
        loss.backward(retain_graph=True)
        optimizer.step()

        with pytest.raises(RuntimeError, match="overwritten since"):
            loss.backward()
        optimizer.zero_grad()


def test_a_graph_over_parameters_that_the_step_left_alone_stays_valid():
    w, other = leaf(), leaf(seed=1)
    optimizer = optim.SGD([w, other], lr=0.1)
    for _ in range(3):
        loss = (other * other).sum()
        (w * w).sum().backward()
        optimizer.step()
        optimizer.zero_grad()

        loss.backward()
        np.testing.assert_array_equal(other.grad.array, 2 * leaf(seed=1).array)
        optimizer.zero_grad()


def test_a_replaced_array_is_taken_over():
    w = leaf()
    optimizer = Momentum([w], lr=0.1)
    give([w])
    optimizer.step()

    w.data = np.array([10.0, 20.0, 30.0])
    w.grad = mg.zeros_like(w)
    optimizer.step()

    momentum = leaf().array - leaf().array + 0.9 * 0.1 * np.random.default_rng(1).standard_normal(3)
    np.testing.assert_allclose(w.array, np.array([10.0, 20.0, 30.0]) - momentum, rtol=1e-14)


def test_whoever_holds_the_memory_sees_later_steps_when_a_gradient_is_missing_for_the_first_time():
    params = [leaf(seed=i) for i in range(4)]
    optimizer = optim.Adam(params, lr=0.1)
    give(params)
    optimizer.step()
    held = [p.data for p in params]

    for absent in (1, 0, 2, None):
        give(params)
        if absent is not None:
            params[absent].grad = None
        optimizer.step()

        for p, alias in zip(params, held, strict=True):
            np.testing.assert_array_equal(p.array, alias.array)
            assert np.shares_memory(p.array, alias.array)


def test_a_step_of_a_part_of_a_vector_makes_only_that_part_stale():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([a, b], lr=0.1)
    give([a, b])
    optimizer.step()
    mine, others = (a * a).sum(), (b * b).sum()

    b.grad = None
    optimizer.step()

    others.backward()
    with pytest.raises(RuntimeError, match="overwritten since"):
        mine.backward()


@pytest.mark.parametrize("together", [True, False], ids=["in one group", "in two"])
@pytest.mark.parametrize("view", [lambda a: a, lambda a: a[::-1]], ids=["all", "reversed"])
def test_two_parameters_over_one_memory_raise_before_anything_changes(together, view):
    x, a, b = leaf(), leaf(seed=1), leaf(seed=2)
    b.data = view(a.data)
    optimizer = optim.SGD([x, a, b] if together else [{"params": [x, a]}, {"params": b}], lr=0.1)
    give([x, a])

    with pytest.raises(ValueError, match="parameters 1 and 2 share memory; assign the same Parameter in both places"):
        optimizer.step()

    np.testing.assert_array_equal(x.array, leaf().array)


def test_two_parameters_that_come_to_share_memory_later_raise():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([a, b], lr=0.1)
    give([a, b])
    optimizer.step()
    b.data = a.data

    with pytest.raises(ValueError, match="parameters 0 and 1 share memory"):
        optimizer.step()


def test_neighbouring_columns_of_one_matrix_share_nothing():
    matrix = np.ones((3, 2))
    params = [mg.from_numpy(matrix[:, i]).requires_grad_() for i in range(2)]
    give(params)

    optim.SGD(params, lr=0.1).step()

    np.testing.assert_allclose(params[1].array, 1 - 0.1 * params[1].grad.array)


@pytest.mark.parametrize("together", [True, False], ids=["in one group", "in two"])
def test_two_parameters_that_changed_places_keep_their_numbers(together):
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([a, b] if together else [{"params": a}, {"params": b}], lr=0.0)
    give([a, b])
    optimizer.step()

    a.array, b.array = b.array, a.array
    optimizer.step()

    np.testing.assert_array_equal(a.array, leaf(seed=1).array)
    np.testing.assert_array_equal(b.array, leaf().array)


def test_two_optimizers_on_one_parameter_take_turns():
    w = leaf()
    first, second = optim.SGD([w], lr=0.1), optim.SGD([w], lr=0.01)

    for optimizer in (first, second, first, second):
        w.grad = mg.ones_like(w)
        optimizer.step()

    np.testing.assert_allclose(w.array, leaf().array - 0.22, rtol=1e-13)


def test_a_step_notes_one_write_for_each_vector():
    params = [leaf((2, 2)), leaf((3,))]
    optimizer = optim.SGD(params, lr=0.1)
    give(params)
    optimizer.step()
    before = log.last

    optimizer.step()

    assert log.last == before + 1
    assert all(log.written_since(p.array, before) for p in params)


def test_a_formula_that_raises_has_its_write_noted():
    class Broken(Optimizer):
        def update(self, theta, g, state):
            theta -= g
            raise ArithmeticError("half done")

    w = leaf()
    loss = (w * w).sum()
    loss.backward(retain_graph=True)

    with pytest.raises(ArithmeticError):
        Broken([w]).step()
    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


def test_numpy_scalars_as_options_do_not_change_a_bit_of_float32():
    params = [leaf((50,), dtype=np.float32) for _ in range(3)]
    optimizers = [optim.Adam([params[0]], lr=0.1), optim.Adam([params[1]], lr=np.float64(0.1))]
    optimizers.append(optim.Adam([params[2]], lr=0.5))
    optimizers[2].param_groups[0] |= {"lr": np.float64(0.1), "betas": [np.float64(0.9), np.float64(0.999)]}

    for _ in range(3):
        give(params[:1])
        for p, optimizer in zip(params, optimizers, strict=True):
            p.grad = params[0].grad
            optimizer.step()

    np.testing.assert_array_equal(params[0].array, params[1].array)
    np.testing.assert_array_equal(params[0].array, params[2].array)


# ---- gradients that are missing, or left over -----------------------------------------------------------------------


def test_a_parameter_without_gradient_and_its_state_stay_untouched():
    a, b, c = params = [leaf(seed=i) for i in range(3)]
    optimizer = optim.Adam(params, lr=0.1, weight_decay=0.1)
    give(params)
    optimizer.step()
    values, before = b.array.copy(), optimizer.state_dict()["state"][1]

    for _ in range(2):
        give([a, c])
        b.grad = None
        optimizer.step()
    after = optimizer.state_dict()["state"]

    np.testing.assert_array_equal(b.array, values)
    np.testing.assert_array_equal(after[1]["exp_avg"].array, before["exp_avg"].array)
    assert [after[i]["step"].item() for i in range(3)] == [3, 1, 3]


def test_a_parameter_that_never_has_a_gradient_keeps_its_memory_and_has_no_state():
    frozen, w = mg.tensor([1.0, 2.0]), leaf()
    memory, optimizer = frozen.array, optim.Adam([frozen, w])
    give([w])

    optimizer.step()

    assert frozen.array is memory
    assert list(optimizer.state) == [w]


def test_a_step_without_any_gradient_does_nothing_and_says_so_the_first_time():
    w = leaf()
    memory, optimizer = w.array, optim.SGD([w], lr=0.1)

    with pytest.warns(UserWarning, match=r"no parameter has a gradient, so nothing changed; call loss") as caught:
        assert optimizer.step() is None

    assert [warning.filename for warning in caught] == [__file__]
    assert w.array is memory
    assert optimizer.step() is None  # pytest makes errors of warnings


def test_a_schedule_can_be_tried_out_without_gradients():
    optimizer = optim.SGD([leaf()], lr=0.1)
    schedule = optim.lr_scheduler.StepLR(optimizer, 1)

    optimizer.step()  # pytest makes errors of warnings
    schedule.step()

    assert schedule.get_last_lr() == pytest.approx([0.01])


def test_a_later_step_may_find_no_gradient():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    give([w])
    optimizer.step()
    optimizer.zero_grad()

    optimizer.step()  # pytest makes errors of warnings


def test_zero_grad_forgets_the_gradients():
    params = [leaf(), leaf(seed=1)]
    give(params)

    optim.SGD(params).zero_grad()

    assert [p.grad for p in params] == [None, None]


def test_zero_grad_can_keep_zeros_in_the_same_memory():
    a, b = leaf(), leaf(seed=1)
    give([a])
    memory = a.grad.array

    optim.SGD([a, b]).zero_grad(set_to_none=False)

    assert a.grad.array is memory
    assert a.grad.tolist() == [0, 0, 0]
    assert b.grad is None


def test_zero_grad_lets_go_of_the_gradients_memory():
    w = leaf()
    optimizer = optim.SGD([w])
    give([w])
    optimizer.step()
    memory = weakref.ref(w.grad.array)

    optimizer.zero_grad()

    assert memory() is None


@pytest.mark.parametrize("shape", [(3,), (2**17 + 1,)], ids=["small", "in two chunks"])
def test_a_forgotten_zero_grad_warns_once(shape):
    w = leaf(shape, name="w")
    optimizer = optim.SGD([w], lr=0.001)

    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        for _ in range(4):
            (w * w).sum().backward()
            optimizer.step()

    assert [str(warning.message) for warning in caught] == [
        f"step: the gradient of 'w' float64 {shape} is the one that the last step used, with more added to it; "
        "call zero_grad() before backward() if each step should see only its own gradient"
    ]
    assert caught[0].filename == __file__


def test_the_warning_comes_before_anything_changes():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()
    (w * w).sum().backward()
    before = w.array.copy()

    with pytest.raises(UserWarning, match="more added to it"):  # pytest makes errors of warnings
        optimizer.step()

    np.testing.assert_array_equal(w.array, before)


@pytest.mark.parametrize(
    "clear",
    [
        lambda optimizer, w: optimizer.zero_grad(),
        lambda optimizer, w: optimizer.zero_grad(set_to_none=False),
        lambda optimizer, w: setattr(w, "grad", None),
    ],
    ids=["zero_grad", "zeros", "by hand"],
)
def test_cleared_gradients_do_not_warn(clear):
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)

    for _ in range(3):
        clear(optimizer, w)
        (w * w).sum().backward()
        (w * w).sum().backward()  # two batches for one step are no mistake
        optimizer.step()


def module_of(w):
    module = nn.Module()
    module.w = w
    return module


CLEARS = {
    "a module's zeros": lambda w: module_of(w).zero_grad(set_to_none=False),
    "new zeros": lambda w: setattr(w, "grad", mg.zeros_like(w)),
    "zero_": lambda w: w.grad.zero_(),
    "zero_ of data": lambda w: w.grad.data.zero_(),
    "fill_": lambda w: w.grad.fill_(0),
    "copy_": lambda w: w.grad.copy_(mg.ones_like(w)),
    "x[...] = v": lambda w: w.grad.__setitem__(..., 0),
    "x[:] = v": lambda w: w.grad.__setitem__(slice(None), 0),
}


@pytest.mark.parametrize("clear", CLEARS.values(), ids=CLEARS)
def test_a_gradient_overwritten_by_hand_does_not_warn(clear):
    w = nn.Parameter(leaf((4, 2)).array)
    optimizer = optim.SGD([w], lr=0.1)
    (w * w).sum().backward()
    optimizer.step()

    for _ in range(2):
        clear(w)
        (w * w).sum().backward()
        nn.utils.clip_grad_norm_([w], 0.1)
        optimizer.step()


def test_gradients_in_one_buffer_cleared_one_by_one_do_not_warn():
    a, b = params = [leaf(), leaf(seed=1)]
    buffer = mg.zeros(6, dtype=np.float64)
    a.grad, b.grad = buffer[:3], buffer[3:]
    optimizer = optim.SGD(params, lr=0.1)

    for _ in range(3):
        for p in params:
            p.grad.zero_()
        (a * b).sum().backward()
        optimizer.step()


FORGOTTEN = {
    "nothing": lambda w: None,
    "scaling": lambda w: nn.utils.clip_grad_norm_([w], 0.1),
    "a part": lambda w: w.grad.__setitem__(0, 0),
    "a row": lambda w: w.grad[0].zero_(),
    "every other row": lambda w: w.grad[::3].zero_(),
    "a mask": lambda w: w.grad.__setitem__(w.grad > 0, 0),
    "another": lambda w: mg.zeros_like(w).zero_(),
}


@pytest.mark.parametrize("change", FORGOTTEN.values(), ids=FORGOTTEN)
@pytest.mark.parametrize("first", [True, False], ids=["before backward", "after"])
def test_a_gradient_of_which_something_is_left_warns(change, first):
    w = leaf((4, 2))
    optimizer = optim.SGD([w], lr=0.1)
    w.grad = mg.zeros_like(w)
    w.grad.zero_()
    (w * w).sum().backward()
    optimizer.step()

    if first:
        change(w)
    (w * w).sum().backward()
    if not first:
        change(w)

    with pytest.warns(UserWarning, match="more added to it"):
        optimizer.step()
    (w * w).sum().backward()
    optimizer.step()  # once is enough: pytest makes errors of warnings


def test_stepping_twice_along_one_gradient_does_not_warn():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    (w * w).sum().backward()

    optimizer.step()
    optimizer.step()

    np.testing.assert_allclose(w.array, leaf().array * (1 - 0.4), rtol=1e-13)


# ---- closures and groups --------------------------------------------------------------------------------------------


def test_step_calls_the_closure_with_recording_on_and_returns_its_loss():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)

    def closure():
        optimizer.zero_grad()
        loss = (w * w).sum()
        loss.backward()
        return loss

    with mg.no_grad():
        loss = optimizer.step(closure)

    assert loss.item() == pytest.approx((leaf().array ** 2).sum())
    np.testing.assert_allclose(w.array, 0.8 * leaf().array, rtol=1e-14)


def test_groups_have_options_of_their_own_and_the_defaults_of_the_rest():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([{"params": a, "lr": 1.0}, {"params": [b]}], lr=0.1, momentum=0.5)

    assert [group["lr"] for group in optimizer.param_groups] == [1.0, 0.1]
    assert [group["momentum"] for group in optimizer.param_groups] == [0.5, 0.5]
    assert [group["params"] for group in optimizer.param_groups] == [[a], [b]]


def test_options_can_be_changed_between_steps():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)

    for lr in (0.1, 0.2):
        optimizer.param_groups[0]["lr"] = lr
        w.grad = mg.ones_like(w)
        optimizer.step()

    np.testing.assert_allclose(w.array, leaf().array - 0.3, rtol=1e-13)


def test_an_option_that_was_changed_for_the_worse_raises_before_anything_changes():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([{"params": [a]}, {"params": [b]}], lr=0.1)
    optimizer.param_groups[1]["lr"] = math.nan
    give([a, b])

    for _ in range(2):
        with pytest.raises(ValueError, match=r"SGD: lr must be a number in \[0, inf\), but got nan"):
            optimizer.step()

    np.testing.assert_array_equal(a.array, leaf().array)


def test_a_group_can_be_added_while_training():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.Adam([a], lr=0.1)
    give([a, b])
    optimizer.step()

    optimizer.add_param_group({"params": [b], "lr": 0.01})
    optimizer.step()

    assert [state["step"].item() for state in optimizer.state.values()] == [2, 1]


def test_a_group_that_cannot_be_added_leaves_the_optimizer_as_it_was():
    a, b = leaf(), leaf(seed=1)
    optimizer = optim.SGD([a], lr=0.1)

    with pytest.raises(ValueError, match="lr must be"):
        optimizer.add_param_group({"params": [b], "lr": -1})

    assert [group["params"] for group in optimizer.param_groups] == [[a]]


def test_a_parameter_put_into_a_group_by_hand_is_not_silently_ignored():
    w = leaf()
    optimizer = optim.SGD([w], lr=0.1)
    give([w])
    optimizer.step()
    optimizer.param_groups[0]["params"].append(leaf())

    with pytest.raises(ValueError, match=r"were exchanged, it had 1 and has 2.*; make a new .*, or use add_param"):
        optimizer.step()


def test_a_parameter_exchanged_by_hand_is_not_silently_ignored():
    params = [leaf(), leaf(seed=1)]
    optimizer, start = optim.SGD(params, lr=0.1), params[0].array.copy()
    optimizer.param_groups[0]["params"][1] = leaf(seed=2)  # before the first step: that is simply the parameter
    give(optimizer.param_groups[0]["params"])
    optimizer.step()
    optimizer.param_groups[0]["params"][1] = leaf(seed=2)
    before = params[0].array.copy()

    with pytest.raises(ValueError, match=r"step: the parameters of a group were exchanged.*; make a new optimizer, or"):
        optimizer.step()
    with pytest.raises(ValueError, match="load_state_dict: the parameters of a group were exchanged"):
        optimizer.load_state_dict({"state": {}, "param_groups": optim.SGD(params, lr=0.1).state_dict()["param_groups"]})

    np.testing.assert_array_equal(params[0].array, before)
    assert not np.array_equal(before, start)


@pytest.mark.parametrize("shape", [(), (1,), (0,), (2,), (3, 1)], ids=str)
def test_a_parameter_exchanged_for_an_equal_one_is_noticed_too(shape):
    w = mg.zeros(*shape, requires_grad=True)
    optimizer = optim.SGD([w], lr=0.1)
    give([w])
    optimizer.step()
    optimizer.param_groups[0]["params"] = (w,)
    optimizer.step()
    optimizer.param_groups[0]["params"] = [mg.Tensor(w.array, requires_grad=True)]

    with pytest.raises(ValueError, match="the parameters of a group were exchanged"):
        optimizer.step()


def test_named_parameters_keep_their_names():
    optimizer = optim.SGD(iter([("weight", leaf()), ("bias", leaf(seed=1))]))

    assert optimizer.param_groups[0]["param_names"] == ["weight", "bias"]
    assert optimizer.state_dict()["param_groups"][0]["param_names"] == ["weight", "bias"]


def test_the_repr_shows_groups_and_options():
    optimizer = optim.SGD([leaf()], lr=0.5)

    assert repr(optimizer) == (
        "SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.5\n    maximize: False\n    momentum: 0\n"
        "    nesterov: False\n    weight_decay: 0\n)"
    )


def test_a_deep_copy_trains_the_copied_parameters():
    w = leaf((2, 3))
    optimizer = optim.Adam([w], lr=0.1)
    give([w])
    optimizer.step()
    copied, values = copy.deepcopy(optimizer), w.array.copy()
    (v,) = copied.param_groups[0]["params"]

    for p, stepper in ((v, copied), (w, optimizer)):
        give([p], seed=2)
        stepper.step()
        if p is v:
            np.testing.assert_array_equal(w.array, values)

    np.testing.assert_array_equal(v.array, w.array)


def test_it_trains_a_module():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    x, y = mg.tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), mg.tensor([[0.0], [1.0], [1.0], [0.0]])
    optimizer = optim.Adam(model.parameters(), lr=0.05)

    for _ in range(300):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(x), y)
        loss.backward()
        optimizer.step()

    assert loss.item() < 0.02


# ---- bad input ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "params",
    [[], iter(()), [{"params": []}], [{"params": []}, {"params": ()}]],
    ids=["list", "used up", "group", "two"],
)
def test_no_parameters_raises(params):
    with pytest.raises(ValueError, match=r"SGD: there are no parameters to optimize; give model.parameters\(\)"):
        optim.SGD(params, lr=0.1)


def test_a_generator_given_twice_raises_for_the_second():
    params = (p for p in [leaf()])
    optim.SGD(params)

    with pytest.raises(ValueError, match="a generator can be used only once"):
        optim.SGD(params)


W = leaf()


@pytest.mark.parametrize(
    "params", [[W, W], [{"params": [W]}, {"params": W}], [("a", W), ("b", W)]], ids=["list", "groups", "names"]
)
def test_a_parameter_given_twice_raises(params):
    with pytest.raises(ValueError, match=r"SGD: parameter [01], float64 \(3,\), is there twice"):
        optim.SGD(params)


def test_a_computed_tensor_raises():
    with pytest.raises(ValueError, match=r"parameter 1, float64 \(3,\), was computed by mul; only leaves"):
        optim.SGD([W, W * 2])


@pytest.mark.parametrize(
    ("params", "message"),
    [
        (W, "expected a list of tensors or of groups, but got a Tensor"),
        ({"params": [W]}, "expected a list of tensors or of groups, but got a dict"),
        ({W}, "expected a list of tensors or of groups, but got a set"),
        (3, "expected a list of tensors or of groups, but got a int"),
        (nn.Linear(2, 1), "expected a list of tensors or of groups, but got a Linear; give model.parameters"),
        ([np.zeros(3)], "SGD: parameter 0 must be a tensor, but is a ndarray"),
        ([W, {"params": []}], "SGD: parameter 1 must be a tensor, but is a dict"),
        ([{"params": [W]}, W], 'a parameter group must be a dict with "params", but got tensor'),
        ([{"parameters": [W]}], 'a parameter group must be a dict with "params", but got {'),
        ([{"params": {W}}], "SGD: parameters must come in an order, but got a set"),
        ([{"params": [W], "momentun": 1}], "no option 'momentun', did you mean 'momentum'"),
    ],
    ids=["tensor", "dict", "set", "int", "module", "array", "mixed", "groups", "no params", "set in group", "option"],
)  # fmt: skip
def test_what_are_no_parameters_raises(params, message):
    with pytest.raises(TypeError, match=message):
        optim.SGD(params)


def test_names_for_some_parameters_only_raises():
    with pytest.raises(ValueError, match="1 of 2 parameters have names; name all or none"):
        optim.SGD([("a", W), leaf()])


@pytest.mark.parametrize("bad", [-0.1, math.nan, math.inf, np.float64("nan")], ids=str)
@pytest.mark.parametrize(
    ("cls", "name"),
    [
        (optim.SGD, "lr"), (optim.SGD, "momentum"), (optim.SGD, "weight_decay"), (optim.Adam, "lr"),
        (optim.Adam, "eps"), (optim.Adam, "weight_decay"), (optim.AdamW, "lr"), (optim.AdamW, "weight_decay"),
        (Momentum, "lr"), (optim.NesterovMomentum, "lr"), (optim.NesterovMomentum, "weight_decay"),
        (optim.Adagrad, "lr"), (optim.Adagrad, "lr_decay"), (optim.Adagrad, "initial_accumulator_value"),
        (optim.Adagrad, "eps"), (optim.Adadelta, "lr"), (optim.Adadelta, "eps"), (optim.RMSprop, "momentum"),
        (optim.RMSprop, "eps"), (optim.NAdam, "lr"), (optim.NAdam, "momentum_decay"), (optim.NAdam, "eps"),
        (optim.LBFGS, "lr"), (optim.LBFGS, "tolerance_grad"), (optim.LBFGS, "tolerance_change"),
    ],
)  # fmt: skip
def test_numbers_that_make_no_sense_raise(cls, name, bad):
    with pytest.raises(ValueError, match=rf"{cls.__name__}: {name} must be a number in \[0, inf\), but got"):
        cls([W], **{"lr": 0.1, name: bad})


@pytest.mark.parametrize("cls", [optim.Adam, optim.AdamW, optim.NAdam])
@pytest.mark.parametrize("betas", [(-0.1, 0.9), (0.9, 1.0), (math.nan, 0.9), (0.9, 2)], ids=str)
def test_betas_outside_of_0_to_1_raise(cls, betas):
    with pytest.raises(ValueError, match=rf"{cls.__name__}: betas must be two numbers in \[0, 1\), but got"):
        cls([W], betas=betas)


@pytest.mark.parametrize("bad", [-0.1, 1, math.nan], ids=str)
@pytest.mark.parametrize(
    ("cls", "name"), [(optim.Adadelta, "rho"), (optim.RMSprop, "alpha"), (optim.NesterovMomentum, "momentum")]
)
def test_shares_outside_of_0_to_1_raise(cls, name, bad):
    with pytest.raises(ValueError, match=rf"{cls.__name__}: {name} must be a number in \[0, 1\), but got {bad}"):
        cls([W], **{name: bad})


def test_an_option_of_ones_own_may_have_a_name_that_another_optimizer_limits():
    class Descent(Optimizer):
        def update(self, theta, g, state, *, alpha):
            theta -= alpha * g

    w = leaf()
    give([w])

    Descent([w], alpha=2.0).step()

    np.testing.assert_allclose(w.array, leaf().array - 2 * w.grad.array, rtol=1e-14)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"lr": "0.1"}, "lr must be a number, but got '0.1'"),
        ({"lr": None}, "lr must be a number, but got None"),
        ({"lr": (0.1,)}, "lr must be a number, but got"),
        ({"betas": 0.9}, "betas must be two numbers, but got 0.9"),
        ({"betas": (0.9,)}, "betas must be two numbers, but got"),
    ],
)
def test_options_that_are_no_numbers_raise(options, message):
    with pytest.raises(TypeError, match=message):
        optim.Adam([W], **options)


@pytest.mark.parametrize("options", [{}, {"momentum": 0.9, "dampening": 0.1}, {"dampening": math.nan}], ids=str)
def test_nesterov_without_momentum_or_with_dampening_raises(options):
    with pytest.raises(ValueError, match=r"SGD: (nesterov needs momentum > 0 and dampening = 0|dampening must be)"):
        optim.SGD([W], nesterov=True, **options)
