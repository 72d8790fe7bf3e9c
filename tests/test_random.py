"""Random numbers: reproducible to the bit, from the generator that was asked, never from NumPy's global state."""

import json

import numpy as np
import pytest

import minigrad as mg

DRAWS = {
    "rand": lambda **kwargs: mg.rand(5, **kwargs),
    "randn": lambda **kwargs: mg.randn(2, 3, **kwargs),
    "randint": lambda **kwargs: mg.randint(0, 1000, (5,), **kwargs),
    "randperm": lambda **kwargs: mg.randperm(20, **kwargs),
    "rand_like": lambda **kwargs: mg.rand_like(mg.zeros(5), **kwargs),
    "randn_like": lambda **kwargs: mg.randn_like(mg.zeros(5), **kwargs),
}
every_draw = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


@every_draw
def test_the_same_seed_gives_the_same_bits(draw):
    mg.manual_seed(7)
    first = draw()
    mg.manual_seed(7)
    again, more = draw(), draw()

    assert first.array.tobytes() == again.array.tobytes()
    assert more.tolist() != again.tolist()


@every_draw
def test_another_seed_gives_other_numbers(draw):
    assert draw(generator=mg.Generator(1)).tolist() != draw(generator=mg.Generator(2)).tolist()


@every_draw
def test_a_given_generator_is_used_and_the_default_one_left_alone(draw):
    mg.manual_seed(3)
    expected = draw()

    mg.manual_seed(3)
    draw(generator=mg.Generator(99))

    assert draw().tolist() == expected.tolist()


@every_draw
def test_numpys_global_state_is_neither_read_nor_changed(draw):
    before = np.random.get_state()
    mg.manual_seed(5)
    first = draw().tolist()
    after = np.random.get_state()
    np.random.seed(1)
    mg.manual_seed(5)
    again = draw().tolist()
    np.random.set_state(before)

    assert (after[1].tolist(), after[2:]) == (before[1].tolist(), before[2:])
    assert again == first


@every_draw
@pytest.mark.parametrize("wrong", [5, np.random.default_rng(0), "seed"])
def test_a_generator_must_be_ours(draw, wrong):
    with pytest.raises(TypeError, match=r"generator: expected a minigrad.Generator or None, but got"):
        draw(generator=wrong)


# ---- generators


def test_a_generator_seeded_later_equals_one_seeded_at_birth():
    late = mg.Generator()

    assert late.manual_seed(4) is late
    assert mg.rand(3, generator=late).tolist() == mg.rand(3, generator=mg.Generator(4)).tolist()


def test_unseeded_generators_differ():
    assert mg.rand(3, generator=mg.Generator()).tolist() != mg.rand(3, generator=mg.Generator()).tolist()


def test_a_saved_state_goes_on_where_it_was_also_through_json():
    generator = mg.Generator(0)
    mg.rand(3, generator=generator)
    state = json.loads(json.dumps(generator.get_state()))
    expected = mg.randn(4, generator=generator).tolist()

    other = mg.Generator(1)
    other.set_state(state)

    assert mg.randn(4, generator=other).tolist() == expected


def test_a_saved_state_is_not_moved_by_later_draws():
    generator = mg.Generator(0)
    state = generator.get_state()
    first = mg.rand(2, generator=generator).tolist()

    generator.set_state(state)

    assert mg.rand(2, generator=generator).tolist() == first


@pytest.mark.parametrize("state", [{}, None, 5, {"bit_generator": "MT19937"}, {"bit_generator": "PCG64"}])
def test_what_is_no_state_is_refused(state):
    generator = mg.Generator(0)
    before = generator.get_state()

    with pytest.raises(ValueError, match=r"set_state: expected what get_state\(\) returned, but got"):
        generator.set_state(state)

    assert generator.get_state() == before


@pytest.mark.parametrize("seed", [-1, 1.5, "a", True])
def test_a_seed_must_be_a_non_negative_integer(seed):
    message = "manual_seed: expected a non-negative integer, but got"

    with pytest.raises(ValueError, match=message):
        mg.manual_seed(seed)
    with pytest.raises(ValueError, match=message):
        mg.Generator(seed)
    with pytest.raises(ValueError, match=message):
        mg.Generator().manual_seed(None)


def test_seeds_may_be_numpy_integers_and_large():
    assert mg.Generator(np.int64(3)).get_state() == mg.Generator(3).get_state()
    assert mg.Generator(2**100).get_state() != mg.Generator(0).get_state()


# ---- what is drawn


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_uniform_numbers_lie_in_zero_to_one_without_one(dtype):
    numbers = mg.rand(100_000, generator=mg.Generator(0), dtype=dtype).numpy().astype(np.float64)

    assert numbers.min() >= 0
    assert numbers.max() < 1
    assert abs(numbers.mean() - 1 / 2) < 0.005
    assert abs(numbers.var() - 1 / 12) < 0.002


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_normal_numbers_have_mean_zero_and_deviation_one(dtype):
    numbers = mg.randn(100_000, generator=mg.Generator(0), dtype=dtype).numpy().astype(np.float64)

    assert abs(numbers.mean()) < 0.01
    assert abs(numbers.std() - 1) < 0.01
    assert abs((numbers**3).mean()) < 0.05


def test_integers_cover_low_to_high_without_high():
    numbers = mg.randint(-2, 3, (1000,), generator=mg.Generator(0))

    assert set(numbers.tolist()) == {-2, -1, 0, 1, 2}


