"""Write docs/gallery.md and the pictures in docs/images: every picture minigrad makes, with the code that made it.

python docs/make_gallery.py              # writes the page and the pictures
python docs/make_gallery.py FOLDER       # the pictures only, into another folder

The page shows the source of the functions below. The explorer is photographed in Chromium, driven by playwright (extra
`browser`); without them its picture stays as it is, and the script says so.
"""

import functools
import inspect
import io
import os
import shutil
import sys
import textwrap
from pathlib import Path

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Trainer
from minigrad.utils.data import DataLoader
from minigrad.viz.files import write_whole

HERE = Path(__file__).parent
HEAD = """# Gallery

Every picture here comes from the few lines above it. This page is made by `python docs/make_gallery.py`.
The first lines are always these:

```python
import functools

import minigrad as mg
from minigrad import nn, optim
from minigrad.train import Trainer
from minigrad.utils.data import DataLoader
```
"""

PICTURES = []  # (file name, title, function), in the order of the page


def picture(name, title):
    """Decorator: what the function returns becomes docs/images/name; its docstring and its source go on the page."""

    def add(function):
        PICTURES.append((name, title, function))
        return function

    return add


# ---- the graph ------------------------------------------------------------------------------------------------------


@picture("neuron.svg", "The graph of an expression")
def neuron():
    """Every value with its gradient; every operation with its rule, which a browser shows when you point at it."""
    w = mg.tensor(0.5, dtype=mg.float64, requires_grad=True, name="w")
    x = mg.tensor(3.0, dtype=mg.float64, requires_grad=True, name="x")
    b = mg.tensor(-1.0, dtype=mg.float64, requires_grad=True, name="b")
    wx = w * x
    z = wx + b
    y = mg.tanh(z)
    for t in (wx, z, y):
        t.retain_grad()  # as leaves do by themselves
    y.backward(retain_graph=True)
    return mg.viz.draw(y)


@picture("network.svg", "The graph of a network")
def network():
    """Modules are boxes; parameters carry the names that `state_dict` gives them."""
    mg.manual_seed(0)
    data = mg.datasets.XOR()
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    loss_fn = nn.BCEWithLogitsLoss()
    loss = loss_fn(model(data.inputs), data.targets)
    loss.backward(retain_graph=True)
    return mg.viz.draw(loss, rankdir="TB")


class Block(nn.Module):
    """x + layer(x): a residual block."""

    def __init__(self, n):
        super().__init__()
        self.layer = nn.Sequential(nn.Linear(n, n), nn.ReLU(), nn.Linear(n, n))

    def forward(self, x):
        """Return x and what the layer makes of it, added up."""
        return x + self.layer(x)


@picture("folded.svg", "A deep network, folded")
def folded():
    """`depth` says how far modules are opened; equal ones in a row become one, with a count."""
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 16), *(Block(16) for _ in range(6)), nn.Linear(16, 3))
    return mg.viz.draw(model(mg.randn(8, 4)), depth=1)


# ---- backprop, step by step -----------------------------------------------------------------------------------------


@picture("explorer.gif", "The backprop explorer")
def explorer():
    """One HTML file: step through your own expression, forward and back, with a quiz, wrong ways and 中文.

    `print(page)` tells the same story in a terminal, `page.save("explorer.html")` writes the file.
    """
    w = mg.tensor(0.5, requires_grad=True, name="w")
    x = mg.tensor(3.0, requires_grad=True, name="x")
    page = mg.viz.explore(mg.tanh(w * x + w))
    return page


# ---- learning -------------------------------------------------------------------------------------------------------


