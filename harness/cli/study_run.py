"""`harness study run`: makes the runs that are missing. No torch: each pair is a process of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.errors import UserError
from harness.cli.options import device_option
from harness.cli.path_type import PATH
from harness.cli.share_options import share_options
from harness.cli.study_ensembles import keep_missing
from harness.cli.study_options import out_option, plan_argument, records_option

if TYPE_CHECKING:
    from harness.campaign.engines.chosen import Place
    from harness.campaign.engines.task import Engine
    from harness.campaign.study.code import Begun
    from harness.campaign.study.launching import Launching
    from harness.cli.study_options import Study

EPILOG = """\b
Examples:
  harness study run studies/mbd.yaml --out DIR
  harness study run studies/mbd.yaml --out DIR --records results/measured/studies/mbd
  harness study run studies/mbd-pilot.yaml --here
  harness study run studies/mbd.yaml --out DIR --print
  harness study run studies/mbd.yaml --out DIR --engine slurm --engine-set partition=gpu
  harness study run studies/mbd.yaml --out DIR --engine ray --store s3://BUCKET/FOLDER
"""


@dataclass(frozen=True)
class RunOptions:
    """What `harness study run` was given. here: with the code as it stands. root: folder of the data set.
    only_print: the commands."""

    plan: Path
    out: Path | None
    records: Path | None
    root: Path | None
    device: str
    here: bool
    jobs: int | None
    per_gpu: int | None
    memory: float | None
    engine: str
    engine_set: tuple[str, ...]
    store: str | None
    only_print: bool


class _Committed(click.Command):
    """Asks git for the plan before the plug-ins are loaded, whose imports may take half a minute."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        given, _, _ = self.make_parser(ctx).parse_args(args=[*args])
        slow = given.get("plugins") or given.get("papers")
        # What is no plan, or no right option, is refused when all is read.
        plan = given.get("plan") if slow and not given.get("here") else None
        if isinstance(plan, str) and Path(plan).is_file():
            _check_committed(Path(plan), given.get("out"), given.get("records"))
        return super().parse_args(ctx, args)


def _check_committed(path: Path, out: str | None, records: str | None) -> None:
    """A `UserError` where the study has not begun and its plan is not committed as it is."""
    from harness.campaign.study.code import STARTED, commit_of
    from harness.campaign.study.plan import read_plan

    try:
        place = records or (Path(out) if out else Path("studies") / read_plan(path)[0].name) / "records"
    except UserError:  # a plan may name what plug-ins add
        return
    if not (Path(place) / STARTED).exists():
        commit_of(path)


@click.command(epilog=EPILOG, cls=_Committed)
@plan_argument()
@out_option()
@records_option()
@click.option("--data-root", "root", type=PATH, help="Folder of the data set.")
@device_option()
@share_options("Pairs")
@click.option(
    "--print",
    "only_print",
    is_flag=True,
    help="Print the commands that make the pairs, for any scheduler, and make none.",
)
@click.option("--here", is_flag=True, help="With the code as it stands, for pilots: no commit, no checkout.")
def run(**given: Any) -> None:
    """Make the runs of a study that are missing, pair by pair, all arms of a pair before the next.

    The plan must be committed; all runs are made with the code of that commit, from a checkout under OUT, so
    that work going on beside them changes nothing. Records are kept as they come: what is lost with a machine
    is at most a pair. The same command goes on after a stop.
    """
    from harness.cli.study_options import opened, study_command
    from harness.console.console import RunConsole

    options, console = RunOptions(**given), RunConsole(json=False)
    study = opened(options.plan, options.out, options.records)
    there = _place(study, options)  # an engine that is not installed is said before anything is written
    from harness.campaign.engines.slots import workers
    from harness.campaign.study.code import begun

    start = begun(study.records, study.path, study.sha256, options.here)
    code = _code(study, there, start)
    numbers = [number for number in range(study.plan.pairs) if study.missing(number)]
    launching = _launching(study, options, code, there.workers or workers(1))
    if options.only_print:
        _print(study, numbers, launching)
        return
    _say_start(console, study, start)
    engine = _engine(study, there, launching, start)
    for number, reason in sorted(_make(study, numbers, launching, engine, console).items()):
        console.say(f"pair {number}: {reason}")
    keep_missing(study)
    left = sum(len(study.missing(number)) for number in range(study.plan.pairs))
    report = study_command("report", study.path, options.out, options.records)
    missing = "1 run is missing" if left == 1 else f"{left} runs are missing"
    console.say(missing if left else f"complete: '{report}'")
    if left:
        raise click.exceptions.Exit(1)


