"""Make layers.json: what PyTorch computes with every layer and its options, in float64.

    pip install torch==2.13.0
    python tests/reference/make_layers.py

A case is an expression that makes a layer in both libraries, and the size of its input. Inputs, parameters and
cotangents follow from `wave`, so the file holds only results: outputs and gradients in training and in evaluation, the
buffers after three batches; for functions the second derivative, too. tests/nn/test_layers_reference.py does the same
with minigrad.
"""

import json
from pathlib import Path

import torch
from torch.nn.utils import parameters_to_vector, vector_to_parameters

torch.set_default_dtype(torch.float64)


def wave(size, phase=0.0):
    """Different numbers between -2 and 2, of the given size."""
    count = torch.arange(torch.Size(size).numel(), dtype=torch.float64)
    return (2 * torch.sin(1.7 * count + phase)).reshape(size)


ACTIVATIONS = [
    "ReLU()", "LeakyReLU()", "LeakyReLU(0.3)", "ELU()", "ELU(0.5)", "GELU()", "GELU('tanh')", "SiLU()", "Softplus()",
    "Softplus(2.0, 1.5)", "LogSigmoid()", "Hardtanh()", "Hardtanh(-0.5, 1.5)", "ReLU6()", "Softsign()", "SELU()",
    "Sigmoid()", "Tanh()", "Softmax(dim=1)", "LogSoftmax(dim=0)", "Identity()", "Flatten()", "Flatten(0, 1)",
    "Dropout(1.0)", "Hardtanh(-2, 3)",
]  # fmt: skip
LAYERS = [  # how to make it, the size of its input
    *((make, (3, 4)) for make in ACTIVATIONS),
    ("Conv1d(2, 3, 2)", (2, 2, 4)),
    ("Conv1d(2, 4, 3, stride=2, padding=1, groups=2)", (2, 5)),
    ("Conv1d(2, 2, 2, padding='same', dilation=3, bias=False)", (1, 2, 5)),
    ("Conv2d(2, 3, 2)", (2, 2, 3, 3)),
    ("Conv2d(1, 2, (3, 2), stride=(1, 2), padding=(1, 0))", (1, 1, 3, 5)),
    ("Conv2d(2, 2, 3, padding='same')", (1, 2, 3, 4)),
    ("Conv2d(1, 1, 4, padding='same', dilation=(1, 2))", (1, 1, 4, 5)),
    ("Conv2d(2, 4, 2, groups=2, dilation=2, bias=False)", (2, 4, 3)),
    ("Conv2d(3, 3, 2, padding='valid', groups=3)", (1, 3, 3, 2)),
    ("Conv2d(2, 1, 1, stride=2)", (1, 2, 3, 3)),
    ("MaxPool1d(2)", (1, 2, 5)),
    ("MaxPool1d(3, stride=1, padding=1, dilation=2)", (2, 6)),
    ("MaxPool1d(2, ceil_mode=True)", (1, 1, 5)),
    ("MaxPool2d(2)", (1, 2, 4, 5)),
    ("MaxPool2d((2, 3), stride=(1, 2), padding=(1, 1))", (1, 1, 4, 5)),
    ("MaxPool2d(2, 1, dilation=2)", (2, 4, 4)),
    ("MaxPool2d(3, 2, 1, ceil_mode=True)", (1, 1, 4, 6)),
    ("AvgPool1d(2)", (1, 2, 5)),
    ("AvgPool1d(3, stride=2, padding=1, ceil_mode=True)", (2, 6)),
    ("AvgPool1d(3, 1, 1, count_include_pad=False)", (1, 1, 4)),
    ("AvgPool2d(2)", (1, 2, 4, 5)),
    ("AvgPool2d((3, 2), 2, 1, ceil_mode=True)", (1, 1, 4, 5)),
    ("AvgPool2d(3, 2, 1, ceil_mode=True, count_include_pad=False)", (1, 4, 4)),
    ("AvgPool2d(2, divisor_override=3)", (1, 1, 4, 4)),
    ("AdaptiveAvgPool2d(1)", (1, 2, 3, 3)),
    ("AdaptiveAvgPool2d((2, 3))", (1, 1, 5, 4)),
    ("AdaptiveAvgPool2d((None, 2))", (2, 2, 5)),
    ("BatchNorm1d(3)", (4, 3)),
    ("BatchNorm1d(2, momentum=None)", (2, 2, 3)),
    ("BatchNorm1d(3, affine=False, momentum=0.4)", (4, 3)),
    ("BatchNorm1d(3, track_running_stats=False, eps=0.1)", (4, 3)),
    ("BatchNorm1d(3, bias=False, momentum=1.0)", (4, 3)),
    ("BatchNorm2d(2)", (2, 2, 2, 2)),
    ("BatchNorm2d(2, eps=0.01, momentum=None)", (1, 2, 2, 3)),
    ("BatchNorm2d(1, track_running_stats=False, affine=False)", (2, 1, 2, 2)),
    ("BatchNorm2d(1, momentum=0.0)", (2, 1, 2, 2)),
    ("LayerNorm(4)", (3, 4)),
    ("LayerNorm((2, 3), eps=0.01)", (2, 2, 3)),
    ("LayerNorm([3], bias=False)", (2, 3)),
    ("LayerNorm(3, elementwise_affine=False)", (2, 3)),
    ("RNN(2, 3)", (4, 2, 2)),
    ("RNN(2, 3)", (4, 2)),
    ("RNN(2, 2, 2, 'relu', bias=False)", (3, 2, 2)),
    ("RNN(2, 2, batch_first=True)", (2, 3, 2)),
    ("RNN(2, 2, batch_first=True)", (3, 2)),
    ("RNN(2, 2, bidirectional=True)", (3, 2, 2)),
    ("RNN(2, 2, num_layers=3, bidirectional=True, batch_first=True)", (2, 3, 2)),
    ("RNN(2, 2, num_layers=2, nonlinearity='relu', dropout=1.0)", (3, 1, 2)),
    ("Sequential(Conv2d(1, 2, 2), BatchNorm2d(2), ReLU(), MaxPool2d(2), Flatten(), Linear(2, 2))", (2, 1, 3, 3)),
]
EMBEDDINGS = [
    ("Embedding(5, 2)", [[1, 1, 4], [0, 1, 2]]),
    ("Embedding(4, 3, padding_idx=1)", [1, 3, 1, 0]),
    ("Embedding(4, 2, padding_idx=-1)", [[3], [0]]),
    ("Embedding(3, 1)", 2),
]
STARTED = [  # an RNN, its input, the states to begin with
    ("RNN(2, 3)", (4, 2, 2), (1, 2, 3)),
    ("RNN(2, 2, 2, bidirectional=True)", (3, 2), (4, 2)),
    ("RNN(2, 2, 2, batch_first=True)", (2, 3, 2), (2, 2, 2)),
]
STEEP = torch.tensor([-1e4, -750.0, -30.0, -3.0, -1.0, -1e-3, 0.0, 1e-3, 1.0, 3.0, 6.0, 30.0, 750.0, 1e4])
STEEP_ONES = [
    "relu", "leaky_relu", "elu", "gelu", "silu", "softplus", "logsigmoid", "hardtanh", "relu6", "softsign", "selu",
    "sigmoid", "tanh",
]  # fmt: skip
FUNCTIONS = [  # an expression in x, y and z, and the sizes (or numbers) of these
    *(
        (f"{name}(x)", [STEEP.tolist()])
        for name in STEEP_ONES
    ),
    ("gelu(x, approximate='tanh')", [STEEP.tolist()]),
    ("softplus(x, 0.5, 10)", [STEEP.tolist()]),
    ("softplus(x, 2.0, 1000)", [[-300.0, 0.0, 300.0]]),
    ("softplus(x, -1.0)", [(2, 3)]),
    ("elu(x, -0.5)", [(2, 3)]),
    ("hardtanh(x, -0.5, 0.25, inplace=False)", [(2, 3)]),
    *((f"normalize(x, p={p}, dim={dim})", [(3, 4)]) for p in (1, 2.0, 3.5, "float('inf')") for dim in (0, -1)),
    ("normalize(x)", [[[0.0, 0.0], [3.0, 4.0]]]),
    ("normalize(x, eps=3.0)", [(2, 2, 2)]),
    ("cosine_similarity(x, y)", [(3, 4), (3, 4)]),
    ("cosine_similarity(x, y, dim=-1)", [(2, 3), (4, 1, 3)]),
    ("cosine_similarity(x, y, dim=0, eps=1e-3)", [(3, 2), (3, 1)]),
    *(
        (f"pad(x, {pad}{rest})", [(1, 3, 4)])
        for pad, rest in [
            ("(1, 2)", ""), ("(1, 0, 2, 1)", ", value=1.5"), ("(-1, 1, 0, -2)", ", 'constant', -1.0"),
            ("(0, 1, 1, 0, 1, 1)", ""), ("(3, 1)", ", 'reflect'"), ("(3, -1)", ", 'reflect'"),
            ("(5, 2)", ", 'replicate'"), ("(-1, 2)", ", 'replicate'"), ("(4, 2)", ", 'circular'"),
            ("(-1, -2)", ", mode='circular'"),
        ]
    ),
    *((f"pad(x, (1, 2, 2, 1), '{mode}')", [(1, 1, 3, 3)]) for mode in ("reflect", "replicate", "circular")),
    ("batch_norm(x, None, None, training=True)", [(3, 2)]),
    ("batch_norm(x, None, None, y, z, True, eps=0.01)", [(2, 2, 3), (2,), (2,)]),
    ("batch_norm(x, tensor([0.5, -1.0]), tensor([2.0, 0.1]), y, z)", [(2, 2, 2), (2,), (2,)]),
    ("layer_norm(x, [4])", [(3, 4)]),
    ("layer_norm(x, (2, 3), y, z, 0.1)", [(2, 2, 3), (2, 3), (2, 3)]),
    ("embedding(tensor([[0, 2], [2, 1]]), x)", [(3, 2)]),
    ("embedding(tensor([0, 2, 2]), x, padding_idx=-1)", [(3, 2)]),
    ("one_hot(tensor([[0, 2], [1, 1]])) * x", [(2, 2, 3)]),
    ("one_hot(tensor([0, 2]), num_classes=4) * x", [(2, 4)]),
]  # fmt: skip


