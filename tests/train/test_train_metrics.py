"""Tests of the metrics, against numbers worked out by hand."""

from functools import partial

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.optim import SGD
from minigrad.train import (
    Trainer,
    accuracy,
    collect,
    confusion_matrix,
    correct,
    f1_score,
    precision,
    r2_score,
    recall,
    top_k_accuracy,
    top_k_correct,
)
from minigrad.utils.data import DataLoader, TensorDataset


def test_the_largest_logit_must_be_the_targets():
    logits = mg.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, -1.0, -2.0]])

    assert correct(logits, mg.tensor([0, 1, 0])).tolist() == [True, False, True]


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_a_single_logit_must_be_positive_exactly_where_the_target_is_1(shape):
    logits = mg.tensor([-1.0, 1.0, -1.0, 1.0]).reshape(shape)
    target = mg.tensor([0.0, 0.0, 1.0, 1.0]).reshape(shape)

    assert correct(logits, target).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("logits", "target"),
    [((4, 3), (4, 3)), ((4, 1), (3,)), ((4, 1), (4,)), ((4, 0), (4,)), ((4,), (4, 1)), ((), ()), ((2, 4, 3), (2, 4))],
)
def test_other_shapes_are_refused(logits, target):
    with pytest.raises(ValueError, match=r"expected logits \(N, C\) with class indices"):
        correct(mg.zeros(*logits), mg.zeros(*target))


# ---- numbers about all items ----------------------------------------------------------------------------------------

# Six items of three classes. Class 0: 2 of 3 found; class 1: 1 of 2; class 2: 0 of 1. Two are wrongly taken for 1.
LOGITS = mg.tensor([[3.0, 2, 1], [2, 3, 1], [9, 0, 0], [1, 2, 0], [2, 0, 1], [0, 1, 0.5]], dtype=np.float64)
TARGETS = mg.tensor([0, 0, 0, 1, 1, 2])
# taken for:         0  1  0  1  0  1


