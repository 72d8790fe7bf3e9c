"""The walk back: gradients of recorded results, from the newest call to the oldest.

Every call was recorded at a tick of one clock, and whoever used a result came after it. Newest first is therefore an
order in which each gradient is complete before it is passed on: no path is followed twice, and nothing recurses. For
each call the walk asks the derivative table for the share of each input, `g × local derivative`. Broadcasting, dtypes
and accumulation are handled here, once, so that a rule is only the line in the textbook.
"""

import warnings
from operator import attrgetter

import numpy as np
from numpy import ndarray

from minigrad.dtypes import KINDS
from minigrad.engine import FREED, Variable, astype, lock, mode, wrap
from minigrad.errors import signature_of
from minigrad.memory import log

age = attrgetter("node.tick")  # whoever uses a result comes after it: ticks never go back


def walk(roots, gradients, *, retain_graph, create_graph, targets=None):
    """The gradients of Σ roots·gradients: {variable: gradient} for leaves and for what asked by `retain_grad()`.

    With targets, only the part of the graph that leads to them is visited, and only their gradients are returned. The
    gradients are arrays, or Variables that were recorded themselves if create_graph. No `.grad` is touched.
    """
    pending, done = {}, {}
    for root, g in zip(roots, gradients, strict=True):
        pending[root] = pending[root] + g if root in pending else g
    watcher, before = mode.watcher, mode.recording
    order = _sort(roots, targets, retain_graph, watcher)
    mode.recording = create_graph and (watcher or True)
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
            _pass_back(out, g, pending, create_graph, watcher)
            if not retain_graph:
                out.node.inputs = out.node.arrays = None
        if targets is not None:  # leaves, and targets behind which nothing is asked for
            pending = {x: g if x.node is None else np.copy(g) for x, g in pending.items() if x in targets}
        for x, g in pending.items():
            if x.hooks is not None:
                pending[x] = np.copy(_run_hooks(x, g, done))
    finally:
        mode.recording = before
    return done | pending


def _sort(roots, targets, retain_graph, watcher):
    """The computed Variables behind roots, oldest first. Refuses freed and stale ones before any rule has run."""
    found = {root.node.tick: root for root in roots if root.node is not None}
    order = [*found.values()]
    with lock:  # whoever gets here first has the graph; a second walk finds it freed
        for out in order:  # which grows as more is found
            node = out.node
            if node.tick < log.last:  # freed, or something was written after this call
                _refuse_freed_or_stale(out)
            if watcher is not None:
                watcher.visited(out)
            for i in node.needs:
                x = node.inputs[i]
                before = x.node
                if before is not None and before.tick not in found:
                    found[before.tick] = x
                    order.append(x)
        order.sort(key=age)
        if targets is not None:
            order = _leading_to(targets, order)
        if not retain_graph:
            for out in order:
                out.node.tick = FREED
    return order


def _leading_to(targets, order):
    """Those of order, oldest first, from which a target can be reached."""
    useful, leading = set(targets), []
    for out in order:
        if any(out.node.inputs[i] in useful for i in out.node.needs):
            useful.add(out)
            leading.append(out)
    return leading


def _pass_back(out, g, pending, create_graph, watcher):
    """Add to pending, for each tracked input of out, upstream gradient × local derivative."""
    node = out.node
    rules, inputs, arrays, params = node.op.rules, node.inputs, node.arrays, node.params
    if inputs is None or arrays is None:
        _refuse_freed(node)  # by another thread, in the middle of this walk
    given = g, out.array, *arrays
    if create_graph:
        given = g, out, *(x if isinstance(x, Variable) else a for x, a in zip(inputs, arrays, strict=True))
    for i in node.needs:
        x, a = inputs[i], arrays[i]
        if not x.tracked:
            continue  # frozen since
        gx = rules[i](*given, **params)
        if type(gx) is not ndarray:
            _refuse_foreign(gx, node.op, i, create_graph)
        if gx.shape != a.shape or gx.dtype is not a.dtype:
            gx = fit(gx, a, node.op)
        if x.node is None and not create_graph:
            gx = _owned(gx, given)  # a leaf's gradient shares its memory with nothing
        if watcher is not None:
            watcher.passed_back(out, i, gx)
        pending[x] = pending[x] + gx if x in pending else gx


def _refuse_foreign(gx, op, i, create_graph):
    if not isinstance(gx, Variable if create_graph else np.generic | ndarray):
        raise TypeError(
            f"{op.name}: the rule of input {i} returned {signature_of(gx)}; it must return an array, or a tensor where "
            "it was given tensors: g times the local derivative"
        )


def _owned(gx, given):
    """gx, or a copy of it if it is a view, or one of the arrays that the rule was given."""
    for a in given:
        if gx is a:
            return np.array(gx)
    return gx if gx.base is None else np.array(gx)


def fit(g, array, op):
    """g in the input's shape and dtype: summed where the input had been stretched, spread where g was left small."""
    shape = array.shape
    if g.shape != shape:
        total = np.sum if isinstance(g, Variable) else np.add.reduce
        g = total(g, axis=0) if g.shape[1:] == shape else _reshaped(g, shape, total, op)  # a bias, and its batch
    return g if g.dtype is array.dtype else astype(g, dtype=array.dtype)


def _reshaped(g, shape, total, op):
    """g, summed over the axes that shape does not have and over those where it has 1, then spread over the others."""
    added = g.ndim - len(shape)
    axes = (*range(added), *(i for i, n in enumerate(shape, added) if n == 1 and i >= 0 and g.shape[i] != 1))
    if axes:
        g = total(g, axis=axes, keepdims=True)
        g = g.reshape(g.shape[max(added, 0) :])
    return g if g.shape == shape else _spread(g, shape, op)


