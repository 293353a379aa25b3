"""The registry of backbones, which `backbones.catalogue` fills. A builder is imported when it is called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from backbones.base.registry import Registry
from backbones.spec import InputSpec


@dataclass(frozen=True)
class BackboneEntry:
    """A backbone by name.

    builder: "module:function" taking (classes, frames, size, width) and `arguments`, all by keyword.
    role: the stream it is meant for. input: its source's input. middle: its middle stage.
    weights: names that `--weights-…` takes for it. source: where the network is described.
    """

    name: str
    builder: str
    role: str
    input: InputSpec
    middle: str
    summary: str
    source: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    weights: tuple[str, ...] = ()


BACKBONES: Registry[BackboneEntry] = Registry("backbone", "backbones")


def family_of(entry: BackboneEntry) -> str:
    """What presets call the networks of one builder's module, such as `resnet3d` or `vtn`."""
    return entry.builder.partition(":")[0].rpartition(".")[2]
