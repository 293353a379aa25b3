"""Options that several commands share: each is defined here, once."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from functools import reduce
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from harness.cli.completion import names_of
from harness.cli.path_type import PATH

if TYPE_CHECKING:
    from harness.config.base.base import Base

Option = Callable[[Callable[..., Any]], Callable[..., Any]]  # what decorates a command


RUNS = Path("runs")

BACKBONES = names_of("backbones.catalogue:BACKBONES")
METHODS = names_of("methods.catalogue:METHODS")
FUSIONS = names_of("methods.fusion.catalogue:FUSIONS")
DATASETS = names_of("harness.data.registry:DATASETS")


def _load_plugins(ctx: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> None:
    if paths:
        from backbones.base.plugins import PLUGINS

        for path in paths:
            PLUGINS.load_file(path)


def plugin_option() -> click.Option:
    """`--plugin`, which every command takes; it is read first, so that all names are known after it."""
    return click.Option(
        ["--plugin", "plugins"],
        type=PATH,
        multiple=True,
        metavar="FILE.py",
        is_eager=True,
        expose_value=False,
        callback=_load_plugins,
        help="Your own backbone, method, fusion or data set: this file is executed. May be repeated.",
    )


def _load_papers(ctx: click.Context, option: click.Parameter, paths: tuple[Path, ...]) -> None:
    if paths:
        from harness.papers.registry import PAPERS

        for path in paths:
            PAPERS.load(path)


def paper_option() -> click.Option:
    """`--paper`, which every command takes; it is read first, as `--plugin` is."""
    return click.Option(
        ["--paper", "papers"],
        type=PATH,
        multiple=True,
        metavar="DIR",
        is_eager=True,
        expose_value=False,
        callback=_load_papers,
        help="Folder of your own paper; its method.py is executed. May be repeated.",
    )


def json_option(help: str = "Print as JSON.") -> Option:
    return click.option("--json", "as_json", is_flag=True, help=help)


def run_folder_option(*names: str) -> Option:
    """`--out` of commands that make or read runs: one folder. `--runs` too, as commands over runs call it.

    names: others, where --out is the file that is written."""
    names = names or ("--out", "--runs")
    return click.option(*names, "out", type=PATH, default=RUNS, show_default=True, help="Folder of runs.")


def run_folders_option(help: str = "Folder of runs; may be repeated.") -> Option:
    """`--runs` of commands that compare runs: as many folders as are given."""
    return click.option("--runs", type=PATH, multiple=True, default=(RUNS,), show_default="runs", help=help)


def print_where_runs_go(runs: tuple[Path, ...], of_study: bool = False) -> None:
    """Under commands that make runs, where other folders than the default one are read: on stderr.

    of_study: among what was read are runs of a study, whose folder is for the runs of its plan alone."""
    if of_study:
        click.echo(f"the commands shown write to {RUNS}/, and their runs are no part of the study", err=True)
    elif RUNS not in runs:
        folders = " or ".join(shlex.quote(str(folder)) for folder in runs)
        click.echo(
            f"the commands shown write to {RUNS}/: to add to these runs, give 'harness run' --out {folders}, "
            f"and 'harness table' --runs {folders}",
            err=True,
        )


def set_option(help: str = "Any setting, e.g. train.lr=0.01.", metavar: str = "KEY=VALUE") -> Option:
    return click.option("--set", "pairs", multiple=True, metavar=metavar, help=f"{help} May be repeated.")


def data_root_option(help: str = "Folder of the data set.") -> Option:
    return click.option("--data-root", type=PATH, callback=_without_name, help=help)


def _without_name(context: click.Context, option: click.Parameter, given: Path | None) -> Path | None:
    """The folder of `NAME=DIR`, as runs take it, where a command reads one data set alone."""
    if given is None or given.exists():
        return given
    from harness.data.registry import DATASETS as KNOWN

    name, equals, folder = str(given).partition("=")
    return Path(folder) if equals and folder and KNOWN.find(name) else given


def data_roots_option() -> Option:
    """`--data-root` of runs, which may start from runs on other data sets."""
    return click.option(
        "--data-root",
        multiple=True,
        metavar="[NAME=]DIR",
        help="Folder of the data set; of the one it is pre-trained on, NAME=DIR beside it.",
    )


def split_option(help: str = "Split of the data set [default: its first].") -> Option:
    return click.option("--split", help=help)


def dataset_option() -> Option:
    """`--dataset` of commands that read videos."""
    return click.option(
        "--dataset",
        shell_complete=DATASETS,
        help="Data set ('harness list datasets') [default: generated clips].",
    )


def measured_on_option(
    help: str = "Only runs on this data set [default: by most runs].",
) -> Option:
    """`--dataset` of commands that read records."""
    return click.option("--dataset", shell_complete=DATASETS, help=help)


def seeds_option(help: str = "Only seeds 0 … N-1.") -> Option:
    return click.option("--seeds", type=click.IntRange(min=1), metavar="N", help=help)


def protocol_option() -> Option:
    return click.option("--protocol", help="Only runs of this protocol (a footer names it).")


def margin_option() -> Option:
    return click.option(
        "--margin",
        type=click.FloatRange(min=0, min_open=True),
        default=0.5,
        show_default=True,
        help="Percentage points within which a number counts as reproduced.",
    )


def preset_option() -> Option:
    return click.option(
        "--preset",
        default="tiny",
        show_default=True,
        help="Defaults of all settings ('harness list presets').",
    )


def config_option(help: str = "Settings in a file, laid over the preset that it extends.") -> Option:
    return click.option("--config", type=PATH, metavar="FILE", help=help)


def base_given(ctx: click.Context, preset: str, config: Path | None) -> Base:
    """What options are laid over: the preset, or the file that was given in its place.

    A `click.UsageError` where both are given.
    """
    from harness.config.base.base import Base

    if config is None:
        return Base(preset)
    if ctx.get_parameter_source("preset") is ParameterSource.COMMANDLINE:
        raise click.UsageError(
            f"--preset and --config exclude each other: say 'extends: {preset}' in {config}"
        )
    from harness.config.base.config_file import read_config

    return read_config(config)


def seed_option() -> Option:
    return click.option("--seed", type=click.IntRange(min=0), help="Seed of all random numbers [default: 0].")


def local_backbone_option() -> Option:
    return click.option(
        "--backbone",
        "local",
        shell_complete=BACKBONES,
        help="Local stream's network ('harness list backbones') [default: the preset's].",
    )


def global_backbone_option() -> Option:
    return click.option(
        "--global-backbone",
        "glob",
        shell_complete=BACKBONES,
        help="Global stream's network [default: the preset's].",
    )


def device_option(help: str = "auto, cpu or cuda.") -> Option:
    return click.option("--device", default="auto", show_default=True, help=help)


def precision_option(default: str | None = None) -> Option:
    shown = default is not None
    return click.option("--precision", default=default, show_default=shown, help="auto, fp32 or bf16.")


def tracker_options() -> Option:
    """Names only, so that help imports no tracker; `harness.training.trackers.catalogue` has the same."""
    tracker = click.option(
        "--tracker",
        "trackers",
        type=click.Choice(["csv", "tensorboard", "trackio", "wandb", "mlflow"]),
        multiple=True,
        help="Also give the run's numbers to this tracker, on this machine alone; may be repeated.",
    )
    tensorboard = click.option("--tensorboard", is_flag=True, help="The same as --tracker tensorboard.")
    return lambda command: tracker(tensorboard(command))


def compute_options() -> Option:
    """Of a training: on what, in which precision, and at which price in memory and time."""
    checkpointing = click.option(
        "--gradient-checkpointing",
        is_flag=True,
        help="Less memory for a second forward pass: stages are computed again in the backward pass.",
    )
    options = (device_option(), precision_option(), determinism_option(), checkpointing)
    return lambda command: reduce(lambda made, option: option(made), reversed(options), command)


def determinism_option() -> Option:
    return click.option(
        "--determinism",
        type=click.Choice(["off", "best-effort", "strict"]),
        default="off",
        show_default=True,
        help="Whether GPUs must compute the same bits every time: where they can, or always or not at all.",
    )


def restart_option(help: str) -> Option:
    return click.option("--restart", is_flag=True, help=help)


def workers_option(least: int, help: str) -> Option:
    return click.option("--workers", type=click.IntRange(min=least), help=help)


def frames_option(help: str) -> Option:
    return click.option("--frames", type=click.IntRange(min=1), help=help)


def size_option(help: str) -> Option:
    return click.option("--size", type=click.IntRange(min=1), help=help)


def width_option(help: str, default: float | None = None) -> Option:
    """A factor on a network's channels."""
    shown = default is not None
    kind = click.FloatRange(min=0, min_open=True)
    return click.option("--width", type=kind, default=default, show_default=shown, help=help)
