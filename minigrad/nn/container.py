"""Modules made of numbered modules: Sequential applies them one after the other, ModuleList only holds them."""

import itertools
from collections.abc import Iterable, Mapping
from typing import Any, Self

from minigrad.functions.arguments import integer
from minigrad.nn.module import Module

__all__ = ["ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules under the names 0, 1, 2, …, changed as a list is. What is refused has changed nothing."""

    def append(self, module: Module) -> Self:
        """Add a module at the end. Returns self."""
        return self.extend([module])

    def extend(self, modules: Iterable[Module]) -> Self:
        """Add several modules at the end. Returns self."""
        for module in self._modules_in(modules, len(self)):
            free = (str(n) for n in itertools.count(len(self)) if str(n) not in self.__dict__)  # slices keep names
            setattr(self, next(free), module)
        return self

    def insert(self, index: int, module: Module) -> Self:
        """Put a module in front of the one at index; those behind it get new numbers. Returns self."""
        name, modules = type(self).__name__, [*self]
        if not -len(self) <= integer(index, name, "index") <= len(self):
            raise IndexError(f"{name}: nothing can be inserted at {index} among {len(self)} modules")
        modules.insert(index, module)
        return self._hold(modules)

    def pop(self, index: int = -1) -> Module:
        """Take the module at index away and return it; those behind it get new numbers."""
        module = self[index]
        del self[index]
        return module

    def add_module(self, name: str, module: Module) -> None:
        """Add a module at the end under a name of its own, or put it in place of the one that has this name."""
        known = isinstance(name, str) and isinstance(self.__dict__.get(name), Module)
        if not isinstance(name, str) or not name or "." in name or (hasattr(self, name) and not known):
            raise ValueError(
                f"{type(self).__name__}: {name!r} cannot name a module; it must be a string, not empty, without a dot, "
                "and not yet the name of something else"
            )
        setattr(self, name, self._checked(name, module))

    def __len__(self):
        return len(self._own(Module))

    def __iter__(self):
        return iter([module for _, module in self._own(Module)])

    def __getitem__(self, index):
        if isinstance(index, slice):
            found = self._own(Module)[index]
            return Sequential(dict(found)) if isinstance(self, Sequential) else ModuleList(m for _, m in found)
        return self.__dict__[self._name_at(index)]

    def __setitem__(self, index, module):
        name = self._name_at(index)
        setattr(self, name, self._checked(name, module))

    def __delitem__(self, index):
        modules = [*self]
        if not isinstance(index, slice):
            self._name_at(index)  # which checks it
        del modules[index]
        self._hold(modules)

    def __add__(self, other):
        modules = *self, *self._modules_in(other, len(self))
        return Sequential(*modules) if isinstance(self, Sequential) else ModuleList(modules)

    def __iadd__(self, other):
        return self.extend(other)

    def _hold(self, modules):
        """Hold these in place of those so far, numbered anew."""
        modules = self._modules_in(modules, 0)
        for name, _ in self._own(Module):
            delattr(self, name)
        return self.extend(modules)

    def _name_at(self, index):
        names = [name for name, _ in self._own(Module)]
        if not -len(names) <= integer(index, type(self).__name__, "index") < len(names):
            raise IndexError(f"{type(self).__name__}: there is no module {index} among {len(names)}")
        return names[index]

    def _modules_in(self, modules, first):
        """modules as a list. Raises TypeError if one of them, to be number first and on, is no module."""
        if not isinstance(modules, Iterable):
            raise TypeError(
                f"{type(self).__name__}: expected several modules, but got {modules!r}; put even a single one in a list"
            )
        return [self._checked(str(i), module) for i, module in enumerate(modules, first)]

    def _checked(self, name, module):
        """module, which will have this name. Raises TypeError if it is none."""
        if isinstance(module, Module):
            return module
        hint = f"; write {module.__name__}(…) to make one" if isinstance(module, type) else ""
        hint = "; give them one by one, as in Sequential(*modules)" if isinstance(module, list | tuple) else hint
        raise TypeError(f"{type(self).__name__}: {name!r} must be a Module, but got {module!r}{hint}")


class ModuleList(_Numbered):
    """A list of modules whose parameters are found: ModuleList([a, b]). It computes nothing itself.

    >>> layers = ModuleList([Sequential(), Sequential()])
    >>> len(layers), [name for name, _ in layers.named_children()]
    (2, ['0', '1'])
    """

    def __init__(self, modules: Iterable[Module] | None = None):
        self.extend(() if modules is None else modules)


class Sequential(_Numbered):
    """Modules applied one after the other: Sequential(a, b)(x) is b(a(x)). Also takes one dict of names and modules.

    >>> Sequential()(3)
    3
    """

    def __init__(self, *modules: Module | Mapping[str, Module]):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name, module in modules[0].items():
                self.add_module(name, module)
        else:
            self._hold(modules)

    def forward(self, input: Any) -> Any:
        """Return the last module's result."""
        for module in [*self.__dict__.values()]:  # each step comes through here: no call that is not needed
            if isinstance(module, Module):
                input = module(input)
        return input
