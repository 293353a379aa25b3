"""Data sets of clips: the pixels of a VideoIndex's videos, cut as training or testing needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.utils.data import Dataset, default_collate

from backbones.base.streams import PerStream, StreamName
from backbones.spec import InputSpec
from harness.data.clips.augment import randaugment
from harness.data.clips.sample import Short
from harness.data.clips.transform import check_spec, flipped, frames_after, places, test_views, train_view
from harness.data.index import Video
from harness.data.video.decode import BrokenVideo, Pixels, VideoFile, View, room
from harness.data.video.flow import mirrored
from harness.data.video.flow_clips import FlowClips

Item = dict[str, Any]
Specs = Mapping[StreamName, InputSpec]  # of the streams that a method uses
Plan = Callable[[VideoFile], dict[StreamName, list[View]]]  # which views of an open file each stream wants


@dataclass(frozen=True)
class TrainSampling:
    """What decides which pixels a training clip shows, besides its stream's input spec.

    short: what stands where a video is shorter than a clip. flip: whether the data set allows left and right
    to be exchanged. same_clip: every stream gets the clip drawn for the global one (their specs ask for the
    same pixels), out of the places that all of them have: flow has one fewer than colours. randaugment: how
    many operations of RandAugment a clip goes through, the same in every stream; magnitude: of each.
    """

    seed: int
    short: Short = "loop"
    flip: bool = True
    same_clip: bool = False
    randaugment: int = 0
    magnitude: int = 9

    def draw_of(self, stream: StreamName) -> StreamName:
        """The stream in whose name the clip is drawn."""
        return "global" if self.same_clip else stream

    def augmented(self, clip: torch.Tensor, key: tuple[int, int, str]) -> torch.Tensor:
        """A clip (T, H, W, C) after RandAugment. key: (seed, epoch, video id): one draw for both streams, as
        the flip has, since a teacher and a student should look at one scene."""
        return randaugment(clip, self.randaugment, self.magnitude, (*key, "randaugment"))

    def shortens(self, specs: Specs) -> bool:
        """Whether a stream has fewer places to draw from than it would have by itself."""
        return self.same_clip and len({frames_after(spec) for spec in specs.values()}) > 1

    def views(
        self, specs: Specs, video: tuple[str, int, tuple[int, int]], epoch: int
    ) -> dict[StreamName, View]:
        """Each stream's clip of a video in an epoch. video: its id, frames, and (width, height)."""
        name, length, size = video
        room = {stream: places(spec, length) for stream, spec in specs.items()}
        if self.same_clip:
            room = dict.fromkeys(room, min(room.values()))
        return {
            stream: train_view(
                spec, room[stream], size, self.short, (self.seed, epoch, name, self.draw_of(stream))
            )
            for stream, spec in specs.items()
        }


@dataclass(frozen=True)
class Views:
    """The views of one video that a stream is tested on: uniform clips, and crops of each (1 or 3)."""

    clips: int
    crops: int = 1

    @property
    def count(self) -> int:
        return self.clips * self.crops


ViewsPerStream = PerStream[Views] | Mapping[StreamName, Views]


class _Clips(Dataset[Item]):
    def __init__(
        self, videos: Sequence[Video], specs: Specs, short: Short, flow_cache: Path | None = None
    ) -> None:
        self.videos, self.specs, self.short, self.flow_cache = videos, dict(specs), short, flow_cache
        for stream, spec in self.specs.items():
            check_spec(stream, spec)

    def __len__(self) -> int:
        return len(self.videos)

    def _load(self, position: int, counts: Mapping[StreamName, int], plan: Plan) -> Item:
        """counts: views per stream. Streams are uint8 (V, T, H, W, C), and "<stream>.frames" the numbers of
        these frames (V, T); zeros where the video is broken."""
        video = self.videos[position]
        numbers = {
            stream: np.zeros((counts[stream], spec.frames), np.int64) for stream, spec in self.specs.items()
        }
        streams = {
            stream: np.zeros((counts[stream], *_shape(spec)), np.uint8) for stream, spec in self.specs.items()
        }
        item: Item = {"label": video.label, "position": position, "ok": True}
        try:
            with VideoFile(video.path) as file:
                views = plan(file)
                self._read(file, views, streams)
                if any(file.damaged):
                    item["damaged"] = file.damaged
                numbers = {name: np.array([view.frames for view in views[name]]) for name in numbers}
        except BrokenVideo as error:
            item.update(ok=False, error=error.reason, gone=not video.path.exists())
            for stream in streams.values():
                stream.fill(0)
        item |= {f"{stream}.frames": torch.from_numpy(array) for stream, array in numbers.items()}
        return item | {stream: torch.from_numpy(array) for stream, array in streams.items()}

    def _read(
        self, file: VideoFile, views: dict[StreamName, list[View]], clips: dict[StreamName, Pixels]
    ) -> None:
        """Fills the streams' clips from one pass over the file."""
        flows = {
            stream: FlowClips(file, self.specs[stream], views[stream], self.flow_cache)
            for stream in clips
            if self.specs[stream].modality == "flow"
        }
        wanted = [view for stream in clips if stream not in flows for view in views[stream]]
        places = [clip for stream in clips if stream not in flows for clip in clips[stream]]
        extra = [view for flow in flows.values() for view in flow.wanted()]
        pixels = iter(file.read([*wanted, *extra], [*places, *map(room, extra)])[len(wanted) :])
        for stream, flow in flows.items():
            flow.fill([next(pixels) for _ in flow.wanted()], clips[stream])


