"""The engine: values that remember how they were made.

`@primitive` puts a forward function into the derivative table (`table.py`) and returns a function; calling that
computes the result and, when an input is tracked, records a `Node`. How the record is walked back is in `backward.py`.
"""

from __future__ import annotations

import functools
import inspect
import threading
import warnings
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np
from numpy import ndarray

from minigrad.dtypes import KINDS, NUMBERS, result_type, settle
from minigrad.errors import explain, signature_of
from minigrad.memory import clock
from minigrad.rules import positional
from minigrad.table import NUMPY, TABLE, Primitive

FREED = -1  # the tick of a node whose values have been given back
lock = threading.RLock()
blank = object.__new__


class Mode(threading.local):
    """What this thread does with the calls it makes: record them, and watch them for anomalies."""

    recording = True  # False, True, or the watcher that is told of every recorded call
    watcher = None  # what autograd.detect_anomaly looks with


mode = Mode()


class Node:
    """One recorded call: which primitive, on which inputs, with which parameters, and when."""

    __slots__ = (
        "arrays",  # what the forward function computed with
        "inputs",  # as given: Variables, arrays and numbers; None once the graph is freed
        "needs",  # which of them were tracked, by position
        "op",
        "params",
        "scope",  # the module calls it is the result of: (weak reference to the module, its class, when it began, next)
        "tick",  # when: every call and every write has its own
        "trace",  # where the user's code called it; noted under detect_anomaly()
    )


class Variable:
    """An array, whether it is tracked, and, if it was computed from tracked values, the node that made it."""

    __slots__ = ("__weakref__", "_grad", "array", "hooks", "name", "node", "tracked")
    __hash__ = object.__hash__
    result_class: ClassVar[type]  # what operations on it return

    @property
    def grad(self):
        """The gradient that `backward()` left here: a tensor of this shape and dtype, or None."""
        if self._grad is None and self.node is not None and not self.retains_grad:
            warnings.warn(
                f"grad: this tensor was computed by {self.node.op.name}, so backward() keeps no gradient in it; look "
                "at the leaves it was computed from, or call retain_grad() before backward()",
                stacklevel=2,
            )
        return self._grad

    @grad.setter
    def grad(self, value):
        if value is not None:
            given = f"{type(value).__name__}" if not isinstance(value, Variable) else signature_of(value)
            if not isinstance(value, Variable) or (value.array.shape, value.array.dtype) != (
                self.array.shape,
                self.array.dtype,
            ):
                raise TypeError(
                    f"grad: expected None or a tensor like the one it belongs to, {signature_of(self)}, but got {given}"
                )
        self._grad = value

    @property
    def requires_grad(self):
        """Whether operations on this tensor are recorded, so that `backward()` reaches it."""
        return self.tracked

    @requires_grad.setter
    def requires_grad(self, value):
        if value and self.array.dtype.kind != "f":
            raise TypeError(
                f"requires_grad: only floating tensors can require gradients, but this one is {self.array.dtype}; "
                "convert it with .float() first"
            )
        if self.node is not None and not value:
            raise RuntimeError(
                "requires_grad: this tensor was computed from others and cannot be switched off; "
                "use .detach() for a copy without history"
            )
        self.tracked = bool(value)

    @property
    def is_leaf(self):
        """True for a tensor that was made by the user, not computed from tracked ones."""
        return self.node is None

    def register_hook(self, hook):
        """Call hook(grad) when this tensor's gradient is complete; what it returns, if anything, takes its place.

        Returns a handle whose `remove()` takes the hook away.
        """
        if not self.tracked:
            raise RuntimeError("register_hook: this tensor does not require grad, so no gradient will ever arrive")
        if self.hooks is None:
            self.hooks = {}
        handle = Handle(self.hooks)
        self.hooks[handle.key] = hook
        return handle

    def retain_grad(self):
        """Ask `backward()` to keep this intermediate tensor's gradient in `.grad`, as it does for leaves."""
        if not self.tracked:
            raise RuntimeError("retain_grad: this tensor does not require grad, so it will never have one to keep")
        if self.node is not None:
            self.hooks = self.hooks or {}
            self.hooks[RETAIN] = None

    @property
    def retains_grad(self):
        """True for an intermediate tensor on which `retain_grad()` was called."""
        return self.hooks is not None and RETAIN in self.hooks


