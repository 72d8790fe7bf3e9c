"""Pictures of computations: `draw` shows the expression behind a tensor."""

from minigrad.viz.graph import draw

__all__ = ["draw"]
