"""Tests of the training loop, and of stopping it after any step and going on to the same bits."""

import math
import signal

import numpy as np
import pytest
from state_bits import bits

import minigrad as mg
from minigrad import io, nn, optim
from minigrad.train import Callback, Interrupted, Trainer, correct
from minigrad.transforms import Compose, GaussianNoise, Transformed
from minigrad.utils.data import DataLoader, Subset, TensorDataset

STEPS, EPOCHS = 4, 3  # of the small training that is stopped and resumed


@pytest.fixture(autouse=True)
def python_handles_ctrl_c():
    """Also where the tests run in the background, with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def points(n=14, seed=0):
    """n points of two classes."""
    generator = mg.Generator().manual_seed(seed)
    x = mg.randn(n, 3, generator=generator)
    return TensorDataset(x, (x.sum(dim=1) > 0).long())


def line(**settings):
    """A trainer of one weight, which starts at 0, on (w·x - y)²."""
    model = nn.Linear(1, 1, bias=False)
    with mg.no_grad():
        model.weight.fill_(0.0)
    settings = {"optimizer": optim.SGD(model.parameters(), lr=0.1), "loss_fn": nn.MSELoss()} | settings
    return Trainer(model, **settings)


def pairs(*rows):
    return TensorDataset(mg.tensor([[float(x)] for x, _ in rows]), mg.tensor([[float(y)] for _, y in rows]))


class Recorder(Callback):
    """Notes the events, and what the trainer had done by then."""

    def __init__(self):
        self.events = []

    def on_fit_start(self, trainer):
        self.events.append(("fit start", trainer.epoch, trainer.step))

    def on_epoch_start(self, trainer):
        self.events.append(("epoch start", trainer.epoch, trainer.step))

    def on_backward_end(self, trainer):
        self.events.append(("backward end", trainer.epoch, trainer.step))

    def on_step_end(self, trainer):
        self.events.append(("step end", trainer.epoch, trainer.step))

    def on_epoch_end(self, trainer):
        self.events.append(("epoch end", trainer.epoch, trainer.step))

    def on_fit_end(self, trainer):
        self.events.append(("fit end", trainer.epoch, trainer.step))


class CtrlC(Callback):
    """Presses Ctrl-C during the given step, counted over all epochs."""

    def __init__(self, at):
        self.left = at

    def on_step_end(self, trainer):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


# ---- the loop -------------------------------------------------------------------------------------------------------


def test_it_learns():
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": correct})

    history = trainer.fit(DataLoader(points(64), batch_size=16, shuffle=True), epochs=20)

    assert history[-1]["accuracy"] == 1.0
    assert history[-1]["loss"] < 0.1 < history[0]["loss"]


def test_a_step_is_the_optimizers_formula_on_the_batchs_gradient():
    trainer = line()

    trainer.fit(DataLoader(pairs((1, 2), (3, 2)), batch_size=2))

    # d/dw mean((w·x - y)²) at w = 0 is mean(-2·x·y) = -8
    assert trainer.model.weight.item() == pytest.approx(0.8)


def test_the_loss_of_an_epoch_is_the_mean_over_items_not_over_batches():
    trainer = line()
    trainer.optimizer.param_groups[0]["lr"] = 0.0

    history = trainer.fit(DataLoader(pairs((1, 3), (1, 3), (1, 0)), batch_size=2))

    assert history == [{"epoch": 1, "lr": 0.0, "loss": 6.0}]


def test_the_history_has_a_row_per_epoch_with_the_test_numbers():
    trainer = line(metrics={"error": lambda output, target: (output - target).abs()})

    history = trainer.fit(DataLoader(pairs((1, 1))), DataLoader(pairs((2, 0), (4, 0))), epochs=2)

    assert history is trainer.history
    assert [list(row) for row in history] == [["epoch", "lr", "loss", "error", "test_loss", "test_error"]] * 2
    assert [row["epoch"] for row in history] == [1, 2]
    assert history[0]["test_error"] == pytest.approx(0.6)  # the weight is 0.2 after the first step


def test_the_scheduler_steps_after_every_epoch():
    trainer = line()
    trainer.scheduler = optim.lr_scheduler.LambdaLR(trainer.optimizer, lambda epoch: 1 / (1 + epoch))

    history = trainer.fit(DataLoader(pairs((1, 1), (2, 2))), epochs=3)

    assert [row["lr"] for row in history] == pytest.approx([0.1, 0.05, 0.1 / 3])
    assert trainer.lr == pytest.approx(0.025)


def test_fit_trains_for_so_many_more_epochs():
    trainer = line()

    trainer.fit(DataLoader(pairs((1, 1))), epochs=2)
    trainer.fit(DataLoader(pairs((1, 1))), epochs=3)
    trainer.fit(DataLoader(pairs((1, 1))), epochs=0)

    assert trainer.epoch == 5
    assert [row["epoch"] for row in trainer.history] == [1, 2, 3, 4, 5]


def test_callbacks_are_told_of_every_event_in_order():
    recorder = Recorder()

    line(callbacks=[recorder]).fit(DataLoader(pairs((1, 1), (2, 2))), epochs=2)

    assert recorder.events == [
        ("fit start", 0, 0),
        ("epoch start", 0, 0),
        ("backward end", 0, 0),
        ("step end", 0, 1),
        ("backward end", 0, 1),
        ("step end", 0, 2),
        ("epoch end", 1, 0),
        ("epoch start", 1, 0),
        ("backward end", 1, 0),
        ("step end", 1, 1),
        ("backward end", 1, 1),
        ("step end", 1, 2),
        ("epoch end", 2, 0),
        ("fit end", 2, 0),
    ]


def test_between_gradients_and_step_a_callback_may_change_the_gradients():
    class Halve(Callback):
        def on_backward_end(self, trainer):
            with mg.no_grad():
                trainer.model.weight.grad.mul_(0.5)

    trainer = line(callbacks=[Halve()])
    trainer.fit(DataLoader(pairs((1, 1))))

    assert trainer.model.weight.item() == pytest.approx(0.1)


def test_training_is_in_train_mode_and_evaluation_in_eval_mode_without_recording():
    modes = []

    class Spy(nn.Linear):
        def forward(self, input):
            modes.append((self.training, mg.is_grad_enabled()))
            return super().forward(input)

    model = Spy(1, 1)
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
    trainer.fit(DataLoader(pairs((1, 1))), DataLoader(pairs((1, 1))), epochs=2)

    assert modes == [(True, True), (False, False)] * 2
    assert model.training


def test_evaluate_changes_nothing():
    trainer = line(metrics={"accuracy": lambda output, target: output > target})
    trainer.model.eval()

    result = trainer.evaluate(DataLoader(pairs((1, -1), (1, 1), (1, -1)), batch_size=2))

    assert result == {"loss": 1.0, "accuracy": pytest.approx(2 / 3)}
    assert trainer.model.weight.item() == 0.0
    assert not trainer.model.training
    assert trainer.history == []


# ---- what can go wrong ----------------------------------------------------------------------------------------------


def test_a_loss_that_is_not_finite_stops_before_the_step():
    trainer = line(loss_fn=lambda output, target: (output - target).sum() * math.inf)

    with pytest.raises(
        FloatingPointError, match=r"became (-inf|nan) in step 1 of epoch 1; try a smaller learning rate"
    ):
        trainer.fit(DataLoader(pairs((1, 1))))

    assert trainer.model.weight.item() == 0.0


def test_a_batch_must_be_a_pair():
    with pytest.raises(ValueError, match=r"must be a pair \(inputs, target\), given list"):
        line().fit(DataLoader(TensorDataset(mg.zeros(2, 1))))


@pytest.mark.parametrize("mean", [lambda output, target: (output - target).mean(), lambda output, target: mg.zeros(3)])
def test_a_metric_must_return_one_number_per_item(mean):
    with pytest.raises(
        ValueError, match=r"metric 'error' must return one number per item, a tensor \(2,\), given shape"
    ):
        line(metrics={"error": mean}).fit(DataLoader(pairs((1, 1), (2, 2)), batch_size=2))


def refused(**parts):
    """What a Trainer says to these parts, one of them wrong."""
    model = nn.Linear(1, 1)
    settings = {"model": model, "loss_fn": nn.MSELoss(), "optimizer": optim.SGD(model.parameters(), lr=0.1)} | parts
    with pytest.raises((TypeError, ValueError)) as caught:
        Trainer(**settings)
    return f"{caught.type.__name__}: {caught.value}"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"model": None}, "TypeError: Trainer: model must be a Module, given None"),
        ({"loss_fn": None}, "TypeError: Trainer: loss_fn must be a function of (output, target), given None"),
        ({"optimizer": optim.SGD}, "TypeError: Trainer: optimizer must be one such as SGD(model.parameters(), lr=0.1)"),
        ({"optimizer": optim.LBFGS([mg.zeros(1, requires_grad=True)])}, "TypeError: Trainer: LBFGS needs a closure"),
        ({"scheduler": optim.lr_scheduler.StepLR}, "TypeError: Trainer: scheduler must be one such as StepLR("),
        ({"callbacks": None}, "TypeError: Trainer: callbacks must be a list of Callbacks, given None"),
        ({"callbacks": [Callback]}, "TypeError: Trainer: callbacks must be a list of Callbacks, given [<class"),
        ({"callbacks": Callback()}, "TypeError: Trainer: callbacks must be a list of Callbacks, given <"),
        ({"metrics": [correct]}, 'TypeError: Trainer: metrics must be functions by name, as in {"accuracy": correct}'),
        ({"metrics": {"a": "accuracy"}}, "TypeError: Trainer: metrics must be functions by name"),
        (
            {"metrics": {"loss": correct}},
            "ValueError: Trainer: a metric cannot be called 'loss'; its name is to be a col",
        ),
        ({"metrics": {"epoch": correct}}, "ValueError: Trainer: a metric cannot be called 'epoch'"),
        ({"metrics": {"test_loss": correct}}, "ValueError: Trainer: a metric cannot be called 'test_loss'"),
        ({"metrics": {1: correct}}, "ValueError: Trainer: a metric cannot be called 1"),
    ],
)
def test_a_part_that_cannot_be_trained_with_is_refused_when_the_trainer_is_made(parts, message):
    assert refused(**parts).startswith(message)


def test_a_scheduler_of_another_optimizer_is_refused():
    other = optim.lr_scheduler.StepLR(optim.SGD([mg.zeros(1, requires_grad=True)], lr=0.1), 1)

    assert "the scheduler changes another optimizer; make it with the trainer's own" in refused(scheduler=other)


def test_an_optimizer_of_another_model_is_refused_before_the_first_step():
    trainer = line(optimizer=optim.SGD(nn.Linear(1, 1).parameters(), lr=0.1))

    with pytest.raises(ValueError, match=r"none of the model's parameters, so nothing would be learnt; make it with"):
        trainer.fit(DataLoader(pairs((1, 1))))


ROW = pairs((1, 1))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((None,), "fit: expected a loader, which deals out batches, given NoneType; give DataLoader"),
        ((ROW,), "fit: TensorDataset is a data set, which has items but no batches; give DataLoader"),
        ((mg.ones(2, 2),), "fit: expected a loader, which deals out batches, given float32"),
        (((batch for batch in DataLoader(ROW)),), "fit: a generator does not say how many batches it has"),
        ((DataLoader(ROW), 5), "fit: as test_loader: expected a loader, which deals out batches, given int 5"),
        ((DataLoader(ROW), ROW), "fit: as test_loader: TensorDataset is a data set"),
        ((DataLoader(ROW), None, 1.5), "fit: epochs must be an integer, given 1.5"),
        ((DataLoader(ROW), None, "2"), "fit: epochs must be an integer, given '2'"),
    ],
)
def test_what_cannot_be_trained_on_is_refused_before_the_first_step(arguments, message):
    trainer = line()

    with pytest.raises(TypeError, match=message):
        trainer.fit(*arguments)

    assert trainer.model.weight.item() == 0.0
    assert trainer.history == []


@pytest.mark.parametrize("loader", [None, ROW, mg.ones(2, 2), np.ones((2, 2)), 3])
def test_what_is_no_loader_cannot_be_evaluated(loader):
    with pytest.raises(TypeError, match=r"evaluate: .*give DataLoader"):
        line().evaluate(loader)


@pytest.mark.parametrize(
    ("loss_fn", "given"),
    [(nn.MSELoss(reduction="none"), r"float32 \(2, 1\)"), (lambda output, target: 1.0, "float 1.0")],
)
def test_a_loss_must_be_a_tensor_of_one_number(loss_fn, given):
    with pytest.raises(ValueError, match=f"loss_fn must return the mean over the batch, a tensor of .*given {given}"):
        line(loss_fn=loss_fn).fit(DataLoader(pairs((1, 1), (2, 2)), batch_size=2))


def test_a_negative_number_of_epochs_is_refused():
    with pytest.raises(ValueError, match="epochs must not be negative, given -1"):
        line().fit(DataLoader(pairs((1, 1))), epochs=-1)


def test_a_loader_without_batches_is_refused():
    with pytest.raises(ValueError, match="no batches; with drop_last the data must fill at least one"):
        line().fit(DataLoader(pairs((1, 1)), batch_size=2, drop_last=True))


def test_a_test_loader_without_batches_is_refused_before_the_first_step():
    trainer = line()

    with pytest.raises(ValueError, match="the test_loader has no batches; leave it out, or put items into it"):
        trainer.fit(DataLoader(pairs((1, 1))), DataLoader(pairs((1, 1)), batch_size=2, drop_last=True))

    assert trainer.model.weight.item() == 0.0


# ---- Ctrl-C ---------------------------------------------------------------------------------------------------------


def press_once(output, target):
    signal.raise_signal(signal.SIGINT)
    return nn.MSELoss()(output, target)


def press_twice(output, target):
    signal.raise_signal(signal.SIGINT)
    return press_once(output, target)


def test_ctrl_c_in_the_middle_of_a_step_waits_for_its_end():
    recorder = Recorder()
    trainer = line(loss_fn=press_once, callbacks=[recorder])

    with pytest.raises(Interrupted):
        trainer.fit(DataLoader(pairs((1, 1), (2, 2))))

    events = [("fit start", 0, 0), ("epoch start", 0, 0), ("backward end", 0, 0), ("step end", 0, 1), ("fit end", 0, 1)]
    assert recorder.events == events
    assert trainer.model.weight.item() == pytest.approx(0.2)
    assert trainer.state_dict()["step"] == 1


def test_a_second_ctrl_c_stops_at_once_and_half_a_step_cannot_be_saved():
    trainer = line(loss_fn=press_twice)

    with pytest.raises(KeyboardInterrupt):
        trainer.fit(DataLoader(pairs((1, 1))))

    with pytest.raises(RuntimeError, match="cut off in the middle"):
        trainer.state_dict()


def test_a_ctrl_c_during_the_test_waits_for_the_end_of_the_epoch():
    def press_in_eval_mode(output, target):
        return nn.MSELoss()(output, target) if trainer.model.training else press_once(output, target)

    trainer = line(loss_fn=press_in_eval_mode)

    with pytest.raises(Interrupted):
        trainer.fit(DataLoader(pairs((1, 1))), DataLoader(pairs((1, 1))), epochs=2)

    assert trainer.epoch == len(trainer.history) == 1


# ---- the same bits --------------------------------------------------------------------------------------------------


class Noisy(TensorDataset):
    """Rows with noise added, so that fetching a batch draws from the default generator."""

    def __getitem__(self, index):
        x, y = super().__getitem__(index)
        return x + 0.1 * mg.randn(3), y


def small_training(seed, *callbacks):
    """A trainer and its loaders in which everything draws: the order, the rows, and the dropout."""
    mg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    scheduler = optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=EPOCHS)
    trainer = Trainer(
        model, nn.CrossEntropyLoss(), optimizer, scheduler, metrics={"accuracy": correct}, callbacks=callbacks
    )
    own = mg.Generator().manual_seed(seed + 1)
    train = DataLoader(Noisy(*points().tensors), batch_size=STEPS, shuffle=True, generator=own)
    test = DataLoader(points(seed=1), batch_size=5, shuffle=True)
    return trainer, (train, test)


@pytest.fixture(scope="module")
def uninterrupted():
    trainer, loaders = small_training(0)
    trainer.fit(*loaders, epochs=EPOCHS)
    return bits(trainer.state_dict())


@pytest.mark.parametrize("k", range(1, STEPS * EPOCHS + 1))
def test_stopped_after_any_step_and_resumed_from_a_file_it_ends_on_the_same_bits(k, uninterrupted, tmp_path):
    first, loaders = small_training(0, CtrlC(at=k))
    with pytest.raises(Interrupted):
        first.fit(*loaders, epochs=EPOCHS)
    io.save(first.state_dict(), tmp_path / "state.safetensors")

    second, loaders = small_training(7)
    second.load_state_dict(io.load(tmp_path / "state.safetensors"))
    mg.randn(5)  # what is drawn between loading and going on does no harm
    second.fit(*loaders, epochs=EPOCHS - second.epoch)

    assert first.epoch * STEPS + first.step == k
    assert bits(second.state_dict()) == uninterrupted


def test_stopped_again_and_again_it_ends_on_the_same_bits(uninterrupted):
    trainer, loaders = small_training(0, *[CtrlC(at=k) for k in (1, 3, 6, 11)])

    for _ in range(4):
        with pytest.raises(Interrupted):
            trainer.fit(*loaders, epochs=EPOCHS - trainer.epoch)
    trainer.fit(*loaders, epochs=EPOCHS - trainer.epoch)

    assert bits(trainer.state_dict()) == uninterrupted


def test_a_state_from_before_the_first_step_resumes_too(uninterrupted):
    trainer, _ = small_training(0)
    state = trainer.state_dict()

    trainer, loaders = small_training(0)
    mg.manual_seed(99)
    trainer.load_state_dict(state)
    trainer.fit(*loaders, epochs=EPOCHS)

    assert bits(trainer.state_dict()) == uninterrupted


def test_a_loaded_state_that_is_saved_again_is_the_same():
    first, loaders = small_training(0, CtrlC(at=6))
    with pytest.raises(Interrupted):
        first.fit(*loaders, epochs=EPOCHS)

    second, _ = small_training(7)
    second.load_state_dict(first.state_dict())

    assert bits(second.state_dict()) == bits(first.state_dict())


def shaken_training(seed, *callbacks):
    """A trainer, and a loader of data to which noise is added that is drawn from a generator of its own."""
    mg.manual_seed(seed)
    model = nn.Linear(3, 2)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optim.SGD(model.parameters(), lr=0.1), callbacks=callbacks)
    noise = GaussianNoise(clip=False, generator=mg.Generator().manual_seed(seed))
    shaken = Transformed(points(), Compose([lambda x: 2 * x, noise]))
    return trainer, DataLoader(Subset(shaken, range(8)), batch_size=2, shuffle=True)


@pytest.mark.parametrize("k", [1, 4, 6])
def test_a_generator_of_the_data_itself_goes_on_as_well(k):
    reference, loader = shaken_training(0)
    reference.fit(loader, epochs=2)
    first, loader = shaken_training(0, CtrlC(at=k))
    with pytest.raises(Interrupted):
        first.fit(loader, epochs=2)
    state = first.state_dict()

    second, loader = shaken_training(7)
    second.load_state_dict(state)
    second.fit(loader, epochs=2 - second.epoch)

    assert bits(second.state_dict()) == bits(reference.state_dict())


# ---- states of other trainings --------------------------------------------------------------------------------------


def stopped_state():
    trainer, loaders = small_training(0, CtrlC(at=2))
    with pytest.raises(Interrupted):
        trainer.fit(*loaders)
    return trainer.state_dict()


def test_a_state_with_something_missing_is_refused():
    state = stopped_state()
    del state["optimizer"], state["history"]

    with pytest.raises(KeyError, match="lacks optimizer, history"):
        small_training(0)[0].load_state_dict(state)


def test_the_state_of_another_model_is_refused_and_nothing_changes():
    trainer, _ = small_training(7)
    before = bits(trainer.state_dict())
    state = stopped_state()
    state["optimizer"] = {"state": {}, "param_groups": []}  # the model fits, and is loaded first

    with pytest.raises((KeyError, ValueError)):
        trainer.load_state_dict(state)

    mg.manual_seed(7)
    after = bits(trainer.state_dict())
    assert {k: after[k] for k in after if k != "generators"} == {k: before[k] for k in before if k != "generators"}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"step": 5}, "damaged: step 5 of 4"),
        ({"step": "a"}, "damaged: step is 'a'; go back to another one"),
        ({"epoch": -3}, "damaged: epoch is -3"),
        ({"epoch": None}, "damaged: epoch is None"),
        ({"items": 1.5}, "damaged: items is 1.5"),
        ({"sums": None}, "damaged: sums is None"),
        ({"history": 5}, "damaged: history is 5"),
        ({"stopping": None}, "damaged: stopping is None"),
        ({"callbacks": None}, "damaged: callbacks is None"),
        ({"generators": None}, "damaged: generators is None"),
        ({"generators": {}}, "damaged: generators is {}"),
        (
            {"generators": {"epoch_start": None, "now": {"default": {"bit_generator": "PCG64"}}}},
            "expected what get_state",
        ),
    ],
)
def test_a_damaged_state_is_refused(change, message):
    trainer, _ = small_training(0)
    before = bits(trainer.model.state_dict())

    with pytest.raises(ValueError, match=message):
        trainer.load_state_dict(stopped_state() | change)

    assert bits(trainer.model.state_dict()) == before
    assert (trainer.epoch, trainer.history) == (0, [])


def test_what_is_no_state_is_refused():
    with pytest.raises(TypeError, match=r"Trainer: expected what state_dict\(\) returned, given None"):
        line().load_state_dict(None)


def test_a_state_with_a_scheduler_needs_a_trainer_with_one():
    with pytest.raises(ValueError, match="the state has a scheduler and this trainer has none"):
        line().load_state_dict(stopped_state())


def test_a_state_without_a_scheduler_needs_a_trainer_without_one():
    with pytest.raises(ValueError, match="this trainer has a scheduler and the state has none"):
        small_training(0)[0].load_state_dict(line().state_dict())


def test_a_state_that_counts_other_metrics_is_refused():
    trainer, _ = small_training(0)
    trainer.metrics = {}

    with pytest.raises(ValueError, match="the state counts accuracy, loss but this trainer loss"):
        trainer.load_state_dict(stopped_state())


def test_an_epoch_cannot_go_on_with_batches_of_another_size():
    trainer, (train, _) = small_training(0)
    trainer.load_state_dict(stopped_state())

    with pytest.raises(ValueError, match="stopped after step 2 of 4, but the loader given has 14 batches"):
        trainer.fit(DataLoader(train.dataset))


def test_a_generator_that_is_missing_is_named():
    trainer, (train, test) = small_training(0)
    trainer.load_state_dict(stopped_state())

    with pytest.raises(ValueError, match="had a generator in train_loader, but there is none now"):
        trainer.fit(DataLoader(train.dataset, batch_size=STEPS, shuffle=True), test)
