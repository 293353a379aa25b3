"""`harness table`: the papers' tables, reported and measured; missing runs can be trained. No torch."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    device_option,
    measured_on_option,
    print_where_runs_go,
    protocol_option,
    run_folders_option,
    seeds_option,
    set_option,
    workers_option,
)
from harness.cli.path_type import PATH
from harness.cli.records import say_boxes, say_left_out
from harness.cli.share_options import share_options
from harness.cli.table_options import TableOptions

if TYPE_CHECKING:
    from collections.abc import Collection

    from results.tables.model import Table

EPILOG = """\b
Examples:
  harness table fusion
  harness table components --seeds 5 --format latex --out components.tex
  harness table methods --rows two_stream --rows 'm*' --measured-only --out methods.tex
  harness table cost --format md
  harness table components teachers --run --dry-run    # the plan: which runs, how long
  harness table --all --run --seeds 2 --out tables --format html
"""
SUFFIXES = {"rich": "txt", "latex": "tex"}
ENDINGS = {"txt": "rich", "tex": "latex", "md": "md", "csv": "csv", "html": "html", "json": "json"}
PICTURES = ("svg", "png", "pdf")
ENDINGS |= {shape: shape for shape in PICTURES}


@click.command(epilog=EPILOG)
@click.argument("names", metavar="NAME…", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All tables; with --out, a file each in that folder.")
@measured_on_option()
@seeds_option("Only seeds 0 … N-1 [default of --run: 5; 1 or 2 for grids].")
@run_folders_option("Folder of runs; may be repeated. --run adds to the first.")
@protocol_option()
@click.option(
    "--format",
    "shape",
    help="rich, md, latex (its first line names the packages it needs), csv, html, json; svg, png or pdf: a "
    "picture [default: by the ending of --out, else rich].",
)
@click.option("--measured-only", is_flag=True, help="Leave out rows that no run has measured.")
@click.option("--provenance", is_flag=True, help="With each cell, the runs that it comes from.")
@click.option("--out", type=PATH, help="File, or folder for several tables [default: the terminal].")
@click.option("--run", "run_missing", is_flag=True, help="Train the missing runs first, each once.")
@click.option("--dry-run", is_flag=True, help="With --run: show the plan only.")
@click.option("--yes", is_flag=True, help="With --run: do not ask (only a terminal is asked).")
@click.option("--preset", help="With --run: defaults of all settings [default: as of most runs, or tiny].")
@set_option("With --run: a setting of all runs.")
@click.option(
    "--rows",
    multiple=True,
    metavar="LABEL",
    help="Only these rows; * stands for any characters. May be repeated. --run trains their runs and the "
    "baseline's.",
)
@click.option(
    "--data-root",
    "roots",
    multiple=True,
    metavar="[DATASET=]DIR",
    help="With --run: folder of a data set. May be repeated.",
)
@device_option("With --run: auto, cpu or cuda.")
@workers_option(least=0, help="With --run: decoding processes of each run.")
@share_options("runs", "With --run: ")
def table(**given: Any) -> None:
    """Print tables: fusion, components, methods, families, cost, networks, alignment, clip-length, teachers,
    loss-weights, ambiguities, ucf101-hmdb51, kinetics400, ssv2, stddcn, genkd, mars, mars-alpha,
    mars-clip-length, mars-kinetics400, mars-ucf101, mars-hmdb51 or mars-ssv1; with --paper DIR, those of that
    paper.

    A cell is a mean over seeds or, with one seed, over videos; an empty cell names the command that fills it.
    Runs of different protocols are never averaged. --run trains the missing runs, each once however many
    tables need it; stopped, it resumes where it was, and a failed run leaves only its own cells empty.
    """
    options = TableOptions(**given)
    chosen = _names(options)
    options = replace(options, shape=_format(options, several=len(chosen) > 1 or options.every))
    if not options.run_missing:
        _only_with_run(options)
        _write(_build(chosen, options), options)
        return
    from harness.cli.table_run import run_missing

    ended = run_missing(chosen, options)
    if ended is None:
        return
    _write(_build(chosen, options, ended.runs), options)
    if ended.failed:
        raise click.exceptions.Exit(1)


def _names(options: TableOptions) -> list[str]:
    from results.tables.catalogue import all_names, full_name

    if bool(options.names) == options.every:
        raise click.UsageError(f"give names of tables, or --all; expected {', '.join(all_names())}")
    return list(dict.fromkeys(map(full_name, options.names))) or list(all_names())


def _format(options: TableOptions, several: bool) -> str:
    """As asked, or by the ending of --out.

    Raises UsageError where the two differ, or where several tables are to go to one file.
    """
    out, shape = options.out, options.shape
    if shape is not None:
        _check_format(shape)
    ending = ENDINGS.get(out.suffix[1:].lower()) if out and not out.is_dir() else None
    if out and several and (ending or out.is_file()):
        what = "is" if out.is_file() else "looks like"
        raise click.UsageError(f"--out {out}: it {what} a file, and several tables need a folder")
    if ending and shape not in (None, ending):
        raise click.UsageError(f"--format {shape} and --out {out} name two formats: give one of them")
    if out and out.suffix and not (shape or ending or several or out.is_dir()):
        raise click.UsageError(
            f"--out {out}: expected a name that ends in .{', .'.join(ENDINGS)}, or --format"
        )
    return shape or ending or "rich"


def _check_format(shape: str) -> None:
    from results.tables.render import FORMATS

    if shape not in (*FORMATS, *PICTURES):
        from backbones.base.errors import suggestion

        known = [*FORMATS, *PICTURES]
        raise click.UsageError(
            f"no format '{shape}'{suggestion(shape, known) or ';'} expected {', '.join(known)}"
        )


def _only_with_run(options: TableOptions) -> None:
    flags = {
        "dry_run": "--dry-run",
        "preset": "--preset",
        "pairs": "--set",
        "roots": "--data-root",
        "jobs": "--jobs",
        "per_gpu": "--per-gpu",
        "memory": "--memory",
        "engine": "--engine",
        "engine_set": "--engine-set",
        "store": "--store",
    }
    for name, flag in flags.items():
        given = getattr(options, name)
        if given and given != "local":
            raise click.UsageError(f"{flag} is for missing runs: give --run too")


def _build(names: list[str], options: TableOptions, prefer: Collection[str] = ()) -> list[Table]:
    from methods.catalogue import METHODS
    from results.records import check_dataset, check_folders, load_records
    from results.tables.named import named
    from results.tables.shown import Shown

    check_folders(options.runs)
    # Costs are committed: no run is needed.
    loaded = load_records(options.runs if set(names) - {"cost"} else ())
    check_dataset(options.dataset, loaded.records)
    if options.shape == "csv":  # it has no lines under its rows
        say_left_out(loaded.problems)
    choice = options.dataset, options.seeds, options.protocol, prefer
    shown = Shown(options.rows, options.measured_only)
    return [named(name, loaded, METHODS.discover().names(), *choice, shown) for name in names]


def _write(tables: list[Table], options: TableOptions) -> None:
    """To stdout, to a file, or to one file per table."""
    from harness.files import write_text
    from results.tables.model import split_command
    from results.tables.render import as_json_list, rendered

    out, shape = options.out, options.shape or "rich"
    if shape == "rich" and any(split_command(note)[1] for each in tables for note in each.footnotes()):
        print_where_runs_go(options.runs, any(each.of_study for each in tables))
    suffix = SUFFIXES.get(shape, shape)
    several = len(tables) > 1 or options.every
    several |= bool(out and out.is_dir())
    if several and out is None and shape == "json":
        click.echo(as_json_list(tables), nl=False)
        return
    for number, each in enumerate(tables):
        path = out / f"{each.name.replace('/', '-')}.{suffix}" if several and out else out
        if shape in PICTURES:
            _picture(each, path or Path(f"{each.name.replace('/', '-')}.{suffix}"), shape)
            continue
        text = rendered(each, shape, options.provenance, (path or Path("x")).parent)
        if path:
            write_text(path, text)
            click.echo(f"written: {path}")
        else:
            click.echo("\n" * (number > 0) + text, nl=not text.endswith("\n"))


def _picture(table: Table, path: Path, shape: str) -> None:
    from results.figures.catalogue import write_picture

    lacking = write_picture(table, path, shape)
    click.echo(f"written: {path}")
    say_boxes(lacking)
