"""`harness sweep`: settings chosen on validation videos, the same number of trials for every arm."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    METHODS,
    config_option,
    data_roots_option,
    dataset_option,
    device_option,
    global_backbone_option,
    json_option,
    local_backbone_option,
    preset_option,
    run_folder_option,
    seed_option,
    set_option,
    split_option,
    workers_option,
)
from harness.cli.path_type import PATH
from harness.cli.run_base import base_of_run, training_options, weights_options
from harness.cli.share_options import share_options
from harness.cli.sweep_options import NamesSettings, SweepOptions

if TYPE_CHECKING:
    from rich.console import Console

    from harness.campaign.carry_out import Runner
    from harness.campaign.data_roots import DataRoots
    from harness.campaign.estimate import Seconds
    from harness.campaign.sweep.carry_out import State
    from harness.campaign.sweep.plan import Sweep
    from harness.record.schema import Record, Share

EPILOG = """\b
Examples:
  harness sweep --method mbd --grid train.lr=0.003,0.01,0.03 --grid method.temperature=1,4
  harness sweep --method mbd --method two_stream --grid train.lr=0.003,0.01,0.03 --dry-run
  harness sweep --method mbd --method two_stream --grid mbd:method.temperature=1,4 \\
      --grid two_stream:train.lr=0.01,0.03
  harness sweep --method mbd --grid train.lr=0.003,0.01 --dataset folder --data-root DIR \\
      --set data.validation=0.2
  harness sweep --method two_stream --grid train.lr=0.0003,0.001 --backbone r2plus1d18 --dataset folder \\
      --data-root DIR --weights-global imagenet
  harness sweep --method mbd --trials 30 --space space.yaml
