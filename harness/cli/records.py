"""Records that a command was pointed to; what cannot be used is listed on stderr. No torch."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from backbones.base.plain_text import clean

if TYPE_CHECKING:
    from results.records import Loaded


def read_records(folders: Sequence[Path], dataset: str | None = None) -> Loaded:
    """The records in these folders of runs. Raises UsageError where there is no such folder or data set."""
    from results.records import check_dataset, load_records

    loaded = load_records(folders)
    check_dataset(dataset, loaded.records)
    say_left_out(loaded.problems)
    return loaded


def say_left_out(problems: Iterable[str]) -> None:
    """A line on stderr for each; names of folders and records in it may be anybody's."""
    for problem in problems:
        click.echo(f"left out: {clean(problem)}", err=True)


def say_boxes(lacking: str) -> None:
    """Which letters a picture could not write, and what to do."""
    if lacking:
        click.echo(
            f"  boxes for {lacking}: no font here has them; install one (on Debian fonts-noto-cjk), or "
            "--format svg, which keeps them as text"
        )
