"""What a node of a cluster does with a task: the task's process, in the folder of the campaign. No torch.

It travels to the node (pickled), where the harness and the campaign's folders lie at the same places as here.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.engines.task import Task

# Where packages and caches are: what a node is started with may not have them.
FROM_HERE = ("PYTHONPATH", "XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME")


@dataclass(frozen=True)
class Child:
    """The process of a task, ready to travel. head: of its log. env: besides the node's own variables."""

    command: Sequence[str]
    log: str
    folder: str
    head: str
    env: Mapping[str, str]

    @classmethod
    def of(cls, task: Task, env: Mapping[str, str]) -> Child:
        """env: of the place that it runs at."""
        here = {name: os.environ[name] for name in FROM_HERE if name in os.environ}
        every = {**here, **env, **task.environment()}
        return cls(tuple(task.command), str(task.log.absolute()), str(Path.cwd()), task.shown(), every)

    def start(self) -> subprocess.Popen[bytes]:
        """In a session of its own: a scheduler's signals go to whoever waits for it, who passes them on."""
        log = Path(self.log)
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab", buffering=0) as handle:
            handle.write(self.head.encode())
            return subprocess.Popen(
                self.command,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
