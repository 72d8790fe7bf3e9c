"""Data sets, and the loader that deals them out in batches (PyTorch's `torch.utils.data`)."""

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import numpy as np

from minigrad.creation import from_numpy, tensor
from minigrad.functions import stack
from minigrad.random import Generator, numpy_generator
from minigrad.tensor import Tensor

__all__ = ["DataLoader", "Dataset", "Subset", "TensorDataset", "default_collate", "k_fold", "random_split"]


class Dataset:
    """Something with a length and items: subclass it and write `__len__` and `__getitem__(index)`.

    A subclass that can deal out a whole batch faster than item by item may add `__getitems__(indices)`, which takes an
    integer array (B,) and returns a list of items, as in PyTorch, or the finished batch: a tuple of tensors, each with
    the batch dimension first.
    """

    def __len__(self) -> int:
        """Return the number of items; the subclass must say how."""
        raise NotImplementedError(f"{type(self).__name__} has no __len__: define it to return the number of items")

    def __getitem__(self, index: int) -> Any:
        """Return item `index`; the subclass must say how."""
        raise NotImplementedError(f"{type(self).__name__} has no __getitem__: define it to return item number `index`")


class TensorDataset(Dataset):
    """Item i is the tuple of row i of each tensor.

    tensors: one or more, all with the same first dimension N.  Raises TypeError for anything but tensors, ValueError
    for differing lengths.

    >>> x, y = TensorDataset(mg.tensor([[1.0, 2.0], [3.0, 4.0]]), mg.tensor([0, 1]))[1]
    >>> x.tolist(), y.item()
    ([3.0, 4.0], 1)
    """

    def __init__(self, *tensors: Tensor) -> None:
        if not tensors:
            raise ValueError("TensorDataset: no tensors given; give at least one: TensorDataset(inputs, targets)")
        for i, each in enumerate(tensors):
            if not isinstance(each, Tensor):
                raise TypeError(f"TensorDataset: argument {i} is a {type(each).__name__}; wrap it in mg.tensor(…)")
        shapes = [each.shape for each in tensors]
        if () in shapes or len({shape[0] for shape in shapes}) > 1:
            raise ValueError(
                f"TensorDataset: shapes {', '.join(map(str, shapes))} do not have the same first dimension; "
                f"every tensor needs one row per item"
            )
        self.tensors = tensors

    def __len__(self) -> int:
        """Return N, the number of items."""
        return self.tensors[0].shape[0]

    def __getitem__(self, index: int) -> tuple:
        """Return row `index` of each tensor."""
        return tuple(each[index] for each in self.tensors)

    def __getitems__(self, indices: np.ndarray) -> tuple[Tensor, ...]:
        """Return the rows at `indices` of each tensor, copied: one indexing per tensor makes the whole batch."""
        return tuple(_rows(each, indices) for each in self.tensors)


class Subset(Dataset):
    """The items of `dataset` at `indices`, in that order; repeats are allowed.

    indices: integers in [-N, N).  Raises TypeError for a mask or for fractions, IndexError for an index out of range.
    """

    def __init__(self, dataset: Dataset | Sequence, indices: Sequence[int] | np.ndarray | Tensor) -> None:
        check_dataset("Subset", dataset)
        given = np.asarray(indices.numpy() if isinstance(indices, Tensor) else indices)
        if given.ndim != 1 or (given.size and given.dtype.kind not in "iu"):
            raise TypeError(
                f"Subset: indices must be a sequence of integers, given {given.dtype} of shape {given.shape}; "
                f"turn a mask into indices by np.flatnonzero(mask)"
            )
        outside = given[(given < -len(dataset)) | (given >= len(dataset))]
        if outside.size:
            raise IndexError(f"Subset: index {outside[0]} is out of range for a data set of {len(dataset)} items")
        self.dataset = dataset
        self.indices = given.astype(np.intp)

    def __len__(self) -> int:
        """Return the number of indices."""
        return len(self.indices)

    def __getitem__(self, index: int) -> Any:
        """Return item `indices[index]` of the whole data set."""
        return self.dataset[self.indices[index].tolist()]  # a Python int

    def __getitems__(self, indices: np.ndarray) -> tuple | list:
        """Return the batch or the list of items at `indices`, whichever the whole data set gives."""
        return fetch(self.dataset, self.indices[indices])


