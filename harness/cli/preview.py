"""`harness data preview`: a contact sheet of what the streams of a run see."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

EPILOG = """\b
Examples:
  harness data preview
  harness data preview --preset paper --dataset ucf101 --data-root DIR --videos 1
"""


@click.command(epilog=EPILOG)
@click.option("--backbone", "local", help="The local stream's network; the preset's where not given.")
@click.option("--global-backbone", "glob", help="The global stream's network; the preset's where not given.")
@click.option("--dataset", help="Data set ('harness list datasets'); generated clips where not given.")
@click.option("--data-root", type=click.Path(path_type=Path), help="Folder of the data set.")
@click.option("--split", help="Split of the data set.")
@click.option("--preset", default="tiny", show_default=True, help="Where all other settings come from.")
@click.option("--seed", type=click.IntRange(min=0), help="Seed of everything random [default: 0].")
@click.option("--set", "pairs", multiple=True, metavar="KEY=VALUE", help="Any setting of a run.")
@click.option("--videos", type=click.IntRange(1, 100), default=2, show_default=True, help="Of each part.")
@click.option("--epoch", type=click.IntRange(min=0), default=0, show_default=True, help="Of training.")
@click.option("--out", type=click.Path(path_type=Path), default=Path("preview.png"), show_default=True)
def preview(**options: Any) -> None:
    """Draw both streams' frames after scaling, cropping and flipping: in training and in each test view.

    Colours are as decoded; networks get them with mean and deviation of their weights taken out.
    """
    from harness.config.resolve import resolve
    from harness.console.console import Screen
    from harness.data.clips import preview as sheets
    from harness.data.registry import open_index
    from harness.files import check_writable, write_atomically
    from harness.training.streams import input_spec

    if options["out"].suffix != ".png":
        raise click.UsageError(f"--out {options['out']}: the sheet is a PNG; name it ….png")
    check_writable(options["out"])
    config = resolve(options["preset"], _flags(options), options["pairs"])
    data = config.data
    index = open_index(data.dataset, options["data_root"], data.split, data.settings)
    protocol = sheets.Protocol(
        specs={name: input_spec(stream, None) for name, stream in config.streams().items()},
        seed=config.seed,
        short=data.short,
        flip=index.flip if data.flip is None else data.flip,
        clips={"local": config.test.local_clips, "global": config.test.global_clips},
        crops=config.test.crops,
    )
    strips = sheets.sheet(index, protocol, options["videos"], options["epoch"])
    heading = f"{index.dataset}, split {index.split}, preset {config.preset}, seed {config.seed}"
    write_atomically(options["out"], lambda path: sheets.draw(strips, path, heading))
    Screen(json=False).say(f"{len(strips)} clips of both streams: {options['out']}")


def _flags(options: dict[str, Any]) -> dict[str, Any]:
    return {
        "seed": options["seed"],
        "method": {"name": "mbd"},  # any: methods do not change what streams see
        "local": {"backbone": options["local"]},
        "global": {"backbone": options["glob"]},
        "data": {"dataset": options["dataset"], "split": options["split"]},
    }
