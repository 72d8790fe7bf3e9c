import math

import numpy as np
import pytest

import minigrad as mg
from minigrad import nn
from minigrad.autograd import grad
from minigrad.nn import functional as F  # noqa: N812
from minigrad.nn.loss import __all__ as loss_modules
from minigrad.ops import loss


def normal(*size, seed=0):
    """Normal float64 numbers that require a gradient."""
    return mg.randn(*size, dtype=mg.float64, generator=mg.Generator(seed), requires_grad=True)


def uniform(*size, seed=0):
    """Uniform float64 numbers in [0, 1)."""
    return mg.rand(*size, dtype=mg.float64, generator=mg.Generator(seed))


CROSS_ENTROPIES = [F.binary_cross_entropy, F.binary_cross_entropy_with_logits]
PAIRWISE = [F.mse_loss, F.l1_loss, F.smooth_l1_loss, F.huber_loss, *CROSS_ENTROPIES]
ALL = [*PAIRWISE, F.cross_entropy, F.nll_loss]
EVERY = [*ALL, F.hinge_embedding_loss, F.kl_div, F.focal_loss]
OF_CLASSES = [F.cross_entropy, F.nll_loss]
INDICES = mg.tensor([0, 2, 1, 2])

# Each fused loss against the textbook formula, composed from other rows of the table.

TWINS = {
    "cross_entropy": (
        lambda x: loss.cross_entropy_from_logits(x, target=INDICES.array),
        lambda x: -mg.log(mg.exp(x) / mg.exp(x).sum(1, keepdim=True))[np.arange(4), INDICES],
        lambda: [normal(4, 3)],
    ),
    "bce from logits": (
        loss.binary_cross_entropy_from_logits,
        lambda x, t: -t * mg.log(1 / (1 + mg.exp(-x))) - (1 - t) * mg.log(1 - 1 / (1 + mg.exp(-x))),
        lambda: [normal(4, 3), uniform(4, 3).requires_grad_()],
    ),
    "bce": (
        loss.binary_cross_entropy,
        lambda p, t: -t * mg.log(p) - (1 - t) * mg.log(1 - p),
        lambda: [uniform(4, 3).requires_grad_(), uniform(4, 3, seed=1).requires_grad_()],
    ),
}


def derivatives(function, inputs, seeds):
    """The value, the first derivatives along a random cotangent, and the second along random directions."""
    out = function(*inputs)
    first = grad(out, inputs, normal(*out.shape, seed=seeds).detach(), create_graph=True)
    along = [normal(*g.shape, seed=seeds + i + 1).detach() for i, g in enumerate(first)]
    second = grad(first, inputs, along, allow_unused=True)
    return [out, *first, *second]


@pytest.mark.parametrize("name", TWINS)
def test_fused_loss_and_its_textbook_formula_agree_to_second_order(name):
    fused, composed, make = TWINS[name]

    for a, b in zip(derivatives(fused, make(), 5), derivatives(composed, make(), 5), strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-9, atol=1e-12)


def test_cross_entropy_of_indices_is_that_of_their_one_hot_probabilities():
    x = normal(4, 3)
    one_hot = mg.eye(3, dtype=mg.float64)[INDICES]

    for a, b in zip(
        derivatives(lambda x: F.cross_entropy(x, INDICES, label_smoothing=0.3), [x], 7),
        derivatives(lambda x: F.cross_entropy(x, one_hot, label_smoothing=0.3), [x], 7),
        strict=True,
    ):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-14)


def test_binary_cross_entropy_is_that_of_logits_through_sigmoid():
    x, t = normal(5), uniform(5)

    np.testing.assert_allclose(
        F.binary_cross_entropy(mg.sigmoid(x), t, reduction="none").detach().numpy(),
        F.binary_cross_entropy_with_logits(x, t, reduction="none").detach().numpy(),
        rtol=1e-12,
    )


