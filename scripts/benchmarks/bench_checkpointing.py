"""What `--gradient-checkpointing` saves and costs, by backbone: bytes at the peak of a step, and time.

    .venv/bin/python scripts/benchmarks/bench_checkpointing.py [BACKBONE …] [--batch 4] [--repeats 3]

Full width, the clips of the network's source, fp32. The bytes are those of torch's MemTracker at the peak
of a step: weights, gradients and what the backward pass needs. Steps with and without are taken in turn;
the ratio of times is of the medians. Beside them: parameters with their gradients and AdamW's two moments,
which sharding over GPUs (FSDP) would save and checkpointing does not.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import statistics
import time

import click
import torch
from torch.distributed._tools.mem_tracker import MemTracker

from backbones.building import build, find
from backbones.contract import Backbone
from harness.training import device as devices

COPIES = 4  # a parameter, its gradient, and two moments
GB = 1e9


@click.command()
@click.argument("names", nargs=-1, metavar="[BACKBONE]…")
@click.option("--batch", default=4, show_default=True, help="Clips in a step.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--device", default="auto", show_default=True)
def main(names: tuple[str, ...], batch: int, repeats: int, device: str) -> None:
    chosen = devices.choose(device, "fp32")
    names = names or ("r2plus1d50", "vtn_vitb", "slowfast_r50", "mvit_v2_s", "timesformer")
    print("| backbone | peak, GB | with checkpointing, GB | ratio | time of a step | weights and AdamW, GB |")
    print("|---|---|---|---|---|---|")
    for name in names:
        print(row(name, batch, repeats, torch.device(chosen.kind)), flush=True)


def row(name: str, batch: int, repeats: int, device: torch.device) -> str:
    source = find(name).input
    network = build(name, classes=400, frames=source.frames, size=source.crop, width=1.0).to(device)
    clip = torch.randn(batch, network.channels, source.frames, source.crop, source.crop, device=device)
    plain, again = peak(network, clip)
    took: dict[bool, list[float]] = {False: [], True: []}
    for _ in range(repeats):
        for recomputes, times in took.items():
            network.recomputes = recomputes
            times.append(seconds(network, clip))
    slower = statistics.median(took[True]) / statistics.median(took[False])
    state = COPIES * sum(p.numel() * p.element_size() for p in network.parameters()) / GB
    return (
        f"| {name} | {plain / GB:.2f} | {again / GB:.2f} | {again / plain:.2f} | {slower:.2f} | {state:.2f} |"
    )


def peak(network: Backbone, clip: torch.Tensor) -> tuple[int, int]:
    """Bytes at the peak of a step, with weights and gradients: (without checkpointing, with)."""
    found = []
    for network.recomputes in (False, True):
        seconds(network, clip)
        tracker = MemTracker()
        tracker.track_external(network, clip)
        with tracker:
            network(clip).logits.sum().backward()
        network.zero_grad(set_to_none=True)
        found.append(max(sizes["Total"] for sizes in tracker.get_tracker_snapshot("peak").values()))
    return found[0], found[1]


def seconds(network: Backbone, clip: torch.Tensor) -> float:
    begun = time.perf_counter()
    network(clip).logits.sum().backward()
    network.zero_grad(set_to_none=True)
    if clip.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
