"""The frames of a video file by their numbers, through PyAV, decoding no more than is needed.

Where packets carry trustworthy times, decoding starts at the keyframe before the next wanted frame and skips
unwanted frames that no other refers to; elsewhere it runs from the first frame to the last wanted one. The
frames are the same either way: at the first sign of damage the rest is decoded from the first frame on, with
nothing skipped, so that what stands for a damaged picture does not depend on what else was asked for.
`scripts/bench_loader.py` measures what it saves.
"""

from __future__ import annotations

import bisect
import heapq
import itertools
from collections.abc import Generator, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from av.error import InvalidDataError
from av.video.frame import VideoFrame

from harness.data.video.complaints import Complaints
from harness.data.video.opened import BrokenVideo
from harness.data.video.packets import SHARE, SPARE, Packets, VideoPacket

Numbered = tuple[int, VideoFrame]

# Jumping over fewer frames than a decoder holds back to reorder them saves nothing.
_WORTH_A_JUMP = 4
# As many frames as a decoder of H.264 or HEVC may hold back.
_REORDERED = 16


@dataclass
class Damage:
    """concealed: numbers of frames that the decoder says it completed by guesses. refused, complained: places
    of packets that it skipped, and of which it complained."""

    concealed: set[int] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)
    complained: set[int] = field(default_factory=set)

    @property
    def counts(self) -> tuple[int, int]:
        """(concealed, skipped). Decoders that complain do not say of which frame: one for each packet."""
        return max(len(self.concealed), len(self.complained - self.refused)), len(self.refused)

    def __str__(self) -> str:
        """In words, "" where there is none."""
        kinds = {
            "concealed": (self.concealed, "frame", ""),
            "skipped": (self.refused, "packet", ""),
            "damaged": (self.complained - self.refused, "packet", ", which the decoder complains of"),
        }
        return "; ".join(
            f"{len(which)} {what}{'s' * (len(which) > 1)} {how}{more}"
            for how, (which, what, more) in kinds.items()
            if which
        )


