"""How good a model is, besides its loss.

`correct` and `top_k_correct` return one number per item: a Trainer takes them as metrics, because their mean over the
items of an epoch is just what it should be. The others are numbers about all items at once.
"""

import numpy as np

from minigrad.creation import from_numpy
from minigrad.errors import signature_of
from minigrad.tensor import Tensor

__all__ = [
    "accuracy", "confusion_matrix", "correct", "f1_score", "precision", "r2_score", "recall", "top_k_accuracy",
    "top_k_correct",
]  # fmt: skip

# ---- one number per item --------------------------------------------------------------------------------------------


def correct(output: Tensor, target: Tensor) -> Tensor:
    """Whether each item is classified as its target says, a bool tensor (N,).

    output: logits.  (N, C) of 2 or more classes, with targets (N,) of class indices: the largest must be the target's.
    (N,) or (N, 1) with targets of 0 and 1 in the same shape: it must be positive exactly where the target is 1.
    Raises ValueError for other shapes, TypeError for what are no tensors.

    >>> correct(mg.tensor([[2.0, 1.0], [0.5, 3.0]]), mg.tensor([0, 0])).tolist()
    [True, False]
    """
    if one_per_class("correct", output, target):
        return output.argmax(dim=1) == target
    return ((output > 0) == (target > 0.5)).flatten()


def top_k_correct(output: Tensor, target: Tensor, k: int = 5) -> Tensor:
    """Whether each item's class is among the k for which its logits are largest, a bool tensor (N,).

    output: logits (N, C).  target: class indices (N,).  Of equal logits the one of the lower class counts as larger, so
    that k=1 is `correct`; a NaN counts as larger than all. For a Trainer: `functools.partial(top_k_correct, k=3)`.
    Raises ValueError for k outside 1 to C, and for what the other metrics refuse.

    >>> top_k_correct(mg.tensor([[3.0, 2.0, 1.0], [3.0, 2.0, 1.0]]), mg.tensor([1, 2]), k=2).tolist()
    [True, False]
    """
    return from_numpy(among_the_first("top_k_correct", output, target, k))


# ---- numbers about all items together -------------------------------------------------------------------------------

# For a loader: accuracy(*collect(model, loader)). The mean of such numbers over batches is not their value over all.


def accuracy(output: Tensor, target: Tensor) -> float:
    """The share of items that are classified as their target says, 0 to 1: the mean of `correct`.

    >>> accuracy(mg.tensor([[2.0, 1.0], [0.5, 3.0]]), mg.tensor([0, 0]))
    0.5
    """
    labels = labels_of("accuracy", output, target)
    return float((predicted("accuracy", output) == labels).mean())


def top_k_accuracy(output: Tensor, target: Tensor, k: int = 5) -> float:
    """The share of items whose class is among the k likeliest, 0 to 1: the mean of `top_k_correct`."""
    found = among_the_first("top_k_accuracy", output, target, k)
    refuse_none("top_k_accuracy", output)
    refuse_nan("top_k_accuracy", output)
    return float(found.mean())


def confusion_matrix(output: Tensor, target: Tensor) -> np.ndarray:
    """How many items of class i were taken for class j, in row i and column j: int64 (C, C), in all N.

    output: logits (N, C), with targets (N,) of class indices; or logits of class 1 against class 0, (N,) or (N, 1),
    with targets of 0 and 1 in the same shape.  Raises ValueError for other shapes, for targets outside the classes, for
    NaN and for no items.

    >>> confusion_matrix(mg.tensor([[2.0, 1.0], [0.5, 3.0], [0.0, 1.0]]), mg.tensor([0, 0, 1]))
    array([[1, 1],
           [0, 1]])
    """
    return counted("confusion_matrix", output, target)


