"""What `--determinism` costs: a training step at each level, in turns.

    .venv/bin/python scripts/benchmarks/bench_determinism.py [--preset tiny] [--repeats 7] [--set key=value …]

Networks, clips and step are those of `bench_train_step.py`. cuBLAS reads its setting once in a process:
all levels here have the workspaces of the deterministic ones.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import os
import statistics
import sys
from pathlib import Path

import click
import torch

sys.path.insert(0, str(Path(__file__).parents[1]))
from bench_train_step import CLASSES, batch_of, timed, trainer_step

from backbones.parts.conv import channels_last
from harness.config.resolve import resolve
from harness.training import device as devices
from harness.training.determinism import LEVELS, WORKSPACE, WORKSPACES, deterministic
from harness.training.streams.build import make
from harness.training.streams.parallel import parallel_streams


@click.command()
@click.option("--backbone", default="r2plus1d50", show_default=True)
@click.option("--preset", default="tiny", show_default=True)
@click.option("--repeats", default=7, show_default=True)
@click.option("--set", "pairs", multiple=True)
def main(backbone: str, preset: str, repeats: int, pairs: tuple[str, ...]) -> None:
    os.environ.setdefault(WORKSPACE, WORKSPACES)
    config = resolve(preset, {"method": {"name": "mbd"}, "local": {"backbone": backbone}}, pairs)
    device = devices.choose("auto", config.precision)
    streams = make(config, CLASSES)
    streams.method.to(device.kind)
    channels_last(streams.method)
    step = trainer_step(streams, config, device, batch_of(streams, config.train.batch_size))
    times: dict[str, list[float]] = {name: [] for name in LEVELS}
    with parallel_streams(streams.method, config.train.batch_size):
        for number in range(repeats + 1):
            for name, taken in times.items():
                with deterministic(name):
                    seconds = timed(step, device.kind == "cuda")
                if number:  # the first of each level chooses its kernels
                    taken.append(seconds)
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        click.echo(
            f"{name:12} {medians[name]:.3f} s median of {repeats} ({min(taken):.3f} to {max(taken):.3f}), "
            f"{medians[name] / medians['off']:.2f} times 'off'"
        )
    click.echo(f"on {device.kind}, {device.precision}, {torch.get_num_threads()} threads")


if __name__ == "__main__":
    main()
