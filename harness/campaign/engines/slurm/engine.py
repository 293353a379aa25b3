"""Tasks as jobs of submitit: an array where several can start at once. No torch."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.campaign.engines.slurm.cluster import Cluster
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.submitted import Submitted, driven
from harness.campaign.engines.task import Outcome, Outcomes, Ready, Task
from harness.files import read_regular

TICK = 1.0  # seconds between two looks at the logs
LOOKS = 10  # at the logs for each one at the queue
MOST = 500  # tasks of an array; SLURM allows 1001 unless it is set otherwise


@dataclass(frozen=True)
class Slurm:
    """env: variables of every task. most: tasks submitted at a time."""

    cluster: Cluster
    env: Mapping[str, str] = field(default_factory=dict)
    most: int = MOST

    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        """See `Engine`. What an earlier driver has submitted is not submitted again."""
        return driven(_Jobs(self, stop), ready, stop)


class _Jobs:
    """running: (task, its job of submitit). there: of an earlier driver."""

    def __init__(self, engine: Slurm, stop: Stop) -> None:
        self.engine, self.stop, self.asked = engine, stop, 0
        self.cluster = engine.cluster
        self.there = dict(self.cluster.there())
        self.running: list[tuple[Submitted, Any]] = []
        self.begun: set[str] = set()

    def begin(self, tasks: Iterable[Task]) -> None:
        new = [task for task in tasks if task.name not in self.begun]
        new = new[: max(self.engine.most - len(self.running), 0)]
        self.begun |= {task.name for task in new}
        self.running += [(Submitted(t), self.there.pop(t.name)) for t in new if t.name in self.there]
        fresh = [task for task in new if task.name not in {each.task.name for each, _ in self.running}]
        for first in range(0, len(fresh), MOST):
            part = fresh[first : first + MOST]
            followed = [Submitted(task) for task in part]
            self.running += zip(followed, self.cluster.submit(part, self.engine.env), strict=True)

    def wait(self) -> list[Outcome]:
        """Of those that have ended since the last look at the queue; the others are asked, where the campaign
        was."""
        for _ in range(LOOKS):
            if self.stop.asked > self.asked:
                self.ask(self.stop.asked)
            time.sleep(TICK)
            for task, _ in self.running:
                task.read()
        gone = self.cluster.gone([job for _, job in self.running])
        ended = [(task, job) for task, job in self.running if job in gone]
        self.running = [(task, job) for task, job in self.running if job not in gone]
        return [_outcome(task, job, self.stop) for task, job in ended]

    def ask(self, times: int) -> None:
        self.asked = times
        self.cluster.ask([job for _, job in self.running])

    def end(self) -> None:
        """Asks all that are still there, as where the caller has failed, and waits for them."""
        for task, _ in self.running:
            task.tells_nobody()
        if self.running and not self.asked:
            self.ask(1)
        while self.running:
            self.wait()


def _outcome(task: Submitted, job: Any, stop: Stop) -> Outcome:
    """By the exit code that the job has left; SLURM kills without one."""
    from submitit.core.utils import FailedJobError

    if job.paths.result_pickle.exists():
        try:
            return task.ended(job.result(), stop)
        except FailedJobError as error:
            return task.lost(_reason(str(error)), stop)
    return task.lost(_last_words(job.paths.stderr), stop)


def _reason(trace: str) -> str:
    """The last error of a trace, without its kind."""
    errors = [line for line in trace.splitlines() if "Error: " in line]
    return errors[-1].partition("Error: ")[2] if errors else "its job failed"


def _last_words(log: Path) -> str:
    """What SLURM says of a job that it killed."""
    with suppress(OSError, ValueError):
        said = [line for line in read_regular(log).splitlines() if "error: " in line]
        if said:
            return said[-1].partition("error: ")[2].strip()
    return f"its job ended and left no result; {log} may say why"
