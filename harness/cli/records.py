"""Records that a command was pointed to; what cannot be used is listed on stderr. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from results.records import Loaded


def read_records(folders: Sequence[Path], dataset: str | None = None) -> Loaded:
    """The records in these folders of runs. Raises UsageError where there is no such folder or data set."""
    from results.records import check_dataset, load_records

    loaded = load_records(folders)
    check_dataset(dataset, loaded.records)
    for problem in loaded.problems:
        click.echo(f"left out: {problem}", err=True)
    return loaded