def precision(
    output: Tensor, target: Tensor, average: str | None = "macro", zero_division: float = 0.0
) -> float | np.ndarray:
    """TP / (TP + FP): of the items taken for a class, the share that belong to it, 0 to 1.

    output, target: as for `confusion_matrix`.  average: "macro", the mean over the classes, each counting the same;
    "micro", with TP and FP summed over the classes first, which for one class per item is the accuracy; None, an array
    (C,) with the number for each class (of two, the usual one is that of class 1).  zero_division: the number, 0 to 1,
    for a class to which nothing was assigned, 0 / 0.
    """
    true, assigned, _ = totals("precision", output, target, zero_division)
    return averaged("precision", true, assigned, average, zero_division)


def recall(
    output: Tensor, target: Tensor, average: str | None = "macro", zero_division: float = 0.0
) -> float | np.ndarray:
    """TP / (TP + FN): of the items that belong to a class, the share that were taken for it, 0 to 1.

    Arguments as for `precision`; 0 / 0 is a class of which there are no items.
    """
    true, _, there = totals("recall", output, target, zero_division)
    return averaged("recall", true, there, average, zero_division)


def f1_score(
    output: Tensor, target: Tensor, average: str | None = "macro", zero_division: float = 0.0
) -> float | np.ndarray:
    """2·TP / (2·TP + FP + FN): the harmonic mean of precision and recall, 0 to 1.

    Arguments as for `precision`; 0 / 0 is a class of which there are no items and to which nothing was assigned. With
    "macro" it is the mean of the classes' F1, not the F1 of the mean precision and recall.  van Rijsbergen 1979.

    >>> f1_score(mg.tensor([[2.0, 1.0], [0.5, 3.0], [0.0, 1.0]]), mg.tensor([0, 0, 1]), average=None)
    array([0.66666667, 0.66666667])
    """
    true, assigned, there = totals("f1_score", output, target, zero_division)
    return averaged("f1_score", 2 * true, assigned + there, average, zero_division)


def r2_score(output: Tensor, target: Tensor) -> float:
    """R² = 1 − Σ(y − ŷ)² / Σ(y − ȳ)²: how much better than guessing the mean ȳ of the targets y, 1 at best.

    output, target: ŷ and y, (N,) or (N, D) both; the mean of the R² of D columns. 0 is as good as the mean, less than 0
    is worse.  Raises ValueError for different shapes, no items, NaN, infinite targets, and a column of targets that are
    all the same.

    >>> r2_score(mg.tensor([1.0, 2.0, 4.0]), mg.tensor([1.0, 2.0, 3.0]))
    0.5
    """
    refuse_other_than_tensors("r2_score", output, target)
    if output.shape != target.shape or output.ndim not in (1, 2):
        raise ValueError(
            f"r2_score: output and target must both be (N,) or (N, D), given {signature_of(output)} and "
            f"{signature_of(target)}"
        )
    refuse_none("r2_score", output)
    refuse_nan("r2_score", output, target)
    if np.isinf(target.array).any():
        raise ValueError(f"r2_score: there are infinite numbers in the target {signature_of(target)}; leave them out")
    y, guess = (t.array.astype(np.float64).reshape(len(t), -1) for t in (target, output))  # (N, D)
    total = ((y - y.mean(axis=0)) ** 2).sum(axis=0)  # (D,)
    if (y == y[0]).all(axis=0).any():
        raise ValueError(
            f"r2_score: R² is not defined where all targets are the same, given {len(y)} of {y[0].tolist()}; "
            "give more items, or use the mean squared error"
        )
    return float((1 - ((y - guess) ** 2).sum(axis=0) / total).mean())


# ---- what they share ------------------------------------------------------------------------------------------------


def one_per_class(name: str, output: Tensor, target: Tensor) -> bool:
    """Whether output has a logit for each class, (N, C), and not one per item.  Raises ValueError for other shapes."""
    refuse_other_than_tensors(name, output, target)
    # One logit per item and targets (N,) are refused: are these (N, 1) flattened, or indices of a class that is alone?
    if output.ndim == 2 and output.shape[1] > 1 and target.shape == output.shape[:1]:
        return True
    if output.ndim and output.shape == target.shape and output.shape[1:] in ((), (1,)):
        return False
    raise ValueError(
        f"{name}: expected logits (N, C) with class indices (N,), or logits and targets both (N,) or (N, 1); given "
        f"logits {signature_of(output)} and target {signature_of(target)}"
    )


