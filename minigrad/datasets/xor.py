"""XOR: the smallest problem that no straight line solves."""

from minigrad.creation import tensor
from minigrad.utils.data import TensorDataset

__all__ = ["XOR"]


class XOR(TensorDataset):
    """The four rows of exclusive or: the target is 1 where exactly one input is 1.

    `inputs` (4, 2) and `targets` (4, 1) are float32 and hold only 0 and 1; item i is the pair of their rows i.
    No linear model gets more than three rows right (Minsky and Papert 1969); one hidden layer gets all four.

    >>> x, y = XOR()[1]
    >>> x.tolist(), y.tolist()
    ([0.0, 1.0], [1.0])
    """

    def __init__(self) -> None:
        self.inputs = tensor([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
        self.targets = tensor([[0.0], [1.0], [1.0], [0.0]])
        super().__init__(self.inputs, self.targets)
