"""`harness claims`: each claim of the papers with its verdict. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import json_option, margin_option, print_where_runs_go, run_folders_option
from harness.cli.path_type import PATH
from harness.cli.records import read_records, say_left_out

if TYPE_CHECKING:
    from rich.console import Console

    from results.claims.claims import Claim
    from results.verdict import Verdict

EPILOG = """\b
Examples:
  harness claims mbd
  harness claims mbd --verdict undecided
  harness claims mbd --runs results/measured/studies/mbd
  harness claims --runs runs --runs results/measured/studies/mbd --json
"""


@dataclass(frozen=True)
class ClaimsOptions:
    """What `harness claims` was given. margin: percentage points. study: plans that lie elsewhere."""

    paper: str | None
    wanted: tuple[str, ...]
    runs: tuple[Path, ...]
    study: tuple[Path, ...]
    quoted: bool
    margin: float
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("paper", required=False, metavar="[PAPER]")
@click.option("--verdict", "wanted", multiple=True, metavar="VERDICT", help="Only claims with this verdict.")
@run_folders_option()
@click.option(
    "--study",
    type=PATH,
    multiple=True,
    help="Plan of a study [default: those beside the records]; may be repeated.",
)
@click.option("--quoted", is_flag=True, help="Judge numbers too that were only seen in a third place.")
@margin_option()
@json_option()
def claims(**given: Any) -> None:
    """Judge each claim of the papers, or of one, on two axes that are never mixed.

    Measured, by runs: an order by a complete study (holds, does not hold, no difference or undecided; "here"
    where it is on other data than the claim's own), a number under the paper's protocol and data set
    (reproduced, consistent with one run, contradicted or undecided). Checked without runs: costs, arithmetic,
    quotations. What was derived from reported numbers gets no verdict.
    """
    from results.claims.claims import claims as read_claims

    options = ClaimsOptions(**given)
    _check(options)
    chosen = read_claims(options.paper)
    verdicts, of_study = _verdicts(chosen, options)
    shown = [claim for claim in chosen if not options.wanted or verdicts[claim.id].verdict in options.wanted]
    if options.as_json:
        rows = [_row(claim, verdicts[claim.id]) for claim in shown]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        _show(shown, verdicts, options.paper)
        if any(verdicts[claim.id].command for claim in shown):
            print_where_runs_go(options.runs, of_study)


def _verdicts(chosen: list[Claim], options: ClaimsOptions) -> tuple[dict[str, Verdict], bool]:
    """Of each claim by its id, and whether among the runs are a study's."""
    from harness.campaign.study.plan import read_plan
    from methods.catalogue import METHODS
    from results.judge import Evidence, judge
    from results.study_files import studies

    loaded, methods = read_records(options.runs), METHODS.discover().names()
    found = studies(
        options.runs, loaded.records, methods, [read_plan(path) for path in options.study], loaded.paths
    )
    say_left_out(found.problems)
    evidence = Evidence(loaded.records, methods, options.margin, found.found, options.quoted, loaded.paths)
    return judge(chosen, evidence), any(record.study for record in loaded.records)


def _check(options: ClaimsOptions) -> None:
    from backbones.base.errors import suggestion
    from results.verdict import VERDICTS

    for name in options.wanted:
        if name not in VERDICTS:
            raise click.UsageError(
                f"no verdict '{name}'{suggestion(name, list(VERDICTS)) or ';'} expected {', '.join(VERDICTS)}"
            )
    if not isfinite(options.margin):
        raise click.UsageError(f"--margin {options.margin}: expected a finite number of percentage points")


def _row(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    found = vars(verdict) | {"axis": verdict.axis, "runs": list(verdict.runs)}
    where = {"dataset": claim.dataset, "measured_on": verdict.dataset}
    return {**claim.model_dump(), "statement": claim.statement(), **found, **where}


def _show(shown: list[Claim], verdicts: dict[str, Verdict], paper: str | None) -> None:
    from rich.console import Console

    from backbones.base.plain_text import counted
    from results.verdict import AXES

    console = Console(highlight=False)
    for axis in AXES:
        _show_axis(console, axis, [claim for claim in shown if verdicts[claim.id].axis == axis], verdicts)
    console.print(f"\n[bold]{paper or 'all papers'}: {counted(len(shown), 'claim')}[/]")
    _show_counts(console, [(claim, verdicts[claim.id]) for claim in shown])
    console.print(
        "claims on the same runs count once; r reported by the paper, d derived, q quoted; intervals: 95 %, "
        "Student t",
        style="dim",
    )


def _show_axis(console: Console, axis: str, shown: list[Claim], verdicts: dict[str, Verdict]) -> None:
    from harness.papers.registry import PAPERS

    last_heading = ""
    for claim in shown:
        cite = PAPERS.get(claim.paper).sheet.cite
        heading = f"{cite}: {claim.where}" if claim.of_others else claim.where
        if heading != last_heading:
            last_heading = heading
            console.print(f"\n[bold]{axis}: {heading}[/]", soft_wrap=True)
        _show_one(console, claim, verdicts[claim.id])


def _show_counts(console: Console, judged: list[tuple[Claim, Verdict]]) -> None:
    """How often each word was said, axis by axis; claims that rest on the same runs count once."""
    from rich.table import Table

    from results.verdict import MEASURED, counts, decided_elsewhere

    for axis, words in counts(judged).items():
        if words:
            console.print(f"{axis}: {sum(words.values())}")
            table = Table(box=None, show_header=False, pad_edge=False)
            for name, count in words.most_common():
                table.add_row(f"  {count}", _coloured(name))
            console.print(table)
        for place, count in decided_elsewhere(judged) if axis == MEASURED else ():
            console.print(f"  decided {place}, not on the paper's own data: {count}")


def _show_one(console: Console, claim: Claim, verdict: Verdict) -> None:
    from rich.markup import escape

    from results.verdict import elsewhere

    there = elsewhere(verdict, claim.dataset)
    about = "claimed of" if there else "on"  # not to be read as the data set that was measured
    data = f" {about} {claim.dataset}" if claim.dataset else ""
    mark = claim.provenance[0]
    judged = _coloured(verdict.verdict) + there
    console.print(
        f"{claim.id:5} {judged}  {escape(claim.statement())}{data} [dim]({mark})[/]", soft_wrap=True
    )
    console.print(f"      {escape(verdict.why)}", style="dim", soft_wrap=True)
    if claim.note:
        console.print(f"      note: {escape(claim.note)}", style="dim", soft_wrap=True)
    if verdict.command:
        console.print(f"      {escape(verdict.command)}", style="cyan", soft_wrap=True)


def _coloured(verdict: str) -> str:
    from results.verdict import BAD, GOOD, NO_DIFFERENCE, UNDECIDED

    colour = "green" if verdict in GOOD else "red" if verdict in BAD else "dim"
    colour = "yellow" if verdict in (UNDECIDED, NO_DIFFERENCE) else colour
    return f"[{colour}]{verdict}[/]"