RETAIN = "retain"  # the key under which an intermediate's hooks say: keep the gradient


class Handle:
    """What `register_hook` returns: `remove()` undoes the registration."""

    def __init__(self, hooks):
        self.hooks = hooks
        self.key = clock()

    def remove(self):
        """Take the hook away; doing it twice does no harm."""
        self.hooks.pop(self.key, None)


def wrap(cls, array):
    """A Variable of class cls around array, without history."""
    new = blank(cls)
    new.array = array
    new.tracked = False
    new.node = new._grad = new.hooks = new.name = None
    return new


# ---- making a row of the table, and calling it -----------------------------------------------------------------------


def primitive(
    *numpy_functions: Callable, same_dtype: bool = False, constant: bool = False
) -> Callable[[Callable], Any]:
    """Decorator: put a forward function into the derivative table, under its own name.

    forward(*arrays, **params) computes on arrays, which are positional; parameters are keyword-only. NumPy's own
    functions given here record this primitive when they meet a Tensor. `same_dtype` refuses operands of two dtypes
    instead of promoting. Give the derivatives with `defvjp`, or say `constant=True` when there are none.

    >>> @primitive()
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda g, out, x: g * 3 * x**2)
    """

    def define(forward):
        _refuse_taken(forward, numpy_functions)
        row = TABLE[forward.__name__] = Primitive(forward, same_dtype=same_dtype, constant=constant)

        def op(*inputs, **params):
            return call(row, inputs, params)

        functools.update_wrapper(op, forward)
        op.primitive, op.defvjp = row, row.defvjp
        for function in numpy_functions:
            NUMPY[function] = op
        return op

    return define


def _refuse_taken(forward, numpy_functions):
    """Refuse what a row of another module has; within one, a cell may be run again and its row be defined anew."""
    taken = [(repr(forward.__name__), TABLE.get(forward.__name__))]
    taken += [(f"np.{f.__name__}", NUMPY[f].primitive) for f in numpy_functions if f in NUMPY]
    for what, row in taken:
        if row is not None and row.forward.__module__ != forward.__module__:
            raise ValueError(
                f"primitive: {what} is taken by a row of the table, {row.name} in {row.forward.__module__}; "
                "give the function another name, or leave the NumPy function out"
            )


def call(op, inputs, params):
    """Compute op on the inputs' arrays and, if one of them is tracked, record how."""
    if params and not op.settings.issuperset(params):
        inputs, params = _placed(op, inputs, params)
    arrays, needs = [], []
    numbers = mixed = False
    dtype = cls = None
    for i, x in enumerate(inputs):
        if isinstance(x, Variable):
            array = x.array
            if x.tracked:
                needs.append(i)
            cls = x.result_class
        elif type(x) is ndarray:
            array = x
        elif type(x) is float and dtype is not None and dtype.kind == "f":
            arrays.append(np.array(x, dtype))  # the common y * 2.0
            continue
        else:
            arrays.append(x)
            numbers = True
            mixed = mixed or type(x) not in NUMBERS
            continue
        if array.dtype is not dtype:
            if dtype is None:
                dtype = array.dtype
            else:
                mixed = True
        arrays.append(array)
    if cls is None:
        if not inputs or type(inputs[0]) is not ndarray:
            _refuse_lists(op, inputs)
        return op.forward(*inputs, **params)  # plain arrays, as in a rule of the first-order walk
    if mixed or (numbers and dtype.kind != "f"):
        inputs, arrays, dtype = agree(op, inputs, arrays)
    elif numbers:
        arrays = [np.array(a, dtype) if type(a) in NUMBERS else a for a in arrays]
    tick = clock() if needs else 0
    try:
        out = op.forward(*arrays, **params)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise explain(error, op, inputs, arrays, params) from None
    if type(out) is not ndarray:
        if not isinstance(out, np.generic):  # a sum, most often, which NumPy returns as a scalar
            _refuse_tensors_by_name(op, params)
        out = np.asarray(out)
    if out.dtype is not dtype:
        if op is not astype.primitive:
            out = settle(op, out, arrays, params, dtype)
        if out.dtype.kind != "f":
            needs = None
    result = blank(cls)
    result.array = out
    result.node = result._grad = result.hooks = result.name = None
    result.tracked = False
    if needs and not op.constant and (recording := mode.recording):
        if op.holes:
            _refuse_holes(op, inputs, needs)
        result.tracked = True
        node = result.node = blank(Node)
        node.op, node.inputs, node.needs, node.arrays = op, inputs, needs, arrays
        node.params, node.tick, node.scope, node.trace = params, tick, None, None
        if recording is not True:
            recording.called(result)
    return result


