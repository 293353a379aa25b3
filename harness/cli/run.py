"""`harness run`."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from backbones.base.imports import uncollected
from harness.cli.completion import names_of

if TYPE_CHECKING:
    from harness.config.schema import Config
    from harness.console.console import Screen
    from harness.record.folder import RunFolder

BACKBONES = names_of("backbones.catalogue:BACKBONES")
METHODS = names_of("methods.catalogue:METHODS")
FUSIONS = names_of("methods.fusion.catalogue:FUSIONS")
DATASETS = names_of("harness.data.registry:DATASETS")
EPILOG = """\b
Examples:
  harness run --method mbd --backbone r2plus1d50
  harness run --method two_stream --backbone r2plus1d18 --seeds 3
  harness run --method mbd --backbone r2plus1d18 --global-backbone vtn:efficientnet_lite0 \\
      --weights-global imagenet --dataset ut-interaction --data-root DIR --split set1-set2
  harness run --stage pretrain-local --preset paper --dataset kinetics400 --data-root DIR
  harness run --method mbd --preset paper --dataset ucf101 --data-root DIR \\
      --weights-local RUN --weights-global RUN
  harness run --method mbd --backbone r2plus1d50 --preset paper --dry-run
  harness run --method mbd --backbone r2plus1d50 --set method.temperature=4 --set local.width=0.5
