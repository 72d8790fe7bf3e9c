"""Writing a file in one piece: whoever looks at it finds the old one or the new one, never a part of it."""

import errno
import os
import shutil
import threading
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["plot_bytes", "write_whole"]

DPI = 120  # of plots


def write_whole(path: str | os.PathLike, content: Any) -> None:
    """Write bytes, a text (as UTF-8), a plot, or what has a `save(path)` of its own, such as an animation, into path.

    A link stays a link, and a file keeps its permissions; what is no file, such as a pipe or a device, is written to
    as it is. Raises OSError, naming path, where that fails: the file is then what it was before.
    """
    if hasattr(content, "save"):  # which writes by this function
        content.save(Path(path))
        return
    data = _bytes_of(content, Path(path))
    target = Path(os.path.realpath(path))
    try:
        if target.is_dir():
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
        if target.exists() and not target.is_file():
            target.write_bytes(data)
        else:
            _replace(target, data)
    except OSError as error:  # names no file, or one that nobody has asked for
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from None


def _bytes_of(content, path):
    """What is to be in the file; of a plot, in the format that the path's ending names."""
    if isinstance(content, bytes):
        return content
    if isinstance(content, str):
        return content.encode()
    return plot_bytes(content, path.suffix[1:].lower() or None)


def plot_bytes(plot: Any, format: str | None = "png") -> bytes:
    """The figure of an Axes, or of an array of them, as a file in that format, one of matplotlib's, would hold it."""
    buffer = BytesIO()
    np.ravel(plot)[0].figure.savefig(buffer, format=format, dpi=DPI)
    return buffer.getvalue()


def _replace(target, data):
    """Put a new file into the place of target, which may be there or not."""
    part = target.with_name(f".{os.getpid()}.{threading.get_native_id()}.part")  # short, and nobody else's
    try:
        part.write_bytes(data)
        if target.exists():
            shutil.copymode(target, part)
        os.replace(part, target)
    finally:
        part.unlink(missing_ok=True)
