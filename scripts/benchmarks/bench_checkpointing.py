"""What `--gradient-checkpointing` saves and costs, by backbone: bytes held in the backward pass, and time.

    .venv/bin/python scripts/benchmarks/bench_checkpointing.py [BACKBONE …] [--batch 2] [--repeats 3]

Full width, the clips of the network's source, fp32. The bytes are counted: storages that autograd keeps,
without parameters; with checkpointing those that go into each stage, and what the largest stage keeps
while it is computed again. Steps with and without are taken in turn; the ratio of times is of the
medians. Beside them: parameters with their gradients and AdamW's two moments, which sharding over GPUs
(FSDP) would save and checkpointing does not.
"""

from __future__ import annotations

from harness import openmp

openmp.settle()

import statistics
import time
from collections.abc import Iterable
from functools import partial

import click
import torch
from torch.utils._pytree import tree_leaves

from backbones.building import build, find
from backbones.contract import Backbone
from harness.training import device as devices

COPIES = 4  # a parameter, its gradient, and two moments
GB = 1e9


@click.command()
@click.argument("names", nargs=-1, metavar="[BACKBONE]…")
@click.option("--batch", default=2, show_default=True, help="Clips in a step.")
@click.option("--repeats", default=3, show_default=True)
@click.option("--device", default="auto", show_default=True)
def main(names: tuple[str, ...], batch: int, repeats: int, device: str) -> None:
    chosen = devices.choose(device, "fp32")
    names = names or ("r2plus1d50", "vtn_vitb", "slowfast_r50", "mvit_v2_s", "timesformer")
    print("| backbone | held, GB | with checkpointing, GB | ratio | time of a step | weights and AdamW, GB |")
    print("|---|---|---|---|---|---|")
    for name in names:
        print(row(name, batch, repeats, torch.device(chosen.kind)), flush=True)


def row(name: str, batch: int, repeats: int, device: torch.device) -> str:
    source = find(name).input
    network = build(name, classes=400, frames=source.frames, size=source.crop, width=1.0).to(device)
    clip = torch.randn(batch, network.channels, source.frames, source.crop, source.crop, device=device)
    plain, again = kept_bytes(network, clip)
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


def kept_bytes(network: Backbone, clip: torch.Tensor) -> tuple[int, int]:
    """(held without checkpointing, at most with it), from one forward pass, each storage once."""
    own = {p.untyped_storage().data_ptr() for p in network.parameters()}
    every: dict[int, torch.UntypedStorage] = {}
    entering: dict[int, torch.UntypedStorage] = {}
    largest, state = 0, clip
    network.train()
    for stage in (*network.stages.values(), network.head):
        enters = {leaf.untyped_storage().data_ptr(): leaf.untyped_storage() for leaf in tensors(state)}
        entering |= enters
        kept: dict[int, torch.UntypedStorage] = {}
        with torch.autograd.graph.saved_tensors_hooks(partial(keep, kept), lambda tensor: tensor):
            state = stage(state)
        kept = {place: storage for place, storage in kept.items() if place not in own}
        largest = max(largest, nbytes(kept.keys() - enters.keys(), kept))
        every |= kept
    return nbytes(every.keys(), every), nbytes(entering.keys(), entering) + largest


def keep(kept: dict[int, torch.UntypedStorage], tensor: torch.Tensor) -> torch.Tensor:
    kept[tensor.untyped_storage().data_ptr()] = tensor.untyped_storage()
    return tensor


def tensors(state: object) -> list[torch.Tensor]:
    return [leaf for leaf in tree_leaves(state) if isinstance(leaf, torch.Tensor)]


def nbytes(places: Iterable[int], storages: dict[int, torch.UntypedStorage]) -> int:
    return sum(storages[place].nbytes() for place in places)


def seconds(network: Backbone, clip: torch.Tensor) -> float:
    begun = time.perf_counter()
    network(clip).logits.sum().backward()
    network.zero_grad(set_to_none=True)
    if clip.is_cuda:
        torch.cuda.synchronize()
    return time.perf_counter() - begun


if __name__ == "__main__":
    main()
