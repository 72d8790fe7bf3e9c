import re
from collections import namedtuple

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils import data
from minigrad.utils.data import DataLoader, Dataset, Subset, TensorDataset, default_collate, random_split


class Squares(Dataset):
    """Item i is (i, i²), two ints; without __getitems__."""

    def __init__(self, n):
        self.n = n

    def __len__(self):
        return self.n

    def __getitem__(self, index):
        if not 0 <= index < self.n:
            raise IndexError(index)
        return index, index**2


class ListedSquares(Squares):
    """PyTorch's __getitems__: a list of items."""

    def __getitems__(self, indices):
        return [self[int(i)] for i in indices]


def numbered(n):
    """A TensorDataset of n items (row [i, -i], label i)."""
    i = np.arange(n)
    return TensorDataset(mg.tensor(np.stack([i, -i], 1).astype(np.float32)), mg.tensor(i))


def seeded(seed):
    return mg.Generator().manual_seed(seed)


def labels_of(loader):
    """The labels of one epoch, a list per batch."""
    return [y.tolist() for _, y in loader]


def flat(batches):
    return [label for batch in batches for label in batch]


# Dataset and TensorDataset.


def test_a_dataset_without_items_or_length_says_what_to_define():
    class Empty(Dataset):
        pass

    with pytest.raises(NotImplementedError, match="Empty has no __getitem__: define it"):
        Empty()[0]
    with pytest.raises(NotImplementedError, match="Empty has no __len__: define it"):
        DataLoader(Empty())


def test_a_tensor_dataset_item_is_the_tuple_of_rows():
    x, y = numbered(5)[3]

    assert (x.tolist(), y.tolist()) == ([3, -3], 3)
    assert numbered(5)[-1][1].item() == 4
    assert len(numbered(5)) == 5


def test_iterating_a_tensor_dataset_ends():
    assert [y.item() for _, y in numbered(3)] == [0, 1, 2]


def test_a_tensor_dataset_of_one_tensor_has_items_of_one():
    [row] = TensorDataset(mg.tensor([[1.0], [2.0]]))[1]

    assert row.tolist() == [2.0]


@pytest.mark.parametrize("lengths", [(3, 4), (4, 4, 5), (0, 1)])
def test_tensors_of_different_length_raise_with_their_shapes(lengths):
    tensors = [mg.tensor(np.zeros((n, 2))) for n in lengths]
    shapes = ", ".join(str((n, 2)) for n in lengths)

    with pytest.raises(ValueError, match=re.escape(f"shapes {shapes} do not have the same first dimension")):
        TensorDataset(*tensors)


def test_a_tensor_without_dimensions_raises():
    with pytest.raises(ValueError, match=re.escape("shapes () do not have the same first dimension")):
        TensorDataset(mg.tensor(1.0))


def test_a_tensor_dataset_of_nothing_raises():
    with pytest.raises(ValueError, match="no tensors given"):
        TensorDataset()


@pytest.mark.parametrize("other", [[1.0, 2.0], np.zeros(2)])
def test_a_tensor_dataset_takes_tensors_only(other):
    with pytest.raises(TypeError, match=f"argument 1 is a {type(other).__name__}; wrap it in mg.tensor"):
        TensorDataset(mg.tensor([1.0, 2.0]), other)


# Subset.


@pytest.mark.parametrize("indices", [[4, 0, 4], (4, 0, 4), np.array([4, 0, 4], np.uint8), [-1, -5, -1]])
def test_a_subset_gives_the_items_at_the_indices_in_order(indices):
    subset = Subset(numbered(5), indices)

    assert len(subset) == 3
    assert [y.item() for _, y in subset] == [4, 0, 4]


def test_a_subset_takes_a_range_and_a_tensor():
    assert [y.item() for _, y in Subset(numbered(5), range(1, 5, 2))] == [1, 3]
    assert [y.item() for _, y in Subset(numbered(5), mg.tensor([2, 1]))] == [2, 1]


