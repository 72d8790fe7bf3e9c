"""Tests of the callbacks that come with the trainer: what they do, what they refuse, and that they resume exactly."""

import csv
import math
import signal
from types import SimpleNamespace

import numpy as np
import pytest
from state_bits import bits

import minigrad as mg
from minigrad import io, nn, optim
from minigrad.optim import lr_scheduler
from minigrad.train import (
    Callback,
    CSVLogger,
    EarlyStopping,
    GradientClipping,
    Interrupted,
    ModelCheckpoint,
    Schedule,
    Trainer,
    correct,
)
from minigrad.utils.data import DataLoader, TensorDataset

ROWS = DataLoader(TensorDataset(mg.ones(2, 1), mg.ones(2, 1)))  # two steps


@pytest.fixture(autouse=True)
def python_handles_ctrl_c():
    """Also where the tests run in the background, with Ctrl-C ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Scripted(Trainer):
    """A trainer whose weight counts the epochs, and whose test loss is written down beforehand."""

    def __init__(self, losses, *callbacks):
        model = nn.Linear(1, 1, bias=False)
        optimizer = optim.SGD(model.parameters(), lr=0.0)
        super().__init__(model, nn.MSELoss(), optimizer, callbacks=callbacks)
        self.losses = losses

    def evaluate(self, loader):
        with mg.no_grad():
            self.model.weight.fill_(self.epoch + 1.0)
        return {"loss": self.losses[self.epoch]}

    @property
    def weight(self):
        return self.model.weight.item()


def run(callback, losses, epochs=None):
    """The trainer of a training in which these were the test losses."""
    trainer = Scripted(losses, callback)
    trainer.fit(ROWS, ROWS, epochs=epochs or len(losses))
    return trainer


class CtrlC(Callback):
    """Presses Ctrl-C at the end of the given step, counted over all epochs."""

    def __init__(self, at):
        self.left = at

    def on_step_end(self, trainer):
        self.left -= 1
        if self.left == 0:
            signal.raise_signal(signal.SIGINT)


# ---- early stopping -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("patience", "losses", "epochs"),
    [
        (1, [3, 2, 2, 1], 3),
        (2, [3, 2, 2, 1, 1, 1, 1], 6),
        (2, [3, 4, 2, 3, 1, 2, 0], 7),  # bad epochs must follow each other
        (2, [math.nan, 3, math.nan, math.nan, 1], 4),
        (2, [math.nan, math.nan, 1], 2),
    ],
)
def test_it_stops_after_so_many_epochs_in_a_row_that_are_not_better(patience, losses, epochs):
    trainer = run(EarlyStopping(patience=patience), losses)

    assert trainer.epoch == len(trainer.history) == epochs


def test_better_means_by_more_than_min_delta():
    assert run(EarlyStopping(patience=2, min_delta=0.5), [3, 2.5, 2.4, 1, 0]).epoch == 5
    assert run(EarlyStopping(patience=1, min_delta=0.5), [3, 2.5, 1]).epoch == 2


def test_a_large_number_can_be_the_better_one():
    stopping = EarlyStopping("test_loss", patience=2, mode="max")

    run(stopping, [1, 3, 2, 2, 9])

    assert (stopping.best, stopping.best_epoch) == (3, 2)


@pytest.mark.parametrize(("losses", "best"), [([3, 1, 2, 2, 0], 2), ([3, 2, 1, 2], 3)], ids=["stopped", "done"])
def test_the_model_gets_its_best_weights_back_stopped_or_not(losses, best):
    stopping = EarlyStopping(patience=2)

    trainer = run(stopping, losses)

    assert trainer.weight == stopping.best_epoch == best
    assert trainer.history[-1]["epoch"] == 4


def test_without_restore_best_the_model_keeps_its_last_weights():
    assert run(EarlyStopping(patience=2, restore_best=False), [3, 1, 2, 2, 0]).weight == 4


def test_buffers_are_restored_as_well():
    model = nn.Sequential(nn.Linear(1, 2), nn.BatchNorm1d(2), nn.Linear(2, 1))
    trainer = Trainer(model, nn.MSELoss(), optim.SGD(model.parameters(), lr=0.1))
    trainer.callbacks = [EarlyStopping("epoch", patience=2, mode="min")]  # the first is the best
    loader = DataLoader(TensorDataset(mg.arange(4.0).reshape(4, 1), mg.ones(4, 1)), batch_size=2)

    trainer.fit(loader, epochs=9)

    assert trainer.epoch == 3
    assert model[1].num_batches_tracked.item() == 2


def test_after_a_stop_another_fit_trains_on_with_new_patience():
    trainer = Scripted([1, 2, 2, 3, 3, 0], EarlyStopping(patience=2))

    trainer.fit(ROWS, ROWS, epochs=6)
    assert trainer.epoch == 3
    trainer.fit(ROWS, ROWS, epochs=3)

    assert trainer.epoch == 5


def test_a_training_that_is_cut_off_keeps_the_weights_it_had():
    trainer = Scripted([1, 2, 3, 4], EarlyStopping(patience=9), CtrlC(at=5))

    with pytest.raises(Interrupted):
        trainer.fit(ROWS, ROWS, epochs=4)

    assert trainer.weight == 2


def test_a_stop_in_the_middle_of_an_epoch_lets_it_end():
    class Enough(Callback):
        def on_step_end(self, trainer):
            if (trainer.epoch, trainer.step) == (1, 1):
                trainer.stop()

    trainer = run(Enough(), [1, 1, 1, 1])

    assert (trainer.epoch, trainer.step) == (2, 0)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"patience": 0}, "patience is a number of epochs, at least 1, given 0"),
        ({"patience": 1.5}, "patience is a number of epochs, at least 1, given 1.5"),
        ({"patience": True}, "patience is a number of epochs, at least 1, given True"),
        ({"min_delta": -1}, "min_delta must be a number from 0 on, given -1"),
        ({"min_delta": math.nan}, "min_delta must be a number from 0 on, given nan"),
        ({"min_delta": "a"}, "min_delta must be a number from 0 on, given 'a'"),
        (
            {"monitor": "test_accuracy"},
            "mode must be 'min' or 'max', given None; say whether a small or a large 'test_acc",
        ),
        ({"mode": "auto"}, "mode must be 'min' or 'max', given 'auto'"),
    ],
)
def test_early_stopping_refuses(settings, message):
    with pytest.raises(ValueError, match=f"EarlyStopping: {message}"):
        EarlyStopping(**settings)


@pytest.mark.parametrize("make", [EarlyStopping, lambda monitor: ModelCheckpoint("model", monitor)])
def test_what_is_no_name_of_a_column_is_refused(make):
    with pytest.raises(TypeError, match="monitor must be the name of a column of the history, given None"):
        make(None)


@pytest.mark.parametrize("make", [CSVLogger, ModelCheckpoint])
@pytest.mark.parametrize("path", [3, None])
def test_what_is_no_name_of_a_file_is_refused(make, path):
    with pytest.raises(TypeError, match=f"{make.__name__}: path must be the name of a file, given {path}"):
        make(path)


def test_patience_may_be_one_of_numpys_integers():
    assert run(EarlyStopping(patience=np.int64(1)), [3, 4, 2]).epoch == 2


@pytest.mark.parametrize(
    "make",
    [
        lambda optimizer: EarlyStopping("val_loss"),
        lambda optimizer: ModelCheckpoint("best.safetensors", "val_loss"),
        lambda optimizer: Schedule(lr_scheduler.ReduceLROnPlateau(optimizer), monitor="val_loss"),
    ],
)
def test_an_unknown_column_is_refused_before_anything_happens(make, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    trainer = Scripted([1.0])
    trainer.callbacks = [make(trainer.optimizer)]

    with pytest.raises(ValueError, match=r"no 'val_loss' to monitor; the columns .* epoch, lr, loss, test_loss$"):
        trainer.fit(ROWS, ROWS)

    assert trainer.history == []


def test_a_test_column_without_a_test_loader_says_how_to_get_it():
    with pytest.raises(
        ValueError, match=r"no 'test_loss' .* are epoch, lr, loss; give fit a test_loader for the others"
    ):
        Scripted([1.0], EarlyStopping()).fit(ROWS)


# ---- checkpoints ----------------------------------------------------------------------------------------------------


def test_the_checkpoint_is_of_the_best_epoch(tmp_path):
    path = tmp_path / "new" / "best.safetensors"

    run(ModelCheckpoint(path), [3, math.nan, 1, 2, 1])

    state = io.load(path)
    assert (state["epoch"], state["model"]["weight"].item()) == (3, 3.0)


def test_every_epoch_can_be_saved(tmp_path):
    path = tmp_path / "last.safetensors"

    run(ModelCheckpoint(path, "no such column", save_best_only=False), [3, 1, 2])

    assert io.load(path)["epoch"] == 3


def test_a_checkpoint_that_goes_on_in_another_fit_still_knows_the_best(tmp_path):
    path = tmp_path / "best.safetensors"
    trainer = Scripted([3, 1, 2, 2], ModelCheckpoint(path))

    trainer.fit(ROWS, ROWS, epochs=2)
    trainer.fit(ROWS, ROWS, epochs=2)

    assert io.load(path)["epoch"] == 2


def test_a_saving_callback_is_told_after_those_that_remember_whatever_their_order(tmp_path):
    path = tmp_path / "last.safetensors"
    trainer = Scripted([3, 4], ModelCheckpoint(path, save_best_only=False), EarlyStopping(patience=5))

    trainer.fit(ROWS, ROWS, epochs=2)

    assert io.load(path)["callbacks"]["EarlyStopping"]["bad_epochs"] == 1


def test_a_checkpoint_that_cannot_be_written_is_an_os_error_and_what_was_there_stays(tmp_path, monkeypatch):
    path = tmp_path / "best.safetensors"
    run(ModelCheckpoint(path), [3])
    before = path.read_bytes()

    def full(*arguments):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("minigrad.io.os.replace", full)
    with pytest.raises(OSError, match="No space left"):
        run(ModelCheckpoint(path), [3])

    assert [file.read_bytes() for file in tmp_path.iterdir()] == [before]


# ---- schedules ------------------------------------------------------------------------------------------------------


def rates(make, epochs=3, **settings):
    """The learning rate of each step under a schedule."""
    seen = []

    class Look(Callback):
        def on_backward_end(self, trainer):
            seen.append(trainer.lr)

    trainer = Scripted([1.0] * epochs, Look())
    trainer.optimizer = optim.SGD(trainer.model.parameters(), lr=1.0)
    trainer.callbacks.append(Schedule(make(trainer.optimizer), **settings))
    trainer.fit(ROWS, ROWS, epochs=epochs)
    return seen


def test_a_schedule_steps_after_every_epoch():
    assert rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.5)) == [1, 1, 0.5, 0.5, 0.25, 0.25]


def test_a_schedule_can_step_after_every_step():
    halved = [1 / 2**n for n in range(6)]

    assert rates(lambda optimizer: lr_scheduler.ExponentialLR(optimizer, 0.5), per="step") == halved


def test_reduce_on_plateau_is_shown_the_number():
    seen = rates(lambda o: lr_scheduler.ReduceLROnPlateau(o, factor=0.5, patience=1), epochs=5, monitor="test_loss")

    assert seen == [1, 1, 1, 1, 1, 1, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    ("make", "settings", "error", "message"),
    [
        (
            lr_scheduler.ReduceLROnPlateau,
            {},
            ValueError,
            "ReduceLROnPlateau looks at a number of each epoch; say at whi",
        ),
        (
            lr_scheduler.ReduceLROnPlateau,
            {"monitor": "loss", "per": "step"},
            ValueError,
            "looks at a number of each ep",
        ),
        (lambda o: lr_scheduler.StepLR(o, 1), {"monitor": "loss"}, ValueError, "StepLR looks at no number"),
        (
            lambda o: lr_scheduler.StepLR(o, 1),
            {"per": "batch"},
            ValueError,
            "per must be 'epoch' or 'step', given 'bat",
        ),
        (lambda o: lambda: 1, {}, TypeError, r"expected a scheduler such as StepLR\(optimizer, 10\), given <function"),
        (lambda o: lr_scheduler.StepLR, {}, TypeError, r"expected a scheduler such as StepLR.*, given <class"),
        (lambda o: o, {}, TypeError, r"expected a scheduler such as StepLR.*, given SGD"),
    ],
)
def test_a_schedule_refuses(make, settings, error, message):
    optimizer = optim.SGD([mg.zeros(1, requires_grad=True)], lr=0.1)

    with pytest.raises(error, match=f"Schedule: .*{message}"):
        Schedule(make(optimizer), **settings)


def test_a_schedule_of_another_optimizer_is_refused():
    other = optim.SGD([mg.zeros(1, requires_grad=True)], lr=0.1)

    with pytest.raises(ValueError, match="changes another optimizer; make it with the trainer's own"):
        run(Schedule(lr_scheduler.StepLR(other, 1)), [1.0])


def test_a_schedule_in_both_places_is_refused():
    trainer = Scripted([1.0])
    trainer.scheduler = lr_scheduler.StepLR(trainer.optimizer, 1)
    trainer.callbacks = [Schedule(trainer.scheduler)]

    with pytest.raises(ValueError, match="the trainer steps this scheduler already; give it in one of the two places"):
        trainer.fit(ROWS, ROWS)


def test_the_trainer_itself_takes_no_schedule_that_must_be_shown_a_number():
    model = nn.Linear(1, 1)
    optimizer = optim.SGD(model.parameters(), lr=0.1)

    with pytest.raises(TypeError, match=r"must be shown a number; give callbacks=\[Schedule\(scheduler, monitor='test"):
        Trainer(model, nn.MSELoss(), optimizer, lr_scheduler.ReduceLROnPlateau(optimizer))


# ---- clipping -------------------------------------------------------------------------------------------------------


def clipped(**settings):
    """How far one step with learning rate 1 goes from 0 against the gradient (-3, -4)."""
    theta = nn.Parameter(mg.zeros(2))
    model = nn.Module()
    model.theta, model.forward = theta, lambda x: theta * x
    trainer = Trainer(model, lambda output, target: -(output * target).sum(), optim.SGD([theta], lr=1.0))
    trainer.callbacks = [GradientClipping(**settings)]
    trainer.fit(DataLoader(TensorDataset(mg.ones(1, 2), mg.tensor([[3.0, 4.0]]))))
    return theta.detach().numpy()


@pytest.mark.parametrize(
    ("settings", "step"),
    [
        ({"max_norm": 1.0}, [0.6, 0.8]),
        ({"max_norm": 10.0}, [3, 4]),
        ({"max_norm": 2.0, "norm_type": math.inf}, [1.5, 2]),
        ({"clip_value": 3.5}, [3, 3.5]),
    ],
)
def test_the_step_follows_the_clipped_gradient(settings, step):
    np.testing.assert_allclose(clipped(**settings), step, rtol=1e-5)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "give max_norm or clip_value, one of them; given max_norm=None, clip_value=None"),
        ({"max_norm": 1, "clip_value": 1}, "give max_norm or clip_value, one of them; given max_norm=1, clip_value=1"),
        ({"max_norm": 0}, "the bound must be a positive number, given 0"),
        ({"clip_value": math.nan}, "the bound must be a positive number, given nan"),
        ({"clip_value": "a"}, "the bound must be a positive number, given 'a'"),
        ({"max_norm": 1, "norm_type": "x"}, "norm_type must be a positive number or inf, given 'x'"),
        ({"max_norm": 1, "norm_type": -1}, "norm_type must be a positive number or inf, given -1"),
    ],
)
def test_clipping_refuses(settings, message):
    with pytest.raises(ValueError, match=f"GradientClipping: {message}"):
        GradientClipping(**settings)


def test_a_gradient_that_is_not_finite_is_refused_before_the_step():
    theta = nn.Parameter(mg.zeros(1))
    model = nn.Module()
    model.theta, model.forward = theta, lambda x: theta.abs().sqrt() * x
    trainer = Trainer(model, lambda output, target: output.sum(), optim.SGD([theta], lr=1.0))
    trainer.callbacks = [GradientClipping(max_norm=1.0)]

    with (
        pytest.raises(RuntimeError, match=r"the norm of the gradients is (nan|inf), and nothing was scaled"),
        np.errstate(all="ignore"),
    ):
        trainer.fit(ROWS)

    assert theta.item() == 0.0


# ---- the log --------------------------------------------------------------------------------------------------------


def read(path):
    with open(path, newline="", encoding="utf-8") as file:
        return [{name: float(value) for name, value in row.items()} for row in csv.DictReader(file)]


def test_the_log_is_the_history_to_the_bit_at_the_end_of_each_epoch(tmp_path):
    path, seen = tmp_path / "new" / "log.csv", []

    class Look(Callback):
        def on_epoch_end(self, trainer):
            seen.append(read(path) == trainer.history)

    Scripted([0.1, 1 / 3, 1e-30], CSVLogger(path), Look()).fit(ROWS, ROWS, epochs=3)

    assert seen == [True] * 3


def test_the_log_of_a_second_fit_with_other_columns_has_them_all(tmp_path):
    trainer = Scripted([1.0, 2.0, 3.0], CSVLogger(tmp_path / "log.csv"))

    trainer.fit(ROWS, epochs=1)
    trainer.fit(ROWS, ROWS, epochs=2)

    lines = (tmp_path / "log.csv").read_text().splitlines()
    assert lines[0] == "epoch,lr,loss,test_loss"
    assert [line.split(",")[3] for line in lines[1:]] == ["", "2.0", "3.0"]


# ---- the same bits --------------------------------------------------------------------------------------------------

STEPS, EPOCHS, STOPPED = 3, 12, 5


def remembering_training(seed, folder, *callbacks):
    """A trainer with everything that remembers something, which stops early, and its loaders."""
    mg.manual_seed(seed)
    model = nn.Sequential(nn.Linear(3, 8), nn.BatchNorm1d(8), nn.Dropout(0.3), nn.ReLU(), nn.Linear(8, 2))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    callbacks = [
        EarlyStopping(patience=4, min_delta=10),  # none is: training stops after the fifth epoch
        ModelCheckpoint(folder / "best.safetensors"),
        Schedule(lr_scheduler.LinearLR(optimizer, total_iters=20), per="step"),
        Schedule(lr_scheduler.ReduceLROnPlateau(optimizer, patience=0), monitor="test_loss"),
        GradientClipping(max_norm=0.5),
        CSVLogger(folder / "log.csv"),
        *callbacks,
    ]
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": correct}, callbacks=callbacks)
    generator = mg.Generator().manual_seed(3)
    x = mg.randn(18, 3, generator=generator)
    noise = mg.randint(2, (18,), generator=generator)  # labels without a rule: the plateau is soon reached
    train, test = TensorDataset(x[:12], noise[:12]), TensorDataset(x[12:], noise[12:])
    return trainer, (DataLoader(train, batch_size=4, shuffle=True), DataLoader(test, batch_size=3))


@pytest.fixture(scope="module")
def uninterrupted(tmp_path_factory):
    folder = tmp_path_factory.mktemp("uninterrupted")
    trainer, loaders = remembering_training(4, folder)
    trainer.fit(*loaders, epochs=EPOCHS)
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    return SimpleNamespace(epoch=trainer.epoch, bits=bits(trainer.state_dict()), files=files)


def test_the_training_that_is_to_be_resumed_stops_early(uninterrupted):
    assert uninterrupted.epoch == STOPPED < EPOCHS


@pytest.mark.parametrize("k", range(1, STOPPED * STEPS + 1))
def test_with_callbacks_stopped_after_any_step_and_resumed_it_ends_on_the_same_bits(k, uninterrupted, tmp_path):
    first, loaders = remembering_training(4, tmp_path, CtrlC(at=k))
    with pytest.raises(Interrupted):
        first.fit(*loaders, epochs=EPOCHS)
    io.save(first.state_dict(), tmp_path / "state")

    second, loaders = remembering_training(7, tmp_path)
    second.load_state_dict(io.load(tmp_path / "state"))
    second.fit(*loaders, epochs=EPOCHS - second.epoch)

    assert bits(second.state_dict()) == uninterrupted.bits
    assert {name: (tmp_path / name).read_bytes() for name in uninterrupted.files} == uninterrupted.files


def test_resumed_from_a_checkpoint_it_ends_on_the_same_bits(uninterrupted, tmp_path):
    (tmp_path / "best.safetensors").write_bytes(uninterrupted.files["best.safetensors"])
    trainer, loaders = remembering_training(7, tmp_path)
    trainer.load_state_dict(io.load(tmp_path / "best.safetensors"))

    trainer.fit(*loaders, epochs=EPOCHS - trainer.epoch)

    assert bits(trainer.state_dict()) == uninterrupted.bits


@pytest.mark.parametrize("pressed", ["on_epoch_end", "on_fit_end"])
def test_interrupted_in_the_very_moment_of_the_stop_it_still_stops_when_resumed(pressed, uninterrupted, tmp_path):
    def press(trainer):
        if trainer.stopping:
            signal.raise_signal(signal.SIGINT)

    callback = Callback()
    setattr(callback, pressed, press)
    first, loaders = remembering_training(4, tmp_path, callback)
    with pytest.raises(Interrupted):
        first.fit(*loaders, epochs=EPOCHS)
    io.save(first.state_dict(), tmp_path / "state")

    second, loaders = remembering_training(7, tmp_path)
    second.load_state_dict(io.load(tmp_path / "state"))
    second.fit(*loaders, epochs=EPOCHS - second.epoch)

    assert bits(second.state_dict()) == uninterrupted.bits


def test_a_state_needs_the_callbacks_that_remembered_it(tmp_path):
    trainer, _ = remembering_training(0, tmp_path)
    state = trainer.state_dict()
    trainer.callbacks = [EarlyStopping()]

    message = "training with EarlyStopping, Schedule, Schedule 2 of the callbacks .* this one has EarlyStopping; give"
    with pytest.raises(ValueError, match=message):
        trainer.load_state_dict(state)


@pytest.mark.parametrize(
    ("state", "given"),
    [
        ({"best": 1}, r"\{'best': 1\}"),
        (None, "None"),
        (EarlyStopping().state_dict() | {"weights": 3}, r"\{'best': None"),
    ],
)
def test_the_state_of_something_else_is_refused(state, given):
    with pytest.raises(ValueError, match=rf"EarlyStopping: expected what state_dict\(\) returned, but got {given}"):
        EarlyStopping().load_state_dict(state)


@pytest.mark.parametrize("make", [CSVLogger, lambda path: ModelCheckpoint(path, save_best_only=False)])
def test_a_folder_where_a_file_is_to_be_written_is_refused_before_the_first_step(make, tmp_path):
    trainer = Scripted([1.0], make(tmp_path))

    with pytest.raises(IsADirectoryError, match="is a folder; give the name of a file in it"):
        trainer.fit(ROWS, ROWS)

    assert trainer.history == []


def test_when_the_state_of_a_callback_does_not_fit_nothing_changes(tmp_path):
    trainer, _ = remembering_training(0, tmp_path)
    before = bits(trainer.state_dict())
    other, loaders = remembering_training(1, tmp_path)
    other.fit(*loaders)
    state = other.state_dict()
    state["callbacks"]["Schedule 2"] = {"best": 1}

    with pytest.raises(ValueError, match="not the state of a ReduceLROnPlateau"):
        trainer.load_state_dict(state)

    after = bits(trainer.state_dict())
    assert {k: after[k] for k in after if k != "generators"} == {k: before[k] for k in before if k != "generators"}
