"""`harness runs`: the runs in a folder and their states. No torch."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import RUNS, json_option, run_folder_option
from harness.cli.runs_merge import merge

if TYPE_CHECKING:
    from harness.record.folder import RunFolder
    from harness.record.schema import RunRecord

EPILOG = """\b
Examples:
  harness runs
  harness runs --where 'method=mbd, seed<3' --sort -fused_top1
  harness runs --where 'train.lr>0.01'
  harness runs --out results/measured/localglobal --json
  harness runs merge machine1 machine2 --out merged
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
ALWAYS = ("run", "state", "method", "fused_top1", "test_videos")
# Settings that a column shows, or that say from which pre-training a run comes and thus on which videos.
SHOWN = (
    *("method.name", "seed", "data.dataset", "data.split"),
    *(
        f"{name}.{key}"
        for name in ("local", "global")
        for key in ("backbone", "width", "modality", "weights")
    ),
)
Row = dict[str, Any]


@dataclass(frozen=True)
class RunsOptions:
    """What `harness runs` was given. where: conditions. sort: a name, from the largest after "-". out: folder
    of runs."""

    where: str | None
    sort: str | None
    out: Path
    as_json: bool


@click.group(epilog=EPILOG, invoke_without_command=True)
@click.option(
    "--where",
    metavar="CONDITIONS",
    help="Only runs of which these hold: 'method=mbd, seed<3', 'train.lr>=0.01', 'method=kd*'.",
)
@click.option("--sort", metavar="NAME", help="By a column or a setting; -NAME: from the largest.")
@run_folder_option()
@json_option()
@click.pass_context
def runs(ctx: click.Context, **given: Any) -> None:
    """List the runs in a folder, oldest first, with their states and the settings in which they differ.

    Names of columns are those of --json, names of settings those of --set. `harness runs merge` merges
    folders.
    """
    if ctx.invoked_subcommand is None:
        _list(RunsOptions(**given))


runs.add_command(merge)


def _list(options: RunsOptions) -> None:
    from backbones.base.errors import UsageError
    from harness.record.folder import all_runs
    from harness.record.index.reading import all_records

    if not (options.out.is_dir() or options.out == RUNS):  # the first run creates the default folder
        raise UsageError(f"--out {options.out}: there is no such folder of runs")
    records = {path: found for path, found in all_records([options.out]) if not isinstance(found, str)}
    every = [_row(run, records.get(run.record_path)) for run in all_runs(options.out)]
    rows = _chosen(every, options)
    if options.as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    elif rows:
        _show(rows)
    elif every:
        click.echo(f"none of the {len(every)} runs in {options.out}/ is such a run: --where {options.where}")
    else:
        click.echo(
            f"no runs in {options.out}/ yet; start with: harness run --method mbd --backbone r2plus1d50"
        )


def _chosen(rows: list[Row], options: RunsOptions) -> list[Row]:
    """Those of which the conditions hold, in order."""
    from harness.record.comparison.selection import checked, conditions, ordered

    flat = [{**row["settings"], **{key: row[key] for key in COLUMNS}} for row in rows]
    known = dict.fromkeys(name for each in flat for name in each) if flat else dict.fromkeys(COLUMNS)
    found = conditions(options.where, known) if options.where else []
    chosen = [each | {"of": row} for each, row in zip(flat, rows, strict=True)]
    chosen = [each for each in chosen if all(condition.holds(each) for condition in found)]
    if options.sort:
        checked(options.sort.removeprefix("-"), known, "--sort")
        chosen = [dict(each) for each in ordered(chosen, options.sort)]
    return [each["of"] for each in chosen]


def _show(rows: Sequence[Row]) -> None:
    """What differs in columns, what all runs share above them."""
    from rich.console import Console

    from harness.config.difference import as_yaml
    from harness.console import columns
    from harness.record.comparison.selection import differing

    settings = [_shown_settings(row) for row in rows]
    apart = [name for name in differing(settings) if len(rows) > 1]
    shared = [name for name in COLUMNS if name not in ALWAYS and len({row[name] for row in rows}) == 1]
    own = [name for name in COLUMNS if name not in shared]
    before = [name for name in own if name not in ALWAYS[3:]]
    names = [*before, *apart, *(name for name in own if name in ALWAYS[3:])]
    if len(rows) > 1 and shared:
        click.echo("; ".join(f"{COLUMNS[name]} {rows[0][name]}" for name in shared))
    cells = [
        [
            _cell(row[name]) if name in COLUMNS else as_yaml(each[name]) if name in each else ""
            for name in (names if len(rows) > 1 else COLUMNS)
        ]
        for row, each in zip(rows, settings, strict=True)
    ]
    heads = [COLUMNS.get(name, name) for name in (names if len(rows) > 1 else COLUMNS)]
    columns.show(Console(highlight=False), "", heads, cells)


def _shown_settings(row: Row) -> Row:
    """Without those that columns show, and the videos that the seed drew."""
    settings = {key: value for key, value in row["settings"].items() if key not in SHOWN}
    if settings.get("data.seed") == row["seed"]:
        settings.pop("data.seed", None)
    return settings


def _cell(value: Any) -> str:
    return "–" if value is None else str(value)


def _row(run: RunFolder, record: RunRecord | None) -> Row:
    """Of --json: the columns, and all settings under "settings". record: where it can be read."""
    config = record.config if record and not run.config.exists() else run.read_config()
    if not config:
        return dict.fromkeys(COLUMNS) | {
            "run": run.id,
            "state": "config.json cannot be read",
            "settings": {},
        }
    row = {
        "run": run.id,
        "state": run.state(),
        "method": config["method"]["name"],
        **_streams(config),
        "data": f"{config['data']['dataset']} {config['data']['split']}",
        "seed": config["seed"],
        "fused_top1": None,
        "test_videos": None,
        "settings": _settings(config),
    }
    return row | _scores(run, record) if run.finished else row


def _settings(config: Mapping[str, Any]) -> Row:
    """Flat, with the defaults of those that are newer than the run."""
    from pydantic import ValidationError

    from harness.config.difference import flatten
    from harness.config.schema import Config

    try:
        return flatten(Config.model_validate(config).plain())
    except ValidationError:
        return flatten(config)


def _streams(config: Row) -> Row:
    from harness.config.labels import label

    return {
        name: label(config[name]["backbone"], config[name]["width"], config[name].get("modality", "rgb"))
        for name in ("local", "global")
    }


def _scores(run: RunFolder, record: RunRecord | None) -> Row:
    """Of a finished run; of one whose record cannot be used, that, and why on stderr."""
    from backbones.base.errors import UserError

    try:
        record = record or run.run_record()
    except UserError as error:
        click.echo(f"not usable: {error}", err=True)
        return {"state": "not usable"}
    own = record.metrics.fusion.get(record.fusion) if record.metrics else None
    return {"fused_top1": round(own.top1.percent, 1), "test_videos": own.top1.of} if own else {}
