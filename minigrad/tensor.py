"""Tensor: an array that records what is done to it. Its operators and methods are the functions themselves."""

import operator

import numpy as np

from minigrad import functions
from minigrad.backward import backward
from minigrad.device import device as device_class
from minigrad.dispatch import dispatch
from minigrad.display import tensor_html
from minigrad.dtypes import KINDS, Default, known
from minigrad.engine import Variable, astype, wrap
from minigrad.errors import signature_of
from minigrad.inplace import (
    copy,
    fill,
    in_place,
    normal,
    refuse_tracked_write,
    scaled,
    underscore,
    uniform,
    write,
    zero,
)
from minigrad.memory import log
from minigrad.methods import Methods
from minigrad.ops import shape


def reflected(function):
    """The operator with its operands swapped: what `2 - x` calls."""

    def swapped(self, other):
        return function(other, self)

    swapped.__name__, swapped.__doc__ = function.__name__, f"{function.__name__}(other, self)."
    return swapped


def comparison(function):
    """A comparison that leaves what is no number or array (None, a string) to Python."""

    def compare(self, other):
        known = isinstance(other, Variable | np.ndarray | np.generic | int | float)
        return function(self, other) if known else NotImplemented

    compare.__name__, compare.__doc__ = function.__name__, function.__doc__
    return compare


def _plain(index):
    """An index with arrays of its own for tensors and lists, so that nothing can change it later."""
    if isinstance(index, tuple):
        return tuple(map(_plain, index))
    if isinstance(index, slice):
        return slice(*(b if b is None else operator.index(b) for b in (index.start, index.stop, index.step)))
    if isinstance(index, list | np.ndarray):
        return np.array(index, dtype=None if np.size(index) else np.int64)
    if isinstance(index, Variable):
        if index.array.dtype.kind not in "bui":
            raise IndexError(f"index: a tensor used as an index must hold integers or bools, not {index.array.dtype}")
        if index.array.dtype == np.uint8:
            raise IndexError("index: uint8 is a mask in PyTorch and places in NumPy; say which by .bool() or .long()")
        return np.array(index.array) if index.ndim or index.array.dtype.kind == "b" else index.array.item()
    return index


def _both_bool(function, sign, x, y):
    for operand in (x, y):
        if np.asarray(getattr(operand, "array", operand)).dtype.kind != "b":
            raise TypeError(f"{sign}: both sides must be bool tensors, but one is {signature_of(operand)}")
    return function(x, y)


def array_of(data, dtype=None):
    """A new array of data's numbers. Python floats take the default dtype; arrays and tensors keep theirs."""
    if isinstance(data, list | tuple):
        data = _stripped(data)
    elif isinstance(data, Variable):
        data = data.array
    try:
        array = np.array(data, dtype=dtype)
    except ValueError as error:
        if "inhomogeneous" not in str(error):
            raise ValueError(f"tensor: cannot make an array of {type(data).__name__} {data!r:.60}: {error}") from None
        raise ValueError(f"tensor: the lists are ragged, so there is no shape for them: {error}") from None
    if dtype is None and _beyond_int64(data, array):
        raise OverflowError("tensor: an integer does not fit into int64; give floats, or dtype=")
    if array.dtype.kind not in KINDS:
        raise TypeError(f"tensor: expected bools, integers or floats, but got {type(data).__name__} of {array.dtype}")
    if dtype is None and array.dtype == np.float64 and not _some(data, np.ndarray | np.generic):
        array = array.astype(Default.dtype)
    return array.astype(array.dtype.newbyteorder("="), copy=False)


def _beyond_int64(data, array):
    """Whether Python integers have made NumPy choose uint64, or float64, to hold them."""
    if isinstance(data, np.ndarray | np.generic) or array.dtype not in (np.uint64, np.float64) or not array.size:
        return False
    return bool(np.max(np.abs(array)) >= 2**63) and not _some(data, float | np.ndarray | np.generic)


