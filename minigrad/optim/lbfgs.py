"""L-BFGS: second-order steps, from the last few gradients alone. The contrast to everything in the other files."""

import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, ClassVar, SupportsFloat

import numpy as np

from minigrad.autograd import enable_grad
from minigrad.engine import Variable
from minigrad.memory import log
from minigrad.optim.line_search import Point, strong_wolfe
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.theta import adopt, refuse_shared
from minigrad.tensor import Tensor

__all__ = ["LBFGS"]

VECTORS = ("d", "prev_flat_grad")  # what it remembers, under PyTorch's names: like θ,
LISTS = ("old_dirs", "old_stps")  # lists of such: changes of the gradient (y), and of θ (s)
SCALARS = ("t", "H_diag", "prev_loss")
COUNTS = ("max_iter", "max_eval", "history_size")


class LBFGS(Optimizer):
    """θ ← θ + t·d with d = −H·g: H, built from the last changes of θ and g, stands for the inverse Hessian.

    Nocedal (1980), Liu and Nocedal (1989). A Newton step without second derivatives: where the loss is curved, d is
    short. It needs the same loss at every look, so give it all data at once, or one large batch for each step.

    One `step(closure)` makes up to max_iter such moves and looks at most about max_eval (5/4 of max_iter) times at the
    loss. It stops early when no gradient is above tolerance_grad, or when neither θ nor the loss changes by more than
    tolerance_change. t is lr; with line_search_fn="strong_wolfe" it is searched for, starting from lr, so that the loss
    goes down by enough. history_size: how many changes H remembers. All parameters are one vector θ, so there is one
    group only. A parameter without a gradient counts as one with gradient 0.

    >>> w = mg.tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = mg.optim.LBFGS([w], line_search_fn="strong_wolfe")
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (w * w * mg.tensor([1.0, 100.0])).sum()  # a valley, a hundred times steeper in one direction
    ...     loss.backward()
    ...     return loss
    >>> start = optimizer.step(closure)
    >>> closure().item() < 1e-9
    True
    """

    ranges: ClassVar = {**Optimizer.ranges, "tolerance_grad": (0, math.inf), "tolerance_change": (0, math.inf)}

    def __init__(
        self,
        params: Iterable,
        lr: float = 1,
        max_iter: int = 20,
        max_eval: int | None = None,
        tolerance_grad: float = 1e-7,
        tolerance_change: float = 1e-9,
        history_size: int = 100,
        line_search_fn: str | None = None,
    ):
        self._memory: dict[str, Any] = {"func_evals": 0, "n_iter": 0}
        _refuse_count("max_iter", max_iter)
        super().__init__(
            params, lr=lr, max_iter=max_iter, max_eval=max_iter * 5 // 4 if max_eval is None else max_eval,
            tolerance_grad=tolerance_grad, tolerance_change=tolerance_change, history_size=history_size,
            line_search_fn=line_search_fn,
        )  # fmt: skip

    def _with_defaults(self, given):
        return given  # there is no `update` to name the options, and no `maximize`, as in PyTorch

    def add_param_group(self, param_group: Mapping[str, Any]) -> None:
        """Add the one group. Raises ValueError for a second one."""
        if self.param_groups:
            raise ValueError(
                "LBFGS: it takes one parameter group, but was given a second; all parameters are one vector with one "
                "step length, so give them in one list"
            )
        super().add_param_group(param_group)

    def check(self, options: Mapping[str, Any]) -> None:
        """Raise for options that make no sense."""
        super().check(options)
        for name in COUNTS:
            _refuse_count(name, options[name])
        if options["line_search_fn"] not in (None, "strong_wolfe"):
            raise ValueError(
                f"LBFGS: line_search_fn must be 'strong_wolfe' or None, but got {options['line_search_fn']!r}"
            )

    # ---- stepping ---------------------------------------------------------------------------------------------------

    def step(self, closure: Callable[[], Any] | None = None) -> Any:
        """Minimize for a while, and return what closure returned first, at the old parameters.

        closure computes the loss and its gradients anew, and returns the loss; it is called several times. Should it
        raise, or loss or gradient not be finite at the start (ValueError), parameters and memory stay as they were.
        """
        if not callable(closure):
            raise TypeError(
                f"LBFGS: step needs a closure, but got {closure!r:.40}; write def closure(): optimizer.zero_grad(); "
                "loss = …; loss.backward(); return loss, and call optimizer.step(closure)"
            )
        objective = self._objective(closure)
        start = objective.theta()
        memory = {k: list(v) if isinstance(v, list) else v for k, v in self._memory.items()}
        try:
            first = self._minimize(objective, memory, self._layouts[0].options)
        except BaseException:
            objective.move_to(start)
            raise
        memory["func_evals"] += objective.looks
        self._memory = memory
        self.last_step = log.last
        return first

    def _objective(self, closure):
        """The loss as a function of θ, with options checked and all parameters living in θ."""
        group, (layout,) = self.param_groups[0], self._laid_out()
        layout.refuse_others(group["params"], "step")
        self._look_at_options(group, layout)
        moved = [pair for block in layout.blocks for pair in block.moved()]
        if moved:
            refuse_shared(group["params"])
            adopt(moved)
        return Objective(closure, group["params"], [theta for theta, _ in layout.vectors])

    def _minimize(self, objective, memory, options):
        """Moves, until there is nothing to gain. Returns what closure returned first."""
        first, loss, g = objective.look()
        if not (math.isfinite(loss) and np.isfinite(g).all()):
            raise ValueError(
                f"LBFGS: loss and gradient must be finite where a step begins, but the loss is {loss} and the largest "
                f"gradient {_largest(g)}; start elsewhere, use a smaller lr, or a line search"
            )
        too_small = options["tolerance_change"]
        for moves_left in reversed(range(options["max_iter"])):
            if _largest(g) <= options["tolerance_grad"]:
                break
            before, slope = loss, _aim(memory, g, loss, options["lr"], options["history_size"])
            if slope > -too_small:
                break
            loss, g = _move(objective, memory, loss, g, slope, options, look=moves_left > 0)
            changed = memory["t"] * _largest(memory["d"])
            if objective.looks >= options["max_eval"] or changed <= too_small or abs(loss - before) < too_small:
                break
        return first

    # ---- state ------------------------------------------------------------------------------------------------------

    def _states(self):
        if not self._memory["func_evals"]:
            return {}
        shown = {
            k: [Tensor(x) if isinstance(x, np.ndarray) else x for x in v] if isinstance(v, list) else v
            for k, v in self._memory.items()
        }
        shown |= {k: Tensor(v) for k, v in shown.items() if isinstance(v, np.ndarray)}
        return {self.param_groups[0]["params"][0]: shown}  # all of it with the first parameter, as PyTorch does

    def load_state_dict(self, state_dict: Mapping[str, Any]) -> None:
        """Go on from what `state_dict()` returned. Raises ValueError, having changed nothing, when it does not fit."""
        super().load_state_dict(state_dict)
        self._memory = self._loaded_memory

    def _loaded_states(self, saved, states, group):
        self._loaded_memory = _memory_of(states.pop(saved["params"][0], {}), group["params"])
        return [{} for _ in group["params"]]


