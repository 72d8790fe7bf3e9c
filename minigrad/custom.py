"""Operations of the user's own, written as PyTorch's are: a class with `forward(ctx, …)` and `backward(ctx, …)`.

The four lines of `@primitive` are the shorter way. This one is for scripts that have such classes already, and for
backward passes that keep something of the forward pass.
"""

import math
from typing import Any

import numpy as np

from minigrad.creation import zeros_like
from minigrad.engine import Node, Variable, blank, mode, wrap
from minigrad.errors import signature_of
from minigrad.functions import reshape, split
from minigrad.memory import clock
from minigrad.table import EveryInput, Primitive
from minigrad.tensor import Tensor

__all__ = ["Function"]


class Context:
    """What `forward` leaves for `backward`: saved tensors, and whatever attributes are set on it."""

    def __init__(self, needs: tuple[bool, ...]):
        self.needs_input_grad = needs
        self._saved: tuple[Any, ...] = ()
        self._constants: tuple[Any, ...] = ()
        self._stand_ins: dict[int, Any] = {}  # while backward runs: id of what forward returned → the tensor made of it

    def save_for_backward(self, *tensors: Tensor | None) -> None:
        """Keep tensors, or None; overwriting one before backward() is noticed, as for every operation."""
        for x in tensors:
            if x is not None and not isinstance(x, Variable):
                raise TypeError(
                    f"save_for_backward: expected tensors, but got {signature_of(x)}; keep anything else as an "
                    "attribute, ctx.name = …"
                )
        self._saved = tensors

    def mark_non_differentiable(self, *tensors: Tensor) -> None:
        """Say of results that they are constants. Integers and bools always are."""
        self._constants = tensors

    def set_materialize_grads(self, value: bool) -> None:
        """Without effect, for PyTorch's sake: the gradient of a result that nothing used is zeros, never None."""

    def __getattr__(self, name):
        raise AttributeError(f"ctx: it has no {name!r}; in forward, ctx.{name} = … keeps something for backward")

    def _differentiates(self, result):
        return result.dtype.kind == "f" and not any(result is x for x in self._constants)

    @property
    def saved_tensors(self) -> tuple[Any, ...]:
        """What `save_for_backward` kept, in its order."""
        return tuple(self._stand_ins.get(id(x), x) for x in self._saved)


class Function:
    """An operation with a derivative of its own: subclass it, write two static methods, and call `apply`.

    forward(ctx, *inputs) computes on tensors without recording, and returns a tensor or several. backward(ctx, *grads)
    gets one gradient for each of them and returns one for each input, None for what has none. Written with operations
    on tensors it can itself be differentiated. Raises ValueError for gradients of the wrong number or shape; more of
    them than inputs are fine if they are None.

    >>> class Cube(Function):
    ...     @staticmethod
    ...     def forward(ctx, x):
    ...         ctx.save_for_backward(x)
    ...         return x**3
    ...
    ...     @staticmethod
    ...     def backward(ctx, g):
    ...         (x,) = ctx.saved_tensors
    ...         return g * 3 * x**2
    >>> x = minigrad.tensor(2.0, requires_grad=True)
    >>> Cube.apply(x).backward()
    >>> x.grad.item()
    12.0
    """

    @staticmethod
    def forward(*args: Any, **kwargs: Any) -> Any:
        """Return the result for the inputs; the subclass must say how."""
        raise NotImplementedError("Function: define @staticmethod forward(ctx, *inputs) to say what it computes")

    @staticmethod
    def backward(ctx: Any, *grads: Any) -> Any:
        """Return the gradient of each input; the subclass must say how."""
        raise NotImplementedError("Function: define @staticmethod backward(ctx, *grads) to say how gradients go back")

    @staticmethod
    def setup_context(ctx: Any, inputs: tuple, output: Any) -> Any:
        """Keep what `backward` needs. Whoever defines it writes forward(*inputs), without ctx."""
        raise NotImplementedError("Function: define @staticmethod setup_context(ctx, inputs, output)")

    @classmethod
    def _result(cls, ctx, inputs):
        if cls.setup_context is Function.setup_context:
            return cls.forward(ctx, *inputs)
        result = cls.forward(*inputs)
        cls.setup_context(ctx, inputs, result)
        return result

    @classmethod
    def apply(cls, *inputs: Any) -> Any:
        """Return what forward computes, recorded so that backward() calls `backward`."""
        needs = tuple(isinstance(x, Variable) and x.tracked for x in inputs)
        ctx, recording = Context(needs), mode.recording
        mode.recording = False
        try:
            result = cls._result(ctx, inputs)
        finally:
            mode.recording = recording
        results = tuple(result) if isinstance(result, tuple | list) else (result,)
        followed = _followed(cls, ctx, results)
        if not (recording and any(needs) and followed):
            return result
        op = Custom(cls, ctx, inputs, results, followed)
        if results[0] is result:
            return _recorded(op, inputs, result.array)
        flat = _recorded(op, inputs, np.concatenate([results[i].array.reshape(-1) for i in followed]))
        parts = iter(split(flat, [results[i].array.size for i in followed]))
        return tuple(reshape(next(parts), y.shape) if i in followed else y for i, y in enumerate(results))


