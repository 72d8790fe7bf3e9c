"""Make losses.json: what PyTorch computes for every loss of minigrad.nn, as function and as module, in float64.

    pip install torch==2.13.0
    python tests/reference/make_losses.py

The cases are those of make_nn.py; focal_loss, which PyTorch lacks, is compared with its formula in
tests/nn/test_loss_focal.py.
"""

import inspect

import torch
from make_nn import HUGE, function_case, module_case, write

torch.manual_seed(1)

randn, rand = torch.randn, torch.rand


def distribution(*size):
    """Positive numbers that sum to 1 along dimension 1."""
    return torch.softmax(randn(*size), 1)


def scores():
    """Logits of 4 samples and 3 classes, their classes, and weights of the classes."""
    return {"input": randn(4, 3), "target": torch.tensor([0, 2, 1, 1]), "weight": rand(3) + 0.5}


def images():
    """Logits (2, 3, 2, 2) with one class for each pixel."""
    return {"input": randn(2, 3, 2, 2), "target": torch.tensor([[[0, 1], [2, 2]], [[1, 1], [0, 2]]]), "weight": rand(3)}


def yes_or_no(*size):
    """Probabilities and targets in (0, 1), with weights."""
    return {"input": rand(*size), "target": rand(*size), "weight": rand(*size), "pos_weight": rand(size[-1]) + 0.5}


def weighted_numbers():
    """Predictions and targets with a weight for each."""
    return {"input": randn(2, 3), "target": randn(2, 3), "weight": torch.tensor([[0.5, 2.0, 0.0], [1e-3, 1e3, 1.0]])}


def distances():
    """Distances of pairs that belong together (1) or not (-1), on both sides of the margin."""
    return {"input": torch.tensor([0.2, 0.7, 2.5, 0.1, 3.0, -0.3]), "target": torch.tensor([1, -1, -1, -1, 1, -1])}


# Errors on, inside and outside the corners, and far too large to square.
NUMBERS = {"input": torch.tensor([-3.0, -0.7, -0.1, 0.0, 0.2, 0.5, 1.0, 2.0]), "target": torch.zeros(8)}
EXTREME = {"input": torch.tensor([1e4, -1e4, 1e150]), "target": torch.tensor([-1e4, 1e-4, 0.0])}
EXTREME_WEIGHTS = torch.tensor([1e-30, 1e30, 1.0])
STEEP = {
    "input": HUGE[:3],
    "target": (HUGE[:3] > 0).double().flip(1),
    "weight": EXTREME_WEIGHTS,
    "pos_weight": EXTREME_WEIGHTS,
}
CERTAIN = {  # by the labels there is no slope to compare: PyTorch's is infinite
    "input": torch.tensor([0.0, 1.0, 0.0, 1.0, 0.0, 1.0, 1e-30, 0.5]),
    "labels": torch.tensor([0.0, 1.0, 1.0, 0.0, 0.3, 0.7, 1.0, 0.5]),
}

