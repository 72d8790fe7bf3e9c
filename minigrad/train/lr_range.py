"""The learning-rate range test: which learning rate to begin with."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import numpy as np

from minigrad.nn import Module
from minigrad.optim import Optimizer
from minigrad.tensor import Tensor
from minigrad.train.evaluation import check_loader, pair_of
from minigrad.train.parts import check_parts
from minigrad.train.randomness import generators_of

__all__ = ["lr_range_test"]


def lr_range_test(
    model: Module,
    loss_fn: Callable[[Tensor, Tensor], Tensor],
    optimizer: Optimizer,
    loader: Any,
    low: float = 1e-7,
    high: float = 10.0,
    steps: int = 100,
) -> tuple[np.ndarray, np.ndarray]:
    """The rates and the losses, both (T,), of T steps in which the learning rate grows from low to high, geometrically.

    losses[i] is that of a batch before the step with rates[i]. The batches come from loader, again and again. T is
    steps, or less: the test ends with the first loss that is not finite. Afterwards the model, its gradients, the
    optimizer and the random generators have their own bits back: nothing has been trained.
    Look at it with `mg.viz.plot_lr_range(rates, losses)`. Raises ValueError for bounds that are not 0 < low < high, for
    fewer than 2 steps and for a loader without batches, TypeError for other things than these arguments.
    Smith, Cyclical learning rates for training neural networks, 2017.
    """
    check_parts("lr_range_test", model, loss_fn, optimizer)
    check_loader("lr_range_test", loader)
    if not (isinstance(low, int | float) and isinstance(high, int | float) and 0 < low < high < np.inf):
        raise ValueError(f"lr_range_test: the rates must satisfy 0 < low < high, given low={low!r} and high={high!r}")
    if not isinstance(steps, int | np.integer) or steps < 2:
        raise ValueError(f"lr_range_test: steps must be a whole number, at least 2, given {steps!r}")
    rates, losses = np.geomspace(low, high, steps), []
    with tried_out(model, optimizer, loader) as twin, np.errstate(all="ignore"):  # that numbers overflow is the point
        model.train()
        for rate, batch in zip(rates, endless(loader), strict=False):
            for group in twin.param_groups:
                group["lr"] = float(rate)
            losses.append(one_step(model, loss_fn, twin, batch))
            if not np.isfinite(losses[-1]):
                break
    return rates[: len(losses)], np.array(losses)


def one_step(model, loss_fn, optimizer, batch):
    """The loss of a batch; the parameters are updated if it is finite."""
    inputs, target = pair_of("lr_range_test", batch)
    optimizer.zero_grad()
    loss = loss_fn(model(inputs), target)
    if np.isfinite(loss.item()):
        loss.backward()
        optimizer.step()
    return loss.item()


def endless(loader):
    """The batches of epoch after epoch."""
    while True:
        empty = True
        for batch in loader:
            empty = False
            yield batch
        if empty:
            raise ValueError("lr_range_test: the loader has no batches (an iterator can be used only once)")


@contextmanager
def tried_out(model: Module, optimizer: Optimizer, loader: Any) -> Iterator[Optimizer]:
    """A block with a twin of the optimizer over the same parameters, of which nothing is left when it ends.

    The parameters and buffers live in copies meanwhile, and get back their own arrays, to which not a number was
    written; the optimizer itself is not touched.
    """
    learned = [p for group in optimizer.param_groups for p in group["params"]]
    tensors = [*{id(t): t for t in [*learned, *model.parameters(), *model.buffers()]}.values()]
    arrays = [(t, t.array, t.grad) for t in tensors]
    attributes = [(module, dict(vars(module))) for module in model.modules()]  # modes; buffers that were exchanged
    states = [(g, g.get_state()) for g in generators_of(model, {"loader": loader}).values()]
    twin = deepcopy(optimizer, {id(p): p for p in learned})  # the memo: parameters are not copied
    try:
        for t, array, _ in arrays:
            t.array = array.copy()
        yield twin
    finally:
        for module, before in attributes:
            vars(module).clear()
            vars(module).update(before)
        for t, array, grad in arrays:
            t.array, t.grad = array, grad
        for generator, state in states:
            generator.set_state(state)
