"""`harness report`: a static site that opens from the disk. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    data_root_option,
    margin_option,
    measured_on_option,
    run_folders_option,
    seeds_option,
)
from harness.cli.path_type import FOLDER
from harness.cli.records import read_records, say_left_out

if TYPE_CHECKING:
    from results.figures.model import Source

EPILOG = """\b
Examples:
  harness report
  harness report --runs runs --runs results/measured/studies/mbd --out site
"""


@dataclass(frozen=True)
class ReportOptions:
    """What `harness report` was given. margin: percentage points. videos: test videos in the gallery."""

    out: Path
    runs: tuple[Path, ...]
    dataset: str | None
    seeds: int | None
    margin: float
    videos: int
    data_root: Path | None


@click.command(epilog=EPILOG)
@click.option(
    "--out",
    type=FOLDER,
    default=Path("report"),
    show_default=True,
    help="Folder of the site; a report already there is replaced.",
)
@run_folders_option()
@measured_on_option("Tables and figures from runs on this data set [default: by most runs].")
@seeds_option("Only seeds 0 … N-1, in tables and figures.")
@margin_option()
@click.option(
    "--videos", type=click.IntRange(min=0), default=40, show_default=True, help="Test videos in the gallery."
)
@data_root_option("Folder of the gallery's videos.")
def report(**given: Any) -> None:
    """Write a self-contained site: verdicts, all tables and figures, a page per run, a gallery of test videos
    with each stream's predictions, what the papers leave open, and how to reproduce each number.

    Only stored records and outputs are read. The site needs no network and no server: open index.html.
    """
    from rich.console import Console

    from results.report.site import write

    options = ReportOptions(**given)
    source = _source(options)
    with Console(stderr=True).status("report") as status:
        page, lacking = write(
            source,
            options.out,
            options.margin,
            options.videos,
            options.data_root,
            lambda what: status.update(f"report: {what}"),
        )
    say_left_out(lacking if source.loaded.records else ())
    click.echo(f"written: {page}")


def _source(options: ReportOptions) -> Source:
    from methods.catalogue import METHODS
    from results.figures.model import Source

    loaded = read_records(options.runs, options.dataset)
    return Source(loaded, options.runs, tuple(METHODS.discover().names()), options.dataset, options.seeds)
