import numpy as np
import pytest

from minigrad.datasets import XOR
from minigrad.utils.data import DataLoader


def test_the_four_rows_are_exclusive_or():
    xor = XOR()

    assert len(xor) == 4
    assert {tuple(x) for x in xor.inputs.tolist()} == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert all(int(a) ^ int(b) == y for (a, b), [y] in zip(xor.inputs.tolist(), xor.targets.tolist(), strict=True))


def test_inputs_and_targets_are_float32_columns_that_bce_accepts():
    xor = XOR()

    assert (xor.inputs.shape, xor.inputs.dtype) == ((4, 2), np.float32)
    assert (xor.targets.shape, xor.targets.dtype) == ((4, 1), np.float32)


def test_no_linear_model_gets_more_than_three_rows_right():
    xor = XOR()
    x, y = xor.inputs.numpy(), xor.targets.numpy()[:, 0]
    angles = np.linspace(0, 2 * np.pi, 361)
    w = np.stack([np.cos(angles), np.sin(angles)])  # (2, 361): every direction of a line

    right = [((x @ w > offset) == y[:, None]).sum(0).max() for offset in np.linspace(-1.5, 1.5, 301)]

    assert max(right) == 3


@pytest.mark.parametrize("index", [4, -5])
def test_an_item_beyond_the_fourth_raises_index_error(index):
    with pytest.raises(IndexError):
        XOR()[index]


def test_one_loader_batch_holds_the_whole_set():
    xor = XOR()

    [(x, y)] = DataLoader(xor, batch_size=4)

    assert x.tolist() == xor.inputs.tolist()
    assert y.tolist() == xor.targets.tolist()
