"""The training step of the real trainer against a plain float32 loop over the same networks, in one run.

    .venv/bin/python scripts/bench_train_step.py [--backbone r2plus1d50] [--repeats 5] [--set key=value …]

Both see the same random clips. The plain loop is what one writes first: contiguous clips and weights, fp32,
no autocast. The trainer's step has what `harness run` has: the layout and precision that this machine allows,
and on a CPU its two streams at the same time.
Steps are taken in turn, so that a drifting machine drifts for both; the ratio is of the medians.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import copy
import dataclasses
import statistics
import time
from collections.abc import Callable

import click
import torch

from backbones.parts.conv import channels_last
from harness.config.resolve import resolve
from harness.config.schema import Config
from harness.data.clips.network_input import NetworkInput
from harness.data.clips.transform import normalise
from harness.training import device as devices
from harness.training.distributed import processes as launch
from harness.training.streams.build import Streams, make
from harness.training.streams.parallel import parallel_streams
from harness.training.training_step import Learner

CLASSES = 16


def batch_of(streams: Streams, videos: int) -> dict[str, torch.Tensor]:
    """Random clips as the loader gives them: uint8 (B, T, H, W, C), colours or flow."""
    generator = torch.Generator().manual_seed(0)
    batch = {
        name: torch.randint(
            256, (videos, s.frames, s.crop, s.crop, s.channels), generator=generator, dtype=torch.uint8
        )
        for name, s in streams.specs.items()
    }
    return {**batch, "label": torch.arange(videos) % CLASSES, "failed": []}


def plain_step(streams: Streams, config: Config, batch: dict[str, torch.Tensor]) -> Callable[[], None]:
    method = streams.method
    optimizer = torch.optim.SGD(method.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    device = next(method.parameters()).device

    def step() -> None:
        clips = {
            name: normalise(batch[name].to(device), s.mean, s.std, torch.float32).contiguous()
            for name, s in streams.specs.items()
        }
        losses = method(clips, batch["label"].to(device)).losses
        torch.stack(list(losses.values())).sum().backward()
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)

    return step


def trainer_step(
    streams: Streams, config: Config, device: devices.Device, batch: dict[str, torch.Tensor]
) -> Callable[[], None]:
    fabric = launch.fabric(device)
    optimizer = torch.optim.SGD(streams.method.parameters(), lr=1e-3, momentum=0.9, weight_decay=1e-4)
    module, wrapped = fabric.setup(streams.method, optimizer)
    dtype = torch.bfloat16 if device.precision == "bf16" else torch.float32
    inputs = NetworkInput(streams.specs, fabric.device, dtype)
    micro_batch = config.train.micro_batch or config.train.batch_size
    learner = Learner(fabric, streams.method, module, [wrapped], inputs, micro_batch)
    streams.method.train()
    return lambda: learner.learn(batch) and None


def timed(step: Callable[[], None], cuda: bool) -> float:
    begun = time.perf_counter()
    step()
    if cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - begun


@click.command()
@click.option("--backbone", default="r2plus1d50", show_default=True)
@click.option("--preset", default="tiny", show_default=True)
@click.option("--repeats", default=5, show_default=True)
@click.option("--set", "pairs", multiple=True)
def main(backbone: str, preset: str, repeats: int, pairs: tuple[str, ...]) -> None:
    config = resolve(preset, {"method": {"name": "mbd"}, "local": {"backbone": backbone}}, pairs)
    device = devices.choose("auto", config.precision)
    plain = make(config, CLASSES)
    for parameter in plain.method.parameters():
        parameter.data = parameter.data.contiguous()
    plain.method.to(device.kind)
    tuned = dataclasses.replace(plain, method=copy.deepcopy(plain.method))
    channels_last(tuned.method)
    batch = batch_of(plain, config.train.batch_size)
    steps = {
        "plain fp32 loop": plain_step(plain, config, batch),
        f"trainer, {device.precision}": trainer_step(tuned, config, device, batch),
    }
    times: dict[str, list[float]] = {name: [] for name in steps}
    with parallel_streams(tuned.method, config.train.batch_size):
        for step in steps.values():
            step()
        for _ in range(repeats):
            for name, step in steps.items():
                times[name].append(timed(step, device.kind == "cuda"))
    medians = {name: statistics.median(taken) for name, taken in times.items()}
    for name, taken in times.items():
        click.echo(
            f"{name}: {medians[name]:.3f} s median of {repeats} ({min(taken):.3f} to {max(taken):.3f})"
        )
    first, second = medians.values()
    click.echo(
        f"ratio {first / second:.2f} on {device.kind}, {torch.get_num_threads()} threads; {device.why}"
    )


if __name__ == "__main__":
    main()
