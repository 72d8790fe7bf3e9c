"""Write docs/images: the pictures in the README.

python docs/make_images.py
"""

from pathlib import Path

from minigrad.viz import draw
from minigrad.viz.expression import evaluate

FOLDER = Path(__file__).parent / "images"


def neuron():
    """The picture of one neuron, tanh(w*x + b), with its gradients."""
    y = evaluate("tanh(w*x + b)", {"w": 0.5, "x": 3, "b": -1})
    y.backward(retain_graph=True)
    return draw(y)


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    (FOLDER / "neuron.svg").write_bytes(neuron().pipe("svg"))
