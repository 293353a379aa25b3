"""A task that a cluster has: waiting there, or running. No torch."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Protocol

from harness.campaign.engines.followed import Followed
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Outcome, Outcomes, Ready, Task, outcome


class Tasks(Protocol):
    """Those of a campaign that a cluster has. running: those that have not ended."""

    @property
    def running(self) -> Collection[object]: ...

    def begin(self, tasks: Iterable[Task]) -> None:
        """Hands over those that are new, as many as may be there."""

    def wait(self) -> list[Outcome]:
        """Of those that have ended since; the others are asked, where the campaign was."""

    def end(self) -> None:
        """Asks all that are still there, and waits for them."""


def driven(tasks: Tasks, ready: Ready, stop: Stop) -> Outcomes:
    """The outcomes of all that become ready, as `Engine.launch` gives them."""
    try:
        tasks.begin([] if stop.asked else ready())
        while tasks.running:
            for ended in tasks.wait():
                yield ended
                if not stop.asked:
                    tasks.begin(ready())
    finally:
        tasks.end()


class Submitted:
    """Followed by its log, which lies on a disk that the nodes and this machine share, or is brought home. It
    has begun once something is written there, and not when it is submitted."""

    def __init__(self, task: Task) -> None:
        self.task = task
        self.begun, self.last = False, ""
        self.head = {line.strip() for line in task.shown().splitlines()}  # again after a requeue
        self.log = Followed(task.log, self._tell)

    def tells_nobody(self) -> None:
        """From now on: the campaign that would hear of it has failed."""
        self.begun, self.log.tell = True, lambda line: None

    def read(self) -> None:
        if self.task.away:
            self.task.away(False)
        self.log.read()

    def ended(self, code: int, stop: Stop, last: str = "") -> Outcome:
        """code: the exit code of its process. last: that was printed, of one whose log was elsewhere."""
        self._end()
        return outcome(self.task.name, code, last or self.last, bool(stop.asked))

    def lost(self, reason: str, stop: Stop) -> Outcome:
        """Of a task that left no exit code behind. reason: why."""
        self._end()
        return Outcome(self.task.name, reason, stopped=bool(stop.asked), lost=True)

    def _end(self) -> None:
        if self.task.away:
            self.task.away(True)
        self.log.read(end=True)
        self._begin()

    def _tell(self, line: str) -> None:
        self._begin()
        if line not in self.head:
            self.last = line
            self.task.tell(line)

    def _begin(self) -> None:
        if not self.begun:
            self.begun = True
            self.task.begin()
