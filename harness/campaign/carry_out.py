"""A plan carried out, run after run: one that fails costs only its own cells. No torch.

Nothing is kept but what the runs leave: to go on after a stop is to plan again.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.plan import BEGUN, FINISHED, MISSING, Plan, Planned, meet_teacher, same_cost
from harness.console.console import duration
from harness.record.failures import clear, note
from harness.record.folder import all_runs
from harness.record.schema import Record

# Makes one run; raises UserError with the reason where it fails, KeyboardInterrupt where it was stopped.
Runner = Callable[[Planned], None]
Seconds = Callable[[Planned], float | None]


@dataclass(frozen=True)
class Ended:
    """done, failed: runs of this campaign. stopped: it was asked to stop before all were made."""

    done: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    stopped: bool


def carry_out(plan: Plan, runner: Runner, out: Path, say: Callable[[str], None]) -> Ended:
    """Makes what is not finished. A run that failed is noted under `out` and tried again the next time."""
    missing = plan.of(BEGUN, MISSING)
    done: list[Planned] = []
    failed: list[Planned] = []
    for number, run in enumerate(missing, start=1):
        say(f"[{number}/{len(missing)}] {run.label()}, for {', '.join(tables(run))}")
        begun = time.monotonic()
        try:
            meet_teacher(run, all_runs(out))
            runner(run)
        except KeyboardInterrupt:
            return Ended(tuple(done), tuple(failed), stopped=True)
        except UserError as error:
            run.why = str(error)
            note(out, run.config.plain(), run.why)
            failed.append(run)
            say(f"        failed: {run.why}")
            continue
        run.state = FINISHED
        clear(out, run.config.plain())
        done.append(run)
        say(f"        done in {duration(time.monotonic() - begun)}")
    return Ended(tuple(done), tuple(failed), stopped=False)


def tables(run: Planned) -> list[str]:
    return list(dict.fromkeys(want.table for want in run.wanted))


def foretold(runs: Sequence[Planned], records: Sequence[Record], timed: Seconds) -> tuple[float | None, str]:
    """(seconds of all runs, how that is known): by finished runs of the same cost, else by a timed step.

    A step of a student cannot be timed before its teacher is trained: it is taken to be as long as its
    teacher's.
    """
    known: dict[str, list[float]] = {}
    for record in records:
        taken = record.timings.train_s + record.timings.test_s
        known.setdefault(same_cost(record.config), []).append(taken)
    means = {kind: sum(values) / len(values) for kind, values in known.items()}
    total, stepped = 0.0, False
    for run in runs:
        kind = same_cost(run.config.plain())
        if kind not in means:
            seconds = timed(run.teacher or run)
            if seconds is None:
                return None, "not known: a step of them could not be timed"
            means[kind], stepped = seconds, True
        total += means[kind]
    how = "a timed step on this machine" if stepped else "finished runs of the same streams and data"
    return total, f"by {how}"
