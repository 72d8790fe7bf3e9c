"""Writing into tensors: what x += y means, and when it is refused."""

import numpy as np
import pytest

import minigrad as mg


def leaf(values, **kwargs):
    return mg.tensor(values, dtype=np.float64, requires_grad=True, **kwargs)


UPDATES = {
    "+=": (lambda x, y: x.__iadd__(y), [5.0, 6.0]),
    "-=": (lambda x, y: x.__isub__(y), [-1.0, 2.0]),
    "*=": (lambda x, y: x.__imul__(y), [6.0, 8.0]),
    "/=": (lambda x, y: x.__itruediv__(y), [2 / 3, 2.0]),
    "**=": (lambda x, y: x.__ipow__(y), [8.0, 16.0]),
}


@pytest.mark.parametrize(("update", "expected"), UPDATES.values(), ids=UPDATES)
def test_an_untracked_tensor_is_updated_in_place(update, expected):
    x, y = mg.tensor([2.0, 4.0]), mg.tensor([3.0, 2.0])
    memory = x.array

    result = update(x, y)

    assert result is x
    assert x.array is memory
    assert x.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("update", [u for u, _ in UPDATES.values()], ids=UPDATES)
def test_a_leaf_that_requires_grad_refuses_to_change_in_place(update):
    x = leaf([2.0, 4.0], name="w")

    with pytest.raises(RuntimeError, match=r"'w' float64 \(2,\) is a leaf that requires grad.*inside no_grad"):
        update(x, 1.0)

    assert x.tolist() == [2, 4]


@pytest.mark.parametrize(("update", "expected"), UPDATES.values(), ids=UPDATES)
def test_inside_no_grad_a_leaf_changes_in_place_and_stays_a_leaf(update, expected):
    x, y = leaf([2.0, 4.0]), mg.tensor([3.0, 2.0])

    with mg.no_grad():
        result = update(x, y)

    assert result is x
    assert (x.requires_grad, x.is_leaf) == (True, True)
    assert x.tolist() == pytest.approx(expected)


@pytest.mark.parametrize("symbol", ["//=", "%="])
def test_floor_division_and_remainder_update_in_place_too(symbol):
    x = mg.tensor([5.0, 7.0])
    names = {"x": x}

    exec(f"x {symbol} 3", names)

    assert names["x"] is x


def test_on_an_intermediate_plus_equals_means_a_new_tensor():
    x = leaf([1.0, 2.0])
    h = x * 2
    before = h

    h += 1
    (h * h).sum().backward()

    assert before.tolist() == [2, 4]
    assert h is not before
    assert x.grad.tolist() == [12, 20]


def test_a_running_total_that_starts_untracked_becomes_tracked():
    w = leaf(3.0)
    total = mg.zeros((), dtype=np.float64)

    for i in range(4):
        total += w * i
    total.backward()

    assert total.requires_grad
    assert w.grad.item() == 6


def test_a_running_total_of_detached_losses_stays_untracked():
    w, total = leaf(3.0), mg.zeros(())
    memory = total.array

    total += (w * 2).detach()

    assert (total.item(), total.requires_grad) == (6, False)
    assert total.array is memory


def test_an_update_that_does_not_fit_changes_nothing():
    x = mg.ones(3)

    with pytest.raises(ValueError, match=r"add: cannot write float32 \(2, 3\) into float32 \(3,\)"):
        x += mg.ones(2, 3)

    assert x.tolist() == [1, 1, 1]


def test_integers_cannot_hold_the_result_of_a_division():
    x = mg.tensor([2, 4])

    with pytest.raises(TypeError, match=r"div: int64 \(2,\) cannot hold float32 values; convert one of them first"):
        x /= 2

    assert x.tolist() == [2, 4]


@pytest.mark.parametrize(
    ("target", "value"), [([1, 2], 1.5), ([True, False], 2), ([True, False], 0.5), ([1, 2], [0.5, 1.0])]
)
def test_numbers_are_not_cut_to_fit_a_narrower_kind(target, value):
    x = mg.tensor(target)

    with pytest.raises(TypeError, match=r"setitem: .* cannot hold .* values; convert one of them first"):
        x[:] = value

    assert x.tolist() == target


@pytest.mark.parametrize("value", [None, "one", 1j, object()])
def test_what_is_no_number_cannot_be_written(value):
    x = mg.ones(2)

    with pytest.raises(TypeError, match=r"cannot hold .* values"):
        x[0] = value
    with pytest.raises(TypeError, match=r"cannot hold .* values"):
        x.fill_(value)

    assert x.tolist() == [1, 1]


@pytest.mark.parametrize("value", [2, True, 0.5, np.float64(3), np.int64(3), mg.tensor(4)])
def test_narrower_kinds_and_wider_floats_are_converted_on_writing(value):
    x = mg.ones(2)

    x[1] = value

    assert (x.dtype, x.tolist()) == (np.float32, [1, float(value)])


