import json
import re
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.transforms import Compose, GaussianNoise, RandomRotation, RandomShift, rotate, shift

REFERENCE = json.loads((Path(__file__).parents[1] / "reference" / "transforms.json").read_text())["rotate"]
RANDOM = [RandomShift(2), RandomRotation(30), GaussianNoise()]


def seeded(seed=0):
    return mg.Generator().manual_seed(seed)


def made(transform, seed=0):
    """The same transform, with a seed of its own."""
    options = {name: value for name, value in vars(transform).items() if name != "generator"}
    return type(transform)(**options, generator=seeded(seed))


def images(*shape, seed=1, dtype=np.float64):
    return mg.tensor(np.random.default_rng(seed).random(shape).astype(dtype))


# Shifts.


@pytest.mark.parametrize("right", [-6, -2, 0, 1, 5])
@pytest.mark.parametrize("down", [-4, -1, 0, 3])
def test_a_shift_moves_pixels_right_and_down_and_zeros_in(right, down):
    image = images(2, 4, 5).numpy()
    big = np.zeros((2, 20, 20))
    big[:, 8 + down : 12 + down, 8 + right : 13 + right] = image

    np.testing.assert_array_equal(shift(mg.tensor(image), right, down).numpy(), big[:, 8:12, 8:13])


@pytest.mark.parametrize("dtype", [np.float32, np.uint8, np.int64, np.bool_])
def test_a_shift_keeps_the_dtype(dtype):
    moved = shift(mg.tensor(np.ones((2, 3), dtype)), 1, 0)

    assert moved.dtype == dtype
    assert moved.tolist() == [[0, 1, 1], [0, 1, 1]]


def test_nothing_but_zeros_moves_in_next_to_a_pixel_that_is_not_a_number():
    moved = shift(mg.tensor([[np.nan, 1.0], [2.0, np.inf]]), 1, 1)

    np.testing.assert_array_equal(moved.numpy(), [[0, 0], [0, np.nan]])


def test_random_shifts_are_whole_pixels_up_to_the_limit_each_equally_often():
    point = np.zeros((5000, 1, 7, 7))
    point[:, :, 3, 3] = 1

    moved = RandomShift(2, generator=seeded()).batch(mg.tensor(point)).numpy()
    often = moved.mean((0, 1))

    assert set(np.unique(moved)) == {0, 1}
    np.testing.assert_allclose(often[1:6, 1:6], 1 / 25, atol=0.012)
    assert often.sum() == pytest.approx(1)


# Rotations.