class FrameReader:
    """An open file; `count` frames are promised by its packets (a few less may decode: never trust it).

    first: its first frame. damage: what was seen of it so far. said: what is unusual about the file. Every
    method raises BrokenVideo or FFmpegError where the file is at fault.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.damage = Damage()
        self._wanted: frozenset[int] = frozenset()
        self._packets = Packets(path)
        self.count, self.said = self._packets.count, self._packets.said
        self._jumps = bool(self._packets.times) and not self._packets.damaged
        self._frames: Iterator[Numbered] = self._decode(0)
        self._fresh = True  # whether they begin with the first
        try:
            self.first = self._peek()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        self._packets.close()

    def read(self, wanted: list[int]) -> Iterator[Numbered]:
        """(number, frame) for each of the sorted numbers; one that never comes is shown by the one before."""
        if not self._fresh:
            self._rewind()
        self._fresh = False
        if self._jumps:
            wanted = yield from self._jump(wanted)
            self._frames = self._decode(0)
        if wanted:
            yield from self._pass(wanted)

    def every(self) -> Iterator[Numbered]:
        """(number, frame) of all that decode, in their order."""
        self._fresh, number = False, -1
        for number, frame in self._decode(0):
            yield number, frame
        self._refuse_few(number + 1)

    def _peek(self) -> VideoFrame:
        """The first frame, without taking it from the frames to come."""
        first = next(self._frames, None)
        if first is None:
            raise BrokenVideo(self.path, "no frame of its video stream can be decoded")
        self._frames = itertools.chain([first], self._frames)
        return first[1]

    def _rewind(self) -> None:
        self._frames, self._fresh = self._decode(0), True

    def _decode(self, place: int, key: int = 0) -> Iterator[Numbered]:
        """(number, frame) from the packet at that place on, as far as they decode.

        key: the number of the keyframe there. Frames before it may need what is before the place, and do not
        count as damaged.
        """
        count, numbered = itertools.count(), self._packets.number
        held = None  # the first frame, as `first` is: so every pass over the file has the same memory
        for at, packet in enumerate(self._packets.since(place), place):
            decoder = self._packets.stream.codec_context
            decoder.skip_frame = "NONREF" if packet and self._unwanted(packet) else "DEFAULT"
            frames: list[VideoFrame] = []
            with Complaints() as said:
                try:
                    frames = decoder.decode(packet)
                except InvalidDataError:  # as players do: the frames around it are shown
                    self.damage.refused.add(at)
            if not key or packet is None or numbered(packet.pts, key) >= key:
                if said:
                    self.damage.complained.add(at)
                self._jumps = self._jumps and not said and at not in self.damage.refused
            for frame in frames:
                number = numbered(frame.pts, next(count))
                if frame.is_corrupt and number >= key:
                    self.damage.concealed.add(number)
                    self._jumps = False
                held = held or frame
                yield number, frame

    def _unwanted(self, packet: VideoPacket) -> bool:
        return (
            bool(self._wanted)
            and packet.pts is not None
            and self._packets.number(packet.pts, 0) not in self._wanted
        )

    def _jump(self, wanted: list[int]) -> Generator[Numbered, None, list[int]]:
        """The wanted frames by way of the keyframes before them, up to the first sign of damage; returns the
        numbers that did not come."""
        self._wanted = frozenset(wanted)
        missing, last, before = set(wanted), -1, -1
        for run in self._runs(wanted):
            key, place = self._key_before(run[0])
            due = key - last > _WORTH_A_JUMP and place > 0  # a keyframe, whose frame must come
            if due:
                self._frames, before = self._decode(place, key), -1
            for last, frame in self._frames:
                self._jumps, before = self._jumps and last > before, last
                if due and last >= key:
                    self._jumps = self._jumps and last == key and frame.key_frame
                    due = False
                if not self._jumps:
                    break
                if last in missing:
                    missing.remove(last)
                    yield last, frame
                if last >= run[-1]:
                    break
            if not self._jumps:
                break
        self._wanted = frozenset()
        return sorted(missing)

    def _runs(self, wanted: list[int]) -> list[list[int]]:
        """The numbers, parted where a keyframe allows to jump over a gap."""
        runs = [wanted[:1]]
        for before, number in itertools.pairwise(wanted):
            if self._key_before(number)[0] - before > _WORTH_A_JUMP:
                runs.append([])
            runs[-1].append(number)
        return runs

    def _key_before(self, number: int) -> tuple[int, int]:
        """Number of the last keyframe up to that frame, and the place of its packet."""
        at = bisect.bisect_right(self._packets.keys, (number, self._packets.count + 1)) - 1
        return self._packets.keys[at] if at >= 0 else (0, 0)

    def _pass(self, wanted: list[int]) -> Iterator[Numbered]:
        """The wanted frames by decoding everything from the first frame on."""
        waiting = iter(wanted)
        due, number, last = next(waiting, None), -1, None
        for number, frame in _in_order(self._frames) if self._packets.times else self._frames:
            while due is not None and due <= number:
                yield due, frame if due == number or last is None else last
                due = next(waiting, None)
            if due is None:
                return
            last = frame
        self._refuse_few(number + 1)
        while due is not None and last is not None:
            yield due, last
            due = next(waiting, None)

    def _refuse_few(self, decoded: int) -> None:
        if decoded + SPARE < self.count * SHARE:
            raise BrokenVideo(self.path, f"only {decoded} of its {self.count} frames can be decoded")


def _in_order(frames: Iterator[Numbered]) -> Iterator[Numbered]:
    """By their numbers: where a header is damaged, a decoder may not know how many to hold back."""
    waiting: list[tuple[int, int, VideoFrame]] = []
    for at, (number, frame) in enumerate(frames):
        heapq.heappush(waiting, (number, at, frame))
        if len(waiting) > _REORDERED:
            first, _, shown = heapq.heappop(waiting)
            yield first, shown
    for number, _, frame in sorted(waiting):
        yield number, frame