@functools.cache
def xor_run():
    """A net that learns XOR, and its states on the way."""
    mg.manual_seed(3)
    data = mg.datasets.XOR()
    model = nn.Sequential(nn.Linear(2, 8), nn.Tanh(), nn.Linear(8, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.05)
    snapshots = [("step 0", mg.viz.snapshot(model))]
    for step in range(1, 181):
        optimizer.zero_grad()
        loss = nn.functional.binary_cross_entropy_with_logits(model(data.inputs), data.targets)
        loss.backward()
        optimizer.step()
        if step % 6 == 0:
            snapshots.append((f"step {step}", mg.viz.snapshot(model)))
    return data, model, snapshots


@picture("boundary.gif", "A decision boundary, learning")
def boundary():
    """XOR: no straight line separates the two classes, so the net bends one."""
    data, model, snapshots = xor_run()
    return mg.viz.animate_decision_boundary(model, snapshots, data.inputs, data.targets)


@picture("race.gif", "A race of optimizers")
def race():
    """The same as `minigrad race rosenbrock` on the command line: momentum leads, and Adam overtakes it in the end."""
    return mg.viz.animate_race("rosenbrock", ("sgd", "momentum", "adam"))


@picture("paths.png", "Where optimizers go")
def paths():
    """On an ill-conditioned bowl, plain gradient descent zigzags."""
    return mg.viz.plot_paths("bowl", ("sgd", "momentum", "adam"), steps=60)


@picture("landscape.png", "A loss landscape")
def landscape():
    """Around the trained XOR net, along two random directions scaled to its weights."""
    data, model, _ = xor_run()
    loss_fn = nn.BCEWithLogitsLoss()
    return mg.viz.plot_landscape(model, loss_fn, data.inputs, data.targets, generator=mg.Generator(1))


@picture("trajectory.png", "The path of training")
def trajectory():
    """The same net's way, in the plane that shows most of it."""
    data, model, snapshots = xor_run()
    loss_fn = nn.BCEWithLogitsLoss()
    return mg.viz.plot_trajectory_landscape(model, loss_fn, data.inputs, data.targets, snapshots)


@picture("losses.png", "Loss functions and their derivatives")
def losses():
    """The derivative is computed by backward, not written by hand. A ring marks the slope taken at a kink."""
    return mg.viz.plot_loss_gallery()


@picture("fit.png", "A regression fit")
def fit():
    """The vertical lines are what the squared error adds up."""
    mg.manual_seed(0)
    x = mg.linspace(-3, 3, 40).reshape(40, 1)
    y = mg.sin(x) + 0.2 * mg.randn(40, 1)
    model = nn.Sequential(nn.Linear(1, 16), nn.Tanh(), nn.Linear(16, 1))
    optimizer = optim.Adam(model.parameters(), lr=0.03)
    for _ in range(300):
        optimizer.zero_grad()
        nn.functional.mse_loss(model(x), y).backward()
        optimizer.step()
    return mg.viz.plot_regression_fit(model, x, y)


@functools.cache
def digits_run():
    """A 784-128-10 net after three epochs on the shipped digits."""
    mg.manual_seed(0)
    train, test = mg.datasets.MNIST(train=True), mg.datasets.MNIST(train=False)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 128), nn.ReLU(), nn.Linear(128, 10))
    optimizer = optim.Adam(model.parameters(), lr=3e-3)
    trainer = Trainer(model, nn.CrossEntropyLoss(), optimizer, metrics={"accuracy": mg.train.correct})
    trainer.fit(DataLoader(train, batch_size=64, shuffle=True), DataLoader(test, batch_size=500), epochs=3)
    return model, test, trainer.history


@picture("curves.png", "Learning curves")
def curves():
    """Of the digits net; the best epoch is marked."""
    _, _, history = digits_run()
    return mg.viz.plot_learning_curves(history)


@picture("range.png", "A learning-rate range test")
def lr_range():
    """One step with each rate, growing: learn where the loss falls fastest, stay away from where it explodes."""
    mg.manual_seed(0)
    data = DataLoader(mg.datasets.MNIST(train=True), batch_size=64, shuffle=True)
    model = nn.Sequential(nn.Flatten(), nn.Linear(784, 64), nn.ReLU(), nn.Linear(64, 10))
    optimizer = optim.SGD(model.parameters(), lr=1e-4)
    rates = [1e-4 * 1.1**i for i in range(125)]
    measured = []
    for rate, (x, y) in zip(rates, data, strict=False):
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad()
        loss = nn.functional.cross_entropy(model(x), y)
        loss.backward()
        optimizer.step()
        measured.append(loss.item())
    return mg.viz.plot_lr_range(rates, measured)


# ---- looking inside -------------------------------------------------------------------------------------------------


@picture("weights.png", "What the first layer looks for")
def weights():
    """Each image is one neuron's weights: orange pulls it down, purple pushes it up."""
    model, _, _ = digits_run()
    return mg.viz.plot_weight_images(model, limit=16)


@picture("confusion.png", "Which digits it confuses")
def confusion():
    """Rows are the true digits, columns what the net said."""
    model, test, _ = digits_run()
    return mg.viz.plot_confusion_matrix(test.labels, model(test.images).detach())


@picture("mistakes.png", "The digits it got wrong")
def mistakes():
    """The most confident mistakes first."""
    model, test, _ = digits_run()
    return mg.viz.plot_mistakes(model, test, limit=12)


