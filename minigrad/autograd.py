"""Gradients as functions: grad, Jacobians, Hessians, products with them; and the modes that steer recording."""

import contextlib
import functools
import inspect
import os
import sys
import zlib

import numpy as np

from minigrad.backward import called_at, seed, values_needed, walk
from minigrad.creation import zeros, zeros_like
from minigrad.custom import Function
from minigrad.engine import Variable, wrap
from minigrad.engine import mode as state
from minigrad.errors import signature_of
from minigrad.functions import reshape, stack

__all__ = [
    "Function", "detect_anomaly", "enable_grad", "grad", "hessian", "hvp", "inference_mode", "is_grad_enabled",
    "jacobian", "jvp", "no_grad", "set_grad_enabled", "vjp",
]  # fmt: skip

# ---- modes ----------------------------------------------------------------------------------------------------------


class _Recording(contextlib.ContextDecorator):
    """Recording on or off, in this thread, until the block ends, however it ends. Also decorates functions."""

    def __init__(self, enabled):
        self.enabled = enabled
        self.before = []

    def __enter__(self):
        self.before.append(state.recording)
        state.recording = self.enabled and (state.watcher or True)

    def __exit__(self, *exception):
        state.recording = self.before.pop()

    def _recreate_cm(self):
        return _Recording(self.enabled)

    def __call__(self, function):
        return self._each_step(function) if inspect.isgeneratorfunction(function) else super().__call__(function)

    def _each_step(self, function):
        """function, a generator, with the switch thrown while it runs but not while its consumer does."""

        @functools.wraps(function)
        def stepping(*args, **kwargs):
            steps, sent = function(*args, **kwargs), None
            while True:
                with self._recreate_cm():
                    try:
                        value = steps.send(sent)
                    except StopIteration as end:
                        return end.value
                sent = yield value

        return stepping


def no_grad(function=None):
    """A block, or a function, in which nothing is recorded: `with no_grad(): …`.

    >>> w = minigrad.tensor([1.0], requires_grad=True)
    >>> with no_grad():
    ...     w -= 0.5
    >>> w.item()
    0.5
    """
    return _Recording(False) if function is None else _Recording(False)(function)


def inference_mode(mode=True):
    """no_grad(), under the name that newer scripts use; with False, enable_grad()."""
    return no_grad(mode) if callable(mode) else _Recording(not mode)


def enable_grad(function=None):
    """A block, or a function, in which operations are recorded, also inside no_grad()."""
    return _Recording(True) if function is None else _Recording(True)(function)


class set_grad_enabled(_Recording):  # noqa: N801 (PyTorch's name)
    """Switch recording on or off: from now on, or, in a with statement, until the block ends."""

    def __init__(self, mode: bool):
        super().__init__(bool(mode))
        self.outer = state.recording
        state.recording = self.enabled and (state.watcher or True)

    def __enter__(self):
        super().__enter__()
        self.before[-1] = self.outer

    def __call__(self, function):
        """function, with the switch thrown only while it runs."""
        state.recording = self.outer
        return super().__call__(function)


def is_grad_enabled() -> bool:
    """Whether operations are being recorded in this thread."""
    return bool(state.recording)


# ---- gradients ------------------------------------------------------------------------------------------------------


def _tensors(name, given):
    """given, one tensor or several, as a tuple."""
    several = tuple(given) if isinstance(given, tuple | list) else (given,)
    for x in several:
        if not isinstance(x, Variable):
            raise TypeError(f"{name}: expected a tensor or a tuple of tensors, but got {signature_of(x)}")
    return several


