"""What `minigrad train` can train: a data set, a model for it, a loss, and the settings that usually work."""

from collections.abc import Callable
from dataclasses import dataclass

from minigrad.autograd import no_grad
from minigrad.datasets import MNIST, XOR
from minigrad.nn import (
    BCEWithLogitsLoss,
    Conv2d,
    CrossEntropyLoss,
    Flatten,
    Linear,
    MaxPool2d,
    Module,
    ReLU,
    Sequential,
    Tanh,
)
from minigrad.optim import SGD, Adam, AdamW
from minigrad.tensor import Tensor
from minigrad.train.live import Watch
from minigrad.train.pictures import WatchBoundary, WatchDigits
from minigrad.train.trainer import Trainer
from minigrad.utils.data import Dataset

__all__ = ["OPTIMIZERS", "TASKS", "Task"]

OPTIMIZERS = {"adam": Adam, "adamw": AdamW, "sgd": SGD}


@dataclass(frozen=True)
class Task:
    """A problem with a known solution."""

    about: str
    data: Callable[[str | None], tuple[Dataset, Dataset | None]]  # from a folder: what to train on, what to test on
    models: dict[str, Callable[[], Module]]  # by name; the first unless another is asked for
    loss_fn: Callable[[Tensor, Tensor], Tensor]
    epochs: int
    batch_size: int
    lr: dict[str, float]  # by optimizer
    result: Callable[[Trainer], str]  # what there is to say in the end
    watch: Callable[..., Watch]  # from a folder and the data to look at: the callback that writes pictures there
    pictures: str  # the names of those that other tasks have not
    takes_folder: bool = False  # whether data may come from a folder
    reports: int | None = None  # about how many bars or lines for the whole training; None: one per epoch


def digits(folder: str | None) -> tuple[MNIST, MNIST]:
    """Return the shipped digits, or all of them from the IDX files in folder, to train on and to test on."""
    return MNIST(folder, train=True), MNIST(folder, train=False)


def digits_mlp() -> Module:
    """Return the 784-128-10 ReLU MLP: 101 770 parameters."""
    return Sequential(Flatten(), Linear(784, 128), ReLU(), Linear(128, 10))


def digits_cnn() -> Module:
    """Return a small CNN, 20 522 parameters: a fifth of the MLP's, and less than half of its mistakes.

    Two convolutions, each with a pool behind it, as in LeNet (LeCun, Bottou, Bengio, Haffner 1998).
    """
    return Sequential(
        Conv2d(1, 8, 5), ReLU(), MaxPool2d(2),  # (N, 8, 12, 12)
        Conv2d(8, 16, 5), ReLU(), MaxPool2d(2),  # (N, 16, 4, 4)
        Flatten(), Linear(256, 64), ReLU(), Linear(64, 10),
    )  # fmt: skip


def accuracy_reached(trainer: Trainer) -> str:
    """Return the sentence that says how many of the test digits are recognised."""
    return f"test accuracy {trainer.history[-1]['test_accuracy']:.2%} after {trainer.epoch} epochs"


def truth_table_data(folder: str | None) -> tuple[XOR, None]:
    """Return the four rows of XOR, which are all there is: nothing is left to test on."""
    return XOR(), None


def xor_model() -> Module:
    """Return the 2-8-1 tanh MLP: 33 parameters."""
    return Sequential(Linear(2, 8), Tanh(), Linear(8, 1))


def truth_table(trainer: Trainer) -> str:
    """Return the truth table with the probabilities that the model predicts, and the loss on it."""
    data = XOR()
    with no_grad():
        logits = trainer.model(data.inputs)
        loss = trainer.loss_fn(logits, data.targets).item()
    rows = zip(data.inputs.tolist(), data.targets.tolist(), logits.sigmoid().tolist(), strict=True)
    lines = [f"{a:2.0f}  {b:2.0f}  {y:6.0f}  {p:10.4f}" for (a, b), (y,), (p,) in rows]
    return "\n".join(["x1  x2  target  prediction", *lines, f"loss {loss:.2g} after {trainer.epoch} epochs"])


TASKS = {
    "mnist": Task(
        about="a 784-128-10 ReLU network, or a small CNN, on handwritten digits",
        data=digits,
        models={"mlp": digits_mlp, "cnn": digits_cnn},
        loss_fn=CrossEntropyLoss(),
        epochs=10,
        batch_size=64,
        lr={"adam": 3e-3, "adamw": 3e-3, "sgd": 0.1},
        result=accuracy_reached,
        watch=WatchDigits,
        pictures="weights.png, confusion.png and mistakes.png",
        takes_folder=True,
    ),
    "xor": Task(
        about="a 2-8-1 tanh network on exclusive or",
        data=truth_table_data,
        models={"mlp": xor_model},
        loss_fn=BCEWithLogitsLoss(),
        epochs=400,
        batch_size=4,
        lr={"adam": 0.2, "adamw": 0.2, "sgd": 4.0},
        result=truth_table,
        watch=WatchBoundary,
        pictures="boundary.png, and in the end .gif and .html",
        reports=10,
    ),
}