def _placed(op, inputs, params):
    """The inputs with those given by name, the row's or PyTorch's, in their places; and the settings."""
    names = positional(op.forward)
    first = int(names[0] == "condition")  # which where() has before the others
    places = {"input": first, "other": first + 1, "exponent": 1} | {name: i for i, name in enumerate(names)}
    named = {places[k]: x for k, x in params.items() if k in places}
    settings = {k: x for k, x in params.items() if k not in places}
    if op.variadic or not op.settings.issuperset(settings) or sorted(named) != [*range(len(inputs), len(names))]:
        given = ", ".join([*(signature_of(x) for x in inputs), *(f"{k}=" for k in params)])
        raise TypeError(f"{op.name}: takes {inspect.signature(op.forward)}, but got ({given}); give each input once")
    return (*inputs, *(named[i] for i in sorted(named))), settings


def _refuse_lists(op, inputs):
    if not any(isinstance(x, ndarray | np.generic) for x in inputs):
        given = ", ".join(map(signature_of, inputs)) or "nothing"
        raise TypeError(f"{op.name}: expected a tensor, but got {given}; make one with mg.tensor(…)")


def _refuse_tensors_by_name(op, params):
    for name, value in params.items():
        if isinstance(value, Variable):
            raise TypeError(f"{op.name}: give tensors by position, not by name; {name}= is {signature_of(value)}")


def agree(op, inputs, arrays):
    """The inputs in one dtype; a tensor that must change is cast by a recorded `astype`, so its gradient comes back."""
    for x in arrays:
        if not (type(x) in NUMBERS or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind in KINDS)):
            raise TypeError(
                f"{op.name}: cannot compute with a {signature_of(x)}; make a tensor of it with mg.tensor(…)"
            )
    inputs = [_plain(x) for x in inputs]
    arrays = [x.array if isinstance(x, Variable) else x for x in inputs]
    joining = [i for i in range(len(inputs)) if op.rules is None or not op.holes or op.rules[i] is not None]
    dtype = result_type([arrays[i] for i in joining])
    if op.same_dtype and any(arrays[i].dtype != dtype for i in joining if isinstance(arrays[i], np.ndarray)):
        raise TypeError(
            f"{op.name}: all inputs must have one dtype, but got {', '.join(map(signature_of, inputs))}; "
            "convert one of them, for instance with .float()"
        )
    for i, a in enumerate(arrays):
        if type(a) in NUMBERS:
            arrays[i] = _fitted(a, dtype if i in joining else None, op)
        elif i in joining and a.dtype != dtype:
            inputs[i] = astype(inputs[i], dtype=dtype)
            arrays[i] = inputs[i].array if isinstance(inputs[i], Variable) else inputs[i]
    return inputs, arrays, dtype


def _plain(x):
    """NumPy's numbers as Python's, which widen nothing; a matrix or another kind of array as the array it is."""
    return x.item() if isinstance(x, np.generic) else np.asarray(x) if isinstance(x, ndarray) else x


def _fitted(number, dtype, op):
    try:
        return np.array(number, dtype)
    except OverflowError:
        if op.constant:  # a comparison: NumPy compares with numbers beyond the dtype as it should
            return number
        raise OverflowError(f"{op.name}: {number} does not fit into {dtype}; convert the tensor first") from None


def _refuse_holes(op, inputs, needs):
    if op.rules is None:
        raise TypeError(
            f"{op.name}: it has no rules, so the gradient of {signature_of(inputs[needs[0]])} would be lost; give them "
            f"with {op.name}.defvjp(…), or declare it @primitive(constant=True)"
        )
    for i in needs:
        if op.rules[i] is None:
            raise TypeError(
                f"{op.name}: input {i} ({signature_of(inputs[i])}) requires grad, but {op.name} has no derivative for "
                "it; pass x.detach() if it is meant as a constant"
            )


@primitive()
def astype(x, *, dtype):
    """x in another dtype."""
    return x.astype(dtype)


astype.defvjp(lambda g, out, x, dtype: g)  # the engine gives every gradient its input's dtype
