"""`harness profile`: what backbones cost, reported and measured."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from harness.cli.options import (
    BACKBONES,
    config_option,
    device_option,
    frames_option,
    json_option,
    precision_option,
    restart_option,
    size_option,
    width_option,
)
from harness.cli.path_type import PATH

Row = dict[str, Any]

EPILOG = """\b
Examples:
  harness profile r2plus1d50
  harness profile r2plus1d50 vtn_vitb --json
  harness profile r2plus1d18 --width 0.25 --frames 16 --size 64 --classes 16 --stages
  harness profile --config my.yaml
  harness profile --all --out profiles --limit 300
  harness profile 'x3d_*' 'vtn_*' --all --device cuda --precision bf16 --batch 8
"""


@dataclass(frozen=True)
class ProfileOptions:
    """What `harness profile` was given; sizes as in `harness.cost.profile.Asked`.

    names: of backbones, patterns with --all (`every`). out, limit (seconds), restart: of --all.
    """

    names: tuple[str, ...]
    every: bool
    config: Path | None
    frames: int | None
    size: int | None
    classes: int
    width: float
    batch: int
    device: str
    precision: str
    warmup: int
    repeats: int
    stages: bool
    no_latency: bool
    out: Path
    limit: float
    restart: bool
    as_json: bool


@click.command(epilog=EPILOG)
@click.argument("names", metavar="[BACKBONE]…", nargs=-1, shell_complete=BACKBONES)
@click.option(
    "--all",
    "every",
    is_flag=True,
    help="Every backbone (that matches a pattern given), each in its own process.",
)
@config_option("Both streams of a configuration file, at its sizes.")
@frames_option("Frames per clip [default: as published].")
@size_option("Side of the crop in pixels [default: as published].")
@click.option("--classes", type=click.IntRange(min=2), default=400, show_default=True, help="Of the head.")
@width_option("Factor on the channels; 1 is the published network.", default=1.0)
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Clips per pass.")
@device_option()
@precision_option("fp32")
@click.option("--warmup", type=click.IntRange(min=1), default=2, show_default=True, help="Untimed passes.")
@click.option("--repeats", type=click.IntRange(min=1), default=10, show_default=True, help="Timed passes.")
@click.option("--stages", is_flag=True, help="Also each stage, and the whole 10 x 3 protocol.")
@click.option("--no-latency", is_flag=True, help="Count only: no pass is run, so any size fits.")
@click.option(
    "--out",
    type=PATH,
    default=Path("profiles"),
    show_default=True,
    help="With --all: folder of the records; a backbone that has one is skipped.",
)
@click.option(
    "--limit",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="With --all: a backbone that takes longer is counted only, and its row says so.",
)
@restart_option("With --all: replace existing records.")
@json_option()
def profile(**given: Any) -> None:
    """Measure parameters, multiply-adds, FLOPs, latency, throughput and memory of one clip (view).

    Latency is the median of --repeats passes in evaluation mode, after --warmup untimed passes. Peak memory
    is the weights plus the largest increase during a pass.
    """
    from harness.cost.profile_table import show

    options = ProfileOptions(**given)
    if options.config:
        rows = _of_config(options, options.config)
    elif options.every:
        rows = _every(options)
    elif options.names:
        rows = _these(options)
    else:
        raise click.UsageError("name a backbone, or give --all or --config FILE")
    if options.as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        show(rows)


def _these(options: ProfileOptions) -> list[Row]:
    from backbones.building import find

    entries = [find(name) for name in options.names]
    from harness.cost.profile import Asked, profile  # torch comes with it

    known = Asked.__dataclass_fields__
    shared = {name: value for name, value in vars(options).items() if name in known}
    asked = Asked(**shared, latency=not options.no_latency)
    return [profile(entry, asked) | {"reported": _reported(entry.name, asked.width)} for entry in entries]


def _of_config(options: ProfileOptions, file: Path) -> list[Row]:
    """A row for each stream."""
    from backbones.building import find
    from harness.config.base.config_file import read_config
    from harness.config.resolve import resolve

    if options.names or options.every or options.frames or options.size or options.width != 1:
        raise click.UsageError(
            "--config says which networks are measured and at what sizes: leave out names, --all, --frames, "
            "--size and --width"
        )
    config = resolve(read_config(file), {}, ())
    from harness.cost.profile import Asked, profile

    shared = {name: value for name, value in vars(options).items() if name in Asked.__dataclass_fields__}
    rows = []
    for name, stream in config.streams().items():
        sizes = {"frames": stream.frames, "size": stream.crop, "width": stream.width}
        entry, flow = find(stream.backbone), stream.modality == "flow"
        channels = 2 * (stream.flow.stack or entry.input.flow.stack) if flow else 3
        own = {"in_channels": channels, "modality": stream.modality} if flow else {}
        asked = Asked(
            **{**shared, **sizes, "stream": {**stream.settings, **own}}, latency=not options.no_latency
        )
        rows.append(profile(entry, asked) | {"stream": name, "reported": []})
    return rows


def _reported(name: str, width: float) -> list[Row]:
    """What sources report of the network at its full width."""
    from results.claims.networks import reported

    return [vars(item) for item in reported(name)] if width == 1 else []


def _every(options: ProfileOptions) -> list[Row]:
    """Reports each backbone when it is done; one that fails is a row and does not end the others."""
    from harness.cost.profile_all import profile_all

    names = _matching(options.names)
    profiles = profile_all(
        names, _passed_on(options), options.out, options.limit, _suffix(options), options.restart
    )
    rows = []
    for number, (name, row, skipped) in enumerate(profiles, start=1):
        rows.append(row)
        outcome = row.get("failed") or row.get("not_measured")
        outcome = outcome or ("already measured, skipped" if skipped else "done")
        if not options.as_json:
            click.echo(f"{number}/{len(names)} {name}: {outcome}", err=True)
    return rows


def _matching(patterns: tuple[str, ...]) -> list[str]:
    """Names of the registry, open ones ("vtn:*") left out."""
    import fnmatch

    import backbones.catalogue  # noqa: F401
    from backbones.building import find
    from backbones.registry import BACKBONES

    named = [name for name in BACKBONES.discover().names() if not name.endswith("*")]
    wanted: list[str] = []
    for pattern in patterns or ("*",):
        found = [name for name in named if fnmatch.fnmatchcase(name, pattern)]
        wanted += found or [find(pattern).name]
    return list(dict.fromkeys(wanted))


def _passed_on(options: ProfileOptions) -> list[str]:
    """The options that each backbone's own process is given."""
    from backbones.base.plugins import PLUGINS
    from harness.config.command import sources

    sizes = ("frames", "size", "classes", "width", "batch", "device", "precision", "warmup", "repeats")
    values = {name: getattr(options, name) for name in sizes}
    given = [f"--{name}={value}" for name, value in values.items() if value is not None]
    given += sources((), map(str, PLUGINS.files))
    return [*given, *["--no-latency"] * options.no_latency]


def _suffix(options: ProfileOptions) -> str:
    """What tells the name of a backbone's record from its other records: device, precision, non-defaults."""
    defaults = {"frames": None, "size": None, "classes": 400, "width": 1.0, "batch": 1}
    if not options.no_latency:
        defaults |= {"warmup": 2, "repeats": 10}
    values = {name: getattr(options, name) for name in defaults}
    apart = [f"{name}{value:g}" for name, value in values.items() if value != defaults[name]]
    if options.no_latency:
        return "-".join(["", "counted", *apart])
    from harness.training.device import choose

    device = choose(options.device, options.precision)
    return "-".join(["", device.kind, device.precision, *apart])
