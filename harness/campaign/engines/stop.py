"""Ctrl-C, a scheduler's SIGTERM and a lost terminal's SIGHUP ask a campaign to stop. No torch."""

from __future__ import annotations

from contextlib import AbstractContextManager
from types import FrameType

from harness.signals import answered_by


class Stop:
    """asked: how often. The first time, runs write their checkpoints; the second time, they end at once."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1

    def listening(self) -> AbstractContextManager[None]:
        """Takes the signals over, and gives them back."""
        return answered_by(self._asked_by)

    def _asked_by(self, number: int, frame: FrameType | None) -> None:
        self.ask()
