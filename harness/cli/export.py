"""`harness export`: records of runs, or a run's predictions, as a table; a run's networks as files."""

from __future__ import annotations

import importlib.util
import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.plain_text import counted, in_csv
from harness.cli.export_model import model
from harness.cli.options import run_folder_option, run_folders_option
from harness.cli.path_type import PATH
from harness.cli.records import read_records

if TYPE_CHECKING:
    from pandas import DataFrame

EPILOG = """\b
Examples:
  harness export records --out runs.csv
  harness export predictions 3f2a --out predictions.csv
  harness export model 3f2a --out model
"""
OF_RECORDS = """\b
Examples:
  harness export records --out runs.csv
  harness export records --runs runs --runs results/measured/studies/mbd --format json
  harness export records --out runs.parquet     # needs mbd-harness[parquet]
"""
OF_PREDICTIONS = """\b
Examples:
  harness export predictions 3f2a --out predictions.csv
  harness export predictions 3f2a --format json --no-scores
"""
FORMATS = ("csv", "json", "parquet")


def shape_option() -> Any:
    kinds = click.Choice(FORMATS)
    return click.option("--format", "shape", type=kinds, help="[default: by the ending of --out, else csv]")


@dataclass(frozen=True)
class ExportOptions:
    """What `harness export records` was given. shape: the format."""

    runs: tuple[Path, ...]
    shape: str | None
    out: Path | None


@click.group(epilog=EPILOG)
def export() -> None:
    """Export records of runs or a run's predictions as a table, or a run's networks as files."""


export.add_command(model)


@export.command(epilog=OF_RECORDS)
@run_folders_option()
@shape_option()
@click.option("--out", type=PATH, help="Write to this file [default: stdout].")
def records(**given: Any) -> None:
    """One row per finished run: accuracies with 95 % intervals, dominance, settings, costs, times.

    Accuracies are in percent, intervals over the test videos of that run; other units end the columns' names
    (_s, _ms, _mb). All columns are described in results/dataframe.py, whose `frame(records)` gives the
    DataFrame.
    """
    from backbones.base.errors import UserError
    from results.dataframe import frame

    options = ExportOptions(**given)
    shape = _format(options.shape, options.out)
    loaded = read_records(options.runs)
    if not loaded.records:
        where = ", ".join(f"{folder}/" for folder in options.runs)
        raise UserError(f"no finished run in {where}: give another --runs, or start with 'harness run'")
    _write(frame(loaded.records), shape, options.out, "run")


@export.command(epilog=OF_PREDICTIONS)
@click.argument("run", metavar="RUN")
@run_folder_option("--runs")
@shape_option()
@click.option("--out", "file", type=PATH, help="Write to this file [default: stdout].")
@click.option("--no-scores", is_flag=True, help="Leave out the scores of all classes.")
def predictions(run: str, out: Path, shape: str | None, file: Path | None, no_scores: bool) -> None:
    """One row per test video of a finished run: what each stream and each fusion rule says of it.

    Columns: id, label; of each stream and rule its class and the scores of all classes; dominance of both
    streams, weights of the method's own rule; of a video that could not be decoded the error.
    """
    from pandas import DataFrame

    from harness.record.folder import finished_run

    shape = _format(shape, file)
    found = finished_run(out, run)
    from harness.evaluation.per_video import per_video, unknown_rules  # torch comes with it

    if unknown := unknown_rules(found.record()):
        said = f"left out: {', '.join(unknown)}, of a plug-in that is not loaded; --plugin FILE.py loads it"
        click.echo(said, err=True)
    _write(DataFrame(per_video(found, not no_scores)), shape, file, "video")


def _format(shape: str | None, out: Path | None) -> str:
    """As asked, or by the ending of --out. Raises UsageError where that format cannot be written."""
    ending = out.suffix[1:].lower() if out else ""
    if shape and ending in FORMATS and ending != shape:
        raise click.UsageError(f"--format {shape} and --out {out} name two formats: give one of them")
    if out and shape is None and ending not in FORMATS:
        raise click.UsageError(
            f"--out {out}: expected a file that ends in .{', .'.join(FORMATS)}, or --format"
        )
    shape = shape or ending or "csv"
    if shape == "parquet":
        if out is None:
            raise click.UsageError("parquet is not text: give --out FILE")
        if importlib.util.find_spec("pyarrow") is None:
            raise click.UsageError(
                'parquet needs the package pyarrow: pip install "mbd-harness[parquet]"; or --format csv'
            )
    return shape


def _write(table: DataFrame, shape: str, out: Path | None, row: str) -> None:
    """row: what one is of."""
    from harness.files import write_atomically, write_text

    if shape == "parquet" and out:
        write_atomically(out, lambda path: table.to_parquet(path, engine="pyarrow", index=False))
    else:
        text = _text(table, shape)
        if out is None:
            click.echo(text, nl=False)
            return
        write_text(out, text)
    click.echo(
        f"written: {out} ({counted(len(table), row)}, {len(table.columns)} columns)",
        err=True,
    )


def _in_csv(value: object) -> object:
    return in_csv(value) if isinstance(value, str) else value


def _text(table: DataFrame, shape: str) -> str:
    if shape == "csv":
        return table.map(_in_csv).to_csv(index=False) if len(table) else table.to_csv(index=False)
    rows = table.astype(object).where(table.notna(), None).to_dict(orient="records")
    return json.dumps(rows, indent=1, ensure_ascii=False, allow_nan=False) + "\n"
