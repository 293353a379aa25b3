"""`harness table … --run`: the plan is shown, then carried out. Torch is loaded only to time a step."""

from __future__ import annotations

import shlex
import sys
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.campaign.plan import BEGUN, FINISHED, MISSING, Base, Plan, Planned, Wanted

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign.carry_out import Runner
    from harness.record.schema import Record

SHOWN = 40


@dataclass(frozen=True)
class Filled:
    """runs: ids of the finished runs that the tables asked for. failed: how many failed."""

    runs: frozenset[str]
    failed: int


def run_missing(names: list[str], options: dict[str, Any]) -> Filled | None:
    """Shows the plan and carries it out; None where that was not wanted."""
    from rich.console import Console

    from harness.campaign.plan import key, plan
    from harness.record.folder import all_runs
    from results.records import load_records

    out, roots = options["runs"][0], _roots(options)
    records = load_records(options["runs"], new=True).records
    console = Console(stderr=not options["dry_run"], highlight=False)
    asked, bases = _asked(names, records, options)
    runnable, no_data = _with_data(asked, roots)
    planned = plan(runnable, Base("tiny"), records, all_runs(out))
    _show(console, planned, no_data, bases)
    missing = planned.of(BEGUN, MISSING)
    if missing:
        _show_time(console, missing, records, options, roots)
    else:
        console.print("nothing else is missing" if no_data or planned.impossible else "nothing is missing")
    if options["dry_run"]:
        console.print("dry run: nothing was trained or written")
        return None
    if missing and not _agreed(options, len(missing)):
        return None
    failed = _carry_out(console, planned, _runner(console, options, roots), out)
    keys = {key(run.config.plain()) for run in planned.runs}
    found = [record.id for record in load_records(options["runs"]).records if key(record.config) in keys]
    return Filled(frozenset(found), failed)


def _asked(
    names: list[str], records: tuple[Record, ...], options: dict[str, Any]
) -> tuple[list[Wanted], dict[Base, str]]:
    """(what the tables want, {what runs share: why}). Tables of one paper's protocol share theirs."""
    wants = [each for name in names for each in _wanted(name, options)]
    bases = {
        preset: _base(records, options, preset) for preset in dict.fromkeys(preset for preset, _ in wants)
    }
    return [replace(want, base=bases[preset][0]) for preset, want in wants], dict(bases.values())


def _base(records: tuple[Record, ...], options: dict[str, Any], paper: str) -> tuple[Base, str]:
    """What all runs share: as given, or as most of the runs that are there. paper: a paper's preset."""
    from harness.campaign.plan import base_of
    from results.matching import TINY
    from results.records import groups

    tiny = TINY[paper]
    of_others = {preset for name, small in TINY.items() if name != paper for preset in (name, small)}
    if options["preset"] or options["pairs"]:
        return Base(options["preset"] or tiny, options["pairs"]), "as given"
    fitting = [
        r
        for r in records
        if options["dataset"] in (None, r.data.dataset) and r.config["preset"] not in of_others
    ]
    found = groups(fitting)
    if options["protocol"] in found:
        return base_of(found[options["protocol"]][0]), f"as the runs of protocol {options['protocol']}"
    if not found:
        return Base(tiny), "the default"
    most = max(found.values(), key=lambda members: (len(members), members[-1].finished))
    return base_of(most[0]), f"as {len(most)} of the runs that are there"


def _wanted(name: str, options: dict[str, Any]) -> list[tuple[str, Wanted]]:
    """Runs that a table wants, each with the preset of its paper."""
    from methods.registry import METHODS
    from results.tables.catalogue import JOINED, spec
    from results.tables.wanted import wanted

    if name == "cost":
        return []
    parts = JOINED.get(name, {"": name}).values()
    found = []
    for part in parts:
        made = spec(part, METHODS.names())
        wants = wanted(made, options["dataset"] or "", options["seeds"])
        found += [(made.rows[0].preset, want) for want in wants]
    return found


def _roots(options: dict[str, Any]) -> dict[str, str]:
    """Folders by data set; "" is the one of --dataset, or of whatever a table names."""
    from harness.data.registry import REGISTRY

    roots = {}
    for text in options["roots"]:
        name, equals, path = text.partition("=")
        if equals and name in REGISTRY:
            roots[name] = path
        else:
            roots[options["dataset"] or ""] = text
    return roots


def _with_data(asked: list[Wanted], roots: dict[str, str]) -> tuple[list[Wanted], dict[str, list[str]]]:
    """(what can be run, {data set: tables that need its folder})."""
    from harness.config.resolve import parse_settings, preset
    from harness.data.registry import REGISTRY

    @cache  # many cells share one
    def default(base: Base) -> str:
        given = parse_settings(base.pairs).get("data", {}).get("dataset")
        return given or preset(base.preset)["data"]["dataset"]

    runnable: list[Wanted] = []
    lacking: dict[str, dict[str, None]] = {}
    for want in asked:
        assert want.base
        entry = REGISTRY.get(want.dataset or default(want.base))
        if entry.needs_root and not (roots.get(entry.name) or roots.get("")):
            lacking.setdefault(entry.name, {})[want.table] = None
        else:
            runnable.append(want)
    return runnable, {name: list(tables) for name, tables in lacking.items()}


