"""`harness run`: the main job."""

from __future__ import annotations

import json
import os
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.imports import uncollected
from harness.cli.options import (
    FUSIONS,
    METHODS,
    compute_options,
    config_option,
    data_roots_option,
    dataset_option,
    global_backbone_option,
    json_option,
    local_backbone_option,
    preset_option,
    restart_option,
    run_folder_option,
    seed_option,
    seeds_option,
    set_option,
    split_option,
    tracker_options,
    workers_option,
)
from harness.cli.path_type import PATH
from harness.cli.run_base import base_of_run, training_options, weights_options
from harness.cli.run_options import RunOptions

if TYPE_CHECKING:
    from harness.config.recipe.recipe_of import Recipe
    from harness.config.schema import Config
    from harness.console.console import RunConsole
    from harness.execution.execute import Outcome
    from harness.execution.job import Launch
    from harness.record.folder import RunFolder

EPILOG = """\b
Examples:
  harness run --method mbd --backbone r2plus1d50
  harness run --method two_stream --backbone r2plus1d18 --seeds 3
  harness run --method mbd --backbone r2plus1d18 --global-backbone vtn:efficientnet_lite0 \\
      --weights-global imagenet --set global.width=1 \\
      --dataset ut-interaction --data-root DIR --split set1-set2
  harness run --method mbd --preset paper --dataset ucf101 --data-root ucf101=DIR \\
      --data-root kinetics400=DIR
  harness run --pretrain local --preset paper --dataset kinetics400 --data-root DIR
  harness run --method mbd --preset paper --dataset ucf101 --data-root DIR \\
      --weights-local RUN --weights-global RUN
  harness run --config my.yaml
  harness run --method mbd --backbone r2plus1d50 --from-scratch
  harness run --method mbd --backbone r2plus1d50 --preset paper --dry-run
  harness run --method mbd --backbone r2plus1d50 --set method.temperature=4 --set local.width=0.5
"""
MOST_WORKERS = 8


@click.command(epilog=EPILOG)
@click.option(
    "--method",
    shell_complete=METHODS,
    help="How the streams learn jointly ('harness list methods'); required without --pretrain.",
)
@click.option(
    "--pretrain",
    type=click.Choice(["local", "global", "both"]),
    help="Train this stream alone, or both each by its own loss: what joint runs start from.",
)
@local_backbone_option()
@global_backbone_option()
@dataset_option()
@data_roots_option()
@split_option()
@preset_option()
@config_option()
@seed_option()
@seeds_option("Runs with seeds 0 … N-1, one after the other.")
@click.option(
    "--pair",
    type=click.IntRange(min=0),
    metavar="N",
    help="Start from the pre-training with seed N [default: the run's seed].",
)
@click.option("--from-scratch", is_flag=True, help="Leave out the preset's pre-training.")
@training_options()
@compute_options()
@weights_options()
@click.option(
    "--fusion",
    shell_complete=FUSIONS,
    help="The method's own fusion rule [default: as published]; all rules are always scored.",
)
@click.option("--fit-views", type=int, metavar="N", help="Clips per stream and video to fit fusion rules on.")
@set_option()
@workers_option(least=0, help="Decoding processes [default: by the number of cores].")
@run_folder_option()
@click.option("--flow-cache", type=PATH, help="Folder where optical flow is kept.")
@click.option("--compile", is_flag=True, help="Compile the streams (torch.compile); part of the run's id.")
@tracker_options()
@restart_option("Make the run again; what there is of it is dropped once the new record is there.")
@click.option("--wait", is_flag=True, help="Wait for a run that another process is making.")
@click.option("--dry-run", is_flag=True, help="Show what would run, on which videos and for how long.")
@json_option("Print the record (with --dry-run, the plan) as JSON.")
@click.pass_context
def run(ctx: click.Context, preset: str, config: Path | None, **given: Any) -> None:
    """Train two streams with a method, test them on many views, fuse them, measure cost, write a record.

    Where the preset has a recipe, the streams are pre-trained first; a finished pre-training serves every
    method. A finished run is not repeated: its record is shown. An interrupted run is resumed.
    """
    from harness.console.console import RunConsole

    base, why = base_of_run(ctx, preset, config, given)
    options = RunOptions(base=base, **given)
    console = RunConsole(json=options.as_json)
    if why:
        console.say(f"{why}; --preset names another")
    _check(options)
    recipes = _recipes(options)
    for line in _warnings([recipe.joint for recipe in recipes], options):
        console.say(f"warning: {line}")
    folders = [_carry_out(recipe, options, console) for recipe in recipes]
    if not options.dry_run:
        _show(folders, options, console)


def _check(options: RunOptions) -> None:
    """Raises UsageError where options contradict each other or one is missing."""
    from harness.config.resolve import check_agree, parse_settings

    if options.seed is not None and options.seeds is not None:
        raise click.UsageError("--seed and --seeds exclude each other: give one of them")
    if options.method is None and options.pretrain is None and not options.base.names_method:
        raise click.UsageError(
            "give --method ('harness list methods' shows all), or --pretrain local|global to train one "
            "stream alone"
        )
    check_agree(options.flags(options.seed), parse_settings(options.pairs))


