"""Trains a job's streams: the trainer with the job's loader, folder and reporter."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import TYPE_CHECKING, Any

from backbones.base.streams import PerStream
from harness.config.schema import Config
from harness.cost.memory import proposing
from harness.data.clips.dataset import Views
from harness.data.clips.loader import present, test_loader, train_loader
from harness.execution.job import Job
from harness.launched import launched
from harness.record.events import Events
from harness.training.distributed.batch_norm import synchronise
from harness.training.optimization.validation_loss import validation_loss
from harness.training.progress import Progress
from harness.training.state import CheckpointPolicy, TrainingState
from harness.training.streams.compiling import compiled
from harness.training.streams.learning import LearningWatch, reasons
from harness.training.streams.logits import refuse_softmax
from harness.training.streams.parallel import parallel_streams
from harness.training.streams.recomputing import recomputing
from harness.training.trainer import Trainer

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@contextmanager
def running_streams(job: Job, fabric: Fabric) -> Iterator[None]:
    """The job's streams run meanwhile as the command asks and this machine allows."""
    method = job.streams.method
    recomputes = job.launch.gradient_checkpointing
    # Streams side by side would mix up whose random numbers are drawn again.
    one_process = fabric.world_size == 1 and not job.compile and not recomputes
    if job.training.sync_batchnorm and fabric.world_size > 1:
        synchronise(method)
    used = {name: stream for name, stream in method.streams.items() if name not in method.unused}
    with (
        recomputing(method.streams.values(), recomputes),
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
    with fitting(job), job.reporter.progress("train", job.steps):
        return trainer.run()


def fitting(job: Job) -> AbstractContextManager[None]:
    """Where a training step within it runs out of memory, a UserError says which setting fits."""
    train, world = job.training, launched().world
    if world > 1:  # what fits this process alone tells nothing of the others
        return nullcontext()
    at_once = train.schedule.batch_size, train.micro_batch
    return proposing(job.streams.method, job.streams.specs, job.device.precision, *at_once)


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