def labels_of(name: str, output: Tensor, target: Tensor) -> np.ndarray:
    """The targets (N,) as indices into C classes, 2 for one logit per item.  Raises ValueError if they are none."""
    many = one_per_class(name, output, target)
    labels, classes = target.array.reshape(-1), output.shape[1] if many else 2
    whole = labels.dtype.kind in "biu" or (not many and (labels == np.floor(labels)).all())  # for BCE they are floats
    if not whole or ((labels < 0) | (labels >= classes)).any():
        raise ValueError(
            f"{name}: the targets of {classes} classes must be integers from 0 to {classes - 1}, given "
            f"{signature_of(target)}{f' from {labels.min()} to {labels.max()}' if labels.size else ''}"
        )
    return labels.astype(np.int64)


def predicted(name: str, output: Tensor) -> np.ndarray:
    """The class (N,) for which each item's logits speak.  Raises ValueError for NaN and for no items."""
    refuse_none(name, output)
    refuse_nan(name, output)
    many = output.ndim == 2 and output.shape[1] > 1
    return output.array.argmax(axis=1) if many else (output.array.reshape(-1) > 0).astype(np.int64)


def among_the_first(name, output, target, k):
    """Whether each item's class is among the k with the largest logits, bool (N,)."""
    labels = labels_of(name, output, target)  # (N,)
    if not one_per_class(name, output, target):
        raise ValueError(f"{name}: output must be logits (N, C), given {signature_of(output)}")
    classes = output.shape[1]
    if not isinstance(k, int | np.integer) or isinstance(k, bool) or not 1 <= k <= classes:
        raise ValueError(
            f"{name}: k must be an integer from 1 to the number of classes, given k={k!r} and {classes} classes"
        )
    own = output.array[np.arange(len(labels)), labels][:, np.newaxis]  # (N, 1)
    behind = (output.array < own) | ((output.array == own) & (np.arange(classes) >= labels[:, np.newaxis]))  # (N, C)
    return (~behind).sum(axis=1) < k


def counted(name, output, target):
    """The confusion matrix."""
    labels = labels_of(name, output, target)
    classes = output.shape[1] if output.ndim == 2 and target.ndim == 1 else 2
    return np.bincount(classes * labels + predicted(name, output), minlength=classes**2).reshape(classes, classes)


def totals(name, output, target, zero_division):
    """For each class (C,): the items rightly assigned to it, all those assigned to it, and all that belong to it."""
    if not isinstance(zero_division, int | float) or not 0 <= zero_division <= 1:
        raise ValueError(f"{name}: zero_division must be a number from 0 to 1, given {zero_division!r}")
    matrix = counted(name, output, target)
    return np.diag(matrix), matrix.sum(axis=0), matrix.sum(axis=1)


def averaged(name, part, whole, average, zero_division):
    """part / whole for each class, the mean of that, or the quotient of their sums."""
    if average not in ("macro", "micro", None):
        raise ValueError(f"{name}: average must be 'macro', 'micro' or None, given {average!r}")
    if average == "micro":
        return float(part.sum() / whole.sum())
    shares = np.where(whole == 0, float(zero_division), part / np.where(whole == 0, 1, whole))  # (C,)
    return shares if average is None else float(shares.mean())


def refuse_other_than_tensors(name, output, target):
    """Raise TypeError unless both are tensors."""
    for what, given in (("output", output), ("target", target)):
        if not isinstance(given, Tensor):
            raise TypeError(f"{name}: the {what} must be a tensor, given {given!r:.60}; wrap it in mg.tensor(…)")


def refuse_none(name, output):
    """Raise ValueError if there are no items, or none in them."""
    if not output.array.size:
        raise ValueError(f"{name}: there are no items to measure, given {signature_of(output)}; is the loader empty?")


def refuse_nan(name, *tensors):
    """Raise ValueError for NaN."""
    for t in tensors:
        if np.isnan(t.array).any():
            raise ValueError(f"{name}: there are NaN in {signature_of(t)}; has training diverged? See detect_anomaly()")
