"""A training run and its folder: the checkpoint it can be resumed from, its history, and its learning curves."""

import json
import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from minigrad import io
from minigrad.optim.lr_scheduler import CosineAnnealingLR
from minigrad.random import manual_seed
from minigrad.train.callbacks import Callback, write_rows
from minigrad.train.curves import learning_curves
from minigrad.train.interrupt import Interrupted
from minigrad.train.live import Watch
from minigrad.train.metrics import correct
from minigrad.train.tasks import OPTIMIZERS, TASKS
from minigrad.train.trainer import Trainer
from minigrad.utils.data import DataLoader

__all__ = ["Run", "Settings", "latest_folder"]

CHECKPOINT, HISTORY, CURVES = "checkpoint.safetensors", "history.csv", "curves.png"
HOME = Path("runs")


@dataclass(frozen=True)
class Settings:
    """All that decides what a run does, to the bit."""

    task: str
    epochs: int
    batch_size: int
    lr: float
    optimizer: str
    seed: int
    data: str | None = None  # the folder with the full data set; None for what ships with minigrad
    model: str = "mlp"  # one of the task's


class Run:
    """A task being trained: `Run(settings)` is at its beginning; `Run.resume(folder)` where that one was stopped."""

    def __init__(self, settings: Settings) -> None:
        task = TASKS[settings.task]
        self.settings, self.task = settings, task
        self.folder = HOME  # until it has one of its own
        self.train_set, self.test_set = task.data(settings.data)
        manual_seed(settings.seed)
        model = task.models[settings.model]()
        optimizer = OPTIMIZERS[settings.optimizer](model.parameters(), lr=settings.lr)
        scheduler = CosineAnnealingLR(optimizer, T_max=settings.epochs)
        self.trainer = Trainer(model, task.loss_fn, optimizer, scheduler, metrics={"accuracy": correct})

    @classmethod
    def resume(cls, folder: str | os.PathLike, task: str, data: str | None = None) -> "Run":
        """Return the run whose checkpoint lies in folder (or is folder), ready to go on.

        data: where the full data set lies, if it has been moved. Raises FileNotFoundError when there is no checkpoint,
        ValueError when it is damaged, or of another task or model.
        """
        folder = Path(folder)
        path = folder if folder.name == CHECKPOINT else folder / CHECKPOINT
        if not path.is_file():
            raise FileNotFoundError(f"there is no run to resume in {folder}: it has no {CHECKPOINT}")
        content = io.load(path)
        settings = settings_in(content, path)
        if settings.task != task:
            raise ValueError(f"{path} is of a run of {settings.task}, not of {task}; resume it with that")
        if data is not None and settings.data is not None:
            settings = Settings(**{**asdict(settings), "data": data})
        run = cls(settings)
        try:
            run.trainer.load_state_dict(content)
        except (KeyError, TypeError, ValueError, RuntimeError) as error:
            raise ValueError(f"{path} does not fit the {task} model: {error.args[0]}") from error
        run.folder = path.parent
        return run

    def claim_folder(self, folder: str | os.PathLike | None = None) -> None:
        """Make the run's folder, and save its beginning there: a run that cannot be saved had better not start.

        None: runs/TASK, or runs/TASK-2, runs/TASK-3, … if there is one already. Raises FileExistsError for a folder
        that holds a run, another OSError for one that cannot be made or written to.
        """
        if folder is not None and Path(folder, CHECKPOINT).exists():
            raise FileExistsError(f"{folder} already holds a run; resume that one, or choose another folder")
        try:
            self.folder = fresh_folder(self.settings.task) if folder is None else Path(folder)
            self.folder.mkdir(parents=True, exist_ok=True)
            self.save()
        except OSError as error:
            message = f"cannot be the run folder ({error.strerror}); choose another"
            raise OSError(error.errno, message, os.fspath(self.folder)) from error

    def train(self, *callbacks: Callback) -> None:
        """Train to the end, saving on the way; on Ctrl-C save at once, and let the Interrupted raised by `fit` pass."""
        self.trainer.callbacks = [Autosave(self), *callbacks]
        train_loader = DataLoader(self.train_set, batch_size=self.settings.batch_size, shuffle=True)
        test_loader = None if self.test_set is None else DataLoader(self.test_set, batch_size=1000)
        try:
            self.trainer.fit(train_loader, test_loader, epochs=self.settings.epochs - self.trainer.epoch)
        except Interrupted:
            self.save()
            raise
        self.save()

    def watch(self) -> Watch:
        """Return the callback that writes the task's pictures into the run's folder; the last ones when it is asked."""
        data = self.train_set if self.test_set is None else self.test_set
        return self.task.watch(self.folder, data, finish=False)

    def draw_curves(self) -> None:
        """Write the figure of the learning curves into the run's folder."""
        learning_curves(self.trainer.history).savefig(self.folder / CURVES, dpi=120)

    def save(self) -> None:
        """Write the checkpoint, in one piece or not at all, and the history."""
        state = {"format": "minigrad run", "settings": asdict(self.settings), **self.trainer.state_dict()}
        io.save(state, self.folder / CHECKPOINT)
        if self.trainer.history:
            with open(self.folder / HISTORY, "w", newline="", encoding="utf-8") as file:
                write_rows(file, self.trainer.history)