def test_pos_weight_of_one_changes_nothing():
    x, t = normal(4, 2), uniform(4, 2)

    plain, weighted = (
        derivatives(lambda x, w=w: F.binary_cross_entropy_with_logits(x, t, pos_weight=w), [x], 3)
        for w in (None, mg.ones(2))
    )

    for a, b in zip(plain, weighted, strict=True):
        np.testing.assert_allclose(a.detach().numpy(), b.detach().numpy(), rtol=1e-12, atol=1e-15)


# Extremes: finite, right, and without a word from NumPy (warnings are errors here).


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_cross_entropy_of_huge_logits_is_exact(dtype):
    x = mg.tensor(np.array([[1e4, -1e4], [1e4, -1e4], [-1e4, -1e4]], dtype), requires_grad=True)

    out = F.cross_entropy(x, mg.tensor([0, 1, 0]), reduction="none")
    out.sum().backward()

    np.testing.assert_allclose(out.detach().numpy(), [0, 2e4, math.log(2)], rtol=1e-6)
    assert x.grad.tolist() == [[0, 0], [1, -1], [-0.5, 0.5]]


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
@pytest.mark.parametrize("pos_weight", [None, mg.tensor([2.0])])
def test_binary_cross_entropy_of_huge_logits_is_exact(dtype, pos_weight):
    x = mg.tensor(np.array([1e4, 1e4, -1e4, -1e4], dtype), requires_grad=True)
    target = mg.tensor([1, 0, 1, 0])
    factor = 1 if pos_weight is None else 2

    out = F.binary_cross_entropy_with_logits(x, target, reduction="none", pos_weight=pos_weight)
    out.sum().backward()

    assert out.tolist() == [0, 1e4, factor * 1e4, 0]
    assert x.grad.tolist() == [0, 1, -factor, 0]


@pytest.mark.parametrize(
    ("x", "target", "pos_weight"), [(-30.0, 0.0, None), (-30.0, 0.0, mg.tensor(1.0)), (30.0, 1.0, mg.tensor(1.0))]
)
def test_tiny_losses_are_not_rounded_to_nothing(x, target, pos_weight):
    logit = mg.tensor(x, dtype=mg.float32)

    out = F.binary_cross_entropy_with_logits(logit, mg.tensor(target), pos_weight=pos_weight)

    assert out.item() == pytest.approx(math.exp(-30), rel=1e-6, abs=0)


@pytest.mark.parametrize("dtype", [mg.float32, mg.float64])
def test_binary_cross_entropy_of_certainties_is_cut_off(dtype):
    p = mg.tensor(np.array([0, 1, 0, 1], dtype), requires_grad=True)

    out = F.binary_cross_entropy(p, mg.tensor([0, 1, 1, 0]), reduction="none")
    out.sum().backward()

    assert out.tolist() == [0, 0, 100, 100]
    np.testing.assert_allclose(p.grad.numpy(), [0, 0, -1e12, 1e12], rtol=1e-6)


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
@pytest.mark.parametrize("pos_weight", [None, mg.tensor([2.0])])
def test_an_infinite_logit_costs_infinity_unless_it_is_right(target, pos_weight):
    x = mg.tensor([math.inf, -math.inf])

    out = F.binary_cross_entropy_with_logits(x, mg.full((2,), target), reduction="none", pos_weight=pos_weight).tolist()

    assert out[0] == math.inf or target == 1
    assert out[1] == math.inf or target == 0


@pytest.mark.filterwarnings("ignore:invalid value encountered:RuntimeWarning")
@pytest.mark.parametrize("target", [0.0, 1.0, 0.3])
def test_the_slope_at_an_infinite_logit_is_the_limit(target):
    x = mg.tensor([math.inf, -math.inf], requires_grad=True)

    F.binary_cross_entropy_with_logits(x, mg.full((2,), target), reduction="sum").backward()

    np.testing.assert_allclose(x.grad.numpy(), [1 - target, -target], rtol=1e-6)