def test_a_subset_passes_python_ints_on():
    class Typed(Squares):
        def __getitem__(self, index):
            return type(index)

    assert Subset(Typed(5), np.array([3]))[0] is int


@pytest.mark.parametrize(("index", "n"), [(5, 5), (-6, 5), (2**40, 5), (0, 0)])
def test_a_subset_index_out_of_range_raises_when_the_subset_is_made(index, n):
    with pytest.raises(IndexError, match=f"index {index} is out of range for a data set of {n} items"):
        Subset(Squares(n), [index])


@pytest.mark.parametrize("indices", [[True, False, True], [0.0, 1.0], [[0, 1]], 3, ["a"]])
def test_a_subset_refuses_masks_fractions_and_tables(indices):
    with pytest.raises(TypeError, match=r"must be a sequence of integers.*np\.flatnonzero"):
        Subset(Squares(5), indices)


def test_an_empty_subset_is_allowed():
    assert len(Subset(Squares(5), [])) == 0


def test_a_subset_does_not_follow_its_indices_array():
    indices = np.array([1, 2])
    subset = Subset(Squares(5), indices)

    indices[:] = 0

    assert list(subset) == [(1, 1), (2, 4)]


# random_split.


@pytest.mark.parametrize("lengths", [[7, 3], [1, 2, 3, 4], [10], [0, 10], np.array([4, 6])])
def test_split_parts_have_the_lengths_and_cover_every_item_once(lengths):
    parts = random_split(Squares(10), lengths, generator=seeded(0))

    assert [len(part) for part in parts] == list(lengths)
    assert sorted(i for part in parts for i, _ in part) == list(range(10))


@pytest.mark.parametrize(
    ("n", "fractions", "lengths"),
    [
        (10, [0.7, 0.3], [7, 3]),
        (10, [0.7, 0.2, 0.1], [7, 2, 1]),
        (10, [1 / 3, 1 / 3, 1 / 3], [4, 3, 3]),  # what rounding leaves goes to the first
        (11, [0.5, 0.25, 0.25], [6, 3, 2]),
        (7, [0.1] * 10, [1] * 7 + [0] * 3),
        (1, [1], [1]),
        (10, [1.0], [10]),
    ],
)
@pytest.mark.filterwarnings("ignore:random_split")
def test_split_by_fractions_gives_pytorchs_lengths(n, fractions, lengths):
    assert [len(part) for part in random_split(Squares(n), fractions, generator=seeded(0))] == lengths


def test_a_split_with_an_empty_part_warns():
    with pytest.warns(UserWarning, match=re.escape("0.01 of 10 items is less than one: an empty subset")):
        random_split(Squares(10), [0.99, 0.01], generator=seeded(0))


@pytest.mark.parametrize("lengths", [[7, 4], [7, 2], [15, -5], [7.5, 2.5], [7.0, 3.0], [0.5, 0.4], [], [float("nan")]])
def test_split_lengths_that_do_not_sum_to_the_whole_raise(lengths):
    with pytest.raises(ValueError, match=re.escape(f"lengths {lengths} sum to {sum(lengths)}; give integers that sum")):
        random_split(Squares(10), lengths)


def test_split_fractions_below_zero_raise():
    with pytest.raises(ValueError, match=r"fractions must be in \[0, 1\], given 1\.5"):
        random_split(Squares(10), [1.5, -0.5])


def test_a_split_is_random_and_the_same_for_the_same_seed():
    once, again, other = (
        [part.indices.tolist() for part in random_split(Squares(20), [15, 5], generator=seeded(seed))]
        for seed in [1, 1, 2]
    )

    assert once == again
    assert once != other
    assert once[0] != list(range(15))


# DataLoader: what comes out.


