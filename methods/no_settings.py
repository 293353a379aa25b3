"""The settings of a method that has none. No torch."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class NoSettings:
    """It has none."""
