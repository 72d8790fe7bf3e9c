"""Make nn.json: what PyTorch computes for functions and modules of minigrad.nn that are no losses, in float64.

    pip install torch==2.13.0
    python tests/reference/make_nn.py

A case is an expression that both libraries understand, the tensors in it, and PyTorch's output and gradients (for a
random cotangent). tests/nn/test_reference.py evaluates the same expressions with minigrad.
"""

import json
from pathlib import Path

import torch

torch.set_default_dtype(torch.float64)
torch.manual_seed(0)

randn = torch.randn
HUGE = torch.tensor([[1e4, -1e4, 0.0], [-1e4, 1e4, 1e4], [-1e4, -1e4, -1e4], [30.0, -30.0, 0.0]])

FUNCTIONS = [
    ("relu(input)", {"input": randn(3, 4)}),
    ("leaky_relu(input, 0.2)", {"input": randn(3, 4)}),
    ("sigmoid(input)", {"input": HUGE}),
    ("tanh(input)", {"input": HUGE}),
    ("softmax(input, dim=1)", {"input": randn(3, 4)}),
    ("softmax(input, dim=0)", {"input": HUGE}),
    ("log_softmax(input, dim=1)", {"input": HUGE}),
    ("log_softmax(input, dim=1)", {"input": randn(2, 3, 2)}),
    ("linear(input, weight, bias)", {"input": randn(4, 3), "weight": randn(2, 3), "bias": randn(2)}),
    ("linear(input, weight, bias)", {"input": randn(2, 4, 3), "weight": randn(2, 3), "bias": randn(2)}),
    ("linear(input, weight)", {"input": randn(3), "weight": randn(2, 3)}),
    ("dropout(input, 0.3, training=False)", {"input": randn(4)}),
    ("dropout(input, 1.0)", {"input": randn(4)}),
]

MODULES = [
    ("Linear(3, 2)", {"input": randn(4, 3)}),
    ("Linear(3, 2, bias=False)", {"input": randn(4, 3)}),
    ("Sequential(Linear(3, 4), ReLU(), Sequential(Linear(4, 4), Tanh()), Linear(4, 2))", {"input": randn(5, 3)}),
    ("Sequential(Flatten(), Linear(6, 2), Sigmoid())", {"input": randn(4, 2, 3)}),
    ("Flatten(0, 1)", {"input": randn(2, 3, 4)}),
    ("Identity()", {"input": randn(2)}),
    ("Dropout(0.4).eval()", {"input": randn(5)}),
    ("ReLU()", {"input": randn(5)}),
    ("LeakyReLU(0.1)", {"input": randn(5)}),
    ("Tanh()", {"input": randn(5)}),
    ("Sigmoid()", {"input": randn(5)}),
    ("Softmax(dim=1)", {"input": randn(2, 3)}),
    ("LogSoftmax(dim=1)", {"input": randn(2, 3)}),
    ("ModuleList([Linear(1, 2), ReLU()])[0]", {"input": randn(3, 1)}),
]

GAINS = [("linear", None), ("tanh", None), ("relu", None), ("leaky_relu", None), ("leaky_relu", 0.2), ("selu", None)]
NORMS = [1.0, 2.0, 3.0, float("inf")]


def numbers(tensor):
    """A tensor as nested lists."""
    return tensor.detach().tolist()


def leaves(tensors):
    """Fresh tensors, of which those that PyTorch can differentiate by require grad."""
    constant = ("labels", "weight", "pos_weight") if "target" in tensors else ("labels",)
    return {
        name: x.clone().requires_grad_(x.is_floating_point() and name not in constant) for name, x in tensors.items()
    }


def differentiated(output, inputs):
    """The output, a random cotangent, and the gradients of what the output depends on."""
    cotangent = randn(output.shape)
    output.backward(cotangent)
    gradients = {name: numbers(x.grad) for name, x in inputs.items() if x.grad is not None}
    return {"output": numbers(output), "cotangent": numbers(cotangent), "gradients": gradients}


def function_case(call, tensors):
    """One case of a function."""
    inputs = leaves({name: x for name, x in tensors.items() if name in call})
    output = eval(call, dict(vars(torch.nn.functional)), inputs)
    return {"call": call, "tensors": {k: numbers(v) for k, v in inputs.items()}, **differentiated(output, inputs)}


def module_case(make, tensors):
    """One case of a module: how to make it, its state, and what it does."""
    module = eval(make, {**vars(torch.nn), "tensor": torch.tensor})
    inputs = leaves(tensors)
    result = differentiated(module(*inputs.values()), {**inputs, **dict(module.named_parameters())})
    state = {name: numbers(x) for name, x in module.state_dict().items()}
    tensors = {name: numbers(x) for name, x in inputs.items()}
    return {"make": make, "repr": repr(module), "state": state, "tensors": tensors, **result}


def write(name, cases):
    """Write the cases of each kind into a file beside this one, a line for each."""
    lines = [f'"{kind}": [\n' + ",\n".join(map(json.dumps, listed)) + "\n]" for kind, listed in cases.items()]
    Path(__file__).with_name(name).write_text("{\n" + ",\n".join(lines) + "\n}\n")


def clipping_case(norm_type):
    """The gradients of two parameters before and after clip_grad_norm_, and the norm it returned."""
    parameters = [torch.zeros(2, 3, requires_grad=True), torch.zeros(2, requires_grad=True)]
    for p in parameters:
        p.grad = randn(p.shape)
    before = [numbers(p.grad) for p in parameters]
    norm = torch.nn.utils.clip_grad_norm_(parameters, 0.7, norm_type)
    after = [numbers(p.grad) for p in parameters]
    return {"norm_type": norm_type, "before": before, "norm": norm.item(), "after": after}


if __name__ == "__main__":
    cases = {
        "functions": [function_case(*case) for case in FUNCTIONS],
        "modules": [module_case(*case) for case in MODULES],
        "gains": [[name, slope, torch.nn.init.calculate_gain(name, slope)] for name, slope in GAINS],
        "clipping": [clipping_case(norm_type) for norm_type in NORMS],
    }
    write("nn.json", cases)
