"""Cross-fitting: outputs of all training videos, each from streams that were trained without its fold.

For fusion rules that learn, as the alternative to a hold-out: the streams lose no training video, at the
price of `fit.folds` further trainings (stacking; Wolpert, Neural Networks 1992). Test videos are in no fold.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from backbones.base.errors import UserError
from harness.evaluation.evaluator import Tested
from harness.execution.evaluate_streams import evaluate_held_out
from harness.execution.job import Fold, Job
from harness.execution.train_streams import running_streams, train
from harness.files import read_json, write_json
from harness.record import checkpoint, outputs
from harness.record.folder import FOLDS, RunFolder
from harness.record.stored.checksums import sha256_of

if TYPE_CHECKING:
    from lightning_fabric import Fabric


def cross_fit(job: Job, fabric: Fabric) -> Tested | None:
    """Trains and tests each fold that is not done yet; None where the run has no folds."""
    if not job.folds:
        return None
    parts = []
    for number, fold in enumerate(job.folds, 1):
        left_out = len(fold.index.holdout)
        job.reporter.say(f"cross-fitting: fold {number} of {len(job.folds)}, {left_out} videos left out")
        parts.append(_outputs(job, fold, number, fabric))
    joined = outputs.join([part.stored for part in parts], [video.id for video in job.index.train])
    if fabric.global_rank == 0:
        outputs.save(job.folder.holdout_outputs, joined)
    fabric.barrier()
    return Tested(joined, sum(part.seconds for part in parts))


def _outputs(job: Job, fold: Fold, number: int, fabric: Fabric) -> Tested:
    """The outputs of the fold's videos, from a training without them; from the disk where that is done."""
    folder = RunFolder(job.folder.path / FOLDS / str(number))
    done, name = folder.path / "done.json", f"{job.folder.id}/folds/{number}"
    if not done.exists():
        seconds = _train_and_test(_job_of(fold, job, folder), fabric)
        if fabric.global_rank == 0:
            write_json(done, {"seconds": seconds, "fold": name, "outputs": sha256_of(folder.holdout_outputs)})
            checkpoint.drop(folder.checkpoint)  # its streams served for these outputs only
        fabric.barrier()
    seconds = _seconds(done, name, folder.holdout_outputs)
    return Tested(outputs.read(folder.holdout_outputs), seconds)


def _seconds(done: Path, name: str, stored: Path) -> float:
    """A `UserError` where what is there is another fold's, or was changed since. name: of this fold. stored:
    its outputs."""
    try:
        said = read_json(done)
        seconds, fold, sha256 = float(said["seconds"]), said["fold"], said["outputs"]
    except (OSError, ValueError, LookupError, TypeError):
        raise UserError(f"{done} cannot be read; start the run again with --restart") from None
    if fold != name:
        raise UserError(
            f"{done.parent} is fold {fold}, not {name}: put that one's own back, or delete it to train "
            "it again"
        )
    if not stored.exists() or sha256_of(stored) != sha256:
        raise UserError(
            f"{stored} is not what the fold wrote: it was damaged or changed; delete {done.parent} to train "
            "the fold again"
        )
    return seconds


def _job_of(fold: Fold, job: Job, folder: RunFolder) -> Job:
    """The run with fewer videos: the same start, the same recipe, its own folder."""
    return replace(
        job,
        index=fold.index,
        training=fold.training,
        streams=job.new_streams(),
        folder=folder,
        trackers=None,
    )


def _train_and_test(job: Job, fabric: Fabric) -> float:
    """Seconds of both, over all sessions."""
    job.folder.path.mkdir(parents=True, exist_ok=True)
    job.streams.method.to(fabric.device)
    with running_streams(job, fabric):
        trained = train(job, fabric)
        tested = evaluate_held_out(job, fabric)
    if tested is None:
        raise UserError(
            f"a fold of {len(job.index.holdout)} videos is too small for {fabric.world_size} processes"
        )
    return trained.clock.train + tested.seconds