def test_an_impossible_class_costs_nothing_unless_it_is_the_true_one():
    x = mg.tensor([[-math.inf, 0.0], [-math.inf, 0.0]], requires_grad=True)

    out = F.cross_entropy(x, mg.tensor([1, 0]), reduction="none")
    out.sum().backward()

    assert out.tolist() == [0, math.inf]
    assert x.grad.tolist() == [[0, 0], [-1, 1]]


@pytest.mark.parametrize("function", [*PAIRWISE, F.cross_entropy, F.nll_loss, F.focal_loss], ids=lambda f: f.__name__)
def test_nan_comes_out_as_nan_or_is_refused(function):
    x = mg.tensor([[math.nan, 0.5], [0.5, 0.5]])
    target = mg.tensor([0, 1]) if function in OF_CLASSES else mg.ones(2, 2)

    if function is F.binary_cross_entropy:
        with pytest.raises(ValueError, match="holds nan"):
            function(x, target)
    else:
        assert math.isnan(function(x, target).item())


# Dtypes and other forms of input.


@pytest.mark.parametrize("function", PAIRWISE, ids=lambda f: f.__name__)
@pytest.mark.parametrize("target", [mg.tensor([0, 1, 1]), mg.tensor([False, True, True])], ids=["int64", "bool"])
def test_targets_may_be_integers_or_bools(function, target):
    x = mg.tensor([0.2, 0.5, 0.9])

    out = function(x, target)

    assert out.dtype == mg.float32
    assert out.item() == function(x, target.float()).item()


@pytest.mark.parametrize("dtype", [mg.uint8, mg.int8, mg.int16, mg.int32])
@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_class_indices_may_be_integers_of_any_size(function, dtype):
    x = normal(4, 3)

    for options in ({}, {"ignore_index": 2}):
        assert function(x, INDICES.to(dtype), **options).item() == function(x, INDICES, **options).item()


@pytest.mark.parametrize("function", [*CROSS_ENTROPIES, *OF_CLASSES], ids=lambda f: f.__name__)
def test_loss_of_float32_stays_float32_with_weights_of_float64(function):
    pairwise = function in PAIRWISE
    x, target = mg.full((4, 3), 0.5), mg.ones(4, 3) if pairwise else INDICES

    assert function(x, target, mg.tensor(np.array([1.0, 2.0, 3.0]))).dtype == mg.float32


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_targets_may_be_arrays(function):
    x = uniform(4, 3)
    target = uniform(4, 3, seed=1).numpy() if function in PAIRWISE else INDICES.numpy()

    assert function(x, target).item() == function(x, mg.tensor(target)).item()


def test_weight_of_classes_is_differentiated_when_it_requires_grad():
    weight = mg.tensor([1.0, 2.0, 3.0], requires_grad=True)

    F.nll_loss(mg.ones(4, 3) * -2, INDICES, weight, reduction="sum").backward()

    assert weight.grad.tolist() == [2, 2, 4]


def test_ignored_rows_may_hold_anything():
    x = mg.tensor([[1.0, 2.0], [float("inf"), 0.0]])

    assert F.nll_loss(x, mg.tensor([0, -100])).item() == -1


def test_target_overwritten_before_backward_is_noticed():
    x, target = normal(4, 3), INDICES.clone()
    out = F.cross_entropy(x, target)

    target[0] = 1

    with pytest.raises(RuntimeError, match="overwritten since"):
        out.backward()


# Bad input.


