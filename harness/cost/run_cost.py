"""The cost of a run's networks, and of the full-width networks at their source's input."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from backbones.base.streams import LOCAL, PerStream
from backbones.building import find
from backbones.contract import Backbone
from backbones.spec import InputSpec
from harness.cost.count import COUNTER, Count, count
from harness.cost.latency import measure
from harness.data.clips.dataset import Specs, Views
from harness.papers.views import PAPER_VIEWS
from harness.record.schema import Cost, StreamCost
from harness.training.device import Device
from harness.training.streams.build import Network, Streams
from methods.contract import Method

# What was counted and measured in this process, which may make many runs of the same networks.
_KNOWN: dict[tuple[object, ...], StreamCost] = {}


def costs(streams: Streams, views: PerStream[Views], device: Device) -> Cost:
    """Counted for both; latency and memory are measured for the run's own networks only.

    views: of a test video. A stream that the method does not use costs nothing and is left out.
    """
    method = streams.method
    run: dict[str, StreamCost] = {}
    full: dict[str, StreamCost] = {}
    for name, spec in streams.specs.items():
        network = streams.networks[name]
        own = partial(_own, network, method.stream(name), spec, views[name].count, device)
        run[name] = _once((type(method), name, network.key, spec, views[name].count, device), own)
        full[name] = _once((network.key,), partial(_full, network))
    if method.joint:
        run["links"] = joint_cost(method, streams.specs, run)
    return Cost(run=run, full=full)


def _once(key: tuple[object, ...], measure: Callable[[], StreamCost]) -> StreamCost:
    """What was found before of the same network, on the same input and device."""
    if key not in _KNOWN:
        _KNOWN[key] = measure()
    return _KNOWN[key]


def joint_cost(method: Method, specs: Specs, streams: Mapping[str, StreamCost]) -> StreamCost:
    """What a pair of views costs beyond its two streams where a method runs them jointly.

    It is counted; its latency is not measured apart.
    """
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
    local, flops = streams[LOCAL], counter.get_total_flops() - sum(one.flops for one in streams.values())
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


def _own(network: Network, module: Backbone, spec: InputSpec, views: int, device: Device) -> StreamCost:
    counted = count(module)
    speed = measure(module, batch=1, device=device.kind, precision=device.precision)
    return StreamCost(
        **_counts(network.label(network.width), network.width, spec.frames, spec.crop, counted),
        views=views,
        latency_ms=1000 * speed.median_s,
        peak_memory_mb=speed.peak_memory_bytes / 1e6 if speed.peak_memory_bytes is not None else None,
        memory_method=speed.memory_method,
        device=device.kind,
        precision=device.precision,
        batch=1,
    )


def _full(network: Network) -> StreamCost:
    """Of the full-width network at its own input, for the paper's test views."""
    source = find(network.backbone).input
    with torch.device("meta"):
        full = network.build(frames=source.frames, size=source.crop, width=1.0)
    return StreamCost(
        **_counts(network.label(1.0), 1.0, source.frames, source.crop, count(full)), views=PAPER_VIEWS
    )


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