def _code(study: Study, there: Place, start: Begun) -> Path | None:
    """The checkout with whose code all runs are made; None: with the code as it stands, on every machine."""
    from harness.campaign.study.code import check_here, checkout

    if start.commit and there.store:
        check_here(start.commit)
        return None
    return checkout(start.commit, study.out / "code") if start.commit else None


def _engine(study: Study, there: Place, launching: Launching, start: Begun) -> Engine:
    """Studies that share a store have folders of their own in it: a record says which study it is of."""
    from harness.campaign.engines.chosen import through
    from harness.campaign.study.launching import keeper

    if there.store is None:
        return there.engine
    store = there.store.within(f"study-{study.sha256[:12]}")
    kept = keeper(launching.records, store)
    out = launching.out
    return through(replace(there, store=store), out, out / "runs", kept, start.commit)


def _say_start(console: Any, study: Study, start: Begun) -> None:
    missing = sum(len(study.missing(number)) for number in range(study.plan.pairs))
    total = sum(len(study.wanted(number)) for number in range(study.plan.pairs))
    code = f"code at commit {start.commit[:12]}" if start.commit else "code as it stands (--here)"
    console.say(f"study {study.plan.name}: {missing} of {total} runs are missing; {code}")


def _make(
    study: Study, numbers: Sequence[int], launching: Launching, engine: Engine, console: Any
) -> Mapping[int, str]:
    """Why pairs are not whole. Interrupted, it ends with the pairs' processes."""
    from harness.campaign.study.launching import drop_weights, make_pairs

    def whole(number: int) -> bool:
        return not study.missing(number)

    tasks = {number: launching.task(number, _teller(console, number, study.plan.pairs)) for number in numbers}
    reasons = make_pairs(tasks, engine, whole)
    drop_weights(launching.out / "runs", study.sha256, whole)
    return reasons


def _place(study: Study, options: RunOptions) -> Place:
    from harness.campaign.engines.chosen import Asked, place
    from harness.campaign.engines.slots import Share
    from harness.campaign.study.launching import LOGS

    share = Share(options.jobs, options.per_gpu, options.memory, study.plan.threads)
    return place(
        Asked(options.engine, options.engine_set, options.store), share, options.device, study.out / LOGS
    )


def _launching(study: Study, options: RunOptions, code: Path | None, workers: int) -> Launching:
    from harness.campaign.study.launching import Launching
    from harness.config.command import given_sources

    return Launching(
        plan=study.path.resolve(),
        out=study.out.resolve(),
        records=study.records.resolve(),
        root=options.root.resolve() if options.root else None,
        device=options.device,
        workers=workers,
        code=code.resolve() if code else None,
        sources=given_sources(),
    )


def _print(study: Study, numbers: Sequence[int], launching: Launching) -> None:
    """A command a line, what it makes and what it waits for above it."""
    from backbones.base.plain_text import counted
    from harness.campaign.engines.task import as_typed

    pairs = counted(len(numbers), "pair")
    click.echo(f"# study {study.plan.name}: {pairs}, in any order and any number at a time; a")
    click.echo("# command that was stopped is given again")
    for number in numbers:
        runs = counted(len(study.missing(number)), "run")
        click.echo(f"# pair {number}: {runs}, after their pre-training; waits for no other command")
        task = launching.task(number, lambda line: None)
        click.echo(as_typed(task, {"OMP_NUM_THREADS": str(study.plan.threads)}))


def _teller(console: Any, number: int, pairs: int) -> Any:
    """Shows the lines that begin a run and those that say why one failed; None: that the pair was begun."""
    last = ""

    def tell(line: str | None) -> None:
        nonlocal last
        if line is None:
            console.say(f"[{number + 1}/{pairs}] pair {number}")
            return
        if line != last and line.startswith("pair "):
            console.say(f"  {line}")
        elif line != last and line.startswith(("failed: ", "kept ")):
            console.say(f"  pair {number}, {line}")
        last = line

    return tell