def _spread(g, shape, op):
    try:
        if isinstance(g, Variable):
            return np.broadcast_to(g, shape)
        out = np.empty(shape, g.dtype)  # filling is faster than a broadcast view, and ours to keep
        out[...] = g
        return out
    except ValueError:
        raise ValueError(
            f"{op.name}: a rule returned a gradient of shape {g.shape} for an input of shape {shape}; it must have "
            "that shape, or one that broadcasts with it"
        ) from None


def _run_hooks(out, g, done):
    for hook in [hook for hook in (out.hooks or {}).values() if hook is not None]:
        given = g if isinstance(g, Variable) else wrap(out.result_class, np.array(g))
        answer = hook(given)
        if answer is not None:
            if not isinstance(answer, Variable) or answer.array.shape != out.array.shape:
                raise ValueError(
                    f"hook: it must return None or a gradient of shape {out.array.shape}, but returned "
                    f"{signature_of(answer) if isinstance(answer, Variable) else repr(answer)}"
                )
            answer = answer if answer.array.dtype == out.array.dtype else astype(answer, dtype=out.array.dtype)
            g = answer if isinstance(g, Variable) else answer.array
    if out.retains_grad:
        done[out] = np.copy(g)
    return g


def _refuse_freed(node):
    raise RuntimeError(
        f"backward: the graph behind {node.op.name} has been freed by an earlier backward through it; "
        "call that one with retain_graph=True to walk it twice, or compute the loss again"
    )


def _refuse_freed_or_stale(out):
    node = out.node
    if node.tick == FREED:
        _refuse_freed(node)
    for what, x, array in values_needed(out):
        if log.written_since(array, node.tick):
            raise RuntimeError(
                f"backward: {node.op.name} needs its {what} ({signature_of(x)}) as it was in the forward pass, but it "
                f"has been overwritten since{called_at(node)}; write to it (optimizer.step() writes, too) after "
                "backward(), or compute the loss again"
            )


def values_needed(out):
    """(what it is, as given, its array) for each value that the rules of out's tracked inputs compute with."""
    node, op = out.node, out.node.op
    given = zip(node.inputs, node.arrays, strict=True)
    known = [("result", out, out.array), *((f"input {i}", x, a) for i, (x, a) in enumerate(given))]
    settings = {name: (f"parameter {name}", a, a) for name, a in node.params.items() if isinstance(a, ndarray)}
    needed = {}
    for i in node.needs:
        needed |= op.arguments_read(i, known, settings)
    return list(needed.values())


def called_at(node):
    """The user's file and line that made node, if detect_anomaly() was on."""
    return f"; it was called at {node.trace[0]}:{node.trace[1]}" if node.trace else ""


def backward(roots, gradients, *, retain_graph=None, create_graph=False, inputs=None):
    """Add gradients of Σ roots·gradients to `.grad` of the leaves, or of inputs: to all, or to none if it raises."""
    if create_graph:
        warnings.warn(
            "backward(create_graph=True) makes a reference cycle between a tensor and its gradient; "
            "use autograd.grad, or set .grad = None when done",
            stacklevel=3,
        )
    if inputs is not None:
        _refuse_inputs(inputs)
    gradients = [seed(root, g, create_graph) for root, g in zip(roots, gradients, strict=True)]
    retain_graph = create_graph if retain_graph is None else retain_graph
    grads = walk(roots, gradients, retain_graph=retain_graph, create_graph=create_graph, targets=inputs)
    with lock:
        for x, g in grads.items():
            if x._grad is None and not create_graph:
                x._grad = wrap(x.result_class, np.asarray(g))
            else:
                _add_to_grad(x, g, create_graph)


def _refuse_inputs(inputs):
    for x in inputs or [None]:
        if not isinstance(x, Variable) or not x.tracked:
            raise ValueError(
                f"backward: inputs must be tensors that require grad, at least one, but got {signature_of(x)}; "
                "leave inputs out to reach every leaf"
            )


def seed(root, gradient, create_graph):
    """What the walk starts with at root: a copy of gradient, checked; 1 where none is needed."""
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
        array = np.array(1, a.dtype, ndmin=a.ndim)  # of a's shape, as that holds one number
        return wrap(root.result_class, array) if create_graph else array
    array = _numbers(gradient)
    if array.shape != a.shape:
        raise ValueError(f"backward: gradient has shape {array.shape}, but the tensor has {a.shape}; they must agree")
    if create_graph and isinstance(gradient, Variable):
        return gradient if array.dtype == a.dtype else astype(gradient, dtype=a.dtype)
    array = np.array(array, a.dtype)
    return wrap(root.result_class, array) if create_graph else array


def _numbers(gradient):
    try:
        array = gradient.array if isinstance(gradient, Variable) else np.asarray(gradient)
    except ValueError as error:
        raise ValueError(f"backward: gradient is no array: {error}") from None
    if array.dtype.kind not in KINDS:
        raise TypeError(f"backward: gradient must hold real numbers, but it is {signature_of(array)}")
    return array


def _add_to_grad(x, g, create_graph):
    old = x._grad
    if create_graph:
        x._grad = np.copy(g) if old is None else old + g
    elif old.tracked or not old.array.flags.writeable:
        x._grad = wrap(x.result_class, np.asarray(old.array + g))
    else:
        old.array += g  # in place, as in PyTorch: whoever holds the gradient sees the sum
        log.note(old.array)
