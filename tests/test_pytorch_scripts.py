"""Scripts written for PyTorch run with `torch` read as minigrad, and learn.

Those in tests/scripts are whole programs, of the kinds that PyTorch's examples and courses are made of; they run with
PyTorch itself, too. The two from document 004 (docs/concepts.md) stand here as they stand there: they want a
`trainloader`.
"""

import importlib
import io
import json
import re
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import minigrad as mg
from minigrad.utils.data import DataLoader, Subset, TensorDataset

HERE = Path(__file__).parent
IDIOMS = json.loads((HERE / "reference" / "idioms.json").read_text())
PATHS = ("nn", "nn.functional", "nn.init", "nn.utils", "optim", "optim.lr_scheduler", "utils", "utils.data", "autograd")

CLASSIFIER = """
import torch
import torch.nn as nn
import torch.optim as optim

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.fc1 = nn.Linear(784, 128)
        self.fc2 = nn.Linear(128, 10)

    def forward(self, x):
        x = torch.flatten(x, 1)
        x = torch.relu(self.fc1(x))
        x = self.fc2(x)
        return x
"""

CONVOLUTIONAL = """
import torch
import torch.nn as nn
import torch.optim as optim

class Net(nn.Module):
    def __init__(self):
        super(Net, self).__init__()
        self.conv1 = nn.Conv2d(3, 6, 5)
        self.pool = nn.MaxPool2d(2, 2)
        self.conv2 = nn.Conv2d(6, 16, 5)
        self.fc1 = nn.Linear(16 * 5 * 5, 120)
        self.fc2 = nn.Linear(120, 84)
        self.fc3 = nn.Linear(84, 10)

    def forward(self, x):
        x = self.pool(torch.nn.functional.relu(self.conv1(x)))
        x = self.pool(torch.nn.functional.relu(self.conv2(x)))
        x = x.view(-1, 16 * 5 * 5)
        x = torch.nn.functional.relu(self.fc1(x))
        x = torch.nn.functional.relu(self.fc2(x))
        x = self.fc3(x)
        return x
"""

TRAINING = """
net = Net()

criterion = nn.CrossEntropyLoss()

optimizer = optim.Adam(net.parameters(), lr=0.001)

for epoch in range(10):
    running_loss = 0.0
    for i, data in enumerate(trainloader, 0):
        inputs, labels = data
        optimizer.zero_grad()
        outputs = net(inputs)
        loss = criterion(outputs, labels)
        loss.backward()
        optimizer.step()
        running_loss += loss.item()
    print(f'Epoch {epoch + 1}, loss: {running_loss / len(trainloader)}')
"""