def numbers(x):
    """A tensor as nested lists."""
    return x.detach().tolist()


def made(make):
    """The module that an expression makes, and its parameters, filled with waves."""
    module = eval(make, vars(torch.nn))
    parameters = dict(module.named_parameters())
    for i, p in enumerate(parameters.values()):
        p.data = wave(p.shape, 0.5 * i + 1)
    return module, parameters


def differentiated(outputs, inputs):
    """The outputs, and the gradients of the inputs for cotangents that are waves."""
    outputs = outputs if isinstance(outputs, tuple) else (outputs,)
    cotangents = [wave(y.shape, i + 0.25) for i, y in enumerate(outputs)]
    found = [None] * len(inputs)
    if any(y.requires_grad for y in outputs):
        found = torch.autograd.grad(outputs, list(inputs.values()), cotangents, allow_unused=True)
    gradients = {
        name: numbers(torch.zeros(x.shape) if g is None else g)
        for (name, x), g in zip(inputs.items(), found, strict=True)
    }
    return {"outputs": [numbers(y) for y in outputs], "gradients": gradients}


def layer_case(make, size):
    """One layer in training, with the third batch it sees, and in evaluation, if that gives something else."""
    module, parameters = made(make)
    known = {"make": make, "repr": repr(module), "size": size}
    known["state"] = {name: list(x.shape) for name, x in module.state_dict().items()}
    batches = [wave(size, 0.1 * i).requires_grad_() for i in range(3)]
    results = [module(x) for x in batches]
    known["train"] = differentiated(results[-1], {"input": batches[-1], **parameters})
    known["buffers"] = {name: numbers(b) for name, b in module.named_buffers()}
    evaluated = differentiated(module.eval()(batches[-1]), {"input": batches[-1], **parameters})
    if evaluated != known["train"]:
        known["eval"] = evaluated
    return known


