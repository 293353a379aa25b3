"""Cross-fitting: outputs of all training videos, each from streams that were trained without its fold.

For fusion rules that learn, as the alternative to a hold-out: the streams lose no training video, at the
price of `fit.folds` further trainings (stacking; Wolpert, Neural Networks 1992). Test videos are in no fold.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from backbones.base.errors import UserError
from harness.data.holdout import folds
from harness.data.index import VideoIndex
from harness.evaluation.evaluator import Tested
from harness.execution.evaluate_streams import evaluate_held_out
from harness.execution.job import Job
from harness.execution.train_streams import running_streams, train
from harness.files import write_json
from harness.record import outputs
from harness.record.folder import RunFolder
from harness.training.plan import TrainingPlan

if TYPE_CHECKING:
    from lightning_fabric import Fabric

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def cross_fit(job: Job, fabric: Fabric) -> Tested | None:
    """Trains and tests each fold that is not done yet; None where the run has no folds."""
    if not job.folds:
        return None
    parts = []
    for number, index in enumerate(folds(job.index, job.folds), 1):
        job.reporter.say(f"cross-fitting: fold {number} of {job.folds}, {len(index.holdout)} videos left out")
        parts.append(_fold(job, index, number, fabric))
    joined = outputs.join([part.stored for part in parts], [video.id for video in job.index.train])
    if fabric.global_rank == 0:
        outputs.save(job.folder.holdout_outputs, joined)
    fabric.barrier()
    return Tested(joined, sum(part.seconds for part in parts))


def fold_steps(job: Job) -> list[int]:
    """Steps of each fold's training; [] where there are no folds."""
    if not job.folds:
        return []
    return [_plan(job, fold).schedule.steps for fold in folds(job.index, job.folds)]


def _plan(job: Job, fold: VideoIndex) -> TrainingPlan:
    """The job's training on fewer videos."""
    return replace(job.training, schedule=replace(job.training.schedule, videos=len(fold.train)))


def _fold(job: Job, index: VideoIndex, number: int, fabric: Fabric) -> Tested:
    """The outputs of the fold's videos, from a training without them; from the disk where that is done."""
    folder = RunFolder(job.folder.path / "folds" / str(number))
    done = folder.path / "done.json"
    if not done.exists():
        seconds = _train_and_test(_fold_job(job, index, number, folder), fabric)
        if fabric.global_rank == 0:
            write_json(done, {"seconds": seconds})
            folder.checkpoint.unlink()  # its streams served for these outputs only
        fabric.barrier()
    seconds = json.loads(done.read_text(encoding="utf-8"))["seconds"]
    return Tested(outputs.read(folder.holdout_outputs), seconds)


def _fold_job(job: Job, index: VideoIndex, number: int, folder: RunFolder) -> Job:
    """The run with fewer videos: the same start, the same recipe, its own folder."""
    return replace(
        job,
        index=index,
        streams=job.new_streams(),
        training=_plan(job, index),
        folder=folder,
        board=None,
    )


def _train_and_test(fold: Job, fabric: Fabric) -> float:
    """Seconds of both, over all sessions."""
    fold.folder.path.mkdir(parents=True, exist_ok=True)
    fold.streams.method.to(fabric.device)
    with running_streams(fold, fabric):
        trained = train(fold, fabric)
        tested = evaluate_held_out(fold, fabric)
    if tested is None:
        raise UserError(
            f"a fold of {len(fold.index.holdout)} videos is too small for {fabric.world_size} processes"
        )
    return trained.clock.train + tested.seconds
