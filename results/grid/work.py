"""How much a run computes, from counted multiply-adds of its networks. No torch."""

from __future__ import annotations

from dataclasses import dataclass

from backbones.base.streams import STREAMS
from backbones.building import find
from harness.config.resolve import method_settings
from harness.config.schema import Config, StreamConfig
from methods.catalogue import METHODS
from results.claims.side import Network
from results.costs import counted
from results.grid.rates import VIDEOS
from results.step_times import step_times

FLOPS_OF_A_MAC = 2
# The backward pass multiplies twice what the forward pass does: for the inputs, and for the weights.
FORWARD_AND_BACKWARD = 3
FORWARD = 1  # of a frozen teacher
REFERENCE = "two_stream"  # to whose step those of other methods were compared


@dataclass(frozen=True)
class Work:
    """flops: of training and testing one run. unknown: networks that nobody counted, data sets of no size."""

    train: float
    test: float
    unknown: tuple[str, ...] = ()

    @property
    def flops(self) -> float:
        return self.train + self.test


def work(config: Config) -> Work:
    """Derived: multiply-adds of one clip, counted at 400 classes, times clips; in training times three, and
    by how much longer a step of the method took than one of two_stream where that was measured."""
    videos = VIDEOS.get(config.data.dataset)
    entry = METHODS.get(config.method.name)
    unknown, train, test = [], 0.0, 0.0
    if videos is None:
        unknown.append(f"data set {config.data.dataset}")
    for name, stream in config.streams().items():
        if name not in used(config):
            continue
        macs = macs_of_clip(stream)
        if macs is None:
            unknown.append(f"{stream.backbone}@{stream.frames}x{stream.crop}")
        elif videos:
            passes = FORWARD if entry.teacher == name else FORWARD_AND_BACKWARD
            train += FLOPS_OF_A_MAC * passes * macs * videos.train * config.train.epochs
            views = views_of(config, name)
            test += FLOPS_OF_A_MAC * macs * views * videos.test
    longer = step_times().get(config.method.name) if config.method.name != REFERENCE else None
    return Work(train * max(1.0, longer.ratio if longer else 1.0), test, tuple(unknown))


def used(config: Config) -> tuple[str, ...]:
    """The streams that a run trains or tests; of a run of one stream, that one."""
    only: str = getattr(method_settings(config), "stream", "")
    return (only,) if only in STREAMS else STREAMS


def macs_of_clip(stream: StreamConfig) -> int | None:
    """Counted at the stream's own input; None where it was not, or where the network is narrower."""
    row = counted().get(Network(find(stream.backbone).name, stream.frames, stream.crop))
    return row.macs if row and stream.width == 1 else None


def views_of(config: Config, name: str) -> int:
    if config.test.part == "none":
        return 0
    clips = config.test.local_clips if name == "local" else config.test.global_clips
    return clips * config.test.crops
