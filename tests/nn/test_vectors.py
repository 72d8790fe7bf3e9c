"""Vectors of words and classes, their directions, and what is laid around tensors."""

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.nn import functional as F  # noqa: N812
from minigrad.nn.utils import parameters_to_vector, vector_to_parameters

# ---- embeddings -----------------------------------------------------------------------------------------------------


def test_the_gradients_of_a_word_that_occurs_twice_add_up():
    layer = nn.Embedding(3, 2)

    layer(mg.tensor([[2, 0], [2, 2]])).sum().backward()

    assert layer.weight.grad.tolist() == [[1, 1], [0, 0], [3, 3]]


def test_an_embedding_starts_normal_and_its_padding_as_zero():
    mg.manual_seed(0)

    layer = nn.Embedding(200, 100, padding_idx=-200)

    assert layer.padding_idx == 0
    assert not layer.weight[0].any()
    assert layer.weight[1:].std().item() == pytest.approx(1, rel=0.02)


def test_the_padding_has_its_numbers_but_no_gradient():
    layer = nn.Embedding(3, 1, padding_idx=1)
    layer.weight.data.fill_(7)

    out = layer(mg.tensor([1, 2]))
    out.sum().backward()

    assert out.tolist() == [[7], [7]]
    assert layer.weight.grad.tolist() == [[0], [0], [1]]


def test_words_changed_after_the_forward_pass_do_not_change_the_gradient():
    layer, words = nn.Embedding(3, 1), mg.tensor([0, 0])

    out = layer(words)
    words.fill_(2)
    out.sum().backward()

    assert layer.weight.grad.tolist() == [[2], [0], [0]]


def test_an_empty_batch_of_words_gives_an_empty_result():
    assert nn.Embedding(3, 2)(mg.zeros(0, 4, dtype=mg.int64)).shape == (0, 4, 2)


@pytest.mark.parametrize("word", [3, -1])
def test_words_that_there_are_not_raise(word):
    with pytest.raises(IndexError, match=rf"embedding: input holds {word}, but weight .* has rows 0 to 2"):
        nn.Embedding(3, 2)(mg.tensor([0, word]))


