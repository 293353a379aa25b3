"""What a sweep would do and about how long that takes. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.campaign.estimate import Seconds, estimate
from harness.campaign.planned import BEGUN, MISSING, Planned
from harness.campaign.sweep.carry_out import State, planned_runs, proposed, records_of
from harness.campaign.sweep.plan import Sweep
from harness.campaign.sweep.trial import Trial


@dataclass(frozen=True)
class Forecast:
    """trials: those that are known, with the state of their runs. runs: that are to be made, pre-trainings
    and tests included, as far as they are known. seconds: of all that is missing; None where not known."""

    trials: tuple[tuple[Trial, str], ...]
    runs: int
    seconds: float | None
    how: str

    def plain(self, sweep: Sweep) -> dict[str, Any]:
        trials = [
            {"arm": trial.arm, "number": trial.number, "settings": trial.settings, "state": state}
            for trial, state in self.trials
        ]
        time = {"seconds": self.seconds, "estimated": self.how}
        return {"id": sweep.id, "asked": sweep.plain(), "trials": trials, "runs": self.runs, **time}


def forecast(sweep: Sweep, state: State, out: Path, timed: Seconds) -> Forecast:
    """A trial that depends on others' results is taken to be as long as the first one of its arm."""
    rounds = sweep.proposals.rounds()
    known = [n for numbers in rounds for n in numbers if numbers is rounds[0] or _is_kept(sweep, state, n)]
    trials = [proposed(sweep, state, arm.name, number) for number in known for arm in sweep.arms]
    wants = [sweep.wanted(trial) for trial in trials]
    tests = [sweep.wanted_test(trial) for trial in trials[: len(sweep.arms)]]
    planned = planned_runs([*wants, *tests], sweep, out)
    of = {want.table: run for run in planned.runs for want in run.wanted}
    states = tuple(
        (trial, of[w.table].state) for trial, w in zip(trials, wants, strict=True) if w.table in of
    )
    missing = planned.of(BEGUN, MISSING)
    unknown = sweep.proposals.trials - len(known)
    first = [of[want.table] for want in wants[: len(sweep.arms)] if want.table in of]
    seconds, how = _time(missing, first, unknown, sweep, out, timed)
    return Forecast(states, len(missing) + unknown * len(sweep.arms), seconds, how)


def _is_kept(sweep: Sweep, state: State, number: int) -> bool:
    return all(state.trial(arm.name, number) for arm in sweep.arms)


def _time(
    missing: Sequence[Planned],
    first: Sequence[Planned],
    unknown: int,
    sweep: Sweep,
    out: Path,
    timed: Seconds,
) -> tuple[float | None, str]:
    """first: of each arm. unknown: trials of each arm that are not known yet."""
    records = records_of(out)
    seconds, how = estimate(missing, records, timed) if missing else (0.0, "nothing is missing")
    if seconds is None or not unknown:
        return seconds, how
    more, how = estimate(first, records, timed)
    return (None if more is None else seconds + unknown * more), how
