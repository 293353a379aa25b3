"""What a stream begins with, told from its setting and from what was loaded."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from harness.config.difference import AS_WEIGHTS


def start(weights: str | None, report: Mapping[str, Any] | None) -> dict[str, Any]:
    """As `Start`, in plain types. weights: the stream's setting. report: on what was loaded, if anything."""
    if not isinstance(weights, str):
        return {"kind": "scratch"}
    report = report or {}
    sha256 = report.get("sha256")
    if weights.startswith(AS_WEIGHTS):
        return {"kind": "run", "name": weights.removeprefix(AS_WEIGHTS), "sha256": sha256}
    # Of a file the report gives its path, of published weights where they came from.
    kind = "file" if report.get("source") == str(Path(weights)) else "zoo"
    return {"kind": kind, "name": weights, "sha256": sha256}