@pytest.mark.parametrize(
    ("n", "batch_size", "drop_last", "sizes"),
    [
        (10, 4, False, [4, 4, 2]),
        (10, 4, True, [4, 4]),
        (8, 4, False, [4, 4]),
        (8, 4, True, [4, 4]),
        (3, 4, False, [3]),
        (3, 4, True, []),
        (3, 1, False, [1, 1, 1]),
    ],
)
@pytest.mark.parametrize("shuffle", [False, True])
def test_batches_have_the_size_asked_for_and_len_counts_them(n, batch_size, drop_last, sizes, shuffle):
    loader = DataLoader(numbered(n), batch_size, shuffle, drop_last=drop_last, generator=seeded(0))

    batches = labels_of(loader)

    assert [len(batch) for batch in batches] == sizes
    assert len(loader) == len(sizes)


def test_batches_come_in_order_without_shuffle():
    assert labels_of(DataLoader(numbered(5), batch_size=2)) == [[0, 1], [2, 3], [4]]


def test_the_batch_size_is_one_by_default():
    assert labels_of(DataLoader(numbered(2))) == [[0], [1]]


@pytest.mark.parametrize("dataset", [numbered(103), Squares(103), ListedSquares(103), Subset(Squares(103), range(103))])
def test_shuffling_deals_out_every_item_exactly_once(dataset):
    loader = DataLoader(dataset, batch_size=10, shuffle=True, generator=seeded(0))

    [*xs], [*ys] = zip(*[(x.numpy(), y.numpy()) for x, y in loader], strict=True)

    x, y = np.concatenate(xs), np.concatenate(ys)
    first = x[:, 0] if x.ndim == 2 else x
    assert sorted(first.tolist()) == list(range(103))
    assert first.tolist() != list(range(103))
    np.testing.assert_array_equal(y, first if x.ndim == 2 else first**2)  # inputs stay with their targets


def test_drop_last_leaves_out_other_items_in_other_epochs():
    loader = DataLoader(numbered(10), batch_size=7, shuffle=True, drop_last=True, generator=seeded(0))

    epochs = [frozenset(flat(labels_of(loader))) for _ in range(5)]

    assert all(len(epoch) == 7 for epoch in epochs)
    assert len(set(epochs)) > 1


@pytest.mark.parametrize("shuffle", [False, True])
@pytest.mark.parametrize(
    "wrap", [lambda d: d, lambda d: Subset(d, [7, 3, 3, 0, 9]), lambda d: Subset(Subset(d, range(5)), [4, -1])]
)
def test_whole_batches_equal_items_collated_one_by_one(shuffle, wrap):
    dataset = wrap(numbered(10))

    fast = list(DataLoader(dataset, 3, shuffle, generator=seeded(0)))
    slow = list(DataLoader(dataset, 3, shuffle, generator=seeded(0), collate_fn=default_collate))

    assert len(fast) == len(slow)
    for fast_batch, slow_batch in zip(fast, slow, strict=True):
        assert type(fast_batch) is type(slow_batch) is list
        for quick, patient in zip(fast_batch, slow_batch, strict=True):
            assert type(quick) is type(patient) is mg.Tensor
            assert quick.dtype == patient.dtype
            np.testing.assert_array_equal(quick.numpy(), patient.numpy())


def test_whole_batches_never_ask_for_an_item():
    class Refusing(TensorDataset):
        def __getitem__(self, index):
            raise AssertionError("one item was asked for")

        __getitems__ = TensorDataset.__getitems__

    dataset = Refusing(*numbered(6).tensors)

    assert labels_of(DataLoader(Subset(dataset, [5, 0, 2]), batch_size=2)) == [[5, 0], [2]]


def test_a_batch_of_tensors_that_require_grad_is_recorded():
    x = mg.tensor([[1.0], [2.0], [3.0]], requires_grad=True)

    [[batch]] = DataLoader(Subset(TensorDataset(x), [2, 0, 2]), batch_size=3)
    batch.sum().backward()

    assert x.grad.tolist() == [[1], [0], [2]]


def test_a_batch_owns_its_memory():
    dataset = numbered(4)

    [[x, _]] = DataLoader(dataset, batch_size=4)

    assert not np.shares_memory(x.numpy(), dataset.tensors[0].numpy())


