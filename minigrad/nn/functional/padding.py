"""Laying numbers around a tensor: constants, or its own, seen in a mirror, repeated, or from the other side."""

from collections.abc import Sequence
from numbers import Real

import numpy as np

from minigrad.errors import signature_of
from minigrad.functions import contiguous, where
from minigrad.functions.arguments import need_tensor
from minigrad.ops import shape
from minigrad.tensor import Tensor

__all__ = ["pad"]


def pad(input: Tensor, pad: Sequence[int], mode: str = "constant", value: float | None = None) -> Tensor:
    """input with so many numbers more at the ends of its dimensions; a negative count cuts numbers off.

    pad: two counts, before and after, for the last dimension, then two for the one before it, and so on: (left, right,
    top, bottom) for images.  mode: "constant" lays value there (0 unless given); "reflect" mirrors what is inside, not
    repeating the edge; "replicate" repeats the edge; "circular" goes on at the other end.
    Raises ValueError for counts that do not pair up or that leave less than nothing.

    >>> [pad(minigrad.tensor([1, 2, 3]), (2, 1), mode).tolist() for mode in ("constant", "reflect", "circular")]
    [[0, 0, 1, 2, 3, 0], [3, 2, 1, 2, 3, 2], [2, 3, 1, 2, 3, 1]]
    """
    need_tensor("pad", input)
    if not isinstance(value, Real | None):
        raise TypeError(f"pad: value must be a number, but got {value!r}")
    ends = _ends(input, pad)
    if mode == "constant":
        return _surrounded(input, ends, 0 if value is None else value)
    if mode not in PLACES:
        raise ValueError(f"pad: mode must be 'constant', {', '.join(map(repr, PLACES))}, but got {mode!r}")
    if value is not None:
        raise ValueError(f"pad: mode {mode!r} takes its numbers from the input, so it has no use for value={value}")
    for dim, (before, after) in enumerate(ends):
        if before or after:
            n = input.shape[dim]
            if max(before, after) > MOST[mode](n):
                raise ValueError(
                    f"pad: {mode!r} has at most {MOST[mode](n)} numbers for each end of dimension {dim} of "
                    f"{signature_of(input)}, but {(before, after)} were asked for"
                )
            places = PLACES[mode](np.arange(-before, n + after), n)
            input = shape.getitem(input, index=(*(slice(None),) * dim, places))
    return contiguous(input)


PLACES = {  # mode → where in n numbers to look for the ones at these places, which begin before them and end behind
    "reflect": lambda places, n: n - 1 - np.abs(n - 1 - np.abs(places)),
    "replicate": lambda places, n: np.clip(places, 0, n - 1),
    "circular": lambda places, n: places % n,
}
MOST = {  # mode → how many numbers it can add at one end of n
    "reflect": lambda n: n - 1,
    "replicate": lambda n: np.inf if n else 0,
    "circular": lambda n: n,
}


def _ends(input, pad):
    """(before, after) for each dimension of input, in order."""
    counts = list(pad) if isinstance(pad, Sequence) else [pad]
    if len(counts) % 2 or len(counts) > 2 * input.ndim or not all(isinstance(n, int | np.integer) for n in counts):
        raise ValueError(
            f"pad: expected two integers for each dimension, last dimension first, so at most {2 * input.ndim} for "
            f"{signature_of(input)}, but got {tuple(counts)}"
        )
    pairs = list(zip(counts[::2], counts[1::2], strict=True))
    ends = [(0, 0)] * (input.ndim - len(pairs)) + pairs[::-1]
    for n, (before, after) in zip(input.shape, ends, strict=True):
        if n + before + after < 0 or -before > n or -after > n:
            raise ValueError(f"pad: {tuple(counts)} cuts off more of {signature_of(input)} than there is")
    return ends


def _surrounded(input, ends, value):
    """input cut by the negative ends, and value laid around it by the positive ones."""
    kept = [slice(max(-before, 0), n - max(-after, 0)) for n, (before, after) in zip(input.shape, ends, strict=True)]
    x = shape.getitem(input, index=tuple(kept))
    size = tuple(n + max(before, 0) + max(after, 0) for n, (before, after) in zip(x.shape, ends, strict=True))
    inside = tuple(slice(max(before, 0), max(before, 0) + n) for n, (before, _) in zip(x.shape, ends, strict=True))
    x = shape.setitem_add(x, shape=size, index=inside)
    if not value:
        return x
    border = np.ones(size, bool)
    border[inside] = False
    return where(border, x.dtype.type(value), x)
