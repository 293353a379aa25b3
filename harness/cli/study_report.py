"""`harness study report`: what a study found, against its plan. No torch."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.path_type import PATH
from harness.cli.records import say_left_out
from harness.cli.study_options import out_option, plan_argument, records_option

if TYPE_CHECKING:
    from harness.campaign.study.plan import StudyPlan
    from results.studies.analysis import Analysis

EPILOG = """\b
Examples:
  harness study report studies/mbd.yaml --out DIR
  harness study report studies/mbd.yaml --records results/measured/studies/mbd --format html > mbd.html
  harness study report studies/mbd.yaml --pilot studies/mbd-pilot.yaml --format json
"""
FORMATS = ("text", "markdown", "html", "json", "csv")


@dataclass(frozen=True)
class ReportOptions:
    """What `harness study report` was given. shape: the format."""

    plan: Path
    out: Path | None
    records: Path | None
    pilot: Path | None
    pilot_records: Path | None
    shape: str


@click.command(epilog=EPILOG)
@plan_argument()
@out_option()
@records_option()
@click.option(
    "--pilot",
    type=PATH,
    help="Plan of the pilot whose runs tell the planned power [default: PLAN's name with -pilot].",
)
@click.option(
    "--pilot-records", type=PATH, help="Folder of the pilot's records [default: beside those of the study]."
)
@click.option(
    "--format", "shape", type=click.Choice(FORMATS), default="text", show_default=True, help="Of the report."
)
def report(**given: Any) -> None:
    """Report a study: its controls, each planned order with both intervals and its verdict, all arms.

    Every interval is named: over pre-trainings, on which verdicts rest, and for these pre-trained streams.
    Verdicts exist for the planned number of runs only; before, this is an interim look that gives none.
    """
    from results.studies.report.whole import FORMATS as WRITERS

    options = ReportOptions(**given)
    click.echo(WRITERS[options.shape](_analysis(options)), nl=False)


def analysed(plan: Path, out: Path | None = None, records: Path | None = None) -> Analysis:
    """What the report is made of."""
    return _analysis(ReportOptions(plan, out, records, None, None, "csv"))


def _analysis(options: ReportOptions) -> Analysis:
    from harness.campaign.study.code import begun_in
    from harness.campaign.study.plan import read_plan
    from methods.catalogue import METHODS
    from results.studies.analysis import analyse
    from results.study_files import places, pretraining_seconds, study_records, unusable, usable

    plan, sha256 = read_plan(options.plan)
    folder = _folder(options, plan.name)
    begun = begun_in(folder, options.plan, sha256)
    pilot = _pilot(options, folder)
    say_left_out(unusable([folder, *([pilot[2]] if pilot else [])]))
    matrix = study_records(*pilot)[1] if pilot else None
    records, paths = usable(plan, [folder]), places([folder, *([pilot[2]] if pilot else [])])
    made = analyse(plan, sha256, records, METHODS.discover().names(), matrix, paths)
    seconds = pretraining_seconds(plan, sha256, folder)
    commit = begun.commit if begun else None
    return replace(made, pretrainings_s=seconds, commit=commit, lost=begun is None)


def _folder(options: ReportOptions, name: str) -> Path:
    """Of the records; OUT itself where it has no folder of records, as one that was filled by other means."""
    from backbones.base.errors import UsageError

    out = options.out or Path("studies") / name
    inner = out / "records"
    folder = options.records or (inner if inner.is_dir() else out)
    if not folder.is_dir():
        raise UsageError(
            f"{folder}: there is no such folder of records; --out DIR names the study's folder, "
            "--records DIR that of its records alone"
        )
    return folder


def _pilot(options: ReportOptions, folder: Path) -> tuple[StudyPlan, str, Path] | None:
    """(plan, SHA-256, folder of records) of the pilot, or None where there is none."""
    from backbones.base.errors import UsageError
    from harness.campaign.study.plan import read_plan
    from results.study_files import PILOT

    path = options.pilot or options.plan.with_name(f"{options.plan.stem}{PILOT}{options.plan.suffix}")
    if not path.exists():
        if options.pilot:
            raise UsageError(f"--pilot {path}: there is no such plan")
        return None
    plan, sha256 = read_plan(path)
    beside = [folder.with_name(plan.name), Path("studies") / plan.name / "records", folder]
    records = options.pilot_records or next((each for each in beside if each.is_dir()), folder)
    return plan, sha256, records