def test_a_list_from_getitems_is_collated_as_in_pytorch():
    [[i, square]] = DataLoader(ListedSquares(4), batch_size=4)

    assert (i.tolist(), square.tolist()) == ([0, 1, 2, 3], [0, 1, 4, 9])


@pytest.mark.parametrize("wrap", [lambda d: d, lambda d: Subset(d, range(4))])
def test_a_subclass_that_redefines_getitem_alone_is_not_bypassed(wrap):
    class Doubled(TensorDataset):
        def __getitem__(self, index):
            x, y = super().__getitem__(index)
            return 2 * x, y

    [[x, _]] = DataLoader(wrap(Doubled(*numbered(4).tensors)), batch_size=4)

    assert x.tolist() == [[0, 0], [2, -2], [4, -4], [6, -6]]


@pytest.mark.parametrize("dataset", [[10, 20, 30], range(10, 40, 10), np.array([10, 20, 30])])
def test_any_sequence_is_a_data_set(dataset):
    assert [batch.tolist() for batch in DataLoader(dataset, batch_size=2)] == [[10, 20], [30]]


def test_collate_fn_is_given_the_list_of_items():
    loader = DataLoader(numbered(3), batch_size=2, collate_fn=lambda items: [y.item() for _, y in items])

    assert list(loader) == [[0, 1], [2]]


# DataLoader: randomness.


def test_the_same_seed_gives_the_same_epochs():
    one, two = (DataLoader(numbered(50), 8, shuffle=True, generator=seeded(3)) for _ in range(2))

    assert [labels_of(one) for _ in range(3)] == [labels_of(two) for _ in range(3)]


def test_another_seed_and_another_epoch_give_another_order():
    loader = DataLoader(numbered(50), 8, shuffle=True, generator=seeded(3))
    other = DataLoader(numbered(50), 8, shuffle=True, generator=seeded(4))

    first, second, third = labels_of(loader), labels_of(loader), labels_of(other)

    assert first != second
    assert first != third


def test_the_order_does_not_depend_on_the_batch_size():
    small, large = (DataLoader(numbered(50), size, shuffle=True, generator=seeded(0)) for size in [3, 20])

    assert flat(labels_of(small)) == flat(labels_of(large))


def test_the_generators_state_before_an_epoch_determines_the_epoch():
    generator = seeded(0)
    loader = DataLoader(numbered(50), 8, shuffle=True, generator=generator)
    labels_of(loader)
    state = generator.get_state()
    second = labels_of(loader)

    fresh = mg.Generator()
    fresh.set_state(state)
    resumed = DataLoader(numbered(50), 8, shuffle=True, generator=fresh)

    assert labels_of(resumed) == second


def test_the_order_is_drawn_by_iter_and_not_by_the_first_batch():
    generator = seeded(0)
    loader = DataLoader(numbered(50), 8, shuffle=True, generator=generator)
    made = generator.get_state()

    epoch = iter(loader)
    begun = generator.get_state()
    next(epoch)

    assert made == seeded(0).get_state()
    assert begun != made
    assert generator.get_state() == begun


def test_two_epochs_at_once_do_not_disturb_each_other():
    loader = DataLoader(numbered(10), 5, shuffle=True, generator=seeded(0))

    pairs = [(x.tolist(), y.tolist()) for (_, x), (_, y) in zip(loader, loader, strict=True)]

    first, second = zip(*pairs, strict=True)
    assert sorted(flat(first)) == sorted(flat(second)) == list(range(10))


def test_without_shuffle_nothing_is_drawn():
    generator = seeded(0)

    labels_of(DataLoader(numbered(10), 5, generator=generator))

    assert generator.get_state() == seeded(0).get_state()


@pytest.mark.parametrize("draw", [
    lambda: labels_of(DataLoader(numbered(50), 50, shuffle=True)),
    lambda: random_split(Squares(50), [25, 25])[0].indices.tolist(),
])  # fmt: skip
def test_without_a_generator_the_global_seed_decides(draw):
    before = mg.random.default_generator.get_state()
    try:
        results = [mg.random.default_generator.manual_seed(seed) and draw() for seed in [5, 5, 6]]
    finally:
        mg.random.default_generator.set_state(before)

    assert results[0] == results[1]
    assert results[0] != results[2]