class Objective:
    """The loss and its gradient as functions of the vector θ, which lies in vectors, one for each run of a dtype."""

    def __init__(self, closure, params, vectors):
        self.closure = closure
        self.params = params
        self.vectors = vectors
        self.looks = 0

    def theta(self):
        """A copy of θ."""
        return np.concatenate(self.vectors)

    def move_to(self, x):
        """Write x into θ."""
        for theta in self.vectors:
            theta[...], x = x[: theta.size], x[theta.size :]
            log.note(theta)

    def look(self):
        """(what the closure returned, the loss as a number, the gradient as a vector) where θ is."""
        self.looks += 1
        with enable_grad():
            loss = self.closure()
        if not isinstance(loss, SupportsFloat):
            raise TypeError(
                f"LBFGS: the closure must return the loss, but it returned {loss!r:.40}; end it with `return loss`"
            )
        if all(p.grad is None for p in self.params):
            raise ValueError(
                "LBFGS: no parameter has a gradient after the closure; call loss.backward() in it, before it returns"
            )
        gradients = [np.zeros_like(p.array) if p.grad is None else p.grad.array for p in self.params]
        return loss, float(loss), np.concatenate([g.reshape(-1) for g in gradients])

    def along(self, x, d):
        """The function t → Point at x + t·d."""

        def at(t):
            self.move_to(x + t * d)
            _, loss, g = self.look()
            return Point(t, loss, g, float(g @ d))

        return at


