"""How far one distribution is from another."""

import warnings

import numpy as np

from minigrad.functions import exp, log, where
from minigrad.nn.functional.reduction import in_unit_interval, known_reduction, reduced, refuse_empty_mean, same_shape
from minigrad.ops import reduce
from minigrad.tensor import Tensor

__all__ = ["kl_div"]

ROUNDING = 1e-4  # how far above 0 a log probability may be: less than that of the likeliest of 10 000 classes


def kl_div(input: Tensor, target: Tensor, *, reduction: str = "mean", log_target: bool = False) -> Tensor:
    """target·(log target - input), reduced: what it costs to take the distribution input for target, in nats.

    input: log probabilities (log_softmax).  target: probabilities, or with log_target their logs, in the same shape.
    What has probability 0 in target costs nothing, also where input is -inf; PyTorch returns NaN there.
    reduction: "batchmean", the sum over the first dimension's size, is the divergence of a batch (N, C) (Kullback,
    Leibler 1951). "mean", the default as in PyTorch, divides by N·C and warns.  The others as everywhere.
    Raises ValueError for what cannot be meant: probabilities outside [0, 1], log probabilities above 0.

    >>> certain, guess = minigrad.tensor([[1.0, 0.0]]), minigrad.tensor([[0.5, 0.5]])
    >>> kl_div(guess.log(), certain, reduction="batchmean").item()     # log 2
    0.6931471824645996
    """
    known_reduction(reduction, "batchmean")
    x, t = same_shape("kl_div", input, target)
    _check("kl_div", x, t, log_target)
    p = exp(target) if log_target else target
    possible = (np.exp(t) if log_target else t) > 0
    logs = where(possible, target, 0.0) if log_target else log(where(possible, target, 1.0))
    losses = p * (logs - where(possible, input, 0.0))
    n_samples = x.shape[0] if x.ndim else 1
    if reduction == "mean" and x.size != n_samples:
        warnings.warn(
            f"kl_div: the mean divides by all {x.size} numbers, not by the {n_samples} samples, so it is not the "
            "divergence; use reduction='batchmean'",
            stacklevel=2,
        )
    if reduction != "batchmean":
        return reduced("kl_div", losses, reduction)
    refuse_empty_mean("kl_div", losses, "mean")
    return reduce.sum(losses) / n_samples


def _check(name, x, t, log_target):
    """Raise ValueError where input holds no log probabilities, or target not what it is said to hold."""
    _logs(name, "input", x, "apply log_softmax, or .log() to probabilities")
    if log_target:
        _logs(name, "target", t, "probabilities go without log_target=True")
    else:
        in_unit_interval(name, "target", t, "log probabilities need log_target=True")


def _logs(name, what, a, hint):
    above = a > ROUNDING  # NaN is not: it shows in the result
    if above.any():
        raise ValueError(
            f"{name}: every number in {what} must be a log probability, so at most 0, but it holds {a[above][0]:g}; "
            f"{hint}"
        )
