"""Runs a job's streams: as trained over test and held-out videos, as given for a linear probe."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from backbones.base.streams import PerStream
from harness.config.difference import is_of_a_run
from harness.console.console import duration
from harness.data.clips.dataset import Views
from harness.data.clips.loader import present, test_loader
from harness.data.clips.network_input import NetworkInput
from harness.data.index import Video
from harness.evaluation.evaluator import Evaluator, Tested
from harness.evaluation.linear_probe import MOST_S, Probing, TooLong
from harness.execution.job import Job
from harness.training.stopping import Stopped

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@dataclass(frozen=True)
class Part:
    """A part of the data. name: as it is told. path: of its outputs."""

    name: str
    videos: Sequence[Video]
    views: PerStream[Views]
    path: Path

    def videos_at_once(self, views_at_once: int) -> int:
        """Videos of a batch whose views, of either stream, are at most so many; one at least."""
        return max(1, views_at_once // max(views.count for views in self.views.values()))


def evaluate_test(job: Job, fabric: Fabric) -> Tested:
    """All views of all videos that are tested."""
    part = Part(job.evaluation.part, job.index.test, job.evaluation.test, job.folder.outputs)
    return _evaluate(job, fabric, part)


def evaluate_held_out(job: Job, fabric: Fabric) -> Tested | None:
    """As few views as `fit.views` of the videos kept from the streams; None where there are too few."""
    videos = job.index.holdout
    if len(videos) < fabric.world_size:
        return None
    part = Part("held out", videos, job.evaluation.held_out, job.folder.holdout_outputs)
    return _evaluate(job, fabric, part)


def _evaluate(job: Job, fabric: Fabric, part: Part) -> Tested:
    at_once = part.videos_at_once(job.launch.views_at_once)
    batches = test_loader(
        part.videos, job.streams.specs, part.views, job.evaluation.short, at_once, job.loading(fabric)
    )
    ids = [video.id for video in part.videos]
    with job.reporter.progress(part.name, len(ids)):
        most = rounds(len(ids), fabric.world_size, at_once)
        return _evaluator(job, fabric, part.name).run(present(batches, part.videos), ids, part.path, most)


def rounds(videos: int, processes: int, at_once: int) -> int:
    """The most batches that a process has: the first one, which also has the most videos."""
    return math.ceil(math.ceil(videos / processes) / at_once)


def _evaluator(job: Job, fabric: Fabric, part: str) -> Evaluator:
    def stop() -> None:
        if job.stop.agreed(fabric):
            raise Stopped("stopped in testing; the trained streams are kept and the same command tests them")

    return Evaluator(
        fabric=fabric,
        method=job.streams.method,
        inputs=job.inputs(fabric),
        views_at_once=job.launch.views_at_once,
        store_maps=job.evaluation.store_maps,
        top_k=job.index.k,
        report=lambda done, total, eta_s: job.reporter.testing(done, total, eta_s, part),
        stop_asked=stop,
    )


def probe_lines(job: Job, fabric: Fabric) -> list[str]:
    """A line for each stream that was given weights: what its features reached, or why that is not known."""
    config = job.facts.config
    given = [name for name in job.streams.specs if config[name]["weights"]]
    given = [name for name in given if not is_of_a_run(config[name]["weights"])]
    if not given:
        return []
    streams = job.new_streams()
    probing = Probing(
        NetworkInput(streams.specs, fabric.device, torch.float32), job.evaluation.short, job.loading(fabric)
    )
    lines = []
    for name in given:
        try:
            probe = probing.probe(streams, name, job.index.train, job.index.test)
        except TooLong as error:
            lines.append(
                f"linear probe of the {name} stream's given weights: not made, it would take about "
                f"{duration(error.seconds)} (at most {duration(MOST_S)})"
            )
            continue
        lines += [probe.line(job.evaluation.part)] if probe else []
    return lines
