"""Ctrl-C, a scheduler's SIGTERM and a lost terminal's SIGHUP ask a campaign to stop. No torch."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Stop:
    """asked: how often. The first time, runs write their checkpoints; the second time, they end at once."""

    def __init__(self) -> None:
        self.asked = 0

    def ask(self) -> None:
        self.asked += 1

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Takes the signals over, and gives them back. Under nohup a lost terminal stays without meaning."""
        if threading.current_thread() is not threading.main_thread():  # signals are not for it
            yield
            return
        numbers = [number for number in STOPS if signal.getsignal(number) != signal.SIG_IGN]
        before = {number: signal.signal(number, self._asked_by) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    def _asked_by(self, number: int, frame: FrameType | None) -> None:
        self.ask()