def test_the_confusion_matrix_has_the_truth_in_rows_and_what_was_predicted_in_columns():
    matrix = confusion_matrix(LOGITS, TARGETS)

    assert matrix.tolist() == [[2, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert matrix.dtype == np.int64


def test_accuracy_is_the_share_on_its_diagonal():
    assert accuracy(LOGITS, TARGETS) == correct(LOGITS, TARGETS).float().mean().item() == 3 / 6


@pytest.mark.parametrize(
    ("metric", "per_class", "macro", "micro"),
    [
        (precision, [2 / 3, 1 / 3, 0], 1 / 3, 3 / 6),
        (recall, [2 / 3, 1 / 2, 0], 7 / 18, 3 / 6),
        (f1_score, [2 / 3, 2 / 5, 0], 16 / 45, 3 / 6),
    ],
)
def test_precision_recall_and_f1_of_each_class_and_their_means(metric, per_class, macro, micro):
    np.testing.assert_allclose(metric(LOGITS, TARGETS, average=None), per_class, rtol=1e-12)
    assert metric(LOGITS, TARGETS) == metric(LOGITS, TARGETS, average="macro") == pytest.approx(macro, rel=1e-12)
    assert metric(LOGITS, TARGETS, average="micro") == pytest.approx(micro, rel=1e-12)


@pytest.mark.parametrize(
    ("metric", "expected"),
    [(precision, [1, 1 / 2, 0.25]), (recall, [2 / 3, 1, 0.25]), (f1_score, [4 / 5, 2 / 3, 0.25])],
)
def test_zero_division_is_the_number_of_a_class_that_neither_occurs_nor_is_predicted(metric, expected):
    logits = mg.tensor([[1.0, 0, 0], [1, 0, 0], [0, 1, 0], [0, 1, 0]])

    shares = metric(logits, mg.tensor([0, 0, 0, 1]), average=None, zero_division=0.25)

    np.testing.assert_allclose(shares, expected, rtol=1e-12)


def test_zero_division_of_precision_and_recall_are_about_different_things():
    logits, target = mg.tensor([[1.0, 0], [1, 0]]), mg.tensor([1, 1])  # class 0 never occurs, 1 is never predicted

    assert precision(logits, target, average=None, zero_division=1).tolist() == [0, 1]
    assert recall(logits, target, average=None, zero_division=1).tolist() == [1, 0]
    assert f1_score(logits, target, average=None, zero_division=1).tolist() == [0, 0]


@pytest.mark.parametrize("shape", [(5,), (5, 1)])
def test_a_single_logit_is_of_class_1_of_two(shape):
    logits = mg.tensor([-1.0, 1, 1, 0, 2]).reshape(shape)
    target = mg.tensor([0.0, 0, 1, 1, 1]).reshape(shape)

    assert confusion_matrix(logits, target).tolist() == [[1, 1], [1, 2]]
    assert precision(logits, target, average=None)[1] == pytest.approx(2 / 3)
    assert accuracy(logits, target) == 3 / 5


def test_r2_is_one_minus_the_squared_errors_over_those_of_the_mean():
    y = mg.tensor([1.0, 2, 3, 6], dtype=np.float64)  # mean 3, squares 4 + 1 + 0 + 9
    guess = mg.tensor([1.0, 3, 3, 4], dtype=np.float64)  # squares 0 + 1 + 0 + 4

    assert r2_score(guess, y) == pytest.approx(1 - 5 / 14, rel=1e-12)
    assert r2_score(y, y) == 1
    assert r2_score(mg.full((4,), 3.0), y) == 0
    assert r2_score(-y, y) < 0


def test_r2_of_several_columns_is_the_mean_of_theirs():
    y = mg.tensor([[0.0, 0], [2, 20]])
    guess = mg.tensor([[0.0, 10], [2, 10]])

    assert r2_score(guess, y) == 0.5
    assert r2_score(guess[:, :1], y[:, :1]) == 1


# ---- the k likeliest ------------------------------------------------------------------------------------------------


def test_the_class_must_be_among_the_k_likeliest():
    logits = mg.tensor([[4.0, 3, 2, 1]] * 4)

    hits = [top_k_correct(logits, mg.arange(4), k=k).tolist() for k in (1, 2, 4)]

    assert hits == [[True, False, False, False], [True, True, False, False], [True] * 4]
    assert top_k_accuracy(logits, mg.arange(4), k=3) == 0.75


def test_with_k_1_it_is_the_accuracy_also_where_logits_are_equal():
    generator = mg.Generator().manual_seed(0)
    logits = mg.randint(3, (200, 4), generator=generator).float()
    target = mg.randint(4, (200,), generator=generator)

    assert top_k_correct(logits, target, k=1).tolist() == correct(logits, target).tolist()


def test_equal_logits_are_no_hit_for_every_class():
    assert top_k_accuracy(mg.zeros(4, 4), mg.arange(4), k=2) == 0.5


def test_what_is_not_a_number_is_no_hit():
    logits = mg.tensor([[np.nan, np.nan, np.nan], [np.nan, 1.0, 0.0]])

    assert top_k_correct(logits, mg.tensor([0, 1]), k=1).tolist() == [False, False]
    assert top_k_correct(logits, mg.tensor([0, 1]), k=2).tolist() == [False, True]


@pytest.mark.parametrize("k", [0, 4, -1, 1.0, True, "1"])
def test_k_outside_the_classes_is_refused(k):
    with pytest.raises(
        ValueError, match=f"top_k_accuracy: k must be an integer from 1 to the number of classes, given k={k!r} and 3"
    ):
        top_k_accuracy(LOGITS, TARGETS, k=k)


def test_k_may_be_one_of_numpys_integers():
    assert top_k_accuracy(LOGITS, TARGETS, k=np.int64(2)) == top_k_accuracy(LOGITS, TARGETS, k=2)


def test_top_k_of_a_single_logit_is_refused():
    with pytest.raises(ValueError, match=r"top_k_correct: output must be logits \(N, C\), given float32 \(3,\)"):
        top_k_correct(mg.zeros(3), mg.zeros(3))


# ---- what they refuse -----------------------------------------------------------------------------------------------

OF_CLASSES = [accuracy, confusion_matrix, precision, recall, f1_score, top_k_accuracy]


@pytest.mark.parametrize("metric", OF_CLASSES)
@pytest.mark.parametrize(
    ("output", "target", "message"),
    [
        (mg.zeros(0, 5), mg.zeros(0, dtype=np.int64), r"there are no items to measure, given float32 \(0, 5\)"),
        (mg.zeros(2, 5), mg.zeros(3, dtype=np.int64), r"expected logits \(N, C\) with class indices \(N,\), or logits"),
        (mg.zeros(2, 5), mg.tensor([0, 5]), r"the targets of 5 classes must be integers from 0 to 4.* from 0 to 5"),
        (mg.zeros(2, 5), mg.tensor([-1, 0]), r"the targets of 5 classes must be integers from 0 to 4.* from -1 to 0"),
        (mg.zeros(2, 5), mg.tensor([0.0, 1.0]), r"must be integers from 0 to 4, given float32 \(2,\)"),
    ],
)
def test_what_cannot_be_measured_is_refused(metric, output, target, message):
    with pytest.raises(ValueError, match=message):
        metric(output, target)


@pytest.mark.parametrize("metric", OF_CLASSES[:-1])
@pytest.mark.parametrize(
    ("output", "target", "message"),
    [
        (mg.zeros(2), mg.tensor([0.0, 0.5]), r"the targets of 2 classes must be integers from 0 to 1"),
        (mg.tensor([0.0, np.nan]), mg.zeros(2), r"there are NaN in float32 \(2,\); has training diverged"),
    ],
)
def test_what_cannot_be_classified_is_refused(metric, output, target, message):
    with pytest.raises(ValueError, match=message):
        metric(output, target)


@pytest.mark.parametrize("metric", [*OF_CLASSES[:-1], partial(top_k_accuracy, k=1)])
def test_logits_that_are_not_numbers_are_refused(metric):
    with pytest.raises(ValueError, match=r"there are NaN in float32 \(1, 2\); has training diverged"):
        metric(mg.tensor([[0.0, np.nan]]), mg.tensor([0]))


@pytest.mark.parametrize("metric", [*OF_CLASSES, correct, top_k_correct, r2_score])
def test_what_are_no_tensors_is_refused(metric):
    with pytest.raises(TypeError, match=r"the output must be a tensor, given \[1\.0, 2\.0\]; wrap it in mg\.tensor"):
        metric([1.0, 2.0], mg.tensor([0, 1]))
    with pytest.raises(TypeError, match="the target must be a tensor, given None"):
        metric(mg.zeros(2, 3), None)


@pytest.mark.parametrize("metric", [precision, recall, f1_score])
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"average": "weighted"}, "average must be 'macro', 'micro' or None, given 'weighted'"),
        ({"zero_division": 2}, "zero_division must be a number from 0 to 1, given 2"),
        ({"zero_division": np.nan}, "zero_division must be a number from 0 to 1, given nan"),
        ({"zero_division": "warn"}, "zero_division must be a number from 0 to 1, given 'warn'"),
    ],
)
def test_settings_that_mean_nothing_are_refused(metric, settings, message):
    with pytest.raises(ValueError, match=f"{metric.__name__}: {message}"):
        metric(LOGITS, TARGETS, **settings)


