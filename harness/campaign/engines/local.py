"""Processes on this machine, as many at a time as there are slots. No torch."""

from __future__ import annotations

import os
import resource
import selectors
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field

from harness.campaign.engines.followed import Followed
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import STOPPED, Outcome, Outcomes, Ready, Task, outcome
from harness.files import clear_disk_errors

TICK = 0.2  # seconds between two looks at the logs


@dataclass(frozen=True)
class Slot:
    """Where one process at a time runs. env: its device and threads. memory: bytes that it may ask for, where
    that is limited."""

    env: Mapping[str, str] = field(default_factory=dict)
    memory: int | None = None


@dataclass(frozen=True)
class Local:
    slots: Sequence[Slot] = (Slot(),)

    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        """See `Engine`. A process that was asked to stop by somebody else stops the campaign."""
        free, processes = [*self.slots], _Processes(stop)
        begun: set[str] = set()
        try:
            while True:
                waiting = ready() if free and not stop.asked else []
                for task in [task for task in waiting if task.name not in begun][: len(free)]:
                    begun.add(task.name)
                    processes.begin(task, free.pop(0))
                if not processes.running:
                    return
                for ended in processes.wait():
                    free.append(ended.slot)
                    yield ended.outcome(stop)
        finally:
            processes.end()


@dataclass
class _Running:
    """asked: how often it was."""

    task: Task
    slot: Slot
    log: Followed
    process: subprocess.Popen[bytes]
    asked: int = 0

    def ask(self, times: int) -> None:
        if times > self.asked:
            self.asked = times
            self.process.terminate() if times == 1 else self.process.kill()

    def outcome(self, stop: Stop) -> Outcome:
        if self.process.returncode == STOPPED and not stop.asked:
            stop.ask()
        return outcome(self.task.name, self.process.returncode, self.log.last, bool(stop.asked))


class _Processes:
    """Those that have begun and not ended."""

    def __init__(self, stop: Stop) -> None:
        self.stop = stop
        self.running: list[_Running] = []
        self.ends = selectors.DefaultSelector()

    def begin(self, task: Task, slot: Slot) -> None:
        with clear_disk_errors(task.log):
            task.log.parent.mkdir(parents=True, exist_ok=True)
            with task.log.open("ab", buffering=0) as log:
                log.write(task.shown().encode())
                followed = Followed(task.log, task.tell)
                task.begin()
                self.running.append(_Running(task, slot, followed, _begun(task, slot, log.fileno())))
        # A kernel without these is looked at every tick.
        with suppress(OSError):
            self.ends.register(os.pidfd_open(self.running[-1].process.pid), selectors.EVENT_READ)

    def wait(self) -> list[_Running]:
        """Those that have ended since, after a tick at most; the others are asked, where the campaign was."""
        for key, _ in self.ends.select(TICK):
            self.ends.unregister(key.fd)
            os.close(key.fd)
        ended = [each for each in self.running if each.process.poll() is not None]
        self.running = [each for each in self.running if each not in ended]
        for each in (*ended, *self.running):
            each.log.read(end=each in ended)
        for each in self.running:
            each.ask(self.stop.asked)
        return ended

    def end(self) -> None:
        """Asks all that still run, as where the caller has failed, and waits for them."""
        try:
            for each in self.running:
                each.log.tell = lambda line: None
            while self.running:
                for each in self.running:
                    each.ask(max(self.stop.asked, 1))
                self.wait()
        except BaseException:
            for each in self.running:
                each.process.kill()
            raise
        finally:
            for key in [*self.ends.get_map().values()]:
                os.close(key.fd)
            self.ends.close()


def _begun(task: Task, slot: Slot, log: int) -> subprocess.Popen[bytes]:
    env = {**os.environ, **slot.env, **task.environment()}
    process = subprocess.Popen(
        task.command, stdin=subprocess.DEVNULL, stdout=log, stderr=subprocess.STDOUT, env=env
    )
    if slot.memory is not None:
        # Of data, not of addresses: CUDA reserves many times the addresses that it uses.
        with suppress(ProcessLookupError):
            resource.prlimit(process.pid, resource.RLIMIT_DATA, (slot.memory, slot.memory))
    return process
