"""A plan carried out: a run that fails costs only its own cells. No torch.

The only state is what the runs leave: after a stop, planning again resumes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Protocol

from harness.campaign.engines.stop import Stop
from harness.campaign.engines.task import Outcome, Outcomes, Ready, Task
from harness.campaign.made import made
from harness.campaign.plan import Plan, start_from
from harness.campaign.planned import BEGUN, FINISHED, MISSING, Planned
from harness.console.console import duration
from harness.record.failures import clear, note

MOST_NAMED = 6  # tables that a run is said to be for
Say = Callable[[str], None]


class Runner(Protocol):
    """Makes a task of each run, and launches tasks (`Engine`)."""

    def task(self, run: Planned) -> Task: ...
    def launch(self, ready: Ready, stop: Stop) -> Outcomes: ...


@dataclass(frozen=True)
class Ended:
    """done, failed: runs of this campaign, of `total` that were missing. stopped: before all were made."""

    done: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    total: int
    stopped: bool


def carry_out(plan: Plan, runner: Runner, out: Path, say: Say) -> Ended:
    """Makes what is not finished. A run that failed is noted under `out` and tried again the next time."""
    for run in plan.of(FINISHED):  # by another command, or on another machine
        clear(out, run.config.plain())
    missing = plan.of(BEGUN, MISSING)
    campaign, stop = _Campaign(missing, runner, out, say), Stop()
    with stop.listening(), closing(runner.launch(campaign.ready, stop)) as outcomes:
        for outcome in outcomes:
            campaign.note(outcome)
    return Ended(tuple(campaign.done), tuple(campaign.failed), len(missing), stopped=bool(stop.asked))


@dataclass(frozen=True)
class _Begun:
    """number: of the campaign's runs, from 1. since: when, by the monotonic clock."""

    run: Planned
    number: int
    since: float


class _Campaign:
    """waiting: runs that have not begun. begun: by the names of their tasks.

    made: ids of runs that were made here, by the run; others start from them.
    """

    def __init__(self, runs: list[Planned], runner: Runner, out: Path, say: Say) -> None:
        self.runner, self.out, self.say, self.total = runner, out, say, len(runs)
        self.waiting = runs
        self.tasks: dict[int, Task] = {}
        self.begun: dict[str, _Begun] = {}
        self.made: dict[int, str] = {}
        self.done: list[Planned] = []
        self.failed: list[Planned] = []

    def ready(self) -> list[Task]:
        """Tasks of the runs whose sources are all made. Where a source failed, the run fails with it."""
        lost = set(map(id, self.failed))
        for run in list(self.waiting):
            if failed := [first.run for first in run.before if id(first.run) in lost]:
                source = failed[0]
                why = f"what it starts from ({source.label()}) was not made: {source.why}"
                self._fail(self._begin(run), why, source.lost)
                lost.add(id(run))
        return [self._task(run) for run in self.waiting if all(id(b.run) in self.made for b in run.before)]

    def _task(self, run: Planned) -> Task:
        if id(run) not in self.tasks:
            start_from(run, [self.made[id(first.run)] for first in run.before])
            task = self.runner.task(run)
            self.tasks[id(run)] = replace(task, begin=partial(self._begin, run, task.name))
        return self.tasks[id(run)]

    def _begin(self, run: Planned, name: str = "") -> _Begun:
        self.waiting = [each for each in self.waiting if each is not run]
        begun = _Begun(run, self.total - len(self.waiting), time.monotonic())
        self.say(f"[{begun.number}/{self.total}] {run.label()}, for {_named(run.tables())}")
        if name:
            self.begun[name] = begun
        return begun

    def note(self, outcome: Outcome) -> None:
        """Whether the run is made, its record says."""
        begun = self.begun.pop(outcome.name)
        folder, why = made(self.out, begun.run.config)
        if folder:
            self._done(begun, folder.id)
        elif not outcome.stopped:
            self._fail(begun, outcome.reason or why, outcome.lost)

    def _done(self, begun: _Begun, run_id: str) -> None:
        begun.run.state = FINISHED
        self.made[id(begun.run)] = run_id
        clear(self.out, begun.run.config.plain())
        self.done.append(begun.run)
        self.say(f"[{begun.number}/{self.total}] done in {duration(time.monotonic() - begun.since)}")

    def _fail(self, begun: _Begun, why: str, lost: bool) -> None:
        begun.run.why, begun.run.lost = why, lost
        note(self.out, begun.run.config.plain(), why)
        self.failed.append(begun.run)
        self.say(f"[{begun.number}/{self.total}] failed: {why}")


def _named(tables: list[str]) -> str:
    """A pre-training may serve a hundred."""
    shown, more = tables[:MOST_NAMED], len(tables) - MOST_NAMED
    return ", ".join(shown) + f" and {more} more" * (more > 0)
