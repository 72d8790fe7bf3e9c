"""PyTorch's functions: its names and signatures over the primitives, and everything composed from them.

A composition has no rule; its derivative follows from the rows it is made of. NumPy's words `axis` and `keepdims` are
accepted wherever PyTorch says `dim` and `keepdim`; `numpy_words` translates them.
"""

from minigrad.functions import elementwise, index, linalg, reduce, shape
from minigrad.functions.elementwise import *  # noqa: F403
from minigrad.functions.index import *  # noqa: F403
from minigrad.functions.linalg import *  # noqa: F403
from minigrad.functions.reduce import *  # noqa: F403
from minigrad.functions.shape import *  # noqa: F403

__all__ = sorted([*elementwise.__all__, *index.__all__, *linalg.__all__, *reduce.__all__, *shape.__all__])
