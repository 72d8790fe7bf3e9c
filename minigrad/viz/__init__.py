"""Pictures of computations and of training; each is loaded when it is first asked for."""

import importlib
from typing import Any

_WHERE = {  # public name → the module that has it
    "draw": "graph",
    "explore": "explorer",
    "Explorer": "explorer",
    "trace_steps": "steps",
    "health": "inside",
    "snapshot": "aside",
    "summary": "tree",
    "plot_gradient_flow": "inside",
    "GradientFlow": "inside",
    "plot_activations": "activations",
    "plot_learning_curves": "curves",
    "plot_lr_range": "curves",
    "plot_loss_function": "losses",
    "plot_loss_gallery": "losses",
    "plot_decision_boundary": "boundary",
    "plot_regression_fit": "boundary",
    "plot_weight_images": "images",
    "plot_confusion_matrix": "images",
    "plot_mistakes": "images",
    "plot_saliency": "images",
    "plot_landscape": "landscape",
    "plot_trajectory_landscape": "landscape",
    "plot_paths": "paths",
    "animate_race": "paths",
    "follow": "paths",
    "animate_decision_boundary": "animation",
}

__all__ = sorted(_WHERE)


def __getattr__(name: str) -> Any:
    if name in _WHERE:
        return getattr(importlib.import_module(f"minigrad.viz.{_WHERE[name]}"), name)
    raise AttributeError(f"module 'minigrad.viz' has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