class DataLoader:
    """Deal out a data set in batches; each pass of a `for` loop is one epoch.

    dataset: anything with a length and items.  A batch has the structure of an item with a batch dimension in front:
    items (x, y) come as [x (B, …), y (B, …)].  The last batch is short where `batch_size` does not divide N, or left
    out with `drop_last`.  collate_fn: takes a list of items, returns the batch.
    num_workers, pin_memory, timeout, worker_init_fn, prefetch_factor, persistent_workers: taken so that PyTorch's
    scripts run, and without effect.  Batches are made in the process that asks for them: the data are arrays in memory,
    and sending a batch would cost more than taking it.
    With `shuffle`, `iter(loader)` draws the order of one epoch from `generator` (default: the global one), and nothing
    else does: the generator's state before an epoch determines the epoch.
    Raises ValueError for an empty data set, a batch size below 1 and a negative number of workers.

    >>> pairs = TensorDataset(mg.arange(5), mg.arange(5) * 2)
    >>> [x.tolist() for x, y in DataLoader(pairs, batch_size=2)]
    [[0, 1], [2, 3], [4]]
    """

    def __init__(
        self,
        dataset: Dataset | Sequence,
        batch_size: int = 1,
        shuffle: bool = False,
        *,
        num_workers: int = 0,
        collate_fn: Callable[[list], Any] | None = None,
        pin_memory: bool = False,
        drop_last: bool = False,
        timeout: float = 0,
        worker_init_fn: Callable[[int], None] | None = None,
        generator: Generator | None = None,
        prefetch_factor: int | None = None,
        persistent_workers: bool = False,
    ) -> None:
        check_dataset("DataLoader", dataset)
        if len(dataset) == 0:
            raise ValueError(f"DataLoader: the {type(dataset).__name__} is empty; there is nothing to load")
        if not isinstance(batch_size, int | np.integer) or isinstance(batch_size, bool):
            raise TypeError(f"DataLoader: batch_size must be an integer, given {batch_size!r}")
        if batch_size < 1:
            raise ValueError(f"DataLoader: batch_size must be at least 1, given {batch_size}")
        if not isinstance(num_workers, int | np.integer) or isinstance(num_workers, bool) or num_workers < 0:
            raise ValueError(
                f"DataLoader: num_workers must be 0 or a positive integer, given {num_workers!r}; any number gives the "
                f"same batches, made in this process"
            )
        if collate_fn is not None and not callable(collate_fn):
            raise TypeError(f"DataLoader: collate_fn must be a function of a list of items, given {collate_fn!r:.60}")
        numpy_generator(generator)  # raises TypeError now rather than in the first epoch
        self.dataset = dataset
        self.batch_size = int(batch_size)
        self.shuffle = bool(shuffle)
        self.collate_fn = collate_fn
        self.drop_last = drop_last
        self.generator = generator

    def __len__(self) -> int:
        """Return the number of batches in an epoch."""
        full, rest = divmod(len(self.dataset), self.batch_size)
        return full if self.drop_last or not rest else full + 1

    def __iter__(self) -> Iterator[Any]:
        """Draw the order of an epoch, now, and return the iterator over its batches."""
        n = len(self.dataset)
        order = numpy_generator(self.generator).permutation(n) if self.shuffle else np.arange(n)
        starts = range(0, len(self) * self.batch_size, self.batch_size)
        return (self._batch(order[start : start + self.batch_size]) for start in starts)

    def _batch(self, indices: np.ndarray) -> Any:
        if self.collate_fn is not None:
            return self.collate_fn([self.dataset[i] for i in indices.tolist()])
        batch = fetch(self.dataset, indices)
        return list(batch) if isinstance(batch, tuple) else default_collate(batch)


