"""Defaults of a method's settings: a setting given at its default value makes the same run as one left out.

Loads torch only for a method whose entry does not name its settings, as a plug-in's may not.
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
    """The default of each setting that has one; empty for an unknown method (a record's, of a plug-in)."""
    found: dict[str, Any] = {}
    if METHODS.find(method) is None:
        return found
    for field in fields(settings_class(method)):
        if field.default is not MISSING:
            found[field.name] = field.default
        elif field.default_factory is not MISSING:
            found[field.name] = field.default_factory()
    return found


def non_default(method: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings that differ from their defaults; whole numbers as floats where the default is one."""
    usual = defaults(method)
    typed = {name: _as_default(usual.get(name), value) for name, value in settings.items()}
    return {name: value for name, value in typed.items() if name not in usual or value != usual[name]}


def _as_default(default: Any, value: Any) -> Any:
    whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if whole and isinstance(default, float) else value
