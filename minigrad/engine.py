"""The engine: values that remember how they were made, and the walk back through that memory.

A `Primitive` is one row of the derivative table: a forward function and one rule per input. Calling it computes the
result and, when an input is tracked, records a `Node`. The walk back visits the recorded results newest first, so that
every gradient is complete before it is passed on, and asks the table for each input's share. Broadcasting, dtypes and
accumulation are handled here, once, so that a rule is only the line in the textbook.
"""

import functools
import inspect
import operator
import threading
import warnings

import numpy as np

from minigrad.dtypes import KINDS, NUMBERS, result_type, settle
from minigrad.errors import explain, signature_of
from minigrad.memory import clock, log
from minigrad.rules import values_read

TABLE = {}  # the derivative table: name → Primitive, in order of definition
NUMPY = {}  # what NumPy's functions are called instead when they are given a Variable
FREED = -1  # the tick of a node whose values have been given back
lock = threading.RLock()
blank = object.__new__


class Mode(threading.local):
    """What this thread does with the calls it makes: record them, and watch them for anomalies."""

    recording = True
    watcher = None  # autograd.detect_anomaly puts its own here


mode = Mode()


class Node:
    """One recorded call: which primitive, on which inputs, with which parameters, and when."""

    __slots__ = ("arrays", "inputs", "op", "params", "tick", "trace")

    def __init__(self, op, inputs, arrays, params, tick):
        self.op = op
        self.inputs = inputs  # as given: Variables, arrays and numbers; None once the graph is freed
        self.arrays = arrays  # what the forward function computed with
        self.params = params
        self.tick = tick
        self.trace = None  # where the user called it; noted under detect_anomaly()


class Variable:
    """An array, whether it is tracked, and, if it was computed from tracked values, the node that made it."""

    __slots__ = ("__weakref__", "_grad", "array", "hooks", "name", "node", "tracked")
    __hash__ = object.__hash__

    @property
    def grad(self):
        """The gradient that `backward()` left here: a tensor of this shape and dtype, or None."""
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
        self.hooks[handle] = hook
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

    def remove(self):
        """Take the hook away; doing it twice does no harm."""
        self.hooks.pop(self, None)


def wrap(cls, array):
    """A Variable of class cls around array, without history."""
    new = blank(cls)
    new.array = array
    new.tracked = False
    new.node = new._grad = new.hooks = new.name = None
    return new


# ---- one row of the table, and calling it ---------------------------------------------------------------------------


