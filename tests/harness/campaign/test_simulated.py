"""The scheduler in virtual time: `scripts/campaigns/simulate.py`, with a small number of runs."""

import pytest
from campaigns import simulate as simulation

from results.grid.grid import whole_plan
from results.grid.work import work

SEEDS = 48


@pytest.fixture(scope="module")
def worlds():
    return {workers: simulation.simulated(workers, simulation.planned(SEEDS)) for workers in (1, 8)}


def test_eight_workers_are_within_ten_percent_of_linear(worlds):
    """With stragglers and failures. One worker is never idle, whatever starts from what."""
    (one, _), (eight, ended) = worlds[1], worlds[8]
    assert one.now == pytest.approx(one.busy)
    assert eight.busy == pytest.approx(one.busy)
    assert one.now / 8 / eight.now > 0.9
    assert ended.failed


def test_nothing_starts_before_what_it_starts_from_is_made(worlds):
    world, _ = worlds[8]
    joint = [run for run in world.runs.values() if run.before]
    assert len(joint) > 3 * SEEDS
    for run in joint:
        assert world.starts[run.label()] >= world.ends[run.before[0].run.label()]


def test_no_more_run_than_there_are_workers(worlds):
    """At each start, those that have started and not ended are counted."""
    world, _ = worlds[8]
    spans = [(start, world.ends[name]) for name, start in world.starts.items()]
    assert max(sum(a <= start < b for a, b in spans) for start, _ in spans) == 8


def test_what_is_made_does_not_depend_on_the_number_of_workers(worlds):
    (one, alone), (eight, ended) = worlds[1], worlds[8]
    assert one.made == eight.made
    assert {run.label(): run.why for run in alone.failed} == {run.label(): run.why for run in ended.failed}
    assert len(ended.done) + len(ended.failed) == ended.total == 5 * SEEDS


def test_one_worker_fills_seed_by_seed(worlds):
    """So that a campaign that is stopped has filled all rows evenly."""
    world, _ = worlds[1]
    begun = sorted(world.starts, key=world.starts.get)
    seeds = [int(name.rpartition("seed ")[2]) for name in begun]
    assert seeds == sorted(seeds)


def test_a_papers_own_experiments_take_the_hours_of_the_grid():
    """Without stragglers or failures: the sum for one worker, a pre-training and a joint one for many."""
    asked = whole_plan("mbd", 1, ("hmdb51",))
    hours = {run.label(): work(run.config).flops / 1e18 for run in asked.runs}
    means = {"mean": lambda run: hours[run.label()]}
    with pytest.MonkeyPatch.context() as patch:
        for name in ("SPREAD", "STRAGGLERS", "FAILURES"):
            patch.setattr(simulation, name, 0.0)
        one, ended = simulation.simulated(1, whole_plan("mbd", 1, ("hmdb51",)), **means)
        many, _ = simulation.simulated(64, whole_plan("mbd", 1, ("hmdb51",)), **means)
    assert len(ended.done) == len(hours)
    assert one.now == pytest.approx(sum(hours.values()))
    before = max(hours[first.run.label()] for run in asked.runs for first in run.before)
    after = max(hours[run.label()] for run in asked.runs if run.before)
    assert many.now == pytest.approx(before + after)