"""


@click.command(epilog=EPILOG)
@click.option(
    "--method",
    shell_complete=METHODS,
    help="How the streams learn together ('harness list methods'); needed to train both.",
)
@click.option("--stage", default="joint", show_default=True, metavar="pretrain-local|pretrain-global|joint",
              help="Train one stream alone (later: --weights-local RUN), or both together.")  # fmt: skip
@click.option(
    "--backbone",
    "local",
    shell_complete=BACKBONES,
    help="The local stream's network ('harness list backbones').",
)
@click.option(
    "--global-backbone",
    "glob",
    shell_complete=BACKBONES,
    help="The global stream's network; the preset's where not given.",
)
@click.option(
    "--dataset",
    shell_complete=DATASETS,
    help="Data set ('harness list datasets'); generated clips where not given.",
)
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--split", help="Split of the data set.")
@click.option("--preset", default="tiny", show_default=True, help="Where all other settings come from.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of everything random [default: 0].")
@click.option("--seeds", type=click.IntRange(min=1), help="Runs with seeds 0 … N-1, one after the other.")
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the training videos.")
@click.option("--batch-size", type=click.IntRange(min=1), help="Videos per step, over all processes.")
@click.option("--micro-batch", type=click.IntRange(min=1), help="Videos per forward pass; changes BatchNorm.")
@click.option(
    "--lr", type=click.FloatRange(min=0, max=1000, min_open=True), help="Learning rate at the start."
)
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--precision", help="auto, fp32 or bf16.")
@click.option("--weights-local", help="Weights of the local stream: a file, a zoo's name, a run.")
@click.option("--weights-global", help="Weights of the global stream: as --weights-local.")
@click.option(
    "--fusion",
    shell_complete=FUSIONS,
    help="The rule whose prediction is the method's own; all rules are always scored.",
)
@click.option("--fit-views", type=int, help="Clips per stream of the videos that fusion rules are fitted on.")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Any setting, e.g. train.lr=0.01.")
@click.option("--workers", type=click.IntRange(min=0), help="Decoding processes [default: by the cores].")
@click.option("--out", type=click.Path(path_type=Path), default=Path("runs"), show_default=True)
@click.option("--flow-cache", type=click.Path(path_type=Path), help="Folder to keep optical flow in.")
@click.option(
    "--compile", "compile_", is_flag=True, help="torch.compile the streams; part of the run's name."
)
@click.option("--tensorboard", is_flag=True, help="Also write TensorBoard events into the run's folder.")
@click.option("--restart", is_flag=True, help="Forget the run if it is there, and make it again.")
@click.option("--dry-run", is_flag=True, help="Show what would run, on which videos, how long.")
@click.option("--json", "as_json", is_flag=True, help="Print the record (of a dry run, the plan) as JSON.")
def run(**options: Any) -> None:
    """Train two streams with a method, test them on many views, fuse them, measure, leave a record.

    A finished run is not repeated: its record is shown. An interrupted one goes on where it was.
    """
    from harness.config.resolve import check_agree, parse_settings, resolve
    from harness.config.warnings import check_teacher
    from harness.console.console import Screen

    screen = Screen(json=options["as_json"])
    if options["seed"] is not None and options["seeds"] is not None:
        raise click.UsageError("--seed and --seeds exclude each other: give one of them")
    seeds = range(options["seeds"]) if options["seeds"] else [options["seed"]]
    stage = options["stage"]
    if options["method"] is None and stage == "joint":
        raise click.UsageError("Missing option '--method'; 'harness list methods' shows all")
    for name in ("weights_local", "weights_global"):
        if options[name] == "":
            flag = name.replace("_", "-")
            raise click.UsageError(f"--{flag} is empty: give a name, a file or a run, or leave it out")
    check_agree(_flags(options, None), parse_settings(options["pairs"]))
    configs = [resolve(options["preset"], _flags(options, seed), options["pairs"], stage) for seed in seeds]
    for config in configs:
        check_teacher(config)
    _warn(configs, options, screen)
    folders = [_one(config, options, screen) for config in configs]
    _end(folders, options, screen)


def _warn(configs: list[Config], options: dict[str, Any], screen: Screen) -> None:
    """Of what was given and changes nothing."""
    from harness.config.warnings import idle, overridden

    lines = overridden(options["pairs"]) + idle(configs)
    if options["flow_cache"] and not any(s.modality == "flow" for c in configs for s in c.streams().values()):
        lines.append("--flow-cache changes nothing: no stream sees optical flow")
    for line in lines:
        screen.say(f"warning: {line}")


def _flags(options: dict[str, Any], seed: int | None) -> dict[str, Any]:
    """The flags as a tree, as presets have it."""
    return {
        "seed": seed,
        "precision": options["precision"],
        "method": {"name": options["method"], "fusion": options["fusion"]},
        "local": {"backbone": options["local"], "weights": options["weights_local"]},
        "global": {"backbone": options["glob"], "weights": options["weights_global"]},
        "data": {"dataset": options["dataset"], "split": options["split"]},
        "train": {
            "epochs": options["epochs"],
            "batch_size": options["batch_size"],
            "micro_batch": options["micro_batch"],
            "lr": options["lr"],
        },
        "fit": {"views": options["fit_views"]},
    }


def _one(config: Config, options: dict[str, Any], screen: Screen) -> RunFolder:
    with uncollected():
        from harness.execution.execute import execute
        from harness.execution.job import Launch

    launch = Launch(
        data_root=options["data_root"],
        out=options["out"],
        device=options["device"],
        workers=_workers(options["workers"]),
        restart=options["restart"],
        dry_run=options["dry_run"],
        flow_cache=options["flow_cache"],
        compile=options["compile_"],
        tensorboard=options["tensorboard"],
    )
    return execute(config, launch, screen)


def _workers(asked: int | None) -> int:
    """One core is left to the training, eight decode at most."""
    import os

    return min(8, max(1, (os.cpu_count() or 2) - 1)) if asked is None else asked


def _end(folders: list[RunFolder], options: dict[str, Any], screen: Screen) -> None:
    from harness.console.summary import show_record, show_seeds

    if options["dry_run"]:
        return
    records = [folder.record() for folder in folders]
    for folder, record in zip(folders, records, strict=True):
        show_record(screen.console, record)
        screen.say(f"record: {folder.record_path}")
    if len(records) > 1:
        show_seeds(screen.console, records)
    if options["as_json"]:
        texts = [record.model_dump_json(indent=1) for record in records]
        click.echo(texts[0] if options["seeds"] is None else "[" + ",\n".join(texts) + "]")
    else:
        screen.say(_next(records[0].config, _called(folders[0])))


def _called(folder: RunFolder) -> str:
    """What a command takes for this run as it is typed: its id, or its folder elsewhere than in runs/."""
    return folder.id if folder.path.parent == Path("runs") else shlex.quote(str(folder.path))


def _next(config: dict[str, Any], called: str) -> str:
    own = config["data"]["dataset"] == "localglobal"
    videos = "; '--dataset folder --data-root DIR' takes your own videos" if own else ""
    return (
        f"next: 'harness show {called}' shows this again; {_other(config, called)}; "
        f"'--seeds 5' tells chance from effect{videos}"
    )


def _other(config: dict[str, Any], called: str) -> str:
    """A method to run beside this one, or after it: one that takes the same streams."""
    from methods.catalogue import METHODS

    name = config["method"]["name"]
    entry = METHODS.get(name)
    if name == "single":
        stream = config["method"]["settings"].get("stream", "local")
        return f"'--method mbd --weights-{stream} {called}' begins with what this run trained"
    if entry.after:
        return f"'{entry.after} {called}' goes on from it"
    if entry.teacher:
        student = "global" if entry.teacher == "local" else "local"
        return f"'--method single --set method.stream={student}' trains the same student without a teacher"
    same = "trains the same streams on the same clips otherwise"
    if entry.twins:
        other = next(each.name for each in METHODS if each.twins and each.target != entry.target)
        return f"'--method {other} --backbone {config['local']['backbone']}' {same}"
    return f"'--method {'two_stream' if name == 'mbd' else 'mbd'}' {same}"
