"""Settings of one stream alone. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.streams import StreamName


@dataclass(frozen=True)
class SingleSettings:
    """stream: the one that is trained."""

    stream: StreamName = "local"
