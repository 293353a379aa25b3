"""The registry of backbones. What an entry names is imported when it is built; `catalogue` fills it."""

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
    role: the stream it is made for. input: what its source feeds it. middle: its middle stage.
    weights: names that `--weights-…` knows for it. source: where the network is described.
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


REGISTRY: Registry[BackboneEntry] = Registry("backbone", "backbones")
