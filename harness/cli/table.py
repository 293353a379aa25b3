"""`harness table`: a paper's tables, reported beside measured; what is missing can be run. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from collections.abc import Collection

    from results.tables.model import Table

EPILOG = """\b
Examples:
  harness table fusion
  harness table components --seeds 5 --format latex --out components.tex
  harness table cost --format md
  harness table components teachers --run --dry-run    # the plan: which runs, how long
  harness table --all --run --seeds 2 --out tables --format html
"""
SUFFIXES = {"rich": "txt", "latex": "tex"}
ENDINGS = {"txt": "rich", "tex": "latex", "md": "md", "csv": "csv", "html": "html", "json": "json"}


@click.command(epilog=EPILOG)
@click.argument("names", metavar="NAME…", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All tables; with --out, files in that folder.")
@click.option("--dataset", help="Measured on this data set [default: what fills most rows].")
@click.option("--seeds", type=click.IntRange(min=1),
              help="Seeds 0 … N-1 only [default of --run: 5; 1 or 2 for grids].")  # fmt: skip
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, default=(Path("runs"),),
              show_default="runs", help="Folder of runs, or several; --run adds to the first.")  # fmt: skip
@click.option("--protocol", help="Records of this protocol (a table's footer names them).")
@click.option(
    "--format",
    "shape",
    help="rich, md, latex (with booktabs, graphicx, longtable, lscape), csv, html, json "
    "[default: as --out ends, else rich].",
)
@click.option("--provenance", is_flag=True, help="Of each cell the runs it came from.")
@click.option("--out", type=click.Path(path_type=Path), help="Write to this file; of several tables, folder.")
@click.option("--run", "run_missing", is_flag=True, help="Train what is missing first, each run once.")
@click.option("--dry-run", is_flag=True, help="With --run: show the plan and stop.")
@click.option("--yes", is_flag=True, help="With --run: do not ask (asked only on a terminal).")
@click.option("--preset", help="With --run: where settings come from [default: as the runs there, or tiny].")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="With --run: for all runs.")
@click.option("--data-root", "roots", multiple=True, metavar="[DATASET=]DIR",
              help="With --run: folder of the data set; may be given for several.")  # fmt: skip
@click.option("--device", default="auto", show_default=True, help="With --run: auto, cpu or cuda.")
@click.option("--workers", type=click.IntRange(min=0), help="With --run: decoding processes of each.")
def table(names: tuple[str, ...], **options: Any) -> None:
    """Print tables: fusion, components, methods, families, cost, networks, alignment, clip-length, teachers,
    loss-weights, ambiguities, ucf101-hmdb51, kinetics400, ssv2, stddcn or genkd.

    A cell is measured over seeds or, with one seed, over videos; an empty one says what fills it. Runs that
    differ in protocol are never mixed. --run trains what is missing, however many tables ask for it, once:
    it can be stopped and goes on where it was, and a run that fails costs only its own cells.
    """
    from harness.cli.table_run import run_missing

    chosen = _names(names, options)
    options["shape"] = _format(options, several=len(chosen) > 1 or options["every"])
    if not options["run_missing"]:
        _only_with_run(options)
        made, failed = _build(chosen, options), 0
    else:
        ended = run_missing(chosen, options)
        if ended is None:
            return
        made, failed = _build(chosen, options, ended.runs), ended.failed
    _write(made, options)
    if failed:
        raise click.exceptions.Exit(1)


def _names(names: tuple[str, ...], options: dict[str, Any]) -> list[str]:
    from results.tables.catalogue import ALL, check_table

    if bool(names) == options["every"]:
        raise click.UsageError(f"give names of tables, or --all; there are {', '.join(ALL)}")
    for name in names:
        check_table(name)
    return list(dict.fromkeys(names)) or list(ALL)


def _format(options: dict[str, Any], several: bool) -> str:
    """As asked, or as the file's name ends; a `UsageError` where these are two, or several need a folder."""
    out, shape = options["out"], options["shape"]
    if shape is not None:
        _check_format(shape)
    ending = ENDINGS.get(out.suffix[1:].lower()) if out and not out.is_dir() else None
    if out and several and (ending or out.is_file()):
        what = "is" if out.is_file() else "looks like"
        raise click.UsageError(f"--out {out}: it {what} a file, and several tables need a folder")
    if ending and shape not in (None, ending):
        raise click.UsageError(f"--format {shape} and --out {out} name two formats: give one of them")
    return shape or ending or "rich"


def _check_format(shape: str) -> None:
    from results.tables.render import FORMATS

    if shape not in FORMATS:
        from backbones.base.errors import suggestion

        known = list(FORMATS)
        raise click.UsageError(
            f"no format '{shape}'{suggestion(shape, known) or ';'} there are {', '.join(known)}"
        )


def _only_with_run(options: dict[str, Any]) -> None:
    given = {"dry_run": "--dry-run", "preset": "--preset", "pairs": "--set", "roots": "--data-root"}
    for name, flag in given.items():
        if options[name]:
            raise click.UsageError(f"{flag} says how missing runs are made: give --run as well")


def _build(names: list[str], options: dict[str, Any], prefer: Collection[str] = ()) -> list[Table]:
    from methods.catalogue import METHODS
    from results.records import check_dataset, check_folders, load_records
    from results.tables.named import named

    check_folders(options["runs"])
    # Costs are committed: no run is needed.
    loaded = load_records(options["runs"] if set(names) - {"cost"} else ())
    check_dataset(options["dataset"], loaded.records)
    for problem in loaded.problems if options["shape"] == "csv" else ():  # it has no lines under its rows
        click.echo(f"left out: {problem}", err=True)
    choice = options["dataset"], options["seeds"], options["protocol"], prefer
    return [named(name, loaded, METHODS.discover().names(), *choice) for name in names]


def _write(tables: list[Table], options: dict[str, Any]) -> None:
    """To stdout, to a file, or to one file per table."""
    from harness.files import write_text
    from results.tables.render import as_json_list, rendered

    out, shape = options["out"], options["shape"]
    suffix = SUFFIXES.get(shape, shape)
    several = len(tables) > 1 or options["every"]
    several |= bool(out and out.is_dir())
    if several and out is None and shape == "json":
        click.echo(as_json_list(tables), nl=False)
        return
    for number, each in enumerate(tables):
        path = out / f"{each.name}.{suffix}" if several and out else out
        text = rendered(each, shape, options["provenance"], (path or Path("x")).parent)
        if path:
            write_text(path, text)
            click.echo(f"written: {path}")
        else:
            click.echo("\n" * (number > 0) + text, nl=not text.endswith("\n"))