@pytest.mark.parametrize("function", [*PAIRWISE, F.hinge_embedding_loss, F.kl_div], ids=lambda f: f.__name__)
@pytest.mark.parametrize(
    ("given", "wanted", "fix"),
    [
        ((4,), (4, 1), r"target.reshape\(4, 1\)"),
        ((4, 1), (4,), r"target.reshape\(4,\)"),
        ((), (1,), r"target.reshape\(1,\)"),
        ((1,), (4,), "give each prediction its own target"),
    ],
)
def test_shapes_that_would_broadcast_raise(function, given, wanted, fix):
    with pytest.raises(ValueError, match=f"{function.__name__}: input is .* and target .* must have one shape.*{fix}"):
        function(mg.zeros(wanted), mg.zeros(given))


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("target", [1.0, [0.0, 1.0], None], ids=["number", "list", "None"])
def test_a_target_that_is_no_tensor_raises(function, target):
    with pytest.raises(TypeError, match=f"{function.__name__}: target must be a tensor, but got .*mg.tensor"):
        function(mg.zeros(2), target)


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize(
    ("size", "target", "error", "message"),
    [
        (
            (4, 3),
            [[0], [1], [2], [0]],
            ValueError,
            r"\(4, 3\) and target int64 \(4, 1\); use target.reshape\(4,\)",
        ),
        ((4, 1), [[0], [0], [0], [0]], ValueError, r"shape \(4,\), .*use target.argmax\(1\) if it is one-hot"),
        ((2, 3), [0, 1, 2], ValueError, r"shape \(2,\), .*classes are dimension 1 of input"),
        ((3,), [0], ValueError, r"shape \(\), .*use target.reshape\(\)"),
        ((), 0, ValueError, r"input must have a dimension of classes, but it is float32 \(\)"),
        ((2, 3, 2), [0, 1], ValueError, r"shape \(2, 2\)"),
        ((2, 3), [0.0, 1.0], TypeError, r"class indices must be integers, but .* target float32 \(2,\); .*\.long\(\)"),
        ((2, 3), [False, True], TypeError, "class indices must be integers, but .* target bool"),
        ((2, 3), [0, 3], ValueError, r"holds class 3 at row 1, but input has 3 classes .* must lie in \[0, 3\)"),
        ((2, 3), [-1, 0], ValueError, "holds class -1 at row 0"),
        ((1, 3, 2), [[0, 5]], ValueError, r"holds class 5 at row \(0, 1\)"),
    ],
)
def test_class_indices_that_do_not_fit_raise(function, size, target, error, message):
    with pytest.raises(error, match=f"{function.__name__}: .*{message}"):
        function(mg.zeros(size), mg.tensor(target))


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
def test_the_mean_over_an_empty_batch_raises_but_its_sum_is_zero(function):
    x = mg.zeros(0, 3)
    target = mg.zeros(0, dtype=mg.int64) if function in OF_CLASSES else mg.zeros(0, 3)

    with pytest.raises(ValueError, match=f"{function.__name__}: the batch is empty"):
        function(x, target)
    assert function(x, target, reduction="sum").item() == 0
    assert function(x, target, reduction="none").shape[0] == 0


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_a_mean_over_ignored_rows_only_raises(function):
    with pytest.raises(ValueError, match=r"the weights add up to 0 \(is every row ignored\?\), so there is no mean"):
        function(normal(2, 3), mg.tensor([-100, -100]))


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_binary_cross_entropy_of_what_is_no_probability_raises(p):
    with pytest.raises(ValueError, match=r"every number in input must lie in \[0, 1\], but it holds .*_with_logits"):
        F.binary_cross_entropy(mg.tensor([0.5, p]), mg.tensor([0.0, 1.0]))


@pytest.mark.parametrize("label", [-1.0, 2.0, math.nan])
def test_labels_other_than_zero_to_one_raise_for_logits_as_well(label):
    with pytest.raises(ValueError, match=r"logits: every number in target must lie in .* holds (-1|2|nan); the labels"):
        F.binary_cross_entropy_with_logits(mg.zeros(1), mg.tensor([label]))


@pytest.mark.parametrize("label", [-1.0, 2.0])
def test_labels_other_than_zero_to_one_raise(label):
    with pytest.raises(ValueError, match=rf"number in target must lie in \[0, 1\], but it holds {label:g}; the labels"):
        F.binary_cross_entropy(mg.tensor([0.5, 0.5]), mg.tensor([0.0, label]))


def test_target_probabilities_outside_zero_to_one_raise():
    with pytest.raises(ValueError, match=r"cross_entropy: every number in target must lie in \[0, 1\], but it holds 2"):
        F.cross_entropy(mg.zeros(1, 2), mg.tensor([[2.0, 0.0]]))


