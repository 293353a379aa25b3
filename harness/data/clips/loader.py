"""Loaders over clips: the same samples on any number of workers or processes, no state to restore."""

# ruff: noqa: PT028  (test_loader is no test)

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from backbones.base.errors import UsageError, UserError
from harness.data.clips.dataset import (
    Item,
    Specs,
    TestClips,
    TrainClips,
    TrainSampling,
    ViewsPerStream,
    collate,
)
from harness.data.clips.sample import Short, epoch_order
from harness.data.clips.schedule import TrainingSchedule
from harness.data.clips.workers import Watched, start_worker
from harness.data.index import Video


@dataclass(frozen=True)
class LoaderSettings:
    """How this process loads clips: nothing of it changes a clip.

    rank: of this process among `world`. workers: decoding processes of one thread each; 0 decodes in this
    process. prefetch: batches that each worker is ahead. flow_cache: folder in which optical flow is kept.
    """

    rank: int = 0
    world: int = 1
    workers: int = 0
    prefetch: int = 2
    flow_cache: Path | None = None


class TrainingBatches(Sampler[list[tuple[int, int]]]):
    """Batches of (epoch, position) for the steps from `first_step` on of a whole training.

    An epoch is a permutation that depends on (seed, epoch) alone. Of each batch this process gets its
    contiguous share.
    """

    def __init__(
        self,
        schedule: TrainingSchedule,
        seed: int,
        first_step: int = 0,
        settings: LoaderSettings = LoaderSettings(),
    ) -> None:
        self.schedule, self.seed = schedule, seed
        self.steps = range(first_step, schedule.steps)
        self.share = _share(schedule.batch_size, settings)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        per_epoch, batch = self.schedule.per_epoch, self.schedule.batch_size
        for epoch, steps in itertools.groupby(self.steps, lambda step: step // per_epoch):
            order = epoch_order(self.schedule.videos, self.seed, epoch)
            for step in steps:
                at = step % per_epoch * batch
                yield [(epoch, int(position)) for position in order[at : at + batch][self.share]]


def _share(batch: int, settings: LoaderSettings) -> slice:
    """This process's places in a batch; a UsageError where they cannot be equally many on each process."""
    if batch % settings.world:
        raise UsageError(
            f"a batch of {batch} cannot be shared by {settings.world} processes; "
            f"take a multiple of {settings.world}"
        )
    size = batch // settings.world
    return slice(settings.rank * size, (settings.rank + 1) * size)


def train_loader(
    videos: Sequence[Video],
    specs: Specs,
    sampling: TrainSampling,
    schedule: TrainingSchedule,
    first_step: int = 0,
    settings: LoaderSettings = LoaderSettings(),
) -> Watched:
    """One loader over all remaining steps of all epochs, so that nothing restarts at an epoch's end.

    Batches as in `clips.collate`; broken videos are dropped and listed.
    """
    batches = TrainingBatches(schedule, sampling.seed, first_step, settings)
    data = TrainClips(videos, specs, sampling, settings.flow_cache)
    gather = partial(collate, streams=tuple(specs), drop=True)
    return _loader(data, settings, batch_sampler=batches, collate_fn=gather)


def test_loader(
    videos: Sequence[Video],
    specs: Specs,
    views: ViewsPerStream,
    short: Short = "loop",
    batch: int = 1,
    settings: LoaderSettings = LoaderSettings(),
) -> Watched:
    """Each video exactly once over all processes: this one gets the positions rank, rank + world, ...

    batch: videos at a time, in all their views. Broken videos keep their place ("ok" is False).
    """
    data = TestClips(videos, specs, views, short, settings.flow_cache)
    gather = partial(collate, streams=tuple(specs), drop=False)
    positions = range(settings.rank, len(videos), settings.world)
    return _loader(data, settings, batch_size=batch, sampler=positions, collate_fn=gather)


def present(batches: Iterable[Item], videos: Sequence[Video]) -> Iterator[Item]:
    """The batches, as long as all files are where the index found them; else a `UserError`.

    A video that cannot be decoded is a fact about the data and is counted. One whose file has gone meanwhile
    says nothing: without its folder the whole test would be wrong.
    """
    for batch in batches:
        if gone := batch.get("gone"):
            raise UserError(
                f"{videos[gone[0]].path} was there when the run began and is gone: put its folder back "
                "(generated clips are made anew); the same command goes on"
            )
        yield batch


def _loader(data: Dataset[Any], settings: LoaderSettings, **batches: Any) -> Watched:
    loader: DataLoader[Any] = DataLoader(
        data,
        num_workers=settings.workers,
        prefetch_factor=settings.prefetch if settings.workers else None,
        worker_init_fn=start_worker,
        pin_memory=torch.cuda.is_available(),
        # Its own generator: starting a loader must not advance torch's global one.
        generator=torch.Generator(),
        **batches,
    )
    return Watched(loader)
