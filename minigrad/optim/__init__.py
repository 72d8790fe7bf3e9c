"""Optimizers, under PyTorch's names: each is its formula on θ, the vector of all parameters."""

from minigrad.optim import lr_scheduler
from minigrad.optim.adaptive import Adadelta, Adagrad, Adam, AdamW, NAdam, RMSprop
from minigrad.optim.lbfgs import LBFGS
from minigrad.optim.optimizer import Optimizer
from minigrad.optim.sgd import SGD, NesterovMomentum

__all__ = [
    "LBFGS", "SGD", "Adadelta", "Adagrad", "Adam", "AdamW", "NAdam", "NesterovMomentum", "Optimizer", "RMSprop",
    "lr_scheduler",
]  # fmt: skip
