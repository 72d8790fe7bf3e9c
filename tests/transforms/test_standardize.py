import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.datasets import Houses, LinearRegression
from minigrad.transforms import Compose, Standardize, Transformed
from minigrad.utils.data import DataLoader, Subset, TensorDataset, random_split


def table(n=50, dtype=np.float64, seed=0):
    return mg.tensor((np.random.default_rng(seed).random((n, 3)) * [1, 100, 1e4] + [0, -5, 1e6]).astype(dtype))


def test_what_it_was_fitted_on_has_mean_0_and_deviation_1():
    x = table()

    y = Standardize().fit(x).transform(x).numpy()

    np.testing.assert_allclose(y.mean(0), 0, atol=1e-10)
    np.testing.assert_allclose(y.std(0), 1, rtol=1e-10)


def test_other_data_are_measured_by_the_training_part_and_not_by_themselves():
    train, test = table(seed=0), table(seed=1)
    scale = Standardize().fit(train)

    expected = (test.numpy() - train.numpy().mean(0)) / train.numpy().std(0)

    np.testing.assert_allclose(scale.transform(test).numpy(), expected, rtol=1e-10)


def test_mean_and_std_can_be_read():
    x = table()
    scale = Standardize().fit(x)

    np.testing.assert_allclose(scale.mean.numpy(), x.numpy().mean(0), rtol=1e-12)
    np.testing.assert_allclose(scale.std.numpy(), x.numpy().std(0), rtol=1e-12)


@pytest.mark.parametrize("value", [0.0, 0.1, 1e8 + 0.1, -3.3])
def test_a_feature_that_never_changes_is_divided_by_1(value):
    x = mg.tensor(np.full((7, 2), value))
    scale = Standardize().fit(x)

    assert scale.std.tolist() == [1, 1]
    assert scale.transform(x).tolist() == [[0, 0]] * 7
    assert scale(mg.tensor(np.full(2, value + 2))).tolist() == pytest.approx([2, 2])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_inverse_gives_back_the_data_in_their_own_units(dtype):
    x = table(dtype=dtype)
    scale = Standardize().fit(x)

    back = scale.inverse(scale.transform(x))

    assert back.dtype == scale.transform(x).dtype == dtype
    np.testing.assert_allclose(back.numpy(), x.numpy(), rtol=1e-6, atol=1e-5)


def test_an_item_a_batch_and_a_batch_as_transform_are_all_the_same():
    x = table(5)
    scale = Standardize().fit(x)

    whole = scale.transform(x).tolist()

    assert scale(x).tolist() == scale.batch(x).tolist() == [scale(item).tolist() for item in x] == whole


@pytest.mark.parametrize("dim", [(0, 2, 3), [0, 2, 3]])
def test_channels_have_a_mean_and_deviation_each(dim):
    x = mg.tensor(np.random.default_rng(0).random((6, 2, 4, 5)) * [[[3]], [[70]]])
    scale = Standardize(dim).fit(x)

    y = scale.transform(x).numpy()

    assert scale.mean.shape == scale.std.shape == (2, 1, 1)
    np.testing.assert_allclose(y.mean((0, 2, 3)), 0, atol=1e-12)
    np.testing.assert_allclose(y.std((0, 2, 3)), 1, rtol=1e-12)
    assert scale(x[0]).tolist() == y[0].tolist()


@pytest.mark.parametrize("wrap", [
    lambda x: TensorDataset(x, mg.zeros(50)),
    lambda x: Subset(TensorDataset(x), range(50)),
    lambda x: [(row, 1) for row in x],
    lambda x: [*x],
])  # fmt: skip
def test_it_is_fitted_on_the_inputs_of_a_data_set(wrap):
    x = table()

    assert Standardize().fit(wrap(x)).mean.tolist() == Standardize().fit(x).mean.tolist()


def test_fitted_on_the_training_part_it_goes_over_both_parts():
    train, test = random_split(LinearRegression(40, (1, 2, 3)), [30, 10], generator=mg.Generator(0))
    scale = Standardize().fit(train)

    [[x, _]] = DataLoader(Transformed(train, scale), batch_size=30)
    [[test_x, _]] = DataLoader(Transformed(test, scale), batch_size=10)

    np.testing.assert_allclose(x.numpy().mean(0), 0, atol=1e-6)
    assert abs(test_x.numpy().mean(0)).min() > 1e-3