def _recipes(options: RunOptions) -> list[Recipe]:
    """One for each seed."""
    from harness.config.recipe.recipe_of import recipe_of
    from harness.config.warnings import check_teacher, check_weights

    seeds = range(options.seeds) if options.seeds else [options.seed]
    recipes = [
        recipe_of(
            options.base,
            options.flags(seed),
            options.pairs,
            pretrain=options.pretrain,
            pair=options.pair,
            from_scratch=options.from_scratch,
        )
        for seed in seeds
    ]
    for recipe in recipes:
        check_teacher(recipe.with_weights())
        check_weights(recipe.joint)
    return recipes


def _warnings(configs: list[Config], options: RunOptions) -> list[str]:
    """What was given without any effect."""
    from harness.config.warnings import overridden, without_effect

    lines = overridden(options.pairs) + without_effect(configs)
    flow = any(stream.modality == "flow" for config in configs for stream in config.streams().values())
    if options.flow_cache and not flow:
        lines.append("--flow-cache has no effect: no stream sees optical flow")
    return lines


def _carry_out(recipe: Recipe, options: RunOptions, console: RunConsole) -> RunFolder:
    """The pre-trainings that are missing, then the run itself, which is checked before they are made: what
    is wrong with it is no fault of theirs."""
    made = []
    if recipe.before:
        _check_joint(recipe, options)
    for number, before in enumerate(recipe.before, 1):
        which = f"{number} of {len(recipe.before)}" if len(recipe.before) > 1 else "of both streams"
        console.say(f"pre-training {which}, which every method on these streams and clips starts from:")
        # Other runs start from it: --restart concerns the run itself.
        with before.named():
            made.append(_execute(before.config, recipe, replace(options, restart=False), console))
    if recipe.before:
        console.say("joint training:")
    ids = {
        name: run.folder.id
        for before, run in zip(recipe.before, made, strict=True)
        for name in before.streams
    }
    finished = all(run.folder.finished for run in made)
    joint = recipe.with_weights(ids) if finished else recipe.joint
    outcome = _execute(joint, recipe, options, console)
    if not finished and not (outcome.plan and outcome.plan["undrawn"]):
        console.say(
            "its id follows from the pre-trained weights, which are not made yet: it is not the one above"
        )
    if outcome.plan is not None and options.as_json:
        unknown = {} if finished else {"run": None, "folder": None}
        plans = [run.plan for run in made]
        click.echo(json.dumps({**outcome.plan, **unknown, "pretraining": plans}, ensure_ascii=False))
    return outcome.folder


def _check_joint(recipe: Recipe, options: RunOptions) -> None:
    with uncollected():
        from harness.console.console import RunConsole
        from harness.execution.prepare import check
    check(recipe.joint, _launch(options, recipe, recipe.joint), RunConsole(json=True, quiet=True))


def _execute(config: Config, recipe: Recipe, options: RunOptions, console: RunConsole) -> Outcome:
    with uncollected():
        from harness.execution.execute import execute

    console.hold_config(config)
    # A dry run ends before garbage could amount to anything.
    with uncollected() if options.dry_run else nullcontext():
        return execute(config, _launch(options, recipe, config), console)


def _launch(options: RunOptions, recipe: Recipe, config: Config) -> Launch:
    """A folder that was given without a name is that of the run's own data set."""
    from harness.campaign.data_roots import DataRoots
    from harness.execution.job import Launch

    own, dataset = recipe.joint.data.dataset, config.data.dataset
    roots = DataRoots.parse(options.data_root, own)
    root = roots.given(dataset)
    if dataset != own and roots.lacks(dataset):
        raise click.UsageError(
            f"the streams are pre-trained on {dataset}: give --data-root {dataset}=DIR beside that of {own}, "
            "--weights-local and --weights-global, or --from-scratch"
        )
    return Launch(
        data_root=Path(root) if root else None,
        out=options.out,
        device=options.device,
        workers=default_workers() if options.workers is None else options.workers,
        restart=options.restart,
        wait=options.wait,
        determinism=options.determinism,
        gradient_checkpointing=options.gradient_checkpointing,
        dry_run=options.dry_run,
        flow_cache=options.flow_cache,
        trackers=options.all_trackers(),
        awaiting=bool(recipe.before) and config is recipe.joint,
    )


def default_workers() -> int:
    """One core is left for the training."""
    return min(MOST_WORKERS, max(1, (os.cpu_count() or 2) - 1))


def _show(folders: list[RunFolder], options: RunOptions, console: RunConsole) -> None:
    from harness.cli.next_steps import next_steps
    from harness.cli.seeds import show_seeds
    from harness.console.summary import show_run
    from harness.record.reading import on_validation, tested

    records = [folder.run_record() for folder in folders]
    for folder, record in zip(folders, records, strict=True):
        show_run(console.rich, record)
        for line in folder.probes():
            console.say(line)
        console.say(f"record: {folder.record_path}")
    shown = [each for record in records if (each := tested(record) or on_validation(record))]
    if len(shown) > 1:
        show_seeds(console.rich, shown)
    if options.as_json:
        texts = [record.model_dump_json(indent=1) for record in records]
        click.echo(texts[0] if options.seeds is None else "[" + ",\n".join(texts) + "]")
    else:
        console.say(next_steps(records[0].config, folders[0]))
