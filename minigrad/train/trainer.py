"""The training loop: batches through the model, gradients back, a step of the optimizer; and again.

The loop itself is `fit`, `_run_epoch` and `_train_step`; read these three first. The rest lets a training that was
interrupted after any step go on, later and in another process, to the same bits as one that was not.
"""

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from minigrad.errors import signature_of
from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.optim.lr_scheduler import LRScheduler
from minigrad.random import Generator
from minigrad.tensor import Tensor
from minigrad.train.callbacks import Callback
from minigrad.train.evaluation import check_loader, evaluating, pair_of, predict
from minigrad.train.interrupt import HeldBack
from minigrad.train.parts import check_callbacks, check_metrics, check_parts, check_scheduler, check_state
from minigrad.train.randomness import generators_of

__all__ = ["Trainer"]


class Trainer:
    """Trains `model` to make `loss_fn(model(inputs), target)` small, on batches that are pairs (inputs, target).

    loss_fn: returns the mean over the batch, a scalar.  scheduler: stepped after every epoch; `Schedule`, a callback,
    can do it otherwise.  metrics: by name, functions of (output, target) that return one number per item, such as
    {"accuracy": correct}.  callbacks: told of every event, in this order.
    `epoch` counts the epochs completed, `step` the steps done in the one under way; `history` has one dict per epoch:
    epoch, lr, loss and the metrics over the training items as they were met, and the same with test_ in front.
    Raises TypeError or ValueError for parts that do not go together.

    >>> model = mg.nn.Linear(2, 1)
    >>> trainer = Trainer(model, mg.nn.BCEWithLogitsLoss(), mg.optim.SGD(model.parameters(), lr=0.1))
    >>> history = trainer.fit(mg.utils.data.DataLoader(mg.datasets.XOR(), batch_size=2), epochs=3)
    >>> [row["epoch"] for row in history]
    [1, 2, 3]
    """

    def __init__(
        self,
        model: Module,
        loss_fn: Callable[[Tensor, Tensor], Tensor],
        optimizer: Optimizer,
        scheduler: LRScheduler | None = None,
        *,
        metrics: dict[str, Callable[[Tensor, Tensor], Tensor]] | None = None,
        callbacks: Sequence[Callback] = (),
    ) -> None:
        check_parts("Trainer", model, loss_fn, optimizer)
        check_scheduler(scheduler, optimizer)
        check_metrics(metrics)
        check_callbacks(callbacks)
        self.model = model
        self.loss_fn = loss_fn
        self.optimizer = optimizer
        self.scheduler = scheduler
        self.metrics = dict(metrics or {})
        self.callbacks = list(callbacks)
        self.epoch = self.step = self.epochs = self.steps_per_epoch = 0
        self.history: list[dict[str, float]] = []
        self.columns: list[str] = []  # the names in each row of the history that `fit` is about to add
        self.stopping = False  # whether a callback has had enough
        self.running = Means()  # over the items of the epoch under way
        self._loaders: dict[str, Any] = {}
        self._epoch_start: dict[str, dict] | None = None  # the generators' states then: they determine the order of it
        self._resumed: dict[str, dict] | None = None  # the generators' states that the next fit is to begin with
        self._whole = True  # False while a step, or the end of an epoch, is under way

    def fit(self, train_loader: Any, test_loader: Any = None, epochs: int = 1) -> list[dict[str, float]]:
        """Train for so many more epochs, or until a callback stops it, testing after each, and return the history.

        An epoch that an earlier `fit` or a loaded state left unfinished is finished first, and counts as one.
        Ctrl-C waits for the step to end, then raises Interrupted (a KeyboardInterrupt): save `state_dict()`, or call
        fit again to go on. Raises TypeError or ValueError, before the first step, for what cannot be trained on, and
        FloatingPointError, before the step is taken, when the loss is not finite.
        """
        if not isinstance(epochs, int | np.integer):
            raise TypeError(f"fit: epochs must be an integer, given {epochs!r}")
        if epochs < 0:
            raise ValueError(f"fit: epochs must not be negative, given {epochs}")
        self._refuse_unusable(train_loader, test_loader)
        self.columns = self._columns(test_loader)
        self._tell("on_fit_start")
        self._attach(train_loader, test_loader)
        self.epochs = self._last_epoch() if self.stopping else self.epoch + epochs
        with HeldBack() as interrupt:
            try:
                while self.epoch < self.epochs:
                    self._run_epoch(train_loader, test_loader, interrupt)
            finally:
                self._tell("on_fit_end")
        self.stopping = False  # done; but one that was interrupted here is still to be stopped when it is resumed
        return self.history

    def stop(self) -> None:
        """Let no other epoch begin: `fit` returns after this one. For callbacks, after a step or at an epoch's end."""
        self.stopping = True
        self.epochs = self._last_epoch()

    def _last_epoch(self):
        return self.epoch + (self.step > 0)

    def _columns(self, test_loader):
        names = ["loss", *self.metrics]
        return ["epoch", "lr", *names, *(f"test_{name}" for name in names if test_loader is not None)]

    def _run_epoch(self, train_loader, test_loader, interrupt):
        self._tell("on_epoch_start")
        batches = self._batches_left(train_loader)
        self.model.train()
        while self.step < self.steps_per_epoch:
            self._whole = False
            self._train_step(next(batches))
            self.step += 1
            self._whole = True
            self._tell("on_step_end")
            interrupt.check()
        self._whole = False
        self._finish_epoch(test_loader)
        self._whole = True
        self._tell("on_epoch_end")
        interrupt.check()

    def _train_step(self, batch):
        self.optimizer.zero_grad()
        loss = self._measure(batch, self.running)
        if not math.isfinite(loss.item()):
            raise FloatingPointError(
                f"fit: the loss became {loss.item()} in step {self.step + 1} of epoch {self.epoch + 1}; try a smaller "
                f"learning rate than {self.lr:g}, or find the operation with minigrad.autograd.detect_anomaly()"
            )
        loss.backward()
        self._tell("on_backward_end")
        self.optimizer.step()

    def _finish_epoch(self, test_loader):
        row = {"epoch": self.epoch + 1, "lr": self.lr, **self.running.means()}
        if test_loader is not None:
            row |= {f"test_{name}": value for name, value in self.evaluate(test_loader).items()}
        self.history.append(row)
        if self.scheduler is not None:
            self.scheduler.step()
        self.epoch += 1
        self.step, self.running, self._epoch_start = 0, Means(), None

    def evaluate(self, loader: Any) -> dict[str, float]:
        """Return the mean loss and metrics over all items of loader, in eval mode and without recording.

        Raises ValueError when there are none, TypeError for what is no loader.
        """
        check_loader("evaluate", loader)
        means = Means()
        with evaluating(self.model):
            for batch in loader:
                self._measure(batch, means)
        if not means.items:
            raise ValueError("evaluate: there are no items; the loader is empty, or an iterator that was used up")
        return means.means()

    def predict(self, loader_or_tensor: Any) -> Tensor:
        """Return the model's outputs (N, …) for all items, in eval mode and without recording.

        loader_or_tensor: a tensor of inputs (N, …), or a loader of inputs or of pairs (inputs, target), not shuffled.
        Raises TypeError for a data set without a loader, ValueError when there are no items.
        """
        return predict(self.model, loader_or_tensor)

    def _measure(self, batch, means) -> Tensor:
        """The loss of a batch, which is added to means together with the metrics."""
        inputs, target = pair_of("Trainer", batch)
        output = self.model(inputs)
        loss = self.loss_fn(output, target)
        if not isinstance(loss, Tensor) or loss.numel() != 1:
            raise ValueError(
                "Trainer: loss_fn must return the mean over the batch, a tensor of one number, given "
                f"{signature_of(loss)}; leave out reduction='none'"
            )
        n = len(target)
        means.add("loss", loss.item() * n)
        for name, metric in self.metrics.items():
            means.add(name, self._total(name, metric(output.detach(), target), n))
        means.items += n
        return loss

    def _total(self, name, values, n) -> float:
        """The sum of a metric's values; refused unless they are one per item, because a mean of means is no mean."""
        if not isinstance(values, Tensor) or values.ndim == 0 or values.numel() != n:
            raise ValueError(
                f"Trainer: the metric {name!r} must return one number per item, a tensor ({n},), given shape "
                f"{getattr(values, 'shape', ())}; leave the mean to the trainer (give `correct` for the accuracy), and "
                "take what is no mean over items from collect(model, loader)"
            )
        return float(values.sum())

    @property
    def lr(self) -> float:
        """The learning rate that the next step will use, of the first parameter group."""
        return self.optimizer.param_groups[0]["lr"]

    def _tell(self, event):
        for callback in sorted(self.callbacks, key=lambda callback: callback.saves):  # otherwise in their order
            getattr(callback, event)(self)

    # ---- stopping and going on --------------------------------------------------------------------------------------

    def state_dict(self) -> dict[str, Any]:
        """Return all that training depends on: parameters, optimizer, schedule, counters, history, random generators.

        The generators are the default one, and what loaders, data sets, transforms and layers have as `generator`; what
        else draws, such as np.random, is not known here. What callbacks return from their `state_dict` is a part of it.
        Tensors share memory with the model's and the optimizer's. Raises RuntimeError when a step was cut off in the
        middle, by a second Ctrl-C or an exception: half a step must not be saved.
        """
        if not self._whole:
            raise RuntimeError(
                "Trainer: the last step was cut off in the middle, so there is no whole state to save; "
                "go back to the last state saved"
            )
        return {
            "model": self.model.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scheduler": None if self.scheduler is None else self.scheduler.state_dict(),
            "callbacks": {name: callback.state_dict() for name, callback in self._remembering().items()},
            "epoch": self.epoch,
            "step": self.step,
            "steps_per_epoch": self.steps_per_epoch,
            "stopping": self.stopping,
            "sums": dict(self.running.sums),
            "items": self.running.items,
            "history": copy.deepcopy(self.history),
            "generators": {"epoch_start": self._epoch_start, "now": self._resumed or self._random_states()},
        }

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on from what `state_dict()` returned; the random generators are set when `fit` begins.

        Raises KeyError or ValueError for the state of another training (its model, optimizer, scheduler, metrics or
        callbacks that remember something differ), and then nothing has changed.
        """
        self._refuse_foreign(state)
        running, generators = Means(state["sums"], state["items"]), state["generators"]
        parts: list[tuple[Any, Any]] = [(self.model, state["model"]), (self.optimizer, state["optimizer"])]
        parts += [] if self.scheduler is None else [(self.scheduler, state["scheduler"])]
        parts += [(callback, state["callbacks"][name]) for name, callback in self._remembering().items()]
        before = [copy.deepcopy(part.state_dict()) for part, _ in parts]
        try:
            for part, new in parts:
                part.load_state_dict(new)
        except BaseException:
            for (part, _), old in zip(parts, before, strict=True):
                part.load_state_dict(old)
            raise
        self.epoch, self.step, self.steps_per_epoch = state["epoch"], state["step"], state["steps_per_epoch"]
        self.running, self.history = running, copy.deepcopy(state["history"])
        self._epoch_start, self._resumed = generators["epoch_start"], generators["now"]
        self.stopping = state["stopping"]
        self._whole = True

    def _remembering(self) -> dict[str, Callback]:
        """The callbacks that have a state, by name: "EarlyStopping", and if there is another, "EarlyStopping 2"."""
        found: dict[str, Callback] = {}
        for callback in self.callbacks:
            if callback.state_dict():
                kind = type(callback).__name__
                same = sum(type(other).__name__ == kind for other in found.values())
                found[f"{kind} {same + 1}" if same else kind] = callback
        return found

    def _refuse_foreign(self, state):
        check_state(state)
        if (state["scheduler"] is None) != (self.scheduler is None):
            has, lacks = ("this trainer", "the state") if self.scheduler is not None else ("the state", "this trainer")
            raise ValueError(f"Trainer: {has} has a scheduler and {lacks} has none; build the trainer as it was")
        if state["step"] and set(state["sums"]) != {"loss", *self.metrics}:
            raise ValueError(
                f"Trainer: the state counts {', '.join(sorted(state['sums']))} but this trainer "
                f"{', '.join(sorted({'loss', *self.metrics}))}; give it the same metrics"
            )
        saved, own = set(state["callbacks"]), set(self._remembering())
        if saved != own:
            raise ValueError(
                f"Trainer: the state is of a training with {', '.join(sorted(saved)) or 'none'} of the callbacks that "
                f"remember something, and this one has {', '.join(sorted(own)) or 'none'}; give it the same"
            )
        for states in (state["generators"]["epoch_start"] or {}, state["generators"]["now"]):
            for name in states:
                Generator().set_state(states[name])  # raises if a generator cannot be in it

    def _refuse_unusable(self, train_loader, test_loader):
        check_loader("fit", train_loader)
        if test_loader is not None:
            check_loader("fit: as test_loader", test_loader)
        if not hasattr(train_loader, "__len__"):
            raise TypeError(
                f"fit: a {type(train_loader).__name__} does not say how many batches it has, and an epoch must be "
                "counted; give a DataLoader, or a list of batches"
            )
        ours = {id(p) for p in self.model.parameters()}
        if ours and ours.isdisjoint(id(p) for group in self.optimizer.param_groups for p in group["params"]):
            raise ValueError(
                "fit: the optimizer has none of the model's parameters, so nothing would be learnt; make it with "
                "model.parameters(), after the model"
            )
        if not len(train_loader):
            raise ValueError("fit: the loader has no batches; with drop_last the data must fill at least one batch")
        if hasattr(test_loader, "__len__") and not len(test_loader):
            raise ValueError("fit: the test_loader has no batches; leave it out, or put items into it")

    def _attach(self, train_loader, test_loader):
        """Note the loaders, and put every generator where the loaded state, if there is one, had it."""
        if self.step and len(train_loader) != self.steps_per_epoch:
            raise ValueError(
                f"fit: the epoch under way stopped after step {self.step} of {self.steps_per_epoch}, but the loader "
                f"given has {len(train_loader)} batches; give the same data and batch size, or make a new Trainer"
            )
        self.steps_per_epoch = len(train_loader)
        self._loaders = {"train_loader": train_loader, "test_loader": test_loader}
        if self._resumed is not None:
            self._set_random_states(self._resumed)
            self._resumed = None

    def _batches_left(self, loader) -> Iterator:
        """The batches of this epoch that are still to come, in the order that was drawn when it began."""
        now = self._random_states()
        if self._epoch_start is None:
            self._epoch_start = now
            return iter(loader)
        self._set_random_states(self._epoch_start)
        batches = iter(loader)
        for _ in range(self.step):
            next(batches)
        self._set_random_states(now)
        return batches

    def _generators(self) -> dict[str, Generator]:
        return generators_of(self.model, self._loaders)

    def _random_states(self) -> dict[str, dict]:
        return {name: generator.get_state() for name, generator in self._generators().items()}

    def _set_random_states(self, states):
        generators = self._generators()
        unknown = [name for name in states if name not in generators]
        if unknown:
            raise ValueError(
                f"fit: the state to go on from had a generator in {', '.join(unknown)}, but there is none now; "
                "build the loaders and the model as they were"
            )
        for name, state in states.items():
            generators[name].set_state(state)


class Means:
    """Means over items, whatever the sizes of the batches in which they came."""

    def __init__(self, sums: dict[str, float] | None = None, items: int = 0) -> None:
        self.sums = dict(sums or {})
        self.items = items

    def add(self, name: str, total: float) -> None:
        """Add a batch's total to the sum of that name."""
        self.sums[name] = self.sums.get(name, 0.0) + total

    def means(self) -> dict[str, float]:
        """Return each sum divided by the number of items."""
        return {name: total / self.items for name, total in self.sums.items()}
