"""What a run will cost and on which videos, before it is made."""

from __future__ import annotations

from typing import Any

from harness.console.console import duration
from harness.cost.estimate import Estimate, estimate
from harness.execution.build_record import found
from harness.execution.crossfit import fold_steps
from harness.execution.job import Job
from harness.training import processes as launch


def foretell(job: Job) -> Estimate:
    """How long it will take here, by one timed step of its networks."""
    world, _ = launch.processes()
    folds = fold_steps(job)
    return estimate(
        job.streams.method,
        job.streams.specs,
        job.config,
        job.steps + sum(folds),
        len(job.index.test),
        len(job.index.train if folds else job.index.holdout),
        job.device.precision,
        world,
    )


def announcement(job: Job, expected: Estimate) -> str:
    folds = fold_steps(job)
    price = (
        f"cross-fitting in {len(folds)} folds: {len(folds) + 1} trainings instead of 1, "
        f"{sum(folds)} steps beside the {job.steps}\n"
    )
    steps = job.steps + sum(folds)
    return (price if folds else "") + (
        f"estimated time: {duration(expected.total_s)} ({steps} steps {duration(expected.train_s)}, "
        f"test {duration(expected.test_s)}), from one timed step on this machine"
        + ("; compiling the streams comes on top, minutes on a CPU" if job.config.compile else "")
    )


def plan(job: Job, expected: Estimate) -> dict[str, Any]:
    """What a dry run tells, as plain types; seconds are estimated."""
    index = job.index
    return {
        "run": job.folder.id,
        "folder": str(job.folder.path),
        "config": job.config.plain(),
        "found": found(index),
        "expected": dict(index.expected),
        "missing": list(index.missing),
        "classes": len(index.classes),
        "steps": job.steps + sum(fold_steps(job)),
        "train_s": expected.train_s,
        "test_s": expected.test_s,
    }
