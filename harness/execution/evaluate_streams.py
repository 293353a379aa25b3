"""A part of a run's videos through its trained streams: the test videos, and those held out for fusion."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from harness.data.clips.loader import test_loader
from harness.data.index import Video
from harness.evaluation.evaluator import Evaluator
from harness.execution.job import Job
from harness.record.outputs import Stored
from harness.training.stopping import Stopped

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Tested:
    """The stored outputs of a part and what they took in seconds."""

    stored: Stored
    seconds: float


def test(job: Job, fabric: Fabric) -> Tested:
    """All views of all test videos."""
    settings = job.config.test
    clips = {"local": settings.local_clips, "global": settings.global_clips}
    return _outputs(job, fabric, "test", job.index.test, clips, settings.crops, job.folder.outputs)


def hold_out_outputs(job: Job, fabric: Fabric) -> Tested | None:
    """As few views as `fit.views` of the videos kept from the streams; None where there are too few."""
    videos, views = job.index.holdout, job.config.fit.views
    if len(videos) < fabric.world_size:
        return None
    clips = {"local": views, "global": views}
    return _outputs(job, fabric, "held out", videos, clips, 1, job.folder.holdout_outputs)


def _outputs(
    job: Job,
    fabric: Fabric,
    name: str,
    videos: Sequence[Video],
    clips: dict[str, int],
    crops: int,
    path: Path,
) -> Tested:
    """name: of the part, as shown. crops: per clip."""
    at_once = max(1, job.launch.views_at_once // (max(clips.values()) * crops))
    batches = test_loader(
        videos,
        job.streams.specs,
        clips=clips,
        crops=dict.fromkeys(clips, crops),
        batch=at_once,
        rank=fabric.global_rank,
        world=fabric.world_size,
        workers=job.launch.workers,
        short=job.config.data.short,
        flow_cache=job.launch.flow_cache,
    )
    evaluator = _evaluator(job, fabric, name, videos, rounds(len(videos), fabric.world_size, at_once))
    with job.screen.progress(name, len(videos)):
        stored = evaluator.run(batches, path)
    return Tested(stored, evaluator.seconds)


def rounds(videos: int, processes: int, at_once: int) -> int:
    """The most batches that a process has: the first one, which also has the most videos."""
    return math.ceil(math.ceil(videos / processes) / at_once)


def _evaluator(job: Job, fabric: Fabric, name: str, videos: Sequence[Video], most: int) -> Evaluator:
    def stop() -> None:
        if job.stop.agreed(fabric):
            raise Stopped("stopped in testing; the trained streams are kept and the same command tests them")

    return Evaluator(
        fabric=fabric,
        method=job.streams.method,
        specs=job.streams.specs,
        ids=[video.id for video in videos],
        views_at_once=job.launch.views_at_once,
        store_maps=job.config.test.store_maps,
        show=lambda done, total, eta_s: job.screen.testing(done, total, eta_s, name),
        stop_asked=stop,
        dtype=dtype(job),
        rounds=most,
    )


def dtype(job: Job) -> torch.dtype:
    """What clips are normalised to."""
    return torch.bfloat16 if job.device.precision == "bf16" else torch.float32
