"""A run about to be made, and how the machine is to make it."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from harness.config.schema import Config
from harness.console.console import Screen
from harness.data.index import VideoIndex
from harness.record.folder import RunFolder
from harness.training.device import Device
from harness.training.stopping import StopFlag
from harness.training.streams.build import Streams
from harness.training.streams.from_runs import Source
from harness.training.tensorboard import Board


@dataclass(frozen=True)
class Launch:
    """What does not change a result: where the data is, where runs go, on what and how it runs.

    views_at_once: views of a stream that testing passes through it together. flow_cache: where optical flow
    is kept between epochs and runs, if anywhere. tensorboard: also write its events.
    """

    data_root: Path | None
    out: Path
    device: str
    workers: int
    restart: bool = False
    dry_run: bool = False
    views_at_once: int = 16
    checkpoint_every_s: float = 60.0
    flow_cache: Path | None = None
    tensorboard: bool = False


@dataclass
class Job:
    """A run about to be made: all that is known before it starts."""

    config: Config
    launch: Launch
    screen: Screen
    device: Device
    index: VideoIndex
    streams: Streams
    sources: dict[str, Source]
    resolved: dict[str, Any]
    folder: RunFolder
    steps: int
    per_epoch: int
    stop: StopFlag = field(default_factory=StopFlag)
    board: Board | None = None
