"""Modules made of numbered modules: Sequential applies them one after the other, ModuleList only holds them."""

from collections.abc import Iterable, Mapping
from typing import Any, Self

from minigrad.nn.module import Module

__all__ = ["ModuleList", "Sequential"]


class _Numbered(Module):
    """Modules under the names 0, 1, 2, …"""

    def __init__(self, modules: Iterable[Module] = ()):
        for module in modules:
            self.append(module)

    def append(self, module: Module) -> Self:
        """Add a module at the end. Returns self."""
        return self._add(str(len(self)), module)

    def _add(self, name, module):
        if not isinstance(module, Module):
            hint = f"; write {module.__name__}(…) to make one" if isinstance(module, type) else ""
            raise TypeError(f"{type(self).__name__}: {name!r} must be a Module, but got {module!r}{hint}")
        setattr(self, name, module)
        return self

    def __len__(self):
        return len(self._own(Module))

    def __iter__(self):
        return iter([module for _, module in self._own(Module)])

    def __getitem__(self, index):
        found = self._own(Module)[index]
        if not isinstance(index, slice):
            return found[1]
        return Sequential(dict(found)) if isinstance(self, Sequential) else ModuleList(m for _, m in found)


class ModuleList(_Numbered):
    """A list of modules whose parameters are found: ModuleList([a, b]). It computes nothing itself.

    >>> layers = ModuleList([Sequential(), Sequential()])
    >>> len(layers), [name for name, _ in layers.named_children()]
    (2, ['0', '1'])
    """


class Sequential(_Numbered):
    """Modules applied one after the other: Sequential(a, b)(x) is b(a(x)). Also takes one dict of names and modules.

    >>> Sequential()(3)
    3
    """

    def __init__(self, *modules: Module | Mapping[str, Module]):
        if len(modules) == 1 and isinstance(modules[0], Mapping):
            for name in modules[0]:
                if not name or "." in name or hasattr(self, name):
                    raise ValueError(f"Sequential: {name!r} cannot name a module; it is taken, empty or has a dot")
                self._add(name, modules[0][name])
        else:
            for module in modules:
                self._add(str(len(self)), module)

    def forward(self, input: Any) -> Any:
        """Return the last module's result."""
        for module in [*self.__dict__.values()]:  # each step comes through here: no call that is not needed
            if isinstance(module, Module):
                input = module(input)
        return input
