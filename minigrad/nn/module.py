"""Modules: objects that hold parameters and compute with them, nested to any depth.

A module is an ordinary Python object. Its parameters, buffers and children are its attributes, found by looking
through them in the order in which they were assigned; there is no second registry that could disagree.
"""

import warnings
import weakref
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, Self

import numpy as np

from minigrad.creation import zeros_like
from minigrad.display import module_html
from minigrad.dtypes import KINDS, RANK
from minigrad.engine import Handle, Variable
from minigrad.errors import signature_of
from minigrad.inplace import write
from minigrad.memory import clock, log
from minigrad.tensor import Tensor, array_of, dtype_of

__all__ = ["Module", "Parameter"]


class Parameter(Tensor):
    """A tensor that a module learns: assigned to a module's attribute it is one of its parameters().

    data: numbers, lists, an array or a tensor; floats, and they are copied. What is computed from it is a Tensor.
    """

    __slots__ = ()

    def __init__(self, data: Any = (), requires_grad: bool = True):
        super().__init__(array_of(data), requires_grad=requires_grad)  # integers stay such, and are refused

    def __repr__(self):
        return f"Parameter containing:\n{super().__repr__()}"


class IncompatibleKeys(NamedTuple):
    """What `load_state_dict(strict=False)` passed over."""

    missing_keys: list[str]
    unexpected_keys: list[str]


