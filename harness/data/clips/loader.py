"""Loaders over clips: the same samples on any number of workers or processes, no state to restore."""

# ruff: noqa: PT028  (test_loader is no test)

from __future__ import annotations

import itertools
import signal
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch.utils.data import DataLoader, Dataset, Sampler

from backbones.base.errors import UsageError
from backbones.spec import InputSpec
from harness.data.clips.dataset import TestClips, TrainClips, collate
from harness.data.clips.sample import Short, epoch_order
from harness.data.index import Video


class Schedule(Sampler[list[tuple[int, int]]]):
    """Batches of (epoch, position) for the steps [first_step, last) of a whole training.

    An epoch is a permutation that depends on (seed, epoch) alone; its last incomplete batch is left out. Of
    each batch, of `batch` videos over all processes, `rank` of `world` gets its contiguous share.
    """

    def __init__(
        self,
        videos: int,
        batch: int,
        epochs: int,
        seed: int,
        *,
        first_step: int = 0,
        rank: int = 0,
        world: int = 1,
    ) -> None:
        self.steps_per_epoch = steps_per_epoch(videos, batch)
        if batch % world:
            raise UsageError(
                f"a batch of {batch} cannot be shared by {world} processes; take a multiple of {world}"
            )
        self.videos, self.batch, self.seed = videos, batch, seed
        self.steps = range(first_step, epochs * self.steps_per_epoch)
        share = batch // world
        self.share = slice(rank * share, (rank + 1) * share)

    def __len__(self) -> int:
        return len(self.steps)

    def __iter__(self) -> Iterator[list[tuple[int, int]]]:
        for epoch, steps in itertools.groupby(self.steps, lambda step: step // self.steps_per_epoch):
            order = epoch_order(self.videos, self.seed, epoch)
            for step in steps:
                at = step % self.steps_per_epoch * self.batch
                yield [(epoch, int(position)) for position in order[at : at + self.batch][self.share]]


def steps_per_epoch(videos: int, batch: int) -> int:
    """Whole batches in an epoch; a UsageError where there is none."""
    if batch < 1 or batch > videos:
        raise UsageError(f"batch of {batch} from {videos} training videos; expected 1 to {videos}")
    return videos // batch


def train_loader(
    videos: Sequence[Video],
    specs: Mapping[str, InputSpec],
    *,
    seed: int,
    batch: int,
    epochs: int,
    first_step: int = 0,
    rank: int = 0,
    world: int = 1,
    workers: int = 0,
    short: Short = "loop",
    flip: bool = True,
    same_clip: bool = False,
    prefetch: int = 2,
    flow_cache: Path | None = None,
) -> DataLoader[Any]:
    """One loader over all remaining steps of all epochs, so that nothing restarts at an epoch's end.

    batch: videos per step over all processes.
    Batches as in `clips.collate`; broken videos are dropped and listed.
    workers: decoding processes, of one thread each; 0 decodes in this process.
    flow_cache: folder in which optical flow is kept.
    """
    schedule = Schedule(len(videos), batch, epochs, seed, first_step=first_step, rank=rank, world=world)
    data = TrainClips(videos, specs, seed, short, flip, flow_cache, same_clip)
    gather = partial(collate, streams=tuple(specs), drop=True)
    return _loader(data, workers, prefetch, batch_sampler=schedule, collate_fn=gather)


def test_loader(
    videos: Sequence[Video],
    specs: Mapping[str, InputSpec],
    *,
    clips: Mapping[str, int],
    crops: Mapping[str, int],
    batch: int = 1,
    rank: int = 0,
    world: int = 1,
    workers: int = 0,
    short: Short = "loop",
    prefetch: int = 2,
    flow_cache: Path | None = None,
) -> DataLoader[Any]:
    """Each video exactly once over all processes: this one gets the positions rank, rank + world, ...

    batch: videos (of clips x crops views) at a time. Broken videos keep their place ("ok" is False).
    """
    data = TestClips(videos, specs, clips, crops, short, flow_cache)
    gather = partial(collate, streams=tuple(specs), drop=False)
    positions = range(rank, len(videos), world)
    return _loader(data, workers, prefetch, batch_size=batch, sampler=positions, collate_fn=gather)


def _loader(data: Dataset[Any], workers: int, prefetch: int, **settings: Any) -> DataLoader[Any]:
    return DataLoader(
        data,
        num_workers=workers,
        prefetch_factor=prefetch if workers else None,
        worker_init_fn=_start_worker,
        pin_memory=torch.cuda.is_available(),
        # Its own generator: starting a loader must not advance torch's global one.
        generator=torch.Generator(),
        **settings,
    )


def _start_worker(worker: int) -> None:
    """Workers share the cores, so threads inside each would only compete.

    A stop sent to the whole process group (Ctrl-C, a scheduler) is for the trainer, which ends its workers
    itself once the checkpoint is written.
    """
    torch.set_num_threads(1)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
