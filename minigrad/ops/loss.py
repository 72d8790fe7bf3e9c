"""Losses in one step, where the textbook formula would overflow or round to nothing.

`reduction` is PyTorch's: "none" gives one loss per sample, "sum" and "mean" one number.
"""

import math

import numpy as np

from minigrad.engine import primitive
from minigrad.ops.elementwise import sigmoid
from minigrad.ops.reduce import softmax

TINY = math.exp(-100)


def _reduced(losses, reduction):
    if reduction == "none":
        return losses
    total = np.add.reduce(losses, axis=None)
    return total / losses.size if reduction == "mean" else total


def _share(g, shape, reduction):
    """What each loss, of that shape, gets of the gradient of what they were reduced to."""
    return g / math.prod(shape) if reduction == "mean" else g


@primitive()
def cross_entropy_from_logits(logits, *, target, reduction="none"):
    """-log softmax(logits)[target] along the last axis, in nats. logits (…, C), target (…) of class indices."""
    z = logits - np.maximum.reduce(logits, axis=-1, keepdims=True)
    rows = z.reshape(-1, z.shape[-1])
    chosen = rows[np.arange(len(rows)), target.reshape(-1)].reshape(target.shape)  # faster than take_along_axis
    return _reduced(np.log(np.add.reduce(np.exp(z), axis=-1)) - chosen, reduction)


cross_entropy_from_logits.defvjp(
    lambda g, out, logits, target, reduction="none": _share(g, target.shape, reduction)[..., None]
    * (softmax(logits, axis=-1) - _one_hot(target, logits.shape[-1]))
)  # fmt: skip


def _one_hot(target, n_classes):
    """True at each row's target class, on a new last axis."""
    return target[..., None] == np.arange(n_classes)


@primitive()
def binary_cross_entropy_from_logits(logits, target, *, reduction="none"):
    """-target log p - (1 - target) log(1 - p) with p = sigmoid(logits), in nats, finite for any finite logits."""
    wrong = (logits > 0) - target  # logits · wrong is max(logits, 0) − logits · target, without ∞ − ∞
    return _reduced(logits * wrong + np.log1p(np.exp(-np.abs(logits))), reduction)


binary_cross_entropy_from_logits.defvjp(
    lambda g, out, logits, target, reduction="none": _share(g, logits.shape, reduction) * (sigmoid(logits) - target),
    lambda g, out, logits, target, reduction="none": _share(g, logits.shape, reduction) * -logits
)  # fmt: skip


@primitive()
def binary_cross_entropy(p, target):
    """-target log p - (1 - target) log(1 - p), in nats; each log is cut off at -100, as in PyTorch."""
    return -target * _log(p) - (1 - target) * _log1m(p)


binary_cross_entropy.defvjp(lambda g, out, p, target: g * (p - target) / np.maximum(p * (1 - p), 1e-12),
                            lambda g, out, p, target: g * (_log1m(p) - _log(p)))  # fmt: skip


def _log(p):
    """log p, but -100 where it would be less; 0 stays finite, in the derivative too."""
    return np.where(p > TINY, np.log(np.where(p > TINY, p, 1)), -100)


def _log1m(p):
    """log(1 - p), but -100 where it would be less."""
    return np.where(p < 1, np.log1p(-np.where(p < 1, p, 0)), -100)