def test_numpys_global_state_is_left_alone():
    before = np.random.get_state()[1].tolist()

    labels_of(DataLoader(numbered(10), 2, shuffle=True))

    assert np.random.get_state()[1].tolist() == before


# DataLoader: what it refuses.


@pytest.mark.parametrize("batch_size", [0, -1])
def test_a_batch_size_below_one_raises(batch_size):
    with pytest.raises(ValueError, match=f"batch_size must be at least 1, given {batch_size}"):
        DataLoader(Squares(3), batch_size)


@pytest.mark.parametrize("batch_size", [2.0, "2", None, True, [2]])
def test_a_batch_size_that_is_not_an_integer_raises(batch_size):
    with pytest.raises(TypeError, match=re.escape(f"batch_size must be an integer, given {batch_size!r}")):
        DataLoader(Squares(3), batch_size)


def test_a_numpy_integer_is_a_batch_size():
    assert len(DataLoader(Squares(3), np.int64(2))) == 2


@pytest.mark.parametrize("dataset", [Squares(0), [], Subset(Squares(3), [])])
def test_an_empty_data_set_raises(dataset):
    with pytest.raises(ValueError, match=f"the {type(dataset).__name__} is empty; there is nothing to load"):
        DataLoader(dataset)


@pytest.mark.parametrize("dataset", [3, iter([1, 2]), {1, 2}])
def test_a_data_set_without_length_or_items_raises(dataset):
    with pytest.raises(TypeError, match=f"needs __len__ and __getitem__, and {type(dataset).__name__} lacks one"):
        DataLoader(dataset)


@pytest.mark.parametrize("num_workers", [-1, 1.0, "2", None, True])
def test_workers_that_cannot_be_counted_raise(num_workers):
    message = f"num_workers must be 0 or a positive integer, given {num_workers!r}; any number gives the same batches"

    with pytest.raises(ValueError, match=re.escape(message)):
        DataLoader(Squares(3), num_workers=num_workers)


@pytest.mark.parametrize(
    "options",
    [
        {"num_workers": 4},
        {"pin_memory": True},
        {"num_workers": 2, "pin_memory": True, "persistent_workers": True, "prefetch_factor": 2},
        {"num_workers": 1, "timeout": 5, "worker_init_fn": np.random.seed},
    ],
)
def test_workers_and_pinned_memory_are_taken_and_change_nothing(options):
    plain = DataLoader(numbered(20), 3, shuffle=True, generator=seeded(0))
    asked = DataLoader(numbered(20), 3, shuffle=True, generator=seeded(0), **options)

    assert labels_of(asked) == labels_of(plain)


@pytest.mark.parametrize("generator", [0, np.random.default_rng(0)])
def test_a_generator_of_another_kind_raises_at_once(generator):
    given = f"expected a minigrad.Generator or None, but got {type(generator).__name__}"

    with pytest.raises(TypeError, match=given):
        DataLoader(Squares(3), generator=generator)
    with pytest.raises(TypeError, match=given):
        random_split(Squares(3), [2, 1], generator=generator)


# default_collate.


@pytest.mark.parametrize(
    ("batch", "dtype", "values"),
    [
        ([1, 2, 3], np.int64, [1, 2, 3]),
        ([0.5, 2.0], np.float32, [0.5, 2.0]),
        ([True, False], np.bool_, [True, False]),
        ([np.float64(0.5), np.float64(2)], np.float64, [0.5, 2.0]),
        ([np.float32(0.5)], np.float32, [0.5]),
        ([np.int32(1), np.int32(2)], np.int32, [1, 2]),
        ([np.zeros(2, np.float64), np.ones(2, np.float64)], np.float64, [[0, 0], [1, 1]]),
        ([np.zeros(2, np.uint8)], np.uint8, [[0, 0]]),
        ([mg.tensor([1.0]), mg.tensor([2.0])], np.float32, [[1], [2]]),
        ([mg.tensor(1), mg.tensor(2)], np.int64, [1, 2]),
    ],
)
def test_numbers_arrays_and_tensors_become_one_tensor(batch, dtype, values):
    collated = default_collate(batch)

    assert isinstance(collated, mg.Tensor)
    assert collated.dtype == dtype
    assert collated.tolist() == values


