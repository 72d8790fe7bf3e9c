"""The derivative table: a row is a forward function on arrays, and one rule for each of its inputs."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable

from minigrad.rules import positional, values_read

TABLE: dict[str, Primitive] = {}  # name → row, in order of definition
NUMPY: dict[Callable, Callable] = {}  # what NumPy's functions are called instead when they are given a Variable


class Primitive:
    """One row of the derivative table: a forward function on arrays, and one rule per input.

    A constant function (a comparison, argmax) has no derivative, and its results are not tracked.
    """

    def __init__(self, forward, *, same_dtype=False, constant=False):
        self.forward = forward
        self.name = forward.__name__
        inputs, settings = _parameters(forward)
        self.takes = inputs  # the names of its inputs; *xs for any number of them
        self.settings = frozenset(settings)
        self.variadic = any(name.startswith("*") for name in inputs)
        self.same_dtype = same_dtype
        self.constant = constant
        self.rules = None
        self.holes = True  # whether some input has no rule

    def __repr__(self):
        return f"<primitive {self.name}>"

    def defvjp(self, *rules):
        """Give the rules, in the order of the inputs: rule(g, out, *inputs, **params) → that input's gradient.

        None stands for an input that has no derivative. A variadic primitive takes one rule(i, g, out, *inputs).
        """
        if len(rules) != len(self.takes):
            raise TypeError(
                f"defvjp: {self.name} takes {len(self.takes)} array inputs ({', '.join(self.takes)}), "
                f"so it needs {len(self.takes)} rules, but got {len(rules)}; use None for one without a derivative"
            )
        for rule in rules:
            self._refuse_other_arguments(rule)
        self.rules = EveryInput(rules[0]) if self.variadic else rules
        self.holes = not self.variadic and None in rules

    def _refuse_other_arguments(self, rule):
        """A rule is called with g, out and what the forward function takes; better to hear of it now."""
        arguments = ["i"] * self.variadic + ["g", "out", *self.takes]
        if rule is None or _takes(rule, len(arguments) + len(self.settings), self.settings):
            return
        try:
            inspect.signature(rule).bind(*arguments, **dict.fromkeys(self.settings))
        except TypeError as error:
            settings = [p for p in inspect.signature(self.forward).parameters.values() if p.kind is p.KEYWORD_ONLY]
            raise TypeError(
                f"defvjp: a rule of {self.name} is called as rule({', '.join(map(str, (*arguments, *settings)))}), "
                f"but takes {inspect.signature(rule)}: {error}"
            ) from None

    def arguments_read(self, i, known, settings):
        """What the rule of input i reads, of what is known of out and the inputs, in order, and of named settings."""
        rule = self.rules.rule if self.variadic else self.rules[i]
        names = values_read(rule)
        arguments = positional(rule)[2 if self.variadic else 1 :]
        read = {k: v for k, v in settings.items() if names is None or k in names}
        for position, value in enumerate(known):
            if names is None or arguments[min(position, len(arguments) - 1)] in names:
                read[value[0]] = value
        return read


def _parameters(forward):
    """The names of a forward function's inputs, and of its settings; a plain function's the quick way."""
    code = getattr(forward, "__code__", None)
    if code is None or hasattr(forward, "__wrapped__"):
        parameters = inspect.signature(forward).parameters.values()
        inputs = [f"{'*' * (p.kind is p.VAR_POSITIONAL)}{p.name}" for p in parameters if p.kind is not p.KEYWORD_ONLY]
        return inputs, [p.name for p in parameters if p.kind is p.KEYWORD_ONLY]
    names, count, end = code.co_varnames, code.co_argcount, code.co_argcount + code.co_kwonlyargcount
    rest = [f"*{names[end]}"] if code.co_flags & inspect.CO_VARARGS else []
    return [*names[:count], *rest], names[count:end]


def _takes(rule, count, settings):
    """Whether a plain function has count parameters, the settings among them: the quick way to see that it fits."""
    code = getattr(rule, "__code__", None)
    names = code.co_varnames[: code.co_argcount + code.co_kwonlyargcount] if code else ()
    return len(names) == count and all(name in names for name in settings)


class EveryInput:
    """The rules of a variadic primitive: the same one for every input, told which input it is asked about."""

    def __init__(self, rule):
        self.rule = rule

    def __getitem__(self, i):
        return functools.partial(self.rule, i)
