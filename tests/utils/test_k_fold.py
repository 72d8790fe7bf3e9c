import re

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import DataLoader, TensorDataset, k_fold

LABELS = [0] * 12 + [1] * 7 + [2] * 4


def seeded(seed):
    return mg.Generator().manual_seed(seed)


def indices_of(folds):
    return [(train.indices.tolist(), validation.indices.tolist()) for train, validation in folds]


@pytest.mark.parametrize("labels", [None, LABELS])
@pytest.mark.parametrize("k", [2, 3, 5, 22, 23])
def test_every_item_is_for_validation_exactly_once_and_for_training_otherwise(k, labels):
    folds = k_fold(range(23), k, seeded(0), labels=labels)

    assert len(folds) == k
    assert sorted(i for _, validation in folds for i in validation) == list(range(23))
    assert all(sorted([*train, *validation]) == list(range(23)) for train, validation in folds)


@pytest.mark.parametrize("labels", [None, LABELS])
@pytest.mark.parametrize("k", [2, 3, 5, 22])
def test_the_validation_parts_differ_in_size_by_at_most_one(k, labels):
    sizes = {len(validation) for _, validation in k_fold(range(23), k, seeded(0), labels=labels)}

    assert sizes == {23 // k, 23 // k + 1}


@pytest.mark.parametrize("kind", [list, np.array, mg.tensor])
@pytest.mark.parametrize("k", [2, 3, 5])
def test_with_labels_the_parts_have_equally_many_of_each_class_give_or_take_one(k, kind):
    folds = k_fold(range(23), k, seeded(1), labels=kind(LABELS))
    counts = np.array([np.bincount(np.array(LABELS)[part.indices], minlength=3) for _, part in folds])  # (k, classes)

    assert (np.ptp(counts, axis=0) <= 1).all()


def test_without_labels_the_classes_are_not_looked_at():
    spread = [
        np.ptp([np.count_nonzero(part.indices < 12) for _, part in k_fold(range(23), 3, seeded(seed))])
        for seed in range(5)
    ]

    assert max(spread) > 1


@pytest.mark.parametrize("labels", [None, LABELS])
def test_folds_are_random_and_the_same_for_the_same_seed(labels):
    once, again, other = (indices_of(k_fold(range(23), 4, seeded(seed), labels=labels)) for seed in [1, 1, 2])

    assert once == again
    assert once != other


def test_the_folds_are_five_by_default_and_drawn_with_the_global_seed():
    before = mg.random.default_generator.get_state()
    try:
        once, again = (mg.manual_seed(3) and indices_of(k_fold(range(23))) for _ in range(2))
    finally:
        mg.random.default_generator.set_state(before)

    assert once == again
    assert len(once) == 5


def test_a_fold_goes_into_a_loader():
    dataset = TensorDataset(mg.arange(6), mg.arange(6) * 2)

    train, validation = k_fold(dataset, 3, seeded(0))[0]
    [[x, y]] = DataLoader(train, batch_size=4)

    assert x.tolist() == train.indices.tolist()
    assert (y == 2 * x).all()
    assert len(validation) == 2


@pytest.mark.parametrize("k", [1, 0, -3, 6])
def test_fewer_than_two_folds_and_more_folds_than_items_raise(k):
    with pytest.raises(ValueError, match=f"k must be from 2 to the number of items, given k={k} and 5 items"):
        k_fold(range(5), k)


@pytest.mark.parametrize("k", [2.0, "3", None, True])
def test_a_k_that_is_not_an_integer_raises(k):
    with pytest.raises(TypeError, match=re.escape(f"k must be an integer, given {k!r}")):
        k_fold(range(5), k)


@pytest.mark.parametrize("labels", [[0, 1], [], [[0], [1], [0], [1], [0]], list(range(6))])
def test_labels_that_are_not_one_per_item_raise_and_nothing_is_drawn(labels):
    generator = seeded(0)

    with pytest.raises(ValueError, match=re.escape(f"labels have shape {np.shape(labels)} but the data set has 5")):
        k_fold(range(5), 2, generator, labels=labels)
    assert generator.get_state() == seeded(0).get_state()


def test_labels_that_are_no_classes_are_refused():
    with pytest.raises(TypeError, match=r"labels must be one class per item, a number or a word, given \[None, None"):
        k_fold(range(3), 3, labels=[None, None, None])


def test_what_is_no_data_set_is_refused():
    with pytest.raises(TypeError, match="k_fold: a data set needs __len__ and __getitem__, and NoneType lacks one"):
        k_fold(None, 2)
