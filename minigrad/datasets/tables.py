"""Tables small enough to check a loss with pencil and paper: the worked examples of document 002 (docs/concepts.md)."""

from minigrad.creation import tensor
from minigrad.utils.data import TensorDataset

__all__ = ["Houses", "Spam"]


class Houses(TensorDataset):
    """Five houses: floor area in m² and price in units of 10 000 yuan (万元).

    `inputs` (5, 1), the areas from 80 to 120, and `targets` (5, 1), the prices from 50 to 70, are of the default dtype,
    float32; item i is the pair of their rows i.  `predictions` (5, 1) are a model's, off by 5 each time, so that the
    mean squared error is 25, in (10 000 yuan)², and its root 5.  All these numbers are the document's.  The true prices
    happen to lie on a line, price = 10 + 0.5 · area, of which `theta` holds the parameters.  Areas of about 100 make
    gradient descent take tiny steps or fly apart: standardise them first (`transforms.Standardize`) and see the
    difference.

    >>> houses = Houses()
    >>> ((houses.predictions - houses.targets) ** 2).mean().item()
    25.0
    """

    theta = (10.0, 0.5)

    def __init__(self) -> None:
        self.inputs = tensor([[80.0], [100.0], [120.0], [90.0], [110.0]])
        self.targets = tensor([[50.0], [60.0], [70.0], [55.0], [65.0]])
        self.predictions = tensor([[45.0], [65.0], [75.0], [50.0], [70.0]])
        super().__init__(self.inputs, self.targets)


class Spam(TensorDataset):
    """Four e-mails: how many links and exclamation marks each has, and whether it is spam.

    `inputs` (4, 2), the two counts, and `targets` (4, 1), 1 for spam, are of the default dtype, float32; item i is the
    pair of their rows i.  `predictions` (4, 1) are a model's probabilities of spam: right each time if cut at ½, with a
    cross-entropy of −(ln 0.9 + ln 0.8 + ln 0.6 + ln 0.9) / 4 = 0.2362 nats.  The document announces four e-mails and
    breaks off after the head of their table, so these rows are ours.  A straight line separates them: logistic
    regression drives the loss towards 0.

    >>> links_and_marks, is_spam = Spam()[0]
    >>> links_and_marks.tolist(), is_spam.tolist()
    ([3.0, 5.0], [1.0])
    """

    def __init__(self) -> None:
        self.inputs = tensor([[3.0, 5.0], [0.0, 1.0], [1.0, 4.0], [1.0, 0.0]])
        self.targets = tensor([[1.0], [0.0], [1.0], [0.0]])
        self.predictions = tensor([[0.9], [0.2], [0.6], [0.1]])
        super().__init__(self.inputs, self.targets)
