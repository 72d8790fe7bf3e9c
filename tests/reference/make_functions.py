"""Make functions.json: what PyTorch computes for the functions of minigrad itself, in float64.

    pip install torch==2.13.0
    python tests/reference/make_functions.py

A case is an expression that both libraries understand, the tensors in it, and PyTorch's outputs and gradients (for
random cotangents), first and second. tests/test_functions_reference.py evaluates the same expressions with minigrad.
"""

import json
import math
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(1)

randn, rand = torch.randn, torch.rand
WIDE = torch.tensor([-1e4, -30.0, -1.5, -1e-8, 0.3, 1.5, 30.0, 1e4])
ROWS, COLUMNS = torch.tensor([[0, 2, 1], [1, 1, 0]]), torch.tensor([[2, 0], [1, 1], [2, 2], [0, 1]])
X, SQUARE, WITH_ZEROS = randn(2, 3, 4), randn(3, 3), torch.tensor([[2.0, 0.0, -1.5], [0.5, 3.0, -2.0]])

ELEMENTWISE = {
    "exp expm1 sin cos sinh cosh tanh sigmoid erf atan square abs relu neg": randn(2, 3),
    "tanh sigmoid erf atan relu": WIDE,
    "log log2 log10 log1p sqrt rsqrt reciprocal": rand(2, 3) + 0.2,
    "asin acos tan": rand(5) * 1.8 - 0.9,
    "floor ceil round trunc sign": torch.tensor([-2.5, -1.5, -0.5, -0.2, 0.0, 0.5, 1.5, 2.7]),
}
CASES = [(f"{name}(x)", {"x": x}) for names, x in ELEMENTWISE.items() for name in names.split()]
for dim in (0, -1, (0, 2), None):
    CASES += [
        (f"{name}(x, dim={dim})", {"x": X})
        for name in ("sum", "mean", "amax", "amin", "norm", "var", "std", *(("logsumexp",) if dim is not None else ()))
    ]
    CASES += [(f"norm(x, p={p}, dim={dim})", {"x": X}) for p in ("1", "3.5", "inf", "-inf", "0")]
for dim in (0, -1):
    CASES += [
        *((f"{name}(x, {dim})", {"x": SQUARE}) for name in ("prod", "cumsum", "softmax", "log_softmax")),
        (f"prod(x, {dim}, keepdim=True)", {"x": WITH_ZEROS}),
        *((f"sort(x, {dim}, descending={down}).values", {"x": X}) for down in (False, True)),
        *((f"sort(x, {dim}, descending={down}).indices", {"x": X}) for down in (False, True)),
        *((f"topk(x, 2, {dim}, largest={large}).values", {"x": X}) for large in (False, True)),
        (f"topk(x, 1, {dim}).indices", {"x": X}),
        (f"index_select(x, {dim}, tensor([1, 0, 1]))", {"x": SQUARE}),
        (f"cat(chunk(x, 2, {dim})[::-1], {dim})", {"x": SQUARE}),
        (f"stack(unbind(x, {dim})[::-1])", {"x": SQUARE}),
        (f"narrow(x, {dim}, 1, 2)", {"x": SQUARE}),
        (f"argsort(x, {dim})", {"x": X}),
    ]