@pytest.mark.parametrize("words", [mg.tensor([0.0]), mg.tensor([True])])
def test_words_that_are_no_integers_raise(words):
    with pytest.raises(TypeError, match=r"embedding: input must hold integers, but is .*; convert it with .long"):
        nn.Embedding(3, 2)(words)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.Embedding(0, 2), "Embedding: num_embeddings must be a positive integer, but got 0"),
        (lambda: nn.Embedding(2, -1), "Embedding: embedding_dim must be a positive integer, but got -1"),
        (lambda: nn.Embedding(3, 2, padding_idx=3), r"Embedding: padding_idx must be a row, in \[-3, 2\], but got 3"),
        (lambda: F.embedding(mg.tensor([0]), mg.ones(3)), r"embedding: weight must be \(rows, size of a vector\)"),
        (lambda: F.embedding(mg.tensor([0]), mg.ones(3, 1), -4), "embedding: padding_idx must be a row"),
    ],
)
def test_settings_that_an_embedding_cannot_have_raise(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# ---- classes and directions -----------------------------------------------------------------------------------------


def test_one_hot_of_nothing_needs_to_know_how_many_classes_there_are():
    nothing = mg.zeros(0, dtype=mg.int64)

    assert F.one_hot(nothing, 3).shape == (0, 3)
    with pytest.raises(ValueError, match="one_hot: an empty tensor does not tell how many classes there are"):
        F.one_hot(nothing)


def test_one_hot_vectors_are_int64_and_do_not_require_grad():
    y = F.one_hot(mg.tensor(1), 3)

    assert (y.tolist(), y.dtype, y.requires_grad) == ([0, 1, 0], mg.int64, False)


@pytest.mark.parametrize(
    ("classes", "n", "message"),
    [
        ([0, 3], 3, "one_hot: class 3 is none of the 3, which are 0 to 2"),
        ([-1, 0], -1, "one_hot: class -1 is none; classes count from 0"),
        ([-1], -1, "one_hot: class -1 is none; classes count from 0"),
        ([-1], 3, "one_hot: class -1 is none of the 3, which are 0 to 2"),
        ([0], 0, "one_hot: num_classes must be positive, or -1 for as many as there are, but is 0"),
    ],
)
def test_one_hot_of_classes_that_there_are_not_raises(classes, n, message):
    with pytest.raises(ValueError, match=message):
        F.one_hot(mg.tensor(classes), n)


def test_one_hot_of_floats_raises():
    with pytest.raises(TypeError, match=r"one_hot: the tensor must hold integers, but is float32 \(1,\)"):
        F.one_hot(mg.tensor([1.0]))


@pytest.mark.parametrize(
    ("one", "other", "dim"), [((4,), (1,), 0), ((3, 4), (4,), 1), ((3, 4), (3, 1), -1), ((2, 1, 3), (4, 3), 1)], ids=str
)
def test_a_cosine_is_that_of_the_vectors_after_broadcasting(one, other, dim):
    a, b = (mg.randn(size, dtype=mg.float64, generator=mg.Generator(i)) for i, size in enumerate((one, other)))
    wide, long = np.broadcast_arrays(a.numpy(), b.numpy())
    lengths = np.linalg.norm(wide, axis=dim) * np.linalg.norm(long, axis=dim)

    np.testing.assert_allclose(F.cosine_similarity(a, b, dim).numpy(), (wide * long).sum(dim) / lengths, rtol=1e-12)


def test_vectors_that_do_not_broadcast_have_no_cosine():
    with pytest.raises(ValueError, match=r"cosine_similarity: float32 \(3, 2\) and float32 \(3,\) do not broadcast"):
        F.cosine_similarity(mg.ones(3, 2), mg.ones(3))


def test_directions_of_zeros_are_zeros_with_a_finite_slope():
    x = mg.zeros(1, 2, requires_grad=True)

    (F.normalize(x) + F.cosine_similarity(x, mg.ones(1, 2))).sum().backward()

    assert F.normalize(x).tolist() == [[0, 0]]
    assert x.grad.isfinite().all()


@pytest.mark.parametrize("length", [1e-200, 1e200])
def test_the_length_of_a_vector_does_not_overflow_on_the_way_to_its_direction(length):
    x = mg.tensor(np.array([[3.0, 4.0]]) * length)

    np.testing.assert_allclose(F.normalize(x, eps=0).numpy(), [[0.6, 0.8]])


def test_a_direction_along_a_dimension_that_is_not_there_raises():
    with pytest.raises((IndexError, ValueError), match="axis 1 is out of bounds"):
        F.normalize(mg.ones(3))


# ---- padding --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [mg.float16, mg.float32, mg.int64])
@pytest.mark.parametrize("mode", ["constant", "reflect", "replicate", "circular"])
def test_padding_keeps_the_dtype_and_lies_in_memory_in_order(mode, dtype):
    y = F.pad(mg.ones(1, 2, 3, dtype=dtype), (1, 1), mode)

    assert y.dtype == dtype
    assert y.array.flags.c_contiguous


def test_padding_with_infinity_leaves_no_nan():
    assert F.pad(mg.zeros(1), (1, 0), value=-np.inf).tolist() == [-np.inf, 0]


@pytest.mark.parametrize(
    ("counts", "settings", "message"),
    [
        ((1,), {}, r"pad: expected two integers for each dimension, last dimension first, .* but got \(1,\)"),
        ((1,) * 6, {}, r"so at most 4 for float32 \(2, 3\), but got"),
        ((1.0, 1), {}, "pad: expected two integers"),
        (1, {}, r"pad: expected two integers for each dimension, .* but got \(1,\)"),
        (None, {}, r"pad: expected two integers for each dimension, .* but got \(None,\)"),
        ((-2, -2), {}, r"pad: \(-2, -2\) cuts off more of float32 \(2, 3\) than there is"),
        ((5, -4), {}, "cuts off more of"),
        ((3, 0), {"mode": "reflect"}, "'reflect' has at most 2 numbers for each end of dimension 1 of .* asked for"),
        ((0, 4), {"mode": "circular"}, "'circular' has at most 3 numbers for each end of dimension 1"),
        ((1, 1), {"mode": "mirror"}, "mode must be 'constant', 'reflect', 'replicate', 'circular', but got 'mirror'"),
        ((1, 1), {"mode": "replicate", "value": 0.0}, "mode 'replicate' takes its numbers from the input"),
    ],
)
def test_padding_that_makes_no_sense_raises(counts, settings, message):
    with pytest.raises(ValueError, match=message):
        F.pad(mg.zeros(2, 3), counts, **settings)


def test_only_a_tensor_is_padded_and_only_with_numbers():
    with pytest.raises(TypeError, match="pad: expected a tensor, but got NoneType"):
        F.pad(None, (1, 1))
    with pytest.raises(TypeError, match="pad: value must be a number, but got 'a'"):
        F.pad(mg.zeros(2), (1, 1), value="a")


def test_there_is_nothing_to_repeat_around_an_empty_tensor():
    with pytest.raises(ValueError, match="'replicate' has at most 0 numbers"):
        F.pad(mg.zeros(1, 0), (1, 1), "replicate")


# ---- all parameters as one vector -----------------------------------------------------------------------------------


def test_a_vector_of_parameters_knows_where_it_came_from():
    layer = nn.Linear(2, 1)

    (parameters_to_vector(layer.parameters()) * mg.tensor([1.0, 2.0, 3.0])).sum().backward()

    assert layer.weight.grad.tolist() == [[1, 2]]
    assert layer.bias.grad.tolist() == [3]


def test_writing_a_vector_back_keeps_the_parameters_and_their_memory():
    layer = nn.Linear(2, 1)
    memory = layer.weight.array

    vector_to_parameters(mg.tensor([1.0, 2.0, 3.0]), iter([layer.weight, layer.bias]))

    assert layer.weight.array is memory
    assert (layer.weight.tolist(), layer.bias.tolist()) == ([[1, 2]], [3])


def test_writing_a_vector_back_is_noted_in_the_write_log():
    layer = nn.Linear(2, 1)
    loss = layer(mg.ones(1, 2, requires_grad=True)).sum()

    vector_to_parameters(mg.zeros(3), layer.parameters())

    with pytest.raises(RuntimeError, match="overwritten since"):
        loss.backward()


@pytest.mark.parametrize("vector", [mg.zeros(2), mg.zeros(4), mg.zeros(3, 1), [0.0] * 3], ids=str)
def test_a_vector_of_another_length_is_refused_and_nothing_was_written(vector):
    layer = nn.Linear(2, 1)
    before = parameters_to_vector(layer.parameters()).tolist()

    with pytest.raises(ValueError, match="vector_to_parameters: the parameters hold 3 numbers, but the vector is"):
        vector_to_parameters(vector, layer.parameters())

    assert parameters_to_vector(layer.parameters()).tolist() == before


def test_no_parameters_make_no_vector():
    with pytest.raises(ValueError, match="parameters_to_vector: there are no parameters; a generator is empty after"):
        parameters_to_vector([])


def test_a_vector_of_nothing_goes_into_no_parameters():
    vector_to_parameters(mg.zeros(0), [])


def test_what_are_no_parameters_make_no_vector():
    with pytest.raises(TypeError, match=r"parameters_to_vector: expected tensors, but got a Linear; give model.param"):
        parameters_to_vector(nn.Linear(2, 1))
    with pytest.raises(TypeError, match=r"vector_to_parameters: expected tensors, but got a float; give model.param"):
        vector_to_parameters(mg.zeros(1), [1.0])
