"""A data set's own settings, as `--set data.KEY=VALUE` gives them."""

from __future__ import annotations

from typing import Any

import click


def data_settings(pairs: tuple[str, ...]) -> dict[str, Any]:
    """The settings by their names. Raises UsageError for a setting that is not a data set's own."""
    from harness.config.resolve import parse_settings

    tree = parse_settings(pairs)
    if set(tree) - {"data"} or set(tree.get("data", {})) - {"settings"}:
        raise click.UsageError("here --set takes a data set's own settings only, as data.KEY=VALUE")
    return dict(tree.get("data", {}).get("settings", {}))
