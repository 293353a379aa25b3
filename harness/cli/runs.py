"""`harness runs`: the runs in a folder and their states. No torch."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import RUNS, json_option, run_folder_option

if TYPE_CHECKING:
    from harness.record.folder import RunFolder

EPILOG = """\b
Examples:
  harness runs
  harness runs --out results/measured/localglobal --json
"""
COLUMNS = {
    "run": "run",
    "state": "state",
    "method": "method",
    "local": "local",
    "global": "global",
    "data": "data",
    "seed": "seed",
    "fused_top1": "fused top-1 % ↑",
    "test_videos": "n",
}
Row = dict[str, Any]


@dataclass(frozen=True)
class RunsOptions:
    """What `harness runs` was given. out: folder of runs."""

    out: Path
    as_json: bool


@click.command(epilog=EPILOG)
@run_folder_option()
@json_option()
def runs(**given: Any) -> None:
    """List the runs in a folder, oldest first, with their states."""
    from backbones.base.errors import UsageError
    from harness.record.folder import all_runs

    options = RunsOptions(**given)
    if not (options.out.is_dir() or options.out == RUNS):  # the first run creates the default folder
        raise UsageError(f"--out {options.out}: there is no such folder of runs")
    rows = [_row(run) for run in all_runs(options.out)]
    if options.as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif rows:
        _show(rows)
    else:
        click.echo(
            f"no runs in {options.out}/ yet; start with: harness run --method mbd --backbone r2plus1d50"
        )


def _show(rows: list[Row]) -> None:
    from rich.console import Console

    from harness.console import columns

    cells = [[str("–" if value is None else value) for value in row.values()] for row in rows]
    columns.show(Console(highlight=False), "", list(COLUMNS.values()), cells)


def _row(run: RunFolder) -> Row:
    config = run.read_config()
    if not config:
        return dict.fromkeys(COLUMNS) | {"run": run.id, "state": "config.json cannot be read"}
    row = {
        "run": run.id,
        "state": run.state(),
        "method": config["method"]["name"],
        **_streams(config),
        "data": f"{config['data']['dataset']} {config['data']['split']}",
        "seed": config["seed"],
        "fused_top1": None,
        "test_videos": None,
    }
    return row | _scores(run) if run.finished else row


def _streams(config: Row) -> Row:
    from harness.config.labels import label

    return {
        name: label(config[name]["backbone"], config[name]["width"], config[name].get("modality", "rgb"))
        for name in ("local", "global")
    }


def _scores(run: RunFolder) -> Row:
    """Of a finished run; of one whose record cannot be used, that, and why on stderr."""
    from backbones.base.errors import UserError

    try:
        record = run.run_record()
    except UserError as error:
        click.echo(f"not usable: {error}", err=True)
        return {"state": "not usable"}
    own = record.metrics.fusion.get(record.fusion) if record.metrics else None
    return {"fused_top1": round(own.top1.percent, 1), "test_videos": own.top1.of} if own else {}