def test_ignore_index_with_probabilities_raises():
    with pytest.raises(ValueError, match="ignore_index names a class, so it needs class indices, not probabilities"):
        F.cross_entropy(mg.zeros(1, 2), mg.tensor([[0.5, 0.5]]), ignore_index=0)


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
@pytest.mark.parametrize("bad", ["a", 1.0, None], ids=str)
def test_ignore_index_that_is_no_integer_raises(function, bad):
    with pytest.raises(TypeError, match="ignore_index: expected an integer, but got"):
        function(mg.zeros(4, 3), INDICES, ignore_index=bad)


def test_only_cross_entropy_takes_probabilities():
    with pytest.raises(ValueError, match=r"nll_loss: .*use target.argmax\(1\) if it is one-hot$"):
        F.nll_loss(mg.zeros(2, 2), mg.full((2, 2), 0.5))


@pytest.mark.parametrize("function", [F.cross_entropy, F.nll_loss])
def test_weight_needs_one_number_per_class(function):
    with pytest.raises(ValueError, match=r"one number per class, shape \(3,\), but is \(4,\)"):
        function(mg.zeros(4, 3), INDICES, mg.ones(4))


@pytest.mark.parametrize("name", ["weight", "pos_weight"])
def test_weight_that_would_enlarge_the_loss_raises(name):
    with pytest.raises(ValueError, match=r"a weight of shape \(2, 3\) does not broadcast to \(3,\), the losses'"):
        F.binary_cross_entropy_with_logits(mg.zeros(3), mg.ones(3), **{name: mg.ones(2, 3)})
    with pytest.raises(ValueError, match=r"a weight of shape \(2,\) does not broadcast to \(3,\), the losses'"):
        F.binary_cross_entropy_with_logits(mg.zeros(3), mg.ones(3), **{name: mg.ones(2)})


@pytest.mark.parametrize("function", [*PAIRWISE, F.hinge_embedding_loss, F.kl_div], ids=lambda f: f.__name__)
def test_predictions_that_are_integers_raise(function):
    with pytest.raises(TypeError, match=r"int64 \(2,\) and target int64 \(2,\), but predictions must be floats"):
        function(mg.tensor([0, 0]), mg.tensor([1, 1]))


MODULES = [getattr(nn, name) for name in loss_modules]


@pytest.mark.parametrize("make", MODULES)
def test_unknown_reduction_raises_where_the_module_is_made(make):
    with pytest.raises(ValueError, match=r"reduction: expected 'mean', 'sum'.* or 'none', but got 'average'"):
        make(reduction="average")


@pytest.mark.parametrize("make", [make for make in MODULES if make is not nn.KLDivLoss])
def test_only_a_divergence_knows_batchmean(make):
    with pytest.raises(ValueError, match="expected 'mean', 'sum' or 'none', but got 'batchmean'"):
        make(reduction="batchmean")


@pytest.mark.parametrize("function", EVERY, ids=lambda f: f.__name__)
@pytest.mark.parametrize("reduction", [None, "Mean", mg.ones(2)], ids=["None", "typo", "tensor"])
def test_unknown_reduction_of_a_function_raises(function, reduction):
    x, target = mg.zeros(2, 1), mg.zeros(2, dtype=mg.int64) if function in OF_CLASSES else mg.ones(2, 1)

    with pytest.raises(ValueError, match=r"reduction: expected 'mean', 'sum'.* or 'none', but got"):
        function(x, target, reduction=reduction)


