"""Make digits.npz, the digits shipped with minigrad, from the four original MNIST files.

    python -m minigrad.datasets.data.make_digits FOLDER [OUT]

1 000 training and 200 test digits of each class, drawn without replacement by a seeded generator and kept in the order
of the originals (which mixes the classes).  Equal numbers per class, not MNIST's proportions, so that guessing is right
exactly one time in ten.  The same originals give the same arrays and, with the same zlib, the same bytes.
"""

import argparse
import hashlib
from pathlib import Path

import numpy as np

from minigrad.datasets.download import SHA256
from minigrad.datasets.mnist import DIGITS, find_idx, load_idx, read_unzipped

SEED = 0
PER_CLASS = {"train": 1000, "t10k": 200}


def load_original(folder: Path, name: str) -> np.ndarray:
    """The array in an original file.  Raises ValueError for a file that is not the original, bit for bit."""
    path = find_idx(folder, name)
    found = hashlib.sha256(read_unzipped(path)).hexdigest()
    if found != SHA256[name]:
        raise ValueError(f"{path} is not MNIST's {name}: its SHA-256 is {found} unzipped, expected {SHA256[name]}")
    return load_idx(path)


def draw_stratified(labels: np.ndarray, per_class: int, generator: np.random.Generator) -> np.ndarray:
    """Indices, ascending, of `per_class` random items of each class."""
    drawn = [generator.choice(np.flatnonzero(labels == label), per_class, replace=False) for label in np.unique(labels)]
    return np.sort(np.concatenate(drawn))


def make_digits(folder: Path, out: Path) -> None:
    """Write the subset of the originals in `folder` to `out`: uint8 images (N, 28, 28) and labels (N,), twice."""
    generator = np.random.default_rng(SEED)
    arrays = {}
    for part, ours in [("train", "train"), ("t10k", "test")]:
        images = load_original(folder, f"{part}-images-idx3-ubyte")
        labels = load_original(folder, f"{part}-labels-idx1-ubyte")
        index = draw_stratified(labels, PER_CLASS[part], generator)
        arrays[f"{ours}_images"], arrays[f"{ours}_labels"] = images[index], labels[index]
    np.savez_compressed(out, **arrays)  # writes no dates: the bytes depend on the arrays alone


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, help="where the four original files are, gzipped or not")
    parser.add_argument("out", type=Path, nargs="?", default=DIGITS, help="the file to write (default: %(default)s)")
    options = parser.parse_args()
    make_digits(options.folder, options.out)
    written = options.out.read_bytes()
    print(f"{options.out}: {len(written)} bytes, SHA-256 {hashlib.sha256(written).hexdigest()}")
