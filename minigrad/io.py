"""Saving and loading: tensors as safetensors, everything around them as JSON in the same file's metadata.

A state_dict saved here is an ordinary safetensors file that PyTorch loads, and the other way round. Loading never runs
code: there is no pickle anywhere.
"""

import contextlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors
import safetensors.numpy

from minigrad.creation import from_numpy, on_cpu
from minigrad.dtypes import KINDS
from minigrad.engine import Variable
from minigrad.errors import signature_of

__all__ = ["load", "save"]

TREE = "minigrad"  # the metadata entry that says what lies around the tensors
PLAIN = (str, int, float, bool, type(None))
DTYPES = {
    "BOOL": np.bool_, "U8": np.uint8, "U16": np.uint16, "U32": np.uint32, "U64": np.uint64, "I8": np.int8,
    "I16": np.int16, "I32": np.int32, "I64": np.int64, "F16": np.float16, "F32": np.float32, "F64": np.float64,
}  # fmt: skip


def save(obj: Any, f: str | os.PathLike) -> None:
    """Write obj to the file f, whole or not at all: until it is safe on disk, what was at that path stays.

    obj: a state_dict, or nested dicts, lists and tuples of tensors, arrays, numbers, strings, bools and None; keys may
    be strings or numbers. Raises TypeError for anything else, OSError (its errno says which) if it cannot be written.

    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save({"model": {"weight": minigrad.ones(2, 3)}, "epoch": 3}, f"{folder}/checkpoint.safetensors")
    ...     load(f"{folder}/checkpoint.safetensors")["epoch"]
    3
    """
    path = Path(os.path.realpath(f))  # a link keeps pointing to the file
    _refuse_folders("save", path)
    arrays: dict[str, np.ndarray] = {}
    try:
        tree = json.dumps(_encode(obj, (), arrays))
    except RecursionError:
        raise ValueError("save: the object contains itself, or is nested too deeply; save its parts") from None
    _write(safetensors.numpy.save(arrays, {TREE: tree}), path)


def load(f: str | os.PathLike, map_location: Any = None, *, weights_only: bool = True) -> Any:
    """Return what was saved: tensors as tensors that own their memory, arrays as arrays, tuples as lists.

    A safetensors file from elsewhere comes as {name: tensor}. Gradients, and whether a tensor required them, are not
    stored. map_location: None or the CPU; weights_only is without effect, because loading never runs code here.
    Raises FileNotFoundError, and ValueError for a file that is truncated, corrupt, or something else.
    """
    on_cpu(map_location)
    _refuse_folders("load", Path(f))
    content = Path(f).read_bytes()
    try:
        header, arrays = _read(content)
        text = (header.get("__metadata__") or {}).get(TREE)
        return {name: from_numpy(a) for name, a in arrays.items()} if text is None else _tree(text, arrays)
    except (safetensors.SafetensorError, ValueError) as error:
        raise ValueError(f"load: cannot read {os.fspath(f)!r}: {_diagnosis(content, error)}") from error


# ---- what lies around the tensors -----------------------------------------------------------------------------------

# JSON has no tensors, and only strings for keys. So a JSON object here always has one member, which says what it is:
# {"tensor": name}, {"array": name} or {"dict": [[key, value], …]}.


def _encode(obj, place, arrays):
    """obj as JSON can hold it, with its tensors put into arrays, each under a name made of its place in obj."""
    if isinstance(obj, Variable):
        return {"tensor": _put(obj.array, place, arrays)}
    if isinstance(obj, np.ndarray):
        return {"array": _put(obj, place, arrays)}
    if isinstance(obj, np.generic):
        obj = obj.item()
    if isinstance(obj, dict):
        for key in obj:
            if not isinstance(key, PLAIN):
                raise TypeError(f"save: {_shown(place)} has the key {key!r}; keys must be strings or numbers")
        return {"dict": [[key, _encode(value, (*place, key), arrays)] for key, value in obj.items()]}
    if isinstance(obj, list | tuple):
        return [_encode(value, (*place, i), arrays) for i, value in enumerate(obj)]
    if isinstance(obj, PLAIN):
        return obj
    if hasattr(obj, "state_dict"):
        raise TypeError(f"save: cannot store a {type(obj).__name__} ({_shown(place)}); save its .state_dict()")
    raise TypeError(
        f"save: cannot store a {type(obj).__name__} ({_shown(place)}); tensors, arrays, numbers, strings, None, and "
        "dicts, lists and tuples of these can be stored"
    )


