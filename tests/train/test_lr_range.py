"""Tests of the learning-rate range test: what it measures, and that nothing is left of it."""

import math

import matplotlib as mpl
import numpy as np
import pytest
from state_bits import bits

import minigrad as mg
from minigrad import nn, optim, viz
from minigrad.random import default_generator
from minigrad.train import lr_range_test
from minigrad.utils.data import DataLoader, TensorDataset

mpl.use("Agg")


def pairs(*rows):
    return TensorDataset(mg.tensor([[float(x)] for x, _ in rows]), mg.tensor([[float(y)] for _, y in rows]))


def weight_at_0():
    model = nn.Linear(1, 1, bias=False)
    with mg.no_grad():
        model.weight.fill_(0.0)
    return model


def drawing_model():
    """A model in which everything draws or remembers."""
    generator = mg.Generator().manual_seed(1)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.5), nn.Linear(8, 2))
    model[2].generator = generator
    model[1].eval()  # a mode that fits to no other
    return model


def points(generator=None):
    x = mg.randn(12, 3, generator=mg.Generator().manual_seed(0))
    return DataLoader(TensorDataset(x, (x.sum(dim=1) > 0).long()), batch_size=5, shuffle=True, generator=generator)


# ---- what it measures -----------------------------------------------------------------------------------------------


def test_the_rates_grow_geometrically_and_each_loss_is_met_before_its_step():
    model = weight_at_0()
    optimizer = optim.SGD(model.parameters(), lr=9.0)

    rates, losses = lr_range_test(model, nn.MSELoss(), optimizer, DataLoader(pairs((1, 1))), 0.01, 1.0, steps=3)

    # w is 0, then 0 + 0.01·2 = 0.02, then 0.02 + 0.1·2·0.98 = 0.216
    np.testing.assert_allclose(rates, [0.01, 0.1, 1.0], rtol=1e-12)
    np.testing.assert_allclose(losses, [1, 0.98**2, 0.784**2], rtol=1e-6)


def test_the_batches_come_again_and_again():
    seen = []

    def loss_fn(output, target):
        seen.append(target.item())
        return (output - target).square().sum()

    model = weight_at_0()
    loader = DataLoader(pairs((1, 1), (2, 2), (3, 3)))

    lr_range_test(model, loss_fn, optim.SGD(model.parameters(), lr=1), loader, 1e-9, 1e-8, steps=7)

    assert seen == [1, 2, 3, 1, 2, 3, 1]


def test_it_trains_in_train_mode():
    modes = []

    class Spy(nn.Linear):
        def forward(self, input):
            modes.append(self.training)
            return super().forward(input)

    model = Spy(1, 1)
    model.eval()
    lr_range_test(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1), DataLoader(pairs((1, 1))), steps=2)

    assert modes == [True, True]
    assert not model.training


def test_it_ends_with_the_first_loss_that_is_not_finite_and_can_be_drawn():
    model = weight_at_0()
    optimizer = optim.SGD(model.parameters(), lr=1)

    rates, losses = lr_range_test(model, nn.MSELoss(), optimizer, DataLoader(pairs((1, 1))), 1e-3, 1e30, steps=100)

    assert len(rates) == len(losses) < 100
    assert np.isfinite(losses[:-1]).all()
    assert not math.isfinite(losses[-1])
    axes = viz.plot_lr_range(rates, losses)
    assert any("blows up" in text.get_text() for text in axes.get_legend().get_texts())


def test_all_groups_get_the_rate_and_keep_their_other_options():
    model = nn.Linear(1, 1)
    groups = [{"params": [model.weight], "lr": 5.0}, {"params": [model.bias], "lr": 0.0}]
    with mg.no_grad():
        model.weight.fill_(0.0)
        model.bias.fill_(0.0)

    _, losses = lr_range_test(
        model, nn.MSELoss(), optim.SGD(groups, lr=1), DataLoader(pairs((1, 1))), 0.01, 0.1, steps=2
    )

    assert losses[1] == pytest.approx(0.96**2, rel=1e-6)  # both have moved by 0.02


# ---- what is left of it ---------------------------------------------------------------------------------------------


def everything(model, optimizer, loader):
    """All that a later training depends on."""
    generators = [default_generator, model[2].generator, loader.generator]
    return bits(
        {
            "model": model.state_dict(),
            "grads": [p.grad for p in model.parameters()],
            "modes": [module.training for module in model.modules()],
            "optimizer": optimizer.state_dict(),
            "last_step": optimizer.last_step,
            "generators": [generator.get_state() for generator in generators],
        }
    )


