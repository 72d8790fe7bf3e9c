import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.transforms import Compose, RandomShift, Transform, Transformed
from minigrad.utils.data import DataLoader, Dataset, Subset, TensorDataset, random_split


class Tenfold(Transform):
    """Ten times the input; counts the batches."""

    batches = 0

    def batch(self, x):
        self.batches += 1
        return x * 10


class Pairs(Dataset):
    """Items (tensor, int), one by one."""

    def __len__(self):
        return 4

    def __getitem__(self, index):
        return mg.tensor([float(index)]), index


def numbered(n=4):
    return TensorDataset(mg.arange(n).reshape(n, 1).to(mg.float32), mg.arange(n))


# Transform and Compose.


def test_a_transform_without_batch_says_what_to_define():
    class Nothing(Transform):
        pass

    with pytest.raises(NotImplementedError, match="Nothing has no batch: define it"):
        Nothing()(mg.zeros(2))


def test_calling_a_transform_changes_one_item():
    assert Tenfold()(mg.tensor([1.0, 2.0])).tolist() == [10, 20]


@pytest.mark.parametrize("use", [lambda t, x: t(x), lambda t, x: t.batch(x)])
def test_a_composition_applies_the_first_first_and_takes_plain_functions(use):
    change = Compose([lambda x: x + 1, Tenfold(), lambda x: x - 1])

    assert use(change, mg.tensor([[1.0], [2.0]])).tolist() == [[19], [29]]


def test_a_composition_of_nothing_changes_nothing():
    x = mg.tensor([1.0])

    assert Compose([])(x).tolist() == Compose([]).batch(x).tolist() == [1]


def test_compositions_nest():
    assert Compose([Compose([Tenfold()]), Tenfold()])(mg.tensor([1.0])).tolist() == [100]


def test_a_plain_function_in_a_composition_is_given_one_item_at_a_time():
    shapes = []

    Compose([lambda x: shapes.append(x.shape) or x]).batch(mg.zeros(3, 2, 5))

    assert shapes == [(2, 5)] * 3


@pytest.mark.parametrize("transforms", [Tenfold(), [Tenfold(), 3], None, "shift"])
def test_what_is_not_a_list_of_functions_cannot_be_composed(transforms):
    with pytest.raises(TypeError, match="Compose: transforms must be a list of functions or transforms, given"):
        Compose(transforms)


# Transformed.


@pytest.mark.parametrize("dataset", [numbered(), Pairs(), Subset(numbered(), range(4)), [Pairs()[i] for i in range(4)]])
@pytest.mark.parametrize("transform", [Tenfold(), lambda x: x * 10], ids=["transform", "function"])
@pytest.mark.parametrize("shuffle", [False, True])
def test_inputs_are_changed_and_labels_are_not(dataset, transform, shuffle):
    loader = DataLoader(Transformed(dataset, transform), 3, shuffle, generator=mg.Generator(0))

    batches = list(loader)

    x, y = (mg.cat(parts).numpy() for parts in zip(*batches, strict=True))
    np.testing.assert_array_equal(x[:, 0], 10 * y)
    assert sorted(y.tolist()) == [0, 1, 2, 3]


def test_an_item_is_changed_and_len_is_that_of_the_data_set():
    changed = Transformed(Pairs(), Tenfold())

    x, label = changed[3]

    assert (x.tolist(), label) == ([30], 3)
    assert len(changed) == 4


def test_items_that_are_inputs_alone_are_changed():
    [batch] = DataLoader(Transformed([1.0, 2.0], lambda x: x * 10), batch_size=2)

    assert batch.tolist() == [10, 20]


def test_the_data_set_itself_stays_as_it_was():
    dataset = numbered()

    list(DataLoader(Transformed(dataset, Tenfold()), batch_size=4))

    assert dataset.tensors[0].tolist() == [[0], [1], [2], [3]]


def test_a_batch_is_changed_in_one_go():
    tenfold = Tenfold()

    list(DataLoader(Transformed(numbered(), tenfold), batch_size=2))

    assert tenfold.batches == 2


def test_every_epoch_sees_other_images_and_the_same_seed_the_same():
    image = np.zeros((1, 1, 9, 9), np.float32)
    image[0, 0, 4, 4] = 1

    def epochs(seed):
        moved = Transformed(TensorDataset(mg.tensor(image)), RandomShift(3, generator=mg.Generator(seed)))
        return [np.flatnonzero(x.numpy()).item() for _ in range(6) for [x] in DataLoader(moved)]

    assert len(set(epochs(0))) > 2
    assert epochs(0) == epochs(0)
    assert epochs(0) != epochs(1)


def test_one_part_of_a_split_is_augmented_and_the_other_is_not():
    train, test = random_split(numbered(10), [8, 2], generator=mg.Generator(0))

    [[x, y]] = DataLoader(Transformed(train, Tenfold()), batch_size=8)
    [[test_x, test_y]] = DataLoader(test, batch_size=2)

    np.testing.assert_array_equal(x.numpy()[:, 0], 10 * y.numpy())
    np.testing.assert_array_equal(test_x.numpy()[:, 0], test_y.numpy())


@pytest.mark.parametrize("transform", [None, 3, "shift"])
def test_what_cannot_be_called_is_no_transform(transform):
    with pytest.raises(TypeError, match=re.escape(f"must be a function or a transform, given {transform!r}")):
        Transformed(numbered(), transform)


@pytest.mark.parametrize("item", [{"x": 1.0}, "text", (), []])
def test_items_that_do_not_begin_with_an_input_raise(item):
    with pytest.raises(
        TypeError, match=re.escape(f"an item must be an input or begin with one, as in (x, label), given {item!r}")
    ):
        Transformed([item], Tenfold())[0]


def test_what_is_no_data_set_is_refused():
    with pytest.raises(
        TypeError, match="Transformed: a data set needs __len__ and __getitem__, and NoneType lacks one"
    ):
        Transformed(None, RandomShift(1))
