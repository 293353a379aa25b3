"""The packets of a video stream: counted, numbered in showing order, and given again from any of them on.

No format is asked to seek. In program and transport streams that lands behind the first keyframe, elsewhere
where an index says that may be wrong. Packets are kept in memory from the first reading; those of files too
large for that are read again from the beginning.
"""

from __future__ import annotations

import bisect
import itertools
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias

from av.error import FFmpegError
from av.packet import Packet
from av.video.stream import VideoStream

from harness.data.video.complaints import Complaints
from harness.data.video.opened import BrokenVideo, OpenedVideo
from harness.data.video.promise import gif_breaks_off, promised_bytes

VideoPacket: TypeAlias = "Packet[VideoStream]"

# Formats whose packets carry every frame's own time. In AVI with packed B-frames times come out of order,
# those of MPEG streams wrap.
_TIMED_FORMATS = ("mov", "matroska")
# Formats whose header says how long they are; others guess it from what is there.
_LONG_FORMATS = ("matroska", "flv", "asf", "mxf")
# Formats whose frames follow each other at one rate.
_EVEN_FORMATS = ("mxf", "asf")
# A file with less than this share of its frames is damaged. (A few fewer are usual: AVI counts dropped frames
# and the empty packets that follow packed B-frames.)
SHARE, SPARE = 0.9, 2
KEPT_BYTES = 1 << 26  # of packets in memory; clips of data sets have a few megabytes
SECONDS = 600.0  # for one reading of a file, after which it is given up: a hundred times what clips take
# The most that counts of the time between two packets. Where it is longer, that is no slow file: the process
# was stopped or the machine slept, and a good video must not count as broken for it.
PAUSE = 60.0


class Patience:
    """How long one reading may take, without the time in which nobody was reading."""

    def __init__(self) -> None:
        self._spent, self._since = 0.0, time.monotonic()

    def over(self) -> bool:
        """Whether it has taken too long by now."""
        now = time.monotonic()
        self._spent += min(now - self._since, PAUSE)
        self._since = now
        return self._spent > SECONDS


