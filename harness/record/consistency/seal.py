"""A record's seal: SHA-256 over all that it says, so that what was changed after the run is not believed.

It shows mistakes and changes by hand; who writes a seal of their own can write anything. No torch.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

SEAL = "seal"


def sealed(tree: Mapping[str, Any]) -> dict[str, Any]:
    """A record's tree with its seal. tree: plain types, as JSON has them."""
    return {**tree, SEAL: _sha256(tree)}


def is_broken(tree: Mapping[str, Any]) -> bool:
    """Whether something was changed since the seal was made; records of earlier versions have none."""
    return tree.get(SEAL) is not None and tree[SEAL] != _sha256(tree)


def _sha256(tree: Mapping[str, Any]) -> str:
    """In hex: over the content, not over how a file writes it down."""
    rest = {key: value for key, value in tree.items() if key != SEAL}
    return hashlib.sha256(json.dumps(rest, sort_keys=True, separators=(",", ":")).encode()).hexdigest()
