"""Sizes that headers promise, from bytes put together by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest
from PIL import Image

from harness.data.video.promise import gif_breaks_off, promised_bytes

EBML = b"\x1a\x45\xdf\xa3\x84doc!"  # a header of 4 bytes: 9 in all
SEGMENT = b"\x18\x53\x80\x67"
ASF = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")


def asf(size: int, flags: int) -> bytes:
    """The file properties: GUID, their size, file id, file size, four times of 8 bytes, preroll, flags."""
    return bytes(30) + ASF + struct.pack("<Q16sQ5QI", 104, bytes(16), size, 1, 2, 3, 4, 5, flags)


HEADERS = {
    "matroska": (EBML + SEGMENT + b"\x82" + bytes(2), 9 + 4 + 1 + 2),
    "matroska, eight bytes": (EBML + SEGMENT + b"\x01" + (1000).to_bytes(7, "big"), 9 + 4 + 8 + 1000),
    "matroska, live": (EBML + SEGMENT + b"\x01" + b"\xff" * 7, None),
    "avi": (b"RIFF" + (500).to_bytes(4, "little") + b"AVI ", 508),
    "flv": (b"FLV\x01" + bytes(9) + b"\x00\x08filesize\x00" + struct.pack(">d", 4321.0), 4321),
    "flv without": (b"FLV\x01" + bytes(40), None),
    "asf": (asf(777, 2), 777),
    "asf, broadcast": (asf(777, 1), None),
    "other": (b"\x00\x00\x00\x20ftypisom", None),
    "ends early": (EBML[:5], None),
}


@pytest.mark.parametrize("name", HEADERS)
def test_promises(name: str, tmp_path: Path) -> None:
    head, size = HEADERS[name]
    (tmp_path / "x").write_bytes(head)
    assert promised_bytes(tmp_path / "x") == size


# By hand, after the specification: a header with a table of two colours, an extension, an image of one byte.
HEAD = b"GIF89a" + bytes([1, 0, 1, 0, 0x80, 0, 0]) + bytes(6)
EXTENSION = bytes([0x21, 0xF9, 4, 0, 10, 0, 0, 0])
IMAGE = bytes([0x2C, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4C, 1, 0])


@pytest.mark.parametrize(("content", "end"), [
    (HEAD + EXTENSION + IMAGE + b";", None),
    (HEAD + EXTENSION + IMAGE + EXTENSION + IMAGE + b";" + bytes(99), None),
    (HEAD + EXTENSION + IMAGE + bytes(40), 19 + 8 + 15),
    (HEAD + EXTENSION + IMAGE[:-2], 19 + 8 + 13),
    (HEAD, 19),
    (b"no GIF" + bytes(40), None),
])  # fmt: skip
def test_where_the_blocks_of_a_gif_end(content: bytes, end: int | None, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert gif_breaks_off(tmp_path / "x") == end


def test_pillow_s_gifs_are_whole(tmp_path: Path) -> None:
    pictures = [Image.effect_noise((40, 30), 80).convert("P") for _ in range(5)]
    pictures[0].save(tmp_path / "x.gif", save_all=True, append_images=pictures[1:])
    assert gif_breaks_off(tmp_path / "x.gif") is None
