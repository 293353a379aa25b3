"""A plan carried out, run after run: one that fails costs only its own cells. No torch.

The only state is what the runs leave: after a stop, planning again resumes.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from backbones.base.errors import UserError
from harness.campaign.plan import Plan, meet_sources
from harness.campaign.planned import BEGUN, FINISHED, MISSING, Planned
from harness.console.console import duration
from harness.record.failures import clear, note
from harness.record.folder import all_runs

MOST_NAMED = 6  # tables that a run is said to be for

# Makes one run; raises UserError with the reason where it fails, KeyboardInterrupt where it was stopped.
Runner = Callable[[Planned], None]


@dataclass(frozen=True)
class Ended:
    """done, failed: runs of this campaign, of `total` that were missing. stopped: before all were made."""

    done: tuple[Planned, ...]
    failed: tuple[Planned, ...]
    total: int
    stopped: bool


def carry_out(plan: Plan, runner: Runner, out: Path, say: Callable[[str], None]) -> Ended:
    """Makes what is not finished. A run that failed is noted under `out` and tried again the next time."""
    missing = plan.of(BEGUN, MISSING)
    done: list[Planned] = []
    failed: list[Planned] = []
    for number, run in enumerate(missing, start=1):
        say(f"[{number}/{len(missing)}] {run.label()}, for {_named(run.tables())}")
        begun = time.monotonic()
        try:
            meet_sources(run, all_runs(out))
            runner(run)
        except KeyboardInterrupt:
            return Ended(tuple(done), tuple(failed), len(missing), stopped=True)
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
    return Ended(tuple(done), tuple(failed), len(missing), stopped=False)


def _named(tables: list[str]) -> str:
    """A pre-training may serve a hundred."""
    shown, more = tables[:MOST_NAMED], len(tables) - MOST_NAMED
    return ", ".join(shown) + f" and {more} more" * (more > 0)
