"""Sizes that headers promise, from bytes put together by hand."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from harness.data.video.promise import promised_bytes

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
