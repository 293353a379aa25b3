"""SLURM's queue: which tasks it has, and how it is told to take one away. No torch.

A submission's comment names a file, written before it, with the names of its tasks in their order.
"""

from __future__ import annotations

import getpass
import subprocess
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from harness.files import read_json, write_json

MARK = "mbd-harness"


@dataclass(frozen=True)
class Queue:
    """folder: of the files with names."""

    folder: Path

    def comment(self, names: Sequence[str]) -> str:
        token = uuid.uuid4().hex
        write_json(self.folder / f"{token}.json", list(names))
        return f"{MARK} {token}"

    def tasks(self) -> dict[str, str]:
        """{name: job id} of what is in the queue and was submitted from this folder.

        A `UserError` where the queue cannot be read: a task could be submitted twice.
        """
        found = {self._name(job, comment): job for job, comment in _listed().items()}
        return {name: job for name, job in found.items() if name}

    def jobs(self) -> set[str] | None:
        """Ids of all jobs that have not ended; None where SLURM does not answer just now."""
        try:
            return {*_listed()}
        except UserError:
            return None

    def ask(self, jobs: Iterable[str]) -> None:
        """Those that run are asked to end in their own time, and asked again, at once (`Job`); those that
        wait leave the queue."""
        _scancel("--signal=INT", *jobs)
        _scancel("--state=PENDING", *jobs)

    def _name(self, job: str, comment: str) -> str:
        mark, _, token = comment.partition(" ")
        path = self.folder / f"{token}.json"
        if mark != MARK or not token.isalnum() or not path.exists():
            return ""
        names = read_json(path)
        index = int(job.partition("_")[2] or 0)
        return str(names[index]) if index < len(names) else ""


def _listed() -> dict[str, str]:
    """{job id: comment}, each task of an array by itself."""
    command = ["squeue", "--noheader", "--array", "--user", getpass.getuser(), "--format=%i %k"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", "") or str(error)).strip().splitlines()
        raise UserError(f"squeue does not say what is in the queue: {said[-1] if said else error}") from None
    lines = (line.split(maxsplit=1) for line in done.stdout.splitlines() if line.strip())
    return {words[0]: words[1].strip() if len(words) > 1 else "" for words in lines}


def _scancel(*words: str) -> None:
    """What has ended meanwhile cannot be cancelled; scancel says so, and it does not matter."""
    subprocess.run(["scancel", *words], capture_output=True, check=False)
