"""A run's settings as `--set` names them, worked out once for all configurations of one shape."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from harness.config.difference import flatten
from harness.config.schema import Config
from harness.record.index.shape import OWN, Settings


def flat_settings(config: Mapping[str, Any]) -> dict[str, Any]:
    """{"train.lr": 0.03, …}, with the defaults of settings that are newer than the run."""
    if not isinstance(config, Settings):
        return _flat(config)
    own = {path: _at(config, path) for path in OWN}
    # A setting that is null in one run and given in another may come with defaults of its own.
    key = (flat_settings, tuple(value is None for value in own.values()))
    if key not in config.shape.memo:
        found = _flat(config)
        config.shape.memo[key] = found, {path: _name(path, found) for path in OWN}
    known, names = config.shape.memo[key]
    return {**known, **{names[path]: value for path, value in own.items() if names[path] in known}}


def _flat(config: Mapping[str, Any]) -> dict[str, Any]:
    try:
        return flatten(Config.model_validate(config).plain())
    except ValidationError:
        return flatten(config)


def _at(tree: Any, path: tuple[str, ...]) -> Any:
    for key in path:
        tree = tree.get(key) if isinstance(tree, Mapping) else None
    return tree


def _name(path: tuple[str, ...], known: Mapping[str, Any]) -> str:
    """As `flatten` names it: in full where a field of its group has the same name."""
    full, short = ".".join(path), ".".join(key for key in path if key != "settings")
    return full if full in known else short
