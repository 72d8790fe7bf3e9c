import contextlib
import errno
import functools
import json
import os
import pickle
import tracemalloc
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

import minigrad as mg
from minigrad import io, nn

FROM_PYTORCH = Path(__file__).with_name("reference") / "io"  # made by reference/make_io.py


def model():
    """The model whose weights PyTorch saved."""
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1, bias=False))


def checkpoint():
    """A bit of everything that a training run keeps."""
    return {
        "model": model().state_dict(),
        "optimizer": {
            "state": {0: {"step": 3, "exp_avg": mg.ones(2)}, 1: {}},
            "param_groups": [{"lr": 1e-3, "betas": [0.9, 0.999], "params": [0, 1], "maximize": False}],
        },
        "generator": mg.Generator(1).get_state(),
        "best": float("inf"),
        "note": 'Grüße 😀 {"tensor": 1}',
        "nothing": None,
        "steps": [np.arange(3), [mg.tensor(2.5)]],
    }


def same(a, b):
    """Whether two objects are alike in type, structure and every bit."""
    if isinstance(a, mg.Tensor | np.ndarray):
        return type(a) is type(b) and (a.dtype, a.shape) == (b.dtype, b.shape) and a.tobytes() == b.tobytes()
    if isinstance(a, dict):
        return type(b) is dict and list(a) == list(b) and all(same(a[k], b[k]) for k in a)
    if isinstance(a, list):
        return type(b) is list and len(a) == len(b) and all(map(same, a, b))
    return type(a) is type(b) and repr(a) == repr(b)


def arrays(obj):
    """obj with arrays in place of tensors."""
    if isinstance(obj, mg.Tensor):
        return np.array(obj.detach().numpy())
    if isinstance(obj, dict):
        return {key: arrays(value) for key, value in obj.items()}
    return [arrays(value) for value in obj] if isinstance(obj, list) else obj


def file_of(header, content=b"", *, metadata=None):
    """The bytes of a safetensors file with that header."""
    header = header if metadata is None else {"__metadata__": {"minigrad": json.dumps(metadata)}, **header}
    text = header if isinstance(header, bytes) else json.dumps(header).encode()
    return len(text).to_bytes(8, "little") + text + content


def entry(dtype, shape, end, start=0):
    return {"dtype": dtype, "shape": shape, "data_offsets": [start, end]}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint.safetensors"


# There and back.


def test_a_checkpoint_comes_back_in_structure_type_and_bits(path):
    saved = checkpoint()

    io.save(saved, path)

    loaded = io.load(path)
    assert same(arrays(saved), arrays(loaded))
    assert type(loaded["optimizer"]["state"][0]["exp_avg"]) is mg.Tensor
    assert type(loaded["steps"][0]) is np.ndarray
    assert mg.Generator().set_state(loaded["generator"]) is None


@pytest.mark.parametrize(
    "number", [0, -1, 2**200, True, 0.1, -0.0, 5e-324, float("nan"), float("inf"), float("-inf"), "", "NaN", None]
)
def test_numbers_and_strings_come_back_exactly(path, number):
    io.save({"x": number}, path)

    assert same(io.load(path), {"x": number})


@pytest.mark.parametrize("key", ["a", "", "a.b", "__metadata__", 0, -3, 2.5, True, None])
def test_keys_keep_their_type(path, key):
    io.save({key: mg.tensor([1.0])}, path)

    ((loaded, x),) = io.load(path).items()
    assert (loaded, type(loaded), x.tolist()) == (key, type(key), [1])


@pytest.mark.parametrize("dtype", ["?", "u1", "u2", "u4", "u8", "i1", "i2", "i4", "i8", "f2", "f4", "f8"])
def test_arrays_of_every_dtype_come_back(path, dtype):
    array = np.array([[0, 1], [1, 0]], dtype)

    io.save([array], path)

    assert same(io.load(path), [array])


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(6)[::-2],
        np.broadcast_to(np.float32(3), (2, 2)),
        np.array(2.5),
        np.zeros((0, 3)),
        np.asfortranarray(np.arange(8).reshape(2, 2, 2)),
        np.arange(3, dtype=">i4"),
    ],
    ids=["transposed", "reversed", "broadcast", "0-d", "empty", "Fortran", "big-endian"],
)
def test_arrays_come_back_however_they_lie_in_memory(path, array):
    io.save({"x": array}, path)

    loaded = io.load(path)["x"]
    np.testing.assert_array_equal(loaded, array)
    assert loaded.shape == array.shape
    assert loaded.dtype == array.dtype.newbyteorder("=")


