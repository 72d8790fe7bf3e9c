"""Every test of the command line runs in an empty folder; some train on a few digits that are easily told apart."""

import gzip
import signal
import struct

import numpy as np
import pytest

from minigrad.cli import training


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(training.Run, "draw_curves", lambda run: None)  # takes longer than all else
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where tests run in the background
    yield
    signal.signal(signal.SIGINT, before)


def idx(path, array):
    """Write an array of bytes as an IDX file."""
    header = struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
    with (gzip.open if str(path).endswith(".gz") else open)(path, "wb") as file:
        file.write(header + array.tobytes())


@pytest.fixture
def few_digits(tmp_path):
    """A folder with the four IDX files of an easy MNIST: pictures of noise with a bright line at the label's row."""
    random = np.random.default_rng(0)
    folder = tmp_path / "digits"
    folder.mkdir()
    for part, n, ending in (("train", 200, ""), ("t10k", 50, ".gz")):
        labels = random.integers(0, 10, n).astype(np.uint8)
        images = random.integers(0, 50, (n, 28, 28)).astype(np.uint8)
        images[np.arange(n), 2 * labels] = 255
        idx(folder / f"{part}-images-idx3-ubyte{ending}", images)
        idx(folder / f"{part}-labels-idx1-ubyte{ending}", labels)
    return folder