def test_structures_keep_their_shape():
    Pair = namedtuple("Pair", ["x", "y"])
    items = [{"pair": Pair(i, float(i)), "name": f"item {i}", "list": [i, (i, i)]} for i in range(2)]

    batch = default_collate(items)

    assert list(batch) == ["pair", "name", "list"]
    assert type(batch["pair"]) is Pair
    assert (batch["pair"].x.tolist(), batch["pair"].y.tolist()) == ([0, 1], [0.0, 1.0])
    assert batch["name"] == ["item 0", "item 1"]
    assert batch["list"][0].tolist() == [0, 1]
    assert [column.tolist() for column in batch["list"][1]] == [[0, 1], [0, 1]]


def test_an_empty_batch_raises():
    with pytest.raises(ValueError, match="the batch is empty"):
        default_collate([])


@pytest.mark.parametrize(
    ("batch", "message"),
    [
        ([np.zeros(3), np.zeros(3), np.zeros(4)], "item 2 of the batch has shape (4,) but item 0 has shape (3,)"),
        ([mg.zeros(3), mg.zeros(3, 1)], "item 1 of the batch has shape (3, 1) but item 0 has shape (3,)"),
        ([(1, 2), (1,)], "item 1 of the batch has length 1 but item 0 has length 2"),
        ([{"a": 1}, {"b": 1}], "item 1 of the batch has keys ['b'] but item 0 has keys ['a']"),
        ([mg.zeros(3), None], "item 1 of the batch has type NoneType but item 0 has type Tensor"),
        ([(1, 2), [1, 2]], "item 1 of the batch has type list but item 0 has type tuple"),
    ],
)
def test_items_that_differ_raise_with_the_first_that_does(batch, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        default_collate(batch)


@pytest.mark.parametrize("item", [None, object(), {1, 2}, 1j])
def test_items_that_cannot_be_batched_raise(item):
    with pytest.raises(TypeError, match=f"cannot batch items of type {type(item).__name__}"):
        default_collate([item])


def test_data_lists_its_public_names_in_order():
    assert data.__all__ == sorted(data.__all__)
    assert all(hasattr(data, name) for name in data.__all__)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: Subset(None, [0]), "Subset: a data set needs __len__ and __getitem__, and NoneType lacks one"),
        (lambda: random_split({1, 2}, [1, 1]), "random_split: a data set needs __len__ and __getitem__, and set lacks"),
        (
            lambda: random_split([1, 2], None),
            "random_split: lengths must be a list of numbers, as in [0.8, 0.2], given N",
        ),
        (lambda: random_split([1, 2], 2), "random_split: lengths must be a list of numbers, as in [0.8, 0.2], given 2"),
        (
            lambda: random_split([1, 2], ["a"]),
            "random_split: lengths must be a list of numbers, as in [0.8, 0.2], given [",
        ),
        (
            lambda: DataLoader([1], collate_fn=3),
            "DataLoader: collate_fn must be a function of a list of items, given 3",
        ),
        (lambda: default_collate(3), "default_collate: expected a list of items, given int"),
        (lambda: default_collate(mg.ones(2, 2)), "default_collate: expected a list of items, given Tensor"),
    ],
)
def test_other_things_than_data_are_refused_by_name(call, message):
    with pytest.raises(TypeError, match=re.escape(message)):
        call()


@pytest.mark.parametrize("batch", [[1, None], [1, "a"], [1.0, mg.ones(1)]])
def test_a_number_among_other_things_is_refused(batch):
    with pytest.raises(ValueError, match=r"item 1 of the batch has type .* but item 0 has type (int|float); make the"):
        default_collate(batch)
