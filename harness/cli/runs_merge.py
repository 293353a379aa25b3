"""`harness runs merge`: runs of machines that share nothing, in one folder. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.record.merging.runs import Merged

EPILOG = """\b
Examples:
  harness runs merge machine1 machine2 --out merged
"""


@dataclass(frozen=True)
class MergeOptions:
    """What `harness runs merge` was given. sources: folders of runs, of records, or of a study."""

    sources: tuple[Path, ...]
    out: Path


@click.command(epilog=EPILOG)
@click.argument("sources", metavar="DIR...", nargs=-1, required=True, type=PATH)
@click.option("--out", type=PATH, required=True, help="Folder that they are merged into.")
def merge(**given: Any) -> None:
    """Merge folders of runs, of a study's records, or of studies.

    Nothing that is in --out is changed. Of a run that several machines made with the same result one is kept.
    A result that differs on another machine is a replication: it is kept beside the first, under
    OUT/replications. Results that differ although they were made alike contradict each other: none is taken,
    and the exit code is 1.
    """
    from harness.record.merging.merge import holds_runs
    from harness.record.merging.merge import merge as merge_folders

    options = MergeOptions(**given)
    for folder in options.sources:
        if not folder.is_dir():
            raise click.UsageError(f"{folder}: there is no such folder of runs")
        if not holds_runs(folder):
            raise click.UsageError(f"{folder} contains no runs and no records of a study")
    merged = merge_folders(options.sources, options.out)
    _show(merged, options.out)
    if merged.problems:
        raise click.exceptions.Exit(1)


def _show(merged: Merged, out: Path) -> None:
    taken = ", ".join(f"{count} of {source}" for source, count in merged.taken.items()) or "nothing new"
    click.echo(f"{out}: {taken}; {merged.same} were there already or twice, with the same result")
    for place in merged.replications:
        click.echo(f"a replication, which differs: {place}")
    for line in merged.problems:
        click.echo(f"not merged: {line}", err=True)