def test_it_is_a_part_of_a_composition():
    scale = Standardize().fit(table())

    assert Compose([scale, scale.inverse]).batch(table()).numpy() == pytest.approx(table().numpy())


def test_inputs_of_one_number_each_have_one_mean():
    scale = Standardize().fit(mg.tensor([1.0, 3.0]))

    assert (scale.mean.item(), scale.std.item()) == (2, 1)
    assert scale(mg.tensor(5.0)).item() == 3
    assert scale(mg.tensor([5.0, 2.0])).tolist() == [3, 0]


def test_the_houses_become_small_numbers():
    areas = Standardize().fit(Houses())(Houses().inputs)

    assert areas.numpy()[:, 0] == pytest.approx(np.array([-2, 0, 2, -1, 1]) / np.sqrt(2))


def test_fitting_returns_the_transform_and_fitting_again_forgets():
    scale = Standardize()

    assert scale.fit(table(seed=0)) is scale
    assert scale.fit(table(seed=1)).mean.tolist() == Standardize().fit(table(seed=1)).mean.tolist()


# What it refuses.


@pytest.mark.parametrize("use", ["transform", "inverse", "batch", "__call__"])
def test_unfitted_it_is_refused(use):
    with pytest.raises(RuntimeError, match=r"not fitted yet; call fit\(the training part\) first"):
        getattr(Standardize(), use)(table())


@pytest.mark.parametrize("shape", [(), (2,), (4,), (5, 4), (3, 5), (2, 5, 3)])
@pytest.mark.parametrize("use", ["transform", "inverse"])
def test_items_of_another_shape_raise(shape, use):
    with pytest.raises(ValueError, match=re.escape(f"fitted on items whose mean has shape (3,), given shape {shape}")):
        getattr(Standardize().fit(table()), use)(mg.zeros(*shape))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_data_that_are_not_finite_raise_with_the_place_and_change_nothing(value):
    scale = Standardize().fit(table())
    before = scale.mean.tolist(), scale.std.tolist()
    data = table(seed=1).numpy().copy()
    data[7, 2] = value

    with pytest.raises(ValueError, match=re.escape(f"the data hold {value} at (7, 2); remove or replace it first")):
        scale.fit(mg.tensor(data))
    assert (scale.mean.tolist(), scale.std.tolist()) == before


@pytest.mark.parametrize(("data", "dim"), [
    (mg.zeros(0, 3), 0), (mg.zeros(3, 0), 0), (mg.tensor(1.0), 0), (mg.zeros(3, 2), (0, 2)),
])  # fmt: skip
def test_data_without_items_or_dimensions_to_average_raise(data, dim):
    with pytest.raises(ValueError, match=re.escape("expected inputs (N, …) with N at least 1, averaged over dim")):
        Standardize(dim).fit(data)


def test_integers_raise():
    with pytest.raises(TypeError, match="expected floats, given int64; convert the data first"):
        Standardize().fit(mg.arange(5))
    with pytest.raises(TypeError, match="expected a tensor of floats, given int64"):
        Standardize().fit(mg.zeros(5))(mg.arange(5))
    with pytest.raises(TypeError, match="expected a tensor of floats, given ndarray"):
        Standardize().fit(mg.zeros(5))(np.zeros(5))


def test_items_without_an_input_of_numbers_raise():
    with pytest.raises(TypeError, match="items must begin with an input of numbers"):
        Standardize().fit([("text", 1), ("more", 2)])


@pytest.mark.parametrize("dim", [1, -1, (1, 2), (), (0, -1), (0, 0), (0, 2.5), False, None, "a"])
def test_a_dim_that_leaves_out_the_items_or_is_none_raises(dim):
    with pytest.raises(ValueError, match=re.escape(f"0 among them, each once, given {dim!r}")):
        Standardize(dim)


@pytest.mark.parametrize("data", [None, 3, DataLoader(Houses())])
def test_what_is_neither_tensor_nor_data_set_cannot_be_fitted_on(data):
    with pytest.raises(
        TypeError, match=f"expected a tensor of inputs or a data set, given {type(data).__name__}; from"
    ):
        Standardize().fit(data)


def test_an_empty_data_set_cannot_be_fitted_on():
    with pytest.raises(ValueError, match=r"Standardize\.fit: the Subset is empty; there is nothing to fit on"):
        Standardize().fit(Subset(Houses(), []))