def _refuse_count(name, value):
    if not isinstance(value, int) or value < 1:
        raise ValueError(f"LBFGS: {name} must be a whole number from 1, but got {value!r}")


def _largest(vector):
    return float(np.abs(vector).max(initial=0))


def _aim(memory, g, loss, lr, history_size):
    """Put the next d into memory, and the t to try first. Returns the slope of the loss along d."""
    memory["n_iter"] += 1
    d = _direction(memory, g, history_size)
    unknown = memory["n_iter"] == 1  # how curved the loss is: no number should move by more than lr
    t = lr * min(1.0, 1 / float(np.abs(g).sum())) if unknown else lr
    memory.update(d=d, t=t, prev_flat_grad=g, prev_loss=loss)
    return float(g @ d)


def _move(objective, memory, loss, g, slope, options, look):
    """θ ← θ + t·d, with t as it is or searched for. Returns loss and gradient there; without look, what they were."""
    x, d, t = objective.theta(), memory["d"], memory["t"]
    if not options["line_search_fn"]:
        objective.move_to(x + t * d)
        return objective.look()[1:] if look else (loss, g)
    most, shortest = options["max_eval"] - objective.looks, options["tolerance_change"] / _largest(d)
    found, _ = strong_wolfe(objective.along(x, d), Point(0.0, loss, g, slope), t, most, shortest)
    memory["t"] = found.t
    objective.move_to(x + found.t * d)
    return found.loss, found.g


def _direction(memory, g, history_size):
    """d = −H·g: from the last changes y of the gradient and s of θ, without ever writing H down."""
    if memory["n_iter"] == 1:
        memory.update(old_dirs=[], old_stps=[], ro=[], H_diag=1.0)
        return -g
    _remember(memory, g, history_size)
    pairs = [*zip(memory["old_dirs"], memory["old_stps"], memory["ro"], strict=True)]
    q, shares = -g, []
    for y, s, ro in reversed(pairs):
        shares.append(ro * float(s @ q))
        q -= shares[-1] * y
    d = memory["H_diag"] * q
    for y, s, ro in pairs:
        d += (shares.pop() - ro * float(y @ d)) * s
    return d


def _remember(memory, g, history_size):
    """Keep the last changes, if the loss is curved upwards between them; otherwise H would not be positive."""
    y, s = g - memory["prev_flat_grad"], memory["t"] * memory["d"]
    curvature = float(y @ s)
    if curvature > 1e-10:
        for name, value in (("old_dirs", y), ("old_stps", s), ("ro", 1 / curvature)):
            memory[name] = [*memory[name], value][-history_size:]
        memory["H_diag"] = curvature / float(y @ y)


def _memory_of(state, params):
    """A copy of a state's entries, for LBFGS: numbers, vectors like θ, and lists. Raises ValueError."""
    n, dtype = sum(p.array.size for p in params), np.result_type(*(p.array.dtype for p in params))
    memory = {name: int(_array(state.get(name, 0))) for name in ("func_evals", "n_iter")}
    if not memory["n_iter"]:
        return memory
    try:
        memory |= {name: _array(state[name], dtype) for name in VECTORS}
        memory |= {name: [_array(v, dtype) for v in state[name]] for name in LISTS}
        memory |= {name: float(_array(state[name])) for name in SCALARS}
        memory["ro"] = [float(_array(v)) for v in state["ro"]]
    except KeyError as error:
        raise ValueError(f"load_state_dict: the state lacks {error}, which LBFGS needs") from None
    for vector in (*(memory[name] for name in VECTORS), *memory["old_dirs"], *memory["old_stps"]):
        if vector.shape != (n,):
            raise ValueError(
                f"load_state_dict: LBFGS remembers vectors of {vector.shape}, but the parameters have {n} numbers; is "
                "it the state of another model?"
            )
    return memory


def _array(value, dtype=None):
    return np.array(value.array if isinstance(value, Variable) else value, dtype)
