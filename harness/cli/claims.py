"""`harness claims`: each claim of the papers with its verdict. No torch."""

from __future__ import annotations

import json
from collections import Counter
from math import isfinite
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from results.claims.claims import Claim
    from results.verdict import Verdict

EPILOG = """\b
Examples:
  harness claims mbd
  harness claims mbd --verdict contradicted
  harness claims --runs runs --runs results/measured/localglobal --json
"""
COLOURS = {"reproduced": "green", "contradicted": "red", "inconclusive": "yellow"}


@click.command(epilog=EPILOG)
@click.argument("paper", required=False, metavar="[mbd|stddcn|genkd|others]")
@click.option("--verdict", "wanted", multiple=True, metavar="VERDICT", help="Only claims with this verdict.")
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, default=(Path("runs"),),
              show_default="runs", help="Folder of runs; may be given several times.")  # fmt: skip
@click.option("--margin", type=click.FloatRange(min=0, min_open=True), default=0.5, show_default=True,
              help="Points within which a number counts as reproduced.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def claims(
    paper: str | None, wanted: tuple[str, ...], runs: tuple[Path, ...], margin: float, as_json: bool
) -> None:
    """Each claim of the papers, or of one, with its verdict: reproduced, contradicted, inconclusive (and how
    many seeds would decide it), not run (and the command that runs it), not comparable (and why).

    Numbers hold only under the paper's protocol and data set; orders are tested on whatever was run. Claims
    of cost and of arithmetic need no run.
    """
    from methods.catalogue import METHODS
    from results.claims.claims import claims as read_claims
    from results.judge import Evidence, judge
    from results.records import load_records

    _check(wanted)
    if not isfinite(margin):
        raise click.UsageError(f"--margin {margin}: expected points, a finite number")
    chosen = read_claims(paper)
    loaded = load_records(runs)
    verdicts = judge(chosen, Evidence(loaded.records, METHODS.discover().names(), margin))
    for problem in loaded.problems:
        click.echo(f"left out: {problem}", err=True)
    shown = [claim for claim in chosen if not wanted or verdicts[claim.id].verdict in wanted]
    if as_json:
        rows = [_row(claim, verdicts[claim.id]) for claim in shown]
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        _show(shown, verdicts, paper)


def _check(wanted: tuple[str, ...]) -> None:
    from backbones.base.errors import suggestion
    from results.verdict import VERDICTS

    for name in wanted:
        if name not in VERDICTS:
            raise click.UsageError(
                f"no verdict '{name}'{suggestion(name, list(VERDICTS)) or ';'} "
                f"there are {', '.join(VERDICTS)}"
            )


def _row(claim: Claim, verdict: Verdict) -> dict[str, Any]:
    found = vars(verdict) | {"runs": list(verdict.runs)}
    where = {"dataset": claim.dataset, "measured_on": verdict.dataset}
    return {**claim.model_dump(), "statement": claim.statement(), **found, **where}


def _show(shown: list[Claim], verdicts: dict[str, Verdict], paper: str | None) -> None:
    from rich.console import Console
    from rich.table import Table

    from results.claims.claims import PAPERS

    console = Console(highlight=False)
    place = ""
    for claim in shown:
        heading = f"{PAPERS[claim.paper]}: {claim.where}" if claim.paper == "others" else claim.where
        if heading != place:
            place = heading
            console.print(f"\n[bold]{place}[/]", soft_wrap=True)
        _show_one(console, claim, verdicts[claim.id])
    counted = Counter(verdicts[claim.id].verdict for claim in shown)
    trained = Counter(verdicts[claim.id].verdict for claim in shown if verdicts[claim.id].runs)
    table = Table(box=None, show_header=False, pad_edge=False)
    for name, count in counted.most_common():
        table.add_row(str(count), _coloured(name), _by(trained[name], count) if name in COLOURS else "")
    console.print(f"\n[bold]{paper or 'all papers'}: {len(shown)} claims[/]")
    console.print(table)
    console.print(
        "r reported by the paper, d derived by arithmetic; intervals: 95 %, Student t over seeds",
        style="dim",
    )


def _by(trained: int, count: int) -> str:
    """What verdicts rest on: sums of a paper's own numbers that come out right reproduce no experiment."""
    return f"{trained} by runs, {count - trained} by arithmetic or counted cost"


def _show_one(console: Any, claim: Claim, verdict: Verdict) -> None:
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