def grad(
    outputs, inputs, grad_outputs=None, retain_graph=None, create_graph: bool = False, *, allow_unused: bool = False
):
    """The gradients of Σ outputs·grad_outputs with respect to inputs, a tuple of tensors; `.grad` stays as it is.

    With create_graph they can be differentiated again. Raises RuntimeError for an input that the outputs do not depend
    on, unless allow_unused, which gives None for it.

    >>> x = minigrad.tensor(3.0, requires_grad=True)
    >>> (slope,) = grad(x**3, x, create_graph=True)
    >>> slope.item(), grad(slope, x)[0].item()
    (27.0, 18.0)
    """
    outputs, inputs = _tensors("grad", outputs), _tensors("grad", inputs)
    given = grad_outputs if isinstance(grad_outputs, tuple | list) else [grad_outputs] * len(outputs)
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
    with enable_grad():  # the copy belongs to the recorded gradient, also inside no_grad()
        return tuple(_result(x, found[x]) if x in found else None for x in inputs)


def _result(x, g):
    return np.copy(g) if isinstance(g, Variable) else wrap(x.result_class, np.array(g))


def _track(name, inputs, create_graph):
    """inputs as tensors to differentiate by: fresh leaves, or, to go on differentiating, copies with their history."""
    inputs = _tensors(name, inputs)
    return tuple(x * 1 if create_graph and x.tracked else x.detach().requires_grad_() for x in inputs)


def _value(name, func, xs):
    out = func(*xs)
    if not isinstance(out, Variable):
        raise TypeError(f"{name}: func must return one tensor, but it returned a {signature_of(out)}")
    return out


def _directions(name, v, xs):
    """v as one tensor for each of xs, of its shape."""
    vs = _tensors(name, v)
    if [t.shape for t in vs] != [x.shape for x in xs]:
        given, wanted = (", ".join(map(signature_of, ts)) for ts in (vs, xs))
        raise ValueError(f"{name}: v must be one tensor per input, of its shape, but got {given} for inputs {wanted}")
    return vs


def _like(given, results):
    return results[0] if isinstance(given, Variable) else tuple(results)


def _gradients(out, xs, v, create_graph, retain_graph=None):
    """grad, with zeros for inputs that out does not depend on."""
    found = [None] * len(xs)
    if out.tracked:
        found = grad(out, xs, v, retain_graph=retain_graph, create_graph=create_graph, allow_unused=True)
    return [zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True)]


def vjp(func, inputs, v=None, create_graph: bool = False):
    """(func(*inputs), vᵀJ): the gradients with respect to inputs of func's output weighted by v, of its shape.

    v may be left out for a single number.
    """
    with enable_grad():
        xs = _track("vjp", inputs, create_graph)
        out = _value("vjp", func, xs)
        gradients = _gradients(out, xs, v, create_graph)
    return out if create_graph else out.detach(), _like(inputs, gradients)


def jvp(func, inputs, v, create_graph: bool = False):
    """(func(*inputs), J·v): how fast the output moves when inputs move by v, one tensor per input, of its shape.

    Computed by differentiating vᵀJ, which is linear in its v, once more.
    """
    with enable_grad():
        xs = _track("jvp", inputs, create_graph)
        out = _value("jvp", func, xs)
        directions = _directions("jvp", v, xs)
        if not out.tracked:
            return out, zeros_like(out)
        u = zeros_like(out, requires_grad=True)
        (result,) = _gradients(_slope_along(directions, out, xs, u), (u,), None, create_graph)
    return out if create_graph else out.detach(), result


def _slope_along(directions, out, xs, v=None):
    """Σ gradient · direction over xs, one number, that can be differentiated again."""
    gradients = _gradients(out, xs, v, create_graph=True)
    return stack([(g * t).sum() for g, t in zip(gradients, directions, strict=True)]).sum()


def jacobian(func, inputs, create_graph: bool = False):
    """∂ output / ∂ input, of shape (*output.shape, *input.shape), for each input: one row per walk back."""
    with enable_grad():
        xs = _track("jacobian", inputs, create_graph)
        out = _value("jacobian", func, xs)
        rows = [_gradients(out, xs, _unit(out, i), create_graph, retain_graph=True) for i in range(out.numel())]
        results = [_as_matrix([row[j] for row in rows], out, x) for j, x in enumerate(xs)]
    return _like(inputs, results)


