import math

import pytest

import minigrad as mg
from minigrad import nn
from minigrad.gradcheck import gradgradcheck


def draw(*size):
    return mg.randn(size, generator=mg.Generator(0), dtype=mg.float64, requires_grad=True)


def double(*args, **settings):
    mg.manual_seed(0)
    return nn.RNN(*args, dtype=mg.float64, **settings)


def test_each_step_adds_what_it_sees_to_what_it_remembers():
    rnn, x = double(2, 3), draw(3, 1, 2)

    output, last = rnn(x)

    h = mg.zeros(1, 3, dtype=mg.float64)
    for t in range(3):
        h = mg.tanh(x[t] @ rnn.weight_ih_l0.T + rnn.bias_ih_l0 + h @ rnn.weight_hh_l0.T + rnn.bias_hh_l0)
        assert (output[t] - h).abs().max().item() < 1e-15
    assert last[0].tolist() == output[-1].tolist()


def test_weights_start_uniform_within_one_over_the_root_of_the_hidden_size():
    rnn = nn.RNN(30, 100, bidirectional=True)

    for p in rnn.parameters():
        assert 0.9 / 10 < p.abs().max().item() <= 1 / 10
    assert rnn.weight_hh_l0.std().item() == pytest.approx(0.1 / math.sqrt(3), rel=0.05)


def test_a_state_carries_on_where_the_sequence_was_cut():
    rnn, x = double(2, 3, 2), draw(5, 2, 2)

    whole, _ = rnn(x)
    _, state = rnn(x[:3])
    rest, _ = rnn(x[3:], state)

    assert (whole[3:] - rest).abs().max().item() < 1e-15


def test_batch_first_swaps_the_first_two_dimensions_only():
    rnn, x = double(2, 3), draw(4, 5, 2)
    swapped = double(2, 3, batch_first=True)

    output, last = rnn(x)
    theirs, state = swapped(x.transpose(0, 1))

    assert theirs.transpose(0, 1).tolist() == output.tolist()
    assert state.tolist() == last.tolist()


def test_the_other_direction_reads_from_the_end():
    rnn, x = double(2, 3, bidirectional=True), draw(4, 1, 2)
    backwards = double(2, 3)
    backwards.load_state_dict({name.removesuffix("_reverse"): w for name, w in rnn.state_dict().items()})

    output, last = rnn(x)
    mirrored, end = backwards(x.flip(0))

    assert output.shape == (4, 1, 6)
    assert output[..., 3:].tolist() == mirrored.flip(0).tolist()
    assert last[1].tolist() == end[0].tolist()


def test_dropout_acts_between_layers_in_training_only():
    rnn, x = double(2, 3, 2, dropout=1.0), draw(4, 1, 2)

    trained, evaluated = rnn(x)[0], rnn.eval()(x)[0]
    (trained**2).sum().backward()

    assert not rnn.weight_ih_l0.grad.any()
    assert trained.tolist() != evaluated.tolist()


def test_an_empty_batch_gives_empty_results():
    output, last = nn.RNN(2, 3)(mg.zeros(4, 0, 2))

    assert output.shape == (4, 0, 3)
    assert last.shape == (1, 0, 3)


def test_nan_reaches_only_later_steps_and_its_own_sequence():
    x = mg.zeros(3, 2, 1)
    x[1, 0] = float("nan")

    output, _ = nn.RNN(1, 1)(x)

    assert output.isnan().squeeze(-1).tolist() == [[False, False], [True, False], [True, False]]


@pytest.mark.parametrize("settings", [{}, {"num_layers": 2}, {"bidirectional": True, "bias": False}])
def test_the_second_derivative_by_all_it_takes_agrees_with_differences(settings):
    rnn = double(1, 2, **settings)
    names, parameters = zip(*rnn.named_parameters(), strict=True)
    passes = rnn.num_layers * (1 + rnn.bidirectional)

    def with_parameters(x, hx, *parameters):
        rnn.__dict__.update(zip(names, parameters, strict=True))
        return rnn(x, hx)

    assert gradgradcheck(with_parameters, (draw(2, 1, 1), draw(passes, 1, 2), *parameters))


def test_dropout_of_a_single_layer_warns_that_it_does_nothing():
    with pytest.warns(UserWarning, match="RNN: dropout=0.5 acts between layers, but there is only one"):
        nn.RNN(1, 1, dropout=0.5)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nn.RNN(0, 3), "RNN: input_size must be a positive integer, but got 0"),
        (lambda: nn.RNN(2, -3), "RNN: hidden_size must be a positive integer, but got -3"),
        (lambda: nn.RNN(2, 3, 0), "RNN: num_layers must be a positive integer, but got 0"),
        (lambda: nn.RNN(2, 3, nonlinearity="gelu"), "RNN: nonlinearity must be 'tanh' or 'relu', but got 'gelu'"),
        (lambda: nn.RNN(2, 3, 2, dropout=1.5), r"RNN: a probability must lie in \[0, 1\], but got 1.5"),
        (lambda: nn.RNN(2, 3)(mg.zeros(4)), r"RNN: input must have shape \(T, N, input_size\) or \(T, input_size\)"),
        (lambda: nn.RNN(2, 3)(mg.zeros(4, 1, 3)), r"with input_size 2, but is float32 \(4, 1, 3\)"),
        (lambda: nn.RNN(2, 3, batch_first=True)(mg.zeros(4)), r"input must have shape \(N, T, input_size\)"),
        (lambda: nn.RNN(2, 3)([[1.0, 2.0]]), "RNN: input must have shape .* but is list"),
        (lambda: nn.RNN(2, 3)(mg.zeros(0, 1, 2)), r"RNN: the sequence has no steps \(input float32 \(0, 1, 2\)\)"),
        (lambda: nn.RNN(2, 3, batch_first=True)(mg.zeros(1, 0, 2)), "RNN: the sequence has no steps"),
        (lambda: nn.RNN(2, 3)(mg.zeros(4, 1, 2), mg.zeros(1, 3)), r"RNN: hx must have shape \(1, 1, 3\) .*\(1, 3\)"),
        (lambda: nn.RNN(2, 3)(mg.zeros(4, 2), [0.0]), r"RNN: hx must have shape \(1, 3\) for this input, but is list"),
        (lambda: nn.RNN(2, 3, 2, dropout="half"), r"RNN: a probability must lie in \[0, 1\], but got 'half'"),
        (lambda: nn.RNN(2, 3)(mg.zeros(4, 2), mg.zeros(1, 1, 3)), r"RNN: hx must have shape \(1, 3\) for this input"),
    ],
)
def test_what_an_rnn_cannot_be_or_read_raises(call, message):
    with pytest.raises(ValueError, match=message):
        call()
