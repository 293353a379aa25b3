"""A task on a machine that shares no disk with the campaign's driver: `harness runs carry`. No torch.

Its process writes into a folder of this machine, which is gone at the end. What it starts from, and what an
earlier attempt left, is fetched from the store beforehand; each checkpoint and each record is put there as
soon as it is written, the record last.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from backbones.base.errors import UserError
from harness.campaign.engines.followed import Followed
from harness.campaign.store.folders import Mirror, fetch
from harness.campaign.store.home import LOGS, RECORDS, RUNS, TASKS, made_by
from harness.campaign.store.place import Store
from harness.record.reading import RUN_ID
from harness.record.software.commit import this_code
from harness.signals import answered_by

TICK, LOOK, LOG_EVERY = 0.2, 1.0, 10.0  # seconds: between looks at the process, at its folder, at its log
PATIENCE = (1, 4, 16, 64)  # seconds between attempts to put what a process left at its end
# PR_SET_PDEATHSIG is 1, and stays over exec. Code between fork and exec is unsafe beside fsspec's threads.
ENDS_WITH_PARENT = (
    "import ctypes, os, signal, sys; ctypes.CDLL(None).prctl(1, signal.SIGKILL); "
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


@dataclass(frozen=True)
class Carried:
    """name: of the task. command: its words, whose --out and --records are the driver's folders; here they
    are others. runs: where under --out its runs are, "." or a folder's name. needs: ids of the runs that it
    starts from. code: the commit that this machine has to have, "" for any."""

    store: Store
    name: str
    command: Sequence[str]
    runs: str = "."
    needs: Sequence[str] = ()
    code: str = ""

    def make(self, say: Callable[[str], None]) -> int:
        """The exit code of its process (negative: the signal that ended it). say: is told what that prints.

        A `UserError` where the store cannot be used, lacks what the task needs, or where this machine's code
        is another one.
        """
        if self.code and self.code != (here := this_code()):
            raise UserError(
                f"{os.uname().nodename} has the code of commit {here or '(unknown)'}, the campaign that of "
                f"{self.code}: have the same on all machines"
            )
        with tempfile.TemporaryDirectory(prefix="mbd-harness-") as folder:
            return _Attempt(self, Path(folder), say).make()


class _Attempt:
    """folder: of this machine. mirrors: of the folders that are kept in the store, by their names there."""

    def __init__(self, task: Carried, folder: Path, say: Callable[[str], None]) -> None:
        self.task, self.store, self.folder = task, task.store, folder
        self.runs = folder / "out" / task.runs
        self.records, self.log = folder / "records", folder / "log"
        self.mirrors: dict[str, Mirror] = {}
        self.followed = Followed(self.log, say)
        self.logged = 0, 0.0
        self.process: subprocess.Popen[bytes] | None = None
        self.asked = False
        for path in (self.runs, self.records):
            path.mkdir(parents=True)

    def make(self) -> int:
        self._fetch()
        with answered_by(self._ask), self.log.open("ab") as log:
            self.process = process = self._start(log.fileno())
            if self.asked:
                process.terminate()
            looked = time.monotonic()
            while process.poll() is None:
                time.sleep(TICK)
                self.followed.read()
                if time.monotonic() - looked > LOOK:
                    self._try_to_put()
                    looked = time.monotonic()
            self.followed.read(end=True)
            self._put_all()
        return process.returncode

    def _ask(self, number: int, frame: FrameType | None) -> None:
        """Passed on at once, whatever the store is being asked; the process then writes its checkpoint."""
        self.asked = True
        if self.process:
            self.process.terminate()

    def _fetch(self) -> None:
        for run_id in self.task.needs:
            found = fetch(self.store, f"{RUNS}/{run_id}", self.runs / run_id)
            if not found or not found.finished:
                raise UserError(f"{self.store.url} has no finished run {run_id}, from which this one starts")
        for run_id in made_by(self.store, self.task.name):
            if run_id not in self.task.needs:
                fetch(self.store, f"{RUNS}/{run_id}", self.runs / run_id)
                self._mirror(run_id).is_there()

    def _start(self, log: int) -> subprocess.Popen[bytes]:
        """In a session of its own, so that a terminal does not ask it, too; killed with this process."""
        places = {"--out": str(self.folder / "out"), "--records": str(self.records)}
        words = [*self.task.command]
        for number, option in enumerate(words[:-1]):
            words[number + 1] = places.get(option, words[number + 1])
        return subprocess.Popen(
            [sys.executable, "-S", "-c", ENDS_WITH_PARENT, *words],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def _mirror(self, run_id: str) -> Mirror:
        if run_id not in self.mirrors:
            self.store.write(f"{TASKS}/{self.task.name}/{run_id}", b"")
            self.mirrors[run_id] = Mirror(self.store, f"{RUNS}/{run_id}", self.runs / run_id)
        return self.mirrors[run_id]

    def _put(self) -> None:
        """Runs, then records. Weights that were deleted here are deleted there at the very end: as long as
        something has not been put, another attempt may need them."""
        own = (path.name for path in self.runs.iterdir() if RUN_ID.fullmatch(path.name))
        mirrors = [self._mirror(name) for name in sorted(own) if name not in self.task.needs]
        without = [each for each in mirrors if each.lost_weights()]
        for each in mirrors:
            if each not in without:
                each.push_changed()
        if any(self.records.iterdir()):
            name = f"{RECORDS}/{self.task.name}"
            self.mirrors.setdefault(name, Mirror(self.store, name, self.records)).push_changed()
        for each in without:
            each.push_changed()

    def _put_log(self) -> None:
        size, when = self.log.stat().st_size, time.monotonic()
        if size != self.logged[0]:
            self.store.put(f"{LOGS}/{self.task.name}.log", self.log)
            self.logged = size, when

    def _try_to_put(self) -> None:
        """What cannot be put now is put the next time: a network that is away for a while costs nothing."""
        with suppress(UserError):
            self._put()
            if time.monotonic() - self.logged[1] > LOG_EVERY:
                self._put_log()

    def _put_all(self) -> None:
        for wait in (*PATIENCE, None):
            try:
                self._put()
                self._put_log()
                return
            except UserError:
                if wait is None:
                    raise
                time.sleep(wait)


def end_alike(code: int) -> None:
    """Ends this process as a process of that exit code has ended: by the same signal, where it was one."""
    if code < 0:
        if -code != signal.SIGKILL:
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    sys.exit(code)
