"""Many seeds at once on one device: N networks stacked by `torch.func` against N steps one after the other.

    .venv/bin/python scripts/benchmarks/bench_stacked.py [--seeds 4] [--repeats 5] [--batch 16] [--threads 1]

The networks are those of `tiny`, each trained alone on its own random clips by plain SGD in fp32, both times
by the same loop. Steps of both kinds are taken in turn, so that a drifting machine drifts for both; the ratio
is of the medians. Beside it: how far the weights of the two ways are apart after the first step, relative to
how far it has moved them.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import statistics
import time
from collections.abc import Callable, Mapping

import click
import torch
from torch import Tensor
from torch.func import functional_call, grad_and_value, stack_module_state, vmap
from torch.nn import functional as F

from backbones.base.streams import STREAMS, StreamName
from backbones.contract import Backbone
from backbones.parts.conv import channels_last
from harness.config.resolve import resolve
from harness.training import device as devices
from harness.training.streams.build import Streams, make

CLASSES = 16
LR = 0.01
Step = Callable[[], object]


@click.command()
@click.option("--seeds", default=4, show_default=True)
@click.option("--repeats", default=5, show_default=True)
@click.option("--batch", default=16, show_default=True)
@click.option("--threads", default=1, show_default=True)
@click.option("--device", default="auto", show_default=True)
@click.option("--double", is_flag=True, help="In float64, to see that the weights agree.")
def main(seeds: int, repeats: int, batch: int, threads: int, device: str, double: bool) -> None:
    torch.set_num_threads(threads)
    chosen = devices.choose(device, "fp32")
    click.echo(f"{seeds} networks, {batch} clips each, {threads} thread(s), {chosen.kind}")
    for stream in STREAMS:
        dtype = torch.float64 if double else torch.float32
        apart = [_network(stream, seed).to(chosen.kind, dtype) for seed in range(seeds)]
        together = Stacked([_network(stream, seed).to(chosen.kind, dtype) for seed in range(seeds)])
        clips, labels = _batch(stream, seeds, batch, chosen.kind)
        clips = clips.to(dtype)
        begun = [_all_weights(network) for network in apart]

        def one_by_one() -> None:
            for network, own, label in zip(apart, clips, labels, strict=True):  # noqa: B023
                _step(network, own, label)

        one_by_one()
        together.step(clips, labels)
        far = _apart(apart, together, begun)
        times = _turns({"apart": one_by_one, "stacked": lambda: together.step(clips, labels)}, repeats)  # noqa: B023
        ratio = statistics.median(times["apart"]) / statistics.median(times["stacked"])
        for name, taken in times.items():
            click.echo(f"  {stream}, {name}: {statistics.median(taken):.2f} s, {min(taken):.2f} at best")
        click.echo(f"  {stream}: stacked is {ratio:.2f} times as fast; weights are {far:.1e} apart")


def _streams() -> Streams:
    return make(resolve("tiny", {"method": {"name": "two_stream"}}, []), CLASSES)


def _network(stream: StreamName, seed: int) -> Backbone:
    torch.manual_seed(seed)
    network: Backbone = _streams().method.streams[stream]
    channels_last(network)
    return network.train()


def _batch(stream: StreamName, seeds: int, batch: int, kind: str) -> tuple[Tensor, Tensor]:
    """Clips (N, B, C, T, H, W) in channels-last memory and labels (N, B)."""
    spec = _streams().specs[stream]
    pixels = torch.randn(seeds, batch, spec.frames, spec.crop, spec.crop, spec.channels, device=kind)
    labels = torch.arange(batch, device=kind).remainder(CLASSES)
    return pixels.permute(0, 1, 5, 2, 3, 4), labels.expand(seeds, -1)


def _step(network: Backbone, clip: Tensor, label: Tensor) -> None:
    F.cross_entropy(network(clip).logits, label).backward()
    with torch.no_grad():
        for parameter in network.parameters():
            if parameter.grad is not None:
                parameter.sub_(LR * parameter.grad)
                parameter.grad = None


class Stacked:
    """Networks of one kind whose parameters and buffers have a dimension of their own, (N, …)."""

    def __init__(self, networks: list[Backbone]) -> None:
        self.parameters, self.buffers = stack_module_state(networks)  # type: ignore[arg-type]
        self.network = networks[0]
        self.gradients = vmap(grad_and_value(self._loss), randomness="different")

    def _loss(
        self, parameters: Mapping[str, Tensor], buffers: Mapping[str, Tensor], clip: Tensor, label: Tensor
    ) -> Tensor:
        out = functional_call(self.network, (dict(parameters), dict(buffers)), (clip,))
        return F.cross_entropy(out.logits, label)

    def step(self, clips: Tensor, labels: Tensor) -> None:
        gradients, _ = self.gradients(self.parameters, self.buffers, clips, labels)
        with torch.no_grad():
            for name, gradient in gradients.items():
                self.parameters[name].sub_(LR * gradient)


def _turns(ways: Mapping[str, Step], repeats: int) -> dict[str, list[float]]:
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(repeats):
        for name, way in ways.items():
            begun = time.perf_counter()
            way()
            if torch.cuda.is_available():
                torch.cuda.synchronize()
            times[name].append(time.perf_counter() - begun)
    return times


def _apart(networks: list[Backbone], together: Stacked, begun: list[Tensor]) -> float:
    """begun: all weights of each network before the first step."""
    found = 0.0
    for number, network in enumerate(networks):
        other = {name: stacked[number] for name, stacked in together.parameters.items()}
        own = _all_weights(network)
        stacked = torch.cat([other[name].detach().flatten() for name, _ in network.named_parameters()])
        found = max(found, float((own - stacked).norm() / (own - begun[number]).norm()))
    return found


def _all_weights(network: Backbone) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in network.parameters()])


if __name__ == "__main__":
    main()
