"""`harness table … --run`: the plan is shown, then carried out. Torch is loaded only to time a step."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import click
from rich.markup import escape

from backbones.base.plain_text import counted
from harness.campaign.data_roots import DataRoots, with_data
from harness.campaign.engines.chosen import place
from harness.campaign.estimate import Seconds, estimate
from harness.campaign.plan import Plan, plan
from harness.campaign.planned import BEGUN, FINISHED, MISSING
from harness.campaign.runner import LOGS, runner_at
from harness.campaign.shared_settings import Base
from harness.campaign.timed_step import timed_step
from harness.cli.table_options import TableOptions

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign.carry_out import Runner
    from harness.record.schema import Record
    from results.tables.wanted import Request

SHOWN = 40


@dataclass(frozen=True)
class Filled:
    """runs: ids of the finished runs that the tables asked for. failed: how many failed."""

    runs: frozenset[str]
    failed: int


def run_missing(names: list[str], options: TableOptions) -> Filled | None:
    """Shows the plan and carries it out; None where that was not wanted."""
    from rich.console import Console

    from harness.record.folder import all_runs
    from results.records import load_records
    from results.tables.wanted import asked

    out = options.runs[0]
    # An engine that is not installed and a GPU that is not there are said before anything else.
    place(options.asked, options.share, options.device, out / LOGS)
    roots = DataRoots.parse(options.roots, options.dataset or "")
    records = load_records(options.runs, new=True).records
    console = Console(stderr=not options.dry_run, highlight=False)
    wanted, bases = asked(_request(names, options), records)
    runnable, no_data = with_data(wanted, roots)
    planned = plan(runnable, Base("tiny"), records, all_runs(out))
    _show(console, planned, no_data, bases)
    missing = planned.of(BEGUN, MISSING)
    _show_time(console, planned, records, _timed(out, roots, options.device), bool(no_data))
    if options.dry_run:
        console.print("dry run: nothing was trained or written")
        return None
    if missing and not _agreed(options, len(missing)):
        return None
    failed = _carry_out(console, planned, out, roots, options)
    found = [record.id for record in load_records(options.runs).records if planned.includes(record)]
    return Filled(frozenset(found), failed)


def _request(names: list[str], options: TableOptions) -> Request:
    from harness.record.folder import with_run_ids
    from methods.catalogue import METHODS
    from results.tables.wanted import Request

    return Request(
        names=tuple(names),
        methods=tuple(METHODS.discover().names()),
        dataset=options.dataset or "",
        seeds=options.seeds,
        preset=options.preset or "",
        pairs=with_run_ids(options.pairs, options.runs[0]),
        protocol=options.protocol or "",
        rows=options.rows,
    )


def _show(console: Console, planned: Plan, no_data: dict[str, list[str]], bases: dict[Base, str]) -> None:
    for base, why in bases.items():
        words = " ".join(f"--set {shlex.quote(pair)}" for pair in base.pairs)
        console.print(f"settings {why}: --preset {base.preset} {words}".rstrip(), soft_wrap=True)
    _show_runs(console, planned)
    counts = {state: len(planned.of(state)) for state in (FINISHED, BEGUN, MISSING)}
    console.print(
        f"plan: {planned.rows} rows need {len(planned.runs)} runs, {len(planned.shared)} of which serve "
        "several rows; " + ", ".join(f"{count} {state}" for state, count in counts.items())
    )
    for name, wanting in no_data.items():
        console.print(f"left out: {', '.join(wanting)}: give --data-root {name}=DIR", markup=False)
    for name, reason in planned.impossible:
        console.print(f"left out of {name}: {reason}", markup=False)


def _show_runs(console: Console, planned: Plan) -> None:
    from harness.console.columns import show

    rows = [
        [run.label() + " (begun)" * (run.state == BEGUN), ", ".join(run.tables())]
        for run in planned.of(BEGUN, MISSING)
    ]
    if rows:
        show(console, "missing runs", ("run", "for"), rows[:SHOWN])
    if len(rows) > SHOWN:
        console.print(f"… and {len(rows) - SHOWN} more")


def _show_time(
    console: Console, planned: Plan, records: tuple[Record, ...], timed: Seconds, no_data: bool
) -> None:
    from harness.console.console import duration

    missing = planned.of(BEGUN, MISSING)
    if not missing:
        console.print("no other run is missing" if no_data or planned.impossible else "no run is missing")
        return
    seconds, how = estimate(missing, records, timed)
    known = f"about {duration(seconds)}, {how}" if seconds is not None else how
    console.print(f"estimated time of {len(missing)} runs, one after the other: {known}")


def _timed(out: Path, roots: DataRoots, device: str) -> Seconds:
    return partial(timed_step, roots=roots, out=out, device=device)


def _agreed(options: TableOptions, runs: int) -> bool:
    """Asked only where somebody can answer: in a script, --run is the answer."""
    if options.yes or not sys.stdin.isatty():
        return True
    return click.confirm(f"train {counted(runs, 'run')} now?", default=True, err=True)


def _runner(out: Path, roots: DataRoots, options: TableOptions, show: Callable[[str], None]) -> Runner:
    there = place(options.asked, options.share, options.device, out / LOGS)
    return runner_at(there, out, roots, options.device, options.workers, show, out / LOGS)


def _carry_out(console: Console, planned: Plan, out: Path, roots: DataRoots, options: TableOptions) -> int:
    """How many runs failed. On a terminal the last line that a run printed is shown meanwhile. A stop ends
    the command with 130."""
    from harness.campaign.carry_out import carry_out

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    with console.status("starting") as status:
        runner = _runner(out, roots, options, lambda line: status.update(escape(line[:70])))
        ended = carry_out(planned, runner, out, say)
    made = f"{len(ended.done)} of {ended.total} runs made"
    if ended.stopped:
        console.print(f"{made}; the same command goes on from there")
        raise KeyboardInterrupt
    if ended.total:
        failed = f", {len(ended.failed)} failed" if ended.failed else ""
        console.print(f"{made}{failed}; their output: {out / LOGS}/")
    return len(ended.failed)
