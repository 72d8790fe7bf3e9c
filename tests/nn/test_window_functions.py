"""Convolutions and pools as functions: against sums written out, laid out as PyTorch's, and what they refuse."""

import itertools

import numpy as np
import pytest

import minigrad as mg
from minigrad.nn import functional as F  # noqa: N812 (PyTorch's users write F)

IMAGE, KERNEL = mg.ones(2, 4, 5, 6), mg.ones(6, 4, 3, 2)


def numbers(*shape, seed=0):
    return np.random.default_rng(seed).standard_normal(shape)


def convolved(x, w, b, stride, padding, dilation, groups):
    """conv2d as its definition says it, one number at a time."""
    (n, _, _, _), (o, cg, kh, kw) = x.shape, w.shape
    x = np.pad(x, ((0, 0), (0, 0), (padding[0],) * 2, (padding[1],) * 2))
    rows = (x.shape[2] - dilation[0] * (kh - 1) - 1) // stride[0] + 1
    columns = (x.shape[3] - dilation[1] * (kw - 1) - 1) // stride[1] + 1
    out = np.zeros((n, o, rows, columns))
    for m, k, i, j in itertools.product(*map(range, out.shape)):
        first = k // (o // groups) * cg
        seen = x[m, first : first + cg, i * stride[0] :, j * stride[1] :]
        seen = seen[:, : dilation[0] * kh : dilation[0], : dilation[1] * kw : dilation[1]]
        out[m, k, i, j] = (seen * w[k]).sum() + b[k]
    return out


