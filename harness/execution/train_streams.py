"""Trains a job's streams: the trainer with the job's loader, folder and reporter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from backbones.base.streams import PerStream
from harness.config.schema import Config
from harness.data.clips.dataset import Views
from harness.data.clips.loader import present, test_loader, train_loader
from harness.execution.job import Job
from harness.record.events import Events
from harness.training.optimization.validation_loss import validation_loss
from harness.training.progress import Progress
from harness.training.state import CheckpointPolicy, TrainingState
from harness.training.streams.compiling import compiled
from harness.training.streams.learning import LearningWatch, reasons
from harness.training.streams.logits import refuse_softmax
from harness.training.streams.parallel import parallel_streams
from harness.training.trainer import Trainer

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@contextmanager
def running_streams(job: Job, fabric: Fabric) -> Iterator[None]:
    """The job's streams run meanwhile as the command asks and this machine allows."""
    method = job.streams.method
    one_process = fabric.world_size == 1 and not job.compile
    used = {name: stream for name, stream in method.streams.items() if name not in method.unused}
    with (
        compiled(method.streams.values(), job.compile),
        parallel_streams(method, job.training.micro_batch, one_process),
        refuse_softmax(used, not job.compile),
    ):
        yield


def train(job: Job, fabric: Fabric) -> TrainingState:
    """Trains to the last step, from wherever the run was."""
    trainer = Trainer(
        fabric=fabric,
        method=job.streams.method,
        plan=job.training,
        inputs=job.inputs(fabric),
        loader=_loader(job, fabric),
        names=[video.id for video in job.index.train],
        checkpoints=CheckpointPolicy(job.folder.checkpoint, job.launch.checkpoint_every_s, job.reporter.say),
        events=Events(job.folder.events, writes=fabric.global_rank == 0),
        report=_report(job),
        stop_asked=lambda: job.stop.agreed(fabric),
        validate=_validate(job, fabric) if job.training.optimization.plateau else None,
    )
    with job.reporter.progress("train", job.steps):
        return trainer.run()


def _loader(job: Job, fabric: Fabric) -> Callable[[int], Any]:
    plan = job.training

    def loader(first_step: int) -> Any:
        batches = train_loader(
            job.index.train, job.streams.specs, plan.sampling, plan.schedule, first_step, job.loading(fabric)
        )
        return present(batches, job.index.train)

    return loader


def _validate(job: Job, fabric: Fabric) -> Callable[[], float]:
    """One clip of each validation video, from its middle, uncropped but for the centre."""
    once = PerStream(Views(1), Views(1))
    videos, at_once = job.index.validation, max(1, job.training.micro_batch // fabric.world_size)

    def validate() -> float:
        batches = test_loader(
            videos, job.streams.specs, once, job.evaluation.short, at_once, job.loading(fabric)
        )
        return validation_loss(fabric, job.streams.method, job.inputs(fabric), present(batches, videos))

    return validate


def _report(job: Job) -> Callable[[Progress], None]:
    """To the reporter, to the run's trackers, and to who looks whether the streams learn."""
    watch = LearningWatch(
        classes=len(job.index.classes),
        batch_size=job.training.schedule.batch_size,
        reasons=reasons(Config.model_validate(job.facts.config)),
        say=job.reporter.say,
    )

    def all_of_them(progress: Progress) -> None:
        job.reporter.training(progress)
        watch.see(progress)
        if job.trackers:
            job.trackers.training(progress)

    return all_of_them
