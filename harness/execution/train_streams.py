"""A run's training: the trainer with the run's loader, folder and screen."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from harness.data.clips.loader import train_loader
from harness.execution import evaluate_streams
from harness.execution.job import Job
from harness.record.events import Events
from harness.training.streams.compiling import compiled
from harness.training.streams.logits import raw_logits
from harness.training.streams.parallel import side_by_side
from harness.training.trainer import Trainer

if TYPE_CHECKING:
    from lightning_fabric import Fabric


@contextmanager
def running(job: Job, fabric: Fabric) -> Iterator[None]:
    """The job's streams run meanwhile as the command asks and this machine allows."""
    method, train = job.streams.method, job.config.train
    clips = train.micro_batch or train.batch_size
    apart = fabric.world_size == 1 and not job.config.compile
    looked_at = {name: stream for name, stream in method.streams.items() if name not in method.unused}
    with (
        compiled(method.streams.values(), job.config.compile),
        side_by_side(method, clips, apart),
        raw_logits(looked_at, not job.config.compile),
    ):
        yield


def trainer(job: Job, fabric: Fabric) -> Trainer:
    config, index = job.config, job.index
    flip = index.flip if config.data.flip is None else config.data.flip

    def loader(first_step: int) -> Any:
        return train_loader(
            index.train,
            job.streams.specs,
            seed=config.seed,
            batch=config.train.batch_size,
            epochs=config.train.epochs,
            first_step=first_step,
            rank=fabric.global_rank,
            world=fabric.world_size,
            workers=job.launch.workers,
            short=config.data.short,
            flip=flip,
            flow_cache=job.launch.flow_cache,
            same_clip=job.streams.method.same_clip,
        )

    return Trainer(
        fabric=fabric,
        method=job.streams.method,
        specs=job.streams.specs,
        train=config.train,
        seed=config.seed,
        loader=loader,
        names=[video.id for video in index.train],
        steps=job.steps,
        per_epoch=job.per_epoch,
        path=job.folder.checkpoint,
        events=Events(job.folder.events, writes=fabric.global_rank == 0),
        show=job.board.beside(job.screen.training) if job.board else job.screen.training,
        stop_asked=lambda: job.stop.agreed(fabric),
        streams=config.streams(),
        dtype=evaluate_streams.dtype(job),
        checkpoint_every_s=job.launch.checkpoint_every_s,
    )