@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("dilation", [(1, 1), (2, 1)])
@pytest.mark.parametrize("padding", [(0, 0), (2, 1)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 3)])
def test_a_convolution_is_the_sum_in_its_definition(stride, padding, dilation, groups):
    x, w, b = numbers(2, 4, 5, 6), numbers(6, 4 // groups, 2, 3, seed=1), numbers(6, seed=2)

    y = F.conv2d(mg.tensor(x), mg.tensor(w), mg.tensor(b), stride, padding, dilation, groups)

    np.testing.assert_allclose(y.numpy(), convolved(x, w, b, stride, padding, dilation, groups), rtol=1e-12)


@pytest.mark.parametrize(
    "function",
    [lambda x: F.conv2d(x, KERNEL), lambda x: F.max_pool2d(x, 2), lambda x: F.avg_pool2d(x, 2)],
    ids=["convolution", "maximum", "average"],
)
def test_results_are_laid_out_so_that_view_works(function):
    y = function(IMAGE)

    assert y.array.flags.c_contiguous
    assert y.view(2, -1).shape == (2, y.numel() // 2)


def test_one_image_may_come_without_a_batch():
    x = mg.tensor(numbers(4, 5, 6), dtype=mg.float32)

    for function in (lambda x: F.conv2d(x, KERNEL), lambda x: F.max_pool2d(x, 2), lambda x: F.avg_pool2d(x, 2)):
        np.testing.assert_allclose(function(x).numpy(), function(x.unsqueeze(0))[0].numpy(), rtol=1e-6)


def test_the_first_of_equal_numbers_gets_the_gradient_of_a_pool():
    x = mg.zeros(1, 1, 2, 4, requires_grad=True)

    F.max_pool2d(x, 2).sum().backward()

    assert x.grad.tolist() == [[[[1.0, 0.0, 1.0, 0.0], [0.0, 0.0, 0.0, 0.0]]]]


def test_nan_stays_in_its_channel_of_an_adaptive_average():
    x = mg.ones(2, 2, 4, 4)
    x[1, 0, 0, 3] = float("nan")

    assert F.adaptive_avg_pool2d(x, (2, 3)).isfinite().all(dim=(2, 3)).tolist() == [[True, True], [False, True]]


def test_nan_in_a_window_makes_its_result_nan_and_no_other():
    x = mg.ones(1, 1, 1, 4)
    x[0, 0, 0, 3] = float("nan")

    assert F.max_pool2d(x, (1, 2)).isnan().flatten().tolist() == [False, True]


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: F.conv2d(mg.ones(5, 6), KERNEL), ValueError, r"conv2d: input must have shape \(N, C, H, W\) or"),
        (lambda: F.conv2d([[1.0]], KERNEL), TypeError, r"conv2d: input must be a tensor, but got list; make one"),
        (lambda: F.max_pool2d(IMAGE.numpy(), 2), TypeError, r"input must be a tensor, but got float32 \(2, 4, 5, 6\)"),
        (lambda: F.conv2d(IMAGE, KERNEL[:0]), ValueError, r"weight float32 \(0, 4, 3, 2\) holds no numbers; each of"),
        (lambda: F.conv2d(IMAGE, KERNEL, 3), ValueError, r"bias must have shape \(6,\), .* but is int 3"),
        (lambda: F.conv2d(IMAGE.double(), KERNEL), TypeError, r"one dtype, but input is float64 \(2, 4, 5, 6\) and w"),
        (lambda: F.conv1d(IMAGE[0], mg.ones(6, 3, 3)), ValueError, r"weight float32 \(6, 3, 3\) .* input float32 \(4,"),
        (lambda: F.conv1d(IMAGE[0, 0], mg.ones(6, 4, 3)), ValueError, r"input float32 \(5, 6\) has 5, in dimension 0"),
        (lambda: F.conv1d(IMAGE[0], mg.ones(6, 5, 8)), ValueError, "the window of 8 is larger than the input, 6 with"),
        (lambda: F.max_pool1d(IMAGE[0], 2, padding=2), ValueError, "at most half of kernel_size 2, but got 2"),
        (lambda: F.max_pool1d(IMAGE[0], 2, return_indices=True), ValueError, "max_pool1d: return_indices is not built"),
        (lambda: F.max_pool2d(IMAGE, 2, return_indices=True), ValueError, "max_pool2d: return_indices is not built"),
        (lambda: F.avg_pool2d(IMAGE, 2, divisor_override=1.5), ValueError, "divisor_override must be .* but got 1.5"),
        (lambda: F.avg_pool2d(IMAGE, 2, divisor_override="2"), ValueError, "divisor_override must be .* but got '2'"),
        (lambda: F.conv2d(IMAGE, mg.ones(4, 3, 2)), ValueError, r"conv2d: weight must have shape"),
        (lambda: F.conv2d(IMAGE[:, :3], KERNEL), ValueError, r"conv2d: weight .* takes 4 channels, but input .* has 3"),
        (lambda: F.conv2d(IMAGE, KERNEL, groups=3), ValueError, r"conv2d: groups must divide .* but is 3"),
        (lambda: F.conv2d(IMAGE, KERNEL, groups=0), ValueError, r"conv2d: groups must divide"),
        (lambda: F.conv2d(IMAGE, KERNEL, mg.ones(4)), ValueError, r"conv2d: bias must have shape \(6,\)"),
        (lambda: F.conv2d(IMAGE, KERNEL, stride=0), ValueError, r"conv2d: stride must be .* at least 1, but got 0"),
        (lambda: F.conv2d(IMAGE, KERNEL, padding=-1), ValueError, r"conv2d: padding must be .* at least 0, but got -1"),
        (lambda: F.conv2d(IMAGE, KERNEL, padding="big"), ValueError, r"conv2d: padding must be \"same\", \"valid\" or"),
        (lambda: F.conv2d(IMAGE, KERNEL, stride=2, padding="same"), ValueError, r"conv2d: padding=.same. needs stride"),
        (lambda: F.conv2d(IMAGE, KERNEL, dilation=(1, 2, 3)), ValueError, r"conv2d: dilation must be one or two"),
        (lambda: F.conv2d(IMAGE[:, :, :2], KERNEL), ValueError, r"conv2d: the window of \(3, 2\) is larger"),
        (lambda: F.conv1d(IMAGE, mg.ones(6, 4, 3)), ValueError, r"conv1d: input must have shape \(N, C, L\) or"),
        (lambda: F.conv1d(IMAGE[0], KERNEL), ValueError, r"conv1d: weight must have shape \(O, C/groups, k\)"),
        (lambda: F.max_pool2d(IMAGE, 2, padding=2), ValueError, r"max_pool2d: padding must be at most half"),
        (lambda: F.max_pool2d(IMAGE, 7), ValueError, r"max_pool2d: the window of \(7, 7\) is larger than the input"),
        (lambda: F.max_pool2d(IMAGE, 0), ValueError, r"max_pool2d: kernel_size must be .* at least 1, but got 0"),
        (lambda: F.max_pool2d(IMAGE.long(), 2), TypeError, r"max_pool2d: expected floats, .*\.float\(\)"),
        (lambda: F.avg_pool2d(IMAGE.long(), 2), TypeError, r"avg_pool2d: expected floats, but input is"),
        (lambda: F.adaptive_avg_pool2d(IMAGE.long(), 2), TypeError, r"adaptive_avg_pool2d: expected floats, but input"),
        (lambda: F.conv2d(IMAGE.long(), KERNEL.long()), TypeError, r"conv2d: expected floats, but weight is"),
        (lambda: F.adaptive_avg_pool2d(mg.ones(1, 2, 0, 3), 1), ValueError, r"none of the last sizes 0, but got"),
        (lambda: F.max_pool2d(mg.ones(1, 2, 3, 0), 1), ValueError, r"none of the last sizes 0, but got"),
        (lambda: F.conv2d(mg.ones(1, 4, 0, 3), KERNEL, padding=2), ValueError, r"none of the last sizes 0, but got"),
        (lambda: F.max_pool1d(IMAGE, 2), ValueError, r"max_pool1d: input must have shape \(N, C, L\)"),
        (lambda: F.avg_pool2d(IMAGE, 2, divisor_override=0), ValueError, r"avg_pool2d: divisor_override must be"),
        (lambda: F.avg_pool1d(IMAGE[0], (2, 2)), ValueError, r"avg_pool1d: kernel_size must be an integer, at least 1"),
        (lambda: F.adaptive_avg_pool2d(IMAGE, 0), ValueError, r"adaptive_avg_pool2d: output_size must be .* but got 0"),
        (lambda: F.adaptive_avg_pool2d(IMAGE[0, 0], 1), ValueError, r"adaptive_avg_pool2d: input must have shape"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_with_the_way_out(call, error, message):
    with pytest.raises(error, match=message):
        call()


def test_an_empty_batch_gives_an_empty_result():
    assert F.conv2d(IMAGE[:0], KERNEL).shape == (0, 6, 3, 5)
    assert F.max_pool2d(IMAGE[:0], 2).shape == (0, 4, 2, 3)
