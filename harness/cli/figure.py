"""`harness figure`: figures of the papers and of runs, reported and measured. No torch."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    METHODS,
    json_option,
    measured_on_option,
    protocol_option,
    run_folders_option,
    seeds_option,
)
from harness.cli.path_type import PATH
from harness.cli.records import read_records, say_boxes

if TYPE_CHECKING:
    from results.figures.model import Sheet, Source

EPILOG = """\b
Examples:
  harness figure fusion
  harness figure dominance --run 3f2a --format pdf
  harness figure loss-weights --out sweep.png
  harness figure --all --out figures
"""
FOLDER = Path("figures")
OF_RUNS = ("curves", "confusion", "dominance", "per-class")


@dataclass(frozen=True)
class FigureOptions:
    """What `harness figure` was given. every: all figures. shape: the file's format."""

    name: str | None
    every: bool
    dataset: str | None
    seeds: int | None
    runs: tuple[Path, ...]
    protocol: str | None
    method: str | None
    run: str | None
    shape: str | None
    out: Path | None
    as_json: bool


@dataclass(frozen=True)
class Target:
    """Where figures are written. file: where --out names one; otherwise each figure's name, in `folder`."""

    folder: Path
    file: Path | None
    shape: str


@click.command(epilog=EPILOG)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--all", "every", is_flag=True, help="All figures, into the folder --out.")
@measured_on_option()
@seeds_option()
@run_folders_option()
@protocol_option()
@click.option(
    "--method",
    shell_complete=METHODS,
    help="Runs of this method, in curves, confusion, dominance and per-class [default: the first paper's].",
)
@click.option("--run", metavar="RUN", help="Only this run: its id or the beginning of its id.")
@click.option(
    "--format",
    "shape",
    help="svg, png or pdf; csv or md: its numbers as a table [default: by the ending of --out, else svg].",
)
@click.option("--out", type=PATH, help="File or folder [default: figures/].")
@json_option("Print the figure's numbers and draw nothing.")
def figure(**given: Any) -> None:
    """Draw a figure: networks, teachers, fusion, loss-weights (Figures 4 to 7 of MBD), orders, curves,
    confusion, dominance or per-class; with --paper DIR, those of that paper.

    Only stored records and outputs are read. The papers' numbers stand next to measured ones; for what is
    missing, the command that measures it is shown.
    """
    options = FigureOptions(**given)
    names, target = _names(options), _target(options)
    made = _sheets(names, options)
    if options.as_json:
        _print(made, options.every)
    else:
        _write(made, target)


def _names(options: FigureOptions) -> list[str]:
    from results.figures.catalogue import full_name, names

    if options.every == bool(options.name):
        raise click.UsageError(f"give one figure's name, or --all; expected {', '.join(names())}")
    if options.name is None:
        return names()
    name = full_name(options.name)
    given = [flag for flag, value in (("run", options.run), ("method", options.method)) if value]
    if given and name not in OF_RUNS:
        raise click.UsageError(
            f"--{given[0]} is for {', '.join(OF_RUNS)}; figure '{name}' shows no single run"
        )
    return [name]


def _target(options: FigureOptions) -> Target:
    from results.figures.catalogue import check_format

    target = _by_name(options)
    check_format(target.shape)
    return target


def _by_name(options: FigureOptions) -> Target:
    """As asked, or by the ending of --out. Raises UsageError where the two differ."""
    out, shape, every = options.out, options.shape, options.every
    if out and out.is_file() and (every or not out.suffix):
        raise click.UsageError(f"--out {out}: it is a file; expected a folder, or a name like {out.name}.svg")
    if out is None or not out.suffix or out.is_dir():
        return Target(out or FOLDER, None, shape or "svg")
    if every:
        raise click.UsageError(f"--all draws several figures: --out is a folder, '{out}' looks like a file")
    ending = out.suffix[1:].lower()
    if shape not in (None, ending):
        raise click.UsageError(f"--format {shape} and --out {out} name two formats: give one of them")
    return Target(out.parent, out, ending)


def _sheets(names: list[str], options: FigureOptions) -> list[Sheet]:
    """With --all, a figure that has no data is reported in one line and the others are drawn."""
    from backbones.base.errors import UserError
    from results.figures.catalogue import sheet

    source, made = _source(options), []
    for name in names:
        try:
            made.append(sheet(name, source))
        except UserError as error:
            if not options.every:
                raise
            click.echo(f"not drawn: {error}", err=True)
    return made


def _source(options: FigureOptions) -> Source:
    from methods.catalogue import METHODS
    from results.figures.model import Source

    return Source(
        read_records(options.runs, options.dataset),
        options.runs,
        tuple(METHODS.discover().names()),
        options.dataset,
        options.seeds,
        options.protocol,
        options.method,
        options.run and Path(options.run).name,  # its folder will do, too
    )


def _print(made: list[Sheet], every: bool) -> None:
    rows = [asdict(sheet) for sheet in made]
    click.echo(json.dumps(rows if every else rows[0], indent=1, ensure_ascii=False))


def _write(made: list[Sheet], target: Target) -> None:
    from results.figures.catalogue import write

    for sheet in made:
        path = target.file or target.folder / f"{sheet.name.replace('/', '-')}.{target.shape}"
        lacking = write(sheet, path, target.shape)
        click.echo(f"written: {path}")
        say_boxes(lacking)
        for command in sheet.fills:
            click.echo(f"  not measured yet: {command}")
