"""The frames of a video file by their numbers, through PyAV, decoding no more than is needed.

Where packets carry trustworthy times, decoding starts at the keyframe before the next wanted frame and skips
unwanted frames that no other refers to; elsewhere it runs from the first frame to the last wanted one. The
frames are the same either way. `scripts/bench_loader.py` measures what it saves.
"""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Generator, Iterator
from pathlib import Path

import av
from av.container import InputContainer
from av.error import FFmpegError, InvalidDataError
from av.packet import Packet
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from backbones.base.errors import UserError

Numbered = tuple[int, VideoFrame]

# Formats whose packets carry every frame's own time. In AVI with packed B-frames times come out of order,
# those of MPEG streams wrap.
_TIMED_FORMATS = ("mov", "matroska")
# A file with less than this share of its frames is damaged. (A few fewer are usual: AVI counts dropped frames
# and the empty packets that follow packed B-frames.)
_SHARE, _SPARE = 0.9, 2
# Jumping over fewer frames than a decoder holds back to reorder them saves nothing.
_WORTH_A_JUMP = 4


class BrokenVideo(UserError):
    """A file that does not give the frames it should. The line names the file and the reason."""

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(f"{path}: {reason}")


class FrameReader:
    """An open file; `count` frames are promised by its packets (a few less may decode: never trust it).

    first: its first frame. Every method raises BrokenVideo or FFmpegError where the file is at fault.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._wanted: frozenset[int] = frozenset()
        self._frames: Iterator[Numbered] = iter(())
        self._fresh = False
        self._open()
        try:
            self._scan()
            self._rewind()
            self.first = self._peek()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._container.close()

    def read(self, wanted: list[int]) -> Iterator[Numbered]:
        """(number, frame) for each of the sorted numbers; one that never comes is shown by the one before."""
        if not self._fresh:
            self._rewind()
        self._fresh = False
        if self._times:
            wanted = yield from self._jump(wanted)
            if wanted:
                self._rewind()
        if wanted:
            yield from self._pass(wanted)

    def _open(self) -> None:
        # Some real clips carry metadata that is not UTF-8.
        self._container: InputContainer = av.open(str(self.path), metadata_errors="ignore")
        if not self._container.streams.video:
            self.close()
            raise BrokenVideo(self.path, "there is no video stream in this file")
        self._stream: VideoStream = self._container.streams.video[0]
        # One thread: loaders have one process per core.
        self._stream.thread_count = 1

    def _scan(self) -> None:
        """Counts the frames; where times can be trusted, keeps them and the keyframes in showing order."""
        packets = [p for p in self._container.demux(self._stream) if p.size and not p.is_discard]
        self.count, promised = len(packets), self._stream.frames
        if self.count + _SPARE < promised * _SHARE:
            raise BrokenVideo(self.path, f"the file is cut off: {self.count} of {promised} frames are there")
        times = sorted({p.pts for p in packets if p.pts is not None})
        timed = self._container.format.name.startswith(_TIMED_FORMATS) and len(times) == len(packets)
        self._times = times if timed else []
        self._keys = sorted(self._number(p.pts, 0) for p in packets if timed and p.is_keyframe)

    def _peek(self) -> VideoFrame:
        """The first frame, without taking it from the frames to come."""
        first = next(self._frames, None)
        if first is None:
            raise BrokenVideo(self.path, "no frame of its video stream can be decoded")
        self._frames = itertools.chain([first], self._frames)
        return first[1]

    def _rewind(self) -> None:
        """Back to the first frame, by opening the file again where its format cannot seek."""
        try:
            self._seek(self._times[0] if self._times else self._stream.start_time or 0)
        except FFmpegError:
            self.close()
            self._open()
            self._frames = self._decode()
        self._fresh = True

    def _seek(self, time: int) -> None:
        self._container.seek(time, stream=self._stream)
        self._frames = self._decode()

    def _decode(self) -> Iterator[Numbered]:
        """(number, frame) from where the container stands, as far as they decode."""
        count = itertools.count()
        for packet in self._container.demux(self._stream):
            self._stream.codec_context.skip_frame = "NONREF" if self._unwanted(packet) else "DEFAULT"
            try:
                frames = packet.decode()
            except InvalidDataError:  # as players do: the frames around it are shown
                continue
            for frame in frames:
                yield self._number(frame.pts, next(count)), frame

    def _number(self, time: int | None, count: int) -> int:
        return bisect.bisect_left(self._times, time) if self._times and time is not None else count

    def _unwanted(self, packet: Packet[VideoStream]) -> bool:
        return (
            bool(self._wanted) and packet.pts is not None and self._number(packet.pts, 0) not in self._wanted
        )

    def _jump(self, wanted: list[int]) -> Generator[Numbered, None, list[int]]:
        """The wanted frames by way of the keyframes before them; returns the numbers that did not come."""
        self._wanted = frozenset(wanted)
        missing, last = set(wanted), -1
        for run in self._runs(wanted):
            key = self._key_before(run[0])
            if key - last > _WORTH_A_JUMP:
                self._seek(self._times[key])
            for last, frame in self._frames:
                if last in missing:
                    missing.remove(last)
                    yield last, frame
                if last >= run[-1]:
                    break
        self._wanted = frozenset()
        return sorted(missing)

    def _runs(self, wanted: list[int]) -> list[list[int]]:
        """The numbers, parted where a keyframe allows to jump over a gap."""
        runs = [wanted[:1]]
        for before, number in itertools.pairwise(wanted):
            if self._key_before(number) - before > _WORTH_A_JUMP:
                runs.append([])
            runs[-1].append(number)
        return runs

    def _key_before(self, number: int) -> int:
        at = bisect.bisect_right(self._keys, number) - 1
        return self._keys[at] if at >= 0 else 0

    def _pass(self, wanted: list[int]) -> Iterator[Numbered]:
        """The wanted frames by decoding everything from the first frame on."""
        waiting = iter(wanted)
        due, number, last = next(waiting, None), -1, self.first
        for number, frame in self._frames:
            while due is not None and due <= number:
                yield due, frame if due == number else last
                due = next(waiting, None)
            if due is None:
                return
            last = frame
        if number + 1 + _SPARE < self.count * _SHARE:
            raise BrokenVideo(self.path, f"only {number + 1} of its {self.count} frames can be decoded")
        while due is not None:
            yield due, last
            due = next(waiting, None)
