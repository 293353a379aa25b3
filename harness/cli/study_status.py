"""`harness study status`: how far a study is. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.errors import UserError
from harness.cli.options import json_option
from harness.cli.study_options import Study, out_option, plan_argument, records_option, study_command

if TYPE_CHECKING:
    from harness.campaign.study.code import Begun

EPILOG = """\b
Examples:
  harness study status studies/mbd.yaml --records results/measured/studies/mbd
"""


@dataclass(frozen=True)
class StatusOptions:
    """What `harness study status` was given."""

    plan: Path
    out: Path | None
    records: Path | None
    as_json: bool


@click.command(epilog=EPILOG)
@plan_argument()
@out_option()
@records_option()
@json_option()
def status(**given: Any) -> None:
    """Show how many runs of a study are made, and how long the others will take.

    Nothing of their results: a look before the end gives no verdict, and tempts.
    """
    from backbones.base.plain_text import counted
    from harness.campaign.study.code import begun_in
    from harness.cli.study_options import opened
    from harness.console.console import duration
    from results.study_files import study_records, unusable

    options = StatusOptions(**given)
    study = opened(options.plan, options.out, options.records)
    start = begun_in(study.records, study.path, study.sha256)
    pairs = range(study.plan.pairs)
    total = sum(len(study.wanted(pair)) for pair in pairs)
    # As the report counts: a damaged record is named and makes no run.
    records = study_records(study.plan, study.sha256, study.records)[0]
    there = {(r.study.pair, r.study.arm, r.study.seed) for r in records if r.study}
    lacking = [sum((pair, *cell) not in there for cell in study.wanted(pair)) for pair in pairs]
    missing, whole = sum(lacking), lacking.count(0)
    seconds = [r.timings.train_s + r.timings.test_s for r in records]
    hours = _expected(seconds, total - missing, missing)
    left_out = unusable([study.records])
    facts = {
        "study": study.plan.name,
        "plan_sha256": study.sha256,
        "arms": [arm.name for arm in study.arms],
        "runs": total,
        "made": total - missing,
        "pairs": study.plan.pairs,
        "pairs_made": whole,
        "seconds_left": hours,
        "left_out": left_out,
    }
    if options.as_json:
        click.echo(json.dumps(facts, indent=1, ensure_ascii=False))
        return
    click.echo(
        f"study {study.plan.name}, plan {study.sha256[:12]}: {counted(len(study.arms), 'arm')}, "
        f"{counted(len(pairs), 'pair')}"
    )
    click.echo(f"{total - missing} of {total} runs, {whole} of {len(pairs)} pairs whole")
    for line in (*_begun(study.out / "runs"), *(f"the report leaves out: {line}" for line in left_out)):
        click.echo(line)
    if missing:
        left_text = duration(hours) if hours is not None else "unknown: no run is made yet"
        click.echo(f"time left, by training and testing so far: {left_text}")
    click.echo(_next(options, study, start, missing))


def _begun(folder: Path) -> list[str]:
    """That runs are under way: before the first is made, that is all that there is."""
    from backbones.base.plain_text import counted
    from harness.record.folder import all_runs

    runs = [run for run in all_runs(folder) if not run.finished]
    what = f"{counted(len(runs), 'run')} begun (or stopped: then it goes on from its checkpoint)"
    return [f"{what}, pre-trainings among them, in {folder}"] * bool(runs)


def _next(options: StatusOptions, study: Study, start: Begun | None, missing: int) -> str:
    """The command that goes on; where nothing is found, which folder was looked into."""
    places = options.plan, options.out, options.records
    if not missing:
        return f"next: {study_command('report', *places)}"
    run = f"next: {_run(study, start, study_command('run', *places))}"
    if missing < sum(len(study.wanted(pair)) for pair in range(study.plan.pairs)):
        return f"{run} makes the rest"
    return f"no record in {study.records} (--records DIR for another folder); {run}"


def _run(study: Study, start: Begun | None, command: str) -> str:
    """With what its first use asks for beside the plan; a study that began goes on with its own code."""
    from harness.campaign.study.code import commit_of
    from harness.config.command import placeholder_root

    root = placeholder_root(study.plan.dataset)
    command += f" --data-root {root}" * bool(root)
    if start is not None:
        return command + " --here" * (not start.commit)
    try:
        commit_of(study.path)
    except UserError:
        return f"commit {study.path} (a pilot is not committed, but run with --here), then {command}"
    return command


def _expected(seconds: list[float], made: int, missing: int) -> float | None:
    """Of the missing runs, each with its share of the pre-trainings."""
    return sum(seconds) / made * missing if made else None
