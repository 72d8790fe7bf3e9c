"""gradcheck and gradgradcheck: is a gradient the one that small differences of the function show?

Each number of each input is moved a little up and down, and the change of the outputs, weighted by random cotangents,
is held against what the walk back says. A cotangent of ones would be blind where changes cancel (the outputs of softmax
always sum to 1). When the two disagree, the message says where, by how much, and which mistake looks like that.
"""

import functools
import inspect
import itertools
import math
from dataclasses import dataclass

import numpy as np

from minigrad.autograd import enable_grad, grad
from minigrad.creation import tensor, zeros_like
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.random import Generator

__all__ = ["gradcheck", "gradgradcheck"]


def gradcheck(
    func,
    inputs,
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    generator: Generator | None = None,
) -> bool:
    """True if the gradients of func at inputs agree with central differences of step eps.

    inputs: a tensor, or a tuple of what func takes; the tensors that require grad are checked, and must be float64.
    func returns one tensor or several. Numbers agree if they differ by at most atol + rtol · |numeric|; PyTorch's
    1e-5 and 1e-3 would let a rule pass that is off by 0.1 %. The results of two calls may differ by nondet_tol.

    Raises AssertionError with a diagnosis when they disagree, or returns False if not raise_exception.

    >>> x = tensor([0.5, -2.0], dtype="float64", requires_grad=True)
    >>> gradcheck(lambda x: x**3, x)
    True
    """
    check = Check("gradcheck", eps, atol, rtol, nondet_tol, generator or Generator(0))
    inputs = _fit(check, inputs)
    with enable_grad():
        problem = _first_problem(check, func, inputs, _names(func, inputs), "output {}".format)
    return _verdict(problem, raise_exception)


def gradgradcheck(
    func,
    inputs,
    grad_outputs=None,
    *,
    eps: float = 1e-6,
    atol: float = 1e-6,
    rtol: float = 1e-5,
    raise_exception: bool = True,
    nondet_tol: float = 0.0,
    generator: Generator | None = None,
) -> bool:
    """True if the gradients of func's gradients, by inputs and by cotangents, agree with central differences.

    func's gradient, recorded, is a function of the inputs and of the cotangents grad_outputs (random if left out), and
    is checked as `gradcheck` checks func. Raises as that does.

    >>> x = tensor([0.5, -2.0], dtype="float64", requires_grad=True)
    >>> gradgradcheck(lambda x: x**3, x)
    True
    """
    check = Check("gradgradcheck", eps, atol, rtol, nondet_tol, generator or Generator(0))
    inputs = _fit(check, inputs)
    with enable_grad():
        outputs = _tracked(_call(func, inputs))
        if not outputs:
            return _verdict(f"{check.name}: {UNTRACKED}", raise_exception)
        given = [check.cotangent(y.shape) for y in outputs] if grad_outputs is None else _tuple(grad_outputs)
        cotangents = tuple(tensor(g, dtype=np.float64, requires_grad=True) for g in given)
        names = _names(func, inputs)
        names += [f"the cotangent of output {k} ({signature_of(g)})" for k, g in enumerate(cotangents)]
        gradients = [f"the gradient by {names[i]}" for i in _wanted(inputs)]
        gradient = _recorded_gradient(func, inputs)
        problem = _first_problem(check, gradient, (*inputs, *cotangents), names, gradients.__getitem__)
    return _verdict(problem, raise_exception)


def _recorded_gradient(func, inputs):
    """The function (*inputs, *cotangents) → the gradients of func by those inputs that require grad."""

    def gradient(*args):
        xs = [args[i] for i in _wanted(inputs)]
        outputs = _tracked(_call(func, args[: len(inputs)]))
        found = grad(outputs, xs, args[len(inputs) :], create_graph=True, allow_unused=True)
        return tuple(zeros_like(x) if g is None else g for x, g in zip(xs, found, strict=True))

    return gradient


def _verdict(problem, raise_exception):
    if problem and raise_exception:
        raise AssertionError(problem)
    return not problem


# ---- what is checked, and how closely -------------------------------------------------------------------------------


