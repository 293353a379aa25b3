"""Clips cut out of a video file: each frame is decoded once, for all the streams and views that show it.

swscale turns frames into pixels, with persistent reformatters: it scales in YUV, then converts to rgb24, both
fast paths of its own. One pass that does both takes 2.5 to 3.5 times as long. From full chroma interpolation
with accurate rounding, which takes 3 to 6 times as long, this is 1.2 to 1.4 levels away on average, as far as
one pass is (0 to 2.4). `scripts/bench_loader.py` measures it again.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from av.error import FFmpegError
from av.video.frame import VideoFrame
from av.video.reformatter import Interpolation, VideoReformatter
from numpy.typing import NDArray

from harness.data.video.frame_folder import FolderReader
from harness.data.video.frames import FrameReader
from harness.data.video.opened import BrokenVideo

__all__ = ["BrokenVideo", "Pixels", "VideoFile", "View", "room"]

Pixels = NDArray[np.uint8]

HASHED = 8  # all frames would take twice the time of decoding, these 1.14 times
_BILINEAR = Interpolation.BILINEAR  # widened when scaling down, so that nothing aliases
# Formats that swscale scales as they are. Others become rgb24 and are scaled in one pass.
_YUV = ("yuv420p", "yuvj420p", "yuv422p", "yuvj422p", "yuv444p", "yuvj444p")


@dataclass(frozen=True)
class View:
    """A clip to be cut out of a video: which frames, how large, which part of them.

    frames: numbers of frames, in the order of the clip, repeats allowed. size: (width, height) in pixels
    to which whole frames are scaled. box: (left, top, width, height) of the crop in the scaled frame.
    """

    frames: Sequence[int]
    size: tuple[int, int]
    box: tuple[int, int, int, int]


def _stored(frame: VideoFrame) -> bytes:
    """The pixels as they were decoded, without what pads rows; as RGB where PyAV cannot give them."""
    try:
        return frame.to_ndarray().tobytes()
    except (ValueError, AssertionError):  # a format it does not know, or chroma of an odd width or height
        return frame.to_ndarray(format="rgb24").tobytes()


def room(view: View) -> Pixels:
    """Memory for a view's clip (T, H, W, 3)."""
    return np.empty((len(view.frames), view.box[3], view.box[2], 3), np.uint8)


class VideoFile:
    """An open video file, or a folder of frames (a context manager).

    frames: number of frames that the file promises. A few less may decode; wanted frames beyond the last that
    does are shown by it. width, height: of a frame as shown, in pixels (rotated as the container says;
    non-square pixels are left as they are).
    Raises BrokenVideo where the file is missing, empty, cut off, no video, or where nothing decodes.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._scalers: dict[tuple[int, int], VideoReformatter] = defaultdict(VideoReformatter)
        self._converters: dict[tuple[int, int], VideoReformatter] = defaultdict(VideoReformatter)
        with _named(self.path):
            self._reader: FrameReader | FolderReader
            if self.path.is_dir():
                self._reader = FolderReader(self.path)
            else:
                self._reader = FrameReader(self.path)
        first = self._reader.first
        self._turns = round(first.rotation / 90) % 4
        self.frames = self._reader.count
        self.width, self.height = self._turned((first.width, first.height))

    def __enter__(self) -> VideoFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._reader.close()

    @property
    def said(self) -> tuple[str, ...]:
        """What is unusual about the file, and the damage seen in what was read of it, a line each."""
        damage = str(self._reader.damage)
        return (*self._reader.said, *([damage] if damage else []))

    @property
    def damaged(self) -> tuple[int, int]:
        """(concealed, skipped): frames in what was read that the decoder made up, and that it left out."""
        return self._reader.damage.counts

    def read(self, views: Sequence[View], clips: Sequence[Pixels] | None = None) -> Sequence[Pixels]:
        """The clips of `views`, each (T, H, W, 3) uint8 RGB; written into `clips` where given.

        Every frame is decoded once, and scaled once to each size, however many views show it.
        """
        if clips is None:
            clips = [room(view) for view in views]
        places: dict[int, list[tuple[View, Pixels]]] = defaultdict(list)
        for view, clip in zip(views, clips, strict=True):
            for at, number in enumerate(view.frames):
                places[int(number)].append((view, clip[at]))
        with _named(self.path):
            for number, frame in self._reader.read(sorted(places)) if places else ():
                self._place(frame, places[number])
                del frame  # what is held changes the memory in which a decoder leaves what it cannot decode
        return clips

    def survey(self) -> tuple[int, set[tuple[int, int]], str]:
        """How many frames really decode, their sizes (width, height) as stored, and a SHA-256 (hex) of each
        `HASHED`th frame and of how many there are: the same for a video in another container.
        """
        decoded, sizes, pictures = 0, set(), hashlib.sha256()
        with _named(self.path):
            for _, frame in self._reader.every():
                if decoded % HASHED == 0:
                    pictures.update(_stored(frame))
                decoded += 1
                sizes.add((frame.width, frame.height))
        pictures.update(str(decoded).encode())
        return decoded, sizes, pictures.hexdigest() if decoded else ""

    def images(self, numbers: Sequence[int], size: tuple[int, int] | None = None) -> Pixels:
        """Whole frames (N, H, W, 3) uint8 RGB, scaled to `size` (width, height) if given."""
        width, height = size or (self.width, self.height)
        return self.read([View(numbers, (width, height), (0, 0, width, height))])[0]

    def _place(self, frame: VideoFrame, places: list[tuple[View, Pixels]]) -> None:
        """Scales one frame to each size that is asked for and copies the crops to their places."""
        scaled: dict[tuple[int, int], Pixels] = {}
        for view, place in places:
            if view.size not in scaled:
                scaled[view.size] = self._scale(frame, view.size)
            left, top, width, height = view.box
            place[:] = scaled[view.size][top : top + height, left : left + width]

    def _scale(self, frame: VideoFrame, size: tuple[int, int]) -> Pixels:
        """The frame as shown, (height, width, 3): a view of swscale's own buffer."""
        width, height = self._turned(size)
        if frame.format.name in _YUV:
            frame = self._scalers[size].reformat(frame, width, height, interpolation=_BILINEAR, threads=1)
        rgb = self._converters[size].reformat(
            frame, width, height, "rgb24", interpolation=_BILINEAR, threads=1
        )
        plane = rgb.planes[0]
        pixels: Pixels = np.ndarray(
            (height, width, 3), np.uint8, memoryview(plane), 0, (plane.line_size, 3, 1)
        )
        return np.rot90(pixels, self._turns) if self._turns else pixels

    def _turned(self, size: tuple[int, int]) -> tuple[int, int]:
        return (size[1], size[0]) if self._turns % 2 else size


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """Turns whatever FFmpeg or the system raises into one line that names the file."""
    try:
        yield
    except BrokenVideo:
        raise
    except (FFmpegError, OSError, ValueError, MemoryError, AssertionError) as error:  # the last of PyAV
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise BrokenVideo(path, f"cannot be read as a video ({reason.strip().rstrip('.')})") from error
