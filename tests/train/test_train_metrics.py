"""Tests of the accuracy that training reports."""

import pytest

import minigrad as mg
from minigrad.train import correct


def test_the_largest_logit_must_be_the_targets():
    logits = mg.tensor([[2.0, 1.0, 0.0], [0.0, 1.0, 2.0], [0.0, -1.0, -2.0]])

    assert correct(logits, mg.tensor([0, 1, 0])).tolist() == [True, False, True]


@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_a_single_logit_must_be_positive_exactly_where_the_target_is_1(shape):
    logits = mg.tensor([-1.0, 1.0, -1.0, 1.0]).reshape(shape)
    target = mg.tensor([0.0, 0.0, 1.0, 1.0]).reshape(shape)

    assert correct(logits, target).tolist() == [True, False, False, True]


@pytest.mark.parametrize(
    ("logits", "target"), [((4, 3), (4, 3)), ((4, 1), (3,)), ((4,), (4, 1)), ((), ()), ((2, 4, 3), (2, 4))]
)
def test_other_shapes_are_refused(logits, target):
    with pytest.raises(ValueError, match=r"expected logits \(N, C\) with class indices"):
        correct(mg.zeros(*logits), mg.zeros(*target))