"""


@click.command(epilog=EPILOG, cls=NamesSettings)
@click.option(
    "--method",
    "methods",
    multiple=True,
    required=True,
    shell_complete=METHODS,
    help="An arm: a method, also with settings of its own (mbd:final=false). May be repeated.",
)
@click.option(
    "--grid",
    multiple=True,
    metavar="[ARM:]KEY=VALUE,…",
    help="Values of a setting; every combination is a trial. May be repeated.",
)
@click.option("--trials", type=click.IntRange(min=1), help="Trials of each arm, drawn from --space.")
@click.option("--space", type=PATH, metavar="FILE", help="Ranges of settings; needs mbd-harness[optuna].")
@click.option(
    "--metric", default="own.top1", show_default=True, help="Chosen by: as average.top1 or local.top1."
)
@local_backbone_option()
@global_backbone_option()
@dataset_option()
@data_roots_option()
@split_option()
@preset_option()
@config_option()
@seed_option()
@training_options()
@weights_options()
@set_option("A setting of all runs, e.g. data.validation=0.2.")
@device_option()
@workers_option(least=0, help="Decoding processes of each run.")
@share_options("Trials")
@run_folder_option()
@click.option("--retry", is_flag=True, help="Make trials that failed again.")
@click.option("--dry-run", is_flag=True, help="Show the trials and about how long they take.")
@json_option("Print the result (with --dry-run, the plan) as JSON.")
@click.pass_context
def sweep(ctx: click.Context, preset: str, config: Path | None, **given: Any) -> None:
    """Choose settings on validation videos; the chosen ones are trained and tested once on test videos.

    Every arm gets the same number of trials, and the spread over them is shown beside the choice: a baseline
    that was tuned less is no baseline. The same command goes on after a stop. OUT/sweeps/ID has the result.
    """
    from rich.console import Console

    from harness.campaign.data_roots import DataRoots
    from harness.campaign.sweep.carry_out import check_possible
    from harness.campaign.sweep.kept import folder_of, read_state
    from harness.campaign.sweep.videos import check_videos

    base, why = base_of_run(ctx, preset, config, given)
    options = SweepOptions(base=base, **given)
    asked = _asked(options)
    asked.check()
    check_possible(asked, options.out)
    roots = DataRoots.parse(options.data_root, asked.dataset)
    console = Console(stderr=options.as_json, highlight=False)
    if why:
        console.print(f"{why}; --preset names another", markup=False, soft_wrap=True)
    state = read_state(folder_of(asked, options.out))
    check_videos(asked, state, options.out, roots, options.retry)
    if options.dry_run:
        _plan(asked, state, options, roots, console)
        return
    _carry_out(asked, state, options, roots, console)
    if state.missing or any(each.why for each in (*state.trials, *state.tests)):
        raise click.exceptions.Exit(1)


def _asked(options: SweepOptions) -> Sweep:
    """Raises UsageError where options contradict each other or one is missing."""
    from harness.campaign.shared_settings import Base
    from harness.campaign.sweep.plan import Sweep, as_settings
    from harness.config.difference import as_pairs
    from harness.record.folder import with_run_ids
    from methods.catalogue import METHODS
    from results.studies.arms import typed

    arms = {text: typed(text) for text in options.methods}
    if len({arm.name for arm in arms.values()}) < len(options.methods):
        raise click.UsageError("--method: one arm is given twice")
    for arm in arms.values():
        METHODS.get(arm.method)  # an unknown one is said with a suggestion
    named = as_pairs({key: value for key, value in options.settings().items() if value is not None})
    preset, said = as_settings(options.base)
    return Sweep(
        arms=tuple(arms.values()),
        base=Base(preset, with_run_ids((*said, *named, *options.pairs), options.out)),
        dataset=options.dataset or "",
        split=options.split or "",
        seed=options.seed or 0,
        metric=options.metric,
        proposals=_proposals(options, {text: arm.name for text, arm in arms.items()}),
    )


def _proposals(options: SweepOptions, names: dict[str, str]) -> Any:
    """names: of the arms, by how they were typed."""
    from dataclasses import replace

    from harness.campaign.sweep.grid import Grid, axis

    if bool(options.grid) == bool(options.space):
        raise click.UsageError("give --grid KEY=VALUE,… (repeated), or --space FILE with --trials N")
    if bool(options.space) != (options.trials is not None):
        raise click.UsageError(
            "--space FILE and --trials N belong together; a grid has as many as it has points"
        )
    if options.space:
        return _drawn(options, names)
    axes = [axis(text, names) for text in options.grid]
    return Grid([replace(each, arm=names.get(each.arm, "")) for each in axes], list(names.values()))


def _drawn(options: SweepOptions, names: dict[str, str]) -> Any:
    from harness.campaign.sweep.space import Space, read_space
    from harness.campaign.sweep.tpe import Parzen, check_optuna

    check_optuna()
    assert options.space
    assert options.trials
    found = read_space(options.space, list(names))
    return Parzen(
        Space({names[text]: own for text, own in found.of.items()}), options.trials, options.seed or 0
    )


def _plan(asked: Sweep, state: State, options: SweepOptions, roots: DataRoots, console: Console) -> None:
    from harness.campaign.sweep.forecast import forecast
    from harness.cli.sweep_show import show_plan

    found = forecast(asked, state, options.out, _timed(options, roots))
    if options.as_json:
        click.echo(json.dumps(found.plain(asked), indent=1, ensure_ascii=False))
    else:
        show_plan(console, asked, found)


def _carry_out(asked: Sweep, state: State, options: SweepOptions, roots: DataRoots, console: Console) -> None:
    from rich.markup import escape

    from harness.campaign.sweep.carry_out import Carrier
    from harness.campaign.sweep.kept import folder_of, keep, tree
    from harness.cli.sweep_show import show_result

    folder = folder_of(asked, options.out)

    def say(line: str) -> None:
        console.print(line, markup=False, soft_wrap=True)

    with console.status("starting") as status:
        carrier = Carrier(
            sweep=asked,
            state=state,
            out=options.out,
            runner=_runner(options, roots, folder, lambda line: status.update(escape(line[:70]))),
            measure=_measure(options.metric),
            keep=lambda now: keep(asked, now, folder),
            say=say,
            retry=options.retry,
        )
        try:
            carrier.run()
        except KeyboardInterrupt:
            say("stopped; the same command goes on from there")
            raise
    result = tree(asked, state)
    if options.as_json:
        click.echo(json.dumps(result, indent=1, ensure_ascii=False))
    else:
        show_result(console, result, folder)


def _timed(options: SweepOptions, roots: DataRoots) -> Seconds:
    from harness.campaign.timed_step import timed_step

    return partial(timed_step, roots=roots, out=options.out, device=options.device)


def _runner(options: SweepOptions, roots: DataRoots, folder: Path, show: Callable[[str], None]) -> Runner:
    from harness.campaign.engines.chosen import Asked, place
    from harness.campaign.engines.slots import Share
    from harness.campaign.runner import LOGS, runner_at

    share = Share(options.jobs, options.per_gpu, options.memory)
    asked = Asked(options.engine, options.engine_set, options.store)
    there = place(asked, share, options.device, folder / LOGS)
    return runner_at(there, options.out, roots, options.device, options.workers, show, folder / LOGS)


def _measure(metric: str) -> Callable[[Record], Share]:
    from backbones.base.errors import UsageError
    from results.records import share

    def measure(record: Record) -> Share:
        found = share(record, metric)
        if found is None:
            raise UsageError(f"--metric {metric}: run {record.id} has none; give OUTPUT.MEASURE, as own.top1")
        return found

    return measure
