"""`harness claims`: each claim of the papers with its verdict. No torch."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import json_option, margin_option, print_where_runs_go, run_folders_option
from harness.cli.records import read_records

if TYPE_CHECKING:
    from rich.console import Console

    from results.claims.claims import Claim
    from results.verdict import Verdict

EPILOG = """\b
Examples:
  harness claims mbd
  harness claims mbd --verdict contradicted
  harness claims --runs runs --runs results/measured/localglobal --json
"""
COLOURS = {"reproduced": "green", "contradicted": "red", "inconclusive": "yellow"}


@dataclass(frozen=True)
class ClaimsOptions:
    """What `harness claims` was given. margin: percentage points."""

    paper: str | None
    wanted: tuple[str, ...]
    runs: tuple[Path, ...]
    margin: float
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("paper", required=False, metavar="[mbd|stddcn|genkd|others]")
@click.option("--verdict", "wanted", multiple=True, metavar="VERDICT", help="Only claims with this verdict.")
@run_folders_option()
@margin_option()
@json_option()
def claims(**given: Any) -> None:
    """Judge each claim of the papers, or of one: reproduced, contradicted, inconclusive (and how many seeds
    would decide it), not run (and the command that runs it) or not comparable (and why).

    Numbers are compared only under the paper's protocol and data set; orders are tested on whatever was run.
    Claims about cost or arithmetic need no run.
    """
    from results.claims.claims import claims as read_claims

    options = ClaimsOptions(**given)
    _check(options)
    chosen = read_claims(options.paper)
    verdicts = _verdicts(chosen, options)
    shown = [claim for claim in chosen if not options.wanted or verdicts[claim.id].verdict in options.wanted]
    if options.as_json:
        rows = [_row(claim, verdicts[claim.id]) for claim in shown]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        _show(shown, verdicts, options.paper)
        if any(verdicts[claim.id].command for claim in shown):
            print_where_runs_go(options.runs)


def _verdicts(chosen: list[Claim], options: ClaimsOptions) -> dict[str, Verdict]:
    from methods.catalogue import METHODS
    from results.judge import Evidence, judge

    records = read_records(options.runs).records
    return judge(chosen, Evidence(records, METHODS.discover().names(), options.margin))


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
    found = vars(verdict) | {"runs": list(verdict.runs)}
    where = {"dataset": claim.dataset, "measured_on": verdict.dataset}
    return {**claim.model_dump(), "statement": claim.statement(), **found, **where}


def _show(shown: list[Claim], verdicts: dict[str, Verdict], paper: str | None) -> None:
    from rich.console import Console

    from results.claims.claims import PAPERS

    console = Console(highlight=False)
    last_heading = ""
    for claim in shown:
        heading = f"{PAPERS[claim.paper]}: {claim.where}" if claim.paper == "others" else claim.where
        if heading != last_heading:
            last_heading = heading
            console.print(f"\n[bold]{heading}[/]", soft_wrap=True)
        _show_one(console, claim, verdicts[claim.id])
    console.print(f"\n[bold]{paper or 'all papers'}: {len(shown)} claims[/]")
    _show_counts(console, [verdicts[claim.id] for claim in shown])
    console.print(
        "r reported by the paper, d derived by arithmetic; intervals: 95 %, Student t over seeds",
        style="dim",
    )


def _show_counts(console: Console, verdicts: list[Verdict]) -> None:
    """How often each verdict was given, and what it rests on.

    A paper's own numbers that add up are not shown as if an experiment had reproduced them.
    """
    from rich.table import Table

    counts = Counter(each.verdict for each in verdicts)
    by_runs = Counter(each.verdict for each in verdicts if each.runs)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, count in counts.most_common():
        basis = f"{by_runs[name]} by runs, {count - by_runs[name]} by arithmetic or counted cost"
        table.add_row(str(count), _coloured(name), basis if name in COLOURS else "")
    console.print(table)


def _show_one(console: Console, claim: Claim, verdict: Verdict) -> None:
    from rich.markup import escape

    from results.verdict import elsewhere

    data = f" on {claim.dataset}" if claim.dataset else ""
    mark = claim.provenance[0]
    judged = _coloured(verdict.verdict) + elsewhere(verdict, claim.dataset)
    console.print(f"{claim.id:6}{judged}  {escape(claim.statement())}{data} [dim]({mark})[/]", soft_wrap=True)
    console.print(f"      {escape(verdict.why)}", style="dim", soft_wrap=True)
    if claim.note:
        console.print(f"      note: {escape(claim.note)}", style="dim", soft_wrap=True)
    if verdict.command:
        console.print(f"      {escape(verdict.command)}", style="cyan", soft_wrap=True)


def _coloured(verdict: str) -> str:
    colour = COLOURS.get(verdict, "dim")
    return f"[{colour}]{verdict}[/]"
