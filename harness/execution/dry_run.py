"""How long a run will take, and on which videos, before it is made."""

from __future__ import annotations

from typing import Any

from backbones.base.plain_text import counted
from harness.console.console import duration
from harness.cost.estimate import Estimate, Workload, estimate
from harness.execution.build_record import found
from harness.execution.job import Job
from harness.execution.train_streams import fitting
from harness.launched import launched
from harness.training.streams.recomputing import recomputing


def estimate_run(job: Job) -> Estimate:
    """How long it will take here, by one timed step of its networks."""
    world = launched().world
    training = job.training
    work = Workload(
        steps=job.steps + job.fold_steps,
        batch_size=training.schedule.batch_size,
        micro_batch=training.micro_batch,
        test_videos=len(job.index.test),
        test_views=job.evaluation.test,
        fit_videos=len(job.index.train if job.folds else job.index.holdout),
        fit_views=job.evaluation.held_out,
    )
    method = job.streams.method
    with fitting(job), recomputing(method.streams.values(), job.launch.gradient_checkpointing):
        return estimate(method, job.streams.specs, work, job.device.precision, world)


def announcement(job: Job, expected: Estimate) -> str:
    """What is printed before a training: its folds, its steps and the estimated time."""
    folds = job.folds
    price = (
        f"cross-fitting in {len(folds)} folds: {len(folds) + 1} trainings instead of 1, "
        f"{job.fold_steps} steps in addition to the {job.steps}\n"
    )
    steps = job.steps + job.fold_steps
    count, seconds = job.index.undrawn, job.index.drawing_s
    clips = f"the {counted(count, 'clip')} that are not there yet"
    drawing = f"; drawing {clips} about {duration(seconds)}, from one that was drawn"
    return (price if folds else "") + (
        f"estimated time: {duration(expected.total_s)} ({steps} steps {duration(expected.train_s)}, "
        f"test {duration(expected.test_s)}), from one timed step on this machine"
        + (drawing if count else "")
        + ("; compiling the streams comes on top, minutes on a CPU" if job.compile else "")
    )


def plan(job: Job, expected: Estimate) -> dict[str, Any]:
    """What a dry run reports, as plain types; seconds are estimated."""
    index = job.index
    return {
        "run": None if index.undrawn else job.folder.id,
        "folder": None if index.undrawn else str(job.folder.path),
        "finished": job.folder.finished,
        "config": job.facts.config,
        "found": found(job),
        "expected": dict(index.expected),
        "missing": list(index.missing),
        "layout": list(index.layout),
        "classes": len(index.classes),
        "steps": job.steps + job.fold_steps,
        "train_s": expected.train_s,
        "test_s": expected.test_s,
        "undrawn": index.undrawn,
        "drawing_s": index.drawing_s,
    }
