"""A run in a process of its own: one that crashes, or eats all memory, does not take the campaign along."""

from __future__ import annotations

import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from backbones.base.errors import UserError

STOPPED = 130


def harness_command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "harness", *arguments]


def run_child(
    command: Sequence[str],
    log: Path,
    tell: Callable[[str], None] = lambda line: None,
    env: Mapping[str, str] | None = None,
) -> None:
    """Runs `command`; what it prints goes to the end of `log`, and line by line to `tell`.

    env: variables that it has besides those of this process.

    Raises UserError with the reason where it fails, KeyboardInterrupt where it or this process was asked to
    stop: then the child, too, was asked, and has written its checkpoint.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    last = ""
    with log.open("a", encoding="utf-8") as kept, _terminating_interrupts():
        kept.write(f"$ {shlex.join(command)}\n")
        child = subprocess.Popen(
            command,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            env={**os.environ, "COLUMNS": "200", **(env or {})},
        )
        assert child.stdout
        try:
            for line in child.stdout:
                kept.write(line)
                last = line.strip() or last
                tell(last)
            code = child.wait()
        except KeyboardInterrupt:
            _end(child)
            raise
    if code == STOPPED:
        raise KeyboardInterrupt
    if code:
        raise UserError(_reason(code, last))


@contextmanager
def _terminating_interrupts() -> Iterator[None]:
    """A scheduler's SIGTERM is as good as Ctrl-C: ended outright, this process would leave its child."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _end(child: subprocess.Popen[str]) -> None:
    """Asks it to stop, and waits; a second Ctrl-C ends it at once."""
    child.terminate()
    try:
        child.communicate()
    except KeyboardInterrupt:
        child.kill()
        child.communicate()


def _reason(code: int, last: str) -> str:
    if code < 0:
        name = signal.Signals(-code).name
        return f"ended by {name}" + " (out of memory?)" * (name == "SIGKILL")
    return last.removeprefix("error: ") or f"exit code {code}"
