"""A campaign in virtual time: how well the scheduler keeps its slots busy.

    python scripts/campaigns/simulate.py --workers 1 8 32
    python scripts/campaigns/simulate.py --workers 8 64 --grid mbd --pairs 6 --preempted-every 12

What decides what starts when is the harness's own code (`harness.campaign.carry_out`, the plan, and the local
engine's `launch`); only the processes are not there: each takes a drawn time, by a virtual clock. Of runs,
a pre-training takes three times as long as a joint training, times are log-normal, one in twenty straggles,
and one in fifty fails, a pre-training with all that start from it. Efficiency is the time of one worker over
that of N, over N. With --grid the runs are those of a paper's own experiments and their hours those of
`harness study grid` on an H100; a worker that is pre-empted loses what lies after the run's last checkpoint,
and the time of a start.
"""

from __future__ import annotations

import argparse
import heapq
import itertools
import random
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any
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
from results.grid.grid import whole_plan
from results.grid.price import published
from results.grid.rates import UTILISATION, gpu
from results.grid.work import work

LOST = (0.5 + 2) / 60  # hours: half of the minute between two checkpoints, and two minutes of a start
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
    mean: Callable[[Planned], float] = lambda run: 1.0 if run.before else PRETRAINING
    preempted_every: float | None = None

    def drawn(self, name: str) -> tuple[float, bool]:
        """(how long the run takes, whether it fails): the same whoever makes it, and when."""
        run = self.runs[name]
        draw = random.Random(run.label())
        seconds = draw.lognormvariate(0.0, SPREAD) * self.mean(run)
        seconds *= LONGER if draw.random() < STRAGGLERS else 1.0
        fails = draw.random() < FAILURES
        if self.preempted_every:
            seconds += LOST * seconds / self.preempted_every
        return seconds, fails


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


def simulated(workers: int, asked: Plan, **of_world: Any) -> tuple[World, campaign.Ended]:
    """asked: is used up, since its runs change."""
    world = World(**of_world)
    with virtual(world), tempfile.TemporaryDirectory() as out:
        ended = carry_out(asked, Runner(world, workers), Path(out), lambda line: None)
    return world, ended


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--workers", type=int, nargs="+", default=[1, 8])
    parser.add_argument("--seeds", type=int, default=48, help="each has a pre-training and four joint runs")
    parser.add_argument("--grid", metavar="PAPER", help="the runs of this paper's own experiments")
    parser.add_argument("--pairs", type=int, default=6, help="with --grid: pre-trainings")
    parser.add_argument("--preempted-every", type=float, metavar="HOURS", help="with --grid: of each worker")
    given = parser.parse_args()
    rate = published(gpu("h100"), UTILISATION)
    of_grid = {
        "mean": lambda run: rate.hours(work(run.config).flops),
        "preempted_every": given.preempted_every,
    }

    def simulate(workers: int) -> tuple[World, campaign.Ended]:
        if given.grid:
            return simulated(workers, whole_plan(given.grid, given.pairs), **of_grid)
        return simulated(workers, planned(given.seeds))

    one, ended = simulate(1)
    print(f"{ended.total} runs, {len(ended.failed)} of which fail or start from one that does")
    unit = "hours" if given.grid else "joint trainings"
    for workers in given.workers:
        world, _ = simulate(workers)
        share = one.now / workers / world.now
        print(f"{workers:4d} workers: {world.now:8.1f} {unit} long, {share:.1%} of linear")


if __name__ == "__main__":
    main()
