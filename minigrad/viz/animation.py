"""Moving pictures: frames drawn by a function, saved as a GIF or as an HTML page, and a boundary that learns."""

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from minigrad.nn.module import Module
from minigrad.viz.aside import moved_aside
from minigrad.viz.boundary import plot_decision_boundary
from minigrad.viz.evaluation import checked
from minigrad.viz.figure import as_label, new_axes
from minigrad.viz.files import write_whole
from minigrad.viz.player import iframe, page

__all__ = ["Animation", "animate_decision_boundary"]

SIZE = 4.8, 3.6  # inches: 480 × 360 pixels at 100 dots per inch
GIF_DPI, HTML_DPI = 100, 200  # the page may fill a slide
COLORS = 255  # of all frames together; number 255 stands for "as in the first frame"
SAMPLE = 8  # frames from which the colours are chosen


class Animation:
    """Frames drawn one after the other: `.save("x.gif")`, `.save("x.html")`, and a notebook plays them.

    draw: called as draw(ax, i) with the Axes of a new figure, to draw frame i.  labels: what each frame is,
    such as "step 10"; there are as many frames as labels.  title: of the page.  seconds: how long each frame is
    shown.  hold: how long the last one is. Nothing is drawn until it is saved or shown.
    """

    def __init__(
        self,
        draw: Callable[[Any, int], Any],
        labels: Sequence[str],
        *,
        title: str = "animation",
        seconds: float = 0.08,
        hold: float = 1.5,
    ):
        if not len(labels):
            raise ValueError("Animation: there are no frames; give a label for each, and at least one")
        if not (0.02 <= seconds <= 60 and 0.02 <= hold <= 60):
            raise ValueError(f"Animation: a frame takes from 0.02 to 60 seconds, given seconds={seconds}, hold={hold}")
        self.draw = draw
        self.labels = [str(label) for label in labels]
        self.title = title
        # Milliseconds; a GIF counts in hundredths of a second.
        self.durations = [round(seconds * 100) * 10] * (len(labels) - 1) + [round(hold * 100) * 10]

    def __len__(self):
        return len(self.labels)

    def __repr__(self):
        return f'Animation({self.title!r}, {len(self)} frames); .save("name.gif") or .save("name.html") writes it'

    def _repr_html_(self):
        return iframe(self.html(dpi=GIF_DPI), SIZE)

    def images(self, dpi: float = GIF_DPI) -> Iterator[Any]:
        """Each frame as a PIL image, 4.8 × 3.6 inches."""
        from PIL import Image

        places: list[Any] = []  # of the first frame's Axes and colorbars: laying out takes longer than drawing
        for i in range(len(self)):
            ax = new_axes(size=SIZE)
            figure = ax.figure
            figure.set_dpi(dpi)
            if places:
                figure.set_layout_engine("none")
            self.draw(ax, i)
            for each, place in zip(figure.axes, places, strict=False):
                each.set_position(place)
            figure.canvas.draw()
            places = places or [each.get_position(original=True) for each in figure.axes]
            yield Image.fromarray(np.array(figure.canvas.buffer_rgba())[..., :3])

    def gif(self) -> bytes:
        """The bytes of a GIF that repeats for ever; the same for the same frames. All frames share their colours."""
        frames = _with_one_palette(list(self.images()))
        file = io.BytesIO()
        frames[0].save(
            file, "GIF", save_all=True, append_images=frames[1:], duration=self.durations, loop=0, optimize=False
        )
        return file.getvalue()

    def html(self, dpi: float = HTML_DPI) -> str:
        """A page that plays the frames, with nothing to load from anywhere."""
        frames = _with_one_palette(list(self.images(dpi)))
        return page(
            [_png(frames[0]), *(_png(_change(frames[0], frame)) for frame in frames[1:])],
            self.labels,
            self.durations,
            self.title,
        )

    def save(self, path: str | Path) -> Path:
        """Write a GIF or an HTML page, as the ending of path says, all of it or nothing, and return the path.

        Raises ValueError for another ending, FileNotFoundError for a folder that is not there, both before drawing;
        OSError, naming path, for what cannot be written.
        """
        path = Path(path)
        ending = path.suffix.lower()
        if ending not in (".gif", ".html"):
            raise ValueError(f"save: cannot write {path.name!r}; the name must end in .gif or .html")
        if not path.parent.is_dir():
            raise FileNotFoundError(f"save: there is no folder {str(path.parent)!r} for {path.name!r}; make it first")
        write_whole(path, self.gif() if ending == ".gif" else self.html())
        return path


