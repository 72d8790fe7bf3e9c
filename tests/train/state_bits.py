"""What two states have in common if they are the same to the bit."""

import numpy as np


def bits(state):
    """Every number in a state, exactly."""
    if isinstance(state, dict):
        return {str(key): bits(value) for key, value in state.items()}
    if isinstance(state, list | tuple):
        return [bits(value) for value in state]
    array = getattr(state, "array", state)
    return (array.dtype.str, array.shape, array.tobytes()) if isinstance(array, np.ndarray) else state