class Autosave(Callback):
    """Saves the run at the ends of epochs, but not more often than once in so many seconds: a run may be killed."""

    saves = True

    def __init__(self, run: Run, seconds: float = 1.0) -> None:
        self.run = run
        self.seconds = seconds
        self.due = time.monotonic() + seconds

    def on_epoch_end(self, trainer: Any) -> None:
        """Save the run if it is time."""
        began = time.monotonic()
        if began >= self.due:
            self.run.save()
            done = time.monotonic()
            self.due = done + self.seconds * max(1, 10 * (done - began))  # a long history takes long to write


def settings_in(content: Any, path: Path) -> Settings:
    """Return the settings in a checkpoint's content. Raises ValueError when it is not the checkpoint of a run."""
    try:
        if content["format"] != "minigrad run":
            raise ValueError
        settings = Settings(**content["settings"])
        TASKS[settings.task].models[settings.model], OPTIMIZERS[settings.optimizer]
    except (KeyError, TypeError, ValueError):
        raise ValueError(f"{path} is not the checkpoint of a run: it was written by something else") from None
    return settings


def fresh_folder(task: str) -> Path:
    """Make and return runs/TASK, or the first of runs/TASK-2, runs/TASK-3, … that does not exist."""
    HOME.mkdir(exist_ok=True)
    n = 1
    while True:
        folder = HOME / (task if n == 1 else f"{task}-{n}")
        try:
            folder.mkdir()  # fails, rather than sharing it, when another run has just made the same
            return folder
        except FileExistsError:
            n += 1


def latest_folder(task: str) -> Path:
    """Return the folder under runs/ in which a run of the task was saved last. Raises FileNotFoundError without any."""
    saved = [path for path in HOME.glob(f"*/{CHECKPOINT}") if path.is_file()]
    for path in sorted(saved, key=lambda path: path.stat().st_mtime_ns, reverse=True):
        if task_in(path) == task:
            return path.parent
    raise FileNotFoundError(f"there is no run of {task} in the folder {HOME} yet; name the folder of the run")


def task_in(path: Path) -> str | None:
    """Return the task of the run whose checkpoint this is, from the file's header alone; None when that says none.

    The numbers behind the header are not looked at, so a run whose checkpoint is cut short is still found, and refused
    by name when it is resumed.
    """
    try:
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if length > path.stat().st_size:
                return None
            header = json.loads(file.read(length))
        content = dict(json.loads(header["__metadata__"][io.TREE])["dict"])
        return dict(content["settings"]["dict"])["task"]
    except (KeyError, OSError, RecursionError, TypeError, ValueError):
        return None
