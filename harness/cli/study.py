"""`harness study`: the commands on studies."""

from __future__ import annotations

import click

from harness.cli.study_grid import grid
from harness.cli.study_pair import pair
from harness.cli.study_plan import plan
from harness.cli.study_report import report
from harness.cli.study_run import run
from harness.cli.study_status import status

EPILOG = """\b
Examples:
  harness study plan studies/mbd.yaml
  harness study run studies/mbd.yaml --out DIR
  harness study status studies/mbd.yaml --out DIR
  harness study report studies/mbd.yaml --out DIR
  harness study grid mbd --on h100
"""


@click.group(epilog=EPILOG)
def study() -> None:
    """Plan a study, make its runs, report what it decides.

    A study has a fixed number of pairs (pre-trainings) and joint seeds, and margins: a plan in a file that is
    committed before the first run.
    """


for command in (plan, run, status, report, grid, pair):
    study.add_command(command)
