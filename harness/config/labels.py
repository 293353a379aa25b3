"""How streams are called in lists, tables and records."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from harness.config.schema import StreamConfig

FRACTIONS = {0.125: "⅛", 0.25: "¼", 0.375: "⅜", 0.5: "½", 0.625: "⅝", 0.75: "¾", 0.875: "⅞"}

NOT_USED = "not used"  # a stream that the method neither trains nor runs


def label(backbone: str, width: float, modality: str = "rgb") -> str:
    """`r2plus1d50 ×¼`: a narrow network is never shown under the full network's name; `… on flow`."""
    seen = "" if modality == "rgb" else f" on {modality}"
    if width == 1:
        return backbone + seen
    return f"{backbone} ×{FRACTIONS.get(width, f'{width:g}')}{seen}"


def labels(streams: Mapping[str, StreamConfig], unused: Collection[str]) -> dict[str, str]:
    """What each stream is called in tables. unused: those that the method neither trains nor runs."""
    return {
        name: NOT_USED if name in unused else label(stream.backbone, stream.width, stream.modality)
        for name, stream in streams.items()
    }
