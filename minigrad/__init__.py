"""minigrad: a small reverse-mode autodiff framework on NumPy, made for understanding deep learning."""

import importlib

from minigrad import autograd
from minigrad.autograd import enable_grad, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.creation import (
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
from minigrad.dtypes import (
    bool,
    double,
    float,
    float16,
    float32,
    float64,
    get_default_dtype,
    half,
    int,
    int8,
    int16,
    int32,
    int64,
    long,
    set_default_dtype,
    short,
    uint8,
)
from minigrad.engine import Primitive, Variable, primitive
from minigrad.functions import *  # noqa: F403
from minigrad.functions import __all__ as _functions
from minigrad.random import Generator, manual_seed, rand, rand_like, randint, randn, randn_like, randperm
from minigrad.tensor import Tensor

_LAZY = {"datasets", "gradcheck", "io", "nn", "optim", "train", "utils", "viz"}


def __getattr__(name):
    if name in _LAZY:
        return importlib.import_module(f"minigrad.{name}")
    raise AttributeError(f"module 'minigrad' has no attribute {name!r}")
