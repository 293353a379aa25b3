"""How long a run will take here: one step of its own networks, timed on random clips."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import torch

from backbones.base.streams import PerStream, StreamName
from backbones.spec import InputSpec
from harness.data.clips.dataset import Specs, Views
from harness.training.precision import autocast
from harness.training.streams.parallel import parallel_streams
from methods.contract import Method

FAST_S = 4.0
FEW = 4


@dataclass(frozen=True)
class Estimate:
    """Seconds, decoding not counted: it goes on at the same time."""

    train_s: float
    test_s: float

    @property
    def total_s(self) -> float:
        return self.train_s + self.test_s


@dataclass(frozen=True)
class Workload:
    """What a run computes, in videos and views.

    steps: of all trainings, of `batch_size` videos each. micro_batch: videos of one forward pass.
    test_videos, fit_videos: with the views of each; the latter are held out for fusion rules.
    """

    steps: int
    batch_size: int
    micro_batch: int
    test_videos: int
    test_views: PerStream[Views]
    fit_videos: int
    fit_views: PerStream[Views]


def estimate(method: Method, specs: Specs, work: Workload, precision: str, processes: int) -> Estimate:
    """method: on the device it will run on; its buffers and gradients are left as they were."""
    device = next(method.parameters()).device
    batch = work.micro_batch
    with parallel_streams(method, batch, wanted=processes == 1):
        per_clip = time_step(method, specs, precision, device, min(batch, FEW))
        if batch > FEW and per_clip * batch < FAST_S:  # few clips cost more each
            per_clip = time_step(method, specs, precision, device, batch)
    per_view = {name: _time_view(method, name, spec, precision, device) for name, spec in specs.items()}
    test_s = work.test_videos * sum(work.test_views[name].count * per_view[name] for name in specs)
    fit_s = work.fit_videos * sum(work.fit_views[name].count * per_view[name] for name in specs)
    clips = work.steps * work.batch_size
    return Estimate(clips * per_clip / processes, (test_s + fit_s) / processes)


def _clips(specs: Specs, count: int, device: torch.device) -> dict[StreamName, torch.Tensor]:
    return {
        name: torch.randn(count, len(spec.mean), spec.frames, spec.crop, spec.crop, device=device).to(
            memory_format=torch.channels_last_3d
        )
        for name, spec in specs.items()
    }


def time_step(method: Method, specs: Specs, precision: str, device: torch.device, count: int) -> float:
    """Seconds per video of a training step."""
    kept = {name: buffer.clone() for name, buffer in method.named_buffers()}
    # BatchNorm has no variance in a batch of one where a map is 1 x 1 x 1.
    clips, labels = _clips(specs, max(2, count), device), torch.zeros(max(2, count), device=device).long()
    method.train()

    def step() -> None:
        with autocast(device.type, precision):
            losses = method(clips, labels).losses
        torch.stack(list(losses.values())).sum().backward()

    took = _timed(step, device)
    method.zero_grad(set_to_none=True)
    with torch.no_grad():
        for name, buffer in method.named_buffers():
            buffer.copy_(kept[name])
    return took / len(labels)


@torch.inference_mode()
def _time_view(
    method: Method, name: StreamName, spec: InputSpec, precision: str, device: torch.device
) -> float:
    method.eval()
    clips = _clips({name: spec}, 2, device)

    def view() -> None:
        with autocast(device.type, precision):
            method(clips)

    return _timed(view, device) / 2


def _timed(work: Callable[[], None], device: torch.device) -> float:
    """Seconds of one call; a fast one is called again, since the first also pays for warming up."""
    took = float("inf")
    for _ in range(2):
        begun = time.perf_counter()
        work()
        if device.type == "cuda":
            torch.cuda.synchronize()
        took = min(took, time.perf_counter() - begun)
        if took > FAST_S:
            break
    return took
