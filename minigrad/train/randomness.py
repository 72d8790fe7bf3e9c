"""What a training draws random numbers from."""

from collections.abc import Mapping
from typing import Any

from minigrad.nn import Module
from minigrad.random import Generator, default_generator

__all__ = ["generators_of"]

INSIDE = ("dataset", "transform")  # attributes of a loader or a data set that may draw as well


def generators_of(model: Module, loaders: Mapping[str, Any]) -> dict[str, Generator]:
    """The default generator, and those of the loaders, of the data in them and of the layers, each with its place."""
    owners = dict(model.named_modules())
    for name, loader in loaders.items():
        owners |= parts_of(name, loader)
    own = {name: getattr(owner, "generator", None) for name, owner in owners.items()}
    return {"default": default_generator} | {name: g for name, g in own.items() if isinstance(g, Generator)}


def parts_of(name: str, owner: Any) -> dict[str, Any]:
    """A loader and what is inside it: "train_loader", "train_loader.dataset", "train_loader.dataset.transform", …"""
    inside = {attribute: getattr(owner, attribute, None) for attribute in INSIDE}
    several = getattr(owner, "transforms", None)  # of a Compose
    inside |= {f"transforms.{i}": part for i, part in enumerate(several)} if isinstance(several, list) else {}
    parts = {name: owner}
    for place, part in inside.items():
        if part is not None:
            parts |= parts_of(f"{name}.{place}", part)
    return parts
