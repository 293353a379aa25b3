"""What a node of a cluster does with a task: the task's process, in the folder of the campaign. No torch.

It travels to the node (pickled), where the harness and the campaign's folders lie at the same places as here;
of a campaign whose runs go through a store, the folders do not.
"""

from __future__ import annotations

import os
import subprocess
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from harness.campaign.engines.task import Task

# Where packages and caches are: what a node is started with may not have them.
FROM_HERE = ("PYTHONPATH", "XDG_CACHE_HOME", "TORCH_HOME", "HF_HOME")


@dataclass(frozen=True)
class Child:
    """The process of a task, ready to travel. log: where it writes. folder: where it runs. head: of its log.
    env: besides the node's own variables. away: the node has no folder of the campaign; its log is in that
    for temporary files."""

    command: Sequence[str]
    log: str
    folder: str
    head: str
    env: Mapping[str, str]
    away: bool = False

    @classmethod
    def of(cls, task: Task, env: Mapping[str, str]) -> Child:
        """env: of the place that it runs at."""
        here = {name: os.environ[name] for name in FROM_HERE if name in os.environ}
        every = {**here, **env, **task.environment()}
        log = f"mbd-harness-{uuid.uuid4().hex}.log" if task.away else str(task.log.absolute())
        command, folder = tuple(task.command), str(Path.cwd())
        return cls(command, log, folder, task.shown(), every, away=bool(task.away))

    def last_line(self) -> str:
        """Of the log of one that is away, which is removed."""
        log = self._log()
        said = log.read_bytes().decode(errors="replace").split("\n")
        log.unlink()
        return next((line.strip() for line in reversed(said) if line.strip()), "")

    def _log(self) -> Path:
        return Path(tempfile.gettempdir()) / self.log

    def start(self) -> subprocess.Popen[bytes]:
        """In a session of its own: a scheduler's signals go to whoever waits for it, who passes them on."""
        log = self._log()
        log.parent.mkdir(parents=True, exist_ok=True)
        with log.open("ab", buffering=0) as handle:
            handle.write(self.head.encode())
            return subprocess.Popen(
                self.command,
                cwd=None if self.away and not Path(self.folder).is_dir() else self.folder,
                stdin=subprocess.DEVNULL,
                stdout=handle,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.env},
                start_new_session=True,
            )