def embedding_case(make, indices):
    """One Embedding."""
    module, parameters = made(make)
    known = {"make": make, "repr": repr(module), "indices": indices}
    return known | differentiated(module(torch.tensor(indices)), parameters)


def started_case(make, size, start):
    """One RNN that begins with given states."""
    module, parameters = made(make)
    inputs = {"input": wave(size).requires_grad_(), "hx": wave(start, 0.3).requires_grad_()}
    known = {"make": make, "size": size, "start": start}
    return known | differentiated(module(*inputs.values()), {**inputs, **parameters})


def function_case(call, given):
    """One function, with first and second derivatives."""
    xs = [torch.tensor(g) if isinstance(g, list) else wave(g, 0.5 * i) for i, g in enumerate(given)]
    inputs = dict(zip("xyz", [x.requires_grad_() for x in xs], strict=False))
    output = eval(call, {**vars(torch.nn.functional), "tensor": torch.tensor}, inputs)
    first = torch.autograd.grad(output, xs, wave(output.shape, 0.25), create_graph=True)
    total = sum((g * wave(g.shape, 0.75)).sum() for g in first)
    second = torch.autograd.grad(total, xs, allow_unused=True) if total.requires_grad else [None] * len(xs)
    zeros = [torch.zeros(x.shape) for x in xs]
    return {
        "call": call, "given": given, "output": numbers(output), "first": [numbers(g) for g in first],
        "second": [numbers(zero if g is None else zero + g) for zero, g in zip(zeros, second, strict=True)],
    }  # fmt: skip


def vector_case():
    """Two parameters as one vector, and another vector written back into them."""
    parameters = [wave((2, 3)), wave((2,), 1.0)]
    vector = numbers(parameters_to_vector(parameters))
    vector_to_parameters(wave((8,), 2.0), parameters)
    return {"vector": vector, "after": [numbers(p) for p in parameters]}


if __name__ == "__main__":
    cases = {
        "layers": [layer_case(*case) for case in LAYERS],
        "embeddings": [embedding_case(*case) for case in EMBEDDINGS],
        "started": [started_case(*case) for case in STARTED],
        "functions": [function_case(*case) for case in FUNCTIONS],
        "vectors": [vector_case()],
    }
    lines = [f'"{kind}": [\n' + ",\n".join(map(json.dumps, listed)) + "\n]" for kind, listed in cases.items()]
    Path(__file__).with_name("layers.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
