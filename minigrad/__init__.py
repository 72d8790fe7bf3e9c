"""minigrad: a small reverse-mode autodiff framework on NumPy, made for understanding deep learning."""

import importlib
from math import e, inf, nan, pi

from minigrad import accelerator, autograd, backends, cuda
from minigrad.autograd import enable_grad, inference_mode, is_grad_enabled, no_grad, set_grad_enabled
from minigrad.comparison import allclose, equal, is_tensor
from minigrad.creation import (
    arange,
    as_tensor,
    empty,
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
from minigrad.device import device
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
from minigrad.engine import Variable, primitive
from minigrad.functions import *  # noqa: F403
from minigrad.random import Generator, manual_seed, normal, rand, rand_like, randint, randn, randn_like, randperm
from minigrad.table import Primitive
from minigrad.tensor import Tensor

Size = tuple  # what x.shape is
_LAZY = ("datasets", "gradcheck", "io", "nn", "optim", "train", "transforms", "utils", "viz")  # when first asked for
_FROM = {"cosine_similarity": "nn.functional", "load": "io", "save": "io"}  # these too, and where they are

__all__ = [
    "Generator", "Primitive", "Size", "Tensor", "Variable", "abs", "accelerator", "acos", "add", "addmm", "all",
    "allclose", "amax", "amin", "any", "arange", "argmax", "argmin", "argsort", "as_tensor", "asin", "atan", "autograd",
    "backends", "bmm", "bool", "broadcast_to", "cat", "ceil", "chunk", "clamp", "clip", "clone", "cos", "cosh",
    "cosine_similarity", "cuda", "cumsum", "datasets", "device", "diagonal", "div", "dot", "double", "e", "einsum",
    "empty", "enable_grad", "eq", "equal", "erf", "exp", "expand", "expm1", "eye", "flatten", "flip", "float",
    "float16", "float32", "float64", "floor", "floor_divide", "from_numpy", "full", "full_like", "gather", "ge",
    "get_default_dtype", "gradcheck", "gt", "half", "index_select", "inf", "inference_mode", "int", "int16", "int32",
    "int64", "int8", "io", "is_grad_enabled", "is_tensor", "isfinite", "isnan", "le", "leaky_relu", "linear",
    "linspace", "load", "log", "log10", "log1p", "log2", "log_softmax", "logical_and", "logical_not", "logical_or",
    "logsumexp", "long", "lt", "manual_seed", "masked_fill", "masked_select", "matmul", "max", "maximum", "mean", "min",
    "minimum", "mm", "movedim", "mul", "multiply", "mv", "nan", "narrow", "ne", "neg", "nn", "no_grad", "norm",
    "normal", "ones", "ones_like", "optim", "outer", "permute", "pi", "pow", "primitive", "prod", "rand", "rand_like",
    "randint", "randn", "randn_like", "random", "randperm", "reciprocal", "relu", "remainder", "repeat", "reshape",
    "round", "rsqrt", "save", "scatter_add", "set_default_dtype", "set_grad_enabled", "short", "sigmoid", "sign", "sin",
    "sinh", "softmax", "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "sub", "subtract", "sum", "t",
    "tan", "tanh", "tensor", "topk", "trace", "train", "transforms", "transpose", "tril", "triu", "trunc", "uint8",
    "unbind", "unsqueeze", "utils", "var", "view", "viz", "where", "zeros", "zeros_like",
]  # fmt: skip


def __getattr__(name):
    if name in _LAZY:
        return importlib.import_module(f"minigrad.{name}")
    if name in _FROM:
        return getattr(importlib.import_module(f"minigrad.{_FROM[name]}"), name)
    if name == "__version__":
        return importlib.import_module("importlib.metadata").version("minigrad")  # which takes its time to load
    raise AttributeError(
        f"module 'minigrad' has no attribute {name!r}; docs/coming_from_pytorch.md says what of PyTorch is not here, "
        "and what to do instead"
    )


def __dir__():
    return __all__
