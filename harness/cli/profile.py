"""`harness profile`: what backbones cost, reported beside measured."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from harness.cli.completion import names_of

EPILOG = """\b
Examples:
  harness profile r2plus1d50
  harness profile r2plus1d50 vtn_vitb --json
  harness profile r2plus1d18 --width 0.25 --frames 16 --size 64 --classes 16 --stages
  harness profile --all --out profiles --limit 300
  harness profile 'x3d_*' 'vtn_*' --all --device cuda --precision bf16 --batch 8
"""


@click.command(epilog=EPILOG)
@click.argument(
    "names", metavar="[BACKBONE]…", nargs=-1, shell_complete=names_of("backbones.catalogue:BACKBONES")
)
@click.option("--all", "every", is_flag=True, help="Every network (of those patterns), each in a process.")
@click.option("--frames", type=click.IntRange(min=1), help="Frames per clip [default: as in its source].")
@click.option("--size", type=click.IntRange(min=1), help="Side of the crop in pixels [default: likewise].")
@click.option("--classes", type=click.IntRange(min=2), default=400, show_default=True)
@click.option("--width", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Clips at a time.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--precision", default="fp32", show_default=True, help="auto, fp32 or bf16.")
@click.option("--warmup", type=click.IntRange(min=1), default=2, show_default=True, help="Passes not timed.")
@click.option("--repeats", type=click.IntRange(min=1), default=10, show_default=True, help="Passes timed.")
@click.option("--stages", is_flag=True, help="Also stage by stage, and the whole 10 x 3 protocol.")
@click.option("--no-latency", is_flag=True, help="Count only: nothing is computed, so any size fits.")
@click.option(
    "--out",
    type=click.Path(path_type=Path),
    default=Path("profiles"),
    show_default=True,
    help="With --all: the folder of the records. Those that are there are not made again.",
)
@click.option(
    "--limit",
    type=float,
    default=300.0,
    show_default=True,
    metavar="SECONDS",
    help="With --all: a network that takes longer is counted only, and its row says so.",
)
@click.option("--restart", is_flag=True, help="With --all: make the records that are there again.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
@click.pass_context
def profile(
    context: click.Context, names: tuple[str, ...], every: bool, as_json: bool, **options: Any
) -> None:
    """Parameters, multiply-adds, FLOPs, latency, throughput and memory of one clip (view).

    Latency is the median of --repeats passes in evaluation after --warmup passes that are not timed; peak
    memory is the weights and the largest increase during a pass.
    """
    from harness.cost.profile_table import show

    if every:
        rows = _every(names, options, quiet=as_json)
    elif names:
        rows = _these(names, options)
    else:
        raise click.UsageError("name a backbone, or say --all", context)
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
    else:
        show(rows)


def _these(names: tuple[str, ...], options: dict[str, Any]) -> list[dict[str, Any]]:
    from backbones.building import find

    entries = [find(name) for name in names]
    from harness.cost.profile import Asked, profile

    kept = {key: options[key] for key in Asked.__dataclass_fields__ if key in options}
    asked = Asked(**kept, latency=not options["no_latency"])
    return [profile(entry, asked) | {"reported": _reported(entry.name, asked.width)} for entry in entries]


def _reported(name: str, width: float) -> list[dict[str, Any]]:
    """What sources say of the network at its full width."""
    from results.claims.networks import reported

    return [vars(item) for item in reported(name)] if width == 1 else []


def _every(patterns: tuple[str, ...], options: dict[str, Any], quiet: bool) -> list[dict[str, Any]]:
    """Says each network as it is done; a failed one is a row and ends nothing."""
    from harness.cost.profile_all import profile_all

    names = _matching(patterns)
    given, suffix = _passed_on(options)
    rows = []
    for number, (name, row, there) in enumerate(
        profile_all(names, given, options["out"], options["limit"], suffix, options["restart"]), start=1
    ):
        rows.append(row)
        why = row.get("failed") or row.get("not_measured") or ("there already" if there else "done")
        if not quiet:
            click.echo(f"{number}/{len(names)} {name}: {why}", err=True)
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


def _passed_on(options: dict[str, Any]) -> tuple[list[str], str]:
    """The options for each network's own process, and what tells its record from others of the network."""
    from backbones.base.plugins import PLUGINS

    kept = ("frames", "size", "classes", "width", "batch", "device", "precision", "warmup", "repeats")
    given = [f"--{key}={options[key]}" for key in kept if options[key] is not None]
    given += [word for path in PLUGINS.files for word in ("--plugin", str(path))]
    defaults = {"frames": None, "size": None, "classes": 400, "width": 1.0, "batch": 1}
    if not options["no_latency"]:
        defaults |= {"warmup": 2, "repeats": 10}
    apart = [f"{key}{options[key]:g}" for key, usual in defaults.items() if options[key] != usual]
    if options["no_latency"]:
        return [*given, "--no-latency"], "-".join(["", "counted", *apart])
    from harness.training.device import choose

    device = choose(options["device"], options["precision"])
    return given, "-".join(["", device.kind, device.precision, *apart])