def _show(console: Console, planned: Plan, no_data: dict[str, list[str]], bases: dict[Base, str]) -> None:
    from harness.campaign.carry_out import tables
    from harness.console.columns import show

    for base, why in bases.items():
        words = " ".join(f"--set {shlex.quote(pair)}" for pair in base.pairs)
        console.print(f"settings {why}: --preset {base.preset} {words}".rstrip(), soft_wrap=True)
    rows = [
        [run.label() + " (begun)" * (run.state == BEGUN), ", ".join(tables(run))]
        for run in planned.of(BEGUN, MISSING)
    ]
    if rows:
        show(console, "runs to make", ("run", "for"), rows[:SHOWN])
    if len(rows) > SHOWN:
        console.print(f"… and {len(rows) - SHOWN} more")
    counts = {state: len(planned.of(state)) for state in (FINISHED, BEGUN, MISSING)}
    console.print(
        f"plan: {planned.rows} rows need {len(planned.runs)} runs, {len(planned.shared)} of which serve "
        "several rows; " + ", ".join(f"{count} {state}" for state, count in counts.items())
    )
    for name, wanting in no_data.items():
        console.print(f"left out: {', '.join(wanting)}: give --data-root {name}=DIR", markup=False)
    for name, reason in planned.impossible:
        console.print(f"left out of {name}: {reason}", markup=False)


def _show_time(
    console: Console,
    missing: list[Planned],
    records: tuple[Record, ...],
    options: dict[str, Any],
    roots: dict[str, str],
) -> None:
    from harness.campaign.carry_out import foretold
    from harness.console.console import duration

    seconds, how = foretold(missing, records, lambda run: _timed(run, options, roots))
    known = f"about {duration(seconds)}, {how}" if seconds is not None else how
    console.print(f"estimated time of {len(missing)} runs, one after the other: {known}")


def _timed(run: Planned, options: dict[str, Any], roots: dict[str, str]) -> float | None:
    """Seconds of the run by one step of its networks; None where they cannot be built."""
    from backbones.base.errors import UserError
    from harness.console.console import Screen
    from harness.execution.dry_run import foretell
    from harness.execution.job import Launch
    from harness.execution.prepare import prepare

    root = _root(run, roots)
    launch = Launch(
        data_root=Path(root) if root else None,
        out=options["runs"][0],
        device=options["device"],
        workers=0,
        dry_run=True,
    )
    try:
        return foretell(prepare(run.config, launch, Screen(json=True, quiet=True))).total_s
    except UserError:
        return None


def _root(run: Planned, roots: dict[str, str]) -> str | None:
    from harness.data.registry import REGISTRY

    name = run.config.data.dataset
    return (roots.get(name) or roots.get("")) if REGISTRY.get(name).needs_root else None


def _agreed(options: dict[str, Any], runs: int) -> bool:
    """Asked only where somebody can answer: in a script, --run is the answer."""
    if options["yes"] or not sys.stdin.isatty():
        return True
    return click.confirm(f"train {runs} run{'s' * (runs > 1)} now?", default=True, err=True)


def _runner(console: Console, options: dict[str, Any], roots: dict[str, str]) -> Runner:
    """Makes a run in a process of its own; on a terminal its last line is shown meanwhile."""
    from backbones.base.plugins import files
    from harness.campaign.child_process import harness_command, run_child

    out = options["runs"][0]

    def runner(run: Planned) -> None:
        words = ["run", *run.arguments(), "--out", str(out), "--device", options["device"]]
        words += ["--data-root", root] if (root := _root(run, roots)) else []
        words += ["--workers", str(options["workers"])] if options["workers"] is not None else []
        words += [word for path in files() for word in ("--plugin", str(path))]
        with console.status("starting") as status:
            run_child(harness_command(*words), out / "table-run.log", lambda line: status.update(line[:70]))

    return runner


def _carry_out(console: Console, planned: Plan, runner: Runner, out: Path) -> int:
    """How many runs failed. A stop ends the command with 130."""
    from harness.campaign.carry_out import carry_out

    ended = carry_out(planned, runner, out, lambda line: console.print(line, markup=False, soft_wrap=True))
    total = len(planned.of(BEGUN, MISSING)) + len(ended.done)
    if ended.stopped:
        console.print(f"{len(ended.done)} of {total} runs made; the same command goes on from there")
        raise KeyboardInterrupt
    if total:
        failed = f", {len(ended.failed)} failed" if ended.failed else ""
        console.print(
            f"{len(ended.done)} of {total} runs made{failed}; what they printed: {out}/table-run.log"
        )
    return len(ended.failed)
