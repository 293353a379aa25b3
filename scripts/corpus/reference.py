"""Frames by an independent decoder: the tool `ffmpeg`, which decodes a file from its beginning to its end."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

LIMIT = 60  # seconds for a file


@dataclass(frozen=True)
class Reference:
    """stored: bytes (N, S) of the frames as they are stored, luma first; rgb: (N, H, W, 3)."""

    stored: NDArray[np.uint8]
    rgb: NDArray[np.uint8]

    @property
    def count(self) -> int:
        return len(self.rgb)


def decoder() -> str:
    """The tool with its version, or the way that is taken without it."""
    tool = shutil.which("ffmpeg")
    if not tool:
        return "PyAV, sequentially, in a process of its own"
    said = subprocess.run([tool, "-version"], capture_output=True, text=True, check=True).stdout
    return " ".join(said.split()[:3])


def decode(path: Path, stream: int, size: tuple[int, int]) -> Reference:
    """All frames of the video stream with that number among those that are no cover pictures.

    size: (width, height). Interlaced pictures are converted field by field, as newer releases do unasked.
    """
    with tempfile.TemporaryDirectory() as folder:
        targets = (Path(folder) / "stored", Path(folder) / "rgb")
        commands = [_apart(path, stream, *targets)]
        if shutil.which("ffmpeg"):
            commands.insert(0, _tool(path, stream, *targets))
        contents = [np.zeros(0, np.uint8)] * 2
        for command in commands:
            subprocess.run(command, capture_output=True, timeout=LIMIT, check=False)
            contents = [np.fromfile(each, np.uint8) if each.exists() else contents[0] for each in targets]
            if contents[1].size:
                break
    width, height = size
    count = len(contents[1]) // max(width * height * 3, 1)
    frames = contents[1][: count * width * height * 3].reshape(count, height, width, 3)
    # Of frames of different sizes it is not known where one ends.
    alike = count > 0 and contents[0].size % count == 0
    return Reference(contents[0].reshape(count, -1) if alike else np.zeros((count, 0), np.uint8), frames)


def _tool(path: Path, stream: int, stored: Path, rgb: Path) -> list[str | bytes]:
    command: list[str | bytes] = ["ffmpeg", "-nostdin", "-v", "quiet", "-threads", "1", "-i", _url(path)]
    colours = ["-vf", "scale=flags=bilinear:interl=-1", "-pix_fmt", "rgb24"]
    for target, pixels in ((stored, []), (rgb, colours)):
        command += ["-map", f"0:V:{stream}", "-fps_mode", "passthrough", "-c:v", "rawvideo", *pixels]
        command += ["-f", "rawvideo", str(target)]
    return command


def _apart(path: Path, stream: int, stored: Path, rgb: Path) -> list[str | bytes]:
    """Without the tool, or where it cannot read the file (before 6.1 it knows FLV's old codecs alone)."""
    return [sys.executable, __file__, os.fsencode(path), str(stream), str(stored), str(rgb)]


def _url(path: Path) -> bytes:
    return b"file:" + os.fsencode(path)


def _by_pyav(path: str, stream: str, stored: str, rgb: str) -> None:
    import av
    from av.stream import Disposition

    old = {"metadata_errors": "ignore"} if int(av.__version__.split(".")[0]) < 19 else {}
    with (
        av.open(path, **old) as container,
        Path(stored).open("wb") as one,
        Path(rgb).open("wb") as two,
    ):
        shown = [each for each in container.streams.video if not each.disposition & Disposition.attached_pic]
        track = shown[int(stream)]
        track.thread_count = 1
        for packet in container.demux(track):
            try:
                frames = packet.decode()
            except av.FFmpegError:
                continue
            for frame in frames:
                one.write(plane_bytes(frame))
                two.write(frame.to_ndarray(format="rgb24").tobytes())


def plane_bytes(frame: object) -> bytes:
    """The first plane of a frame without padding at the ends of its rows."""
    plane = frame.planes[0]  # type: ignore[attr-defined]
    shape = frame.format  # type: ignore[attr-defined]
    packed = len(frame.planes) == 1 or shape.has_palette  # type: ignore[attr-defined]
    bits = 8 if shape.has_palette else shape.padded_bits_per_pixel if packed else shape.components[0].bits
    row = plane.width * (bits if packed and not shape.has_palette else 8 * ((bits + 7) // 8)) // 8
    lines = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)
    return lines[: plane.height, :row].tobytes()


if __name__ == "__main__":
    _by_pyav(*sys.argv[1:])
