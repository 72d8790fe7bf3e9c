"""What a model says about data: in eval mode, without recording, leaving it as it was."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from minigrad.autograd import no_grad
from minigrad.functions import cat
from minigrad.nn import Module
from minigrad.tensor import Tensor
from minigrad.utils.data import Dataset

__all__ = ["collect", "evaluating", "pair_of", "predict"]

BATCH = 1000  # rows of a tensor that go through the model at once: enough to be fast, few enough for the memory


def predict(model: Module, loader_or_tensor: Any) -> Tensor:
    """The model's outputs for all items, one after the other: (N, …).

    loader_or_tensor: a tensor of inputs (N, …); or a loader whose batches are inputs, or begin with them: the targets
    in pairs (inputs, target) are not looked at. Its order is the outputs', so it had better not shuffle.
    Raises TypeError for a data set without a loader, ValueError when there are no items.
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
    """For each batch, which begins with inputs, the model's output and what comes last in the batch."""
    with evaluating(model):
        return [(model(inputs), last) for inputs, *_, last in batches]


def batches_of(loader_or_tensor: Any) -> Iterable[tuple]:
    """Batches that begin with inputs: of a loader, or of a tensor's rows."""
    if isinstance(loader_or_tensor, Dataset):
        raise TypeError(
            f"predict: {type(loader_or_tensor).__name__} is a data set, which has items but no batches; give "
            "DataLoader(data, batch_size=…), or a tensor of inputs"
        )
    if not isinstance(loader_or_tensor, Tensor):
        return ((b, None) if isinstance(b, Tensor) else (*b, None) for b in loader_or_tensor)
    if loader_or_tensor.ndim == 0:
        raise ValueError("predict: a tensor of inputs has one row per item, but this one has shape ()")
    rows = loader_or_tensor.shape[0]
    return ((loader_or_tensor[start : start + BATCH], None) for start in range(0, rows, BATCH))


def joined(name: str, parts: list[Tensor]) -> Tensor:
    """The parts in one tensor.  Raises ValueError if there are no items in them."""
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