FUNCTIONS = []
for reduction in ("mean", "sum", "none"):
    how = f"reduction='{reduction}'"
    FUNCTIONS += [
        (f"mse_loss(input, target, {how})", {"input": randn(2, 3), "target": randn(2, 3)}),
        (f"mse_loss(input, target, {how})", {"input": randn(()), "target": randn(())}),
        (f"mse_loss(input, target, {how}, weight=weight)", weighted_numbers()),
        (f"mse_loss(input, target, {how})", EXTREME),
        (f"l1_loss(input, target, {how})", {"input": torch.tensor([1.0, 2.0, -3.0]), "target": torch.ones(3)}),
        (f"l1_loss(input, target, {how}, weight=weight)", weighted_numbers()),
        (f"smooth_l1_loss(input, target, {how})", NUMBERS),
        (f"smooth_l1_loss(input, target, {how}, beta=0.3)", NUMBERS),
        (f"smooth_l1_loss(input, target, {how}, beta=0.0)", NUMBERS),
        (f"smooth_l1_loss(input, target, {how}, beta=1e-200)", NUMBERS),
        (f"smooth_l1_loss(input, target, {how})", EXTREME),
        (f"huber_loss(input, target, {how})", NUMBERS),
        (f"huber_loss(input, target, '{reduction}', 0.3)", NUMBERS),
        (f"huber_loss(input, target, '{reduction}', 2.0, weight)", weighted_numbers()),
        (f"huber_loss(input, target, {how})", EXTREME),
        (f"hinge_embedding_loss(input, target, {how})", distances()),
        (f"hinge_embedding_loss(input, target, 0.4, {how})", distances()),
        (f"hinge_embedding_loss(input, target, -0.5, {how})", distances()),
        (f"binary_cross_entropy(input, target, {how})", yes_or_no(4, 1)),
        (f"binary_cross_entropy(input, target, weight, {how})", yes_or_no(2, 3)),
        (f"binary_cross_entropy(input, labels, {how})", CERTAIN),
        (f"binary_cross_entropy_with_logits(input, target, {how})", yes_or_no(4, 1)),
        (f"binary_cross_entropy_with_logits(input, target, weight, {how})", yes_or_no(2, 3)),
        (f"binary_cross_entropy_with_logits(input, target, pos_weight=pos_weight, {how})", yes_or_no(2, 3)),
        (f"binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight, {how})", yes_or_no(2, 3)),
        (f"binary_cross_entropy_with_logits(input, target, {how})", {"input": HUGE, "target": rand(4, 3).round()}),
        (
            f"binary_cross_entropy_with_logits(input, target, weight, pos_weight=pos_weight, {how})",
            STEEP,
        ),
        (f"cross_entropy(input, target, {how})", scores()),
        (f"cross_entropy(input, target, weight, {how})", scores()),
        (f"cross_entropy(input, target, ignore_index=1, {how})", scores()),
        (f"cross_entropy(input, target, label_smoothing=0.2, {how})", scores()),
        (f"cross_entropy(input, target, weight, ignore_index=1, label_smoothing=0.2, {how})", scores()),
        (f"cross_entropy(input, target, weight, ignore_index=1, label_smoothing=0.2, {how})", images()),
        (f"cross_entropy(input, target, {how})", images()),
        (f"cross_entropy(input, target, {how})", {"input": randn(3), "target": torch.tensor(2)}),
        (f"cross_entropy(input, target, {how})", {"input": HUGE, "target": torch.tensor([0, 0, 1, 1])}),
        (f"cross_entropy(input, target, {how})", {"input": randn(4, 3), "target": distribution(4, 3)}),
        (f"cross_entropy(input, target, {how})", {"input": HUGE, "target": distribution(4, 3)}),
        (
            f"cross_entropy(input, target, label_smoothing=0.1, {how})",
            {"input": HUGE, "target": torch.tensor([0, 0, 1, 1])},
        ),
        (f"cross_entropy(input, target, {how})", {"input": randn(3), "target": torch.tensor([0.2, 0.3, 0.5])}),
        (
            f"cross_entropy(input, target, weight, label_smoothing=0.1, {how})",
            {"input": randn(2, 3, 2), "target": distribution(2, 3, 2), "weight": rand(3)},
        ),
        (f"cross_entropy(input, target, weight, {how})", {**scores(), "weight": EXTREME_WEIGHTS}),
        (f"nll_loss(input, target, {how})", scores()),
        (f"nll_loss(input, target, weight, ignore_index=2, {how})", scores()),
        (f"nll_loss(input, target, weight, {how})", images()),
        (f"nll_loss(input, target, {how})", {"input": randn(3), "target": torch.tensor(2)}),
    ]
