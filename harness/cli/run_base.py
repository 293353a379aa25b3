"""Options of trained weights, and which preset `harness run` takes where none is named. No torch."""

from __future__ import annotations

from functools import reduce
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

from backbones.base.errors import UserError
from harness.cli.options import Option, base_given
from harness.config.base.base import Base

FOR_GIVEN_WEIGHTS = "finetune"


def weights_options() -> Option:
    """`--weights-local` and `--weights-global`: what `base_of_run` goes by, too."""
    local = click.option(
        "--weights-local",
        metavar="NAME|FILE|RUN",
        help="Initial weights of the local stream: published ones, a file, or a finished run's.",
    )
    glob = click.option("--weights-global", metavar="NAME|FILE|RUN", help="Likewise of the global stream.")
    return lambda command: local(glob(command))


def training_options() -> Option:
    """`--epochs` and the other settings of `train` that have an option."""
    options = (
        click.option("--epochs", type=click.IntRange(min=1), help="Passes over the training videos."),
        click.option("--batch-size", type=click.IntRange(min=1), help="Videos per step, over all processes."),
        click.option(
            "--micro-batch", type=click.IntRange(min=1), help="Videos per forward pass; changes BatchNorm."
        ),
        click.option(
            "--lr", type=click.FloatRange(min=0, max=1000, min_open=True), help="Initial learning rate."
        ),
    )
    return lambda command: reduce(lambda inner, option: option(inner), reversed(options), command)


def base_of_run(
    ctx: click.Context, preset: str, config: Path | None, given: dict[str, Any]
) -> tuple[Base, str]:
    """(what the options lie over, why it is not the usual preset, "" where it is).

    given: the options; "out" is the folder of runs. Real videos and trained weights are what `finetune` is
    for; `tiny` has narrow networks on small clips. A `click.UsageError` for weights without a name.
    """
    for name in ("local", "global"):
        if given[f"weights_{name}"] == "":
            raise click.UsageError(
                f"--weights-{name} is empty: give a name, a file or a run, or leave it out"
            )
    named = config is not None or ctx.get_parameter_source("preset") is ParameterSource.COMMANDLINE
    weights = [given[f"weights_{name}"] for name in ("local", "global") if given[f"weights_{name}"]]
    if named or not weights or not _is_real(given["dataset"]):
        return base_given(ctx, preset, config), ""
    if all(_is_run(text, given["out"]) for text in weights):  # trained under another preset
        return Base(preset), ""
    return Base(
        FOR_GIVEN_WEIGHTS
    ), f"preset {FOR_GIVEN_WEIGHTS}, since trained weights are given for real videos"


def _is_real(dataset: str | None) -> bool:
    from harness.data.registry import DATASETS

    entry = DATASETS.find(dataset) if dataset else None
    return entry is not None and entry.needs_root


def _is_run(text: str, out: Path) -> bool:
    from harness.record.folder import find_run

    try:
        find_run(out, text)
    except UserError:
        return False
    return True
