"""Making tensors: from data, or filled with numbers that follow a pattern."""

import numpy as np

from minigrad.device import device as device_class
from minigrad.dtypes import KINDS, Default, as_dtype
from minigrad.engine import wrap
from minigrad.errors import signature_of
from minigrad.functions.arguments import as_size, need_tensor
from minigrad.table import NUMPY
from minigrad.tensor import Tensor, array_of


def tensor(data, *, dtype=None, requires_grad: bool = False, device=None, name: str | None = None) -> Tensor:
    """A tensor holding a copy of data: a number, nested lists of numbers, an array or a tensor.

    Python floats become the default dtype (float32), integers int64; arrays keep their dtype. name appears in messages
    and pictures. device, here and below: None or "cpu". Raises ValueError for ragged lists, TypeError for what is not a
    number, and for integers that should require grad.

    >>> tensor([[1.0, 2.0], [3.0, 4.0]]).shape
    (2, 2)
    """
    new = make(array_of(data, dtype), requires_grad, device)
    new.name = name
    return new


def from_numpy(array: np.ndarray) -> Tensor:
    """A tensor that shares array's memory. Writes to the array are not seen by the record: prefer tensor(array)."""
    if not isinstance(array, np.ndarray) or array.dtype.kind not in KINDS or not array.dtype.isnative:
        raise TypeError(f"from_numpy: expected an array of native bools, integers or floats, but got {array!r:.60}")
    return wrap(Tensor, np.asarray(array))


def as_tensor(data, dtype=None, device=None) -> Tensor:
    """data itself if it is a tensor of that dtype, shared memory if it is an array of it, else a copy."""
    on_cpu(device)
    if isinstance(data, np.ndarray) and (dtype is None or data.dtype == dtype):
        return from_numpy(data)
    if isinstance(data, Tensor):
        return data if dtype is None else data.to(dtype)
    return tensor(data, dtype=dtype)


def on_cpu(device) -> None:
    """Raise ValueError unless device is None or the CPU."""
    if device is not None:
        device_class(device)


def make(array, requires_grad: bool, device=None) -> Tensor:
    """A tensor around array, which is handed over, not copied."""
    on_cpu(device)
    new = wrap(Tensor, array)
    new.requires_grad = requires_grad
    return new


def size_of(given, named=None):
    """Sizes given one by one, as one tuple, or as that tuple by name (`size=`), checked."""
    size = as_size(given, named)
    for n in size:
        if not isinstance(n, int | np.integer) or isinstance(n, bool) or n < 0:
            raise ValueError(f"size: expected non-negative integers, but got {size}")
    return size


def finite(name, **given):
    """The numbers given, 0-d tensors as numbers. Raises TypeError for what is none, ValueError for infinities, NaN."""
    numbers = {key: x.item() if isinstance(x, Tensor | np.ndarray) else x for key, x in given.items()}
    for key, x in numbers.items():
        if not isinstance(x, int | float | np.number):
            raise TypeError(f"{name}: {key} must be a number, but got {signature_of(x)}")
        if not np.isfinite(x):
            raise ValueError(f"{name}: {key} must be finite, but got {x!r}")
    return numbers.values()


def zeros(*sizes, size=None, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """A tensor of zeros, of the default dtype unless told otherwise: zeros(2, 3), or zeros((2, 3)), or with size=."""
    return make(np.zeros(size_of(sizes, size), as_dtype(dtype)), requires_grad, device)


def ones(*sizes, size=None, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """A tensor of ones, of the default dtype unless told otherwise."""
    return make(np.ones(size_of(sizes, size), as_dtype(dtype)), requires_grad, device)


def empty(*sizes, size=None, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """A tensor to be written into. Until then it holds NaN, so that what was forgotten shows; integers are the largest.

    PyTorch leaves in it what the memory held before, unless it runs deterministically: then it does as here.
    """
    dtype = as_dtype(dtype)
    unset = np.nan if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max
    return make(np.full(size_of(sizes, size), unset, dtype), requires_grad, device)


def full(size, fill_value, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """A tensor in which every number is fill_value, whose type decides the dtype unless it is given."""
    value = array_of(fill_value, None if dtype is None else as_dtype(dtype))
    return make(np.full(size_of((size,)), value, value.dtype), requires_grad, device)


def eye(n: int, m: int | None = None, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """The identity matrix, or n rows and m columns with ones on the diagonal."""
    n, m = size_of((n, n if m is None else m))
    return make(np.eye(n, m, dtype=as_dtype(dtype)), requires_grad, device)


def arange(start, end=None, step=1, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Numbers from start (0 if only one is given) up to but not including end; int64 if all three are integers."""
    start, end = (0, start) if end is None else (start, end)
    start, end, step = finite("arange", start=start, end=end, step=step)
    if step == 0:
        raise ValueError(f"arange: a step of 0 never gets from {start} to {end}")
    numbers = np.arange(start, end, step)  # exact first, rounded once
    as_floats = Default.dtype if numbers.dtype.kind == "f" else np.int64
    return make(numbers.astype(as_floats if dtype is None else as_dtype(dtype)), requires_grad, device)


def linspace(start, end, steps: int, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """steps numbers from start to end, both included, evenly spaced."""
    start, end = finite("linspace", start=start, end=end)
    (steps,) = size_of((steps,))
    return make(np.linspace(start, end, steps, dtype=as_dtype(dtype)), requires_grad, device)


def zeros_like(input, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Zeros in the shape and dtype of input."""
    need_tensor("zeros_like", input)
    return zeros(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def ones_like(input, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """Ones in the shape and dtype of input."""
    need_tensor("ones_like", input)
    return ones(input.shape, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


def full_like(input, fill_value, *, dtype=None, requires_grad: bool = False, device=None) -> Tensor:
    """fill_value in the shape and dtype of input."""
    need_tensor("full_like", input)
    return full(input.shape, fill_value, dtype=dtype or input.dtype, requires_grad=requires_grad, device=device)


NUMPY |= {np.zeros_like: zeros_like, np.ones_like: ones_like, np.full_like: full_like}
