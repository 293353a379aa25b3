"""Runs in processes of their own: one that crashes, or eats all memory, does not take the campaign along."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import TextIO

from backbones.base.errors import UserError

STOPPED = 130


def harness_command(*arguments: str) -> list[str]:
    """The command line that runs `harness` with these arguments in a process of its own."""
    return [sys.executable, "-P", "-m", "harness", *arguments]


@dataclass(frozen=True)
class Child:
    """What it prints goes to the end of `log`, and line by line to `tell`.

    env: variables that it has besides those of this process.
    """

    command: Sequence[str]
    log: Path
    tell: Callable[[str], None] = lambda line: None
    env: Mapping[str, str] = field(default_factory=dict)


def run_child(child: Child) -> None:
    """Raises UserError with the reason where it fails, KeyboardInterrupt as `run_children`."""
    (reason,) = run_children([child])
    if reason:
        raise UserError(reason)


def run_children(children: Sequence[Child], at_once: int = 1) -> list[str]:
    """Runs all, `at_once` at a time; why each failed, "" where it did not.

    Raises KeyboardInterrupt where one of them or this process was asked to stop: then all that ran were
    asked, too, and have written their checkpoints.
    """
    running = _Running()
    with _terminating_interrupts(), ThreadPoolExecutor(at_once) as pool:
        ends = [pool.submit(running.attend, child) for child in children]
        try:
            return [end.result() for end in ends]
        except BaseException:
            running.stop()
            try:
                wait(ends)
            except KeyboardInterrupt:  # the second one: they end at once
                running.kill()
            raise


class _Running:
    """The processes that have begun; each is attended to by a thread of its own."""

    def __init__(self) -> None:
        self.processes: list[subprocess.Popen[str]] = []
        self.stopping = False
        self.lock = threading.Lock()

    def attend(self, child: Child) -> str:
        child.log.parent.mkdir(parents=True, exist_ok=True)
        last = ""
        with child.log.open("a", buffering=1, encoding="utf-8") as kept:
            process = self._begin(child, kept)
            assert process.stdout
            try:
                for line in process.stdout:
                    kept.write(line)
                    last = line.strip() or last
                    child.tell(last)
            except BaseException:  # of `tell`
                process.terminate()
                process.communicate()
                raise
            code = process.wait()
        if code == STOPPED:
            raise KeyboardInterrupt
        return _reason(code, last) if code else ""

    def _begin(self, child: Child, kept: TextIO) -> subprocess.Popen[str]:
        with self.lock:
            if self.stopping:
                raise KeyboardInterrupt
            kept.write(f"$ {shlex.join(child.command)}\n")
            process = subprocess.Popen(
                child.command,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                errors="replace",
                env={**os.environ, "COLUMNS": "200", **child.env},
            )
            self.processes.append(process)
        return process

    def stop(self) -> None:
        """Asks all to stop, and lets no other begin."""
        with self.lock:
            self.stopping = True
            for process in self.processes:
                process.terminate()

    def kill(self) -> None:
        for process in self.processes:
            process.kill()


@contextmanager
def _terminating_interrupts() -> Iterator[None]:
    """A scheduler's SIGTERM is as good as Ctrl-C: ended outright, this process would leave its children."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _reason(code: int, last: str) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"ended by {name}" + " (out of memory?)" * (name == "SIGKILL")
    return last.removeprefix("error: ") or f"exit code {code}"
