"""What a training loop counts besides the loss: one number per item, so that their mean is a mean over items."""

from minigrad.errors import signature_of
from minigrad.tensor import Tensor

__all__ = ["correct"]


def correct(output: Tensor, target: Tensor) -> Tensor:
    """Whether each item is classified as its target says, a bool tensor (N,).

    output: logits.  (N, C) with targets (N,) of class indices: the largest must be the target's.  (N,) or (N, 1) with
    targets of 0 and 1 in the same shape: it must be positive exactly where the target is 1.  Raises ValueError for
    other shapes.

    >>> correct(mg.tensor([[2.0, 1.0], [0.5, 3.0]]), mg.tensor([0, 0])).tolist()
    [True, False]
    """
    if output.ndim == 2 and target.shape == output.shape[:1]:
        return output.argmax(dim=1) == target
    if output.shape == target.shape and output.shape[1:] in ((), (1,)) and output.ndim:
        return ((output > 0) == (target > 0.5)).flatten()
    raise ValueError(
        f"correct: expected logits (N, C) with class indices (N,), or logits and targets both (N,) or (N, 1); given "
        f"logits {signature_of(output)} and target {signature_of(target)}"
    )
