"""Optimizer: a subclass is its formula on θ, the vector of the parameters; everything else is here."""

import copy
import difflib
import inspect
import math
import warnings
from collections.abc import Callable, Iterable, Mapping
from numbers import Real
from operator import itemgetter
from types import MappingProxyType
from typing import Any, ClassVar

import numpy as np

from minigrad.autograd import enable_grad
from minigrad.engine import Variable
from minigrad.errors import signature_of
from minigrad.memory import log
from minigrad.optim.states import loaded_value, shown_value, unpacked
from minigrad.optim.theta import Layout, adopt, refuse_shared
from minigrad.tensor import Tensor

__all__ = ["Optimizer"]

LATE = ("maximize", "decoupled_weight_decay")  # options, False by default, that states of older PyTorchs lack


class Optimizer:
    """What all optimizers share: θ in flat vectors, groups of options, state_dict. A subclass writes its formula.

    The formula is `update(self, theta, g, state, *, …options)`. It changes theta (D,) in place, each number by itself,
    against its gradient g (D,), which it may overwrite. `state`, a dict of numbers and arrays (D,), starts empty and is
    kept from step to step. θ comes in pieces, each with a state of its own, so D differs from call to call.

    params: tensors, (name, tensor) pairs, or dicts {"params": …, option: value} for groups with options of their own.
    Options by keyword, or as PyTorch has it in a dict: the keyword arguments of `update`, and `maximize`.
    Raises TypeError for what is no tensor and for unknown options; ValueError for options out of range and for no,
    duplicate or computed parameters. The first step moves the parameters into θ: what shared their memory stays behind.

    >>> class Momentum(Optimizer):
    ...     def update(self, theta, g, state, *, lr, momentum=0.9):
    ...         v = state.setdefault("momentum_buffer", np.zeros_like(theta))
    ...         v *= momentum
    ...         v += g
    ...         theta -= lr * v
    >>> w = mg.tensor([3.0], requires_grad=True)
    >>> optimizer = Momentum([w], lr=0.25)
    >>> (w * w).sum().backward()
    >>> optimizer.step()
    >>> w.item()  # 3 − 0.25·6
    1.5
    """

    ranges: ClassVar[Mapping[str, tuple[float, float]]] = {  # lowest allowed, and the first that is too high; never NaN
        "lr": (0, math.inf),
        "momentum": (0, math.inf),
        "dampening": (-math.inf, math.inf),
        "weight_decay": (0, math.inf),
        "eps": (0, math.inf),
        "betas": (0, 1),
    }

    def __init__(self, params: Iterable, defaults: Mapping[str, Any] | None = None, **options: Any):
        if not isinstance(defaults, Mapping | None):
            raise TypeError(
                f"{type(self).__name__}: give options by keyword: lr=0.5, but got {defaults!r:.60} without a name"
            )
        self.defaults = self._with_defaults({**(defaults or {}), **options})
        self.param_groups: list[dict[str, Any]] = []
        self._layouts: list[Layout] = []  # one for each group that has been laid out
        self.last_step: int | None = None  # the tick of the write log when the last step ended
        self._given = itemgetter(*self.defaults)  # the values of a group's options
        self._consumed: list[list[np.ndarray]] = []  # the gradients that the last step used, by block, until zero_grad
        self._warned = False
        for group in _groups(params):
            self.add_param_group(group)
        if not any(group["params"] for group in self.param_groups):
            raise ValueError(
                f"{type(self).__name__}: there are no parameters to optimize; give model.parameters() or a list of "
                "tensors (a generator can be used only once)"
            )

    def _with_defaults(self, given):
        """given, and for the keyword arguments of `update` that it leaves out, their defaults there."""
        takes = inspect.signature(self.update).parameters.values()
        wants = {p.name: p.default for p in takes if p.kind is p.KEYWORD_ONLY}
        missing = [name for name, default in wants.items() if default is inspect.Parameter.empty and name not in given]
        if missing:
            raise TypeError(f"{type(self).__name__}: no value for {', '.join(missing)}; give it by keyword")
        known = {**wants, "maximize": False}
        if not any(p.kind is p.VAR_KEYWORD for p in takes):
            self._refuse_unknown(given, known)
        return {**given, **{name: default for name, default in known.items() if name not in given}}

    def _refuse_unknown(self, options, known):
        for name in options:
            if name not in known:
                near = difflib.get_close_matches(name, known, n=1)
                raise TypeError(
                    f"{type(self).__name__}: there is no option {name!r}"
                    f"{f', did you mean {near[0]!r}' if near else ''}; the options are {', '.join(known)}"
                )

    def update(self, theta, g, state, **options):
        """Change theta in place, against the gradient g. The subclass must say how."""
        raise NotImplementedError(
            f"{type(self).__name__} has no formula: define `def update(self, theta, g, state, *, lr)` to change theta"
        )

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise TypeError or ValueError for options that make no sense. A subclass may add what it knows."""
        for name, (low, high) in self.ranges.items():
            pair = name == "betas"
            value = options.get(name, (0, 0) if pair else 0)
            numbers = value if pair and isinstance(value, tuple) else (value,)
            must = f"{type(self).__name__}: {name} must be {'two numbers' if pair else 'a number'}"
            if len(numbers) != 1 + pair or not all(isinstance(n, Real) for n in numbers):
                raise TypeError(f"{must}, but got {value!r:.60}")
            if not all(low <= n < high for n in numbers):
                raise ValueError(f"{must} in [{low}, {high}), but got {value!r}")

    # ---- stepping ---------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Update every parameter that has a gradient; the others, and their state, stay untouched.

        closure, if given, is called first to compute the loss and its gradients anew; returns what it returned.
        Everything is checked before the first parameter changes. Warns if the first step finds no gradient at all, or
        if gradients were added to those of the step before.
        """
        loss = None
        if closure is not None:
            with enable_grad():
                loss = closure()
        ready = self._ready()
        if not ready and self.last_step is None:
            self._warn_of_no_gradient()
        for layout, block, gradients in ready:
            block.update(self.update, gradients, layout.maximize, layout.options)
        self._consumed = [gradients for _, _, gradients in ready]
        self.last_step = log.last
        return loss

    def _ready(self):
        """(layout, block, gradients) for all that has to be updated: checked, and living in θ."""
        ready, moved = [], []
        for group, layout in zip(self.param_groups, self._laid_out(), strict=True):
            layout.refuse_others(group["params"], "step")
            self._look_at_options(group, layout)
            for block, gradients in layout.ready():
                moved += block.moved()
                ready.append((layout, block, gradients))
        if self._consumed and not self._warned:
            self._warn_if_added_to(ready)
        if moved:
            refuse_shared([p for group in self.param_groups for p in group["params"]])
            adopt(moved)
        return ready

    def _laid_out(self):
        """The layouts of all groups. New ones are made as late as this, so that dtypes may change before."""
        for group in self.param_groups[len(self._layouts) :]:
            self._layouts.append(Layout(group["params"]))
        return self._layouts

    def _look_at_options(self, group, layout):
        """Check the group's options if something in them has changed."""
        given = self._given(group)
        if given != layout.given:
            options = {name: _plain(group[name]) for name in self.defaults}
            self.check(options)
            layout.maximize = options.pop("maximize", False)
            layout.given, layout.options = given, options

    def _warn_of_no_gradient(self):
        if not any("initial_lr" in group for group in self.param_groups):  # else a schedule may be tried out alone
            warnings.warn(
                "step: no parameter has a gradient, so nothing changed; call loss.backward() first, on a loss that "
                "was computed from these parameters",
                stacklevel=3,
            )

    def _warn_if_added_to(self, ready):
        consumed = {id(g) for gradients in self._consumed for g in gradients}
        for _, block, gradients in ready:
            for p, g in zip(block.params, gradients, strict=True):
                grown = id(g) in consumed and log.written_since(g, self.last_step)
                if grown and not log.replaced_since(g, self.last_step):
                    self._warned = True
                    warnings.warn(
                        f"step: the gradient of {signature_of(p)} is the one that the last step used, with more added "
                        "to it; call zero_grad() before backward() if each step should see only its own gradient",
                        stacklevel=4,
                    )
                    return

    def zero_grad(self, set_to_none: bool = True) -> None:
        """Forget the gradients of all parameters; with set_to_none=False, keep them as zeros."""
        self._consumed = []
        for group in self.param_groups:
            for p in group["params"]:
                if set_to_none:
                    p._grad = None
                elif p.grad is not None:
                    p.grad = p.grad.detach().zero_()

    # ---- groups -----------------------------------------------------------------------------------------------------

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add {"params": …, option: value}: more parameters, with options of their own where given."""
        if not isinstance(param_group, Mapping) or "params" not in param_group:
            raise TypeError(
                f'{type(self).__name__}: a parameter group must be a dict with "params", but got {param_group!r:.60}'
            )
        given = dict(param_group)
        params, names = _tensors(given.pop("params"), type(self).__name__)
        self._refuse_computed_or_repeated(params)
        extra: dict[str, Any] = {name: given.pop(name) for name in ("param_names", "initial_lr") if name in given}
        if names:
            extra["param_names"] = names
        self._refuse_unknown(given, self.defaults)
        options = {name: _plain(value) for name, value in {**self.defaults, **given}.items()}
        self.check(options)
        self.param_groups.append({"params": params, **options, **extra})

    def _refuse_computed_or_repeated(self, params):
        seen = {p for group in self.param_groups for p in group["params"]}
        for i, p in enumerate(params):
            if p.node is not None:
                raise ValueError(
                    f"{type(self).__name__}: parameter {i}, {signature_of(p)}, was computed by {p.node.op.name}; only "
                    "leaves can be optimized, so give the tensors that it was computed from"
                )
            if p in seen:
                raise ValueError(
                    f"{type(self).__name__}: parameter {i}, {signature_of(p)}, is there twice, so a step would update "
                    "it twice; give each parameter once"
                )
            seen.add(p)

    def __repr__(self):
        lines = [f"{type(self).__name__} ("]
        for i, group in enumerate(self.param_groups):
            options = [f"    {name}: {group[name]}" for name in sorted(group) if name != "params"]
            lines += [f"Parameter Group {i}", *options, ""]
        return "\n".join([*lines[:-1], ")"])

    # ---- state ------------------------------------------------------------------------------------------------------

    @property
    def state(self) -> Mapping[Variable, Mapping[str, Any]]:
        """For each parameter that has been updated, what `update` keeps for it: numbers, and tensors of its shape.

        These are copies, to read: to change the state, use `load_state_dict`.
        """
        states = self._states()
        for value in (value for state in states.values() for value in state.values() if isinstance(value, Tensor)):
            value.array.flags.writeable = False
        return MappingProxyType({p: MappingProxyType(state) for p, state in states.items()})

    def _states(self):
        blocks = [block for layout in self._layouts for block in layout.blocks]
        pairs = [pair for block in blocks for pair in zip(block.params, block.states(), strict=True)]
        return {p: {k: shown_value(k, v) for k, v in state.items()} for p, state in pairs if state}

    def state_dict(self) -> dict[str, Any]:
        """A copy of all that the next steps depend on but the parameters, laid out as PyTorch does.

        {"state": {parameter's number: {name: tensor or number}}, "param_groups": [{option: value, "params": numbers}]}
        """
        numbers = {p: i for i, p in enumerate(p for group in self.param_groups for p in group["params"])}
        groups = []
        for group in self.param_groups:
            options = {name: value for name, value in group.items() if name != "params"}
            groups.append({**copy.deepcopy(options), "params": [numbers[p] for p in group["params"]]})
        return {"state": {numbers[p]: state for p, state in self._states().items()}, "param_groups": groups}

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned: options and state; parameters are matched by their order.

        Tensors are copied and take their parameter's dtype. Raises ValueError, having changed nothing, when groups,
        parameters, shapes or options do not fit.
        """
        saved, states = unpacked(state_dict)
        sizes = [len(group["params"]) for group in saved], [len(group["params"]) for group in self.param_groups]
        if sizes[0] != sizes[1]:
            raise ValueError(
                f"load_state_dict: the state has groups of {sizes[0]} parameters, but this optimizer has {sizes[1]}; "
                "make it with the same parameters in the same groups"
            )
        groups = [self._loaded_group(new, group) for new, group in zip(saved, self.param_groups, strict=True)]
        loaded = [self._loaded_states(new, states, group) for new, group in zip(saved, groups, strict=True)]
        if states:
            raise ValueError(f"load_state_dict: there is state for parameters {[*states]}, which are in no group")
        layouts = self._laid_out()
        for group, layout in zip(self.param_groups, layouts, strict=True):
            layout.refuse_others(group["params"], "load_state_dict")
        for layout, new in zip(layouts, loaded, strict=True):
            layout.load(new)
        self.param_groups = groups
        self.last_step = log.last  # whoever goes on from a state has stepped before: a scheduler's step is in order

    def _loaded_group(self, saved, group):
        saved = {**saved, **{name: False for name in LATE if name in self.defaults and name not in saved}}
        missing = [name for name in self.defaults if name not in saved]
        if missing:
            raise ValueError(
                f"load_state_dict: a group lacks {', '.join(missing)}; is it the state of another optimizer than "
                f"{type(self).__name__}?"
            )
        saved = {name: _plain(value) if name in self.defaults else value for name, value in saved.items()}
        self.check(saved)
        kept = {"param_names": group["param_names"]} if "param_names" in group else {}
        return {**kept, **saved, "params": group["params"]}

    def _loaded_states(self, saved, states, group):
        loaded = [
            {k: loaded_value(k, v, i, p) for k, v in states.pop(i, {}).items() if v is not None}
            for i, p in zip(saved["params"], group["params"], strict=True)
        ]
        for i, state in zip(saved["params"], loaded, strict=True):
            if state:
                self._try(i, state, group)
        return loaded

    def _try(self, i, state, group):
        """See, on one number of state, whether `update` finds in it what it needs."""
        one = {k: np.ones(1) if isinstance(v, np.ndarray) else v for k, v in state.items()}
        options = {name: group[name] for name in self.defaults if name != "maximize"}
        try:
            self.update(np.ones(1), np.ones(1), one, **options)
        except KeyError as error:
            raise ValueError(
                f"load_state_dict: the state of parameter {i} lacks {error}, which {type(self).__name__} needs"
            ) from None

    def __deepcopy__(self, memo):
        new = memo[id(self)] = copy.copy(self)
        new.__dict__ |= copy.deepcopy({**vars(self), "_layouts": []}, memo)
        new.load_state_dict(self.state_dict())  # lays out anew: a copied view would no longer lie in the copied θ
        return new


def _groups(params):
    """params as a list of groups."""
    if isinstance(params, Variable | Mapping | set | frozenset) or not isinstance(params, Iterable):
        raise TypeError(
            f"optimizer: expected a list of tensors or of groups, but got a {type(params).__name__}; "
            "give model.parameters(), [tensor] or [{…}]"
        )
    params = list(params)
    return params if params and isinstance(params[0], Mapping) else [{"params": params}]


def _tensors(params, optimizer):
    """(tensors, names) of what a group was given; no names for plain tensors."""
    if isinstance(params, set | frozenset):
        raise TypeError(f"{optimizer}: parameters must come in an order, but got a set; give a list")
    params = [params] if isinstance(params, Variable) else list(params)
    names = [p[0] for p in params if isinstance(p, tuple) and len(p) == 2]
    tensors = [p[1] if isinstance(p, tuple) and len(p) == 2 else p for p in params]
    for i, p in enumerate(tensors):
        if not isinstance(p, Variable):
            raise TypeError(
                f"{optimizer}: parameter {i} must be a tensor, but is a {type(p).__name__}; "
                "give model.parameters() or a list of tensors"
            )
    if names and len(names) != len(tensors):
        raise ValueError(f"{optimizer}: {len(names)} of {len(tensors)} parameters have names; name all or none")
    return tensors, names


def _plain(value):
    """value with Python numbers in place of NumPy's, which would turn float32 into float64, and tuples for lists."""
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value.item() if isinstance(value, np.generic) else value