class Primitive:
    """One row of the derivative table: a forward function on arrays, and one rule per input.

    rules is None for a function without a derivative (a comparison, argmax): its results are constants.
    """

    def __init__(self, forward, *, same_dtype=False):
        self.forward = forward
        self.name = forward.__name__
        self.variadic = any(p.kind is p.VAR_POSITIONAL for p in inspect.signature(forward).parameters.values())
        self.same_dtype = same_dtype
        self.rules = None
        self.holes = False  # whether some input has no rule

    def __repr__(self):
        return f"<primitive {self.name}>"

    def defvjp(self, *rules):
        """Give the rules, in the order of the inputs: rule(g, out, *inputs, **params) → that input's gradient.

        None stands for an input that has no derivative. A variadic primitive takes one rule(i, g, out, *inputs).
        """
        expected = [p for p in inspect.signature(self.forward).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        if len(rules) != len(expected):
            raise TypeError(
                f"defvjp: {self.name} takes {len(expected)} array inputs ({', '.join(map(str, expected))}), "
                f"so it needs {len(expected)} rules, but got {len(rules)}; use None for one without a derivative"
            )
        self.rules = EveryInput(rules[0]) if self.variadic else rules
        self.holes = not self.variadic and None in rules

    def values_read_by(self, i):
        """Which of (out, *inputs) the rule of input i computes with, as a test on positions 0, 1, 2, …"""
        rule = self.rules.rule if self.variadic else self.rules[i]
        names = values_read(rule)
        if names is None:
            return lambda position: True
        arguments = [*inspect.signature(rule).parameters][2 if self.variadic else 1 :]
        return lambda position: arguments[min(position, len(arguments) - 1)] in names


class EveryInput:
    """The rules of a variadic primitive: the same one for every input, told which input it is asked about."""

    def __init__(self, rule):
        self.rule = rule

    def __getitem__(self, i):
        return functools.partial(self.rule, i)


def primitive(*numpy_functions, same_dtype=False):
    """Decorator: put a forward function into the derivative table, under its own name.

    forward(*arrays, **params) computes on arrays, which are positional; parameters are keyword-only. NumPy's own
    functions given here record this primitive when they meet a Tensor. `same_dtype` refuses operands of two dtypes
    instead of promoting. Give the derivatives with `defvjp`, or say `constant` when there are none.

    >>> @primitive()
    ... def cube(x):
    ...     return x**3
    >>> cube.defvjp(lambda g, out, x: g * 3 * x**2)
    """

    def define(forward):
        row = TABLE[forward.__name__] = Primitive(forward, same_dtype=same_dtype)

        def op(*inputs, **params):
            return call(row, inputs, params)

        functools.update_wrapper(op, forward)
        op.primitive, op.defvjp = row, row.defvjp
        for function in numpy_functions:
            NUMPY[function] = op
        return op

    return define


def call(op, inputs, params):
    """Compute op on the inputs' arrays and, if one of them is tracked, record how."""
    arrays = []
    tracked = numbers = mixed = False
    dtype = cls = None
    for x in inputs:
        if isinstance(x, Variable):
            array = x.array
            if x.tracked:
                tracked = True
            cls = x.result_class
        elif type(x) is np.ndarray:
            array = x
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
        return op.forward(*inputs, **params)  # plain arrays, as in a rule of the first-order walk
    if mixed or (numbers and dtype.kind != "f"):
        inputs, arrays, dtype = agree(op, inputs, arrays)
    elif numbers:
        arrays = [np.array(a, dtype) if type(a) in NUMBERS else a for a in arrays]
    tick = clock() if tracked else 0
    try:
        out = op.forward(*arrays, **params)
    except (ValueError, TypeError, IndexError, OverflowError) as error:
        raise explain(error, op, inputs, arrays, params) from None
    if type(out) is not np.ndarray:
        out = np.asarray(out)
    if out.dtype is not dtype:
        out = settle(op, out, arrays, params, dtype)
    result = blank(cls)
    result.array = out
    result.tracked = False
    result.node = result._grad = result.hooks = result.name = None
    if tracked and mode.recording and op.rules is not None and out.dtype.kind == "f":
        if op.holes:
            _refuse_tracked_holes(op, inputs)
        result.node = Node(op, inputs, arrays, params, tick)
        result.tracked = True
        if mode.watcher is not None:
            mode.watcher.called(result)
    return result


def agree(op, inputs, arrays):
    """The inputs in one dtype. A tensor that has to change is cast by a recorded `astype`, so its gradient comes back."""
    for x in arrays:
        if not (type(x) in NUMBERS or (isinstance(x, np.ndarray | np.generic) and x.dtype.kind in KINDS)):
            raise TypeError(
                f"{op.name}: cannot compute with a {signature_of(x)}; make a tensor of it with mg.tensor(…)"
            )
    inputs = [x.item() if isinstance(x, np.generic) else x for x in inputs]
    arrays = [x.array if isinstance(x, Variable) else x for x in inputs]
    joining = [i for i in range(len(inputs)) if not op.holes or op.rules[i] is not None]
    dtype = result_type([arrays[i] for i in joining])
    if op.same_dtype and any(arrays[i].dtype != dtype for i in joining if isinstance(arrays[i], np.ndarray)):
        raise TypeError(
            f"{op.name}: all inputs must have one dtype, but got {', '.join(map(signature_of, inputs))}; "
            "convert one of them, for instance with .float()"
        )
    for i, a in enumerate(arrays):
        if type(a) in NUMBERS:
            arrays[i] = np.array(a, dtype if i in joining else None)
        elif i in joining and a.dtype != dtype:
            inputs[i] = astype(inputs[i], dtype=dtype)
            arrays[i] = inputs[i].array if isinstance(inputs[i], Variable) else inputs[i]
    return inputs, arrays, dtype


def _refuse_tracked_holes(op, inputs):
    for i, (rule, x) in enumerate(zip(op.rules, inputs, strict=True)):
        if rule is None and isinstance(x, Variable) and x.tracked:
            raise TypeError(
                f"{op.name}: input {i} ({signature_of(x)}) requires grad, but {op.name} has no derivative for it; "
                "pass x.detach() if it is meant as a constant"
            )


@primitive()
def astype(x, *, dtype):
    """x in another dtype."""
    return x.astype(dtype)


astype.defvjp(lambda g, out, x, dtype: g)  # the engine gives every gradient its input's dtype


# ---- the walk back --------------------------------------------------------------------------------------------------


def walk(roots, gradients, *, retain_graph, create_graph, targets=None):
    """The gradients of Σ roots·gradients: {variable: gradient} for leaves and for what asked by `retain_grad()`.

    With targets, only the part of the graph that leads to them is visited, and only their gradients are returned. The
    gradients are arrays, or Variables that were recorded themselves if create_graph. No `.grad` is touched.
    """
    pending = {}
    for root, g in zip(roots, gradients, strict=True):
        pending[root] = pending[root] + g if root in pending else g
    order = _sort(roots, targets, retain_graph)
    done = {}
    before, mode.recording = mode.recording, create_graph
    try:
        while order:
            out = order.pop()  # newest first; popping lets go of the values as we pass them
            g = pending.pop(out, None)
            if g is None:
                continue
            if out.hooks is not None:
                g = _run_hooks(out, g, done)
            if targets is not None and out in targets:
                done[out] = np.copy(g)
            _pass_back(out, g, pending, create_graph)
            if not retain_graph:
                out.node.inputs = out.node.arrays = None
        for leaf, g in pending.items():
            if targets is None or leaf in targets:
                done[leaf] = np.copy(_run_hooks(leaf, g, done)) if leaf.hooks else g
    finally:
        mode.recording = before
    return done


def _sort(roots, targets, retain_graph):
    """The computed Variables behind roots, oldest first. Refuses freed and stale ones before any rule has run."""
    seen = {root for root in roots if root.node is not None}
    stack = [*seen]
    with lock:  # whoever gets here first has the graph; a second walk finds it freed
        while stack:
            out = stack.pop()
            if out.node.tick < log.last:  # freed, or something was written after this call
                _refuse_freed_or_stale(out)
            if mode.watcher is not None:
                mode.watcher.visited(out)
            for x in out.node.inputs:
                if isinstance(x, Variable) and x.node is not None and x not in seen:
                    seen.add(x)
                    stack.append(x)
        order = sorted(seen, key=operator.attrgetter("node.tick"))
        if targets is not None:
            order = _leading_to(targets, order)
        if not retain_graph:
            for out in order:
                out.node.tick = FREED
    return order


def _leading_to(targets, order):
    useful = set(targets)
    for out in order:
        if any(isinstance(x, Variable) and x in useful for x in out.node.inputs):
            useful.add(out)
    return [out for out in order if out in useful]


def _pass_back(out, g, pending, create_graph):
    """Add to pending, for each tracked input of out, upstream gradient × local derivative."""
    node = out.node
    op, inputs, arrays, params = node.op, node.inputs, node.arrays, node.params
    rules, value, values = op.rules, out.array, arrays
    if create_graph:
        value, values = out, [x if isinstance(x, Variable) else a for x, a in zip(inputs, arrays, strict=True)]
    for i, x in enumerate(inputs):
        if not (isinstance(x, Variable) and x.tracked):
            continue
        gx = rules[i](g, value, *values, **params)
        a = arrays[i]
        if gx.shape != a.shape or gx.dtype is not a.dtype:
            gx = _fit(gx, a, op)
        if mode.watcher is not None:
            mode.watcher.passed_back(out, i, gx)
        if x in pending:
            pending[x] = pending[x] + gx
        elif x.node is None and not create_graph and (gx is g or gx.base is not None or _among(gx, arrays, value)):
            pending[x] = np.array(gx)  # a leaf's gradient shares its memory with nothing
        else:
            pending[x] = gx


def _among(gx, arrays, value):
    return gx is value or any(gx is a for a in arrays)


def _fit(g, array, op):
    """Undo broadcasting: sum g over the axes that were added or stretched, and give it the input's dtype."""
    if g.shape != array.shape:
        added = g.ndim - array.ndim
        stretched = [added + i for i, n in enumerate(array.shape) if n == 1]
        if added < 0 or np.broadcast_shapes(g.shape, array.shape) != g.shape:
            raise ValueError(
                f"{op.name}: a rule returned a gradient of shape {g.shape} for an input of shape {array.shape}; "
                "it must have the input's shape, or one that broadcasting could have made of it"
            )
        g = np.reshape(np.sum(g, axis=(*range(added), *stretched)), array.shape)
    return g if g.dtype == array.dtype else astype(g, dtype=array.dtype)


def _run_hooks(out, g, done):
    for hook in [hook for hook in out.hooks.values() if hook is not None]:
        given = g if isinstance(g, Variable) else wrap(out.result_class, np.array(g))
        answer = hook(given)
        if answer is not None:
            if not isinstance(answer, Variable) or answer.array.shape != out.array.shape:
                raise ValueError(
                    f"hook: it must return None or a gradient of shape {out.array.shape}, but returned "
                    f"{signature_of(answer) if isinstance(answer, Variable) else repr(answer)}"
                )
            g = answer if isinstance(g, Variable) else answer.array.astype(out.array.dtype, copy=False)
    if RETAIN in out.hooks:
        done[out] = np.copy(g)
    return g


def _refuse_freed_or_stale(out):
    node = out.node
    if node.tick == FREED:
        raise RuntimeError(
            f"backward: the graph behind {node.op.name} has been freed by an earlier backward through it; "
            "call that one with retain_graph=True to walk it twice, or compute the loss again"
        )
    values = (out.array, *node.arrays)
    written = [p for p, a in enumerate(values) if isinstance(a, np.ndarray) and log.written_since(a, node.tick)]
    for i, x in enumerate(node.inputs):
        if written and isinstance(x, Variable) and x.tracked:
            reads = node.op.values_read_by(i)
            for position in written:
                if reads(position):
                    what = "its result" if position == 0 else f"its input {position - 1}"
                    raise RuntimeError(
                        f"backward: {node.op.name} needs {what}, {signature_of((out, *node.inputs)[position])}, as it "
                        "was in the forward pass, but it has been overwritten since; change it after backward(), "
                        "or compute with a .clone()"
                    )


def backward(roots, gradients, *, retain_graph=None, create_graph=False, inputs=None):
    """Add the gradients of Σ roots·gradients to `.grad` of the leaves, or of inputs. All of them, or none if it raises."""
    if create_graph:
        warnings.warn(
            "backward(create_graph=True) makes a reference cycle between a tensor and its gradient; "
            "use autograd.grad, or set .grad = None when done",
            stacklevel=3,
        )
    gradients = [seed(root, g, create_graph) for root, g in zip(roots, gradients, strict=True)]
    retain_graph = create_graph if retain_graph is None else retain_graph
    grads = walk(roots, gradients, retain_graph=retain_graph, create_graph=create_graph, targets=inputs)
    with lock:
        for x, g in grads.items():
            _accumulate(x, g, create_graph)


def seed(root, gradient, create_graph):
    if not root.tracked:
        raise RuntimeError(
            "backward: this tensor does not require grad and was not computed from one that does; "
            "make the inputs with requires_grad=True, and compute outside no_grad()"
        )
    a = root.array
    if gradient is None:
        if a.size != 1:
            raise RuntimeError(
                f"backward: only a scalar has a gradient without being told more, but this is {signature_of(root)}; "
                "reduce it with .sum() or .mean(), or give gradient= of its shape"
            )
        gradient = np.ones(a.shape, a.dtype)
    array = gradient.array if isinstance(gradient, Variable) else np.asarray(gradient)
    if array.shape != a.shape:
        raise ValueError(f"backward: gradient has shape {array.shape}, but the tensor has {a.shape}; they must agree")
    if create_graph and isinstance(gradient, Variable):
        return gradient if array.dtype == a.dtype else astype(gradient, dtype=a.dtype)
    array = np.array(array, a.dtype)
    return wrap(root.result_class, array) if create_graph else array


def _accumulate(x, g, create_graph):
    old = x._grad
    if create_graph:
        x._grad = np.copy(g) if old is None else old + g
    elif old is None:
        x._grad = wrap(x.result_class, np.asarray(g))
    elif old.tracked or not old.array.flags.writeable:
        x._grad = wrap(x.result_class, np.asarray(old.array + g))
    else:
        old.array += g  # in place, as in PyTorch: whoever holds the gradient sees the sum
        log.note(old.array)
