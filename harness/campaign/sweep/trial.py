"""What a sweep tries: one setting of one arm, and what came of it. No torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from harness.config.difference import as_pairs
from harness.record.schema import Share

FINISHED, FAILED, MISSING = "finished", "failed", "to train"
Settings = Mapping[str, Any]  # {"train.lr": 0.01}: as `--set` names them


@dataclass
class Trial:
    """number: 1 … of its arm. run: the id of its run, "" where there is none. found: the metric on the
    videos that it was tested on. why: of a failure."""

    arm: str
    number: int
    settings: dict[str, Any] = field(default_factory=dict)
    run: str = ""
    found: Share | None = None
    why: str = ""

    @property
    def value(self) -> float | None:
        """In percent; None where there is no result."""
        return self.found.percent if self.found else None

    @property
    def state(self) -> str:
        return FINISHED if self.found else FAILED if self.why else MISSING

    @property
    def label(self) -> str:
        """As messages name it."""
        return f"{self.arm}, trial {self.number}"

    @property
    def pairs(self) -> tuple[str, ...]:
        return as_pairs(self.settings)
