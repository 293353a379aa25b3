"""Methods that show both streams one clip need both to be configured alike. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from backbones.base.errors import UsageError

SAME_CLIP = ("frames", "stride", "short_side", "test_short_side", "crop")


def check_same_clip(method: str, streams: Mapping[str, Any]) -> None:
    """streams: "local" and "global", configurations or what they see; a `UsageError` names what differs."""
    for what in SAME_CLIP:
        local, glob = (getattr(streams[name], what) for name in ("local", "global"))
        if local != glob:
            local, glob = (list(value) if isinstance(value, tuple) else value for value in (local, glob))
            raise UsageError(
                f"method '{method}' shows both streams the same clip, but local.{what} is {local} and "
                f"global.{what} is {glob}; make them equal (--set local.{what}={str(glob).replace(' ', '')})"
            )
