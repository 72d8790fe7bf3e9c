"""Inputs with mean 0 and standard deviation 1."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from minigrad.creation import from_numpy
from minigrad.tensor import Tensor
from minigrad.transforms.transform import Transform
from minigrad.utils.data import DataLoader, Dataset

__all__ = ["Standardize"]


class Standardize(Transform):
    """(x − mean) / std of each feature, with the mean and the standard deviation of the data it was fitted on.

    Fit it on the training part only: the mean of all the data tells the model about the items it is to be tested on.
    dim: over which dimensions of the fitted batch (N, …) to average: 0, the default, gives each feature its own mean
    and std; (0, 2, 3) each channel of images (N, C, H, W).  A feature that never changes is divided by 1.
    `mean` and `std` (biased, ÷N) are float64 tensors of the shape of an item, with 1 for averaged dimensions, and None
    before `fit`.  Raises RuntimeError when it is used unfitted.

    >>> areas = mg.tensor([[80.0], [100.0], [120.0]])
    >>> scale = Standardize().fit(areas)
    >>> scale(mg.tensor([140.0])).item(), scale.inverse(scale(areas)).tolist()
    (2.4494898319244385, [[80.0], [100.0], [120.0]])
    """

    def __init__(self, dim: int | tuple[int, ...] = 0) -> None:
        self.dim = tuple(dim) if isinstance(dim, tuple | list) else (dim,)
        whole = all(isinstance(each, int) and not isinstance(each, bool) for each in self.dim)
        if not whole or 0 not in self.dim or min(self.dim) < 0 or len(set(self.dim)) < len(self.dim):
            raise ValueError(
                "Standardize: dim must be 0, over which the items lie, or several dimensions from 0 on with 0 among "
                f"them, each once, given {dim!r}"
            )
        self.mean: Tensor | None = None
        self.std: Tensor | None = None

    def fit(self, data: Tensor | Dataset | Sequence) -> "Standardize":
        """Take mean and standard deviation from data, and return the fitted transform.

        data: inputs (N, …), or a data set whose items begin with the input.  Raises ValueError when there are no items
        or a number is not finite, and TypeError when the numbers are not floats; nothing has changed then.
        """
        x = inputs_of(data)  # (N, …)
        if x.dtype.kind != "f":
            raise TypeError(f"Standardize.fit: expected floats, given {x.dtype}; convert the data first")
        if x.ndim <= max(self.dim) or x.size == 0:
            raise ValueError(
                f"Standardize.fit: expected inputs (N, …) with N at least 1, averaged over dim {self.dim}, "
                f"given shape {x.shape}"
            )
        if not np.isfinite(x).all():
            place = tuple(np.argwhere(~np.isfinite(x))[0].tolist())
            raise ValueError(f"Standardize.fit: the data hold {x[place]} at {place}; remove or replace it first")
        x = x.astype(np.float64)
        low = x.min(self.dim, keepdims=True)  # from here on a constant feature is exactly 0, and so is its deviation
        std = (x - low).std(self.dim, keepdims=True)
        self.mean = from_numpy((low + (x - low).mean(self.dim, keepdims=True)).reshape(low.shape[1:]))
        self.std = from_numpy(np.where(std == 0, 1, std).reshape(low.shape[1:]))
        return self

    def transform(self, x: Tensor) -> Tensor:
        """Return x standardised: an item, or items (N, …) of the shape that it was fitted on; dtype as x."""
        mean, std = self._fitted("transform", x)
        return from_numpy(np.asarray((x.numpy() - mean) / std, x.dtype))

    def inverse(self, x: Tensor) -> Tensor:
        """Return x, standardised before, in its own units again: x · std + mean; dtype as x."""
        mean, std = self._fitted("inverse", x)
        return from_numpy(np.asarray(x.numpy() * std + mean, x.dtype))

    __call__ = batch = transform  # each number for itself: an item and a batch of items are all the same

    def _fitted(self, name: str, x: Tensor) -> tuple[np.ndarray, np.ndarray]:
        if self.mean is None or self.std is None:
            raise RuntimeError(f"Standardize.{name}: not fitted yet; call fit(the training part) first")
        if not isinstance(x, Tensor) or x.dtype.kind != "f":
            given = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(f"Standardize.{name}: expected a tensor of floats, given {given}")
        shape = self.mean.shape
        ends = x.shape[max(0, x.ndim - len(shape)) :]
        fits = len(ends) == len(shape) and all(mean in (size, 1) for mean, size in zip(shape, ends, strict=True))
        if not fits or x.ndim > len(shape) + 1:
            raise ValueError(
                f"Standardize.{name}: fitted on items whose mean has shape {shape}, given shape {x.shape}; give "
                f"one such item or a batch (N, …) of them"
            )
        return self.mean.numpy(), self.std.numpy()


def inputs_of(data: Any) -> np.ndarray:
    """The inputs (N, …) of a tensor or of all items of a data set."""
    if isinstance(data, Tensor):
        return data.numpy()
    if not hasattr(data, "__len__") or not hasattr(data, "__getitem__"):
        raise TypeError(
            f"Standardize.fit: expected a tensor of inputs or a data set, given {type(data).__name__}; "
            "from a loader take its dataset"
        )
    if not len(data):
        raise ValueError(f"Standardize.fit: the {type(data).__name__} is empty; there is nothing to fit on")
    [batch] = DataLoader(data, batch_size=len(data))
    inputs = batch[0] if isinstance(batch, list) else batch
    if not isinstance(inputs, Tensor):
        raise TypeError(f"Standardize.fit: items must begin with an input of numbers, given batches of {batch!r:.60}")
    return inputs.numpy()