@pytest.mark.parametrize("kind", [optim.SGD, optim.Adam, optim.Adagrad])
@pytest.mark.parametrize("trained", [False, True], ids=["new", "trained"])
def test_model_optimizer_and_random_generators_have_their_own_bits_again(kind, trained):
    mg.manual_seed(0)
    model, loader = drawing_model(), points(mg.Generator().manual_seed(2))
    optimizer = kind(model.parameters(), lr=0.1)
    if trained:
        for x, y in loader:
            optimizer.zero_grad()
            nn.CrossEntropyLoss()(model(x), y).backward()
            optimizer.step()
    before = everything(model, optimizer, loader)
    arrays = [p.array for p in model.parameters()]

    lr_range_test(model, nn.CrossEntropyLoss(), optimizer, loader, 1e-3, 10, steps=12)

    assert everything(model, optimizer, loader) == before
    assert all(p.array is array for p, array in zip(model.parameters(), arrays, strict=True))


def test_a_training_after_it_is_the_training_without_it():
    def trained(tested):
        mg.manual_seed(0)
        model, loader = drawing_model(), points()
        optimizer = optim.Adam(model.parameters(), lr=0.01)
        schedule = optim.lr_scheduler.StepLR(optimizer, 1)
        for _ in range(2):
            for x, y in loader:
                optimizer.zero_grad()
                nn.CrossEntropyLoss()(model(x), y).backward()
                optimizer.step()
            schedule.step()
            if tested:
                lr_range_test(model, nn.CrossEntropyLoss(), optimizer, loader, steps=5)
        return bits([model.state_dict(), optimizer.state_dict(), default_generator.get_state()])

    assert trained(tested=True) == trained(tested=False)


def test_a_graph_that_was_recorded_before_can_still_be_walked():
    model = weight_at_0()
    optimizer = optim.SGD(model.parameters(), lr=1)
    loss = (model(mg.ones(1, 1)) * model.weight + model.weight).sum()

    lr_range_test(model, nn.MSELoss(), optimizer, DataLoader(pairs((1, 1))), steps=3)
    loss.backward()

    assert model.weight.grad.item() == 1.0


def test_a_penalty_on_the_model_itself_is_part_of_the_loss():
    model = weight_at_0()
    with mg.no_grad():
        model.weight.fill_(1.0)

    def loss_fn(output, target):
        return (model.weight**2).sum()

    _, losses = lr_range_test(
        model, loss_fn, optim.SGD(model.parameters(), lr=1), DataLoader(pairs((1, 1))), 0.1, 1, steps=2
    )

    np.testing.assert_allclose(losses, [1, 0.8**2], rtol=1e-6)
    assert model.weight.grad is None


def test_when_a_step_raises_everything_is_put_back_as_well():
    model = weight_at_0()
    optimizer = optim.SGD(model.parameters(), lr=1)

    def loss_fn(output, target):
        if output.item():
            raise RuntimeError("in the second step")
        return (output - target).square().sum()

    with pytest.raises(RuntimeError, match="in the second step"):
        lr_range_test(model, loss_fn, optimizer, DataLoader(pairs((1, 1))))

    assert (model.weight.item(), model.weight.grad) == (0.0, None)


# ---- what it refuses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"low": 0}, "must satisfy 0 < low < high, given low=0 and high=10.0"),
        ({"low": 2, "high": 1}, "must satisfy 0 < low < high, given low=2 and high=1"),
        ({"high": math.inf}, "must satisfy 0 < low < high, given low=1e-07 and high=inf"),
        ({"low": math.nan}, "must satisfy 0 < low < high, given low=nan"),
        ({"low": "a"}, "must satisfy 0 < low < high, given low='a'"),
        ({"steps": 1}, "steps must be a whole number, at least 2, given 1"),
        ({"steps": 2.5}, "steps must be a whole number, at least 2, given 2.5"),
    ],
)
def test_settings_that_mean_nothing_are_refused(settings, message):
    model = weight_at_0()

    with pytest.raises(ValueError, match=f"lr_range_test: .*{message}"):
        lr_range_test(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1), DataLoader(pairs((1, 1))), **settings)


@pytest.mark.parametrize("loader", [[], iter([(mg.ones(1, 1), mg.ones(1, 1))])], ids=["empty", "used up"])
def test_a_loader_that_runs_dry_is_refused(loader):
    model = weight_at_0()

    with pytest.raises(ValueError, match=r"the loader has no batches \(an iterator can be used only once\)"):
        lr_range_test(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=1), loader)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"model": None}, "model must be a Module, given None"),
        ({"loss_fn": None}, r"loss_fn must be a function of \(output, target\), given None"),
        ({"optimizer": optim.SGD}, "optimizer must be one such as SGD"),
        ({"optimizer": optim.LBFGS([mg.zeros(1, requires_grad=True)])}, "LBFGS needs a closure"),
        ({"loader": None}, "expected a loader, which deals out batches, given NoneType"),
        ({"loader": pairs((1, 1))}, "is a data set, which has items but no batches; give DataLoader"),
    ],
)
def test_what_cannot_be_trained_is_refused(settings, message):
    model = weight_at_0()
    given = {"model": model, "loss_fn": nn.MSELoss(), "optimizer": optim.SGD(model.parameters(), lr=1)}

    with pytest.raises(TypeError, match=f"lr_range_test: .*{message}"):
        lr_range_test(**{**given, "loader": DataLoader(pairs((1, 1))), **settings})
