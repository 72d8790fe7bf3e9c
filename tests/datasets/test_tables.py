import math

import numpy as np
import pytest

from minigrad.datasets import Houses, Spam
from minigrad.nn.functional import binary_cross_entropy, mse_loss
from minigrad.utils.data import DataLoader


@pytest.mark.parametrize(("table", "shape"), [(Houses(), (5, 1)), (Spam(), (4, 2))])
def test_tables_are_float32_with_a_column_of_targets_and_one_of_predictions(table, shape):
    n = shape[0]

    assert len(table) == n
    assert (table.inputs.shape, table.inputs.dtype) == (shape, np.float32)
    assert (table.targets.shape, table.targets.dtype) == ((n, 1), np.float32)
    assert (table.predictions.shape, table.predictions.dtype) == ((n, 1), np.float32)


def test_the_houses_are_those_of_the_document():
    houses = Houses()

    assert houses.inputs.numpy()[:, 0].tolist() == [80, 100, 120, 90, 110]
    assert houses.targets.numpy()[:, 0].tolist() == [50, 60, 70, 55, 65]


def test_the_documents_predictions_have_a_mean_squared_error_of_25():
    houses = Houses()

    assert mse_loss(houses.predictions, houses.targets).item() == 25


def test_the_true_prices_lie_on_the_line_that_theta_names():
    houses = Houses()

    assert houses.targets.tolist() == (houses.theta[0] + houses.theta[1] * houses.inputs).tolist()


def test_the_spam_predictions_have_the_cross_entropy_that_the_page_says():
    spam = Spam()
    by_hand = -(math.log(0.9) + math.log(0.8) + math.log(0.6) + math.log(0.9)) / 4

    assert binary_cross_entropy(spam.predictions, spam.targets).item() == pytest.approx(by_hand, rel=1e-6)
    assert round(by_hand, 4) == 0.2362


def test_the_spam_predictions_are_right_if_cut_at_a_half():
    spam = Spam()

    assert ((spam.predictions > 0.5) == (spam.targets == 1)).all()
    assert spam.targets.sum().item() == 2


def test_a_straight_line_separates_spam():
    spam = Spam()

    links, marks = spam.inputs.numpy().T

    assert ((links + marks > 3) == (spam.targets.numpy()[:, 0] == 1)).all()


@pytest.mark.parametrize("table", [Houses(), Spam()])
def test_one_batch_holds_the_whole_table(table):
    [[x, y]] = DataLoader(table, batch_size=5)

    assert (x.tolist(), y.tolist()) == (table.inputs.tolist(), table.targets.tolist())
