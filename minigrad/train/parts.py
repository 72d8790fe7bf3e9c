"""What a Trainer can be made of, and what its state must look like."""

from collections.abc import Mapping, Sequence
from typing import Any

from minigrad.nn import Module
from minigrad.optim import LBFGS, Optimizer
from minigrad.optim.lr_scheduler import LRScheduler, ReduceLROnPlateau
from minigrad.train.callbacks import Callback

__all__ = ["check_callbacks", "check_metrics", "check_parts", "check_scheduler", "check_state"]

STATE: dict[str, Any] = {
    "model": Mapping,
    "optimizer": Mapping,
    "scheduler": (Mapping, type(None)),
    "callbacks": Mapping,
    "epoch": int,
    "step": int,
    "steps_per_epoch": int,
    "stopping": bool,
    "sums": Mapping,
    "items": int,
    "history": list,
    "generators": Mapping,
}


def check_parts(name: str, model: Any, loss_fn: Any, optimizer: Any) -> None:
    """Raise TypeError for what cannot be trained with."""
    if not isinstance(model, Module):
        raise TypeError(f"{name}: model must be a Module, given {model!r:.60}")
    if not callable(loss_fn):
        raise TypeError(f"{name}: loss_fn must be a function of (output, target), given {loss_fn!r:.60}")
    if not isinstance(optimizer, Optimizer):
        raise TypeError(
            f"{name}: optimizer must be one such as SGD(model.parameters(), lr=0.1), given {optimizer!r:.60}"
        )
    if isinstance(optimizer, LBFGS):
        raise TypeError(
            f"{name}: LBFGS needs a closure that it can call several times a step; write its loop out, as in "
            "help(LBFGS)"
        )


def check_callbacks(callbacks: Any) -> None:
    """Raise TypeError for what is no list of callbacks."""
    if not isinstance(callbacks, Sequence) or not all(isinstance(callback, Callback) for callback in callbacks):
        raise TypeError(f"Trainer: callbacks must be a list of Callbacks, given {callbacks!r:.60}")


def check_scheduler(scheduler: Any, optimizer: Any) -> None:
    """Raise TypeError for what is no schedule that the Trainer can step, ValueError for another optimizer's."""
    if scheduler is None:
        return
    if isinstance(scheduler, ReduceLROnPlateau):
        raise TypeError(
            "Trainer: ReduceLROnPlateau must be shown a number; give callbacks=[Schedule(scheduler, "
            "monitor='test_loss')] in place of scheduler"
        )
    if not isinstance(scheduler, LRScheduler):
        given = " ".join(repr(scheduler).split())[:60]  # an optimizer's takes several lines
        raise TypeError(f"Trainer: scheduler must be one such as StepLR(optimizer, 10), given {given}")
    if scheduler.optimizer is not optimizer:
        raise ValueError("Trainer: the scheduler changes another optimizer; make it with the trainer's own")


def check_metrics(metrics: Any) -> None:
    """Raise TypeError for what are no functions by name, ValueError for a name that a column of the history has."""
    if metrics is None:
        return
    if not isinstance(metrics, Mapping) or not all(map(callable, metrics.values())):
        raise TypeError(
            f'Trainer: metrics must be functions by name, as in {{"accuracy": correct}}, given {metrics!r:.60}'
        )
    for name in metrics:
        if not isinstance(name, str) or name in ("epoch", "lr", "loss") or name.startswith("test_"):
            raise ValueError(
                f"Trainer: a metric cannot be called {name!r}; its name is to be a column of the history, which has "
                "epoch, lr and loss already, and with test_ in front those of the test items"
            )


def check_state(state: Any) -> None:
    """Raise TypeError, KeyError or ValueError unless state looks like what `Trainer.state_dict()` returns."""
    if not isinstance(state, Mapping):
        raise TypeError(f"Trainer: expected what state_dict() returned, given {state!r:.60}")
    missing = [name for name in STATE if name not in state]
    if missing:
        raise KeyError(f"Trainer: the state lacks {', '.join(missing)}; give what state_dict() returned")
    for name, kind in STATE.items():
        if not isinstance(state[name], kind) or (kind is int and state[name] < 0):
            raise ValueError(f"Trainer: the state is damaged: {name} is {state[name]!r:.60}; go back to another one")
    if state["step"] > state["steps_per_epoch"]:
        raise ValueError(f"Trainer: the state is damaged: step {state['step']} of {state['steps_per_epoch']}")
    if set(state["generators"]) != {"epoch_start", "now"}:
        raise ValueError(f"Trainer: the state is damaged: generators is {state['generators']!r:.60}")
