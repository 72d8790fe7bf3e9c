"""Gradients as functions: grad, Jacobians, Hessians, products with them; and the modes that steer recording."""

import contextlib
import os
import sys
import zlib

import numpy as np

from minigrad.backward import seed, values_needed, walk, where
from minigrad.creation import zeros_like
from minigrad.engine import Variable, mode, wrap
from minigrad.errors import signature_of
from minigrad.functions import reshape, stack

__all__ = [
    "detect_anomaly", "enable_grad", "grad", "hessian", "hvp", "is_grad_enabled", "jacobian", "jvp", "no_grad",
    "set_grad_enabled", "vjp",
]  # fmt: skip

# ---- modes ----------------------------------------------------------------------------------------------------------


class _Recording(contextlib.ContextDecorator):
    """Recording on or off, in this thread, until the block ends, however it ends. Also decorates functions."""

    def __init__(self, enabled):
        self.enabled = enabled
        self.before = []

    def __enter__(self):
        self.before.append(mode.recording)
        mode.recording = self.enabled and (mode.watcher or True)

    def __exit__(self, *exception):
        mode.recording = self.before.pop()

    def _recreate_cm(self):
        return _Recording(self.enabled)


def no_grad(function=None):
    """A block, or a function, in which nothing is recorded: `with no_grad(): …`.

    >>> w = minigrad.tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     w -= 0.5
    >>> w.item()
    0.5
    """
    return _Recording(False) if function is None else _Recording(False)(function)


def enable_grad(function=None):
    """A block, or a function, in which operations are recorded, also inside no_grad()."""
    return _Recording(True) if function is None else _Recording(True)(function)


class set_grad_enabled(_Recording):  # noqa: N801 (PyTorch's name)
    """Switch recording on or off: from now on, or, in a with statement, until the block ends."""

    def __init__(self, mode_: bool):
        super().__init__(bool(mode_))
        self.outer = mode.recording
        mode.recording = self.enabled and (mode.watcher or True)

    def __enter__(self):
        super().__enter__()
        self.before[-1] = self.outer


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return bool(mode.recording)


# ---- gradients ------------------------------------------------------------------------------------------------------


def _tuple(x):
    return (x,) if isinstance(x, Variable) else tuple(x)


def grad(outputs, inputs, grad_outputs=None, retain_graph=None, create_graph: bool = False, allow_unused: bool = False):
    """The gradients of Σ outputs·grad_outputs with respect to inputs, a tuple of tensors; `.grad` stays as it is.

    With create_graph they can be differentiated again. Raises RuntimeError for an input that the outputs do not depend
    on, unless allow_unused, which gives None for it.

    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> slope.item(), grad(slope, x)[0].item()
    (27.0, 18.0)
    """
    outputs, inputs = _tuple(outputs), _tuple(inputs)
    given = [None] * len(outputs) if grad_outputs is None else list(_tuple(grad_outputs))
    if len(given) != len(outputs):
        raise ValueError(f"grad: got {len(outputs)} outputs but {len(given)} grad_outputs; give one for each")
    for x in inputs:
        if not x.tracked:
            raise RuntimeError(f"grad: input {signature_of(x)} does not require grad; make it with requires_grad=True")
    gradients = [seed(y, g, create_graph) for y, g in zip(outputs, given, strict=True)]
    retain_graph = create_graph if retain_graph is None else retain_graph
    found = walk(outputs, gradients, retain_graph=retain_graph, create_graph=create_graph, targets=set(inputs))
    for x in inputs:
        if x not in found and not allow_unused:
            raise RuntimeError(
                f"grad: the outputs do not depend on input {signature_of(x)}; "
                "give allow_unused=True to get None for such inputs"
            )
    return tuple(_result(x, found[x]) if x in found else None for x in inputs)


def _result(x, g):
    return np.copy(g) if isinstance(g, Variable) else wrap(x.result_class, np.array(g))


def _track(inputs, create_graph):
    """inputs as tensors to differentiate by: fresh leaves, or, to go on differentiating, the tensors themselves."""
    return tuple(x * 1 if create_graph and x.tracked else x.detach().requires_grad_() for x in _tuple(inputs))


def _like(given, results):
    return results[0] if isinstance(given, Variable) else tuple(results)


def vjp(func, inputs, v=None, create_graph: bool = False):
    """(func(*inputs), vᵀJ): the gradients with respect to inputs of func's output weighted by v, of its shape.

    v may be left out for a single number.
    """
    with enable_grad():
        xs = _track(inputs, create_graph)
        out = func(*xs)
        gradients = _gradients(out, xs, v, create_graph)
    return out if create_graph else out.detach(), _like(inputs, gradients)


def _gradients(out, xs, v, create_graph):
    """grad, with zeros for inputs that out does not depend on."""
    found = grad(out, xs, v, create_graph=create_graph, allow_unused=True) if out.tracked else [None] * len(xs)
    return [zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]