def random_split(
    dataset: Dataset | Sequence, lengths: Sequence[int | float], generator: Generator | None = None
) -> list[Subset]:
    """Subsets that together hold every item of `dataset` once, dealt out at random.

    lengths: how many items go into each, summing to N; or fractions summing to 1, rounded down, with what is left over
    going one by one to the first subsets.  Warns where a fraction is too small for a single item.  Raises ValueError
    for lengths that do not add up, TypeError for what are no numbers and no data set.

    >>> [len(part) for part in random_split(range(10), [0.75, 0.25])]
    [8, 2]
    """
    check_dataset("random_split", dataset)
    numbers = int | float | np.integer | np.floating
    if not isinstance(lengths, Sequence | np.ndarray) or not all(isinstance(each, numbers) for each in lengths):
        raise TypeError(f"random_split: lengths must be a list of numbers, as in [0.8, 0.2], given {lengths!r:.60}")
    n = len(dataset)
    counts = _counts_from_fractions(n, lengths) if math.isclose(sum(lengths), 1) else list(lengths)
    if sum(counts) != n or not all(isinstance(count, int | np.integer) and count >= 0 for count in counts):
        raise ValueError(
            f"random_split: lengths {list(lengths)} sum to {sum(lengths)}; give integers that sum to the {n} items of "
            f"the data set, or fractions that sum to 1, none of them negative"
        )
    order = numpy_generator(generator).permutation(n)
    return [Subset(dataset, order[end - count : end]) for count, end in zip(counts, accumulate(counts), strict=True)]


def k_fold(
    dataset: Dataset | Sequence,
    k: int = 5,
    generator: Generator | None = None,
    *,
    labels: Tensor | np.ndarray | Sequence[int] | None = None,
) -> list[tuple[Subset, Subset]]:
    """k pairs (train, validation) of subsets, in which every item is for validation exactly once.

    The order is drawn once from `generator`; sizes of the validation parts differ by at most one.  labels: the class of
    each item (N,), to stratify: the parts then also have equally many of each class, give or take one (a class with
    fewer than k items is missing from some).  Each part keeps the order of the data set: shuffle in the loader.
    Raises TypeError for a k that is no integer, ValueError for k below 2 or above N and for other than N labels.
    Stone, Cross-validatory choice and assessment of statistical predictions, 1974.

    >>> [(len(train), len(validation)) for train, validation in k_fold(range(10), k=3)]
    [(6, 4), (7, 3), (7, 3)]
    """
    check_dataset("k_fold", dataset)
    n = len(dataset)
    if not isinstance(k, int | np.integer) or isinstance(k, bool):
        raise TypeError(f"k_fold: k must be an integer, given {k!r}")
    if not 2 <= k <= n:
        raise ValueError(f"k_fold: k must be from 2 to the number of items, given k={k} and {n} items")
    order = numpy_generator(generator).permutation(n) if labels is None else _by_class(n, labels, generator)
    parts = [np.sort(order[i::k]) for i in range(k)]  # like cards: neighbours, and so a class, spread over all parts
    everything = np.arange(n)
    return [(Subset(dataset, np.setdiff1d(everything, part)), Subset(dataset, part)) for part in parts]


def _by_class(n: int, labels: Any, generator: Generator | None) -> np.ndarray:
    """The indices of n items, in random order within each class, one class after the other."""
    classes = np.asarray(labels.numpy() if isinstance(labels, Tensor) else labels)
    if classes.dtype.kind == "O":
        raise TypeError(f"k_fold: labels must be one class per item, a number or a word, given {labels!r:.60}")
    if classes.shape != (n,):
        raise ValueError(
            f"k_fold: labels have shape {classes.shape} but the data set has {n} items; give one class per item, ({n},)"
        )
    order = numpy_generator(generator).permutation(n)
    return order[np.argsort(classes[order], kind="stable")]


