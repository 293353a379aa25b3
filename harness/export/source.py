"""A finished run as what is exported: its trained streams, its fusion rule, clips of its own test videos."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from torch import Tensor

from backbones.base.errors import UserError
from backbones.base.streams import STREAMS, PerStream, StreamName
from harness.config.schema import Config
from harness.data.clips.dataset import TestClips, Views
from harness.data.index import Video
from harness.data.registry import open_index
from harness.evaluation.predict import trained_streams
from harness.record.folder import RunFolder
from harness.record.schema import RunRecord
from harness.record.stored.videos import tested_videos
from harness.training.streams.build import Streams
from methods.contract import Method

Clips = dict[StreamName, Tensor]  # of one video: uint8 (V, T, H, W, C) of each stream
VIDEOS, CLIPS = 4, 2  # at most, of each video and stream


@dataclass(frozen=True)
class Source:
    """A run whose networks are exported. streams: with the run's weights, on the CPU, in float32."""

    run: RunFolder
    record: RunRecord
    config: Config
    streams: Streams

    @property
    def method(self) -> Method:
        return self.streams.method

    @property
    def names(self) -> list[StreamName]:
        """The streams that the method uses."""
        return [name for name in STREAMS if name in self.streams.specs]

    def check(self) -> None:
        """Raises UserError where the streams take more than clips."""
        for name, stream in self.config.streams().items():
            if stream.settings.get("positions") == "frame":
                raise UserError(
                    f"the {name} stream of run {self.run.id} reads the numbers of its frames in the video "
                    f"({name}.positions=frame), and an exported network is given its clips alone"
                )


def source(run: RunFolder) -> Source:
    """Raises UserError where the run's checkpoint is gone or does not fit."""
    record = run.run_record()
    config = Config.model_validate(record.config)
    streams = trained_streams(run, record, config)
    streams.method.eval().requires_grad_(False)
    found = Source(run, record, config, streams)
    found.check()
    return found


def clips_of(run: Source, data_root: Path | None) -> Mapping[str, Clips]:
    """A few clips of a few videos that the run was tested on, uint8 (V, T, H, W, C), by the videos' ids.

    They are of training videos where it was tested on none, as a pre-training. A `UserError` where the videos
    are not found: data_root is where their data set lies now.
    """
    tested = PerStream(run.config.test.local_clips, run.config.test.global_clips)
    views = {name: Views(min(CLIPS, tested[name])) for name in run.names}
    if run.method.joint:
        views = dict.fromkeys(views, Views(min(each.clips for each in views.values())))
    videos = _videos(run, data_root)
    items = TestClips(videos, run.streams.specs, views, run.config.data.short)
    found: dict[str, Clips] = {}
    for position, video in enumerate(videos):
        item = items[position]
        if item["ok"]:
            found[video.id] = {name: item[name] for name in run.names}
        if len(found) == VIDEOS:
            return found
    if not found:
        raise UserError(f"none of the videos of run {run.run.id} can be read: nothing to compare on")
    return found


def _videos(run: Source, data_root: Path | None) -> Sequence[Video]:
    """Those that the run was tested on, where they lie now."""
    data, part = run.config.data, run.config.test.part
    parts = {"train", *([part] if part != "none" else [])}
    index = open_index(data.dataset, data_root, data.split, data.settings, parts)
    there = {video.id: video for video in (*index.train, *index.validation, *index.test)}
    tested = [video.id for video in tested_videos(run.run, run.record) or ()]
    wanted = tested or [video.id for video in index.train]
    found = [there[name] for name in wanted if name in there]
    if not found:
        raise UserError(
            f"none of the {len(wanted)} videos that run {run.run.id} was tested on is there "
            f"({wanted[0] if wanted else 'no name is known'}); --data-root says where {data.dataset} lies"
        )
    return found
