"""The value of `--set key=value`, read as YAML."""

from __future__ import annotations

import json
from typing import Any

import yaml

from backbones.base.errors import UsageError
from harness.files import is_bounded

MOST_TEXT = 100_000  # letters of a value on the command line


def read_value(pair: str, text: str) -> Any:
    """What YAML makes of the text: plain types, and numbers of a size that a configuration can hold.

    A `UsageError` for anything else.
    """
    shown = pair if len(pair) < 80 else f"{pair[:60]}…"
    try:
        value = yaml.safe_load(text)
        small = is_bounded(value) and len(json.dumps(value, allow_nan=False)) < MOST_TEXT
        plain = small and _is_plain(value)
    except (yaml.YAMLError, RecursionError):
        raise UsageError(f"--set {shown}: cannot read the value '{text[:60]}'") from None
    except (ValueError, TypeError, OverflowError):
        plain = False
    if not plain:
        raise UsageError(
            f"--set {shown}: expected a finite number (a whole one from -2^63 to 2^63), text, true, "
            "false, null, or a list of these"
        )
    return value


def _is_plain(value: Any) -> bool:
    """Whether all its keys are text, all its whole numbers of 64 bits, and no text has zero bytes."""
    if isinstance(value, dict):
        return all(isinstance(key, str) and _is_plain(each) for key, each in value.items())
    if isinstance(value, list):
        return all(map(_is_plain, value))
    if isinstance(value, str):
        return "\0" not in value
    return not isinstance(value, int) or -(2**63) <= value < 2**63
