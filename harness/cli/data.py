"""`harness data`: the commands on data sets."""

from __future__ import annotations

import click

from harness.cli.data_check import check
from harness.cli.data_make import make
from harness.cli.data_preview import preview

EPILOG = """\b
Examples:
  harness data make DIR
  harness data check ucf101 --data-root DIR --split 1
  harness data preview --dataset folder --data-root DIR
"""


@click.group(epilog=EPILOG)
def data() -> None:
    """Check a data set, write the generated clips to a folder, preview what the streams see."""


data.add_command(check)
data.add_command(make)
data.add_command(preview)
