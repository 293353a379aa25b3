"""The profile of one backbone as a row: counted, and measured where that is asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

import torch

from backbones.building import build
from backbones.registry import BackboneEntry
from harness.config.labels import label
from harness.cost.count import count, count_stages
from harness.cost.latency import measure, measure_stages
from harness.papers.views import CLIPS, CROPS, PAPER_VIEWS
from harness.training.device import choose, environment
from harness.training.distributed.processes import allow_tf32


@dataclass(frozen=True)
class Asked:
    """frames, size: None takes the source's. batch: clips at a time. stages: also stage by stage.

    seconds: no further measured pass starts after so many, once there were three. stream: further arguments
    of `backbones.building.build`, where the network is a stream of a configuration.
    """

    frames: int | None = None
    size: int | None = None
    classes: int = 400
    width: float = 1.0
    batch: int = 1
    device: str = "auto"
    precision: str = "fp32"
    warmup: int = 2
    repeats: int = 10
    seconds: float = 20.0
    latency: bool = True
    stages: bool = False
    stream: Mapping[str, Any] = field(default_factory=dict)

    def sizes(self, entry: BackboneEntry) -> dict[str, Any]:
        return {
            "classes": self.classes,
            "frames": self.frames or entry.input.frames,
            "size": self.size or entry.input.crop,
            "width": self.width,
        }


def profile(entry: BackboneEntry, asked: Asked) -> dict[str, Any]:
    """A row of `results/measured/cost/`. Counted on meta tensors: only what is measured needs memory."""
    sizes = asked.sizes(entry)
    with torch.device("meta"):
        network = build(entry.name, **sizes, **asked.stream)
    counted = count(network)
    row: dict[str, Any] = {
        "backbone": label(entry.name, asked.width),
        **sizes,
        **asked.stream,
        "parameters": counted.parameters,
        "macs": counted.macs,
        "flops": counted.flops,
        "counter": counted.counter,
        "cross_check_macs": counted.cross_check,
        "uncounted": list(counted.uncounted),
    }
    if asked.stages:
        row["stages"] = [{"stage": name, "macs": macs} for name, macs in count_stages(network).items()]
        row["protocol"] = _protocol(counted.macs)
    return row | _measured(entry, asked, row) if asked.latency else row


def _measured(entry: BackboneEntry, asked: Asked, row: dict[str, Any]) -> dict[str, Any]:
    device = choose(asked.device, asked.precision)
    allow_tf32(device)
    network = build(entry.name, **asked.sizes(entry), **asked.stream)
    how = {
        "batch": asked.batch,
        "device": device.kind,
        "precision": device.precision,
        "warmup": asked.warmup,
        "repeats": asked.repeats,
        "seconds": asked.seconds,
    }
    speed = measure(network, **how)  # type: ignore[arg-type]
    views_per_s = asked.batch / speed.median_s
    found: dict[str, Any] = {"latency": vars(speed) | {"views_per_s": views_per_s}}
    if asked.stages:
        parts = {part.stage: asdict(part) for part in measure_stages(network, **how)}  # type: ignore[arg-type]
        found["stages"] = [stage | parts[stage["stage"]] for stage in row["stages"]]
        found["protocol"] = row["protocol"] | {"seconds": row["protocol"]["views"] / views_per_s}
        found["environment"] = environment(device)
    return found


def _protocol(macs: int) -> dict[str, Any]:
    """One video under the whole test protocol: its views, one after another at the measured throughput."""
    macs = PAPER_VIEWS * macs
    return {"clips": CLIPS, "crops": CROPS, "views": PAPER_VIEWS, "macs": macs, "provenance": "derived"}
