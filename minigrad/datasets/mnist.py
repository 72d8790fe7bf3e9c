"""MNIST: handwritten digits of 28 by 28 grey pixels, and the IDX files they come in (LeCun, Cortes, Burges 1998)."""

import gzip
import math
import os
import zlib
from pathlib import Path

import numpy as np

from minigrad.creation import from_numpy
from minigrad.tensor import Tensor
from minigrad.utils.data import TensorDataset

__all__ = ["MNIST", "load_idx"]

DIGITS = Path(__file__).with_name("data") / "digits.npz"

# The third byte of an IDX file names the type of its numbers; they are stored most significant byte first.
IDX_DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


class MNIST(TensorDataset):
    """Handwritten digits: item i is (image, label), a float32 tensor (1, 28, 28) in [0, 1] and an int in [0, 9].

    root: a folder with the four original IDX files, gzipped or not (60 000 training and 10 000 test digits), or None
    for the digits shipped with minigrad (10 000 and 2 000, each class equally often).  train: which of the two sets.
    `images` (N, 1, 28, 28) float32 and `labels` (N,) int64 hold the whole set; 0 is paper, 1 is ink.
    Raises FileNotFoundError for a missing file, ValueError for a file that is not what its name says.

    >>> image, label = MNIST(train=False)[0]
    >>> image.shape, 0 <= label <= 9
    ((1, 28, 28), True)
    """

    def __init__(self, root: str | os.PathLike | None = None, train: bool = True) -> None:
        if not isinstance(train, bool):
            raise TypeError(f"MNIST: train must be True or False, given {train!r}; a folder goes into root")
        if root is not None and not isinstance(root, str | os.PathLike):
            raise TypeError(f"MNIST: root must be a folder or None, given {root!r}; the set is chosen by train=…")
        images, labels = read_shipped(train) if root is None else read_originals(root, train)
        images = images[:, np.newaxis].astype(np.float32)  # (N, 1, 28, 28)
        images /= 255
        self.images = from_numpy(images)
        self.labels = from_numpy(labels.astype(np.int64))
        super().__init__(self.images, self.labels)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        """Return image `index` (1, 28, 28) and its label."""
        image, label = super().__getitem__(index)
        return image, int(label.item())

    __getitems__ = TensorDataset.__getitems__  # labels as one int64 tensor: just what collating ints would give


def read_shipped(train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,), both uint8, from the file that comes with minigrad."""
    part = "train" if train else "test"
    with np.load(DIGITS) as digits:
        return digits[f"{part}_images"], digits[f"{part}_labels"]


def read_originals(root: str | os.PathLike, train: bool) -> tuple[np.ndarray, np.ndarray]:
    """Images (N, 28, 28) and labels (N,), both uint8, from the original files in a folder."""
    part = "train" if train else "t10k"
    image_path = find_idx(root, f"{part}-images-idx3-ubyte")
    label_path = find_idx(root, f"{part}-labels-idx1-ubyte")
    images, labels = load_idx(image_path), load_idx(label_path)

    if images.dtype != np.uint8 or images.shape[1:] != (28, 28):
        raise ValueError(
            f"MNIST: {image_path} holds {images.dtype} numbers of shape {images.shape}, but images are uint8 "
            f"(N, 28, 28); is it a file of labels, or of another data set?"
        )
    if labels.dtype != np.uint8 or labels.ndim != 1 or labels.max() > 9:
        raise ValueError(
            f"MNIST: {label_path} holds {labels.dtype} numbers of shape {labels.shape}, the largest {labels.max()}, "
            f"but labels are uint8 (N,) in [0, 9]; is it a file of images, or of another data set?"
        )
    if len(images) != len(labels):
        raise ValueError(
            f"MNIST: {len(images)} images in {image_path} but {len(labels)} labels in {label_path}; "
            f"the two files must come from the same set"
        )
    return images, labels


def find_idx(root: str | os.PathLike, name: str) -> Path:
    """The path of an original file, under any of the spellings in which it is handed around.

    name: as on LeCun's page, such as "train-images-idx3-ubyte".  Also found with ".gz", with a dot before "idx" (as
    some unpackers write it), and in MNIST/raw, where torchvision puts it.  Raises FileNotFoundError.
    """
    spellings = [name, name.replace("-idx", ".idx")]
    folders = [Path(root), Path(root, "MNIST", "raw")]
    for folder in folders:
        for spelling in spellings:
            for path in (folder / spelling, folder / f"{spelling}.gz"):
                if path.is_file():
                    return path
    raise FileNotFoundError(
        f"MNIST: no {spellings[0]} or {spellings[1]}, with or without .gz, in {folders[0]} or {folders[1]}; "
        f"put the four original files there, or leave root out for the digits shipped with minigrad"
    )


def load_idx(path: str | os.PathLike) -> np.ndarray:
    """The array in an IDX file, gzipped or not (told by its content): uint8 (N, 28, 28) for images, (N,) for labels.

    An IDX file is 00 00, a byte for the type, a byte for the number of dimensions, each dimension in four bytes, then
    the numbers, all most significant byte first.  Raises FileNotFoundError, or ValueError where the file differs from
    that; no memory is taken on the word of a header.
    """
    content = read_unzipped(path)
    if not content:
        raise ValueError(f"load_idx: {path} is empty; download or copy it again")
    if len(content) < 4:
        raise ValueError(f"load_idx: {path} is truncated: {len(content)} bytes, and an IDX header takes at least 8")
    zeros, code, ndim = content[:2], content[2], content[3]
    if zeros != b"\0\0" or code not in IDX_DTYPES or not 1 <= ndim <= 64:  # 64: NumPy's limit
        raise ValueError(
            f"load_idx: {path} is not an IDX file: it starts with the bytes {content[:4].hex(' ')}, and IDX starts "
            f"with 00 00, a type (08 for uint8) and a number of dimensions (03 for images, 01 for labels)"
        )

    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(
            f"load_idx: {path} is truncated: {len(content)} bytes, and the header of {ndim} dimensions takes {start}"
        )
    dtype = np.dtype(IDX_DTYPES[code])
    shape = tuple(np.frombuffer(content, ">u4", count=ndim, offset=4).tolist())
    if 0 in shape:
        raise ValueError(f"load_idx: {path} holds no numbers: its header says shape {shape}")
    expected = start + math.prod(shape) * dtype.itemsize  # Python's integers: a lying header cannot overflow them
    if len(content) != expected:
        what = "is truncated" if len(content) < expected else "has trailing bytes"
        raise ValueError(
            f"load_idx: {path} {what}: {len(content)} bytes, but its header says {expected} (shape {shape} of "
            f"{dtype.itemsize} byte each after {start} bytes of header); download or copy it again"
        )
    return np.frombuffer(content, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def read_unzipped(path: str | os.PathLike) -> bytes:
    """The bytes of a file, decompressed if they are gzip's.  Raises FileNotFoundError, ValueError for damaged gzip."""
    try:
        content = Path(path).read_bytes()
    except FileNotFoundError:
        raise FileNotFoundError(f"load_idx: there is no file {path}; check the folder and the name") from None
    if not content.startswith(b"\x1f\x8b"):
        return content
    try:
        return gzip.decompress(content)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise ValueError(f"load_idx: {path} is damaged gzip ({error}); download or copy it again") from error
