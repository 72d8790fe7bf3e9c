"""The functions behind the modules: activations, dropout and losses, with PyTorch's names and signatures.

Every loss takes (input, target), in this order, and a `reduction`: "mean" (over the batch), "sum", or "none" (one loss
per sample). Shapes that would broadcast by accident are refused, and so are targets that cannot be meant.
"""

from minigrad.functions import linear
from minigrad.nn.functional import activation, classes, loss, window
from minigrad.nn.functional.activation import *  # noqa: F403
from minigrad.nn.functional.activation import probability
from minigrad.nn.functional.classes import *  # noqa: F403
from minigrad.nn.functional.loss import *  # noqa: F403
from minigrad.nn.functional.reduction import known_reduction
from minigrad.nn.functional.window import *  # noqa: F403

__all__ = sorted([*activation.__all__, *classes.__all__, *loss.__all__, *window.__all__, "linear"])
