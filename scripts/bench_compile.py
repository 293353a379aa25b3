"""What `--compile` gives: the trainer's step and a test view, compiled against as they are, in one run.

    .venv/bin/python scripts/bench_compile.py [--backbone r2plus1d50] [--repeats 5] [--set key=value …]

Both see the same random clips and start with the same weights. Steps are taken in turn, so that a drifting
machine drifts for both; the ratio is of the medians. What the first step pays for compiling is said apart.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import copy
import dataclasses
import statistics
from collections.abc import Callable

import click
import torch
from bench_train_step import CLASSES, batch_of, timed, trainer_step

from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.data.clips.transform import normalise
from harness.training import device as devices
from harness.training.streams import compiling
from harness.training.streams.build import Streams, make

Work = Callable[[], None]


def test_view(streams: Streams, device: devices.Device, batch: dict[str, torch.Tensor]) -> Work:
    """One view of each video of the batch through both streams, in evaluation."""
    dtype = torch.bfloat16 if device.precision == "bf16" else torch.float32
    clips = {
        name: normalise(batch[name].to(device.kind), s.mean, s.std, dtype)
        for name, s in streams.specs.items()
    }

    def view() -> None:
        streams.method.eval()
        with torch.inference_mode(), torch.autocast(device.kind, enabled=dtype is torch.bfloat16):
            streams.method(clips)
        streams.method.train()

    return view


def works(config: Config, device: devices.Device) -> dict[str, tuple[Work, Work]]:
    """{what: (as it is, compiled)}."""
    plain = make(config, CLASSES)
    plain.method.to(device.kind)
    twin = dataclasses.replace(plain, method=copy.deepcopy(plain.method))
    for stream in twin.method.streams.values():
        stream.compile(backend=compiling.BACKEND)
    batch = batch_of(plain, config.train.batch_size)
    both = (plain, twin)
    steps = [trainer_step(streams, config, device, batch) for streams in both]
    views = [test_view(streams, device, batch) for streams in both]
    return {"training step": (steps[0], steps[1]), "test views": (views[0], views[1])}


@click.command()
@click.option("--backbone", default="r2plus1d50", show_default=True)
@click.option("--preset", default="tiny", show_default=True)
@click.option("--repeats", default=5, show_default=True)
@click.option("--set", "pairs", multiple=True)
def main(backbone: str, preset: str, repeats: int, pairs: tuple[str, ...]) -> None:
    config = resolve(preset, {"method": {"name": "mbd"}, "local": {"backbone": backbone}}, pairs)
    device = devices.choose("auto", config.precision)
    compiling.check_compiler(device.kind)
    cuda = device.kind == "cuda"
    for what, pair in works(config, device).items():
        first = [timed(work, cuda) for work in pair]
        for work in pair:  # a second shape or mode may be compiled at the second pass
            work()
        times = [[timed(work, cuda) for work in pair] for _ in range(repeats)]
        plain, compiled = (statistics.median(one[i] for one in times) for i in range(2))
        click.echo(
            f"{what}: {plain:.3f} s as it is, {compiled:.3f} s compiled (medians of {repeats}): "
            f"ratio {plain / compiled:.2f}; the first took {first[1]:.1f} s compiled, {first[0]:.1f} s else"
        )
    click.echo(
        f"on {device.kind} {device.precision}, {torch.get_num_threads()} threads, {backbone}, {preset}"
    )


if __name__ == "__main__":
    main()