def _put(array, place, arrays):
    if array.dtype.kind not in KINDS or array.dtype.itemsize > 8:
        raise TypeError(f"save: cannot store {signature_of(array)} ({_shown(place)}); convert it to float64 first")
    name = ".".join(map(str, place)) or "tensor"
    while name in arrays or name == "__metadata__":
        name += "_"  # {"a.b": x, "a": {"b": y}}
    # safetensors copies the memory as it lies, and would write a transposed array wrongly without a word.
    arrays[name] = np.array(array, array.dtype.newbyteorder("="), order="C")
    return name


def _shown(place):
    return f"at [{']['.join(map(repr, place))}]" if place else "the object itself"


def _tree(text, arrays):
    try:
        return _decode(json.loads(text), arrays)
    except (AttributeError, KeyError, RecursionError, TypeError, ValueError) as error:
        raise ValueError("its metadata is damaged and does not fit the tensors in it") from error


def _decode(tree, arrays):
    """What _encode was given. Raises all kinds of errors for a tree that it cannot have made."""
    if isinstance(tree, list):
        return [_decode(value, arrays) for value in tree]
    if not isinstance(tree, dict):
        return tree
    ((kind, content),) = tree.items()
    if kind == "dict":
        return {key: _decode(value, arrays) for key, value in content}
    return {"tensor": from_numpy, "array": np.asarray}[kind](arrays[content])


# ---- the file -------------------------------------------------------------------------------------------------------


def _refuse_folders(name, path):
    if path.exists() and not path.is_file():
        raise ValueError(f"{name}: {str(path)!r} is a folder or a device; give the name of a file")


def _write(content, path):
    """Write content beside path, and let it take path's name when it is safe on disk."""
    temporary = path.with_name(f".{path.name}.{os.urandom(4).hex()}.tmp")
    try:
        with open(temporary, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException as error:  # Ctrl-C, too
        with contextlib.suppress(OSError):
            temporary.unlink()
        if isinstance(error, OSError):
            reason = f"save: {error.strerror or error}; nothing was saved, and what was there before is unchanged"
            raise OSError(error.errno, reason, str(path)) from error  # errno makes it a PermissionError or the like
        raise


def _read(content):
    """The header of a safetensors file, which is JSON behind its length in 8 bytes, and the arrays in it, by name."""
    entries = dict(safetensors.deserialize(content))  # checks sizes and offsets against the content
    header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
    return header, {name: _array(name, entries[name]) for name in header if name in entries}


def _array(name, entry):
    dtype, shape, data = entry["dtype"], entry["shape"], entry["data"]
    if dtype not in DTYPES:
        raise ValueError(f"{name!r} is stored as {dtype}, which tensors do not have here; save it as float32 instead")
    if dtype == "BOOL" and max(data, default=0) > 1:
        raise ValueError(f"{name!r} should hold bools, but one of its bytes is {max(data)}")
    try:
        return np.array(np.frombuffer(data, DTYPES[dtype]).reshape(shape))
    except (OverflowError, ValueError) as error:
        raise ValueError(f"{name!r} has the shape {shape}, which NumPy cannot make: {error}") from None


def _diagnosis(content, error):
    if not isinstance(error, safetensors.SafetensorError):
        return str(error)
    if not content:
        return "the file is empty"
    if content[:2] == b"PK":
        return (
            "it is a zip archive, as torch.save makes, and loading one can run code, so it is not loaded here; "
            "in PyTorch, save it anew with safetensors.torch.save_file(model.state_dict(), path)"
        )
    if content[:1] == b"\x80" and content[8:9] != b"{":
        return (
            "it looks like a pickle, and loading one can run code, so it is not loaded here; "
            "save the tensors anew as safetensors"
        )
    return f"it is truncated, corrupt, or not a safetensors file ({error})"
