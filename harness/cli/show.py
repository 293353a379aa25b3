"""`harness show`: a run's record. No torch."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness.cli.options import json_option, run_folder_option

EPILOG = """\b
Examples:
  harness show 3f2a
  harness show runs/3f2a5d0b9c71 --json
"""


@dataclass(frozen=True)
class ShowOptions:
    """What `harness show` was given. name: of the run. out: folder of runs."""

    name: str
    out: Path
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("name", metavar="RUN")
@run_folder_option()
@json_option()
def show(**given: Any) -> None:
    """Show a run's record. RUN is an id, the beginning of an id, or a run's folder."""
    from harness.record.folder import finished_run

    options = ShowOptions(**given)
    run = finished_run(options.out, options.name)
    record = run.run_record()
    if options.as_json:
        click.echo(record.model_dump_json(indent=1))
        return
    from harness.config.schema import Config
    from harness.console.console import RunConsole
    from harness.console.summary import show_run

    console = RunConsole(json=False)
    console.config(Config.model_validate(record.config))
    show_run(console.rich, record)
    for line in run.probes():
        console.say(line)
    console.say(f"record: {run.record_path}")