@pytest.mark.parametrize(
    ("output", "target", "message"),
    [
        (mg.zeros(3), mg.zeros(3, 1), r"both be \(N,\) or \(N, D\), given float32 \(3,\) and float32 \(3, 1\)"),
        (mg.zeros(1, 1, 1), mg.zeros(1, 1, 1), r"both be \(N,\) or \(N, D\)"),
        (mg.zeros(0), mg.zeros(0), "there are no items to measure"),
        (mg.tensor([np.nan, 1]), mg.tensor([1.0, 2]), "there are NaN in"),
        (mg.tensor([1.0, 1]), mg.tensor([1.0, np.nan]), "there are NaN in"),
        (mg.tensor([1.0, 1]), mg.tensor([1.0, np.inf]), r"there are infinite numbers in the target float32 \(2,\)"),
        (mg.zeros(3, 0), mg.zeros(3, 0), "there are no items to measure"),
        (mg.tensor([1.0, 2]), mg.tensor([0.1, 0.1]), r"not defined where all targets are the same, given 2 of \[0.1"),
        (mg.tensor([1.0]), mg.tensor([3.0]), r"not defined where all targets are the same, given 1 of \[3.0\]"),
    ],
)
def test_r2_refuses(output, target, message):
    with pytest.raises(ValueError, match=f"r2_score: .*{message}"):
        r2_score(output, target)


# ---- in a trainer, and over a loader --------------------------------------------------------------------------------


def trainer_of(metrics):
    model = nn.Identity()
    return Trainer(model, nn.CrossEntropyLoss(), SGD([mg.zeros(1, requires_grad=True)], lr=0.1), metrics=metrics)


def test_in_a_trainer_they_are_means_over_all_items():
    loader = DataLoader(TensorDataset(LOGITS, TARGETS), batch_size=4)  # the second batch has two

    means = trainer_of({"accuracy": correct, "top 2": partial(top_k_correct, k=2)}).evaluate(loader)

    assert means["accuracy"] == accuracy(LOGITS, TARGETS)
    assert means["top 2"] == top_k_accuracy(LOGITS, TARGETS, k=2) == 5 / 6


@pytest.mark.parametrize("metric", [accuracy, f1_score, confusion_matrix])
def test_what_is_no_mean_over_items_is_refused_by_a_trainer_which_says_where_to_take_it(metric):
    message = (
        r"'m' must return one number per item.* \(give `correct` for the accuracy\).* from collect\(model, loader\)"
    )
    with pytest.raises(ValueError, match=message):
        trainer_of({"m": metric}).evaluate(DataLoader(TensorDataset(LOGITS, TARGETS), batch_size=4))


def test_over_a_whole_loader_they_are_what_they_are_for_all_items_at_once():
    loader = DataLoader(TensorDataset(LOGITS, TARGETS), batch_size=4)

    assert f1_score(*collect(nn.Identity(), loader)) == f1_score(LOGITS, TARGETS)