@pytest.fixture
def torch_is_minigrad(monkeypatch, tmp_path):
    """Let `import torch`, `torch.nn` and so on find minigrad, and whatever is saved land in tmp_path."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(sys.modules, "torch", mg)
    for name in PATHS:
        monkeypatch.setitem(sys.modules, f"torch.{name}", importlib.import_module(f"minigrad.{name}"))


def loader_of_ten_kinds(channels, size):
    """200 square images of ten kinds: noise around ten patterns of 4 × 4 squares, in batches of 20."""
    mg.manual_seed(0)
    generator = np.random.default_rng(0)
    patterns = generator.random((10, channels, 4, 4)).repeat(size // 4, axis=2).repeat(size // 4, axis=3)
    labels = np.arange(200) % 10
    images = (patterns[labels] + 0.5 * generator.standard_normal((200, channels, size, size))).astype(np.float32)
    return DataLoader(TensorDataset(mg.tensor(images), mg.tensor(labels)), batch_size=20, shuffle=True)


@pytest.mark.usefixtures("torch_is_minigrad")
@pytest.mark.parametrize(
    ("net", "shape", "layers"),
    [(CLASSIFIER, (1, 28), ("fc1", "fc2")), (CONVOLUTIONAL, (3, 32), ("conv1", "conv2", "fc1", "fc2", "fc3"))],
    ids=["4.1", "4.2"],
)
def test_the_scripts_of_document_004_run_and_learn_with_torch_read_as_minigrad(net, shape, layers, capsys):
    script = {"trainloader": loader_of_ten_kinds(*shape)}

    exec(net + TRAINING, script)

    losses = [float(line.rpartition(" ")[2]) for line in capsys.readouterr().out.splitlines()]
    assert len(losses) == 10
    assert losses[-1] < 0.2 < 1 < losses[0]
    with mg.no_grad():
        right = [(script["net"](x).argmax(1) == y).float().mean().item() for x, y in script["trainloader"]]
    assert np.mean(right) > 0.95
    assert [name for name, _ in script["net"].named_children() if name != "pool"] == [*layers]


@pytest.fixture
def run(torch_is_minigrad):
    """What a program in tests/scripts has defined when it has run."""
    return lambda name: runpy.run_path(str(HERE / "scripts" / f"{name}.py"))


def test_a_program_like_pytorchs_mnist_example_learns_and_reloads_what_it_saved(run, capsys):
    done = run("digits")

    losses, accuracies = zip(*done["history"], strict=True)
    assert losses[-1] < 0.7 * losses[0]
    assert accuracies[-1] > 0.8 > 0.3 > accuracies[0]
    assert done["reloaded"] == done["history"][-1]
    assert done["optimizer"].param_groups[0]["lr"] == pytest.approx(0.7**3)
    assert "epoch 3 [300/400 (75%)]\tloss: " in capsys.readouterr().out


def test_a_program_like_pytorchs_regression_example_finds_the_polynomial(run, capsys):
    done = run("polynomial")

    assert done["losses"][-1] < 1e-3 < 1 < done["losses"][0]
    assert done["distance"] < 0.1
    assert capsys.readouterr().out.count(" x^4 ") == 2


def test_a_cubic_is_fitted_by_hand_by_autograd_by_a_function_and_by_modules(run):
    losses = run("sine")["losses"]

    assert losses.keys() == {"by hand", "autograd", "Function", "optim"}
    assert all(loss < 60 for loss in losses.values())  # a line through 0 leaves 40, zero leaves 100
    assert min(losses.values()) < 2


def test_what_a_course_types_in_its_first_week_finds_the_line(run):
    done = run("line")

    assert np.abs(done["error"]).max() < 0.01
    assert done["test_loss_values"][-1] < 0.5 * done["test_loss_values"][0]
    assert all(values.shape == () for values in done["train_loss_values"])
    assert done["same"]


def test_a_program_with_a_schedule_clipping_and_checkpoints_tells_moons_apart(run):
    done = run("moons")

    assert done["history"][-1] < 0.1 < 0.4 < done["history"][0]
    assert done["best"] == done["restored"] > 0.95
    assert done["rates"][0] > done["rates"][10] > done["rates"][-1] == pytest.approx(0, abs=1e-12)
    assert max(done["norms"]) > 1  # something was clipped
    assert done["lengths"][0] == pytest.approx(done["lengths"][1], rel=0.1)


def test_a_program_like_pytorchs_time_sequence_example_continues_waves(run, capsys):
    done = run("sequence")

    assert done["test_losses"][-1] < 0.05
    assert done["y"].shape == (2, 49 + 10)
    assert done["losses"][-1] < 0.1 < done["losses"][0]
    assert capsys.readouterr().out.count("test loss:") == 3


def test_a_program_with_a_dataset_and_a_collate_fn_of_its_own_learns_words_of_any_length(run):
    done = run("words")

    assert done["sizes"] == {16}  # drop_last
    assert done["model"].state_dict()["seen"].item() == 15 * 6 * 16
    assert len(done["wrong"]) < 5
    assert done["model"].embedding.weight[0].tolist() == [0.0] * 8


@pytest.mark.usefixtures("torch_is_minigrad")
@pytest.mark.parametrize(
    "line",
    [
        "import torch.nn.functional as F; F.relu, F.log_softmax, F.nll_loss, F.max_pool2d, F.dropout, F.one_hot",
        "from torch import Tensor, nn, optim, autograd, cuda, utils",
        "from torch.nn import Module, Linear, Parameter, Sequential, ModuleList, init, functional as F",
        "from torch.nn.init import xavier_uniform_, kaiming_normal_, normal_, uniform_, zeros_, ones_, constant_",
        "from torch.nn.utils import clip_grad_norm_, clip_grad_value_, parameters_to_vector, vector_to_parameters",
        "from torch.optim import SGD, Adam, AdamW, RMSprop, Adagrad, Adadelta, NAdam, LBFGS, Optimizer, lr_scheduler",
        "from torch.optim.lr_scheduler import LambdaLR, StepLR, MultiStepLR, ConstantLR, LinearLR, ExponentialLR",
        "from torch.optim.lr_scheduler import CosineAnnealingLR, OneCycleLR, ReduceLROnPlateau, SequentialLR",
        "from torch.utils.data import Dataset, DataLoader, TensorDataset, Subset, random_split",
        "from torch.autograd import Function, grad",
        "import torch; torch.nn.Module, torch.optim.lr_scheduler.StepLR, torch.utils.data.DataLoader, torch.nn.init",
        "import torch; assert torch.cuda.is_available() is torch.accelerator.is_available() is False",
        "import torch; assert torch.accelerator.current_accelerator() is None",
        "import torch; assert not torch.backends.mps.is_available(); torch.backends.cudnn.benchmark = False",
        "import torch; torch.cuda.manual_seed(1); torch.cuda.empty_cache(); assert torch.__version__",
    ],
)
def test_import_paths_and_what_scripts_ask_first_are_pytorchs(line):
    exec(line, {})


@pytest.mark.parametrize(
    "path",
    ["nn.functional.relu", "nn.init.zeros_", "nn.utils.clip_grad_norm_", "optim.lr_scheduler.StepLR",
     "utils.data.DataLoader", "autograd.Function", "cuda.is_available", "random.manual_seed"],
)  # fmt: skip
def test_a_path_is_there_without_another_import(path):
    program = f"import minigrad as torch; torch.{path}"

    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True).stderr == ""


def plain(x):
    """A result as make_idioms.py wrote it: a tensor as dtype and numbers, a sequence as a list."""
    if isinstance(x, mg.Tensor):
        return [f"torch.{x.dtype}", x.detach().tolist()]
    return [plain(each) for each in x] if isinstance(x, list | tuple) else x


@pytest.mark.usefixtures("torch_is_minigrad")
@pytest.mark.parametrize("idiom", IDIOMS, ids=lambda idiom: idiom["lines"].splitlines()[0][:60])
def test_an_idiom_gives_what_pytorch_gives(idiom):
    names = {"torch": mg, "nn": mg.nn, "F": mg.nn.functional, "optim": mg.optim, "np": np}

    exec(idiom["lines"], names)

    approx(plain(names["result"]), idiom["result"])


def approx(ours, theirs):
    """Equal, and floats equal to what float32 can hold."""
    if isinstance(theirs, list):
        assert isinstance(ours, list)
        assert len(ours) == len(theirs)
        for a, b in zip(ours, theirs, strict=True):
            approx(a, b)
    else:
        assert type(ours) is type(theirs)
        assert ours == (pytest.approx(theirs, rel=1e-5, abs=1e-6) if isinstance(theirs, float) else theirs)


PAGE = (HERE.parent / "docs" / "coming_from_pytorch.md").read_text(encoding="utf-8")
ROWS = [line.split("|")[1:3] for line in PAGE.partition("the tests type both")[2].split("\n\n")[1].splitlines()[2:]]
MISSING, INSTEAD = ([code for row in ROWS for code in re.findall("`(.+?)`", row[side])] for side in (0, 1))


def typed(code):
    """Run what the page's table of missing words says."""
    x = mg.tensor([[0.5, -2.0, 1.0, 4.0], [3.0, 1.5, 1.0, 0.0]])
    model = mg.nn.Linear(4, 2)
    names = {
        "torch": mg, "nn": mg.nn, "F": mg.nn.functional, "autograd": mg.autograd, "utils": mg.utils, "np": np, "io": io,
        "DataLoader": DataLoader, "Subset": Subset, "data": [1, 2], "a": 0.5, "v": 0.0, "x": x, "y": x + 1, "z": x + 7,
        "i": mg.tensor([1, 3]), "mask": x > 1, "p": mg.tensor([0.25, 0.75]), "model": model, "loss": model(x).sum(),
        "dataset": TensorDataset(mg.arange(4)), "f": mg.exp, "scatter_add": mg.scatter_add,
    }  # fmt: skip
    exec(code, names)


@pytest.mark.usefixtures("torch_is_minigrad")
@pytest.mark.parametrize("code", MISSING)
def test_what_the_page_calls_missing_is_refused(code):
    with pytest.raises((AttributeError, ImportError, TypeError, ValueError)):
        typed(code)


@pytest.mark.usefixtures("torch_is_minigrad")
@pytest.mark.parametrize("code", INSTEAD)
def test_what_the_page_says_to_type_instead_runs(code):
    typed(code)


def test_a_name_that_is_not_here_is_refused_with_the_page_to_read():
    with pytest.raises(AttributeError, match=r"no attribute 'compile'; docs/coming_from_pytorch\.md says"):
        mg.compile  # noqa: B018
