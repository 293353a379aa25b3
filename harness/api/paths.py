"""Paths that are given from Python."""

from __future__ import annotations

from pathlib import Path

from backbones.base.errors import UsageError


def as_path(value: object, what: str) -> Path:
    """Raises UsageError for what is neither text nor a path. what: as the message calls it."""
    if not isinstance(value, str | Path):
        raise UsageError(f"{what}: expected a path, got {value!r:.80}")
    return Path(value)
