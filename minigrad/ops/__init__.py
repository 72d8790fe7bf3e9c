"""The derivative table. Every row: a forward function, and right under it one rule per input.

In a rule, `g` is the gradient that arrives from above (∂L/∂out), `out` the result, then come the inputs and parameters.
The rule returns ∂L/∂input = g × local derivative, and never mentions broadcasting, dtypes or accumulation: the engine
does each of those once. The same rule runs on NumPy arrays (fast) and on Tensors (recorded, so that a gradient can be
differentiated again); therefore it uses only operators, indexing, `.shape .ndim .dtype .mT`, `np.…` functions
and primitives.
"""

from minigrad.ops import elementwise, linalg, loss, reduce, shape, window

__all__ = ["elementwise", "linalg", "loss", "reduce", "shape", "window"]
