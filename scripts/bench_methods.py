"""Time per step of each registered method relative to plain two_stream on the same streams, in one run.

    .venv/bin/python scripts/bench_methods.py [--method mbd …] [--repeats 15] [--set key=value …]

Both take the trainer's own step on the same random clips from the same initial streams. Steps are taken in
turn, two_stream then the method, so that a drifting machine drifts for both; a ratio is of two neighbouring
steps, and its median and quartiles are shown. Where other work runs too, the spread says how little it means.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import json
import statistics
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import torch
from bench_train_step import CLASSES, batch_of, timed, trainer_step

from backbones.base.errors import UserError
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.training import device as devices
from harness.training.streams.build import make
from methods.catalogue import METHODS

BASE = "two_stream"


def step_of(config: Config, device: devices.Device) -> Callable[[], None]:
    """The trainer's step of the configured method, from the streams that its seed gives."""
    streams = make(config, CLASSES)
    streams.method.to(device.kind)
    return trainer_step(streams, config, device, batch_of(streams, config.train.batch_size))


def neighbours(
    base: Callable[[], None], other: Callable[[], None], repeats: int, cuda: bool
) -> Iterator[tuple[float, float]]:
    """Seconds of a step of each, one after the other; the first two of each are not counted."""
    for number in range(repeats + 2):
        pair = timed(base, cuda), timed(other, cuda)
        if number > 1:
            yield pair


def row(name: str, pairs: list[tuple[float, float]]) -> dict[str, Any]:
    ratios = [other / base for base, other in pairs]
    low, middle, high = statistics.quantiles(ratios, n=4)
    return {
        "method": name,
        "ratio": round(middle, 3),
        "quartiles": [round(low, 3), round(high, 3)],
        "range": [round(min(ratios), 3), round(max(ratios), 3)],
        "two_stream_s": round(statistics.median(base for base, _ in pairs), 4),
        "method_s": round(statistics.median(other for _, other in pairs), 4),
        "repeats": len(pairs),
    }


def say(found: dict[str, Any]) -> None:
    (low, high), (least, most) = found["quartiles"], found["range"]
    click.echo(
        f"{found['method']:<18} ratio {found['ratio']:.3f} (quartiles {low:.3f} to {high:.3f}, "
        f"all {least:.3f} to {most:.3f}); {found['method_s']:.3f} s, two_stream {found['two_stream_s']:.3f} s"
    )


@click.command()
@click.option(
    "--method", "names", multiple=True, help="Methods to time [default: all; two_stream too, as a check]."
)
@click.option("--backbone", default="r2plus1d50", show_default=True)
@click.option("--preset", default="tiny", show_default=True)
@click.option("--repeats", default=15, show_default=True, type=click.IntRange(min=2))
@click.option("--set", "pairs", multiple=True, help="Of the configuration, e.g. train.batch_size=8.")
@click.option("--json", "path", type=click.Path(path_type=Path), help="Write the rows here too.")
def main(
    names: tuple[str, ...],
    backbone: str,
    preset: str,
    repeats: int,
    pairs: tuple[str, ...],
    path: Path | None,
) -> None:
    def configured(name: str) -> Config:
        # A method that names the network of its streams itself keeps it.
        network = {} if METHODS.get(name).twins else {"local": {"backbone": backbone}}
        return resolve(preset, {"method": {"name": name}, **network}, pairs)

    config = configured(BASE)
    device = devices.choose("auto", config.precision)
    rows = []
    for name in names or METHODS.discover().names():
        try:
            steps = step_of(config, device), step_of(configured(name), device)
        except UserError as error:
            click.echo(f"{name:<18} not timed: {error}")
            continue
        rows.append(row(name, list(neighbours(*steps, repeats, device.kind == "cuda"))))
        say(rows[-1])
    setting = {
        "device": device.kind,
        "precision": device.precision,
        "threads": torch.get_num_threads(),
        "streams": [f"{s.backbone} x{s.width:g} {s.frames}x{s.crop}" for s in config.streams().values()],
        "batch": config.train.batch_size,
    }
    click.echo(f"measured: {json.dumps(setting)}")
    if path:
        path.write_text(json.dumps({"setting": setting, "rows": rows}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