def _some(data, kind):
    """Whether something of that kind is in nested lists."""
    return isinstance(data, kind) or (isinstance(data, list | tuple) and any(_some(x, kind) for x in data))


def _stripped(data):
    """Nested lists with the numbers of tensors in place of the tensors."""
    if isinstance(data, Variable):
        if data.tracked:
            raise ValueError("tensor: a list of tensors that require grad would lose their history; use mg.stack(…)")
        return data.array
    return [_stripped(x) for x in data] if isinstance(data, list | tuple) else data


def dtype_of(target, dtype=None, device=None):
    """The dtype that the arguments of `.to(…)` ask for, or None. Raises ValueError for a device other than the CPU."""
    for given in target:
        if isinstance(given, str | device_class):
            device = given
        else:
            dtype = given.dtype if isinstance(given, Variable) else given
    if device is not None:
        device_class(device)
    dtype = None if dtype is None else known(dtype)
    if dtype is not None and dtype.kind not in KINDS:
        raise TypeError(f"to: a tensor holds bools, integers or floats, not {dtype}")
    return dtype


class Tensor(Methods, Variable):
    """An n-dimensional array of one dtype that records operations on it, so that `backward()` can differentiate them.

    `Tensor(data)` copies numbers, nested lists or arrays, as `tensor(data)` does, but makes floats of Python's
    integers, as PyTorch does. Operators and methods are PyTorch's.
    """

    __slots__ = ()
    __array_priority__ = 1000

    def __init__(self, data=(), *, dtype=None, requires_grad: bool = False, name: str | None = None):
        self.array = array_of(data, dtype)
        if dtype is None and self.array.dtype.kind != "f" and not isinstance(data, np.ndarray | np.generic | Variable):
            self.array = self.array.astype(Default.dtype)
        self.node = self._grad = self.hooks = None
        self.name = name
        self.requires_grad = requires_grad

    # what it is
    device = property(lambda self: device_class("cpu"), doc="Where its numbers are: in the memory of the CPU.")
    shape = property(lambda self: self.array.shape, doc="The sizes of its dimensions, a tuple.")
    ndim = property(lambda self: self.array.ndim, doc="How many dimensions it has.")
    dtype = property(lambda self: self.array.dtype, doc="The NumPy dtype of its numbers.")
    T = property(functions.t, doc="The transpose of a matrix.")
    mT = property(lambda self: functions.transpose(self, -1, -2), doc="The last two dimensions swapped.")  # noqa: N815
    grad_fn = property(lambda self: self.node, doc="The node that made it, or None for a leaf.")

    def dim(self) -> int:
        """How many dimensions it has."""
        return self.array.ndim

    def size(self, dim: int | None = None):
        """The sizes of all dimensions, or of one."""
        return self.array.shape if dim is None else self.array.shape[dim]

    def numel(self) -> int:
        """How many numbers it holds."""
        return self.array.size

    def __len__(self):
        if not self.array.ndim:
            raise TypeError("len: a 0-d tensor has no length; use .item() for its number")
        return len(self.array)

    def __iter__(self):
        if not self.array.ndim:
            raise TypeError("iter: a 0-d tensor cannot be iterated over; use .item() for its number")
        return iter(functions.unbind(self))

    def __repr__(self):
        how = f", grad_fn=<{self.node.op.name}>" if self.node else ", requires_grad=True" if self.tracked else ""
        name = f", name={self.name!r}" if self.name else ""
        values = np.array2string(self.array, precision=4, separator=", ", prefix="tensor(", suppress_small=False)
        return f"tensor({values}, shape={self.shape}, dtype={self.dtype}{name}{how})"

    def _repr_html_(self):
        return tensor_html(self)

    def __format__(self, spec):
        return format(self.item(), spec) if spec else str(self)

    # its numbers
    def item(self):
        """Its one number as a Python number. Raises ValueError when it has more, or none."""
        if self.array.size != 1:
            raise ValueError(f"item: only a tensor with one number has an item, but this is {signature_of(self)}")
        return self.array.item()

    def tolist(self):
        """Its numbers as nested Python lists."""
        return self.array.tolist()

    def numpy(self) -> np.ndarray:
        """A read-only view of its numbers. Raises RuntimeError when it requires grad: use .detach().numpy()."""
        if self.tracked:
            raise RuntimeError(
                f"numpy: {signature_of(self)} requires grad, and NumPy would lose its history; "
                "use .detach().numpy() if that is what you want"
            )
        values = self.array.view()
        values.flags.writeable = False
        return values

    def __array__(self, dtype=None, copy=None):
        return np.array(self.numpy(), dtype=dtype, copy=copy)

    def __bool__(self):
        return bool(self._single("bool"))

    def __float__(self):
        return float(self._single("float"))

    def __int__(self):
        return int(self._single("int"))

    def __index__(self):
        return operator.index(self._single("index"))

    def _single(self, what):
        if self.array.size != 1:
            raise ValueError(
                f"{what}: {signature_of(self)} is not one number; use .any() or .all(), or pick an element"
            )
        return self.array.item()

    def __contains__(self, value):
        same = self == value
        return isinstance(same, Variable) and bool(same.any())

    # its history
    @property
    def data(self):
        """The same memory as a tensor without history; writes through it are seen, and noted."""
        return wrap(self.result_class, self.array)

    @data.setter
    def data(self, value):
        array = value.array if isinstance(value, Variable) else np.asarray(value)
        if (array.shape, array.dtype) != (self.array.shape, self.array.dtype):
            raise ValueError(f"data: cannot replace {signature_of(self)} by {signature_of(array)}; make a new tensor")
        if array is not self.array:
            log.note(self.array)  # for whoever recorded the old values, they are gone
            self.array = array
            if self.node is not None:
                log.note(array)  # the rule that made the old result would read this one

    def detach(self):
        """The same memory as a tensor without history."""
        return wrap(self.result_class, self.array)

    def requires_grad_(self, requires_grad: bool = True):
        """Start (or stop) tracking this leaf; returns it. Raises TypeError unless it holds floats."""
        self.requires_grad = requires_grad
        return self

    def backward(self, gradient=None, retain_graph=None, create_graph: bool = False, inputs=None):
        """Add d(self · gradient)/d(leaf) to every leaf's `.grad`: the chain rule, newest operation first.

        gradient: of this tensor's shape; may be left out for a single number. The graph is freed on the way unless
        retain_graph. With create_graph the gradients are recorded too. Raises RuntimeError, before any `.grad` has
        changed, when the graph was freed or a value it needs has been overwritten.
        """
        backward(
            [self], [gradient], retain_graph=retain_graph, create_graph=create_graph,
            inputs=None if inputs is None else {inputs} if isinstance(inputs, Variable) else set(inputs),
        )  # fmt: skip

    def __copy__(self):
        return self.clone() if self.node is not None else self.__deepcopy__({})

    def __deepcopy__(self, memo):
        if self.node is not None:
            raise RuntimeError("deepcopy: only leaves can be copied with their state; use .detach().clone()")
        new = memo[id(self)] = wrap(type(self), self.array.copy())
        new.tracked, new.name = self.tracked, self.name
        if self._grad is not None:
            new._grad = wrap(self.result_class, self._grad.array.copy())
        return new

    def __reduce__(self):
        raise TypeError("pickle: tensors are not pickled, because loading a pickle runs code; use minigrad.io.save")

    # NumPy
    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if "out" in kwargs:
            raise TypeError(
                f"np.{ufunc.__name__}: the result of tensors cannot be written into out= (as `array += tensor` does); "
                "write x = x + y, or compute on .detach().numpy()"
            )
        if method != "__call__":
            raise TypeError(f"np.{ufunc.__name__}.{method} has no rule for tensors; use a function such as mg.sum")
        return dispatch(ufunc, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return dispatch(function, args, kwargs)

    # dtypes
    def to(self, *target, dtype=None, device=None, non_blocking: bool = False):
        """In another dtype, or in that of another tensor; the same tensor if it has it already.

        A device may be given as well, in PyTorch's order (device, dtype); it can only be the CPU, where nothing waits.
        """
        dtype = dtype_of(target, dtype, device)
        return self if dtype is None or dtype == self.array.dtype else astype(self, dtype=dtype)

    def type(self, dtype):
        """In another dtype: x.type(torch.float) is x.to(torch.float)."""
        return self.to(dtype=dtype)

    def cpu(self):
        """Return self: that is where it is."""
        return self

    def type_as(self, other):
        """In the dtype of another tensor."""
        return self.to(other.dtype)

    def float(self):
        """As float32."""
        return self.to(np.float32)

    def double(self):
        """As float64."""
        return self.to(np.float64)

    def half(self):
        """As float16."""
        return self.to(np.float16)

    def int(self):
        """As int32, rounded towards 0."""
        return self.to(np.int32)

    def long(self):
        """As int64, rounded towards 0."""
        return self.to(np.int64)

    def bool(self):
        """As bool: whether each number is not zero."""
        return self.to(np.bool_)

    # operators
    __add__, __sub__, __mul__, __truediv__ = functions.add, functions.sub, functions.mul, functions.div
    __pow__, __mod__, __floordiv__ = functions.pow, functions.remainder, functions.floor_divide
    __matmul__, __neg__, __abs__ = functions.matmul, functions.neg, functions.abs
    __radd__, __rsub__ = reflected(functions.add), reflected(functions.sub)
    __rmul__, __rtruediv__ = reflected(functions.mul), reflected(functions.div)
    __rpow__, __rmod__ = reflected(functions.pow), reflected(functions.remainder)
    __rfloordiv__, __rmatmul__ = reflected(functions.floor_divide), reflected(functions.matmul)
    __iadd__, __isub__ = in_place(functions.add), in_place(functions.sub)
    __imul__, __itruediv__, __ipow__ = in_place(functions.mul), in_place(functions.div), in_place(functions.pow)
    __ifloordiv__, __imod__ = in_place(functions.floor_divide), in_place(functions.remainder)
    __eq__, __ne__ = comparison(functions.eq), comparison(functions.ne)
    __lt__, __le__ = comparison(functions.lt), comparison(functions.le)
    __gt__, __ge__ = comparison(functions.gt), comparison(functions.ge)
    __hash__ = Variable.__hash__

    def __pos__(self):
        return self

    def __invert__(self):
        if self.array.dtype.kind != "b":
            raise TypeError(f"~: only a bool tensor can be inverted, but this is {signature_of(self)}")
        return functions.logical_not(self)

    def __and__(self, other):
        return _both_bool(functions.logical_and, "&", self, other)

    def __or__(self, other):
        return _both_bool(functions.logical_or, "|", self, other)

    __rand__, __ror__ = __and__, __or__

    def __getitem__(self, index):
        return shape.getitem(self, index=_plain(index))

    def __setitem__(self, index, value):
        refuse_tracked_write("setitem", self, value)
        write(self, value, "setitem", _plain(index))

    # methods that write
    add_, sub_ = underscore("add_", scaled(functions.add)), underscore("sub_", scaled(functions.sub))
    mul_ = underscore("mul_", functions.mul)
    div_ = underscore("div_", functions.div)
    clamp_ = underscore("clamp_", functions.clamp)
    copy_, fill_, zero_ = underscore("copy_", copy), underscore("fill_", fill), underscore("zero_", zero)
    normal_, uniform_ = underscore("normal_", normal), underscore("uniform_", uniform)


Tensor.result_class = Tensor  # what operations on a Tensor, or on a Parameter, return
