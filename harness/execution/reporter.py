"""What is told while a run is prepared, trained and tested; whoever starts the run says where that goes."""

from __future__ import annotations

from contextlib import AbstractContextManager
from typing import Protocol

from harness.data.index import VideoIndex
from harness.training.progress import Progress


class Reporter(Protocol):
    """`harness.console.console` has the one for the terminal."""

    def say(self, text: str) -> None:
        """One line."""

    def videos(self, index: VideoIndex) -> None:
        """What was found of the data set."""

    def progress(self, what: str, total: int) -> AbstractContextManager[None]:
        """Around a part of the run that goes on for `total` steps or videos."""

    def training(self, progress: Progress) -> None: ...

    def testing(self, done: int, total: int, eta_s: float, part: str) -> None:
        """`done` of `total` videos of a part of the data; seconds left."""

    def mute(self) -> None:
        """Nothing is told from here on: of several processes only the first one tells."""
