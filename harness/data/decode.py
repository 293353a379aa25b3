"""Frames of a video file, through PyAV: each is decoded once, for all the streams and views that show it.

swscale converts YUV to rgb24 and scales in one pass, with one persistent reformatter per target size.
"""

from __future__ import annotations

import bisect
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import av
import numpy as np
from av.container import InputContainer
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from av.video.stream import VideoStream
from numpy.typing import NDArray

from backbones.errors import UserError

Pixels = NDArray[np.uint8]

# Formats whose packets carry every frame's own time stamp. Those of AVI with packed B-frames come out of
# order, and time stamps of MPEG streams wrap.
_TIMED_FORMATS = ("mov", "matroska")
# A file whose container promises this many times what it holds was cut off. (A few frames fewer are usual:
# AVI counts dropped frames and the empty packets that follow packed B-frames.)
_SHORTFALL = 1.1


class BrokenVideo(UserError):
    """A file that does not give the frames it should. The line names the file and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


@dataclass(frozen=True)
class View:
    """A clip to be cut out of a video: which frames, how large, which part of them.

    frames: numbers of frames, in the order of the clip, repeats allowed. size: (width, height) in pixels
    to which whole frames are scaled. box: (left, top, width, height) of the crop in the scaled frame.
    flip: whether left and right are exchanged.
    """

    frames: Sequence[int]
    size: tuple[int, int]
    box: tuple[int, int, int, int]
    flip: bool = False


class VideoFile:
    """An open video file (a context manager). One decoding thread: loaders have one process per core.

    frames: number of frames that the packets promise; a few less may decode, never trust it.
    width, height: of a frame as shown, in pixels (rotation by the container's display matrix applied,
    non-square pixels not).
    Raises BrokenVideo where the file is missing, empty, cut off, no video, or where nothing decodes.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._reformatters: dict[tuple[int, int], VideoReformatter] = defaultdict(VideoReformatter)
        self._container = self._open()
        try:
            self._start()
        except FFmpegError as error:
            self.close()
            raise BrokenVideo(self.path, _reason(error)) from error
        except BrokenVideo:
            self.close()
            raise

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._container.close()

    def read(self, views: Sequence[View], clips: Sequence[Pixels] | None = None) -> Sequence[Pixels]:
        """The clips of `views`, each (T, H, W, 3) uint8 RGB; written into `clips` where given.

        Every frame is decoded once, and scaled once to each size, however many views show it.
        """
        if clips is None:
            clips = [np.empty((len(v.frames), v.box[3], v.box[2], 3), np.uint8) for v in views]
        places: dict[int, list[tuple[int, int]]] = defaultdict(list)
        for which, view in enumerate(views):
            for at, number in enumerate(view.frames):
                places[int(number)].append((which, at))
        try:
            for number, frame in self._frames(sorted(places)):
                self._place(frame, views, clips, places[number])
        except (FFmpegError, ValueError, MemoryError) as error:
            raise BrokenVideo(self.path, _reason(error)) from error
        return clips

    def images(self, numbers: Sequence[int], size: tuple[int, int] | None = None) -> Pixels:
        """Whole frames (N, H, W, 3) uint8 RGB, scaled to `size` (width, height) if given."""
        width, height = size or (self.width, self.height)
        return self.read([View(numbers, (width, height), (0, 0, width, height))])[0]

    def _open(self) -> InputContainer:
        try:
            if self.path.stat().st_size == 0:
                raise BrokenVideo(self.path, "the file is empty (0 bytes)")
            # Some real clips carry metadata that is not UTF-8.
            return av.open(str(self.path), metadata_errors="ignore")
        except OSError as error:
            raise BrokenVideo(self.path, _reason(error)) from error
        except (FFmpegError, ValueError) as error:
            raise BrokenVideo(
                self.path, f"not a video file that FFmpeg can read ({_reason(error)})"
            ) from error

    def _start(self) -> None:
        """Counts the packets and decodes the first frame, which tells the true size and rotation."""
        if not self._container.streams.video:
            raise BrokenVideo(self.path, "there is no video stream in this file")
        self._stream: VideoStream = self._container.streams.video[0]
        self._stream.thread_count = 1
        self._times = self._scan()
        self._numbered: Iterator[tuple[int, VideoFrame]] = self._decode()
        self._first = next(self._numbered, None)
        if self._first is None:
            raise BrokenVideo(self.path, "no frame of its video stream can be decoded")
        frame = self._first[1]
        self._turns = round(frame.rotation / 90) % 4
        self.width, self.height = self._turned((frame.width, frame.height))

    def _scan(self) -> list[int]:
        """Counts the frames; where packets carry trustworthy times, gives them in order of showing."""
        packets = [p for p in self._container.demux(self._stream) if p.size]
        self.frames, promised = len(packets), self._stream.frames
        if promised > self.frames * _SHORTFALL + 2:
            raise BrokenVideo(
                self.path, f"the file is cut off: it holds {self.frames} of the {promised} frames it promises"
            )
        times = {p.pts for p in packets if p.pts is not None}
        timed = self._container.format.name.startswith(_TIMED_FORMATS) and len(times) == len(packets)
        self._container.seek(0)
        return sorted(times) if timed else []

    def _decode(self) -> Iterator[tuple[int, VideoFrame]]:
        """(number, frame) of all frames from where the container stands, as far as they decode."""
        for count, frame in enumerate(self._container.decode(self._stream)):
            yield self._number(frame, count), frame

    def _number(self, frame: VideoFrame, count: int) -> int:
        if self._times and frame.pts is not None:
            return bisect.bisect_left(self._times, frame.pts)
        return count

    def _frames(self, wanted: list[int]) -> Iterator[tuple[int, VideoFrame]]:
        """(number, frame) for each wanted number; one that never came is shown by the last that did."""
        waiting = iter(wanted)
        due = next(waiting, None)
        last: VideoFrame | None = None
        for number, frame in self._from_start():
            while due is not None and due < number:
                yield due, last or frame
                due = next(waiting, None)
            last = frame
            if due == number:
                yield due, frame
                due = next(waiting, None)
            if due is None:
                return
        while due is not None and last is not None:
            yield due, last
            due = next(waiting, None)

    def _from_start(self) -> Iterable[tuple[int, VideoFrame]]:
        """All frames; the first, decoded when the file was opened, is not decoded again."""
        if self._first is None:
            self._container.seek(0)
            self._numbered = self._decode()
        else:
            yield self._first
            self._first = None
        yield from self._numbered

    def _place(
        self, frame: VideoFrame, views: Sequence[View], clips: Sequence[Pixels], places: list[tuple[int, int]]
    ) -> None:
        """Scales one frame to each size that is asked for and copies the crops to their places."""
        scaled: dict[tuple[int, int], Pixels] = {}
        for which, at in places:
            view = views[which]
            if view.size not in scaled:
                scaled[view.size] = self._scale(frame, view.size)
            left, top, width, height = view.box
            crop = scaled[view.size][top : top + height, left : left + width]
            clips[which][at] = crop[:, ::-1] if view.flip else crop

    def _scale(self, frame: VideoFrame, size: tuple[int, int]) -> Pixels:
        """The frame as shown, (height, width, 3), a view of swscale's own buffer."""
        width, height = self._turned(size)
        rgb = self._reformatters[width, height].reformat(
            frame, width=width, height=height, format="rgb24", interpolation=Interpolation.BILINEAR, threads=1
        )
        plane = rgb.planes[0]
        pixels: Pixels = np.ndarray(
            (height, width, 3), np.uint8, memoryview(plane), 0, (plane.line_size, 3, 1)
        )
        return np.rot90(pixels, self._turns) if self._turns else pixels

    def _turned(self, size: tuple[int, int]) -> tuple[int, int]:
        return (size[1], size[0]) if self._turns % 2 else size


def _reason(error: Exception) -> str:
    """What FFmpeg or the system says, without error numbers and paths."""
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().rstrip(".")
