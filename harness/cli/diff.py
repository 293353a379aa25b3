"""`harness diff`: the records of two runs side by side. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import json_option, run_folder_option

if TYPE_CHECKING:
    from harness.record.comparison.trees import Differing

EPILOG = """\b
Examples:
  harness diff 3f2a runs/3f2a5d0b9c71
  harness diff RUN RUN --json
"""
MOST = 60


@dataclass(frozen=True)
class DiffOptions:
    """What `harness diff` was given. first, second: runs. out: folder of runs."""

    first: str
    second: str
    out: Path
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@run_folder_option()
@json_option()
def diff(**given: Any) -> None:
    """Compare two finished runs: how they were configured, what they were made on, how they came out.

    Their records are compared; weights, stored outputs and events are not looked at ('harness verify RUN'
    makes a run again and compares them too).

    RUN is an id, the beginning of an id, or a run's folder; two folders may hold the same run, made twice.
    """
    from harness.record.comparison.records import compare_records
    from harness.record.folder import finished_run

    options = DiffOptions(**given)
    runs = [finished_run(options.out, name) for name in (options.first, options.second)]
    found = compare_records(*(run.run_record() for run in runs))
    if options.as_json:
        click.echo(json.dumps(found.plain(), indent=1, ensure_ascii=False))
        return
    for title, differing in vars(found).items():
        _show(title, differing, [str(run.path) for run in runs])


def _show(title: str, differing: Sequence[Differing], runs: Sequence[str]) -> None:
    from rich.console import Console

    from harness.console import columns

    if not differing:
        click.echo(f"{title}: the same")
        return
    cells = [[_cell(value) for value in vars(each).values()] for each in differing]
    columns.show(Console(highlight=False), title, ["", *runs], cells)


def _cell(value: Any) -> str:
    text = str(value)
    return text if len(text) <= MOST else f"{text[: MOST - 1]}…"