CASES += [
    ("prod(x)", {"x": SQUARE}),
    ("prod(x)", {"x": WITH_ZEROS}),
    ("norm(x)", {"x": torch.zeros(3)}),
    ("norm(x, p=3)", {"x": torch.zeros(3)}),
    ("gather(x, 0, i)", {"x": SQUARE, "i": ROWS}),
    ("gather(x, 1, i)", {"x": SQUARE, "i": ROWS}),
    ("gather(x, -1, j)", {"x": randn(4, 3), "j": COLUMNS}),
    ("scatter_add(x, 1, j, s)", {"x": randn(4, 3), "j": COLUMNS, "s": randn(4, 2)}),
    ("scatter_add(x, 0, i, s)", {"x": randn(3, 3), "i": ROWS, "s": randn(2, 3)}),
    ("masked_fill(x, x > 0, -7.0)", {"x": SQUARE}),
    ("masked_select(x, x > 0)", {"x": SQUARE}),
    ("masked_select(x, tensor([True, False, True]))", {"x": SQUARE}),
    ("flip(x, (0, -1))", {"x": X}),
    ("x.repeat(2, 1, 3)", {"x": SQUARE}),
    ("movedim(x, 0, -1)", {"x": X}),
    ("movedim(x, (0, 1), (-1, 0))", {"x": X}),
    *((f"{name}(x, {k})", {"x": X}) for name in ("tril", "triu") for k in (-1, 0, 2)),
    *((f"diagonal(x, {k}, 1, 2)", {"x": X}) for k in (-1, 0, 1, 5)),
    ("diagonal(x, 0, -1, 0)", {"x": X}),
    ("trace(x)", {"x": SQUARE}),
    ("bmm(x, y)", {"x": randn(2, 3, 4), "y": randn(2, 4, 2)}),
    ("mv(x, y)", {"x": randn(3, 2), "y": randn(2)}),
    ("outer(x, y)", {"x": randn(3), "y": randn(2)}),
    ("addmm(x, y, z, beta=0.5, alpha=-2.0)", {"x": randn(4), "y": randn(3, 2), "z": randn(2, 4)}),
    ("round(x, decimals=1)", {"x": randn(4)}),
    ("maximum(x, y)", {"x": torch.tensor([1.0, 2.0, 3.0]), "y": torch.tensor([1.0, 3.0, 2.0])}),
    ("clamp(x, -0.5, 0.5)", {"x": torch.tensor([-1.0, -0.5, 0.1, 0.5, 2.0])}),
    ("where(x > 0, x, y)", {"x": SQUARE, "y": randn(3)}),
    ("leaky(x)", {"x": torch.tensor([-1.0, 0.0, 2.0])}),
    ("x ** y", {"x": torch.tensor([0.0, 2.0, 3.0]), "y": torch.tensor([2.0, 0.5, -1.5])}),
    ("x % y", {"x": torch.tensor([5.3, -4.1]), "y": torch.tensor([2.0, -3.0])}),
    ("einsum('bij,bjk->bik', x, y)", {"x": randn(2, 2, 3), "y": randn(2, 3, 2)}),
    *((f"norm(x, p={p}, dim=1)", {"x": WITH_ZEROS}) for p in ("0.5", "-1", "-2.5")),
    ("masked_fill(x, tensor([[True], [False]]), 2)", {"x": torch.tensor([0.5, -1.5])}),
    ("masked_fill(x, tensor([True, False]), 2.0)", {"x": torch.tensor([3, 4])}),
    ("masked_fill(x, tensor([True, False]), 0)", {"x": torch.tensor([True, True])}),
    *((f"{name}(x)", {"x": torch.ones(2, 2).bool()}) for name in ("tril", "triu")),
    ("einsum('ii', x)", {"x": torch.tensor([[1.0, math.inf], [math.nan, 2.0]])}),
    ("einsum('ij->i', x)", {"x": torch.ones(2, 3).bool()}),
    ("einsum('iji->j', x)", {"x": torch.tensor([[[1.0, 2.0], [3.0, 4.0]], [[5.0, 6.0], [7.0, 8.0]]])}),
    ("addmm(x, y, y, beta=0)", {"x": torch.tensor([math.nan, math.inf]), "y": torch.tensor([[1.0, 2.0], [3.0, 4.0]])}),
    ("chunk(x, 3)[2]", {"x": torch.zeros(0, 2)}),
    ("stack([p * p.sum() for p in unbind(x)])", {"x": torch.arange(22.0).reshape(11, 2)}),
    ("cat([p * p.sum() for p in split(x, 2)][::-1])", {"x": torch.arange(22.0).reshape(11, 2)}),
    ("stack([p * p.sum() for p in x])", {"x": torch.arange(14.0).reshape(7, 2)}),
]


def numbers(tensor):
    """A tensor as nested lists."""
    return tensor.detach().tolist()


def case(call, tensors):
    """Output, gradients and second gradients of one expression."""
    inputs = {name: x.clone().requires_grad_(x.is_floating_point()) for name, x in tensors.items()}
    known = {**vars(torch), "leaky": torch.nn.functional.leaky_relu, "inf": math.inf}
    output = eval(call, known, inputs)
    found = {"call": call, "tensors": {k: numbers(x) for k, x in inputs.items()}, "output": numbers(output)}
    wanted = [x for x in inputs.values() if x.requires_grad]
    if not (output.requires_grad and output.is_floating_point()):
        return found
    cotangent = randn(output.shape)
    first = torch.autograd.grad(output, wanted, cotangent, create_graph=True, allow_unused=True)
    first = [torch.zeros_like(x) if g is None else g for x, g in zip(wanted, first, strict=True)]
    again = [torch.cos(torch.arange(x.numel()) + 1.0).reshape(x.shape) for x in wanted]
    total = sum((g * a).sum() for g, a in zip(first, again, strict=True))
    second = torch.autograd.grad(total, wanted, allow_unused=True) if total.requires_grad else [None] * len(wanted)
    found["cotangent"] = numbers(cotangent)
    found["first"] = [numbers(g) for g in first]
    zeros = [torch.zeros(x.shape) for x in wanted]  # PyTorch has zero tensors without memory: adding gives them some
    found["second"] = [numbers(zero if g is None else zero + g) for zero, g in zip(zeros, second, strict=True)]
    return found


if __name__ == "__main__":
    lines = ",\n".join(json.dumps(case(*each)) for each in CASES)
    Path(__file__).with_name("functions.json").write_text(f"[\n{lines}\n]\n")
