"""From the records of earlier schemas to the present one, tree to tree.

What is missing or wrong in a tree stays so: the schema says it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from harness.record.starts_from import start

# Names that changed, as the schema says them and as the file of schema 1 does.
RENAMED = {"metrics.global": "metrics.glob", "precision": "resolved.precision"}


def migrate(tree: Any, version: int) -> Any:
    """A record's tree of schema `version` as one of the present schema."""
    return _from_1(tree) if version == 1 else tree


def in_the_file(name: str, version: int) -> str:
    """What the file of a record of schema `version` calls the field `name`."""
    if version == 1:
        for new, old in RENAMED.items():
            if name == new or name.startswith(f"{new}."):
                return old + name.removeprefix(new)
    return name


def _from_1(tree: Mapping[str, Any]) -> dict[str, Any]:
    """Schema 1 had no version of its own for ids, counted the hold-out as training videos, and kept
    compiling with what was resolved."""
    config, resolved = _mapping(tree, "config"), _mapping(tree, "resolved")
    new = {**tree, "schema_version": 2, "identity": 1}
    if isinstance(tree.get("config"), Mapping):
        new["config"] = {**config, "compile": resolved.get("compile", False)}
    if isinstance(tree.get("resolved"), Mapping):
        new["resolved"] = {name: value for name, value in resolved.items() if name != "compile"}
    new["precision"] = resolved.get("precision")
    new["starts_from"] = _starts(config, _mapping(tree, "weights"))
    if metrics := _mapping(tree, "metrics"):
        new["metrics"] = {"global" if name == "glob" else name: value for name, value in metrics.items()}
    if data := _mapping(tree, "data"):
        new["data"] = {**data, "found": _found(data.get("found"))}
    return new


def _starts(config: Mapping[str, Any], weights: Mapping[str, Any]) -> dict[str, Any]:
    names = {stream: _mapping(config, stream).get("weights") for stream in ("local", "global")}
    return {stream: start(name, _mapping(weights, stream)) for stream, name in names.items()}


def _found(found: Any) -> Any:
    """Schema 1 counted the hold-out among the training videos too."""
    if not isinstance(found, Mapping) or not all(isinstance(count, int) for count in found.values()):
        return found
    held = found.get("holdout", 0)
    train = {"train": found["train"] - held} if "train" in found else {}
    return {**found, **train, "validation": 0, "holdout": held}


def _mapping(tree: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """What is under `name`; nothing where that is no mapping."""
    value = tree.get(name)
    return value if isinstance(value, Mapping) else {}