class Module:
    """Something with parameters and a `forward`: subclass it, assign layers in `__init__`, compute in `forward`.

    Calling the module calls `forward`. Parameters and modules count when they are attributes; inside a plain list they
    are not found (use ModuleList or Sequential).

    >>> class Line(Module):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.slope = Parameter([2.0])
    ...
    ...     def forward(self, x):
    ...         return self.slope * x
    >>> [name for name, _ in Line().named_parameters()]
    ['slope']
    """

    training: bool = True
    _buffers: Mapping[str, bool] = MappingProxyType({})  # name → whether it belongs into the state_dict
    _hooks: dict[int, tuple[bool, Callable]] | None = None  # key → (whether it comes before forward, the hook)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Return forward(…), and note on what it computed which module did, for pictures."""
        began = clock()
        out = self.forward(*args, **kwargs) if self._hooks is None else self._hooked(self._hooks, args, kwargs)
        results: Any = (out,) if isinstance(out, Variable) else _tensors_in(out)
        for result in results:
            node = result.node
            if node is not None and node.tick > began:
                node.scope = weakref.ref(self), type(self), began, node.scope
        return out

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        """Return the result for the inputs; the subclass must say how."""
        raise NotImplementedError(
            f"{type(self).__name__} has no forward: define `def forward(self, x)` to say what it computes"
        )

    def __setattr__(self, name: str, value: Any) -> None:
        self._refuse_replacing(name, value)
        super().__setattr__(name, value)
        # A parameter's name in messages and pictures is its path from the outermost module.
        if isinstance(value, Parameter):
            value.name = name
        elif isinstance(value, Module):
            for path, module in value.named_modules(name):
                for own, parameter in module._own(Parameter):
                    parameter.name = f"{path}.{own}"

    def _refuse_replacing(self, name, value):
        """After `layer.weight = layer.weight * 2` the optimizer would go on updating a weight that nobody uses."""
        before = self.__dict__.get(name)
        if isinstance(before, Parameter):
            kind = Parameter
        elif isinstance(before, Module):
            kind = Module
        elif name in self._buffers:
            kind = Tensor
        else:
            return
        if not (value is None or isinstance(value, kind)):
            raise TypeError(
                f"{type(self).__name__}.{name} is a {kind.__name__}, and a {type(value).__name__} cannot take its "
                "place; write numbers into it with .copy_(…) inside no_grad(), or assign None first"
            )

    def register_buffer(self, name: str, tensor: Tensor | None, persistent: bool = True) -> None:
        """Make tensor an attribute that is not learned but, if persistent, belongs to the module's state."""
        if not (tensor is None or isinstance(tensor, Tensor)) or isinstance(tensor, Parameter):
            raise TypeError(
                f"register_buffer: {name!r} must be a Tensor or None, but got a {type(tensor).__name__}; "
                "a Parameter is simply assigned: self.name = Parameter(…)"
            )
        if name not in self._buffers and hasattr(self, name):
            raise ValueError(f"register_buffer: {type(self).__name__} has an attribute {name!r} already")
        object.__setattr__(self, "_buffers", {**self._buffers, name: persistent})
        setattr(self, name, tensor)

    # hooks

    def register_forward_pre_hook(self, hook: Callable[["Module", tuple], Any]) -> Handle:
        """Call hook(module, args) before each forward; what it returns, if anything, takes the place of args.

        args: the positional ones, a tuple; a single value in their place need not be in one.  Returns a handle whose
        `remove()` takes the hook away. Hooks are called in the order in which they came.
        """
        return self._register("register_forward_pre_hook", True, hook)

    def register_forward_hook(self, hook: Callable[["Module", tuple, Any], Any]) -> Handle:
        """Call hook(module, args, output) after each forward; what it returns, if anything, takes output's place.

        Returns a handle whose `remove()` takes the hook away. Hooks are called in the order in which they came.

        >>> seen = []
        >>> layers = mg.nn.Sequential(mg.nn.Sequential())
        >>> handle = layers[0].register_forward_hook(lambda module, args, output: seen.append(output))
        >>> layers(5), seen
        (5, [5])
        """
        return self._register("register_forward_hook", False, hook)

    def _register(self, name, before, hook):
        if not callable(hook):
            raise TypeError(f"{name}: a hook is something to call, but got {hook!r}")
        if self._hooks is None:
            self._hooks = {}
        handle = Handle(self._hooks)  # it knows the hooks, but not the module
        self._hooks[handle.key] = before, hook
        return handle

    def _hooked(self, hooks, args, kwargs):
        """The result of forward, with the hooks around it."""
        hooks = [*hooks.values()]  # those of now: a hook may remove itself
        for hook in [hook for before, hook in hooks if before]:
            given = hook(self, args)
            if given is not None:
                args = given if isinstance(given, tuple) else (given,)
        out = self.forward(*args, **kwargs)
        for hook in [hook for before, hook in hooks if not before]:
            given = hook(self, args, out)
            out = out if given is None else given
        return out

    # what is in it

    def _own(self, kind: type) -> list[tuple[str, Any]]:
        return [(name, value) for name, value in self.__dict__.items() if isinstance(value, kind)]

    def _own_buffers(self) -> list[tuple[str, Tensor, bool]]:
        found = [(name, getattr(self, name, None), persistent) for name, persistent in self._buffers.items()]
        return [(name, buffer, persistent) for name, buffer, persistent in found if buffer is not None]

    def named_modules(self, prefix: str = "") -> Iterator[tuple[str, "Module"]]:
        """(path, module) for this module and all inside it, outermost first, each once; its own path is prefix."""
        seen, ahead = set(), [(prefix, self)]
        while ahead:
            path, module = ahead.pop()
            if module not in seen:
                seen.add(module)
                yield path, module
                ahead += [(_join(path, name), child) for name, child in reversed(module._own(Module))]

    def modules(self) -> Iterator["Module"]:
        """This module and all inside it, outermost first, each once."""
        return (module for _, module in self.named_modules())

    def named_children(self) -> Iterator[tuple[str, "Module"]]:
        """(name, module) for the modules directly inside this one, each once."""
        return _once(self._own(Module))

    def children(self) -> Iterator["Module"]:
        """The modules directly inside this one, each once."""
        return (child for _, child in self.named_children())

    def named_parameters(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Parameter]]:
        """(path, parameter): this module's own in order of definition, then its children's; a shared one once."""
        modules = list(self.named_modules(prefix)) if recurse else [(prefix, self)]
        for _, module in modules:
            module._warn_of_hidden_ones()
        return _once((_join(path, name), p) for path, module in modules for name, p in module._own(Parameter))

    def parameters(self, recurse: bool = True) -> Iterator[Parameter]:
        """What an optimizer wants: every parameter once, in order of definition."""
        return (parameter for _, parameter in self.named_parameters(recurse=recurse))

    def _warn_of_hidden_ones(self):
        for name, value in self.__dict__.items():
            if isinstance(value, list | tuple | dict):
                inside = value.values() if isinstance(value, dict) else value
                if any(isinstance(x, Module | Parameter) for x in inside):
                    warnings.warn(
                        f"{type(self).__name__}.{name} is a {type(value).__name__}, so the modules or parameters in it "
                        "are neither trained nor saved; use nn.ModuleList, or make each an attribute",
                        stacklevel=3,
                    )

    def named_buffers(self, prefix: str = "", recurse: bool = True) -> Iterator[tuple[str, Tensor]]:
        """(path, buffer) for all that `register_buffer` registered, a shared one once."""
        modules = self.named_modules(prefix) if recurse else [(prefix, self)]
        return _once((_join(path, name), b) for path, module in modules for name, b, _ in module._own_buffers())

    def buffers(self, recurse: bool = True) -> Iterator[Tensor]:
        """Every buffer once."""
        return (buffer for _, buffer in self.named_buffers(recurse=recurse))

    # changing all of it

    def apply(self, fn: Callable[["Module"], Any]) -> Self:
        """Call fn on every module inside, then on this one; for instance to initialise weights. Returns self."""
        for child in self.children():
            child.apply(fn)
        fn(self)
        return self

    def train(self, mode: bool = True) -> Self:
        """Switch to training, or with False to evaluation: Dropout and its like behave differently. Returns self."""
        if not isinstance(mode, bool):
            raise ValueError(f"train: mode must be True or False, but got {mode!r}; to train on data, write a loop")
        for module in self.modules():
            module.training = mode
        return self

    def eval(self) -> Self:
        """Switch to evaluation; the same as train(False). Returns self."""
        return self.train(False)

    def requires_grad_(self, requires_grad: bool = True) -> Self:
        """Let all parameters be learned, or freeze them. Returns self."""
        for parameter in self.parameters():
            parameter.requires_grad_(requires_grad)
        return self

    def to(self, *target: Any, dtype: Any = None, device: Any = None, non_blocking: bool = False) -> Self:
        """Convert the floating parameters and buffers, and their gradients, to another floating dtype. Returns self.

        A device may be given as well, in PyTorch's order (device, dtype); it can only be the CPU. Make the optimizer
        afterwards: one that has stepped before refuses parameters of another dtype. Raises TypeError for an integer
        dtype.
        """
        dtype = dtype_of(target, dtype, device)
        if dtype is None:
            return self
        if dtype.kind != "f":
            raise TypeError(f"to: {type(self).__name__} holds weights to be learned, so it cannot become {dtype}")
        for tensor in (*self.parameters(), *self.buffers()):
            if tensor.array.dtype.kind == "f" and tensor.array.dtype != dtype:
                gradient, tensor.grad = tensor.grad, None
                log.note(tensor.array)  # for whoever recorded the old numbers, they are gone
                tensor.array = tensor.array.astype(dtype)
                tensor.grad = None if gradient is None else gradient.to(dtype)
        return self

    def cpu(self) -> Self:
        """Return self: that is where it is."""
        return self

    def float(self) -> Self:
        """Convert to float32; the same as to(float32). Returns self."""
        return self.to(np.float32)

    def double(self) -> Self:
        """Convert to float64; the same as to(float64). Returns self."""
        return self.to(np.float64)

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters: None, or new zeros."""
        for parameter in self.parameters():
            if set_to_none:
                parameter.grad = None
            elif parameter.grad is not None:
                parameter.grad = zeros_like(parameter)

    # its state

    def _state(self, prefix: str = "") -> Iterator[tuple[str, Tensor]]:
        """(path, tensor) for all that is saved. Unlike named_parameters, a shared tensor comes under all its names."""
        yield from ((_join(prefix, name), parameter) for name, parameter in self._own(Parameter))
        yield from ((_join(prefix, name), buffer) for name, buffer, persistent in self._own_buffers() if persistent)
        for name, child in self._own(Module):
            yield from child._state(_join(prefix, name))

    def state_dict(self) -> dict[str, Tensor]:
        """{path: tensor} of all parameters and persistent buffers, without history, in the module's own memory.

        Training goes on changing them: to keep a state, save it or clone each tensor.
        """
        return {path: tensor.detach() for path, tensor in self._state()}

    def load_state_dict(self, state_dict: Mapping[str, Any], strict: bool = True) -> IncompatibleKeys:
        """Write the numbers of state_dict into the parameters and buffers, which stay the same objects.

        Values: tensors or arrays, cast to the dtype found here. Returns the names missing from state_dict and those
        unexpected in it. Raises RuntimeError, having changed nothing, for any such name if strict, and for any value
        that does not fit.
        """
        if not isinstance(state_dict, Mapping):
            raise TypeError(
                f"load_state_dict: expected a dict of names and tensors, but got a {type(state_dict).__name__}; "
                "read a file with minigrad.io.load first"
            )
        own = dict(self._state())
        missing = [name for name in own if name not in state_dict]
        unexpected = [name for name in state_dict if name not in own]
        given = {name: _array(value) for name, value in state_dict.items() if name in own}
        misfits = [
            f"{name!r} is {signature_of(a)} but must be {signature_of(own[name].array)}"
            for name, a in given.items()
            if not _fits(a, own[name].array)
        ]
        if misfits or (strict and (missing or unexpected)):
            raise RuntimeError(_refusal(type(self).__name__, missing, unexpected, misfits))
        given = {name: a.astype(own[name].dtype) for name, a in given.items()}  # a cast that fails has changed nothing
        for name, a in given.items():
            write(own[name], a, "load_state_dict")
        return IncompatibleKeys(missing, unexpected)

    # as text

    def extra_repr(self) -> str:
        """What stands between the brackets when the module is printed: its settings."""
        return ""

    def __repr__(self):
        lines = [self.extra_repr()] if self.extra_repr() else []
        lines += [f"({name}): {child!r}" for name, child in self._own(Module)]
        if not self._own(Module):
            return f"{type(self).__name__}({''.join(lines)})"
        inside = "\n".join(lines).replace("\n", "\n  ")
        return f"{type(self).__name__}(\n  {inside}\n)"

    def _repr_html_(self):
        return module_html(self)


def _tensors_in(out):
    """The tensors in tuples, lists and dicts, however nested; none in anything else."""
    found, ahead = [], [out]
    while ahead:
        x = ahead.pop()
        if isinstance(x, Variable):
            found.append(x)
        elif isinstance(x, tuple | list | Mapping):
            ahead += x.values() if isinstance(x, Mapping) else x
    return found


def _join(path, name):
    return f"{path}.{name}" if path else name


def _once(pairs):
    """The (name, value) pairs whose value has not come before."""
    seen = set()
    for name, value in pairs:
        if value not in seen:
            seen.add(value)
            yield name, value


def _array(value):
    return value.array if isinstance(value, Variable) else np.asarray(value)


def _fits(given, own):
    kind = given.dtype.kind
    return given.shape == own.shape and kind in KINDS and RANK[kind] <= RANK[own.dtype.kind]


def _refusal(model, missing, unexpected, misfits):
    lines = [f"load_state_dict: the state_dict does not fit this {model}, and nothing was changed"]
    lines += [f"missing: {', '.join(map(repr, missing))}"] if missing else []
    lines += [f"unexpected: {', '.join(map(repr, unexpected))}"] if unexpected else []
    lines += [f"misshapen: {'; '.join(misfits)}"] if misfits else []
    lines += ["build the model as it was when it was saved; strict=False passes over missing and unexpected names"]
    return "\n  ".join(lines)
