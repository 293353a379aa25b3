"""Small videos whose frames tell their own number, written by PyAV."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

BITS = 8


def numbered_frame(number: int, width: int, height: int) -> NDArray[np.uint8]:
    """Upper half: the bits of the number as black or white columns; lower half: red left, blue right."""
    frame = np.zeros((height, width, 3), np.uint8)
    for bit in range(BITS):
        if number >> bit & 1:
            frame[: height // 2, bit * width // BITS : (bit + 1) * width // BITS] = 255
    frame[height // 2 :, : width // 2, 0] = 200
    frame[height // 2 :, width // 2 :, 2] = 200
    return frame


def number_in(frame: NDArray[np.uint8]) -> int:
    """The number that a whole frame shows, whatever its size."""
    height, width = frame.shape[:2]
    columns = [frame[height // 4, int((bit + 0.5) * width / BITS)].mean() > 127 for bit in range(BITS)]
    return sum(int(on) << bit for bit, on in enumerate(columns))


def write_video(
    path: Path,
    *,
    codec: str = "libx264",
    frames: int = 60,
    size: tuple[int, int] = (96, 64),
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
    matrix: tuple[int, ...] | None = None,
    picture: Callable[[int, int, int], NDArray[np.uint8]] = numbered_frame,
) -> Path:
    with av.open(str(path), "w") as container:
        container.metadata["title"] = "TITLE"
        stream: Any = container.add_stream(codec, rate=25, options=options or {})
        stream.width, stream.height, stream.pix_fmt = *size, pixel_format
        if matrix:
            stream.set_display_matrix(matrix)
        for number in range(frames):
            image = av.VideoFrame.from_ndarray(picture(number, *size), format="rgb24")
            container.mux(stream.encode(image))
        container.mux(stream.encode(None))
    return path


def zero_packet(path: Path, place: int) -> Path:
    """The video with zeros in the place of a picture's bytes, counted in decoding order from 0."""
    with av.open(str(path)) as container:
        packet = [packet for packet in container.demux(video=0) if packet.size][place]
        start, size = packet.pos or 0, packet.size
    content = bytearray(path.read_bytes())
    content[start : start + size] = bytes(size)
    path.write_bytes(content)
    return path
