"""Tasks whose runs go through a store, on any engine: no disk is shared with the machines that make them. No
torch.

What the engine starts is `harness runs carry`, which fetches what a task needs, gives the task's process a
folder of this machine, and puts into the store what it writes (`harness.campaign.engines.carried`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, replace
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Engine, Outcome, Outcomes, Ready, Task, harness_command
from harness.campaign.store import home
from harness.campaign.store.place import Store
from harness.record.folder import RunFolder

LOOK = 10.0  # seconds between two looks at a log in the store
Kept = Callable[[str, Sequence[RunFolder]], object]  # (a task's name, its runs that came home)


def nobody(name: str, runs: Sequence[RunFolder]) -> None:
    """Of a campaign that has nothing to do with what came home."""


@dataclass(frozen=True)
class Through:
    """engine: what starts the processes. out: the campaign's folder. runs: the folder of its runs, that one
    or one in it. kept: is told of each task's runs that came home. code: the commit that all machines have to
    have, "" for any."""

    engine: Engine
    store: Store
    out: Path
    runs: Path
    kept: Kept
    code: str

    def launch(self, ready: Ready, stop: Stop) -> Outcomes:
        """See `Engine`. A `UserError`, before anything is started, where the store cannot be used."""
        self.store.check()
        tasks: dict[str, Task] = {}

        def carried() -> list[Task]:
            found = ready()
            for task in found:
                if task.name not in tasks:
                    tasks[task.name] = self._carried(task)
            return [tasks[task.name] for task in found]

        with closing(self.engine.launch(carried, stop)) as outcomes:
            for outcome in outcomes:
                yield self._came_home(tasks[outcome.name], outcome)

    def _carried(self, task: Task) -> Task:
        for run_id in task.needs:
            home.give(self.store, RunFolder(self.runs / run_id))
        words = ["runs", "carry", self.store.url, task.name, "--under", str(self.runs.relative_to(self.out))]
        words += ["--code", self.code] if self.code else []
        for run_id in task.needs:
            words += ["--needs", run_id]
        command = harness_command(*words, "--", *task.command)
        return replace(task, command=command, away=_Log(self.store, task).look)

    def _came_home(self, task: Task, outcome: Outcome) -> Outcome:
        """With the reason why what its process made is not here, if it is not."""
        runs, problems = list[RunFolder](), list[str]()

        def say(line: str) -> None:
            with task.log.open("a", encoding="utf-8") as log:
                log.write(f"{line}\n")

        try:
            for run_id in home.made_by(self.store, task.name):
                try:
                    if run := home.bring(self.store, run_id, self.runs, say):
                        runs.append(run)
                except UserError as error:
                    problems.append(str(error))
            self.kept(task.name, runs)
        except UserError as error:
            problems.append(str(error))
        return replace(outcome, reason=problems[0]) if problems else outcome


class _Log:
    """A task's log in the store, and how much of it is here."""

    def __init__(self, store: Store, task: Task) -> None:
        self.store, self.task = store, task
        self.known, self.looked = b"", -LOOK

    def look(self, end: bool) -> None:
        """Adds what is new to the log here. end: of its process; before, not more often than every `LOOK`."""
        if not end and time.monotonic() - self.looked < LOOK:
            return
        self.looked = time.monotonic()
        with suppress(UserError):  # the next time, or the last line that the task's process leaves, says it
            self._add(self.store.read(f"{home.LOGS}/{self.task.name}.log") or b"")

    def _add(self, said: bytes) -> None:
        if said == self.known:
            return
        # Of another attempt the log begins anew.
        new = said[len(self.known) :] if said.startswith(self.known) else said
        self.known = said
        self.task.log.parent.mkdir(parents=True, exist_ok=True)
        with self.task.log.open("ab") as log:
            log.write(new)
