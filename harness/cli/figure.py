"""`harness figure`: a figure of the papers or of runs, reported beside measured. No torch."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

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


@click.command(epilog=EPILOG)
@click.argument("name", metavar="[NAME]", required=False)
@click.option("--all", "every", is_flag=True, help="All figures, into the folder --out.")
@click.option("--dataset", help="Measured on this data set [default: what fills most].")
@click.option("--seeds", type=click.IntRange(min=1), help="Seeds 0 … N-1 only.")
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, default=(Path("runs"),),
              show_default="runs", help="Folder of runs; may be given several times.")  # fmt: skip
@click.option("--protocol", help="Records of this protocol (a figure's notes name it).")
@click.option(
    "--method", help="Of this method's runs: curves, confusion, dominance, per-class [default: mbd]."
)
@click.option("--run", help="Of this run alone: its id or the beginning of it.")
@click.option("--format", "shape", help="svg, png or pdf [default: as --out ends, else svg].")
@click.option("--out", type=click.Path(path_type=Path), help="File or folder [default: figures/].")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers behind it; draw nothing.")
def figure(
    name: str | None, every: bool, shape: str | None, out: Path | None, as_json: bool, **asked: Any
) -> None:
    """Draw a figure: networks, teachers, fusion, loss-weights (Figures 4 to 7 of MBD), curves, confusion,
    dominance or per-class.

    From stored records and outputs alone. Numbers of the papers stand beside measured ones; what is missing
    is named with the command that makes it.
    """
    from results.figures.catalogue import FIGURES, check_figure, check_format

    if every == bool(name):
        raise click.UsageError(f"give one figure's name, or --all; there are {', '.join(FIGURES)}")
    names = list(FIGURES) if every else [name or ""]
    check_figure(names[0])
    folder, file, shape = _target(out, shape, every)
    check_format(shape)
    if not every and name not in OF_RUNS and (said := [key for key in ("run", "method") if asked[key]]):
        raise click.UsageError(
            f"--{said[0]} is for {', '.join(OF_RUNS)}; figure '{name}' is of a table's rows"
        )
    source = _source(asked)
    made = _sheets(names, source, every)
    if as_json:
        _print(made, every)
        return
    from results.figures.catalogue import write

    for sheet in made:
        path = file or folder / f"{sheet.name}.{shape}"
        write(sheet, path, shape)
        click.echo(f"written: {path}")
        for command in sheet.fills:
            click.echo(f"  not measured yet: {command}")


def _target(out: Path | None, shape: str | None, every: bool) -> tuple[Path, Path | None, str]:
    """(folder, the file where one is named, format)."""
    if out and out.is_file() and (every or not out.suffix):
        raise click.UsageError(f"--out {out}: it is a file; expected a folder, or a name like {out.name}.svg")
    if out is None or not out.suffix or out.is_dir():
        return out or FOLDER, None, shape or "svg"
    if every:
        raise click.UsageError(f"--all draws several figures: --out is a folder, '{out}' looks like a file")
    ending = out.suffix[1:].lower()
    if shape not in (None, ending):
        raise click.UsageError(f"--format {shape} and --out {out} name two formats: give one of them")
    return out.parent, out, ending


def _source(asked: dict[str, Any]) -> Source:
    from methods.catalogue import METHODS
    from results.figures.model import Source
    from results.records import check_dataset, load_records

    folders = tuple(asked.pop("runs"))
    loaded = load_records(folders)
    check_dataset(asked["dataset"], loaded.records)
    for problem in loaded.problems:
        click.echo(f"left out: {problem}", err=True)
    return Source(loaded, folders, tuple(METHODS.discover().names()), **asked)


def _sheets(names: list[str], source: Source, every: bool) -> list[Sheet]:
    """With --all, a figure that has nothing to show is one line, and the others are drawn."""
    from backbones.base.errors import UserError
    from results.figures.catalogue import sheet

    made = []
    for name in names:
        try:
            made.append(sheet(name, source))
        except UserError as error:
            if not every:
                raise
            click.echo(f"not drawn: {error}", err=True)
    return made


def _print(made: list[Sheet], every: bool) -> None:
    import json

    rows = [asdict(sheet) for sheet in made]
    click.echo(json.dumps(rows if every else rows[0], indent=1, ensure_ascii=False))
