"""`harness study plan`: what a plan costs and what it can decide, by its pilot. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import json_option
from harness.cli.path_type import PATH
from harness.cli.study_options import plan_argument

if TYPE_CHECKING:
    from harness.cli.study_options import Study
    from results.studies.planned.forecast import Forecast

EPILOG = """\b
Examples:
  harness study plan studies/mbd.yaml
  harness study plan studies/mbd.yaml --pilot studies/mbd-pilot.yaml --pilot-records DIR/records
"""


@dataclass(frozen=True)
class PlanOptions:
    """What `harness study plan` was given. pilot, pilot_records: a plan of six pairs, and its runs."""

    plan: Path
    pilot: Path | None
    pilot_records: Path | None
    as_json: bool


@click.command(epilog=EPILOG)
@plan_argument()
@click.option("--pilot", type=PATH, help="Plan of the pilot [default: PLAN's name with -pilot].")
@click.option(
    "--pilot-records", type=PATH, help="Folder of the pilot's records [default: studies/NAME/records]."
)
@json_option()
def plan(**given: Any) -> None:
    """Show what a plan asks for: its arms, its runs, and by a pilot its power and its hours.

    The pilot has the plan's own precision and at least 6 pairs; its spread enters with the upper limit of an
    80 % interval, since with the spread itself every second study has less power than planned.
    """
    from harness.cli.study_options import opened
    from results.studies.planned.forecast import forecast

    options = PlanOptions(**given)
    study = opened(options.plan, None, None)
    pilot = _pilot(options, study)
    found = forecast(study.plan, study.arms, *pilot) if pilot else forecast(study.plan, study.arms, None)
    if options.as_json:
        click.echo(json.dumps(found.plain(), indent=1, ensure_ascii=False))
    else:
        _show(study, found)


def _pilot(options: PlanOptions, study: Study) -> Any:
    """((the pilot's plan, its records, the tested ones as a matrix), their files); None without one."""
    from backbones.base.errors import UsageError
    from harness.campaign.study.plan import read_plan
    from results.study_files import PILOT, places, study_records

    path = options.pilot or study.path.with_name(f"{study.path.stem}{PILOT}{study.path.suffix}")
    if not path.exists():
        if options.pilot:
            raise UsageError(f"--pilot {path}: there is no such plan")
        return None
    plan, sha256 = read_plan(path)
    folder = options.pilot_records or Path("studies") / plan.name / "records"
    return (plan, *study_records(plan, sha256, folder)), places([folder])


def _show_orders(study: Study) -> None:
    """What the study judges, where no pilot tells its power."""
    from backbones.base.plain_text import counted
    from results.studies.planned.forecast import asked_of

    asked = asked_of(study.plan, study.arms)
    whose = f" of paper '{study.plan.paper}'" if study.plan.paper else ""
    click.echo(f"it judges {counted(len(asked), 'order')}{whose}{':' * bool(asked)}")
    for question in asked:
        ids = ", ".join(claim.id for claim in question.claims)
        margin = f"margin {question.margin(study.plan):g}"
        click.echo(f"  {question.statement}  ({', '.join(filter(None, (question.table, ids, margin)))})")


def _show(study: Study, found: Forecast) -> None:
    from rich.console import Console

    from backbones.base.plain_text import counted
    from harness.console.columns import show
    from harness.console.console import duration

    plan = study.plan
    size = f"{counted(plan.pairs, 'pair')}, {counted(len(study.arms), 'arm')}"
    click.echo(f"study {plan.name}, plan {study.sha256[:12]}: {size}:")
    for arm in study.arms:
        click.echo(f"  {arm.name}" + (f"  ({', '.join(arm.of)})" if arm.of else ""))
    for table, why in study.impossible:
        click.echo(f"  not possible, for {table}: {why}")
    before = f" after {counted(found.pretrainings, 'pre-training')}" if found.pretrainings else ""
    click.echo(f"{counted(found.runs, 'run')}{before}")
    if found.seconds is None:
        _show_orders(study)
        click.echo(
            f"hours and power are told by a pilot: a plan named {study.path.stem}-pilot, 6 pairs or more, "
            "and its records (--pilot-records DIR)"
        )
        return
    click.echo(f"by the pilot's {found.pilot_pairs} pairs: {duration(found.seconds)} on this kind of machine")
    click.echo(f"joint seeds for each pair that decide most per hour: {found.best_seeds or 'not known'}")
    for line in found.problems:
        click.echo(f"warning: {line}")
    headings = (
        "order",
        "table",
        "margin",
        "SD of pairs",
        "power if true",
        "power if equal",
        "found at 80 %",
        "pairs for 80 %",
    )
    rows = [row.cells() for row in found.rows]
    show(Console(highlight=False), "Planned orders", headings, rows)