@picture("saliency.png", "What it looked at")
def saliency():
    """The size of the gradient of the winning score, pixel by pixel."""
    model, test, _ = digits_run()
    return mg.viz.plot_saliency(model, test[3][0])


@picture("flow.png", "Vanishing gradients")
def flow():
    """Ten sigmoid layers: the gradient shrinks to nothing on its way back. `mg.viz.health(model)` says it in words."""
    mg.manual_seed(0)
    layers = [m for _ in range(10) for m in (nn.Linear(16, 16), nn.Sigmoid())]
    model = nn.Sequential(*layers, nn.Linear(16, 1))
    model(mg.randn(32, 16)).mean().backward()
    return mg.viz.plot_gradient_flow(model)


@picture("activations.png", "Saturated and dead units")
def activations():
    """Weights too large: tanh is flat where its outputs pile up. Biases too low: half the relu units give 0 for ever.

    Both let no gradient through.
    """
    mg.manual_seed(0)
    model = nn.Sequential(nn.Linear(8, 32), nn.Tanh(), nn.Linear(32, 32), nn.ReLU(), nn.Linear(32, 1))
    with mg.no_grad():
        model[0].weight.mul_(6.0)
        model[2].bias[:16] = -5.0
    return mg.viz.plot_activations(model(mg.randn(200, 8)))


ABOUT = {
    Block: "A residual block, for deep networks",
    xor_run: "A training loop that keeps the states on its way",
    digits_run: "A network that reads digits",
}

# ---- writing --------------------------------------------------------------------------------------------------------


FILM = "explorer.gif"  # taken with two dots for each, so that it is sharp on every screen


def page() -> str:
    """The gallery as Markdown: for each picture its title, what it shows, the code, and the picture."""
    parts = [HEAD]
    for shared in (Block, xor_run, digits_run):
        parts.append(f"\n{ABOUT[shared]}:\n\n```python\n{inspect.getsource(shared)}```\n")
    for name, title, function in PICTURES:
        about = textwrap.dedent(f"    {function.__doc__}").strip()
        shown = f'<img src="images/{name}" alt="{title}" width="430">' if name == FILM else f"![{title}](images/{name})"
        parts.append(f"\n## {title}\n\n{about}\n\n```python\n{_body(function)}```\n\n{shown}\n")
    return "".join(parts)


def _body(function):
    """The lines of a function below its docstring, as one would type them."""
    source = textwrap.dedent(inspect.getsource(function))
    lines = textwrap.dedent(source.split('"""', 2)[2].lstrip("\n")).splitlines()
    return "\n".join(line.removeprefix("return ") for line in lines) + "\n"


def save(result, path):
    """Write what a picture function returned, in the format of the path's ending."""
    if isinstance(result, mg.viz.Explorer):
        return film(result, path)
    return write_whole(path, result.pipe(path.suffix[1:]) if hasattr(result, "pipe") else result)


def film(explorer, path):
    """The explorer in Chromium, stepped from the first page to the last, as an animated picture.

    As on a phone, of whose width pages show it, so that it can be read; twice as sharp, for good screens.
    """
    browser = os.environ.get("CHROMIUM") or shutil.which("chromium")
    try:
        from PIL import Image
        from playwright.sync_api import sync_playwright
    except ImportError:
        browser = None
    if not browser:
        return print(f"{path.name}: needs chromium and playwright, so it was not made anew")
    frames, place = [], path.with_suffix(".html")
    explorer.save(place)
    with sync_playwright() as play:
        window = play.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        tab = window.new_page(viewport={"width": 430, "height": 840}, device_scale_factor=2)
        tab.goto(place.absolute().as_uri())
        for _ in explorer.steps:
            frames.append(Image.open(io.BytesIO(tab.screenshot())).convert("RGB"))
            tab.keyboard.press("ArrowRight")
            tab.wait_for_timeout(350)
        window.close()
    place.unlink()
    small = [frame.quantize(64) for frame in frames]
    small[0].save(path, save_all=True, append_images=small[1:], duration=[1400] * len(small), loop=0, optimize=True)
    return None


def main(folder):
    """Make every picture in folder."""
    folder.mkdir(exist_ok=True)
    for name, _, function in PICTURES:
        save(function(), folder / name)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        main(Path(sys.argv[1]))
    else:
        main(HERE / "images")
        (HERE / "gallery.md").write_text(page(), encoding="utf-8")
