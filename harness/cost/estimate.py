"""How long a run will take here: one step of its own networks, timed on random clips."""

from __future__ import annotations

import time
from dataclasses import dataclass

import torch

from backbones.spec import InputSpec
from harness.config.schema import Config
from harness.training.streams.parallel import side_by_side
from methods.contract import Method

FAST_S = 4.0
FEW = 4


@dataclass(frozen=True)
class Estimate:
    """Seconds, decoding not counted: it runs beside the computing."""

    train_s: float
    test_s: float

    @property
    def total_s(self) -> float:
        return self.train_s + self.test_s


def estimate(
    method: Method,
    specs: dict[str, InputSpec],
    config: Config,
    steps: int,
    test_videos: int,
    fit_videos: int,
    precision: str,
    processes: int,
) -> Estimate:
    """method: on the device it will run on; its buffers and gradients are left as they were.
    fit_videos: those held out for fusion, in `fit.views` clips per stream."""
    device = next(method.parameters()).device
    batch = config.train.micro_batch or config.train.batch_size
    with side_by_side(method, batch, wanted=processes == 1):
        per_clip = _time_step(method, specs, precision, device, min(batch, FEW))
        if batch > FEW and per_clip * batch < FAST_S:  # few clips cost more each
            per_clip = _time_step(method, specs, precision, device, batch)
    per_view = {name: _time_view(method, name, spec, precision, device) for name, spec in specs.items()}
    views = {
        "local": config.test.local_clips * config.test.crops,
        "global": config.test.global_clips * config.test.crops,
    }
    per_video = sum(views[name] * per_view[name] for name in specs)
    fit_s = fit_videos * config.fit.views * sum(per_view.values())
    clips = steps * config.train.batch_size
    return Estimate(clips * per_clip / processes, (test_videos * per_video + fit_s) / processes)


def _clips(specs: dict[str, InputSpec], count: int, device: torch.device) -> dict[str, torch.Tensor]:
    return {
        name: torch.randn(count, len(spec.mean), spec.frames, spec.crop, spec.crop, device=device).to(
            memory_format=torch.channels_last_3d
        )
        for name, spec in specs.items()
    }


def _time_step(
    method: Method, specs: dict[str, InputSpec], precision: str, device: torch.device, count: int
) -> float:
    """Seconds per video of a training step."""
    kept = {name: buffer.clone() for name, buffer in method.named_buffers()}
    # Batches of one say nothing to BatchNorm where a map is 1 x 1 x 1.
    clips, labels = _clips(specs, max(2, count), device), torch.zeros(max(2, count), device=device).long()
    method.train()

    def step() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            losses = method(clips, labels).losses
        torch.stack(list(losses.values())).sum().backward()

    took = _timed(step, device)
    method.zero_grad(set_to_none=True)
    with torch.no_grad():
        for name, buffer in method.named_buffers():
            buffer.copy_(kept[name])
    return took / len(labels)


@torch.inference_mode()
def _time_view(method: Method, name: str, spec: InputSpec, precision: str, device: torch.device) -> float:
    method.eval()
    clips = _clips({name: spec}, 2, device)

    def view() -> None:
        with torch.autocast(device.type, torch.bfloat16, enabled=precision == "bf16"):
            method(clips)

    return _timed(view, device) / 2


def _timed(work, device: torch.device) -> float:  # type: ignore[no-untyped-def]
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