@pytest.mark.parametrize("case", REFERENCE, ids=lambda case: f"size {len(case['image'][0])}")
@pytest.mark.parametrize("degrees", REFERENCE[0]["rotated"])
def test_a_rotation_has_pytorchs_values(case, degrees):
    image = np.array(case["image"])

    turned = rotate(mg.tensor(image), float(degrees)).numpy()

    np.testing.assert_allclose(turned, case["rotated"][degrees], rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("quarters", [-2, -1, 0, 1, 2, 3, 4])
@pytest.mark.parametrize("size", [1, 4, 5])
def test_a_quarter_turn_moves_whole_pixels_anticlockwise(quarters, size):
    image = images(2, size, size)

    turned = rotate(image, 90 * quarters).numpy()

    np.testing.assert_allclose(turned, np.rot90(image.numpy(), quarters, axes=(1, 2)), atol=1e-13)


def test_half_a_turn_of_an_image_that_is_not_square_reverses_it():
    image = images(3, 4, 7)

    np.testing.assert_allclose(rotate(image, 180).numpy(), image.numpy()[:, ::-1, ::-1], atol=1e-13)


def test_no_turn_changes_nothing_to_the_bit():
    image = images(4, 7, dtype=np.float32)

    np.testing.assert_array_equal(rotate(image, 0).numpy(), image.numpy())


def test_random_rotations_are_uniform_between_the_two_angles():
    bar = np.zeros((3000, 1, 41, 41))
    bar[:, :, 20, 30] = 1  # to the right of the centre

    turned = RandomRotation((-10, 40), generator=seeded()).batch(mg.tensor(bar)).numpy()[:, 0]
    total = turned.sum((1, 2))
    up, right = ((turned * place).sum((1, 2)) / total for place in (20 - np.arange(41)[:, None], np.arange(41) - 20))
    degrees = np.rad2deg(np.arctan2(up, right))

    assert -12 < degrees.min() < -8
    assert 38 < degrees.max() < 42
    np.testing.assert_allclose(np.histogram(degrees, bins=5, range=(-10, 40))[0] / 3000, 0.2, atol=0.05)


def test_one_number_of_degrees_is_a_range_around_zero():
    assert RandomRotation(15).degrees == (-15, 15)


# Noise.


def test_noise_has_the_mean_and_deviation_asked_for():
    x = mg.zeros(200, 100, dtype=mg.float64)

    noisy = GaussianNoise(0.5, 0.2, clip=False, generator=seeded()).batch(x).numpy()

    assert abs(noisy.mean() - 0.5) < 0.01
    assert abs(noisy.std() - 0.2) < 0.01


def test_noise_is_clipped_to_what_an_image_can_be_unless_told_otherwise():
    x = mg.ones(50, 50)

    clipped = GaussianNoise(generator=seeded())(x).numpy()
    whole = GaussianNoise(clip=False, generator=seeded())(x).numpy()

    assert clipped.max() == 1
    assert whole.max() > 1.1
    np.testing.assert_array_equal(clipped, whole.clip(0, 1))


# What they have in common.


@pytest.mark.parametrize("transform", RANDOM, ids=lambda transform: type(transform).__name__)
@pytest.mark.parametrize("shape", [(6, 5), (1, 6, 5), (3, 6, 5), (2, 3, 6, 5)])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_shape_and_dtype_stay_and_the_input_is_left_alone(transform, shape, dtype):
    x = images(*shape, dtype=dtype)
    before = x.tolist()

    changed = made(transform)(x)

    assert (changed.shape, changed.dtype) == (shape, dtype)
    assert x.tolist() == before
    assert not np.shares_memory(changed.numpy(), x.numpy())


@pytest.mark.parametrize("transform", RANDOM, ids=lambda transform: type(transform).__name__)
@pytest.mark.parametrize("shape", [(6, 5), (3, 6, 5)])
def test_one_by_one_and_a_batch_at_a_time_are_the_same(transform, shape):
    x = images(8, *shape)
    one_by_one, batch = made(transform), made(transform)

    apart = [one_by_one(item).tolist() for item in x]

    assert batch.batch(x).tolist() == apart


@pytest.mark.parametrize("transform", [RandomShift(2), RandomRotation(30)], ids=lambda t: type(t).__name__)
def test_each_image_of_a_batch_has_its_own_draw_and_its_colours_share_it(transform):
    image = images(1, 1, 9, 9).numpy()
    x = mg.tensor(np.broadcast_to(image, (20, 3, 9, 9)).copy())

    changed = made(transform).batch(x).numpy()

    assert len({image.tobytes() for image in changed[:, 0]}) > 10
    np.testing.assert_array_equal(changed[:, 0], changed[:, 2])


@pytest.mark.parametrize("transform", RANDOM, ids=lambda transform: type(transform).__name__)
def test_the_same_seed_gives_the_same_images(transform):
    x = images(5, 1, 9, 9)

    once, again, other = (made(transform, seed).batch(x).tolist() for seed in [1, 1, 2])

    assert once == again
    assert once != other


@pytest.mark.parametrize("transform", RANDOM, ids=lambda transform: type(transform).__name__)
def test_without_a_generator_the_global_seed_decides(transform):
    x = images(5, 1, 9, 9)
    before = mg.random.default_generator.get_state()
    try:
        once, again = (mg.manual_seed(3) and transform.batch(x).tolist() for _ in range(2))
    finally:
        mg.random.default_generator.set_state(before)

    assert once == again


@pytest.mark.parametrize("transform", [RandomShift(0), RandomRotation(0), GaussianNoise(sigma=0)])
def test_a_transform_by_nothing_changes_nothing(transform):
    x = images(3, 1, 5, 5, dtype=np.float32)

    assert transform.batch(x).tolist() == x.tolist()


def test_an_empty_batch_stays_empty():
    augment = Compose([RandomShift(2), RandomRotation(30), GaussianNoise()])

    assert augment.batch(mg.zeros(0, 1, 5, 5)).shape == (0, 1, 5, 5)


# What they refuse.


@pytest.mark.parametrize(
    "change", [RandomShift(1), RandomRotation(1), lambda x: shift(x, 1, 1), lambda x: rotate(x, 1)]
)
@pytest.mark.parametrize("shape", [(), (5,), (0, 5), (1, 5, 0)])
def test_an_input_without_height_and_width_raises(change, shape):
    with pytest.raises(ValueError, match=re.escape("an image has a height and a width, (…, H, W)")):
        change(mg.zeros(*shape))


@pytest.mark.parametrize("transform", [RandomShift(1), RandomRotation(1)])
def test_a_batch_of_rows_raises_with_the_shape_of_one(transform):
    with pytest.raises(ValueError, match=re.escape("none of them 0, given shape (784,)")):
        transform.batch(mg.zeros(64, 784))


@pytest.mark.parametrize("change", [RandomRotation(1), GaussianNoise(), lambda x: rotate(x, 1)])
def test_integers_raise_where_results_are_fractions(change):
    with pytest.raises(TypeError, match="expected a tensor of floats, given uint8; images as floats are in"):
        change(mg.zeros(4, 4, dtype=mg.uint8))


@pytest.mark.parametrize("transform", RANDOM, ids=lambda transform: type(transform).__name__)
def test_an_array_raises(transform):
    with pytest.raises(TypeError, match="given ndarray"):
        transform(np.zeros((4, 4)))


@pytest.mark.parametrize("pixels", [1.5, "2", None, True])
def test_pixels_that_are_not_whole_raise(pixels):
    with pytest.raises(TypeError, match=re.escape(f"pixels must be a whole number, given {pixels!r}")):
        RandomShift(pixels)


def test_negative_pixels_raise():
    with pytest.raises(ValueError, match="pixels must not be negative, given -1"):
        RandomShift(-1)


@pytest.mark.parametrize(
    "degrees", [-1, float("nan"), float("inf"), (10, -10), (0, float("nan")), "a", None, (1,), (1, 2, 3), ("a", "b")]
)
def test_degrees_that_are_no_range_raise(degrees):
    with pytest.raises(ValueError, match=re.escape(f"both finite, given {degrees!r}")):
        RandomRotation(degrees)


def test_a_negative_sigma_raises():
    with pytest.raises(ValueError, match=r"sigma must not be negative, given -0\.1"):
        GaussianNoise(sigma=-0.1)


NO_NUMBERS = [float("nan"), float("inf"), "a", None]


@pytest.mark.parametrize("value", NO_NUMBERS)
@pytest.mark.parametrize("name", ["mean", "sigma"])
def test_noise_that_is_not_measured_in_finite_numbers_raises(name, value):
    with pytest.raises(ValueError, match=f"GaussianNoise: {name} must be a finite number, given {value!r}"):
        GaussianNoise(**{name: value})


@pytest.mark.parametrize("degrees", NO_NUMBERS)
def test_to_rotate_by_what_is_no_number_raises(degrees):
    with pytest.raises(ValueError, match=f"rotate: degrees must be a finite number, given {degrees!r}"):
        rotate(mg.ones(2, 2), degrees)


@pytest.mark.parametrize("pixels", [1.5, None, "a"])
def test_to_shift_by_what_is_no_whole_number_raises(pixels):
    with pytest.raises(TypeError, match=f"shift: right must be a whole number of pixels, given {pixels!r}"):
        shift(mg.ones(2, 2), pixels, 0)
    with pytest.raises(TypeError, match=f"shift: down must be a whole number of pixels, given {pixels!r}"):
        shift(mg.ones(2, 2), 0, pixels)


@pytest.mark.parametrize("transform", RANDOM)
def test_what_is_no_tensor_raises(transform):
    with pytest.raises(TypeError, match=f"{type(transform).__name__}: expected a tensor, given NoneType; wrap it in"):
        transform(None)


@pytest.mark.parametrize("make", [lambda g: RandomShift(1, generator=g), lambda g: RandomRotation(1, generator=g),
                                  lambda g: GaussianNoise(generator=g)])  # fmt: skip
def test_a_generator_of_another_kind_raises_at_once(make):
    with pytest.raises(TypeError, match=r"expected a minigrad\.Generator or None, but got int"):
        make(0)
