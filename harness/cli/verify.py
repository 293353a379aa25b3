"""`harness verify`: a finished run, made again and compared."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.imports import uncollected
from harness.cli.options import (
    data_root_option,
    determinism_option,
    device_option,
    json_option,
    run_folder_option,
    workers_option,
)

if TYPE_CHECKING:
    from harness.execution.job import Launch
    from harness.execution.verify import Verified

EPILOG = """\b
Examples:
  harness verify 3f2a
  harness verify runs/3f2a5d0b9c71 --workers 0 --json
"""
DIFFERS = 1
COMPILED = (
    "  compile: a compiled network may add up in another order each time, so that last digits differ; "
    "runs that are made with --determinism best-effort need not"
)


@dataclass(frozen=True)
class VerifyOptions:
    """What `harness verify` was given. name: of the run. out: folder of runs."""

    name: str
    out: Path
    data_root: Path | None
    device: str
    workers: int | None
    determinism: str
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("name", metavar="RUN")
@run_folder_option()
@data_root_option("Folder of the run's videos.")
@device_option()
@workers_option(least=0, help="Decoding processes [default: by the number of cores].")
@determinism_option()
@json_option()
def verify(**given: Any) -> None:
    """Make a finished run again in a folder that is thrown away, and say what first differs.

    Compared bit by bit: events, weights, stored outputs and the record, apart from times. Exit code 1 where
    something differs; then also what the two runs were made on is compared.
    """
    from harness.console.console import RunConsole
    from harness.record.folder import finished_run

    options = VerifyOptions(**given)
    run = finished_run(options.out, options.name)
    console = RunConsole(json=options.as_json)
    with uncollected():
        from harness.execution.verify import verify as make_again
    found = make_again(run, _launch(options), console)
    if options.as_json:
        click.echo(json.dumps(_plain(found), indent=1, ensure_ascii=False))
    else:
        for line in lines(found):
            console.say(line)
    if found.first:
        raise click.exceptions.Exit(DIFFERS)


def _launch(options: VerifyOptions) -> Launch:
    from harness.cli.run import default_workers
    from harness.execution.job import Launch

    return Launch(
        data_root=options.data_root,
        out=options.out,
        device=options.device,
        workers=default_workers() if options.workers is None else options.workers,
        determinism=options.determinism,
    )


def _plain(found: Verified) -> dict[str, Any]:
    return {
        "same": found.first is None,
        "parts": {part.name: part.said for part in found.parts},
        "differs_in_environment": [vars(each) for each in found.reasons],
    }


def lines(found: Verified) -> list[str]:
    """What is printed of it."""
    said = [f"{part.name}: {_verdict(part.said)}" for part in found.parts]
    if found.first is None:
        whole = all(part.said is not None for part in found.parts)
        return [*said, "the same" if whole else "the same in what both kept"]
    reasons = [f"  {each}" for each in found.reasons] + [COMPILED] * found.in_any_order
    why = "what may be the reason:" if reasons else "both were made on the same: nothing there is the reason"
    return [*said, f"first differs: {found.first.name}, {found.first.said}", why, *reasons]


def _verdict(said: str | None) -> str:
    return "not kept by both" if said is None else f"differs ({said})" if said else "the same"
