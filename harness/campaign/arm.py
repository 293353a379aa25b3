"""An arm of a study or a sweep: what is compared with other arms. No torch."""

from __future__ import annotations

from typing import Protocol


class Arm(Protocol):
    """One method with its settings, as `--set` takes them. name: in records and in what is printed."""

    @property
    def name(self) -> str: ...
    @property
    def method(self) -> str: ...
    @property
    def pairs(self) -> tuple[str, ...]: ...
