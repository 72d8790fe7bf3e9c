"""Messages: what was wrong, what was given, what to do."""

import numpy as np


def signature_of(x):
    """A value as messages name it: its name if it has one, dtype and shape."""
    array = getattr(x, "array", x)
    if not isinstance(array, np.ndarray):
        return f"{type(x).__name__} {x!r}" if isinstance(x, int | float | bool) else type(x).__name__
    name = getattr(x, "name", None)
    return f"{f'{name!r} ' if name else ''}{array.dtype} {array.shape}"


def explain(error, op, inputs, arrays, params):
    """The same exception with a message that names the op and what it was given."""
    given = ", ".join(signature_of(x) for x in inputs)
    settings = "".join(f", {name}={_brief(value)}" for name, value in params.items())
    text = ("broadcast" in str(error) and _broadcasting(arrays)) or str(error)
    kind = next(t for t in (IndexError, ValueError, TypeError, OverflowError) if isinstance(error, t))
    return kind(f"{op.name}: {text.rstrip('.')}; given {given}{settings}")


def _brief(value):
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _broadcasting(arrays):
    """The first dimension in which the shapes disagree, in words; None if they agree in all."""
    shapes = [np.shape(a) for a in arrays]
    for i, sizes in enumerate(_from_the_right(shapes)):
        if len({n for n in sizes if n != 1}) > 1:
            against = " against ".join(str(n) for n in sizes)
            return (
                f"shapes {' and '.join(map(str, shapes))} do not broadcast: counted from the right, dimension {i + 1} "
                f"is {against}, and sizes must be equal or 1"
            )
    return None


def _from_the_right(shapes):
    longest = max(map(len, shapes))
    padded = [(1,) * (longest - len(s)) + tuple(s) for s in shapes]
    return [*zip(*padded, strict=True)][::-1]
