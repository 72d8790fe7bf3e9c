"""Optimizers, under PyTorch's names: each is its formula on θ, the vector of all parameters."""

from minigrad.optim import lr_scheduler
from minigrad.optim.adaptive import Adam, AdamW
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.sgd import SGD

__all__ = ["SGD", "Adam", "AdamW", "Optimizer", "lr_scheduler"]
