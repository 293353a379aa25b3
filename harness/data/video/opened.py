"""Opening a video file: regular files alone, containers of video alone, one of their video streams.

FFmpeg opens far more than videos: text as pictures of letters, playlists that name other files or hosts. What
demuxers may read a file, and that nothing but this file is read, is said before it is opened.
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import av
from av.container import InputContainer
from av.error import ArgumentError
from av.stream import Disposition
from av.video.stream import VideoStream

from backbones.base.errors import UserError
from backbones.base.plain_text import clean

# FFmpeg's names of the demuxers: containers of video, and bare streams of one codec.
CONTAINERS = (
    *(
        "mov",
        "matroska",
        "avi",
        "flv",
        "asf",
        "mpeg",
        "mpegts",
        "ogg",
        "gif",
        "mxf",
        "nut",
        "rm",
        "dv",
        "wtv",
    ),
    *("mpegvideo", "m4v", "h264", "hevc", "obu", "ivf", "yuv4mpegpipe"),
)
_OPTIONS = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}
# Some real clips carry metadata that is not UTF-8. PyAV takes it as it is from 19 on, and no word for it.
ANY_METADATA: dict[str, Any] = {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}


class BrokenVideo(UserError):
    """A file that does not give the frames it should. The line names the file and the reason.

    reason: alone. Records keep that beside the video's name, since a path is of one machine.
    """

    def __init__(self, path: Path, reason: str) -> None:
        super().__init__(clean(f"{path}: {reason}"))
        self.reason = clean(reason)


class OpenedVideo:
    """An open container and the stream of it that is shown.

    streams: how many video streams it has, without cover pictures.
    """

    def __init__(self, path: Path) -> None:
        """A `BrokenVideo` where the file is empty, not regular, or has no video stream to be decoded."""
        refuse_what_is_no_file(path)
        if path.stat().st_size == 0:
            raise BrokenVideo(path, "the file is empty (0 bytes)")
        self._source: IO[bytes] | None = None
        self.container = self._container(path)
        videos = [s for s in self.container.streams.video if not s.disposition & Disposition.attached_pic]
        self.streams = len(videos)
        if not videos:
            self.close()
            raise BrokenVideo(path, "there is no video stream in this file")
        self.stream = _shown(videos)
        if self.stream.codec_context is None:
            self.close()
            raise BrokenVideo(path, "there is no decoder for its video stream")
        # One thread: loaders have one process per core.
        self.stream.thread_count = 1

    def close(self) -> None:
        self.container.close()
        if self._source:
            self._source.close()

    def _container(self, path: Path) -> InputContainer:
        # A name that is not UTF-8 reaches FFmpeg as an open file.
        name: str | IO[bytes] = f"file:{path}"
        try:
            str(path).encode()
        except UnicodeEncodeError:
            self._source = name = path.open("rb")
        try:
            return av.open(name, "r", options=_OPTIONS, **ANY_METADATA)
        except ArgumentError:
            raise BrokenVideo(path, "it is in no container of videos that is read here") from None


def _shown(videos: Sequence[VideoStream]) -> VideoStream:
    """The first that the file marks as its default, else the first."""
    return next((s for s in videos if s.disposition & Disposition.default), videos[0])


def refuse_what_is_no_file(path: Path) -> None:
    """A `BrokenVideo` where it is not a regular file: a pipe would be waited for, a device never ends."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise BrokenVideo(path, "it is not a regular file")
