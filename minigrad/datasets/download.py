"""The four original files of MNIST: from the cache, or from a public mirror."""

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from minigrad.datasets.mnist import find_idx, read_unzipped

__all__ = ["MIRRORS", "SHA256", "fetch_mnist"]

MIRRORS = ("https://ossci-datasets.s3.amazonaws.com/mnist/", "https://storage.googleapis.com/cvdf-datasets/mnist/")
TIMEOUT = 30  # seconds for which a mirror may say nothing

# Of the unzipped files: mirrors zip them differently.
SHA256 = {
    "train-images-idx3-ubyte": "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    "train-labels-idx1-ubyte": "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    "t10k-images-idx3-ubyte": "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    "t10k-labels-idx1-ubyte": "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
}

BY_HAND = "or download the four files yourself and name their folder: minigrad train mnist --full --data FOLDER"


def fetch_mnist(
    folder: str | os.PathLike | None = None,
    *,
    mirrors: Sequence[str] = MIRRORS,
    sha256: Mapping[str, str] = SHA256,
    progressbar: bool = False,
) -> Path:
    """The folder with the four original files of MNIST, downloaded if they are not there yet: `MNIST(fetch_mnist())`.

    folder: where they are, or are to be; None for "mnist" in the folder that the environment variable MINIGRAD_DATA
    names, and without that in the system's place for caches.  mirrors: addresses to which a file's name and ".gz" are
    added, asked in turn for each file.  sha256: the files' names and checksums, unzipped.
    A file is used only with the right checksum, one that was there included (it is downloaded again, and replaced), and
    appears in the folder whole or not at all: 55 MB in all, 12 of them over the wire.
    Raises ImportError where pooch is needed and not installed, OSError when no mirror has a file or the disk fails,
    ValueError for no mirrors.
    """
    if isinstance(mirrors, str) or not mirrors or not all(isinstance(mirror, str) for mirror in mirrors):
        raise ValueError(f"fetch_mnist: mirrors must be a list of at least one address, given {mirrors!r}")
    cache = cache_folder() if folder is None else Path(folder)
    for name, checksum in sha256.items():
        if not is_there(cache, name, checksum):
            download(name, checksum, cache, mirrors, progressbar)
    return cache


def cache_folder() -> Path:
    """Where downloaded files are kept when nobody says where."""
    chosen = os.environ.get("MINIGRAD_DATA")
    return (Path(chosen).expanduser() if chosen else Path(load_pooch().os_cache("minigrad"))) / "mnist"


def is_there(folder: Path, name: str, checksum: str) -> bool:
    """Whether a file, zipped or not, is in the folder as `MNIST(folder)` would find it, with the right content."""
    try:
        content = read_unzipped(find_idx(folder, name))
    except (FileNotFoundError, ValueError):  # ValueError: damaged gzip
        return False
    return hashlib.sha256(content).hexdigest() == checksum


def download(name: str, checksum: str, folder: Path, mirrors: Sequence[str], progressbar: bool) -> None:
    """Put a file, unzipped, into the folder, from the first mirror that has it.  Raises OSError if none does."""
    pooch = load_pooch()
    from requests import RequestException  # what pooch downloads with

    fetch = pooch.HTTPDownloader(progressbar=progressbar, chunk_size=2**16, timeout=TIMEOUT)

    def fetch_unzipped(url, path, _):  # pooch checks the sum afterwards, and only then gives the file its name
        fetch(url, path, _)
        Path(path).write_bytes(read_unzipped(path))

    refusals = []
    for mirror in mirrors:
        url = f"{mirror.rstrip('/')}/{name}.gz"
        try:
            pooch.retrieve(url, f"sha256:{checksum}", fname=name, path=folder, downloader=fetch_unzipped)
        except (RequestException, ValueError) as error:  # ValueError: damaged gzip, or another checksum
            refusals.append(f"{url} {why(error)}")
        else:
            return
    raise OSError(f"fetch_mnist: no mirror gave {name}: {'; '.join(refusals)}; check the connection, {BY_HAND}")


def why(error: Exception) -> str:
    """What went wrong with a mirror, as the end of a sentence that begins with its address."""
    response = getattr(error, "response", None)
    if response is not None:
        return f"answered {response.status_code} {response.reason}"
    if isinstance(error, OSError):
        return f"did not answer, or broke off ({type(error).__name__})"
    return "sent something else (damaged, or with a wrong SHA-256)"


def load_pooch():
    """The package that downloads and checks.  Raises ImportError with the way to get it, and the way without it."""
    try:
        import pooch
    except ImportError as error:
        raise ImportError(f'fetch_mnist: downloading needs pooch; pip install -e ".[data]", {BY_HAND}') from error
    return pooch
