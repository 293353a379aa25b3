"""`harness data make`: the generated clips as files."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness.cli.data_settings import data_settings
from harness.cli.options import set_option
from harness.cli.path_type import PATH

EPILOG = """\b
Examples:
  harness data make DIR
  harness data make DIR --set data.train_per_class=4
"""


@dataclass(frozen=True)
class MakeOptions:
    """What `harness data make` was given."""

    folder: Path
    pairs: tuple[str, ...]


@click.command(epilog=EPILOG)
@click.argument("folder", type=PATH)
@set_option("A setting of the data set, e.g. data.train_per_class=4.")
def make(**given: Any) -> None:
    """Write the generated clips to FOLDER, for runs here and as class folders for any other tool."""
    from harness.console.console import RunConsole
    from harness.data.registry import open_index

    options = MakeOptions(**given)
    index = open_index("localglobal", options.folder, None, data_settings(options.pairs))
    inner = index.train[0].path.parents[2]
    console = RunConsole(json=False)
    console.say(
        f"{len(index.train)} training and {len(index.test)} test clips of {len(index.classes)} classes"
    )
    console.say(f"generated clips: --dataset localglobal --data-root {shlex.quote(str(options.folder))}")
    console.say(f"class folders: --dataset folder --data-root {shlex.quote(str(inner))}")
