"""What an engine starts, and what it says of its end. No torch."""

from __future__ import annotations

import shlex
import signal
import sys
from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from harness.campaign.engines.stop import Stop

STOPPED = 130  # exit code of a command that was asked to stop
ASKED = (STOPPED, *(-number for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL)))


def harness_command(*arguments: str) -> list[str]:
    return [sys.executable, "-P", "-m", "harness", *arguments]


@dataclass(frozen=True)
class Task:
    """One process. name: of its own in the campaign. log: what it prints goes to the end of this file.

    begin: is called when it starts; tell: with each line that it prints. env: variables that it has besides
    those of this process. needs: ids of the runs that it starts from. away: it may run on a machine that has
    no disk in common with this one; called before its log is read, with whether the process has ended, it
    brings the log home.
    """

    name: str
    command: Sequence[str]
    log: Path
    begin: Callable[[], object] = lambda: None
    tell: Callable[[str], None] = lambda line: None
    env: Mapping[str, str] = field(default_factory=dict)
    needs: Sequence[str] = ()
    away: Callable[[bool], object] | None = None

    def environment(self) -> dict[str, str]:
        """So wide that no line of an error is broken."""
        return {"COLUMNS": "200", **self.env}

    def shown(self) -> str:
        """The head of its log."""
        return f"$ {shlex.join(self.command)}\n"


@dataclass(frozen=True)
class Outcome:
    """How a task's process ended. reason: why it failed, "" where it did not. stopped: it was asked to end.
    lost: it was ended from outside (killed, or its machine went away), which says nothing of its run.

    Whether its run is made, the run's record says, and not the process.
    """

    name: str
    reason: str = ""
    stopped: bool = False
    lost: bool = False


Ready = Callable[[], Sequence[Task]]  # what can start now, in order; also what has been begun already
Outcomes = Generator[Outcome, None, None]


class Engine(Protocol):
    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        """Starts what is ready, and asks again after each outcome, until nothing is ready and nothing runs.

        Once `stop` is asked, nothing else starts, and all that runs is asked to write its checkpoint and end;
        asked again, it is ended at once. Where the caller goes away, it does the same.
        """
        ...


def outcome(name: str, code: int, last: str, asked: bool) -> Outcome:
    """By a process's exit code (negative: the signal that ended it) and the last line that it printed.

    asked: whether the campaign was asked to stop.
    """
    if code == STOPPED or (asked and code in ASKED):
        return Outcome(name, "it was stopped", stopped=True)
    if code < 0:
        ended_by = signal.Signals(-code).name
        reason = f"ended by {ended_by}" + " (out of memory?)" * (ended_by == "SIGKILL")
        return Outcome(name, reason, lost=True)
    return Outcome(name, (last.removeprefix("error: ") or f"exit code {code}") if code else "")


def as_typed(task: Task, env: Mapping[str, str]) -> str:
    """A line of a shell that does, in any folder and on any machine of this file system, what an engine does.

    env: of the place that it runs at.
    """
    variables = {**env, **task.environment()}
    words = ["env", *(f"{name}={value}" for name, value in variables.items()), *task.command]
    cwd, logs, log = map(shlex.quote, map(str, (Path.cwd(), task.log.parent, task.log)))
    return f"cd {cwd} && mkdir -p {logs} && {shlex.join(words)} >> {log} 2>&1"