class TrainClips(_Clips):
    """Training clips, one per stream, by (epoch, position of the video).

    An item: per stream uint8 (T, H, W, C), and "<stream>.frames" (T,); "label", "position", "ok"; "error"
    where a video is broken (then its clips are zeros; it is never replaced by another video). What is cut
    depends on (seed, epoch, video id, stream) alone.
    """

    def __init__(
        self, videos: Sequence[Video], specs: Specs, sampling: TrainSampling, flow_cache: Path | None = None
    ) -> None:
        super().__init__(videos, specs, sampling.short, flow_cache)
        self.sampling = sampling

    def __getitem__(self, which: tuple[int, int]) -> Item:
        epoch, position = which
        video, seed = self.videos[position].id, self.sampling.seed

        def plan(file: VideoFile) -> dict[StreamName, list[View]]:
            drawn = self.sampling.views(self.specs, (video, file.frames, (file.width, file.height)), epoch)
            return {stream: [view] for stream, view in drawn.items()}

        item = self._load(position, dict.fromkeys(self.specs, 1), plan)
        turn = self.sampling.flip and flipped(seed, epoch, video)
        item |= {f"{s}.frames": item[f"{s}.frames"][0] for s in self.specs}
        item |= {s: _turned(item[s][0], self.specs[s]) if turn else item[s][0] for s in self.specs}
        if self.sampling.randaugment and item["ok"]:
            item |= {s: self.sampling.augmented(item[s], (seed, epoch, video)) for s in self.specs}
        return item


class TestClips(_Clips):
    """All test views of a video, by its position.

    An item: per stream uint8 (V, T, H, W, C) with V = clips x crops, the crops of one clip together, and
    "<stream>.frames" (V, T); the rest as in TrainClips. All views of all streams come from one pass over the
    file.
    """

    __test__ = False  # not a test case, whatever pytest makes of the name

    def __init__(
        self,
        videos: Sequence[Video],
        specs: Specs,
        views: ViewsPerStream,
        short: Short,
        flow_cache: Path | None = None,
    ) -> None:
        super().__init__(videos, specs, short, flow_cache)
        self.views = {stream: views[stream] for stream in specs}

    def __getitem__(self, position: int) -> Item:
        def plan(file: VideoFile) -> dict[StreamName, list[View]]:
            size = (file.width, file.height)
            return {
                stream: test_views(spec, file.frames, size, views.clips, views.crops, self.short)
                for (stream, spec), views in zip(self.specs.items(), self.views.values(), strict=True)
            }

        return self._load(position, {stream: views.count for stream, views in self.views.items()}, plan)


def collate(items: Sequence[Item], streams: Sequence[StreamName], drop: bool) -> Item:
    """A batch: per stream (B, ...), "<stream>.frames" (B, ...) where items have it, "label" (B,), "position"
    (B,), "ok" (B,), "failed": [(position, error)], "gone": positions of those whose files are not there,
    "damaged": [(position, concealed frames, skipped frames)] of those that have such.

    drop: leave broken videos out, so that the batch is smaller, down to empty (training); otherwise they keep
    their place as zeros (testing).
    """
    failed = [(item["position"], item["error"]) for item in items if not item["ok"]]
    kept = [item for item in items if item["ok"] or not drop]
    numbers = (f"{stream}.frames" for stream in streams)
    keys = (*streams, *(name for name in numbers if name in items[0]), "label", "position", "ok")
    if kept:
        batch = default_collate([{key: item[key] for key in keys} for item in kept])
    else:
        one = default_collate([{key: items[0][key] for key in keys}])
        batch = {key: value[:0] for key, value in one.items()}
    gone = [item["position"] for item in items if item.get("gone")]
    damaged = [(item["position"], *item["damaged"]) for item in items if item.get("damaged")]
    return {**batch, "failed": failed, "gone": gone, "damaged": damaged}


def _shape(spec: InputSpec) -> tuple[int, int, int, int]:
    return (spec.frames, spec.crop, spec.crop, spec.channels)


def _turned(clip: torch.Tensor, spec: InputSpec) -> torch.Tensor:
    # torch's flip is ten times as fast as copying a reversed NumPy view.
    return mirrored(clip) if spec.modality == "flow" else clip.flip(2)
