"""How many bytes a file should have by its own header, where its container says so.

Matroska and WebM, ASF (WMV), FLV and RIFF (AVI) say it; a file that is shorter was cut off. MP4 and QuickTime
say by their index what is missing, a GIF has a last block; program and transport streams and Ogg cannot tell.
"""

from __future__ import annotations

import mmap
import struct
from pathlib import Path

_HEAD = 1 << 16
_ASF_FILE_PROPERTIES = bytes.fromhex("a1dcab8c47a9cf118ee400c00c205365")
_EBML, _SEGMENT = b"\x1a\x45\xdf\xa3", b"\x18\x53\x80\x67"


def promised_bytes(path: Path) -> int | None:
    """The size that the header promises, None where it says none."""
    with path.open("rb") as file:
        head = file.read(_HEAD)
    try:
        if head.startswith(_EBML):
            return _matroska(head)
        if head.startswith(b"RIFF"):
            return 8 + int.from_bytes(head[4:8], "little") or None
        if head.startswith(b"FLV"):
            return _flv(head)
        return _asf(head)
    except (struct.error, IndexError):
        return None


def _matroska(head: bytes) -> int | None:
    """Where the segment ends, which comes right after the EBML header."""
    size, start = _length(head, 4)
    segment = start + (size or 0)
    if head[segment : segment + 4] != _SEGMENT:
        return None
    size, start = _length(head, segment + 4)
    return None if size is None else start + size


def _length(head: bytes, at: int) -> tuple[int | None, int]:
    """A length of EBML (as many bytes as the first has leading zeros, plus one) and where it ends; None for
    an unknown one, all of whose bits are set."""
    count = 9 - head[at].bit_length()
    value = int.from_bytes(head[at : at + count], "big") & ((1 << 7 * count) - 1)
    return (None if value == (1 << 7 * count) - 1 else value), at + count


def _flv(head: bytes) -> int | None:
    """The number "filesize" of the metadata (type 0, then a double)."""
    at = head.find(b"filesize\x00")
    return int(struct.unpack_from(">d", head, at + 9)[0]) or None if at >= 0 else None


def _asf(head: bytes) -> int | None:
    """The file's size in the file properties, unless a flag says that it was broadcast."""
    at = head.find(_ASF_FILE_PROPERTIES)
    if at < 0:
        return None
    size, flags = struct.unpack_from("<Q", head, at + 40)[0], struct.unpack_from("<I", head, at + 88)[0]
    return None if flags & 1 else size or None


def gif_breaks_off(path: Path) -> int | None:
    """The byte at which a GIF's blocks end without the last of them; None of other files and whole ones.

    FFmpeg takes what stands there for the end of the video, and says nothing.
    """
    with path.open("rb") as file:
        if file.read(6) not in (b"GIF87a", b"GIF89a"):
            return None
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as content:
            try:
                return _after_blocks(content)
            except IndexError:
                return len(content)


def _after_blocks(content: mmap.mmap) -> int | None:
    """GIF89a, 17 to 27: a block is an image, an extension, or the trailer; its data are parts of up to 255
    bytes, each after its length, and a length of 0 ends them."""
    at = 13 + _colours(content[10])
    while (kind := content[at]) in (0x21, 0x2C):
        at += 2 if kind == 0x21 else 11 + _colours(content[at + 9])
        while length := content[at]:
            at += 1 + length
        at += 1
    return None if kind == 0x3B else at


def _colours(flags: int) -> int:
    """Bytes of the table of colours that follows, if one does."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0
