"""Bounds of settings, checked when the settings are made. No torch."""

from __future__ import annotations

from backbones.base.errors import UsageError


def at_least(settings: object, least: float, *names: str) -> None:
    """Raises UsageError unless each of these settings is `least` or more; None stands for a default."""
    for name in names:
        value = getattr(settings, name)
        if value is not None and not value >= least:
            raise UsageError(f"method.{name} is {value:g}; it must be {least:g} or more")


def above_zero(settings: object, *names: str) -> None:
    """Raises UsageError unless each of these settings is above 0."""
    for name in names:
        value = getattr(settings, name)
        if not value > 0:
            raise UsageError(f"method.{name} is {value:g}; it must be above 0")
