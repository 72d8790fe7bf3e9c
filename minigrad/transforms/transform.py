"""What a transform is, several in a row, and a data set seen through one."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from minigrad.functions import stack
from minigrad.tensor import Tensor
from minigrad.utils.data import Dataset, check_dataset, fetch

__all__ = ["Compose", "Transform", "Transformed", "transform_batch"]


class Transform:
    """A change to an item's input: subclass it and write `batch(x)`, which changes a whole batch of them.

    `transform(x)` changes one item, of any shape; `transform.batch(x)` N items along the first dimension, each with a
    random draw of its own, much faster than one by one.  Both return a new tensor and leave x as it is.
    """

    def batch(self, x: Tensor) -> Tensor:
        """Return the items x (N, …), each changed on its own; the subclass must say how."""
        raise NotImplementedError(f"{type(self).__name__} has no batch: define it to change the items x (N, …)")

    def __call__(self, x: Tensor) -> Tensor:
        """Return one item x, changed."""
        if not isinstance(x, Tensor):
            kind, given = type(self).__name__, type(x).__name__
            raise TypeError(f"{kind}: expected a tensor, given {given}; wrap it in mg.tensor(…)")
        return self.batch(x[None])[0]


class Compose(Transform):
    """Several transforms as one, the first first: `Compose([f, g])(x)` is `g(f(x))`.

    transforms: a sequence of transforms, or of any functions from one item to another.  Raises TypeError for others.

    >>> Compose([lambda x: x + 1, lambda x: x * 10])(mg.tensor([1.0])).tolist()
    [20.0]
    """

    def __init__(self, transforms: Sequence[Callable[[Tensor], Tensor]]) -> None:
        if not isinstance(transforms, Sequence) or not all(map(callable, transforms)):
            raise TypeError(f"Compose: transforms must be a list of functions or transforms, given {transforms!r}")
        self.transforms = list(transforms)

    def batch(self, x: Tensor) -> Tensor:
        """Return the items x (N, …) after each transform in turn."""
        for transform in self.transforms:
            x = transform_batch(transform, x)
        return x

    def __call__(self, x: Tensor) -> Tensor:
        """Return one item x after each transform in turn."""
        for transform in self.transforms:
            x = transform(x)
        return x


class Transformed(Dataset):
    """The items of `dataset` with `transform` applied to their input, anew each time an item is asked for.

    An item is an input, or a tuple or list that begins with it; what follows, such as the label, is passed on.
    transform: takes an input and returns another.  A loader that asks for a batch has it changed in one go by
    `transform.batch` where there is one.  Augment the training part only: `Transformed(train_set, RandomShift(2))`.
    Raises TypeError for a transform that cannot be called, for what is no data set, and for items of another kind.

    >>> pairs = mg.utils.data.TensorDataset(mg.tensor([1.0, 2.0]), mg.tensor([0, 1]))
    >>> x, label = Transformed(pairs, lambda x: x * 10)[1]
    >>> x.item(), label.item()
    (20.0, 1)
    """

    def __init__(self, dataset: Dataset | Sequence, transform: Callable[[Tensor], Tensor]) -> None:
        check_dataset("Transformed", dataset)
        if not callable(transform):
            raise TypeError(f"Transformed: transform must be a function or a transform, given {transform!r}")
        self.dataset = dataset
        self.transform = transform

    def __len__(self) -> int:
        """Return the number of items."""
        return len(self.dataset)

    def __getitem__(self, index: int) -> Any:
        """Return item `index`, its input changed."""
        return self._changed(self.dataset[index])

    def __getitems__(self, indices: np.ndarray) -> tuple | list:
        """Return the batch or the list of items at `indices`, whichever the data set gives, inputs changed."""
        batch = fetch(self.dataset, indices)
        if isinstance(batch, tuple):
            return transform_batch(self.transform, batch[0]), *batch[1:]
        return [self._changed(item) for item in batch]

    def _changed(self, item: Any) -> Any:
        if isinstance(item, Mapping | str) or (isinstance(item, tuple | list) and not item):
            raise TypeError(
                f"Transformed: an item must be an input or begin with one, as in (x, label), given {item!r:.60}; "
                f"transform items of other kinds in the data set's own __getitem__"
            )
        if isinstance(item, tuple | list):
            return self.transform(item[0]), *item[1:]
        return self.transform(item)


def transform_batch(transform: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """The items x (N, …), each changed: in one go if the transform can do that, else one by one."""
    if hasattr(transform, "batch"):
        return transform.batch(x)
    return stack([transform(item) for item in x])
