"""The cost of a run's networks, and of the full-width networks at their source's input."""

from __future__ import annotations

from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from backbones.building import find
from backbones.spec import InputSpec
from harness.config.labels import label
from harness.config.paper_views import PAPER_VIEWS
from harness.config.schema import Config, StreamConfig
from harness.cost.count import COUNTER, Count, count
from harness.cost.latency import measure
from harness.record.schema import Cost, StreamCost
from harness.training.device import Device
from harness.training.streams.build import build_stream
from methods.contract import Method


def costs(config: Config, method: Method, specs: dict[str, InputSpec], classes: int, device: Device) -> Cost:
    """Counted for both; latency and memory are measured for the run's own networks only.

    A stream that the method does not use costs nothing and is left out.
    """
    run, full = {}, {}
    for name, stream in config.streams().items():
        if name in method.unused:
            continue
        views = (config.test.local_clips if name == "local" else config.test.global_clips) * config.test.crops
        run[name] = _own(stream, method.streams[name], specs[name], views, device)  # type: ignore[arg-type]
        full[name] = _full(stream, classes)
    if method.joint:
        run["links"] = links_cost(method, specs, run)
    return Cost(run=run, full=full)


def links_cost(method: Method, specs: dict[str, InputSpec], streams: dict[str, StreamCost]) -> StreamCost:
    """What a pair of views costs beyond its two streams, counted; latency is not measured apart."""
    meta = {
        name: tensor.detach().to("meta")
        for name, tensor in (*method.named_parameters(), *method.named_buffers())
    }
    clips = {
        name: torch.empty(1, spec.channels, spec.frames, spec.crop, spec.crop, device="meta")
        for name, spec in specs.items()
    }
    method.eval()
    with FlopCounterMode(display=False) as counter:
        torch.func.functional_call(method, meta, (clips,))
    local, flops = streams["local"], counter.get_total_flops() - sum(one.flops for one in streams.values())
    everything = sum(parameter.numel() for parameter in method.parameters())
    return StreamCost(
        label="between the streams",
        frames=local.frames,
        size=local.size,
        width=local.width,
        parameters=everything - sum(one.parameters for one in streams.values()),
        macs=flops // 2,
        flops=flops,
        counter=COUNTER,
        views=local.views,
    )


def _own(
    stream: StreamConfig, network: torch.nn.Module, spec: InputSpec, views: int, device: Device
) -> StreamCost:
    counted = count(network)  # type: ignore[arg-type]
    speed = measure(network, batch=1, device=device.kind, precision=device.precision)  # type: ignore[arg-type]
    return StreamCost(
        **_counts(named(stream, stream.width), stream.width, spec.frames, spec.crop, counted),
        views=views,
        latency_ms=1000 * speed.median_s,
        peak_memory_mb=speed.peak_memory_bytes / 1e6 if speed.peak_memory_bytes is not None else None,
        memory_method=speed.memory_method,
        device=device.kind,
        precision=device.precision,
        batch=1,
    )


def _full(stream: StreamConfig, classes: int) -> StreamCost:
    """Of the full-width network at its own input, for the paper's test views."""
    source = find(stream.backbone).input
    over = {"frames": source.frames, "size": source.crop, "width": 1.0}
    with torch.device("meta"):
        network = build_stream(stream, classes, **over)
    return StreamCost(
        **_counts(named(stream, 1.0), 1.0, source.frames, source.crop, count(network)), views=PAPER_VIEWS
    )


def named(stream: StreamConfig, width: float) -> str:
    return label(stream.backbone, width, stream.modality)


def _counts(name: str, width: float, frames: int, size: int, counted: Count) -> dict[str, Any]:
    return {
        "label": name,
        "frames": frames,
        "size": size,
        "width": width,
        "parameters": counted.parameters,
        "macs": counted.macs,
        "flops": counted.flops,
        "counter": counted.counter,
        "cross_check_macs": counted.cross_check,
        "uncounted": counted.uncounted,
    }
