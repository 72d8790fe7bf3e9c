"""minigrad: a small reverse-mode autodiff framework on NumPy, made for understanding deep learning."""

import importlib

from minigrad import autograd
from minigrad.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.dtypes import get_default_dtype, set_default_dtype
from minigrad.engine import Primitive, Variable, primitive
from minigrad.functions import *  # noqa: F403
from minigrad.functions import __all__ as _functions
from minigrad.random import Generator, manual_seed, rand, rand_like, randint, randn, randn_like, randperm
from minigrad.tensor import (
    Tensor,
    arange,
    as_tensor,
    eye,
    from_numpy,
    full,
    full_like,
    linspace,
    ones,
    ones_like,
    tensor,
    zeros,
    zeros_like,
)

_LAZY = {"datasets", "gradcheck", "io", "nn", "optim", "train", "utils", "viz"}


def __getattr__(name):
    if name in _LAZY:
        return importlib.import_module(f"minigrad.{name}")
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
