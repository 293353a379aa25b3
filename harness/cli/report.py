"""`harness report`: a static site that opens from the disk. No torch."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

EPILOG = """\b
Examples:
  harness report
  harness report --runs runs --runs results/measured/localglobal --out site
"""


@click.command(epilog=EPILOG)
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), default=Path("report"),
              show_default=True, help="Folder of the site; a report that is there is replaced.")  # fmt: skip
@click.option("--runs", type=click.Path(path_type=Path), multiple=True, default=(Path("runs"),),
              show_default="runs", help="Folder of runs; may be given several times.")  # fmt: skip
@click.option("--dataset", help="Tables and figures of this data set [default: what fills most].")
@click.option("--seeds", type=click.IntRange(min=1), help="Seeds 0 … N-1 only, in tables and figures.")
@click.option("--margin", type=click.FloatRange(min=0, min_open=True), default=0.5, show_default=True,
              help="Points within which a number counts as reproduced.")  # fmt: skip
@click.option("--videos", type=click.IntRange(min=0), default=40, show_default=True,
              help="Test videos in the gallery.")  # fmt: skip
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder of the gallery's videos.")
def report(out: Path, videos: int, margin: float, data_root: Path | None, **asked: Any) -> None:
    """Write a self-contained site: verdicts, all tables and figures, a page per run, a gallery of test videos
    with what each stream said, what the papers leave open, and how to make each number again.

    From stored records and outputs alone. It needs no network and no server: open index.html.
    """
    from rich.console import Console

    from methods.catalogue import METHODS
    from results.figures.model import Source
    from results.records import check_dataset, load_records
    from results.report.site import write

    folders = tuple(asked.pop("runs"))
    loaded = load_records(folders)
    check_dataset(asked["dataset"], loaded.records)
    for problem in loaded.problems:
        click.echo(f"left out: {problem}", err=True)
    source = Source(loaded, folders, tuple(METHODS.discover().names()), **asked)
    with Console(stderr=True).status("report") as status:
        page, lacking = write(
            source, out, margin, videos, data_root, lambda what: status.update(f"report: {what}")
        )
    for line in lacking if loaded.records else ():
        click.echo(f"left out: {line}", err=True)
    click.echo(f"written: {page}")
