"""Where jobs of submitit are made: by SLURM, or by submitit on this machine, to try it. No torch."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from backbones.base.errors import UserError
from harness.campaign.engines.child import Child
from harness.campaign.engines.slurm.job import Job
from harness.campaign.engines.slurm.queue import Queue
from harness.campaign.engines.task import Task

HOLD = 60.0  # seconds from a pre-emption's SIGTERM to its USR2, at most
TIMEOUTS = 20  # times that a job goes on which has reached its time limit
Jobs = Sequence[Any]  # of submitit


class Cluster(Protocol):
    def there(self) -> Mapping[str, Any]:
        """{name of a task: its job} of what an earlier driver has submitted."""
        ...

    def submit(self, tasks: Sequence[Task], env: Mapping[str, str]) -> Jobs: ...
    def gone(self, jobs: Jobs) -> Jobs:
        """Those that have ended; one that is requeued has not."""
        ...

    def ask(self, jobs: Jobs) -> None:
        """To end in their own time, and the second time at once."""
        ...


@dataclass(frozen=True)
class SlurmCluster:
    """folder: of submitit's files and of SLURM's own logs. parameters: of submitit's executor."""

    folder: Path
    parameters: Mapping[str, Any]

    @property
    def queue(self) -> Queue:
        return Queue(self.folder)

    def there(self) -> Mapping[str, Any]:
        from submitit import SlurmJob

        return {name: SlurmJob(self.folder, job) for name, job in self.queue.tasks().items()}

    def submit(self, tasks: Sequence[Task], env: Mapping[str, str]) -> Jobs:
        """One array. A `UserError` with what sbatch says where it refuses."""
        from submitit import SlurmExecutor

        executor = SlurmExecutor(self.folder, max_num_timeout=TIMEOUTS)
        comment = self.queue.comment([task.name for task in tasks])
        executor.update_parameters(comment=comment, **self.parameters)
        return _submitted(executor, tasks, env, HOLD)

    def gone(self, jobs: Jobs) -> Jobs:
        listed = self.queue.jobs()
        return [] if listed is None else [job for job in jobs if job.job_id not in listed]

    def ask(self, jobs: Jobs) -> None:
        self.queue.ask([job.job_id for job in jobs])


@dataclass(frozen=True)
class ThisMachine:
    """By submitit's executor of processes on this machine, which another driver does not find again."""

    folder: Path
    parameters: Mapping[str, Any]

    def there(self) -> Mapping[str, Any]:
        return {}

    def submit(self, tasks: Sequence[Task], env: Mapping[str, str]) -> Jobs:
        from submitit import LocalExecutor

        executor = LocalExecutor(self.folder, max_num_timeout=TIMEOUTS)
        executor.update_parameters(timeout_min=self.parameters["time"], **self.parameters)
        with _deaf_to_the_terminal():
            return _submitted(executor, tasks, env, hold=0)

    def gone(self, jobs: Jobs) -> Jobs:
        return [job for job in jobs if job.done()]

    def ask(self, jobs: Jobs) -> None:
        for job in jobs:
            with suppress(ProcessLookupError):
                os.kill(int(job.job_id), signal.SIGTERM)


def _submitted(executor: Any, tasks: Sequence[Task], env: Mapping[str, str], hold: float) -> Jobs:
    """hold: see `Job`."""
    from submitit.core.utils import FailedJobError

    try:
        return executor.submit_array([Job(Child.of(task, env), hold) for task in tasks])
    except FailedJobError as error:
        said = str(error).strip().splitlines()
        raise UserError(f"sbatch: {said[-1] if said else 'failed'}; see --engine-set") from None


@contextmanager
def _deaf_to_the_terminal() -> Iterator[None]:
    """What is started here ignores Ctrl-C, on which it would end its jobs before their checkpoints."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