def _with_one_palette(images):
    """The images with the same few colours each, so that what stands still is the same in all of them."""
    from PIL import Image

    sample = [*images[:: -(-len(images) // SAMPLE)], images[-1]]
    strip = Image.fromarray(np.concatenate([np.asarray(image) for image in sample]))
    chosen = strip.quantize(COLORS - 1, method=Image.Quantize.MAXCOVERAGE, kmeans=3).getpalette()[: 3 * (COLORS - 1)]
    return [_quantized(image, [*chosen, 255, 255, 255]) for image in images]  # with white, which is most of a plot


def _quantized(image, palette):
    """The image, each pixel in the nearest of these colours: Pillow takes one not far, and shades become stripes."""
    from PIL import Image

    pixels = np.asarray(image).astype(np.int32) @ (1 << 16, 1 << 8, 1)  # (H, W), a number for each colour
    colors, where = np.unique(pixels, return_inverse=True)
    parts = np.array_split(colors, -(-len(colors) // 4096))  # distances take much memory
    near = np.concatenate([_nearest(part, np.reshape(palette, (-1, 3))) for part in parts])
    quantized = Image.fromarray(near.astype(np.uint8)[where].reshape(pixels.shape))
    quantized.putpalette(palette)
    return quantized


def _nearest(colors, palette):
    """The places in palette (P, 3) of the colours nearest to colors (N,), each a number 0xRRGGBB."""
    parts = np.stack([colors >> 16, colors >> 8 & 255, colors & 255], axis=-1)  # (N, 3)
    return ((parts[:, None] - palette) ** 2).sum(axis=-1).argmin(axis=1)


def _change(first, frame):
    """What is different in frame, the rest of it transparent: most of a plot stands still."""
    from PIL import Image

    first, pixels = np.asarray(first), np.asarray(frame)
    change = Image.fromarray(np.where(pixels == first, np.uint8(COLORS), pixels))
    change.putpalette([*frame.getpalette()[: 3 * COLORS], 0, 0, 0])
    change.info["transparency"] = COLORS
    return change


def _png(image):
    file = io.BytesIO()
    image.save(file, "PNG", optimize=True)
    return file.getvalue()


# ---- a boundary that learns -----------------------------------------------------------------------------------------


def animate_decision_boundary(
    model: Module,
    snapshots: Sequence[tuple[Any, Mapping[str, Any]]],
    x: Any,
    y: Any,
    *,
    limits: Any = None,
    resolution: int = 100,
    seconds: float = 0.2,
) -> Animation:
    """An Animation of the model's decision boundary, with a frame for each state that training left behind.

    snapshots: (label, state) pairs, such as (epoch, snapshot(model)); a number is shown as "epoch 3".  x: points
    (N, 2).  y: their classes, (N,) or (N, 1).  limits, resolution: as for plot_decision_boundary. The model is put back
    after each frame. Raises ValueError for no snapshots, for one that is the model's own memory, and for other shapes.

    >>> model = minigrad.nn.Linear(2, 1)
    >>> snapshots = [(0, minigrad.viz.snapshot(model))]
    >>> animate_decision_boundary(model, snapshots, [[0.0, 1.0], [1.0, 0.0]], [0, 1])
    Animation('decision boundary', 1 frames); .save("name.gif") or .save("name.html") writes it
    """
    _check(model, snapshots)

    def draw(ax, i):
        label, state = snapshots[i]
        with moved_aside(model):
            model.load_state_dict(state)
            plot_decision_boundary(model, x, y, limits=limits, resolution=resolution, ax=ax)
        ax.set_title(as_label(_text(label)))

    draw(new_axes(), 0)  # whatever is wrong shows itself now, and not when the animation is saved
    return Animation(draw, [_text(label) for label, _ in snapshots], title="decision boundary", seconds=seconds)


def _check(model, snapshots):
    if not len(snapshots):
        raise ValueError(
            "animate_decision_boundary: there are no snapshots; in the training loop, do "
            "snapshots.append((epoch, snapshot(model)))"
        )
    own = [value.array for value in checked("animate_decision_boundary", model).state_dict().values()]
    for i, pair in enumerate(snapshots):
        if not (isinstance(pair, tuple) and len(pair) == 2 and isinstance(pair[1], Mapping)):
            raise TypeError(f"animate_decision_boundary: snapshot {i} is no (label, state) pair: {pair!r:.60}")
        given = [getattr(value, "array", value) for value in pair[1].values()]
        if any(np.may_share_memory(a, b) for a in given for b in own):
            raise ValueError(
                f"animate_decision_boundary: snapshot {i} is the model's own memory, which training goes on changing; "
                "keep snapshot(model) in place of model.state_dict()"
            )
        with moved_aside(model):
            model.load_state_dict(pair[1])  # raises if it does not fit


def _text(label):
    return f"epoch {label}" if isinstance(label, int) else str(label)
