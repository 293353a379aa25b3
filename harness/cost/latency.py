"""What a network costs by measuring: latency, throughput and peak memory, in all and by stage."""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import torch

from backbones.contract import Backbone, State
from harness.cost.count import evaluating, placed, zero_clip
from harness.training.precision import autocast

T = TypeVar("T")


@dataclass(frozen=True)
class Latency:
    """The cost of a forward pass in evaluation, measured.

    median_s, fastest_s: seconds per pass of `batch` clips, over `repeats` passes after `warmup` ones.
    peak_memory_bytes: weights plus the largest increase during a pass, found as memory_method says.
    """

    median_s: float
    fastest_s: float
    peak_memory_bytes: int | None
    memory_method: str | None
    device: str
    precision: str
    batch: int
    warmup: int
    repeats: int


@dataclass(frozen=True)
class StageLatency:
    """One stage's share of a pass. peak_increase_bytes: above what was held when it began (its input is)."""

    stage: str
    median_s: float
    peak_increase_bytes: int | None


def measure(
    backbone: Backbone,
    batch: int = 1,
    device: str = "cpu",
    precision: str = "fp32",
    warmup: int = 2,
    repeats: int = 10,
    seconds: float = 20.0,
) -> Latency:
    """Time forward passes of `batch` random clips, and find their peak memory.

    precision: "fp32" or "bf16" (autocast). No further pass starts after `seconds`, once there were three.
    The first pass is warm-up, and the one whose memory is measured.
    """
    place = torch.device(device)
    with evaluating(backbone), placed(backbone, place), torch.inference_mode():
        clip = zero_clip(backbone, batch, place).contiguous(memory_format=torch.channels_last_3d)

        def run() -> None:
            with autocast(place.type, precision):
                backbone(clip)

        increase, method = (_cuda_increase if place.type == "cuda" else _rss_increase)(run)
        for _ in range(warmup - 1):
            run()
        times = _times(run, _cuda_seconds if place.type == "cuda" else _cpu_seconds, repeats, seconds)
    weights = sum(tensor.nbytes for tensor in (*backbone.parameters(), *backbone.buffers()))
    return Latency(
        median_s=statistics.median(times),
        fastest_s=min(times),
        peak_memory_bytes=None if increase is None else weights + increase,
        memory_method=method,
        device=place.type,
        precision=precision,
        batch=batch,
        warmup=warmup,
        repeats=len(times),
    )


def measure_stages(
    backbone: Backbone,
    batch: int = 1,
    device: str = "cpu",
    precision: str = "fp32",
    warmup: int = 2,
    repeats: int = 10,
    seconds: float = 20.0,
) -> list[StageLatency]:
    """As `measure`, stage by stage, the head last; the last warm-up pass is the one whose memory is measured.

    Each stage is waited for, so on a GPU their sum is a little above the whole pass.
    """
    place = torch.device(device)
    increase = _cuda_increase if place.type == "cuda" else _rss_increase
    clock = _cuda_seconds if place.type == "cuda" else _cpu_seconds
    with evaluating(backbone), placed(backbone, place), torch.inference_mode():
        clip = zero_clip(backbone, batch, place).contiguous(memory_format=torch.channels_last_3d)

        def walk(probe: Callable[[Callable[[], None]], T]) -> dict[str, T]:
            with autocast(place.type, precision):
                return _walk(backbone, clip, probe)

        for _ in range(warmup - 1):
            walk(clock)
        peaks = walk(lambda run: increase(run)[0])
        passes: list[dict[str, float]] = []
        _times(lambda: passes.append(walk(clock)), _cpu_seconds, repeats, seconds)
    medians = {name: statistics.median(one[name] for one in passes) for name in peaks}
    return [StageLatency(name, medians[name], peak) for name, peak in peaks.items()]


def _walk(backbone: Backbone, clip: State, probe: Callable[[Callable[[], None]], T]) -> dict[str, T]:
    """`probe` of every stage's run, in order."""
    found: dict[str, T] = {}
    state = clip

    def run() -> None:
        nonlocal state
        state = part(state)

    for name, part in (*backbone.stages.items(), ("head", backbone.head)):  # noqa: B007  (run takes it)
        found[name] = probe(run)
    return found


def _times(
    run: Callable[[], None], clock: Callable[[Callable[[], None]], float], repeats: int, seconds: float
) -> list[float]:
    times: list[float] = []
    started = time.perf_counter()
    while len(times) < repeats and (len(times) < 3 or time.perf_counter() - started < seconds):
        times.append(clock(run))
    return times


def _cpu_seconds(run: Callable[[], None]) -> float:
    started = time.perf_counter()
    run()
    return time.perf_counter() - started


def _cuda_seconds(run: Callable[[], None]) -> float:
    begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
    begin.record()
    run()
    end.record()
    end.synchronize()
    return begin.elapsed_time(end) / 1000


def _cuda_increase(run: Callable[[], None]) -> tuple[int, str]:
    torch.cuda.synchronize()
    torch.cuda.reset_peak_memory_stats()
    before = torch.cuda.memory_allocated()
    run()
    torch.cuda.synchronize()
    return torch.cuda.max_memory_allocated() - before, "weights + increase of torch.cuda.max_memory_allocated"


def _rss_increase(run: Callable[[], None]) -> tuple[int | None, str | None]:
    """Linux resets a process's peak of resident memory on request; elsewhere it is not measured."""
    try:
        _give_back_freed_memory()
        Path("/proc/self/clear_refs").write_text("5")
        before = _status_bytes("VmRSS")
    except OSError:
        run()
        return None, None
    run()
    return max(0, _status_bytes("VmHWM") - before), "weights + increase of peak resident memory (VmHWM)"


def _give_back_freed_memory() -> None:
    """Memory that earlier work freed and malloc kept would hide what a pass needs."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


def _status_bytes(field: str) -> int:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(f"{field}:"):
            return int(line.split()[1]) * 1024
    raise OSError(f"/proc/self/status has no {field}")
