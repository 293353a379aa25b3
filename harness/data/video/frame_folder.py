"""Folders of frames (`img_00001.jpg`, ...) as videos: the reader that `decode.VideoFile` uses for them.

The layout of mmaction2's `rawframes`. Optical flow beside the frames (`flow_x_00001.jpg`) is not looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from pathlib import Path
from typing import cast

import av
from av.error import FFmpegError
from av.packet import Packet
from av.video.codeccontext import VideoCodecContext
from av.video.frame import VideoFrame

from harness.data.index_checks import numbered_frames
from harness.data.video.frames import Damage, Numbered
from harness.data.video.opened import BrokenVideo, refuse_what_is_no_file

_CODECS = {"png": "png"}  # everything else is JPEG


class FolderReader:
    """As `frames.FrameReader`: `count` frames, `first`, `damage`, `said`, `read`, `every`.

    Frames are numbered from 0. Raises BrokenVideo where there is no frame, where one is missing between
    others, or cannot be decoded.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage, self.said = Damage(), list[str]()
        self._frames = numbered_frames(path)
        if not self._frames:
            raise BrokenVideo(path, "no frames in this folder; expected img_00001.jpg, img_00002.jpg, ...")
        self._refuse_gaps()
        self.count = len(self._frames)
        self.first = self._decode(0)

    def close(self) -> None:
        """Nothing is open between two frames."""

    def read(self, wanted: list[int]) -> Iterator[Numbered]:
        """(number, frame) for each of the sorted numbers; one beyond the last is shown by the last."""
        for number in wanted:
            yield number, self._decode(min(number, self.count - 1))

    def every(self) -> Iterator[Numbered]:
        """(number, frame) of all frames."""
        return self.read(list(range(self.count)))

    def _refuse_gaps(self) -> None:
        for (before, one), (after, other) in itertools.pairwise(self._frames):
            if after == before:
                raise BrokenVideo(self.path, f"{one} and {other} are the same frame")
            if after > before + 1:
                raise BrokenVideo(self.path, f"frames are missing between {one} and {other}")

    def _decode(self, number: int) -> VideoFrame:
        path = self.path / self._frames[number][1]
        refuse_what_is_no_file(path)
        kind = _CODECS.get(path.suffix.lower()[1:], "mjpeg")
        decoder = cast(VideoCodecContext, av.CodecContext.create(kind, "r"))
        decoder.thread_count = 1
        try:
            frames = [*decoder.decode(Packet(path.read_bytes())), *decoder.decode(None)]
        except (FFmpegError, ValueError):
            frames = []
        if not frames:
            raise BrokenVideo(self.path, f"{path.name} cannot be decoded")
        if frames[0].is_corrupt:
            self.damage.concealed.add(number)
        return frames[0]
