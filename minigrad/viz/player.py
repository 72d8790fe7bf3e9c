"""The page that plays an animation: frames and buttons in one HTML file, which asks nobody for anything."""

import base64
import html
import json
import re
from collections.abc import Sequence
from importlib import resources

__all__ = ["iframe", "page"]

CONTROLS = 130  # pixels that the page needs below and around the picture


def page(pictures: Sequence[bytes], labels: Sequence[str], durations: Sequence[int], title: str) -> str:
    """An HTML page that shows PNG pictures one after the other, each for its milliseconds and with its label.

    Each is laid over the first, so that it may be transparent where they agree.
    """
    frames = [f"data:image/png;base64,{base64.b64encode(picture).decode()}" for picture in pictures]
    data = json.dumps({"frames": frames, "labels": list(labels), "durations": list(durations)}, ensure_ascii=False)
    template = resources.files("minigrad.viz").joinpath("page/player.html").read_text(encoding="utf-8")
    # "<" could end the script element that holds the data, or open a comment in it.
    blanks = {"title": html.escape(title), "data": data.replace("<", "\\u003c")}
    return re.sub(r"\{\{(\w+)\}\}", lambda blank: blanks[blank[1]], template)


def iframe(document: str, size: tuple[float, float]) -> str:
    """The page for a notebook: in a frame of its own, whose scripts reach nothing outside it.

    size: the picture's, in inches; a notebook shows 100 pixels for each.
    """
    width, height = (round(100 * side) for side in size)
    return (
        f'<iframe sandbox="allow-scripts" width="{width + 40}" height="{height + CONTROLS}" '
        f'style="border: 0; max-width: 100%" srcdoc="{html.escape(document)}"></iframe>'
    )
