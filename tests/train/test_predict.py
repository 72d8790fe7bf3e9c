"""Tests of what a model says about data: predict, collect, and the mode it is asked in."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.optim import SGD
from minigrad.train import Trainer, collect
from minigrad.utils.data import DataLoader, TensorDataset

X = mg.arange(14.0).reshape(7, 2)
Y = mg.arange(7)


class Spy(nn.Linear):
    """Notes the sizes of its batches, its mode, and whether it is recorded."""

    def __init__(self):
        super().__init__(2, 3)
        self.seen = []

    def forward(self, input):
        self.seen.append((len(input), self.training, mg.is_grad_enabled()))
        return super().forward(input)


def trainer_of(model):
    return Trainer(model, nn.CrossEntropyLoss(), SGD([mg.zeros(1, requires_grad=True)], lr=0.1))


@pytest.mark.parametrize(
    "inputs",
    [
        X,
        DataLoader(TensorDataset(X, Y), batch_size=3),
        DataLoader(TensorDataset(X), batch_size=3),
        [X[:4], X[4:]],
        (X[i : i + 1] for i in range(7)),
    ],
    ids=["tensor", "pairs", "inputs alone", "list of batches", "generator"],
)
def test_predict_returns_the_outputs_for_all_items_in_order(inputs):
    mg.manual_seed(0)
    model = nn.Linear(2, 3)

    out = trainer_of(model).predict(inputs)

    np.testing.assert_allclose(out.numpy(), model(X).detach().numpy(), rtol=1e-6)
    assert not out.requires_grad


def test_predict_asks_in_eval_mode_without_recording():
    model = Spy()

    trainer_of(model).predict(DataLoader(TensorDataset(X, Y), batch_size=4))

    assert model.seen == [(4, False, False), (3, False, False)]
    assert model.training


def test_a_tensor_goes_through_the_model_in_parts_that_fit_into_memory():
    model = Spy()

    out = trainer_of(model).predict(mg.ones(2300, 2))

    assert out.shape == (2300, 3)
    assert [n for n, *_ in model.seen] == [1000, 1000, 300]


@pytest.mark.parametrize("ask", ["predict", "evaluate"])
def test_each_module_is_in_its_own_mode_again_also_when_the_model_raises(ask):
    frozen = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    frozen[1].eval()
    trainer = trainer_of(frozen)

    getattr(trainer, ask)(DataLoader(TensorDataset(X, Y % 3)))
    with pytest.raises(ValueError, match="linear"):
        getattr(trainer, ask)([(mg.ones(1, 5), mg.tensor([0]))])

    assert [module.training for module in frozen.modules()] == [True, True, False]


def test_collect_returns_outputs_and_targets():
    model = Spy()

    output, target = collect(model, DataLoader(TensorDataset(X, Y), batch_size=4))

    np.testing.assert_allclose(output.numpy(), model(X).detach().numpy(), rtol=1e-6)
    assert target.tolist() == Y.tolist()
    assert model.seen[0] == (4, False, False)


def test_a_data_set_without_a_loader_is_refused():
    with pytest.raises(
        TypeError, match=r"TensorDataset is a data set, which has items but no batches; give DataLoader\("
    ):
        trainer_of(nn.Linear(2, 3)).predict(TensorDataset(X, Y))


@pytest.mark.parametrize("inputs", [None, np.ones((3, 2)), 3, "rows"])
def test_what_is_neither_tensor_nor_loader_is_refused(inputs):
    with pytest.raises(TypeError, match="predict: expected a loader, which deals out batches, given"):
        trainer_of(nn.Linear(2, 3)).predict(inputs)


@pytest.mark.parametrize("batch", [1.0, [], {"x": X}, ["word"]])
def test_a_batch_that_does_not_begin_with_inputs_is_refused(batch):
    with pytest.raises(ValueError, match="predict: a batch must be inputs, a tensor, or begin with them, given"):
        trainer_of(nn.Linear(2, 3)).predict([batch])


def test_a_model_that_returns_no_rows_is_refused():
    class Sum(nn.Identity):
        def forward(self, input):
            return input.sum()

    with pytest.raises(ValueError, match=r"must return a tensor with one row per item, but it returned shape \(\)"):
        trainer_of(Sum()).predict(X)


def test_a_single_number_is_refused():
    with pytest.raises(ValueError, match=r"one row per item, but this one has shape \(\)"):
        trainer_of(nn.Linear(2, 3)).predict(mg.tensor(1.0))


@pytest.mark.parametrize("inputs", [[], mg.zeros(0, 2), [mg.zeros(0, 2)]], ids=["no batch", "no row", "empty batch"])
def test_nothing_to_predict_is_refused(inputs):
    with pytest.raises(
        ValueError, match="predict: there are no items; the loader is empty, or an iterator that was used"
    ):
        trainer_of(nn.Linear(2, 3)).predict(inputs)


def test_nothing_to_collect_is_refused():
    with pytest.raises(ValueError, match="collect: there are no items"):
        collect(nn.Linear(2, 3), [])


def test_collect_needs_pairs():
    with pytest.raises(ValueError, match=r"collect: a batch must be a pair \(inputs, target\), given list"):
        collect(nn.Linear(2, 3), DataLoader(TensorDataset(X)))


def test_nothing_to_evaluate_is_refused():
    with pytest.raises(
        ValueError, match="evaluate: there are no items; the loader is empty, or an iterator that was used"
    ):
        trainer_of(nn.Linear(2, 3)).evaluate([])
