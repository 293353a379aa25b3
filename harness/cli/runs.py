"""`harness runs`: the runs in a folder and their states. No torch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from harness.cli.options import RUNS, json_option, run_folder_option
from harness.cli.runs_carry import carry
from harness.cli.runs_fetch import fetch
from harness.cli.runs_merge import merge
from harness.cli.runs_row import COLUMNS, Row, row_of

if TYPE_CHECKING:
    from harness.config.schema import Config
    from harness.record.folder import RunFolder

EPILOG = """\b
Examples:
  harness runs
  harness runs --where 'method=mbd, seed<3' --sort -fused_top1
  harness runs --where 'train.lr>0.01' --limit 0
  harness runs --out results/measured/studies/mbd --json
  harness runs merge machine1 machine2 --out merged
  harness runs fetch RUN --store s3://BUCKET/FOLDER
"""
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
LIMIT = 100  # runs on a terminal
MOST_APART = 8  # columns of settings; where runs differ in more, most of these follow from their presets
PRESET, BESIDES = "preset", "other settings"
MOST_BESIDES, BESIDES_OTHERS = 60, 36  # characters in a line of these; of the columns that stand with them
T = TypeVar("T")


@dataclass(frozen=True)
class RunsOptions:
    """What `harness runs` was given. where: conditions. sort: a name, from the largest after "-". limit: of
    runs that are shown; 0: all; None: as many as `as_json` asks for. out: folder of runs."""

    where: str | None
    sort: str | None
    limit: int | None
    out: Path
    as_json: bool

    @property
    def shown(self) -> int | None:
        """At most so many."""
        return None if self.limit == 0 or (self.limit is None and self.as_json) else self.limit or LIMIT

    def newest(self, runs: Sequence[T]) -> Sequence[T]:
        return runs[-self.shown :] if self.shown else runs


@click.group(epilog=EPILOG, invoke_without_command=True)
@click.option(
    "--where",
    metavar="CONDITIONS",
    help="Only runs of which these hold: 'method=mbd, seed<3', 'train.lr>=0.01', 'method=kd*'.",
)
@click.option("--sort", metavar="NAME", help="By a column or a setting; -NAME: from the largest.")
@click.option(
    "--limit",
    type=click.IntRange(min=0),
    help=f"Show only the newest N, with --sort the first N; 0: all.  [default: {LIMIT}; with --json all]",
)
@run_folder_option()
@json_option()
@click.pass_context
def runs(ctx: click.Context, **given: Any) -> None:
    """List the runs in a folder, oldest first, with their states and the settings in which they differ.

    Names of columns are those of --json, names of settings those of --set. `harness runs merge` merges
    folders, `harness runs fetch` fetches runs from a store.
    """
    if ctx.invoked_subcommand is None:
        _list(RunsOptions(**given))


for command in (merge, fetch, carry):
    runs.add_command(command)


def _list(options: RunsOptions) -> None:
    from backbones.base.errors import UsageError
    from harness.record.folder import BARRED, all_runs, barred

    if not (options.out.is_dir() or options.out == RUNS):  # the first run creates the default folder
        raise UsageError(f"--out {options.out}: there is no such folder of runs")
    found = all_runs(options.out)
    for path in barred(options.out):
        click.echo(f"left out: {path} {BARRED}", err=True)
    # Of what nothing is asked but to be shown, nothing else is read.
    rows = _rows(options.out, found if options.where or options.sort else options.newest(found))
    chosen = _chosen(rows, options)
    shown = chosen[: options.shown] if options.sort else options.newest(chosen)
    if options.as_json:
        click.echo(json.dumps(shown, indent=1, ensure_ascii=False))
    elif shown:
        _show(shown, options.out)
        _tell_of_others(len(shown), len(chosen) if options.where or options.sort else len(found), options)
    elif found:
        click.echo(f"none of the {len(found)} runs in {options.out}/ is such a run: --where {options.where}")
    else:
        click.echo(
            f"no runs in {options.out}/ yet; start with: harness run --method mbd --backbone r2plus1d50"
        )


def _tell_of_others(shown: int, chosen: int, options: RunsOptions) -> None:
    if shown < chosen:
        which = f"the first {shown:,}" if options.sort else f"the newest {shown:,}"
        click.echo(f"{which} of {chosen:,} runs are shown; --limit 0 shows all, --where chooses", err=True)


def _rows(out: Path, chosen: Sequence[RunFolder]) -> list[Row]:
    from harness.record.index.reading import all_records

    records = {path: found for path, found in all_records([out]) if not isinstance(found, str)}
    return [row_of(run, records.get(run.record_path)) for run in chosen]


def _chosen(rows: list[Row], options: RunsOptions) -> list[Row]:
    """Those of which the conditions hold, in order."""
    if not (options.where or options.sort):
        return rows
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


def _show(rows: Sequence[Row], out: Path) -> None:
    """What differs in columns, what all runs share above them. Of runs that differ in much, the preset and
    what else was set. out: their folder."""
    from rich.console import Console

    from harness.console import columns
    from harness.record.comparison.selection import differing

    settings = [_shown_settings(row) for row in rows]
    apart = [name for name in differing(settings) if len(rows) > 1]
    console = Console(highlight=False)
    if len(apart) > MOST_APART:
        width = min(MOST_BESIDES, console.width - BESIDES_OTHERS)
        settings = [_besides_preset(row, out, width) for row in rows]
        apart = [PRESET, BESIDES]
    shared = [name for name in COLUMNS if name not in ALWAYS and len({row[name] for row in rows}) == 1]
    own = [name for name in COLUMNS if name not in shared]
    shared = [name for name in shared if rows[0][name] is not None]
    before = [name for name in own if name not in ALWAYS[3:]]
    names = [*before, *apart, *(name for name in own if name in ALWAYS[3:])]
    if len(rows) > 1 and shared:
        click.echo("; ".join(f"{COLUMNS[name]} {rows[0][name]}" for name in shared))
    cells = [
        [
            _cell(row, name) if name in COLUMNS else _setting(each, name)
            for name in (names if len(rows) > 1 else COLUMNS)
        ]
        for row, each in zip(rows, settings, strict=True)
    ]
    heads = [COLUMNS.get(name, name) for name in (names if len(rows) > 1 else COLUMNS)]
    columns.show(console, "", heads, cells)


def _besides_preset(row: Row, out: Path, width: int) -> Row:
    """The preset, and the settings that are not as it has them, whole ones in lines of that width."""
    from harness.config.difference import as_pairs, overrides
    from harness.config.schema import Config
    from harness.record.folder import RunFolder

    try:
        config = Config.model_validate(RunFolder(out / row["run"]).shown_config())
    except ValueError:  # of a version of other settings, or none that can be read
        return {PRESET: row["settings"].get(PRESET, "")}
    others = {key: value for key, value in overrides(config).items() if key not in SHOWN}
    if others.get("data.seed") == row["seed"]:
        del others["data.seed"]
    lines = [""]
    for pair in as_pairs(_named(config) | others):
        longer = f"{lines[-1]} {pair}".strip()
        lines[-1:] = [longer] if len(longer) <= width or not lines[-1] else [lines[-1], pair]
    return {PRESET: config.preset, BESIDES: "\n".join(lines)}


def _named(config: Config) -> Row:
    """The fusion rule and the precision, which have options of their own, where they were chosen."""
    from harness.config.preset_files import preset, preset_names
    from methods.catalogue import METHODS

    method = METHODS.find(config.method.name)
    usual = preset(config.preset).get("precision", "auto") if config.preset in preset_names() else None
    chosen = method is not None and method.fusion != config.method.fusion
    found = {"method.fusion": config.method.fusion} if chosen else {}
    return found | ({"precision": config.precision} if config.precision != usual else {})


def _shown_settings(row: Row) -> Row:
    """Without those that columns show, and the videos that the seed drew."""
    settings = {key: value for key, value in row["settings"].items() if key not in SHOWN}
    if settings.get("data.seed") == row["seed"]:
        settings.pop("data.seed", None)
    return settings


def _setting(settings: Row, name: str) -> str:
    from harness.config.difference import as_yaml

    if name == BESIDES:
        return str(settings.get(name, ""))
    return as_yaml(settings[name]) if name in settings else ""


def _cell(row: Row, name: str) -> str:
    if name == "fused_top1" and row["settings"].get("test.part") == "none":
        return "not tested"
    return "–" if row[name] is None else str(row[name])
