"""Losses as modules: the functions of `functional`, with their settings."""

import inspect
from numbers import Real
from typing import Any, Self

import numpy as np

from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn.functional.classes import known_class
from minigrad.nn.functional.reduction import at_least_zero, finite, positive
from minigrad.nn.module import Module
from minigrad.tensor import Tensor

__all__ = [
    "BCELoss", "BCEWithLogitsLoss", "CrossEntropyLoss", "FocalLoss", "HingeEmbeddingLoss", "HuberLoss", "KLDivLoss",
    "L1Loss", "MSELoss", "NLLLoss", "SmoothL1Loss",
]  # fmt: skip


class _MadeOfSettings(Module):
    """A module that is made of settings first and called with data then; made of data, it says so."""

    def __new__(cls, *given: Any, **named: Any) -> Self:
        parameters = inspect.signature(cls).parameters.values()
        names = [p.name for p in parameters if p.kind is not p.KEYWORD_ONLY]
        for i, x in enumerate(given):
            may_be_tensor = i < len(names) and names[i] in ("weight", "alpha")
            if isinstance(x, Variable | np.ndarray | list) and not may_be_tensor:
                raise _made_of_data(cls, signature_of(x))
        if len(given) > len(names):
            x = given[len(names)]
            if x is None or isinstance(x, bool):
                _refuse_the_old_way(cls, names, f"{x} as argument {len(names) + 1}")
            raise _made_of_data(cls, repr(x) if isinstance(x, str) else signature_of(x))
        for name in ("size_average", "reduce"):
            if name in named:
                _refuse_the_old_way(cls, names, f"{name}={named[name]!r:.60}")
        for name in ("input", "target"):
            if name in named:
                raise _made_of_data(cls, name)
        return super().__new__(cls)


def _refuse_the_old_way(cls, names, given):
    first = f"only {' and '.join(names)} may be given without a name" if names else "settings are given by name"
    raise TypeError(
        f"{cls.__name__}: {first}, but got {given}; reduction='mean', 'sum' or 'none' replaces size_average and reduce"
    )


def _made_of_data(cls, given):
    return TypeError(
        f"{cls.__name__}: a loss is made of settings, by name, and then called with data: "
        f"criterion = {cls.__name__}(), then criterion(input, target); but it was made of {given}"
    )


class _Loss(_MadeOfSettings):
    """Something computed from a prediction and a target, reduced by "mean", "sum" or "none"."""

    def __init__(self, *, reduction: str = "mean"):
        self.reduction = F.known_reduction(reduction)

    def _keep_tensor(self, name: str, value: Tensor | None) -> None:
        """Keep a tensor of weights, or None, as a buffer: it is saved and moved with the module, but not trained."""
        if not isinstance(value, Tensor | None):
            raise TypeError(
                f"{type(self).__name__}: {name} must be a tensor, but got {value!r:.60}; make one with mg.tensor([…])"
            )
        self.register_buffer(name, value)


class MSELoss(_Loss):
    """(input - target)², averaged: `functional.mse_loss`."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss; input and target have one shape."""
        return F.mse_loss(input, target, reduction=self.reduction)


class L1Loss(_Loss):
    """|input - target|, averaged: `functional.l1_loss`."""

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss; input and target have one shape."""
        return F.l1_loss(input, target, reduction=self.reduction)


class SmoothL1Loss(_Loss):
    """|error| with a round corner of width beta, averaged: `functional.smooth_l1_loss`."""

    def __init__(self, *, reduction: str = "mean", beta: float = 1.0):
        super().__init__(reduction=reduction)
        self.beta = at_least_zero("beta", beta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss; input and target have one shape."""
        return F.smooth_l1_loss(input, target, reduction=self.reduction, beta=self.beta)