def test_assigning_to_an_index_that_does_not_exist_or_fit_is_refused():
    x = mg.ones(2, 3)

    with pytest.raises(IndexError, match=r"setitem: cannot write .* into float32 \(2, 3\): index 5 is out of bounds"):
        x[5] = 1.0
    with pytest.raises(ValueError, match=r"setitem: cannot write float32 \(2,\) into float32 \(2, 3\)"):
        x[0] = mg.ones(2)

    assert x.sum().item() == 6


@pytest.mark.parametrize("index", [0, slice(None), (0, 1), (..., -1), [0, 0], np.array([True, False])])
def test_assigning_to_a_tracked_tensor_is_refused(index):
    x = leaf(np.ones((2, 3)))
    h = x * 1

    for tracked in (x, h):
        with pytest.raises(RuntimeError, match=r"setitem: writing would change float64 \(2, 3\) behind the record"):
            tracked[index] = 0.0

    assert (x.sum().item(), h.sum().item()) == (6, 6)


def test_assigning_a_tracked_value_is_refused():
    buffer, x = mg.zeros(3, dtype=np.float64), leaf(2.0)

    with pytest.raises(RuntimeError, match=r"setitem: writing would .* requires grad.*no_grad"):
        buffer[0] = x

    assert buffer.tolist() == [0, 0, 0]


UNDERSCORE = {
    "add_": lambda x, v: x.add_(v),
    "sub_": lambda x, v: x.sub_(v),
    "mul_": lambda x, v: x.mul_(v),
    "div_": lambda x, v: x.div_(v),
    "clamp_": lambda x, v: x.clamp_(v),
    "clamp_ by name": lambda x, v: x.clamp_(max=v),
    "copy_": lambda x, v: x.copy_(v),
    "fill_": lambda x, v: x.fill_(v),
}


@pytest.mark.parametrize("write", UNDERSCORE.values(), ids=UNDERSCORE)
def test_underscore_methods_refuse_a_tracked_tensor(write):
    x = leaf([1.0, 2.0])

    with pytest.raises(RuntimeError, match=r"_: writing would change float64 \(2,\) behind the record"):
        write(x, 5.0)

    assert x.tolist() == [1, 2]


@pytest.mark.parametrize(
    "write",
    UNDERSCORE.values(),
    ids=UNDERSCORE.keys(),
)
def test_underscore_methods_refuse_a_tracked_value(write):
    x = mg.tensor([1.0, 2.0], dtype=np.float64)

    with pytest.raises(RuntimeError, match="behind the record"):
        write(x, leaf(1.5))

    assert x.tolist() == [1, 2]


def test_zero_refuses_a_tracked_tensor():
    x = leaf([1.0, 2.0])

    with pytest.raises(RuntimeError, match="zero_: writing would change"):
        x.zero_()

    assert x.tolist() == [1, 2]


@pytest.mark.parametrize(
    ("write", "expected"),
    [
        (lambda x: x.add_(1), [3, 5]),
        (lambda x: x.sub_(1), [1, 3]),
        (lambda x: x.mul_(3), [6, 12]),
        (lambda x: x.div_(2), [1, 2]),
        (lambda x: x.clamp_(3), [3, 4]),
        (lambda x: x.clamp_(max=3), [2, 3]),
        (lambda x: x.clamp_(min=2.5, max=3), [2.5, 3]),
        (lambda x: x.copy_(mg.tensor([7, 8])), [7, 8]),
        (lambda x: x.fill_(6), [6, 6]),
        (lambda x: x.zero_(), [0, 0]),
    ],
)
def test_underscore_methods_write_and_return_the_tensor_inside_no_grad(write, expected):
    x = leaf([2.0, 4.0])

    with mg.no_grad():
        result = write(x)

    assert result is x
    assert (x.requires_grad, x.tolist()) == (True, expected)


def test_writing_through_detach_and_data_is_allowed_and_shared():
    x = leaf([1.0, 2.0])

    x.detach()[0] = 5.0
    x.data[1] = 6.0

    assert x.tolist() == [5, 6]
    assert x.requires_grad


def test_data_is_replaced_only_by_its_like():
    x = leaf([1.0, 2.0], name="w")

    with pytest.raises(ValueError, match=r"data: cannot replace 'w' float64 \(2,\) by float64 \(3,\)"):
        x.data = mg.zeros(3, dtype=np.float64)
    with pytest.raises(ValueError, match=r"data: cannot replace .* by float32 \(2,\); make a new tensor"):
        x.data = mg.zeros(2)

    assert x.tolist() == [1, 2]


def test_an_expanded_tensor_cannot_be_written():
    x = mg.ones(3)

    with pytest.raises(ValueError, match=r"zero_: cannot write .* into float32 \(2, 3\): .*read-only"):
        x.expand(2, 3).zero_()

    assert x.tolist() == [1, 1, 1]


def test_a_tensor_over_a_read_only_array_cannot_be_written():
    memory = np.ones(2)
    memory.flags.writeable = False
    x = mg.from_numpy(memory)

    with pytest.raises(ValueError, match="read-only"):
        x += 1

    assert memory.tolist() == [1, 1]