@pytest.mark.parametrize(
    ("drawn", "size"),
    [
        (lambda g: mg.randint(5, (2, 3), generator=g), (2, 3)),
        (lambda g: mg.randint(5, size=(4,), generator=g), (4,)),
        (lambda g: mg.randint(0, 5, 3, generator=g), (3,)),
        (lambda g: mg.randint(5, generator=g), ()),
        (lambda g: mg.randint(0, 5, (0,), generator=g), (0,)),
    ],
)
def test_one_bound_means_from_zero(drawn, size):
    numbers = drawn(mg.Generator(0))

    assert (numbers.shape, numbers.dtype) == (size, np.int64)
    assert ((numbers >= 0) & (numbers < 5)).all()


@pytest.mark.parametrize("dtype", [np.uint8, np.int32, np.float32])
def test_integers_come_in_the_dtype_asked_for(dtype):
    numbers = mg.randint(0, 256, (1000,), generator=mg.Generator(0), dtype=dtype)

    assert numbers.dtype == dtype
    assert (numbers.min().item(), numbers.max().item()) == (0, 255)


@pytest.mark.parametrize(("low", "high"), [(5, 5), (5, 3), (0, 0), (0, -1)])
def test_bounds_without_an_integer_between_them_are_refused(low, high):
    with pytest.raises(
        ValueError, match=rf"randint: there is no integer in \[{low}, {high}\); low must be less than high"
    ):
        mg.randint(low, high, (2,))


@pytest.mark.parametrize(("low", "high"), [(0.5, 3), (0, 2.5), ("0", 3), (0, mg.ones(1))])
def test_bounds_must_be_integers(low, high):
    with pytest.raises(TypeError, match="randint: low and high must be integers, but got"):
        mg.randint(low, high, (2,))


@pytest.mark.parametrize(("low", "high", "dtype"), [(0, 257, np.uint8), (-1, 5, np.uint8), (0, 2**63 + 1, None)])
def test_bounds_that_the_dtype_cannot_hold_are_refused(low, high, dtype):
    with pytest.raises(ValueError, match=r"randint: u?int\d+ cannot hold all integers in \["):
        mg.randint(low, high, (2,), dtype=dtype)


def test_a_permutation_holds_every_index_once():
    order = mg.randperm(50, generator=mg.Generator(0))

    assert sorted(order.tolist()) == list(range(50))
    assert order.tolist() != list(range(50))
    assert order.dtype == np.int64
    assert mg.randperm(0).shape == (0,)


@pytest.mark.parametrize("n", [-1, 2.5, "3"])
def test_a_permutation_needs_a_non_negative_integer(n):
    with pytest.raises(ValueError, match="size: expected non-negative integers, but got"):
        mg.randperm(n)


@pytest.mark.parametrize("name", ["rand", "randn"])
@pytest.mark.parametrize("dtype", [np.int64, bool, complex])
def test_real_numbers_need_a_floating_dtype(name, dtype):
    with pytest.raises(TypeError, match=rf"{name}: expected a floating dtype, but got .*; randint\(\) draws integers"):
        getattr(mg, name)(3, dtype=dtype)


def test_drawn_leaves_may_require_grad():
    x = mg.rand(3, generator=mg.Generator(0), requires_grad=True)

    (x * 2).sum().backward()

    assert x.grad.tolist() == [2, 2, 2]


def test_a_size_may_be_a_tuple_a_list_or_nothing():
    assert mg.rand((2, 3)).shape == mg.rand([2, 3]).shape == mg.rand(2, 3).shape == (2, 3)
    assert mg.randn().shape == ()


def test_likes_follow_shape_and_dtype():
    like = mg.zeros(2, 3, dtype=np.float64)

    assert (mg.rand_like(like).shape, mg.rand_like(like).dtype) == ((2, 3), np.float64)
    assert mg.randn_like(like, dtype=np.float32).dtype == np.float32


def test_normal_has_the_mean_and_standard_deviation_asked_for():
    x = mg.normal(3.0, 0.5, (4000,), generator=mg.Generator(0))

    assert (x.mean().item(), x.std().item()) == pytest.approx((3.0, 0.5), abs=0.03)
    assert (x.dtype, x.requires_grad) == (mg.float32, False)
    assert mg.normal(0, 1, size=(2,), requires_grad=True).requires_grad


@pytest.mark.parametrize(
    ("mean", "std", "expected"),
    [
        (mg.arange(3.0), 0.0, [0.0, 1.0, 2.0]),
        (2.0, mg.zeros(2), [2.0, 2.0]),
        (mg.tensor([[1.0], [2.0]]), mg.zeros(2), [[1.0, 1.0], [2.0, 2.0]]),
    ],
)
def test_normal_draws_one_number_for_each_of_a_tensors(mean, std, expected):
    assert mg.normal(mean, std).tolist() == expected


def test_normal_keeps_the_dtype_of_its_tensors():
    assert mg.normal(mg.zeros(2, dtype=mg.float64), mg.ones(2, dtype=mg.float64)).dtype == mg.float64


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: mg.normal(0.0, 1.0), ValueError, r"normal: mean and std are numbers, .* give size="),
        (lambda: mg.normal(0.0, -1.0, (2,)), ValueError, r"normal: std must hold numbers from 0 up, but got -1"),
        (lambda: mg.normal(mg.tensor([1, 2])), TypeError, r"normal: expected a floating dtype, but got int64"),
    ],
)
def test_normal_refuses_what_it_cannot_draw(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
