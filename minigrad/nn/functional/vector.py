"""Functions of vectors: their directions, and vectors for the numbers of classes and words."""

import numpy as np

from minigrad.creation import make
from minigrad.errors import signature_of
from minigrad.functions import broadcast_to, clamp, norm, sum, where
from minigrad.tensor import Tensor

__all__ = ["cosine_similarity", "embedding", "normalize", "one_hot"]


def normalize(input: Tensor, p: float = 2.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    """input divided by its p-norm along dim, or by eps where that is smaller: vectors of length 1.

    >>> normalize(minigrad.tensor([[3.0, 4.0]]), p=1).tolist()
    [[0.4285714328289032, 0.5714285969734192]]
    """
    return input / clamp(norm(input, p, dim, keepdim=True), min=eps)


def cosine_similarity(x1: Tensor, x2: Tensor, dim: int = 1, eps: float = 1e-8) -> Tensor:
    """The cosine of the angle between vectors along dim, in [-1, 1]; lengths below eps count as eps.

    x1 and x2 are broadcast to one shape, which the result has without dim.  Raises ValueError if they cannot be.

    >>> cosine_similarity(minigrad.tensor([3.0, 4.0]), minigrad.tensor([4.0, 3.0]), 0).item()
    0.9600000381469727
    """
    x1, x2 = _of_one_shape("cosine_similarity", x1, x2)
    return sum(normalize(x1, 2.0, dim, eps) * normalize(x2, 2.0, dim, eps), dim)


def _of_one_shape(name, x, y):
    """x and y, broadcast to one shape."""
    try:
        shape = np.broadcast_shapes(x.shape, y.shape)
    except ValueError:
        raise ValueError(
            f"{name}: {signature_of(x)} and {signature_of(y)} do not broadcast to one shape; counted from the last "
            "dimension, sizes must be equal, or one of them 1"
        ) from None
    return [z if z.shape == shape else broadcast_to(z, shape) for z in (x, y)]


def one_hot(tensor: Tensor, num_classes: int = -1) -> Tensor:
    """For each integer of tensor a vector (int64) with 1 at its place and 0 elsewhere: (…,) becomes (…, num_classes).

    num_classes: one more than the largest integer unless given.  Raises ValueError for integers outside
    [0, num_classes), TypeError for anything but integers.

    >>> one_hot(minigrad.tensor([0, 2]), 3).tolist()
    [[1, 0, 0], [0, 0, 1]]
    """
    places = _integers("one_hot", "the tensor", tensor)
    if num_classes == -1:
        if not places.size:
            raise ValueError("one_hot: an empty tensor does not tell how many classes there are; give num_classes")
        if places.min() < 0:
            raise ValueError(f"one_hot: class {places.min()} is none; classes count from 0")
        num_classes = int(places.max()) + 1
    if num_classes < 1:
        raise ValueError(f"one_hot: num_classes must be positive, or -1 for as many as there are, but is {num_classes}")
    wrong = places[(places < 0) | (places >= num_classes)]
    if wrong.size:
        raise ValueError(f"one_hot: class {wrong[0]} is none of the {num_classes}, which are 0 to {num_classes - 1}")
    return make((places[..., None] == np.arange(num_classes)).astype(np.int64), False)  # (…, num_classes)


def embedding(input: Tensor, weight: Tensor, padding_idx: int | None = None) -> Tensor:
    """The rows of weight (V, D) at the integers of input: (…,) becomes (…, D).

    The gradients of a row that is taken more than once add up.  padding_idx: a row that gets no gradient; it may be
    negative, to count from the end.  Raises IndexError for integers outside [0, V), TypeError for anything else.
    """
    places = _integers("embedding", "input", input)
    if weight.ndim != 2:
        raise ValueError(f"embedding: weight must be (rows, size of a vector), but is {signature_of(weight)}")
    n = weight.shape[0]
    wrong = places[(places < 0) | (places >= n)]
    if wrong.size:
        raise IndexError(f"embedding: input holds {wrong[0]}, but weight {signature_of(weight)} has rows 0 to {n - 1}")
    rows = weight[places]  # (…, D)
    if padding_idx is None:
        return rows
    at = row_of("embedding", padding_idx, n)
    return where((places == at)[..., None], weight.detach()[at], rows)


def row_of(name: str, padding_idx: int, n: int) -> int:
    """padding_idx counted from the front of n rows. Raises ValueError if it is none of them."""
    if not (isinstance(padding_idx, int | np.integer) and -n <= padding_idx < n):
        raise ValueError(f"{name}: padding_idx must be a row, in [{-n}, {n - 1}], but got {padding_idx!r}")
    return padding_idx % n


def _integers(name, what, x):
    """x's numbers in an array of its own."""
    array = np.array(getattr(x, "array", x))
    if array.dtype.kind not in "iu":
        raise TypeError(f"{name}: {what} must hold integers, but is {signature_of(x)}; convert it with .long()")
    return array
