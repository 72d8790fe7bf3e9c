"""The functions behind the modules: activations, layers, losses, with PyTorch's names and signatures.

Every loss takes (input, target), in this order, and a `reduction`: "mean" (over the batch), "sum", or "none" (one loss
per sample). Shapes that would broadcast by accident are refused, and so are targets that cannot be meant.
"""

from minigrad.functions import linear
from minigrad.nn.functional import (
    activation,
    classes,
    divergence,
    focal,
    loss,
    normalization,
    padding,
    penalty,
    vector,
    window,
)
from minigrad.nn.functional.activation import *  # noqa: F403
from minigrad.nn.functional.activation import probability
from minigrad.nn.functional.classes import *  # noqa: F403
from minigrad.nn.functional.divergence import *  # noqa: F403
from minigrad.nn.functional.focal import *  # noqa: F403
from minigrad.nn.functional.loss import *  # noqa: F403
from minigrad.nn.functional.normalization import *  # noqa: F403
from minigrad.nn.functional.padding import *  # noqa: F403
from minigrad.nn.functional.penalty import *  # noqa: F403
from minigrad.nn.functional.reduction import known_reduction
from minigrad.nn.functional.vector import *  # noqa: F403
from minigrad.nn.functional.window import *  # noqa: F403

PAGES = (activation, classes, divergence, focal, loss, normalization, padding, penalty, vector, window)

__all__ = sorted([*(name for page in PAGES for name in page.__all__), "linear"])
