"""Layers that give numbers mean 0 and variance 1, and then let training choose both anew."""

from collections.abc import Sequence

import numpy as np

from minigrad.creation import ones, zeros
from minigrad.dtypes import int64
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)
from minigrad.nn import init
from minigrad.nn.functional.normalization import check_eps, check_momentum, shape_of
from minigrad.nn.module import Module, Parameter
from minigrad.tensor import Tensor

__all__ = ["BatchNorm1d", "BatchNorm2d", "LayerNorm"]


class _BatchNorm(Module):
    """(x - mean) / √(variance + eps) · weight + bias, channel by channel (Ioffe, Szegedy 2015)."""

    running_mean: Tensor | None
    running_var: Tensor | None
    num_batches_tracked: Tensor | None
    ranks: tuple[int, ...] = ()
    expected = ""

    def __init__(
        self, num_features: int, eps: float = 1e-5, momentum: float | None = 0.1, affine: bool = True,
        track_running_stats: bool = True, device=None, dtype=None, *, bias: bool = True,
    ):  # fmt: skip
        name = type(self).__name__
        if not isinstance(num_features, int | np.integer) or num_features < 1:
            raise ValueError(f"{name}: num_features must be a positive integer, but got {num_features!r}")
        self.num_features = num_features
        self.eps = check_eps(name, eps)
        self.momentum = None if momentum is None else check_momentum(name, momentum)
        self.affine = affine
        self.track_running_stats = track_running_stats
        like = {"dtype": dtype, "device": device}
        self.weight = Parameter(ones(num_features, **like)) if affine else None
        self.bias = Parameter(zeros(num_features, **like)) if affine and bias else None
        tracked = track_running_stats
        self.register_buffer("running_mean", zeros(num_features, **like) if tracked else None)
        self.register_buffer("running_var", ones(num_features, **like) if tracked else None)
        self.register_buffer("num_batches_tracked", zeros((), dtype=int64) if tracked else None)

    def reset_running_stats(self) -> None:
        """Forget the batches seen: running mean 0, running variance 1."""
        if self.running_mean is not None and self.running_var is not None and self.num_batches_tracked is not None:
            self.running_mean.zero_()
            self.running_var.fill_(1)
            self.num_batches_tracked.zero_()

    def reset_parameters(self) -> None:
        """Forget what was learned, too: weight 1, bias 0."""
        self.reset_running_stats()
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input; in training, move the running statistics as well."""
        if isinstance(input, Variable) and input.ndim not in self.ranks:
            name = type(self).__name__
            raise ValueError(f"{name}: input must have shape {self.expected}, but is {signature_of(input)}")
        if not self.training or self.num_batches_tracked is None:
            of_batch = self.training or self.running_mean is None
            return F.batch_norm(
                input, self.running_mean, self.running_var, self.weight, self.bias, of_batch, eps=self.eps
            )
        share = 1 / (self.num_batches_tracked.item() + 1) if self.momentum is None else self.momentum
        out = F.batch_norm(input, self.running_mean, self.running_var, self.weight, self.bias, True, share, self.eps)
        self.num_batches_tracked.add_(1)
        return out

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.num_features}, eps={self.eps}, momentum={self.momentum}, affine={self.affine}, "
            f"bias={self.bias is not None}, track_running_stats={self.track_running_stats}"
        )


class BatchNorm1d(_BatchNorm):
    """(x - mean) / √(variance + eps) · weight + bias, channel by channel, for (N, C) or (N, C, L).

    Settings, and what training and evaluation do, as in BatchNorm2d.
    """

    ranks = 2, 3
    expected = "(N, C) or (N, C, L)"


class BatchNorm2d(_BatchNorm):
    """(x - mean) / √(variance + eps) · weight + bias, channel by channel, for (N, C, H, W) (Ioffe, Szegedy 2015).

    In training, mean and variance are those of the batch, and running_mean and running_var move by momentum towards
    them (with momentum None they are the averages over all batches); in evaluation, the running ones are used. The
    batch is divided by √variance over n, but the running variance is that over n - 1, an estimate for other batches.
    affine: whether weight and bias are learned; they start as 1 and 0.  track_running_stats: if not, there are no
    running ones, and evaluation does what training does.
    """

    ranks = (4,)
    expected = "(N, C, H, W)"


class LayerNorm(Module):
    """(x - mean) / √(variance + eps) · weight + bias, each sample by itself (Ba, Kiros, Hinton 2016).

    mean and variance are over the last dimensions, of normalized_shape; so are weight and bias, which start as 1 and 0.

    >>> LayerNorm(4)(minigrad.ones(2, 3, 4)).shape
    (2, 3, 4)
    """

    def __init__(
        self, normalized_shape: int | Sequence[int], eps: float = 1e-5, elementwise_affine: bool = True,
        bias: bool = True, device=None, dtype=None,
    ):  # fmt: skip
        self.normalized_shape = shape_of("LayerNorm", normalized_shape)
        self.eps = check_eps("LayerNorm", eps)
        self.elementwise_affine = elementwise_affine
        like = {"dtype": dtype, "device": device}
        self.weight = Parameter(ones(self.normalized_shape, **like)) if elementwise_affine else None
        self.bias = Parameter(zeros(self.normalized_shape, **like)) if elementwise_affine and bias else None

    def reset_parameters(self) -> None:
        """Forget what was learned: weight 1, bias 0."""
        if self.weight is not None:
            init.ones_(self.weight)
        if self.bias is not None:
            init.zeros_(self.bias)

    def forward(self, input: Tensor) -> Tensor:
        """Return the normalised input, in its shape."""
        return F.layer_norm(input, self.normalized_shape, self.weight, self.bias, self.eps)

    def extra_repr(self) -> str:
        """Return the settings."""
        return (
            f"{self.normalized_shape}, eps={self.eps}, elementwise_affine={self.elementwise_affine}, "
            f"bias={self.bias is not None}"
        )
