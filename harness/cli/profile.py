"""`harness profile`: what backbones cost, reported beside measured."""

from __future__ import annotations

import json
from typing import Any

import click

EPILOG = """\b
Examples:
  harness profile r2plus1d50
  harness profile r2plus1d50 vtn_vitb --json
  harness profile r2plus1d18 --width 0.25 --frames 16 --size 64 --classes 16
"""


@click.command(epilog=EPILOG)
@click.argument("names", metavar="BACKBONE…", nargs=-1, required=True)
@click.option("--frames", type=click.IntRange(min=1), help="Frames per clip [default: as in its source].")
@click.option("--size", type=click.IntRange(min=1), help="Side of the crop in pixels [default: likewise].")
@click.option("--classes", type=click.IntRange(min=2), default=400, show_default=True)
@click.option("--width", type=click.FloatRange(min=0, min_open=True), default=1.0, show_default=True)
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Clips at a time.")
@click.option("--device", default="auto", show_default=True, help="auto, cpu or cuda.")
@click.option("--precision", default="fp32", show_default=True, help="auto, fp32 or bf16.")
@click.option("--no-latency", is_flag=True, help="Count only: nothing is computed, so any size fits.")
@click.option("--json", "as_json", is_flag=True, help="Print as JSON.")
def profile(names: tuple[str, ...], as_json: bool, **options: Any) -> None:
    """Parameters, multiply-adds, FLOPs, latency and memory of one clip (view)."""
    from backbones.registry import find

    entries = [find(name) for name in names]
    rows = [_profile(entry, options) for entry in entries]
    if as_json:
        click.echo(json.dumps(rows, indent=1, ensure_ascii=False))
        return
    _show(rows)


def _profile(entry: Any, options: dict[str, Any]) -> dict[str, Any]:
    import torch

    from backbones.registry import build
    from harness.cost import count, measure
    from harness.device import choose
    from harness.names import label
    from results.networks import reported

    frames, size = options["frames"] or entry.input.frames, options["size"] or entry.input.crop
    settings = {
        "classes": options["classes"],
        "frames": frames,
        "size": size,
        "width": options["width"],
    }
    with torch.device("meta"):
        counted = count(build(entry.name, **settings))
    row: dict[str, Any] = {
        "backbone": label(entry.name, options["width"]),
        **settings,
        "parameters": counted.parameters,
        "macs": counted.macs,
        "flops": counted.flops,
        "counter": counted.counter,
        "cross_check_macs": counted.cross_check,
        "uncounted": list(counted.uncounted),
        "reported": [vars(item) for item in reported(entry.name)] if options["width"] == 1 else [],
    }
    if options["no_latency"]:
        return row
    device = choose(options["device"], options["precision"])
    network = build(entry.name, **settings)
    speed = measure(network, batch=options["batch"], device=device.kind, precision=device.precision)
    return row | {"latency": vars(speed) | {"device": device.kind, "precision": device.precision}}


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("", "clip", "M parameters", "G MACs", "G FLOPs", "ms", "peak MB", "on"):
        table.add_column(name, justify="left" if name in ("", "clip", "on") else "right", no_wrap=not name)
    sources: list[str] = []
    for row in rows:
        table.add_row(*_measured(row))
        for item in row["reported"]:
            sources.append(item["source"] + (f" ({item['note']})" if item["note"] else ""))
            table.add_row(*_reported(item, len(sources)))
    console.print(table)
    for number, source in enumerate(sources, start=1):
        console.print(f"({number}) {source}", soft_wrap=True)
    console.print(
        "measured: one forward pass here; counted by "
        f"{rows[0]['counter']}, a multiply-add is 1 MAC = 2 FLOPs; reported: by the source; "
        f"derived: by arithmetic on the layers; {rows[0]['classes']} classes",
        style="dim",
    )
    for row in rows:
        if row["uncounted"]:
            console.print(f"{row['backbone']}: not counted: {', '.join(row['uncounted'])}", style="dim")


def _measured(row: dict[str, Any]) -> tuple[str, ...]:
    speed = row.get("latency")
    memory = speed and speed["peak_memory_bytes"]
    return (
        f"{row['backbone']} measured",
        f"{row['frames']}x{row['size']}x{row['size']}",
        f"{row['parameters'] / 1e6:.3f}",
        f"{row['macs'] / 1e9:.3f}",
        f"{row['flops'] / 1e9:.3f}",
        f"{1000 * speed['median_s']:.1f}" if speed else "–",
        f"{memory / 1e6:.0f}" if memory else "–",
        f"{speed['device']} {speed['precision']}" if speed else "–",
    )


def _reported(item: dict[str, Any], number: int) -> tuple[str, ...]:
    def shown(value: float | None) -> str:
        return f"{value:g}" if value is not None else "–"

    flops = 2 * item["gmacs"] if item["gmacs"] is not None else None
    clip = f"{item['frames']}x{item['size']}x{item['size']}"
    return (
        f"  {item['provenance']} ({number})",
        clip,
        shown(item["parameters_m"]),
        shown(item["gmacs"]),
        shown(flops),
        "–",
        "–",
        "–",
    )