class HuberLoss(_Loss):
    """error² / 2, from delta on a straight line, averaged: `functional.huber_loss`."""

    def __init__(self, reduction: str = "mean", delta: float = 1.0):
        super().__init__(reduction=reduction)
        self.delta = positive("delta", delta)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss; input and target have one shape."""
        return F.huber_loss(input, target, self.reduction, self.delta)


class HingeEmbeddingLoss(_Loss):
    """The distance of pairs that belong together, margin - distance of others: `functional.hinge_embedding_loss`."""

    def __init__(self, margin: float = 1.0, *, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self.margin = finite("margin", margin)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of distances for targets of 1 and -1 of the same shape."""
        return F.hinge_embedding_loss(input, target, self.margin, reduction=self.reduction)


class CrossEntropyLoss(_Loss):
    """-log softmax(input)[target], averaged, in nats, from raw scores: `functional.cross_entropy`.

    weight: (C,), how much each class counts.
    """

    weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean",
        label_smoothing: float = 0.0,
    ):  # fmt: skip
        super().__init__(reduction=reduction)
        self._keep_tensor("weight", weight)
        self.ignore_index = known_class(ignore_index)
        self.label_smoothing = F.probability("label_smoothing", label_smoothing)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits (N, C, …) for class indices (N, …) or probabilities (N, C, …)."""
        return F.cross_entropy(
            input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction,
            label_smoothing=self.label_smoothing,
        )  # fmt: skip


class NLLLoss(_Loss):
    """-input[target], averaged, from log probabilities: `functional.nll_loss`.

    weight: (C,), how much each class counts.
    """

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, ignore_index: int = -100, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self._keep_tensor("weight", weight)
        self.ignore_index = known_class(ignore_index)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of log probabilities (N, C, …) for class indices (N, …)."""
        return F.nll_loss(input, target, self.weight, ignore_index=self.ignore_index, reduction=self.reduction)


class KLDivLoss(_Loss):
    """The divergence of log probabilities from target probabilities: `functional.kl_div`; take "batchmean"."""

    def __init__(self, *, reduction: str = "mean", log_target: bool = False):
        self.reduction = F.known_reduction(reduction, "batchmean")
        self.log_target = log_target

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of log probabilities for probabilities, or with log_target their logs, of the same shape."""
        return F.kl_div(input, target, reduction=self.reduction, log_target=self.log_target)


class BCELoss(_Loss):
    """Binary cross-entropy, averaged, in nats, from probabilities: `functional.binary_cross_entropy`."""

    weight: Tensor | None

    def __init__(self, weight: Tensor | None = None, *, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        self._keep_tensor("weight", weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of probabilities for targets in [0, 1] of the same shape."""
        return F.binary_cross_entropy(input, target, self.weight, reduction=self.reduction)


class BCEWithLogitsLoss(_Loss):
    """Binary cross-entropy, averaged, in nats, from raw scores: `functional.binary_cross_entropy_with_logits`."""

    weight: Tensor | None
    pos_weight: Tensor | None

    def __init__(
        self, weight: Tensor | None = None, *, reduction: str = "mean", pos_weight: Tensor | None = None
    ):  # fmt: skip
        super().__init__(reduction=reduction)
        self._keep_tensor("weight", weight)
        self._keep_tensor("pos_weight", pos_weight)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits for targets in [0, 1] of the same shape."""
        return F.binary_cross_entropy_with_logits(
            input, target, self.weight, reduction=self.reduction, pos_weight=self.pos_weight
        )


class FocalLoss(_Loss):
    """Cross-entropy, of yes or no or of classes, that looks away from what is easy: `functional.focal_loss`."""

    alpha: Tensor | float | None

    def __init__(self, alpha: Tensor | float | None = None, gamma: float = 2.0, *, reduction: str = "mean"):
        super().__init__(reduction=reduction)
        if isinstance(alpha, float | int | Real):
            self.alpha = F.probability("alpha", alpha)
        else:
            self._keep_tensor("alpha", alpha)
        self.gamma = at_least_zero("gamma", gamma)

    def forward(self, input: Tensor, target: Tensor) -> Tensor:
        """Return the loss of logits for targets in [0, 1] of the same shape, or of logits (N, C, …) for classes."""
        return F.focal_loss(input, target, self.alpha, self.gamma, reduction=self.reduction)
