"""A contact sheet of what each stream sees: frames as loaders cut them, in training and in each test view."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from harness.data.clips.dataset import Item, Specs, TestClips, TrainClips, TrainSampling, ViewsPerStream
from harness.data.clips.transform import flipped, test_views
from harness.data.index import Video, VideoIndex
from harness.data.video.decode import Pixels, VideoFile
from harness.data.video.flow_picture import shown

GAP = 2  # white pixels between frames
WIDTH = 12.0  # inches
MOST = 16  # frames of a clip that are shown


@dataclass(frozen=True)
class Protocol:
    """What decides the clips of a run: of training `sampling`, of testing `views`."""

    specs: Specs
    sampling: TrainSampling
    views: ViewsPerStream


@dataclass(frozen=True)
class Strip:
    """One clip: title, and its frames side by side (H, W, 3) uint8."""

    title: str
    pixels: Pixels


def pick(videos: Sequence[Video], count: int) -> list[Video]:
    """`count` videos spread evenly over the list."""
    count = min(count, len(videos))
    return [videos[at * len(videos) // count] for at in range(count)]


def sheet(index: VideoIndex, protocol: Protocol, videos: int, epoch: int) -> list[Strip]:
    """The strips of `videos` training videos in one epoch and of as many test videos in all their views."""
    train, test = pick(index.train, videos), pick(index.test, videos)
    trained = TrainClips(train, protocol.specs, protocol.sampling)
    tested = TestClips(test, protocol.specs, protocol.views, protocol.sampling.short)
    strips: list[Strip] = []
    for position, video in enumerate(train):
        strips += _training(video, trained[epoch, position], index, protocol, epoch)
    for position, video in enumerate(test):
        strips += _testing(video, tested[position], index, protocol)
    return strips


def _training(video: Video, item: Item, index: VideoIndex, protocol: Protocol, epoch: int) -> list[Strip]:
    name = f"train, epoch {epoch}: {video.id} ({index.classes[video.label]})"
    if not item["ok"]:
        return [_broken(name, item)]
    sampling = protocol.sampling
    mirrored = ", mirrored" if sampling.flip and flipped(sampling.seed, epoch, video.id) else ""
    strips = []
    with VideoFile(video.path) as file:
        size = (file.width, file.height)
        for stream, view in sampling.views(protocol.specs, (video.id, file.frames, size), epoch).items():
            title = (
                f"{name}\n{stream}: {_numbers(view.frames, file.frames)}, {view.size[1]} px high{mirrored}"
            )
            strips.append(Strip(title, strip(item[stream].numpy())))
    return strips


def _testing(video: Video, item: Item, index: VideoIndex, protocol: Protocol) -> list[Strip]:
    name = f"test: {video.id} ({index.classes[video.label]})"
    if not item["ok"]:
        return [_broken(name, item)]
    strips = []
    with VideoFile(video.path) as file:
        size = (file.width, file.height)
        for stream, spec in protocol.specs.items():
            asked = protocol.views[stream]
            clips, crops = asked.clips, asked.crops
            views = test_views(spec, file.frames, size, clips, crops, protocol.sampling.short)
            for number, (view, pixels) in enumerate(zip(views, item[stream].numpy(), strict=True)):
                clip, crop = divmod(number, crops)
                where = f", crop {crop + 1} of {crops}" if crops > 1 else ""
                frames = _numbers(view.frames, file.frames)
                title = f"{name}\n{stream}, clip {clip + 1} of {clips}{where}: {frames}"
                strips.append(Strip(title, strip(pixels)))
    return strips


def strip(clip: Pixels) -> Pixels:
    """The frames of a clip (T, H, W, C) side by side; of more than MOST, evenly spaced ones."""
    some = clip if len(clip) <= MOST else clip[np.linspace(0, len(clip) - 1, MOST).round().astype(int)]
    white: NDArray[np.uint8] = np.full((clip.shape[1], GAP, 3), 255, np.uint8)
    parts = [part for frame in shown(some) for part in (frame, white)]
    return np.concatenate(parts[:-1], axis=1)


def _broken(name: str, item: Item) -> Strip:
    return Strip(f"{name}\nbroken: {item['error']}", np.full((8, 256, 3), 160, np.uint8))


def _numbers(frames: Sequence[int], length: int) -> str:
    """`frames 3, 11, ... 59 of 144`: the first two tell the stride; how many there are is the file's word."""
    first = ", ".join(map(str, frames[:2]))
    last = f", … {frames[-1]}" if len(frames) > 2 else ""
    return f"{len(frames)} frames {first}{last} of {length} by the header"


def draw(strips: Sequence[Strip], path: Path, heading: str) -> None:
    """Writes the sheet as a PNG, a row for each strip."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heights = [WIDTH * s.pixels.shape[0] / s.pixels.shape[1] + 0.45 for s in strips]
    total = sum(heights) + 0.5
    figure = Figure(figsize=(WIDTH + 0.4, total))
    FigureCanvasAgg(figure)
    figure.text(0.2 / (WIDTH + 0.4), 1 - 0.3 / total, heading, fontsize=10, weight="bold")
    top = total - 0.5
    for one, height in zip(strips, heights, strict=True):
        box = (0.2 / (WIDTH + 0.4), (top - height) / total, WIDTH / (WIDTH + 0.4), (height - 0.45) / total)
        axes = figure.add_axes(box)
        axes.imshow(one.pixels, aspect="auto", interpolation="nearest")
        axes.set_axis_off()
        axes.set_title(one.title, loc="left", fontsize=8, pad=2)
        top -= height
    figure.savefig(path, dpi=100, format="png")
