"""`harness data preview`: a contact sheet of what the streams of a run see."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from harness.cli.options import (
    RUNS,
    config_option,
    data_root_option,
    dataset_option,
    global_backbone_option,
    local_backbone_option,
    preset_option,
    seed_option,
    set_option,
    split_option,
)
from harness.cli.path_type import PATH
from harness.cli.run_base import base_of_run, weights_options

if TYPE_CHECKING:
    from harness.config.base.base import Base
    from harness.config.schema import Config
    from harness.data.clips.preview import Protocol
    from harness.data.index import VideoIndex

EPILOG = """\b
Examples:
  harness data preview
  harness data preview --dataset folder --data-root DIR --weights-global imagenet
  harness data preview --preset paper --dataset ucf101 --data-root DIR --videos 1
"""


@dataclass(frozen=True)
class PreviewOptions:
    """What `harness data preview` was given. local, glob: backbones. base: a preset or a file over one.
    videos: of each split."""

    local: str | None
    glob: str | None
    dataset: str | None
    data_root: Path | None
    split: str | None
    weights_local: str | None
    weights_global: str | None
    base: Base
    seed: int | None
    pairs: tuple[str, ...]
    videos: int
    epoch: int
    out: Path

    def flags(self) -> dict[str, Any]:
        """The options as a tree, as presets have it."""
        return {
            "seed": self.seed,
            # Any will do where none is named: methods do not change what streams see.
            "method": {"name": None if self.base.names_method else "two_stream"},
            "local": {"backbone": self.local, "weights": self.weights_local},
            "global": {"backbone": self.glob, "weights": self.weights_global},
            "data": {"dataset": self.dataset, "split": self.split},
        }


@click.command(epilog=EPILOG)
@local_backbone_option()
@global_backbone_option()
@dataset_option()
@data_root_option()
@split_option()
@preset_option()
@config_option()
@weights_options()
@seed_option()
@set_option()
@click.option(
    "--videos", type=click.IntRange(1, 100), default=2, show_default=True, help="Videos of each split."
)
@click.option(
    "--epoch",
    type=click.IntRange(min=0),
    default=0,
    show_default=True,
    help="Epoch whose training clips are drawn.",
)
@click.option("--out", type=PATH, default=Path("preview.png"), show_default=True, help="File of the PNG.")
@click.pass_context
def preview(ctx: click.Context, preset: str, config: Path | None, **given: Any) -> None:
    """Draw both streams' frames after scaling, cropping and flipping, in training and in each test view.

    Give the networks, weights and settings that the run will have: it sees what 'harness run' shows them.
    Colours are as decoded; the networks see them normalised by the mean and standard deviation that belong to
    their weights.
    """
    from harness.config.resolve import resolve
    from harness.console.console import RunConsole
    from harness.data.clips.preview import draw, sheet
    from harness.data.registry import open_index
    from harness.files import check_writable, write_atomically

    base, why = base_of_run(ctx, preset, config, {**given, "out": RUNS})
    options = PreviewOptions(base=base, **given)
    console = RunConsole(json=False)
    if why:
        console.say(f"{why}; --preset names another")
    if options.out.suffix != ".png":
        raise click.UsageError(f"--out {options.out}: the sheet is a PNG; give a name that ends in .png")
    check_writable(options.out)
    resolved = resolve(options.base, options.flags(), options.pairs)
    data = resolved.data
    index = open_index(data.dataset, options.data_root, data.split, data.settings)
    strips = sheet(index, _protocol(resolved, index), options.videos, options.epoch)
    heading = f"{index.dataset}, split {index.split}, preset {resolved.preset}, seed {resolved.seed}"
    write_atomically(options.out, lambda path: draw(strips, path, heading))
    console.say(f"{len(strips)} clips of both streams, preset {resolved.preset}: {options.out}")


def _protocol(config: Config, index: VideoIndex) -> Protocol:
    from backbones.base.streams import PerStream
    from harness.data.clips.preview import Protocol
    from harness.evaluation.plan import evaluation_plan
    from harness.training.plan import train_sampling
    from harness.training.streams.build import input_spec

    streams = PerStream(config.local, config.glob)
    return Protocol(
        specs={name: input_spec(stream, None) for name, stream in streams.items()},
        sampling=train_sampling(config, index.flip),
        views=evaluation_plan(config).test,
    )