@dataclass
class Check:
    """How closely to look: the step of the differences, what counts as equal, where random numbers come from."""

    name: str
    eps: float
    atol: float
    rtol: float
    nondet_tol: float
    generator: Generator

    def close(self, a, b):
        """Where a agrees with b; NaN agrees with nothing."""
        with np.errstate(invalid="ignore"):
            return np.abs(a - b) <= self.atol + self.rtol * np.abs(b)

    def cotangent(self, shape):
        """Random numbers between 0.5 and 1.5 with random signs: none so small that an error could hide behind it."""
        numpy = self.generator.numpy
        return numpy.uniform(0.5, 1.5, shape) * numpy.choice([-1.0, 1.0], shape)


UNTRACKED = (
    "no output of func requires grad; func must compute with operations on its arguments, which .detach(), .data, "
    ".item(), no_grad() and comparisons do not record"
)


def _tuple(x):
    return (x,) if isinstance(x, Variable) else tuple(x)


def _tracked(tensors):
    return [y for y in tensors if y.tracked]


def _wanted(inputs):
    """The positions of the inputs that require grad."""
    return [i for i, x in enumerate(inputs) if isinstance(x, Variable) and x.tracked]


def _names(func, inputs):
    """What messages call the inputs: position, func's own name for it, dtype and shape."""
    try:
        parameters = [*inspect.signature(func).parameters.values()]
    except (TypeError, ValueError):  # some builtins have no signature
        parameters = []
    own = [f"{p.name}, " for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    own += [""] * len(inputs)
    return [f"input {i} ({own[i]}{signature_of(x)})" for i, x in enumerate(inputs)]


def _fit(check, inputs):
    """inputs as a tuple, once it is certain that differences can be taken."""
    inputs = _tuple(inputs)
    if not _wanted(inputs):
        raise ValueError(f"{check.name}: none of the inputs requires grad; make one with requires_grad=True")
    for i in _wanted(inputs):
        a = inputs[i].array
        if a.dtype != np.float64:
            raise TypeError(
                f"{check.name}: input {i} is {signature_of(inputs[i])}, but differences are exact enough only in "
                "float64; make it with dtype=float64"
            )
        shared = a.size and any(n > 1 and not step for n, step in zip(a.shape, a.strides, strict=True))
        if shared or not a.flags.writeable:
            raise ValueError(
                f"{check.name}: the numbers of input {i}, {signature_of(inputs[i])}, cannot be moved one by one, "
                "because its memory is read-only or shared among them; give a .clone()"
            )
    return inputs


def _call(func, inputs):
    """func's floating outputs; the others have no gradient."""
    outputs = func(*inputs)
    outputs = (outputs,) if isinstance(outputs, Variable) else outputs
    if not isinstance(outputs, tuple | list) or not all(isinstance(y, Variable) for y in outputs):
        raise TypeError(f"gradcheck: func must return a tensor or several, but it returned {signature_of(outputs)}")
    return [y for y in outputs if y.array.dtype.kind == "f"]


# ---- analytic against numeric ---------------------------------------------------------------------------------------


def _first_problem(check, func, inputs, names, output_name):
    """What is wrong first, in a sentence or two; None if nothing is."""
    outputs, again = _call(func, inputs), _call(func, inputs)
    if not _tracked(outputs):
        return f"{check.name}: {UNTRACKED}"
    wanted = _wanted(inputs)
    xs = [inputs[i] for i in wanted]
    differences = [_differences(func, inputs, x, outputs, check.eps) for x in xs]
    for k, (y, same) in enumerate(zip(outputs, again, strict=True)):
        v = check.cotangent(y.shape)
        analytic, repeated = _walk_back(y, xs, v), _walk_back(same, xs, v)
        problem = _unfit(check, (y.array, *analytic), (same.array, *repeated))
        if problem:
            return f"{check.name}: {output_name(k)} {problem}"
        numeric = [(d[k] @ v.reshape(-1)).reshape(x.shape) for d, x in zip(differences, xs, strict=True)]
        for j, i in enumerate(wanted):
            if not check.close(analytic[j], numeric[j]).all():
                found = Mismatch(check, func, inputs, xs[j], y, k, v, analytic[j], numeric, j, differences[j][k])
                return f"{check.name}: the gradient of {output_name(k)} with respect to {names[i]} {found.report()}"
    return None


def _unfit(check, values, repeated):
    """Why an output and its gradients cannot be checked, or None."""
    if values[0].dtype != np.float64:
        return f"is {values[0].dtype}, but differences are exact enough only in float64; func must not leave it"
    with np.errstate(invalid="ignore"):
        pairs = zip(values, repeated, strict=True)
        changed = [a.shape != b.shape or (np.abs(a - b) > check.nondet_tol).any() for a, b in pairs]
    if not any(changed):
        return None
    return (
        f"{'changed' if changed[0] else 'has a gradient that changed'} between two calls with the same inputs; func "
        "must be deterministic: let it draw from a generator that it seeds itself, or switch dropout off with .eval()"
    )


def _walk_back(y, xs, v):
    """The gradients of y weighted by v, by each of xs, as arrays."""
    found = grad(y, xs, tensor(v), retain_graph=True, allow_unused=True) if y.tracked else [None] * len(xs)
    return [np.zeros(x.shape) if g is None else g.array for x, g in zip(xs, found, strict=True)]


def _differences(func, inputs, x, outputs, eps):
    """∂ output / ∂ x by central differences, for each output an array (x.numel(), output.numel())."""
    rows = []
    for index in np.ndindex(x.shape):
        here = x.array[index]
        width = (here + eps) - (here - eps)  # as rounded
        above, below = (_moved(func, inputs, x, index, to) for to in (here + eps, here - eps))
        with np.errstate(invalid="ignore"):
            rows.append([(high - low) / width for high, low in zip(above, below, strict=True)])
    return [np.array([row[k] for row in rows]).reshape(x.numel(), y.numel()) for k, y in enumerate(outputs)]


def _moved(func, inputs, x, index, to):
    """func's outputs, each as a flat array, with one number of x changed; it is put back, to the bit."""
    here = x.array[index]
    x.array[index] = to
    try:
        return [np.array(y.array).reshape(-1) for y in _call(func, inputs)]
    finally:
        x.array[index] = here


# ---- which mistake looks like that ----------------------------------------------------------------------------------


@dataclass
class Mismatch:
    """One output's gradient by one input, where the walk back and the differences disagree."""

    check: Check
    func: object
    inputs: tuple
    x: Variable
    y: Variable
    k: int  # y is func's k-th floating output
    v: np.ndarray  # the cotangent
    analytic: np.ndarray
    numerics: list  # by every input that requires grad
    j: int  # x is the j-th of them
    numeric_jacobian: np.ndarray  # (x.numel(), y.numel())

    @property
    def numeric(self):
        return self.numerics[self.j]

    @functools.cached_property
    def jacobian(self):
        """What the rules say, one walk back for each number of y: (x.numel(), y.numel())."""
        rows = [_walk_back(self.y, [self.x], row.reshape(self.y.shape))[0] for row in np.eye(self.y.numel())]
        return np.array(rows).reshape(self.y.numel(), self.x.numel()).T

    @property
    def worst(self):
        """The index of the largest difference, or of the first NaN."""
        return np.unravel_index(np.argmax(np.abs(self.analytic - self.numeric)), self.x.shape)

    def same(self, a, b):
        return a.shape == b.shape and bool(self.check.close(a, b).all())

    def report(self):
        """How wrong it is, where, and why that may be."""
        wrong = ~self.check.close(self.analytic, self.numeric)
        at = f", most at {[int(i) for i in self.worst]}" if self.worst else ""
        causes = (cause(self) for cause in CAUSES)
        return (
            f"is wrong in {wrong.sum()} of {wrong.size} numbers{at}: "
            f"analytic {self.analytic[self.worst]:.6g}, numeric {self.numeric[self.worst]:.6g}. "
            f"Likely cause: {next(filter(None, causes), 'no known pattern; a term that is missing, or one too many')}."
        )


def _not_finite(m):
    if not np.isfinite(m.numeric).all():
        return "NaN or Inf in the differences too: check the function where it is smooth"
    if not np.isfinite(m.analytic).all():
        return "NaN or Inf in a rule where func is smooth, from 0/0, 0 · inf or log 0; mask it with np.where"
    return None


def _kink(m):
    here = m.x.array[m.worst]
    below, middle, above = (
        _moved(m.func, m.inputs, m.x, m.worst, to)[m.k] @ m.v.reshape(-1)
        for to in (here - m.check.eps, here, here + m.check.eps)
    )
    left, right = (middle - below) / m.check.eps, (above - middle) / m.check.eps
    if abs(right - left) <= 1e-3 * max(1, abs(left), abs(right)):
        return None
    return f"a kink or jump of func there (slope {left:.4g} below, {right:.4g} above), where differences mean nothing"


def _nothing_arrives(m):
    if m.analytic.any():
        return None
    return "zero: no gradient arrives; it is cut off by .detach(), .data, .item() or an array, or a rule returns 0"


def _not_linear(m):
    (twice,) = _walk_back(m.y, [m.x], 2 * m.v)
    if m.same(twice, 2 * m.analytic):
        return None
    return "not proportional to the incoming gradient: a rule forgets g, or uses it twice"


def _factor(m):
    a, b = m.jacobian, m.numeric_jacobian
    factor = float((a * b).sum() / (b * b).sum()) if b.any() else 0.0
    if factor == 0 or not m.same(a, factor * b):
        return None
    if abs(factor + 1) < 1e-5:
        return "wrong sign"
    sign = "wrong sign, and " if factor < 0 else ""
    lone = "; but a single number always looks like that: check with more" if b.size == 1 else ""
    return f"{sign}constant factor {abs(factor):.6g}{_count_of(abs(factor), m.x.shape, m.y.shape)}{lone}"


def _count_of(factor, x_shape, y_shape):
    """A guess in brackets if factor is n or 1/n for some n that the shapes know."""
    counts = [(n, f"dimension {i} of the input") for i, n in enumerate(x_shape)]
    counts += [(n, f"dimension {i} of the output") for i, n in enumerate(y_shape)]
    counts += [(math.prod(x_shape), "all of the input"), (math.prod(y_shape), "all of the output")]
    for n, what in counts:
        if n > 1 and abs(factor * n - 1) < 1e-5:
            return f" (1/n for n = {n}, {what}?)"
        if n > 1 and abs(factor / n - 1) < 1e-5:
            return f" (n = {n}, {what}: is 1/n forgotten?)"
    return ""


def _transposed(m):
    for axes in itertools.permutations(range(m.x.ndim)):
        if list(axes) != sorted(axes) and m.same(m.analytic, m.numeric.transpose(axes)):
            return f"transposed: it is the right gradient with its axes in the order {axes}"
    if m.same(m.jacobian, m.numeric_jacobian.T):
        return "transposed: a rule multiplies by J where it should by Jᵀ; a matrix lacks its .mT"
    return None


def _wrong_operand(m):
    for j, other in enumerate(m.numerics):
        if j != m.j and m.same(m.analytic, other):
            return f"wrong operand: it is the gradient by the tracked input {j}"
    return None


def _missing_paths(m):
    right = m.check.close(m.jacobian, m.numeric_jacobian)
    if right.all() or not (right | (m.jacobian == 0)).all():
        return None
    return (
        "not summed over a broadcast axis: only part of the output's gradient arrives"
        if _broadcasts(m.x.shape, m.y.shape)
        else "the gradient of some outputs is lost: contributions overwrite each other, or a sum leaves some out"
    )


def _broadcasts(x_shape, y_shape):
    """Whether broadcasting could have stretched x_shape to y_shape."""
    pairs = zip(reversed(x_shape), reversed(y_shape), strict=False)
    return x_shape != y_shape and len(x_shape) <= len(y_shape) and all(n in (1, m) for n, m in pairs)


CAUSES = (_not_finite, _kink, _nothing_arrives, _not_linear, _factor, _transposed, _wrong_operand, _missing_paths)
