"""Building a backbone by name: found in the catalogue, its settings checked, its weights random."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

import backbones.catalogue  # noqa: F401  (fills the registry; imports no torch)
from backbones.base.errors import UsageError, UserError, suggestion
from backbones.base.registry import load
from backbones.registry import BACKBONES, BackboneEntry

if TYPE_CHECKING:
    from backbones.contract import Backbone


def find(name: str) -> BackboneEntry:
    """The entry called `name`. `vtn:<timm name>` is found through the entry `vtn:*`."""
    family, colon, inner = name.partition(":")
    if colon and name not in BACKBONES and (open_entry := BACKBONES.find(f"{family}:*")):
        return replace(open_entry, name=name, arguments={**open_entry.arguments, "inner": inner})
    return BACKBONES.get(name)


def known(name: str) -> bool:
    """Whether `find` finds it; it does not find the backbone of a plug-in that is not loaded."""
    try:
        find(name)
    except UserError:
        return False
    return True


def build(
    name: str,
    *,
    classes: int,
    frames: int,
    size: int,
    width: float = 1.0,
    in_channels: int = 3,
    modality: str = "rgb",
    **settings: Any,
) -> Backbone:
    """The backbone `name`, randomly initialised from torch's global generator.

    frames, size: T and crop side in pixels of its clips. width: factor on the channels (1 = as published).
    in_channels: C of its clips. Where it is not 3, as for optical flow, the first convolutions are replaced,
    unless the builder takes `in_channels` itself. modality: what its clips are, "rgb" or "flow".
    settings: what else the family's builder takes (a `UsageError` names one that it does not).
    """
    entry = find(name)
    builder = load(entry.builder)
    sizes = {"classes": classes, "frames": frames, "size": size, "width": width}
    check_arguments(name, builder, sizes | {"in_channels": in_channels}, settings)
    make = partial(builder, **{**entry.arguments, **settings})
    backbone = _with_channels(make, sizes, in_channels)
    backbone.describe(
        classes=classes,
        frames=frames,
        size=size,
        channels=in_channels,
        modality=modality,
        middle=entry.middle,
    )
    return backbone


def _with_channels(make: partial[Backbone], sizes: Mapping[str, Any], channels: int) -> Backbone:
    if "in_channels" in inspect.signature(make.func).parameters:
        return make(**sizes, in_channels=channels)
    backbone = make(**sizes)
    if channels != 3:
        import torch

        from backbones.parts.stem import first_convolutions, take_channels

        with torch.device("meta"):
            full = make(**{**sizes, "width": 1.0})
        take_channels(backbone, first_convolutions(full), channels)
    return backbone


class UnknownSetting(UsageError):
    """A backbone has no setting of that name. key: the name."""

    def __init__(self, key: str, text: str) -> None:
        super().__init__(text)
        self.key = key


def check_arguments(
    name: str, builder: Callable[..., Any], sizes: Mapping[str, float], settings: Mapping[str, Any]
) -> None:
    """An `UnknownSetting` for a setting the builder does not have, a `UsageError` for a value that cannot be.

    sizes: frames, size, width and the like, all above 0. settings: the builder's own, by name.
    """
    for what, value in sizes.items():
        if not value > 0:
            raise UsageError(f"backbone '{name}': {what} must be above 0, given {value}")
    known = [key for key in inspect.signature(builder).parameters if key not in sizes]
    for key in settings:
        if key not in known:
            has = f"it has {', '.join(known)}" if known else "it has none"
            near = suggestion(key, [*known, "width"]) or ";"
            raise UnknownSetting(key, f"backbone '{name}' has no setting '{key}'{near} {has}")
        wanted = inspect.signature(builder).parameters[key]
        if not _same_kind(settings[key], wanted):
            like = f"expected the like of {wanted.default!r}, its default"
            raise UsageError(f"backbone '{name}': {key} is {settings[key]!r}; {like}")


def _same_kind(given: Any, wanted: inspect.Parameter) -> bool:
    """Whether the value is of the default's kind: a number, a switch (true, false) or a word."""
    default = wanted.default
    if given is None and "None" in str(wanted.annotation):  # "int | None = 36" of a plug-in
        return True
    if isinstance(default, bool) or not isinstance(default, int | float | str):
        return not isinstance(default, bool) or isinstance(given, bool)
    if isinstance(default, str):
        return isinstance(given, str)
    return isinstance(given, int | float) and not isinstance(given, bool)
