"""`harness study run`: makes the runs that are missing. No torch: each pair is a process of its own."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import PATH, device_option
from harness.cli.study_options import out_option, plan_argument, records_option

if TYPE_CHECKING:
    from harness.campaign.study.code import Begun
    from harness.cli.study_options import Study

EPILOG = """\b
Examples:
  harness study run studies/mbd.yaml --out DIR
  harness study run studies/mbd.yaml --out DIR --records results/measured/studies/mbd
  harness study run studies/mbd-pilot.yaml --here
"""


@dataclass(frozen=True)
class RunOptions:
    """What `harness study run` was given. here: with the code as it stands. root: folder of the data set."""

    plan: Path
    out: Path | None
    records: Path | None
    root: Path | None
    device: str
    here: bool


@click.command(epilog=EPILOG)
@plan_argument()
@out_option()
@records_option()
@click.option("--data-root", "root", type=PATH, help="Folder of the data set.")
@device_option()
@click.option("--here", is_flag=True, help="With the code as it stands, for pilots: no commit, no checkout.")
def run(**given: Any) -> None:
    """Make the runs of a study that are missing, pair by pair, all arms of a pair before the next.

    The plan must be committed; all runs are made with the code of that commit, from a checkout under OUT, so
    that work going on beside them changes nothing. Records are kept as they come: what is lost with a machine
    is at most a pair. The same command goes on after a stop.
    """
    from harness.cli.study_options import opened
    from harness.console.console import RunConsole

    options, console = RunOptions(**given), RunConsole(json=False)
    study = opened(options.plan, options.out, options.records)
    from harness.campaign.study.code import begun, checkout

    start = begun(study.records, study.path, study.sha256, options.here)
    code = checkout(start.commit, study.out / "code") if start.commit else None
    _say_start(console, study, start)
    failed = 0
    for number in range(study.plan.pairs):
        if study.missing(number):
            console.say(f"[{number + 1}/{study.plan.pairs}] pair {number}")
            failed += _make(study, number, options, code, console)
    left = sum(len(study.missing(number)) for number in range(study.plan.pairs))
    console.say(f"{left} runs are missing" if left else f"complete: 'harness study report {study.path}'")
    if failed or left:
        raise click.exceptions.Exit(1)


def _say_start(console: Any, study: Study, start: Begun) -> None:
    missing = sum(len(study.missing(number)) for number in range(study.plan.pairs))
    total = sum(len(study.wanted(number)) for number in range(study.plan.pairs))
    code = f"code at commit {start.commit[:12]}" if start.commit else "code as it stands (--here)"
    console.say(f"study {study.plan.name}: {missing} of {total} runs are missing; {code}")


def _make(study: Study, number: int, options: RunOptions, code: Path | None, console: Any) -> int:
    """1 where a run of the pair failed. Interrupted, it ends with the pair's process."""
    from backbones.base.errors import UserError
    from harness.campaign.child_process import harness_command, run_child

    words = ["study", "pair", str(study.path.resolve()), str(number), "--device", options.device]
    words += ["--out", str(study.out.resolve()), "--records", str(study.records.resolve())]
    words += ["--data-root", str(options.root.resolve())] if options.root else []
    env = {"OMP_NUM_THREADS": str(study.plan.threads)}
    if code:
        env["PYTHONPATH"] = os.pathsep.join([str(code), *filter(None, [os.environ.get("PYTHONPATH")])])
    try:
        run_child(harness_command(*words), study.out / "study.log", _teller(console), env)
    except UserError as error:
        console.say(f"pair {number}: {error}")
        return 1
    return 0


def _teller(console: Any) -> Any:
    """Shows the lines that begin a run and those that say why one failed."""
    last = ""

    def tell(line: str) -> None:
        nonlocal last
        if line != last and line.startswith(("pair ", "failed: ", "kept ")):
            console.say(f"  {line}")
        last = line

    return tell