def _unit(out, i):
    """Zeros like out, with 1 at its i-th number."""
    v = zeros_like(out)
    v.array.reshape(-1)[i] = 1
    return v


def _as_matrix(rows, out, x):
    size = (*out.shape, *x.shape)
    return reshape(stack(rows), size) if rows else zeros(size, dtype=x.dtype)


def hessian(func, inputs, create_graph: bool = False):
    """∂² func / ∂ inputs², for a func that returns one number: shape (*input.shape, *input.shape).

    For a tuple of inputs, a tuple of rows: result[i][j] differentiates by input i, then by input j.
    """
    xs = _tensors("hessian", inputs)
    rows = [jacobian(lambda *xs, i=i: _slope(func, xs)[i], xs, create_graph) for i in range(len(xs))]
    return rows[0][0] if isinstance(inputs, Variable) else tuple(rows)


def _slope(func, xs):
    out = _value("hessian", func, xs)
    if out.numel() != 1:
        raise RuntimeError(f"hessian: func must return one number, but it returned {signature_of(out)}; sum it first")
    return _gradients(out, xs, None, create_graph=True)


def hvp(func, inputs, v, create_graph: bool = False):
    """(func(*inputs), H·v), without ever forming the Hessian H: the slope of (slope · v)."""
    with enable_grad():
        xs = _track("hvp", inputs, create_graph)
        out = _value("hvp", func, xs)
        along = _slope_along(_directions("hvp", v, xs), out, xs)
        result = _gradients(along, xs, None, create_graph)
    return out if create_graph else out.detach(), _like(inputs, result)


# ---- anomalies ------------------------------------------------------------------------------------------------------


class detect_anomaly:  # noqa: N801 (PyTorch's name)
    """A block that names the operation, and your file and line, where a NaN or Inf first appears.

    Raises FloatingPointError at the operation that makes one, forward or backward, and RuntimeError for a value that
    was overwritten before backward(), also by code that minigrad cannot see. Slow: every value that a rule will read is
    checksummed.
    """

    def __init__(self, check_nan: bool = True):
        self.check_nan = check_nan  # False: only look for overwritten values

    def __enter__(self):
        self.before = state.watcher, state.recording
        state.watcher = self
        state.recording = state.recording and self

    def __exit__(self, *exception):
        state.watcher, state.recording = self.before

    def called(self, out):
        """A call was recorded: note where, and what its rules will read; check what it made."""
        node = out.node
        node.trace = (*_users_line(), [_checksum(a) for _, _, a in values_needed(out)])
        problem, before = self._problem(out.array), {self._problem(a) for a in node.arrays}
        if problem and problem not in before and "NaN" not in before:  # Inf - Inf is where a NaN first appears, too
            source = "Inf" if "Inf" in before else "finite numbers"
            given = ", ".join(map(signature_of, node.inputs))
            raise FloatingPointError(f"{node.op.name}: made {problem} out of {source} ({given}){called_at(node)}")

    def visited(self, out):
        """The walk back is about to use out's node: its values must be what they were."""
        node = out.node
        if node.trace is not None:
            for (what, x, array), noted in zip(values_needed(out), node.trace[2], strict=True):
                if _checksum(array) != noted:
                    raise RuntimeError(
                        f"backward: the {what} ({signature_of(x)}) of {node.op.name} was overwritten in memory without "
                        f"minigrad's knowledge{called_at(node)}; change a copy instead"
                    )

    def passed_back(self, out, i, g):
        """The rule of input i has returned g."""
        problem = self._problem(getattr(g, "array", g))
        if problem:
            raise FloatingPointError(
                f"backward: the gradient of {out.node.op.name} for its input {i} has {problem}{called_at(out.node)}"
            )

    def _problem(self, array):
        """What is wrong with an array's numbers: "NaN", "Inf" or None."""
        if not self.check_nan or array.dtype.kind != "f" or np.isfinite(array).all():
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