def default_collate(batch: list) -> Any:
    """One batch out of a list of B items, keeping their structure.

    Tensors and arrays of equal shape are stacked into (B, …); ints become int64 (B,), bools bool, floats the default
    dtype (PyTorch: float64); tuples and lists become a list and dicts a dict of batches; strings stay a list.
    Raises ValueError where items differ in type, shape, length or keys, TypeError for other things.
    """
    if not isinstance(batch, list | tuple):
        raise TypeError(f"default_collate: expected a list of items, given {type(batch).__name__}")
    if not batch:
        raise ValueError("default_collate: the batch is empty; give at least one item")
    first = batch[0]
    if isinstance(first, str | bytes):
        return batch
    if all(isinstance(item, int | float) for item in batch):
        return tensor(batch)
    _check_alike(batch, "type", lambda item: type(item).__name__)
    if isinstance(first, Tensor):
        _check_alike(batch, "shape", lambda item: item.shape)
        return stack(batch)
    if isinstance(first, np.ndarray | np.generic):
        _check_alike(batch, "shape", lambda item: item.shape)
        return from_numpy(np.stack(batch))
    if isinstance(first, Mapping):
        _check_alike(batch, "keys", sorted)
        return {key: default_collate([item[key] for item in batch]) for key in first}
    if isinstance(first, Sequence):
        _check_alike(batch, "length", len)
        columns = [default_collate(list(column)) for column in zip(*batch, strict=True)]
        return type(first)(*columns) if hasattr(first, "_fields") else columns  # a namedtuple keeps its names
    raise TypeError(
        f"default_collate: cannot batch items of type {type(first).__name__}; return tensors, arrays, numbers, "
        f"strings, or tuples, lists and dicts of these, or give DataLoader a collate_fn"
    )


def check_dataset(name: str, dataset: Any) -> None:
    """Raise TypeError for what has no length or no items."""
    if not (hasattr(dataset, "__len__") and hasattr(dataset, "__getitem__")):
        raise TypeError(f"{name}: a data set needs __len__ and __getitem__, and {type(dataset).__name__} lacks one")


def fetch(dataset: Any, indices: np.ndarray) -> tuple | list:
    """The finished batch, a tuple, from a data set that offers one; the list of items from any other."""
    # A subclass that redefines __getitem__ alone (an augmentation, say) must not be bypassed by the inherited
    # __getitems__: of the two, what the most derived class defines counts.
    for cls in type(dataset).__mro__:
        if "__getitems__" in vars(cls):
            return dataset.__getitems__(indices)
        if "__getitem__" in vars(cls):
            break
    return [dataset[i] for i in indices.tolist()]


def _rows(x: Tensor, indices: np.ndarray) -> Tensor:
    """x[indices], copied."""
    if x.tracked:
        return x[indices]
    # Nothing is to be recorded, so the table can be passed by: for a batch of small rows it costs more than the copy.
    return from_numpy(x.array.take(indices, axis=0))


def _check_alike(batch: list, what: str, of: Callable[[Any], Any]) -> None:
    """Raise ValueError unless `of` gives the same for all items."""
    expected = of(batch[0])
    for i, item in enumerate(batch):
        if of(item) != expected:
            raise ValueError(
                f"default_collate: item {i} of the batch has {what} {of(item)} but item 0 has {what} {expected}; "
                f"make the items alike, or give DataLoader a collate_fn that pads or crops them"
            )


def _counts_from_fractions(n: int, fractions: Sequence[float]) -> list[int]:
    """How many of n items each fraction gets, summing to n."""
    for fraction in fractions:
        if not 0 <= fraction <= 1:
            raise ValueError(f"random_split: fractions must be in [0, 1], given {fraction} in {list(fractions)}")
    counts = [math.floor(n * fraction) for fraction in fractions]
    for i in range(n - sum(counts)):
        counts[i % len(counts)] += 1
    for fraction, count in zip(fractions, counts, strict=True):
        if count == 0:
            warnings.warn(f"random_split: {fraction} of {n} items is less than one: an empty subset", stacklevel=3)
    return counts
