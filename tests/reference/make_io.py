"""Make the files in io/: checkpoints as PyTorch writes them, for tests/test_io.py.

    pip install torch==2.13.0
    python tests/reference/make_io.py

It also tries the other direction, which a test without PyTorch cannot.
"""

import tempfile
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file

import minigrad as mg
from minigrad import nn

FOLDER = Path(__file__).with_name("io")
DTYPES = ["bool", "uint8", "int8", "int16", "int32", "int64", "float16", "float32", "float64"]


def model(nn):
    """The same small model in either library."""
    return nn.Sequential(nn.Linear(3, 2), nn.ReLU(), nn.Linear(2, 1, bias=False))


def write_files():
    """What PyTorch makes: weights, all dtypes that NumPy has, some that it has not, and a zip of pickles."""
    torch.manual_seed(0)
    state = model(torch.nn).state_dict()
    save_file(state, FOLDER / "model.safetensors")
    numbers = torch.tensor([[0, 1], [2, 3]])
    save_file({name: numbers.to(getattr(torch, name)) for name in DTYPES}, FOLDER / "dtypes.safetensors")
    for name in ("bfloat16", "float8_e4m3fn", "complex64"):
        save_file({"x": numbers.to(getattr(torch, name))}, FOLDER / f"{name}.safetensors")
    torch.save({"x": torch.ones(1)}, FOLDER / "zip.pt")


def try_the_other_direction():
    """PyTorch loads what minigrad saved, transposed tensors and 0-d ones included."""
    ours = model(nn)
    state = {**ours.state_dict(), "transposed": mg.arange(6).reshape(2, 3).T, "scalar": mg.tensor(2.5)}
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "ours.safetensors"
        mg.io.save(state, path)
        loaded = load_file(path)
    assert {name: x.tolist() for name, x in loaded.items()} == {name: x.tolist() for name, x in state.items()}
    extra = {name: loaded.pop(name) for name in ("transposed", "scalar")}
    model(torch.nn).load_state_dict(loaded)
    assert extra["transposed"].shape == (3, 2)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    write_files()
    try_the_other_direction()