def _followed(cls, ctx, results):
    """The places of the results through which gradients go: of floats, unless they were said to be constants."""
    for y in results:
        if not isinstance(y, Variable):
            raise TypeError(f"{cls.__name__}: forward must return tensors, but returned {signature_of(y)}")
    followed = [i for i, y in enumerate(results) if ctx._differentiates(y)]
    if len({results[i].array.dtype for i in followed}) > 1:
        raise TypeError(f"{cls.__name__}: forward must return floats of one dtype, but returned "
                        f"{', '.join(map(signature_of, results))}")  # fmt: skip
    return followed


def _recorded(op, inputs, array):
    """A tensor around a copy of array, with a node that asks op for the gradients."""
    out = wrap(Tensor, np.array(array))
    node = out.node = blank(Node)
    node.op, node.params, node.scope, node.trace = op, {}, None, None
    node.inputs = [x for x in inputs if isinstance(x, Variable)]
    node.arrays = [x.array for x in node.inputs]
    node.needs = [i for i, x in enumerate(node.inputs) if x.tracked]
    node.tick = clock()
    out.tracked = True
    if mode.recording is not True:
        mode.recording.called(out)
    return out


class Custom(Primitive):
    """One application of a Function as a row of its own: its rule asks the Function's backward."""

    def __init__(self, cls, ctx, inputs, results, followed):
        def forward(*xs):
            """What the Function computed."""

        super().__init__(forward)
        self.name = cls.__name__
        self.backward, self.ctx = cls.backward, ctx
        self.shapes, self.dtypes = [y.array.shape for y in results], [y.array.dtype for y in results]
        self.followed = followed
        self.result = results[0] if len(results) == 1 else None
        self.places = [i for i, x in enumerate(inputs) if isinstance(x, Variable)]  # of tensors among the inputs
        self.last = max(i for i, needed in enumerate(ctx.needs_input_grad) if needed)
        self.given = [x.array.shape if isinstance(x, Variable) else None for x in inputs]
        self.answered = None, ()  # for which gradient backward was asked last, and what it answered
        self.rules, self.holes = EveryInput(self.gradient), False

    def gradient(self, i, g, out, *xs):
        """The gradient of the i-th tensor among the inputs. backward is asked once for all of them."""
        if self.answered[0] is not g:
            self.answered = g, self.ask(g, out)
        answer = self.answered[1][self.places[i]]
        if self.places[i] == self.last:  # nobody will ask again: kept, recorded gradients would make a circle
            self.answered = None, ()
        if answer is None:
            answer = zeros_like(xs[i]) if isinstance(g, Variable) else wrap(Tensor, np.zeros_like(xs[i]))
        return answer if isinstance(g, Variable) else answer.array

    def ask(self, g, out):
        """What backward gives for g, checked."""
        tensor = g if isinstance(g, Variable) else wrap(Tensor, g)
        sizes = [math.prod(self.shapes[i]) for i in self.followed]
        parts = iter([tensor] if len(self.shapes) == 1 else split(tensor, sizes))
        grads = [
            reshape(next(parts), shape) if i in self.followed else wrap(Tensor, np.zeros(shape, dtype))
            for i, (shape, dtype) in enumerate(zip(self.shapes, self.dtypes, strict=True))
        ]
        if isinstance(out, Variable) and self.result is not None:
            self.ctx._stand_ins[id(self.result)] = out  # so that a saved result can be differentiated, too
        try:
            answer = self.backward(self.ctx, *grads)
        finally:
            self.ctx._stand_ins.clear()
        return self.checked(answer if isinstance(answer, tuple | list) else (answer,))

    def checked(self, answers):
        """The gradients that backward returned, if they fit the inputs."""
        answers, beyond = answers[: len(self.given)], answers[len(self.given) :]
        if len(answers) != len(self.given) or any(answer is not None for answer in beyond):
            raise ValueError(
                f"{self.name}: backward must return a gradient for each of the {len(self.given)} inputs of forward, "
                f"None for one without, but returned {len(answers) + len(beyond)}"
            )
        for i, (answer, shape) in enumerate(zip(answers, self.given, strict=True)):
            if answer is not None and (not isinstance(answer, Variable) or answer.array.shape != shape):
                wanted = "None, as it is no tensor" if shape is None else f"a tensor of shape {shape}, or None"
                raise ValueError(
                    f"{self.name}: the gradient of input {i} must be {wanted}, but backward returned "
                    f"{signature_of(answer) if isinstance(answer, Variable) else type(answer).__name__}"
                )
        return answers

    def arguments_read(self, i, known, settings):
        """The saved tensors: whatever backward may read."""
        saved = [x for x in self.ctx._saved if x is not None]
        return {f"saved {k}": (f"saved tensor {k}", x, x.array) for k, x in enumerate(saved)}
