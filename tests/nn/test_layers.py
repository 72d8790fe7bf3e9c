import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn


def test_linear_starts_uniform_within_one_over_the_root_of_in_features():
    mg.manual_seed(0)

    layer = nn.Linear(100, 400)

    for p in (layer.weight, layer.bias):
        assert 0.095 < p.abs().max().item() <= 0.1
        assert p.std().item() == pytest.approx(0.1 / math.sqrt(3), rel=0.05)
    assert layer.weight.shape == (400, 100)
    assert layer.bias.shape == (400,)


def test_linear_draws_from_the_default_generator():
    mg.manual_seed(3)
    one = nn.Linear(2, 2)
    mg.manual_seed(3)
    other = nn.Linear(2, 2)

    assert (one.weight == other.weight).all()
    assert (one.bias == other.bias).all()


def test_linear_can_be_made_in_another_dtype():
    layer = nn.Linear(2, 1, dtype=mg.float64)

    assert layer.weight.dtype == layer.bias.dtype == mg.float64


@pytest.mark.parametrize("sizes", [(0, 2), (2, -1), (2.0, 3)])
def test_linear_refuses_sizes_that_are_not_positive_integers(sizes):
    with pytest.raises(ValueError, match=r"Linear: (in|out)_features must be a positive integer, but got"):
        nn.Linear(*sizes)


def test_dropout_zeroes_a_share_and_scales_the_rest():
    mg.manual_seed(0)

    out = nn.Dropout(0.25)(mg.ones(100, 100)).numpy()

    assert set(np.unique(out)) == {0, np.float32(1 / 0.75)}
    assert (out == 0).mean() == pytest.approx(0.25, abs=0.02)


def test_dropout_passes_gradients_only_where_it_passed_numbers():
    x = mg.ones(50, requires_grad=True)

    out = nn.functional.dropout(x, 0.5, generator=mg.Generator(1))
    out.sum().backward()

    assert (x.grad == out).all()


def test_dropout_draws_from_the_generator_given():
    x = mg.ones(20)

    drawn = [nn.functional.dropout(x, 0.5, generator=mg.Generator(seed)).tolist() for seed in (1, 1, 2)]

    assert drawn[0] == drawn[1] != drawn[2]


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.float64])
def test_dropout_keeps_the_dtype(dtype):
    assert nn.Dropout(0.5)(mg.ones(3, dtype=dtype)).dtype == dtype


def test_dropout_does_nothing_in_evaluation_or_without_probability():
    x = mg.ones(3)

    assert nn.Dropout(0.9).eval()(x) is x
    assert nn.Dropout(0.0)(x) is x


def test_dropout_of_everything_gives_zeros_and_zero_gradients():
    x = mg.ones(3, requires_grad=True)

    out = nn.Dropout(1.0)(x)
    out.sum().backward()

    assert out.tolist() == x.grad.tolist() == [0, 0, 0]


@pytest.mark.parametrize("p", [-0.1, 1.1, float("nan"), None, "0.5"])
def test_dropout_refuses_what_is_no_probability(p):
    with pytest.raises(ValueError, match=r"Dropout: a probability must lie in \[0, 1\], but got"):
        nn.Dropout(p)
    with pytest.raises(ValueError, match=r"dropout: a probability must lie in \[0, 1\], but got"):
        nn.functional.dropout(mg.ones(2), p)


def test_dropout_of_integers_raises():
    with pytest.raises(TypeError, match=r"dropout: expected floats, but got int64 \(2,\); convert it with .float"):
        nn.functional.dropout(mg.tensor([1, 2]))


@pytest.mark.parametrize("padding_idx", [3, -4, 1.0, "a"])
def test_an_embedding_refuses_a_padding_that_is_none_of_its_rows(padding_idx):
    with pytest.raises(ValueError, match=r"Embedding: padding_idx must be a row, in \[-3, 2\], but got"):
        nn.Embedding(3, 2, padding_idx)


LAYERS_WITH_PARAMETERS = {
    "Linear": (2, 1), "Conv1d": (1, 1, 2), "Conv2d": (1, 1, 2), "BatchNorm1d": (2,), "BatchNorm2d": (2,),
    "LayerNorm": (2,), "Embedding": (3, 2), "RNN": (2, 3),
}  # fmt: skip


@pytest.mark.parametrize("name", LAYERS_WITH_PARAMETERS)
def test_a_layer_with_parameters_takes_device_and_dtype(name):
    layer = getattr(nn, name)(*LAYERS_WITH_PARAMETERS[name], device="cpu", dtype=mg.float64)

    assert {p.dtype for p in layer.parameters()} == {mg.float64}
    with pytest.raises(ValueError, match="minigrad computes on the CPU only, but got 'cuda'"):
        getattr(nn, name)(*LAYERS_WITH_PARAMETERS[name], device="cuda")


@pytest.mark.parametrize("name", LAYERS_WITH_PARAMETERS)
def test_the_state_of_a_layer_survives_saving_and_loading(name, tmp_path):
    one, other = (getattr(nn, name)(*LAYERS_WITH_PARAMETERS[name]) for _ in range(2))

    mg.save(one.state_dict(), tmp_path / "layer.safetensors")
    other.load_state_dict(mg.load(tmp_path / "layer.safetensors"))

    assert {k: x.tolist() for k, x in one.state_dict().items()} == {
        k: x.tolist() for k, x in other.state_dict().items()
    }


def test_a_row_of_another_length_is_told_both_lengths():
    with pytest.raises(
        ValueError, match="input has 256 features, but weight takes 400; reshape it, or make the layer for 256"
    ):
        nn.Linear(400, 10)(mg.ones(2, 256))