def test_views_share_memory_as_in_pytorch():
    x = mg.zeros(2, 3)

    x[0].fill_(1.0)
    x.T[2].fill_(2.0)
    x.reshape(6)[3:4].fill_(3.0)

    assert x.tolist() == [[1, 1, 2], [3, 0, 2]]


def test_a_single_element_is_a_view_too():
    x = mg.zeros(3)

    x[1].fill_(5.0)
    element = x[2]
    element += 7

    assert x.tolist() == [0, 5, 7]


def test_advanced_indexing_copies_as_in_pytorch():
    x = mg.zeros(3)

    x[[0, 1]].fill_(5.0)

    assert x.tolist() == [0, 0, 0]


def test_overlapping_reads_and_writes_read_first():
    x = mg.tensor([1.0, 2.0, 3.0, 4.0])

    x[1:] = x[:-1]

    assert x.tolist() == [1, 1, 2, 3]


def test_add_and_sub_take_a_factor_for_the_other():
    x, y = mg.tensor([1.0, 2.0]), mg.tensor([10.0, 20.0])

    assert x.add_(y, alpha=0.5) is x
    assert x.tolist() == [6, 12]
    assert x.sub_(y, alpha=-0.5).tolist() == [11, 22]
    assert x.add_(1).sub_(2).tolist() == [10, 21]
    assert y.tolist() == [10, 20]


def test_the_factor_does_not_hide_that_the_other_is_tracked():
    x = mg.tensor([1.0])

    with pytest.raises(RuntimeError, match="add_: writing would change"):
        x.add_(mg.ones(1, requires_grad=True), alpha=2)

    assert x.tolist() == [1]


@pytest.mark.parametrize("dtype", [mg.bool, mg.uint8, mg.int64, mg.float32])
def test_zero_fits_every_dtype(dtype):
    x = mg.ones(2, dtype=dtype)

    assert x.zero_() is x
    assert (x.dtype, x.tolist()) == (dtype, [0, 0])


def test_fill_takes_one_number():
    x = mg.zeros(3)

    with pytest.raises(ValueError, match=r"fill_: value must be one number, but is float32 \(3,\); copy_\(\) writes"):
        x.fill_(mg.ones(3))

    assert x.tolist() == [0, 0, 0]
    assert x.fill_(mg.tensor(2.0)).tolist() == [2, 2, 2]


@pytest.mark.parametrize(
    ("write", "message"),
    [
        (lambda x: x.zero_(1), r"zero\(\) takes 1 positional argument"),
        (lambda x: x.fill_(1, 2), r"fill\(\) takes 2 positional arguments"),
        (lambda x: x.add_(1, 2), r"add_\(\) takes 2 positional arguments"),
    ],
)
def test_too_many_arguments_are_counted_under_the_methods_name(write, message):
    with pytest.raises(TypeError, match=message):
        write(mg.zeros(3))


DRAWN = {
    "normal_ without a mean": (
        lambda x: x.normal_(None),
        TypeError,
        r"normal_: mean must be a number, but got NoneType",
    ),
    "normal_ of tensors": (
        lambda x: x.normal_(mg.zeros(3)),
        TypeError,
        r"normal_: mean must be a number, .*float32 \(3,",
    ),
    "normal_ of a negative std": (lambda x: x.normal_(0, -1), ValueError, r"normal_: std must be a number from 0 up"),
    "normal_ of NaN": (lambda x: x.normal_(0, np.nan), ValueError, r"normal_: std must be .* but got nan"),
    "normal_ integers": (lambda x: x.long().normal_(), TypeError, r"normal_: int64 \(3,\) cannot hold what is drawn"),
    "uniform_ to a word": (lambda x: x.uniform_(0, "1"), TypeError, r"uniform_: to must be a number, but got str"),
    "uniform_ to infinity": (
        lambda x: x.uniform_(0, np.inf),
        ValueError,
        r"uniform_: the bounds must be finite, .*inf",
    ),
    "uniform_ the other way": (lambda x: x.uniform_(1, 0), ValueError, r"uniform_: the bounds must be finite, the low"),
}


@pytest.mark.parametrize(("draw", "error", "message"), DRAWN.values(), ids=DRAWN)
def test_what_cannot_be_drawn_is_refused_before_anything_is(draw, error, message):
    mg.manual_seed(3)
    expected = mg.rand(2).tolist()
    mg.manual_seed(3)
    x = mg.ones(3)

    with pytest.raises(error, match=message):
        draw(x)

    assert x.tolist() == [1, 1, 1]
    assert mg.rand(2).tolist() == expected


@pytest.mark.parametrize(("bounds", "dtype"), [((0, 1), mg.float16), ((1, 1.001), mg.float32), ((2, 2), mg.float64)])
def test_uniform_stays_below_its_upper_bound(bounds, dtype):
    x = mg.empty(30_000, dtype=dtype).uniform_(*bounds, generator=mg.Generator().manual_seed(1))

    low, high = (dtype.type(b) for b in bounds)
    assert x.min().item() >= low
    assert x.max().item() < high or low == high
