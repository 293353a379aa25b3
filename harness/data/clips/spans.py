"""Clips that are longer than most videos: they are looped or held, and all test clips of one are the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from statistics import median_low

from backbones.base.streams import StreamName
from backbones.spec import InputSpec
from harness.data.clips.sample import Short, span
from harness.data.clips.transform import frames_after
from harness.data.index import Video
from harness.data.video.decode import BrokenVideo, VideoFile

ASKED = 15  # videos that are opened, a few milliseconds each


def median_length(videos: Sequence[Video], asked: int = ASKED) -> int | None:
    """The median number of frames that some of the videos promise, evenly spread over the list; None where
    none can be opened."""
    step = max(len(videos) / asked, 1)
    chosen = [videos[int(place * step)] for place in range(min(asked, len(videos)))]
    lengths = [frames for video in chosen if (frames := _frames(video))]
    return median_low(lengths) if lengths else None


def _frames(video: Video) -> int:
    try:
        with VideoFile(video.path) as file:
            return file.frames
    except BrokenVideo:
        return 0  # which testing reports


def too_long(specs: Mapping[StreamName, InputSpec], length: int, short: Short) -> list[str]:
    """A line for each stream whose clips span more frames than the median video has.

    length: the median. short: what stands where a video ends, as in `harness.data.clips.sample.fit`.
    """
    lines = []
    for name, spec in specs.items():
        after = frames_after(spec)
        needed = span(spec.frames, spec.stride) + after
        if needed > length:
            lines.append(_line(name, spec, needed, length, short) + _advice(name, spec, length - after))
    return lines


def _line(name: StreamName, spec: InputSpec, needed: int, length: int, short: Short) -> str:
    what = "loops, frames out of order" if short == "loop" else "holds the last frame"
    return (
        f"clips of the {name} stream span {needed} frames ({spec.frames} at stride {spec.stride}), the "
        f"median video has {length}: in a shorter video a clip {what}, and all test clips are the same"
    )


def _advice(name: StreamName, spec: InputSpec, length: int) -> str:
    fits = (length - 1) // max(spec.frames - 1, 1)
    return f" (--set {name}.stride={fits} fits)" if fits >= 1 else ""
