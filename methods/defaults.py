"""A method's settings beside their defaults: one way of saying them is one run. Loads torch only for a method
whose entry does not name its settings (a plug-in's).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, fields
from functools import cache
from typing import Any

from backbones.base.registry import load
from methods.catalogue import METHODS


def settings_class(method: str) -> Any:
    """The dataclass of the method's own settings."""
    entry = METHODS.get(method)
    named: Any = load(entry.settings or entry.target)
    return named if entry.settings else named.Settings


@cache
def defaults(method: str) -> dict[str, Any]:
    """Of each setting that has one; nothing of a method that is not here (a record's, of a plug-in)."""
    found: dict[str, Any] = {}
    if METHODS.find(method) is None:
        return found
    for field in fields(settings_class(method)):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found


def departing(method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings without those that say what holds anyway, numbers as the default's type: 4 is 4.0."""
    usual = defaults(method)
    typed = {name: _like(usual.get(name), value) for name, value in settings.items()}
    return {name: value for name, value in typed.items() if name not in usual or value != usual[name]}


def _like(default: Any, value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and isinstance(default, float) else value
