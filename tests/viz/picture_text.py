"""Reading what a picture's DOT text shows."""

import html
import re

from minigrad.viz.label import FILLS, RED


def statement(picture, start):
    """The one statement of the DOT text that begins like that."""
    found = re.findall(rf"^\t+{start}.*?(?=^\t|^}})", picture.source, re.M | re.S)
    assert len(found) == 1
    return found[0]


def pieces(label):
    return [html.unescape(piece).strip() for piece in re.findall(r">([^<>]+)<", label) if piece.strip()]


def words(picture, node):
    """What the card of a node shows, piece by piece."""
    return pieces(re.search(r"label=<(.*)> id", statement(picture, rf"{node} \["), re.S)[1])


def below(picture):
    """What stands below the picture: the legend, then the notes."""
    return pieces(statement(picture, "label="))


def kind(picture, node):
    """The word of the vocabulary by whose colour a node is filled."""
    fill = re.search(r'(?:BGCOLOR|fillcolor)="(#\w+)"', statement(picture, rf"{node} \["))[1]
    return next(kind for kind, (colour, _) in FILLS.items() if colour == fill)


def is_red(picture, node):
    return f'COLOR="{RED}"' in statement(picture, rf"{node} \[")


def edges(picture):
    return re.findall(r"^\t(\w+) -> (\w+)", picture.source, re.M)