def jvp(func, inputs, v, create_graph: bool = False):
    """(func(*inputs), J·v): how fast the output moves when inputs move by v, one tensor per input, of its shape.

    Computed by differentiating vᵀJ, which is linear in its v, once more.
    """
    with enable_grad():
        xs = _track(inputs, create_graph)
        out = func(*xs)
        u = zeros_like(out, requires_grad=True)
        along = _gradients(out, xs, u, create_graph=True)
        (result,) = _gradients(stack([(g * t).sum() for g, t in zip(along, _tuple(v), strict=True)]).sum(), (u,), None,
                               create_graph)  # fmt: skip
    return out if create_graph else out.detach(), result


def jacobian(func, inputs, create_graph: bool = False):
    """∂ output / ∂ input, of shape (*output.shape, *input.shape), for each input: one row per walk back."""
    with enable_grad():
        xs = _track(inputs, create_graph)
        out = func(*xs)
        rows = []
        for i in range(out.numel()):
            v = zeros_like(out)
            v.array.reshape(-1)[i] = 1
            found = grad(out, xs, v, retain_graph=True, create_graph=create_graph, allow_unused=True)
            rows.append([zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)])
        results = [
            reshape(stack(column), (*out.shape, *x.shape))
            for column, x in zip(zip(*rows, strict=True), xs, strict=True)
        ]
    return _like(inputs, results)


def hessian(func, inputs, create_graph: bool = False):
    """∂² func / ∂ inputs², for a func that returns one number: shape (*input.shape, *input.shape).

    For a tuple of inputs, a tuple of rows: result[i][j] differentiates by input i, then by input j.
    """
    several = not isinstance(inputs, Variable)
    rows = [
        jacobian(lambda *xs, i=i: _slope(func, xs)[i], _tuple(inputs), create_graph) for i in range(len(_tuple(inputs)))
    ]
    return tuple(rows) if several else rows[0][0]


def _slope(func, xs):
    out = func(*xs)
    if out.numel() != 1:
        raise RuntimeError(f"hessian: func must return one number, but it returned {signature_of(out)}; sum it first")
    return _gradients(out, xs, None, create_graph=True)


def hvp(func, inputs, v, create_graph: bool = False):
    """(func(*inputs), H·v), without ever forming the Hessian H: the slope of (slope · v)."""
    with enable_grad():
        xs = _track(inputs, create_graph)
        out = func(*xs)
        slope = _gradients(out, xs, None, create_graph=True)
        along = stack([(g * t).sum() for g, t in zip(slope, _tuple(v), strict=True)]).sum()
        result = _gradients(along, xs, None, create_graph)
    return out if create_graph else out.detach(), _like(inputs, result)


# ---- anomalies ------------------------------------------------------------------------------------------------------


class detect_anomaly:  # noqa: N801 (PyTorch's name)
    """A block that names the operation, and your file and line, where a NaN or Inf first appears.

    Raises FloatingPointError at the operation that makes one out of finite numbers, forward or backward, and
    RuntimeError for a value that was overwritten before backward(), also by code that minigrad cannot see. Slow: every
    value that a rule will read is checksummed.
    """

    def __enter__(self):
        self.before = mode.watcher, mode.recording
        mode.watcher = self
        mode.recording = mode.recording and self

    def __exit__(self, *exception):
        mode.watcher, mode.recording = self.before

    def called(self, out):
        """A call was recorded: note where, and what its rules will read; check what it made."""
        node = out.node
        node.trace = (*_users_line(), [_checksum(a) for _, a in values_needed(out)])
        problem = _problem(out.array)
        if problem and not any(_problem(a) for a in node.arrays):
            given = ", ".join(signature_of(x) for x in node.inputs)
            raise FloatingPointError(f"{node.op.name}: made {problem} out of finite numbers ({given}){where(node)}")

    def visited(self, out):
        """The walk back is about to use out's node: its values must be what they were."""
        node = out.node
        if node.trace is not None:
            for (what, array), noted in zip(values_needed(out), node.trace[2], strict=True):
                if _checksum(array) != noted:
                    raise RuntimeError(
                        f"backward: the {what} of {node.op.name} ({signature_of(array)}) was overwritten in memory "
                        f"without minigrad's knowledge{where(node)}; change a copy instead"
                    )

    def passed_back(self, out, i, g):
        """The rule of input i has returned g."""
        problem = _problem(getattr(g, "array", g))
        if problem:
            raise FloatingPointError(
                f"backward: the gradient of {out.node.op.name} for its input {i} has {problem}{where(out.node)}"
            )


def _problem(array):
    if array.dtype.kind != "f" or np.isfinite(array).all():
        return None
    return "NaN" if np.isnan(array).any() else "Inf"


def _checksum(array):
    return zlib.crc32(np.ascontiguousarray(array).view(np.uint8).data) if array.size else 0


PACKAGE = os.path.dirname(os.path.abspath(__file__)) + os.sep


def _users_line():
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    return frame.f_code.co_filename, frame.f_lineno
