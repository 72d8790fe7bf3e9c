"""What a model says about data: in eval mode, without recording, leaving it as it was."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import numpy as np

from minigrad.autograd import no_grad
from minigrad.errors import signature_of
from minigrad.functions import cat
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.utils.data import Dataset

__all__ = ["check_loader", "collect", "evaluating", "pair_of", "predict"]

BATCH = 1000  # rows of a tensor that go through the model at once: enough to be fast, few enough for the memory


def predict(model: Module, loader_or_tensor: Any) -> Tensor:
    """The model's outputs for all items, one after the other: (N, …).

    loader_or_tensor: a tensor of inputs (N, …); or a loader whose batches are inputs, or begin with them: the targets
    in pairs (inputs, target) are not looked at. Its order is the outputs', so it had better not shuffle.
    Raises TypeError for what is neither, a data set without a loader included, ValueError when there are no items.
    """
    return joined("predict", [output for output, _ in outputs(model, batches_of(loader_or_tensor))])


def collect(model: Module, loader: Any) -> tuple[Tensor, Tensor]:
    """The model's outputs (N, …) for all items of a loader of pairs, and their targets (N, …), for metrics of them all.

    Raises ValueError when there are no items, or batches that are no pairs.

    >>> model = mg.nn.Linear(2, 1)
    >>> output, target = collect(model, mg.utils.data.DataLoader(mg.datasets.XOR(), batch_size=3))
    >>> output.shape, target.shape
    ((4, 1), (4, 1))
    """
    check_loader("collect", loader)
    found = list(outputs(model, (pair_of("collect", batch) for batch in loader)))
    return joined("collect", [output for output, _ in found]), joined("collect", [target for _, target in found])


@contextmanager
def evaluating(model: Module) -> Iterator[None]:
    """A block in which the model is in eval mode and nothing is recorded; then each module is in the mode it was in."""
    modes = [(module, module.training) for module in model.modules()]
    model.eval()
    try:
        with no_grad():
            yield
    finally:
        for module, training in modes:
            module.training = training


def outputs(model, batches):
    """For each pair (inputs, target), the model's output and the target."""
    with evaluating(model):
        return [(model(inputs), target) for inputs, target in batches]


def batches_of(loader_or_tensor: Any) -> Iterable[tuple[Tensor, None]]:
    """Pairs (inputs, None): the batches of a loader, or of a tensor's rows."""
    if not isinstance(loader_or_tensor, Tensor):
        check_loader("predict", loader_or_tensor)
        return ((inputs_of(batch), None) for batch in loader_or_tensor)
    if loader_or_tensor.ndim == 0:
        raise ValueError("predict: a tensor of inputs has one row per item, but this one has shape ()")
    rows = loader_or_tensor.shape[0]
    return ((loader_or_tensor[start : start + BATCH], None) for start in range(0, rows, BATCH))


def inputs_of(batch: Any) -> Tensor:
    """The inputs, with which a batch begins.  Raises ValueError for a batch without any."""
    first = batch[0] if isinstance(batch, Sequence) and len(batch) else batch
    if not isinstance(first, Tensor):
        raise ValueError(
            f"predict: a batch must be inputs, a tensor, or begin with them, given {signature_of(batch)}; give the "
            "loader a collate_fn that returns that"
        )
    return first


def check_loader(name: str, loader: Any) -> None:
    """Raise TypeError for what does not deal out batches: a data set, a tensor, an array, or nothing iterable."""
    if isinstance(loader, Dataset):
        raise TypeError(
            f"{name}: {type(loader).__name__} is a data set, which has items but no batches; give "
            "DataLoader(data, batch_size=…)"
        )
    if isinstance(loader, Tensor | np.ndarray | str) or not isinstance(loader, Iterable):
        raise TypeError(
            f"{name}: expected a loader, which deals out batches, given {signature_of(loader)}; give DataLoader(…)"
        )


def joined(name: str, parts: list[Tensor]) -> Tensor:
    """The parts in one tensor.  Raises ValueError if there are no items in them."""
    for part in parts:
        if not isinstance(part, Tensor) or part.ndim == 0:
            shape = f"shape {part.shape}" if isinstance(part, Tensor) else f"a {type(part).__name__}"
            raise ValueError(f"{name}: the model must return a tensor with one row per item, but it returned {shape}")
    if not sum(len(part) for part in parts):
        raise ValueError(f"{name}: there are no items; the loader is empty, or an iterator that was used up before")
    return cat(parts)


def pair_of(name: str, batch: Any) -> tuple[Tensor, Tensor]:
    """The inputs and the target of a batch. Raises ValueError for a batch that is no pair."""
    try:
        inputs, target = batch
    except (TypeError, ValueError):
        raise ValueError(
            f"{name}: a batch must be a pair (inputs, target), given {type(batch).__name__}; make the data set's "
            "items pairs, or give the loader a collate_fn that returns them"
        ) from None
    return inputs, target
