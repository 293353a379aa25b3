"""A campaign in virtual time: how well the scheduler keeps its slots busy.

    python scripts/campaigns/simulate.py --workers 1 8 32

What decides what starts when is the harness's own code (`harness.campaign.carry_out`, the plan, and the local
engine's `launch`); only the processes are not there: each takes a drawn time, by a virtual clock. Of runs,
a pre-training takes three times as long as a joint training, times are log-normal, one in twenty straggles,
and one in fifty fails, a pre-training with all that start from it. Efficiency is the time of one worker over
that of N, over N.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from harness.campaign import carry_out as campaign
from harness.campaign.carry_out import carry_out
from harness.campaign.engines import local
from harness.campaign.engines.local import Local, Slot
from harness.campaign.engines.task import Outcome, Task
from harness.campaign.plan import Plan, plan
from harness.campaign.planned import Planned, Wanted
from harness.campaign.shared_settings import Base
from harness.record.failures import short_name

PRETRAINING, SPREAD, STRAGGLERS, LONGER, FAILURES = 3.0, 0.3, 0.05, 3.0, 0.02
ARMS = (("mbd", ()), ("mbd", ("method.final=false",)), ("two_stream", ()), ("unidirectional", ()))


@dataclass
class World:
    """now: the virtual clock. busy: all processes' time. made: names of runs that have left a record. starts:
    when each run started, by its label."""

    now: float = 0.0
    busy: float = 0.0
    made: set[str] = field(default_factory=set)
    starts: dict[str, float] = field(default_factory=dict)
    ends: dict[str, float] = field(default_factory=dict)
    runs: dict[str, Planned] = field(default_factory=dict)

    def drawn(self, name: str) -> tuple[float, bool]:
        """(how long the run takes, whether it fails): the same whoever makes it, and when."""
        run = self.runs[name]
        draw = random.Random(run.label())
        seconds = draw.lognormvariate(0.0, SPREAD) * (1.0 if run.before else PRETRAINING)
        seconds *= LONGER if draw.random() < STRAGGLERS else 1.0
        return seconds, draw.random() < FAILURES


class VirtualProcesses:
    """In the place of the local engine's."""

    def __init__(self, world: World) -> None:
        self.world, self.turn = world, itertools.count()
        self.running: list[tuple[float, int, Task, Slot]] = []

    def begin(self, task: Task, slot: Slot) -> None:
        task.begin()
        seconds, _ = self.world.drawn(task.name)
        self.world.busy += seconds
        self.world.starts[self.world.runs[task.name].label()] = self.world.now
        heapq.heappush(self.running, (self.world.now + seconds, next(self.turn), task, slot))

    def wait(self) -> list[SimpleNamespace]:
        self.world.now, _, task, slot = heapq.heappop(self.running)
        self.world.ends[self.world.runs[task.name].label()] = self.world.now
        fails = self.world.drawn(task.name)[1]
        if not fails:
            self.world.made.add(task.name)
        ended = Outcome(task.name, "loss is not finite" * fails)
        return [SimpleNamespace(slot=slot, outcome=lambda stop: ended)]

    def end(self) -> None:
        assert not self.running


class Runner:
    """Tasks without commands, launched by the local engine."""

    def __init__(self, world: World, workers: int) -> None:
        self.world, self.engine = world, Local([Slot()] * workers)
        self.launch = self.engine.launch

    def task(self, run: Planned) -> Task:
        name = short_name(run.config.plain())
        self.world.runs[name] = run
        return Task(name, (), Path(name))


@contextmanager
def virtual(world: World) -> Iterator[None]:
    """Processes and their records are the world's."""

    def made(out: Path, config: object) -> tuple[SimpleNamespace | None, str]:
        name = short_name(config.plain())
        return (SimpleNamespace(id=name), "") if name in world.made else (None, "no record")

    with (
        mock.patch.object(local, "_Processes", side_effect=lambda stop: VirtualProcesses(world)),
        mock.patch.object(campaign, "made", made),
    ):
        yield


def planned(seeds: int) -> Plan:
    """A table's runs: for each seed a pre-training, and the arms that start from it."""
    wanted = [Wanted("t", str(a), *arm, "", "", seed) for seed in range(seeds) for a, arm in enumerate(ARMS)]
    return plan(wanted, Base("tiny"), ())


def simulated(workers: int, seeds: int) -> tuple[World, campaign.Ended]:
    world = World()
    with virtual(world), tempfile.TemporaryDirectory() as out:
        ended = carry_out(planned(seeds), Runner(world, workers), Path(out), lambda line: None)
    return world, ended


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seeds", type=int, default=48, help="each has a pre-training and four joint runs")
    given = parser.parse_args()
    one, ended = simulated(1, given.seeds)
    print(f"{ended.total} runs, {len(ended.failed)} of which fail or start from one that does")
    for workers in given.workers:
        world, _ = simulated(workers, given.seeds)
        share = one.now / workers / world.now
        print(f"{workers:4d} workers: {world.now:8.1f} joint trainings long, {share:.1%} of linear")


if __name__ == "__main__":
    main()
