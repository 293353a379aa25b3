"""Whether there are videos enough for the trials, before the first one is made."""

from __future__ import annotations

from pathlib import Path

from backbones.base.errors import UsageError, UserError
from harness.campaign.data_roots import DataRoots
from harness.campaign.planned import BEGUN, MISSING, Planned
from harness.campaign.sweep.carry_out import State, planned_runs, proposed
from harness.campaign.sweep.plan import Sweep
from harness.campaign.sweep.trial import FAILED
from harness.config.schema import Config


def check_videos(sweep: Sweep, state: State, out: Path, roots: DataRoots, retry: bool) -> None:
    """A `UserError` with the first reason why the videos will not do for a run that is still to be made.

    retry: also of trials that failed. Generated clips are counted, not made.
    """
    first = sweep.proposals.rounds()[0]
    trials = [proposed(sweep, State(state.trials[:]), arm.name, n) for n in first for arm in sweep.arms]
    wanted = [sweep.wanted(trial) for trial in trials if retry or trial.state != FAILED]
    checked: set[str] = set()
    for run in planned_runs(wanted, sweep, out).of(BEGUN, MISSING):
        if (key := _key(run.config)) not in checked:
            checked.add(key)
            _check(run, roots)


def _check(run: Planned, roots: DataRoots) -> None:
    from harness.console.console import RunConsole
    from harness.execution.prepare import find_videos

    root = roots.of(run.config.data.dataset)
    try:
        find_videos(run.config, Path(root) if root else None, RunConsole(json=True, quiet=True), draw=False)
    except UserError as error:
        kind = UsageError if isinstance(error, UsageError) else UserError
        why = "; in a sweep the pre-training is the preset's own" if run.text else ""
        raise kind(f"{run.label()}: {error}{why}") from error


def _key(config: Config) -> str:
    """The same for runs whose videos are divided alike, for the same use."""
    train = (config.train.batch_size, config.train.schedule)
    return repr((config.data, config.fit, config.test, train, config.method.fusion, config.fusion))
