"""What one check found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

State = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    """said: what is so. remedy: what to do about it, "" where nothing has to be done.

    An error keeps a run from starting or from ending; a warning costs time or may be met later.
    """

    name: str
    state: State
    said: str
    remedy: str = ""


def would_start(findings: Iterable[Finding]) -> bool:
    """Whether a run would start: no finding is an error."""
    return all(finding.state != "error" for finding in findings)
