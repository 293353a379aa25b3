"""`harness study report`: what a study found, against its plan. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import PATH
from harness.cli.records import read_records

if TYPE_CHECKING:
    from results.studies.analysis import Analysis

EPILOG = """\b
Examples:
  harness study report studies/mbd.yaml
  harness study report studies/mbd.yaml --out runs --format html > study.html
  harness study report studies/mbd.yaml --pilot studies/mbd-pilot.yaml --format json
"""
FORMATS = ("text", "markdown", "html", "json", "csv")


@dataclass(frozen=True)
class ReportOptions:
    """What `harness study report` was given. runs: folders of records. shape: the format."""

    plan: Path
    runs: tuple[Path, ...]
    pilot: Path | None
    shape: str


@click.command(epilog=EPILOG)
@click.argument("plan", type=PATH)
@click.option(
    "--out",
    "--runs",
    "runs",
    type=PATH,
    multiple=True,
    default=(Path("runs"),),
    show_default="runs",
    help="Folder of the study's runs; may be repeated.",
)
@click.option(
    "--pilot",
    type=PATH,
    help="Plan of the pilot whose runs tell the planned power [default: PLAN's name with -pilot].",
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


def _analysis(options: ReportOptions) -> Analysis:
    from harness.campaign.study.plan import read_plan
    from methods.catalogue import METHODS
    from results.studies.analysis import analyse
    from results.study_files import PILOT, pilot_runs, records_for

    plan, sha256 = read_plan(options.plan)
    records = read_records(options.runs).records
    path = options.pilot or options.plan.with_name(f"{options.plan.stem}{PILOT}{options.plan.suffix}")
    pilot = None
    if options.pilot or path.exists():
        other = read_plan(path)
        pilot = pilot_runs(other, records_for(other[0], options.runs, records))
    own = records_for(plan, options.runs, records)
    return analyse(plan, sha256, own, METHODS.discover().names(), pilot)