@pytest.mark.parametrize("make", MODULES)
@pytest.mark.parametrize(
    "misuse",
    [
        lambda make, x, y: make(x, y),
        lambda make, x, y: make(x.numpy(), y.numpy()),
        lambda make, x, y: make(input=x, target=y),
        lambda make, x, y: make(None, y.tolist()),
        lambda make, x, y: make(1.0, 1.0, "sum"),
    ],
    ids=["tensors", "arrays", "by name", "list", "reduction by position"],
)
def test_a_loss_made_of_data_says_that_it_is_made_of_settings_and_called_with_data(make, misuse):
    with pytest.raises(TypeError, match=rf"{make.__name__}: .* criterion = {make.__name__}\(\), then criterion\(input"):
        misuse(make, mg.zeros(3), mg.ones(3))


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (
            lambda: nn.CrossEntropyLoss(None, None, -100),
            "only weight may be given without a name, but got None as arg.* 2",
        ),
        (
            lambda: nn.BCELoss(mg.ones(2), True, False),
            "only weight may be given without a name, but got True as arg.* 2",
        ),
        (
            lambda: nn.FocalLoss(None, 2.0, None),
            "only alpha and gamma may be given without a name, but got None as arg.* 3",
        ),
        (lambda: nn.MSELoss(False), "settings are given by name, but got False as argument 1"),
        (lambda: nn.MSELoss(reduce=False), "settings are given by name, but got reduce=False"),
        (lambda: nn.NLLLoss(size_average=True), "only weight may be given without a name, but got size_average=True"),
    ],
)
def test_a_loss_made_the_old_way_says_what_replaces_size_average(call, message):
    with pytest.raises(
        TypeError, match=f"Loss: {message}; reduction='mean', 'sum' or 'none' replaces size_average and"
    ):
        call()


@pytest.mark.parametrize("function", OF_CLASSES, ids=lambda f: f.__name__)
@pytest.mark.parametrize("dtype", [mg.int64, mg.bool])
def test_scores_of_classes_that_are_no_floats_raise(function, dtype):
    for target in (mg.tensor([0]), mg.ones(1, 2)):
        with pytest.raises(
            TypeError, match=rf"{function.__name__}: input is .* but predictions must be floats; convert"
        ):
            function(mg.ones(1, 2, dtype=dtype), target)


def test_label_smoothing_outside_zero_to_one_raises():
    with pytest.raises(ValueError, match=r"label_smoothing: a probability must lie in \[0, 1\], but got 2"):
        nn.CrossEntropyLoss(label_smoothing=2)
    with pytest.raises(ValueError, match="label_smoothing"):
        F.cross_entropy(mg.zeros(4, 3), INDICES, label_smoothing=-0.1)
    with pytest.raises(ValueError, match=r"label_smoothing: a probability must lie in .* but got 'much'"):
        F.cross_entropy(mg.zeros(4, 3), INDICES, label_smoothing="much")


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (nn.CrossEntropyLoss, "weight"),
        (nn.NLLLoss, "weight"),
        (nn.BCELoss, "weight"),
        (nn.BCEWithLogitsLoss, "pos_weight"),
        (nn.FocalLoss, "alpha"),
    ],
)
def test_weights_of_a_module_must_be_tensors(make, name):
    with pytest.raises(TypeError, match=rf"{make.__name__}: {name} must be a tensor, but got \[1.0, 2.0\]; make one"):
        make(**{name: [1.0, 2.0]})


# Modules.


def test_weights_of_a_loss_are_buffers():
    criterion = nn.BCEWithLogitsLoss(pos_weight=mg.tensor([2.0]))

    assert list(criterion.state_dict()) == ["pos_weight"]
    assert list(criterion.parameters()) == []


@pytest.mark.parametrize("function", ALL, ids=lambda f: f.__name__)
def test_a_loss_records_few_steps(function):
    x = uniform(4, 3).requires_grad_()
    out = function(x, uniform(4, 3, seed=1) if function in PAIRWISE else INDICES)

    steps, ahead = set(), [out]
    while ahead:
        node = ahead.pop().node
        if node is not None:
            steps.add(node)
            ahead += [v for v in node.inputs if isinstance(v, mg.Tensor)]

    fused, clipped = (F.cross_entropy, *CROSS_ENTROPIES), (F.smooth_l1_loss, F.huber_loss)
    assert len(steps) <= (2 if function in fused else 8 if function in clipped else 4)