for reduction in ("mean", "sum", "none", "batchmean"):
    how = f"reduction='{reduction}'"
    FUNCTIONS += [
        (f"kl_div(input, target, {how})", {"input": distribution(2, 3).log(), "target": distribution(2, 3)}),
        (f"kl_div(input, target, {how})", {"input": distribution(2, 2, 2).log(), "target": distribution(2, 2, 2)}),
        (f"kl_div(input, target, {how})", {"input": torch.tensor(-1.0), "target": torch.tensor(0.3)}),
        (f"kl_div(input, labels, {how})", {"input": distribution(3, 2).log(), "labels": torch.eye(2)[[0, 1, 1]]}),
        (f"kl_div(input.log_softmax(1), labels, {how})", {"input": HUGE, "labels": torch.eye(3)[[0, 2, 1, 0]]}),
        (
            f"kl_div(input, target, {how}, log_target=True)",
            {"input": distribution(2, 3).log(), "target": distribution(2, 3).log()},
        ),
        (
            f"kl_div(input, target, {how}, log_target=True)",
            {"input": torch.tensor([-1.0, -1e4, 0.0]), "target": torch.tensor([-1e4, -1.0, 0.0])},
        ),
    ]

PAIR = {"input": randn(2, 3), "target": randn(2, 3)}
MODULES = [
    ("MSELoss()", PAIR),
    ("MSELoss(reduction='sum')", PAIR),
    ("L1Loss()", PAIR),
    ("SmoothL1Loss()", PAIR),
    ("SmoothL1Loss(reduction='sum', beta=0.2)", PAIR),
    ("HuberLoss()", PAIR),
    ("HuberLoss('none', 0.5)", PAIR),
    ("HingeEmbeddingLoss()", distances()),
    ("HingeEmbeddingLoss(0.3, reduction='sum')", distances()),
    ("KLDivLoss(reduction='batchmean')", {"input": distribution(2, 3).log(), "target": distribution(2, 3)}),
    (
        "KLDivLoss(reduction='sum', log_target=True)",
        {"input": distribution(2, 3).log(), "target": distribution(2, 3).log()},
    ),
    ("BCELoss()", {"input": rand(4, 1), "target": rand(4, 1)}),
    ("BCEWithLogitsLoss()", {"input": randn(4, 1), "target": rand(4, 1)}),
    ("BCEWithLogitsLoss(pos_weight=tensor([2.0]))", {"input": randn(4, 1), "target": rand(4, 1)}),
    ("CrossEntropyLoss()", {"input": randn(4, 3), "target": torch.tensor([0, 1, 2, 2])}),
    (
        "CrossEntropyLoss(weight=tensor([1.0, 2.0, 0.5]), label_smoothing=0.1, ignore_index=0)",
        {"input": randn(4, 3), "target": torch.tensor([0, 1, 2, 2])},
    ),
    ("NLLLoss(weight=tensor([1.0, 2.0, 0.5]))", {"input": randn(4, 3), "target": torch.tensor([0, 1, 2, 2])}),
]
BY_NAME = [
    "mse_loss", "l1_loss", "smooth_l1_loss", "huber_loss", "cross_entropy", "nll_loss", "binary_cross_entropy",
    "binary_cross_entropy_with_logits", "kl_div", "hinge_embedding_loss", "MSELoss", "L1Loss", "SmoothL1Loss",
    "HuberLoss", "CrossEntropyLoss", "NLLLoss", "BCELoss", "BCEWithLogitsLoss", "KLDivLoss", "HingeEmbeddingLoss",
]  # fmt: skip
DEPRECATED = ("size_average", "reduce")


def signature_case(name):
    """The name of a loss, and the names and defaults of its arguments without the deprecated ones."""
    parameters = inspect.signature(getattr(torch.nn, name, None) or getattr(torch.nn.functional, name)).parameters
    kept = [p for p in parameters.values() if p.name not in DEPRECATED]
    return [name, [[p.name, "required" if p.default is p.empty else p.default] for p in kept]]


if __name__ == "__main__":
    cases = {
        "functions": [function_case(*case) for case in FUNCTIONS],
        "modules": [module_case(*case) for case in MODULES],
        "signatures": [signature_case(name) for name in BY_NAME],
    }
    write("losses.json", cases)
