"""Clips of optical flow, out of the same pass over a file as the clips of colours."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from backbones.base.errors import UsageError
from backbones.base.streams import StreamName
from backbones.spec import InputSpec
from harness.data.index import VideoIndex
from harness.data.video import flow
from harness.data.video.decode import BrokenVideo, Pixels, VideoFile, View
from harness.data.video.flow_cache import FlowCache


@dataclass
class _Fields:
    """Of one size: which fields are needed, which are there, and the frames for the rest."""

    cache: FlowCache
    made: dict[int, Pixels] = field(default_factory=dict)
    missing: list[int] = field(default_factory=list)
    frames: list[int] = field(default_factory=list)

    def need(self, numbers: Sequence[int]) -> None:
        for number in numbers:
            found = self.cache.get(number)
            if found is None:
                self.missing.append(number)
            else:
                self.made[number] = found
        self.frames = sorted({each for number in self.missing for each in (number, number + 1)})


class FlowClips:
    """The flow of one open video for a stream's views.

    `wanted` are views of whole frames to be read beside the others; `fill` makes of their pixels the clips
    (T, H, W, 2 L). Fields are computed on whole frames at the views' size, once for all views, and cut after.
    """

    def __init__(self, file: VideoFile, spec: InputSpec, views: Sequence[View], cache: Path | None) -> None:
        """A `BrokenVideo` where the video has one frame. cache: folder of computed flow, None for none."""
        if file.frames < 2:
            raise BrokenVideo(file.path, "it has one frame; optical flow needs two")
        self.spec, self.views = spec.flow, views
        self.numbers = [flow.stacks(view, spec.flow.stack, file.frames) for view in views]
        needed: dict[tuple[int, int], set[int]] = defaultdict(set)
        for view, numbers in zip(views, self.numbers, strict=True):
            needed[view.size].update(int(number) for number in numbers.flat)
        self.sizes: dict[tuple[int, int], _Fields] = {}
        for size, wanted in needed.items():
            self.sizes[size] = _Fields(FlowCache(cache, file.path, spec.flow, size))
            self.sizes[size].need(sorted(wanted))

    def wanted(self) -> list[View]:
        return [View(part.frames, size, (0, 0, *size)) for size, part in self.sizes.items()]

    def fill(self, whole: Sequence[Pixels], clips: NDArray[np.uint8]) -> None:
        """whole: what the views of `wanted` show. clips: (V, T, H, W, 2 L), written."""
        estimate = flow.estimator(self.spec.algorithm)
        for part, pixels in zip(self.sizes.values(), whole, strict=True):
            frames = dict(zip(part.frames, pixels, strict=True))
            fresh = flow.fields(part.missing, frames, self.spec, estimate)
            for number, one in fresh.items():
                part.cache.put(number, one)
            part.made |= fresh
        for view, numbers, clip in zip(self.views, self.numbers, clips, strict=True):
            flow.place(clip, view, numbers, self.sizes[view.size].made)


def check_flow(specs: Mapping[StreamName, InputSpec], index: VideoIndex) -> None:
    """A `UsageError` where a stream asks for flow that this machine or this data set cannot give.

    It looks at the first video of each part; a video of one frame among others is listed as broken.
    """
    asking = [stream for stream, spec in specs.items() if spec.modality == "flow"]
    for stream in asking:
        flow.estimator(specs[stream].flow.algorithm)
        for video in (*index.train[:1], *index.test[:1]):
            try:
                with VideoFile(video.path) as file:
                    frames = file.frames
            except BrokenVideo:
                continue
            if frames < 2:
                raise UsageError(
                    f"the {stream} stream asks for optical flow, but {video.id} is a still (one frame): "
                    f"take --set {stream}.modality=rgb, or a data set of videos"
                )
