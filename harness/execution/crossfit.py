"""Cross-fitting: outputs of all training videos, each from streams that were trained without its fold.

For fusion rules that learn, as the alternative to a hold-out: the streams lose no training video, at the
price of `fit.folds` further trainings (stacking; Wolpert, Neural Networks 1992). Test videos are in no fold.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING

from backbones.base.errors import UserError
from harness.data.clips.loader import steps_per_epoch
from harness.data.holdout import folds
from harness.data.index import VideoIndex
from harness.execution import evaluate_streams
from harness.execution.evaluate_streams import Tested
from harness.execution.job import Job
from harness.execution.train_streams import running, trainer
from harness.files import write_json
from harness.record import outputs
from harness.record.folder import RunFolder
from harness.training.streams import from_runs
from harness.training.streams.build import make

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def cross_fit(job: Job, fabric: Fabric) -> Tested | None:
    """Trains and tests each fold that is not done yet; None where the run has no folds."""
    count = job.config.fit.folds
    if not count:
        return None
    parts = []
    for number, index in enumerate(folds(job.index, count), 1):
        job.screen.say(f"cross-fitting: fold {number} of {count}, {len(index.holdout)} videos left out")
        parts.append(_fold(job, index, number, fabric))
    joined = outputs.join([part.stored for part in parts], [video.id for video in job.index.train])
    if fabric.global_rank == 0:
        outputs.save(job.folder.holdout_outputs, joined)
    fabric.barrier()
    return Tested(joined, sum(part.seconds for part in parts))


def fold_steps(job: Job) -> list[int]:
    """Steps of each fold's training; [] where there are no folds."""
    train, count = job.config.train, job.config.fit.folds
    if not count:
        return []
    sizes = [len(fold.train) for fold in folds(job.index, count)]
    return [train.epochs * steps_per_epoch(size, train.batch_size) for size in sizes]


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
    begun = from_runs.trained(job.sources, job.config, index.classes)
    per_epoch = steps_per_epoch(len(index.train), job.config.train.batch_size)
    return replace(
        job,
        index=index,
        streams=make(job.config, len(index.classes), trained=begun),
        folder=folder,
        board=None,
        per_epoch=per_epoch,
        steps=job.config.train.epochs * per_epoch,
    )


def _train_and_test(fold: Job, fabric: Fabric) -> float:
    """Seconds of both, over all sessions."""
    fold.folder.path.mkdir(parents=True, exist_ok=True)
    fold.streams.method.to(fabric.device)
    made = trainer(fold, fabric)
    with running(fold, fabric):
        with fold.screen.progress("train", fold.steps):
            made.run()
        tested = evaluate_streams.hold_out_outputs(fold, fabric)
    if tested is None:
        raise UserError(
            f"a fold of {len(fold.index.holdout)} videos is too small for {fabric.world_size} processes"
        )
    return made.clock.train + tested.seconds