def test_numpy_numbers_come_back_as_python_numbers(path):
    io.save({"a": np.float64(0.1), "b": np.int64(3), "c": np.bool_(True)}, path)

    assert same(io.load(path), {"a": 0.1, "b": 3, "c": True})


def test_tuples_come_back_as_lists_and_parameters_as_tensors(path):
    io.save((1, nn.Parameter([2.0])), path)

    one, two = io.load(path)
    assert one == 1
    assert type(two) is mg.Tensor
    assert not two.requires_grad


def test_a_single_tensor_can_be_saved(path):
    io.save(mg.tensor([1, 2]), path)

    assert io.load(path).tolist() == [1, 2]


def test_places_that_spell_the_same_name_are_kept_apart(path):
    saved = {"a.b": np.zeros(1), "a": {"b": np.ones(1)}, "a.b_": np.full(1, 2.0)}

    io.save(saved, path)

    assert same(io.load(path), saved)


def test_loaded_tensors_own_writable_memory(path):
    io.save({"x": mg.zeros(2), "y": mg.zeros(2)}, path)

    loaded = io.load(path)
    loaded["x"][0] = 1

    assert loaded["x"].tolist() == [1, 0]
    assert loaded["y"].tolist() == [0, 0]
    assert not os.path.exists(f"{path}.lock")


def test_saving_and_loading_takes_strings_and_links_stay_links(tmp_path):
    target, link = tmp_path / "one", tmp_path / "two"
    io.save({"x": 1}, str(target))
    link.symlink_to(target)

    io.save({"x": 2}, link)

    assert link.is_symlink()
    assert io.load(str(target)) == {"x": 2}


def test_model_and_optimizer_state_make_a_model_anew(path):
    one, other = model(), model()

    io.save({"model": one.state_dict()}, path)
    other.load_state_dict(io.load(path)["model"])

    assert same(arrays(one.state_dict()), arrays(other.state_dict()))


# PyTorch's files, and files for PyTorch.


def test_weights_saved_by_pytorch_load_into_the_same_model():
    net = model()

    net.load_state_dict(io.load(FROM_PYTORCH / "model.safetensors"))

    expected = safetensors.numpy.load_file(FROM_PYTORCH / "model.safetensors")
    assert expected["0.weight"].any()
    for name, x in net.state_dict().items():
        np.testing.assert_array_equal(x.numpy(), expected[name])


def test_every_dtype_that_numpy_has_loads_from_pytorch():
    loaded = io.load(FROM_PYTORCH / "dtypes.safetensors")

    assert {name: str(x.dtype) for name, x in loaded.items()} == {name: name for name in loaded}
    assert loaded.pop("bool").tolist() == [[False, True], [True, True]]
    assert [x.tolist() for x in loaded.values()] == [[[0, 1], [2, 3]]] * 8


@pytest.mark.parametrize(("name", "dtype"), [("bfloat16", "BF16"), ("float8_e4m3fn", "F8_E4M3"), ("complex64", "C64")])
def test_dtypes_that_tensors_do_not_have_are_named(name, dtype):
    with pytest.raises(ValueError, match=f"'x' is stored as {dtype}, which tensors do not have here; .*float32"):
        io.load(FROM_PYTORCH / f"{name}.safetensors")


def test_a_state_dict_is_a_plain_safetensors_file(path):
    state = {**model().state_dict(), "transposed": mg.arange(6).reshape(2, 3).T, "scalar": mg.tensor(2.5)}

    io.save(state, path)

    loaded = safetensors.numpy.load_file(path)
    assert loaded.keys() == state.keys()
    for name, x in state.items():
        np.testing.assert_array_equal(loaded[name], x.numpy())


def test_the_same_object_makes_the_same_file(tmp_path):
    saved = checkpoint()

    io.save(saved, tmp_path / "a")
    io.save(saved, tmp_path / "b")

    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


# What cannot be saved.


@pytest.mark.parametrize(
    ("obj", "error", "message"),
    [
        ({"a": [1, {"f": print}]}, TypeError, r"cannot store a builtin_function_or_method \(at \['a'\]\[1\]\['f'\]\)"),
        (object(), TypeError, r"cannot store a object \(the object itself\)"),
        ({(1, 2): 3}, TypeError, r"the object itself has the key \(1, 2\); keys must be strings or numbers"),
        ({"z": np.zeros(2, complex)}, TypeError, r"cannot store complex128 \(2,\) \(at \['z'\]\)"),
        ({"s": np.array(["a"])}, TypeError, "cannot store <U1"),
        ({"l": np.zeros(2, np.longdouble)}, TypeError, "convert it to float64 first"),
        ({1, 2}, TypeError, "cannot store a set"),
    ],
)
def test_what_cannot_be_stored_is_named_with_its_place_and_nothing_is_written(path, obj, error, message):
    with pytest.raises(error, match=f"save: .*{message}"):
        io.save(obj, path)

    assert not any(path.parent.iterdir())


