"""A rendered picture redrawn as a small SVG element that a page can hold, find its way in, and style.

Renderers write three times what is needed: a rounded box as a path of a dozen curves, drawn twice, and an arrowhead of
its own for every edge. The page has its own style, so what is kept is where things are, and what they say.
"""

import re
from collections.abc import Iterator
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

from minigrad.viz import label

SVG = "{http://www.w3.org/2000/svg}"
LINK = "{http://www.w3.org/1999/xlink}"
NUMBER = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")
NO_GRAPH = "the program that draws wrote no SVG as Graphviz does"
WAY_OUT = "let MINIGRAD_DOT name one that does, such as Graphviz' dot, or unset it"
ROUND = {"node": "8", "cluster": "10"}  # of corners, in points
LENGTHS = ("rx", "font-size", "stroke-width")
LOOKS = (*LENGTHS, "fill", "stroke", "fill-opacity", "stroke-opacity", "text-anchor")


def inline(drawing: bytes, lines: dict[str, list[tuple[str, int]]]) -> str:
    """The SVG element of a drawing, with the ids that its nodes and edges have there.

    lines: {id of a node: its last rows, from above, each (word, how many lines of text)}; such a word is marked with
    data-say, and the lines have the word as their class; all are empty, what they say is left to the page, and so are
    the arrowheads. A box has the class "box". Raises RuntimeError for what is no drawing of a graph.
    """
    root, graph = _parsed(drawing)
    picture = Element("svg", viewBox=_short(root.get("viewBox", "")), role="group")
    inner = ElementTree.SubElement(picture, "g", transform=_short(graph.get("transform", "")))
    for group in graph.findall(f"{SVG}g"):
        kind, name = group.get("class", ""), group.get("id", "")
        drawn = ElementTree.SubElement(
            inner, "g", {"id": name, "class": kind} if kind != "cluster" else {"class": kind}
        )
        if kind == "edge":
            drawn.extend(Element("path", d=_short(path.get("d", ""), 0)) for path in group.iter(f"{SVG}path"))
        else:
            drawn.extend(_title(group))
            drawn.append(_box(group, kind))
        texts = [_text(text) for text in group.iter(f"{SVG}text") if (text.text or "").strip()]
        _mark(texts.copy(), lines.get(name, []))
        drawn.extend(texts)
    picture.insert(0, _styled(picture))
    return ElementTree.tostring(picture, encoding="unicode").replace(" />", "/>")  # in texts, > is &gt;


def _styled(picture):
    """A style that says once what the parts of picture look like; they keep the name of their look, as a class."""
    looks = {}
    for part in picture.iter():
        said = {name: part.attrib.pop(name) for name in LOOKS if name in part.attrib}
        look = ";".join(f"{name}:{value}{'px' * (name in LENGTHS)}" for name, value in said.items())
        if look:
            own = looks.setdefault(look, f"k{len(looks)}")
            part.set("class", f"{part.get('class', '')} {own}".strip())
    style = Element("style")  # :where, for whatever the page says of these parts comes first
    style.text = "\n".join(f":where(.{own}){{{look}}}" for look, own in looks.items())
    return style


def _parsed(drawing):
    """The root of a drawing, and the element in it that holds the graph."""
    try:
        root = ElementTree.fromstring(drawing)
    except ElementTree.ParseError as error:
        raise RuntimeError(f"draw: {NO_GRAPH}, but something else ({error}): {drawing[:40]!r}; {WAY_OUT}") from None
    graph = root.find(f"{SVG}g")
    if graph is None or not graph.findall(f"{SVG}g[@class='node']"):
        raise RuntimeError(f"draw: {NO_GRAPH}, but none with a graph in it: {drawing[:40]!r}; {WAY_OUT}")
    return root, graph


def _title(group) -> Iterator[Element]:
    """The tooltip, which on a page is a title."""
    for link in group.iter(f"{SVG}a"):
        title = Element("title")
        title.text = link.get(f"{LINK}title")
        yield title


def _box(group, kind):
    """The rectangle around all that is drawn in group, in its colours."""
    shapes = [shape for shape in group.iter() if shape.tag in (f"{SVG}path", f"{SVG}polygon")]
    numbers = [float(n) for shape in shapes for n in NUMBER.findall(shape.get("d") or shape.get("points") or "")]
    left, right, top, bottom = min(numbers[::2]), max(numbers[::2]), min(numbers[1::2]), max(numbers[1::2])
    place = {"x": left, "y": top, "width": right - left, "height": bottom - top}
    box = Element("rect", {"class": "box", "rx": ROUND[kind]} | {k: f"{v:.0f}" for k, v in place.items()})
    for shape in shapes:
        for name in ("fill", "stroke", "fill-opacity", "stroke-opacity", "stroke-width"):
            if shape.get(name, "none") not in ("none", "transparent"):
                box.set(name, _short(shape.get(name)) if name not in ("fill", "stroke") else shape.get(name))
    return box


def _text(text):
    """A text where it was, with those of its properties that are not the usual ones."""
    kept = Element("text", {name: _short(text.get(name, "0"), 0) for name in ("x", "y")})
    said = (text.text or "").replace("\N{NO-BREAK SPACE}", " ")
    kept.text = "\N{NO-BREAK SPACE}" * (len(said) - len(said.lstrip())) + said.lstrip()  # others are not drawn there
    usual = {"text-anchor": "start", "font-size": "12.00", "fill": label.INK, "font-weight": "normal"}
    for name, value in usual.items():
        if text.get(name, value) != value:
            kept.set(name, _short(text.get(name)) if name == "font-size" else text.get(name))
    return kept


def _mark(texts, rows):
    """Give the last texts of a card, which are words and lines, their names, beginning with the last row."""
    if len(texts) < sum(count + 1 for _, count in rows):
        raise RuntimeError(f"draw: {NO_GRAPH}, but left out what some cards say; {WAY_OUT}")
    for word, count in reversed(rows):
        for text in [texts.pop() for _ in range(count)]:
            text.attrib = {"class": word, "x": text.get("x"), "y": text.get("y")}
            text.text = None
        first = texts.pop()
        first.attrib = {"data-say": word, "x": first.get("x"), "y": first.get("y")}
        first.text = None


def _short(numbers, digits=1):
    """The same numbers with at most so many digits behind the point."""
    return NUMBER.sub(lambda found: f"{round(float(found[0]), digits) + 0.0:g}", numbers)