class Packets:
    """Of an open file.

    count: frames that the packets promise. times: of the frames in showing order, empty where packets do not
    tell them reliably. keys: (number of the frame, place of the packet) of the keyframes, in showing order.
    damaged: whether the container is.
    said: what is unusual about the file. Raises BrokenVideo where much of it is missing.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.said: list[str] = []
        self.damaged = False
        self._opened = OpenedVideo(path)
        self._patience = Patience()
        self._kept: list[VideoPacket] | None = []
        self._used = False  # whether anything was decoded
        self._resets = False  # whether the stream changes its decoder's settings on the way
        try:
            self._scan()
        except BaseException:
            self.close()
            raise

    @property
    def stream(self) -> VideoStream:
        return self._opened.stream

    def close(self) -> None:
        self._opened.close()

    def number(self, moment: int | None, otherwise: int) -> int:
        """Of the frame that is shown at that time, where times are reliable."""
        return bisect.bisect_left(self.times, moment) if self.times and moment is not None else otherwise

    def since(self, place: int) -> Iterator[VideoPacket | None]:
        """The packets from that place on, then None; the decoder forgets what came before.

        From the first on it is a new one: some decoders keep what conceals damage even when they are flushed.
        """
        self._patience = Patience()
        if self._kept is None or self._resets or (place == 0 and self._used):
            self._opened.close()
            self._opened = OpenedVideo(self.path)
        elif self._used:
            self.stream.codec_context.flush_buffers()
        self._used = True
        packets = self._kept if self._kept is not None else self._read()
        for packet in itertools.islice(packets, place, None):
            self._in_time()
            yield packet
        yield None

    def _read(self) -> Iterator[VideoPacket]:
        """Packets of the stream from where the container stands, as far as it can be read."""
        packets = self._opened.container.demux(self.stream)
        while True:
            try:
                with Complaints() as said:
                    packet = next(packets, None)
            except FFmpegError as error:
                self._is_damaged(error.strerror)
                return
            except IndexError:  # PyAV's, of a packet whose stream the file had not announced
                self._is_damaged("a packet of a stream that appears on the way")
                return
            if said:
                self._is_damaged(said[0][2].strip())
            if packet is None:
                return
            if packet.is_corrupt:  # so transport streams tell of pieces that are not there
                self._is_damaged("pieces of a packet are missing")
            if packet.size:
                yield packet

    def _is_damaged(self, why: str | None) -> None:
        self.damaged = True
        self._say(f"its container is damaged ({why})")

    def _scan(self) -> None:
        shown: list[tuple[int | None, int, bool]] = []  # time, place, whether a keyframe
        size, place, end = 0, -1, 0
        for place, packet in enumerate(self._read()):
            self._in_time()
            size += packet.size
            if size > KEPT_BYTES:
                self._kept = None
            if self._kept is not None:
                self._kept.append(packet)
            self._resets = self._resets or packet.has_sidedata("new_extradata")
            end = max(end, (packet.pts or 0) + (packet.duration or 0))
            if not packet.is_discard and not self._never_shown(packet):
                shown.append((packet.pts, place, packet.is_keyframe))
        self.count = len(shown)
        self._refuse_a_part(place + 1)
        self._look_at_the_end(end)
        self._look_for_gaps(place + 1)
        if self._opened.streams > 1:
            which = f"the one with index {self.stream.index}"
            self._say(f"it has {self._opened.streams} video streams, {which} is shown")
        times = sorted({moment for moment, _, _ in shown if moment is not None})
        timed = self._format.startswith(_TIMED_FORMATS) and len(times) == len(shown)
        self.times = times if timed and not self._resets else []
        keys = [(self.number(moment, 0), place) for moment, place, key in shown if key]
        self.keys = sorted(keys) if self.times else []

    @property
    def _format(self) -> str:
        return self._opened.container.format.name

    def _never_shown(self, packet: VideoPacket) -> bool:
        """VP8 has frames that are for reference alone; a bit of the first byte says so."""
        return self.stream.codec_context.name.startswith("vp8") and not memoryview(packet)[0] & 0x10

    def _refuse_a_part(self, there: int) -> None:
        """there: how many packets were read, with those that are never shown."""
        promised = self.stream.frames
        if self._format.startswith("mov"):  # the header counts what an edit list hides, the index does not
            promised = len(self.stream.index_entries)
        if there + SPARE < promised * SHARE:
            raise BrokenVideo(self.path, f"the file is cut off: {there} of {promised} frames are there")
        size, whole = self.path.stat().st_size, promised_bytes(self.path) or 0
        if size < whole:
            if size < whole * SHARE:
                raise BrokenVideo(self.path, f"the file is cut off: {size} of {whole} bytes are there")
            self._say(f"the file is cut off: {size} of {whole} bytes are there")
        if (end := gif_breaks_off(self.path)) is not None:
            self._say(f"its blocks break off at byte {end} of {size}")

    def _look_at_the_end(self, end: int) -> None:
        """Whether the video ends long before the file says that it does, as another stream may not."""
        seconds, base = (self._opened.container.duration or 0) / 1e6, self.stream.time_base
        if not self._format.startswith(_LONG_FORMATS) or not base:
            return
        others = len(self._opened.container.streams) > 1  # a sound may go on without pictures
        if end * base < seconds * SHARE - (1 if others else SPARE * self._frame_seconds):
            self._say(f"its pictures end after {float(end * base):.1f} of {seconds:.1f} s")

    def _look_for_gaps(self, there: int) -> None:
        """Whether there are clearly fewer frames than the duration has at its rate."""
        rate, seconds = self.stream.guessed_rate, (self._opened.container.duration or 0) / 1e6
        wanted = int(seconds * rate) if rate and self._format.startswith(_EVEN_FORMATS) else 0
        if there + SPARE < wanted * SHARE:
            self._say(f"it has {there} frames for {seconds:.1f} s at {float(rate or 0):g} a second")

    @property
    def _frame_seconds(self) -> float:
        return float(1 / self.stream.average_rate) if self.stream.average_rate else 0.0

    def _say(self, line: str) -> None:
        if line not in self.said:
            self.said.append(line)

    def _in_time(self) -> None:
        if self._patience.over():
            raise BrokenVideo(
                self.path,
                f"reading it takes more than {SECONDS:.0f} s, the limit for one video: cut it into shorter "
                "files, or copy it to a faster disk",
            )