def test_an_object_that_contains_itself_raises(path):
    loop = []
    loop.append(loop)

    with pytest.raises(ValueError, match="the object contains itself, or is nested too deeply"):
        io.save(loop, path)


# When writing fails, what was there survives, and nothing is left behind.


def fail_with(error):
    def failing(*args, **kwargs):
        raise error

    return failing


class HalfWritten:
    """A file that raises after half of what is written to it."""

    def __init__(self, error, *opening):
        self.error = error
        self.file = open(*opening)  # noqa: SIM115 (closed on leaving)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.file.close()

    def write(self, content):
        self.file.write(content[: len(content) // 2])
        raise self.error


FULL = OSError(errno.ENOSPC, "No space left on device")
FORBIDDEN = PermissionError(errno.EACCES, "Permission denied")


@pytest.mark.parametrize("exists", [True, False])
@pytest.mark.parametrize(
    ("step", "error"),
    [
        ("write", FULL),
        ("write", KeyboardInterrupt()),
        ("write", MemoryError()),
        ("fsync", FULL),
        ("fsync", KeyboardInterrupt()),
        ("replace", FORBIDDEN),
        ("open", FORBIDDEN),
    ],
)
def test_a_failed_save_leaves_the_old_checkpoint_and_no_other_file(path, monkeypatch, step, error, exists):
    if exists:
        io.save({"epoch": 1}, path)
    if step == "write":
        monkeypatch.setattr(io, "open", functools.partial(HalfWritten, error), raising=False)
    elif step == "open":
        monkeypatch.setattr(io, "open", fail_with(error), raising=False)
    else:
        monkeypatch.setattr(os, step, fail_with(error))

    with pytest.raises(type(error)) as raised:
        io.save({"epoch": 2, "x": mg.zeros(100)}, path)

    monkeypatch.undo()
    assert [p.name for p in path.parent.iterdir()] == [path.name] * exists
    assert not exists or io.load(path) == {"epoch": 1}
    if isinstance(error, OSError):
        assert raised.value.errno == error.errno
        assert "nothing was saved, and what was there before is unchanged" in str(raised.value)
        assert str(path) in str(raised.value)


def test_saving_into_a_folder_that_does_not_exist_raises(tmp_path):
    with pytest.raises(FileNotFoundError, match="save: No such file or directory; nothing was saved"):
        io.save({}, tmp_path / "missing" / "checkpoint")


def test_saving_into_a_file_as_if_it_were_a_folder_raises(path):
    io.save({"x": 1}, path)

    with pytest.raises(NotADirectoryError, match="save: Not a directory"):
        io.save({}, path / "checkpoint")
    assert io.load(path) == {"x": 1}


@pytest.mark.parametrize("call", [lambda path: io.save({}, path), io.load], ids=["save", "load"])
def test_a_folder_in_place_of_a_file_raises(tmp_path, call):
    with pytest.raises(ValueError, match="is a folder or a device; give the name of a file"):
        call(tmp_path)


# What cannot be loaded.


def test_loading_a_missing_file_raises(path):
    with pytest.raises(FileNotFoundError, match=r"checkpoint\.safetensors"):
        io.load(path)


class Trap:
    """A pickle of this creates a file when it is loaded."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (str(self.path), "w")


@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_a_pickle_in_disguise_is_refused_and_never_run(path, tmp_path, protocol):
    sprung = tmp_path / "sprung"
    path.write_bytes(pickle.dumps({"model": Trap(sprung)}, protocol))

    with pytest.raises(ValueError, match=r"cannot read .*checkpoint\.safetensors") as raised:
        io.load(path)

    assert not sprung.exists()
    assert protocol < 2 or "it looks like a pickle, and loading one can run code" in str(raised.value)


def test_a_file_of_torch_save_is_refused_with_the_way_out():
    with pytest.raises(ValueError, match=r"a zip archive, as torch.save makes, .* safetensors.torch.save_file"):
        io.load(FROM_PYTORCH / "zip.pt")


ZERO = {"x": entry("F32", [1], 4)}


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "the file is empty"),
        (b"not a checkpoint at all", "truncated, corrupt, or not a safetensors file"),
        (b"\xff" * 64, "truncated, corrupt"),
        ((2**63).to_bytes(8, "little") + b"{}", "truncated, corrupt"),
        (file_of(b"[]"), "truncated, corrupt"),
        (file_of(b'{"a":' * 5000), "truncated, corrupt"),
        (file_of(b"{" + b" " * 127), "truncated, corrupt"),  # begins with 0x80, as pickles do
        (file_of(ZERO, b"123"), "truncated, corrupt"),
        (file_of(ZERO, b"12345"), "truncated, corrupt"),
        (file_of({"x": entry("F32", [2], 4)}, b"1234"), "truncated, corrupt"),
        (file_of({"x": entry("F32", [2**62, 4], 0)}), "truncated, corrupt"),
        (file_of({"x": entry("F32", [1], 4), "y": entry("F32", [1], 4)}, b"1234"), "truncated, corrupt"),
        (file_of({"x": entry("F32", [1], 4), "y": entry("F32", [1], 12, 8)}, b"1234" * 3), "truncated, corrupt"),
        (file_of({"x": entry("F32", [1], 2**64)}, b"1234"), "truncated, corrupt"),
        (file_of({"x": entry("F32", [-1], 4)}, b"1234"), "truncated, corrupt"),
        (file_of({"x": entry("FLOAT", [1], 4)}, b"1234"), "truncated, corrupt"),
        (file_of({"x": entry("F32", [0, 2**63], 0)}), "'x' has the shape .* which NumPy cannot make"),
        (file_of({"x": entry("F32", [1] * 100, 4)}, b"1234"), "'x' has the shape .* which NumPy cannot make"),
        (file_of({"x": entry("BOOL", [2], 2)}, b"\x01\x02"), "'x' should hold bools, but one of its bytes is 2"),
        (file_of(ZERO, b"1234", metadata={"tensor": "y"}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={"code": "x"}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={"tensor": ["x"]}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={"dict": [[["a"], 1]]}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={"dict": [["a", 1, 2]]}), "metadata is damaged"),
        (file_of(ZERO, b"1234", metadata={"dict": 5}), "metadata is damaged"),
        (file_of({"__metadata__": {"minigrad": "{"}}), "metadata is damaged"),
        (file_of({"__metadata__": {"minigrad": "[" * 10**5}}), "metadata is damaged"),
        (file_of({"__metadata__": {"minigrad": "9" * 10**4}}), "metadata is damaged"),
    ],
)
def test_a_damaged_file_raises_and_says_so(path, content, message):
    path.write_bytes(content)

    with pytest.raises(ValueError, match=f"load: cannot read .*checkpoint.safetensors.*{message}"):
        io.load(path)


@pytest.mark.parametrize("metadata", [{"format": "pt"}, {}, None])
def test_metadata_of_other_programs_is_passed_over(path, metadata):
    path.write_bytes(file_of({"__metadata__": metadata, **ZERO}, b"\0\0\0\0"))

    assert io.load(path)["x"].tolist() == [0]


@pytest.fixture(scope="module")
def small():
    """The bytes of a small checkpoint with tensors, bools and nesting."""
    tree = {"dict": [["w", {"tensor": "w"}], [0, [{"array": "b"}, 1.5, None]]]}
    header = {"w": entry("F32", [2], 8), "b": entry("BOOL", [2], 10, 8)}
    return file_of(header, np.ones(2, np.float32).tobytes() + b"\x01\x00", metadata=tree)


def test_a_file_cut_off_anywhere_raises(path, small):
    path.write_bytes(small)
    assert io.load(path)["w"].tolist() == [1, 1]

    for n in range(len(small)):
        path.write_bytes(small[:n])
        with pytest.raises(ValueError, match="load: cannot read"):
            io.load(path)


def test_a_file_with_any_byte_changed_loads_or_raises_and_takes_little_memory(path, small):
    generator = np.random.default_rng(0)
    tracemalloc.start()

    for place in range(len(small)):
        for byte in {small[place] ^ 1, small[place] ^ 128, *generator.integers(0, 256, 2).tolist()}:
            path.write_bytes(small[:place] + bytes([byte]) + small[place + 1 :])
            with contextlib.suppress(ValueError):
                io.load(path)

    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_save_and_load_take_pytorchs_arguments(tmp_path):
    io.save(obj={"x": mg.ones(2)}, f=tmp_path / "x.pt")

    for options in ({}, {"map_location": "cpu"}, {"map_location": mg.device("cpu")}, {"weights_only": False}):
        assert io.load(f=tmp_path / "x.pt", **options)["x"].tolist() == [1, 1]
    with pytest.raises(ValueError, match="computes on the CPU only"):
        io.load(tmp_path / "x.pt", map_location="cuda:0")


def test_a_model_is_refused_with_the_state_to_save_instead(tmp_path):
    with pytest.raises(TypeError, match=r"save: cannot store a Linear \(at \['m'\]\); save its \.state_dict\(\)"):
        io.save({"m": mg.nn.Linear(1, 1)}, tmp_path / "model.pt")

    assert list(tmp_path.iterdir()) == []
