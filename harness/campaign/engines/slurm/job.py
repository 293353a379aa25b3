"""What submitit runs on a node: a task's process, which writes a checkpoint when the job is taken away."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from contextlib import suppress
from types import FrameType
from typing import Any

from harness.campaign.engines.child import Child


class Job:
    """Called, it gives the process's exit code. hold: seconds that it waits after SIGTERM, by which SLURM
    also announces the signal that requeues the job (USR2): a job that has ended is not requeued.
    """

    def __init__(self, child: Child, hold: float) -> None:
        self.child, self.hold = child, hold
        self.asked_by: int | None = None
        self.process: subprocess.Popen[bytes] | None = None

    def __call__(self) -> int:
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, self._ask)
        self.process = self.child.start()
        if self.asked_by:  # before there was a process
            self.process.terminate()
        self._wait()
        code = self.process.wait()
        if self.asked_by == signal.SIGTERM:
            time.sleep(self.hold)
        return code

    def checkpoint(self) -> Any:
        """By submitit, on USR2: what is submitted again, once the process has written its checkpoint."""
        from submitit.core.utils import DelayedSubmission

        self._ask(signal.SIGUSR2)
        self._wait()
        return DelayedSubmission(Job(self.child, self.hold))

    def _ask(self, number: int, frame: FrameType | None = None) -> None:
        """Asked again in the same way, the process ends at once."""
        again, self.asked_by = number == self.asked_by, number
        if self.process:
            self.process.kill() if again else self.process.terminate()

    def _wait(self) -> None:
        """Without reaping it: a signal's handler waits inside the waiting that it interrupts, where
        `Popen.wait` would wait for itself."""
        if self.process:
            with suppress(ChildProcessError):
                os.waitid(os.P_PID, self.process.pid, os.WEXITED | os.WNOWAIT)
