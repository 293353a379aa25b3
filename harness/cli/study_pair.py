"""`harness study pair`: one pair in this process, as `harness study run` starts it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import device_option
from harness.cli.path_type import PATH
from harness.cli.study_options import out_option, plan_argument, records_option

if TYPE_CHECKING:
    from harness.campaign.study.pair import Made
    from harness.cli.study_options import Study
    from harness.execution.job import Launch


@dataclass(frozen=True)
class PairOptions:
    """What `harness study pair` was given. number: of the pair, from 0."""

    plan: Path
    number: int
    out: Path | None
    records: Path | None
    root: Path | None
    device: str
    workers: int


@click.command(hidden=True)
@plan_argument()
@click.argument("number", type=click.IntRange(min=0))
@out_option()
@records_option()
@click.option("--data-root", "root", type=PATH)
@device_option()
@click.option("--workers", type=click.IntRange(min=1), default=1)
def pair(**given: Any) -> None:
    """Make all runs of one pair of a study in this process."""
    from harness.cli.study_options import opened

    options = PairOptions(**given)
    study = opened(options.plan, options.out, options.records)
    if options.number >= study.plan.pairs:
        raise click.UsageError(f"the plan has pairs 0 to {study.plan.pairs - 1}; got {options.number}")
    with _held(study, options.number) as waited:
        if not waited or study.missing(options.number):
            _make(study, options)


@contextmanager
def _held(study: Study, number: int) -> Iterator[bool]:
    """The pair, for this process alone; whether another one had to be waited for, as the one that a campaign
    leaves behind which is killed."""
    from harness.lock import locked

    path = study.out / "locks" / f"pair-{number:03d}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with ExitStack() as held:
        try:
            held.enter_context(locked(path, wait=False))
        except BlockingIOError:
            click.echo(f"pair {number} is being made by another process; waiting for it")
            held.enter_context(locked(path, wait=True))
            yield True
        else:
            yield False


def _make(study: Study, options: PairOptions) -> None:
    from backbones.base.plain_text import counted
    from harness.campaign.study.records import keep
    from harness.cli.study_ensembles import keep_ensembles

    made = None
    for made in _made(study, options):
        keep(study.records, options.number, made.folders)
    if made:
        keep_ensembles(study, options.number, made.folders)
    if made and not study.missing(options.number):
        _drop_weights(made)
    if made and made.failed:
        arm, seed, why = made.failed[0]
        failed = f"{counted(len(made.failed), 'run')} failed"
        click.echo(f"error: {failed}; the first, {arm}, joint seed {seed}: {why}", err=True)
        raise click.exceptions.Exit(1)


def _made(study: Study, options: PairOptions) -> Any:
    from harness.campaign.study.pair import make_pair
    from harness.console.console import RunConsole

    console = RunConsole(json=False)
    return make_pair(study.plan, study.sha256, study.arms, options.number, _launch(study, options), console)


def _launch(study: Study, options: PairOptions) -> Launch:
    import torch

    from harness.execution.job import Launch

    torch.set_num_threads(study.plan.threads)
    return Launch(
        data_root=options.root,
        out=study.out / "runs",
        device=options.device,
        workers=options.workers,
        wait=True,
    )


def _drop_weights(made: Made) -> None:
    """Of a pair that is whole: its records are kept, and the next pair needs the disk."""
    for folder in made.folders:
        folder.checkpoint.unlink(missing_ok=True)
